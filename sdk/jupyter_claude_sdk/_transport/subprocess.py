"""`SubprocessTransport`: runs the CLI as a subprocess."""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import anyio

from .._base.secrets import Environment, redacted, secrets_of, without_passwords
from .._base.signal import Signal
from .._errors import CLIConnectionError, CLINotFoundError, ProcessError, stderr_suffix
from .._options import ClaudeAgentOptions
from .arguments import command_arguments, command_environment, private_files
from .base import Transport
from .find import REMEDY, find_cli
from .hints import why_silent
from .process import PosixProgram, Program, start_program
from .scratch import OPTIONS, change_owner, new_folder, remove_folder, write_private
from .watcher import Watcher

logger = logging.getLogger("jupyter_claude_sdk")

_POSIX = sys.platform != "win32"
_LEFT = 4 * 1024 * 1024  # the most bytes to read after the CLI's end; no pipe holds more
_STDERR_TAIL = 64  # lines kept for error messages
_STDERR_LINE = 16 * 1024  # bytes kept of one line

# Seconds that the CLI has to end, after the end of its input, a TERM and a KILL.
_AFTER_INPUT = 0.7
_AFTER_TERM = 2.0
_AFTER_KILL = 2.0


class SubprocessTransport(Transport):
    """Runs the CLI as a subprocess, in a process session of its own.

    Because of that session a Ctrl-C for this process does not reach the CLI. On POSIX a small shell
    process, the watcher, ends the CLI and its children within seconds if this process dies, even by
    SIGKILL. On Windows the CLI ends when its input closes.

    Parameters
    ----------
    options : ClaudeAgentOptions
        They say which program to run, with which arguments and environment, in which folder.
    """

    def __init__(self, options: ClaudeAgentOptions) -> None:
        self._options = options
        self._program: Program | None = None
        self._watcher: Watcher | None = None
        self._files: Path | None = None  # the folder with the options that the CLI reads from files
        self._connected = False
        self._closed = False
        self._stderr: deque[str] = deque(maxlen=_STDERR_TAIL)
        self._stderr_done = False
        self._changed = Signal()  # of `_stderr_done` or `_receive_scope`
        self._receive_scope: anyio.CancelScope | None = None
        self._exited = False  # the CLI is gone, so only the rest in the pipe is read
        self._left = _LEFT

    def prepare(self) -> None:
        # The CLI takes longest to start, so it starts before the event loop's library is loaded.
        if self._program is not None:
            raise CLIConnectionError("A SubprocessTransport serves one connection; make a new one")
        if _POSIX:
            command, folder, environment = self._command()
            with self._start_errors(command):
                self._program = PosixProgram(command, folder, environment, self._options.user)
            self._watcher = Watcher(self._program.pid, self._files)

    async def connect(self) -> None:
        if self._connected:
            raise CLIConnectionError("A SubprocessTransport serves one connection; make a new one")
        if self._program is None:
            SubprocessTransport.prepare(self)
        if self._program is None:
            command, folder, environment = self._command()
            # Shielded: a cancellation must not lose a process that has just started.
            with anyio.CancelScope(shield=True), self._start_errors(command):
                self._program = await start_program(
                    command, folder, environment, self._options.user
                )
        self._connected = True

    def _command(self) -> tuple[list[str], str | Path | None, Environment]:
        program = find_cli(self._options.cli_path)
        folder = self._options.cwd
        check_folder(folder)
        arguments = command_arguments(self._options, self._write_files())
        environment = command_environment(self._options, os.environ)
        return [str(program), *arguments], folder, environment

    def _write_files(self) -> dict[str, Path]:
        texts = private_files(self._options)
        if not texts:
            return {}
        try:
            self._files = folder = new_folder(OPTIONS)
            for name, text in texts.items():
                write_private(folder / name, text)
            if self._options.user is not None:
                change_owner(folder, self._options.user)
        except (OSError, LookupError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CLIConnectionError(
                f"The options could not be written to {tempfile.gettempdir()} ({reason}); "
                "check the options settings, mcp_servers and user, and the free space there"
            ) from None
        return {name: folder / name for name in texts}

    def _remove_files(self) -> None:
        if self._files is not None:
            remove_folder(self._files)
            self._files = None

    @contextmanager
    def _start_errors(self, command: list[str]) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise CLINotFoundError(
                f"Claude Code CLI at {command[0]} does not start: the program, or the interpreter "
                f"in its first line, does not exist; {REMEDY}"
            ) from error
        except KeyError as error:  # from the system's list of users
            raise CLIConnectionError(
                f"This machine has no user {self._options.user!r}; check the option user"
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
        assert self._program is not None
        rest = b""
        try:
            while chunk := await self._program.read(errors=True):
                *lines, rest = (rest + chunk).split(b"\n")
                rest = rest[-_STDERR_LINE:]
                for line in lines:
                    self._handle_stderr_line(line)
            if rest:
                self._handle_stderr_line(rest)
        except OSError:
            pass
        finally:
            self._stderr_done = True
            self._changed.notify()

    def _handle_stderr_line(self, line: bytes) -> None:
        text = line[-_STDERR_LINE:].decode("utf-8", "replace").rstrip()
        self._stderr.append(text)
        try:
            if self._options.stderr is not None:
                self._options.stderr(text)
            elif self._options.debug_stderr is not type(self._options).debug_stderr:
                print(text, file=self._options.debug_stderr)
        except Exception:
            logger.exception("The stderr callback failed")

    async def _watch_exit(self) -> None:
        # A child that outlives the CLI may keep its output open, and so hide the CLI's end.
        assert self._program is not None
        await self._program.wait()
        await anyio.sleep(1)
        self._exited = True
        if self._receive_scope is not None:
            self._receive_scope.cancel()

    async def send(self, data: bytes) -> None:
        if self._program is None:
            raise CLIConnectionError("Not connected to the CLI")
        try:
            await self._program.write(data)
        except (OSError, ValueError) as error:
            raise CLIConnectionError("The CLI no longer takes input") from error

    async def receive(self) -> bytes:
        if self._program is None:
            raise CLIConnectionError("Not connected to the CLI")
        try:
            with anyio.CancelScope() as self._receive_scope:
                if not self._exited:
                    return await self._program.read()
            if self._left > 0:
                with anyio.move_on_after(0.5):
                    data = await self._program.read()
                    self._left -= len(data)
                    return data
        except (OSError, ValueError):
            pass
        finally:
            self._receive_scope = None
            self._changed.notify()
        return b""

    def is_ready(self) -> bool:
        return self._program is not None and self._program.returncode is None

    def cli_environment(self) -> Mapping[str, str]:
        return command_environment(self._options, os.environ)

    def stderr_tail(self) -> str:
        text = redacted("\n".join(self._stderr), secrets_of(self._options, os.environ))
        return without_passwords(text)  # settings files may have other addresses

    async def ended(self) -> Exception | None:
        assert self._program is not None
        exited = await _exits(self._program, 1)
        with anyio.move_on_after(0.5):
            while not self._stderr_done:
                await self._changed.wait()
        code = self._program.returncode
        if not exited or code is None:
            return CLIConnectionError(
                "The CLI closed its output but still runs" + stderr_suffix(self.stderr_tail())
            )
        if code == 0:
            return None
        what = "The CLI was ended by a signal" if code < 0 else "The CLI ended with an error"
        error = ProcessError(what, code, self.stderr_tail())
        if code > 0 and not self._stderr:
            error.args = (f"{error}{why_silent(self.cli_environment())}",)
        return error

    async def close(self, *, busy: bool = False) -> None:
        program = self._program
        if program is None:
            self._remove_files()
        if program is None or self._closed:
            return
        self._closed = True
        await self._end(program, busy)
        if self._watcher is not None:
            self._watcher.stop()
        self._remove_files()
        if program.returncode is None:
            logger.warning("Claude Code (process %d) does not end", program.pid)
        # A task that is still receiving gets the CLI's last bytes before the pipes are closed.
        with anyio.move_on_after(0.5):
            while self._receive_scope is not None:
                await self._changed.wait()
        if self._receive_scope is not None:
            self._left = 0
            self._receive_scope.cancel()
            while self._receive_scope is not None:
                await self._changed.wait()
        await program.close()

    def abandon(self) -> None:
        if self._program is None or self._closed:
            return
        self._closed = True
        self._remove_files()
        if self._watcher is not None:
            self._watcher.release()
        else:
            _signal_group(self._program, "SIGTERM")
        self._program.abandon()

    async def _end(self, program: Program, busy: bool) -> None:
        # Three steps, each with its own time: end of input, TERM, KILL.
        await program.close_input()
        if busy or not await _exits(program, _AFTER_INPUT):
            _signal_group(program, "SIGTERM")
            _signal_group(program, "SIGCONT")  # a stopped process sees the TERM only after this
            if not await _exits(program, _AFTER_TERM):
                _signal_group(program, "SIGKILL")
                await _exits(program, _AFTER_KILL)
                return
        _signal_group(program, "SIGKILL")  # to end what it left in its process group


def check_folder(folder: str | Path | None) -> None:
    """Refuse a working folder that does not exist; None is the current one.

    Raises
    ------
    CLIConnectionError
        One line that says what to do.
    """
    if folder is None:
        try:
            os.getcwd()
        except FileNotFoundError:
            raise CLIConnectionError(
                "The current folder no longer exists; change to another folder, "
                "or set the option cwd"
            ) from None
    elif not Path(folder).is_dir():
        raise CLIConnectionError(
            f"The working folder does not exist: {folder}; set the option cwd to another folder"
        )


def _signal_group(program: Program, name: str) -> None:
    try:
        if sys.platform != "win32":
            os.killpg(program.pid, getattr(signal, name))
        elif program.returncode is None:
            os.kill(program.pid, signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        pass


async def _exits(program: Program, seconds: float) -> bool:
    """Wait for the program's end; return False if it still runs after `seconds`."""
    with anyio.move_on_after(seconds):
        await program.wait()
    return program.returncode is not None
