"""Options: the flags and the environment that the CLI is given."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import AgentDefinition, ClaudeAgentOptions, CLINotFoundError
from jupyter_claude_sdk._find import check_version, find_cli, version_tuple
from jupyter_claude_sdk._options import command_arguments, command_environment, initialize_fields

pytestmark = pytest.mark.pure

ALWAYS = ["--output-format=stream-json", "--input-format=stream-json", "--verbose"]
DEFAULTS = ["--system-prompt=", "--setting-sources="]
SCHEMA = {"type": "object"}
HOSTILE = "--dangerously-skip-permissions"


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({}, []),
        ({"allowed_tools": ["Read", "Bash(ls:*)"]}, ["--allowedTools=Read,Bash(ls:*)"]),
        ({"disallowed_tools": ["Bash(rm*)"]}, ["--disallowedTools=Bash(rm*)"]),
        ({"permission_mode": "plan"}, ["--permission-mode=plan"]),
        ({"continue_conversation": True}, ["--continue"]),
        ({"resume": "r", "fork_session": True}, ["--resume=r", "--fork-session"]),
        ({"resume_session_at": "u"}, ["--resume-session-at=u"]),
        ({"session_id": "s"}, ["--session-id=s"]),
        ({"max_turns": 0}, ["--max-turns=0"]),
        ({"max_budget_usd": 0.5}, ["--max-budget-usd=0.5"]),
        ({"model": "m", "fallback_model": "f"}, ["--model=m", "--fallback-model=f"]),
        ({"max_thinking_tokens": 9}, ["--max-thinking-tokens=9"]),
        (
            {"output_format": {"type": "json_schema", "schema": SCHEMA}},
            ["--json-schema=" + json.dumps(SCHEMA)],
        ),
        ({"permission_prompt_tool_name": "t"}, ["--permission-prompt-tool=t"]),
        ({"can_use_tool": print}, ["--permission-prompt-tool=stdio"]),
        ({"settings": "s.json"}, ["--settings=s.json"]),
        ({"add_dirs": ["/a", Path("/b")]}, ["--add-dir=/a", "--add-dir=/b"]),
        ({"mcp_servers": "m.json"}, ["--mcp-config=m.json"]),
        (
            {"mcp_servers": {"a": {"command": "c"}}},
            ['--mcp-config={"mcpServers": {"a": {"command": "c"}}}'],
        ),
        ({"plugins": [{"type": "local", "path": "p"}]}, ["--plugin-dir=p"]),
        ({"include_partial_messages": True}, ["--include-partial-messages"]),
        ({"sandbox": {"enabled": True}}, ['--settings={"sandbox": {"enabled": true}}']),
        (
            {"sandbox": {}, "settings": '{"a": 1}'},
            ['--settings={"a": 1, "sandbox": {}}'],
        ),
        ({"extra_args": {"a": None, "--b": "c", "-d": None}}, ["--a", "--b=c", "-d"]),
        *(
            ({name: HOSTILE}, [f"{flag}={HOSTILE}"])
            for name, flag in (
                ("resume", "--resume"),
                ("model", "--model"),
                ("settings", "--settings"),
                ("mcp_servers", "--mcp-config"),
            )
        ),
        ({"allowed_tools": [HOSTILE]}, [f"--allowedTools={HOSTILE}"]),
        ({"add_dirs": [HOSTILE]}, [f"--add-dir={HOSTILE}"]),
        ({"extra_args": {"a": HOSTILE}}, [f"--a={HOSTILE}"]),
        ({"env": {"A": "b"}, "cwd": "/", "stderr": print, "agents": {}, "user": "u"}, []),
    ],
)
def test_each_option_is_one_flag_and_no_value_becomes_one(
    fields: dict[str, Any], flags: list[str]
) -> None:
    """A wrong flag loses an option; a value taken for a flag could switch permissions off."""
    arguments = command_arguments(ClaudeAgentOptions(**fields))
    assert arguments[:3] == ALWAYS
    assert sorted(arguments[3:]) == sorted(DEFAULTS + flags)


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({"system_prompt": "You are"}, ["--system-prompt=You are"]),
        ({"system_prompt": HOSTILE}, [f"--system-prompt={HOSTILE}"]),
        ({"system_prompt": {"type": "preset", "preset": "claude_code"}}, []),
        (
            {"system_prompt": {"type": "preset", "preset": "claude_code", "append": "A"}},
            ["--append-system-prompt=A"],
        ),
        ({"system_prompt": {"type": "file", "path": "f"}}, ["--system-prompt-file=f"]),
        ({"append_system_prompt": "A"}, ["--append-system-prompt=A"]),
        (
            {"system_prompt": "S", "append_system_prompt": "A"},
            ["--system-prompt=S", "--append-system-prompt=A"],
        ),
    ],
)
def test_each_form_of_system_prompt(fields: dict[str, Any], flags: list[str]) -> None:
    """Claude Code's own prompt must be there exactly when it was asked for."""
    arguments = command_arguments(ClaudeAgentOptions(**fields))
    assert arguments[3:] == [*flags, "--setting-sources="]


