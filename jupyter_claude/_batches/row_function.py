"""`rows`: a plain function that asks rows, for Ray Data, Spark and other engines."""

from __future__ import annotations

import atexit
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from jupyter_claude_sdk import ClaudeAgentOptions
from jupyter_claude_sdk.lowlevel import Pool, check_retries, default_concurrency, map_over

from .background import Background, Kept
from .counted import Counted
from .pickling import packed, unpacked
from .travel import Asking, check_tools

__all__ = ["rows"]

#: The pools of this process, by function and process: a fork has none of its parent's.
_pools: dict[tuple[str, int], Background] = {}
_lock = threading.Lock()


def rows(
    prompt: str | Callable[[Any], str],
    *,
    schema: Any = None,
    model: str | None = None,
    system_prompt: str | None = None,
    concurrency: int | None = None,
    retries: int = 2,
    tools: Sequence[str] = (),
    folder: str | os.PathLike[str] | None = None,
    on_error: str = "keep",
    patience: float = 600.0,
    keep: bool | Sequence[str] = True,
) -> RowFunction:
    """Make a function that asks rows on the worker that calls it.

    It is for engines that call a function on many machines: ``map_batches`` of Ray Data,
    ``mapInPandas`` of Spark. It can be pickled. It needs no event loop, and works in any thread.
    Each worker process has Claude Code processes of its own. Calls use them again, and they end
    with the worker, or after 30 seconds without a call. The sign-in comes from the worker's
    environment, and the CLI is the worker's.

    Parameters
    ----------
    prompt : str or callable
        A template such as ``"Classify: {text}"``; or a function that makes a row's prompt of the
        row.
    schema : type or dict, optional
        What an answer is. By default a text.
    model : str, optional
        The model; by default the one that the worker's CLI chooses.
    system_prompt : str, optional
        The system prompt of each row.
    concurrency : int, optional
        How many rows each worker process asks at the same time. By default up to 4, as its cores
        and memory allow. No limit holds for all workers together: give the engine that limit.
    retries : int, default 2
        How often a wrong answer goes back to Claude with its faults.
    tools : sequence of str, default ()
        Permission rules for Claude Code's tools. Each row works in a folder of its own.
    folder : path-like, optional
        Where the folders of the rows are made on the worker, if there are `tools`.
    on_error : str, default "keep"
        ``"keep"`` notes the error of a row in the column ``error``. ``"raise"`` raises it, and the
        engine decides whether it asks the whole part again.
    patience : float, default 600
        The seconds after which to give up, if the API has no room and no row succeeds.
    keep : bool or sequence of str, default True
        Which columns of the rows the result has, besides the answers.

    Returns
    -------
    RowFunction
        A function of one argument: a frame of pandas, a dict of columns, or an iterator of these.
        It returns the same kind, with the answers' columns, ``error``, ``cost_usd`` and
        ``attempts``. If the rows have a column such as ``text`` too, the answer's is
        ``answer_text``.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid. The message is one line.

    Examples
    --------
    >>> classify = rows("Classify: {text}", schema=Label)
    >>> dataset.map_batches(classify, batch_size=64)  # Ray Data
    >>> frame.mapInPandas(classify, "text string, mood string, error string, …")  # Spark
    """
    check_retries(retries)
    check_tools(tools)
    options = ClaudeAgentOptions(model=model, system_prompt=system_prompt)
    asking = Asking.of(options, schema, retries, tools, folder)
    kept = keep if isinstance(keep, bool) else tuple(keep)
    made = RowFunction(prompt, asking, concurrency, on_error, patience, kept)
    made.check()
    asking.permitted()
    return made


