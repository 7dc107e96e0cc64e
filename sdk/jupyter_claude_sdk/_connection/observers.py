"""Who sees what a connection does: the client's inbox and log, and the observers that users add."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from .._types.messages import Message
from .inbox import Inbox
from .log import ConversationLog
from .turn import ClientTurn

__all__ = ["Observer"]

logger = logging.getLogger("jupyter_claude_sdk")


class Observer(Protocol):
    """Sees every turn and message of a client, in order, in the client's event loop.

    Its methods must not block. The client logs what they raise, and continues.
    """

    def turn_queued(self, turn: ClientTurn) -> None:
        """A caller gave a prompt. This runs in the caller's task.

        Parameters
        ----------
        turn : ClientTurn
            The prompt, which has not been sent.
        """

    def turn_started(self, turn: ClientTurn) -> None:
        """The client is sending a prompt.

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
            The prompt that the message belongs to; None if it belongs to no prompt.
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


class BatchObserver(Protocol):
    """Sees what one connection does; gets the messages that came together in one call.

    Its methods must not raise.
    """

    def turn_queued(self, turn: ClientTurn) -> None: ...

    def turn_started(self, turn: ClientTurn) -> None: ...

    def messages(self, turn: ClientTurn | None, messages: list[Message]) -> None: ...

    def turn_ended(self, turn: ClientTurn) -> None: ...


class Observers:
    """Passes what a connection does on to the client's inbox, its log and the users' observers."""

    def __init__(self, inbox: Inbox, observers: list[Observer], log: ConversationLog) -> None:
        self._inbox = inbox
        self._observers = observers
        self._log = log

    def _call(self, call: Callable[[Observer], None]) -> None:
        for observer in list(self._observers):
            try:
                call(observer)
            except Exception:
                # An observer's error must not end the connection.
                logger.exception("An observer failed: %r", observer)

    def turn_queued(self, turn: ClientTurn) -> None:
        if turn._unseen:
            return
        self._call(lambda observer: observer.turn_queued(turn))

    def turn_started(self, turn: ClientTurn) -> None:
        if turn._unseen:
            return
        self._log.note_prompt(turn)
        self._call(lambda observer: observer.turn_started(turn))

    def messages(self, turn: ClientTurn | None, messages: list[Message]) -> None:
        if turn is not None and turn._unseen:
            return
        self._log.note_messages(messages)
        self._inbox.put(turn, messages)
        if self._observers:
            for message in messages:
                self._call(_passing(turn, message))

    def turn_ended(self, turn: ClientTurn) -> None:
        if turn._unseen:
            return
        self._log.note_end(turn)
        self._inbox.notify()
        self._call(lambda observer: observer.turn_ended(turn))


def _passing(turn: ClientTurn | None, message: Message) -> Callable[[Observer], None]:
    return lambda observer: observer.message(turn, message)
