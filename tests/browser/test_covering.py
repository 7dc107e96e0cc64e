"""Nothing that the model writes covers, moves or reorders what a user reads to approve it."""

from __future__ import annotations

import base64
from collections.abc import Callable

import nbformat
import pytest
from playwright.sync_api import Locator, expect

from jupyter_claude._turns.items import TextItem, ToolCall
from jupyter_claude._views.static import bundle
from tests.browser.lab import TWO_FRAMES, Notebook, deny
from tests.browser.script import MOVED
from tests.extension.test_static import turn_with

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

#: How many of a grid's points in an element show something that is not the element's.
FOREIGN_POINTS = """box => {
  const { left, top, width, height } = box.getBoundingClientRect();
  let foreign = 0;
  for (let x = 3; x < width - 3; x += 5)
    for (let y = 3; y < height - 3; y += 4)
      if (!box.contains(document.elementFromPoint(left + x, top + y))) foreign++;
  return foreign;
}"""
#: How many pixels of two pictures differ.
DIFFERENCE = """async pictures => {
  const [one, other] = await Promise.all(pictures.map(async picture => {
    const image = new Image();
    image.src = "data:image/png;base64," + picture;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height).data;
  }));
  if (one.length !== other.length) return Infinity;
  let differ = 0;
  for (let at = 0; at < one.length; at += 4)
    if ([0, 1, 2].some(part => Math.abs(one[at + part] - other[at + part]) > 2)) differ++;
  return differ;
}"""
#: What a page without our care would look like.
CARELESS = """
.jc-root, .jc-root * { contain: none !important; isolation: auto !important; }
.jc-root :is(.jc-formula, .jc-requests, .jc-request, .jc-dock) {
  position: static !important; z-index: auto !important;
  overflow: visible !important; max-height: none !important;
}"""
#: Keeps its place, and draws nothing.
UNSEEN = ".jc-items, .jc-items * { visibility: hidden !important; }"


def differing(notebook: Notebook, box: Locator) -> int:
    """Return how many pixels of an element change when the answer around it is not drawn."""
    page = notebook.page
    pictures = [box.screenshot(animations="disabled")]
    style = page.add_style_tag(content=UNSEEN)
    pictures.append(box.screenshot(animations="disabled"))
    style.evaluate("style => style.remove()")
    return int(page.evaluate(DIFFERENCE, [base64.b64encode(p).decode() for p in pictures]))


@pytest.mark.parametrize("place", ["cell", "panel"])
def test_nothing_covers_a_request(open_notebook: Open, place: str) -> None:
    """Otherwise: a user reads "ls", presses Approve, and another command runs."""
    cells = ["%%claude\ncover it"] if place == "cell" else ["claude.panel()"]
    notebook = open_notebook(cells)
    page, output = notebook.page, notebook.output(1)
    page.set_viewport_size({"width": 1200, "height": 1400})
    notebook.run(1, stay=True)
    if place == "panel":
        output.get_by_role("textbox", name="Message Claude").click()
        page.keyboard.type("cover it")
        page.keyboard.press("Enter")
    dialog = notebook.request(1)
    expect(dialog).to_be_visible()
    formulas = output.locator(".jc-formula")
    for formula in formulas.all():  # each is drawn when it comes into sight
        formula.scroll_into_view_if_needed()
        expect(formula.locator("mjx-container").first).to_be_attached()
    assert formulas.count() >= 2 * (len(MOVED) - 3)
    dialog.scroll_into_view_if_needed()
    dialog.evaluate(TWO_FRAMES)  # it has moved, so for a while it looks faint
    expect(notebook.button(1)).to_be_enabled()

    assert dialog.evaluate(FOREIGN_POINTS) == 0
    assert differing(notebook, dialog) == 0
    # The tool's card above it, and what else belongs to us.
    for other in (notebook.tool(1), output.locator(".jc-tool-name, .jc-panel-header").first):
        other.scroll_into_view_if_needed()
        assert other.evaluate(FOREIGN_POINTS) == 0

    careless = page.add_style_tag(content=CARELESS)
    dialog.scroll_into_view_if_needed()
    if place == "cell":  # the panel's dock stands in a part of its own
        assert differing(notebook, dialog) > 1_000, "nothing was tried"
    careless.evaluate("style => style.remove()")
    deny(notebook.button(1, "Deny"))


