"""`query`: one prompt in a session of its own."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from typing import Any

from ._client import ClaudeSDKClient
from ._connection.inbox import UntilIdle
from ._connection.turn import check_kind
from ._errors import ResultError
from ._options import ClaudeAgentOptions
from ._transport.base import MessageTransport, Transport
from ._types.messages import Message

__all__ = ["query"]


async def query(
    *,
    prompt: str | AsyncIterable[dict[str, Any]],
    options: ClaudeAgentOptions | None = None,
    transport: Transport | MessageTransport | None = None,
) -> AsyncGenerator[Message, None]:
    """Send one prompt in a new session, and iterate over the messages until Claude is idle.

    If Claude has started subagents in the background, they end, and Claude answers to what they
    found. So there can be several `ResultMessage`. `query` waits for them for ten minutes, or for
    the milliseconds of ``CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS`` (0: without end). It does not wait
    for shell commands in the background, and ends them.

    Parameters
    ----------
    prompt : str or async iterable of dict
        The prompt; see `ClaudeSDKClient.query`.
    options : ClaudeAgentOptions, optional
        Defaults to ``ClaudeAgentOptions()``.
    transport : Transport or MessageTransport, optional
        How to reach the CLI; by default `query` starts it as a subprocess.

    Yields
    ------
    Message
        Messages as they come. A `ResultMessage` ends each turn.

    Raises
    ------
    CLINotFoundError, CLIConnectionError, ProcessError
        If the CLI is missing, does not start, or ends before it is idle.
    ResultError
        After the last result, if it is an error (``is_error``): the API refused the request, there
        were too many turns, or the budget was spent.
    StructuredOutputError
        After the last result, if it has not the data that ``output_format`` asks for.
    TypeError
        If the prompt is neither text nor an async iterable.
    """
    check_kind(prompt)
    client = ClaudeSDKClient(options, transport=transport)
    lost = False
    try:
        await client.connect(prompt)
        connection = client._live_connection()
        ceiling = _ceiling(connection.cli_environment)
        async for message in UntilIdle(
            client._inbox, lambda: connection.alive and connection.busy, ceiling
        ):
            yield message
        lost = connection.busy and not connection.alive
    finally:
        await client._end()
    error = await connection.cli_error()
    if isinstance(error, ResultError) or (lost and error is not None):
        raise error
    if connection.without_output is not None:
        raise connection.without_output


def _ceiling(environment: Mapping[str, str]) -> float:
    """Return the most seconds to wait for background tasks, from an environment."""
    try:
        milliseconds = float(environment.get("CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS", ""))
    except ValueError:
        return 600.0
    return milliseconds / 1000 if milliseconds > 0 else math.inf
