"""`TurnSpans`: the span of a turn, and those of its model calls, tool calls and requests."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Tracer

from .._errors import StructuredOutputError
from .._mcp.messages import CALL_ID
from .._options import ClaudeAgentOptions
from .._types.blocks import ToolResultBlock, ToolUseBlock
from .._types.messages import (
    AssistantMessage,
    Message,
    ResultMessage,
    StreamEvent,
    UserMessage,
)
from .._types.notices import SystemMessage
from .content import Content, size_of
from .model_calls import ModelCalls
from .spans import OURS, Present, fail, quietly, tracer

#: The agent, in the names and attributes of spans.
_AGENT = "Claude Code"
_PROVIDER = {"gen_ai.provider.name": "anthropic"}


class TurnSpans:
    """The spans of one turn. Whoever begins it must `end` it, and that ends all of them.

    Parameters
    ----------
    tracer : Tracer
        Makes the spans.
    span : Span
        The turn's.
    content : Content or None
        Adds what was said.
    """

    def __init__(self, tracer: Tracer, span: Span, content: Content | None) -> None:
        self._tracer = tracer
        self._span = span
        self._content = content
        self._place = trace.set_span_in_context(span)
        self._tools: dict[str, Span] = {}  # by call, those that run
        self._places: dict[str, Context] = {}  # by call, all
        self._waits: set[PermissionSpan] = set()
        self._calls: dict[str | None, ModelCalls] = {}  # of the main thread, and of each subagent
        self._sent = False
        self._interrupted = False
        self._ended = False

    @classmethod
    def begin(
        cls, prompt: Mapping[str, Any] | None, options: ClaudeAgentOptions
    ) -> TurnSpans | None:
        """Begin a turn below the present span; return None if the program has no provider.

        Without a prompt the CLI has begun it by itself. If a sampler leaves the turn out, its spans
        do nothing, but the CLI's are left out by them too.
        """
        makes = tracer()
        name = f"invoke_agent {_AGENT}"
        span = makes.start_span(name, kind=SpanKind.CLIENT, attributes=_PROVIDER)
        if not span.get_span_context().is_valid:
            return None
        span.set_attribute("gen_ai.operation.name", "invoke_agent")
        span.set_attribute("gen_ai.agent.name", _AGENT)
        content = Content.wanted(options) if span.is_recording() else None
        spans = cls(makes, span, content)
        if prompt is None:
            spans._begin_calls()
            return spans
        said = (prompt.get("message") or {}).get("content")
        span.set_attribute(OURS + "prompt.size", size_of(said))
        if content is not None:
            span.set_attributes(content.prompt(said))
        return spans

    def _begin_calls(self) -> None:
        self._sent = True
        self._calls[None] = ModelCalls(self._tracer, self._place, time.time_ns())

    def carrier(self) -> dict[str, str]:
        """Return the variables that put another program's spans below this turn."""
        carrier: dict[str, str] = {}
        _write(carrier, self._place)
        return {name.upper(): value for name, value in carrier.items()}

    @quietly
    def sent(self) -> None:
        """Note that the prompt goes to the CLI. Before, it waited for other turns."""
        self._span.add_event("prompt sent")
        self._begin_calls()

    # --- messages -----------------------------------------------------------------------------

    @quietly
    def note(self, messages: Iterable[Message], interrupted: bool = False) -> None:
        """Take the turn's next messages; say whether somebody has interrupted it."""
        self._interrupted = interrupted
        for message in messages:
            if isinstance(message, StreamEvent):
                calls = self._calls.get(message.parent_tool_use_id)
                if calls is not None:
                    calls.note_event(message.event)
            elif isinstance(message, AssistantMessage):
                self._note_answer(message)
            elif isinstance(message, UserMessage):
                self._note_results(message)
            elif isinstance(message, SystemMessage):
                self._note_notice(message)

    def _note_answer(self, message: AssistantMessage) -> None:
        thread = message.parent_tool_use_id
        if message.error is None and message.model != "<synthetic>":
            calls = self._calls.get(thread)
            if calls is None:
                place = self._place_of(thread)
                calls = self._calls[thread] = ModelCalls(self._tracer, place, time.time_ns())
            calls.note(message)
            if thread is None:
                self._span.set_attribute("gen_ai.response.model", message.model)
        if thread in self._tools and message.subagent_type:
            self._tools[thread].set_attribute("gen_ai.agent.name", message.subagent_type)
        for block in message.content:
            if isinstance(block, ToolUseBlock):
                self._begin_tool(block.id, block.name, block.input, self._place_of(thread))

    def _begin_tool(self, call: str, name: str, given: Mapping[str, Any], place: Context) -> None:
        if call in self._places or self._ended:
            return
        span = self._tracer.start_span(
            f"execute_tool {name}",
            context=place,
            attributes={
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": name,
                "gen_ai.tool.call.id": call,
                "gen_ai.tool.type": "function",
            },
        )
        if self._content is not None:
            span.set_attributes(self._content.arguments(given))
        self._tools[call] = span
        self._places[call] = trace.set_span_in_context(span, place)
        if call not in self._calls:  # it may be a subagent's
            self._calls[call] = ModelCalls(self._tracer, self._places[call], time.time_ns())

    def _note_results(self, message: UserMessage) -> None:
        if isinstance(message.content, str):
            return
        metas = {meta.get("id"): meta for meta in message.tool_result_meta or []}
        for block in message.content:
            if isinstance(block, ToolResultBlock):
                self._end_tool(block, metas.get(block.tool_use_id) or {})
        calls = self._calls.get(message.parent_tool_use_id)
        if calls is not None:
            calls.can_go_on()

    def _end_tool(self, block: ToolResultBlock, meta: Mapping[str, Any]) -> None:
        span = self._tools.pop(block.tool_use_id, None)
        calls = self._calls.pop(block.tool_use_id, None)
        if calls is not None:
            calls.end()
        if span is None:
            return
        span.set_attribute(OURS + "tool.output.size", size_of(block.content))
        if self._content is not None:
            span.set_attributes(self._content.output(block.content))
        if block.is_error:
            why = _why_not(meta)
            fail(span, why or ("interrupted" if self._interrupted else "tool_error"))
        span.end()

    def _note_notice(self, message: SystemMessage) -> None:
        data = message.data
        if message.subtype == "init":
            self._span.set_attribute("gen_ai.conversation.id", str(data.get("session_id")))
            self._span.set_attribute("gen_ai.request.model", str(data.get("model")))
        elif message.subtype == "api_retry":
            facts = {
                "error.type": str(data.get("error_status") or "network"),
                OURS + "retry.attempt": data.get("attempt"),
                OURS + "retry.seconds": (data.get("retry_delay_ms") or 0) / 1000,
            }
            self._span.add_event("retry", {key: each for key, each in facts.items() if each})

    def _place_of(self, call: object) -> Context:
        """Return where spans below a call belong; without a call, or a known one, to the turn."""
        return self._places.get(str(call), self._place)

    # --- requests -----------------------------------------------------------------------------

    def serving(self, request: Mapping[str, Any]) -> Present:
        """Return a block of code that answers the CLI.

        Its spans are below the tool call that the request is about, or below the turn.
        """
        message = request.get("message")
        if not isinstance(message, dict):
            return Present(self._place_of(request.get("tool_use_id")))  # a hook
        parameters = message.get("params")
        if message.get("method") != "tools/call" or not isinstance(parameters, dict):
            return Present(self._place)
        meta = parameters.setdefault("_meta", {})
        place = self._place_of(meta.get(CALL_ID))
        if "traceparent" not in meta:
            _write(meta, place)  # MCP's convention: the `mcp` library makes a span below it
        return Present(place)

    @quietly
    def permission(self, request: Mapping[str, Any]) -> PermissionSpan:
        """Begin the span of a ``can_use_tool`` request: a block of code that gets the answer."""
        name, call = str(request.get("tool_name")), request.get("tool_use_id")
        if call is not None:  # its message may come later
            self._begin_tool(str(call), name, request.get("input") or {}, self._place)
        place = self._place_of(call)
        span = self._tracer.start_span(
            f"permission {name}", context=place, attributes={"gen_ai.tool.name": name}
        )
        if call is not None:
            span.set_attribute("gen_ai.tool.call.id", str(call))
        wait = PermissionSpan(span, trace.set_span_in_context(span, place), request, self._waits)
        self._waits.add(wait)
        return wait

    # --- end ----------------------------------------------------------------------------------

    @quietly
    def end(self, result: ResultMessage | None, error: Exception | None, interrupted: bool) -> None:
        """End the turn, and what of it has not ended.

        Parameters
        ----------
        result : ResultMessage or None
            The turn's result.
        error : Exception or None
            Why it failed.
        interrupted : bool
            Whether somebody interrupted it.
        """
        if self._ended:
            return
        self._ended = True
        why = self._why(result, error, interrupted)
        for wait in list(self._waits):
            wait.end("withdrawn")
        for calls in self._calls.values():
            calls.end()
        for span in self._tools.values():
            if why is not None:
                fail(span, why)
            else:  # a subagent in the background made it
                span.set_attribute(OURS + "tool.continues", True)
            span.end()
        self._tools.clear()
        if result is not None:
            self._span.set_attributes(_facts(result))
            if self._content is not None and result.result is not None:
                reason = result.stop_reason or result.subtype
                self._span.set_attributes(self._content.answer(result.result, reason))
        if why is not None:
            fail(self._span, why)
        self._span.end()

    def _why(
        self, result: ResultMessage | None, error: Exception | None, interrupted: bool
    ) -> str | None:
        """Return the kind of error with which the turn ends; None if it succeeded."""
        if result is None:
            if not self._sent:
                return "cancelled"
            return "interrupted" if interrupted else type(error).__name__
        stopped = str(result.terminal_reason).startswith("aborted")
        if stopped or (interrupted and (result.is_error or result.subtype != "success")):
            return "interrupted"
        if result.api_error_status is not None:
            return str(result.api_error_status)
        if result.is_error or result.subtype != "success":
            return result.subtype if result.subtype != "success" else "error"
        return type(error).__name__ if isinstance(error, StructuredOutputError) else None


