"""In-process MCP servers with the real CLI and a scripted model, on both event loops."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    Message,
    PermissionResultAllow,
    PermissionResultDeny,
    ResultMessage,
    SdkMcpTool,
    ToolAnnotations,
    ToolResultBlock,
    UserMessage,
    create_sdk_mcp_server,
    query,
    tool,
)
from jupyter_claude_sdk.testing import ScriptedModel

from tests.sdk.loops import on_asyncio

pytestmark = [pytest.mark.cli, pytest.mark.anyio]

Options = Callable[..., ClaudeAgentOptions]
ROOT = Path(__file__).parents[2]
FAKES = Path(__file__).parent / "fakes"
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5Erk"
    "Jggg=="
)


def calls(*names: str, **given: Any) -> list[dict[str, Any]]:
    """Return one answer of the model that calls these tools."""
    return [{"tool": f"mcp__{name}", "input": given} for name in names]


def rule(*replies: Any, when: str = "go") -> dict[str, Any]:
    return {"when": when, "replies": [*replies, [{"text": "done"}]]}


async def read(client: ClaudeSDKClient) -> list[Message]:
    with anyio.fail_after(60):
        return [message async for message in client.receive_response()]


def results(messages: list[Message]) -> list[ToolResultBlock]:
    return [
        block
        for message in messages
        if isinstance(message, UserMessage) and isinstance(message.content, list)
        for block in message.content
        if isinstance(block, ToolResultBlock)
    ]


@tool("add", "Add two numbers", {"a": float, "b": float})
async def add(args: dict[str, Any]) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": f"Sum: {args['a'] + args['b']:g}"}]}


@tool("picture", "A picture", {}, ToolAnnotations(readOnlyHint=True))
async def picture(args: dict[str, Any]) -> dict[str, Any]:
    return {"content": [{"type": "image", "data": PNG, "mimeType": "image/png"}]}


@tool("fail", "Fail", {}, ToolAnnotations(readOnlyHint=True))
async def fail(args: dict[str, Any]) -> str:
    raise ValueError("no such town")


def waiting(began: anyio.Event, ended: anyio.Event) -> SdkMcpTool[Any]:
    """Make a tool that waits for ever, and says when it began and when it ended."""

    @tool("wait", "Wait", {})
    async def wait(args: dict[str, Any]) -> str:
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()
        return "never"

    return wait


async def test_results_of_tools_reach_the_model(
    cli: Path, scripted: Callable[[Any], ScriptedModel], tmp_path: Path
) -> None:
    """Claude would answer without what the program found: text, a picture, a failure."""
    reply = [
        *calls("calc__add", a=1, b=2),
        *calls("calc__picture"),
        *calls("calc__fail"),
        *calls("calc__add", a="x"),
    ]
    model = scripted([rule(reply)])
    options = ClaudeAgentOptions(
        mcp_servers={"calc": create_sdk_mcp_server("calculator", tools=[add, picture, fail])},
        allowed_tools=[f"mcp__calc__{name}" for name in ("add", "picture", "fail")],
        cli_path=cli,
        cwd=tmp_path,
        # Else the CLI keeps the descriptions back until the model searches for tools.
        env={**model.env, "ENABLE_TOOL_SEARCH": "false"},
    )
    with anyio.fail_after(60):
        messages = [message async for message in query(prompt="go", options=options)]
    assert isinstance(messages[-1], ResultMessage) and messages[-1].result == "done"
    requests = [body for body in model.requests if body.get("tools")]
    offered = {item["name"]: item for item in requests[0]["tools"]}
    assert offered["mcp__calc__add"]["description"] == "Add two numbers"
    assert offered["mcp__calc__add"]["input_schema"]["required"] == ["a", "b"]
    sent = {
        block["tool_use_id"]: block
        for message in requests[-1]["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
        if block["type"] == "tool_result"
    }
    # In the order in which they ended, so they are told apart by the calls that they answer.
    made = [
        block["id"]
        for message in requests[-1]["messages"]
        if message["role"] == "assistant"
        for block in message["content"]
        if block["type"] == "tool_use"
    ]
    total, image, failed, wrong = [sent[call] for call in made]
    assert "Sum: 3" in str(total["content"])
    assert image["content"][0]["source"]["media_type"] == "image/png"
    assert failed["is_error"] and "ValueError: no such town" in str(failed["content"])
    assert wrong["is_error"] and "Wrong input for add: " in str(wrong["content"])


async def test_parallel_calls_run_side_by_side_and_may_use_the_client(options: Options) -> None:
    """Two slow tools would take the sum of their times, or one that asks the client hang."""
    met = anyio.Event()
    here: list[str] = []

    @tool("meet", "Meet the other", {}, ToolAnnotations(readOnlyHint=True))
    async def meet(args: dict[str, Any]) -> str:
        here.append("x")
        if len(here) == 2:
            met.set()
        await met.wait()
        await client.set_model("claude-test")
        return "met"

    server = create_sdk_mcp_server("s", tools=[meet])
    client = ClaudeSDKClient(
        options(
            [rule(calls("s__meet", "s__meet"))],
            mcp_servers={"s": server},
            allowed_tools=["mcp__s__meet"],
        )
    )
    async with client:
        await client.query("go")
        found = results(await read(client))
    assert ["met" in str(block.content) for block in found] == [True, True]


async def test_timeouts_and_tools_that_are_always_in_sight(
    options: Options, scripted: Callable[[Any], ScriptedModel]
) -> None:
    """Claude would wait for ever for one tool, and have to search for the other one first."""
    ended = anyio.Event()

    @tool("slow", "Wait", {}, timeout=0.5)
    async def slow(args: dict[str, Any]) -> str:
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()
        return "never"

    @tool("near", "Be near", {}, {"alwaysLoad": True})
    async def near(args: dict[str, Any]) -> str:
        return "here"

    model = scripted([rule(calls("s__slow"), calls("s__near"))])
    server = create_sdk_mcp_server("s", tools=[slow, near])
    chosen = options([], mcp_servers={"s": server}, env=model.env)
    chosen.allowed_tools = ["mcp__s__slow", "mcp__s__near"]
    async with ClaudeSDKClient(chosen) as client:
        await client.query("go")
        late, found = results(await read(client))
    assert ended.is_set()
    assert late.is_error and "The tool slow took longer than 0.5 s" in str(late.content)
    assert "here" in str(found.content)
    offered = [tool["name"] for body in model.requests for tool in body.get("tools") or ()]
    assert "mcp__s__near" in offered and "mcp__s__slow" not in offered


async def test_an_interrupt_cancels_the_tool_and_the_session_works_on(options: Options) -> None:
    """Stop would leave the function running, and the next prompt waiting for it."""
    began, cancelled = anyio.Event(), anyio.Event()
    script = [rule(calls("s__wait"), when="wait"), rule(calls("s__add", a=1, b=1), when="add")]
    server = create_sdk_mcp_server("s", tools=[waiting(began, cancelled), add])
    allowed = ["mcp__s__wait", "mcp__s__add"]
    async with ClaudeSDKClient(
        options(script, mcp_servers={"s": server}, allowed_tools=allowed)
    ) as client:
        await client.query("wait")
        with anyio.fail_after(60):
            await began.wait()
            await client.interrupt()
            await cancelled.wait()
        assert results(await read(client))[0].is_error
        await client.query("add")
        assert "Sum: 2" in str(results(await read(client))[0].content)


async def test_disconnecting_ends_a_tool_that_runs(options: Options) -> None:
    """It would go on for nobody, and hold up the end of the program."""
    began, ended = anyio.Event(), anyio.Event()
    server = create_sdk_mcp_server("s", tools=[waiting(began, ended)])
    with anyio.fail_after(60):
        async with ClaudeSDKClient(
            options(
                [rule(calls("s__wait"))],
                mcp_servers={"s": server},
                allowed_tools=["mcp__s__wait"],
            )
        ) as client:
            await client.query("go")
            await began.wait()
    assert ended.is_set()


@pytest.mark.filterwarnings("ignore:can_use_tool will not be called")
async def test_servers_inside_and_outside_serve_one_session(options: Options) -> None:
    """A program with a server of its own would lose those of the configuration, or the reverse."""
    asked: list[str] = []

    async def decide(name: str, given: dict[str, Any], context: Any) -> Any:
        asked.append(name)
        if name == "mcp__two__add":
            return PermissionResultDeny(message="not this one")
        return PermissionResultAllow()

    outside: Any = {
        "type": "stdio",
        "command": sys.executable,
        "args": [str(FAKES / "mcp_stdio.py")],
    }
    servers = {
        "one": create_sdk_mcp_server("same name", tools=[add]),
        "two": create_sdk_mcp_server("same name", tools=[add]),
        "out": outside,
    }
    script = [
        rule(
            calls("one__add", a=1, b=1),
            calls("two__add", a=2, b=2),
            calls("out__echo"),
        )
    ]
    async with ClaudeSDKClient(
        options(script, mcp_servers=servers, allowed_tools=["mcp__one__add"], can_use_tool=decide)
    ) as client:
        with anyio.fail_after(60):
            while True:
                status = (await client.get_mcp_status())["mcpServers"]
                if {item["status"] for item in status} == {"connected"} and len(status) == 3:
                    break
        await client.query("go")
        inside, denied, echoed = results(await read(client))
    assert asked == ["mcp__two__add", "mcp__out__echo"]
    assert "Sum: 2" in str(inside.content)
    assert denied.is_error and "not this one" in str(denied.content)
    assert "from outside" in str(echoed.content)


@tool("multiply", "Multiply two numbers", {"a": float, "b": float})
async def multiply(args: dict[str, Any]) -> str:
    return f"Product: {args['a'] * args['b']:g}"


async def test_servers_are_exchanged_in_a_running_conversation(options: Options) -> None:
    """Claude would have the tools of the start for ever, or a new conversation each time."""
    outer: Any = {"command": sys.executable, "args": [str(FAKES / "mcp_stdio.py")]}
    asked, answered, began, ended = (anyio.Event() for _ in range(4))
    two = create_sdk_mcp_server("two", tools=[multiply])

    @tool("patient", "Wait", {})
    async def patient(args: dict[str, Any]) -> str:
        asked.set()
        await answered.wait()
        return "patient"

    @tool("wait", "Wait", {})
    async def wait(args: dict[str, Any]) -> str:
        return str(await waiting(began, ended).handler(args))

    @tool("grow", "Get a tool", {})
    async def grow(args: dict[str, Any]) -> str:
        result = await client.set_mcp_servers({"one": one, "two": two})
        return f"New: {result['added']}"

    @tool("change", "Replace the own server", {})
    async def change(args: dict[str, Any]) -> str:
        await client.set_mcp_servers({"one": create_sdk_mcp_server("one", tools=[add])})
        return "never said"

    one = create_sdk_mcp_server("one", tools=[add, grow, change, patient, wait])
    prompts = {
        "early": [calls("one__add", a=1, b=1)],
        "out": [calls("one__add", a=1, b=1), calls("out__echo")],
        "middle": [calls("one__grow"), calls("two__multiply", a=2, b=3)],
        "patient": [calls("one__patient")],
        "wait": [calls("one__wait")],
        "replaced": [calls("one__wait"), calls("one__multiply", a=2, b=4)],
        "own": [calls("one__change")],
    }
    script = [rule(*replies, when=when) for when, replies in prompts.items()]
    names = ("add", "grow", "change", "patient", "wait", "multiply")
    allowed = [*(f"mcp__one__{name}" for name in names), "mcp__two__multiply", "mcp__out__echo"]

    async def ask(prompt: str) -> list[str]:
        await client.query(prompt)
        return [str(block.content) for block in results(await read(client))]

    async def states() -> dict[str, str]:
        found = (await client.get_mcp_status())["mcpServers"]
        return {item["name"]: item["status"] for item in found}

    client = ClaudeSDKClient(options(script, allowed_tools=allowed))
    async with client:
        # Before the first prompt, in a connection without servers.
        nowhere: Any = {"command": "/nowhere/server"}
        result = await client.set_mcp_servers({"one": one, "bad": nowhere})
        assert (sorted(result["added"]), result["removed"]) == (["bad", "one"], [])
        assert list(result["errors"]) == ["bad"] and "ENOENT" in result["errors"]["bad"]
        assert "Sum: 2" in (await ask("early"))[0]
        # Between turns; the server that is named again goes on.
        result = await client.set_mcp_servers({"one": one, "out": outer})
        assert result == {"added": ["out"], "removed": ["bad"], "errors": {}}
        assert await states() == {"one": "connected", "out": "connected"}
        inside, outside = await ask("out")
        assert "Sum: 2" in inside and "from outside" in outside
        # In the middle of a turn, by a tool.
        grown, product = await ask("middle")
        assert "New: ['two']" in grown and "Product: 6" in product
        assert await states() == {"one": "connected", "two": "connected"}
        # During a turn: a tool that runs goes on, though the CLI connects to its server again.
        await client.query("patient")
        with anyio.fail_after(60):
            await asked.wait()
            await client.set_mcp_servers({"one": one, "out": outer})
            await client.set_mcp_servers({"one": one, "two": two})
            assert await states() == {"one": "connected", "two": "connected"}
            answered.set()
        assert "patient" in str(results(await read(client))[0].content)
        # Switched off, while one of its tools runs.
        await client.query("wait")
        with anyio.fail_after(60):
            await began.wait()
            await client.toggle_mcp_server("one", False)
            await ended.wait()
            await client.toggle_mcp_server("one", True)
        assert results(await read(client))[0].is_error
        # Replaced under the same name, while one of its tools runs.
        began, ended = anyio.Event(), anyio.Event()
        await client.query("wait")
        with anyio.fail_after(60):
            await began.wait()
            other = create_sdk_mcp_server("one", tools=[multiply])
            result = await client.set_mcp_servers({"one": other})
            await ended.wait()
        assert result == {"added": ["one"], "removed": ["one", "two"], "errors": {}}
        assert results(await read(client))[0].is_error
        missing, product = await ask("replaced")
        assert "No such tool available: mcp__one__wait" in missing and "Product: 8" in product
        await client.reconnect_mcp_server("one")
        assert (await ask("replaced"))[1] == product
        # By one of its own tools, which ends with it.
        await client.set_mcp_servers({"one": one})
        assert "never said" not in (await ask("own"))[0]
        assert "Sum: 2" in (await ask("early"))[0]
        assert await client.set_mcp_servers({}) == {"added": [], "removed": ["one"], "errors": {}}
        assert await states() == {}
        assert "No such tool" in (await ask("early"))[0]


def test_all_this_is_the_same_with_mcp_1() -> None:
    """A program that needs mcp 1.x, for another library, could not use tools of its own."""
    overlays = [item for item in (ROOT / "build" / "mcp").glob("1.*") if item.is_dir()]
    assert overlays, "no mcp 1.x: run `make setup`, or `python scripts/setup.py mcps`"
    if any(str(item) in sys.path for item in overlays):
        return  # this is that run
    for overlay in overlays:
        path = os.pathsep.join(filter(None, [str(overlay), os.environ.get("PYTHONPATH", "")]))
        real = "tests/sdk/test_mcp_cli.py"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                *("-k", "asyncio", "tests/sdk/test_mcp.py"),
                f"{real}::test_servers_are_exchanged_in_a_running_conversation",
                f"{real}::test_results_of_tools_reach_the_model",
                f"{real}::test_an_interrupt_cancels_the_tool_and_the_session_works_on",
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@on_asyncio
async def test_a_token_reaches_another_server_by_its_variables_name(
    options: Options, tmp_path: Path
) -> None:
    """It would stand in the CLI's arguments, which each user of the machine can read."""
    seen = tmp_path / "seen"
    say = f"import os; open({str(seen)!r}, 'w').write(os.environ['TOKEN']); input()"
    server: Any = {"command": sys.executable, "args": ["-c", say], "env": {"TOKEN": "${OURS}"}}
    chosen = options([], mcp_servers={"other": server}, env={"OURS": "tok-1"})
    async with ClaudeSDKClient(chosen) as client:
        with anyio.fail_after(60):  # until the server has begun, and ended for want of an answer
            await client.query("Hello")
            await read(client)
            while not seen.exists() or seen.read_text() != "tok-1":
                await client.get_mcp_status()
