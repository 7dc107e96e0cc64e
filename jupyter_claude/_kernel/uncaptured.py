"""Displays that reach the cell while something captures its output, such as ``capture_output``."""

from __future__ import annotations

import io
import sys
from typing import Any

from .._screen import Screen
from .comms import accept_requests


def is_captured(shell: Any) -> bool:
    """Whether something captures what the running cell displays, and there is a way past it."""
    # The class: `accept_requests` gives the method to others, too.
    if hasattr(type(shell.display_pub), "set_parent"):
        return False
    return hasattr(shell.kernel, "send_response") and hasattr(shell.kernel, "iopub_socket")


def show_uncaptured(shell: Any, content: dict[str, Any], *, update: bool) -> bool:
    """Show something past what captures the cell's output, if anything does.

    Parameters
    ----------
    shell
        What `get_ipython()` returns in a kernel.
    content : dict
        A message's ``data``, ``metadata`` and ``transient``.
    update : bool
        Whether it stands in place of what its display id shows.

    Returns
    -------
    bool
        False if nothing captures it: the usual way serves, with all that hooks into that.
    """
    if not is_captured(shell):
        return False
    accept_requests(shell)  # the answer may come by ipykernel's own way, from a subshell
    kernel, kind = shell.kernel, "update_display_data" if update else "display_data"
    kernel.send_response(kernel.iopub_socket, kind, content, channel="shell")
    return True


class CellStream(Screen):
    """Prints in the running cell, also while something captures what is printed there.

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
        """Print what is left."""
        sys.stdout.flush()

    def fileno(self) -> int:
        """Return the number of its file: it has none."""
        raise io.UnsupportedOperation("fileno")

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return False

    @property
    def encoding(self) -> str:
        """The encoding of what is printed."""
        return "utf-8"
