"""How a notebook shows our objects: views register a function for the name of each class.

So turns and plans do not import the views, and registering does not import turns and plans.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_makers: dict[str, Callable[[Any], Any]] = {}


def show_with(kind: str, make: Callable[[Any], Any]) -> None:
    """Register `make`, which returns what a notebook shows for an object of a class of ours."""
    _makers[kind] = make


def shown(thing: Any) -> Any:
    """Return what a notebook shows for an object; None if no view has registered its class."""
    make = _makers.get(type(thing).__name__)
    return None if make is None else make(thing)
