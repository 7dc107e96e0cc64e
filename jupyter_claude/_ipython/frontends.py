"""The front ends: a kernel, whose cells show turns, and IPython in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from .._kernel.comms import can_be_asked, cell_context
from .._kernel.input_line import InputLine, shows_widgets
from .._kernel.uncaptured import CellStream, is_captured
from .._views.script import ScriptFrontend, batch_view, show_until_end, terminal_view

if TYPE_CHECKING:
    from .._approvals import Approvals
    from .._core.host import StoppableBatch
    from .._turns.turn import Turn
    from .._turns.writer import TurnWriter
    from .outputs import ShownTurns


class TerminalFrontend(ScriptFrontend):
    """IPython in a terminal."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell


class KernelFrontend(ScriptFrontend):
    """A kernel. A widget shows each turn in the cell that asked; static output replaces it.

    If the front end shows no widgets, the turns are printed as in a terminal.

    Parameters
    ----------
    shell : InteractiveShell
        The kernel's shell.
    widgets : callable
        Returns the setting: "on", "off", or "auto".
    watched : callable
        Returns whether a panel shows the session's turns and requests.
    """

    def __init__(
        self,
        shell: Any,
        widgets: Callable[[], str] = lambda: "auto",
        watched: Callable[[], bool] = lambda: False,
    ) -> None:
        self.shell = shell
        self._setting = widgets
        self._watched = watched
        self._newest: Turn | None = None  # that a cell asked
        self._cell: Any = None  # that cell
        self._in_text = False  # whether that cell's front end has no widgets
        self._shown: ShownTurns | None = None  # in that cell

    def can_be_asked(self) -> bool:
        return can_be_asked(self.shell)

    @property
    def has_widgets(self) -> bool:
        setting = self._setting()
        return setting == "on" or (setting == "auto" and shows_widgets(self.shell))

    def prepare(self) -> None:
        from .. import _cell_line  # noqa: F401
        from .._conversations import recent  # noqa: F401
        from .._views import static, widgets  # noqa: F401
        from . import login, outputs  # noqa: F401

        static.render_markdown("…")  # reads the parser, and the table of characters

    def _asked_in_cell(self, turn: Turn) -> None:
        self._newest, self._cell, self._shown = turn, cell_context(self.shell), None
        self._in_text = not self.has_widgets

    def _text_view(
        self, turn: Turn, approvals: Approvals, *, quiet: bool
    ) -> AbstractContextManager[None]:
        """Print a turn in the running cell, and ask on the front end's input line."""
        line = InputLine(self.shell, approvals.hold)
        return terminal_view(
            turn,
            approvals,
            quiet=quiet,
            screen=CellStream(self.shell),
            read_line=line.read,
            within=cell_context(self.shell),
        )

    @contextmanager
    def show(self, turn: Turn, approvals: Approvals, *, quiet: bool) -> Iterator[None]:
        if quiet:
            self.show_requests(turn, approvals)
            yield
            return
        from .outputs import CellOutput, RequestsOutput, ShownTurns

        self._asked_in_cell(turn)
        if turn.can_ask and self._in_text:
            with self._text_view(turn, approvals, quiet=False):
                yield
            return
        output = CellOutput()
        view = None
        if turn.can_ask and is_captured(self.shell):
            # The capturing code gets the turn, but the user must see the requests.
            RequestsOutput(turn, approvals, self._cell, self.shell)
        elif turn.can_ask:
            # If no user can answer, the notebook runs headless and needs no widget.
            from .._views.widgets import LiveView

            view = LiveView(turn, approvals)
            output.show_widget(view.widget, f"Claude turn {turn.number} is running …")
        try:
            yield
        finally:
            if view is not None:
                view.finish()
            # With widgets a stale turn can be asked again here.
            self._shown = ShownTurns(turn, output, approvals if view is not None else None)

    def show_requests(self, turn: Turn, approvals: Approvals) -> None:
        from .outputs import RequestsOutput

        self._asked_in_cell(turn)
        if turn.can_ask and self._in_text:
            show_until_end(self._text_view(turn, approvals, quiet=True), turn)
        elif turn.can_ask:
            RequestsOutput(turn, approvals, self._cell, self.shell)

    def show_unasked(self, writer: TurnWriter, before: Turn | None, approvals: Approvals) -> None:
        from .outputs import RequestsOutput

        turn = writer.turn
        here = before is not None and before is self._newest  # otherwise another front end asked it
        if self._in_text if here else not self.has_widgets:
            # The cell has ended, so its input line takes no answers.
            if here or not self._watched():
                writer.ask_nobody()
            if here:
                self._newest = turn
            return
        if not here:
            super().show_unasked(writer, before, approvals)
            return
        self._newest = turn
        if self._shown is not None:
            self._shown.add(turn)
        if turn.can_ask:
            RequestsOutput(turn, approvals, self._cell, self.shell)

    def show_batch(self, batch: StoppableBatch) -> Callable[[], None]:
        from .._views.batch_static import bundle
        from .outputs import CellOutput

        cell = cell_context(self.shell)
        output = CellOutput()
        view = None
        if self.can_be_asked() and self.has_widgets:
            from .._views.batch import LiveBatch

            view = LiveBatch(batch)
            output.show_widget(view.widget, "A batch is running …")
        elif self.can_be_asked():
            return batch_view(batch, CellStream(self.shell), cell)
        # Else no user looks at it: the notebook runs headless, and gets the summary only.

        def end() -> None:
            if view is not None:
                view.finish()
            cell(lambda: output.show(bundle(batch)))

        return end

    def show_widget(self, make: Callable[[], Any], instead: dict[str, str]) -> None:
        from .outputs import CellOutput

        # If no user can answer, the notebook runs headless and needs no widget.
        data = make()._repr_mimebundle_() if self.can_be_asked() and self.has_widgets else {}
        data = data[0] if isinstance(data, tuple) else data
        CellOutput().show({**data, **instead})
