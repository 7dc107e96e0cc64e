"""The messages between the kernel and views of the history: on the panel's line, or their own."""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import TypeAliasType

from .._rewind.plan import Action


class Stop(TypedDict):
    """A turn as a place to stop at: the slider's stop k is after the k-th of them."""

    prompt: str
    time: str
    """When it began, in ISO 8601."""
    files: list[str]
    """The first of the files that it touched."""
    files_count: int
    cost: str


class Branch(TypedDict):
    """A conversation that a rewind left."""

    id: str
    label: str
    """The first prompt that only it has."""
    turns: int
    time: str
    """When it was left, in ISO 8601."""


class KeptOnDisk(TypedDict):
    """What can be undone and gone to."""

    undo: str
    """What "Undo rewind" would undo; "" if nothing."""
    branches: list[Branch]


class Situation(KeptOnDisk):
    """What a view shows besides the stops."""

    busy: str
    """Why nothing can be done just now; "" if it can."""


class FileChange(TypedDict):
    """A file that a rewind changes."""

    path: str
    """The file, absolute."""
    name: str
    """The file as people write it in Claude's folder."""
    action: Action
    insertions: int
    deletions: int
    diff: str
    changed_by_you: bool | None
    """Whether the user changed it since Claude last wrote it; null where that is not known."""
    chosen: bool
    """Whether it is rewound unasked."""


class PlanOfFiles(TypedDict):
    """What a rewind would do, or has done."""

    can_rewind: bool
    reason: str
    files: list[FileChange]
    irreversible: list[str]


class Plan(PlanOfFiles):
    """What a rewind would do, to be acted on."""

    key: str
    """Names exactly this plan: what is acted on is what was shown."""
    turns: list[str]
    """The turns that would leave the conversation, one line each."""


# --- from the kernel --------------------------------------------------------------------------

_From = TypedDict("_From", {"from": int})


class HistoryState(Situation, _From):
    """The stops from number ``from`` on, and what a view shows besides."""

    type: Literal["history"]
    event: Literal["state"]
    version: int
    """Counts the states; a page that missed one asks for all stops."""
    stops: list[Stop]


class HistoryPlan(TypedDict):
    """The plan that was asked for."""

    type: Literal["history"]
    event: Literal["plan"]
    ask: str
    plan: Plan
    changed: bool
    """The plan was to be acted on, and is no longer what was shown."""


class HistoryDone(TypedDict):
    """What was asked for is done."""

    type: Literal["history"]
    event: Literal["done"]
    ask: str
    text: str
    prompt: str
    """What the first turn that left the conversation had asked."""


class HistoryError(TypedDict):
    """What was asked for cannot be done."""

    type: Literal["history"]
    event: Literal["error"]
    ask: str
    text: str


HistoryAnswer = TypeAliasType("HistoryAnswer", Union[HistoryPlan, HistoryDone, HistoryError])
HistoryFromKernel = TypeAliasType("HistoryFromKernel", Union[HistoryState, HistoryAnswer])


# --- from a page ------------------------------------------------------------------------------


class HistoryHello(TypedDict):
    """Asks for everything."""

    type: Literal["history"]
    action: Literal["hello"]


class RewindChoice(TypedDict):
    """What is to be taken back, to how it was after a stop."""

    stop: int
    files: bool
    conversation: bool


class HistoryPreview(RewindChoice):
    """Asks what a rewind would do."""

    type: Literal["history"]
    action: Literal["preview"]
    ask: str
    """Names the question; the answer has it, too. The view's own name is before the "/"."""


class HistoryRewind(RewindChoice):
    """Rewinds, if that does what ``key`` stands for."""

    type: Literal["history"]
    action: Literal["rewind"]
    ask: str
    include: list[str]
    key: str


class HistoryUndo(TypedDict):
    """Undoes the last rewind."""

    type: Literal["history"]
    action: Literal["undo"]
    ask: str


class HistoryBranch(TypedDict):
    """Goes on with an earlier branch."""

    type: Literal["history"]
    action: Literal["branch"]
    ask: str
    branch: str


HistoryAsk = TypeAliasType(
    "HistoryAsk", Union[HistoryPreview, HistoryRewind, HistoryUndo, HistoryBranch]
)
HistoryFromPage = TypeAliasType("HistoryFromPage", Union[HistoryHello, HistoryAsk])
