"""The tutorial on the site, to its end."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import nbformat
import pytest

from jupyter_claude._command.headless import HeadlessRun
from scripts.tutorial import PAGE, notebook, place


@pytest.mark.cli
def test_it_runs_to_its_end(cli: Path, tmp_path: Path) -> None:
    """Else the first thing that a newcomer copies from the site fails, without an account."""
    made = notebook()
    practice = tmp_path / "practice"
    environment = {
        **os.environ,
        "JUPYTER_CLAUDE_PRACTICE": "1",
        "JUPYTER_CLAUDE_PRACTICE_FOLDER": str(practice),
        "JUPYTER_CLAUDE_CLI": str(cli),
        "HOME": str(tmp_path),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    run = HeadlessRun(made, lambda *_: {"behavior": "allow"}, lambda line: None, limit=90)
    asyncio.run(run.visit(tmp_path, environment, tmp_path / "kernel.log"))
    nbformat.validate(made)

    def shown(words: str) -> str:
        outputs = made.cells[place(words)].outputs
        return "\n".join(str(one.get("text") or one.data.get("text/plain")) for one in outputs)

    assert "decimal comma" in shown("What is wrong")
    assert "**8 rows** are left of 10" in shown("Clean `orders`")
    assert "float64" in shown("orders.dtypes")
    assert "**Bern** sold most: 8 pieces" in shown("Plot how many")
    plot = made.cells[place("Plot how many")].outputs[-1]
    assert "data:image/png;base64," in plot.data["text/html"]
    assert made.cells[place('["revenue"].sum()', 0)].outputs[-1].ename == "KeyError"
    revenue = made.cells[place('["revenue"].sum()', 1)].outputs[-1].data["text/plain"]
    assert "Basel" in revenue
    assert "People drink more tea when it rains" in shown("schema=")
    assert "$0.50" in shown("%claude budget")
    assert "8 orders" in shown("print((claude.cwd")
    assert "report.md" in shown("dry_run=True")
    assert not list(practice.rglob("report.md"))


@pytest.mark.pure
def test_its_pictures_are_there() -> None:
    """Else the page has holes."""
    pictures = re.findall(r"!\[.+?\]\((images/\S+)\)", PAGE.read_text("utf-8"))
    assert len(pictures) == 4
    assert all((PAGE.parent / picture).is_file() for picture in pictures)
