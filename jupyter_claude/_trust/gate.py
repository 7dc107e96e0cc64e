"""`Gate`: each start of Claude Code goes through it, so that no folder's settings count unread."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

from jupyter_claude_sdk import ClaudeAgentOptions, PermissionUpdate, SettingSource

from .._approvals import Approvals
from .._core.host import Host
from .._names import to_show
from .._process.client import SharedClient
from .._process.workspace import Workspace
from .._requests import new_id
from .._turns.errors import ClaudeError, TurnInterrupted
from .._turns.outcome import INTERRUPTED
from .._turns.requests import FoundSetting, TrustRequest
from .._turns.turn import Turn
from .._turns.writer import TurnWriter
from .approved import approved_entries, only_approved
from .findings import Found
from .folder_settings import FolderSettings
from .while_running import WhileRunning

#: Gives the turn whose views ask.
Asker = Callable[[], TurnWriter]

_OF_FOLDER = ("project", "local")
#: Claude Code sends a folder's scheduled prompts whatever its setting sources are, but with this.
_NO_SCHEDULE = {"CLAUDE_CODE_DISABLE_CRON": "1"}

_WHY = (
    "This folder, or one above it, brings settings for Claude Code. They can run commands on this "
    "computer without a request, and send your prompts and your API key elsewhere. Trust the "
    "folder only if you know who wrote them."
)
_WAITS = "Your prompt waits for the answer; Claude Code does not start with these settings before."
_TOO_MUCH = (
    "There is too much here to be read, so it cannot be trusted. Remove what you do not need."
)
_WITHOUT = (
    "This folder's settings for Claude Code were left out ({found}). To let them count in the next "
    "turn: %claude trust yes"
)
_NOBODY = (
    "This folder's settings for Claude Code were left out ({found}): nobody can be asked here "
    "whether they are trusted. Look at them with %claude trust; %claude trust yes lets them count"
)


class Gate:
    """Says which settings files count, for a session.

    A folder with settings of its own is asked about before Claude Code starts with them. A yes is
    kept with a digest of their bytes; a no holds for the session.

    Parameters
    ----------
    host : Host
        The user's settings, and who can be asked.
    workspace : Workspace
        Where Claude works.
    client : SharedClient
        Whose process reads the settings.
    approvals : Approvals
        Takes the answers.

    Attributes
    ----------
    files : FolderSettings
        Looks at the folder's settings.
    while_running : WhileRunning
        Keeps what is new there from counting while the process runs.
    """

    def __init__(
        self, host: Host, workspace: Workspace, client: SharedClient, approvals: Approvals
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._approvals = approvals
        self.files = FolderSettings(host, workspace)
        self._left_out: set[Path] = set()  # the folders that were answered with no
        self._trusted: dict[tuple[Path, str], str] = {}  # since when; what cannot be kept, too
        self._asking: dict[Turn, asyncio.Future[bool]] = {}
        self._stopped: set[Turn] = set()
        self._counted: Found | None = None  # what counted at the last look
        self._approved: set[tuple[str, str]] = set()  # see `approved_entries`
        self._said: set[tuple[Path, str]] = set()
        self._notice = ""
        self.while_running = WhileRunning(workspace, client, self.files)

    async def allowed(self, options: ClaudeAgentOptions, asker: Asker | None) -> ClaudeAgentOptions:
        """Return options for a start now, without the settings that do not count.

        Parameters
        ----------
        options : ClaudeAgentOptions
            What the session's settings make.
        asker : callable or None
            Gives the turn whose views ask; None asks nobody, and is a no for this time.

        Raises
        ------
        TurnInterrupted
            If the turn is stopped while the question waits.
        """
        wanted = list(options.setting_sources or ())
        rest = [source for source in wanted if source not in _OF_FOLDER]
        if self._workspace.practicing:
            return _without(options, rest)  # it works in a folder of its own, below a shared one
        found = self.found()
        if rest == wanted:
            return _without(options, rest) if found.schedules else options
        if not await self._counts(found, asker):
            return _without(options, rest)
        return options

    async def _counts(self, found: Found, asker: Asker | None) -> bool:
        """Say whether a folder's settings count, as they are when this returns."""
        while True:
            self.keep_approved(found)
            if not found.anything:
                break
            if found.folder in self._left_out:
                self._tell(found, _WITHOUT)
                return False
            if self.trusted_since(found) is not None:
                break
            if asker is None:
                return False
            turn = asker()
            if not turn.turn.can_ask:
                self._tell(found, _NOBODY)
                return False
            if not await self._ask(turn, found):
                self._left_out.add(found.folder)
            else:
                try:
                    self.trust(found)
                except ClaudeError as error:
                    self._notice = str(error)
            # What was answered is what was shown: if it has changed, that is another question.
            found = self.found()
        self._counted = found
        return True

    async def _ask(self, writer: TurnWriter, found: Found) -> bool:
        turn = writer.turn
        waited = turn.state == "queued"
        if turn.number == 0:
            self._host.frontend.show_requests(turn, self._approvals)
        if waited:
            writer.start()  # so that views show the question, and stopping the turn takes it back
        asking = self._asking[turn] = asyncio.ensure_future(
            self._approvals.ask_trust(writer, question(found), self._host.settings.request_timeout)
        )
        try:
            return await asking
        except asyncio.CancelledError:
            if turn in self._stopped:
                raise TurnInterrupted(INTERRUPTED) from None
            raise
        finally:
            self._stopped.discard(turn)
            del self._asking[turn]
            if turn.number == 0:
                writer.finish("done")  # it was there to ask
            elif waited and not turn.ended:
                writer.wait()

    def in_cell(self) -> TurnWriter:
        """Return a turn that asks in the running cell, for a start that no turn asked for."""
        can_ask = self._host.frontend.can_be_asked()
        return TurnWriter(0, str(uuid.uuid4()), "", folder=self._workspace.cwd, can_ask=can_ask)

    def stop(self, turn: Turn) -> bool:
        """Take back the question of a turn that is being stopped; return whether it had one."""
        asking = self._asking.get(turn)
        if asking is None:
            return False
        self._stopped.add(turn)
        asking.cancel()
        return True

    # --- what the user approves here ----------------------------------------------------------

    def note_approved(self, updates: Iterable[PermissionUpdate] | None) -> None:
        """The user chose these in a request; Claude Code writes them into the folder's settings."""
        self._approved |= approved_entries(updates or ())

    def keep_approved(self, found: Found | None = None) -> None:
        """Trust what counted before as it is now, if only what the user approved was added."""
        before = self._counted
        if before is None or not self._approved:
            return
        found = found or self.found()
        if (
            found.anything
            and found.folder not in self._left_out
            and only_approved(before, found, self._approved)
        ):
            with contextlib.suppress(ClaudeError):
                self.trust(found)
            self._counted = found

    # --- what is known ------------------------------------------------------------------------

    def found(self) -> Found:
        """Return what is there now, in the folder that Claude works in and its parents."""
        return self.files.found()

    def trusted_since(self, found: Found) -> str | None:
        """Return when the folder was trusted as it is, in ISO 8601; None if it is not."""
        from . import store  # to find its folder costs an import, and most folders need none

        here = self._trusted.get((found.folder, found.digest))
        return store.trusted_since(found) or here

    def is_left_out(self, found: Found) -> bool:
        """Whether the folder was answered with no in this session."""
        return found.folder in self._left_out

    def trust(self, found: Found) -> None:
        """Let the settings count as they were found, from the next start on.

        Raises
        ------
        ClaudeError
            If there is too much to be read, or the answer cannot be kept.
        """
        from . import store

        if found.too_much:
            raise ClaudeError(_TOO_MUCH)
        self._left_out.discard(found.folder)
        self._trusted[found.folder, found.digest] = store.now()
        try:
            store.trust(found)
        except OSError as error:
            raise ClaudeError(
                f"The folder is trusted until the kernel ends; that cannot be kept: {error}"
            ) from None

    def leave_out(self, found: Found) -> None:
        """Leave the settings out for the rest of this session."""
        self._left_out.add(found.folder)

    def forget(self, found: Found) -> None:
        """Forget what was answered: the next prompt asks.

        Raises
        ------
        ClaudeError
            If that cannot be kept.
        """
        from . import store

        self._trusted.clear()
        self._left_out.discard(found.folder)
        try:
            store.forget(found.folder)
        except OSError as error:
            raise ClaudeError(f"The answer cannot be forgotten: {error}") from None

    def _tell(self, found: Found, text: str) -> None:
        """Have the next turn say that settings were left out; once for each reason."""
        if (found.folder, text) not in self._said:
            self._said.add((found.folder, text))
            self._notice = text.format(found=found.summary)

    def take_notice(self) -> str:
        """Return what the turn that begins now has to say; "" for nothing."""
        notice, self._notice = self._notice, ""
        return notice


def question(found: Found) -> TrustRequest:
    """Return the question whether a folder is trusted."""
    return TrustRequest(
        id=new_id(),
        waiting=_TOO_MUCH if found.too_much else _WAITS,
        path=to_show(found.folder),
        description=_WHY,
        summary=found.summary,
        findings=[
            FoundSetting(file=finding.file, title=finding.title, text=finding.text)
            for finding in found.findings
        ],
        trustable=not found.too_much,
    )


def _without(options: ClaudeAgentOptions, sources: list[SettingSource]) -> ClaudeAgentOptions:
    return dataclasses.replace(
        options,
        setting_sources=sources,
        env={**options.env, **_NO_SCHEDULE},
    )
