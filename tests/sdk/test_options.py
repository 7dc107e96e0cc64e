"""Options: the flags and the environment that the CLI is given."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import os
import pickle
import sys
import warnings
from collections import ChainMap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_claude_sdk import (
    AgentDefinition,
    CanUseToolShadowedWarning,
    ClaudeAgentOptions,
    ClaudeCodeOptions,
    CLIConnectionError,
    CLINotFoundError,
    HookMatcher,
    InMemorySessionStore,
    SdkMcpTool,
)
from jupyter_claude_sdk._connection.hooks import HookRegistry
from jupyter_claude_sdk._transport.arguments import (
    command_arguments,
    command_environment,
    initialize_fields,
    private_files,
)
from jupyter_claude_sdk._transport.find import check_version, find_cli, on_path, version_tuple
from pydantic import BaseModel

pytestmark = pytest.mark.pure

ALWAYS = ["--output-format=stream-json", "--input-format=stream-json", "--verbose"]
EMPTY = ["--system-prompt="]
DEFAULTS = ["--system-prompt=", "--setting-sources="]
SCHEMA = {"type": "object"}
TOOL: Any = SdkMcpTool("t", "d", {}, print)  # type: ignore[arg-type]
SERVER: Any = {"type": "sdk", "name": "s", "instance": object()}


class City(BaseModel):
    name: str


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
        ({"output_format": {"type": "json_schema", "schema": SCHEMA}}, []),
        ({"permission_prompt_tool_name": "t"}, ["--permission-prompt-tool=t"]),
        ({"can_use_tool": print}, ["--permission-prompt-tool=stdio"]),
        ({"tools": ["Read", "Bash"]}, ["--tools=Read,Bash"]),
        ({"tools": ("Read",)}, ["--tools=Read"]),
        ({"tools": ()}, ["--tools="]),  # none, as with an empty list
        ({"tools": {"type": "preset", "preset": "claude_code"}}, ["--tools=default"]),
        ({"settings": "s.json"}, ["--settings=s.json"]),
        ({"settings": Path("s.json")}, ["--settings=s.json"]),
        ({"add_dirs": ["/a", Path("/b")]}, ["--add-dir=/a", "--add-dir=/b"]),
        ({"mcp_servers": "m.json"}, ["--mcp-config=m.json"]),
        ({"plugins": [{"type": "local", "path": "p"}]}, ["--plugin-dir=p"]),
        ({"include_partial_messages": True}, ["--include-partial-messages"]),
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
    ("fields", "flags", "sent"),
    [
        ({}, EMPTY, {}),
        ({"system_prompt": ""}, EMPTY, {}),
        ({"system_prompt": "You are"}, EMPTY, {"systemPrompt": ["You are"]}),
        ({"system_prompt": HOSTILE}, EMPTY, {"systemPrompt": [HOSTILE]}),
        ({"system_prompt": {"type": "preset", "preset": "claude_code"}}, [], {}),
        (
            {"system_prompt": {"type": "preset", "preset": "claude_code", "append": "A"}},
            [],
            {"appendSystemPrompt": "A"},
        ),
        ({"system_prompt": {"type": "file", "path": "f"}}, ["--system-prompt-file=f"], {}),
        ({"system_prompt": {"type": "custom", "prompt": "C"}}, EMPTY, {"systemPrompt": ["C"]}),
        (
            {"system_prompt": ChainMap({"type": "custom", "prompt": "C"})},
            EMPTY,
            {"systemPrompt": ["C"]},
        ),
        ({"append_system_prompt": "A"}, [], {"appendSystemPrompt": "A"}),
        (
            {"system_prompt": "S", "append_system_prompt": "A"},
            EMPTY,
            {"systemPrompt": ["S"], "appendSystemPrompt": "A"},
        ),
    ],
)
def test_each_form_of_system_prompt(
    fields: dict[str, Any], flags: list[str], sent: dict[str, Any]
) -> None:
    """Claude Code's own prompt must be there exactly when it was asked for, and no text in `ps`."""
    options = ClaudeAgentOptions(**fields)
    assert command_arguments(options)[3:] == [*flags, "--setting-sources="]
    assert initialize_fields(options, None) == {"hooks": None, **sent}


