"""What a recording does again, in JupyterLab: asked once, in a notebook that Jupyter trusts."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Notebook, press

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

RECORD = """
from pathlib import Path
from jupyter_claude_sdk.lowlevel import *
here = RecordingFolder(Path("test.claude"))
def record(prompt, parent, **parts):
    turn = RecordedTurn(digest(prompt.encode()), parent, RecordedInputs(prompt), **parts)
    here.write(turn, "2026-11-30")
    return turn
def file(path, before, after):
    old, new = (text if text is None else text.encode() for text in (before, after))
    return RecordedFile(path, digest(old) if old else "", digest(new), here.add_content(new, path))
code = "import math\\nareas = [round(math.pi * r * r, 1) for r in range(1, 4)]\\nprint(areas)"
long = "\\n".join(f"check_{n} = areas[{n % 3}] > {n}  # larger than {n}" for n in range(60))
notes = "# Circles\\n\\nThe areas of three circles.\\n"
Path("notes.md").write_text(notes.replace("three", "my own three"))
first = record(
    "Compute the areas of three circles, and write notes about them", "",
    items=[RecordedCall("mcp__kernel__run_code", {"code": code}, output="[3.1, 12.6, 28.3]\\n"),
           RecordedCall("Bash", {"command": "make plots"})],
    code=[RecordedCode(code, "", ["math (new)", "areas (new)"], "", "[3.1, 12.6, 28.3]\\n")],
    files=[file("notes.md", notes, notes + "\\nThe largest is 28.3.\\n"),
           file("areas.csv", None, "radius,area\\n1,3.1\\n2,12.6\\n3,28.3\\n")],
)
second = record("Check them", first.key, code=[RecordedCode(long)])
"""


def replayed(turn: str) -> str:
    """Return a cell that replays a recorded turn."""
    return f"""
from jupyter_claude._turns.items import ToolCall
from jupyter_claude._turns.replayed import Replayed
parts = claude._parts
parts.check_use()
writer = parts.begin_turn({turn}.asked.prompt)
items = [ToolCall(f"c{{n}}", one.name, one.input, "done", one.output)
         for n, one in enumerate({turn}.items)]
with parts.host.frontend.show(writer.turn, parts.approvals, quiet=False):
    writer.start()
    writer.play(Replayed({turn}.key, "2026-11-30", 0.01), items, [], "model")
    await parts.effects.replay(writer, {turn}, here)
    writer.finish("done")
"""


def shots(request: Locator) -> None:
    """Keep pictures of the request, if they are wanted."""
    page, folder = request.page, os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS")
    if not folder:
        return
    change = "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})"
    for theme in ("Dark", "Light"):
        page.evaluate(change, f"JupyterLab {theme}")
        for width in (400, 900):
            page.set_viewport_size({"width": width + 400, "height": 2200})
            request.screenshot(path=f"{folder}/replay-{theme}-{width}.png")
    page.set_viewport_size({"width": 1200, "height": 900})


def test_asked_once_in_a_trusted_notebook(open_notebook: Open) -> None:
    """Otherwise: later cells miss `areas`, or what nobody read runs and overwrites files."""
    notebook = open_notebook([RECORD, replayed("first"), "sum(areas)", replayed("second")])
    notebook.run(1)
    notebook.done(1)
    notebook.run(2)
    notebook.done(2)
    expect(notebook.turn(2)).to_contain_text("the notebook is not trusted")
    # The user wrote and ran this notebook: once it is saved, Jupyter trusts it.
    notebook.save()
    notebook.run(2)
    request = notebook.request(2, "Permission request: replay")
    expect(request).to_contain_text("This notebook replays 2 pieces of code and 2 files")
    expect(request).to_contain_text("Overwrites a file that you changed")
    expect(request.locator(".jc-field")).to_have_count(4)
    expect(request.locator(".jc-field pre")).to_have_count(4)
    expect(request.locator(".jc-buttons button")).to_have_text(["Approve", "Deny"])
    shots(request)
    press(request.get_by_role("button", name="Approve", exact=True))
    notebook.done(2)
    turn = notebook.turn(2)
    expect(turn).to_contain_text("Your version is kept as")
    expect(turn).to_contain_text("Not run again: 1 command.")
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("44.0")
    assert "largest" in (notebook.folder / "notes.md").read_text()
    notebook.run(4)
    notebook.done(4)
    expect(notebook.request(4, "Permission request: replay")).to_have_count(0)
