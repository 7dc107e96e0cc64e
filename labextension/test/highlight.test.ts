import { expect, test } from "vitest";

import { highlighted } from "../src/highlight";

const CSS = `/* a note */
@media (min-width: 40em) {
  a.button:hover, #top > p::before {
    color: #fff;
    --gap: calc(1.5rem + 2px) !important;
    background: url("a:b.png");
  }
}`;

/** The coloured words of a class. */
function words(code: string, name: string): string[] {
  const found = highlighted(code, "css")?.querySelectorAll(`.hljs-${name}`) ?? [];
  return [...found].map(({ textContent }) => textContent);
}

// If it fails: style sheets in an answer are hard to read, or show other text than was written.
test("CSS has its colours", () => {
  expect(highlighted(CSS, "css")?.textContent).toBe(CSS);
  expect(words(CSS, "comment")).toEqual(["/* a note */"]);
  expect(words(CSS, "keyword")).toEqual(["@media"]);
  expect(words(CSS, "attribute")).toEqual(["min-width", "color", "--gap", "background"]);
  expect(words(CSS, "number")).toEqual(["40em", "#fff", "1.5rem", "2px"]);
  expect(words(CSS, "string")).toEqual(['"a:b.png"']);
  expect(words(CSS, "selector-class")).toEqual([".button"]);
  expect(words(CSS, "selector-id")).toEqual(["#top"]);
  expect(words(CSS, "selector-pseudo")).toEqual([":hover", "::before"]);
  expect(words(CSS, "selector-tag")).toEqual(["a", "p"]);
});

// If it fails: one long style sheet blocks the page.
test("CSS without an end takes no time", () => {
  const code = `${"a-b ".repeat(100)}:\n`.repeat(48);
  const start = performance.now();
  expect(highlighted(code, "css")?.textContent).toBe(code);
  expect(performance.now() - start).toBeLessThan(2_000);
});
