"""`Host`: where a session lives, its settings and its front end. Both can be put in place later."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Any, Protocol

from .._approvals import Approvals
from .._settings import Settings
from .._turns.turn import Turn
from .._turns.writer import TurnWriter

_SHOWN = ("model", "permission_mode", "cwd", "practice")


class Frontend(Protocol):
    """What shows turns, and asks: a notebook, a terminal, or a script's output.

    Attributes
    ----------
    shell : InteractiveShell or None
        IPython's shell, if there is one.
    bridge : str or None
        `CommBridge.state`, in a kernel.
    """

    shell: Any
    bridge: str | None

    def can_be_asked(self) -> bool:
        """Whether there is somebody who can answer a permission request now."""

    @property
    def has_widgets(self) -> bool:
        """Whether the running cell's front end shows widgets."""

    def show(
        self, turn: Turn, approvals: Approvals, *, quiet: bool
    ) -> AbstractContextManager[None]:
        """Show a turn where it was asked, for as long as the block lasts."""

    def show_requests(self, turn: Turn, approvals: Approvals) -> None:
        """Show the requests of a turn that nothing else shows, where it was asked."""

    def show_unasked(self, writer: TurnWriter, before: Turn | None, approvals: Approvals) -> None:
        """Show what Claude does without a prompt, such as after a background task of `before`."""

    def show_widget(self, make: Callable[[], Any], instead: dict[str, str]) -> None:
        """Show a widget in the running cell; where there are none, a MIME bundle in its place."""

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine from synchronous code, without waiting for it where the loop runs."""


class Host:
    """The settings and the front end of a session.

    Parameters
    ----------
    frontend : Frontend
        The first one.
    attach : callable
        Called before a turn where there is no shell yet: it may put in the front end of the
        IPython that has been started meanwhile.

    Attributes
    ----------
    frontend : Frontend
        What shows turns now.
    """

    def __init__(self, frontend: Frontend, attach: Callable[[], None] = lambda: None) -> None:
        self.frontend = frontend
        self._attach = attach
        self._settings = Settings()
        self._changed: Callable[[Any], None] = lambda change: None

    @property
    def settings(self) -> Settings:
        """What the user has configured."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._settings.unobserve(self._setting_changed, list(_SHOWN))
        self._settings = settings
        settings.observe(self._setting_changed, list(_SHOWN))
        self._changed(None)

    def on_change(self, changed: Callable[[Any], None]) -> None:
        """Call `changed` with each change of a setting that views show; None is all of them."""
        self._changed = changed
        self.settings = self._settings

    def _setting_changed(self, change: Any) -> None:
        self._changed(change)

    def attach(self) -> None:
        """See that the front end is that of the IPython in which the session is used."""
        if self.frontend.shell is None:
            self._attach()
