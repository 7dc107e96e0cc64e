r"""A real kernel and a plain client, for tests of what a front end sees.

The client speaks the Jupyter messaging protocol directly (jupyter_client). So a test decides what
else a front end decides: which channel or subshell a comm message uses, whether input is allowed,
when to queue cells. This module does not import the packages under test.

    async with RealKernel("7.3.0") as kernel:
        cell = kernel.execute("print('hello')")
        await cell.done()
        assert cell.stdout == "hello\n"

Each wait ends with an event, or with a `KernelTimeout` that shows all messages so far.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import psutil
import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from tests.kernels.arrivals import (
    TIMEOUT,
    Cell,
    Comm,
    KernelTimeout,
    Message,
    Request,
    Waitable,
    short,
)

__all__ = [
    "ENDS",
    "TIMEOUT",
    "VERSIONS",
    "Cell",
    "Comm",
    "KernelTimeout",
    "Message",
    "RealKernel",
    "Request",
]

REPOSITORY = Path(__file__).resolve().parents[2]

#: The ipykernel versions that the tests use. The environment has the last one. The others are in
#: folders that PYTHONPATH puts before it.
VERSIONS = ("6.31.0", "7.3.0", "7.4.0")
#: The same as parameters, for what hardly depends on them: `make test` takes the oldest and newest.
ENDS = [
    VERSIONS[0],
    *(pytest.param(version, marks=pytest.mark.endurance) for version in VERSIONS[1:-1]),
    VERSIONS[-1],
]

R = TypeVar("R", bound=Request)


def overlay(version: str) -> Path | None:
    """Return the folder with this ipykernel; None for the installed one.

    Parameters
    ----------
    version
        One of `VERSIONS`, or the name of any other folder there.

    Raises
    ------
    FileNotFoundError
        If there is no such folder. `make test` creates them.
    """
    if version == VERSIONS[-1]:
        return None
    root = Path(os.environ.get("JUPYTER_CLAUDE_TEST_KERNELS", REPOSITORY / "build" / "kernels"))
    folder = root / version
    if folder.is_dir():
        return folder
    raise FileNotFoundError(f"no ipykernel {version} in {folder}: run `make test` once to fill it")


class RealKernel(Waitable):
    """A kernel process of one ipykernel version, with a plain client.

    Parameters
    ----------
    version
        The ipykernel version, one of `VERSIONS`.
    env
        Environment variables on top of this process's. A value of None removes the variable.
    cwd
        The kernel's working folder; default: a new scratch folder.
    arguments
        More arguments for the kernel's command line.
    """

    def __init__(
        self,
        version: str = VERSIONS[-1],
        *,
        env: Mapping[str, str | None] | None = None,
        cwd: str | Path | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.version = version
        self._extra_env = dict(env or {})
        self._arguments = list(arguments)
        self._scratch = tempfile.TemporaryDirectory(
            prefix="jupyter-claude-kernel-", ignore_cleanup_errors=True
        )
        self.cwd = Path(cwd) if cwd is not None else Path(self._scratch.name) / "work"
        self._log = Path(self._scratch.name) / "kernel.log"
        self._manager: AsyncKernelManager | None = None
        self._client: AsyncKernelClient | None = None
        self._pumps: list[asyncio.Task[None]] = []
        self._requests: dict[str, Request] = {}
        #: Whether the ids of messages are those of jupyter console, and not those of pages.
        self.console = False
        #: The comms of both sides, by id.
        self.comms: dict[str, Comm] = {}
        #: The newest MIME bundle of each display id.
        self.displays: dict[str, dict[str, Any]] = {}
        #: IOPub messages whose parent this client did not send (background output).
        self.strays: list[Message] = []

    # Life

    async def __aenter__(self) -> RealKernel:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the process and wait until it answers."""
        self.cwd.mkdir(parents=True, exist_ok=True)
        spec = Path(self._scratch.name) / "kernels" / "under-test" / "kernel.json"
        spec.parent.mkdir(parents=True, exist_ok=True)
        argv = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher"]
        spec.write_text(
            json.dumps(
                {
                    "argv": [*argv, "-f", "{connection_file}", *self._arguments],
                    "display_name": f"ipykernel {self.version}",
                    "language": "python",
                }
            )
        )
        self._manager = AsyncKernelManager(
            kernel_name="under-test",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(spec.parents[1])]),
            # jupyter_client chooses ports some time before the kernel opens them. Kernels that
            # start at the same time could get the same ports. These sockets are files.
            transport="ipc",
            ip=str(Path(self._scratch.name) / "socket"),
        )
        # The file stays open: after a restart the next process uses it too.
        self._log_file = self._log.open("ab")
        await self._manager.start_kernel(
            env=self._environment(),
            cwd=str(self.cwd),
            stdout=self._log_file,
            stderr=self._log_file,
        )
        await self._connect()

    async def stop(self) -> None:
        """End the client and the process, but not the process's children."""
        await self._disconnect()
        if self._manager is not None:
            await self._manager.shutdown_kernel(now=True)
            self._manager = None
            self._log_file.close()
        self._scratch.cleanup()

    async def restart(self) -> None:
        """Restart the kernel as a front end's "Restart" does."""
        await self._disconnect()
        assert self._manager is not None
        await self._manager.restart_kernel(now=False)
        await self._connect()

    async def shut_down(self) -> None:
        """Shut the kernel down as a front end's "Shut down" does."""
        await self._disconnect()
        assert self._manager is not None
        await self._manager.shutdown_kernel(now=False)

    async def interrupt(self) -> None:
        """Press the stop button: SIGINT to the kernel's process group."""
        assert self._manager is not None
        await self._manager.interrupt_kernel()

    def kill(self) -> None:
        """End the kernel's process with SIGKILL, as the OOM killer would."""
        os.kill(self.pid, signal.SIGKILL)

    @property
    def pid(self) -> int:
        """The kernel's process id, also after the process has ended."""
        return self._pid

    def children(self) -> list[psutil.Process]:
        """Return all living descendants of the kernel's process."""
        try:
            family = psutil.Process(self.pid).children(recursive=True)
            return [child for child in family if child.status() != psutil.STATUS_ZOMBIE]
        except psutil.NoSuchProcess:
            return []

    @property
    def log(self) -> str:
        """The output of the kernel's process on stdout and stderr."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _environment(self) -> dict[str, str]:
        env = dict(os.environ)
        # Make the packages under test importable, also if they are not installed.
        path = [str(REPOSITORY), str(REPOSITORY / "sdk")]
        folder = overlay(self.version)
        if folder is not None:
            path.insert(0, str(folder))
        if env.get("PYTHONPATH"):
            path.append(env["PYTHONPATH"])
        env["PYTHONPATH"] = os.pathsep.join(path)
        # Without the user's profile, start-up files and colours.
        env["IPYTHONDIR"] = str(Path(self._scratch.name) / "ipython")
        env.setdefault("JUPYTER_CLAUDE_SESSIONS", str(Path(self._scratch.name) / "sessions"))
        env["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
        for name, value in self._extra_env.items():
            if value is None:
                env.pop(name, None)
            else:
                env[name] = value
        return env

    async def _connect(self) -> None:
        assert self._manager is not None
        pid = getattr(self._manager.provisioner, "pid", None)
        assert isinstance(pid, int)
        self._pid = pid
        client = self._manager.client()
        assert isinstance(client, AsyncKernelClient)
        self._client = client
        client.start_channels(hb=False)
        await client.wait_for_ready(timeout=TIMEOUT * 2)
        self._pumps = [
            asyncio.create_task(self._pump("iopub", self._on_iopub)),
            asyncio.create_task(self._pump("shell", self._on_reply)),
            asyncio.create_task(self._pump("control", self._on_reply)),
            asyncio.create_task(self._pump("stdin", self._on_stdin)),
        ]

    async def _disconnect(self) -> None:
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        self._pumps = []
        if self._client is not None:
            self._client.stop_channels()
            self._client = None

    # Sending

    def execute(
        self,
        code: str,
        *,
        allow_stdin: bool = True,
        silent: bool = False,
        store_history: bool = True,
        stop_on_error: bool = True,
        subshell: str | None = None,
    ) -> Cell:
        """Send a cell at once, without waiting for cells before it.

        Parameters
        ----------
        code
            The source.
        allow_stdin
            Whether this client answers input requests. For nbclient and papermill it is False.
        silent, store_history, stop_on_error
            As in the messaging protocol.
        subshell
            The subshell that runs the cell (ipykernel 7).
        """
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": allow_stdin,
            "stop_on_error": stop_on_error,
        }
        return self._send("shell", Cell, "execute_request", content, subshell)

    async def run(self, code: str, *, timeout: float = TIMEOUT, **options: Any) -> Cell:
        """Send a cell and wait for its end."""
        return await self.execute(code, **options).done(timeout=timeout)

    async def run_ok(self, code: str, *, timeout: float = TIMEOUT, **options: Any) -> Cell:
        """Send a cell, wait for its end, and fail if the cell failed."""
        cell = await self.run(code, timeout=timeout, **options)
        assert cell.status == "ok", cell.story()
        return cell

    def queue(self, codes: Iterable[str], **options: Any) -> list[Cell]:
        """Send several cells at once, as Run All does."""
        return [self.execute(code, **options) for code in codes]

    def open_comm(
        self, target: str, data: Mapping[str, Any] | None = None, *, subshell: str | None = None
    ) -> tuple[Comm, Request]:
        """Open a comm from the front end's side."""
        comm = Comm(self, uuid.uuid4().hex, target)
        self.comms[comm.id] = comm
        content = {"comm_id": comm.id, "target_name": target, "data": dict(data or {})}
        return comm, self._send("shell", Request, "comm_open", content, subshell)

    def send_comm(
        self,
        comm_id: str,
        data: Mapping[str, Any],
        *,
        subshell: str | None = None,
        channel: str = "shell",
    ) -> Request:
        """Send a comm message on the shell channel, to a subshell, or on another channel."""
        content = {"comm_id": comm_id, "data": dict(data)}
        return self._send(channel, Request, "comm_msg", content, subshell)

    def close_comm(self, comm_id: str, *, subshell: str | None = None) -> Request:
        """Close a comm from the front end's side."""
        content = {"comm_id": comm_id, "data": {}}
        return self._send("shell", Request, "comm_close", content, subshell)

    def comm_info(self, target: str | None = None, *, subshell: str | None = None) -> Request:
        """Ask which comms the kernel holds, as a page does after a reload."""
        content = {} if target is None else {"target_name": target}
        return self._send("shell", Request, "comm_info_request", content, subshell)

    async def request(
        self, kind: str, content: Mapping[str, Any] | None = None, *, channel: str = "shell"
    ) -> Request:
        """Send any other request and wait for its reply."""
        return await self._send(channel, Request, kind, dict(content or {})).done()

    async def create_subshell(self) -> str:
        """Open a subshell, as JupyterLab 4.4 and later do for comms; ipykernel 7 only."""
        request = await self.request("create_subshell_request", channel="control")
        assert request.reply is not None, request.story()
        return str(request.reply["subshell_id"])

    def answer_input(self, value: str) -> None:
        """Answer the newest input request."""
        assert self._client is not None
        self._write("stdin", self._client.session.msg("input_reply", {"value": value}))

    def _send(
        self,
        channel: str,
        sort: type[R],
        kind: str,
        content: dict[str, Any],
        subshell: str | None = None,
    ) -> R:
        client = self._client
        assert client is not None, "the kernel is not connected"
        message = client.session.msg(kind, content)
        if not self.console:
            message["header"]["msg_id"] = str(uuid.uuid4())
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        request = sort(self, message)
        self._requests[request.id] = request
        self._write(channel, message)
        return request

    def _socket(self, channel: str) -> Any:
        return getattr(self._client, f"{channel}_channel").socket

    def _write(self, channel: str, message: Message) -> None:
        # Send and receive by pyzmq's asyncio socket. jupyter_client's own `send` bypasses it. Then
        # a reply that arrives at that moment stays unnoticed until the next message.
        assert self._client is not None
        self._socket(channel).send_multipart(self._client.session.serialize(message))

    # Receiving

    async def _pump(self, channel: str, handle: Callable[[Message], None]) -> None:
        assert self._client is not None
        session = self._client.session
        while True:
            _, parts = session.feed_identities(await self._socket(channel).recv_multipart())
            handle(session.deserialize(parts))

    def _on_iopub(self, message: Message) -> None:
        kind, content = message["header"]["msg_type"], message["content"]
        display_id = content.get("transient", {}).get("display_id")
        if display_id is not None and "data" in content:
            self.displays[display_id] = content["data"]
        if kind.startswith("comm_"):
            self._on_comm(kind, content)
        request = self._requests.get(message.get("parent_header", {}).get("msg_id", ""))
        if request is None:
            self.strays.append(message)
        else:
            request.events.append(message)
            request.times.append(time.monotonic())
            request._notify()
        self._notify()

    def _on_comm(self, kind: str, content: dict[str, Any]) -> None:
        comm = self.comms.get(content["comm_id"])
        if comm is None:
            comm = Comm(self, content["comm_id"], content.get("target_name", ""))
            self.comms[comm.id] = comm
        if kind == "comm_close":
            comm.closed = True
        else:
            comm.received.append(content.get("data") or {})
        comm._notify()

    def _on_reply(self, message: Message) -> None:
        request = self._requests.get(message.get("parent_header", {}).get("msg_id", ""))
        if request is not None:
            request.reply = message["content"]
            request._notify()
        self._notify()

    def _on_stdin(self, message: Message) -> None:
        request = self._requests.get(message.get("parent_header", {}).get("msg_id", ""))
        if request is not None:
            request.input_requests.append(message["content"])
            request._notify()
        self._notify()

    # Looking

    async def widget(
        self, predicate: Callable[[Comm], object] = lambda comm: True, *, timeout: float = TIMEOUT
    ) -> Comm:
        """Wait for the newest comm for which the predicate holds, and return it."""

        def find() -> Comm | None:
            found = [comm for comm in self.comms.values() if predicate(comm)]
            return found[-1] if found else None

        await self.until(lambda _: find(), timeout=timeout, what="a comm like that")
        comm = find()
        assert comm is not None
        return comm

    async def children_gone(self, *, timeout: float = TIMEOUT) -> None:
        """Wait until all of the kernel's child processes have ended."""
        children = self.children()
        _, alive = await asyncio.to_thread(psutil.wait_procs, children, timeout)
        if alive:
            raise KernelTimeout(f"still alive after {timeout:g} s: {alive}\n{self.story()}")

    def story(self) -> str:
        """Return the state of the last requests and the kernel's output, for a reader."""
        lines = [f"ipykernel {self.version}; requests:"]
        for request in list(self._requests.values())[-12:]:
            content = request.message["content"]
            lines.append(
                f"  {request.message['header']['msg_type']}: {short(content.get('code', content))}"
                f" → {request.statuses} {request.status} {short(request.stdout)}"
            )
        for message in self.strays[-5:]:
            if message["header"]["msg_type"] != "status":
                content = short(message["content"])
                lines.append(f"  stray {message['header']['msg_type']}: {content}")
        if self.log.strip():
            lines.append(f"kernel's own output:\n{self.log[-3000:]}")
        return "\n".join(lines)
