"""`lowlevel.rehearse`: the real CLI prepares its first prompt before there is one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from jupyter_claude_sdk import ClaudeAgentOptions, ClaudeSDKClient, ResultMessage
from jupyter_claude_sdk.lowlevel import rehearse
from jupyter_claude_sdk.testing import ScriptedModel

from tests.sdk.loops import on_asyncio

pytestmark = [pytest.mark.cli, pytest.mark.anyio]


@pytest.fixture
def model() -> Any:
    with ScriptedModel([{"replies": [[{"text": "Hello."}]]}]) as model:
        yield model


@pytest.fixture
def session(
    model: ScriptedModel, cli: Path, tmp_path: Path
) -> Callable[..., tuple[ClaudeSDKClient, list[str]]]:
    """Make clients in a folder whose hooks write into `tmp_path`; what observers hear beside."""
    folder = tmp_path / "work"
    (folder / ".claude").mkdir(parents=True)
    hook = {"type": "command", "command": f"echo prompt >> {tmp_path / 'hooks'}"}
    settings = {"hooks": {name: [{"hooks": [hook]}] for name in ("UserPromptSubmit", "Stop")}}
    (folder / ".claude" / "settings.json").write_text(json.dumps(settings))

    def make(**fields: Any) -> tuple[ClaudeSDKClient, list[str]]:
        options = ClaudeAgentOptions(
            cli_path=cli,
            cwd=folder,
            env={"HOME": str(tmp_path), **model.env},
            setting_sources=["project"],
            **fields,
        )
        made = ClaudeSDKClient(options)
        heard: list[str] = []
        made.add_observer(Heard(heard))
        return made, heard

    return make


class Heard:
    """Notes what an observer hears."""

    def __init__(self, heard: list[str]) -> None:
        self._heard = heard

    def turn_queued(self, turn: Any) -> None:
        self._heard.append("queued")

    def turn_started(self, turn: Any) -> None:
        self._heard.append("started")

    def message(self, turn: Any, message: Any) -> None:
        self._heard.append(type(message).__name__)

    def turn_ended(self, turn: Any) -> None:
        self._heard.append("ended")


def sent(model: ScriptedModel) -> str:
    """Return the model's latest request, without the session's ids."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", json.dumps(model.requests[-1]))


@on_asyncio
async def test_it_changes_nothing_that_the_user_or_the_model_sees(
    session: Any, model: ScriptedModel, tmp_path: Path
) -> None:
    """Else it costs money, runs the user's hooks, or leaves a conversation that nobody had."""
    with anyio.fail_after(60):
        plain, _ = session()
        async with plain, plain.turn("hello") as turn:
            async for _ in turn:
                pass
        expected, hooks = sent(model), (tmp_path / "hooks").read_text()
        transcripts = {*tmp_path.rglob("*.jsonl")}
        assert len(transcripts) == len(model.requests) == 1
        (tmp_path / "hooks").unlink()

        unused, heard = session()
        async with unused:
            assert await rehearse(unused)
        assert {*tmp_path.rglob("*.jsonl")} == transcripts
        assert not [one for one in heard if one in ("queued", "started", "ended")]

        ready, heard = session()
        async with ready:
            assert await rehearse(ready)
            assert len(model.requests) == 1
            assert not (tmp_path / "hooks").exists()
            await ready.query("hello")
            messages = [message async for message in ready.receive_response()]
            assert isinstance(messages[-1], ResultMessage)
            assert messages[-1].result == "Hello."
            assert (
                heard.count("queued") == heard.count("ended") == heard.count("ResultMessage") == 1
            )
            assert not await rehearse(ready), "a prompt has come"
        assert sent(model) == expected
        assert (tmp_path / "hooks").read_text() == hooks


@on_asyncio
async def test_a_prompt_that_comes_meanwhile_waits_for_it(
    session: Any, model: ScriptedModel
) -> None:
    """Else Claude Code merges the two, and the user's turn never ends."""
    with anyio.fail_after(60):
        ready, _ = session()
        async with ready, anyio.create_task_group() as group:
            group.start_soon(rehearse, ready)
            while not ready._live_connection().busy:
                await anyio.lowlevel.checkpoint()
            async with ready.turn("hello") as turn:
                assert turn.state == "queued"
                async for _ in turn:
                    pass
            assert turn.result is not None
            assert turn.result.result == "Hello."
        session_id = turn.result.session_id
        assert len(model.requests) == 1

        resumed, _ = session(resume=session_id)
        async with resumed:
            assert not await rehearse(resumed), "its transcript would grow"
