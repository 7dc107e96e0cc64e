"""`BatchError`: a batch cannot go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import ClaudeSDKError, reduced

if TYPE_CHECKING:
    from .results import Row

__all__ = ["BatchError"]


class BatchError(ClaudeSDKError):
    """A row of a batch failed and ``on_error`` is ``"raise"``, or the batch cannot use its file.

    Parameters
    ----------
    message : str
        One line that says what is wrong.
    row : Row, optional
        The row that failed.
    batch : Batch, optional
        The batch; it keeps the rows that are done. A pickle of the error leaves it out.

    Attributes
    ----------
    row : Row or None
        The row that failed.
    batch : Batch or None
        The batch; None in a copy that was pickled.
    """

    def __init__(self, message: str, row: Row[Any] | None = None, batch: Any = None) -> None:
        super().__init__(message)
        self.row = row
        self.batch = batch

    def __reduce__(self) -> tuple[Any, ...]:
        new, arguments, state = reduced(self)
        return new, arguments, {**state, "batch": None}
