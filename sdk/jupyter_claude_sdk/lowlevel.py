"""The tier below the public names, for programs such as the Jupyter extension.

It is documented, so that such programs need not import private modules. It has no promise of
stability: any version may change it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import anyio

from . import _names as _names  # the public classes get their names
from ._base.files import whole_file
from ._base.secrets import Environment, redacted, secrets_of
from ._client import ClaudeSDKClient
from ._connection import rewind as _rewind
from ._connection.owner import REQUEST_TIMEOUT
from ._connection.rewind import RewindConversationResult
from ._connection.turn import ClientTurn
from ._errors import reduced
from ._sessions.cli_files import config_folder, read_json
from ._transport.find import REMEDY, find_cli, on_path, own_cli, version_tuple
from ._transport.hints import debugger_variable
from ._transport.watcher import Watcher
from ._version import MINIMUM_CLI_VERSION, TESTED_CLI_VERSION
from ._wire.parsing import parse_message

if TYPE_CHECKING:
    from ._mcp.light import LightServer, LightTool
    from ._sessions.entries import between, is_uuid, project_key
    from ._sessions.transcript import CheckpointedFile, Transcript, TranscriptEntry

__all__ = [
    "MINIMUM_CLI_VERSION",
    "REMEDY",
    "TESTED_CLI_VERSION",
    "CheckpointedFile",
    "Environment",
    "LightServer",
    "LightTool",
    "Transcript",
    "TranscriptEntry",
    "Watcher",
    "between",
    "config_folder",
    "debugger_variable",
    "find_cli",
    "is_uuid",
    "loop_of",
    "on_path",
    "own_cli",
    "parse_message",
    "project_key",
    "read_json",
    "redacted",
    "reduced",
    "request",
    "rewind_in_place",
    "secrets_of",
    "server_info",
    "settle",
    "take_back",
    "version_tuple",
    "whole_file",
]


#: Loaded on first use: a notebook that neither resumes nor rewinds reads no transcript.
_LAZY = {
    **dict.fromkeys(("LightServer", "LightTool"), "_mcp.light"),
    **dict.fromkeys(("CheckpointedFile", "Transcript", "TranscriptEntry"), "_sessions.transcript"),
    **dict.fromkeys(("between", "is_uuid", "project_key"), "_sessions.entries"),
}

if not TYPE_CHECKING:

    def __getattr__(name):
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{_LAZY[name]}", __package__), name)


async def request(
    client: ClaudeSDKClient, subtype: str, *, timeout: float = REQUEST_TIMEOUT, **fields: Any
) -> dict[str, Any]:
    """Send a control request to the CLI and return its answer.

    Parameters
    ----------
    client : ClaudeSDKClient
        A connected client.
    subtype : str
        The request's name, such as ``"get_usage"``.
    timeout : float, default 60
        Seconds that the CLI has to answer.
    **fields
        The request's other fields.

    Returns
    -------
    dict
        The answer.

    Raises
    ------
    ControlRequestError
        If the CLI refuses, or does not answer in time.
    CLIConnectionError
        If the client is not connected, or in another event loop.
    """
    return await client._live_connection().request(subtype, timeout=timeout, **fields)


def server_info(client: ClaudeSDKClient) -> dict[str, Any] | None:
    """Return what the CLI said about itself when it started, without asking it again.

    Parameters
    ----------
    client : ClaudeSDKClient
        Any client.

    Returns
    -------
    dict or None
        The answer of ``await client.get_server_info()``; None if the client is not connected.
    """
    connection = client._connection
    return connection.server_info if client.connected and connection is not None else None


def loop_of(client: ClaudeSDKClient) -> Any:
    """Return the event loop that a client is connected in.

    Parameters
    ----------
    client : ClaudeSDKClient
        Any client.

    Returns
    -------
    object
        asyncio's loop, or trio's token; None before the first connection.
    """
    return client._loop


def take_back(client: ClaudeSDKClient, turn: ClientTurn, why: Exception | None = None) -> bool:
    """Take back a prompt that is still waiting.

    Parameters
    ----------
    client : ClaudeSDKClient
        The client that has the prompt.
    turn : ClientTurn
        The prompt.
    why : Exception, optional
        The turn's error.

    Returns
    -------
    bool
        False if the prompt had already been sent.

    Raises
    ------
    CLIConnectionError
        If the client is not connected, or in another event loop.
    """
    return client._live_connection().take_back(turn, why)


async def settle(client: ClaudeSDKClient) -> None:
    """Wait a moment for a turn that is ending, after its result or an interrupt.

    Parameters
    ----------
    client : ClaudeSDKClient
        A connected client.

    Raises
    ------
    ControlRequestError
        If a turn still runs.
    CLIConnectionError
        If the client is not connected, or in another event loop.
    """
    await _rewind.settle(client._live_connection())


async def rewind_in_place(
    client: ClaudeSDKClient, user_message_uuid: str
) -> RewindConversationResult | None:
    """Cut the conversation in the running CLI, without forking the session.

    Parameters
    ----------
    client : ClaudeSDKClient
        A connected client in which no turn runs; see `settle`.
    user_message_uuid : str
        The first prompt to forget.

    Returns
    -------
    RewindConversationResult or None
        None if the CLI cannot go back in place.

    Raises
    ------
    ControlRequestError
        If the CLI refuses.
    CLIConnectionError
        If the client is not connected, or in another event loop.
    """
    connection, log = client._live_connection(), client._log
    await anyio.to_thread.run_sync(log.load, connection.options, connection.cli_environment)
    return await _rewind.rewind_live(connection, log, user_message_uuid)
