"""`ScriptedModel.record`: a proxy that makes a script of real traffic."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from jupyter_claude_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    PermissionResultAllow,
    ToolPermissionContext,
)
from jupyter_claude_sdk.testing import (
    Recording,
    RecordingError,
    RecordingModel,
    Reply,
    Script,
    ScriptedModel,
    last_prompt,
    tool_results,
)

from tests.sdk.loops import on_asyncio
from tests.sdk.talk import ask

pure = pytest.mark.pure


@pytest.fixture
def proxied() -> Iterator[Callable[[Script], tuple[ScriptedModel, RecordingModel]]]:
    """Start a model, and a recording one before it."""
    started: list[ScriptedModel | RecordingModel] = []

    def start(script: Script) -> tuple[ScriptedModel, RecordingModel]:
        upstream = ScriptedModel(script).start()
        model = ScriptedModel.record(upstream.url).start()
        started[:0] = [model, upstream]
        return upstream, model

    yield start
    for one in started:
        one.close()


def connect(model: RecordingModel) -> tuple[http.client.HTTPConnection, str]:
    address = urlsplit(model.url)
    return http.client.HTTPConnection(str(address.hostname), address.port, 60), address.path


def call(
    upstream: ScriptedModel,
    model: RecordingModel,
    *texts: str,
    stream: bool = True,
    method: str = "POST",
    path: str = "/v1/messages?beta=true",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    """Ask through the recording model, with the upstream's key; return status and body."""
    connection, base = connect(model)
    roles = ("user", "assistant")
    messages = [{"role": roles[at % 2], "content": text} for at, text in enumerate(texts)]
    body = {"model": "m", "messages": messages, "stream": stream, "tools": [{"name": "Bash"}]}
    sent = {"x-api-key": upstream.env["ANTHROPIC_API_KEY"], **(headers or {})}
    try:
        data = json.dumps(body) if method == "POST" else None
        connection.request(
            method, path if headers and "raw" in headers else base + path, data, sent
        )
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def replies(model: RecordingModel, tmp_path: Path) -> Any:
    model.save(tmp_path / "words.json")
    script = json.loads((tmp_path / "words.json").read_text())["script"]
    return [
        [{**s} for s in reply if "usage" not in s] for rule in script for reply in rule["replies"]
    ]


