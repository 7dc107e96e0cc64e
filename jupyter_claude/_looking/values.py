"""Shows Python's own values in a few words: numbers, texts, containers, dates.

A thing of any other class is shown by the name of its class. The classes are told apart by
identity, since a metaclass may define ``==`` and ``hash``.
"""

from __future__ import annotations

import datetime
import decimal
import math
import pathlib
import uuid
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from .._text import exact_line
from .classes import full_name, is_subclass, known, member
from .look import WITHHELD
from .sight import Sight, key_path

_DEEPEST = 2
_MOST_MEMBERS = 8
_MOST_CHARACTERS = 120
_BITS = 256  # of an integer that is written out


def short(
    thing: object, sight: Sight, path: str, *, depth: int = 0, most: int = _MOST_CHARACTERS
) -> str:
    """Return a thing in a few words.

    Parameters
    ----------
    thing : object
        Anything.
    sight : Sight
        What may be shown.
    path : str
        How the user writes the thing, such as ``config['port']``.
    depth : int
        How many containers it is in.
    most : int
        The number of characters that a text may have.
    """
    if sight.keeps_back(thing, path):
        return WITHHELD
    cls = type(thing)
    simple = _SIMPLE.get(id(cls))
    if simple is not None:
        return simple(thing)
    if cls is str:
        return _text(thing, sight, path, most)  # type: ignore[arg-type]
    if cls is bytes or cls is bytearray or cls is memoryview:
        return _bytes(thing, sight, path)
    if id(cls) in _CONTAINERS:
        return _container(thing, sight, path, depth, most)
    if any(cls is each for each in _PATHS):
        return _path(thing, sight, path, most)
    if found := _number(thing):
        return found
    return unknown(thing)


def unknown(thing: object) -> str:
    """Return what may be said of a thing of any class: the class, and how many members it has."""
    name = f"‹{exact_line(full_name(type(thing)))[:120]}"
    for base in (dict, list, tuple, set, frozenset, str, bytes):
        if is_subclass(thing, base):
            # The base's own method: the class's may be the user's.
            kind, number = base.__name__, base.__len__(thing)  # type: ignore[arg-type]
            return f"{name}, a kind of {kind} with {number:,} members›"
    return f"{name}›"


def integer(number: int) -> str:
    """Return an integer; a huge one by its number of digits, since writing it takes long."""
    bits = number.bit_length()
    if bits <= _BITS:
        return str(number)
    return f"‹an integer with about {int(bits * math.log10(2)) + 1:,} digits›"


def is_builtin(thing: object) -> bool:
    """Whether a thing is a number, text, date or container of exactly one of Python's classes."""
    return id(type(thing)) in _BUILTINS


def counted(number: int, what: str) -> str:
    """Return "1 row" or "2 rows"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def is_missing(value: object) -> bool:
    """Whether a value stands for one that is missing: None, NaN, or pandas' own marks."""
    if value is None or (type(value) is float and value != value):
        return True
    return known(value) in ("pandas:NaTType", "pandas:NAType")


def members(thing: Any) -> Iterator[Any]:
    """Go through an exact builtin container: a dict's keys and values, the members of others."""
    cls = type(thing)
    if cls is dict or cls is defaultdict or cls is Counter or cls is OrderedDict:
        return iter(dict.items(thing))
    return iter(thing)


def first(things: Iterable[Any], number: int) -> list[Any]:
    """Return the first members; fewer if another thread changes the container meanwhile."""
    try:
        return list(islice(things, number))
    except RuntimeError:
        return []


def _text(text: str, sight: Sight, path: str, most: int) -> str:
    shown = sight.line(text, path, most)
    rest = f" ({len(text):,} characters)" if len(text) > most else ""
    return f'"{shown}"{rest}'


def _bytes(thing: Any, sight: Sight, path: str) -> str:
    kind = type(thing).__name__
    if type(thing) is memoryview:
        return f"‹{kind}›"
    start = bytes(thing[:4_096]).decode("latin-1")
    if WITHHELD in sight.text(start, path, len(start)):
        return f"{WITHHELD} ({kind}, {len(thing):,})"
    head = bytes(thing[:40])
    return f"{head!r}{'…' if len(thing) > 40 else ''} ({kind}, {len(thing):,})"


