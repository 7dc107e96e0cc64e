"""What Claude asks the user: may it use a tool, which answer, is a folder trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Union


class Field(TypedDict):
    """One field of a tool's input that nothing else in the request shows."""

    name: str
    value: str


class AlwaysAllow(TypedDict):
    """One "Always allow" button: the suggestion's index, and what the button says."""

    index: int
    label: str


@dataclass(frozen=True)
class PermissionRequest:
    """Asks whether a tool may run. The attributes are in the order in which views show them.

    Attributes
    ----------
    id : str
        The request's own id.
    waiting : str
        What happens without an answer, as a sentence.
    tool : str
        The tool.
    reason : str
        Why Claude Code asks, in its own words.
    command : str or None
        The command that would run.
    path : str or None
        The file that would change.
    new_file : bool
        Whether that file does not exist yet.
    diff : str or None
        How that file would change.
    fields : sequence of Field
        The rest of the input.
    says : str
        What Claude says of its command, in one line.
    suggestions : sequence of AlwaysAllow
        The "Always allow" buttons.
    """

    id: str
    waiting: str
    tool: str
    reason: str
    command: str | None
    path: str | None
    new_file: bool
    diff: str | None
    fields: Sequence[Field]
    says: str
    suggestions: Sequence[AlwaysAllow]


@dataclass(frozen=True)
class QuestionRequest:
    """Asks for the user's choice.

    Attributes
    ----------
    id, waiting : str
        As in `PermissionRequest`.
    questions : sequence of dict
        The questions, as the AskUserQuestion tool gives them.
    """

    id: str
    waiting: str
    questions: Sequence[Mapping[str, Any]]
    tool = "AskUserQuestion"


class FoundSetting(TypedDict):
    """One setting of a folder that somebody must have read: where it stands, and its text."""

    file: str
    title: str
    text: str


@dataclass(frozen=True)
class TrustRequest:
    """Asks whether a folder's settings for Claude Code count.

    Attributes
    ----------
    id, waiting : str
        As in `PermissionRequest`.
    path : str
        The folder.
    description : str
        What such settings can do.
    summary : str
        What was found, in one line.
    findings : sequence of FoundSetting
        All that was found.
    trustable : bool
        Whether a yes is possible; not where there is too much to be read.
    """

    id: str
    waiting: str
    path: str
    description: str
    summary: str
    findings: Sequence[FoundSetting]
    trustable: bool
    tool = "Trust this folder"


Request = Union[PermissionRequest, QuestionRequest, TrustRequest]
