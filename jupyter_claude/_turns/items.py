"""The items of a turn: text, thinking, notices and tool calls, and how they become text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal, TypedDict, Union

from .diffs import diff_counts
from .tool_words import Step, is_task_output, short_path, step_of, time_text, title_of

ToolState = Literal["waiting", "running", "done", "failed", "denied", "stopped"]
TodoStatus = Literal["to do", "in progress", "done"]
InputKind = Literal["command", "diff", "json", "plan", "python", "questions", "text", "todos"]
Level = Literal["info", "warning", "error"]

#: The tools that start a subagent; `Task` is their earlier name.
AGENTS = ("Agent", "Task")
#: The tool that runs code in the kernel.
RUN_CODE = "mcp__kernel__run_code"
#: The tool that gives the user's program a value. Nobody is asked about it.
GIVE = "mcp__answer__give"
#: The tool that shows the user a plan, and the tool that asks the user.
PLAN_TOOL, QUESTION_TOOL = "ExitPlanMode", "AskUserQuestion"

SHOWN = 20_000  # characters of a tool's input, or output, that views get
# Jupyter servers drop output beyond 1 MB a second, and the kernel sends an image several times: to
# the cell, to the panel, and in the finished turn. A notebook file keeps each of these copies too.
LARGEST_IMAGE = 500_000  # characters of base64
LARGEST_IMAGES = 800_000  # of one turn together
_WORTH_SHOWING = 5  # seconds that a call took; while it runs, pages count from 2 on
# Never SVG, which can hold scripts; these formats can only hold a picture.
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


#: The marks of to-do lines in plain text; the words stand beside them.
MARKS: dict[TodoStatus, str] = {"to do": "☐", "in progress": "◐", "done": "☑"}


class Todo(TypedDict):
    """One line of Claude's to-do list."""

    content: str
    status: TodoStatus


@dataclass
class TextItem:
    """Text of the answer, or of a subagent: `parent` is the call that started it."""

    id: str
    text: str = ""
    parent: str = ""
    kind = "text"


@dataclass
class ThinkingItem(TextItem):
    """Thinking, shown folded."""

    kind = "thinking"


@dataclass
class Notice:
    """A line about the turn: a retry, a compaction, a denial."""

    id: str
    text: str
    level: Level = "info"
    kind = "notice"


@dataclass(frozen=True)
class ToolImage:
    """An image that a tool returned; a notebook shows it.

    Attributes
    ----------
    media_type : str
        Such as "image/png".
    data : str
        The image, in base64.
    alt : str
        A description in words.
    """

    media_type: str
    data: str = field(repr=False)
    alt: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {self.media_type: self.data, "text/plain": self.alt}


