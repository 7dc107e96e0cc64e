"""Shows pandas' frames, series and indexes.

A frame's own methods copy its `attrs` and hash its labels, which may be objects of the user's. So
this module takes the columns' arrays from the frame's block manager, by number. Arrays of classes
that are not pandas' own are shown by their class only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timezone
from functools import partial
from typing import Any

from .._text import exact_line
from . import arrow
from .arrays import dtype_name, is_array, quiet, range_text, scalar, size_text
from .classes import full_name, instance_variables, known, member
from .sight import Sight, key_path
from .tables import MOST_COLUMNS, Column, cell, common, describe, rows_read
from .values import counted, short

FRAME = "pandas:DataFrame"
SERIES = "pandas:Series"
_INDEXES = (
    "pandas:Index",
    "pandas:RangeIndex",
    "pandas:MultiIndex",
    "pandas:CategoricalIndex",
    "pandas:DatetimeIndex",
    "pandas:TimedeltaIndex",
    "pandas:PeriodIndex",
    "pandas:IntervalIndex",
)
_MANAGERS = (
    "pandas:BlockManager",
    "pandas:SingleBlockManager",
)
_PERIOD = "pandas:PeriodArray"
_INTERVAL = "pandas:IntervalArray"
_SPARSE = "pandas:SparseArray"
_CATEGORICAL = "pandas:Categorical"
_MOMENTS = (
    "pandas:DatetimeArray",
    "pandas:TimedeltaArray",
)
_MASKED = (
    "pandas:IntegerArray",
    "pandas:FloatingArray",
    "pandas:BooleanArray",
)
_STRINGS = (
    "pandas:StringArray",
    "pandas:NumpyExtensionArray",
)
_ARROW = (
    "pandas:ArrowStringArray",
    "pandas:ArrowStringArrayNumpySemantics",
    "pandas:ArrowExtensionArray",
)
_OWN = frozenset(
    (_PERIOD, _INTERVAL, _SPARSE, _CATEGORICAL, *_MOMENTS, *_MASKED, *_STRINGS, *_ARROW)
)


def handles(name: str) -> bool:
    """Whether the class with this known name is one of these."""
    return name in (FRAME, SERIES, *_INDEXES)


def brief(thing: Any, sight: Sight, path: str) -> str:
    """Return one line: the class, the shape and the size."""
    name = known(thing)
    if name in _INDEXES:
        return f"{full_name(type(thing)).rpartition('.')[2]} of {length_of(thing):,}"
    manager = _manager(thing)
    if manager is None:
        return full_name(type(thing))
    rows = length_of(manager.axes[-1])
    size = size_text(sum(_size(block.values) for block in manager.blocks))
    if name == SERIES:
        kind = array_kind(manager.blocks[0].values)
        return f"Series of {rows:,}, {kind}, {size}"
    columns = length_of(manager.axes[0])
    return f"DataFrame, {counted(rows, 'row')} × {counted(columns, 'column')}, {size}"


def detail(thing: Any, sight: Sight, path: str, rows: int) -> list[str]:
    """Return the columns with their types, nulls and ranges, and the first rows."""
    name = known(thing)
    if name in _INDEXES:
        return _index_lines(thing, sight, path, rows)
    manager = _manager(thing)
    if manager is None:
        return []
    if name == SERIES:
        return _series_lines(thing, manager, sight, path, rows)
    labels, index = manager.axes
    total, length = length_of(labels), length_of(index)
    lines = [f"index: {index_text(index, sight, path)}"]
    columns = [
        _column(label, manager.iget_values(number), sight, key_path(path, label))
        for number, label in enumerate(first_labels(labels, MOST_COLUMNS))
    ]
    lines += describe(columns, total, sight, path, rows)
    return lines + _where(length, total)


def _series_lines(thing: Any, manager: Any, sight: Sight, path: str, rows: int) -> list[str]:
    label = instance_variables(thing).get("_name")
    array, index = manager.blocks[0].values, manager.axes[0]
    lines = [f"index: {index_text(index, sight, path)}"]
    column = _column("values" if label is None else label, array, sight, path)
    lines += describe([column], 1, sight, path, rows)
    return lines + _where(length_of(index), 1)


def _where(length: int, columns: int) -> list[str]:
    read = rows_read(columns)
    if length <= read:
        return []
    return [f"(missing values, ranges and counts: in the first {read:,} rows)"]


def _index_lines(index: Any, sight: Sight, path: str, rows: int) -> list[str]:
    lines = [index_text(index, sight, path)]
    if rows > 0:
        labels = first_labels(index, rows)
        lines.append("first: " + ", ".join(cell(label, sight, path) for label in labels))
    return lines


def _column(label: Any, array: Any, sight: Sight, path: str) -> Column:
    return Column(
        label,
        array_kind(array),
        lambda read: facts_of(array, read, sight, path),
        partial(values_of, array),
    )


def index_text(index: Any, sight: Sight, path: str) -> str:
    """Return an index in one line: class, length, names, first and last label."""
    name = known(index)
    kind = exact_line(full_name(type(index)).rpartition(".")[2])
    if name not in _INDEXES:
        return kind
    length = length_of(index)
    if name == _INDEXES[2]:
        names = [short(each, sight, path, depth=1, most=40) for each in index._names]
        return f"MultiIndex of {length:,}, levels {', '.join(names)}"
    ends = first_labels(index, 1) + first_labels(index, 1, last=True) if length else []
    text = f"{kind} of {length:,}"
    label = instance_variables(index).get("_name")
    if label is not None:
        text += f", named {short(label, sight, path, depth=1, most=40)}"
    return text + (f", {cell(ends[0], sight, path)} … {cell(ends[1], sight, path)}" if ends else "")


def first_labels(index: Any, number: int, *, last: bool = False) -> list[Any]:
    """Return the first labels of an index, or the last ones."""
    name = known(index)
    if name not in _INDEXES:
        return []
    length = length_of(index)
    number = min(number, length)
    part = slice(length - number, length) if last else slice(0, number)
    if name == "pandas:RangeIndex":
        return list(index._range[part])
    if name == _INDEXES[2]:
        columns = [
            [None if code < 0 else code for code in codes[part].tolist()] for codes in index._codes
        ]
        levels = list(index._levels)
        return [
            tuple(
                None if code is None else _label(level, code)
                for level, code in zip(levels, codes, strict=True)
            )
            for codes in zip(*columns, strict=True)
        ]
    return list(_part(index._data, part))


def _label(level: Any, number: int) -> Any:
    if known(level) == "pandas:RangeIndex":
        return level._range[number]
    found = _part(level._data, slice(number, number + 1)) if known(level) in _INDEXES else []
    return found[0] if found else None


def length_of(index: Any) -> int:
    name = known(index)
    if name == "pandas:RangeIndex":
        return len(index._range)
    if name == _INDEXES[2]:
        return len(index._codes[0]) if index._codes else 0
    if name not in _INDEXES:
        return 0
    return len(index._data) if _is_own(index._data) else 0


def _manager(thing: Any) -> Any:
    manager = instance_variables(thing).get("_mgr")
    return manager if known(manager) in _MANAGERS else None


def arrays_of(thing: Any) -> list[Any]:
    """Return numpy's arrays behind a frame or a series."""
    manager = _manager(thing)
    values = [block.values for block in manager.blocks] if manager is not None else []
    inner = [array._ndarray if known(array) in _MOMENTS else array for array in values]
    return [array for array in inner if is_array(array)]


