"""File names: Claude Code writes them in UTF-8, Python in the encoding of the kernel's locale.

Usually both are UTF-8, and then these functions change nothing.
"""

from __future__ import annotations

import os
import re
import sys

_HALVES = re.compile("[\ud800-\udfff]")  # lone surrogates; Claude Code writes a mark for each


def to_system(name: str) -> str:
    """Return a file name from Claude Code as Python must pass it to the system."""
    name = _HALVES.sub("\ufffd", name)
    return name if _is_utf8() else os.fsdecode(name.encode())


def to_show(path: str | os.PathLike[str]) -> str:
    """Return a path of the system as text for Claude Code and for pages."""
    name = os.fspath(path)
    if _is_utf8():
        return name
    try:
        return os.fsencode(name).decode("utf-8", "replace")
    except UnicodeEncodeError:  # it is no name on this system
        return _HALVES.sub("\ufffd", name)


def _is_utf8() -> bool:
    return sys.platform == "win32" or sys.getfilesystemencoding().lower() in ("utf-8", "utf8")