def _container(thing: Any, sight: Sight, path: str, depth: int, most: int) -> str:
    cls = type(thing)
    number, kind = len(thing), cls.__name__
    if number == 0:
        return f"empty {kind}"
    if depth >= _DEEPEST:
        return f"‹{kind} of {number:,}›"
    shown = []
    is_mapping = id(cls) in _MAPPINGS
    for index, each in enumerate(first(members(thing), _MOST_MEMBERS)):
        if is_mapping:
            shown.append(_entry(each, sight, path, depth, most))
        else:
            at = key_path(path, index)
            shown.append(short(each, sight, at, depth=depth + 1, most=min(most, 60)))
    if number > len(shown):
        shown.append(f"… {number - len(shown):,} more")
    opening, closing = _CONTAINERS[id(cls)]
    return f"{opening}{', '.join(shown)}{closing}"


def _entry(pair: tuple[Any, Any], sight: Sight, path: str, depth: int, most: int) -> str:
    key, value = pair
    at = key_path(path, key)
    name = short(key, sight, at, depth=_DEEPEST, most=60)
    if sight.keeps_back_name(key, value, at):
        return f"{name}: {WITHHELD}"
    return f"{name}: {short(value, sight, at, depth=depth + 1, most=min(most, 60))}"


def _path(thing: Any, sight: Sight, path: str, most: int) -> str:
    # Since Python 3.12 a path keeps the texts that it was made of.
    raw = getattr(thing, "_raw_paths", ())
    if not all(type(part) is str for part in raw):
        return unknown(thing)
    return f"{type(thing).__name__}({_text(str(thing), sight, path, most)})"


def _number(thing: object) -> str:
    """Return one of numpy's or pandas' own numbers or dates; "" for all other things."""
    name = known(thing)
    if name in ("pandas:NaTType", "pandas:NAType"):
        return "NaT" if name.endswith("NaTType") else "<NA>"
    if name == "pandas:Timestamp":
        return _moment(thing)
    if name == "pandas:Timedelta":
        return str(thing)
    if name == "pandas:Period" and known(getattr(thing, "freq", None)):
        return str(thing)
    if not name.startswith("numpy:"):
        return ""
    generic = member("numpy", "generic")
    if generic is None or not issubclass(type(thing), generic):
        return ""
    kind = getattr(getattr(thing, "dtype", None), "kind", "")
    if kind in "biufc":
        return str(thing)
    return str(thing) if kind in "mM" else ""


def _range(thing: range) -> str:
    return f"range({', '.join(map(integer, (thing.start, thing.stop, thing.step)))})"


def _uuid(thing: uuid.UUID) -> str:
    return str(thing) if type(thing.int) is int else "‹UUID›"


def _moment(thing: Any) -> str:
    zone = thing.tzinfo
    if zone is None or type(zone) is datetime.timezone or known(zone):
        return str(thing)  # else it would ask a time zone of the user's
    return f"‹{full_name(type(thing))}›"


_PATHS = (
    pathlib.PosixPath,
    pathlib.WindowsPath,
    pathlib.PurePosixPath,
    pathlib.PureWindowsPath,
)
#: By the class's id: a lookup by the class would call the metaclass's `__hash__`.
_SIMPLE: dict[int, Callable[[Any], str]] = {
    id(type(None)): str,
    id(type(...)): str,
    id(bool): str,
    id(int): integer,
    id(float): str,
    id(complex): str,
    id(range): _range,
    id(datetime.date): str,
    id(datetime.datetime): _moment,
    id(datetime.time): _moment,
    id(datetime.timedelta): str,
    id(decimal.Decimal): lambda number: str(number)[:60],
    id(uuid.UUID): _uuid,
}
_CONTAINERS: dict[int, tuple[str, str]] = {
    id(list): ("[", "]"),
    id(tuple): ("(", ")"),
    id(set): ("{", "}"),
    id(frozenset): ("frozenset({", "})"),
    id(dict): ("{", "}"),
    id(defaultdict): ("defaultdict({", "})"),
    id(OrderedDict): ("OrderedDict({", "})"),
    id(Counter): ("Counter({", "})"),
    id(deque): ("deque([", "])"),
}
_MAPPINGS = frozenset(map(id, (dict, defaultdict, OrderedDict, Counter)))
_BUILTINS = frozenset((*_SIMPLE, *_CONTAINERS, id(str), id(bytes)))
