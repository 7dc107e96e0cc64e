"""The owner task that joins protocol and transport: the core under `ClaudeSDKClient` and `query`.

One task owns the transport and every task of the session, from start to end, in a context of its
own. So it does not matter which task of the loop calls, and cancelling a caller cancels nothing
else. What arrives is sorted at once: answers wake whoever asked, requests of the CLI's run as
tasks, messages go to their turn and to the observers. None of it waits for a consumer.

Source: this package's own design, for the protocol as it was observed on the CLI.
"""

from __future__ import annotations

import contextvars
import logging
import os
import re
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any
from typing import Protocol as TypingProtocol

import anyio
import anyio.abc
import anyio.lowlevel

from .._base.loops import spawn_owner
from .._base.secrets import without_frames
from .._base.signal import Flag, Signal
from .._errors import (
    ClaudeSDKError,
    CLIConnectionError,
    CLIJSONDecodeError,
    CLIVersionError,
    ControlRequestError,
    ProcessError,
    ResultError,
    said,
)
from .._mcp.config import in_process_servers
from .._options import ClaudeAgentOptions
from .._transport.arguments import initialize_fields
from .._transport.base import Transport
from .._transport.find import REMEDY, check_version
from .._types.messages import Message, ResultMessage
from .._wire.parsing import parse_messages
from .._wire.protocol import (
    DEFAULT_LINE_LIMIT,
    BadLine,
    ControlAnswer,
    ControlCancel,
    ControlRequest,
    Frame,
    MessagesFrame,
    Protocol,
    TurnBegun,
    TurnClosed,
)
from .hooks import HookRegistry
from .permissions import decide
from .turn import ClientTurn

if TYPE_CHECKING:
    from .._mcp.host import McpHost
    from .._stores.mirror import Mirror

__all__ = ["Observer"]

logger = logging.getLogger("jupyter_claude_sdk")

#: Seconds that a control request may take to be answered, the first one too.
REQUEST_TIMEOUT = 60.0
INITIALIZE_TIMEOUT = 60.0

#: The session on whose behalf a callback of the user's runs.
_serving: contextvars.ContextVar[Session | None] = contextvars.ContextVar("serving", default=None)


class Observer(TypingProtocol):
    """Sees everything that a session does, in order, in its loop. It must not block.

    What it raises is logged and goes no further.
    """

    def turn_queued(self, turn: ClientTurn) -> None:
        """A prompt was given; called in the task that gave it.

        Parameters
        ----------
        turn : ClientTurn
            The prompt, which has not been sent.
        """

    def turn_started(self, turn: ClientTurn) -> None:
        """A prompt is being sent.

        Parameters
        ----------
        turn : ClientTurn
            The prompt.
        """

    def message(self, turn: ClientTurn | None, message: Message) -> None:
        """A message came.

        Parameters
        ----------
        turn : ClientTurn or None
            The prompt that it belongs to; None for what nobody asked for.
        message : Message
            The message.
        """

    def turn_ended(self, turn: ClientTurn) -> None:
        """A turn ended.

        Parameters
        ----------
        turn : ClientTurn
            Its ``result`` and ``error`` say how.
        """


