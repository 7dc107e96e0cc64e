"""Shows a value or an error as IPython does, also if it is very long."""

from __future__ import annotations

import os
import traceback
from types import TracebackType
from typing import Any

from .._text import without_escapes
from .outputs import MOST_VALUE

_OURS = os.path.dirname(__file__) + os.sep


def formatted(shell: Any, value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a value's MIME bundle and its metadata."""
    if type(value) in (str, bytes, bytearray) and len(value) > MOST_VALUE:
        half = MOST_VALUE // 2
        left = f"\n… {len(value) - 2 * half:,} characters left out …\n"
        return {"text/plain": f"{value[:half]!r}{left}{value[-half:]!r}"}, {}
    data, metadata = shell.display_formatter.format(value)
    return data or {}, metadata or {}


def text_of(error: BaseException) -> str:
    """Return an error's text; its class may be the user's."""
    try:
        return str(error)
    except Exception:
        return "‹its text cannot be shown›"


def line_of(error: BaseException) -> str:
    """Return an error as one line."""
    if isinstance(error, SyntaxError) and error.lineno:
        text = f"{error.msg} (line {error.lineno})"
    else:
        text = text_of(error)
    text = without_escapes(text).strip().partition("\n")[0][:500]
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def traceback_of(shell: Any, error: BaseException) -> list[str]:
    """Return the lines that IPython shows for an error.

    Parameters
    ----------
    shell : InteractiveShell
        Has the user's style of tracebacks.
    error : BaseException
        The error, which was raised in the code.
    """
    kind, frames = type(error), _without_ours(error.__traceback__)
    try:
        render: Any = getattr(error, "_render_traceback_", None)
        if callable(render):
            rendered: Any = render()
            return [str(line) for line in rendered]
        if type(error).__name__ == "UsageError":
            return [line_of(error)]
        if isinstance(error, SyntaxError):
            # IPython shows no frames for an error in the code itself.
            found = traceback.extract_tb(frames) if frames is not None else []
            return list(shell.SyntaxTB.structured_traceback(kind, error, found))
        if _has_group(error):  # IPython cannot show these either
            return traceback.format_exception(kind, error, frames)
        return list(shell.InteractiveTB.structured_traceback(kind, error, frames, tb_offset=0))
    except Exception:
        return traceback.format_exception_only(kind, error)


def _without_ours(frames: TracebackType | None) -> TracebackType | None:
    """Return a traceback without our frames, which the user does not need."""
    if frames is None:
        return None
    rest = _without_ours(frames.tb_next)
    if frames.tb_frame.f_code.co_filename.startswith(_OURS):
        return rest
    return TracebackType(rest, frames.tb_frame, frames.tb_lasti, frames.tb_lineno)


def _has_group(error: BaseException | None) -> bool:
    seen = 0
    while error is not None and seen < 100:
        if any(base.__name__ == "BaseExceptionGroup" for base in type(error).__mro__):
            return True
        error, seen = error.__context__, seen + 1
    return False
