"""What a rewind would change, worked out from made-up transcripts; and what is kept of rewinds."""

from __future__ import annotations

import json
import os
import threading
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk.lowlevel import Transcript, TranscriptEntry, parse_message

from jupyter_claude._conversations.recent import remember
from jupyter_claude._rewind.claude_writes import FileFingerprints
from jupyter_claude._rewind.cli_checkpoints import Backup, Recorded, from_entries, read
from jupyter_claude._rewind.file_states import NOTHING, State, Step, look, put, put_back, save
from jupyter_claude._rewind.plan import FileChange, RewindPlan
from jupyter_claude._rewind.planner import FilePlan, plan_files
from jupyter_claude._rewind.store import RewindStore, prune
from jupyter_claude._turns.items import ToolCall
from jupyter_claude._turns.turn import Turn
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._views.protocol import plan_view

pytestmark = pytest.mark.pure

SESSION = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    work = tmp_path / "work"
    work.mkdir()
    return Path(os.path.realpath(work))


def turn(number: int, *calls: ToolCall, prompt: str = "p") -> Turn:
    return written(number, *calls, prompt=prompt).turn


def written(number: int, *calls: ToolCall, prompt: str = "p") -> TurnWriter:
    made = TurnWriter(number, f"turn-{number}", prompt, folder=Path())
    for call in calls:
        made.put(call)
    return made


def backup(folder: Path, copy: str | None) -> dict[str, Any]:
    return {"backupFileName": copy, "version": 1, "realParentDir": str(folder)}


def snapshot(number: int, **files: Any) -> dict[str, Any]:
    id = f"turn-{number}"
    return {
        "type": "file-history-snapshot",
        "messageId": id,
        "snapshot": {"messageId": id, "trackedFileBackups": files},
    }


def delta(number: int, name: str, kept: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "file-history-delta",
        "messageId": "m",
        "snapshotMessageId": f"turn-{number}",
        "trackingPath": name,
        "backup": kept,
    }


def recorded(entries: list[Any], copies: Path, cwd: Path) -> Recorded:
    return from_entries(map(TranscriptEntry, entries), copies, cwd)


def plan(turns: list[Turn], found: Recorded, folder: Path, **known: str) -> FilePlan:
    fingerprints = FileFingerprints(
        {str(folder / name): fingerprint for name, fingerprint in known.items()}
    )
    return plan_files(turns, found, fingerprints, str(folder))


def test_more_than_a_hundred_prompts_ago(folder: Path) -> None:
    """The CLI forgets, its copies are still there; where they are not, that is said."""
    copies = folder.parent / "copies"
    copies.mkdir()
    entries = [snapshot(1), delta(1, "a", backup(folder, None))]
    for number in range(2, 151):
        (copies / f"a@v{number}").write_text(f"{number - 1}\n")
        entries.append(snapshot(number, a=backup(folder, f"a@v{number}")))
    (folder / "a").write_text("150\n")
    found = recorded(entries, copies, folder)
    turns = [turn(number) for number in range(1, 151)]
    fingerprint = look(folder / "a").fingerprint
    (first,) = plan(turns[1:], found, folder, a=fingerprint).changes
    assert first.shown.action == "restore"
    assert "+1" in first.shown.diff.splitlines()
    (copies / "a@v2").unlink()
    gone = plan(turns[1:], found, folder, a=fingerprint)
    assert gone.changes == []
    assert gone.irreversible == ["a stays as it is: Claude Code no longer keeps its old content"]
    assert plan(turns, found, folder, a=fingerprint).changes[0].shown.action == "delete"


def test_turns_without_a_checkpoint(folder: Path) -> None:
    """A command such as /compact has none and needs none; else going back is refused."""
    copies = folder.parent / "copies"
    copies.mkdir()
    (copies / "old").write_text("old\n")
    (folder / "a").write_text("new\n")
    found = recorded([snapshot(2, a=backup(folder, "old"))], copies, folder)
    wrote = ToolCall("x", "Write", {"file_path": "b"}, "done")
    assert len(plan([turn(1), turn(2)], found, folder).changes) == 1
    refused = plan([turn(1, wrote), turn(2)], found, folder)
    assert refused.changes == []
    assert refused.reason.startswith("Turn 1 has no file checkpoint; rewind(…, files=False")
    assert plan([turn(3)], found, folder).changes == []
    denied = ToolCall("x", "Write", {"file_path": "b"}, "denied")
    assert plan([turn(3, denied)], found, folder).reason == ""


