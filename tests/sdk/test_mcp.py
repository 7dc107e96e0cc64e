"""In-process MCP servers: tools, results, cancellation, other kinds of servers."""

from __future__ import annotations

import asyncio
import base64
import importlib.metadata
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypedDict

import anyio
import anyio.lowlevel
import mcp.types
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    SdkMcpTool,
    ToolAnnotations,
    create_sdk_mcp_server,
    tool,
)
from jupyter_claude_sdk._mcp.host import McpHost
from jupyter_claude_sdk._transport.arguments import private_files
from jupyter_claude_sdk.testing import ScriptedTransport

pytestmark = [pytest.mark.pure, pytest.mark.anyio]

PNG = base64.b64encode(b"\x89PNG").decode()
MCP_1 = importlib.metadata.version("mcp").startswith("1.")


@tool("add", "Add two numbers", {"a": float, "b": float})
async def add(args: dict[str, Any]) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": f"{args['a'] + args['b']:g}"}]}


def returning(value: Any) -> SdkMcpTool[Any]:
    @tool("give", "Give a value", {})
    async def give(args: dict[str, Any]) -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    return give


class Wire:
    """The CLI's side of a session with one server, ``calc``."""

    def __init__(self, host: McpHost, told: list[tuple[str, dict[str, Any]]]) -> None:
        self.host = host
        self.told = told
        self._last = 0

    async def send(self, method: str, params: Any = None, **fields: Any) -> dict[str, Any]:
        message = {"jsonrpc": "2.0", "method": method, **fields}
        if params is not None:
            message["params"] = params
        request = {"subtype": "mcp_message", "server_name": "calc", "message": message}
        with anyio.fail_after(60):
            answer: dict[str, Any] = (await self.host.handle(request))["mcp_response"]
        return answer

    async def ask(self, method: str, params: Any = None) -> dict[str, Any]:
        self._last += 1
        return await self.send(method, params, id=self._last)

    async def initialize(self) -> dict[str, Any]:
        self._last = -1
        info = {"name": "claude-code", "version": "2"}
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info}
        answer = await self.ask("initialize", hello)
        await self.send("notifications/initialized")
        return answer

    async def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        answer = await self.ask("tools/call", {"name": name, "arguments": arguments})
        result: dict[str, Any] = answer["result"]
        return result

    async def fails(self, name: str, **arguments: Any) -> str:
        result = await self.call(name, **arguments)
        assert result["isError"] is True
        (block,) = result["content"]
        return str(block["text"])


@asynccontextmanager
async def wire(*tools: SdkMcpTool[Any], server: Any = None) -> AsyncIterator[Wire]:
    instance = server or create_sdk_mcp_server("calculator", "2.0", list(tools))["instance"]
    told: list[tuple[str, dict[str, Any]]] = []
    async with anyio.create_task_group() as group:
        host = McpHost({"calc": instance}, group.start_soon, lambda *sent: told.append(sent))
        yield Wire(host, told)
        group.cancel_scope.cancel()


# --- tools ------------------------------------------------------------------------------------


async def test_a_server_says_who_it_is_and_what_it_has() -> None:
    """Claude sees no tool, or cannot tell which is harmless."""
    hints = ToolAnnotations(readOnlyHint=True, maxResultSizeChars=9, alwaysLoad=True)

    @tool("look", "Look", {}, annotations=hints)
    async def look(args: dict[str, Any]) -> str:
        return "seen"

    @tool("drop", "Drop", {}, annotations={"destructiveHint": True})
    async def drop(args: dict[str, Any]) -> str:
        return "gone"

    async with wire(add, look, drop) as cli:
        info = (await cli.initialize())["result"]["serverInfo"]
        assert (info["name"], info["version"]) == ("calculator", "2.0")
        tools = (await cli.ask("tools/list"))["result"]["tools"]
    assert [item["name"] for item in tools] == ["add", "look", "drop"]
    assert tools[0]["inputSchema"]["required"] == ["a", "b"]
    assert tools[1]["annotations"] == {"readOnlyHint": True}
    own = {"anthropic/maxResultSizeChars": 9, "anthropic/alwaysLoad": True}
    assert tools[1]["_meta"] == own
    assert tools[2]["annotations"] == {"destructiveHint": True}


