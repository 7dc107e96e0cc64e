"""What rows are, as the user gave them: their number, their labels and their fields."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping, Sized
from typing import Any, Union

import anyio

from .frames import Frame, PartedFrame, frame_of

#: A row's fields by name; or the row itself, if it is a single value such as a text.
Fields = Union[Mapping[Any, Any], Any]


_LOOKED_AT = 1000  # rows of a list whose fields a template can name


class Source:
    """The rows that a user gave. Each is read once, and kept.

    A list, and what else has a length, is read at once. Other iterables are read as rows are
    needed, so one without an end can be used too.

    Parameters
    ----------
    given : iterable, or DataFrame or Series of pandas or polars
        The rows.

    Raises
    ------
    TypeError
        If these are no rows. The message is one line.

    Attributes
    ----------
    frame : Frame or None
        The frame, if the rows are one.
    rows : list
        The rows that were read.
    total : int or None
        How many there are; None as long as this is not known.
    """

    def __init__(self, given: Any) -> None:
        self._parts = given if isinstance(given, PartedFrame) else None
        self._loading = anyio.Lock()
        self.frame: Frame | PartedFrame | None = self._parts or frame_of(given)
        self.rows: list[Any] = []
        self.total: int | None = None
        self._rest: Iterator[Any] = iter(())
        if self._parts is not None:
            return
        if self.frame is not None and not isinstance(self.frame, PartedFrame):
            self.rows = list(self.frame.rows())
        elif isinstance(given, (str, bytes, bytearray)):
            raise TypeError(f"rows must be a list of rows, not one {type(given).__name__}")
        elif isinstance(given, Mapping):
            raise TypeError(
                "rows must be a list of rows, not a mapping; for one row write [row], for its "
                "values rows.values()"
            )
        elif isinstance(given, AsyncIterable) and not isinstance(given, Iterable):
            raise TypeError(
                "rows must be a list or an iterable, not an asynchronous one; collect it first"
            )
        elif not isinstance(given, Iterable):
            raise TypeError(
                "rows must be a list, an iterable, or a DataFrame or Series of pandas or polars, "
                f"not {type(given).__name__}"
            )
        elif isinstance(given, Sized):
            self.rows = list(given)
        else:
            self._rest = iter(given)
            return
        self.total = len(self.rows)

    def is_behind(self, position: int) -> bool:
        """Whether a part of the rows must be loaded to know if there is a row at `position`."""
        return self._parts is not None and self.total is None and len(self.rows) <= position

    async def load(self) -> None:
        """Load the next part of rows that come in parts."""
        seen = len(self.rows)
        async with self._loading:
            # Who waited for the lock has the part that was loaded meanwhile.
            if self._parts is None or self.total is not None or len(self.rows) > seen:
                return
            part = await self._parts.load()
            if part is None:
                self.total = len(self.rows)
            else:
                self.rows.extend(part)

    async def reach(self, position: int) -> bool:
        """Whether there is a row at `position`; loads and reads as far as that."""
        while self.is_behind(position):
            await self.load()
        return self.has(position)

    async def finish(self) -> None:
        """Load all rows that come in parts."""
        while self._parts is not None and self.total is None:
            await self.load()

    def has(self, position: int) -> bool:
        """Whether there is a row at `position`; reads as far as that."""
        if self._parts is not None:
            return position < len(self.rows)
        while self.total is None and len(self.rows) <= position:
            try:
                self.rows.append(next(self._rest))
            except StopIteration:
                self.total = len(self.rows)
            except BaseException:
                self.total = len(self.rows)  # a generator that has failed gives no more
                raise
        return position < len(self.rows)

    def label(self, position: int) -> Any:
        """Return a row's label in the frame's index; its position, if there is no index."""
        return position if self.frame is None else self.frame.label(position)

    def fields(self, position: int) -> Fields:
        """Return a row's fields by name, or the row itself if it is a single value."""
        return fields_of(self.rows[position])

    def known(self) -> tuple[bool, Any]:
        """Return whether the names of the fields are known before a row is asked, and the names.

        The names are None if rows are single values.
        """
        if self.frame is not None:
            return True, self.frame.names
        names: dict[Any, None] = {}
        for position in range(min(len(self.rows), _LOOKED_AT)):
            fields = self.fields(position)
            if is_single(fields):
                return not names, None
            names.update(dict.fromkeys(fields))
        return bool(self.rows), list(names)


def fields_of(row: Any) -> Fields:
    """Return a row's fields by name, or the row itself if it is a single value."""
    if isinstance(row, (Mapping, type)):
        return row
    if dataclasses.is_dataclass(row):
        return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    if isinstance(row, tuple) and hasattr(row, "_asdict"):
        named: Any = row
        return named._asdict()
    fields = getattr(type(row), "model_fields", None)  # of pydantic
    if isinstance(fields, Mapping):
        return {name: getattr(row, name) for name in fields}
    return row


def is_single(fields: Fields) -> bool:
    """Whether a row is a single value, without names of fields."""
    return not isinstance(fields, Mapping)
