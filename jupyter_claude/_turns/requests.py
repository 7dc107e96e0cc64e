"""The requests to the user: may a tool run, which answer, is a folder trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, Union


class _MayHaveForm(TypedDict, total=False):
    form: Literal["python", "diff"]
    """What kind of text the value is; without it, plain text."""


class Field(_MayHaveForm):
    """One field of a tool's input that nothing else in the request shows."""

    name: str
    value: str


class AlwaysAllow(TypedDict):
    """A button that approves more than this call: the suggestion's index, and its label."""

    index: int
    label: str


@dataclass(frozen=True)
class PermissionRequest:
    """Asks whether a tool may run. The attributes are in the order in which views show them.

    Attributes
    ----------
    id : str
        The request's id.
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
        Claude's reason for its command or its code, in one line.
    suggestions : sequence of AlwaysAllow
        The "Always allow" buttons, and others that approve more than this call.
    code : str or None
        The Python code that would run in the kernel. The user may edit it.
    effects : sequence of str
        What the code seems to do, one line each.
    title : str
        The question in words, such as "Run a command?".
    danger : str
        What the call would destroy, such as "Deletes files"; "" if nothing is known.
    plan : str or None
        Claude's plan, as Markdown. The user may edit it.
    editable : bool
        Whether the user may edit the command.
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
    code: str | None = None
    effects: Sequence[str] = ()
    title: str = ""
    danger: str = ""
    plan: str | None = None
    editable: bool = False


@dataclass(frozen=True)
class QuestionRequest:
    """Asks the user to choose.

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
    """One setting of a folder that the user must read: the file that has it, and its text."""

    file: str
    title: str
    text: str


@dataclass(frozen=True)
class TrustRequest:
    """Asks whether Claude Code may use a folder's settings.

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
        Whether the user can say yes; False if there is too much to read.
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
