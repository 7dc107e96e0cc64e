"""`DaskFrame`: a Dask dataframe or series as rows, partition by partition, and as the result."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import anyio.to_thread
from jupyter_claude_sdk.lowlevel import Column, PartedFrame, Template, to_pandas


class DaskFrame(PartedFrame):
    """The rows of a Dask dataframe or series.

    Of a dataframe only the columns are read that the prompt names. The next partition is computed
    while the rows of one are asked.

    Parameters
    ----------
    given : dask.dataframe.DataFrame or dask.dataframe.Series
        The rows.
    prompt : str or callable
        The prompt; a function gets whole rows.
    client : distributed.Client, optional
        Who computes the partitions; by default Dask's scheduler on this machine.
    """

    def __init__(self, given: Any, prompt: Any, client: Any = None) -> None:
        self.names: list[Any] | None = list(given.columns) if given.ndim == 2 else None
        if self.names is not None and isinstance(prompt, str):
            wanted = set(Template(prompt).names)
            known = [name for name in self.names if str(name) in wanted]
            if known:
                given, self.names = given[known], known
        self._given = given
        self._client = client
        self._parts: Any = None  # a list, once the first is wanted
        self._number = 0
        self._next: Any = None
        self._indexes: list[Any] = []  # of the partitions that were loaded
        self._ends: list[int] = []  # their last rows' positions, plus 1

    async def load(self) -> Iterable[Any] | None:
        """Return the rows of the next partition; None if there are no more."""
        if self._number == self._given.npartitions:
            return None
        part = await self._computed(self._number)
        self._number += 1
        self._indexes.append(part.index)
        self._ends.append((self._ends[-1] if self._ends else 0) + len(part))
        return _rows(part, self.names)

    async def _computed(self, number: int) -> Any:
        if self._parts is None:
            self._parts = await anyio.to_thread.run_sync(self._given.to_delayed)
        parts: list[Any] = self._parts
        if self._client is None:
            compute = parts[number].compute
            return await anyio.to_thread.run_sync(compute, abandon_on_cancel=True)
        future = self._next or self._client.compute(parts[number])
        self._next = None
        if number + 1 < len(parts):
            self._next = self._client.compute(parts[number + 1])
        if self._client.asynchronous:
            return await future
        return await anyio.to_thread.run_sync(future.result, abandon_on_cancel=True)

    def label(self, position: int) -> Any:
        """Return the label of a row that was loaded."""
        number = bisect.bisect_right(self._ends, position)
        return self._indexes[number][position - (self._ends[number - 1] if number else 0)]

    def answers(self, cells: dict[str, list[Any]], columns: Sequence[Column]) -> Any:
        """Return columns as a Dask dataframe with the same partitions and divisions.

        The answers are in its graph. So it needs no worker that is still there.
        """
        from dask import dataframe

        begin, parts = 0, []
        for index, end in zip(self._indexes, self._ends, strict=True):
            part = to_pandas({name: these[begin:end] for name, these in cells.items()}, columns)
            part.index = index
            parts.append(part)
            begin = end
        meta = to_pandas({name: [] for name in cells}, columns)
        meta.index = self._given._meta.index[:0]
        return dataframe.from_map(_same, parts, meta=meta, divisions=self._given.divisions)


def _same(part: Any) -> Any:
    return part


def _rows(part: Any, names: list[Any] | None) -> Iterator[Any]:
    if names is None:
        return iter(part)
    made = partial(zip, names)
    return (dict(made(cells)) for cells in part.itertuples(index=False, name=None))