@pytest.mark.parametrize(
    ("fields", "files"),
    [
        ({}, {}),
        ({"settings": "s.json", "mcp_servers": Path("m.json")}, {}),
        ({"settings": ' {"a": 1}'}, {"settings.json": {"a": 1}}),
        ({"sandbox": {"enabled": True}}, {"settings.json": {"sandbox": {"enabled": True}}}),
        ({"sandbox": {}, "settings": '{"a": 1}'}, {"settings.json": {"a": 1, "sandbox": {}}}),
        (
            {"mcp_servers": {"a": {"command": "c"}}},
            {"mcp.json": {"mcpServers": {"a": {"command": "c"}}}},
        ),
        (
            {"mcp_servers": ChainMap({"a": ChainMap({"command": "c"})})},
            {"mcp.json": {"mcpServers": {"a": {"command": "c"}}}},
        ),
        ({"mcp_servers": '{"mcpServers": {}}'}, {"mcp.json": {"mcpServers": {}}}),
    ],
)
def test_what_may_be_secret_goes_into_files(fields: dict[str, Any], files: dict[str, Any]) -> None:
    """Each user of the machine could read keys among the arguments."""
    options = ClaudeAgentOptions(**fields)
    texts = private_files(options)
    assert {name: json.loads(text) for name, text in texts.items()} == files
    flags = {"mcp.json": "--mcp-config=/f/mcp.json", "settings.json": "--settings=/f/settings.json"}
    arguments = command_arguments(options, {name: Path("/f", name) for name in texts})
    for name, flag in flags.items():
        assert (flag in arguments) == (name in files)


def test_settings_come_from_where_they_are_said_to() -> None:
    """None must load nothing: a project's settings can run commands."""
    options = ClaudeAgentOptions(setting_sources=["user", "project"])
    assert "--setting-sources=user,project" in command_arguments(options)


def test_sandbox_joins_a_settings_file(tmp_path: Path) -> None:
    """One of the two would be lost."""
    file = tmp_path / "s.json"
    file.write_text('{"a": "é"}', "utf-8")
    for settings, cwd in ((str(file), None), (file, None), ("s.json", tmp_path)):
        options = ClaudeAgentOptions(settings=settings, cwd=cwd, sandbox={"enabled": True})
        text = private_files(options)["settings.json"]
        assert json.loads(text) == {"a": "é", "sandbox": {"enabled": True}}


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-8"])
def test_sandbox_joins_a_file_of_another_program(tmp_path: Path, mark: str) -> None:
    """Editors on Windows write a mark before the text; the CLI reads such files."""
    file = tmp_path / "s.json"
    file.write_text('{"a": "é"}', mark)
    options = ClaudeAgentOptions(settings=file, sandbox={"enabled": True})
    assert json.loads(private_files(options)["settings.json"])["a"] == "é"


@pytest.mark.parametrize(
    "content", [b"[1, 2]", b"7", b"null", b'"x"', b"", b"{", b"\xff\xfe{", b"[" * 100_000]
)
def test_a_settings_file_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    """The error would be one of Python's, which says nothing of settings."""
    file = tmp_path / "s.json"
    file.write_bytes(content)
    options = ClaudeAgentOptions(settings=file, sandbox={"enabled": True})
    with pytest.raises(CLIConnectionError, match=r"^The file of the option settings [^\n]+$"):
        private_files(options)


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


ADAPTIVE = {"type": "adaptive"}
PRESET = {"type": "preset", "preset": "claude_code"}


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({"tools": []}, ["--tools="]),
        ({"tools": ["Read", "Bash"]}, ["--tools=Read,Bash"]),
        ({"tools": PRESET}, ["--tools=default"]),
        ({"strict_mcp_config": True}, ["--strict-mcp-config"]),
        ({"betas": ["context-1m-2025-08-07"]}, ["--betas=context-1m-2025-08-07"]),
        ({"include_hook_events": True}, ["--include-hook-events"]),
        ({"resume": "r", "resume_drops_turn": "u"}, ["--resume=r", "--resume-drops-turn=u"]),
        ({"thinking": ADAPTIVE}, ["--thinking=adaptive"]),
        (
            {"thinking": {**ADAPTIVE, "display": "summarized"}},
            ["--thinking=adaptive", "--thinking-display=summarized"],
        ),
        ({"thinking": {"type": "disabled"}, "max_thinking_tokens": 7}, ["--thinking=disabled"]),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 5, "display": "omitted"}},
            ["--max-thinking-tokens=5", "--thinking-display=omitted"],
        ),
        ({"max_thinking_tokens": 0}, ["--max-thinking-tokens=0"]),
        ({"effort": "max"}, ["--effort=max"]),
        ({"task_budget": {"total": 5000}}, ["--task-budget=5000"]),
    ],
)
def test_each_option_beyond_the_documents_is_one_flag(
    fields: dict[str, Any], flags: list[str]
) -> None:
    """The option would silently do nothing."""
    arguments = command_arguments(ClaudeAgentOptions(**fields))
    assert sorted(arguments[3:]) == sorted(DEFAULTS + flags)


