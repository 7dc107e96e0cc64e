"""Unified diffs of file changes. No two different changes look alike.

Only a line feed ends a line. All other characters that may break lines stay inside the line, and
views mark them. A carriage return at a line's end stays too, unless all lines of both texts have
one: then the diff says so once. A last line without a line feed is marked as in git.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from .._text import exact_line
from .tool_words import short_path
from .written import Change, file_change

LineKind = Literal["heading", "added", "removed", "same"]

NO_CHANGE = "(no change)"
CRLF = "(every line ends with CRLF, on both sides)"
NO_END = "\\ No newline at end of file"
NOTHING = "/dev/null"

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@", re.ASCII)
_FIRST_TABS = re.compile(r"^\t+", re.MULTILINE)
_MOST_LINES = 10_000  # of both sides together, up to which difflib looks for the shortest diff


def file_diff(tool: str, tool_input: dict[str, Any], folder: Path) -> str | None:
    """Return the unified diff of a file tool's call, or None if `tool` changes no file."""
    change = file_change(tool, tool_input, folder)
    return None if change is None else diff_of(change, str(tool_input["file_path"]))


def diff_of(change: Change, name: str) -> str:
    """Return a change as a unified diff. A change with a note is shown with all its lines."""
    if not change.note:
        return unified(change.before, change.after, name)
    return unified(change.before, change.after, name, note=f"({change.note})", whole=True)


def unified(
    before: str | None, after: str | None, name: str, *, note: str = "", whole: bool = False
) -> str:
    """Return the unified diff of two texts. `before` and the diff together give `after`.

    Parameters
    ----------
    before, after : str or None
        The texts; None means that there is no file.
    name : str
        The file's name. Line ends in it are marked.
    note : str, optional
        A line above the diff.
    whole : bool, default False
        Whether to show lines far from any change too.
    """
    shown = exact_line(name)
    heading = [
        f"--- {NOTHING if before is None else shown}",
        f"+++ {NOTHING if after is None else shown}",
        *([note] if note else []),
    ]
    if before == after and not note:
        return "\n".join([*heading, NO_CHANGE])
    old, new = before or "", after or ""
    if not old and not new:
        return "\n".join([*heading, "(a new empty file)" if before is None else "(an empty file)"])
    if "\r\n" in old + new and _all_crlf(old) and _all_crlf(new):
        old, new = old.replace("\r\n", "\n"), new.replace("\r\n", "\n")
        heading.append(CRLF)
    hunks = _hunks(lines_of(old), lines_of(new), whole=whole)
    return "\n".join([*heading, *hunks])


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their line feeds; only a line feed ends a line."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _all_crlf(text: str) -> bool:
    """Whether each line feed has a carriage return before it."""
    return text.count("\n") == text.count("\r\n")


def _hunks(old: list[str], new: list[str], *, whole: bool) -> list[str]:
    context = len(old) + len(new) if whole else 3
    if len(old) + len(new) > _MOST_LINES:
        lines = _one_hunk(old, new, context)
    else:
        lines = list(difflib.unified_diff(old, new, n=context))[2:]
    shown: list[str] = []
    for line in lines:
        shown += [line[:-1]] if line.endswith("\n") else [line, NO_END]
    return shown


def _one_hunk(old: list[str], new: list[str], context: int) -> list[str]:
    """Return a diff that replaces all lines between the common start and the common end.

    It is as exact as difflib's but longer. difflib may take minutes for so many lines.
    """
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    above, below = min(start, context), min(end, context)
    removed, added = old[start : len(old) - end], new[start : len(new) - end]
    first = start - above + 1
    about = above + below
    old_first, new_first = first if old else 0, first if new else 0
    return [
        f"@@ -{old_first},{len(removed) + about} +{new_first},{len(added) + about} @@\n",
        *(f" {line}" for line in old[start - above : start]),
        *(f"-{line}" for line in removed),
        *(f"+{line}" for line in added),
        *(f" {line}" for line in old[len(old) - end : len(old) - end + below]),
    ]


