"""What the practice model answers to the prompts of the tutorial, ``docs/tutorial.md``.

The code that it runs is scripted, and runs for real. What it says comes from the results. Only the
faults and the findings are known beforehand: the page has the data.
"""

from __future__ import annotations

import re

from jupyter_claude_sdk.testing import Reply

from .._turns.items import GIVE, RUN_CODE
from .asked import Asked
from .cells import explain_named, read_cell
from .replies import Play, call, fenced, not_done, quoted, say

_ROWS = 10  # of the page's table

_FAULTS = """\
1. `price` is text with a decimal comma.
2. `city` has several spellings of each name.
3. One row has no `count`.
4. One row is there twice."""
_CLEAN = """\
before = len(orders)
orders = orders.drop_duplicates().dropna(subset=["count"])
orders["city"] = orders["city"].str.strip().str.title()
orders["price"] = orders["price"].str.replace(",", ".").astype(float)
orders["count"] = orders["count"].astype(int)
orders["date"] = pd.to_datetime(orders["date"])
print(before, "rows became", len(orders))"""
_CLEANED = r"(\d+) rows became (\d+)"
_PLOT = """\
import matplotlib.pyplot as plt

sold = orders.groupby("city")["count"].sum()
sold.plot.bar(figsize=(6, 2.6), rot=0, xlabel="", ylabel="pieces sold", color="tab:blue")
plt.show()
print(sold.idxmax(), "sold most:", sold.max())"""
_MOST = r"(.+) sold most: (\d+)"
_REVENUE = 'orders["revenue"] = orders["price"] * orders["count"]'
_NO_REVENUE = r"KeyError: [^\n]*\brevenue\b"
_FINDINGS = [
    {"claim": "Coffee is sold most", "proven": True},
    {"claim": "Zurich is the most expensive city", "proven": True},
    {"claim": "People drink more tea when it rains", "proven": False},
]
_REPORT = """\
{} orders from three cities in one week.
Bern sold twice as many pieces as Basel.
Coffee is sold most.
"""


def rules() -> list[tuple[str, Play]]:
    """Return the rules for the prompts of the tutorial."""
    return [
        (r"(?i)what is wrong .*@orders", _describe),
        (r"(?i)clean `?orders", _clean),
        (r"(?i)plot how many pieces", _plot),
        (r"(?i)went wrong in @error", _add_revenue),
        (r"(?i)three findings about the orders", _find),
        (r"(?i)write a report .*\breport\.md", _write),
    ]


def fixing() -> tuple[str, Play]:
    """Return the rule for JupyterLab's button **Fix error** below the cell that fails."""
    return rf"(?s)^Fix the error of .*{_NO_REVENUE}", _fix


def _describe(asked: Asked) -> Reply:
    rows = asked.newest_match(r"orders: DataFrame, ([\d,]+) rows")
    if rows is None:
        return say("I see no `orders`. Run the cell that makes it first.")
    if rows[1] != str(_ROWS):
        return say(
            f"`orders` has {rows[1]} rows. I know only the tutorial's table of {_ROWS}: run the "
            "cell that makes it again."
        )
    return say(_FAULTS)


def _clean(asked: Asked) -> Reply:
    if asked.last is None:
        return call(RUN_CODE, code=_CLEAN, why="To correct the four faults")
    if asked.failed:
        return not_done(asked, "left `orders` as it is")
    rows = re.search(_CLEANED, asked.last.text)
    if rows is None:
        return say("The code ran, but it did not print the numbers that I know.")
    return say(f"`orders` is clean. **{rows[2]} rows** are left of {rows[1]}.")


def _plot(asked: Asked) -> Reply:
    if asked.last is None:
        return call(RUN_CODE, code=_PLOT, why="To draw the pieces of each city")
    if asked.failed:
        return not_done(asked, "have no plot")
    most = re.search(_MOST, asked.last.text)
    if most is None:
        return say("The code ran, but it did not print the numbers that I know.")
    return say(f"**{most[1]}** sold most: {most[2]} pieces.")


def _add_revenue(asked: Asked) -> Reply:
    if asked.last is None:
        if re.search(_NO_REVENUE, asked.newest_text(_NO_REVENUE)) is None:
            return explain_named(asked)
        return call(RUN_CODE, code=_REVENUE, why="To add the missing column")
    if asked.failed:
        return not_done(asked, "left `orders` as it is")
    return say("`orders` had no column `revenue`. It is price times count, and now there.")


def _fix(asked: Asked) -> Reply:
    fixed = f"{_REVENUE}\n{read_cell(asked.prompt).source}"
    text = "`orders` has no column `revenue`. It is price times count.\n\n"
    return say(text + fenced(fixed, "python", most=100_000))


def _find(asked: Asked) -> Reply:
    if asked.last is None:
        return call(GIVE, value=_FINDINGS)
    return say("These three findings are all that I know.")


def _write(asked: Asked) -> Reply:
    path, last = asked.cwd / "report.md", asked.last
    rows = asked.newest_match(_CLEANED)
    if rows is None:
        return say("I know nothing of the orders yet. Let me clean `orders` first.")
    if last is None and path.exists():  # the CLI overwrites only what the model has read
        return call("Read", file_path=str(path))
    if last is not None and last.is_error:
        return not_done(asked, "wrote nothing")
    if last is not None and last.name == "Write":
        return say(f"{quoted(path.name)} has three lines.")
    return call("Write", file_path=str(path), content=_REPORT.format(rows[2]))
