"""Keys and tokens stay out of what is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import ClaudeAgentOptions, ClaudeSDKClient, ProcessError
from jupyter_claude_sdk._base.secrets import redacted, secrets_of, without_passwords


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


PROXIED = "ada:lovelace-4711"


@pytest.mark.pure
@pytest.mark.parametrize(
    ("variables", "shown", "left"),
    [
        (
            {"HTTPS_PROXY": f"http://{PROXIED}@proxy:80"},
            f"to http://{PROXIED}@proxy:80",
            "proxy:80",
        ),
        (
            {"https_proxy": f"{PROXIED}@proxy:80"},
            f"to {PROXIED}@proxy:80 lovelace-4711",
            "proxy:80",
        ),
        ({"HTTP_PROXY": "http://ada:p%40ss@proxy"}, "ada:p@ss@proxy ada:p%40ss@proxy", "]@proxy"),
        (
            {"HTTP_PROXY": "http://ada:pw@proxy"},
            "Basic YWRhOnB3 for ada:pw@proxy",
            "Basic [hidden]",
        ),
        ({"ANTHROPIC_BASE_URL": "https://pw4711@gate/v1"}, "no https://pw4711@gate/v1", "gate/v1"),
        (
            {"ANTHROPIC_CUSTOM_HEADERS": "X-Team: physics\nX-Auth: pw-4711x"},
            "physics pw-4711x",
            "phy",
        ),
        ({"ANTHROPIC_CUSTOM_HEADERS": "Y: Bearer pw-4711x\nX: z"}, "pw-4711x with z", "with z"),
        ({"AWS_BEARER_TOKEN_BEDROCK": "bedrock-pw"}, "refused bedrock-pw", "refused"),
        ({"CLAUDE_CODE_CLIENT_KEY_PASSPHRASE": "phrase-pw"}, "not phrase-pw", "not"),
    ],
)
def test_what_gateways_and_proxies_get_is_hidden(
    variables: dict[str, str], shown: str, left: str
) -> None:
    """Otherwise an error that repeats an address has the proxy's password in it."""
    text = redacted(shown, secrets_of(ClaudeAgentOptions(env=variables), {}))
    assert "[hidden]" in text and left in text
    assert not any(word in text for word in ("lovelace", "ada", "pw", "ss@", "YWRh"))


@pytest.mark.pure
def test_an_unknown_password_in_an_address_is_hidden_and_other_text_is_not() -> None:
    """Otherwise the CLI's complaint about a settings file shows a proxy's password."""
    assert without_passwords('HTTPS_PROXY: "ada:lovelace@proxy:80" is') == (
        'HTTPS_PROXY: "[hidden]@proxy:80" is'
    )
    assert without_passwords("at https://ada:love@lace@proxy/x") == "at https://[hidden]@proxy/x"
    plain = "me@example.com: at https://host:80/a@b, code 12:30, git@host:a/b, @types/node: 1"
    assert without_passwords(plain) == plain


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
