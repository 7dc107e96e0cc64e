// What write-good says of some texts. Input: their JSON list. Output: a list of remarks for each.
// scripts/prose.py, which calls this, has the other rules.

import { readFileSync } from "node:fs";
import writeGood from "write-good";

const CHECKS = {
  passive: true, // scripts/prose.py keeps those that name who acts: "is denied by a rule"
  weasel: true,
  tooWordy: true,
  cliches: true,
  illusion: false, // two words of code beside each other are no mistake
  so: false,
  thereIs: false,
  adverb: false,
};

const texts = JSON.parse(readFileSync(0, "utf8"));
const remarks = texts.map((text) =>
  writeGood(text, CHECKS).map(({ index, offset, reason }) => ({ index, offset, reason })),
);
process.stdout.write(JSON.stringify(remarks));
