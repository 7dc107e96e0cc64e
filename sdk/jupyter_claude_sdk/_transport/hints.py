"""Why a CLI may end without writing anything."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: The CLI looks for these words and then ends at once, so that no debugger can look into it.
_DEBUGGER = re.compile(r"--(?:inspect|debug)")


def debugger_variable(environment: Mapping[str, str]) -> str | None:
    """Return the name of a variable that asks for a debugger; the CLI does not start with it.

    Parameters
    ----------
    environment : Mapping of str to str
        The CLI's environment.
    """
    for name in ("NODE_OPTIONS", "BUN_OPTIONS"):
        if _DEBUGGER.search(environment.get(name, "")):
            return name
    return None


def why_silent(environment: Mapping[str, str]) -> str:
    """Return the reason to add to the error of a CLI that wrote nothing; "" if it is unknown."""
    name = debugger_variable(environment)
    if name is None:
        return ""
    return (
        f"; {name} asks for a debugger, and Claude Code does not run with one: unset {name}, "
        "or set it to '' in the option env"
    )
