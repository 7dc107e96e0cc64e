"""`SharedClient`: the kernel's client, which the session and the user's own code share."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClientTurn,
    ControlRequestError,
    PermissionMode,
)

if TYPE_CHECKING:
    from .session import KernelSession

_PATIENCE = 5.0  # seconds that the CLI has to say what it has counted


class SharedClient(ClaudeSDKClient):
    """The kernel's client: connects by itself, and again after the CLI died.

    What is asked through it stands in ``claude.history`` too.
    """

    def __init__(self, session: KernelSession) -> None:
        super().__init__()
        self._kernel_session = session
        self.add_observer(session.observer)

    async def connect(self, prompt: str | AsyncIterable[dict[str, Any]] | None = None) -> None:
        await self._kernel_session.connect()
        if prompt is not None:
            await super().query(prompt)

    async def start(self, options: ClaudeAgentOptions) -> None:
        """Start the CLI with `options`; for the session, which knows which."""
        self.options = options
        await super().connect()

    async def query(
        self, prompt: str | AsyncIterable[dict[str, Any]], session_id: str = "default"
    ) -> None:
        self._refuse_over_budget()
        await self._kernel_session.connect()
        await super().query(prompt, session_id)

    @asynccontextmanager
    async def turn(
        self, prompt: str | dict[str, Any], *, uuid: str | None = None
    ) -> AsyncIterator[ClientTurn]:
        self._refuse_over_budget()
        async with super().turn(prompt, uuid=uuid) as turn:
            yield turn

    def _submit(self, message: dict[str, Any]) -> None:
        self._refuse_over_budget()  # each prompt of a stream
        super()._submit(message)

    def _refuse_over_budget(self) -> None:
        self._kernel_session.budget.refuse(self._kernel_session.cost_usd)

    def take_back(self, turn: ClientTurn, why: Exception) -> None:
        """Take back a prompt that waits for others, for the session; what it ends with says why."""
        self._live_session().take_back(turn, why)

    async def get_server_info(self) -> dict[str, Any] | None:
        await self._see_that_it_lives()
        return await super().get_server_info()

    async def set_permission_mode(self, mode: PermissionMode) -> None:
        await self._see_that_it_lives()
        await super().set_permission_mode(mode)
        self._kernel_session.connection.note_setting(permission_mode=mode)

    async def set_model(self, model: str | None = None) -> None:
        await self._see_that_it_lives()
        await super().set_model(model)
        self._kernel_session.connection.note_setting(model=model)

    async def interrupt(self) -> None:
        if self.connected:
            await super().interrupt()

    async def totals(self) -> dict[str, Any]:
        """Return what the process has counted, by model."""
        try:
            answer = await self._live_session().request("get_usage", timeout=_PATIENCE)
        except ControlRequestError:
            return {}
        return (answer.get("session") or {}).get("model_usage") or {}

    async def _see_that_it_lives(self) -> None:
        # Not more than that: with other settings `connect` would wait for the running turn.
        if not self.connected:
            await self._kernel_session.connect()
