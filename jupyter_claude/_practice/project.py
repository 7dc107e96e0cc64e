"""What the practice model does in its folder and kernel: commands, tests, edits, looks.

The calls are scripted, and run for real. What it says comes from their results.
"""

from __future__ import annotations

import re
import sys

from jupyter_claude_sdk.testing import Reply

from .asked import Asked
from .replies import Play, call, fenced, not_done, quoted, say
from .talk import picture_facts

_TESTS = f"{'python' if sys.platform == 'win32' else 'python3'} -m unittest"
_WRONG, _RIGHT = "sum(counts) // len(counts)", "sum(counts) / len(counts)"
_COMMAND = (
    r"(?is)^\s*(?:please\s+)?run\s+(?:the\s+)?(?:shell\s+)?command:?\s+(?P<plain>[^`].*?)\s*$"
    r"|\brun (?:the )?(?:shell )?(?:command:? )?`(?P<quoted>[^`]+)`"
)
_NO_OUTPUT = "completed with no output"  # Claude Code's words
_MOST_NAMES = 12
_LONGEST = 60  # characters of a cell in its description


def rules() -> list[tuple[str, Play]]:
    """Return the rules for prompts about the folder, the notebook and the kernel."""
    return [
        (r"(?i)what('s| is| are the files) in (this|the|my) folder|list the files", _folder),
        (r"(?i)explain (what )?this notebook", _notebook),
        (r"(?i)why the last test failed|fix the (failing|failed) test", _failed_test),
        (r"(?i)raise (\w+) in ([\w.]+) by (\d+)", _raise),
        (r"(?i)\b(what|which|list) .*\bvariables\b", _variables),
        (r"(?i)look at (my|the|this) (last )?plot", _plot),
        (_COMMAND, _run),
    ]


def _run(asked: Asked) -> Reply:
    found = re.search(_COMMAND, asked.prompt)
    command = (found["plain"] or found["quoted"]).strip() if found else "true"
    if found and found["plain"]:
        command = re.sub(r"(?<=[\w/])\.$", "", command)
    last = asked.last
    if last is None:
        return call("Bash", command=command)
    if last.is_error:
        return not_done(asked, "did not run it" if last.denied else "got no result")
    if not last.text.strip() or _NO_OUTPUT in last.text:
        return say("It ran, and printed nothing.")
    return say(f"It printed:\n\n{fenced(last.text)}")


def _folder(asked: Asked) -> Reply:
    listed, read = asked.called("Bash"), asked.called("Read")
    if listed is None:
        return [*say("I'll look."), *call("Bash", command="ls")]
    if listed.is_error:
        return not_done(asked, "do not know what is here")
    names = [line.strip() for line in listed.text.splitlines() if line.strip()]
    if not names or _NO_OUTPUT in listed.text:
        return say("The folder is empty.")
    if "README.md" in names and read is None:
        return call("Read", file_path=str(asked.cwd / "README.md"))
    shown = [f"- {quoted(name)}" for name in names[:_MOST_NAMES]]
    if len(names) > _MOST_NAMES:
        shown.append(f"- and {len(names) - _MOST_NAMES} more")
    count = f"{len(names)} {'entry' if len(names) == 1 else 'entries'}"
    text = f"The folder has {count}:\n\n" + "\n".join(shown)
    title = re.search(r"(?m)^\s*\d*\W*# (.+)$", read.text) if read and not read.is_error else None
    if title:
        text += f"\n\n`README.md` is about “{title[1].strip()}”."
    if "test_bridge.py" in names:
        text += " There are tests, too: ask me why the last one failed."
    return say(text)


def _notebook(asked: Asked) -> Reply:
    last = asked.last
    if last is None:
        return [*say("I'll read its cells."), *call("mcp__notebook__read_cells")]
    if last.denied:
        return not_done(asked, "have not read the notebook")
    if last.is_error:
        return say(
            "I cannot read the notebook from here: no page with it answers. That works in "
            f"JupyterLab and in Notebook 7. I was told:\n\n{fenced(last.text, most=300)}"
        )
    cells = _cells(last.text)
    if not cells:
        return say("The notebook has no cells yet.")
    kinds = [kind for kind, _ in cells]
    steps = _steps(cells)
    more = (
        "\n\nIt has more cells than I read at once." if "There are more cells" in last.text else ""
    )
    return say(
        f"The notebook has {len(cells)} cells, {kinds.count('code')} of them with code. "
        "Step by step:\n\n" + "\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1)) + more
    )


def _cells(text: str) -> list[tuple[str, str]]:
    """Return kind and source of each cell, as the tool `read_cells` lists them."""
    found = []
    pattern = r"(?ms)^\[(\w+)\] cell at index \d+ · (\w+) ·[^\n]*\n(.*?)\n\[\1\] "
    for cell in re.finditer(pattern, text):
        found.append((cell[2], cell[3]))
    return found


def _steps(cells: list[tuple[str, str]]) -> list[str]:
    """Return a step for each heading, with what the cells below it do."""
    steps: list[tuple[str, list[str]]] = []
    for kind, source in cells:
        lines = [line.strip() for line in source.splitlines() if line.strip()]
        heading = next((line for line in lines if line.startswith("#")), "")
        if kind != "code" and heading:
            steps.append((heading.lstrip("# "), []))
        elif kind == "code" and lines:
            if not steps:
                steps.append(("The beginning", []))
            steps[-1][1].append(_done_by(lines))
    return [
        f"**{heading}**" + (f": {', then '.join(done)}" if done else "") for heading, done in steps
    ]


