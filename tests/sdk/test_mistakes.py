"""What a user sees who calls something in a wrong way: one line that says what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    create_sdk_mcp_server,
    query,
    tool,
)
from jupyter_claude_sdk.testing import ScriptedTransport

pytestmark = [pytest.mark.pure, pytest.mark.anyio]


async def _texts() -> AsyncIterator[Any]:
    yield "Hello"


async def _as_for_the_api() -> AsyncIterator[Any]:
    yield {"role": "user", "content": "Hello"}


async def _misspelt() -> AsyncIterator[Any]:
    yield {"type": "usr", "message": {"role": "user", "content": "Hello"}}


async def _bare() -> AsyncIterator[Any]:
    yield {"type": "user", "message": "Hello"}


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        (["Hello"], "A prompt must be a str or an async iterable of dicts, not list"),
        (b"Hello", "not bytes"),
        ({"type": "user"}, "not dict; `async with client.turn(message)` takes a whole message"),
        (_texts, "not function; call the function, so that it makes an async generator"),
        (lambda: _texts(), "A prompt's stream must give dicts, not str"),
        (lambda: _misspelt(), "A prompt's stream has an item of the type 'usr'; give messages"),
        (lambda: _bare(), "A prompt must be text or a user message: {'type': 'user', "),
        (lambda: _as_for_the_api(), "A prompt must be text or a user message: {'type': 'user', "),
        (None, "not NoneType"),
    ],
)
async def test_a_prompt_of_a_wrong_kind(prompt: Any, said: str) -> None:
    """Python's own words name no prompt; None would give an empty answer."""
    if callable(prompt) and prompt is not _texts:
        prompt = prompt()  # a generator of this run's own
    with anyio.fail_after(60), pytest.raises((TypeError, ValueError)) as caught:
        async for _ in query(prompt=prompt, transport=ScriptedTransport()):
            pass
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("prompt", [["Hello"], None, {"type": "user"}])
async def test_a_prompt_of_a_wrong_kind_leaves_the_conversation_alone(prompt: Any) -> None:
    """The next prompt would have no answer, or another's."""
    async with ClaudeSDKClient(transport=ScriptedTransport()) as client:
        with pytest.raises(TypeError, match="A prompt must be a str"):
            await client.query(prompt)
        await client.query("Hello")
        with anyio.fail_after(60):
            kinds = [type(message).__name__ async for message in client.receive_response()]
        assert kinds[-1] == "ResultMessage"


async def test_connecting_with_a_wrong_prompt_starts_nothing() -> None:
    """A CLI would run on, with nobody to end it."""
    client = ClaudeSDKClient(transport=ScriptedTransport())
    with pytest.raises(TypeError, match="A prompt must be a str"):
        await client.connect(3)  # type: ignore[arg-type]
    assert not client.connected


@pytest.mark.parametrize("options", [{"model": "m"}, "Hello", ClaudeAgentOptions])
async def test_options_that_are_none(options: Any) -> None:
    """The error would come later, from deep inside."""
    with pytest.raises(TypeError, match=r"options must be a ClaudeAgentOptions object, not \w+; "):
        ClaudeSDKClient(options)


@tool("t", "A tool", {})
async def _tool(given: Any) -> str:
    return ""


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: create_sdk_mcp_server("s", [_tool]),  # type: ignore[arg-type]
            "must be a string, not list; tools are given",
        ),
        (lambda: create_sdk_mcp_server("s", tools=_tool), "tools of the server s must be a list"),  # type: ignore[arg-type]
        (lambda: create_sdk_mcp_server("s", tools=_texts), "tools of the server s must be a list"),  # type: ignore[arg-type]
        (lambda: tool("t", "d", {}, "ro")(_texts), "needs an async function that returns"),  # type: ignore
        (lambda: tool("t", "d", {}, "ro")(_tool.handler), "annotations must be a dict such as"),  # type: ignore
    ],
)
async def test_a_tool_or_server_made_in_a_wrong_way(make: Callable[[], Any], said: str) -> None:
    """Tools taken for the version would just not be there."""
    with pytest.raises(TypeError, match=said) as caught:
        make()
    assert "\n" not in str(caught.value)
