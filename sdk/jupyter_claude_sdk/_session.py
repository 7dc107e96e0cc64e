"""The owner task that joins protocol and transport: the one core under `ClaudeSDKClient` and `query`.

One task owns the transport and every task of the session, from start to end, in a context of its
own. So it does not matter which task of the loop calls, and cancelling a caller cancels nothing
else. What arrives is sorted at once: answers wake whoever asked, requests of the CLI's run as tasks,
messages go to their turn and to the observers. None of it waits for a consumer.
"""

from __future__ import annotations

import contextvars
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol as TypingProtocol

import anyio
import sniffio

from ._errors import (
    ClaudeSDKError,
    CLIConnectionError,
    CLIJSONDecodeError,
    ControlRequestError,
    last_lines,
)
from ._find import check_version
from ._hooks import HookRegistry
from ._messages import Message, ResultMessage, parse_message
from ._options import ClaudeAgentOptions, initialize_fields
from ._permissions import ToolPermissionContext, permission_answer
from ._protocol import (
    DEFAULT_LINE_LIMIT,
    BadLine,
    ControlAnswer,
    ControlCancel,
    ControlRequest,
    Frame,
    MessageFrame,
    Protocol,
    TurnClosed,
)
from ._transport import Transport
from ._turn import ClientTurn

logger = logging.getLogger("jupyter_claude_sdk")

#: Seconds that a control request may take to be answered.
REQUEST_TIMEOUT = 60.0
INITIALIZE_TIMEOUT = 60.0


class Observer(TypingProtocol):
    """Sees everything that a session does, in order, in its loop. Must not block or raise."""

    def turn_queued(self, turn: ClientTurn) -> None:
        """A prompt was given; called in the task that gave it."""

    def turn_started(self, turn: ClientTurn) -> None:
        """A prompt is being sent."""

    def message(self, turn: ClientTurn | None, message: Message) -> None:
        """A message came, of `turn` or of no turn."""

    def turn_ended(self, turn: ClientTurn) -> None:
        """A turn ended; its ``result`` and ``error`` say how."""


class _Waiter:
    def __init__(self) -> None:
        self.event = anyio.Event()
        self.response: dict[str, Any] = {}
        self.error: Exception | None = None


