"""Without a front end: nbclient, nbconvert, a plain script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from jupyter_claude_sdk.testing import ScriptedModel
from nbclient import NotebookClient
from nbconvert import HTMLExporter, MarkdownExporter

from jupyter_claude._settings import FOR_VISITORS
from tests.kernels.harness import REPOSITORY

pytestmark = [pytest.mark.cli]

SCRIPT: list[dict[str, Any]] = [
    {
        "when": "touch",
        "replies": [
            [
                {"text": "It costs $5 or $6. <script>alert(1)</script>"},
                {"tool": "Bash", "input": {"command": "touch made.txt"}},
            ],
            [{"text": "# The end\n\n- one\n- two"}],
        ],
    },
    {
        "when": "look",
        "replies": [
            [{"tool": "mcp__kernel__variables", "input": {}}],
            [
                {
                    "tool": "mcp__kernel__run_code",
                    "input": {"code": "made = 6 * 7\nprint('made')", "why": "To see"},
                }
            ],
            [{"text": "The end."}],
        ],
    },
    {"when": "wrong", "replies": [[{"error": 400, "message": "no such thing"}]]},
]


@pytest.fixture
def scene(
    cli: Path,
    scripted: Callable[[Any], ScriptedModel],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Set the environment that child processes inherit; return a folder to work in."""
    model = scripted(SCRIPT)
    environment = {
        **model.env,
        "JUPYTER_CLAUDE_CLI": str(cli),
        "CLAUDE_CONFIG_DIR": str(tmp_path / "config"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "sdk")]),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def test_a_strangers_folder_executed_by_nbclient(scene: Path) -> None:
    """Else a scheduled notebook runs what a folder's settings say, with nobody there to see it."""
    server = {"command": "touch", "args": [str(scene / "made")]}
    (scene / ".mcp.json").write_text(json.dumps({"mcpServers": {"odd": server}}))
    cells = ["%load_ext jupyter_claude", "%%claude\nhello", "%claude trust yes", "%%claude\nagain"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    folder = {"metadata": {"path": str(scene)}}
    client = NotebookClient(notebook, timeout=60, resources=folder)
    made = []
    client.on_cell_executed = lambda **_: made.append((scene / "made").exists())
    client.execute()
    assert made == [False, False, False, True]
    said = notebook.cells[1].outputs[0].data["text/plain"]
    assert "You said: hello" in said
    assert "nobody can be asked" in said
    assert "trusted since" in notebook.cells[2].outputs[0].text
    assert "nobody can be asked" not in str(notebook.cells[3].outputs)


def test_a_notebook_executed_by_nbclient(scene: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is asked, the run logs no warning, and what was saved reads well.

    Otherwise: a scheduled notebook hangs on a question, warns in each run's log of a comm that
    nobody there needs, or its saved pages show nothing.
    """
    cells = [
        "%load_ext jupyter_claude",
        "%%claude --as turn\ntouch",
        "print(turn)",
        "%%claude\nwrong",
        "print('not reached')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = NotebookClient(
        notebook, timeout=60, allow_errors=False, resources={"metadata": {"path": str(scene)}}
    )
    with pytest.raises(Exception, match=r"APIError: .*400.*no such thing"):
        client.execute()
    assert "comm target" not in caplog.text
    nbformat.validate(notebook)
    answer, printed, failed, last = notebook.cells[1:]
    assert "widget" not in str(answer.outputs)
    assert "Bash(touch made.txt)" in answer.outputs[0].data["text/plain"]
    assert "Bash(touch made.txt)" in printed.outputs[0].text
    assert failed.outputs[-1].ename == "APIError"
    assert not last.outputs
    assert not (scene / "made.txt").exists()

    html_exporter: Any = HTMLExporter
    page, _ = html_exporter(template_name="lab").from_notebook_node(notebook)
    assert "<script>alert(1)" not in page
    assert 'aria-label="Claude turn 1"' in page
    assert "<li>one</li>" in page
    markdown_exporter: Any = MarkdownExporter
    text, _ = markdown_exporter().from_notebook_node(notebook)
    assert "The end" in text
    # What a cell printed is a code block there.
    tags = [line for line in text.splitlines() if "<script>alert(1)" in line]
    assert all(line.startswith("    ") for line in tags)


EXECUTE = ["-c", "from nbclient.cli import main; main()"]  # `jupyter execute` runs this


@pytest.mark.endurance  # nbclient, which both use, has the tests above
@pytest.mark.parametrize("runner", ["jupyter execute", "papermill"])
def test_a_runner(scene: Path, runner: str) -> None:
    """Else a runner hangs on a request, or saves a panel that nobody can use."""
    cells = [
        "%load_ext jupyter_claude",
        "%%claude\ntouch",
        "%claude panel",
        "%claude history",
        "%%claude\nwrong",
        "print('not reached')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "", "language": "python"}
    source, saved = scene / "source.ipynb", scene / "saved.ipynb"
    nbformat.write(notebook, source)
    command = {
        # It saves a run with an error only so.
        "jupyter execute": [*EXECUTE, "--allow-errors", f"--output={saved}", str(source)],
        "papermill": ["-m", "papermill", "--no-progress-bar", str(source), str(saved)],
    }[runner]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=scene,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert saved.exists(), done.stderr
    assert not (scene / "made.txt").exists()
    if runner == "papermill":
        assert done.returncode != 0
        assert "APIError" in done.stderr
        assert "no such thing" in done.stderr
    _, answer, panel, history, failed, last = (
        cell for cell in nbformat.read(saved, 4).cells if "papermill-error" not in str(cell)
    )
    assert "Bash(touch made.txt)" in answer.outputs[0].data["text/plain"]
    assert 'aria-label="Claude turn 1"' in answer.outputs[0].data["text/html"]
    assert panel.outputs[0].data == {"text/plain": FOR_VISITORS}
    assert "touch" in history.outputs[0].data["text/plain"]
    assert list(history.outputs[0].data) == ["text/html", "text/plain"]
    assert failed.outputs[-1].ename == "APIError"
    assert not last.outputs or runner == "jupyter execute"


def test_the_kernels_tools_executed_by_nbclient(scene: Path) -> None:
    """Else a scheduled notebook runs unread code, or cannot run what its author allows."""
    names = ["mcp__kernel__variables", "mcp__kernel__run_code"]
    cells = [
        "%load_ext jupyter_claude\nfrom jupyter_claude import claude\nown = 'a value'",
        "%%claude\nlook",
        "print([tool.state for tool in _.tools], 'made' in dir())",
        f"claude.settings.allowed_tools = {names}",
        "%%claude\nlook again",
        "print([tool.state for tool in _.tools], made, _.code_cells().sources)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(scene)}}).execute()
    denied, states, allowed, ran = (cell.outputs[0] for cell in notebook.cells if cell.outputs)
    for name in names:
        rule = f"claude.settings.allowed_tools += ['{name}']"
        assert rule in denied.data["text/plain"]
        assert name in denied.data["text/html"]
    assert "a value" not in str(denied)
    assert states.text == "['denied', 'denied'] False\n"
    page = BeautifulSoup(allowed.data["text/html"], "html.parser").get_text()
    assert "made = 6 * 7" in page
    assert "made\n" in page.split("print('made')")[1]
    assert ran.text.startswith("['done', 'done'] 42 [\"made = 6 * 7")
    assert not list(scene.rglob("settings*.json"))


PROGRAM = """
import asyncio
from jupyter_claude import claude

async def main():
    turn = await claude.ask("first")
    print(turn)
    a, b = await asyncio.gather(claude.ask("one"), claude.ask("two"))
    print(a, b)
    turn = await claude.ask("touch")
    print(turn.tools[0].state)

asyncio.run(main())

async def again():
    print(await claude.ask("second run"))
    print(claude.cost_usd > 0, [turn.state for turn in claude.history])

asyncio.run(again())
print(claude.ask_sync("from synchronous code"))
"""


def test_a_plain_script(scene: Path) -> None:
    """Else the same code would not run outside of a notebook."""
    program = scene / "program.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=scene,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "You said: first",
        "You said: one You said: two",
        "denied",
        "You said: second run",
        "True ['done', 'done', 'done', 'done', 'done']",
        "You said: from synchronous code",
    ]
