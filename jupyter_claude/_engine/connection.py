"""`Connection`: makes sure that Claude Code runs with the right settings and conversation.

Its callers do not need to know whether it started the process, changed a setting of it, or
restarted it.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKError,
    CLIConnectionError,
    ProcessError,
)

from .._conversations.elsewhere import Elsewhere
from .._conversations.switcher import ConversationSwitcher
from .._core.conversation import Conversation
from .._core.host import Host
from .._core.resume_target import ResumeTarget
from .._health.folder import identity
from .._health.health import Health
from .._policy.policy import load_policy
from .._policy.rules import refused_mode
from .._process.client import SharedClient
from .._process.workspace import Workspace
from .._replay.bridge import Bridge
from .._text import one_line
from .._trust.gate import Asker, Gate
from .._turns.errors import ClaudeError
from .observer import Observer
from .options import SessionOptions

_NOT_ASKED = "{error}. This conversation goes on from what this machine has of it."
_PARTED = (
    "The session store has a continuation of this conversation that this machine lacks, and the "
    "other way round. It goes on from what this machine has of it."
)


class Connection:
    """Starts, adjusts and ends the process.

    Parameters
    ----------
    host : Host
        The user's settings.
    workspace : Workspace
        Knows the process's folder and variables.
    conversation : Conversation
        The conversation to continue.
    client : SharedClient
        Owns the process.
    gate : Gate
        Says which of the folder's settings Claude Code may use.
    health : Health
        Asks the process for its problems.
    elsewhere : Elsewhere
        Knows which other processes have the conversation open.
    switcher : ConversationSwitcher
        Shows another conversation.
    observer : Observer
        Hears when the process starts.
    options : SessionOptions
        Makes the options of the process.
    bridge : Bridge
        Makes replayed turns part of the conversation.
    """

    def __init__(
        self,
        host: Host,
        workspace: Workspace,
        conversation: Conversation,
        client: SharedClient,
        gate: Gate,
        health: Health,
        elsewhere: Elsewhere,
        switcher: ConversationSwitcher,
        observer: Observer,
        options: SessionOptions,
        bridge: Bridge,
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._conversation = conversation
        self._client = client
        self._gate = gate
        self._health = health
        self._elsewhere = elsewhere
        self._switcher = switcher
        self._observer = observer
        self._options = options
        self._bridge = bridge
        self._lock = asyncio.Lock()
        self._folder: tuple[int, int] | None = None  # in which the process started

    async def connect(self, asker: Asker | None = None) -> None:
        """Make sure that the process runs, with the present settings, in the planned conversation.

        If a setting changed, wait first for the running turns. Resume an earlier conversation; if
        that fails, begin a new one, and the next turn says so.

        Parameters
        ----------
        asker : callable, optional
            Gives the turn whose views ask whether the user trusts the folder. Without it the user
            is not asked, and Claude Code gets no settings of an untrusted folder.
        """
        async with self._lock:
            conversation, client = self._conversation, self._client
            if asker is not None:
                await self._elsewhere.check(conversation.goes_on_with, asker)
            await self._arrive(asker)
            if not client.connected:
                await self._options.ready()
            options = await self._gate.allowed(self._options.make(), asker)
            changed = options != client.running_with
            if client.connected and (changed or self._behind):
                await self._observer.idle()
            if not client.connected:
                await self._open(options, asker)
            elif self._behind or (
                options != client.running_with and not await self._adjust(options)
            ):
                await self.disconnect()
                await self._open(options, asker)
            await self._health.ask()

    async def arrive(self) -> None:
        """Go to the planned conversation, and write replayed turns to its session.

        Claude Code need not run for that. If it does not, a new conversation does not start it.
        """
        async with self._lock:
            await self._arrive()

    async def _arrive(self, asker: Asker | None = None) -> None:
        conversation = self._conversation
        if conversation.planned is not None:
            await self._observer.idle()
            planned, conversation.planned = conversation.planned, None
            await self._go_to(planned, asker)
        await self._bridge.prepare(self._end)

    async def _end(self) -> None:
        """End the process once the running turns have ended."""
        await self._observer.idle()
        await self.disconnect()

    async def go_to(self, find: Callable[[], ResumeTarget]) -> None:
        """Switch to another conversation once the running turns have ended.

        Parameters
        ----------
        find : callable
            Called then; returns the conversation.

        Raises
        ------
        ClaudeError
            If there is no such conversation. The present one stays.
        """
        async with self._lock:
            await self._observer.idle()
            point = find()
            self._conversation.planned = None
            await self._go_to(point)

    async def disconnect(self) -> None:
        """End the process."""
        self._client.running_with = None
        await self._client.disconnect()
        self._conversation.state_changed()

    async def end_if_idle(self) -> None:
        """End the process, unless a turn runs in it or waits for it."""
        async with self._lock:
            if self._conversation.at_rest and self._client.connected:
                await self.disconnect()

    async def close(self) -> None:
        """End the process and the practice model."""
        await self.disconnect()
        self._workspace.end_practice()

    async def _go_to(self, point: ResumeTarget, asker: Asker | None = None) -> None:
        brought = False
        try:
            options = self._options.make()
            await self.disconnect()
            if point.session_id is not None:
                point = self._switcher.as_it_stands(point)
                brought = await self._start(options, point, asker)
        except BaseException as error:
            self._switcher.refused()
            if "No conversation found" not in str(error):
                raise
            raise ClaudeError(
                f"There is no conversation {point.session_id!r} in this folder; "
                "the present one stays"
            ) from None
        self._conversation.identify(point.copy or point.session_id)
        self._switcher.arrived(point, changed=brought)
        self._elsewhere.catch_up()  # others may have added turns since the plan

    # --- the process --------------------------------------------------------------------------

    @property
    def _behind(self) -> bool:
        """Whether the process works with an outdated setting, folder or sign-in."""
        moved = self._folder != identity(self._workspace.cwd)
        return self._client.restart or moved or self._gate.while_running.behind

    async def _open(self, options: ClaudeAgentOptions, asker: Asker | None) -> None:
        conversation = self._conversation
        try:
            await self._start(options, ResumeTarget(conversation.present_id), asker)
            self._elsewhere.catch_up()
        except ProcessError as error:
            if conversation.present_id is None:
                raise
            # If the conversation was not the cause, this start fails too and changes nothing.
            await self._start(options, ResumeTarget(None), asker)
            conversation.resume_failed = one_line(str(error))
            conversation.identify(None)

    async def _start(
        self, options: ClaudeAgentOptions, point: ResumeTarget, asker: Asker | None
    ) -> bool:
        """Start the process; return whether the session store made the transcript longer."""
        client = self._client
        self._observer.starting()
        brought = point.session_id is not None and await self._bring(options, point.session_id)
        # Every start runs this check, and nothing is awaited between the check and the start.
        options = await self._gate.allowed(options, asker)
        self._gate.while_running.behind = client.restart = False
        self._folder = identity(self._workspace.cwd)
        await client.start(
            dataclasses.replace(
                options,
                resume=point.session_id,
                resume_session_at=point.at,
                fork_session=point.copy is not None,
                session_id=point.copy,
            )
        )
        client.running_with = options
        # Only a resumed conversation begins with a cost. This request may use the network.
        totals = await client.totals() if point.session_id else {}
        self._observer.started(point, totals)
        return brought

    async def _bring(self, options: ClaudeAgentOptions, session_id: str) -> bool:
        """Bring a conversation from the session store, if there is more of it than here."""
        if options.session_store is None:
            return False
        from jupyter_claude_sdk.lowlevel import bring_session  # lazy: few sessions have a store

        try:
            done = await bring_session(options, session_id)
        except CLIConnectionError as error:
            if self._switcher.transcripts.path(session_id) is None:
                raise
            self._elsewhere.note(_NOT_ASKED.format(error=one_line(str(error))))
            return False
        if done == "parted":
            self._elsewhere.note(_PARTED)
        return done == "brought"

    async def _adjust(self, options: ClaudeAgentOptions) -> bool:
        """Change the model and mode of the running process; return False if more changed.

        A change of servers needs a new process too. The CLI would keep the tools that it learned of
        in the middle of a conversation, also without their server and in a resumed conversation.
        """
        client, before = self._client, self._client.running_with
        if before is None or options != dataclasses.replace(
            before, model=options.model, permission_mode=options.permission_mode
        ):
            return False
        try:
            if options.model != before.model:
                await client.tell_model(options.model)
            if options.permission_mode != before.permission_mode:
                await client.tell_permission_mode(options.permission_mode or "default")
        except ClaudeSDKError:
            return False
        client.running_with = options
        return True

    def note_setting(self, name: str, value: str | None) -> None:
        """Keep a model or permission mode, which the running process has already, as a setting."""
        setattr(self._host.settings, name, value or "")
        before = self._client.running_with
        if before is not None:
            changed: dict[str, Any] = {name: value}
            self._client.running_with = dataclasses.replace(before, **changed)

    def note_mode(self, mode: str) -> None:
        """Keep the mode that the process reports: the user's answer may have changed it."""
        before, settings = self._client.running_with, self._host.settings
        if before is None or not before.permission_mode == settings.permission_mode != mode:
            return
        if refused_mode(load_policy(), mode):
            self._client.restart_next()  # the next prompt has the user's mode again
        else:
            self.note_setting("permission_mode", mode)
