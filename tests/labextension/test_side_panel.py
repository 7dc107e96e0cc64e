"""The chat panel in the side bar, what tells of waiting requests, and the status bar's item."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.lab import Notebook, press

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

NOT_INSTALLED = """
import sys
class Hidden:
    def find_spec(self, name, *rest):
        if name == "jupyter_claude":
            raise ModuleNotFoundError(f"No module named {name!r}")
sys.meta_path.insert(0, Hidden())
""".strip()


class Side:
    """The side panel and what belongs to it, as a user finds them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.tab = page.get_by_role("tab", name=re.compile(r"^Claude chat"))
        self.node = page.locator("#jupyter-claude-panel")
        self.panel = self.node.get_by_role("region", name="Claude chat")
        self.box = self.panel.get_by_role("textbox", name="Message Claude")
        self.load = self.node.get_by_role("button", name="Start a new conversation", exact=True)
        self.turns = self.panel.get_by_role("article")
        self.request = self.panel.get_by_role("alertdialog", name="Permission request: Bash")
        self.status = page.get_by_role("button", name=re.compile("^Claude: "))
        self.notification = page.get_by_role("alert").filter(has_text="Claude asks")

    def heading(self, name: str) -> Locator:
        """Return the heading of what stands in the panel's place."""
        return self.node.get_by_role("heading", name=name)

    def send(self, prompt: str) -> None:
        """Ask in the panel."""
        self.box.fill(prompt)
        self.box.press("Enter")


def test_a_click_runs_nothing_of_the_folder(open_notebook: Open) -> None:
    """A downloaded folder's own jupyter_claude.py would run at the press of a button."""
    notebook = open_notebook(["open('kernel-ran', 'w').close()"], load=False)
    side = Side(notebook.page)
    for name in ("jupyter_claude", "jupyter_claude_sdk", "anywidget", "markdown_it"):
        (notebook.folder / f"{name}.py").write_text(f"open('sprung-{name}', 'w').close()")
    side.tab.click()
    side.load.click()
    side.send("hello")
    expect(side.turns).to_contain_text("Hi there.")
    notebook.run(0)
    notebook.done(0)
    assert (notebook.folder / "kernel-ran").exists(), "the kernel works in this folder"
    assert not list(notebook.folder.glob("sprung-*"))


def test_each_notebook_has_its_session(open_notebook: Open) -> None:
    """Otherwise: one talks to the wrong kernel, or misses that another one waits."""
    notebook = open_notebook(["1 + 1"], load=False)
    page, side = notebook.page, Side(notebook.page)
    expect(side.status).to_be_hidden()
    side.tab.click()
    expect(side.heading("Chat with Claude")).to_be_visible()
    side.load.click()
    expect(side.box).to_be_focused()
    expect(side.status).to_contain_text("Claude: idle")
    side.box.fill("a thought that is not sent yet")

    shutil.copy(notebook.path, notebook.folder / "other.ipynb")
    page.get_by_role("button", name=re.compile("Refresh")).first.click()
    page.locator(".jp-DirListing-item", has_text="other.ipynb").dblclick()
    expect(side.heading("Chat with Claude")).to_be_visible()
    expect(side.panel).to_be_hidden()
    expect(side.status).to_be_hidden()
    expect(side.node.locator("p", has_text="other.ipynb")).to_be_visible()
    side.load.click()
    expect(side.box).to_have_value("")
    side.send("touch made")
    expect(side.request).to_be_visible()
    expect(side.status).to_contain_text("Claude: waiting for you")
    expect(side.notification).to_have_count(0)

    page.locator("#jp-main-dock-panel").get_by_role("tab", name="test.ipynb").click()
    expect(side.box).to_have_value("a thought that is not sent yet")
    expect(side.notification).to_contain_text("other.ipynb: Bash")
    expect(side.tab).to_have_accessible_name(
        "Claude chat: a request waits for your answer in other.ipynb"
    )
    expect(side.status).to_contain_text("Claude: idle")
    side.notification.get_by_role("button", name="Go to request").click()
    expect(side.request).to_be_focused()
    expect(side.notification).to_have_count(0)
    page.keyboard.press("Enter")  # meant for something else
    expect(side.request).to_be_visible()

    page.locator("#jp-main-dock-panel").get_by_role("tab", name="test.ipynb").click()
    expect(side.request).to_be_hidden()
    expect(side.notification).to_have_count(0)  # one for each request
    page.locator("#jp-main-dock-panel").get_by_role("tab", name="other.ipynb").click()
    press(side.request.get_by_role("button", name="Approve", exact=True))
    expect(side.turns).to_contain_text("That is done.")
    expect(side.tab).to_have_accessible_name("Claude chat")
    expect(side.status).to_contain_text(re.compile(r"idle · .* · \d+% context · \$0\.\d+"))
    assert (notebook.folder / "made.txt").exists()
    assert not notebook.foreign


