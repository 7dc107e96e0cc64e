"""The request about the code and the files of a recording: it shows all of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.lowlevel import RecordedCode, RecordingFolder, digest

from .._requests import OwnRequest, new_id, waiting_line
from .._text import one_line
from .._turns.diffs import unified
from .._turns.requests import Field, PermissionRequest
from .effect_files import FilePlan, Overwrite, Present, ReplayFiles, text_of
from .effect_list import EffectList
from .effect_order import steps_of

#: What the request calls itself where others name the tool.
TOOL = "replay"

_LARGEST = 200_000  # characters of one file's change; a longer one is to be read in the recording
_MOST = 300_000  # characters of all together; nobody reads more
_MOST_FIELDS = 300
_PROMPT = 60  # characters of a prompt
_DANGER = "Overwrites a file that you changed"


@dataclass(frozen=True)
class EffectRequest:
    """The request for a list.

    Attributes
    ----------
    request : OwnRequest
        The request.
    overwrites : set of Overwrite
        The user's own contents that are overwritten if the user approves.
    too_long : bool
        Whether it is more than a user can read. Then nobody is asked.
    """

    request: OwnRequest
    overwrites: set[Overwrite]
    too_long: bool


def effect_request(
    effects: EffectList, files: ReplayFiles, folder: RecordingFolder, timeout: float
) -> EffectRequest:
    """Return the request that shows all code and all files of a recording."""
    fields: list[Field] = []
    overwrites: set[Overwrite] = set()
    later: dict[str, Present] = {}  # what the files will be by then
    number = 0
    for turn in effects.turns:
        asked = _short(turn.asked.prompt)
        for step in steps_of(turn):
            if isinstance(step, RecordedCode):
                number += 1
                name = f"Code {number}, for “{asked}”"
                fields.append(Field(name=name, value=step.code, form="python"))
                continue
            plan = files.plan(step, later.get(step.path))
            words, value = _shown(plan, folder)
            shown = Field(name=f"{step.path} ({words}), for “{asked}”", value=value)
            fields.append({**shown, "form": "diff"} if value.startswith("@@") else shown)
            if plan.problem:
                continue
            if plan.yours and step.after:
                overwrites.add(plan.overwrite)
            if step.after or not plan.yours:
                later[step.path] = Present(step.after, plan.content)
    request = PermissionRequest(
        id=new_id(),
        waiting=waiting_line(timeout),
        tool=TOOL,
        reason=_why(folder.path),
        command=None,
        path=None,
        new_file=False,
        diff=None,
        fields=fields,
        says="",
        suggestions=[],
        title=effects.title,
        danger=_DANGER if overwrites else "",
    )
    characters = sum(len(field["name"]) + len(field["value"]) for field in fields)
    long = characters > _MOST or len(fields) > _MOST_FIELDS
    return EffectRequest(OwnRequest(request, _no_button, _no_edit), overwrites, long)


def _why(recording: Path) -> str:
    return (
        f"The recording {recording.name} has what Claude did when it was asked. If you approve, "
        "this code runs in the kernel and these files are written, now and in new kernels too. "
        "You are asked again if it changes."
    )


def _shown(plan: FilePlan, folder: RecordingFolder) -> tuple[str, str]:
    """Return what becomes of a file, in words, and the change."""
    file, now = plan.file, plan.now
    if plan.problem:
        return "not written", plan.problem
    if not file.after:
        if plan.yours:
            return "left alone", "It was deleted in the recording. You have changed it since."
        return "deleted", "" if not now.digest else _change(plan, now, folder)
    if plan.same or not now.digest:
        # A new kernel may find no file, so all of it is shown.
        words = "as it is now" if plan.same else "new file"
        return words, _change(plan, Present(), folder)
    words = "overwritten, you changed it" if plan.yours else "overwritten"
    return words, _change(plan, now, folder)


def _change(plan: FilePlan, now: Present, folder: RecordingFolder) -> str:
    before, after = text_of(now.content), text_of(plan.content)
    if (now.digest and before is None) or (plan.content is not None and after is None):
        return _described(plan)
    diff = unified(before if now.digest else None, after, plan.file.path)
    change = diff.split("\n", 2)[2]  # the name stands above it
    if len(change) <= _LARGEST:
        return change
    where = f"{folder.path.name}/files/{plan.file.content}"
    return f"Too long to show here. Read it in {where}. {_described(plan)}"


def _described(plan: FilePlan) -> str:
    if plan.content is None:
        return "It is no text, or too long to show here."
    kind = "text" if text_of(plan.content) is not None else "no text"
    return f"{len(plan.content):,} bytes, {kind}, SHA-256 {digest(plan.content)}"


def _short(prompt: str) -> str:
    line = one_line(prompt)
    return line if len(line) <= _PROMPT else f"{line[: _PROMPT - 1]}…"


def _no_button(index: int) -> None:
    raise ValueError("this request has no such button")


def _no_edit(code: str) -> dict[str, Any]:
    raise ValueError("a recording is approved as it is")