def test_a_transcript_cannot_reach_out(folder: Path) -> None:
    """A transcript names its copies; a made-up one must not read other files."""
    copies = folder.parent / "copies"
    copies.mkdir()
    (folder.parent / "secret").write_text("secret\n")
    (folder / "a").write_text("new\n")
    entries = [
        snapshot(1, a=backup(folder, "../secret")),
        {"type": "file-history-snapshot", "snapshot": {"trackedFileBackups": 3}},
        {"type": "file-history-snapshot"},
        delta(1, "c", {"backupFileName": 3}),
    ]
    found = plan([turn(1)], recorded(entries, copies, folder), folder)
    assert found.changes == []
    assert found.irreversible[0].startswith("a stays as it is")


def test_copies_by_the_sdk_have_the_checkpoints_of_the_old_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`fork_session` gives every entry another uuid; else a copy could not go back at all."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(folder))
    other = SESSION.replace("1", "2")
    (folder / "projects" / "p").mkdir(parents=True)

    def keep(session: str, *entries: dict[str, Any]) -> None:
        path = folder / "projects" / "p" / f"{session}.jsonl"
        path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))

    prompt = {"type": "user", "parentUuid": None, "message": {"content": "p"}}
    origin = {"sessionId": SESSION, "messageUuid": "old"}
    circle = {"sessionId": other, "messageUuid": "new"}
    old = snapshot(1, a=backup(folder, None))
    old["snapshot"]["messageId"] = "old"
    keep(SESSION, {**prompt, "uuid": "old", "forkedFrom": circle}, old, snapshot(2))
    keep(other, {**prompt, "uuid": "new", "forkedFrom": origin})
    found = read(other, os.environ, folder)
    assert found is not None
    assert found.before("new") == {str(folder / "a"): Backup(str(folder / "a"), None)}
    assert list(found.snapshots) == ["new"]
    assert read(SESSION.replace("1", "3"), os.environ, folder) is None


def test_lines_of_what_stays(folder: Path) -> None:
    """A long command, a tool of a server, a file without a checkpoint: a line each, once."""
    calls = [
        ToolCall("1", "Bash", {"command": "x" * 300}, "done"),
        ToolCall("2", "Bash", {"command": "echo 1"}, "failed"),
        ToolCall("3", "Bash", {"command": "echo 1"}, "done"),
        ToolCall("4", "Bash", {"command": "rm -rf /"}, "denied"),
        ToolCall("5", "mcp__mail__send", {}, "done"),
        ToolCall("6", "Read", {"file_path": "a"}, "done"),
        ToolCall("7", "Write", {"file_path": "late"}, "done"),
        ToolCall("8", "mcp__kernel__variables", {}, "done"),  # a look changes nothing
        ToolCall("9", "mcp__kernel__run_code", {"code": "x = 1"}, "done"),
        ToolCall("10", "mcp__notebook__read_cells", {}, "done"),
        ToolCall("11", "mcp__answer__give", {"value": 1}, "done"),
    ]
    found = recorded([snapshot(1)], folder, folder)
    assert plan([turn(1, *calls)], found, folder).irreversible == [
        f"Command: {'x' * 200}…",
        "Command: echo 1",
        "Tool mcp__mail__send: what it did stays",
        "late was written without a checkpoint",
        "Code in the kernel: what it did besides changing variables stays",
    ]


