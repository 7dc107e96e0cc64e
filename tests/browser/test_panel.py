"""The chat panel, in a real JupyterLab and Notebook 7."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.lab import FrontEnd, Notebook, Server, deny, press

pytestmark = [pytest.mark.browser, pytest.mark.cli]

WAIT = """\
from pathlib import Path
import asyncio, time
def go(): return Path('go').exists()
total_by_month, total_by_year = {'January': 5.5}, [66]
"""
MANY = """\
from jupyter_claude._turns.items import TextItem
for n in range(1, 1001):
    turn = claude._parts.maker.begin_turn(f"question {n}", can_ask=False)
    turn.start()
    turn.put(TextItem("text", f"The answer to question {n}.\\n\\n" * (1 + n % 7)))
    turn.finish("done")
"""
CELLS = [
    "%load_ext jupyter_claude\nfrom jupyter_claude import claude\n" + WAIT,
    "claude.panel()",
    "while not go(): await asyncio.sleep(0.02)",
    "while not go(): time.sleep(0.02)",
    "%%claude\ntouch made",
    "%%claude\nhello from a cell",
    "%claude panel",
    MANY,
]
PANEL, ASYNC_CELL, SYNC_CELL, APPROVAL_CELL, ASKING_CELL, AGAIN_CELL, MANY_CELL = range(1, 8)
AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"


class Panel:
    """The panel in a notebook, by roles and names."""

    def __init__(self, notebook: Notebook, page: Page | None = None) -> None:
        self.notebook = notebook
        self.page = page or notebook.page
        self.region = self.page.get_by_role("region", name="Claude chat", exact=True).first
        self.text = self.region.get_by_role("textbox", name="Message Claude", exact=True)
        self.articles = self.region.get_by_role("article")

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.region.get_by_role("button", name=name, exact=isinstance(name, str))

    def turn(self, number: int) -> Locator:
        return self.region.get_by_role("article", name=f"Claude turn {number}", exact=True)

    def ask(self, prompt: str) -> None:
        """Type a prompt and press Enter."""
        self.text.click()
        self.page.keyboard.type(prompt)
        self.page.keyboard.press("Enter")

    def axe(self) -> list[str]:
        """Return what axe-core finds serious or worse in the panel."""
        found: list[str] = self.page.evaluate(
            """async () => {
                const panel = document.querySelector('[aria-label="Claude chat"]');
                const { violations } = await axe.run(panel);
                return violations
                    .filter(({ impact }) => impact === "serious" || impact === "critical")
                    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
            }"""
        )
        return found

    def shot(self, name: str) -> None:
        """Keep a picture, if pictures are wanted."""
        if folder := os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS"):
            self.page.screenshot(path=f"{folder}/panel-{name}.png")


def open_panel(
    server: Server, context: BrowserContext, name: str, front_end: FrontEnd = "lab"
) -> Panel:
    notebook = Notebook(server, context.new_page(), server.root / name / "test.ipynb", front_end)
    notebook.write(CELLS)
    notebook.open()
    for index in (0, PANEL):
        notebook.run(index)
        notebook.done(index)
    panel = Panel(notebook)
    expect(panel.text).to_be_visible()
    return panel


@pytest.fixture(scope="module")
def lab(server: Server, context: BrowserContext) -> Iterator[Panel]:
    """Open one notebook with a panel, for all tests that leave it as it was."""
    panel = open_panel(server, context, "panel")
    yield panel
    panel.notebook.page.close()
    server.end_kernels()


@pytest.fixture
def panel(lab: Panel) -> Panel:
    """Begin without turns, without a file that ends the waiting cells, and with an empty draft."""
    (lab.notebook.folder / "go").unlink(missing_ok=True)
    (lab.notebook.folder / "made.txt").unlink(missing_ok=True)
    lab.button("New conversation").click()
    expect(lab.articles).to_have_count(0)
    expect(lab.text).to_have_value("")
    return lab


def test_asking_while_no_cell_runs(panel: Panel) -> None:
    """Otherwise: the panel cannot be used on its own, or shows nothing while the answer comes."""
    expect(panel.button("Send")).to_be_disabled()
    panel.ask("hello")
    expect(panel.turn(1)).to_contain_text("hello")
    expect(panel.turn(1)).to_contain_text("Hi there.")
    expect(panel.turn(1)).to_contain_text(re.compile(r"\$0\.\d{4}"))
    expect(panel.text).to_have_value("")
    expect(panel.text).to_be_focused()
    expect(panel.button("Stop")).to_be_disabled()
    panel.shot("idle")


def test_keys(panel: Panel) -> None:
    """Otherwise: a new line sends half a prompt, or a key runs a notebook's command."""
    before = panel.notebook.cells.count()
    panel.text.click()
    keys = panel.page.keyboard
    keys.type("dd")
    keys.press("Shift+Enter")
    keys.type("x")
    expect(panel.text).to_have_value("dd\nx")
    expect(panel.articles).to_have_count(0)
    keys.press("Escape")  # leaves the focus and the text where they are
    keys.type("a")
    expect(panel.text).to_have_value("dd\nxa")
    assert panel.notebook.cells.count() == before
    panel.text.fill("")
    panel.ask("never ends")
    expect(panel.turn(1)).to_contain_text("I begin.")
    keys.press("Escape")
    expect(panel.turn(1)).to_contain_text("Stopped. Send")
    expect(panel.text).to_be_focused()


