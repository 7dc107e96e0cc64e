"""Going back, undoing that, and branches: the real CLI, real files, a scripted model."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import jupyter_claude_sdk._client
import pytest
from jupyter_claude_sdk import ClaudeSDKError
from jupyter_claude_sdk._transport.subprocess import SubprocessTransport

from jupyter_claude import ClaudeError, RewindRefused
from jupyter_claude._claude import Claude
from jupyter_claude._core.events import HistoryReplaced
from jupyter_claude._rewind import file_states
from jupyter_claude._rewind.branches import Branches
from jupyter_claude._rewind.store import rewinds_folder
from jupyter_claude._turns.events import TextAppended
from jupyter_claude._views import history
from tests.hangs import HANG

pytestmark = [pytest.mark.anyio, pytest.mark.cli]


def call(name: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"tool": name, "input": fields}]


def write(path: str, content: str) -> list[dict[str, Any]]:
    return call("Write", file_path=path, content=content)


def bash(command: str) -> list[dict[str, Any]]:
    # In pieces, as a model writes it: there is time to look before it runs.
    return [{"tool": "Bash", "input": {"command": command}, "chunk": 12, "every": 0.05}]


def turn(when: str, *replies: Any) -> dict[str, Any]:
    return {"when": when, "replies": [*replies, [{"text": f"{when}: done"}]]}


def lines(text: str) -> int:
    return len(text.splitlines())


@pytest.fixture
def claude_of(
    session: Any, tmp_path: Path
) -> Callable[..., contextlib.AbstractAsyncContextManager[Any]]:
    """Make sessions that may write and run commands."""
    home = tmp_path / "home"
    home.mkdir()

    def make(script: Any) -> contextlib.AbstractAsyncContextManager[Any]:
        made: contextlib.AbstractAsyncContextManager[Any] = session(
            script,
            env={"HOME": str(home)},  # no start-up files of somebody's shell
            permission_mode="acceptEdits",
            allowed_tools=["Bash", "Write", "Edit", "NotebookEdit", "Agent"],
        )
        return made

    return make


@contextlib.asynccontextmanager
async def restarted(claude: Any, *session_id: str | None) -> AsyncIterator[Any]:
    """A new kernel that resumes the conversation; with None the notebook's last one."""
    await claude.close()
    again: Any = Claude()
    again.settings.env = claude.settings.env
    again.settings.cli_path = claude.settings.cli_path
    again.settings.permission_mode = claude.settings.permission_mode
    again.settings.allowed_tools = claude.settings.allowed_tools
    again.model = claude.model
    try:
        await again.resume(*(session_id or (claude.session_id,)))
        yield again
    finally:
        await again.close()


def files() -> dict[str, tuple[Any, ...]]:
    """Return all that lies in the working folder and beside it, exactly."""
    found: dict[str, tuple[Any, ...]] = {}
    for top in (Path.cwd(), Path.cwd().parent / "outside"):
        for path in sorted(top.rglob("*")):
            name = str(path.relative_to(top.parent))
            if path.is_symlink():
                found[name] = ("link", os.readlink(path))
            elif path.is_file():
                found[name] = (path.stat().st_mode & 0o7777, path.read_bytes())
    return found


def knows(claude: Any, *prompts: str) -> list[str]:
    """Return which prompts the model was told last."""
    said = json.dumps(claude.model.requests[-1]["messages"])
    return [prompt for prompt in prompts if prompt in said]


def shown(plan: Any) -> dict[str, str]:
    return {
        file.name(plan.folder): file.action
        + {None: " perhaps yours", True: " yours", False: ""}[file.changed_by_you]
        + ("" if file.chosen else " left")
        for file in plan.files
    }


# --- what comes back --------------------------------------------------------------------------


