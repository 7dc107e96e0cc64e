"""Record and replay without Claude Code: what counts, where a recording is, what it has."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from jupyter_claude_sdk import AssistantMessage, UserMessage
from jupyter_claude_sdk.lowlevel import (
    AnswerForm,
    RecordedInputs,
    RecordingFolder,
    key_of,
    parse_message,
    turn_json,
)

from jupyter_claude._answers.wanted import Wanted
from jupyter_claude._claude import Claude
from jupyter_claude._looking.hidden import Hidden, Marks
from jupyter_claude._looking.look import WITHHELD
from jupyter_claude._replay.matching import nearest
from jupyter_claude._replay.mode import chosen
from jupyter_claude._replay.place import find_place
from jupyter_claude._replay.player import code_of, items_of, messages_of
from jupyter_claude._replay.question import DRIFTING, question_of
from jupyter_claude._replay.recorder import recorded_turn
from jupyter_claude._replay.scrub import Scrubber
from jupyter_claude._settings import Settings
from jupyter_claude._turns.attached import block_text
from jupyter_claude._turns.items import RUN_CODE, Attached
from jupyter_claude._turns.ran_code import BoundName, RanCode
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._user_tools.tools import UserTools
from jupyter_claude._views.static import html

pytestmark = pytest.mark.pure

PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\nimage").decode()
KEY = "sk-ant-api03-" + "aB3dE5gH7jK9mN1pQ2rS"


# --- the key --------------------------------------------------------------------------------------


class Question:
    """All that can be changed before a prompt is sent."""

    def __init__(self, folder: Path) -> None:
        self.prompt = "What is it?"
        self.attached = "a table at 0x7f00bb22"
        self.folder = folder
        self.settings = Settings(system_prompt_file=str(folder / "system.md"))
        self.tools = UserTools(lambda *_: None)
        self.wanted: Wanted | None = None
        self.model: str | None = None
        self.parent = ""
        (folder / "system.md").write_text("Be brief.")

    def key(self) -> str:
        chip = Attached("a", "@df", "DataFrame", self.attached)
        blocks = [{"type": "text", "text": text} for text in (block_text(chip), self.prompt)]
        counted = {name: getattr(self.settings, name) for name in DRIFTING}
        placed = Scrubber([], self.folder, Path("/home/somebody")).placed
        message: dict[str, Any] = {"message": {"content": blocks}}
        asked = question_of(
            self.prompt,
            message,
            self.settings,
            counted,
            self.tools,
            self.wanted,
            self.model,
            placed,
        )
        return key_of(asked, self.parent)


def _tool(annotation: type) -> Callable[[Question], object]:
    def change(question: Question) -> object:
        def look(item: Any) -> str:
            """Look."""
            return ""

        look.__annotations__["item"] = annotation
        return question.tools.add(look)

    return change


def _setting(name: str, value: object) -> Callable[[Question], object]:
    return lambda question: setattr(question.settings, name, value)


COUNTS: dict[str, Callable[[Question], object]] = {
    "the prompt": lambda q: setattr(q, "prompt", "What is that?"),
    "the text of an attachment": lambda q: setattr(q, "attached", "another table"),
    "the model of the session": _setting("model", "opus"),
    "the model of the turn": lambda q: setattr(q, "model", "haiku"),
    "text added to the system prompt": _setting("system_prompt", "Be polite."),
    "the file of the system prompt": lambda q: (q.folder / "system.md").write_text("Be long."),
    "the permission mode": _setting("permission_mode", "plan"),
    "whether Claude may look": _setting("kernel", "off"),
    "a tool of the user's": _tool(str),
    "an MCP server": _setting("mcp_servers", {"files": {"command": "x"}}),
    "the schema": lambda q: setattr(q, "wanted", Wanted(AnswerForm(int))),
    "the turn before": lambda q: setattr(q, "parent", "0" * 64),
}
NEUTRAL: dict[str, Callable[[Question], object]] = {
    "the CLI": _setting("cli_path", "/opt/claude"),
    "the folder": _setting("cwd", "/elsewhere"),
    "more folders": _setting("add_dirs", ["/data"]),
    "variables": _setting("env", {"X": "1"}),
    "other options": _setting("options", {"fallback_model": "sonnet"}),
    "a request's time": _setting("request_timeout", 5.0),
    "a silence's time": _setting("stall_timeout", 5.0),
    "rules": _setting("allowed_tools", ["Bash(ls:*)"]),
    "widgets": _setting("widgets", "off"),
    "the address of an object": lambda q: setattr(q, "attached", "a table at 0x7f00aa11"),
    "blanks around the prompt": lambda q: setattr(q, "prompt", "\r\n What is it? "),
}


def test_what_counts_and_what_does_not(tmp_path: Path) -> None:
    """Else a changed question gets an old answer, or a new version of the CLI costs all again."""
    first = Question(tmp_path).key()

    def key(change: Callable[[Question], object]) -> str:
        question = Question(tmp_path)
        change(question)
        return question.key()

    changed = {what: key(change) for what, change in COUNTS.items()}
    assert [what for what, one in changed.items() if one == first] == []
    assert len(set(changed.values())) == len(COUNTS)
    assert [what for what, change in NEUTRAL.items() if key(change) != first] == []
    # The number of retries is no part of what is asked.
    whole = [key(lambda q, n=n: setattr(q, "wanted", Wanted(AnswerForm(int), n))) for n in (0, 5)]  # type: ignore[misc]
    assert whole[0] == whole[1]
    # A tool counts by its schema.
    assert key(_tool(int)) != changed["a tool of the user's"]


def test_a_clone_elsewhere_has_the_same_keys(tmp_path: Path) -> None:
    """Else nobody who gets the notebook can run it, because a prompt names its folder."""

    def key(folder: Path) -> str:
        folder.mkdir()
        question = Question(folder)
        question.prompt = question.attached = f"Read {folder}/a.csv"
        return question.key()

    assert key(tmp_path / "here") == key(tmp_path / "there")


# --- the mode -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "variable", "stored", "headless", "found", "mode"),
    [
        ("default", "", "", False, False, "off"),
        ("default", "", "", False, True, "off"),
        ("default", "", "", True, True, "auto"),
        ("default", "", "", True, False, "off"),
        ("default", "", "auto", False, True, "auto"),
        ("default", "", "off", True, True, "off"),
        ("default", "only", "off", False, True, "only"),
        ("record", "only", "off", True, True, "record"),
    ],
)
def test_the_mode_that_counts(
    setting: str,
    variable: str,
    stored: str,
    headless: bool,
    found: bool,
    mode: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else CI asks a model, or a user who never turned it on gets old answers."""
    monkeypatch.setenv("JUPYTER_CLAUDE_REPLAY", variable)
    choice = chosen(setting, stored, headless=headless, found=found)
    assert (choice.mode, choice.problem) == (mode, "")


