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
from ._base.locks import locked
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
from ._version import MINIMUM_CLI_VERSION, REHEARSING_CLI_VERSION, TESTED_CLI_VERSION
from ._wire.parsing import parse_message

if TYPE_CHECKING:
    from ._map.asked import Asked
    from ._map.budget import Budget, LocalBudget
    from ._map.engine import Ask, Engine, Settled, Stop, value_reader
    from ._map.frames import PartedFrame
    from ._map.limiter import GaveUp, Limiter, LocalLimiter
    from ._map.mapping import check_retries, map_over
    from ._map.outcome import Busy, Lost, Outcome, Pool, Refused
    from ._map.pool import ClaudePool
    from ._map.settings import default_concurrency
    from ._map.template import Template
    from ._mcp.light import LightServer, LightTool
    from ._recording.folder import RecordingFolder, digest
    from ._recording.form import (
        RecordedAttachment,
        RecordedCall,
        RecordedCode,
        RecordedFile,
        RecordedImage,
        RecordedInputs,
        RecordedItem,
        RecordedNotice,
        RecordedText,
        RecordedTurn,
        RecordingError,
        read_turn,
        turn_json,
    )
    from ._recording.key import differences, key_of, key_of_unknown
    from ._sessions.entries import between, is_uuid, project_key
    from ._sessions.transcript import CheckpointedFile, Transcript, TranscriptEntry
    from ._sessions.writing import new_transcript
    from ._stores.local import bring_session
    from ._values.columns import Column, cells_of, to_pandas, to_polars
    from ._values.form import AnswerForm, Misfit, name_of
    from ._values.titles import untitle

__all__ = [
    "MINIMUM_CLI_VERSION",
    "REMEDY",
    "TESTED_CLI_VERSION",
    "AnswerForm",
    "Ask",
    "Asked",
    "Budget",
    "Busy",
    "CheckpointedFile",
    "ClaudePool",
    "Column",
    "Engine",
    "Environment",
    "GaveUp",
    "LightServer",
    "LightTool",
    "Limiter",
    "LocalBudget",
    "LocalLimiter",
    "Lost",
    "Misfit",
    "Outcome",
    "PartedFrame",
    "Pool",
    "RecordedAttachment",
    "RecordedCall",
    "RecordedCode",
    "RecordedFile",
    "RecordedImage",
    "RecordedInputs",
    "RecordedItem",
    "RecordedNotice",
    "RecordedText",
    "RecordedTurn",
    "RecordingError",
    "RecordingFolder",
    "Refused",
    "Settled",
    "Stop",
    "Template",
    "Transcript",
    "TranscriptEntry",
    "Watcher",
    "between",
    "bring_session",
    "cells_of",
    "check_retries",
    "config_folder",
    "debugger_variable",
    "default_concurrency",
    "differences",
    "digest",
    "find_cli",
    "is_uuid",
    "keep_own_files",
    "key_of",
    "key_of_unknown",
    "locked",
    "loop_of",
    "map_over",
    "name_of",
    "new_transcript",
    "on_path",
    "own_cli",
    "parse_message",
    "project_key",
    "read_json",
    "read_turn",
    "redacted",
    "reduced",
    "rehearse",
    "request",
    "rewind_in_place",
    "secrets_of",
    "server_info",
    "settle",
    "take_back",
    "to_pandas",
    "to_polars",
    "turn_json",
    "untitle",
    "value_reader",
    "version_tuple",
    "whole_file",
]


#: Loaded on first use: a notebook that neither resumes nor rewinds reads no transcript, and one
#: that asks for no value needs no forms.
_LAZY = {
    "Asked": "_map.asked",
    **dict.fromkeys(("check_retries", "map_over"), "_map.mapping"),
    **dict.fromkeys(("Budget", "LocalBudget"), "_map.budget"),
    **dict.fromkeys(("Ask", "Engine", "Settled", "Stop", "value_reader"), "_map.engine"),
    **dict.fromkeys(("GaveUp", "Limiter", "LocalLimiter"), "_map.limiter"),
    **dict.fromkeys(("Busy", "Lost", "Outcome", "Pool", "Refused"), "_map.outcome"),
    "ClaudePool": "_map.pool",
    "PartedFrame": "_map.frames",
    "Template": "_map.template",
    "default_concurrency": "_map.settings",
    **dict.fromkeys(("LightServer", "LightTool"), "_mcp.light"),
    **dict.fromkeys(("RecordingFolder", "digest"), "_recording.folder"),
    **dict.fromkeys(
        (
            *("RecordedAttachment", "RecordedCall", "RecordedCode", "RecordedFile"),
            *("RecordedImage", "RecordedInputs", "RecordedItem", "RecordedNotice", "RecordedText"),
            *("RecordedTurn", "RecordingError", "read_turn", "turn_json"),
        ),
        "_recording.form",
    ),
    **dict.fromkeys(("differences", "key_of", "key_of_unknown"), "_recording.key"),
    **dict.fromkeys(("CheckpointedFile", "Transcript", "TranscriptEntry"), "_sessions.transcript"),
    "new_transcript": "_sessions.writing",
    "bring_session": "_stores.local",
    **dict.fromkeys(("between", "is_uuid", "project_key"), "_sessions.entries"),
    **dict.fromkeys(("Column", "cells_of", "to_pandas", "to_polars"), "_values.columns"),
    **dict.fromkeys(("AnswerForm", "Misfit", "name_of"), "_values.form"),
    "untitle": "_values.titles",
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


def keep_own_files(client: ClaudeSDKClient) -> None:
    """Have a client resume sessions from the CLI's own files, also with a ``session_store``.

    The client still copies what is new to the store. It does not look there: see `bring_session`.

    Parameters
    ----------
    client : ClaudeSDKClient
        Any client. It counts from the next connection on.
    """
    client._own_files = True


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


async def rehearse(client: ClaudeSDKClient) -> bool:
    """Have the CLI prepare its first prompt before there is one, so that it answers sooner.

    The CLI gets a prompt that is empty and not for the model, and goes back to before it. It sends
    nothing, runs no hooks of prompts and writes no file. Later it sends what it would have sent
    without this. No observer hears of it. A prompt that comes meanwhile waits for it.

    Parameters
    ----------
    client : ClaudeSDKClient
        A connected client.

    Returns
    -------
    bool
        False if it is too late, or if the session was resumed: its transcript would grow. False
        also with a CLI that is older than 2.1.329: it may not know such a prompt, and ask
        the model.

    Raises
    ------
    CLIConnectionError
        If the client is not connected, or in another event loop.
    """
    connection = client._live_connection()
    resumes = connection.options.resume or connection.options.continue_conversation
    known = version_tuple(str(connection.server_info.get("claude_code_version", "")))
    proven = version_tuple(REHEARSING_CLI_VERSION)
    if connection.busy or client._log.prompts or resumes or known < proven:
        return False
    await connection.rehearse()
    return True


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
