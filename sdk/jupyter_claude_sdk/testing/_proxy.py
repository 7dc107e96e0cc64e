"""An HTTP server on loopback that passes requests on to a Messages API, and answers back."""

from __future__ import annotations

import base64
import contextlib
import hmac
import http.client
import json
import os
import secrets
import selectors
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from .._base.secrets import named_secrets, names_secret
from .._base.text import one_line
from ._heard import Heard
from ._loopback import ClientGone, LoopbackHandler, LoopbackServer
from ._stream import error_body

_CONNECT = 30  # seconds
_SILENCE = 900  # seconds; an answer that is not streamed comes at its end
_PIECE = 64 * 1024  # bytes
#: Headers that belong to one connection, or that we set ourselves.
_OWN_HEADERS = frozenset(
    (
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te"),
        *("trailer", "transfer-encoding", "upgrade", "host", "content-length", "expect"),
        *("accept-encoding", "proxy-connection"),
    )
)


class Exchange(Protocol):
    """Takes what comes of one request."""

    def answered(self, heard: Heard, *, left: bool) -> None:
        """Take the answer. `left`: the client did not wait for its end."""

    def ended(self) -> None:
        """Note that no answer comes any more."""


class Recorder(Protocol):
    """Takes requests."""

    def asked(
        self, body: dict[str, Any], size: int, headers: Mapping[str, str], hidden: set[str]
    ) -> Exchange | None:
        """Take a request; return what takes its answer. `hidden`: the secrets in its headers."""


def checked_upstream(address: str) -> SplitResult:
    """Return the parts of the address of an API.

    Raises
    ------
    ValueError
        If it is no such address.
    """
    try:
        parts = urlsplit(address)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        right, parts = False, urlsplit("")
    if not right or "@" in parts.netloc or parts.query or parts.fragment:
        # The address itself may have a password.
        raise ValueError(
            "upstream must be an address such as https://api.anthropic.com, without a user, a "
            "password or a query"
        )
    return parts


class ProxyServer(LoopbackServer):
    """Passes requests on.

    The CLI's own key is the API's, so it says nothing about who asks. So the server has a key in
    its address.

    Parameters
    ----------
    upstream : SplitResult
        The address of the API.
    recorder : Recorder
        Takes the requests for messages.
    """

    def __init__(self, upstream: SplitResult, recorder: Recorder) -> None:
        self.upstream = upstream
        self.recorder = recorder
        self.key = secrets.token_urlsafe(24)
        super().__init__(_Handler, "recording-model")

    @property
    def address(self) -> str:
        """The address for the CLI."""
        return f"{self.url}/{self.key}"


