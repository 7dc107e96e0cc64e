"""A pool in a thread of its own: it opens when it is needed, and never stays for good."""

from __future__ import annotations

import threading
from typing import Any

import anyio
import pytest

from jupyter_claude._batches.background import Background, Closed

pytestmark = pytest.mark.pure


class Pool:
    """Answers with the prompt; "hang" has no answer."""

    def __init__(self, seen: list[str]) -> None:
        self.seen = seen
        self.hangs, self.ended = threading.Event(), threading.Event()

    async def __aenter__(self) -> Any:
        self.seen.append("open")
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.seen.append("end")
        self.ended.set()

    async def ask(self, prompt: str) -> Any:
        if prompt == "hang":
            self.hangs.set()
            await anyio.sleep_forever()
        return prompt


def test_processes_end_when_nobody_asks_and_start_again() -> None:
    """A kernel that dies leaves its cluster's processes for good, or a later call fails."""
    seen: list[str] = []
    pools = [Pool(seen), Pool(seen)]
    left = iter(pools)
    background = Background(lambda: next(left), idle=0.01)
    assert str(background.ask("a")) == "a"
    assert pools[0].ended.wait(10)
    assert str(background.ask("b")) == "b"
    background.close()
    background.close()
    assert seen == ["open", "end", "open", "end"]
    with pytest.raises(Closed):
        background.ask("c")


def test_the_end_ends_what_is_being_asked() -> None:
    """A worker that is told to end hangs, as it waits for a row."""
    pool = Pool([])
    background = Background(lambda: pool)
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            background.ask("hang")
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert pool.hangs.wait(10)
    background.close()
    thread.join(10)
    assert [type(error) for error in errors] == [Closed] and pool.ended.is_set()


def test_a_pool_that_cannot_open_says_so_each_time() -> None:
    """Without room on the disk a worker hangs instead of saying so."""
    seen: list[str] = []

    class Full(Pool):
        async def __aenter__(self) -> Any:
            if not seen:
                seen.append("failed")
                raise OSError("No space left on device")
            return await super().__aenter__()

    background = Background(lambda: Full(seen))
    with pytest.raises(OSError, match="No space"):
        background.ask("a")
    assert str(background.ask("b")) == "b"
    background.close()
