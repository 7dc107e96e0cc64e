"""What arrives at a front end: requests with their outputs, comms with their messages."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tests.kernels.harness import RealKernel

#: Seconds that any one wait may take unless the test says otherwise.
TIMEOUT = 30.0

Message = dict[str, Any]
W = TypeVar("W", bound="Waitable")


class KernelTimeout(AssertionError):
    """A wait ended without its event; the text shows what had arrived until then."""


class Waitable:
    """Something that changes when messages arrive, and that can be waited for."""

    def __init__(self) -> None:
        self._changed: asyncio.Event = asyncio.Event()

    def _notify(self) -> None:
        self._changed.set()

    def story(self) -> str:
        """Return what has arrived so far, for messages of failed waits."""
        return repr(self)

    async def until(
        self: W,
        predicate: Callable[[W], object],
        *,
        timeout: float = TIMEOUT,
        what: str = "",
    ) -> W:
        """Wait until the predicate of this object holds.

        Parameters
        ----------
        predicate
            Called after each message that concerns this object.
        timeout
            Seconds.
        what
            What is waited for, in words, for the error.

        Raises
        ------
        KernelTimeout
            After the time-out, with everything that had arrived.
        """
        deadline = time.monotonic() + timeout
        while not predicate(self):
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), deadline - time.monotonic())
            except asyncio.TimeoutError:
                wanted = what or "the expected event"
                raise KernelTimeout(f"waited {timeout:g} s for {wanted}\n{self.story()}") from None
        return self


class Request(Waitable):
    """One message sent to the kernel and everything that came back for it."""

    def __init__(self, kernel: RealKernel, message: Message) -> None:
        super().__init__()
        self.kernel = kernel
        self.message = message
        self.id: str = message["header"]["msg_id"]
        self.sent_at = time.monotonic()
        #: Every IOPub message with this request as its parent, in order.
        self.events: list[Message] = []
        #: The times (time.monotonic) at which the events came.
        self.times: list[float] = []
        #: The content of the reply, if the message type has one.
        self.reply: dict[str, Any] | None = None
        #: The input requests (`input()`, `getpass()`) that came for it.
        self.input_requests: list[dict[str, Any]] = []

    # What the kernel said about it

    @property
    def statuses(self) -> list[str]:
        """The kernel states published for it, usually ["busy", "idle"]."""
        return [m["content"]["execution_state"] for m in self._of_type("status")]

    @property
    def started(self) -> bool:
        """Whether the kernel has begun to handle it."""
        return "busy" in self.statuses

    @property
    def idle(self) -> bool:
        """Whether the kernel has said that it is done with it."""
        return "idle" in self.statuses

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """The outputs in order, each the message's content with its "output_type"."""
        kinds = ("stream", "display_data", "update_display_data", "execute_result", "error")
        return [
            {"output_type": m["header"]["msg_type"], **m["content"]}
            for m in self.events
            if m["header"]["msg_type"] in kinds
        ]

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The outputs as a notebook would hold them now: clear_output and updates applied."""
        shown: list[dict[str, Any]] = []
        clear_next = False
        for message in self.events:
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "clear_output":
                clear_next = True
                if not content.get("wait"):
                    shown, clear_next = [], False
            elif kind in ("stream", "display_data", "execute_result", "error"):
                if clear_next:
                    shown, clear_next = [], False
                last = shown[-1] if shown else None
                if kind == "stream" and last and last.get("name") == content["name"]:
                    last["text"] += content["text"]
                else:
                    shown.append({"output_type": kind, **content})
        latest = self.kernel.displays
        for output in shown:
            display_id = output.get("transient", {}).get("display_id")
            if display_id in latest:
                output["data"] = latest[display_id]
        return shown

    @property
    def stdout(self) -> str:
        """All text printed to stdout."""
        return self._stream("stdout")

    @property
    def stderr(self) -> str:
        """All text printed to stderr."""
        return self._stream("stderr")

    @property
    def error(self) -> dict[str, Any] | None:
        """The error output (ename, evalue, traceback), if there was one."""
        errors = self._of_type("error")
        return errors[-1]["content"] if errors else None

    @property
    def result(self) -> dict[str, Any] | None:
        """The MIME bundle of the execute_result, if there was one."""
        results = self._of_type("execute_result")
        return results[-1]["content"]["data"] if results else None

    @property
    def status(self) -> str:
        """The reply's status: "ok", "error", "aborted", or "" before the reply."""
        return str(self.reply.get("status", "")) if self.reply else ""

    def _of_type(self, kind: str) -> list[Message]:
        return [m for m in self.events if m["header"]["msg_type"] == kind]

    def _stream(self, name: str) -> str:
        return "".join(
            m["content"]["text"] for m in self._of_type("stream") if m["content"]["name"] == name
        )

    # Waiting

    async def done(self, *, timeout: float = TIMEOUT) -> Request:
        """Wait until the kernel is idle again and, where there is a reply, has replied."""
        replies = self.message["header"]["msg_type"].endswith("_request")
        return await self.until(
            lambda r: r.idle and (r.reply is not None or not replies),
            timeout=timeout,
            what="the end of the request",
        )

    async def printed(self, text: str, *, timeout: float = TIMEOUT) -> Request:
        """Wait until stdout of this request holds the text."""
        return await self.until(
            lambda r: text in r.stdout, timeout=timeout, what=f"{text!r} on stdout"
        )

    def story(self) -> str:
        """Return the request and all that came for it, readable."""
        lines = [f"request {self.message['header']['msg_type']} {short(self.message['content'])}"]
        for moment, message in zip(self.times, self.events, strict=True):
            lines.append(
                f"  +{moment - self.sent_at:6.2f} s {message['header']['msg_type']}: "
                f"{short(message['content'])}"
            )
        lines.append(f"  reply: {short(self.reply)}")
        return "\n".join([*lines, self.kernel.story()])


