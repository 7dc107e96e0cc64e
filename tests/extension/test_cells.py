"""``%%claude`` cells in real kernels: what is typed, shown, kept and approved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk.testing import last_prompt

from jupyter_claude._ipython.help import HELP
from jupyter_claude._views.saved import MIME
from tests.extension.front_end import (
    READ,
    answer,
    one_line,
    read,
    request,
    requests,
    shown,
    turn_state,
)
from tests.kernels.harness import ENDS

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

TOUCH = {"tool": "Bash", "input": {"command": "touch made.txt", "description": "make it"}}

SCRIPT: list[dict[str, Any]] = [
    {"when": "touch", "replies": [[{"text": "Soon."}, TOUCH], [{"text": "There."}]]},
    {
        "when": "twice",
        "replies": [
            [{"tool": "Bash", "input": {"command": "mkdir one"}}],
            [{"tool": "Bash", "input": {"command": "mkdir one"}}],
            [{"text": "Done twice."}],
        ],
    },
    {
        "when": "files",
        "replies": [
            [{"tool": "Write", "input": {"file_path": "a.txt", "content": "one\ntwo\n"}}],
            [{"tool": "Read", "input": {"file_path": "a.txt"}}],
            [
                {
                    "tool": "Edit",
                    "input": {"file_path": "a.txt", "old_string": "two", "new_string": "2\n3"},
                }
            ],
            [{"text": "Edited."}],
        ],
    },
    {
        "when": "question",
        "replies": [
            [
                {
                    "tool": "AskUserQuestion",
                    "input": {
                        "questions": [
                            {
                                "question": "Tea or coffee?",
                                "header": "Drink",
                                "options": [
                                    {"label": "Tea", "description": "leaves"},
                                    {"label": "Coffee", "description": "beans"},
                                ],
                                "multiSelect": False,
                            }
                        ]
                    },
                }
            ],
            [{"text": "Thank you."}],
        ],
    },
]

STATE = """
def state():
    shell = get_ipython()
    return {
        "magics": {k: sorted(v) for k, v in shell.magics_manager.magics.items()},
        "registry": sorted(shell.magics_manager.registry),
        "configurables": len(shell.configurables),
        "cleanup": list(map(repr, shell.input_transformers_cleanup)),
        "post": list(map(repr, shell.input_transformers_post)),
        "events": {k: list(map(repr, v)) for k, v in shell.events.callbacks.items()},
        "display": sorted(map(str, shell.display_formatter.formatters["text/html"].type_printers)),
        "handlers": sorted(shell.kernel.shell_handlers),
        "sigint": repr(__import__("signal").getsignal(2)),
        "finders": len(__import__("sys").meta_path),
    }
