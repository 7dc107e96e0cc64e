"""The comm bridge: clicks reach Python while an async cell waits.

ipykernel handles shell messages one after the other. So the answer to a permission request would
wait for the very cell that waits for the answer. The bridge receives shell messages first and
handles comm messages at once. Execute requests and all other messages go to ipykernel and keep
their order. With the bridge, 6.29–7.4 all behave alike.

This is the only module that uses ipykernel's private names. It first checks that all of them
exist. If one is missing, it does not change the kernel, and `CommBridge.state` says why.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeVar

from .._screen import somebody_there
from . import claude_code

__all__ = [
    "CommBridge",
    "can_be_asked",
    "cell_context",
    "is_fork_of_kernel",
    "kernel_loop",
    "only_published",
    "request_of",
    "running_cell",
    "user_context",
]

T = TypeVar("T")

#: Messages that may overtake a running cell: those of widgets, and the request for the list of
#: widgets, which a reloaded page sends before it can show any.
_OVERTAKING = frozenset({"comm_open", "comm_msg", "comm_close", "comm_info_request"})

#: Loop iterations for which a comm message waits. A cell that was sent just before it needs up to
#: three iterations to begin, and it should begin first, as it does without the bridge.
_STAND_BACK = 3

#: True in code that handles a comm message. Such code also fires IPython's cell events.
_serving: ContextVar[bool] = ContextVar("jupyter_claude_serving", default=False)


#: The bridges of this process, by their shells.
_bridges: weakref.WeakKeyDictionary[Any, CommBridge] = weakref.WeakKeyDictionary()


class CommBridge:
    """Hands comm messages to their handlers while a cell runs.

    `install` makes it. It costs nothing until a comm message arrives.

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
        """Install the bridge in the kernel of this shell.

        Parameters
        ----------
        shell
            What `get_ipython()` returns. A terminal, or a kernel that is not ipykernel, gets no
            bridge.
        enabled
            False installs nothing. JUPYTER_CLAUDE_COMM_BRIDGE=off in the environment does the same.

        Returns
        -------
        CommBridge
            The new bridge, or the one that this kernel has already.
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
        """Remove the bridge. This is harmless if it is not installed."""
        if self._native is None:
            return
        self._shell.events.unregister("pre_execute", self._cell_begins)
        self._shell.events.unregister("post_execute", self._cell_ends)
        if getattr(self._stream._recv_callback, "__self__", None) is self:
            self._stream.on_recv(self._native, copy=self._stream._recv_copy)
            self._native = None
        # Otherwise other code hooked in after us: stay in the chain, but pass everything through.
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
        _bridges[shell] = self
        self._take_queued()

    # Which cell runs

    @property
    def running(self) -> Any:
        """The execute_request of the cell that runs; None between cells."""
        request = self._cell[1]
        return request if self._depth and _type_of(request) == "execute_request" else None

    def _cell_begins(self) -> None:
        if not _is_of_a_cell():
            return
        _, known = self._cell
        self._remember_cell()
        self._parent_is(self._cell)  # a click after its request may have changed the parent
        # A cell that runs inside the same cell (%%time, run_cell) is not a new one.
        self._depth = self._depth + 1 if self._cell[1] is known else 1

    def _cell_ends(self) -> None:
        if not _is_of_a_cell():
            return
        if not self._depth:
            return  # an empty cell ends without having begun
        self._depth -= 1
        if not self._depth:
            self._parent_is(self._cell)  # else a callback that still runs gets the cell's "idle"

    def _remember_cell(self) -> None:
        self._cell = self._request()
        self._context = copy_context()

    def _request(self) -> tuple[Any, Any]:
        """Return the kernel's present or last request, other than messages handled here.

        The kernel sets a cell's request before the cell begins and keeps it after the cell has
        ended, while the loop runs. ipykernel 6 has one variable for it, and needs it to close the
        cell.
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
        """Receive one message from the shell socket, in the kernel's main thread."""
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
        except Exception:  # no message, or a forged one: the kernel reports it
            return ""

    def _put_by(self, frames: Any) -> None:
        # Never handle it inside the stream's callback: if the handler ran the loop (ask_sync in a
        # button's callback), the stream would not notice later messages.
        self._waiting.append(frames)
        self._loop.call_soon(self._stand_back, _STAND_BACK)

    def _stand_back(self, times: int) -> None:
        if times:
            self._loop.call_soon(self._stand_back, times - 1)
            return
        # Use a copy of the running cell's context: the handler's changes must not reach the cell.
        task = self._context.copy().run(
            self._loop.create_task, self._serve(self._waiting.popleft())
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, frames: Any) -> None:
        """Handle one comm message as ipykernel's dispatch_shell does."""
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
        # Without "busy" and "idle" ipywidgets in the browser would never send again.
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
        # From now on output belongs to the cell again, also output from threads; or to the
        # callback that waits in ask_sync. A cell that began meanwhile keeps its own request.
        if request_of(kernel)[1] is message:
            if self._is_served(came):
                _set_parent(kernel, came)
            else:
                self._parent_is(self._before)

    def _take_queued(self) -> None:
        # ipykernel 6 has its own queue, with the messages that came before the bridge.
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
    """Sends replies through the stream that receives messages, as ipykernel 7.4 does.

    ipykernel 7.0–7.3 send replies directly on the stream's socket. That clears the signal of a
    message that arrives at the same moment, such as the next cell: the kernel did not notice this
    message until another one came.
    """

    def __init__(self, kernel: Any) -> None:
        thread = getattr(kernel, "shell_channel_thread", None)
        self._manager: Any = getattr(thread, "manager", None)
        self._socket: Any = getattr(self._manager, "_shell_socket", None)
        if self._manager is not None and self._socket is not None:
            self._manager._shell_socket = kernel.shell_stream

    def undo(self) -> None:
        """Make the kernel send replies as before."""
        if self._socket is not None:
            self._manager._shell_socket = self._socket


