"""One prompt, its messages and its result."""

from __future__ import annotations

import uuid as uuid_module
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from typing import TYPE_CHECKING, Any, Literal

import anyio

from .._base.signal import FairIterator, Signal
from .._types.messages import AssistantMessage, Message, ResultMessage, StreamEvent

if TYPE_CHECKING:
    from .._tracing.turns import TurnSpans

__all__ = ["ClientTurn"]

_ANSWERS = (AssistantMessage, StreamEvent, ResultMessage)
#: Seconds that the CLI has to begin a turn, and then to ask the model, while the client leaves.
_BEGIN, _ASK = 5.0, 2.0

TurnState = Literal["queued", "running", "done", "failed"]


class ClientTurn(FairIterator):
    """One prompt with its own messages and result; `ClaudeSDKClient.turn` makes it.

    Iterating gives each message once, as it comes, and ends with the turn. If the connection is
    lost, iterating raises the reason.

    Attributes
    ----------
    uuid : str
        The prompt's id, also on the wire. `ClaudeSDKClient.rewind_files` and
        `ClaudeSDKClient.rewind_conversation` take it.
    prompt : dict
        The user message that is sent.
    state : {"queued", "running", "done", "failed"}
        "failed" means that the connection was lost, or that the prompt was taken back. A turn whose
        result is an error, or has not the data of ``output_format``, is "done".
    result : ResultMessage or None
        The turn's result; None until it has come.
    error : Exception or None
        Why the turn failed; or a `StructuredOutputError`, if its result has not the data of
        ``output_format``. Iterating raises it after the last message.
    interrupted : bool
        Whether somebody interrupted the turn while it ran.
    """

    def __init__(
        self, prompt: dict[str, Any], uuid: str | None = None, *, unseen: bool = False
    ) -> None:
        super().__init__()
        self.uuid: str = uuid or str(uuid_module.uuid4())
        self.prompt = prompt
        self.state: TurnState = "queued"
        self.result: ResultMessage | None = None
        self.error: Exception | None = None
        self.interrupted = False
        self._unseen = unseen  # no observer hears of it
        self._spans: TurnSpans | None = None  # if the program traces
        self._unread: deque[Message] = deque()
        self._came = 0  # the inbox's count of messages when the last one came
        self._dropped = False
        self._begun = False  # a message has come
        self._answered = False  # a message of the model's has come
        self._changed = Signal()

    def __repr__(self) -> str:
        return f"<ClientTurn {self.uuid[:8]} {self.state}>"

    @property
    def ended(self) -> bool:
        """Whether no more messages come."""
        return self.state in ("done", "failed")

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        self._left -= 1
        if not self._left:
            await self._rest()
        while not self._unread:
            if self.ended:
                if self.error is not None:
                    # Else each `raise` would lengthen the traceback of the one before.
                    raise self.error.with_traceback(None)
                raise StopAsyncIteration
            await self._changed.wait()
        return self._unread.popleft()

    # --- for the connection -------------------------------------------------------------------

    def _push(self, messages: list[Message]) -> None:
        if self._spans is not None:
            self._spans.note(messages, self.interrupted)
        if not self._answered:
            self._begun = True
            self._answered = any(isinstance(message, _ANSWERS) for message in messages)
        if not self._dropped:
            self._unread.extend(messages)
            self._changed.notify()

    def _end(self, error: Exception | None = None) -> None:
        if self.ended:
            return
        self.state = "failed" if error is not None and self.result is None else "done"
        self.error = error
        if self._spans is not None:
            self._spans.end(self.result, error, self.interrupted)
        self._changed.notify()

    def _mark_answered(self) -> None:
        """Note that the model has the prompt: it asks for a tool."""
        self._begun = self._answered = True
        self._changed.notify()

    async def _reach_model(self) -> None:
        """Wait until the model has the prompt, in bounded time.

        The CLI does not say when it has asked the model. It does so shortly after the turn's first
        message.
        """
        with anyio.move_on_after(_BEGIN):
            while not self._begun and not self.ended:
                await self._changed.wait()
        if self._begun:
            with anyio.move_on_after(_ASK):
                while not self._answered and not self.ended:
                    await self._changed.wait()

    def _drop(self) -> None:
        """Keep no messages, since nobody will read them."""
        self._dropped = True
        self._unread.clear()


def text_prompt(text: str | list[dict[str, Any]], session_id: str = "default") -> dict[str, Any]:
    """Make the user message of a prompt: text, or a list of content blocks."""
    return {
        "type": "user",
        "message": {"role": "user", "content": text},
        "parent_tool_use_id": None,
        "session_id": session_id,
    }


def empty_prompt() -> dict[str, Any]:
    """Make a user message that is empty, and not for the model."""
    return {**text_prompt([]), "shouldQuery": False}


def check_kind(prompt: Any) -> None:
    """Refuse a prompt that is neither text nor a stream of messages.

    Raises
    ------
    TypeError
        One line that says what to do.
    """
    if isinstance(prompt, (str, AsyncIterable)):
        return
    if isinstance(prompt, dict):
        hint = "; `async with client.turn(message)` takes a whole message"
    elif callable(prompt):
        hint = "; call the function, so that it makes an async generator"
    else:
        hint = ""
    raise TypeError(
        f"A prompt must be a str or an async iterable of dicts, not {type(prompt).__name__}{hint}"
    )


#: The types of content block that the Messages API takes from a user.
_PIECES = ("text", "image", "document", "search_result", "tool_result", "container_upload")


def check_piece(item: dict[str, Any]) -> None:
    """Refuse an item of a prompt's stream that is not a content block.

    Raises
    ------
    ValueError
        If its type is unknown, such as a misspelt ``"user"``.
    """
    if item["type"] not in _PIECES:
        raise ValueError(
            f"A prompt's stream has an item of the type {item['type']!r:.40}; give messages, "
            "{'type': 'user', 'message': {'role': 'user', 'content': …}}, or content blocks such "
            "as {'type': 'text', 'text': …}"
        )


def check_prompt(message: Any) -> None:
    """Refuse a message that would make the CLI end.

    Raises
    ------
    ValueError
        If `message` is not a user message.
    """
    body = message.get("message") if isinstance(message, dict) else None
    if not isinstance(body, dict) or body.get("role") != "user" or message.get("type") != "user":
        raise ValueError(
            "A prompt must be text or a user message: "
            "{'type': 'user', 'message': {'role': 'user', 'content': …}}"
        )
