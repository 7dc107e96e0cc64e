"""The messages between the kernel and the views of the chat panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict, Union

from typing_extensions import TypeAliasType

from .._core.conversation import Context, WayBack
from .._core.tasks import RunningTask
from .._engine.context import PartKind
from .._engine.given import Given
from .._engine.modes import Choice
from .._engine.server_actions import ServerAction
from .._engine.slash_commands import SlashCommand
from .._engine.state import Status
from .._looking.mentions import Kind
from .._replay.mode import Mode as ReplayMode
from .._turns.record import TurnState
from .conversations import ConversationsFromKernel, ConversationsFromPage
from .history import HistoryFromKernel, HistoryFromPage
from .requests import Answer, AnswerTyped, Verdict
from .sign_in import SignInFromKernel, SignInFromPage
from .turn import (
    AskOtherModel,
    BringBack,
    Code,
    Hello,
    Recover,
    ShowOutput,
    StopTask,
    StopThisTurn,
    Turn,
    TurnOp,
)


class Head(TypedDict):
    """What the list of turns says of one turn."""

    id: str
    number: int
    prompt: str
    """The beginning of the prompt; "" for a turn without one."""
    state: TurnState
    time: str
    """When it began, in ISO 8601."""
    requests: int
    """How many requests wait for an answer."""
    withdrawable: bool


class ReplayAhead(TypedDict):
    """What a run of the notebook would replay and ask."""

    mode: ReplayMode
    line: str
    """In one line; "" if it is not known."""
    stale: int
    """How many of its prompts have a stale answer."""
    again: Sequence[str]
    """The ids of the turns that show a stale answer and can be asked again."""
    cells: dict[str, str]
    """What to say at cells whose prompt is not replayed, by the cell's id."""


class SessionState(TypedDict):
    """What the session is doing now."""

    status: Status
    queued: int
    """How many prompts wait in the queue."""
    model: str
    models: Sequence[Choice]
    mode: str
    modes: Sequence[Choice]
    kernel: str
    """Whether Claude may look into the kernel."""
    kernels: Sequence[Choice]
    context: Context | None
    cost: str
    """What the session has spent, in words."""
    cost_usd: float
    budget_usd: float | None
    subscription: bool
    """Whether a subscription pays, instead of dollars for tokens."""
    limits: str
    """The subscription's limits, as far as they are known."""
    session_id: str | None
    """The conversation's id; null before the first prompt."""
    title: str
    """The title or the first prompt, as plain words; "" before the first prompt."""
    copy_of: str
    """The name of the conversation that the next prompt copies first; "" without a copy."""
    practice: bool
    prompts: Sequence[str]
    """What the practice model offers; empty without it."""
    version: str
    """The version of Claude Code, once it has started."""
    tasks: Sequence[RunningTask]
    """The subagents and background commands that run, of all turns."""
    taken_back: dict[str, str]
    """What views say of turns that left the conversation, by id; "" if the turn is back."""
    ways_back: dict[str, WayBack]
    """How the turns that left can come back, by id."""
    replay: ReplayAhead | None
    """Null without a recording."""


#: The fields of a `SessionState` that have changed.
SessionChange = TypedDict(  # type: ignore[misc]  # mypy would have each field written once more
    "SessionChange", SessionState.__annotations__, total=False
)

_From = TypedDict("_From", {"from": str})


class Draft(_From):
    """The text that the user has typed and not sent; ``from`` names the view."""

    text: str


#: A change of the panel: its name, then its data.
PanelOp = TypeAliasType(
    "PanelOp",
    Union[
        tuple[Literal["turn_op"], str, TurnOp],  # the turn's id, and the change
        tuple[Literal["head"], Head],
        tuple[Literal["turns"], list[Head]],  # all of them
        tuple[Literal["state"], SessionChange],
        tuple[Literal["draft"], Draft],
        tuple[Literal["taken"], str],  # the id of a prompt that the kernel has
        tuple[Literal["withdrawn"], str, str],  # the turn's id, and its prompt
        tuple[Literal["undone"], str],  # the prompt that a rewind had put into the draft
        tuple[Literal["problem"], str],
        tuple[Literal["heard"]],  # the kernel got a message; else a view calls the kernel busy
    ],
)


# --- from the kernel --------------------------------------------------------------------------


class Panel(TypedDict):
    """The panel without the contents of the turns."""

    state: SessionState
    draft: str
    turns: list[Head]


class PanelSnapshot(TypedDict):
    """The whole panel, without the contents of the turns."""

    type: Literal["snapshot"]
    panel: Panel


class PanelTurn(TypedDict):
    """A turn that a view asked for."""

    type: Literal["turn"]
    turn: Turn


class PanelPatch(TypedDict):
    """The changes since the message before."""

    type: Literal["patch"]
    ops: list[PanelOp]


class CompletionItem(TypedDict):
    """One completion of what follows an ``@``."""

    text: str
    """What replaces the text from `start` to the cursor, such as "@df"."""
    start: int
    """Where it begins, counted as the question's cursor."""
    kind: Kind
    detail: str
    """What it is, in a few words."""


class Completions(TypedDict):
    """The answer to `Complete`."""

    type: Literal["completions"]
    id: str
    items: list[CompletionItem]


class CommandList(TypedDict):
    """The answer to `ListCommands`."""

    type: Literal["commands"]
    known: bool
    """Whether Claude Code has started, so that its commands are known."""
    commands: list[SlashCommand]


