"""The settings files for Claude Code of the folder that Claude works in."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_claude_sdk.lowlevel import config_folder

from .._core.host import Host
from .._process.workspace import Workspace
from .findings import Found, look


class FolderSettings:
    """Looks at the settings of the folder and its parents.

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
        """Return what is there now, in the folder that Claude works in and its parents."""
        return look(self._workspace.cwd, self.own_folders())

    def own_folders(self) -> tuple[Path, ...]:
        """Return Claude Code's folders of the user's own, which need no trust."""
        environment = {**os.environ, **self._host.settings.env}
        home = Path(environment.get("HOME") or Path.home())
        return config_folder(environment), home / ".claude"