@pytest.mark.parametrize(
    "hints",
    [
        ToolAnnotations(max_result_size_chars=9, always_load=True),
        ToolAnnotations(maxResultSizeChars=9, alwaysLoad=True),
        {"max_result_size_chars": 9, "always_load": True},
        {"maxResultSizeChars": 9, "always_load": True},
    ],
)
async def test_hints_may_be_spelled_in_either_way(hints: Any) -> None:
    """A long result would be cut, though its tool says how long it may be."""

    @tool("look", "Look", {}, annotations=hints)
    async def look(args: dict[str, Any]) -> str:
        return "seen"

    assert (look.annotations.maxResultSizeChars, look.annotations.alwaysLoad) == (9, True)  # type: ignore[union-attr]
    async with wire(look) as cli:
        await cli.initialize()
        [listed] = (await cli.ask("tools/list"))["result"]["tools"]
    assert listed["_meta"] == {"anthropic/maxResultSizeChars": 9, "anthropic/alwaysLoad": True}
    assert listed["annotations"] == {}


async def test_a_call_gives_the_tools_result() -> None:
    """The tool would not be of use."""
    async with wire(add) as cli:
        await cli.initialize()
        assert await cli.call("add", a=2, b=0.5) == {
            "content": [{"type": "text", "text": "2.5"}],
            "isError": False,
        }


async def test_wrong_input_never_reaches_the_function() -> None:
    """It would fail with a KeyError that tells Claude nothing."""

    class Town(TypedDict):
        name: str

    @tool("find", "Find", Town)
    async def find(args: Town) -> str:
        raise AssertionError

    async with wire(add, find) as cli:
        await cli.initialize()
        text = await cli.fails("add", a="x", b=1)
        assert text == "Wrong input for add: a: 'x' is not of type 'number'"
        assert await cli.fails("find") == "Wrong input for find: 'name' is a required property"
        assert await cli.fails("nothing") == "There is no tool nothing on the server calculator"


@dataclass
class Move:
    distance: int
    unit: str = "m"


async def test_a_dataclass_reaches_the_function_as_an_instance() -> None:
    """The declared type of the function's argument would be a lie."""

    @tool("move", "Move", Move)
    async def move(args: Move) -> str:
        return f"{args.distance} {args.unit}"

    async with wire(move) as cli:
        await cli.initialize()
        assert (await cli.call("move", distance=3))["content"][0]["text"] == "3 m"
        assert "distance: " in await cli.fails("move", distance="far")


