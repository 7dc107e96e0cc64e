"""The sign-in in views: in the panel, and as a card in a cell.

Its messages have the type "signin". A message of a view may contain a key or a code, which is
passed on at once. No message to a view, no trait and no error repeats it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from .._kernel.comms import kernel_loop
from .._protocol import reading
from .._signin.words import WITHOUT_BUTTONS
from .._turns.errors import ClaudeError
from .protocol import sign_in_view

if TYPE_CHECKING:
    from .._protocol.sign_in import SignInFromKernel, SignInFromPage
    from .._signin.sign_in import SignInState
    from .session import Session


class SignInView:
    """Sends the state of the sign-in to views, and does what they request.

    Parameters
    ----------
    session : Session
        The session.
    send : callable
        Sends a message to all views. Use this class in the session's event loop only.
    """

    def __init__(self, session: Session, send: Callable[[SignInFromKernel], None]) -> None:
        self._sign_in = session.sign_in
        self._send = send
        self._stop_listening: Callable[[], None] | None = None  # None: there is no view yet

    def close(self) -> None:
        """Stop sending."""
        if self._stop_listening is not None:
            self._stop_listening()

    def greet(self) -> None:
        """Send the state of the sign-in, and from now on each change."""
        if self._stop_listening is None:
            self._stop_listening = self._sign_in.listen(self._tell)
        self._tell(self._sign_in.state)

    def handle_message(self, content: object) -> None:
        """Handle a message of a view. Unknown messages are ignored."""
        message = reading.from_sign_in(content)
        if message is not None:
            self.do(message)

    def do(self, message: SignInFromPage) -> None:
        """Do what a view asks for."""
        sign_in = self._sign_in
        if message["do"] == "hello":
            self.greet()
        elif message["do"] == "login":
            sign_in.start_sign_in(console=message["console"])
        elif message["do"] == "code":
            sign_in.give_code(message["text"])
        elif message["do"] == "key":
            try:
                sign_in.use_key(message["text"])
            except ClaudeError as error:
                self._send({"type": "signin_problem", "text": str(error)})
        elif message["do"] == "practice":
            sign_in.practise()
        elif message["do"] == "install":
            sign_in.install()
        elif message["do"] == "cancel":
            sign_in.cancel()
        else:
            reading.unhandled(message)

    def _tell(self, state: SignInState) -> None:
        self._send({"type": "signin", "state": sign_in_view(state)})


class SignInCard:
    """The sign-in as a separate widget, for a cell."""

    def __init__(self, session: Session) -> None:
        from .wire import ClaudeWidget, Wire

        self.widget = ClaudeWidget(kind="signin")
        # Use the session's loop, wherever the cell runs.
        loop = kernel_loop(session.host.frontend.shell) or asyncio.get_running_loop()
        wire = Wire(self.widget, loop, lambda content: view.handle_message(content))
        self._view = view = SignInView(session, wire.send)

    def close(self) -> None:
        """Close the card."""
        self._view.close()
        self.widget.close()


def plain(state: SignInState) -> str:
    """Return the sign-in as a line, for front ends without buttons."""
    if state.stage == "done":
        return state.text
    return f"{state.text} If you see no buttons: {WITHOUT_BUTTONS}."


def bundle(state: SignInState) -> dict[str, str]:
    """Return the same as a MIME bundle without scripts or forms."""
    text = plain(state)
    return {"text/plain": text, "text/html": f'<p class="mathjax_ignore">{escape(text)}</p>'}
