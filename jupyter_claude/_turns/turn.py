"""`Turn`: a prompt, its items in order, and its result. Users and views read it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, TypeVar, cast, overload

from jupyter_claude_sdk import Message, ResultMessage
from jupyter_claude_sdk.lowlevel import cells_of as answer_cells
from jupyter_claude_sdk.lowlevel import to_pandas, to_polars

from .._display import shown
from .._names import to_system
from .._settings import NOT_SPENT
from .._text import one_line
from .code_cells import CodeCells
from .events import ItemChanged, TextAppended, TurnChange, TurnEnded
from .items import Attached, Item, Notice, TextItem, Todo, ToolCall, TurnEvent, count, dollars
from .ran_code import RanCode, cells_of
from .record import Listener, TurnRecord, TurnState
from .remedies import Remedy
from .replayed import Replayed
from .requests import Request
from .retries import TurnActions

__all__ = [
    "ASKED_AGAIN",
    "EARLIER",
    "TAKEN_BACK",
    "EventMaker",
    "Listener",
    "Turn",
    "TurnState",
    "end_of",
]

#: What views write above a turn that a rewind took out of the conversation.
TAKEN_BACK = "A rewind took this turn back"
#: What they write above a turn that another conversation left behind.
EARLIER = "From an earlier conversation"
#: What they write above an old answer to a prompt that was asked again.
ASKED_AGAIN = "This prompt was asked again"
#: What they write above an old answer to a later prompt.
BEFORE_ASKED_AGAIN = "A prompt before this one was asked again: run this cell again"
#: The id of the notice that says why it cannot be asked again.
NOT_AGAIN = "ask-again"

_TOKENS = (
    *("input_tokens", "output_tokens"),
    *("cache_creation_input_tokens", "cache_read_input_tokens"),
)
_WRITERS = ("Write", "Edit", "MultiEdit", "NotebookEdit")

T = TypeVar("T")
if TYPE_CHECKING:
    import typing_extensions

    V = typing_extensions.TypeVar("V", default=Any)  # the type of a turn's value
else:  # loading the extension does not import typing_extensions
    V = TypeVar("V")


class _Reads(Generic[T]):
    """A read-only attribute: it returns the record's attribute of the same name."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type[Turn], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, turn: None, owner: type[Turn]) -> _Reads[T]: ...
    @overload
    def __get__(self, turn: Turn, owner: type[Turn]) -> T: ...
    def __get__(self, turn: Turn | None, owner: type[Turn]) -> T | _Reads[T]:
        if turn is None:
            return self
        value: T = getattr(turn._record, self._name)
        return value

    def __set__(self, turn: Turn, value: Any) -> NoReturn:
        raise AttributeError(f"A turn is read-only: its {self._name} cannot be set")


