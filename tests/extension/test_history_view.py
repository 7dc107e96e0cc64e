"""The kernel's side of the history view, and ``%claude rewind``, without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from jupyter_claude import ClaudeError
from jupyter_claude._ipython.rewind_magic import parse, run
from jupyter_claude._views import history
from jupyter_claude._views.history import HistoryView

pytestmark = [pytest.mark.anyio, pytest.mark.cli]


def _write(content: str, name: str = "notes.txt") -> list[list[dict[str, Any]]]:
    call = {"tool": "Write", "input": {"file_path": name, "content": content}}
    return [[call], [{"text": "Written."}]]


SCRIPT: list[dict[str, Any]] = [
    {"when": "first", "replies": _write("one\n")},
    {"when": "second", "replies": _write("two\ntwo\n")},
    {"when": "third", "replies": [[{"text": "Nothing to write."}]]},
    {"when": "hang", "replies": [[{"text": "so far"}, {"hang": True}]]},
]


class Page:
    """A view of the history, as its messages make it."""

    def __init__(self, session: Any) -> None:
        self.stops: list[dict[str, Any]] = []
        self.state: dict[str, Any] = {}
        self.states: list[dict[str, Any]] = []
        self.answers: dict[str, dict[str, Any]] = {}
        self._news = asyncio.Event()
        self._asked = 0
        self.view = HistoryView(session._parts, self._receive)

    def _receive(self, message: Any) -> None:
        assert message["type"] == "history"
        if message["event"] == "state":
            self.state = message
            self.states.append(message)
            self.stops = self.stops[: message["from"]] + message["stops"]
        else:
            assert message["ask"] not in self.answers, "an answer came twice"
            self.answers[message["ask"]] = message
        self._news.set()

    async def until(self, holds: Callable[[], Any]) -> None:
        """Wait until the messages so far bring something about."""
        with anyio.fail_after(60):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def send(self, action: str, **fields: Any) -> str:
        """Ask the kernel; return the id of the answer."""
        self._asked += 1
        ask = f"page/{self._asked}"
        self.view.handle_message({"type": "history", "action": action, "ask": ask, **fields})
        return ask

    async def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """Ask the kernel, and wait for the answer."""
        ask = self.send(action, **fields)
        await self.until(lambda: ask in self.answers)
        return self.answers[ask]

    async def preview(self, stop: int, files: bool = True, conversation: bool = True) -> Any:
        """Preview a rewind; return the plan."""
        answer = await self.ask("preview", stop=stop, files=files, conversation=conversation)
        assert answer["event"] == "plan", answer
        return answer["plan"]


BOTH = {"files": True, "conversation": True}


async def test_preview_rewind_and_undo(session: Any) -> None:
    """Else the slider acts on something else than it shows, or a rewind cannot be taken back."""
    notes = Path("notes.txt").absolute()
    async with session(SCRIPT, permission_mode="acceptEdits") as claude:
        for prompt in ("first", "second", "third"):
            await claude.ask(prompt)
        page = Page(claude)
        page.send("hello")
        await page.until(lambda: page.stops)
        assert [stop["prompt"] for stop in page.stops] == ["first", "second", "third"]
        assert [stop["files"] for stop in page.stops] == [["notes.txt"], ["notes.txt"], []]
        assert page.stops[0]["files_count"] == 1
        assert all(stop["cost"].startswith("$") and stop["time"] for stop in page.stops)
        assert (page.state["undo"], page.state["busy"]) == ("", "")

        plan = await page.preview(1)
        assert plan["can_rewind"], plan
        (change,) = plan["files"]
        assert (change["name"], change["action"]) == ("notes.txt", "restore")
        assert (change["insertions"], change["deletions"]) == (1, 2)
        assert change["diff"].startswith("--- notes.txt\n+++ notes.txt\n@@"), "a long path"
        assert plan["turns"] == ["Turn 2: second", "Turn 3: third"]
        assert notes.read_text() == "two\ntwo\n", "looking changed a file"
        assert not (await page.preview(1, files=False))["files"]
        assert not (await page.preview(1, conversation=False))["turns"]

        done = await page.ask("rewind", stop=1, **BOTH, include=[], key=plan["key"])
        assert done["event"] == "done", done
        assert done["text"].startswith("Rewound to after turn 1: "), done
        assert done["prompt"] == "second"
        assert notes.read_text() == "one\n"
        assert [stop["prompt"] for stop in page.stops] == ["first"]
        assert "after turn 1" in page.state["undo"]
        (branch,) = page.state["branches"]
        assert (branch["label"], branch["turns"]) == ("second", 2)

        another = Page(claude)  # such as in another tab, or after a reload
        another.send("hello")
        await another.until(lambda: another.state.get("undo"))
        notes.write_text("mine\n")
        done = await another.ask("undo")
        assert done["event"] == "done", done
        assert done["text"].startswith("Undone: rewind to after turn 1: "), done
        assert "Changed after the rewind: notes.txt; saved in " in done["text"]
        assert notes.read_text() == "two\ntwo\n"
        await page.until(lambda: len(page.stops) == 3 and not page.state["undo"])
        await claude.rewind(2, conversation=False)  # in a cell, and only files
        await page.until(lambda: "after turn 1" in page.state["undo"])
        await claude.undo_rewind()
        await page.until(lambda: not page.state["undo"])

        plan = await page.preview(2, files=False)
        await page.ask(
            "rewind", stop=2, files=False, conversation=True, include=[], key=plan["key"]
        )
        (branch,) = page.state["branches"]
        went = await page.ask("branch", branch=branch["id"])
        assert went["event"] == "done", went
        assert [stop["prompt"] for stop in page.stops] == ["first", "second", "third"]
        await claude.undo_rewind()
        failed = await page.ask("undo")
        assert failed["event"] == "error"
        assert "\n" not in failed["text"]
        assert "no rewind to undo" in failed["text"]


async def test_after_a_restart(session: Any) -> None:
    """Else what was rewound before the kernel's restart is lost, or its turns have no stops."""
    notes = Path("notes.txt").absolute()
    async with session(SCRIPT, permission_mode="acceptEdits") as claude:
        await claude.ask("first")
        await claude.ask("second")
        await claude.rewind(2)
        conversation = claude.session_id
    async with session(SCRIPT, permission_mode="acceptEdits") as claude:
        page = Page(claude)
        page.send("hello")
        await page.until(lambda: page.state)
        assert page.stops == []
        await claude.resume(conversation)
        await page.until(lambda: page.stops and page.state["undo"])
        assert page.state["undo"].startswith("Undo: rewind to after turn 1: ")
        assert [stop["prompt"] for stop in page.stops] == ["first"]
        assert page.stops[0]["files"] == ["notes.txt"]
        assert page.stops[0]["cost"].startswith("$")
        assert notes.read_text() == "one\n"
        assert (await page.preview(0))["files"][0]["action"] == "delete"
        assert (await page.ask("undo"))["event"] == "done"
        assert notes.read_text() == "two\ntwo\n"
        assert [stop["prompt"] for stop in page.stops] == ["first", "second"]


