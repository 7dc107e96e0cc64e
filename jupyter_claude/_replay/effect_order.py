"""The order in which a recorded turn's code runs again and its files are written again."""

from __future__ import annotations

from typing import Any, Union

from jupyter_claude_sdk.lowlevel import RecordedCall, RecordedCode, RecordedFile, RecordedTurn

from .._turns.items import RUN_CODE
from .._turns.written_files import FILE_TOOLS

Step = Union[RecordedCode, RecordedFile]

#: Tools that may have written a file without naming it.
_COMMANDS = ("Bash",)


def steps_of(turn: RecordedTurn) -> list[Step]:
    """Return the codes and the files of a turn, in the order of its calls.

    A file comes where a tool first wrote it, with its last content. If no file tool wrote it, a
    command may have: it comes where the first command was, or else at the end. The user approves
    this order, so nothing but the recorded turn counts.
    """
    calls = [item for item in turn.items if isinstance(item, RecordedCall)]
    unused = [call for call in calls if call.name == RUN_CODE and call.ran]
    placed: list[tuple[int, Step]] = []
    at = 0
    for code in turn.code:
        call = next((one for one in unused if _has(one, code)), None)
        if call is not None:
            unused.remove(call)
            at = calls.index(call)
        placed.append((at, code))
    placed += [(_position(file.path, calls), file) for file in turn.files]
    return [step for _, step in sorted(placed, key=lambda one: one[0])]


def mark_of(turn: RecordedTurn) -> list[Any]:
    """Return all of a turn that an approval counts for: what runs, in which order, how long."""
    steps: list[Any] = []
    for step in steps_of(turn):
        if isinstance(step, RecordedCode):
            steps.append(["code", step.code])
        else:
            steps.append(["file", step.path, step.before, step.after, step.withheld != ""])
    calls = [item for item in turn.items if isinstance(item, RecordedCall)]
    limits = [[one.input.get("timeout")] for one in calls if one.name == RUN_CODE]
    return [turn.key, turn.asked.prompt, steps, limits]


def _has(call: RecordedCall, code: RecordedCode) -> bool:
    ran = call.input.get("code") if call.edited is None else call.edited
    return call.state != "denied" and str(ran or "").strip() == code.code.strip()


def _position(path: str, calls: list[RecordedCall]) -> int:
    commands = [at for at, call in enumerate(calls) if call.name in _COMMANDS and call.ran]
    otherwise = commands[0] if commands else len(calls)
    return next((at for at, call in enumerate(calls) if _writes(call, path)), otherwise)


def _writes(call: RecordedCall, path: str) -> bool:
    if call.name not in FILE_TOOLS or call.state != "done":
        return False
    name = str(call.input.get(FILE_TOOLS[call.name], "")).replace("\\", "/")
    return name == path or name.endswith(f"/{path}")
