"""Makes the message that lists the commands with which a prompt can begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._engine.slash_commands import SlashCommands

if TYPE_CHECKING:
    from .._protocol.panel import CommandList

_COMMANDS = 300


def command_list(commands: SlashCommands) -> CommandList:
    """Return the commands as a message; of very many only a part."""
    return {
        "type": "commands",
        "known": commands.known,
        "commands": commands.offered()[:_COMMANDS],
    }
