"""`Looker`: what Claude may see of the user's notebook, as text and pictures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from .._did_you_mean import did_you_mean
from .._text import exact_line
from . import adapters, code, figures
from .cells import cell_name, error_text, output_parts, source_of
from .classes import full_name
from .hidden import Hidden, Marks
from .look import WITHHELD, Look, LookError, Picture, capped
from .record import CellRecord, Output
from .recorder import Recorder
from .sight import Sight
from .values import counted, is_builtin

#: IPython's own names, and those that it gives the last inputs and outputs.
_IPYTHON = frozenset(["In", "Out", "exit", "quit", "get_ipython", "open"])
#: How the source of a %%claude cell begins when it is rewritten.
_REWRITTEN = "await __import__('jupyter_claude."
_MOST_DATA, _MOST_OTHERS = 60, 60
_MOST_CODE = 40
_MOST_OVERVIEW = 8_000  # characters
_LINE = 200
_MOST_ROWS = 50
_MOST_CELLS = 20
_MOST_SUGGESTED = 2_000


class Looker:
    """Shows the user's variables, outputs and cells. It runs none of the user's code.

    Parameters
    ----------
    namespace : callable
        Returns the user's variables.
    recorder : Recorder
        Knows the last cells.
    hidden : Hidden
        The names that the user hides.
    own_names : callable
        Returns names that are not the user's, such as those of this package.
    """

    def __init__(
        self,
        namespace: Callable[[], Mapping[str, Any]],
        recorder: Recorder,
        hidden: Hidden,
        *,
        own_names: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._namespace = namespace
        self._recorder = recorder
        self._hidden = hidden
        self._own_names = own_names

    def names(self) -> dict[str, Any]:
        """Return the user's variables by name, without those of IPython."""
        own = frozenset(self._own_names()) | _IPYTHON
        return {
            name: value
            for name, value in self._all().items()
            if not name.startswith("_") and name not in own
        }

    def variables(self) -> Look:
        """Return an overview of the variables.

        The newest come first, and tables, arrays and figures before all others, since a notebook is
        about these. Functions, classes and modules are one line each kind.
        """
        values = self.names()
        sight = self._sight()
        data: list[str] = []
        others: list[str] = []
        functions: list[str] = []
        modules: list[str] = []
        for name in reversed(values):
            value = values[name]
            if is_builtin(value):  # most are
                others.append(name)
            elif code.is_module(value):
                modules.append(name)
            elif code.is_code(value):
                functions.append(name)
            else:
                (data if adapters.is_data(value) else others).append(name)
        shown = data[:_MOST_DATA] + others[:_MOST_OTHERS]
        lines: list[str] = []
        room = _MOST_OVERVIEW
        for name in shown:
            line = f"{exact_line(name)[:80]}: {self._brief(name, values[name], sight)}"
            room -= len(line) + 1
            if room < 0:
                break
            lines.append(line)
        left = len(data) + len(others) - len(lines)
        if left:
            lines.append(f"… {left:,} more variables")
        lines += _names("functions and classes", functions) + _names("modules", modules)
        number = len(data) + len(others)
        title = counted(number, "variable")
        return self._look(title, lines or ["There are no variables yet."], sight)

    def inspect(self, name: str, rows: int = 0) -> Look:
        """Return what there is to say of one variable.

        Parameters
        ----------
        name : str
            The variable's name.
        rows : int
            How many of its first rows to show, at most 50.

        Raises
        ------
        LookError
            If there is no such variable.
        """
        return self.look_at(name, self.value(name), rows)

    def look_at(self, name: str, value: Any, rows: int = 0, *, drawn: bool = False) -> Look:
        """Return what there is to say of a thing, by the name that the user gives it.

        Parameters
        ----------
        name : str
            How the user writes it, such as ``df`` or ``Out[3]``.
        value : object
            The thing.
        rows : int
            How many of its first rows to show, at most 50.
        drawn : bool
            Whether to draw a figure.
        """
        sight = self._sight()
        title = f"{exact_line(name)[:80]}: {self._brief(name, value, sight)}"
        if sight.withheld and title.endswith(WITHHELD):
            return self._look(title, [title], sight)
        parts: list[str | Picture] = [title]
        parts += adapters.detail(value, sight, name, min(max(rows, 0), _MOST_ROWS))
        if drawn and adapters.is_figure(value):
            try:
                parts.append(figures.picture(value))
            except figures.NoPicture as why:
                parts.append(f"(no picture: {why})")
        return self._look(title, parts, sight)

    def outputs(self, last: int = 3) -> Look:
        """Return the last outputs of the user's cells: texts and pictures, the newest last."""
        sight = self._sight()
        found: list[tuple[CellRecord, Output | str]] = []
        for cell in self._cells():
            if printed := self._recorder.printed(cell):
                found.append((cell, printed))
            found += [(cell, output) for output in cell.outputs]
        chosen = found[-max(min(last, _MOST_CELLS), 1) :]
        parts: list[str | Picture] = []
        for cell, output in chosen:
            parts += output_parts(cell, output, sight)
        if not self._recorder.hears_prints:
            parts.append("(what cells print is not known in this front end)")
        if not chosen:
            parts.insert(0, "No cell has shown anything yet.")
        pictures = sum(isinstance(part, Picture) for part in parts)
        title = counted(len(chosen), "output")
        if pictures:
            title += f", {counted(pictures, 'picture')}"
        return self._look(title, parts, sight)

    def recent(self, cells: int = 5) -> Look:
        """Return the sources of the last cells, and the last error."""
        sight = self._sight()
        chosen = list(self._recorder.record.cells)[-max(min(cells, _MOST_CELLS), 1) :]
        parts: list[str | Picture] = []
        for cell in chosen:
            parts.append(f"{cell_name(cell)}:\n{source_of(cell, sight)}")
        failed = self.last_error()
        if failed is not None:
            parts.append(error_text(failed, sight))
        title = counted(len(chosen), "cell")
        if failed is not None:
            title += f", last error {exact_line(failed.error)[:60]}"
        return self._look(title, parts or ["No cell has run yet."], sight)

    def marks(self) -> Marks:
        """Return the things that are kept back wherever they appear."""
        return Marks(self._all(), self._hidden)

    # --- single cells -----------------------------------------------------------------------------

    def has_cell(self, number: int) -> bool:
        """Whether the source of the cell with this number is known."""
        return self._recorded(number) is not None or self._input(number) != ""

    def cell_numbers(self) -> list[int]:
        """Return the numbers of the last cells, oldest first."""
        return [cell.number for cell in self._cells() if cell.number]

    def first_line(self, number: int) -> str:
        """Return the first line of a cell's source, with secrets withheld."""
        cell = self._recorded(number)
        lines = source_of(cell, self._sight()).strip().splitlines() if cell is not None else []
        return exact_line(lines[0])[:80] if lines else ""

    def cell(self, number: int) -> Look:
        """Return the source of the cell with this number.

        Raises
        ------
        LookError
            If it is not known.
        """
        cell = self._recorded(number)
        if cell is None and (source := self._input(number)):
            cell = CellRecord(number, source, ended=True)
        if cell is None:
            raise LookError(f"In[{number}] is not known")
        sight = self._sight()
        text = f"{cell_name(cell)}:\n{source_of(cell, sight)}"
        return self._look(f"In[{number}]", [text], sight)

    def has_output(self, number: int) -> bool:
        """Whether an output of the cell with this number is known."""
        cell = self._recorded(number)
        return number in self._results() or (cell is not None and bool(cell.outputs))

    def output_numbers(self) -> list[int]:
        """Return the numbers of the cells with a known output, oldest first."""
        shown = [cell.number for cell in self._cells() if cell.number and cell.outputs]
        return sorted({*shown, *self._results()})

    def output(self, number: int, rows: int = 0) -> Look:
        """Return the output of the cell with this number: its value, or else what it showed.

        Raises
        ------
        LookError
            If it is not known.
        """
        results, cell = self._results(), self._recorded(number)
        source = cell.source if cell is not None else self._input(number)
        sight = self._sight()
        title = f"Out[{number}]"
        if hidden := sight.keeps_back_cell(source, title):
            text = f"{title}: {WITHHELD}, because its cell uses {exact_line(hidden)[:60]}"
            return self._look(f"{title}: {WITHHELD}", [text], sight)
        if number in results:
            return self.look_at(f"Out[{number}]", results[number], rows, drawn=True)
        if cell is None or not cell.outputs:
            raise LookError(f"Out[{number}] is not known")
        parts = [part for output in cell.outputs for part in output_parts(cell, output, sight)]
        pictures = sum(isinstance(part, Picture) for part in parts)
        title += f": {counted(len(cell.outputs), 'output')}"
        title += f", {counted(pictures, 'picture')}" if pictures else ""
        return self._look(title, parts, sight)

    def error(self) -> Look:
        """Return the last error, with the source of its cell.

        Raises
        ------
        LookError
            If none of the last cells failed.
        """
        failed = self.last_error()
        if failed is None:
            raise LookError(f"none of the last {_MOST_CELLS} cells failed")
        sight = self._sight()
        source = f"{cell_name(failed)}:\n{source_of(failed, sight)}"
        title = f"error: {exact_line(failed.error)[:60]}"
        return self._look(title, [source, error_text(failed, sight)], sight)

    def last_error(self) -> CellRecord | None:
        """Return the last of the user's cells that failed."""
        return next((cell for cell in reversed(list(self._cells())) if cell.error), None)

    def describe(self, value: Any) -> str:
        """Return what a value is, in a few words: its type, and its shape if it has one."""
        sight = self._sight()
        return sight.line(adapters.brief(value, sight, "value"), "value", _LINE)

    # --- for completion ---------------------------------------------------------------------------

    def newest(self) -> list[str]:
        """Return the names of the user's variables, the newest first."""
        return list(reversed(self.names()))

    def briefs(self, names: Collection[str]) -> dict[str, str]:
        """Return some variables, each in one line."""
        values, sight = self.names(), self._sight()
        return {name: self._brief(name, values[name], sight) for name in names if name in values}

    def value(self, name: str) -> Any:
        """Return a variable.

        Raises
        ------
        LookError
            If there is none with this name.
        """
        values = self._all()
        if name not in values or name.startswith("_"):
            raise LookError(_missing(name, self.names()))
        return values[name]

    # --- details ----------------------------------------------------------------------------------

    def _all(self) -> dict[str, Any]:
        """Return the variables whose names are texts. A namespace may have other keys."""
        values: Any = self._namespace()
        items = dict.items(values) if issubclass(type(values), dict) else values.items()
        return {name: value for name, value in list(items) if type(name) is str}

    def _cells(self) -> Iterator[CellRecord]:
        return (cell for cell in self._recorder.record.cells if not cell.is_prompt)

    def _recorded(self, number: int) -> CellRecord | None:
        cells = reversed(self._recorder.record.cells)
        return next((cell for cell in cells if cell.number == number and number), None)

    def _input(self, number: int) -> str:
        """Return the source of an older cell, as IPython keeps it."""
        sources = self._all().get("In")
        if type(sources) is not list or not 0 < number < len(sources):
            return ""
        source = sources[number]
        return source if type(source) is str and not source.startswith(_REWRITTEN) else ""

    def _results(self) -> dict[int, Any]:
        """Return the values of ``Out``. Those of our own cells are turns, which Claude knows."""
        results = self._all().get("Out")
        if type(results) is not dict:
            return {}
        return {
            number: value
            for number, value in list(results.items())
            if type(number) is int and not full_name(type(value)).startswith("jupyter_claude.")
        }

    def _sight(self) -> Sight:
        return Sight(self.marks())

    def _brief(self, name: str, value: Any, sight: Sight) -> str:
        if not code.is_code(value) and sight.keeps_back_name(name, value, name):
            return WITHHELD
        return sight.line(adapters.brief(value, sight, name), name, _LINE)

    def _look(self, title: str, parts: list[Any], sight: Sight) -> Look:
        made = capped(parts)
        # What an adapter has missed is withheld here.
        safe = [part if isinstance(part, Picture) else sight.swept(part) for part in made]
        return Look(sight.swept(title)[:300], tuple(safe), sight.withheld)


def _names(title: str, names: list[str]) -> list[str]:
    if not names:
        return []
    shown = ", ".join(exact_line(name)[:60] for name in names[:_MOST_CODE])
    rest = len(names) - _MOST_CODE
    return [f"{title}: {shown}" + (f", … {rest:,} more" if rest > 0 else "")]


def _missing(name: str, names: Collection[str]) -> str:
    shown = exact_line(name)[:80]
    hint = did_you_mean(name[:80], list(names)[-_MOST_SUGGESTED:])
    return f"There is no variable {shown}; {hint or 'the tool variables lists them'}"
