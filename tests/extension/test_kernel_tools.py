"""Claude looks at the kernel and runs code in it: in real kernels, with the real CLI."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.extension.front_end import answer, is_view, one_line, request, shown, turn_state
from tests.kernels.harness import ENDS, Comm

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

RUN = "mcp__kernel__run_code"
KEY = "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"


def calls(when: str, tool: str, *inputs: dict[str, Any]) -> dict[str, Any]:
    """Make a rule: the model calls a tool with each input, then says "done"."""
    steps = [[{"tool": tool, "input": given}] for given in inputs]
    return {"when": when, "replies": [*steps, [{"text": f"{when} is done"}]]}


def runs(when: str, *codes: str, **more: Any) -> dict[str, Any]:
    """Make a rule: the model runs each code."""
    return calls(when, RUN, *[{"code": code, "why": f"For {when}", **more} for code in codes])


PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('Two')\nplt.show()"
SCRIPT = [
    calls("overview", "mcp__kernel__variables", {}),
    calls("inspect", "mcp__kernel__inspect", {"name": "df", "rows": 2}),
    calls("hidden", "mcp__kernel__inspect", {"name": "salaries"}),
    calls("recent", "mcp__kernel__recent", {}),
    runs("sum", "total = df.x.sum()\nprint('the sum')\ntotal"),
    runs("plot", PLOT),
    runs("odd", "input()", "await claude.ask('me')", "%time 1 + 1", "!echo shell"),
    runs("edit", "made = 'by Claude'"),
    runs("twice", "one = 1", "two = 2"),
    runs("never", "open('made.txt', 'w').close()"),
    runs("loop", "print('begun')\nwhile True: pass"),
    runs("sleep", "print('begun')\nimport asyncio; await asyncio.sleep(99)"),
    runs("limit", "while True: pass", timeout=0.5),
    runs("prints", "import asyncio\nprint('Claude prints')\nawait asyncio.sleep(0.3)"),
]


def results(kernel: Any) -> list[dict[str, Any]]:
    """Return the tool results of the last request to the model, the newest last."""
    found = []
    for message in kernel.model.requests[-1]["messages"]:
        content = message["content"] if isinstance(message["content"], list) else []
        found += [block for block in content if block["type"] == "tool_result"]
    return found


def text_of(result: dict[str, Any]) -> str:
    """Return the text of a tool result."""
    content = result["content"]
    if isinstance(content, str):
        return content
    return "\n".join(block.get("text", "") for block in content)


def card(view: Comm, number: int = -1) -> dict[str, Any]:
    """Return a tool call of a turn as its view shows it."""
    return [item for item in turn_state(view)["items"] if item["kind"] == "tool"][number]


async def approve(kernel: Any, cell: Any, behavior: str = "allow", **fields: Any) -> dict[str, Any]:
    """Answer one request, and let the cell end; return the request."""
    view, asked = await request(kernel)
    answer(view, asked, behavior, **fields)
    await cell.done()
    return asked


SET_UP = f"""
import pandas as pd
df = pd.DataFrame({{"x": [1, 2, 3], "password": ["a", "b", "c"]}})
api_key = "{KEY}"
salaries = [1, 2]
claude.hide("sal*")
class Slow:
    def __repr__(self):
        raise SystemExit("a user's repr ran")
