"""The transport that runs the CLI as a subprocess."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import Any

import anyio
import anyio.abc

from ._errors import CLIConnectionError, CLINotFoundError, ProcessError, said
from ._find import REMEDY, find_cli
from ._options import ClaudeAgentOptions, command_arguments, command_environment
from ._secrets import redacted, secrets_of
from ._transport import Transport
from ._watcher import Watcher

logger = logging.getLogger("jupyter_claude_sdk")

_CHUNK = 256 * 1024  # bytes a read may bring; many lines of a fast stream in one wake-up
_LEFT = 4 * 1024 * 1024  # bytes read at most after the CLI's end; no pipe holds more
_STDERR_TAIL = 64  # lines kept for error messages
_STDERR_LINE = 16 * 1024  # bytes kept of one line


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
        self._watcher: Watcher | None = None
        self._closed = False
        self._stderr: deque[str] = deque(maxlen=_STDERR_TAIL)
        self._stderr_done = anyio.Event()
        self._receive_scope: anyio.CancelScope | None = None
        self._exited = False  # the CLI is gone: only what waits in the pipe is still read
        self._left = _LEFT

    async def connect(self) -> None:
        if self._process is not None:
            raise CLIConnectionError("A SubprocessTransport serves one connection; make a new one")
        program = find_cli(self._options.cli_path)
        folder = self._options.cwd
        if folder is not None and not Path(folder).is_dir():
            raise CLIConnectionError(f"The working folder does not exist: {folder}")
        command = [str(program), *command_arguments(self._options)]
        environment = command_environment(self._options, dict(os.environ))
        # Shielded: a process that was just started must not be lost to a cancellation.
        with anyio.CancelScope(shield=True):
            process = self._process = await self._start(command, folder, environment)
            if sys.platform != "win32":
                self._watcher = Watcher(process.pid)

    async def _start(
        self, command: list[str], folder: str | Path | None, environment: dict[str, str]
    ) -> anyio.abc.Process:
        try:
            return await anyio.open_process(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                env=environment,
                start_new_session=True,
                user=self._options.user,
            )
        except FileNotFoundError as error:
            raise CLINotFoundError(
                f"Claude Code CLI at {command[0]} does not start: it, or the interpreter that its "
                f"first line names, is not there; {REMEDY}"
            ) from error
        except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
            reason = getattr(error, "strerror", None) or str(error)
            raise CLIConnectionError(
                f"Claude Code CLI at {command[0]} does not start ({reason}); "
                f"check the options, or {REMEDY}"
            ) from error

    async def attend(self) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self._read_stderr)
            group.start_soon(self._watch_exit)

    async def _read_stderr(self) -> None:
        assert self._process is not None and self._process.stderr is not None
        rest = b""
        try:
            while True:
                chunk = await self._process.stderr.receive(_CHUNK)
                *lines, rest = (rest + chunk).split(b"\n")
                rest = rest[-_STDERR_LINE:]
                for line in lines:
                    self._take_stderr(line)
        except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
            if rest:
                self._take_stderr(rest)
        finally:
            self._stderr_done.set()

    def _take_stderr(self, line: bytes) -> None:
        text = line[-_STDERR_LINE:].decode("utf-8", "replace").rstrip()
        self._stderr.append(text)
        if self._options.stderr is not None:
            try:
                self._options.stderr(text)
            except Exception:
                logger.exception("The stderr callback failed")

    async def _watch_exit(self) -> None:
        # A child that the CLI left behind may hold its output open; that must not hide its end.
        assert self._process is not None
        while not await _exits(self._process, 3600, every=1.0):
            pass
        await anyio.sleep(1)
        self._exited = True
        if self._receive_scope is not None:
            self._receive_scope.cancel()

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
            with anyio.CancelScope() as self._receive_scope:
                if not self._exited:
                    return await self._process.stdout.receive(_CHUNK)
            if self._left > 0:
                with anyio.move_on_after(0.5):
                    data = await self._process.stdout.receive(_CHUNK)
                    self._left -= len(data)
                    return data
        except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
            pass
        return b""

    def is_ready(self) -> bool:
        process = self._process
        if process is None or process.returncode is not None:
            return False
        if not hasattr(os, "waitid"):
            return True
        # The loop learns of the process's end late, or not at all while it rests, as it does
        # between the cells of a terminal IPython. So ask the system, and leave it to the loop.
        try:
            flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, process.pid, flags) is None
        except ChildProcessError:
            return False

    def stderr_tail(self) -> str:
        return redacted("\n".join(self._stderr), secrets_of(self._options, os.environ))

    async def ended(self) -> Exception | None:
        assert self._process is not None
        exited = await _exits(self._process, 1)
        with anyio.move_on_after(0.5):
            await self._stderr_done.wait()
        code = self._process.returncode
        if not exited or code is None:
            return CLIConnectionError(
                "The CLI closed its output but still runs" + said(self.stderr_tail())
            )
        if code == 0:
            return None
        what = "The CLI was ended by a signal" if code < 0 else "The CLI ended with an error"
        return ProcessError(what, code, self.stderr_tail())

    async def close(self, *, busy: bool = False) -> None:
        process = self._process
        if process is None or self._closed:
            return
        self._closed = True
        await self._end(process, busy)
        if self._watcher is not None:
            self._watcher.stop()
        if process.returncode is not None:
            await process.aclose()
        else:
            logger.warning("Claude Code (process %d) does not end", process.pid)
        await _close_pipes(process)

    def abandon(self) -> None:
        process = self._process
        if process is None or self._closed:
            return
        self._closed = True
        transport: Any = getattr(getattr(process, "_process", None), "_transport", None)
        for number in range(3):
            pipe = transport and transport.get_pipe_transport(number)
            if pipe:
                pipe.get_extra_info("pipe").close()
        _signal_group(process, "SIGTERM")
        if self._watcher is not None:
            self._watcher.release()  # it sees to the rest
        popen = transport and transport.get_extra_info("subprocess")
        if popen:
            # Nobody else reaps it any more.
            threading.Thread(target=popen.wait, daemon=True).start()

    async def _end(self, process: anyio.abc.Process, busy: bool) -> None:
        # Steps of growing force, each with its own time: end of input, TERM, KILL.
        if process.stdin is not None:
            with anyio.move_on_after(0.5):
                await process.stdin.aclose()
        if busy or not await _exits(process, 0.7):
            _signal_group(process, "SIGTERM")
            _signal_group(process, "SIGCONT")  # one that was stopped sees the TERM only so
            if not await _exits(process, 2.0):
                _signal_group(process, "SIGKILL")
                await _exits(process, 2.0)
                return
        _signal_group(process, "SIGKILL")  # whatever it left behind in its process group


async def _close_pipes(process: anyio.abc.Process) -> None:
    """Let go of the pipes, whoever holds their other ends."""
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            await stream.aclose()
    # On asyncio that closes none that a living process could still write to.
    transport = getattr(getattr(process, "_process", None), "_transport", None)
    for number in range(3):
        pipe = transport and transport.get_pipe_transport(number)
        if pipe:
            pipe.close()


def _signal_group(process: anyio.abc.Process, name: str) -> None:
    if sys.platform == "win32":
        if process.returncode is None:
            process.terminate()
        return
    try:
        os.killpg(process.pid, getattr(signal, name))
    except (ProcessLookupError, PermissionError):
        pass


async def _exits(process: anyio.abc.Process, seconds: float, every: float = 0.1) -> bool:
    """Wait until the process has exited; False if it has not after `seconds`.

    On some Pythons asyncio's ``wait`` returns only when nobody holds the process's pipes any more,
    so the exit is looked for too.
    """
    with anyio.move_on_after(seconds):
        while process.returncode is None:
            with anyio.move_on_after(every):
                await process.wait()
    return process.returncode is not None
