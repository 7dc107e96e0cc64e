"""Keeps other packages' log records about our work out of the user's logs."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_PARSER = logging.getLogger("markdown_it")
_COMMS = logging.getLogger("Comm")


@contextmanager
def parser_silent() -> Iterator[None]:
    """Keep the Markdown parser from logging each of its steps: hundreds for a short answer.

    If the user has set the level of the parser's own logger, the user wants that log and gets it.
    """
    if _PARSER.level != logging.NOTSET or not _PARSER.isEnabledFor(logging.DEBUG):
        yield
        return
    _PARSER.setLevel(logging.INFO)
    try:
        yield
    finally:
        _PARSER.setLevel(logging.NOTSET)


class _NotOurs(logging.Filter):
    """Drops only the log records about messages on our comms."""

    def __init__(self) -> None:
        super().__init__()
        self.ours: weakref.WeakSet[Any] = weakref.WeakSet()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a record is of somebody else's."""
        about = record.args[0] if isinstance(record.args, tuple) and record.args else None
        ours = record.levelno <= logging.DEBUG and any(each.comm_id == about for each in self.ours)
        return not ours


_not_ours = _NotOurs()


def comm_silent(comm: Any) -> None:
    """Keep the whole text of the messages on this comm out of the log.

    They hold what the user types to Claude.
    """
    _COMMS.addFilter(_not_ours)  # is there once at most
    _not_ours.ours.add(comm)
