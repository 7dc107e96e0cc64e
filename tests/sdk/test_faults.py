"""What goes wrong around the CLI, and what the SDK makes of it: docs/failure-modes.md's table."""

from __future__ import annotations

import gc
import logging
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from jupyter_claude_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    CLIConnectionError,
    ClientTurn,
    HookMatcher,
    Message,
    ProcessError,
    ResultMessage,
    StreamEvent,
)
from jupyter_claude_sdk._transport.subprocess import SubprocessTransport
from jupyter_claude_sdk.testing import ScriptedTransport

from tests.hangs import HANG, no_hang

pytestmark = [
    pytest.mark.anyio,
    # A pipe or a process that is left to the garbage collector was forgotten.
    pytest.mark.filterwarnings("error::ResourceWarning"),
    pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(sys.platform == "win32", reason="the fakes are shell scripts"),
]

Fake = Callable[[str], Path]
Gone = Callable[[int], bool]
Options = Callable[..., ClaudeAgentOptions]
MANY = 10_000


def fake_client(fake: Fake, what: str, **fields: Any) -> ClaudeSDKClient:
    return ClaudeSDKClient(ClaudeAgentOptions(cli_path=fake("cli"), env={"FAKE": what}, **fields))


def pid(client: ClaudeSDKClient) -> int:
    transport: Any = client._live_connection()._transport
    return int(transport._program.pid)


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each wait for the CLI's end as long as ten hangs: who needs one, hangs."""
    for name in ("_AFTER_INPUT", "_AFTER_TERM", "_AFTER_KILL"):
        monkeypatch.setattr(f"jupyter_claude_sdk._transport.subprocess.{name}", 10 * HANG)


async def ask(client: ClaudeSDKClient, prompt: str = "x") -> list[Message]:
    await client.query(prompt)
    return [message async for message in client.receive_response()]


class Count:
    """An observer that tells when so many messages of a kind have come."""

    def __init__(self, kind: type, wanted: int) -> None:
        self._kind = kind
        self._left = wanted
        self.reached = anyio.Event()

    def turn_queued(self, turn: ClientTurn) -> None: ...

    def turn_started(self, turn: ClientTurn) -> None: ...

    def turn_ended(self, turn: ClientTurn) -> None: ...

    def message(self, turn: ClientTurn | None, message: Message) -> None:
        self._left -= isinstance(message, self._kind)
        if self._left == 0:
            self.reached.set()


# --- unread messages --------------------------------------------------------------------------


@pytest.mark.pure
async def test_an_interrupt_passes_ten_thousand_unread_messages_in_a_pipe(fake: Fake) -> None:
    """Stop would do nothing for a minute, and then fail, because nobody reads the answer."""
    async with fake_client(fake, f"flood:{MANY}") as client:
        seen = Count(AssistantMessage, MANY)
        client.add_observer(seen)
        await client.query("x")
        with anyio.fail_after(60):
            await seen.reached.wait()
        with no_hang(), anyio.fail_after(HANG):
            await client.interrupt()
        with anyio.fail_after(60):
            answer = [message async for message in client.receive_response()]
    assert len(answer) == MANY + 1  # and nothing of them is lost
    assert isinstance(answer[-1], ResultMessage)


@pytest.mark.pure
async def test_an_interrupt_in_the_middle_of_a_flood_is_sent_at_once(fake: Fake) -> None:
    """A fast stream must not keep the SDK's own requests from going out."""
    async with fake_client(fake, f"flood:{MANY}") as client:
        seen = Count(AssistantMessage, 100)
        client.add_observer(seen)
        await client.query("x")
        with anyio.fail_after(60):
            await seen.reached.wait()
            await client.interrupt()
            answer = [message async for message in client.receive_response()]
    assert len(answer) == MANY + 1


@pytest.mark.cli
async def test_an_interrupt_passes_ten_thousand_unread_messages(options: Options) -> None:
    """The same with the real CLI, whose partial messages come one by one."""
    script = [{"replies": [[{"text": "w" * MANY, "chunk": 1}, {"hang": True}]]}]
    async with ClaudeSDKClient(options(script, include_partial_messages=True)) as client:
        seen = Count(StreamEvent, MANY)
        client.add_observer(seen)
        await client.query("x")
        with anyio.fail_after(60):
            await seen.reached.wait()
        with no_hang(), anyio.fail_after(HANG):
            await client.interrupt()
        with anyio.fail_after(60):
            answer = [message async for message in client.receive_response()]
    assert len(answer) > MANY
    assert isinstance(answer[-1], ResultMessage)


