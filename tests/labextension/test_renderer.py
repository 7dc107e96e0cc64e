"""Finished turns, drawn by our renderer from what is in the notebook's file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from jupyter_claude._turns.items import TextItem, ToolCall, ToolImage
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._views.saved import MIME
from jupyter_claude._views.static import bundle
from tests.browser.lab import FrontEnd, Notebook, Server, press
from tests.browser.script import FLAG, HOSTILE
from tests.browser.test_content import PNG

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

DRAWN = ".jc-root"  # by the views, not from the HTML


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Open a page of its own."""
    page = context.new_page()
    yield page
    page.close()


def choose_none(page: Page) -> None:
    """Choose no kernel in JupyterLab's dialog."""
    page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()


def without_kernel(notebook: Notebook) -> None:
    """Open a notebook of which the file names no kernel, and choose none."""
    place = "notebooks" if notebook.front_end == "notebook" else "lab/tree"
    relative = notebook.path.relative_to(notebook.server.root).as_posix()
    server = notebook.server
    notebook.page.goto(f"{server.url}{place}/{relative}?token={server.token}&reset")
    choose_none(notebook.page)
    expect(notebook.cells.first).to_be_visible()


def test_a_reopened_notebook_shows_turns_without_a_kernel(open_notebook: Open, page: Page) -> None:
    """Otherwise one reads yesterday's work in a plainer form, or waits for a kernel to see it."""
    notebook = open_notebook(["%%claude\ndelegate", "%%claude\nwrite a file"])
    (notebook.folder / "chart.png").write_bytes(PNG)
    notebook.run(1)
    press(notebook.button(1))
    notebook.done(1)
    notebook.run(2)
    request = notebook.request(2, "Permission request: Write")
    press(request.get_by_role("button", name="Approve", exact=True))
    notebook.done(2)
    for cell in (1, 2):
        expect(notebook.output(cell).locator(DRAWN)).to_have_count(1)
    saved = notebook.save()
    del saved.metadata["kernelspec"]
    front_ends: tuple[FrontEnd, ...] = ("lab", "notebook")
    for front_end in front_ends:
        path = notebook.folder / f"{front_end}.ipynb"
        nbformat.write(saved, path)
        reopened = Notebook(notebook.server, page, path, front_end)
        without_kernel(reopened)
        turn, agent = reopened.turn(1), reopened.tool(1, "Agent")
        expect(turn.locator(".hljs-keyword").first).to_have_text("def")
        expect(turn.get_by_role("img", name="Image from Read: chart.png")).to_have_count(1)
        read = agent.get_by_role("group", name="Tool: Read")
        expect(read).to_be_hidden()
        agent.locator("summary").first.click()
        expect(read).to_contain_text("done")
        written = reopened.tool(2, "Write")
        expect(written).to_contain_text("+2 −0")
        written.locator("summary").click()
        expect(written.locator(".jc-diff .jc-line-added")).to_have_count(2)
        assert reopened.foreign == []


def notebook_of(server: Server, page: Page, name: str, outputs: list[dict[str, Any]]) -> Notebook:
    """Write a notebook that nobody has signed, with an output for each cell."""
    path: Path = server.root / name / "test.ipynb"
    path.parent.mkdir()
    cells = [
        nbformat.v4.new_code_cell("%%claude", outputs=[nbformat.v4.new_output("display_data", out)])
        for out in outputs
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return Notebook(server, page, path)


def test_what_cannot_be_drawn_is_shown_as_html(server: Server, page: Page) -> None:
    """Otherwise a notebook of a newer version, or of an attacker, is empty, or runs script."""
    writer = TurnWriter(1, "id", "prompt", folder=Path())
    for item in (
        ToolCall("a", "Agent", {"prompt": HOSTILE}, output=HOSTILE, state="done"),
        TextItem("b", HOSTILE, parent="a"),
        ToolCall("c", HOSTILE, state="done", images=[ToolImage("image/png", "AAAA", HOSTILE)]),
        TextItem("d", HOSTILE),
    ):
        writer.put(item)
    writer.finish("done")
    good = bundle(writer.turn)
    newer = {**good, MIME: {**good[MIME], "version": 2}}
    damaged = {**good, MIME: {**good[MIME], "items": [{"id": "1", "kind": "text", "parent": "1"}]}}
    alone = {MIME: {"version": 2}}
    notebook = notebook_of(server, page, "not-drawn", [good, newer, damaged, alone])
    without_kernel(notebook)
    for cell, drawn in enumerate((1, 0, 0)):
        expect(notebook.output(cell)).to_contain_text("The end of the attack.")
        expect(notebook.output(cell).locator(DRAWN)).to_have_count(drawn)
    expect(notebook.output(3)).to_contain_text("cannot read this saved turn")
    nothing = {"content_type": "text/javascript", "body": "export {}"}
    page.route("**/widget.js?*", lambda route: route.fulfill(**nothing))
    notebook.reload()
    choose_none(page)
    expect(notebook.output(0)).to_contain_text("The end of the attack.")
    expect(notebook.output(0).locator(DRAWN)).to_have_count(0)
    assert page.evaluate(f"window.{FLAG}") is None
    assert (notebook.foreign, notebook.dialogs) == ([], [])
