"""The states of the protocol, and the one table of transitions between them.

There are two states: whether the CLI says that it works, and how far our prompt has come. They
change independently. The documentation draws its diagram from the table
(`scripts/protocol_diagram.py`).
"""

from __future__ import annotations

from enum import Enum
from typing import Union


class CliState(Enum):
    """Whether the CLI works, on our prompt or on its own."""

    IDLE = "idle"
    BUSY = "busy"


class PromptState(Enum):
    """How far our prompt has come."""

    NONE = "no prompt"  #: no prompt was sent, or the last one's turn has ended
    WAITING = "waiting"  #: sent; messages that name no prompt do not belong to it yet
    RUNNING = "running"  #: messages that name no prompt belong to it


class Event(Enum):
    """An event that changes a state."""

    SAYS_BUSY = "says that it works"
    SAYS_IDLE = "says that it is idle"
    SENT_TO_IDLE = "sent to an idle CLI"
    SENT_TO_BUSY = "sent to a busy CLI"
    QUEUED = "queued"
    STARTED = "started"
    RESULT = "result"
    CLOSED = "closed without a result"


State = Union[CliState, PromptState]

TRANSITIONS: dict[State, dict[Event, State]] = {
    CliState.IDLE: {Event.SAYS_IDLE: CliState.IDLE, Event.SAYS_BUSY: CliState.BUSY},
    CliState.BUSY: {Event.SAYS_IDLE: CliState.IDLE, Event.SAYS_BUSY: CliState.BUSY},
    PromptState.NONE: {
        # An idle CLI takes the prompt up at once, and some CLIs do not report it.
        Event.SENT_TO_IDLE: PromptState.RUNNING,
        Event.SENT_TO_BUSY: PromptState.WAITING,
    },
    PromptState.WAITING: {
        Event.QUEUED: PromptState.WAITING,
        Event.STARTED: PromptState.RUNNING,
        Event.RESULT: PromptState.NONE,
        Event.CLOSED: PromptState.NONE,
    },
    PromptState.RUNNING: {
        Event.QUEUED: PromptState.WAITING,
        Event.STARTED: PromptState.RUNNING,
        Event.RESULT: PromptState.NONE,
        Event.CLOSED: PromptState.NONE,
    },
}


class ConnectionState:
    """The two states of one connection."""

    def __init__(self) -> None:
        self.cli: State = CliState.IDLE
        self.prompt: State = PromptState.NONE

    def note_cli(self, event: Event) -> None:
        """Note that the CLI says it is busy or idle."""
        self.cli = TRANSITIONS[self.cli][event]

    def note_prompt(self, event: Event) -> None:
        """Note an event of our prompt.

        Raises
        ------
        KeyError
            If this state has no such event.
        """
        self.prompt = TRANSITIONS[self.prompt][event]

    def send(self) -> None:
        """Note that a prompt is sent.

        Raises
        ------
        KeyError
            If the turn of an earlier prompt has not ended.
        """
        idle = self.cli is CliState.IDLE
        self.note_prompt(Event.SENT_TO_IDLE if idle else Event.SENT_TO_BUSY)
