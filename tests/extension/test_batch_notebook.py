"""The example `batch.ipynb`, to its end with the practice model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from jupyter_claude._paths import notebooks_folder

NOTEBOOK = notebooks_folder() / "batch.ipynb"


@pytest.mark.cli
def test_it_runs_to_its_end(cli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else who wants to see a batch meets an error, no failures to look into, or a bar for ever."""
    for name, value in {
        "JUPYTER_CLAUDE_CLI": str(cli),
        "JUPYTER_CLAUDE_PRACTICE": "1",
        "JUPYTER_CLAUDE_PRACTICE_FOLDER": str(tmp_path / "practice"),
        "HOME": str(tmp_path),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }.items():
        monkeypatch.setenv(name, value)
    root = NOTEBOOK.parents[1]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root), str(root / "sdk")]))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    client = nbclient.NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    nbformat.validate(notebook)

    def outputs(id: str) -> list[Any]:
        return list(next(cell for cell in notebook.cells if cell.id == id).outputs)

    def shown(id: str) -> str:
        return "\n".join(
            str(each.get("text") or each.data.get("text/plain")) for each in outputs(id)
        )

    assert "widget" not in str(notebook.metadata) + str(outputs("run"))
    assert "Estimate, from 3 rows" in shown("estimate")
    assert "195 of 200 rows answered · 5 failed" in shown("run")
    assert "mood" in shown("run")
    failures = shown("failed")
    assert failures.count("less than or equal to 5") == 3
    assert failures.count("Claude answered in text") == 2
    assert "<th" in outputs("failed")[0].data["text/html"]
    assert '"stars":11' in shown("errors").replace(" ", "")
    assert "198 of 200 rows answered · 2 failed" in shown("retry")
    assert "2 rows still have no answer" in shown("retry")
    assert all(topic in shown("join") for topic in ("taste", "price", "queue", "staff"))
    assert "image/png" in outputs("plot")[-1].data
    assert "198 rows were not asked again" in shown("again")
    assert "batches (claude.map)" in shown("cost")
    assert (tmp_path / "reviews.jsonl").is_file()
