"""The Prometheus text file: counters that go on after a restart, since the file itself has them."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: The counters, and what they count. The texts are the same in the file of each user.
COUNTERS = {
    "jupyter_claude_turns_total": "Turns and rows that Claude answered.",
    "jupyter_claude_cost_usd_total": "Cost in US dollars at the prices of the API.",
    "jupyter_claude_tokens_total": "Tokens read and written.",
}
_SAMPLE = re.compile(r'(\w+)(\{(?:\w+="(?:[^"\\\n]|\\.)*",?)*\}) (\d[\d.eE+-]*)')

#: Amounts by counter and labels.
Amounts = dict[tuple[str, str], float]


def labels(**values: str) -> str:
    """Return labels as Prometheus writes them."""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in values.items()) + "}"


def added(text: str, amounts: Mapping[tuple[str, str], float]) -> str:
    """Return a file's text with amounts added to its counters. Lines of others are dropped."""
    totals: Amounts = {}
    for line in text.split("\n"):
        found = _SAMPLE.fullmatch(line)
        if found and found[1] in COUNTERS:
            totals[found[1], found[2]] = _number(found[3])
    for key, amount in amounts.items():
        totals[key] = totals.get(key, 0.0) + amount
    lines = []
    for name, means in COUNTERS.items():
        lines += [f"# HELP {name} {means}", f"# TYPE {name} counter"]
        lines += [
            f"{name}{label} {total:.12g}"
            for (counter, label), total in sorted(totals.items())
            if counter == name
        ]
    return "\n".join(lines) + "\n"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
