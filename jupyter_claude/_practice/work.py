"""Longer work of the practice model: a plan, a to-do list, a subagent, a background task.

The calls are scripted, and run for real. What it says comes from their results.
"""

from __future__ import annotations

import re

from jupyter_claude_sdk.testing import Reply

from .asked import Asked
from .replies import Play, call, fenced, not_done, quoted, say, steps

_MEDIAN = '''\
def median(counts):
    """The middle of the counts."""
    ordered = sorted(counts)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def mean(counts):'''
_HEAD = """\
from bridge import BUSY_DAY, is_busy, mean


class BridgeTest(unittest.TestCase):
"""
_NEW_HEAD = """\
from bridge import BUSY_DAY, is_busy, mean, median


class BridgeTest(unittest.TestCase):
    def test_the_median(self):
        self.assertEqual(median([1, 5, 3]), 3)
        self.assertEqual(median([1, 2, 3, 4]), 2.5)

"""
_PLAN = """\
# A median for `bridge.py`

`mean` tells little if a few days are extreme. A median helps.

1. **`bridge.py`**: add `median(counts)` above `mean`. It sorts the counts and returns the middle
   one, or the mean of the two in the middle.
2. **`test_bridge.py`**: add a test with three counts, and with four.

Nothing else changes, and no package is needed.
"""
_ACTIVE = r"Plan mode (?:is|still) active|Entered plan mode"
_LEFT = r"approved (?:your plan|exiting plan mode)|Exited Plan Mode|[Ee]xited plan mode"
_PLAN_FILE = r"([^\s\"'`]+[/\\]plans[/\\][^\s\"'`]+?\.md)"

_TASKS = (
    ("Look at the files", "List what is in the folder", "Looking at the files"),
    ("Count their lines", "Count the lines of each file", "Counting lines"),
    ("Write report.md", "Write what was found", "Writing report.md"),
)

_SUBAGENT = "You are a subagent of the practice model. Count the lines of each file here."
_COUNTING = "for i in 1 2 3 4 5; do echo $i; sleep 1; done"


def rules() -> list[tuple[str, Play]]:
    """Return the rules for prompts of longer work."""
    return [
        (
            r"^You are a subagent of the practice model",
            steps(call("Bash", command="wc -l *.*"), _counted),
        ),
        (r"(?is)^plan\b.*median", _plan),
        (r"(?is)to-?do list", _todo),
        (r"(?i)\bsubagent\b", steps(_send_subagent, _after_subagent)),
        (r"(?i)in the background", steps(_start_counting, _counting)),
    ]


# --- a plan -----------------------------------------------------------------------------------


def _plan(asked: Asked) -> Reply:
    bridge, tests = (str(asked.cwd / name) for name in ("bridge.py", "test_bridge.py"))
    last = asked.last
    if last is None:
        return [
            *say("I'll read the code first."),
            *call("Read", file_path=bridge),
            *call("Read", file_path=tests),
        ]
    if last.name == "Read" and last.given.get("file_path") in (bridge, tests):
        found = "\n".join(one.text for one in asked.calls)
        if last.is_error or "def mean(counts):" not in found:
            return not_done(asked, "have no plan")
        if "def median" in found:
            return say("`bridge.py` has a median already, so there is nothing to plan.")
        return call("EnterPlanMode") if not _plans(asked) else _write_plan(asked, _PLAN)
    if last.name == "EnterPlanMode":
        return _write_plan(asked, _PLAN)
    if last.name in ("Write", "Read"):  # of the plan
        if last.name == "Read" or "has not been read" in last.text:
            return _write_plan(asked, _PLAN, read=last.name == "Read")
        return call("ExitPlanMode")
    if last.name == "ExitPlanMode":
        return _after_plan(asked, bridge, tests)
    edits = [one for one in asked.calls if one.name == "Edit"]
    if any(one.is_error for one in edits):
        done = sum(not one.is_error for one in edits)
        return not_done(asked, f"made {done} of {len(edits)} changes of the plan")
    return say("Both changes of the plan are done: `bridge.py` has a `median`, and a test for it.")


def _plans(asked: Asked) -> bool:
    """Whether plan mode is on now."""
    text = asked.transcript
    on = [found.start() for found in re.finditer(_ACTIVE, text)]
    off = [found.start() for found in re.finditer(_LEFT, text)]
    return bool(on) and (not off or on[-1] > off[-1])


def _write_plan(asked: Asked, plan: str, read: bool = True) -> Reply:
    """Write the plan to the file that the CLI names; without one, show it in the request."""
    file = asked.noted(_PLAN_FILE)
    if file is None:
        return call("ExitPlanMode", plan=plan)
    if not read:
        return call("Read", file_path=file[1])
    return call("Write", file_path=file[1], content=plan)


