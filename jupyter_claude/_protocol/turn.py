"""What a turn consists of, and the messages between the kernel and a view of one turn."""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import TypeAliasType

from .._turns.items import InputKind, Level, Todo, ToolState
from .._turns.record import TurnState
from .._turns.retries import OtherModel
from .requests import Answer, Request, Verdict

# --- items ------------------------------------------------------------------------------------


class TextItem(TypedDict):
    """Text, or thinking."""

    id: str
    kind: Literal["text", "thinking"]
    parent: str
    """The call whose subagent wrote it; "" for Claude's own."""
    text: str


class Wait(TypedDict):
    """The API refused to answer, and will be asked again."""

    ms: int
    """When, in milliseconds from now."""
    before: str
    """What stands before the time that is left."""
    after: str
    models: list[OtherModel]
    """The models that could be asked instead."""


class _MayWait(TypedDict, total=False):
    wait: Wait


class NoticeItem(_MayWait):
    """A line about the turn."""

    id: str
    kind: Literal["notice"]
    level: Level
    text: str


class ToolImage(TypedDict):
    """An image that a tool gave back, in base64."""

    media_type: str
    data: str
    alt: str


class ToolItem(TypedDict):
    """A tool call; of a long input and output only the beginning."""

    id: str
    kind: Literal["tool"]
    parent: str
    """The call whose subagent made it; "" for Claude's own."""
    name: str
    summary: str
    state: ToolState
    input: str
    input_kind: InputKind
    counts: str
    """How many lines a diff adds and removes, such as "+3 −1"."""
    output: str
    images: list[ToolImage]
    todos: list[Todo]
    """The to-do list, on the one call of a turn that shows it."""
    progress: str
    """What a subagent has done so far."""
    note: str


Item = TypeAliasType("Item", Union[TextItem, NoticeItem, ToolItem])


# --- turns ------------------------------------------------------------------------------------


class TurnStatus(TypedDict):
    """What changes of a turn besides its items and requests."""

    number: int
    state: TurnState
    status: str
    """What it is doing now, in words."""
    cost: str
    error: str
    left: str
    """That it is no part of the conversation any more; "" while it is."""


class Turn(TurnStatus):
    """A whole turn."""

    id: str
    prompt: str
    practice: bool
    items: list[Item]
    requests: list[Request]


#: A change of a turn: its name, then what it is about.
TurnOp = TypeAliasType(
    "TurnOp",
    Union[
        tuple[Literal["put"], Item],
        tuple[Literal["append"], str, str],
        tuple[Literal["turn"], TurnStatus],
        tuple[Literal["request"], Request],
        tuple[Literal["request_done"], str, str],
    ],
)


# --- messages ---------------------------------------------------------------------------------

#: What a widget shows; the trait of that name.
WidgetKind = TypeAliasType("WidgetKind", Literal["turn", "requests", "panel", "history", "signin"])


class Numbered(TypedDict):
    """What a message to a widget or a panel has in addition, unless it is a `Verdict` or `Code`."""

    seq: int
    """Counts the messages; a page that missed one asks for everything."""


class TurnSnapshot(TypedDict):
    """Everything there is."""

    type: Literal["snapshot"]
    turn: Turn


class TurnPatch(TypedDict):
    """What has changed since the message before."""

    type: Literal["patch"]
    ops: list[TurnOp]


class Code(TypedDict):
    """The code of all views."""

    type: Literal["code"]
    code: str


TurnFromKernel = TypeAliasType("TurnFromKernel", Union[TurnSnapshot, TurnPatch, Verdict, Code])


class Hello(TypedDict):
    """Asks for everything there is."""

    type: Literal["hello"]


class CodeWanted(TypedDict):
    """Asks for the code of all views; on each line of a widget and of the panel."""

    type: Literal["code"]


class StopThisTurn(TypedDict):
    """Stop the turn."""

    type: Literal["turn_action"]
    action: Literal["stop"]


class AskOtherModel(TypedDict):
    """Ask another model instead."""

    type: Literal["turn_action"]
    action: Literal["model"]
    model: str


TurnFromPage = TypeAliasType("TurnFromPage", Union[Hello, Answer, StopThisTurn, AskOtherModel])