# --- the arrays of columns ------------------------------------------------------------------------


def _is_own(array: Any) -> bool:
    return is_array(array) or known(array) in _OWN


def _size(array: Any) -> int:
    name = known(array)
    if name in _ARROW and not arrow.is_own_type(_arrow_type(array)):
        return 0
    return int(array.nbytes) if _is_own(array) and name != _INTERVAL else 0


def _has_own_type(array: Any) -> bool:
    """Whether the time zone or the frequency of an array's type is not of the user's classes."""
    for attribute in ("tz", "freq"):
        part = getattr(array.dtype, attribute, None)
        if part is not None and type(part) is not timezone and not known(part):
            return False
    return True


def array_kind(array: Any) -> str:
    """Return the type of a column's values."""
    if is_array(array):
        return dtype_name(array.dtype)
    name = known(array)
    if name == _CATEGORICAL:
        return "category"
    if name in _ARROW:
        return "str" if "String" in name else f"{arrow.type_name(_arrow_type(array))}[pyarrow]"
    if name in _OWN and name not in (_INTERVAL, _SPARSE) and _has_own_type(array):
        return exact_line(str(array.dtype))[:80]
    return exact_line(full_name(type(array)).rpartition(".")[2])[:80]


def values_of(array: Any, rows: int) -> Sequence[Any]:
    """Return the first values, as Python's own objects where that is possible."""
    return _part(array, slice(0, rows))


