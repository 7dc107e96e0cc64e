"""An HTTP server on loopback, with a thread for each connection."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ._stream import error_body

#: Headers that have a key or a token.
SECRET_HEADERS = ("x-api-key", "authorization", "cookie", "proxy-authorization")
_ACCEPT_POLL = 0.05  # seconds until the accepting thread notices that the server closes
_LONGEST_BODY = 256 * 1024 * 1024  # bytes; far above the CLI's longest prompt


class ClientGone(Exception):
    """The client has disconnected, or the server is being closed."""


class LoopbackServer(ThreadingHTTPServer):
    """Serves on a free port of 127.0.0.1. `stop` ends every thread and connection.

    Parameters
    ----------
    handler : type
        Handles a connection.
    name : str
        The name of the thread that accepts connections.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, handler: type[LoopbackHandler], name: str) -> None:
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        super().__init__(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(_ACCEPT_POLL,), name=name, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{self.host}"

    @property
    def host(self) -> str:
        """The server's only host name, with the port."""
        return f"127.0.0.1:{self.server_address[1]}"

    def stop(self) -> None:
        """Stop listening, close every connection, and wait for the threads."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            left = dict(self._open)
        for connection in left.values():
            # This wakes a thread that waits for the client.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in (self._thread, *left):
            if thread is not threading.current_thread():
                thread.join(timeout=5)

    def opened(self, connection: socket.socket) -> None:
        """Note that the current thread serves a connection."""
        with self._lock:
            self._open[threading.current_thread()] = connection
        if self.closing.is_set():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def closed(self) -> None:
        """Note that the current thread has ended its connection."""
        with self._lock:
            self._open.pop(threading.current_thread(), None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: a client may disconnect at any time."""


class LoopbackHandler(BaseHTTPRequestHandler):
    """Handles the requests of one connection. Web pages are refused."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer  # pyright: ignore[reportIncompatibleVariableOverride]  (it is ours)
    connection: socket.socket

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        try:
            with contextlib.suppress(OSError):
                super().finish()
        finally:
            self.server.closed()

    def handle(self) -> None:
        with contextlib.suppress(OSError, ClientGone):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base's name)
        """Log nothing: the log would appear in a notebook cell."""

    def is_local(self) -> bool:
        """Refuse web pages: a request with another host name, or with an origin."""
        if self.headers.get_all("host") != [self.server.host]:
            self.refuse(403, f"This server has only the address http://{self.server.host}")
            return False
        if "origin" in self.headers:
            self.refuse(403, "This server serves no web pages")
            return False
        return True

    def body(self) -> bytes | None:
        """Return the request's body; None if it was refused."""
        length = self.headers.get("content-length") or "0"
        if not (length.isascii() and length.isdigit()):
            self.refuse(400, "The content-length is not a number")
            return None
        if len(length) > 18 or int(length) > _LONGEST_BODY:
            self.refuse(413, f"The request body is longer than {_LONGEST_BODY} bytes")
            return None
        return self.rfile.read(int(length))

    def refuse(self, status: int, why: str) -> None:
        """Send an error, and close the connection."""
        self.close_connection = True  # the body was not read
        self.send(status, error_body(status, why), {"connection": "close"})

    def send(
        self,
        status: int,
        body: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
        send_body: bool = True,
    ) -> None:
        """Send a JSON body."""
        raw = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw) if send_body else 0))
        if "request_id" in body:
            self.send_header("request-id", str(body["request_id"]))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if send_body:
            self.wfile.write(raw)
