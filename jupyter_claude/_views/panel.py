"""The chat panel: the session's conversation, wherever a turn was asked, in a widget.

There is one panel in a kernel; each of its views, in several tabs too, gets the same messages. The
list of turns is sent as heads; what a turn consists of is sent to whoever wants it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import uuid
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

import traitlets
from jupyter_claude_sdk import ClaudeSDKError

from .._errors import ClaudeError, error_line
from .._kernel.comms import kernel_loop
from .._session.session import KernelSession
from .._turns.turn import Operation, Turn
from .history import HistoryView
from .wire import ClaudeWidget, Wire

_PROMPT = 300  # characters of a prompt in the list
_WANTED = 50  # turns that a view gets at once
_STATE_EVERY = 0.05  # seconds

_panels: weakref.WeakKeyDictionary[KernelSession, PanelView] = weakref.WeakKeyDictionary()


def panel(session: KernelSession) -> ClaudeWidget:
    """Return the panel's widget; one kernel has one, with as many views as are shown.

    Raises
    ------
    ClaudeError
        Where there is no kernel.
    """
    if session.surroundings.shell is None and "IPython" in sys.modules:
        from .._ipython.extension import be_at_home

        be_at_home(session)
    known = _panels.get(session)
    if known is None or known.widget.comm is None:
        loop = kernel_loop(session.surroundings.shell)
        if loop is None:
            raise ClaudeError(
                "The chat panel needs a notebook; here, use %%claude or claude.ask(…)"
            )
        if known is not None:
            known.close()
        known = _panels[session] = PanelView(session, loop)
    return known.widget


class PanelWidget(ClaudeWidget):
    """The panel's front end: what is typed is kept in the browser, under these names."""

    #: The notebook; the next kernel's panel gets what was not sent.
    place = traitlets.Unicode().tag(sync=True)
    #: This kernel: only in it a kept prompt is sent.
    session = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        session = uuid.uuid4().hex
        notebook = os.environ.get("JPY_SESSION_NAME") or session
        place = hashlib.sha256(notebook.encode()).hexdigest()[:16]
        super().__init__(kind="panel", place=place, session=session)


