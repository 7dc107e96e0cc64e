"""`BackgroundOutput`: shows the last lines of commands that run in the background.

Claude Code writes their output into files, and names each file in the result of its call. It sends
no lines itself, and of a command in the foreground it has no file.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import stat

from .._tasks import TaskSet
from .._turns.items import SHOWN, ToolCall
from .._turns.writer import TurnWriter

_EVERY = 0.5  # seconds
_TAIL = 4_000  # bytes that are read while the command runs


class BackgroundOutput:
    """Follows the files with the output of commands in the background."""

    def __init__(self) -> None:
        self._tasks = TaskSet()

    def follow(self, writer: TurnWriter) -> None:
        """Follow the commands that a turn has just moved to the background."""
        for call in writer.take_followed():
            # In an empty context: this task belongs to no cell.
            task = contextvars.Context().run(asyncio.ensure_future, _follow(writer, call))
            self._tasks.keep(task)


async def _follow(writer: TurnWriter, call: ToolCall) -> None:
    size = -1
    while call.is_open:
        now = _size(call.output_file)
        if now != size:
            size = now
            writer.show_tail(call, _end_of(call.output_file, _TAIL))
        await asyncio.sleep(_EVERY)
    writer.show_tail(call, _end_of(call.output_file, SHOWN))


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return -1


def _end_of(path: str, most: int) -> str:
    """Return the last lines of a file; "" if it is no regular file, or gone."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                return ""
            start = max(0, state.st_size - most)
            file.seek(start)
            text = file.read(most).decode("utf-8", "replace")
    except OSError:
        return ""
    if start:
        _, _, rest = text.partition("\n")  # the first line is cut
        return f"…\n{rest or text}"
    return text
