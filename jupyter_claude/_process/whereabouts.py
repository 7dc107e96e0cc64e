"""`Whereabouts`: the folder in which each of Claude's commands will run.

A ``cd`` in one command also holds for the next one.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

from jupyter_claude_sdk import HookMatcher

from .._names import to_system

_KEPT = 100  # calls; a permission request follows soon after the hook


class Whereabouts:
    """Remembers in which folder Claude Code is about to run a command."""

    def __init__(self) -> None:
        self._folders: OrderedDict[str, Path] = OrderedDict()

    def hooks(self) -> dict[Any, list[HookMatcher]]:
        """Return the hook that notes the folder, for the options at the start."""
        return {"PreToolUse": [HookMatcher(matcher="Bash", hooks=[self._note])]}

    def of(self, tool_use_id: str | None) -> Path | None:
        """Return the folder in which a call will run; None if it is not known."""
        return self._folders.get(tool_use_id or "")

    async def _note(self, event: Any, tool_use_id: str | None, context: Any) -> Any:
        if tool_use_id is not None and isinstance(event.get("cwd"), str):
            self._folders[tool_use_id] = Path(to_system(event["cwd"]))
            while len(self._folders) > _KEPT:
                self._folders.popitem(last=False)
        return {}
