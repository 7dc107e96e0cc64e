"""Recordings: the form of a turn, the folder that has the turns, and the key of a question."""

from __future__ import annotations

import dataclasses
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_claude_sdk._recording.form import FORM
from jupyter_claude_sdk._recording.key import COUNTS
from jupyter_claude_sdk.lowlevel import (
    RecordedAttachment,
    RecordedCall,
    RecordedCode,
    RecordedFile,
    RecordedImage,
    RecordedInputs,
    RecordedNotice,
    RecordedText,
    RecordedTurn,
    RecordingError,
    RecordingFolder,
    differences,
    digest,
    key_of,
    key_of_unknown,
    read_turn,
    turn_json,
)

from tests.hangs import HANG

pytestmark = pytest.mark.pure

DAY = "2026-11-30"
FULL = RecordedInputs(
    prompt="Sum it up, ‹folder›",
    attached={"@df": digest(b"frame"), "a.png": digest(b"png")},
    model="opus",
    system_prompt="Be brief.",
    mode="plan",
    kernel="look",
    tools={"add": {"type": "object", "properties": {"a": {"type": "integer"}}}},
    servers=["git", "web"],
    schema={"type": "object"},
)
#: Another value for each field.
OTHER: dict[str, Any] = {
    "prompt": "Sum it up",
    "attached": {"@df": digest(b"other"), "a.png": digest(b"png")},
    "model": "haiku",
    "system_prompt": "Be long.",
    "mode": "default",
    "kernel": "ask",
    "tools": {},
    "servers": ["git"],
    "schema": None,
}


def turn(prompt: str = "Hi", parent: str = "", **fields: Any) -> RecordedTurn:
    asked = RecordedInputs(prompt=prompt)
    made = RecordedTurn(key=key_of(asked, parent), parent=parent, asked=asked)
    return dataclasses.replace(made, **fields)


def full_turn() -> RecordedTurn:
    """Return a turn in which no field has its default."""
    picture = RecordedImage(file=f"{digest(b'png')[:16]}.png", alt="a plot")
    call = RecordedCall(
        name="Bash",
        input={"command": "ls", "deep": [1, 2.5, None, {"ü": "‹home›"}]},
        state="failed",
        output="no 🐍",
        result="",
        images=[picture],
        note="n",
        diff="-a\n+b",
        edited="ls -l",
        answers={"Which?": "That"},
        todos=[{"content": "x"}],
        progress="p",
        background=True,
        hidden=True,
        live=True,
        ran=False,
        said=True,
        reply=1,
    )
    return RecordedTurn(
        key=key_of(FULL, "a" * 64),
        parent="a" * 64,
        asked=FULL,
        items=[
            RecordedAttachment("@df", "A table", "1 2", [picture], "kept back"),
            call,
            RecordedText("Hm.", thinking=True, reply=2, parent=2),
            RecordedNotice("Slow today", "warning"),
        ],
        code=[RecordedCode("total = 1", "to count", ["total (new)"], "ValueError: no", "1")],
        files=[RecordedFile("a/b.txt", digest(b"a"), digest(b"b"), "", "a key is in it")],
        value=[{"a": None}, False, ""],
        has_value=True,
        model="opus-5",
        replies=2,
        cost_usd=0.0123,
        subscription=True,
        usage={"input_tokens": 12},
        practice=True,
    )


# --- the form -------------------------------------------------------------------------------------


