"""The doctor about providers and networks, and the errors of providers in words."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from jupyter_claude_sdk import ClaudeAgentOptions
from jupyter_claude_sdk.lowlevel import secrets_of

from jupyter_claude._command import doctor
from jupyter_claude._providers.given import given
from jupyter_claude._providers.network import network_problems, network_text
from jupyter_claude._providers.provider import provider_of, provider_problems
from jupyter_claude._replay.scrub import Scrubber
from jupyter_claude._signin.status import sign_in
from jupyter_claude._turns.api_errors import api_error
from jupyter_claude._turns.errors import NotSignedIn
from jupyter_claude._turns.provider_errors import Server
from tests.providers import Authority

pytestmark = pytest.mark.pure

BEDROCK = {"CLAUDE_CODE_USE_BEDROCK": "1", "AWS_REGION": "eu-central-1"}
FOUNDRY = {"CLAUDE_CODE_USE_FOUNDRY": "1", "ANTHROPIC_FOUNDRY_RESOURCE": "lab"}
VERTEX = {
    "CLAUDE_CODE_USE_VERTEX": "1",
    "ANTHROPIC_VERTEX_PROJECT_ID": "proj",
    "CLOUD_ML_REGION": "europe-west1",
}
#: Each has the same secret, in the places that secrets have.
SECRET = "planted-4711"
PLANTED = {
    "AWS_ACCESS_KEY_ID": SECRET,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_SESSION_TOKEN": SECRET,
    "AWS_BEARER_TOKEN_BEDROCK": SECRET,
    "ANTHROPIC_API_KEY": SECRET,
    "ANTHROPIC_AUTH_TOKEN": SECRET,
    "ANTHROPIC_BASE_URL": f"https://user:{SECRET}@gate.example/{SECRET}?key={SECRET}",
    "ANTHROPIC_BEDROCK_BASE_URL": f"user:{SECRET}@bed.example/{SECRET}",
    "ANTHROPIC_CUSTOM_HEADERS": f"X-Key: {SECRET}",
    "ANTHROPIC_FOUNDRY_API_KEY": SECRET,
    "ANTHROPIC_FOUNDRY_AUTH_TOKEN": SECRET,
    "HTTPS_PROXY": f"http://ada:{SECRET}@proxy.example:8080",
    "HTTP_PROXY": f"ada:{SECRET}@proxy.example:8080",
    "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE": SECRET,
}


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no provider, proxy or settings of the machine."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "CLOUD_", "GCLOUD", "GOOGLE_", "NODE_")) or (
            name.lower().endswith("_proxy")
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({}, "the Claude API"),
        ({"ANTHROPIC_BASE_URL": "https://api.anthropic.com"}, "the Claude API"),
        (
            {"ANTHROPIC_BASE_URL": "https://gate.example:8443/llm"},
            "a gateway at gate.example:8443 (ANTHROPIC_BASE_URL)",
        ),
        (BEDROCK, "Amazon Bedrock (CLAUDE_CODE_USE_BEDROCK), region eu-central-1"),
        (
            {**BEDROCK, "ANTHROPIC_BEDROCK_BASE_URL": "https://gate.example/bedrock"},
            "Amazon Bedrock (CLAUDE_CODE_USE_BEDROCK), region eu-central-1, "
            "through gate.example (ANTHROPIC_BEDROCK_BASE_URL)",
        ),
        (
            VERTEX,
            "Google Vertex AI (CLAUDE_CODE_USE_VERTEX), project proj, region europe-west1",
        ),
        (FOUNDRY, "Microsoft Foundry (CLAUDE_CODE_USE_FOUNDRY), resource lab"),
    ],
)
def test_the_provider_is_named(variables: dict[str, str], text: str) -> None:
    """Otherwise nobody sees where prompts go."""
    assert provider_of(variables).text == text
    assert list(provider_problems(variables)) == []


@pytest.mark.parametrize(
    ("variables", "text", "remedy"),
    [
        (
            {**BEDROCK, **VERTEX},
            "CLAUDE_CODE_USE_BEDROCK and CLAUDE_CODE_USE_VERTEX are set; "
            "Claude Code uses Amazon Bedrock",
            "unset CLAUDE_CODE_USE_VERTEX",
        ),
        ({**FOUNDRY, **VERTEX}, "Claude Code uses Microsoft Foundry", "unset CLAUDE_CODE_USE_VER"),
        ({"ANTHROPIC_BASE_URL": "gate.example"}, "ANTHROPIC_BASE_URL is no address", "https://"),
        ({"CLAUDE_CODE_USE_BEDROCK": "1"}, "takes us-east-1", "set AWS_REGION"),
        ({**VERTEX, "CLOUD_ML_REGION": ""}, "takes us-east5", "set CLOUD_ML_REGION"),
        ({**VERTEX, "ANTHROPIC_VERTEX_PROJECT_ID": ""}, "No Google Cloud project", "VERTEX_PROJ"),
        ({"CLAUDE_CODE_USE_FOUNDRY": "true"}, "has no resource", "ANTHROPIC_FOUNDRY_RESOURCE"),
        ({**FOUNDRY, "ANTHROPIC_FOUNDRY_BASE_URL": "https://f"}, "are set", "unset one of them"),
        (
            {**BEDROCK, "ANTHROPIC_API_KEY": SECRET},
            "ANTHROPIC_API_KEY is set, but Amazon Bedrock does not use it",
            "unset it",
        ),
        (
            {**VERTEX, "ANTHROPIC_BASE_URL": "https://gate.example"},
            "ANTHROPIC_BASE_URL is set, but Google Vertex AI does not use it",
            "ANTHROPIC_VERTEX_BASE_URL",
        ),
        (
            {"ANTHROPIC_FOUNDRY_API_KEY": SECRET},
            "Microsoft Foundry is not chosen",
            "set CLAUDE_CODE_USE_FOUNDRY=1",
        ),
    ],
)
def test_what_contradicts_itself_is_named(
    variables: dict[str, str], text: str, remedy: str
) -> None:
    """Otherwise prompts go elsewhere than the user thinks, or nowhere, without a reason."""
    (problem,) = provider_problems(variables)
    assert text in problem.text
    assert remedy in problem.remedy


def test_the_region_may_be_in_the_file_of_aws(tmp_path: Path) -> None:
    """Otherwise the doctor names a region that Claude Code does not use."""
    (tmp_path / ".aws").mkdir()
    text = "[default]\nregion = eu-west-3\n[profile lab]\nregion = eu-north-1\n"
    (tmp_path / ".aws" / "config").write_text(text)
    variables = {"CLAUDE_CODE_USE_BEDROCK": "1", "HOME": str(tmp_path)}
    assert provider_of(variables).text.endswith("region eu-west-3")
    assert provider_of({**variables, "AWS_PROFILE": "lab"}).text.endswith("region eu-north-1")
    assert list(provider_problems(variables)) == []
    (tmp_path / ".aws" / "config").write_text("no file of AWS")
    assert provider_of(variables).text.endswith("region us-east-1")


def test_settings_files_count_as_they_do_for_claude_code(tmp_path: Path) -> None:
    """Otherwise the doctor shows another provider than the one that gets the prompts."""
    (tmp_path / "claude-config").mkdir()
    settings = tmp_path / "claude-config" / "settings.json"
    settings.write_text('{"env": {"ANTHROPIC_BASE_URL": "https://gate.example"}}')
    other = {"ANTHROPIC_BASE_URL": "https://other.example"}
    assert provider_of(given(other)).gateway == "gate.example"
    by_host = {**other, "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1"}
    assert provider_of(given(by_host)).gateway == "", "as with a key for this kernel"
    assert "other.example" in provider_of(given(by_host)).text


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({**BEDROCK, "AWS_BEARER_TOKEN_BEDROCK": SECRET}, "with AWS_BEARER_TOKEN_BEDROCK, not tr"),
        ({**BEDROCK, "CLAUDE_CODE_SKIP_BEDROCK_AUTH": "1"}, "credentials are the gateway's"),
        (VERTEX, "with Google's default credentials, not tried"),
        (FOUNDRY, "with what the Azure SDK finds, not tried"),
    ],
)
def test_the_sign_in_says_what_it_does_not_know(variables: dict[str, str], text: str) -> None:
    """Otherwise the doctor calls credentials good that nobody has tried, or sends one to log in."""
    assert text in (sign_in(environment=variables) or "")


def test_a_network_is_described_and_its_files_are_read(tmp_path: Path) -> None:
    """Otherwise a good network counts as a problem, and the doctor fails in every company."""
    authority = Authority(tmp_path)
    certificate, key = authority.client("phrase-4711")
    variables = {
        "HTTPS_PROXY": "http://ada:lovelace@proxy.example:8080",
        "NODE_EXTRA_CA_CERTS": str(authority.file),
        "CLAUDE_CODE_CLIENT_CERT": str(certificate),
        "CLAUDE_CODE_CLIENT_KEY": str(key),
        "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE": "phrase-4711",
    }
    assert network_text({}) == "no proxy"
    assert network_text(variables) == (
        "proxy proxy.example:8080 (HTTPS_PROXY), with a user and a password; "
        f"own CA file {authority.file} (NODE_EXTRA_CA_CERTS); "
        f"client certificate {certificate} (CLAUDE_CODE_CLIENT_CERT)"
    )
    assert list(network_problems(variables)) == []
    for phrase, text in (("phrase-0", "does not open"), ("", "without a passphrase")):
        (problem,) = network_problems({**variables, "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE": phrase})
        assert text in problem.text
        assert "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE" in problem.remedy
    authority.client()
    (problem,) = network_problems({**variables, "CLAUDE_CODE_CLIENT_KEY": ""})
    assert "is set alone" in problem.text


@pytest.mark.parametrize(
    ("variables", "text", "remedy"),
    [
        ({"HTTPS_PROXY": "ada:pw@proxy.example:80"}, "does not start", "http://proxy.example:80"),
        ({"https_proxy": "socks5://proxy.example"}, "does not speak", "use an HTTP proxy"),
        ({"NODE_EXTRA_CA_CERTS": "/no/ca.pem"}, "does not exist", "PEM file"),
        ({"NODE_EXTRA_CA_CERTS": "empty.pem"}, "has no certificate in PEM form", "PEM file"),
        ({"NODE_EXTRA_CA_CERTS": "broken.pem"}, "that cannot be read", "PEM file"),
        (
            {"ANTHROPIC_BASE_URL": "http://127.0.0.1:8", "HTTP_PROXY": "http://proxy.example"},
            "is on this machine",
            "add 127.0.0.1 to NO_PROXY",
        ),
    ],
)
def test_what_is_wrong_with_the_network_is_named(
    variables: dict[str, str], text: str, remedy: str
) -> None:
    """Otherwise each prompt fails after a long wait, with no word about why."""
    Path("empty.pem").write_text("")
    Path("broken.pem").write_text("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")
    (problem,) = network_problems(variables)
    assert text in problem.text
    assert remedy in problem.remedy
    past = {**variables, "NO_PROXY": "localhost 127.0.0.1"}
    assert (list(network_problems(past)) == []) is ("this machine" in text)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
@pytest.mark.parametrize("switch", ["", "BEDROCK", "FOUNDRY", "VERTEX"])
def test_the_doctor_shows_hosts_and_no_secret(switch: str, tmp_path: Path) -> None:
    """Otherwise a user who shares the doctor's output shares the keys and passwords."""
    program = tmp_path / "claude"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    planted = {**PLANTED, **({f"CLAUDE_CODE_USE_{switch}": "1"} if switch else {})}
    report = doctor.Diagnosis(doctor.report(str(program), planted))
    for shown in (repr(report), report._repr_html_()):
        assert SECRET not in shown
        assert "proxy.example:8080" in shown
        assert ("bed.example" if switch == "BEDROCK" else "Provider") in shown
    practice = repr(doctor.Diagnosis(doctor.report(str(program), planted, True)))
    assert "Provider" not in practice


