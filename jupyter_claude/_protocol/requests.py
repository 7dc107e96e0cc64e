"""The requests to the user, and the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict, Union

from typing_extensions import TypeAliasType

from .._turns.requests import AlwaysAllow, Field, FoundSetting


class PermissionRequest(TypedDict):
    """Asks whether a tool may run."""

    id: str
    kind: Literal["permission"]
    waiting: str
    """What happens without an answer, as a sentence."""
    tool: str
    reason: str
    """Claude Code's reason for asking."""
    command: str | None
    """The command that the tool would run."""
    path: str | None
    """The file that the tool would change."""
    new_file: bool
    """Whether the file does not exist yet."""
    diff: str | None
    """How the tool would change the file."""
    fields: Sequence[Field]
    """The rest of the input: the fields that neither command nor diff shows."""
    says: str
    """Claude's reason for its command or its code, in one line."""
    suggestions: Sequence[AlwaysAllow]
    """The "Always allow" buttons, and others that approve more than this call."""
    code: str | None
    """The Python code that the tool would run in the kernel. The user may edit it."""
    effects: Sequence[str]
    """What the code seems to do, one line each."""
    title: str
    """The question in words, such as "Run a command?"."""
    danger: str
    """What the call would destroy, in words; "" if nothing is known."""
    plan: str | None
    """Claude's plan, as Markdown. The user may edit it."""
    editable: bool
    """Whether the user may edit the command."""


class Option(TypedDict):
    """One thing that the user can choose as an answer."""

    label: str
    description: str


class Question(TypedDict):
    """One question, as the AskUserQuestion tool gives it."""

    question: str
    header: str
    options: list[Option]
    multiSelect: bool


class QuestionRequest(TypedDict):
    """Asks for the user's choice."""

    id: str
    kind: Literal["question"]
    waiting: str
    questions: list[Question]


class TrustRequest(TypedDict):
    """Asks whether a folder's settings for Claude Code count."""

    id: str
    kind: Literal["trust"]
    waiting: str
    tool: str
    """The title of the request, where others name the tool."""
    path: str
    """The folder."""
    description: str
    """What settings of this kind can do."""
    summary: str
    """The settings that were found, in one line."""
    findings: Sequence[FoundSetting]
    trustable: bool
    """Whether the user may say yes; not if the settings are too long to read."""


Request = TypeAliasType("Request", Union[PermissionRequest, QuestionRequest, TrustRequest])


# --- answers ----------------------------------------------------------------------------------


class Answer(TypedDict):
    """The user's answer to a request; `Approvals.answer` judges it."""

    type: Literal["answer"]
    request: str
    behavior: Literal["allow", "deny"]
    suggestion: int | None
    """The index of the "Always allow" button that the user pressed."""
    answers: dict[str, str] | None
    """The answer to each question; several choices are joined by ", "."""
    edited: str | None
    """The command, code or plan in place of Claude's, if the user edited it."""
    message: str
    """What Claude should do instead, with "deny"; "" if the user wrote nothing."""
    waited: float
    """For how many milliseconds the user could read and answer the request."""


class AnswerTyped(TypedDict):
    """The user writes or chooses in a request, so somebody is there; sent now and then."""

    type: Literal["typing"]
    request: str


class AnswerTaken(TypedDict):
    """An answer counts. The kernel sends this at once, from any thread, so without a number."""

    type: Literal["taken"]
    request: str
    behavior: Literal["allow", "deny"]


class AnswerTooEarly(TypedDict):
    """An answer came too early to count; the request still waits. Sent like `AnswerTaken`."""

    type: Literal["early"]
    request: str


Verdict = TypeAliasType("Verdict", Union[AnswerTaken, AnswerTooEarly])
