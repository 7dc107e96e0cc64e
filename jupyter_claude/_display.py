"""How a notebook shows our objects: views register a function for each class.

So turns and plans do not import the views.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_makers: dict[type, Callable[[Any], Any]] = {}


def show_with(kind: type, make: Callable[[Any], Any]) -> None:
    """Register `make`, which returns what a notebook shows for an object of a class."""
    _makers[kind] = make


def shown(thing: Any) -> Any:
    """Return what a notebook shows for an object; None if no view has registered its class."""
    make = _makers.get(type(thing))
    return None if make is None else make(thing)
