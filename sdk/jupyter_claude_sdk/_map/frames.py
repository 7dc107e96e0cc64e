"""Frames of pandas and polars: recognised without their library, which only their owner imports."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, Protocol

from .._values.columns import Column, to_pandas, to_polars

Library = Literal["pandas", "polars"]


class Frame(Protocol):
    """A frame that a user gave as rows."""

    library: Library
    names: list[Any] | None

    def rows(self) -> Iterator[Any]:
        """Yield the rows: mappings, or the values of a series."""
        ...

    def label(self, position: int) -> Any:
        """Return a row's label in the index."""
        ...

    def answers(self, cells: dict[str, list[Any]], columns: Sequence[Column]) -> Any:
        """Return columns as a frame of the same library, with the same index."""
        ...


class PartedFrame(ABC):
    """A frame whose rows come in parts, such as the partitions of a Dask dataframe.

    Attributes
    ----------
    names : list or None
        The names of its columns; None if a row is a single value.
    """

    names: list[Any] | None

    @abstractmethod
    async def load(self) -> Iterable[Any] | None:
        """Return the rows of the next part; None if there are no more parts."""

    @abstractmethod
    def label(self, position: int) -> Any:
        """Return the label of a row that was loaded."""

    @abstractmethod
    def answers(self, cells: dict[str, list[Any]], columns: Sequence[Column]) -> Any:
        """Return columns as a frame of the same library, with the same index."""


def frame_of(given: Any) -> Frame | None:
    """Return the frame that rows are; None if they are none.

    Raises
    ------
    TypeError
        If it is a frame that must be collected first.
    """
    # Who has such an object has imported its library.
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas is not None and isinstance(given, (pandas.DataFrame, pandas.Series)):
        return _Pandas(given, pandas.DataFrame)
    if polars is not None and isinstance(given, (polars.DataFrame, polars.Series)):
        return _Polars(given, polars.DataFrame)
    if polars is not None and isinstance(given, polars.LazyFrame):
        raise TypeError("rows is a LazyFrame of polars; give rows.collect()")
    if type(given).__module__.partition(".")[0] in ("dask", "dask_expr"):
        raise TypeError(
            "rows is a collection of Dask, which only jupyter_claude's claude.map takes; here give "
            "rows.compute()"
        )
    return None


def to_frame(
    cells: dict[str, list[Any]], columns: Sequence[Column], library: Library, index: list[Any]
) -> Any:
    """Return columns as a frame of a library by name. A frame of pandas gets the index.

    Raises
    ------
    ValueError
        If there is no such library.
    """
    if library == "polars":
        return to_polars(cells, columns)
    if library == "pandas":
        made = to_pandas(cells, columns)
        made.index = index
        return made
    raise ValueError(f"library must be 'pandas' or 'polars', not {library!r}")


class _Pandas:
    library: Library = "pandas"

    def __init__(self, given: Any, kind: type[Any]) -> None:
        self._given = given
        self._index = given.index  # what the user does to the frame later makes a new one
        self.names: list[Any] | None = list(given.columns) if isinstance(given, kind) else None

    def rows(self) -> Iterator[Any]:
        if self.names is None:
            return iter(self._given)
        names = self.names
        return (
            dict(zip(names, cells, strict=True))
            for cells in self._given.itertuples(index=False, name=None)
        )

    def label(self, position: int) -> Any:
        return self._index[position]

    def answers(self, cells: dict[str, list[Any]], columns: Sequence[Column]) -> Any:
        made = to_pandas(cells, columns)
        made.index = self._index  # as it is: with its name, its levels, its duplicates
        return made


class _Polars:
    library: Library = "polars"

    def __init__(self, given: Any, kind: type[Any]) -> None:
        self._given = given
        self._whole = isinstance(given, kind)
        self.names: list[Any] | None = list(given.columns) if self._whole else None

    def rows(self) -> Iterator[Any]:
        return self._given.iter_rows(named=True) if self._whole else iter(self._given)

    def label(self, position: int) -> Any:
        return position

    def answers(self, cells: dict[str, list[Any]], columns: Sequence[Column]) -> Any:
        return to_polars(cells, columns)
