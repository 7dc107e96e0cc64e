// What three common viewers of Markdown make of texts: each text of which one makes more than text,
// code and ordinary links. They are dependencies of the tests alone, because they differ: marked is
// what JupyterLab uses, markdown-it what VS Code uses, commonmark.js is the specification's own.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const front = createRequire(process.argv[2] + "/");
const { marked } = front("marked");
const markdownIt = front("markdown-it");
const commonmark = front("commonmark");

const loose = new markdownIt({ html: true, linkify: true });
loose.validateLink = () => true;
const reader = new commonmark.Parser();
const writer = new commonmark.HtmlRenderer();
const VIEWERS = {
  marked: (text) => marked.parse(text, { gfm: true }),
  "markdown-it": (text) => loose.render(text),
  "commonmark.js": (text) => writer.render(reader.parse(text)),
};
const TAGS = new Set(
  (
    "p h1 h2 h3 h4 h5 h6 hr br em strong del s code pre blockquote ul ol li a " +
    "table thead tbody tr th td"
  ).split(" "),
);
const ATTRIBUTES = {
  a: /^(?: href="(?:https?:\/\/|mailto:)[^"]*")?(?: title="[^"]*")?$/i,
  code: /^(?: class="language-[\w+#.-]*")?$/,
  ol: /^(?: start="\d+")?$/,
  th: /^(?: (?:align|style)="[^"]*")?$/,
  td: /^(?: (?:align|style)="[^"]*")?$/,
};
const CHECKBOX = /^<input (?:checked="" )?disabled="" type="checkbox">$/;

/** The first tag that is more than text, code or an ordinary link. */
function odd(html) {
  for (const [tag, name, rest] of html.matchAll(
    /<(?:\/?([a-z][^\s/>]*))?([^>]*)>/gi,
  )) {
    if (CHECKBOX.test(tag)) continue;
    const attributes = ATTRIBUTES[name] ?? /^$/;
    if (!TAGS.has(name) || !attributes.test(rest.replace(/\s*\/$/, "")))
      return tag;
  }
  return null;
}

const found = [];
for (const [number, text] of JSON.parse(readFileSync(0, "utf8")).entries())
  for (const [viewer, render] of Object.entries(VIEWERS)) {
    const tag = odd(render(text));
    if (tag !== null) found.push([number, viewer, tag]);
  }
process.stdout.write(JSON.stringify(found));
