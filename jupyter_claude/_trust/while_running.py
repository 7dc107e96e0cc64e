"""What comes into a folder's settings while Claude Code runs: it has to wait for the next start.

Claude Code reads settings and skills again when they change, and takes skills from folders below
its own when it touches a file there. Nobody has been asked about these. So they are refused by
hooks, and a changed file counts from the next start on, which goes through the gate.
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
_WAITS = "This file changed while Claude Code ran. It counts from the next prompt on."
_NOT_READ = (
    "The skill {name} was not there when Claude Code started, so nobody was asked whether to trust "
    "it. Skills of a folder below count where Claude works in that folder: ClaudeMagics.cwd."
)


class WhileRunning:
    """The hooks of a session's process that keep what is new from counting.

    Parameters
    ----------
    workspace : Workspace
        Where Claude works.
    client : SharedClient
        Whose process it is.
    files : FolderSettings
        The settings of the folder.

    Attributes
    ----------
    behind : bool
        Whether a change was kept from the process since it started.
    """

    def __init__(self, workspace: Workspace, client: SharedClient, files: FolderSettings) -> None:
        self._workspace = workspace
        self._client = client
        self._files = files
        self.behind = False

    def hooks(self) -> dict[Any, list[HookMatcher]]:
        """Return the hooks, for the options of a start."""
        return {
            "ConfigChange": [HookMatcher(hooks=[self._changed])],
            "PreToolUse": [HookMatcher(matcher="Skill", hooks=[self._skill])],
        }

    async def _changed(self, event: Any, tool_use_id: str | None, context: Any) -> Any:
        path = event.get("file_path")
        if event.get("source") in _USERS or (isinstance(path, str) and self._is_own(path)):
            return {}
        # Also what was trusted before: it could change once more before it is read.
        self.behind = True
        return {"decision": "block", "reason": _WAITS}

    async def _skill(self, event: Any, tool_use_id: str | None, context: Any) -> Any:
        name = str(event["tool_input"].get("skill", "")).strip().removeprefix("/")
        if name in self._known():
            return {}
        plugin, colon, _ = name.partition(":")
        # Claude Code names a skill from below by its folder, if there are several of that name.
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
        """Return the names of what was there at the start, also of what users cannot call."""
        commands = (self._client.server_info or {}).get("commands") or ()
        names = {str(command.get("name")) for command in commands}
        names |= {name for command in commands for name in command.get("aliases") or ()}
        names |= {
            file.path.parent.name
            for file in self._files.found().files
            if file.place == ".claude/skills"
        }
        for folder in self._files.own_folders():
            if (folder / "skills").is_dir():
                names |= set(os.listdir(folder / "skills"))
        return names

    def _is_own(self, path: str) -> bool:
        real = Path(os.path.realpath(path))
        return any(real.is_relative_to(os.path.realpath(own)) for own in self._files.own_folders())