def test_a_misspelt_mode_spends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a typing error in CI's settings asks the model."""
    monkeypatch.setenv("JUPYTER_CLAUDE_REPLAY", "onyl")
    choice = chosen("default", "", headless=True, found=True)
    assert choice.mode == "only"
    assert choice.problem.startswith("JUPYTER_CLAUDE_REPLAY is 'onyl'; it takes off, auto")


def test_it_costs_nothing_while_it_is_off(tmp_path: Path) -> None:
    """Else each notebook without a recording waits for modules that it does not need."""
    program = """
import sys
from jupyter_claude import claude
replay = claude._parts.replay.source
assert (replay.mode, replay.place.found) == ("off", ())
found = [name for name in sys.modules if "_recording" in name or "jupyter_claude._replay" in name]
print(sorted(found))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    names = [
        f"jupyter_claude._replay{name}"
        for name in (
            *("", ".ahead", ".bridge", ".chain", ".counted_settings", ".mode", ".place", ".replay"),
            *(".showing", ".source"),
        )
    ]
    assert done.stdout.strip() == str(names)


# --- the place ------------------------------------------------------------------------------------


def test_where_the_recording_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a renamed notebook, nbclient and papermill ask everything again."""
    monkeypatch.delenv("JUPYTER_CLAUDE_NOTEBOOK", raising=False)

    def recording(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "recording.json").write_text("{}")
        return folder

    a = tmp_path / "a.claude"
    # With the name of the notebook, of a jupytext script, and of a notebook in a server's folder.
    for name in (str(tmp_path / "a.ipynb"), str(tmp_path / "a.py"), "of/server/a.ipynb"):
        place = find_place(name, tmp_path)
        assert (place.named, place.found) == (a, ())
        assert place.words == f"a.claude in {tmp_path}"
    recording("a.claude")
    assert find_place(str(tmp_path / "a.ipynb"), tmp_path).sure
    # Without a name, and for a notebook that was renamed.
    assert find_place(None, tmp_path).found == (a,)
    assert find_place(str(tmp_path / "new.ipynb"), tmp_path).found == (a,)
    # The same folder under another name, as in `jupyter-claude replay check new.ipynb`.
    monkeypatch.chdir(tmp_path)
    assert find_place(str(tmp_path / "new.ipynb"), Path()).found == (a,)
    (tmp_path / "link").symlink_to(tmp_path)
    assert len(find_place(str(tmp_path / "link" / "new.ipynb"), tmp_path).found) == 1
    # It belongs to another notebook that is there.
    (tmp_path / "a.ipynb").touch()
    assert find_place(str(tmp_path / "new.ipynb"), tmp_path).found == ()
    b = recording("b.claude")
    assert find_place(None, tmp_path).found == (a, b)
    # What the user says counts.
    monkeypatch.setenv("JUPYTER_CLAUDE_NOTEBOOK", "b.ipynb")
    assert find_place(None, tmp_path).found == (b,)
    assert find_place(None, tmp_path, Path("a.claude")).found == (a,)
    assert find_place(None, tmp_path, Path("c")).named == tmp_path / "c.claude"