async def test_files_come_back_to_the_byte_and_undo_brings_all_again(claude_of: Any) -> None:
    """Else going back loses line ends, modes or a file, or there is no way forward again."""
    outside = Path.cwd().parent / "outside"
    outside.mkdir()
    windows = Path("windows.txt")
    windows.write_bytes(b"one\r\ntwo\r\nthree")
    windows.chmod(0o750)
    Path("mine.txt").write_text("never touched\n")
    script = [
        turn("apple", write("a.txt", "A1\n")),
        turn(
            "banana",
            call("Read", file_path="windows.txt"),
            call("Edit", file_path="windows.txt", old_string="two", new_string="TWO"),
            write("a.txt", "A2\nmore\n"),
            write("ünï ☃ 'n' \"q\".txt", "x\n"),
            write("new/deep/er.txt", "deep"),
            write(str(outside / "o.txt"), "outside\n"),
            bash("mv a.txt moved.txt; printf later >> windows.txt; touch made.txt"),
        ),
        turn("cherry", write("third.txt", "3\n")),
    ]
    async with claude_of(script) as claude:
        told: list[Any] = []
        claude._parts.conversation.listen(told.append)
        await claude.ask("apple")
        before = files()
        await claude.ask("banana")
        await claude.ask("cherry")
        after = files()

        plan = await claude.rewind(2, dry_run=True)
        assert files() == after
        assert len(claude.history) == 3
        assert plan.can_rewind
        assert not plan.done
        assert not plan.can_undo
        assert [dropped.prompt for dropped in plan.turns_dropped] == ["banana", "cherry"]
        assert shown(plan) == {
            "a.txt": "create",
            "new/deep/er.txt": "delete",
            str(outside / "o.txt"): "delete",
            "third.txt": "delete",
            "windows.txt": "restore",
            "ünï ☃ 'n' \"q\".txt": "delete",
        }
        change = next(file for file in plan.files if file.path.endswith("windows.txt"))
        assert (change.insertions, change.deletions) == (2, 2)
        assert "+two" in change.diff
        assert "-TWO" in change.diff
        assert plan.irreversible == [
            "Command: mv a.txt moved.txt; printf later >> windows.txt; touch made.txt"
        ]

        told.clear()
        done = await claude.rewind(claude.history[1])
        assert done.done
        assert done.can_undo
        assert told.count(HistoryReplaced()) == 1
        # What Bash made is none of the checkpoints'.
        made = {"work/made.txt": after["work/made.txt"], "work/moved.txt": after["work/moved.txt"]}
        assert files() == {**before, **made}
        assert [known.prompt for known in claude.history] == ["apple"]
        await claude.ask("damson")
        assert claude.history[1].number == 2
        assert knows(claude, "apple", "banana", "cherry") == ["apple"]
        (branch,) = claude.history.branches
        assert (branch.turns, branch.prompt) == (2, "banana")

        undone = await claude.undo_rewind()
        assert undone.done
        assert not undone.can_undo
        assert not Path(done.saved).exists()
        assert undone.undo
        assert files() == after
        assert [known.prompt for known in claude.history] == ["apple", "banana", "cherry"]
        assert [known.number for known in claude.history] == [1, 2, 3]
        assert [branch.prompt for branch in claude.history.branches] == ["damson"]
        await claude.ask("elder")
        assert knows(claude, "apple", "banana", "cherry", "damson") == ["apple", "banana", "cherry"]
        with pytest.raises(RewindRefused, match=r"^There is no rewind to undo") as refused:
            await claude.undo_rewind()
        assert isinstance(refused.value, ClaudeError)

        # Once more, as redo; and this time to the very beginning.
        await claude.rewind(2)
        assert files() == {**before, **made}
        start = await claude.rewind(1)
        assert shown(start) == {"a.txt": "delete"}
        assert "work/a.txt" not in files()
        assert len(claude.history) == 0
        await claude.ask("figs")
        assert knows(claude, "apple", "banana", "elder") == []
        await claude.undo_rewind()
        assert files() == {**before, **made}
        assert [known.prompt for known in claude.history] == ["apple"]
        await claude.undo_rewind()
        assert files() == after
        assert [known.prompt for known in claude.history] == [
            *("apple", "banana", "cherry", "elder")
        ]
        await claude.ask("grape")
        assert knows(claude, "apple", "cherry", "elder", "figs") == ["apple", "cherry", "elder"]