def _after_plan(asked: Asked, bridge: str, tests: str) -> Reply:
    last = asked.last
    if last is not None and last.is_error:
        asked_before = sum(one.name == "ExitPlanMode" for one in asked.calls) > 1
        if not last.reason or asked_before:
            return not_done(asked, "keep to planning, and changed nothing")
        return [
            *say("I'll put that into the plan."),
            *_write_plan(asked, f"{_PLAN}\nAs you said: {last.reason}\n"),
        ]
    return [
        *say("I'll do what the plan says."),
        *call("Edit", file_path=bridge, old_string="def mean(counts):", new_string=_MEDIAN),
        *call("Edit", file_path=tests, old_string=_HEAD, new_string=_NEW_HEAD),
    ]


# --- a to-do list -----------------------------------------------------------------------------


def _todo(asked: Asked) -> Reply:
    report = asked.cwd / "report.md"
    made = [one for one in asked.calls if one.name == "TaskCreate"]
    ids = [found[1] if (found := re.search(r"#(\w+)", one.text)) else "" for one in made]
    bash = [one for one in asked.calls if one.name == "Bash"]
    last = asked.last
    if not made:
        names = ("subject", "description", "activeForm")
        tasks = [call("TaskCreate", **dict(zip(names, task, strict=True))) for task in _TASKS]
        return [*say("Three steps:"), *(step for task in tasks for step in task)]
    if not all(ids):
        return not_done(asked, "have no to-do list")
    if last is None or last.name == "TaskCreate":
        return [*_mark(ids[0], "in_progress"), *call("Bash", command="ls")]
    if last.name == "Bash" and len(bash) == 1 and not last.is_error:
        return [
            *_mark(ids[0], "completed"),
            *_mark(ids[1], "in_progress"),
            *call("Bash", command="wc -l *.*"),
        ]
    if last.name == "Bash" and not last.is_error:
        looked = call("Read", file_path=str(report)) if report.exists() else []
        done = [*_mark(ids[1], "completed"), *_mark(ids[2], "in_progress")]
        return [*done, *looked] if looked else [*done, *_report(asked)]
    if last.name == "Read" and not last.is_error:
        return _report(asked)
    if last.is_error:
        return not_done(asked, "left the rest of the list open")
    if last.name == "Write":
        return _mark(ids[2], "completed")
    return say("All three steps are done. `report.md` has the lines of each file.")


def _mark(task: str, status: str) -> Reply:
    return call("TaskUpdate", taskId=task, status=status)


def _report(asked: Asked) -> Reply:
    counted = asked.called("Bash")
    lines = _line_counts(counted.text if counted else "")
    table = "".join(f"| {name} | {count} |\n" for name, count in lines)
    text = f"# What is in this folder\n\n| file | lines |\n|---|---|\n{table}"
    return call("Write", file_path=str(asked.cwd / "report.md"), content=text)


def _line_counts(text: str) -> list[tuple[str, int]]:
    found = re.findall(r"(?m)^\s*(\d+) (\S+)$", text)
    return [(name, int(count)) for count, name in found if name != "total"]


# --- a subagent -------------------------------------------------------------------------------


def _send_subagent(asked: Asked) -> Reply:
    return [
        *say("I'll give that to a subagent. Its work is inside its card."),
        *call(
            "Agent",
            description="Count the lines",
            prompt=_SUBAGENT,
            subagent_type="Explore",
            run_in_background=False,
        ),
    ]


def _counted(asked: Asked) -> Reply:
    return say(asked.last.text if asked.last and not asked.failed else "I could not count them.")


def _after_subagent(asked: Asked) -> Reply:
    if asked.failed or asked.last is None:
        return not_done(asked, "know no numbers")
    lines = _line_counts(asked.last.text)
    if not lines:
        return say(f"The subagent said:\n\n{fenced(asked.last.text, most=400)}")
    name, most = max(lines, key=lambda line: line[1])
    return say(
        f"The subagent counted {len(lines)} files with {sum(n for _, n in lines)} lines. The "
        f"longest is {quoted(name)}, with {most}."
    )


# --- a background task ------------------------------------------------------------------------


def _start_counting(asked: Asked) -> Reply:
    return call("Bash", command=_COUNTING, description="Count to five", run_in_background=True)


def _counting(asked: Asked) -> Reply:
    if asked.failed:
        return not_done(asked, "do not count")
    return say("It counts in the background. Go on with something else: I report when it is done.")


def after_notice(notice: Asked.Notice) -> Reply:
    """Answer to the end of a task in the background."""
    if notice.read is None:
        file = re.search(r"<output-file>(.+?)</output-file>", notice.text)
        summary = re.search(r"<summary>(.+?)</summary>", notice.text)
        if file is None or "completed" not in notice.text:
            return say(summary[1] if summary else "The task in the background has ended.")
        return call("Read", file_path=file[1])
    if notice.is_error:
        return say("The task in the background has ended. I could not read what it printed.")
    lines = re.sub(r"(?m)^\s*\d+(\t|→)", "", notice.read)
    printed = re.sub(r"\[exited with code \d+\]", "", lines).split()
    return say(f"The task in the background is done. It printed: {quoted(' '.join(printed))}")
