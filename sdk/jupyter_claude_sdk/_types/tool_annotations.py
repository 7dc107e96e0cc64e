"""Hints about a tool. A module of its own, because it loads the ``mcp`` library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import mcp.types
from pydantic import ValidationError, model_validator

__all__ = ["ToolAnnotations"]


class ToolAnnotations(mcp.types.ToolAnnotations):
    """Hints about a tool. Nothing enforces them.

    Each name may also be spelled ``with_underscores``.

    Parameters
    ----------
    title : str, optional
        A name for people.
    readOnlyHint : bool, optional
        Whether the tool changes nothing.
    destructiveHint : bool, optional
        Whether it may delete or overwrite something.
    idempotentHint : bool, optional
        Whether a second call with the same input changes nothing more.
    openWorldHint : bool, optional
        Whether it reaches beyond this machine.
    maxResultSizeChars : int, optional
        The longest result in characters that Claude Code does not shorten.
    alwaysLoad : bool, optional
        Whether Claude sees the tool at once, without searching for it first.
    """

    maxResultSizeChars: int | None = None
    alwaysLoad: bool | None = None

    if TYPE_CHECKING:
        # In mcp 2.x these names are aliases, which type checkers do not see.
        def __init__(
            self,
            *,
            title: str | None = None,
            readOnlyHint: bool | None = None,
            destructiveHint: bool | None = None,
            idempotentHint: bool | None = None,
            openWorldHint: bool | None = None,
            maxResultSizeChars: int | None = None,
            alwaysLoad: bool | None = None,
            max_result_size_chars: int | None = None,
            always_load: bool | None = None,
        ) -> None: ...

    @model_validator(mode="before")
    @classmethod
    def _spelled_for_the_wire(cls, given: Any) -> Any:
        return wire_names(given) if isinstance(given, Mapping) else given


def wire_names(hints: Mapping[str, Any]) -> dict[str, Any]:
    """Return hints by their names on the wire: ``read_only_hint`` becomes ``readOnlyHint``."""
    return {_in_camel_case(name): value for name, value in hints.items()}


def _in_camel_case(name: str) -> str:
    first, *others = str(name).split("_")
    return first + "".join(other.title() for other in others)


def annotations_of(given: Any) -> Any:
    """Return annotations as an instance.

    Raises
    ------
    TypeError
        If they are neither a dict nor an instance, or a hint is not a bool.
    """
    if isinstance(given, mcp.types.ToolAnnotations):
        return given
    if not isinstance(given, Mapping):
        raise TypeError(
            "A tool's annotations must be a dict such as {'readOnlyHint': True}, "
            f"not {type(given).__name__}"
        )
    try:
        return ToolAnnotations.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise TypeError(f"The tool annotations are invalid: {where}: {first['msg']}") from error
