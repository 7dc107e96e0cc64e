"""What the administrator's policy lets reach Claude Code, whichever way it was set."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from jupyter_claude_sdk import AgentDefinition, ClaudeAgentOptions, ToolPermissionContext

from jupyter_claude import rows
from jupyter_claude._approvals import Approvals
from jupyter_claude._asking import plans
from jupyter_claude._command import doctor
from jupyter_claude._core.host import Host
from jupyter_claude._cost.ledger import Spent
from jupyter_claude._engine.choices import Choices
from jupyter_claude._engine.modes import offered, offered_kernels
from jupyter_claude._health.problem import Problem
from jupyter_claude._kernel_tools.requests import KernelRequests
from jupyter_claude._policy.spending import Spending
from jupyter_claude._policy.user import user_name
from jupyter_claude._process.permitted import (
    adapt,
    permitted_model,
    permitted_options,
    permitted_rows,
)
from jupyter_claude._settings import Settings
from jupyter_claude._suggestions import offered as always_buttons
from jupyter_claude._turns.errors import ClaudeError
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._user_tools.tools import UserTools
from jupyter_claude._views.script import ScriptFrontend

pytestmark = pytest.mark.pure

Write = Callable[[str], None]


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write the policy's file."""
    path = tmp_path / "policy.toml"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def write(text: str) -> None:
        path.write_text(text)
        monkeypatch.setenv("JUPYTER_CLAUDE_POLICY", str(path))

    return write


def refused(**options: Any) -> str:
    """Return the line with which the options are refused; "" if they are not."""
    line = ""
    try:
        permitted_options(ClaudeAgentOptions(**options))
    except ClaudeError as error:
        line = str(error)
    assert not line or "dministrator's policy" in line
    assert "\n" not in line
    return line


AGENT = ("Sails", "You sail.")
MODES = 'permission_modes = ["default", "plan"]'
MODELS = 'models = ["Sonnet", "claude-haiku-*"]'


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (MODES, {"permission_mode": "acceptEdits"}, "default, plan, not 'acceptEdits'"),
        (MODES, {"agents": {"a": AgentDefinition(*AGENT, permissionMode="auto")}}, "not 'auto'"),
        (MODES, {"extra_args": {"dangerously-skip-permissions": None}}, "extra_args"),
        (MODES, {"extra_args": {"--permission-mode": "auto"}}, "extra_args"),
        (MODES, {"settings": '{"permissions": {"defaultMode": "auto"}}'}, "'settings'"),
        (MODELS, {"model": "opus"}, "only the models Sonnet, claude-haiku-*, not 'opus'"),
        (MODELS, {"model": "sonnet[1m]"}, "not 'sonnet[1m]'"),
        (MODELS, {"fallback_model": "sonnet,opus"}, "not 'opus'"),
        (MODELS, {"agents": {"a": AgentDefinition(*AGENT, model="opus")}}, "not 'opus'"),
        (MODELS, {"env": {"ANTHROPIC_DEFAULT_SONNET_MODEL": "x"}}, "_SONNET_MODEL)"),
        (MODELS, {"env": {"CLAUDE_CODE_SUBAGENT_MODEL": "opus"}}, "(CLAUDE_CODE_SUBAGENT_MODEL)"),
        (MODELS, {"extra_args": {"model": "opus"}}, "extra_args"),
        ('models = ["claude-*"]', {}, "choose one with %claude model"),
        ('folders = ["/srv"]', {"cwd": "/"}, "only in /srv, not in /"),
        ('folders = ["/srv"]', {"cwd": "/srv", "add_dirs": ["/srv/../etc"]}, "not in /etc"),
        ('folders = ["/srv"]', {"cwd": "/srvother"}, "not in /srvother"),
        ('cli_path = "/opt/claude"', {"cli_path": "/home/me/claude"}, "starts only /opt/claude"),
        ("always_allow = false", {"allowed_tools": ["Bash(ls:*)"]}, "cannot have 'Bash(ls:*)'"),
        ("always_allow = false", {"skills": ["pdf"]}, "skills cannot have 'pdf'"),
        ("always_allow = false", {"extra_args": {"allowedTools": "Bash"}}, "extra_args"),
        ("always_allow = false", {"skills": "all"}, "skills cannot have 'all'"),
        ("kernal = 'off'", {}, "kernal: there is no such key"),
    ],
)
def test_no_option_goes_around_the_policy(
    policy: Write, text: str, options: dict[str, Any], said: str
) -> None:
    """Else whoever knows the option has what the administrator forbids."""
    policy(text)
    assert said in refused(**options)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (MODES, {"permission_mode": "plan", "extra_args": {"verbose": None}}),
        (MODES, {}),
        (MODELS, {"model": "SONNET", "fallback_model": "claude-haiku-4-5"}),
        (MODELS, {"agents": {"a": AgentDefinition(*AGENT, model="inherit")}}),
        ('folders = ["/srv"]', {"cwd": "/srv/a", "add_dirs": [Path("/srv")]}),
        ('cli_path = "/bin/sh"', {"cli_path": "/bin/../bin/sh"}),
        ("budget_usd_per_day = 1", {"extra_args": {"model": "opus"}, "settings": "{}"}),
    ],
)
def test_what_the_policy_allows_goes_on(policy: Write, text: str, options: dict[str, Any]) -> None:
    """Else an administrator's limit stops work that it allows."""
    policy(text)
    assert refused(**options) == ""