async def test_what_was_not_shown_is_not_done(session: Any) -> None:
    """Else a file that changed after the preview is overwritten unseen."""
    notes = Path("notes.txt").absolute()
    async with session(SCRIPT, permission_mode="acceptEdits") as claude:
        await claude.ask("first")
        await claude.ask("second")
        page = Page(claude)
        seen = await page.preview(1)
        notes.write_text("mine\n")
        shown = await page.ask("rewind", stop=1, **BOTH, include=[], key=seen["key"])
        assert (shown["event"], shown["changed"]) == ("plan", True)
        assert notes.read_text() == "mine\n"
        assert len(claude.history) == 2
        plan = shown["plan"]
        (change,) = plan["files"]
        assert (change["changed_by_you"], change["chosen"]) == (True, False)
        # Nor where the page sees no difference: what is no text shows only that it is none.
        notes.write_bytes(b"\0this\n")
        seen = await page.preview(1)
        notes.write_bytes(b"\0that\n")
        shown = await page.ask("rewind", stop=1, **BOTH, include=[change["path"]], key=seen["key"])
        assert (shown["event"], shown["plan"]["files"]) == ("plan", seen["files"])
        assert notes.read_bytes() == b"\0that\n"
        notes.write_text("mine\n")
        done = await page.ask("rewind", stop=1, **BOTH, include=[change["path"]], key=plan["key"])
        assert done["event"] == "done", done
        assert notes.read_text() == "one\n"
        gone = await page.ask("preview", stop=2, **BOTH)
        assert gone["event"] == "error"
        assert "has changed" in gone["text"]


