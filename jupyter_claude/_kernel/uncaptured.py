"""Output that reaches the cell while other code captures its output (``capture_output``)."""

from __future__ import annotations

import io
import sys
from typing import Any

from .._screen import Screen
from .comms import accept_requests


def is_captured(shell: Any) -> bool:
    """Whether other code captures the running cell's output, and this module can get past it."""
    # Look at the class: `accept_requests` adds the method to other objects.
    if hasattr(type(shell.display_pub), "set_parent"):
        return False
    return hasattr(shell.kernel, "send_response") and hasattr(shell.kernel, "iopub_socket")


def show_uncaptured(shell: Any, content: dict[str, Any], *, update: bool) -> bool:
    """Show an output directly in the cell, if other code captures the cell's output.

    Parameters
    ----------
    shell
        What `get_ipython()` returns in a kernel.
    content : dict
        A message's ``data``, ``metadata`` and ``transient``.
    update : bool
        Whether it replaces the output with its display id.

    Returns
    -------
    bool
        False if no code captures the output. Then use the usual way.
    """
    if not is_captured(shell):
        return False
    accept_requests(shell)  # ipykernel itself may handle the answer, in a subshell
    kernel, kind = shell.kernel, "update_display_data" if update else "display_data"
    kernel.send_response(kernel.iopub_socket, kind, content, channel="shell")
    return True


class CellStream(Screen):
    """Prints in the running cell, also while other code captures its output.

    Parameters
    ----------
    shell
        What `get_ipython()` returns in a kernel.
    """

    def __init__(self, shell: Any) -> None:
        self._kernel = shell.kernel

    def write(self, text: str, /) -> int:
        """Print text."""
        if hasattr(sys.stdout, "set_parent"):  # the kernel's own
            return sys.stdout.write(text)
        content = {"name": "stdout", "text": text}
        self._kernel.send_response(self._kernel.iopub_socket, "stream", content, channel="shell")
        return len(text)

    def flush(self) -> None:
        """Flush the cell's stream."""
        sys.stdout.flush()

    def fileno(self) -> int:
        """Raise an error: the stream has no file."""
        raise io.UnsupportedOperation("fileno")

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return False

    @property
    def encoding(self) -> str:
        """The stream's encoding."""
        return "utf-8"
