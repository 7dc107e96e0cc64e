"""Consoles that show no pages, as their users see them: what they show, and keys to press."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pexpect

from jupyter_claude._approvals import HOLD

TIMEOUT = 60  # seconds
DRIVER = Path(__file__).with_name("qt_driver.py")

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()=>][0-9A-Z]?|\r")


def read() -> None:
    """Do what a user does before the answer: read. For so long a request takes no answer.

    The kernel looks now and then, so it needs more than that time.
    """
    time.sleep(2 * HOLD)


class Console(Protocol):
    """A console."""

    #: Where its kernel runs.
    folder: Path

    def until(self, pattern: str) -> str:
        """Wait until a pattern stands after what was seen; return the text up to it."""

    def cell(self, code: str) -> None:
        """Type a cell of one line, and run it."""

    def answer(self, line: str) -> None:
        """Type a line where the console asks for one."""

    def stop(self) -> None:
        """Press Ctrl-C."""

    def leave(self) -> None:
        """End the console, and wait for its end."""


def upto(pattern: str, text: str, seen: int) -> tuple[str, int] | None:
    """Return what is new in a text, up to a pattern, and where that ends."""
    found = re.compile(pattern).search(text, seen)
    return None if found is None else (text[seen : found.end()], found.end())


class TerminalConsole:
    """A console in a pseudo-terminal.

    Parameters
    ----------
    command
        Its command.
    folder
        Where it runs.
    environment
        Its environment variables.
    """

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        # Else it asks the terminal where the cursor is, and waits for an answer.
        environment = {**environment, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self._child: Any = pexpect.spawn(
            command[0],
            command[1:],
            env=environment,
            cwd=str(folder),
            encoding="utf-8",
            dimensions=(50, 120),
        )
        self._text = ""
        self._seen = 0

    def until(self, pattern: str) -> str:
        end = time.monotonic() + TIMEOUT
        while (found := upto(pattern, _ESCAPES.sub("", self._text), self._seen)) is None:
            try:
                left = max(0.01, end - time.monotonic())
                self._text += self._child.read_nonblocking(65536, left)
            except (pexpect.TIMEOUT, pexpect.EOF):
                raise AssertionError(f"no {pattern!r} in:\n{self._text}") from None
        self._seen = found[1]
        return found[0]

    def cell(self, code: str) -> None:
        self._child.send(f"{code}\x1b\r")  # Enter alone may begin another line

    def answer(self, line: str) -> None:
        self._child.send(f"{line}\r")

    def stop(self) -> None:
        self._child.sendintr()

    def leave(self) -> None:
        self.cell("exit")
        self._child.expect(pexpect.EOF, timeout=TIMEOUT)

    def close(self) -> None:
        """End it at once."""
        self._child.close(force=True)


class QtConsole:
    """qtconsole, without a screen. See `qt_driver`.

    Parameters
    ----------
    python
        The interpreter of its environment.
    arguments
        Its arguments.
    folder
        Where it runs.
    environment
        Its environment variables.
    """

    def __init__(
        self, python: Path, arguments: list[str], folder: Path, environment: dict[str, str]
    ) -> None:
        self.folder = folder
        #: What it prints on standard error.
        self.errors = folder.parent / "qtconsole.log"
        with self.errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [str(python), str(DRIVER), "--no-confirm-exit", *arguments],
                env={**environment, "QT_QPA_PLATFORM": "offscreen"},
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                bufsize=1,
            )
        self._changed = threading.Condition()
        self._text = ""
        self._seen = 0
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self._text = json.loads(line)
                self._changed.notify_all()

    def until(self, pattern: str) -> str:
        def found() -> tuple[str, int] | None:
            return upto(pattern, self._text, self._seen)

        with self._changed:
            new = self._changed.wait_for(found, TIMEOUT)
            assert new, f"no {pattern!r} in:\n{self._text}\n{self.errors.read_text()}"
        self._seen = new[1]
        return new[0]

    def _do(self, **command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def cell(self, code: str) -> None:
        self._do(type=code, press="Shift+Return")

    def answer(self, line: str) -> None:
        self._do(type=line, press="Return")

    def stop(self) -> None:
        self._do(press="Ctrl+C")

    def leave(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(TIMEOUT)

    def close(self) -> None:
        """End it, with its kernel if that is possible."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


Start = Callable[[str, Any], Any]
