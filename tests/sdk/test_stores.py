"""Session stores by themselves: the two that come along, and the check for others."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeSDKError,
    InMemorySessionStore,
    SessionStore,
    SqliteSessionStore,
    fold_session_summary,
)
from jupyter_claude_sdk._types.stores import implements
from jupyter_claude_sdk.testing import run_session_store_conformance

pytestmark = [pytest.mark.pure, pytest.mark.anyio]

KEY: Any = {"project_key": "-work", "session_id": "11111111-1111-4111-8111-111111111111"}


async def test_the_store_in_memory_conforms() -> None:
    """Whoever develops against it would find another behaviour in a real store."""
    await run_session_store_conformance(InMemorySessionStore)


async def test_the_sqlite_store_conforms(tmp_path: Path) -> None:
    """Sessions kept in it could not be resumed, listed or deleted."""
    made: list[SqliteSessionStore] = []

    async def make() -> SessionStore:
        made.append(SqliteSessionStore(tmp_path / f"{len(made)}.sqlite"))
        return made[-1]

    await run_session_store_conformance(make)
    for store in made:
        await store.aclose()
    assert not list(tmp_path.glob("*-wal"))


class _Shuffles(InMemorySessionStore):
    async def load(self, key: Any) -> Any:
        entries = await super().load(key)
        return entries and sorted(entries, key=lambda entry: entry.get("uuid", ""))


class _MixesSubagentsIn(InMemorySessionStore):
    async def append(self, key: Any, entries: Any) -> None:
        mixed: Any = {**key, "subpath": ""}
        await super().append(mixed, entries)


class _KnowsEverything(InMemorySessionStore):
    async def load(self, key: Any) -> Any:
        return await super().load(key) or []


class _CountsSeconds(InMemorySessionStore):
    async def list_sessions(self, project_key: str) -> Any:
        listed = await super().list_sessions(project_key)
        return [{**entry, "mtime": entry["mtime"] // 1000} for entry in listed]


class _LeavesSubagents(InMemorySessionStore):
    async def delete(self, key: Any) -> None:
        self._entries.pop((key["project_key"], key["session_id"], key.get("subpath", "")), None)


class _ForgetsUnicode(InMemorySessionStore):
    async def append(self, key: Any, entries: Any) -> None:
        text = repr(entries).encode("ascii", "replace").decode()
        await super().append(key, eval(text))


class _StaleSummaries(InMemorySessionStore):
    async def list_session_summaries(self, project_key: str) -> Any:
        found = await super().list_session_summaries(project_key)
        return [{**summary, "data": {}} for summary in found]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (_Shuffles, "order of appending"),
        (_MixesSubagentsIn, "unknown subpath|transcript of its own"),
        (_KnowsEverything, "unknown session is None"),
        (_CountsSeconds, "milliseconds"),
        (_LeavesSubagents, "subagents too|summary too"),
        (_ForgetsUnicode, "as they were"),
        (_StaleSummaries, "fold_session_summary"),
    ],
)
async def test_a_broken_store_is_found_out(broken: Callable[[], SessionStore], says: str) -> None:
    """A check that lets faults pass would be trusted, and sessions lost in production."""
    with pytest.raises(AssertionError, match=says) as caught:
        await run_session_store_conformance(broken)
    assert "\n" not in str(caught.value)


async def test_what_a_store_leaves_out_is_not_checked() -> None:
    """A store of two methods is documented to be enough."""

    class Small(SessionStore):
        def __init__(self) -> None:
            self.inner = InMemorySessionStore()

        async def append(self, key: Any, entries: Any) -> None:
            await self.inner.append(key, entries)

        async def load(self, key: Any) -> Any:
            return await self.inner.load(key)

    assert not implements(Small(), "delete")
    await run_session_store_conformance(Small)
    await run_session_store_conformance(
        _LeavesSubagents, skip_optional=frozenset({"delete", "list_subkeys"})
    )
    with pytest.raises(ValueError, match="bogus"):
        await run_session_store_conformance(Small, skip_optional=frozenset({"bogus"}))


async def test_sqlite_keeps_an_entry_once(tmp_path: Path) -> None:
    """A retried append would show the model each message twice."""
    store = SqliteSessionStore(tmp_path / "store")
    entries: Any = [{"type": "user", "uuid": "1"}, {"type": "mark"}]
    await store.append(KEY, entries)
    await store.append(KEY, [*entries, {"type": "user", "uuid": "2"}])
    loaded: Any = await store.load(KEY)
    assert [entry.get("uuid") for entry in loaded] == ["1", None, None, "2"]
    await store.aclose()


WRITER = """
import sys, asyncio
from jupyter_claude_sdk import SqliteSessionStore
async def main():
    store = SqliteSessionStore(sys.argv[1])
    for number in range(60):
        key = {"project_key": "-work", "session_id": "shared"}
        await store.append(key, [{"type": "x", "who": sys.argv[2], "number": number}])
