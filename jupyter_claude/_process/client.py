"""`SharedClient`: the kernel's client. The session and the user's own code share it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any, cast

from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    ClientTurn,
    ControlRequestError,
    PermissionMode,
    RateLimitInfo,
)
from jupyter_claude_sdk.lowlevel import (
    keep_own_files,
    loop_of,
    rehearse,
    request,
    server_info,
    take_back,
)

from .._core.conversation import Conversation
from .._kernel.claude_code import refuse_inside
from .permitted import check_prompt, permitted_mode, permitted_model

_PATIENCE = 5.0  # seconds to wait for the CLI's answer
_LOOK = 0.02  # seconds between two looks at its servers


class SharedClient(ClaudeSDKClient):
    """The kernel's client. It connects by itself, and connects again after the CLI died.

    Each prompt that it sends becomes a turn in ``claude.history``.

    Parameters
    ----------
    conversation : Conversation
        The conversation that gets these turns.
    refuse_over_budget : callable
        Raises once the session's budget is spent.

    Attributes
    ----------
    running_with : ClaudeAgentOptions or None
        The options that the process works with now; None while it does not run.
    restart : bool
        Whether the next prompt restarts the process.
    account, last_info : dict
        What the process said about the account, and about itself, at its last start.
    rate_limit : RateLimitInfo or None
        What the process last said about a subscription's limits.
    """

    def __init__(self, conversation: Conversation, refuse_over_budget: Callable[[], None]) -> None:
        super().__init__()
        keep_own_files(self)  # the notebook reads the transcripts
        self._conversation = conversation
        self._refuse_over_budget = refuse_over_budget
        self._prepare: Callable[[], Awaitable[None]] | None = None
        self._revive: Callable[[], Awaitable[None]] | None = None
        self._note_setting: Callable[[str, str | None], None] | None = None
        self.running_with: ClaudeAgentOptions | None = None
        self.restart = False
        self.account: dict[str, Any] = {}
        self.last_info: dict[str, Any] = {}
        self.rate_limit: RateLimitInfo | None = None

    def __dir__(self) -> list[str]:
        # Tab offers users these names. The rest is for the parts of the session.
        return dir(ClaudeSDKClient)

    def use(
        self,
        prepare: Callable[[], Awaitable[None]],
        revive: Callable[[], Awaitable[None]],
        note_setting: Callable[[str, str | None], None],
    ) -> None:
        """Set who starts the process and who keeps the settings.

        Parameters
        ----------
        prepare : callable
            Called before a prompt. It makes sure that the process runs with the present settings.
        revive : callable
            Called if the process must run, but may have any settings.
        note_setting : callable
            Called with a setting's name and value after the user's code changed it here.
        """
        self._prepare, self._revive, self._note_setting = prepare, revive, note_setting

    # --- state --------------------------------------------------------------------------------

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The event loop that reads the process's pipes; None while the process does not run."""
        loop = loop_of(self) if self.connected else None
        return cast("asyncio.AbstractEventLoop | None", loop)

    @property
    def server_info(self) -> dict[str, Any] | None:
        """What the process said about itself at its start; None while it does not run."""
        return server_info(self) if self.connected else None

    @property
    def pid(self) -> int | None:
        """The process's id; None while it does not run."""
        pid = (self.server_info or {}).get("pid")
        return pid if isinstance(pid, int) else None

    @property
    def subscription(self) -> bool:
        """Whether a subscription pays for the tokens."""
        account = self.account
        if account.get("apiKeySource"):
            return False
        return bool(account.get("subscriptionType")) or "OAUTH" in str(account.get("tokenSource"))

    def restart_next(self) -> None:
        """Have the next prompt restart the process, in the same conversation."""
        self.restart = self.connected

    # --- for the session ----------------------------------------------------------------------

    async def start(self, options: ClaudeAgentOptions) -> None:
        """Start the CLI with these options."""
        self.options = options
        await super().connect()
        self.last_info = self.server_info or {}
        account = self.last_info.get("account")
        self.account = account if isinstance(account, dict) else {}

    def take_back(self, turn: ClientTurn, why: Exception) -> None:
        """Take back a prompt that waits for others. It ends with the error `why`."""
        take_back(self, turn, why)

    async def warm_up(self) -> None:
        """Let the process do now what it does at its first prompt only. It sends nothing.

        "summary" makes it estimate the context by itself, with all tools only after the rehearsal.
        """
        with contextlib.suppress(ClaudeSDKError):  # an older CLI has no summary
            await self._servers_tried()
            await rehearse(self)
            await request(self, "get_context_usage", timeout=_PATIENCE, detail="summary")

    async def _servers_tried(self) -> None:
        """Wait until the process has the tools of its servers; for slow ones not long."""
        given = self.options.mcp_servers
        names = set(given) if isinstance(given, dict) else set()
        for _ in range(int(_PATIENCE / _LOOK)):
            servers = (await self.get_mcp_status())["mcpServers"]
            states = {server["name"]: server["status"] for server in servers}
            if names <= states.keys() and "pending" not in states.values():
                return
            await asyncio.sleep(_LOOK)

    async def totals(self) -> dict[str, Any]:
        """Return the tokens and dollars that the process has counted, by model."""
        try:
            answer = await request(self, "get_usage", timeout=_PATIENCE)
        except ControlRequestError:
            return {}
        return (answer.get("session") or {}).get("model_usage") or {}

    async def settings_errors(self) -> Any:
        """Return the errors that the process found in its settings files."""
        answer = await request(self, "get_settings", timeout=_PATIENCE)
        return answer.get("errors")  # the rest of the answer are settings, which may hold API keys

    async def tell_model(self, model: str | None) -> None:
        """Tell the process which model to use, without a change of the user's setting."""
        await super().set_model(permitted_model(model))

    async def tell_permission_mode(self, mode: PermissionMode) -> None:
        """Tell the process the permission mode, which the user's settings have already."""
        await super().set_permission_mode(permitted_mode(mode))

    # --- for users ----------------------------------------------------------------------------

    async def connect(self, prompt: str | AsyncIterable[dict[str, Any]] | None = None) -> None:
        refuse_inside("client.connect()")
        await self._see_that_it_is_ready()
        if prompt is not None:
            self._refuse_over_budget()
            await super().query(self._within_budget(prompt))

    async def query(
        self, prompt: str | AsyncIterable[dict[str, Any]], session_id: str = "default"
    ) -> None:
        refuse_inside("client.query()")
        self._refuse_over_budget()
        await self._see_that_it_is_ready()
        self._refuse_over_budget()  # the earlier cost of a resumed conversation is known only now
        await super().query(self._within_budget(prompt), session_id)

    @contextlib.asynccontextmanager
    async def turn(
        self, prompt: str | dict[str, Any], *, uuid: str | None = None
    ) -> AsyncIterator[ClientTurn]:
        refuse_inside("client.turn()")
        self._refuse_over_budget()
        check_prompt(prompt)
        async with super().turn(prompt, uuid=uuid) as turn:
            yield turn

    def _within_budget(
        self, prompt: str | AsyncIterable[dict[str, Any]]
    ) -> str | AsyncIterable[dict[str, Any]]:
        """Return the prompt. If it is a stream, check budget and policy before each part."""
        check_prompt(prompt)

        async def each(prompts: AsyncIterable[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
            async for item in prompts:
                self._refuse_over_budget()
                check_prompt(item)
                yield item
            self._refuse_over_budget()  # at the end, pieces of text become a prompt

        return each(prompt) if isinstance(prompt, AsyncIterable) else prompt

    async def get_server_info(self) -> dict[str, Any] | None:
        await self._see_that_it_lives()
        return await super().get_server_info()

    async def set_permission_mode(self, mode: PermissionMode) -> None:
        permitted_mode(mode)
        await self._see_that_it_lives()
        await super().set_permission_mode(mode)
        if self._note_setting is not None:
            self._note_setting("permission_mode", mode)

    async def set_model(self, model: str | None = None) -> None:
        told = permitted_model(model)
        await self._see_that_it_lives()
        await super().set_model(told)
        if self._note_setting is not None:
            self._note_setting("model", model)

    async def interrupt(self) -> None:
        if self.connected:
            running = self._conversation.running
            if running is not None:
                running.stop_soon()
            await super().interrupt()

    async def _see_that_it_is_ready(self) -> None:
        if self._prepare is not None:
            await self._prepare()

    async def _see_that_it_lives(self) -> None:
        # Only that: if settings have changed, `connect` would wait for the running turn.
        if not self.connected and self._revive is not None:
            await self._revive()
