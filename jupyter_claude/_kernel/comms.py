"""The comm bridge: clicks reach Python while an async cell waits.

ipykernel handles shell messages one after the other, so the answer to a permission request would
wait for the very cell that waits for the answer. The bridge stands where shell messages come in
and hands comm messages on at once; execute requests and all others go their usual way and keep
their order. What each release does by itself is in the table of `reference/kernel.md`; with the
bridge all of 6.29–7.4 do the same.

This is the only module that touches ipykernel's private names. It looks for each of them before
it does anything; where one is missing, the kernel is left as it is and `CommBridge.state` says
why.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from .._screen import somebody_there

__all__ = [
    "CommBridge",
    "can_be_asked",
    "cell_context",
    "is_fork_of_kernel",
    "kernel_loop",
    "request_of",
]

T = TypeVar("T")

#: What may overtake a running cell: widgets' messages, and the question which widgets there are,
#: which a reloaded page asks before it can show any.
_OVERTAKING = frozenset({"comm_open", "comm_msg", "comm_close", "comm_info_request"})

#: Loop iterations that a comm message stands back for, so that a cell sent just before it can
#: begin first, as without the bridge: up to three from the socket to the cell's first line.
_STAND_BACK = 3

#: True in code that runs for a comm message: such code fires IPython's cell events as well.
_serving: ContextVar[bool] = ContextVar("jupyter_claude_serving", default=False)


class CommBridge:
    """Hands comm messages to their handlers while a cell runs.

    Made by `install`. Installing it costs nothing until a comm message arrives.

    Attributes
    ----------
    state : str
        For the doctor: "bridge", or "native: …" or "off: …" with the reason.
    """

    def __init__(self, state: str) -> None:
        self.state = state
        self._kernel: Any = None
        self._shell: Any = None
        self._stream: Any = None
        self._native: Callable[[Any], Any] | None = None
        self._waiting: deque[Any] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._depth = 0
        self._served: list[Any] = []
        self._before: tuple[Any, Any] = (None, None)

    @classmethod
    def install(cls, shell: Any, *, enabled: bool = True) -> CommBridge:
        """Put the bridge into the kernel of this shell.

        Parameters
        ----------
        shell
            What `get_ipython()` returns. In a terminal, or in a kernel that is not ipykernel,
            nothing is installed.
        enabled
            False leaves the kernel as it is; so does JUPYTER_CLAUDE_COMM_BRIDGE=off in its
            environment.

        Returns
        -------
        CommBridge
            The one that is there already, if there is one.
        """
        if not enabled:
            return cls("off: switched off by the comm_bridge option")
        if os.environ.get("JUPYTER_CLAUDE_COMM_BRIDGE", "").lower() in {"off", "0", "no"}:
            return cls("off: switched off by JUPYTER_CLAUDE_COMM_BRIDGE")
        kernel = getattr(shell, "kernel", None)
        if kernel is None:
            return cls("native: this IPython is not a kernel")
        if threading.current_thread() is not threading.main_thread():
            return cls("native: loaded outside the kernel's main thread")
        try:
            stream = _intake(kernel)
            present = getattr(stream._recv_callback, "__self__", None)
            if isinstance(present, CommBridge):
                return present
            bridge = cls("bridge")
            bridge._hook(shell, kernel, stream)
        except (AttributeError, RuntimeError, TypeError) as error:
            return cls(f"native: this kernel is built differently ({error})")
        return bridge

    def uninstall(self) -> None:
        """Give the kernel back its own way; harmless when nothing is installed."""
        if self._native is None:
            return
        self._shell.events.unregister("pre_execute", self._cell_begins)
        self._shell.events.unregister("post_execute", self._cell_ends)
        if getattr(self._stream._recv_callback, "__self__", None) is self:
            self._stream.on_recv(self._native, copy=self._stream._recv_copy)
            self._native = None
        # Else someone has hooked in over us: stay in the chain, but hand everything through.
        self._replies.undo()
        self.state = "off: uninstalled"

    def _hook(self, shell: Any, kernel: Any, stream: Any) -> None:
        native = stream._recv_callback
        if not callable(native):
            raise RuntimeError("its shell stream has no receiver")
        copy = stream._recv_copy
        for name in ("session", "shell_handlers", "should_handle", "_publish_status"):
            getattr(kernel, name)
        self._reply_stream = _reply_stream(kernel)
        self._loop = _loop_of(kernel)
        self._kernel, self._shell, self._stream = kernel, shell, stream
        self._native = native
        self._remember_cell()
        parent = self._cell[1]
        # %load_ext runs inside a cell; a start-up file does not.
        self._depth = int(_type_of(parent) == "execute_request")
        shell.events.register("pre_execute", self._cell_begins)
        shell.events.register("post_execute", self._cell_ends)
        stream.on_recv(self._receive, copy=copy)
        self._replies = _Replies(kernel)
        self._take_queued()

    # Which cell runs

    def _cell_begins(self) -> None:
        if _serving.get() or threading.current_thread() is not threading.main_thread():
            return
        _, known = self._cell
        self._remember_cell()
        self._parent_is(self._cell)  # a click since its request may have changed that
        # A cell within the same cell (%%time, run_cell) does not begin a new one.
        self._depth = self._depth + 1 if self._cell[1] is known else 1

    def _cell_ends(self) -> None:
        if _serving.get() or threading.current_thread() is not threading.main_thread():
            return
        self._depth = max(0, self._depth - 1)
        if not self._depth:
            self._parent_is(self._cell)  # else a callback that goes on gets the cell's "idle"

    def _remember_cell(self) -> None:
        self._cell = self._request()
        self._context = copy_context()

    def _request(self) -> tuple[Any, Any]:
        """Return what the kernel is at, or was last, apart from the messages served here.

        A cell's request is there before the cell begins and until after it has ended, while the
        loop runs: ipykernel 6 keeps it in one place for all, and closes the cell by it.
        """
        now = request_of(self._kernel)
        return self._before if self._is_served(now) else now

    def _is_served(self, request: tuple[Any, Any]) -> bool:
        return any(request[1] is served for served in self._served)

    def _parent_is(self, request: tuple[Any, Any]) -> None:
        if _type_of(request[1]) == "execute_request":
            _set_parent(self._kernel, request)

    # Messages

    def _receive(self, frames: Any) -> Any:
        """Take one message from the shell socket, in the kernel's main thread."""
        if self.state == "bridge" and self._kind(frames) in _OVERTAKING:
            self._put_by(frames)
            return None
        assert self._native is not None
        return self._native(frames)

    def _kind(self, frames: Any) -> str:
        session = self._kernel.session
        copy = self._stream._recv_copy
        try:
            _, parts = session.feed_identities(frames, copy=copy)
            return _type_of(session.deserialize(parts, content=False, copy=copy))
        except Exception:  # not a message, or a forged one: the kernel says so itself
            return ""

    def _put_by(self, frames: Any) -> None:
        # Never handled inside the stream's own callback: if the handler ran the loop (ask_sync in
        # a button's callback), the stream would not notice the messages that follow.
        self._waiting.append(frames)
        self._loop.call_soon(self._stand_back, _STAND_BACK)

    def _stand_back(self, times: int) -> None:
        if times:
            self._loop.call_soon(self._stand_back, times - 1)
            return
        # In the running cell's context, but a copy of it: what the handler sets stays its own.
        task = self._context.copy().run(
            self._loop.create_task, self._serve(self._waiting.popleft())
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, frames: Any) -> None:
        """Do for one comm message what ipykernel's dispatch_shell does for every message."""
        kernel = self._kernel
        copy = self._stream._recv_copy
        try:
            idents, parts = kernel.session.feed_identities(frames, copy=copy)
            message = kernel.session.deserialize(parts, content=True, copy=copy)
        except Exception:
            kernel.log.error("Invalid Message", exc_info=True)
            return
        _serving.set(True)
        came, self._before = request_of(kernel), self._request()
        self._served.append(message)
        _set_parent(kernel, (idents, message))
        # Without both of these ipywidgets in the browser waits for ever before it sends again.
        kernel._publish_status("busy", "shell", parent=message)
        handler_before = None if self._depth else _allow_interrupt()
        try:
            handle = kernel.should_handle(self._reply_stream, message, idents)
            if inspect.isawaitable(handle):
                handle = await handle
            handler = kernel.shell_handlers.get(_type_of(message))
            if handle and handler is not None:
                result = handler(self._reply_stream, idents, message)
                if inspect.isawaitable(result):
                    await result
        except Exception:
            kernel.log.error("Exception in message handler:", exc_info=True)
        except KeyboardInterrupt:
            kernel.log.error("KeyboardInterrupt caught in kernel.")
        finally:
            if handler_before is not None:
                signal.signal(signal.SIGINT, handler_before)
        _flush()
        kernel._publish_status("idle", "shell", parent=message)
        self._served.remove(message)
        # What comes now is the cell's again (from threads too), or the callback's that asked
        # Claude with ask_sync and waited meanwhile. A cell that began since keeps its own.
        if request_of(kernel)[1] is message:
            if self._is_served(came):
                _set_parent(kernel, came)
            else:
                self._parent_is(self._before)

    def _take_queued(self) -> None:
        # ipykernel 6 queues messages itself: those that came before the bridge are in there.
        queue = getattr(self._kernel, "msg_queue", None)
        if queue is None or not queue.qsize():
            return
        for _ in range(queue.qsize()):
            number, dispatch, arguments = queue.get_nowait()
            if len(arguments) == 1 and self._kind(arguments[0]) in _OVERTAKING:
                self._put_by(arguments[0])
            else:
                queue.put_nowait((number, dispatch, arguments))


