"""What the CLI is told stays between it and us: not in `ps`, on the disk or in a traceback."""

from __future__ import annotations

import inspect
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_claude_sdk import (
    AgentDefinition,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    CLIConnectionError,
    CLINotFoundError,
    ProcessError,
    SystemMessage,
    create_sdk_mcp_server,
    query,
    tool,
)
from jupyter_claude_sdk._transport.scratch import OPTIONS, new_folder, sweep
from jupyter_claude_sdk.testing import ScriptedModel

Options = Callable[..., ClaudeAgentOptions]
SECRET = "sk-verysecret-0123456789"
FAKES = Path(__file__).parent / "fakes"

posix = pytest.mark.skipif(sys.platform == "win32", reason="/proc and modes")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a temporary folder of our own, to see what is left in it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def everywhere(secret: str, words: str = "", **more: Any) -> dict[str, Any]:
    """Return options that hold a secret wherever a key fits, and in texts if it is in `words`."""

    @tool("noop", f"noop {words}", {})
    async def noop(args: dict[str, Any]) -> str:
        return ""

    servers: Any = {
        "own": create_sdk_mcp_server("own", tools=[noop]),
        "stdio": {
            "command": sys.executable,
            "args": [str(FAKES / "mcp_stdio.py")],
            "env": {"TOKEN": secret},
        },
        "http": {
            "type": "http",
            "url": "http://127.0.0.1:9/mcp",
            "headers": {"Authorization": f"Bearer {secret}"},
        },
    }
    servers_of_agent: Any = {"theirs": {"command": "true", "env": {"TOKEN": secret}}}
    hook = {"type": "command", "command": 'echo "$FROM_SETTINGS" > settings-seen'}
    settings = {
        "env": {"FROM_SETTINGS": f"settings {secret}"},
        "hooks": {"UserPromptSubmit": [{"hooks": [hook]}]},
    }
    return {
        "system_prompt": f"prompt {words}",
        "append_system_prompt": f"append {words}",
        "settings": json.dumps(settings),
        "mcp_servers": servers,
        "agents": {
            "a": AgentDefinition(f"agent {words}", f"p {words}", mcpServers=[servers_of_agent])
        },
        "output_format": {"type": "json_schema", "schema": {"type": "object", "title": words}},
        **more,
    }


def visible(secret: str) -> list[str]:
    """Return the processes among whose arguments a secret stands."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if secret in text:
            lines.append(text)
    return lines


@posix
@pytest.mark.cli
@pytest.mark.anyio
async def test_no_process_shows_a_secret_and_the_options_work(
    options: Options, temporary: Path
) -> None:
    """Each user of the machine would read keys and prompts in `ps`."""
    model_sees: list[str] = []

    def answer(body: Any) -> Any:
        model_sees.append(json.dumps(body))
        return [{"tool": "StructuredOutput", "input": {}}]

    chosen = options(
        answer, **everywhere(SECRET, SECRET), env={"KEY": SECRET, "ENABLE_TOOL_SEARCH": "0"}
    )
    async with ClaudeSDKClient(chosen) as client:
        assert visible(SECRET) == []
        (folder,) = temporary.glob(f"{OPTIONS}*")
        assert folder.stat().st_mode & 0o077 == 0
        assert sorted(path.name for path in folder.iterdir()) == ["mcp.json", "settings.json"]
        assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
        await client.query("hello")
        servers: Any = {}
        async for message in client.receive_response():
            assert visible(SECRET) == []
            if isinstance(message, SystemMessage) and message.subtype == "init":
                servers = {server["name"] for server in message.data["mcp_servers"]}
        assert servers == {"own", "stdio", "http"}
        connected = (await client.get_mcp_status())["mcpServers"]
        assert {s["name"]: s["status"] for s in connected}["stdio"] in ("connected", "pending")
    assert list(temporary.glob(f"{OPTIONS}*")) == []
    seen = model_sees[0]
    for word in ("prompt", "append", "agent", "noop"):
        assert f"{word} {SECRET}" in seen, word
    assert SECRET in seen.partition('"StructuredOutput"')[2]
    assert (Path(str(chosen.cwd)) / "settings-seen").read_text() == f"settings {SECRET}\n"


@posix
@pytest.mark.cli
@pytest.mark.anyio
async def test_a_refused_start_leaves_no_file(options: Options, temporary: Path) -> None:
    """Keys would lie about on the disk."""
    chosen = options([], **everywhere(SECRET), extra_args={"no-such-flag": None})
    with pytest.raises(ProcessError):
        await ClaudeSDKClient(chosen).connect()
    chosen = options([], **everywhere(SECRET))
    chosen.cli_path = FAKES / "tiny.sh"
    (temporary / "tiny").write_text("no program")
    chosen.cli_path = temporary / "tiny"
    with pytest.raises(CLIConnectionError):
        await ClaudeSDKClient(chosen).connect()
    assert [path.name for path in temporary.iterdir() if path.is_dir()] == []


@posix
@pytest.mark.cli
@pytest.mark.parametrize("victim", ["program", "watcher"])
def test_files_go_with_a_program_that_is_killed(
    victim: str, cli: Path, scripted: Callable[[Any], ScriptedModel], temporary: Path
) -> None:
    """Keys would stay on the disk after a kernel that the system killed."""
    code = """