class BatchObserver(TypingProtocol):
    """An `Observer` that takes all messages of a turn that came at once. It must not raise."""

    def turn_queued(self, turn: ClientTurn) -> None: ...

    def turn_started(self, turn: ClientTurn) -> None: ...

    def messages(self, turn: ClientTurn | None, messages: list[Message]) -> None: ...

    def turn_ended(self, turn: ClientTurn) -> None: ...


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
    observer : BatchObserver
        Told of turns and messages.
    initialize_timeout : float, default 60
        Seconds that the CLI has to answer after its start.
    on_end : callable, optional
        Called when it has ended, however it did.
    """

    def __init__(
        self,
        options: ClaudeAgentOptions,
        transport: Transport,
        observer: BatchObserver,
        *,
        initialize_timeout: float = INITIALIZE_TIMEOUT,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.options = options
        self.server_info: dict[str, Any] = {}
        self.error: Exception | None = None  # why it ended, if not by `stop`
        self._transport = transport
        self._observer = observer
        self._initialize_timeout = initialize_timeout
        self._on_end = on_end
        self._protocol = Protocol(options.max_buffer_size or DEFAULT_LINE_LIMIT)
        self._hooks = HookRegistry(options.hooks)
        self._mcp: McpHost | None = None
        servers = in_process_servers(options.mcp_servers)
        if servers:
            from .._mcp.host import McpHost

            self._mcp = McpHost(servers, self.start_soon, self._tell_mcp)
        self._mirror: Mirror | None = None
        if options.session_store is not None:
            from .._stores.mirror import Mirror

            self._mirror = Mirror(
                options.session_store, options.session_store_flush, self._handle_frame, self._tell
            )
        self._outgoing: deque[bytes] = deque()
        self._written = Signal()  # something is to be sent
        self._waiters: dict[str, _Waiter] = {}
        self._callbacks: dict[str, anyio.CancelScope] = {}
        self._failed: dict[str, Any] | None = None  # the last turn's result, if that is an error
        self._queue: deque[ClientTurn] = deque()
        self._turn: ClientTurn | None = None
        self._begun = Flag()  # the turn was taken up by the CLI, or is over
        self._group: anyio.abc.TaskGroup | None = None
        self._unprepared: Exception | None = None  # why the transport could not even begin
        self._connect_scope: anyio.CancelScope | None = None
        self._connected = Flag()
        self._closing = Flag()
        self._ended = Flag()
        self._lost = False  # its event loop was closed, and none of its tasks wakes again

    @property
    def alive(self) -> bool:
        """Whether it is connected and not ending."""
        return self._connected.is_set() and not self._closing.is_set() and not self.ended

    @property
    def reachable(self) -> bool:
        """Whether it is alive and so is what it is connected to, as far as one can see."""
        return self.alive and self._transport.is_ready()

    @property
    def answering(self) -> bool:
        """Whether a prompt waits or is answered, and was not interrupted."""
        turn = self._turn
        return bool(self._queue) or (turn is not None and not turn.interrupted)

    @property
    def busy(self) -> bool:
        """Whether a turn runs, a prompt's or one that nobody asked for, as the CLI says."""
        return self._turn is not None or bool(self._queue) or self._protocol.busy

    @property
    def ended(self) -> bool:
        """Whether nothing of it is left."""
        return self._ended.is_set() or self._lost

    @property
    def cli_environment(self) -> Mapping[str, str]:
        """The environment that the CLI was given, as far as that is known."""
        return self._transport.cli_environment()

    # --- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect and greet the CLI.

        Raises
        ------
        CLIConnectionError, CLINotFoundError, CLIVersionError, ProcessError
            If that fails; nothing is left running then.
        """
        try:
            self._transport.prepare()
        except Exception as error:
            self._unprepared = error  # the owner's task ends with it, as with any other
        except BaseException:  # Ctrl-C: nobody would own what was started
            self._transport.abandon()
            raise
        spawn_owner(self._own, self._lose_loop)
        try:
            await self._connected.wait()
            if self._closing.is_set():
                await self._ended.wait()
                raise self.why_ended()
            self.server_info = await self.request(
                "initialize",
                timeout=max(self._initialize_timeout, _longer_start()),
                **initialize_fields(self.options, self._hooks.wire),
            )
            check_version(str(self.server_info.get("claude_code_version", "")))
            self._hooks.check_server(self.server_info)
        except BaseException as error:
            await self.stop()
            if isinstance(error, ControlRequestError):
                raise CLIConnectionError(f"Claude Code did not start: {error}") from error
            if isinstance(error, ProcessError) and self._is_too_old(str(error.stderr)):
                raise CLIVersionError(
                    f"Claude Code does not know an option that it was given{said(error.stderr)}; "
                    f"if it is too old, {REMEDY}"
                ) from error
            raise

    def _is_too_old(self, stderr: str) -> bool:
        """Say whether the CLI refused an option of ours, and not one of the user's own flags."""
        refused = re.findall(r"unknown option '--([^'=]+)", stderr)
        own = {name.lstrip("-") for name in self.options.extra_args}
        return "unknown option" in stderr and not own & {*refused}

    async def stop(self) -> None:
        """End the session, the CLI and its children; bounded, and harmless when ended already.

        Called from one of the session's own callbacks it does not wait for the end, which would be
        waiting for that callback.
        """
        if self._lost:
            return
        self._closing.set()
        if self._connect_scope is not None:
            self._connect_scope.cancel()
        if _serving.get() is self:
            await anyio.lowlevel.checkpoint()
            return
        with anyio.CancelScope(shield=True):
            await self._ended.wait()

    def _lose_loop(self) -> None:
        self._lost = True
        self.error = CLIConnectionError(
            "The event loop that this client was connected in was closed; call connect() again"
        )
        self._transport.abandon()

    async def cli_error(self) -> Exception | None:
        """Return what the CLI's end says of it, once it has ended; None for a clean end.

        An error after a turn that failed is a `ResultError`.
        """
        cause = await self._transport.ended()
        if type(cause) is ProcessError and self._failed is not None and self._turn is None:
            return ResultError._after(self._failed, cause)
        return cause

    def why_ended(self) -> Exception:
        """Return why the session ended, ready to be raised."""
        error = self.error or CLIConnectionError("The client was disconnected")
        # Else each raising would add to the traceback of the ones before, and keep their frames.
        return without_frames(error).with_traceback(None)

    def start_soon(
        self, function: Callable[..., Coroutine[Any, Any, None]], *arguments: Any
    ) -> None:
        """Run `function` in a task that ends with the session at the latest. It must not raise."""
        if self._group is None:
            raise self.why_ended()
        self._group.start_soon(function, *arguments)

    async def _own(self) -> None:
        try:
            try:
                if self._unprepared is not None:
                    raise self._unprepared
                with anyio.CancelScope() as self._connect_scope:
                    if not self._closing.is_set():
                        await self._transport.connect()
                self._connect_scope = None
                if not self._closing.is_set():
                    await self._run()
            finally:
                with anyio.CancelScope(shield=True):
                    await self._close()
        except Exception as error:
            error = _only(error)
            if not isinstance(error, ClaudeSDKError):
                logger.debug("The connection to Claude Code failed", exc_info=error)
                text = f"The connection to Claude Code failed: {type(error).__name__}: {error}"
                cause, error = error, CLIConnectionError(text)
                error.__cause__ = cause
            self.error = self.error or error
        finally:
            self._closing.set()
            self._finish()

    async def _close(self) -> None:
        if self._mirror is None:
            await self._transport.close(busy=self._turn is not None)
            return
        # What the CLI writes while it ends belongs into the store too.
        async with anyio.create_task_group() as group:
            group.start_soon(self._read_rest, self._mirror)
            await self._transport.close(busy=self._turn is not None)
            group.cancel_scope.cancel()
        await self._mirror.close()

    async def _run(self) -> None:
        try:
            async with anyio.create_task_group() as group:
                self._group = group
                group.start_soon(self._transport.attend)
                group.start_soon(self._read)
                group.start_soon(self._write)
                self._connected.set()
                await self._closing.wait()
                group.cancel_scope.cancel()
        finally:
            self._group = None

    def _finish(self) -> None:
        for waiter in self._waiters.values():
            waiter.error = self.why_ended()
            waiter.event.set()
        self._waiters.clear()
        turns = ([self._turn] if self._turn else []) + list(self._queue)
        self._turn = None
        self._queue.clear()
        self._begun.set()
        self._connected.set()
        self._ended.set()
        for turn in turns:
            turn._end(self.why_ended())
            self._observer.turn_ended(turn)
        self._on_end()

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
        if not self.alive:
            raise self.why_ended()
        request_id, data = self._protocol.request(subtype, **fields)
        waiter = self._waiters[request_id] = _Waiter()
        self._send(data)
        del data
        fields.clear()  # an error shows its frames' variables
        try:
            with anyio.move_on_after(timeout) as scope:
                await waiter.event.wait()
            if scope.cancelled_caught and not waiter.event.is_set():
                raise ControlRequestError(
                    subtype,
                    f"the CLI did not answer within {timeout:g} s"
                    + said(self._transport.stderr_tail()),
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
            raise self.why_ended()
        self._queue.append(turn)
        self._observer.turn_queued(turn)
        self._send_next_prompt()

    def take_back(self, turn: ClientTurn, why: Exception | None = None) -> bool:
        """Take back a prompt that was not sent yet; return whether that was so."""
        if turn not in self._queue:
            return False
        self._queue.remove(turn)
        turn._end(why or CLIConnectionError("The prompt was taken back before it was sent"))
        self._observer.turn_ended(turn)
        return True

    async def interrupt(self) -> None:
        """Interrupt the turn that runs; harmless if none does."""
        turn = self._turn
        if turn is not None:
            turn.interrupted = True
        answer = await self.request("interrupt")
        # The CLI passes over a prompt that it has read and not taken up yet, and names it so.
        while (
            turn is not None
            and turn is self._turn
            and turn.uuid in (answer.get("still_queued") or ())
        ):
            await self._begun.wait()
            if turn is self._turn:
                answer = await self.request("interrupt")

    # --- going out ----------------------------------------------------------------------------

    def _send(self, data: bytes) -> None:
        self._outgoing.append(data)
        self._written.notify()

    def _send_next_prompt(self) -> None:
        while self._turn is None and self._queue:
            turn = self._queue.popleft()
            try:
                prompt = turn.prompt
                if self.options.verbatim_prompts:
                    prompt = {**prompt, "client_composed": True}
                data = self._protocol.prompt(turn.uuid, prompt)
            except (TypeError, ValueError, RecursionError) as error:
                turn._end(ClaudeSDKError(f"The prompt cannot be sent as JSON: {error}"))
                self._observer.turn_ended(turn)
                continue
            self._turn = turn
            self._begun = Flag()
            turn.state = "running"
            self._observer.turn_started(turn)
            self._send(data)

    async def _write(self) -> None:
        while True:
            while self._outgoing:
                try:
                    await self._transport.send(self._outgoing.popleft())
                except CLIConnectionError as error:
                    # The reader knows better why, if the CLI ended; this is for one that did not.
                    await anyio.sleep(1)
                    self.error = self._with_stderr(str(error))
                    self._closing.set()
                    return
            await self._written.wait()

    # --- coming in ----------------------------------------------------------------------------

    async def _read(self) -> None:
        while data := await self._transport.receive():
            for frame in self._protocol.feed(data):
                self._handle_frame(frame)
        for frame in self._protocol.end_of_input():
            self._handle_frame(frame)
        if self._mirror is not None:
            await self._mirror.release()
        cause = await self.cli_error()
        if cause is None:
            where = " in the middle of a turn" if self._turn is not None else ""
            cause = self._with_stderr(f"The CLI ended{where}")
        self.error = cause
        self._closing.set()

    async def _read_rest(self, mirror: Mirror) -> None:
        try:
            while data := await self._transport.receive():
                for frame in self._protocol.feed(data):
                    if isinstance(frame, MessagesFrame):
                        mirror.keeps(frame)
        except CLIConnectionError:
            pass  # it never started

    def _with_stderr(self, text: str) -> CLIConnectionError:
        return CLIConnectionError(text + said(self._transport.stderr_tail()))

    def _handle_frame(self, frame: Frame) -> None:
        if self._mirror is not None and self._mirror.keeps(frame):
            return
        if isinstance(frame, MessagesFrame):
            self._handle_messages(frame)
        elif isinstance(frame, ControlAnswer):
            self._handle_answer(frame)
        elif isinstance(frame, ControlRequest):
            # The scope is there before the task runs: the CLI may take back at once.
            scope = self._callbacks[frame.request_id] = anyio.CancelScope()
            self.start_soon(self._answer, frame, scope)
        elif isinstance(frame, ControlCancel):
            if frame.request_id in self._callbacks:
                self._callbacks[frame.request_id].cancel()
        elif isinstance(frame, TurnBegun):
            self._begun.set()
        elif isinstance(frame, TurnClosed):
            self._end_turn(
                frame.prompt,
                ClaudeSDKError(f"The CLI ended the turn without a result ({frame.state})"),
            )
        elif isinstance(frame, BadLine):
            logger.warning("%s", CLIJSONDecodeError(frame.line, frame.error))

    def _handle_messages(self, frame: MessagesFrame) -> None:
        messages = parse_messages(frame.data)
        turn = self._turn if frame.prompt is not None else None
        error = None
        if turn is not None:
            last = messages[-1]
            if frame.ends and isinstance(last, ResultMessage):
                turn.result = last
                self._failed = last.raw if last.is_error else None
            elif frame.ends:
                error = ClaudeSDKError("The CLI ended the turn with a result that cannot be read")
            turn._push(messages)
        self._observer.messages(turn, messages)
        if frame.ends and frame.prompt is not None:
            self._end_turn(frame.prompt, error)

    def _tell(self, message: Message) -> None:
        """Give out a message that is not the CLI's."""
        if self._turn is not None:
            self._turn._push([message])
        self._observer.messages(self._turn, [message])

    def _end_turn(self, prompt: str, error: Exception | None) -> None:
        turn = self._turn
        if turn is None or turn.uuid != prompt:
            return
        self._turn = None
        self._begun.set()
        turn._end(error)
        self._observer.turn_ended(turn)
        self._send_next_prompt()

    def _handle_answer(self, frame: ControlAnswer) -> None:
        waiter = self._waiters.get(frame.request_id)
        if waiter is None:
            return
        waiter.response = frame.response
        if frame.error is not None:
            waiter.error = ControlRequestError(frame.subtype, frame.error, frame.error_code)
        waiter.event.set()

    # --- what the CLI asks --------------------------------------------------------------------

    async def _answer(self, frame: ControlRequest, scope: anyio.CancelScope) -> None:
        _serving.set(self)
        subtype = frame.request.get("subtype")
        try:
            with scope:
                try:
                    response = await self._serve(frame.request)
                    self._send(self._protocol.answer(frame.request_id, response))
                except Exception as error:
                    logger.warning("A callback for %s failed: %r", subtype, error)
                    text = f"{type(error).__name__}: {error}"
                    self._send(self._protocol.refuse(frame.request_id, text))
                except anyio.get_cancelled_exc_class():
                    if not scope.cancel_called and not self._closing.is_set():
                        # The callback's own doing; unanswered, the CLI would wait for ever.
                        logger.warning("A callback for %s was cancelled", subtype)
                        self._send(self._protocol.refuse(frame.request_id, "cancelled"))
                    raise
        finally:
            if self._callbacks.get(frame.request_id) is scope:
                del self._callbacks[frame.request_id]

    async def _serve(self, request: dict[str, Any]) -> dict[str, Any]:
        subtype = request.get("subtype")
        if subtype == "can_use_tool" and self.options.can_use_tool is not None:
            return await decide(self.options.can_use_tool, request)
        if subtype == "hook_callback":
            return await self._hooks.call(request)
        if subtype == "mcp_message" and self._mcp is not None:
            return await self._mcp.handle(request)
        raise ClaudeSDKError(f"nothing here answers a {subtype} request")

    def _tell_mcp(self, server_name: str, message: dict[str, Any]) -> None:
        """Bring a notification of an in-process MCP server to the CLI; nobody waits for more."""
        request_id, data = self._protocol.request(
            "mcp_message", server_name=server_name, message=message
        )
        self._protocol.forget(request_id)
        self._send(data)


def _longer_start() -> float:
    """Return the seconds of ``CLAUDE_CODE_STREAM_CLOSE_TIMEOUT``, which is in milliseconds."""
    try:
        return float(os.environ.get("CLAUDE_CODE_STREAM_CLOSE_TIMEOUT", "0")) / 1000
    except ValueError:
        return 0.0


def _only(error: Exception) -> Exception:
    """Return the one error inside a task group's error."""
    inner = getattr(error, "exceptions", None)
    return _only(inner[0]) if inner and len(inner) == 1 else error
