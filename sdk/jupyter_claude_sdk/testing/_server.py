"""The HTTP server of a `ScriptedModel`."""

from __future__ import annotations

import hmac
import json
import secrets
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from ._loopback import SECRET_HEADERS, ClientGone, LoopbackHandler, LoopbackServer
from ._script import Found, ScriptError
from ._stream import Answer, count_tokens, error_body


class Model(Protocol):
    """What the server needs of the model."""

    def _record(self, body: dict[str, Any], size: int, headers: Mapping[str, str]) -> None: ...

    def _find(self, body: Mapping[str, Any]) -> Found: ...

    def _fails(self, key: tuple[object, ...], times: int | None) -> bool: ...


class Server(LoopbackServer):
    """Serves one model.

    Any user of the machine can reach the port, and so can any web page in a browser. So the server
    answers only a program that knows its key.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.key = "scripted-model-" + secrets.token_urlsafe(32)
        super().__init__(_Handler, "scripted-model")


class _Handler(LoopbackHandler):
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]  (it is ours alone)

    def do_HEAD(self) -> None:
        if self.is_local():
            self.send(200, {}, send_body=False)

    def do_GET(self) -> None:
        if not self.is_local():
            return
        if urlsplit(self.path).path in ("/", "/api/hello"):
            self.send(200, {"message": "scripted model"})
        else:
            self.send(404, error_body(404, f"GET {self.path}: not served here"))

    def do_POST(self) -> None:
        # The body is read only once it is clear that the request is from the model's own CLI.
        if not self.is_local() or not self._has_key():
            return
        raw = self.body()
        if raw is None:
            return
        path = urlsplit(self.path).path.rstrip("/")
        if path not in ("/v1/messages", "/v1/messages/count_tokens"):
            self.send(404, error_body(404, f"POST {self.path}: not served here"))
            return
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self.send(400, error_body(400, "The request body is not a JSON object"))
            return
        if path.endswith("count_tokens"):
            self.send(200, {"input_tokens": count_tokens(body)})
            return
        headers = {
            name.lower(): value
            for name, value in self.headers.items()
            if name.lower() not in SECRET_HEADERS
        }
        self.server.model._record(body, len(raw), headers)
        try:
            found = self.server.model._find(body)
        except ScriptError as error:
            self.send(400, error_body(400, str(error)))
        except Exception as error:  # the user's function failed; the CLI shows this error
            text = f"The script's function failed: {type(error).__name__}: {error}"
            self.send(400, error_body(400, text))
        else:
            _ReplyPlayer(self, body, found).play()

    def _has_key(self) -> bool:
        # The CLI sends a bearer token if the key is given to it as a sign-in.
        given = self.headers.get("x-api-key") or self.headers.get("authorization") or ""
        given = given.removeprefix("Bearer ")
        if hmac.compare_digest(given.encode("utf-8", "replace"), self.server.key.encode()):
            return True
        self.refuse(401, "This is not the model's key; start the CLI with the model's env")
        return False


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
            self.handler.send(200, self.answer.message())

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
        self.handler.send(step["error"], body, headers)

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
            raise ClientGone
        self.handler.wfile.write(b"%X\r\n%s\r\n" % (len(data), data))

    def _wait(self, seconds: float | None) -> None:
        """Wait, without limit if None; raise `ClientGone` as soon as the client disconnects."""
        connection = self.handler.connection
        connection.settimeout(seconds)
        try:
            # No request comes before this one is answered. So a readable socket is a closed one.
            if seconds != 0 and connection.recv(1, socket.MSG_PEEK) == b"":
                raise ClientGone
        except TimeoutError:
            return
        finally:
            connection.settimeout(None)
        if seconds:
            self.handler.server.closing.wait(seconds)
