"""What keeps a kernel from being culled, and for how long."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from jupyter_claude._kernel import keep_alive
from jupyter_claude._kernel.keep_alive import KeepAlive
from tests.extension.front_end import request, shown
from tests.kernels.harness import VERSIONS

WAIT = 10  # seconds for another thread


class Sent:
    """A kernel that notes messages, with a clock that stands still until a test moves it."""

    def __init__(self, minutes: float | None) -> None:
        self.now = 0.0
        self.messages: Queue[None] = Queue()
        self.keep = KeepAlive(lambda: minutes, lambda: self.messages.put(None), lambda: self.now)

    def more(self) -> None:
        """Wait for two messages: the first may have been on its way."""
        self.messages.get(timeout=WAIT)
        self.messages.get(timeout=WAIT)


def ended() -> None:
    """Wait until no thread sends any more."""
    for thread in threading.enumerate():
        if thread.name == "jupyter-claude-alive":
            thread.join(WAIT)
            assert not thread.is_alive()


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send often."""
    monkeypatch.setattr(keep_alive, "INTERVAL", 0.001)


@pytest.mark.pure
def test_it_sends_as_long_as_something_works() -> None:
    """Else a long command's kernel is culled, or one without a turn never is."""
    kernel = Sent(None)
    kernel.keep.begin("turn")
    kernel.more()
    kernel.keep.begin("task")
    kernel.keep.end("turn")
    kernel.more()
    kernel.keep.end("task")
    kernel.keep.renew()
    ended()
    assert not kernel.keep.sends


@pytest.mark.pure
@pytest.mark.parametrize(("minutes", "limit"), [(None, 60 * 60), (5.0, 5 * 60)])
def test_it_ends_when_the_time_is_over(minutes: float | None, limit: float) -> None:
    """Else a request that nobody answers keeps a server for good, and the administrator pays."""
    kernel = Sent(minutes)
    kernel.keep.begin("turn")
    kernel.now = limit - 1
    kernel.more()
    kernel.keep.begin("what Claude began by itself", anew=False)
    kernel.now = limit
    ended()
    assert not kernel.keep.sends
    # A sign of the user begins the time anew.
    kernel.keep.renew()
    kernel.now = 2 * limit - 1
    kernel.more()
    kernel.keep.begin("request")
    kernel.now = 3 * limit - 2
    kernel.more()
    kernel.now += 1
    ended()


@pytest.mark.pure
def test_what_claude_begins_by_itself_adds_no_time() -> None:
    """Else a prompt that Claude gives itself each hour keeps an abandoned server for good."""
    kernel = Sent(5.0)
    kernel.keep.begin("turn")
    kernel.keep.end("turn")
    kernel.now = 5 * 60 - 1
    kernel.keep.begin("by itself", anew=False)
    kernel.more()
    kernel.now += 1
    ended()
    kernel.keep.end("by itself")
    sent = kernel.messages.qsize()
    kernel.keep.begin("by itself again", anew=False)
    ended()
    assert kernel.messages.qsize() == sent


@pytest.mark.pure
def test_the_administrator_can_switch_it_off() -> None:
    """Else an administrator cannot have servers culled as before."""
    kernel = Sent(0.0)
    kernel.keep.begin("turn")
    ended()
    assert kernel.messages.empty()


BEGIN = """\
import asyncio, pathlib, time
import jupyter_claude._kernel.keep_alive as keep_alive
keep_alive.INTERVAL = 0.05
claude._parts.keep_alive.begin("work")
while not pathlib.Path("go").exists(): time.sleep(0.01)
claude._parts.keep_alive.end("work")
"""


@pytest.mark.anyio
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_blocked_kernel_sends_messages(claude_kernel: Any, version: str) -> None:
    """Else a kernel is culled in which Claude's code computes for an hour."""
    async with claude_kernel([], version=version) as kernel:
        cell = kernel.execute(BEGIN)
        sent = await kernel.widget(lambda comm: not comm.target)  # pages never heard of it
        await sent.until(lambda comm: len(comm.received) > 2)
        assert not cell.idle
        (kernel.cwd / "go").touch()
        await cell.done()
        assert cell.status == "ok", cell.story()
        assert set(map(str, sent.received)) == {"{}"}


TWICE: list[dict[str, Any]] = [
    {
        "replies": [
            [{"tool": "Bash", "input": {"command": "touch one.txt"}}],
            [{"tool": "Bash", "input": {"command": "touch two.txt"}}],
            [{"text": "Neither."}],
        ]
    }
]


@pytest.mark.cli
@pytest.mark.anyio
async def test_the_administrators_limit_denies_with_a_line(
    claude_kernel: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody knows why nothing was done, or each request waits as long again."""
    policy = tmp_path / "policy.toml"
    policy.write_text("keep_alive_minutes = 0.05\n")
    monkeypatch.setenv("JUPYTER_CLAUDE_POLICY", str(policy))
    async with claude_kernel(TWICE) as kernel:
        cell = kernel.execute("%%claude\ntouch both")
        _, asked = await request(kernel)
        limit = "0.05 minutes, the administrator's limit"
        line = f"Waiting for your answer. Without one it is denied after {limit}."
        assert asked["waiting"] == line
        await cell.done()
        text = shown(cell)
        assert f"Denied: nobody answered in {limit}" in text
        assert text.count("Denied: nobody can be asked here. To allow it, add") == 1
        assert "Neither." in text
        assert not list(kernel.cwd.glob("*.txt"))
