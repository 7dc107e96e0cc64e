"""The panel's list of conversations, and what its messages' buttons do, without a browser."""

from __future__ import annotations

import base64
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from jupyter_claude._conversations import trash
from jupyter_claude._engine.pieces import Piece
from jupyter_claude._looking.look import Look, Picture
from jupyter_claude._turns.turn import EARLIER, TAKEN_BACK
from jupyter_claude._views.history import report, stop_of
from tests.extension.test_panel import View

pytestmark = [pytest.mark.anyio, pytest.mark.cli]


def write(text: str) -> list[Any]:
    call = {"tool": "Write", "input": {"file_path": "notes.txt", "content": text}}
    return [[call], [{"text": f"Wrote {text}"}]]


#: A picture of one pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

HERBS = f"## The **mint**\n\n- is [`green`](https://example.org/a){' a' * 300} **sage** x **thyme\n"

SCRIPT: list[dict[str, Any]] = [
    {"when": "note one", "replies": write("one\n")},
    {"when": "note two", "replies": write("two\n")},
    {"when": "note three", "replies": write("three\n")},
    {"when": "fruit", "replies": [[{"text": "I prefer the “Zwetschge”,\nwhich is a plum."}]]},
    {"when": "herbs", "replies": [[{"text": HERBS}]]},
    {"when": "hang", "replies": [[{"text": "so far"}, {"hang": True}]]},
    {"replies": [[{"text": "Hello."}]]},
]


class Page(View):
    """A view of the panel that asks questions, and takes their answers."""

    asked = 0
    last: dict[str, Any]

    async def request(self, kind: str, action: str, **fields: Any) -> dict[str, Any]:
        """Ask the kernel; return the answer."""
        self.asked += 1
        ask = f"page/{self.asked}"
        self.send(kind, action=action, ask=ask, **fields)

        def answers() -> list[dict[str, Any]]:
            return [
                message
                for message in self.messages
                if message.get("ask") == ask and message.get("done") is not False
            ]

        await self.until(answers)
        (answer,) = answers()
        return answer

    async def list(self, find: str = "", most: int = 50) -> list[dict[str, Any]]:
        """Return the rows of the list, also those that came early."""
        before = len(self.messages)
        self.last = await self.request("conversations", "list", find=find, most=most)
        parts = [one for one in self.messages[before:] if one.get("ask") == self.last["ask"]]
        return [row for part in parts for row in part["rows"]]

    async def act(self, action: str, id: str, **fields: Any) -> str:
        """Act on a conversation; return what the kernel says, after "! " if it refuses."""
        answer = await self.request("conversations", action, id=id, **fields)
        return ("! " if answer["event"] == "error" else "") + str(answer["text"])

    async def plan(self, stop: int, files: bool = True) -> dict[str, Any]:
        """Preview a rewind."""
        answer = await self.request("history", "preview", stop=stop, files=files, conversation=True)
        return dict(answer["plan"])

    async def resend(self, stop: int, key: str, prompt: str) -> tuple[dict[str, Any], str]:
        """Rewind and send a prompt; return the answer and the id of the prompt's turn."""
        turn = str(uuid.uuid4())
        return await self.request(
            "history",
            "resend",
            **{"stop": stop, "files": True, "conversation": True, "include": []},
            **{"key": key, "prompt": prompt, "turn": turn},
        ), turn


