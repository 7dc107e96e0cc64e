// Writes the catalogue of the strings that a translator translates:
//   ../jupyter_claude/locale/jupyter_claude.pot
// `node catalogue.mjs` writes it, `node catalogue.mjs --check` compares it. Both name the strings
// for users that are not in `trans.__("…")` or `trans._n("…", "…", n)`, and then fail.
//
// `jupyterlab-translate`, which makes language packs, finds the same strings in the source, except
// the names from Python.
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";

import { writeOrCheck } from "./written.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const CATALOGUE = "../jupyter_claude/locale/jupyter_claude.pot";

// Files without a word for users.
const SKIPPED = [
  /\.d\.ts$|messages\.generated|src\/characters/, // types, or generated
  /plugin\/commands\/(prompts|cell_text)/, // prompts: Claude reads them
  /plugin\/load\.ts/, // Python
  /plugin\/late_models/, // compares with a text of JupyterLab
];

// Any letter, and what looks like a text: two words, a word at the edge of a piece, a count, or
// one word that begins with a capital.
const LETTER = /\p{L}/u;
const WORDS =
  /\p{L}{2,}\P{L}*\s\P{L}*\p{L}{2,}|^ \P{L}*\p{L}{2,}|\p{L}{2,}\P{L}* $|^\d+ \p{L}{2,}|^[A-Z][a-z]+…?$/u;
const KEYS =
  /^(Enter|Escape|Tab|Home|End|Arrow\w+|Page\w+|Backspace|Delete|Shift|Control|Alt|Meta)$/;
// HTML, or CSS.
const MARKUP = /^\s*<|\bvar\(/;
// Names such as "jc-card jc-request" or "mathjax_ignore".
const NAMES = /^\s*[a-z][a-z\d]*[-_][\w-]*(\s+[a-z][a-z\d]*[-_][\w-]*)*\s*$/;

// Calls, attributes and properties whose strings are for programs, or that translate by
// JupyterLab's own catalogue.
const CALLS =
  /^(document\.(query|create).*|.*\.querySelector(All)?|.*\.(closest|matches|includes|lastIndexOf)|.*classList\.\w+|console\.\w+|RegExp|Token|lab\.__|oneOf|.*\.Queue|EditorView\.(baseT|t)heme)$/;
const PROGRAMS = /^(class|className|d|style|cssText|id|viewBox|selector|type|role|rel|target|dir)$/;
// Calls, attributes and properties whose strings are shown, also a single word.
const SHOWN_CALLS =
  /^(element|.*\bsetLine|.*\bsay|Notification\.\w+|.*\.(append|replaceChildren))$/;
const SHOWN =
  /^(title|label|caption|placeholder|textContent|alt|summary|aria-?(label|description|valuetext|roledescription))$/i;

// The magics, which are the same in each language.
const MAGIC = /^%+claude\b/;

const isText = (text) =>
  WORDS.test(text) && ![KEYS, MAGIC, MARKUP, NAMES].some((other) => other.test(text));

/** How many texts a call of `trans` begins with; 0 for another call. */
const textsIn = (called) => {
  const [, method] = /(?:^|\.)trans\.(__|_n)$/.exec(called) ?? [];
  return { __: 1, _n: 2 }[method] ?? 0;
};

const nameOf = (node) => node.text ?? node.getText();

/** What the code around a string says: "shown", "programs", or "" if it says nothing. */
function useOf(node) {
  let isDirect = true; // no call, object or array is between
  for (let at = node; at.parent !== undefined; at = at.parent) {
    const { parent } = at;
    if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent)) return "programs";
    if (ts.isLiteralTypeNode(parent) || ts.isElementAccessExpression(parent)) return "programs";
    if (ts.isCaseClause(parent)) return "programs";
    if (ts.isVariableDeclaration(parent) && /^readonly [A-Z]\w+\[\]$/.test(parent.type?.getText()))
      return "programs"; // of a type that names each of its strings
    if (ts.isPropertyAccessExpression(parent) && nameOf(parent.name) === "split") return "programs";
    let name = "";
    if (ts.isBinaryExpression(parent)) {
      const operator = parent.operatorToken.getText();
      if (/^[!=]==$/.test(operator)) return "programs";
      if (operator === "=" && ts.isPropertyAccessExpression(parent.left))
        name = nameOf(parent.left.name);
    } else if (ts.isPropertyAssignment(parent)) {
      if (parent.name === at) return "programs";
      name = nameOf(parent.name);
      // JupyterLab shows the descriptions of plugins in its plugin manager, in English.
      const others = parent.parent.properties.map((each) => each.name && nameOf(each.name));
      if (name === "description" && others.includes("autoStart")) return "programs";
    } else if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
      const called = parent.expression.getText();
      const index = parent.arguments.indexOf(at);
      if (CALLS.test(called)) return "programs";
      const texts = textsIn(called);
      if (texts > 0) return index < texts ? "programs" : "";
      // Users read an error that is a sentence.
      if (/Error$/.test(called)) return /\.\W?$/.test(at.getText()) ? "" : "programs";
      if (called.endsWith(".setAttribute")) {
        if (index === 0) return "programs";
        name = nameOf(parent.arguments[0]);
      } else if (called === "element" && index < 2) return index === 0 ? "programs" : "";
      else if (called.startsWith("Notification.") && index > 0) return "";
      else if (SHOWN_CALLS.test(called) && index >= 0 && isDirect) return "shown";
    }
    if (PROGRAMS.test(name)) return "programs";
    if (SHOWN.test(name) && isDirect) return "shown";
    if (ts.isStatement(parent) || ts.isFunctionLike(parent)) return "";
    isDirect &&= !/Call|New|ArrayLiteral|ObjectLiteral/.test(ts.SyntaxKind[parent.kind]);
  }
  return "";
}

