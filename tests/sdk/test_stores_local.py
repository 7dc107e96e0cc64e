"""A transcript on this machine and its copy in a store, brought to the same state."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    CLIConnectionError,
    InMemorySessionStore,
    project_key_for_directory,
)
from jupyter_claude_sdk.lowlevel import bring_session

from tests.sdk.loops import on_asyncio

pytestmark = [pytest.mark.pure, pytest.mark.anyio, on_asyncio]

ID = "11111111-1111-4111-8111-111111111111"
AGENT = "subagents/agent-1"
ABOUT: Any = {"type": "agent_metadata", "agentType": "general"}


def said(*names: str) -> list[Any]:
    """Return entries, each with one that has no uuid before it."""
    return [
        entry
        for name in names
        for entry in ({"type": "mode"}, {"type": "user", "uuid": name, "text": "Grüße\ud800"})
    ]


class Machine:
    """A machine with its own configuration folder."""

    def __init__(self, folder: Path, store: InMemorySessionStore) -> None:
        (folder / "work").mkdir(parents=True)
        self.options = ClaudeAgentOptions(
            cwd=folder / "work",
            session_store=store,
            env={"CLAUDE_CONFIG_DIR": str(folder / "claude")},
        )
        self.project = project_key_for_directory(folder / "work")
        self.path = folder / "claude" / "projects" / self.project / f"{ID}.jsonl"
        self.agent = self.path.with_suffix("") / f"{AGENT}.jsonl"
        self.key: Any = {"project_key": self.project, "session_id": ID}

    def of(self, subpath: str) -> Any:
        return {**self.key, "subpath": subpath}

    async def bring(self) -> str:
        return await bring_session(self.options, ID)

    def write(self, path: Path, entries: list[Any], end: str = "") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(entry) + "\n" for entry in entries) + end, "utf-8")

    def read(self, path: Path) -> list[Any]:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line != "{"]


@pytest.fixture
def store() -> InMemorySessionStore:
    return InMemorySessionStore()


@pytest.fixture
def here(tmp_path: Path, store: InMemorySessionStore) -> Machine:
    return Machine(tmp_path, store)


async def test_what_only_the_store_has_comes(here: Machine, store: InMemorySessionStore) -> None:
    """A conversation would go on without what was said on another machine."""
    assert await here.bring() == "same"
    assert not here.path.exists()
    await store.append(here.key, said("1", "2"))
    await store.append(here.of("../../../agent"), said("3"))
    assert await here.bring() == "brought"
    assert here.read(here.path) == said("1", "2")
    assert stat.S_IMODE(here.path.stat().st_mode) == 0o600
    await store.append(here.of(AGENT), [*said("3"), ABOUT])
    await store.append(here.key, said("4"))
    with here.path.open("a") as file:
        file.write("{")  # a CLI was killed here
    assert await here.bring() == "brought"
    assert here.read(here.path) == [*said("1", "2"), *said("4")[1:]]
    assert here.read(here.agent) == said("3")
    assert json.loads(here.agent.with_suffix(".meta.json").read_text())["agentType"] == "general"
    assert await here.bring() == "same"
    project = here.path.parent
    assert sorted(path.name for path in project.rglob("*") if path.is_file()) == [
        *(f"{ID}.jsonl", "agent-1.jsonl", "agent-1.meta.json")
    ]
    assert not list(project.parent.parent.parent.rglob("agent.jsonl"))


async def test_what_only_this_machine_has_goes(here: Machine, store: InMemorySessionStore) -> None:
    """What was said before there was a store, or while it failed, would be on no other machine."""
    here.write(here.path, said("1", "2"))
    here.write(here.agent, said("3"))
    here.write(here.agent.with_suffix(".meta.json"), [{"agentType": "general"}])
    assert await here.bring() == "same"
    assert await store.load(here.key) == said("1", "2")
    assert await store.load(here.of(AGENT)) == [*said("3"), ABOUT]
    here.write(here.path, said("1", "2", "4"))
    assert await here.bring() == "same"
    assert await store.load(here.key) == [*said("1", "2"), *said("4")[1:]]


async def test_what_went_on_in_two_places_stays(here: Machine, store: InMemorySessionStore) -> None:
    """Two continuations would be mixed into a conversation that never was."""
    here.write(here.path, said("1", "2"))
    await store.append(here.key, said("1", "3"))
    assert await here.bring() == "parted"
    assert here.read(here.path) == said("1", "2")
    assert await store.load(here.key) == said("1", "3")


async def test_what_fails_is_one_line(
    here: Machine, store: InMemorySessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conversation would begin anew, or the reason would be a riddle."""

    async def expect(says: str) -> None:
        with pytest.raises(CLIConnectionError, match=says) as caught:
            await here.bring()
        assert "\n" not in str(caught.value)

    async def fails(*arguments: Any) -> Any:
        raise OSError("no\nroute")

    monkeypatch.setattr(store, "append", fails)
    here.write(here.path, said("1"))
    await expect("copied to the store: append.. failed: no route")
    here.path.unlink()
    monkeypatch.undo()
    await store.append(here.key, said("1"))
    here.path.parent.rmdir()
    here.path.parent.write_text("in the way")
    await expect("could not be written")
