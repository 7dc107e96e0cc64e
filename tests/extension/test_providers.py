"""Whole turns through providers, gateways, a proxy and certificates: the real CLI, stand-ins.

The stand-ins are on loopback (`tests.providers`). A proxy leads the real host names to them.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_claude_sdk.testing import ScriptedModel

from jupyter_claude._claude import Claude
from jupyter_claude._turns.errors import APIError, ClaudeError, NotSignedIn
from jupyter_claude._turns.turn import Turn
from tests.providers import Authority, Provider, Proxy

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

SCRIPT = [
    {
        "when": "look",
        "replies": [
            [{"text": "I look."}, {"tool": "Bash", "input": {"command": "echo here"}}],
            [{"text": "It is here."}],
        ],
    }
]
#: What each provider needs, with {url} as its address.
BEDROCK = {"CLAUDE_CODE_USE_BEDROCK": "1", "AWS_REGION": "eu-central-1"}
VERTEX = {
    "CLAUDE_CODE_USE_VERTEX": "1",
    "CLAUDE_CODE_SKIP_VERTEX_AUTH": "1",
    "ANTHROPIC_VERTEX_PROJECT_ID": "proj",
    "CLOUD_ML_REGION": "europe-west1",
}
FOUNDRY = {"CLAUDE_CODE_USE_FOUNDRY": "1", "ANTHROPIC_FOUNDRY_API_KEY": "planted-foundry"}
GATEWAY = {
    "ANTHROPIC_BASE_URL": "{url}/llm",
    "ANTHROPIC_AUTH_TOKEN": "planted-token",
    "ANTHROPIC_CUSTOM_HEADERS": "X-Team: physics\nX-Gate: planted-header-1",
}
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAPLANTEDPLANTED12",
    "AWS_SECRET_ACCESS_KEY": "planted-aws-secret",
    "AWS_SESSION_TOKEN": "planted-aws-session",
}
HOSTS = (
    *("api.anthropic.com", "lab.services.ai.azure.com", "europe-west1-aiplatform.googleapis.com"),
    *("bedrock.eu-central-1.amazonaws.com", "bedrock-runtime.eu-central-1.amazonaws.com"),
)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave no proxy and no provider of the machine."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "CLOUD_", "GOOGLE_", "NODE_")) or (
            name.lower().endswith("_proxy")
        ):
            monkeypatch.delenv(name)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


Session = Callable[..., contextlib.AbstractAsyncContextManager[Any]]


@pytest.fixture
def asking(cli: Path, tmp_path: Path) -> Session:
    """Make sessions with these variables alone: ``async with asking(url, …) as claude``."""

    @contextlib.asynccontextmanager
    async def make(url: str, variables: Mapping[str, str]) -> AsyncIterator[Any]:
        claude: Any = Claude()
        claude.settings.cli_path = str(cli)
        claude.settings.allowed_tools = ["Bash"]
        claude.settings.env = {
            "HOME": str(tmp_path),
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_RETRIES": "0",
            **{name: value.replace("{url}", url) for name, value in variables.items()},
        }
        try:
            yield claude
        finally:
            await claude.close()

    return make


def check_whole(turn: Turn, model: str) -> None:
    """Check that a turn ran the tool, and names the model and a cost."""
    assert turn.text == "I look.\n\nIt is here."
    assert [(call.name, call.state) for call in turn.tools] == [("Bash", "done")]
    assert turn.cost_line.startswith("$0.")
    assert turn.cost_line.endswith(f" · {model}")


@pytest.mark.parametrize(
    ("variables", "model", "path", "headers"),
    [
        (
            {
                **BEDROCK,
                "CLAUDE_CODE_SKIP_BEDROCK_AUTH": "1",
                "ANTHROPIC_BEDROCK_BASE_URL": "{url}",
            },
            "eu.anthropic.claude-opus",
            "/model/eu.anthropic.claude-opus",
            {},
        ),
        (
            {**VERTEX, "ANTHROPIC_VERTEX_BASE_URL": "{url}/v1"},
            "claude-opus",
            "/v1/projects/proj/locations/europe-west1/publishers/anthropic/models/claude-opus",
            {},
        ),
        (
            {**FOUNDRY, "ANTHROPIC_FOUNDRY_BASE_URL": "{url}/anthropic"},
            "claude-sonnet",
            "/anthropic/v1/messages",
            {"x-api-key": "planted-foundry"},
        ),
        (
            GATEWAY,
            "claude-opus",
            "/llm/v1/messages",
            {"authorization": "Bearer planted-token", "x-team": "physics"},
        ),
    ],
    ids=["bedrock", "vertex", "foundry", "gateway"],
)
async def test_a_whole_turn_comes_through(
    asking: Session,
    scripted: Callable[[Any], ScriptedModel],
    variables: dict[str, str],
    model: str,
    path: str,
    headers: dict[str, str],
) -> None:
    """Otherwise a company whose models are in a cloud cannot use the product."""
    with Provider(scripted(SCRIPT)) as provider:
        async with asking(provider.url, variables) as claude:
            turn = await claude.ask("look")
            shown = turn.cost_line.rpartition(" · ")[2]
            assert shown.startswith(model)
            check_whole(turn, shown)
    calls = [asked for asked in provider.asked if asked.method == "POST"]
    assert len(calls) == 2
    assert all(asked.path.startswith(path) for asked in calls)
    assert headers.items() <= calls[0].headers.items()


@pytest.mark.endurance
@pytest.mark.parametrize(
    ("variables", "host", "path"),
    [
        ({"ANTHROPIC_API_KEY": "planted-key"}, HOSTS[0], "/v1/messages"),
        ({**FOUNDRY, "ANTHROPIC_FOUNDRY_RESOURCE": "lab"}, HOSTS[1], "/anthropic/v1/messages"),
        (VERTEX, HOSTS[2], "/v1/projects/proj/locations/europe-west1/"),
    ],
    ids=["api", "foundry", "vertex"],
)
async def test_the_real_hosts_are_reached_through_a_proxy(
    asking: Session,
    scripted: Callable[[Any], ScriptedModel],
    tmp_path: Path,
    variables: dict[str, str],
    host: str,
    path: str,
) -> None:
    """Otherwise the addresses on the pages are not those that a proxy must let through."""
    authority = Authority(tmp_path)
    with (
        Provider(scripted(SCRIPT), authority.server(*HOSTS)) as provider,
        Proxy(provider.port) as proxy,
    ):
        network = {"HTTPS_PROXY": proxy.url, "NODE_EXTRA_CA_CERTS": str(authority.file)}
        async with asking(provider.url, {**variables, **network}) as claude:
            turn = await claude.ask("look")
            check_whole(turn, turn.cost_line.rpartition(" · ")[2])
    assert set(proxy.hosts) == {f"{host}:443"}
    assert any(asked.path.startswith(path) for asked in provider.asked)


async def test_a_client_certificate_is_shown_to_the_gateway(
    asking: Session, scripted: Callable[[Any], ScriptedModel], tmp_path: Path
) -> None:
    """Otherwise a gateway that asks for one cannot be used, and nobody learns why."""
    authority = Authority(tmp_path)
    certificate, key = authority.client("planted-phrase")
    pair = {
        "NODE_EXTRA_CA_CERTS": str(authority.file),
        "CLAUDE_CODE_CLIENT_CERT": str(certificate),
        "CLAUDE_CODE_CLIENT_KEY": str(key),
        "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE": "planted-phrase",
    }
    with Provider(scripted(SCRIPT), authority.server(asks_client=True)) as provider:
        async with asking(provider.url, {**GATEWAY, **pair}) as claude:
            turn = await claude.ask("look")
            assert turn.text.endswith("It is here.")
            await claude.close()
            claude.settings.env = {**claude.settings.env, "CLAUDE_CODE_CLIENT_CERT": ""}
            with pytest.raises(APIError, match=r"CLAUDE_CODE_CLIENT_CERT") as caught:
                await claude.ask("look")
            assert "planted" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "status", "line"),
    [
        (
            {**BEDROCK, **KEYS, "ANTHROPIC_BEDROCK_BASE_URL": "{url}"},
            403,
            "Amazon Bedrock refused your credentials (403: The security token included",
        ),
        (GATEWAY, 401, "The gateway at 127.0.0.1:"),
    ],
    ids=["bedrock", "gateway"],
)
async def test_a_refusal_names_the_provider_and_its_remedy(
    asking: Session,
    scripted: Callable[[Any], ScriptedModel],
    variables: dict[str, str],
    status: int,
    line: str,
) -> None:
    """Otherwise a user with an expired AWS sign-in signs in to Claude, in vain."""
    with Provider(scripted(SCRIPT), refuses=status) as provider:
        async with asking(provider.url, variables) as claude:
            with pytest.raises(APIError) as caught:
                await claude.ask("look")
    error = caught.value
    assert str(error).startswith(line)
    assert not isinstance(error, NotSignedIn)
    assert not any(word in str(error) for word in ("claude login", "planted", "\n"))


async def test_a_batch_names_the_gateway_that_refuses(
    asking: Session, scripted: Callable[[Any], ScriptedModel]
) -> None:
    """Otherwise who asks a thousand rows through a gateway is sent to sign in to Claude."""
    with Provider(scripted(SCRIPT), refuses=403) as provider:
        async with asking(provider.url, GATEWAY) as claude:
            with pytest.raises(ClaudeError, match=r"The gateway at 127\.0\.0\.1:\d+ refused"):
                await claude.map(["a row"], "Sort {text}")


async def test_what_claude_code_says_of_a_wrong_proxy_has_no_password(asking: Session) -> None:
    """Otherwise a typing error in HTTPS_PROXY puts the proxy's password into the notebook."""
    wrong = {**GATEWAY, "HTTPS_PROXY": "ada:planted-1@proxy.example:8080"}
    async with asking("https://gate.example", wrong) as claude:
        with pytest.raises(Exception, match="Invalid proxy URL") as caught:
            await claude.ask("look")
    assert "proxy.example" in str(caught.value)
    assert "planted" not in str(caught.value)
    assert "ada" not in str(caught.value)


