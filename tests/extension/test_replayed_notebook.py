"""The example `replayed.ipynb` runs with its recording, where there is no Claude Code."""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from jupyter_claude._command.main import main
from jupyter_claude._paths import notebooks_folder

NOTEBOOK = notebooks_folder() / "replayed.ipynb"


def test_it_runs_without_claude_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a class without keys, a reviewer or CI cannot run a notebook that has Claude in it."""
    for name in [name for name in os.environ if name.startswith(("ANTHROPIC", "CLAUDE", "JPY"))]:
        monkeypatch.delenv(name)
    root = NOTEBOOK.parents[1]
    for name, value in {
        "HOME": str(tmp_path / "home"),
        "XDG_DATA_HOME": str(tmp_path / "home"),
        "JUPYTER_CLAUDE_CLI": str(tmp_path / "none"),
        "JUPYTER_CLAUDE_REPLAY_EFFECTS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONPATH": os.pathsep.join([str(root), str(root / "sdk")]),
    }.items():
        monkeypatch.setenv(name, value)
    folder, home = tmp_path / "class", tmp_path / "home"
    home.mkdir()
    shutil.copytree(NOTEBOOK.with_suffix(".claude"), folder / "replayed.claude")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    nbformat.validate(notebook)

    def shown(id: str) -> str:
        outputs = next(cell for cell in notebook.cells if cell.id == id).outputs
        return "\n".join(str(each.get("text") or each.data.get("text/plain")) for each in outputs)

    assert "Replayed · recorded on" in shown("ask")
    assert "Saturday stands out" in shown("plot")
    assert "Drift" not in shown("plot")
    assert "otherwise" not in shown("plot")
    assert "Saturday" in shown("use")
    assert "Sun brings more riders" in shown("value")
    assert "Weekends have more rides than weekdays" in shown("read")
    assert "Replay: auto" in shown("state")
    assert (folder / "findings.md").read_text("utf-8").startswith("# Rides of four weeks")


@pytest.mark.pure
def test_its_recording_answers_all_prompts(capsys: pytest.CaptureFixture[str]) -> None:
    """Else the example that shows how to check a recording fails its own check."""
    assert main(["replay", "check", str(NOTEBOOK)]) == 0
    assert "4 replayed" in capsys.readouterr().out


@pytest.mark.pure
@pytest.mark.parametrize("form", ["py:percent", "py:light", "md", "md:myst"])
def test_a_notebook_that_is_text_finds_its_recording(
    tmp_path: Path,
    form: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else teams that keep their notebooks as text cannot check them."""
    monkeypatch.syspath_prepend(NOTEBOOK.parents[1] / "build" / "jupytext")
    jupytext: Any = import_module("jupytext")
    text = tmp_path / f"replayed.{form.partition(':')[0]}"
    jupytext.write(nbformat.read(NOTEBOOK, as_version=4), text, fmt=form)
    shutil.copytree(NOTEBOOK.with_suffix(".claude"), tmp_path / "replayed.claude")
    assert main(["replay", "check", str(text)]) == 0
    assert "4 replayed" in capsys.readouterr().out