@pytest.mark.parametrize(
    ("fields", "flags", "sent"),
    [
        ({"skills": "all"}, ["--allowedTools=Skill", "--setting-sources=user,project"], None),
        (
            {"skills": ["a", "b"], "allowed_tools": ["Read"]},
            ["--allowedTools=Read,Skill(a),Skill(b)", "--setting-sources=user,project"],
            ["a", "b"],
        ),
        (
            {"skills": ["a"], "setting_sources": []},
            ["--allowedTools=Skill(a)", "--setting-sources="],
            ["a"],
        ),
        ({"skills": []}, ["--setting-sources="], []),
    ],
)
def test_skills_are_found_and_may_be_used(
    fields: dict[str, Any], flags: list[str], sent: list[str] | None
) -> None:
    """A named skill would not be there, or each use of it would be asked about."""
    options = ClaudeAgentOptions(**fields)
    assert command_arguments(options)[4:] == flags
    assert initialize_fields(options, None).get("skills") == sent


@pytest.mark.parametrize(
    "name",
    [
        *("x),Bash(*", "a,b", "a(b", "a)b", "", " a", "a ", "a\n", "a\x00b", "a\x1bb", "a\x9bb"),
        *("\ufeffa", "a\ufeff", "a\ud800", "/a", "*", "a*", "a:*", "a\\\\b", "a\\"),
    ],
)
def test_a_skill_with_such_a_name_is_refused(name: str) -> None:
    """A name from elsewhere could allow every command: it becomes a part of a permission rule."""
    with pytest.raises(ValueError, match=r"skills has the name .*write 'all' or a list") as caught:
        ClaudeAgentOptions(skills=[name])
    assert str(caught.value).isprintable() and str(caught.value).isascii()
    options = ClaudeAgentOptions(skills=["a"])
    options.skills = [name]
    with pytest.raises(ValueError, match="skills has the name"):
        command_arguments(options)


@pytest.mark.parametrize("option", ["allowed_tools", "disallowed_tools", "tools"])
@pytest.mark.parametrize(
    "rule", ["Read(a", "Read(a\\", "Read)", "Edit(/x (1) y/**)", "Bash(a (b), c)"]
)
def test_a_rule_that_swallows_the_next_is_refused(option: str, rule: str) -> None:
    """The rules behind it would be lost: a tool that is never to run would run."""
    fields: Any = {option: [rule, "Bash"]}
    with pytest.raises(ValueError, match=f"{option} has .*; close each bracket, or put"):
        ClaudeAgentOptions(**fields)


def test_rules_with_brackets_are_taken() -> None:
    """A rule that works today would be refused."""
    rules = ["Read", "Bash(ls:*)", "Bash(git commit -m *)", "Read(/a (b)/**)", "Read(a), Bash(b)"]
    assert ClaudeAgentOptions(allowed_tools=rules).allowed_tools == rules


def test_what_travels_in_the_first_request() -> None:
    """These have no flag: they would be lost."""
    preset: Any = {**PRESET, "append": "A", "exclude_dynamic_sections": True, "snapshot": False}
    options = ClaudeAgentOptions(system_prompt=preset, forward_subagent_text=True)
    assert initialize_fields(options, None) == {
        "hooks": None,
        "appendSystemPrompt": "A",
        "excludeDynamicSections": True,
        "systemPromptSnapshot": False,
        "forwardSubagentText": True,
    }
    custom = ClaudeAgentOptions(system_prompt={"type": "custom", "prompt": "P", "snapshot": True})
    assert initialize_fields(custom, None) == {
        "hooks": None,
        "systemPrompt": ["P"],
        "systemPromptSnapshot": True,
    }
    schema = {"type": "object", "description": "x" * 200_000}
    formed = ClaudeAgentOptions(output_format={"type": "json_schema", "schema": schema})
    assert initialize_fields(formed, None)["jsonSchema"] == schema
    agent = AgentDefinition("d", "p", disallowedTools=["B"], memory="user", maxTurns=3, effort=9)
    fields = initialize_fields(ClaudeAgentOptions(agents={"a": agent}), None)
    assert fields["agents"]["a"] == {
        "description": "d",
        "prompt": "p",
        "disallowedTools": ["B"],
        "memory": "user",
        "maxTurns": 3,
        "effort": 9,
    }