async def test_list_search_rename_fork_delete_and_undo(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an earlier conversation is not found, or a deleted one is lost for good."""
    async with session(SCRIPT) as claude:
        page = Page(claude)
        await claude.ask("about fruit")
        fruit = claude.session_id
        await claude.new()
        await claude.ask("hello there")
        hello = claude.session_id
        page.send("hello")
        rows = await page.list()
        assert [(row["title"], row["turns"]) for row in rows] == [
            ("hello there", 1),
            ("about fruit", 1),
        ]
        assert [row["present"] for row in rows] == [True, False]
        assert all(row["mine"] and row["cost"].startswith("$") and row["time"] for row in rows)
        assert not page.last["more"]
        assert len(await page.list(most=1)) == 1
        assert page.last["more"]

        # In texts, whatever the case and the line ends; not in what only the file's JSON has.
        (row,) = await page.list("zwetschge”, WHICH")
        assert row["id"] == fruit
        assert "the “Zwetschge”, which is" in row["excerpt"]
        (row,) = await page.list("Fruit")
        assert row["excerpt"] == "", "the title says it"
        assert await page.list("parentUuid") == []

        assert await page.act("rename", fruit, title=" Plums\n") == "Renamed."
        assert [row["title"] for row in await page.list("plums")] == ["Plums"]
        # A new title is no new message: the conversation keeps its date and its place.
        assert [row["id"] for row in await page.list()] == [hello, fruit]
        assert (await page.act("rename", fruit, title=" ")).startswith("! A title needs")
        await page.act("rename", hello, title="Greeting")
        await page.until(lambda: page.state["title"] == "Greeting")

        # What is in use stays.
        said = await page.act("delete", hello)
        assert said.startswith("! This conversation is open in this notebook")
        other = [conversations_other()]
        monkeypatch.setattr(claude._parts.elsewhere, "others", lambda id: other)
        assert "Close it there first" in await page.act("delete", fruit)
        other.clear()

        transcripts = claude._parts.switcher.transcripts
        path = transcripts.path(fruit)
        before = path.read_bytes()
        beside = path.with_suffix("") / "subagents"
        beside.mkdir(parents=True)
        (beside / "agent-1.jsonl").write_text("{}\n")
        assert await page.act("delete", fruit) == "Deleted “Plums”."
        assert [row["id"] for row in await page.list()] == [hello]
        assert page.last["deleted"] == [{"id": fruit, "title": "Plums"}]
        assert not path.with_suffix("").exists()
        assert (await page.act("delete", fruit)).startswith("! This conversation is no longer")
        again = Page(claude)  # such as after a reload
        again.send("hello")
        await again.list()
        assert again.last["deleted"] == [{"id": fruit, "title": "Plums"}]
        assert await again.act("restore", fruit) == "The conversation is back."
        assert path.read_bytes() == before
        assert (beside / "agent-1.jsonl").is_file()
        assert {row["id"] for row in await page.list()} == {fruit, hello}
        assert page.last["deleted"] == []

        # After its time a deleted one is gone for good.
        await page.act("delete", fruit)
        monkeypatch.setattr(trash, "KEPT", -1.0)
        await page.list()
        assert page.last["deleted"] == []
        assert (await page.act("restore", fruit)).startswith("! This conversation can no longer")
        assert not list(trash._folder().iterdir())


def conversations_other() -> Any:
    """Return another process that has the conversation open."""
    from jupyter_claude._conversations.elsewhere import Other

    return Other(1, "Another kernel", "/elsewhere")


async def test_excerpts_have_plain_words(session: Any) -> None:
    """Else a search shows "## The **mint**" where the answer shows a heading "The mint"."""
    async with session(SCRIPT) as claude:
        page = Page(claude)
        page.send("hello")
        await claude.ask("about herbs")

        async def excerpt(words: str) -> str:
            (row,) = await page.list(words)
            return str(row["excerpt"])

        assert (await excerpt("mint")).startswith("The mint is green a a")
        assert (await excerpt("green")).startswith("The mint is green a a")
        assert (await excerpt("sage")).endswith(" a a sage x **thyme")
        # Whoever searches for a mark finds it.
        assert (await excerpt("**sage")).endswith(" a a **sage** x **thyme")
        assert await page.list("elsewhere") == []


async def test_titles_have_plain_words(session: Any) -> None:
    """Else list, slider, panel and tables show "**Compare** `fruit`", which is hard to read."""
    async with session(SCRIPT) as claude:
        page = Page(claude)
        page.send("hello")
        await claude.ask("**Compare** `fruit`\nof two kinds")
        shown = "Compare fruit of two kinds"
        await page.until(lambda: page.state["title"] == shown)
        (row,) = await page.list("compare fruit")
        assert (row["title"], row["excerpt"]) == (shown, "")
        assert shown in repr(claude.conversations())
        assert stop_of(claude.history[0])["prompt"] == shown
        assert shown in repr(report(claude._parts))
        await claude.rename("The `fruit` talk")
        await page.until(lambda: page.state["title"] == "The fruit talk")
        await page.act("fork", claude.session_id)
        await page.until(lambda: page.state["copy_of"] == "The fruit talk")


async def test_resume_and_fork_from_the_list(session: Any) -> None:
    """Else "Resume" continues another conversation, or a copy changes its original."""
    async with session(SCRIPT) as claude:
        page = Page(claude)
        page.send("hello")
        first = await claude.ask("about fruit")
        fruit = claude.session_id
        await claude.new()
        await claude.ask("hello there")
        hello = claude.session_id
        id = page.ask("hang")
        await page.until(lambda: page.heads.get(id, {}).get("state") == "running")
        assert (await page.act("resume", fruit)).startswith("! A turn is running")
        page.send("interrupt")
        await page.ended(id)

        assert not (await page.act("resume", fruit)).startswith("!")
        assert [head["prompt"] for head in page.heads.values()] == ["about fruit"]
        await claude.ask("and then")
        assert claude.session_id == fruit
        assert "Zwetschge" in str(claude.model.requests[-1]["messages"])

        # The cells of the other conversation say so, and know the way back.
        await page.until(lambda: len(page.state["ways_back"]) == 2)
        assert set(page.state["ways_back"].values()) == {"resume"}
        assert page.state["taken_back"][id] == EARLIER
        assert page.state["taken_back"][first.id] == "", "it is back"
        page.send("turn_action", turn=id, action="back")
        await page.until(lambda: page.state["session_id"] == hello)
        assert id in page.heads
        await page.until(lambda: page.state["ways_back"].get(first.id) == "resume")

        assert not (await page.act("fork", fruit)).startswith("!")
        assert [head["prompt"] for head in page.heads.values()] == ["about fruit", "and then"]
        await page.until(lambda: page.state["copy_of"] == "about fruit")
        await claude.ask("in the copy")
        await page.until(lambda: page.state["copy_of"] == "")
        assert claude.session_id not in (fruit, hello)
        assert {row["id"]: row["turns"] for row in await page.list()} == {
            claude.session_id: 3,
            fruit: 2,
            hello: 2,
        }


async def test_turns_of_earlier_kernels_come_back(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a cell from before a restart looks as if Claude knew of it, or has no way back."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(Path("n.ipynb").absolute()))
    async with session(SCRIPT) as claude:
        first = await claude.ask("about fruit")
        fruit = claude.session_id
        await claude.new()
        second = await claude.ask("hello there")
        hello = claude.session_id
    async with session(SCRIPT) as claude:
        page = Page(claude)
        page.send("hello")
        own = await claude.ask("hello")
        earlier = await claude._parts.switcher.earlier()
        assert list(earlier.items()) == [(second.id, hello), (first.id, fruit)], own.id
        page.send("turn_action", turn=first.id, action="back")
        await page.until(lambda: page.state["session_id"] == fruit)
        assert [head["prompt"] for head in page.heads.values()] == ["about fruit"]
        await page.until(lambda: page.state["taken_back"].get(first.id) == "")


async def test_edit_and_resend(session: Any) -> None:
    """Else an edited prompt is lost, or files change that the user did not see in the preview."""
    notes = Path("notes.txt").absolute()
    async with session(SCRIPT, permission_mode="acceptEdits") as claude:
        page = Page(claude)
        page.send("hello")
        for prompt in ("note one", "note two", "hello"):
            await claude.ask(prompt)
        plan = await page.plan(1)
        assert [file["name"] for file in plan["files"]] == ["notes.txt"]

        # Another plan than the user saw: nothing happens, and the new plan comes.
        notes.write_text("mine\n")
        answer, _ = await page.resend(1, plan["key"], "note three")
        assert (answer["event"], answer["changed"]) == ("plan", True)
        assert len(claude.history) == 3
        notes.write_text("two\n")

        # If the prompt cannot be sent, the rewind is undone.
        plan = await page.plan(1)
        answer, _ = await page.resend(1, plan["key"], "/compct")
        assert answer["event"] == "error"
        assert "did you mean /compact?" in answer["text"]
        assert notes.read_text() == "two\n"
        assert [turn.prompt for turn in claude.history] == ["note one", "note two", "hello"]

        removed = [turn.id for turn in claude.history[1:]]
        plan = await page.plan(1)
        answer, turn = await page.resend(1, plan["key"], "note three")
        assert answer["event"] == "done", answer
        assert answer["prompt"] == "", "it would come back into the text field"
        await page.ended(turn)
        assert [turn.prompt for turn in claude.history] == ["note one", "note three"]
        assert notes.read_text() == "three\n"
        assert "note two" not in json.dumps(claude.model.requests[-1]["messages"])

        # Both removed turns say so; one undo brings both back.
        await page.until(lambda: page.state["ways_back"] == dict.fromkeys(removed, "undo"))
        assert [page.state["taken_back"][id] for id in removed] == [TAKEN_BACK] * 2
        page.send("turn_action", turn=removed[0], action="back")
        await page.until(lambda: removed[1] in page.heads)
        assert notes.read_text() == "two\n"
        # The turn that the undo left has a way back too: its branch.
        await page.until(lambda: page.state["ways_back"] == {turn: "branch"})
        page.ops.clear()
        page.send("turn_action", turn=turn, action="back")
        await page.until(lambda: turn in page.heads)
        assert ["undone", "note three"] in page.ops, "the prompt stays in the text field"


async def test_what_was_attached_goes_along(session: Any) -> None:
    """Else "Retry" asks about a picture that Claude does not get any more."""
    async with session(SCRIPT) as claude:
        page = Page(claude)
        page.send("hello")
        given = Look("data.csv: file", ("a,b\n1,2", Picture(PNG, "image/png")))
        first = claude._parts.queue.submit("fruit", attached=[Piece("data.csv", given)])
        await page.ended(first.id)
        for stop in (0, 0):  # right after it, and when another turn was the last one
            await claude.ask("hello")
            plan = await page.plan(stop)
            answer, turn = await page.resend(stop, plan["key"], "fruit again")
            assert answer["event"] == "done", answer
            await page.ended(turn)
            sent = json.dumps(claude.model.requests[-1]["messages"])
            assert "a,b" in sent
            assert base64.b64encode(PNG).decode() in sent
