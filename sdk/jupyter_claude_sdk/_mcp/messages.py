"""JSON-RPC messages that we send to the CLI ourselves, without a server of the ``mcp`` library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Sends a server's notification to the CLI: ``(server_name, message)``.
Notify = Callable[[str, dict[str, Any]], None]

#: JSON-RPC's own codes, and the one in use for a request that was cancelled.
METHOD_NOT_FOUND = -32601
INTERNAL_ERROR = -32603
CANCELLED = -32800

#: The CLI gives the id of the tool call under this name in ``_meta``.
CALL_ID = "claudecode/toolUseId"


def failed(message_id: Any, text: str) -> dict[str, Any]:
    """Return the answer for a tool that failed."""
    return result(message_id, {"content": [{"type": "text", "text": text}], "isError": True})


def result(message_id: Any, value: dict[str, Any]) -> dict[str, Any]:
    """Return an answer."""
    return {"jsonrpc": "2.0", "id": message_id, "result": value}


def error(message_id: Any, code: int, text: str) -> dict[str, Any]:
    """Return an error as the answer."""
    return {"jsonrpc": "2.0", "id": message_id, "error": {"code": code, "message": text}}
