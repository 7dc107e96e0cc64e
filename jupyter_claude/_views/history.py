"""The history of a conversation: a view that previews, does and undoes rewinds; and as text.

`HistoryView` is the kernel's side of any number of views in the page. Their messages use the
connection of the panel or of the widget of ``%claude history``, and have the type "history". A view
gets all turns once and then only changed ones. Each of its requests has an id, so only that view
takes the answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from .._core.events import ConversationChange, HistoryReplaced
from .._names import to_show
from .._protocol import reading
from .._tables import Column, Report, Table
from .._tasks import TaskSet
from .._text import one_line, plain_line
from .._turns.errors import ClaudeError
from . import protocol

if TYPE_CHECKING:
    from .._protocol.history import (
        HistoryAnswer,
        HistoryAsk,
        HistoryBranch,
        HistoryFromKernel,
        HistoryFromPage,
        HistoryPlan,
        HistoryPreview,
        HistoryResend,
        HistoryRewind,
        HistoryState,
        HistoryUndo,
        KeptOnDisk,
        Plan,
        RewindChoice,
        Situation,
        Stop,
    )
    from .._rewind.plan import RewindPlan
    from .._turns.turn import Turn
    from .session import Session

_REST = 0.1  # seconds in which changes are collected
_PROMPT = 300  # characters of a prompt
_FILES = 12  # files of a turn to name
_PROMPT_SHOWN = 60  # characters of a prompt in a table
_TURNS = (
    Column("turn", "number"),
    Column("prompt", "name"),
    Column("state"),
    Column("time"),
    Column("cost", "number"),
    Column("files changed", "number"),
)
_BRANCHES = (Column("id", "code"), Column("turns", "number"), Column("from the prompt", "text"))

_made: HistoryWidget | None = None  # a kernel has one session


class HistoryView:
    """Sends a session's turns to views, and does what they request.

    Parameters
    ----------
    session : Session
        The session.
    send : callable
        Sends a message to all views. Use this class in one event loop only.
    """

    def __init__(self, session: Session, send: Callable[[HistoryFromKernel], None]) -> None:
        self._session = session
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._stops: list[Stop] = []
        self._situation: Situation | None = None
        self._kept: KeptOnDisk = {"undo": "", "branches": []}
        self._ended: dict[str, Stop] = {}  # stops of turns that change no more
        self._version = 0
        self._due: asyncio.TimerHandle | None = None
        self._busy = ""
        self._tasks = TaskSet()
        self._looking: dict[str, asyncio.Task[None]] = {}  # each view's preview
        self._stop_listening: Callable[[], None] | None = None  # None: there is no view yet

    def close(self) -> None:
        """Stop sending."""
        if self._stop_listening is not None:
            self._stop_listening()
        if self._due is not None:
            self._due.cancel()
        for task in self._tasks:
            task.cancel()

    # --- to the views -------------------------------------------------------------------------

    def _changed(self, change: ConversationChange) -> None:
        if isinstance(change, HistoryReplaced):
            self._start(self._look_at_disk())
        if self._due is None:
            self._due = self._loop.call_later(_REST, self._tell)

    def _tell(self, *, everything: bool = False) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        history = self._session.history
        stops = [self._ended.get(turn.id) or stop_of(turn) for turn in history]
        self._ended = {
            turn.id: stop for turn, stop in zip(history, stops, strict=True) if turn.ended
        }
        was_busy, self._busy = self._busy, busy(self._session)
        if was_busy and not self._busy:
            self._start(self._look_at_disk())
        situation: Situation = {"busy": self._busy, **self._kept}
        same = 0
        if not everything:
            shorter = min(len(stops), len(self._stops))
            while same < shorter and stops[same] == self._stops[same]:
                same += 1
            if same == len(stops) == len(self._stops) and situation == self._situation:
                return
        self._stops, self._situation = stops, situation
        self._version += 1
        state: HistoryState = {
            "type": "history",
            "event": "state",
            "version": self._version,
            "from": same,
            "stops": stops[same:],
            **situation,
        }
        self._send(state)

    async def _look_at_disk(self) -> None:
        """Read the last rewind and the branches, which are on disk."""
        session = self._session
        undo = await session.checkpoints.undo_rewind(dry_run=True)
        self._kept = {
            "undo": " ".join([undo.slider_title, *undo.irreversible]) if undo.can_undo else "",
            "branches": [
                {
                    "id": branch.id,
                    "label": plain_line(branch.prompt, _PROMPT),
                    "turns": branch.turns,
                    "time": branch.when,
                }
                for branch in reversed(session.history.branches)
            ],
        }
        self._tell()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._tasks.keep(self._loop.create_task(work))

    # --- from the views -----------------------------------------------------------------------

    def handle_message(self, content: object) -> None:
        """Handle a message of a view, in the loop. Unknown messages are ignored."""
        message = reading.from_history(content)
        if message is not None:
            self.do(message)

    def do(self, message: HistoryFromPage) -> None:
        """Do what a view asks for."""
        if message["action"] == "hello":
            if self._stop_listening is None:
                self._stop_listening = self._session.conversation.listen(self._changed)
            self._tell(everything=True)
            self._start(self._look_at_disk())
        elif message["action"] == "preview":
            view = message["ask"].partition("/")[0]
            if view in self._looking:
                self._looking[view].cancel()  # the newest counts
            self._looking = {v: task for v, task in self._looking.items() if not task.done()}
            self._looking[view] = self._start(
                self._answering(message, partial(self._preview, message))
            )
        elif message["action"] == "rewind":
            self._start(self._answering(message, partial(self._rewind, message)))
        elif message["action"] == "resend":
            self._start(self._answering(message, partial(self._resend, message)))
        elif message["action"] == "undo":
            self._start(self._answering(message, partial(self._undo, message)))
        elif message["action"] == "branch":
            self._start(self._answering(message, partial(self._go_to, message)))
        else:
            reading.unhandled(message)

    async def _answering(
        self, ask: HistoryAsk, work: Callable[[], Awaitable[HistoryAnswer]]
    ) -> None:
        try:
            answer = await work()
        except Exception as error:
            # Send any error: the view waits for an answer.
            text = one_line(str(error)) or type(error).__name__
            answer = {"type": "history", "event": "error", "ask": ask["ask"], "text": text}
        self._send(answer)

    async def _preview(self, message: HistoryPreview) -> HistoryAnswer:
        plan = await self._plan(message)
        return _shown(message, plan, changed=False)

    async def _plan(self, choice: RewindChoice, **more: Any) -> RewindPlan:
        self._session.check_use()
        history = self._session.history
        if not 0 <= choice["stop"] < len(history):
            raise ValueError("The conversation has changed. Move the slider again")
        return await self._session.checkpoints.rewind(
            history[choice["stop"]],
            files=choice["files"],
            conversation=choice["conversation"],
            dry_run=not more,
            **more,
        )

    async def _rewind(self, message: HistoryRewind) -> HistoryAnswer:
        seen = await self._plan(message)
        shown = _shown(message, seen, changed=True)
        if not seen.can_rewind or shown["plan"]["key"] != message["key"]:
            return shown  # what the user saw is not what would happen
        plan = await self._plan(message, include=message["include"])
        prompt = plan.turns_dropped[0].prompt if plan.turns_dropped else ""
        return await self._done(message, _said(plan), prompt)

    async def _resend(self, message: HistoryResend) -> HistoryAnswer:
        """Rewind, and send the prompt in the same moment; if it cannot be sent, undo the rewind."""
        seen = await self._plan(message)
        shown = _shown(message, seen, changed=True)
        if not seen.can_rewind or shown["plan"]["key"] != message["key"]:
            return shown
        failed: list[ClaudeError] = []
        removed = self._session.history[message["stop"]]

        def submit() -> None:
            try:
                self._session.queue.submit(message["prompt"], message["turn"], like=removed)
            except ClaudeError as error:
                failed.append(error)

        plan = await self._plan(message, include=message["include"], then=submit)
        if failed:
            await self._session.checkpoints.undo_rewind()
            raise failed[0]
        return await self._done(message, _said(plan))

    async def _undo(self, message: HistoryUndo) -> HistoryAnswer:
        self._session.check_use()
        return await self._done(message, _said(await self._session.checkpoints.undo_rewind()))

    async def _go_to(self, message: HistoryBranch) -> HistoryAnswer:
        self._session.check_use()
        await self._session.history.go_to(message["branch"])
        text = "The conversation continues with this branch. Files have not changed."
        return await self._done(message, text)

    async def _done(self, ask: HistoryAsk, text: str, prompt: str = "") -> HistoryAnswer:
        await self._look_at_disk()
        return {
            "type": "history",
            "event": "done",
            "ask": ask["ask"],
            "text": text,
            "prompt": prompt,
        }


def _shown(ask: HistoryAsk, plan: RewindPlan, *, changed: bool) -> HistoryPlan:
    return {
        "type": "history",
        "event": "plan",
        "ask": ask["ask"],
        "plan": plan_view(plan),
        "changed": changed,
    }


def busy(session: Session) -> str:
    """Return why the session cannot rewind now; "" if it can."""
    running = session.conversation.running
    if running is not None:
        return f"Turn {running.turn.number} is running"
    if session.conversation.queued:
        return "A prompt is waiting for its turn"
    return "A subagent works in the background" if session.checkpoints.in_background else ""


def _said(plan: RewindPlan) -> str:
    more = plan.irreversible if plan.undo else []
    return one_line(" ".join(filter(None, [f"{plan.slider_title}.", plan.reason, *more])))


def stop_of(turn: Turn) -> Stop:
    """Return a turn as the slider's view shows it."""
    files = turn.files
    return {
        "prompt": plain_line(turn.prompt, _PROMPT),
        "time": turn.time.isoformat(timespec="seconds"),
        "files": [_name(path, turn.folder) for path in files[:_FILES]],
        "files_count": len(files),
        "cost": turn.cost_line.partition(" · ")[0],  # dollars, or tokens with a subscription
    }


