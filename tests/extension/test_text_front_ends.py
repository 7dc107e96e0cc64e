"""Front ends that show no widgets, such as `jupyter console`: text, and questions by input()."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from jupyter_claude._settings import NO_PANEL
from tests.extension.front_end import is_view, one_line, read, shown
from tests.extension.test_content import agent

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

TOUCH = {"tool": "Bash", "input": {"command": "touch made.txt", "description": "make it"}}
SCRIPT: list[dict[str, Any]] = [
    {"when": "subtask", "replies": [[{"text": "Looked."}]]},
    {
        "when": "background",
        "replies": [[agent(True)], [{"text": "Under way."}], [TOUCH], [{"text": "Ha."}]],
    },
    {"when": "touch", "replies": [[{"text": "Soon."}, TOUCH], [{"text": "There."}], [TOUCH]]},
]


@pytest.mark.parametrize("version", ["6.31.0", "7.4.0"])
async def test_a_console(claude_kernel: Any, version: str) -> None:
    """Otherwise a console shows no answer, and a request there waits for ever, unseen."""
    async with claude_kernel(SCRIPT, version) as kernel:
        kernel.console = True
        cell = kernel.execute("%%claude\ntouch")
        await cell.until(lambda cell: cell.input_requests)
        assert "Permission request: Bash" in cell.stdout
        assert "│ touch made.txt" in cell.stdout
        # Typed before the question stood there: a terminal hands it over at once.
        kernel.answer_input("y")
        await cell.until(lambda cell: len(cell.input_requests) == 2)
        early, question = cell.input_requests[1]["prompt"].splitlines()
        assert "does not count" in early
        assert question.startswith("Allow Bash? y/n")
        assert not (kernel.cwd / "made.txt").exists()
        await read()
        await read()  # the kernel looks now and then: it must have looked once after the hold
        kernel.answer_input("y")
        await cell.done()
        assert cell.status == "ok", cell.story()
        assert (kernel.cwd / "made.txt").exists()
        assert "There." in cell.stdout
        assert "$0." in cell.stdout
        cell = await kernel.run_ok("%claude panel")
        assert "without one, write %%claude cells" in shown(cell)
        cell = await kernel.run_ok("%claude history")
        assert shown(cell).endswith("To go back to before a turn: %claude rewind NUMBER\n")
        assert not any(is_view(comm) for comm in kernel.comms.values())
        cell = await kernel.run_ok("claude.panel()")
        assert shown(cell) == NO_PANEL
        # The stop button is not held up by the question.
        cell = kernel.execute("%%claude\ntouch again")
        await cell.until(lambda cell: cell.input_requests)
        await kernel.interrupt()
        assert "Stopped" in one_line(await cell.done(), "TurnInterrupted")


async def test_a_console_hears_of_no_page(claude_kernel: Any) -> None:
    """Else qtconsole and Spyder log "No such comm target registered" at each %load_ext."""
    for console, targets in ((True, []), (False, ["jupyter_claude"])):
        async with claude_kernel(SCRIPT, load=False) as kernel:
            kernel.console = console
            await kernel.run_ok("%load_ext jupyter_claude")
            assert [comm.target for comm in kernel.comms.values()] == targets


async def test_where_it_asks_by_widget_all_the_same(claude_kernel: Any) -> None:
    """Otherwise a front end that is taken for a console, or not, can never be told so."""
    async with claude_kernel(SCRIPT) as kernel:
        kernel.console = True
        await kernel.run_ok("%config ClaudeMagics.widgets = 'on'")
        cell = kernel.execute("%%claude\ntouch")
        await kernel.widget(is_view)
        await kernel.interrupt()
        await cell.done()
        kernel.console = False
        await kernel.run_ok("%config ClaudeMagics.widgets = 'off'")
        cell = kernel.execute("await claude.ask('touch')")
        await cell.until(lambda cell: cell.input_requests)
        kernel.answer_input("\x04")  # how a front end sends the end of its input
        await cell.done()
        assert "denied" in str(
            (await kernel.run_ok("print(claude.history[-1].tools[0].state)")).stdout
        )
        assert not (kernel.cwd / "made.txt").exists()


async def test_what_is_asked_is_seen_though_output_is_captured(claude_kernel: Any) -> None:
    """Otherwise the question comes without the command, and is answered unread."""
    async with claude_kernel(SCRIPT) as kernel:
        kernel.console = True
        cell = kernel.execute(
            "from IPython.utils.capture import capture_output\n"
            "with capture_output() as captured: await claude.ask('touch')\n"
            "print(repr(captured.stdout))"
        )
        await cell.until(lambda cell: cell.input_requests)
        assert "│ touch made.txt" in cell.stdout
        kernel.answer_input("\x04")
        await cell.done()
        assert cell.stdout.endswith("''\n")


async def test_what_nobody_can_see_is_denied(claude_kernel: Any) -> None:
    """Otherwise: after a background task Claude waits for ever for an answer to nothing shown."""
    asked = threading.Event()

    def look(body: Any) -> list[dict[str, Any]]:
        # Claude would hear of a quick agent in the same turn.
        assert asked.wait(60)
        return [{"text": "Looked."}]

    async with claude_kernel([{"when": "subtask", "replies": look}, *SCRIPT[1:]]) as kernel:
        kernel.console = True
        for number, ask in ((2, "%%claude\nbackground"), (4, "await claude.ask('background')")):
            asked.clear()
            cell = await kernel.run_ok(ask)
            asked.set()
            ended = await kernel.run_ok(
                "import asyncio\n"
                f"while len(claude.history) < {number} or not claude.history[-1].ended:\n"
                "    await asyncio.sleep(0.01)\n"
                "print(claude.history[-1].text)"
            )
            assert "nobody can be asked here. To allow it, add Bash" in ended.stdout
            assert not cell.input_requests and not ended.input_requests
            assert not any(is_view(comm) for comm in kernel.comms.values())
        assert not (kernel.cwd / "made.txt").exists()
        # The next cell asks as ever.
        cell = kernel.execute("%%claude\ntouch")
        await cell.until(lambda cell: cell.input_requests)
        kernel.answer_input("\x04")
        await cell.done()
