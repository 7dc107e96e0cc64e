"""What the practice model answers in ``notebooks/analysis.ipynb``.

The code that it runs is scripted, and runs for real. What it says comes from the results.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jupyter_claude_sdk.testing import Reply, tool_results

from .._turns.items import RUN_CODE
from .replies import PACE, failed, say

_PLOT = """\
import matplotlib.pyplot as plt

by_day = sales.set_index("day")
monthly = by_day.resample("MS").agg({"scoops": "sum", "temperature": "mean"})

names = monthly.index.strftime("%b")
figure, left = plt.subplots(figsize=(7, 3.5))
left.bar(names, monthly["scoops"], color="tab:pink")
left.set(ylabel="scoops", title="Scoops and temperature by month")
right = left.twinx()
right.plot(names, monthly["temperature"], color="tab:blue", marker="o")
right.set_ylabel("mean temperature, °C")
plt.show()

print("Most scoops:", monthly["scoops"].idxmax().strftime("%B"))"""
_FIXED = 'sales["temperature"].mean()'
_CLEAN = """\
sales = sales.dropna(subset=["scoops"])
print(len(sales), "days")"""
_NOT_RUN = "The code did not run, or it failed. The call above says which."


def rules() -> list[dict[str, Any]]:
    """Return the rules for the prompts of the notebook."""
    return [
        # JupyterLab's button "Fix error": a code block that replaces the cell.
        {"when": {"regex": r"(?s)^Fix the error of .*temprature"}, "replies": [_fix_cell]},
        {"when": {"regex": r"(?i)what is in @sales"}, "replies": [_describe]},
        {
            "when": {"regex": r"(?i)plot the scoops"},
            "replies": [_runs(_PLOT, "To draw scoops and temperature by month"), _after_plot],
        },
        {
            "when": {"regex": r"(?i)look at @error"},
            "replies": [_runs(_FIXED, "The cell again, with the column's right name"), _after_fix],
        },
        {
            "when": {"regex": r"(?i)drop the days"},
            "replies": [_runs(_CLEAN, "To keep only days with a count"), _after_clean],
        },
    ]


def _runs(code: str, why: str) -> Reply:
    return [
        *say("I'll run this in your kernel; you will be asked first."),
        {"tool": RUN_CODE, "input": {"code": code, "why": why}},
    ]


def _describe(body: Mapping[str, Any]) -> Reply:
    rows = _newest(r"sales: DataFrame, ([\d,]+) rows", body)
    if not rows:
        return say("I see no `sales`. Run the cell that makes it first.")
    missing = _newest(r"scoops: .*?(\d+) missing", body) or "no"
    return say(
        f"`sales` has {rows} rows, one for each day, with the day's temperature and the scoops "
        f"sold. On {missing} days the scoops are missing."
    )


def _after_plot(body: Mapping[str, Any]) -> Reply:
    if failed(body):
        return say(_NOT_RUN)
    month = re.search(r"Most scoops: (\w+)", tool_results(body)[-1].text)
    seen = "I got the plot as a picture, too. " if _has_picture(body) else ""
    return say(
        f"{seen}The bars follow the line: warm months sell more scoops, and "
        f"{month[1] if month else 'one month'} sells most. "
        "The twelve rows are in `monthly`, for you to go on with."
    )


def _after_fix(body: Mapping[str, Any]) -> Reply:
    if failed(body):
        return say(_NOT_RUN)
    mean = re.search(r"-?\d+\.\d+", tool_results(body)[-1].text)
    return say(
        "The column is called `temperature`; the cell has `temprature`. "
        f"With the right name it works: the mean is {float(mean[0]) if mean else 0:.1f} °C."
    )


def _fix_cell(body: Mapping[str, Any]) -> Reply:
    text = f"The column's name is misspelt.\n\n```python\n{_FIXED}\n```"
    return [{"text": text, **PACE}]


def _after_clean(body: Mapping[str, Any]) -> Reply:
    if failed(body):
        return say(_NOT_RUN)
    days = re.search(r"(\d+) days", tool_results(body)[-1].text)
    return say(f"`sales` now has the {days[1] if days else ''} days with a count.")


def _newest(pattern: str, body: Mapping[str, Any]) -> str:
    """Return the last match in what the user sent, such as what a prompt names by `@`; or ""."""
    texts = "\n".join(str(block.get("text", "")) for block in _blocks(body))
    return str(["", *re.findall(pattern, texts)][-1])


def _has_picture(body: Mapping[str, Any]) -> bool:
    """Whether the newest tool result has a picture."""
    results = [block for block in _blocks(body) if block.get("type") == "tool_result"]
    content = results[-1].get("content") if results else None
    return isinstance(content, list) and any(part.get("type") == "image" for part in content)


def _blocks(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        block
        for message in body["messages"]
        if message.get("role") == "user" and isinstance(message["content"], list)
        for block in message["content"]
    ]
