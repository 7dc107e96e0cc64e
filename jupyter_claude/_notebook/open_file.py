"""`OpenNotebook`: leads Claude from a notebook's file to the open notebook.

If Claude Code wrote the file, the page would not see it, and its next save would overwrite it; or
the user would reload the page and lose what was not saved. A hook denies such a write, in each
permission mode, and names the tools that change the open notebook.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any

from jupyter_claude_sdk import HookMatcher

from .._names import to_system
from .._text import one_line
from .pages import NotebookPages
from .previews import PREFIX

_TOOLS = "NotebookEdit|Edit|MultiEdit|Write"
_INSTEAD = (
    "{name} is open in the user's notebook page, where changes may be unsaved, so its file was not "
    f"written. Use {PREFIX}read_cells, then {PREFIX}edit_cell, insert_cell, delete_cell or "
    "move_cell instead."
)


class OpenNotebook:
    """Knows which file the open notebook has.

    Parameters
    ----------
    pages : NotebookPages
        The open notebooks.

    Attributes
    ----------
    offered : bool
        Whether Claude has the notebook's tools. Without them no write is denied.
    """

    def __init__(self, pages: NotebookPages) -> None:
        self._pages = pages
        self.offered = False
        # The folder may change later, and the server does not.
        self._started_in = Path(os.environ.get("JPY_SESSION_NAME") or Path.cwd() / "x").parent

    def hooks(self) -> dict[Any, list[HookMatcher]]:
        """Return the hook, for the options at a start."""
        return {"PreToolUse": [HookMatcher(matcher=_TOOLS, hooks=[self._lead])]}

    def paths_of(self, file: str) -> set[str]:
        """Return those of the open notebooks' paths on the server that are this file."""
        real = os.path.realpath(file)
        return {path for path in self._pages.paths if self._file_of(path) == real}

    async def _lead(self, event: Any, tool_use_id: str | None, context: Any) -> Any:
        given = event.get("tool_input") or {}
        name = given.get("notebook_path") or given.get("file_path")
        if not isinstance(name, str) or not name or "\0" in name or not self.offered:
            return {}
        folder = str(event.get("cwd") or os.getcwd())
        file = os.path.join(to_system(folder), to_system(name))
        paths = self.paths_of(file)
        if not paths or not await self._pages.shows(paths):
            return {}
        return {
            "hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "deny",
                "permissionDecisionReason": _INSTEAD.format(name=one_line(os.path.basename(name))),
            }
        }

    def _file_of(self, path: str) -> str | None:
        """Return the real path of a notebook, of which only the path on the server is known.

        The server's root is not known here. But the kernel began in the folder of its notebook,
        which is the root or below it.
        """
        parts = PurePosixPath(path).parts
        if not parts or ".." in parts:
            return None
        inside = os.path.join(*(part for part in parts if part != "/"))
        for root in (self._started_in, *self._started_in.parents):
            if os.path.isfile(root / to_system(inside)):
                return os.path.realpath(root / to_system(inside))
        return None
