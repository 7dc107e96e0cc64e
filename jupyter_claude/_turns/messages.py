"""`MessageReader`: turns the CLI's messages into texts, tool calls, results and notices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from jupyter_claude_sdk import (
    AssistantMessage,
    ContentBlock,
    Message,
    MirrorErrorMessage,
    RateLimitEvent,
    StreamEvent,
    SystemMessage,
    TaskNotificationMessage,
    TaskProgressMessage,
    TaskStartedMessage,
    TaskUpdatedMessage,
    TextBlock,
    ThinkingBlock,
    ToolProgressMessage,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)

from . import kept_plans, todos
from .diffs import diff_of, result_diff
from .events import InputAppended
from .items import (
    AGENTS,
    LARGEST_IMAGE,
    LARGEST_IMAGES,
    QUESTION_TOOL,
    Item,
    TextItem,
    ThinkingItem,
    ToolCall,
    ToolImage,
    ToolState,
    count,
    output_images,
    output_text,
)
from .notices import compaction_text, limit_text, store_text
from .record import TurnRecord
from .retries import retried_text, retry_notice
from .tool_words import short_path
from .turn import Turn
from .waiting import Waiting
from .written import Change, file_change

# The CLI puts this before a subagent's report, for the model.
_FRAME = re.compile(
    r"\A\s*<tools-used-before-summary>.*?</tools-used-before-summary>\s*", re.DOTALL
)


# If the CLI refuses to run a call, it wraps the reason in this tag, for the model.
_TOOL_ERROR = re.compile(r"\A\s*<tool_use_error>(.*)</tool_use_error>\s*\Z", re.DOTALL)

# What the CLI adds to a result for the model. A file may have such a tag too: the words stay, and
# only those at the end.
_REMINDERS = re.compile(
    r"(?:\s*<system-reminder>(?:(?!</?system-reminder>).)*</system-reminder>)+\s*\Z", re.DOTALL
)
_REMINDER = re.compile(r"\s*<system-reminder>\s*(.*?)\s*</system-reminder>\s*", re.DOTALL)

# What the CLI tells the model of a command in the background. The file is named by the task's id.
_IN_BACKGROUND = re.compile(
    r"Command running in background with ID: (?P<task>\w+)\. "
    r"Output is being written to: (?P<file>.+[/\\](?P=task)\.output)\. ",
)

# The CLI tells the model by this that the user stopped a call, whether it ran or not.
_REJECTED = "The user doesn't want to proceed with this tool use."
#: The notes of calls that were stopped.
STOPPED = "Stopped; what it did before stays"
NEVER_RAN = "Stopped before it ran"


def is_about_call(message: Message) -> bool:
    """Whether a message names a tool call or a task."""
    names = ("parent_tool_use_id", "tool_use_id", "task_id")
    return any(getattr(message, name, None) is not None for name in names)


class MessageReader:
    """Reads the messages of one turn and writes what they say into it.

    Parameters
    ----------
    record : TurnRecord
        The turn's data.
    """

    def __init__(self, record: TurnRecord) -> None:
        self.calls: dict[str, ToolCall] = {}
        self.waiting = Waiting(self.calls, self._show)
        self._record = record
        self._stream_id = ""
        self._open: dict[int, Item] = {}  # streamed blocks by index
        self._finished: set[str] = set()  # streamed text blocks whose full text has arrived
        self._answers: set[str] = set()  # ids of the model's messages
        self._tasks: dict[str, ToolCall] = {}  # running tasks, by the CLI's ids
        self._expected: dict[str, Change] = {}  # of files, by the ids of calls that still run
        self._todos: dict[str, todos.Checklist] = {
            "": todos.Checklist(record.todos)
        }  # by the subagent's call
        self._image_room = LARGEST_IMAGES
        self.followed: list[ToolCall] = []  # whose output the CLI writes into a file
        self._retry: dict[str, Any] = {}  # the last retry, until the API answers

    def owns(self, message: Message) -> bool:
        """Whether a message is about a call of this turn."""
        call = getattr(message, "parent_tool_use_id", None) or getattr(message, "tool_use_id", None)
        return call in self.calls or getattr(message, "task_id", None) in self._tasks

    @property
    def agents_in_background(self) -> list[str]:
        """The CLI's ids of the subagents that work in the background."""
        return [
            task
            for task, call in self._tasks.items()
            if call.background and call.is_open and call.name in AGENTS
        ]

    def read(self, message: Message) -> None:
        """Read the next message, and write it into the turn."""
        if isinstance(message, StreamEvent):
            self._read_stream(message)
            return
        self._record.messages.append(message)
        if isinstance(message, AssistantMessage):
            self._read_assistant(message)
        elif isinstance(message, UserMessage):
            self._read_user(message)
        elif isinstance(message, RateLimitEvent):
            self._read_limit(message)
        elif isinstance(message, ToolProgressMessage):
            self._read_tool_progress(message)
        elif isinstance(message, SystemMessage):
            self._read_task(message)
            self._read_system(message)

    # --- the answer as it streams -------------------------------------------------------------

    def _read_stream(self, message: StreamEvent) -> None:
        if message.parent_tool_use_id is not None:
            return  # a subagent's texts come in whole messages
        event = message.event
        kind = event.get("type")
        if kind == "message_start":
            self.end_retry(answered=True)
            self._stream_id = str((event.get("message") or {}).get("id", ""))
            self._open = {}
            self._record.set_status("")
        elif kind == "content_block_start":
            self._open_block(event.get("index", 0), event.get("content_block") or {})
        elif kind == "content_block_delta":
            delta = event.get("delta") or {}
            text = delta.get("text") or delta.get("thinking")
            item = self._open.get(event.get("index", 0))
            if isinstance(item, ToolCall):
                self._record.tell(InputAppended(item, str(delta.get("partial_json") or "")))
            if text and isinstance(item, TextItem) and item.id not in self._finished:
                self._record.append(item, text)

    def _open_block(self, index: int, block: dict[str, Any]) -> None:
        kind = block.get("type")
        id = f"{self._stream_id}-{index}"
        item: Item
        if kind == "text":
            item = TextItem(id, block.get("text") or "")
        elif kind == "thinking":
            item = ThinkingItem(id, block.get("thinking") or "")
        elif kind == "tool_use" and block.get("id"):
            item = self._new_call(str(block["id"]), str(block.get("name", "")))
            if self._record.columns is not None:
                self._open[index] = item  # who waits for the items reads its input as it comes
            self._show(item)
            self.waiting.settle()
            return
        else:
            return
        self._open[index] = item
        self._record.put(item)

    # --- whole messages -----------------------------------------------------------------------

    def _read_assistant(self, message: AssistantMessage) -> None:
        record = self._record
        if message.parent_tool_use_id is None and message.model != "<synthetic>":
            record.model = message.model or record.model
            if message.message_id and message.message_id not in self._answers:
                self._answers.add(message.message_id)
                record.model_calls += 1
        if message.error is not None:
            return  # the turn's error line shows it
        for block in message.content:
            self._read_block(block, message)

    def _read_block(self, block: ContentBlock, message: AssistantMessage) -> None:
        parent = message.parent_tool_use_id or ""
        if isinstance(block, ToolUseBlock):
            call = self.calls.get(block.id)
            if call is None:
                call = self._new_call(block.id, block.name, parent)
            call.input = block.input
            change = file_change(block.name, block.input, self._record.folder)
            if change is not None:
                self._expected[block.id] = change
                path = short_path(str(block.input["file_path"]), call.folder)
                call.diff = diff_of(change, path)
            self._show(call)
            self.waiting.settle()
        elif isinstance(block, TextBlock):
            self._settle(TextItem, message.message_id or "", block.text, parent)
        elif isinstance(block, ThinkingBlock) and block.thinking:
            self._settle(ThinkingItem, message.message_id or "", block.thinking, parent)

    def _new_call(self, id: str, name: str, parent: str = "") -> ToolCall:
        call = ToolCall(id, name, parent=parent, folder=str(self._record.folder))
        self.calls[id] = call
        return call

    def _settle(self, kind: type[TextItem], message_id: str, text: str, parent: str) -> None:
        """Give a streamed block its full text, or add the block if it was not streamed."""
        item: TextItem
        for item in (item for item in self._record.items if isinstance(item, TextItem)):
            if (
                type(item) is kind
                and item.id not in self._finished
                and item.id.startswith(f"{message_id}-")
            ):
                break
        else:
            item = kind(f"{message_id}-whole-{len(self._record.items)}", parent=parent)
        self._finished.add(item.id)
        if item.text != text:
            item.text = text
            self._record.put(item)

    # --- results of tools ---------------------------------------------------------------------

    def _read_user(self, message: UserMessage) -> None:
        if isinstance(message.content, str):
            return
        metas = {meta.get("id"): meta for meta in message.raw.get("tool_result_meta") or []}
        results = [block for block in message.content if isinstance(block, ToolResultBlock)]
        # The details belong to the message, not to one of several results.
        details = message.tool_use_result if len(results) == 1 else None
        for block in results:
            call = self.calls.get(block.tool_use_id)
            if call is not None:
                self._end_call(call, block, details, metas.get(block.tool_use_id) or {})
        if not self._record.stopping:  # once the turn stops, waiting calls never begin
            self.waiting.settle()

    def _end_call(
        self, call: ToolCall, block: ToolResultBlock, details: Any, meta: dict[str, Any]
    ) -> None:
        details = details if isinstance(details, dict) else {}
        _read_answer(call, details)
        expected = self._expected.pop(call.id, None)
        if call.background and call.name in AGENTS and not call.is_open:
            return  # The agent was quick: its report is here. This result only says that it began.
        output = output_text(block.content)
        refused = _refused(meta, output) if block.is_error else None
        if not call.live:
            call.output = _TOOL_ERROR.sub(r"\1", output) if block.is_error else _plain(output)
            self._read_images(call, block.content)
        if call.state == "denied" or refused == "denied":
            call.state = "denied"
            call.ran = False
            message = None if call.plan is None else kept_plans.message_in(call.output)
            if message is not None:
                call.note, call.output = kept_plans.for_user(message), ""
        elif refused == "stopped":
            self._stop(call, ran=call.state != "waiting" and meta.get("before_run") is not True)
        elif block.is_error:
            call.state = "failed"
        elif call.name in AGENTS:
            self._end_agent(call, details)
        elif call.background:
            self._follow(call)
        else:
            call.state = "done"
            call.diff = result_diff(call.input, details, expected, call.folder) or call.diff
        self._show(call, details)

    def _follow(self, call: ToolCall) -> None:
        """Note where the CLI writes the output of a command in the background."""
        found = _IN_BACKGROUND.match(call.output)
        if found is not None and found["task"] in self._tasks:
            call.output, call.output_file = "", found["file"]
            self.followed.append(call)

    def _stop(self, call: ToolCall, *, ran: bool) -> None:
        """The user stopped the call. Its output is the CLI's text for the model, so drop it."""
        call.state, call.output, call.ran = "stopped", "", ran
        call.note = STOPPED if ran else NEVER_RAN
        for inner in self.calls.values():
            if inner.parent == call.id and inner.is_open:
                self._stop(inner, ran=inner.state != "waiting")
                self._record.put(inner)

    def _read_images(self, call: ToolCall, content: Any) -> None:
        alt = f"Image from {call.title}: {call.summary}"
        call.images, too_large = output_images(content, alt, self._image_room)
        self._image_room -= sum(len(image.data) for image in call.images)
        if too_large:
            call.note = f"{too_large} image{'s' if too_large > 1 else ''} too large to show here"

    def show_image(self, call: ToolCall, image: ToolImage) -> None:
        """Add an image that a call's code showed, or note that it is too large."""
        if len(image.data) > min(LARGEST_IMAGE, self._image_room):
            call.note = "An image is too large to show here"
        else:
            self._image_room -= len(image.data)
            call.images.append(image)

    def _end_agent(self, call: ToolCall, details: dict[str, Any]) -> None:
        """Keep a subagent's report, without the text that the CLI adds for the model."""
        if details.get("isAsync") or details.get("status") == "async_launched":
            call.background = True
            call.output = ""
            return
        if isinstance(details.get("content"), list):
            call.output = _FRAME.sub("", output_text(details["content"]))
        call.state = "done"
        self._note_report(call)

    def _note_report(self, call: ToolCall) -> None:
        """Check whether the subagent's last text already shows the report."""
        said = [item for item in self._record.items if type(item) is TextItem]
        last = next((item for item in reversed(said) if item.parent == call.id), None)
        call.said = last is not None and last.text.strip() == call.output.strip()

    def _show(self, call: ToolCall, details: Any = None) -> None:
        if call.name not in todos.TOOLS:
            self._record.put(call)
            return
        if call not in self._record.items:
            self._record.items.append(call)
        kept = self._todos.setdefault(call.parent, todos.Checklist({}))
        for changed in kept.update(call, details):
            self._record.put(changed)

    def _read_tool_progress(self, message: ToolProgressMessage) -> None:
        call = self.calls.get(message.call_id)
        if call is not None and call.is_open:
            call.seconds = message.elapsed_time_seconds
            self._record.put(call)

    # --- subagents and background commands ----------------------------------------------------

    def _read_task(self, message: SystemMessage) -> None:
        task = str(getattr(message, "task_id", ""))
        call = self.calls.get(getattr(message, "tool_use_id", None) or "") or self._tasks.get(task)
        if call is None:
            return
        if isinstance(message, TaskStartedMessage):
            call.background = bool(message.data.get("is_backgrounded"))
            self._tasks[task] = call
        elif isinstance(message, TaskUpdatedMessage) and message.patch.get("is_backgrounded"):
            call.background = True
        call.task = task or call.task
        if not call.background and call.name not in AGENTS:
            return  # the CLI calls any command a task
        if isinstance(message, TaskProgressMessage):
            call.progress = _progress(message.description, message.usage)
        elif isinstance(message, TaskNotificationMessage):
            self._end_task(call, message)
        self._record.put(call)

    def _end_task(self, call: ToolCall, message: TaskNotificationMessage) -> None:
        call.progress = _progress("", message.usage)
        if not call.background:
            return  # its result will say so
        call.note = ""
        if message.status in ("stopped", "killed"):
            self._stop(call, ran=True)
        else:
            call.state = "done" if message.status == "completed" else "failed"
        for inner in self.calls.values():
            if inner.parent == call.id and inner.is_open:
                inner.state = call.state
                self._record.put(inner)
        if call.name in AGENTS:
            call.output = message.summary
            self._note_report(call)
        else:
            call.progress = message.summary

    # --- notices ------------------------------------------------------------------------------

    def _read_system(self, message: SystemMessage) -> None:
        data = message.data
        record = self._record
        if message.subtype == "api_retry":
            self._retry = data
            record.show_notice(retry_notice(f"retry-{self._stream_id}", data, record.actions))
        elif message.subtype == "compact_boundary":
            record.set_status("")
            record.notice(f"compact-{len(record.items)}", compaction_text(data))
        elif message.subtype == "permission_denied":
            call = self.calls.get(str(data.get("tool_use_id")))
            if call is not None and call.state != "denied":
                call.state, call.ran = "denied", False
                self._show(call)
        elif message.subtype == "status" and data.get("status") == "compacting":
            record.set_status("Compacting the conversation")
        elif isinstance(message, MirrorErrorMessage):
            record.notice(f"store-{len(record.items)}", store_text(message.error), "warning")
        elif message.subtype == "informational" and data.get("content"):
            if record.practice and "127.0.0.1" in str(data["content"]):
                return  # it is about a gateway at that address, but the practice model is there
            warning = data.get("level") == "warning"
            record.notice(
                f"note-{len(record.items)}", str(data["content"]), "warning" if warning else "info"
            )

    def end_retry(self, *, answered: bool) -> None:
        """End the retry notice: the API answered, or the turn ended."""
        if self._retry:
            text = retried_text(self._retry, answered=answered)
            self._record.notice(f"retry-{self._stream_id}", text)
            self._retry = {}

    def _read_limit(self, message: RateLimitEvent) -> None:
        info = message.rate_limit_info
        text = limit_text(info)
        if text:
            self._record.notice(
                f"limit-{info.rate_limit_type}",
                text,
                "warning" if info.status == "rejected" else "info",
            )


