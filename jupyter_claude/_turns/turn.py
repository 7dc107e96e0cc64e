"""A turn: a prompt, what came of it in order, and its result.

Everything that is shown anywhere is derived from a `Turn`. It is written by the session alone, by
feeding it messages; each change is told to its listeners as a small operation in the form that the
widget's front end takes, so that showing costs in proportion to what is new.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from jupyter_claude_sdk import Message, ResultMessage

from .._errors import ClaudeError, error_line, one_line
from .items import Item, Notice, TextItem, Todo, ToolCall, TurnEvent, count, dollars
from .messages import MessageReader

TurnState = Literal["queued", "running", "done", "failed", "interrupted"]
Operation = list[Any]
Listener = Callable[[Operation], None]


_WRITERS = ("Write", "Edit", "MultiEdit", "NotebookEdit")


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
        self._lines: dict[str, str] = {}  # of each call, the last one

    def __call__(self, operation: Operation) -> None:
        if operation[0] not in ("put", "append"):
            return
        id = operation[1]["id"] if operation[0] == "put" else operation[1]
        item = next((item for item in reversed(self._turn.items) if item.id == id), None)
        if item is not None and not isinstance(item, (ToolCall, Notice)) and item.parent:
            return  # what a subagent says is not the answer
        if isinstance(item, ToolCall):
            line = f"[{item.name}: {item.summary} — {item.state}]\n"
            if self._lines.get(id) != line:  # its progress alone is no event
                self._lines[id] = line
                self._take(TurnEvent("tool", line, item))
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
    time : datetime
        When it began.
    model : str
        The model that answered.
    error : Exception or None
        What it ended with, if not well.
    practice : bool
        Whether the practice model answered.
    charged : bool
        Whether its cost is known; at least, if the process was lost in it.
    subscription : bool
        Whether a subscription pays for the tokens; then no dollars are shown.
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
        todos: dict[str, Todo] | None = None,
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
        self.charged = False
        self.subscription = False
        self.seconds = 0.0
        self.model = ""
        self.error: Exception | None = None
        self.status = ""
        self.last_event = monotonic()
        self.time = datetime.now().astimezone()
        self.model_calls = 0
        self.todos = {} if todos is None else todos
        self.folder = folder
        self._can_ask = can_ask
        self._listeners: list[Listener] = []
        self._reader = MessageReader(self)
        self._started = 0.0

    # --- what users read ----------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The answer, and a line for each call that was denied because nobody could be asked."""
        parts = [
            item.text
            for item in self.items
            if type(item) is TextItem and item.text and not item.parent
        ]
        parts += [call.note for call in self.tools if call.note and call.state == "denied"]
        return "\n\n".join(part.strip() for part in parts)

    @property
    def tools(self) -> list[ToolCall]:
        """Its tool calls and those of its subagents, in order."""
        return [item for item in self.items if isinstance(item, ToolCall)]

    @property
    def files(self) -> list[str]:
        """The files that Claude wrote or edited; those of subagents and commands are not known."""
        paths = {
            os.path.normpath(self.folder / str(path)): None
            for call in self.tools
            if call.state == "done" and not call.parent and call.name in _WRITERS
            if (path := call.input.get("file_path") or call.input.get("notebook_path"))
        }
        return list(paths)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Turn {self.number} {self.state}: {one_line(self.prompt)[:40]!r}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .._views.static import bundle

        return bundle(self)

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self.state in ("done", "failed", "interrupted")

    @property
    def goes_on(self) -> bool:
        """Whether something that it began still runs, in the background after its end."""
        return any(call.state == "running" for call in self.tools)

    @property
    def cost_line(self) -> str:
        """Its cost, tokens, seconds and model in one line; "" while there is no result."""
        if self.result is None and not self.charged:
            return ""
        usage = self.usage
        cached = usage.get("cache_read_input_tokens") or 0
        read = (
            (usage.get("input_tokens") or 0)
            + (usage.get("cache_creation_input_tokens") or 0)
            + cached
        )
        parts = [
            "" if self.subscription else dollars(self.cost_usd),
            f"{count(read)} in" + (f" ({count(cached)} cached)" if cached else ""),
            f"{count(usage.get('output_tokens') or 0)} out",
            f"{self.seconds:.1f} s",
            self.model,
        ]
        return " · ".join(part for part in parts if part)

    # --- for views ----------------------------------------------------------------------------

    @property
    def shown(self) -> list[Item]:
        """What views show: of the calls that keep a to-do list only the one with the list."""
        return [item for item in self.items if not (isinstance(item, ToolCall) and item.hidden)]

    def tree(self) -> dict[str, list[Item]]:
        """What views show, by the call that it stands under; the turn's own is under ""."""
        tree: dict[str, list[Item]] = {"": []}
        tree.update((item.id, []) for item in self.items if isinstance(item, ToolCall))
        for item in self.shown:
            parent = "" if isinstance(item, Notice) else item.parent
            tree.get(parent, tree[""]).append(item)
        return tree

    def view(self) -> dict[str, Any]:
        """Return the whole turn in the form that views take."""
        return {
            "id": self.id,
            "prompt": self.prompt,
            "practice": self.practice,
            "items": [item.view() for item in self.shown],
            "requests": list(self.requests.values()),
            **self._changing(),
        }

    def _changing(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "state": self.state,
            "status": self.status,
            "time": self.time.isoformat(timespec="seconds"),
            "files": [self._short(path) for path in self.files],
            "cost": self.cost_line,
            "cost_usd": self.cost_usd,
            "error": "" if self.error is None else error_line(self.error),
        }

    def _short(self, path: str) -> str:
        return (
            os.path.relpath(path, self.folder) if Path(path).is_relative_to(self.folder) else path
        )

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each change; return what stops that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def _tell(self, *operation: Any) -> None:
        self.last_event = monotonic()
        for listener in list(self._listeners):
            listener(list(operation))

    # --- for the session, the only writer -----------------------------------------------------

    @property
    def can_ask(self) -> bool:
        """Whether there is somebody to ask for permission."""
        return self._can_ask

    @property
    def open_calls(self) -> list[ToolCall]:
        """The calls whose results it waits for; what is in the background it does not wait for."""
        return [call for call in self.tools if call.state == "running" and not self._goes_on(call)]

    @property
    def waits_for_model(self) -> bool:
        """Whether it runs, and neither a tool nor a person is what it waits for."""
        return self.state == "running" and not self.open_calls and not self.requests

    def start(self) -> None:
        """The prompt is being sent."""
        self.state = "running"
        self.time = datetime.now().astimezone()
        self._started = monotonic()
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
        call = self._reader.calls.get(tool_use_id or "")
        if call is not None:
            call.state = "denied"
            call.note = note
            self.put(call)

    def apply(self, message: Message) -> None:
        """Take the next message."""
        self.last_event = monotonic()
        self._reader.take(message)

    def owns(self, message: Message) -> bool:
        """Whether a message is about a call of this turn: a subagent's, or a background task's."""
        return self._reader.owns(message)

    @property
    def agents_in_background(self) -> list[str]:
        """The tasks, by the CLI's ids, of the subagents that go on after the turn."""
        return self._reader.agents_in_background

    def put(self, item: Item) -> None:
        """Tell that an item is new or has changed; add it if it is new."""
        if not any(old is item for old in reversed(self.items)):
            self.items.append(item)
        self._tell("put", item.view())

    def append(self, item: TextItem, text: str) -> None:
        """Let a text grow."""
        item.text += text
        self._tell("append", item.id, text)

    def finish(self, state: TurnState, error: Exception | None = None) -> None:
        """The turn is over."""
        if self.ended:
            return
        self.state = state
        self.error = error
        if isinstance(error, ClaudeError):
            error.turn = self
        self.status = ""
        self.seconds = monotonic() - self._started if self._started else 0.0
        for call in self.tools:
            if call.state != "running":
                continue
            if state == "failed" or not self._goes_on(call):
                call.state = "done" if state == "done" else "failed"
            elif call.background:
                call.note = "Goes on in the background"
            self._tell_of(call)
        for request_id in list(self.requests):
            self.asked(request_id, "Not answered: the turn ended")
        self._tell("turn", self._changing())
        self._tell("end")

    def lose_background(self) -> None:
        """The process ended, and with it what went on in the background."""
        for call in self.tools:
            if self.ended and call.state == "running":
                call.state = "failed"
                call.note = "Ended with the Claude Code process" if call.background else ""
                self._tell_of(call)

    def _tell_of(self, call: ToolCall) -> None:
        if not call.hidden:
            self._tell("put", call.view())

    def _goes_on(self, call: ToolCall) -> bool:
        """Whether a call may outlast the turn: a background task, or what its subagent does."""
        while not call.background:
            above = self._reader.calls.get(call.parent)
            if above is None:
                return False
            call = above
        return True


async def end_of(turn: Turn) -> None:
    """Wait until a turn has ended."""
    ended = asyncio.Event()
    stop_listening = turn.listen(lambda operation: ended.set() if operation[0] == "end" else None)
    try:
        if not turn.ended:
            await ended.wait()
    finally:
        stop_listening()
