"""The names of a call's input, in words.

A request shows all of an input. So an input that is not in the table, of another type, or of a
tool that is not Claude Code's own, stands there exactly as it is.
"""

from __future__ import annotations

from typing import Any

from .._turns.items import AGENTS, pretty
from .._turns.requests import Field
from .plans import PLAN

_BACKGROUND = {"run_in_background": "In the background"}
_AGENT = {
    "description": "Task",
    "prompt": "Prompt",
    "subagent_type": "Kind of subagent",
    **_BACKGROUND,
}
_FILE = {"file_path": "File"}
_SEARCH = {"pattern": "Pattern", "path": "In", "glob": "Files"}
_WORDS: dict[str, dict[str, str]] = {
    "Bash": {
        "timeout": "Time limit in ms",
        "dangerouslyDisableSandbox": "Outside of the sandbox",
        **_BACKGROUND,
    },
    "Read": {**_FILE, "offset": "From line", "limit": "Number of lines", "pages": "Pages"},
    "Write": _FILE,
    "Edit": {**_FILE, "replace_all": "Replaces every match"},
    "MultiEdit": {**_FILE, "edits": "Changes"},
    "NotebookEdit": {
        "notebook_path": "Notebook",
        "cell_id": "Cell",
        "cell_type": "Type of cell",
        "edit_mode": "Change",
        "new_source": "New text",
    },
    "Glob": _SEARCH,
    "Grep": _SEARCH,
    "LS": {"path": "Folder"},
    "WebFetch": {"url": "Address", "prompt": "Question"},
    "WebSearch": {
        "query": "Search for",
        "allowed_domains": "Only from",
        "blocked_domains": "Not from",
    },
    "Skill": {"skill": "Skill", "args": "Arguments"},
    PLAN: {"planFilePath": "Plan file"},
    **dict.fromkeys(AGENTS, _AGENT),
}


#: These are yes or no. Another value of them stands there as it is.
_SWITCHES = ("run_in_background", "dangerouslyDisableSandbox", "replace_all")


def field_of(tool: str, name: str, value: Any) -> Field:
    """Return a part of a call's input: its name in words if it is known, and all of its value."""
    words = _WORDS.get(tool, {}).get(name, name)
    if name in _SWITCHES and words != name:
        if isinstance(value, bool):
            return Field(name=words, value="yes" if value else "no")
        words = name
    return Field(name=words, value=value if isinstance(value, str) else pretty(value))
