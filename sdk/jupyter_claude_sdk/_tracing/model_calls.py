"""The spans of model calls, as far as the CLI's messages show them.

The CLI does not say when it asks the model. So a call begins when the CLI has what it needs for it:
with the prompt, or with the last tool's result. It ends with the last piece of the answer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Tracer

from .._types.messages import AssistantMessage


class ModelCalls:
    """The model calls of a turn's main thread, or of one subagent, one after the other.

    Parameters
    ----------
    tracer : Tracer
        Makes the spans.
    place : Context
        What they are below.
    since : int
        When the first call may begin, in nanoseconds since 1970.
    """

    def __init__(self, tracer: Tracer, place: Context, since: int) -> None:
        self._tracer = tracer
        self._place = place
        self._since = since
        self._span: Span | None = None
        self._id: str | None = None
        self._last = since

    def note(self, message: AssistantMessage) -> None:
        """Take the next piece of an answer."""
        if self._span is None or message.message_id != self._id:
            self.end()
            self._span = self._tracer.start_span(
                f"chat {message.model}",
                context=self._place,
                kind=SpanKind.CLIENT,
                start_time=self._since,
                attributes={
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "anthropic",
                    "gen_ai.response.model": message.model,
                },
            )
            self._id = message.message_id
            if self._id is not None:
                self._span.set_attribute("gen_ai.response.id", self._id)
        self._last = time.time_ns()
        if message.stop_reason is not None:
            self._span.set_attribute("gen_ai.response.finish_reasons", [message.stop_reason])

    def note_event(self, event: Mapping[str, Any]) -> None:
        """Take an event of the API's stream: its last one has the tokens."""
        if event.get("type") != "message_delta" or self._span is None:
            return
        self._last = time.time_ns()
        usage = event.get("usage") or {}
        if isinstance(tokens := usage.get("output_tokens"), int):
            self._span.set_attribute("gen_ai.usage.output_tokens", tokens)
        if reason := (event.get("delta") or {}).get("stop_reason"):
            self._span.set_attribute("gen_ai.response.finish_reasons", [str(reason)])

    def can_go_on(self) -> None:
        """Note that the CLI has what it needs for the next call."""
        self.end()
        self._since = time.time_ns()

    def end(self) -> None:
        """End the present call when its last piece came."""
        if self._span is not None:
            self._span.end(max(self._last, self._since))
            self._span, self._since = None, self._last