async def test_loopback_models_are_asked_past_a_proxy(
    cli: Path, scripted: Callable[[Any], ScriptedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the practice model, tests and recordings fail behind a company's proxy."""
    with Proxy(9) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.lower(), proxy.url)
        monkeypatch.setenv("NO_PROXY", "intranet.example .example")  # the form with spaces
        model = scripted(SCRIPT)
        with ScriptedModel.record(model.url) as recorded:
            key = {"ANTHROPIC_API_KEY": model.env["ANTHROPIC_API_KEY"]}
            for env in ({**recorded.env, **key}, None):
                claude: Any = Claude()
                claude.settings.cli_path = str(cli)
                claude.settings.allowed_tools = ["Bash"]
                claude.settings.practice = env is None
                claude.settings.env = env or {}
                try:
                    turn = await claude.ask("look")
                    assert turn.state == "done"
                finally:
                    await claude.close()
        assert model.requests, "by the recording model"
        assert proxy.hosts == []


CELL = """%%claude
look"""


async def test_a_cell_through_bedrock_a_proxy_and_an_own_ca_tells_no_secret(
    cli: Path, scripted: Callable[[Any], ScriptedModel], tmp_path: Path
) -> None:
    """Otherwise a key is in a saved notebook, a recording, a log or the list of processes."""
    from tests.kernels.harness import RealKernel

    authority = Authority(tmp_path)
    with (
        Provider(scripted(SCRIPT), authority.server(*HOSTS)) as provider,
        Proxy(provider.port, "ada:planted-proxy") as proxy,
    ):
        environment = {
            **BEDROCK,
            **KEYS,
            **{name: GATEWAY[name] for name in ("ANTHROPIC_CUSTOM_HEADERS",)},
            "HTTPS_PROXY": proxy.url,
            "NODE_EXTRA_CA_CERTS": str(authority.file),
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "JUPYTER_CLAUDE_CLI": str(cli),
            "HOME": str(tmp_path),
        }
        async with RealKernel("7.4.0", env=environment) as kernel:
            await kernel.run_ok("%load_ext jupyter_claude\nfrom jupyter_claude import claude")
            await kernel.run_ok(
                "claude.settings.allowed_tools = ['Bash']\n"
                f"claude.replay({str(tmp_path / 'work' / 'a.ipynb')!r}, mode='record')"
            )
            cell = await kernel.run_ok(CELL)
            doctor = await kernel.run_ok("%claude doctor")
            arguments = [
                argument
                for process in psutil.Process().children(recursive=True)
                for argument in process.cmdline()
            ]
            shown = json.dumps([event["content"] for event in (*cell.events, *doctor.events)])
    assert "eu.anthropic.claude-opus" in shown
    assert "Amazon Bedrock (CLAUDE_CODE_USE_BEDROCK), region eu-central-1" in shown
    assert f"proxy 127.0.0.1:{proxy.port} (HTTPS_PROXY), with a user and a password" in shown
    assert {f"{host}:443" for host in HOSTS[3:]} == set(proxy.hosts)
    signed = [asked for asked in provider.asked if "stream" in asked.path][-1].headers
    assert signed["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAPLANTED")
    assert signed["x-gate"] == "planted-header-1"
    secrets = (*KEYS.values(), "planted-proxy", "planted-header-1")
    written = [
        path.read_bytes().decode(errors="replace")
        for path in tmp_path.rglob("*")
        if path.is_file() and "stand" not in path.name
    ]
    assert any("It is here." in text for text in written), "the recording and the transcript"
    for where in (shown, *arguments, *written):
        assert not any(secret in where for secret in secrets)
