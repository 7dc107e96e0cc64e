/** Fails if a string of the page loses its values, or ignores the language of the page. */

import { afterEach, expect, it } from "vitest";

import { trans, translateBy, type Translator } from "../src/trans";

const page = globalThis as { jupyterClaudeTranslator?: Translator };

afterEach(() => {
  delete page.jupyterClaudeTranslator;
});

it("puts the values in their places", () => {
  expect(trans.__("Edit %1?", "a.py")).toBe("Edit a.py?");
  expect(trans.__("%2 of %1", 3, 1)).toBe("1 of 3");
});

it("does not fill a place a second time", () => {
  expect(trans.__("%1 and %2", "%2", "b")).toBe("%2 and b");
});

it("counts", () => {
  expect(trans._n("%1 file", "%1 files", 1)).toBe("1 file");
  expect(trans._n("%1 file of %2", "%1 files of %2", 6, "a folder")).toBe("6 files of a folder");
});

it("uses the translator of the page", () => {
  translateBy({ __: (text) => text.toUpperCase(), _n: (_one, many) => many });
  expect(trans.__("Deny")).toBe("DENY");
  expect(trans._n("one", "many", 1)).toBe("many");
});
