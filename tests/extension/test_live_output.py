"""What the card of a call shows of the code that it runs, while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk.lowlevel import parse_message

from jupyter_claude._kernel_tools.running import _show
from jupyter_claude._turns.events import ItemChanged, OutputAppended, TurnChange
from jupyter_claude._turns.items import SHOWN, ToolCall
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._views.static import bundle

pytestmark = pytest.mark.pure

RUN = "mcp__kernel__run_code"
PNG = "iVBORw0KGgo="


class Card:
    """A call that runs code, and the changes that views hear of."""

    def __init__(self) -> None:
        self.writer = TurnWriter(1, "id", "prompt", folder=Path("folder"))
        self.writer.start()
        block = {
            "type": "tool_use",
            "id": "t",
            "name": RUN,
            "input": {"code": "x = 1\n", "why": "w"},
        }
        self.read({"type": "assistant", "message": {"content": [block], "model": "m", "id": "a"}})
        self.changes: list[TurnChange] = []
        self.writer.turn.listen(self.changes.append)

    @property
    def call(self) -> ToolCall:
        return self.writer.turn.tools[0]

    def read(self, message: dict[str, Any]) -> None:
        self.writer.apply(parse_message({"parent_tool_use_id": None, "session_id": "s", **message}))

    def show(self, *outputs: dict[str, Any]) -> None:
        for output in outputs:
            _show(self.writer, "t", output)

    def end(self, text: str) -> None:
        result = {"type": "tool_result", "tool_use_id": "t", "content": text}
        self.read({"type": "user", "message": {"role": "user", "content": [result]}})


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def image(kind: str = "display_data") -> dict[str, Any]:
    return {"output_type": kind, "data": {"image/png": PNG, "text/plain": "<Figure>"}}


def test_output_comes_in_pieces_and_stays() -> None:
    """Else a long run shows nothing, or the notebook keeps only what Claude got of it."""
    card = Card()
    card.show(stream("one\n"), stream("two\n"), image())
    appended = [change.text for change in card.changes if isinstance(change, OutputAppended)]
    assert appended == ["one\n", "two\n"]
    assert len(card.call.images) == 1
    card.end("a short form for Claude")
    assert card.call.output == "one\ntwo\n"
    card.writer.finish("done")
    html = bundle(card.writer.turn)["text/html"]
    assert "one\ntwo" in html
    assert html.index("</details>") < html.index("one\ntwo"), "the output is not folded away"
    assert f"data:image/png;base64,{PNG}" in html


def test_a_progress_bar_is_one_line() -> None:
    """Else a bar of tqdm fills the card with each of its states."""
    card = Card()
    card.show(stream("start\n 10%"), stream("\r 50%"), stream("\r100%\r\n"), stream("end\n"))
    assert card.call.output == "start\n100%\nend\n"


def test_code_may_clear_what_it_showed() -> None:
    """Else a plot that a loop draws anew is there once for each step."""
    card = Card()
    card.show(stream("old"), image(), {"output_type": "clear_output", "wait": True}, stream("new"))
    assert (card.call.output, card.call.images) == ("new", [])
    card.show(image(), image("update_display_data"))
    assert len(card.call.images) == 1


def test_views_get_no_more_than_they_show() -> None:
    """Else 1 MB of prints goes to each page again and again."""
    card = Card()
    card.show(*[stream("x" * 1_000) for _ in range(100)])
    told = sum(len(change.text) for change in card.changes if isinstance(change, OutputAppended))
    assert told <= SHOWN
    assert len([change for change in card.changes if isinstance(change, ItemChanged)]) == 1
    assert len(card.call.output) == 100_000


def test_an_error_of_the_tool_itself_is_shown() -> None:
    """Else a refusal looks like code that ran without output."""
    card = Card()
    card.end("There is no code")
    assert card.call.shown_output() == "There is no code"
