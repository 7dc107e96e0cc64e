"""Copies of variables that Claude's code replaces: a rewind gives them back."""

from __future__ import annotations

import ast
import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from jupyter_claude._running.bound import Bindings
from jupyter_claude._running.copies import Copies
from jupyter_claude._running.frames import bytes_of, copied
from jupyter_claude._running.preview import preview
from jupyter_claude._running.runner import Ran

pytestmark = pytest.mark.pure

MB = 1e6


class Notebook:
    """A namespace in which the user and Claude run code."""

    def __init__(self, limit_mb: float = 100, **names: Any) -> None:
        self.names: dict[str, Any] = {"np": np, **names}
        self.copies = Copies(self.names)
        self.limit = limit_mb

    def run(self, code: str) -> None:
        """Run code of the user's."""
        exec(code, self.names)
        del self.names["__builtins__"]

    def claude(self, turn: str, code: str) -> str:
        """Run code of Claude's. Return what it did to names."""
        seen = preview(code, str, self.names, lambda value: type(value).__name__)
        before = self.copies.before(turn, seen, self.limit)
        bindings = Bindings(self.names)
        begun = ast.parse(code).body
        try:
            self.run(code)
        except Exception:
            del begun[1:]  # it failed in its first statement
            del self.names["__builtins__"]
        bound = tuple(bindings.changed(begun, alone=True))
        return ", ".join(map(str, before.after(Ran(code, bound=bound))))

    def back(self, *turns: str) -> tuple[list[str], list[str], list[str]]:
        """Rewind. Return the names that came back, those bound since, those without a copy."""
        foreseen = self.copies.preview(turns)
        back = self.copies.give_back(turns)
        assert (foreseen.names, foreseen.changed_since) == (back.names, back.changed_since)
        return back.names, back.changed_since, back.no_copy


def array(*values: float) -> Any:
    """Return an array."""
    return np.array(values)


def test_what_code_did() -> None:
    """Else a rewind's plan does not say what the dropped turns did to variables."""
    book = Notebook(a=array(1), b=array(2), x=1, gone=3)
    did = book.claude("t", "new = 1\na = a * 2\nb[0] = 7\nx = 2\ndel gone")
    assert sorted(did.split(", ")) == [
        "a (replaced ndarray; a copy was kept)",
        "b (changed ndarray; a copy was kept)",
        "gone (deleted int)",
        "new (new)",
        "x (replaced int)",
    ]
    assert book.back("t") == (["b", "a"], [], ["gone", "x"])
    assert (book.names["a"][0], book.names["b"][0], book.names["x"]) == (1, 2, 2)
    assert book.back("t") == ([], [], [])


def test_off_by_default() -> None:
    """Else each run would need twice the memory without a word."""
    book = Notebook(limit_mb=0, a=array(1))
    assert book.claude("t", "a = a * 2") == "a (replaced ndarray)"
    assert book.back("t") == ([], [], ["a"])
    assert book.names["a"][0] == 2


def test_what_the_user_bound_since() -> None:
    """Else a rewind would take away what the user made after Claude's code."""
    book = Notebook(a=array(1), b=array(1))
    book.claude("t", "a = a * 2; b = b * 2")
    book.run("a = a + 1; b = None")
    assert book.back("t") == ([], ["b", "a"], [])
    assert book.names["a"][0] == 3
    book = Notebook(a=array(1))
    book.claude("t", "a = None")
    assert book.back("t")[0] == ["a"]
    book = Notebook(a=array(1))
    book.claude("t", "a = a.tolist()")
    assert book.back("t")[0] == ["a"]


def test_several_runs() -> None:
    """Else a rewind over several runs would give back a state in between."""
    book = Notebook(a=array(1))
    for turn, code in [("1", "a = a * 2"), ("1", "a[0] = 5"), ("2", "a = a + 1")]:
        book.claude(turn, code)
    book.claude("3", "c = 1")
    assert book.copies.preview(["2"]).names == ["a"]
    assert book.copies.preview(["1"]).changed_since == ["a"]
    assert book.back("1", "2", "3")[0] == ["a"]
    assert book.names["a"][0] == 1
    # The user bound it between two of the turns: what is theirs comes back.
    book = Notebook(a=array(1))
    book.claude("1", "a = a * 2")
    book.run("a = np.array([7.0])")
    book.claude("2", "a = a * 2")
    assert book.back("1", "2")[0] == ["a"]
    assert book.names["a"][0] == 7
    # It was new in the first of the turns: there is nothing to give back.
    book = Notebook()
    book.claude("1", "a = np.ones(1)")
    book.claude("2", "a[0] = 2")
    assert book.back("1", "2") == ([], [], [])
    assert book.names["a"][0] == 2