def test_who_changed_a_file(folder: Path) -> None:
    """Else a command of Claude's counts as the user's, or an edit of the user's as Claude's."""
    fingerprints = FileFingerprints()
    writer = written(1)
    running = writer.turn
    fingerprints.watch(running, str(folder))

    def call(id: str, name: str, state: Any, **fields: Any) -> None:
        known = next((one for one in running.tools if one.id == id), None)
        if known is None:
            known = ToolCall(id, name, fields)
        known.state = state
        writer.put(known)

    def mine(name: str) -> bool:
        return fingerprints.fingerprint(str(folder / name)) != fingerprints.known.get(
            str(folder / name)
        )

    for name in "ab":
        call(name, "Write", "running", file_path=name)
        (folder / name).write_text("by Claude\n")
        call(name, "Write", "done")
    (folder / "b").write_text("by me\n")
    call("c", "Bash", "running", command="…")
    (folder / "a").write_text("by a command\n")
    (folder / "b").write_text("by both\n")
    call("c", "Bash", "done")
    assert not mine("a")
    assert mine("b")
    call("d", "Bash", "running", command="rm a")
    (folder / "a").unlink()
    call("d", "Bash", "done")
    assert not mine("a")
    (folder / "a").write_text("by me\n")
    assert mine("a")


def test_huge_files_do_not_hold_up_the_kernel(folder: Path) -> None:
    """Else each command of Claude's stops the kernel while gigabytes are read; or they are lost."""
    path = folder / "data"
    path.write_text("small")
    fingerprints = FileFingerprints()
    fingerprints.note(str(path))
    assert str(path) in fingerprints.known
    os.truncate(path, 1 << 40)  # a hole: to read it would take hours
    fingerprints.note(str(path))
    assert fingerprints.known == {}  # perhaps the user's: it is left alone


def test_a_busy_kernel_takes_nobodys_change_for_claudes(folder: Path) -> None:
    """While a cell holds up the kernel we look too late to know: then that is said."""
    fingerprints = FileFingerprints()
    writer = written(1)
    running = writer.turn
    fingerprints.watch(running, str(folder))

    def at(ago: float) -> str:
        then = datetime.fromtimestamp(time.time() - ago, timezone.utc)
        return then.isoformat().replace("+00:00", "Z")

    def tell(call: ToolCall, state: Any) -> None:
        call.state = state
        writer.put(call)

    for name in "ab":
        (folder / name).write_text("by Claude\n")
        call = ToolCall(name, "Write", {"file_path": name}, "running")
        running.items.append(call)
        raw = {"type": "user", "message": {"role": "user", "content": []}, "uuid": "u"}
        late = parse_message({**raw, "timestamp": at(5 if name == "a" else 0)})
        running.messages.append(late)
        tell(call, "done")
    path = str(folder / "a")
    assert fingerprints.known[path] != fingerprints.fingerprint(path)
    path = str(folder / "b")
    assert fingerprints.known[path] == fingerprints.fingerprint(path)
    (folder / "b").write_text("by me, or by the command\n")
    command = ToolCall("c", "Bash", {"command": "…"}, "running")
    running.items.append(command)
    tell(command, "running")
    block = {"type": "tool_use", "id": "c", "name": "Bash", "input": {}}
    said = {"type": "assistant", "message": {"content": [block], "model": "m", "role": "x"}}
    running.messages.append(parse_message({**said, "timestamp": at(5)}))
    tell(command, "done")
    assert path not in fingerprints.known


def test_put_is_all_or_none_with_links_and_folders(folder: Path) -> None:
    """Else a folder that a failed rewind made stays, or a link is followed."""
    kept = folder.parent / "kept"
    kept.mkdir()
    (kept / "x").write_text("x")
    content = State("file", 0o640, kept / "x", digest=look(kept / "x").digest)
    (folder / "link").symlink_to("elsewhere")
    (folder / "file").write_text("file")
    paths = [str(folder / name) for name in ("link", "file", "new/deep/er")]
    before = [Step(path, save(path, kept, str(at))) for at, path in enumerate(paths)]
    assert [step.state.kind for step in before] == ["link", "file", "nothing"]
    damaged = State("file", 0o640, kept / "x", digest="0")
    with pytest.raises(OSError, match="damaged"):
        put([Step(paths[2], content), Step(paths[1], damaged)], before)
    assert sorted(path.name for path in folder.iterdir()) == ["file", "link"]
    states = [content, State("link", target="there"), content]
    made = put([Step(path, state) for path, state in zip(paths, states, strict=True)], before)
    assert [os.path.basename(path) for path in made] == ["new", "deep"]
    assert (folder / "link").read_text() == "x"
    assert (folder / "link").stat().st_mode & 0o777 == 0o640
    assert os.readlink(folder / "file") == "there"
    assert not (folder / "elsewhere").exists()
    after = [Step(path, save(path, kept, f"after {at}")) for at, path in enumerate(paths)]
    put(before, after)
    assert os.readlink(folder / "link") == "elsewhere"
    assert (folder / "file").read_text() == "file"
    assert not (folder / "new/deep/er").exists()


