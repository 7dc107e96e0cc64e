"""What the extension and the bench take of the SDK: public names and the tier `lowlevel`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_claude_sdk import ClaudeSDKClient, ClientTurn

import jupyter_claude

pytestmark = pytest.mark.pure

ROOT = Path(__file__).parents[2]
#: They use the SDK as other programs do.
FOLDERS = (Path(jupyter_claude.__file__).parent, ROOT / "benchmarks")
SDK = "jupyter_claude_sdk"


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def is_own(node: ast.expr) -> bool:
    """Say whether an attribute is the class's own: of `self`, or reached from `cls`."""
    if isinstance(node, ast.Attribute):
        return is_own(node.value) and not is_self(node.value)
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


#: What is private of the objects that the extension is given.
PRIVATE = {
    name
    for thing in (ClaudeSDKClient(), ClientTurn({}))
    for name in {*vars(thing), *dir(type(thing))}
    if is_private(name)
}


def faults(tree: ast.Module) -> Iterator[str]:
    """Yield what a module takes of the SDK's inside; imports in functions and for types too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            names = []
        for name in names:
            root, *rest = name.split(".")
            if root == SDK and any(map(is_private, rest)):
                yield f"imports {name}"
        if isinstance(node, ast.Attribute) and node.attr in PRIVATE and not is_own(node.value):
            yield f"line {node.lineno} reaches for {node.attr}"
        if isinstance(node, ast.ClassDef) and any(
            isinstance(base, ast.Name) and base.id == "ClaudeSDKClient" for base in node.bases
        ):
            for inner in ast.walk(node):
                name = getattr(inner, "name", getattr(inner, "attr", ""))
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Attribute)) and (
                    name in PRIVATE
                ):
                    yield f"line {inner.lineno} overrides or uses {name}"


def test_nothing_private_of_the_sdk_is_used() -> None:
    """Else the SDK could not change its inside without a look at the extension and the bench."""
    paths = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]
    found = [
        f"{path}: {fault}" for path in paths for fault in faults(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []
    assert {path.name for path in paths} >= {"_claude.py", "bench_sdk.py"}


@pytest.mark.parametrize(
    "source",
    [
        f"from {SDK}._client import ClaudeSDKClient",
        f"def f():\n    from {SDK} import _options",
        f"if TYPE_CHECKING:\n    import {SDK}._wire.protocol",
        "client._live_connection().request('x')",
        "super()._submit(message)",
        "class Own(ClaudeSDKClient):\n    def _submit(self): ...",
        "class Own(ClaudeSDKClient):\n    def f(self):\n        self._live_connection()",
    ],
)
def test_each_way_to_the_inside_is_seen(source: str) -> None:
    """Else the test above would pass whatever the extension does."""
    assert list(faults(ast.parse(source)))
