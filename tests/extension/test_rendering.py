"""The static HTML shows what the live view and JupyterLab's renderer show."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from jupyter_claude._text import exact_line, printed
from jupyter_claude._turns.diffs import line_kinds
from tests.extension.test_characters import NASTY
from tests.rendering import (
    RENDERED,
    Case,
    all_sent,
    cases,
    expected,
    shown_as_html,
    shown_as_prose,
)
from tests.typescript import run

CASES = cases()

#: What Markdown is made of, and what the two parsers could read in different ways. In two rare
#: places markdown-it-py differs from CommonMark, so they are not here: it strips a no-break space
#: off the ends of a paragraph, and sees no line break in a backslash with two spaces after it.
PARTS = [
    *("`", "``", "```", "```py\n", "~~~", "~~", "*", "**", "_", "__", "\\", "|", "$", "$$"),
    *("[", "]", "(", ")", "![", "](", "[a](https://e.org)", "[a](b.py)", "![a](https://e.org/x)"),
    *("![a](b.png)", "[a]", "[a]: https://e.org\n", "[b]: c.py\n", "[b]", "[^1]", "[^1]: ", "<"),
    *(">", "<b>", "<br>", "<https://e.org>", "<javascript:x>", "<a@e.org>", "&lt;", "&copy;", "&"),
    *(
        "https://e.org",
        "https://",
        "http://e.org/(a",
        "HTTP://E.ORG/é",
        "mailto:a@e.org",
        "mailto:",
    ),
    *("https", ":", "//e.org", "www.e.org", "ftp://e.org", "a@e.org", ".", ",", "!", "?", "'", '"'),
    *("- ", "1. ", "2) ", "> ", "# ", "    ", "\t", "- [ ] ", "- [x] ", "---", "===", "+ ", "#"),
    *("| a | b |\n|---|---|\n", "|---|", "\n", "\n", "\n", "\n\n", " ", " ", "x  \n", "\\\n", "\r"),
    *(
        "a",
        "b c",
        "é",
        "日本。",
        "ſ",
        "١",
        "{",
        "}",
        "$x$",
        "$5",
        "\\(x\\)",
        "\\[",
        "\\]",
        "\\href{x}",
    ),
    *("x\u00a0y", "\u202e", "\u200d", "\ufe0f", "\u0301", "❤", "\x1b[32m", "\x1b", "\x00", "\x85"),
]
LINES = [
    *("+", "-", " ", "\\", "@@ -1 +1 @@", "@@ -0,0 +1,2 @@", "@@ -1,2 +1,3 @@", "@@ -١ +١ @@"),
    *("+++ a", "--- a", "", "+a", "-a", " a", "\\ No newline at end of file", "a"),
]


@pytest.mark.pure
@pytest.mark.parametrize("case", CASES, ids=[f"{case['where']}: {case['name']}" for case in CASES])
def test_the_static_html_shows_what_the_case_says(case: Case) -> None:
    """Else a finished turn shows other words, links or marks than the turn that ran."""
    assert shown_as_html(case) == expected(case)


@pytest.mark.pure
def test_the_front_end_draws_what_the_kernel_makes() -> None:
    """Else the front end draws what no kernel makes; `python -m tests.rendering` writes it."""
    assert RENDERED.read_text("utf-8") == all_sent()


PROGRAM = """
import { MarkdownStream } from "./src/markdown";
import { exactLine, outputText } from "./src/text";
import { diffView } from "./src/views/diff";
import { seenIn } from "./test/visible";
main(({ prose, texts, diffs }) => ({
  prose: prose.map((text) => {
    const root = document.createElement("div");
    new MarkdownStream(root).set(text, true);
    return seenIn(root);
  }),
  texts: texts.map((text) => [exactLine(text), outputText(text).textContent]),
  diffs: diffs.map((text) =>
    Array.from(diffView(text).children, (line) =>
      line.className.split("-").at(-1)?.replace(/^(?:file|hunk)$/, "heading"),
    ),
  ),
}));
"""


def test_what_nobody_thought_of_looks_alike(tmp_path: Path) -> None:
    """Else an answer changes its words or links when it ends.

    ``JUPYTER_CLAUDE_FUZZ`` is how many texts are tried.
    """
    count = int(os.environ.get("JUPYTER_CLAUDE_FUZZ", "300"))
    chance = random.Random(int(os.environ.get("JUPYTER_CLAUDE_SEED", "12")))

    def some(parts: list[str], between: str = "") -> list[str]:
        return [between.join(chance.choices(parts, k=chance.randint(1, 14))) for _ in range(count)]

    # Without the second half of a pair: JavaScript joins two halves, Python does not.
    given: dict[str, list[str]] = {
        "prose": some(PARTS),
        "texts": some([*sorted(set(NASTY) - {"\udc00"}), "\r", "\x1b[1m", "[", "m"]),
        "diffs": some(LINES, "\n"),
    }
    found = run(PROGRAM, given, tmp_path, page=True)
    made: dict[str, list[Any]] = {
        "prose": [shown_as_prose(text) for text in given["prose"]],
        "texts": [[exact_line(text), printed(text)] for text in given["texts"]],
        "diffs": [[kind for kind, _ in line_kinds(text)] for text in given["diffs"]],
    }
    for kind, texts in given.items():
        triples = zip(texts, made[kind], found[kind], strict=True)
        different = [triple for triple in triples if triple[1] != triple[2]]
        assert different[:3] == [], (kind, len(different))
