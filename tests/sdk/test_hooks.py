"""Hooks: what they are told, what they may answer, and what happens if one fails."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_type_hints

import anyio
import jupyter_claude_sdk as sdk
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    CLIConnectionError,
    HookContext,
    HookInput,
    HookJSONOutput,
    HookMatcher,
    SyncHookJSONOutput,
    SystemMessage,
    ToolResultBlock,
    UserMessage,
    query,
)
from jupyter_claude_sdk._connection.hooks import HookRegistry
from jupyter_claude_sdk.testing import ScriptedTransport

from tests.sdk.loops import on_asyncio

FAKES = Path(__file__).parent / "fakes"
BASH = [{"replies": [[{"tool": "Bash", "input": {"command": "echo ran"}}], [{"text": "Done."}]]}]


async def nothing(data: HookInput, tool_use_id: str | None, context: HookContext) -> HookJSONOutput:
    return {}


@pytest.mark.pure
def test_the_context_is_an_object_and_a_dict() -> None:
    """The documents write `context.signal`, programs for the official package the other."""
    context = HookContext()
    assert context.signal is None and context["signal"] is None
    assert (context.get("signal", 1), context.get("other", 1)) == (None, 1)
    with pytest.raises(KeyError):
        context["other"]
    assert [field.name for field in dataclasses.fields(HookContext)] == ["signal"]


@pytest.mark.pure
def test_inputs_and_outputs_are_typed() -> None:
    """A type checker would refuse a right hook, or pass a misspelt one."""
    inputs = {get_type_hints(kind)["hook_event_name"]: kind for kind in get_args(HookInput)}
    assert {get_args(name)[0] for name in inputs} <= set(get_args(sdk.HookEvent))
    assert sdk.PreToolUseHookInput.__required_keys__ == {
        *("session_id", "transcript_path", "cwd", "hook_event_name"),
        *("tool_name", "tool_input", "tool_use_id"),
    }
    assert sdk.PreToolUseHookInput.__optional_keys__ == {
        *("permission_mode", "prompt_id", "effort", "agent_id", "agent_type", "mcp_server"),
    }
    assert "continue_" in SyncHookJSONOutput.__optional_keys__
    assert not SyncHookJSONOutput.__required_keys__


@pytest.mark.pure
def test_a_misspelt_on_failure_is_refused() -> None:
    """The hook would let through what it was to block."""
    with pytest.raises(ValueError, match="on_failure is 'deny'; it can be 'continue', 'block'"):
        HookMatcher(on_failure="deny")  # type: ignore[arg-type]
    assert repr(HookMatcher("Bash")) == "HookMatcher(matcher='Bash')"


@pytest.mark.pure
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        ({"async_": True, "asyncTimeout": 5}, {"async": True, "asyncTimeout": 5}),
        ({"continue_": False, "stopReason": "s"}, {"continue": False, "stopReason": "s"}),
        ({"continue": False}, {"continue": False}),
        (
            {"hookSpecificOutput": {"updatedPrompt": "p"}},
            {"hookSpecificOutput": {"updatedPrompt": "p"}},
        ),
        (None, {}),
    ],
)
async def test_answers_reach_the_cli_in_its_words(
    answer: dict[str, Any] | None, sent: dict[str, Any]
) -> None:
    """A hook that stops the turn would not stop it."""
    told: list[Any] = []

    async def hook(data: HookInput, tool_use_id: str | None, context: HookContext) -> Any:
        told.append((data, tool_use_id))
        return answer

    registry = HookRegistry({"Stop": [HookMatcher(hooks=[hook])]})
    request = {"callback_id": "hook_0", "input": {"a": 1}, "tool_use_id": "t"}
    assert await registry.call(request) == sent
    assert told == [({"a": 1}, "t")]


@pytest.mark.pure
@pytest.mark.anyio
async def test_a_plain_function_may_be_a_hook() -> None:
    """Its denial would be an error instead, and the tool run."""
    registry = HookRegistry({"Stop": [HookMatcher(hooks=[lambda *_: {"decision": "block"}])]})  # type: ignore[list-item]
    assert await registry.call({"callback_id": "hook_0"}) == {"decision": "block"}


@pytest.mark.pure
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("deny", "A hook must return a dict, not str"),
        ({"permissionDecision": "deny"}, "permissionDecision must be inside 'hookSpecific"),
        ({"decision": "deny"}, "A hook's decision is 'deny'; it can be 'block'"),
        ({"decison": "block"}, "A hook's answer has 'decison'; did you mean 'decision'?"),
        ({"hook_specific_output": {}}, "did you mean 'hookSpecificOutput'?"),
        ({"permission_decision": "deny"}, "did you mean 'permissionDecision'?"),
        (
            {"hookSpecificOutput": {"permission_decision": "deny"}},
            "did you mean 'permissionDecision'?",
        ),
        ({"behavior": "deny"}, "'behavior', which is can_use_tool's; return {'hookSpec"),
        ({"async_": "no"}, "async_ must be True or False, not 'no'"),
    ],
)
async def test_an_answer_that_the_cli_would_pass_over_is_a_failure(answer: Any, said: str) -> None:
    """The tool that it denies would run, and nobody would know."""

    async def hook(*_: Any) -> Any:
        return answer

    registry = HookRegistry({"PreToolUse": [HookMatcher(hooks=[hook])]})
    with pytest.raises((TypeError, ValueError), match=said):
        await registry.call({"callback_id": "hook_0"})


@pytest.mark.pure
@pytest.mark.anyio
async def test_a_guard_that_returns_nothing_has_failed() -> None:
    """A forgotten `return` would let through what the hook was to block."""
    silent: Any = [lambda *_: None]
    hooks = {
        "PreToolUse": [HookMatcher(hooks=silent, on_failure=how) for how in ("block", "continue")]
    }
    registry = HookRegistry(hooks)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"must return a dict, not None; return {} to let"):
        await registry.call({"callback_id": "hook_0"})
    assert await registry.call({"callback_id": "hook_1"}) == {}


@pytest.mark.pure
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"hooks": nothing}, r"must be a list of functions; write hooks=\[function\]"),
        ({"hooks": ["nothing"]}, "must be a list of functions"),
        ({"matcher": nothing}, r"not function; functions go into hooks=\[…\]"),
        ({"timeout": "5"}, "timeout must be a number of seconds, not '5'"),
    ],
)
def test_a_mistake_in_a_matcher_is_one_line(fields: dict[str, Any], said: str) -> None:
    """The hook would not be called, which nobody sees."""
    with pytest.raises(TypeError, match=said):
        HookMatcher(**fields)


@pytest.mark.cli
@pytest.mark.anyio
@on_asyncio
async def test_each_event_that_the_cli_knows_can_be_asked_for(
    options: Callable[..., ClaudeAgentOptions],
) -> None:
    """Options refuse an event that is not in the list, so that a misspelt one is seen."""
    every: Any = {event: [HookMatcher(hooks=[nothing])] for event in get_args(sdk.HookEvent)}
    with anyio.fail_after(60):
        async with ClaudeSDKClient(options([], hooks=every)) as client:
            listing = await client._live_connection().request("get_hooks_listing")
            async with client.turn("Hello") as turn:
                async for _ in turn:
                    pass
    assert turn.result is not None and not turn.result.is_error
    known = {event["name"] for event in listing["eventCatalog"]}
    assert len(known) > 20 and known <= set(every)


@pytest.mark.cli
@pytest.mark.anyio
@on_asyncio
async def test_the_inputs_are_what_their_types_say(
    options: Callable[..., ClaudeAgentOptions], tmp_path: Path
) -> None:
    """A type checker would pass a key that never comes, or refuse one that does."""
    told: dict[str, list[dict[str, Any]]] = {}
    changed = anyio.Event()
    files = ("watched.txt", "CLAUDE.md", ".claude/commands/hi.md")

    async def hook(data: Any, tool_use_id: str | None, context: HookContext) -> Any:
        name = data["hook_event_name"]
        told.setdefault(name, []).append(data)
        output: dict[str, Any] = {"hookEventName": name}
        if name == "SessionStart":
            output["watchPaths"] = [str(tmp_path / "work" / "watched.txt")]
        elif name == "WorktreeCreate":
            output["worktreePath"] = str(tmp_path / "tree")
            (tmp_path / "tree").mkdir()
        if {"FileChanged", "ConfigChange"} <= {*told}:
            changed.set()
        return {"hookSpecificOutput": output} if len(output) > 1 else {}

    tasks = {"subject": "s", "description": "d", "activeForm": "x"}
    script = [
        {
            "when": "at work",
            "replies": [
                [{"tool": "Bash", "input": {"command": "echo 1"}}],
                [{"tool": "Bash", "input": {"command": "exit 3"}}],
                [{"tool": "mcp__asks__ask", "input": {}}],
                [{"tool": "TaskCreate", "input": tasks}],
                [{"tool": "TaskUpdate", "input": {"taskId": "1", "status": "completed"}}],
                [{"tool": "EnterWorktree", "input": {"name": "tree"}}],
                [{"tool": "ExitWorktree", "input": {"action": "remove", "discard_changes": True}}],
                [{"text": "Done."}],
            ],
        },
        {"when": "no luck", "replies": [[{"error": 400}]]},
    ]
    every: Any = {event: [HookMatcher(hooks=[hook])] for event in get_args(sdk.HookEvent)}
    chosen = options(
        script,
        hooks=every,
        setting_sources=["project"],
        permission_mode="acceptEdits",
        allowed_tools=[
            "Bash(echo *)",
            "Bash(exit *)",
            "mcp__asks",
            "EnterWorktree",
            "ExitWorktree",
            "TaskCreate",
            "TaskUpdate",
        ],
        mcp_servers={"asks": {"command": sys.executable, "args": [str(FAKES / "mcp_stdio.py")]}},
    )
    for file in files:
        path = tmp_path / "work" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Say hi, then !`echo there`")
    with anyio.fail_after(90):
        async with ClaudeSDKClient(chosen) as client:
            for prompt in ("at work", "/hi there", "/compact", "/clear", "no luck"):
                async with client.turn(prompt) as turn:
                    async for _ in turn:
                        pass
            await client.set_model("claude-haiku-4-5")
            (tmp_path / "work" / "watched.txt").write_text("changed")
            (tmp_path / "work" / ".claude" / "settings.json").write_text("{}")
            await changed.wait()
    kinds = {
        get_args(get_type_hints(kind)["hook_event_name"])[0]: kind for kind in get_args(HookInput)
    }
    assert {*told} <= {*kinds}
    assert {*kinds} - {*told} <= {"PermissionRequest", "SubagentStart"}
    for name, inputs in told.items():
        known = kinds[name].__required_keys__ | kinds[name].__optional_keys__
        for data in inputs:
            assert (name, kinds[name].__required_keys__ - {*data}) == (name, set())
            assert (name, {*data} - known) == (name, set())


@pytest.mark.cli
@pytest.mark.anyio
@on_asyncio
async def test_only_what_a_guard_lets_pass_runs_in_the_text_of_a_skill(
    options: Callable[..., ClaudeAgentOptions], tmp_path: Path
) -> None:
    """A project's slash command would run what the user's guard denies."""
    answers: list[Any] = [
        {},
        {"permissionDecision": "allow"},
        *({"permissionDecision": "deny", "permissionDecisionReason": "Not that one."}, None),
        *({"permissionDecision": "ask"}, {"updatedInput": {"command": "echo other"}}),
    ]
    asked: list[Any] = []

    async def guard(data: Any, tool_use_id: str | None, context: HookContext) -> Any:
        asked.append((data["tool_input"], data["command_name"], data["invoked_by"]))
        specific = answers[len(asked) - 1]
        return specific and {"hookSpecificOutput": specific}

    async def of_tools(data: Any, tool_use_id: str | None, context: HookContext) -> Any:
        asked.append("PreToolUse, which the docs deny")
        return {}

    file = tmp_path / "work" / ".claude" / "commands" / "hi.md"
    file.parent.mkdir(parents=True)
    file.write_text("Say hi, then !`echo r''an`")
    chosen = options(
        [],
        hooks={
            "PreSkillShellCommand": [HookMatcher("Bash", [guard], on_failure="block")],
            "PreToolUse": [HookMatcher(hooks=[of_tools])],
        },
        setting_sources=["project"],
        allowed_tools=["Bash(echo *)"],
    )
    read: list[str] = []
    notices: list[str] = []
    with anyio.fail_after(90):
        async with ClaudeSDKClient(chosen) as client:
            for _ in answers:
                async with client.turn("/hi there") as turn:
                    async for message in turn:
                        if isinstance(message, SystemMessage) and "content" in message.data:
                            notices.append(message.data["content"])
                assert turn.result is not None and turn.result.result is not None
                read.append(turn.result.result.partition("then ")[2].splitlines()[0])
    assert asked == [({"command": "echo r''an"}, "hi", "user")] * len(answers)
    assert read[:2] == ["ran", "ran"]
    assert read[2] == "[not run: blocked by hook: Not that one.]"
    assert all(text.startswith("[not run: blocked by hook: ") for text in read[2:])
    assert "Not run in /hi: echo r''an (blocked by hook: Not that one.)" in notices


@pytest.mark.cli
@pytest.mark.anyio
async def test_a_denial_without_its_event_denies(
    options: Callable[..., ClaudeAgentOptions],
) -> None:
    """The CLI passes over an output that does not name its event, and runs the tool."""

    async def hook(data: HookInput, tool_use_id: str | None, context: HookContext) -> Any:
        return {"hookSpecificOutput": {"permissionDecision": "deny"}}

    chosen = options(
        BASH, hooks={"PreToolUse": [HookMatcher("Bash", [hook])]}, allowed_tools=["Bash"]
    )
    results: list[ToolResultBlock] = []
    with anyio.fail_after(60):
        async for message in query(prompt="go", options=chosen):
            if isinstance(message, UserMessage) and isinstance(message.content, list):
                results += [x for x in message.content if isinstance(x, ToolResultBlock)]
    assert [result.is_error for result in results] == [True]


@pytest.mark.pure
def test_a_cli_that_cannot_block_is_refused() -> None:
    """A security hook would be no hook at all there, and nobody would know."""
    blocking = HookRegistry({"PreToolUse": [HookMatcher(hooks=[nothing], on_failure="block")]})
    blocking.check_server({"hook_on_failure_supported": True})
    with pytest.raises(CLIConnectionError, match='on_failure="block"'):
        blocking.check_server({})
    with pytest.raises(CLIConnectionError, match="runs without the hooks"):
        blocking.check_server({"hook_on_failure_supported": True, "hooks_applied": False})
    blocking.check_server({"hook_on_failure_supported": True, "hooks_applied": True})
    skills = HookRegistry(
        {"PreSkillShellCommand": [HookMatcher(hooks=[nothing], on_failure="block")]}
    )
    skills.check_server({"hook_on_failure_supported": True, "claude_code_version": "2.1.332"})
    skills.check_server({"hook_on_failure_supported": True})  # a transport without a version
    with pytest.raises(CLIConnectionError, match=r"2\.1\.329 never calls PreSkillShellCommand"):
        skills.check_server({"hook_on_failure_supported": True, "claude_code_version": "2.1.329"})
    harmless = HookRegistry({"PreToolUse": [HookMatcher(hooks=[nothing])]})
    harmless.check_server({"hooks_applied": False})
    harmless.check_server({})
    HookRegistry(None).check_server({})


@pytest.mark.pure
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("hook_on_failure_supported", False, "install a newer"),
        ("hooks_applied", False, "runs without the hooks"),
    ],
)
async def test_connecting_to_one_that_cannot_block_fails(field: str, value: Any, said: str) -> None:
    """As above: connecting is where it must be said."""

    class Unguarded(ScriptedTransport):
        def _answer(self, line: Any) -> dict[str, Any]:
            return {**super()._answer(line), field: value}

    options = ClaudeAgentOptions(
        hooks={"PreToolUse": [HookMatcher(hooks=[nothing], on_failure="block")]}
    )
    with anyio.fail_after(60):
        client = ClaudeSDKClient(options, transport=Unguarded())
        with pytest.raises(CLIConnectionError, match=said):
            await client.connect()
    assert not client.connected


@pytest.mark.cli
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("on_failure", "silent", "ran"),
    [
        ("block", False, False),
        ("block", True, False),
        ("continue", False, True),
        (None, False, True),
    ],
)
async def test_a_failing_hook_does_what_on_failure_says(
    options: Callable[..., ClaudeAgentOptions],
    on_failure: Any,
    silent: bool,
    ran: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With "block" a bug in a security hook must not open the door; without, not stop the work."""

    async def hook(data: HookInput, tool_use_id: str | None, context: HookContext) -> Any:
        if not silent:
            raise RuntimeError("a bug")

    matcher = HookMatcher("Bash", [hook], on_failure=on_failure)
    chosen = options(BASH, hooks={"PreToolUse": [matcher]}, allowed_tools=["Bash"])
    results: list[ToolResultBlock] = []
    with anyio.fail_after(60):
        async for message in query(prompt="go", options=chosen):
            if isinstance(message, UserMessage) and isinstance(message.content, list):
                results += [x for x in message.content if isinstance(x, ToolResultBlock)]
    [result] = results
    assert (result.content == "ran") is ran
    assert bool(result.is_error) is not ran
    said = "must return a dict, not None" if silent else "a bug"
    assert said in caplog.text  # whoever runs the program learns of it
