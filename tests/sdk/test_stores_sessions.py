"""Sessions in a store: listed, read, named, copied, deleted, and brought there from disk."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import (
    InMemorySessionStore,
    SessionStore,
    SqliteSessionStore,
    delete_session_via_store,
    fork_session_via_store,
    get_session_info,
    get_session_info_from_store,
    get_session_messages,
    get_session_messages_from_store,
    get_subagent_messages,
    get_subagent_messages_from_store,
    import_session_to_store,
    list_sessions,
    list_sessions_from_store,
    list_subagents,
    list_subagents_from_store,
    project_key_for_directory,
    rename_session_via_store,
    tag_session_via_store,
)

pytestmark = [pytest.mark.pure, pytest.mark.anyio]

ID = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"


def talk(session_id: str = ID, *, length: int = 4) -> list[Any]:
    entries: list[Any] = []
    for number in range(length):
        kind = "assistant" if number % 2 else "user"
        entries.append(
            {
                "type": kind,
                "uuid": f"00000000-0000-4000-8000-{number:012}",
                "parentUuid": entries[-1]["uuid"] if entries else None,
                "sessionId": session_id,
                "timestamp": f"2026-01-01T00:00:{number:02}.000Z",
                "cwd": "/work",
                "gitBranch": "main",
                "message": {"role": kind, "content": f"{kind} says {number}"},
            }
        )
    return entries


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to work in whose project has a session with a subagent on disk."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "config"))
    work = tmp_path / "work"
    work.mkdir()
    project = tmp_path / "config/projects" / project_key_for_directory(work)
    agents = project / ID / "subagents"
    agents.mkdir(parents=True)
    for path, entries in (
        (project / f"{ID}.jsonl", talk(length=7)),
        (agents / "agent-a1.jsonl", [{**entry, "isSidechain": True} for entry in talk()]),
    ):
        path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    (agents / "agent-a1.meta.json").write_text(json.dumps({"toolUseId": "toolu_1"}))
    return work


async def test_odd_parents_of_a_subagent_are_none(folder: Path) -> None:
    """A program that looks the parent up would fail, or take a number for an id."""
    [about] = Path(os.environ["CLAUDE_CONFIG_DIR"]).rglob("*.meta.json")
    about.write_text(json.dumps({"toolUseId": 7, "parentAgentId": ["a"]}))
    store = InMemorySessionStore()
    await import_session_to_store(ID, store, directory=folder)
    for told in (
        get_subagent_messages(ID, "a1"),
        await get_subagent_messages_from_store(store, ID, "a1", folder),
    ):
        assert {(m.parent_tool_use_id, m.parent_agent_id) for m in told} == {(None, None)}


async def test_an_imported_session_reads_as_on_disk(folder: Path) -> None:
    """Moving to a store would change or lose the history."""
    store = InMemorySessionStore()
    await import_session_to_store(ID, store, directory=folder, batch_size=3)
    assert await get_session_messages_from_store(store, ID, folder) == get_session_messages(ID)
    some = await get_session_messages_from_store(store, ID, folder, limit=2, offset=1)
    assert some == get_session_messages(ID, limit=2, offset=1)
    assert await list_subagents_from_store(store, ID, folder) == list_subagents(ID) == ["a1"]
    told = await get_subagent_messages_from_store(store, ID, "a1", folder)
    assert told == get_subagent_messages(ID, "a1")
    assert told and told[0].parent_tool_use_id == "toolu_1"
    assert await get_subagent_messages_from_store(store, ID, "../a1", folder) == []
    (listed,) = await list_sessions_from_store(store, folder)
    (on_disk,) = list_sessions(folder)
    single = await get_session_info_from_store(store, ID, folder)
    assert single is not None
    assert single.last_modified == listed.last_modified
    for info in (listed, single, on_disk):
        info.last_modified, info.file_size = 0, None
    assert listed == single == on_disk

    alone = InMemorySessionStore()
    await import_session_to_store(ID, alone, directory=folder, include_subagents=False)
    assert await list_subagents_from_store(alone, ID, folder) == []
    with pytest.raises(FileNotFoundError):
        await import_session_to_store(OTHER, alone)
    with pytest.raises(ValueError, match="batch_size"):
        await import_session_to_store(ID, alone, batch_size=0)


async def test_importing_again_adds_only_what_is_new(folder: Path, tmp_path: Path) -> None:
    """A nightly import would double every conversation."""
    store = SqliteSessionStore(tmp_path / "store")
    for _ in range(2):
        await import_session_to_store(ID, store, directory=folder)
    assert await get_session_messages_from_store(store, ID, folder) == get_session_messages(ID)
    await store.aclose()


async def test_a_session_in_a_store_is_named_tagged_copied_and_deleted(folder: Path) -> None:
    """What works on disk would not work for the same sessions in a store."""
    store = InMemorySessionStore()
    await import_session_to_store(ID, store, directory=folder)
    await rename_session_via_store(store, ID, " A name ", folder)
    await tag_session_via_store(store, ID, "kept", folder)
    info = await get_session_info_from_store(store, ID, folder)
    assert info is not None and (info.custom_title, info.tag) == ("A name", "kept")
    await tag_session_via_store(store, ID, None, folder)
    (info,) = await list_sessions_from_store(store, folder)
    assert (info.summary, info.tag) == ("A name", None)

    messages = await get_session_messages_from_store(store, ID, folder)
    fork = await fork_session_via_store(store, ID, folder, up_to_message_id=messages[2].uuid)
    copied = await get_session_messages_from_store(store, fork.session_id, folder)
    assert [m.message for m in copied] == [m.message for m in messages[:3]]
    assert not {m.uuid for m in copied} & {m.uuid for m in messages}
    names = [info.summary for info in await list_sessions_from_store(store, folder)]
    assert names == ["A name (fork)", "A name"]
    assert len(await list_sessions_from_store(store, folder, limit=1, offset=1)) == 1

    await delete_session_via_store(store, ID, folder)
    assert await get_session_info_from_store(store, ID, folder) is None
    assert await list_subagents_from_store(store, ID, folder) == []
    await delete_session_via_store(store, ID, folder)


async def test_a_session_that_is_not_there_is_not_made(folder: Path) -> None:
    """A mistyped id would leave a ghost in every list."""
    store = InMemorySessionStore()
    with pytest.raises(FileNotFoundError, match=OTHER):
        await rename_session_via_store(store, OTHER, "x", folder)
    with pytest.raises(FileNotFoundError, match=OTHER):
        await tag_session_via_store(store, OTHER, "x", folder)
    with pytest.raises(FileNotFoundError, match=OTHER):
        await fork_session_via_store(store, OTHER, folder)
    for bad in ("../../etc/passwd", "", "x"):
        with pytest.raises(ValueError, match="session_id"):
            await rename_session_via_store(store, bad, "x", folder)
        with pytest.raises(ValueError, match="session_id"):
            await delete_session_via_store(store, bad, folder)
        assert await get_session_info_from_store(store, bad, folder) is None
        assert await get_session_messages_from_store(store, bad, folder) == []
    assert store.size == 0


async def test_a_small_store_does_what_it_can(folder: Path) -> None:
    """A store of two methods would fail with a riddle, or not at all."""

    class Small(SessionStore):
        def __init__(self) -> None:
            self.inner = InMemorySessionStore()

        async def append(self, key: Any, entries: Any) -> None:
            await self.inner.append(key, entries)

        async def load(self, key: Any) -> Any:
            return await self.inner.load(key)

    class Lists(Small):
        async def list_sessions(self, project_key: str) -> Any:
            return await self.inner.list_sessions(project_key)

    store = Small()
    await import_session_to_store(ID, store, directory=folder)
    assert len(await get_session_messages_from_store(store, ID, folder)) == 7
    assert len(await get_subagent_messages_from_store(store, ID, "a1", folder)) == 4
    await rename_session_via_store(store, ID, "named", folder)
    info = await get_session_info_from_store(store, ID, folder)
    assert info is not None
    assert (info.summary, info.last_modified > 0) == ("named", True)
    with pytest.raises(ValueError, match="list_session"):
        await list_sessions_from_store(store, folder)
    with pytest.raises(ValueError, match="list_subkeys"):
        await list_subagents_from_store(store, ID, folder)
    await delete_session_via_store(store, ID, folder)  # documented to do nothing

    listing = Lists()
    await import_session_to_store(ID, listing, directory=folder)
    (on_disk,) = list_sessions(folder)
    (listed,) = await list_sessions_from_store(listing, folder)
    assert (listed.summary, listed.first_prompt) == (on_disk.summary, on_disk.first_prompt)
    alone = get_session_info(ID)
    assert alone is not None and alone.summary == listed.summary
