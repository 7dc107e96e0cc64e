"""Makes permission requests: they show all of the call's input, and nothing else."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_claude_sdk import ToolPermissionContext

from ._asking import plans
from ._asking.inputs import field_of
from ._asking.titles import relative, title_of
from ._names import to_show
from ._suggestions import offered
from ._turns.diffs import diff_of
from ._turns.requests import AlwaysAllow, Field, PermissionRequest, QuestionRequest
from ._turns.written import Change, file_change

QUESTION = QuestionRequest.tool

#: The parts of a tool's input that the diff shows.
_IN_DIFF = {"Write": ("file_path", "content"), "Edit": ("file_path", "old_string", "new_string")}
_SAID = 200  # characters of Claude's description of its command
#: Claude Code's reason where it has none.
_SAYS_NOTHING = "This command requires approval"


@dataclass(frozen=True)
class OwnRequest:
    """A request for a tool of ours. It shows more than `describe` can, and has other buttons.

    Attributes
    ----------
    request : PermissionRequest
        The request.
    press : callable
        Called with the index of the button of ``request.suggestions`` that the user pressed.
    edit : callable
        Returns the call's input with the code that the user edited.
    """

    request: PermissionRequest
    press: Callable[[int], None]
    edit: Callable[[str], dict[str, Any]]


def new_id() -> str:
    """Return a unique id: the view of an old kernel's request must not answer this one."""
    return f"request-{uuid.uuid4().hex}"


def waiting_line(timeout: float) -> str:
    """Return what happens without an answer, as a sentence; `timeout` 0 is no limit."""
    if timeout:
        return f"Waiting for your answer. Without one it is denied after {timeout:g} s."
    return "Waiting for your answer. Nothing runs until then."


def describe(
    tool: str,
    tool_input: dict[str, Any],
    context: ToolPermissionContext,
    folder: Path,
    timeout: float,
    runs_in: Path | None = None,
    danger: str = "",
) -> PermissionRequest | QuestionRequest:
    """Return the request for a call.

    Its fields name the folder of a command, if it is not the session's. A call with a `danger` has
    no "Always allow" buttons.
    """
    waiting = waiting_line(timeout)
    if tool == QUESTION:
        return QuestionRequest(new_id(), waiting, tool_input.get("questions") or [])
    rest = dict(tool_input)
    command = rest.pop("command") if tool == "Bash" and _is_text(rest, "command") else None
    says = rest.pop("description") if command is not None and _is_text(rest, "description") else ""
    change = file_change(tool, tool_input, folder)
    if change is not None:
        for name in _IN_DIFF[tool]:
            if _is_text(rest, name):
                rest.pop(name)
    path = None if change is None else relative(str(tool_input["file_path"]), folder)
    plan = plans.plan_in(rest) if tool == plans.PLAN else None
    if plan is not None and _is_text(rest, "plan"):
        rest.pop("plan")
    fields = [field_of(tool, name, value) for name, value in rest.items()]
    if command is not None and (elsewhere := _elsewhere(runs_in, folder)):
        fields.insert(0, Field(name="Runs in", value=elsewhere))
    return PermissionRequest(
        id=new_id(),
        waiting=waiting,
        tool=tool,
        reason=_reason(context.decision_reason),
        command=command,
        path=path,
        new_file=_is_new(change),
        diff=None if change is None or path is None else diff_of(change, path),
        fields=fields,
        says=said(says),
        suggestions=[] if danger else _buttons(tool, tool_input, context, folder),
        title=title_of(tool, tool_input, folder, new_file=_is_new(change)),
        danger=danger,
        plan=plan,
        editable=command is not None,
    )


def _is_new(change: Change | None) -> bool:
    return change is not None and change.before is None


def _buttons(
    tool: str, tool_input: dict[str, Any], context: ToolPermissionContext, folder: Path
) -> list[AlwaysAllow]:
    if tool == plans.PLAN:
        return plans.buttons()
    return offered(tool, tool_input, context, folder)


def _elsewhere(path: Path | None, folder: Path) -> str:
    """Return a folder relative to the session's; "" if it is the same, or not known."""
    if path is None:
        return ""
    real, base = Path(os.path.realpath(path)), Path(os.path.realpath(folder))
    if real == base:
        return ""
    return to_show(real.relative_to(base) if real.is_relative_to(base) else path)


def _reason(given: str | None) -> str:
    """Return why Claude Code asks; "" if it gives no reason, or only says that it asks."""
    return "" if given is None or given == _SAYS_NOTHING else given


def _is_text(fields: dict[str, Any], name: str) -> bool:
    return isinstance(fields.get(name), str)


def said(text: str) -> str:
    """Return Claude's description as one short line. It is no part of what runs."""
    line = " ".join(text.split())
    return line if len(line) <= _SAID else f"{line[: _SAID - 1]}…"
