"""What recorded turns did is done again, in an IPython shell and a folder, and asked once."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_claude_sdk.lowlevel import (
    RecordedCall,
    RecordedCode,
    RecordedFile,
    RecordedInputs,
    RecordedTurn,
    RecordingFolder,
    digest,
)
from nbformat.sign import NotebookNotary

from jupyter_claude._approvals import Approvals
from jupyter_claude._core.conversation import Conversation
from jupyter_claude._core.host import Host
from jupyter_claude._kernel_tools.kernel_tools import KernelTools
from jupyter_claude._paths import sessions_folder
from jupyter_claude._replay.effect_paths import problem_of
from jupyter_claude._replay.effects import Effects
from jupyter_claude._rewind.replayed_files import ReplayedFiles
from jupyter_claude._turns.errors import TurnInterrupted
from jupyter_claude._turns.items import RUN_CODE, Notice, ToolCall, ToolState
from jupyter_claude._turns.replayed import Replayed
from jupyter_claude._turns.requests import PermissionRequest
from jupyter_claude._turns.turn import Turn
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._views.request_lines import lines_of_request

pytestmark = [pytest.mark.pure, pytest.mark.anyio]


class FrontEnd:
    """A front end with a shell."""

    bridge = None

    def __init__(self, shell: Any) -> None:
        self.shell = shell


class Here:
    """A notebook with its recording, and a kernel that replays it."""

    def __init__(self, folder: Path, shell: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.notebook = folder / "a.ipynb"
        cell = nbformat.v4.new_code_cell("%%claude\nsum", outputs=[])
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), self.notebook)
        self.recording = RecordingFolder(folder / "a.claude")
        self.shell = shell
        self.asked: list[PermissionRequest] = []
        self.begin()

    def begin(self) -> None:
        """Begin a new kernel."""
        self.recording.reload()
        self.host = Host(cast("Any", FrontEnd(self.shell)))
        self.conversation = Conversation()
        self.tools = KernelTools(self.host, self.conversation, lambda: self.folder)
        self.approvals = Approvals(hold=0.0)
        self.effects = Effects(self.host, self.tools, self.approvals, ReplayedFiles())

    def trust(self) -> None:
        """Sign the notebook, as ``jupyter trust`` does."""
        notary = NotebookNotary(data_dir=os.environ["JUPYTER_DATA_DIR"])
        notary.sign(nbformat.read(self.notebook, as_version=4))
        notary.store.close()

    def record(self, prompt: str, **parts: Any) -> RecordedTurn:
        """Add a turn to the recording."""
        parent = next(reversed(self.recording.turns), "")
        turn = RecordedTurn(digest(prompt.encode()), parent, RecordedInputs(prompt), **parts)
        self.recording.write(turn, "2026-11-30")
        return turn

    def file(self, path: str, before: str | None, after: str | None) -> RecordedFile:
        """Return a recorded file, by its texts."""
        old, new = (None if text is None else text.encode() for text in (before, after))
        name = "" if new is None else self.recording.add_content(new, path)
        return RecordedFile(
            path, "" if old is None else digest(old), "" if new is None else digest(new), name
        )

    async def replay(self, turn: RecordedTurn, answer: str | None = "allow") -> Turn:
        """Replay a turn. `answer` None: nobody can be asked."""
        can_ask = answer is not None
        writer = TurnWriter(1, turn.key, turn.asked.prompt, folder=self.folder, can_ask=can_ask)
        writer.start()
        calls = [item for item in turn.items if isinstance(item, RecordedCall)]
        items = [
            ToolCall(
                f"call-{at}",
                call.name,
                call.input,
                cast("ToolState", call.state),
                call.output,
                ran=call.ran,
            )
            for at, call in enumerate(calls)
        ]
        writer.play(Replayed(turn.key), items, [], "model")

        def press(_: Any) -> None:
            for request in list(writer.turn.requests.values()):
                assert isinstance(request, PermissionRequest)
                if request not in self.asked:
                    self.asked.append(request)
                    given = {"behavior": answer, "waited": 60_000.0}
                    assert self.approvals.answer(request.id, given)

        writer.turn.listen(press)
        await self.effects.replay(writer, turn, self.recording)
        writer.finish("done")
        return writer.turn


def ran(
    code: str, output: str = "", bound: tuple[str, ...] = (), error: str = ""
) -> dict[str, Any]:
    """Return the parts of a turn that ran one code."""
    call = RecordedCall(RUN_CODE, {"code": code, "why": "to see"}, output=output)
    return {
        "items": [call],
        "code": [RecordedCode(code, "to see", list(bound), error, output)],
    }


def lines(turn: Turn) -> list[str]:
    """Return the lines that a turn says."""
    return [item.text for item in turn.items if isinstance(item, Notice)]


@pytest.fixture(scope="module")
def shell() -> Any:
    """Return an IPython shell in this process."""
    make: Any = InteractiveShell
    return make()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: Any) -> Here:
    """Return a notebook with an empty recording, not trusted."""
    for variable, name in (("XDG_DATA_HOME", "data"), ("JUPYTER_DATA_DIR", "jupyter")):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "a.ipynb"))
    monkeypatch.delenv("JUPYTER_CLAUDE_REPLAY_EFFECTS", raising=False)
    monkeypatch.delenv("JUPYTER_CLAUDE_NOTEBOOK", raising=False)
    shell.reset(new_session=False)
    return Here(folder, shell)


async def test_code_runs_again_once_it_was_read(here: Here) -> None:
    """Else later cells miss `total`, or code runs that the user did not read."""
    here.trust()
    first = here.record(
        "sum", **ran("total = 6 * 7\nprint('sum', total)", "sum 42\n", ("total (new)",))
    )
    second = here.record("more", **ran("more = total + 1", "", ("more (new)",)))
    third = here.record("words", items=[])
    turn = await here.replay(first)
    (asked,) = here.asked
    assert asked.title == "This notebook replays 2 pieces of code"
    assert asked.tool == "replay"
    seen = "\n".join(lines_of_request(asked))
    for code in (first.code[0].code, second.code[0].code):
        assert all(line in seen for line in code.split("\n"))
    assert "You are asked again if it changes" in seen
    assert here.shell.user_ns["total"] == 42
    assert turn.tools[0].output == "sum 42\n" and turn.tools[0].state == "done"
    assert [str(one.name) for one in turn.code[0].bound] == ["total"]
    assert lines(turn) == []
    assert lines(await here.replay(second)) == lines(await here.replay(third)) == []
    assert here.shell.user_ns["more"] == 43 and len(here.asked) == 1

    here.begin()  # a new kernel knows the answer
    await here.replay(first)
    assert len(here.asked) == 1
    here.record("later", **ran("later = 1", bound=("later (new)",)))
    here.begin()
    await here.replay(first, answer="deny")
    assert [one.title for one in here.asked[1:]] == ["This notebook replays 3 pieces of code"]


async def test_a_changed_recording_is_asked_again_in_the_same_kernel(here: Here) -> None:
    """Else who can write the folder runs code by the approval of another one."""
    here.trust()
    turn = here.record("sum", **ran("total = 1", bound=("total (new)",)))
    await here.replay(turn)
    turn.code[0].code = "total = 'theirs'"
    here.recording.write(turn, "2026-11-30")
    said = lines(await here.replay(turn, answer="deny"))
    assert said == ["Its code did not run again: you denied it. A new kernel asks again."]
    assert here.shell.user_ns["total"] == 1
    assert lines(await here.replay(turn, answer="deny")) == said
    assert len(here.asked) == 2, "a denial is asked once too"


async def test_only_in_a_trusted_notebook(here: Here) -> None:
    """Else a notebook from elsewhere gets its code approved by habit."""
    turn = here.record(
        "sum", **ran("total = 1", bound=("total (new)",)), files=[here.file("a.txt", None, "text")]
    )
    (said,) = lines(await here.replay(turn))
    assert said.startswith(
        "Its code did not run again, and its files were not written: the notebook"
    )
    assert "`jupyter trust a.ipynb`" in said
    assert not here.asked and "total" not in here.shell.user_ns
    here.trust()
    assert lines(await here.replay(turn)) == []
    assert here.shell.user_ns.pop("total") == 1 and (here.folder / "a.txt").read_text() == "text"

    # A change of the file by others takes the trust away.
    read = nbformat.read(here.notebook, as_version=4)
    read.cells.append(nbformat.v4.new_code_cell("theirs", outputs=[]))
    nbformat.write(read, here.notebook)
    assert "not trusted" in lines(await here.replay(turn))[0]
    assert "total" not in here.shell.user_ns
    here.notebook.unlink()
    assert "its notebook is not known" in lines(await here.replay(turn))[0]


async def test_where_nobody_can_be_asked(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else CI runs what nobody allowed, or cannot run it at all."""
    turn = here.record("sum", **ran("total = 1", bound=("total (new)",)))
    (said,) = lines(await here.replay(turn, answer=None))
    assert said.startswith(
        "Its code did not run again: nobody can be asked here. To allow it, set "
    )
    assert "claude.settings.replay_effects = True or JUPYTER_CLAUDE_REPLAY_EFFECTS=1" in said
    monkeypatch.setenv("JUPYTER_CLAUDE_REPLAY_EFFECTS", "1")
    assert lines(await here.replay(turn, answer=None)) == []
    assert here.shell.user_ns.pop("total") == 1
    monkeypatch.delenv("JUPYTER_CLAUDE_REPLAY_EFFECTS")
    here.host.settings.replay_effects = True
    assert lines(await here.replay(turn, answer=None)) == []
    assert here.shell.user_ns["total"] == 1


