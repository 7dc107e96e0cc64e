"""`LabPages`: tells pages of JupyterLab a session's state, and handles their messages."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._approvals import Verdict
from .._core.events import ConversationChange, StateChanged, TurnBegun
from .._protocol import reading
from .._tasks import TaskSet
from .._turns.events import TurnChange, TurnEnded
from .._turns.turn import Turn
from .code_blocks import code_blocks
from .comm_line import CommLine
from .library import views
from .notebook import KERNEL, notebook_key
from .protocol import state_view, verdict_message, waiting_view

if TYPE_CHECKING:
    from .._protocol.lab_comm import LabFromKernel, LabState, PanelAddress, Waiting
    from .panel import PanelView
    from .session import Session

_STATE_EVERY = 0.05  # seconds
_FOLLOWED = 20


class LabPages:
    """What a session sends to the pages of JupyterLab, and does for them.

    Parameters
    ----------
    session : Session
        The session.
    loop : asyncio.AbstractEventLoop
        The kernel's loop, in which all methods are called.
    line : CommLine
        Carries the session's state.
    panel : CommLine
        Carries the chat panel's messages.
    """

    def __init__(
        self, session: Session, loop: asyncio.AbstractEventLoop, line: CommLine, panel: CommLine
    ) -> None:
        self._session = session
        self._loop = loop
        self._line = line
        self._panel = panel
        self._panel_is_open = False
        self._followed: deque[str] = deque(maxlen=_FOLLOWED)  # turns that have not begun
        self._told: LabState | None = None
        self._due: asyncio.TimerHandle | None = None
        self._stop_listening: Callable[[], None] | None = None  # None: no page has asked yet
        self._tasks = TaskSet()
        self._stop_hearing = session.approvals.listen(self._say_verdict)

    def close(self) -> None:
        """Stop listening to the session."""
        if self._stop_listening is not None:
            self._stop_listening()
        self._stop_hearing()
        self._session.notebook.pages.attach(None)
        if self._due is not None:
            self._due.cancel()
        if self._panel_is_open:
            view = self._view()
            view.leave(self._panel)
            view.on_problem = None

    # --- to the pages -------------------------------------------------------------------------

    def _changed(self, change: ConversationChange) -> None:
        if isinstance(change, TurnBegun) and change.turn.id in self._followed:
            self._follow(change.turn)
        if isinstance(change, StateChanged) and self._due is None:
            self._due = self._loop.call_later(_STATE_EVERY, self._tell)

    def _tell(self) -> None:
        self._due = None
        news: LabState = {
            "type": "state",
            "session": state_view(self._session.state()),
            "waiting": self._waiting(),
        }
        if news != self._told:
            self._told = news
            self._send(news)

    def _waiting(self) -> list[Waiting]:
        """Return the requests that wait for the user's answer."""
        running = self._session.conversation.running
        requests = running.turn.requests.values() if running is not None else ()
        return [waiting_view(request) for request in requests]

    def _send(self, message: LabFromKernel) -> None:
        self._line.send(message)

    def _greet(self) -> None:
        if self._stop_listening is None:
            self._stop_listening = self._session.conversation.listen(self._changed)
            self._session.notebook.pages.attach(self._send)
        panel: PanelAddress = {
            "id": self._panel.id,
            "code": views()[1],
            "notebook": notebook_key(self._session.host.frontend.shell),
            "session": KERNEL,
        }
        self._send({"type": "hello", "panel": panel})
        self._told = None
        self._tell()
        self._tasks.keep(self._loop.create_task(self._tell_earlier()))

    async def _tell_earlier(self) -> None:
        turns = list(await self._session.switcher.earlier())
        if turns:
            self._send({"type": "earlier", "turns": turns})

    def _say_verdict(self, request: str, verdict: Verdict) -> None:
        # Send at once: the loop may be blocked.
        self._send(verdict_message(request, verdict))

    # --- from the pages -----------------------------------------------------------------------

    def handle_message(self, content: dict[str, Any]) -> None:
        """Handle a message of the first comm."""
        message = reading.from_lab(content)
        if message is None:
            return
        if message["type"] == "hello":
            self._greet()
        elif message["type"] == "answer":
            self._session.approvals.answer(message["request"], message)
        elif message["type"] == "notebook":
            self._session.notebook.pages.note(message)
            if message["state"] != "closed":
                self._session.ahead.look()
        elif message["type"] == "follow":
            self._follow_id(message["turn"])
        elif message["type"] == "writing":
            self._session.early_start.writing()  # without the panel, which takes time to import
        elif message["type"] == "cells":
            self._session.notebook.pages.receive(message)
        else:
            self._view().handle_message(message)

    def _follow_id(self, id: str) -> None:
        """Tell the page of a turn's end; the turn may not have begun."""
        turn = self._session.conversation.turn(id)
        if turn is not None:
            self._follow(turn)
        else:
            self._followed.append(id)

    def _follow(self, turn: Turn) -> None:
        def changed(change: TurnChange) -> None:
            if isinstance(change, TurnEnded):
                stop_listening()
                if turn.state == "done":
                    blocks = code_blocks(turn.text)
                    self._send({"type": "answered", "turn": turn.id, "blocks": blocks})

        stop_listening = turn.listen(changed)
        if turn.ended:
            changed(TurnEnded())

    def open_panel(self, message: dict[str, Any]) -> None:
        """Handle a message that came before the panel's view got its comm."""
        if not self._panel_is_open:
            self._panel_is_open = True
            self._view().join(self._panel)  # from now on the view gets the messages itself
        self._panel.receive(message)

    def _view(self) -> PanelView:
        from .panel import panel_view  # lazy: this import costs time

        view = panel_view(self._session)
        view.on_problem = self._tell_problem
        return view

    def _tell_problem(self, line: str) -> None:
        self._send({"type": "problem", "text": line})
