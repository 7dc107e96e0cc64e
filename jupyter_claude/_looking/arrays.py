"""Shows numpy's arrays: shape, type, range and the first values.

The elements of an array of objects are shown one by one, as everything else is. A subclass gets
its shape only: its methods may be the user's.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .._text import exact_line
from .classes import full_name, known, known_class, member
from .sight import Sight, key_path
from .values import short

#: The elements that are looked at for a range.
MOST_READ = 100_000
_MOST_ROWS, _MOST_COLUMNS = 50, 12
_MOST_FIELDS = 20


def is_array(thing: object) -> bool:
    """Whether a thing is an array of numpy's own class."""
    return known(thing) == "numpy:ndarray"


def is_kind_of_array(thing: object) -> bool:
    """Whether a thing's class inherits from numpy's array."""
    array = member("numpy", "ndarray")
    return type(array) is type and issubclass(type(thing), array)


def brief(thing: Any, sight: Sight, path: str) -> str:
    """Return one line: the class, shape, type and size."""
    array = member("numpy", "ndarray")
    # The base's own descriptors: a subclass may have properties with these names.
    shape = array.__dict__["shape"].__get__(thing)
    size = array.__dict__["nbytes"].__get__(thing)
    kind = dtype_name(array.__dict__["dtype"].__get__(thing))
    name = "ndarray" if type(thing) is array else exact_line(full_name(type(thing)))[:120]
    return f"{name}, shape {shape_text(shape)}, {kind}, {size_text(size)}"


def detail(thing: Any, sight: Sight, path: str, rows: int) -> list[str]:
    """Return the range of the values, and the first rows if they are asked for."""
    if not is_array(thing):
        return []
    lines = []
    if text := range_text(thing):
        lines.append(text)
    if thing.ndim == 0:
        lines.append(f"value: {element(thing[()], sight, path)}")
    elif rows > 0:
        lines += _rows(thing, sight, path, min(rows, _MOST_ROWS))
    return lines


def owner(array: Any) -> int:
    """Return the id of what owns an array's memory: the first of its bases."""
    base = member("numpy", "ndarray").__dict__["base"]
    for _ in range(100):
        before = base.__get__(array)
        if before is None or not is_kind_of_array(before):
            break
        array = before
    return id(array)


def range_text(array: Any) -> str:
    """Return the smallest and largest value, mean and number of NaNs; "" for other types."""
    if not is_array(array) or array.size == 0 or array.dtype.kind not in "biufmM":
        return ""
    part = array.reshape(-1)[:MOST_READ] if array.flags.c_contiguous else array.flat[:MOST_READ]
    where = "" if part.size == array.size else f" in the first {part.size:,} values"
    with quiet():
        kind = part.dtype.kind
        if kind == "b":
            return f"{int(part.sum()):,} of {part.size:,} are True"
        empty = part != part  # NaN and NaT differ from themselves
        missing = int(empty.sum()) if kind in "fmM" else 0
        if missing:
            part = part[~empty]
        if not part.size:
            return f"all values are missing{where}"
        text = f"min {scalar(part.min())}, max {scalar(part.max())}"
        if kind in "iuf":
            text += f", mean {float(part.mean(dtype='float64')):.6g}"
    if missing:
        text += f", {missing:,} missing"
    return text + where


def scalar(number: Any) -> str:
    """Return one of numpy's own numbers or dates as text."""
    kind = number.dtype.kind
    if kind == "m":
        return str(number.astype("m8[us]").item())
    return f"{number:.6g}" if kind == "f" else str(number)


def element(value: Any, sight: Sight, path: str) -> str:
    """Return an element of an array."""
    if type(value) is float:
        return f"{value:.6g}"
    return short(value, sight, path, depth=1, most=40)


def dtype_name(dtype: Any) -> str:
    """Return the name of a numpy type. A structured type is written by its fields."""
    if not known_class(type(dtype)).startswith("numpy:"):
        return exact_line(full_name(type(dtype)))[:60]
    names = dtype.names
    if names:
        # By number: among its fields may be titles, which are the user's objects.
        fields = [f"{exact_line(n)} {dtype_name(dtype[i])}" for i, n in enumerate(names)]
        more = ", …" if len(fields) > _MOST_FIELDS else ""
        return f"{{{', '.join(fields[:_MOST_FIELDS])}{more}}}"
    if dtype.subdtype:
        base, shape = dtype.subdtype
        return f"{dtype_name(base)}{shape_text(shape)}"
    return str(dtype.name) if dtype.kind not in "mM" else str(dtype)


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as ``(1,000 × 5)``."""
    return f"({' × '.join(f'{length:,}' for length in shape)})"


def size_text(size: int) -> str:
    """Return a number of bytes as text."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} TB"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep numpy from calling the user's handlers of warnings and floating-point errors."""
    errstate = member("numpy", "errstate")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if errstate is None:
            yield
            return
        with errstate(all="ignore"):
            yield


def _rows(array: Any, sight: Sight, path: str, rows: int) -> list[str]:
    lines = [f"first {min(rows, len(array))} of {len(array):,}:"]
    for index in range(min(rows, len(array))):
        at = key_path(path, index)
        row = array[index : index + 1].tolist()[0] if array.dtype.names else array[index]
        if not is_array(row):
            lines.append(f"  {element(_item(row), sight, at)}")
            continue
        flat = row.flat[:_MOST_COLUMNS].tolist()
        cells = [element(value, sight, at) for value in flat]
        if row.size > len(cells):
            cells.append(f"… {row.size - len(cells):,} more")
        lines.append(f"  {', '.join(cells)}")
    return lines


def _item(value: Any) -> Any:
    return value.item() if known_class(type(value)).startswith("numpy:float") else value
