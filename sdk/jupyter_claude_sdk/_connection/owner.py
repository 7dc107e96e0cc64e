"""`Connection`: the owner task that joins protocol and transport, under the client and `query`.

One task owns the transport and all other tasks of the connection, from start to end. It runs in a
context of its own. So any task of the event loop may call a connection, and cancelling a caller
cancels nothing else.

The reader task sorts each line as it arrives. An answer wakes the caller that waits for it. A
request of the CLI runs as a task. A message goes to its turn and to the observers. The reader never
waits for a consumer.

Source: this package's own design, for the protocol as it was observed on the CLI.
"""

from __future__ import annotations

import contextlib
import contextvars
import copy
import logging
import os
import re
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

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
    StructuredOutputError,
    stderr_suffix,
)
from .._options import ClaudeAgentOptions
from .._tracing.gate import begin_turn, cli_traces
from .._transport.arguments import asks_for_state, initialize_fields
from .._transport.base import Transport
from .._transport.find import REMEDY, check_version
from .._types.answers import McpSetServersResult
from .._types.messages import Message, ResultMessage
from .._types.notices import SystemMessage
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
    StateChanged,
    TurnBegun,
    TurnClosed,
)
from .hooks import HookRegistry
from .mcp_servers import McpServers
from .observers import BatchObserver
from .permissions import decide
from .turn import ClientTurn, empty_prompt

if TYPE_CHECKING:
    from .._stores.mirror import Mirror
    from .._tracing.turns import TurnSpans

logger = logging.getLogger("jupyter_claude_sdk")

_T = TypeVar("_T")

#: Seconds that the CLI has to answer a control request, and the first one.
REQUEST_TIMEOUT = 60.0
INITIALIZE_TIMEOUT = 60.0
#: Seconds that a rehearsal may take, which usually takes a tenth of a second.
_REHEARSAL = 5.0

#: The connection that runs the present callback of the user's.
_callback_of: contextvars.ContextVar[Connection | None] = contextvars.ContextVar(
    "callback_of", default=None
)


class _Waiter:
    def __init__(self) -> None:
        self.event = anyio.Event()
        self.response: dict[str, Any] = {}
        self.error: Exception | None = None


