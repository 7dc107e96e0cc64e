"""Makes the JSON that pages get of turns, requests, plans and states.

The views put it into their messages. `_protocol` defines its form, also for TypeScript.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from .._approvals import Verdict
from .._engine.modes import offered_kernels
from .._engine.state import SessionState
from .._names import to_show
from .._practice.prompts import PROMPTS
from .._replay.ahead import ReplayState
from .._rewind.plan import RewindPlan
from .._signin.sign_in import SignInState
from .._turns.errors import error_line, error_sentence
from .._turns.events import (
    ItemChanged,
    OutputAppended,
    RequestClosed,
    RequestOpened,
    StatusChanged,
    TextAppended,
    TurnChange,
)
from .._turns.items import (
    Attached,
    Item,
    Notice,
    TextItem,
    ThinkingItem,
    ToolCall,
    ToolImage,
    beginning,
    both_ends,
    ends,
)
from .._turns.requests import PermissionRequest, QuestionRequest, Request
from .._turns.retries import RetryNotice
from .._turns.turn import Turn

if TYPE_CHECKING:
    from .._protocol import history as of_history
    from .._protocol import lab_comm as of_lab
    from .._protocol import panel as of_panel
    from .._protocol import requests as of_requests
    from .._protocol import sign_in as of_sign_in
    from .._protocol import turn as of_turn

_WHOLE = 400_000  # characters of an output that a view asked for
_DIFF = 20_000  # characters of a file's diff that views get


# --- turns ------------------------------------------------------------------------------------


def turn_view(turn: Turn) -> of_turn.Turn:
    """Return a whole turn."""
    return {
        "id": turn.id,
        "prompt": turn.prompt,
        "practice": turn.practice,
        "items": [item_view(item) for item in turn.shown],
        "requests": [request_view(request) for request in turn.requests.values()],
        **status_view(turn),
    }


def status_view(turn: Turn) -> of_turn.TurnStatus:
    """Return the fields of a turn that change, without its items and requests."""
    return {
        "number": turn.number,
        "state": turn.state,
        "status": turn.status,
        "cost": turn.cost_line,
        "error": error_text(turn),
        "problem": problem_view(turn),
        "left": turn.left or "",
        "stale": stale_line(turn),
    }


def stale_line(turn: Turn) -> str:
    """Return why a replayed answer is stale, as a sentence; "" for any other turn."""
    return "" if turn.replayed is None else turn.replayed.stale_line


def problem_view(turn: Turn) -> of_turn.TurnProblem | None:
    """Return the error that ended a turn, for views with buttons; None if there is none."""
    if turn.error is None or turn.state == "interrupted":
        return None
    actions = turn.actions  # None: a turn of a transcript, for which nothing can be done here
    return {
        "text": error_sentence(turn.error),
        "remedy": "" if actions is None else turn.remedy,
        "models": actions.models() if actions is not None and turn.remedy == "model" else [],
    }


def error_text(turn: Turn) -> str:
    """Return the error that ended a turn, in one line; "" if it ended well."""
    return "" if turn.error is None else error_line(turn.error)


def operation(turn: Turn, change: TurnChange) -> of_turn.TurnOp | None:
    """Return a change of a turn for views; None if they do not need it."""
    if isinstance(change, TextAppended):
        return ("append", change.item.id, change.text)
    if isinstance(change, OutputAppended):
        return ("append", change.call.id, change.text)
    if isinstance(change, ItemChanged):
        return ("put", item_view(change.item))
    if isinstance(change, StatusChanged):
        return ("turn", status_view(turn))
    if isinstance(change, RequestOpened):
        return ("request", request_view(change.request))
    if isinstance(change, RequestClosed):
        return ("request_done", change.request.id, change.outcome)
    return None  # the turn's end: its status tells the views


def is_live(change: TurnChange) -> bool:
    """Whether a change comes from code that may block the loop."""
    if isinstance(change, ItemChanged):
        return isinstance(change.item, ToolCall) and change.item.live
    return isinstance(change, OutputAppended)


# --- items ------------------------------------------------------------------------------------


def item_view(item: Item) -> of_turn.Item:
    """Return an item. Of a call's long input and output it has only the beginning."""
    if isinstance(item, ToolCall):
        return call_view(item)
    if isinstance(item, Notice):
        return notice_view(item)
    if isinstance(item, Attached):
        return attached_view(item)
    return text_view(item)


def attached_view(item: Attached) -> of_turn.AttachedItem:
    """Return what a prompt attached."""
    return {
        "id": item.id,
        "kind": "attached",
        "name": item.name,
        "title": item.title,
        "text": beginning(item.text),
        "images": [_image_view(image) for image in item.images],
        "note": item.note,
    }


def text_view(item: TextItem) -> of_turn.TextItem:
    """Return text or thinking."""
    kind: Literal["text", "thinking"] = "thinking" if isinstance(item, ThinkingItem) else "text"
    return {"id": item.id, "kind": kind, "parent": item.parent, "text": item.text}


def notice_view(notice: Notice) -> of_turn.NoticeItem:
    """Return a notice."""
    view: of_turn.NoticeItem = {
        "id": notice.id,
        "kind": "notice",
        "level": notice.level,
        "text": notice.text,
    }
    if isinstance(notice, RetryNotice):
        view["wait"] = {
            "ms": round(notice.left * 1000),  # views count down by their own clock
            "before": notice.before,
            "after": notice.after,
            "models": list(notice.models),
        }
    return view