def test_no_secret_of_a_provider_gets_into_a_recording(tmp_path: Path) -> None:
    """Otherwise a recording that is committed has the keys that a command has printed."""
    options = ClaudeAgentOptions(env=PLANTED)
    scrubber = Scrubber(secrets_of(options, {}), tmp_path, tmp_path)
    printed = "\n".join(f"{name}={value}" for name, value in PLANTED.items())
    assert SECRET not in scrubber.text(f"{printed} and {SECRET} alone")


ACCESS = "AWS authentication failed · refresh your AWS credentials and retry · API Error: "


#: Claude Code's texts as trials gave them, and how our line begins.
ERRORS: list[tuple[int | None, str, str, str]] = [
    (
        401,
        f"{ACCESS}401 The token is invalid.",
        "",
        "Amazon Bedrock refused your credentials (401: The token is invalid); sign in to AWS",
    ),
    (403, f"{ACCESS}403 No.", "", "Amazon Bedrock refused your credentials (403: No); sign in"),
    (
        None,
        "API Error: Could not load AWS credentials · Could not load credentials from any.",
        "",
        "Amazon Bedrock needs AWS credentials; sign in to AWS again",
    ),
    (
        401,
        "Google Cloud credentials expired or invalid · refresh · API Error: 401 no",
        "",
        "Google Vertex AI refused your credentials (401: no); run `gcloud auth",
    ),
    (
        None,
        "API Error: Could not load Azure credentials · a network is unreachable",
        "",
        "Microsoft Foundry needs Azure credentials; set ANTHROPIC_FOUNDRY_API_KEY",
    ),
    (
        403,
        "Failed to authenticate. API Error: 403 no team",
        "gate.example",
        "The gateway at gate.example refused your token or key (403: no team); check ANTH",
    ),
    (
        403,
        "API Error: 403 not for sk-9a8b7c6d5e4f3a2b1c0d: claude-sonnet-4-5-20250929",
        "gate.example",
        "The gateway at gate.example refused your token or key (403: not for [hidden]: "
        "claude-sonnet-4-5-20250929); check",
    ),
    (
        None,
        "API Error: Unable to connect to API (ECONNREFUSED)",
        "gate.example",
        "The gateway at gate.example could not be reached; check its address",
    ),
    (
        None,
        "API Error: Unable to connect to API: SSL certificate verification failed "
        "(UNABLE_TO_VERIFY_LEAF_SIGNATURE). The certificates",
        "",
        "The certificate of the server is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE); if",
    ),
    (
        None,
        "API Error: Unable to connect to API (EPROTO)",
        "",
        "The server ended the TLS connection (EPROTO); if it wants a client certificate",
    ),
    (
        None,
        "API Error: Couldn't connect through your proxy (ERR_PROXY_TUNNEL) — the proxy",
        "",
        "Your proxy refused the connection (ERR_PROXY_TUNNEL); check the user",
    ),
]
#: More that the pages explain.
MORE: list[tuple[int | None, str, str]] = [
    (None, "API Error: Could not load Google Cloud credentials · Browse to", ""),
    (403, "Google Cloud authentication failed · refresh · API Error: 403 no", ""),
    (401, "Microsoft Foundry authentication failed · refresh · API Error: 401 no", ""),
    (403, "Microsoft Foundry authentication failed · refresh · API Error: 403 no", ""),
    (401, "Failed to authenticate. API Error: 401 no", "gate.example"),
    (404, "There is an issue with the selected model (claude-x).", ""),
    (None, "API Error: No projectId was given and it could not be resolved", ""),
    (None, "API Error: baseURL and resource are mutually exclusive", ""),
    (None, "API Error: Must provide one of the `baseURL` or `resource` arguments", ""),
    (None, "API Error: Invalid URL", ""),
    (None, "API Error: Unable to connect to API: SSL certificate hostname mismatch", ""),
    (None, "API Error: Unable to connect to API (UnsupportedProxyProtocol)", ""),
    (None, "API Error: Connection refused (ECONNREFUSED)", ""),
    (None, "Not logged in · Please run /login", "gate.example"),
]
PAGES = Path(__file__).parents[2] / "docs" / "how-to" / "providers"


