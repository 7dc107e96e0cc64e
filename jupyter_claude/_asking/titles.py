"""The question that a permission request asks, in words: "Run a command?", "Edit prices.py?"."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .._names import to_show, to_system
from .._turns.items import AGENTS, QUESTION_TOOL, RUN_CODE
from .plans import PLAN, TITLE

_LONGEST = 60  # characters of a name in a title; the request shows the whole name below

#: Titles that say nothing of the input.
_PLAIN = {
    PLAN: TITLE,
    QUESTION_TOOL: "Question from Claude",
    "WebSearch": "Search the web?",
    RUN_CODE: "Run code in the kernel?",
    "mcp__kernel__variables": "Look at your variables?",
    "mcp__kernel__outputs": "Look at the outputs of your cells?",
    "mcp__kernel__recent": "Look at the cells that ran last?",
    "mcp__notebook__read_cells": "Read the cells of the notebook?",
    "mcp__notebook__insert_cell": "Insert a cell?",
    "mcp__notebook__edit_cell": "Change a cell?",
    "mcp__notebook__delete_cell": "Delete a cell?",
    "mcp__notebook__move_cell": "Move a cell?",
    "mcp__notebook__run_cell": "Run a cell?",
    **dict.fromkeys(AGENTS, "Start a subagent?"),
}
#: The field that has a tool's file, and the question about a file inside and outside.
_FILES = {
    "Read": ("file_path", "Read", "Read a file outside of the folder?"),
    "NotebookEdit": ("notebook_path", "Edit", "Edit a file outside of the folder?"),
    "MultiEdit": ("file_path", "Edit", "Edit a file outside of the folder?"),
    "Edit": ("file_path", "Edit", "Edit a file outside of the folder?"),
    "Write": ("file_path", "Write", "Write a file outside of the folder?"),
}
_SEARCHES = ("Glob", "Grep", "LS")


def title_of(tool: str, given: Mapping[str, Any], folder: Path, *, new_file: bool = False) -> str:
    """Return the question about a call.

    Parameters
    ----------
    tool : str
        The tool.
    given : mapping
        The call's input.
    folder : Path
        The session's folder.
    new_file : bool, default False
        Whether the call creates its file.
    """
    if tool in _PLAIN:
        return _PLAIN[tool]
    if tool == "Bash":
        background = given.get("run_in_background") is True
        return "Run a command in the background?" if background else "Run a command?"
    if tool in _FILES:
        return _file_title(tool, given, folder, new_file)
    if tool in _SEARCHES:
        outside = is_outside(given.get("path"), folder)
        return "Search files outside of the folder?" if outside else "Search files?"
    if tool == "WebFetch":
        host = _host(given.get("url"))
        return f"Fetch {host}?" if host else "Fetch a page?"
    if tool == "Skill" and isinstance(given.get("skill"), str):
        return f"Use the skill {_short(given['skill'])}?"
    if tool == "mcp__kernel__inspect" and isinstance(given.get("name"), str):
        return f"Look at {_short(given['name'])}?"
    return f"Use {tool_words(tool)}?"


def cell_title(tool: str, number: int) -> str:
    """Return the question about a call that concerns one cell, by its number from 1."""
    return _PLAIN[tool].replace("a cell", f"cell {number}")


def tool_words(tool: str) -> str:
    """Return a tool's name in words: an MCP tool's own name, and its server."""
    prefix, _, rest = tool.partition("__")
    server, _, name = rest.partition("__")
    return f"{_short(name)} of {_short(server)}" if prefix == "mcp" and name else _short(tool)


def relative(path: str, folder: Path) -> str:
    """Return a path as seen from the session's folder; unchanged outside of it.

    Only the folder's own name is removed from it, so it names the same file.
    """
    if ".." in path.replace("\\", "/").split("/"):
        return path
    for base in (to_show(folder), to_show(os.path.realpath(folder))):
        rest = path.removeprefix(base)
        if rest != path and rest[:1] in ("/", os.sep) and rest.strip(f"/{os.sep}"):
            return rest[1:]
    return path


def is_outside(path: Any, folder: Path) -> bool:
    """Whether a path is outside of the session's folder."""
    if not isinstance(path, str):
        return False
    try:
        real = Path(os.path.realpath(folder / to_system(path)))
    except (OSError, ValueError):
        return True
    return not real.is_relative_to(os.path.realpath(folder))


def _file_title(tool: str, given: Mapping[str, Any], folder: Path, new_file: bool) -> str:
    field, verb, outside = _FILES[tool]
    path = given.get(field)
    if not isinstance(path, str) or not path:
        return f"{verb} a file?"
    if is_outside(path, folder):
        return outside.replace("Edit", "Create").replace("Write", "Create") if new_file else outside
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path
    return f"{'Create' if new_file else verb} {_short(name)}?"


def _host(url: Any) -> str:
    try:
        return _short(urlsplit(url).hostname or "") if isinstance(url, str) else ""
    except ValueError:
        return ""


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
