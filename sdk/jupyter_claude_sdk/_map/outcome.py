"""What a pool brings for a row, and the errors of which the row is not to blame."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from .._base.typing import Self
from .._errors import reduced


@dataclass(frozen=True)
class Outcome:
    """What one try at a row brought.

    Attributes
    ----------
    value : object
        The value, or the text if no form was wanted; None if there is an error.
    text : str
        Claude's words, or its value as JSON; kept also if there is an error.
    error : str or None
        One clear line; None if it worked.
    kind : str
        The kind of error: "" if none, "invalid" if the answer has not the form, "denied" if no
        rule allows what a row wanted to do, "failed" for all else.
    errors : tuple of str
        All faults with their places.
    cost_usd : float
        What it cost, wrong tries included.
    attempts : int
        How often Claude gave an answer. Wrong answers count.
    input_tokens, output_tokens : int
        The tokens of all requests. Cached input counts too.
    seconds : float
        How long it took.
    folder : str or None
        The folder in which the row's tools worked.
    """

    value: Any
    text: str
    error: str | None
    kind: str
    errors: tuple[str, ...]
    cost_usd: float
    attempts: int
    input_tokens: int
    output_tokens: int
    seconds: float
    folder: str | None


class Busy(Exception):
    """The API has no room: 429, or 529. The row is not lost: slow down, and ask again.

    Parameters
    ----------
    message : str
        One line that says so.
    status : int
        The HTTP status.
    retry_after : float, optional
        The seconds to wait, if the API said so.
    cost_usd : float, default 0
        What the row has cost so far.
    """

    def __init__(
        self, message: str, status: int, retry_after: float | None = None, cost_usd: float = 0.0
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.cost_usd = cost_usd

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)


class Refused(Exception):
    """No row can be asked until the user mends something: sign-in, key, credit, or the CLI.

    Parameters
    ----------
    message : str
        One line that says what is wrong.
    cost_usd : float, default 0
        What the row has cost so far.
    """

    def __init__(self, message: str, cost_usd: float = 0.0) -> None:
        super().__init__(message)
        self.cost_usd = cost_usd

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)


class Lost(Exception):
    """A row was lost with the machine that asked it. Nobody knows what it cost: ask again.

    Parameters
    ----------
    message : str
        One line that says so.
    """


class Pool(Protocol):
    """Asks prompts, each in a conversation of its own, and at most some at the same time."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None: ...

    async def ask(self, prompt: str) -> Outcome:
        """Ask one prompt.

        Raises
        ------
        Busy
            If the API has no room. Ask again later.
        Refused
            If no prompt can be asked until the user mends something.
        Lost
            If the machine that asked it is gone. Ask again.
        """
        ...