# --- the end ----------------------------------------------------------------------------------


@pytest.mark.cli
@pytest.mark.parametrize("state", ["idle", "stream", "bash", "stopped"])
async def test_disconnecting_ends_and_leaves_no_process(
    options: Options, gone: Gone, state: str
) -> None:
    """A notebook's kernel would hang at its end. `make bench ARGS=sdk` has the times."""
    command = "(sleep 97; true) & echo $$ > pid; wait; true"
    script = [
        {"when": "bash", "replies": [[{"tool": "Bash", "input": {"command": command}}]]},
        {"replies": [[{"text": "word " * 300, "chunk": 5, "every": 0.05}]]},
    ]
    chosen = options(script, include_partial_messages=True, allowed_tools=["Bash"])
    client = ClaudeSDKClient(chosen)
    await client.connect()
    if state != "idle":
        await client.query(state)
        async for message in client.receive_response():
            if isinstance(message, AssistantMessage if state == "bash" else StreamEvent):
                break
    started = Path(str(chosen.cwd)) / "pid"
    with anyio.fail_after(60):
        while state == "bash" and not (started.exists() and started.read_text()):
            await anyio.sleep(0.01)
    process = psutil.Process(pid(client))
    tree = [process, *process.children(recursive=True)]
    assert state != "bash" or len(tree) > 2
    if state == "stopped":
        process.send_signal(signal.SIGSTOP)
    with no_hang():
        await client.disconnect()
    with anyio.fail_after(60):  # what the group's KILL hit ends as soon as the system gets to it
        while not all(gone(member.pid) for member in tree):
            await anyio.sleep(0.01)


@pytest.mark.pure
@pytest.mark.usefixtures("endless")
async def test_a_stopped_watcher_holds_nothing_up(fake: Fake, gone: Gone) -> None:
    """Each end would take as long as a CLI that does not answer."""
    client = fake_client(fake, "result")
    await client.connect()
    transport: Any = client._live_connection()._transport
    watcher = transport._watcher._process.pid
    os.kill(watcher, signal.SIGSTOP)
    with no_hang():
        await client.disconnect()
    assert gone(watcher)


