"""Claude runs code in the kernel, and a prompt names variables: in JupyterLab and Notebook 7."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.lab import FrontEnd, Notebook, press

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

RUN = "mcp__kernel__run_code"
REQUEST = f"Permission request: {RUN}"


@pytest.mark.parametrize(
    "front_end",
    ["lab", pytest.param("lab-no-subshells", marks=pytest.mark.endurance), "notebook"],
)
def test_code_runs_in_the_kernel(open_notebook: Open, front_end: FrontEnd) -> None:
    """Otherwise the user cannot read or edit what runs, or the notebook loses what it showed."""
    notebook = open_notebook(
        ["prices = [1.0, 2.0, 4.0]\napi_key = 'sk-ant-0123456789abcdef'",
         "%%claude\nplot the prices, see @prices and @api_key", "mean"],
        front_end=front_end,
    )  # fmt: skip
    notebook.run(1)
    notebook.done(1)
    notebook.run(2)
    request = notebook.request(2, REQUEST)
    expect(request).to_contain_text("Binds: plt (new), mean (new)")
    expect(request).to_contain_text("Reads: prices")
    expect(request).to_contain_text("Claude says: Show how the prices change")
    names = ["Approve", "Deny", "Edit", "Approve for this turn"]
    expect(request.locator(".jc-buttons button")).to_have_text(names)

    # The user edits the code; the page's own shortcuts do not take the keys.
    press(request.get_by_role("button", name="Edit"))
    editor = request.get_by_role("textbox", name="Code to run")
    expect(editor).to_be_focused()
    editor.press("Control+Home")
    editor.press_sequentially("# by the user")
    editor.press("Enter")
    press(request.get_by_role("button", name="Approve", exact=True))
    notebook.done(2)
    tool = notebook.tool(2, RUN)
    expect(tool).to_contain_text("done")
    expect(tool).to_contain_text("mean 2.333")
    expect(tool).to_contain_text("You edited the code")
    expect(tool.get_by_role("img")).to_have_count(1)
    chips = notebook.turn(2).locator("details.jc-chip > summary")
    expect(chips.first).to_contain_text("@prices")
    expect(chips.last).to_contain_text("1 withheld: api_key")
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("2.333")

    # The file keeps all of it, without a kernel.
    notebook.save()
    notebook.reload()
    expect(notebook.tool(2, RUN)).to_contain_text("mean 2.333")
    expect(notebook.tool(2, RUN).get_by_role("img")).to_have_count(1)


def test_stop_reaches_code_that_blocks_the_kernel(open_notebook: Open) -> None:
    """Otherwise a loop of Claude's, in the panel, can be ended only with the kernel."""
    notebook = open_notebook(["1 + 1"])
    notebook.run(1)
    notebook.done(1)
    notebook.page.get_by_role("tab", name="Claude").first.click()
    panel = notebook.page.locator("#jupyter-claude-panel")
    chat = panel.get_by_role("region", name="Claude chat")
    message = chat.get_by_role("textbox", name="Message Claude")
    message.fill("count for ever")
    message.press("Enter")
    request = chat.get_by_role("alertdialog", name=REQUEST)
    press(request.get_by_role("button", name="Approve", exact=True))
    tool = chat.get_by_role("group", name=f"Tool: {RUN}")
    expect(tool).to_contain_text("step 5")  # its prints come while it blocks the kernel
    chat.get_by_role("button", name="Stop").click()
    expect(tool).to_contain_text("You stopped the code")
    expect(chat.get_by_role("article").last).to_contain_text("I stopped counting.")