async def test_only_files_or_only_the_conversation(claude_of: Any) -> None:
    """Else a user who wants one of the two gets both."""
    script = [turn("apple", write("a.txt", "1\n")), turn("banana", write("a.txt", "2\n"))]
    async with claude_of(script) as claude:
        await claude.ask("apple")
        await claude.ask("banana")
        plan = await claude.rewind(2, conversation=False)
        assert plan.turns_dropped == []
        assert Path("a.txt").read_text() == "1\n"
        await claude.ask("cherry")
        assert knows(claude, "apple", "banana") == ["apple", "banana"]
        await claude.undo_rewind()
        assert Path("a.txt").read_text() == "2\n"
        assert len(claude.history) == 3
        plan = await claude.rewind(2, files=False)
        assert plan.files == []
        assert Path("a.txt").read_text() == "2\n"
        undo = await claude.undo_rewind(dry_run=True)
        assert undo.title == "Undo: rewind to before turn 2: 2 turns come back"
        await claude.ask("damson")
        assert knows(claude, "apple", "banana", "cherry") == ["apple"]
        with pytest.raises(RewindRefused, match="choose files, conversation or both"):
            await claude.rewind(1, files=False, conversation=False)
        # What was made on the branch goes as well: it was not there before.
        await claude.rewind(1, conversation=False)
        assert not Path("a.txt").exists()


async def test_what_you_changed_stays_unless_you_choose_it(claude_of: Any) -> None:
    """Else going back destroys the user's own work, as the CLI does."""
    script = [
        turn("apple", write("a.txt", "1\n"), write("b.txt", "1\n"), write("folder/c.txt", "1\n")),
        turn(
            "banana",
            write("a.txt", "2\n"),
            write("b.txt", "2\n"),
            write("new.txt", "2\n"),
            write("folder/c.txt", "2\n"),
            write("gone.txt", "2\n"),
            bash("echo by Claude >> b.txt"),
        ),
    ]
    async with claude_of(script) as claude:
        await claude.ask("apple")
        await claude.ask("banana")
        Path("a.txt").write_text("mine\n")
        Path("new.txt").write_text("mine too\n")
        shutil.rmtree("folder")
        Path("gone.txt").unlink()
        plan = await claude.rewind(2, dry_run=True)
        assert shown(plan) == {
            "a.txt": "restore yours left",
            "b.txt": "restore",
            "folder/c.txt": "create yours",  # nothing is lost by bringing it back
            "new.txt": "delete yours left",
        }
        before = files()
        with pytest.raises(RewindRefused, match=r"include names mine\.txt"):
            await claude.rewind(2, include=["mine.txt"])
        assert files() == before
        await claude.rewind(2)
        assert {name: Path(name).read_text() for name in ("a.txt", "b.txt", "new.txt")} == {
            "a.txt": "mine\n",
            "b.txt": "1\n",
            "new.txt": "mine too\n",
        }
        assert Path("folder/c.txt").read_text() == "1\n"
        await claude.undo_rewind()
        assert files() == before
        assert not Path("folder").exists()
        plan = await claude.rewind(2, include=["a.txt", Path("new.txt").absolute()])
        assert Path("a.txt").read_text() == "1\n"
        assert not Path("new.txt").exists()
        # What is changed after the rewind is saved before undoing it overwrites it.
        Path("a.txt").write_text("a third thing\n")
        plan = await claude.undo_rewind(dry_run=True)
        assert "the undo saves, then overwrites them: a.txt" in plan.irreversible[0]
        assert "What is overwritten" in repr(plan) and "What is overwritten" in plan._repr_html_()
        plan = await claude.undo_rewind()
        assert f"Changed after the rewind: a.txt; saved in {plan.saved}" in repr(plan)
        assert plan.saved in plan._repr_html_()
        assert files() == before
        kept = [path.read_bytes() for path in Path(plan.saved).iterdir()]
        assert b"a third thing\n" in kept
        # Nothing to do leaves nothing to undo.
        plan = await claude.rewind(2, conversation=False)
        await claude.undo_rewind()


