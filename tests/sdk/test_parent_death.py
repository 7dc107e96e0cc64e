"""The CLI and what it runs end with the program that started it, however that ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_claude_sdk.testing import ScriptedModel

from tests.hangs import HANG

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL"),
]

WORDS = {"text": "word " * 4000, "chunk": 5, "every": 0.05}
SCRIPT = [
    {"when": "hang", "replies": [[{"text": "a"}, {"hang": True}]]},
    {
        "when": "bash",
        "replies": [[{"tool": "Bash", "input": {"command": "exec sleep 98"}}]],
    },
    {
        "when": "permission",
        "replies": [[{"tool": "Bash", "input": {"command": "touch made.txt"}}]],
    },
    {"replies": [[WORDS]]},
]


def wait_until(condition: Callable[[], object]) -> bool:
    """Look again and again: these are not our children, so nothing tells of their end."""
    end = time.monotonic() + HANG
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("state", ["idle", "stream", "hang", "bash", "permission", "fork"])
def test_kill_9_takes_the_cli_and_its_children_along(
    state: str,
    cli: Path,
    scripted: Callable[[Any], ScriptedModel],
    gone: Callable[[int], bool],
    tmp_path: Path,
) -> None:
    """A killed kernel would leave a CLI that goes on spending, and commands that go on running."""
    environment = json.dumps(scripted(SCRIPT).env)
    program = Path(__file__).parent / "fakes" / "parent.py"
    parent = subprocess.Popen(
        [sys.executable, program, tmp_path, state, cli, environment],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    forked = None
    try:
        cli_process, watcher = (int(word) for word in parent.stdout.readline().split())
        while (line := parent.stdout.readline().strip()) != "ready":
            assert line, "the program ended early"
            forked = int(line.split()[1])
        children: list[psutil.Process] = []
        if state == "bash":
            own = psutil.Process(cli_process)
            assert wait_until(lambda: own.children(recursive=True))
            children = own.children(recursive=True)
        parent.kill()
        tree = [cli_process, *(child.pid for child in children)]
        assert wait_until(lambda: all(map(gone, tree))), [*map(gone, tree)]
        assert wait_until(lambda: gone(watcher))
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        if forked is not None:
            os.kill(forked, signal.SIGKILL)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_leaving_the_loop_without_disconnect_leaves_no_process_and_no_warning(
    backend: str, cli: Path, scripted: Callable[[Any], ScriptedModel], gone: Callable[[int], bool]
) -> None:
    """A script that forgets disconnect() must end cleanly all the same."""
    code = f"""
import anyio, asyncio, json, sys
from jupyter_claude_sdk import *
async def main():
    if {backend!r} == "asyncio":  # a busy machine is slow; debug mode tells of that too
        asyncio.get_running_loop().slow_callback_duration = 60
    options = ClaudeAgentOptions(cli_path=sys.argv[1], env=json.loads(sys.argv[2]))
    client = ClaudeSDKClient(options)
    await client.connect()
    await client.query("hang")
    async for message in client.receive_response():
        break
    transport = client._connection._transport
    print(transport._program.pid, transport._watcher._process.pid)
anyio.run(main, backend={backend!r})
"""
    environment = json.dumps(scripted(SCRIPT).env)
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code, cli, environment],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert all(gone(int(pid)) for pid in done.stdout.split())
