"""Sessions mirrored to a store and resumed from it, with the real CLI."""

from __future__ import annotations

import json
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    CLIConnectionError,
    InMemorySessionStore,
    MirrorErrorMessage,
    ProcessError,
    ResultMessage,
    SessionStore,
    SqliteSessionStore,
    project_key_for_directory,
    query,
)
from jupyter_claude_sdk._stores.restore import StoredSession, is_safe, make_folder
from jupyter_claude_sdk._transport.scratch import remove_folder
from jupyter_claude_sdk.testing import ScriptedModel

pytestmark = [pytest.mark.cli, pytest.mark.anyio]

Options = Callable[..., ClaudeAgentOptions]

REMEMBERS = [
    {"when": "the word", "when_earlier": "pineapple", "replies": [[{"text": "It is known."}]]},
    {"when": "pineapple", "replies": [[{"text": "Noted."}]]},
    {"when": "the word", "replies": [[{"text": "Nobody said."}]]},
]


async def ask(prompt: str, options: ClaudeAgentOptions) -> tuple[ResultMessage, list[Any]]:
    messages = [message async for message in query(prompt=prompt, options=options)]
    results = [message for message in messages if isinstance(message, ResultMessage)]
    return results[-1], messages


def restored_folders() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob("claude-restored-*"))


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep restored sessions where the test can see all of them."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


