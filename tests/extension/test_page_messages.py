"""The messages between kernel and pages: what is defined, what is read, and who takes it."""

from __future__ import annotations

import asyncio
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from unittest.mock import MagicMock

import pytest
from typing_extensions import TypeAliasType, is_typeddict

from jupyter_claude._protocol import reading
from jupyter_claude._protocol.history import HistoryFromPage
from jupyter_claude._protocol.panel import PanelFromPage
from jupyter_claude._protocol.sign_in import SignInFromPage
from jupyter_claude._protocol.turn import TurnFromPage
from jupyter_claude._views.history import HistoryView
from jupyter_claude._views.panel import PanelView
from jupyter_claude._views.sign_in import SignInView
from jupyter_claude._views.widgets import LiveView
from scripts import messages

pytestmark = pytest.mark.pure

READERS = {
    TurnFromPage: reading.from_turn,
    PanelFromPage: reading.from_panel,
    HistoryFromPage: reading.from_history,
    SignInFromPage: reading.from_sign_in,
}


def examples(kind: Any) -> list[Any]:
    """Return a value of each kind that a type allows."""
    if isinstance(kind, TypeAliasType):
        return examples(kind.__value__)
    if is_typeddict(kind):
        made: list[dict[str, Any]] = [{}]
        for name, hint in get_type_hints(kind).items():
            made = [{**one, name: value} for one in made for value in examples(hint)]
        return made
    arguments = get_args(kind)
    if get_origin(kind) in (Union, types.UnionType):
        return [example for each in arguments for example in examples(each)]
    if get_origin(kind) is Literal:
        return list(arguments)
    if get_origin(kind) is list:
        return [examples(arguments[0])]
    if get_origin(kind) is dict:
        return [{"key": value} for value in examples(arguments[1])]
    simple: dict[Any, list[Any]] = {str: ["text"], int: [7], float: [0.5], bool: [True]}
    return simple.get(kind, [None])


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Views live in asyncio's loop."""
    return "asyncio"


@pytest.mark.anyio
async def test_each_message_of_a_page_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise: a button does nothing, since nobody in the kernel takes its message."""
    unhandled = MagicMock()
    monkeypatch.setattr(reading, "unhandled", unhandled)
    # What comes of a message is no matter here.
    monkeypatch.setattr(PanelView, "_do", lambda _, work: work.close())
    monkeypatch.setattr(PanelView, "_reply", lambda _, work: work.close())
    monkeypatch.setattr(HistoryView, "_start", lambda _, work: work.close())
    loop, session, told = asyncio.get_running_loop(), MagicMock(), MagicMock()
    handlers: dict[TypeAliasType, Any] = {
        TurnFromPage: LiveView(MagicMock(), MagicMock())._take,
        PanelFromPage: PanelView(session, loop).handle_message,
        HistoryFromPage: HistoryView(session, told).handle_message,
        SignInFromPage: SignInView(session, told).handle_message,
    }
    assert handlers.keys() == READERS.keys()
    for kind, handle in handlers.items():
        for message in examples(kind):
            assert READERS[kind](message) is message
            handle(message)
            assert not unhandled.called, message


@pytest.mark.anyio
async def test_both_views_tell_who_writes() -> None:
    """Otherwise: a request is denied while the user writes in it, in a cell or in the panel."""
    approvals, session = MagicMock(), MagicMock()
    message = {"type": "typing", "request": "request-1"}
    LiveView(MagicMock(), approvals)._take(message)
    PanelView(session, asyncio.get_running_loop()).handle_message(message)
    approvals.typing.assert_called_once_with("request-1")
    session.approvals.typing.assert_called_once_with("request-1")


@pytest.mark.parametrize("kind", READERS, ids=lambda kind: kind.__name__)
def test_what_is_not_defined_is_passed_over(kind: TypeAliasType) -> None:
    """Otherwise: a page of another version, or a hostile one, brings a view to fail."""
    read = READERS[kind]
    assert not any(map(read, [None, [], "hello", {}, {"type": "nonsense"}, {"type": ["hello"]}]))
    for message in examples(kind):
        assert read({**message, "later": {"version": 2}}) is not None
        if message["type"] == "answer":
            continue  # the approvals judge it, and tell the page
        optional = {"confirmed", "id"} if message["type"] == "interrupt" else {"confirmed"}
        for name in message.keys() - optional - {"attached"}:
            assert read({key: value for key, value in message.items() if key != name}) is None
            assert read({**message, name: {"no": "such thing"}}) is None


@pytest.mark.parametrize(
    ("value", "kind", "is_one"),
    [
        (1, float, True),
        (True, float, False),
        (True, int, False),
        (1, bool, False),
        (True, Literal[1], False),
        (["a"], list[str], True),
        (["a", 1], list[str], False),
        ({"a": "b"}, dict[str, str], True),
        ({"a": 1}, dict[str, str], False),
        (None, Union[int, None], True),
    ],
)
def test_what_fits(value: object, kind: Any, is_one: bool) -> None:
    """Otherwise: a view acts on a number where a page sent true, or on half a list."""
    assert reading.fits(value, kind) is is_one


def test_an_old_file_is_told_of_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise: the page is built with messages that the kernel does not send."""
    target = tmp_path / "messages.generated.ts"
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "TARGET", target)
    monkeypatch.setattr(messages, "typescript", lambda: "as defined")
    monkeypatch.setattr("sys.argv", ["messages", "--check"])
    for old in (None, "as before"):
        if old is not None:
            target.write_text(old)
        assert messages.main() == 1
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith("messages.generated.ts is not what jupyter_claude/_protocol defines")
        assert line.endswith(f"run {messages.COMMAND}")
    monkeypatch.setattr("sys.argv", ["messages"])
    assert messages.main() == 0
    monkeypatch.setattr("sys.argv", ["messages", "--check"])
    assert messages.main() == 0
