"""`ClaudeSDKClient`: a conversation that goes on over many prompts."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, cast, overload

import anyio

from ._base.loops import current_loop
from ._base.secrets import without_frames
from ._connection.inbox import AllMessages, Inbox, Response
from ._connection.log import ConversationLog
from ._connection.observers import Observer, Observers
from ._connection.owner import INITIALIZE_TIMEOUT, Connection
from ._connection.rewind import (
    RewindConversationResult,
    RewindFilesResult,
    before_prompt,
    refusal,
    rewind_files,
    rewind_live,
    settle,
)
from ._connection.turn import ClientTurn, check_kind, check_piece, check_prompt, text_prompt
from ._errors import ClaudeSDKError, CLIConnectionError
from ._options import ClaudeAgentOptions
from ._transport.base import Transport
from ._transport.subprocess import SubprocessTransport
from ._types.answers import ContextUsageResponse, McpStatusResponse
from ._types.messages import Message
from ._types.permissions import PermissionMode

__all__ = ["ClaudeSDKClient"]

logger = logging.getLogger("jupyter_claude_sdk")


class ClaudeSDKClient:
    """A conversation with Claude over one CLI process.

    Any task of the event loop that connected may call any method. Prompts are sent one at a time,
    in order: a prompt given while another runs waits for its turn, since the CLI would merge them.

    Parameters
    ----------
    options : ClaudeAgentOptions, optional
        Defaults to ``ClaudeAgentOptions()``.
    transport : Transport, optional
        Another way to reach a CLI.
    initialize_timeout : float, default 60
        Seconds that the CLI has to answer after its start.

    Examples
    --------
    >>> async with ClaudeSDKClient() as client:
    ...     await client.query("What is the capital of France?")
    ...     async for message in client.receive_response():
    ...         print(message)

    Notes
    -----
    Source: the documented Python reference. Its caveats about ``break`` and about staying in one
    async context do not apply: after a ``break`` the next `receive_response` starts with the next
    prompt's answer.
    """

    def __init__(
        self,
        options: ClaudeAgentOptions | None = None,
        *,
        transport: Transport | None = None,
        initialize_timeout: float = INITIALIZE_TIMEOUT,
    ) -> None:
        if not isinstance(options, (ClaudeAgentOptions, type(None))):
            raise TypeError(
                "options must be a ClaudeAgentOptions object, not "
                f"{type(options).__name__}; write ClaudeAgentOptions(…)"
            )
        self.options: ClaudeAgentOptions = ClaudeAgentOptions() if options is None else options
        self._transport = transport
        self._initialize_timeout = initialize_timeout
        self._connection: Connection | None = None
        self._starting: Connection | None = None
        self._loop: Any = None
        self._inbox = Inbox(self._live_connection)
        self._observers: list[Observer] = []
        self._log = ConversationLog()

    def __repr__(self) -> str:
        if not self.connected:
            return "<ClaudeSDKClient, not connected>"
        session_id, model = self._log.session_id, self._log.model or self.options.model
        parts = ["connected"]
        if session_id:
            parts.append(f"session {session_id[:8]}")
        if model:
            parts.append(model)
        return f"<ClaudeSDKClient, {', '.join(parts)}>"

    # --- life ---------------------------------------------------------------------------------

    async def connect(self, prompt: str | AsyncIterable[dict[str, Any]] | None = None) -> None:
        """Start the CLI and, if there is one, send a first prompt.

        After `disconnect`, or when the connection was lost, it begins a new session.

        Parameters
        ----------
        prompt : str or async iterable of dict, optional
            As for `query`; a stream is read in the background.

        Raises
        ------
        CLINotFoundError
            If there is no CLI.
        CLIConnectionError
            If it does not start, is too old, or this client is connected already.
        ProcessError
            If it ends at once, for example because the session to resume does not exist.
        TypeError
            If the prompt is neither text nor an async iterable.
        """
        if prompt is not None:
            check_kind(prompt)
        if self._starting is not None or self.connected:
            raise CLIConnectionError("Already connected; call disconnect() first")
        self._inbox.close()
        inbox = self._inbox = Inbox(self._live_connection)
        self._loop = current_loop()
        log = ConversationLog()
        connection = await self._open(self.options, inbox, log, self._connection)
        self._connection, self._log = connection, log
        if isinstance(prompt, str):
            await self.query(prompt)
        elif prompt is not None:
            inbox.feeding += 1
            connection.start_soon(self._feed, prompt, inbox)

    async def _open(
        self,
        options: ClaudeAgentOptions,
        inbox: Inbox,
        log: ConversationLog,
        before: Connection | None = None,
    ) -> Connection:
        """Start a session that reports to `inbox`, after `before` has ended."""
        try:
            transport = self._transport or _transport_for(options)
            connection = self._starting = Connection(
                options,
                transport,
                Observers(inbox, self._observers, log),
                initialize_timeout=self._initialize_timeout,
                on_end=inbox.notify,
            )
            if before is not None:
                await before.stop()
            await connection.start()
        except Exception as error:
            raise without_frames(error)  # noqa: B904  (the same error)
        finally:
            self._starting = None
        return connection

    async def disconnect(self) -> None:
        """End the session, the CLI and its children. Harmless when not connected."""
        for connection in (self._starting, self._connection):
            if connection is None:
                continue
            if not connection.ended:
                self._check_loop()
            self._inbox.close()
            await connection.stop()
            if self._connection is connection:
                self._connection = None

    async def __aenter__(self) -> ClaudeSDKClient:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        await self.disconnect()
        return False

    @property
    def connected(self) -> bool:
        """Whether there is a live session."""
        return self._connection is not None and self._connection.reachable

    # --- prompts ------------------------------------------------------------------------------

    async def query(
        self, prompt: str | AsyncIterable[dict[str, Any]], session_id: str = "default"
    ) -> None:
        """Send a prompt; read its answer with `receive_response`.

        Parameters
        ----------
        prompt : str or async iterable of dict
            Text, or a stream of messages. ``{"type": "user", …}`` messages are prompts of their
            own; ``{"type": "text", "text": …}`` pieces are gathered into one.
        session_id : str, default "default"
            Passed on to the CLI.

        Raises
        ------
        CLIConnectionError
            If the client is not connected, or in another event loop.
        TypeError, ValueError
            If the prompt is neither text nor an async iterable of messages that the CLI takes.
        """
        self._live_connection()
        check_kind(prompt)
        if isinstance(prompt, str):
            self._submit(text_prompt(prompt, session_id))
        else:
            await self._submit_stream(prompt, session_id)

    async def _submit_stream(
        self, prompt: AsyncIterable[dict[str, Any]], session_id: str = "default"
    ) -> None:
        pieces: list[dict[str, Any]] = []

        def submit_pieces() -> None:
            if pieces:
                self._submit(text_prompt(list(pieces), session_id))
                pieces.clear()

        async for item in prompt:
            if not isinstance(item, dict):
                raise TypeError(f"A prompt's stream must give dicts, not {type(item).__name__}")
            if item.get("type") == "user" or "type" not in item:  # the latter is refused
                submit_pieces()
                self._submit({"session_id": session_id, "parent_tool_use_id": None, **item})
            else:
                check_piece(item)
                pieces.append(item)
        submit_pieces()

    async def _feed(self, prompt: AsyncIterable[dict[str, Any]], inbox: Inbox) -> None:
        """Read a stream of prompts in the background; its error becomes the next response's."""
        try:
            await self._submit_stream(prompt)
        except Exception as error:
            failed = ClientTurn({})
            failed._end(error)
            inbox.expect(failed)
        finally:
            inbox.feeding -= 1
            inbox.notify()

    def _submit(self, message: dict[str, Any]) -> None:
        check_prompt(message)
        connection = self._live_connection()
        turn = ClientTurn(message, message.get("uuid"))
        self._inbox.expect(turn)
        connection.submit(turn)

    @asynccontextmanager
    async def turn(
        self, prompt: str | dict[str, Any], *, uuid: str | None = None
    ) -> AsyncIterator[ClientTurn]:
        """Send a prompt and give its own messages and result, whatever else is going on.

        Leaving the block before the turn has ended takes the prompt back or interrupts the turn.

        Parameters
        ----------
        prompt : str or dict
            Text, or a whole user message.
        uuid : str, optional
            The prompt's id; a new one by default.

        Yields
        ------
        ClientTurn
            The prompt's own messages, state and result.

        Raises
        ------
        CLIConnectionError
            If the client is not connected, or in another event loop.
        ValueError
            If a message is none that the CLI takes.

        Examples
        --------
        >>> async with client.turn("Hello") as turn:
        ...     async for message in turn:
        ...         print(message)
        ...     print(turn.result)
        """
        message = text_prompt(prompt) if isinstance(prompt, str) else prompt
        check_prompt(message)
        connection = self._live_connection()
        turn = ClientTurn(message, uuid or message.get("uuid"))
        connection.submit(turn)
        try:
            yield turn
        finally:
            if not turn.ended and not connection.take_back(turn):
                turn._drop()
                try:
                    with anyio.move_on_after(5, shield=True):
                        await connection.interrupt()
                except ClaudeSDKError:
                    pass  # the connection ended, and with it the turn

    # --- messages -----------------------------------------------------------------------------

    def receive_messages(self) -> AsyncIterator[Message]:
        """Iterate over all messages of `query` prompts and those of no prompt, as they come.

        It ends when the client disconnects and raises if the connection is lost. Of messages that
        no prompt asked for, such as a background task's, the last 1000 wait to be read.

        Returns
        -------
        AsyncIterator of Message
            The messages, each once.

        Notes
        -----
        Source: the documented Python reference of the Agent SDK.
        """
        return AllMessages(self._inbox)

    def receive_response(self) -> AsyncIterator[Message]:
        """Iterate over the next prompt's messages, up to and including its result.

        The next prompt is the oldest that was sent with `query` and not read yet. One that was
        partly read is passed over when there is a newer one, and so is one that was interrupted
        before the newer one was sent.

        Returns
        -------
        AsyncIterator of Message
            The messages; the last one is a `ResultMessage`.

        Notes
        -----
        Source: the documented Python reference of the Agent SDK.
        """
        return Response(self._inbox)

    # --- control ------------------------------------------------------------------------------

    async def interrupt(self) -> None:
        """Interrupt the running turn; it ends with a result soon. Harmless when idle."""
        await self._live_connection().interrupt()

    async def get_server_info(self) -> dict[str, Any] | None:
        """Return what the CLI said about itself when it connected.

        Returns
        -------
        dict or None
            Its ``commands``, ``models``, ``output_style``, ``agents``, ``account`` and more.

        Raises
        ------
        CLIConnectionError
            If the client is not connected.
        """
        return self._live_connection().server_info

    async def set_permission_mode(self, mode: PermissionMode) -> None:
        """Change the permission mode for the rest of the session.

        Parameters
        ----------
        mode : str
            One of `PermissionMode`.

        Raises
        ------
        ControlRequestError
            If the CLI refuses it, as it does "bypassPermissions" unless launched with it.
        """
        await self._set("set_permission_mode", mode=mode)

    async def set_model(self, model: str | None = None) -> None:
        """Change the model for the rest of the session.

        Parameters
        ----------
        model : str, optional
            Its name; None is the CLI's default. The CLI does not check it: a wrong one fails with
            the next prompt.
        """
        await self._set("set_model", model=model)
        self._log.model = model

    async def set_max_thinking_tokens(self, tokens: int | None) -> None:
        """Change the budget for thinking.

        Models that decide themselves how long to think pass over it.

        Parameters
        ----------
        tokens : int or None
            How many tokens; 0 is none at all, None the CLI's default.
        """
        await self._set("set_max_thinking_tokens", max_thinking_tokens=tokens)

    async def get_mcp_status(self) -> McpStatusResponse:
        """Return what is known of each MCP server.

        Returns
        -------
        McpStatusResponse
            In ``["mcpServers"]`` each server's name, status, tools and, if it failed, error. One
            that is still starting is ``"pending"``.
        """
        return cast(McpStatusResponse, await self._live_connection().request("mcp_status"))

    async def reconnect_mcp_server(self, server_name: str) -> None:
        """Connect to an MCP server again.

        Parameters
        ----------
        server_name : str
            Its name in ``mcp_servers``, or in what `get_mcp_status` returns.

        Raises
        ------
        ControlRequestError
            If there is no such server, or that fails; it says why.
        """
        await self._live_connection().request("mcp_reconnect", serverName=server_name)

    async def toggle_mcp_server(self, server_name: str, enabled: bool) -> None:
        """Disconnect an MCP server, so that its tools are gone, or connect to it again.

        Parameters
        ----------
        server_name : str
            Its name, as for `reconnect_mcp_server`.
        enabled : bool
            Whether it is to be connected.

        Raises
        ------
        ControlRequestError
            If there is no such server, or connecting fails; it says why.
        """
        await self._set("mcp_toggle", serverName=server_name, enabled=enabled)

    async def stop_task(self, task_id: str) -> None:
        """Stop a background task: a command or an agent.

        Parameters
        ----------
        task_id : str
            As the message of its start gave it. The CLI passes over an unknown one.
        """
        await self._live_connection().request("stop_task", task_id=task_id)

    async def get_context_usage(self) -> ContextUsageResponse:
        """Return what fills the context window.

        Returns
        -------
        ContextUsageResponse
            Tokens by category, in all, and the limit.
        """
        answer = await self._live_connection().request("get_context_usage")
        return cast(ContextUsageResponse, answer)

    @overload
    async def rewind_files(
        self, user_message_uuid: str, *, dry_run: bool = False
    ) -> RewindFilesResult: ...

    @overload
    async def rewind_files(
        self, *, user_message_id: str, dry_run: bool = False
    ) -> RewindFilesResult: ...

    async def rewind_files(
        self,
        user_message_uuid: str | None = None,
        *,
        user_message_id: str | None = None,
        dry_run: bool = False,
    ) -> RewindFilesResult:
        """Restore the files that Claude changed to how they were before a prompt.

        What Write, Edit and NotebookEdit did since is undone, inside and outside ``cwd``, and so is
        what you changed in those files yourself; look at a dry run first. What commands made,
        renamed or deleted stays. The conversation goes on as it is.

        Parameters
        ----------
        user_message_uuid : str
            The prompt's uuid: `ClientTurn.uuid`, or what the prompt's message was given as
            ``"uuid"``. Any of the last 100 prompts of the session, in a resumed one too.
        user_message_id : str
            Another name for it.
        dry_run : bool, default False
            Only say what would change. It does not raise if there is nothing to go back to.

        Returns
        -------
        RewindFilesResult
            The files and how many lines change.

        Raises
        ------
        ControlRequestError
            If files are not recorded (``enable_file_checkpointing=True`` does that), or there is no
            checkpoint of that prompt.

        Notes
        -----
        Source: the documented Python reference, which returns nothing and has no dry run.
        """
        prompt = user_message_uuid if user_message_uuid is not None else user_message_id
        if prompt is None or (user_message_uuid is not None and user_message_id is not None):
            raise TypeError("rewind_files needs one prompt: user_message_uuid or user_message_id")
        return await rewind_files(self._live_connection(), prompt, dry_run=dry_run)

    def add_observer(self, observer: Observer) -> None:
        """Let an observer see every turn and message of this client, over reconnections too.

        Parameters
        ----------
        observer : Observer
            What is called with them.
        """
        self._observers.append(observer)

    async def rewind_conversation(self, user_message_uuid: str) -> RewindConversationResult:
        """Go back to before a prompt: Claude forgets it and all that came after.

        Files stay as they are; `rewind_files` is for them, and comes first if both are wanted. The
        client stays connected, `receive_messages` and observers go on. A CLI that cannot do it in
        place is replaced by a new one with a fork of the session.

        Parameters
        ----------
        user_message_uuid : str
            The prompt's uuid, such as `ClientTurn.uuid`; the prompt goes too.

        Returns
        -------
        RewindConversationResult
            How it was done, the session that goes on, and the prompt's text to ask anew.

        Raises
        ------
        ControlRequestError
            If there is no such prompt, or a turn is running.

        Notes
        -----
        The documented reference has no such method.
        """
        connection, log = self._live_connection(), self._log
        await settle(connection)
        if connection.options.resume or connection.options.continue_conversation:
            await anyio.to_thread.run_sync(log.load, connection.options, connection.cli_environment)
        done = await rewind_live(connection, log, user_message_uuid)
        if done is not None:
            return done
        if self._transport is not None:
            raise refusal(
                "This CLI cannot do it in place, and only the default transport can be started "
                "anew: connect with resume, resume_session_at and fork_session instead"
            )
        options, text = before_prompt(connection.options, log, user_message_uuid)
        forked = await self._open(options, self._inbox, log)
        try:
            for (subtype, _), fields in log.settings.items():
                await forked.request(subtype, **fields)
            if self._connection is not connection or connection.busy:
                raise refusal("The session went on meanwhile; nothing was taken back")
        except BaseException:
            await forked.stop()
            raise
        log.note_fork(user_message_uuid)
        self._connection = forked
        await connection.stop()
        return RewindConversationResult("fork", log.session_id, text)

    # --- inside -------------------------------------------------------------------------------

    async def _set(self, subtype: str, **fields: Any) -> None:
        """Change a setting of the session, a fork of it included."""
        log = self._log
        await self._live_connection().request(subtype, **fields)
        log.settings[subtype, fields.get("serverName")] = fields

    def _live_connection(self) -> Connection:
        connection = self._connection
        if connection is None:
            raise CLIConnectionError("Not connected. Call connect() first.")
        if not connection.alive:
            raise connection.why_ended()
        self._check_loop()
        return connection

    def _check_loop(self) -> None:
        if self._loop != current_loop():
            raise CLIConnectionError(
                "This client was connected in another event loop; use it there, or make a new one"
            )


def _transport_for(options: ClaudeAgentOptions) -> SubprocessTransport:
    resumes = options.resume is not None or options.continue_conversation
    if options.session_store is None or not resumes:
        return SubprocessTransport(options)
    from ._stores.restore import RestoringTransport

    return RestoringTransport(options)
