"""The HTTP server of a `ScriptedModel`, with a thread for each connection."""

from __future__ import annotations

import contextlib
import hmac
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import urlsplit

from ._script import Found, ScriptError
from ._stream import Answer, count_tokens, error_body

_SECRET_HEADERS = ("x-api-key", "authorization", "cookie", "proxy-authorization")
_ACCEPT_POLL = 0.05  # seconds until the accepting thread notices that the server closes
_LONGEST_BODY = 256 * 1024 * 1024  # bytes; far above the CLI's longest prompt


class _ClientGone(Exception):
    """The client has disconnected, or the model is being closed."""


class Model(Protocol):
    """What the server needs of the model."""

    def _record(self, body: dict[str, Any], size: int, headers: Mapping[str, str]) -> None: ...

    def _find(self, body: Mapping[str, Any]) -> Found: ...

    def _fails(self, key: tuple[object, ...], times: int | None) -> bool: ...


class Server(ThreadingHTTPServer):
    """Serves one model. `stop` ends every thread and connection.

    Any user of the machine can reach the port, and so can any web page in a browser. So the server
    answers only a program that knows its key.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, model: Model) -> None:
        self.model = model
        self.key = "scripted-model-" + secrets.token_urlsafe(32)
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        super().__init__(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(
            target=self.serve_forever,
            args=(_ACCEPT_POLL,),
            name="scripted-model",
            daemon=True,
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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]  (it is ours alone)
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
        with contextlib.suppress(OSError, _ClientGone):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base's name)
        """Log nothing: the log would appear in a notebook cell."""

    def do_HEAD(self) -> None:
        if self._is_local():
            self._send(200, {}, send_body=False)

    def do_GET(self) -> None:
        if not self._is_local():
            return
        if urlsplit(self.path).path in ("/", "/api/hello"):
            self._send(200, {"message": "scripted model"})
        else:
            self._send(404, error_body(404, f"GET {self.path}: not served here"))

    def do_POST(self) -> None:
        # The body is read only once it is clear that the request is from the model's own CLI.
        if not self._is_local() or not self._has_key():
            return
        raw = self._body()
        if raw is None:
            return
        path = urlsplit(self.path).path.rstrip("/")
        if path not in ("/v1/messages", "/v1/messages/count_tokens"):
            self._send(404, error_body(404, f"POST {self.path}: not served here"))
            return
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self._send(400, error_body(400, "The request body is not a JSON object"))
            return
        if path.endswith("count_tokens"):
            self._send(200, {"input_tokens": count_tokens(body)})
            return
        headers = {
            name.lower(): value
            for name, value in self.headers.items()
            if name.lower() not in _SECRET_HEADERS
        }
        self.server.model._record(body, len(raw), headers)
        try:
            found = self.server.model._find(body)
        except ScriptError as error:
            self._send(400, error_body(400, str(error)))
        except Exception as error:  # the user's function failed; the CLI shows this error
            text = f"The script's function failed: {type(error).__name__}: {error}"
            self._send(400, error_body(400, text))
        else:
            _ReplyPlayer(self, body, found).play()

    def _is_local(self) -> bool:
        """Refuse web pages: a request with another host name, or with an origin."""
        if self.headers.get_all("host") != [self.server.host]:
            self._refuse(403, f"This server has only the address http://{self.server.host}")
            return False
        if "origin" in self.headers:
            self._refuse(403, "This server serves no web pages")
            return False
        return True

    def _has_key(self) -> bool:
        # The CLI sends a bearer token if the key is given to it as a sign-in.
        given = self.headers.get("x-api-key") or self.headers.get("authorization") or ""
        given = given.removeprefix("Bearer ")
        if hmac.compare_digest(given.encode("utf-8", "replace"), self.server.key.encode()):
            return True
        self._refuse(401, "This is not the model's key; start the CLI with the model's env")
        return False

    def _body(self) -> bytes | None:
        length = self.headers.get("content-length") or "0"
        if not (length.isascii() and length.isdigit()):
            self._refuse(400, "The content-length is not a number")
            return None
        if len(length) > 18 or int(length) > _LONGEST_BODY:
            self._refuse(413, f"The request body is longer than {_LONGEST_BODY} bytes")
            return None
        return self.rfile.read(int(length))

    def _refuse(self, status: int, why: str) -> None:
        self.close_connection = True  # the body was not read
        self._send(status, error_body(status, why), {"connection": "close"})

    def _send(
        self,
        status: int,
        body: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
        send_body: bool = True,
    ) -> None:
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


class _ReplyPlayer:
    """Sends one reply to one client."""

    def __init__(self, handler: _Handler, body: dict[str, Any], found: Found) -> None:
        self.handler = handler
        self.found = found
        self.answer = Answer.for_request(body, found.steps)
        self.streamed = bool(body.get("stream"))
        self.opened = False

    def play(self) -> None:
        for index, step in enumerate(self.found.steps):
            if not self._step(index, step):
                return
        if self.streamed:
            self._open()
            self._events(self.answer.end_events())
            self._chunk(b"")
        else:
            self.handler._send(200, self.answer.message())

    def _step(self, index: int, step: Mapping[str, Any]) -> bool:
        """Play a step; return False if no step may follow."""
        if "delay" in step:
            self._wait(step["delay"])
        elif "stop_reason" in step:
            self.answer.stop_reason = step["stop_reason"]
        elif "error" in step:
            if self._fails(index, step):
                self._error(step)
                return False
        elif step.get("drop"):
            if self._fails(index, step):
                self.handler.close_connection = True
                self.handler.connection.shutdown(socket.SHUT_RDWR)
                return False
        elif step.get("hang"):
            if self.streamed:
                self._open()
            self._wait(None)
        elif "text" in step or "thinking" in step or "tool" in step:
            self._block(step)
        return True

    def _block(self, step: Mapping[str, Any]) -> None:
        events = self.answer.block_events(step)
        if not self.streamed:
            for _ in events:
                pass
            return
        self._open()
        every = step.get("every", 0)
        if not every:
            self._events(events)
            return
        for event in events:
            if event["type"] == "content_block_delta":
                self._wait(every)
            self._events([event])

    def _fails(self, index: int, step: Mapping[str, Any]) -> bool:
        return self.handler.server.model._fails((index, *self.found.key), step.get("times"))

    def _error(self, step: Mapping[str, Any]) -> None:
        body = error_body(step["error"], step.get("message"))
        if self.opened:
            self._events([body])
            self._chunk(b"")
            return
        headers = {}
        if "retry_after" in step:
            headers["retry-after"] = str(step["retry_after"])
        if step["error"] == 429:
            reset = time.time() + step.get("retry_after", 60)
            headers |= {
                "anthropic-ratelimit-requests-limit": "50",
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": time.strftime(
                    "%Y-%m-%dT%H:%M:%SZ", time.gmtime(reset)
                ),
            }
        headers |= {str(name): str(value) for name, value in step.get("headers", {}).items()}
        self.handler._send(step["error"], body, headers)

    def _open(self) -> None:
        if self.opened:
            return
        self.opened = True
        handler = self.handler
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream; charset=utf-8")
        handler.send_header("cache-control", "no-cache")
        handler.send_header("transfer-encoding", "chunked")
        handler.send_header("request-id", self.answer.id.replace("msg", "req", 1))
        handler.end_headers()
        self._events(self.answer.start_events())

    def _events(self, events: Iterable[Mapping[str, Any]]) -> None:
        data = "".join(
            f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"
            for event in events
        )
        if data:
            self._chunk(data.encode("utf-8", "replace"))

    def _chunk(self, data: bytes) -> None:
        if self.handler.server.closing.is_set():
            raise _ClientGone
        self.handler.wfile.write(b"%X\r\n%s\r\n" % (len(data), data))

    def _wait(self, seconds: float | None) -> None:
        """Wait, without limit if None; raise `_ClientGone` as soon as the client disconnects."""
        connection = self.handler.connection
        connection.settimeout(seconds)
        try:
            # No request comes before this one is answered. So a readable socket is a closed one.
            if seconds != 0 and connection.recv(1, socket.MSG_PEEK) == b"":
                raise _ClientGone
        except TimeoutError:
            return
        finally:
            connection.settimeout(None)
        if seconds:
            self.handler.server.closing.wait(seconds)
