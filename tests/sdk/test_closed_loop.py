"""An event loop that is closed under a connected client takes the CLI along."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from jupyter_claude_sdk import ClaudeAgentOptions, ClaudeSDKClient, CLIConnectionError

pytestmark = [
    # What is left behind in a closed loop is Python's to complain about.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups"),
]

Fake = Callable[[str], Path]
Options = Callable[..., ClaudeAgentOptions]


@pytest.fixture(autouse=True)
def quiet_and_collected() -> Iterator[None]:
    """Let no other test hear of what this one leaves to Python."""
    logger = logging.getLogger("asyncio")
    before, logger.level = logger.level, logging.CRITICAL
    yield
    gc.collect()
    logger.setLevel(before)


def connected(options: ClaudeAgentOptions) -> tuple[asyncio.AbstractEventLoop, ClaudeSDKClient]:
    loop = asyncio.new_event_loop()
    client = ClaudeSDKClient(options)
    loop.run_until_complete(client.connect())
    return loop, client


def processes(client: ClaudeSDKClient) -> list[psutil.Process]:
    """Return the CLI and the watcher beside it."""
    assert client._connection is not None
    transport: Any = client._connection._transport
    pids = transport._program.pid, transport._watcher._process.pid
    return [psutil.Process(pid) for pid in pids]


@pytest.mark.pure
@pytest.mark.parametrize("what", ["result", "ignore"])
def test_a_closed_loop_ends_the_cli(what: str, fake: Fake) -> None:
    """Each cell of a script's own loop would leave a CLI until Python exits, 200 MiB each."""
    before = psutil.Process().num_fds()
    loop, client = connected(ClaudeAgentOptions(cli_path=fake("cli"), env={"FAKE": what}))
    left = processes(client)
    loop.close()
    _, alive = psutil.wait_procs(left, timeout=60)
    assert not alive
    assert psutil.Process().num_fds() <= before
    assert not client.connected


@pytest.mark.pure
def test_a_client_of_a_closed_loop_says_so_and_connects_anew(fake: Fake) -> None:
    """It would wait for ever for what can no longer happen."""
    loop, client = connected(ClaudeAgentOptions(cli_path=fake("cli")))
    loop.close()

    async def go_on() -> None:
        with anyio.fail_after(60):
            with pytest.raises(CLIConnectionError, match=r"event loop .* closed"):
                await client.query("x")
            await client.disconnect()
            await client.connect()
            await client.query("x")
            assert [message async for message in client.receive_response()]
            await client.disconnect()

    asyncio.run(go_on())


@pytest.mark.cli
def test_a_closed_loop_ends_the_real_cli_in_a_turn(options: Options) -> None:
    """What it runs would go on, and its model's answer be paid for."""
    script = [{"replies": [[{"text": "a"}, {"hang": True}]]}]
    loop, client = connected(options(script, include_partial_messages=True))

    async def first_word() -> None:
        await client.query("x")
        async for message in client.receive_response():
            if type(message).__name__ == "StreamEvent":
                break

    loop.run_until_complete(first_word())
    left = processes(client)
    loop.close()
    _, alive = psutil.wait_procs(left, timeout=60)
    assert not alive
