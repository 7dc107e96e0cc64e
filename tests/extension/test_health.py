"""What stands in Claude Code's way is said, with what to do: in turns, status and doctor."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from jupyter_claude import ClaudeError, StreamStalled
from jupyter_claude._command import doctor
from jupyter_claude._health.files import file_problems
from jupyter_claude._health.folder import folder_problem
from jupyter_claude._health.health import problems_here
from jupyter_claude._paths import current_folder
from jupyter_claude._trust.files import find_files

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX's files"),
]

WRITE: list[dict[str, Any]] = [
    {
        "when": "write",
        "replies": [
            [{"tool": "Write", "input": {"file_path": "w.txt", "content": "x\n"}}],
            [{"text": "done"}],
        ],
    },
]


SECRET = "sk-ant-planted-4711"


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# --- the working folder ---------------------------------------------------------------------------


@pytest.mark.cli
async def test_a_deleted_folder_is_said_and_nothing_is_written_elsewhere(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise Claude works, without a word, in the folder that Jupyter was started in."""
    work, started_in = Path.cwd(), tmp_path / "started-in"
    started_in.mkdir()
    monkeypatch.setenv("PWD", str(started_in))
    async with session(WRITE, permission_mode="acceptEdits") as claude:
        shutil.rmtree(work)
        gone = rf"^The working folder {work} was deleted; change to another one "
        with pytest.raises(ClaudeError, match=gone):  # before anything was started
            await claude.ask("write")
        assert [problem.name for problem in claude._parts.health.problems()] == ["Working folder"]
        (found,) = [each for each in doctor.report() if each.name == "Working folder"]
        assert not found.ok
        assert str(work) in found.text
        assert "sign-in" in repr(doctor.Diagnosis(doctor.report())).lower()  # and no traceback

        work.mkdir()
        os.chdir(work)
        await claude.ask("write")
        conversation = claude.session_id
        shutil.rmtree(work)
        with pytest.raises(ClaudeError, match=gone):  # Claude Code would make it anew
            await claude.ask("write")
        with pytest.raises(ClaudeError, match=gone):
            await claude.resume(conversation)
        assert not work.exists()

        work.mkdir()  # made anew under its name: not the one that Claude Code was started in
        turn = await claude.ask("write")
        assert turn.state == "done"
        assert (work / "w.txt").read_text() == "x\n"
        assert claude.session_id == conversation
        assert list(started_in.iterdir()) == []

        claude.settings.cwd = str(tmp_path / "nowhere")
        with pytest.raises(ClaudeError, match=r"nowhere does not exist; set ClaudeMagics.cwd to"):
            await claude.ask("write")


