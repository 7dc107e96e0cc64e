"""The SDK without what only POSIX systems have, as far as that can be played here.

A program of its own takes the names away that Windows lacks, says that it is Windows, and then
imports every module and runs a program in place of the CLI, which goes the way it goes there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(sys.platform == "win32", reason="the real one is at hand"),
]

_CODE = """
import asyncio, importlib, os, pkgutil, signal, subprocess, sys
import anyio, anyio._backends._asyncio, mcp, mcp.server, mcp.types, orjson  # with what they need

for module in "fcntl grp posix pwd resource termios tty".split():
    sys.modules[module] = None
for name in (
    "chown fchmod fork forkpty getegid geteuid getgid getpgid getuid killpg pidfd_open "
    "register_at_fork setpgid setsid setuid waitid WEXITED WNOHANG WNOWAIT"
).split():
    if hasattr(os, name):
        delattr(os, name)
for name in "SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGQUIT SIGSTOP SIGTSTP SIGUSR1".split():
    delattr(signal, name)
sys.platform = "win32"

import jupyter_claude_sdk as sdk
for found in pkgutil.walk_packages(sdk.__path__, "jupyter_claude_sdk."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)

async def main(cli):
    options = sdk.ClaudeAgentOptions(cli_path=cli, env={"FAKE": sys.argv[2]})
    client = sdk.ClaudeSDKClient(options)
    await client.connect()
    await client.query("x")
    messages = [message async for message in client.receive_response()]
    transport = client._connection._transport
    await client.disconnect()
    assert transport._watcher is None
    print(type(messages[-1]).__name__, transport._program.returncode)

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("what", "code"),
    [
        pytest.param("result", 0, id="a CLI that ends with its input"),
        pytest.param("result,stay", -15, id="a CLI that must be terminated"),
    ],
)
def test_nothing_of_posix_is_needed(what: str, code: int, fake: Callable[[str], Path]) -> None:
    """On Windows nothing would work, not even the import."""
    done = subprocess.run(
        [sys.executable, "-c", _CODE, str(fake("cli")), what],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["ResultMessage", str(code)]