"""


async def test_loading_and_unloading_leave_no_trace(claude_kernel: Any) -> None:
    """Else loading costs a process or a file, and unloading leaves IPython changed."""
    async with claude_kernel(SCRIPT, load=False) as kernel:
        await kernel.run_ok("%load_ext storemagic")  # makes IPython's own magics for it
        await kernel.run_ok(STATE + "before = state()")
        processes, files = kernel.children(), sorted(kernel.cwd.rglob("*"))
        await kernel.run_ok("%load_ext jupyter_claude")
        again = await kernel.run_ok("%load_ext jupyter_claude\n%reload_ext jupyter_claude")
        assert "already loaded" in again.stdout
        assert kernel.children() == processes
        assert sorted(kernel.cwd.rglob("*")) == files
        assert (await kernel.run_ok("print(before == state())")).stdout == "False\n"
        await kernel.run_ok("from jupyter_claude import claude; kept = claude")
        await kernel.run_ok("%reload_ext jupyter_claude")
        same = await kernel.run_ok("import jupyter_claude; print(jupyter_claude.claude is kept)")
        assert same.stdout == "True\n", "the name that a user imported would be another session"
        await kernel.run_ok("%%claude\nhello")
        assert kernel.children()
        await kernel.run_ok("%unload_ext jupyter_claude")
        await kernel.children_gone()
        after = await kernel.run_ok("import json; print(json.dumps([before, state()]))")
        first, last = json.loads(after.stdout)
        assert last == first
        gone = await kernel.run("%%claude\nhello")
        assert "not found" in gone.stderr
        await kernel.run_ok("%load_ext jupyter_claude")
        assert "hello" in shown(await kernel.run_ok("%%claude\nhello"))


async def test_settings_from_before_loading_stay(claude_kernel: Any) -> None:
    """Else a cell above `%load_ext` sets a limit or a rule, and nothing says that it is lost."""
    async with claude_kernel(SCRIPT, load=False) as kernel:
        await kernel.run_ok(
            "c = get_ipython().config.ClaudeMagics\n"
            "c.stall_timeout = 100.0; c.request_timeout = 50.0\n"
            "from jupyter_claude import claude\n"
            "claude.settings.allowed_tools += ['Bash(ls:*)']\n"
            "claude.settings.request_timeout = 7.0"
        )
        await kernel.run_ok("%load_ext jupyter_claude")
        kept = await kernel.run_ok(
            "s = claude.settings\nprint(s.allowed_tools, s.request_timeout, s.stall_timeout)"
        )
        assert kept.stdout == "['Bash(ls:*)'] 7.0 100.0\n"


async def test_other_sdks_names_are_served_while_loaded(claude_kernel: Any) -> None:
    """Else notebooks written for claude_agent_sdk fail, or the switch that forbids it does."""
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok("from claude_agent_sdk import query; import claude_code_sdk")
        await kernel.run_ok("%config ClaudeMagics.compat = False")
        assert (await kernel.run("import claude_code_sdk")).error
        await kernel.run_ok("%config ClaudeMagics.compat = True\nimport claude_code_sdk")
        await kernel.run_ok("%unload_ext jupyter_claude")
        assert (await kernel.run("import claude_code_sdk")).error
        await kernel.run_ok("import jupyter_claude_sdk.compat as compat; compat.register()")
        await kernel.run_ok("%load_ext jupyter_claude\n%unload_ext jupyter_claude")
        await kernel.run_ok("import claude_code_sdk")


PROMPTS = [
    "What is this?",
    "Is it 'so' or \"so\"? '''three''' \"\"\"times\"\"\" \\n \\",
    "%time and !ls and %%bash\n!pwd\n%matplotlib inline?",
    "{braces} {{two}} $money ${x} #hash",
    "emoji 🙂👩‍👩‍👧 and é ü 漢字",
    ">>> print(1)\n... 2\nIn [1]: x",
    "    indented first\nthen not",
    "ends with two marks??",
    "/slash/path is no command of IPython's;",
]


async def test_prompts_arrive_as_they_were_typed(claude_kernel: Any) -> None:
    """Else IPython's own syntax in a prompt would change it, or run it."""
    async with claude_kernel(SCRIPT) as kernel:
        for prompt in PROMPTS:
            cell = await kernel.run_ok(f"%%claude\n{prompt}")
            raw = [block["text"] for block in _user_blocks(kernel.model.requests[-1])]
            assert prompt in raw, raw
            assert cell.result is None, "the turn would be printed twice"
            assert len(cell.shown) == 1
        last = await kernel.run_ok("print(repr(In[-2].count('slash')), _.prompt)")
        assert PROMPTS[-1] in last.stdout
        long = "x" * 200_000 + " the end?"
        await kernel.run_ok(f"%%claude\n{long}")
        assert last_prompt(kernel.model.requests[-1]) == long
        await kernel.run_ok("%%claude --as asked Is it 'so', {x}?")
        assert last_prompt(kernel.model.requests[-1]) == "Is it 'so', {x}?"
        for source in ("\n\n%%claude\n\n\nhello", "%%claude  \r\nhello\r\n", "  %%claude\n  hello"):
            await kernel.run_ok(source)
            assert last_prompt(kernel.model.requests[-1]) == "hello"
        history = await kernel.run_ok("%history -l 2")
        assert "%%claude" in history.stdout
        assert "__import__" not in history.stdout