def test_a_link_leads_out_of_no_folder(policy: Write, tmp_path: Path) -> None:
    """Else a link in an allowed folder opens the rest of the machine."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "out").symlink_to(tmp_path)
    (tmp_path / "other").symlink_to(tmp_path / "in")
    policy(f'folders = ["{tmp_path}/other"]')
    assert "not in" in refused(cwd=tmp_path / "in" / "out")
    assert refused(cwd=tmp_path / "in") == ""


def test_the_policy_chooses_where_the_user_does_not(policy: Write) -> None:
    """Else each user must set what the administrator has set already."""
    policy('models = ["claude-*", "sonnet"]\ncli_path = "/bin/sh"')
    found = permitted_options(ClaudeAgentOptions())
    assert (found.model, found.cli_path) == ("sonnet", "/bin/sh")
    assert permitted_model(None) == permitted_model("default") == "sonnet"
    assert permitted_model("claude-x") == "claude-x"
    policy('kernel = "off"\npermission_modes = ["plan"]')
    settings = Settings()
    adapt(settings)
    assert (settings.kernel, settings.permission_mode) == ("off", "plan")


def test_pickers_offer_what_is_allowed(policy: Write) -> None:
    """Else a view offers what then fails."""
    policy('kernel = "ask"\npermission_modes = ["default", "plan"]')
    assert [mode["value"] for mode in offered("default", {})] == ["default", "plan"]
    assert [mode["value"] for mode in offered_kernels()] == ["off", "ask"]


def test_the_picker_of_models(policy: Write) -> None:
    """Else the panel offers a model that fails, or says that no choice is the CLI's choice."""
    listed = [
        {"value": "default", "displayName": "Default (recommended)", "description": "Opus"},
        {"value": "opus", "displayName": "Opus"},
        {"value": "sonnet", "displayName": "Sonnet"},
    ]
    host, client = Host(ScriptFrontend()), SimpleNamespace(last_info={"models": listed})
    health = SimpleNamespace(variables_given=lambda: [])
    choices = Choices(host, cast(Any, client), cast(Any, health))

    def offers() -> list[tuple[str, str]]:
        return [(one["value"], one["description"]) for one in choices.offered_models()]

    assert offers() == [("", "Opus"), ("opus", ""), ("sonnet", "")]
    policy('models = ["sonnet", "my-model", "claude-*"]')
    assert offers() == [
        ("", "sonnet, as the administrator's policy says"),
        ("sonnet", ""),
        ("my-model", ""),
    ]
    choices.check_model("my-model")  # the administrator knows what the gateway has
    policy('models = ["claude-*"]')
    assert [one["label"] for one in choices.offered_models()] == ["None chosen"]
    assert choices.other_models() == []


