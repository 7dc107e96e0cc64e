"""Sessions on disk, with small transcripts of our own: damage, odd names, size, races."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import (
    delete_session,
    fork_session,
    get_session_info,
    get_session_messages,
    get_subagent_messages,
    list_sessions,
    list_subagents,
    project_key_for_directory,
    rename_session,
    tag_session,
)
from jupyter_claude_sdk._sessions.entries import (
    conversation,
    fork_entries,
    info_entries,
    parse_entries,
    project_key,
    session_info,
)
from jupyter_claude_sdk._sessions.timestamps import milliseconds

pytestmark = pytest.mark.pure

Entry = dict[str, Any]


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


SESSION, ABSENT = uuid(900), uuid(999)


def entry(number: int, parent: int | None, kind: str, content: Any, **fields: Any) -> Entry:
    message = {"role": kind, "content": content, **fields.pop("message", {})}
    return {
        "type": kind,
        "uuid": uuid(number),
        "parentUuid": None if parent is None else uuid(parent),
        "sessionId": SESSION,
        "timestamp": f"2026-01-01T00:00:{number % 60:02d}.250Z",
        "message": message,
        **fields,
    }


def call(number: int, parent: int, name: str) -> Entry:
    block = {"type": "tool_use", "id": name, "name": "Bash", "input": {}}
    return entry(number, parent, "assistant", [block], message={"id": "m"})


def answer(number: int, parent: int, name: str) -> Entry:
    return entry(
        number, parent, "user", [{"type": "tool_result", "tool_use_id": name, "content": name}]
    )


TALK = [entry(1, None, "user", "first\n prompt"), entry(2, 1, "assistant", "answer")]


def numbers(entries: list[Entry], **more: Any) -> list[int]:
    return [int(message.uuid[-12:]) for message in conversation(entries, **more)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the sessions of tmp_path/work."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "config"))
    (tmp_path / "work").mkdir()
    folder = tmp_path / "config" / "projects" / project_key_for_directory(tmp_path / "work")
    folder.mkdir(parents=True)
    return folder


def store(folder: Path, entries: list[Entry], session_id: str = SESSION) -> Path:
    path = folder / f"{session_id}.jsonl"
    path.write_bytes(b"".join(json.dumps(item).encode() + b"\n" for item in entries))
    return path


# --- the conversation -------------------------------------------------------------------------


def test_the_conversation_is_the_chain_from_the_last_message() -> None:
    """What was rewound, said in subagents or noted by the CLI would stand among the messages."""
    entries = [
        *TALK,
        entry(3, 2, "user", "left behind"),
        entry(4, 3, "assistant", "left behind"),
        entry(5, 2, "user", "note", isMeta=True),
        entry(6, 2, "user", "subagent", isSidechain=True),
        {"type": "attachment", "uuid": uuid(7), "parentUuid": uuid(5)},
        entry(8, 7, "user", "instead"),
        entry(9, 8, "assistant", "fine"),
        {"type": "attachment", "uuid": uuid(10), "parentUuid": uuid(9)},
        {"type": "custom-title", "customTitle": "t", "uuid": uuid(11)},
    ]
    assert numbers(entries) == [1, 2, 8, 9]
    rewound = {"type": "last-prompt", "lastPrompt": "x", "leafUuid": uuid(2)}
    assert numbers([*entries, rewound]) == [1, 2]
    assert len(conversation(fork_entries([*entries, rewound], ABSENT))) == 2
    assert numbers([*entries, {**rewound, "leafUuid": uuid(77)}]) == [1, 2, 8, 9]
    assert numbers([{**item, "isSidechain": True} for item in TALK]) == []
    assert numbers([{**item, "isSidechain": True} for item in TALK], subagent=True) == [1, 2]


def test_calls_made_together_keep_all_their_results() -> None:
    """The chain goes through one result only; a fork without the others is refused by the API."""
    start = [TALK[0], call(2, 1, "a"), call(3, 2, "b")]
    over_b = [*start, answer(4, 2, "a"), answer(5, 3, "b"), entry(6, 5, "assistant", "end")]
    assert numbers(over_b) == [1, 2, 3, 4, 5, 6]
    over_a = [*start, answer(4, 3, "b"), answer(5, 2, "a"), entry(6, 5, "assistant", "end")]
    assert numbers(over_a) == [1, 2, 3, 4, 5, 6]
    unfinished = [*start, answer(4, 3, "b"), answer(5, 2, "a")]
    assert numbers(unfinished) == [1, 2, 3, 4, 5]
    assert len(conversation(fork_entries(over_a, ABSENT))) == 6
    left_behind = [*over_b, entry(7, 2, "user", "rewound to the first call")]
    assert numbers(left_behind) == [1, 2, 7]


def test_compaction_keeps_its_summary_and_what_it_preserved() -> None:
    """The user would read more, or less, than Claude still knows."""
    boundary = {
        "type": "system",
        "subtype": "compact_boundary",
        "uuid": uuid(3),
        "parentUuid": None,
        "logicalParentUuid": uuid(2),
        "compactMetadata": {"preservedMessages": {"anchorUuid": uuid(4), "uuids": [uuid(2)]}},
    }
    entries = [*TALK, boundary, entry(4, 3, "user", "summary"), entry(5, 4, "user", "on")]
    assert numbers(entries) == [4, 2, 5]
    fork = fork_entries(entries, ABSENT)
    said = [message.message["content"] for message in conversation(fork)]
    assert said == ["summary", "answer", "on"]


@pytest.mark.parametrize("parent", [None, 2, 77])
def test_a_damaged_tree_is_read_as_far_as_it_goes(parent: int | None) -> None:
    """One lost or circular link would hang the program, or hide the whole session."""
    entries = [entry(1, parent, "user", "x"), entry(2, 1, "assistant", "y")]
    odd: list[Entry] = [
        {},
        {"type": "user"},
        {"type": ["user"]},
        {"type": "user", "uuid": 5},
        {"type": "system", "uuid": uuid(50), "parentUuid": 7, "message": None},
    ]
    assert numbers([*odd, *entries]) == [1, 2]
    assert numbers([*entries, entry(4, 3, "user", "after a lost line")]) == [1, 2, 4]
    late = {"type": "attachment", "uuid": uuid(5), "parentUuid": uuid(2)}
    assert numbers([*entries, entry(4, 1, "user", "branch"), late]) == [1, 2]
    info = session_info(SESSION, [*odd, *entries], last_modified=5)
    assert info is not None and info.summary == "x"


def test_a_fork_names_only_its_own_entries() -> None:
    """Two sessions with the same uuids would rewind, and be mirrored, as one."""
    first, second, title = fork_entries(TALK, ABSENT)
    assert {first["sessionId"], second["sessionId"], title["sessionId"]} == {ABSENT}
    assert second["parentUuid"] == first["uuid"] != uuid(1)
    assert second["forkedFrom"] == {"sessionId": SESSION, "messageUuid": uuid(2)}
    assert title["customTitle"] == "first prompt (fork)"
    assert TALK[0]["sessionId"] == SESSION
    with pytest.raises(ValueError, match="no message"):
        fork_entries(TALK, ABSENT, up_to_message_id=uuid(77))
    with pytest.raises(ValueError, match="nothing to fork"):
        fork_entries([], ABSENT)


def test_a_fork_has_the_replaced_results_and_is_of_no_team() -> None:
    """Claude would get results of a megabyte again, and a team two members of one name."""
    team = {"teamName": "t", "agentName": "a", "slug": "s"}
    replaced = [
        {
            "type": "content-replacement",
            "sessionId": SESSION,
            "replacements": [{"kind": "tool-result", "toolUseId": f"t{n}", "replacement": "short"}],
        }
        for n in (1, 2)
    ]
    replaced[1] |= {"uuid": uuid(70), "timestamp": "2026-01-01T00:00:00.000Z"}
    source = [{**TALK[0], **team}, replaced[0], {**TALK[1], **team}, replaced[1]]
    for end, messages in ((None, 2), (uuid(1), 1)):
        fork = fork_entries(source, ABSENT, up_to_message_id=end)
        assert len(conversation(fork)) == messages
        assert not any(set(team) & set(entry) for entry in fork)
        notes = [entry for entry in fork if entry["type"] == "content-replacement"]
        assert [note["replacements"] for note in notes] == [one["replacements"] for one in replaced]
        assert {note["sessionId"] for note in notes} == {ABSENT}
        assert len({note["uuid"] for note in notes} - {uuid(70)}) == 2
        assert all((milliseconds(note["timestamp"]) or 0) > 1_780_000_000_000 for note in notes)
    assert source[0]["slug"] == "s"


# --- what a list shows ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notes", "summary", "title"),
    [
        ([], "first prompt", None),
        ([{"type": "last-prompt", "lastPrompt": "last"}], "last", None),
        ([{"type": "ai-title", "aiTitle": "made up"}], "made up", "made up"),
        (
            [
                {"type": "custom-title", "customTitle": "old"},
                {"type": "custom-title", "customTitle": "given"},
                {"type": "ai-title", "aiTitle": "made up"},
            ],
            "given",
            "given",
        ),
        (
            [
                {"type": "custom-title", "customTitle": "given"},
                {"type": "custom-title", "customTitle": ""},
            ],
            "first prompt",
            None,
        ),
    ],
)
def test_the_summary_is_the_best_name(notes: list[Entry], summary: str, title: str | None) -> None:
    """A user picks a session by this line."""
    info = session_info(SESSION, [*TALK, *notes], last_modified=5)
    assert info is not None
    assert (info.summary, info.custom_title, info.first_prompt) == (summary, title, "first prompt")
    assert info.created_at == 1_767_225_601_250


@pytest.mark.parametrize(
    ("contents", "prompt"),
    [
        (["<command-name>/cost</command-name>"], "/cost"),
        (["<command-name>/cost</command-name>", "real"], "real"),
        (["<local-command-stdout>x</local-command-stdout>", "[Request interrupted by user]"], None),
        ([[{"type": "tool_result", "content": "x"}], [{"type": "text", "text": "real"}]], "real"),
        (["<div>is html</div>"], "<div>is html</div>"),
        (["<bash-input>ls</bash-input>"], "! ls"),
        (["w " * 300], "w " * 99 + "w…"),
        ([], None),
    ],
)
def test_the_first_prompt_is_what_the_user_wrote(contents: list[Any], prompt: str | None) -> None:
    """A list of "<command-name>" lines tells nobody what a session was about."""
    entries = [entry(number, None, "user", content) for number, content in enumerate(contents)]
    info = session_info(SESSION, entries, last_modified=5)
    assert (info.first_prompt if info else None) == prompt


# --- files ------------------------------------------------------------------------------------


def test_an_id_never_becomes_a_path(project: Path) -> None:
    """`../../x` from a web form would read or delete files outside."""
    store(project, TALK)
    outside = project.parent.parent / "outside.jsonl"
    outside.write_text(json.dumps(TALK[0]))
    for bad in ("../../outside", "", "x" * 36, "*", SESSION + "\n", SESSION.replace("-", "")):
        assert get_session_info(bad) is None
        assert get_session_messages(bad) == [] == list_subagents(bad)
        assert get_subagent_messages(SESSION, bad) == []
        changes: list[tuple[Any, ...]] = [
            (rename_session, bad, "t"),
            (tag_session, bad, "t"),
            (delete_session, bad),
            (fork_session, bad),
            (fork_session, SESSION, None, bad),
        ]
        for change, *arguments in changes:
            with pytest.raises(ValueError, match=r"^Invalid [^\n]+$"):
                change(*arguments)
    assert outside.exists()


def test_what_is_not_there_is_said_in_one_line(project: Path, tmp_path: Path) -> None:
    """Code written for the official package catches these errors."""
    assert list_sessions() == [] == list_sessions(tmp_path / "nowhere")
    assert get_session_info(ABSENT) is None
    assert get_session_messages(ABSENT) == [] == list_subagents(ABSENT)
    store(project, [])
    for absent in (ABSENT, SESSION):  # an empty file is no session
        changes: list[tuple[Any, ...]] = [
            (rename_session, absent, "t"),
            (tag_session, absent, None, tmp_path / "work"),
            (delete_session, absent),
            (fork_session, absent),
        ]
        for change, *arguments in changes:
            with pytest.raises(FileNotFoundError, match=r"^Session [^\n]+list_sessions[^\n]+$"):
                change(*arguments)
    for empty in ("", " \n"):
        with pytest.raises(ValueError, match="title must not be empty"):
            rename_session(ABSENT, empty)
    with pytest.raises(ValueError, match="use None to remove"):
        tag_session(ABSENT, "\u200b\u202e")


def test_a_torn_transcript_is_read_and_changed_without_loss(project: Path) -> None:
    """A CLI that was killed in the middle of a line would take the session with it."""
    path = store(project, TALK)
    with path.open("ab") as file:
        file.write(b'\xff\xfe\n\n[1]\nnull\n{"type":"user","uuid":"torn","parentUuid":"')
    before = path.read_bytes()
    rename_session(SESSION, " Title \ud83d")
    tag_session(SESSION, "a\u200bb")
    assert path.read_bytes().startswith(before + b"\n")
    info = get_session_info(SESSION)
    assert info is not None
    assert (info.custom_title, info.tag) == ("Title \ud83d", "ab")
    assert len(get_session_messages(SESSION)) == 2
    tag_session(SESSION, None)
    info = get_session_info(SESSION)
    assert info is not None and info.tag is None


def test_a_fork_is_whole_or_not_there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk would leave half a session in the list."""
    store(project, TALK)
    fork = fork_session(SESSION, title="Copy").session_id
    assert (project / f"{fork}.jsonl").stat().st_mode & 0o077 == 0
    names = {path.name for path in project.iterdir()}

    def fails(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        fork_session(SESSION)
    assert {path.name for path in project.iterdir()} == names


def test_deleting_takes_all_of_a_session_and_nothing_else(project: Path, tmp_path: Path) -> None:
    """A subagent's transcript that stays would keep what the user wanted gone."""
    path = store(project, TALK)
    other = store(project, TALK, ABSENT)
    deep = path.with_suffix("") / "subagents" / "workflows" / "w"
    deep.mkdir(parents=True)
    (deep / "agent-y.jsonl").write_text(json.dumps({**TALK[0], "isSidechain": True}) + "\n")
    assert list_subagents(SESSION) == ["y"]
    assert len(get_subagent_messages(SESSION, "y")) == 1
    keep = tmp_path / "keep"
    keep.mkdir()
    other.with_suffix("").symlink_to(keep)
    delete_session(SESSION)
    delete_session(ABSENT)
    assert list(project.iterdir()) == []
    assert keep.exists()


def test_pages(project: Path) -> None:
    """A list of thousands is shown page by page."""
    for number in range(5):
        path = store(project, TALK, uuid(100 + number))
        os.utime(path, (number, number))
    (project / "notes.jsonl").write_text(json.dumps(TALK[0]))
    newest = [uuid(104 - number) for number in range(5)]
    assert [info.session_id for info in list_sessions()] == newest
    assert [info.session_id for info in list_sessions(limit=2, offset=1)] == newest[1:3]
    assert [info.session_id for info in list_sessions(limit=0, offset=-1)] == newest
    assert [item.type for item in get_session_messages(newest[0], offset=1)] == ["assistant"]
    assert [item.type for item in get_session_messages(newest[0], limit=1)] == ["user"]


def test_a_session_without_its_folder_has_the_one_asked_for(project: Path, tmp_path: Path) -> None:
    """A program that resumes each listed session in its folder would not know where."""
    store(project, TALK)
    store(project, [entry(1, None, "user", "first", cwd="/its/own")], ABSENT)
    work = tmp_path / "work"
    assert {i.session_id: i.cwd for i in list_sessions(work)} == {
        SESSION: str(work),
        ABSENT: "/its/own",
    }
    assert [info.cwd for info in list_sessions() if info.session_id == SESSION] == [None]
    info = get_session_info(SESSION, work)
    assert info is not None and info.cwd == str(work)


def test_listing_a_huge_session_reads_its_ends_only(project: Path) -> None:
    """A list with one session of 100 MB would take seconds and a gigabyte of memory."""
    path = store(project, TALK)
    with path.open("ab") as file:
        file.truncate(100_000_000)  # a hole: it costs no disk
        file.seek(0, os.SEEK_END)
        file.write(b'\n{"type":"custom-title","customTitle":"huge"}\n')
        file.write(json.dumps(entry(3, 2, "user", "x" * 300_000)).encode() + b"\n")
    code = """
import resource, sys
from jupyter_claude_sdk import list_sessions
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
(info,) = list_sessions()
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(info.first_prompt, info.custom_title, info.file_size > 100_000_000, grown < 30_000)
"""
    if sys.platform == "linux":
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("first prompt huge True True\n", "")


def test_a_title_deep_inside_a_long_session_is_still_known(project: Path) -> None:
    """The session that somebody named would be listed by its last prompt."""
    path = store(project, [*TALK, *(entry(n, 2, "user", "x" * 9000) for n in range(3, 40))])
    path.with_suffix("").mkdir()
    (path.with_suffix("") / "custom-title.json").write_text('{"customTitle": "Named"}')
    info = get_session_info(SESSION)
    assert info is not None and info.summary == "Named"


def test_other_worktrees_belong_to_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session in another worktree of the same repository would seem lost."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "config"))
    main, other = tmp_path / "main", tmp_path / "other"
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@x", "-C", str(main)]
    subprocess.run(["git", "init", "-q", str(main)], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    subprocess.run([*git, "worktree", "add", "-q", str(other)], check=True)
    for number, place in enumerate((main, other)):
        folder = tmp_path / "config" / "projects" / project_key_for_directory(place)
        folder.mkdir(parents=True)
        store(folder, TALK, uuid(100 + number))
    # No session names its folder. Those of another worktree do not get this one's.
    assert {i.session_id: i.cwd for i in list_sessions(main)} == {
        uuid(100): str(main),
        uuid(101): None,
    }
    for place in (main, other):
        assert len(list_sessions(place)) == 2
        assert len(list_sessions(place, include_worktrees=False)) == 1
        assert get_session_info(uuid(100), place) is not None
        (place / "inside").mkdir()
        assert len(list_sessions(place / "inside")) == 2
        assert list_sessions(place / "inside", include_worktrees=False) == []


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/data/a_b.c d", "-data-a-b-c-d"),
        ("/é", "--"),
        ("/😀", "---"),
        ("C:\\Users\\x", "C--Users-x"),
        ("/tmp/w3/disk/long/" + "q" * 182, "-tmp-w3-disk-long-" + "q" * 182),
        ("/tmp/w3/disk/long/" + "q" * 183, "-tmp-w3-disk-long-" + "q" * 182 + "-8u1hd0"),
    ],
)
def test_a_folder_s_key_is_the_cli_s(path: str, key: str) -> None:
    """Its sessions would not be found. The hash was made by CLI 2.1.329."""
    assert project_key(path) == key


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        ("1970-01-01T00:00:01.057Z", 1057),
        ("1970-01-01T01:00:01.057+01:00", 1057),
        ("1970-01-01T00:00:01.057", 1057),
        ("0001-01-01T00:00:00+14:00", -62135647200000),
        ("yesterday", None),
        (None, None),
        (7, None),
    ],
)
def test_a_timestamp_is_read_the_same_everywhere(timestamp: object, expected: int | None) -> None:
    """A session would have one time on disk and another in a store."""
    assert milliseconds(timestamp) == expected


