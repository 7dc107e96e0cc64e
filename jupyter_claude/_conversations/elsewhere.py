"""`Elsewhere`: warns if another process has the conversation open.

Neither process sees the other's prompts. Claude Code keeps a file for each of its processes, with
the id of its conversation. Seen with CLI 2.1.329.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_claude_sdk.lowlevel import config_folder, read_json

from .._process.client import SharedClient
from .._process.workspace import Workspace
from .._turns.errors import ClaudeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._turns.writer import TurnWriter

#: Seconds in which the old Claude Code process ends after a restart of the kernel.
_PATIENCE = 3.0

_OPEN = "{other}, and neither sees the other's prompts"
_CHOOSE = (
    f"{_OPEN}. Send the prompt again to continue here anyway, or run %claude fork to use a copy."
)
_WENT_ON = (
    "This conversation was continued elsewhere. The history now shows what Claude knows. Prompts "
    "that you sent here in the meantime may be missing."
)


@dataclass(frozen=True)
class Other:
    """Another process that has a conversation open.

    Attributes
    ----------
    pid : int
        The process's id.
    what : str
        A description of the process.
    folder : str
        Its folder; "" if that is not known.
    """

    pid: int
    what: str
    folder: str = ""

    @property
    def text(self) -> str:
        """A sentence about it, without the full stop."""
        where = f"in {self.folder}, process {self.pid}" if self.folder else f"process {self.pid}"
        return f"{self.what} ({where}) has this conversation open"


def others(config: Path, session_id: str, own: int | None) -> list[Other]:
    """Return the other Claude Code processes of this machine that have a conversation open.

    Parameters
    ----------
    config : Path
        Claude Code's own folder.
    session_id : str
        The conversation's id.
    own : int or None
        The id of the session's own process.
    """
    if sys.platform == "win32":
        return []  # on Windows os.kill(pid, 0) would end the process
    found = []
    for path in (config / "sessions").glob("*.json"):
        note = read_json(path)
        pid = note.get("pid")
        if (
            note.get("sessionId") == session_id
            and isinstance(pid, int)
            and pid not in (own, os.getpid())
            and _lives(pid, note)
        ):
            ours = str(note.get("entrypoint", "")).startswith("jupyter-claude")
            cwd = note.get("cwd")
            found.append(
                Other(
                    pid,
                    "Another kernel" if ours else "Another program",
                    cwd if isinstance(cwd, str) else "",
                )
            )
    return found


def _lives(pid: int, note: dict[str, Any]) -> bool:
    domain = note.get("pidDomain")
    try:
        if isinstance(domain, str) and not domain.endswith(os.readlink("/proc/self/ns/pid")):
            return False  # a process of another container with the same home: it cannot be checked
    except OSError:  # not Linux
        pass
    try:
        os.kill(pid, 0)
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except ProcessLookupError:
        return False
    except OSError:  # another user's process, or not Linux
        return True
    # Another process may have the same id by now.
    return started[0] != "Z" and started[19] == str(note.get("procStart", started[19]))


class Elsewhere:
    """Warns before a prompt in a conversation that another process has open.

    Parameters
    ----------
    workspace : Workspace
        Its variables name Claude Code's own folder.
    client : SharedClient
        Has the session's own process.
    catch_up : callable
        Shows prompts from elsewhere, and returns whether there were any.
    """

    def __init__(
        self, workspace: Workspace, client: SharedClient, catch_up: Callable[[], bool]
    ) -> None:
        self._workspace = workspace
        self._client = client
        self._catch_up = catch_up
        # By conversation and process: when the user was warned.
        self._warned: dict[tuple[str, int], datetime] = {}
        self._notices: list[str] = []  # for the next turn

    def others(self, session_id: str | None) -> list[Other]:
        """Return the other processes that have a conversation open."""
        if session_id is None or self._workspace.practicing:
            return []
        return others(config_folder(self._workspace.variables()), session_id, self._client.pid)

    async def check(self, session_id: str | None, asker: Callable[[], TurnWriter]) -> None:
        """Refuse the first prompt in a conversation that another process has open.

        Also refuse a prompt that was waiting when the warning came: the user had not read it. If no
        user can answer, send the prompt, and warn once in the turn.

        Raises
        ------
        ClaudeError
            With both ways to continue.
        """
        if session_id is None:
            return
        deadline = time.monotonic() + _PATIENCE
        while new := self._new(session_id, found := self.others(session_id)):
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(0.05)
        self._note(session_id, found)
        if not found:
            return
        turn, other = asker().turn, (new or found)[0].text
        said = max(self._warned[session_id, one.pid] for one in found)
        if turn.can_ask and turn.time <= said:
            raise ClaudeError(_CHOOSE.format(other=other))
        if new:
            self._notices.append(_OPEN.format(other=other))

    def _new(self, session_id: str, found: list[Other]) -> list[Other]:
        """Return the processes about which the user was not warned."""
        return [other for other in found if (session_id, other.pid) not in self._warned]

    def _note(self, session_id: str, found: list[Other]) -> None:
        """Note that the user is warned about these now, and forget processes that ended."""
        now = datetime.now().astimezone()
        known = {(session_id, other.pid): now for other in found} | self._warned
        pids = {other.pid for other in found}
        self._warned = {
            (id, pid): when for (id, pid), when in known.items() if id != session_id or pid in pids
        }

    def catch_up(self) -> None:
        """Make the history show what Claude Code has just read of the conversation."""
        with contextlib.suppress(OSError):  # there is no transcript
            if self._catch_up():
                self._notices.append(_WENT_ON)

    def note(self, notice: str) -> None:
        """Keep a notice for the next turn."""
        if notice not in self._notices:
            self._notices.append(notice)

    def say(self, turn: TurnWriter) -> None:
        """Add the notices to the turn that begins now."""
        notices, self._notices = self._notices, []
        for number, notice in enumerate(notices):
            turn.notice(f"elsewhere-{number}", notice, "warning")