def test_a_system_prompt_too_long_for_a_command_line_goes_another_way() -> None:
    """The system refuses an argument over 128 KiB: the CLI would not start."""
    options = ClaudeAgentOptions(system_prompt="é" * 70_000)
    assert command_arguments(options)[3:] == ["--system-prompt=", "--setting-sources="]
    assert initialize_fields(options, None)["systemPrompt"] == ["é" * 70_000]
    assert "systemPrompt" not in initialize_fields(ClaudeAgentOptions(system_prompt="S"), None)


def test_settings_come_from_where_they_are_said_to() -> None:
    """None must load nothing: a project's settings can run commands."""
    options = ClaudeAgentOptions(setting_sources=["user", "project"])
    assert "--setting-sources=user,project" in command_arguments(options)


def test_sandbox_joins_a_settings_file(tmp_path: Path) -> None:
    """One of the two would be lost."""
    file = tmp_path / "s.json"
    file.write_text('{"a": "é"}', "utf-8")
    options = ClaudeAgentOptions(settings=str(file), sandbox={"enabled": True})
    [flag] = [flag for flag in command_arguments(options) if flag.startswith("--settings=")]
    assert json.loads(flag.partition("=")[2]) == {"a": "é", "sandbox": {"enabled": True}}


def test_two_answers_to_one_question_are_refused() -> None:
    """One of the two would silently never be asked."""
    with pytest.raises(ValueError, match="exclude each other"):
        ClaudeAgentOptions(can_use_tool=print, permission_prompt_tool_name="t")  # type: ignore[arg-type]


def test_the_environment() -> None:
    """CLAUDECODE would make the CLI believe that it runs inside itself."""
    inherited = {"CLAUDECODE": "1", "PATH": "/bin", "A": "ours"}
    plain = command_environment(ClaudeAgentOptions(), inherited)
    assert "CLAUDECODE" not in plain
    assert "CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING" not in plain
    assert plain["CLAUDE_CODE_ENTRYPOINT"] == "jupyter-claude"
    options = ClaudeAgentOptions(env={"A": "theirs"}, cwd="/", enable_file_checkpointing=True)
    full = command_environment(options, inherited)
    assert (full["A"], full["PATH"], full["PWD"]) == ("theirs", "/bin", "/")
    assert full["CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING"] == "true"
    assert inherited["CLAUDECODE"] == "1"


def test_agents_travel_in_the_first_request() -> None:
    """Subagents would not exist."""
    agent = AgentDefinition(description="d", prompt="p", tools=["Read"])
    fields = initialize_fields(ClaudeAgentOptions(agents={"a": agent}), None)
    assert fields["agents"] == {"a": {"description": "d", "prompt": "p", "tools": ["Read"]}}


# --- finding the CLI --------------------------------------------------------------------------


def test_the_cli_is_looked_for_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An explicit choice must win, and never be passed over silently."""
    own = tmp_path / "own" / "claude.exe"
    monkeypatch.setattr("jupyter_claude_sdk._find.own_cli", lambda: own)
    monkeypatch.delenv("JUPYTER_CLAUDE_CLI", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(CLINotFoundError, match=r"not found; run `jupyter-claude install-cli`"):
        find_cli()

    def make(path: Path) -> Path:
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
        return path

    assert make(own) == find_cli()
    assert make(tmp_path / "bin" / "claude") == find_cli()
    monkeypatch.setenv("JUPYTER_CLAUDE_CLI", str(make(tmp_path / "variable")))
    assert find_cli() == tmp_path / "variable"
    assert find_cli(make(tmp_path / "option")) == tmp_path / "option"
    monkeypatch.chdir(tmp_path)
    assert find_cli("option") == tmp_path / "option"  # the CLI may start in another folder
    with pytest.raises(CLINotFoundError, match="cli_path names no file"):
        find_cli(tmp_path / "no")
    monkeypatch.setenv("JUPYTER_CLAUDE_CLI", os.fspath(tmp_path))
    with pytest.raises(CLINotFoundError, match="JUPYTER_CLAUDE_CLI names no file"):
        find_cli()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("2.1.329 (Claude Code)", (2, 1, 329)), ("2.1.3-beta", (2, 1, 3)), ("", ()), ("dev", ())],
)
def test_versions_are_read(text: str, numbers: tuple[int, ...]) -> None:
    """A good CLI must not be refused for how it writes its version."""
    assert version_tuple(text) == numbers
    if not numbers:
        check_version(text)
