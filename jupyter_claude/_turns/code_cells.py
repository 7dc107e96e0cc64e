"""`CodeCells`: code that Claude ran, as cells, so that the notebook runs again without Claude."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .._display import shown

#: Inserts cells into the user's notebook. It returns False if it cannot.
Insert = Callable[[list[dict[str, Any]]], bool]

_inserters: list[Insert] = []


def insert_with(insert: Insert) -> Callable[[], None]:
    """Register a way to insert cells. The newest is tried first.

    Returns
    -------
    callable
        Removes it.
    """
    _inserters.insert(0, insert)

    def remove() -> None:
        if insert in _inserters:
            _inserters.remove(insert)

    return remove


class CodeCells(Sequence[dict[str, Any]]):
    """Cells of a notebook, as nbformat defines them. A notebook shows their code.

    Parameters
    ----------
    cells : list of dict
        The cells.
    """

    def __init__(self, cells: list[dict[str, Any]]) -> None:
        self._cells = cells

    @property
    def sources(self) -> list[str]:
        """The code of each cell."""
        return [str(cell["source"]) for cell in self._cells]

    def insert(self) -> None:
        """Insert the cells into the notebook, below the cell that runs.

        A front end that cannot insert several cells gets one with all the code.

        Raises
        ------
        RuntimeError
            If there are no cells, or if the front end cannot insert any.
        """
        if not self._cells:
            raise RuntimeError("there is no code to insert: this turn ran none without an error")
        cells = [dict(cell) for cell in self._cells]
        if not any(insert(cells) for insert in list(_inserters)):
            raise RuntimeError("this front end cannot insert cells; copy the code instead")

    def __getitem__(self, index: Any) -> Any:
        return self._cells[index]

    def __len__(self) -> int:
        return len(self._cells)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._cells)

    def __str__(self) -> str:
        return "\n\n".join(self.sources)

    def __repr__(self) -> str:
        return f"<{len(self)} code cell{'' if len(self) == 1 else 's'}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = shown(self) or {"text/plain": str(self) or repr(self)}
        return bundle


def cell_of(source: str, why: str = "", *, failed: bool = False) -> dict[str, Any]:
    """Return code as a cell of nbformat 4.5.

    Parameters
    ----------
    source : str
        The code.
    why : str
        Why it was run. A comment in the code would break cell magics, so it is metadata.
    failed : bool, default False
        Whether it ended with an error.
    """
    metadata: dict[str, Any] = {"jupyter_claude": {"why": why}} if why else {}
    if failed:
        metadata["tags"] = ["raises-exception"]
    return {
        "cell_type": "code",
        "id": uuid.uuid4().hex[:8],
        "metadata": metadata,
        "execution_count": None,
        "outputs": [],
        "source": source,
    }
