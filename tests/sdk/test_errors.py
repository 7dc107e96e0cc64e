"""The errors themselves: what stays of one that is pickled or copied."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import jupyter_claude_sdk as sdk
import pytest

pytestmark = pytest.mark.pure


class OfAProgram(sdk.ClaudeSDKError):
    """An error that a program derives, whose arguments are not its message."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")
        self.second = second


ERRORS = [
    sdk.ClaudeSDKError("it failed"),
    sdk.CLIConnectionError("it failed"),
    sdk.CLINotFoundError("not there", "some/path"),
    sdk.CLIVersionError("too old"),
    sdk.ProcessError("it ended", 3, "said this"),
    sdk.ResultError("it ended", {"subtype": "error", "errors": ["why"]}, 1, "said this"),
    sdk.StructuredOutputError("no data", {"result": "words", "session_id": "s"}),
    sdk.CLIJSONDecodeError("{", ValueError("not closed")),
    sdk.ControlRequestError("set_model", "no such model", "code"),
    sdk.BatchError("row 3: it failed", sdk.Row(3, 3, {"text": "x"})),
    OfAProgram(1, 2),
]


def test_none_is_left_out() -> None:
    """Otherwise an error that is added later is not tried here."""
    public = {getattr(sdk, name) for name in getattr(sdk, "__all__")}  # noqa: B009
    errors = {each for each in public if isinstance(each, type) and issubclass(each, Exception)}
    assert {each for each in errors if not issubclass(each, Warning)} <= {*map(type, ERRORS)}


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ("boom", ["boom"]),
        ([" a ", "", "  ", None, 3, "b\n"], ["a", "b"]),
        (42, []),
        ({"a": 1}, []),
        (None, []),
    ],
)
def test_the_errors_of_a_result_are_texts(given: Any, errors: list[str]) -> None:
    """A program that joins or prints them would show single letters, or fail at a number."""
    data = {"subtype": "error_during_execution", "errors": given}
    assert sdk.ResultError("m", data).errors == errors
    after = sdk.ResultError._after(data, sdk.ProcessError("ended", 1))
    assert after.errors == errors
    assert "; ".join(errors or ["error_during_execution"]) in str(after)


def test_a_program_without_a_sign_in_says_how_to_sign_in() -> None:
    """Otherwise it names ``/login``, which a program does not have."""
    data = {"is_error": True, "result": "Not logged in · Please run /login"}
    error = sdk.ResultError._after(data, sdk.ProcessError("ended", 1))
    assert "(Not logged in · Please run /login); run `jupyter-claude login`" in str(error)
    assert "set ANTHROPIC_API_KEY" in str(error)
    other = sdk.ResultError._after({"errors": ["no budget"]}, sdk.ProcessError("ended", 1))
    assert "login" not in str(other)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "way",
    [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy],
    ids=["pickle", "copy", "deepcopy"],
)
def test_an_error_travels(error: Exception, way: Callable[[Any], Any]) -> None:
    """Otherwise a worker's error is lost behind a TypeError, or loses what it says."""
    there = way(error)
    assert (type(there), str(there), repr(there)) == (type(error), str(error), repr(error))
    assert str(vars(there)) == str(vars(error))
