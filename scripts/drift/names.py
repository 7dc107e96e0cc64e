"""Lists what a package offers: public names, fields, literals and signatures.

``python names.py PACKAGE`` prints it as a JSON object, from a path to what stands there. The
program only imports the package and looks at the objects. It runs in an environment of its own, so
it imports nothing of this project.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import re
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any

_PLAIN = (str, int, float, bool, type(None))


def listing(package: Any) -> dict[str, str]:
    """Return what a module offers under the names in its ``__all__``.

    Returns
    -------
    dict of str to str
        For example ``"ClaudeAgentOptions.cwd": "str | Path | None = None"``.
    """
    found: dict[str, str] = {}
    for name in package.__all__:
        if name != "__version__":
            for path, text in _described(name, getattr(package, name), package.__name__):
                found[path] = text
    return dict(sorted(found.items()))


def _described(name: str, value: Any, package: str) -> Iterator[tuple[str, str]]:
    if inspect.isclass(value) and not typing.get_args(value):
        home = value.__module__.partition(".")[0]
        if home in (package, "builtins"):
            yield from _class(name, value)
        else:
            yield name, f"class of {home}"
    elif inspect.isroutine(value):
        yield name, "function"
        yield from _parameters(name, value)
    elif _literals(value):
        yield name, "literal"
        for each in _literals(value):
            yield f"{name}[{each!r}]", "value"
    else:
        yield name, "alias"  # of types, which have names of their own


def _class(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if dataclasses.is_dataclass(value):
        yield name, "dataclass"
        for field in dataclasses.fields(value):
            default = "" if field.default is dataclasses.MISSING else f" = {_shown(field.default)}"
            if field.default_factory is not dataclasses.MISSING:
                default = " = …"
            yield from _typed(f"{name}.{field.name}", field.type, default)
    elif typing.is_typeddict(value):
        yield name, "typed dict"
        for key, kind in value.__annotations__.items():
            needed = key in value.__required_keys__
            yield from _typed(f"{name}[{key!r}]", kind, "" if needed else ", optional")
    else:
        yield name, "class"
        if value.__init__ is not object.__init__:
            yield from _parameters(name, value.__init__)
    for method, function in inspect.getmembers(value, inspect.isroutine):
        inherited = any(hasattr(base, method) for base in (dict, BaseException))
        if not method.startswith("_") and not inherited:
            yield f"{name}.{method}()", "method"
            yield from _parameters(f"{name}.{method}", function)


def _parameters(name: str, function: Any) -> Iterator[tuple[str, str]]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # built in
        return
    for parameter in parameters:
        if parameter.name in ("self", "cls"):
            continue
        default = ""
        if parameter.default is not inspect.Parameter.empty:
            default = f" = {_shown(parameter.default)}"
        kinds: dict[Any, str] = {
            parameter.KEYWORD_ONLY: "keyword only, ",
            parameter.POSITIONAL_ONLY: "no keyword, ",
        }
        kind = kinds.get(parameter.kind, "")
        yield f"{name}({parameter.name})", f"{kind}{_type(parameter.annotation)}{default}"


def _typed(path: str, kind: Any, more: str) -> Iterator[tuple[str, str]]:
    yield path, f"{_type(kind)}{more}"
    for each in _literals(kind):
        yield f"{path}[{each!r}]", "value"


def _literals(kind: Any) -> list[Any]:
    """Return the values of a literal, or of a union of literals."""
    if isinstance(kind, str | typing.ForwardRef):
        text = kind if isinstance(kind, str) else kind.__forward_arg__
        inside = re.findall(r"Literal\[([^\]]*)\]", text)
        return sorted(
            {each for part in inside for each in re.findall(r"[\"']([^\"']*)", part)[::2]}
        )
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return sorted(arguments, key=repr)
    if origin in (typing.Union, types.UnionType) or str(origin).endswith("Required"):
        return sorted({each for part in arguments for each in _literals(part)}, key=repr)
    return []


def _type(kind: Any) -> str:
    """Return a type as text, without the modules of its names and the values of literals.

    It is the same text on each Python, which `repr` is not.
    """
    if kind is inspect.Parameter.empty:
        return "anything"
    if kind is type(None):
        return "None"
    if kind is ...:
        return "..."
    if isinstance(kind, list):  # the parameters of a Callable
        return f"[{', '.join(map(_type, kind))}]"
    if isinstance(kind, typing.ForwardRef):
        kind = kind.__forward_arg__
    if isinstance(kind, str):
        text = re.sub(r"Literal\[[^\]]*\]", "Literal", re.sub(r"\s+", " ", kind))
        return re.sub(r"\b(?:\w+\.)+(?=\w)", "", text)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return "Literal"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(_type, arguments))
    name = getattr(origin or kind, "__name__", "") or str(origin or kind).rpartition(".")[2]
    return f"{name}[{', '.join(map(_type, arguments))}]" if arguments else name


def _shown(default: Any) -> str:
    return repr(default) if isinstance(default, _PLAIN) else "…"


if __name__ == "__main__":
    print(json.dumps(listing(importlib.import_module(sys.argv[1]))))
