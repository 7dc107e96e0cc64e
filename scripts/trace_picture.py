"""Draw the trace of a real run as `docs/images/trace.svg`: Claude Code, with a scripted model.

Usage: python -m scripts.trace_picture
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    PermissionResultAllow,
    PermissionResultDeny,
)
from jupyter_claude_sdk import map as ask_each
from jupyter_claude_sdk.lowlevel import find_cli
from jupyter_claude_sdk.testing import ScriptedModel
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "trace.svg"
WIDTH, LINE, NAMES = 1040, 21, 330
#: The colour of a span's bar, by the beginning of its name.
COLOURS = {
    "invoke_agent": "#8a6d3b",
    "chat": "#c9a866",
    "execute_tool": "#3b7a57",
    "permission": "#7b52ab",
    "map": "#2a6f97",
    "claude_code": "#b4bcc4",
}
LEGEND = {
    "invoke_agent": "turn",
    "chat": "model call",
    "execute_tool": "tool call",
    "permission": "wait for permission",
    "map": "batch and rows",
    "claude_code": "from Claude Code itself",
}


# --- the run ----------------------------------------------------------------------------------


def bash(command: str) -> dict[str, Any]:
    return {"tool": "Bash", "input": {"command": command}}


def pause(seconds: float) -> dict[str, Any]:
    return {"delay": seconds}


REPLIES = {
    "Clean": [
        [pause(0.3), {"text": "I look first."}, bash("ls"), bash("rm -r data")],
        [pause(0.2), bash("sort notes.txt -o notes.txt")],
        [pause(0.4), {"text": "The notes are sorted; the data stay."}],
    ],
    "row 0": [[pause(0.3), {"text": "good"}]],
    "row 1": [
        [
            {"error": 429, "message": "slow down", "times": 1, "retry_after": 0},
            pause(0.3),
            {"text": "bad"},
        ],
    ],
    "row 2": [[pause(0.4), {"text": "good"}]],
}


async def may(tool: str, given: dict[str, Any], context: Any) -> Any:
    """Answer as a user who reads what is asked."""
    await anyio.sleep(0.5)
    if "rm" in given["command"]:
        return PermissionResultDeny(message="Keep the data.")
    return PermissionResultAllow()


async def work(options: ClaudeAgentOptions) -> None:
    """Run a turn and a batch."""
    with trace.get_tracer("program").start_as_current_span("a program"):
        async with ClaudeSDKClient(options) as client, client.turn("Clean up here") as turn:
            async for _ in turn:
                pass
        await ask_each(range(3), "row {value}", options=options, concurrency=2)


@contextlib.contextmanager
def collector() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Run a collector on loopback; give its address and the spans that it gets."""
    spans: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            for resource in json.loads(body).get("resourceSpans", []):
                for scope in resource["scopeSpans"]:
                    spans.extend(scope["spans"])
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", spans
    finally:
        server.shutdown()
        server.server_close()


def telemetry(address: str) -> dict[str, str]:
    """Return the variables with which the CLI sends its spans to a collector."""
    return {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA": "1",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
        "OTEL_EXPORTER_OTLP_ENDPOINT": address,
    }


# --- the picture ------------------------------------------------------------------------------


@dataclass
class Bar:
    """A span."""

    name: str
    id: str
    parent: str
    start: int
    end: int
    error: str = ""
    events: list[tuple[str, int]] = field(default_factory=list)