@pytest.mark.parametrize(
    ("returned", "content"),
    [
        ("hello", [{"type": "text", "text": "hello"}]),
        ({"content": "hello"}, [{"type": "text", "text": "hello"}]),
        ({"content": []}, []),
        ({"content": ["hello"]}, [{"type": "text", "text": "hello"}]),
        (
            {"content": [mcp.types.TextContent(type="text", text="hello")]},
            [{"type": "text", "text": "hello"}],
        ),
        (
            {"content": [{"type": "image", "data": PNG, "mimeType": "image/png"}]},
            [{"type": "image", "data": PNG, "mimeType": "image/png"}],
        ),
        (
            {"content": [{"type": "image", "data": f"{PNG}\n", "mimeType": "image/png"}]},
            [{"type": "image", "data": PNG, "mimeType": "image/png"}],
        ),
        (
            {"content": [{"type": "image", "data": b"\x89PNG", "mime_type": "image/png"}]},
            [{"type": "image", "data": PNG, "mimeType": "image/png"}],
        ),
        (
            {
                "content": [
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": PNG},
                    }
                ]
            },
            [{"type": "image", "data": PNG, "mimeType": "image/png"}],
        ),
        (
            {"content": [{"type": "audio", "data": PNG, "mimeType": "audio/wav"}]},
            [{"type": "audio", "data": PNG, "mimeType": "audio/wav"}],
        ),
        (
            {"content": [{"type": "resource", "resource": {"uri": "file:///a", "text": "b"}}]},
            [{"type": "resource", "resource": {"uri": "file:///a", "text": "b"}}],
        ),
        (
            {"content": [{"type": "resource_link", "uri": "file:///a", "name": "a"}]},
            [{"type": "resource_link", "uri": "file:///a", "name": "a"}],
        ),
        (
            mcp.types.CallToolResult(content=[mcp.types.TextContent(type="text", text="hello")]),
            [{"type": "text", "text": "hello"}],
        ),
    ],
)
async def test_each_kind_of_result_arrives(returned: Any, content: Any) -> None:
    """A picture that is lost is a picture that Claude describes from imagination."""
    async with wire(returning(returned)) as cli:
        await cli.initialize()
        assert await cli.call("give") == {"content": content, "isError": False}


