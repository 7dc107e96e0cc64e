"""Awaits a cell's own top-level ``asyncio.run(main())`` and ``anyio.run(main)`` in the kernel.

Programs end with such a call, also those in the documents of the SDK. The text of the cell stays as
it is, in the history and in tracebacks: only the syntax tree changes. Nothing of asyncio changes.

IPython decides by the text of a cell whether it runs in the event loop, before it makes the tree.
So this also answers `should_run_async` of the shell.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from .._kernel.awaited_run import is_runner
from .cells import inside_run_cell

__all__ = ["RunCalls", "rewrite"]

_MODULES = ("asyncio", "anyio")
_METHOD = "should_run_async"

#: The tree of the cell that is about to run, if it has such calls. It is in the context of the
#: cell's request: cells of subshells run at the same time.
_expected: ContextVar[list[str]] = ContextVar("_expected")


class RunCalls:
    """Rewrites the trees of cells. IPython calls `visit`.

    Parameters
    ----------
    shell : InteractiveShell
        A kernel's shell. In a terminal no loop runs between cells, so these calls work there.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def start(self) -> None:
        """Begin to rewrite cells."""
        # It comes first: it compares the tree with that of the cell's text.
        self._shell.ast_transformers.insert(0, self)
        self._before: Callable[..., bool] = self._shell.should_run_async
        self._own = vars(self._shell).get(_METHOD)
        self._shell.should_run_async = self._should_run_async

    def stop(self) -> None:
        """Leave cells as they are."""
        if self in self._shell.ast_transformers:
            self._shell.ast_transformers.remove(self)
        if vars(self._shell).get(_METHOD) == self._should_run_async:
            if self._own is None:
                delattr(self._shell, _METHOD)
            else:
                self._shell.should_run_async = self._own

    def _should_run_async(self, raw_cell: str, **given: Any) -> bool:
        is_async = self._before(raw_cell, **given)
        if inside_run_cell():  # such as %rerun: IPython cannot await there
            return is_async
        _expected.set([])
        text = given.get("transformed_cell")
        if not self._shell.autoawait or given.get("preprocessing_exc_tuple") or not text:
            return is_async
        if "run" not in text:  # most cells need no second look
            return is_async
        try:
            tree = ast.parse(text)
            plain = ast.dump(tree)
            if not rewrite(tree, self._shell.user_ns):
                return is_async
            _expected.set([plain])
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return is_async
        return True

    def visit(self, tree: ast.AST) -> ast.AST:
        """Rewrite the tree if it is that of the cell. Magics such as %timeit transform others."""
        expected = _expected.get([])
        if expected and isinstance(tree, ast.Module) and ast.dump(tree) == expected[0]:
            expected.clear()
            rewrite(tree, self._shell.user_ns)
        return tree


def rewrite(tree: ast.Module, namespace: Mapping[str, Any]) -> int:
    """Make the tree's own calls of a runner awaited ones, and return how many these are.

    Parameters
    ----------
    tree
        The tree of a cell.
    namespace
        The user's variables. A name counts if it is a runner, or the module of one, there or by an
        import of the cell. When the call runs, `awaited` checks what the name is then.
    """
    names = _Names(namespace)
    names.visit(tree)
    calls = _Calls(names)
    calls.visit(tree)
    return calls.found


class _TopLevel(ast.NodeVisitor):
    """Visits what runs when the cell runs, where Python lets a cell await."""

    def _leave(self, node: ast.AST) -> ast.AST:
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _leave
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _leave


class _Names(_TopLevel):
    """Knows which names are runners, and which are modules of runners."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._runners: set[str] = set()
        self._modules: set[str] = set()

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name in _MODULES:
                self._modules.add(alias.asname or alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module in _MODULES and not node.level:
            self._runners.update(a.asname or a.name for a in node.names if a.name in ("run", "*"))

    def runs(self, function: ast.expr) -> bool:
        """Whether an expression seems to be a runner."""
        if isinstance(function, ast.Name):
            name = function.id
            starred = "*" in self._runners and name == "run"
            return name in self._runners or starred or is_runner(self._namespace.get(name))
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            name, module = function.value.id, self._namespace.get(function.value.id)
            modules = [sys.modules.get(each) for each in _MODULES]
            known = module is not None and any(module is each for each in modules)
            return function.attr == "run" and (name in self._modules or known)
        return False


class _Calls(_TopLevel, ast.NodeTransformer):
    def __init__(self, names: _Names) -> None:
        self._names = names
        self.found = 0

    def visit_Await(self, node: ast.Await) -> ast.AST:
        # The user awaits what the call returns, so it is no runner's result.
        if isinstance(node.value, ast.Call):
            self.generic_visit(node.value)
            return node
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not self._names.runs(node.func):
            return node
        self.found += 1
        helper = ast.parse(
            "__import__('jupyter_claude._kernel.awaited_run', fromlist=['awaited']).awaited",
            mode="eval",
        ).body
        call = ast.Call(helper, [node.func, *node.args], node.keywords)
        new = ast.copy_location(ast.Await(ast.copy_location(call, node)), node)
        for part in ast.walk(helper):
            ast.copy_location(part, node)
        return new
