"""Where the chat is and how much room it has, in JupyterLab and Notebook 7."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.lab import FrontEnd, Notebook, Server, press

pytestmark = [pytest.mark.browser, pytest.mark.cli]
AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
LOAD = "%load_ext jupyter_claude\nfrom jupyter_claude import claude"
#: Whether the side bar has the place that this window gives it: JupyterLab lays out later.
FITS = """([width, height]) => {
  const { bottom, right } = document.querySelector("#jupyter-claude-panel").getBoundingClientRect();
  const ends = (edge, now, size) => now === size && edge > size - 60 && edge <= size;
  return ends(right, innerWidth, width) && ends(bottom, innerHeight, height);
}"""
#: How far the list is from its end, in pixels.
FROM_END = "node => node.scrollHeight - node.scrollTop - node.clientHeight"
#: How many lines a text takes.
LINES = """node => {
  const { height } = node.getBoundingClientRect();
  return Math.round(height / parseFloat(getComputedStyle(node.firstChild).lineHeight));
}"""
CHAT = "Claude chat"
Open = Callable[..., Notebook]


@pytest.fixture
def fresh(server: Server, context: BrowserContext) -> Iterator[Open]:
    """Open a notebook in a page of its own, as a user's first visit."""
    opened: list[Notebook] = []

    def open_one(name: str, cells: list[str], front_end: FrontEnd = "lab") -> Notebook:
        path = server.root / name / "test.ipynb"
        notebook = Notebook(server, context.new_page(), path, front_end)
        opened.append(notebook)
        notebook.write(cells)
        notebook.open()
        return notebook

    yield open_one
    for notebook in opened:
        notebook.page.close()
    server.end_kernels()


def shot(page: Page, name: str) -> None:
    """Keep a picture, if they are wanted."""
    if folder := os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS"):
        page.screenshot(path=f"{folder}/layout-{name}.png")