def _done_by(lines: list[str]) -> str:
    """Return in words what a code cell does."""
    if lines[0].startswith("%%claude"):
        prompt = lines[0].removeprefix("%%claude").strip() or " ".join(lines[1:])
        return f"asks Claude {quoted(_short(prompt))}" if prompt else "asks Claude nothing yet"
    more = len(lines) - 1
    rest = f" and {more} more {'line' if more == 1 else 'lines'}" if more else ""
    return f"runs {quoted(_short(lines[0]))}{rest}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _failed_test(asked: Asked) -> Reply:
    last = asked.last
    bridge = str(asked.cwd / "bridge.py")
    if last is None:
        return [*say("First I'll run the tests; you will be asked."), *call("Bash", command=_TESTS)]
    if last.denied:
        cause = asked.called("Edit") is not None
        known = " The cause stays: `//` cuts the decimals off the mean." if cause else ""
        reply = not_done(asked, "changed nothing")
        return [*reply[:-1], {**reply[-1], "text": reply[-1]["text"] + known}]
    if last.name == "Bash" and asked.called("Edit"):
        if last.is_error:
            return not_done(asked, "do not call it fixed")
        return say(
            "Fixed, and all tests pass. `mean` used `//`, which cuts off the decimals; `/` keeps "
            "them."
        )
    if last.name == "Bash":
        if not last.is_error and "NO TESTS" not in last.text and "Ran 0 tests" not in last.text:
            return say("No test fails: all of them pass. There is nothing to fix.")
        failing = re.findall(r"(?m)^(?:FAIL|ERROR): (\w+)", last.text)
        if not failing:
            return not_done(asked, "cannot say which test failed")
        return [
            *say(f"{quoted(failing[-1])} fails. I'll read the code that it tests."),
            *call("Read", file_path=bridge),
        ]
    if last.is_error:
        return not_done(asked, "changed nothing")
    if last.name == "Read":
        if _WRONG not in last.text:
            return say(
                "I know only one mistake, the one in the practice project, and `bridge.py` does "
                "not have it. The output of the tests above says what is wrong."
            )
        return [
            *say("`mean` divides with `//`, so the decimals are lost. I propose this change:"),
            *call("Edit", file_path=bridge, old_string=_WRONG, new_string=_RIGHT),
        ]
    return call("Bash", command=_TESTS)


def _raise(asked: Asked) -> Reply:
    wanted = re.search(r"(?i)raise (\w+) in ([\w.]+) by (\d+)", asked.prompt)
    if wanted is None:
        return say("Raise what, in which file, and by how much?")
    name, file, by = wanted[1], wanted[2], int(wanted[3])
    path, last = str(asked.cwd / file), asked.last
    if last is None:
        return call("Read", file_path=path)
    if last.is_error:
        return not_done(asked, f"left {quoted(file)} as it is")
    if last.name == "Read":
        found = re.search(rf"\b{re.escape(name)} = (\d+)", last.text)
        if found is None:
            return say(f"{quoted(file)} sets no number {quoted(name)}.")
        new = f"{name} = {int(found[1]) + by}"
        return call("Edit", file_path=path, old_string=found[0], new_string=new)
    return say(
        f"Done: {quoted(str(last.given.get('new_string')))}. To take it back, open the history "
        "in the panel, or run `%claude history`: choose the state before this turn, and press "
        "**Rewind**. The file is then as it was."
    )


def _variables(asked: Asked) -> Reply:
    listed, seen = asked.called("mcp__kernel__variables"), asked.called("mcp__kernel__inspect")
    if listed is None:
        return [*say("I'll look; you will be asked."), *call("mcp__kernel__variables")]
    if listed.is_error:
        return not_done(asked, "have seen nothing")
    lines = [line for line in listed.text.splitlines()[1:] if re.match(r"\w+: ", line)]
    frame = next((re.split(": ", line)[0] for line in lines if ": DataFrame" in line), "")
    if frame and seen is None:
        return call("mcp__kernel__inspect", name=frame)
    if not lines:
        return say("Your kernel has no variables yet, or none that I may see.")
    text = "Your kernel has these variables:\n\n" + "\n".join(
        f"- {quoted(name)}: {kind}"
        for name, _, kind in (line.partition(": ") for line in lines[:_MOST_NAMES])
    )
    columns = re.findall(r"(?m)^  (\w+): ", seen.text) if seen and not seen.is_error else []
    if columns:
        text += f"\n\nThe columns of {quoted(frame)} are {', '.join(map(quoted, columns))}."
    return say(text)


def _plot(asked: Asked) -> Reply:
    last = asked.last
    if last is None:
        return [*say("I'll look; you will be asked."), *call("mcp__kernel__outputs")]
    if last.is_error:
        return not_done(asked, "have seen no plot")
    if not last.pictures:
        return say("There is no picture among the last outputs of your cells. Draw one, then ask.")
    return say(
        f"I got {picture_facts(last.pictures[-1])}. I am a script, so I cannot see what is on it. "
        "A real Claude would describe it, and improve it if you like."
    )
