"""Turns and errors on their way: pickled, copied, sent back by workers, kept for another day."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnContext
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import jupyter_claude
from jupyter_claude import APIError, Claude, ClaudeError, RewindPlan, Turn, claude
from jupyter_claude._engine.turn_actions import RunningTurnActions
from jupyter_claude._turns.errors import show_as_one_line
from jupyter_claude._turns.interruptions import Interruptions
from jupyter_claude._turns.items import TextItem, ToolCall
from jupyter_claude._turns.writer import TurnWriter

pytestmark = pytest.mark.pure

WAYS = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}
PUBLIC = [getattr(jupyter_claude, name) for name in jupyter_claude.__all__]
ERRORS = [each for each in PUBLIC if isinstance(each, type) and issubclass(each, ClaudeError)]


def written(error: Exception | None = None) -> TurnWriter:
    """Make a turn as a session makes it: followed by others, and written by messages."""
    writer = TurnWriter(3, "uuid", "what was asked", folder=Path("somewhere"))
    writer.turn.listen(lambda _: None)
    parts = Claude()._parts
    writer.set_actions(
        RunningTurnActions(
            writer,
            parts.conversation,
            parts.choices,
            parts.runner,
            Interruptions(),
            parts.queue.submit,
            lambda: None,
            parts.client,
            parts.sign_in,
        )
    )
    writer.put(ToolCall("toolu_1", "Write", {"file_path": "a.txt"}, state="done"))
    writer.put(TextItem("text", "The answer."))
    writer.charge(0.0, {"input_tokens": 7})
    writer.finish("failed" if error else "done", error)
    return writer


def asked(error: Exception | None = None) -> Turn:
    """Make a turn as its users get it."""
    return written(error).turn


def fail_in_a_worker() -> None:
    raise asked(APIError("overloaded", status=529)).error or AssertionError


def ask_in_a_worker() -> Turn:
    return asked()


@pytest.mark.parametrize("way", WAYS)
def test_a_turn(way: str) -> None:
    """Otherwise `%store turn`, `df.to_pickle` and a process pool end in an AttributeError."""
    turn = asked()
    there = WAYS[way](turn)
    assert (there.number, there.id, there.text) == (3, "uuid", "The answer.")
    assert (there.files, there.usage) == (turn.files, turn.usage)
    assert there._repr_mimebundle_() == turn._repr_mimebundle_()
    assert [call.id for call in there.tools] == ["toolu_1"]
    assert there.actions is None  # it is not the session's to stop
    heard: list[Any] = []
    turn.listen(heard.append)
    there._record.notice("n", "only here")
    assert not heard
    assert b"PosixPath" not in pickle.dumps(turn)  # Windows could not read it


def test_a_turn_that_an_earlier_version_kept() -> None:
    """Otherwise an update makes `%store -r` bring turns that raise AttributeError."""
    turn = asked()
    del turn._record.subscription, turn._record.items  # it had none
    there = pickle.loads(pickle.dumps(turn))
    assert (there.subscription, there.text) == (False, "")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_an_error(kind: type[ClaudeError], way: str) -> None:
    """Otherwise an error of a worker is lost behind that of pickling it."""
    turn = asked(kind("It failed."))
    error = turn.error
    assert error is not None
    there = WAYS[way](show_as_one_line(error))
    assert (type(there), str(there)) == (kind, "It failed.")
    assert there._render_traceback_() == [f"{kind.__name__}: It failed."]
    assert there.turn.text == "The answer."


def test_an_error_that_shows_as_one_line() -> None:
    """Otherwise a plain error that passed our code cannot leave its process."""
    there = pickle.loads(pickle.dumps(show_as_one_line(ValueError("no"))))
    assert there._render_traceback_() == ["ValueError: no"]


@pytest.fixture
def spawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpawnContext]:
    """Return what starts processes, and end the tracker that Python keeps beside them."""
    # An IPython of another test may have left its own module there, emptied.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    tracker: Any = getattr(resource_tracker, "_resource_tracker")  # noqa: B009 - it is private
    ran_before = tracker._pid is not None
    yield multiprocessing.get_context("spawn")
    if not ran_before:
        tracker._stop()


def test_a_process_pool(spawn: SpawnContext) -> None:
    """Otherwise the answer of a worker, or what went wrong there, never comes back."""
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        assert str(pool.submit(ask_in_a_worker).result()) == "The answer."
        with pytest.raises(APIError, match="overloaded") as caught:
            pool.submit(fail_in_a_worker).result()
    assert caught.value.status == 529
    assert str(caught.value.turn) == "The answer."


def test_what_holds_turns() -> None:
    """Otherwise `claude.history` or a rewind's plan cannot be kept."""
    session = Claude()
    session._parts.conversation.add(written())
    assert [str(turn) for turn in pickle.loads(pickle.dumps(session.history))] == ["The answer."]
    plan = copy.deepcopy(RewindPlan(session.history[0]))
    assert plan.turn is not None
    assert session.history.find(plan.turn) is session.history[0]  # so a copy can be rewound to
    pickle.dumps(session.cost)


def test_the_session_itself() -> None:
    """Otherwise a function that uses `claude` cannot be sent to a worker, or it is a second one."""
    claude._parts.conversation.listen(lambda _: None)  # as the panel does
    assert WAYS["pickle"](claude) is WAYS["copy"](claude) is WAYS["deepcopy"](claude) is claude
