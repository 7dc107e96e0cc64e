"""A turn: a prompt, what came of it in order, and its result.

Everything that is shown anywhere is derived from a `Turn`. It is written by the session alone, by
feeding it messages; each change is told to its listeners as a small operation in the form that the
widget's front end takes, so that showing costs in proportion to what is new.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from jupyter_claude_sdk import (
    AssistantMessage,
    ContentBlock,
    Message,
    ResultMessage,
    StreamEvent,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)

from ._diffs import file_diff
from ._errors import ClaudeError, error_line, one_line
from ._items import (
    Item,
    Notice,
    TextItem,
    ThinkingItem,
    ToolCall,
    TurnEvent,
    count,
    dollars,
    output_text,
)

TurnState = Literal["queued", "running", "done", "failed", "interrupted"]
Operation = list[Any]
Listener = Callable[[Operation], None]


class EventMaker:
    """A listener that makes a `TurnEvent` of each change worth telling.

    Parameters
    ----------
    turn : Turn
        The turn that it listens to.
    take : callable
        Called with each event.
    """

    def __init__(self, turn: Turn, take: Callable[[TurnEvent], None]) -> None:
        self._turn = turn
        self._take = take
        self._told: dict[str, int] = {}  # characters of each text that were told

    def __call__(self, operation: Operation) -> None:
        if operation[0] not in ("put", "append"):
            return
        id = operation[1]["id"] if operation[0] == "put" else operation[1]
        item = next((item for item in reversed(self._turn.items) if item.id == id), None)
        if isinstance(item, ToolCall):
            self._take(TurnEvent("tool", f"[{item.name}: {item.summary} — {item.state}]\n", item))
        elif isinstance(item, Notice):
            self._take(TurnEvent("notice", item.text + "\n"))
        elif item is not None:
            new = item.text[self._told.get(id, 0) :]
            self._told[id] = len(item.text)
            if new:
                self._take(TurnEvent(item.kind, new))


class Turn:
    """One prompt and what came of it. ``str(turn)`` is the answer.

    Attributes
    ----------
    number : int
        Its place in ``claude.history``, from 1.
    id : str
        The prompt's uuid, the handle for rewinding.
    prompt : str
        What was asked; "" for what Claude did unasked, such as a background task's end.
    state : {"queued", "running", "done", "failed", "interrupted"}
        Where it stands.
    messages : list of jupyter_claude_sdk.Message
        All its messages but the pieces of the stream.
    result : ResultMessage or None
        The CLI's result.
    usage : dict
        Tokens: ``input_tokens``, ``cache_read_input_tokens``, ``output_tokens`` and others.
    cost_usd : float
        The turn's own cost in US dollars.
    seconds : float
        How long it took.
    model : str
        The model that answered.
    error : Exception or None
        What it ended with, if not well.
    practice : bool
        Whether the practice model answered.
    """

    def __init__(
        self,
        number: int,
        id: str,
        prompt: str,
        *,
        folder: Path,
        practice: bool = False,
        can_ask: bool = False,
    ) -> None:
        self.number = number
        self.id = id
        self.prompt = prompt
        self.practice = practice
        self.state: TurnState = "queued"
        self.items: list[Item] = []
        self.messages: list[Message] = []
        self.requests: dict[str, dict[str, Any]] = {}
        self.result: ResultMessage | None = None
        self.usage: dict[str, Any] = {}
        self.cost_usd = 0.0
        self.seconds = 0.0
        self.model = ""
        self.error: Exception | None = None
        self.status = ""
        self.last_event = time.monotonic()
        self.model_calls = 0
        self._can_ask = can_ask
        self._folder = folder
        self._listeners: list[Listener] = []
        self._tools: dict[str, ToolCall] = {}
        self._stream_id = ""
        self._open: dict[int, Item] = {}  # streamed blocks by index
        self._finished: set[str] = set()  # streamed text blocks whose whole text has come
        self._seen_calls: set[str] = set()
        self._started = 0.0

    # --- what users read ----------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The answer, and a line for each call that was denied because nobody could be asked."""
        parts = [item.text for item in self.items if type(item) is TextItem and item.text]
        parts += [call.note for call in self.tools if call.note]
        return "\n\n".join(part.strip() for part in parts)

    @property
    def tools(self) -> list[ToolCall]:
        """Its tool calls, in order."""
        return [item for item in self.items if isinstance(item, ToolCall)]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Turn {self.number} {self.state}: {one_line(self.prompt)[:40]!r}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from ._views.static import bundle

        return bundle(self)

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self.state in ("done", "failed", "interrupted")

    @property
    def cost_line(self) -> str:
        """Its cost, tokens, seconds and model in one line; "" while there is no result."""
        if self.result is None:
            return ""
        usage = self.usage
        cached = usage.get("cache_read_input_tokens") or 0
        read = (
            (usage.get("input_tokens") or 0)
            + (usage.get("cache_creation_input_tokens") or 0)
            + cached
        )
        parts = [
            dollars(self.cost_usd),
            f"{count(read)} in" + (f" ({count(cached)} cached)" if cached else ""),
            f"{count(usage.get('output_tokens') or 0)} out",
            f"{self.seconds:.1f} s",
            self.model,
        ]
        return " · ".join(part for part in parts if part)

    # --- for views ----------------------------------------------------------------------------

    def view(self) -> dict[str, Any]:
        """Return the whole turn in the form that views take."""
        return {
            "number": self.number,
            "id": self.id,
            "prompt": self.prompt,
            "practice": self.practice,
            "items": [item.view() for item in self.items],
            "requests": list(self.requests.values()),
            **self._changing(),
        }

    def _changing(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "status": self.status,
            "cost": self.cost_line,
            "error": "" if self.error is None else error_line(self.error),
        }

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each change; return what stops that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def _tell(self, *operation: Any) -> None:
        self.last_event = time.monotonic()
        for listener in list(self._listeners):
            listener(list(operation))

    # --- for the session, the only writer -----------------------------------------------------

    @property
    def can_ask(self) -> bool:
        """Whether there is somebody to ask for permission."""
        return self._can_ask

    @property
    def waits_for_model(self) -> bool:
        """Whether it runs, and neither a tool nor a person is what it waits for."""
        busy = any(call.state == "running" for call in self.tools)
        return self.state == "running" and not busy and not self.requests

    def start(self) -> None:
        """The prompt is being sent."""
        self.state = "running"
        self._started = time.monotonic()
        self._tell("turn", self._changing())

    def set_status(self, status: str) -> None:
        """Say what it is doing now."""
        if status != self.status:
            self.status = status
            self._tell("turn", self._changing())

    def notice(
        self, id: str, text: str, level: Literal["info", "warning", "error"] = "info"
    ) -> None:
        """Add a notice, or replace the one of that id."""
        item = Notice(id, text, level)
        for index, old in enumerate(self.items):
            if old.id == id:
                self.items[index] = item
                break
        else:
            self.items.append(item)
        self._tell("put", item.view())

    def ask(self, request: dict[str, Any]) -> None:
        """Show a request that waits for an answer."""
        self.requests[request["id"]] = request
        self.status = "Waiting for your answer"
        self._tell("request", request)
        self._tell("turn", self._changing())

    def asked(self, request_id: str, outcome: str) -> None:
        """A request is answered, or waits no longer."""
        if self.requests.pop(request_id, None) is not None:
            self.status = ""
            self._tell("request_done", request_id, outcome)
            self._tell("turn", self._changing())

    def deny(self, tool_use_id: str | None, note: str) -> None:
        """A call was denied without anybody having been asked: say which rule would allow it."""
        call = self._tools.get(tool_use_id or "")
        if call is not None:
            call.state = "denied"
            call.note = note
            self._tell("put", call.view())

    def apply(self, message: Message) -> None:
        """Take the next message."""
        if isinstance(message, StreamEvent):
            self._take_stream(message)
            return
        self.messages.append(message)
        if isinstance(message, AssistantMessage):
            self._take_assistant(message)
        elif isinstance(message, UserMessage):
            self._take_user(message)
        elif isinstance(message, SystemMessage):
            self._take_system(message)

    def finish(self, state: TurnState, error: Exception | None = None) -> None:
        """The turn is over."""
        if self.ended:
            return
        self.state = state
        self.error = error
        if isinstance(error, ClaudeError):
            error.turn = self
        self.status = ""
        self.seconds = time.monotonic() - self._started if self._started else 0.0
        for call in self.tools:
            if call.state == "running":
                call.state = "done" if state == "done" else "failed"
                self._tell("put", call.view())
        for request_id in list(self.requests):
            self.asked(request_id, "Not answered: the turn ended")
        self._open.clear()
        self._tell("turn", self._changing())
        self._tell("end")

    # --- messages -----------------------------------------------------------------------------

    def _put(self, item: Item) -> None:
        self.items.append(item)
        self._tell("put", item.view())

    def _take_stream(self, message: StreamEvent) -> None:
        if message.parent_tool_use_id is not None:
            self.last_event = time.monotonic()
            return
        event = message.event
        kind = event.get("type")
        if kind == "message_start":
            self._stream_id = str((event.get("message") or {}).get("id", ""))
            self._open = {}
            self.set_status("")
        elif kind == "content_block_start":
            self._open_block(event.get("index", 0), event.get("content_block") or {})
        elif kind == "content_block_delta":
            delta = event.get("delta") or {}
            text = delta.get("text") or delta.get("thinking")
            item = self._open.get(event.get("index", 0))
            if text and isinstance(item, TextItem) and item.id not in self._finished:
                item.text += text
                self._tell("append", item.id, text)
            else:
                self.last_event = time.monotonic()

    def _open_block(self, index: int, block: dict[str, Any]) -> None:
        kind = block.get("type")
        id = f"{self._stream_id}-{index}"
        item: Item
        if kind == "text":
            item = TextItem(id, block.get("text") or "")
        elif kind == "thinking":
            item = ThinkingItem(id, block.get("thinking") or "")
        elif kind == "tool_use" and block.get("id"):
            item = ToolCall(str(block["id"]), str(block.get("name", "")))
            self._tools[item.id] = item
        else:
            return
        self._open[index] = item
        self._put(item)

    def _take_assistant(self, message: AssistantMessage) -> None:
        if message.parent_tool_use_id is None and message.model != "<synthetic>":
            self.model = message.model or self.model
            if message.message_id and message.message_id not in self._seen_calls:
                self._seen_calls.add(message.message_id)
                self.model_calls += 1
        if message.error is not None:
            return  # the turn's error line says it
        for block in message.content:
            self._take_block(block, message)

    def _take_block(self, block: ContentBlock, message: AssistantMessage) -> None:
        if isinstance(block, ToolUseBlock):
            self._take_call(block, message.parent_tool_use_id)
            return
        if message.parent_tool_use_id is not None:
            return  # what a subagent says to itself
        if isinstance(block, TextBlock):
            self._settle(TextItem, message.message_id or "", block.text)
        elif isinstance(block, ThinkingBlock) and block.thinking:
            self._settle(ThinkingItem, message.message_id or "", block.thinking)

    def _settle(self, kind: type[TextItem], message_id: str, text: str) -> None:
        """Give a streamed block its whole text, or add the block if nothing of it was streamed."""
        for item in self.items:
            if (
                type(item) is kind
                and item.id not in self._finished
                and item.id.startswith(f"{message_id}-")
            ):
                break
        else:
            item = kind(f"{message_id}-whole-{len(self.items)}")
            self.items.append(item)
        self._finished.add(item.id)
        if item.text != text:
            item.text = text
            self._tell("put", item.view())

    def _take_call(self, block: ToolUseBlock, parent: str | None) -> None:
        call = self._tools.get(block.id)
        if call is None:
            call = self._tools[block.id] = ToolCall(block.id, block.name, parent=parent)
            self.items.append(call)
        call.input = block.input
        call.diff = file_diff(block.name, block.input, self._folder)
        self._tell("put", call.view())

    def _take_user(self, message: UserMessage) -> None:
        if isinstance(message.content, str):
            return
        rejected = {
            meta.get("id")
            for meta in message.raw.get("tool_result_meta") or []
            if (meta.get("permission_decision") or {}).get("decision") == "reject"
            or meta.get("non_execution_kind") in ("user-rejected", "permission-rule")
        }
        for block in message.content:
            if not isinstance(block, ToolResultBlock):
                continue
            call = self._tools.get(block.tool_use_id)
            if call is None:
                continue
            call.output = output_text(block.content)
            if call.state == "denied" or block.tool_use_id in rejected:
                call.state = "denied"
            else:
                call.state = "failed" if block.is_error else "done"
            self._tell("put", call.view())

    def _take_system(self, message: SystemMessage) -> None:
        data = message.data
        if message.subtype == "api_retry":
            seconds = (data.get("retry_delay_ms") or 0) / 1000
            reason = " ".join(str(data[k]) for k in ("error_status", "error") if data.get(k))
            self.notice(
                f"retry-{self._stream_id}",
                f"The API answered {reason or 'with an error'}; trying again in {seconds:.1f} s "
                f"(attempt {data.get('attempt')} of {data.get('max_retries')})",
                "warning",
            )
        elif message.subtype == "compact_boundary":
            self.notice(f"compact-{len(self.items)}", "The conversation was compacted")
        elif message.subtype == "permission_denied":
            call = self._tools.get(str(data.get("tool_use_id")))
            if call is not None and call.state != "denied":
                call.state = "denied"
                self._tell("put", call.view())
        elif message.subtype == "status" and data.get("status") == "compacting":
            self.set_status("Compacting the conversation")
        else:
            self.last_event = time.monotonic()


async def end_of(turn: Turn) -> None:
    """Wait until a turn has ended."""
    ended = asyncio.Event()
    stop_listening = turn.listen(lambda operation: ended.set() if operation[0] == "end" else None)
    try:
        if not turn.ended:
            await ended.wait()
    finally:
        stop_listening()
