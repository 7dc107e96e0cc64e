"""`query()`: how it ends, with the real CLI; and the variables that programs set for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from jupyter_claude_sdk import ClaudeAgentOptions, Message, ResultError, ResultMessage, query
from jupyter_claude_sdk._connection.owner import Connection
from jupyter_claude_sdk.testing import ScriptedTransport

pytestmark = pytest.mark.anyio

Options = Callable[..., ClaudeAgentOptions]

READ = [{"tool": "Read", "input": {"file_path": "/no/such/file"}}]


@pytest.mark.cli
@pytest.mark.parametrize(
    ("replies", "fields", "expected"),
    [
        pytest.param(
            [[{"error": 401}]],
            {},
            {"subtype": "success", "api_error_status": 401, "says": "API key"},
            id="refused by the API",
        ),
        pytest.param(
            [READ, READ],
            {"max_turns": 1},
            {"subtype": "error_max_turns", "api_error_status": None, "says": "maximum number of"},
            id="too many turns",
        ),
    ],
)
async def test_a_failed_turn_is_raised_after_its_result(
    replies: Any, fields: dict[str, Any], expected: dict[str, Any], options: Options
) -> None:
    """A script that never looks at ``is_error`` would take a failure for an answer."""
    no_retries = {"CLAUDE_CODE_MAX_RETRIES": "0"}
    messages: list[Message] = []
    with pytest.raises(ResultError, match=expected["says"]) as raised:  # noqa: PT012
        chosen = options([{"replies": replies}], env=no_retries, **fields)
        async for message in query(prompt="x", options=chosen):
            messages.append(message)
    result, error = messages[-1], raised.value
    assert isinstance(result, ResultMessage)
    assert result.is_error
    assert error.exit_code == 1
    assert error.subtype == result.subtype == expected["subtype"]
    assert error.api_error_status == expected["api_error_status"]
    assert error.session_id == result.session_id
    assert len(str(error).splitlines()) == 1


@pytest.mark.cli
async def test_leaving_at_a_failed_result_raises_nothing(options: Options) -> None:
    """Who has seen the result and stops there has dealt with it."""
    chosen = options([{"replies": [[{"error": 400}]]}])
    messages = query(prompt="x", options=chosen)
    async for message in messages:
        if isinstance(message, ResultMessage):
            break
    await messages.aclose()


@pytest.mark.pure
async def test_the_check_of_the_version_can_be_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who runs a CLI of their own making could not, where the reference lets them."""
    monkeypatch.setenv("CLAUDE_AGENT_SDK_SKIP_VERSION_CHECK", "1")
    transport = ScriptedTransport(version="1.0.0")
    assert [message async for message in query(prompt="x", transport=transport)]


@pytest.mark.pure
@pytest.mark.parametrize(("value", "seconds"), [("90000", 90), ("100", 60), ("soon", 60)])
async def test_a_slow_start_is_given_the_time_that_the_variable_says(
    value: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`query()` takes no time-out, and a CLI that starts many MCP servers may need more."""
    given: list[float] = []
    request = Connection.request

    async def look(self: Connection, subtype: str, *, timeout: float, **fields: Any) -> Any:
        given.append(timeout)
        return await request(self, subtype, timeout=timeout, **fields)

    monkeypatch.setattr(Connection, "request", look)
    monkeypatch.setenv("CLAUDE_CODE_STREAM_CLOSE_TIMEOUT", value)
    assert [message async for message in query(prompt="x", transport=ScriptedTransport())]
    assert given == [seconds]
