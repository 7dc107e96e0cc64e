"""What a program that uses OpenTelemetry sees of its turns and rows."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    HookMatcher,
    PermissionResultAllow,
    PermissionResultDeny,
    ResultMessage,
    ToolPermissionContext,
    create_sdk_mcp_server,
    query,
    tool,
)
from jupyter_claude_sdk import map as ask_each
from jupyter_claude_sdk._tracing.content import CAPTURE, Content
from jupyter_claude_sdk._tracing.gate import begin_turn
from jupyter_claude_sdk.testing import ScriptedModel, call_number, last_prompt
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from scripts.trace_picture import collector, telemetry
from tests.sdk.loops import on_asyncio
from tests.spans import Recorder

pytestmark = pytest.mark.filterwarnings("ignore:can_use_tool will not be called")

Options = Callable[..., ClaudeAgentOptions]
cli_test = pytest.mark.cli

MODEL = "claude-sonnet-4-5"
TURN = "invoke_agent Claude Code"


def bash(command: str) -> dict[str, Any]:
    return {"tool": "Bash", "input": {"command": command}}


async def run(client: ClaudeSDKClient, prompt: str) -> None:
    async with client.turn(prompt) as turn:
        async for _ in turn:
            pass


@cli_test
@pytest.mark.anyio
async def test_a_turn_is_a_tree(options: Options, traced: Recorder) -> None:
    """A slow or expensive turn cannot be explained, or its trace tells strangers what was said."""

    async def may(name: str, given: dict[str, Any], context: ToolPermissionContext) -> Any:
        with traced.tracer.start_as_current_span("the user decides"):
            await anyio.sleep(0)
        return PermissionResultDeny() if "no" in given["command"] else PermissionResultAllow()

    @tool("look", "Looks", {"at": str})
    async def look(given: dict[str, Any]) -> dict[str, Any]:
        traced.tracer.start_span("the user's tool").end()
        return {"content": [{"type": "text", "text": "secret-output"}]}

    async def hook(given: Any, call: str | None, context: Any) -> Any:
        traced.tracer.start_span("the user's hook").end()
        return {}

    agent = {"description": "d", "prompt": "secret-job", "subagent_type": "general-purpose"}
    script = [
        {"when": "secret-job", "replies": [[bash("echo secret-echo")], [{"text": "Echoed."}]]},
        {
            "when": "secret-prompt",
            "replies": [
                [bash("touch secret-yes"), bash("touch no")],
                [{"tool": "mcp__eyes__look", "input": {"at": "secret-input"}}],
                [{"tool": "Agent", "input": {**agent, "run_in_background": False}}],
                [{"text": "secret-answer"}],
            ],
        },
    ]
    made = options(
        script,
        model=MODEL,
        can_use_tool=may,
        mcp_servers={"eyes": create_sdk_mcp_server("eyes", tools=[look])},
        allowed_tools=["mcp__eyes__look", "Bash(echo *)", "Agent"],
        hooks={"PreToolUse": [HookMatcher(matcher="mcp__eyes__look", hooks=[hook])]},
        setting_sources=[],
    )
    async with ClaudeSDKClient(made) as client:
        with traced.tracer.start_as_current_span("the program"):
            await run(client, "secret-prompt")
    chat = f"chat {MODEL}"
    assert traced.tree() == [
        "the program",
        f"  {TURN}",
        f"    {chat}",
        "    execute_tool Bash",
        "      permission Bash",
        "        the user decides",
        "    execute_tool Bash: denied",
        "      permission Bash",
        "        the user decides",
        f"    {chat}",
        "    execute_tool mcp__eyes__look",
        "      the user's hook",
        "      the user's tool",
        f"    {chat}",
        "    execute_tool Agent",
        f"      {chat}",
        "      execute_tool Bash",
        f"    {chat}",
    ]
    assert traced.open == [] and "secret" not in traced.text()
    turn, calls = traced.of(TURN), traced.of("execute_tool Bash")
    assert (turn["provider.name"], turn["agent.name"]) == ("anthropic", "Claude Code")
    assert turn["request.model"] == turn["response.model"] == MODEL
    assert turn["conversation.id"] and turn["prompt.size"] == len("secret-prompt")
    cached = turn["usage.cache_read.input_tokens"] + turn["usage.cache_creation.input_tokens"]
    assert turn["usage.input_tokens"] >= cached > 0 and turn["usage.output_tokens"] > 0
    assert turn["cost_usd"] > 0
    assert (calls["tool.name"], calls["operation.name"]) == ("Bash", "execute_tool")
    assert traced.of("execute_tool mcp__eyes__look")["tool.output.size"] == len("secret-output")
    assert traced.of("execute_tool Agent")["agent.name"] == "general-purpose"
    answers = [traced.of("permission Bash", each)["permission.outcome"] for each in (0, 1)]
    assert answers == ["allow", "deny"]


@cli_test
@pytest.mark.anyio
@on_asyncio
async def test_turns_that_fail_end_their_spans(options: Options, traced: Recorder) -> None:
    """A failed turn would look like a good one, or never come to the collector."""
    asked, called = anyio.Event(), anyio.Event()

    async def may(name: str, given: dict[str, Any], context: ToolPermissionContext) -> Any:
        asked.set()
        await anyio.sleep_forever()

    @tool("wait", "Waits", {})
    async def wait(given: dict[str, Any]) -> Any:
        called.set()
        await anyio.sleep_forever()

    script = [
        {"when": "slow", "replies": [[{"tool": "mcp__slow__wait", "input": {}}]]},
        {"when": "refused", "replies": [[{"error": 401}], [{"error": 401}]]},
        {"when": "ask", "replies": [[bash("touch it")]]},
    ]
    made = options(
        script,
        can_use_tool=may,
        mcp_servers={"slow": create_sdk_mcp_server("slow", tools=[wait])},
        allowed_tools=["mcp__slow__wait"],
    )
    async with ClaudeSDKClient(made) as client:
        async with client.turn("slow"):
            await called.wait()
            async with client.turn("never sent"):
                pass
        await run(client, "refused")
        await client.query("ask")
        await asked.wait()
        os.kill((await client.get_server_info() or {})["pid"], 9)
        answer = client.receive_response()
        with pytest.raises(ClaudeSDKError):
            [message async for message in answer]
    assert [line for line in traced.tree() if "chat" not in line] == [
        f"{TURN}: interrupted",
        "  execute_tool mcp__slow__wait: interrupted",
        f"{TURN}: cancelled",
        f"{TURN}: 401",
        f"{TURN}: ProcessError",
        "  execute_tool Bash: ProcessError",
        "    permission Bash",
    ]
    assert traced.of("permission Bash")["permission.outcome"] == "withdrawn"
    _, facts = next(each for each in traced.events(TURN) if each[0] == "retry")
    assert facts["error.type"] == "401" and facts["jupyter_claude.retry.attempt"] == 1
    assert traced.open == []


@cli_test
@pytest.mark.anyio
@on_asyncio
async def test_what_goes_on_in_the_background(options: Options, traced: Recorder) -> None:
    """Claude's own turns would be in no trace, and work that goes on would look like a failure."""
    begun, goes_on = threading.Event(), anyio.Event()

    @tool("wait", "Waits", {})
    async def wait(given: dict[str, Any]) -> Any:
        begun.set()
        await goes_on.wait()
        return {"content": []}

    def model(body: dict[str, Any]) -> list[dict[str, Any]]:
        if "sub job" in last_prompt(body):
            waits = [{"tool": "mcp__slow__wait", "input": {}}]
            return [{"text": "Waited."}] if call_number(body) else waits
        if call_number(body) == 0 and "task-notification" not in last_prompt(body):
            given = {"description": "d", "prompt": "sub job", "subagent_type": "general-purpose"}
            return [{"tool": "Agent", "input": {**given, "run_in_background": True}}]
        begun.wait(30)
        return [{"text": "Said."}]

    made = options(
        model,
        mcp_servers={"slow": create_sdk_mcp_server("slow", tools=[wait])},
        allowed_tools=["mcp__slow__wait", "Agent"],
    )
    async for message in query(prompt="go", options=made):
        if isinstance(message, ResultMessage):
            goes_on.set()
    assert [line for line in traced.tree() if "chat" not in line] == [
        TURN,
        "  execute_tool Agent",
        "    execute_tool mcp__slow__wait",
        TURN,
    ]
    assert traced.of("execute_tool mcp__slow__wait")["tool.continues"] is True
    assert traced.open == []


