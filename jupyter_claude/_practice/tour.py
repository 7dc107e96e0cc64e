"""What the practice model answers in the tour, ``notebooks/quickstart.ipynb``.

The code that it runs is scripted, and runs for real. What it says comes from the results.
"""

from __future__ import annotations

import re

from jupyter_claude_sdk.testing import Reply

from .._turns.items import RUN_CODE
from .asked import Asked
from .replies import PACE, Play, call, not_done, quoted, say

_PLOT = """\
import matplotlib.pyplot as plt

days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
named = bikes.assign(
    weekday=bikes["day"].dt.day_name(),
    weather=(bikes["rain"] > 0).map({True: "rainy", False: "dry"}),
)
by_weekday = named.pivot_table("cyclists", "weekday", "weather").loc[days]
by_weekday.plot.bar(
    figsize=(7, 3.5), rot=0, xlabel="", ylabel="cyclists a day",
    color=["tab:orange", "tab:blue"], title="Who stays at home when it rains?",
)
plt.tight_layout()
plt.show()

lost = 1 - by_weekday["rainy"] / by_weekday["dry"]
print(f"Lost to rain: {lost.loc[:'Friday'].mean():.0%} from Monday to Friday,",
      f"{lost.loc['Saturday':].mean():.0%} at the weekend")"""
_LOST = r"Lost to rain: (\d+%) from Monday to Friday, (\d+%) at the weekend"
_BACKUP = r"(?i)\b(cop(y|ies)|back-? ?up|rename|move|keep)\b"


def rules() -> list[tuple[str, Play]]:
    """Return the rules for the prompts of the tour."""
    return [
        (r"(?i)what is in @bikes", _describe),
        (r"(?i)plot .*cyclists", _plot),
        (r"(?is)write .*\bfindings\.md", _write),
        (r"(?i)delete ([\w.-]+\.csv)", _delete),
        (r"(?i)shorten findings\.md", _shorten),
    ]


def _describe(asked: Asked) -> Reply:
    found = asked.newest_match(r"bikes: DataFrame, ([\d,]+) rows[^\n]*\n(?:(?!\n\n)[\s\S])*")
    if found is None:
        return say("I see no `bikes`. Run the cell that makes it first.")
    columns = re.findall(r"(?m)^\s+(\w+): (?:datetime|float|int|object|str|bool)", found[0])
    busiest = re.search(r"cyclists: .*?max ([\d,.]+)", found[0])
    text = f"`bikes` has {found[1]} rows, one for each day, with {_listed(columns)}. "
    if busiest:
        text += f"On the busiest day {float(busiest[1].replace(',', '')):,.0f} cyclists came by."
    return say(text)


def _listed(columns: list[str]) -> str:
    if not columns:
        return "its columns"
    names = [quoted(column) for column in columns]
    return f"the columns {', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]


def _plot(asked: Asked) -> Reply:
    last = asked.last
    if last is None:
        return [
            {"thinking": "Group by weekday, and by dry or rainy. Bars show it best.", **PACE},
            *say("I'll run this in your kernel; you will be asked first."),
            *call(RUN_CODE, code=_PLOT, why="To compare dry and rainy days"),
        ]
    if last.is_error:
        return not_done(asked, "have no plot")
    lost = re.search(_LOST, last.text)
    seen = "I got the plot as a picture, too. " if last.pictures else ""
    if lost is None:
        return say(f"{seen}The code ran, but it did not print the numbers that I know.")
    return say(
        f"{seen}Rain costs **{lost[1]}** of the cyclists from Monday to Friday, and **{lost[2]}** "
        "at the weekend. Who rides to work rides in the rain; who rides for fun stays at home. "
        "The numbers are in `by_weekday`, for you to go on with."
    )


def _write(asked: Asked) -> Reply:
    path, last = asked.cwd / "findings.md", asked.last
    lost = asked.newest_match(_LOST)
    if lost is None:
        return say("I have found nothing yet. Run the cell with the plot first.")
    if last is None and path.exists():  # the CLI overwrites only what the model has read
        return call("Read", file_path=str(path))
    if last is not None and (last.is_error or last.name == "Write"):
        if last.is_error:
            return not_done(asked, "wrote nothing")
        return say("Done: `findings.md` has what we found, in three lines.")
    text = (
        "Rain keeps cyclists at home, above all at the weekend.\n"
        f"From Monday to Friday a rainy day has {lost[1]} fewer cyclists than a dry one.\n"
        f"On Saturday and Sunday it has {lost[2]} fewer.\n"
    )
    return [
        *say("I'll write the file; you will be asked first."),
        *call("Write", file_path=str(path), content=text),
    ]


def _delete(asked: Asked) -> Reply:
    found = re.search(r"(?i)delete ([\w.-]+\.csv)", asked.prompt)
    file = found[1] if found else "bikes.csv"
    last = asked.last
    if last is None:
        return [*say("This command would delete the file:"), *call("Bash", command=f"rm {file}")]
    if str(last.given.get("command", "")).startswith("cp "):
        if last.is_error:
            return not_done(asked, f"left {quoted(file)} as it is")
        return say(f"I kept {quoted(file)}, as you said. The copy is there, too.")
    if not last.is_error:
        return say(f"The command ran, and {quoted(file)} is gone.")
    if last.reason and re.search(_BACKUP, last.reason):
        names = [name for name in re.findall(r"[\w-]+\.csv", last.reason) if name != file]
        copy = names[-1] if names else f"{file.removesuffix('.csv')}-backup.csv"
        return [
            *say("I'll do what you told me, and copy it."),
            *call("Bash", command=f"cp {file} {copy}"),
        ]
    return not_done(asked, f"did not run it. {quoted(file)} is still there")


def _shorten(asked: Asked) -> Reply:
    path, last = str(asked.cwd / "findings.md"), asked.last
    if last is None:
        return call("Read", file_path=path)
    if last.is_error:
        return not_done(asked, "left `findings.md` as it is")
    if last.name == "Read":
        lines = [
            re.sub(r"^\s*\d+(\t|→)", "", line)
            for line in last.text.splitlines()
            if re.match(r"^\s*\d+(\t|→)", line)
        ]
        if not lines:
            return say("`findings.md` is empty, so it cannot be shorter.")
        return call("Write", file_path=path, content=f"{lines[0]}\n")
    return say("`findings.md` has only its first line now.")
