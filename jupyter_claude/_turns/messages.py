"""What the messages of a turn make of it: texts, tool calls and their results, notices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jupyter_claude_sdk import (
    AssistantMessage,
    ContentBlock,
    Message,
    RateLimitEvent,
    StreamEvent,
    SystemMessage,
    TaskNotificationMessage,
    TaskProgressMessage,
    TaskStartedMessage,
    TaskUpdatedMessage,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)

from . import todos
from .diffs import file_diff, result_diff
from .items import (
    AGENTS,
    LARGEST_IMAGES,
    Item,
    TextItem,
    ThinkingItem,
    ToolCall,
    count,
    output_images,
    output_text,
)
from .notices import compaction_text, limit_text, retried_text, retry_text

if TYPE_CHECKING:
    from .turn import Turn


# What the CLI puts before a subagent's report, for the model.
_FRAME = re.compile(
    r"\A\s*<tools-used-before-summary>.*?</tools-used-before-summary>\s*", re.DOTALL
)


def is_about_call(message: Message) -> bool:
    """Whether a message names a tool call or a task that it is about."""
    names = ("parent_tool_use_id", "tool_use_id", "task_id")
    return any(getattr(message, name, None) is not None for name in names)


class MessageReader:
    """Reads the messages of one turn and writes what they say into it.

    Parameters
    ----------
    turn : Turn
        What to write into.
    """

    def __init__(self, turn: Turn) -> None:
        self.calls: dict[str, ToolCall] = {}
        self._turn = turn
        self._stream_id = ""
        self._open: dict[int, Item] = {}  # streamed blocks by index
        self._finished: set[str] = set()  # streamed text blocks whose whole text has come
        self._answers: set[str] = set()  # ids of the model's messages
        self._tasks: dict[str, ToolCall] = {}  # what goes on, by the CLI's own ids
        self._todos: dict[str, todos.Checklist] = {
            "": todos.Checklist(turn.todos)
        }  # by the subagent's call
        self._image_room = LARGEST_IMAGES
        self._retry: dict[str, Any] = {}  # the last one, while the API has not answered

    def owns(self, message: Message) -> bool:
        """Whether a message is about a call of this turn."""
        call = getattr(message, "parent_tool_use_id", None) or getattr(message, "tool_use_id", None)
        return call in self.calls or getattr(message, "task_id", None) in self._tasks

    @property
    def agents_in_background(self) -> list[str]:
        """The CLI's ids of the subagents that are at work in the background."""
        return [
            task
            for task, call in self._tasks.items()
            if call.background and call.state == "running" and call.name in AGENTS
        ]

    def take(self, message: Message) -> None:
        """Take the next message."""
        if isinstance(message, StreamEvent):
            self._take_stream(message)
            return
        self._turn.messages.append(message)
        if isinstance(message, AssistantMessage):
            self._take_assistant(message)
        elif isinstance(message, UserMessage):
            self._take_user(message)
        elif isinstance(message, RateLimitEvent):
            self._take_limit(message)
        elif isinstance(message, SystemMessage):
            self._take_task(message)
            self._take_system(message)

    # --- the answer as it streams -------------------------------------------------------------

    def _take_stream(self, message: StreamEvent) -> None:
        if message.parent_tool_use_id is not None:
            return  # a subagent's texts come whole
        event = message.event
        kind = event.get("type")
        if kind == "message_start":
            self._end_retry()
            self._stream_id = str((event.get("message") or {}).get("id", ""))
            self._open = {}
            self._turn.set_status("")
        elif kind == "content_block_start":
            self._open_block(event.get("index", 0), event.get("content_block") or {})
        elif kind == "content_block_delta":
            delta = event.get("delta") or {}
            text = delta.get("text") or delta.get("thinking")
            item = self._open.get(event.get("index", 0))
            if text and isinstance(item, TextItem) and item.id not in self._finished:
                self._turn.append(item, text)

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
            self.calls[item.id] = item
            self._show(item)
            return
        else:
            return
        self._open[index] = item
        self._turn.put(item)

    # --- whole messages -----------------------------------------------------------------------

    def _take_assistant(self, message: AssistantMessage) -> None:
        turn = self._turn
        if message.parent_tool_use_id is None and message.model != "<synthetic>":
            turn.model = message.model or turn.model
            if message.message_id and message.message_id not in self._answers:
                self._answers.add(message.message_id)
                turn.model_calls += 1
        if message.error is not None:
            return  # the turn's error line says it
        for block in message.content:
            self._take_block(block, message)

    def _take_block(self, block: ContentBlock, message: AssistantMessage) -> None:
        parent = message.parent_tool_use_id or ""
        if isinstance(block, ToolUseBlock):
            call = self.calls.get(block.id)
            if call is None:
                call = self.calls[block.id] = ToolCall(block.id, block.name, parent=parent)
            call.input = block.input
            call.diff = file_diff(block.name, block.input, self._turn.folder)
            self._show(call)
        elif isinstance(block, TextBlock):
            self._settle(TextItem, message.message_id or "", block.text, parent)
        elif isinstance(block, ThinkingBlock) and block.thinking:
            self._settle(ThinkingItem, message.message_id or "", block.thinking, parent)

    def _settle(self, kind: type[TextItem], message_id: str, text: str, parent: str) -> None:
        """Give a streamed block its whole text, or add the block if nothing of it was streamed."""
        item: TextItem
        for item in (item for item in self._turn.items if isinstance(item, TextItem)):
            if (
                type(item) is kind
                and item.id not in self._finished
                and item.id.startswith(f"{message_id}-")
            ):
                break
        else:
            item = kind(f"{message_id}-whole-{len(self._turn.items)}", parent=parent)
        self._finished.add(item.id)
        if item.text != text:
            item.text = text
            self._turn.put(item)

    # --- results of tools ---------------------------------------------------------------------

    def _take_user(self, message: UserMessage) -> None:
        if isinstance(message.content, str):
            return
        rejected = {
            meta.get("id")
            for meta in message.raw.get("tool_result_meta") or []
            if (meta.get("permission_decision") or {}).get("decision") == "reject"
            or meta.get("non_execution_kind") in ("user-rejected", "permission-rule")
        }
        results = [block for block in message.content if isinstance(block, ToolResultBlock)]
        # It belongs to the message, not to one of several results.
        details = message.tool_use_result if len(results) == 1 else None
        for block in results:
            call = self.calls.get(block.tool_use_id)
            if call is not None:
                self._end_call(call, block, details, block.tool_use_id in rejected)

    def _end_call(
        self, call: ToolCall, block: ToolResultBlock, details: Any, rejected: bool
    ) -> None:
        details = details if isinstance(details, dict) else {}
        call.output = output_text(block.content)
        self._take_images(call, block.content)
        if call.state == "denied" or rejected:
            call.state = "denied"
        elif block.is_error:
            call.state = "failed"
        elif call.name in AGENTS:
            self._end_agent(call, details)
        elif not call.background:
            call.state = "done"
            call.diff = result_diff(call.input, details) or call.diff
        self._show(call, details)

    def _take_images(self, call: ToolCall, content: Any) -> None:
        alt = f"Image from {call.name}: {call.summary}"
        call.images, too_large = output_images(content, alt, self._image_room)
        self._image_room -= sum(len(image.data) for image in call.images)
        if too_large:
            call.note = f"{too_large} image{'s' if too_large > 1 else ''} too large to show here"

    def _end_agent(self, call: ToolCall, details: dict[str, Any]) -> None:
        """A subagent's report, without the frame in which the model gets it."""
        if details.get("isAsync") or details.get("status") == "async_launched":
            call.background = True
            call.output = ""
            return
        if isinstance(details.get("content"), list):
            call.output = _FRAME.sub("", output_text(details["content"]))
        call.state = "done"
        self._note_report(call)

    def _note_report(self, call: ToolCall) -> None:
        """See whether the report stands there already, as the last thing that the subagent said."""
        said = [item for item in self._turn.items if type(item) is TextItem]
        last = next((item for item in reversed(said) if item.parent == call.id), None)
        call.said = last is not None and last.text.strip() == call.output.strip()

    def _show(self, call: ToolCall, details: Any = None) -> None:
        if call.name not in todos.TOOLS:
            self._turn.put(call)
            return
        if call not in self._turn.items:
            self._turn.items.append(call)
        kept = self._todos.setdefault(call.parent, todos.Checklist({}))
        for changed in kept.take(call, details):
            self._turn.put(changed)

    # --- subagents and background commands ----------------------------------------------------

    def _take_task(self, message: SystemMessage) -> None:
        task = str(getattr(message, "task_id", ""))
        call = self.calls.get(getattr(message, "tool_use_id", None) or "") or self._tasks.get(task)
        if call is None:
            return
        if isinstance(message, TaskStartedMessage):
            call.background = bool(message.data.get("is_backgrounded"))
            self._tasks[task] = call
        elif isinstance(message, TaskUpdatedMessage) and message.patch.get("is_backgrounded"):
            call.background = True
        if not call.background and call.name not in AGENTS:
            return  # any command is a task, too
        if isinstance(message, TaskProgressMessage):
            call.progress = _progress(message.description, message.usage)
        elif isinstance(message, TaskNotificationMessage):
            self._end_task(call, message)
        self._turn.put(call)

    def _end_task(self, call: ToolCall, message: TaskNotificationMessage) -> None:
        call.progress = _progress("", message.usage)
        call.note = "Stopped" if message.status == "stopped" else ""
        if not call.background:
            return  # its result follows
        call.state = "done" if message.status == "completed" else "failed"
        for inner in self.calls.values():
            if inner.parent == call.id and inner.state == "running":
                inner.state = call.state
                self._turn.put(inner)
        if call.name in AGENTS:
            call.output = message.summary
            self._note_report(call)
        else:
            call.progress = message.summary

    # --- notices ------------------------------------------------------------------------------

    def _take_system(self, message: SystemMessage) -> None:
        data = message.data
        turn = self._turn
        if message.subtype == "api_retry":
            self._retry = data
            turn.notice(f"retry-{self._stream_id}", retry_text(data), "warning")
        elif message.subtype == "compact_boundary":
            turn.set_status("")
            turn.notice(f"compact-{len(turn.items)}", compaction_text(data))
        elif message.subtype == "permission_denied":
            call = self.calls.get(str(data.get("tool_use_id")))
            if call is not None and call.state != "denied":
                call.state = "denied"
                self._show(call)
        elif message.subtype == "status" and data.get("status") == "compacting":
            turn.set_status("Compacting the conversation")
        elif message.subtype == "informational" and data.get("content"):
            warning = data.get("level") == "warning"
            turn.notice(
                f"note-{len(turn.items)}", str(data["content"]), "warning" if warning else "info"
            )

    def _end_retry(self) -> None:
        if self._retry:
            self._turn.notice(f"retry-{self._stream_id}", retried_text(self._retry))
            self._retry = {}

    def _take_limit(self, message: RateLimitEvent) -> None:
        info = message.rate_limit_info
        text = limit_text(info)
        if text:
            self._turn.notice(
                f"limit-{info.rate_limit_type}",
                text,
                "warning" if info.status == "rejected" else "info",
            )


def _progress(doing: str, usage: Any) -> str:
    """Return what a task has done so far: ``Reading a.csv · 3 tool calls · 8.2k tokens · 4 s``."""
    parts = [doing]
    if isinstance(usage, dict):
        calls = usage.get("tool_uses") or 0
        parts.append(f"{calls} tool call{'' if calls == 1 else 's'}" if calls else "")
        tokens = usage.get("total_tokens") or 0
        parts.append(f"{count(tokens)} tokens" if tokens else "")
        seconds = (usage.get("duration_ms") or 0) / 1000
        parts.append(f"{seconds:.0f} s" if seconds >= 1 else "")
    return " · ".join(part for part in parts if part)


def last_message(turns: Sequence[Turn]) -> str | None:
    """Return the uuid of the turns' last message in the conversation itself, not a subagent's."""
    for turn in reversed(turns):
        for message in reversed(turn.messages):
            if (
                isinstance(message, (AssistantMessage, UserMessage))
                and message.uuid
                and message.parent_tool_use_id is None
            ):
                return message.uuid
    return None