def _plain(output: str) -> str:
    """Return a result in which the CLI's notes to the model are plain text."""
    found = _REMINDERS.search(output) if output.rstrip().endswith("</system-reminder>") else None
    if found is None:
        return output
    notes = _REMINDER.sub(r"\n(Claude Code to Claude: \1)", found[0])
    return (output[: found.start()] + notes).strip("\n")


def _refused(meta: dict[str, Any], output: str) -> ToolState | None:
    """Return "denied" or "stopped" if a result says that the call did not run to its end."""
    if (meta.get("permission_decision") or {}).get("decision") == "reject":
        return "denied"
    kind = meta.get("non_execution_kind")
    if kind == "permission-rule":
        return "denied"
    # The user did not deny the call: the turn was stopped. Older transcripts have only the words.
    if kind == "user-rejected" or (kind is None and output.startswith(_REJECTED)):
        return "stopped"
    return None


def _read_answer(call: ToolCall, details: dict[str, Any]) -> None:
    """Keep the user's answers to questions, and the plan that the user approved."""
    answers, plan = details.get("answers"), details.get("plan")
    if call.name == QUESTION_TOOL and isinstance(answers, dict):
        call.answers = {str(question): str(answer) for question, answer in answers.items()}
    elif call.plan is not None and isinstance(plan, str) and plan != call.plan:
        call.edited = plan


def _progress(doing: str, usage: Any) -> str:
    """Return a task's progress: ``Reading a.csv · 3 tool calls · 8.2k tokens``.

    A task that has ended does nothing now; instead of that it has the time: ``… · 4 s``.
    """
    parts = [doing]
    if isinstance(usage, dict):
        calls = usage.get("tool_uses") or 0
        parts.append(f"{calls} tool call{'' if calls == 1 else 's'}" if calls else "")
        tokens = usage.get("total_tokens") or 0
        parts.append(f"{count(tokens)} tokens" if tokens else "")
        seconds = (usage.get("duration_ms") or 0) / 1000
        parts.append(f"{seconds:.0f} s" if seconds >= 1 and not doing else "")
    return " · ".join(part for part in parts if part)


def last_message(turns: Sequence[Turn]) -> str | None:
    """Return the uuid of the turns' last message, without the messages of subagents."""
    for turn in reversed(turns):
        for message in reversed(turn.messages):
            if (
                isinstance(message, (AssistantMessage, UserMessage))
                and message.uuid
                and message.parent_tool_use_id is None
            ):
                return message.uuid
    return None