def test_the_program_and_its_trace_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service could not tell its programs' requests apart, or not follow them."""

    class Propagate:
        @staticmethod
        def inject(carrier: dict[str, str]) -> None:
            carrier["traceparent"] = "00-1-2-01"

    assert "TRACEPARENT" not in command_environment(ClaudeAgentOptions(), {})
    monkeypatch.setitem(sys.modules, "opentelemetry.propagate", Propagate)
    full = command_environment(ClaudeAgentOptions(client_app="app/1"), {})
    assert (full["CLAUDE_AGENT_SDK_CLIENT_APP"], full["TRACEPARENT"]) == ("app/1", "00-1-2-01")
    own = ClaudeAgentOptions(env={"TRACEPARENT": "mine"})
    assert command_environment(own, {})["TRACEPARENT"] == "mine"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"permission_mode": "acceptEdit"}, "permission_mode is 'acceptEdit'; it can be 'default'"),
        ({"effort": "most"}, "effort is 'most'; it can be 'low'"),
        ({"setting_sources": ["home"]}, "setting_sources is 'home'; it can be 'user'"),
        ({"setting_sources": "user"}, r"write \['user'\]"),
        ({"allowed_tools": "Read"}, r"allowed_tools must be a list of strings; write \['Read'\]"),
        ({"disallowed_tools": [5]}, "disallowed_tools must be a list of strings"),
        ({"tools": "Read"}, r"tools must be a list of strings; write \['Read'\]"),
        ({"tools": {"type": "all"}}, "tools has the type 'all'; it can be 'preset'"),
        ({"model": 5}, "model must be a string, not int '5'"),
        ({"max_turns": "5"}, "max_turns must be a whole number, not str '5'"),
        ({"max_turns": True}, "max_turns must be a whole number, not bool 'True'"),
        ({"max_turns": 2.5}, "max_turns must be a whole number, not float"),
        ({"max_turns": -1}, "max_turns is -1; it must be 0 or more"),
        ({"max_buffer_size": 0}, "max_buffer_size is 0; it must be 1 or more"),
        ({"max_budget_usd": "5"}, "max_budget_usd must be a number"),
        ({"max_budget_usd": float("nan")}, "max_budget_usd is nan; it must be an amount"),
        ({"max_budget_usd": 0}, "max_budget_usd is 0; it must be an amount greater than 0"),
        ({"fork_session": "yes"}, "fork_session must be True or False, not str 'yes'"),
        ({"session_store_flush": "now"}, "session_store_flush is 'now'; it can be 'batched'"),
        ({"session_store": InMemorySessionStore}, r"not a class; write InMemorySessionStore\(…\)"),
        ({"session_store": {}}, r"session_store must be a SessionStore: dict has no append\(\)"),
        ({"allowed_tools": None}, "allowed_tools must be a list of strings, not None$"),
        ({"user": 5}, "user must be a string"),
        ({"add_dirs": [5]}, "add_dirs must be a list of paths"),
        ({"settings": {"a": 1}}, r"settings must be a path or JSON text, not dict; write json"),
        ({"sandbox": True}, "sandbox must be a dict such as"),
        ({"task_budget": 5}, "task_budget must be a dict such as"),
        ({"task_budget": {}}, r"task_budget\['total'\] must be a whole number, not None"),
        ({"plugins": "./p"}, "plugins must be a list of {'type': 'local', 'path': …}, not str"),
        ({"plugins": ["./p"]}, "plugins must be a list of {.*}, not of str './p'"),
        ({"plugins": [{"type": "local"}]}, "plugins must be a list of {.*}, not of dict"),
        ({"agents": ["a"]}, "agents must be a dict of AgentDefinition by name"),
        ({"agents": {"a": {"prompt": "p"}}}, r"agents\['a'\] must be an AgentDefinition, not dict"),
        ({"env": {"A": 1}}, r"env\['A'\] must be a string, not int"),
        ({"env": {"A": None}}, r"env\['A'\] must be a string, not NoneType"),
        ({"extra_args": {"a": True}}, r"extra_args\['a'\] is True; None makes a flag"),
        ({"extra_args": {"a": []}}, r"extra_args\['a'\] must be a string or None, not list"),
        ({"mcp_servers": {"type": "stdio", "command": "c"}}, "write {'NAME': server}, not the"),
        ({"mcp_servers": {"a": "npx x"}}, r"mcp_servers\['a'\] must be a dict .*, not str"),
        ({"mcp_servers": {"a": {"args": []}}}, "is of the type 'stdio' and needs a 'command'"),
        ({"mcp_servers": {"a": {"type": "http"}}}, "is of the type 'http' and needs a 'url'"),
        ({"mcp_servers": {"a": {"type": "https"}}}, r"\['type'\] is 'https'; it can be 'stdio'"),
        ({"mcp_servers": {"a": TOOL}}, r"mcp_servers\['a'\] is a tool; make a server"),
        ({"mcp_servers": {"a": [TOOL]}}, r"mcp_servers\['a'\] is a list of tools; make a server"),
        ({"cwd": 5}, "cwd must be a path"),
        ({"add_dirs": "/a"}, "add_dirs must be a list of paths"),
        ({"mcp_servers": ["a"]}, "mcp_servers must be a dict or a path"),
        ({"env": ["a"]}, "env must be a dict"),
        ({"can_use_tool": "ask"}, "can_use_tool must be a function"),
        ({"skills": "some"}, "skills is 'some'; write 'all' or a list of names"),
        ({"skills": ("a",)}, r"skills is \('a',\); write 'all' or a list of names"),
        ({"thinking": {"type": "enabled"}}, "thinking is enabled without a budget"),
        ({"thinking": {"type": "on"}}, "thinking has the type 'on'"),
        ({"thinking": "adaptive"}, "thinking must be a dict with a 'type'"),
        (
            {"thinking": {"type": "enabled", "budget_tokens": "9"}},
            r"thinking\['budget_tokens'\] must be a whole number",
        ),
        (
            {"thinking": {"type": "adaptive", "display": "short"}},
            r"thinking\['display'\] is 'short'; it can be 'summarized'",
        ),
        ({"system_prompt": ["a"]}, "system_prompt must be a string or a dict with a 'type'"),
        (
            {"system_prompt": {"type": "preset", "preset": "code"}},
            r"system_prompt\['preset'\] is 'code'; it can be 'claude_code'",
        ),
        ({"system_prompt": {"type": "file"}}, "system_prompt of the type 'file' needs a 'path'"),
        ({"system_prompt": {"type": "custom"}}, "of the type 'custom' needs a 'prompt'"),
        ({"output_format": dict}, "output_format must be a dict .*; write {'type': 'json_schema'"),
        ({"output_format": {"type": "object"}}, "output_format has the type 'object'; write"),
        (
            {"output_format": City},
            "output_format must be a dict with a 'type', not the class City; write "
            r"{'type': 'json_schema', 'schema': City\.model_json_schema\(\)}$",
        ),
        (
            {"output_format": {"type": "json_schema", "schema": City}},
            "output_format needs a JSON Schema under 'schema', not the class City; write "
            r"{'type': 'json_schema', 'schema': City\.model_json_schema\(\)}$",
        ),
        (
            {"output_format": City.model_json_schema()},
            "output_format has the type 'object'; write {'type': 'json_schema', 'schema': …}$",
        ),
        ({"system_prompt": {"type": "text"}}, "system_prompt has the type 'text'"),
        ({"output_format": {"type": "json_schema"}}, "output_format needs a JSON Schema"),
        ({"hooks": {"Stop": print}}, r"hooks\['Stop'\] must be a list of HookMatcher"),
        ({"hooks": []}, "hooks must be a dict of lists by event"),
        ({"hooks": {"Stop": [print]}}, r"hooks\['Stop'\] must be a list of HookMatcher; write"),
        ({"hooks": {"PreToolUsed": []}}, "no event 'PreToolUsed'; did you mean 'PreToolUse'?"),
        ({"hooks": {"pre_tool_use": []}}, "no event 'pre_tool_use'; did you mean 'PreToolUse'?"),
        ({"hooks": {"ToolUse": []}}, "no event 'ToolUse'; did you mean 'PreToolUse'?"),
        ({"hooks": {"": []}}, "hooks has no event ''; it can be 'PreToolUse', "),
        ({"hooks": {7: []}}, "hooks has no event 7; it can be 'PreToolUse', "),
        ({"hooks": {"ANewerEvent": [print]}}, r"'ANewerEvent'\] must be a list of HookMatcher"),
    ],
)
def test_a_mistake_in_an_option_is_one_line(fields: dict[str, Any], said: str) -> None:
    """The CLI would end with its own words, or take "Read" for four tools."""
    with pytest.raises((TypeError, ValueError), match=said) as caught:
        ClaudeAgentOptions(**fields)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [ClaudeAgentOptions, AgentDefinition])