@pytest.mark.pure
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux knows the name")
def test_a_folder_that_was_deleted_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise Claude goes on in the folder that the kernel was in before."""
    (tmp_path / "before").mkdir()
    monkeypatch.chdir(tmp_path / "before")
    assert current_folder() == tmp_path / "before"
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert current_folder() == folder  # not the folder of before


@pytest.mark.pure
def test_a_folder_that_may_not_be_entered_is_not_called_deleted() -> None:
    """Otherwise somebody looks for a folder that is there, or makes it anew."""
    with tempfile.TemporaryDirectory() as scratch:  # not below one of pytest's, which are private
        os.chmod(scratch, 0o755)
        closed = Path(scratch, "closed")
        (closed / "inside").mkdir(parents=True)
        user = os.geteuid()
        closed.chmod(0)
        try:
            if user == 0:
                os.seteuid(65534)  # root may enter all
            for folder in (closed, closed / "inside"):
                problem = folder_problem(folder, chosen=True)
                assert problem is not None
                assert problem.line == (
                    f"You have no right to open the working folder {folder}; "
                    "set ClaudeMagics.cwd to another one"
                )
            gone = folder_problem(Path(scratch, "gone"), chosen=False)
            assert gone is not None
            assert "was deleted" in gone.text
            assert folder_problem(Path(scratch), chosen=True) is None
        finally:
            os.seteuid(user)
            closed.chmod(0o700)


# --- what Claude Code passes over -----------------------------------------------------------------


@pytest.mark.cli
async def test_what_claude_code_passes_over_is_said_with_the_first_prompt(session: Any) -> None:
    """Otherwise a command runs that a deny rule forbids, and nobody knows that a comma is wrong."""
    work = Path.cwd()
    broken = write(work / ".claude/settings.json", '{"permissions": {"deny": ["Bash"]},}')
    # Valid JSON: only Claude Code knows better.
    local = {"permissions": {"defaultMode": "zzz", "deny": ["Write"]}, "env": {"TOKEN": SECRET}}
    wrong = write(work / ".claude/settings.local.json", json.dumps(local))
    write(work / ".mcp.json", json.dumps({"mcpServers": {"gone": {"command": "no-such-program"}}}))
    user = write(
        Path(os.environ["CLAUDE_CONFIG_DIR"]) / "settings.json",
        json.dumps({"enableAllProjectMcpServers": True}),
    )
    async with session([]) as claude:
        claude._parts.gate.trust(claude._parts.gate.found())
        turn = await claude.ask("one")
        said = [item.text for item in turn.items if item.kind == "notice"]
        assert said[0].startswith(f"{broken} is not valid JSON (line 1, column ")
        assert said[0].endswith("ignores the whole file, also its deny rules; correct the file")
        assert said[1].startswith(f"{wrong} is not valid, permissions.defaultMode (")
        assert "MCP server 'gone' does not work" in said[2]
        again = await claude.ask("two")
        assert [item.text for item in again.items if item.kind == "notice"] == []

        lines = [problem.line for problem in claude._parts.health.problems()]
        assert [line[:40] for line in lines] == [text[:40] for text in said]
        assert 'Executable not found in $PATH: "no-such-program"' in lines[2]
        shown = repr(doctor.Diagnosis(doctor.report(problems=claude._parts.health.problems())))
        assert shown.count("problem  Settings files") == 2
        assert SECRET not in shown + str(said)

        user.write_text("{")  # while it runs
        third = await claude.ask("three")
        assert str(user) in third.items[0].text


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"permissions": {"deny": ["Bash"]}}', ""),
        ("", ""),
        (b"\xef\xbb\xbf{}", ""),
        ('{"a": "\u65e5"}'.encode("utf-16"), ""),
        (b'{"a": "\xe9"}', ""),
        ('{"a": 1,}', "is not valid JSON (line 1, column "),
        ('// why\n{"a": 1}', "is not valid JSON (line 1, column 1)"),
        ('{"a": NaN}', "is not valid JSON"),
        ("[]", "is not a JSON object"),
        ("[" * 100_000, "is n"),
        ('{"permissions": []}', 'has a "permissions" that is not an object'),
        ('{"permissions": {"deny": "Bash"}}', 'has a "permissions.deny" that is not a list'),
        ('{"hooks": {"PreToolUse": "x"}}', 'has a "hooks.PreToolUse" that is not a list'),
    ],
)
def test_a_settings_file_is_read_as_claude_code_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | bytes, says: str
) -> None:
    """Otherwise the doctor finds all in order where rules do not count, or frets over nothing."""
    managed = tmp_path / "managed.json"
    monkeypatch.setattr("jupyter_claude._health.files.managed_files", lambda: [managed])
    for path in (managed, tmp_path / "user/settings.json", tmp_path / "w/.claude/settings.json"):
        write(path, text)
        found = find_files(tmp_path / "w", ())
        problems = list(
            file_problems(found, tmp_path / "user", tmp_path / "none", ["user", "project"])
        )
        assert [problem.subject for problem in problems] == ([str(path)] if says else [])
        assert all(f"{path} {says}" in problem.text for problem in problems)
        # What is left out anyhow is no problem; what an administrator sets always counts.
        left = list(file_problems(found, tmp_path / "user", tmp_path / "none", ["local"]))
        assert [problem.subject for problem in left] == (
            [str(managed)] if managed.exists() and says else []
        )
        path.unlink()


@pytest.mark.pure
def test_claude_codes_own_state_is_read_only_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise every prompt waits until megabytes are parsed, or for ever where it is a pipe."""
    state = write(tmp_path / ".claude.json", "{")

    def problems() -> int:
        return len(list(file_problems((), tmp_path, state, ["user"])))

    with monkeypatch.context() as context:
        read: list[Path] = []
        read_bytes = Path.read_bytes

        def note(path: Path) -> bytes:
            read.append(path)
            return read_bytes(path)

        context.setattr(Path, "read_bytes", note)
        assert (problems(), problems(), problems()) == (1, 1, 1)
        write(state, '{"a": 1}')
        assert (problems(), problems()) == (0, 0)
        assert read == [state, state]
    state.unlink()
    assert problems() == 0
    os.mkfifo(state)
    os.mkfifo(tmp_path / "settings.json")
    assert problems() == 0


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"mcpServers": {"a": {"command": "x"}, "b": {"url": "http://x"}}}', ""),
        ("{}", ""),
        ('{"mcpServers": {},}', "is not valid JSON"),
        ('{"a": {"command": "x"}}', 'has no object "mcpServers"'),
        ('{"mcpServers": {"a": {"args": []}}}', "names neither a command nor a url for the server"),
    ],
)
def test_a_broken_list_of_servers_is_said(tmp_path: Path, text: str, says: str) -> None:
    """Otherwise a server's tools are missing, and nothing says why: Claude Code does not know."""
    path = write(tmp_path / ".mcp.json", text)
    found = find_files(tmp_path, ())
    problems = list(file_problems(found, tmp_path, tmp_path / "none", ["project"]))
    assert len(problems) == bool(says)
    assert all(f"{path} {says}" in problem.text for problem in problems)