def _user_blocks(body: dict[str, Any]) -> list[dict[str, Any]]:
    message = [m for m in body["messages"] if m["role"] == "user"][-1]
    content = message["content"]
    return [{"text": content}] if isinstance(content, str) else content


async def test_the_turn_is_kept_and_printed_once(claude_kernel: Any) -> None:
    """Else the answer could not be used in Python, or would stand there twice."""
    async with claude_kernel(SCRIPT) as kernel:
        cell = await kernel.run_ok("%%claude --as answer\nhello")
        (output,) = cell.shown
        assert set(output["data"]) == {MIME, "text/html", "text/markdown", "text/plain"}
        assert output["data"]["text/plain"].startswith("You said: hello")
        number = cell.reply["execution_count"]
        kept = await kernel.run_ok(
            f"print(_ is answer, Out[{number}] is answer, _{number} is answer, str(answer))"
        )
        assert kept.stdout == "True True True You said: hello\n"
        quiet = await kernel.run_ok("%%claude --quiet\nhush")
        assert quiet.shown == []
        assert (await kernel.run_ok("print(_)")).stdout == "You said: hush\n"
        await kernel.run_ok("%%claude --model another-model\nhello")
        assert kernel.model.requests[-1]["model"] == "another-model"
        await kernel.run_ok("%%claude\nhello")
        assert kernel.model.requests[-1]["model"] != "another-model"
        await kernel.run_ok("%%claude --new\nfresh")
        assert "hello" not in str(kernel.model.requests[-1]["messages"])
        cost = await kernel.run_ok(
            "print(claude.cost_usd - sum(row.spent.cost_usd for row in claude.cost.turns))"
        )
        assert abs(float(cost.stdout)) < 1e-9
        reports = "%claude history\n%claude cost\n%claude status\n%claude help"
        printed = await kernel.run_ok(reports)
        assert printed.stdout == ""
        tables = [output["data"] for output in printed.shown]
        history, cost_table, status, help_text = tables
        assert "fresh" in history["text/html"] and "fresh" in history["text/plain"]
        assert "hush" in cost_table["text/html"]
        total = f"${float((await kernel.run_ok('print(claude.cost_usd)')).stdout):.4f}"
        assert cost_table["text/plain"].endswith(total)
        assert f"{total}</td></tr></tbody></table>" in cost_table["text/html"]
        assert "Claude Code: running" in status["text/plain"]
        # As the picker calls it, and as `%claude model` takes it.
        assert "model: default mode:" in " ".join(status["text/plain"].split())
        assert help_text["text/plain"] == HELP
        for table in tables:
            html = table["text/html"]
            assert all(part in html for part in ("<caption", 'scope="col"', 'scope="row"'))
        (modes,) = (await kernel.run_ok("%claude mode")).shown
        assert "%claude mode plan" in modes["data"]["text/plain"]
        assert "Reads and plans, changes nothing" in modes["data"]["text/html"]
        named = await kernel.run_ok("%claude mode accept edits\n%claude mode Ask")
        assert "Accept edits (acceptEdits)\nPermission mode: Ask (default)\n" in named.stdout
        secret = kernel.model.env["ANTHROPIC_API_KEY"]
        doctor = await kernel.run_ok("%claude doctor\nprint(repr(claude), claude.history)")
        for text in (str(printed.shown), str(doctor.shown), str(cell.shown)):
            assert secret not in text


