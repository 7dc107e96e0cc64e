"""What `ClaudeSDKClient.query` prompts brought and nobody has read yet."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator, Callable

from .._base.signal import FairIterator, Signal
from .._errors import CLIConnectionError
from .._types.messages import Message
from .._types.notices import SystemMessage
from .turn import ClientTurn

logger = logging.getLogger("jupyter_claude_sdk")

#: Messages of no prompt that are kept for `receive_messages`; most programs never ask for them.
_UNPROMPTED_LIMIT = 1000


class Inbox:
    """The turns of one connection's `query` prompts, in order, and the messages of no prompt.

    Each turn keeps its own unread messages. Those of `ClaudeSDKClient.turn` do not come here.

    Parameters
    ----------
    check : callable
        Raises if the connection is lost.
    """

    def __init__(self, check: Callable[[], object]) -> None:
        self.turns: deque[ClientTurn] = deque()  # not read to their end
        self.feeding = 0  # streams of prompts that still run
        self.closed = False  # the client was disconnected
        self._check = check
        self._being_read: ClientTurn | None = None  # the turn whose reading has begun
        self._passed_over: list[ClientTurn] = []
        self._count = 0  # of messages that turns were given; each turn's came in a row
        #: With the count at their coming.
        self._unprompted: deque[tuple[int, Message]] = deque(maxlen=_UNPROMPTED_LIMIT)
        self._dropped = False  # whether that was said
        self._reader: object | None = None
        self._changed = Signal()

    # --- filled by the client and its session ------------------------------------------------

    def expect(self, turn: ClientTurn) -> None:
        """Take in a turn, before its first message."""
        # Who interrupts, does not read on and asks something else wants the new answer.
        self._passed_over = [earlier for earlier in self.turns if earlier.interrupted]
        self.turns.append(turn)
        self._changed.notify()

    def put(self, turn: ClientTurn | None, messages: list[Message]) -> None:
        """Take note of messages; a turn has them already."""
        if turn is None:
            kept = [message for message in messages if _worth_keeping(message)]
            if len(self._unprompted) + len(kept) > _UNPROMPTED_LIMIT and not self._dropped:
                self._dropped = True
                logger.warning(
                    "Over %d messages that no prompt asked for are unread, the oldest are dropped; "
                    "receive_messages() gives them",
                    _UNPROMPTED_LIMIT,
                )
            self._unprompted.extend((self._count, message) for message in kept)
        else:
            self._count += len(messages)
            turn._came = self._count
        self._changed.notify()

    def notify(self) -> None:
        """Wake the reader: a turn ended, or the connection did."""
        self._changed.notify()

    def close(self) -> None:
        """The client was disconnected: readers end instead of raising."""
        self.closed = True
        self._changed.notify()

    # --- read --------------------------------------------------------------------------------

    async def wait(self, reader: object) -> None:
        """Wait for a change.

        Raises
        ------
        CLIConnectionError
            If another reader waits already: each would get a part of the messages.
        """
        if self._reader is not None:
            raise CLIConnectionError(
                "Two readers at once: messages can be received in one place only"
            )
        self._reader = reader
        try:
            await self._changed.wait()
        finally:
            self._reader = None

    async def more_turns(self) -> bool:
        """Wait for a turn; False if none comes any more."""
        while not self.turns and self.feeding:
            await self.wait(self)
        return bool(self.turns)

    def next_turn(self) -> ClientTurn | None:
        """Choose the turn that the next response is of, and mark it begun."""
        while len(self.turns) > 1 and (
            self.turns[0] is self._being_read or self.turns[0] in self._passed_over
        ):
            self.turns.popleft()._drop()
        self._being_read = self.turns[0] if self.turns else None
        return self._being_read

    def finish(self, turn: ClientTurn) -> None:
        """Forget a turn that was read to its end."""
        if turn in self.turns:
            self.turns.remove(turn)
        if self._being_read is turn:
            self._being_read = None

    def next_message(self) -> Message | None:
        """Return the oldest unread message of all."""
        turn = next((turn for turn in self.turns if turn._unread), None)
        before = None if turn is None else turn._came - len(turn._unread)
        if self._unprompted and (before is None or self._unprompted[0][0] <= before):
            return self._unprompted.popleft()[1]
        if turn is None:
            return None
        message = turn._unread.popleft()
        self._being_read = turn
        if turn.ended and not turn._unread:
            self.finish(turn)
        return message


def _worth_keeping(message: Message) -> bool:
    # The CLI reports its state also while nobody asks.
    return not (isinstance(message, SystemMessage) and message.subtype == "session_state_changed")


class _Reader(FairIterator):
    def __init__(self, inbox: Inbox) -> None:
        super().__init__()
        self._inbox = inbox

    async def aclose(self) -> None:
        """Do nothing: it can just be left. For programs that close it, as `contextlib.aclosing`."""


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
            if inbox.closed:
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
                raise StopAsyncIteration  # a newer response took over
            await inbox.wait(self)
        if not turn._unread:
            inbox.finish(turn)
        return await anext(turn)