/** The text of a string; null if it is not known before the code runs. */
function unquoted(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isBinaryExpression(node) || node.operatorToken.getText() !== "+") return null;
  const [left, right] = [unquoted(node.left), unquoted(node.right)];
  return left === null || right === null ? null : left + right;
}

/** Whether code runs when its module is loaded. The translator comes later. */
function runsAtLoad(node) {
  for (let at = node; at !== undefined; at = at.parent) {
    if (ts.isFunctionLike(at)) return false;
    if (ts.isPropertyDeclaration(at) && !/\bstatic\b/.test(at.getText())) return false;
  }
  return true;
}

/** What is wrong with the arguments of `trans.__` or `trans._n`; "" if nothing is. */
function problemOf(call, texts, values) {
  if (texts.includes(null)) return "not a plain string";
  if (texts.some((text) => text.includes("%%")))
    return "JupyterLab makes % of %%: write it as a value";
  const places = [...texts.at(-1).matchAll(/%(\d+)/g)].map(([, place]) => Number(place));
  if (texts.length > 1) places.push(1); // the text may have the count in another form
  if (new Set(places).size !== values.length || Math.max(0, ...places) !== values.length)
    return `${values.length} values for the places in ${texts.at(-1)}`;
  return runsAtLoad(call) ? "translated when the module is loaded" : "";
}

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
      const count = textsIn(node.expression.getText());
      if (count > 0) {
        const texts = node.arguments.slice(0, count).map(unquoted);
        const problem = problemOf(node, texts, node.arguments.slice(count));
        if (problem === "") found.push(texts);
        else missed.push([node, problem]);
      }
    }
    if (
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node)
    ) {
      const { text } = node;
      const use = LETTER.test(text) && text !== "Claude" ? useOf(node) : "programs";
      if (use === "shown" || (use === "" && isText(text))) missed.push([node, text]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const line = (node) => source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  return { found, missed: missed.map(([node, why]) => `${line(node)}: ${why}`) };
}

function* files(folder, end) {
  for (const { name, parentPath } of readdirSync(join(here, folder), {
    recursive: true,
    withFileTypes: true,
  })) {
    const file = relative(here, join(parentPath, name)).replaceAll("\\", "/");
    if (name.endsWith(end) && !SKIPPED.some((pattern) => pattern.test(file))) yield file;
  }
}

// As in `jupyterlab-translate` and `jupyterlab_server`: the texts of a schema, and their contexts.
const IN_SCHEMAS = [
  [/^\/(title|description)$/, "schema"],
  [/^\/properties\/.*\/(title|description)$|^\/jupyter\.lab\.setting-icon-label$/, "settings"],
  [/^\/jupyter\.lab\.menus\/.*\/label$/, "menu"],
];

// The names that the kernel sends, and that the page gives to `translatedName`.
const IN_PYTHON = {
  "../jupyter_claude/_engine/modes.py": /\b(?:label|description)="([^"]+)"/g,
  "../jupyter_claude/_turns/tool_words.py":
    /(?<=^_TITLES = {\n(?: {4}.*\n)*) {4}"\w+": "([^"]+)",/gm,
};

/** The texts of the settings' page and of the menus. */
function* readSchema(value, path = "") {
  for (const [pattern, context] of IN_SCHEMAS)
    if (typeof value === "string" && pattern.test(path)) yield [context, value];
  if (typeof value === "object" && value !== null)
    for (const [key, each] of Object.entries(value)) yield* readSchema(each, `${path}/${key}`);
}

const entries = new Map(); // by context and text
const problems = [];
function enter(file, texts, context = "") {
  const key = JSON.stringify([context, texts[0]]);
  const entry = entries.get(key) ?? { context, texts, files: new Set() };
  // JupyterLab has one translation of a text: with a plural, or without.
  if (texts[1] !== entry.texts[1]) problems.push(`${file}: two plurals of ${texts[0]}`);
  entry.files.add(file);
  entries.set(key, entry);
}

for (const file of [...files("src", ".ts"), ...files("plugin", ".ts")].sort()) {
  const { found, missed } = readSource(join(here, file));
  for (const texts of found) enter(file, texts);
  problems.push(...missed.map((each) => `${file}:${each}`));
}
for (const [file, pattern] of Object.entries(IN_PYTHON)) {
  const names = [...readFileSync(join(here, file), "utf8").matchAll(pattern)];
  if (names.length < 10) problems.push(`${file}: the table of names is somewhere else`);
  for (const [, name] of names) enter(file, [name]);
}
for (const file of files("plugin/schema", ".json"))
  for (const [context, text] of readSchema(JSON.parse(readFileSync(join(here, file), "utf8"))))
    enter(file, [text], context);
for (const file of [...files("src", ".css"), ...files("plugin", ".css")].sort())
  for (const [text] of readFileSync(join(here, file), "utf8").matchAll(/content: "[^"]*\p{L}.*/gu))
    problems.push(`${file}: ${text}`);

const quoted = (text) => JSON.stringify(text);
const lines = [
  "# The strings of jupyter-claude that are shown in a page.",
  'msgid ""',
  'msgstr ""',
  '"Project-Id-Version: jupyter_claude\\n"',
  '"MIME-Version: 1.0\\n"',
  '"Content-Type: text/plain; charset=utf-8\\n"',
  '"Content-Transfer-Encoding: 8bit\\n"',
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