def test_asking_while_an_async_cell_runs(panel: Panel) -> None:
    """Otherwise: the panel is dead while a cell of the user's own awaits something."""
    panel.notebook.run(ASYNC_CELL)
    panel.ask("hello")
    expect(panel.turn(1)).to_contain_text("Hi there.")
    expect(panel.notebook.cell(ASYNC_CELL).locator(".jp-InputPrompt")).to_have_text("[*]:")
    (panel.notebook.folder / "go").touch()
    panel.notebook.done(ASYNC_CELL)


def test_asking_while_a_cell_blocks_the_kernel(panel: Panel) -> None:
    """Otherwise: a prompt vanishes, or nobody says why nothing happens."""
    panel.notebook.run(SYNC_CELL)
    expect(panel.notebook.cell(SYNC_CELL).locator(".jp-InputPrompt")).to_have_text("[*]:")
    panel.ask("hello")
    expect(panel.region.get_by_role("status")).to_contain_text(
        "Your message will be sent as soon as it is free"
    )
    expect(panel.articles).to_contain_text("hello")
    panel.shot("blocked")
    (panel.notebook.folder / "go").touch()
    panel.notebook.done(SYNC_CELL)
    expect(panel.turn(1)).to_contain_text("Hi there.")
    expect(panel.region.get_by_role("status")).to_have_count(0)
    expect(panel.articles).to_have_count(1)


def test_a_cells_turn_and_its_request_show_in_both(panel: Panel) -> None:
    """Otherwise: what cells ask is missing in the panel, or a request is asked twice."""
    panel.notebook.run(APPROVAL_CELL)
    in_cell = panel.notebook.request(APPROVAL_CELL)
    in_panel = panel.region.get_by_role("alertdialog", name="Permission request: Bash")
    expect(in_cell).to_be_visible()
    expect(in_panel).to_contain_text("touch made.txt")
    panel.shot("approval")
    press(panel.button("Approve"))
    expect(in_cell).to_have_count(0)
    panel.notebook.done(APPROVAL_CELL)
    expect(panel.turn(1)).to_contain_text("That is done.")
    assert (panel.notebook.folder / "made.txt").exists()
    # The other way round, and what was answered in the cell is told in the panel.
    panel.ask("touch other")
    panel.notebook.run(ASKING_CELL)
    expect(panel.turn(3)).to_contain_text("Queued")
    deny(panel.button("Deny"))
    expect(panel.turn(2).get_by_role("group", name="Tool: Bash")).to_contain_text("denied")
    expect(panel.region).to_contain_text("Run a command? Denied")
    expect(panel.turn(3)).to_contain_text("hello from a cell")
    expect(panel.turn(3)).to_contain_text("Hi there.")
    panel.notebook.done(ASKING_CELL)
    expect(panel.notebook.turn(ASKING_CELL)).to_contain_text("Hi there.")