def test_an_undo() -> None:
    """Else what a rewind replaced would be lost, with what the user changed in it."""
    book = Notebook(a=array(1), b=array(1))
    book.claude("t", "a = a * 2; b = b * 2")
    book.run("a[0] = 9")
    back = book.copies.give_back(["t"])
    assert book.names["a"][0] == 1
    book.run("b = 5")
    assert back.undo(book.names) == ["a"]
    assert (book.names["a"][0], book.names["b"]) == (9, 5)


def test_code_that_did_not_change_it() -> None:
    """Else copies of variables that nothing changed would be given back, or kept."""
    book = Notebook(a=array(1), b=array(1))
    assert book.claude("t", "1/0\na = a * 2\nb = 1") == ""
    assert book.back("t") == ([], [], [])
    assert book.copies.size == 0


def test_the_limit() -> None:
    """Else copies would fill the memory."""
    book = Notebook(limit_mb=2.5, a=np.zeros(125_000), b=np.zeros(125_000), big=np.zeros(400_000))
    book.claude("1", "a = a + 1")
    book.claude("2", "b = b + 1")
    assert book.copies.size == 2 * MB
    assert "a copy was kept" not in book.claude("3", "big = big + 1")
    book.claude("4", "b = b + 1")
    assert book.copies.size <= 2.5 * MB
    assert book.copies.preview(["1"]).no_copy == ["a"]
    # An older copy is gone, so that the newer one is not the state before both.
    assert book.copies.preview(["2", "4"]).names == ["b"]
    book.claude("5", "b = b + 1")
    assert book.copies.preview(["2", "4", "5"]).no_copy == ["b"]
    book.copies.forget()
    assert book.copies.size == 0


def test_it_keeps_nothing_else_alive() -> None:
    """Else what Claude's code made could never be freed."""
    book = Notebook(limit_mb=100, a=array(1))
    book.claude("t", "a = a * 2")
    alive = weakref.ref(book.names["a"])
    book.names["a"] = 1
    gc.collect()
    assert alive() is None


class Odd(np.ndarray):
    """A class of the user's."""

    def copy(self, order: Any = "C") -> Any:
        """Fail."""
        raise AssertionError("the user's code was called")


def test_only_what_runs_no_code_of_the_users() -> None:
    """Else a copy would run the user's code before the user's answer."""
    assert bytes_of(np.zeros(3)) == 24
    assert bytes_of(np.array([object()])) is None
    assert bytes_of(np.zeros(3).view(Odd)) is None
    assert bytes_of([1]) is None
    assert bytes_of(None) is None


def frames() -> list[tuple[str, Callable[[Any], Any], Callable[[Any], None]]]:
    """Return the frames to copy: library, how to make one, how to change it in place."""

    def change_pandas(frame: Any) -> None:
        frame["a"] = frame["a"] * 2

    def change_polars(frame: Any) -> None:
        frame[0, "a"] = 5

    return [
        ("pandas", lambda pd: pd.DataFrame({"a": [1, 2], "s": ["x", "y"]}), change_pandas),
        ("polars", lambda pl: pl.DataFrame({"a": [1, 2], "s": ["x", "y"]}), change_polars),
    ]


@pytest.mark.parametrize(("library", "make", "change"), frames(), ids=["pandas", "polars"])
def test_frames(library: str, make: Callable[[Any], Any], change: Callable[[Any], None]) -> None:
    """Else a frame that Claude's code changed in place could not be given back."""
    frame = make(pytest.importorskip(library))
    size = bytes_of(frame)
    assert size is not None
    assert 16 <= size < 1_000
    kept = copied(frame)
    change(frame)
    assert kept["a"].to_list() == [1, 2]
    assert frame["a"].to_list() != [1, 2]
    series = frame["a"]
    assert bytes_of(series) is not None
    assert copied(series).to_list() == series.to_list()
    assert bytes_of(type("Mine", (type(frame),), {})(frame)) is None
    if library == "pandas":
        frame.attrs["mine"] = object()  # a copy would copy it by the user's code
        assert bytes_of(frame) is None
