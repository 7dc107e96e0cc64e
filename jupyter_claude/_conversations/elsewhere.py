"""Whether another process has the conversation open: neither sees what the other one asks.

Claude Code keeps a file for each of its processes, with the conversation that it is in. Seen with
CLI 2.1.329.
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

#: Seconds in which the Claude Code of a kernel that was just restarted has ended.
_PATIENCE = 3.0

_OPEN = "{other}, and neither sees the other's prompts"
_CHOOSE = (
    f"{_OPEN}. Ask again to continue here anyway, or run %claude fork first to continue in a copy."
)
_WENT_ON = (
    "This conversation was continued elsewhere. The history now shows what Claude knows; prompts "
    "asked here in the meantime may be missing."
)


@dataclass(frozen=True)
class Other:
    """Another process that has a conversation open.

    Attributes
    ----------
    pid : int
        The process.
    what : str
        What it is, in words.
    folder : str
        Where it works; "" if that is not known.
    """

    pid: int
    what: str
    folder: str = ""

    @property
    def text(self) -> str:
        """What it does, as a sentence without its stop."""
        place = f"in {self.folder}, process {self.pid}" if self.folder else f"process {self.pid}"
        return f"{self.what} ({place}) has this conversation open"


def others(config: Path, session_id: str, own: int | None) -> list[Other]:
    """Return the other Claude Code processes of this machine that have a conversation open.

    Parameters
    ----------
    config : Path
        Claude Code's own folder.
    session_id : str
        The conversation.
    own : int or None
        The session's own process.
    """
    if sys.platform == "win32":
        return []  # there, asking whether a process is alive would end it
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
            return False  # of another container with the same home: nobody here can tell
    except OSError:  # not Linux
        pass
    try:
        os.kill(pid, 0)
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except ProcessLookupError:
        return False
    except OSError:  # another user's, or not Linux
        return True
    # Its number may have gone to another process meanwhile.
    return started[0] != "Z" and started[19] == str(note.get("procStart", started[19]))


class Elsewhere:
    """Warns before a conversation goes on that another process has open.

    Parameters
    ----------
    workspace : Workspace
        Whose variables name Claude Code's own folder.
    client : SharedClient
        Whose process is our own.
    catch_up : callable
        Shows what was asked elsewhere, and says whether there was something.
    """

    def __init__(
        self, workspace: Workspace, client: SharedClient, catch_up: Callable[[], bool]
    ) -> None:
        self._workspace = workspace
        self._client = client
        self._catch_up = catch_up
        # Conversations with those that have them open, and when that was said.
        self._warned: dict[tuple[str, int], datetime] = {}
        self._notices: list[str] = []  # for the turn that begins next

    def others(self, session_id: str | None) -> list[Other]:
        """Return the other processes that have a conversation open."""
        if session_id is None or self._workspace.practicing:
            return []
        return others(config_folder(self._workspace.variables()), session_id, self._client.pid)

    async def check(self, session_id: str | None, asker: Callable[[], TurnWriter]) -> None:
        """Refuse a prompt in a conversation that another process has open, until that was said.

        A prompt that waited when it was said is refused, too: nobody had read it then. Where nobody
        can be asked the prompt goes on, and the turn says so once.

        Raises
        ------
        ClaudeError
            With both ways to go on.
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
        """Return those of which nothing was said."""
        return [other for other in found if (session_id, other.pid) not in self._warned]

    def _note(self, session_id: str, found: list[Other]) -> None:
        """Note that it is said of these now, and forget those that are gone."""
        now = datetime.now().astimezone()
        known = {(session_id, other.pid): now for other in found} | self._warned
        pids = {other.pid for other in found}
        self._warned = {
            (id, pid): when for (id, pid), when in known.items() if id != session_id or pid in pids
        }

    def catch_up(self) -> None:
        """See that the history is what Claude Code has just read of the conversation."""
        with contextlib.suppress(OSError):  # no transcript, nothing to catch up with
            if self._catch_up():
                self._notices.append(_WENT_ON)

    def say(self, turn: TurnWriter) -> None:
        """Have the turn that begins now say what there is to say."""
        notices, self._notices = self._notices, []
        for number, notice in enumerate(notices):
            turn.notice(f"elsewhere-{number}", notice, "warning")