def test_each_option_refuses_a_value_of_another_type(kind: type[Any]) -> None:
    """A new option without a check would fail in the CLI, or be taken for something else."""
    needed = {"description": "d", "prompt": "p"} if kind is AgentDefinition else {}
    taken = []
    for field in dataclasses.fields(kind):
        try:
            kind(**{**needed, field.name: object()})
            taken.append(field.name)
        except (TypeError, ValueError):
            pass
    assert taken == (["debug_stderr"] if kind is ClaudeAgentOptions else [])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tools": "Read"}, r"AgentDefinition.tools must be a list of strings; write \['Read'\]"),
        ({"model": 3}, "AgentDefinition.model must be a string"),
        ({"memory": "disk"}, "AgentDefinition.memory is 'disk'; it can be 'user'"),
        ({"permissionMode": "all"}, "AgentDefinition.permissionMode is 'all'"),
        ({"maxTurns": 0}, "AgentDefinition.maxTurns is 0"),
        ({"background": "yes"}, "AgentDefinition.background must be True or False"),
        ({"effort": "hihg"}, "AgentDefinition.effort is 'hihg'; it can be 'low'"),
        ({"effort": -1}, "AgentDefinition.effort is -1; it must be 0 or more"),
        (
            {"mcpServers": "a"},
            "AgentDefinition.mcpServers must be a list of names of servers",
        ),
        ({"mcpServers": [5]}, "AgentDefinition.mcpServers must be a list .*, not of int"),
        (
            {"mcpServers": [SERVER]},
            "cannot have a server that runs in this program: put the server into",
        ),
        ({"mcpServers": [{"a": SERVER}]}, "cannot have a server that runs in this program"),
    ],
)
def test_a_mistake_in_a_subagent_is_one_line(fields: dict[str, Any], said: str) -> None:
    """The CLI leaves such a subagent out, or gives it every tool, and says nothing."""
    with pytest.raises((TypeError, ValueError), match=said):
        AgentDefinition("d", "p", **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"env": ["KEY=secret"]},
        {"env": {"KEY": ["secret"]}},
        {"mcp_servers": [{"headers": {"Authorization": "secret"}}]},
        {"mcp_servers": {"a": ["secret"]}},
        {"mcp_servers": {"a": {"type": "http", "headers": {"A": "secret"}}}},
        {"mcp_servers": {"type": "http", "url": "secret"}},
        {"settings": {"env": {"KEY": "secret"}}},
        {"extra_args": ["--settings=secret"]},
        {"extra_args": {"settings": ["secret"]}},
        {"settings": '{"env": {"KEY": "secret"}'},
        {"mcp_servers": '{"mcpServers": {"a": "secret"}'},
    ],
)
def test_an_error_about_options_shows_no_secret(fields: dict[str, Any]) -> None:
    """A traceback in a shared notebook or a log would hold the key."""
    with pytest.raises((TypeError, ValueError)) as caught:
        ClaudeAgentOptions(**fields)
    assert "secret" not in str(caught.value)