@pytest.mark.parametrize(
    ("variable", "mode"),
    [("", "auto"), ("default", "auto"), ("record", "record"), ("only", "only"), ("off", "off")],
)
def test_a_script_that_names_its_recording_leaves_the_mode_to_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, mode: str
) -> None:
    """Else JUPYTER_CLAUDE_REPLAY=record, which the error advises, records nothing in a script."""
    monkeypatch.setenv("JUPYTER_CLAUDE_REPLAY", variable)
    claude = Claude()
    claude.replay(tmp_path / "a.py")
    assert claude._parts.replay.source.mode == mode
    claude.replay(tmp_path / "a.py", mode="auto")
    assert claude._parts.replay.source.mode == "auto", "what the script says counts first"


# --- secrets --------------------------------------------------------------------------------------


def test_secrets_and_folders_stay_here(tmp_path: Path) -> None:
    """Else a recording in git gives a key away, or shows the user's name."""
    folder, home = tmp_path / "home" / "work", tmp_path / "home"
    scrubber = Scrubber(["value-of-a-variable"], folder, home)
    asked = RecordedInputs(
        prompt=f"Use {KEY} in {folder}/a.py and {home}/b, not {home}2",
        tools={f"{folder}": {"default": "value-of-a-variable"}},
        attached={"a": "0" * 64, f"{KEY}.txt": "1f" * 32},
    )
    recorded = scrubber.recorded(asked)
    assert recorded.prompt == f"Use ‹withheld› in ‹folder›/a.py and ‹home›/b, not {home}2"
    assert recorded.tools == {"‹folder›": {"default": "[hidden]"}}
    assert recorded.attached == {"a": "0" * 64, "‹withheld›.txt": "1f" * 32}
    elsewhere = Scrubber([], Path("/x/y"), Path("/x"))
    assert elsewhere.restored(recorded).prompt.endswith("in /x/y/a.py and /x/b, not " + f"{home}2")


def test_a_secret_that_is_written_in_another_way_stays_here(tmp_path: Path) -> None:
    """Else a password with a quote or a line in it is in the recording, in the JSON of a value."""
    secret = 'pa"ss\\wörd/\n123'
    scrubber = Scrubber([secret], tmp_path, tmp_path)
    for text in (
        secret,
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        quote(secret, ""),
    ):
        shown = scrubber.text(f"it is {text} here")
        assert "123" not in shown and "[hidden]" in shown, text


