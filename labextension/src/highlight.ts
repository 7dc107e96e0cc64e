/** Colours code in the languages that are most common in notebooks. */

import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import julia from "highlight.js/lib/languages/julia";
import latex from "highlight.js/lib/languages/latex";
import markdown from "highlight.js/lib/languages/markdown";
import python from "highlight.js/lib/languages/python";
import r from "highlight.js/lib/languages/r";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

import { element } from "./dom";

const LANGUAGES = {
  ...{ bash, c, cpp, css, diff, dockerfile, go, ini, java, javascript, json, julia, latex },
  ...{ markdown, python, r, rust, sql, typescript, xml, yaml },
};
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);
hljs.registerAliases(["ipython", "ipython3", "python3", "pycon"], { languageName: "python" });
hljs.registerAliases(["console", "shell", "shellsession"], { languageName: "bash" });
hljs.registerAliases(["jl"], { languageName: "julia" });
hljs.registerAliases(["json5", "jsonl"], { languageName: "json" });

const LONGEST = 20_000; // characters; a longer text would block the page
// These would block it too: some languages scan a word again from each of its letters.
const TOO_LONG = /\w{100}|.{1000}/;
// All that highlight.js produces: spans, and text with five escapes.
const PARTS = /<span class="([^"]*)">|(<\/span>)|([^<]+)/g;
const ESCAPES: Record<string, string> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#x27;": "'",
};

/** The code with coloured parts; null if the language is unknown or the code is too long. */
export function highlighted(text: string, language: string): DocumentFragment | null {
  if (text.length > LONGEST || TOO_LONG.test(text)) return null;
  if (hljs.getLanguage(language) === undefined) return null;
  const { value } = hljs.highlight(text, { language, ignoreIllegals: true });
  const fragment = document.createDocumentFragment();
  let parent: Node = fragment;
  // We build nodes, so nothing in the code can become markup.
  for (const [, name, closes, escaped] of value.matchAll(PARTS)) {
    if (name !== undefined) parent = parent.appendChild(element("span", { class: name }));
    else if (closes !== undefined) parent = parent.parentNode ?? fragment;
    else parent.appendChild(new Text(escaped?.replace(/&[^;]*;/g, (one) => ESCAPES[one] ?? one)));
  }
  return fragment.textContent === text ? fragment : null;
}