class PermissionSpan:
    """The span of a request for permission, around the code that answers it."""

    def __init__(
        self,
        span: Span,
        place: Context,
        request: Mapping[str, Any],
        waits: set[PermissionSpan],
    ) -> None:
        self._span = span
        self._present = Present(place)
        self._input = request.get("input")
        self._waits = waits
        self._outcome = "withdrawn"

    def __enter__(self) -> PermissionSpan:
        self._present.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._present.__exit__(kind, error, trace)
        if isinstance(error, Exception):
            self.end("failed", type(error).__name__)
        else:
            self.end(self._outcome)

    @quietly
    def answered(self, answer: Mapping[str, Any]) -> None:
        """Note the answer that goes to the CLI."""
        self._outcome = str(answer.get("behavior"))
        changed = answer.get("updatedInput", self._input) != self._input
        self._span.set_attribute(OURS + "permission.edited", changed)
        rules = len(answer.get("updatedPermissions") or ())
        self._span.set_attribute(OURS + "permission.rules_added", rules)

    @quietly
    def end(self, outcome: str, error_type: str | None = None) -> None:
        """End the span, once."""
        if self not in self._waits:
            return
        self._waits.discard(self)
        self._span.set_attribute(OURS + "permission.outcome", outcome)
        if error_type is not None:
            fail(self._span, error_type)
        self._span.end()


