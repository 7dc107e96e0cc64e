"""Python and TypeScript agree on which characters are shown and which become marks."""

from __future__ import annotations

import random
import re
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_claude import _characters
from jupyter_claude._text import exact, visible
from tests.typescript import FRONT_END, run

LAST = 0x10FFFF
#: They have looks in no font, or none of their own.
INVISIBLE = "\u2800\U0001d159\ufffc\U00013441\U00013442\U00016fe4\u115f\u1160\u3164\uffa0\u034f"
NASTY = [
    *INVISIBLE,
    *"a1#;\n\t \u200d\ufe0f\ufe0e\u20e3\u0301\u0336\u17d2\u05b0\u00a0\u202e\U000e0041\U000e0100",
    *"é א ☂👩👨🏽❤🔥💻\U0001f1e9\x00\x1b\u0600\ud800\udc00\U000f0000\u0378",
]


#: The planes of Unicode with characters that draw something.
PLANES = [0, 1, 2, 3, 14]
ALONE = [
    plane << 16 | code for plane in PLANES for code in range(0x10000) if plane << 16 | code != 10
]
#: The other planes, in runs: a call for each of their 800,000 code points takes long.
EMPTY = [
    (plane << 16 | code, 0x100)
    for plane in range(17)
    for code in range(0, 0x10000, 0x100)
    if plane not in PLANES
]


def marked(show: Callable[[str], str], before: str) -> list[int]:
    """Return the code points that are not shown as they are, after `before`."""
    shown = show("\n".join(before + chr(code) for code in ALONE)).split("\n")
    pairs = zip(ALONE, shown, strict=True)
    return [code for code, line in pairs if line != before + chr(code)]


def not_all_marked(show: Callable[[str], str], before: str) -> list[int]:
    """Return the runs of EMPTY in which a code point has no mark, by their first code points."""
    return [
        first
        for first, length in EMPTY
        if show(before + "".join(map(chr, range(first, first + length))))
        != before + "".join(f"⟨U+{code:04X}⟩" for code in range(first, first + length))
    ]


def test_each_character_has_one_verdict(tmp_path: Path) -> None:
    """Else a command that is marked in the notebook is not marked on a terminal, or in the file."""
    program = """
import { exact, visibleText } from "./src/text";
type Show = (text: string) => string;
main(({ planes, empty }: { planes: number[]; empty: [number, number][] }) => {
  const marked = (show: Show, before: string) => {
    const found: number[] = [];
    for (const plane of planes)
      for (let code = plane << 16; code < (plane + 1) << 16; code++) {
        const text = before + String.fromCodePoint(code);
        if (show(text) !== text) found.push(code);
      }
    return found;
  };
  const notAllMarked = (show: Show, before: string) =>
    empty
      .filter(([first, length]) => {
        const codes = Array.from({ length }, (_, index) => first + index);
        const marks = codes.map((code) => `⟨U+${code.toString(16).toUpperCase()}⟩`);
        return show(before + String.fromCodePoint(...codes)) !== before + marks.join("");
      })
      .map(([first]) => first);
  return {
    exact: marked(exact, ""),
    based: marked(exact, "é"),
    prose: marked(visibleText, ""),
    unmarked: [...notAllMarked(exact, "é"), ...notAllMarked(visibleText, "")],
  };
});
"""
    found = run(program, {"planes": PLANES, "empty": EMPTY}, tmp_path)
    assert found["exact"] == marked(exact, "")
    assert found["based"] == marked(exact, "é")
    assert found["prose"] == marked(visible, "")
    assert set(found["prose"]) < set(found["exact"])
    unmarked = [*not_all_marked(exact, "é"), *not_all_marked(visible, "")]
    assert found["unmarked"] == unmarked == []
    assert len(ALONE) + 1 + sum(length for _, length in EMPTY) == LAST + 1


def test_sequences_have_one_verdict(tmp_path: Path) -> None:
    """Else an emoji or an accent hides a character in one of the two languages."""
    chance = random.Random(8)
    texts = ["".join(chance.choices(NASTY, k=chance.randint(1, 12))) for _ in range(20_000)]
    # JavaScript joins two halves, Python does not.
    texts = [text for text in texts if "\ud800\udc00" not in text]
    program = """
import { exact, visibleText } from "./src/text";
main((texts: string[]) => texts.map((text) => [exact(text), visibleText(text)]));
"""
    found = run(program, texts, tmp_path)
    assert found == [[exact(text), visible(text)] for text in texts]


@pytest.mark.pure
def test_what_draws_nothing_is_marked() -> None:
    """Else a command holds what nobody can see."""
    for char in INVISIBLE:
        assert exact(char) == exact(f"a{char}")[1:] == f"⟨U+{ord(char):04X}⟩"
    for code in range(LAST + 1):
        # Of the Unicode that this Python knows.
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs"):
            assert chr(code) in "\n\t " or exact(chr(code)) != chr(code)


@pytest.mark.pure
def test_the_table_is_all_of_unicode() -> None:
    """Else a character at the end of the table stops an answer with an error."""
    lengths = re.findall(r"[-+*^]([0-9a-z]+)", _characters.TABLE)
    assert sum(int(length, 36) for length in lengths) == LAST + 1
    assert re.fullmatch(r"([-+*^][0-9a-z]+)+", _characters.TABLE)


def test_the_table_is_the_same_in_both_languages() -> None:
    """Else the two lists drift apart with the next version of Unicode."""
    source = (FRONT_END / "src" / "characters.ts").read_text()
    there = "".join(re.findall(r'^ {2}"(.*?)"', source, re.MULTILINE))
    assert there == _characters.TABLE
    assert f'UNICODE = "{_characters.UNICODE}"' in source
    node = subprocess.run(
        ["node", "-p", "process.versions.unicode"], stdout=subprocess.PIPE, text=True, check=True
    )
    if node.stdout.strip() == _characters.UNICODE:  # only then it can be made again
        subprocess.run(["node", FRONT_END / "characters.mjs", "--check"], check=True)