def test_claude_code_itself_holds_to_exact_names(policy: Write) -> None:
    """Else a command brings its own model; or, with a pattern, no turn has a model that exists."""
    policy('models = ["haiku", "my-model"]')
    first = permitted_options(ClaudeAgentOptions())
    assert json.loads(str(first.settings)) == {
        "availableModels": ["haiku", "my-model"],
        "enforceAvailableModels": True,
    }
    assert permitted_options(first) == first  # a worker checks again
    policy('models = ["haiku"]')
    assert json.loads(str(permitted_options(first).settings))["availableModels"] == ["haiku"]
    own = '{"availableModels": ["opus"], "enforceAvailableModels": true}'
    assert "opus" not in str(permitted_options(ClaudeAgentOptions(settings=own)).settings)
    for wrong in ("{}", '{"availableModels": ["haiku"]}', "[]", "file.json"):
        assert "the option 'settings'" in refused(settings=wrong)
    policy('models = ["haiku", "claude-*"]')
    assert permitted_options(first).settings is None
    policy('permission_modes = ["default"]')
    assert permitted_options(ClaudeAgentOptions()).settings is None


def test_a_wrong_value_after_a_wrong_value_is_one_line(policy: Write) -> None:
    """Else a user whose configuration file breaks the policy gets a page of our own code."""
    host = Host(ScriptFrontend())
    host.settings.permission_mode = "acceptEdits"  # as the file sets it
    choices = Choices(host, cast(Any, None), cast(Any, None))
    host.on_change(choices.check_setting)
    policy('permission_modes = ["plan"]')
    with pytest.raises(ClaudeError, match="allows the permission modes plan, not 'auto'"):
        host.settings.permission_mode = "auto"
    assert host.settings.permission_mode == "acceptEdits"
    host.settings.permission_mode = "plan"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"model": "haiku"}, "has 'model': take it out, and use claude.settings.model"),
        ({"fallback_model": "haiku,opus"}, "models haiku, not 'opus' (fallback_model)"),
        ({"settings": "{}"}, "does not let the option 'settings' bring other settings"),
        ({"skills": ["loud"]}, "so skills cannot have 'loud'"),
        ({"user": "root"}, "has 'user', which the notebook needs: take it out"),
        ({"effort": "huge"}, "The settings of this session: effort"),
        ({"efort": "high"}, "has 'efort', which is no option"),
    ],
)
def test_a_wrong_option_is_said_when_it_is_set(
    policy: Write, value: dict[str, Any], words: str
) -> None:
    """Else it is taken, and from then on each prompt fails until the user finds it."""
    policy('models = ["haiku"]\npermission_modes = ["plan"]\nalways_allow = false\n')
    host = Host(ScriptFrontend())
    host.on_change(Choices(host, cast(Any, None), cast(Any, None)).check_setting)
    fine = {"fallback_model": "haiku"}
    host.settings.options = fine
    with pytest.raises(ClaudeError) as caught:
        host.settings.options = value
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert host.settings.options == fine


@pytest.mark.parametrize(
    ("name", "value"),
    [("options", {"model": "opus"}), ("add_dirs", ["/etc"]), ("allowed_tools", ["Bash"])],
)
def test_the_first_value_can_be_wrong(policy: Write, name: str, value: Any) -> None:
    """Else a user who begins with a wrong value gets an error of traitlets, and keeps the value."""
    policy('folders = ["/srv"]\nalways_allow = false\n')
    host = Host(ScriptFrontend())
    host.on_change(Choices(host, cast(Any, None), cast(Any, None)).check_setting)
    with pytest.raises(ClaudeError):
        setattr(host.settings, name, value)
    assert not getattr(host.settings, name)


