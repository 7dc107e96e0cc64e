"""The network between Claude Code and its provider: proxies, certificates of one's own.

The rules come from trials with the tested version of Claude Code, as those of `provider` do.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

from .._health.problem import Problem
from .._names import to_show
from .._text import one_line
from .addresses import first, host_of, is_loopback, parts_of
from .provider import provider_of

NETWORK = "Network"
#: The variables of a proxy for HTTPS. Claude Code takes the first that has a value.
_PROXIES = (*("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"),)
_PAST = ("no_proxy", "NO_PROXY")
_CA = "NODE_EXTRA_CA_CERTS"
_CERTIFICATE, _KEY = "CLAUDE_CODE_CLIENT_CERT", "CLAUDE_CODE_CLIENT_KEY"
_PASSPHRASE = "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE"
_LONGEST = 8 * 1024 * 1024  # bytes of a file of certificates


def network_text(variables: Mapping[str, str]) -> str:
    """Return the network in words: hosts and files, no password."""
    said = []
    proxy = first(variables, _PROXIES)
    if proxy:
        login = ", with a user and a password" if "@" in variables[proxy] else ""
        said.append(f"proxy {host_of(variables[proxy])} ({proxy}){login}")
    else:
        said.append("no proxy")
    if first(variables, [_CA]):
        said.append(f"own CA file {_shown(variables[_CA])} ({_CA})")
    if first(variables, [_CERTIFICATE]):
        said.append(f"client certificate {_shown(variables[_CERTIFICATE])} ({_CERTIFICATE})")
    return "; ".join(said)


def network_problems(variables: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what is wrong with proxies and files of certificates."""
    yield from _proxy_problems(variables)
    if first(variables, [_CA]) and (wrong := _wrong_pem(variables[_CA], "CERTIFICATE")):
        yield _problem(
            f"The file in {_CA} {wrong}, so Claude Code does not trust your own CA",
            f"let {_CA} name a readable PEM file",
        )
    yield from _client_problems(variables)


def _proxy_problems(variables: Mapping[str, str]) -> Iterator[Problem]:
    for name in _PROXIES:
        value = variables.get(name, "").strip()
        parts = parts_of(value)
        if value and parts is None:
            yield _problem(
                f"{name} is no address with a scheme, so Claude Code does not start",
                f"begin it with http://, such as http://{host_of(value)}",
            )
        elif parts is not None and parts.scheme not in ("http", "https"):
            yield _problem(
                f"{name} has the scheme {parts.scheme}, which Claude Code does not speak",
                "use an HTTP proxy",
            )
    proxy = first(variables, _PROXIES)
    address = provider_of(variables).address
    if proxy and address and is_loopback(variables[address]):
        past = variables.get(first(variables, _PAST) or _PAST[0], "")
        host = host_of(variables[address]).rpartition(":")[0] or host_of(variables[address])
        if host not in past.replace(",", " ").split() and past.strip() != "*":
            yield _problem(
                f"{address} is on this machine, but {proxy} leads its requests to a proxy",
                f"add {host} to NO_PROXY",
            )


def _client_problems(variables: Mapping[str, str]) -> Iterator[Problem]:
    certificate, key = first(variables, [_CERTIFICATE]), first(variables, [_KEY])
    if bool(certificate) != bool(key):
        yield _problem(f"{certificate or key} is set alone", f"set {_CERTIFICATE} and {_KEY}")
    if certificate and (wrong := _wrong_pem(variables[certificate], "CERTIFICATE")):
        yield _problem(f"The file in {certificate} {wrong}", "let it name a readable PEM file")
    if key and (wrong := _wrong_pem(variables[key], "PRIVATE KEY")):
        yield _problem(f"The file in {key} {wrong}", "let it name a readable PEM file")
    elif certificate and key and (wrong_pair := _wrong_pair(variables)):
        yield _problem(*wrong_pair)


def _wrong_pair(variables: Mapping[str, str]) -> tuple[str, str] | None:
    """Return what is wrong with the two files together, and what to do."""
    passphrase = variables.get(_PASSPHRASE, "")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        certificate, key = (Path(variables[name].strip()) for name in (_CERTIFICATE, _KEY))
        # A function: without one OpenSSL would ask in the terminal.
        context.load_cert_chain(certificate, key, lambda: passphrase)
    except ssl.SSLError as error:
        if "MISMATCH" in str(error):
            return f"{_KEY} is not the key of {_CERTIFICATE}", "let both name files of one pair"
        if passphrase:
            return f"The key in {_KEY} does not open", f"check {_PASSPHRASE}"
        return f"The key in {_KEY} does not open without a passphrase", f"set {_PASSPHRASE}"
    except (OSError, ValueError):
        return f"The files in {_CERTIFICATE} and {_KEY} do not load", "check both files"
    return None


def _wrong_pem(name: str, kind: str) -> str:
    """Return what is wrong with a PEM file; "" if it is right."""
    path = Path(name.strip())
    try:
        if not path.is_file():
            return "does not exist" if not path.exists() else "is not a file"
        with path.open("rb") as file:
            text = file.read(_LONGEST).decode("ascii", "replace")
    except (OSError, ValueError):
        return "cannot be read"
    if f"{kind}-----" not in text:
        return f"has no {kind.lower()} in PEM form"
    if kind == "CERTIFICATE":
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
        except (ssl.SSLError, ValueError):
            return "has a certificate that cannot be read"
    return ""


def _shown(path: str) -> str:
    return one_line(to_show(path.strip()))


def _problem(text: str, remedy: str) -> Problem:
    return Problem(NETWORK, text, remedy)
