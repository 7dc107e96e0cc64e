"""Withholds secrets in a cell's source: the literals that a secret or hidden name gets."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator

from .look import WITHHELD
from .secrets import secret_name
from .sight import Sight

_MOST = 20_000
#: Functions whose argument is the name of a secret, and not the secret.
_READERS = frozenset(["getenv", "get", "getpass", "pop"])


def shown_source(source: str, sight: Sight, path: str) -> str:
    """Return a cell's source with secrets withheld."""
    cut = source[:_MOST]
    shown, names = _without_literals(cut, sight.marks.hidden.hides)
    for name in names:
        sight.withhold(name)
    return sight.text(shown + source[_MOST : _MOST + 1], path, _MOST)


def _without_literals(source: str, hides: Callable[[str], bool]) -> tuple[str, list[str]]:
    """Replace the literals that secret names get; return also these names."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(_python_only(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source, []
    spans: set[tuple[int, int, int, int]] = set()
    names: dict[str, None] = {}
    try:
        for name, value in _given(tree):
            hidden = hides(name)
            if not (hidden or secret_name(name)):
                continue
            for literal in _literals(value, numbers=hidden):
                end_line, end = literal.end_lineno, literal.end_col_offset
                if end_line is not None and end is not None:
                    spans.add((literal.lineno, literal.col_offset, end_line, end))
                    names[name] = None
    except RecursionError:
        return source, []
    return _cut(source, spans), list(names)


def _python_only(source: str) -> str:
    """Replace the lines of magics and shell commands by comments of the same length."""
    lines = source.split("\n")
    return "\n".join("#" + line[1:] if line[:1] in ("%", "!", "?") else line for line in lines)


def _given(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Go through all names that get a value, with the value's expression."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _pairs(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
            if node.value is not None:
                yield from _pairs(node.target, node.value)
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        elif isinstance(node, ast.Compare):
            for one, other in zip([node.left, *node.comparators], node.comparators, strict=False):
                yield from _pairs(one, other)
                yield from _pairs(other, one)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from _defaults(node.args)
        elif isinstance(node, ast.Call):
            yield from _setters(node)


def _pairs(target: ast.AST, value: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(target, (ast.Tuple, ast.List)):
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
            for one, its in zip(target.elts, value.elts, strict=True):
                yield from _pairs(one, its)
        else:
            for one in target.elts:
                yield from _pairs(one, value)
    elif isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Attribute):
        yield target.attr, value
    elif isinstance(target, ast.Subscript):
        key = target.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, value
        yield from _pairs(target.value, value)
    elif isinstance(target, ast.Starred):
        yield from _pairs(target.value, value)


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.AST]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    given = positional[len(positional) - len(arguments.defaults) :]
    for argument, value in zip(given, arguments.defaults, strict=True):
        yield argument.arg, value
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield argument.arg, default


def _setters(call: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    """Take ``setenv("API_KEY", "…")`` and ``set_password("…")`` as giving a value to a name."""
    if _function(call) in _READERS:
        return
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and len(call.args) > 1:
        for value in call.args[1:]:
            yield first.value, value
    name = _function(call)
    if name.startswith("set_"):
        for value in call.args:
            yield name[4:], value


def _function(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _literals(value: ast.AST, *, numbers: bool) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Go through an expression's literals, but not the names by which it reads a secret."""
    if isinstance(value, ast.JoinedStr):
        yield value
        return
    if isinstance(value, ast.Constant):
        kinds = (str, bytes, int, float, complex) if numbers else (str, bytes)
        if isinstance(value.value, kinds) and value.value is not True and value.value is not False:
            yield value
        return
    for child in ast.iter_child_nodes(value):
        if isinstance(value, ast.Subscript) and child is value.slice:
            continue
        if isinstance(value, ast.Call) and _function(value) in _READERS:
            continue
        if isinstance(value, ast.Dict) and any(child is key for key in value.keys):
            continue
        yield from _literals(child, numbers=numbers)


def _cut(source: str, spans: set[tuple[int, int, int, int]]) -> str:
    """Replace the spans, which count the bytes of UTF-8 in their lines."""
    lines = [line.encode("utf-8", "surrogatepass") for line in source.split("\n")]
    starts = [0]
    for each in lines:
        starts.append(starts[-1] + len(each) + 1)
    text = b"\n".join(lines)
    before = len(text)
    for line, column, end_line, end_column in sorted(spans, reverse=True):
        start, end = starts[line - 1] + column, starts[end_line - 1] + end_column
        if end <= before:  # not inside one that is already replaced
            text = text[:start] + f'"{WITHHELD}"'.encode() + text[end:]
            before = start
    return text.decode("utf-8", "surrogatepass")
