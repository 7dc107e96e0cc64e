"""Names of files: Claude Code writes them in UTF-8, Python in the encoding of the kernel's locale.

Where both are UTF-8, as nearly everywhere, nothing changes here.
"""

from __future__ import annotations

import os
import re
import sys

_HALVES = re.compile("[\ud800-\udfff]")  # of characters; Claude Code writes a mark for each


def to_system(name: str) -> str:
    """Return a name that Claude Code states as Python has to give it to the system."""
    name = _HALVES.sub("\ufffd", name)
    return name if _is_utf8() else os.fsdecode(name.encode())


def to_show(path: str | os.PathLike[str]) -> str:
    """Return a path of the system's as text: as Claude Code, and a page, can take it."""
    name = os.fspath(path)
    if _is_utf8():
        return name
    try:
        return os.fsencode(name).decode("utf-8", "replace")
    except UnicodeEncodeError:  # it is no name of the system's
        return _HALVES.sub("\ufffd", name)


def _is_utf8() -> bool:
    return sys.platform == "win32" or sys.getfilesystemencoding().lower() in ("utf-8", "utf8")
