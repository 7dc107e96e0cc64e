"""`Bindings`: which names code has bound to other objects than before."""

from __future__ import annotations

import ast
import re
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

#: Names that IPython sets for each cell.
_OF_IPYTHON = re.compile(r"_+|_i+|_i?\d+|_[iod]h|_exit_code|In|Out|exit|quit|get_ipython|open")
# Not by the attributes of the type, which a metaclass of the user's may have replaced.
_NAME = type.__dict__["__name__"].__get__
_WEAK = type.__dict__["__weakrefoffset__"].__get__
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class Bindings:
    """Remembers a namespace before a run.

    It keeps no object alive: a frame that the code replaces may be as large as the memory.

    Parameters
    ----------
    namespace : Mapping
        The user's namespace.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        # Numbers, texts and lists cannot be referred to weakly.
        self._kept: dict[str, Any] = {}
        self._weak: dict[str, Callable[[], Any]] = {}
        # NumPy resizes no array that has a reference of ours, weak or not.
        self._numbers: dict[str, int] = {}
        kinds: dict[int, str] = {}
        for name, value in list(namespace.items()):
            of = type(value)
            kind = kinds.get(id(of)) or kinds.setdefault(id(of), _kind(of))
            if kind == "kept":
                self._kept[name] = value
            elif kind == "weak":
                self._weak[name] = weakref.ref(value)
            else:
                self._numbers[name] = id(value)

    def changed(self, statements: Sequence[ast.AST], *, alone: bool) -> list[str]:
        """Return the names that are bound anew.

        Parameters
        ----------
        statements : sequence of AST
            The statements that ran, also the one that failed.
        alone : bool
            False if the user's cells ran at the same time. Then only names count that the code
            mentions.
        """
        mentioned, stored = _names(statements)
        kept, nothing = self._kept, object()
        return [
            name
            for name, value in list(self._namespace.items())
            # The first line is for speed: a namespace may have ten thousand names.
            if kept.get(name, nothing) is not value
            and not self._is_as_before(name, value, stored)
            and (alone or name in mentioned)
            and not _OF_IPYTHON.fullmatch(name)
        ]

    def _is_as_before(self, name: str, value: Any, stored: set[str]) -> bool:
        if name in self._weak:
            before = self._weak[name]()
            return before is not None and before is value  # a name may stand for None now
        # Another object may have the same number later.
        return self._numbers.get(name) == id(value) and name not in stored


def _kind(of: type) -> str:
    if _NAME(of) == "ndarray":
        return "number"
    return "weak" if _WEAK(of) else "kept"


def _names(statements: Sequence[ast.AST]) -> tuple[set[str], set[str]]:
    """Return the names that statements mention, and those of them that they bind themselves."""
    mentioned: set[str] = set()
    stored: set[str] = set()
    parts = [(statement, True) for statement in statements]
    while parts:
        node, outside = parts.pop()
        if isinstance(node, ast.Name):
            mentioned.add(node.id)
            if outside and isinstance(node.ctx, ast.Store):
                stored.add(node.id)
        elif isinstance(node, ast.alias):
            mentioned.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            mentioned |= set(node.names)
        name = getattr(node, "name", None)
        if isinstance(name, str):
            mentioned.add(name)
        inner = outside and not isinstance(node, _SCOPES)
        parts += [(child, inner) for child in ast.iter_child_nodes(node)]
    return mentioned, stored
