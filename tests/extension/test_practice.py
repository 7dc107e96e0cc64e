"""The practice model: it knows the tour, and says of all else that it is only practice."""

from __future__ import annotations

import json
import re
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_claude_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    TextBlock,
    ToolPermissionContext,
)

from jupyter_claude._claude import Claude
from jupyter_claude._paths import notebooks_folder
from jupyter_claude._practice import replies, script

pytestmark = [pytest.mark.cli, pytest.mark.anyio]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Visitor:
    """Somebody who asks the practice model through the real CLI."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.allow = True
        self.answers: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.client: ClaudeSDKClient

    async def decide(
        self, name: str, given: dict[str, Any], context: ToolPermissionContext
    ) -> PermissionResult:
        self.asked.append((name, given))
        if not self.allow:
            return PermissionResultDeny(message="The user said no.")
        return PermissionResultAllow(updated_input={**given, "answers": self.answers})

    async def ask(self, prompt: str) -> str:
        await self.client.query(prompt)
        texts: list[str] = []
        async for message in self.client.receive_response():
            if isinstance(message, AssistantMessage):
                texts += [block.text for block in message.content if isinstance(block, TextBlock)]
        return "\n".join(texts)


async def test_its_folder_is_nobody_elses(
    cli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else, once the system has cleaned up, others put settings there that run their commands."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("JUPYTER_CLAUDE_CLI", str(cli))
    claude = Claude()
    claude.settings.practice = True
    try:
        await claude.ask("hello")
        root = claude.cwd.parent
        claude.cwd.rmdir()
        claude._parts.connection._options.make()
        assert claude.cwd == root / "work"
        assert claude.cwd.is_dir()
        for others in (False, True):
            root = claude.cwd.parent
            shutil.rmtree(root)
            if others:
                theirs = root / "work" / ".claude"
                theirs.mkdir(parents=True)
            turn = await claude.ask("hello")
            assert turn.state == "done"
            assert claude.cwd.parent != root
            assert stat.S_IMODE(claude.cwd.parent.stat().st_mode) == 0o700
            assert root.exists() == others
        root = claude.cwd.parent
    finally:
        await claude.close()
    assert not root.exists()
    assert theirs.is_dir()


@pytest.fixture
async def visitor(
    cli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Visitor]:
    monkeypatch.setitem(replies.PACE, "every", 0)
    folder = (tmp_path / "work").resolve()
    folder.mkdir()
    someone = Visitor(folder)
    with script.start(folder) as model:
        options = ClaudeAgentOptions(
            cli_path=cli, cwd=folder, env=model.env, can_use_tool=someone.decide, setting_sources=[]
        )
        async with ClaudeSDKClient(options) as someone.client:
            yield someone


def tour_prompt(cell_id: str) -> str:
    notebook = nbformat.read(notebooks_folder() / "quickstart.ipynb", as_version=4)
    cell = next(cell for cell in notebook.cells if cell.id == cell_id)
    return str(cell.source).split("\n", 1)[1]


async def test_a_question_and_a_follow_up_that_remembers(visitor: Visitor) -> None:
    """The tour's first two cells would make no sense."""
    early = await visitor.ask(tour_prompt("remember"))
    assert "just begun" in early
    answer = await visitor.ask(tour_prompt("ask"))
    assert "| front end |" in answer
    assert "```python" in answer
    assert "You asked about the Jupyter kernel" in await visitor.ask(tour_prompt("remember"))
    assert "“Say that again in one sentence" in await visitor.ask("What did I ask first?")


async def test_a_file_is_written_for_real_and_again(visitor: Visitor) -> None:
    """The next cell reads the file; a visitor may run the tour twice."""
    prompt = tour_prompt("write")
    assert "Done" in await visitor.ask(prompt)
    assert [name for name, _ in visitor.asked] == ["Write"]
    file = visitor.folder / "planets.csv"
    assert len(file.read_text().splitlines()) == 9
    file.write_text("somebody's own\n")
    assert "Done" in await visitor.ask(prompt)
    assert file.read_text().startswith("name,")
    visitor.allow = False
    assert "could not write" in await visitor.ask(prompt)


async def test_a_denied_command_does_not_run_and_the_answer_says_so(visitor: Visitor) -> None:
    """The tour would claim what did not happen."""
    file = visitor.folder / "planets.csv"
    file.write_text("precious\n")
    visitor.allow = False
    answer = await visitor.ask(tour_prompt("delete"))
    assert visitor.asked[0][1]["command"] == "rm planets.csv"
    assert "denied" in answer
    assert file.exists()
    visitor.allow = True
    assert "gone" in await visitor.ask(tour_prompt("delete"))
    assert not file.exists()


async def test_a_value_can_be_taken_into_python(visitor: Visitor) -> None:
    """The tour's Python cell would fail to read the answer."""
    assert "could not read" in await visitor.ask(tour_prompt("value"))
    await visitor.ask(tour_prompt("write"))
    assert json.loads(await visitor.ask(tour_prompt("value"))) == {"name": "Saturn", "moons": 274}


async def test_it_can_ask_back(visitor: Visitor) -> None:
    """Nobody could try a question from Claude without an account."""
    visitor.answers = {"Which colour do you like best?": "Green"}
    assert "Green it is" in await visitor.ask("Ask me which colour I like.")
    visitor.answers = {"Which colour do you like best?": "Grey"}
    assert "Grey" in await visitor.ask("Ask me which colour I like.")
    visitor.allow = False
    assert "rather not say" in await visitor.ask("Ask me which colour I like.")


async def test_the_analysis_without_a_kernel(visitor: Visitor) -> None:
    """The button Fix error would get no code; a denied run would be told as one that worked."""
    prompt = 'Fix the error of In [6].\n\n```python\nsales["temprature"].mean()\n```'
    assert '```python\nsales["temperature"].mean()\n```' in await visitor.ask(prompt)
    assert "I see no `sales`" in await visitor.ask("What is in @sales?")
    assert "did not run" in await visitor.ask("Plot the scoops of each month.")


async def test_anything_else_is_answered_with_what_it_knows(visitor: Visitor) -> None:
    """A newcomer would take a made-up answer for Claude's."""
    answer = await visitor.ask("Please train a network on my data.")
    assert "only the practice model" in answer
    assert all(prompt in answer for prompt in script.KNOWN_PROMPTS)


async def test_every_prompt_that_it_names_is_known(visitor: Visitor) -> None:
    """The list would send a visitor round in a circle."""
    story = "Tell me a long story about a lighthouse."
    assert story in script.KNOWN_PROMPTS  # too long to be heard out here
    for prompt in script.KNOWN_PROMPTS:
        if prompt != story:
            assert "only the practice model" not in await visitor.ask(prompt), prompt


def test_the_story_leaves_time_to_press_stop() -> None:
    """The tour's last step could not be done by hand."""
    (step,) = script._story()
    seconds = len(step["text"]) / step["chunk"] * step["every"]
    assert 45 < seconds < 90
    assert re.search("lighthouse", step["text"])
