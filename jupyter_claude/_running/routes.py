"""`Routes`: leads a run's streams, displays, values and questions to its `Capture`.

Each function looks at the calling context first. Outside a run it calls the function before it.
"""

from __future__ import annotations

import builtins
import getpass
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, NoReturn

from .._kernel.claude_code import inside
from .._tracebacks import AS_IT_IS
from .._turns.errors import show_as_one_line
from .capture import capturing
from .patches import Patch

Function = Callable[..., Any]


class Routes:
    """The patches of a shell for as long as one of Claude's codes runs.

    Parameters
    ----------
    shell : InteractiveShell
        IPython's shell, in a kernel or a terminal.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._streams = (sys.stdout, sys.stderr)
        self._publisher = shell.display_pub
        self._patches: list[Patch] = []

    def begin(self) -> None:
        """Put the patches in place."""
        shell = self._shell
        for name, first in zip(("stdout", "stderr"), self._streams, strict=True):
            for stream in _distinct(first, getattr(sys, name)):
                self._patch(stream, "write", partial(_write, name))
        for publisher in _distinct(self._publisher, shell.display_pub):
            self._patch(publisher, "publish", _publish)
            self._patch(publisher, "clear_output", _clear_output)
        self._patch(sys, "displayhook", partial(_displayhook, shell))
        self._patch(shell.display_trap, "hook", partial(_displayhook, shell))
        self._patch(shell, "_showtraceback", _showtraceback)
        self._patch(shell, "ask_exit", _refused("quit() and exit()"))
        self._patch(shell, "set_next_input", _set_next_input)
        self._patch(shell, "system", partial(_system, shell))
        self._patch(shell.hooks, "show_in_pager", _show_in_pager)
        self._patch(builtins, "input", _no_input("input()"))
        self._patch(getpass, "getpass", _no_input("getpass()"))
        kernel = getattr(shell, "kernel", None)
        for name in ("raw_input", "getpass"):
            if hasattr(kernel, name):
                self._patch(kernel, name, _no_input("input()"))
        self._patch(threading.Thread, "start", _start)
        self._patch(ThreadPoolExecutor, "submit", _submit)

    def ensure(self) -> None:
        """Put those patches in place again that other code has removed."""
        for patch in self._patches:
            patch.ensure()

    def end(self) -> None:
        """Restore what was before."""
        for patch in reversed(self._patches):
            patch.undo()
        self._patches.clear()

    def _patch(self, owner: Any, name: str, make: Callable[[Function], Function]) -> None:
        patch = Patch(owner, name, make)
        try:
            patch.ensure()
        except (AttributeError, TypeError):
            return  # such as a stream that takes no attributes
        self._patches.append(patch)


def _distinct(first: Any, second: Any) -> list[Any]:
    """Return the objects that are not None, each once."""
    both = [first] if first is second else [first, second]
    return [one for one in both if one is not None]


def _write(name: str, before: Function) -> Function:
    def write(text: Any, *rest: Any, **more: Any) -> Any:
        capture = capturing()
        if capture is None or not isinstance(text, str):
            return before(text, *rest, **more)
        capture.write(name, text)
        capture.return_to_code()
        return len(text)

    return write


def _publish(before: Function) -> Function:
    def publish(
        data: Any, metadata: Any = None, *rest: Any, transient: Any = None, **more: Any
    ) -> Any:
        capture = capturing()
        update = bool(more.get("update"))
        display_id = str((transient or {}).get("display_id", ""))
        if capture is not None and capture.display(data, metadata, display_id, update):
            return capture.return_to_code()
        return before(data, metadata, *rest, transient=transient, **more)

    return publish


def _clear_output(before: Function) -> Function:
    def clear_output(wait: bool = False) -> Any:
        capture = capturing()
        return before(wait) if capture is None else capture.clear(wait)

    return clear_output


def _displayhook(shell: Any, before: Function) -> Function:
    def displayhook(value: Any = None) -> Any:
        capture = capturing()
        if capture is None:
            return before(value)
        if value is not None:
            show_value(shell, value)
        return None

    return displayhook


def show_value(shell: Any, value: Any) -> None:
    """Show the value of the code that runs, without a change of ``_`` and ``Out``."""
    capture = capturing()
    assert capture is not None
    from .values import formatted

    data, metadata = formatted(shell, value)
    if data:
        capture.result(data, metadata)


def _showtraceback(before: Function) -> Function:
    def showtraceback(kind: Any, value: Any, traceback: Any, *rest: Any, **more: Any) -> Any:
        capture = capturing()
        if capture is None:
            return before(kind, value, traceback, *rest, **more)
        from .values import text_of

        return capture.error(str(kind.__name__), text_of(value), list(traceback))

    setattr(showtraceback, AS_IT_IS, True)
    return showtraceback


def _set_next_input(before: Function) -> Function:
    def set_next_input(text: str, *rest: Any, **more: Any) -> Any:
        capture = capturing()
        if capture is None:
            return before(text, *rest, **more)
        return capture.write("stdout", f"{text}\n")  # the user's next cell stays as it is

    return set_next_input


def _system(shell: Any, before: Function) -> Function:
    def system(command: str) -> Any:
        # In a terminal, `!command` would print past us.
        return shell.system_piped(command) if inside() else before(command)

    return system


def _show_in_pager(before: Function) -> Function:
    def show_in_pager(data: Any, *rest: Any, **more: Any) -> Any:
        capture = capturing()
        if capture is None:
            return before(data, *rest, **more)
        bundle = data if isinstance(data, dict) else {"text/plain": data}
        return capture.display(bundle, None, "", False)

    return show_in_pager


def _refused(what: str) -> Callable[[Function], Function]:
    def make(before: Function) -> Function:
        def refuse(*arguments: Any, **more: Any) -> Any:
            if inside():
                _refuse(RuntimeError(f"{what} do nothing in code that Claude runs"))
            return before(*arguments, **more)

        return refuse

    return make


def _no_input(what: str) -> Callable[[Function], Function]:
    def make(before: Function) -> Function:
        def refuse(*arguments: Any, **more: Any) -> Any:
            if inside():
                _refuse(EOFError(f"{what} gets no answer in code that Claude runs"))
            return before(*arguments, **more)

        return refuse

    return make


def _refuse(error: Exception) -> NoReturn:
    raise show_as_one_line(error)


def _start(before: Function) -> Function:
    """Make a thread that the code starts run in the code's context."""

    def start(thread: Any) -> Any:
        if inside() and "run" not in vars(thread):
            run, context = thread.run, copy_context()

            def within() -> None:
                vars(thread).pop("run", None)
                context.run(run)

            thread.run = within
        return before(thread)

    return start


def _submit(before: Function) -> Function:
    """Make a function that the code gives to a pool of threads run in the code's context."""

    def submit(pool: Any, function: Function, /, *arguments: Any, **more: Any) -> Any:
        if inside():
            function = partial(copy_context().run, function)
        return before(pool, function, *arguments, **more)

    return submit
