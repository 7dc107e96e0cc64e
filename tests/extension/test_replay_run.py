"""``jupyter-claude replay run``: a notebook runs in a new kernel, and nothing is asked."""

from __future__ import annotations

import argparse
from pathlib import Path

import nbformat
import pytest

from jupyter_claude._command import replay_run
from jupyter_claude._replay import effects
from jupyter_claude._replay.mode import chosen
from jupyter_claude._settings import Settings, effects_allowed

SHOW = "import os\nprint(*(os.environ[f'JUPYTER_CLAUDE_{n}'] for n in names.split()), sep='|')"


def run(*arguments: str) -> int:
    """Run the command, as ``jupyter-claude replay`` does."""
    parser = argparse.ArgumentParser()
    replay_run.add_to(parser.add_subparsers())
    choice = parser.parse_args(["run", *arguments])
    status: int = choice.action(choice)
    return status


def write(path: Path, *codes: str) -> Path:
    """Write a notebook."""
    cells = [nbformat.v4.new_code_cell(code) for code in codes]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_it_asks_nothing_and_says_what_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else CI spends money, runs what nobody allowed, or passes with a broken notebook."""
    names = "names = 'REPLAY REPLAY_EFFECTS NOTEBOOK'"
    path = write(tmp_path / "a.ipynb", names, SHOW, "open('here.txt', 'w').close()")
    output = tmp_path / "out.ipynb"
    before = path.read_bytes()
    assert run(str(path), "--effects", "--output", str(output)) == 0
    assert capsys.readouterr().out == "a.ipynb: 3 cells ran\n"
    (shown,) = nbformat.read(output, as_version=4).cells[1].outputs
    assert shown.text == f"only|1|{path}\n"
    assert path.read_bytes() == before and (tmp_path / "here.txt").exists()

    write(path, names, f"{SHOW}\nraise ValueError(os.environ['JUPYTER_CLAUDE_REPLAY_EFFECTS'])")
    assert run(str(path)) == 1
    assert capsys.readouterr().err == "error: a.ipynb: ValueError: 0\n"
    assert run(str(tmp_path / "none.ipynb")) == 1
    assert "none.ipynb cannot be read: No such file" in capsys.readouterr().err
    path.write_text("no notebook")
    assert run(str(path)) == 1
    assert capsys.readouterr().err == f"error: {path} is no notebook (.ipynb)\n"
    path.write_text("[]")
    assert run(str(path)) == 1
    assert capsys.readouterr().err == f"error: {path} is no notebook (.ipynb)\n"


def test_a_failure_without_effects_names_the_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a missing file looks like a fault of the notebook, and nobody finds `--effects`."""
    said = {"text/plain": effects._NOBODY}
    shown = f"from IPython.display import display\ndisplay({said!r}, raw=True)"
    path = write(tmp_path / "a.ipynb", shown, "open('report.md')")
    assert run(str(path)) == 1
    assert "--effects does them again" in capsys.readouterr().err
    assert run(str(path), "--effects") == 1
    assert "--effects" not in capsys.readouterr().err


def test_a_failure_by_the_policy_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a user who gave `--effects` sees a missing file, and does not know why."""
    said = {"text/plain": effects._POLICY}
    shown = f"from IPython.display import display\ndisplay({said!r}, raw=True)"
    path = write(tmp_path / "a.ipynb", shown, "open('report.md')")
    assert run(str(path), "--effects") == 1
    assert "you must approve them in JupyterLab first" in capsys.readouterr().err


def test_no_setting_of_the_notebook_asks_claude(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a cell with `%claude replay record` spends the money of CI."""
    monkeypatch.setenv("JUPYTER_CLAUDE_REPLAY_RUNS", "1")
    monkeypatch.setenv("JUPYTER_CLAUDE_REPLAY_EFFECTS", "0")
    for setting in ("off", "auto", "record", "default"):
        assert chosen(setting, "auto", headless=True, found=True).mode == "only"
    assert not effects_allowed(Settings(replay_effects=True))
