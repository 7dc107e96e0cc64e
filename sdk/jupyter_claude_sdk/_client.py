"""`ClaudeSDKClient`: a conversation that goes on over many prompts."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

import anyio
import sniffio

from ._errors import CLIConnectionError
from ._messages import Message, SystemMessage
from ._options import ClaudeAgentOptions
from ._permissions import PermissionMode
from ._session import Observer, Session
from ._transport import SubprocessTransport, Transport
from ._turn import ClientTurn, text_prompt


class ClaudeSDKClient:
    """A conversation with Claude over one CLI process.

    Any task of the event loop that connected may call any method. Prompts are sent one at a time, in
    order: a prompt given while another runs waits for its turn, since the CLI would merge them.

    Parameters
    ----------
    options : ClaudeAgentOptions, optional
        Defaults to ``ClaudeAgentOptions()``.
    transport : Transport, optional
        Another way to reach a CLI; used for one connection.

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
        self, options: ClaudeAgentOptions | None = None, *, transport: Transport | None = None
    ) -> None:
        self.options = options if options is not None else ClaudeAgentOptions()
        self._transport = transport
        self._session: Session | None = None
        self._loop: Any = None
        self._connecting = False
        self._inbox = _Inbox()
        self._observers: list[Observer] = []

    # --- life ---------------------------------------------------------------------------------

    async def connect(self, prompt: str | AsyncIterable[dict[str, Any]] | None = None) -> None:
        """Start the CLI and, if there is one, send a first prompt.

        Raises
        ------
        CLINotFoundError
            If there is no CLI.
        CLIConnectionError
            If it does not start, is too old, or this client is connected already.
        ProcessError
            If it ends at once, for example because the session to resume does not exist.
        """
        if self._connecting or (self._session is not None and self._session.alive):
            raise CLIConnectionError("Already connected; call disconnect() first")
        self._connecting = True
        try:
            if self._session is not None:
                await self._session.stop()
            self._inbox = _Inbox()
            transport = self._transport or SubprocessTransport(self.options)
            self._transport = None
            self._loop = _current_loop()
            session = Session(self.options, transport, _Fan(self))
            await session.start()
            self._session = session
        finally:
            self._connecting = False
        if prompt is not None:
            await self.query(prompt)

    async def disconnect(self) -> None:
        """End the session, the CLI and its children. Harmless when not connected."""
        session, self._session = self._session, None
        if session is not None:
            self._check_loop()
            await session.stop()

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
        return self._session is not None and self._session.alive

    # --- prompts ------------------------------------------------------------------------------

    async def query(
        self, prompt: str | AsyncIterable[dict[str, Any]], session_id: str = "default"
    ) -> None:
        """Send a prompt; read its answer with `receive_response`.

        Parameters
        ----------
        prompt : str or async iterable of dict
            Text, or a stream of messages. ``{"type": "user", …}`` messages are prompts of their own;
            ``{"type": "text", "text": …}`` pieces are gathered into one.
        session_id : str, default "default"
            Passed on to the CLI.
        """
        self._live_session()
        if isinstance(prompt, str):
            self._submit_query(text_prompt(prompt, session_id))
            return
        pieces: list[dict[str, Any]] = []
        async for item in prompt:
            if item.get("type") == "user":
                self._submit_query({"session_id": session_id, "parent_tool_use_id": None, **item})
            else:
                pieces.append(item)
        if pieces:
            message = text_prompt("", session_id)
            message["message"]["content"] = pieces
            self._submit_query(message)

    def _submit_query(self, message: dict[str, Any]) -> None:
        turn = ClientTurn(message)
        self._inbox.expect(turn)
        self._live_session().submit(turn)

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

        Examples
        --------
        >>> async with client.turn("Hello") as turn:
        ...     async for message in turn:
        ...         print(message)
        ...     print(turn.result)
        """
        session = self._live_session()
        turn = ClientTurn(text_prompt(prompt) if isinstance(prompt, str) else prompt, uuid)
        session.submit(turn)
        try:
            yield turn
        finally:
            if not turn.ended and not session.take_back(turn):
                with anyio.move_on_after(5, shield=True):
                    await session.interrupt()

    # --- messages -----------------------------------------------------------------------------

    def receive_messages(self) -> AsyncIterator[Message]:
        """Iterate over all messages of `query` prompts and those of no prompt, as they come.

        It ends when the client disconnects and raises if the connection is lost.
        """
        return _AllMessages(self, self._inbox)

    def receive_response(self) -> AsyncIterator[Message]:
        """Iterate over the next prompt's messages, up to and including its result.

        The next prompt is the oldest that was sent with `query` and not read yet. One that was
        partly read, or interrupted unread, is passed over when there is a newer one.
        """
        return _Response(self, self._inbox)

    # --- control ------------------------------------------------------------------------------

    async def interrupt(self) -> None:
        """Interrupt the running turn; it ends with a result soon. Harmless when idle."""
        await self._live_session().interrupt()

    async def get_server_info(self) -> dict[str, Any] | None:
        """Return what the CLI said about itself when it connected: commands, models and more."""
        return self._live_session().server_info

    async def set_permission_mode(self, mode: PermissionMode) -> None:
        """Change the permission mode for the rest of the session.

        Raises
        ------
        ControlRequestError
            If the CLI refuses it, as it does "bypassPermissions" unless launched with it.
        """
        await self._live_session().request("set_permission_mode", mode=mode)

    async def set_model(self, model: str | None = None) -> None:
        """Change the model for the rest of the session; None is the CLI's default.

        The CLI does not check the name; a wrong one fails with the next prompt.
        """
        await self._live_session().request("set_model", model=model)

    def add_observer(self, observer: Observer) -> None:
        """Let `observer` see every turn and message of this client, over reconnections too."""
        self._observers.append(observer)

    # --- inside -------------------------------------------------------------------------------

    def _live_session(self) -> Session:
        session = self._session
        if session is None:
            raise CLIConnectionError("Not connected. Call connect() first.")
        self._check_loop()
        if not session.alive:
            raise session.error or CLIConnectionError("The connection ended; call connect() again")
        return session

    def _check_loop(self) -> None:
        if self._loop is not _current_loop():
            raise CLIConnectionError(
                "This client was connected in another event loop; use it there, or connect a new one"
            )


def _current_loop() -> Any:
    if sniffio.current_async_library() == "trio":
        import trio

        return trio.lowlevel.current_trio_token()
    import asyncio

    return asyncio.get_running_loop()


class _Fan:
    """Passes what a session does on to the inbox and to the observers."""

    def __init__(self, client: ClaudeSDKClient) -> None:
        self._inbox = client._inbox
        self._observers = client._observers

    def turn_queued(self, turn: ClientTurn) -> None:
        for observer in self._observers:
            observer.turn_queued(turn)

    def turn_started(self, turn: ClientTurn) -> None:
        for observer in self._observers:
            observer.turn_started(turn)

    def message(self, turn: ClientTurn | None, message: Message) -> None:
        self._inbox.put(turn, message)
        for observer in self._observers:
            observer.message(turn, message)

    def turn_ended(self, turn: ClientTurn) -> None:
        self._inbox.turn_ended(turn)
        for observer in self._observers:
            observer.turn_ended(turn)


class _Inbox:
    """Messages that wait to be read, in order, with the turn that each belongs to.

    A turn of `ClaudeSDKClient.turn` keeps its own messages; they do not pass through here.
    """

    def __init__(self) -> None:
        self.queries: deque[ClientTurn] = deque()  # sent with query(), not read to their end
        self.begun: ClientTurn | None = None  # the one whose reading has begun
        self.entries: deque[tuple[ClientTurn | None, Message]] = deque()
        self.reader: object | None = None  # who waits now
        self._expected: set[ClientTurn] = set()
        self._wake = anyio.Event()

    def expect(self, turn: ClientTurn) -> None:
        self.queries.append(turn)
        self._expected.add(turn)
        self.notify()

    def put(self, turn: ClientTurn | None, message: Message) -> None:
        if turn is None:
            # The CLI reports its state also while nobody asks; with no reader that would pile up.
            if isinstance(message, SystemMessage) and message.subtype == "session_state_changed":
                return
        elif turn not in self._expected:
            return
        self.entries.append((turn, message))
        self.notify()

    def turn_ended(self, turn: ClientTurn) -> None:
        self._expected.discard(turn)
        self.notify()

    def notify(self) -> None:
        wake, self._wake = self._wake, anyio.Event()
        wake.set()

    async def wait(self, reader: object) -> None:
        if self.reader is not None:
            raise CLIConnectionError(
                "Two readers at once: messages can be received in one place only"
            )
        self.reader = reader
        try:
            await self._wake.wait()
        finally:
            self.reader = None

    def next_query(self) -> ClientTurn | None:
        """Choose the turn that the next response is of, and mark it begun."""
        while len(self.queries) > 1 and (
            self.queries[0] is self.begun or self._is_unread_interrupt(self.queries[0])
        ):
            self.drop(self.queries.popleft())
        self.begun = self.queries[0] if self.queries else None
        return self.begun

    def _is_unread_interrupt(self, turn: ClientTurn) -> bool:
        return turn.interrupted

    def drop(self, turn: ClientTurn) -> None:
        """Forget a turn that nobody reads any more."""
        self._expected.discard(turn)
        self.entries = deque(entry for entry in self.entries if entry[0] is not turn)

    def finish(self, turn: ClientTurn) -> None:
        """A turn was read to its end."""
        if turn in self.queries:
            self.queries.remove(turn)
        if self.begun is turn:
            self.begun = None


class _AllMessages:
    def __init__(self, client: ClaudeSDKClient, inbox: _Inbox) -> None:
        self._client = client
        self._inbox = inbox

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        inbox = self._inbox
        while True:
            if inbox.entries:
                turn, message = inbox.entries.popleft()
                if turn is not None:
                    inbox.begun = turn
                    if turn.ended and not any(owner is turn for owner, _ in inbox.entries):
                        inbox.finish(turn)
                return message
            if self._client._inbox is not inbox or self._client._session is None:
                raise StopAsyncIteration
            self._client._live_session()
            await inbox.wait(self)


class _Response:
    def __init__(self, client: ClaudeSDKClient, inbox: _Inbox) -> None:
        self._client = client
        self._inbox = inbox
        self._turn: ClientTurn | None = None

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        inbox = self._inbox
        while self._turn is None:
            if inbox.next_query() is not None:
                self._turn = inbox.begun
                break
            self._client._live_session()
            await inbox.wait(self)
        turn = self._turn
        while True:
            for index, (owner, message) in enumerate(inbox.entries):
                if owner is turn:
                    del inbox.entries[index]
                    return message
            if turn.ended:
                inbox.finish(turn)
                if turn.error is not None:
                    raise turn.error
                raise StopAsyncIteration
            if turn not in inbox.queries:
                raise StopAsyncIteration  # a newer response took over
            await inbox.wait(self)
