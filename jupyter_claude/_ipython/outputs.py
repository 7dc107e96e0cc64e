"""The outputs of a cell: a turn, and the requests of a turn that has no other view."""

from __future__ import annotations

import uuid
from html import escape
from typing import Any

from .._approvals import Approvals
from .._kernel.uncaptured import show_uncaptured
from .._text import exact
from .._turns.events import ItemChanged, RequestClosed, RequestOpened, TurnChange, TurnEnded
from .._turns.requests import PermissionRequest, QuestionRequest, Request
from .._turns.turn import NOT_AGAIN, Turn


class CellOutput:
    """One output of a cell, which can be replaced.

    Parameters
    ----------
    shell : InteractiveShell, optional
        With it the output also appears if other code captures the cell's output.
    """

    def __init__(self, shell: Any = None) -> None:
        self._shell = shell
        self._display_id: str | None = None

    def show_widget(self, widget: Any, text: str) -> None:
        """Show a widget, with a text for front ends without widgets."""
        data = widget._repr_mimebundle_()
        if isinstance(data, tuple):
            data = data[0]
        self.show({**data, "text/plain": text})

    def show(self, data: dict[str, Any]) -> None:
        """Show a MIME bundle in place of the present one."""
        from IPython.display import publish_display_data

        update = self._display_id is not None
        self._display_id = self._display_id or uuid.uuid4().hex
        transient = {"display_id": self._display_id}
        content = {"data": data, "metadata": {}, "transient": transient}
        if self._shell is not None and show_uncaptured(self._shell, content, update=update):
            return
        publish_display_data(  # type: ignore[no-untyped-call]
            data, transient=transient, update=update
        )


class ShownTurns:
    """Shows a cell's ended turn, and the turns that Claude began by itself after it.

    It shows them again when a background task of one has ended, or one cannot be asked again. If a
    stale turn is asked again, the new turn takes its place.

    Parameters
    ----------
    turn : Turn
        The turn.
    output : CellOutput
        Where it is shown.
    approvals : Approvals, optional
        Takes the answers to the requests of a turn that is asked again, in a widget. Without it the
        new turn is shown once it has ended.
    """

    def __init__(self, turn: Turn, output: CellOutput, approvals: Approvals | None = None) -> None:
        self._own = turn
        self._turns: list[Turn] = []
        self._output = output
        self._approvals = approvals
        self.add(turn)

    def add(self, turn: Turn) -> None:
        """Show another turn below, once it has ended."""
        self._turns.append(turn)
        if turn.ended:
            self._show()
        self._follow(turn)

    def _follow(self, turn: Turn) -> None:
        waits = not turn.ended or turn.goes_on
        left = turn.left

        def on_change(change: TurnChange) -> None:
            nonlocal waits, left
            if turn not in self._turns:
                return  # it was asked again
            if turn.again is not None:
                self._ask_again(turn, turn.again)
                return
            ends = waits and turn.ended and not turn.goes_on
            stays = isinstance(change, ItemChanged) and change.item.id == NOT_AGAIN
            if ends or stays or (left or "") != (turn.left or ""):
                waits, left = waits and not ends, turn.left
                self._show()

        turn.listen(on_change)

    def _ask_again(self, stale: Turn, turn: Turn) -> None:
        """Show the turn that asks a stale one's prompt again, in its place."""
        self._turns[self._turns.index(stale)] = turn
        if self._approvals is not None and not turn.ended:
            from .._views.widgets import LiveView

            view = LiveView(turn, self._approvals)
            self._output.show_widget(view.widget, f"Claude turn {turn.number} is running …")
            turn.listen(lambda change: view.finish() if isinstance(change, TurnEnded) else None)
        self._follow(turn)

    def _show(self) -> None:
        from .._views.static import below, bundle

        # The cell ends with its own turn's error, unless another model was asked instead.
        shown = [
            bundle(turn, error=turn is not self._own or turn.instead != "")
            for turn in self._turns
            if turn.ended
        ]
        for unasked in shown[1:]:
            unasked["text/html"] = below(unasked["text/html"])
        if len(shown) > 1:
            texts = ("text/html", "text/markdown", "text/plain")
            shown = [{name: "\n\n".join(one[name] for one in shown) for name in texts}]
        self._output.show(shown[0])


class RequestsOutput:
    """Shows a turn's requests once there is one, and the answers when the turn has ended.

    A cell that captures its output also shows them, since the turn waits for the answer.
    """

    def __init__(self, turn: Turn, approvals: Approvals, in_cell: Any, shell: Any) -> None:
        self._turn = turn
        self._approvals = approvals
        self._in_cell = in_cell
        self._output = CellOutput(shell)
        self._view: Any = None
        self._titles: dict[str, str] = {}
        self._answered: list[str] = []
        self._stop_listening = turn.listen(self._changed)

    def _changed(self, change: TurnChange) -> None:
        if isinstance(change, RequestOpened):
            self._titles[change.request.id] = _title(change.request)
            if self._view is None:
                from .._views.widgets import LiveView

                self._view = LiveView(self._turn, self._approvals, kind="requests")
                text = f"Claude turn {self._turn.number} is running …"
                self._in_cell(lambda: self._output.show_widget(self._view.widget, text))
        elif isinstance(change, RequestClosed) and change.request.id in self._titles:
            self._answered.append(f"{self._titles[change.request.id]} — {change.outcome}")
        elif isinstance(change, TurnEnded):
            self._stop_listening()
            if self._view is not None:
                self._view.finish()
                text = "\n".join(self._answered)
                html = f'<pre style="margin:0">{escape(text)}</pre>'
                self._in_cell(lambda: self._output.show({"text/html": html, "text/plain": text}))


def _title(request: Request) -> str:
    """Return the title of an answered request."""
    if isinstance(request, QuestionRequest):
        return "Question from Claude"
    command = request.command if isinstance(request, PermissionRequest) else None
    what = command or request.path or request.tool
    return f"Permission request: {request.tool} {exact(what)}"