class _Handler(LoopbackHandler):
    server: ProxyServer  # pyright: ignore[reportIncompatibleVariableOverride]  (it is ours alone)

    def do_GET(self) -> None:
        self._pass_on()

    def do_HEAD(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def do_PUT(self) -> None:
        self._pass_on()

    def do_DELETE(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        _, key, path = [*self.path.split("/", 2), "", ""][:3]
        if not self.is_local():
            return
        if not hmac.compare_digest(key.encode("utf-8", "replace"), self.server.key.encode()):
            self.refuse(401, "This is not the model's address; start the CLI with the model's env")
            return
        if "transfer-encoding" in self.headers:
            self.refuse(411, "The request has no content-length")
            return
        raw = self.body()
        if raw is None:
            return
        path = f"/{path}"
        exchange = self._exchange(raw) if self._is_for_words(path) else None
        try:
            _Passing(self, path, raw, exchange).run()
        finally:
            if exchange is not None:
                exchange.ended()

    def _is_for_words(self, path: str) -> bool:
        return self.command == "POST" and urlsplit(path).path.rstrip("/") == "/v1/messages"

    def _exchange(self, raw: bytes) -> Exchange | None:
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            return None  # the API says what is wrong with it
        if not isinstance(body, dict):
            return None
        sent = {name.lower(): value for name, value in self.headers.items()}
        hidden = named_secrets(sent)
        hidden |= {value.removeprefix("Bearer ") for value in hidden}
        shown = {name: value for name, value in sent.items() if not names_secret(name)}
        return self.server.recorder.asked(body, len(raw), shown, hidden)


class _Passing:
    """Passes one request on, and its answer back."""

    def __init__(self, handler: _Handler, path: str, raw: bytes, exchange: Exchange | None) -> None:
        self.handler = handler
        self.path = path
        self.raw = raw
        self.exchange = exchange
        self.heard = Heard()
        self.began = False

    def run(self) -> None:
        connection = _connection_to(self.handler.server.upstream)
        try:
            connection.connect()
            connection.sock.settimeout(_SILENCE)
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            self._unreachable(error)
            return
        client = self.handler.connection
        with contextlib.closing(connection), _Watch(client, connection.sock) as watch:
            try:
                self._ask(connection)
                self._answer(connection.getresponse())
            except (OSError, http.client.HTTPException, ValueError, ClientGone) as error:
                left = watch.gone or self.handler.server.closing.is_set()
                self._noted(left=left or isinstance(error, ClientGone))
                if left or self.began or isinstance(error, ClientGone):
                    # An answer that was cut off must not look like a whole one.
                    self.handler.close_connection = True
                    with contextlib.suppress(OSError):
                        client.shutdown(socket.SHUT_RDWR)
                else:
                    self._unreachable(error)
            else:
                self._noted(left=False)

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        handler = self.handler
        base = handler.server.upstream.path.rstrip("/")
        connection.putrequest(handler.command, base + self.path, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            if name.lower() not in _OWN_HEADERS:
                connection.putheader(name, value)
        connection.putheader("accept-encoding", "identity")  # it is read here, too
        connection.putheader("connection", "close")
        if self.raw or handler.command not in ("GET", "HEAD", "DELETE"):
            connection.putheader("content-length", str(len(self.raw)))
        connection.endheaders(self.raw or None)

    def _answer(self, response: http.client.HTTPResponse) -> None:
        handler = self.handler
        streamed = "text/event-stream" in (response.getheader("content-type") or "")
        data = b"" if streamed else response.read()
        if not streamed:
            self.heard.answer(response.status, data)
            self._noted(left=False)
        self.began = True
        with self._to_client():
            handler.send_response_only(response.status, response.reason)
            for name, value in response.getheaders():
                if name.lower() not in _OWN_HEADERS:
                    handler.send_header(name, value)
            if streamed:
                handler.send_header("transfer-encoding", "chunked")
            elif handler.command == "HEAD":
                handler.send_header("content-length", response.getheader("content-length") or "0")
            else:
                handler.send_header("content-length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)
        if not streamed:
            return
        while piece := response.read1(_PIECE):
            self.heard.stream(piece)
            if self.heard.whole:
                # The CLI asks again at once. The turn must have this reply by then.
                self._noted(left=False)
            self._chunk(piece)
        if not self.heard.whole and self.heard.failed is None:
            raise http.client.IncompleteRead(b"")  # a stream without a length just ends
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        with self._to_client():
            self.handler.wfile.write(b"%X\r\n%s\r\n" % (len(data), data))

    @contextlib.contextmanager
    def _to_client(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ClientGone from error

    def _noted(self, *, left: bool) -> None:
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.answered(self.heard, left=left)

    def _unreachable(self, error: Exception) -> None:
        # A ValueError of http.client repeats the header that it does not like.
        why = "a header is not valid" if isinstance(error, ValueError) else _reason(error)
        host = self.handler.server.upstream.netloc
        self.handler.send(502, error_body(502, f"{host} cannot be reached: {why}"))


class _Watch:
    """Ends the request to the API as soon as the client disconnects.

    A thread waits for the client, because ours waits for the API.
    """

    def __init__(self, client: socket.socket, upstream: socket.socket) -> None:
        self.gone = False
        self._client, self._upstream = client, upstream
        self._ended, self._wait = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="recording-model-watch", daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.close()
        self._thread.join()
        self._wait.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wait, selectors.EVENT_READ)
            selector.register(self._client, selectors.EVENT_READ)
            ready = {key.fileobj for key, _ in selector.select()}
        if self._wait in ready:
            return
        try:
            # No request comes before this one is answered. So a readable socket is a closed one.
            self.gone = self._client.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            self.gone = True
        if self.gone:
            with contextlib.suppress(OSError):
                # Not the method of TLS, which takes the stream from the thread that reads.
                socket.socket.shutdown(self._upstream, socket.SHUT_RDWR)


def _connection_to(upstream: SplitResult) -> http.client.HTTPConnection:
    host = upstream.hostname or ""
    if upstream.scheme == "http":
        return http.client.HTTPConnection(host, upstream.port, timeout=_CONNECT)
    context = ssl.create_default_context()
    if extra := os.environ.get("NODE_EXTRA_CA_CERTS"):  # the CLI counts these too
        with contextlib.suppress(OSError):
            context.load_verify_locations(extra)
    proxy = urlsplit(getproxies().get("https") or "")
    if not proxy.hostname or proxy_bypass(host):
        return http.client.HTTPSConnection(host, upstream.port, timeout=_CONNECT, context=context)
    connection = http.client.HTTPSConnection(
        proxy.hostname, proxy.port or 80, timeout=_CONNECT, context=context
    )
    headers = {}
    if proxy.username:
        user = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        headers["proxy-authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
    connection.set_tunnel(host, upstream.port or 443, headers)
    return connection


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    words = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return one_line(str(words or type(error).__name__))[:120]