def test_a_turn_comes_back_as_it_was_and_its_bytes_are_equal() -> None:
    """Else a replay shows something else, or each recording makes a diff in git."""
    made = full_turn()
    text = turn_json(made)
    written = json.loads(text)
    assert {one.name for one in dataclasses.fields(made)} < written.keys(), "one is not tested"
    fields = {one.name for one in dataclasses.fields(RecordedCall)}
    assert fields - {"parent"} < written["items"][1].keys(), "one is not tested"
    assert read_turn(text, "x") == made
    assert turn_json(read_turn(text, "x")) == text
    shuffled = dict(reversed(json.loads(text).items()))
    assert turn_json(read_turn(json.dumps(shuffled), "x")) == text
    values: list[Any] = [None, False, 0, "", [], {}]
    for value in values:
        asked = turn(value=value, has_value=True)
        assert read_turn(turn_json(asked), "x").value == value
    assert turn_json(RecordedTurn()) == '{\n  "form": 1\n}\n', "what is empty is left out"


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.update(form=FORM + 1), "Upgrade jupyter-claude"),
        (lambda data: data.update(form=10**400), "Upgrade jupyter-claude"),
        (lambda data: data.pop("form"), "no recorded turn"),
        (lambda data: data.update(form=True), "no recorded turn"),
        (lambda data: data.update(form=1.0), "no recorded turn"),
        (lambda data: data.update({"new\n\u202efield": 1}), "new ⟨U+202E⟩field is not a known"),
        (lambda data: data["asked"].update(colour="red"), "asked.colour is not a known name"),
        (lambda data: data["items"][0].update(id=1), "items[0].id is not a known name"),
        (lambda data: data["items"][0].update(kind="video"), "items[0].kind is not one of text"),
        (lambda data: data["items"].append("text"), "items[4].kind"),
        (lambda data: data["items"][1].update(input=[]), "items[1].input is not an object"),
        (lambda data: data["items"][1].update(reply=True), "items[1].reply is not a count"),
        (lambda data: data["items"][1].update(reply=-1), "items[1].reply is not a count"),
        (lambda data: data["items"][1].update(state="odd"), "items[1].state is not one of done"),
        (lambda data: data["items"][2].update(parent=3), "items[2].parent is not the position"),
        (lambda data: data["items"][2].update(parent=1), "items[2].parent is not the position"),
        (lambda data: data["items"][3].update(level="loud"), "items[3].level is not one of info"),
        (lambda data: data.update(cost_usd="much"), "cost_usd is not a count or float"),
        (lambda data: data.update(cost_usd=10**400), "cost_usd"),
        (lambda data: data.update(cost_usd=float("nan")), "no valid JSON"),
        (lambda data: data.update(value=float("inf")), "no valid JSON"),
        (lambda data: data.update(value="\ud800"), "no valid JSON"),
        (lambda data: data["usage"].update(a=1.5), "usage.a is not a count"),
        (lambda data: data["asked"]["attached"].update({"a\nb": 1}), "asked.attached.a b is not"),
    ],
)
def test_a_foreign_or_damaged_turn_is_refused_in_one_line(change: Change, words: str) -> None:
    """Somebody else's file would be believed, or end in a traceback."""
    data = json.loads(turn_json(full_turn()))
    change(data)
    with pytest.raises(RecordingError) as caught:
        read_turn(json.dumps(data), "report.claude/001.json")
    assert words in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"form": ' + "9" * 9999])
def test_what_is_no_object_is_refused(text: str) -> None:
    """A file cut off by a full disk, or a nesting that ends the parser, would end the kernel."""
    with pytest.raises(RecordingError):
        read_turn(text, "x")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(data=st.data())
def test_no_json_gets_past_the_check(data: st.DataObject) -> None:
    """A replay would fail in the middle, with a traceback, after its effects began."""
    found: Any = json.loads(turn_json(full_turn()))
    at, path = found, []
    for _ in range(data.draw(st.integers(1, 4))):
        keys = list(at) if isinstance(at, dict) else range(len(at))
        key = data.draw(st.sampled_from(list(keys)) if keys else st.just(None))
        path.append((at, key))
        if key is None or not isinstance(at[key], (dict, list)):
            break
        at = at[key]
    place, key = path[-1]
    if key is not None:
        place[key] = data.draw(_JSON)
    try:
        turn_found = read_turn(json.dumps(found), "x")
    except RecordingError as error:
        refused = str(error)
    else:
        refused = ""
        assert read_turn(turn_json(turn_found), "x") == turn_found
    assert refused.isprintable()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", {1: 2, "1": 3}, object()])
def test_what_cannot_be_read_again_is_not_written(folder: RecordingFolder, value: Any) -> None:
    """One such turn would make the whole recording unreadable."""
    deep: list[Any] = []
    for _ in range(200):
        deep = [deep]
    for bad in (value, deep):
        with pytest.raises(RecordingError, match="Not recorded"):
            folder.write(turn(value={"a": bad}, has_value=True), DAY)
    assert folder.turns == {}


# --- the folder -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> RecordingFolder:
    return RecordingFolder(tmp_path / "report.claude")


def again(folder: RecordingFolder) -> RecordingFolder:
    """Return the same recording, as another kernel reads it."""
    return RecordingFolder(folder.path)


