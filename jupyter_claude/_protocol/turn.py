"""The parts of a turn, and the messages between the kernel and a view of one turn."""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import TypeAliasType

from .._turns.items import InputKind, Level, Todo, ToolState
from .._turns.record import TurnState
from .._turns.remedies import Remedy
from .._turns.retries import OtherModel
from .._turns.tool_words import Step
from .requests import Answer, AnswerTyped, Request, Verdict

# --- items ------------------------------------------------------------------------------------


class TextItem(TypedDict):
    """Text, or thinking."""

    id: str
    kind: Literal["text", "thinking"]
    parent: str
    """The id of the call whose subagent wrote it; "" for Claude itself."""
    text: str


class Wait(TypedDict):
    """The API refused to answer; Claude Code will ask it again."""

    ms: int
    """The time until the next try, in milliseconds."""
    before: str
    """The text before the time that is left; ``after`` is the text behind it."""
    after: str
    models: list[OtherModel]
    """The models that the user can ask instead."""


class _MayWait(TypedDict, total=False):
    wait: Wait


class NoticeItem(_MayWait):
    """A line about the turn."""

    id: str
    kind: Literal["notice"]
    level: Level
    text: str


class ToolImage(TypedDict):
    """An image that a tool returned, in base64."""

    media_type: str
    data: str
    alt: str


class ToolItem(TypedDict):
    """A tool call; a long input or output is cut."""

    id: str
    kind: Literal["tool"]
    parent: str
    """The id of the call whose subagent made it; "" for Claude itself."""
    name: str
    title: str
    """The name in words."""
    step: Step
    """What it looks at, if one card may show it with calls like it."""
    summary: str
    state: ToolState
    seconds: int
    """For how long it has been running, or ran; 0 if it was quick."""
    task: bool
    """Whether it is a subagent, or a command in the background, that the user can stop."""
    input: str
    input_kind: InputKind
    cut: bool
    """Whether `input` is only the beginning."""
    counts: str
    """How many lines a diff adds and removes, such as "+3 −1"."""
    output: str
    left_out: int
    """How many lines of a long output are left out before `output_end`."""
    output_end: str
    images: list[ToolImage]
    todos: list[Todo]
    """The to-do list; only one call of a turn shows it."""
    progress: str
    """What the call's subagent has done so far."""
    note: str


class AttachedItem(TypedDict):
    """What the prompt attached, such as a variable that it names with ``@``."""

    id: str
    kind: Literal["attached"]
    name: str
    title: str
    """What it is, in one line."""
    text: str
    """What Claude gets of it; a long text is cut."""
    images: list[ToolImage]
    note: str
    """What was kept back."""


Item = TypeAliasType("Item", Union[TextItem, NoticeItem, ToolItem, AttachedItem])


# --- turns ------------------------------------------------------------------------------------


class TurnProblem(TypedDict):
    """The error that ended a turn, for a view with buttons."""

    text: str
    """A sentence."""
    remedy: Remedy
    """What the button does."""
    models: list[OtherModel]
    """The models to choose from, with the remedy "model"."""


class TurnStatus(TypedDict):
    """The fields of a turn that change, other than items and requests."""

    number: int
    state: TurnState
    status: str
    """What the turn is doing now, in words."""
    cost: str
    error: str
    """The error in one line, with what to type."""
    problem: TurnProblem | None
    left: str
    """A sentence if the turn has left the conversation; "" while it is part of it."""
    stale: str
    """A sentence if it is a recorded answer to a question that has changed; else ""."""


class Turn(TurnStatus):
    """A whole turn."""

    id: str
    prompt: str
    practice: bool
    items: list[Item]
    requests: list[Request]


#: A change of a turn: its name, then its data.
TurnOp = TypeAliasType(
    "TurnOp",
    Union[
        tuple[Literal["put"], Item],
        tuple[Literal["append"], str, str],
        tuple[Literal["turn"], TurnStatus],
        tuple[Literal["request"], Request],
        tuple[Literal["request_done"], str, str],
        tuple[Literal["output"], str, str],  # a call's id, and all of its output
    ],
)


# --- messages ---------------------------------------------------------------------------------

#: What a widget shows: the value of its trait ``kind``.
WidgetKind = TypeAliasType(
    "WidgetKind", Literal["turn", "requests", "panel", "history", "signin", "batch"]
)


class Numbered(TypedDict):
    """An additional field of each message to a widget or panel, except `Verdict` and `Code`."""

    seq: int
    """Counts the messages; a page that missed one asks for everything."""


class TurnSnapshot(TypedDict):
    """The whole turn."""

    type: Literal["snapshot"]
    turn: Turn


class TurnPatch(TypedDict):
    """The changes since the message before."""

    type: Literal["patch"]
    ops: list[TurnOp]


class Code(TypedDict):
    """The code of all views."""

    type: Literal["code"]
    code: str


TurnFromKernel = TypeAliasType("TurnFromKernel", Union[TurnSnapshot, TurnPatch, Verdict, Code])


class BringBack(TypedDict):
    """Brings a turn back that has left the conversation, as `SessionState.ways_back` says."""

    type: Literal["turn_action"]
    action: Literal["back"]


class Hello(TypedDict):
    """Asks for a snapshot."""

    type: Literal["hello"]


class CodeWanted(TypedDict):
    """Asks for the code of all views; any widget or panel may send it."""

    type: Literal["code"]


class StopThisTurn(TypedDict):
    """Stops the turn."""

    type: Literal["turn_action"]
    action: Literal["stop"]


class AskOtherModel(TypedDict):
    """Asks another model instead."""

    type: Literal["turn_action"]
    action: Literal["model"]
    model: str


class StopTask(TypedDict):
    """Stops a subagent, or a command in the background."""

    type: Literal["turn_action"]
    action: Literal["stop_task"]
    call: str


class Recover(TypedDict):
    """Does what the turn offers after its error; "again" also asks a stale turn."""

    type: Literal["turn_action"]
    action: Literal["again", "compact", "sign_in"]


class ShowOutput(TypedDict):
    """Asks for all of a call's output."""

    type: Literal["turn_action"]
    action: Literal["output"]
    call: str


TurnFromPage = TypeAliasType(
    "TurnFromPage",
    Union[Hello, Answer, AnswerTyped, StopThisTurn, AskOtherModel, StopTask, Recover, ShowOutput],
)
