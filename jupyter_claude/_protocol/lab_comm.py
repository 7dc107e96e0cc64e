"""The messages between the kernel and our JupyterLab extension."""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import TypeAliasType

from .._notebook.messages import CellsAnswer, CellsAsked, NotebookShown
from .panel import PanelFromPage, SessionState
from .requests import Verdict


class PanelAddress(TypedDict):
    """The comm of the chat panel, and the traits that its widget would have."""

    id: str
    """The comm's id."""
    code: str
    """The digest of the views' code."""
    notebook: str
    """Identifies the notebook."""
    session: str
    """Identifies the kernel's process."""


class LabHello(TypedDict):
    """The kernel has a session."""

    type: Literal["hello"]
    panel: PanelAddress


class Waiting(TypedDict):
    """What a notification says of a request."""

    id: str
    kind: Literal["permission", "question", "trust"]
    tool: str
    """The tool that Claude wants to use; "" for a question."""


class LabState(TypedDict):
    """What the session is doing, and what waits for the user's answer."""

    type: Literal["state"]
    session: SessionState
    waiting: list[Waiting]


class Problem(TypedDict):
    """Why a page's message failed, in one line."""

    type: Literal["problem"]
    text: str


class CodeBlock(TypedDict):
    """A code block of an answer."""

    text: str
    language: str


class Answered(TypedDict):
    """A turn that the page follows has ended well."""

    type: Literal["answered"]
    turn: str
    blocks: list[CodeBlock]


class EarlierTurns(TypedDict):
    """The turns that the notebook's earlier kernels had. This kernel can bring them back."""

    type: Literal["earlier"]
    turns: list[str]


class Follow(TypedDict):
    """Asks for `Answered` when this turn has ended."""

    type: Literal["follow"]
    turn: str


LabFromKernel = TypeAliasType(
    "LabFromKernel",
    Union[LabHello, LabState, Verdict, Problem, CellsAsked, Answered, EarlierTurns],
)
#: ``hello`` asks for `LabHello`; most is as in the panel. The page also sends an answer on the
#: control channel.
LabFromPage = TypeAliasType("LabFromPage", Union[PanelFromPage, NotebookShown, CellsAnswer, Follow])
