"""The MCP server of `create_sdk_mcp_server`, for both major versions of the ``mcp`` library.

This module checks inputs and results itself, so both versions behave in the same way.
"""

from __future__ import annotations

import base64
import inspect
import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

import anyio
import anyio.lowlevel
import mcp.types
from mcp.server.lowlevel import Server
from pydantic import BaseModel, ValidationError

from .._types.mcp import SdkMcpTool
from .._types.tool_annotations import wire_names
from .schemas import InputError, input_schema, reader

logger = logging.getLogger("jupyter_claude_sdk")

#: Version 1.x takes its handlers by decorators, 2.x in the constructor.
_MCP_1 = hasattr(Server, "call_tool")

_OWN_HINTS = ("maxResultSizeChars", "alwaysLoad")


class _Tool:
    def __init__(self, tool: SdkMcpTool[Any]) -> None:
        try:
            schema = input_schema(tool.input_schema)
            self._read = reader(tool.input_schema, schema)
        except TypeError as error:
            raise TypeError(f"The input schema of the tool {tool.name}: {error}") from error
        wire: dict[str, Any] = {
            "name": tool.name,
            "description": tool.description,
            "inputSchema": schema,
        }
        if tool.annotations is not None:
            # A tool of another library may have the hints of Claude Code in its own spelling.
            hints = wire_names(tool.annotations.model_dump(by_alias=True, exclude_none=True))
            # Claude Code has hints of its own, which the server gives as metadata.
            own = {name: hints.pop(name) for name in _OWN_HINTS if name in hints}
            wire["annotations"] = hints
            if own:
                wire["_meta"] = {f"anthropic/{name}": value for name, value in own.items()}
        self.listed = mcp.types.Tool.model_validate(wire)
        self._name = tool.name
        self._handler = tool.handler

    async def call(self, arguments: dict[str, Any]) -> mcp.types.CallToolResult:
        """Run the handler. Each of its errors becomes an error result."""
        try:
            value = self._read(arguments)
        except InputError as error:
            return failure(f"Wrong input for {self._name}: {error}")
        try:
            running: Any = self._handler(value)
            if not inspect.isawaitable(running):
                return failure(
                    f"The tool {self._name} is not async: define its function with `async def`"
                )
            result = await running
        except Exception as error:
            logger.warning("The tool %s failed", self._name, exc_info=True)
            return failure(f"{type(error).__name__}: {error}")
        except anyio.get_cancelled_exc_class():
            if anyio.current_effective_deadline() == -math.inf:
                raise
            # The tool cancelled itself, for example by awaiting a cancelled task. The CLI still
            # needs an answer.
            logger.warning("The tool %s was cancelled from inside", self._name, exc_info=True)
            return failure(f"The tool {self._name} was cancelled from inside")
        try:
            return tool_result(result)
        except TypeError as error:
            logger.warning("The tool %s: %s", self._name, error)
            return failure(f"The tool {self._name} did not return a result: {error}")


def build_server(name: str, version: str, tools: Sequence[SdkMcpTool[Any]]) -> Any:
    """Make the server; raise TypeError if a tool's input schema is invalid."""
    made = {tool.name: _Tool(tool) for tool in tools}
    listed = [tool.listed for tool in made.values()]
    timeouts = {tool.name: tool.timeout for tool in tools}

    async def call(called: str, arguments: dict[str, Any] | None) -> mcp.types.CallToolResult:
        tool = made.get(called)
        if tool is None:
            return failure(f"There is no tool {called} on the server {name}")
        result = await tool.call(arguments or {})
        # A tool may return though it was cancelled. A second answer would end a server of mcp 1.x.
        await anyio.lowlevel.checkpoint_if_cancelled()
        return result

    server: Any
    if _MCP_1:
        server = Server(name, version=version)

        async def list_1() -> Any:
            return listed

        server.list_tools()(list_1)
        server.call_tool(validate_input=False)(call)
        server.tool_timeouts = timeouts
        return server

    async def list_2(context: Any, request: Any) -> Any:
        return mcp.types.ListToolsResult(tools=listed)

    async def call_2(context: Any, request: Any) -> Any:
        return await call(request.name, request.arguments)

    server = Server(name, version=version, on_list_tools=list_2, on_call_tool=call_2)
    server.tool_timeouts = timeouts
    return server


