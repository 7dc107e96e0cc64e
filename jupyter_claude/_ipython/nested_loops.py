"""Follows the setting `nest_asyncio`."""

from __future__ import annotations

import sys
from typing import Any

from .._kernel.nesting import Nesting
from .._settings import Settings
from .usage import UsageError

__all__ = ["NestedLoops"]

_MISSING = (
    "nest_asyncio needs the package nest-asyncio2, 1.7.3 or later; "
    "run %pip install 'jupyter-claude[nest]', and restart the kernel"
)


class NestedLoops:
    """Applies nest_asyncio2 while the setting is on."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._nesting = Nesting()

    def start(self) -> None:
        """Begin to follow the setting."""
        self._settings.observe(self._change, "nest_asyncio")
        if self._settings.nest_asyncio:  # by a configuration file
            try:
                self._apply()
            except UsageError as error:
                print(error, file=sys.stderr)  # the extension loads all the same

    def stop(self) -> None:
        """Undo what the setting did."""
        self._settings.unobserve(self._change, "nest_asyncio")
        self._nesting.undo()

    def _change(self, change: Any) -> None:
        if change["new"]:
            self._apply()
        else:
            self._nesting.undo()

    def _apply(self) -> None:
        try:
            self._nesting.apply()
        except ImportError:
            self._settings.nest_asyncio = False
            raise UsageError(_MISSING) from None