def test_a_waiting_prompt_can_be_withdrawn(panel: Panel) -> None:
    """Otherwise: what was sent too early can only be waited for and stopped."""
    panel.ask("never ends")
    expect(panel.turn(1)).to_contain_text("I begin.")
    panel.ask("hello again")
    panel.turn(2).get_by_role("button", name="Cancel").click()
    expect(panel.articles).to_have_count(1)
    expect(panel.text).to_have_value("hello again")
    panel.text.fill("")
    panel.button("Stop").click()
    expect(panel.turn(1)).to_contain_text("Stopped. Send")


def test_two_tabs_and_a_reload(panel: Panel, context: BrowserContext) -> None:
    """Otherwise: two views tell different stories, or a reload loses what was typed."""
    panel.ask("hello")
    expect(panel.turn(1)).to_contain_text("Hi there.")
    panel.notebook.save()
    page = context.new_page()
    other = Notebook(panel.notebook.server, page, panel.notebook.path)
    page.goto(panel.page.url.replace("/lab/tree", "/lab/workspaces/other/tree"))
    expect(other.cells.first).to_be_visible()
    second = Panel(panel.notebook, page)
    expect(second.turn(1)).to_contain_text("Hi there.")
    second.ask("hello from the other tab")
    for each in (panel, second):
        expect(each.turn(2)).to_contain_text("Hi there.")
    second.text.click()
    page.keyboard.type("half a thou")
    expect(panel.text).to_have_value("half a thou")
    page.close()
    # What was typed while the kernel could not hear it.
    panel.notebook.run(SYNC_CELL)
    panel.text.click()
    panel.page.keyboard.press("End")
    panel.page.keyboard.type("ght")
    expect(panel.text).to_have_value("half a thought")
    panel.notebook.reload()
    (panel.notebook.folder / "go").touch()
    expect(panel.text).to_have_value("half a thought")
    expect(panel.turn(2)).to_contain_text("hello from the other tab")
    panel.text.fill("")
    panel.notebook.wait_until_ready()


def test_a_prompt_names_a_variable(panel: Panel) -> None:
    """Otherwise: nobody finds out how to show Claude a variable, or it does not get it."""
    names = panel.region.get_by_role("listbox", name="Completions")
    keys = panel.page.keyboard
    panel.text.click()
    keys.type("hello, why is @total_")
    expect(names.get_by_role("option")).to_have_count(2)
    field = panel.region.get_by_role("combobox", name="Message Claude")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(names.get_by_role("option", selected=True)).to_contain_text("@total_by_year")
    keys.press("ArrowDown")
    expect(names.get_by_role("option", selected=True)).to_contain_text("@total_by_month")
    expect(names.get_by_role("option", selected=True)).to_contain_text("dict")
    expect(panel.region.get_by_role("listbox")).to_be_in_viewport(ratio=1)
    panel.page.evaluate(AXE.read_text("utf-8"))
    assert panel.axe() == []
    panel.shot("names")
    keys.press("Enter")
    expect(names).to_have_count(0)
    expect(panel.text).to_have_value("hello, why is @total_by_month")
    expect(panel.text).to_be_focused()
    keys.type(" so small, @tot")
    expect(names.get_by_role("option")).to_have_count(2)
    keys.press("Escape")
    expect(names).to_have_count(0)
    keys.type("al?")
    keys.press("Enter")
    expect(panel.turn(1)).to_contain_text("Hi there.")
    chip = panel.turn(1).locator("details", has_text="@total_by_month")
    expect(chip).to_contain_text("dict")
    chip.locator("summary").click()
    expect(chip).to_contain_text("January")
    panel.shot("chip")


def test_tools_and_what_claude_may_do(panel: Panel) -> None:
    """Otherwise: the panel hides what Claude has, or its choice is not the setting."""
    panel.ask("hello")
    expect(panel.turn(1)).to_contain_text("Hi there.")
    tools = panel.button("Tools")
    tools.click()
    listed = panel.region.get_by_role("region", name="Tools")
    kernel = listed.get_by_role("listitem").filter(has_text="run_code")
    expect(kernel).to_contain_text(re.compile("kernel.*connected"))
    panel.page.evaluate(AXE.read_text("utf-8"))
    assert panel.axe() == []
    panel.shot("tools")
    may = listed.get_by_role("combobox", name="What Claude may do in the kernel")
    may.select_option("not look")
    expect(kernel).to_contain_text("ends with the next prompt")
    expect(may).to_have_value("off")
    may.select_option("ask each time")
    expect(kernel).to_contain_text("connected")
    tools.click()
    expect(listed).to_have_count(0)


