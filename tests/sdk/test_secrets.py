"""Keys and tokens stay out of what is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import ClaudeAgentOptions, ClaudeSDKClient, ProcessError
from jupyter_claude_sdk._base.secrets import redacted, secrets_of


@pytest.mark.pure
def test_what_looks_like_a_key_is_hidden_and_words_are_not() -> None:
    """An error would be unreadable, or hold the key."""
    servers: Any = {
        "http": {"type": "http", "url": "u", "headers": {"X-Any": "Bearer abcdefgh"}},
        "own": {"type": "sdk", "name": "own", "instance": object()},
    }
    options = ClaudeAgentOptions(
        env={"MY_TOKEN": "token-of-mine", "SHORT_KEY": "word", "PLAIN": "in-plain-sight"},
        extra_args={"api-key": "flag-secret", "bare-key": None},
        mcp_servers=servers,
    )
    secrets = secrets_of(options, {"ANTHROPIC_API_KEY": "sk-ant-12345678", "HOME": "/home/me"})
    assert secrets == {"token-of-mine", "flag-secret", "Bearer abcdefgh", "sk-ant-12345678"}
    assert redacted("a sk-ant-12345678 word", secrets) == "a [hidden] word"
    assert redacted("abcdefgh1 abcdefgh", {"abcdefgh", "abcdefgh1"}) == "[hidden] [hidden]"


@pytest.mark.cli
@pytest.mark.anyio
async def test_what_the_cli_repeats_of_a_secret_is_hidden(
    options: Callable[..., ClaudeAgentOptions],
) -> None:
    """The CLI's complaint about a flag holds its value: it would stand in a notebook or a log."""
    chosen = options([], extra_args={"my-token": "tok-abcdefgh"})
    with anyio.fail_after(60), pytest.raises(ProcessError, match="unknown option") as caught:
        async with ClaudeSDKClient(chosen):
            pass
    assert "tok-abcdefgh" not in str(caught.value) + str(caught.value.__dict__)
    assert "--my-token=[hidden]" in str(caught.value)