class Connection:
    """One connection to one CLI.

    Parameters
    ----------
    options : ClaudeAgentOptions
        The options that the CLI is started with.
    transport : Transport
        `start` connects it; the owner task closes it at the end.
    observer : BatchObserver
        Gets turns and messages.
    initialize_timeout : float, default 60
        Seconds that the CLI has to answer after its start.
    on_change : callable, optional
        Called when the CLI begins or ends to work, and once the connection has ended.
    """

    def __init__(
        self,
        options: ClaudeAgentOptions,
        transport: Transport,
        observer: BatchObserver,
        *,
        initialize_timeout: float = INITIALIZE_TIMEOUT,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.options = options
        self.server_info: dict[str, Any] = {}
        self.error: Exception | None = None  # why the connection ended, if `stop` did not end it
        self.left = False  # the CLI ended by itself, between turns and without an error
        self._transport = transport
        self._observer = observer
        self._initialize_timeout = initialize_timeout
        self._on_change = on_change
        self._protocol = Protocol(
            options.max_buffer_size or DEFAULT_LINE_LIMIT,
            shows_state=asks_for_state(options, os.environ),
        )
        self._hooks = HookRegistry(options.hooks)
        self._mcp_servers = McpServers(
            options.mcp_servers,
            self.request,
            self.start_soon,
            self._send_mcp_notification,
            transport.cli_environment,
        )
        self._mirror: Mirror | None = None
        if options.session_store is not None:
            from .._stores.mirror import Mirror

            self._mirror = Mirror(
                options.session_store,
                options.session_store_flush,
                self._handle_frame,
                self._deliver_own,
            )
        self._outgoing: deque[bytes] = deque()
        self._written = Signal()  # there is something to send
        self._waiters: dict[str, _Waiter] = {}
        self._callbacks: dict[str, anyio.CancelScope] = {}
        self._failed: dict[str, Any] | None = None  # the last turn's result, if it is an error
        self.without_output: StructuredOutputError | None = None  # if the last turn has no data
        self._queue: deque[ClientTurn] = deque()
        self._turn: ClientTurn | None = None
        self._rehearsing = False  # no prompt is sent meanwhile
        self._traced: dict[str, str] = {}  # the trace that the CLI's spans belong to
        self._own: TurnSpans | None = None  # of a turn that the CLI began by itself
        self._taken_up = Flag()  # the CLI has taken the turn up, or the turn is over
        self._group: anyio.abc.TaskGroup | None = None
        self._unprepared: Exception | None = None  # the error of `transport.prepare`
        self._connect_scope: anyio.CancelScope | None = None
        self._connected = Flag()
        self._closing = Flag()
        self._ended = Flag()
        self._lost = False  # the event loop was closed, so none of the tasks wakes again

    @property
    def alive(self) -> bool:
        """Whether the CLI is connected and the connection is not ending."""
        return self._connected.is_set() and not self._closing.is_set() and not self.ended

    @property
    def reachable(self) -> bool:
        """Whether the connection is alive and its transport is ready."""
        return self.alive and self._transport.is_ready()

    @property
    def answering(self) -> bool:
        """Whether a prompt waits, or a turn runs that nobody interrupted."""
        return bool(self._queue) or self.running is not None

    @property
    def running(self) -> ClientTurn | None:
        """The turn that runs and that nobody interrupted."""
        turn = self._turn
        return None if turn is None or turn.interrupted else turn

    @property
    def busy(self) -> bool:
        """Whether a prompt waits, or the CLI says that it works, on a prompt or on its own."""
        return self._turn is not None or bool(self._queue) or self._protocol.busy

    @property
    def ended(self) -> bool:
        """Whether all tasks of the connection have ended."""
        return self._ended.is_set() or self._lost

    @property
    def cli_environment(self) -> Mapping[str, str]:
        """The CLI's environment, as far as the transport knows it."""
        return self._transport.cli_environment()

    # --- start and end ------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect, and send the CLI the first request.

        Raises
        ------
        CLIConnectionError, CLINotFoundError, CLIVersionError, ProcessError
            If that fails. Then nothing is left running.
        """
        try:
            self._transport.prepare()
        except Exception as error:
            self._unprepared = error  # the owner task raises it, as it does any other error
        except BaseException:  # Ctrl-C: no owner task would end what was started
            self._transport.abandon()
            raise
        spawn_owner(self._run_owner, self._on_loop_closed)
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
                    "Claude Code does not know an option that it was given"
                    f"{stderr_suffix(error.stderr)}; if it is too old, {REMEDY}"
                ) from error
            raise

    def _is_too_old(self, stderr: str) -> bool:
        """Return whether the CLI refused an option of ours, and not one of ``extra_args``."""
        refused = re.findall(r"unknown option '--([^'=]+)", stderr)
        own = {name.lstrip("-") for name in self.options.extra_args}
        return "unknown option" in stderr and not own & {*refused}

    async def stop(self) -> None:
        """End the connection, the CLI and its children, in bounded time. Harmless if it has ended.

        A callback of this connection may call it too. Then it does not wait for the end: the end
        waits for the callback.
        """
        if self._lost:
            return
        self._closing.set()
        if self._connect_scope is not None:
            self._connect_scope.cancel()
        if _callback_of.get() is self:
            await anyio.lowlevel.checkpoint()
            return
        with anyio.CancelScope(shield=True):
            await self._ended.wait()

    def _on_loop_closed(self) -> None:
        self._lost = True
        self.error = CLIConnectionError(
            "The event loop that this client was connected in was closed; call connect() again"
        )
        self._end_traces([*([self._turn] if self._turn else []), *self._queue])
        self._transport.abandon()

    async def cli_error(self) -> Exception | None:
        """Wait for the CLI's end and return its error; None for a clean end.

        If the last turn failed, the error is a `ResultError`.
        """
        cause = await self._transport.ended()
        if type(cause) is ProcessError and self._failed is not None and self._turn is None:
            return ResultError._after(self._failed, cause)
        return cause

    def why_ended(self) -> Exception:
        """Return the error that says why the connection ended, ready to raise."""
        error = self.error or CLIConnectionError("The client was disconnected")
        # Else each `raise` would lengthen the traceback of the one before, and keep its frames.
        return without_frames(error).with_traceback(None)

    def start_soon(
        self, function: Callable[..., Coroutine[Any, Any, None]], *arguments: Any
    ) -> None:
        """Run `function` in a task; the end of the connection cancels it. It must not raise."""
        if self._group is None:
            raise self.why_ended()
        self._group.start_soon(function, *arguments)

    async def _run_owner(self) -> None:
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
        # The store gets what the CLI writes while it ends, too.
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
        self._taken_up.set()
        self._connected.set()
        self._ended.set()
        for turn in turns:
            turn._end(self.why_ended())
            self._observer.turn_ended(turn)
        self._end_traces(())
        self._on_change()

    # --- calls --------------------------------------------------------------------------------

    async def request(
        self, subtype: str, *, timeout: float = REQUEST_TIMEOUT, **fields: Any
    ) -> dict[str, Any]:
        """Send a control request and return its answer.

        Raises
        ------
        ControlRequestError
            If the CLI refuses, or does not answer within `timeout` seconds.
        ClaudeSDKError
            If the connection ends before the answer.
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
                    + stderr_suffix(self._transport.stderr_tail()),
                )
        finally:
            self._waiters.pop(request_id, None)
            self._protocol.forget(request_id)
        if waiter.error is not None:
            raise waiter.error
        return waiter.response

    async def set_mcp_servers(self, servers: Mapping[str, Any]) -> McpSetServersResult:
        """Exchange the MCP servers for others; see `ClaudeSDKClient.set_mcp_servers`."""
        return await self._to_end(self._mcp_servers.set, servers)

    async def reconnect_mcp_server(self, name: str) -> None:
        """Connect to an MCP server again."""
        await self._to_end(self._mcp_servers.reconnect, name)

    async def toggle_mcp_server(self, name: str, enabled: bool) -> None:
        """Disconnect an MCP server, or connect to it again."""
        await self.request("mcp_toggle", serverName=name, enabled=enabled)
        if not enabled:
            self._mcp_servers.disconnected(name)

    def present_options(self) -> ClaudeAgentOptions:
        """Return the options with which another CLI would be like this one."""
        options = copy.copy(self.options)
        options.mcp_servers = self._mcp_servers.present
        return options

    async def _to_end(
        self, function: Callable[..., Coroutine[Any, Any, _T]], *arguments: Any
    ) -> _T:
        """Run several requests that belong together, all of them even if the caller is cancelled.

        Raises
        ------
        ClaudeSDKError
            If the connection ends before.
        """
        done = anyio.Event()
        results: list[_T] = []
        errors: list[Exception] = []

        async def run() -> None:
            try:
                results.append(await function(*arguments))
            except Exception as error:
                errors.append(without_frames(error))
            finally:
                done.set()

        self.start_soon(run)
        await done.wait()
        if errors:
            raise errors[0]
        if not results:
            await self._ended.wait()
            raise self.why_ended()
        return results[0]

    def submit(self, turn: ClientTurn) -> None:
        """Send a prompt when the turns before it have ended."""
        if not self.alive:
            raise self.why_ended()
        if not turn._unseen:
            turn._spans = begin_turn(turn.prompt, self.options)
        self._queue.append(turn)
        self._observer.turn_queued(turn)
        self._send_next_prompt()

    def take_back(self, turn: ClientTurn, why: Exception | None = None) -> bool:
        """Take back a prompt that has not been sent; return False if it has been."""
        if turn not in self._queue:
            return False
        self._queue.remove(turn)
        turn._end(why or CLIConnectionError("The prompt was taken back before it was sent"))
        self._observer.turn_ended(turn)
        return True

    async def rehearse(self) -> None:
        """Run an empty prompt that nobody hears of, and go back to before it.

        A first prompt after it would have another first message than the CLI expects.
        """
        turn = ClientTurn(empty_prompt(), unseen=True)
        self.submit(turn)
        self._rehearsing = True
        try:
            with contextlib.suppress(ClaudeSDKError):
                with anyio.move_on_after(_REHEARSAL):
                    async for _ in turn:
                        pass
                if not turn.ended:
                    await self.interrupt()
                await self.request(
                    "rewind_conversation",
                    timeout=_REHEARSAL,
                    target_message_uuid=turn.uuid,
                    last_seen_user_message_uuid=turn.uuid,
                )
        finally:
            self._rehearsing = False
            self._send_next_prompt()

    async def interrupt(self) -> None:
        """Interrupt the running turn. Harmless if no turn runs."""
        turn = self._turn
        if turn is not None:
            turn.interrupted = True
        answer = await self.request("interrupt")
        # The CLI does not interrupt a prompt that it has read but not taken up: it says so.
        while (
            turn is not None
            and turn is self._turn
            and turn.uuid in (answer.get("still_queued") or ())
        ):
            await self._taken_up.wait()
            if turn is self._turn:
                answer = await self.request("interrupt")

    # --- sending ------------------------------------------------------------------------------

    def _send(self, data: bytes) -> None:
        self._outgoing.append(data)
        self._written.notify()

    def _send_next_prompt(self) -> None:
        while self._turn is None and self._queue and not self._rehearsing:
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
            self._taken_up = Flag()
            turn.state = "running"
            self._observer.turn_started(turn)
            if turn._spans is not None:
                turn._spans.sent()
            self._join_trace(turn)
            self._send(data)

    def _join_trace(self, turn: ClientTurn) -> None:
        """Have the CLI begin its own spans below the turn's, if it makes any.

        It reads ``TRACEPARENT`` when it begins a turn, and takes this request before the prompt
        that follows it. So nobody waits for the answer.
        """
        trace = {} if turn._spans is None else turn._spans.carrier()
        if trace == self._traced or not cli_traces(self.cli_environment):
            return
        variables = dict.fromkeys(self._traced) | trace  # None takes a variable away
        request_id, data = self._protocol.request(
            "apply_flag_settings", settings={"env": variables}
        )
        self._protocol.forget(request_id)
        self._send(data)
        self._traced = trace

    async def _write(self) -> None:
        while True:
            while self._outgoing:
                try:
                    await self._transport.send(self._outgoing.popleft())
                except CLIConnectionError as error:
                    # If the CLI has ended, the reader reports why, within a second.
                    await anyio.sleep(1)
                    self.error = self._with_stderr(str(error))
                    self._closing.set()
                    return
            await self._written.wait()

    # --- receiving ----------------------------------------------------------------------------

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
            self.left = self._turn is None
            where = "" if self.left else " in the middle of a turn"
            cause = self._with_stderr(f"The CLI ended{where}")
            if self.left and self._transport.stderr_tail().strip():
                logger.warning("%s", cause)  # nobody may call the client again, and see it
        self.error = cause
        self._closing.set()

    async def _read_rest(self, mirror: Mirror) -> None:
        try:
            while data := await self._transport.receive():
                for frame in self._protocol.feed(data):
                    if isinstance(frame, MessagesFrame):
                        mirror.intercept(frame)
        except CLIConnectionError:
            pass  # the CLI never started

    def _with_stderr(self, text: str) -> CLIConnectionError:
        return CLIConnectionError(text + stderr_suffix(self._transport.stderr_tail()))

    def _handle_frame(self, frame: Frame) -> None:
        if self._mirror is not None and self._mirror.intercept(frame):
            return
        if isinstance(frame, MessagesFrame):
            self._handle_messages(frame)
        elif isinstance(frame, ControlAnswer):
            self._handle_answer(frame)
        elif isinstance(frame, ControlRequest):
            if self._turn is not None and frame.request.get("subtype") == "can_use_tool":
                self._turn._mark_answered()
            # Made before the task runs, since the CLI may cancel its request at once.
            scope = self._callbacks[frame.request_id] = anyio.CancelScope()
            self.start_soon(self._answer, frame, scope)
        elif isinstance(frame, ControlCancel):
            if frame.request_id in self._callbacks:
                self._callbacks[frame.request_id].cancel()
        elif isinstance(frame, TurnBegun):
            self._taken_up.set()
        elif isinstance(frame, TurnClosed):
            self._end_turn(
                frame.prompt,
                ClaudeSDKError(f"The CLI ended the turn without a result ({frame.state})"),
            )
        elif isinstance(frame, StateChanged):
            self._on_change()
        elif isinstance(frame, BadLine):
            logger.warning("%s", CLIJSONDecodeError(frame.line, frame.error))

    def _handle_messages(self, frame: MessagesFrame) -> None:
        messages = parse_messages(frame.data)
        turn = self._turn if frame.prompt is not None else None
        error: ClaudeSDKError | None = None
        if turn is not None:
            last = messages[-1]
            if frame.ends and isinstance(last, ResultMessage):
                turn.result = last
                self._note_result(last)
                error = self.without_output
            elif frame.ends:
                error = ClaudeSDKError("The CLI ended the turn with a result that cannot be read")
            turn._push(messages)
        else:  # the CLI's exit code tells of its own last turn, too
            for message in messages:
                self._trace_own(message)
                if isinstance(message, ResultMessage):
                    self._note_result(message)
        self._observer.messages(turn, messages)
        if frame.ends and frame.prompt is not None:
            self._end_turn(frame.prompt, error)

    def _trace_own(self, message: Message) -> None:
        """Trace a turn that the CLI begins by itself, as after a subagent's report."""
        if self._own is None and isinstance(message, SystemMessage) and message.init is not None:
            self._own = begin_turn(None, self.options)
        if self._own is not None:
            self._own.note((message,))
            if isinstance(message, ResultMessage):
                self._own.end(message, None, False)
                self._own = None

    def _end_traces(self, turns: Iterable[ClientTurn]) -> None:
        """End the spans of turns that were lost."""
        for spans in (self._own, *(turn._spans for turn in turns)):
            if spans is not None:
                spans.end(None, self.why_ended(), False)
        self._own = None

    def _note_result(self, result: ResultMessage) -> None:
        self._failed = result.raw if result.is_error else None
        lacks_data = (
            self.options.output_format is not None
            and result.subtype == "success"
            and not result.is_error
            and result.structured_output is None
            and result.num_turns > 0  # else the model was not asked, as for "/clear"
        )
        self.without_output = StructuredOutputError._of(result.raw) if lacks_data else None

    def _deliver_own(self, message: Message) -> None:
        """Deliver a message of our own, not of the CLI's."""
        if self._turn is not None:
            self._turn._push([message])
        self._observer.messages(self._turn, [message])

    def _end_turn(self, prompt: str, error: Exception | None) -> None:
        turn = self._turn
        if turn is None or turn.uuid != prompt:
            return
        self._turn = None
        self._taken_up.set()
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

    # --- the CLI's requests -------------------------------------------------------------------

    async def _answer(self, frame: ControlRequest, scope: anyio.CancelScope) -> None:
        _callback_of.set(self)
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
                        # The callback cancelled itself. The CLI still needs an answer.
                        logger.warning("A callback for %s was cancelled", subtype)
                        self._send(self._protocol.refuse(frame.request_id, "cancelled"))
                    raise
        finally:
            if self._callbacks.get(frame.request_id) is scope:
                del self._callbacks[frame.request_id]

    async def _serve(self, request: dict[str, Any]) -> dict[str, Any]:
        subtype = request.get("subtype")
        spans = self._own if self._turn is None else self._turn._spans
        if subtype == "can_use_tool" and self.options.can_use_tool is not None:
            waiting = None if spans is None else spans.permission(request)
            with waiting or contextlib.nullcontext():
                answer = await decide(self.options.can_use_tool, request)
                if waiting is not None:
                    waiting.answered(answer)
                return answer
        with contextlib.nullcontext() if spans is None else spans.serving(request):
            if subtype == "hook_callback":
                return await self._hooks.call(request)
            if subtype == "mcp_message" and self._mcp_servers.host is not None:
                return await self._mcp_servers.host.handle(request)
        raise ClaudeSDKError(f"nothing here answers a {subtype} request")

    def _send_mcp_notification(self, server_name: str, message: dict[str, Any]) -> None:
        """Send an in-process MCP server's notification to the CLI; nobody waits for an answer."""
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
    """Return the only error inside a task group's error."""
    inner = getattr(error, "exceptions", None)
    return _only(inner[0]) if inner and len(inner) == 1 else error