def test_turns_are_written_found_and_removed(folder: RecordingFolder) -> None:
    """A recording would not be found again, or would grow for ever."""
    assert not folder.exists
    assert folder.turns == {}
    assert folder.choice == ""
    image = folder.add_image(b"png", "image/png")
    shared = folder.add_image(b"shared", "image/jpeg")
    content = folder.add_content(b"a,b", "../../data set.csv")
    pictures = [RecordedImage(image), RecordedImage(shared)]
    first = turn("Load the data: now!", items=[RecordedCall("Read", images=pictures)])
    second = turn(
        "Wörter & more " * 20,
        parent=first.key,
        items=[RecordedAttachment("a", images=[RecordedImage(shared)])],
        files=[RecordedFile("data set.csv", "", digest(b"a,b"), content)],
    )
    names = [folder.write(first, DAY), folder.write(second, "2026-12-01")]
    assert names[0] == f"001-load-the-data-now-{first.key[:8]}.json"
    assert names[1] == f"002-w-rter-more-w-rter-more-w-rter-more-w-{second.key[:8]}.json"

    read = again(folder)
    assert list(read.turns.values()) == [first, second]
    assert read.children("") == [first]
    assert read.children(first.key) == [second]
    assert [read.day(first.key), read.day(second.key), read.day("x")] == [DAY, "2026-12-01", ""]
    assert [read.file_name(first.key), read.file_name("x")] == [names[0], ""]
    assert [read.image(image), read.image(shared), read.content(content)] == [
        b"png",
        b"shared",
        b"a,b",
    ]

    before = {path: path.read_bytes() for path in folder.path.rglob("*.*")}
    read.write(first, DAY)  # recorded again: the same bytes
    assert {path: path.read_bytes() for path in folder.path.rglob("*.*")} == before

    (folder.path / "images" / "mine.png").write_bytes(b"the user's own")
    assert read.remove({first.key, "unknown"}) == [names[0], f"images/{image}"]
    assert list(again(folder).turns) == [second.key]
    assert again(folder).day(first.key) == ""
    assert read.remove({second.key}) == [names[1], f"images/{shared}", f"files/{content}"]
    assert sorted(os.listdir(folder.path)) == ["images", "recording.json"]
    assert os.listdir(folder.path / "images") == ["mine.png"]


def test_what_the_user_chose_is_kept(folder: RecordingFolder) -> None:
    """A notebook that replays for everybody would ask, and spend, after the next turn."""
    folder.choose("auto")
    folder.write(turn(), DAY)
    assert again(folder).choice == "auto"
    folder.choose("off")
    assert again(folder).choice == "off"
    assert again(folder).day(turn().key) == DAY


#: A process that forks while it holds a lock, and asks for the lock again.
FORKS = """
import fcntl, os, sys
from pathlib import Path
from jupyter_claude_sdk.lowlevel import locked
place = Path(sys.argv[1])
with locked(place):
    child = os.fork()
    if not child:
        os._exit(len(sys.stdin.read()))
fcntl.flock(os.open(place, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")
def test_a_process_that_is_forked_in_a_lock_does_not_keep_it(tmp_path: Path) -> None:
    """Else a kernel with a pool of processes waits at its next recorded turn until they end."""
    command = [sys.executable, "-c", FORKS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin
        # The child lives until its standard input ends, and the lock is asked for before that.
        status = process.wait(HANG)
        process.stdin.close()
    assert status == 0


#: A kernel that records turns; it begins when the test says so.
KERNEL = """
import sys
from pathlib import Path
from jupyter_claude_sdk.lowlevel import RecordedInputs, RecordedTurn, RecordingFolder
folder, name = RecordingFolder(Path(sys.argv[1])), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(40):
    key = (name + f"{number:02}").rjust(64, "0")
    folder.write(RecordedTurn(key=key, asked=RecordedInputs(prompt=key[-8:])), "2026-11-30")
