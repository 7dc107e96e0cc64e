"""The subprocess transport, with programs that stand for the CLI, on both event loops."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio.testing
from jupyter_claude_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    CLIConnectionError,
    CLINotFoundError,
    CLIVersionError,
    InMemorySessionStore,
    Message,
    ProcessError,
    ResultMessage,
    query,
)
from jupyter_claude_sdk._transport.subprocess import SubprocessTransport

from tests.hangs import HANG, no_hang

pytestmark = [
    pytest.mark.pure,
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="the fakes are shell scripts"),
]

Fake = Callable[[str], Path]
Gone = Callable[[int], bool]


def options(fake: Fake, what: str = "result", **fields: Any) -> ClaudeAgentOptions:
    return ClaudeAgentOptions(cli_path=fake("cli"), env={"FAKE": what}, **fields)


def pid(client: ClaudeSDKClient) -> int:
    transport = client._live_connection()._transport
    assert isinstance(transport, SubprocessTransport)
    assert transport._program is not None
    return transport._program.pid


async def ask(client: ClaudeSDKClient) -> list[Message]:
    await client.query("x")
    return [message async for message in client.receive_response()]


async def test_an_unknown_user_is_named(fake: Fake) -> None:
    """Python's own words are a KeyError of a function that nobody called."""
    client = ClaudeSDKClient(options(fake, user="nobody-of-that-name"))
    with pytest.raises(CLIConnectionError, match="has no user 'nobody-of-that-name'; check the"):
        await client.connect()


async def test_a_missing_cli_is_named_with_the_remedy(tmp_path: Path) -> None:
    """A newcomer must learn in one line what to install."""
    client = ClaudeSDKClient(ClaudeAgentOptions(cli_path=tmp_path / "claude"))
    with pytest.raises(
        CLINotFoundError, match=r"cli_path names a file that does not exist: .*install-cli"
    ):
        await client.connect()


async def test_a_cli_that_cannot_start_says_why(tmp_path: Path) -> None:
    """Permission or format errors of the system say nothing about Claude Code by themselves."""
    program = tmp_path / "claude"
    program.write_text("#!/no/such/interpreter\n")
    client = ClaudeSDKClient(ClaudeAgentOptions(cli_path=program))
    with pytest.raises(CLIConnectionError, match="does not start"):
        await client.connect()
    program.chmod(0o755)
    with pytest.raises(CLINotFoundError, match="interpreter"):
        await client.connect()
    program.write_bytes(b"\x00")
    with pytest.raises(CLIConnectionError, match="does not start"):
        await client.connect()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"cwd": "/no/such/folder"}, "working folder does not exist: /no/such/folder"),
        ({"model": "a\0b"}, "--model holds a NUL character"),
        ({"extra_args": {"--": None}}, "a flag without a name"),
        ({"settings": "/no/file", "sandbox": {}}, "file of the option settings cannot be read"),
    ],
)
async def test_options_that_cannot_work_say_which(
    fake: Fake, fields: dict[str, Any], text: str
) -> None:
    """Not an error of the operating system's, but one that names the option."""
    with pytest.raises(CLIConnectionError, match=text):
        await ClaudeSDKClient(options(fake, **fields)).connect()


async def test_a_cli_that_refuses_a_debugger_says_which_variable(fake: Fake) -> None:
    """Otherwise there is "exit code 1" and no reason: the CLI itself says nothing."""
    asked = options(fake)
    asked.env = {"FAKE": "exit:1", "NODE_OPTIONS": "--require x.js --inspect-publish-uid=http"}
    with pytest.raises(ProcessError, match=r"exit code 1\); NODE_OPTIONS asks for a debugger"):
        await ClaudeSDKClient(asked).connect()


