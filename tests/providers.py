"""Stand-ins, on loopback, for the servers between Claude Code and the model.

`Provider` answers as Bedrock, Vertex AI, Foundry, a gateway and the Claude API do. A scripted model
says what it answers. `Proxy` is a company's proxy. It leads each host name to one provider, so the
real addresses can be used. `Authority` makes certificates.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import http.client
import json
import re
import select
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jupyter_claude_sdk.testing import ScriptedModel

#: The path of a call of Bedrock, and of one of Vertex AI.
_BEDROCK = re.compile(r"/model/(?P<model>[^/]+)/invoke(?P<stream>-with-response-stream)?\Z")
_VERTEX = re.compile(
    r"/projects/[^/]+/locations/[^/]+/publishers/anthropic/models/"
    r"(?P<model>[^/:]+):(?P<stream>stream)?[rR]awPredict\Z"
)


@dataclass
class Asked:
    """A request that came to a stand-in."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: dict[str, Any] = field(repr=False)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.asked: list[Asked] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that does not trust us ends the connection."""


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base's name)
        """Log nothing."""

    def take(self) -> Asked:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        body: dict[str, Any] = {}
        with contextlib.suppress(ValueError):
            body = json.loads(raw)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Asked(self.command, self.path, headers, body)

    def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.close_connection = True
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


# --- providers --------------------------------------------------------------------------------


class Provider(_Server):
    """Answers calls of the Messages API, of Bedrock and of Vertex AI.

    Parameters
    ----------
    model : ScriptedModel
        What it says. It is running.
    tls : ssl.SSLContext, optional
        For HTTPS.
    refuses : int, optional
        It refuses each call with this HTTP status.
    """

    def __init__(
        self, model: ScriptedModel, tls: ssl.SSLContext | None = None, refuses: int | None = None
    ) -> None:
        super().__init__(_ProviderHandler)
        self.model = model
        self.refuses = refuses
        self.tls = tls

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.tls is not None:  # in the connection's own thread: a handshake may take long
            with self.tls.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
            return
        super().finish_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with contextlib.suppress(OSError):
            super().shutdown_request(request)


class _ProviderHandler(_Handler):
    server: Provider  # pyright: ignore[reportIncompatibleVariableOverride]  (it is ours)

    def do_HEAD(self) -> None:
        self.server.asked.append(self.take())
        self.answer(200, b"", {})

    def do_GET(self) -> None:
        self.server.asked.append(self.take())
        self.answer(404, b"{}", {"content-type": "application/json"})

    def do_POST(self) -> None:
        asked = self.take()
        self.server.asked.append(asked)
        path = urlsplit(asked.path).path
        bedrock, vertex = _BEDROCK.search(path), _VERTEX.search(path)
        call = bedrock or vertex
        if call is None and not path.endswith("/v1/messages"):
            self.answer(404, b"{}", {"content-type": "application/json"})
            return
        if self.server.refuses is not None:
            self._refuse(self.server.refuses, bedrock is not None)
            return
        body = dict(asked.body)
        if call is not None:
            assert body.pop("anthropic_version") in ("bedrock-2023-05-31", "vertex-2023-10-16")
            body.pop("anthropic_beta", None)
            body |= {"model": unquote(call["model"]), "stream": call["stream"] is not None}
        self._pass_on(body, bedrock is not None)

    def _refuse(self, status: int, bedrock: bool) -> None:
        kind = "authentication_error" if status == 401 else "permission_error"
        error = {"type": kind, "message": f"refused by the stand-in with {status}"}
        body: dict[str, Any] = {"type": "error", "error": error}
        headers = {"content-type": "application/json"}
        if bedrock:
            body = {"message": "The security token included in the request is invalid."}
            headers["x-amzn-errortype"] = "UnrecognizedClientException"
        self.answer(status, json.dumps(body).encode(), headers)

    def _pass_on(self, body: dict[str, Any], bedrock: bool) -> None:
        address = urlsplit(self.server.model.url)
        with contextlib.closing(http.client.HTTPConnection(address.netloc)) as connection:
            key = self.server.model.env["ANTHROPIC_API_KEY"]
            headers = {"x-api-key": key, "content-type": "application/json"}
            connection.request("POST", "/v1/messages", json.dumps(body).encode(), headers)
            response = connection.getresponse()
            kind = response.getheader("content-type") or ""
            if bedrock and "event-stream" in kind:
                answer = b"".join(map(_amazon_event, _events(response)))
                kind = "application/vnd.amazon.eventstream"
            else:
                answer = response.read()
            self.answer(response.status, answer, {"content-type": kind})


