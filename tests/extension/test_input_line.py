"""The input line of a console, with a front end whose answers come when the test says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_claude._approvals import Approvals
from jupyter_claude._ipython.frontends import KernelFrontend
from jupyter_claude._kernel import input_line
from jupyter_claude._turns.writer import TurnWriter

pytestmark = [pytest.mark.anyio, pytest.mark.pure]


class FrontEnd:
    """Answers a question once the clock shows the answer's time, and counts the questions."""

    def __init__(self, answers: list[tuple[float, str]], held_up: Callable[[int], float]) -> None:
        self.now = 0.0
        self.asked = 0
        self._answers = answers
        self._held_up = held_up
        self._due: tuple[float, str] | None = None
        kernel = SimpleNamespace(
            session=self,
            stdin_socket=self,
            _parent_ident={"shell": b""},
            get_parent=lambda channel: {},
        )
        self.shell = SimpleNamespace(kernel=kernel)

    def send(self, *_: Any, **__: Any) -> None:
        after, value = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        self._due = (self.now + after, value)

    def poll(self, _: int) -> bool:
        return self._due is not None and self.now >= self._due[0]

    def recv(self, _: Any) -> tuple[Any, Any]:
        assert self._due is not None
        (_, value), self._due = self._due, None
        return None, {"content": {"value": value}}

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + self._held_up(self.asked)


async def typed(
    answers: list[tuple[float, str]],
    monkeypatch: pytest.MonkeyPatch,
    held_up: Callable[[int], float] = lambda asked: 0.0,
    follows: bool = False,
) -> tuple[str | None, int]:
    """Return what is read with these answers, and how often was asked."""
    front_end = FrontEnd(answers, held_up)
    monkeypatch.setattr(input_line, "monotonic", lambda: front_end.now)
    monkeypatch.setattr(input_line, "asyncio", SimpleNamespace(sleep=front_end.sleep))
    line = await input_line.InputLine(front_end.shell, 0.8).read("Allow? ", follows=follows)
    return line, front_end.asked


async def test_what_was_typed_before_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise: a "y" that was typed ahead approves a command that nobody has read."""
    assert await typed([(2.0, "y")], monkeypatch) == ("y", 1)
    assert await typed([(0.1, "y"), (1.0, "n")], monkeypatch) == ("n", 2)

    # The kernel is held up after the question, and looks only when time enough has gone by.
    def held_up(asked: int) -> float:
        return 5.0 if asked == 1 else 0.0

    assert await typed([(0.1, "y"), (1.0, "n")], monkeypatch, held_up) == ("n", 2)


async def test_pasted_lines_are_not_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise: of code that a user pastes in place of Claude's, lines are missing."""
    assert await typed([(0.0, "x = 1")], monkeypatch, follows=True) == ("x = 1", 1)


async def test_a_program_that_answers_at_once_is_not_asked_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise: `yes | jupyter console` prints the question without end, and never stops."""
    assert await typed([(0.0, "y")], monkeypatch) == (None, 3)


async def test_a_panel_asks_where_there_is_one(tmp_path: Path) -> None:
    """Otherwise: with a console at the same kernel, what the panel began is denied or hangs."""
    for watched in (True, False):
        surroundings = KernelFrontend(None, lambda: "off", [watched].pop)
        turn = TurnWriter(1, "id", "", folder=tmp_path, can_ask=True)
        surroundings.show_unasked(turn, None, Approvals())
        assert turn.turn.can_ask is watched
