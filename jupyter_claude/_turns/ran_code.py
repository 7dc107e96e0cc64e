"""`RanCode`: code that a turn ran in the kernel, and the names that it bound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .code_cells import cell_of

__all__ = ["BoundName", "RanCode", "bound_text", "cells_of"]

_LISTED = 20  # the most names in a text


@dataclass(frozen=True)
class BoundName:
    """What code did to a name of the user's.

    Attributes
    ----------
    name : str
        The name.
    effect : {"new", "replaced", "changed", "deleted"}
        ``changed`` is a change in place.
    what : str
        The object before, such as ``DataFrame, 1,000 rows × 5 columns``; "" if there was none.
    copied : bool
        Whether a copy of that object was kept.
    """

    name: str
    effect: Literal["new", "replaced", "changed", "deleted"]
    what: str = ""
    copied: bool = False

    def __str__(self) -> str:
        effect = f"{self.effect} {self.what}".strip()
        return f"{self.name} ({effect}{'; a copy was kept' if self.copied else ''})"


@dataclass(frozen=True)
class RanCode:
    """Code that ran.

    Attributes
    ----------
    code : str
        The code, as in a cell.
    why : str
        Why Claude ran it.
    seconds : float
        How long it ran.
    bound : tuple of BoundName
        The names that it bound, changed or deleted.
    error : str
        Its error in one line; "" if there was none.
    """

    code: str
    why: str = ""
    seconds: float = 0.0
    bound: tuple[BoundName, ...] = ()
    error: str = ""


def cells_of(codes: Iterable[RanCode], *, failed: bool = False) -> list[dict[str, Any]]:
    """Return codes as cells of a notebook, in nbformat 4.5.

    Parameters
    ----------
    codes : iterable of RanCode
        The codes.
    failed : bool, default False
        Whether to include those that ended with an error. Their cells have the tag
        ``raises-exception``, with which nbclient goes on to the next cell.
    """
    return [
        cell_of(code.code, code.why, failed=bool(code.error))
        for code in codes
        if failed or not code.error
    ]


def bound_text(codes: Sequence[RanCode]) -> str:
    """Return what codes did to names, in one line: ``total (new), df (replaced …)``.

    Of a name that several codes bound, it says what was before the first.
    """
    names: dict[str, BoundName] = {}
    for code in codes:
        for bound in code.bound:
            first = names.get(bound.name)
            if first is None or (first.effect == "new" and bound.effect == "deleted"):
                names[bound.name] = bound
            elif first.effect == "changed" and bound.effect in ("replaced", "deleted"):
                names[bound.name] = BoundName(
                    bound.name, bound.effect, first.what, copied=first.copied
                )
    listed = [str(bound) for bound in names.values() if not _came_and_went(bound)]
    more = [f"{len(listed) - _LISTED} more"] if len(listed) > _LISTED else []
    return ", ".join([*listed[:_LISTED], *more])


def _came_and_went(bound: BoundName) -> bool:
    return bound.effect == "deleted" and not bound.what
