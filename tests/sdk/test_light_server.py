"""`LightServer`: in-process tools without the ``mcp`` library, which takes a second to import."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk._mcp.host import McpHost
from jupyter_claude_sdk.lowlevel import LightServer, LightTool

from tests.hangs import HANG

pytestmark = [pytest.mark.pure, pytest.mark.anyio]

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


async def greet(given: dict[str, Any], call: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": f"Hello, {given['name']} ({call})"}]}


def host(*tools: LightTool) -> McpHost:
    return McpHost({"light": LightServer("light", "1.0", tools)}, lambda *_: None, lambda *_: None)


async def send(host: McpHost, method: str, id: Any = None, **params: Any) -> dict[str, Any]:
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    if id is not None:
        message["id"] = id
    answer = await host.handle({"server_name": "light", "message": message})
    response: dict[str, Any] = answer["mcp_response"]
    return response


async def test_the_cli_gets_tools_and_results() -> None:
    """Else Claude has no tools of the kernel."""
    served = host(LightTool("greet", "Greet", SCHEMA, greet, always_load=True))
    began = await send(served, "initialize", 0, protocolVersion="2025-11-25")
    assert began["result"]["protocolVersion"] == "2025-11-25"
    assert began["result"]["capabilities"] == {"tools": {}}
    await send(served, "notifications/initialized")
    listed = await send(served, "tools/list", 1)
    assert listed["result"]["tools"] == [
        {
            "name": "greet",
            "description": "Greet",
            "inputSchema": SCHEMA,
            "_meta": {"anthropic/alwaysLoad": True},
        }
    ]
    meta = {"claudecode/toolUseId": "toolu_1"}
    given = {"name": "greet", "arguments": {"name": "Ada"}, "_meta": meta}
    answer = await send(served, "tools/call", 2, **given)
    assert answer["result"]["content"] == [{"type": "text", "text": "Hello, Ada (toolu_1)"}]


async def test_an_error_of_a_tool_is_an_answer() -> None:
    """Else the turn waits for ever for the answer of a tool that failed."""
    served = host(LightTool("greet", "Greet", SCHEMA, greet))
    await send(served, "initialize", 0)
    failed = await send(served, "tools/call", 1, name="greet", arguments={})
    assert failed["result"] == {
        "content": [{"type": "text", "text": "KeyError: 'name'"}],
        "isError": True,
    }
    missing = await send(served, "tools/call", 2, name="other")
    assert missing["result"]["isError"]
    assert (await send(served, "resources/list", 3))["error"]["code"] == -32601
    assert (await send(served, "ping", 4))["result"] == {}


@pytest.mark.parametrize("how", ["cancelled", "dropped"])
async def test_a_call_can_be_stopped(how: str) -> None:
    """Else code that Claude started runs on after the user pressed Stop."""
    began, ended = anyio.Event(), anyio.Event()

    async def wait(given: dict[str, Any], call: str) -> dict[str, Any]:
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()
        return {"content": []}

    served = host(LightTool("wait", "Wait", SCHEMA, wait))
    await send(served, "initialize", 0)
    answers: list[dict[str, Any]] = []

    async def call() -> None:
        answers.append(await send(served, "tools/call", 7, name="wait"))

    with anyio.fail_after(HANG):
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await began.wait()
            if how == "cancelled":
                await send(served, "notifications/cancelled", requestId=7)
            else:
                served.drop(["light"])
            await ended.wait()
    assert answers[0]["error"]["code"] == -32800


async def test_a_call_outlives_a_new_connection() -> None:
    """Else a tool's result is lost when another server is added."""
    began, go_on = anyio.Event(), anyio.Event()

    async def wait(given: dict[str, Any], call: str) -> dict[str, Any]:
        began.set()
        await go_on.wait()
        return {"content": []}

    served = host(LightTool("wait", "Wait", SCHEMA, wait))
    await send(served, "initialize", 0)
    answers: list[dict[str, Any]] = []

    async def call() -> None:
        answers.append(await send(served, "tools/call", 7, name="wait"))

    with anyio.fail_after(HANG):
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await began.wait()
            await send(served, "initialize", 8)
            go_on.set()
    assert answers == [{"jsonrpc": "2.0", "id": 7, "result": {"content": []}}]


@pytest.mark.parametrize(
    ("names", "words"),
    [(["a b"], "cannot be the name of a tool"), (["a", "a"], "two tools named a")],
)
async def test_wrong_names_are_refused(names: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        host(*[LightTool(name, "", SCHEMA, greet) for name in names])


def test_the_mcp_library_is_not_loaded() -> None:
    """Else the first prompt of each kernel waits a second longer."""
    code = (
        "import sys; from jupyter_claude_sdk._mcp.host import McpHost\n"
        "from jupyter_claude_sdk.lowlevel import LightServer\n"
        "McpHost({'l': LightServer('l', '1', [])}, print, print)\n"
        "print([name for name in ('mcp', 'pydantic') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
