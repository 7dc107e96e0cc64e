"""`jupyter-claude demo`: the tour to its end in a terminal, and JupyterLab on the quickstart."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import psutil
import pytest

from jupyter_claude._command import demo as _demo
from jupyter_claude._command import headless, main
from jupyter_claude._command.demo_notebook import lasting_notebook
from jupyter_claude._paths import notebooks_folder
from jupyter_claude._practice import script

BASH: dict[str, Any] = {
    **{"kind": "permission", "tool": "Bash", "id": "r1", "command": "rm a", "reason": ""},
    "waiting": "Claude waits.",
    **{"path": None, "new_file": False, "diff": None, "fields": [], "says": "", "suggestions": []},
    **{"code": None, "effects": [], "title": "Run a command?", "danger": "", "plan": None},
    "editable": True,
}
NOTEBOOK = notebooks_folder() / "quickstart.ipynb"


@pytest.fixture
def environment(cli: Path, tmp_path: Path) -> dict[str, str]:
    """Return an environment of somebody without a sign-in, whose scratch space is the test's."""
    found = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER_CLAUDE")}
    return {
        **found,
        "JUPYTER_CLAUDE_CLI": str(cli),
        "CLAUDE_CONFIG_DIR": str(tmp_path / "config"),
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def nothing_left(tmp_path: Path) -> Iterator[None]:
    """Check that no process works in the test's folder when the test is over."""
    yield
    left = [p for p in psutil.process_iter() if str(tmp_path) in _folder_of(p)]
    _, alive = psutil.wait_procs(left, timeout=60)
    assert alive == []


def _folder_of(process: psutil.Process) -> str:
    try:
        return str(process.cwd())
    except psutil.Error:
        return ""


def demo(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "jupyter_claude", "demo", *arguments]


def in_background(ending: str, command: list[str]) -> list[str]:
    """Start a program as shells start one in the background, with SIGINT ignored."""
    return ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *command] if ending == "SIGINT" else command


# --- in a terminal --------------------------------------------------------------------------------