def test_messages_that_are_passed_over_unparsed_would_have_told_nothing() -> None:
    """A list would show another prompt, branch, folder or time than the whole transcript tells."""
    choice = random.Random(7).choice

    def line(number: int) -> bytes:
        if choice([0, 0, 0, 1]):
            kind = choice(["custom-title", "ai-title", "last-prompt", "summary", "tag"])
            names = {"custom-title": "customTitle", "ai-title": "aiTitle"}
            names["last-prompt"] = "lastPrompt"
            return json.dumps({"type": kind, names.get(kind, kind): f"note {number}"}).encode()
        contents: list[Any] = [
            f"prompt {number}",
            "<tick>",
            "<command-name>/x</command-name>",
            "!",
            [],
            None,
        ]
        made: Entry = {
            "parentUuid": None,
            **entry(number, None, choice(["user", "user", "assistant", "progress"]), "?"),
            "isMeta": choice([False, False, True]),
            "gitBranch": choice([f"b{number}", f"b{number}", "", None]),
            "cwd": choice([f"/{number}", ""]),
            "timestamp": choice([f"2026-01-01T00:00:{number:02d}Z", "", None]),
        }
        made["message"]["content"] = choice(contents)
        if choice([0, 0, 0, 0, 1]):  # in another order than the CLI's
            made["parentUuid"] = made.pop("parentUuid")
        text = json.dumps(made, separators=(",", ":")).encode()
        return text[:-9] if choice([0] * 9 + [1]) else text  # half written

    skipped = 0
    for _ in range(500):
        lines = [line(number) for number in range(30)]
        every, telling = list(parse_entries(lines)), list(info_entries(lines))
        skipped += len(every) - len(telling)
        assert session_info("", telling, last_modified=0) == session_info(
            "", every, last_modified=0
        )
    assert skipped > 500