#: Where each letter of an element's text stands, in the order of the text.
LETTERS = """box => {
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const places = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
    for (let at = 0; at < node.data.length; at++) {
      if (!/\\S/.test(node.data[at])) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const { left, top } = range.getClientRects()[0];
      places.push([Math.round(top / 8), left]);
    }
  return places;
}"""


def in_order(box: Locator) -> bool:
    """Whether letters stand from left to right, line by line, as they are stored."""
    lefts = [left for _, left in box.evaluate(LETTERS)]
    return len(lefts) > 5 and lefts == sorted(lefts)


def test_letters_from_right_to_left_do_not_reorder_a_command(open_notebook: Open) -> None:
    """Otherwise: a user approves copying A to B, and B is copied to A."""
    notebook = open_notebook(["%%claude\nother letters"])
    notebook.run(1)
    expect(notebook.request(1)).to_be_visible()
    assert in_order(notebook.request(1).locator(".jc-code"))
    assert in_order(notebook.tool(1).locator(".jc-tool-summary"))
    for button in notebook.request(1).get_by_role("button").all():
        text = button.inner_text()
        assert "\u05d0" not in text or in_order(button), text
    deny(notebook.button(1, "Deny"))
    notebook.done(1)
    assert in_order(notebook.tool(1).locator(".jc-tool-summary"))
    bundle = notebook.save().cells[1].outputs[-1].data
    notebook.page.evaluate(
        "html => document.body.insertAdjacentHTML('afterbegin', "
        '`<div id=static style="position:fixed;z-index:9999;background:#fff">${html}</div>`)',
        "".join(bundle["text/html"]),
    )
    page = notebook.page.locator("#static")
    assert in_order(page.locator("summary code"))
    page.locator("summary").first.click()
    assert in_order(page.locator("pre").first)


def test_nor_do_they_reorder_what_else_a_tool_is_given(open_notebook: Open) -> None:
    """Otherwise: a short argument of a tool reads in another order than it is given."""
    notebook = open_notebook(["%%claude\nother letters in a field"])
    notebook.run(1)
    dialog = notebook.request(1, "Permission request: WebFetch")
    value = dialog.locator(".jc-field code").filter(has_text="from")
    assert in_order(value)
    deny(dialog.get_by_role("button", name="Deny"))
    notebook.done(1)


def test_a_saved_turn_keeps_its_box_without_our_extension(open_notebook: Open) -> None:
    """Otherwise: a saved answer paints over another cell where only its HTML is shown.

    JupyterLab takes most styles off the HTML of a notebook that nobody trusts.
    """
    text = TextItem("a", f"Look: ${MOVED[0]}$")
    call = ToolCall(
        "b", "Bash", {"command": "cp \u05d0\u05d1\u05d2 \u05d3\u05d4\u05d5"}, state="done"
    )
    html = bundle(turn_with(text, call))["text/html"]
    notebook = open_notebook(["pass"], load=False)
    file = nbformat.read(notebook.path, as_version=4)
    file.cells[0].outputs = [nbformat.v4.new_output("display_data", {"text/html": html})]
    nbformat.write(file, notebook.path)
    notebook.reload()
    turn = notebook.output(0).locator(".jupyter-claude-turn")
    expect(turn).to_contain_text("Look:")
    styles = "box => [getComputedStyle(box).overflow, getComputedStyle(box).position]"
    for box in (turn, turn.locator("> div").first):
        assert box.evaluate(styles) == ["hidden", "relative"]
    assert in_order(turn.locator("summary code"))
