"""The form of a recorded turn: data classes, and their JSON.

A file is for people too: its keys are sorted, what is empty is left out, and it has no ids and no
times. So two recordings of one script are equal.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Union

from .._base.text import one_line

__all__ = [
    "FORM",
    "RecordedAttachment",
    "RecordedCall",
    "RecordedCode",
    "RecordedFile",
    "RecordedImage",
    "RecordedInputs",
    "RecordedItem",
    "RecordedNotice",
    "RecordedText",
    "RecordedTurn",
    "RecordingError",
    "json_text",
    "read_json",
    "read_turn",
    "turn_json",
]

#: The version of the form. A file with a higher number is from a later version of this package.
FORM = 1

Json = dict[str, Any]


class RecordingError(ValueError):
    """A recording cannot be read or written. The message is one line: what is wrong, what to do."""


@dataclass
class RecordedImage:
    """A picture, which has a file of its own.

    Attributes
    ----------
    file : str
        The file's name in the recording's folder ``images``.
    alt : str
        A description in words.
    """

    file: str = ""
    alt: str = ""


@dataclass
class RecordedText:
    """Text that the model wrote, or its thinking.

    Attributes
    ----------
    text : str
        The text.
    thinking : bool
        Whether it is thinking.
    reply : int
        In which answer of the model it is, from 1; 0 for text that no model wrote.
    parent : int
        The position of the call whose subagent wrote it, from 1 among the turn's items; 0 for
        Claude itself.
    """

    text: str = ""
    thinking: bool = False
    reply: int = 0
    parent: int = 0
    kind: ClassVar[str] = "text"


@dataclass
class RecordedCall:
    """A tool call.

    Attributes
    ----------
    name : str
        The tool.
    input : dict
        Its input, as the model gave it.
    state : str
        How it ended: done, failed, denied or stopped.
    output : str
        Its output as views show it.
    result : str or None
        What the model got, if that is not the output.
    images : list of RecordedImage
        The pictures in its output.
    note : str
        A line about it.
    diff : str or None
        How it changed a file.
    edited : str or None
        What the user made of its code, command or plan.
    answers : dict of str
        The user's answers to its questions.
    todos : list of dict
        The to-do list that it shows.
    progress : str
        What a subagent or a background command had done.
    background : bool
        Whether it continued after the turn.
    hidden, live, ran, said : bool
        As in the extension's `ToolCall`.
    reply, parent : int
        As in `RecordedText`.
    """

    name: str = ""
    input: Json = field(default_factory=dict)
    state: str = "done"
    output: str = ""
    result: str | None = None
    images: list[RecordedImage] = field(default_factory=list)
    note: str = ""
    diff: str | None = None
    edited: str | None = None
    answers: dict[str, str] = field(default_factory=dict)
    todos: list[Json] = field(default_factory=list)
    progress: str = ""
    background: bool = False
    hidden: bool = False
    live: bool = False
    ran: bool = True
    said: bool = False
    reply: int = 0
    parent: int = 0
    kind: ClassVar[str] = "call"


@dataclass
class RecordedNotice:
    """A line about the turn."""

    text: str = ""
    level: str = "info"
    kind: ClassVar[str] = "notice"


@dataclass
class RecordedAttachment:
    """What the prompt attached, as views show it.

    Attributes
    ----------
    name : str
        Its name, such as "@df" or "a.png".
    title : str
        What it is, in one line.
    text : str
        What the model got of it as text.
    images : list of RecordedImage
        What the model got of it as pictures.
    note : str
        What was kept back.
    """

    name: str = ""
    title: str = ""
    text: str = ""
    images: list[RecordedImage] = field(default_factory=list)
    note: str = ""
    kind: ClassVar[str] = "attachment"


RecordedItem = Union[RecordedText, RecordedCall, RecordedNotice, RecordedAttachment]
_KINDS: dict[str, type[Any]] = {
    one.kind: one for one in (RecordedText, RecordedCall, RecordedNotice, RecordedAttachment)
}


@dataclass
class RecordedCode:
    """Code that the turn ran in the kernel.

    Attributes
    ----------
    code : str
        The code, as it ran.
    why : str
        Why the model ran it.
    bound : list of str
        The names that it bound, changed or deleted: ``total (new)``.
    error : str
        Its error in one line; "" for none.
    output : str
        What it showed, as text.
    """

    code: str = ""
    why: str = ""
    bound: list[str] = field(default_factory=list)
    error: str = ""
    output: str = ""


@dataclass
class RecordedFile:
    """A file that the turn wrote, edited or deleted.

    Attributes
    ----------
    path : str
        The file, relative to the notebook's folder, with ``/``.
    before : str
        The SHA-256 of its content before the turn; "" if there was no file.
    after : str
        The SHA-256 of its content after the turn; "" if there is no file any more.
    content : str
        The name of that content in the recording's folder ``files``; "" if there is none.
    withheld : str
        Why the content is not recorded, such as a secret in it; "" if it is.
    """

    path: str = ""
    before: str = ""
    after: str = ""
    content: str = ""
    withheld: str = ""


@dataclass
class RecordedInputs:
    """What a turn was asked: all that its key counts, apart from the turn before.

    Attributes
    ----------
    prompt : str
        The prompt.
    attached : dict of str
        The SHA-256 of each attachment's content, by its name.
    model : str
        The model that the user asked for; "" for Claude Code's choice.
    system_prompt : str
        The text that the user added, or put in place of Claude Code's.
    mode : str
        The permission mode.
    kernel : str
        Whether the model could look into the kernel: off, ask or look.
    tools : dict
        The schemas of the user's own tools, by name.
    servers : list of str
        The names of the user's MCP servers, sorted.
    schema : dict or None
        The JSON Schema of the value that was asked for.
    """

    prompt: str = ""
    attached: dict[str, str] = field(default_factory=dict)
    model: str = ""
    system_prompt: str = ""
    mode: str = "default"
    kernel: str = "ask"
    tools: Json = field(default_factory=dict)
    servers: list[str] = field(default_factory=list)
    schema: Json | None = None


@dataclass
class RecordedTurn:
    """One turn of a recording.

    Attributes
    ----------
    key : str
        The SHA-256 of what was asked and of the key of the turn before.
    parent : str
        The key of the turn before; "" for the first turn of a conversation.
    asked : RecordedInputs
        What was asked.
    items : list of RecordedItem
        What happened, in order.
    code : list of RecordedCode
        The code that ran in the kernel.
    files : list of RecordedFile
        The files that the turn changed.
    value : object
        The answer as a value, in JSON's types.
    has_value : bool
        Whether there is a value; it may be None.
    model : str
        The model that answered.
    replies : int
        How often the model answered.
    cost_usd : float
        What it cost, in US dollars.
    subscription : bool
        Whether a subscription paid.
    usage : dict of int
        Its tokens.
    practice : bool
        Whether the practice model answered.
    """

    key: str = ""
    parent: str = ""
    asked: RecordedInputs = field(default_factory=RecordedInputs)
    items: list[RecordedItem] = field(default_factory=list)
    code: list[RecordedCode] = field(default_factory=list)
    files: list[RecordedFile] = field(default_factory=list)
    value: Any = None
    has_value: bool = False
    model: str = ""
    replies: int = 0
    cost_usd: float = 0.0
    subscription: bool = False
    usage: dict[str, int] = field(default_factory=dict)
    practice: bool = False


# --- writing ----------------------------------------------------------------------------------


def turn_json(turn: RecordedTurn) -> str:
    """Return a turn as the text of its file.

    Raises
    ------
    RecordingError
        If it has something that its file could not be read with, such as a number that is not
        finite.
    """
    return json_text(_filled(turn))


def json_text(data: Json) -> str:
    """Return data as the text of a recording's file.

    Raises
    ------
    RecordingError
        If it has something that the file could not be read with.
    """
    data = {"form": FORM, **data}
    try:
        _check_depth(data, texts=False)
        return json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    except (ValueError, TypeError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise RecordingError(f"Not recorded: this is no JSON: {one_line(why)[:120]}") from None


def _filled(value: Any) -> Any:
    """Return a data class as a dict without the fields that have their defaults."""
    found: Json = {"kind": value.kind} if hasattr(value, "kind") else {}
    for one in fields(value):
        present = getattr(value, one.name)
        if present != _default(one):
            found[one.name] = _plain(present)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return _filled(value) if hasattr(value, "__dataclass_fields__") else value


def _default(one: Any) -> Any:
    return one.default if one.default is not MISSING else one.default_factory()


# --- reading ----------------------------------------------------------------------------------

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "str | None": (str, type(None)),
    "Json": (dict,),
    "Json | None": (dict, type(None)),
    "Any": (object,),
}
_CLASSES: dict[str, type[Any]] = {
    "RecordedImage": RecordedImage,
    "RecordedCode": RecordedCode,
    "RecordedFile": RecordedFile,
}
_DEEPEST = 100
_NESTED = 20
_TOOL = re.compile(r"[A-Za-z0-9_-]{1,128}")


def read_turn(text: str, name: str) -> RecordedTurn:
    """Return the turn in a file's text. Nothing of it is believed before it is checked.

    Parameters
    ----------
    text : str
        The text.
    name : str
        The file's name, for errors.

    Raises
    ------
    RecordingError
        If it is no recorded turn, is damaged, or is of a later form.
    """
    data = read_json(text, name, "recorded turn of jupyter-claude")
    del data["form"]
    turn: RecordedTurn = _read(RecordedTurn, data, name, "")
    _check_positions(turn, name)
    return turn


def read_json(text: str, name: str, what: str) -> Json:
    """Return the object in the text of a recording's file.

    Parameters
    ----------
    text : str
        The text.
    name : str
        The file's name, for errors.
    what : str
        What it should be, for errors.

    Raises
    ------
    RecordingError
        If it is no JSON, no file of a recording, or of a later form.
    """
    try:
        data = json.loads(text)
        _check_depth(data)
    except (ValueError, RecursionError) as error:
        raise RecordingError(
            f"{name} is damaged: it is no valid JSON. Restore it, or delete it and record again"
        ) from error
    form = data.get("form") if isinstance(data, dict) else None
    if not isinstance(form, int) or isinstance(form, bool) or form < 1:
        raise RecordingError(f"{name} is no {what}. Move it elsewhere")
    if form > FORM:
        raise RecordingError(
            f"{name} has the form {str(form)[:20]}, and this version reads up to {FORM}. "
            "Upgrade jupyter-claude to replay it"
        )
    found: Json = data
    return found


def _check_depth(value: Any, depth: int = 0, *, texts: bool = True) -> None:
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is not finite")
    if texts and isinstance(value, str):
        value.encode()  # half of a character, which nothing can show
    if isinstance(value, dict):
        for key in value:
            _check_depth(key, depth + 1, texts=texts)
    if isinstance(value, (dict, list, tuple)):
        for child in value.values() if isinstance(value, dict) else value:
            _check_depth(child, depth + 1, texts=texts)


def _check_positions(turn: RecordedTurn, name: str) -> None:
    """Refuse what a replay would stumble over, such as a subagent that no call began."""
    depths: list[int] = []
    for position, item in enumerate(turn.items):
        parent = item.parent if isinstance(item, (RecordedText, RecordedCall)) else 0
        depths.append(depths[parent - 1] + 1 if 0 < parent <= position else 0)
        if depths[-1] > _NESTED:
            raise _damaged(name, f"items[{position}].parent", f"at most {_NESTED} subagents deep")
        # The API takes no other name, so every later prompt would fail.
        if isinstance(item, RecordedCall) and not _TOOL.fullmatch(item.name):
            raise _damaged(name, f"items[{position}].name", "the name of a tool")
        if isinstance(item, (RecordedText, RecordedCall)):
            calls = [isinstance(one, RecordedCall) for one in turn.items[item.parent - 1 :][:1]]
            if item.parent and not (item.parent <= position and calls == [True]):
                raise _damaged(name, f"items[{position}].parent", "the position of a call before")
        for kind, field_name, words in _CHOICES:
            if isinstance(item, kind) and getattr(item, field_name) not in words:
                where = f"items[{position}].{field_name}"
                raise _damaged(name, where, f"one of {', '.join(words)}")


_CHOICES = (
    # A call in the background may still run when its turn is recorded.
    (RecordedCall, "state", ("done", "failed", "denied", "stopped", "running", "waiting")),
    (RecordedNotice, "level", ("info", "warning", "error")),
)


def _read(kind: type[Any], data: Any, name: str, where: str) -> Any:
    if not isinstance(data, Mapping):
        raise _damaged(name, where or "it", "an object")
    known = {one.name: one for one in fields(kind)}
    given: Json = {}
    for key, value in data.items():
        if key == "kind" and hasattr(kind, "kind"):
            continue
        if key not in known:
            raise _damaged(name, f"{where}{key}"[:80], "a known name")
        given[key] = _value(str(known[key].type), value, name, f"{where}{key}")
    return kind(**given)


def _value(kind: str, value: Any, name: str, where: str) -> Any:
    if kind == "RecordedInputs":
        return _read(RecordedInputs, value, name, f"{where}.")
    if kind.startswith("list["):
        return [
            _element(kind[5:-1], one, name, f"{where}[{number}]")
            for number, one in enumerate(_typed(value, (list,), name, where))
        ]
    if kind.startswith("dict["):
        inner = (int,) if kind.endswith("int]") else (str,)
        found = _typed(value, (dict,), name, where)
        return {key: _typed(one, inner, name, f"{where}.{key}"[:80]) for key, one in found.items()}
    return _typed(value, _TYPES[kind], name, where)


def _element(kind: str, value: Any, name: str, where: str) -> Any:
    if kind in _CLASSES:
        return _read(_CLASSES[kind], value, name, f"{where}.")
    if kind == "RecordedItem":
        found = _KINDS.get(str(value.get("kind"))) if isinstance(value, dict) else None
        if found is None:
            raise _damaged(name, f"{where}.kind", f"one of {', '.join(_KINDS)}")
        return _read(found, value, name, f"{where}.")
    return _typed(value, _TYPES[kind], name, where)


def _typed(value: Any, kinds: tuple[type, ...], name: str, where: str) -> Any:
    wrong = isinstance(value, bool) and bool not in kinds and object not in kinds
    if kinds == (int,) and not wrong and isinstance(value, int):
        wrong = not 0 <= value < _HUGE
    if kinds == (int, float) and not wrong and isinstance(value, (int, float)):
        wrong = not 0 <= value < _HUGE
    if wrong or not isinstance(value, kinds):
        words = " or ".join(_WORDS.get(kind, kind.__name__) for kind in kinds)
        raise _damaged(name, where, words)
    return value


#: Counts and costs are not above it.
_HUGE = 2**53
_WORDS: dict[type, str] = {
    str: "a text",
    dict: "an object",
    list: "a list",
    type(None): "null",
    int: "a count",
}


def _damaged(name: str, where: str, wanted: str) -> RecordingError:
    where = one_line(where)[:120]  # the names in it are somebody else's
    return RecordingError(
        f"{name} is damaged: {where} is not {wanted}. Restore it, or delete it and record again"
    )
