"""``%claude login``, and the sign-in card below a cell that failed without a sign-in."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Any

from IPython.core.error import StdinNotImplementedError, UsageError
from jupyter_claude_sdk import CLINotFoundError

from .._kernel.comms import cell_context, kernel_loop
from .._signin import words
from .._turns.errors import NotSignedIn

if TYPE_CHECKING:
    from .._parts import Parts
    from .._signin.sign_in import SignInState
    from .._turns.turn import Turn

#: A prompt that opens the sign-in and does not go to Claude.
LOGIN = "/login"

_NO_KEY_HERE = (
    "%claude login key asks for the key itself; if you typed a key here, delete it from this cell"
)

_shown: CellCard | None = None  # the newest; earlier cards show only their result


class CellCard:
    """The sign-in card in a cell's output, until the sign-in is over."""

    def __init__(self, session: Parts) -> None:
        from .._signin.sign_in import CHOOSE
        from .._views.sign_in import SignInCard
        from .outputs import CellOutput

        self._sign_in = session.sign_in
        self._in_cell = cell_context(session.host.frontend.shell)
        self._output = CellOutput()
        self._card = SignInCard(session)
        self._state = CHOOSE  # the last state that makes sense without buttons
        self._remember(self._sign_in.state)
        self._stop_listening = self._sign_in.listen(self._changed)
        self._show({**_data(self._card.widget), **self._bundle()})

    def _changed(self, state: SignInState) -> None:
        self._remember(state)
        if state.stage in ("closed", "done"):
            self.end()

    def _remember(self, state: SignInState) -> None:
        if state.stage in ("no_cli", "choose", "done"):
            self._state = state

    def end(self) -> None:
        """Replace the buttons with a line of text, which a saved notebook can show."""
        self._stop_listening()
        self._show(self._bundle())
        self._card.close()

    def _bundle(self) -> dict[str, str]:
        from .._views.sign_in import bundle

        return bundle(self._state)

    def _show(self, data: dict[str, Any]) -> None:
        self._in_cell(lambda: self._output.show(data))


def _data(widget: Any) -> dict[str, Any]:
    data = widget._repr_mimebundle_()
    return dict(data[0] if isinstance(data, tuple) else data)


def show_card(session: Parts) -> None:
    """Show the sign-in in the running cell, and end it in the other cells."""
    global _shown
    if _shown is not None:
        _shown.end()  # harmless a second time
    _shown = CellCard(session)


def offer(session: Parts, turn: Turn) -> None:
    """Show the sign-in below a turn that failed without a sign-in or without the CLI."""
    if (
        isinstance(turn.error, (NotSignedIn, CLINotFoundError))
        and turn.can_ask
        and session.sign_in.state.stage != "closed"
        and kernel_loop(session.host.frontend.shell) is not None
        and session.host.frontend.has_widgets  # otherwise the error's line says what to do
    ):
        show_card(session)


def login(session: Parts, behind: tuple[str, ...] = ()) -> None:
    """Run ``%claude login`` or ``%claude login key``; `behind` are the words after ``login``.

    Raises
    ------
    UsageError, ClaudeError
        If the sign-in fails.
    """
    if behind not in ((), ("key",)):
        raise UsageError(_NO_KEY_HERE)  # the words may be a key, so do not repeat them
    if behind:
        session.sign_in.use_key(_typed_key())
        print(session.sign_in.state.text)
    elif kernel_loop(session.host.frontend.shell) is None:
        _in_terminal(session)
    else:
        session.sign_in.open()
        if not session.host.frontend.can_be_asked():
            from .._views.sign_in import plain

            print(plain(session.sign_in.state))
        elif session.host.frontend.has_widgets:
            show_card(session)
        elif session.sign_in.state.stage == "no_cli":
            print(f"{words.NO_CLI}; {words.INSTALL}")
        else:
            print(words.IN_TEXT)


def _typed_key() -> str:
    try:
        return getpass.getpass("API key (it is not shown): ")
    except (EOFError, KeyboardInterrupt):
        raise UsageError("Stopped; no key was set") from None
    except StdinNotImplementedError:
        raise UsageError("You cannot type a key here; set ANTHROPIC_API_KEY instead") from None


def _in_terminal(session: Parts) -> None:
    """Run Claude Code's own sign-in in this terminal."""
    from .._command.login import login as in_terminal

    settings = session.host.settings
    try:
        status = in_terminal(cli=settings.cli_path or None, environment=settings.env)
    except CLINotFoundError:
        raise UsageError(f"{words.NO_CLI}; {words.INSTALL}") from None
    except KeyboardInterrupt:
        raise UsageError("Stopped; you are not signed in") from None
    if status:
        raise UsageError("The sign-in failed; %claude login key takes an API key instead")
    session.sign_in.signed_in()
    print(session.sign_in.state.text)


def install_cli() -> None:
    """Run ``%claude install``.

    Raises
    ------
    UsageError
        If the installation fails.
    """
    from .._command.install import InstallError
    from .._command.main import install_if_missing

    try:
        install_if_missing(lambda line: print(line, flush=True))
    except InstallError as error:
        raise UsageError(str(error)) from None
    except KeyboardInterrupt:
        raise UsageError("Stopped; nothing was installed") from None
    sys.stdout.flush()