def test_options_can_be_copied_and_pickled() -> None:
    """Options made once could be neither varied by a copy nor handed to a process."""
    options = ClaudeAgentOptions(model="m", allowed_tools=["Read"])
    again = copy.deepcopy(copy.deepcopy(options))
    for copied in (again, copy.deepcopy(options), pickle.loads(pickle.dumps(options))):
        assert copied == options
        assert copied.debug_stderr is ClaudeAgentOptions.debug_stderr
        copied.allowed_tools.append("Bash")
        assert options.allowed_tools == ["Read"]


def test_options_changed_later_are_checked_when_used() -> None:
    """The mistake would reach the CLI after all."""
    options = ClaudeAgentOptions()
    options.permission_mode = "bypass"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="permission_mode is 'bypass'"):
        command_arguments(options)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a\0b", "--model holds a NUL character"),
        ("a\ud800", "The value of --model is not valid text"),
        ("x" * 200_000, "--model has 200008 bytes"),
    ],
)
def test_what_no_program_can_be_given_is_refused_by_name(value: str, said: str) -> None:
    """The system's own error names no option."""
    with pytest.raises(CLIConnectionError, match=said):
        command_arguments(ClaudeAgentOptions(model=value))


TEXT = st.text() | st.sampled_from([HOSTILE, "-p", "--", "=", "a b", "\n--x", "$(x)", '"', "é", ""])
PREFIXES = {
    "resume": "--resume=",
    "session_id": "--session-id=",
    "resume_session_at": "--resume-session-at=",
    "resume_drops_turn": "--resume-drops-turn=",
    "model": "--model=",
    "fallback_model": "--fallback-model=",
    "permission_prompt_tool_name": "--permission-prompt-tool=",
    "settings": "--settings=",
    "system_prompt": "--system-prompt=",
    "mcp_servers": "--mcp-config=",
    "tools": "--tools=",
    "allowed_tools": "--allowedTools=",
    "disallowed_tools": "--disallowedTools=",
    "betas": "--betas=",
    "add_dirs": "--add-dir=",
    "plugins": "--plugin-dir=",
    "skills": "--allowedTools=",
    "extra_args": "--x=",
}
_LISTS = ("tools", "allowed_tools", "disallowed_tools", "betas", "add_dirs", "skills")


