"""The input line of front ends without widgets, such as `jupyter console` and qtconsole.

``input()`` opens the same line, but it would block the event loop, and with it Claude, the time
limits of requests and the stop button.
"""

from __future__ import annotations

import asyncio
import sys
from time import monotonic
from typing import Any

from .comms import request_of

_LOOK_EVERY = 0.05  # seconds
#: After so many answers that come too early, a program must be giving them.
_TRIES = 3
_END = "\x04"  # front ends send this at the end of the input

EARLY = "You typed that before you could read the question, so it does not count.\n"


def shows_widgets(shell: Any) -> bool:
    """Whether the front end of the running cell shows widgets.

    No front end says so itself. Front ends without widgets (jupyter console, qtconsole, Spyder) use
    jupyter_client, whose message ids begin with the session's id. Those of web pages do not.
    """
    try:
        header = shell.kernel.get_parent("shell")["header"]
        return not str(header["msg_id"]).startswith(f"{header['session']}_")
    except (AttributeError, KeyError, TypeError):
        return True


class InputLine:
    """The input line of the front end that sent the running cell.

    Parameters
    ----------
    shell : InteractiveShell
        The kernel's shell.
    hold : float
        Seconds in which a question takes no answer: the user typed such an answer before it.
    """

    def __init__(self, shell: Any, hold: float) -> None:
        self._kernel = shell.kernel
        self._ident, self._parent = request_of(self._kernel)
        self._hold = hold

    async def read(self, prompt: str, *, follows: bool = False) -> str | None:
        """Return the line that the user types; None at the end of the input.

        Also return None if every answer comes too early. A line that `follows` another one of the
        same text is never too early.
        """
        hold = 0.0 if follows else self._hold
        line = await self._read(prompt, hold)
        for _ in range(_TRIES - 1):
            if line is None:
                line = await self._read(EARLY + prompt, hold)
        return None if line == _END else line

    async def _read(self, prompt: str, hold: float) -> str | None:
        """Ask once; return None if the answer came too early."""
        session, socket = self._kernel.session, self._kernel.stdin_socket
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        while socket.poll(0):  # left from an earlier question
            socket.recv_multipart()
        content = {"prompt": prompt, "password": False}
        session.send(socket, "input_request", content, self._parent, ident=self._ident)
        asked = empty = monotonic()
        while True:
            # An answer came after the last check that found none. While other code blocks the
            # loop there is no check, so only the time until the last check counts.
            look = monotonic()
            while not socket.poll(0):
                empty = look
                await asyncio.sleep(_LOOK_EVERY)
                look = monotonic()
            _, reply = session.recv(socket)
            if reply is not None:
                value = str(reply["content"].get("value", ""))
                return value if value == _END or empty - asked >= hold else None
