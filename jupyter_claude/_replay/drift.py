"""Drift: what came out otherwise than recorded, in lines."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from jupyter_claude_sdk.lowlevel import RecordedCode

from .._kernel_tools.texts import LOOKING
from .._running.for_model import NO_OUTPUT
from .._text import one_line
from .._turns.items import RUN_CODE, ToolCall
from .._turns.ran_code import RanCode

_LISTED = 8  # names in one line
_LONGEST = 200  # characters of an error
#: Where an object lies differs from run to run, and says nothing.
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
#: Tools of this package that change nothing outside of the notebook, or that run again.
_OURS = ("mcp__notebook__", "mcp__answer__")


def drift_of(
    recorded: RecordedCode, output: str, ran: RanCode | None, error: str, name: str
) -> Iterator[str]:
    """Yield a line for each thing that differs from the recording.

    Parameters
    ----------
    recorded : RecordedCode
        The code as it was recorded.
    output : str
        What it has shown now, without secrets and folders.
    ran : RanCode or None
        What it did to names; None if it never began.
    error : str
        Its error now, likewise; "" for none.
    name : str
        What to call it: "The code", "Code 2".
    """
    if _same(output) != _same(recorded.output):
        yield f"{name} printed something else than recorded"
    before = {one.partition(" (")[0] for one in recorded.bound}
    now = {one.name for one in ran.bound} if ran is not None else set[str]()
    if missing := _users(before - now):
        yield f"{name} did not bind {_listed(missing)}, which the recording has"
    if new := _users(now - before):
        yield f"{name} bound {_listed(new)}, which the recording has not"
    if _same(error) != _same(recorded.error):
        if not error:
            yield f"{name} had no error. Recorded was: {_short(recorded.error)}"
        elif not recorded.error:
            yield f"{name} had an error, which the recording has not: {_short(error)}"
        else:
            yield f"{name} had another error than recorded: {_short(error)}"


def not_run_again(calls: Sequence[ToolCall]) -> str:
    """Return a line about commands and tools that do not run again; "" if there were none.

    Reads and searches do not count: nothing misses them.
    """
    ran = [call for call in calls if call.ran and call.state != "denied"]
    commands = sum(call.name == "Bash" for call in ran)
    tools = sum(_is_others(call.name) for call in ran)
    parts = [_count(commands, "command")] if commands else []
    parts += [_count(tools, "tool call")] if tools else []
    if not parts:
        return ""
    they = "it" if commands + tools == 1 else "they"
    return f"Not run again: {' and '.join(parts)}. Later cells may miss what {they} did."


def _is_others(name: str) -> bool:
    ours = name == RUN_CODE or name in LOOKING or name.startswith(_OURS)
    return name.startswith("mcp__") and not ours


def _users(names: set[str]) -> set[str]:
    """Return the names without those that Python sets, such as ``__warningregistry__``."""
    return {name for name in names if not name.startswith("__")}


def _same(text: str) -> str:
    lines = (line.rstrip() for line in text.splitlines())
    found = _ADDRESS.sub("0x…", "\n".join(lines)).strip()
    return "" if found == NO_OUTPUT else found


def _listed(names: Collection[str]) -> str:
    more = len(names) - _LISTED
    shown = ", ".join(sorted(names)[:_LISTED])
    return f"{shown} and {more} more" if more > 0 else shown


def _short(error: str) -> str:
    line = one_line(error)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