class _Replies:
    """Lets replies leave through the stream that receives, as ipykernel 7.4 does.

    7.0–7.3 send them on the stream's socket itself. That takes away the sign that a message has
    come in the same moment, such as the next cell: it stayed unnoticed until another one came.
    """

    def __init__(self, kernel: Any) -> None:
        thread = getattr(kernel, "shell_channel_thread", None)
        self._manager: Any = getattr(thread, "manager", None)
        self._socket: Any = getattr(self._manager, "_shell_socket", None)
        if self._manager is not None and self._socket is not None:
            self._manager._shell_socket = kernel.shell_stream

    def undo(self) -> None:
        """Give the kernel back its own way."""
        if self._socket is not None:
            self._manager._shell_socket = self._socket


def can_be_asked(shell: Any) -> bool:
    """Say whether there is someone who can answer a question now.

    Parameters
    ----------
    shell
        What `get_ipython()` returns, or None.

    Returns
    -------
    bool
        In a kernel: whether the front end allowed input for the request in progress; nbclient,
        `jupyter execute` and papermill do not. Elsewhere: whether there is a terminal.
    """
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return somebody_there()
    try:
        parent = kernel.get_parent("shell")
        if _type_of(parent) == "execute_request":
            return bool(parent["content"].get("allow_stdin", False))
        return bool(kernel._allow_stdin)
    except AttributeError:
        return True  # a kernel of another make; every notebook front end answers