def call_view(call: ToolCall) -> of_turn.ToolItem:
    """Return a call. Of its long input and output it has only the beginning."""
    text, kind = call.shown_input()
    shown = beginning(text)
    output, left_out, output_end = ends(call.shown_output())
    return {
        "id": call.id,
        "kind": "tool",
        "name": call.name,
        "title": call.title,
        "step": call.step,
        "summary": call.summary,
        "state": call.state,
        "seconds": call.elapsed,
        "task": call.is_task,
        "parent": call.parent,
        "input": shown,
        "input_kind": kind,
        "cut": shown != text,
        "counts": call.counts,
        "output": output,
        "left_out": left_out,
        "output_end": output_end,
        "images": [_image_view(image) for image in call.images],
        "todos": list(call.todos),
        "progress": call.progress,
        "note": call.note,
    }


def whole_output(turn: Turn, call_id: str) -> of_turn.TurnOp | None:
    """Return all of a call's output, up to a limit; None if the turn has no such call."""
    for call in turn.tools:
        if call.id == call_id:
            return ("output", call.id, both_ends(call.shown_output(), _WHOLE))
    return None


def _image_view(image: ToolImage) -> of_turn.ToolImage:
    return {"media_type": image.media_type, "data": image.data, "alt": image.alt}


# --- requests ---------------------------------------------------------------------------------


def request_view(request: Request) -> of_requests.Request:
    """Return a request."""
    if isinstance(request, PermissionRequest):
        return {
            "kind": "permission",
            "id": request.id,
            "waiting": request.waiting,
            "tool": request.tool,
            "reason": request.reason,
            "command": request.command,
            "path": request.path,
            "new_file": request.new_file,
            "diff": request.diff,
            "fields": request.fields,
            "says": request.says,
            "suggestions": request.suggestions,
            "code": request.code,
            "effects": request.effects,
            "title": request.title,
            "danger": request.danger,
            "plan": request.plan,
            "editable": request.editable,
        }
    if isinstance(request, QuestionRequest):
        return {
            "kind": "question",
            "id": request.id,
            "waiting": request.waiting,
            # As Claude wrote them: the page leaves out what it cannot show.
            "questions": cast("list[of_requests.Question]", request.questions),
        }
    return {
        "kind": "trust",
        "id": request.id,
        "waiting": request.waiting,
        "tool": request.tool,
        "path": request.path,
        "description": request.description,
        "summary": request.summary,
        "findings": request.findings,
        "trustable": request.trustable,
    }


def read_permission_request(view: Mapping[str, Any]) -> PermissionRequest:
    """Return the permission request from which `request_view` made this."""
    names = [field.name for field in dataclasses.fields(PermissionRequest)]
    return PermissionRequest(**{name: view[name] for name in names})


def waiting_view(request: Request) -> of_lab.Waiting:
    """Return the parts of a request that a notification needs."""
    if isinstance(request, QuestionRequest):
        return {"id": request.id, "kind": "question", "tool": ""}
    if isinstance(request, PermissionRequest):
        return {"id": request.id, "kind": "permission", "tool": request.tool}
    return {"id": request.id, "kind": "trust", "tool": request.tool}


def verdict_message(request: str, verdict: Verdict) -> of_requests.Verdict:
    """Return the message that tells a view the result of an answer to a request."""
    if verdict == "early":
        return {"type": "early", "request": request}
    return {"type": "taken", "request": request, "behavior": verdict}


# --- states -----------------------------------------------------------------------------------


def state_view(state: SessionState) -> of_panel.SessionState:
    """Return what the session is doing."""
    return {
        "status": state.status,
        "queued": state.queued,
        "model": state.model,
        "models": state.models,
        "mode": state.mode,
        "modes": state.modes,
        "kernel": state.kernel,
        "kernels": offered_kernels(),
        "context": state.context,
        "cost": state.cost,
        "cost_usd": state.cost_usd,
        "budget_usd": state.budget_usd,
        "subscription": state.subscription,
        "limits": state.limits,
        "session_id": state.session_id,
        "title": state.title,
        "copy_of": state.copy_of,
        "practice": state.practice,
        "prompts": PROMPTS if state.practice else (),
        "version": state.version,
        "tasks": state.tasks,
        "taken_back": state.taken_back,
        "ways_back": state.ways_back,
        "replay": replay_view(state.replay),
    }


def replay_view(state: ReplayState | None) -> of_panel.ReplayAhead | None:
    """Return what a run of the notebook would replay and ask."""
    if state is None:
        return None
    return {
        "mode": state.mode,
        "line": state.line,
        "stale": state.stale,
        "again": state.again,
        "cells": state.cells,
    }


def sign_in_view(state: SignInState) -> of_sign_in.SignInState:
    """Return the state of the sign-in."""
    return {
        "stage": state.stage,
        "text": state.text,
        "link": state.link,
        "problem": state.problem,
        "progress": state.progress,
        "console": state.console,
    }


# --- rewinds ----------------------------------------------------------------------------------


def plan_view(plan: RewindPlan) -> of_history.PlanOfFiles:
    """Return the plan of a rewind: what it would do, or has done."""
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
                "cell": bool(file.label),
            }
            for file in plan.files
        ],
        "irreversible": list(plan.irreversible),
    }


def shown_diff(text: str) -> str:
    """Return a file's diff for views; of a long one only the beginning."""
    if len(text) <= _DIFF:
        return text
    return f"{text[:_DIFF]}\n… {len(text) - _DIFF} more characters"