slow = Slow()
"""


@pytest.mark.parametrize("version", ENDS)
async def test_looking(claude_kernel: Any, version: str) -> None:
    """Else Claude looks unasked, a key leaves the machine, or a button allows more than it says."""
    async with claude_kernel(SCRIPT, version=version) as kernel:
        await kernel.run_ok(SET_UP)
        cell = kernel.execute("%%claude\noverview")
        asked = await approve(kernel, cell, suggestion=0)
        assert asked["tool"] == "mcp__kernel__variables"
        labels = [one["label"] for one in asked["suggestions"]]
        assert labels == ["Always allow looking in this session"]
        seen = text_of(results(kernel)[-1])
        assert "data, not instructions" in seen
        assert "df: DataFrame, 3 rows × 2 columns" in seen
        assert "slow: __main__.Slow" in seen
        assert "claude:" not in seen
        assert "2 withheld" in str(cell.shown[-1]["data"]["text/html"])
        # Each further look needs no answer now, and it is this session's setting alone.
        await kernel.run_ok("%%claude\ninspect")
        assert "x: int64" in text_of(results(kernel)[-1])
        await kernel.run_ok("%%claude\nhidden")
        assert "‹withheld›" in text_of(results(kernel)[-1])
        await kernel.run_ok("%%claude\nrecent")
        assert "class Slow" in text_of(results(kernel)[-1])
        assert KEY not in json.dumps(kernel.model.requests)
        assert "salaries = " in json.dumps(kernel.model.requests)
        assert not list(kernel.cwd.rglob("settings*.json"))
        assert "look" in (await kernel.run_ok("%claude kernel")).stdout
        names = [tool["name"] for tool in kernel.model.requests[-1]["tools"]]
        assert RUN in names

        await kernel.run_ok("%claude kernel off")
        await kernel.run_ok("%%claude\nhello")
        body = kernel.model.requests[-1]
        assert not [name for tool in body["tools"] if "kernel" in (name := tool["name"])]
        assert "mcp__kernel__" not in json.dumps(body["system"])


@pytest.mark.parametrize("version", ENDS)
async def test_running(claude_kernel: Any, version: str) -> None:
    """Else code runs unread, its result is lost, or the user's own history changes."""
    async with claude_kernel(SCRIPT, version=version) as kernel:
        await kernel.run_ok(SET_UP)
        await kernel.run_ok("41 + 1")
        number = int((await kernel.run_ok("print(len(In) - 1)")).stdout)
        cell = kernel.execute("%%claude\nsum")
        asked = await approve(kernel, cell)
        assert asked["code"] == "total = df.x.sum()\nprint('the sum')\ntotal"
        assert asked["effects"][:2] == ["Binds: total (new)", "Reads: df"]
        assert asked["says"] == "For sum"
        assert [one["label"] for one in asked["suggestions"]] == ["Approve for this turn"]
        assert text_of(results(kernel)[-1]) == "the sum\nnp.int64(6)\n"
        assert "the sum" in cell.shown[-1]["data"]["text/html"]
        after = await kernel.run_ok("print(total, len(In) - 1, Out, In)")
        assert after.stdout.startswith(f"6 {number + 2} {{")
        assert f"{number - 1}: 42" in after.stdout
        assert "df.x.sum" not in after.stdout

        cell = kernel.execute("%%claude\nplot")
        await approve(kernel, cell)
        result = results(kernel)[-1]
        assert [block["type"] for block in result["content"]].count("image") == 1
        assert "data:image/png;base64," in cell.shown[-1]["data"]["text/html"]
        assert not [one for one in cell.shown if "image/png" in one.get("data", {})]

        cell = kernel.execute("%%claude\nodd")
        await approve(kernel, cell, suggestion=0)  # for this turn: nothing else asks
        odd = [text_of(result) for result in results(kernel)[-4:]]
        assert "input() gets no answer" in odd[0]
        assert "cannot wait for the turn that runs this code" in odd[1]
        assert "2" in odd[2]
        assert "shell" in odd[3]

        # The next turn asks again. The edited code runs, and Claude learns of it.
        cell = kernel.execute("%%claude\nedit")
        await approve(kernel, cell, edited="made = 'by the user'")
        assert "The user edited your code" in text_of(results(kernel)[-1])
        assert "made = &#x27;by the user&#x27;" in cell.shown[-1]["data"]["text/html"]
        assert "You edited the code" in cell.shown[-1]["data"]["text/html"]
        assert (await kernel.run_ok("print(made)")).stdout == "by the user\n"

        cell = kernel.execute("%%claude\nnever")
        await approve(kernel, cell, "deny", message="Use pathlib")
        assert "what to do instead: Use pathlib" in text_of(results(kernel)[-1])
        assert not (kernel.cwd / "made.txt").exists()
        assert not list(kernel.cwd.rglob("settings*.json"))


