"""The change that an Edit or Write would make to a file, as unified-diff text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

LineKind = Literal["heading", "added", "removed", "same"]

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_LARGEST = 2_000_000  # bytes of a file that is read for a diff
_MOST_LINES = 10_000  # of both sides together, up to which difflib looks for the shortest diff


def file_diff(tool: str, tool_input: dict[str, Any], folder: Path) -> str | None:
    """Return the unified diff of a file tool's call, or None if `tool` changes no file.

    Parameters
    ----------
    tool : str
        The tool's name; "Write" and "Edit" are known.
    tool_input : dict
        Its input.
    folder : Path
        The session's working folder; relative paths start there.
    """
    name = tool_input.get("file_path")
    if not isinstance(name, str):
        return None
    before = _read(folder / name)
    if tool == "Write":
        after = str(tool_input.get("content", ""))
        if before is None and (folder / name).exists():
            return f"--- {name}\n+++ {name}\n(the present content cannot be shown)\n" + "".join(
                f"+{line}\n" for line in after.splitlines()
            )
    elif tool == "Edit":
        old, new = str(tool_input.get("old_string", "")), str(tool_input.get("new_string", ""))
        if before is None or (old and old not in before):
            before, after = old, new
        else:
            count = -1 if tool_input.get("replace_all") else 1
            after = before.replace(old, new, count) if old else new
    else:
        return None
    return unified(before, after, name)


def unified(before: str | None, after: str, name: str) -> str:
    """Return the unified diff of two texts; `before` None means that the file is new."""
    old = [] if before is None else before.splitlines()
    new = after.splitlines()
    old_name = "/dev/null" if before is None else name
    if len(old) + len(new) > _MOST_LINES:
        lines = _one_hunk(old, new, old_name, name)
    else:
        lines = list(difflib.unified_diff(old, new, old_name, name, lineterm=""))
    if not lines:
        return f"--- {name}\n+++ {name}\n(no change)"
    return "\n".join(lines)


def _one_hunk(old: list[str], new: list[str], old_name: str, new_name: str) -> list[str]:
    """Return the diff as all that lies between the common start and the common end.

    As exact as difflib's, only longer: difflib may take minutes over so many lines.
    """
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    if start == len(old) == len(new):
        return []
    above = min(start, 3)
    below = min(end, 3)
    removed, added = old[start : len(old) - end], new[start : len(new) - end]
    first = start - above + 1
    context = above + below
    return [
        f"--- {old_name}",
        f"+++ {new_name}",
        f"@@ -{first if old else 0},{len(removed) + context} +{first},{len(added) + context} @@",
        *(f" {line}" for line in old[start - above : start]),
        *(f"-{line}" for line in removed),
        *(f"+{line}" for line in added),
        *(f" {line}" for line in old[len(old) - end : len(old) - end + below]),
    ]


def result_diff(tool_input: dict[str, Any], result: Any) -> str | None:
    """Return what a file tool says that it changed, as a unified diff; None if it does not say.

    That is more exact than `file_diff`, which is made before the call: several edits of a file may
    follow each other at once.

    Parameters
    ----------
    tool_input : dict
        The call's input.
    result : dict
        The ``tool_use_result`` of the message with its result.
    """
    if not isinstance(result, dict):
        return None
    name = str(tool_input.get("file_path") or tool_input.get("notebook_path") or "")
    patch = result.get("structuredPatch")
    if isinstance(patch, list):
        if not patch and result.get("type") == "create":
            return unified(None, str(result.get("content", "")), name)
        if not patch:
            return f"--- {name}\n+++ {name}\n(no change)"
        return "\n".join([f"--- {name}", f"+++ {name}", *(_hunk_text(hunk) for hunk in patch)])
    if isinstance(result.get("new_source"), str) and not result.get("error"):
        cell = f"{name} (cell {result.get('cell_id')})" if result.get("cell_id") else name
        new = "" if result.get("edit_mode") == "delete" else str(result["new_source"])
        old = result.get("old_source")
        return unified(old if isinstance(old, str) else None, new, cell)
    return None


def _hunk_text(hunk: Any) -> str:
    if not isinstance(hunk, dict):
        return ""
    old = f"{hunk.get('oldStart')},{hunk.get('oldLines')}"
    new = f"{hunk.get('newStart')},{hunk.get('newLines')}"
    return "\n".join([f"@@ -{old} +{new} @@", *map(str, hunk.get("lines") or ())])


@lru_cache(maxsize=16)
def diff_counts(diff: str) -> tuple[int, int]:
    """Return how many lines a unified diff adds and how many it removes."""
    kinds = [kind for kind, _ in line_kinds(diff)]
    return kinds.count("added"), kinds.count("removed")


def line_kinds(diff: str) -> Iterator[tuple[LineKind, str]]:
    """Say of each line of a unified diff what it is, as the widget does."""
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


def _read(path: Path) -> str | None:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
