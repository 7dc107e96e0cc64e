"""`query()`: how it ends, with the real CLI; and the variables that programs set for it."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    Message,
    PermissionResultAllow,
    ProcessError,
    ResultError,
    ResultMessage,
    StructuredOutputError,
    TaskNotificationMessage,
    query,
)
from jupyter_claude_sdk._connection.owner import Connection
from jupyter_claude_sdk._query import _ceiling
from jupyter_claude_sdk.testing import ScriptedModel, ScriptedTransport

pytestmark = pytest.mark.anyio

Options = Callable[..., ClaudeAgentOptions]

READ = [{"tool": "Read", "input": {"file_path": "/no/such/file"}}]


@pytest.mark.cli
@pytest.mark.parametrize(
    ("replies", "fields", "expected"),
    [
        pytest.param(
            [[{"error": 401}]],
            {},
            {"subtype": "success", "api_error_status": 401, "says": "API key"},
            id="refused by the API",
        ),
        pytest.param(
            [READ, READ],
            {"max_turns": 1},
            {"subtype": "error_max_turns", "api_error_status": None, "says": "maximum number of"},
            id="too many turns",
        ),
    ],
)
async def test_a_failed_turn_is_raised_after_its_result(
    replies: Any, fields: dict[str, Any], expected: dict[str, Any], options: Options
) -> None:
    """A script that never looks at ``is_error`` would take a failure for an answer."""
    no_retries = {"CLAUDE_CODE_MAX_RETRIES": "0"}
    messages: list[Message] = []
    with pytest.raises(ResultError, match=expected["says"]) as raised:  # noqa: PT012
        chosen = options([{"replies": replies}], env=no_retries, **fields)
        async for message in query(prompt="x", options=chosen):
            messages.append(message)
    result, error = messages[-1], raised.value
    assert isinstance(result, ResultMessage)
    assert result.is_error
    assert error.exit_code == 1
    assert error.subtype == result.subtype == expected["subtype"]
    assert error.api_error_status == expected["api_error_status"]
    assert error.session_id == result.session_id
    assert len(str(error).splitlines()) == 1


@pytest.mark.cli
async def test_the_model_gets_a_prompt_though_the_client_leaves_at_once(
    options: Options, scripted: Callable[[Any], ScriptedModel]
) -> None:
    """A prompt that starts work and waits for no answer would be lost."""
    model = scripted(())
    with anyio.fail_after(60):
        async with ClaudeSDKClient(options((), env=model.env)) as client:
            await client.query("the work")
    assert any("the work" in str(request) for request in model.requests)


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.cli
async def test_a_success_without_the_data_is_an_error_after_its_result(options: Options) -> None:
    """A program would work on with None, or with words in place of its data."""
    data = [{"tool": "StructuredOutput", "input": {"n": 1}}]
    rules = [{"when": "data", "replies": [data]}, {"replies": [[{"text": "In words."}]]}]
    form = {"output_format": {"type": "json_schema", "schema": SCHEMA}}
    messages: list[Message] = []
    with pytest.raises(StructuredOutputError, match="In words") as raised:  # noqa: PT012
        async for message in query(prompt="x", options=options(rules, **form)):
            messages.append(message)
    result = messages[-1]
    assert isinstance(result, ResultMessage)
    assert (result.subtype, result.is_error, result.structured_output) == ("success", False, None)
    assert (raised.value.result, raised.value.session_id) == (result.result, result.session_id)

    async with ClaudeSDKClient(options(rules, **form)) as client:
        for prompt in ("x", "/clear", "data"):  # the second is a command, which has no data
            await client.query(prompt)
        with pytest.raises(StructuredOutputError):
            assert [message async for message in client.receive_response()]
        assert [message async for message in client.receive_response()]
        *_, last = [message async for message in client.receive_response()]
        assert isinstance(last, ResultMessage)
        assert last.structured_output == {"n": 1}
        async with client.turn("x") as turn:
            with pytest.raises(StructuredOutputError):
                assert [message async for message in turn]
        assert turn.state == "done"
        assert turn.result is not None


@pytest.mark.cli
async def test_leaving_at_a_failed_result_raises_nothing(options: Options) -> None:
    """Who has seen the result and stops there has dealt with it."""
    chosen = options([{"replies": [[{"error": 400}]]}])
    messages = query(prompt="x", options=chosen)
    async for message in messages:
        if isinstance(message, ResultMessage):
            break
    await messages.aclose()


@pytest.mark.pure
async def test_the_check_of_the_version_can_be_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who runs a CLI of their own making could not, where the reference lets them."""
    monkeypatch.setenv("CLAUDE_AGENT_SDK_SKIP_VERSION_CHECK", "1")
    transport = ScriptedTransport(version="1.0.0")
    assert [message async for message in query(prompt="x", transport=transport)]


