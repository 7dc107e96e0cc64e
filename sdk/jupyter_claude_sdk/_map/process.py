"""`RowProcess`: one Claude Code process that answers one row after the other."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from .._connection.owner import Connection
from .._connection.turn import ClientTurn, text_prompt
from .._errors import ClaudeSDKError, ControlRequestError, StructuredOutputError
from .._options import ClaudeAgentOptions, captured
from .._transport.subprocess import SubprocessTransport
from .._types.blocks import TextBlock, ToolUseBlock
from .._types.messages import (
    AssistantMessage,
    Message,
    RateLimitEvent,
    ResultMessage,
)
from .._types.notices import SystemMessage
from .asked import GIVE, Asked

#: Statuses with which the API says that it has no room now.
BUSY = (429, 529)
#: Seconds that the CLI has to go back to before a row. It needs a few milliseconds.
_BACK = 10.0


class _NotGiven:
    def __repr__(self) -> str:
        return "NOT_GIVEN"


#: In place of an answer's value, if the model gave none.
NOT_GIVEN: Any = _NotGiven()


@dataclass
class Reply:
    """What one prompt brought.

    Attributes
    ----------
    result : ResultMessage or None
        The turn's result.
    given : object
        What the model gave by the tool `GIVE`, as JSON's Python value; or `NOT_GIVEN`.
    answers : int
        How often the model answered: by that tool, or in text alone.
    used_tools : bool
        Whether the model called another tool.
    api_error : str or None
        The CLI's name for the API's error, such as ``"billing_error"``.
    busy : int or None
        The status of the API, if it has no room.
    retry_after : float or None
        The seconds to wait then, if the API said so.
    no_tool : bool
        Whether the CLI has not taken the schema, so the model could not give a value.
    cost_usd : float
        What it cost.
    input_tokens, output_tokens : int
        The tokens of all requests.
    """

    result: ResultMessage | None = None
    given: Any = NOT_GIVEN
    answers: int = 0
    used_tools: bool = False
    api_error: str | None = None
    busy: int | None = None
    retry_after: float | None = None
    no_tool: bool = False
    cost_usd: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    _resets_at: int | None = None  # when a subscription has room again
    _words: list[str] = field(default_factory=list)
    _calls: set[str] = field(default_factory=set)  # ids of API messages that call a tool
    _texts: set[str] = field(default_factory=set)  # ids of those that have only text so far

    @property
    def words(self) -> str:
        """The model's last text."""
        result = self.result
        said = None if result is None or result.is_error else result.result
        return said or (self._words[-1] if self._words else "")

    @property
    def denials(self) -> list[dict[str, Any]]:
        """The tool calls that no rule allowed."""
        return (self.result.permission_denials if self.result is not None else None) or []

    def note(self, message: Message, *, expects: bool) -> bool:
        """Take a message; return whether the turn is not worth its rest."""
        if isinstance(message, AssistantMessage):
            self._note_answer(message)
        elif isinstance(message, ResultMessage):
            self.result = message
            self.answers += len(self._texts)
            if message.api_error_status in BUSY:
                self.busy = message.api_error_status
            elif not message.is_error:
                self.busy = None  # the CLI was quicker than we: there is an answer
            if self.busy and self._resets_at is not None:
                self.retry_after = max(self._resets_at - time.time(), 0.0)
        elif isinstance(message, RateLimitEvent):
            info = message.rate_limit_info
            if info.status == "rejected" and info.resets_at is not None:
                self._resets_at = info.resets_at
        elif isinstance(message, SystemMessage):
            return self._note_notice(message, expects)
        return False

    def _note_answer(self, message: AssistantMessage) -> None:
        if message.error is not None:
            self.api_error = message.error
            return
        if message.parent_tool_use_id is not None:  # a subagent's
            return
        name = message.message_id or ""
        for block in message.content:
            if isinstance(block, ToolUseBlock):
                self._calls.add(name)
                if block.name == GIVE:
                    self.given = block.input
                    self.answers += 1
                else:
                    self.used_tools = True
            elif isinstance(block, TextBlock):
                self._words.append(block.text)
                self._texts.add(name)
        self._texts -= self._calls

    def _note_notice(self, message: SystemMessage, expects: bool) -> bool:
        data = message.data
        if message.subtype == "init":
            self.no_tool = expects and GIVE not in (data.get("tools") or ())
            return self.no_tool
        if message.subtype == "api_retry" and data.get("error_status") in BUSY:
            # The CLI is about to ask again. If the row has nothing to lose yet, it must not: the
            # other rows have to slow down too.
            delay = data.get("retry_delay_ms")
            if isinstance(delay, (int, float)) and delay >= 1000:  # less is the CLI's own pause
                self.retry_after = delay / 1000
            if not self.answers and not self.used_tools:
                self.busy = data["error_status"]
                return True
        return False