@quietly
def _write(carrier: dict[str, str], place: Context) -> None:
    """Write the trace into a carrier, by the propagators that the program has set."""
    propagate.inject(carrier, context=place)


def _why_not(meta: Mapping[str, Any]) -> str | None:
    """Return why a tool call did not run; None if it ran and failed."""
    decision = (meta.get("permission_decision") or {}).get("decision")
    kind = meta.get("non_execution_kind")
    if decision == "reject" or kind == "permission-rule":
        return "denied"
    return "interrupted" if kind == "user-rejected" else None


def _facts(result: ResultMessage) -> dict[str, Any]:
    """Return what a result says of its turn: tokens and dollars, subagents included."""
    models = result.model_usage_since_last_result
    facts: dict[str, Any] = {
        "gen_ai.conversation.id": result.session_id,
        OURS + "model_calls": result.num_turns,
    }
    if models is not None:
        read = sum(each["cacheReadInputTokens"] for each in models.values())
        written = sum(each["cacheCreationInputTokens"] for each in models.values())
        fresh = sum(each["inputTokens"] for each in models.values())
        facts |= {
            "gen_ai.usage.input_tokens": fresh + read + written,
            "gen_ai.usage.cache_read.input_tokens": read,
            "gen_ai.usage.cache_creation.input_tokens": written,
            "gen_ai.usage.output_tokens": sum(each["outputTokens"] for each in models.values()),
            OURS + "cost_usd": round(sum(each["costUSD"] for each in models.values()), 9),
        }
    return facts