asyncio.run(main())
"""


async def test_processes_share_a_sqlite_store(tmp_path: Path) -> None:
    """Workers on one machine would lose each other's entries, or fail with "locked"."""
    path = tmp_path / "store"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), who]) for who in ("a", "b", "c")
    ]
    assert [await anyio.to_thread.run_sync(writer.wait) for writer in writers] == [0, 0, 0]
    store = SqliteSessionStore(path)
    loaded: Any = await store.load({"project_key": "-work", "session_id": "shared"})
    for who in ("a", "b", "c"):
        assert [entry["number"] for entry in loaded if entry["who"] == who] == list(range(60))
    await store.aclose()
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_sqlite_fails_in_one_line(tmp_path: Path) -> None:
    """A folder or another program's file at the path would give a riddle of a traceback."""
    (tmp_path / "no-database").write_text("something else " * 100)
    for path in (tmp_path, tmp_path / "no-database", tmp_path / "missing" / "store"):
        with pytest.raises(ClaudeSDKError) as caught:
            await SqliteSessionStore(path).load(KEY)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_summary_follows_the_session() -> None:
    """A list of sessions would show the wrong title or prompt."""

    def user(content: Any, **more: Any) -> Any:
        return {"type": "user", "message": {"role": "user", "content": content}, **more}

    def folded(*entries: Any) -> Any:
        whole = fold_session_summary(None, KEY, list(entries))
        step = None
        for entry in entries:
            step = fold_session_summary(step, KEY, [entry])
        assert step == whole  # it does not matter in which lots entries come
        return whole["data"]

    data = folded(
        user("meta", isMeta=True),
        user([{"type": "tool_result", "tool_use_id": "1", "content": "x"}]),
        user("<command-name>/clear</command-name>"),
        user("<local-command-stdout>done</local-command-stdout>"),
        user("[Request interrupted by user]"),
        user(" a\nb ", cwd="/1", gitBranch="one", timestamp="2026-01-01T00:00:00Z"),
        user("later", cwd="/2", gitBranch="two", timestamp="2026-01-02T00:00:00Z"),
        {"type": "custom-title", "customTitle": "Mine"},
        {"type": "tag", "tag": "kept"},
    )
    assert data == {
        "is_sidechain": False,
        "command_fallback": "/clear",
        "first_prompt": "a b",
        "first_prompt_locked": True,
        "cwd": "/1",
        "git_branch": "two",
        "created_at": 1767225600000,
        "custom_title": "Mine",
        "tag": "kept",
    }
    assert "tag" not in folded({"type": "tag", "tag": "x"}, {"type": "tag", "tag": ""})
    assert folded(user("y" * 300))["first_prompt"] == "y" * 200 + "…"
    # Hostile or odd entries must not fail an append.
    folded({"type": "user", "message": None}, {"type": "tag"}, {}, user([None, 1]), user(7))
    before: Any = {"session_id": "s", "mtime": 5, "data": {"own": 1}}
    after = fold_session_summary(before, KEY, [user("x")])
    assert (after["mtime"], after["data"]["own"], before["data"]) == (5, 1, {"own": 1})
