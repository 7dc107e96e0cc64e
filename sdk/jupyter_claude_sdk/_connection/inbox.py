"""The messages that answer `ClaudeSDKClient.query` prompts and wait to be read."""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import AsyncIterator, Callable

import anyio

from .._base.signal import FairIterator, Signal
from .._errors import CLIConnectionError, StructuredOutputError
from .._types.messages import Message, ResultMessage
from .._types.notices import SystemMessage
from .turn import ClientTurn

logger = logging.getLogger("jupyter_claude_sdk")

#: How many messages of no prompt wait for `receive_messages`. Most programs never call it.
_UNPROMPTED_LIMIT = 1000


class Inbox:
    """The turns of one connection's `query` prompts, in order, and the messages of no prompt.

    Each turn keeps its own unread messages. Turns of `ClaudeSDKClient.turn` are not in here.

    Parameters
    ----------
    check : callable
        Raises if the connection is lost.
    left : callable
        Whether the CLI ended by itself, and no answer is missing.
    """

    def __init__(self, check: Callable[[], object], left: Callable[[], bool]) -> None:
        self.turns: deque[ClientTurn] = deque()  # turns with unread messages
        self.feeding = 0  # how many streams of prompts still run
        self.closed = False  # the client was disconnected
        self._check = check
        self._left = left
        self._being_read: ClientTurn | None = None  # the turn that somebody is reading
        self._passed_over: list[ClientTurn] = []
        self._count = 0  # of messages of turns; the messages of one turn come in a row
        #: The messages of no prompt, each with the count when it came.
        self._unprompted: deque[tuple[int, Message]] = deque(maxlen=_UNPROMPTED_LIMIT)
        self._dropped = False  # whether the warning about dropped messages was logged
        self._reader: object | None = None
        self._changed = Signal()

    # --- filled by the client and its connection ---------------------------------------------

    def expect(self, turn: ClientTurn) -> None:
        """Add a turn, before its first message."""
        # A caller who interrupted a turn, left it unread and sent a new prompt wants the new
        # answer.
        self._passed_over = [earlier for earlier in self.turns if earlier.interrupted]
        self.turns.append(turn)
        self._changed.notify()

    def put(self, turn: ClientTurn | None, messages: list[Message]) -> None:
        """Add messages of no prompt; count those of a turn, which keeps them itself."""
        if turn is None:
            kept = [message for message in messages if _worth_keeping(message)]
            if len(self._unprompted) + len(kept) > _UNPROMPTED_LIMIT and not self._dropped:
                self._dropped = True
                logger.warning(
                    "More than %d messages of no prompt are unread, so the oldest are dropped; "
                    "read them with receive_messages()",
                    _UNPROMPTED_LIMIT,
                )
            self._unprompted.extend((self._count, message) for message in kept)
        else:
            self._count += len(messages)
            turn._came = self._count
        self._changed.notify()

    def notify(self) -> None:
        """Wake the reader: a turn or the connection has ended."""
        self._changed.notify()

    def close(self) -> None:
        """Note that the client was disconnected: readers end, and do not raise."""
        self.closed = True
        self._changed.notify()

    # --- read --------------------------------------------------------------------------------

    async def wait(self, reader: object) -> None:
        """Wait for a change.

        Raises
        ------
        CLIConnectionError
            If another reader is waiting: each of the two would get a part of the messages.
        """
        if self._reader is not None:
            raise CLIConnectionError(
                "Another task is already receiving messages from this client; "
                "receive them in one task"
            )
        self._reader = reader
        try:
            await self._changed.wait()
        finally:
            self._reader = None

    def next_turn(self) -> ClientTurn | None:
        """Choose the turn for the next response, and mark it as being read."""
        while len(self.turns) > 1 and (
            self.turns[0] is self._being_read or self.turns[0] in self._passed_over
        ):
            self.turns.popleft()._drop()
        self._being_read = self.turns[0] if self.turns else None
        return self._being_read

    def finish(self, turn: ClientTurn) -> None:
        """Forget a turn whose messages were all read."""
        if turn in self.turns:
            self.turns.remove(turn)
        if self._being_read is turn:
            self._being_read = None

    def next_message(self, *, forget: bool = True) -> Message | None:
        """Return the oldest unread message of all, or None; forget a turn with its last one."""
        turn = next((turn for turn in self.turns if turn._unread), None)
        before = None if turn is None else turn._came - len(turn._unread)
        if self._unprompted and (before is None or self._unprompted[0][0] <= before):
            return self._unprompted.popleft()[1]
        if turn is None:
            return None
        message = turn._unread.popleft()
        self._being_read = turn
        if forget and turn.ended and not turn._unread:
            self.finish(turn)
        return message


