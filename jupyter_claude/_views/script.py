"""`ScriptFrontend`: the front end of a script: its output, and a terminal if there is one.

The extension replaces it with the front end of a kernel or of IPython in a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from .._kernel.comms import kernel_loop
from .._screen import SCREEN, Screen, somebody_there
from .._tasks import TaskSet

if TYPE_CHECKING:
    from .._approvals import Approvals
    from .._core.host import StoppableBatch
    from .._turns.events import TurnChange
    from .._turns.turn import Turn
    from .._turns.writer import TurnWriter


class ScriptFrontend:
    """A script. It can ask the user only at a terminal."""

    #: IPython's shell, if there is one.
    shell: Any = None
    #: `CommBridge.state`, in a kernel.
    bridge: str | None = None

    def can_be_asked(self) -> bool:
        """Whether a user can answer a permission request now."""
        return somebody_there()

    @property
    def has_widgets(self) -> bool:
        """Whether the running cell's front end shows widgets."""
        return False

    def show(
        self, turn: Turn, approvals: Approvals, *, quiet: bool
    ) -> AbstractContextManager[None]:
        """Show a turn where the prompt was sent, for as long as the block lasts."""
        return terminal_view(turn, approvals, quiet=quiet)

    def show_requests(self, turn: Turn, approvals: Approvals) -> None:
        """Show the requests of a turn that has no other view, where the prompt was sent."""
        if turn.can_ask:
            show_until_end(terminal_view(turn, approvals, quiet=True), turn)

    def show_unasked(self, writer: TurnWriter, before: Turn | None, approvals: Approvals) -> None:
        """Show what Claude does without a prompt, such as after a background task of `before`."""
        self.show_requests(writer.turn, approvals)

    def show_widget(self, make: Callable[[], Any], instead: dict[str, str]) -> None:
        """Show a widget in the running cell, or `instead` if the front end has no widgets."""
        print(instead["text/plain"])

    def show_batch(self, batch: StoppableBatch) -> Callable[[], None]:
        """Show a batch that starts, where it was awaited; return what ends that."""
        # The output of a script is for what the script prints.
        return batch_view(batch, SCREEN if SCREEN.isatty() else sys.stderr)

    def prepare(self) -> None:
        """Import what showing the first turn needs."""

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine from synchronous code. If the loop runs, do not wait for it."""
        from IPython.core.async_helpers import get_asyncio_loop

        loop = kernel_loop(self.shell) or get_asyncio_loop()  # type: ignore[no-untyped-call]
        if loop.is_running():
            _spawned.keep(loop.create_task(coroutine))
        else:
            loop.run_until_complete(coroutine)


@contextmanager
def terminal_view(
    turn: Turn, approvals: Approvals, *, quiet: bool, **options: Any
) -> Iterator[None]:
    """Show a turn on the terminal for as long as the block lasts; see `TerminalView`."""
    from .terminal import TerminalView

    view = TerminalView(turn, approvals, quiet=quiet, **options)
    try:
        yield
    finally:
        view.finish()


def batch_view(
    batch: StoppableBatch,
    stream: Any,
    within: Callable[[Callable[[], None]], None] | None = None,
) -> Callable[[], None]:
    """Show a batch as a bar on a terminal, else as lines of text; return what ends that.

    Parameters
    ----------
    batch : StoppableBatch
        The batch.
    stream : object
        Where to print; a `Screen` that is a terminal gets the bar.
    within : callable, optional
        Calls a function so that its output appears in the right cell.
    """
    from .batch_static import as_text, batch_parts
    from .batch_terminal import BarView, LinesView

    bar = isinstance(stream, Screen) and stream.isatty()
    view = BarView(batch, stream) if bar else LinesView(batch, stream)

    def end() -> None:
        view.finish()
        if within is None:
            tell()
        else:
            within(tell)

    def tell() -> None:
        stream.write(as_text(batch_parts(batch)) + "\n")
        stream.flush()

    return end


def show_until_end(view: AbstractContextManager[None], turn: Turn) -> None:
    """Keep a view until its turn ends."""
    from .._turns.events import TurnEnded

    view.__enter__()

    def on_change(change: TurnChange) -> None:
        if isinstance(change, TurnEnded):
            stop_listening()
            view.__exit__(None, None, None)

    stop_listening = turn.listen(on_change)


_spawned = TaskSet()