def can_be_asked(shell: Any) -> bool:
    """Whether a user can answer a request now.

    Parameters
    ----------
    shell
        What `get_ipython()` returns, or None.

    Returns
    -------
    bool
        In a kernel: whether the front end allows input for the running request. nbclient,
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
        return True  # another kind of kernel; every notebook front end answers


def only_published(shell: Any) -> bool:
    """Whether pages may belong to visitors, who can send comm messages but run no code.

    Voilà runs a notebook as nbclient does, and shows its outputs to everyone with the address.

    Parameters
    ----------
    shell
        What `get_ipython()` returns.

    Returns
    -------
    bool
        Whether nobody could be asked in the last cell. False without a kernel.
    """
    return getattr(shell, "kernel", None) is not None and not can_be_asked(shell)


def running_cell(shell: Any) -> tuple[str, str] | None:
    """Return which cell runs: the id of the connection that sent it, and the cell's id.

    Parameters
    ----------
    shell
        What `get_ipython()` returns, or None.

    Returns
    -------
    tuple of str or None
        An id is "" if the front end does not say it. None: no cell runs, or there is no bridge.
    """
    bridge = _bridges.get(shell) if shell is not None else None
    request = bridge.running if bridge is not None and bridge.state == "bridge" else None
    if request is None:
        return None
    cell = (request.get("metadata") or {}).get("cellId")
    sender = (request.get("header") or {}).get("session")
    return (
        sender if isinstance(sender, str) else "",
        cell if isinstance(cell, str) else "",
    )


def cell_context(shell: Any) -> Callable[[Callable[[], T]], T]:
    """Remember the running cell, to put later output there.

    Parameters
    ----------
    shell
        What `get_ipython()` returns, or None.

    Returns
    -------
    callable
        Calls the function given to it in the context of that cell. What the function prints or
        displays appears in that cell, even if another cell runs by then. Call it in the kernel's
        main thread.
    """
    context = copy_context()
    kernel: Any = getattr(shell, "kernel", None)
    try:
        cell = request_of(kernel)
    except (AttributeError, KeyError):
        return lambda function: context.copy().run(function)

    def run(function: Callable[[], T]) -> T:
        def within() -> T:
            # ipykernel 7 keeps the parent in the context; ipykernel 6 has one variable.
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
    """Return the event loop that runs this shell's cells; None outside ipykernel."""
    try:
        return _loop_of(shell.kernel)
    except AttributeError:
        return None


def user_context(shell: Any) -> Context:
    """Return a copy of the context in which the user's cells run.

    It has what cells set there, such as NumPy's print options. ipykernel before 7 keeps no context
    from cell to cell; there it is the caller's.
    """
    context = getattr(getattr(shell, "kernel", None), "_shell_context", None)
    return context.copy() if isinstance(context, Context) else copy_context()


def is_fork_of_kernel(shell: Any) -> bool:
    """Whether this process was forked from the process of this shell's kernel."""
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
    # In ipykernel 7 a thread reads the socket and passes the main shell's messages on by this pair.
    return thread.manager.get_shell_channel_to_subshell_pair(None).to_stream


def _reply_stream(kernel: Any) -> Any:
    thread = getattr(kernel, "shell_channel_thread", None)
    if thread is None:
        return kernel.shell_stream
    return thread.manager.get_subshell_to_shell_channel_socket(None)


def request_of(kernel: Any) -> tuple[Any, Any]:
    """Return the kernel's present request, and the id of its sender."""
    return kernel._parent_ident["shell"], kernel.get_parent("shell")


def _set_parent(kernel: Any, request: tuple[Any, Any]) -> None:
    """Make the kernel's output belong to this request from now on."""
    accept_requests(getattr(kernel, "shell", None))
    kernel.set_parent(*request, channel="shell")


def accept_requests(shell: Any) -> None:
    """Let the kernel handle requests while other code replaces its display publisher.

    ipykernel calls the publisher's ``set_parent`` for each request. IPython's ``capture_output``
    replaces the publisher in a cell with one that has no such method. A click would then fail. So
    this function adds a method that does nothing.

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
    """Do nothing with a request."""


def _type_of(message: Any) -> str:
    try:
        return str(message["header"]["msg_type"])
    except (KeyError, TypeError):
        return ""


def _is_of_a_cell() -> bool:
    """Whether IPython's event is that of a cell: not of a click, a thread or Claude's code."""
    if _serving.get() or claude_code.inside():
        return False
    return threading.current_thread() is threading.main_thread()


def _allow_interrupt() -> Any:
    """Let the stop button reach a callback. An idle kernel otherwise ignores the button."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        return signal.signal(signal.SIGINT, signal.default_int_handler)
    return None


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