@pytest.mark.cli
@pytest.mark.usefixtures("nothing_left")
def test_the_tour_runs_to_its_end_in_a_terminal(environment: dict[str, str]) -> None:
    """A newcomer on a server, without a browser, could not try anything."""
    ran = subprocess.run(
        demo("--headless"),
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    out = ran.stdout
    assert out.startswith("Practice model (you are not signed in)")
    in_order = [
        "> What is in @bikes?",
        "`bikes` has 365 rows",
        "`rain` and `cyclists`",
        "  $0.",  # what it cost
        "Permission request: mcp__kernel__run_code",
        "by_weekday (new)",
        "[Approve pressed]",
        "I got the plot as a picture",
        "**14%** of the cyclists from Monday to Friday, and **56%** at the weekend",
        "Saturday     -59%",
        "KeyError: 'Column not found: cylists'",
        "[@error: KeyError",
        'by_month = bikes.groupby(bikes["day"].dt.month)["cylists"].mean()\n',
        "write `cyclists`",
        "Permission request: Write",
        "14% fewer cyclists",
        "Done: `findings.md`",
        "On Saturday and Sunday it has 56% fewer.",
        "    │ rm bikes.csv",
        "[Deny pressed]",
        "    │ cp bikes.csv bikes-backup.csv",
        "[Approve pressed]",
        "I kept `bikes.csv`",
        "['bikes-backup.csv', 'bikes.csv']",
        "only its first line now",
        "restore findings.md",
        "On Saturday and Sunday it has 56% fewer.",
        "  total ",  # what all turns cost
        "[stop button pressed]",
        "TurnInterrupted",
        "The executed notebook: ",
    ]
    position = 0
    for text in in_order:
        position = out.find(text, position)
        assert position >= 0, f"{text!r} is missing or out of order in:\n{out}"
    found = re.search(r"The executed notebook: (.*)", out)
    assert found
    assert "jupyter-claude/demo/notebooks" in found[1]  # it lasts
    executed = nbformat.read(found[1], as_version=4)
    nbformat.validate(executed)
    for cell in executed.cells:
        if cell.cell_type == "code" and cell.source.startswith("%%claude"):
            assert script.LABEL in str(cell.outputs)
            # What it says must be readable without a live widget.
            assert any("text/html" in output.get("data", {}) for output in cell.outputs)


@pytest.mark.cli
@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("ending", ["SIGINT", pytest.param("SIGTERM", marks=pytest.mark.endurance)])
def test_a_stopped_tour_leaves_no_process(environment: dict[str, str], ending: str) -> None:
    """Kernels and CLIs would pile up behind everybody who presses Ctrl+C."""
    process = subprocess.Popen(
        in_background(ending, demo("--headless")),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout
        assert any("What is in @bikes" in line for line in process.stdout)  # the CLI runs by now
        process.send_signal(getattr(signal, ending))
        assert process.wait(timeout=60) == 130
        assert process.stdout.read().endswith("interrupted\n")
    finally:
        process.kill()
        process.communicate()


def test_with_the_real_model_nobody_approves_for_the_user(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A demo that approves by itself would run commands that nobody has read."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert _demo._as_the_user_says(BASH, "approve")["behavior"] == "deny"
    assert "nobody can be asked" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "behavior", "message"),
    [(["y"], "allow", ""), (["what?", "N", " Copy it. "], "deny", "Copy it.")],
)
def test_with_the_real_model_the_terminal_is_asked(
    monkeypatch: pytest.MonkeyPatch, typed: list[str], behavior: str, message: str
) -> None:
    """The tour with a sign-in could not be gone through in a terminal."""

    class Terminal:
        def isatty(self) -> bool:
            return True

        def fileno(self) -> int:
            raise OSError("no file")

    answers = iter(typed)
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(_demo, "HOLD", 0.0)
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    answer = _demo._as_the_user_says(BASH, "deny", "Copy it.")
    assert (answer["behavior"], answer["message"]) == (behavior, message)


def test_the_practice_tour_approves_only_where_it_says_so() -> None:
    """The headless run would press Approve where the tour shows how to deny."""
    for decision, behavior in {"approve": "allow", "deny": "deny", "": "deny"}.items():
        answer = _demo._as_the_tour_says(BASH, decision, "Copy it.")
        assert answer["behavior"] == behavior
        assert answer["message"] == ("Copy it." if behavior == "deny" else "")


def test_hidden_characters_of_a_command_are_shown_not_obeyed() -> None:
    """A terminal would show another command than the one that runs."""
    request = {**BASH, "command": "rm a\u202e\x1b[2K\nls"}
    text = _demo._described(request)
    assert "rm a⟨U+202E⟩⟨U+001B⟩[2K" in text
    assert text.endswith("    │ ls")


@pytest.mark.parametrize(
    ("decision", "status", "ename", "answered", "shown", "words"),
    [
        ("", "ok", "", {}, "An answer.", ""),
        ("", "ok", "", {}, "", "no answer appeared"),
        ("", "error", "APIError", {}, "", "APIError: why"),
        ("approve", "ok", "", {"r": "allow"}, "Done.", ""),
        ("approve", "ok", "", {}, "Done.", "Claude asked for no permission"),
        ("approve", "ok", "", {"r": "deny"}, "Done.", "the tour says approve"),
        (["deny", "approve"], "ok", "", {"r": "deny", "s": "allow"}, "Done.", ""),
        (["deny", "approve"], "ok", "", {"r": "deny"}, "Done.", "the tour says approve"),
        ("deny", "ok", "", {"r": "deny"}, "Done.", ""),
        ("interrupt", "error", "TurnInterrupted", {}, "A st", ""),
        ("interrupt", "ok", "", {}, "A story.", "expected the turn to be interrupted"),
        ("interrupt", "error", "APIError", {}, "", "expected the turn to be interrupted"),
    ],
)
def test_each_step_must_have_done_what_the_tour_says(
    decision: str | list[str],
    status: str,
    ename: str,
    answered: dict[str, str],
    shown: str,
    words: str,
) -> None:
    """A broken demo would end with "everything worked"."""
    says = {"jupyter_claude": {"headless": decision}} if decision else {}
    cell = nbformat.v4.new_code_cell("%%claude\nhello", metadata=says)
    step = headless._Step(cell)
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/plain": shown})]
    step.reply = {"status": status, "ename": ename, "evalue": "why"}
    step.answered = answered
    problem = step.problem()
    assert words in problem
    assert bool(words) == bool(problem)


def test_the_tour_is_a_clean_notebook_that_the_visitor_understands() -> None:
    """A newcomer would open somebody's old outputs; a typing error would skip a step."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    decisions = [cell.metadata.get("jupyter_claude", {}).get("headless") for cell in code]
    found = [decision for decision in decisions if decision]
    assert found == ["approve", "approve", ["deny", "approve"], "approve", "interrupt"]
    assert decisions[-1] == "interrupt"  # it stops Run All, so nothing may follow
    assert code[0].source.startswith("%load_ext jupyter_claude")


# --- which model ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sign_in", "arguments", "switch", "practicing", "line"),
    [
        ("API key (ANTHROPIC_API_KEY)", [], "", False, "Signed in with API key"),
        ("API key (ANTHROPIC_API_KEY)", ["--practice"], "", True, "Practice model (as chosen)"),
        ("API key (ANTHROPIC_API_KEY)", [], "1", True, "Practice model (as chosen)"),
        (None, [], "", True, "Practice model (you are not signed in)"),
    ],
)
def test_a_sign_in_chooses_the_model(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    sign_in: str | None,
    arguments: list[str],
    switch: str,
    practicing: bool,
    line: str,
) -> None:
    """Somebody with a sign-in would get practice answers, or somebody without one an error."""
    seen: list[tuple[bool, bool]] = []

    def record(folder: Path, environment: Mapping[str, str], practicing: bool) -> int:
        seen.append((practicing, environment.get("JUPYTER_CLAUDE_PRACTICE") == "1"))
        return 0

    monkeypatch.setenv("JUPYTER_CLAUDE_PRACTICE", switch)
    monkeypatch.setattr(_demo, "find_cli", lambda: Path("claude"))
    monkeypatch.setattr(_demo, "sign_in", lambda program: sign_in)
    monkeypatch.setattr(_demo, "_run_headless", record)
    assert main.main(["demo", "--headless", *arguments]) == 0
    assert seen == [(practicing, practicing)]
    assert capsys.readouterr().out.startswith(line)


# --- in JupyterLab --------------------------------------------------------------------------------


@pytest.mark.cli
@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("ending", ["SIGINT", pytest.param("SIGTERM", marks=pytest.mark.endurance)])
def test_jupyterlab_opens_on_the_quickstart_and_ends_with_the_demo(
    environment: dict[str, str], ending: str
) -> None:
    """A newcomer would look for the notebook, or have to hunt down a server."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        environment.pop(name, None)
    process = subprocess.Popen(
        in_background(ending, demo("--port", str(_free_port()))),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line.strip())
            if "Ctrl+C" in line:
                break
        assert "Open this address in a browser:" in said, said
        address = next(line for line in said if line.startswith("http"))
        assert "/lab/tree/notebooks/quickstart.ipynb?token=" in address
        where = next(line for line in said if line.startswith("Your notebook: "))
        assert urllib.request.urlopen(address, timeout=60).status == 200
        contents = address.replace("/lab/tree/", "/api/contents/")
        assert urllib.request.urlopen(contents, timeout=60).status == 200
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(contents.split("?")[0], timeout=60)
        process.send_signal(getattr(signal, ending))
        assert process.wait(timeout=60) == 0
        rest = process.stdout.read()
        assert "Stopping JupyterLab" in rest
        kept = re.search("the next demo opens it again: (.*)", rest)
        assert kept is not None and Path(kept[1]).is_file()
        assert where == f"Your notebook: {kept[1]}"
        for other in ("analysis.ipynb", "agent.ipynb"):  # the tour and the gallery lead there
            assert Path(kept[1]).with_name(other).is_file()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
@pytest.mark.parametrize("ignored", [False, True])
def test_a_closed_terminal_ends_the_demo_unless_nohup_says_not_to(ignored: bool) -> None:
    """Otherwise a demo that was started with `nohup` ends with its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        restore = _demo._stop_on_signals()
        with pytest.raises(KeyboardInterrupt) if not ignored else contextlib.nullcontext():
            signal.raise_signal(signal.SIGHUP)
        restore()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_address_is_told_once_the_server_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the page that is opened says that the server refused."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(_demo, "_START_LIMIT", 60)
    port = _free_port()
    note = tmp_path / f"jpserver-{os.getpid()}.json"
    note.write_text(f'{{"url": "http://127.0.0.1:{port}/"}}')
    waited: list[float] = []
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))

        def wait(seconds: float) -> None:
            waited.append(seconds)
            server.listen()

        monkeypatch.setattr("time.sleep", wait)
        alive = SimpleNamespace(pid=os.getpid(), poll=lambda: None)
        assert _demo._address(alive, {}) == f"http://127.0.0.1:{port}/"  # type: ignore[arg-type]
    assert len(waited) == 1


def test_the_next_demo_finds_the_notebook_of_the_last_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What was tried and saved would be gone, or an old tour be shown after an update."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    original = tmp_path / "quickstart.ipynb"
    original.write_text("the tour")
    notebook, line = lasting_notebook(original)
    assert (notebook.read_text(), line) == ("the tour", "")
    original.write_text("the new tour")
    assert lasting_notebook(original)[0].read_text() == "the new tour"
    notebook.write_text("mine")
    again, line = lasting_notebook(original)
    assert (again, again.read_text()) == (notebook, "mine")
    assert "the notebook of your last demo" in line
    assert "There is a newer tour" not in line
    original.write_text("the newest tour")
    again, line = lasting_notebook(original)
    assert again.read_text() == "mine"
    assert "There is a newer tour: `jupyter-claude demo --fresh`" in line
    original.write_text("the new tour")
    fresh, line = lasting_notebook(original, fresh=True)
    assert (fresh, fresh.read_text()) == (notebook, "the new tour")
    assert Path(line.partition("is kept: ")[2]).read_text() == "mine"
    other = tmp_path / "analysis.ipynb"
    other.write_text("another notebook")
    beside, line = lasting_notebook(other)
    assert (beside.parent, beside.name, line) == (notebook.parent, "analysis.ipynb", "")
    assert (beside.read_text(), notebook.read_text()) == ("another notebook", "the new tour")


@pytest.mark.cli
@pytest.mark.usefixtures("nothing_left")
def test_a_port_in_use_gets_one_line(environment: dict[str, str]) -> None:
    """The user would get a page of log, or another server than asked for."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = subprocess.run(
            demo("--port", str(taken.getsockname()[1])),
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert "is not available" in ran.stderr


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="they always have a desktop")
def test_no_browser_is_opened_where_there_is_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text browser would take over the terminal that shows the address."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("webbrowser.open", lambda address: pytest.fail("opened a browser"))
    assert _demo._open_browser("http://localhost", insist=False) is False


# --- what may be missing --------------------------------------------------------------------------


def test_no_cli_and_no_jupyterlab_get_one_line_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A newcomer would be left with a traceback."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JUPYTER_CLAUDE_CLI", raising=False)
    assert _demo.run(headless=True) == 1
    line = capsys.readouterr().err
    assert "jupyter-claude install-cli" in line
    assert line.count("\n") == 1
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert _demo.run() == 1
    line = capsys.readouterr().err
    assert "pip install 'jupyter-claude[demo]'" in line
    assert line.count("\n") == 1


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
