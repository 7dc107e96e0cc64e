"""`Ledger`: each turn's cost and tokens, as differences of the CLI's running totals.

A turn keeps its entry after a rewind, an interrupt or the death of its process: the money is spent.
A file in the user's data folder has the entries of each conversation, for another kernel that
resumes it. The file has no prompts.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from jupyter_claude_sdk import ResultMessage

from .._policy.spending import Spending

#: A smaller difference, in US dollars, comes from rounding.
_ROUNDING = 1e-7


@dataclass(frozen=True)
class Spent:
    """Tokens and US dollars. The tokens that the model read have three kinds, by their price.

    Attributes
    ----------
    input : int
        Tokens read that no cache had.
    cache_write : int
        Tokens read and written to the cache.
    cache_read : int
        Tokens read from the cache.
    output : int
        Tokens written.
    cost_usd : float
        What they cost, at the API's prices.
    """

    input: int = 0
    cache_write: int = 0
    cache_read: int = 0
    output: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(*(mine + its for mine, its in zip(self._all(), other._all(), strict=True)))

    def __sub__(self, other: Spent) -> Spent:
        return Spent(*(mine - its for mine, its in zip(self._all(), other._all(), strict=True)))

    def __bool__(self) -> bool:
        return any(abs(amount) > _ROUNDING for amount in self._all())

    def _all(self) -> tuple[Any, ...]:
        return self.input, self.cache_write, self.cache_read, self.output, self.cost_usd

    @property
    def fell(self) -> bool:
        """Whether this difference is negative: then the CLI has reset its totals."""
        return any(amount < -_ROUNDING for amount in self._all())

    def usage(self) -> dict[str, int]:
        """Return the tokens, with the names of the Messages API."""
        return {
            "input_tokens": self.input,
            "cache_creation_input_tokens": self.cache_write,
            "cache_read_input_tokens": self.cache_read,
            "output_tokens": self.output,
        }


#: The costs by model.
Models = dict[str, Spent]


@dataclass(frozen=True)
class Entry:
    """The cost of one turn.

    Attributes
    ----------
    turn : str
        The turn's id. "" stands for earlier costs of the conversation elsewhere.
    session_id : str
        The conversation's id.
    time : str
        When the entry was made, as ISO 8601.
    models : dict
        The cost by model.
    complete : bool
        False if the process died in the turn. Then the cost is a lower bound.
    message : str
        The last message of a turn that Claude began by itself: no transcript has such a turn's id.
    """

    turn: str
    session_id: str
    models: Models = field(default_factory=dict)
    time: str = ""
    complete: bool = True
    message: str = ""

    @property
    def spent(self) -> Spent:
        """The cost of all models together."""
        return together(self.models.values())


def together(amounts: Iterable[Spent]) -> Spent:
    """Return the sum."""
    return sum(amounts, Spent())


class Ledger:
    """The entries of all conversations of a session.

    Parameters
    ----------
    keep : bool
        Whether to keep the entries in files.
    spending : Spending, optional
        Gets each amount as it becomes known.

    Attributes
    ----------
    batches : dict
        The costs of batches, by model.
    """

    def __init__(self, *, keep: bool = True, spending: Spending | None = None) -> None:
        self.keep = keep
        self._spending = spending
        self._entries: dict[str, Entry] = {}  # by turn, or by conversation for earlier costs
        self._total: Models = {}  # the process's totals after its last result
        self._latest: Models = {}  # its totals within a turn
        self._read: set[str] = set()  # conversations whose files were read
        self._parents: dict[str, str] = {}  # each copy's original conversation
        self._lost = ("", "")  # turn and conversation in which the last process died
        self._spent = Spent()  # the sum of all entries, and of the batches
        self.batches: Models = {}  # they belong to no conversation, so no file has them
        self._planned: dict[str, Entry] = {}  # entries of the conversation to resume

    @property
    def spent(self) -> Spent:
        """The costs of all entries and batches."""
        return self._spent + together(entry.spent for entry in self._planned.values())

    @property
    def cost_usd(self) -> float:
        """The costs of all entries and batches in US dollars."""
        return self.spent.cost_usd

    @property
    def entries(self) -> list[Entry]:
        """All entries, in order."""
        return [*self._planned.values(), *self._entries.values()]

    def add_batch(self, model: str, spent: Spent) -> None:
        """Count what a row of a batch cost."""
        self.batches[model] = self.batches.get(model, Spent()) + spent
        self._spent += spent
        if self._spending is not None:
            self._spending.ended("", {model: spent}, "", "map")

    def of(self, turn: str) -> Entry | None:
        """Return a turn's entry, or None."""
        return self._entries.get(turn)

    def of_message(self, messages: Iterable[str]) -> Entry | None:
        """Return the entry of a turn that Claude began by itself, by the turn's messages."""
        ids = set(messages)
        return next((e for e in self._entries.values() if e.message and e.message in ids), None)

    # --- the process's totals -----------------------------------------------------------------

    def start(
        self,
        session_id: str | None = None,
        models: dict[str, Any] | None = None,
        copy: str | None = None,
    ) -> Entry | None:
        """Take the totals of a new process before its first turn.

        If it resumes a conversation or a copy of one, the totals begin with that conversation's
        cost, provided that the earlier process could still save it. The part without an entry was
        spent elsewhere.

        Parameters
        ----------
        session_id : str, optional
            The conversation that the process resumes.
        models : dict, optional
            The CLI's totals by model.
        copy : str, optional
            The id of the copy, if the process continues a copy.

        Returns
        -------
        Entry or None
            The entry of the turn in which the earlier process died: it may have grown.
        """
        self.plan(None)
        self._total = self._latest = _read_totals(models)
        (lost, lost_in), self._lost = self._lost, ("", "")
        if session_id is None:
            return None
        self.read(session_id)
        line = self._line(session_id)
        known: Models = {}
        for entry in self._entries.values():
            if entry.session_id in line:
                for name, spent in entry.models.items():
                    known[name] = known.get(name, Spent()) + spent
        before = {
            name: rest
            for name, spent in self._total.items()
            if (rest := spent - known.get(name, Spent())) and not rest.fell
        }
        if before:
            # A process that ended within a turn had counted more than it reported.
            turn = lost if lost_in == session_id else ""
            self._enter(Entry(turn, session_id, before, _now()))
        if copy is not None:
            self.copied(session_id, copy)
        return self._entries.get(lost)

    def copied(self, session_id: str, copy: str) -> None:
        """Note that a conversation continues in a copy. The copy begins with the same costs."""
        self._parents[copy] = session_id

    def _line(self, session_id: str) -> set[str]:
        """Return a conversation and its originals."""
        line = {session_id}
        while (parent := self._parents.get(session_id)) is not None and parent not in line:
            line.add(parent)
            session_id = parent
        return line

    def note(self, models: dict[str, Any] | None) -> None:
        """Note the totals in the middle of a turn, in case the process dies in it."""
        self._latest = _read_totals(models) or self._latest
        if self._spending is not None:
            self._spending.running(self.since_result().cost_usd)

    def since_result(self) -> Spent:
        """Return the running turn's cost up to the last `note`."""
        return together(_difference(self._latest, self._total).values())

    def record_result(self, turn: str, result: ResultMessage, message: str = "") -> Entry:
        """Add the entry of a turn that ended with `result`; for `message` see `Entry`."""
        totals = _read_totals(result.model_usage)
        cost = result.total_cost_usd
        if cost is not None:
            before = together(self._total.values()).cost_usd
            if not totals and cost > before - _ROUNDING:  # this result names no models
                totals = dict(self._total)
            rest = cost - together(totals.values()).cost_usd
            if abs(rest) > _ROUNDING:
                totals[""] = totals.get("", Spent()) + Spent(cost_usd=rest)
        spent = _difference(totals, self._total)
        entry = Entry(turn, result.session_id or "", spent, _now(), message=message)
        self._total = self._latest = totals
        self._enter(entry)
        return entry

    def lose(self, turn: str, session_id: str | None) -> Entry | None:
        """Add the entry of a turn whose process died: it cost at least the last noted total."""
        lost = _difference(self._latest, self._total)
        self._total = self._latest
        self._lost = turn, session_id or ""
        if not together(lost.values()):
            return None
        entry = Entry(turn, session_id or "", lost, _now(), complete=False)
        self._enter(entry)
        return entry

    def _enter(self, entry: Entry) -> None:
        self._add(entry)
        if self._spending is not None and entry.turn:
            self._spending.ended(entry.turn, entry.models, entry.session_id)
        if self.keep and entry.session_id:
            with contextlib.suppress(OSError):  # a full disk must not end a turn
                _write(entry, self._parents.get(entry.session_id))

    def _add(self, entry: Entry) -> None:
        key = entry.turn or f"before {entry.session_id}"
        old = self._entries.get(key)
        if old is not None:  # a second result of the turn, from a background task
            models = dict(old.models)
            for name, spent in entry.models.items():
                models[name] = models.get(name, Spent()) + spent
            self._spent -= old.spent
            entry = dataclasses.replace(entry, models=models)
        self._entries[key] = entry
        self._spent += entry.spent

    # --- files --------------------------------------------------------------------------------

    def plan(self, session_id: str | None) -> None:
        """Count a conversation's stored costs until it is resumed or another one is planned."""
        self._planned = {}
        if session_id is not None:
            known = Ledger(keep=self.keep)
            known.read(session_id)
            mine = self._entries.keys()
            self._planned = {key: e for key, e in known._entries.items() if key not in mine}

    def read(self, session_id: str) -> None:
        """Read a conversation's stored entries once. Entries that are here already stay."""
        if session_id in self._read or not self.keep:
            return
        known = set(self._entries)
        self._read.add(session_id)
        entries, parent = kept(session_id)
        if parent:
            self._parents.setdefault(session_id, parent)
            self.read(parent)
        for entry in entries:
            if (entry.turn or f"before {session_id}") not in known:
                self._add(entry)


