"""What a turn can end with, each shown as exactly one line in a notebook.

::

    ClaudeError
    ├── TurnInterrupted     somebody pressed stop
    ├── TurnLimitReached    --max-turns or the CLI's own budget
    ├── BudgetExceeded      --budget or %claude budget
    ├── APIError            the API refused or failed for good; ``status`` is the HTTP status
    ├── StreamStalled       nothing came from the model for too long
    ├── TurnFailed          anything else, such as a CLI that died
    └── RewindRefused       a rewind, or undoing one, is not possible
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from jupyter_claude_sdk import CLINotFoundError

from ._text import visible

if TYPE_CHECKING:
    from ._turns.turn import Turn


class ClaudeError(Exception):
    """Base of the errors that end a turn.

    Attributes
    ----------
    turn : Turn or None
        The turn, with the text that had arrived.
    """

    def __init__(self, message: str, turn: Turn | None = None) -> None:
        super().__init__(one_line(message))
        self.turn = turn

    def _render_traceback_(self) -> list[str]:
        # IPython's hook: one line instead of a traceback into our own code.
        return [error_line(self)]


class TurnInterrupted(ClaudeError):
    """The turn was stopped by the user."""


class TurnLimitReached(ClaudeError):
    """The turn reached a limit that was set for it."""


class BudgetExceeded(ClaudeError):
    """A budget is spent: that of the session, or the turn's own."""


class APIError(ClaudeError):
    """The API answered with an error, after the CLI's own retries."""

    def __init__(self, message: str, turn: Turn | None = None, status: int | None = None) -> None:
        super().__init__(message, turn)
        self.status = status


class StreamStalled(ClaudeError):
    """Nothing came from the model for longer than ``ClaudeMagics.stall_timeout``."""


class TurnFailed(ClaudeError):
    """The turn ended without a result."""


class RewindRefused(ClaudeError):
    """A rewind, or undoing one, is not possible; nothing has changed."""


def one_line(text: str) -> str:
    """Return `text` on a single line, safe to print: escape sequences are marks."""
    return visible(" ".join(text.split()))


def error_line(error: BaseException) -> str:
    """Return the one line that stands for `error`: its name and message."""
    return f"{type(error).__name__}: {one_line(str(error))}"


E = TypeVar("E", bound=BaseException)


def show_as_one_line(error: E, instead: Exception | None = None) -> E:
    """Make IPython show `error` as one line, that of `instead` if given, and return it."""
    if not hasattr(error, "_render_traceback_"):
        error._render_traceback_ = lambda: [error_line(instead or error)]  # type: ignore[attr-defined]
    # IPython shows all of it if a group of errors led to this one.
    error.__context__ = None
    return error


#: What to do about an HTTP status of the API.
_ADVICE = {
    403: "the account may not do this; see `%claude doctor`",
    404: "the model does not exist or is not open to this account; choose one with `%claude model`",
    429: "rate limit reached, the retries too; wait a moment and run the cell again",
    500: "a fault on the server's side; run the cell again",
    529: "the API is overloaded; wait a moment and run the cell again",
}


def _advice(status: int | None, text: str) -> str | None:
    if status == 401 or (status is None and "/login" in text):
        # Imported late: errors are at the bottom of everything.
        from ._command.doctor import sign_in_remedy
        from ._paths import find_cli

        try:
            return "sign in: " + sign_in_remedy(find_cli(None))
        except CLINotFoundError:  # the settings name it
            return "sign in: " + sign_in_remedy()
    if "too long" in text.lower():
        return "begin a new conversation with %%claude --new or await claude.new()"
    return _ADVICE.get(status or 0)


def api_error_message(status: int | None, text: str) -> str:
    """Say what the API answered and what to do."""
    advice = _advice(status, text)
    if status is None:
        return text if advice is None else f"{text} — {advice}"
    start = "" if str(status) in text else f"{status} "
    return f"{start}{text}" + (f" — {advice}" if advice else "")
