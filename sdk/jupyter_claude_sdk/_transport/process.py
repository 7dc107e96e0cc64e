"""A program and the pipes to it.

On POSIX it starts at once, before anything of the event loop is loaded, and its pipes are read
without copies in between. On Windows, whose pipes cannot be waited for in that way, it is left to
the event loop.
"""

from __future__ import annotations

import io
import os
import subprocess
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, cast

import anyio
import anyio.abc
import anyio.lowlevel

#: Bytes that a read may bring; a pipe of Linux holds as many, and allocating more is dearer.
_CHUNK = 64 * 1024


class Program(ABC):
    """A program that runs, in a session of its own where there are such."""

    pid: int

    @property
    @abstractmethod
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""

    @abstractmethod
    async def wait(self) -> None:
        """Wait for its end, whoever else holds its pipes."""

    @abstractmethod
    async def read(self, *, errors: bool = False) -> bytes:
        """Return what it wrote to its output, or its error output; ``b""`` at the end.

        Raises
        ------
        OSError, ValueError
            If the pipe is closed.
        """

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """Write all of `data` to its input; raise OSError or ValueError if it takes none."""

    @abstractmethod
    async def close_input(self) -> None:
        """End its input."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of it and of the pipes, whoever holds their other ends. Nobody may read then."""

    @abstractmethod
    def abandon(self) -> None:
        """Let go of it without waiting: its event loop was closed."""


async def start_program(
    command: list[str], folder: str | Path | None, env: dict[str, str], user: str | None
) -> Program:
    """Start a program on a system without POSIX's pipes.

    Raises
    ------
    OSError, ValueError
        If it does not start.
    """
    return _LoopProgram(await anyio.open_process(command, **_start_options(folder, env, user)))


def _start_options(
    folder: str | Path | None, env: dict[str, str], user: str | None
) -> dict[str, Any]:
    return {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "cwd": folder,
        "env": env,
        "start_new_session": True,
        "user": user,
    }


class PosixProgram(Program):
    """A program on a POSIX system; made without waiting.

    Raises
    ------
    OSError, ValueError
        If it does not start.
    """

    def __init__(
        self, command: list[str], folder: str | Path | None, env: dict[str, str], user: str | None
    ) -> None:
        self._process = process = subprocess.Popen(
            command,
            bufsize=0,
            **_start_options(folder, env, user),
        )
        self.pid = process.pid
        self._ends: set[int] = set()  # descriptors that become readable with its end
        # Unbuffered and not blocking: what cannot be read or written now gives None.
        self._input = cast(io.FileIO, process.stdin)
        self._output = cast(io.FileIO, process.stdout)
        self._errors = cast(io.FileIO, process.stderr)
        for pipe in (self._input, self._output, self._errors):
            os.set_blocking(pipe.fileno(), False)

    @property
    def returncode(self) -> int | None:
        return self._process.poll()

    async def wait(self) -> None:
        if self.returncode is None:
            try:
                end = os.pidfd_open(self.pid)
            except (AttributeError, OSError):  # Linux alone has it, and not every sandbox
                await self._look_for_end()
                return
            self._ends.add(end)
            try:
                await anyio.wait_readable(end)
            finally:
                if end in self._ends:
                    self._ends.remove(end)
                    os.close(end)

    async def _look_for_end(self) -> None:
        seconds = 0.001
        while self.returncode is None:
            await anyio.sleep(seconds)
            seconds = min(2 * seconds, 0.05)

    async def read(self, *, errors: bool = False) -> bytes:
        pipe = self._errors if errors else self._output
        # A pipe that is always full must not keep other tasks from running.
        await anyio.lowlevel.checkpoint()
        while (data := pipe.read(_CHUNK)) is None:
            await anyio.wait_readable(pipe)
        return data

    async def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            written = self._input.write(rest)
            if written is None:
                await anyio.wait_writable(self._input)
            else:
                rest = rest[written:]

    async def close_input(self) -> None:
        self._input.close()

    async def close(self) -> None:
        self.abandon()

    def abandon(self) -> None:
        for pipe in (self._input, self._output, self._errors):
            pipe.close()
        while self._ends:
            os.close(self._ends.pop())
        if self.returncode is None:  # someone has to take note of its end
            threading.Thread(target=self._process.wait, daemon=True).start()


class _LoopProgram(Program):
    """A program that the event loop looks after."""

    def __init__(self, process: anyio.abc.Process) -> None:
        self._process = process
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> None:
        # On some Pythons asyncio's ``wait`` returns only when nobody holds the program's pipes any
        # more, so the end is looked for too.
        while self.returncode is None:
            with anyio.move_on_after(0.1):
                await self._process.wait()

    async def read(self, *, errors: bool = False) -> bytes:
        pipe = self._process.stderr if errors else self._process.stdout
        assert pipe is not None
        try:
            return await pipe.receive(_CHUNK)
        except anyio.EndOfStream:
            return b""
        except (anyio.ClosedResourceError, anyio.BrokenResourceError) as error:
            raise OSError("the pipe is closed") from error

    async def write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            await self._process.stdin.send(data)
        except (anyio.ClosedResourceError, anyio.BrokenResourceError) as error:
            raise OSError("the pipe is closed") from error

    async def close_input(self) -> None:
        assert self._process.stdin is not None
        with anyio.move_on_after(0.5):
            await self._process.stdin.aclose()

    async def close(self) -> None:
        if self.returncode is not None:
            await self._process.aclose()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                await stream.aclose()
        # On asyncio that closes none that a living process could still write to.
        transport = getattr(getattr(self._process, "_process", None), "_transport", None)
        for number in range(3):
            pipe = transport and transport.get_pipe_transport(number)
            if pipe:
                pipe.close()

    def abandon(self) -> None:
        if self.returncode is None:
            self._process.terminate()