@pytest.mark.pure
async def test_a_cli_that_cannot_be_killed_keeps_no_descriptors(
    fake: Fake, gone: Gone, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that hangs in the system's own code would keep its pipes open for ever."""
    before = psutil.Process().num_fds()
    client = fake_client(fake, "ignore")
    await client.connect()
    process = pid(client)
    monkeypatch.setattr("jupyter_claude_sdk._transport.subprocess._signal_group", lambda *_: None)
    with no_hang():
        await client.disconnect()
    assert "does not end" in caplog.text
    del client
    gc.collect()
    os.kill(process, signal.SIGKILL)
    with anyio.fail_after(60):
        # asyncio holds a descriptor of the process's own, from Python 3.12 on, until it is gone.
        while not gone(process) or psutil.Process().num_fds() > before:
            await anyio.sleep(0.01)


@pytest.mark.pure
async def test_a_forked_child_does_not_slow_the_end(fake: Fake) -> None:
    """A worker of multiprocessing's holds the CLI's input open."""
    async with fake_client(fake, "result") as client:
        child = os.fork()
        if child == 0:
            time.sleep(10 * HANG)
            os._exit(0)
        try:
            with no_hang():
                await client.disconnect()
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


# --- lines ------------------------------------------------------------------------------------


@pytest.mark.pure
async def test_a_line_of_64_mib_passes_both_ways(fake: Fake) -> None:
    """A large file in a prompt or an answer would end the session."""
    size = 64 * 1024 * 1024
    async with fake_client(fake, f"big:{size}") as client:
        with anyio.fail_after(60):
            message, _ = await ask(client)
    assert isinstance(message, AssistantMessage)
    assert len(getattr(message.content[0], "text", "")) == size
    async with fake_client(fake, "length") as client:
        with anyio.fail_after(60):
            message, _ = await ask(client, "x" * size)
    assert getattr(getattr(message, "content")[0], "text") == str(size)  # noqa: B009


@pytest.mark.pure
async def test_lines_that_are_no_json_or_no_utf8_are_reported(
    fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    """One line of a debugger's, or a tool's binary output, would end the session."""
    async with fake_client(fake, "bad") as client:
        for _ in range(2):
            with caplog.at_level(logging.WARNING, "jupyter_claude_sdk"), anyio.fail_after(60):
                message, result = await ask(client)
            assert getattr(getattr(message, "content")[0], "text") == "a\ufffdb"  # noqa: B009
            assert isinstance(result, ResultMessage)
    reports = [record.getMessage() for record in caplog.records]
    assert sum("is not JSON" in report for report in reports) == 10
    assert "Debugger attached." in reports[0]


@pytest.mark.pure
@pytest.mark.parametrize("size", [10, 8 * 1024 * 1024])
async def test_what_a_cli_says_last_is_read(fake: Fake, size: int) -> None:
    """The answer of a CLI that exits right after it would be lost."""
    client = fake_client(fake, f"last:{size}")
    await client.connect()
    with anyio.fail_after(60):
        message, result = await ask(client)
    assert len(getattr(getattr(message, "content")[0], "text")) == size  # noqa: B009
    assert isinstance(result, ResultMessage)
    await client.disconnect()


@pytest.mark.pure
async def test_what_a_cli_left_is_read_however_late(fake: Fake) -> None:
    """A program that computes for seconds while the CLI ends would lose the end of the answer."""
    size = 60_000  # what a pipe holds
    transport = SubprocessTransport(
        ClaudeAgentOptions(cli_path=fake("cli"), env={"FAKE": f"leave:{size}"})
    )
    await transport.connect()
    found = b""
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(transport.attend)
            while not transport._exited:
                await anyio.sleep(0.01)
            while data := await transport.receive():
                found += data
            group.cancel_scope.cancel()
    await transport.close()
    assert len(found) == size


# --- a CLI that does not answer ---------------------------------------------------------------


@pytest.mark.pure
@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("say:why,die:0", "ended in the middle of a turn; it said: why"),
        ("say:why,shut", "closed its output but still runs; it said: why"),
    ],
)
async def test_a_cli_that_leaves_in_a_turn_is_an_error_in_bounded_time(
    fake: Fake, gone: Gone, what: str, text: str
) -> None:
    """The reference SDK ends the answer silently, or hangs."""
    client = fake_client(fake, what)
    await client.connect()
    process = pid(client)
    with anyio.fail_after(60), pytest.raises(CLIConnectionError, match=text):
        await ask(client)
    with no_hang():
        await client.disconnect()
    assert gone(process)


@pytest.mark.pure
async def test_a_cli_that_never_greets_is_left_in_bounded_time(fake: Fake) -> None:
    """Connecting would hang, and leave the process behind."""
    before = set(psutil.Process().children())
    client = ClaudeSDKClient(
        ClaudeAgentOptions(cli_path=fake("cli"), env={"FAKE": "say:Please sign in,silent"}),
        initialize_timeout=0.5,
    )
    with no_hang(), pytest.raises(CLIConnectionError, match="said: Please sign in"):
        await client.connect()
    assert set(psutil.Process().children()) <= before


@pytest.mark.pure
async def test_cancelled_requests_leave_nothing_behind(fake: Fake) -> None:
    """Each cancelled call would stay in memory for the session's life, and its answer too."""
    async with fake_client(fake, "mute") as client:
        session = client._live_connection()
        for _ in range(20):
            with anyio.move_on_after(0.001):
                await client.set_model("m")
            with anyio.move_on_after(0.001):
                await client.interrupt()
        assert (session._waiters, session._protocol._waiting) == ({}, {})
        with anyio.fail_after(60):
            assert len(await ask(client)) == 1  # and the session still serves


# --- wrong use --------------------------------------------------------------------------------


@pytest.mark.pure
async def test_connecting_twice_starts_no_second_cli(fake: Fake) -> None:
    """The reference SDK starts another one and loses the first."""
    before = set(psutil.Process().children())
    async with fake_client(fake, "result") as client:
        running = set(psutil.Process().children()) - before
        with pytest.raises(CLIConnectionError, match="Already connected; call disconnect"):
            await client.connect()
        assert set(psutil.Process().children()) - before == running
        assert len(await ask(client)) == 1
    assert set(psutil.Process().children()) <= before


