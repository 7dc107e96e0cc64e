/** Text that must be read exactly as it is: hidden characters become visible marks. */

import { element } from "./dom";

// Controls, format characters (bidi, zero-width, tags), spaces that only look like a space,
// and everything else that Unicode lets a renderer leave out. Newline and tab are layout.
const HIDDEN = /(?![ \n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}\p{DI}]/gu;
// The joiner and the emoji selector inside an emoji are part of its picture.
const IN_EMOJI = /(?<=\p{Extended_Pictographic}\uFE0F?)(?:\u200D|\uFE0F)/uy;
// Colours of terminal output; they say nothing here.
// eslint-disable-next-line no-control-regex
const COLOURS = /\x1B\[[0-9;]*m/g;

/** The visible mark of a character, such as ⟨U+202E⟩. */
function mark(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `⟨U+${code}⟩`;
}

/** The text as nodes in which each hidden character stands as a visible mark. */
export function exactText(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let done = 0;
  for (const { 0: character, index } of text.matchAll(HIDDEN)) {
    IN_EMOJI.lastIndex = index;
    if (IN_EMOJI.test(text)) continue;
    fragment.append(text.slice(done, index));
    fragment.append(
      element("span", { class: "jc-mark", title: "A hidden character" }, mark(character)),
    );
    done = index + character.length;
  }
  fragment.append(text.slice(done));
  return fragment;
}

// Of prose and code in an answer: what hides or turns text around, as in `_text.py`. The soft
// hyphen and the joiners are parts of words and emoji.
const HIDDEN_IN_PROSE = /(?![\n\t\r]|\u00AD|\u200C|\u200D)[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu;

/** Prose with its hidden characters as marks; joiners in words and emoji stay. */
export function visibleText(text: string): string {
  return text.replace(HIDDEN_IN_PROSE, mark);
}

/** The same as plain text, for names and announcements. */
export function exactLine(text: string): string {
  return exactText(text).textContent;
}

/** What a program printed, without its colours. */
export function outputText(text: string): DocumentFragment {
  return exactText(text.replaceAll("\r\n", "\n").replace(COLOURS, ""));
}
