"""Conversations that a session store takes to another machine."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import InMemorySessionStore, S3SessionStore

from jupyter_claude._ipython.magics import ClaudeMagics

pytestmark = [pytest.mark.cli, pytest.mark.anyio]


@pytest.fixture
def s3() -> Iterator[S3SessionStore]:
    """Return a store on a server of this machine."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    client.create_bucket(Bucket="notebooks")
    yield S3SessionStore("notebooks", client=client)
    server.stop()


def machine(tmp_path: Path, name: str) -> dict[str, str]:
    return {"CLAUDE_CONFIG_DIR": str(tmp_path / name / "claude"), "HOME": str(tmp_path / name)}


def told(claude: Any) -> str:
    """Return what the model was told last."""
    return str(claude.model.requests[-1]["messages"])


def notices(turn: Any) -> list[str]:
    return [item.text for item in turn.items if item.kind == "notice"]


async def test_a_conversation_moves_between_machines(
    session: Any, tmp_path: Path, s3: S3SessionStore
) -> None:
    """What was said on one machine would be gone on the other, or on the way back."""
    script = [{"replies": [[{"text": "Yes."}]]}]
    here, there = machine(tmp_path, "here"), machine(tmp_path, "there")
    async with session(script, env=here, session_store=s3) as claude:
        await claude.ask("Apples")
        await claude.ask("Bananas")
        id = claude.session_id
    async with session(script, env=there, session_store=s3) as claude:
        await claude.resume(id)
        assert [turn.prompt for turn in claude.history] == ["Apples", "Bananas"]
        await claude.rewind(claude.history[1])
        turn = await claude.ask("Cherries")
        assert "Apples" in told(claude) and "Bananas" not in told(claude)
        assert not notices(turn)
        id = claude.session_id
    async with session(script, env=here, session_store=s3) as claude:
        await claude.resume(id)
        assert [turn.prompt for turn in claude.history] == ["Apples", "Cherries"]
        turn = await claude.ask("Dates")
        assert "Apples" in told(claude) and "Cherries" in told(claude)
        assert "Bananas" not in told(claude)
        assert not notices(turn)
        with pytest.raises(Exception, match="There is no conversation"):
            await claude.resume(str(uuid.uuid4()))


class _Breaks(InMemorySessionStore):
    """Fails while it is broken."""

    broken = False

    async def append(self, key: Any, entries: Any) -> None:
        self._check()
        await super().append(key, entries)

    async def load(self, key: Any) -> Any:
        self._check()
        return await super().load(key)

    def _check(self) -> None:
        if self.broken:
            raise OSError("no\nroute")


async def test_a_store_that_fails_loses_nothing(session: Any, tmp_path: Path) -> None:
    """A store that is down would stop the work, or the other machine would lack a part for good."""
    script = [{"replies": [[{"text": "Yes."}]]}]
    here, there = machine(tmp_path, "here"), machine(tmp_path, "there")
    store = _Breaks()
    async with session(script, env=here) as claude:
        await claude.ask("Before the store")
        claude.settings.session_store = store
        assert not notices(await claude.ask("With the store"))
        store.broken = True
        (notice,) = notices(await claude.ask("While it fails"))
        assert "no route" in notice and "\n" not in notice
        id = claude.session_id
        await claude.close()
        reading, writing = notices(await claude.ask("After a restart"))
        assert "no route" in reading and "goes on from what this machine has" in reading
        assert "no route" in writing and "the store gets them later" in writing
        store.broken = False
        # The store now gets this turn and the one before, and only then what it lacks of earlier.
        assert not notices(await claude.ask("It works again"))
        await claude.close()
        assert not notices(await claude.ask("All is there"))
        prompts = [turn.prompt for turn in claude.history]
        assert len(prompts) == 6
    async with session(script, env=there, session_store=store) as claude:
        ClaudeMagics(None, claude._lazy)._do_resume(id)
        assert not notices(await claude.ask("Do you know all?"))
        assert [turn.prompt for turn in claude.history] == [*prompts, "Do you know all?"]
        assert all(prompt in told(claude) for prompt in prompts)
        store.broken = True
        with pytest.raises(Exception, match="no route") as caught:
            await claude.resume(str(uuid.uuid4()))
        assert "\n" not in str(caught.value)
        assert (await claude.ask("Still here?")).text == "Yes."