@dataclass
class ToolCall:
    """A tool call of a turn.

    Attributes
    ----------
    name : str
        The tool, for example "Bash".
    input : dict
        Its input, as it runs.
    state : {"waiting", "running", "done", "failed", "denied", "stopped"}
        "waiting" for the user's approval, "stopped" with its turn or its process.
    output : str
        Its output as text.
    note : str
        Why it was denied and which rule would allow it, or whether it ran before it was stopped.
    ran : bool
        Whether it may have run; False if it certainly never did.
    parent : str
        The id of the call whose subagent made it; "" for Claude's own calls.
    images : list of ToolImage
        The images in its output.
    progress : str
        What a subagent or a background command has done so far.
    background : bool
        Whether it continues after the turn that started it.
    seconds : float
        For how long it has been running, as Claude Code said last; it does so every 30 s.
    took : float
        For how many seconds it ran, without the time in which it waited for the user.
    edited : str or None
        The code, command or plan in place of Claude's, if the user edited it.
    answers : dict
        The user's answers to Claude's questions, by the questions.
    live : bool
        Whether its output and images are what its code showed in the kernel. Claude gets a shorter
        form of them.
    """

    id: str
    name: str
    input: dict[str, Any] = field(default_factory=dict)
    state: ToolState = "running"
    output: str = ""
    note: str = ""
    parent: str = ""
    images: list[ToolImage] = field(default_factory=list, repr=False)
    progress: str = ""
    background: bool = False
    ran: bool = True
    diff: str | None = field(default=None, repr=False)
    todos: list[Todo] = field(default_factory=list, repr=False)  # if it shows the list
    hidden: bool = field(default=False, repr=False)  # another call shows the list
    said: bool = field(default=False, repr=False)  # the subagent's last text is the output
    seconds: float = field(default=0.0, repr=False)
    took: float = field(default=0.0, repr=False)
    folder: str = field(default="", repr=False)  # where Claude works
    task: str = field(default="", repr=False)  # the CLI's id, while it can stop the call
    output_file: str = field(default="", repr=False)  # the CLI's, for a command in the background
    started: float | None = field(default=None, repr=False)  # on the monotonic clock
    edited: str | None = field(default=None, repr=False)
    answers: dict[str, str] = field(default_factory=dict, repr=False)
    live: bool = field(default=False, repr=False)
    kind = "tool"

    @property
    def title(self) -> str:
        """The tool in words, such as "Run" for Bash."""
        return title_of(self.name)

    @property
    def step(self) -> Step:
        """What the call looked at, if views may show it in one card with others like it."""
        alone = self.note or self.images or self.state not in ("running", "done")
        return "" if alone else step_of(self.name)

    @property
    def is_task(self) -> bool:
        """Whether it is a subagent, or a command in the background, that the CLI can stop now."""
        return bool(self.task) and self.is_open and (self.background or self.name in AGENTS)

    def tick(self) -> None:
        """Start or stop its clock, by its state. Call it after each change."""
        if self.state == "running" and self.input and self.started is None:
            self.started = monotonic()
        elif self.state == "waiting":
            self.started = None
        elif not self.is_open and self.started is not None:
            self.took, self.started = monotonic() - self.started, None

    @property
    def elapsed(self) -> int:
        """For how many seconds it has been running, or ran; 0 if it was quick."""
        if self.started is not None:
            return int(monotonic() - self.started)
        return int(self.took) if self.took >= _WORTH_SHOWING else 0

    @property
    def elapsed_text(self) -> str:
        """The same in words, once it has ended."""
        return "" if self.is_open else time_text(self.elapsed)

    @property
    def code(self) -> str | None:
        """The code that runs in the kernel; None if this call runs none."""
        code = self.input.get("code") if self.name == RUN_CODE else None
        return self.edited if self.edited is not None else code if isinstance(code, str) else None

    @property
    def command(self) -> str | None:
        """The command that runs in a shell; None if this call runs none."""
        command = self.input.get("command") if self.name == "Bash" else None
        if not isinstance(command, str):
            return None
        return command if self.edited is None else self.edited

    @property
    def plan(self) -> str | None:
        """Claude's plan, as the user edited it; None if this call has none."""
        plan = self.input.get("plan") if self.name == PLAN_TOOL else None
        if not isinstance(plan, str):
            return None
        return plan if self.edited is None else self.edited

    @property
    def doing(self) -> str:
        """What it has done so far, or while it runs, for how long it has been running."""
        runs = self.state == "running" and not self.background and self.seconds >= 1
        return self.progress or (f"Running for {time_text(self.seconds)}" if runs else "")

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.state in ("waiting", "running")

    @property
    def summary(self) -> str:
        """What the call is about, in one line."""
        if self.todos:
            done = sum(todo["status"] == "done" for todo in self.todos)
            return f"{done} of {len(self.todos)} done"
        if self.name == QUESTION_TOOL:
            return _first_line("; ".join(self._answered() or self._questions()))
        if self.plan is not None:
            return _first_line(self.plan.lstrip("# \n"))
        for key in _ABOUT:
            value = self.command if key == "command" and self.name == "Bash" else None
            value = self.input.get(key) if value is None else value
            text = value.strip(" \t\n") if isinstance(value, str) else ""
            if text:
                if self.name == "Read" and key == "file_path" and is_task_output(text):
                    return "the task's output"
                text = short_path(text, self.folder) if key in _PATHS else text
                return _first_line(text)
        return ""

    def _questions(self) -> list[str]:
        asked = self.input.get("questions")
        entries = asked if isinstance(asked, list) else []
        found = (entry.get("question") for entry in entries if isinstance(entry, dict))
        return [question for question in found if isinstance(question, str)]

    def _answered(self) -> list[str]:
        """Return each question with its answer."""
        return [f"{question} {answer}" for question, answer in self.answers.items()]

    @property
    def counts(self) -> str:
        """How many lines its diff adds and removes, such as "+3 −1"; "" if it changed none."""
        if self.diff is None or self.state in ("failed", "denied", "stopped"):
            return ""
        added, removed = diff_counts(self.diff)
        return f"+{added} \N{MINUS SIGN}{removed}"

    def shown_input(self) -> tuple[str, InputKind]:
        """Return the whole input as text, and what kind of text it is."""
        if self.todos:
            lines = (f"{todo['status']}: {todo['content']}" for todo in self.todos)
            return "\n".join(lines), "todos"
        if self.command is not None:
            return self.command, "command"
        if self.plan is not None:
            return self.plan, "plan"
        if self.name == QUESTION_TOOL and (asked := list(self.answers) or self._questions()):
            pairs = (
                f"{one}\n→ {self.answers[one]}" if one in self.answers else one for one in asked
            )
            return "\n\n".join(pairs), "questions"
        if self.diff is not None:
            return self.diff, "diff"
        if self.code is not None:
            return self.code, "python"
        prompt = self.input.get("prompt")
        if self.name in AGENTS and isinstance(prompt, str):
            return prompt, "text"
        return pretty(self.input), "json"

    def shown_output(self) -> str:
        """Return the output, or "" if the rest of the card shows it already."""
        told = self.state == "done" and (self.plan is not None or bool(self.answers))
        return "" if self.todos or self.said or told else self.output


def _first_line(text: str) -> str:
    """Return a text's first line, with a sign if there is more."""
    first, _, more = text.partition("\n")
    return f"{first[:200]} …" if more or len(first) > 200 else first


