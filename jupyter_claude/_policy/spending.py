"""`Spending`: counts what is spent for the day's budget, and notes it where the policy says.

It counts only where there is a policy. What the practice model answers costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from .._text import one_line
from .day import Day, SpendUnreadable, local_now
from .metrics import Amounts, added, labels
from .policy import Policy, load_policy
from .shared_files import append_line, replace
from .user import user_name

_LEAST = 1e-9  # dollars
_MOST_WAITING = 1000  # lines that wait for a log that cannot be written
#: What to do about a file of today's spend that cannot be read.
READABLE = "make it readable for your user, or ask the administrator to"


class Amount(Protocol):
    """Tokens and US dollars."""

    @property
    def input(self) -> int: ...
    @property
    def cache_write(self) -> int: ...
    @property
    def cache_read(self) -> int: ...
    @property
    def output(self) -> int: ...
    @property
    def cost_usd(self) -> float: ...


class Spending:
    """What this kernel spends.

    Parameters
    ----------
    free : callable
        Returns whether answers cost nothing now.
    now : callable, default `local_now`
        Returns the local time.
    """

    def __init__(
        self,
        free: Callable[[], bool] = lambda: False,
        now: Callable[[], datetime] = local_now,
    ) -> None:
        self._free = free
        self._day = Day(now)
        self._running = 0.0  # what of the running turn is counted already
        self._turns: set[str] = set()
        self._lines: dict[Path, list[str]] = {}  # what the logs do not have yet
        self._amounts: dict[Path, Amounts] = {}  # and the counters
        self._failed: dict[Path, str] = {}

    # --- the day's budget ---------------------------------------------------------------------

    @property
    def limit(self) -> float | None:
        """What this user may spend a day, in US dollars; None without a limit."""
        return None if self._free() else load_policy().budget_usd_per_day

    def today(self) -> float:
        """Return what this user has spent today in all kernels, in US dollars.

        Raises
        ------
        SpendUnreadable
            If nobody knows.
        """
        return self._day.total()

    def left(self) -> float | None:
        """Return what is left of today's budget, in US dollars; None without a limit."""
        limit = self.limit
        if limit is None:
            return None
        try:
            return limit - self.today()
        except SpendUnreadable:
            return 0.0

    def spent_up(self) -> str:
        """Return in words that today's budget is spent, or may be; "" if it is not."""
        limit = self.limit
        if limit is None:
            return ""
        try:
            spent = self.today()
        except SpendUnreadable as error:
            return (
                f"{error}, and the administrator's policy gives each user {dollars(limit)} a day, "
                f"so the prompt was not sent; {READABLE}"
            )
        if spent < limit:
            return ""
        said = (
            f"The administrator's policy gives each user {dollars(limit)} a day, and "
            f"{dollars(spent)} are spent today, so the prompt was not sent"
        )
        if not limit:
            return said  # nor will a prompt be sent tomorrow
        ends = self._day.ends()
        minutes = max(1, round((ends - self._day.now).total_seconds() / 60))
        return (
            f"{said}; prompts are possible again from {ends:%Y-%m-%d %H:%M} on "
            f"(in {minutes // 60} h {minutes % 60} min)"
        )

    def passed(self) -> str:
        """Return in words that today's budget is passed, or may be; "" if it is not."""
        limit = self.limit
        if limit is None:
            return ""
        try:
            spent = self.today()
        except SpendUnreadable as error:
            return (
                f"{error}, and the administrator's policy gives each user {dollars(limit)} a day; "
                f"{READABLE}"
            )
        if spent <= limit:
            return ""
        return (
            f"you have spent {dollars(spent)} today in all your kernels, and the administrator's "
            f"policy gives each user {dollars(limit)} a day"
        )

    # --- counting -----------------------------------------------------------------------------

    def running(self, usd: float) -> None:
        """Note what the running turn has cost since its last result."""
        if not self._free() and load_policy().files:
            self._count(usd - self._running)
            self._running = usd

    def ended(
        self,
        turn: str,
        models: Mapping[str, Amount],
        session_id: str,
        kind: Literal["turn", "map"] = "turn",
    ) -> None:
        """Note what a turn or a row has cost since its last result.

        Parameters
        ----------
        turn : str
            The turn's id; "" for a row.
        models : mapping
            The cost by model.
        session_id : str
            The conversation's id.
        kind : {"turn", "map"}
            Whether it was a turn of the conversation, or a row of a batch.
        """
        policy = Policy() if self._free() else load_policy()
        if policy.files:
            counted, self._running = (
                (self._running, 0.0) if kind == "turn" else (0.0, self._running)
            )
            self._count(sum(each.cost_usd for each in models.values()) - counted)
            is_new = not turn or turn not in self._turns
            self._turns.add(turn)
            self._note(policy, models, session_id, kind, is_new)
        elif kind == "turn":
            self._running = 0.0

    @property
    def problems(self) -> dict[Path, str]:
        """Which files cannot be written, with why, in words."""
        return dict(self._failed)

    def _count(self, usd: float) -> None:
        if abs(usd) < _LEAST:
            return
        try:
            self._day.add(usd)
        except OSError as error:
            self._fail(Path(), "the file of today's spend", error)
        else:
            self._failed.pop(Path(), None)

    def _note(
        self,
        policy: Policy,
        models: Mapping[str, Amount],
        session_id: str,
        kind: str,
        is_new: bool,
    ) -> None:
        user = user_name()
        if policy.spend_log:
            line = json.dumps(_line(user, self._day.now, models, session_id, kind))
            for path in policy.spend_log:
                self._lines.setdefault(path, []).append(line)
        if policy.spend_metrics:
            amounts = _amounts(user, models, kind, is_new)
            for path in policy.spend_metrics:
                waiting = self._amounts.setdefault(path, {})
                for key, amount in amounts.items():
                    waiting[key] = waiting.get(key, 0.0) + amount
        self._write_lines()
        self._write_amounts()

    def _write_lines(self) -> None:
        for path, lines in self._lines.items():
            del lines[:-_MOST_WAITING]
            try:
                while lines:
                    append_line(path, lines[0])
                    lines.pop(0)
            except OSError as error:
                self._fail(path, f"the spend log {path}", error)
            else:
                self._failed.pop(path, None)

    def _write_amounts(self) -> None:
        for path, amounts in self._amounts.items():
            if not amounts:
                continue
            try:
                replace(path, lambda text, now=amounts: added(text, now))  # type: ignore[misc]
            except OSError as error:
                self._fail(path, f"the spend metrics {path}", error)
            else:
                amounts.clear()
                self._failed.pop(path, None)

    def _fail(self, path: Path, what: str, error: OSError) -> None:
        why = error.strerror or type(error).__name__
        self._failed[path] = one_line(f"Cannot write {what}, which the policy asks for: {why}")


