"""The administrator's policy on the real CLI: what is forbidden reaches it in no way."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import AgentDefinition, SystemMessage

from jupyter_claude import BudgetExceeded, ClaudeError
from tests.extension.test_conversations import again, write
from tests.extension.test_modes import problem
from tests.extension.test_panel import View

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

SCRIPT: list[dict[str, Any]] = [
    {
        "when": "delegate",
        "replies": [
            [
                {
                    "tool": "Agent",
                    "input": {
                        "description": "d",
                        "prompt": "do the subtask",
                        "subagent_type": "general-purpose",
                        "model": "opus",
                        "run_in_background": False,
                    },
                }
            ],
            [{"text": "It came back."}],
        ],
    },
    {
        "when": "by a file",
        "replies": [
            [
                {
                    "tool": "Agent",
                    "input": {
                        "description": "d",
                        "prompt": "hello",
                        "subagent_type": "dear",
                        "run_in_background": False,
                    },
                }
            ],
            [{"text": "It came back."}],
        ],
    },
    {"when": "steps", "replies": [[write(f"{n}.txt")] for n in range(3)] + [[{"text": "done"}]]},
    {"replies": [[{"text": "Hello."}]]},
]


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Write the policy's file."""
    path = tmp_path / "policy.toml"
    path.write_text("")
    monkeypatch.setenv("JUPYTER_CLAUDE_POLICY", str(path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return lambda text: void(path.write_text(text))


def void(_: object) -> None:
    """Return nothing."""


def started_with(turn: Any) -> tuple[str, str]:
    """Return the permission mode and the model that Claude Code says it has."""
    init = [m for m in turn.messages if isinstance(m, SystemMessage) and m.subtype == "init"][-1]
    return init.data["permissionMode"], init.data["model"]


async def stream(*prompts: str) -> AsyncIterator[dict[str, Any]]:
    """Yield prompts as messages of the user."""
    for prompt in prompts:
        content = [{"type": "text", "text": prompt}]
        yield {"type": "user", "message": {"role": "user", "content": content}}


async def test_a_forbidden_mode_or_model_never_reaches_claude_code(
    session: Any, policy: Callable[[str], None]
) -> None:
    """Else the policy is a text that one setting goes around."""
    policy('permission_modes = ["default", "plan"]\nmodels = ["claude-sonnet-*", "haiku"]')
    async with session(SCRIPT) as claude:
        settings, view = claude.settings, View(claude)
        mode, model = started_with(await claude.ask("hello"))
        assert mode == "default" and "haiku" in model  # the first exact name

        async def panel(kind: str, **fields: Any) -> None:
            view.ops.clear()
            view.send(kind, **fields)
            raise ClaudeError(await problem(view))

        async def setting(name: str, value: Any) -> None:
            old = getattr(settings, name)
            settings.unobserve_all()  # as a configuration file, or a change in place
            setattr(settings, name, value)
            try:
                await claude.ask("hello")
            finally:
                setattr(settings, name, old)

        async def trait(name: str, value: Any) -> None:
            setattr(settings, name, value)

        ways: list[Callable[[], Any]] = [
            lambda: claude.set_mode("acceptEdits"),
            lambda: trait("permission_mode", "acceptEdits"),
            lambda: claude.client.set_permission_mode("acceptEdits"),
            lambda: panel("mode", name="acceptEdits", confirmed=True),
            lambda: claude.set_model("opus"),
            lambda: trait("model", "opus"),
            lambda: claude.client.set_model("opus"),
            lambda: panel("model", name="opus"),
            lambda: claude.ask("hello", model="opus"),
            lambda: claude.ask("/model opus"),
            lambda: claude.ask("/model default"),
            lambda: claude.client.query("/config permissionMode=acceptEdits"),
            lambda: claude.client.query(stream("/config verbose=true model=opus")),
            lambda: setting("permission_mode", "acceptEdits"),
            lambda: setting("model", "opus"),
            lambda: setting("options", {"fallback_model": "opus"}),
            lambda: setting("options", {"extra_args": {"permission-mode": "acceptEdits"}}),
            lambda: setting("agents", {"a": AgentDefinition("Sails", "You sail.", model="opus")}),
            lambda: setting("env", {**settings.env, "ANTHROPIC_DEFAULT_HAIKU_MODEL": "opus"}),
        ]
        view.send("hello")
        for way in ways:
            with pytest.raises(ClaudeError, match="The administrator's policy") as caught:
                await way()
            assert "\n" not in str(caught.value)
        assert (settings.permission_mode, settings.model) == ("default", "")
        assert [one["value"] for one in view.state["modes"]] == ["default", "plan"]
        assert "opus" not in str(view.state["models"])
        assert len(claude.model.requests) == 1
        assert "Set model" in (await claude.ask("/model claude-sonnet-4-6")).text
        turn = await claude.ask("hello", model="claude-sonnet-4-6")
        assert started_with(turn) == ("default", "claude-sonnet-4-6")
        assert started_with(await claude.ask("hello")) == (mode, model)  # the model is the old one
        assert all("opus" not in body["model"] for body in claude.model.requests)


async def test_claude_gives_no_subagent_another_model(
    session: Any, policy: Callable[[str], None]
) -> None:
    """Else the dear model works all the same, one floor below."""
    policy('models = ["sonnet"]')
    async with session(SCRIPT) as claude:
        turn = await claude.ask("delegate")
        (call,) = turn.tools
        assert "allows only the models sonnet, not 'opus'" in str(call.output)
        assert all("opus" not in body["model"] for body in claude.model.requests)


async def test_a_file_of_the_users_brings_no_other_model(
    session: Any, policy: Callable[[str], None]
) -> None:
    """Else the first lines of a command or of a subagent choose the dear model."""
    policy('models = ["haiku"]')
    async with session(SCRIPT) as claude:
        folder = Path(os.environ["CLAUDE_CONFIG_DIR"])
        for kind in ("commands", "agents"):
            (folder / kind).mkdir(parents=True)
            head = "name: dear\ndescription: d\nmodel: opus"
            (folder / kind / "dear.md").write_text(f"---\n{head}\n---\nSay hello")
        assert (await claude.ask("/dear")).text == "Hello."
        (call,) = (await claude.ask("by a file")).tools
        assert "Hello." in str(call.output)
        assert len(claude.model.requests) == 4
        assert all("haiku" in body["model"] for body in claude.model.requests)


async def test_the_day_is_over_for_all_kernels(
    session: Any, policy: Callable[[str], None], tmp_path: Path
) -> None:
    """Else a new kernel, a fork or a batch is a new purse, or a long turn spends without end."""
    policy(
        f'budget_usd_per_day = 9\nspend_log = "{tmp_path}/log"\nspend_metrics = "{tmp_path}/no/m"'
    )
    async with session(SCRIPT, permission_mode="acceptEdits") as claude:
        await claude.ask("hello")
        for told in (True, False):  # a file that cannot be written is told once, and stops nothing
            turn = await claude.ask("hello")
            assert (f"Cannot write the spend metrics {tmp_path}/no/m" in str(turn.items)) == told
        assert "no/m" in str(claude._parts.health.problems())
        policy(f'budget_usd_per_day = {claude.cost_usd + 0.0001}\nspend_log = "{tmp_path}/log"')
        await claude.close()
        other = again(claude)
        try:
            # Another kernel, which has spent nothing itself.
            with pytest.raises(BudgetExceeded, match="Stopped: you have spent"):
                await other.ask("steps")
            assert not (other.cwd / "2.txt").exists()
            asks: list[Callable[[], Any]] = [
                lambda: other.ask("hello"),
                lambda: claude.ask("hello"),
                lambda: other.client.query("hello"),
                lambda: other.map([{"text": "a"}], "Say {text}"),
            ]
            for ask in asks:
                with pytest.raises(BudgetExceeded, match="possible again from") as caught:
                    await ask()
                assert "\n" not in str(caught.value)
        finally:
            await other.close()
        assert len((tmp_path / "log").read_text().splitlines()) == 4


def line_of(cell: Any) -> str:
    """Return the one line of a cell's error."""
    assert cell.status == "error", cell.story()
    (line,) = cell.error["traceback"]
    assert "\n" not in line
    return str(line)


def shown(cell: Any) -> str:
    """Return what a cell shows as text."""
    return "\n".join([cell.stdout, *(output["data"]["text/plain"] for output in cell.shown)])


async def test_in_a_kernel_each_magic_says_so(
    claude_kernel: Any, policy: Callable[[str], None]
) -> None:
    """Else a user learns of the policy only from a failed prompt."""
    policy(
        'kernel = "ask"\npermission_modes = ["plan"]\nmodels = ["haiku"]\nbudget_usd_per_day = 5\n'
    )
    async with claude_kernel(SCRIPT) as kernel:
        for code in (
            "%claude kernel look",
            "claude.settings.kernel = 'look'",
            "%claude mode acceptEdits",
            "%claude model opus",
            "%%claude --model opus\nhello",
            "claude.map([{'a': 1}], '{a}', model='opus')",
        ):
            assert "administrator's policy" in line_of(await kernel.run(code)), code
        # IPython prints the error of %config, and goes on.
        config = await kernel.run_ok("%config ClaudeMagics.permission_mode = 'acceptEdits'")
        assert "administrator's policy" in config.stderr
        assert "Plan (plan)" in shown(await kernel.run_ok("%claude mode"))
        assert "policy: models: haiku" in " ".join(
            shown(await kernel.run_ok("%claude status")).split()
        )
        for code, own in (
            ("%claude budget", "No budget for this session; $0.0000 spent so far"),
            ("%claude budget 9", "Budget: $0.0000 of a budget of $9.00 is spent"),
        ):
            assert (await kernel.run_ok(code)).stdout.splitlines() == [
                own,
                "The administrator's budget a day: $0.0000 of $5.00 spent today, in all kernels; "
                "$5.00 left",
            ]
        policy('spend_log = "/proc/no/log"')
        await kernel.run_ok("%%claude\nhello")
        doctor = shown(await kernel.run_ok("%claude doctor"))
        assert doctor.count("/proc/no/log") == 2, doctor  # the policy's line, and what is wrong
        policy("kernal = 'off'")
        said = line_of(await kernel.run("%%claude\nhello"))
        assert "policy.toml, kernal: there is no such key" in said and "administrator" in said
        assert "kernal" in shown(await kernel.run_ok("%claude doctor"))
        assert len(kernel.model.requests) == 1