# --- results ----------------------------------------------------------------------------------


def failure(text: str) -> mcp.types.CallToolResult:
    """Return an error result with a text."""
    return _checked({"content": [{"type": "text", "text": text}], "isError": True})


def tool_result(returned: Any) -> mcp.types.CallToolResult:
    """Turn what a handler returned into MCP's result.

    Raises
    ------
    TypeError
        If it is not a result. The message says why, in one line.
    """
    if isinstance(returned, mcp.types.CallToolResult):
        return returned
    if isinstance(returned, str):
        return _checked({"content": [{"type": "text", "text": returned}]})
    if not isinstance(returned, Mapping):
        raise TypeError(
            f'expected {{"content": [{{"type": "text", "text": "…"}}]}}, '
            f"got {type(returned).__name__}"
        )
    content = returned.get("content")
    structured = returned.get("structuredContent", returned.get("structured_content"))
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if content is None and structured is not None:
        content = []
    if not isinstance(content, Sequence):
        raise TypeError(f'"content" must be a list of blocks, not {type(content).__name__}')
    wire: dict[str, Any] = {
        "content": [_block(item) for item in content],
        "isError": bool(returned.get("is_error", returned.get("isError", False))),
    }
    if structured is not None:
        wire["structuredContent"] = structured
    if returned.get("_meta") is not None:
        wire["_meta"] = returned["_meta"]
    return _checked(wire)


def _block(block: Any) -> Any:
    """Return a block in MCP's form; an image may also have the Messages API's form."""
    if isinstance(block, BaseModel):
        return block.model_dump(by_alias=True, mode="json", exclude_none=True)
    if isinstance(block, str):
        return {"type": "text", "text": block}
    if not isinstance(block, Mapping):
        return block
    block = dict(block)
    source = block.get("source")
    if block.get("type") == "image" and isinstance(source, Mapping):
        del block["source"]
        block |= {"data": source.get("data"), "mimeType": source.get("media_type")}
    for own, wire in (("mime_type", "mimeType"), ("media_type", "mimeType")):
        if own in block:
            block.setdefault(wire, block.pop(own))
    data = block.get("data")
    if isinstance(data, (bytes, bytearray)):
        block["data"] = base64.b64encode(data).decode("ascii")
    elif isinstance(data, str):
        block["data"] = "".join(data.split())  # some programs break base64 into lines
    return block


def _check_base64(data: Any, number: int) -> None:
    try:
        if isinstance(data, str):
            base64.b64decode(data, validate=True)
    except ValueError:
        raise TypeError(f"the data of content block {number} is not base64") from None


def _checked(wire: dict[str, Any]) -> mcp.types.CallToolResult:
    known = {"text", "image", "audio", "resource", "resource_link"}
    for number, block in enumerate(wire["content"], 1):
        kind = block.get("type") if isinstance(block, Mapping) else None
        if kind not in known:
            raise TypeError(
                f"content block {number} has the type {kind!r}; "
                "possible are text, image, audio, resource and resource_link"
            )
        if kind in ("image", "audio"):
            _check_base64(block.get("data"), number)
    try:
        return mcp.types.CallToolResult.model_validate(wire)
    except ValidationError as error:
        raise TypeError(_first(error, _kind_at_fault(wire, error))) from error


def _kind_at_fault(wire: dict[str, Any], error: ValidationError) -> str:
    """Return the type of the block that an error is about; "" if it is about no block."""
    for item in error.errors():
        location = item["loc"]
        if len(location) > 1 and location[0] == "content" and isinstance(location[1], int):
            return str(wire["content"][location[1]].get("type", ""))
    return ""


_CLASSES = {
    "text": "TextContent",
    "image": "ImageContent",
    "audio": "AudioContent",
    "resource": "EmbeddedResource",
    "resource_link": "ResourceLink",
}


def _first(error: ValidationError, kind: str = "") -> str:
    """Return the first error in one line; for a block only the errors of its own type count."""
    found = error.errors()
    own = [item for item in found if _CLASSES.get(kind) in item["loc"]] or found
    item = own[0]
    location = [str(part) for part in item["loc"] if part not in _CLASSES.values()]
    return f"{'.'.join(location)}: {item['msg']}"
