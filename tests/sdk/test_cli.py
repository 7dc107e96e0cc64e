"""The SDK with the real CLI and a scripted model, on both event loops."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import anyio
import anyio.lowlevel
import pytest
from jupyter_claude_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    HookMatcher,
    Message,
    PermissionResultAllow,
    PermissionResultDeny,
    ProcessError,
    ResultMessage,
    StreamEvent,
    SystemMessage,
    ThinkingBlock,
    ToolResultBlock,
    UserMessage,
    query,
)

from tests.hangs import no_hang
from tests.sdk.loops import on_asyncio

pytestmark = [pytest.mark.cli, pytest.mark.anyio]

Options = Callable[..., ClaudeAgentOptions]

LONG = {"when": "long", "replies": [[{"text": "word " * 300, "chunk": 5, "every": 0.02}]]}


def bash(command: str, **more: Any) -> list[dict[str, Any]]:
    return [{"tool": "Bash", "input": {"command": command, **more}}]


async def read(client: ClaudeSDKClient) -> list[Message]:
    with anyio.fail_after(60):
        return [message async for message in client.receive_response()]


def result(messages: list[Message]) -> ResultMessage:
    assert isinstance(messages[-1], ResultMessage)
    return messages[-1]


def tool_results(messages: list[Message]) -> list[ToolResultBlock]:
    return [
        block
        for message in messages
        if isinstance(message, UserMessage) and isinstance(message.content, list)
        for block in message.content
        if isinstance(block, ToolResultBlock)
    ]


async def test_a_conversation(options: Options) -> None:
    """Several prompts at once, commands, a break, odd texts: each prompt gets its own answer."""
    async with ClaudeSDKClient(options([LONG])) as client:
        info = await client.get_server_info()
        assert info is not None
        assert info["commands"]
        for prompt in ("one", "two", "three"):
            await client.query(prompt)
        for prompt in ("one", "two", "three"):
            messages = await read(client)
            assert result(messages).result == f"You said: {prompt}"
            kinds = [m.subtype for m in messages if isinstance(m, SystemMessage)]
            assert kinds.count("init") == 1
        for prompt in ("/clear", "/cost"):
            await client.query(prompt)
            assert result(await read(client)).is_error is False
        for prompt in ("😀\ud83d\u2028é\x00", "y" * 200_000, "- [ ] %a {b} 'c' \"d\"?"):
            await client.query(prompt)
            answer = str(result(await read(client)).result)
            assert answer.replace("\ufffd", "\ud83d") == f"You said: {prompt}"
        await client.query("long")
        async for message in client.receive_response():
            if isinstance(message, SystemMessage):
                break
        await client.interrupt()
        await client.query("after")
        assert result(await read(client)).result == "You said: after"


@on_asyncio
async def test_our_uuid_is_on_the_wire(options: Options) -> None:
    """It is the handle for rewinding, and tells whose answer it is."""
    async with ClaudeSDKClient(options(())) as client, client.turn("x") as turn:
        messages = [message async for message in turn]
    assert result(messages).user_message_uuids == [turn.uuid]


async def test_an_interrupt_is_never_lost(options: Options) -> None:
    """The CLI passes over an interrupt that comes before it has taken the prompt up."""
    async with ClaudeSDKClient(options([LONG])) as client:
        for steps in range(8):
            await client.query("long")
            for _ in range(steps * 30):
                await anyio.lowlevel.checkpoint()
            with anyio.fail_after(60):
                await client.interrupt()
            assert result(await read(client)).terminal_reason == "aborted_streaming"


async def test_permission_is_asked_and_obeyed(options: Options) -> None:
    """A denied command must not run, an allowed one must, with the input as changed."""
    script = [
        {"when": "go", "replies": [bash("touch denied"), bash("touch asked"), [{"text": "end"}]]}
    ]

    async def decide(tool: str, tool_input: dict[str, Any], context: Any) -> Any:
        assert (tool, context.tool_use_id is not None) == ("Bash", True)
        if "denied" in tool_input["command"]:
            return PermissionResultDeny(message="not this one")
        return PermissionResultAllow(updated_input={**tool_input, "command": "touch changed"})

    chosen = options(script, can_use_tool=decide)
    async with ClaudeSDKClient(chosen) as client:
        await client.query("go")
        messages = await read(client)
    denied, allowed = tool_results(messages)
    assert (denied.is_error, denied.content) == (True, "not this one")
    assert not allowed.is_error
    assert [path.name for path in Path(str(chosen.cwd)).iterdir()] == ["changed"]


async def test_an_interrupt_cancels_the_permission_callback(options: Options) -> None:
    """The question would stay on the screen though nobody waits for its answer."""
    asked, cancelled = anyio.Event(), anyio.Event()

    async def decide(*_: Any) -> Any:
        asked.set()
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.set()

    script = [{"when": "go", "replies": [bash("touch made"), [{"text": "end"}]]}]
    chosen = options(script, can_use_tool=decide)
    async with ClaudeSDKClient(chosen) as client:
        await client.query("go")
        with anyio.fail_after(60):
            await asked.wait()
            await client.interrupt()
            await cancelled.wait()
        # The CLI asks as soon as the call is complete. The model's message may not have ended yet.
        reasons = ("aborted_tools", "aborted_streaming")
        assert result(await read(client)).terminal_reason in reasons
        assert not Path(str(chosen.cwd), "made").exists()
        await client.query("next")
        assert result(await read(client)).result == "You said: next"


async def test_a_failing_callback_denies_and_the_turn_goes_on(options: Options) -> None:
    """An error in a callback must never run a command, nor end the session."""

    async def decide(*_: Any) -> Any:
        raise LookupError("broken callback")

    script = [{"when": "go", "replies": [bash("touch made"), [{"text": "end"}]]}]
    chosen = options(script, can_use_tool=decide)
    async with ClaudeSDKClient(chosen) as client:
        await client.query("go")
        messages = await read(client)
    assert tool_results(messages)[0].is_error
    assert "broken callback" in str(tool_results(messages)[0].content)
    assert result(messages).result == "end"
    assert list(Path(str(chosen.cwd)).iterdir()) == []


@pytest.mark.parametrize("on_failure", [None, "block"])
async def test_hooks_run_and_a_failing_one_can_block(
    options: Options, on_failure: Literal["block"] | None
) -> None:
    """A security hook that fails must be able to stop the call."""
    seen: list[str] = []

    async def before(data: dict[str, Any], tool_use_id: str | None, context: Any) -> Any:
        seen.append(data["tool_input"]["command"])
        if "fails" in seen[-1]:
            raise RuntimeError("hook broke")
        return {
            "hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "deny" if "denied" in seen[-1] else "allow",
                "permissionDecisionReason": "by hook",
            }
        }

    script = [
        {
            "when": "go",
            "replies": [
                [*bash("touch allowed"), *bash("touch denied")],
                bash("touch fails"),
                [{"text": "end"}],
            ],
        }
    ]
    matcher = HookMatcher(matcher="Bash", hooks=[before], on_failure=on_failure)
    chosen = options(script, hooks={"PreToolUse": [matcher]}, allowed_tools=["Bash"])
    async with ClaudeSDKClient(chosen) as client:
        await client.query("go")
        assert result(await read(client)).result == "end"
    assert sorted(seen) == ["touch allowed", "touch denied", "touch fails"]
    made = {path.name for path in Path(str(chosen.cwd)).iterdir()}
    assert made == ({"allowed", "fails"} if on_failure is None else {"allowed"})


async def test_a_background_agent_s_report_is_nobody_s_answer(options: Options) -> None:
    """A prompt sent while the agent works would get the agent's report for its answer."""
    agent = {
        "description": "job",
        "prompt": "sub task",
        "subagent_type": "general-purpose",
        "run_in_background": True,
    }
    script = [
        {"when": "sub task", "replies": [[{"delay": 0.3}, {"text": "report"}]]},
        {"when": "go", "replies": [[{"tool": "Agent", "input": agent}], [{"text": "started"}]]},
        {"when": "slow", "replies": [[{"text": "slow " * 30, "chunk": 5, "every": 0.02}]]},
    ]
    async with ClaudeSDKClient(options(script)) as client:
        for prompt in ("go", "slow", "last"):
            await client.query(prompt)
        assert result(await read(client)).result == "started"
        assert str(result(await read(client)).result).startswith("slow slow")
        assert result(await read(client)).result == "You said: last"


