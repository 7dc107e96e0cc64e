"""Which names Claude's code has bound."""

from __future__ import annotations

import ast
import gc
import weakref
from typing import Any

import numpy as np
import pytest

from jupyter_claude._running.bound import Bindings

pytestmark = pytest.mark.pure


class Frame:
    """An object of the user's."""


def run(code: str, namespace: dict[str, Any], *, alone: bool = True) -> list[str]:
    """Run code, and return what it bound."""
    bindings = Bindings(namespace)
    exec(code, namespace)
    del namespace["__builtins__"]
    return bindings.changed(ast.parse(code).body, alone=alone)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("new = 1", ["new"]),
        ("x = 2", ["x"]),
        ("items.append(1)", []),
        ("items = [*items]", ["items"]),
        ("array *= 2", ["array"]),
        ("array = array * 2; array = array * 2; array = array * 2", ["array"]),
        ("array.resize(1000, refcheck=True)", []),
        ("frame = Frame()", ["frame"]),
        ("def f():\n    global made\n    made = 1\nf()", ["f", "made"]),
        ("exec('hidden = 1')", ["hidden"]),
        ("_private = 1; _12 = 2; __ = 3; _i7 = 4", ["_private"]),
        ("import json as j", ["j"]),
        ("del x", []),
    ],
)
def test_bound(code: str, names: list[str]) -> None:
    """Else a rewind, or the turn's list of names, is wrong about what the code replaced."""
    array = np.zeros(10)
    namespace = {"x": 1, "items": [1], "array": array, "frame": Frame(), "Frame": Frame}
    del array
    assert sorted(run(code, namespace)) == names


def test_what_other_cells_bind() -> None:
    """Else Claude's code is said to have replaced what the user's own cell replaced."""
    code = "y = x\nexec('other = 1; x = 2')"
    assert sorted(run(code, {"x": 1, "other": 0}, alone=False)) == ["x", "y"]


def test_it_keeps_nothing_alive() -> None:
    """Else a large frame that the code replaces stays in memory until the end of the run."""
    namespace: dict[str, Any] = {"frame": Frame()}
    alive = weakref.ref(namespace["frame"])
    bindings = Bindings(namespace)
    namespace["frame"] = None
    gc.collect()
    assert alive() is None
    assert bindings.changed([], alone=True) == ["frame"]
