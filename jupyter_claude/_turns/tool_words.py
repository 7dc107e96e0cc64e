"""Tools in words: the titles of calls, their paths, and what a run of reads and searches did."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

#: What a call only looks at. Views show a run of such calls as one card.
Step = Literal["", "file", "search"]

_TITLES = {
    "Agent": "Subagent",
    "AskUserQuestion": "Question",
    "Bash": "Run",
    "BashOutput": "Output of a command",
    "EnterPlanMode": "Begin a plan",
    "ExitPlanMode": "Plan",
    "Glob": "Find files",
    "Grep": "Search",
    "KillShell": "Stop a command",
    "ListAgents": "List subagents",
    "Monitor": "Wait for output",
    "MultiEdit": "Edit",
    "NotebookEdit": "Edit a cell",
    "NotebookRead": "Read a notebook",
    "ScheduleWakeup": "Wait",
    "SendMessage": "Message to a subagent",
    "Task": "Subagent",
    "TaskCreate": "To-do list",
    "TaskGet": "To-do list",
    "TaskList": "To-do list",
    "TaskOutput": "Output of a task",
    "TaskStop": "Stop a task",
    "TaskUpdate": "To-do list",
    "TodoWrite": "To-do list",
    "ToolSearch": "Find tools",
    "WebFetch": "Fetch",
    "WebSearch": "Search the web",
    "mcp__answer__give": "Answer",
    "mcp__kernel__inspect": "Look at a variable",
    "mcp__kernel__outputs": "Look at outputs",
    "mcp__kernel__recent": "Look at cells",
    "mcp__kernel__run_code": "Python code",
    "mcp__kernel__variables": "Look at the variables",
    "mcp__notebook__delete_cell": "Delete a cell",
    "mcp__notebook__edit_cell": "Edit a cell",
    "mcp__notebook__insert_cell": "Insert a cell",
    "mcp__notebook__move_cell": "Move a cell",
    "mcp__notebook__read_cells": "Read cells",
    "mcp__notebook__run_cell": "Run a cell",
}
_STEPS: dict[str, Step] = {
    "Read": "file",
    "Glob": "search",
    "Grep": "search",
    "WebSearch": "search",
}
_TASK_OUTPUT = re.compile(r"/(claude-\d+|[Tt]emp/claude)/([^/\n]+/)*tasks/[\w-]+\.output\Z")
_OF_SERVER = re.compile(r"mcp__(.+?)__(.+)", re.DOTALL)


def title_of(name: str) -> str:
    """Return a tool's name in words; a server's tool is named with its server."""
    known = _TITLES.get(name)
    if known is not None:
        return known
    of_server = _OF_SERVER.fullmatch(name)
    if of_server is None:
        return name
    return f"{of_server[1]}: {of_server[2].replace('_', ' ')}"


def step_of(name: str) -> Step:
    """Return what a tool only looks at; "" for all others."""
    return _STEPS.get(name, "")


def steps_text(steps: Iterable[Step]) -> str:
    """Return what a run of reads and searches did: "Read 6 files, 3 searches"."""
    all_steps = list(steps)
    files, searches = all_steps.count("file"), all_steps.count("search")
    parts = [f"Read {files} file{'' if files == 1 else 's'}"] if files else []
    parts += [f"{searches} search{'' if searches == 1 else 'es'}"] if searches else []
    return ", ".join(parts)


def short_path(path: str, folder: str | Path) -> str:
    """Return a path relative to the folder, if it is certainly inside; else the path itself."""
    base = str(folder)
    if not base or not os.path.isabs(path):
        return path
    start = base if base.endswith(os.sep) else base + os.sep
    rest = path[len(start) :] if path.startswith(start) else ""
    parts = rest.replace("\\", "/").split("/")
    return rest if rest and not {"", ".", ".."} & set(parts) else path


def is_task_output(path: str) -> bool:
    """Whether Claude Code writes what a task prints into this file, whose name is of no use."""
    return _TASK_OUTPUT.search(path.replace("\\", "/")) is not None


def time_text(seconds: float) -> str:
    """Return a time without parts that are 0: "30 s", "1 min", "1 min 30 s", "2 h 5 min"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (0 if hours else rest, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)