def test_a_secret_of_any_bytes_can_be_taken_out(tmp_path: Path) -> None:
    """Else a password in Latin-1 in the environment makes each recorded prompt an error."""
    secret = b"gr\xfcn-4711".decode("utf-8", "surrogateescape")
    scrubber = Scrubber([secret], tmp_path, tmp_path, Marks({"password": secret}, Hidden()))
    assert "4711" not in scrubber.text(f"it is {secret}")


def test_a_turn_s_secrets_are_those_before_and_after_it(tmp_path: Path) -> None:
    """Else a password is recorded that the turn prints and deletes, or that its prompt names."""

    def scrubber(**variables: str) -> Scrubber:
        return Scrubber([], tmp_path, tmp_path, Marks(variables, Hidden()))

    both = scrubber(db_password="tiger42-salt").later(scrubber(api_token="lily77-pepper"))
    assert "tiger42" not in both.text("printed tiger42-salt")
    asked = RecordedInputs(prompt="Take tiger42-salt and lily77-pepper")
    turn, folder = TurnWriter(1, "id", "x", folder=tmp_path).turn, RecordingFolder(tmp_path / "r")
    recorded = recorded_turn(turn, asked, "a" * 64, "", folder, both, {})
    assert recorded.asked.prompt == f"Take {WITHHELD} and {WITHHELD}"


# --- a turn and back ------------------------------------------------------------------------------


