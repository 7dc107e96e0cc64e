"""`Row` and `Rows`: what a batch found for each row, and the frame of it."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .._base.repr import ShortRepr
from .._values.columns import Column, cells_of, columns_of
from .frames import Library, to_frame

__all__ = ["Row", "Rows"]

V = TypeVar("V")

#: The column of answers that are texts.
TEXT = "text"
_OWN = (
    Column("error", "text", optional=True),
    Column("cost_usd", "number"),
    Column("attempts", "integer"),
)


@dataclass(frozen=True, repr=False)
class Row(ShortRepr, Generic[V]):
    """A row of a batch, and its answer or error.

    Attributes
    ----------
    index : object
        Its label in the frame's index; its position, if the rows have no index.
    position : int
        Its position among the rows, from 0.
    fields : mapping or object
        Its fields by name; or the row itself, if it is a single value.
    prompt : str
        What Claude was asked; "" if the row made no prompt.
    value : object
        The answer: a value of the schema, or a text. None if there is an error.
    text : str
        Claude's words, or its value as JSON; kept also if there is an error.
    error : str or None
        One clear line; None if the row has an answer.
    kind : str
        The kind of error: "" if none, "invalid" if the answer has not the form, "denied",
        "prompt" if the row made no prompt, "budget", "busy" if the API had no room for long,
        "refused" if the batch stopped, as by a wrong key, "cache" if the answer could not be
        written, "cancelled", "waiting" if the row was not asked yet, "failed" for all else.
    errors : tuple of str
        All faults with their places.
    cost_usd : float
        What it cost; 0 if an equal row was asked. A row from the file has what it cost then.
    attempts : int
        How often Claude gave an answer. Wrong answers count.
    input_tokens, output_tokens : int
        Its tokens. Cached input counts too.
    seconds : float
        How long it took.
    folder : str or None
        The folder in which its tools worked.
    reused : bool
        Whether its answer came from the file, or from an equal row.
    """

    index: Any
    position: int
    fields: Any
    prompt: str = ""
    value: V | None = None
    text: str = ""
    error: str | None = None
    kind: str = ""
    errors: tuple[str, ...] = ()
    cost_usd: float = 0.0
    attempts: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    folder: str | None = None
    reused: bool = False


class Rows(list[Row[V]]):
    """The rows of a batch in their order: a list of `Row`.

    Parameters
    ----------
    rows : iterable of Row, default ()
        The rows.
    columns : sequence of Column, optional
        The columns of the answers; by default one with texts.
    """

    def __init__(
        self, rows: Iterable[Row[V]] = (), columns: Sequence[Column] = (Column(TEXT, "text"),)
    ) -> None:
        super().__init__(rows)
        self._columns = tuple(columns)

    def to_dataframe(self, library: Library = "pandas") -> Any:
        """Return the answers as a frame, with the columns ``error``, ``cost_usd``, ``attempts``.

        Parameters
        ----------
        library : str, default "pandas"
            ``"pandas"`` or ``"polars"``.

        Returns
        -------
        DataFrame
            One row for each row. The types of the columns come from the schema. If the schema has
            a column such as ``error``, the batch's own is ``map_error``.

        Raises
        ------
        ValueError
            If there is no such library.
        ModuleNotFoundError
            If it is not installed.
        """
        cells, columns = table_of(self, self._columns)
        return to_frame(cells, columns, library, [row.index for row in self])


def answer_columns(schema: Any) -> list[Column]:
    """Return the columns of answers that have a type or JSON Schema; None means texts."""
    if schema is None:
        return [Column(TEXT, "text", optional=True)]
    wanted = {"type": "array", "items": schema} if isinstance(schema, Mapping) else list[schema]
    # A row that fails leaves its cells empty, so each column can have empty cells.
    return [dataclasses.replace(one, optional=True) for one in columns_of(wanted) or ()]


def table_of(
    rows: Sequence[Row[Any]], columns: Sequence[Column]
) -> tuple[dict[str, list[Any]], list[Column]]:
    """Return the answers and the batch's own columns, and what these are."""
    if [column.name for column in columns] == [TEXT]:
        texts = not any(row.error is None and not isinstance(row.value, str) for row in rows)
    else:
        texts = False
    values = [row.value for row in rows]
    cells = {TEXT: values} if texts else cells_of(values, columns)
    own = []
    for column in _OWN:
        name = column.name
        while name in cells:
            name = f"map_{name}"
        own.append(dataclasses.replace(column, name=name))
        cells[name] = [getattr(row, column.name) for row in rows]
    return cells, [*columns, *own]
