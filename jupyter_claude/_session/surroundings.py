"""Where a session runs: a kernel, a terminal or a script.

The session itself knows none of them; loading the extension puts the right one in.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from html import escape
from typing import Any

from .._approvals import Approvals
from .._kernel.comms import can_be_asked, cell_context, kernel_loop
from .._text import exact
from .._turns.turn import Operation, Turn


class Surroundings:
    """A script: nothing to show, and somebody to ask only at a terminal."""

    #: IPython's shell, if there is one.
    shell: Any = None
    #: `CommBridge.state`, in a kernel.
    bridge: str | None = None

    def can_be_asked(self) -> bool:
        """Whether there is somebody who can answer a permission request now."""
        return sys.stdin is not None and sys.stdin.isatty()

    def show(
        self, turn: Turn, approvals: Approvals, *, quiet: bool
    ) -> AbstractContextManager[None]:
        """Show a turn where it was asked, for as long as the block lasts."""
        return terminal_view(turn, approvals, quiet=quiet)

    def show_requests(self, turn: Turn, approvals: Approvals, cell: Any = None) -> None:
        """Show the requests of a turn that nothing else shows, where it was asked or in `cell`."""
        if turn.can_ask:
            show_until_end(terminal_view(turn, approvals, quiet=True), turn)

    def show_widget(self, make: Callable[[], Any], instead: dict[str, str]) -> None:
        """Show a widget in the running cell; where there are none, a MIME bundle in its place."""
        print(instead["text/plain"])

    def cell_of(self, turn: Turn | None) -> Any:
        """Return the cell that a turn was asked in."""
        return None

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine from synchronous code, without waiting for it where the loop runs."""
        from IPython.core.async_helpers import get_asyncio_loop

        loop = kernel_loop(self.shell) or get_asyncio_loop()  # type: ignore[no-untyped-call]
        if loop.is_running():
            task = loop.create_task(coroutine)
            _spawned.add(task)
            task.add_done_callback(_spawned.discard)
        else:
            loop.run_until_complete(coroutine)


class TerminalSurroundings(Surroundings):
    """IPython in a terminal."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell


class KernelSurroundings(Surroundings):
    """A kernel: turns are shown in the cell that asked, by widgets, and end as static output."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self._cell: tuple[str, Any] = ("", None)  # of the newest turn

    def can_be_asked(self) -> bool:
        return can_be_asked(self.shell)

    @contextmanager
    def show(self, turn: Turn, approvals: Approvals, *, quiet: bool) -> Iterator[None]:
        self._cell = (turn.id, cell_context(self.shell))
        if quiet:
            self.show_requests(turn, approvals)
            yield
            return
        output = CellOutput()
        view = None
        if turn.can_ask:
            # Without anybody to ask it runs headless; a widget would only be in the way.
            from .._views.widgets import LiveView

            view = LiveView(turn, approvals)
            output.show_widget(view.widget, turn)
        try:
            yield
        finally:
            if view is not None:
                view.finish()
            show_finished(turn, output)

    def show_requests(self, turn: Turn, approvals: Approvals, cell: Any = None) -> None:
        if turn.can_ask:
            in_cell = cell or cell_context(self.shell)
            self._cell = (turn.id, in_cell)
            RequestsOutput(turn, approvals, in_cell)

    def show_widget(self, make: Callable[[], Any], instead: dict[str, str]) -> None:
        # Without anybody to ask it runs headless; a widget would only be in the way.
        data = make()._repr_mimebundle_() if self.can_be_asked() else {}
        data = data[0] if isinstance(data, tuple) else data
        CellOutput().show({**data, **instead})

    def cell_of(self, turn: Turn | None) -> Any:
        return self._cell[1] if turn is not None and turn.id == self._cell[0] else None


class CellOutput:
    """One output of a cell, which can be replaced."""

    def __init__(self) -> None:
        self._display_id: str | None = None

    def show_widget(self, widget: Any, turn: Turn) -> None:
        """Show a widget, with words for front ends that have none."""
        data = widget._repr_mimebundle_()
        if isinstance(data, tuple):
            data = data[0]
        self.show({**data, "text/plain": f"Claude turn {turn.number} is running …"})

    def show(self, data: dict[str, Any]) -> None:
        """Show a MIME bundle in place of what the output shows."""
        from IPython.display import publish_display_data

        update = self._display_id is not None
        self._display_id = self._display_id or uuid.uuid4().hex
        publish_display_data(  # type: ignore[no-untyped-call]
            data, transient={"display_id": self._display_id}, update=update
        )


def show_finished(turn: Turn, output: CellOutput) -> None:
    """Show a turn that has ended; anew, when what it left in the background has ended too."""
    from .._views.static import bundle

    def show() -> None:
        output.show(bundle(turn, error=False))  # the cell ends with that line

    def changed(operation: Operation) -> None:
        if not turn.goes_on:
            stop_listening()
            show()

    show()
    if turn.goes_on:
        stop_listening = turn.listen(changed)


class RequestsOutput:
    """Shows a turn's requests, and nothing before there is one; at the end, what was answered."""

    def __init__(self, turn: Turn, approvals: Approvals, in_cell: Any) -> None:
        self._turn = turn
        self._approvals = approvals
        self._in_cell = in_cell
        self._output = CellOutput()
        self._view: Any = None
        self._titles: dict[str, str] = {}
        self._answered: list[str] = []
        self._stop_listening = turn.listen(self._changed)

    def _changed(self, operation: Operation) -> None:
        kind = operation[0]
        if kind == "request":
            request = operation[1]
            what = request.get("command") or request.get("path") or request.get("tool")
            self._titles[request["id"]] = (
                "Question from Claude"
                if request["kind"] == "question"
                else f"Permission request: {request['tool']} {exact(str(what))}"
            )
            if self._view is None:
                from .._views.widgets import LiveView

                self._view = LiveView(self._turn, self._approvals, kind="requests")
                self._in_cell(lambda: self._output.show_widget(self._view.widget, self._turn))
        elif kind == "request_done" and operation[1] in self._titles:
            self._answered.append(f"{self._titles[operation[1]]} — {operation[2]}")
        elif kind == "end":
            self._stop_listening()
            if self._view is not None:
                self._view.finish()
                text = "\n".join(self._answered)
                html = f'<pre style="margin:0">{escape(text)}</pre>'
                self._in_cell(lambda: self._output.show({"text/html": html, "text/plain": text}))


@contextmanager
def terminal_view(turn: Turn, approvals: Approvals, *, quiet: bool) -> Iterator[None]:
    """Show a turn on the terminal for as long as the block lasts."""
    from .._views.terminal import TerminalView

    view = TerminalView(turn, approvals, quiet=quiet)
    try:
        yield
    finally:
        view.finish()


def show_until_end(view: AbstractContextManager[None], turn: Turn) -> None:
    """Keep a view until its turn ends."""
    view.__enter__()

    def changed(operation: Operation) -> None:
        if operation[0] == "end":
            stop_listening()
            view.__exit__(None, None, None)

    stop_listening = turn.listen(changed)


_spawned: set[asyncio.Task[None]] = set()  # a loop holds its tasks only weakly