class PanelView:
    """The kernel's side of the panel.

    Parameters
    ----------
    session : KernelSession
        What it shows.
    loop : asyncio.AbstractEventLoop
        The session's loop.
    """

    def __init__(self, session: KernelSession, loop: asyncio.AbstractEventLoop) -> None:
        self._session = session
        self._loop = loop
        self.widget = PanelWidget()
        self._wire = Wire(self.widget, loop, self._take)
        self._heard = False  # whether any view has asked
        self._draft: dict[str, str] = {"text": "", "from": ""}
        self._taken: set[str] = set()  # ids of the prompts that views have sent
        self._heads: dict[str, dict[str, Any]] = {}  # as they were sent
        self._state: dict[str, Any] = {}  # as it was sent
        self._state_due: asyncio.TimerHandle | None = None
        self._stops: dict[str, Callable[[], None]] = {}  # end the listening to a turn
        self._tasks: set[asyncio.Task[None]] = set()  # a loop holds its tasks only weakly
        self._stopped: Turn | None = None  # was told to stop; told again, it is cut off
        self._history: HistoryView | None = None  # once it is unfolded
        self._stop_listening = session.listen(self._changed)
        for turn in session.history:
            self._watch(turn)

    def close(self) -> None:
        """Stop watching the session."""
        self._stop_listening()
        for stop in self._stops.values():
            stop()
        self._stops.clear()
        if self._history is not None:
            self._history.close()

    # --- to the views -------------------------------------------------------------------------

    def _changed(self, change: tuple[Any, ...]) -> None:
        if change[0] == "turn":
            self._watch(change[1])
            self._tell_head(change[1])
        elif change[0] == "history":
            self._watch_all()
            if self._heard:
                self._wire.change(["turns", self._all_heads()])
        elif self._state_due is None:
            self._state_due = self._loop.call_later(_STATE_EVERY, self._tell_state)

    def _watch_all(self) -> None:
        turns = {turn.id: turn for turn in self._session.history}
        for id in self._stops.keys() - turns.keys():
            self._stops.pop(id)()
        for id in turns.keys() - self._stops.keys():
            self._watch(turns[id])

    def _watch(self, turn: Turn) -> None:
        def changed(operation: Operation) -> None:
            if operation[0] == "end":
                return
            if self._heard:
                self._wire.change(["turn_op", turn.id, operation])
            if operation[0] in ("turn", "request", "request_done"):
                self._tell_head(turn)

        self._stops[turn.id] = turn.listen(changed)

    def _head(self, turn: Turn) -> dict[str, Any]:
        return {
            "id": turn.id,
            "number": turn.number,
            "prompt": turn.prompt[:_PROMPT],
            "state": turn.state,
            "time": turn.time.isoformat(timespec="seconds"),
            "requests": len(turn.requests),
            "withdrawable": turn.state == "queued" and turn.id in self._taken,
        }

    def _all_heads(self) -> list[dict[str, Any]]:
        heads = [self._head(turn) for turn in self._session.history]
        self._heads = {head["id"]: head for head in heads}
        return heads

    def _tell_head(self, turn: Turn) -> None:
        head = self._head(turn)
        if self._heard and self._heads.get(turn.id) != head:
            self._heads[turn.id] = head
            self._wire.change(["head", head])

    def _tell_state(self) -> None:
        self._state_due = None
        if not self._heard:
            return
        before, self._state = self._state, self._session.state().view()
        new = {name: value for name, value in self._state.items() if before.get(name) != value}
        if new:
            self._wire.change(["state", new])

    def _send_snapshot(self) -> None:
        self._heard = True
        self._state = self._session.state().view()
        panel = {"state": self._state, "draft": self._draft["text"], "turns": self._all_heads()}
        self._wire.send_all({"type": "snapshot", "panel": panel})

    def _send_turns(self, ids: Any) -> None:
        turns = {turn.id: turn for turn in self._session.history}
        for id in ids[:_WANTED] if isinstance(ids, list) else ():
            if isinstance(id, str) and id in turns:
                self._wire.send({"type": "turn", "turn": turns[id].view()})

    # --- from the views -----------------------------------------------------------------------

    def _take(self, message: dict[str, Any]) -> None:
        self._do_as_told(message)
        self._wire.change(["heard"])  # else the view says that the kernel is busy

    def _do_as_told(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "hello":
            self._send_snapshot()
        elif kind == "want":
            self._send_turns(message.get("turns"))
        elif kind == "ask":
            self._ask(message.get("id"), message.get("prompt"))
        elif kind == "withdraw":
            self._withdraw(message.get("turn"))
        elif kind == "answer":
            self._session.approvals.answer(str(message.get("request")), message)
        elif kind == "history":
            if self._history is None:
                self._history = HistoryView(self._session, self._wire.send)
            self._history.take(message)
        elif kind == "draft":
            self._draft = {"text": str(message.get("text")), "from": str(message.get("from"))}
            self._wire.change(["draft", self._draft])
        elif kind == "interrupt":
            self._do(self._interrupt())
        elif kind == "new":
            self._do(self._session.new())
        elif kind == "model":
            self._do(self._session.set_model(str(message.get("name"))))
        elif kind == "mode":
            self._do(self._session.set_mode(str(message.get("name"))))

    def _ask(self, id: Any, prompt: Any) -> None:
        if not isinstance(id, str) or not isinstance(prompt, str):
            return
        if id not in self._taken and prompt.strip():
            self._taken.add(id)
            try:
                self._session.submit(prompt, id)
            except ClaudeError as error:
                self._say(error)
        self._wire.change(["taken", id])  # the view need not keep it any longer

    def _withdraw(self, id: Any) -> None:
        for turn in self._session.history:
            if turn.id == id:
                if self._session.withdraw(turn):
                    self._wire.change(["withdrawn", turn.id, turn.prompt])
                return

    async def _interrupt(self) -> None:
        running = self._session.running
        if running is not None and running is self._stopped:
            await self._session.runner.cut(running)
        elif running is not None:
            self._stopped = running
            await self._session.stop(running)
        else:
            for turn in list(self._session.history):  # Claude Code is still starting
                if turn.state == "queued" and self._session.withdraw(turn):
                    self._wire.change(["withdrawn", turn.id, turn.prompt])
                    return

    def _do(self, action: Coroutine[Any, Any, Any]) -> None:
        async def do() -> None:
            try:
                await action
            except (ClaudeError, ClaudeSDKError) as error:
                self._say(error)
            # A choice that was refused shows as it is.
            self._state.clear()
            self._tell_state()

        task = self._loop.create_task(do())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _say(self, error: Exception) -> None:
        self._wire.change(["problem", error_line(error)])
