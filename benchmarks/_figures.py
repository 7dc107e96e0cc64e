"""What a benchmark hands over."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """One measured figure.

    Attributes
    ----------
    name : str
        What was measured.
    value : float
        The figure.
    unit : str
        Its unit.
    limit : float or None
        What it must not pass; None where there is no promise.
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
