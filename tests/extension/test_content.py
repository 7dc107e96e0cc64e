"""What a turn holds besides text, with the real CLI: images, diffs, to-do lists, subagents."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_claude._protocol.turn import ToolItem
from jupyter_claude._turns.events import ItemChanged, TurnChange
from jupyter_claude._turns.items import Notice, ToolCall
from jupyter_claude._turns.turn import Turn
from jupyter_claude._views.protocol import item_view, operation, turn_view
from tests.extension.front_end import shown
from tests.extension.test_conversations import again
from tests.hangs import HANG

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAA"
    "AABJRU5ErkJggg=="
)
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": "c1",
            "source": "x = 1",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
    ],
    "metadata": {"language_info": {"name": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def agent(background: bool) -> dict[str, Any]:
    """Make a call of a subagent."""
    return {
        "tool": "Agent",
        "input": {
            "description": "Look around",
            "prompt": "do the subtask",
            "subagent_type": "general-purpose",
            "run_in_background": background,
        },
    }


def tool(name: str, **fields: Any) -> dict[str, Any]:
    """Make a tool call of the model."""
    return {"tool": name, "input": fields}


SCRIPT: list[dict[str, Any]] = [
    {"when": "summary of the conversation", "replies": [[{"text": "A summary."}]]},
    {
        "when": "subtask",
        "replies": [
            [{"text": "I look at the file."}, tool("Read", file_path="b.txt")],
            [{"text": "The file has **20** lines."}],
        ],
    },
    {"when": "delegate", "replies": [[agent(False)], [{"text": "It has 20 lines."}]]},
    {"when": "background", "replies": [[agent(True)], [{"text": "Under way."}], [{"text": "Ha."}]]},
    {
        "when": "overloaded",
        "replies": [[{"error": 529, "message": "Overloaded", "times": 1}, {"text": "At last."}]],
    },
    {"when": "another", "replies": [[{"text": "Another answer."}]]},
    {
        "when": "edit",
        "replies": [
            [tool("Read", file_path="b.txt"), tool("Read", file_path="n.ipynb")],
            [
                tool("Edit", file_path="b.txt", old_string="line 3\n", new_string="L3\nnew\n"),
                tool("Edit", file_path="b.txt", old_string="line 5\n", new_string=""),
                tool("NotebookEdit", notebook_path="n.ipynb", cell_id="c1", new_source="x = 2"),
                tool("Write", file_path="sub/new.txt", content="hello\n"),
            ],
            [{"text": "done"}],
        ],
    },
    {
        "when": "picture",
        "replies": [[tool("Read", file_path="a.png")], [{"text": "A square."}]],
    },
    {
        "when": "plan",
        "replies": [
            [tool("TodoWrite", todos=[])],
            [
                tool("TaskCreate", subject="Read the file", description="d"),
                tool("TaskCreate", subject="Write the file", description="d"),
                tool("TaskCreate", subject="Sing", description="d"),
            ],
            [tool("TaskUpdate", taskId="1", status="in_progress")],
            [
                tool("TaskUpdate", taskId="1", status="completed"),
                tool("TaskUpdate", taskId="2", status="in_progress"),
                tool("TaskUpdate", taskId="3", status="deleted"),
            ],
            [{"text": "Half of it."}],
        ],
    },
    {
        "when": "twice",
        "replies": [
            [tool("TaskCreate", subject="Read", description="d")],
            [tool("TaskUpdate", taskId="1", status="completed")],
            [
                tool("TaskCreate", subject="Write", description="d"),
                tool("TaskCreate", subject="Sing", description="d"),
            ],
            [tool("TaskUpdate", taskId="2", status="completed"), tool("TaskList")],
            [{"text": "Nearly all."}],
        ],
    },
    {
        "when": "go on",
        "replies": [[tool("TaskUpdate", taskId="2", status="completed")], [{"text": "All."}]],
    },
]


@pytest.fixture
def folder(session: Any) -> Path:
    """Return the session's folder, with the files of the script."""
    here = Path.cwd()
    (here / "a.png").write_bytes(PNG)
    (here / "b.txt").write_text("".join(f"line {number}\n" for number in range(20)))
    (here / "n.ipynb").write_text(json.dumps(NOTEBOOK))
    return here


def changed(call: ToolCall) -> list[str]:
    """Return the added and removed lines of a call's diff."""
    return [line for line in (call.diff or "").splitlines()[2:] if line[:1] in "+-"]


def cards(turn: Turn) -> list[ToolItem]:
    """Return the tool cards that views show."""
    return [item for item in turn_view(turn)["items"] if item["kind"] == "tool"]


async def until(condition: Callable[[], Any], turn: Turn) -> None:
    """Wait until a change of a turn makes a condition true."""
    fulfilled = asyncio.Event()
    stop = turn.listen(lambda change: fulfilled.set() if condition() else None)
    try:
        if not condition():
            await asyncio.wait_for(fulfilled.wait(), HANG)
    finally:
        stop()


