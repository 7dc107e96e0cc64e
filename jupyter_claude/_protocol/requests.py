"""What the user is asked, and the answer."""

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
    """Why Claude Code asks, in its own words."""
    command: str | None
    """The command that would run."""
    path: str | None
    """The file that would change."""
    new_file: bool
    """Whether that file does not exist yet."""
    diff: str | None
    """How that file would change."""
    fields: Sequence[Field]
    """The rest of the input: all that neither command nor diff shows."""
    says: str
    """What Claude says of its command, in one line."""
    suggestions: Sequence[AlwaysAllow]
    """The "Always allow" buttons."""


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
    """The title, in a tool's place."""
    path: str
    """The folder."""
    description: str
    """What such settings can do."""
    summary: str
    """What was found, in one line."""
    findings: Sequence[FoundSetting]
    trustable: bool
    """Whether a yes is possible; not where there is too much to be read."""


Request = TypeAliasType("Request", Union[PermissionRequest, QuestionRequest, TrustRequest])


# --- answers ----------------------------------------------------------------------------------


class Answer(TypedDict):
    """The user's answer to a request; `Approvals.answer` judges it, whatever it says."""

    type: Literal["answer"]
    request: str
    behavior: Literal["allow", "deny"]
    suggestion: int | None
    """The index of the "Always allow" button that was pressed."""
    answers: dict[str, str] | None
    """The answer to each question; several choices are joined by ", "."""
    waited: float
    """For how many milliseconds the request could be read and answered."""


class AnswerTaken(TypedDict):
    """An answer counts. Sent at once, from any thread, and therefore without a number."""

    type: Literal["taken"]
    request: str
    behavior: Literal["allow", "deny"]


class AnswerTooEarly(TypedDict):
    """An answer came before anybody can have read the request: it still waits. As `AnswerTaken`."""

    type: Literal["early"]
    request: str


Verdict = TypeAliasType("Verdict", Union[AnswerTaken, AnswerTooEarly])
