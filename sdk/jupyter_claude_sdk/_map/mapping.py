"""`map`: asks Claude each row in a conversation of its own."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .._options import ClaudeAgentOptions
from .batch import Batch, OnError, check_budget
from .cache import Cache
from .engine import value_reader
from .outcome import Pool
from .settings import default_concurrency, settings_of
from .template import Template

if TYPE_CHECKING:
    from .._values.form import AnswerForm

__all__ = ["map"]

V = TypeVar("V")


@overload
def map(  # noqa: A001
    rows: Any,
    prompt: str | Callable[[Any], str],
    *,
    schema: None = None,
    options: ClaudeAgentOptions | None = None,
    model: str | None = None,
    system_prompt: str | None = None,
    concurrency: int | None = None,
    budget_usd: float | None = None,
    retries: int = 2,
    cache: str | os.PathLike[str] | None = None,
    tools: Sequence[str] = (),
    folder: str | os.PathLike[str] | None = None,
    on_error: OnError = "keep",
    patience: float = 600.0,
) -> Batch[str]: ...


@overload
def map(  # noqa: A001
    rows: Any,
    prompt: str | Callable[[Any], str],
    *,
    schema: type[V],
    options: ClaudeAgentOptions | None = None,
    model: str | None = None,
    system_prompt: str | None = None,
    concurrency: int | None = None,
    budget_usd: float | None = None,
    retries: int = 2,
    cache: str | os.PathLike[str] | None = None,
    tools: Sequence[str] = (),
    folder: str | os.PathLike[str] | None = None,
    on_error: OnError = "keep",
    patience: float = 600.0,
) -> Batch[V]: ...


@overload
def map(  # noqa: A001
    rows: Any,
    prompt: str | Callable[[Any], str],
    *,
    schema: Any,
    options: ClaudeAgentOptions | None = None,
    model: str | None = None,
    system_prompt: str | None = None,
    concurrency: int | None = None,
    budget_usd: float | None = None,
    retries: int = 2,
    cache: str | os.PathLike[str] | None = None,
    tools: Sequence[str] = (),
    folder: str | os.PathLike[str] | None = None,
    on_error: OnError = "keep",
    patience: float = 600.0,
) -> Batch[Any]: ...


def map(  # noqa: A001
    rows: Any,
    prompt: str | Callable[[Any], str],
    *,
    schema: Any = None,
    options: ClaudeAgentOptions | None = None,
    model: str | None = None,
    system_prompt: str | None = None,
    concurrency: int | None = None,
    budget_usd: float | None = None,
    retries: int = 2,
    cache: str | os.PathLike[str] | None = None,
    tools: Sequence[str] = (),
    folder: str | os.PathLike[str] | None = None,
    on_error: OnError = "keep",
    patience: float = 600.0,
) -> Batch[Any]:
    """Ask Claude each row, in a conversation of its own, by some processes that are kept.

    Nothing starts before the batch is awaited, iterated or estimated. Equal prompts are asked
    once. When the API is overloaded (429, 529), all rows wait and then go more slowly; no row is
    lost.

    Parameters
    ----------
    rows : iterable, or DataFrame or Series of pandas or polars
        The rows: texts or other single values, mappings, dataclasses, named tuples or pydantic
        objects. What has no length is read as rows are needed.
    prompt : str or callable
        A template such as ``"Classify: {text}"``; or a function that makes a row's prompt of the
        row. Only names of fields stand in the braces, and ``{{`` and ``}}`` are braces. A row that
        is a single value fits any one field. A missing value is no text.
    schema : type or dict, optional
        What an answer is: a type such as a dataclass, or a JSON Schema. By default a text.
    options : ClaudeAgentOptions, optional
        The options of the processes, such as ``cli_path`` and ``env``.
    model : str, optional
        The model; by default that of `options`.
    system_prompt : str, optional
        The system prompt; by default that of `options`.
    concurrency : int, optional
        How many processes ask at the same time. By default up to 4, as cores and memory allow.
    budget_usd : float, optional
        What the batch may spend. No row starts that could pass it, where each row in flight counts
        with the highest cost of a row so far. The first row starts without that knowledge.
    retries : int, default 2
        How often a wrong answer goes back to Claude with its faults.
    cache : path-like, optional
        A file that keeps each finished row, such as ``"labels.jsonl"``. A row is on disk before it
        counts. With the same file another batch asks only rows that have no answer there for the
        same prompt, schema, model, system prompt, tools and options. Rows that failed are asked
        again.
    tools : sequence of str, default ()
        Claude Code's tools that a row may use, each row in a folder of its own.
    folder : path-like, optional
        Where the folders of the rows are made, if there are `tools`.
    on_error : str, default "keep"
        ``"keep"`` notes the error of a row and goes on. ``"raise"`` stops at the first one.
    patience : float, default 600
        The seconds after which to give up, if the API has no room and no row succeeds.

    Returns
    -------
    Batch
        Await it for the result.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid, or the rows have not the template's fields. The message is one
        line.

    Examples
    --------
    >>> batch = map(reviews, "Classify: {text}", schema=Label)  # doctest: +SKIP
    >>> labels = await batch  # doctest: +SKIP
    """
    chosen = _options(options, model, system_prompt)
    names = list(tools)
    form = _form(schema)

    def make_pool(size: int) -> Pool:
        from .pool import ClaudePool

        return ClaudePool(
            chosen,
            size=size,
            form=form,
            retries=retries,
            tools=names,
            folder=None if folder is None else Path(folder),
        )

    check_retries(retries)
    return map_over(
        make_pool,
        rows,
        prompt,
        schema=schema,
        form=form,
        options=chosen,
        concurrency=concurrency,
        budget_usd=budget_usd,
        cache=cache,
        tools=tools,
        on_error=on_error,
        patience=patience,
    )


def map_over(
    make_pool: Callable[[int], Pool],
    rows: Any,
    prompt: str | Callable[[Any], str],
    *,
    schema: Any = None,
    form: AnswerForm[Any] | None = None,
    options: ClaudeAgentOptions | None = None,
    concurrency: int | None = None,
    budget_usd: float | None = None,
    cache: str | os.PathLike[str] | None = None,
    tools: Sequence[str] = (),
    on_error: OnError = "keep",
    patience: float = 600.0,
    kind: Callable[..., Batch[Any]] | None = None,
    left: Callable[[], float | None] | None = None,
) -> Batch[Any]:
    """Ask Claude each row, as `map` does, by another pool: such as one of several machines.

    The limiter, the budget, the file and equal rows are still this process's. The pool only asks.

    Parameters
    ----------
    make_pool : callable
        Makes the pool of a run. It gets the number of rows that are asked at the same time.
    rows, prompt, schema, concurrency, budget_usd, cache, on_error, patience
        As for `map`.
    form : AnswerForm, optional
        The schema's form, if there is one already.
    options : ClaudeAgentOptions, optional
        The options of the processes. Only the file looks at them: are answers in it for these?
    tools : sequence of str, default ()
        The tools of the rows. Only the file looks at them.
    kind : callable, optional
        A class of the batch that inherits from `Batch`, or what makes an object of one.
    left : callable, optional
        Returns the dollars that may still be spent by all that a program does; None is no limit.
        The batch keeps to the lower of this and its own budget.

    Returns
    -------
    Batch
        Await it for the result.

    Raises
    ------
    TypeError, ValueError
        As from `map`.
    """
    _check(concurrency, budget_usd, tools, on_error, patience)
    form = form or _form(schema)
    template = Template(prompt)
    read, kept = None, None
    if form is not None:
        from .asked import Asked

        read = value_reader(Asked(form).read)
    if cache is not None:
        kept = Cache(
            cache,
            settings_of(
                options or ClaudeAgentOptions(),
                template,
                None if form is None else form.schema,
                tools,
            ),
        )
    return (kind or Batch)(
        rows,
        template,
        make_pool,
        schema=schema,
        read=read,
        concurrency=concurrency or default_concurrency(),
        budget_usd=budget_usd,
        cache=kept,
        on_error=on_error,
        patience=patience,
        left=left,
    )


def _options(
    given: ClaudeAgentOptions | None, model: str | None, system_prompt: str | None
) -> ClaudeAgentOptions:
    options = ClaudeAgentOptions() if given is None else given
    changes: dict[str, Any] = {}
    if model is not None:
        changes["model"] = model
    if system_prompt is not None:
        changes["system_prompt"] = system_prompt
    return dataclasses.replace(options, **changes) if changes else options


def _form(schema: Any) -> AnswerForm[Any] | None:
    if schema is None:
        return None
    from .._values.form import AnswerForm  # loads pydantic

    return AnswerForm[Any](schema)


def _check(concurrency: Any, budget_usd: Any, tools: Any, on_error: Any, patience: Any) -> None:
    """Check arguments of `map`. Each message is one line."""
    if concurrency is not None and (type(concurrency) is not int or concurrency < 1):
        raise ValueError(f"concurrency must be a whole number from 1 on, not {concurrency!r}")
    check_budget(budget_usd)
    if isinstance(tools, str) or not all(isinstance(name, str) for name in tools):
        raise TypeError(f"tools must be a list of names such as ['Read'], not {tools!r}")
    if on_error not in ("keep", "raise"):
        raise ValueError(f"on_error must be 'keep' or 'raise', not {on_error!r}")
    if isinstance(patience, bool) or not isinstance(patience, (int, float)) or not patience >= 0:
        raise ValueError(f"patience must be seconds from 0 on, not {patience!r}")


def check_retries(retries: Any) -> None:
    """Check how often a wrong answer may go back to Claude.

    Parameters
    ----------
    retries : object
        What a user gave.

    Raises
    ------
    ValueError
        If it is no whole number from 0 on. The message is one line.
    """
    if type(retries) is not int or retries < 0:
        raise ValueError(f"retries must be a whole number from 0 on, not {retries!r}")
