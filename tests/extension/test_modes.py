"""Turning permission requests off: only on purpose, and not where Claude Code refuses it."""

from __future__ import annotations

import os
from typing import Any

import pytest

from jupyter_claude._engine.modes import BYPASS, offered, refusal
from jupyter_claude._turns.errors import ClaudeError
from tests.extension.front_end import one_line
from tests.extension.test_panel import View

SCRIPT = [
    {
        "when": "touch",
        "replies": [
            [{"tool": "Bash", "input": {"command": "touch made.txt"}}],
            [{"text": "Made."}],
        ],
    },
]
SANDBOX = {"IS_SANDBOX": "1"}


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be root, outside of any sandbox."""
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.delenv("IS_SANDBOX", raising=False)


async def problem(view: View) -> str:
    """Wait for the line that a view shows."""

    def said() -> list[str]:
        return [op[1] for op in view.ops if op[0] == "problem" and op[1]]

    await view.until(said)
    return said()[-1]


def values(env: dict[str, str], present: str = "default") -> list[str]:
    return [mode["value"] for mode in offered(present, env)]


@pytest.mark.pure
def test_root_is_not_offered_what_claude_code_refuses(
    root: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a choice that can be made breaks the next prompt."""
    assert BYPASS not in values({}) and "plan" in values({})
    assert BYPASS in values({}, BYPASS)  # what is chosen is shown
    assert BYPASS in values(SANDBOX)
    assert "does not let root" in refusal(BYPASS, {"IS_SANDBOX": "true"})
    assert refusal("plan", {}) == ""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert BYPASS in values({})
    monkeypatch.delattr(os, "geteuid")  # Windows has none
    assert BYPASS in values({})


@pytest.mark.cli
@pytest.mark.anyio
async def test_each_way_refuses_root_in_one_line(session: Any, root: None) -> None:
    """Else a prompt fails later, with the escape codes of Claude Code's own message."""
    async with session(SCRIPT) as claude:
        with pytest.raises(ClaudeError, match="Permission requests stay on"):
            await claude.set_mode(BYPASS)
        with pytest.raises(ClaudeError, match="Permission requests stay on"):
            claude.settings.permission_mode = BYPASS
        assert claude.settings.permission_mode == "default"
        view = View(claude)
        view.send("hello")
        view.send("mode", name=BYPASS, confirmed=True)
        assert "does not let root" in await problem(view)
        assert claude.settings.permission_mode == "default"
        # Of a configuration file, which is read before anybody could be told.
        claude.settings.unobserve_all()
        claude.settings.permission_mode = BYPASS
        with pytest.raises(ClaudeError, match="Permission requests stay on") as caught:
            await claude.ask("touch")
        assert "\x1b" not in str(caught.value) and "\n" not in str(caught.value)
        assert not (claude.cwd / "made.txt").exists()


@pytest.mark.cli
@pytest.mark.anyio
async def test_a_view_must_say_that_it_is_confirmed(session: Any) -> None:
    """Else one click, or a message of an old page, turns every request off."""
    async with session(SCRIPT, env=SANDBOX) as claude:
        view = View(claude)
        view.send("hello")
        view.send("mode", name=BYPASS)
        assert "you have not confirmed" in await problem(view)
        assert claude.settings.permission_mode == "default"
        (call,) = (await claude.ask("touch")).tools
        assert call.state == "denied"
        view.send("mode", name=BYPASS, confirmed=True)
        await view.until(lambda: claude.settings.permission_mode == BYPASS)
        (call,) = (await claude.ask("touch")).tools
        assert call.state == "done"
        # It stays in sight, in a view that is opened later and in another conversation.
        await claude.new()
        later = View(claude)
        later.send("hello")
        await later.until(lambda: later.state)
        assert later.state["mode"] == BYPASS
        view.send("mode", name="default")
        await view.until(lambda: claude.settings.permission_mode == "default")


@pytest.mark.cli
@pytest.mark.anyio
async def test_the_magic_asks_whether_it_is_meant(claude_kernel: Any) -> None:
    """Else a line that somebody pasted turns every request off."""
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok("import os; os.environ['IS_SANDBOX'] = '1'")
        shown = "print(claude.settings.permission_mode)"
        answers = {"": "default", "y": "default", "\x04": "default", "yes": BYPASS}
        for reply, mode in answers.items():
            cell = kernel.execute(f"%claude mode {BYPASS}")
            await kernel.until(lambda _, cell=cell: cell.input_requests)
            assert "permission requests off" in cell.input_requests[0]["prompt"]
            kernel.answer_input(reply)
            await cell.done()
            assert cell.status == "ok", cell.story()
            assert "commands that delete files" in cell.stdout
            assert (await kernel.run_ok(shown)).stdout == f"{mode}\n", reply
        await kernel.run_ok("%claude mode default")
        # Where nobody can be asked, it must be written out.
        cell = await kernel.run(f"%claude mode {BYPASS}", allow_stdin=False)
        assert f"%claude mode {BYPASS} --yes" in one_line(cell, "UsageError")
        assert (await kernel.run_ok(shown)).stdout == "default\n"
        await kernel.run_ok(f"%claude mode {BYPASS} --yes", allow_stdin=False)
        assert (await kernel.run_ok(shown)).stdout == f"{BYPASS}\n"


@pytest.mark.cli
@pytest.mark.anyio
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="not root")
async def test_the_trait_refuses_root_in_one_line(claude_kernel: Any) -> None:
    """Else %config takes what the next prompt fails with."""
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok("import os; os.environ.pop('IS_SANDBOX', None)")
        cell = await kernel.run(f"%config ClaudeMagics.permission_mode = '{BYPASS}'")
        assert "Permission requests stay on" in cell.stderr
        assert len(cell.stderr.splitlines()) == 1
        cell = await kernel.run(f"claude.settings.permission_mode = '{BYPASS}'")
        assert cell.status == "error"
        (said,) = cell.error["traceback"]
        assert said.startswith("ClaudeError: Permission requests stay on")
        mode = await kernel.run_ok("print(claude.settings.permission_mode)")
        assert mode.stdout == "default\n"
        cell = await kernel.run(f"%claude mode {BYPASS}")
        assert "Permission requests stay on" in one_line(cell, "UsageError")
        assert BYPASS not in str((await kernel.run_ok("%claude mode")).shown)
