"""A turn in a notebook's file, under our own MIME type. No page sends it back."""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import TypeAliasType

from .._turns.items import InputKind, Level, Todo, ToolState
from .._turns.tool_words import Step


class _MaySaveText(TypedDict, total=False):
    parent: str
    text: str


class SavedText(_MaySaveText):
    """Text, or thinking. Here and below, empty fields are left out."""

    id: str
    kind: Literal["text", "thinking"]


class _MaySaveNotice(TypedDict, total=False):
    text: str


class SavedNotice(_MaySaveNotice):
    """A line about the turn."""

    id: str
    kind: Literal["notice"]
    level: Level


class _MaySaveTool(TypedDict, total=False):
    parent: str
    name: str
    title: str
    step: Step
    summary: str
    seconds: int
    input: str
    cut: bool
    counts: str
    output: str
    left_out: int
    output_end: str
    images: list[int]
    """The numbers of its images in the output's HTML."""
    todos: list[Todo]
    progress: str
    note: str


class SavedTool(_MaySaveTool):
    """A tool call."""

    id: str
    kind: Literal["tool"]
    state: ToolState
    input_kind: InputKind


class _MaySaveAttached(TypedDict, total=False):
    name: str
    title: str
    text: str
    images: list[int]
    """The numbers of its images in the output's HTML."""
    note: str


class SavedAttached(_MaySaveAttached):
    """What the prompt attached."""

    id: str
    kind: Literal["attached"]


SavedItem = TypeAliasType("SavedItem", Union[SavedText, SavedNotice, SavedTool, SavedAttached])


class _MayHaveLeft(TypedDict, total=False):
    left: str
    stale: str


class SavedTurn(_MayHaveLeft):
    """A finished turn."""

    version: Literal[1]
    id: str
    number: int
    practice: bool
    items: list[SavedItem]
    cost: str
    error: str