"""


def test_two_kernels_record_at_the_same_time(folder: RecordingFolder) -> None:
    """Else the table of a recording does not say when some turns were recorded."""
    folder.choose("auto")
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", KERNEL, str(folder.path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in ("aa", "bb", "cc")
    ]
    for kernel in kernels:
        assert kernel.stdout and kernel.stdout.readline() == b"ready\n"
    for kernel in kernels:
        assert kernel.stdin
        kernel.stdin.write(b"go\n")
        kernel.stdin.flush()
    for kernel in kernels:
        kernel.communicate()
    assert [kernel.returncode for kernel in kernels] == [0, 0, 0]
    read = again(folder)
    assert len(read.turns) == 120
    assert [key for key in read.turns if not read.day(key)] == []
    assert read.choice == "auto"


def test_two_files_of_one_turn_are_one_turn(folder: RecordingFolder) -> None:
    """After a merge in git a removed turn would come back."""
    name = folder.write(turn(), DAY)
    (folder.path / f"002-other-{turn().key[:8]}.json").write_bytes(
        (folder.path / name).read_bytes()
    )
    read = again(folder)
    assert len(read.turns) == 1
    assert len(read.remove({turn().key})) == 2
    assert again(folder).turns == {}


def test_a_turn_that_is_its_own_ancestor_ends_nothing(folder: RecordingFolder) -> None:
    """A tampered recording would hang the kernel."""
    folder.write(turn(parent="b" * 64, key="a" * 64), DAY)
    folder.write(turn(parent="a" * 64, key="b" * 64), DAY)
    assert folder.write(turn("Next", parent="a" * 64), DAY).startswith("00")


@pytest.mark.parametrize(
    "name", ["../x.png", "/etc/passwd", "a/b.png", "..", ".hidden", "a\\b.png", "a.png", "x" * 300]
)
def test_no_name_leads_out_of_the_recording(folder: RecordingFolder, name: str) -> None:
    """A picture of a cloned repository would be one of the user's own files."""
    folder.write(turn(), DAY)
    for bad in (
        turn("x", items=[RecordedCall("Read", images=[RecordedImage(name)])]),
        turn("x", files=[RecordedFile("a", content=name)]),
    ):
        path = folder.path / f"001-x-{bad.key[:8]}.json"
        path.write_text(turn_json(bad))
        with pytest.raises(RecordingError, match="leads out of the recording"):
            _ = again(folder).turns
    for read in (folder.image, folder.content):
        with pytest.raises(RecordingError, match="leads out"):
            read(name)


@pytest.mark.parametrize("media_type", ["image/../../x", "image/svg+xml", "", "image/Ü\n", "x"])
def test_a_media_type_is_no_path(folder: RecordingFolder, media_type: str) -> None:
    """A tool's answer could write elsewhere, or make the recording unreadable."""
    name = folder.add_image(b"png", media_type)
    folder.write(turn(items=[RecordedCall("Read", images=[RecordedImage(name)])]), DAY)
    assert len(again(folder).turns) == 1
    assert again(folder).image(name) == b"png"
    assert [path.name for path in folder.path.parent.iterdir()] == ["report.claude"]


def test_links_are_not_followed(folder: RecordingFolder, tmp_path: Path) -> None:
    """A cloned repository could show, or delete, what lies elsewhere."""
    name = folder.write(turn(), DAY)
    image = folder.add_image(b"png", "image/png")
    outside = tmp_path / "outside"
    (folder.path / "images").rename(outside)
    (folder.path / "images").symlink_to(outside)
    uses: list[Callable[[], object]] = [
        lambda: again(folder).image(image),
        lambda: again(folder).add_image(b"2", "image/png"),
    ]
    for act in uses:
        with pytest.raises(RecordingError, match="images is a link"):
            act()
    again(folder).remove({turn().key})
    assert (outside / image).exists()

    for linked in (name, "recording.json"):
        (folder.path / linked).unlink(missing_ok=True)
        (folder.path / linked).symlink_to(outside / image)
        with pytest.raises(RecordingError, match="no plain file"):
            _ = (again(folder).turns, again(folder).choice)
        (folder.path / linked).unlink()

    (tmp_path / "linked.claude").symlink_to(folder.path)
    linked_folder = RecordingFolder(tmp_path / "linked.claude")
    uses = [
        lambda: linked_folder.turns,
        lambda: linked_folder.write(turn(), DAY),
        lambda: linked_folder.choice,
    ]
    for act in uses:
        with pytest.raises(RecordingError, match=r"linked\.claude is a link"):
            act()