import asyncio, json, sys
from jupyter_claude_sdk import *
async def main():
    options = ClaudeAgentOptions(
        cli_path=sys.argv[1], env=json.loads(sys.argv[2]), settings='{"model": "m"}')
    async with ClaudeSDKClient(options) as client:
        print(client._connection._transport._watcher._process.pid, flush=True)
        await asyncio.sleep(1000)
asyncio.run(main())
"""
    program = subprocess.Popen(
        [sys.executable, "-c", code, str(cli), json.dumps(scripted([]).env)],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary)},
        text=True,
    )
    assert program.stdout is not None
    with program:
        watcher = psutil.Process(int(program.stdout.readline()))
        assert len(list(temporary.glob(f"{OPTIONS}*"))) == 1
        if victim == "watcher":  # both at once, as when a machine's memory runs out
            (leader,) = [p for p in psutil.Process(program.pid).children() if p != watcher]
            watcher.kill()
            leader.kill()
        program.send_signal(signal.SIGKILL)
        program.wait()
        watcher.wait(10)
    if victim == "watcher":
        assert len(list(temporary.glob(f"{OPTIONS}*"))) == 1
        sweep()  # the next program does it
    assert list(temporary.glob(f"{OPTIONS}*")) == []


@posix
@pytest.mark.pure
def test_only_what_is_left_over_is_swept(temporary: Path) -> None:
    """A session that runs would lose its settings, or a file of somebody else's would go."""
    mine = new_folder(OPTIONS)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = temporary / f"{OPTIONS}{ended.pid}-x"
    left.mkdir()
    (temporary / f"{OPTIONS}abc-x").mkdir()
    link = temporary / f"{OPTIONS}{ended.pid}-y"
    (temporary / "elsewhere").mkdir()
    link.symlink_to(temporary / "elsewhere")
    sweep()
    assert mine.is_dir()
    assert not left.exists()
    assert (temporary / f"{OPTIONS}abc-x").is_dir()
    assert (temporary / "elsewhere").is_dir()