def _rules_read_by_the_cli(argument: str) -> list[str]:
    """Cut an argument as the CLI does, seen on 2.1.329."""
    rules, inside = [""], False
    for character in argument:
        inside = character == "(" or (inside and character != ")")
        if character in ", " and not inside:
            rules.append("")
        else:
            rules[-1] += character
    return [rule for rule in rules if rule]


@given(st.lists(st.one_of(TEXT, st.text("ab,() \\*:/é\ufeff")), min_size=1))
def test_a_skill_allows_itself_alone(names: list[str]) -> None:
    """As above, for any name that is not refused."""
    try:
        arguments = command_arguments(ClaudeAgentOptions(skills=names))
    except (ValueError, CLIConnectionError):
        return
    [rules] = [a.partition("=")[2] for a in arguments if a.startswith("--allowedTools=")]
    assert _rules_read_by_the_cli(rules) == [f"Skill({name})" for name in dict.fromkeys(names)]


@given(st.dictionaries(st.sampled_from(sorted(PREFIXES)), TEXT, min_size=1))
def test_no_value_becomes_a_flag(texts: dict[str, str]) -> None:
    """A model's name or a folder from elsewhere could switch permissions off."""
    fields: dict[str, Any] = {
        name: [text] if name in _LISTS else text for name, text in texts.items()
    }
    if "plugins" in fields:
        fields["plugins"] = [{"type": "local", "path": texts["plugins"]}]
    if "output_format" in fields:
        fields["output_format"] = {"type": "json_schema", "schema": {"a": texts["output_format"]}}
    if "extra_args" in fields:
        fields["extra_args"] = {"x": texts["extra_args"]}
    try:
        arguments = command_arguments(ClaudeAgentOptions(**fields))
    except (CLIConnectionError, ValueError):
        return
    known = {*ALWAYS, "--system-prompt=", "--setting-sources=", "--setting-sources=user,project"}
    prefixes = tuple(PREFIXES[name] for name in texts)
    for argument in arguments:
        assert argument in known or argument.startswith(prefixes)
    for prefix in prefixes:
        assert sum(argument.startswith(prefix) for argument in arguments) <= 1


