"""`CommLine`: a comm that lasts as long as the kernel's session, whatever pages do."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from .silence import comm_silent


class CommLine:
    """A comm that the kernel keeps, with one id.

    Parameters
    ----------
    target : str
        The name of its target.
    announced : bool
        Whether to announce it to the open pages.
    """

    def __init__(self, target: str, *, announced: bool = False) -> None:
        self.id = uuid.uuid4().hex
        self._target = target
        self._callback: Callable[[Any, Any, Any], None] | None = None
        self._open(announced)

    def _open(self, announced: bool) -> None:
        import comm  # lazy: ipykernel has loaded it; IPython in a terminal does not need it

        self._comm = comm.create_comm(target_name=self._target, comm_id=self.id, primary=announced)
        if not announced:
            comm.get_comm_manager().register_comm(self._comm)
        comm_silent(self._comm)
        self._comm.on_msg(self._received)
        self._comm.on_close(lambda _: self._open(False))

    def close(self) -> None:
        """Close the comm for good, and tell the pages."""
        self._comm.on_close(None)
        self._comm.close()

    def send(self, content: Any, /) -> None:
        """Send a message to all pages."""
        self._comm.send(content)

    def on_msg(self, callback: Callable[[Any, Any, Any], None], /) -> None:
        """Call `callback` with this line, each message, and no buffers."""
        self._callback = callback

    def _received(self, message: dict[str, Any]) -> None:
        data = message["content"].get("data")
        if isinstance(data, dict):
            self.receive(data)

    def receive(self, data: dict[str, Any]) -> None:
        """Pass a message on, as if it had just come."""
        if self._callback is not None:
            self._callback(self, data, [])
