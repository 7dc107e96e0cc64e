# pyright: strict
"""A user's program, which `make check` gives to mypy and pyright, both strict; it is never run.

What it says of types is what a user's editor shows. An `Any` where a type belongs would let a
mistake through.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from jupyter_claude_sdk import (
    AgentDefinition,
    AssistantMessage,
    Batch,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ContextUsageResponse,
    HookContext,
    HookJSONOutput,
    HookMatcher,
    McpSetServersResult,
    McpStatusResponse,
    McpStdioServerConfig,
    Message,
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    PostToolUseHookInput,
    PreToolUseHookInput,
    Progress,
    ResultMessage,
    RewindFilesResult,
    SdkMcpTool,
    SessionKey,
    SessionStore,
    SessionStoreEntry,
    StreamEvent,
    SystemInitData,
    SystemMessage,
    TaskNotificationMessage,
    TextBlock,
    ToolPermissionContext,
    ToolUseBlock,
    create_sdk_mcp_server,
    list_sessions,
    query,
    tool,
)
from jupyter_claude_sdk import (
    map as ask_each,
)
from typing_extensions import TypedDict, assert_type


class City(TypedDict):
    name: str


@dataclass
class Wish:
    name: str
    days: int = 3


@tool("temperature", "The temperature in a town", City)
async def temperature(given: City) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": given["name"]}]}


@tool("forecast", "The weather of the next days", Wish, {"readOnlyHint": True})
async def forecast(wish: Wish) -> str:
    return f"{wish.name}: sun for {wish.days} days"


@tool("add", "Add two numbers", {"a": float, "b": float})
async def add(given: dict[str, Any]) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": str(given["a"] + given["b"])}]}


assert_type(temperature, SdkMcpTool[City])
assert_type(forecast, SdkMcpTool[Wish])


async def before(
    given: PreToolUseHookInput, tool_use_id: str | None, context: HookContext
) -> HookJSONOutput:
    if given["tool_name"] != "Bash":
        return {}
    return {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": "Not here",
        }
    }


async def after(
    given: PostToolUseHookInput, tool_use_id: str | None, context: HookContext
) -> HookJSONOutput:
    return {"continue_": True, "systemMessage": given["tool_name"]}


async def decide(
    name: str, given: dict[str, Any], context: ToolPermissionContext
) -> PermissionResult:
    if context.suggestions:
        return PermissionResultAllow(updated_permissions=context.suggestions)
    return PermissionResultDeny(message=f"{name} is not for today")


options = ClaudeAgentOptions(
    allowed_tools=["Read"],
    system_prompt={"type": "preset", "preset": "claude_code", "append": "Be brief."},
    mcp_servers={
        "weather": create_sdk_mcp_server("weather", tools=[temperature, forecast, add]),
        "files": {"command": "files-server", "args": ["--read-only"]},
        "web": {"type": "http", "url": "https://example.org", "headers": {"A": "b"}},
    },
    permission_mode="plan",
    hooks={
        "PreToolUse": [HookMatcher("Bash", [before])],
        "PostToolUse": [HookMatcher(None, [after])],
    },
    can_use_tool=decide,
    agents={"reader": AgentDefinition("Reads", "You read.", tools=["Read"], model="haiku")},
    thinking={"type": "enabled", "budget_tokens": 4000},
    output_format={"type": "json_schema", "schema": {"type": "object"}},
    sandbox={"enabled": True, "network": {"allowLocalBinding": True}},
)


async def pieces() -> AsyncIterator[dict[str, Any]]:
    yield {"type": "text", "text": "Hello"}


def text_of(message: Message) -> str:
    if isinstance(message, AssistantMessage):
        return "".join(block.text for block in message.content if isinstance(block, TextBlock))
    if isinstance(message, ResultMessage):
        assert_type(message.total_cost_usd, float | None)
        for usage in (message.model_usage or {}).values():
            assert_type(usage["costUSD"], float)
        return message.result or ""
    if isinstance(message, StreamEvent):
        return str(message.event["type"])
    if isinstance(message, TaskNotificationMessage):
        return message.summary
    if isinstance(message, SystemMessage) and message.init is not None:
        assert_type(message.init, SystemInitData)
        return message.init["model"]
    return ""


async def main() -> None:
    async for message in query(prompt="Hello", options=options):
        assert_type(message, Message)
        print(text_of(message))
    async with aclosing(query(prompt=pieces())) as answer:  # one that is left early is closed
        async for message in answer:
            print(text_of(message))
            break
    async with ClaudeSDKClient(options) as client:
        assert_type(client, ClaudeSDKClient)
        await client.query("Hello")
        async for message in client.receive_response():
            if isinstance(message, AssistantMessage):
                for block in message.content:
                    if isinstance(block, ToolUseBlock):
                        assert_type(block.input, dict[str, Any])
        async with client.turn("Hello") as turn:
            async for message in turn:
                assert_type(message, Message)
            assert_type(turn.result, ResultMessage | None)
        assert_type(await client.rewind_files(turn.uuid, dry_run=True), RewindFilesResult)
        assert_type(await client.rewind_files(user_message_id=turn.uuid), RewindFilesResult)
        assert_type(await client.get_mcp_status(), McpStatusResponse)
        assert_type(await client.get_context_usage(), ContextUsageResponse)
        for server in (await client.get_mcp_status())["mcpServers"]:
            assert_type(server["name"], str)
        outer: McpStdioServerConfig = {"command": "server"}
        exchanged = await client.set_mcp_servers({**servers, "outer": outer})
        assert_type(exchanged, McpSetServersResult)
        assert_type(exchanged["errors"], dict[str, str])
        await client.set_permission_mode("acceptEdits")
    for session in list_sessions():
        assert_type(session.session_id, str)


async def many() -> None:
    """Use `map`."""
    batch = ask_each([{"text": "a"}], "Where to? {text}", schema=Wish, cache="wishes.jsonl")
    assert_type(batch, Batch[Wish])
    async for row in batch:
        assert_type(row.value, Wish | None)
        assert_type(row.error, str | None)
    assert_type(batch.progress, Progress)
    assert_type([row.value for row in batch.failed], list[Wish | None])
    assert_type((await batch.estimate(3)).usd, float)
    assert_type(ask_each(["a"], "Translate: {text}"), Batch[str])
    assert_type([row.value for row in batch.rows], list[Wish | None])


servers = {"weather": create_sdk_mcp_server("weather", tools=[temperature])}
served = ClaudeAgentOptions(mcp_servers=servers)


class ListStore(SessionStore):
    """A store with the two methods that are required."""

    def __init__(self) -> None:
        self.entries: list[SessionStoreEntry] = []

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        self.entries.extend(entries)

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        return self.entries


stored = ClaudeAgentOptions(session_store=ListStore())