def test_newer_work_is_never_overwritten(folder: Path) -> None:
    """Else what is saved in an editor while a rewind runs, or goes back, is gone for good."""
    kept = folder.parent / "kept"
    kept.mkdir()
    (kept / "x").write_text("x")
    content = State("file", 0o640, kept / "x", digest=look(kept / "x").digest)
    paths = [str(folder / name) for name in "abc"]
    for path in paths[:2]:
        Path(path).write_text("old")
    before = [Step(path, save(path, kept, str(at))) for at, path in enumerate(paths)]
    steps = [Step(path, content) for path in paths]
    (folder / "b").write_text("newer")
    with pytest.raises(OSError, match="changed just now"):
        put(steps, before)
    assert [path.read_text() for path in sorted(folder.iterdir())] == ["old", "newer"]
    (folder / "b").write_text("old")
    put(steps, before)
    (folder / "b").write_text("newer")
    put_back(before, steps)
    assert [path.read_text() for path in sorted(folder.iterdir())] == ["old", "newer"]
    # Nor is it looked for elsewhere, when the folder has become a link.
    elsewhere = folder.parent / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    with pytest.raises(OSError, match="is now a link"):
        put([Step(paths[0], NOTHING)], before[:1])
    assert (elsewhere / "a").read_text() == "old"


def test_names_that_no_file_can_have(folder: Path) -> None:
    """Else one name that a model made up, or a damaged transcript, makes rewinding impossible."""
    write = ToolCall("1", "Write", {"file_path": "/a\0b/c"}, "failed")
    found = recorded([snapshot(1, **{"a\0b": backup(folder, None)})], folder, folder)
    lines = plan([turn(1, write)], found, folder).irreversible
    assert lines == ["a⟨U+0000⟩b stays as it is: no file can have that name"]


