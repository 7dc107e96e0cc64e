"""Why a CLI may end without a word."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: What the CLI looks for, in these words; it then ends at once, so that nobody looks into it.
_DEBUGGER = re.compile(r"--(?:inspect|debug)")


def debugger_variable(environment: Mapping[str, str]) -> str | None:
    """Return the variable that asks for a debugger, with which the CLI does not start.

    Parameters
    ----------
    environment : Mapping of str to str
        The CLI's.
    """
    for name in ("NODE_OPTIONS", "BUN_OPTIONS"):
        if _DEBUGGER.search(environment.get(name, "")):
            return name
    return None


def why_silent(environment: Mapping[str, str]) -> str:
    """Return what to add to the error of a CLI that ended and said nothing; "" if not known."""
    name = debugger_variable(environment)
    if name is None:
        return ""
    return (
        f"; {name} asks for a debugger, and with that Claude Code does not run: unset {name}, "
        "or set it to '' in the option env"
    )