def recorded() -> list[Bar]:
    """Run the program, and return its spans and the CLI's."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    script = [{"when": prompt, "replies": replies} for prompt, replies in REPLIES.items()]
    with (
        tempfile.TemporaryDirectory() as folder,
        collector() as (address, received),
        ScriptedModel(script) as model,
    ):
        os.environ["CLAUDE_CONFIG_DIR"] = f"{folder}/config"
        (Path(folder) / "notes.txt").write_text("b\na\n")
        options = ClaudeAgentOptions(
            cli_path=find_cli(),
            cwd=folder,
            env={**model.env, **telemetry(address), "HOME": folder},
            model="claude-sonnet-4-5",
            can_use_tool=may,
            setting_sources=[],
        )
        anyio.run(work, options)
    bars = []
    for span in exporter.get_finished_spans():
        assert span.context and span.start_time and span.end_time
        bars.append(
            Bar(
                span.name,
                f"{span.context.span_id:016x}",
                f"{span.parent.span_id:016x}" if span.parent else "",
                span.start_time,
                span.end_time,
                str((span.attributes or {}).get("error.type", "")),
                [(event.name, event.timestamp) for event in span.events],
            )
        )
    for sent in received:
        times = int(sent["startTimeUnixNano"]), int(sent["endTimeUnixNano"])
        bars.append(Bar(sent["name"], sent["spanId"], sent.get("parentSpanId", ""), *times))
    return bars


def in_order(bars: list[Bar], parent: str = "", depth: int = 0) -> Iterator[tuple[int, Bar]]:
    """Yield the spans below a parent, each with its depth, as they began."""
    for bar in sorted((each for each in bars if each.parent == parent), key=lambda one: one.start):
        yield depth, bar
        yield from in_order(bars, bar.id, depth + 1)


def drawn(bars: list[Bar]) -> str:
    """Return the picture as SVG."""
    lines = list(in_order(bars))
    first, last = min(each.start for each in bars), max(each.end for each in bars)
    scale = (WIDTH - NAMES - 90) / (last - first)
    height = LINE * len(lines) + 70
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12.5" fill="#222">',
        "<title>The trace of a turn and of a batch</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for number, (depth, bar) in enumerate(lines):
        y = 12 + LINE * number
        colour = next((each for name, each in COLOURS.items() if bar.name.startswith(name)), "#555")
        x, wide = NAMES + (bar.start - first) * scale, max((bar.end - bar.start) * scale, 1.5)
        seconds = f"{(bar.end - bar.start) / 1e9:.2f} s"
        if number % 2:
            parts.append(f'<rect y="{y}" width="{WIDTH}" height="{LINE}" fill="#f7f7f5"/>')
        parts.append(f'<text x="{10 + 13 * depth}" y="{y + 15}">{escape(bar.name)}</text>')
        edge = ' stroke="#b00020" stroke-width="1.6"' if bar.error else ""
        parts.append(
            f'<rect x="{x:.1f}" y="{y + 4}" width="{wide:.1f}" height="{LINE - 8}" rx="2" '
            f'fill="{colour}"{edge}/>'
        )
        words = f"{seconds} · {bar.error}" if bar.error else seconds
        red = ' style="fill:#b00020"' if bar.error else ""
        parts.append(f'<text x="{x + wide + 5:.1f}" y="{y + 15}"{red}>{escape(words)}</text>')
        for name, when in bar.events:
            at = NAMES + (when - first) * scale
            parts.append(
                f'<path d="M{at:.1f} {y + 2}v{LINE - 4}" stroke="#222" stroke-width="1.4">'
                f"<title>{escape(name)}</title></path>"
            )
    x = 10.0
    for name, words in LEGEND.items():
        y = height - 22
        parts.append(f'<rect x="{x}" y="{y - 10}" width="16" height="11" fill="{COLOURS[name]}"/>')
        parts.append(f'<text x="{x + 21}" y="{y}">{words}</text>')
        x += 45 + 6.6 * len(words)
    parts.append(
        f'<rect x="{x}" y="{height - 32}" width="16" height="11" fill="none" stroke="#b00020" '
        f'stroke-width="1.6"/><text x="{x + 21}" y="{height - 22}">failed</text>'
        f'<path d="M{x + 80} {height - 34}v15" stroke="#222" stroke-width="1.4"/>'
        f'<text x="{x + 87}" y="{height - 22}">event</text>'
    )
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(drawn(recorded()), "utf-8")
