"""Says in lines what code seems to do, for the user who must approve it."""

from __future__ import annotations

from .._running.preview import Preview

_MOST = 12  # names in one line


def effect_lines(seen: Preview) -> list[str]:
    """Return the lines of a request: what the code binds, reads, and reaches outside the kernel."""
    if seen.problem:
        return [f"This code cannot run: {seen.problem}"]
    outside = ", ".join(seen.sees) or "none"
    lines = [
        f"Binds: {_listed([str(bind) for bind in seen.binds])}",
        f"Reads: {_listed(list(seen.reads))}",
        f"Shell, files, network: {outside} seen. These lines may be incomplete.",
    ]
    if seen.hidden:
        lines.append("It runs more code that cannot be seen here, such as with exec or %run.")
    return lines


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST]) or "nothing"
    return f"{shown} and {len(names) - _MOST} more" if len(names) > _MOST else shown