@pure
def test_words_are_passed_on_and_noted(proxied: Any, tmp_path: Path) -> None:
    """The CLI would get something else than the API said, or the script would."""
    said: Reply = [
        {"thinking": "Hm."},
        {"text": "Grüße\r\n\n 🐍" * 20, "chunk": 3},
        {"tool": "Bash", "input": {"command": "ls", "n": [1.5, None]}},
        {"tool": "Bash", "input": {}},
        {"usage": {"input_tokens": 7, "output_tokens": 3}},
    ]
    script: Script = [
        {"when": "tool", "replies": [said]},
        {"when": "long", "replies": [[{"text": "cut"}, {"stop_reason": "max_tokens"}]]},
    ]
    upstream, model = proxied(script)
    status, raw = call(upstream, model, "a tool")
    assert status == 200
    assert raw.count(b"event: ") > 80
    assert "Grüße".encode() not in raw, "the pieces are the API's own"
    status, raw = call(upstream, model, "long", stream=False)
    assert json.loads(raw)["content"] == [{"type": "text", "text": "cut"}]
    assert call(upstream, model, "x", path="/v1/messages/count_tokens")[0] == 200
    assert call(upstream, model, method="GET", path="/api/hello") == (
        200,
        b'{"message": "scripted model"}',
    )
    assert call(upstream, model, method="HEAD", path="/api/hello") == (200, b"")
    plain = [{key: value for key, value in step.items() if key != "chunk"} for step in said[:-1]]
    assert replies(model, tmp_path) == [plain, [{"text": "cut"}, {"stop_reason": "max_tokens"}]]
    assert [last_prompt(one) for one in model.requests] == ["a tool", "long"]
    rules = json.loads((tmp_path / "words.json").read_text())["script"]
    usage = rules[0]["replies"][0][-1]["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (7, 3)

    before = (tmp_path / "words.json").read_bytes()
    call(upstream, model, "a tool")  # once more
    model.save(tmp_path / "words.json")
    assert (tmp_path / "words.json").read_bytes() == before


@pure
def test_keys_are_passed_on_and_noted_nowhere(
    proxied: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script in git would have the user's key."""
    monkeypatch.setenv("MY_SERVICE_TOKEN", "tok-12345678")
    upstream, model = proxied(lambda body: [{"text": f"It is {last_prompt(body)}."}])
    key = upstream.env["ANTHROPIC_API_KEY"]
    headers = {"x-api-key": "", "authorization": f"Bearer {key}", "x-gateway-key": "gate-123456"}
    prompt = f"{key} tok-12345678 gate-123456"
    assert call(upstream, model, prompt, headers=headers)[0] == 200
    model.save(tmp_path / "words.json")
    kept = [model.requests, model.request_headers, (tmp_path / "words.json").read_text()]
    kept += [repr(model), model.__dict__, model._noted.__dict__]
    for secret in (key, "tok-12345678", "gate-123456"):
        assert secret not in str(kept)
    assert "It is [hidden] [hidden] [hidden]." in str(kept)
    assert upstream.requests[0]["messages"][0]["content"] == prompt


@pure
def test_nobody_but_the_cli_is_answered(proxied: Any) -> None:
    """A web page, or another user of the machine, would ask by the proxy or fill its script."""
    upstream, model = proxied(())
    for headers, status in (
        ({"host": "evil.example"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"raw": "without the key in the address"}, 401),
        ({"transfer-encoding": "chunked"}, 411),
    ):
        assert call(upstream, model, "hi", headers=headers)[0] == status
    assert call(upstream, model, "hi", headers={"x-api-key": "wrong"})[0] == 401
    assert upstream.requests == []
    with pytest.raises(RuntimeError, match="with block"):
        _ = ScriptedModel.record().url


@pure
@pytest.mark.parametrize(
    "address",
    ["", "api.anthropic.com", "ftp://a", "https://me:pw@a", "https://a?key=pw", "http://"],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """The first prompt would fail, with a password in the error."""
    with pytest.raises(ValueError, match="upstream must be an address such as") as caught:
        ScriptedModel.record(address)
    assert "pw" not in str(caught.value)


@pure
def test_an_api_that_cannot_be_reached_is_one_line(proxied: Any, tmp_path: Path) -> None:
    """A traceback would be on the terminal, and the CLI would wait for ever."""
    upstream, _ = proxied(())
    port = urlsplit(upstream.url).port
    for address in (f"https://127.0.0.1:{port}", "http://127.0.0.1:9"):
        with ScriptedModel.record(address) as model:
            status, raw = call(upstream, model, "hi")
            message = json.loads(raw)["error"]["message"]
            assert status == 502
            assert message.startswith(f"{urlsplit(address).netloc} cannot be reached: ")
            assert message.isprintable()
            with pytest.raises(RecordingError, match="Nothing was recorded"):
                model.save(tmp_path / "words.json")


@pure
def test_failures_are_noted_as_they_came(proxied: Any, tmp_path: Path) -> None:
    """A test of retries would see none, or no end of them."""
    script: Script = [
        {"when": "busy", "replies": [[{"error": 529, "times": 2}, {"text": "at last"}]]},
        {"when": "bad", "replies": [[{"error": 400, "message": "so bad"}]]},
        {"when": "late", "replies": [[{"text": "half"}, {"error": 529}]]},
        {"when": "cut", "replies": [[{"text": "half"}, {"drop": True}]]},
    ]
    upstream, model = proxied(script)
    assert [call(upstream, model, "busy")[0] for _ in range(3)] == [529, 529, 200]
    assert [call(upstream, model, "bad")[0] for _ in range(2)] == [400, 400]
    assert b"overloaded_error" in call(upstream, model, "late")[1]
    with pytest.raises(http.client.IncompleteRead):
        call(upstream, model, "cut")
    assert replies(model, tmp_path) == [
        [{"error": 529, "message": "Overloaded", "times": 2}, {"text": "at last"}],
        [{"error": 400, "message": "so bad"}],
        [{"text": "half"}, {"error": 529, "message": "Overloaded"}],
        [{"text": "half"}, {"drop": True}],
    ]


@pure
def test_streams_come_as_they_are_written_and_end_with_the_client(
    proxied: Any, tmp_path: Path
) -> None:
    """An answer would be shown at its end, and an interrupted one would be paid to its end."""
    hangs: Reply = [{"text": "begins"}, {"hang": True}]
    upstream, model = proxied([{"when": "go", "replies": [hangs]}])
    connection, base = connect(model)
    key = {"x-api-key": upstream.env["ANTHROPIC_API_KEY"]}
    asked: dict[str, Any] = {"stream": True, "tools": [{}]}
    asked["messages"] = [{"role": "user", "content": "go"}]
    connection.request("POST", f"{base}/v1/messages", json.dumps(asked), key)
    response = connection.getresponse()
    raw = b""
    while b"begins" not in raw:
        raw += response.read1()
    assert upstream._server is not None
    [handling] = upstream._server._open  # the thread of the API's that writes this answer
    call(upstream, model, "go", "begins", "and now?")  # before the first thread has noted its end
    connection.close()
    response.close()
    handling.join(30)
    assert not handling.is_alive()
    assert replies(model, tmp_path) == [hangs, [{"text": "You said: and now?"}]]
    recording = Recording(tmp_path / "words.json")
    ends = recording.script({"messages": [{"role": "user", "content": "go"}], "tools": [{}]})
    assert ends == hangs
    asked["messages"] = [
        {"role": role, "content": text}
        for role, text in (("user", "go"), ("assistant", "begins"), ("user", "and now?"))
    ]
    assert recording.script(asked)[0] == {"text": "You said: and now?"}  # type: ignore[index]


# --- with the real CLI ----------------------------------------------------------------------------


@pytest.mark.cli
@pytest.mark.anyio
@on_asyncio
async def test_a_session_through_it_is_replayed_by_the_real_cli(
    proxied: Any, tmp_path: Path, cli: Path
) -> None:
    """The whole point: one real session is a test that needs no account."""
    asked: list[str] = []

    async def allow(
        name: str, given: dict[str, Any], context: ToolPermissionContext
    ) -> PermissionResultAllow:
        asked.append(name)
        return PermissionResultAllow()

    def options(env: dict[str, str], name: str) -> ClaudeAgentOptions:
        folder = tmp_path / name
        folder.mkdir()
        config = {"CLAUDE_CONFIG_DIR": str(tmp_path / f"config-{name}"), "HOME": str(tmp_path)}
        return ClaudeAgentOptions(
            cli_path=cli, cwd=folder, env={**env, **config}, setting_sources=[], can_use_tool=allow
        )

    def write(body: Mapping[str, Any]) -> Reply:
        path = str(tmp_path / "first" / "a.txt")
        return [
            {"text": "Two at once."},
            {"tool": "Write", "input": {"file_path": path, "content": "one\n"}},
            {"tool": "Bash", "input": {"command": "touch made; basename $PWD"}},
        ]

    def told(body: Mapping[str, Any]) -> Reply:
        return [{"text": f"It said {tool_results(body)[1].text}."}]

    agent = {"description": "d", "prompt": "Count", "subagent_type": "general-purpose"}
    script: Script = [
        {"when": "Write", "replies": [write, told]},
        {"when": "busy", "replies": [[{"error": 529, "times": 1}, {"text": "at last"}]]},
        {"when": "hang", "replies": [[{"text": "begins"}, {"hang": True}]]},
        {
            "when": "help",
            "replies": [
                [{"tool": "Agent", "input": {**agent, "run_in_background": False}}],
                [{"text": "Counted."}],
            ],
        },
        {"when": "Count", "replies": [[{"text": "One."}]]},
    ]

    async def session(chosen: ClaudeAgentOptions) -> list[str]:
        texts = []
        async with ClaudeSDKClient(chosen) as client:
            texts += [(await ask(client, prompt))[0] for prompt in ("Write it", "busy")]
            await client.query("hang")
            async for message in client.receive_response():
                if isinstance(message, AssistantMessage):
                    break
            await client.interrupt()
            async for _ in client.receive_response():
                pass
            texts += [(await ask(client, prompt))[0] for prompt in ("Get help", "Write it")]
        return texts

    with anyio.fail_after(120):
        upstream, model = proxied(script)
        # The user's own sign-in. The last variable would hide a stored one from the CLI.
        key = {"CLAUDE_CODE_OAUTH_TOKEN": upstream.env["ANTHROPIC_API_KEY"]}
        assert model.env.keys().isdisjoint(
            {*key, "ANTHROPIC_API_KEY", "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST"}
        )
        words = await session(options({**model.env, **key}, "first"))
        assert words[:3] == ["Two at once.|It said first.", "at last", "Counted."]
        model.save(tmp_path / "words.json")
        saved = (tmp_path / "words.json").read_text()
        assert str(tmp_path) not in saved
        assert key["CLAUDE_CODE_OAUTH_TOKEN"] not in saved
        first, asked[:] = list(asked), []

        recording = Recording(tmp_path / "words.json")
        with ScriptedModel(recording.script) as replaying:
            assert await session(options(replaying.env, "second")) == words
    assert asked == first
    assert (tmp_path / "second" / "a.txt").read_text() == "one\n"
    assert (tmp_path / "second" / "made").exists()
    assert recording.unused == []
    assert {(one.tool, one.recorded, one.got) for one in recording.drift} >= {
        ("Bash", "first", "second")
    }
    assert {one.tool for one in recording.drift} <= {"Bash", "Agent"}
