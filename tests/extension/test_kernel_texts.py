"""Texts that both languages have are the same in both."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import jupyter_claude
from tests.typescript import FRONT_END

#: What the front end has word for word, but is no text: a state in messages, classes and magics.
NO_TEXTS = {"in progress", "mathjax_ignore tex2jax_ignore", "%claude history", "%claude panel"}
_SHORTEST = 10  # characters of a text that is likely to be the same by intention
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*\+\s*"(?:[^"\\\n]|\\.)*")*')
_PIECE = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


def texts_of(path: Path) -> Iterator[str]:
    """Yield the strings of a TypeScript file, those put together with + as one."""
    for found in _STRING.finditer(path.read_text("utf-8")):
        yield "".join(_PIECE.findall(found[0]))


def texts_of_the_kernel() -> set[str]:
    """Return the strings of the Python package."""
    folder = Path(jupyter_claude.__file__).parent
    return {
        node.value
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.pure
def test_a_text_of_both_languages_is_the_same_in_both() -> None:
    """Else the panel calls by another name what the cell says."""
    kernel = texts_of_the_kernel()
    shared = FRONT_END / "src" / "kernel_texts.ts"
    texts = [*texts_of(shared), *texts_of(FRONT_END / "test" / "kernel_texts.ts")]
    # A text with a place, such as "%1 new lines", has its own form in the kernel.
    texts = [text for text in texts if "%" not in text and not text.startswith("./")]
    assert len(texts) > 5
    assert [text for text in texts if text not in kernel] == []
    known = kernel - NO_TEXTS
    twice = [
        (path.name, text)
        for folder in ("src", "plugin")
        for path in sorted((FRONT_END / folder).rglob("*.ts"))
        if path != shared and not path.name.endswith(".generated.ts")
        for text in texts_of(path)
        if len(text) >= _SHORTEST and " " in text and text in known
    ]
    assert twice == [], "these belong into kernel_texts.ts"
