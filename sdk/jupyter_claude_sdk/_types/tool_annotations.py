"""Hints about a tool; a module of its own, since it loads the ``mcp`` library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import mcp.types
from pydantic import ValidationError

__all__ = ["ToolAnnotations"]


class ToolAnnotations(mcp.types.ToolAnnotations):
    """Hints about a tool, none of them binding.

    Parameters
    ----------
    title : str, optional
        A name for people.
    readOnlyHint : bool, optional
        It changes nothing.
    destructiveHint : bool, optional
        It may delete or overwrite.
    idempotentHint : bool, optional
        Calling it again with the same input changes nothing more.
    openWorldHint : bool, optional
        It reaches beyond this machine.
    maxResultSizeChars : int, optional
        How long a result may be before Claude Code shortens it.
    """

    maxResultSizeChars: int | None = None

    if TYPE_CHECKING:
        # The library's 2.x has these names as aliases, which type checkers do not see.
        def __init__(
            self,
            *,
            title: str | None = None,
            readOnlyHint: bool | None = None,
            destructiveHint: bool | None = None,
            idempotentHint: bool | None = None,
            openWorldHint: bool | None = None,
            maxResultSizeChars: int | None = None,
        ) -> None: ...


def annotations_of(given: Any) -> Any:
    """Return annotations that were given as a dict or an instance.

    Raises
    ------
    TypeError
        If they are neither, or a hint is no bool.
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
        raise TypeError(f"These are no tool annotations: {where}: {first['msg']}") from error