@pytest.mark.cli
async def test_a_silent_server_is_named_where_nothing_comes(session: Any) -> None:
    """Otherwise the line blames the model, and the prompt fails again and again."""
    silent = [sys.executable, "-c", "import time; time.sleep(600)"]
    server = {"command": silent[0], "args": silent[1:]}
    write(Path(".mcp.json"), json.dumps({"mcpServers": {"silent": server}}))
    write(
        Path(os.environ["CLAUDE_CONFIG_DIR"]) / "settings.json",
        json.dumps({"enableAllProjectMcpServers": True}),
    )
    script = [{"replies": [[{"hang": True}]]}]
    async with session(script, stall_timeout=0.5) as claude:
        claude._parts.gate.trust(claude._parts.gate.found())
        with pytest.raises(
            StreamStalled, match=r"Claude Code sent nothing .* may block it \('silent'\)"
        ):
            await claude.ask("x")
        assert any("'silent'" in problem.text for problem in claude._parts.health.problems())


# --- what cannot be written, and what keeps it from starting --------------------------------------


@pytest.mark.pure
def test_a_home_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise resume and rewind fail later, and the doctor says that all is in order."""
    file = write(tmp_path / "file", "")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(file / "config"))
    monkeypatch.setenv("JUPYTER_CLAUDE_SESSIONS", str(file / "sessions"))
    problems = {problem.name: problem for problem in problems_here()}
    assert "cannot resume conversations" in problems["Claude Code's folder"].text
    assert "set CLAUDE_CONFIG_DIR" in problems["Claude Code's folder"].remedy
    assert "JUPYTER_CLAUDE_SESSIONS" in problems["Data folder"].remedy
    wrong = {found.name for found in doctor.report() if not found.ok}
    assert {"Claude Code's folder", "Data folder"} <= wrong

    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "new"))  # which is made when it starts
    monkeypatch.setenv("JUPYTER_CLAUDE_SESSIONS", str(tmp_path))
    assert problems_here() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]  # looking leaves nothing
    write(tmp_path / "new" / ".claude.json", '{"a": 1,}')
    assert "so Claude Code does not start" in problems_here()[0].text


@pytest.mark.pure
def test_a_debugger_in_the_environment_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise Claude Code ends with "exit code 1", and the doctor finds nothing."""
    monkeypatch.setenv("NODE_OPTIONS", "--max-old-space-size=100")
    assert problems_here() == []
    monkeypatch.setenv("NODE_OPTIONS", "--require x.js --inspect-publish-uid=http")
    (problem,) = problems_here()
    assert problem.name == "Environment"
    assert "%env NODE_OPTIONS=" in problem.remedy