@pytest.mark.parametrize("flush", ["batched", "eager"])
async def test_a_session_goes_on_where_only_the_store_has_it(
    options: Options, tmp_path: Path, flush: Any
) -> None:
    """A session could not move to another machine, or would begin with an empty memory there."""
    store = SqliteSessionStore(tmp_path / "store")
    chosen = options(REMEMBERS, session_store=store, session_store_flush=flush)
    first, _ = await ask("pineapple", chosen)
    shutil.rmtree(tmp_path / "claude-config")

    chosen.resume = first.session_id
    async with ClaudeSDKClient(chosen) as client:
        (folder,) = restored_folders()
        # Not all of the folder: the running CLI makes and removes locks in it.
        (transcript,) = folder.glob("projects/*/*.jsonl")
        assert stat.S_IMODE(transcript.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        async with client.turn("what is the word?") as turn:
            async for _ in turn:
                pass
        assert turn.result is not None
        assert (turn.result.result, turn.result.session_id) == ("It is known.", first.session_id)
    assert not restored_folders()

    chosen.resume = None
    chosen.continue_conversation = True
    third, _ = await ask("and the word again?", chosen)
    assert (third.result, third.session_id) == ("It is known.", first.session_id)
    assert not restored_folders()
    project = project_key_for_directory(chosen.cwd)
    entries: Any = await store.load({"project_key": project, "session_id": first.session_id})
    prompts = [entry["message"]["content"] for entry in entries if entry["type"] == "user"]
    assert prompts == ["pineapple", "what is the word?", "and the word again?"]
    await store.aclose()


async def test_the_result_comes_after_what_it_ends_is_stored(options: Options) -> None:
    """A worker that is stopped as soon as it has the result would lose the turn."""
    store = InMemorySessionStore()
    async for message in query(prompt="pineapple", options=options(REMEMBERS, session_store=store)):
        if isinstance(message, ResultMessage):
            ((_, entries),) = store._entries.items()
            assert {"user", "assistant"} <= {entry["type"] for entry in entries}


async def test_subagents_are_mirrored_and_come_back(options: Options, tmp_path: Path) -> None:
    """A subagent could not be asked to go on after a resume."""
    task = {"description": "look", "prompt": "sub look", "subagent_type": "general-purpose"}
    script = [
        {
            "when": "delegate",
            "replies": [[{"tool": "Task", "input": task}], [{"text": "done"}]],
        }
    ]
    store = InMemorySessionStore()
    chosen = options(script, session_store=store)
    result, _ = await ask("delegate", chosen)
    agents = [key[2] for key in store._entries if key[2]]
    assert len(agents) == 1 and agents[0].startswith("subagents/agent-")
    shutil.rmtree(tmp_path / "claude-config")
    chosen.resume = result.session_id
    async with ClaudeSDKClient(chosen):
        (folder,) = restored_folders()
        (transcript,) = folder.glob("projects/*/*/subagents/agent-*.jsonl")
        assert "agent_metadata" not in transcript.read_text()
        metadata = json.loads(transcript.with_suffix(".meta.json").read_text())
        assert metadata["agentType"] == "general-purpose"


class _Broken(InMemorySessionStore):
    """Fails, or hangs, until it is mended."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.given_up = anyio.Event()

    async def append(self, key: Any, entries: Any) -> None:
        if self.how == "fails":
            raise OSError("no\nspace")
        if self.how == "hangs":
            try:
                await anyio.sleep_forever()
            finally:
                self.given_up.set()
        await super().append(key, entries)


@pytest.mark.parametrize("how", ["fails", "hangs"])
async def test_a_broken_store_does_not_disturb_the_session(
    options: Options, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is down would take all conversations with it, or lose them for good."""
    if how == "hangs":
        monkeypatch.setattr("jupyter_claude_sdk._stores.mirror.RESULT_WAIT", 0.5)
    monkeypatch.setattr("jupyter_claude_sdk._stores.mirror.APPEND_TIMEOUT", 1.0)
    store = _Broken(how)
    with anyio.fail_after(60):
        async with ClaudeSDKClient(options(REMEMBERS, session_store=store)) as client:
            await client.query("pineapple")
            messages = [message async for message in client.receive_response()]
            (error,) = [message for message in messages if isinstance(message, MirrorErrorMessage)]
            assert ("no space" in error.error) == (how == "fails")
            assert "\n" not in error.error
            assert error.key is not None
            last = messages[-1]
            assert isinstance(last, ResultMessage)
            assert last.result == "Noted."
            if how == "hangs":
                await store.given_up.wait()
            store.how = "works"
            await client.query("what is the word?")
            messages = [message async for message in client.receive_response()]
            assert not [message for message in messages if isinstance(message, MirrorErrorMessage)]
    (key,) = store._entries
    entries: Any = store._entries[key]
    # What was written while the store was down is there too, once and in order.
    prompts = [entry["message"]["content"] for entry in entries if entry["type"] == "user"]
    assert prompts == ["pineapple", "what is the word?"]


async def test_what_a_store_does_not_have_is_the_local_disks(options: Options) -> None:
    """Sessions from before the store was introduced could no longer be resumed."""
    first, _ = await ask("pineapple", options(REMEMBERS))
    store = InMemorySessionStore()
    chosen = options(REMEMBERS, session_store=store, resume=first.session_id)
    second, _ = await ask("what is the word?", chosen)
    assert second.result == "It is known."
    chosen.resume = "22222222-2222-4222-8222-222222222222"
    with pytest.raises(ProcessError, match="No conversation found"):
        await ask("what is the word?", chosen)
    assert not restored_folders()


async def test_a_store_that_cannot_be_read_says_so(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resuming would hang, or go on without the history as if there were none."""
    store = InMemorySessionStore()

    async def fails(key: Any) -> Any:
        raise OSError("no\nroute")

    async def hangs(key: Any) -> Any:
        await anyio.sleep_forever()

    chosen = options([], session_store=store, load_timeout_ms=200)
    chosen.resume = "22222222-2222-4222-8222-222222222222"
    for load, says in ((fails, "no route"), (hangs, "200 ms")):
        monkeypatch.setattr(store, "load", load)
        with anyio.fail_after(60), pytest.raises(CLIConnectionError, match=says) as caught:
            await ask("x", chosen)
        assert "\n" not in str(caught.value)

    class Small(SessionStore):
        async def append(self, key: Any, entries: Any) -> None: ...

        async def load(self, key: Any) -> Any: ...

    with pytest.raises(ValueError, match="list_sessions"):
        await ask("x", options([], session_store=Small(), continue_conversation=True))


async def test_only_what_signing_in_needs_is_copied(
    options: Options, tmp_path: Path, scripted: Callable[[Any], ScriptedModel]
) -> None:
    """A copied refresh token would sign the user out; a forgotten copy would leak it."""
    home = tmp_path / "home"
    home.mkdir()
    credentials = {"claudeAiOauth": {"accessToken": "access", "refreshToken": "refresh"}}
    (home / ".credentials.json").write_text(json.dumps(credentials))
    (home / ".claude.json").write_text(json.dumps({"primaryApiKey": "key", "theme": "dark"}))
    (home / "settings.json").write_text("{}")
    (home / "skills").mkdir()
    store = InMemorySessionStore()
    session_id = "33333333-3333-4333-8333-333333333333"
    chosen = options([], session_store=store, resume=session_id)
    chosen.env["CLAUDE_CONFIG_DIR"] = str(home)
    entries: Any = [{"type": "user", "uuid": "1"}]
    session = StoredSession("-work", session_id, {"": entries, "subagents/agent-1": entries})
    folder = make_folder(session, chosen)
    assert not (folder / ".credentials.json").exists()
    assert json.loads((folder / ".claude.json").read_text()) == {"theme": "dark"}
    assert (folder / "skills").is_symlink() and (folder / "settings.json").is_symlink()
    assert (folder / f"projects/-work/{session_id}/subagents/agent-1.jsonl").is_file()
    remove_folder(folder)
    assert (home / "settings.json").exists()

    for name in list(chosen.env):
        if name.startswith("ANTHROPIC_"):
            del chosen.env[name]
    folder = make_folder(session, chosen)
    text = (folder / ".credentials.json").read_text()
    assert "access" in text and "refresh" not in text.lower()
    assert stat.S_IMODE((folder / ".credentials.json").stat().st_mode) == 0o600
    remove_folder(folder)
    assert not restored_folders()


@pytest.mark.parametrize(
    "subpath", ["", "..", "../x", "a/../b", "/a", "a//b", "a/", "C:/x", "a\\..\\b", "a\0", ". /a"]
)
def test_no_subpath_leads_out_of_the_folder(subpath: str) -> None:
    """Whoever can write to the store could write to any file of the user's."""
    assert not is_safe(subpath)
    assert is_safe("subagents/agent-1") and is_safe("subagents/workflows/run.1/agent-a")