class _Nobody:
    """An observer that looks at nothing: rows read their own turns."""

    def turn_queued(self, turn: ClientTurn) -> None: ...

    def turn_started(self, turn: ClientTurn) -> None: ...

    def messages(self, turn: ClientTurn | None, messages: list[Message]) -> None: ...

    def turn_ended(self, turn: ClientTurn) -> None: ...


class RowProcess:
    """One Claude Code process. It answers one prompt at a time.

    Parameters
    ----------
    options : ClaudeAgentOptions
        The options of `row_options`.
    asked : Asked or None
        The form of the answers.
    mark : str, optional
        The mark of what its commands start; see `leftovers`.
    """

    def __init__(
        self, options: ClaudeAgentOptions, asked: Asked | None, mark: str | None = None
    ) -> None:
        self.asked = asked
        self.mark = mark
        options = captured(options)
        self._connection = Connection(options, SubprocessTransport(options), _Nobody())
        self._first: str | None = None  # the uuids of the row's first and last prompt
        self._last: str | None = None
        self._cost = 0.0  # the CLI's totals so far
        self._tokens = (0, 0)
        self.rows = 0

    @property
    def options(self) -> ClaudeAgentOptions:
        """The options of the process."""
        return self._connection.options

    async def start(self) -> None:
        """Start the CLI, and wait until it is connected.

        Raises
        ------
        ClaudeSDKError
            If it does not start.
        """
        await self._connection.start()

    async def stop(self) -> None:
        """End the CLI and its children, in less than three seconds. Harmless if it has ended."""
        await self._connection.stop()

    async def turn(self, text: str) -> Reply:
        """Send a prompt, and return what it brought.

        The text is never a command of the CLI's, and names no files.

        Raises
        ------
        ClaudeSDKError
            If the CLI ends before.
        """
        name = str(uuid.uuid4())
        # The CLI takes such a prompt verbatim: "/clear" is six characters, "@file" reads no file.
        turn = ClientTurn({**text_prompt(text), "client_composed": True}, name)
        self._first, self._last = self._first or name, name
        reply = Reply()
        self._connection.submit(turn)
        try:
            async for message in turn:
                if reply.note(message, expects=self.asked is not None):
                    await self._connection.interrupt()
        except StructuredOutputError:
            pass  # the reply has no value then
        if reply.result is not None:
            self._charge(reply, reply.result)
        return reply

    def _charge(self, reply: Reply, result: ResultMessage) -> None:
        """Note what a turn cost. The CLI tells totals, which may begin again at 0."""
        total = result.total_cost_usd or 0.0
        cost = total - self._cost if total >= self._cost else total
        reply.cost_usd = round(cost, 9)  # without the noise of a difference
        self._cost = total
        tokens = (0, 0)
        for usage in (result.model_usage or {}).values():
            read = usage["inputTokens"] + usage["cacheReadInputTokens"]
            read += usage["cacheCreationInputTokens"]
            tokens = (tokens[0] + read, tokens[1] + usage["outputTokens"])
        before = self._tokens if tokens >= self._tokens else (0, 0)
        reply.input_tokens = max(tokens[0] - before[0], 0)
        reply.output_tokens = max(tokens[1] - before[1], 0)
        self._tokens = tokens

    async def renew(self) -> bool:
        """Forget the row, so the next one begins a conversation; return False if that fails.

        Then the process is of no more use. The CLI goes back to before the row's first prompt. That
        is quicker than ``/clear``, and the next request is exactly that of a new process: after
        ``/clear`` it would begin with a note about that command.
        """
        if self._first is None:
            return self._connection.alive
        try:
            answer = await self._connection.request(
                "rewind_conversation",
                timeout=_BACK,
                target_message_uuid=self._first,
                last_seen_user_message_uuid=self._last,
            )
            if answer.get("rewound") is not True:
                await self._clear()
        except ControlRequestError:
            try:
                await self._clear()
            except ClaudeSDKError:
                return False
        except ClaudeSDKError:
            return False
        self._first = self._last = None
        self.rows += 1
        return True

    async def _clear(self) -> None:
        turn = ClientTurn(text_prompt("/clear"))
        self._connection.submit(turn)
        async for _ in turn:
            pass
        # The CLI's totals begin again.
        self._cost, self._tokens = 0.0, (0, 0)
        if turn.result is None or turn.result.is_error:
            raise ClaudeSDKError("The CLI did not begin a new conversation")