class Turn(Generic[V]):
    """One prompt, the answer and its result. ``str(turn)`` is the answer. A turn is read-only.

    Attributes
    ----------
    number : int
        Its position in ``claude.history``, from 1.
    id : str
        The prompt's uuid, the handle for rewinding.
    prompt : str
        What the user asked; "" if Claude acted by itself, such as after a background task.
    state : {"queued", "running", "done", "failed", "interrupted"}
        Its state.
    messages : list of jupyter_claude_sdk.Message
        All its messages, without the pieces of the stream.
    result : ResultMessage or None
        The CLI's result.
    usage : dict
        Tokens: ``input_tokens``, ``cache_read_input_tokens``, ``output_tokens`` and others.
    cost_usd : float
        The turn's own cost in US dollars.
    seconds : float
        How long it took, without the time that the user took to answer requests.
    time : datetime
        When it began.
    model : str
        The model that answered.
    error : Exception or None
        The error that it ended with, if any.
    practice : bool
        Whether the practice model answered.
    charged : bool
        Whether its cost is known. If the process died in the turn, the cost is a lower bound.
    subscription : bool
        Whether a subscription pays for the tokens. Then views show no dollars.
    value : object
        The answer as a value, if ``schema=`` asked for one.
    raw_answer : object
        What Claude gave as the value, as JSON's Python value.
    code : list of RanCode
        The code that it ran in the kernel: ``code``, ``why``, ``seconds``, ``bound``, ``error``.
    replayed : Replayed or None
        Where a replayed turn comes from; None if it was asked.
    """

    number = _Reads[int]("Its position in ``claude.history``, from 1.")
    id = _Reads[str]("The prompt's uuid, the handle for rewinding.")
    prompt = _Reads[str]("What the user asked.")
    state = _Reads[TurnState]("Its state.")
    messages = _Reads[list[Message]]("All its messages, without the pieces of the stream.")
    result = _Reads[ResultMessage | None]("The CLI's result.")
    usage = _Reads[dict[str, Any]]("Its tokens.")
    cost_usd = _Reads[float]("Its own cost in US dollars.")
    seconds = _Reads[float]("How long it took, without the user's time.")
    time = _Reads[datetime]("When it began.")
    model = _Reads[str]("The model that answered.")
    error = _Reads[Exception | None]("The error that it ended with, if any.")
    remedy = _Reads[Remedy]("What views offer after the error.")
    practice = _Reads[bool]("Whether the practice model answered.")
    charged = _Reads[bool]("Whether its cost is known.")
    subscription = _Reads[bool]("Whether a subscription pays for its tokens.")
    raw_answer = _Reads[Any]("What Claude gave as the value, as it came.")
    code = _Reads[list[RanCode]]("The code that it ran in the kernel.")
    # For views.
    folder = _Reads[Path]("Where Claude worked.")
    items = _Reads[list[Item]]("Texts, notices and tool calls, in order.")
    todos = _Reads[dict[str, Todo]]("Claude's to-do list.")
    requests = _Reads[dict[str, Request]]("The open requests, by id.")
    status = _Reads[str]("What it is doing now, in words.")
    can_ask = _Reads[bool]("Whether a user can be asked for permission.")
    stopping = _Reads[bool]("Whether it is being stopped.")
    left = _Reads[str | None]('Why it has left the conversation, in words; "": it came back.')
    model_calls = _Reads[int]("How often the model answered.")
    replayed = _Reads[Replayed | None]("Where a replayed turn comes from; None if it was asked.")
    again = _Reads["Turn | None"]("The turn that asks its prompt again, if it was stale.")
    actions = _Reads[TurnActions | None]("Takes a view's actions; None without a session.")

    __slots__ = ("__weakref__", "_record")

    def __init__(self, record: TurnRecord) -> None:
        self._record = record

    def __reduce__(self) -> tuple[Any, ...]:
        return Turn, (self._record,)

    def __copy__(self) -> Turn:
        return Turn(copy(self._record))  # the turn as it is now, without listeners and session

    # --- what users read ----------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The answer, and a line for each denied call that has a note."""
        parts = [
            item.text
            for item in self.items
            if type(item) is TextItem and item.text and not item.parent
        ]
        parts += [call.note for call in self.tools if call.note and call.state == "denied"]
        return "\n\n".join(part.strip() for part in parts)

    @property
    def value(self) -> V:
        """The answer in the type that ``schema=`` asked for; None without ``schema=``."""
        return cast("V", self._record.value)

    def to_dataframe(self, kind: Literal["pandas", "polars"] = "pandas") -> Any:
        """Return a value that is a list as a data frame.

        The type's annotations say the columns and their dtypes, so an empty list has them too: an
        ``int`` becomes ``int64`` (or ``Int64``, if it may be missing), an ``Enum`` or a ``Literal``
        a category, a date ``datetime64``. A list of single values is the column ``value``.

        Parameters
        ----------
        kind : {"pandas", "polars"}, default "pandas"
            Which library's data frame.

        Raises
        ------
        TypeError
            If the turn has no value, or the value is no list.
        ValueError
            If `kind` is neither.
        ModuleNotFoundError
            If the library is not installed.
        """
        columns, value = self._record.columns, self._record.value
        if columns is None or value is None:
            raise TypeError(
                "to_dataframe needs a value that is a list: ask with schema=list[…], where … is a "
                "class with the columns"
            )
        makers = {"pandas": to_pandas, "polars": to_polars}
        if kind not in makers:
            raise ValueError(f"to_dataframe makes 'pandas' or 'polars', not {kind!r}")
        cells = answer_cells(value, columns)
        try:
            return makers[kind](cells, columns)
        except ModuleNotFoundError as error:
            if error.name != kind:
                raise
            needs = (
                f"to_dataframe({kind!r}) needs {kind}, which is not installed: pip install {kind}"
            )
            raise ModuleNotFoundError(needs, name=kind) from None

    @property
    def tools(self) -> list[ToolCall]:
        """Its tool calls and those of its subagents, in order."""
        return self._record.tools

    @property
    def files(self) -> list[str]:
        """The files that Claude wrote or edited. Files of subagents and commands are not known."""
        paths = {
            os.path.normpath(self.folder / to_system(str(path))): None
            for call in self.tools
            if call.state == "done" and not call.parent and call.name in _WRITERS
            if (path := call.input.get("file_path") or call.input.get("notebook_path"))
        }
        return list(paths)

    def code_cells(self, *, failed: bool = False) -> CodeCells:
        """Return the code that it ran as cells, so that the notebook runs again without Claude.

        A notebook shows their code; `CodeCells.insert` inserts them.

        Parameters
        ----------
        failed : bool, default False
            Whether to include code that ended with an error. Its cells have the tag
            ``raises-exception``.
        """
        return CodeCells(cells_of(self.code, failed=failed))

    @property
    def ended(self) -> bool:
        """Whether the turn has ended."""
        return self._record.ended

    @property
    def cost_line(self) -> str:
        """Its cost, tokens, seconds and model in one line; "" while there is no result."""
        if self.replayed is not None:
            return self.replayed.line
        if self.result is None and not self.charged:
            return ""
        if self._record.unasked:
            return ""  # no model was asked, because the user was not signed in
        if not self.model_calls and not any(self.usage.get(name) for name in _TOKENS):
            return f"{self.seconds:.1f} s"  # a slash command, for example, asks no model
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
            NOT_SPENT if self.practice else "",
        ]
        return " · ".join(part for part in parts if part)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Turn {self.number} {self.state}: {one_line(self.prompt)[:40]!r}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = shown(self) or {"text/plain": repr(self)}
        return bundle

    # --- for views ----------------------------------------------------------------------------

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each change; return a function that stops that."""
        return self._record.listen(listener)

    @property
    def goes_on(self) -> bool:
        """Whether a call of the turn still runs, also in the background after its end."""
        return any(call.is_open for call in self.tools)

    @property
    def instead(self) -> str:
        """The prompt for another model that the user chose instead; "" without one."""
        return self._record.another if self.state == "interrupted" else ""

    @property
    def shown(self) -> list[Item]:
        """The items that views show. Of the calls for a to-do list, only the one with the list."""
        return [item for item in self.items if not (isinstance(item, ToolCall) and item.hidden)]

    def tree(self) -> dict[str, list[Item]]:
        """The items that views show, by their parent call; the turn's own are under ""."""
        tree: dict[str, list[Item]] = {"": []}
        tree.update((item.id, []) for item in self.items if isinstance(item, ToolCall))
        for item in self.shown:
            parent = "" if isinstance(item, Notice) else item.parent
            tree.get(parent, tree[""]).append(item)
        return tree