_PATHS = ("file_path", "notebook_path", "path")
# The first of these that the input has says what the call is about.
_ABOUT = (
    *("command", "file_path", "notebook_path", "pattern", "path", "url", "query", "skill"),
    *("why", "code", "name", "description", "subject", "prompt"),
)


@dataclass
class Attached:
    """What the prompt attached, such as the summary of a variable that it names with ``@``.

    Attributes
    ----------
    name : str
        The name in the prompt, such as "@df".
    title : str
        What it is, in one line.
    text : str
        What Claude gets of it as text.
    images : list of ToolImage
        What Claude gets of it as pictures.
    note : str
        What was kept back; "" for nothing.
    """

    id: str
    name: str
    title: str
    text: str = field(default="", repr=False)
    images: list[ToolImage] = field(default_factory=list, repr=False)
    note: str = ""
    parent: str = field(default="", repr=False)
    kind = "attached"


Item = Union[TextItem, Notice, ToolCall, Attached]


@dataclass(frozen=True)
class TurnEvent:
    """One step of a turn as it comes, from ``claude.stream``.

    Attributes
    ----------
    kind : {"text", "thinking", "tool", "notice"}
        What it is about.
    text : str
        The new text; for a tool the one-line summary.
    tool : ToolCall or None
        The call, for kind "tool".
    """

    kind: str
    text: str
    tool: ToolCall | None = None

    def __str__(self) -> str:
        return self.text


# --- text forms -------------------------------------------------------------------------------


def beginning(text: str, limit: int = SHOWN) -> str:
    """Return the part of a long text that views get, and a line on how much is left out."""
    if len(text) <= limit:
        return text
    end = text.rfind("\n", limit // 2, limit)  # whole lines, unless they are very long
    end = limit if end < 0 else end
    left_out = text[end:].strip("\n")
    lines = left_out.count("\n") + 1
    where = f" in {lines} lines" if lines > 1 else ""
    return f"{text[:end]}\n… {len(left_out)} more characters{where}"


def ends(text: str, limit: int = SHOWN) -> tuple[str, int, str]:
    """Return both ends of a long text, and how many lines are left out between them.

    A text within the limit is the first end, and nothing is left out.
    """
    if len(text) <= limit:
        return text, 0, ""
    first = text.rfind("\n", limit // 4, limit // 2)  # whole lines, unless they are very long
    first = limit // 2 if first < 0 else first
    last = text.find("\n", len(text) - limit // 2, len(text) - limit // 4)
    last = len(text) - limit // 2 if last < 0 else last + 1
    return text[:first], max(1, text.count("\n", first, last) - 1), text[last:]


def both_ends(text: str, limit: int = SHOWN) -> str:
    """Return both ends of a long text, with a line between them on what is left out."""
    first, lines, last = ends(text, limit)
    return f"{first}\n{more_lines(lines)}\n{last}" if lines else first


def more_lines(lines: int) -> str:
    """Return the line in place of lines that are left out."""
    return f"… {lines} more line{'' if lines == 1 else 's'} …"


def overwritten(text: str) -> str:
    """Return output as a terminal shows it: after a carriage return, text takes the old place."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def dollars(amount: float) -> str:
    """Return an amount of US dollars: with four decimals, or two from one dollar on."""
    return f"${amount:.4f}" if amount < 1 else f"${amount:.2f}"


def count(number: int) -> str:
    """Return a number of tokens: 340, 1.2k, 3.4M."""
    if number < 1000:
        return str(number)
    if number < 999_950:
        return f"{number / 1000:.1f}k"
    return f"{number / 1_000_000:.1f}M"


def pretty(data: Any) -> str:
    """Return JSON data for people to read."""
    return json.dumps(data, indent=2, ensure_ascii=False)


def output_text(content: Any) -> str:
    """Return a tool result's content as text."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    return "\n".join(_part_text(part) for part in content)


def _part_text(part: Any) -> str:
    if not isinstance(part, dict):
        return "[content]"
    if part.get("type") == "text":
        return str(part.get("text", ""))
    media_type, data = _source(part)
    if not data:
        return f"[{part.get('type', 'content')}]"
    size = len(data) * 3 // 4
    amount = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"
    return f"[{media_type}, {amount}]"


def output_images(
    content: Any, alt: str, room: int = LARGEST_IMAGES
) -> tuple[list[ToolImage], int]:
    """Return the images of a tool result that views can show, and how many are too large.

    Parameters
    ----------
    content : str or list of dict or None
        The result's content.
    alt : str
        A description in words.
    room : int, optional
        How many characters they may have together.
    """
    images: list[ToolImage] = []
    too_large = 0
    for part in content if isinstance(content, list) else []:
        media_type, data = _source(part) if isinstance(part, dict) else ("", "")
        if media_type not in _IMAGES or not _BASE64.fullmatch(data):
            continue
        if len(data) > min(LARGEST_IMAGE, room):
            too_large += 1
            continue
        images.append(ToolImage(media_type, data, alt))
        room -= len(data)
    return images, too_large


def _source(part: dict[str, Any]) -> tuple[str, str]:
    source = part.get("source")
    if not isinstance(source, dict) or source.get("type") != "base64":
        return "", ""
    return str(source.get("media_type", "")), str(source.get("data", ""))
