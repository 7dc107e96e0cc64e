"""The file of a batch: nothing is lost, nothing is asked twice, nothing of others is changed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jupyter_claude_sdk import BatchError
from jupyter_claude_sdk._map.cache import Cache, CacheError, Saved
from jupyter_claude_sdk._map.outcome import Outcome

from tests.hangs import HANG

from .fakes import SETTINGS, FakePool, answered, make, wrong

pytestmark = [pytest.mark.pure, pytest.mark.anyio]
on_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"])


def filled(path: Path, rows: dict[str, str]) -> bytes:
    """Write a file with some answers, and return its bytes."""

    async def main() -> None:
        cache = Cache(path, SETTINGS)
        cache.open()
        for prompt, text in rows.items():
            await cache.add(cache.key(prompt), Saved(text))
        cache.close()

    anyio.run(main)
    return path.read_bytes()


def found(path: Path, prompts: list[str]) -> list[str | None]:
    cache = Cache(path, SETTINGS)
    cache.open()
    rows = [cache.find(cache.key(prompt)) for prompt in prompts]
    cache.close()
    return [None if row is None else row.text for row in rows]


class Mood(Enum):
    GOOD = "good"


class Label(NamedTuple):
    mood: Mood
    day: date
    price: Decimal


async def test_a_second_batch_asks_only_what_is_missing(tmp_path: Path) -> None:
    """A restarted kernel would pay for all rows again, or get other values."""
    label = Label(Mood.GOOD, date(2026, 11, 30), Decimal("12.50"))
    text = '{"mood": "good", "day": "2026-11-30", "price": "12.50"}'

    def answer(prompt: str, nth: int) -> Outcome:
        return wrong() if prompt == "b" else answered(label, text, folder="/f")

    path = tmp_path / "labels.jsonl"
    rows = await make(["a", "b", "c"], "{x}", FakePool(answer), schema=Label, cache=path)
    assert [row.value for row in rows] == [label, None, label]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or sys.platform == "win32"
    pool = FakePool(answer)
    batch = make(["a", "b", "c", "d"], "{x}", pool, schema=Label, cache=path)
    assert (await batch.estimate(5)).to_ask == 2
    again = await batch
    assert sorted(pool.asked) == ["b", "d"]
    assert [row.value for row in again] == [label, None, label, label]
    assert again[0].reused and again[0].cost_usd == 0.01 and again[0].folder == "/f"
    assert batch.cost_usd == pytest.approx(0.02)  # only what this batch spent
    assert (batch.progress.reused, batch.progress.note) == (2, "")


async def test_a_batch_that_needs_nothing_starts_nothing(tmp_path: Path) -> None:
    """A cell with all answers would start processes, or need the CLI."""
    path = tmp_path / "x.jsonl"
    await make(["a"], "{x}", FakePool(), cache=path)
    pool = FakePool()
    assert (await make(["a", "a"], "{x}", pool, cache=path))[1].value == "A"
    assert pool.opened == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [("schema", "another schema"), ("model", "another model"), ("tools", "other tools")],
)
async def test_other_settings_ask_anew_and_say_why(
    tmp_path: Path, changed: str, words: str
) -> None:
    """Answers of another model would be taken for this one's, or paid again without a word."""
    path = tmp_path / "labels.jsonl"
    await make(["a", "b"], "{x}", FakePool(), cache=path)
    other = {**SETTINGS, changed: "other"}
    pool = FakePool()
    batch = make(["a", "b"], "{x}", pool, cache=path, settings=other)
    await batch
    assert len(pool.asked) == 2
    assert (
        batch.progress.note == f"2 rows of labels.jsonl were asked with {words}, and cannot be used"
    )
    back = make(["a", "b"], "{x}", pool, cache=path)
    await back
    assert len(pool.asked) == 2 and back.progress.note == ""


async def test_another_prompt_asks_anew_and_says_why(tmp_path: Path) -> None:
    """A changed question would get the old answers."""
    path = tmp_path / "l.jsonl"
    await make(["a"], "1: {x}", FakePool(), cache=path)
    pool = FakePool()
    batch = make(["a"], "2: {x}", pool, cache=path, settings={**SETTINGS, "template": "t2"})
    await batch
    assert pool.asked == ["2: a"]
    assert (
        batch.progress.note == "1 row of l.jsonl was asked with another prompt, and cannot be used"
    )


@given(cut=st.integers(0, 400), junk=st.binary(max_size=5))
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_a_torn_end_is_repaired(tmp_path: Path, cut: int, junk: bytes) -> None:
    """After kill -9 or a power cut the file would be lost, with all that is in it."""
    path = tmp_path / "x.jsonl"
    path.unlink(missing_ok=True)
    whole = filled(path, {"a": "A", "b": "B"})
    cut = min(cut, len(whole))
    left = whole[:cut]
    if left.count(b"\n") == 0:
        junk = b""  # a first line that is another is a foreign file
    path.write_bytes(left + junk.replace(b"\n", b"\0"))
    kept = left.count(b"\n")
    expected = ["A" if kept >= 3 else None, "B" if kept >= 4 else None]
    assert found(path, ["a", "b"]) == expected
    assert path.read_bytes().startswith(left[: left.rfind(b"\n") + 1])
    filled(path, {"c": "C"})
    assert found(path, ["a", "b", "c"]) == [*expected, "C"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"text,label\na,b\n", "is no file of claude.map"),
        (b"\x89PNG", "is no file of claude.map"),
        (b'{"a": 1}\n', "is no file of claude.map"),
        (b'{"jupyter_claude_map":9}\n', "has the form 9"),
        (b'{"jupyter_claude_map":1}\nxx\n{}\n', "is damaged in line 2"),
        (b'{"jupyter_claude_map":1}\n{"key":3}\n', "is damaged in line 2"),
    ],
)
async def test_a_file_of_others_is_not_touched(
    tmp_path: Path, content: bytes, message: str
) -> None:
    """A user's data would be overwritten by a wrong name."""
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    pool = FakePool()
    with pytest.raises(BatchError, match=f"^The file data.csv {message}"):
        await make(["a"], "{x}", pool, cache=path)
    assert path.read_bytes() == content
    assert pool.opened == 0


