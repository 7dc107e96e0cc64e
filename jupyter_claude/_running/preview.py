"""`preview`: what code would bind, read and touch, by its syntax. It never runs anything."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .names import Names
from .touches import Touch

__all__ = ["Bind", "Preview", "preview"]

Effect = Literal["new", "replaces", "changes", "deletes"]

#: What IPython itself puts into the user's namespace.
_OF_IPYTHON = frozenset({"In", "Out", "get_ipython", "exit", "quit", "open", "display"})


@dataclass(frozen=True)
class Bind:
    """What code would do to a name.

    Attributes
    ----------
    name : str
        The name.
    effect : {"new", "replaces", "changes", "deletes"}
        ``changes`` is a change in place, such as ``df["x"] = …``.
    what : str
        The present object, such as ``DataFrame, 1,000 rows × 5 columns``; "" if there is none.
    """

    name: str
    effect: Effect
    what: str = ""

    def __str__(self) -> str:
        effect = f"{self.effect} {self.what}" if self.what else self.effect
        return f"{self.name} ({effect})"


@dataclass(frozen=True)
class Preview:
    """What code would do, as far as its syntax says.

    Attributes
    ----------
    binds : tuple of Bind
        The names that it would bind, change or delete.
    reads : tuple of str
        The names of the user's namespace that it would read.
    sees : tuple of str
        What it would use: ``shell``, ``files``, ``network``.
    hidden : bool
        Whether it would run code that cannot be seen here, such as ``exec(…)`` or ``%run``.
    problem : str
        Why the code is no Python, in one line; "" if it is.
    """

    binds: tuple[Bind, ...] = ()
    reads: tuple[str, ...] = ()
    sees: tuple[Touch, ...] = ()
    hidden: bool = False
    problem: str = ""


def preview(
    code: str,
    transform: Callable[[str], str],
    namespace: Mapping[str, Any],
    describe: Callable[[Any], str],
) -> Preview:
    """Look at code before it runs.

    Parameters
    ----------
    code : str
        The code, as in a cell.
    transform : callable
        Makes Python of a cell: ``shell.transform_cell``.
    namespace : Mapping
        The user's namespace.
    describe : callable
        Returns the type and the shape of an object. It must not call the user's code.
    """
    try:
        tree = ast.parse(transform(code))
    except SyntaxError as error:
        line = f"line {error.lineno}: " if error.lineno else ""
        return Preview(problem=f"{line}{error.msg}")
    except RecursionError:
        return Preview(hidden=True, problem="it is nested too deeply to look at")
    except Exception as error:
        return Preview(hidden=True, problem=f"{type(error).__name__}: {error}".partition("\n")[0])
    names = Names(namespace, transform)
    try:
        names.walk(tree)
    except RecursionError:
        return Preview(hidden=True, problem="it is nested too deeply to look at")
    binds = tuple(
        Bind(name, effect, describe(namespace[name]) if name in namespace else "")
        for name, effect in _effects(names, namespace)
    )
    reads = tuple(name for name in names.reads if not _is_internal(name))
    sees = tuple[Touch, ...](touch for touch in _ORDER if touch in names.touches.seen)
    return Preview(binds, reads, sees, names.touches.hidden)


_ORDER: tuple[Touch, ...] = ("shell", "files", "network")


def _effects(names: Names, namespace: Mapping[str, Any]) -> list[tuple[str, Effect]]:
    found: dict[str, Effect] = {}
    for name in names.bound:
        found[name] = "replaces" if name in namespace else "new"
    for name in names.deleted:
        if name in namespace:
            found[name] = "deletes"
    for name in names.changed:
        if name in namespace:
            found.setdefault(name, "changes")
    return [(name, effect) for name, effect in found.items() if not _is_internal(name)]


def _is_internal(name: str) -> bool:
    return name in _OF_IPYTHON
