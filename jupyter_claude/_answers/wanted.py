"""`Wanted`: the value that a turn is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_claude_sdk.lowlevel import AnswerForm


@dataclass(frozen=True)
class Wanted:
    """The value that a turn is asked for.

    Attributes
    ----------
    form : AnswerForm
        Its form.
    retries : int
        How often Claude may try again.
    """

    form: AnswerForm[Any]
    retries: int = 2

    def __post_init__(self) -> None:
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise ValueError(f"retries must be a whole number of at least 0, not {self.retries!r}")
