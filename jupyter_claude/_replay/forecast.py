"""`forecast`: says which prompts of a notebook a recording answers, before anything runs.

What only running can tell, such as attachments, schemas and settings, is taken to be as recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from jupyter_claude_sdk.lowlevel import (
    RecordedInputs,
    RecordedTurn,
    RecordingFolder,
    differences,
    key_of,
    key_of_unknown,
)

from .._tables import Column, Report, Table
from .._text import one_line
from .._turns.items import dollars
from .cells import Step
from .matching import earlier_turn, most_like, nearest
from .mode import Mode

TurnFate = Literal["replayed", "stale", "asked", "unknown"]

_KNOWN: tuple[TurnFate, ...] = ("replayed", "stale", "asked")
_LONGEST = 80  # characters of a prompt in a table
_NO_COMMON = "This recording is another notebook's: they have no prompt in common"


@dataclass(frozen=True)
class ForecastTurn:
    """What will happen to one prompt.

    Attributes
    ----------
    number : int
        Which of the notebook's turns it is, from 1.
    cell : int
        The number of its cell, from 1 among all of the notebook.
    prompt : str or None
        The prompt; None if only running can tell it.
    state : {"replayed", "stale", "asked", "unknown"}
        replayed: the recording answers it. stale: it answers an earlier form of it. asked: it has
        no answer. unknown: only running can tell.
    reasons : tuple of str
        What differs from the recorded turn, in words.
    recorded : RecordedTurn or None
        The recorded turn.
    file : str
        The name of its file.
    cost_usd : float
        What asking it costs: what the recorded turn cost, or the mean of all recorded ones.
    """

    number: int
    cell: int
    prompt: str | None
    state: TurnFate
    reasons: tuple[str, ...] = ()
    recorded: RecordedTurn | None = None
    file: str = ""
    cost_usd: float = 0.0


@dataclass(frozen=True)
class Forecast:
    """What will happen when a notebook runs.

    Attributes
    ----------
    turns : list of ForecastTurn
        Its prompts, in order.
    unused : list of RecordedTurn
        The recorded turns that no prompt asks for.
    """

    turns: list[ForecastTurn] = field(default_factory=list)
    unused: list[RecordedTurn] = field(default_factory=list)

    def of(self, *states: TurnFate) -> list[ForecastTurn]:
        """Return the turns in these states."""
        return [turn for turn in self.turns if turn.state in states]

    @property
    def foreign(self) -> bool:
        """Whether the recording has nothing in common with the notebook."""
        known = self.of(*_KNOWN)
        return bool(known) and bool(self.unused) and len(self.of("asked")) == len(known)

    @property
    def cost_usd(self) -> float:
        """What asking the turns costs that are not replayed, the stale ones too."""
        return sum(turn.cost_usd for turn in self.of("stale", "asked"))

    @property
    def line(self) -> str:
        """The forecast in one line, such as "12 replayed, 2 asked, about $0.14"."""
        return self.line_in("auto")

    def line_in(self, mode: Mode) -> str:
        """Return the forecast for a mode, in one line.

        In "auto" a stale turn shows its old answer, so asking it costs only what the user wants.
        """
        unknown = len(self.of("unknown"))
        after = [f"{unknown} known only when it runs"] if unknown else []
        if mode in ("off", "record"):
            known = self.of(*_KNOWN)
            words = [f"{len(known)} asked"]
            return ", ".join([*words, *_about(known), *after]) if known or unknown else _NOTHING
        hits, stale, asked = (self.of(one) for one in _KNOWN)
        words = [f"{len(hits)} replayed"] if hits or not (stale or asked or unknown) else []
        if stale:
            words.append(f"{len(stale)} stale")
        if asked:
            words.append(f"{len(asked)} {'missing' if mode == 'only' else 'asked'}")
        words += _about(asked) if mode == "auto" else []
        return ", ".join([*words, *after]) if self.turns else _NOTHING


_NOTHING = "no prompt in this notebook"


def _about(turns: Sequence[ForecastTurn]) -> list[str]:
    cost = sum(turn.cost_usd for turn in turns)
    return [f"about {_amount(cost)}"] if cost else []


def _amount(cost: float) -> str:
    """Return an estimate in dollars: no one needs its fourth digit."""
    return dollars(cost) if cost < 0.01 else f"${cost:.2f}"


def forecast(steps: Sequence[Step], folder: RecordingFolder) -> Forecast:
    """Say what will happen to a notebook's prompts.

    Parameters
    ----------
    steps : sequence of Step
        What the notebook's cells do, as `steps_in` finds it.
    folder : RecordingFolder
        The recording.

    Raises
    ------
    RecordingError
        If the recording is damaged, or of a later form.
    """
    chain = _Chain(folder)
    turns = [turn for step in steps for turn in chain.take(step)]
    unused = [turn for key, turn in folder.turns.items() if key not in chain.used]
    return Forecast(turns, unused)


class _Chain:
    """Follows the conversation through a notebook, and finds the recorded turn of each prompt."""

    def __init__(self, folder: RecordingFolder) -> None:
        self._folder = folder
        paid = [turn.cost_usd for turn in folder.turns.values() if not turn.subscription]
        self._mean = sum(paid) / len(paid) if paid else 0.0
        self._number = 0
        self.used: set[str] = set()
        self._begin()

    def _begin(self) -> None:
        self._parent = ""  # the key of the turn before
        self._stands_for = ""  # the key of the recorded turn that was shown for it
        self._earlier = 0
        self._lost = False  # the conversation is at a point that only running can tell

    def take(self, step: Step) -> Iterator[ForecastTurn]:
        if step.kind == "new":
            self._begin()
        elif step.kind == "move":
            self._lost = True
        else:
            self._number += 1
            if step.prompt is None:
                self._lost = True
                yield ForecastTurn(self._number, step.cell, None, "unknown")
            else:
                yield self._turn(step, step.prompt)

    def _turn(self, step: Step, prompt: str) -> ForecastTurn:
        turns = list(self._folder.turns.values())
        hits = turns if self._lost else self._folder.children(self._parent)
        for recorded in hits:
            if recorded.key not in self.used and self._is(step, prompt, recorded):
                self._parent = self._stands_for = recorded.key
                self._lost, self._earlier = False, 0
                return self._made(step, "replayed", recorded)
        if self._lost:
            found = most_like(prompt, [one for one in turns if one.key not in self.used])
        else:
            found = nearest(prompt, self._stands_for, self._folder, used=self.used)
        if found is None:
            self._parent = key_of_unknown(prompt, self._parent)
            self._earlier = self._earlier or self._number
            return self._made(step, "asked", None)
        asked = _asked_like(step, prompt, found)
        reasons = differences(asked, found.asked)
        if self._earlier or not reasons:
            reasons.insert(0, earlier_turn(self._earlier))
        self._parent, self._stands_for = key_of(asked, self._parent), found.key
        self._lost, self._earlier = False, self._earlier or self._number
        return self._made(step, "stale", found, tuple(reasons))

    def _is(self, step: Step, prompt: str, recorded: RecordedTurn) -> bool:
        asked = _asked_like(step, prompt, recorded)
        # A secret in the recorded prompt is a mark there, but the key counts what was typed.
        return not differences(asked, recorded.asked) or (
            key_of(asked, recorded.parent) == recorded.key
        )

    def _made(
        self,
        step: Step,
        state: TurnFate,
        recorded: RecordedTurn | None,
        reasons: tuple[str, ...] = (),
    ) -> ForecastTurn:
        cost, file = self._mean, ""
        if recorded is not None:
            self.used.add(recorded.key)
            cost = 0.0 if recorded.subscription else recorded.cost_usd
            file = self._folder.file_name(recorded.key)
        return ForecastTurn(
            self._number, step.cell, step.prompt, state, reasons, recorded, file, cost
        )


def _asked_like(step: Step, prompt: str, recorded: RecordedTurn) -> RecordedInputs:
    """Return what the step asks if all that it does not say is as it was recorded."""
    model = recorded.asked.model if step.model is None else step.model
    return replace(recorded.asked, prompt=prompt, model=model)


def answers_first(steps: Sequence[Step], folder: RecordingFolder) -> bool:
    """Whether the recording has an answer to the first prompt that is known."""
    first = next((step for step in steps if step.kind == "ask" and step.prompt), None)
    if first is None:
        return False
    return bool(forecast([first], folder).of("replayed"))


# --- for people -------------------------------------------------------------------------------

_FATES: dict[TurnFate, str] = {
    "replayed": "replayed",
    "stale": "stale",
    "asked": "asked",
    "unknown": "known when it runs",
}


def forecast_report(made: Forecast, mode: Mode, name: str) -> Report:
    """Return the forecast as a table, for ``%claude replay``.

    Parameters
    ----------
    made : Forecast
        The forecast.
    mode : str
        The mode in which the notebook will run.
    name : str
        The recording's name.
    """
    parts: list[Table | str] = [f"Replay {mode} with {name}: {made.line_in(mode)}"]
    if made.foreign:
        parts.append(_NO_COMMON)
    if made.turns:
        columns = (Column("Cell", "number"), Column("Prompt", "long"), Column("What will happen"))
        rows = [
            (str(turn.cell), short(turn.prompt), _FATES[fate_in(turn, mode)], why(turn, mode))
            for turn in made.turns
        ]
        parts.append(Table("The prompts of this notebook", (*columns, Column("Why", "long")), rows))
    if made.unused:
        many = len(made.unused)
        parts.append(
            f"{many} recorded turn{'s' if many > 1 else ''} that no prompt asks for; "
            "jupyter-claude replay prune removes them"
        )
    return Report(*parts)


def summary(made: Forecast) -> str:
    """Return how many turns are replayed, stale and missing, and what asking these costs."""
    replayed, stale, missing = (made.of(one) for one in _KNOWN)
    words = [f"{len(replayed)} replayed"]
    words += [f"{len(stale)} stale"] if stale else []
    words += [f"{len(missing)} missing"] if missing else []
    words += [f"about {_amount(made.cost_usd)} to ask them"] if made.cost_usd else []
    unknown = len(made.of("unknown"))
    words += [f"{unknown} known only when it runs"] if unknown else []
    many = len(made.unused)
    words += [f"{many} recorded turn{'s' if many > 1 else ''} unused"] if many else []
    return ", ".join(words)


def fate_in(turn: ForecastTurn, mode: Mode) -> TurnFate:
    """Return what happens to a turn in a mode."""
    asks = mode in ("off", "record") and turn.state != "unknown"
    return "asked" if asks else turn.state


def mark(turn: ForecastTurn, mode: Mode) -> str:
    """Return the words at a cell whose prompt is not replayed; "" for others."""
    if mode in ("off", "record") or turn.state in ("replayed", "unknown"):
        return ""  # the panel's line says that nothing is replayed
    if turn.state == "stale":
        return f"Replay: the recorded answer is stale ({why(turn, mode)})"
    if mode == "only":
        return "Replay: not recorded, so it will fail"
    about = f" · about {_amount(turn.cost_usd)}" if turn.cost_usd else ""
    return f"Replay: will be asked{about}"


def why(turn: ForecastTurn, mode: Mode = "auto") -> str:
    """Say why a turn is not replayed, in words; "" if it is."""
    about = f", about {_amount(turn.cost_usd)}" if turn.cost_usd else ""
    if turn.state == "unknown":
        return "the prompt is made by code"
    if mode in ("off", "record"):
        return f"replay is {mode}{about}"
    if turn.state == "asked":
        why_not = "not recorded"
        return f"{why_not}{about if mode == 'auto' else '; it will fail'}"
    if turn.state == "stale":
        changed = "; ".join(f"{one} changed" for one in turn.reasons)
        return f"{changed}{'; it will fail' if mode == 'only' else ''}"
    return ""


def short(prompt: str | None) -> str:
    """Return a prompt in one line."""
    line = one_line(prompt or "…")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
