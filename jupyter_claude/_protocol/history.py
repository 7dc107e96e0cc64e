"""The messages between the kernel and views of the history, in a panel or in a widget."""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import TypeAliasType

from .._rewind.plan import Action


class Stop(TypedDict):
    """A turn that the slider can stop at: stop k is after the k-th turn."""

    prompt: str
    time: str
    """When it began, in ISO 8601."""
    files: list[str]
    """The first files that the turn changed; ``files_count`` counts all."""
    files_count: int
    cost: str


class Branch(TypedDict):
    """A conversation that a rewind left."""

    id: str
    label: str
    """The first prompt that is only in this branch."""
    turns: int
    time: str
    """When the rewind left it, in ISO 8601."""


class KeptOnDisk(TypedDict):
    """The rewind to undo, and the branches to go to."""

    undo: str
    """What "Undo rewind" would undo; "" if nothing."""
    branches: list[Branch]


class Situation(KeptOnDisk):
    """What a view shows in addition to the stops."""

    busy: str
    """Why the session cannot rewind just now; "" if it can."""


class FileChange(TypedDict):
    """A file, or a cell of an open notebook, that a rewind changes."""

    path: str
    """The file, absolute; with the cell's id."""
    name: str
    """The file's name for people, relative to Claude's folder where that is possible."""
    action: Action
    insertions: int
    deletions: int
    diff: str
    changed_by_you: bool | None
    """Whether the user changed it after Claude last wrote it; null if that is not known."""
    chosen: bool
    """Whether a rewind changes it by default."""
    cell: bool
    """Whether it is a cell."""


class PlanOfFiles(TypedDict):
    """What a rewind would do, or has done."""

    can_rewind: bool
    reason: str
    files: list[FileChange]
    irreversible: list[str]


class Plan(PlanOfFiles):
    """What a rewind would do; a view can ask for exactly this plan."""

    key: str
    """Identifies exactly this plan, so that the kernel does only what the view showed."""
    turns: list[str]
    """The turns that the rewind would remove, one line each."""


# --- from the kernel --------------------------------------------------------------------------

_From = TypedDict("_From", {"from": int})


class HistoryState(Situation, _From):
    """The stops from number ``from`` on, and the situation."""

    type: Literal["history"]
    event: Literal["state"]
    version: int
    """Counts the states; a page that missed one asks for all stops."""
    stops: list[Stop]


class HistoryPlan(TypedDict):
    """The plan that a view asked for."""

    type: Literal["history"]
    event: Literal["plan"]
    ask: str
    plan: Plan
    changed: bool
    """The view asked for a rewind, but the plan has changed since it was shown."""


class HistoryDone(TypedDict):
    """The kernel has done what a view asked for."""

    type: Literal["history"]
    event: Literal["done"]
    ask: str
    text: str
    prompt: str
    """The prompt of the first turn that the rewind removed."""


class HistoryError(TypedDict):
    """The kernel cannot do what a view asked for."""

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
    """What a rewind restores to its state after a stop."""

    stop: int
    files: bool
    conversation: bool


class HistoryPreview(RewindChoice):
    """Asks what a rewind would do."""

    type: Literal["history"]
    action: Literal["preview"]
    ask: str
    """The question's id, which the answer repeats. The part before the "/" names the view."""


class HistoryRewind(RewindChoice):
    """Rewinds, if the plan is still the one with this ``key``."""

    type: Literal["history"]
    action: Literal["rewind"]
    ask: str
    include: list[str]
    key: str


class HistoryResend(RewindChoice):
    """Rewinds as `HistoryRewind` does, and sends a prompt instead of the removed ones."""

    type: Literal["history"]
    action: Literal["resend"]
    ask: str
    include: list[str]
    key: str
    prompt: str
    turn: str
    """The id of the prompt's turn."""


class HistoryUndo(TypedDict):
    """Undoes the last rewind."""

    type: Literal["history"]
    action: Literal["undo"]
    ask: str


class HistoryBranch(TypedDict):
    """Continues an earlier branch."""

    type: Literal["history"]
    action: Literal["branch"]
    ask: str
    branch: str


HistoryAsk = TypeAliasType(
    "HistoryAsk",
    Union[HistoryPreview, HistoryRewind, HistoryResend, HistoryUndo, HistoryBranch],
)
HistoryFromPage = TypeAliasType("HistoryFromPage", Union[HistoryHello, HistoryAsk])
