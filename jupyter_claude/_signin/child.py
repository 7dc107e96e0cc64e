"""`Child`: runs a program, reads its output by lines, and ends it with this process."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import anyio
from jupyter_claude_sdk.lowlevel import Watcher

_LONGEST = 64 * 1024  # a longer line is cut
_PATIENCE = 5.0  # seconds to wait for the program's end; the watcher ends it in any case


class Child:
    """A program in its own session. Its output includes its stderr.

    Use it as an asynchronous context manager. It ends the program at the end of the block.

    Parameters
    ----------
    command : list of str
        The program and its arguments.
    environment : mapping of str to str
        Its complete environment.
    folder : Path
        Its working folder.
    """

    def __init__(self, command: list[str], environment: Mapping[str, str], folder: Path) -> None:
        self._command = command
        self._environment = environment
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: Watcher | None = None

    async def __aenter__(self) -> Child:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            env=self._environment,
            start_new_session=True,
            limit=_LONGEST,
        )
        if sys.platform != "win32":
            self._watcher = Watcher(self._process.pid)
        return self

    async def __aexit__(self, *_: object) -> None:
        process, self._process = self._process, None
        watcher, self._watcher = self._watcher, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is not None:
            if watcher is not None:
                watcher.stop()
            return
        if watcher is not None:
            watcher.release()  # it ends the program and its children
        else:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        with anyio.move_on_after(_PATIENCE, shield=True):
            await process.wait()

    async def lines(self) -> AsyncIterator[str]:
        """Yield each line of the output, without its end, until the program ends."""
        assert self._process is not None and self._process.stdout is not None
        output, rest = self._process.stdout, b""
        while data := await output.read(_LONGEST):
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace")
            rest = rest[-_LONGEST:]
        if rest:
            yield rest.decode(errors="replace")

    async def write(self, text: str) -> None:
        """Write text to the program's input. If the program has ended, do nothing."""
        if self._process is None or self._process.stdin is None:
            return  # it has just ended
        with contextlib.suppress(OSError):
            self._process.stdin.write(text.encode())
            await self._process.stdin.drain()

    async def status(self) -> int:
        """Return the exit status, once the program has ended."""
        assert self._process is not None
        return await self._process.wait()
