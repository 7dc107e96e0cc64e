"""`UsageError`, the error for a wrong line of a magic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from IPython.core.error import UsageError as PrintedError

from .._tracebacks import let_ipython_show
from .._turns.errors import error_line


class UsageError(PrintedError):
    """The user wrote a wrong line for a magic. IPython shows the error as one line.

    IPython prints its own UsageError only to stderr. A runner such as papermill looks for errors in
    the outputs, so it could not say what failed.
    """

    def _render_traceback_(self) -> list[str]:
        let_ipython_show(self)
        return [error_line(self)]


@contextmanager
def shown_as_error() -> Iterator[None]:
    """Raise our UsageError in place of IPython's, so that the cell ends with an error."""
    try:
        yield
    except PrintedError as error:
        raise UsageError(str(error)) from None