def kept(session_id: str) -> tuple[list[Entry], str]:
    """Return a conversation's stored entries, and the id of its original, or "".

    Damaged lines are skipped.
    """
    from .._paths import sessions_folder

    path = sessions_folder() / f"{session_id}.jsonl"
    entries: list[Entry] = []
    parent = ""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        lines = []
    for line in lines:
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
            data = json.loads(line)
            models = {str(name): Spent(**spent) for name, spent in data["models"].items()}
            time, complete = str(data.get("time", "")), bool(data.get("complete", True))
            message = str(data.get("message", ""))
            entries.append(Entry(str(data["turn"]), session_id, models, time, complete, message))
            parent = str(data.get("copy_of") or parent)
    return entries, parent


def _write(entry: Entry, parent: str | None) -> None:
    from .._paths import make_private, sessions_folder  # lazy: these imports cost time

    folder = sessions_folder()
    make_private(folder)
    line: dict[str, Any] = {
        "turn": entry.turn,
        "time": entry.time,
        "models": {name: vars(spent) for name, spent in entry.models.items()},
        "complete": entry.complete,
    }
    if entry.message:
        line["message"] = entry.message
    if parent:
        line["copy_of"] = parent
    path = folder / f"{entry.session_id}.jsonl"
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")  # in one write: two kernels may have it open


def _read_totals(models: dict[str, Any] | None) -> Models:
    return {
        name: Spent(
            int(model.get("inputTokens") or 0),
            int(model.get("cacheCreationInputTokens") or 0),
            int(model.get("cacheReadInputTokens") or 0),
            int(model.get("outputTokens") or 0),
            float(model.get("costUSD") or 0.0),
        )
        for name, model in (models or {}).items()
        if isinstance(model, dict)
    }


def _difference(totals: Models, before: Models) -> Models:
    """Return the costs between two totals. If the CLI has reset its totals, return the new ones."""
    spent = {name: total - before.get(name, Spent()) for name, total in totals.items()}
    if any(amount.fell for amount in spent.values()) or before.keys() - totals.keys() - {""}:
        spent = totals  # the CLI resets them on /clear
    return {name: amount for name, amount in spent.items() if amount}


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
