"""`Gate`: checks each start of Claude Code, so that it uses no unread settings of a folder."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

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
from .folder_settings import FolderSettings
from .while_running import WhileRunning

if TYPE_CHECKING:
    from .findings import Found

#: Returns the turn whose views ask the user.
Asker = Callable[[], TurnWriter]

_OF_FOLDER = ("project", "local")
#: Without this variable Claude Code sends a folder's scheduled prompts, for any setting sources.
_NO_SCHEDULE = {"CLAUDE_CODE_DISABLE_CRON": "1"}

_WHY = (
    "This folder, or one above it, has settings for Claude Code. They can run commands on this "
    "computer without asking you, and can send your prompts and your API key elsewhere. Trust "
    "the folder only if you know who wrote them."
)
_WAITS = "Your prompt waits for your answer. Until then Claude Code does not use these settings."
_TOO_MUCH = (
    "There are too many settings to read, so you cannot trust the folder. Remove some of them."
)
_WITHOUT = (
    "This folder's settings for Claude Code were left out ({found}). To use them from the next "
    "turn on, run %claude trust yes"
)
_NOBODY = (
    "This folder's settings for Claude Code were left out ({found}), because nobody can be asked "
    "here. Read them with %claude trust, and run %claude trust yes to use them"
)


class Gate:
    """Decides which settings files a session's Claude Code may use.

    Before Claude Code starts with a folder's settings, the user is asked. A yes is stored with a
    digest of their bytes. A no holds for the session.

    Parameters
    ----------
    host : Host
        The user's settings and the front end.
    workspace : Workspace
        Where Claude works.
    client : SharedClient
        Its process reads the settings.
    approvals : Approvals
        Asks the user.

    Attributes
    ----------
    files : FolderSettings
        Finds the folder's settings.
    while_running : WhileRunning
        Blocks new settings while the process runs.
    """

    def __init__(
        self, host: Host, workspace: Workspace, client: SharedClient, approvals: Approvals
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._approvals = approvals
        self.files = FolderSettings(host, workspace)
        self._left_out: set[Path] = set()  # folders for which the user said no
        self._trusted: dict[tuple[Path, str], str] = {}  # since when; also what is not stored
        self._asking: dict[Turn, asyncio.Future[bool]] = {}
        self._stopped: set[Turn] = set()
        self._counted: Found | None = None  # the settings in use at the last check
        self._approved: set[tuple[str, str]] = set()  # see `approved_entries`
        self._said: set[tuple[Path, str]] = set()
        self._notice = ""
        self.while_running = WhileRunning(workspace, client, self.files)

    async def allowed(self, options: ClaudeAgentOptions, asker: Asker | None) -> ClaudeAgentOptions:
        """Return the options for a start, without settings that are not trusted.

        Parameters
        ----------
        options : ClaudeAgentOptions
            The options from the session's settings.
        asker : callable or None
            Returns the turn whose views ask. None asks nobody, and means no for this start.

        Raises
        ------
        TurnInterrupted
            If the user stops the turn while the question waits.
        """
        wanted = list(options.setting_sources or ())
        rest = [source for source in wanted if source not in _OF_FOLDER]
        if self._workspace.practicing:
            return _without(options, rest)  # others can put settings above its folder
        found = self.found()
        if rest == wanted:
            return _without(options, rest) if found.schedules else options
        if not await self._counts(found, asker):
            return _without(options, rest)
        return options

    def would_ask(self) -> bool:
        """Whether a start would ask the user now, or leave settings out without an answer."""
        if self._workspace.practicing:
            return False
        if not {*_OF_FOLDER} & {*self._host.settings.setting_sources}:
            return False
        found = self.found()
        self.keep_approved(found)
        return (
            found.anything
            and found.folder not in self._left_out
            and self.trusted_since(found) is None
        )

    async def _counts(self, found: Found, asker: Asker | None) -> bool:
        """Return whether Claude Code may use a folder's settings, as they are at the return."""
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
            # The answer holds for the settings on view. If they have changed, ask again.
            found = self.found()
        self._counted = found
        return True

    async def _ask(self, writer: TurnWriter, found: Found) -> bool:
        turn = writer.turn
        waited = turn.state == "queued"
        if turn.number == 0:
            self._host.frontend.show_requests(turn, self._approvals)
        if waited:
            writer.start()  # so views show the question, and stopping the turn withdraws it
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
                writer.finish("done")  # this turn was only for the question
            elif waited and not turn.ended:
                writer.wait()

    def in_cell(self) -> TurnWriter:
        """Return a turn that asks in the running cell, for a start without a prompt."""
        can_ask = self._host.frontend.can_be_asked()
        return TurnWriter(0, str(uuid.uuid4()), "", folder=self._workspace.cwd, can_ask=can_ask)

    def stop(self, turn: Turn) -> bool:
        """Withdraw the question of a turn that is being stopped; return whether it had one."""
        asking = self._asking.get(turn)
        if asking is None:
            return False
        self._stopped.add(turn)
        asking.cancel()
        return True

    # --- approved rules -----------------------------------------------------------------------

    def note_approved(self, updates: Iterable[PermissionUpdate] | None) -> None:
        """Note rules that the user chose in a request; Claude Code writes them to the settings."""
        self._approved |= approved_entries(updates or ())

    def keep_approved(self, found: Found | None = None) -> None:
        """Trust the changed settings if the user's approved rules are the only change."""
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

    # --- answers ------------------------------------------------------------------------------

    def found(self) -> Found:
        """Return the present settings of the folder and its parents."""
        return self.files.found()

    def trusted_since(self, found: Found) -> str | None:
        """Return since when the present settings are trusted, in ISO 8601; None if they are not."""
        from . import store  # lazy: most folders do not need it

        here = self._trusted.get((found.folder, found.digest))
        return store.trusted_since(found) or here

    def is_left_out(self, found: Found) -> bool:
        """Whether the user said no for the folder in this session."""
        return found.folder in self._left_out

    def trust(self, found: Found) -> None:
        """Trust these settings from the next start on.

        Raises
        ------
        ClaudeError
            If there is too much to read, or the answer cannot be stored.
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
                f"You trust the folder until the kernel ends; the answer cannot be stored: {error}"
            ) from None

    def leave_out(self, found: Found) -> None:
        """Do not use the settings for the rest of this session."""
        self._left_out.add(found.folder)

    def forget(self, found: Found) -> None:
        """Forget the answer: the next prompt asks again.

        Raises
        ------
        ClaudeError
            If that cannot be stored.
        """
        from . import store

        self._trusted.clear()
        self._left_out.discard(found.folder)
        try:
            store.forget(found.folder)
        except OSError as error:
            raise ClaudeError(f"The stored answer cannot be deleted: {error}") from None

    def _tell(self, found: Found, text: str) -> None:
        """Make the next turn say that settings are not used, once for each reason."""
        if (found.folder, text) not in self._said:
            self._said.add((found.folder, text))
            self._notice = text.format(found=found.summary)

    def take_notice(self) -> str:
        """Return the notice for the turn that begins now, or ""."""
        notice, self._notice = self._notice, ""
        return notice


def question(found: Found) -> TrustRequest:
    """Return the request that asks whether the user trusts a folder."""
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
