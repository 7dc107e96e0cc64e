"""Diffs as text: no change stays out of sight, and none looks like another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jupyter_claude._rewind.file_states import State
from jupyter_claude._rewind.planner import file_change as rewind_change
from jupyter_claude._text import exact
from jupyter_claude._turns.diffs import (
    CRLF,
    NO_END,
    diff_counts,
    file_diff,
    line_kinds,
    result_diff,
    unified,
)
from jupyter_claude._turns.written import Change

pytestmark = pytest.mark.pure

#: All that may end a line somewhere, and what the lines are made of.
PIECES = [
    *("a", "b", "-", "+", "@", "\\", " ", "\t", "\n", "\n", "\r\n", "\r\n", "\r", "\v", "\f"),
    *("\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\ufeff", "\u200b"),
    *("--- a\n+++ b\n", "@@ -1 +1 @@\n", f"{NO_END}\n"),
]
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def rebuilt(before: str, diff: str) -> str:
    """Make the new text of the old one and of the diff's text, and of nothing else."""
    heading, _, body = diff.partition("\n@@ ")
    if not body:
        assert heading.endswith(("(no change)", "file)")), heading
        return before if heading.endswith("(no change)") else ""
    if CRLF in heading:
        before = before.replace("\r\n", "\n")
    old = re.findall(r"[^\n]*\n|[^\n]+", before)
    made: list[str] = []
    done = left_old = left_new = 0
    last: list[str] = []  # where the line before stands, which may have no end
    for line in f"@@ {body}".split("\n"):
        hunk = re.match(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@", line)
        if left_old == left_new == 0 and hunk:
            start, left_old, left_new = int(hunk[1]), int(hunk[2] or 1), int(hunk[3] or 1)
            first = start - 1 if left_old else start
            made += old[done:first]
            done = first
        elif line == NO_END:
            if "new" in last:
                made[-1] = made[-1].removesuffix("\n")
        else:
            sign, content = line[0], f"{line[1:]}\n"
            last = {" ": ["old", "new"], "-": ["old"], "+": ["new"]}[sign]
            if "old" in last:
                assert old[done].removesuffix("\n") == content[:-1]
                done, left_old = done + 1, left_old - 1
            if "new" in last:
                made.append(content)
                left_new -= 1
    after = "".join([*made, *old[done:]])
    return after.replace("\n", "\r\n") if CRLF in heading else after


@settings(max_examples=600, deadline=None)
@given(before=texts, after=texts)
@example(before="# note\fprint('x')\n", after="# note\nprint('x')\n")
@example(before="# check\u2028verify(sig)\n", after="# check\nverify(sig)\n")
@example(before="a\r\nb\r\n", after="a\nb\n")
@example(before="a\nb\n", after="a\rb\n")
@example(before="a\n", after="a")
@example(before="a\r\nb", after="a\nb")
@example(before="", after="\n")
@example(before="a\r\n", after="a\r\r\n")
@example(before="a\r\nb\r\n", after="a\r\nc\r\n")
def test_the_new_text_can_be_made_of_the_diff(before: str, after: str) -> None:
    """Else a change stays out of the diff that a user approves, or looks like another one."""
    diff = unified(before, after, "f.txt")
    assert rebuilt(before, diff) == after
    assert diff.endswith("(no change)") == (before == after)
    assert rebuilt("", unified(None, after, "f.txt")) == after
    # As it stands on screen: no two contents look alike, and all lines are lines.
    assert exact(diff).split("\n") == [exact(line) for line in diff.split("\n")]
    kinds = [kind for kind, _ in line_kinds(diff)]
    assert diff_counts(diff) == (kinds.count("added"), kinds.count("removed"))


def test_what_a_diff_says_of_line_ends() -> None:
    """Else a user cannot tell a change of line ends from no change, or drowns in marks."""

    def shown(before: str | None, after: str) -> list[str]:
        return exact(unified(before, after, "f")).split("\n")[2:]

    assert shown("a\r\nb\r\n", "a\nb\n")[1:] == ["-a⟨U+000D⟩", "-b⟨U+000D⟩", "+a", "+b"]
    assert shown("a\nb\n", "a\rb\n")[1:] == ["-a", "-b", "+a⟨U+000D⟩b"]
    assert shown("a\n", "a")[1:] == ["-a", "+a", NO_END]
    assert shown("x\r\na\r\n", "x\r\nb\r\n") == [CRLF, "@@ -1,2 +1,2 @@", " x", "-a", "+b"]
    assert shown("x\na\r\n", "x\nb\r\n")[1:] == [" x", "-a⟨U+000D⟩", "+b⟨U+000D⟩"]
    assert shown("a\f\u2028b\x85\n", "")[1:] == ["-a⟨U+000C⟩⟨U+2028⟩b⟨U+0085⟩"]
    assert shown(None, "") == ["(a new empty file)"]
    assert shown("a", "a") == ["(no change)"]


def test_a_name_stays_on_its_line() -> None:
    """Else a file's name could add lines to the diff that a user approves."""
    name = "a\n@@ -1 +1 @@\n-x\n+y\u2028\r"
    diff = unified("1\n", "2\n", name)
    assert diff.split("\n")[2:] == ["@@ -1 +1 @@", "-1", "+2"]
    assert diff_counts(diff) == (1, 1)
    result = {"structuredPatch": [{"oldStart": 1, "oldLines": 1, "newStart": 1, "newLines": 1}]}
    shown = result_diff({"file_path": name}, result, None) or ""
    assert [kind for kind, _ in line_kinds(shown)] == ["heading"] * 4


def test_diffs_show_what_will_be(tmp_path: Path) -> None:
    """Else a user would approve another change than the one that is made."""
    (tmp_path / "a.txt").write_text("x\ny\nx\n")

    def changed(tool: str, **fields: object) -> list[str]:
        diff = file_diff(tool, {"file_path": "a.txt", **fields}, tmp_path)
        assert diff is not None
        return [line for line in diff.split("\n")[2:] if line[:1] in "+-"]

    assert changed("Write", content="x\n") == ["-y", "-x"]
    assert changed("Edit", old_string="x", new_string="z") == ["-x", "+z"]
    all_of_them = changed("Edit", old_string="x", new_string="z", replace_all=True)
    assert all_of_them == ["-x", "+z", "-x", "+z"]
    same = {"file_path": "a.txt", "content": "x\ny\nx\n"}
    assert (file_diff("Write", same, tmp_path) or "").endswith("(no change)")
    new = file_diff("Write", {"file_path": "new.txt", "content": "1\n"}, tmp_path) or ""
    assert new.split("\n") == ["--- /dev/null", "+++ new.txt", "@@ -0,0 +1 @@", "+1"]
    assert file_diff("Bash", {"command": "ls"}, tmp_path) is None


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    """Else a guess passes for the change that is made."""
    (tmp_path / "b.bin").write_bytes(b"\xff\x00")
    (tmp_path / "a.txt").write_text("x\n")
    for tool, name, fields, words in (
        ("Write", "b.bin", {"content": "1\n"}, "(the file's content cannot be shown)"),
        ("Write", "b.bin", {"content": ""}, "(an empty file)"),
        ("Edit", "b.bin", {"old_string": "1", "new_string": "2"}, "cannot be shown; below are"),
        ("Edit", "a.txt", {"old_string": "q", "new_string": "2"}, "does not contain this text"),
        ("Edit", "none", {"old_string": "q", "new_string": "2"}, "(no such file; below are"),
    ):
        diff = file_diff(tool, {"file_path": name, **fields}, tmp_path) or ""
        assert words in diff
        assert all(text.strip() in diff for text in fields.values())
    long = "\n".join(map(str, range(50)))
    guess = file_diff(
        "Edit",
        {"file_path": "a.txt", "old_string": f"q\n{long}", "new_string": f"r\n{long}"},
        tmp_path,
    )
    assert long.replace("\n", "\n ") in (guess or ""), "a guess leaves lines out"


def test_a_huge_rewrite_does_not_hold_up_the_kernel() -> None:
    """Else the request for a large Write comes after a minute in which nothing answers."""
    old = ["same", *("a", "b") * 30_000, "end"]
    new = ["same", *("b", "c") * 30_000, "end"]
    diff = unified("\n".join(old), "\n".join(new), "f.txt")
    assert diff.split("\n")[2:4] == ["@@ -1,60002 +1,60002 @@", " same"]
    assert rebuilt("\n".join(old), diff) == "\n".join(new)


def test_a_report_counts_for_what_it_tells() -> None:
    """Else the card of a call that changed the line ends of a file says that nothing changed."""
    asked = {"file_path": "f"}

    def report(original: str, *lines: str) -> dict[str, object]:
        hunk = {"oldStart": 1, "oldLines": 1, "newStart": 1, "newLines": 1, "lines": list(lines)}
        return {"type": "update", "originalFile": original, "structuredPatch": [hunk] * bool(lines)}

    ends = Change("a\r\nb", "a\nb")
    assert "-a\r\n+a\n" in (result_diff(asked, report("a\nb"), ends) or "")
    tabs = Change("\t\tx\n", "\ty\n")
    assert "-\t\tx\n+\ty" in (result_diff(asked, report("\t\tx\n", "-    x", "+  y"), tabs) or "")
    # Another edit came between: the report alone counts.
    other = result_diff(asked, report("c\n", "-c", "+d"), Change("a\n", "d\n")) or ""
    assert "-c\n+d" in other and "as Claude Code reports it" in other
    different = result_diff(asked, report("a\n", "-a", "+e"), Change("a\n", "d\n")) or ""
    assert "+e" in different and "+d" not in different
    made = {"type": "create", "structuredPatch": [], "content": ""}
    assert (result_diff(asked, made, None) or "").endswith("(a new empty file)")


def test_a_rewind_shows_line_ends_too(tmp_path: Path) -> None:
    """Else a rewind that changes a file says that nothing in it changes."""

    def state(name: str, content: bytes) -> State:
        (tmp_path / name).write_bytes(content)
        return State("file", copy=tmp_path / name)

    path = "/x/a\n+b"
    change = rewind_change(path, state("1", b"a\fb\r\n"), state("2", b"a\fb\n"), False)
    assert exact(change.shown_diff("/x")).split("\n") == [
        *("--- a⟨U+000A⟩+b", "+++ a⟨U+000A⟩+b", "@@ -1 +1 @@"),
        *("-a⟨U+000C⟩b⟨U+000D⟩", "+a⟨U+000C⟩b"),
    ]
    assert (change.insertions, change.deletions) == (1, 1)
    gone = rewind_change("/x/a", state("3", b""), State("nothing"), False)
    assert gone.shown_diff("/x").split("\n") == ["--- a", "+++ /dev/null", "(an empty file)"]
