"""The messages between the kernel and views of a batch."""

from __future__ import annotations

from typing import Literal, TypedDict


class BatchState(TypedDict):
    """How far a batch is."""

    running: bool
    settled: int
    """Rows that have an answer or an error."""
    total: int | None
    failed: int
    cost_usd: float
    budget_usd: float | None
    rate: float | None
    """Rows in a minute."""
    seconds_left: float | None
    wait: float | None
    """The seconds until the next row, if the API is busy."""
    slowed: bool
    """Whether fewer rows are asked at the same time, because the API is busy."""
    stopping: bool


class BatchFromKernel(TypedDict):
    """The new state of a batch."""

    type: Literal["batch"]
    state: BatchState


class BatchFromPage(TypedDict):
    """Asks for the state, or stops the batch."""

    type: Literal["batch"]
    do: Literal["hello", "stop"]