async def test_wrong_use_is_said_in_one_line(claude_kernel: Any) -> None:
    """A mistake is one line, also where rich draws the tracebacks; it draws all others still.

    Otherwise: a slip of the keyboard shows a traceback into our code, or runs something else.
    """
    async with claude_kernel(SCRIPT) as kernel:
        for source, words in (
            ("%%claude --modle hello\nwhat", "did you mean --model?"),
            ("%%claude --new", "needs a prompt after the options or on the lines below"),
            ("%%claude --as 1x\nwhat", "variable's name"),
            ("%%claude --as class\nwhat", "variable's name"),
            ("%%claude --as\nwhat", "--as needs a value"),
            ("%%claude --max-turns ²\nwhat", "whole number"),
            ("%%claude --as 'x\nwhat", "No closing quotation"),
            ("%%claude\n  \n", "needs a prompt"),
            ("%claude nonsense", "not a command"),
            ("%claude modle", "did you mean model?"),
            ("%claude What is this", "begin the cell with %%claude and the prompt"),
            ("%claude status now", "takes nothing"),
            ("%claude model a b", "takes one word"),
            ("%claude mode wild", "not a permission mode"),
            ("%claude mode plna", "did you mean plan?"),
            ("%claude resume zzz", "No conversation in this folder begins with 'zzz'"),
            ("%claude budget lots", "such as 0.50, not 'lots'; off removes the budget"),
            ("%%claude --budget -1\nwhat", "--budget: a budget is an amount of US dollars"),
            ("%claude fork now", "takes a turn's number, not 'now'"),
            ("%claude fork", "nothing to fork yet"),
            ("%claude rename", "needs a title"),
            ("%%time\n%%claude\nhello", "first line of its cell"),
        ):
            cell = await kernel.run(source)
            assert words in one_line(cell, "UsageError"), source
        captured = await kernel.run("%%capture out\n%%claude\nhello")
        assert "first line of its cell" in str(captured.shown)
        await kernel.run("%autoawait False")
        assert "%autoawait" in one_line(await kernel.run("%%claude\nhello"), "UsageError")
        await kernel.run("%autoawait asyncio")
        assert kernel.model.requests == []
        await kernel.run_ok("%%claude\nhello")
        page = await kernel.run_ok("%%claude?")
        assert "--max-turns N" in str(page.reply["payload"])

        await kernel.run_ok("import rich.traceback\nrich.traceback.install()")
        one_line(await kernel.run("await claude.rewind(99)"), "RewindRefused")
        await kernel.run("claude.settings.cli_path = '/bin/false'")
        one_line(await kernel.run("%%claude\nhello"), "ProcessError")
        drawn = await kernel.run("1/0")
        assert "Traceback" in shown(drawn) and drawn.error is None, drawn.story()


@pytest.mark.parametrize("version", ENDS)
async def test_approvals(claude_kernel: Any, version: str) -> None:
    """Else Claude acts unasked, or nobody can let it, on one of the kernels."""
    async with claude_kernel(SCRIPT, version=version) as kernel:
        made = kernel.cwd / "made.txt"
        cell, behind = kernel.queue(["%%claude\ntouch", "print('behind', _.state)"])
        view, asked = await request(kernel)
        assert asked["command"] == "touch made.txt"
        assert asked["tool"] == "Bash"
        assert "Waiting for your answer" in asked["waiting"]
        assert not made.exists()
        answer(view, asked, "deny")
        await behind.done()
        assert behind.stdout == "behind done\n", behind.story()
        assert not made.exists()
        assert "[Run: touch made.txt — denied]" in shown(cell)
        assert turn_state(view)["items"][1]["state"] == "denied"

        cell = kernel.execute("%%claude\ntouch")
        view, asked = await request(kernel)
        answer(view, asked, "allow")
        answer(view, asked, "deny")  # a second press of a slow finger
        await cell.done()
        assert made.exists()
        assert "[Run: touch made.txt — done]" in shown(cell)

        # "Always allow": the second call of the same turn is not asked about, nor a later turn's.
        cell = kernel.execute("%%claude\ntwice")
        view, asked = await request(kernel)
        assert asked["suggestions"][0]["label"].startswith("Always allow ")
        always = asked["suggestions"][0]["index"]
        answer(view, asked, "allow", suggestion=always)
        await cell.done()
        assert "Done twice." in shown(cell)

        cell = kernel.execute("%%claude\nquestion")
        view, asked = await request(kernel)
        assert asked["questions"][0]["question"] == "Tea or coffee?"
        answer(view, asked, "allow", answers={"Tea or coffee?": "Tea"})
        await cell.done()
        # Claude Code may put a reminder of its own behind the answer.
        assert "Tea" in str(kernel.model.requests[-1]["messages"][-2:])
        cell = kernel.execute("%%claude\nquestion")
        view, asked = await request(kernel)
        answer(view, asked, "deny")
        await cell.done()
        ends = [op for message in view.custom for op in message.get("ops", [])]
        assert ["request_done", asked["id"], "Declined"] in ends
        assert "did not answer" in str(kernel.model.requests[-1]["messages"][-1])

        cell = kernel.execute("%%claude\nfiles")
        view, asked = await request(kernel)
        assert Path(asked["path"]).name == "a.txt"
        assert asked["diff"].splitlines()[2:] == ["@@ -0,0 +1,2 @@", "+one", "+two"]
        answer(view, asked, "allow")
        view, asked = await request(kernel)
        assert asked["diff"].splitlines()[3:] == [" one", "-two", "+2", "+3"]
        answer(view, asked, "allow")
        await cell.done()
        assert (kernel.cwd / "a.txt").read_text() == "one\n2\n3\n"


