"""The turn as data beside its static HTML: what our own renderer draws in a reopened notebook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter, MarkdownExporter

from jupyter_claude._turns.errors import ClaudeError
from jupyter_claude._turns.items import TextItem, ToolCall, ToolImage
from jupyter_claude._turns.turn import Turn
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._views.saved import MIME
from jupyter_claude._views.static import bundle

pytestmark = pytest.mark.pure


def turn_with(*items: Any, error: Exception | None = None) -> Turn:
    """Make a finished turn."""
    writer = TurnWriter(3, "uuid-of-the-prompt", "what was asked", folder=Path())
    for item in items:
        writer.put(item)
    writer.finish("done" if error is None else "failed", error)
    return writer.turn


def picture(data: str) -> ToolImage:
    """Make an image."""
    return ToolImage("image/png", data, "An image")


def rich_turn() -> Turn:
    """Make a turn with a subagent, images and half a surrogate pair."""
    return turn_with(
        ToolCall("toolu_agent", "Agent", {"prompt": "Look"}, images=[picture("BBBB")]),
        TextItem("text", "I *look* \ud800.", parent="toolu_agent"),
        ToolCall("toolu_read", "Read", parent="toolu_agent", images=[picture("AAAA")]),
        ToolCall("toolu_bash", "Bash", {"command": "ls"}, output="a\nb"),
    )


def test_the_data_says_what_the_html_says_and_no_more() -> None:
    """Else a shared notebook tells more than it shows, or a reopened one shows less."""
    turn = rich_turn()
    data = bundle(turn)[MIME]
    assert data == bundle(turn)[MIME]
    agent, text, read, bash = data["items"]
    assert data["id"] == turn.id  # by it the page knows the cell that it was asked about
    assert [item.get("parent", "") for item in data["items"]] == ["", "1", "1", ""]
    assert (agent["id"], text["text"]) == ("1", "I *look* ⟨U+D800⟩.")
    assert (bash["input"], bash["output"], bash["state"]) == ("ls", "a\nb", "done")
    assert [agent["images"], read["images"]] == [[1], [0]]
    html = bundle(turn)["text/html"]
    assert html.index("base64,AAAA") < html.index("base64,BBBB")
    whole = json.dumps(data)
    for hidden in ("what was asked", "toolu_", "AAAA", "BBBB"):
        assert hidden not in whole
    stopped = turn_with(TextItem("text", "so far"), error=ClaudeError("Stopped"))
    assert bundle(stopped)[MIME]["error"] == "ClaudeError: Stopped"
    assert bundle(stopped, error=False)[MIME]["error"] == ""


def test_a_large_turn_does_not_double_the_file() -> None:
    """Else each notebook with long tool outputs or images becomes twice as large."""
    line = "a line of a long output\n"
    calls = [
        ToolCall(f"t{number}", "Read", output=line * 800, images=[picture("A" * 30_000)])
        for number in range(20)
    ]
    made = bundle(turn_with(*calls))
    data = made.pop(MIME)
    assert data["items"][0]["output"].startswith(line * 40)
    kept = data["items"][0]
    assert kept["output_end"].endswith(line) and kept["left_out"] > 700
    assert len(json.dumps(data)) < 0.1 * len(json.dumps(made))
    many = [ToolCall(f"t{number}", "Read", output=line * 100) for number in range(600)]
    assert set(bundle(turn_with(*many))) == {"text/html", "text/markdown", "text/plain"}


def test_other_tools_read_the_notebook_as_before() -> None:
    """Else nbconvert, and the sites that use it, show JSON or nothing in place of the answer."""
    made = bundle(turn_with(TextItem("a", "Hi **there**.")))
    shown = []
    for data in (made, {form: made[form] for form in made if form != MIME}):
        output = nbformat.v4.new_output("display_data", data)
        cell = nbformat.v4.new_code_cell("%%claude\nhello", outputs=[output], id="cell")
        notebook = nbformat.v4.new_notebook(cells=[cell])
        nbformat.validate(notebook)
        shown.append([to.from_notebook_node(notebook)[0] for to in (HTML, MARKDOWN)])
    assert shown[0] == shown[1]
    assert "<strong>there</strong>" in shown[0][0]


HTML = HTMLExporter()  # type: ignore[no-untyped-call]
MARKDOWN = MarkdownExporter()  # type: ignore[no-untyped-call]
