"""`Workspace`: the folder that Claude works in, and the environment that Claude Code gets there."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_claude_sdk.lowlevel import Environment

from .._core.host import Host
from .._paths import current_folder
from .._practice.model import CHOSEN, Practice
from .._settings import practice_chosen

# The CLI gives its newest models no tool for the to-do list that views show. With the tool it would
# also remind them of it, in messages of its own; without a need for a list none is wanted.
_TODO_LIST = {"CLAUDE_CODE_ENABLE_TODO_TOOLS": "1", "CLAUDE_CODE_TODO_REMINDER_MODE": "off"}


class Workspace:
    """Where Claude works. With the practice model that is a folder of its own.

    Parameters
    ----------
    host : Host
        Its settings choose the folder, variables, and whether the practice model answers.

    Attributes
    ----------
    sign_in : Environment
        The variables by which Claude Code uses what the user chose to sign in with.
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
        """The folder that Claude works in."""
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
        """Return what the process gets on top of our own environment."""
        practice = self._practice_model().env if self.practicing else {}
        own = {name: value for name, value in _TODO_LIST.items() if name not in os.environ}
        return Environment({**own, **self._host.settings.env, **self.sign_in, **practice})

    def variables(self) -> Environment:
        """Return all of the process's environment: our own, and what it gets on top of that."""
        return Environment({**os.environ, **self.environment()})

    def renew_practice(self) -> None:
        """See that the practice model's folder is still there and its own."""
        if self.practicing and not self._practice_model().keep_folder():
            self.end_practice()
            self._practice = Practice()

    def end_practice(self) -> None:
        """End the practice model."""
        if self._practice is not None:
            self._practice.close()
            self._practice = None

    def _practice_model(self) -> Practice:
        if self._practice is None:
            self._practice = Practice(os.environ.get(CHOSEN, ""))
        return self._practice
