"""`Displays`: how IPython shows the SDK's batches, rows and estimates.

The SDK knows no IPython, so the extension registers this by the names of the classes. A class that
nobody has imported stays unloaded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MODULE = "jupyter_claude_sdk"
_KINDS = {"Batch": "batch_parts", "Rows": "rows_parts", "Estimate": "estimate_parts"}


class Displays:
    """The formatters of a shell.

    Parameters
    ----------
    shell : InteractiveShell
        The shell.
    """

    def __init__(self, shell: Any) -> None:
        formatters = shell.display_formatter.formatters
        self._html = formatters["text/html"]
        self._plain = formatters["text/plain"]

    def start(self) -> None:
        """Register them."""
        for kind, parts in _KINDS.items():
            self._html.for_type_by_name(_MODULE, kind, _html(parts, kind))
            self._plain.for_type_by_name(_MODULE, kind, _plain(parts))

    def stop(self) -> None:
        """Remove them."""
        for kind in _KINDS:
            for formatter in (self._html, self._plain):
                name = f"{_MODULE}.{kind}"  # also if its class was found meanwhile
                if name in formatter:
                    formatter.pop(name)


def _html(parts: str, kind: str) -> Callable[[Any], str]:
    def show(thing: Any) -> str:
        from .._views import batch_static

        return batch_static.as_html(getattr(batch_static, parts)(thing), name=kind)

    return show


def _plain(parts: str) -> Callable[[Any, Any, bool], None]:
    def show(thing: Any, printer: Any, cycle: bool) -> None:
        from .._views import batch_static

        printer.text(batch_static.as_text(getattr(batch_static, parts)(thing)))

    return show
