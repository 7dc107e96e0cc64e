"""The `jupyter-claude` command: its help, exit statuses and choices."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from jupyter_claude_sdk import __version__
from jupyter_claude_sdk.lowlevel import TESTED_CLI_VERSION

from jupyter_claude._command import doctor, main
from jupyter_claude._command import install as _install
from jupyter_claude._paths import notebooks_folder, own_cli

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts"),
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty data folder and no CLI."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("JUPYTER_CLAUDE_CLI", raising=False)
    return tmp_path


def fake_cli(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{version} (Claude Code)'\n")
    path.chmod(0o755)
    return path


def fake_install(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace the installation by one that writes a program; return what was called."""
    calls: list[str] = []

    def install(report: Callable[[str], None], for_all: Path | None = None) -> Path:
        calls.append("install")
        report("some progress")
        return fake_cli(own_cli(), TESTED_CLI_VERSION)

    monkeypatch.setattr(_install, "install_cli", install)
    return calls


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise a newcomer does not find the way in."""
    with pytest.raises(SystemExit) as left:
        main.main(["--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert all(name in text for name in ("install-cli", "doctor", "demo", "%%claude"))


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["demo", "--port", "0"], ["demo", "--port", "x"]]
)
def test_wrong_words(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise a typing slip starts something else, or shows a traceback."""
    with pytest.raises(SystemExit) as left:
        main.main(words)
    assert left.value.code == 2
    assert "usage: jupyter-claude" in capsys.readouterr().err


def test_install_shows_progress_and_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise an installation of a minute looks like a hang, and ends nowhere."""
    fake_install(monkeypatch)
    assert main.main(["install-cli"]) == 0
    printed = capsys.readouterr()
    progress, *after = printed.out.splitlines()
    assert progress == "some progress"
    assert printed.err == ""
    # What to do now, also without an account.
    (line,) = after
    assert line.startswith("Next: run `%load_ext jupyter_claude` in a notebook.")
    assert "practice model" in line and "`jupyter-claude login`" in line
    # Scripts, and administrators who install it for others, do not sign in.
    for words in (["--print-path"], ["--for-all", str(tmp_path / "all")]):
        assert main.main(["install-cli", *words]) == 0
        assert "Next:" not in capsys.readouterr().out


def test_install_if_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise `make` downloads the CLI each time."""
    calls = fake_install(monkeypatch)
    assert main.main(["install-cli", "--if-missing"]) == 0
    assert main.main(["install-cli", "--if-missing"]) == 0
    assert calls == ["install"]
    capsys.readouterr()
    assert main.main(["install-cli", "--if-missing", "--print-path"]) == 0
    assert capsys.readouterr().out == f"{own_cli()}\n"


def test_another_version_on_path_does_not_count(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise the old CLI stays in use and nobody says so."""
    old = fake_cli(home / "bin" / "claude", "1.0.58")
    monkeypatch.setenv("PATH", f"{home / 'bin'}:/usr/bin:/bin")
    calls = fake_install(monkeypatch)
    assert main.main(["install-cli", "--if-missing"]) == 0
    assert calls == ["install"]
    note = capsys.readouterr().err
    assert note.startswith(f"note: {old} (1.0.58) comes first in the search and cannot be used")
    assert note.endswith(f"set JUPYTER_CLAUDE_CLI={own_cli()}\n")


def test_a_failed_installation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise a failure is a traceback, or passes for a success in a script."""

    def fails(report: object, for_all: object = None) -> Path:
        raise _install.InstallError("npm failed; fix that")

    monkeypatch.setattr(_install, "install_cli", fails)
    assert main.main(["install-cli"]) == 1
    assert capsys.readouterr().err == "error: npm failed; fix that\n"


def test_an_interrupt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise Ctrl-C shows a traceback."""

    def interrupted(report: object, for_all: object = None) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(_install, "install_cli", interrupted)
    assert main.main(["install-cli"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize(("ok", "status"), [(True, 0), (False, 1)])
def test_doctor_tells_scripts_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ok: bool, status: int
) -> None:
    """Otherwise a hub's start-up check cannot tell a broken set-up."""
    monkeypatch.setattr(doctor, "report", lambda: [doctor.Finding("CLI", ok, "text")])
    assert main.main(["doctor"]) == status
    assert "CLI  text" in capsys.readouterr().out


def test_demo_is_passed_its_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise `make demo HEADLESS=1` opens a browser."""
    seen: list[dict[str, object]] = []
    demo = types.ModuleType("jupyter_claude._command.demo")

    def run(**choices: object) -> int:
        seen.append(choices)
        return 0

    demo.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jupyter_claude._command.demo", demo)
    monkeypatch.setattr(sys.modules["jupyter_claude._command"], "demo", demo, raising=False)
    assert main.main(["demo", "--headless", "--port", "8899"]) == 0
    assert seen == [{"headless": True, "port": 8899, "practice": False, "fresh": False}]


def test_python_m() -> None:
    """Otherwise the command is lost where the scripts folder is not on PATH."""
    done = subprocess.run(
        [sys.executable, "-m", "jupyter_claude", "--version"], capture_output=True, text=True
    )
    assert done.stdout == f"jupyter-claude {__version__}\n"


def test_the_example_notebooks_are_there() -> None:
    """Otherwise `jupyter-claude demo` has nothing to open."""
    assert (notebooks_folder() / "quickstart.ipynb").is_file()
