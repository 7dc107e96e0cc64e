"""A long life and many at once: nothing may grow that nobody uses."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
import trio
from jupyter_claude_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ResultMessage,
    TextBlock,
    query,
)

pytestmark = [
    pytest.mark.endurance,
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="the fakes are shell scripts"),
]

Fake = Callable[[str], Path]
Options = Callable[..., ClaudeAgentOptions]
MANY = 1000
WARM_UP = 100


@dataclass
class Holdings:
    """What this process holds."""

    tasks: int
    descriptors: int
    threads: int
    children: int
    objects: int
    memory: int

    @classmethod
    async def now(cls, backend: str) -> Holdings:
        for _ in range(3):  # what is about to end may end
            await anyio.sleep(0.05)
            gc.collect()
        process = psutil.Process()
        if backend == "asyncio":
            tasks = len(asyncio.all_tasks())
        else:
            tasks = trio.lowlevel.current_statistics().tasks_living
        return cls(
            tasks=tasks,
            descriptors=process.num_fds(),
            threads=threading.active_count(),
            children=len(process.children(recursive=True)),
            objects=len(gc.get_objects()),
            memory=process.memory_info().rss,
        )

    def check(self, before: Holdings) -> None:
        """Less than one object in two rounds, and no memory worth speaking of."""
        assert self.tasks <= before.tasks
        assert self.descriptors <= before.descriptors
        assert self.threads <= before.threads
        assert self.children <= before.children
        assert self.objects - before.objects < (MANY - WARM_UP) / 2
        assert self.memory - before.memory < 4 * 1024 * 1024


async def _turn(client: ClaudeSDKClient, number: int) -> None:
    if number % 2:
        async with client.turn(f"prompt {number}") as turn:
            messages = [message async for message in turn]
    else:
        await client.query(f"prompt {number}")
        messages = [message async for message in client.receive_response()]
    assert isinstance(messages[-1], ResultMessage)


@pytest.mark.pure
async def test_a_thousand_turns_leave_nothing(fake: Fake, anyio_backend_name: str) -> None:
    """A session that lasts for days would fill the memory."""
    options = ClaudeAgentOptions(cli_path=fake("cli"), env={"FAKE": "big:100"})
    async with ClaudeSDKClient(options) as client:
        with anyio.fail_after(60):
            for number in range(2 * MANY):
                if number == MANY:  # of the last thousand prompts a client keeps what came before
                    before = await Holdings.now(anyio_backend_name)
                await _turn(client, number)
        (await Holdings.now(anyio_backend_name)).check(before)


@pytest.mark.pure
async def test_a_thousand_connections_leave_nothing(
    tmp_path: Path, anyio_backend_name: str
) -> None:
    """A service that connects for every request would run out of descriptors or memory."""
    program = tmp_path / "tiny"
    program.write_text("#!/bin/sh\n" + (Path(__file__).parent / "fakes/tiny.sh").read_text())
    program.chmod(0o755)
    options = ClaudeAgentOptions(cli_path=program)
    with anyio.fail_after(120):
        for number in range(MANY):
            if number == WARM_UP:
                before = await Holdings.now(anyio_backend_name)
            async with ClaudeSDKClient(options):
                pass
    (await Holdings.now(anyio_backend_name)).check(before)


async def _several_turns(options: ClaudeAgentOptions, name: str, answers: dict[str, Any]) -> None:
    async with ClaudeSDKClient(options) as client:
        found = []
        for number in range(3):
            await client.query(f"{name} {number}")
            found += [
                block.text
                async for message in client.receive_response()
                if isinstance(message, AssistantMessage)
                for block in message.content
                if isinstance(block, TextBlock)
            ]
        answers[name] = found


@pytest.mark.pure
async def test_fifty_clients_at_once(fake: Fake) -> None:
    """One client's answers must not reach another one, and none may starve."""
    options = ClaudeAgentOptions(cli_path=fake("cli"), env={"FAKE": "length"})
    answers: dict[str, Any] = {}
    names = ["n" * length for length in range(1, 51)]
    others = set(psutil.Process().children())  # another test's, not ours
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for name in names:
                group.start_soon(_several_turns, options, name, answers)
    assert answers == {name: [str(len(name) + 2)] * 3 for name in names}
    left = set(psutil.Process().children()) - others
    assert not [child for child in left if child.status() != "zombie"]


@pytest.mark.cli
async def test_five_real_clients_at_once(options: Options) -> None:
    """The same with the real CLI: they share a folder of settings and of transcripts."""
    chosen = options([])
    answers: dict[str, Any] = {}
    names = [f"client {number}" for number in range(5)]
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for name in names:
                group.start_soon(_several_turns, chosen, name, answers)
    assert answers == {name: [f"You said: {name} {n}" for n in range(3)] for name in names}


@pytest.mark.pure
async def test_queries_that_are_left_early_leave_nothing(
    fake: Fake, anyio_backend_name: str
) -> None:
    """`query` in a loop with a `break` is the usual script."""
    options = ClaudeAgentOptions(cli_path=fake("cli"), env={"FAKE": "big:10"})
    for number in range(30):
        if number == 10:
            before = await Holdings.now(anyio_backend_name)
        async with aclosing(query(prompt="x", options=options)) as messages:
            async for _ in messages:
                if number % 2:
                    break
    after = await Holdings.now(anyio_backend_name)
    assert (after.tasks, after.children) <= (before.tasks, before.children)
    assert after.descriptors <= before.descriptors
