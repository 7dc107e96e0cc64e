"""Runs a cell's source in the user's namespace, as IPython does, but without In, Out and ``_``."""

from __future__ import annotations

import ast
import codeop
import inspect
import itertools
import linecache
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from .routes import show_value
from .stopping import Stopper
from .values import traceback_of

_count = itertools.count(1)
_NAME = "Claude's code"
_ASSIGNMENTS = (ast.Assign, ast.AugAssign, ast.AnnAssign)


class Steps:
    """Awaits a coroutine, and lets `step` run each of its steps.

    Parameters
    ----------
    coroutine : Coroutine
        The coroutine.
    step : callable
        Gets a function, calls it, and returns its result.
    """

    def __init__(self, coroutine: Any, step: Callable[[Callable[[], Any]], Any]) -> None:
        self._coroutine = coroutine
        self._step = step

    def __await__(self) -> Generator[Any, Any, Any]:
        resume: Callable[[], Any] = partial(self._coroutine.send, None)
        while True:
            try:
                awaited = self._step(resume)
            except StopIteration as end:
                return end.value
            try:
                resume = partial(self._coroutine.send, (yield awaited))
            except GeneratorExit:
                self._coroutine.close()
                raise
            except BaseException as error:
                resume = partial(self._coroutine.throw, error)


class Execution:
    """One execution of Claude's code.

    Parameters
    ----------
    shell : InteractiveShell
        IPython's shell.
    code : str
        The code, as in a cell.
    stopper : Stopper
        Told when the user's code works.

    Attributes
    ----------
    problem : BaseException or None
        How the code failed.
    traceback : list of str
        The lines that IPython shows for it.
    value
        The value that was shown.
    begun : list of AST
        The statements that ran, also the one that failed.
    """

    def __init__(self, shell: Any, code: str, stopper: Stopper) -> None:
        self.problem: BaseException | None = None
        self.traceback: list[str] = []
        self.value: Any = None
        self.begun: list[ast.AST] = []
        self._shell = shell
        self._code = code
        self._stopper = stopper
        self._flags = shell.compile.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._hooks = _Hooks(shell, code)

    async def run(self) -> None:
        """Run the code. Its errors become `problem`."""
        shell = self._shell
        with shell.builtin_trap:
            try:
                self._stopper.exposed = True
                self._hooks.before()
                await self._run_nodes()
            except GeneratorExit:
                raise  # the loop has gone
            except BaseException as error:
                self._fail(error)
            try:
                self._stopper.exposed = True
                # IPython's hooks show the open figures, for example.
                self._hooks.after(self.value, self.problem)
            except BaseException as error:
                self._fail(error)
            self._stopper.exposed = False

    async def _run_nodes(self) -> None:
        shell = self._shell
        source, name, tree = self._prepare()
        shown = _shown(tree.body, shell.ast_node_interactivity)
        quiet = _ends_with_semicolon(source)
        for node in tree.body:
            self.begun.append(node)
            if isinstance(node, ast.Expr) and node in shown:
                value = await self._evaluate(ast.Expression(node.value), name, "eval")
                if value is not None and not quiet:
                    self.value = value
                    show_value(shell, value)
            else:
                await self._evaluate(ast.Module([node], []), name, "exec")
            if self._stopper.reason:  # IPython's `!command` takes KeyboardInterrupt for itself
                raise KeyboardInterrupt(self._stopper.words())

    def _prepare(self) -> tuple[str, str, ast.Module]:
        """Return the transformed source, the file name that stands for it, and its tree."""
        shell = self._shell
        try:
            source = shell.transform_cell(self._code)
            self._hooks.info.transformed_cell = source
            name = _remember(shell, source)
            flags = self._flags | ast.PyCF_ONLY_AST
            tree = compile(source, name, "exec", flags, dont_inherit=True)
        except SyntaxError as error:
            raise error.with_traceback(None) from None  # IPython's frames
        return source, name, shell.transform_ast(tree)

    async def _evaluate(self, node: Any, name: str, mode: str) -> Any:
        code = compile(node, name, mode, self._flags, dont_inherit=True)
        # `from __future__ import …` holds for the rest of this code, not for the user's cells.
        for feature in codeop._features:  # type: ignore[attr-defined]
            if code.co_flags & feature.compiler_flag:
                self._flags |= feature.compiler_flag
        value = eval(code, self._shell.user_global_ns, self._shell.user_ns)
        return await value if code.co_flags & inspect.CO_COROUTINE else value

    def _fail(self, error: BaseException) -> None:
        self._stopper.exposed = False
        if self.problem is None:
            self.problem = error
            self.traceback = traceback_of(self._shell, error)


