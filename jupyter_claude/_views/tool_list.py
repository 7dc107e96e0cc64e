"""Makes the message that lists servers and tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._engine.tool_table import OWN_TOOLS, ServerState

if TYPE_CHECKING:
    from .._protocol.panel import ToolList

_SERVERS = 100
_TOOLS = 300  # of a server
_NAME = 200  # characters


def tool_list(servers: Sequence[ServerState]) -> ToolList:
    """Return servers as a message; of very many and very long ones only a part."""
    return {
        "type": "tools",
        "servers": [
            {
                "name": server.name[:_NAME],
                "state": server.state[:_NAME],
                "problem": server.problem,
                "tools": [name[:_NAME] for name in server.tools[:_TOOLS]],
            }
            for server in servers[:_SERVERS]
        ],
        "own": OWN_TOOLS,
    }