async def _ask(*_: Any) -> Any:
    raise AssertionError


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"allowed_tools": ["Read", "Bash(ls:*)", "Write"]}, "for Read, Write: allowed_tools"),
        ({"allowed_tools": ["Bash(*)", "mcp__a"]}, "for Bash, mcp__a: allowed_tools"),
        ({"skills": "all"}, "for Skill: allowed_tools"),
        ({"permission_mode": "bypassPermissions"}, "permission_mode is 'bypassPermissions'"),
        ({"allowed_tools": ["Bash(ls:*)", "Skill(a)"]}, None),
        ({"permission_mode": "acceptEdits", "skills": ["a"]}, None),
    ],
)
def test_a_callback_that_is_never_asked_is_warned_of(
    fields: dict[str, Any], said: str | None
) -> None:
    """A program that gates tools with a callback would believe itself safe."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        options = ClaudeAgentOptions(can_use_tool=_ask, **fields)
        dataclasses.replace(options)  # warned of already
        ClaudeAgentOptions(**fields)
    assert len(caught) == (said is not None)
    for warning in caught:
        assert warning.category is CanUseToolShadowedWarning
        assert said is not None and said in str(warning.message)
        assert warning.filename == __file__


@pytest.mark.filterwarnings("error")
def test_an_event_of_a_newer_cli_is_passed_on_with_a_warning() -> None:
    """A guard that a newer CLI offers could not be used before the next version of this SDK."""
    hooks: Any = {"ANewerEvent": [HookMatcher(hooks=[print])]}  # type: ignore[list-item]
    with pytest.warns(UserWarning, match="'ANewerEvent', which this SDK does not know") as caught:
        options = ClaudeAgentOptions(hooks=hooks)
    assert [warning.filename for warning in caught] == [__file__]
    command_arguments(dataclasses.replace(options))  # says it once
    assert HookRegistry(options.hooks).wire == {
        "ANewerEvent": [{"matcher": None, "hookCallbackIds": ["hook_0"]}]
    }
    ClaudeAgentOptions(hooks={"PreSkillShellCommand": []})


def test_a_repr_of_options_shows_no_secret_and_no_defaults() -> None:
    """A notebook that is shared would hold the key."""
    assert repr(ClaudeAgentOptions()) == "ClaudeAgentOptions()"
    headers = {"Authorization": "secret"}
    options = ClaudeAgentOptions(
        model="m",
        env={"ANTHROPIC_API_KEY": "secret"},
        mcp_servers={"a": {"type": "http", "url": "u", "headers": headers}},
        extra_args={"token": "secret"},
        settings='{"env": {"KEY": "secret"}}',
        agents={"b": AgentDefinition("d", "p", mcpServers=["a", {"c": {"headers": headers}}])},
    )
    assert repr(options) == (
        "ClaudeAgentOptions(mcp_servers={'a': …}, model='m', settings='{…}', "
        "env={'ANTHROPIC_API_KEY': …}, extra_args={'token': …}, agents={'b': "
        """AgentDefinition(description='d', prompt='p', mcpServers=['a', "{'c': …}"])})"""
    )
    files = ClaudeAgentOptions(settings="s.json", mcp_servers="m.json")
    assert repr(files) == "ClaudeAgentOptions(mcp_servers='m.json', settings='s.json')"
    text = ClaudeAgentOptions(mcp_servers='{"mcpServers": {"a": {"headers": {"A": "secret"}}}}')
    assert repr(text) == "ClaudeAgentOptions(mcp_servers='{…}')"
    assert ClaudeCodeOptions is ClaudeAgentOptions
    assert options == dataclasses.replace(options)


# --- finding the CLI --------------------------------------------------------------------------


def test_the_cli_is_looked_for_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An explicit choice must win, and never be passed over silently."""
    own = tmp_path / "own" / "claude.exe"
    monkeypatch.setattr("jupyter_claude_sdk._transport.find.own_cli", lambda: own)
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
    with pytest.raises(CLINotFoundError, match="cli_path names a file that does not exist"):
        find_cli(tmp_path / "no")
    monkeypatch.setenv("JUPYTER_CLAUDE_CLI", os.fspath(tmp_path))
    with pytest.raises(
        CLINotFoundError, match="JUPYTER_CLAUDE_CLI names a file that does not exist"
    ):
        find_cli()


@contextlib.contextmanager
def closed_to_us(folder: Path) -> Iterator[None]:
    """Take our right to enter a folder. Root has to be somebody else for that."""
    folder.chmod(0)
    if root := os.geteuid() == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="modes of folders")
def test_a_cli_in_a_closed_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a hub a user would get a traceback from the doctor and from each prompt."""
    program = tmp_path / "closed" / "claude"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("JUPYTER_CLAUDE_CLI", os.fspath(program))
    with (
        closed_to_us(program.parent),
        pytest.raises(CLINotFoundError, match=r"^JUPYTER_CLAUDE_CLI .* may not enter: .*--for-all"),
    ):
        find_cli()
    # The hub's own PATH may have folders of root.
    monkeypatch.setenv("PATH", os.fspath(program.parent))
    with closed_to_us(program.parent):
        assert on_path("claude") is None


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("2.1.329 (Claude Code)", (2, 1, 329)), ("2.1.3-beta", (2, 1, 3)), ("", ()), ("dev", ())],
)
def test_versions_are_read(text: str, numbers: tuple[int, ...]) -> None:
    """A good CLI must not be refused for how it writes its version."""
    assert version_tuple(text) == numbers
    if not numbers:
        check_version(text)
