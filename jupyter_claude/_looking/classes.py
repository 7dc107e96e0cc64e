"""Reads what class a thing has without running its code.

A class can lie, and so can its metaclass: ``isinstance`` asks the thing, ``==`` and a dict's lookup
ask the metaclass. So this module compares classes by identity only, and reads names and instance
variables by the descriptors of `type` and `types.ModuleType`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FunctionType, GetSetDescriptorType, ModuleType
from typing import Any


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


#: The packages whose classes have adapters. No other module's variables are searched.
LIBRARIES = words(
    "numpy pandas polars pyarrow xarray dask torch matplotlib mpl_toolkits seaborn "
    "zoneinfo pytz dateutil"
)

_names: Any = type.__dict__["__qualname__"]
_modules: Any = type.__dict__["__module__"]
_bases: Any = type.__dict__["__mro__"]
_members: Any = type.__dict__["__dict__"]
_globals: Any = dict(vars(ModuleType))["__dict__"]


def full_name(cls: type) -> str:
    """Return ``module.Name`` of a class, or only its name if it is a builtin."""
    module, name = _module_and_name(cls)
    return name if module in ("", "builtins") else f"{module}.{name}"


def known(thing: object) -> str:
    """Return ``library:Name`` if a library really has the thing's class by that name; else ""."""
    return known_class(type(thing))


def known_class(cls: type) -> str:
    """Return ``library:Name`` of a class of one of the libraries; "" for all other classes.

    The module is left out: libraries move their classes from version to version.
    """
    module, name = _module_and_name(cls)
    library = module.partition(".")[0]
    if library not in LIBRARIES or member(module, name) is not cls:
        return ""
    return f"{library}:{name}"


def member(module: str, path: str) -> Any:
    """Return a module's member, such as ``Outer.Inner``; None if it was not imported."""
    values = variables_of(sys.modules.get(module))
    found: Any = None
    for part in path.split("."):
        found = values.get(part)
        values = _members.__get__(found) if issubclass(type(found), type) else {}
    return found


def variables_of(module: object) -> Any:
    """Return a module's variables; an empty dict if it is none."""
    if not issubclass(type(module), ModuleType):
        return {}
    found = _globals.__get__(module)
    return found if type(found) is dict else {}


def instance_variables(thing: object) -> dict[str, Any]:
    """Return a thing's own variables, without any property; empty if it has none."""
    for cls in bases(type(thing)):
        for name, value in _members.__get__(cls).items():
            # Only the descriptor that Python itself makes for a class reads the real ones.
            if type(name) is str and name == "__dict__":
                if type(value) is not GetSetDescriptorType:
                    return {}
                found = value.__get__(thing)
                if type(found) is not dict:
                    return {}
                return {key: each for key, each in list(found.items()) if type(key) is str}
    return {}


def is_overridden(thing: object) -> bool:
    """Whether one of a thing's own variables stands in for a method of its class."""
    return any(
        type(_members.__get__(cls).get(name)) is FunctionType
        for name in instance_variables(thing)
        for cls in bases(type(thing))
    )


def class_variables(cls: type) -> Iterator[tuple[str, Any]]:
    """Return the names and values that the class itself defines."""
    for name, value in list(_members.__get__(cls).items()):
        if type(name) is str:
            yield name, value


def bases(cls: type) -> tuple[type, ...]:
    """Return the class and its bases, in the order in which Python searches them."""
    found = _bases.__get__(cls)
    return found if type(found) is tuple else (cls,)


def is_subclass(thing: object, base: type) -> bool:
    """Whether the thing's class inherits from `base`, a class whose metaclass is `type`."""
    return type(base) is type and issubclass(type(thing), base)


def _module_and_name(cls: type) -> tuple[str, str]:
    try:
        module, name = _modules.__get__(cls), _names.__get__(cls)
    except AttributeError:  # its module was deleted
        return "", "object"
    return (
        module if type(module) is str else "",
        name if type(name) is str else "object",
    )
