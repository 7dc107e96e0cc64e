"""What turns cost: the differences of the Claude Code process's running totals."""

from __future__ import annotations

from typing import Any

from jupyter_claude_sdk import ResultMessage

#: A result's ``usage`` and, for the same, the names in its running totals.
_NAMES = (
    ("input_tokens", "inputTokens"),
    ("cache_creation_input_tokens", "cacheCreationInputTokens"),
    ("cache_read_input_tokens", "cacheReadInputTokens"),
    ("output_tokens", "outputTokens"),
)


class Ledger:
    """Makes a turn's own cost and tokens of the totals that its result states.

    The totals are those of one process; when it resumes a conversation, they begin with what that
    had cost.
    """

    def __init__(self) -> None:
        self._cost = 0.0
        self._usage: dict[str, int] = {}

    def start(self, cost: float = 0.0, models: dict[str, Any] | None = None) -> None:
        """A process has started, and states these totals before its first turn."""
        self._cost = cost
        self._usage = _sum_usage(models or {})

    def take(self, result: ResultMessage) -> tuple[float, dict[str, Any]]:
        """Return the cost and the usage of the turn that ends with `result`."""
        total = result.total_cost_usd or 0.0
        # The total falls when the CLI starts to count anew, as /clear makes it.
        cost = total - self._cost if total >= self._cost else total
        self._cost = total
        # The result's own usage is empty for an interrupted turn and knows no subagents; the
        # difference of the running totals has both, as the cost does.
        usage = dict(result.usage or {})
        totals = _sum_usage(result.model_usage or {})
        if any(totals.values()):
            before, self._usage = self._usage, totals
            fell = any(totals[name] < before.get(name, 0) for name in totals)
            usage.update(
                totals if fell else {name: totals[name] - before.get(name, 0) for name in totals}
            )
        return cost, usage


def _sum_usage(models: dict[str, Any]) -> dict[str, int]:
    return {
        name: sum(int(model.get(wire_name) or 0) for model in models.values())
        for name, wire_name in _NAMES
    }
