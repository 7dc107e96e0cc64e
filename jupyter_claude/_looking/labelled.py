"""Shows xarray's datasets and arrays, and dask's arrays. What is not loaded stays so."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from types import MemberDescriptorType
from typing import Any

from .._text import exact_line
from .arrays import dtype_name, is_array, range_text, size_text
from .classes import bases, class_variables, full_name, instance_variables, known
from .frames import length_of
from .look import WITHHELD
from .sight import Sight, key_path
from .values import short

DATASET, ARRAY, DASK = "xarray:Dataset", "xarray:DataArray", "dask:Array"
_VARIABLES = ("xarray:Variable", "xarray:IndexVariable")
_MOST = 40
_ATTRIBUTES = 12


def handles(name: str) -> bool:
    """Whether the class with this known name is one of these."""
    return name in (DATASET, ARRAY, DASK)


def brief(thing: Any, sight: Sight, path: str) -> str:
    """Return one line: the class, dimensions and size."""
    if known(thing) == DASK:
        lengths = " × ".join("?" if n is None else f"{n:,}" for n in _dask_shape(thing))
        return f"dask Array, shape ({lengths}), {_dask_kind(thing)}not computed"
    if known(thing) == DATASET:
        variables = _slot(thing, "_variables")
        sizes = _sizes(variables.values() if type(variables) is dict else ())
        number = len(variables) if type(variables) is dict else 0
        return f"xarray Dataset, {sizes}, {number} variables and coordinates"
    variable = _slot(thing, "_variable")
    return f"xarray DataArray, {_sizes([variable])}, {_data_kind(variable)}"


def detail(thing: Any, sight: Sight, path: str, rows: int) -> list[str]:
    """Return the variables with dimensions, types and ranges, and the attributes."""
    if known(thing) == DASK:
        return []
    if known(thing) == DATASET:
        variables, coordinates = _slot(thing, "_variables"), _slot(thing, "_coord_names")
        coordinates = coordinates if type(coordinates) is set else ()
        names = {name for name in coordinates if type(name) is str}
        lines = _lines("variables", variables, sight, path, without=names)
        lines += _lines("coordinates", variables, sight, path, only=names)
    else:
        variable = _slot(thing, "_variable")
        lines = [f"values: {_variable_text(variable, sight, path)}"]
        lines += _lines("coordinates", _slot(thing, "_coords"), sight, path)
        thing = variable
    return lines + _attributes(_slot(thing, "_attrs"), sight, path)


def _lines(
    title: str,
    variables: Any,
    sight: Sight,
    path: str,
    *,
    only: set[str] | None = None,
    without: Iterable[str] = (),
) -> list[str]:
    if type(variables) is not dict:
        return []
    names = [name for name in variables if type(name) is str and name not in without]
    names = [name for name in names if only is None or name in only]
    if not names:
        return []
    lines = [f"{title}:"]
    values = {name: value for name, value in variables.items() if type(name) is str}
    for name in names[:_MOST]:
        at = key_path(path, name)
        shown = sight.line(name, at, 60)
        if sight.keeps_back_name(name, values[name], at):
            lines.append(f"  {shown}: {WITHHELD}")
        else:
            lines.append(f"  {shown}: {_variable_text(values[name], sight, at)}")
    if len(names) > _MOST:
        lines.append(f"  … {len(names) - _MOST:,} more")
    return lines


def _variable_text(variable: Any, sight: Sight, path: str) -> str:
    if known(variable) not in _VARIABLES:
        return full_name(type(variable))
    data = _slot(variable, "_data")
    if sight.keeps_back(data, path):
        return WITHHELD
    text = f"{_sizes([variable])}, {_data_kind(variable)}"
    if is_array(data):
        return f"{text}, {facts}" if (facts := range_text(data)) else text
    return text


def _data_kind(variable: Any) -> str:
    data = _slot(variable, "_data")
    if is_array(data):
        return f"{dtype_name(data.dtype)}, {size_text(data.nbytes)}"
    name = known(data)
    if name == DASK:
        return f"{_dask_kind(data)}dask, not computed"
    if name == "xarray:PandasIndexingAdapter":
        return "an index"
    return f"{exact_line(full_name(type(data)).rpartition('.')[2])[:60]}, not loaded"


def _sizes(variables: Iterable[Any]) -> str:
    """Return the lengths of the dimensions, from the variables whose data tells its shape."""
    lengths: dict[str, int | None] = {}
    for variable in variables:
        if known(variable) not in _VARIABLES:
            continue
        dims, data = _slot(variable, "_dims"), _slot(variable, "_data")
        shape: tuple[Any, ...] = ()
        if is_array(data):
            shape = data.shape
        elif known(data) == DASK:
            shape = _dask_shape(data)
        elif known(data) == "xarray:PandasIndexingAdapter":
            shape = (length_of(_slot(data, "array")),)
        for number, dim in enumerate(dims if type(dims) is tuple else ()):
            if type(dim) is str:
                known_length = shape[number] if number < len(shape) else None
                lengths[dim] = lengths.get(dim) or known_length
    shown = [f"{exact_line(d)[:40]}: {'?' if n is None else f'{n:,}'}" for d, n in lengths.items()]
    return f"({', '.join(shown)})" if shown else "()"


def _dask_shape(array: Any) -> tuple[int | None, ...]:
    chunks = _slot(array, "_Array__chunks") or _slot(array, "_chunks")
    return tuple(_total(each) for each in chunks) if type(chunks) is tuple else ()


def _dask_kind(array: Any) -> str:
    meta = _slot(array, "_meta")  # an empty array of the same type
    return f"{dtype_name(meta.dtype)}, " if is_array(meta) else ""


def _total(chunks: Any) -> int | None:
    if type(chunks) is tuple and all(type(length) is int for length in chunks):
        return sum(chunks)
    return None


def _attributes(attributes: Any, sight: Sight, path: str) -> list[str]:
    if type(attributes) is not dict or not attributes:
        return []
    lines = ["attributes:"]
    for name, value in islice(attributes.items(), _ATTRIBUTES):
        at = key_path(f"{path}.attrs", name)
        if sight.keeps_back_name(name, value, at):
            lines.append(f"  {short(name, sight, at, depth=2, most=40)}: {WITHHELD}")
        else:
            shown = short(value, sight, at, depth=1)
            lines.append(f"  {short(name, sight, at, depth=2, most=40)}: {shown}")
    if len(attributes) > _ATTRIBUTES:
        lines.append(f"  … {len(attributes) - _ATTRIBUTES:,} more")
    return lines


def _slot(thing: Any, name: str) -> Any:
    """Return a private variable of a library's object: from its slot, or its own variables."""
    if not known(thing):
        return None
    for cls in bases(type(thing)):
        for own, value in class_variables(cls):
            if own == name and type(value) is MemberDescriptorType:
                try:
                    return value.__get__(thing, cls)
                except AttributeError:
                    return None
    return instance_variables(thing).get(name)