def _worth_keeping(message: Message) -> bool:
    # The CLI reports its state between turns too.
    return not (isinstance(message, SystemMessage) and message.subtype == "session_state_changed")


class _Reader(FairIterator):
    def __init__(self, inbox: Inbox) -> None:
        super().__init__()
        self._inbox = inbox

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close. `contextlib.aclosing` calls this."""


class AllMessages(_Reader):
    """Iterates over all messages; what `ClaudeSDKClient.receive_messages` returns."""

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        inbox = self._inbox
        self._left -= 1
        if not self._left:
            await self._rest()
        while True:
            message = inbox.next_message()
            if message is not None:
                return message
            if inbox.closed or inbox._left():
                raise StopAsyncIteration
            inbox._check()
            await inbox.wait(self)


class Response(_Reader):
    """Iterates over one turn's messages; what `ClaudeSDKClient.receive_response` returns."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(inbox)
        self._turn: ClientTurn | None = None
        self._unread: deque[Message] = deque()  # the turn's

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        self._left -= 1
        if not self._left:
            await self._rest()
        if self._unread:  # most messages of a fast stream
            return self._unread.popleft()
        return await self._next()

    async def _next(self) -> Message:
        inbox = self._inbox
        while self._turn is None:
            self._turn = inbox.next_turn()
            if self._turn is None:
                if inbox.closed:
                    raise CLIConnectionError("The client was disconnected")
                inbox._check()
                await inbox.wait(self)
        turn = self._turn
        self._unread = turn._unread
        while not turn._unread and not turn.ended:
            if turn not in inbox.turns:
                raise StopAsyncIteration  # a newer response has passed this turn over
            await inbox.wait(self)
        if not turn._unread:
            inbox.finish(turn)
        return await anext(turn)


class UntilIdle(_Reader):
    """Iterates over all messages until the CLI is idle; what `query` gives.

    Parameters
    ----------
    inbox : Inbox
        The messages.
    busy : callable
        Whether the CLI works, or has background tasks whose end it will report.
    ceiling : float
        The most seconds to wait for background tasks while no turn runs.
    """

    def __init__(self, inbox: Inbox, busy: Callable[[], bool], ceiling: float) -> None:
        super().__init__(inbox)
        self._busy = busy
        self._ceiling = ceiling
        self._unread: deque[Message] = deque()  # of the turn that is being read
        self._deadline: float | None = None
        self._own_turn = False  # the CLI runs a turn of its own

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        self._left -= 1
        if not self._left:
            await self._rest()
        inbox = self._inbox
        if self._unread and not inbox._unprompted:  # most messages of a fast stream
            return self._unread.popleft()
        while True:
            self._finish_turns()
            message = inbox.next_message(forget=False)
            if message is not None:
                self._note(message)
                return message
            if inbox.turns or inbox.feeding:
                await inbox.wait(self)
            elif inbox.closed or not self._busy() or not await self._wait_for_tasks():
                raise StopAsyncIteration

    def _note(self, message: Message) -> None:
        being_read = self._inbox._being_read
        self._unread = deque() if being_read is None else being_read._unread
        if isinstance(message, ResultMessage):
            self._own_turn, self._deadline = False, None
        elif isinstance(message, SystemMessage) and message.subtype == "init":
            self._own_turn = True

    def _finish_turns(self) -> None:
        """Forget the turns that were read; raise the error of one that failed."""
        turns = self._inbox.turns
        while turns and turns[0].ended and not turns[0]._unread:
            error = turns[0].error
            if isinstance(error, StructuredOutputError):
                error = None  # `query` raises it if it is the last result's
            if error is not None and self._inbox._unprompted:
                return  # these came before
            self._inbox.finish(turns[0])
            if error is not None:
                raise error.with_traceback(None)

    async def _wait_for_tasks(self) -> bool:
        """Wait for a change; return False if the time for background tasks is over."""
        if self._deadline is None:
            self._deadline = anyio.current_time() + self._ceiling
        with anyio.CancelScope(deadline=math.inf if self._own_turn else self._deadline) as scope:
            await self._inbox.wait(self)
        if scope.cancelled_caught:
            logger.warning(
                "query() ends while subagents still work in the background; set "
                "CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS to more milliseconds, or to 0"
            )
        return not scope.cancelled_caught
