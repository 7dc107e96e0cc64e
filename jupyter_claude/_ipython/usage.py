"""A wrong line as an error of its cell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from IPython.core.error import UsageError as PrintedError

from .._tracebacks import let_ipython_show
from .._turns.errors import error_line


class UsageError(PrintedError):
    """A line that cannot be understood; shown as one line.

    IPython prints its own class to stderr alone. A runner that looks for errors among the outputs,
    such as papermill, then says that something failed, and not what.
    """

    def _render_traceback_(self) -> list[str]:
        let_ipython_show(self)
        return [error_line(self)]


@contextmanager
def shown_as_error() -> Iterator[None]:
    """Have the cell end with the error, where the block raises IPython's."""
    try:
        yield
    except PrintedError as error:
        raise UsageError(str(error)) from None