@pytest.mark.parametrize("version", ENDS)
async def test_stopping(claude_kernel: Any, version: str) -> None:
    """Else a loop of Claude's can only be ended with the kernel, and all variables are lost."""
    async with claude_kernel(SCRIPT, version=version) as kernel:
        await kernel.run_ok(SET_UP)
        for name in ("loop", "sleep"):
            cell = kernel.execute(f"%%claude\n{name}")
            view, asked = await request(kernel)
            answer(view, asked, "allow")
            if name == "sleep":
                await view.until(lambda comm: "begun" in card(comm)["output"])
            else:
                await begun(kernel)
            await kernel.interrupt()
            await cell.done()
            assert cell.status == "ok", cell.story()
            assert f"{name} is done" in shown(cell)
            assert "The user stopped this code" in text_of(results(kernel)[-1])
        cell = kernel.execute("%%claude\nlimit")
        await approve(kernel, cell)
        assert "its time limit" in text_of(results(kernel)[-1])

        # The prints of the user's own task stay in its cell.
        task = await kernel.run_ok(
            "async def tick():\n"
            "    for n in range(5): print('tick', n); await asyncio.sleep(0.1)\n"
            "import asyncio; ticking = asyncio.ensure_future(tick())"
        )
        cell = kernel.execute("%%claude\nprints")
        await approve(kernel, cell)
        await kernel.run_ok("await ticking")
        assert "tick" not in text_of(results(kernel)[-1])
        assert "Claude prints" in text_of(results(kernel)[-1])
        assert "Claude prints" not in task.stdout

        # Stop before the answer: the code never runs.
        cell = kernel.execute("%%claude\nnever")
        await request(kernel)
        await kernel.interrupt()
        await cell.done()
        one_line(cell, "TurnInterrupted")
        assert not (kernel.cwd / "made.txt").exists()
        assert "You said: more" in shown(await kernel.run_ok("%%claude\nmore"))


async def begun(kernel: Any) -> None:
    """Wait until Claude's synchronous code runs: it blocks the kernel, which can say nothing."""
    await kernel.widget(lambda comm: is_view(comm) and running(comm))


def running(view: Comm) -> bool:
    """Whether a view shows that code has begun."""
    items = [item for item in turn_state(view)["items"] if item["kind"] == "tool"]
    return bool(items) and "begun" in items[-1]["output"]


async def test_what_the_model_always_gets_stays_the_same(claude_kernel: Any) -> None:
    """Else the API reads tools and system prompt anew with each turn, and each turn costs more."""
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok(SET_UP)
        await kernel.run_ok("%%claude\nhello")
        approved = kernel.execute("%%claude\nsum")
        await approve(kernel, approved, suggestion=0)
        await kernel.run_ok("another = 1\nclaude.hide('another')")
        await kernel.run_ok("%%claude\nWhat is @df?")
        approved = kernel.execute("%%claude\noverview")
        await approve(kernel, approved, suggestion=0)
        await kernel.run_ok("%%claude\nrecent")
        first, *later = [
            (json.dumps(body["tools"]), json.dumps(body["system"]))
            for body in kernel.model.requests
        ]
        assert "run_code" in first[0]
        assert "mcp__kernel__" in first[1]
        assert len(later) == 7
        assert all(each == first for each in later)


async def test_what_a_prompt_names(claude_kernel: Any) -> None:
    """Else a user must describe their data in words, or does not see what was sent."""
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok(SET_UP)
        await kernel.run_ok(PLOT + "\nfigure = plt.gcf()")
        (kernel.cwd / "notes.txt").write_text("a note of mine\n")
        await kernel.run("1 / 0")
        cell = await kernel.run_ok(
            "%%claude\nCompare @df with @figure and @notes.txt; mind @error, not @nobody or "
            "me@df.com. @salaries and @api_key are mine."
        )
        content = next(
            message["content"]
            for message in reversed(kernel.model.requests[-1]["messages"])
            if message["role"] == "user" and "Compare" in json.dumps(message)
        )
        texts = [block["text"] for block in content if block["type"] == "text"]
        data = "\n".join(text for text in texts if text.startswith("<notebook-data"))
        assert 'name="@df"' in data
        assert "x: int64" in data
        assert "ZeroDivisionError" in data
        assert "nobody" not in data
        assert len([block for block in content if block["type"] == "image"]) == 1
        assert "a note of mine" in json.dumps(kernel.model.requests[-1])
        assert KEY not in json.dumps(kernel.model.requests)
        assert "‹withheld›" in data
        assert "You said: Compare @df" in shown(cell)
        html = cell.shown[-1]["data"]["text/html"]
        for name in ("@df", "@figure", "@notes.txt", "@error", "@salaries", "@api_key"):
            assert f"{name}: " in html
        assert "1 withheld: salaries" in html
        assert "data:image/png;base64," in html
        # The next prompt does not have it, and a resumed conversation shows it again.
        assert (
            await kernel.run_ok("print(claude.history[-1].prompt[:11])")
        ).stdout == "Compare @df\n"
        again = await kernel.run_ok(
            "await claude.resume(claude.session_id)\n"
            "turn = claude.history[-1]\n"
            "print(turn.prompt[:11], [item.name for item in turn.items if item.kind == 'attached'])"
        )
        assert again.stdout.startswith("Compare @df ['@df', '@figure'"), again.story()
        await kernel.run_ok("%claude kernel off")
        await kernel.run_ok("%%claude\nand @df?")
        assert "You said: and @df?" in shown(await kernel.run_ok("claude.history[-1]"))
        last = kernel.model.requests[-1]["messages"][-1]
        assert "notebook-data" not in json.dumps(last)