def test_model_and_mode(panel: Panel) -> None:
    """Otherwise: a choice in the panel does nothing, or the panel shows another one."""
    mode = panel.region.get_by_role("combobox", name="Permission mode")
    mode.select_option("Plan")
    expect(mode).to_have_value("plan")
    mode.select_option("Ask")
    panel.ask("hello")
    expect(panel.turn(1)).to_contain_text("Hi there.")
    model = panel.region.get_by_role("combobox", name="Model")
    assert model.locator("option").count() > 1
    expect(panel.region.get_by_role("meter", name="Context")).to_have_attribute(
        "aria-valuetext", re.compile(r"tokens, \d+%")
    )


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark High Contrast"])
def test_nothing_that_axe_finds_serious(panel: Panel, theme: str) -> None:
    """Otherwise: some people cannot read the panel, or not with their screen reader."""
    panel.notebook.menu("Settings", "Theme", theme)
    expect(panel.page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
    panel.page.add_script_tag(path=AXE)
    assert panel.axe() == []
    panel.ask("touch other")
    expect(panel.button("Approve")).to_be_visible()
    press(panel.button("Always allow"))
    expect(panel.region.get_by_role("menuitem").last).to_be_enabled()
    assert panel.axe() == []
    panel.page.keyboard.press("Escape")
    panel.button("History").click()
    expect(panel.region.get_by_role("slider", name="Conversation history")).to_be_visible()
    panel.shot(f"axe-{theme.split()[-1]}")
    assert panel.axe() == []
    deny(panel.button("Deny"))
    expect(panel.turn(1).get_by_role("group", name="Tool: Bash")).to_contain_text("denied")
    panel.button("History").click()
    assert panel.axe() == []
    panel.notebook.menu("Settings", "Theme", "JupyterLab Light")


def test_a_rewind_in_the_panel(panel: Panel) -> None:
    """Otherwise: going back needs a cell, and the prompt has to be written again."""
    for number, prompt in enumerate(("hello", "hello again"), 1):
        panel.ask(prompt)
        expect(panel.turn(number)).to_contain_text("Hi there.")
    panel.button("History").click()
    slider = panel.region.get_by_role("slider", name="Conversation history")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("After turn 2 of 2"))
    slider.focus()
    panel.page.keyboard.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("After turn 1 of 2"))
    panel.button("Rewind").click()
    expect(panel.articles).to_have_count(1)
    expect(panel.text).to_have_value("hello again")
    panel.text.fill("")
    panel.button("History").click()


def test_narrow(panel: Panel) -> None:
    """Otherwise: in a side bar the panel is cut off."""
    panel.region.evaluate("node => { node.style.width = '280px' }")
    panel.ask("touch other")
    expect(panel.button("Approve")).to_be_visible()
    panel.shot("narrow")
    for control in ("Approve", "Deny", "Send", "Stop", "New conversation", "History"):
        box, region = panel.button(control).bounding_box(), panel.region.bounding_box()
        assert box and region
        assert region["x"] <= box["x"], control
        assert box["x"] + box["width"] <= region["x"] + region["width"], control
    # What waits for an answer stays in sight beside the history.
    panel.button("History").click()
    expect(panel.region.get_by_role("slider", name="Conversation history")).to_be_visible()
    approve, text = panel.button("Approve").bounding_box(), panel.text.bounding_box()
    assert approve and text
    assert approve["y"] + approve["height"] <= text["y"]
    panel.button("History").click()
    deny(panel.button("Deny"))
    expect(panel.turn(1).get_by_role("group", name="Tool: Bash")).to_contain_text("denied")
    # A preview that is longer than the panel does not cut the text field.
    panel.button("History").click()
    slider = panel.region.get_by_role("slider", name="Conversation history")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("After turn 1 of 1"))
    slider.focus()
    panel.page.keyboard.press("Home")
    expect(panel.region.get_by_role("region", name="Rewind preview")).to_be_visible()
    send, region = panel.button("Send").bounding_box(), panel.region.bounding_box()
    assert send and region
    assert send["y"] + send["height"] <= region["y"] + region["height"]
    panel.shot("narrow-preview")
    panel.button("History").click()
    # A question longer than the panel: what has the focus, and below it what sends the answer.
    panel.ask("ask me")
    submit = panel.button("Submit").bounding_box()
    assert submit
    assert submit["y"] + submit["height"] <= text["y"]
    for choice in panel.region.get_by_role("radio").all():
        choice.focus()
        focused = choice.bounding_box()
        assert focused
        assert focused["y"] + focused["height"] <= submit["y"]
    panel.shot("narrow-question")
    press(panel.button("Decline"))
    expect(panel.button("Submit")).to_have_count(0)
    panel.region.evaluate("node => { node.style.width = '' }")


