"""The Markdown form of an answer is harmless in viewers that read Markdown differently."""

from __future__ import annotations

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

from jupyter_claude._views.inert import inert_code, inert_markdown, inert_text
from tests.typescript import FRONT_END

#: The review's own, and others of its kind.
KNOWN = [
    "https://e.org`<img src=x onerror=alert(1)>`",
    "www.e.org`<img src=x onerror=alert(1)>`",
    "a@e.org`<img src=x onerror=alert(1)>`",
    "1. a\n\n   ```\n   b\n<img src=x onerror=alert(1)>\n",
    "- ```\n<img src=x onerror=alert(1)>\n```",
    "| a |\n|---|\n| `<img src=x | onerror=alert(1)>` |",
    "[a]: javascript:alert(1)\n\n[a] `[a]` [b][a]",
    "!![a](https://e.org/x.png) \\![a](https://e.org/x.png)",
    "`![a](https://e.org/x.png)`",
    "ftp://e.org `ftp://e.org` //e.org xmpp:a@e.org",
    "$<img src=x onerror=alert(1)>$ $$\n<img src=x onerror=alert(1)>\n$$",
    "[`a`](javascript:alert(1)) ![`a`](https://e.org/x.png)",
    "[a](<javascript:alert(1)>) [e]() [a](//e.org) [a](/lab/api/shutdown)",
    "~~~\n<img src=x>\n~~~~ ~~~ \n<img src=x onerror=alert(1)>",
]
PARTS = [
    *[
        "`",
        "``",
        "```",
        "~~~",
        "~~",
        "<",
        ">",
        "<img src=x onerror=alert(1)>",
        "<b",
        "</b>",
        "<!--",
    ],
    *["-->", "<?", "<![CDATA[", "![", "[", "]", "](", ")", "(", "[a]", "[a]:", " javascript:x"],
    *["[a](javascript:x)", "![a](https://e.org/a)", "[a](https://e.org)", "[^1]", "[^1]: ", "](<"],
    *["https://e.org", "https://e.org/", "http://", "www.e.org", "www.", "ftp://e.org", "//e.org"],
    *["a@e.org", "mailto:a@e.org", "xmpp:a@e.org", "<https://e.org>", "<javascript:x>", "://", ":"],
    *[
        "\\",
        "\\\\",
        "\\`",
        "\\[",
        "\\]",
        "\\(",
        "\\)",
        "\\<",
        "$",
        "$$",
        "$x$",
        "&lt;",
        "&#60;",
        "&",
    ],
    *[
        "- ",
        "1. ",
        "> ",
        "# ",
        "    ",
        "   ",
        "\t",
        "|",
        "|---|",
        "| a | b |\n|---|---|\n",
        "---",
        "=",
    ],
    *["*", "**", "_", "a", "b c", "é", "\u00a0", "\u202e", "!", '"', "'", "\\href{x}{y}", "{", "}"],
    *["\n", "\n", "\n\n", " ", " ", "", "<a href=//e.org>", "- [ ] ", "[x]", "<u>", "@", "#", "+"],
]


def more_than_text(texts: list[str]) -> list[list[object]]:
    """Return what viewers make of texts that is more: number, viewer and tag."""
    made = subprocess.run(
        ["node", Path(__file__).with_name("viewers.mjs"), FRONT_END],
        input=json.dumps(texts),
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=True,
    )
    found: list[list[object]] = json.loads(made.stdout)
    return found


def test_known_tricks_are_text() -> None:
    """Else what the model wrote runs as a script where a viewer prefers the Markdown form."""
    made = [inert_markdown(text) for text in KNOWN]
    made += [f"{inert_text(text)}\n\n> {inert_code(text.replace(chr(10), ' '))}" for text in KNOWN]
    assert [(made[int(str(at))], *more) for at, *more in more_than_text(made)] == []


def test_no_viewer_sees_more_than_text() -> None:
    """Else a trick that nobody thought of runs a script, or calls home when a notebook is opened.

    ``JUPYTER_CLAUDE_FUZZ`` is how many texts are tried.
    """
    count = int(os.environ.get("JUPYTER_CLAUDE_FUZZ", "20000"))
    chance = random.Random(int(os.environ.get("JUPYTER_CLAUDE_SEED", "5")))
    texts = ["".join(chance.choices(PARTS, k=chance.randint(2, 14))) for _ in range(count)]
    made = [inert_markdown(text) for text in texts]
    found = more_than_text(made)
    assert [(texts[int(str(at))], made[int(str(at))], *more) for at, *more in found[:5]] == []


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Use `df['x']` **now**, _please_.", "Use `df['x']` **now**, _please_."),
        ("See [docs](https://e.org/a_b).", "See [docs](https://e.org/a_b)."),
        ("See [`merge`](https://e.org).", "See [`merge`](https://e.org)."),
        ("At https://e.org/a_b.", "At <https://e.org/a_b>."),
        ("![a plot](https://e.org/x.png)", "[a plot](https://e.org/x.png)"),
        ("`a < b` and `Vec<T>`", "`a < b` and \\`Vec&lt;T>\\`"),
        ("It costs $5; $a<b$ or $E=mc^2$", "It costs \\$5; $a\\lt b$ or $E=mc^2$"),
        ("a < b, x -> y", "a < b, x -> y"),
        ("[later][1]\n\n[1]: https://e.org", "[later][1]\n\n[1]: https://e.org"),
        ("- [ ] one\n- [x] two", "- [ ] one\n- [x] two"),
        ("| a | b |\n|---|--:|\n| 1 | 2 |", "| a | b |\n|---|--:|\n| 1 | 2 |"),
        ("```python\nif a < b: ...\n```", "```python\nif a < b: ...\n```"),
        ("Text:\n```\nx\n```\nmore", "Text:\n\n```\nx\n```\n\nmore"),
        (
            "1. One:\n   ```sh\n   ls\n   ```\n   Then\n   - this\n2. Two",
            "1. One:\n\n```sh\nls\n```\n\nThen\n- this\n2. Two",
        ),
        ("$$\na_1 \\\\[2pt]\n$$", "$$\na_1 \\\\[2pt]\n$$"),
        ("```text\n$ ls", "```text\n$ ls\n```"),
    ],
)
def test_ordinary_markdown_reads_well(text: str, shown: str) -> None:
    """Else an answer is full of backslashes where a viewer shows its Markdown."""
    assert inert_markdown(text) == shown


def test_what_takes_too_long_is_shown_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an answer holds up the kernel, or a part of it is lost."""
    monkeypatch.setattr("jupyter_claude._views.clock.SECONDS", -1.0)
    text = "a\n\n" * 200 + "`<b>`"
    assert inert_markdown(text) == f"```\n{text}\n```"
