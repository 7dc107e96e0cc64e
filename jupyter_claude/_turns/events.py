"""The events of a turn. Its listeners get one of these for each change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from .items import Item, TextItem, ToolCall
from .requests import Request


@dataclass(frozen=True)
class StatusChanged:
    """The turn's state, status, time, cost or error changed."""


@dataclass(frozen=True)
class ItemChanged:
    """An item is new, or it changed."""

    item: Item


@dataclass(frozen=True)
class TextAppended:
    """A text grew; `text` is the new part."""

    item: TextItem
    text: str


@dataclass(frozen=True)
class OutputAppended:
    """A call's output grew while it runs; `text` is the new part."""

    call: ToolCall
    text: str


@dataclass(frozen=True)
class InputAppended:
    """The input of a call grew, in a turn that is asked for a list; `text` is the new part."""

    call: ToolCall
    text: str


@dataclass(frozen=True)
class RequestOpened:
    """A request waits for an answer."""

    request: Request


@dataclass(frozen=True)
class RequestClosed:
    """A request no longer waits; `outcome` says why, in words."""

    request: Request
    outcome: str


@dataclass(frozen=True)
class TurnEnded:
    """The turn has ended; it changes no more, except for its calls in the background."""


TurnChange = Union[
    StatusChanged,
    ItemChanged,
    TextAppended,
    OutputAppended,
    InputAppended,
    RequestOpened,
    RequestClosed,
    TurnEnded,
]
