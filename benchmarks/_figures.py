"""The result of a benchmark."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """One measured figure.

    Attributes
    ----------
    name : str
        A description of the figure.
    value : float
        Its value.
    unit : str
        Its unit.
    limit : float or None
        The largest value that passes; None if we promise nothing.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def passed(self) -> bool:
        return self.limit is None or self.value <= self.limit

    def __str__(self) -> str:
        number = f"{self.value:,.1f}" if self.value < 100 else f"{self.value:,.0f}"
        text = f"{self.name:<58} {number:>10} {self.unit}"
        if self.limit is not None:
            text += f"  (limit {self.limit:g}{'' if self.passed else ', PASSED IT'})"
        return text