class Session:
    """One connection to one CLI.

    Parameters
    ----------
    options : ClaudeAgentOptions
        What the session was told.
    transport : Transport
        Connected by `start`, closed when the session ends.
    observer : Observer
        Told of turns and messages.
    """

    def __init__(
        self, options: ClaudeAgentOptions, transport: Transport, observer: Observer
    ) -> None:
        self.options = options
        self.server_info: dict[str, Any] = {}
        self.error: Exception | None = None  # why it ended, if not by `stop`
        self._transport = transport
        self._observer = observer
        self._protocol = Protocol(options.max_buffer_size or DEFAULT_LINE_LIMIT)
        self._hooks = HookRegistry(options.hooks)
        self._outgoing: deque[bytes] = deque()
        self._outgoing_wake = anyio.Event()
        self._waiters: dict[str, _Waiter] = {}
        self._callbacks: dict[str, anyio.CancelScope] = {}
        self._queue: deque[ClientTurn] = deque()
        self._turn: ClientTurn | None = None
        self._group: anyio.abc.TaskGroup | None = None
        self._connected = anyio.Event()
        self._closing = anyio.Event()
        self._ended = anyio.Event()

    @property
    def alive(self) -> bool:
        """Whether it is connected and not ending."""
        return self._connected.is_set() and not self._closing.is_set() and not self._ended.is_set()

    @property
    def turn(self) -> ClientTurn | None:
        """The turn that runs now."""
        return self._turn

    # --- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect and greet the CLI.

        Raises
        ------
        CLIConnectionError, CLINotFoundError, CLIVersionError, ProcessError
            If that fails; nothing is left running then.
        """
        _spawn_owner(self._own)
        try:
            await self._connected.wait()
            if self._ended.is_set():
                raise self.error or CLIConnectionError("The CLI ended before it answered")
            fields = initialize_fields(self.options, self._hooks.wire)
            self.server_info = await self.request(
                "initialize", timeout=INITIALIZE_TIMEOUT, **fields
            )
            check_version(str(self.server_info.get("claude_code_version", "")))
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the session, the CLI and its children; bounded, and harmless when ended already."""
        self._closing.set()
        with anyio.CancelScope(shield=True):
            await self._ended.wait()

    async def _own(self) -> None:
        try:
            await self._transport.connect()
            try:
                async with anyio.create_task_group() as group:
                    self._group = group
                    group.start_soon(self._read)
                    group.start_soon(self._write)
                    self._connected.set()
                    await self._closing.wait()
                    group.cancel_scope.cancel()
            finally:
                self._group = None
                await self._transport.close(busy=self._turn is not None)
        except Exception as error:
            self.error = self.error or _only(error)
        finally:
            self._closing.set()
            self._finish()

    def _finish(self) -> None:
        error = self.error or CLIConnectionError("The client was disconnected")
        for waiter in self._waiters.values():
            waiter.error = error
            waiter.event.set()
        self._waiters.clear()
        turns = ([self._turn] if self._turn else []) + list(self._queue)
        self._turn = None
        self._queue.clear()
        self._connected.set()
        self._ended.set()
        for turn in turns:
            turn._end(error)
            self._observer.turn_ended(turn)

    # --- what callers ask ---------------------------------------------------------------------

    async def request(
        self, subtype: str, *, timeout: float = REQUEST_TIMEOUT, **fields: Any
    ) -> dict[str, Any]:
        """Send a control request and return its answer.

        Raises
        ------
        ControlRequestError
            If the CLI refuses, or does not answer within `timeout` seconds.
        ClaudeSDKError
            If the connection ends meanwhile.
        """
        if self._ended.is_set() or self._closing.is_set():
            raise self.error or CLIConnectionError("The client was disconnected")
        request_id, data = self._protocol.request(subtype, **fields)
        waiter = self._waiters[request_id] = _Waiter()
        self._send(data)
        try:
            with anyio.move_on_after(timeout) as scope:
                await waiter.event.wait()
            if scope.cancelled_caught and not waiter.event.is_set():
                tail = self._transport.stderr_tail()
                raise ControlRequestError(
                    subtype,
                    f"the CLI did not answer within {timeout:g} s"
                    + (f"; it said: {last_lines(tail)}" if tail.strip() else ""),
                )
        finally:
            self._waiters.pop(request_id, None)
            self._protocol.forget(request_id)
        if waiter.error is not None:
            raise waiter.error
        return waiter.response

    def submit(self, turn: ClientTurn) -> None:
        """Send a prompt when the turns before it have ended."""
        if not self.alive:
            raise self.error or CLIConnectionError("The client was disconnected")
        self._queue.append(turn)
        self._observer.turn_queued(turn)
        self._send_next_prompt()

    def take_back(self, turn: ClientTurn) -> bool:
        """Take back a prompt that was not sent yet; return whether that was so."""
        if turn not in self._queue:
            return False
        self._queue.remove(turn)
        turn._end(CLIConnectionError("The prompt was taken back before it was sent"))
        self._observer.turn_ended(turn)
        return True

    async def interrupt(self) -> None:
        """Interrupt the turn that runs; harmless if none does."""
        if self._turn is not None:
            self._turn.interrupted = True
        await self.request("interrupt")

    # --- going out ----------------------------------------------------------------------------

    def _send(self, data: bytes) -> None:
        self._outgoing.append(data)
        self._outgoing_wake.set()

    def _send_next_prompt(self) -> None:
        if self._turn is not None or not self._queue:
            return
        turn = self._turn = self._queue.popleft()
        turn.state = "running"
        self._observer.turn_started(turn)
        self._send(self._protocol.prompt(turn.uuid, turn.prompt))

    async def _write(self) -> None:
        while True:
            while self._outgoing:
                try:
                    await self._transport.send(self._outgoing.popleft())
                except CLIConnectionError:
                    return  # the reader finds out why it ended
            self._outgoing_wake = anyio.Event()
            await self._outgoing_wake.wait()

    # --- coming in ----------------------------------------------------------------------------

    async def _read(self) -> None:
        while data := await self._transport.receive():
            for frame in self._protocol.feed(data):
                self._take(frame)
        for frame in self._protocol.end_of_input():
            self._take(frame)
        cause = await self._transport.ended()
        busy = self._turn is not None or self._waiters
        if cause is not None or busy:
            self.error = cause or CLIConnectionError("The CLI ended in the middle of a turn")
        else:
            self.error = CLIConnectionError("The CLI ended")
        self._closing.set()

    def _take(self, frame: Frame) -> None:
        if isinstance(frame, MessageFrame):
            self._take_message(frame)
        elif isinstance(frame, ControlAnswer):
            self._take_answer(frame)
        elif isinstance(frame, ControlRequest):
            assert self._group is not None
            self._group.start_soon(self._answer, frame)
        elif isinstance(frame, ControlCancel):
            scope = self._callbacks.get(frame.request_id)
            if scope is not None:
                scope.cancel()
        elif isinstance(frame, TurnClosed):
            self._end_turn(
                frame.prompt,
                ClaudeSDKError(f"The CLI ended the turn without a result ({frame.state})"),
            )
        elif isinstance(frame, BadLine):
            logger.warning("%s", CLIJSONDecodeError(frame.line, frame.error))

    def _take_message(self, frame: MessageFrame) -> None:
        message = parse_message(frame.data)
        turn = self._turn if frame.prompt is not None else None
        if frame.ends and turn is not None:
            if isinstance(message, ResultMessage):
                turn.result = message
        if turn is not None:
            turn._push(message)
        self._observer.message(turn, message)
        if frame.ends and frame.prompt is not None:
            self._end_turn(frame.prompt, None)

    def _end_turn(self, prompt: str, error: Exception | None) -> None:
        turn = self._turn
        if turn is None or turn.uuid != prompt:
            return
        self._turn = None
        turn._end(error)
        self._observer.turn_ended(turn)
        self._send_next_prompt()

    def _take_answer(self, frame: ControlAnswer) -> None:
        waiter = self._waiters.get(frame.request_id)
        if waiter is None:
            return
        waiter.response = frame.response
        if frame.error is not None:
            waiter.error = ControlRequestError(frame.subtype, frame.error, frame.error_code)
        waiter.event.set()

    # --- what the CLI asks --------------------------------------------------------------------

    async def _answer(self, frame: ControlRequest) -> None:
        with anyio.CancelScope() as scope:
            self._callbacks[frame.request_id] = scope
            try:
                data = self._protocol.answer(frame.request_id, await self._serve(frame.request))
            except Exception as error:
                logger.warning(
                    "A callback for %s failed: %r", frame.request.get("subtype"), error
                )
                data = self._protocol.refuse(
                    frame.request_id, f"{type(error).__name__}: {error}"
                )
            finally:
                self._callbacks.pop(frame.request_id, None)
            self._send(data)

    async def _serve(self, request: dict[str, Any]) -> dict[str, Any]:
        subtype = request.get("subtype")
        if subtype == "can_use_tool" and self.options.can_use_tool is not None:
            tool_input = request.get("input") or {}
            result = await self.options.can_use_tool(
                str(request.get("tool_name")),
                tool_input,
                ToolPermissionContext.from_request(request),
            )
            return permission_answer(result, tool_input)
        if subtype == "hook_callback":
            return await self._hooks.call(request)
        raise ClaudeSDKError(f"nothing here answers a {subtype} request")


def _only(error: Exception) -> Exception:
    """Return the one error inside a task group's error."""
    inner = getattr(error, "exceptions", None)
    return _only(inner[0]) if inner and len(inner) == 1 else error


def _spawn_owner(function: Callable[[], Awaitable[None]]) -> None:
    """Start a task that belongs to the loop and not to the caller, in an empty context.

    The empty context keeps it from inheriting what a notebook cell's task carries: its output and
    its cancel scope.
    """
    context = contextvars.Context()
    if sniffio.current_async_library() == "trio":
        import trio

        trio.lowlevel.spawn_system_task(function, name="jupyter_claude_sdk", context=context)
        return
    import asyncio

    loop = asyncio.get_running_loop()
    # create_task(context=…) came with Python 3.11.
    task = context.run(lambda: loop.create_task(_run(function), name="jupyter_claude_sdk"))
    _owners.add(task)
    task.add_done_callback(_owners.discard)


async def _run(function: Callable[[], Awaitable[None]]) -> None:
    await function()


_owners: set[Any] = set()  # a loop holds its tasks only weakly
