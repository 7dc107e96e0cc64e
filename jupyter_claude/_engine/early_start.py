"""`EarlyStart`: starts Claude Code when the user begins to write, before the first prompt.

It only saves time. It sends nothing to the model, asks nothing, and says nothing: where it cannot
start Claude Code, or where a question would come first, the first prompt does both.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable

from jupyter_claude_sdk import ClaudeSDKError

from .._conversations.elsewhere import Elsewhere
from .._conversations.switcher import ConversationSwitcher
from .._core.conversation import Conversation
from .._core.events import ConversationChange, TurnBegun
from .._core.host import Host
from .._process.client import SharedClient
from .._process.workspace import Workspace
from .._signin.status import seems_signed_in
from .._tasks import TaskSet
from .._trust.gate import Gate
from .._turns.errors import ClaudeError
from .connection import Connection

#: Seconds before another try, if one has failed.
_AGAIN = 60.0
#: Seconds after which a process ends for which no prompt came: it takes some 150 MB.
_UNUSED = 900.0


class EarlyStart:
    """Starts Claude Code early, and ends it again if no prompt comes.

    Parameters
    ----------
    host, workspace, conversation, client, connection, gate, elsewhere, switcher
        The parts that it uses.
    check_use : callable
        Raises if this process or task cannot use the session.
    prepare : callable
        Imports what the first turn needs.
    """

    def __init__(
        self,
        host: Host,
        workspace: Workspace,
        conversation: Conversation,
        client: SharedClient,
        connection: Connection,
        gate: Gate,
        elsewhere: Elsewhere,
        switcher: ConversationSwitcher,
        check_use: Callable[[], None],
        prepare: Callable[[], object],
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._conversation = conversation
        self._client = client
        self._connection = connection
        self._gate = gate
        self._elsewhere = elsewhere
        self._switcher = switcher
        self._check_use = check_use
        self._prepare = prepare
        self._starting: asyncio.Task[None] | None = None
        self._ending = TaskSet()
        self._closed = False
        self._not_before = 0.0
        self._unused: asyncio.TimerHandle | None = None  # runs while no prompt has come
        conversation.listen(self._changed)

    def writing(self) -> None:
        """Start Claude Code if it makes sense: the user writes a prompt. Call it in the loop."""
        if self._client.connected:
            if self._unused is not None:
                self._wait_for_prompt()
        elif self._makes_sense():
            # In an empty context: the process belongs to no cell.
            self._starting = contextvars.Context().run(asyncio.ensure_future, self._start())
            self._starting.add_done_callback(self._has_started)

    def close(self) -> None:
        """Start nothing more before the next prompt: the user has ended Claude Code."""
        self._closed = True
        self._stop_waiting()

    def _changed(self, change: ConversationChange) -> None:
        if isinstance(change, TurnBegun):
            self._closed = False
            self._stop_waiting()

    # --- starting -----------------------------------------------------------------------------

    def _makes_sense(self) -> bool:
        if (
            not self._host.settings.start_early
            or self._closed
            or self._starting is not None
            or time.monotonic() < self._not_before
            or not self._conversation.at_rest
        ):
            return False
        planned = self._conversation.planned
        if planned is not None and (planned.copy is not None or planned.at is not None):
            return False  # a copy is made at the prompt
        turns = self._conversation.turns
        if turns and turns[-1].replayed is not None:
            return False  # perhaps the next one is replayed too
        try:
            self._check_use()
            return (
                (self._workspace.practicing or seems_signed_in(self._workspace.variables()))
                and not self._gate.would_ask()
                and not self._elsewhere.others(self._conversation.goes_on_with)
            )
        except (ClaudeError, OSError):
            return False

    def _has_started(self, start: asyncio.Task[None]) -> None:
        self._starting = None

    async def _start(self) -> None:
        planned = self._conversation.planned
        try:
            await self._connection.connect()
        except (ClaudeError, ClaudeSDKError, OSError):
            # The next prompt tries again, and its turn has the error.
            self._not_before = time.monotonic() + _AGAIN
            if planned is not None and self._conversation.planned is None:
                self._switcher.plan(planned)
            return
        if self._closed:  # meanwhile
            await self._connection.end_if_idle()
        elif self._conversation.at_rest:
            self._wait_for_prompt()
            await self._client.warm_up()
            self._prepare()

    # --- ending -------------------------------------------------------------------------------

    def _wait_for_prompt(self) -> None:
        self._stop_waiting()
        loop = asyncio.get_running_loop()
        self._unused = loop.call_later(_UNUSED, self._give_up)

    def _stop_waiting(self) -> None:
        if self._unused is not None:
            self._unused.cancel()
            self._unused = None

    def _give_up(self) -> None:
        self._unused = None
        self._ending.keep(asyncio.ensure_future(self._connection.end_if_idle()))
