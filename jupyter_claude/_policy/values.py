"""Checks the values of a policy file, and compares with them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote


def text(value: object) -> str:
    """Return a text that is not empty.

    Raises
    ------
    ValueError
        If it is none. So do the other functions.
    """
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError(f"must be a text, not {value!r:.60}")
    return value


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list that is not empty."""
    if not isinstance(value, list) or not value:
        raise ValueError(f"must be a list of texts with at least one, not {value!r:.60}")
    return tuple(dict.fromkeys(text(each) for each in value))


def one_of(value: object, known: Sequence[str]) -> str:
    """Return a text that is one of those known."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"must be one of {', '.join(known)}, not {value!r:.60}")
    return value


def flag(value: object) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r:.60}")
    return value


def amount(value: object) -> float:
    """Return a number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"must be a number, not {value!r:.60}")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"must be a number from 0 on, not {value!r:.60}")
    return float(value)


def path(value: str) -> Path:
    """Return an absolute path; ``~`` is this user's home."""
    try:
        found = Path(value).expanduser()
    except RuntimeError:  # no such user, or no home
        found = Path(value)
    if not found.is_absolute():
        raise ValueError(f"must be an absolute path, or begin with ~, not {value!r:.60}")
    return found


def expanded(value: object) -> Path:
    """Return the absolute path that a text names."""
    return path(text(value))


def folder(value: str) -> Path:
    """Return a folder's real path, with its links followed."""
    return Path(os.path.realpath(path(value)))


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a name is one of the patterns, in which ``*`` is any text."""
    return any(_pattern(each).fullmatch(name) for each in patterns)


def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def file_name(name: str) -> str:
    """Return a user's name as one part of a path."""
    quoted = quote(name, safe="@+ ")
    return "%2E" + quoted[1:] if quoted.startswith(".") else quoted