async def test_links_and_binary_files(claude_of: Any) -> None:
    """Else going back writes through a link to somewhere else, or spoils what is no text."""
    Path("real").mkdir()
    Path("real/s.txt").write_text("s\n")
    Path("other").mkdir()
    Path("other/s.txt").write_text("not this one\n")
    Path("door").symlink_to("real")
    script = [
        turn(
            "apple",
            call("Read", file_path="door/s.txt"),
            write("x.dat", "text\n"),
            bash(r"printf '\000\377\001' > x.dat"),
        ),
        turn(
            "banana",
            write("door/s.txt", "S\n"),
            write("link.txt", "L\n"),
            bash(r"printf '\000more' > x.dat"),
        ),
    ]
    async with claude_of(script) as claude:
        await claude.ask("apple")
        before = files()
        await claude.ask("banana")
        Path("door").unlink()
        Path("door").symlink_to("other")
        Path("link.txt").unlink()
        Path("link.txt").symlink_to("other/s.txt")
        changed = files()
        plan = await claude.rewind(2, dry_run=True)
        assert shown(plan) == {
            "link.txt": "delete yours left",
            "real/s.txt": "restore",
            "x.dat": "restore",
        }
        assert "binary" in plan.files[2].diff
        await claude.rewind(2, include="link.txt")
        assert files() == {**before, "work/door": ("link", "other")}
        await claude.undo_rewind()
        assert files() == changed
        # A folder on the way that has become a link is not followed.
        Path("real/s.txt").unlink()
        Path("real").rmdir()
        Path("real").symlink_to("other")
        plan = await claude.rewind(2)
        assert "real/s.txt stays as it is: its folder is a link now" in plan.irreversible
        assert Path("other/s.txt").read_text() == "not this one\n"


