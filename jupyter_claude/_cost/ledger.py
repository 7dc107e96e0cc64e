"""What was spent: each turn's cost and tokens, as differences of the CLI's running totals.

What was spent stays spent: a turn that is rewound, interrupted or lost keeps its entry. The entries
of a conversation are kept in a file of the user's data folder, so that they are there again when it
is resumed in another kernel; no prompts are in it.
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

#: Less than this is the rounding of sums, in US dollars.
_ROUNDING = 1e-7


@dataclass(frozen=True)
class Spent:
    """Tokens and US dollars; the tokens that were read are told apart by how they were charged.

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
        """Whether a difference is none, since the counting had begun anew."""
        return any(amount < -_ROUNDING for amount in self._all())

    def usage(self) -> dict[str, int]:
        """Return the tokens under the names that the Messages API gives them."""
        return {
            "input_tokens": self.input,
            "cache_creation_input_tokens": self.cache_write,
            "cache_read_input_tokens": self.cache_read,
            "output_tokens": self.output,
        }


#: What was spent by each model.
Models = dict[str, Spent]


@dataclass(frozen=True)
class Entry:
    """What one turn cost.

    Attributes
    ----------
    turn : str
        The turn's id; "" is what the conversation had cost before, elsewhere.
    session_id : str
        Its conversation.
    time : str
        When it was entered, as ISO 8601.
    models : dict
        What each model has of it.
    complete : bool
        False if the process was lost in the turn: then it cost at least this.
    message : str
        The last message of a turn that was not asked for, whose id no transcript knows.
    """

    turn: str
    session_id: str
    models: Models = field(default_factory=dict)
    time: str = ""
    complete: bool = True
    message: str = ""

    @property
    def spent(self) -> Spent:
        """What all models have of it."""
        return together(self.models.values())


def together(amounts: Iterable[Spent]) -> Spent:
    """Return the sum."""
    return sum(amounts, Spent())


class Ledger:
    """The entries of all conversations that a session has had.

    Parameters
    ----------
    keep : bool
        Whether they are kept in files.
    """

    def __init__(self, *, keep: bool = True) -> None:
        self.keep = keep
        self._entries: dict[str, Entry] = {}  # by the turn, or the conversation for what was before
        self._total: Models = {}  # of the process, after its last result
        self._latest: Models = {}  # the same, within a turn
        self._read: set[str] = set()  # conversations whose file was read
        self._parents: dict[str, str] = {}  # of conversations that began as a copy
        self._lost = ("", "")  # the turn in which the last process was lost, its conversation
        self._spent = Spent()  # by all entries
        self._planned: dict[str, Entry] = {}  # of a conversation that the next prompt resumes

    @property
    def spent(self) -> Spent:
        """All of it."""
        return self._spent + together(entry.spent for entry in self._planned.values())

    @property
    def cost_usd(self) -> float:
        """All of it in US dollars."""
        return self.spent.cost_usd

    @property
    def entries(self) -> list[Entry]:
        """All entries, in the order they were made."""
        return [*self._planned.values(), *self._entries.values()]

    def of(self, turn: str) -> Entry | None:
        """Return a turn's entry."""
        return self._entries.get(turn)

    def of_message(self, messages: Iterable[str]) -> Entry | None:
        """Return the entry of a turn that was not asked for, by its messages."""
        ids = set(messages)
        return next((e for e in self._entries.values() if e.message and e.message in ids), None)

    # --- what the process says ----------------------------------------------------------------

    def start(
        self,
        session_id: str | None = None,
        models: dict[str, Any] | None = None,
        copy: str | None = None,
    ) -> Entry | None:
        """A process has started, and states these totals before its first turn.

        Where it resumes a conversation, or a copy of one, the totals begin with what that had cost,
        if the process before could still write that down. What of it is not known yet was spent
        elsewhere.

        Parameters
        ----------
        session_id : str, optional
            The conversation that is resumed.
        models : dict, optional
            The totals by model, as the CLI states them.
        copy : str, optional
            The id of the copy that goes on.

        Returns
        -------
        Entry or None
            That of the turn in which the process before was lost: it may have grown.
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
            # A process that was ended in a turn has still counted more than it had told.
            turn = lost if lost_in == session_id else ""
            self._enter(Entry(turn, session_id, before, _now()))
        if copy is not None:
            self.copied(session_id, copy)
        return self._entries.get(lost)

    def copied(self, session_id: str, copy: str) -> None:
        """A conversation goes on in a copy; what its beginning cost is known."""
        self._parents[copy] = session_id

    def _line(self, session_id: str) -> set[str]:
        """Return a conversation and those that it is a copy of."""
        line = {session_id}
        while (parent := self._parents.get(session_id)) is not None and parent not in line:
            line.add(parent)
            session_id = parent
        return line

    def note(self, models: dict[str, Any] | None) -> None:
        """Take note of totals in the middle of a turn, for when the process is lost in it."""
        self._latest = _read_totals(models) or self._latest

    def since_result(self) -> Spent:
        """Return what the running turn has cost so far, as far as `note` was told."""
        return together(_difference(self._latest, self._total).values())

    def take(self, turn: str, result: ResultMessage, message: str = "") -> Entry:
        """Enter the turn that ends with `result`; `message` as `Entry` has it."""
        totals = _read_totals(result.model_usage)
        cost = result.total_cost_usd
        if cost is not None:
            before = together(self._total.values()).cost_usd
            if not totals and cost > before - _ROUNDING:  # it names no models this time
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
        """Enter a turn whose process was lost: it cost at least what was noted."""
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
        if self.keep and entry.session_id:
            with contextlib.suppress(OSError):  # a full disk must not end a turn
                _write(entry, self._parents.get(entry.session_id))

    def _add(self, entry: Entry) -> None:
        key = entry.turn or f"before {entry.session_id}"
        old = self._entries.get(key)
        if old is not None:  # a turn that had a second result, of a background task
            models = dict(old.models)
            for name, spent in entry.models.items():
                models[name] = models.get(name, Spent()) + spent
            self._spent -= old.spent
            entry = dataclasses.replace(entry, models=models)
        self._entries[key] = entry
        self._spent += entry.spent

    # --- kept ---------------------------------------------------------------------------------

    def plan(self, session_id: str | None) -> None:
        """Count what is kept of a conversation, until it is resumed or another one is planned."""
        self._planned = {}
        if session_id is not None:
            known = Ledger(keep=self.keep)
            known.read(session_id)
            mine = self._entries.keys()
            self._planned = {key: e for key, e in known._entries.items() if key not in mine}

    def read(self, session_id: str) -> None:
        """Read what is kept of a conversation, once; what is known already stays."""
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
    """Return the entries that are kept of a conversation, and what it is a copy of, or "".

    What is damaged is passed over.
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
    from .._paths import make_private, sessions_folder  # lazily: to find the folder costs an import

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
    """Return what was spent between two totals; the whole of it, if the CLI began to count anew."""
    spent = {name: total - before.get(name, Spent()) for name, total in totals.items()}
    if any(amount.fell for amount in spent.values()) or before.keys() - totals.keys() - {""}:
        spent = totals  # /clear makes it
    return {name: amount for name, amount in spent.items() if amount}


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
