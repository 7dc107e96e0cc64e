"""Shows an error in one line, even if another package draws IPython's tracebacks."""

from __future__ import annotations

from typing import Any

#: IPython's method that shows a traceback. `rich.traceback.install()` replaces it.
_METHOD = "_showtraceback"
#: An attribute of a function of ours in its place, which shows the lines as they are.
AS_IT_IS = "_jupyter_claude_shows_lines"


def let_ipython_show(error: BaseException) -> None:
    """Make IPython itself show `error`, which it is about to show. Other errors are not affected.

    Another package would draw a traceback into our code, and the notebook would have no error.
    """
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    others = None if shell is None else vars(shell).get(_METHOD)
    if others is None or hasattr(others, AS_IT_IS):
        return

    def show(kind: Any, value: Any, traceback: Any, *rest: Any, **more: Any) -> None:
        setattr(shell, _METHOD, others)
        if value is error:
            getattr(type(shell), _METHOD)(shell, kind, value, traceback)
        else:
            others(kind, value, traceback, *rest, **more)

    setattr(shell, _METHOD, show)
