"""`Replayed`: says that a turn was not asked, but comes from a recording."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .items import dollars


@dataclass(frozen=True)
class Replayed:
    """Where a replayed turn comes from.

    Attributes
    ----------
    key : str
        The key of the recorded turn that it shows.
    day : str
        The day of the recording, as ``2026-11-30``; "" if not known.
    cost_usd : float
        What it cost when it was asked, in US dollars.
    subscription : bool
        Whether a subscription paid then.
    stale : tuple of str
        What has changed since, in words; empty if this is the answer to just this question.
    """

    key: str
    day: str = ""
    cost_usd: float = 0.0
    subscription: bool = False
    stale: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The line in place of the cost: ``Replayed · recorded on 3 Nov 2026 · $0.00 (was …)``."""
        parts = ["Replayed"]
        if self.day:
            day = date.fromisoformat(self.day)
            parts.append(f"recorded on {day.day} {_MONTHS[day.month - 1]} {day.year}")
        if not self.subscription:
            parts.append(f"$0.00 (was {dollars(self.cost_usd)})")
        return " · ".join(parts)

    @property
    def stale_line(self) -> str:
        """Why the answer is stale, as a sentence; "" if it is not."""
        if not self.stale:
            return ""
        changed = [f"{one} changed" for one in self.stale]
        return f"Stale: {'; '.join(changed)}"

    @property
    def stale_text(self) -> str:
        """The same with what to do, for text without buttons."""
        return f"{self.stale_line}. {_TO_ASK}" if self.stale else ""


_TO_ASK = "To ask it again: %claude replay record, then run the cell"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