async def test_what_cannot_come_back_is_said(claude_of: Any) -> None:
    """Else the user believes that a command, a subagent or a tool was taken back."""
    notebook = {
        "cells": [
            {"cell_type": "code", "id": "c1", "metadata": {}, "source": "x = 1", "outputs": []}
        ],
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    Path("open.ipynb").write_text(json.dumps(notebook))
    before = Path("open.ipynb").read_bytes()
    agent = {"description": "d", "prompt": "the subtask", "subagent_type": "general-purpose"}
    script = [
        turn("subtask", write("by-agent.txt", "x\n")),
        turn(
            "banana",
            call("Read", file_path="open.ipynb"),
            call("NotebookEdit", notebook_path="open.ipynb", cell_id="c1", new_source="x = 2"),
            call("Agent", run_in_background=False, **agent),
            bash("echo \u202etxt.x\n\nfalse"),
        ),
    ]
    async with claude_of(script) as claude:
        await claude.ask("apple")
        await claude.ask("banana")
        assert Path("by-agent.txt").exists()
        plan = await claude.rewind(2)
        assert Path("open.ipynb").read_bytes() == before
        assert "by-agent.txt was written by a subagent" in plan.irreversible
        assert any(
            line.startswith("open.ipynb: if the notebook is open, the open copy wins")
            for line in plan.irreversible
        )
        (command,) = [line for line in plan.irreversible if line.startswith("Command: ")]
        assert "\u202e" not in command
        assert "\n" not in command


# --- when -------------------------------------------------------------------------------------


async def test_not_while_an_agent_works_in_the_background(claude_of: Any) -> None:
    """What it writes afterwards would stand over what was brought back."""
    agent = {"description": "d", "prompt": "do the subtask", "subagent_type": "general-purpose"}
    script = [
        {"when": "subtask", "replies": [[{"hang": True}]]},
        turn("apple", write("a.txt", "1\n"), call("Agent", run_in_background=True, **agent)),
    ]
    async with claude_of(script) as claude:
        await claude.ask("apple")
        for act in (claude.rewind(1), claude.undo_rewind(), claude.history.go_to("x")):
            with pytest.raises(RewindRefused, match=r"^A subagent of turn 1 still .*%claude stop$"):
                await act
        plan = await claude.rewind(1, dry_run=True)
        assert (plan.can_rewind, plan.reason[:20]) == (False, "A subagent of turn 1")
        assert history.busy(claude._parts) == "A subagent works in the background"
        assert Path("a.txt").exists()
        await claude.close()
        assert history.busy(claude._parts) == ""
        await claude.rewind(1)
        assert not Path("a.txt").exists()


async def test_not_while_a_turn_runs(claude_of: Any) -> None:
    """Half a turn cannot be taken back; the turn goes on, and one line says what to do."""
    script = [
        turn("apple", write("a.txt", "1\n")),
        {"when": "hang", "replies": [[{"text": "so far"}, {"hang": True}]]},
    ]
    async with claude_of(script) as claude:
        await claude.ask("apple")
        hanging = claude._parts.queue.submit("hang")
        started = asyncio.Event()
        hanging.listen(lambda change: started.set() if isinstance(change, TextAppended) else None)
        await asyncio.wait_for(started.wait(), HANG)
        for act in (claude.rewind(1), claude.undo_rewind(), claude.history.go_to("x")):
            with pytest.raises(
                RewindRefused, match=r"^A turn is running\. .*Stop.*interrupt"
            ) as refused:
                await act
            assert refused.value._render_traceback_() == [f"RewindRefused: {refused.value}"]
        plan = await claude.rewind(1, dry_run=True)
        assert not plan.can_rewind
        assert plan.reason.startswith("A turn is running")
        assert Path("a.txt").exists()
        await claude.interrupt()
        # A prompt from a view is taken back like any other, one that was stopped too.
        await claude.rewind(hanging)
        assert [known.prompt for known in claude.history] == ["apple"]
        with pytest.raises(
            RewindRefused, match="no turn 2; number of turns in the conversation: 1"
        ):
            await claude.rewind(2)
        with pytest.raises(RewindRefused, match="not in the conversation"):
            await claude.rewind(hanging)
        await claude.rewind(1)
        assert not Path("a.txt").exists()


@pytest.mark.parametrize("how", ["live", "closed", "compacted"])
async def test_all_of_it_and_in_a_new_kernel(
    claude_of: Any, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the page shows after a restart what Claude does not know, or nothing can be undone."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(Path.cwd() / "n.ipynb"))
    async with claude_of([turn("apple", write("a.txt", "1\n")), turn("banana")]) as claude:
        await claude.ask("apple")
        if how == "compacted":
            await claude.ask("/compact")
        await claude.ask("banana")
        asked = [known.prompt for known in claude.history]
        before = files()
        if how == "closed":
            await claude.close()
        await claude.rewind(1)
        assert not Path("a.txt").exists() and not claude.history
        async with restarted(claude, None) as again:
            assert again.session_id == claude.session_id
            assert not again.history
            assert [(one.first_prompt, one.turns) for one in again.conversations()] == [
                ("apple", 0)
            ]
            await again.ask("cherry")
            assert [known.prompt for known in again.history] == ["cherry"]
            assert knows(again, "apple", "banana", "cherry") == ["cherry"]
            async with restarted(again) as third:
                assert [known.prompt for known in third.history] == ["cherry"]
                plan = await third.undo_rewind()
                assert files() == before
                assert plan.turns_back == len(asked)
                assert [known.prompt for known in third.history] == asked
                await third.ask("damson")
                assert "banana" in knows(third, "apple", "banana", "cherry")
                assert "cherry" not in knows(third, "apple", "banana", "cherry")


async def test_after_compact_and_in_a_new_kernel(claude_of: Any) -> None:
    """Else a kernel restart, or a long conversation, ends all ways back and forward."""
    script = [
        turn("apple", write("a.txt", "1\n")),
        turn("banana", write("a.txt", "2\n"), write("b.txt", "2\n"), write("c.txt", "2\n")),
        turn("cherry", write("a.txt", "3\n")),
    ]
    async with claude_of(script) as claude:
        await claude.ask("apple")
        await claude.ask("banana")
        await claude.ask("/compact")
        # Before the compaction there is all of it.
        await claude.rewind(3)
        await claude.ask("damson")
        assert knows(claude, "apple", "banana") == ["apple", "banana"]
        await claude.undo_rewind()
        await claude.ask("cherry")
        assert "apple" not in knows(claude, "apple", "damson")
        assert "damson" not in knows(claude, "apple", "damson")
        ids = [known.id for known in claude.history]
        Path("b.txt").write_text("mine\n")
        before = files()
        async with restarted(claude) as again:
            assert [known.prompt for known in again.history][:2] == ["apple", "banana"]
            plan = await again.rewind(ids[1], dry_run=True)
            assert shown(plan) == {
                "a.txt": "restore",
                "b.txt": "delete yours left",
                "c.txt": "delete",
            }
            await again.rewind(ids[1])
            assert Path("a.txt").read_text() == "1\n"
            assert not Path("c.txt").exists()
            await again.ask("damson")
            assert knows(again, "apple", "banana", "cherry") == ["apple"]
            async with restarted(again) as third:
                branch = third.history.branches[-1]
                assert (branch.prompt, branch.turns) == ("banana", 3)
                plan = await third.undo_rewind()
                assert files() == before
                assert third.history[-1].prompt == "cherry"
                await third.ask("elder")
                assert "damson" not in knows(third, "cherry", "damson")
                assert "cherry" in knows(third, "cherry", "damson")
                branch = third.history.branches[-1]
                await third.history.go_to(branch)
                await third.ask("figs")
                assert knows(third, "apple", "cherry", "damson") == ["apple", "damson"]
                with pytest.raises(RewindRefused, match="There is no branch 'nonsense'"):
                    await third.history.go_to("nonsense")


async def test_in_a_fork_and_in_a_new_conversation(claude_of: Any) -> None:
    """A copy has its own way back, and the way of the old one stays; a new one has none yet."""
    script = [
        turn("apple", write("a.txt", "1\n")),
        turn("banana", write("a.txt", "2\n")),
        turn("cherry", write("a.txt", "3\n")),
    ]
    async with claude_of(script) as claude:
        await claude.ask("apple")
        await claude.ask("banana")
        old = claude.session_id
        await claude.fork()
        with pytest.raises(RewindRefused, match=r"no turn of its own yet\. Fork from an earlier"):
            await claude.rewind(2)
        Path("a.txt").write_text("mine\n")
        plan = await claude.rewind(2, conversation=False, dry_run=True)
        assert shown(plan) == {"a.txt": "restore yours left"}
        Path("a.txt").write_text("2\n")
        await claude.ask("cherry")
        assert claude.session_id != old
        plan = await claude.rewind(2)
        assert shown(plan) == {"a.txt": "restore"}
        assert Path("a.txt").read_text() == "1\n"
        assert len(claude.history.branches) == 1
        await claude.ask("damson")
        assert knows(claude, "apple", "banana", "cherry") == ["apple"]
        await claude.undo_rewind()
        assert Path("a.txt").read_text() == "3\n"
        await claude.rewind(2, files=False)
        await claude.new()
        assert claude.history.branches == []
        with pytest.raises(RewindRefused, match="no rewind to undo"):
            await claude.undo_rewind()
        with pytest.raises(
            RewindRefused, match="no turn 1; number of turns in the conversation: 0"
        ):
            await claude.rewind(1)
        await claude.resume(old)
        assert claude.history.branches == []
        assert shown(await claude.rewind(2, dry_run=True)) == {"a.txt": "restore yours left"}
        assert len(claude.history) == 2
        # The copy has lost "banana"; the old one has it, and its cell may say nothing else.
        assert [bool(turn.left) for turn in claude.history] == [False, False]


async def test_a_fork_lists_only_its_own_files(claude_of: Any) -> None:
    """Else going back in a copy deletes what only the other conversation made."""
    script = [
        turn("apple", write("a.txt", "1\n")),
        turn("banana", write("b.txt", "2\n"), write("a.txt", "2\n")),
    ]
    async with claude_of(script) as claude:
        await claude.ask("apple")
        await claude.ask("banana")
        Path("a.txt").write_text("1\n")
        claude._parts.switcher.plan(claude._parts.switcher.fork(1))
        for _ in range(2):
            plan = await claude.rewind(1, conversation=False, dry_run=True)
            assert [file.name(plan.folder) for file in plan.files] == ["a.txt"]
            await claude.ask("damson")


async def test_a_conversation_from_elsewhere(claude_of: Any) -> None:
    """What is not known of files is said, not guessed: a transcript knows what Claude wrote."""
    script = [
        turn(
            "apple",
            *(write(f"{name}.txt", "1\r\n") for name in ("same", "mine", "maybe")),
            bash("true"),
        )
    ]
    async with claude_of(script) as claude:
        await claude.ask("apple")
        shutil.rmtree(rewinds_folder())
        Path("mine.txt").write_text("mine\n")
        async with restarted(claude) as again:
            plan = await again.rewind(1, dry_run=True)
            assert shown(plan) == {
                "maybe.txt": "delete",
                "mine.txt": "delete perhaps yours left",
                "same.txt": "delete",
            }


async def test_a_cli_that_is_killed_or_cannot_cut(
    claude_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what was taken back is there again after a crash, or with another version."""

    class OlderTransport(SubprocessTransport):
        async def send(self, data: bytes) -> None:
            await super().send(data.replace(b'"rewind_conversation"', b'"rewind_unheard_of"'))

    async with claude_of([]) as claude:
        for prompt in ("apple", "banana", "cherry"):
            await claude.ask(prompt)
        process = claude.client.server_info["pid"]
        await claude.rewind(3)
        assert claude.client.pid == process, "permissions that were given would be lost"
        os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ClaudeSDKError, ClaudeError):
            await claude.ask("damson")
        monkeypatch.setattr(jupyter_claude_sdk._client, "SubprocessTransport", OlderTransport)
        await claude.close()
        await claude.ask("elder")
        assert knows(claude, "apple", "banana", "cherry") == ["apple", "banana"]
        await claude.rewind(2)
        await claude.ask("figs")
        assert knows(claude, "apple", "banana", "elder") == ["apple"]


async def test_turns_that_went_badly(claude_of: Any) -> None:
    """Else what failed, or a process that died, stands in the way of going back."""
    script = [
        turn("apple", write("a.txt", "1\n")),
        {
            "when": "banana",
            "replies": [write("a.txt", "2\n"), [{"error": 400, "message": "no"}]],
        },
        turn("cherry", write("a.txt", "3\n")),
    ]
    async with claude_of(script) as claude:
        cli, claude.settings.cli_path = claude.settings.cli_path, "/nonexistent/claude"
        with pytest.raises(ClaudeSDKError):
            await claude.ask("no CLI")
        plan = await claude.rewind(1)
        assert (plan.done, plan.can_undo, len(claude.history)) == (True, False, 0)
        claude.settings.cli_path = cli
        await claude.ask("apple")
        with pytest.raises(ClaudeError):
            await claude.ask("banana")
        await claude.rewind(2)
        assert Path("a.txt").read_text() == "1\n"
        await claude.ask("cherry")
        assert knows(claude, "apple", "banana") == ["apple"]
        await claude.close()
        both: Any = await asyncio.gather(claude.rewind(2), claude.rewind(2), return_exceptions=True)
        assert both[0].done
        assert "Try again in a moment" in str(both[1])
        await claude.undo_rewind()
        # An interrupted cell does not leave half of it, and what is asked meanwhile is asked.
        going = asyncio.ensure_future(claude.rewind(2))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        going.cancel()
        asked = asyncio.ensure_future(claude.ask("damson"))
        with pytest.raises(asyncio.CancelledError):
            await going
        assert Path("a.txt").read_text() == "1\n"
        await asked
        assert [known.prompt for known in claude.history] == ["apple", "damson"]
        assert knows(claude, "apple", "cherry") == ["apple"]


# --- all or nothing ---------------------------------------------------------------------------


async def test_a_failure_leaves_everything_as_it_was(
    claude_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else half of the files are of then and half of now, and nobody knows which."""
    script = [
        turn("apple", *(write(f"{n}.txt", "1\n") for n in "abc")),
        turn("banana", *(write(f"{n}.txt", "2\n") for n in "abcd"), bash("rm b.txt; mkdir e")),
    ]
    async with claude_of(script) as claude:
        await claude.ask("apple")
        await claude.ask("banana")
        before = files()
        finish, copy = file_states._finish, file_states._copy
        steps: list[str] = []

        def stops_half_way(step: Any, temporary: Any, at: Any) -> None:
            steps.append(step.path)
            if len(steps) == 3:
                raise OSError(5, "Input/output error", step.path)
            finish(step, temporary, at)

        def disk_full(source: Any, target: Any = None) -> str:
            preparing = list(Path().glob(".claude-rewind-*"))
            if target is not None and (preparing or steps == ["save"]):
                raise OSError(28, "No space left on device")
            return copy(source, target)

        async def cannot(*_: Any) -> str:
            raise OSError(5, "the transcript cannot be written")

        for target, name, fault, said in (
            (file_states, "_finish", stops_half_way, "Input/output error"),
            (file_states, "_copy", disk_full, "No space left"),
            (Branches, "_cut_live", cannot, "cannot be written"),
            (os, "access", lambda *_: False, "is read-only"),  # root may write everywhere
        ):
            with monkeypatch.context() as patch:
                patch.setattr(target, name, fault)
                with pytest.raises(RewindRefused, match=f"{said}.*; nothing has changed"):
                    await claude.rewind(2)
            assert files() == before, name
            assert len(claude.history) == 2
            assert claude.history.branches == []
            with pytest.raises(RewindRefused, match="no rewind to undo"):
                await claude.undo_rewind()
        steps[:] = ["save"]
        with monkeypatch.context() as patch:
            patch.setattr(file_states, "_copy", disk_full)
            with pytest.raises(RewindRefused, match="No space left"):
                await claude.rewind(2)
        assert files() == before
        assert not list(rewinds_folder().glob("*/*/"))

        # What could not be put back is kept, and said where.
        def stays_broken(step: Any, temporary: Any, at: Any) -> None:
            if step.path.endswith("c.txt"):
                raise OSError(5, "Input/output error", step.path)
            steps.append(step.path)
            if len(steps) > 2:
                raise OSError(5, "Input/output error", step.path)
            finish(step, temporary, at)

        steps.clear()
        with monkeypatch.context() as patch:
            patch.setattr(file_states, "_finish", stays_broken)
            with pytest.raises(
                RewindRefused, match=r"not restored: .*b\.txt\. Their old state"
            ) as lost:
                await claude.rewind(2)
        assert (Path(str(lost.value).rpartition(" is in ")[2]) / "record.json").exists()
        await claude.undo_rewind()
        assert files() == before

        # What was saved in an editor meanwhile stays, and undoing does not reach for it.
        def saved_meanwhile(step: Any, temporary: Any, at: Any) -> None:
            finish(step, temporary, at)
            Path(step.path).write_text("newer\n")
            raise OSError(5, "Input/output error", step.path)

        with monkeypatch.context() as patch:
            patch.setattr(file_states, "_finish", saved_meanwhile)
            with pytest.raises(
                RewindRefused, match=r"meanwhile, so left as they are: \S+a\.txt\. Their"
            ):
                await claude.rewind(2)
        assert Path("a.txt").read_text() == "newer\n"
        with pytest.raises(RewindRefused, match="no rewind to undo"):
            await claude.undo_rewind()
        Path("a.txt").write_text("2\n")
        assert files() == before

        # So it is for undoing.
        await claude.rewind(2)
        rewound = files()
        steps.clear()
        with monkeypatch.context() as patch:
            patch.setattr(file_states, "_finish", stops_half_way)
            with pytest.raises(RewindRefused, match="Input/output error"):
                await claude.undo_rewind()
        assert files() == rewound
        await claude.undo_rewind()
        assert files() == before
        await claude.rewind(2)
        # What is kept is the user's alone.
        kept = list(rewinds_folder().rglob("*"))
        assert {path.stat().st_mode & 0o077 for path in kept} == {0}


# --- in a notebook ----------------------------------------------------------------------------


async def test_in_a_kernel_that_is_killed(claude_kernel: Any, tmp_path: Path) -> None:
    """A plan shows itself, an error is one line, and undo is there in the next kernel."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    script = [turn("apple", write("a.txt", "1\n")), turn("banana", write("a.txt", "2\n"))]
    begin = f"""
import os
os.chdir({str(folder)!r})
claude.settings.permission_mode = "acceptEdits"
"""
    async with claude_kernel(script) as kernel:
        await kernel.run_ok(begin)
        await kernel.run_ok("for prompt in ('apple', 'banana'): await claude.ask(prompt)")
        cell = await kernel.run_ok("await claude.rewind(2)")
        plan = cell.result
        assert "Rewound to before turn 2: 1 file (+1 −1)" in plan["text/plain"]
        assert "<script" not in plan["text/html"]
        failed = kernel.execute("await claude.rewind(7)")
        await failed.done()
        assert failed.error["ename"] == "RewindRefused"
        assert len(failed.error["traceback"]) == 1
        assert (folder / "a.txt").read_text() == "1\n"
        cell = await kernel.run_ok("import os; print(claude.session_id, os.getpid())")
        session_id, process = cell.stdout.split()
        os.kill(int(process), signal.SIGKILL)
    async with claude_kernel(script) as kernel:
        await kernel.run_ok(begin)
        await kernel.run_ok(f"await claude.resume({session_id!r})")
        cell = await kernel.run_ok("print(claude.history.branches); await claude.undo_rewind()")
        assert "1 turn from 'banana'" in cell.stdout
        assert (folder / "a.txt").read_text() == "2\n"
        cell = await kernel.run_ok("print([turn.prompt for turn in claude.history])")
        assert cell.stdout == "['apple', 'banana']\n"
