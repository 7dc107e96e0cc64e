"""`query`: one prompt in a session of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any

from ._client import ClaudeSDKClient
from ._connection.turn import check_kind
from ._errors import ResultError
from ._options import ClaudeAgentOptions
from ._transport.base import Transport
from ._types.messages import Message

__all__ = ["query"]


async def query(
    *,
    prompt: str | AsyncIterable[dict[str, Any]],
    options: ClaudeAgentOptions | None = None,
    transport: Transport | None = None,
) -> AsyncGenerator[Message, None]:
    """Send one prompt in a new session, and iterate over the messages of the answer.

    Parameters
    ----------
    prompt : str or async iterable of dict
        The prompt; see `ClaudeSDKClient.query`.
    options : ClaudeAgentOptions, optional
        Defaults to ``ClaudeAgentOptions()``.
    transport : Transport, optional
        How to reach the CLI; by default `query` starts it as a subprocess.

    Yields
    ------
    Message
        Messages as they come; the last one is the `ResultMessage`.

    Raises
    ------
    CLINotFoundError, CLIConnectionError, ProcessError
        If the CLI is missing, does not start, or ends before its result.
    ResultError
        After the last result, if it is an error (``is_error``): the API refused the request, there
        were too many turns, or the budget was spent.
    TypeError
        If the prompt is neither text nor an async iterable.
    """
    check_kind(prompt)
    client = ClaudeSDKClient(options, transport=transport)
    try:
        await client.connect(prompt)
        connection = client._connection
        while await client._inbox.more_turns():
            async for message in client.receive_response():
                yield message
    finally:
        await client.disconnect()
    error = await connection.cli_error() if connection is not None else None
    if isinstance(error, ResultError):
        raise error
