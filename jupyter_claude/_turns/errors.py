"""The errors that end a turn. A notebook shows each as exactly one line.

::

    ClaudeError
    ├── TurnInterrupted     the user stopped the turn
    ├── TurnLimitReached    --max-turns or the CLI's own budget
    ├── BudgetExceeded      --budget or %claude budget
    ├── APIError            the API refused or failed for good; ``status`` is the HTTP status
    │   └── NotSignedIn     the user is not signed in, or the API refuses the sign-in
    ├── StreamStalled       nothing came from the model for too long
    ├── TurnFailed          anything else, such as a CLI that died
    ├── AnswerInvalid       no answer had the form that was asked for; ``raw`` is the last one
    ├── ReplayMissing       the recording has no answer to this prompt, and nothing was asked
    └── RewindRefused       a rewind, or undoing one, is not possible
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from .._text import one_line, without_escapes
from .remedies import Remedy

if TYPE_CHECKING:
    from typing_extensions import Self

    from .turn import Turn


class ClaudeError(Exception):
    """Base of the errors that end a turn.

    Attributes
    ----------
    turn : Turn or None
        The turn, with the text that had arrived.
    """

    _sentence = ""
    _remedy: Remedy = ""

    def __init__(self, message: str, turn: Turn | None = None) -> None:
        super().__init__(one_line(without_escapes(message)))
        self.turn = turn

    def offer(self, sentence: str, remedy: Remedy) -> Self:
        """Set what views with buttons show: a sentence, and what its button does."""
        self._sentence, self._remedy = one_line(without_escapes(sentence)), remedy
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        from jupyter_claude_sdk.lowlevel import reduced  # lazy: loading raises no error

        return reduced(self)

    def _render_traceback_(self) -> list[str]:
        return _OneLine(self, self)()


class TurnInterrupted(ClaudeError):
    """The user stopped the turn."""


class TurnLimitReached(ClaudeError):
    """The turn reached a limit that was set for it."""


class BudgetExceeded(ClaudeError):
    """The session's budget, or the turn's own, is spent."""


class APIError(ClaudeError):
    """The API answered with an error, after the CLI's own retries."""

    def __init__(self, message: str, turn: Turn | None = None, status: int | None = None) -> None:
        super().__init__(message, turn)
        self.status = status


class NotSignedIn(APIError):
    """The user is not signed in, or the API refuses the sign-in or the key."""


class StreamStalled(ClaudeError):
    """Nothing came from the model for longer than ``ClaudeMagics.stall_timeout``."""


class TurnFailed(ClaudeError):
    """The turn ended without a result."""


class AnswerInvalid(ClaudeError):
    """No answer had the form that ``schema=`` asks for, also after all retries.

    Attributes
    ----------
    raw : object
        What Claude gave at last, as JSON's Python value; its text if it gave no value.
    errors : list of str
        What is wrong with it, each with its place: ``value[3].price: Input should be …``.
    """

    def __init__(
        self,
        message: str,
        turn: Turn | None = None,
        raw: Any = None,
        errors: Sequence[str] = (),
    ) -> None:
        super().__init__(message, turn)
        self.raw = raw
        self.errors = list(errors)


class ReplayMissing(ClaudeError):
    """The recording has no answer to just this prompt, and replay must not ask Claude."""


class RewindRefused(ClaudeError):
    """A rewind, or undoing one, is not possible; nothing has changed."""


def error_line(error: BaseException) -> str:
    """Return the one line for `error`: its name and message."""
    return f"{type(error).__name__}: {_message(error)}"


def error_sentence(error: BaseException) -> str:
    """Return what `error` says where a button offers what to do about it."""
    return (isinstance(error, ClaudeError) and error._sentence) or _message(error)


def remedy_of(error: BaseException | None) -> Remedy:
    """Return what a view offers after `error`."""
    return error._remedy if isinstance(error, ClaudeError) else ""


def _message(error: BaseException) -> str:
    return one_line(without_escapes(str(error)))


E = TypeVar("E", bound=BaseException)


def show_as_one_line(error: E, instead: Exception | None = None) -> E:
    """Make IPython show `error` (or `instead`, if given) as one line, and return `error`."""
    if not hasattr(error, "_render_traceback_"):
        error._render_traceback_ = _OneLine(error, instead or error)  # type: ignore[attr-defined]
    # If a group of errors led to this one, IPython would show all of the group.
    error.__context__ = None
    return error


class _OneLine:
    """IPython's hook: shows one line instead of a traceback into this package.

    Parameters
    ----------
    error : BaseException
        The error that has the hook.
    shown : BaseException
        The error whose name and message the hook shows.
    """

    def __init__(self, error: BaseException, shown: BaseException) -> None:
        self._error = error
        self._line = error_line(shown)

    def __call__(self) -> list[str]:
        from .._tracebacks import let_ipython_show

        let_ipython_show(self._error)
        return [self._line]

    def __reduce__(self) -> tuple[Any, ...]:
        return partial, (list, (self._line,))  # a pickle that needs no package of ours


NOT_SIGNED_IN = "You are not signed in to Claude"
#: What the user can do about it where there are no buttons.
_SIGN_IN = "run `%claude login`, or `jupyter-claude login` in a terminal"


def not_signed_in(status: int | None, gateway: str = "") -> NotSignedIn:
    """Return the error that leads to the sign-in; `status` is the API's, if the API answered.

    `gateway` is the host of the gateway that stands in for the API, if there is one.
    """
    refused = f"The API refused your sign-in or API key ({status})"
    what, advice = NOT_SIGNED_IN if status is None else refused, _SIGN_IN
    if gateway:
        advice = f"set ANTHROPIC_AUTH_TOKEN for the gateway at {gateway}, or {_SIGN_IN}"
    return NotSignedIn(f"{what}; {advice}", status=status).offer(f"{what}.", "sign_in")
