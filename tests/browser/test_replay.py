"""A notebook of ten turns is recorded in JupyterLab, cloned, and runs again without Claude."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import expect

from tests.browser.lab import Notebook, press
from tests.browser.replay_script import CELLS, END, TURNS

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

#: In the third prompt.
BEFORE, AFTER = "one risk", "two risks"


def test_ten_turns_run_again_elsewhere(
    open_notebook: Open, model: ScriptedModel, tmp_path: Path
) -> None:
    """Otherwise a class without keys, a reviewer or a server cannot run the notebook."""
    notebook = open_notebook(CELLS)
    notebook.run_all()
    for number, cell in enumerate(CELLS, 1):
        if "write a note" in cell or "plot the rides" in cell or "make a mark" in cell:
            press(notebook.output(number).get_by_role("button", name="Approve", exact=True))
        notebook.done(number)
    expect(notebook.output(len(CELLS))).to_contain_text(END)
    notebook.save()
    assert len(list((notebook.folder / "test.claude").glob("0*.json"))) == len(TURNS)

    # Committed, and cloned elsewhere: the words, the code and the file come along.
    clone = tmp_path / "clone"
    (notebook.folder / "note.txt").unlink()
    git(notebook.folder, "init", "-q")
    git(notebook.folder, "add", "-A")
    git(notebook.folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "Record")
    git(tmp_path, "clone", "-q", str(notebook.folder), str(clone))

    # No Claude Code, no key, no model: nbclient and papermill.
    asked = len(model.requests)
    for way in ("nbclient", "papermill"):
        ran = headless(way, clone, tmp_path / "home")
        outputs = nbformat.read(clone / f"{way}.ipynb", as_version=4).cells
        assert ran.returncode == 0, ran.stderr[-2000:]
        shown = "".join(str(output) for output in outputs[-1].outputs)
        assert repr(END)[1:40] in shown
        assert "Replayed · recorded on" in str(outputs[3].outputs)
        assert "data:image/png;base64" in str(outputs[TURNS[4] + 1].outputs)
        (clone / "note.txt").unlink()
    assert len(model.requests) == asked

    # The third prompt changes: from there the answers are stale, and nobody pays for new ones.
    changed = clone / "test.ipynb"
    changed.write_text(changed.read_text("utf-8").replace(BEFORE, AFTER), "utf-8")
    ran = headless("nbclient", clone, tmp_path / "home")
    assert ran.returncode != 0
    assert "the prompt" in ran.stderr
    assert '(%claude replay auto); to ask Claude, change this to "record"' in ran.stderr

    cells = [cell.replace(BEFORE, AFTER) for cell in CELLS[1 : TURNS[3] + 1]]
    folder = notebook.folder.with_name(notebook.folder.name.replace("-0", "-1"))
    shutil.copytree(clone / "test.claude", folder / "test.claude")
    there = open_notebook(cells)
    assert there.folder == folder
    there.run_all()
    there.done(len(cells))
    first, second, third, fourth = TURNS[:4]
    expect(there.turn(first)).to_contain_text("Replayed · recorded on")
    expect(there.turn(second)).to_contain_text("Three months of rides.")
    expect(there.turn(third)).to_contain_text("Stale: the prompt changed")
    expect(there.turn(third)).to_contain_text("Three months are few.")
    expect(there.turn(fourth)).to_contain_text("Stale: an earlier turn (3) changed")
    assert len(model.requests) == asked
    press(there.turn(third).get_by_role("button", name="Ask again"))
    expect(there.turn(third)).to_contain_text("Two risks: few months, one town.")
    expect(there.turn(third)).not_to_contain_text("Stale")
    expect(there.turn(fourth)).to_contain_text("A prompt before this one was asked again")
    assert len(model.requests) == asked + 1


def git(folder: Path, *arguments: str) -> None:
    """Run git."""
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def headless(way: str, folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run the clone's notebook where there is no Claude Code and no sign-in."""
    home.mkdir(exist_ok=True)
    commands = {
        "nbclient": ["-m", "nbconvert", "--to", "notebook", "--execute", "test.ipynb"],
        "papermill": ["-m", "papermill", "test.ipynb"],
    }
    output = {"nbclient": ["--output", "nbclient.ipynb"], "papermill": ["papermill.ipynb"]}
    kernel = {
        "nbclient": ["--ExecutePreprocessor.kernel_name=python3"],
        "papermill": ["-k", "python3"],
    }
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "JUPYTER_CLAUDE_REPLAY_EFFECTS": "1",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
    return subprocess.run(
        [sys.executable, *commands[way], *output[way], *kernel[way]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
