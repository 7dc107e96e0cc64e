"""`WhileRunning`: blocks new settings of a folder until the next start of Claude Code.

Claude Code reads settings and skills again if they change. It also loads skills from subfolders
when it touches a file there. The user has not been asked about these. So hooks refuse them. A
changed file counts from the next start on, and the gate checks that start.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_claude_sdk import HookMatcher

from .._process.client import SharedClient
from .._process.workspace import Workspace
from .folder_settings import FolderSettings

_USERS = ("user_settings", "policy_settings")
_WAITS = "This file changed while Claude Code ran. It takes effect with the next prompt."
_NOT_READ = (
    "The skill {name} was not there when Claude Code started, so the user could not be asked "
    "whether to trust it. To use a subfolder's skills, set ClaudeMagics.cwd to that subfolder."
)


class WhileRunning:
    """The hooks that block new settings in a session's process.

    Parameters
    ----------
    workspace : Workspace
        Where Claude works.
    client : SharedClient
        Has the process.
    files : FolderSettings
        Finds the folder's settings.

    Attributes
    ----------
    behind : bool
        Whether the hooks have blocked a change since the start.
    """

    def __init__(self, workspace: Workspace, client: SharedClient, files: FolderSettings) -> None:
        self._workspace = workspace
        self._client = client
        self._files = files
        self.behind = False

    def hooks(self) -> dict[Any, list[HookMatcher]]:
        """Return the hooks, for the options at a start."""
        return {
            "ConfigChange": [HookMatcher(hooks=[self._changed])],
            "PreToolUse": [HookMatcher(matcher="Skill", hooks=[self._skill])],
        }

    async def _changed(self, event: Any, tool_use_id: str | None, context: Any) -> Any:
        path = event.get("file_path")
        if event.get("source") in _USERS or (isinstance(path, str) and self._is_own(path)):
            return {}
        # Also block a trusted change: the file could change again before Claude Code reads it.
        self.behind = True
        return {"decision": "block", "reason": _WAITS}

    async def _skill(self, event: Any, tool_use_id: str | None, context: Any) -> Any:
        name = str(event["tool_input"].get("skill", "")).strip().removeprefix("/")
        if name in self._known():
            return {}
        plugin, colon, _ = name.partition(":")
        # If several skills have this name, Claude Code puts the subfolder before it.
        if colon and not os.path.lexists(self._workspace.cwd / plugin):
            return {}
        return {
            "hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "deny",
                "permissionDecisionReason": _NOT_READ.format(name=name),
            }
        }

    def _known(self) -> set[str]:
        """Return the names of the commands and skills at the start, also of hidden ones."""
        commands = (self._client.server_info or {}).get("commands") or ()
        names = {str(command.get("name")) for command in commands}
        names |= {name for command in commands for name in command.get("aliases") or ()}
        names |= {
            file.path.parent.name
            for file in self._files.found().files
            if file.location == ".claude/skills"
        }
        for folder in self._files.own_folders():
            if (folder / "skills").is_dir():
                names |= set(os.listdir(folder / "skills"))
        return names

    def _is_own(self, path: str) -> bool:
        real = Path(os.path.realpath(path))
        return any(real.is_relative_to(os.path.realpath(own)) for own in self._files.own_folders())