def test_the_title_keeps_its_room(panel: Panel) -> None:
    """Else a panel of half a window does not say which conversation it shows."""
    panel.ask("touch other, and say in some more words why that was a good idea")
    expect(panel.button("Approve")).to_be_visible()
    expect(panel.region.get_by_text("Waiting for you", exact=True)).to_be_visible()
    title = panel.region.locator(".jc-panel-title")
    for width in (280, 480, 580, 650):
        panel.region.evaluate("(node, width) => { node.style.width = `${width}px` }", width)
        assert title.evaluate("node => node.clientWidth") >= 100, width
    panel.region.evaluate("node => { node.style.width = '' }")
    deny(panel.button("Deny"))


def test_a_thousand_turns(panel: Panel) -> None:
    """Otherwise: a long conversation opens slowly, and typing in it stutters."""
    panel.notebook.run(MANY_CELL)
    panel.notebook.done(MANY_CELL)
    expect(panel.turn(1000)).to_contain_text("The answer to question 1000.")
    # A second view of the same panel, in another cell: it opens at the end, too.
    panel.notebook.run(AGAIN_CELL)
    panel.notebook.done(AGAIN_CELL)
    both = panel.page.get_by_role("region", name="Claude chat", exact=True)
    expect(both).to_have_count(2)
    last = both.nth(1).get_by_role("article", name="Claude turn 1000", exact=True)
    expect(last).to_contain_text("The answer to question 1000.")
    assert panel.articles.count() < 40
    conversation = panel.region.get_by_role("feed", name="Conversation")
    conversation.focus()
    panel.page.keyboard.press("Home")
    expect(panel.turn(1)).to_contain_text("The answer to question 1.")
    assert panel.articles.count() < 40
    # What comes meanwhile does not take the reader away.
    panel.text.fill("hello")
    panel.notebook.run(ASKING_CELL)
    panel.notebook.done(ASKING_CELL)
    assert conversation.evaluate("node => node.scrollTop") == 0
    # By key: JupyterLab may move the cell between the two halves of a click.
    panel.button("Jump to latest").press("Enter")
    expect(panel.turn(1001)).to_contain_text("Hi there.")
    expect(panel.turn(1001)).to_be_in_viewport()
    expect(panel.button("Jump to latest")).to_have_count(0)
    panel.text.fill("")


def test_in_notebook_7_and_over_a_restart(server: Server, context: BrowserContext) -> None:
    """Otherwise: the panel works in JupyterLab only; or a restart takes a draft with it."""
    panel = open_panel(server, context, "panel-notebook", "notebook")
    panel.ask("touch made")
    press(panel.button("Approve"))
    expect(panel.turn(1)).to_contain_text("That is done.")
    panel.text.fill("half a thought")
    panel.notebook.menu("Kernel", "Restart Kernel…")
    panel.page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(panel.region.get_by_role("status")).to_contain_text("This panel's kernel has ended")
    for index in (0, PANEL):
        panel.notebook.run(index)
        panel.notebook.done(index)
    expect(panel.text).to_have_value("half a thought")
    expect(panel.region.get_by_role("status")).to_have_count(0)
    panel.page.close()
