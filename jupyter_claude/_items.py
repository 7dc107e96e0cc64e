"""What a turn consists of: text, thinking, notices and tool calls, and their text forms."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal, Union

ToolState = Literal["running", "done", "failed", "denied"]

_SHOWN = 20_000  # characters of a tool's input, and of its output, that views get


@dataclass
class TextItem:
    """Text of the answer."""

    id: str
    text: str = ""
    kind = "text"

    def view(self) -> dict[str, Any]:
        """Return the form that views take."""
        return {"id": self.id, "kind": self.kind, "text": self.text}


@dataclass
class ThinkingItem(TextItem):
    """Thinking, shown folded."""

    kind = "thinking"


@dataclass
class Notice:
    """A line about the turn: a retry, a compaction, a denial."""

    id: str
    text: str
    level: Literal["info", "warning", "error"] = "info"
    kind = "notice"

    def view(self) -> dict[str, Any]:
        """Return the form that views take."""
        return {"id": self.id, "kind": self.kind, "level": self.level, "text": self.text}


@dataclass
class ToolCall:
    """A tool call of a turn.

    Attributes
    ----------
    name : str
        The tool, for example "Bash".
    input : dict
        Its input, as it was or will be run.
    state : {"running", "done", "failed", "denied"}
        Where it stands.
    output : str
        Its output as text.
    note : str
        Why it was denied, with the rule that would allow it.
    """

    id: str
    name: str
    input: dict[str, Any] = field(default_factory=dict)
    state: ToolState = "running"
    output: str = ""
    note: str = ""
    parent: str | None = None
    diff: str | None = field(default=None, repr=False)
    kind = "tool"

    @property
    def summary(self) -> str:
        """One line that says what the call is about."""
        for key in ("command", "file_path", "path", "pattern", "url", "query", "description"):
            value = self.input.get(key)
            if isinstance(value, str) and value:
                return value.splitlines()[0][:200]
        return ""

    def shown_input(self) -> tuple[str, str]:
        """Return the whole input as text, and what kind of text it is."""
        command = self.input.get("command")
        if self.name == "Bash" and isinstance(command, str):
            return command, "command"
        if self.diff is not None:
            return self.diff, "diff"
        return pretty(self.input), "json"

    def view(self) -> dict[str, Any]:
        """Return the form that views take: of long input and output only the beginning."""
        text, kind = self.shown_input()
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.name,
            "summary": self.summary,
            "state": self.state,
            "input": _beginning(text),
            "input_kind": kind,
            "output": _beginning(self.output),
            "note": self.note,
        }


Item = Union[TextItem, Notice, ToolCall]


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


def _beginning(text: str) -> str:
    """Return what views get of a long text, and how much that leaves out."""
    if len(text) <= _SHOWN:
        return text
    end = text.rfind("\n", _SHOWN // 2, _SHOWN)  # whole lines, if they are of the usual length
    end = _SHOWN if end < 0 else end
    left_out = text[end:].strip("\n")
    lines = left_out.count("\n") + 1
    where = f" in {lines} lines" if lines > 1 else ""
    return f"{text[:end]}\n… {len(left_out)} more characters{where}"


def dollars(amount: float) -> str:
    """Return an amount of US dollars: four decimals, two from one dollar on."""
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
    parts = []
    for part in content:
        if isinstance(part, dict) and part.get("type") == "text":
            parts.append(str(part.get("text", "")))
        else:
            kind = part.get("type", "content") if isinstance(part, dict) else "content"
            parts.append(f"[{kind}]")
    return "\n".join(parts)