@pytest.mark.parametrize(("status", "text", "gateway", "line"), ERRORS)
def test_an_error_of_a_provider_is_a_line_with_its_own_remedy(
    status: int | None, text: str, gateway: str, line: str
) -> None:
    """Otherwise users of Bedrock are told to sign in to Claude, which cannot help them."""
    error = api_error(status, text, Server(gateway=gateway))
    assert str(error).startswith(line)
    assert not isinstance(error, NotSignedIn)
    assert "claude login" not in str(error)


def test_a_cloud_that_is_not_reached_is_named() -> None:
    """Otherwise a user of Bedrock searches for what keeps the Claude API away."""
    text = "API Error: Can't reach the API server — check your internet or DNS (ENOTFOUND)"
    assert str(api_error(None, text, Server("Amazon Bedrock"))).startswith("Amazon Bedrock could")


@pytest.mark.parametrize("page", ["bedrock", "vertex", "foundry", "gateway", "network"])
def test_the_pages_explain_errors_that_there_are(page: str) -> None:
    """Otherwise a user searches a page for an error's words and finds others."""
    errors = [*(each[:3] for each in ERRORS), *MORE]
    lines = [str(api_error(status, text, Server(gateway=at))) for status, text, at in errors]
    # Claude Code's own, in `test_what_claude_code_says_of_a_wrong_proxy_has_no_password`.
    lines.append("Invalid proxy URL in HTTPS_PROXY")
    table = (PAGES / f"{page}.md").read_text("utf-8").partition("## What the errors mean")[2]
    rows = [row for row in table.partition("\n## ")[0].splitlines() if row.startswith("| `")]
    assert len(rows) >= 3
    for explained in re.findall(r"`([^`]+)`", " ".join(row.split(" | ")[0] for row in rows)):
        pattern = re.escape(explained).replace("…", ".*").replace("HOST", ".*")
        assert any(re.search(pattern, line) for line in lines), explained


def test_a_gateway_without_a_token_is_named() -> None:
    """Otherwise a user of a gateway signs in to Claude, and the gateway knows nothing of it."""
    error = api_error(None, "Not logged in · Please run /login", Server(gateway="gate.example"))
    assert isinstance(error, NotSignedIn)
    assert "set ANTHROPIC_AUTH_TOKEN for the gateway at gate.example" in str(error)
