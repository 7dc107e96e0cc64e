"""VS Code, with its own widget manager: cells, requests, the panel, the slider, saved output."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.lab import Server, press, until
from tests.browser.vs_code import VsCode

pytestmark = [pytest.mark.browser, pytest.mark.cli]

LOAD = "%load_ext jupyter_claude\nfrom jupyter_claude import claude"
#: The contrast of a text to the page's background. The canvas knows every form of a colour.
CONTRAST = """node => {
  const brush = document.createElement("canvas").getContext("2d");
  const light = colours => {
    for (const colour of colours) { brush.fillStyle = colour; brush.fillRect(0, 0, 1, 1); }
    const [r, g, b] = [...brush.getImageData(0, 0, 1, 1).data].map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const page = getComputedStyle(document.body).backgroundColor;
  const both = [light([page]), light([page, getComputedStyle(node).color])];
  return Math.max(...both) / Math.min(...both);
}"""


@pytest.fixture
def code(
    server: Server, context: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[VsCode]:
    """Start VS Code, in its dark theme, with a kernel that has the extension."""
    folder = server.root / f"vs-code-{request.node.name}"
    code = VsCode(server, context.new_page(), folder, "dark")
    code.start()
    assert code.done(code.run(LOAD)) == "ok"
    yield code
    code.page.close()
    server.end_kernels()


def request_in(place: Locator) -> Locator:
    """Find the request for a command, in a cell's output or in the panel."""
    return place.get_by_role("alertdialog", name="Permission request: Bash")


def approve(place: Locator) -> None:
    press(request_in(place).get_by_role("button", name="Approve", exact=True))


def test_a_cell_its_request_and_what_is_saved(code: VsCode) -> None:
    """Otherwise: in VS Code no answer is seen, no request can be answered, or nothing is saved."""
    cell = code.run("%%claude\ntouch made")
    expect(request_in(code.output(cell))).to_contain_text("touch made.txt")
    approve(code.output(cell))
    assert code.done(cell) == "ok"
    assert (code.folder / "made.txt").exists()
    turn = code.output(cell).get_by_role("article", name="Claude turn 1")
    expect(turn).to_contain_text("That is done.")
    expect(code.output(cell).locator(".cell-output-ipywidget-background")).to_have_count(0)
    quiet = turn.get_by_text(re.compile(r"^\$\d+\.\d+ · "))
    assert quiet.evaluate(CONTRAST) > 4.5, "the cost is not readable in the dark theme"

    code.reopen(code.saved())
    expect(turn).to_contain_text("That is done.")
    expect(turn.get_by_role("group", name="Tool: Bash")).to_contain_text("touch made.txt")
    assert quiet.evaluate(CONTRAST) > 4.5
    assert code.foreign == [], "something was fetched that VS Code does not have"


def test_the_panel_and_the_slider(code: VsCode) -> None:
    """Otherwise: in VS Code, which has no side bar, there is no chat and no way back."""
    # VS Code sets such variables in the kernel. Where else would a user hear of the panel?
    doctor = code.output(code.run("import os; os.environ['VSCODE_PID'] = '1'\n%claude doctor"))
    expect(doctor).to_contain_text("a notebook in VS Code")
    expect(doctor).to_contain_text("`%claude panel` shows the chat")

    panel = code.output(code.run("%claude panel")).get_by_role("region", name="Claude chat")
    box = panel.get_by_role("textbox", name="Message Claude")
    box.fill("write a file")
    box.press("Enter")
    request = panel.get_by_role("alertdialog", name="Permission request: Write")
    press(request.get_by_role("button", name="Approve", exact=True))
    expect(panel).to_contain_text("Written.")
    until((code.folder / "notes.txt").exists, "the file")

    history = code.output(code.run("%claude history"))
    slider = history.get_by_role("slider", name="Conversation history")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^After turn 1 of 1"))
    slider.press("Home")
    history.get_by_role("button", name="Rewind", exact=True).click()
    until(lambda: not (code.folder / "notes.txt").exists(), "the rewind")
    assert code.foreign == []