def _part(array: Any, part: slice) -> list[Any]:
    if not _is_own(array):
        return []
    name = known(array)
    if is_array(array):
        with quiet():
            piece = array[part]
            # As text: Python has no dates as exact as numpy's.
            return list((piece.astype(str) if piece.dtype.kind in "mM" else piece).tolist())
    if name == _CATEGORICAL:
        categories = array.categories
        return [
            None if code < 0 else _label(categories, code) for code in array.codes[part].tolist()
        ]
    if name in (_INTERVAL, _SPARSE) or not _has_own_type(array):
        return []
    if name in _STRINGS:
        return list(array._ndarray[part].tolist()) if is_array(array._ndarray) else []
    if name in _ARROW:
        return _arrow_values(array, part)
    with quiet():
        return list(array[part])


def _arrow_values(array: Any, part: slice) -> list[Any]:
    chunked = instance_variables(array).get("_pa_array")
    start = part.start or 0
    return arrow.python_values(chunked, _arrow_type(array), start, part.stop - start)


def _arrow_type(array: Any) -> Any:
    """Return the type of an Arrow column, from pandas' own type: see `arrow`."""
    kind = instance_variables(array).get("_dtype")
    if known(kind) == "pandas:ArrowDtype":
        return instance_variables(kind).get("pyarrow_dtype")
    make = member("pyarrow", "large_string")
    return make() if make is not None and known(kind) == "pandas:StringDtype" else None


def facts_of(array: Any, read: int, sight: Sight, path: str) -> str:
    """Return how many of the first values are missing, and their range or what they are."""
    if not _is_own(array):
        return ""
    name = known(array)
    if is_array(array):
        if array.dtype.kind == "O":
            return common(array[:read].tolist(), sight, path)
        return range_text(array[:read])
    if name == _CATEGORICAL:
        return _categories(array, read, sight, path)
    if name in _ARROW:
        chunked = instance_variables(array).get("_pa_array")
        return arrow.facts(chunked, _arrow_type(array), read, sight, path)
    make = next((make for names, make in _FACTS if name in names), None)
    if make is None:
        return ""
    with quiet():
        return make(array[:read], sight, path)


def _categories(array: Any, read: int, sight: Sight, path: str) -> str:
    number = length_of(array.categories)
    labels = [cell(label, sight, path) for label in first_labels(array.categories, 12)]
    more = f", … {number - len(labels):,} more" if number > len(labels) else ""
    missing = int((array.codes[:read] < 0).sum())
    text = f"{number:,} categories: {', '.join(labels)}{more}"
    return f"{missing:,} missing, {text}" if missing else text


def _masked(array: Any, sight: Sight, path: str) -> str:
    values, mask = array._data, array._mask
    if not (is_array(values) and is_array(mask)):
        return ""
    missing = int(mask.sum())
    text = range_text(values[~mask])
    return f"{text}, {missing:,} missing" if missing else text


def _moment(array: Any, sight: Sight, path: str) -> str:
    values = array._ndarray
    if not is_array(values):
        return ""
    empty = values != values
    missing, present = int(empty.sum()), values[~empty]
    parts = [f"{missing:,} missing"] if missing else []
    if present.size:
        parts.append(f"{scalar(present.min())} … {scalar(present.max())}")
    if known(array) == _MOMENTS[0] and getattr(array.dtype, "tz", None) is not None:
        parts.append("times in UTC")
    return ", ".join(parts)


def _strings(array: Any, sight: Sight, path: str) -> str:
    values = array._ndarray
    return common(values.tolist(), sight, path) if is_array(values) else ""


_FACTS: tuple[tuple[Sequence[str], Callable[[Any, Sight, str], str]], ...] = (
    (_MASKED, _masked),
    (_MOMENTS, _moment),
    (_STRINGS, _strings),
)