async def test_refused_while_a_turn_runs(session: Any) -> None:
    """Else a rewind pulls the files away under a running turn, or the view says nothing."""
    async with session(SCRIPT, permission_mode="acceptEdits") as claude:
        await claude.ask("first")
        page = Page(claude)
        page.send("hello")
        running = asyncio.ensure_future(claude.ask("hang"))
        await page.until(lambda: "is running" in page.state.get("busy", ""))
        plan = await page.preview(0)
        assert not plan["can_rewind"]
        assert plan["reason"].startswith("A turn is running")
        answer = await page.ask("rewind", stop=0, **BOTH, include=[], key=plan["key"])
        assert answer["event"] == "plan"
        await claude.interrupt()
        with pytest.raises(ClaudeError):
            await running
        await page.until(lambda: page.state["busy"] == "")
        assert (await page.preview(0))["can_rewind"]


async def test_only_what_is_new_is_told(session: Any) -> None:
    """Else a thousand turns are sent again with each new one, or an old preview is awaited."""
    async with session(SCRIPT, permission_mode="acceptEdits") as claude:
        await claude.ask("third")
        page = Page(claude)
        page.send("hello")
        await page.until(lambda: page.stops)
        await claude.ask("third again")
        await page.until(lambda: len(page.stops) == 2 and page.stops[1]["cost"])
        assert next(s["from"] for s in page.states[1:] if s["stops"]) == 1
        assert all(state["from"] for state in page.states[1:])
        old = page.send("preview", stop=0, **BOTH)
        new = await page.ask("preview", stop=1, **BOTH)
        assert new["plan"]["turns"] == ["Turn 2: third again"]
        assert old not in page.answers
        page.view.close()
        told = len(page.states)
        await claude.ask("third")
        assert len(page.states) == told


async def test_the_command(session: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Else ``%claude rewind`` acts where it should only show, or shows nothing on a terminal."""
    notes = Path("notes.txt").absolute()
    async with session(SCRIPT, permission_mode="acceptEdits") as claude:
        await run(claude._parts, "")
        assert "No turns yet" in capsys.readouterr().out
        await claude.ask("first")
        await claude.ask("second")
        listed = repr(history.report(claude._parts))
        head, *lines = listed.splitlines()
        assert head.endswith("files changed")
        assert [line.split()[0] for line in lines] == ["1", "2"]
        assert lines[0].endswith(" 1")
        await run(claude._parts, "--files")
        said = capsys.readouterr().out
        assert "before turn 2" in said
        assert "To do it: %claude rewind 2 --files --now" in said
        assert notes.read_text() == "two\ntwo\n"
        notes.write_text("mine <b>\n")
        await run(claude._parts, "--files")
        said = capsys.readouterr().out
        assert "changed by you: left alone" in said
        assert "--now" not in said, "nothing would change"
        assert "--include notes.txt" in said
        page = (await claude.rewind(2, dry_run=True))._repr_html_()
        for words in (
            "notes.txt",
            "changed by you, left alone",
            "-mine &lt;b&gt;",
            "Turn 2: second",
        ):
            assert words in page
        notes.write_text("two\ntwo\n")
        await run(claude._parts, "2 --now")
        said = capsys.readouterr().out
        assert "Rewound to before turn 2" in said
        assert "%claude rewind undo" in said
        assert notes.read_text() == "one\n"
        assert "Earlier branches" in repr(history.report(claude._parts))
        await run(claude._parts, "undo")
        assert notes.read_text() == "two\ntwo\n"
        with pytest.raises(ClaudeError):
            await run(claude._parts, "9")


@pytest.mark.parametrize(
    "line",
    [
        *("x", "1 2", "-1", "--now=1", "--fi", "--", "undo 3", "undo --files", "undo=1"),
        *("--include", "--include a b", "--include a b --now", "'"),
    ],
)
def test_a_wrong_line_says_so(line: str) -> None:
    """Else a slip of the finger rewinds something else than was meant."""
    from IPython.core.error import UsageError

    with pytest.raises(UsageError, match="Usage: %claude rewind"):
        parse(line)


def test_what_a_line_means() -> None:
    """Else ``--files`` takes the conversation back, too."""
    both = parse("3 --include 'my file.txt' --include=b")
    assert (both.turn, both.files, both.conversation, both.now) == (3, True, True, False)
    assert both.include == ["my file.txt", "b"]
    assert parse("--include -x").include == ["-x"], "a file of that name"
    assert parse("--now 3 --files") == parse("3 --files --now") != parse("3 --files")
    assert (parse("--files").files, parse("--files").conversation) == (True, False)
    assert (parse("--conversation").files, parse("--conversation").conversation) == (False, True)
    assert parse("--files --conversation").files
    assert parse("undo").undo