@pytest.mark.parametrize("stored", [False, True])
async def test_a_current_folder_that_was_deleted_is_said(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    """Otherwise resuming ends in a FileNotFoundError that names no folder."""
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    store = {"session_store": InMemorySessionStore(), "resume": str(uuid.uuid4())}
    more: dict[str, Any] = store if stored else {}
    with pytest.raises(
        CLIConnectionError, match=r"current folder no longer exists; change to another"
    ):
        await ClaudeSDKClient(options(fake, **more)).connect()


@pytest.mark.parametrize(
    ("what", "kind", "text"),
    [
        ("exit:0", CLIConnectionError, "The CLI ended"),
        ("exit:1", ProcessError, r"ended with an error \(exit code 1\)$"),
        (
            "say:No conversation found,say:bye,exit:1",
            ProcessError,
            r"exit code 1\); it said: No conversation found \| bye",
        ),
        ("say:error: unknown option '--x',exit:1", CLIVersionError, "unknown option.*install-cli"),
        ("version:1.0.0", CLIVersionError, r"1\.0\.0 is too old, .* is needed; run"),
        ("say:waiting,silent", CLIConnectionError, "did not answer within .*; it said: waiting"),
        ("say:hm,close", CLIConnectionError, "closed its output but still runs; it said: hm"),
    ],
)
async def test_a_start_that_fails_says_why_and_leaves_nothing(
    fake: Fake, what: str, kind: type[Exception], text: str
) -> None:
    """The reference SDK loses the CLI's own words."""
    timeout = 0.5 if "silent" in what else 10.0
    client = ClaudeSDKClient(options(fake, what), initialize_timeout=timeout)
    if "close" in what:
        with pytest.raises(kind, match=text):
            await _connect_and_ask(client)
        await client.disconnect()
    else:
        with pytest.raises(kind, match=text):
            await client.connect()
    assert not client.connected


async def _connect_and_ask(client: ClaudeSDKClient) -> None:
    await client.connect()
    await ask(client)


async def test_an_option_of_ones_own_that_the_cli_does_not_know(fake: Fake) -> None:
    """The documented `ProcessError`, not the advice to install another CLI."""
    chosen = options(fake, "say:error: unknown option '--mine=1',exit:1", extra_args={"mine": "1"})
    with pytest.raises(ProcessError, match="unknown option '--mine=1'"):
        await ClaudeSDKClient(chosen).connect()
    chosen = options(fake, "say:error: unknown option '--agents=1',exit:1", extra_args={"a": "1"})
    with pytest.raises(CLIVersionError, match="unknown option '--agents=1'"):
        await ClaudeSDKClient(chosen).connect()


async def test_every_line_of_stderr_reaches_the_callback(fake: Fake) -> None:
    """A callback that raises must not end the session; without it the CLI's warnings are lost."""
    seen: list[str] = []

    def take(line: str) -> None:
        seen.append(line)
        raise RuntimeError("the callback's own fault")

    async with ClaudeSDKClient(options(fake, "say:one,say:two", stderr=take)) as client:
        assert len(await ask(client)) == 1
    assert seen == ["one", "two"]


async def test_the_older_way_takes_stderr_too(fake: Fake) -> None:
    """A program of the older documents would have an empty log."""
    old, new = io.StringIO(), io.StringIO()
    async with ClaudeSDKClient(options(fake, "say:one,say:two", debug_stderr=old)) as client:
        await ask(client)
    assert old.getvalue() == "one\ntwo\n"
    both = options(fake, "say:one", debug_stderr=old, stderr=new.write)
    async with ClaudeSDKClient(both) as client:
        await ask(client)
    assert (old.getvalue(), new.getvalue()) == ("one\ntwo\n", "one")


@pytest.mark.parametrize("what", ["say:one", "big:3000000", "ignore"])
async def test_without_pipes_that_can_be_waited_for_it_works_too(
    fake: Fake, gone: Gone, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """On Windows nobody could connect."""
    monkeypatch.setattr("jupyter_claude_sdk._transport.subprocess._POSIX", False)
    seen: list[str] = []
    async with ClaudeSDKClient(options(fake, what, stderr=seen.append)) as client:
        process = pid(client)
        assert isinstance((await ask(client))[-1], ResultMessage)
    assert seen == ["one"] * (what == "say:one")
    assert gone(process)


async def test_a_line_of_three_megabytes_arrives(fake: Fake) -> None:
    """Reading one large image ended the reference SDK's session."""
    async with ClaudeSDKClient(options(fake, "big:3000000")) as client:
        message, result = await ask(client)
    assert isinstance(message, AssistantMessage)
    assert len(getattr(message.content[0], "text", "")) == 3_000_000
    assert isinstance(result, ResultMessage)


async def test_max_buffer_size_drops_the_line_and_not_the_session(fake: Fake) -> None:
    """A bound on memory must cost one message, not the conversation."""
    async with ClaudeSDKClient(options(fake, "big:100000", max_buffer_size=50_000)) as client:
        assert [type(message) for message in await ask(client)] == [ResultMessage]


@pytest.mark.parametrize("code", [0, 7])
async def test_a_cli_that_dies_in_a_turn_is_noticed_though_its_child_lives(
    fake: Fake, code: int
) -> None:
    """A tool's process that holds the CLI's output open would hide the end for ever."""
    client = ClaudeSDKClient(options(fake, f"child,say:why,die:{code}"))
    await client.connect()
    expected = "in the middle of a turn; it said: why" if code == 0 else "exit code 7.*why"
    with anyio.fail_after(HANG), pytest.raises((CLIConnectionError, ProcessError), match=expected):
        await ask(client)
    with no_hang():
        await client.disconnect()


async def test_a_cli_that_takes_no_input_is_noticed(fake: Fake) -> None:
    """The prompt would wait for ever."""
    client = ClaudeSDKClient(options(fake, "nostdin"))
    await client.connect()
    with anyio.fail_after(HANG), pytest.raises(CLIConnectionError, match="no longer takes input"):
        await ask(client)
    await client.disconnect()


@pytest.mark.parametrize("what", ["result", "ignore"])
async def test_disconnecting_ends_and_leaves_nothing(
    fake: Fake, gone: Gone, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stuck CLI would hold the kernel up; one that ends would be waited for."""
    if what == "result":  # it ends by itself: who waits for a limit, hangs
        monkeypatch.setattr("jupyter_claude_sdk._transport.subprocess._AFTER_INPUT", 10 * HANG)
    client = ClaudeSDKClient(options(fake, what))
    await client.connect()
    process = pid(client)
    with no_hang():
        await client.disconnect()
    assert gone(process)
    with pytest.raises(ChildProcessError):
        os.waitpid(process, os.WNOHANG)  # no zombie


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="there an end has to be looked for")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_idle_cli_is_left_without_a_wait(fake: Fake, backend: str) -> None:
    """A pause, or a look now and then, would be added to each conversation: here no time passes."""

    class Frozen(asyncio.SelectorEventLoop):
        def time(self) -> float:
            return 0.0

    async def work() -> None:
        client = ClaudeSDKClient(options(fake))
        await client.connect()
        await ask(client)
        process = pid(client)
        await client.disconnect()
        with pytest.raises(ChildProcessError):
            os.waitpid(process, os.WNOHANG)

    if backend == "trio":
        anyio.run(work, backend=backend, backend_options={"clock": trio.testing.MockClock()})
    else:
        with contextlib.closing(Frozen()) as loop:
            loop.run_until_complete(work())


@pytest.mark.parametrize("error", [PermissionError, AttributeError])
async def test_where_a_process_has_no_descriptor_its_end_is_looked_for(
    fake: Fake, gone: Gone, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Sandboxes that forbid the call, and macOS, could not connect."""

    def forbidden(_pid: int) -> int:
        raise error

    monkeypatch.setattr(os, "pidfd_open", forbidden, raising=False)
    client = ClaudeSDKClient(options(fake))
    await client.connect()
    process = pid(client)
    assert len(await ask(client)) == 1
    await client.disconnect()
    assert gone(process)


async def test_an_interrupt_in_the_middle_of_the_start_leaves_no_process(
    fake: Fake, gone: Gone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C just after the CLI was started would leave one that nobody ends."""
    started: list[int] = []

    def interrupted(group: int, *_: object) -> None:
        started.append(group)
        raise KeyboardInterrupt

    monkeypatch.setattr("jupyter_claude_sdk._transport.subprocess.Watcher", interrupted)
    client = ClaudeSDKClient(options(fake, "silent"))
    with pytest.raises(KeyboardInterrupt):
        await client.connect()
    while not gone(started[0]):
        await anyio.sleep(0.01)
    monkeypatch.undo()
    client.options = options(fake)
    async with client:
        assert len(await ask(client)) == 1


async def test_sessions_leave_no_descriptor_and_no_thread(fake: Fake) -> None:
    """A kernel that lives for weeks would run out of them."""
    before: tuple[set[str], int] | None = None
    for _ in range(4):
        async with ClaudeSDKClient(options(fake)) as client:
            await ask(client)
        with contextlib.suppress(CLIConnectionError):
            await ClaudeSDKClient(options(fake, "exit:0")).connect()
        now = set(os.listdir("/dev/fd")), threading.active_count()
        assert now == (before or now)
        before = now


async def test_a_stopped_cli_can_be_left(fake: Fake, gone: Gone) -> None:
    """A stopped process does not see TERM."""
    client = ClaudeSDKClient(options(fake))
    await client.connect()
    process = pid(client)
    os.kill(process, signal.SIGSTOP)
    with no_hang():
        await client.disconnect()
    assert gone(process)


async def test_the_cli_has_a_session_of_its_own(fake: Fake) -> None:
    """A Ctrl-C for the notebook must not end the CLI."""
    async with ClaudeSDKClient(options(fake)) as client:
        assert os.getsid(pid(client)) == pid(client) != os.getsid(0)


async def test_cancelling_connect_leaves_no_process(fake: Fake) -> None:
    """An interrupted cell must not leave a CLI behind."""
    client = ClaudeSDKClient(options(fake, "silent"))
    with anyio.move_on_after(0.3):
        await client.connect()
    assert not client.connected
    client.options = options(fake)
    async with client:
        assert len(await ask(client)) == 1


async def test_leaving_a_query_early_ends_its_cli(fake: Fake) -> None:
    """Each early break in a loop of queries would leave a process."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before = children.read_text().split() if children.exists() else []
    async with contextlib.aclosing(query(prompt="x", options=options(fake, "big:10"))) as messages:
        async for _ in messages:
            break
    if children.exists():
        assert set(children.read_text().split()) <= set(before)


async def test_flags_and_environment_arrive(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the options say must be what the CLI is told."""
    monkeypatch.setenv("CLAUDECODE", "1")
    monkeypatch.setenv("FROM_US", "x")
    async with ClaudeSDKClient(options(fake, "argv", model="-é😀")) as client:
        info = await client.get_server_info()
    assert info is not None
    assert "--model=-é😀" in info["argv"]
    assert "CLAUDECODE" not in info["env"]
    assert info["env"]["FROM_US"] == "x"


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_transport_serves_one_connection(fake: Fake) -> None:
    """Connected again it would lose the first process."""
    transport = SubprocessTransport(options(fake))
    for call in (lambda: transport.send(b""), transport.receive):
        with pytest.raises(CLIConnectionError, match="Not connected"):
            await call()
    async with ClaudeSDKClient(transport=transport) as client:
        assert transport.is_ready()
        with pytest.raises(CLIConnectionError, match="serves one connection"):
            await transport.connect()
    assert not transport.is_ready()
    with pytest.raises(CLIConnectionError, match="serves one connection"):
        await client.connect()
