"""Checks the messages that pages send, and ignores those that the definitions do not have.

Additional fields, such as those of a later version, are allowed.
"""

from __future__ import annotations

import types
from functools import cache
from typing import Any, Literal, NoReturn, Union, cast, get_args, get_origin, get_type_hints

from typing_extensions import TypeAliasType, is_typeddict

from .batch import BatchFromPage
from .history import HistoryFromPage
from .lab_comm import LabFromPage
from .panel import PanelFromPage
from .requests import Answer
from .sign_in import SignInFromPage
from .turn import TurnFromPage


def from_turn(content: object) -> TurnFromPage | None:
    """Return the message of a view of one turn; None if it is invalid."""
    return cast("TurnFromPage | None", _read(content, TurnFromPage))


def from_panel(content: object) -> PanelFromPage | None:
    """Return the message of a view of the panel; None if it is invalid."""
    return cast("PanelFromPage | None", _read(content, PanelFromPage))


def from_lab(content: object) -> LabFromPage | None:
    """Return the message of our JupyterLab extension; None if it is invalid."""
    return cast("LabFromPage | None", _read(content, LabFromPage))


def from_history(content: object) -> HistoryFromPage | None:
    """Return the message of a view of the history; None if it is invalid."""
    return cast("HistoryFromPage | None", _read(content, HistoryFromPage))


def from_sign_in(content: object) -> SignInFromPage | None:
    """Return the message of a view of the sign-in; None if it is invalid."""
    return cast("SignInFromPage | None", _read(content, SignInFromPage))


def from_batch(content: object) -> BatchFromPage | None:
    """Return the message of a view of a batch; None if it is invalid."""
    return cast("BatchFromPage | None", _read(content, BatchFromPage))


def unhandled(message: NoReturn) -> NoReturn:
    """Let mypy report a message of the definitions that no branch handles."""
    raise AssertionError(message)


def _read(content: object, kind: object) -> object:
    return content if fits(content, kind) else None


def fits(value: object, kind: Any) -> bool:
    """Whether a value from JSON has this type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(kind, TypeAliasType):
        return fits(value, kind.__value__)
    if origin in (Union, types.UnionType):
        return any(fits(value, each) for each in arguments)
    if origin is Literal:
        return any(value == each and type(value) is type(each) for each in arguments)
    if origin is list:
        return isinstance(value, list) and all(fits(each, arguments[0]) for each in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            fits(key, arguments[0]) and fits(each, arguments[1]) for key, each in value.items()
        )
    if kind is Answer:
        # `Approvals.answer` judges the rest, and the view learns it if the answer does not count.
        return (
            isinstance(value, dict)
            and value.get("type") == "answer"
            and isinstance(value.get("request"), str)
        )
    if is_typeddict(kind):
        return isinstance(value, dict) and all(
            fits(value[name], hint) if name in value else name not in kind.__required_keys__
            for name, hint in _hints(kind).items()
        )
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is kind


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
