"""The messages between the kernel and the views of the chat panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict, Union

from typing_extensions import TypeAliasType

from .._core.conversation import Context
from .._engine.modes import Choice
from .._engine.state import Status
from .._turns.record import TurnState
from .history import HistoryFromKernel, HistoryFromPage
from .requests import Answer, Verdict
from .sign_in import SignInFromKernel, SignInFromPage
from .turn import AskOtherModel, Code, Hello, StopThisTurn, Turn, TurnOp


class Head(TypedDict):
    """What the list of turns says of one of them."""

    id: str
    number: int
    prompt: str
    """The beginning of the prompt; "" for what Claude did unasked."""
    state: TurnState
    time: str
    """When it began, in ISO 8601."""
    requests: int
    """How many requests wait for an answer."""
    withdrawable: bool


class SessionState(TypedDict):
    """What the session is doing now."""

    status: Status
    queued: int
    """Prompts that wait for their turn."""
    model: str
    models: Sequence[Choice]
    mode: str
    modes: Sequence[Choice]
    context: Context | None
    cost: str
    """What was spent, in words."""
    cost_usd: float
    budget_usd: float | None
    subscription: bool
    """Whether the account pays no dollars for tokens."""
    limits: str
    """What is known of the subscription's limits."""
    session_id: str | None
    """The conversation; null before anything was asked in it."""
    title: str
    folder: str
    practice: bool
    version: str
    """Claude Code's, once it has been started."""
    taken_back: dict[str, str]
    """What is to be said of turns that a rewind took back, by their ids; "" if they came back."""


#: Those of its fields that have changed.
SessionChange = TypedDict(  # type: ignore[misc]  # mypy would have each field written once more
    "SessionChange", SessionState.__annotations__, total=False
)

_From = TypedDict("_From", {"from": str})


class Draft(_From):
    """What is typed and not sent; ``from`` names the view where it is typed."""

    text: str


#: A change of the panel: its name, then what it is about.
PanelOp = TypeAliasType(
    "PanelOp",
    Union[
        tuple[Literal["turn_op"], str, TurnOp],  # the turn's id, and its change
        tuple[Literal["head"], Head],
        tuple[Literal["turns"], list[Head]],  # all of them
        tuple[Literal["state"], SessionChange],
        tuple[Literal["draft"], Draft],
        tuple[Literal["taken"], str],  # the id of a prompt that the kernel has
        tuple[Literal["withdrawn"], str, str],  # the turn's id, and its prompt
        tuple[Literal["undone"], str],  # the prompt that a rewind had given back
        tuple[Literal["problem"], str],
        tuple[Literal["heard"]],  # a message was taken; else a view says that the kernel is busy
    ],
)


# --- from the kernel --------------------------------------------------------------------------


class Panel(TypedDict):
    """The panel without what the turns consist of."""

    state: SessionState
    draft: str
    turns: list[Head]


class PanelSnapshot(TypedDict):
    """Everything there is, but for what the turns consist of."""

    type: Literal["snapshot"]
    panel: Panel


class PanelTurn(TypedDict):
    """A turn that a view wanted."""

    type: Literal["turn"]
    turn: Turn


class PanelPatch(TypedDict):
    """What has changed since the message before."""

    type: Literal["patch"]
    ops: list[PanelOp]


PanelFromKernel = TypeAliasType(
    "PanelFromKernel",
    Union[PanelSnapshot, PanelTurn, PanelPatch, Verdict, Code, HistoryFromKernel, SignInFromKernel],
)


# --- from a page ------------------------------------------------------------------------------


class Want(TypedDict):
    """Asks what these turns consist of."""

    type: Literal["want"]
    turns: list[str]


class Ask(TypedDict):
    """Asks Claude; the id is the turn's, and a prompt that comes twice is asked once."""

    type: Literal["ask"]
    id: str
    prompt: str


class Withdraw(TypedDict):
    """Takes a prompt back that still waits."""

    type: Literal["withdraw"]
    turn: str


class _OfTurn(TypedDict):
    turn: str


class StopTurn(StopThisTurn, _OfTurn):
    """Stop this turn."""


class AskOtherModelInTurn(AskOtherModel, _OfTurn):
    """Ask another model instead of this turn's."""


class Interrupt(TypedDict):
    """Stops the turn that runs."""

    type: Literal["interrupt"]


class New(TypedDict):
    """Begins a new conversation."""

    type: Literal["new"]


class Resume(TypedDict):
    """Has the next prompt go on with the notebook's last conversation."""

    type: Literal["resume"]


class ChooseModel(TypedDict):
    """Chooses the model."""

    type: Literal["model"]
    name: str


class _MayBeConfirmed(TypedDict, total=False):
    confirmed: bool
    """Whether the user was asked and means it."""


class ChooseMode(_MayBeConfirmed):
    """Chooses the permission mode."""

    type: Literal["mode"]
    name: str


class DraftTyped(Draft):
    """Shares what is typed with the other views."""

    type: Literal["draft"]


PanelFromPage = TypeAliasType(
    "PanelFromPage",
    Union[
        Hello,
        Want,
        Ask,
        Withdraw,
        Answer,
        StopTurn,
        AskOtherModelInTurn,
        HistoryFromPage,
        SignInFromPage,
        DraftTyped,
        Interrupt,
        New,
        Resume,
        ChooseModel,
        ChooseMode,
    ],
)