@on_asyncio
async def test_thinking_and_partial_messages(options: Options) -> None:
    """Thinking without a signature ended the reference SDK's iterator."""
    script = [{"replies": [[{"thinking": "hm"}, {"text": "answer"}]]}]
    messages = [
        message
        async for message in query(
            prompt="x", options=options(script, include_partial_messages=True)
        )
    ]
    assert any(isinstance(message, StreamEvent) for message in messages)
    blocks = [b for m in messages if isinstance(m, AssistantMessage) for b in m.content]
    assert any(isinstance(block, ThinkingBlock) for block in blocks)


async def test_a_large_image_can_be_read(options: Options, tmp_path: Path) -> None:
    """A line over 1 MiB ended the reference SDK's session."""
    image = tmp_path / "large.png"
    _write_noise_png(image, 900)
    step = {"tool": "Read", "input": {"file_path": str(image)}}
    script = [{"when": "look", "replies": [[step], [{"text": "seen"}]]}]
    async with ClaudeSDKClient(options(script, add_dirs=[tmp_path])) as client:
        await client.query("look")
        messages = await read(client)
        assert not tool_results(messages)[0].is_error
        assert result(messages).result == "seen"


def _write_noise_png(path: Path, side: int) -> None:
    noise = random.Random(1)
    rows = b"".join(b"\x00" + noise.randbytes(side * 3) for _ in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    image = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + image)