async def test_diffs_are_what_was_done(session: Any, folder: Path) -> None:
    """Else the second of two edits at once would show a change that was never made."""
    async with session(SCRIPT, allowed_tools=["Edit", "Write", "NotebookEdit"]) as claude:
        turn = await claude.ask("edit")
    first, second, notebook, write = turn.tools[2:]
    assert [call.state for call in turn.tools] == ["done"] * 6, turn.text
    assert changed(first) == ["-line 3", "+L3", "+new"]
    assert first.counts == "+2 −1"
    assert changed(second) == ["-line 5"]
    assert " new" in (second.diff or "")  # the first edit is the state before it
    assert changed(notebook) == ["-x = 1", "+x = 2"]
    assert changed(write) == ["+hello"]
    assert turn.files == [str(folder / name) for name in ("b.txt", "n.ipynb", "sub/new.txt")]


async def test_an_image_that_a_tool_read_is_shown(session: Any, folder: Path) -> None:
    """Else a user would read "[image]" where Claude looks at the plot."""
    async with session(SCRIPT) as claude:
        turn = await claude.ask("picture")
    (call,) = turn.tools
    (image,) = call.images
    assert image.media_type == "image/png"
    assert image.alt == "Image from Read: a.png"
    assert base64.b64decode(image.data).startswith(b"\x89PNG")
    assert image._repr_mimebundle_()["image/png"] == image.data
    (card,) = cards(turn)
    assert card["images"] == [{"media_type": "image/png", "data": image.data, "alt": image.alt}]
    assert card["output"].startswith("[image/png, ")
    assert f'src="data:image/png;base64,{image.data}"' in turn._repr_mimebundle_()["text/html"]


async def test_one_checklist_for_a_turn(session: Any, folder: Path) -> None:
    """Else a user would get a card for each step of the plan, or with the default model no plan."""
    async with session(SCRIPT) as claude:
        told: list[TurnChange] = []
        writer = claude._parts.begin_turn("plan")
        turn = writer.turn
        turn.listen(told.append)
        await claude._parts.runner.run(writer)
        refused, card = cards(turn)
        assert (refused["name"], refused["state"]) == ("TodoWrite", "failed")  # disabled here
        assert card["input_kind"] == "todos"
        assert card["summary"] == "1 of 2 done"
        assert card["todos"] == [
            {"content": "Read the file", "status": "done"},
            {"content": "Write the file", "status": "in progress"},
        ]
        puts = {change.item.id for change in told if isinstance(change, ItemChanged)}
        assert puts & {call.id for call in turn.tools} == {refused["id"], card["id"]}
        resumed = again(claude)
        try:
            await resumed.resume(claude.session_id)
            later = await resumed.ask("go on")
        finally:
            await resumed.close()
        (card,) = cards(later)
        assert [todo["status"] for todo in card["todos"]] == ["done", "done"]
        assert card["todos"][1]["content"] == "Write the file"
        assert [todo["status"] for todo in cards(turn)[1]["todos"]] == ["done", "in progress"]


async def test_a_second_checklist_in_a_turn(session: Any, folder: Path) -> None:
    """Else a list that Claude begins after it finished one begins with what is done long since."""
    async with session(SCRIPT) as claude:
        turn = await claude.ask("twice")
        first, second = cards(turn)
        assert first["todos"] == [{"content": "Read", "status": "done"}]
        assert second["todos"] == [
            {"content": "Write", "status": "done"},
            {"content": "Sing", "status": "to do"},
        ]
        assert (first["summary"], second["summary"]) == ("1 of 1 done", "1 of 2 done")


async def test_a_subagents_work_stands_under_its_call(session: Any, folder: Path) -> None:
    """Else its words would pass for Claude's answer, or nobody could see what it does."""
    async with session(SCRIPT) as claude:
        told: list[str] = []
        writer = claude._parts.begin_turn("delegate")
        turn = writer.turn
        turn.listen(lambda change: told.append(json.dumps(operation(turn, change))))
        await claude._parts.runner.run(writer)
        events = [event async for event in claude.stream("delegate")]
    call, read = turn.tools
    assert turn.text == "It has 20 lines."
    assert (call.state, call.background, read.parent) == ("done", False, call.id)
    assert call.output == "The file has **20** lines."
    nested = [item for item in turn_view(turn)["items"] if item.get("parent") == call.id]
    assert [item.get("text", item.get("name")) for item in nested] == [
        "I look at the file.",
        "Read",
        "The file has **20** lines.",
    ]
    assert call.progress.startswith("1 tool call · ")
    card = cards(turn)[0]
    assert (card["input"], card["input_kind"]) == ("do the subtask", "text")
    assert card["output"] == ""  # it stands there already
    assert "".join(event.text for event in events if event.kind == "text") == turn.text
    lines = [event.text for event in events if event.kind == "tool"]
    assert len(lines) == len(set(lines))
    changes = [json.loads(line) for line in told]
    running = [change[1] for change in changes if change and change[0] == "put"]
    assert any("b.txt" in item.get("progress", "") for item in running)