class FunctionCall(Execution):
    """One call of a function of the user's.

    Parameters
    ----------
    shell : InteractiveShell
        IPython's shell.
    name : str
        What IPython's hooks get as the code.
    call : callable
        Calls the function. An awaitable result is awaited.
    stopper : Stopper
        Told when the user's code works.
    """

    def __init__(self, shell: Any, name: str, call: Callable[[], Any], stopper: Stopper) -> None:
        super().__init__(shell, name, stopper)
        self._call = call

    async def _run_nodes(self) -> None:
        value = self._call()
        if inspect.isawaitable(value):
            value = await value
        self.value = value
        if type(value) is str:
            print(value)  # as it is, without the quotes of its repr
        elif value is not None:
            show_value(self._shell, value)


class _Hooks:
    """What IPython calls before and after each cell."""

    def __init__(self, shell: Any, code: str) -> None:
        from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult

        self._events = shell.events
        make_info: Any = ExecutionInfo
        make_result: Any = ExecutionResult
        self.info = make_info(code, False, False, True, None)
        self._result = make_result(self.info)

    def before(self) -> None:
        self._events.trigger("pre_execute")
        self._events.trigger("pre_run_cell", self.info)

    def after(self, value: Any, problem: BaseException | None) -> None:
        self._result.result = value
        self._result.error_in_exec = problem
        self._events.trigger("post_execute")
        self._events.trigger("post_run_cell", self._result)


def _shown(body: list[Any], interactivity: str) -> list[Any]:
    """Return the statements whose value is shown; add one for ``last_expr_or_assign``."""
    if not body or interactivity == "none":
        return []
    last = body[-1]
    if interactivity == "last_expr_or_assign" and isinstance(last, _ASSIGNMENTS):
        targets = last.targets if isinstance(last, ast.Assign) else [last.target]
        if len(targets) == 1 and isinstance(targets[0], ast.Name):
            name = ast.Name(targets[0].id, ast.Load())
            last = ast.fix_missing_locations(ast.copy_location(ast.Expr(name), last))
            body.append(last)
    candidates = body if interactivity == "all" else [last]
    return [node for node in candidates if isinstance(node, ast.Expr)]


def _ends_with_semicolon(source: str) -> bool:
    import io
    import tokenize

    last = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in _NO_CODE:
                last = token.string
    except (tokenize.TokenError, SyntaxError):
        return False
    return last == ";"


def _no_code() -> frozenset[int]:
    import token

    return frozenset({token.NEWLINE, token.NL, token.COMMENT, token.ENDMARKER, token.DEDENT})


_NO_CODE = _no_code()


def _remember(shell: Any, source: str) -> str:
    """Keep the source for tracebacks. Return the file name that stands for it."""
    name = f"<{_NAME} {next(_count)}>"
    lines = [f"{line}\n" for line in source.splitlines()]
    # Without a time, `linecache` keeps the lines.
    linecache.cache[name] = (len(source), None, lines, name)
    _name_it(shell.compile)
    return name


def _name_it(compiler: Any) -> None:
    """Make IPython's tracebacks say "Claude's code, line 3"."""
    if "format_code_name" in vars(compiler) or not hasattr(compiler, "format_code_name"):
        return
    before = compiler.format_code_name

    def format_code_name(name: str) -> Any:
        if name.startswith(f"<{_NAME} "):
            return tuple(_NAME.split(" "))
        return before(name)

    compiler.format_code_name = format_code_name
