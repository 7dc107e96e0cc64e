"""Finds the prompts in a notebook's code, in the order in which Run All sends them.

Nothing of the code runs. A prompt that only running can tell, such as one in a loop or an f-string
with values, has no text here.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .._cell_line import CellLineError, parse_cell

_PROMPT_CELL = re.compile(r"%%claude([ \t][^\n]*)?(?:\n|$)")
_ASKS = ("ask", "ask_sync", "stream")
#: What moves the conversation to a point that only running can tell.
_MOVES = ("resume", "fork", "rewind", "undo_rewind")
#: Cell magics that run their cell's code once.
_ONCE = ("time", "capture", "prun")
_LOGIN = "/login"


@dataclass(frozen=True)
class Step:
    """What a cell does to the conversation.

    Attributes
    ----------
    cell : int
        The number of the cell, from 1 among all of the notebook.
    kind : {"ask", "new", "move"}
        ask: sends a prompt. new: begins a new conversation. move: continues elsewhere, at a point
        that only running can tell.
    prompt : str or None
        The prompt; None if only running can tell it, or how often it is sent.
    model : str or None
        The model that the code names for this prompt; None if it names none that can be read.
    """

    cell: int
    kind: Literal["ask", "new", "move"] = "ask"
    prompt: str | None = None
    model: str | None = None


def steps_in(cells: Sequence[str | None]) -> list[Step]:
    """Return what the code cells of a notebook do to the conversation, in order.

    Parameters
    ----------
    cells : sequence of str or None
        The source of each cell; None for a cell without code.
    """
    names = {"claude"}
    return [
        step
        for number, source in enumerate(cells, 1)
        if source is not None
        for step in _steps_of(number, source.replace("\r\n", "\n"), names)
    ]


def _steps_of(cell: int, source: str, names: set[str]) -> Iterator[Step]:
    found = _PROMPT_CELL.match(_without_indent(source))
    if found is not None:
        body = _without_indent(source)[found.end() :]
        yield from _prompt_cell(cell, (found[1] or "").strip(), body)
        return
    tree = _parsed(source)
    if tree is not None:
        reader = _Reader(cell, names)
        reader.visit(tree)
        yield from reader.steps


def _prompt_cell(cell: int, line: str, body: str) -> Iterator[Step]:
    try:
        arguments = parse_cell(line)
    except CellLineError:
        return  # the cell will say so, and asks nothing
    prompt = arguments.prompt_with(body)
    if arguments.new:
        yield Step(cell, "new")
    if prompt and prompt.strip() != _LOGIN:
        yield Step(cell, prompt=prompt, model=arguments.model)


def _without_indent(source: str) -> str:
    """Return a cell as IPython reads it: without blank lines before, and the indentation."""
    lines = source.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    if not lines:
        return ""
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    return "\n".join(line[len(indent) :] if line.startswith(indent) else line for line in lines)


def _parsed(source: str) -> ast.Module | None:
    """Return a cell's code with its magics as calls; None if it is no Python."""
    from IPython.core.inputtransformer2 import TransformerManager  # lazy: this import costs time

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of code that is not ours
            return ast.parse(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Reader(ast.NodeVisitor):
    """Collects the steps of one cell. What Python evaluates first comes first."""

    def __init__(self, cell: int, names: set[str]) -> None:
        self._cell = cell
        self._names = names
        self._unsure = 0  # how many loops and functions are around
        self.steps: list[Step] = []

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module == "jupyter_claude":
            self._names.update(one.asname or one.name for one in node.names if one.name == "claude")

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)  # once, before the loop
        self._visit_unsure(*node.body)
        for one in node.orelse:
            self.visit(one)

    visit_AsyncFor = visit_For

    def visit_comprehension_of(self, node: Any) -> None:
        first, *others = node.generators
        self.visit(first.iter)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        self._visit_unsure(*first.ifs, *others, *parts)

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_comprehension_of
    visit_DictComp = visit_comprehension_of

    def visit_unsure(self, node: ast.AST) -> None:
        self._unsure += 1
        self.generic_visit(node)
        self._unsure -= 1

    visit_While = visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_unsure

    def _visit_unsure(self, *nodes: ast.AST) -> None:
        self._unsure += 1
        for node in nodes:
            self.visit(node)
        self._unsure -= 1

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)  # arguments come before the call
        called = node.func
        if not isinstance(called, ast.Attribute):
            return
        if called.attr in ("run_line_magic", "run_cell_magic"):
            self._magic(called.attr, [_text(one) for one in node.args])
        elif self._is_claude(called.value):
            self._call(called.attr, node)

    def _is_claude(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self._names
        return isinstance(node, ast.Attribute) and node.attr == "claude"

    def _call(self, name: str, node: ast.Call) -> None:
        given = {one.arg: one.value for one in node.keywords}
        if name in _ASKS:
            text = node.args[0] if node.args else given.get("prompt")
            model = _text(given["model"]) if "model" in given else None
            self._ask(None if text is None else _text(text), model)
        elif name == "new":
            self._add("new")
        elif name in _MOVES:
            self._add("move")

    def _magic(self, kind: str, arguments: list[str | None]) -> None:
        name, line, *body = [one or "" for one in arguments] or [""]
        if kind == "run_cell_magic" and name in _ONCE and body:
            tree = _parsed(body[0])
            if tree is not None:
                self.visit(tree)
        elif kind == "run_line_magic" and name == "claude":
            word = line.split(maxsplit=1)[0] if line.strip() else ""
            if word == "new":
                self._add("new")
            elif word in _MOVES:
                self._add("move")

    def _add(self, kind: Literal["new", "move"]) -> None:
        self.steps.append(Step(self._cell, "move" if self._unsure else kind))

    def _ask(self, prompt: str | None, model: str | None) -> None:
        known = None if self._unsure else prompt
        self.steps.append(Step(self._cell, prompt=known, model=model if known else None))


def _text(node: ast.expr) -> str | None:
    """Return a text that stands in the code as it is, also in pieces; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        pieces = [_text(one) for one in node.values]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        pieces = [_text(node.left), _text(node.right)]
    else:
        return None
    return None if None in pieces else "".join(piece or "" for piece in pieces)
