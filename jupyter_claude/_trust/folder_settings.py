"""`FolderSettings`: the settings for Claude Code in the session's folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_claude_sdk.lowlevel import config_folder

from .._core.host import Host
from .._process.workspace import Workspace

if TYPE_CHECKING:
    from .findings import Found


class FolderSettings:
    """Finds the settings of the folder and its parents.

    Parameters
    ----------
    host : Host
        Its settings name the user's own folders.
    workspace : Workspace
        Where Claude works.
    """

    def __init__(self, host: Host, workspace: Workspace) -> None:
        self._host = host
        self._workspace = workspace

    def found(self) -> Found:
        """Return the present settings of the folder and its parents."""
        from .findings import look  # costs what loading should not

        return look(self._workspace.cwd, self.own_folders())

    def own_folders(self) -> tuple[Path, ...]:
        """Return the user's own folders for Claude Code, which need no trust."""
        environment = {**os.environ, **self._host.settings.env}
        home = Path(environment.get("HOME") or Path.home())
        return config_folder(environment), home / ".claude"