@cli_test
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_closed_loop_leaves_no_span_open(options: Options, traced: Recorder) -> None:
    """The turns of a loop that has gone would be missing in the trace."""
    asked = asyncio.Event()

    async def may(name: str, given: dict[str, Any], context: ToolPermissionContext) -> Any:
        asked.set()
        await anyio.sleep_forever()

    async def begin() -> None:
        await client.connect()
        await client.query("ask")
        await client.query("wait")
        await asked.wait()

    made = options([{"when": "ask", "replies": [[bash("touch it")]]}], can_use_tool=may)
    client, loop = ClaudeSDKClient(made), asyncio.new_event_loop()
    loop.run_until_complete(begin())
    assert traced.open.count(TURN) == 2 and "permission Bash" in traced.open
    loop.close()
    gc.collect()
    assert traced.open == []


@cli_test
@pytest.mark.anyio
async def test_rows_of_a_map(
    options: Options, traced: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that takes long does not say whether Claude or the limiter was slow, and where."""
    monkeypatch.setattr("jupyter_claude_sdk._map.limiter._FIRST_WAIT", 0.1)
    refusals = {"1": 1, "2": 9}

    def words(body: dict[str, Any]) -> list[dict[str, Any]]:
        row = last_prompt(body).removeprefix("secret ")
        refusals[row] = refusals.get(row, 0) - 1
        if refusals[row] >= 0:
            wrong = {"error": 400} if row == "2" else {"error": 429, "retry_after": 0}
            return [{**wrong, "message": "secret"}]
        return [{"text": "secret"}]

    with traced.tracer.start_as_current_span("the program"):
        batch = ask_each([0, 0, 1, 2], "secret {value}", options=options(words), concurrency=1)
        await batch
    lines = [line for line in traced.tree() if "chat" not in line]
    row, turn = "    map row", f"      {TURN}"
    assert lines == [
        "the program",
        "  map",
        *(row, turn),
        *(row, f"{turn}: interrupted", turn),  # so that all rows slow down
        *(f"{row}: failed", f"{turn}: 400"),
    ]
    (name, retry), (wait, waited) = traced.events("map row")
    assert (name, retry["error.type"], wait) == ("retry", "429", "limiter wait")
    assert waited["jupyter_claude.limiter.seconds"] > 0
    run_of_all = traced.of("map")
    counts = [run_of_all[f"map.rows{part}"] for part in ("", ".done", ".failed", ".reused")]
    assert counts == [4, 3, 1, 1] and run_of_all["cost_usd"] == batch.cost_usd > 0
    assert [traced.of("map row", each)["map.row"] for each in range(3)] == [0, 2, 3]
    assert traced.open == [] and "secret" not in traced.text()


# --- the CLI's own spans ----------------------------------------------------------------------


@cli_test
@pytest.mark.anyio
@on_asyncio
async def test_the_clis_spans_join_the_turn_that_they_belong_to(
    options: Options, traced: Recorder
) -> None:
    """What Claude Code measures would be in traces of its own, or all in the first turn's."""
    script = [{"when": "one", "replies": [[bash("env | grep ^TRACEPARENT=")], [{"text": "1"}]]}]
    denied = json.dumps({"env": {"KEPT": "1"}, "permissions": {"deny": ["Bash(touch *)"]}})
    with collector() as (address, received):
        made = options(script, env=telemetry(address), settings=denied, allowed_tools=["Bash"])
        async with ClaudeSDKClient(made) as client:
            await run(client, "one")
            await run(client, "two")
            used = await client._live_connection().request("get_settings")
    turns = [span.get_span_context() for span in traced.spans if span.name == TURN]
    ids = [(f"{each.trace_id:032x}", f"{each.span_id:016x}") for each in turns if each]
    theirs = [span for span in received if span["name"] == "claude_code.interaction"]
    assert [(span["traceId"], span["parentSpanId"]) for span in theirs] == ids
    assert {"claude_code.llm_request", "claude_code.tool"} <= {each["name"] for each in received}
    # The user's own settings of this kind still count.
    assert "Bash(touch *)" in json.dumps(used) and "KEPT" in json.dumps(used)


# --- where nothing is traced ------------------------------------------------------------------

PROGRAM = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "opentelemetry":
            raise SystemExit(f"{name} was imported")

sys.meta_path.insert(0, Refuse())

import anyio
from jupyter_claude_sdk import ClaudeAgentOptions, map, query

async def main():
    async for message in query(prompt="Hello", options=ClaudeAgentOptions()):
        pass
    await map([1], "row {value}")

anyio.run(main)
print(sorted(name for name in sys.modules if "opentelemetry" in name or "._tracing." in name))
"""


@cli_test
def test_without_opentelemetry_nothing_of_it_is_imported(
    cli: Path, scripted: Callable[[Any], ScriptedModel], tmp_path: Path
) -> None:
    """The SDK would not run without the extra, or each program would start more slowly."""
    environment = {**os.environ, **scripted([]).env, "HOME": str(tmp_path)}
    environment["JUPYTER_CLAUDE_CLI"] = str(cli)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["['jupyter_claude_sdk._tracing.gate']"]


def test_the_clis_spans_are_left_out_with_the_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that keeps one trace of a hundred would pay for all of Claude Code's."""
    provider = TracerProvider(sampler=ALWAYS_OFF)
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)
    spans = begin_turn({"message": {"content": "x"}}, ClaudeAgentOptions())
    assert spans is not None
    flags = spans.carrier()["TRACEPARENT"].rpartition("-")[2]
    assert not int(flags, 16) & 1  # "sampled"


def test_content_has_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that a tool prints would be kept by the collector, for all who read there."""
    options = ClaudeAgentOptions(env={"MY_TOKEN": 'a"quoted"token'})
    assert Content.wanted(options) is None
    monkeypatch.setenv(CAPTURE, "true")
    content = Content.wanted(options)
    assert content is not None
    image = {"type": "image", "source": {"data": "AAAA"}}
    made = {
        **content.prompt([{"type": "text", "text": 'Use a"quoted"token'}, image]),
        **content.answer("Done", "end_turn"),
        **content.arguments({"command": ['echo a"quoted"token']}),
        **content.output('a"quoted"token'),
    }
    assert {name: json.loads(value) for name, value in made.items()} == {
        "gen_ai.input.messages": [
            {
                "role": "user",
                "parts": [{"type": "text", "content": "Use [hidden]"}, {"type": "image"}],
            }
        ],
        "gen_ai.output.messages": [
            {
                "role": "assistant",
                "parts": [{"type": "text", "content": "Done"}],
                "finish_reason": "end_turn",
            }
        ],
        "gen_ai.tool.call.arguments": {"command": ["echo [hidden]"]},
        "gen_ai.tool.call.result": [{"type": "text", "content": "[hidden]"}],
    }