def cell_context(shell: Any) -> Callable[[Callable[[], T]], T]:
    """Remember the running cell, for output that belongs to it.

    Parameters
    ----------
    shell
        What `get_ipython()` returns, or None.

    Returns
    -------
    callable
        Calls the function given to it, in the context of the cell in which `cell_context` was
        called: what the function prints or displays lands in that cell, even when another cell
        runs by then. To be called in the kernel's main thread.
    """
    context = copy_context()
    kernel: Any = getattr(shell, "kernel", None)
    try:
        cell = request_of(kernel)
    except (AttributeError, KeyError):
        return lambda function: context.copy().run(function)

    def run(function: Callable[[], T]) -> T:
        def within() -> T:
            # ipykernel 7 keeps the parent in the context; 6 keeps one for all.
            now = request_of(kernel)
            if now[1] is cell[1]:
                return function()
            _set_parent(kernel, cell)
            try:
                return function()
            finally:
                _set_parent(kernel, now)

        return context.copy().run(within)

    return run


def kernel_loop(shell: Any) -> asyncio.AbstractEventLoop | None:
    """Return the event loop in which this shell's cells run; None outside ipykernel."""
    try:
        return _loop_of(shell.kernel)
    except AttributeError:
        return None


def is_fork_of_kernel(shell: Any) -> bool:
    """Whether this process was forked from the one in which this shell's kernel runs."""
    thread = getattr(getattr(shell, "kernel", None), "iopub_thread", None)
    return getattr(thread, "_master_pid", os.getpid()) != os.getpid()


def _loop_of(kernel: Any) -> asyncio.AbstractEventLoop:
    loop = kernel.io_loop.asyncio_loop
    assert isinstance(loop, asyncio.AbstractEventLoop)
    return loop


def _intake(kernel: Any) -> Any:
    """Return the stream on which the main thread receives shell messages."""
    thread = getattr(kernel, "shell_channel_thread", None)
    if thread is None:
        return kernel.shell_stream  # ipykernel 6, or 7 without subshells
    # ipykernel 7: a thread reads the socket and hands the main shell's messages on by this pair.
    return thread.manager.get_shell_channel_to_subshell_pair(None).to_stream


def _reply_stream(kernel: Any) -> Any:
    thread = getattr(kernel, "shell_channel_thread", None)
    if thread is None:
        return kernel.shell_stream
    return thread.manager.get_subshell_to_shell_channel_socket(None)


def request_of(kernel: Any) -> tuple[Any, Any]:
    """Return the request that what the kernel does belongs to, with whom it came from."""
    return kernel._parent_ident["shell"], kernel.get_parent("shell")


def _set_parent(kernel: Any, request: tuple[Any, Any]) -> None:
    """Let what the kernel does from now on belong to this request."""
    accept_requests(getattr(kernel, "shell", None))
    kernel.set_parent(*request, channel="shell")


def accept_requests(shell: Any) -> None:
    """Let requests be served while something stands in for where the kernel displays.

    ipykernel tells its publisher of each request. In a cell another may stand in for it, as in
    IPython's ``capture_output``; that has no method for it, and a click would be lost. What it
    takes belongs to no request.

    Parameters
    ----------
    shell
        What `get_ipython()` returns in a kernel.
    """
    for name in ("displayhook", "display_pub"):
        outlet = getattr(shell, name, None)
        if outlet is not None and not hasattr(outlet, "set_parent"):
            outlet.set_parent = _ignore


def _ignore(parent: Any) -> None:
    """Take a request of which nothing is made."""


def _type_of(message: Any) -> str:
    try:
        return str(message["header"]["msg_type"])
    except (KeyError, TypeError):
        return ""


def _allow_interrupt() -> Any:
    """Let the stop button reach a callback in an idle kernel, which ignores it otherwise."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        return signal.signal(signal.SIGINT, signal.default_int_handler)
    return None


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