def test_it_survives_a_reload_and_a_restart(open_notebook: Open) -> None:
    """Otherwise: the panel is dead after what everybody does all day."""
    notebook = open_notebook([NOT_INSTALLED, "sys.meta_path.pop(0)"], load=False)
    page, side = notebook.page, Side(notebook.page)
    side.tab.click()
    notebook.run(0)
    notebook.done(0)
    side.load.click()
    expect(side.node.get_by_role("alert")).to_contain_text("%pip install jupyter-claude")
    notebook.run(1)
    notebook.done(1)
    side.load.click()
    side.send("hello")
    expect(side.turns).to_contain_text("Hi there.")

    notebook.save()
    page.reload()
    expect(side.turns).to_contain_text("Hi there.")  # nothing to be pressed
    expect(side.status).to_contain_text("Claude: idle")
    side.box.fill("kept over a restart")
    notebook.menu("Kernel", "Restart Kernel…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(side.heading("Session ended")).to_be_visible()
    expect(side.status).to_be_hidden()
    expect(side.load).to_be_visible()
    side.node.get_by_role("button", name="Resume conversation").click()
    expect(side.box).to_have_value("kept over a restart")
    expect(side.turns).to_contain_text("Hi there.")

    # A kernel that is shut down waits for no answer.
    side.send("touch made")
    expect(side.request).to_be_visible()
    expect(side.tab).to_have_accessible_name(re.compile("a request waits"))
    notebook.menu("Kernel", "Shut Down Kernel")
    expect(side.heading("No kernel")).to_be_visible()
    expect(side.load).to_be_hidden()
    expect(side.tab).to_have_accessible_name("Claude chat")
    side.node.get_by_role("button", name="Choose kernel…").click()
    page.get_by_role("dialog").get_by_role("button", name="Select Kernel").click()
    expect(side.heading("Session ended")).to_be_visible()


def test_two_notebooks_of_one_kernel(open_notebook: Open) -> None:
    """Otherwise: the second one is told that it has no session, or dies with the first."""
    notebook = open_notebook(["1 + 1"])
    page, side = notebook.page, Side(notebook.page)
    tabs = page.locator("#jp-main-dock-panel").get_by_role("tab")
    side.tab.click()
    side.send("hello")
    expect(side.turns).to_contain_text("Hi there.")

    shutil.copy(notebook.path, notebook.folder / "other.ipynb")
    page.get_by_role("button", name=re.compile("Refresh")).first.click()
    page.locator(".jp-DirListing-item", has_text="other.ipynb").dblclick()
    expect(side.heading("Chat with Claude")).to_be_visible()
    notebook.menu("Kernel", "Change Kernel…")
    choice = page.get_by_role("dialog").get_by_role("combobox")
    running = choice.locator("option", has_text="test.ipynb").get_attribute("value")
    choice.select_option(value=running)
    page.get_by_role("dialog").get_by_role("button", name="Select Kernel").click()
    expect(side.turns).to_contain_text("Hi there.")
    side.send("touch made")
    expect(side.request).to_be_visible()
    expect(side.notification).to_have_count(0)

    # The one whose connection came first goes.
    tabs.filter(has_text="test.ipynb").get_by_title("Close").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    press(side.request.get_by_role("button", name="Approve", exact=True))
    expect(side.turns.last).to_contain_text("That is done.")
    assert (notebook.folder / "made.txt").exists()


def test_a_request_is_told_of_while_the_page_is_hidden(open_notebook: Open) -> None:
    """Otherwise: who works in another tab finds Claude waiting since an hour."""
    notebook = open_notebook([])
    page, side = notebook.page, Side(notebook.page)
    side.tab.click()
    page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    side.send("touch made")
    expect(side.notification).to_contain_text("test.ipynb: Bash")
    page.evaluate(
        """() => {
            delete document.hidden;
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    expect(side.request).to_be_visible()
    expect(side.notification).to_be_visible()  # who comes back reads it
    press(side.request.get_by_role("button", name="Approve", exact=True))
    expect(side.notification).to_have_count(0)


def test_notebook_7_has_it_too(open_notebook: Open) -> None:
    """Otherwise: Notebook 7 has the panel only as a widget."""
    notebook = open_notebook([], front_end="notebook")
    side = Side(notebook.page)
    notebook.menu("View", "Right Sidebar", "Show Claude chat")
    side.send("hello")
    expect(side.turns).to_contain_text("Hi there.")
