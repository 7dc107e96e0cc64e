"""`doctor`: says what is wrong and what to do, and never a secret."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from jupyter_claude_sdk.lowlevel import TESTED_CLI_VERSION

from jupyter_claude._command import doctor
from jupyter_claude._providers.provider import SWITCHES
from jupyter_claude._signin import status

SECRET = "sk-ant-planted-4711"
NAMES = (*SWITCHES, *status.SECRETS, "CLAUDE_CONFIG_DIR", "JUPYTER_CLAUDE_PRACTICE")

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts"),
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty home, project and data folder, and no sign-in."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("JUPYTER_CLAUDE_CLI", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return tmp_path


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def fake_cli(folder: Path, version: str, status: str = "exit 1") -> Path:
    program = folder / "bin" / "claude"
    program.parent.mkdir(exist_ok=True)
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = auth ]; then {status}; else echo "{version} (Claude Code)"; fi\n'
    )
    program.chmod(0o755)
    return program


def finding(name: str, cli: Path | None = None) -> doctor.Finding:
    found = {each.name: each for each in doctor.report(str(cli) if cli else None)}
    return found[name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ANTHROPIC_API_KEY", "API key (ANTHROPIC_API_KEY)"),
        ("ANTHROPIC_AUTH_TOKEN", "token (ANTHROPIC_AUTH_TOKEN)"),
        ("CLAUDE_CODE_OAUTH_TOKEN", "token (CLAUDE_CODE_OAUTH_TOKEN)"),
    ],
)
def test_a_secret_in_the_environment_is_named_not_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    """Otherwise a key lands in a saved notebook."""
    monkeypatch.setenv(name, SECRET)
    assert status.sign_in() == text
    assert SECRET not in repr(doctor.Diagnosis(doctor.report()))


@pytest.mark.parametrize(
    ("file", "value", "text"),
    [
        (
            ".claude/settings.json",
            {"apiKeyHelper": f"echo {SECRET}"},
            "API key (apiKeyHelper in {})",
        ),
        (
            ".claude/settings.json",
            {"env": {"ANTHROPIC_API_KEY": SECRET}},
            "ANTHROPIC_API_KEY in {}",
        ),
        (
            "project/.claude/settings.local.json",
            {"env": {"CLAUDE_CODE_USE_BEDROCK": "1", "AWS_SECRET_ACCESS_KEY": SECRET}},
            "Amazon Bedrock (CLAUDE_CODE_USE_BEDROCK in {}), "
            "with what the AWS SDK finds, not tried",
        ),
    ],
)
def test_a_secret_in_a_file_is_named_not_told(
    home: Path, file: str, value: object, text: str
) -> None:
    """Otherwise a key lands in a saved notebook, or is overlooked where no CLI names it."""
    write_json(home / file, value)
    assert status.sign_in() == text.format(home / file)
    assert SECRET not in repr(doctor.Diagnosis(doctor.report()))


def test_a_provider_in_a_file_counts_before_a_key(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the doctor names a key that Claude Code does not use, beside the provider."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    write_json(home / ".claude" / "settings.json", {"env": {"CLAUDE_CODE_USE_FOUNDRY": "1"}})
    assert (status.sign_in() or "").startswith("Microsoft Foundry (CLAUDE_CODE_USE_FOUNDRY in ")
    report = repr(doctor.Diagnosis(doctor.report()))
    assert "ANTHROPIC_API_KEY is set, but Microsoft Foundry does not use it" in report


def test_the_clis_own_folder_can_lie_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a hub that sets CLAUDE_CONFIG_DIR is told to sign in again."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home / "elsewhere"))
    settings = home / "elsewhere" / "settings.json"
    write_json(settings, {"apiKeyHelper": "echo key"})
    assert status.sign_in() == f"API key (apiKeyHelper in {settings})"


@pytest.mark.parametrize("name", list(SWITCHES))
def test_a_cloud_provider(home: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Otherwise Bedrock, Vertex and Foundry users get the practice model."""
    monkeypatch.setenv(name, "0")
    assert status.sign_in() is None
    monkeypatch.setenv(name, "1")
    found = status.sign_in()
    assert found is not None
    assert name in found


def test_nothing_counts_as_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise an empty key or a broken file passes for a sign-in, or ends in a traceback."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "  ")
    (home / ".claude").mkdir()
    (home / ".claude" / "settings.json").write_text('{"apiKeyHelper": ')
    (home / "project" / ".claude").mkdir()
    (home / "project" / ".claude" / "settings.json").write_bytes(b"\xff\xfe")
    (home / "project" / ".claude" / "settings.local.json").write_text("[]")
    assert status.sign_in() is None
    signed = finding("Sign-in", fake_cli(home, TESTED_CLI_VERSION))
    assert not signed.ok
    assert signed.text == "none"
    assert "`jupyter-claude login`" in signed.remedy
    assert "JUPYTER_CLAUDE_PRACTICE=1" in signed.remedy


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ({"authMethod": "claude.ai"}, "the CLI's own login"),
        (
            {"authMethod": "api_key", "apiKeySource": "/login managed key"},
            "the CLI's own login (API key)",
        ),
        ({"authMethod": "api_key", "apiKeySource": SECRET}, "an API key"),
        ({"authMethod": SECRET}, "the CLI's own login"),
    ],
)
def test_the_cli_is_asked_for_its_logins(home: Path, method: dict[str, str], text: str) -> None:
    """Otherwise a login is overlooked, in the macOS keychain or in a file."""
    answer = json.dumps({"loggedIn": True, "email": SECRET, **method})
    program = fake_cli(home, TESTED_CLI_VERSION, f"echo '{answer}'")
    assert status.sign_in(program) == text
    assert SECRET not in repr(doctor.Diagnosis(doctor.report(str(program))))


