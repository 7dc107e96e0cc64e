"""Shows functions, classes and modules: name, signature and the first line of the docstring."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from .._text import exact_line
from .classes import bases, class_variables, full_name, is_subclass, variables_of
from .sight import Sight

_MOST = 30


def is_code(thing: object) -> bool:
    """Whether a thing is a function, a class or a module."""
    cls = type(thing)
    if cls is FunctionType or cls is BuiltinFunctionType or cls is MethodType:
        return True
    return is_subclass(thing, type) or is_subclass(thing, ModuleType)


def is_module(thing: object) -> bool:
    """Whether a thing is a module."""
    return is_subclass(thing, ModuleType)


def brief(thing: Any, sight: Sight, path: str) -> str:
    """Return one line."""
    cls = type(thing)
    if cls is FunctionType:
        name = thing.__name__
        return f"function {exact_line(name)[:60] if type(name) is str else ''}{signature(thing)}"
    if cls is BuiltinFunctionType:
        return f"builtin function {exact_line(thing.__name__)[:60]}"
    if cls is MethodType:
        return "method"
    if is_subclass(thing, ModuleType):
        return f"module {_module_name(thing)}".rstrip()
    parents = [full_name(base).rpartition(".")[2] for base in bases(thing)[1:-1]]
    of = f" of {', '.join(parents[:3])}" if parents else ""
    return exact_line(f"class {full_name(thing)}{of}")[:160]


def detail(thing: Any, sight: Sight, path: str, rows: int) -> list[str]:
    """Return the docstring's first line, and the public names of a class."""
    if type(thing) is FunctionType:
        return _documentation(thing.__doc__, sight, path)
    if not is_subclass(thing, type):
        return []
    members = dict(class_variables(thing))
    lines = _documentation(members.get("__doc__"), sight, path)
    names = [
        exact_line(name)[:40] + (signature(value) if type(value) is FunctionType else "")
        for name, value in members.items()
        if not name.startswith("_") or name == "__init__"
    ]
    if names:
        more = [f"… {len(names) - _MOST} more"] if len(names) > _MOST else []
        lines.append("defines: " + ", ".join(names[:_MOST] + more))
    return lines


def signature(function: FunctionType) -> str:
    """Return a function's parameters, without defaults and annotations: those are objects."""
    code = function.__code__
    names = list(code.co_varnames)
    number = code.co_argcount
    positional, keyword = names[:number], names[number : number + code.co_kwonlyargcount]
    rest = names[number + code.co_kwonlyargcount :]
    defaults = function.__defaults__
    optional = len(defaults) if type(defaults) is tuple else 0
    shown = [
        name + ("=…" if index >= number - optional else "") for index, name in enumerate(positional)
    ]
    if code.co_posonlyargcount:
        shown.insert(code.co_posonlyargcount, "/")
    if code.co_flags & 0x04:
        shown.append("*" + rest.pop(0))
    elif keyword:
        shown.append("*")
    shown += keyword
    if code.co_flags & 0x08:
        shown.append("**" + rest.pop(0))
    return f"({', '.join(shown)})"


def _module_name(module: ModuleType) -> str:
    for key, value in variables_of(module).items():
        if type(key) is str and key == "__name__":
            return exact_line(value)[:80] if type(value) is str else ""
    return ""


def _documentation(text: Any, sight: Sight, path: str) -> list[str]:
    if type(text) is not str or not text.strip():
        return []
    return [f"says: {sight.line(text.strip().splitlines()[0], path, 200)}"]
