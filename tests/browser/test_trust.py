"""The trust question in JupyterLab: in the cell, in the panel, and for the client alone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Notebook, press
from tests.browser.test_panel import Panel

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

TITLE = "Permission request: Trust this folder"
YES, NO = "Trust this folder", "Continue without its settings"


def give_server(folder: Path, name: str) -> Path:
    """Give a folder a server that makes a file as soon as it is started; return the file."""
    made = folder / name
    server = {"command": "sh", "args": ["-c", f"touch {made}"]}
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": {name: server}}))
    return made


def shot(locator: Locator, name: str) -> None:
    if folder := os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS"):
        locator.page.screenshot(path=f"{folder}/trust-{name}.png")


def test_in_cell_and_panel(open_notebook: Open) -> None:
    """Otherwise: a downloaded notebook's folder runs commands, or nobody can say yes or no."""
    notebook = open_notebook(
        [
            "%%claude\nhello there",
            "%claude panel",
            "%claude trust forget",
            "await claude.client.query('hello')\n"
            "async for message in claude.client.receive_response(): pass\n"
            "print(type(message).__name__)",
            "%%claude\nhello again",
        ]
    )
    first = give_server(notebook.folder, "first")
    notebook.run(1)
    expect(notebook.request(1, TITLE)).to_contain_text(f"touch {first}")
    expect(notebook.request(1, TITLE)).to_contain_text("MCP server first")
    expect(notebook.turn(1)).to_contain_text("Your prompt waits for your answer")
    shot(notebook.request(1, TITLE), "cell")
    assert not first.exists()
    press(notebook.button(1, YES))
    notebook.done(1)
    expect(notebook.turn(1)).to_contain_text("Hi there.")
    assert first.exists()

    # Another file, in the panel; Escape goes on without.
    second = give_server(notebook.folder, "second")
    notebook.run(2)
    notebook.done(2)
    panel = Panel(notebook)
    panel.ask("hello")
    request = panel.region.get_by_role("alertdialog", name=TITLE, exact=True)
    expect(request).to_contain_text(f"touch {second}")
    shot(request, "panel")
    # Stop takes the question back.
    panel.button("Stop").click()
    expect(request).to_have_count(0)
    expect(panel.turn(2)).to_contain_text("Stopped. Send another message to continue")
    panel.ask("hello")
    expect(request).to_be_visible()
    expect(request.get_by_role("button", name=NO, exact=True)).to_be_enabled()
    request.press("Escape")
    expect(panel.turn(3)).to_contain_text("Hi there.")
    expect(panel.turn(3)).to_contain_text("were left out (1 MCP server)")
    shot(panel.region, "left-out")
    assert not second.exists()

    # A prompt of the client's own asks in its cell.
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("not decided; the next prompt asks")
    notebook.run(4)
    expect(notebook.request(4, TITLE)).to_contain_text(f"touch {second}")
    assert not second.exists()
    press(notebook.button(4, YES))
    expect(notebook.output(4)).to_contain_text("ResultMessage")
    expect(notebook.output(4)).to_contain_text(re.compile("Trust this folder .* — Trusted"))
    assert second.exists()

    # The stop button of the notebook takes it back, too; the cell ends with one line.
    third = give_server(notebook.folder, "third")
    notebook.run(5)
    expect(notebook.request(5, TITLE)).to_contain_text(f"touch {third}")
    notebook.stop()
    notebook.done(5)
    expect(notebook.output(5)).to_contain_text("TurnInterrupted: Stopped")
    expect(notebook.output(5)).not_to_contain_text("Traceback")
    assert not third.exists()
