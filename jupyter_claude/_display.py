"""How objects show themselves in a notebook: a view registers that for each kind of object.

So a turn or a plan need not know the views, which know them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_makers: dict[type, Callable[[Any], Any]] = {}


def show_with(kind: type, make: Callable[[Any], Any]) -> None:
    """Have `make` say how objects of a class are shown."""
    _makers[kind] = make


def shown(thing: Any) -> Any:
    """Return how an object is shown; None where nobody has registered that."""
    make = _makers.get(type(thing))
    return None if make is None else make(thing)
