"""A batch in words: its line while it runs, and what it says at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._text import one_line, without_escapes
from .._turns.items import dollars

if TYPE_CHECKING:
    from jupyter_claude_sdk import Progress

_MOST_ERROR = 200  # characters of an error to show


def line(now: Progress) -> str:
    """Return how far a batch is: "142 of 200 · 38 a minute · 2 min left · $0.42 of $2.00"."""
    settled = now.done + now.failed
    parts = [str(settled) if now.total is None else f"{settled} of {now.total}"]
    if now.rows_per_minute is not None:
        parts.append(f"{_rate(now.rows_per_minute)} a minute")
    # While no row may start, nobody knows how long it takes.
    if now.seconds_left is not None and now.state != "waiting" and settled != now.total:
        parts.append(f"{duration(now.seconds_left)} left")
    parts.append(_money(now))
    if now.failed:
        parts.append(f"{now.failed} failed")
    return " · ".join(parts)


def slow(now: Progress, wait: float | None) -> str:
    """Say that the API is busy; "" if it is not. `wait` is in seconds, until the next row."""
    if wait is not None:
        return f"Slowed down: the API is busy; next row in {max(1, round(wait))} s"
    if now.slowed:
        many = now.concurrency
        return f"Slowed down: the API is busy; {many} row{'s' * (many != 1)} at the same time"
    return ""


def summary(now: Progress) -> str:
    """Return what a batch has done, in one line."""
    total = "" if now.total is None else f" of {now.total}"
    parts = [f"{now.done}{total} rows answered"]
    if now.failed:
        parts.append(f"{now.failed} failed")
    if now.reused:
        parts.append(f"{now.reused} without a question (from the file, or equal)")
    if now.seconds >= 0.05:
        parts.append(duration(now.seconds))
    parts.append(_money(now))
    return " · ".join(parts)


def note(now: Progress) -> str:
    """Return what else there is to say, in one line."""
    return error(now.note)


def error(text: str) -> str:
    """Return an error as one line that is safe to show. Somebody else may have written it."""
    shown = one_line(without_escapes(text))
    return shown if len(shown) <= _MOST_ERROR else shown[: _MOST_ERROR - 1] + "…"


def duration(seconds: float) -> str:
    """Return a time: 12 s, 2 min, 1 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds >= 0.05 else "0 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _rate(rows: float) -> str:
    return f"{rows:.1f}" if rows < 10 else f"{rows:,.0f}"


def _money(now: Progress) -> str:
    spent = dollars(now.cost_usd)
    return spent if now.budget_usd is None else f"{spent} of {dollars(now.budget_usd)}"