def test_without_a_cli_a_login_is_unknown(home: Path) -> None:
    """Otherwise a user whose CLI is too old or gone is told that the login is gone, too."""
    write_json(home / ".claude" / ".credentials.json", {"claudeAiOauth": {"accessToken": SECRET}})
    signed = finding("Sign-in")
    assert not signed.ok
    assert signed.text.startswith("unknown")


@pytest.mark.parametrize("answer", ["exit 1", "echo nonsense", "echo []", "echo '{}'"])
def test_a_cli_that_knows_no_sign_in(home: Path, answer: str) -> None:
    """Otherwise a user without a sign-in is told that there is one."""
    assert status.sign_in(fake_cli(home, TESTED_CLI_VERSION, answer)) is None


def test_the_practice_model_needs_no_sign_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise someone who practises is sent to sign in."""
    monkeypatch.setenv("JUPYTER_CLAUDE_PRACTICE", "1")
    assert finding("Sign-in").ok
    monkeypatch.delenv("JUPYTER_CLAUDE_PRACTICE")
    (signed,) = [each for each in doctor.report(practice=True) if each.name == "Sign-in"]
    assert signed.ok


def test_the_sessions_own_variables_count(home: Path) -> None:
    """Otherwise a key in ClaudeMagics.env is overlooked, or read out."""
    variables = {"ANTHROPIC_API_KEY": SECRET}
    assert status.sign_in(environment=variables) == "API key (ANTHROPIC_API_KEY)"
    assert SECRET not in repr(doctor.Diagnosis(doctor.report(environment=variables)))


def test_no_cli(home: Path) -> None:
    """Otherwise a newcomer does not learn the one command that is missing."""
    found = finding("Claude Code CLI")
    assert not found.ok
    assert "jupyter-claude install-cli" in found.remedy


def test_a_good_cli(home: Path) -> None:
    """Otherwise a user cannot tell which CLI is in use."""
    program = fake_cli(home, TESTED_CLI_VERSION)
    found = finding("Claude Code CLI", program)
    assert found.ok
    assert found.text == f"{TESTED_CLI_VERSION} ({program})"
    newer = fake_cli(home, "99.0.0")
    assert finding("Claude Code CLI", newer).text.endswith(f"tested with {TESTED_CLI_VERSION}")


def test_too_old_a_cli(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the remedy is followed and the old CLI on PATH still wins."""
    program = fake_cli(home, "1.0.58")
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    found = finding("Claude Code CLI")
    assert not found.ok
    assert "too old" in found.text
    assert "jupyter-claude install-cli" in found.remedy
    assert "JUPYTER_CLAUDE_CLI=" in found.remedy


def test_a_cli_that_does_not_run(home: Path) -> None:
    """Otherwise a CLI for another machine passes for a good one."""
    program = home / "claude"
    program.write_bytes(b"\x7fELF nonsense")
    program.chmod(0o755)
    found = finding("Claude Code CLI", program)
    assert not found.ok
    assert "does not run" in found.text


def test_too_old_an_ipykernel(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise approvals fail on an old kernel with no word about why."""
    monkeypatch.setattr(doctor, "_version", lambda package: "6.29.5")
    found = finding("ipykernel")
    assert not found.ok
    assert "pip install -U ipykernel" in found.remedy


@pytest.mark.parametrize(
    ("bridge", "ok"), [("bridge", True), ("native: this kernel is built differently (x)", False)]
)
def test_clicks(home: Path, bridge: str, ok: bool) -> None:
    """Otherwise nobody says why the buttons do nothing."""
    (found,) = [each for each in doctor.report(bridge=bridge) if each.name == "Clicks in a cell"]
    assert found.ok is ok
    assert bool(found.remedy) is not ok


def test_missing_packages(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a turn shows as plain text with no word about why."""
    monkeypatch.setattr(doctor, "_version", lambda package: None)
    assert "pip install anywidget" in finding("anywidget").remedy
    assert finding("Jupyter").ok
    assert finding("ipykernel").ok


def test_the_report_reads_well() -> None:
    """Otherwise what to do is not seen at once."""
    fine = doctor.Finding("Python", True, "3.13")
    shown = doctor.Diagnosis(
        [
            fine,
            doctor.Finding("CLI", False, "none", "get <it>", missing=True),
            doctor.Finding("Kernel", False, "old"),
        ]
    )
    assert repr(shown).splitlines() == [
        "ok       Python  3.13",
        "missing  CLI     none",
        "                 → get <it>",
        "problem  Kernel  old",
        "2 problems to fix.",
    ]
    html = shown._repr_html_()
    assert ">missing</td>" in html and "get &lt;it&gt;" in html
    fine_too = doctor.Diagnosis([fine])
    assert repr(fine_too).endswith("Everything is in order.")
    assert "what to do" not in fine_too._repr_html_()
