"""The text that Claude Code writes to a file when it runs Edit or Write.

Claude Code does more than the tool's input says. It keeps a file's byte-order mark and its usual
line end. It also finds text that has other quotes. If it deletes a line's text, it deletes the
line's end too. This was measured on the real CLI, and a test compares the result with the CLI's. If
the text cannot be known, a note says so: the user must not take a guess for the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._names import to_system

_LARGEST = 2_000_000  # bytes; a larger file is not read for a diff
_BOM = "\ufeff"
_LOOKED_AT = 4096  # UTF-16 units in which the CLI counts line ends
_FOLDED = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
#: A quote after one of these is an opening one; after anything else it is a closing one.
_OPENING = frozenset(" \t\n\r([{\u2014\u2013")

_HIDDEN = "the file's content cannot be shown"
_FRAGMENTS = "below are the old and the new text of the edit, not the file"


@dataclass(frozen=True)
class Change:
    """A file before and after a call.

    Attributes
    ----------
    before : str or None
        Its text, with its line ends; None if there is no file.
    after : str
        Its text after the call.
    note : str
        Why these are not the file's full texts; "" if they are.
    """

    before: str | None
    after: str
    note: str = ""


def file_change(tool: str, tool_input: dict[str, Any], folder: Path) -> Change | None:
    """Return the change that a file tool's call would make, or None if `tool` changes no file.

    Parameters
    ----------
    tool : str
        The tool's name, such as "Write" or "Edit".
    tool_input : dict
        Its input.
    folder : Path
        The session's working folder; relative paths start there.
    """
    name = tool_input.get("file_path")
    if not isinstance(name, str) or tool not in ("Write", "Edit"):
        return None
    try:
        before = _read(folder / to_system(name))
    except (OSError, ValueError):
        return _unseen(tool, tool_input)
    if tool == "Write":
        return Change(before, _with_bom(before, str(tool_input.get("content", ""))))
    old, new = str(tool_input.get("old_string", "")), str(tool_input.get("new_string", ""))
    if before is None:
        return Change(None, new) if not old else Change(old, new, f"no such file; {_FRAGMENTS}")
    after = edited(before, old, new, replace_all=tool_input.get("replace_all") is True)
    if after is None:
        return Change(old, new, f"the file does not contain this text; {_FRAGMENTS}")
    return Change(before, after)


def edited(before: str, old: str, new: str, *, replace_all: bool) -> str | None:
    """Return a file's text after an Edit; None if it cannot be known.

    Parameters
    ----------
    before : str
        The file's text, with its line ends and its byte-order mark.
    old, new : str
        The Edit's strings.
    replace_all : bool
        Whether every occurrence changes.
    """
    mark = _BOM if before.startswith(_BOM) else ""
    text = before[len(mark) :]
    windows_ends = _has_windows_ends(before)
    text = text.replace("\r\n", "\n")
    if not old:
        if text.strip():
            return None
        result = new
    else:
        found = _found(text, old)
        if found is None:
            return None
        put = _quoted_alike(new, found) if found != old else new
        if not put and not found.endswith("\n") and f"{found}\n" in text:
            found += "\n"
        result = text.replace(found, put, -1 if replace_all else 1)
    if windows_ends:
        result = result.replace("\r\n", "\n").replace("\n", "\r\n")
    return mark + result


def _has_windows_ends(text: str) -> bool:
    units = text[:_LOOKED_AT].encode("utf-16-le", "surrogatepass")[: 2 * _LOOKED_AT]
    window = units.decode("utf-16-le", "ignore")
    return window.count("\r\n") * 2 > window.count("\n")


def _found(text: str, old: str) -> str | None:
    """Return the text that the CLI replaces: `old`, or the same with other quotes."""
    if old in text:
        return old
    start = text.translate(_FOLDED).find(old.translate(_FOLDED))
    return None if start < 0 else text[start : start + len(old)]


def _quoted_alike(new: str, found: str) -> str:
    """Return the new text with the kind of quotes that the old text has."""
    for straight, opening, closing in (('"', "\u201c", "\u201d"), ("'", "\u2018", "\u2019")):
        if opening in found or closing in found:
            new = "".join(
                char
                if char != straight
                else opening
                if index == 0 or new[index - 1] in _OPENING
                else closing
                for index, char in enumerate(new)
            )
    return new


def _with_bom(before: str | None, content: str) -> str:
    """Return the text that Write makes of a file: the byte-order mark stays."""
    keeps = before is not None and before.startswith(_BOM) and content
    return _BOM + content if keeps and not content.startswith(_BOM) else content


def _unseen(tool: str, tool_input: dict[str, Any]) -> Change:
    if tool == "Write":
        return Change("", str(tool_input.get("content", "")), _HIDDEN)
    old, new = str(tool_input.get("old_string", "")), str(tool_input.get("new_string", ""))
    return Change(old, new, f"{_HIDDEN}; {_FRAGMENTS}")


def _read(path: Path) -> str | None:
    """Return a file's text, unchanged; None if there is no file.

    Raises
    ------
    OSError or ValueError
        If the file is no text, is too large or cannot be read.
    """
    if not path.exists():
        return None
    if not path.is_file() or path.stat().st_size > _LARGEST:
        raise ValueError("no text, or too long")
    data = path.read_bytes()
    return data.decode("utf-16-le" if data.startswith(b"\xff\xfe") else "utf-8")
