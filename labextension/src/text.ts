/**
 * Shows text exactly as it is: hidden characters become visible marks.
 *
 * Only characters that are known to draw something stay; all others become marks. The table is in
 * `characters.ts`. `jupyter_claude/_text.py` follows the same rules.
 */

import { TABLE } from "./characters";
import { element } from "./dom";
import { trans } from "./trans";

// Runs of characters that may need a mark, with the character before, which combining marks may
// need. Newline and tab are layout.
const SUSPECTS = /[0-9A-Za-z#*]?[^\n\t\x20-\x7e]+/gu;
type Ranges = readonly (readonly [first: number, last: number])[];
// Characters that prose may hold: spaces, joiners, soft hyphens, variation selectors, the fillers
// of old Korean.
const IN_PROSE: Ranges = [
  [0xa0, 0xa0],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x180b, 0x180d],
  [0x180f, 0x180f],
  [0x2000, 0x200a],
  [0x200c, 0x200d],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0xfe00, 0xfe0f],
  [0xe0100, 0xe01ef],
];
// Combining marks that belong to no script; only these may follow ASCII's letters and digits.
const DIACRITICS: Ranges = [
  [0x300, 0x36f],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x20d0, 0x20ff],
  [0xfe20, 0xfe2f],
];
const KEY = /^[0-9#*]$/;
const MOST_MARKS = 4; // on one character; Hebrew and Vietnamese have three
const MOST_JOINERS = 3; // in one emoji: a family of four
const [JOINER, SELECTOR, KEYCAP] = ["\u200D", "\uFE0F", "\u20E3"];
// Colours of terminal output, which carry no meaning here.
// eslint-disable-next-line no-control-regex
const COLOURS = /\x1B\[[0-9;]*m/g;

type Kind = "-" | "+" | "*" | "^";

let kinds: Uint8Array | null = null;

/** The kind of a character, as in `characters.ts`. */
function kindOf(character: string): Kind {
  if (kinds === null) {
    kinds = new Uint8Array(0x110000);
    let start = 0;
    for (const [, kind = "", length = ""] of TABLE.matchAll(/([-+*^])([0-9a-z]+)/g)) {
      const end = start + parseInt(length, 36);
      kinds.fill(kind.charCodeAt(0), start, end);
      start = end;
    }
  }
  return String.fromCharCode(kinds[character.codePointAt(0) ?? 0] ?? 0) as Kind;
}

/** The visible mark of a character, such as ⟨U+202E⟩. */
function mark(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `⟨U+${code}⟩`;
}

function isIn(ranges: Ranges, character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return ranges.some(([first, last]) => first <= code && code <= last);
}

const isTone = (character: string): boolean => /^[\u{1F3FB}-\u{1F3FF}]$/u.test(character);

const takesSelector = (picture: string): boolean =>
  picture !== "" && picture !== SELECTOR && !isTone(picture);

const takesMark = (base: string, character: string): boolean =>
  base > "\x7F" || (/^[0-9A-Za-z]$/.test(base) && isIn(DIACRITICS, character));

/** Yields each character of a run, and whether it is shown as it is. */
function* drawnOf(run: readonly string[]): Generator<[character: string, drawn: boolean]> {
  let base = ""; // the character that combining marks belong to
  let picture = ""; // the last part of an emoji
  let [marks, joiners] = [0, 0];
  for (const [index, character] of run.entries()) {
    const kind = kindOf(character);
    const before = run[index - 1];
    const after = run[index + 1];
    let drawn: boolean;
    if (character === SELECTOR) {
      drawn = takesSelector(picture) || (KEY.test(base) && after === KEYCAP);
      picture &&= character;
    } else if (character === JOINER) {
      joiners++;
      drawn = picture !== "" && joiners <= MOST_JOINERS;
      drawn &&= after !== undefined && kindOf(after) === "*";
    } else if (kind === "^") {
      marks++;
      drawn = takesMark(base, character) && marks <= MOST_MARKS;
      drawn ||= character === KEYCAP && KEY.test(base) && before === SELECTOR;
      picture = "";
    } else {
      drawn = kind !== "-";
      [base, marks] = [character, 0];
      if (!isTone(character) && before !== JOINER) joiners = 0;
      picture = kind === "*" ? character : "";
    }
    if (!drawn) base = picture = "";
    yield [character, drawn];
  }
}

/** The text in pieces: text that is shown as it is, and single characters that need a mark. */
function* pieces(text: string): Generator<[piece: string, drawn: boolean]> {
  let done = 0;
  for (const { 0: run, index } of text.matchAll(SUSPECTS)) {
    const characters = Array.from(run);
    if (characters.every((character) => kindOf(character) === "+")) continue;
    let at = index;
    for (const [character, drawn] of drawnOf(characters)) {
      if (!drawn) {
        if (at > done) yield [text.slice(done, at), true];
        yield [character, false];
        done = at + character.length;
      }
      at += character.length;
    }
  }
  if (done < text.length) yield [text.slice(done), true];
}

/** The text as nodes, with a visible mark for each hidden character. */
export function exactText(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const [piece, drawn] of pieces(text))
    fragment.append(
      drawn
        ? piece
        : element("span", { class: "jc-mark", title: trans.__("A hidden character") }, mark(piece)),
    );
  return fragment;
}

/** The same as plain text, for attributes, labels and announcements. */
export function exact(text: string): string {
  return Array.from(pieces(text), ([piece, drawn]) => (drawn ? piece : mark(piece))).join("");
}

/** The same on one line: line ends and tabs become marks too. */
export function exactLine(text: string): string {
  return exact(text).replaceAll("\n", mark("\n")).replaceAll("\t", mark("\t"));
}

/** Prose with marks for hidden characters; spaces and joiners in words and emoji stay. */
export function visibleText(text: string): string {
  return text.replace(SUSPECTS, (run) => {
    const shown = Array.from(run, (character) =>
      kindOf(character) === "-" && !isIn(IN_PROSE, character) ? mark(character) : character,
    );
    return shown.join("");
  });
}

/** The output of a program, without its colours. */
export function outputText(text: string): DocumentFragment {
  return exactText(text.replaceAll("\r\n", "\n").replace(COLOURS, ""));
}
