"""What the practice model answers in ``notebooks/analysis.ipynb``.

The code that it runs is scripted, and runs for real. What it says comes from the results.
"""

from __future__ import annotations

import re

from jupyter_claude_sdk.testing import Reply

from .._turns.items import RUN_CODE
from .asked import Asked
from .replies import Play, call, not_done, say, steps

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


def rules() -> list[tuple[str, Play]]:
    """Return the rules for the prompts of the notebook."""
    return [
        (r"(?i)what is in @sales", _describe),
        (
            r"(?i)plot the scoops",
            steps(_runs(_PLOT, "To draw scoops and temperature"), _after_plot),
        ),
        (
            r"(?i)look at @error",
            steps(_runs(_FIXED, "The cell again, with the column's right name"), _after_fix),
        ),
        (
            r"(?i)drop the days",
            steps(_runs(_CLEAN, "To keep only days with a count"), _after_clean),
        ),
    ]


def _runs(code: str, why: str) -> Reply:
    return [
        *say("I'll run this in your kernel; you will be asked first."),
        *call(RUN_CODE, code=code, why=why),
    ]


def _describe(asked: Asked) -> Reply:
    rows = asked.newest_match(r"sales: DataFrame, ([\d,]+) rows")
    if rows is None:
        return say("I see no `sales`. Run the cell that makes it first.")
    missing = asked.newest_match(r"scoops: .*?(\d+) missing")
    return say(
        f"`sales` has {rows[1]} rows, one for each day, with the day's temperature and the scoops "
        f"sold. On {missing[1] if missing else 'no'} days the scoops are missing."
    )


def _after_plot(asked: Asked) -> Reply:
    if asked.failed or asked.last is None:
        return not_done(asked, "have no plot")
    month = re.search(r"Most scoops: (\w+)", asked.last.text)
    seen = "I got the plot as a picture, too. " if asked.last.pictures else ""
    return say(
        f"{seen}The bars follow the line: warm months sell more scoops, and "
        f"{month[1] if month else 'one month'} sells most. "
        "The twelve rows are in `monthly`, for you to go on with."
    )


def _after_fix(asked: Asked) -> Reply:
    if asked.failed or asked.last is None:
        return not_done(asked, "have no mean")
    mean = re.search(r"-?\d+\.\d+", asked.last.text)
    return say(
        "The column is called `temperature`; the cell has `temprature`. "
        f"With the right name it works: the mean is {float(mean[0]) if mean else 0:.1f} °C."
    )


def _after_clean(asked: Asked) -> Reply:
    if asked.failed or asked.last is None:
        return not_done(asked, "left `sales` as it is")
    days = re.search(r"(\d+) days", asked.last.text)
    return say(f"`sales` now has the {days[1] if days else ''} days with a count.")
