"""The seam to the CLI: an abstract `Transport`, and the one that runs it as a subprocess."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.abc

from ._errors import CLIConnectionError, CLINotFoundError, ProcessError
from ._find import REMEDY, find_cli
from ._options import ClaudeAgentOptions, command_arguments, command_environment

_CHUNK = 256 * 1024  # bytes a read may bring; many lines of a fast stream in one wake-up
_STDERR_TAIL = 64  # lines kept for error messages


class Transport(ABC):
    """Carries bytes to a CLI and back.

    Pass an instance to `ClaudeSDKClient` or `query` to run the CLI elsewhere or to play it. All
    methods are called from one task group of one event loop. Framing is not a transport's business.
    """

    @abstractmethod
    async def connect(self) -> None:
        """Start; after it `send` and `receive` work.

        Raises
        ------
        CLIConnectionError
            If it cannot start.
        """

    @abstractmethod
    async def send(self, data: bytes) -> None:
        """Send all of `data`; raise `CLIConnectionError` if the other side is gone."""

    @abstractmethod
    async def receive(self) -> bytes:
        """Return the next bytes, in any chunking, or ``b""`` at the end of the stream."""

    @abstractmethod
    async def close(self, *, busy: bool = False) -> None:
        """End the CLI, its children too, in bounded time. May be called at any time, and twice.

        Parameters
        ----------
        busy : bool, default False
            Whether a turn is running: then there is no use in waiting for the CLI to end by itself.
        """

    def is_ready(self) -> bool:
        """Say whether it is connected."""
        return True

    async def ended(self) -> Exception | None:
        """After the end of the stream: say why it ended, or None for a clean end."""
        return None

    def stderr_tail(self) -> str:
        """Return the last lines that the CLI wrote to stderr."""
        return ""


# Waits for a line on stdin. An end of file without one means that our process died, however it
# died: then the CLI's whole process group is asked to end (TERM lets it end its own children),
# and soon after made to. It is portable, where a parent-death signal is Linux's alone and is sent
# when the thread that started the CLI ends.
_WATCHER = 'read line && exit 0; kill -TERM -- "-$1"; sleep 2; kill -KILL -- "-$1"'


class SubprocessTransport(Transport):
    """Runs the CLI as a subprocess in a session of its own.

    Its own session keeps a Ctrl-C meant for us away from it. On POSIX a small shell process watches
    over a pipe that we hold, so that the CLI and its children end within seconds even if this
    process is killed with SIGKILL. On Windows the CLI ends when its input closes.

    Parameters
    ----------
    options : ClaudeAgentOptions
        They give the program, arguments, environment and folder.
    """

    def __init__(self, options: ClaudeAgentOptions) -> None:
        self._options = options
        self._process: anyio.abc.Process | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        self._stderr: deque[str] = deque(maxlen=_STDERR_TAIL)
        self._stderr_done = anyio.Event()
        self._group: anyio.abc.TaskGroup | None = None
        self._reaped = False

    async def connect(self) -> None:
        program = find_cli(self._options.cli_path)
        folder = self._options.cwd
        if folder is not None and not Path(folder).is_dir():
            raise CLIConnectionError(f"The working folder does not exist: {folder}")
        command = [str(program), *command_arguments(self._options)]
        environment = command_environment(self._options, dict(os.environ))
        user = self._options.user if sys.platform != "win32" else None
        try:
            self._process = await anyio.open_process(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                env=environment,
                user=user,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise CLINotFoundError(f"Claude Code CLI not found at {program}; {REMEDY}") from error
        except OSError as error:
            raise CLIConnectionError(
                f"Claude Code CLI at {program} does not start ({error.strerror}); {REMEDY}"
            ) from error
        if sys.platform != "win32":
            self._watch(self._process.pid)
        self._group = anyio.create_task_group()
        await self._group.__aenter__()
        self._group.start_soon(self._read_stderr)

    def _watch(self, pid: int) -> None:
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHER, "sh", str(pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _stop_watching(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            try:
                watcher.communicate(b"done\n", timeout=2)
            except subprocess.TimeoutExpired:
                watcher.kill()
                watcher.wait()

    async def _read_stderr(self) -> None:
        assert self._process is not None and self._process.stderr is not None
        rest = b""
        try:
            while True:
                chunk = await self._process.stderr.receive(_CHUNK)
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._take_stderr(line)
        except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
            if rest:
                self._take_stderr(rest)
        finally:
            self._stderr_done.set()

    def _take_stderr(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        self._stderr.append(text)
        if self._options.stderr is not None:
            self._options.stderr(text)

    async def send(self, data: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            raise CLIConnectionError("Not connected to the CLI")
        try:
            await self._process.stdin.send(data)
        except (anyio.ClosedResourceError, anyio.BrokenResourceError, OSError) as error:
            raise CLIConnectionError("The CLI no longer takes input") from error

    async def receive(self) -> bytes:
        if self._process is None or self._process.stdout is None:
            raise CLIConnectionError("Not connected to the CLI")
        try:
            return await self._process.stdout.receive(_CHUNK)
        except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
            return b""

    def is_ready(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def stderr_tail(self) -> str:
        return "\n".join(self._stderr)

    async def ended(self) -> Exception | None:
        assert self._process is not None
        with anyio.move_on_after(2):
            await self._process.wait()
        with anyio.move_on_after(0.5):
            await self._stderr_done.wait()
        code = self._process.returncode
        if code is None:
            return CLIConnectionError(
                "The CLI closed its output but still runs" + _said(self.stderr_tail())
            )
        if code == 0:
            return None
        what = "The CLI was ended by a signal" if code < 0 else "The CLI ended with an error"
        return ProcessError(what, code, self.stderr_tail())

    async def close(self, *, busy: bool = False) -> None:
        process = self._process
        if process is None or self._reaped:
            return
        self._reaped = True
        with anyio.CancelScope(shield=True):
            try:
                await self._end(process, busy)
            finally:
                self._stop_watching()
                assert self._group is not None
                self._group.cancel_scope.cancel()
                await self._group.__aexit__(None, None, None)
                await process.aclose()

    async def _end(self, process: anyio.abc.Process, busy: bool) -> None:
        # Steps of growing force, each with its own time: end of input, TERM, KILL.
        if process.stdin is not None:
            with anyio.move_on_after(0.5):
                await process.stdin.aclose()
        if not busy and await _exits(process, 1.0):
            return
        self._signal_group(process, "SIGTERM")
        if not await _exits(process, 2.0):
            self._signal_group(process, "SIGKILL")
            await _exits(process, 2.0)
        else:
            # Whatever it left behind in its process group.
            self._signal_group(process, "SIGKILL")

    def _signal_group(self, process: anyio.abc.Process, name: str) -> None:
        if sys.platform == "win32":
            if process.returncode is None:
                process.terminate()
            return
        try:
            os.killpg(process.pid, getattr(signal, name))
        except (ProcessLookupError, PermissionError):
            pass


async def _exits(process: anyio.abc.Process, seconds: float) -> bool:
    with anyio.move_on_after(seconds):
        await process.wait()
    return process.returncode is not None


def _said(stderr: str) -> str:
    from ._errors import last_lines

    return f"; it said: {last_lines(stderr)}" if stderr.strip() else ""


#: What makes a transport of options; tests and other programs may pass their own.
TransportFactory = Callable[[ClaudeAgentOptions], Transport]
