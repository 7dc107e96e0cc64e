"""The errors of providers, gateways and the network in words.

Claude Code's texts are those of the tested version, which `jupyter_claude_sdk` names. They name the
provider, so a conversation that is read again has the same words.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_THEN = "then run `%claude stop` and the cell again"
_DOCTOR = "see `%claude doctor`"


class Server(NamedTuple):
    """Who was asked: its name as a sentence begins, and the host of the gateway, if it is one."""

    name: str = "The Claude API"
    gateway: str = ""


#: Who is asked if no variable says otherwise.
CLAUDE_API = Server()


class Said(NamedTuple):
    """What is wrong, and what to do about it."""

    what: str
    advice: str


class _Cloud(NamedTuple):
    name: str
    credentials: str
    where: str
    access: str


_CLOUDS = (
    (
        re.compile(r"AWS (?:authentication|credentials)"),
        _Cloud(
            "Amazon Bedrock",
            "AWS credentials",
            "sign in to AWS again (`aws sso login`), or renew AWS_BEARER_TOKEN_BEDROCK or the AWS "
            "keys",
            "your permissions in AWS and the access to the model",
        ),
    ),
    (
        re.compile(r"Google Cloud (?:authentication|credentials)"),
        _Cloud(
            "Google Vertex AI",
            "Google Cloud credentials",
            "run `gcloud auth application-default login`, or check GOOGLE_APPLICATION_CREDENTIALS",
            "your permissions in Google Cloud and the access to the model",
        ),
    ),
    (
        re.compile(r"Microsoft Foundry authentication|Azure credentials"),
        _Cloud(
            "Microsoft Foundry",
            "Azure credentials",
            "set ANTHROPIC_FOUNDRY_API_KEY, or run `az login`",
            "your access to the Foundry resource",
        ),
    ),
)
_MISSING = re.compile(r"\ACould not load ")
#: A part of Claude Code's text, and what it means. `{code}` is the code in brackets.
_KNOWN: tuple[tuple[str, Said], ...] = (
    (
        r"No projectId was given",
        Said("Google Vertex AI has no project", f"set ANTHROPIC_VERTEX_PROJECT_ID, {_THEN}"),
    ),
    (
        r"baseURL and resource are mutually exclusive",
        Said(
            "ANTHROPIC_FOUNDRY_BASE_URL and ANTHROPIC_FOUNDRY_RESOURCE are both set",
            f"unset one of them, {_THEN}",
        ),
    ),
    (
        r"Must provide one of the `baseURL` or `resource`",
        Said("Microsoft Foundry has no resource", f"set ANTHROPIC_FOUNDRY_RESOURCE, {_THEN}"),
    ),
    (
        r"\AInvalid URL\Z|API Error: Invalid URL",
        Said("The address of the provider is not valid", _DOCTOR),
    ),
    (
        r"hostname mismatch",
        Said("The certificate of the server is for another host", _DOCTOR),
    ),
    (
        r"SSL certificate|certificate verif|CERT_|SELF_SIGNED",
        Said(
            "The certificate of the server is not trusted{code}",
            f"if your network has a CA of its own, set NODE_EXTRA_CA_CERTS to its file, {_THEN}",
        ),
    ),
    (
        r"\(EPROTO\)",
        Said(
            "The server ended the TLS connection{code}",
            "if it wants a client certificate, set CLAUDE_CODE_CLIENT_CERT and "
            f"CLAUDE_CODE_CLIENT_KEY, {_THEN}",
        ),
    ),
    (
        r"UnsupportedProxyProtocol",
        Said(
            "Claude Code does not speak the protocol of your proxy", f"use an HTTP proxy; {_DOCTOR}"
        ),
    ),
    (
        r"ERR_PROXY_TUNNEL",
        Said(
            "Your proxy refused the connection{code}",
            "check the user and the password in HTTPS_PROXY, and that the proxy allows this host",
        ),
    ),
)
_CODE = re.compile(r" \([A-Z][A-Z_]+\)")
#: What may be a key: gateways repeat it when they refuse it. A model's name is none.
_KEY = re.compile(r"(?<![\w+=-])(?!claude-)(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{20,}")
_API_SAID = re.compile(r".*API Error: *\d{3}\s*")


def provider_error(status: int | None, text: str, gateway: str) -> Said | None:
    """Return what an error of a provider, a gateway or the network says; None for other errors.

    Parameters
    ----------
    status : int or None
        The HTTP status; None if nobody answered.
    text : str
        Claude Code's text, in one line.
    gateway : str
        The host of the gateway; "" without one.
    """
    for pattern, cloud in _CLOUDS:
        if pattern.search(text):
            return _cloud_error(cloud, status, text)
    if status is None:
        for part, said in _KNOWN:
            if re.search(part, text):
                code = _CODE.search(text)
                return said._replace(what=said.what.format(code=code[0] if code else ""))
    if gateway and status in (401, 403):
        what = f"The gateway at {gateway} refused your token or key ({_refusal(status, text)})"
        return Said(what, f"check ANTHROPIC_AUTH_TOKEN, ANTHROPIC_API_KEY or apiKeyHelper, {_THEN}")
    return None


def _cloud_error(cloud: _Cloud, status: int | None, text: str) -> Said:
    if status is None and _MISSING.match(text.removeprefix("API Error: ")):
        return Said(f"{cloud.name} needs {cloud.credentials}", f"{cloud.where}, {_THEN}")
    what = f"{cloud.name} refused your credentials"
    if status is not None:
        what += f" ({_refusal(status, text)})"
    if status == 403:
        return Said(what, f"{cloud.where}, {_THEN}; if they are right, check {cloud.access}")
    return Said(what, f"{cloud.where}, {_THEN}")


def _refusal(status: int, text: str) -> str:
    said = _API_SAID.sub("", text).strip().rstrip(".")
    return f"{status}: {_KEY.sub('[hidden]', said)[:200]}" if said and said != text else str(status)