@pytest.mark.pure
async def test_two_connects_at_once_start_one_cli(fake: Fake) -> None:
    """Two cells run one after the other before the first has connected."""
    client = fake_client(fake, "result")
    errors: list[CLIConnectionError] = []

    async def connect() -> None:
        try:
            await client.connect()
        except CLIConnectionError as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(connect)
        group.start_soon(connect)
    assert ["Already connected" in str(error) for error in errors] == [True]
    assert len(await ask(client)) == 1
    await client.disconnect()


# --- callbacks --------------------------------------------------------------------------------


@pytest.mark.pure
async def test_a_hook_that_raises_is_reported_to_the_cli_and_the_user(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A guard that fails silently guards nothing."""

    async def guard(*_: Any) -> Any:
        raise RuntimeError("the guard is broken")

    matchers = [HookMatcher(hooks=[guard])]
    transport = ScriptedTransport()
    options = ClaudeAgentOptions(hooks={"PreToolUse": matchers})
    async with ClaudeSDKClient(options, transport=transport) as client:
        greeting = transport.written[0]["request"]
        [callback] = greeting["hooks"]["PreToolUse"][0]["hookCallbackIds"]
        with caplog.at_level(logging.WARNING, "jupyter_claude_sdk"), anyio.fail_after(60):
            call = {"subtype": "hook_callback", "callback_id": callback, "input": {}}
            transport.play({"ask": call}, {"text": "on"})
            async for _ in client.receive_messages():
                break
    [refusal] = [
        line["response"] for line in transport.written if line["type"] == "control_response"
    ]
    assert refusal["subtype"] == "error"
    assert "the guard is broken" in refusal["error"]
    assert "the guard is broken" in caplog.text


@pytest.mark.pure
async def test_a_stream_of_prompts_that_raises_reaches_the_reader(fake: Fake) -> None:
    """The reader would wait for an answer to a prompt that was never sent."""

    async def prompts() -> AsyncIterator[dict[str, Any]]:
        yield {"type": "user", "message": {"role": "user", "content": "x"}}
        raise LookupError("the user's own fault")

    client = fake_client(fake, "result")
    await client.connect(prompts())
    with anyio.fail_after(60):
        assert [type(m) async for m in client.receive_response()] == [ResultMessage]
        with pytest.raises(LookupError):
            async for _ in client.receive_response():
                pass
    await client.disconnect()


@pytest.mark.cli
async def test_a_cli_that_ends_after_its_answer_ends_the_messages(options: Options) -> None:
    """A program that reads all messages in a task of its own would end with an error."""
    client = ClaudeSDKClient(options([], env={"CLAUDE_CODE_EXIT_AFTER_STOP_DELAY": "1"}))
    await client.connect()
    await client.query("x")
    with anyio.fail_after(60):
        messages = [message async for message in client.receive_messages()]
    assert [isinstance(message, ResultMessage) for message in messages].count(True) == 1
    with pytest.raises(CLIConnectionError, match="The CLI ended"):
        await client.query("y")
    await client.disconnect()


@pytest.mark.pure
async def test_a_cli_killed_from_outside_is_a_typed_error_at_once(fake: Fake) -> None:
    """The system's memory guard kills the CLI: the waiting cell must hear of it."""
    client = fake_client(fake, "flood:1")
    await client.connect()
    await client.query("x")
    answer = client.receive_response()
    with anyio.fail_after(60):
        await anext(answer)
        os.kill(pid(client), signal.SIGKILL)
        with pytest.raises(ProcessError, match="ended by a signal"):
            await anext(answer)
    assert not client.connected
    await client.disconnect()


# --- the page ---------------------------------------------------------------------------------


@pytest.mark.pure
def test_every_test_that_the_page_names_exists() -> None:
    """The page would promise what nothing shows."""
    here = Path(__file__).parent
    page = (here.parents[1] / "docs" / "failure-modes.md").read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in here.glob("test_*.py"))
    names = set(re.findall(r"`(test_\w+)`", page))
    assert len(names) > 40
    assert names <= set(re.findall(r"def (test_\w+)", code))