class Cell(Request):
    """An execute request."""

    @property
    def code(self) -> str:
        """The source of the cell."""
        return str(self.message["content"]["code"])

    async def done(self, *, timeout: float = TIMEOUT) -> Cell:
        """Wait until the cell has ended."""
        await super().done(timeout=timeout)
        return self


class Comm(Waitable):
    """A comm that the kernel (or this client) opened."""

    def __init__(self, kernel: RealKernel, comm_id: str, target: str) -> None:
        super().__init__()
        self.kernel = kernel
        self.id = comm_id
        self.target = target
        #: What came from the kernel: the data of comm_open and of each comm_msg.
        self.received: list[dict[str, Any]] = []
        #: Whether the kernel closed it.
        self.closed = False

    @property
    def state(self) -> dict[str, Any]:
        """The state of an ipywidgets model as far as this client has seen it."""
        state: dict[str, Any] = {}
        for data in self.received:
            state.update(data.get("state", {}))
        return state

    @property
    def custom(self) -> list[dict[str, Any]]:
        """The custom messages (`model.send`) of an ipywidgets model, in order."""
        return [d["content"] for d in self.received if d.get("method") == "custom"]

    def send(self, data: Mapping[str, Any], *, subshell: str | None = None) -> Request:
        """Send a comm message to the kernel."""
        return self.kernel.send_comm(self.id, data, subshell=subshell)

    def send_custom(self, content: Mapping[str, Any], *, subshell: str | None = None) -> Request:
        """Send what `model.send(content)` sends in the browser."""
        return self.send({"method": "custom", "content": content}, subshell=subshell)

    def story(self) -> str:
        """Return what came on this comm, readable."""
        return "\n".join(
            [f"comm {self.target} {self.id}"]
            + [f"  {short(data)}" for data in self.received]
            + [self.kernel.story()]
        )


def short(value: object, limit: int = 300) -> str:
    if isinstance(value, bytes):
        value = base64.b64encode(value).decode()
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
