"""`Host`: the settings and the front end of a session. Both can be replaced later."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from .._settings import Settings

if TYPE_CHECKING:
    from jupyter_claude_sdk import Progress, Rows

    from .._approvals import Approvals
    from .._looking.recorder import Recorder
    from .._turns.turn import Turn
    from .._turns.writer import TurnWriter

_SHOWN = (
    *("model", "permission_mode", "kernel", "cwd", "practice"),
    # What the administrator's policy may limit.
    *("cli_path", "add_dirs", "allowed_tools", "options"),
)


class StoppableBatch(Protocol):
    """A batch, as front ends show it."""

    @property
    def progress(self) -> Progress:
        """How far it is."""

    @property
    def failed(self) -> Rows[Any]:
        """The rows that have an error."""

    def press_stop(self) -> None:
        """Stop it for the user."""


class Frontend(Protocol):
    """Shows turns and asks the user: in a notebook, in a terminal, or in a script's output.

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
        """Whether a user can answer a permission request now."""

    @property
    def has_widgets(self) -> bool:
        """Whether the running cell's front end shows widgets."""

    def show(
        self, turn: Turn, approvals: Approvals, *, quiet: bool
    ) -> AbstractContextManager[None]:
        """Show a turn where the prompt was sent, for as long as the block lasts."""

    def show_requests(self, turn: Turn, approvals: Approvals) -> None:
        """Show the requests of a turn that has no other view, where the prompt was sent."""

    def show_unasked(self, writer: TurnWriter, before: Turn | None, approvals: Approvals) -> None:
        """Show what Claude does without a prompt, such as after a background task of `before`."""

    def show_widget(self, make: Callable[[], Any], instead: dict[str, str]) -> None:
        """Show a widget in the running cell, or `instead` if the front end has no widgets."""

    def show_batch(self, batch: StoppableBatch) -> Callable[[], None]:
        """Show a batch that starts, where it was awaited; return what ends that."""

    def prepare(self) -> None:
        """Import what showing the first turn needs."""

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine from synchronous code. If the loop runs, do not wait for it."""


class Host:
    """The settings and the front end of a session.

    Parameters
    ----------
    frontend : Frontend
        The first front end.
    attach : callable
        Called before a turn if there is no IPython shell yet. If IPython was started meanwhile,
        it sets that IPython's front end.

    Attributes
    ----------
    frontend : Frontend
        What shows turns now.
    recorder : Recorder or None
        Has the last cells and outputs of the shell.
    """

    def __init__(self, frontend: Frontend, attach: Callable[[], None] = lambda: None) -> None:
        self.frontend = frontend
        self.recorder: Recorder | None = None
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
        """Call `changed` with each change of a setting that views show; None stands for all."""
        self._changed = changed
        self.settings = self._settings

    def _setting_changed(self, change: Any) -> None:
        self._changed(change)

    def attach(self) -> None:
        """Make sure that the front end is that of the IPython in which the user works."""
        if self.frontend.shell is None:
            self._attach()
