"""The input line of front ends that show no widgets, such as `jupyter console` and qtconsole.

It is the one that ``input()`` opens. ``input()`` itself would hold up the event loop, and with it
Claude, request time-outs and the stop button.
"""

from __future__ import annotations

import asyncio
import sys
from time import monotonic
from typing import Any

from .comms import request_of

_LOOK_EVERY = 0.05  # seconds
#: The tries after which answers that come too early are no accident: a program gives them.
_TRIES = 3
_END = "\x04"  # what front ends send for the end of the input

EARLY = "That was typed before the question could be read, and is not taken.\n"


def shows_widgets(shell: Any) -> bool:
    """Whether the front end of the running cell shows widgets.

    None says so. Those in Python that read cells from a terminal or a text field (jupyter console,
    qtconsole, Spyder) use jupyter_client, which names messages after the session. Pages do not.
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
        The kernel's.
    hold : float
        Seconds for which a question takes no answer: what comes by then was typed before it.
    """

    def __init__(self, shell: Any, hold: float) -> None:
        self._kernel = shell.kernel
        self._ident, self._parent = request_of(self._kernel)
        self._hold = hold

    async def read(self, prompt: str) -> str | None:
        """Return a line that is typed at the prompt; None at the end of the input.

        None, too, where each answer comes too early.
        """
        line = await self._read(prompt)
        for _ in range(_TRIES - 1):
            if line is None:
                line = await self._read(EARLY + prompt)
        return None if line == _END else line

    async def _read(self, prompt: str) -> str | None:
        """Ask once; return None if the answer came too early."""
        session, socket = self._kernel.session, self._kernel.stdin_socket
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        while socket.poll(0):  # what an earlier question left
            socket.recv_multipart()
        content = {"prompt": prompt, "password": False}
        session.send(socket, "input_request", content, self._parent, ident=self._ident)
        asked = empty = monotonic()
        while True:
            # What is found came after the last look that found nothing. While the loop is held up
            # there is no look: only the time until then counts.
            look = monotonic()
            while not socket.poll(0):
                empty = look
                await asyncio.sleep(_LOOK_EVERY)
                look = monotonic()
            _, reply = session.recv(socket)
            if reply is not None:
                value = str(reply["content"].get("value", ""))
                return value if value == _END or empty - asked >= self._hold else None