@pytest.mark.parametrize("meanwhile", [True, False], ids=["another turn before", "none before"])
async def test_a_background_agent_ends_in_the_turn_that_began_it(
    session: Any, folder: Path, meanwhile: bool
) -> None:
    """Else its card would say "done" before it is, or its work would stand in another turn."""
    async with session(SCRIPT) as claude:
        writer = claude._parts.begin_turn("background")
        first = writer.turn
        await claude._parts.runner.run(writer)
        (call,) = [call for call in first.tools if call.name == "Agent"]
        assert call.background
        assert call.state in ("running", "done")
        if meanwhile:
            second = await claude.ask("another")
        await until(lambda: call.state == "done", first)
        await until(lambda: len(first.tools) == 2 and first.tools[1].state == "done", first)
        if not meanwhile:
            second = await claude.ask("another")
        resumed = again(claude)
        try:
            await resumed.resume(claude.session_id)
            (same,) = [turn for turn in resumed.history if turn.prompt == "background"]
        finally:
            await resumed.close()
    assert (same.state, same.text) == ("done", first.text)
    # What the agent did stands under its call, so it has an order of its own.
    for parent in ("", call.id):
        views = [
            [
                {
                    **view,
                    "id": "",
                    "seconds": 0,  # a transcript does not have them
                    "progress": without_seconds(view.get("progress", "")),
                }
                for view in map(item_view, turn.shown)
                if view.get("parent", "") == parent
            ]
            for turn in (same, first)
        ]
        assert views[0] == views[1] != []
    assert first.text == "Under way."
    assert second.text == "Another answer."
    assert call.note == ""
    assert call.output == "The file has **20** lines."
    assert call.said, "its last text says the same, so the report is shown once"
    assert not second.tools


def without_seconds(progress: object) -> str:
    """Return a task's progress without its duration, which the CLI measures twice."""
    return re.sub(r" · \d+ s$", "", str(progress))


def notices(turn: Turn) -> list[tuple[str, str]]:
    """Return level and text of the notices that views show."""
    items = turn_view(turn)["items"]
    return [(item["level"], item["text"]) for item in items if item["kind"] == "notice"]


async def test_retries_and_compaction_are_quiet_notices(session: Any, folder: Path) -> None:
    """Else a user would wonder why nothing comes, or where the beginning of the talk has gone."""
    async with session(SCRIPT) as claude:
        told: list[Notice] = []
        writer = claude._parts.begin_turn("overloaded")
        turn = writer.turn

        def changed(change: TurnChange) -> None:
            if isinstance(change, ItemChanged) and isinstance(change.item, Notice):
                told.append(copy.copy(change.item))

        turn.listen(changed)
        await claude._parts.runner.run(writer)
        first = told[0]
        assert first.level == "warning"
        assert re.search(r"\(529\); trying again in \d+ s \(attempt 1 of \d+\)", first.text)
        ((level, text),) = notices(turn)
        assert (level, turn.text) == ("info", "At last.")
        assert text.endswith("asked once more, it answered")
        compacted = await claude.ask("/compact")
    ((level, text),) = notices(compacted)
    assert level == "info"
    assert re.fullmatch(
        r"The conversation was compacted: [\d.]+k? tokens before, [\d.]+k? after", text
    )


async def test_what_is_in_the_background_ends_with_the_process(session: Any, folder: Path) -> None:
    """Else a card would say "running" for ever."""
    script = [{"when": "subtask", "replies": [[{"hang": True}]]}, *SCRIPT[1:]]
    async with session(script) as claude:
        turn = await claude.ask("background")
        (call,) = turn.tools
        assert (call.state, call.note) == ("running", "Continues in the background")
        await claude.close()
        await claude.ask("another")
    assert call.state == "stopped"
    assert call.note.startswith(("Stopped", "Ended with the Claude Code process"))


async def test_the_cell_shows_how_the_background_ended(claude_kernel: Any) -> None:
    """Else a saved notebook would say for ever that an agent is running."""
    slow = [[{"delay": 1}, {"text": "Deep sea."}]]
    script = [{"when": "subtask", "replies": slow}, *SCRIPT]
    async with claude_kernel(script) as kernel:
        cell = await kernel.run_ok("%%claude\nbackground")
        await kernel.until(lambda _: "Subagent: Look around — done" in shown(cell))
        (output,) = [o for o in cell.shown if "text/html" in o.get("data", {})]
    assert "Deep sea." in output["data"]["text/html"]
    assert "Goes on" not in output["data"]["text/html"]


async def test_the_cell_shows_what_claude_says_unasked(claude_kernel: Any) -> None:
    """Else what Claude makes of a background agent's answer is seen only by who looks for it."""
    async with claude_kernel(SCRIPT) as kernel:
        cell = await kernel.run_ok("%%claude\nbackground")
        await kernel.until(lambda _: "Ha." in shown(cell))
        (output,) = [o for o in cell.shown if "text/html" in o.get("data", {})]
        page = output["data"]["text/html"]
        assert page.index("Claude turn 1") < page.index("Under way.") < page.index("Claude turn 2")
        assert page.index("Claude turn 2") < page.index("Ha.")
        assert output["data"]["text/plain"].count("Ha.") == 1
        # Another cell's turn begins anew.
        assert "Ha." not in shown(await kernel.run_ok("%%claude\nanother"))
