// Writes the table of characters that draw something, for Python and for TypeScript:
//   ../jupyter_claude/_characters.py and src/characters.ts
// `node characters.mjs` writes both files, `node characters.mjs --check` compares them.
// It needs a Node with the data of the Unicode version below (`process.versions.unicode`).
import { commentHead, pythonHead, writeOrCheck } from "./written.mjs";

const UNICODE = "17.0";
const LAST = 0x10ffff;

// Their category says that they draw something, but they draw nothing, or nothing of their own.
const BLANK = new Set([
  0x2800, // BRAILLE PATTERN BLANK
  0x2d7f, // TIFINAGH CONSONANT JOINER
  0x303f, // IDEOGRAPHIC HALF FILL SPACE
  0xfffc, // OBJECT REPLACEMENT CHARACTER
  0x1107f, // BRAHMI NUMBER JOINER
  0x13441, // EGYPTIAN HIEROGLYPH FULL BLANK
  0x13442, // EGYPTIAN HIEROGLYPH HALF BLANK
  0x16fe4, // KHITAN SMALL SCRIPT FILLER
  0x1d159, // MUSICAL SYMBOL NULL NOTEHEAD
]);
// Unassigned and private characters, controls, formats, spaces, and what a renderer may leave out.
const HIDDEN = /^[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]$/u;
const COMBINING = /^[\p{Mn}\p{Me}]$/u;
const PICTURE = /^[\p{Extended_Pictographic}\u{1F3FB}-\u{1F3FF}]$/u;

/** The sign for the kind of a character. */
function kindOf(code) {
  const character = String.fromCodePoint(code);
  if (character === " ") return "+";
  if (HIDDEN.test(character) || BLANK.has(code)) return "-";
  if (COMBINING.test(character)) return "^";
  return PICTURE.test(character) ? "*" : "+";
}

/** All of Unicode as runs of one kind: the kind's sign, and the run's length in base 36. */
function makeTable() {
  const runs = [];
  let start = 0;
  for (let code = 1; code <= LAST + 1; code++) {
    const kind = kindOf(start);
    if (code <= LAST && kindOf(code) === kind) continue;
    runs.push(kind + (code - start).toString(36));
    start = code;
  }
  return runs.join("");
}

if (process.versions.unicode !== UNICODE) {
  console.error(
    `characters.mjs: this Node has Unicode ${process.versions.unicode}; use one with ${UNICODE}`,
  );
  process.exit(1);
}
const ABOUT = [
  `Which characters of Unicode ${UNICODE} draw something; written by labextension/characters.mjs.`,
  "All of Unicode as runs of one kind, each with its length in base 36: + draws something, * is a",
  "picture (an emoji or the like), ^ combines with the character before it, - draws nothing.",
];
const table = makeTable().match(/.{1,94}/g);
writeOrCheck({
  "../jupyter_claude/_characters.py": [
    ...pythonHead(ABOUT),
    `UNICODE = "${UNICODE}"`,
    "TABLE = (",
    ...table.map((line) => `    "${line}"`),
    ")",
  ],
  "src/characters.ts": [
    ...commentHead(ABOUT, "/**"),
    `export const UNICODE = "${UNICODE}";`,
    "// prettier-ignore",
    "export const TABLE =",
    `${table.map((line) => `  "${line}"`).join(" +\n")};`,
  ],
});
