// Writes the catalogue of the strings that a translator translates:
//   ../jupyter_claude/locale/jupyter_claude.pot
// `node catalogue.mjs` writes it, `node catalogue.mjs --check` compares it. Both fail if the page
// shows a string that is not in `trans.__("…")` or `trans._n("…", "…", n)`.
//
// `jupyterlab-translate`, which makes language packs, finds the same strings in the source.
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";

import { writeOrCheck } from "./written.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const CATALOGUE = "../jupyter_claude/locale/jupyter_claude.pot";
// Generated, or without a word for users.
const SKIPPED = /messages\.generated|characters|\.d\.ts$/;

// Two words, or one that begins with a capital.
const WORDS = /\p{L}{2,}[^\p{L}]*\s[^\p{L}]*\p{L}{2,}|^[A-Z][a-z]+…?$/u;
// The values of `KeyboardEvent.key`, and names of elements' classes and languages.
const NAMES = new Set(
  (
    "Enter Escape Tab Home End ArrowUp ArrowDown ArrowLeft ArrowRight PageUp PageDown Backspace " +
    "Delete Shift Control Alt Meta"
  ).split(" "),
);
// Their string arguments are for programs.
const CALLS =
  /(^|\.)(Error|TypeError|RangeError|warn|error|debug|querySelector|querySelectorAll|closest|matches|add|remove|toggle|addClass|removeClass|hasClass|toggleClass|contains|setProperty|RegExp|startsWith|endsWith|includes|split|join|replace|replaceAll|icon|svg|getOption|execute|createElementNS)$/;
// Attributes and properties whose values are for programs.
const PROPERTIES =
  /^(class|className|d|style|id|viewBox|description|selector|cssText|type|role|rel)$/;

/** The nearest property, call or condition around a string that says what it is for. */
function isForPrograms(node) {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    const { parent } = at;
    if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent)) return true;
    if (ts.isLiteralTypeNode(parent) || ts.isElementAccessExpression(parent)) return true;
    if (ts.isCaseClause(parent)) return true;
    if (ts.isBinaryExpression(parent) && /^[!=]==$/.test(parent.operatorToken.getText()))
      return true;
    if (ts.isPropertyAssignment(parent)) {
      if (parent.name === at) return true;
      return PROPERTIES.test(parent.name.getText().replaceAll('"', ""));
    }
    if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
      const called = parent.expression.getText();
      if (/(^|\.)trans\.(__|_n)$/.test(called)) return true;
      return CALLS.test(called);
    }
    if (ts.isStatement(parent) || ts.isFunctionLike(parent)) return false;
  }
  return false;
}

const unquoted = (node) =>
  ts.isStringLiteralLike(node)
    ? node.text
    : ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken
      ? unquoted(node.left) + unquoted(node.right)
      : null;

/** The strings of a file that `trans` translates, and those that it should. */
function readSource(path) {
  const source = ts.createSourceFile(
    path,
    readFileSync(path, "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const found = [];
  const missed = [];
  const visit = (node) => {
    if (ts.isCallExpression(node)) {
      const called = node.expression.getText();
      if (/(^|\.)trans\.(__|_n)$/.test(called)) {
        const texts = node.arguments.slice(0, called.endsWith("_n") ? 2 : 1).map(unquoted);
        if (texts.some((text) => text === null)) missed.push([node, "not a plain string"]);
        else found.push(texts);
      }
    }
    if (
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node)
    ) {
      const { text } = node;
      if (WORDS.test(text) && !NAMES.has(text) && !isForPrograms(node)) missed.push([node, text]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const line = (node) => source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  return { found, missed: missed.map(([node, why]) => `${line(node)}: ${why}`) };
}

function* sources(folder) {
  for (const { name, parentPath } of readdirSync(join(here, folder), {
    recursive: true,
    withFileTypes: true,
  }))
    if (name.endsWith(".ts") && !SKIPPED.test(name)) yield join(parentPath, name);
}

/** The texts of the settings' page, in the form of `jupyterlab-translate`. */
function* settings() {
  const schema = JSON.parse(readFileSync(join(here, "plugin", "schema", "commands.json"), "utf8"));
  for (const key of ["title", "description"]) yield ["schema", schema[key]];
  for (const { title, description } of Object.values(schema.properties ?? {}))
    for (const text of [title, description]) if (text) yield ["settings", text];
}

const entries = new Map(); // by context and text
function enter(file, texts, context = "") {
  const key = JSON.stringify([context, texts[0]]);
  const entry = entries.get(key) ?? { context, texts, files: new Set() };
  if (texts.length > entry.texts.length) entry.texts = texts;
  entry.files.add(file);
  entries.set(key, entry);
}

const problems = [];
for (const path of [...sources("src"), ...sources("plugin")].sort()) {
  const file = relative(here, path).replaceAll("\\", "/");
  const { found, missed } = readSource(path);
  for (const texts of found) enter(file, texts);
  problems.push(...missed.map((each) => `${file}:${each}`));
}
for (const [context, text] of settings()) enter("plugin/schema/commands.json", [text], context);

const quoted = (text) => JSON.stringify(text);
const lines = [
  "# The strings of jupyter-claude that are shown in a page.",
  'msgid ""',
  'msgstr ""',
  '"Project-Id-Version: jupyter_claude\\n"',
  '"MIME-Version: 1.0\\n"',
  '"Content-Type: text/plain; charset=utf-8\\n"',
  '"Content-Transfer-Encoding: 8bit\\n"',
  '"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n"',
];
for (const [, { context, texts, files }] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const [one, many] = texts;
  lines.push("", `#: ${[...files].join(" ")}`);
  if (context) lines.push(`msgctxt ${quoted(context)}`);
  lines.push(`msgid ${quoted(one)}`);
  if (many === undefined) lines.push('msgstr ""');
  else lines.push(`msgid_plural ${quoted(many)}`, 'msgstr[0] ""', 'msgstr[1] ""');
}
if (problems.length > 0) {
  console.error(`Strings for users that no translator gets:\n${problems.join("\n")}`);
  process.exitCode = 1;
}
mkdirSync(join(here, dirname(CATALOGUE)), { recursive: true });
writeOrCheck({ [CATALOGUE]: lines });
