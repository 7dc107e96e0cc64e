"""Runs of reads and searches, which views show as one card: "Read 6 files, 3 searches".

A text, another tool, a failure, a picture, a note or a request ends a run. The front end does the
same in ``views/runs.ts``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Union

from .._turns.items import Item, ThinkingItem, ToolCall, ToolState
from .._turns.tool_words import steps_text


@dataclass
class Run:
    """At least two calls that follow each other."""

    calls: list[ToolCall]

    @property
    def title(self) -> str:
        """What the calls did, in words."""
        return steps_text(call.step for call in self.calls)

    @property
    def about(self) -> str:
        """What they looked at, in one line."""
        return ", ".join(dict.fromkeys(call.summary for call in self.calls if call.summary))

    @property
    def state(self) -> ToolState:
        """Running, or done."""
        return "running" if any(call.is_open for call in self.calls) else "done"


def runs_of(items: Iterable[Item]) -> list[Union[Item, Run]]:
    """Return the items with each run in place of its calls."""
    shown: list[Union[Item, Run]] = []
    calls: list[ToolCall] = []

    def end() -> None:
        shown.extend([Run(calls[:])] if len(calls) > 1 else calls)
        calls.clear()

    for item in items:
        if isinstance(item, ToolCall) and item.step:
            calls.append(item)
        elif not (isinstance(item, ThinkingItem) and not item.text):  # it shows nothing
            end()
            shown.append(item)
    end()
    return shown
