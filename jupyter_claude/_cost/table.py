"""`CostTable`: a session's costs, by turn and by model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._tables import Column, Report, Table
from .._text import one_line
from .._turns.errors import ClaudeError
from .._turns.items import count, dollars
from .ledger import Spent, together

_COLUMNS = (
    Column("turn", "number"),
    Column("prompt", "name"),
    Column("model", "long"),
    Column("in", "number"),
    Column("cache write", "number"),
    Column("cache read", "number"),
    Column("out", "number"),
    Column("cost", "number"),
)
#: The same for a notebook, which may be narrow: the model stands below its prompt.
_NARROW = (
    Column("turn", "number"),
    Column("prompt and model", "long name"),
    Column("tokens", "parts"),
    Column("cost", "number"),
)
_PROMPT = 40  # characters of a prompt to show


@dataclass(frozen=True)
class CostRow:
    """One line of a `CostTable`.

    Attributes
    ----------
    turn : int or None
        The turn's number; None if it is not in this conversation.
    prompt : str
        The beginning of its prompt, or a description of the row.
    models : dict
        The costs by model, as `Spent`.
    note : str
        A remark, such as "not in this conversation", or "".
    """

    turn: int | None
    prompt: str
    models: dict[str, Spent]
    note: str = ""

    @property
    def spent(self) -> Spent:
        """The costs of all models together."""
        return together(self.models.values())


class CostTable:
    """A session's costs: ``claude.cost``.

    Attributes
    ----------
    turns : list of CostRow
        A row for each turn.
    models : dict
        The costs by model, as `Spent`.
    total : Spent
        All costs together.
    subscription : bool
        Whether a subscription pays for the tokens. Then the table shows no dollars.

    Examples
    --------
    >>> claude.cost
    >>> claude.cost.total.cost_usd
    >>> claude.cost.to_dataframe()
    """

    def __init__(
        self,
        turns: Iterable[CostRow],
        *,
        subscription: bool = False,
        limits: str = "",
        notes: Iterable[str] = (),
    ) -> None:
        self.turns = list(turns)
        self.subscription = subscription
        self.limits = limits
        self.notes = list(notes)  # lines below the table
        self.models: dict[str, Spent] = {}
        for row in self.turns:
            for name, spent in row.models.items():
                self.models[name] = self.models.get(name, Spent()) + spent
        self.total = together(self.models.values())

    # --- display ------------------------------------------------------------------------------

    def _lines(self) -> list[tuple[str, ...]]:
        lines: list[tuple[str, ...]] = []
        for row in self.turns:
            what = one_line(row.prompt)
            what = what if len(what) <= _PROMPT else what[: _PROMPT - 1] + "…"
            about = f"{what} ({row.note})" if row.note else what
            lines.append(
                self._line(str(row.turn or ""), about, ", ".join(filter(None, row.models)), row)
            )
        if len(self.models) > 1:
            lines += [self._line("", "all turns", name, spent) for name, spent in self._by_cost()]
        lines.append(self._line("", "total", "", self.total))
        return lines

    def _by_cost(self) -> Sequence[tuple[str, Spent]]:
        return sorted(self.models.items(), key=lambda item: -item[1].cost_usd)

    def _line(self, turn: str, about: str, model: str, row: CostRow | Spent) -> tuple[str, ...]:
        spent = row.spent if isinstance(row, CostRow) else row
        amounts = (spent.input, spent.cache_write, spent.cache_read, spent.output)
        cells = (turn, about, model, *map(count, amounts))
        return cells if self.subscription else (*cells, dollars(spent.cost_usd))

    def _report(self) -> Report:
        caption = "Tokens, by turn" if self.subscription else "Costs, by turn"
        lines, last = self._lines(), -1 if self.subscription else None
        below = [*filter(None, (self.limits, *self.notes))]
        text = "\n".join([repr(Table(caption, _COLUMNS[:last], lines)), *below])
        return Report(Table(caption, _NARROW[:last], [*map(_narrow, lines)]), *below, text=text)

    def __repr__(self) -> str:
        return repr(self._report())

    def _repr_html_(self) -> str:
        return self._report()._repr_html_()

    # --- export -------------------------------------------------------------------------------

    def to_dataframe(self) -> Any:
        """Return the table as a pandas DataFrame: a row for each turn and model.

        Returns
        -------
        pandas.DataFrame
            With the columns turn, prompt, model, input, cache_write, cache_read, output, cost_usd,
            note.

        Raises
        ------
        ClaudeError
            If pandas is not installed.
        """
        try:
            import pandas  # type: ignore[import-untyped,unused-ignore]
        except ImportError:
            raise ClaudeError(
                "to_dataframe() needs pandas; install it with %pip install pandas"
            ) from None
        columns = ["turn", "prompt", "model", *Spent.__dataclass_fields__, "note"]
        rows = [
            (row.turn, row.prompt, name, *vars(spent).values(), row.note)
            for row in self.turns
            for name, spent in row.models.items()
        ]
        table = pandas.DataFrame(rows, columns=columns)
        return table.astype({"turn": "Int64"})  # some rows have no turn


def _narrow(line: tuple[str, ...]) -> tuple[str, ...]:
    """Return a line for fewer columns: the model with the prompt, the tokens in words."""
    turn, about, model, read, written, cached, out, *cost = line
    name = "\n".join(filter(None, (about, model)))
    tokens = f"{read} in\n{written} to cache\n{cached} cached\n{out} out"
    return turn, name, tokens, *cost
