"""`set_mcp_servers` and `reconnect_mcp_server` without a CLI: what is sent, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    CLIConnectionError,
    ControlRequestError,
    create_sdk_mcp_server,
    tool,
)
from jupyter_claude_sdk.testing import ScriptedTransport

pytestmark = [pytest.mark.pure, pytest.mark.anyio]


@tool("name", "The name", {})
async def name(args: dict[str, Any]) -> str:
    return "one"


def server(*tools: Any) -> Any:
    return create_sdk_mcp_server("s", tools=tools or [name])


def sets(transport: ScriptedTransport) -> list[Any]:
    """Return the servers of each request to set them."""
    requests = [line["request"] for line in transport.written if "request" in line]
    return [it["servers"] for it in requests if it["subtype"] == "mcp_set_servers"]


def answer(error: str = "", **fields: Any) -> dict[str, Any]:
    """Return a step that answers a control request."""
    body: dict[str, Any] = {"subtype": "success", "request_id": "$request_id", "response": fields}
    if error:
        body = {"subtype": "error", "request_id": "$request_id", "error": error}
    return {"frame": {"type": "control_response", "response": body}}


def when(*steps: Any, times: int = 1) -> dict[str, Any]:
    return {"when": {"request": {"subtype": "mcp_set_servers"}}, "send": steps, "times": times}


def says(method: str, **fields: Any) -> dict[str, Any]:
    """Return a step in which the CLI sends the server "s" a message."""
    message = {"jsonrpc": "2.0", "method": method, **fields}
    return {"ask": {"subtype": "mcp_message", "server_name": "s", "message": message}}


HELLO = says(
    "initialize",
    id=0,
    params={
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "claude-code", "version": "2"},
    },
)
CALL = {
    "when": "call",
    "send": [
        HELLO,
        says("notifications/initialized"),
        says("tools/call", id=1, params={"name": "name", "arguments": {}}),
        {"result": "done"},
    ],
}


def last_answer(transport: ScriptedTransport) -> str:
    """Return how the last message of MCP was answered."""
    answers = [line for line in transport.written if line.get("type") == "control_response"]
    return str(answers[-1]["response"]["response"]["mcp_response"])


@pytest.mark.parametrize(
    ("servers", "said"),
    [
        ("a.json", "set_mcp_servers needs a dict, not str; write {'NAME': server}"),
        ([server()], "set_mcp_servers needs a dict, not list"),
        ({"a": name}, "mcp_servers['a'] is a tool; make a server: create_sdk_mcp_server"),
        ({"a": {"type": "foo"}}, "mcp_servers['a']['type'] is 'foo'; it can be 'stdio', 'sse'"),
        ({"a": {"type": "http"}}, "mcp_servers['a'] is of the type 'http' and needs a 'url'"),
        ({"a": {"type": "sdk", "name": "a"}}, "mcp_servers['a'] is of type 'sdk' and has no 'inst"),
        ({"a": {"type": "sdk", "instance": 3}}, "['instance'] is not an MCP server but int"),
        ({"a b": server()}, "'a b' cannot be the name of a server"),
        (
            {"a": {"command": "x", "args": [Path("y")]}},
            "cannot be given to the CLI: it is not JSON",
        ),
    ],
)
async def test_a_mistake_is_an_error_before_anything_is_sent(servers: Any, said: str) -> None:
    """The CLI would answer with an error of JavaScript, or end servers for nothing."""
    transport = ScriptedTransport()
    async with ClaudeSDKClient(transport=transport) as client:
        with pytest.raises((TypeError, ValueError)) as caught:
            await client.set_mcp_servers(servers)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert sets(transport) == []


async def test_what_the_cli_gets() -> None:
    """A server without args would not start, and a token would be the name of a variable."""
    transport = ScriptedTransport([when(answer(added=["a"], errors={"a": "no"}), times=9)])
    options = ClaudeAgentOptions(mcp_servers={"s": server()})
    env = {"TOKEN": "${TOKEN}", "DEFAULT": "${NOWHERE:-x}", "OPEN": "${NOWHERE}"}
    transport.cli_environment = lambda: {"TOKEN": "t"}  # type: ignore[method-assign]
    async with ClaudeSDKClient(options, transport=transport) as client:
        result = await client.set_mcp_servers({"a": {"command": "x", "env": env}, "s": server()})
        await client.set_mcp_servers({})
    assert result == {"added": ["a"], "removed": ["s"], "errors": {"a": "no"}}
    assert options.mcp_servers != {}
    expanded = {"TOKEN": "t", "DEFAULT": "x", "OPEN": "${NOWHERE}"}
    own = {"type": "sdk", "name": "s"}
    assert sets(transport) == [
        {},  # another server under the name "s": the CLI notices it only after the name was gone
        {"a": {"command": "x", "env": expanded, "args": []}, "s": own},
        {},
    ]


@pytest.mark.parametrize("at", [1, 2])
async def test_if_the_cli_refuses_the_old_servers_go_on(at: int) -> None:
    """Claude would have no tools, because of a change that did not happen."""

    @tool("name", "The name", {})
    async def other(args: dict[str, Any]) -> str:
        return "two"

    good = [when(answer()) for _ in range(at - 1)]
    transport = ScriptedTransport([CALL, *good, when(answer("No more servers"))])
    options = ClaudeAgentOptions(mcp_servers={"s": server()})
    async with ClaudeSDKClient(options, transport=transport) as client:
        with pytest.raises(ControlRequestError, match="No more servers"):
            await client.set_mcp_servers({"s": server(other), "t": server()})
        await client.query("call")
        with anyio.fail_after(60):
            assert [message async for message in client.receive_response()]
        assert "'one'" in last_answer(transport)
        # The CLI was asked to have the old servers again, if they were gone.
        assert sets(transport)[2:] == [{"s": {"type": "sdk", "name": "s"}}][: at - 1]
        await client.set_mcp_servers({"s": server(other)})
        await client.query("call")
        with anyio.fail_after(60):
            assert [message async for message in client.receive_response()]
        assert "'two'" in last_answer(transport)


async def test_a_caller_that_is_cancelled_leaves_no_half_change() -> None:
    """The old servers would be gone, and the new ones not there."""
    release = {"wait": {"request": {"subtype": "stop_task"}}}
    transport = ScriptedTransport([CALL, when(release, answer()), when(answer(), times=9)])
    options = ClaudeAgentOptions(mcp_servers={"s": server()})
    async with ClaudeSDKClient(options, transport=transport) as client:
        with anyio.move_on_after(0) as scope:
            await client.set_mcp_servers({"s": server(), "t": server()})
        assert scope.cancelled_caught
        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                group.start_soon(client.set_mcp_servers, {"u": server()})  # waits its turn
                await anyio.wait_all_tasks_blocked()
                assert len(sets(transport)) == 1
                await client.stop_task("x")
    assert [sorted(servers) for servers in sets(transport)] == [[], ["s", "t"], ["u"]]


async def test_the_end_of_the_connection_ends_the_wait() -> None:
    """The caller would wait for ever."""
    transport = ScriptedTransport([when({"end": 0})])
    async with ClaudeSDKClient(transport=transport) as client:
        with anyio.fail_after(60), pytest.raises(CLIConnectionError, match="The CLI ended"):
            await client.set_mcp_servers({"s": server()})


async def test_reconnecting_begins_a_server_of_this_process_anew() -> None:
    """The CLI cannot do it and says so with an error about its own code."""
    transport = ScriptedTransport([CALL, when(answer(), times=9)])
    options = ClaudeAgentOptions(mcp_servers={"s": server(), "t": server()})
    async with ClaudeSDKClient(options, transport=transport) as client:
        await client.reconnect_mcp_server("s")
        await client.query("call")
        with anyio.fail_after(60):
            assert [message async for message in client.receive_response()]
        assert "'one'" in last_answer(transport)
        await client.reconnect_mcp_server("elsewhere")
    assert [sorted(servers) for servers in sets(transport)] == [["t"], ["s", "t"]]
    asked = [line["request"] for line in transport.written if "request" in line]
    assert asked[-1] == {"subtype": "mcp_reconnect", "serverName": "elsewhere"}
