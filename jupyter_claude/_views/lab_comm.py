"""`LabComm`: connects a session with our JupyterLab extension, by two comms.

The first comm carries the session's state, the second one the chat panel's messages. The kernel
keeps both for as long as it has a session, so reloaded pages leave nothing behind. A page finds
them by their targets. The kernel announces the first with an empty ``comm_open``. A front end that
does not know the target closes that comm; the kernel keeps it for other pages. It sends nothing
before a page says "hello", and nothing under the key "state", which nbclient would store as a
widget's.

Where nobody can be asked, such as in Voilà, pages belong to visitors. There the kernel drops what
comes: who controls a session could run any command.

No widget is needed, so the extension loads quickly. Loading opens the comms; the first message of a
page creates `LabPages`, which handles it.
"""

from __future__ import annotations

import asyncio
import weakref
from contextvars import Context
from typing import TYPE_CHECKING, Any, Protocol

from .._kernel.comms import can_be_asked, kernel_loop
from .._kernel.input_line import shows_widgets
from .comm_line import CommLine

if TYPE_CHECKING:
    from .lab_pages import LabPages
    from .session import Session

TARGET = "jupyter_claude"
PANEL_TARGET = "jupyter_claude.panel"


class LazySession(Protocol):
    """A session that is created by its first use."""

    @property
    def parts(self) -> Session:
        """The session."""


class LabComm:
    """Opens the two comms, and passes their messages to `LabPages`.

    Parameters
    ----------
    session : LazySession
        The session.
    loop : asyncio.AbstractEventLoop
        The kernel's loop.
    shell : InteractiveShell
        The kernel's shell. If somebody can be asked in the cell that runs, the first comm is
        announced to the open pages.
    """

    def __init__(self, session: LazySession, loop: asyncio.AbstractEventLoop, shell: Any) -> None:
        self._session = session
        self._loop = loop
        self._shell = shell
        self._user_came = can_be_asked(shell)
        self._pages: LabPages | None = None  # None: no page has sent anything yet
        # Front ends without pages would log an error: they know no such target.
        announced = self._user_came and shows_widgets(shell)
        self._comm_line = CommLine(TARGET, announced=announced)
        self._comm_line.on_msg(self._receive)
        self._panel = CommLine(PANEL_TARGET)
        self._panel.on_msg(self._open_panel)

    def close(self) -> None:
        """Tell the pages that the session is gone."""
        if self._pages is not None:
            self._pages.close()
        self._comm_line.close()
        self._panel.close()

    def _is_for_user(self) -> bool:
        """Whether a message may be of a user, who could run code as well."""
        self._user_came = self._user_came or can_be_asked(self._shell)
        return self._user_came

    def _receive(self, line: CommLine, message: dict[str, Any], buffers: Any) -> None:
        if not self._is_for_user():
            return
        # Not in the running cell's context, and not in a subshell's thread.
        self._loop.call_soon_threadsafe(
            lambda: self._found_pages().handle_message(message), context=Context()
        )

    def _open_panel(self, line: CommLine, message: dict[str, Any], buffers: Any) -> None:
        if not self._is_for_user():
            return
        self._loop.call_soon_threadsafe(
            lambda: self._found_pages().open_panel(message), context=Context()
        )

    def _found_pages(self) -> LabPages:
        from .lab_pages import LabPages  # lazy: this import costs time

        if self._pages is None:
            lines = (self._comm_line, self._panel)
            self._pages = LabPages(self._session.parts, self._loop, *lines)
        return self._pages


_lab_comms: weakref.WeakKeyDictionary[LazySession, LabComm] = weakref.WeakKeyDictionary()


def open_lab_comm(session: LazySession, shell: Any) -> None:
    """Let pages reach a session in a kernel with comms, once for each session."""
    loop = kernel_loop(shell)
    if loop is not None and session not in _lab_comms:
        _lab_comms[session] = LabComm(session, loop, shell)


def close_lab_comm(session: LazySession) -> None:
    """Tell the pages that the session is gone."""
    lab_comm = _lab_comms.pop(session, None)
    if lab_comm is not None:
        lab_comm.close()