class RowFunction:
    """A function that asks rows; see `rows`, which makes it.

    Parameters
    ----------
    prompt : str or callable
        The prompt.
    asking : Asking
        How rows are asked.
    concurrency : int, optional
        How many rows are asked at the same time.
    on_error : str
        What to do if a row fails.
    patience : float
        The seconds of overload after which to give up.
    keep : bool or tuple of str
        Which columns of the rows the result has.
    """

    def __init__(
        self,
        prompt: str | Callable[[Any], str],
        asking: Asking,
        concurrency: int | None,
        on_error: str,
        patience: float,
        keep: bool | tuple[str, ...],
    ) -> None:
        self._prompt = prompt
        self._asking = asking
        self._concurrency = concurrency
        self._on_error = on_error
        self._patience = patience
        self._keep = keep
        self._id = uuid.uuid4().hex

    def __repr__(self) -> str:
        prompt = self._prompt if isinstance(self._prompt, str) else "a function"
        return f"<RowFunction {' '.join(prompt.split())[:60]!r}>"

    @property
    def __name__(self) -> str:
        return "claude_rows"  # engines show it

    def __call__(self, given: Any) -> Any:
        """Ask rows.

        Parameters
        ----------
        given : DataFrame of pandas, mapping of columns, or iterator of these
            The rows.

        Returns
        -------
        DataFrame, dict or iterator
            The same kind. An iterator asks the next part when it is needed.

        Raises
        ------
        TypeError, ValueError
            If these are no rows, or have not the prompt's fields.
        BatchError
            If a row failed, and ``on_error`` is ``"raise"``.
        """
        import pandas

        if isinstance(given, pandas.DataFrame):
            return self._frame(given)
        if isinstance(given, Mapping):
            frame = pandas.DataFrame({name: list(cells) for name, cells in given.items()})
            made = self._frame(frame)
            # What was given stays as it is, with its types.
            return {
                name: given[name] if name in given else _array(made[name]) for name in made.columns
            }
        if isinstance(given, Iterable) and not isinstance(given, (str, bytes)):
            return self._parts(given)
        raise TypeError(
            "rows must be a DataFrame of pandas, a dict of columns, or an iterator of these, not "
            f"{type(given).__name__}"
        )

    def check(self) -> None:
        """Check the arguments, without rows."""
        map_over(
            lambda size: self._asking.pool(size),
            [],
            self._prompt,
            schema=self._asking.schema,
            form=self._asking.form,
            concurrency=self._concurrency,
            tools=self._asking.tools,
            on_error=self._on_error,  # type: ignore[arg-type]
            patience=self._patience,
        )

    def close(self) -> None:
        """End this process's Claude Code processes. The next call starts new ones."""
        with _lock:
            background = _pools.pop((self._id, os.getpid()), None)
        if background is not None:
            background.close()

    # --- asking ------------------------------------------------------------------------------

    def _parts(self, given: Iterable[Any]) -> Iterator[Any]:
        for part in given:
            yield self(part)

    def _frame(self, frame: Any) -> Any:
        import pandas

        made = plain(self._answers(frame))
        names = list(frame.columns) if self._keep is True else list(self._keep or ())
        made.columns = [f"answer_{name}" if name in names else name for name in made.columns]
        return pandas.concat([frame[names], made], axis=1)

    def _answers(self, frame: Any) -> Any:
        form = self._asking.form  # it reads a schema that was pickled

        async def ask(pool: Pool) -> Any:
            batch = map_over(
                lambda size: Kept(pool),
                frame,
                self._prompt,
                schema=self._asking.schema,
                form=form,
                concurrency=self._concurrency,
                tools=self._asking.tools,
                on_error=self._on_error,  # type: ignore[arg-type]
                patience=self._patience,
            )
            return await batch

        return self._background().run(ask)

    def _background(self) -> Background:
        key = self._id, os.getpid()
        with _lock:
            if key not in _pools:
                size = default_concurrency() if self._concurrency is None else self._concurrency
                _pools[key] = Background(lambda: Counted(self._asking, size))
            return _pools[key]

    def __getstate__(self) -> dict[str, Any]:
        state = dict(vars(self))
        if not isinstance(self._prompt, str):
            state["_prompt"] = None
            state["packed"] = packed(self._prompt)
            if state["packed"] is None:
                raise TypeError("The function for the prompt cannot be pickled")
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        made = state.pop("packed", None)
        vars(self).update(state)
        if made is not None:
            self._prompt = unpacked(made)


def plain(answers: Any) -> Any:
    """Return answers with types that engines know: texts in place of categories."""
    import pandas

    for name in answers.columns:
        column = answers[name]
        if str(column.dtype) == "category":
            cells = [None if cell != cell else getattr(cell, "value", cell) for cell in column]
            answers[name] = pandas.Series(cells, index=column.index, dtype=object)
    return answers


def _array(column: Any) -> Any:
    """Return a column as an array: of numbers if no cell is empty, else of objects."""
    kind = str(column.dtype)
    empty = column.isna()
    if empty.any() or kind in ("string", "str", "object"):
        return column.astype(object).where(~empty, None).to_numpy(dtype=object)
    return column.to_numpy(
        dtype={"Int64": "int64", "Float64": "float64", "boolean": "bool"}.get(kind)
    )


@atexit.register
def _close_all() -> None:
    """End the processes before this one does."""
    mine = [key for key in _pools if key[1] == os.getpid()]
    for key in mine:
        _pools.pop(key).close()
