"""`Connection`: the Claude Code process behind a session.

It runs with the session's present settings and in the right conversation; who asks does not need to
know whether it had to be started, told of a changed setting, or started anew.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from jupyter_claude_sdk import (
    CanUseToolShadowedWarning,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    PermissionMode,
    ProcessError,
    SettingSource,
    SystemPromptPreset,
)

from .._conversations.starting_point import StartingPoint
from .._errors import ClaudeError, one_line
from .._practice.model import Practice
from .._settings import practice_chosen
from .client import SharedClient

if TYPE_CHECKING:
    from .session import KernelSession


class Connection:
    """The process, the conversation that it is in, and the practice model where that answers.

    Parameters
    ----------
    session : KernelSession
        Whose settings it follows, and who is told.

    Attributes
    ----------
    session_id : str or None
        The conversation's id.
    planned : StartingPoint or None
        What the next prompt shall go on with, if not the present conversation.
    resume_failed : str
        Why the conversation could not be resumed; told in the next turn.
    account : dict
        The account that the process named when it was last started.
    """

    def __init__(self, session: KernelSession) -> None:
        self._session = session
        self._shared: SharedClient | None = None
        self._lock = asyncio.Lock()
        self._with: ClaudeAgentOptions | None = None
        self._practice: Practice | None = None
        self.session_id: str | None = None
        self.planned: StartingPoint | None = None
        self.resume_failed = ""
        self.account: dict[str, Any] = {}

    # --- what it is now -----------------------------------------------------------------------

    @property
    def client(self) -> SharedClient:
        """The shared client, made when it is first asked for."""
        if self._shared is None:
            self._shared = SharedClient(self._session)
        return self._shared

    @property
    def connected(self) -> bool:
        """Whether the process runs."""
        return self._shared is not None and self._shared.connected

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that the client lives in."""
        return cast(
            "asyncio.AbstractEventLoop | None",
            self._shared._loop if self._shared is not None and self.connected else None,
        )

    @property
    def server_info(self) -> dict[str, Any] | None:
        """What the CLI said about itself; None while it does not run."""
        if self._shared is None or not self.connected or self._shared._session is None:
            return None
        return self._shared._session.server_info

    @property
    def practicing(self) -> bool:
        """Whether the practice model answers."""
        return self._session.settings.practice or practice_chosen()

    @property
    def cwd(self) -> Path:
        """The folder that Claude works in."""
        if self.practicing:
            return self._practice_model().folder
        if self._session.settings.cwd:
            return Path(self._session.settings.cwd).expanduser()
        try:
            return Path.cwd()
        except FileNotFoundError:  # it was removed; the CLI's start says so
            return Path(os.environ.get("PWD", "."))

    # --- conversations ------------------------------------------------------------------------

    async def connect(self) -> None:
        """See that the client is connected, with the present settings, in the planned conversation.

        With other settings than before, it waits for the turns that run. An earlier conversation is
        resumed; if that fails, a new one begins, and the next turn says so.
        """
        async with self._lock:
            if self.planned is not None:
                await self._session.observer.idle()
                planned, self.planned = self.planned, None
                await self._go_to(planned)
            options = self._options()
            if self.connected and options != self._with:
                await self._session.observer.idle()
            if not self.connected:
                await self._open(options)
            elif options != self._with and not await self._adjust(options):
                await self.disconnect()
                await self._open(options)

    async def go_to(self, find: Callable[[], StartingPoint]) -> None:
        """Go on with another conversation now, once the turns that run are done.

        Parameters
        ----------
        find : callable
            Says where, once they are.

        Raises
        ------
        ClaudeError
            If there is no such conversation; then the present one stays.
        """
        async with self._lock:
            await self._session.observer.idle()
            point = find()
            self.planned = None
            await self._go_to(point)

    async def disconnect(self) -> None:
        """End the process."""
        self._with = None
        if self._shared is not None:
            await self._shared.disconnect()
        self._session.changed()

    async def close(self) -> None:
        """End the process and the practice model."""
        await self.disconnect()
        if self._practice is not None:
            self._practice.close()
            self._practice = None

    async def _go_to(self, point: StartingPoint) -> None:
        options = self._options()
        await self.disconnect()
        try:
            if point.session_id is not None:
                await self._start(options, point)
        except BaseException as error:
            self._session.switching.refused()
            if "No conversation found" not in str(error):
                raise
            raise ClaudeError(
                f"There is no conversation {point.session_id!r} in this folder; "
                "the present one stays"
            ) from None
        self.session_id = point.copy or point.session_id
        self._session.switching.arrived(point)

    # --- the process --------------------------------------------------------------------------

    async def _open(self, options: ClaudeAgentOptions) -> None:
        try:
            await self._start(options, StartingPoint(self.session_id))
        except ProcessError as error:
            if self.session_id is None:
                raise
            # If it is not about the conversation, this fails too, and the conversation stays.
            await self._start(options, StartingPoint(None))
            self.resume_failed = one_line(str(error))
            self.session_id = None

    async def _start(self, options: ClaudeAgentOptions, point: StartingPoint) -> None:
        self._session.observer.starting()
        await self.client.start(
            dataclasses.replace(
                options,
                resume=point.session_id,
                resume_session_at=point.at,
                fork_session=point.copy is not None,
                session_id=point.copy,
            )
        )
        self._with = options
        account = (self.server_info or {}).get("account")
        self.account = account if isinstance(account, dict) else {}
        # Only a resumed conversation begins with a cost; asking may call the network.
        totals = await self.client.totals() if point.session_id else {}
        self._session.observer.started(point, totals)

    async def _adjust(self, options: ClaudeAgentOptions) -> bool:
        """Change model and permission mode of the running process, if nothing else changed."""
        before = self._with
        if before is None or options != dataclasses.replace(
            before, model=options.model, permission_mode=options.permission_mode
        ):
            return False
        try:
            if options.model != before.model:
                await ClaudeSDKClient.set_model(self.client, options.model)
            if options.permission_mode != before.permission_mode:
                mode = options.permission_mode or "default"
                await ClaudeSDKClient.set_permission_mode(self.client, mode)
        except ClaudeSDKError:
            return False
        self._with = options
        return True

    def note_setting(self, **changed: Any) -> None:
        """The running process was told of a model or permission mode: so it is a setting."""
        for name, value in changed.items():
            setattr(self._session.settings, name, value or "")
        if self._with is not None:
            self._with = dataclasses.replace(self._with, **changed)

    def note_mode(self, mode: str) -> None:
        """The process says its permission mode: an answer to a request may have changed it."""
        before = self._with
        settings = self._session.settings
        if before is not None and before.permission_mode == settings.permission_mode != mode:
            self.note_setting(permission_mode=mode)

    def environment(self) -> dict[str, str]:
        """Return what the process gets on top of our own environment."""
        practice = self._practice_model().env if self.practicing else {}
        return {**self._session.settings.env, **practice}

    def _options(self) -> ClaudeAgentOptions:
        settings = self._session.settings
        prompt: SystemPromptPreset = {"type": "preset", "preset": "claude_code"}
        if settings.system_prompt:
            prompt["append"] = settings.system_prompt
        with warnings.catch_warnings():
            # Rules that let a tool through are the user's own, set with that in mind.
            warnings.simplefilter("ignore", CanUseToolShadowedWarning)
            return ClaudeAgentOptions(
                system_prompt=prompt,
                model=settings.model or None,
                permission_mode=cast(PermissionMode, settings.permission_mode),
                setting_sources=cast("list[SettingSource]", list(settings.setting_sources)),
                allowed_tools=list(settings.allowed_tools),
                disallowed_tools=list(settings.disallowed_tools),
                cwd=self.cwd,
                cli_path=settings.cli_path or None,
                env=self.environment(),
                can_use_tool=self._session.may_use_tool,
                include_partial_messages=True,
                forward_subagent_text=True,
                enable_file_checkpointing=True,
            )

    def _practice_model(self) -> Practice:
        if self._practice is None:
            self._practice = Practice()
        return self._practice
