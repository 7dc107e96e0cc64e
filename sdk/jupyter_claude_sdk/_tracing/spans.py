"""What all spans have in common: the tracer, the end with an error, and the present span."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar

from opentelemetry import context, trace
from opentelemetry.trace import Span, Status, StatusCode, Tracer

from .._version import __version__

logger = logging.getLogger("jupyter_claude_sdk")

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: The beginning of the names of attributes for which OpenTelemetry has no convention.
OURS = "jupyter_claude."


def tracer() -> Tracer:
    """Return the tracer of the program's present provider."""
    return trace.get_tracer_provider().get_tracer("jupyter_claude_sdk", __version__)


def fail(span: Span, error_type: str) -> None:
    """Mark a span as failed. There is only the kind of error, since messages may quote content."""
    span.set_attribute("error.type", error_type)
    span.set_status(Status(StatusCode.ERROR, error_type))


def quietly(method: Callable[_P, _T]) -> Callable[_P, _T | None]:
    """Log what a method raises: a fault in tracing must not end a turn."""

    @functools.wraps(method)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _T | None:
        try:
            return method(*args, **kwargs)
        except Exception:
            logger.exception("Tracing failed")
            return None

    return guarded


class Present:
    """Makes a span the present one for a block of code; spans that the block begins are below it.

    Parameters
    ----------
    place : opentelemetry.context.Context
        The context with the span.
    """

    def __init__(self, place: context.Context) -> None:
        self._place = place

    def __enter__(self) -> None:
        self._token = context.attach(self._place)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # If the event loop was closed, the block is left in the context of somebody else.
        if kind is not GeneratorExit:
            context.detach(self._token)
