"""What a request says of a change, beside what the real CLI writes."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import ClaudeAgentOptions, query

from jupyter_claude._turns.diffs import diff_of
from jupyter_claude._turns.written import Change, file_change
from tests.extension.test_diffs import rebuilt

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

BOM = "\ufeff"
LONG = "x" * 4090
Case = tuple["str | bytes | None", dict[str, Any]]


def edit(before: str | bytes, old: str, new: str, **fields: Any) -> Case:
    """Make the case of an Edit of a file."""
    return before, {"old_string": old, "new_string": new, **fields}


#: A file's content and the input of the call that changes it, by what the CLI does there.
CASES: list[Case] = [
    # It keeps the file's usual line end, and gives it to all lines.
    edit("a\r\nb\r\nc\r\n", "b", "B\nX"),
    edit("a\r\nb\r\nc\r\n", "a\nb", "A\r\nB"),
    edit("a\r\nb\rq\r\nc\r\n", "q", "Q"),
    edit("a\r\r\nb\r\n", "b", "B"),
    edit("a\r\nb\nc\r\nd\n", "b", "B"),
    edit("a\r\nb\r\nc\r\nd\ne\n", "b", "B"),
    edit("a\nb\n", "b", "B\r\nX"),
    edit("a\rb\rc\r", "b", "B"),
    edit(f"{LONG}\r\ntail\ntail\ntail\n", "tail\ntail\ntail", "B"),
    edit(f"{LONG}xxxx\r\ntail\ntail\ntail\n", "tail\ntail\ntail", "B"),
    edit(f"{LONG}xxxxx\r\ntail\ntail\ntail\n", "tail\ntail\ntail", "B"),
    edit(f"{BOM}{LONG}xxxx\r\ntail\ntail\ntail\n", "tail\ntail\ntail", "B"),
    edit("\U0001f600" * 2047 + "\r\ntail\ntail\ntail\n", "tail\ntail\ntail", "B"),
    edit("\U0001f600" * 2048 + "\r\ntail\ntail\ntail\n", "tail\ntail\ntail", "B"),
    # It finds text with other quotes, and writes such quotes.
    edit("say “hello” it’s\n", 'say "hello"', 'say "bye"'),
    edit("it’s fine\n", "it's fine", "it's bad's 'x' \"y\""),
    edit('a "x"\nb “x”\n', '"x"', '"y"'),
    edit('a "x"\n', "“x”", "“y”"),
    edit("“a” and “a”\n", '"a"', '"b"', replace_all=True),
    edit('“a” and "a"\n', '"a"', '"b"', replace_all=True),
    edit("“a” ”a“ “a”\n", '"a"', '"b"', replace_all=True),
    edit('“a" b\n', '"a"', '"z"'),
    edit("“a” ‘b’\n", "\"a\" 'b'", "\"c\" 'd' \"'e'\" '\"f\"'"),
    edit("“a”\n", '"a"', 'x"y ("q") ["w"] {"e"} -"b" —"c" –"d"\n"n"\t"t" /"s" x\r"a" \u00a0"b"'),
    edit("“a”\nb\n", '"a"', ""),
    # What it deletes takes the line's end with it.
    edit("a\nb\nc\n", "b", ""),
    edit("a\nb\n\nc\n", "b\n", ""),
    edit("ab\nab\n", "b", "", replace_all=True),
    edit("xbx b\nq\n", "b", "", replace_all=True),
    edit("a\r\nb\r\nc\r\n", "b", ""),
    edit("a\nb", "b", ""),
    # Its encoding and its mark stay.
    edit(f"{BOM}a\nb\n", "a", "A"),
    edit(f"{BOM}a\n", "a\n", ""),
    edit((BOM + "a\r\nb\r\n").encode("utf-16-le"), "b", "B\nX"),
    (f"{BOM}a\n", {"content": "b\n"}),
    (f"{BOM}a\n", {"content": f"{BOM}b\n"}),
    (f"{BOM}a\n", {"content": ""}),
    ((BOM + "a\n").encode("utf-16-le"), {"content": "b\n"}),
    # All else is as it says.
    edit("x y x\nx\n", "x", "z", replace_all=True),
    edit("a\nb\n", "b", "$& $1 $$ $`"),
    edit("a\nb\n", "b", "B   \nq\t"),
    edit("# note\fprint('x')\n", "\f", "\n"),
    edit("# a\u2028b\n", "\u2028", "\n"),
    edit("", "", "X\n"),
    edit("  \r\n", "", "q\n"),
    (None, {"old_string": "", "new_string": "fresh\nfile"}),
    (None, {"content": "a\rb\f\u2028c\n"}),
    (None, {"content": ""}),
    (None, {"content": f"{BOM}b\n"}),
    ("a\r\nb\r\n", {"content": "a\nB\n"}),
    ("a\nb\n", {"content": "a\r\nB\r\n"}),
    ("a\n", {"content": "a"}),
]
#: What cannot be told: the CLI finds the text in another spelling.
GUESSES: list[Case] = [edit("\\u00e9 x\n", "é x", "è y")]


def random_cases(count: int) -> list[Case]:
    """Make edits of odd texts; the CLI refuses some of them."""
    chosen = random.Random(20)
    pieces = ["a", "b", "c ", '"', "'", "“", "”", "’", "‘", "\n", "\r\n", "\r", "(", "—", "é", "\t"]

    def text(size: int) -> str:
        return "".join(chosen.choices(pieces, k=size))

    made: list[Case] = []
    for _ in range(count):
        before = chosen.choice(["", BOM]) + text(chosen.randint(5, 40))
        if chosen.random() < 0.2:
            made.append((before, {"content": text(20)}))
            continue
        body = before.removeprefix(BOM).replace("\r\n", "\n")
        start = chosen.randrange(len(body))
        old = body[start : start + chosen.randint(2, 9)]
        if chosen.random() < 0.5:
            old = old.translate(str.maketrans("“”‘’", "\"\"''"))
        made.append(
            edit(before, old, text(chosen.randint(0, 8)), replace_all=chosen.random() < 0.5)
        )
    return made


async def outcomes(
    cases: list[Case], options: Callable[..., ClaudeAgentOptions], folder: Path
) -> dict[str, tuple[Change, bytes]]:
    """Let the CLI make all changes; return what each request said, and what was written."""
    reads: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    for number, (before, tool_input) in enumerate(cases):
        name = f"{number}.txt"
        if before is not None:
            data = before if isinstance(before, bytes) else before.encode("utf-8")
            (folder / name).write_bytes(data)
            reads.append({"tool": "Read", "input": {"file_path": name}})
        tool = "Write" if "content" in tool_input else "Edit"
        calls.append({"tool": tool, "input": {"file_path": name, **tool_input}})
    said: dict[str, Change] = {}

    def decide(tool: str, given: dict[str, Any], context: Any) -> dict[str, Any]:
        change = file_change(tool, given, folder)
        assert change is not None
        said[Path(given["file_path"]).name] = change
        return {"behavior": "allow"}

    script = [{"replies": [reads, *([call] for call in calls), [{"text": "Done."}]]}]
    with anyio.fail_after(150):
        async for _ in query(prompt="go", options=options(script, can_use_tool=decide)):
            pass
    return {name: (change, (folder / name).read_bytes()) for name, change in said.items()}


def decoded(data: bytes) -> str:
    """Return a file's text as it is."""
    return data.decode("utf-16-le" if data.startswith(b"\xff\xfe") else "utf-8")


async def test_what_is_shown_is_what_is_written(
    options: Callable[..., ClaudeAgentOptions], tmp_path: Path
) -> None:
    """Else a user approves one change and gets another: other quotes, line ends, deleted lines."""
    cases = [*CASES, *GUESSES, *random_cases(60)]
    done = await outcomes(cases, options, tmp_path / "work")
    for number, (before, tool_input) in enumerate(cases[: len(CASES)]):
        assert f"{number}.txt" in done, f"the CLI refuses {before!r} {tool_input!r}"
    assert len(done) > len(CASES) + 25
    for name, (change, data) in done.items():
        case = cases[int(name.removesuffix(".txt"))]
        if case in GUESSES:
            assert change.note, case
            continue
        assert not change.note, case
        assert change.after == decoded(data), case
        assert rebuilt(change.before or "", diff_of(change, name)) == decoded(data), case
