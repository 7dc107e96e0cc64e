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


class Counting(InMemorySessionStore):
    """A store that fails for some sessions and counts what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.broken: set[str] = set()

    async def load(self, key: Any) -> Any:
        self.loaded.append(key["session_id"])
        if key["session_id"] in self.broken:
            raise OSError("this object cannot be read")
        return await super().load(key)


def session(number: int) -> str:
    return f"99999999-9999-4999-8999-{number:012}"


async def filled(store: InMemorySessionStore, folder: Path, count: int) -> None:
    """Fill a store with sessions of a folder; the last one is the latest."""
    for number in range(count):
        key: Any = {"project_key": project_key_for_directory(folder), "session_id": session(number)}
        await store.append(key, talk(session(number)))


async def test_a_session_that_cannot_be_read_leaves_the_others_listed(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One damaged object would hide every conversation."""

    class Plain(Counting):
        list_session_summaries = SessionStore.list_session_summaries

    store = Plain()
    await filled(store, folder, 3)
    store.broken = {session(1)}
    listed = await list_sessions_from_store(store, folder)
    assert [(info.session_id, bool(info.summary)) for info in listed] == [
        (session(2), True),
        (session(1), False),
        (session(0), True),
    ]
    assert listed[1].last_modified > listed[2].last_modified
    assert "this object cannot be read" in caplog.text


async def test_a_method_that_is_not_implemented_is_a_missing_one(folder: Path) -> None:
    """A store that wraps another one has all methods, but cannot do more than the other."""

    class Wrapper(Counting):
        async def list_session_summaries(self, project_key: str) -> Any:
            raise NotImplementedError

        async def delete(self, key: Any) -> None:
            raise NotImplementedError

        async def list_subkeys(self, key: Any) -> Any:
            raise NotImplementedError

    class Blind(Wrapper):
        async def list_sessions(self, project_key: str) -> Any:
            raise NotImplementedError

    class Summing(Blind):
        list_session_summaries = InMemorySessionStore.list_session_summaries

    store = Wrapper()
    await import_session_to_store(ID, store, directory=folder)
    (listed,) = await list_sessions_from_store(store, folder)
    assert (listed.session_id, store.loaded) == (ID, [ID])
    await delete_session_via_store(store, ID, folder)
    assert len(await get_subagent_messages_from_store(store, ID, "a1", folder)) == 4
    with pytest.raises(ValueError, match="list_subkeys"):
        await list_subagents_from_store(store, ID, folder)

    for kind, can_list in ((Blind, False), (Summing, True)):
        blind = kind()
        await import_session_to_store(ID, blind, directory=folder)
        await rename_session_via_store(blind, ID, "named", folder)
        info = await get_session_info_from_store(blind, ID, folder)
        assert info is not None and info.summary == "named"
        if can_list:
            (listed,) = await list_sessions_from_store(blind, folder)
            assert listed.summary == "named"
        else:
            with pytest.raises(ValueError, match="list_session"):
                await list_sessions_from_store(blind, folder)


async def test_an_old_summary_is_not_believed(folder: Path) -> None:
    """A store that keeps its summaries elsewhere would show old titles and deleted sessions."""

    class Behind(Counting):
        summaries: Any = None

        async def list_session_summaries(self, project_key: str) -> Any:
            return self.summaries or await super().list_session_summaries(project_key)

    store = Behind()
    await filled(store, folder, 3)
    store.summaries = await store.list_session_summaries(project_key_for_directory(folder))
    await delete_session_via_store(store, session(0), folder)
    await rename_session_via_store(store, session(1), "A new name", folder)
    listed = await list_sessions_from_store(store, folder)
    assert [(info.session_id, info.summary) for info in listed] == [
        (session(1), "A new name"),
        (session(2), "user says 0"),
    ]
    assert store.loaded == [session(1)]


async def test_a_page_loads_no_other_sessions(folder: Path) -> None:
    """The first page of a thousand sessions would read all of them."""

    class Plain(Counting):
        list_session_summaries = SessionStore.list_session_summaries

    store = Plain()
    await filled(store, folder, 9)
    page = await list_sessions_from_store(store, folder, limit=3, offset=2)
    assert [info.session_id for info in page] == [session(number) for number in (6, 5, 4)]
    assert sorted(store.loaded) == [session(number) for number in (4, 5, 6)]
    assert len(await list_sessions_from_store(store, folder)) == 9


async def test_a_stored_session_without_its_folder_has_the_one_asked_for(folder: Path) -> None:
    """A program that resumes each listed session in its folder would not know where."""

    class Plain(Counting):
        list_session_summaries = SessionStore.list_session_summaries

    for store in (Counting(), Plain()):
        key: Any = {"project_key": project_key_for_directory(folder), "session_id": ID}
        entries: Any = [{**entry, "cwd": None} for entry in talk()]
        await store.append(key, entries)
        (listed,) = await list_sessions_from_store(store, folder)
        info = await get_session_info_from_store(store, ID, folder)
        assert info is not None
        assert listed.cwd == info.cwd == str(folder)


async def test_what_is_known_of_a_subagent_comes_after_its_entries(folder: Path) -> None:
    """The first entry says how old a session is, and a "type" in the file would hide the note."""
    [about] = Path(os.environ["CLAUDE_CONFIG_DIR"]).rglob("*.meta.json")
    about.write_text(json.dumps({"type": "user", "toolUseId": "toolu_1"}))
    key: Any = {"project_key": project_key_for_directory(folder), "session_id": ID}
    for size in (0, -1, 3, 500):
        store = InMemorySessionStore()
        await import_session_to_store(ID, store, directory=folder, batch_size=size)
        of_agent: Any = {**key, "subpath": "subagents/agent-a1"}
        entries = store.get_entries(of_agent)
        assert [entry["type"] for entry in entries] == [
            *["user", "assistant"] * 2,
            "agent_metadata",
        ]
        assert len(store.get_entries(key)) == 7
        told = await get_subagent_messages_from_store(store, ID, "a1", folder)
        assert [message.parent_tool_use_id for message in told] == ["toolu_1"] * 4
