"""The JSON that pages get: what the kernel knows of turns, requests, plans and states.

The views make their messages of it. `labextension/src/protocol.ts` and its neighbours read it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from .._approvals import Verdict
from .._engine.state import SessionState
from .._names import to_show
from .._rewind.plan import RewindPlan
from .._signin.sign_in import SignInState
from .._turns.errors import error_line
from .._turns.events import (
    ItemChanged,
    RequestClosed,
    RequestOpened,
    StatusChanged,
    TextAppended,
    TurnChange,
)
from .._turns.items import Item, Notice, ToolCall, ToolImage, beginning
from .._turns.requests import PermissionRequest, QuestionRequest, Request
from .._turns.retries import RetryNotice
from .._turns.turn import TAKEN_BACK, Turn

#: One change in the form that views take: its name, then what it is about.
Operation = list[Any]

_DIFF = 20_000  # characters of a file's diff that views get


# --- turns ------------------------------------------------------------------------------------


def turn_view(turn: Turn) -> dict[str, Any]:
    """Return a whole turn."""
    return {
        "id": turn.id,
        "prompt": turn.prompt,
        "practice": turn.practice,
        "items": [item_view(item) for item in turn.shown],
        "requests": [request_view(request) for request in turn.requests.values()],
        **status_view(turn),
    }


def status_view(turn: Turn) -> dict[str, Any]:
    """Return what changes of a turn besides its items and requests."""
    return {
        "number": turn.number,
        "state": turn.state,
        "status": turn.status,
        "cost": turn.cost_line,
        "error": error_text(turn),
        "left": TAKEN_BACK if turn.taken_back else "",
    }


def error_text(turn: Turn) -> str:
    """Return what a turn ended with in one line; "" if it ended well."""
    return "" if turn.error is None else error_line(turn.error)


def operation(turn: Turn, change: TurnChange) -> Operation | None:
    """Return a change of a turn; None for one that views need not be told."""
    if isinstance(change, TextAppended):
        return ["append", change.item.id, change.text]
    if isinstance(change, ItemChanged):
        return ["put", item_view(change.item)]
    if isinstance(change, StatusChanged):
        return ["turn", status_view(turn)]
    if isinstance(change, RequestOpened):
        return ["request", request_view(change.request)]
    if isinstance(change, RequestClosed):
        return ["request_done", change.request.id, change.outcome]
    return None  # its end: the status says it


# --- items ------------------------------------------------------------------------------------


def item_view(item: Item) -> dict[str, Any]:
    """Return an item: of a call's long input and output only the beginning."""
    if isinstance(item, ToolCall):
        return _call_view(item)
    if isinstance(item, Notice):
        return _notice_view(item)
    return {"id": item.id, "kind": item.kind, "parent": item.parent, "text": item.text}


def _notice_view(notice: Notice) -> dict[str, Any]:
    view = {"id": notice.id, "kind": notice.kind, "level": notice.level, "text": notice.text}
    if not isinstance(notice, RetryNotice):
        return view
    wait = {
        "ms": round(notice.left * 1000),  # views count on by their own clock
        "before": notice.before,
        "after": notice.after,
        "models": list(notice.models),
    }
    return {**view, "wait": wait}


def _call_view(call: ToolCall) -> dict[str, Any]:
    text, kind = call.shown_input()
    return {
        "id": call.id,
        "kind": call.kind,
        "name": call.name,
        "summary": call.summary,
        "state": call.state,
        "parent": call.parent,
        "input": beginning(text),
        "input_kind": kind,
        "counts": call.counts,
        "output": beginning(call.shown_output()),
        "images": [_image_view(image) for image in call.images],
        "todos": list(call.todos),
        "progress": call.progress,
        "note": call.note,
    }


def _image_view(image: ToolImage) -> dict[str, str]:
    return {"media_type": image.media_type, "data": image.data, "alt": image.alt}


# --- requests ---------------------------------------------------------------------------------


def request_view(request: Request) -> dict[str, Any]:
    """Return a request."""
    if isinstance(request, PermissionRequest):
        return {"kind": "permission", **vars(request)}
    if isinstance(request, QuestionRequest):
        return {"kind": "question", **vars(request)}
    return {"kind": "trust", "tool": request.tool, **vars(request)}


def read_permission_request(view: Mapping[str, Any]) -> PermissionRequest:
    """Return the permission request that `request_view` has made this of."""
    names = [field.name for field in dataclasses.fields(PermissionRequest)]
    return PermissionRequest(**{name: view[name] for name in names})


def waiting_view(request: Request) -> dict[str, Any]:
    """Return what a notification needs of a request."""
    if isinstance(request, QuestionRequest):
        return {"id": request.id, "kind": "question", "tool": ""}
    kind = "permission" if isinstance(request, PermissionRequest) else "trust"
    return {"id": request.id, "kind": kind, "tool": request.tool}


def verdict_message(request: str, verdict: Verdict) -> dict[str, Any]:
    """Return the message that tells a view what became of an answer to a request."""
    if verdict == "early":
        return {"type": "early", "request": request}
    return {"type": "taken", "request": request, "behavior": verdict}


# --- states -----------------------------------------------------------------------------------


def state_view(state: SessionState | SignInState) -> dict[str, Any]:
    """Return what the session is doing, or where its sign-in stands."""
    return dataclasses.asdict(state)


# --- rewinds ----------------------------------------------------------------------------------


def plan_view(plan: RewindPlan) -> dict[str, Any]:
    """Return what a rewind would do, or has done."""
    return {
        "can_rewind": plan.can_rewind,
        "reason": plan.reason,
        "files": [
            {
                "path": to_show(file.path),
                "name": file.name(plan.folder),
                "action": file.action,
                "insertions": file.insertions,
                "deletions": file.deletions,
                "diff": shown_diff(file.shown_diff(plan.folder)),
                "changed_by_you": file.changed_by_you,
                "chosen": file.chosen,
            }
            for file in plan.files
        ],
        "irreversible": list(plan.irreversible),
    }


def shown_diff(text: str) -> str:
    """Return what views get of a file's diff."""
    if len(text) <= _DIFF:
        return text
    return f"{text[:_DIFF]}\n… {len(text) - _DIFF} more characters"
