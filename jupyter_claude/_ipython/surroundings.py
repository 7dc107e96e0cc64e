"""Where a session runs: a kernel, whose cells show turns, or IPython in a terminal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from .._approvals import Approvals
from .._kernel.comms import can_be_asked, cell_context
from .._session.surroundings import Surroundings
from .._text import exact
from .._turns.turn import Operation, Turn

_BELOW = "margin-top:10px;padding-top:8px;border-top:1px solid var(--jp-border-color2,#bdbdbd)"


class TerminalSurroundings(Surroundings):
    """IPython in a terminal."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell


class KernelSurroundings(Surroundings):
    """A kernel: turns are shown in the cell that asked, by widgets, and end as static output."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self._newest: Turn | None = None  # that a cell has asked
        self._cell: Any = None  # that cell
        self._shown: ShownTurns | None = None  # in it

    def can_be_asked(self) -> bool:
        return can_be_asked(self.shell)

    @contextmanager
    def show(self, turn: Turn, approvals: Approvals, *, quiet: bool) -> Iterator[None]:
        if quiet:
            self.show_requests(turn, approvals)
            yield
            return
        self._newest, self._cell, self._shown = turn, cell_context(self.shell), None
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
            self._shown = ShownTurns(turn, output)

    def show_requests(self, turn: Turn, approvals: Approvals) -> None:
        self._newest, self._cell, self._shown = turn, cell_context(self.shell), None
        if turn.can_ask:
            RequestsOutput(turn, approvals, self._cell)

    def show_unasked(self, turn: Turn, before: Turn | None, approvals: Approvals) -> None:
        if before is None or before is not self._newest:  # that one was asked elsewhere
            super().show_unasked(turn, before, approvals)
            return
        self._newest = turn
        if self._shown is not None:
            self._shown.add(turn)
        if turn.can_ask:
            RequestsOutput(turn, approvals, self._cell)

    def show_widget(self, make: Callable[[], Any], instead: dict[str, str]) -> None:
        # Without anybody to ask it runs headless; a widget would only be in the way.
        data = make()._repr_mimebundle_() if self.can_be_asked() else {}
        data = data[0] if isinstance(data, tuple) else data
        CellOutput().show({**data, **instead})


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


class ShownTurns:
    """A cell's turn that has ended, and those that Claude began unasked after it.

    Shown anew when what one left in the background has ended, too.
    """

    def __init__(self, turn: Turn, output: CellOutput) -> None:
        self._turns: list[Turn] = []
        self._output = output
        self.add(turn)

    def add(self, turn: Turn) -> None:
        """Show another one below, once it has ended."""
        self._turns.append(turn)

        def changed(operation: Operation) -> None:
            if turn.ended and not turn.goes_on:
                stop_listening()
                self._show()

        if turn.ended:
            self._show()
        if not turn.ended or turn.goes_on:
            stop_listening = turn.listen(changed)

    def _show(self) -> None:
        from .._views.static import bundle

        # The cell itself ends with the line of its own turn's error.
        shown = [
            bundle(turn, error=turn is not self._turns[0]) for turn in self._turns if turn.ended
        ]
        for unasked in shown[1:]:
            unasked["text/html"] = f'<div style="{_BELOW}">{unasked["text/html"]}</div>'
        if len(shown) > 1:
            texts = ("text/html", "text/markdown", "text/plain")
            shown = [{name: "\n\n".join(one[name] for one in shown) for name in texts}]
        self._output.show(shown[0])


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
