"""A real culler of jupyter-server, with kernels that work, wait, or do nothing.

It ends each kernel without activity for two seconds, also a busy one, and one with open pages.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk.testing import ScriptedModel, tool_results
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from tests.extension.test_control_channel import SCRIPT

pytestmark = [pytest.mark.cli, pytest.mark.anyio]

Start = Callable[..., Awaitable[str]]

START = """\
import asyncio, pathlib, time
%load_ext jupyter_claude
from jupyter_claude import claude
import jupyter_claude._kernel.keep_alive as keep_alive
keep_alive.INTERVAL = 0.2
"""
#: The turn of a panel runs like this: beside the cells.
WAITS = """\
asked = asyncio.create_task(claude.ask("touch"))
while not claude.history or not claude._parts.approvals._pending:
    await asyncio.sleep(0.01)
"""
BLOCKS = "while not pathlib.Path('go').exists(): time.sleep(0.01)"


class Server(AsyncMappingKernelManager):
    """A server's kernels. It looks once a second at those that a test shows to the culler."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)  # type: ignore[no-untyped-call]
        self.looked: dict[str, int] = {}

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """Look at a kernel, if it is ready."""
        if kernel_id in self.looked:
            await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]
            self.looked[kernel_id] += 1

    async def until(self, holds: Callable[[], object], *living: str) -> None:
        """Wait for what the culler does. These kernels must live until then."""
        with anyio.fail_after(60):
            while not holds():
                assert [id for id in living if id not in self] == []
                await anyio.sleep(0.05)


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio: jupyter-server supports only that."""
    return "asyncio"


@pytest.fixture
async def server(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Server]:
    """Start a server that culls whatever shows no activity for two seconds."""
    spec = tmp_path / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "Python", "language": "python"}))
    server = Server(
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(tmp_path / "kernels")]),
        connection_dir=str(tmp_path),
        cull_idle_timeout=2,
        cull_interval=1,
        cull_busy=True,
        cull_connected=True,
    )
    yield server
    await server.shutdown_all(now=True)


@pytest.fixture
async def start(
    server: Server, cli: Path, scripted: Callable[[Any], ScriptedModel], tmp_path: Path
) -> AsyncIterator[Start]:
    """Start kernels of the server, and run cells; the last one may run on."""
    clients: list[Any] = []

    async def start_one(model: ScriptedModel, *cells: str) -> str:
        environment = {
            **os.environ,
            **model.env,
            "JUPYTER_CLAUDE_CLI": str(cli),
            "HOME": str(tmp_path),
        }
        id: str = await server.start_kernel(cwd=str(tmp_path), env=environment)
        client: Any = server.get_kernel(id).client()
        clients.append(client)
        client.start_channels(hb=False)
        await client.wait_for_ready(timeout=60)
        for cell in cells:
            await client.execute_interactive(cell, timeout=60, output_hook=lambda message: None)
        return id

    yield start_one
    for client in clients:
        client.stop_channels()


def told(model: ScriptedModel) -> str:
    """Return what Claude was told of its tool calls."""
    return str([result for body in model.requests for result in tool_results(body)])


async def test_a_kernel_with_a_waiting_request_lives_until_the_limit(
    server: Server,
    start: Start,
    scripted: Callable[[Any], ScriptedModel],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else whoever goes to lunch finds no request, no kernel, and no variables."""
    policy = tmp_path / "policy.toml"
    policy.write_text("keep_alive_minutes = 0.1\n")
    monkeypatch.setenv("JUPYTER_CLAUDE_POLICY", str(policy))
    model = scripted(SCRIPT)
    idle = await start(model, START)
    waits = await start(model, START, WAITS)
    server.looked |= {idle: 0, waits: 0}
    await server.until(lambda: idle not in server, waits)
    seen = server.looked[waits]
    await server.until(lambda: server.looked[waits] > seen + 1, waits)
    # The request is denied at last. Then the kernel is culled as any other.
    await server.until(lambda: waits not in server)
    assert "Nobody answered within 0.1 minutes, the administrator's limit." in told(model)


UNTIL_GO = "until [ -e go ]; do sleep 0.1; done"
LONG: list[dict[str, Any]] = [
    {
        "when": "wait in the background",
        "replies": [
            [{"tool": "Bash", "input": {"command": UNTIL_GO, "run_in_background": True}}],
            [{"text": "It waits."}],
        ],
    },
    {
        "when": "wait",
        "replies": [[{"tool": "Bash", "input": {"command": UNTIL_GO}}], [{"text": "Done."}]],
    },
    {"when": "Label", "replies": [[{"hang": True}]]},
]
ALLOW = "claude.settings.allowed_tools = ['Bash']"
IN_BACKGROUND = (
    "await claude.ask('wait in the background'); assert claude._parts.conversation.tasks"
)
IN_TURN = """\
asked = asyncio.create_task(claude.ask("wait"))
while not (claude.history and claude.history[0].tools):
    await asyncio.sleep(0.01)
"""
MAPS = """\
batch = claude.map(["a"], "Label: {text}")
async def ask():
    await batch
asked = asyncio.create_task(ask())
while batch.progress.state != "running":
    await asyncio.sleep(0.01)
"""
BLOCKS = "while not pathlib.Path('go').exists(): time.sleep(0.01)"


@pytest.mark.endurance
async def test_a_kernel_lives_as_long_as_claude_works(
    server: Server, start: Start, scripted: Callable[[Any], ScriptedModel], tmp_path: Path
) -> None:
    """Else hours of work are lost: a long command, one in the background, or thousands of rows."""
    model = scripted(LONG)
    idle = await start(model, START)
    background = await start(model, START, ALLOW, IN_BACKGROUND)
    maps = await start(model, START, MAPS)
    blocked = await start(model, START, ALLOW, IN_TURN)
    client: Any = server.get_kernel(blocked).client()
    client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)
    client.execute(BLOCKS)  # the loop can send nothing
    working = [background, maps, blocked]
    server.looked |= dict.fromkeys([idle, *working], 0)
    await server.until(lambda: idle not in server, *working)
    seen = dict(server.looked)
    await server.until(lambda: all(server.looked[id] > seen[id] + 3 for id in working), *working)
    # What has ended is kept no longer.
    (tmp_path / "go").touch()
    await server.until(lambda: background not in server and blocked not in server, maps)
    client.stop_channels()