def test_rows_obey(policy: Write, tmp_path: Path) -> None:
    """Else a batch does what a prompt may not."""
    policy(f'models = ["sonnet"]\nalways_allow = false\nfolders = ["{tmp_path}"]')
    assert permitted_rows(ClaudeAgentOptions(), folder=tmp_path).model == "sonnet"
    asked: list[tuple[dict[str, Any], Sequence[str], str | None]] = [
        ({}, ["Read"], None),
        ({}, (), "/"),
        ({"model": "opus"}, (), None),
    ]
    for options, tools, folder in asked:
        with pytest.raises(ClaudeError, match="administrator's policy"):
            permitted_rows(ClaudeAgentOptions(**options), tools, folder)
    with pytest.raises(ClaudeError, match="not 'opus'"):
        rows("Say {text}", model="opus")


RULE = {
    "type": "addRules",
    "rules": [{"toolName": "WebSearch"}],
    "behavior": "allow",
    "destination": "session",
}
ACCEPT = {"type": "setMode", "mode": "acceptEdits", "destination": "session"}
FOLDER = {"type": "addDirectories", "directories": ["/etc"], "destination": "session"}


def buttons(*suggestions: dict[str, Any]) -> list[int]:
    context = ToolPermissionContext.from_request(
        {"permission_suggestions": list(suggestions), "tool_use_id": "t"}
    )
    return [one["index"] for one in always_buttons("WebSearch", {}, context, Path("/srv"))]


def test_no_button_allows_what_the_policy_forbids(policy: Write) -> None:
    """Else one click does for good what the administrator forbids."""
    assert buttons(RULE, ACCEPT, FOLDER) == [0, 1, 2]
    policy('permission_modes = ["default"]\nfolders = ["/srv"]')
    assert buttons(RULE, ACCEPT, FOLDER) == [0]
    policy("always_allow = false")
    assert buttons(RULE, ACCEPT, FOLDER) == []


def test_a_plan_ends_in_an_allowed_mode(policy: Write) -> None:
    """Else approving a plan turns on a mode that the administrator forbids."""

    def mode(index: int | None) -> str | None:
        result, _ = plans.approved({}, index, None)
        (update,) = getattr(result, "updated_permissions", None) or [None]
        return None if update is None else update.mode

    policy('permission_modes = ["default", "plan"]')
    assert [button["index"] for button in plans.buttons()] == [1]
    assert mode(0) == mode(1) == mode(None) == "default"
    policy('permission_modes = ["acceptEdits", "plan"]')
    assert mode(None) == "acceptEdits"
    policy('permission_modes = ["plan"]')
    assert plans.buttons() == [] and mode(None) is None


def test_looking_is_not_always_allowed(policy: Write) -> None:
    """Else a button, or a setting of before, lets Claude look where it must ask."""

    async def run(*given: Any) -> dict[str, Any]:
        return {}

    def work(x: int) -> int:
        """Work."""
        return x

    host, tools = Host(ScriptFrontend()), UserTools(run)
    mine = tools.add(work)
    requests = KernelRequests(host, tools, lambda code: [], lambda *_: None)
    turn = TurnWriter(1, "id", "prompt", folder=Path("folder")).turn
    look = "mcp__kernel__variables"

    def pressable(tool: str) -> int:
        asked = requests.request(tool, {}, "t", turn)
        assert asked is not None
        return len(asked.request.suggestions)

    assert pressable(look) == pressable(mine.full_name) == 1
    host.settings.kernel = "look"
    tools.allow(mine)
    assert requests.allows(look, turn) and requests.allows(mine.full_name, turn)
    policy('kernel = "ask"')
    assert pressable(look) == 0 and not requests.allows(look, turn)
    policy("always_allow = false")
    assert pressable(look) == pressable(mine.full_name) == 0
    assert requests.allows(look, turn)  # the user may still choose it
    assert not requests.allows(mine.full_name, turn)


def test_nobody_is_told_to_set_what_is_forbidden(policy: Write) -> None:
    """Else the advice on a denied call leads to the next refusal."""
    writer = TurnWriter(1, "id", "prompt", folder=Path("folder"))
    context = ToolPermissionContext.from_request({"tool_use_id": "t"})
    policy("always_allow = false")
    said = Approvals()._nobody(writer, "Bash", context).message
    assert "administrator's policy" in said and "allowed_tools" not in said


