"""`ClaudeSDKClient`: a conversation of many prompts."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, AsyncIterator, Mapping
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
from ._options import ClaudeAgentOptions, captured
from ._transport.base import MessageTransport, Transport
from ._transport.subprocess import SubprocessTransport
from ._types.answers import ContextUsageResponse, McpSetServersResult, McpStatusResponse
from ._types.messages import Message
from ._types.option_types import McpServerConfig
from ._types.permissions import PermissionMode

__all__ = ["ClaudeSDKClient"]

logger = logging.getLogger("jupyter_claude_sdk")


class ClaudeSDKClient:
    """A conversation with Claude over one CLI process.

    All methods belong to the event loop in which the client connected; any of its tasks may call
    them. The client sends one prompt at a time, in order. A prompt that is given while another one
    runs waits until that turn has ended, because the CLI would merge the two.

    Parameters
    ----------
    options : ClaudeAgentOptions, optional
        Defaults to ``ClaudeAgentOptions()``.
    transport : Transport or MessageTransport, optional
        How to reach the CLI; by default the client starts it as a subprocess.
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
    You may leave a loop over `receive_response` with ``break``: the next `receive_response` begins
    with the answer to the next prompt.
    """

    def __init__(
        self,
        options: ClaudeAgentOptions | None = None,
        transport: Transport | MessageTransport | None = None,
        *,
        initialize_timeout: float = INITIALIZE_TIMEOUT,
    ) -> None:
        if not isinstance(options, (ClaudeAgentOptions, type(None))):
            raise TypeError(
                "options must be a ClaudeAgentOptions object, not "
                f"{type(options).__name__}; write ClaudeAgentOptions(…)"
            )
        self.options: ClaudeAgentOptions = ClaudeAgentOptions() if options is None else options
        self._transport: Transport | None = None
        if transport is not None:
            from ._transport.messages import as_transport  # few programs have one of their own

            self._transport = as_transport(transport)
        self._own_files = False  # see `lowlevel.keep_own_files`
        self._initialize_timeout = initialize_timeout
        self._connection: Connection | None = None
        self._starting: Connection | None = None
        self._loop: Any = None
        self._inbox = Inbox(self._live_connection, self._cli_left)
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

    # --- start and end ------------------------------------------------------------------------

    async def connect(self, prompt: str | AsyncIterable[dict[str, Any]] | None = None) -> None:
        """Start the CLI, and send a first prompt if one is given.

        After `disconnect`, or after the connection was lost, `connect` begins a new session.

        Parameters
        ----------
        prompt : str or async iterable of dict, optional
            As for `query`. The client reads a stream in the background.

        Raises
        ------
        CLINotFoundError
            If the CLI is not installed.
        CLIConnectionError
            If the CLI does not start or is too old, or if the client is already connected.
        ProcessError
            If the CLI ends at once, for example because the session to resume does not exist.
        TypeError
            If the prompt is neither text nor an async iterable.
        """
        if prompt is not None:
            check_kind(prompt)
        if self._starting is not None or self.connected:
            raise CLIConnectionError("Already connected; call disconnect() first")
        self._inbox.close()
        inbox = self._inbox = Inbox(self._live_connection, self._cli_left)
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
        """Open a connection that reports to `inbox`, after `before` has ended."""
        try:
            options = captured(options)
            transport = self._transport or _transport_for(options, self._own_files)
            connection = self._starting = Connection(
                options,
                transport,
                Observers(inbox, self._observers, log),
                initialize_timeout=self._initialize_timeout,
                on_change=inbox.notify,
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
        """End the CLI and its children. Harmless if the client is not connected.

        If `query` has just sent a prompt, this first waits until the model has it, at most a few
        seconds.
        """
        connection = self._connection
        try:
            if connection is not None and connection.alive:
                self._check_loop()
                turn = connection.running
                if turn is not None and turn in self._inbox.turns:
                    await turn._reach_model()
        finally:
            await self._end()

    async def _end(self) -> None:
        """End the CLI and its children at once."""
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
        await (self.disconnect() if kind is None else self._end())
        return False

    @property
    def connected(self) -> bool:
        """Whether the CLI runs and the client is connected to it."""
        return self._connection is not None and self._connection.reachable

    # --- prompts ------------------------------------------------------------------------------

    async def query(
        self, prompt: str | AsyncIterable[dict[str, Any]], session_id: str = "default"
    ) -> None:
        """Send a prompt; read its answer with `receive_response`.

        Parameters
        ----------
        prompt : str or async iterable of dict
            Text, or a stream of dicts. Each ``{"type": "user", …}`` message is a prompt. Content
            blocks such as ``{"type": "text", "text": …}`` are gathered into one prompt.
        session_id : str, default "default"
            The client passes it on to the CLI.

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
            if item.get("type") == "user" or "type" not in item:  # _submit refuses the latter
                submit_pieces()
                self._submit({"session_id": session_id, "parent_tool_use_id": None, **item})
            else:
                check_piece(item)
                pieces.append(item)
        submit_pieces()

    async def _feed(self, prompt: AsyncIterable[dict[str, Any]], inbox: Inbox) -> None:
        """Read a stream of prompts in the background. The next response raises its error."""
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
        """Send a prompt, and get its messages and result apart from all others.

        If you leave the block before the turn has ended, the client takes the prompt back, or
        interrupts the turn if it has begun.

        Parameters
        ----------
        prompt : str or dict
            Text, or a whole user message.
        uuid : str, optional
            The prompt's id; by default the client makes a new one.

        Yields
        ------
        ClientTurn
            The prompt's messages, state and result.

        Raises
        ------
        CLIConnectionError
            If the client is not connected, or in another event loop.
        ValueError
            If the prompt is a dict that is not a user message.

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
        """Iterate over the messages of all `query` prompts and of no prompt, as they come.

        The iteration ends when the client disconnects, or when the CLI ends by itself between two
        turns. It raises if the CLI fails or ends in a turn. A message of no prompt comes from a
        background task, for example. The client keeps the last 1000 of them.

        Returns
        -------
        AsyncIterator of Message
            The messages, each once.
        """
        return AllMessages(self._inbox)

    def receive_response(self) -> AsyncIterator[Message]:
        """Iterate over the next prompt's messages, up to and including its result.

        The next prompt is the oldest prompt of `query` that was not read yet. If there is a newer
        prompt, the client passes over a prompt that was partly read, and over one that was
        interrupted before the newer one was sent.

        If the result has not the data that ``output_format`` asks for, the iteration raises a
        `StructuredOutputError` after it.

        Returns
        -------
        AsyncIterator of Message
            The messages; the last one is a `ResultMessage`.
        """
        return Response(self._inbox)

    # --- control ------------------------------------------------------------------------------

    async def interrupt(self) -> None:
        """Interrupt the running turn, which then ends with a result. Harmless if no turn runs."""
        await self._live_connection().interrupt()

    async def get_server_info(self) -> dict[str, Any] | None:
        """Return what the CLI said about itself when it connected.

        Returns
        -------
        dict or None
            Its ``commands``, ``models``, ``output_style``, ``agents``, ``account`` and more. CLIs
            from 2.1.331 on say in ``sandbox_enabled`` whether commands run in a sandbox: True,
            False or ``"unknown"``.

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
            If the CLI refuses the mode. It refuses "bypassPermissions" unless it started with it.
        """
        await self._set("set_permission_mode", mode=mode)

    async def set_model(self, model: str | None = None) -> None:
        """Change the model for the rest of the session.

        Parameters
        ----------
        model : str, optional
            The model's name; None is the CLI's default. The CLI does not check it: with a wrong
            name the next prompt fails.
        """
        await self._set("set_model", model=model)
        self._log.model = model

    async def set_max_thinking_tokens(self, tokens: int | None) -> None:
        """Change the budget for thinking.

        Models that decide on their own how much to think ignore it.

        Parameters
        ----------
        tokens : int or None
            How many tokens; 0 turns thinking off, None is the CLI's default.
        """
        await self._set("set_max_thinking_tokens", max_thinking_tokens=tokens)

    async def get_mcp_status(self) -> McpStatusResponse:
        """Return the state of each MCP server.

        Returns
        -------
        McpStatusResponse
            ``["mcpServers"]`` has each server's name, status and tools, and the error of a server
            that failed. A server that is still starting has the status ``"pending"``.
        """
        return cast(McpStatusResponse, await self._live_connection().request("mcp_status"))

    async def set_mcp_servers(self, servers: Mapping[str, McpServerConfig]) -> McpSetServersResult:
        """Exchange the MCP servers for others, also while a turn runs.

        Servers that are not named end, those of the option ``mcp_servers`` too. Servers of settings
        files stay. A server that is named again with the same configuration, or the same
        ``instance``, goes on. Claude has the new tools from its next answer on.

        The servers stay until the client disconnects or sets others, also after
        `rewind_conversation`. `connect` starts with the option ``mcp_servers`` again.

        Parameters
        ----------
        servers : dict
            All servers by name, of the kinds that ``mcp_servers`` takes. ``{}`` ends them all.

        Returns
        -------
        McpSetServersResult
            Which servers are new and which have ended. ``["errors"]`` says why a server did not
            start; the others start all the same.

        Raises
        ------
        TypeError, ValueError
            If a configuration is invalid. Then nothing has changed.
        ControlRequestError
            If the CLI refuses. Then the old servers go on.

        Notes
        -----
        A server in this process that ends, or is replaced under its name, cancels the tools that it
        runs.

        Until ``/clear``, Claude Code keeps the description and the input of a tool as they were
        when Claude first saw its name. So give a tool that takes other input another name.

        Examples
        --------
        >>> await client.set_mcp_servers(
        ...     {"weather": create_sdk_mcp_server("weather", tools=[temperature])}
        ... )
        """
        connection, log = self._live_connection(), self._log
        result = await connection.set_mcp_servers(servers)
        for name in result["removed"]:
            log.settings.pop(("mcp_toggle", name), None)
        return result

    async def reconnect_mcp_server(self, server_name: str) -> None:
        """Connect to an MCP server again. One in this process ends first, with its running tools.

        Parameters
        ----------
        server_name : str
            Its name in ``mcp_servers``, or in the answer of `get_mcp_status`.

        Raises
        ------
        ControlRequestError
            If there is no such server, or it does not connect. The error says why.
        """
        connection, log = self._live_connection(), self._log
        await connection.reconnect_mcp_server(server_name)
        log.settings.pop(("mcp_toggle", server_name), None)

    async def toggle_mcp_server(self, server_name: str, enabled: bool) -> None:
        """Disconnect an MCP server, and with it its tools, or connect to it again.

        Parameters
        ----------
        server_name : str
            Its name, as for `reconnect_mcp_server`.
        enabled : bool
            True connects the server, False disconnects it, and ends the tools that a server in this
            process runs.

        Raises
        ------
        ControlRequestError
            If there is no such server, or it does not connect. The error says why.
        """
        connection, log = self._live_connection(), self._log
        await connection.toggle_mcp_server(server_name, enabled)
        fields = {"serverName": server_name, "enabled": enabled}
        log.settings["mcp_toggle", server_name] = fields

    async def stop_task(self, task_id: str) -> None:
        """Stop a background task: a command or an agent.

        Parameters
        ----------
        task_id : str
            The ``task_id`` of its `TaskStartedMessage`. The CLI ignores an unknown one.
        """
        await self._live_connection().request("stop_task", task_id=task_id)

    async def get_context_usage(self) -> ContextUsageResponse:
        """Return what fills the context window.

        Returns
        -------
        ContextUsageResponse
            The tokens of each category and of all, and the limit.
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
        """Restore the files that Claude changed to their state before a prompt.

        This undoes what Write, Edit and NotebookEdit have done since, inside and outside ``cwd``.
        It also undoes what you changed in those files yourself, so look at a dry run first. Files
        that commands made, renamed or deleted stay as they are. So does the conversation.

        Parameters
        ----------
        user_message_uuid : str
            The prompt's uuid: `ClientTurn.uuid`, or the ``"uuid"`` of the message that you sent.
            The CLI knows the last 100 prompts of the session, also after resuming it.
        user_message_id : str
            Another name for `user_message_uuid`.
        dry_run : bool, default False
            Only return what would change. Then a missing checkpoint raises nothing.

        Returns
        -------
        RewindFilesResult
            The files, and how many lines change.

        Raises
        ------
        ControlRequestError
            If the CLI keeps no checkpoints (connect with ``enable_file_checkpointing=True``), or
            has no checkpoint of that prompt.
        TypeError
            If not exactly one of the two names is given.
        """
        prompt = user_message_uuid if user_message_uuid is not None else user_message_id
        if prompt is None or (user_message_uuid is not None and user_message_id is not None):
            raise TypeError("rewind_files needs one prompt: user_message_uuid or user_message_id")
        return await rewind_files(self._live_connection(), prompt, dry_run=dry_run)

    def add_observer(self, observer: Observer) -> None:
        """Let an observer see every turn and message of this client, also after reconnecting.

        Parameters
        ----------
        observer : Observer
            Its methods are called with the turns and messages.
        """
        self._observers.append(observer)

    async def rewind_conversation(self, user_message_uuid: str) -> RewindConversationResult:
        """Go back to before a prompt: Claude forgets the prompt and all that came after it.

        Files stay as they are. To restore them too, call `rewind_files` first. The client stays
        connected; `receive_messages` and observers continue. If the CLI cannot go back in place,
        the client starts a new one with a fork of the session.

        Parameters
        ----------
        user_message_uuid : str
            The prompt's uuid, such as `ClientTurn.uuid`.

        Returns
        -------
        RewindConversationResult
            How the client went back, the session that continues, and the prompt's text.

        Raises
        ------
        ControlRequestError
            If there is no such prompt, or a turn is running.
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
                "This CLI cannot go back in place, and a transport of your own cannot be started "
                "again: connect with resume, resume_session_at and fork_session instead"
            )
        options, text = before_prompt(connection.present_options(), log, user_message_uuid)
        forked = await self._open(options, self._inbox, log)
        try:
            for (subtype, _), fields in log.settings.items():
                await forked.request(subtype, **fields)
            if self._connection is not connection or connection.busy:
                raise refusal(
                    "The session continued at the same time, so nothing was taken back: try again"
                )
        except BaseException:
            await forked.stop()
            raise
        log.note_fork(user_message_uuid)
        self._connection = forked
        await connection.stop()
        return RewindConversationResult("fork", log.session_id, text)

    # --- private ------------------------------------------------------------------------------

    async def _set(self, subtype: str, **fields: Any) -> None:
        """Change a setting of the session, and keep it for a fork of the session."""
        log = self._log
        await self._live_connection().request(subtype, **fields)
        log.settings[subtype, None] = fields

    def _live_connection(self) -> Connection:
        connection = self._connection
        if connection is None:
            raise CLIConnectionError("Not connected. Call connect() first.")
        if not connection.alive:
            raise connection.why_ended()
        self._check_loop()
        return connection

    def _cli_left(self) -> bool:
        return self._connection is not None and self._connection.left

    def _check_loop(self) -> None:
        if self._loop != current_loop():
            raise CLIConnectionError(
                "This client was connected in another event loop; use it there, or make a new one"
            )


def _transport_for(options: ClaudeAgentOptions, own_files: bool) -> SubprocessTransport:
    resumes = options.resume is not None or options.continue_conversation
    if options.session_store is None or not resumes or own_files:
        return SubprocessTransport(options)
    from ._stores.restore import RestoringTransport

    return RestoringTransport(options)