def resize(page: Page, width: int, height: int) -> None:
    """Change the window's size, and wait until JupyterLab has laid out the page."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function(FITS, arg=[width, height])


def width(locator: Locator) -> float:
    """Return how wide it is."""
    box = locator.bounding_box()
    assert box
    return box["width"]


def serious(page: Page) -> list[str]:
    """Return what axe-core finds serious or worse in the chat."""
    found: list[str] = page.evaluate(
        """async () => {
            const { violations } = await axe.run(document.querySelector('.jc-panel'));
            return violations
                .filter(({ impact }) => impact === "serious" || impact === "critical")
                .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
        }"""
    )
    return found


def test_room_for_the_chat(fresh: Open) -> None:
    """Otherwise: the side bar opens too narrow, lists squeeze the chat, its end goes away."""
    notebook = fresh("room", [LOAD])
    page = notebook.page
    notebook.run(0)
    notebook.done(0)
    side = page.locator("#jupyter-claude-panel")
    tab = page.get_by_role("tab", name=re.compile(f"^{CHAT}"))
    tab.click()
    page.wait_for_function("document.querySelector('#jupyter-claude-panel').offsetWidth >= 392")
    assert width(side) == pytest.approx(400, abs=8)
    panel = side.get_by_role("region", name=CHAT)
    box = panel.get_by_role("textbox", name="Message Claude")
    for number in (1, 2, 3):
        box.fill("stream")
        box.press("Enter")
        expect(panel.get_by_role("article")).to_have_count(number)
    feed = panel.get_by_role("feed", name="Conversation")
    expect(panel.get_by_role("button", name="Stop")).to_be_disabled()

    # The longest usual mode has room in the row of the composer.
    mode = panel.get_by_role("combobox", name="Permission mode")
    mode.select_option("Accept edits")
    row = mode.bounding_box(), panel.get_by_role("button", name="Send", exact=True).bounding_box()
    shot(page, "accept-edits")
    assert row[0] and row[1] and row[1]["y"] < row[0]["y"] + row[0]["height"], row
    mode.select_option("default")

    # The newest message stays in sight, whatever changes the panel's size.
    for size in ((1400, 420), (760, 900), (1280, 900)):
        resize(page, *size)
        page.wait_for_function(f"({FROM_END})(document.querySelector('.jc-list')) <= 2")
        expect(panel.get_by_role("button", name="Jump to latest")).to_have_count(0)

    # A list lies over the chat, and the text field stays in sight; Escape closes it.
    tools = panel.get_by_role("button", name="Tools", exact=True)
    height = feed.evaluate("node => node.clientHeight")
    tools.click()
    sheet = panel.get_by_role("dialog", name="Tools")
    expect(sheet.get_by_role("list", name="Servers")).to_contain_text("kernel")
    assert feed.evaluate("node => node.clientHeight") == height
    expect(box).to_be_in_viewport()
    page.add_script_tag(path=AXE)
    assert serious(page) == []
    shot(page, "tools")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(tools).to_be_focused()
    panel.get_by_role("button", name="What fills the context").click()
    sheet = panel.get_by_role("dialog", name="What fills the context")
    expect(sheet.get_by_role("row", name=re.compile("Messages"))).to_be_visible()
    assert serious(page) == []
    shot(page, "context")
    resize(page, 640, 450)  # 1280 × 900 at 200 %
    shot(page, "zoomed")
    expect(sheet.get_by_role("button", name="Close", exact=True)).to_be_in_viewport()
    expect(box).to_be_in_viewport()
    sheet.get_by_role("button", name="Close", exact=True).click()
    resize(page, 1280, 900)

    # The user's own width stays, also over a reload.
    handle = page.locator("#jp-main-split-panel > .lm-SplitPanel-handle:visible").last
    edge = handle.bounding_box()
    assert edge
    page.mouse.move(edge["x"] + 1, 400)
    page.mouse.down()
    page.mouse.move(edge["x"] + 81, 400, steps=3)
    page.mouse.up()
    own = width(side)
    assert own < 340
    tab.click()
    tab.click()
    expect(box).to_be_visible()
    assert width(side) == pytest.approx(own, abs=3)


def test_requests_have_their_buttons_in_sight(fresh: Open) -> None:
    """Else a user with a small or enlarged page looks for the button that does not delete."""
    notebook = fresh("in-sight", [LOAD])
    page = notebook.page
    (notebook.folder / "notes.txt").write_text("mine\n")
    notebook.run(0)
    notebook.done(0)
    page.get_by_role("tab", name=re.compile(f"^{CHAT}")).click()
    panel = page.locator("#jupyter-claude-panel").get_by_role("region", name=CHAT)
    box = panel.get_by_role("textbox", name="Message Claude")

    # All of a plan's file is on one line, and on several once it had the focus.
    panel.get_by_role("combobox", name="Permission mode").select_option("plan")
    box.fill("make a plan")
    box.press("Enter")
    dialog = panel.get_by_role("alertdialog", name="Permission request: ExitPlanMode")
    keep = dialog.get_by_role("button", name="Keep planning")
    expect(keep).to_be_in_viewport(ratio=1)
    path = dialog.locator(".jc-field code")
    assert path.evaluate(LINES) == 1
    shot(page, "plan")
    path.focus()
    assert path.evaluate(LINES) > 1
    shot(page, "plan-path")
    press(keep)
    assert path.evaluate(LINES) > 1, "a button would move away under the pointer"
    dialog.get_by_role("textbox").fill("Plot first")
    dialog.get_by_role("textbox").press("Enter")
    expect(panel).to_contain_text("Claude keeps planning. You told it: Plot first")
    shot(page, "plan-kept")
    stop = panel.get_by_role("button", name="Stop", exact=True)
    stop.click()
    expect(stop).to_be_disabled()

    panel.get_by_role("combobox", name="Permission mode").select_option("default")
    resize(page, 700, 450)  # 1400 × 900 at 200 %
    box.fill("delete the notes")
    box.press("Enter")
    dialog = panel.get_by_role("alertdialog", name="Permission request: Bash")
    expect(dialog).to_have_attribute("data-danger", "true")
    expect(dialog.get_by_text(re.compile("^Deletes"))).to_be_in_viewport(ratio=1)
    shot(page, "red")
    for name in ("Approve", "Deny"):
        expect(dialog.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)


def test_the_context_is_shown_and_compacted(fresh: Open) -> None:
    """Otherwise: nobody knows what fills the context, or Compact makes no room."""
    notebook = fresh("compact", [LOAD])
    page = notebook.page
    notebook.run(0)
    notebook.done(0)
    page.get_by_role("tab", name=re.compile(f"^{CHAT}")).click()
    panel = page.get_by_role("region", name=CHAT)
    box = panel.get_by_role("textbox", name="Message Claude")
    meter = panel.get_by_role("meter", name="Context")
    # Nothing is known before the first message, and that is said.
    panel.get_by_role("button", name="What fills the context").click()
    sheet = panel.get_by_role("dialog", name="What fills the context")
    expect(sheet).to_contain_text("Nothing is known yet")
    page.keyboard.press("Escape")

    # Shift+Tab chooses the mode from the text field, and never turns requests off.
    mode = panel.get_by_role("combobox", name="Permission mode")
    box.focus()
    for value in ("acceptEdits", "plan", "default"):
        page.keyboard.press("Shift+Tab")
        expect(mode).to_have_value(value)
        expect(box).to_be_focused()

    box.fill("fill the context")
    box.press("Enter")
    expect(meter).to_be_visible()
    box.fill("hello")
    box.press("Enter")
    expect(panel.get_by_role("article", name="Claude turn 2")).to_contain_text("Hi there.")
    panel.get_by_role("button", name="What fills the context").click()
    messages = sheet.get_by_role("row", name=re.compile("^Messages"))
    expect(messages).to_be_visible()

    def tokens() -> int:
        words = messages.locator("td").last.get_attribute("title") or "0"
        return int(re.sub(r"\D", "", words))

    before = tokens()
    assert before > 15_000
    sheet.get_by_role("button", name="Compact", exact=True).click()
    expect(sheet).to_have_count(0)
    expect(panel.get_by_role("article", name="Claude turn 3")).to_contain_text("was compacted")
    expect(panel.get_by_role("button", name="Stop")).to_be_disabled()
    panel.get_by_role("button", name="What fills the context").click()
    expect(messages).to_be_visible()
    assert tokens() < before / 4


def test_a_chat_in_the_main_area(fresh: Open) -> None:
    """Otherwise: the chat is narrow for ever, or the tab is dead after a reload."""
    notebook = fresh("main", [LOAD])
    page = notebook.page
    notebook.run(0)
    notebook.done(0)
    tab = page.get_by_role("tab", name=re.compile(f"^{CHAT}"))
    tab.click()
    side = page.locator("#jupyter-claude-panel")
    box = side.get_by_role("textbox", name="Message Claude")
    box.fill("hello")
    box.press("Enter")
    expect(side.get_by_role("article")).to_contain_text("Hi there.")
    with page.expect_response(
        lambda response: (
            response.request.method == "PUT"
            and "/api/workspaces/" in response.url
            and "jupyter-claude-chat" in (response.request.post_data or "")
        )
    ):
        side.get_by_role("button", name="Open in main area").click()
    main = page.locator(".jp-ClaudeMain")
    expect(main.get_by_role("article")).to_contain_text("Hi there.")
    expect(main.get_by_role("textbox", name="Message Claude")).to_be_focused()
    expect(side).to_be_hidden()
    expect(notebook.panel).to_be_visible()  # beside it
    shot(page, "main")

    # Commands go where the chat is.
    notebook.editor(0).click()
    page.keyboard.press("Control+k")
    page.keyboard.press("h")
    expect(main.get_by_role("dialog", name="History")).to_be_visible()
    expect(side).to_be_hidden()
    page.keyboard.press("Escape")

    page.goto(page.url.split("?")[0])  # without the reset
    expect(main.get_by_role("article")).to_contain_text("Hi there.")
    expect(page.get_by_role("tab", name="Claude: test.ipynb")).to_be_visible()
    main.get_by_role("button", name="Move back to the side bar").click()
    expect(main).to_have_count(0)
    expect(side.get_by_role("article")).to_contain_text("Hi there.")


def test_ways_to_the_chat(fresh: Open) -> None:
    """Otherwise: a newcomer sees nothing of Claude in the Launcher, a toolbar or Notebook 7."""
    notebook = fresh("ways", ["1 / 0"], "notebook")
    page = notebook.page
    toolbar = notebook.panel.locator(".jp-NotebookPanel-toolbar")
    toolbar.get_by_role("button", name="Claude").click()
    side = page.locator("#jupyter-claude-panel")
    side.get_by_role("button", name="Start a new conversation", exact=True).click()
    expect(side.get_by_role("textbox", name="Message Claude")).to_be_focused()
    expect(side.get_by_role("button", name="Open in main area")).to_have_count(0)
    page.wait_for_function("document.querySelector('#jupyter-claude-panel').offsetWidth >= 390")
    notebook.run(0, stay=True)
    notebook.done(0)
    notebook.cell(0).locator("[data-command='jupyter-claude:cell-menu']").first.click()
    menu = page.get_by_role("menu").filter(has_text="Fix This Error with Claude")
    shot(page, "notebook")
    menu.get_by_role("menuitem", name="Explain This Error with Claude").click()
    expect(side).to_contain_text("Explain the error")

    lab = fresh("launcher", [LOAD])
    page = lab.page
    expect(
        lab.panel.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Claude")
    ).to_be_visible()
    lab.menu("File", "New Launcher")
    shot(page, "launcher")
    page.locator(".jp-LauncherCard", has_text="Claude").click()
    side = page.locator("#jupyter-claude-panel")
    expect(side.get_by_role("textbox", name="Message Claude")).to_be_focused()
    expect(side).to_contain_text("Untitled.ipynb")
    shot(page, "lab")
