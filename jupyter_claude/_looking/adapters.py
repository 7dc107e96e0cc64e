"""Chooses who shows a thing, by the class that it really has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from .._text import exact_line
from . import arrays, arrow, code, figures, frames, labelled, polars_frames, tensors
from .classes import bases, class_variables, full_name, instance_variables, is_overridden, known
from .look import WITHHELD
from .sight import Sight, key_path
from .values import first, members, short

_LIBRARIES: Sequence[tuple[str, ModuleType]] = (
    ("pandas:", frames),
    ("polars:", polars_frames),
    ("pyarrow:", arrow),
    ("xarray:", labelled),
    ("dask:", labelled),
    ("torch:", tensors),
    ("matplotlib:", figures),
)
_MOST_MEMBERS = 50
_MOST_VARIABLES = 12
_CHARACTERS = 2_000


def brief(thing: Any, sight: Sight, path: str) -> str:
    """Return a thing in one line."""
    return _guarded(thing, sight, path, lambda: _brief(thing, sight, path))


def detail(thing: Any, sight: Sight, path: str, rows: int) -> list[str]:
    """Return what else there is to say of a thing, in lines."""
    if _keeps_back(thing, sight, path):
        return []
    made: list[str] = []

    def make() -> str:
        made.extend(_detail(thing, sight, path, rows))
        return ""

    problem = _guarded(thing, sight, path, make)
    return made or ([problem] if problem else [])


def is_data(thing: object) -> bool:
    """Whether a thing is a table, an array or a figure: what a notebook is about."""
    return _library(thing) is not None or arrays.is_kind_of_array(thing)


def is_figure(thing: object) -> bool:
    """Whether a thing is a figure that may be drawn."""
    return figures.handles(known(thing)) and not is_overridden(thing)


def _guarded(thing: Any, sight: Sight, path: str, make: Callable[[], str]) -> str:
    """Keep a thing that its own library cannot read from spoiling the whole look."""
    if _keeps_back(thing, sight, path):
        return WITHHELD
    try:
        return make()
    except (KeyboardInterrupt, SystemExit, asyncio.CancelledError):
        raise
    except BaseException as error:  # a panic of polars is no Exception
        name = exact_line(full_name(type(thing)))[:80]
        return f"{name} (not readable: {exact_line(full_name(type(error)))[:60]})"


def _keeps_back(thing: Any, sight: Sight, path: str) -> bool:
    """Whether a thing is kept back, or has its numbers in the memory of one that is."""
    if sight.keeps_back(thing, path):
        return True
    memory = _memory(thing)
    if not memory or not memory & sight.memory(_memory):
        return False
    sight.withhold(path)
    return True


def _memory(thing: Any) -> set[int]:
    """Return the ids of what owns the memory of an array, a frame or a series."""
    if arrays.is_kind_of_array(thing):
        return {arrays.owner(thing)}
    if known(thing) in (frames.FRAME, frames.SERIES):
        return {arrays.owner(array) for array in frames.arrays_of(thing)}
    return set()


def _library(thing: object) -> Any:
    name = known(thing)
    for prefix, module in _LIBRARIES:
        if name.startswith(prefix) and module.handles(name) and not is_overridden(thing):
            return module
    return None


def _brief(thing: Any, sight: Sight, path: str) -> str:
    module = _library(thing)
    if module is not None:
        return str(module.brief(thing, sight, path))
    if arrays.is_kind_of_array(thing):
        return arrays.brief(thing, sight, path)
    if code.is_code(thing):
        return code.brief(thing, sight, path)
    shown = short(thing, sight, path)
    kind = exact_line(full_name(type(thing)))[:80]
    if shown.startswith("‹"):
        return shown[1:-1] if shown.endswith("›") and shown != WITHHELD else shown
    if any(type(thing) is kind for kind in (list, tuple, set, frozenset, dict)):
        return f"{kind} of {len(thing):,}: {shown}"
    return f"{kind}: {shown}" if type(thing) is not type(None) else "None"


def _detail(thing: Any, sight: Sight, path: str, rows: int) -> list[str]:
    module = _library(thing)
    if module is not None:
        return list(module.detail(thing, sight, path, rows))
    if arrays.is_kind_of_array(thing):
        return arrays.detail(thing, sight, path, rows)
    if code.is_code(thing):
        return code.detail(thing, sight, path, rows)
    if type(thing) is str:
        return [sight.text(thing, path, _CHARACTERS)]
    if type(thing) is dict:
        return _mapping(thing, sight, path)
    if type(thing) is list or type(thing) is tuple:
        return _sequence(thing, sight, path)
    return _own_variables(thing, sight, path)


def _mapping(thing: Any, sight: Sight, path: str) -> list[str]:
    lines = []
    for key, value in first(members(thing), _MOST_MEMBERS):
        at = key_path(path, key)
        name = short(key, sight, at, depth=1, most=80)
        if sight.keeps_back_name(key, value, at):
            lines.append(f"  {name}: {WITHHELD}")
        else:
            lines.append(f"  {name}: {brief(value, sight, at)}")
    return lines + _rest(len(thing), len(lines))


def _sequence(thing: Any, sight: Sight, path: str) -> list[str]:
    lines = [
        f"  {index}: {brief(value, sight, key_path(path, index))}"
        for index, value in enumerate(first(thing, _MOST_MEMBERS))
    ]
    return lines + _rest(len(thing), len(lines))


def _rest(number: int, shown: int) -> list[str]:
    return [f"  … {number - shown:,} more"] if number > shown else []


def _own_variables(thing: Any, sight: Sight, path: str) -> list[str]:
    """Return the variables of an object of a class that the notebook itself defines.

    Other libraries' objects may have keys and connections in theirs.
    """
    if not full_name(type(thing)).startswith("__main__."):
        return []
    lines = []
    values = instance_variables(thing)
    public = [name for name in values if not name.startswith("_")]
    for name in public[:_MOST_VARIABLES]:
        at = f"{path}.{name}"
        shown = sight.line(name, at, 60)
        if sight.keeps_back_name(name, values[name], at):
            lines.append(f"  .{shown}: {WITHHELD}")
        else:
            lines.append(f"  .{shown}: {short(values[name], sight, at, depth=1)}")
    lines += _rest(len(public), min(len(public), _MOST_VARIABLES))
    methods = [
        exact_line(name)[:40]
        for cls in bases(type(thing))
        if full_name(cls).startswith("__main__.")
        for name, value in class_variables(cls)
        if not name.startswith("_") and code.is_code(value)
    ]
    if methods:
        lines.append("  methods: " + ", ".join(methods[:20]))
    return lines