async def test_a_folder_that_is_missing_is_one_line(tmp_path: Path) -> None:
    """A traceback from inside of the SDK would say less."""
    with pytest.raises(BatchError, match=r"x\.jsonl cannot be opened: No such file"):
        await make(["a"], "{x}", FakePool(), cache=tmp_path / "no" / "x.jsonl")


async def test_two_batches_cannot_have_one_file(tmp_path: Path) -> None:
    """Two kernels would write into each other's lines, and ask all rows twice."""
    path = tmp_path / "x.jsonl"
    pool = FakePool()
    pool.hangs = {"a"}
    first = make(["a"], "{x}", pool, cache=path)
    async with anyio.create_task_group() as group:
        group.start_soon(first._whole)
        with anyio.fail_after(HANG):
            while not pool.running:
                await anyio.sleep(0.001)
        with pytest.raises(BatchError, match="is in use by another batch"):
            await make(["a"], "{x}", FakePool(), cache=path)
        group.cancel_scope.cancel()
    await make(["a"], "{x}", FakePool(), cache=path)


@on_asyncio
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
async def test_a_process_that_is_killed_frees_the_file(tmp_path: Path) -> None:
    """After kill -9 the same cell could not go on."""
    path = tmp_path / "x.jsonl"
    code = (
        "import sys, time; from jupyter_claude_sdk._map.cache import Cache\n"
        f"cache = Cache({str(path)!r}, {SETTINGS!r}); cache.open()\n"
        "print('open', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None and child.stdout.readline() == b"open\n"
            with pytest.raises(BatchError, match="in use"):
                await make(["a"], "{x}", FakePool(), cache=path)
        finally:
            child.kill()
    assert (await make(["a"], "{x}", FakePool(), cache=path))[0].value == "A"


async def test_a_full_disk_stops_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch would spend on for answers that it cannot keep."""
    path = tmp_path / "x.jsonl"
    real, full = os.write, [False]

    def write(handle: int, data: Any) -> int:
        if full[0] and b'"key"' in bytes(data):
            real(handle, bytes(data)[:7])  # a part fits
            raise OSError(28, "No space left on device")
        return real(handle, data)

    def answer(prompt: str, nth: int) -> Outcome:
        full[0] = prompt == "5" or full[0]
        return answered(prompt)

    pool = FakePool(answer)
    batch = make(range(100), "{n}", pool, concurrency=1, cache=path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        rows = await batch
    assert [row.value for row in rows[:6]] == ["0", "1", "2", "3", "4", None]
    assert rows[5].error == ("The answer could not be written to x.jsonl: No space left on device")
    assert (rows[5].text, rows[5].kind) == ("5", "cache")
    assert str(rows[6].error).startswith("Not asked, because the batch stopped: The answer")
    assert len(pool.asked) == 6
    assert found(path, ["4", "5"]) == ["4", None]
    await batch.retry()
    assert batch.failed == [] and pool.counts["5"] == 1  # the paid answer was kept
    assert found(path, ["5", "99"]) == ["5", "99"]


async def test_rows_that_finish_together_are_written_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row would wait for the syncs of all others."""
    syncs: list[int] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        syncs.append(handle)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    cache = Cache(tmp_path / "x.jsonl", SETTINGS)
    cache.open()
    async with anyio.create_task_group() as group:
        for n in range(50):
            group.start_soon(cache.add, str(n), Saved(str(n)))
    cache.close()
    assert len(syncs) <= 4
    assert len(path_lines(tmp_path / "x.jsonl")) == 52


async def test_an_answer_is_written_even_if_the_batch_ends(tmp_path: Path) -> None:
    """An answer that is paid for would be asked again."""
    cache = Cache(tmp_path / "x.jsonl", SETTINGS)
    cache.open()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await cache.add("k", Saved("t"))
    assert cache.find("k") == Saved("t")
    cache.close()


async def test_prompts_and_options_are_not_in_the_file(tmp_path: Path) -> None:
    """A file to share would have what was private."""
    from jupyter_claude_sdk import ClaudeAgentOptions
    from jupyter_claude_sdk import map as ask_each

    path = tmp_path / "x.jsonl"
    batch = ask_each(
        ["secret row"],
        "secret prompt {x}",
        options=ClaudeAgentOptions(env={"ANTHROPIC_API_KEY": "sk-ant-secret"}),
        system_prompt="secret system",
        cache=path,
    )
    pool = FakePool(lambda *_: answered("fine"))
    batch._make_pool = lambda size: pool
    await batch
    assert b"secret" not in path.read_bytes()
    assert [line.get("text") for line in path_lines(path)] == [None, None, "fine"]


def path_lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


async def test_half_a_character_is_kept(tmp_path: Path) -> None:
    """A row of a broken file would end the batch."""
    half = "half \ud83d"
    path = tmp_path / "x.jsonl"
    await make([half], "{x}", FakePool(lambda prompt, nth: answered(prompt)), cache=path)
    pool = FakePool()
    assert (await make([half], "{x}", pool, cache=path))[0].value == half
    assert pool.asked == []


async def test_an_error_of_the_file_pickles(tmp_path: Path) -> None:
    """It could not leave a worker."""
    import pickle

    error = pickle.loads(pickle.dumps(CacheError("no room")))
    assert str(error) == "no room"