def _assistant(id: str, *blocks: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
    content = {"id": id, "role": "assistant", "model": "a-model", "content": list(blocks)}
    return {"type": "assistant", "message": content, "parent_tool_use_id": parent}


def _call(id: str, name: str, **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": name, "input": given}


def _result(id: str, content: Any, failed: bool = False, parent: str | None = None) -> Any:
    block = {"type": "tool_result", "tool_use_id": id, "content": content, "is_error": failed}
    message = {"role": "user", "content": [block]}
    return {"type": "user", "message": message, "parent_tool_use_id": parent}


def a_turn(folder: Path) -> TurnWriter:
    """Make a turn with all kinds of items, as Claude Code's messages make it."""
    writer = TurnWriter(1, "id", "Do all", folder=folder)
    writer.put(Attached("given-0", "@df", "DataFrame", "2 rows"))
    writer.start()
    picture = {"type": "base64", "media_type": "image/png", "data": PICTURE}
    for line in (
        _assistant("m1", {"type": "thinking", "thinking": "Hm.", "signature": "s"}),
        _assistant("m1", {"type": "text", "text": "I **look**."}),
        _assistant("m1", _call("t1", "Bash", command="ls")),
        _assistant("m1", _call("t2", "Read", file_path=str(folder / "a.png"))),
        _result("t1", f"{folder}/made.txt"),
        _result("t2", [{"type": "image", "source": picture}]),
        _assistant("m2", _call("t3", "Agent", description="Count", prompt="Count them")),
        _assistant("s1", _call("t4", "Bash", command="wc"), parent="t3"),
        _result("t4", "no", failed=True, parent="t3"),
        _assistant("s2", {"type": "text", "text": "None."}, parent="t3"),
        _result("t3", "None."),
        _assistant("m3", _call("t5", RUN_CODE, code="total = 1", why="To see")),
        _result("t5", "1"),
        _assistant("m4", {"type": "text", "text": "Done."}),
    ):
        message = parse_message(line)
        assert message is not None
        writer.apply(message)
    writer.ran(RanCode("total = 1", "To see", 0.1, (BoundName("total", "new"),)))
    writer.notice("trust", "This folder is not trusted", "warning")
    writer.notice("compact-9", "The conversation was compacted")
    writer.answer_with({"n": 1})
    writer.give_value(1)
    writer.charge(0.25, {"input_tokens": 7})
    writer.finish("done")
    return writer


def test_a_turn_is_recorded_and_shown_again(tmp_path: Path) -> None:
    """Else a replayed turn shows less than the recorded one, or later turns do not know it."""
    here = tmp_path / "here"
    here.mkdir()
    turn = a_turn(here).turn
    scrubber = Scrubber([], here, tmp_path)
    asked = RecordedInputs(prompt="Do all", schema={"type": "object"})
    files = []
    for name in ("a.claude", "b.claude"):
        folder = RecordingFolder(here / name)
        recorded = recorded_turn(turn, asked, "a" * 64, "", folder, scrubber, {})
        folder.write(recorded, "2026-11-30")
        files.append({one.name: one.read_bytes() for one in folder.path.rglob("*.*")})
    assert files[0] == files[1]
    assert str(tmp_path) not in turn_json(recorded)
    assert "t1" not in turn_json(recorded).replace("st1", "")
    assert [getattr(one, "reply", 0) for one in recorded.items] == [
        *(0, 1, 1, 1, 1, 2, 3, 4, 5, 6, 0, 0)
    ]
    assert "not trusted" not in turn_json(recorded), "a notice about this machine"

    there = tmp_path / "there"
    read = RecordingFolder(here / "a.claude")
    again = Scrubber([], there, tmp_path).restored(read.turns["a" * 64])
    new = TurnWriter(1, "new", "Do all", folder=there)
    new.start()
    from jupyter_claude._turns.replayed import Replayed

    items = items_of(again, read, "new", str(there))
    messages = messages_of(again, read, "new")
    new.play(Replayed(again.key), items, messages, again.model)
    for code in code_of(again):
        new.ran(code)
    new.finish("done")
    was = html(turn).replace(str(here), str(there))
    for left_out in ("This folder is not trusted",):
        assert left_out in was
    assert _shown(html(new.turn)) == [one for one in _shown(was) if "not trusted" not in one]
    assert new.turn.text == turn.text
    assert new.turn.code == [dataclasses.replace(turn.code[0], seconds=0.0)]

    # The model's answers and the tools' results come in the order in which a model gets them.
    kinds = [
        (type(one).__name__, one.parent_tool_use_id is not None)
        for one in messages
        if isinstance(one, (AssistantMessage, UserMessage))
    ]
    assistant, user = ("AssistantMessage", False), ("UserMessage", False)
    inner = [("AssistantMessage", True), ("UserMessage", True), ("AssistantMessage", True)]
    assert kinds == [assistant, user, assistant, *inner, user, assistant, user, assistant]
    ids = [one.uuid for one in messages if isinstance(one, (AssistantMessage, UserMessage))]
    assert len(set(ids)) == len(ids)
    assert new.turn.tools[0].id.startswith("toolu_")


def _shown(page: str) -> list[str]:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(page, "html.parser")
    texts = [str(text).strip() for text in soup.find_all(string=True)]
    return [text for text in texts if text and "$" not in text and "Replayed" not in text]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_colleagues_can_read_a_recording(tmp_path: Path) -> None:
    """Else a recording on a shared disk, or in a container's volume, is for its author alone."""
    before = os.umask(0o022)
    try:
        folder = RecordingFolder(tmp_path / "a.claude")
        recorded = recorded_turn(
            a_turn(tmp_path).turn,
            RecordedInputs(prompt="p"),
            "a" * 64,
            "",
            folder,
            Scrubber([], tmp_path, tmp_path),
            {},
        )
        folder.write(recorded, "2026-11-30")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(one.stat().st_mode) for one in folder.path.rglob("*") if one.is_file()}
    assert modes == {0o644}


def test_the_recorded_turn_that_a_changed_prompt_stands_for(tmp_path: Path) -> None:
    """Else a new prompt shows an answer to something else, or an edited one is asked unseen."""
    folder = RecordingFolder(tmp_path / "a.claude")
    keys = [""]
    for prompt in ("Load the data of May", "Plot the sales by month", "Write a summary"):
        asked = RecordedInputs(prompt=prompt)
        key = key_of(asked, keys[-1])
        turn = recorded_turn(
            TurnWriter(1, "x", prompt, folder=tmp_path).turn,
            asked,
            key,
            keys[-1],
            folder,
            Scrubber([], tmp_path, tmp_path),
            {},
        )
        folder.write(turn, "2026-11-30")
        keys.append(key)

    def found(prompt: str, parent: str) -> str:
        near = nearest(prompt, parent, folder)
        return "" if near is None else near.asked.prompt

    assert found("Load the data of June, please", "") == "Load the data of May"
    assert found("Draw a cat", "") == ""
    assert found("Write a summary", keys[1]) == "Write a summary", "the turn before it was removed"