def test_damage_is_said_in_one_line(
    folder: RecordingFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged recording would be half a replay, or a traceback."""
    name = folder.write(turn(), DAY)
    image = folder.add_image(b"png", "image/png")
    (folder.path / "images" / image).write_bytes(b"other")
    with pytest.raises(RecordingError, match=f"images/{image} is not what was recorded"):
        folder.image(image)
    with pytest.raises(RecordingError, match="is missing"):
        folder.content(image)

    whole = (folder.path / name).read_bytes()
    for data, words in (
        (b"\xff" + whole, "is no UTF-8"),
        (whole.replace(turn().key.encode(), b"no-key"), "it has no key"),
        (whole[:-9], "no valid JSON"),
    ):
        (folder.path / name).write_bytes(data)
        with pytest.raises(RecordingError, match=words):
            _ = again(folder).turns
    (folder.path / name).write_bytes(whole)
    for text in ("[]", '{"form": true}', '{"form": 1, "replay": "on"}', '{"form": 1, "days": []}'):
        (folder.path / "recording.json").write_text(text)
        damaged = again(folder)
        for _ in range(2):  # else only the first prompt is stopped, and the next one is asked
            with pytest.raises(RecordingError, match=r"recording\.json is "):
                _ = damaged.choice
    (folder.path / "recording.json").write_text(json.dumps({"form": FORM, "days": {name: "<b>"}}))
    assert again(folder).day(turn().key) == ""

    monkeypatch.setattr("jupyter_claude_sdk._recording.folder._LARGEST", 100)
    with pytest.raises(RecordingError, match="too large to read"):
        _ = again(folder).turns
    with pytest.raises(RecordingError, match="too large to record"):
        folder.add_content(b"x" * 101, "x")
    monkeypatch.setattr("jupyter_claude_sdk._recording.folder._MOST_TURNS", 0)
    with pytest.raises(RecordingError, match="more than 0 turns"):
        _ = again(folder).turns


def test_a_folder_that_cannot_be_written_says_so(folder: RecordingFolder) -> None:
    """The user would believe that the turn was recorded."""
    folder.path.write_text("a file of the user's")
    for act in (lambda: folder.choose("auto"), lambda: folder.add_image(b"a", "image/png")):
        with pytest.raises(RecordingError, match=r"report\.claude cannot be written"):
            act()


@pytest.fixture(params=[0o022, 0o077, 0o002])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_the_files_have_the_permissions_of_the_users_other_files(
    folder: RecordingFolder, umask: int
) -> None:
    """Else a colleague who may read the notebook gets "Permission denied" for its recording."""
    image = folder.add_image(b"png", "image/png")
    name = folder.write(turn(), DAY)
    for path in (name, "recording.json", f"images/{image}"):
        assert stat.S_IMODE((folder.path / path).stat().st_mode) == 0o666 & ~umask, path
    assert sorted(os.listdir(folder.path)) == [name, "images", "recording.json"]


# --- the key --------------------------------------------------------------------------------------


def test_each_field_counts_and_is_named() -> None:
    """A replay would answer another question than the one that was asked."""
    fields = {one.name for one in dataclasses.fields(RecordedInputs)}
    assert COUNTS.keys() == OTHER.keys() == fields
    keys = {key_of(FULL, ""), key_of(FULL, "a" * 64), key_of_unknown(FULL.prompt, "")}
    for name, value in OTHER.items():
        keys.add(key_of(dataclasses.replace(FULL, **{name: value}), ""))
    assert len(keys) == 3 + len(OTHER)
    assert all(len(key) == 64 for key in keys)

    changed = dataclasses.replace(FULL, **OTHER)
    assert differences(changed, FULL) == [
        "the prompt",
        "attachment @df",
        "the model",
        "the system prompt",
        "the permission mode",
        "whether Claude may look into the kernel",
        "tool add",
        "MCP server web",
        "the schema of the value",
    ]
    assert differences(FULL, FULL) == []


def test_what_does_not_matter_does_not_count() -> None:
    """A recording would be stale on another system, or when a cell is defined earlier."""
    tools = {"b": {"x": 1, "y": 2}, "a": {}}
    one = RecordedInputs(prompt="a\nb", system_prompt="c\nd", tools=tools, servers=["x", "y"])
    other = RecordedInputs(
        prompt="  a\r\nb\n",
        system_prompt="c\rd",
        tools={"a": {}, "b": {"y": 2, "x": 1}},
        servers=["y", "x", "y"],
    )
    assert key_of(one, "") == key_of(other, "")
    assert differences(one, other) == []
    assert key_of(RecordedInputs(prompt="\ud800"), "") != key_of(RecordedInputs(prompt="?"), "")


def test_the_key_stays_the_same_from_version_to_version() -> None:
    """Each upgrade would make all recordings stale."""
    assert key_of(FULL, "").startswith("3b91b95c75bfef1b")
