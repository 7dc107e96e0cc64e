"""The tools that look at the kernel, as functions of a call's input."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from .._looking.look import Look, LookError
from .._looking.looker import Looker
from .results import failed, shown

#: Notes on a call's card what was kept back: the call's id, and a line.
Note = Callable[[str, str], None]
Handler = Callable[[dict[str, Any], str], Awaitable[dict[str, Any]]]

_ROWS, _OUTPUTS, _CELLS = 50, 10, 20  # the most that one look shows


def handlers(looker: Callable[[], Looker], note: Note) -> dict[str, Handler]:
    """Return what answers each call, by the tool's name on the server ``kernel``.

    Parameters
    ----------
    looker : callable
        Returns what reads the kernel.
    note : callable
        Notes on a call's card what was kept back.
    """

    def tool(look: Callable[[dict[str, Any]], Look]) -> Handler:
        async def call(given: dict[str, Any], call_id: str) -> dict[str, Any]:
            try:
                seen = look(given)
            except LookError as error:
                return failed(str(error))
            if line := withheld_line(seen.withheld):
                note(call_id, line)
            return shown(seen.parts)

        return call

    return {
        "variables": tool(lambda given: looker().variables()),
        "inspect": tool(
            lambda given: looker().inspect(_text(given, "name"), _number(given, "rows", 0, _ROWS))
        ),
        "outputs": tool(lambda given: looker().outputs(_number(given, "last", 3, _OUTPUTS))),
        "recent": tool(lambda given: looker().recent(_number(given, "cells", 5, _CELLS))),
    }


def withheld_line(names: tuple[str, ...]) -> str:
    """Return what was kept back as a line for a card or chip; "" if nothing was."""
    if not names:
        return ""
    listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"{len(names)} withheld: {listed}"


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise LookError(f"Give {name} as a text, such as {name}='df'")
    return value


def _number(given: dict[str, Any], name: str, otherwise: int, most: int) -> int:
    value = given.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise LookError(f"Give {name} as a number from 0 to {most}")
    return int(min(max(value, 0), most))