def test_the_policys_own_claude_code_is_missing(policy: Write, tmp_path: Path) -> None:
    """Else a user is told to correct a setting of theirs, which they have not."""
    path = tmp_path / "claude"
    policy(f'cli_path = "{path}"')
    line = f"The administrator's policy starts only {path}, which does not exist or is closed"
    with pytest.raises(ClaudeError) as refusal:
        permitted_options(ClaudeAgentOptions())
    assert str(refusal.value).startswith(line)
    finding = next(each for each in doctor.report() if each.name == "Claude Code CLI")
    assert finding.text.startswith(line)
    assert finding.remedy == "ask the administrator to correct cli_path"


def test_the_doctor_sees_files_that_cannot_be_written(policy: Write, tmp_path: Path) -> None:
    """Else an administrator who has not made the folder learns it from the users' first turns."""
    (tmp_path / "is").mkdir()
    policy(
        f'spend_log = "{tmp_path}/no/{{user}}.jsonl"\nspend_metrics = "{tmp_path}/no/{{user}}.prom"'
    )
    wrong = [each for each in doctor.report(practice=True) if each.name == "Policy: spend"]
    user = user_name()
    assert [each.text for each in wrong] == [
        f"{tmp_path}/no/{user}.jsonl cannot be written",
        f"{tmp_path}/no/{user}.prom cannot be written",
    ]
    assert not any(each.ok for each in wrong)
    # A session that could not write one has said why.
    said = Problem("Policy", "Cannot write it", "", f"{tmp_path}/no/{user}.jsonl")
    told = [each.text for each in doctor.report(practice=True, problems=[said]) if not each.ok]
    assert {"Cannot write it", f"{tmp_path}/no/{user}.prom cannot be written"} <= set(told)
    assert f"{tmp_path}/no/{user}.jsonl cannot be written" not in told
    policy(f'spend_log = "{tmp_path}/is/a"\nspend_metrics = "{tmp_path}/is/b"')
    assert not [each for each in doctor.report(practice=True) if each.name == "Policy: spend"]


def test_the_doctor_shows_each_limit(policy: Write, tmp_path: Path) -> None:
    """Else an administrator cannot see which files count, nor a user what is left of today."""
    policy(
        'kernel = "ask"\npermission_modes = ["plan"]\nmodels = ["sonnet"]\nalways_allow = false\n'
        f'budget_usd_per_day = 5\nfolders = ["/srv"]\ncli_path = "{tmp_path}/claude"\n'
        'keep_alive_minutes = 30\nspend_log = "/var/log/{user}"\nbudgets = 3'
    )
    Spending().ended("a", {"m": Spent(cost_usd=1.25)}, "s")
    report = repr(doctor.Diagnosis(doctor.report(practice=True)))
    lines = {" ".join(line.split()) for line in report.splitlines()}
    assert lines >= {
        f"ok Policy: file {tmp_path}/policy.toml",
        "ok Policy: kernel at most ask",
        "ok Policy: permission modes plan",
        "ok Policy: models sonnet (sonnet if you choose none)",
        "ok Policy: budget a day $1.25 of $5.00 spent today, in all kernels; $3.75 left",
        "ok Policy: always allow no: each tool call that needs a permission asks",
        "ok Policy: folders /srv",
        f"ok Policy: Claude Code {tmp_path}/claude",
        "ok Policy: kept alive a request or a turn, for 30 minutes",
        f"ok Policy: each turn's cost goes to /var/log/{user_name()}",
        f"problem Policy {tmp_path}/policy.toml, budgets: there is no such key",
        "→ no prompt is sent until the administrator fixes this file",
    }
    assert any(line.startswith("missing Claude Code CLI") for line in lines), report


def test_variables_of_the_kernel_count(policy: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else `%env` chooses the model."""
    policy(MODELS)
    monkeypatch.setitem(os.environ, "ANTHROPIC_DEFAULT_SONNET_MODEL", "claude-opus-9")
    assert "(ANTHROPIC_DEFAULT_SONNET_MODEL)" in refused(model="sonnet")
