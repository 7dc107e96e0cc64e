"""Knows whether the calling context is code that Claude runs in this kernel.

Such code runs in the middle of a turn. If it asked Claude and waited, it would wait for the turn
that waits for it.
"""

from __future__ import annotations

from contextvars import ContextVar

from .._turns.errors import ClaudeError, show_as_one_line

__all__ = ["ClaudeCode", "inside", "refuse_inside", "running_here"]


class ClaudeCode:
    """A piece of Claude's code. Its tasks and threads share its context, also after its end.

    Attributes
    ----------
    over : bool
        Whether the code has ended.
    """

    def __init__(self) -> None:
        self.over = False


#: The code to which the calling context belongs.
scope: ContextVar[ClaudeCode | None] = ContextVar("jupyter_claude_code", default=None)


def running_here() -> ClaudeCode | None:
    """Return the running code to which the calling context belongs; None for other contexts."""
    code = scope.get()
    return None if code is None or code.over else code


def inside() -> bool:
    """Whether the calling context belongs to code that Claude runs."""
    return running_here() is not None


def refuse_inside(what: str) -> None:
    """Refuse something that would wait for the turn which runs the calling code.

    Parameters
    ----------
    what : str
        What is refused, such as ``claude.ask()``.

    Raises
    ------
    ClaudeError
        If the calling context belongs to code that Claude runs.
    """
    if inside():
        error = ClaudeError(
            f"{what} cannot wait for the turn that runs this code; "
            "let Claude answer in this turn, or ask in a cell of your own"
        )
        raise show_as_one_line(error)