async def test_a_policy_without_the_kernel_runs_no_recorded_code(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a replayed notebook runs Claude's code where the administrator forbids that."""
    here.host.settings.replay_effects = True
    policy = tmp_path / "policy.toml"
    policy.write_text('kernel = "off"\n')
    monkeypatch.setenv("JUPYTER_CLAUDE_POLICY", str(policy))
    here.host.settings.kernel = "look"  # as a configuration file sets it
    turn = here.record("sum", **ran("forbidden = 1", bound=("forbidden (new)",)))
    (said,) = lines(await here.replay(turn, answer=None))
    assert said.startswith("Its code did not run again: Claude has no tools for this kernel")
    assert "forbidden" not in here.shell.user_ns


async def test_by_the_policy_only_what_was_read_runs_where_nobody_can_be_asked(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a setting runs what nobody read, though the administrator allows nothing unasked."""
    policy = tmp_path / "policy.toml"
    policy.write_text("always_allow = false\n")
    monkeypatch.setenv("JUPYTER_CLAUDE_POLICY", str(policy))
    here.host.settings.replay_effects = True
    here.trust()
    files = [here.file("a.txt", None, "text"), here.file("a.bin", None, "\0" * 9)]
    turn = here.record("sum", **ran("total = 1", bound=("total (new)",)), files=files)
    for _ in range(2):
        assert lines(await here.replay(turn, answer=None)) == [
            "Its code did not run again, and its files were not written: nobody can be asked here, "
            "and the administrator's policy lets nothing run that you did not approve. Run the "
            "notebook in JupyterLab, approve it there, then run this again."
        ]
        assert "total" not in here.shell.user_ns and not (here.folder / "a.txt").exists()
        monkeypatch.setenv("JUPYTER_CLAUDE_REPLAY_EFFECTS", "1")  # `replay run --effects`

    await here.replay(turn)  # the user reads and approves
    assert here.shell.user_ns.pop("total") == 1
    (here.folder / "a.txt").unlink()
    here.begin()
    monkeypatch.delenv("JUPYTER_CLAUDE_REPLAY_EFFECTS")
    assert "nobody can be asked here. To allow it" in lines(await here.replay(turn, None))[0]
    here.host.settings.replay_effects = True
    (left,) = lines(await here.replay(turn, answer=None))
    assert "a.bin" in left and not (here.folder / "a.bin").exists()  # nobody could read that
    assert here.shell.user_ns.pop("total") == 1 and (here.folder / "a.txt").read_text() == "text"
    turn.code[0].code = "total = 'other'"
    here.recording.write(turn, "2026-11-30")
    here.begin()
    here.host.settings.replay_effects = True
    assert "that you did not approve" in lines(await here.replay(turn, answer=None))[0]
    assert "total" not in here.shell.user_ns


async def test_drift_is_told(here: Here) -> None:
    """Else a reader takes the recorded words for what the data says today."""
    here.host.settings.replay_effects = True
    (here.folder / "day.csv").write_text("2")
    path = str(here.folder / "day.csv")
    read = f"n = __import__('pathlib').Path({path!r}).read_text()\nprint('rows', n, object())"
    known = "rows 1 <object object at 0x7f0000000000>\n"
    turn = await here.replay(
        here.record("read", **ran(read, known, ("n (new)", "gone (new)"))), None
    )
    assert lines(turn) == [
        "The code printed something else than recorded.",
        "The code did not bind gone, which the recording has.",
    ]
    assert turn.tools[0].output.startswith("rows 2 ")
    (here.folder / "day.csv").write_text("1")
    assert (
        lines(await here.replay(here.record("again", **ran(read, known, ("n (new)",))), None)) == []
    )

    # An error that comes again is none; the card shows the present one.
    fails = ran("1 / 0", "Trace", error="ZeroDivisionError: division by zero")
    turn = await here.replay(here.record("fail", **fails), None)
    assert lines(turn) == ["Code 3 printed something else than recorded."]  # as the request counts
    assert turn.tools[0].state == "failed" and "ZeroDivisionError" in turn.tools[0].output
    turn = await here.replay(here.record("new", **ran("[][1]", "Trace")), None)
    assert "had an error, which the recording has not: IndexError" in lines(turn)[-1]


async def test_what_does_not_run_again_is_said(here: Here) -> None:
    """Else a later cell fails, and nobody knows that a command is missing."""
    names = ("Read", "Bash", "Bash", "mcp__kernel__inspect", "mcp__db__write", "WebFetch")
    items = [RecordedCall(name, {"command": "touch made"}) for name in names]
    items.append(RecordedCall("Bash", state="failed", ran=False))
    turn = await here.replay(here.record("touch", items=items))
    assert lines(turn) == [
        "Not run again: 2 commands and 1 tool call. Later cells may miss what they did."
    ]
    assert not (here.folder / "made").exists()


async def test_files_in_the_order_of_the_calls(here: Here) -> None:
    """Else code reads a file that is not there yet, or runs on one of a later turn."""
    here.trust()
    (here.folder / "old.txt").write_text("old\n")
    path = str(here.folder / "in.txt")
    code = f"text = __import__('pathlib').Path({path!r}).read_text()"
    first = here.record(
        "write",
        items=[
            RecordedCall("Write", {"file_path": path, "content": "one\n"}),
            RecordedCall(RUN_CODE, {"code": code}),
        ],
        code=[RecordedCode(code, bound=["text (new)"])],
        files=[here.file("in.txt", None, "one\n"), here.file("sub/new.txt", None, "new\n")],
    )
    second = here.record(
        "edit",
        files=[here.file("in.txt", "one\n", "two\n"), here.file("old.txt", "old\n", None)],
    )
    for _ in range(2):  # Run All, and Run All again: neither is the user's change
        assert lines(await here.replay(first)) == []
        assert here.shell.user_ns["text"] == "one\n"
        assert (here.folder / "sub/new.txt").read_text() == "new\n"
        assert lines(await here.replay(second)) == []
        assert (here.folder / "in.txt").read_text() == "two\n"
        assert not (here.folder / "old.txt").exists()
    (asked,) = here.asked
    assert asked.title == "This notebook replays 1 piece of code and 3 files"
    assert asked.danger == ""
    seen = {field["name"].partition(", for")[0]: field["value"] for field in asked.fields}
    assert seen["in.txt (new file)"].endswith("+one")
    assert "-one\n+two" in seen["in.txt (overwritten)"]
    assert "-old" in seen["old.txt (deleted)"]


async def test_what_the_user_changed_stays(here: Here) -> None:
    """Else a replay destroys the user's own work, or changes of it that nobody read."""
    here.trust()
    mine = here.folder / "notes.txt"
    turn = here.record("note", files=[here.file("notes.txt", "a\n", "b\n")])
    mine.write_text("mine\n")
    said = lines(await here.replay(turn))
    (asked,) = here.asked
    assert asked.danger == "Overwrites a file that you changed"
    assert "-mine\n+b" in asked.fields[0]["value"]
    # It was shown and approved; what it had is kept.
    assert mine.read_text() == "b\n"
    assert said[0].startswith("notes.txt was overwritten. Your version is kept as ")
    kept = Path(said[0].partition("kept as ")[2].removesuffix("."))
    assert kept.read_text() == "mine\n" and kept.is_relative_to(sessions_folder())
    # This one was not.
    for text in ("mine too\n", "and this\n"):
        mine.write_text(text)
        here.begin()
        assert lines(await here.replay(turn)) == [
            "notes.txt was left alone: it has changed since it was recorded."
        ]
        assert mine.read_text() == text
    gone = here.record("delete", files=[here.file("notes.txt", "b\n", None)])
    here.begin()
    assert "left alone" in lines(await here.replay(gone))[0]
    assert mine.read_text() == "and this\n"


@pytest.mark.parametrize(
    "path",
    [
        *("../out.txt", "/tmp/out.txt", "a/../../out.txt", "C:/out.txt", "a\\..\\out.txt", "~/x"),
        *(".git/hooks/pre-commit", ".GIT/config", ".git./config", "GIT~1/config", "a/.git/config"),
        *(".claude/settings.json", "a/.claude/settings.local.json", ".mcp.json", ".MCP.json"),
        *("jupyter_server_config.py", "CLAUDE.md", "a/.config/x", ".github/workflows/ci.yml"),
        *("a.claude/001-x.json", ".envrc", "", "a//b", "a\0b", ".g\u200cit/config", "a\nb"),
    ],
)
def test_paths_that_are_never_written(path: str) -> None:
    """Else a recording that somebody sent puts commands where other programs run them."""
    assert problem_of(path)


async def test_nothing_leads_out_of_the_folder(here: Here, tmp_path: Path) -> None:
    """Else a link, a pipe or a damaged content in a clone becomes a way out of the folder."""
    here.host.settings.replay_effects = True
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.txt").write_text("a\n")
    (here.folder / "link").symlink_to(outside)
    (here.folder / "file").symlink_to(outside / "x.txt")
    os.mkfifo(here.folder / "pipe")
    damaged = here.file("damaged.txt", None, "true\n")
    damaged.after = digest(b"other\n")
    files = [
        here.file("link/x.txt", "a\n", "b\n"),
        here.file("file", "a\n", "b\n"),
        here.file("pipe", None, "b\n"),
        here.file("../outside/x.txt", "a\n", "b\n"),
        here.file("a.ipynb", None, "{}"),
        damaged,
        RecordedFile("key.txt", "", digest(b"k"), withheld="it has a secret"),
    ]
    notebook = here.notebook.read_bytes()
    said = lines(await here.replay(here.record("out", files=files), None))
    assert [line.partition(" was not written again: ")[2] for line in said] == [
        "a folder on its way is a link.",
        "it is a link.",
        "it is no ordinary file.",
        "it would lead out of the folder.",
        "it is this notebook.",
        "its content is not what was recorded. Record again.",
        "its content is not recorded: it has a secret.",
    ]
    assert (outside / "x.txt").read_text() == "a\n"
    assert here.notebook.read_bytes() == notebook
    assert sorted(os.listdir(here.folder)) == ["a.claude", "a.ipynb", "file", "link", "pipe"]


async def test_a_list_that_nobody_can_read_is_not_asked_about(here: Here) -> None:
    """Else approval is given for code at the end of a megabyte."""
    here.trust()
    turn = here.record("long", **ran("total = 1\n" + "# more\n" * 200_000))
    (said,) = lines(await here.replay(turn))
    assert "more code and files than you can read" in said
    assert not here.asked and "total" not in here.shell.user_ns
    here.recording.remove({turn.key})
    table, odd = "1,2,3\n" * 50_000, b"# -*- coding: latin-1 -*-\n\xe9 = 1\n"
    name = here.recording.add_content(odd, "odd.py")
    files = [here.file("table.csv", None, table), RecordedFile("odd.py", "", digest(odd), name)]
    turn = here.record("files", files=files)
    told = [
        "table.csv was not written again: it is too long to be read before it is written.",
        "odd.py was not written again: it is no text, so it cannot be read before it is written.",
    ]
    assert lines(await here.replay(turn)) == told
    assert [one["value"] for one in here.asked[-1].fields] == [
        line.partition(": ")[2].rstrip(".") for line in told
    ]
    assert sorted(os.listdir(here.folder)) == ["a.claude", "a.ipynb"]
    here.host.settings.replay_effects = True
    assert lines(await here.replay(turn, None)) == []  # the setting is the user's word
    assert (here.folder / "table.csv").read_text() == table


async def test_the_order_is_approved_too(here: Here) -> None:
    """Else a later version of the recording deletes first, and copies what is left."""
    here.trust()
    calls = [RecordedCall(RUN_CODE, {"code": code}) for code in ("a = 1", "b = a")]
    codes = [RecordedCode(name, bound=[f"{name[0]} (new)"]) for name in ("a = 1", "b = a")]
    first = here.record("both", items=calls, code=codes)
    assert lines(await here.replay(first)) == []
    for items, code in ((calls[::-1], codes[::-1]), ([calls[0]], codes)):
        here.recording.remove({first.key})
        changed = here.record("both", items=items, code=code)
        await here.replay(changed, "deny")
    assert [len(one.fields) for one in here.asked] == [2, 2, 2]
    assert [one["value"] for one in here.asked[1].fields] == ["b = a", "a = 1"]


async def test_a_list_is_approved_for_one_folder(here: Here, tmp_path: Path) -> None:
    """Else what was harmless in one folder deletes the user's files in another one."""
    here.trust()
    turn = here.record("x", **ran("c = 1"))
    await here.replay(turn)
    there = Here(tmp_path / "there", here.shell)
    there.trust()
    await there.replay(there.record("x", **ran("c = 1")))
    assert len(here.asked) == len(there.asked) == 1


def test_a_file_of_any_name_keeps_the_old_content(tmp_path: Path) -> None:
    """Else the user's version is lost, and a line says where it is kept."""
    for name in ("old", "new", "content", ".new"):
        file = tmp_path / name
        file.write_text("mine")
        kept = ReplayedFiles().write(str(file), b"theirs", digest(b"mine"))
        assert (file.read_text(), Path(kept).read_text()) == ("theirs", "mine")


async def test_code_that_was_stopped_stays_stopped(here: Here) -> None:
    """Else a replay in CI never ends, or runs on the card of a call that was denied."""
    here.host.settings.replay_effects = True
    codes = ["while True: pass", "after = 1"]
    denied = RecordedCall(RUN_CODE, {"code": codes[1]}, state="denied", ran=False)
    turn = here.record(
        "loop",
        items=[denied, *(RecordedCall(RUN_CODE, {"code": code}) for code in codes)],
        code=[
            RecordedCode(codes[0], error="KeyboardInterrupt: stopped by the user"),
            RecordedCode(codes[1], bound=["after (new)"]),
        ],
    )
    done = await here.replay(turn, None)
    assert lines(done) == ["Code 1 did not run again: it was stopped when it was recorded."]
    assert here.shell.user_ns["after"] == 1 and len(done.code) == 1


async def test_a_stop_leaves_out_the_rest(here: Here) -> None:
    """Else the user stops code, and more code and files follow."""
    here.host.settings.replay_effects = True
    codes = ["print('begun')\nimport asyncio\nawait asyncio.sleep(99)", "after = 1"]
    turn = here.record(
        "loop",
        items=[RecordedCall(RUN_CODE, {"code": code}) for code in codes],
        code=[RecordedCode(code) for code in codes],
    )
    work = asyncio.ensure_future(here.replay(turn, None))
    while not here.tools.stop():
        await asyncio.sleep(0.01)
    done = await work
    assert lines(done) == ["You stopped the code, so the rest was not done again."]
    assert "after" not in here.shell.user_ns and done.tools[0].note == "You stopped the code"


class Marks:
    """Puts the folder in place of its mark, as a recording's texts need it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def restored(self, value: RecordedTurn) -> RecordedTurn:
        """Return a turn whose code has the folder."""
        code = [
            replace(one, code=one.code.replace("‹folder›", str(self.folder))) for one in value.code
        ]
        return replace(value, code=code)

    def text(self, text: str) -> str:
        """Return a text with the mark."""
        return text.replace(str(self.folder), "‹folder›")


async def test_code_with_folders_is_shown_as_it_runs(here: Here) -> None:
    """Else a clone's code runs otherwise than it was read, or each turn is asked by itself."""
    here.trust()
    marks = Marks(here.folder)
    here.effects = Effects(here.host, here.tools, here.approvals, ReplayedFiles(), lambda: marks)
    code = "place = '‹folder›'\nprint(place)"
    turns = [here.record(name, **ran(code, "‹folder›\n", ("place (new)",))) for name in "ab"]
    for turn in turns:
        restored = marks.restored(turn)
        call = RecordedCall(RUN_CODE, {"code": restored.code[0].code})
        assert lines(await here.replay(replace(restored, items=[call]))) == []
    assert here.shell.user_ns["place"] == str(here.folder)
    (asked,) = here.asked
    assert asked.fields[0]["value"] == f"place = '{here.folder}'\nprint(place)"


async def test_a_stop_withdraws_the_question(here: Here) -> None:
    """Else a user who wants neither must answer, or the stopped turn runs code after all."""
    here.trust()
    turn = here.record("sum", **ran("total = 1"))
    writer = TurnWriter(1, "id", "sum", folder=here.folder, can_ask=True)
    writer.start()
    work = asyncio.ensure_future(here.effects.replay(writer, turn, here.recording))
    while not writer.turn.requests:
        await asyncio.sleep(0)
    assert here.effects.stop(writer.turn)
    with pytest.raises(TurnInterrupted):
        await work
    assert not writer.turn.requests and "total" not in here.shell.user_ns
    assert not here.effects.stop(writer.turn)


async def test_only_in_the_folder_in_which_claude_works(here: Here, tmp_path: Path) -> None:
    """Else a notebook writes where the user did not let Claude work."""
    here.host.settings.replay_effects = True
    turn = here.record("out", files=[here.file("a.txt", None, "a")])
    here.folder = tmp_path / "elsewhere"
    here.folder.mkdir()
    (said,) = lines(await here.replay(turn, None))
    assert said == "a.txt was not written again: it is not in the folder in which Claude works."
