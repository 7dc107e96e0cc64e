"""`Workspace`: the folder in which Claude works, and Claude Code's environment variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_claude_sdk.lowlevel import Environment

from .._core.host import Host
from .._paths import current_folder
from .._settings import practice_chosen

if TYPE_CHECKING:
    from .._practice.model import Practice

# Views show Claude's to-do list, but the CLI gives its newest models no tool for it. The first
# variable turns the tool on. The second turns off the reminders that the CLI would send with it.
_TODO_LIST = {"CLAUDE_CODE_ENABLE_TODO_TOOLS": "1", "CLAUDE_CODE_TODO_REMINDER_MODE": "off"}


class Workspace:
    """Where Claude works. The practice model has its own folder.

    Parameters
    ----------
    host : Host
        Its settings choose the folder, the variables, and whether the practice model answers.

    Attributes
    ----------
    sign_in : Environment
        The variables for the sign-in that the user chose.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._practice: Practice | None = None
        self.sign_in = Environment()

    @property
    def practicing(self) -> bool:
        """Whether the practice model answers."""
        return self._host.settings.practice or practice_chosen()

    @property
    def cwd(self) -> Path:
        """The folder in which Claude works."""
        if self.practicing:
            return self._practice_model().folder
        if self._host.settings.cwd:
            return Path(self._host.settings.cwd).expanduser()
        return current_folder()

    @property
    def is_chosen(self) -> bool:
        """Whether a setting names the folder."""
        return bool(self._host.settings.cwd) and not self.practicing

    def environment(self) -> Environment:
        """Return the variables that Claude Code gets in addition to this process's own."""
        practice = self._practice_model().env if self.practicing else {}
        own = {name: value for name, value in _TODO_LIST.items() if name not in os.environ}
        return Environment({**own, **self._host.settings.env, **self.sign_in, **practice})

    def variables(self) -> Environment:
        """Return all of Claude Code's variables: this process's own and the additional ones."""
        return Environment({**os.environ, **self.environment()})

    def renew_practice(self) -> None:
        """Start the practice model again if its folder is gone or is another one."""
        if self.practicing and not self._practice_model().keep_folder():
            from .._practice.model import Practice

            self.end_practice()
            self._practice = Practice()

    def end_practice(self) -> None:
        """End the practice model."""
        if self._practice is not None:
            self._practice.close()
            self._practice = None

    def _practice_model(self) -> Practice:
        if self._practice is None:
            from .._practice.model import CHOSEN, Practice  # costs what loading should not

            self._practice = Practice(os.environ.get(CHOSEN, ""))
        return self._practice