def _events(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """Yield the data of server-sent events."""
    for line in response:
        if line.startswith(b"data:"):
            yield line.removeprefix(b"data:").strip()


def _amazon_event(data: bytes) -> bytes:
    """Return a message of Amazon's event stream: lengths, headers, body, with checksums."""
    payload = json.dumps({"bytes": base64.b64encode(data).decode()}).encode()
    headers = b""
    for name, value in (
        (b":event-type", b"chunk"),
        (b":content-type", b"application/json"),
        (b":message-type", b"event"),
    ):
        headers += struct.pack("!B", len(name)) + name + struct.pack("!BH", 7, len(value)) + value
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack("!I", zlib.crc32(message))


# --- the proxy --------------------------------------------------------------------------------


class Proxy(_Server):
    """A company's proxy: it asks for a user and a password, and leads every host to one port.

    Parameters
    ----------
    port : int
        Where each tunnel leads.
    user : str, default "ada:lovelace-4711"
        The user and the password.
    """

    def __init__(self, port: int, user: str = "ada:lovelace-4711") -> None:
        super().__init__(_ProxyHandler)
        self.leads_to = port
        self.user = user

    @property
    def url(self) -> str:
        """Its address, with the user and the password."""
        return f"http://{self.user}@127.0.0.1:{self.port}"

    @property
    def hosts(self) -> list[str]:
        """What was asked for, such as "api.anthropic.com:443"."""
        return [asked.path for asked in self.asked]


class _ProxyHandler(_Handler):
    server: Proxy  # pyright: ignore[reportIncompatibleVariableOverride]  (it is ours)

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.take())
        expected = "Basic " + base64.b64encode(self.server.user.encode()).decode()
        if self.headers.get("proxy-authorization") != expected:
            self.answer(407, b"", {"proxy-authenticate": "Basic"})
            return
        self.close_connection = True
        with socket.create_connection(("127.0.0.1", self.server.leads_to)) as there:
            self.send_response(200)
            self.end_headers()
            _join(self.connection, there)

    def do_GET(self) -> None:
        self.server.asked.append(self.take())
        self.answer(502, b"", {})

    do_POST = do_HEAD = do_GET


def _join(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways, until one side ends."""
    to = {one: other, other: one}
    with contextlib.suppress(OSError):
        while True:
            for ready in select.select([one, other], [], [])[0]:
                data = ready.recv(64 * 1024)
                if not data:
                    return
                to[ready].sendall(data)


# --- certificates -----------------------------------------------------------------------------


class Authority:
    """A company's certificate authority.

    Parameters
    ----------
    folder : Path
        Gets ``ca.pem``, and what `server` and `client` make.
    """

    def __init__(self, folder: Path) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec

        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Stand-in authority")
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self._certificate = _signed(self._name, self._name, self._key, self._key, constraints)
        self.file = folder / "ca.pem"
        self.file.write_bytes(_pem(self._certificate))

    def server(self, *hosts: str, asks_client: bool = False) -> ssl.SSLContext:
        """Return what a server for these hosts needs; `asks_client`: for a certificate."""
        certificate, key = self._issue("server", hosts)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if asks_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.file)
        return context

    def client(self, passphrase: str = "") -> tuple[Path, Path]:
        """Return the files of a client's certificate and of its key."""
        return self._issue("client", (), passphrase)

    def _issue(self, name: str, hosts: tuple[str, ...], passphrase: str = "") -> tuple[Path, Path]:
        import ipaddress

        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        names = x509.SubjectAlternativeName([loopback, *map(x509.DNSName, hosts)])
        certificate = _signed(_name(name), self._name, key, self._key, names)
        files = self._folder / f"{name}.pem", self._folder / f"{name}-key.pem"
        files[0].write_bytes(_pem(certificate))
        hidden: Any = serialization.NoEncryption()
        if passphrase:
            hidden = serialization.BestAvailableEncryption(passphrase.encode())
        pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        files[1].write_bytes(key.private_bytes(pem, form, hidden))
        return files


def _name(common: str) -> Any:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def _signed(subject: Any, issuer: Any, key: Any, by: Any, extension: Any) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - day).not_valid_after(now + day)
    return builder.add_extension(extension, critical=False).sign(by, hashes.SHA256())


def _pem(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return bytes(certificate.public_bytes(serialization.Encoding.PEM))