async def test_approvals_outside_of_claude_cells(claude_kernel: Any) -> None:
    """Requests show in the cell that asked, also where that captures its output.

    Otherwise: `await claude.ask()` in a plain cell waits for an answer that nobody can give.
    """
    async with claude_kernel(SCRIPT) as kernel:
        made = kernel.cwd / "made.txt"
        for source in (
            "t = await claude.ask('touch')\nprint(t.tools[0].state)",
            "async for e in claude.stream('touch'): pass\nprint(claude.history[-1].tools[0].state)",
            "await claude.client.query('touch')\n"
            "async for m in claude.client.receive_response(): pass\nprint(m.subtype)",
            "%%claude --quiet\ntouch",
            "from IPython.utils.capture import capture_output\n"
            "with capture_output() as captured:\n"
            "    t = await claude.ask('touch')\n"
            "    display('captured')\n"
            "assert len(captured.outputs) == 1",
            "with capture_output() as captured:\n"
            "    get_ipython().run_cell('%%claude\\ntouch')\n"
            "assert '[Run: touch' in captured.outputs[0].data['text/plain']",
        ):
            cell = kernel.execute(source)
            view, asked = await request(kernel)
            assert view.state["kind"] == "requests"
            await cell.until(lambda c: "widget-view" in str(c.outputs), what="the request")
            answer(view, asked, "allow")
            await cell.done()
            assert cell.status == "ok", cell.story()
            assert made.exists()
            made.unlink()
            text = [o["data"] for o in cell.shown if o["output_type"] == "display_data"]
            assert text[0]["text/plain"] == "Permission request: Bash touch made.txt — Approved"
            assert "application/vnd.jupyter.widget-view+json" not in text[0]
        # Two cells: the question stands in the one that asked, though it has ended.
        asking = await kernel.run_ok("await claude.client.query('touch')")
        view, asked = await request(kernel)
        answer(view, asked, "allow")
        reading = await kernel.run_ok(
            "async for m in claude.client.receive_response(): pass\nprint(m.subtype)"
        )
        assert reading.stdout == "success\n"
        assert "Approved" in shown(asking)
        assert len([o for o in reading.shown if o["output_type"] != "stream"]) == 0
        names = await kernel.run_ok("print([t.prompt for t in claude.history])")
        assert names.stdout == f"{['touch'] * 7}\n"


