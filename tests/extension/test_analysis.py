"""The example `analysis.ipynb`, to its end with the practice model."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import nbformat
import pytest

from jupyter_claude._command import demo
from jupyter_claude._command.headless import HeadlessRun
from jupyter_claude._paths import notebooks_folder

NOTEBOOK = notebooks_folder() / "analysis.ipynb"
#: Prompts that the practice model offers, and that need a kernel.
MORE = {
    "draw": "monthly.plot()",
    "look": "%%claude\nLook at my last plot.",
    "list": "%%claude\nWhat variables do I have?",
}


@pytest.mark.cli
def test_it_runs_to_its_end(cli: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Else who wants to see what Claude does in the kernel meets an error, or a made-up answer."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    approve = {"jupyter_claude": {"headless": ["approve", "approve"]}}
    for id, source in MORE.items():
        cell = nbformat.v4.new_code_cell(source, metadata=approve if "claude" in source else {})
        notebook.cells.append(nbformat.from_dict({**cell, "id": id}))
    environment = {
        **os.environ,
        "JUPYTER_CLAUDE_CLI": str(cli),
        "JUPYTER_CLAUDE_PRACTICE": "1",
        "JUPYTER_CLAUDE_PRACTICE_FOLDER": str(tmp_path / "practice"),
        "HOME": str(tmp_path),
    }
    run = HeadlessRun(notebook, demo._as_the_tour_says, limit=90)
    asyncio.run(run.visit(tmp_path, environment, tmp_path / "kernel.log"))
    nbformat.validate(notebook)

    def shown(id: str) -> str:
        output = next(cell for cell in notebook.cells if cell.id == id).outputs[-1]
        return str(output.get("data", {}).get("text/plain") or output.get("evalue"))

    assert "`sales` has 365 rows" in shown("ask")
    assert "On 12 days the scoops are missing" in shown("ask")
    assert "I got the plot as a picture" in shown("plot")
    assert "July sells most" in shown("plot")
    plot = next(cell for cell in notebook.cells if cell.id == "plot").outputs[-1]
    assert "data:image/png;base64," in plot.data["text/html"]
    assert "2025-12-01" in shown("use")
    assert "temprature" in shown("error")
    assert "the mean is 11.7 °C" in shown("fix")
    assert "monthly = by_day" in shown("cells")
    assert "353 days" in shown("clean")
    assert shown("fewer") == "353"
    assert "1 variable came back (sales)" in shown("rewind")
    assert shown("again") == "365"
    assert "I got a PNG picture of " in shown("look")
    assert "- `sales`: DataFrame, 365 rows" in shown("list")
    assert "The columns of `" in shown("list")
    said = capsys.readouterr().out
    assert "Binds: plt (new), by_day (new), monthly (new)" in said
    assert "Binds: sales (replaces DataFrame, 365 rows × 3 columns" in said


@pytest.mark.pure
def test_it_is_a_clean_notebook() -> None:
    """Else a reader opens somebody's old outputs."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
