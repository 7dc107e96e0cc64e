/** Fails if a character that the model names is shown as its name, or as another one. */

import { decodeHTMLStrict as whole } from "entities/decode";
import { expect, it } from "vitest";

import { decodeHTMLStrict } from "../src/markdown_parts/entities";

const NAMES =
  "amp lt gt quot nbsp copy eacute Eacute alpha rarr hellip semi notin frac12 NotEqualTilde";

it("knows the characters that the package knows", () => {
  for (const name of NAMES.split(" ")) {
    const text = `&${name};`;
    expect(decodeHTMLStrict(text), name).toBe(whole(text));
    expect(decodeHTMLStrict(text), name).not.toBe(text);
  }
});

it("leaves all else as it is", () => {
  for (const text of ["&nonsense;", "&notit;", "&ampx;", "&amp", "amp;", "&amp;&amp;", "&<b>;"])
    expect(decodeHTMLStrict(text), text).toBe(text);
});
