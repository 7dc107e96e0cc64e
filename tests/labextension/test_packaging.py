"""What an installed wheel brings: JupyterLab's extension, and the views for kernels, once."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.lab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]


def test_jupyterlab_has_the_extension(python: Path) -> None:
    """Otherwise `pip install jupyter-claude` brings widgets only."""
    command = python.with_name("jupyter")
    listed = subprocess.run(
        [command, "labextension", "list"], capture_output=True, text=True, timeout=60
    )
    (line,) = (each for each in listed.stderr.splitlines() if "jupyter-claude " in each)
    assert "enabled" in line and "OK" in line, listed.stderr
    assert "(python, jupyter-claude)" in line  # Lab's extension manager knows what to uninstall


def test_the_kernel_runs_what_the_wheel_brought(open_notebook: Open, python: Path) -> None:
    """Otherwise these tests say nothing of what users install."""
    modules = "import jupyter_claude, jupyter_claude_sdk"
    files = "print(jupyter_claude.__file__, jupyter_claude_sdk.__file__, sep='\\n')"
    notebook = open_notebook([f"{modules}\n{files}"])
    notebook.run(1)
    notebook.done(1)
    shown = notebook.output(1).inner_text().split()
    assert len(shown) == 2
    for file in shown:
        assert Path(file).is_relative_to(python.parents[1])