def test_what_is_kept_is_the_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else other users of the machine read which notebooks there are, and what was spent."""
    monkeypatch.setenv("JUPYTER_CLAUDE_SESSIONS", str(tmp_path / "sessions"))
    before = os.umask(0)
    try:
        RewindStore(SESSION).write("marks.json", {})
        remember("/lab/a.ipynb", SESSION)
    finally:
        os.umask(before)
    kept = [tmp_path / "sessions", *(tmp_path / "sessions").rglob("*")]
    assert len(kept) == 5
    assert {path.stat().st_mode & 0o077 for path in kept} == {0}


def test_two_kernels_keep_what_each_knows(folder: Path) -> None:
    """Else a kernel that writes last makes Claude's files the user's, and drops branches."""
    store = RewindStore(SESSION)
    kernels = [FileFingerprints(), FileFingerprints()]
    for fingerprints, name in zip(kernels, "ab", strict=True):
        fingerprints.note(f"/{name}", name)
        store.change("marks.json", fingerprints.add_to)
    assert store.read("marks.json") == {"/a": "a", "/b": "b"}
    kernels[0].forget("/a")
    store.change("marks.json", kernels[0].add_to)
    assert store.read("marks.json") == {"/b": "b"}
    both = threading.Barrier(2)

    def add(name: str) -> None:
        both.wait()
        for _ in range(25):
            store.change("branches.json", lambda known: [*(known or []), name])

    threads = [threading.Thread(target=add, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.read("branches.json")) == 50


def test_old_copies_go(folder: Path) -> None:
    """Else the saved copies fill the disk; or what was just saved is gone."""
    store = RewindStore(SESSION)
    records = []
    for age in (40, 3, 2, 1):
        record = store.new()
        (record / "0").write_bytes(b"x" * 1000)
        store.write_record(record, {"undone": False})
        when = time.time() - age * 24 * 3600
        os.utime(record, (when, when))
        records.append(record)
    prune(store.folder.parent)
    assert [record.exists() for record in records] == [False, True, True, True]
    prune(store.folder.parent, most=2100)
    assert [record.exists() for record in records] == [False, False, True, True]
    unused = RewindStore(SESSION.replace("1", "3"))
    unused.write("marks.json", {})
    os.utime(unused.folder / "marks.json", (0, 0))
    prune(store.folder.parent)
    assert not unused.folder.exists()
    assert store.folder.exists()
    (store.folder / "branches.json").write_text("{half")
    assert store.read("branches.json") is None
    with pytest.raises(ValueError, match="not a session's id"):
        RewindStore("../../etc")


def test_a_copy_that_goes_on_shares_what_is_kept(folder: Path) -> None:
    """Else branches and undo are gone once the conversation goes on under another id."""
    other = SESSION.replace("1", "2")
    RewindStore(SESSION).write("branches.json", [1])
    RewindStore(SESSION).share_with(other)
    assert RewindStore(other).read("branches.json") == [1]
    RewindStore(other).share_with(SESSION)  # and never in a circle
    assert RewindStore(SESSION).read("branches.json") == [1]


def test_going_on_before_a_compaction(folder: Path) -> None:
    """The CLI reads nothing before a compaction: there it goes on in a copy, and loses nothing."""
    projects = folder / "projects" / "p"
    projects.mkdir(parents=True)
    copies = folder / "file-history" / SESSION
    copies.mkdir(parents=True)
    (copies / "a@v1").write_text("old")
    transcript = projects / f"{SESSION}.jsonl"
    entries: list[dict[str, Any]] = [
        {"type": "user", "uuid": "u1", "parentUuid": None, "sessionId": SESSION},
        {"type": "assistant", "uuid": "a1", "parentUuid": "u1", "sessionId": SESSION},
        {"type": "user", "uuid": "u2", "parentUuid": "a1", "sessionId": SESSION},
        {"type": "system", "subtype": "compact_boundary", "uuid": "c", "parentUuid": None},
        {"type": "file-history-snapshot", "messageId": "u2"},
        {"type": "user", "uuid": "u3", "parentUuid": "c"},
    ]
    before = "".join(json.dumps(entry) + "\n" for entry in entries)
    transcript.write_text(before)
    name = Transcript(transcript).go_on_from("a1", "u2")
    assert transcript.read_text() == before
    assert name not in (None, SESSION)
    copy = (projects / f"{name}.jsonl").read_text()
    assert SESSION not in copy
    assert [uuid for uuid in ("u1", "a1", "u2", "c", "u3") if f'"uuid":"{uuid}"' in copy] == [
        *("u1", "a1")
    ]
    assert "file-history-snapshot" in copy
    assert (folder / "file-history" / str(name) / "a@v1").read_text() == "old"
    assert Transcript(transcript).go_on_from(None, "u1") == SESSION
    note = json.loads(transcript.read_text().splitlines()[-1])
    assert (note["leafUuid"], note["cutUuid"]) == (None, "c")  # what the CLI still knows of
    assert Transcript(transcript).go_on_from("u3") == SESSION
    assert transcript.read_text().startswith(before)
    with pytest.raises(OSError, match="lacks the message"):
        Transcript(transcript).go_on_from("unknown")


def test_plans_read_well_and_are_text(folder: Path) -> None:
    """What Claude named a file or wrote into it must not become markup in the page."""
    change = FileChange(str(folder / "<b>\n.txt"), "restore", 2, 1, "<script>", True, False)
    made = RewindPlan(turn(2), files=[change], turns_dropped=[turn(2)], irreversible=["Bash: <i>"])
    made.folder = str(folder)
    assert repr(made).splitlines() == [
        "Rewind to before turn 2: 1 file left alone, 1 turn is removed",
        "  restore <b> .txt +2 −1, changed by you: left alone",
        "What cannot come back:",
        "  Bash: <i>",
    ]
    html = made._repr_html_()
    assert html is not None
    assert not [tag for tag in ("<script", "<b>", "<i>") if tag in html]
    view = plan_view(made)
    assert view["files"][0]["name"] == "<b>\n.txt"
    refused = RewindPlan(turn(2), can_rewind=False, reason="A turn is running")
    assert repr(refused) == "Rewind to before turn 2: not possible. A turn is running"
    many = RewindPlan(turn(1), irreversible=[f"Bash: {n}" for n in range(100)])
    assert "… and 80 more" in repr(many)
    assert "nothing changes" in repr(many)


# --- a checkpoint that came late ----------------------------------------------------------------


def at(second: int) -> str:
    return f"2026-11-29T17:24:{second:02}.000Z"


def said(uuid: str, second: int, parent: str | None, content: Any = "p") -> dict[str, Any]:
    """Make an entry of the user or, where the content has blocks, of the model or a tool."""
    kind = "user" if isinstance(content, str) else "assistant"
    return {
        "type": kind,
        "uuid": uuid,
        "parentUuid": parent,
        "timestamp": at(second),
        "message": {"content": content},
    }


def late(folder: Path, second: int) -> dict[str, Any]:
    return {**backup(folder, None), "backupTime": at(second)}


def two_turns(folder: Path) -> list[dict[str, Any]]:
    """Make a transcript in which the second prompt's checkpoint came after a tool wrote `b`."""
    first = snapshot(1)
    first["snapshot"]["timestamp"] = at(10)
    return [
        said("turn-1", 10, None),
        first,
        delta(1, "a", late(folder, 12)),
        said("answer-1", 13, "turn-1", [{"type": "text", "text": "done"}]),
        said("turn-2", 20, "answer-1"),
        delta(1, "b", late(folder, 22)),  # the CLI's newest checkpoint is still the first one
        said("answer-2", 23, "turn-2", [{"type": "text", "text": "done"}]),
    ]