async def test_an_answer_from_a_subshell_to_a_cell_that_is_captured(claude_kernel: Any) -> None:
    """In JupyterLab on ipykernel 7.0 to 7.3 clicks come by subshells, past the bridge.

    Otherwise: the request of a cell that captures its output is an empty box that takes no answer.
    """
    async with claude_kernel(SCRIPT, version="7.3.0") as kernel:
        subshell = await kernel.create_subshell()
        cell = kernel.execute(
            "from IPython.utils.capture import capture_output\n"
            "with capture_output():\n"
            "    t = await claude.ask('touch')\n"
            "print(t.tools[0].state)"
        )
        await cell.until(lambda c: "widget-view" in str(c.outputs), what="the request")
        view = await kernel.widget(lambda comm: comm.state.get("kind") == "requests")
        view.send_custom({"type": "hello"}, subshell=subshell)
        await view.until(requests)
        await read()
        allow = {"type": "answer", "request": requests(view)[0]["id"], "behavior": "allow"}
        view.send_custom({**allow, **READ}, subshell=subshell)
        await cell.done()
        assert cell.stdout == "done\n", cell.story()


async def test_approvals_without_loading_the_extension(claude_kernel: Any) -> None:
    """Else `from jupyter_claude import claude` alone denies everything, and nobody knows why."""
    async with claude_kernel(SCRIPT, version="6.31.0", load=False) as kernel:
        cell = kernel.execute(
            "from jupyter_claude import claude\n"
            "t = await claude.ask('touch')\nprint(t.tools[0].state)"
        )
        view, asked = await request(kernel)
        answer(view, asked, "allow")
        await cell.done()
        assert cell.stdout == "done\n"


async def test_nobody_to_ask(claude_kernel: Any) -> None:
    """Else a notebook that runs headless hangs for ever, or runs what nobody allowed."""
    async with claude_kernel(SCRIPT) as kernel:
        cell = await kernel.run_ok("%%claude\ntouch", allow_stdin=False)
        text = shown(cell)
        assert "Bash(touch made.txt)" in text
        assert "allowed_tools" in text
        (output,) = cell.shown
        assert "application/vnd.jupyter.widget-view+json" not in output["data"]
        told = await kernel.run_ok("print(_)", allow_stdin=False)
        assert "Bash(touch made.txt)" in told.stdout
        assert not (kernel.cwd / "made.txt").exists()
        question = await kernel.run_ok("%%claude\nquestion", allow_stdin=False)
        assert "nobody can be asked" in shown(question)
        await kernel.run_ok("%config ClaudeMagics.allowed_tools = ['Bash(touch made.txt)']")
        cell = await kernel.run_ok("%%claude\ntouch", allow_stdin=False)
        assert "touch made.txt — done" in shown(cell)
        assert (kernel.cwd / "made.txt").exists()


async def test_a_time_limit_for_answers(claude_kernel: Any) -> None:
    """Else a user who set one would find the kernel waiting all night."""
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok("%config ClaudeMagics.request_timeout = 0.5")
        cell = kernel.execute("%%claude\ntouch")
        _, asked = await request(kernel)
        assert "denied after 0.5 s" in asked["waiting"]
        await cell.done()
        assert "Denied: no answer within 0.5 s" in shown(cell)
        assert not (kernel.cwd / "made.txt").exists()


async def test_no_cli_then_mended(claude_kernel: Any, cli: Path) -> None:
    """Else a newcomer's first cell is a riddle, and their prompt is gone."""
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok("import os; os.environ['JUPYTER_CLAUDE_CLI'] = '/nowhere/claude'")
        cell = await kernel.run("%%claude\nmy long prompt")
        line = one_line(cell, "CLINotFoundError")
        assert "jupyter-claude install-cli" in line
        kept = await kernel.run_ok("print(_.prompt, _.state, len(claude.history))")
        assert kept.stdout == "my long prompt failed 1\n"
        await kernel.run_ok(f"os.environ['JUPYTER_CLAUDE_CLI'] = {str(cli)!r}")
        assert "You said: hello" in shown(await kernel.run_ok("%%claude\nhello"))