def _name(path: str, folder: str | os.PathLike[str]) -> str:
    inside = path.startswith(os.path.join(folder, ""))
    return to_show(os.path.relpath(path, folder) if inside else path)


def _asked(turn: Turn) -> str:
    """Return the turn's prompt in a line; the answer to a task in the background has none."""
    return plain_line(turn.prompt, 120) or "the answer to a task in the background"


def plan_view(plan: RewindPlan) -> Plan:
    """Return a plan in the views' form, with a key that no other plan has."""
    shown = protocol.plan_view(plan)
    dropped = [f"Turn {turn.number}: {_asked(turn)}" for turn in plan.turns_dropped]
    # For a long diff or a binary file the page sees too little to distinguish two plans.
    states = [file._states for file in plan.files]
    turns = [plan.turn, *plan.turns_dropped]
    ids = [None if turn is None else turn.id for turn in turns]
    said = json.dumps([shown, ids, states], sort_keys=True)
    return {**shown, "turns": dropped, "key": hashlib.sha256(said.encode()).hexdigest()}


# --- the widget -------------------------------------------------------------------------------


class HistoryWidget:
    """A session's history as a separate widget. All cells show the same one."""

    def __init__(self, session: Session) -> None:
        from .wire import ClaudeWidget, Wire

        self.session = session
        self.widget = ClaudeWidget(kind="history")
        loop = asyncio.get_running_loop()
        wire = Wire(self.widget, loop, lambda content: self._view.handle_message(content))
        self._view = HistoryView(session, wire.send)