class ToolServer(TypedDict):
    """An MCP server."""

    name: str
    state: str
    """In words."""
    problem: bool
    """Whether it does not work before the user does something."""
    tools: list[str]
    actions: list[ServerAction]
    """What the user can do about it."""
    sign_in: str
    """The address of the page where the user signs in; "" before they asked for it."""


class Named(TypedDict):
    """A skill or an agent."""

    name: str
    description: str


class ToolList(TypedDict):
    """The answer to `ListTools`."""

    type: Literal["tools"]
    servers: list[ToolServer]
    own: str
    """A line on Claude Code's own tools."""
    skills: list[Named]
    """The user's and the folder's; Claude Code's own are not among them."""
    agents: list[Named]


class ContextPart(TypedDict):
    """One part of the model's context, such as the messages."""

    name: str
    tokens: int
    kind: PartKind


class ContextUse(TypedDict):
    """The answer to `AskContext`."""

    type: Literal["context"]
    context: Context | None
    """None if it is not known yet."""
    parts: list[ContextPart]
    """Empty if they are not known now."""


PanelFromKernel = TypeAliasType(
    "PanelFromKernel",
    Union[
        PanelSnapshot,
        PanelTurn,
        PanelPatch,
        Verdict,
        Code,
        Completions,
        CommandList,
        ToolList,
        ConversationsFromKernel,
        ContextUse,
        HistoryFromKernel,
        SignInFromKernel,
    ],
)


# --- from a page ------------------------------------------------------------------------------


class Want(TypedDict):
    """Asks for the contents of these turns."""

    type: Literal["want"]
    turns: list[str]


class _MayAttach(TypedDict, total=False):
    attached: list[Given]
    """What the user attached to the prompt."""


class Ask(_MayAttach):
    """Sends a prompt to Claude. The turn gets the id, and the same id twice is one prompt."""

    type: Literal["ask"]
    id: str
    prompt: str


class Withdraw(TypedDict):
    """Cancels a prompt that still waits."""

    type: Literal["withdraw"]
    turn: str


class _OfTurn(TypedDict):
    turn: str


class StopTurn(StopThisTurn, _OfTurn):
    """Stops this turn."""


class AskOtherModelInTurn(AskOtherModel, _OfTurn):
    """Asks another model, instead of this turn's."""


class BringTurnBack(BringBack, _OfTurn):
    """Brings this turn back."""


class _MayHaveId(TypedDict, total=False):
    id: str
    """One press; it may come on two channels and counts once."""


class StopTaskInTurn(StopTask, _OfTurn):
    """Stops a subagent, or a command in the background, that this turn started."""


class RecoverTurn(Recover, _OfTurn):
    """Does what this turn offers after its error."""


class ShowOutputInTurn(ShowOutput, _OfTurn):
    """Asks for all of the output of one of this turn's calls."""


class Interrupt(_MayHaveId):
    """Stops the code that Claude runs in the kernel, or else the turn that runs."""

    type: Literal["interrupt"]


class New(TypedDict):
    """Begins a new conversation."""

    type: Literal["new"]


class Resume(TypedDict):
    """Lets the next prompt continue the notebook's last conversation."""

    type: Literal["resume"]


class ChooseModel(TypedDict):
    """Chooses the model."""

    type: Literal["model"]
    name: str


class _MayBeConfirmed(TypedDict, total=False):
    confirmed: bool
    """Whether the user has confirmed the choice."""


class ChooseMode(_MayBeConfirmed):
    """Chooses the permission mode."""

    type: Literal["mode"]
    name: str


class ChooseKernel(TypedDict):
    """Chooses whether Claude may look into the kernel."""

    type: Literal["kernel"]
    name: str


class ListCommands(TypedDict):
    """Asks which commands a prompt can begin with."""

    type: Literal["commands"]


class ListTools(TypedDict):
    """Asks which servers and tools Claude has."""

    type: Literal["tools"]


class ActOnServer(TypedDict):
    """Does something about an MCP server. The kernel answers with a `ToolList`."""

    type: Literal["server"]
    name: str
    action: ServerAction


class FinishServerSignIn(TypedDict):
    """Ends a sign-in whose last page the user's browser could not load."""

    type: Literal["server_signed_in"]
    name: str
    address: str
    """The address of that page."""


class AskContext(TypedDict):
    """Asks what fills the model's context."""

    type: Literal["context"]


class Complete(TypedDict):
    """Asks what can follow the ``@`` before the cursor."""

    type: Literal["complete"]
    id: str
    text: str
    """The text around the cursor."""
    cursor: int
    """How many characters of the text are before the cursor; a character is a code point."""


class DraftTyped(Draft):
    """Shares the draft with the other views."""

    type: Literal["draft"]


class Writing(TypedDict):
    """Says that the user writes a prompt, in the panel or in a cell. It has none of the text."""

    type: Literal["writing"]


PanelFromPage = TypeAliasType(
    "PanelFromPage",
    Union[
        Hello,
        Want,
        Ask,
        Withdraw,
        Answer,
        AnswerTyped,
        StopTurn,
        AskOtherModelInTurn,
        StopTaskInTurn,
        RecoverTurn,
        ShowOutputInTurn,
        BringTurnBack,
        ConversationsFromPage,
        HistoryFromPage,
        SignInFromPage,
        DraftTyped,
        Writing,
        Interrupt,
        New,
        Resume,
        ChooseModel,
        ChooseMode,
        ChooseKernel,
        ListCommands,
        ListTools,
        ActOnServer,
        FinishServerSignIn,
        AskContext,
        Complete,
    ],
)