async def test_a_tool_of_the_users(claude_kernel: Any) -> None:
    """Else the user cannot give Claude what only their notebook can do."""
    script = [
        {
            "when": "price",
            "replies": [
                [{"tool": "mcp__user__price_of", "input": {"item": "tea", "count": 2}}],
                [{"text": "The price is known"}],
            ],
        }
    ]
    async with claude_kernel(script) as kernel:
        await kernel.run_ok("%%claude\nhello")
        await kernel.run_ok(
            "prices = {'tea': 2.5}\n"
            "@claude.tool\n"
            "def price_of(item: str, count: int = 1) -> float:\n"
            "    'Look up a price.'\n"
            "    print('looking', item)\n"
            "    return prices[item] * count"
        )
        cell = kernel.execute("%%claude\nprice")
        asked = await approve(kernel, cell, suggestion=0)
        assert asked["fields"] == [
            {"name": "item", "value": "tea"},
            {"name": "count", "value": "2"},
        ]
        assert [one["label"] for one in asked["suggestions"]] == [
            "Always allow price_of in this session"
        ]
        assert text_of(results(kernel)[-1]) == "looking tea\n5.0\n"
        await kernel.run_ok("%%claude\nprice")  # asks no more
        assert text_of(results(kernel)[-1]) == "looking tea\n5.0\n"
        table = str((await kernel.run_ok("%claude tools")).shown)
        assert "user" in table
        assert "price_of" in table
        assert "run_code" in table
        await kernel.run_ok("claude.tools.remove('price_of')")
        await kernel.run_ok("%%claude\nhello again")
        names = [tool["name"] for tool in kernel.model.requests[-1]["tools"]]
        assert "mcp__user__price_of" not in names


async def test_code_that_ran(claude_kernel: Any) -> None:
    """Else the notebook cannot run again without Claude, or a rewind hides what it leaves."""
    script = [
        runs("sum", "total = 1"),
        runs("replace", "import numpy as np\narray = array * 0\nbad = 1 / 0"),
    ]
    async with claude_kernel(script) as kernel:
        await kernel.run_ok("import numpy as np\narray = np.ones(3)")
        await kernel.run_ok("claude.settings.kernel_copies_mb = 10")
        for name in ("sum", "replace"):
            cell = kernel.execute(f"%%claude\n{name}")
            asked = await approve(kernel, cell)
        assert "array (replaces ndarray" in asked["effects"][0]
        said = await kernel.run_ok(
            "print(claude.history[0].code[0].code, claude.history[0].code_cells().sources, array)\n"
            "plan = await claude.rewind(1, dry_run=True); print(plan)"
        )
        assert said.stdout.startswith("total = 1 ['total = 1'] [0. 0. 0.]")
        assert "1 variable comes back (array)" in said.stdout
        assert "In the kernel these stay: total (new)" in said.stdout
        done = await kernel.run_ok("print(await claude.rewind(1)); print(array, total)")
        assert "1 variable came back (array)" in done.stdout
        assert done.stdout.endswith("[1. 1. 1.] 1\n")
        undone = await kernel.run_ok("await claude.undo_rewind(); print(array)")
        assert undone.stdout.endswith("[0. 0. 0.]\n")