async def test_structured_content_arrives_whole() -> None:
    """None is a value too."""
    value = {"found": None, "number": 2}
    async with wire(returning({"structuredContent": value})) as cli:
        await cli.initialize()
        assert (await cli.call("give"))["structuredContent"] == value


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ({"content": [{"type": "text", "text": "No such file"}], "is_error": True}, "No such file"),
        (ValueError("no such file"), "ValueError: no such file"),
        (
            None,
            "The tool give did not return a result: "
            'expected {"content": [{"type": "text", "text": "…"}]}, got NoneType',
        ),
        (
            {"text": "a"},
            'The tool give did not return a result: "content" must be a list of blocks, '
            "not NoneType",
        ),
        (
            {"content": [{"text": "a"}]},
            "The tool give did not return a result: content block 1 has the type None; "
            "possible are text, image, audio, resource and resource_link",
        ),
        (
            {"content": [{"type": "text", "text": "a"}, {"type": "image", "data": PNG}]},
            "The tool give did not return a result: content.1.mimeType: Field required",
        ),
        (
            {"content": [{"type": "image", "data": "figure.png", "mimeType": "image/png"}]},
            "The tool give did not return a result: the data of content block 1 is not base64",
        ),
    ],
)
async def test_a_failure_is_told_to_claude(
    returned: Any, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Claude would wait, or take the failure for a result; the program would not know either."""
    caplog.set_level(logging.WARNING, "jupyter_claude_sdk")
    async with wire(returning(returned), add) as cli:
        await cli.initialize()
        assert await cli.fails("give") == said
        assert (await cli.call("add", a=1, b=1))["isError"] is False
    assert bool(caplog.records) == (not isinstance(returned, dict) or "is_error" not in returned)


async def test_two_calls_run_side_by_side() -> None:
    """Two slow tools would take the sum of their times."""
    met = anyio.Event()
    first: list[int] = []

    @tool("meet", "Meet the other call", {})
    async def meet(args: dict[str, Any]) -> str:
        first.append(1)
        if len(first) == 2:
            met.set()
        await met.wait()
        return "met"

    async with wire(meet) as cli:
        await cli.initialize()
        async with anyio.create_task_group() as group:
            group.start_soon(cli.call, "meet")
            group.start_soon(cli.call, "meet")


# --- cancelling -------------------------------------------------------------------------------


class Waits:
    """A tool that waits for ever, and says when it began and how it ended."""

    def __init__(self) -> None:
        self.began = anyio.Event()
        self.cancelled = anyio.Event()

    @property
    def tool(self) -> SdkMcpTool[Any]:
        @tool("wait", "Wait", {})
        async def wait(args: dict[str, Any]) -> str:
            self.began.set()
            try:
                await anyio.sleep_forever()
            except anyio.get_cancelled_exc_class():
                self.cancelled.set()
                raise
            return "never"

        return wait


async def test_a_cancelled_call_ends_the_function_and_is_answered() -> None:
    """Stop would leave it running, and the CLI waiting."""
    waits = Waits()
    answers: list[dict[str, Any]] = []
    async with wire(waits.tool, add) as cli:
        await cli.initialize()

        async def call() -> None:
            answers.append(await cli.send("tools/call", {"name": "wait"}, id=7))

        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                group.start_soon(call)
                await waits.began.wait()
                await cli.send("notifications/cancelled", {"requestId": 7})
            await waits.cancelled.wait()
        assert answers[0]["id"] == 7 and "cancelled" in answers[0]["error"]["message"]
        assert (await cli.call("add", a=1, b=1))["isError"] is False


async def test_a_tool_ends_at_its_timeout_and_the_others_go_on() -> None:
    """Claude would wait for ever for a server that does not answer."""
    ended, release, late = anyio.Event(), anyio.Event(), anyio.Event()

    @tool("slow", "Wait", {}, timeout=0.01)
    async def slow(args: dict[str, Any]) -> str:
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()
        return "never"

    @tool("stubborn", "Wait without an end", {}, timeout=0.01)
    async def stubborn(args: dict[str, Any]) -> str:
        with anyio.CancelScope(shield=True):  # as a thread
            await release.wait()
        late.set()
        return "late"

    @tool("quick", "Be quick", {}, timeout=60)
    async def quick(args: dict[str, Any]) -> str:
        return "quick"

    async with wire(slow, stubborn, quick, add) as cli:
        await cli.initialize()
        assert await cli.fails("stubborn") == "The tool stubborn took longer than 0.01 s"
        assert await cli.fails("slow") == "The tool slow took longer than 0.01 s"
        assert (await cli.call("quick"))["content"][0]["text"] == "quick"
        assert (await cli.call("add", a=1, b=1))["isError"] is False
        release.set()
        await late.wait()  # nobody waits for what it returns
        await anyio.wait_all_tasks_blocked()
        assert (await cli.call("quick"))["content"][0]["text"] == "quick"


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(
    ("timeout", "said"), [(0, "not 0; None means"), (float("nan"), "not nan"), ("5", "not str")]
)
async def test_a_timeout_that_cannot_be_is_refused(timeout: Any, said: str) -> None:
    """Each call would fail at once, or none would ever end."""
    with pytest.raises((TypeError, ValueError), match=f"timeout of the tool slow .*{said}"):
        tool("slow", "Wait", {}, timeout=timeout)
    made = SdkMcpTool("slow", "Wait", {}, _nothing, timeout=timeout)
    with pytest.raises((TypeError, ValueError), match=f"timeout of the tool slow .*{said}"):
        create_sdk_mcp_server("s", tools=[made])


async def test_a_request_that_the_cli_takes_back_ends_the_function() -> None:
    """It takes back the request around the message in some cases, not the message."""
    waits = Waits()
    async with wire(waits.tool) as cli:
        await cli.initialize()
        async with anyio.create_task_group() as group:
            group.start_soon(cli.call, "wait")
            await waits.began.wait()
            group.cancel_scope.cancel()
        with anyio.fail_after(60):
            await waits.cancelled.wait()


async def test_a_function_that_awaits_what_was_cancelled_is_answered(anyio_backend: str) -> None:
    """Claude would wait for ever for a tool that ended long ago."""
    if anyio_backend == "trio":
        return  # a cancellation reaches nobody else there
    never = asyncio.get_running_loop().create_future()
    never.cancel()

    @tool("join", "Join", {})
    async def join(args: dict[str, Any]) -> str:
        return str(await never)

    async with wire(join, add) as cli:
        await cli.initialize()
        assert await cli.fails("join") == "The tool join was cancelled from inside"
        assert (await cli.call("add", a=1, b=1))["isError"] is False


async def test_a_second_initialize_leaves_the_calls_that_run() -> None:
    """The CLI says it to each server if there is a new one, and waits for its earlier calls."""
    finish, first = anyio.Event(), Waits()
    answers: dict[int, dict[str, Any]] = {}

    @tool("long", "Work", {})
    async def long(args: dict[str, Any]) -> str:
        await finish.wait()
        return "worked"

    async with wire(first.tool, long, add) as cli:
        await cli.initialize()

        async def call(name: str, number: int) -> None:
            answers[number] = await cli.send("tools/call", {"name": name}, id=number)

        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                group.start_soon(call, "long", 1)
                group.start_soon(call, "wait", 2)
                await first.began.wait()
                await cli.initialize()  # ids begin at 0 again
                assert (await cli.call("add", a=1, b=1))["isError"] is False
                await cli.send("notifications/cancelled", {"requestId": 2})
                await first.cancelled.wait()
                finish.set()
    assert "cancelled" in answers[2]["error"]["message"]
    assert answers[1]["result"]["content"][0]["text"] == "worked"


# --- servers of the mcp library ---------------------------------------------------------------


def high_level() -> Any:
    """Return the library's own comfortable server: FastMCP, MCPServer in 2.x."""
    server: Any
    if MCP_1:
        from mcp.server.fastmcp import Context, FastMCP  # type: ignore

        server = FastMCP("own")
    else:
        from mcp.server.mcpserver import Context, MCPServer

        server = MCPServer("own")

    async def work(number: int, context: Any) -> str:
        await context.report_progress(1, 2)
        try:
            await context.session.list_roots()
        except Exception as error:
            return f"worked {number}; {error}"
        return "roots"

    work.__annotations__["context"] = Context

    async def alive(context: Any) -> str:
        with anyio.fail_after(60):
            await context.session.send_ping()
        return "answered"

    alive.__annotations__["context"] = Context
    server.tool()(work)
    server.tool()(alive)
    return server


@pytest.mark.filterwarnings("ignore:The roots capability")
async def test_a_server_of_the_mcp_library_serves_too() -> None:
    """Tools that exist already would have to be written again."""
    async with wire(server=high_level()) as cli:
        await cli.initialize()
        params = {"name": "work", "arguments": {"number": 1}, "_meta": {"progressToken": 5}}
        result = (await cli.ask("tools/call", params))["result"]
        # What it asks of the CLI is refused at once: nothing would answer.
        assert result["content"][0]["text"] == "worked 1; Claude Code does not answer roots/list"
        ((name, message),) = cli.told
    assert (name, message["method"]) == ("calc", "notifications/progress")
    assert message["params"]["progressToken"] == 5


async def test_a_server_s_ping_is_answered() -> None:
    """A server that checks whether its client is alive would end its tool, or itself."""
    async with wire(server=high_level()) as cli:
        await cli.initialize()
        for _ in range(2):
            answer = await cli.call("alive")
            assert answer["content"][0]["text"] == "answered"
    assert cli.told == []


async def test_a_server_that_fails_ends_neither_the_session_nor_the_wait(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The fault of one server would take everything with it."""

    class Broken:
        def create_initialization_options(self) -> None:
            pass

        async def run(self, *arguments: Any) -> None:
            await anyio.lowlevel.checkpoint()
            raise OSError("no database")

    async with wire(server=Broken()) as cli:
        answer = await cli.ask("initialize", {})
        assert "error" in answer
        assert "the server calc has ended" in (await cli.ask("tools/list"))["error"]["message"]
    assert "The MCP server calc failed" in caplog.text and "no database" in caplog.text


async def test_odd_messages_are_answered() -> None:
    """One that is not leaves the CLI waiting for ever."""
    async with wire(add) as cli:
        assert "was not initialized" in (await cli.ask("tools/list"))["error"]["message"]
        await cli.initialize()
        assert "error" in await cli.ask("no/such/method")
        assert "error" in await cli.ask("tools/call", ["not", "an", "object"])
        for message in (None, {}, {"jsonrpc": "2.0", "id": 99, "result": {}}):
            answer = await cli.host.handle({"server_name": "calc", "message": message})
            assert "mcp_response" in answer
        answer = await cli.host.handle({"server_name": "other", "message": {"id": 3}})
        assert answer["mcp_response"]["error"]["message"] == "there is no server 'other' here"
        assert (await cli.call("add", a=1, b=1))["isError"] is False


# --- what is refused --------------------------------------------------------------------------


async def _nothing(args: Any) -> str:
    return ""


def _sync(args: Any) -> str:
    return ""


async def _stream(args: Any) -> AsyncIterator[str]:
    yield ""


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: tool("a b", "d", {}), ValueError, "'a b' cannot be the name of a tool"),
        (lambda: tool("", "d", {}), ValueError, "'' cannot be the name of a tool"),
        (lambda: tool("a", "d", {})(_sync), TypeError, "tool a needs an async function: write"),  # type: ignore[arg-type]
        (lambda: tool("a", "d", {})(_stream), TypeError, "async function that returns its result"),  # type: ignore[arg-type]
        (
            lambda: tool("a", "d", {}, {"readOnlyHint": "perhaps"})(_nothing),
            TypeError,
            "tool annotations are invalid: readOnlyHint: ",
        ),
        (
            lambda: create_sdk_mcp_server("s", tools=[tool("a", "d", {"b": "c"})(_nothing)]),
            TypeError,
            "The input schema of the tool a: b: 'c' is not a type",
        ),
        (lambda: create_sdk_mcp_server("s", tools=[add, add]), ValueError, "two tools named add"),
        (lambda: create_sdk_mcp_server("s", tools=[_nothing]), TypeError, "decorate the function"),  # type: ignore[list-item]
        (lambda: create_sdk_mcp_server(""), ValueError, "needs a name"),
    ],
)
def test_a_mistake_is_said_where_it_is_made(
    make: Callable[[], object], error: type[Exception], said: str
) -> None:
    """It would show in the middle of a session, as a tool that is not there."""
    with pytest.raises(error, match=said) as raised:
        make()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("servers", "said"),
    [
        ({"calc": {"type": "sdk", "name": "calc"}}, r"mcp_servers\['calc'\] .* has no 'instance'"),
        ({"calc": {"type": "sdk", "name": "calc", "instance": 5}}, "is not an MCP server but int"),
        ({"my calc": create_sdk_mcp_server("c")}, "'my calc' cannot be the name of a server"),
    ],
)
async def test_a_server_that_is_none_is_said_when_connecting(servers: Any, said: str) -> None:
    """The session would begin without its tools."""
    client = ClaudeSDKClient(ClaudeAgentOptions(mcp_servers=servers), transport=ScriptedTransport())
    with pytest.raises(ValueError, match=said):
        await client.connect()
    await client.disconnect()


def test_a_wrapped_function_is_a_tool_too() -> None:
    """A decorator of one's own would be refused."""
    from functools import partial, wraps

    @wraps(_nothing)
    def wrapped(args: Any) -> Awaitable[str]:
        return _nothing(args)

    assert tool("a", "d", {})(wrapped).handler is wrapped
    assert tool("a", "d", {})(partial(_nothing)).name == "a"
    assert repr(add) == "SdkMcpTool('add', 'Add two numbers')"


def test_the_cli_is_told_of_servers_by_their_keys() -> None:
    """It would name the tools after something else, or be sent Python objects."""
    outside: Any = {"type": "stdio", "command": "x"}
    options = ClaudeAgentOptions(mcp_servers={"calc": create_sdk_mcp_server("c"), "out": outside})
    assert json.loads(private_files(options)["mcp.json"]) == {
        "mcpServers": {"calc": {"type": "sdk", "name": "calc"}, "out": outside}
    }