@posix
@pytest.mark.pure
@pytest.mark.anyio
async def test_a_full_disk_is_one_clear_line(
    fake: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user would see a traceback, with the settings in it."""
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent/folder")
    chosen = ClaudeAgentOptions(cli_path=fake("cli"), settings=json.dumps({"a": SECRET}))
    with pytest.raises(
        CLIConnectionError, match=r"^The options could not be written to /none"
    ) as it:
        await ClaudeSDKClient(chosen).connect()
    assert SECRET not in shown(it.value)


# --- tracebacks -----------------------------------------------------------------------------------


def shown(error: BaseException) -> str:
    """Return an error as the most talkative tools show it: with all frames' variables."""
    texts = [repr(error), str(error.__dict__), *traceback.format_exception(error)]
    chain: list[BaseException | None] = [error]
    seen: set[int] = set()
    while chain:
        link = chain.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        chain += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if frame.f_globals["__name__"] != __name__:  # the user's own code is theirs
                texts += [f"{name} = {value!r}" for name, value in frame.f_locals.items()]
                texts.append(inspect.formatargvalues(*inspect.getargvalues(frame)))
    return "\n".join(texts)


async def no_program(chosen: ClaudeAgentOptions) -> None:
    chosen.cli_path = Path("/nonexistent/claude")
    await ClaudeSDKClient(chosen).connect()


async def no_interpreter(chosen: ClaudeAgentOptions) -> None:
    program = Path(str(chosen.cwd)) / "claude"
    program.write_text("#!/nonexistent/node\n")
    program.chmod(0o755)
    chosen.cli_path = program
    async for _ in query(prompt="x", options=chosen):
        pass


async def ends_at_once(chosen: ClaudeAgentOptions) -> None:
    chosen.env["FAKE"] = f"say:bad key {SECRET},exit:3"
    await ClaudeSDKClient(chosen).connect()


async def never_answers(chosen: ClaudeAgentOptions) -> None:
    chosen.env["FAKE"] = "mute,silent"
    await ClaudeSDKClient(chosen, initialize_timeout=0.05).connect()


async def takes_no_input(chosen: ClaudeAgentOptions) -> None:
    chosen.env["FAKE"] = "nostdin"
    async with ClaudeSDKClient(chosen) as client:
        await client.query("x")
        async for _ in client.receive_response():
            pass


async def bad_option(chosen: ClaudeAgentOptions) -> None:
    fields = {name: value for name, value in vars(chosen).items() if name != "debug_stderr"}
    ClaudeAgentOptions(**{**fields, "permission_mode": "bad"})


async def bad_option_later(chosen: ClaudeAgentOptions) -> None:
    chosen.max_turns = -1
    await ClaudeSDKClient(chosen).connect()


async def bad_server(chosen: ClaudeAgentOptions) -> None:
    servers: Any = {**chosen.mcp_servers, "b": {"type": "sdk", "name": "b"}}  # type: ignore[dict-item]
    chosen.mcp_servers = servers
    await ClaudeSDKClient(chosen).connect()


async def bad_agent(chosen: ClaudeAgentOptions) -> None:
    chosen.agents = None
    AgentDefinition("a", "b", mcpServers=[{"s": {"env": {"KEY": SECRET}}}], maxTurns=-1)


async def no_json(chosen: ClaudeAgentOptions) -> None:
    servers: Any = {"a": {"command": "c", "env": {"KEY": SECRET, "x": object()}}}
    chosen.mcp_servers = servers
    await ClaudeSDKClient(chosen).connect()


async def bad_flag(chosen: ClaudeAgentOptions) -> None:
    chosen.extra_args = {"token": SECRET + "\0"}
    await ClaudeSDKClient(chosen).connect()


async def bad_settings(chosen: ClaudeAgentOptions) -> None:
    chosen.settings = "{" + SECRET
    await ClaudeSDKClient(chosen).connect()


async def no_user(chosen: ClaudeAgentOptions) -> None:
    chosen.user = "nobody-of-this-name"
    await ClaudeSDKClient(chosen).connect()


CASES = [
    (no_program, CLINotFoundError),
    (no_interpreter, CLINotFoundError),
    (ends_at_once, ProcessError),
    (never_answers, CLIConnectionError),
    (takes_no_input, CLIConnectionError),
    (bad_option, ValueError),
    (bad_option_later, ValueError),
    (bad_server, ValueError),
    (bad_agent, ValueError),
    (no_json, CLIConnectionError),
    (bad_flag, CLIConnectionError),
    (bad_settings, ValueError),
    (no_user, CLIConnectionError),
]


@posix
@pytest.mark.pure
@pytest.mark.anyio
@pytest.mark.parametrize(("case", "kind"), CASES, ids=[case.__name__ for case, _ in CASES])
async def test_no_frame_of_an_error_shows_a_secret(
    case: Callable[[ClaudeAgentOptions], Awaitable[None]],
    kind: type[Exception],
    fake: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """`%xmode Verbose`, rich and pytest print each frame's variables: keys into the notebook."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    fields = everywhere(SECRET, env={"MY_KEY": SECRET}, extra_args={"api-key": SECRET})
    chosen = ClaudeAgentOptions(cli_path=fake("cli"), cwd=tmp_path, **fields)
    with caplog.at_level(logging.DEBUG), pytest.raises(kind) as caught:
        await case(chosen)
    text = shown(caught.value)
    assert SECRET not in text, [line for line in text.splitlines() if SECRET in line]
    assert SECRET not in caplog.text


@posix
@pytest.mark.pure
@pytest.mark.parametrize("mode", ["Verbose", "Context", "Plain"])
def test_ipython_shows_no_key(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mode that people turn on to find out why the CLI does not start would show their key."""
    ultratb = pytest.importorskip("IPython.core.ultratb")
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    import anyio

    async def start(chosen: ClaudeAgentOptions) -> None:
        async with ClaudeSDKClient(chosen):
            pass

    texts = []
    for path in ("/nonexistent", str(tmp_path / "text")):
        (tmp_path / "text").write_text("no program")
        (tmp_path / "text").chmod(0o755)
        chosen = ClaudeAgentOptions(**everywhere(SECRET), env={"KEY": SECRET}, cli_path=path)
        try:
            anyio.run(start, chosen)
        except Exception:
            texts.append(ultratb.AutoFormattedTB(mode).text(*sys.exc_info()))
    assert len(texts) == 2
    for text in texts:
        assert "CLI" in text
        assert SECRET not in text, [line for line in text.splitlines() if SECRET in line]


@pytest.mark.pure
@pytest.mark.anyio
async def test_a_user_s_own_frames_stay(fake: Callable[[str], Path]) -> None:
    """Whoever wrote the store that fails could not see where."""
    from jupyter_claude_sdk import InMemorySessionStore

    class Store(InMemorySessionStore):
        async def load(self, key: Any) -> Any:
            raise KeyError("in the store")

    name = "3f2c1c1e-0000-4000-8000-000000000000"
    chosen = ClaudeAgentOptions(cli_path=fake("cli"), session_store=Store(), resume=name)
    with pytest.raises(CLIConnectionError) as caught:
        await ClaudeSDKClient(chosen).connect()
    assert caught.value.__cause__ is not None
    frames = traceback.extract_tb(caught.value.__cause__.__traceback__)
    assert [frame.name for frame in frames] == ["load"]