def result_diff(
    tool_input: dict[str, Any], result: Any, expected: Change | None, folder: str = ""
) -> str | None:
    """Return the change that a file tool reports, as a unified diff; None without a report.

    The report is more certain than the change expected before the call, since several edits of a
    file may follow each other at once. But the report does not distinguish line ends, nor tabs from
    spaces. If the report agrees with the expected change, the expected change is shown.

    Parameters
    ----------
    tool_input : dict
        The call's input.
    result : dict
        The ``tool_use_result`` of the message with its result.
    expected : Change or None
        What the call was expected to change.
    folder : str, optional
        Where Claude works: the name of a file in it is relative.
    """
    if not isinstance(result, dict):
        return None
    path = str(tool_input.get("file_path") or tool_input.get("notebook_path") or "")
    name = short_path(path, folder)
    patch = result.get("structuredPatch")
    if isinstance(patch, list):
        if not patch and result.get("type") == "create":
            return unified(None, str(result.get("content", "")), name)
        if expected is not None and _agrees(expected, result.get("originalFile"), patch):
            return diff_of(expected, name)
        shown = exact_line(name)
        hunks = [line for hunk in patch if isinstance(hunk, dict) for line in _hunk_lines(hunk)]
        note = "(as Claude Code reports it: line ends and tabs may differ)"
        return "\n".join([f"--- {shown}", f"+++ {shown}", note, *(hunks or ["(no other change)"])])
    if isinstance(result.get("new_source"), str) and not result.get("error"):
        cell = f"{name} (cell {result.get('cell_id')})" if result.get("cell_id") else name
        new = "" if result.get("edit_mode") == "delete" else str(result["new_source"])
        old = result.get("old_source")
        return unified(old if isinstance(old, str) else None, new, cell)
    return None


def _agrees(expected: Change, original: Any, patch: list[Any]) -> bool:
    """Whether the CLI's report matches the expected change, apart from line ends and tabs."""
    if expected.note or not isinstance(original, str):
        return False
    before, after = (_reported(text or "") for text in (expected.before, expected.after))
    if _reported(original) != before:
        return False
    lines, made, done = before.split("\n"), [], 0
    for hunk in patch:
        start = max(int(hunk.get("oldStart", 1)) - 1, 0)
        made += lines[done:start]
        done = start
        for line in hunk.get("lines") or ():
            done += line[:1] in (" ", "-")
            if line[:1] in (" ", "+"):
                made.append(_reported(line[1:]))
    return "\n".join([*made, *lines[done:]]).rstrip("\n") == after.rstrip("\n")


def _reported(text: str) -> str:
    """Return a text as the CLI reports it: only line feeds, and spaces for leading tabs."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    return _FIRST_TABS.sub(lambda tabs: "  " * len(tabs[0]), text)


def _hunk_lines(hunk: dict[str, Any]) -> list[str]:
    old = f"{hunk.get('oldStart')},{hunk.get('oldLines')}"
    new = f"{hunk.get('newStart')},{hunk.get('newLines')}"
    return [f"@@ -{old} +{new} @@", *map(str, hunk.get("lines") or ())]


@lru_cache(maxsize=16)
def diff_counts(diff: str) -> tuple[int, int]:
    """Return how many lines a unified diff adds and how many it removes."""
    kinds = [kind for kind, _ in line_kinds(diff)]
    return kinds.count("added"), kinds.count("removed")


_NEW_LINES = re.compile(r"@@ -0,0 \+1(?:,(\d+))? @@", re.ASCII)


def heading_text(line: str) -> str:
    """Return a heading of a diff for people: "9 new lines" where there was nothing before."""
    found = _NEW_LINES.fullmatch(line)
    if found is None:
        return line
    return "1 new line" if found[1] is None else f"{found[1]} new lines"


def line_kinds(diff: str) -> Iterator[tuple[LineKind, str]]:
    """Yield the kind of each line of a unified diff, as the widget does."""
    removed = added = 0  # lines that the hunk still has
    for line in diff.split("\n"):
        hunk = _HUNK.match(line)
        if hunk and removed <= 0 and added <= 0:
            removed, added = int(hunk[1] or 1), int(hunk[2] or 1)
            yield "heading", line
        elif line.startswith("\\"):
            yield "same", line
        elif removed <= 0 and added <= 0:
            yield "heading", line
        elif line.startswith("+"):
            added -= 1
            yield "added", line
        elif line.startswith("-"):
            removed -= 1
            yield "removed", line
        else:
            removed -= 1
            added -= 1
            yield "same", line
