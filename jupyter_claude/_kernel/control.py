"""Answers on the control channel: they reach a kernel that is busy in a synchronous cell.

ipykernel serves that channel in a thread of its own, but only for requests that it knows. Our
JupyterLab extension sends an answer to a permission request there as well, as a ``comm_msg`` of a
comm that is none; a kernel without this handler logs it and goes on. Only public names are used;
where one is missing, answers come by the widgets' comms alone, as from every other front end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: The comm that the messages name, here and in the front end's `plugin/channel.ts`.
COMM = "jupyter_claude.control"

_KIND = "comm_msg"

#: Told a request's id and the answer, in the thread of the control channel.
Take = Callable[[str, "dict[str, Any]"], object]


class ControlAnswers:
    """The handler of one kernel.

    Parameters
    ----------
    take : callable
        Called with each answer.
    before : callable or None
        The handler that was there; it gets what is not ours.
    """

    def __init__(self, take: Take, before: Callable[..., Any] | None) -> None:
        self._take = take
        self._before = before

    def __call__(self, stream: Any, idents: Any, message: dict[str, Any]) -> Any:
        """Take a message from the control channel."""
        content = message["content"]
        if content.get("comm_id") != COMM:
            return self._before(stream, idents, message) if self._before is not None else None
        data = content.get("data")
        if isinstance(data, dict) and data.get("type") == "answer":
            self._take(str(data.get("request")), data)
        return None

    @classmethod
    def install(cls, shell: Any, take: Take) -> bool:
        """Have `take` called with the answers that come on the control channel.

        Parameters
        ----------
        shell
            What `get_ipython()` returns.
        take : callable
            Called with each answer, in the channel's own thread.

        Returns
        -------
        bool
            Whether this kernel has a control channel of its own.
        """
        kernel = getattr(shell, "kernel", None)
        handlers = getattr(kernel, "control_handlers", None)
        if not isinstance(handlers, dict) or getattr(kernel, "control_thread", None) is None:
            return False
        present = handlers.get(_KIND)
        before = present._before if isinstance(present, cls) else present
        handlers[_KIND] = cls(take, before)
        return True

    @classmethod
    def uninstall(cls, shell: Any) -> None:
        """Give the channel back; harmless when nothing is installed."""
        handlers = getattr(getattr(shell, "kernel", None), "control_handlers", None)
        present = handlers.get(_KIND) if isinstance(handlers, dict) else None
        if not isinstance(handlers, dict) or not isinstance(present, cls):
            return
        if present._before is None:
            del handlers[_KIND]
        else:
            handlers[_KIND] = present._before
