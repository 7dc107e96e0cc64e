"""`TurnRecord`: the data of one turn, and its listeners.

Users read it through `Turn`. The engine writes it through `TurnWriter` and `MessageReader`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from jupyter_claude_sdk import Message, ResultMessage
from jupyter_claude_sdk.lowlevel import Column

from .._listeners import Listeners
from .events import ItemChanged, StatusChanged, TextAppended, TurnChange
from .items import Item, Level, Notice, TextItem, Todo, ToolCall
from .ran_code import RanCode
from .remedies import Remedy
from .replayed import Replayed
from .requests import Request
from .retries import TurnActions

TurnState = Literal["queued", "running", "done", "failed", "interrupted"]
Listener = Callable[[TurnChange], None]


class TurnRecord:
    """The data of one turn. It emits each change to its listeners.

    Parameters
    ----------
    number, id, prompt, folder, practice, can_ask, todos
        See `TurnWriter`.
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
        self.folder = folder
        self.practice = practice
        self.can_ask = can_ask
        self.todos = {} if todos is None else todos
        self.state: TurnState = "queued"
        self.status = ""  # what it is doing now, in words
        self.items: list[Item] = []
        self.code: list[RanCode] = []  # that it ran in the kernel
        self.messages: list[Message] = []
        self.requests: dict[str, Request] = {}  # open requests, by id
        self.result: ResultMessage | None = None
        self.usage: dict[str, Any] = {}
        self.cost_usd = 0.0
        self.charged = False
        self.subscription = False
        self.model = ""
        self.model_calls = 0
        self.unasked = False  # no model was asked, because the user was not signed in
        self.time = datetime.now().astimezone()
        self.seconds = 0.0
        self.error: Exception | None = None
        self.value: Any = None  # the answer in the form that was asked for
        self.raw_answer: Any = None  # the last answer of a form, as it came
        self.columns: list[Column] | None = None  # of a value that is a list
        self.remedy: Remedy = ""  # what views offer after the error
        self.stopping = False  # the user, or a limit, is stopping it
        # What took it out of the conversation, in words; "": it came back.
        self.left: str | None = None
        self.typed = False  # the user wrote the prompt, so what it names with @ is attached
        self.awaited = False  # the code that runs it also asks `another`
        self.replayed: Replayed | None = None  # it comes from a recording
        self.again: Any = None  # the turn that asks its prompt again
        self.another = ""  # what another model is asked once this turn has stopped
        self.actions: TurnActions | None = None  # of views; None if no session runs the turn
        self.last_event = monotonic()
        self._listeners = Listeners[TurnChange]()

    def __getstate__(self) -> dict[str, Any]:
        # A copy has no listeners and no session. A Path cannot be read on another kind of system.
        here = ("_listeners", "actions", "again")
        state = {name: value for name, value in self.__dict__.items() if name not in here}
        return {**state, "folder": str(self.folder)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        TurnRecord.__init__(self, 0, "", "", folder=Path())  # also what a later version added
        self.__dict__.update(state, folder=Path(state["folder"]))

    # --- events -------------------------------------------------------------------------------

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each change; return a function that stops that."""
        return self._listeners.add(listener)

    def tell(self, change: TurnChange) -> None:
        """Emit a change to the listeners."""
        self.last_event = monotonic()
        if isinstance(change, ItemChanged) and isinstance(change.item, ToolCall):
            change.item.tick()
        self._listeners.tell(change)

    # --- changing -----------------------------------------------------------------------------

    def set_status(self, status: str) -> None:
        """Set what the turn is doing now, in words."""
        if status != self.status:
            self.status = status
            self.tell(StatusChanged())

    def put(self, item: Item) -> None:
        """Add an item if it is new, and emit that it changed."""
        if not any(old is item for old in reversed(self.items)):
            self.items.append(item)
        self.tell(ItemChanged(item))

    def append(self, item: TextItem, text: str) -> None:
        """Append to a text."""
        item.text += text
        self.tell(TextAppended(item, text))

    def notice(self, id: str, text: str, level: Level = "info") -> None:
        """Add a notice, or replace the one with that id."""
        self.show_notice(Notice(id, text, level))

    def show_notice(self, item: Notice) -> None:
        """Add a notice, or replace the one with its id."""
        for index, old in enumerate(self.items):
            if old.id == item.id:
                self.items[index] = item
                break
        else:
            self.items.append(item)
        self.tell(ItemChanged(item))

    # --- derived ------------------------------------------------------------------------------

    @property
    def tools(self) -> list[ToolCall]:
        """The tool calls, with those of subagents, in order."""
        return [item for item in self.items if isinstance(item, ToolCall)]

    @property
    def ended(self) -> bool:
        """Whether the turn has ended."""
        return self.state in ("done", "failed", "interrupted")
