"""What happens to a turn. Its listeners get each change as one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from .items import Item, TextItem
from .requests import Request


@dataclass(frozen=True)
class StatusChanged:
    """The turn's state, status, time, cost or error changed."""


@dataclass(frozen=True)
class ItemChanged:
    """An item is new, or something of it changed."""

    item: Item


@dataclass(frozen=True)
class TextAppended:
    """A text grew; `text` is what is new."""

    item: TextItem
    text: str


@dataclass(frozen=True)
class RequestOpened:
    """A request waits for an answer."""

    request: Request


@dataclass(frozen=True)
class RequestClosed:
    """A request waits no longer; `outcome` says in words what became of it."""

    request: Request
    outcome: str


@dataclass(frozen=True)
class TurnEnded:
    """Nothing more comes."""


TurnChange = Union[
    StatusChanged, ItemChanged, TextAppended, RequestOpened, RequestClosed, TurnEnded
]
