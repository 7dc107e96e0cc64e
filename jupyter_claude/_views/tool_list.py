"""Makes the messages that list what Claude has, and what fills its context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._core.conversation import Context
from .._engine.context import Part
from .._engine.tool_table import OWN_TOOLS, Named, ServerState

if TYPE_CHECKING:
    from .._protocol import panel as protocol

_SERVERS = 100
_TOOLS = 300  # of a server
_NAMED = 300  # skills, and agents
_PARTS = 50  # of the context
_NAME = 200  # characters
_DESCRIPTION = 500  # characters


def tool_list(
    servers: Sequence[ServerState], skills: Sequence[Named] = (), agents: Sequence[Named] = ()
) -> protocol.ToolList:
    """Return servers, skills and agents as a message; of very many only a part."""
    return {
        "type": "tools",
        "servers": [
            {
                "name": server.name[:_NAME],
                "state": server.state[:_NAME],
                "problem": server.problem,
                "tools": [name[:_NAME] for name in server.tools[:_TOOLS]],
                "actions": list(server.actions) if len(server.name) <= _NAME else [],
                "sign_in": server.sign_in,
            }
            for server in servers[:_SERVERS]
        ],
        "own": OWN_TOOLS,
        "skills": _names(skills),
        "agents": _names(agents),
    }


def context_use(context: Context | None, parts: Sequence[Part]) -> protocol.ContextUse:
    """Return what fills the context as a message."""
    return {
        "type": "context",
        "context": context,
        "parts": [
            {"name": name[:_NAME], "tokens": tokens, "kind": kind}
            for name, tokens, kind in parts[:_PARTS]
        ],
    }


def _names(named: Sequence[Named]) -> list[protocol.Named]:
    return [
        {"name": one.name[:_NAME], "description": one.description[:_DESCRIPTION]}
        for one in named[:_NAMED]
    ]