@pytest.mark.parametrize("sources", [None, ["project"]])
@on_asyncio
async def test_settings_are_loaded_only_when_asked_for(
    options: Options, sources: list[str] | None
) -> None:
    """A project's files could otherwise steer a program that never said so."""
    bodies: list[str] = []

    def model(body: Any) -> None:
        bodies.append(str(body["messages"]) + str(body.get("system")))

    chosen = options(model, setting_sources=sources)
    (Path(str(chosen.cwd)) / "CLAUDE.md").write_text("The word is BANANA.")
    async for _ in query(prompt="x", options=chosen):
        pass
    assert ("BANANA" in bodies[-1]) is (sources is not None)


async def test_a_session_that_does_not_exist_says_so(options: Options) -> None:
    """The CLI's own words must reach the user."""
    client = ClaudeSDKClient(options((), resume="11111111-1111-4111-8111-111111111111"))
    with pytest.raises(ProcessError, match=r"it said: .*11111111"):
        await client.connect()
    assert not client.connected


@on_asyncio
async def test_a_conversation_is_resumed_and_forked(options: Options) -> None:
    """After a lost CLI the next prompt must go on with the same conversation."""
    heard: list[int] = []

    def model(body: Any) -> None:
        heard.append(len(body["messages"]))

    async with ClaudeSDKClient(options(model)) as client:
        await client.query("first")
        session_id = result(await read(client)).session_id
    chosen = client.options
    for fork in (False, True):
        chosen.resume, chosen.fork_session = session_id, fork
        async with ClaudeSDKClient(chosen) as client:
            await client.query("second")
            assert (result(await read(client)).session_id == session_id) is not fork
    assert heard[-1] > heard[0]


@on_asyncio
async def test_no_value_of_an_option_becomes_a_flag(options: Options) -> None:
    """A model's name, say, taken from elsewhere, could switch the permissions off."""
    hostile = "--dangerously-skip-permissions"
    chosen = options(
        [{"when": "go", "replies": [bash("touch made"), [{"text": "end"}]]}],
        system_prompt=hostile,
        append_system_prompt="-x",
        allowed_tools=[hostile],
        disallowed_tools=[hostile],
        model=hostile,
        fallback_model="-x",
        add_dirs=[hostile],
        plugins=[{"type": "local", "path": "-x"}],
    )
    async with ClaudeSDKClient(chosen) as client:
        await client.query("go")
        messages = await read(client)
    [init] = [m for m in messages if isinstance(m, SystemMessage) and m.subtype == "init"]
    assert (init.data["permissionMode"], init.data["model"]) == ("default", hostile)
    assert tool_results(messages)[0].is_error
    assert list(Path(str(chosen.cwd)).iterdir()) == []


async def test_disconnecting_from_a_busy_cli_is_quick_and_ends_its_commands(
    options: Options, gone: Callable[[int], bool]
) -> None:
    """The reference SDK takes 5 s in a stream and 6.5 s in a command."""
    script = [
        {"when": "sleep", "replies": [bash("echo $$ > pid; exec sleep 96")]},
        {"when": "hang", "replies": [[{"text": "a"}, {"hang": True}]]},
        LONG,
    ]
    chosen = options(script, include_partial_messages=True, allowed_tools=["Bash"])
    client = ClaudeSDKClient(chosen)
    command = Path(str(chosen.cwd)) / "pid"
    for prompt in ("long", "hang", "sleep"):
        await client.connect()
        await client.query(prompt)
        async for message in client.receive_response():
            if isinstance(message, StreamEvent if prompt != "sleep" else AssistantMessage):
                break
        while prompt == "sleep" and not (command.exists() and command.read_text()):
            await anyio.sleep(0.01)
        with no_hang():
            await client.disconnect()
    assert gone(int(command.read_text()))
