"""`CodeRunner`: runs Claude's code in the user's namespace, one code after the other."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from .._kernel.claude_code import inside, refuse_inside, scope
from .._kernel.comms import user_context
from .bound import Bindings
from .capture import Capture
from .execution import Execution, FunctionCall, Steps
from .outputs import Output
from .routes import Routes
from .stopping import Stopper
from .values import line_of

__all__ = ["CodeRunner", "Output", "Ran"]

#: What is said of errors whose tracebacks say nothing.
_INSTEAD = {
    "SystemExit": "sys.exit() ends only the code, not the kernel",
    "BdbQuit": "a debugger gets no answer in code that Claude runs",
}
_LAST_ERROR = ("last_type", "last_value", "last_traceback", "last_exc")


@dataclass(frozen=True)
class Ran:
    """A run that has ended.

    Attributes
    ----------
    code : str
        The code.
    outputs : tuple of dict
        Its outputs, as nbformat defines them.
    error : str
        Its error as one line; "" if there was none.
    stopped : {"", "user", "timeout"}
        Who told it to stop.
    seconds : float
        How long it ran.
    bound : tuple of str
        The names that it bound, or bound anew.
    left_out : int
        The characters of text that are not in `outputs`.
    began : bool
        False if it was stopped while it waited for its turn. Then it never ran.
    """

    code: str
    outputs: tuple[Output, ...] = ()
    error: str = ""
    stopped: Literal["", "user", "timeout"] = ""
    seconds: float = 0.0
    bound: tuple[str, ...] = ()
    left_out: int = 0
    began: bool = True


class CodeRunner:
    """Runs code in the namespace of a shell, in its main thread and its running loop.

    Nothing can stop a function of C that does not look at signals, such as ``sum(range(10**11))``.

    Parameters
    ----------
    shell : InteractiveShell
        IPython's shell, in a kernel or a terminal.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._routes = Routes(shell)
        self._known: dict[str, None] = {}
        self._stopper: Stopper | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: deque[asyncio.Future[bool]] = deque()

    @property
    def running(self) -> bool:
        """Whether code runs now."""
        return self._task is not None

    def stop(self) -> bool:
        """Stop the running code, and drop what waits for its turn. Any thread may call this.

        Returns
        -------
        bool
            Whether code ran.
        """
        stopper = self._stopper
        if stopper is None:
            return False
        self._drop_waiting()
        stopper.stop()
        return True

    async def run(
        self,
        code: str,
        *,
        timeout: float | None,
        on_output: Callable[[Output], None],
        on_begin: Callable[[], None] = lambda: None,
    ) -> Ran:
        """Run code after the codes before it.

        If the caller is cancelled, the code is stopped; if it still waits, it never runs.

        Parameters
        ----------
        code : str
            The code, as in a cell: with magics, ``!`` and ``await``.
        timeout : float or None
            The seconds after which it is stopped.
        on_output : callable
            Called with each output as it comes, in the loop's thread. Text of streams comes in
            pieces. The outputs are copies.
        on_begin : callable
            Called when the code is about to run, after the codes before it.

        Returns
        -------
        Ran
            What happened. An error of the code is not raised.

        Raises
        ------
        ClaudeError
            If code that Claude runs calls this.
        """
        make = partial(Execution, self._shell, code)
        return await self._work(code, make, timeout, on_output, on_begin)

    async def call(
        self,
        function: Callable[..., Any],
        arguments: dict[str, Any],
        name: str,
        *,
        on_output: Callable[[Output], None],
    ) -> Ran:
        """Call a function, plain or async, as `run` runs code.

        Parameters
        ----------
        function : callable
            The function.
        arguments : dict
            Its arguments, by name.
        name : str
            What the error of a run that never began calls it.
        on_output : callable
            See `run`. The result is the last output.

        Returns
        -------
        Ran
            What happened. An error of the function is not raised.

        Raises
        ------
        ClaudeError
            If code that Claude runs calls this.
        """
        make = partial(FunctionCall, self._shell, name, partial(function, **arguments))
        return await self._work(name, make, None, on_output, lambda: None)

    async def _work(
        self,
        code: str,
        make: Callable[[Stopper], Execution],
        timeout: float | None,
        on_output: Callable[[Output], None],
        on_begin: Callable[[], None],
    ) -> Ran:
        refuse_inside("running code")
        if not await self._is_next():
            return _never_ran(code)
        on_begin()
        loop = asyncio.get_running_loop()
        capture = Capture(loop, on_output, copy_context(), self._known)
        stopper = Stopper(capture, loop, timeout, self._drop_waiting)
        run = _Run(self._shell, self._routes, code, make(stopper), capture, stopper)
        context = user_context(self._shell)
        context.run(scope.set, capture)
        self._stopper = stopper
        self._task = task = stopper.task = context.run(loop.create_task, run.work())
        task.add_done_callback(lambda _: self._next())
        try:
            await asyncio.wait({task})
        except BaseException:  # the turn was stopped: nobody waits for the outputs
            capture.mute()
            stopper.stop()
            raise
        if task.cancelled():
            if not run.began:
                return _never_ran(code)
            run.cut_short()
        else:
            task.result()
        ran = run.ran()
        capture.release()
        return ran

    async def _is_next(self) -> bool:
        """Wait for the codes before this one. Return False if it was dropped."""
        if self._task is None:
            return True
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif turn.done() and not turn.cancelled() and turn.result():
                self._next()  # it was this one's turn
            raise

    def _next(self) -> None:
        self._task = self._stopper = None
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(True)
                return

    def _drop_waiting(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            turn.get_loop().call_soon_threadsafe(_drop, turn)


def _never_ran(code: str) -> Ran:
    error = "KeyboardInterrupt: stopped by the user before it began"
    return Ran(code, error=error, stopped="user", began=False)


def _drop(turn: asyncio.Future[bool]) -> None:
    if not turn.done():
        turn.set_result(False)


class _Run:
    """One run: its capture, its execution and what it bound."""

    def __init__(
        self,
        shell: Any,
        routes: Routes,
        code: str,
        execution: Execution,
        capture: Capture,
        stopper: Stopper,
    ) -> None:
        self._shell = shell
        self._routes = routes
        self._code = code
        self._execution = execution
        self._capture = capture
        self._stopper = stopper
        self.began = False
        self._error = ""
        self._seconds = 0.0
        self._bound: tuple[str, ...] = ()
        self._other_cells = False

    def ran(self) -> Ran:
        """Return what happened."""
        outputs = self._capture.outputs
        return Ran(
            self._code,
            outputs.items(),
            self._error,
            self._stopper.reason,
            self._seconds,
            self._bound,
            outputs.left_out,
        )

    def cut_short(self) -> None:
        """Note that the task was cancelled, perhaps after the code had ended."""
        if self._stopper.reason:
            self._error = self._error or f"KeyboardInterrupt: {self._stopper.words()}"
        else:
            self._error = self._error or "CancelledError: the code cancelled the task it runs in"

    async def work(self) -> None:
        """Run the code."""
        self.began = True
        shell = self._shell
        bindings = Bindings(shell.user_ns)
        began = time.monotonic()
        execution = self._execution
        shell.events.register("pre_execute", self._note_cell)
        self._stopper.begin()
        self._routes.begin()
        try:
            await Steps(execution.run(), self._step)
        finally:
            self._stopper.end()
            self._seconds = time.monotonic() - began
            shell.events.unregister("pre_execute", self._note_cell)
            self._show_problem(execution)
            self._capture.finish()
            self._routes.end()
            alone = not self._other_cells
            self._bound = tuple(bindings.changed(execution.begun, alone=alone))

    def _step(self, run: Callable[[], Any]) -> Any:
        self._routes.ensure()
        with _Kept(self._shell.displayhook):
            return self._stopper.step(run)

    def _show_problem(self, execution: Execution) -> None:
        problem, reason = execution.problem, self._stopper.reason
        if problem is None:
            return
        name, lines = type(problem).__name__, execution.traceback
        self._error = line_of(problem)
        if name in _INSTEAD:
            self._error = f"{name}: {_INSTEAD[name]}"
            lines = [self._error]
        if reason and (stopped := _of_stop(problem)) is not None:
            name, words = "KeyboardInterrupt", self._stopper.words()
            self._error = f"{name}: {words}"
            if stopped is not problem or isinstance(problem, asyncio.CancelledError):
                lines = [self._error]  # its frames are asyncio's, or IPython's
        self._capture.error(name, self._error.partition(": ")[2], lines or [self._error])

    def _note_cell(self) -> None:
        self._other_cells = self._other_cells or not inside()


def _of_stop(problem: BaseException) -> BaseException | None:
    """Return what stopped the code; None if the problem is another one.

    IPython's ``!command`` may fail with an error of its own while it handles KeyboardInterrupt.
    """
    ends = (KeyboardInterrupt, asyncio.CancelledError)
    if isinstance(problem, ends):
        return problem
    cause = problem.__context__
    return cause if isinstance(problem, UnboundLocalError) and isinstance(cause, ends) else None


class _Kept:
    """Keeps what IPython remembers of the user's cells, for as long as the block lasts."""

    def __init__(self, hook: Any) -> None:
        self._hook = hook

    def __enter__(self) -> None:
        self._result = getattr(self._hook, "exec_result", None)
        self._error = {name: getattr(sys, name) for name in _LAST_ERROR if hasattr(sys, name)}

    def __exit__(self, *error: object) -> None:
        self._hook.exec_result = self._result
        for name in _LAST_ERROR:
            if name in self._error:
                setattr(sys, name, self._error[name])
            elif hasattr(sys, name):
                delattr(sys, name)
