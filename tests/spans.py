"""Records the spans that a test's program makes, and shows them as a tree."""

from __future__ import annotations

import json
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider


class Recorder(SpanProcessor):
    """Keeps spans from their start on, so that one that never ends is seen."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []
        self.on = False
        self.provider = TracerProvider()
        self.provider.add_span_processor(self)
        self.tracer = self.provider.get_tracer("the program")

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if self.on:
            self.spans.append(span)

    @property
    def open(self) -> list[str]:
        """The names of the spans that have not ended."""
        return [span.name for span in self.spans if span.end_time is None]

    def tree(self) -> list[str]:
        """Return a line for each span, indented below its parent, with the kind of its error.

        Those of the `mcp` library, which not each version makes, are left out.
        """
        children: dict[int | None, list[ReadableSpan]] = {}
        for span in self.spans:
            children.setdefault(span.parent and span.parent.span_id, []).append(span)
        lines: list[str] = []

        def add(parent: int | None, depth: int) -> None:
            for span in sorted(children.get(parent, ()), key=lambda each: each.start_time or 0):
                context, scope = span.get_span_context(), span.instrumentation_scope
                assert context is not None
                if scope is not None and scope.name.startswith("mcp"):
                    add(context.span_id, depth)
                    continue
                error = (span.attributes or {}).get("error.type")
                assert (error is not None) is (not span.status.is_ok)
                lines.append("  " * depth + span.name + (f": {error}" if error else ""))
                add(context.span_id, depth + 1)

        add(None, 0)
        return lines

    def of(self, name: str, position: int = 0) -> dict[str, Any]:
        """Return the attributes of a span with this name, without the beginnings of their names."""
        found = [span for span in self.spans if span.name == name][position]
        return {
            key.removeprefix("gen_ai.").removeprefix("jupyter_claude."): value
            for key, value in (found.attributes or {}).items()
        }

    def events(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Return all events of the spans with this name."""
        spans = [span for span in self.spans if span.name == name]
        return [(each.name, dict(each.attributes or {})) for span in spans for each in span.events]

    def text(self) -> str:
        """Return all that a collector would get."""
        return json.dumps([json.loads(span.to_json()) for span in self.spans])


#: The only one: the `mcp` library keeps the tracer that it got when it was imported.
RECORDER = Recorder()
