"""`LabComm`: connects a session with our JupyterLab extension, by two comms.

The first comm carries the session's state, the second one the chat panel's messages. The kernel
keeps both for as long as it has a session, so reloaded pages leave nothing behind. A page finds
them by their targets. The kernel announces the first with an empty ``comm_open``. A front end that
does not know the target closes that comm; the kernel keeps it for other pages. It sends nothing
before a page says "hello", and nothing under the key "state", which nbclient would store as a
widget's.

No widget is needed, so the extension loads quickly.
"""

from __future__ import annotations

import asyncio
import uuid
import weakref
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from .._approvals import Verdict
from .._core.events import ConversationChange, StateChanged
from .._kernel.comms import can_be_asked, kernel_loop
from .notebook import KERNEL, notebook_key
from .protocol import state_view, verdict_message, waiting_view
from .silence import comm_silent

if TYPE_CHECKING:
    from .._protocol.lab_comm import LabFromKernel, LabState, PanelAddress, Waiting
    from .panel import PanelView
    from .session import Session

TARGET = "jupyter_claude"
PANEL_TARGET = "jupyter_claude.panel"

_STATE_EVERY = 0.05  # seconds


class CommLine:
    """A comm that the kernel keeps, with one id.

    Parameters
    ----------
    target : str
        The name of its target.
    announced : bool
        Whether to announce it to the open pages.
    """

    def __init__(self, target: str, *, announced: bool = False) -> None:
        self.id = uuid.uuid4().hex
        self._target = target
        self._callback: Callable[[Any, Any, Any], None] | None = None
        self._open(announced)

    def _open(self, announced: bool) -> None:
        import comm  # lazy: ipykernel has loaded it; IPython in a terminal does not need it

        self._comm = comm.create_comm(target_name=self._target, comm_id=self.id, primary=announced)
        if not announced:
            comm.get_comm_manager().register_comm(self._comm)
        comm_silent(self._comm)
        self._comm.on_msg(self._received)
        self._comm.on_close(lambda _: self._open(False))

    def close(self) -> None:
        """Close the comm for good, and tell the pages."""
        self._comm.on_close(None)
        self._comm.close()

    def send(self, content: Any, /) -> None:
        """Send a message to all pages."""
        self._comm.send(content)

    def on_msg(self, callback: Callable[[Any, Any, Any], None], /) -> None:
        """Call `callback` with this line, each message, and no buffers."""
        self._callback = callback

    def _received(self, message: dict[str, Any]) -> None:
        data = message["content"].get("data")
        if isinstance(data, dict):
            self.receive(data)

    def receive(self, data: dict[str, Any]) -> None:
        """Pass a message on, as if it had just come."""
        if self._callback is not None:
            self._callback(self, data, [])


class LabComm:
    """Sends a session's state to pages, and handles their messages, without a widget.

    Parameters
    ----------
    session : Session
        The session.
    loop : asyncio.AbstractEventLoop
        The kernel's loop.
    announced : bool
        Whether to announce it to the open pages.
    """

    def __init__(
        self, session: Session, loop: asyncio.AbstractEventLoop, *, announced: bool
    ) -> None:
        self._session = session
        self._loop = loop
        self._told: LabState | None = None
        self._due: asyncio.TimerHandle | None = None
        self._stop_listening: Callable[[], None] | None = None  # None: no page has asked yet
        self._comm_line = CommLine(TARGET, announced=announced)
        self._comm_line.on_msg(self._receive)
        self._panel = CommLine(PANEL_TARGET)
        self._panel.on_msg(self._open_panel)  # load the panel's code only then
        self._panel_is_open = False
        self._stop_hearing = session.approvals.listen(self._say_verdict)

    def close(self) -> None:
        """Tell the pages that the session is gone."""
        if self._stop_listening is not None:
            self._stop_listening()
        self._stop_hearing()
        if self._due is not None:
            self._due.cancel()
        if self._panel_is_open:
            view = self._view()
            view.leave(self._panel)
            view.on_problem = None
        self._comm_line.close()
        self._panel.close()

    # --- to the pages -------------------------------------------------------------------------

    def _changed(self, change: ConversationChange) -> None:
        if isinstance(change, StateChanged) and self._due is None:
            self._due = self._loop.call_later(_STATE_EVERY, self._tell)

    def _tell(self) -> None:
        self._due = None
        news: LabState = {
            "type": "state",
            "session": state_view(self._session.state()),
            "waiting": _waiting(self._session),
        }
        if news != self._told:
            self._told = news
            self._send(news)

    def _send(self, message: LabFromKernel) -> None:
        self._comm_line.send(message)

    def _greet(self) -> None:
        from .library import views

        if self._stop_listening is None:
            self._stop_listening = self._session.conversation.listen(self._changed)
        panel: PanelAddress = {
            "id": self._panel.id,
            "code": views()[1],
            "notebook": notebook_key(),
            "session": KERNEL,
        }
        self._send({"type": "hello", "panel": panel})
        self._told = None
        self._tell()

    def _say_verdict(self, request: str, verdict: Verdict) -> None:
        # Send at once: the loop may be blocked.
        self._send(verdict_message(request, verdict))

    # --- from the pages -----------------------------------------------------------------------

    def _receive(self, line: Any, message: dict[str, Any], buffers: Any) -> None:
        # Not in the running cell's context, and not in a subshell's thread.
        self._loop.call_soon_threadsafe(self._handle_message, message, context=Context())

    def _handle_message(self, content: dict[str, Any]) -> None:
        from .._protocol import reading  # what loading does not need

        message = reading.from_lab(content)
        if message is None:
            return
        if message["type"] == "hello":
            self._greet()
        elif message["type"] == "answer":
            self._session.approvals.answer(message["request"], message)
        else:
            self._view().handle_message(message)

    def _open_panel(self, line: CommLine, message: dict[str, Any], buffers: Any) -> None:
        def hand_on() -> None:
            if not self._panel_is_open:
                self._panel_is_open = True
                self._view().join(line)  # from now on the view gets the messages itself
            line.receive(message)

        self._loop.call_soon_threadsafe(hand_on, context=Context())

    def _view(self) -> PanelView:
        from .panel import panel_view  # lazy: this import costs time

        view = panel_view(self._session)
        view.on_problem = self._tell_problem
        return view

    def _tell_problem(self, line: str) -> None:
        self._send({"type": "problem", "text": line})


def _waiting(session: Session) -> list[Waiting]:
    """Return the requests that wait for the user's answer."""
    running = session.conversation.running
    requests = running.turn.requests.values() if running is not None else ()
    return [waiting_view(request) for request in requests]


_lab_comms: weakref.WeakKeyDictionary[Session, LabComm] = weakref.WeakKeyDictionary()


def open_lab_comm(session: Session, shell: Any) -> None:
    """Let pages reach a session in a kernel with comms, once for each session."""
    loop = kernel_loop(shell)
    if loop is not None and session not in _lab_comms:
        _lab_comms[session] = LabComm(session, loop, announced=can_be_asked(shell))


def close_lab_comm(session: Session) -> None:
    """Tell the pages that the session is gone."""
    lab_comm = _lab_comms.pop(session, None)
    if lab_comm is not None:
        lab_comm.close()