def names(backups: dict[str, Backup] | None) -> list[str]:
    return [os.path.basename(path) for path in backups or {}]


def test_a_file_of_a_later_turn_in_an_earlier_checkpoint(folder: Path) -> None:
    """Else going back leaves what Claude wrote, or a copy deletes what only the original made."""
    found = recorded(two_turns(folder), folder, folder)
    assert names(found.before("turn-1")) == ["a", "b"]
    assert names(found.up_to("answer-1").before("turn-1")) == ["a"]
    assert names(found.up_to("answer-2").before("turn-1")) == ["a", "b"]


def test_a_copy_without_the_turn_that_wrote_a_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else going back in a copy deletes a file that only the original conversation made."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(folder))
    (folder / "projects" / "p").mkdir(parents=True)
    # The CLI copies a checkpoint with all that was added to it later.
    merged = snapshot(1, a=late(folder, 12), b=late(folder, 22))
    merged["snapshot"]["timestamp"] = at(10)
    own = snapshot(3, a={**backup(folder, "a@v2"), "backupTime": at(30)})
    own["snapshot"]["timestamp"] = at(30)
    entries = [merged, *two_turns(folder)[:1], *two_turns(folder)[3:4]]
    third = said("turn-3", 30, "answer-1")
    path = folder / "projects" / "p" / f"{SESSION}.jsonl"

    def read_with(*more: dict[str, Any]) -> Recorded:
        path.write_text("".join(json.dumps(entry) + "\n" for entry in [*entries, *more]))
        found = read(SESSION, os.environ, folder)
        assert found is not None
        return found

    assert names(read_with(third, own).before("turn-1")) == ["a"]
    # Nothing came after it: the process may have died while it wrote the file.
    assert names(read_with().before("turn-1")) == ["a", "b"]
