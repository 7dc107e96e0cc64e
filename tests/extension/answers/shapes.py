"""A class in a module, so that it can be pickled."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class City:
    """A city."""

    name: str
    people: int
