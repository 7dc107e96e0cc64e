"""A pool without processes, and batches over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
from jupyter_claude_sdk import Batch
from jupyter_claude_sdk._map.cache import Cache
from jupyter_claude_sdk._map.engine import value_reader
from jupyter_claude_sdk._map.outcome import Outcome
from jupyter_claude_sdk._map.template import Template
from jupyter_claude_sdk._values.form import AnswerForm

SETTINGS = {"schema": "s1", "model": "m1", "template": "t1", "form": "1"}


def answered(value: Any, text: str | None = None, **fields: Any) -> Outcome:
    """Return the outcome of a row that has an answer; it costs a cent."""
    values: dict[str, Any] = {
        "error": None,
        "kind": "",
        "errors": (),
        "cost_usd": 0.01,
        "attempts": 1,
        "input_tokens": 100,
        "output_tokens": 10,
        "seconds": 2.0,
        "folder": None,
        **fields,
    }
    return Outcome(value=value, text=str(value) if text is None else text, **values)


def wrong(error: str = "no number", **fields: Any) -> Outcome:
    """Return the outcome of a row that failed."""
    return answered(None, "raw", error=error, kind="invalid", errors=(error,), **fields)


class FakePool:
    """Answers by a function of the prompt and of how often it was asked, from 1 on.

    What the function raises is raised; a prompt that is in `hangs` has no answer.
    """

    def __init__(self, answer: Callable[[str, int], Outcome] | None = None) -> None:
        self.answer = answer or (lambda prompt, nth: answered(prompt.upper()))
        self.asked: list[str] = []
        self.hangs: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.running = self.most = self.opened = self.closed = 0

    async def __aenter__(self) -> FakePool:
        self.opened += 1
        return self

    async def __aexit__(self, *exc: object) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.lowlevel.checkpoint()
        self.closed += 1

    async def ask(self, prompt: str) -> Outcome:
        self.asked.append(prompt)
        self.counts[prompt] += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if prompt in self.hangs:
                await anyio.sleep_forever()
            for _ in range(3):
                await anyio.lowlevel.checkpoint()
            return self.answer(prompt, self.counts[prompt])
        finally:
            self.running -= 1


def make(
    rows: Any,
    prompt: Any,
    pool: FakePool,
    *,
    schema: Any = None,
    cache: Any = None,
    settings: dict[str, str] | None = None,
    **fields: Any,
) -> Batch[Any]:
    """Return a batch over a fake pool."""
    form = None if schema is None else AnswerForm[Any](schema)
    return Batch(
        rows,
        Template(prompt),
        lambda size: pool,
        schema=schema,
        read=None if form is None else value_reader(form.read),
        cache=None if cache is None else Cache(cache, settings or SETTINGS),
        **fields,
    )
