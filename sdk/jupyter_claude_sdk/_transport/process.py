"""A program and the pipes to it.

On POSIX we start the program ourselves: at once, before the event loop's library is loaded, and we
read its pipes without further copies. On Windows the event loop does it, because it is the only one
that can wait for pipes there.

We measured `anyio.open_process` in place of our POSIX pipes (Linux, Python 3.11). It starts the
first program of a process after 43 ms of a core, because anyio first loads its asyncio part. Ours
starts after 0.5 ms. Streams of 100,000 messages took 5 to 26 % longer, for about the same CPU time.
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

#: The most bytes of one read. A pipe of Linux holds as many; a larger buffer costs more time.
_CHUNK = 64 * 1024


class Program(ABC):
    """A running program; on POSIX it has a session of its own."""

    pid: int

    @property
    @abstractmethod
    def returncode(self) -> int | None:
        """The program's exit code, negative for a signal; None while it runs."""

    @abstractmethod
    async def wait(self) -> None:
        """Wait for the program's end, even if others still hold its pipes."""

    @abstractmethod
    async def read(self, *, errors: bool = False) -> bytes:
        """Return bytes of its output, or of its error output; ``b""`` at the end.

        Raises
        ------
        OSError, ValueError
            If the pipe is closed.
        """

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """Write all of `data` to its input; raise OSError or ValueError if it is closed."""

    @abstractmethod
    async def close_input(self) -> None:
        """End its input."""

    @abstractmethod
    async def close(self) -> None:
        """Release the program and close our ends of the pipes. Nobody may be reading."""

    @abstractmethod
    def abandon(self) -> None:
        """Release the program without waiting, because the event loop was closed."""


async def start_program(
    command: list[str], folder: str | Path | None, env: dict[str, str], user: str | None
) -> Program:
    """Start a program by way of the event loop, on a system that is not POSIX.

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
    """A program on a POSIX system. Making one starts the program, without waiting.

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
        self._ends: set[int] = set()  # descriptors that become readable when the program ends
        # Unbuffered and non-blocking: a read or write that would have to wait returns None.
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
            except (AttributeError, OSError):  # only Linux has it, and some sandboxes forbid it
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
        if self.returncode is None:  # somebody has to reap the process
            threading.Thread(target=self._process.wait, daemon=True).start()


class _LoopProgram(Program):
    """A program that the event loop runs."""

    def __init__(self, process: anyio.abc.Process) -> None:
        self._process = process
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> None:
        # On some Pythons asyncio's ``wait`` returns only when nobody holds the program's pipes any
        # more, so we also look for the exit code.
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
        # asyncio does not close a pipe that a running process could still write to.
        transport = getattr(getattr(self._process, "_process", None), "_transport", None)
        for number in range(3):
            pipe = transport and transport.get_pipe_transport(number)
            if pipe:
                pipe.close()

    def abandon(self) -> None:
        if self.returncode is None:
            self._process.terminate()