class EventMaker:
    """A listener that turns changes into `TurnEvent`s.

    Parameters
    ----------
    take : callable
        Called with each event.
    """

    def __init__(self, take: Callable[[TurnEvent], None]) -> None:
        self._take = take
        self._told: dict[str, int] = {}  # characters of each text that events have carried
        self._lines: dict[str, str] = {}  # each call's last line

    def __call__(self, change: TurnChange) -> None:
        if not isinstance(change, (ItemChanged, TextAppended)):
            return
        item = change.item
        if isinstance(item, ToolCall):
            line = f"[{item.name}: {item.summary} — {item.state}]\n"
            if self._lines.get(item.id) != line:  # new progress alone makes no event
                self._lines[item.id] = line
                self._take(TurnEvent("tool", line, item))
        elif isinstance(item, Notice):
            self._take(TurnEvent("notice", item.text + "\n"))
        elif isinstance(item, Attached):
            self._take(TurnEvent("notice", f"[{item.name}: {item.title}]\n"))
        elif not item.parent:  # a subagent's text is not the answer
            new = item.text[self._told.get(item.id, 0) :]
            self._told[item.id] = len(item.text)
            if new:
                self._take(TurnEvent(item.kind, new))


async def end_of(turn: Turn) -> None:
    """Wait until a turn has ended."""
    ended = asyncio.Event()
    stop_listening = turn.listen(
        lambda change: ended.set() if isinstance(change, TurnEnded) else None
    )
    try:
        if not turn.ended:
            await ended.wait()
    finally:
        stop_listening()
