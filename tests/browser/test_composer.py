"""The text field of the chat panel in JupyterLab's side bar: what it takes, and its keys."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable
from typing import Any

import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import Locator, Page, expect

from tests.browser.lab import Notebook
from tests.browser.test_panel import AXE
from tests.extension.test_attach import png

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

#: Pastes a picture, as a screenshot: 2,400 pixels wide, so the page makes it smaller.
PASTE = """async field => {
  const canvas = document.createElement("canvas");
  canvas.width = 2400; canvas.height = 900;
  const context = canvas.getContext("2d");
  context.fillStyle = "#2a6"; context.fillRect(0, 0, 2400, 900);
  context.fillStyle = "#fff"; context.font = "300px sans-serif"; context.fillText("42", 900, 600);
  const blob = await new Promise(done => canvas.toBlob(done, "image/png"));
  const data = new DataTransfer();
  data.items.add(new File([blob], "screenshot.png", { type: "image/png" }));
  field.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


class Side:
    """The panel in the side bar."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.get_by_role("tab", name=re.compile(r"^Claude chat")).click()
        self.panel = page.locator("#jupyter-claude-panel").get_by_role("region", name="Claude chat")
        self.box = self.panel.get_by_role("textbox", name="Message Claude")
        self.turns = self.panel.get_by_role("article")
        self.chips = self.panel.get_by_role("list", name="Attached").get_by_role("listitem")
        self.options = self.panel.get_by_role("option")
        expect(self.box).to_be_focused()

    def button(self, name: str) -> Locator:
        return self.panel.get_by_role("button", name=name, exact=True)

    def shot(self, name: str) -> None:
        if folder := os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS"):
            self.page.screenshot(path=f"{folder}/composer-{name}.png")


def drag(page: Page, source: Locator, target: Locator) -> None:
    """Drag with the mouse, as JupyterLab's own drags need it."""
    page.mouse.move(0, 0)
    for place, after in ((source, page.mouse.down), (target, page.mouse.up)):
        place.scroll_into_view_if_needed()
        box = place.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y, steps=12)
        after()


def sent(model: ScriptedModel, prompt: str) -> list[Any]:
    """Return the blocks of the request with this prompt."""
    for request in reversed(model.requests):
        users = [one for one in request["messages"] if one["role"] == "user"]
        if isinstance(users[-1]["content"], list) and prompt in json.dumps(users[-1]["content"]):
            return list(users[-1]["content"])
    raise AssertionError(f"no request with {prompt}")


def test_what_the_user_gives_reaches_the_model(open_notebook: Open, model: ScriptedModel) -> None:
    """Otherwise: a pasted picture, a dropped file or a dropped cell is lost, or opens in a tab."""
    notebook = open_notebook(["price = 2.5\nprint('costs', price)"])
    (notebook.folder / "my data.csv").write_text("town,rain\nOslo,763\n")
    page = notebook.page
    notebook.run(1)
    notebook.done(1)
    side = Side(page)
    side.box.evaluate(PASTE)
    expect(side.chips).to_have_text(["screenshot.png"])
    with page.expect_file_chooser() as chooser:
        side.button("Attach files").click()
    for name, data in {"note.txt": b"a short note", "red.png": png(), "x.bin": b"\0\xff"}.items():
        (notebook.folder / name).write_bytes(data)
    chooser.value.set_files([notebook.folder / name for name in ("note.txt", "red.png", "x.bin")])
    expect(side.chips).to_have_count(3)
    expect(side.panel.get_by_role("alert")).to_contain_text("x.bin was not attached")
    side.button("Remove red.png").click()
    page.get_by_role("button", name=re.compile("Refresh")).first.click()
    drag(page, page.locator(".jp-DirListing-item", has_text="my data.csv"), side.box)
    expect(side.box).to_have_value('@"my data.csv" ')
    drag(page, notebook.cell(1).locator(".jp-InputPrompt"), side.turns.or_(side.panel).first)
    expect(side.chips).to_have_count(3)
    expect(side.chips.last).to_contain_text("cell 2 of 3 in test.ipynb")
    expect(notebook.cells).to_have_count(3)  # the cell was not moved
    page.add_script_tag(path=AXE)
    found = page.evaluate("async () => (await axe.run('#jupyter-claude-panel')).violations")
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    side.shot("chips")
    page.keyboard.type("hello, what is it?")
    page.keyboard.press("Enter")
    expect(side.turns.last).to_contain_text("Hi there.")
    for name in ("screenshot.png", "note.txt", "cell 2 of 3"):
        expect(side.turns.last.locator(".jc-chip", has_text=name)).to_be_visible()
    side.shot("sent")
    blocks = sent(model, "hello, what is it?")
    pictures = [block for block in blocks if block["type"] == "image"]
    assert len(pictures) == 1
    # Its width is in the 16th to 20th byte: the page has made it smaller.
    data = base64.b64decode(pictures[0]["source"]["data"])
    assert data[:4] == b"\x89PNG"
    assert int.from_bytes(data[16:20], "big") == 1568
    text = json.dumps(blocks)
    for part in ("a short note", "costs 2.5", "Oslo,763"):
        assert part in text


def test_keys_and_commands(open_notebook: Open) -> None:
    """Otherwise: a shortcut types a letter, undo loses a cell, or a draft goes astray."""
    notebook = open_notebook(["1 + 1"])
    page, side = notebook.page, Side(notebook.page)
    keys = page.keyboard
    keys.type("one two")
    keys.press("Control+k")
    keys.press("c")  # inserts a cell
    expect(notebook.cells).to_have_count(3)
    expect(side.box).to_have_value("one two")
    side.box.click()
    keys.press("End")
    keys.press("Control+z")
    expect(notebook.cells).to_have_count(3)  # undo is for the text
    expect(side.box).not_to_have_value("one two")
    keys.press("Control+a")
    keys.press("Backspace")
    keys.press("?")
    dialog = page.get_by_role("dialog", name="Keys", exact=True)
    expect(dialog).to_contain_text("Earlier prompts, in an empty field")
    expect(dialog).to_contain_text("Ctrl+K, Y")
    side.shot("keys")
    keys.press("Escape")
    expect(dialog).to_have_count(0)
    expect(side.box).to_be_focused()
    keys.type("hello?")
    keys.press("Enter")
    expect(side.turns).to_have_count(1)
    expect(side.turns.last).to_contain_text("Hi there.")
    keys.press("ArrowUp")
    expect(side.box).to_have_value("hello?")
    keys.press("ArrowDown")
    expect(side.box).to_have_value("")
    keys.type("/con")
    expect(side.options.filter(has_text="/context")).to_contain_text("Show current context usage")
    side.shot("commands")
    keys.press("Escape")
    keys.type("txt")
    keys.press("Enter")
    expect(side.panel.get_by_role("alert")).to_contain_text("did you mean /context?")
    expect(side.box).to_have_value("/contxt")
    expect(side.turns).to_have_count(1)
    side.box.fill("a draft of this conversation")
    side.button("New conversation").click()
    expect(side.turns).to_have_count(0)
    expect(side.box).to_have_value("")
    keys.type("/res")
    keys.press("Enter")
    chats = side.panel.get_by_role("dialog", name="Conversations", exact=True)
    chats.get_by_role("listitem").filter(has_text="hello?").get_by_role("button").first.click()
    expect(side.turns).to_have_count(1)
    expect(side.box).to_have_value("a draft of this conversation")
