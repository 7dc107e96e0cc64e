"""Takes the pictures of README and docs, if JUPYTER_CLAUDE_TEST_SHOTS names a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FloatRect, Locator, Page, expect

from tests.browser.lab import Notebook, Server, press
from tests.labextension.script import FAULTY

SHOTS = os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS", "")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.cli,
    pytest.mark.skipif(not SHOTS, reason="no pictures wanted"),
]

RAIN = 'rain = {"January": 48, "February": 52, "April": 39, "October": 38, "December": 71}'
PROSE = """\
%%claude --as wettest --max-turns 5
Which month is the wettest?

- **one sentence**, with its share of the year
- then the code, as in `max(rain)`"""


def picture(page: Page, name: str, *of: Locator) -> None:
    """Take a picture of the page, or of the part that holds some elements."""
    page.mouse.move(0, 0)
    clip: FloatRect | None = None
    if of:
        boxes = [box for box in (each.bounding_box() for each in of) if box is not None]
        left = min(box["x"] for box in boxes)
        top = min(box["y"] for box in boxes)
        right = max(box["x"] + box["width"] for box in boxes)
        bottom = max(box["y"] + box["height"] for box in boxes)
        clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    page.screenshot(path=Path(SHOTS) / f"{name}.png", clip=clip, animations="disabled")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_pictures(server: Server, context: BrowserContext, theme: str) -> None:
    """Otherwise the documents show what no longer is."""
    server.set("@jupyterlab/apputils-extension:themes", {"theme": f"JupyterLab {theme}"})
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 960})
    look = theme.lower()
    notebook = Notebook(server, page, server.root / f"weather-{look}" / "rain.ipynb")
    notebook.write([f"%load_ext jupyter_claude\n{RAIN}", PROSE, FAULTY])
    try:
        notebook.open()
        page.keyboard.press("Control+b")  # the file browser away
        notebook.run(0)
        notebook.done(0)
        notebook.editor(1).click()
        notebook.run(1)
        notebook.done(1)
        notebook.run(2, stay=True)
        errors = notebook.output(2).get_by_role("group", name="Ask Claude about this error")
        expect(errors).to_be_visible()
        picture(page, f"jupyterlab-prose-{look}", notebook.cell(1))
        picture(page, f"jupyterlab-error-{look}", notebook.output(2))

        page.get_by_role("tab", name=re.compile("^Claude chat")).click()
        panel = page.get_by_role("region", name="Claude chat")
        box = panel.get_by_role("textbox", name="Message Claude")
        box.fill("Check the sum.")
        page.keyboard.press("Enter")
        expect(panel.get_by_role("alertdialog")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("^Claude: waiting"))).to_be_visible()
        notebook.cell(0).scroll_into_view_if_needed()
        expect(panel.get_by_role("button", name="Approve", exact=True)).to_be_enabled()
        picture(page, f"jupyterlab-{look}")
        picture(page, f"jupyterlab-status-{look}", page.locator("#jp-main-statusbar"))
        press(panel.get_by_role("button", name="Approve", exact=True))
        expect(panel).to_contain_text("It is 248.")

        errors.get_by_role("button", name=re.compile("^Fix")).click()
        answer = panel.get_by_role("article").last
        expect(answer).to_contain_text("its length 0")
        expect(answer).to_have_attribute("data-state", "done")
        answer.get_by_role("button", name="Replace cell…").click()
        review = notebook.panel.get_by_role("region", name="Suggested replacement")
        expect(review).to_be_visible()
        review.scroll_into_view_if_needed()
        picture(page, f"jupyterlab-diff-{look}")
    finally:
        page.close()
        server.end_kernels()
        server.set("@jupyterlab/apputils-extension:themes", {"theme": "JupyterLab Light"})


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_pictures_of_the_panel_and_of_a_rewind(
    server: Server, context: BrowserContext, theme: str
) -> None:
    """Otherwise the documents show what no longer is."""
    server.set("@jupyterlab/apputils-extension:themes", {"theme": f"JupyterLab {theme}"})
    page = context.new_page()
    page.set_viewport_size({"width": 960, "height": 1100})
    look = theme.lower()
    notebook = Notebook(server, page, server.root / f"shop-{look}" / "shop.ipynb")
    notebook.write(["%load_ext jupyter_claude", "%claude panel", "%claude history"])
    try:
        notebook.open()
        page.keyboard.press("Control+b")  # the file browser away
        notebook.run(0)
        notebook.done(0)
        notebook.run(1)
        notebook.done(1)
        panel = notebook.output(1).get_by_role("region", name="Claude chat")
        box = panel.get_by_role("textbox", name="Message Claude")
        approve = panel.get_by_role("button", name="Approve", exact=True)

        box.fill("Please write prices.py, which sums up the prices")
        page.keyboard.press("Enter")
        press(approve)
        expect(panel).to_contain_text("sums up the prices.")
        box.fill("Add types to it, and write a test")
        page.keyboard.press("Enter")
        expect(panel.get_by_role("alertdialog", name=re.compile("Edit$"))).to_be_visible()
        expect(approve).to_be_enabled()
        picture(page, f"panel-{look}", notebook.cell(1))
        for tool in ("Edit", "Write", "Bash"):
            expect(panel.get_by_role("alertdialog", name=re.compile(f"{tool}$"))).to_be_visible()
            press(approve)
        expect(panel).to_contain_text("The types are there")
        last = panel.get_by_role("article").last
        expect(last).to_have_attribute("data-state", "done")

        mine = notebook.folder / "test_prices.py"
        mine.write_text(mine.read_text() + "    assert total([]) == 0\n")
        notebook.run(2)
        notebook.done(2)
        view = notebook.output(2)
        slider = view.get_by_role("slider", name="Conversation history")
        expect(slider).to_be_enabled()  # it has its stops
        slider.press("ArrowLeft")
        expect(slider).to_have_value("1")
        view.get_by_role("button", name="Preview rewind").press("Enter")
        preview = view.get_by_role("region", name="Rewind preview")
        expect(preview).to_be_focused()
        preview.locator("summary").first.click()
        expect(preview).to_contain_text("-def total(rows: list")
        notebook.cell(2).scroll_into_view_if_needed()
        picture(page, f"rewind-{look}", notebook.cell(2))
    finally:
        page.close()
        server.end_kernels()
        server.set("@jupyterlab/apputils-extension:themes", {"theme": "JupyterLab Light"})
