"""Answers on the control channel: they reach a kernel that runs a synchronous cell.

ipykernel handles this channel in its own thread, but only requests that it knows. Our JupyterLab
extension also sends each answer to a permission request here, and each press of Stop, as a
``comm_msg`` with a reserved comm id. A kernel without this handler only logs the message. The
module uses public names only. If one is missing, answers come only by the widgets' comms, as from
every other front end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: The comm id of these messages, here and in the front end's `plugin/channel.ts`.
COMM = "jupyter_claude.control"

_KIND = "comm_msg"

#: Called with a request's id and the answer, in the thread of the control channel.
Take = Callable[[str, "dict[str, Any]"], object]
#: Called with the id of a press of Stop, in the same thread.
Stop = Callable[[str], object]


class ControlAnswers:
    """Handles the answers on one kernel's control channel.

    Parameters
    ----------
    take : callable
        Called with each answer.
    stop : callable
        Called with each press of Stop.
    before : callable or None
        The earlier handler. It gets all messages with another comm id.
    """

    def __init__(self, take: Take, stop: Stop, before: Callable[..., Any] | None) -> None:
        self._take = take
        self._stop = stop
        self._before = before

    def __call__(self, stream: Any, idents: Any, message: dict[str, Any]) -> Any:
        """Handle a message from the control channel."""
        content = message["content"]
        if content.get("comm_id") != COMM:
            return self._before(stream, idents, message) if self._before is not None else None
        data = content.get("data")
        if isinstance(data, dict) and data.get("type") == "answer":
            self._take(str(data.get("request")), data)
        elif isinstance(data, dict) and data.get("type") == "interrupt":
            self._stop(str(data.get("id") or ""))
        return None

    @classmethod
    def install(cls, shell: Any, take: Take, stop: Stop) -> bool:
        """Call `take` with each answer from the control channel, and `stop` with each press.

        Parameters
        ----------
        shell
            What `get_ipython()` returns.
        take : callable
            Called with each answer, in the channel's thread.
        stop : callable
            Called with the id of each press of Stop, in the channel's thread.

        Returns
        -------
        bool
            Whether this kernel has a control channel with its own thread.
        """
        kernel = getattr(shell, "kernel", None)
        handlers = getattr(kernel, "control_handlers", None)
        if not isinstance(handlers, dict) or getattr(kernel, "control_thread", None) is None:
            return False
        present = handlers.get(_KIND)
        before = present._before if isinstance(present, cls) else present
        handlers[_KIND] = cls(take, stop, before)
        return True

    @classmethod
    def uninstall(cls, shell: Any) -> None:
        """Restore the earlier handler. This is harmless if nothing is installed."""
        handlers = getattr(getattr(shell, "kernel", None), "control_handlers", None)
        present = handlers.get(_KIND) if isinstance(handlers, dict) else None
        if not isinstance(handlers, dict) or not isinstance(present, cls):
            return
        if present._before is None:
            del handlers[_KIND]
        else:
            handlers[_KIND] = present._before