def widget(session: Session) -> Any:
    """Return the widget of a session's history."""
    global _made
    if _made is None or _made.session is not session or _made.widget.comm is None:
        _made = HistoryWidget(session)
    return _made.widget


# --- as text ----------------------------------------------------------------------------------


def report(session: Session) -> Report:
    """Return the turns, and the branches that rewinds left."""
    if not session.history:
        return Report("No turns yet")
    turns = Table("Turns", _TURNS, [_turn_row(turn) for turn in session.history])
    branches = session.history.branches
    if not branches:
        return Report(turns)
    rows = [
        (branch.id, str(branch.turns), plain_line(branch.prompt, _PROMPT_SHOWN))
        for branch in reversed(branches)
    ]
    heading = "Earlier branches, for claude.history.go_to(ID)"
    text = f"{turns}\n{heading}:\n{Table(heading, _BRANCHES, rows)}"
    return Report(turns, Table(heading, _BRANCHES, rows), text=text)


def _turn_row(turn: Turn) -> tuple[str, ...]:
    stop = stop_of(turn)
    files = str(stop["files_count"] or "")
    prompt = plain_line(turn.prompt, _PROMPT_SHOWN) or "(not asked)"
    return str(turn.number), prompt, turn.state, f"{turn.time:%H:%M}", stop["cost"], files