@pytest.mark.pure
@pytest.mark.parametrize(("value", "seconds"), [("90000", 90), ("100", 60), ("soon", 60)])
async def test_a_slow_start_is_given_the_time_that_the_variable_says(
    value: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`query()` takes no time-out, and a CLI that starts many MCP servers may need more."""
    given: list[float] = []
    request = Connection.request

    async def look(self: Connection, subtype: str, *, timeout: float, **fields: Any) -> Any:
        given.append(timeout)
        return await request(self, subtype, timeout=timeout, **fields)

    monkeypatch.setattr(Connection, "request", look)
    monkeypatch.setenv("CLAUDE_CODE_STREAM_CLOSE_TIMEOUT", value)
    assert [message async for message in query(prompt="x", transport=ScriptedTransport())]
    assert given == [seconds]


# --- the end: when the CLI is idle ------------------------------------------------------------


def _state(state: str) -> dict[str, Any]:
    frame = {"type": "system", "subtype": "session_state_changed", "state": state}
    return {"frame": {**frame, "session_id": "s", "uuid": "u"}}


def _own(**fields: Any) -> dict[str, Any]:
    """Make a line of a turn that the CLI runs by itself."""
    return {"frame": {"session_id": "s", "uuid": "u", **fields}}


INIT = _own(type="system", subtype="init")
NOTED = _own(
    type="result",
    subtype="success",
    result="noted",
    is_error=False,
    duration_ms=1,
    duration_api_ms=1,
    num_turns=1,
    origin={"kind": "task-notification"},
)
CEILING = "CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS"


async def _results(script: list[dict[str, Any]], **fields: Any) -> list[str | None]:
    fields = {"prompt": "go", **fields}
    with anyio.fail_after(60):
        return [
            message.result
            async for message in query(transport=ScriptedTransport(script), **fields)
            if isinstance(message, ResultMessage)
        ]


@pytest.mark.cli
async def test_the_work_of_a_background_agent_is_not_lost(options: Options) -> None:
    """The answer would be "I have started an agent", and the agent would be killed."""
    agent = {"prompt": "sub job", "subagent_type": "general-purpose"}
    both = [
        {"tool": name, "input": {**given, "description": "job", "run_in_background": True}}
        for name, given in (("Bash", {"command": "sleep 600"}), ("Agent", agent))
    ]
    script = [
        {"when": "sub job", "replies": [[{"delay": 0.3}, {"text": "found"}]]},
        {"when": "start", "replies": [both, [{"text": "started"}], [{"text": "noted"}]]},
    ]
    messages: list[Message] = []
    with anyio.fail_after(60):
        async for message in query(prompt="start", options=options(script, allowed_tools=["Bash"])):
            messages.append(message)
    assert [m.result for m in messages if isinstance(m, ResultMessage)] == ["started", "noted"]
    assert [m.summary for m in messages if isinstance(m, TaskNotificationMessage)] == ["found"]
    assert not [m for m in messages if getattr(m, "subtype", "") == "session_state_changed"]


@pytest.mark.pure
async def test_it_goes_on_until_the_cli_is_idle() -> None:
    """As above, with messages in order."""
    send = [_state("running"), {"result": "started"}, INIT, NOTED, _state("idle"), INIT, NOTED]
    assert await _results([{"send": send[:5]}]) == ["started", "noted"]
    # A CLI that reports no state ends with the first result.
    assert await _results([{"send": [{"result": "started"}]}]) == ["started"]
    assert await _results([{"send": [*send[:2], _state("idle")]}]) == ["started"]


@pytest.mark.pure
async def test_a_stream_of_prompts_waits_for_the_last_one() -> None:
    """The first prompt's agent would be waited for, the last one's not."""

    async def prompts() -> AsyncIterator[dict[str, Any]]:
        for text in ("first", "last"):
            yield {"type": "user", "message": {"role": "user", "content": text}}

    first = [_state("running"), {"result": "first"}, _state("idle")]
    last = [_state("running"), {"result": "last"}, INIT, NOTED, _state("idle")]
    script = [{"when": "first", "send": first}, {"when": "last", "send": last}]
    assert await _results(script, prompt=prompts()) == ["first", "last", "noted"]


@pytest.mark.pure
async def test_waiting_for_background_agents_has_an_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A script would hang at an agent that never ends; a turn that runs must not be cut."""
    monkeypatch.setenv(CEILING, "0.001")
    assert await _results([{"send": [_state("running"), {"result": "started"}]}]) == ["started"]
    [said] = caplog.messages
    assert CEILING in said

    async def ask(*_: Any) -> Any:
        for _times in range(20):
            await anyio.wait_all_tasks_blocked()
        return PermissionResultAllow()

    request = {"ask": {"subtype": "can_use_tool", "tool_name": "Bash", "input": {}}}
    send = [_state("running"), {"result": "started"}, INIT, request, NOTED, _state("idle")]
    options = ClaudeAgentOptions(can_use_tool=ask)
    assert await _results([{"send": send}], options=options) == ["started", "noted"]


@pytest.mark.pure
@pytest.mark.parametrize(
    ("value", "seconds"), [(None, 600), ("x", 600), ("1500", 1.5), ("0", math.inf)]
)
def test_the_ceiling_is_that_of_the_environment(value: str | None, seconds: float) -> None:
    """A program that needs an hour would lose it, or one that gave a minute wait for ten."""
    assert _ceiling({} if value is None else {CEILING: value}) == seconds


@pytest.mark.pure
async def test_a_cli_that_ends_while_agents_work_is_an_error() -> None:
    """The agents' work would be missing, and nobody would know."""
    send = [_state("running"), {"result": "started"}, {"end": 1}]
    with pytest.raises(ProcessError):
        await _results([{"send": send}])
    send[2] = {"end": 0}
    assert await _results([{"send": send}]) == ["started"]


@pytest.mark.pure
@pytest.mark.parametrize("asked", [False, True])
async def test_messages_about_the_state_come_only_if_asked_for(asked: bool) -> None:
    """A program that prints each message would print our own traffic."""
    env = {"CLAUDE_CODE_SDK_READS_SESSION_STATE": "1"} if asked else {}
    send = [_state("running"), {"result": "done"}, _state("idle")]
    kinds = [
        getattr(message, "subtype", "")
        async for message in query(
            prompt="go",
            options=ClaudeAgentOptions(env=env),
            transport=ScriptedTransport([{"send": send}]),
        )
    ]
    assert ("session_state_changed" in kinds) is asked