def _line(
    user: str, now: datetime, models: Mapping[str, Amount], session_id: str, kind: str
) -> dict[str, Any]:
    dearest = max(models, key=lambda name: models[name].cost_usd, default="")
    line: dict[str, Any] = {
        "time": now.isoformat(timespec="seconds"),
        "user": user,
        "kind": kind,
        "session_id": session_id,
        "model": dearest,
        "input_tokens": sum(each.input for each in models.values()),
        "cache_creation_input_tokens": sum(each.cache_write for each in models.values()),
        "cache_read_input_tokens": sum(each.cache_read for each in models.values()),
        "output_tokens": sum(each.output for each in models.values()),
        "usd": round(sum(each.cost_usd for each in models.values()), 9),
    }
    if len(models) > 1:
        line["usd_by_model"] = {name: round(each.cost_usd, 9) for name, each in models.items()}
    return line


def _amounts(user: str, models: Mapping[str, Amount], kind: str, is_new: bool) -> Amounts:
    found: Amounts = {}
    turns = "jupyter_claude_turns_total", labels(user=user, kind=kind)
    found[turns] = float(is_new)
    for model, each in models.items():
        cost = "jupyter_claude_cost_usd_total", labels(user=user, kind=kind, model=model)
        found[cost] = max(0.0, each.cost_usd)  # a counter never falls
        for type_, amount in (
            ("input", each.input),
            ("cache_creation_input", each.cache_write),
            ("cache_read_input", each.cache_read),
            ("output", each.output),
        ):
            label = labels(user=user, kind=kind, model=model, type=type_)
            found["jupyter_claude_tokens_total", label] = float(max(0, amount))
    return found


def dollars(usd: float) -> str:
    """Return an amount in words; small ones with four decimals."""
    return f"${usd:.2f}" if usd >= 1 else f"${usd:.4f}"
