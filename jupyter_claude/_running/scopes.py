"""The scopes of Python's names, and small questions about its syntax."""

from __future__ import annotations

import ast
from collections.abc import Iterable

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Scope:
    """The names of a function, a class or a comprehension."""

    def __init__(self, kind: str, names: Iterable[str] = (), outer: Iterable[str] = ()) -> None:
        self.kind = kind
        self.names = set(names)
        self.outer = set(outer)  # what `global` declares


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def dotted_name(node: ast.AST) -> list[str]:
    """Return the parts of ``a.b.c``; an empty list for other expressions."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def all_arguments(arguments: ast.arguments) -> list[ast.arg]:
    extra = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def arguments_of(arguments: ast.arguments) -> set[str]:
    return {argument.arg for argument in all_arguments(arguments)}


def names_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[set[str], set[str]]:
    """Return the local names of a function, and those that it declares as global."""
    names, outer = arguments_of(function.args), set()
    parts: list[ast.AST] = list(function.body)
    while parts:
        part = parts.pop()
        if isinstance(part, ast.Global):
            outer |= set(part.names)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in part.names}
        elif isinstance(part, (*_FUNCTIONS, ast.ClassDef)):
            names.add(getattr(part, "name", "<lambda>"))
            continue
        elif isinstance(part, ast.ExceptHandler) and part.name:
            names.add(part.name)
        parts += ast.iter_child_nodes(part)
    return names - outer, outer
