"""What each mode and each "Always allow" button lets run on the real CLI, beside what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionUpdate,
    create_sdk_mcp_server,
    query,
    tool,
)

from jupyter_claude._suggestions import FILE_COMMANDS, offered, suggestion_label

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

Call = tuple[str, dict[str, Any]]


def bash(command: str, **fields: Any) -> Call:
    """Make a command."""
    return "Bash", {"command": command, **fields}


def write(path: str) -> Call:
    """Make a Write."""
    return "Write", {"file_path": path, "content": "x"}


def read(path: str) -> Call:
    """Make a Read."""
    return "Read", {"file_path": path}


def edit(path: str) -> Call:
    """Make an Edit of a new file."""
    return "Edit", {"file_path": path, "old_string": "", "new_string": "x"}


@tool("titles", "Titles of pages", {"word": str})
async def titles(arguments: dict[str, Any]) -> dict[str, Any]:
    """Do nothing, as a tool of a server."""
    return {"content": [{"type": "text", "text": "ok"}]}


@tool("run_code", "Run code", {"code": str})
async def run_code(arguments: dict[str, Any]) -> dict[str, Any]:
    """Do nothing, as a tool that takes code."""
    return {"content": [{"type": "text", "text": "ok"}]}


class Machine:
    """A folder, the real CLI in it, and somebody who answers."""

    def __init__(self, options: Callable[..., ClaudeAgentOptions], folder: Path) -> None:
        self._options = options
        self.folder = folder
        for name in ("keep", "empty", "out/sub"):
            (folder / name).mkdir(parents=True)
        outside = folder.parent / "outside"
        outside.mkdir()
        for path in (
            *(folder / f"{name}.txt" for name in "abcd"),
            outside / "x",
            folder / "keep" / "x",
        ):
            path.write_text("x\n")

    async def run(
        self,
        first: Call | list[Call],
        press: Callable[[Any], PermissionUpdate | None],
        *then: Call,
    ) -> list[bool]:
        """Answer the first call, or calls, as `press` says; deny what is asked of the others.

        Return for each of these whether it was asked about or refused.
        """
        pressed = first if isinstance(first, list) else [first]
        calls = [*pressed, *then]
        ids = [f"toolu_call_{number}" for number in range(len(calls))]
        asked: list[Any] = []
        refused: dict[int, bool] = {}

        def decide(name: str, given: dict[str, Any], context: Any) -> Any:
            asked.append(context.tool_use_id)
            if context.tool_use_id in ids[: len(pressed)]:
                context.raw["folder"] = self.folder
                chosen = press((name, given, context))
                return PermissionResultAllow(updated_permissions=[chosen] if chosen else None)
            return PermissionResultDeny(message="No.")

        replies = [
            [{"tool": name, "input": given, "id": id}]
            for id, (name, given) in zip(ids, calls, strict=True)
        ]
        script = [{"replies": [*replies, [{"text": "Done."}]]}]
        server = create_sdk_mcp_server("wiki", tools=[titles, run_code])
        chosen = self._options(
            script,
            can_use_tool=decide,
            mcp_servers={"wiki": server},
            setting_sources=["local"],
            env={"ENABLE_TOOL_SEARCH": "false", "IS_SANDBOX": "1"},
        )
        with anyio.fail_after(150):
            async for message in query(prompt="go", options=chosen):
                for block in getattr(message, "content", None) or []:
                    id = getattr(block, "tool_use_id", None)
                    if id is not None:
                        text = str(block.content)
                        words = ("has been denied", "was denied", "Auto mode is unavailable")
                        refused[int(id.rpartition("_")[2])] = any(word in text for word in words)
        assert set(refused) == set(range(len(calls))), "a call has no result"
        assert asked[: len(pressed)] == ids[: len(pressed)], "a first call is not asked about"
        return [ids[number] in asked or refused[number] for number in range(len(pressed), len(ids))]


@pytest.fixture
def machine(options: Callable[..., ClaudeAgentOptions], tmp_path: Path) -> Machine:
    """Make a folder with the real CLI in it."""
    return Machine(options, tmp_path / "work")


#: A call for each file command that a label names.
FILE_CALLS = {
    "rm": bash("rm -rf keep"),
    "rmdir": bash("rmdir empty"),
    "mv": bash("mv a.txt moved.txt"),
    "cp": bash("cp b.txt copied.txt"),
    "sed": bash("sed -i s/x/y/ c.txt"),
    "mkdir": bash("mkdir made"),
    "touch": bash("touch touched.txt"),
}
EDITS = [bash("echo x > redirected.txt"), write("written.txt"), edit("edited.txt")]
#: What no mode that has a button lets run.
OTHERS = [
    *map(bash, ("chmod +x d.txt", "ln -s d.txt l", "python3 -c 'print(1)'", "truncate -s0 d.txt")),
    *map(bash, ("unlink d.txt", "curl -s http://127.0.0.1:9/", "git init", "git commit -m x")),
    *map(bash, ("rm ../outside/x", "cp d.txt ../outside/y", "rm -rf .", "sed -i 's/a/b/e' d.txt")),
    *map(bash, ("mkdir two; python3 -V", "touch .bashrc", "echo x | tee d.txt", "npm install")),
    *map(write, ("../outside/w", ".claude/settings.json", ".git/hooks/pre-commit", ".mcp.json")),
    ("mcp__wiki__titles", {"word": "x"}),
    ("WebFetch", {"url": "http://127.0.0.1:9/", "prompt": "x"}),
    bash("find . -delete"),
]


@pytest.mark.parametrize(
    ("mode", "lets_files"),
    [
        ("default", False),
        ("acceptEdits", True),
        ("plan", False),
        ("dontAsk", False),
        ("auto", True),
        ("bypassPermissions", False),  # a session that did not start with it cannot get it
    ],
)
async def test_what_a_mode_lets_run(mode: Any, lets_files: bool, machine: Machine) -> None:
    """Else "Always allow file edits" lets commands run that the button does not name."""
    update = PermissionUpdate(type="setMode", mode=mode, destination="session")
    files = [*FILE_CALLS.values(), *EDITS]
    # In "auto" a model judges the rest, here a scripted one. No button offers that mode.
    others = [] if mode == "auto" else OTHERS
    held = await machine.run(write("first.txt"), lambda _: update, *files, *others)
    assert held[: len(files)] == [not lets_files] * len(files)
    assert all(held[len(files) :]), "it lets more run"
    assert (machine.folder / "keep").exists() != lets_files
    # What the label names is what ran; a mode that was not measured for a button has none.
    label = suggestion_label(update, "Write", {}, machine.folder)
    assert (label is not None) == (mode == "acceptEdits")
    if label is not None:
        assert f"({', '.join(FILE_CALLS)}, > file)" in label
        assert tuple(FILE_CALLS) == FILE_COMMANDS


def pressing(words: str) -> Callable[[Any], PermissionUpdate]:
    """Press the button whose label begins so."""

    def press(request: Any) -> PermissionUpdate:
        name, given, context = request
        buttons = offered(name, given, context, context.raw["folder"])
        labels = [button["label"] for button in buttons]
        (index,) = [each["index"] for each in buttons if each["label"].startswith(words)] or [-1]
        assert index >= 0, (words, labels)
        chosen = context.suggestions[index]
        assert isinstance(chosen, PermissionUpdate)
        return chosen

    return press


@pytest.mark.parametrize(
    ("first", "words", "free", "asked"),
    [
        (
            bash("python3 -c 'print(1)'"),
            "Always allow the command “python3 -c 'print(1)'”, in this project, for me",
            [bash("python3 -c 'print(1)'"), bash("python3 -c 'print(1)'", timeout=9000)],
            [
                *map(bash, ("python3 -c 'print(2)'", "python3 -c 'print(1)' x")),
                *map(bash, ("python3 -c 'print(1)'; rm -rf keep", "python3 -c 'print(1)' > o")),
            ],
        ),
        (
            bash("git commit -m x"),
            "Always allow every command “git commit …”, in this project, for me",
            [bash("git commit"), bash("git commit -m y --amend")],
            [
                *map(bash, ("git push", "git commits", "git commit -m y; rm -rf keep")),
                *map(bash, ('git commit -m "$(rm -rf keep)"', "git commit | sh", "X=1 git commit")),
            ],
        ),
        (
            bash("mkdir d && touch d/x"),
            "Always allow every command “mkdir d …”; the command “touch d/x”, in this project",
            [bash("mkdir d && touch d/x"), bash("touch d/x"), bash("mkdir d e")],
            [bash("touch d/y"), bash("mkdir e")],
        ),
        (
            bash("python3 x.py 2>&1 | tail -5"),
            "Always allow the command “python3 x.py”, in this project, for me",
            [bash("python3 x.py 2>&1 | tail -5"), bash("python3 x.py")],
            [bash("python3 y.py"), bash("python3 x.py b")],
        ),
        (
            bash("cat ../outside/x"),
            "Always allow reading every file in ",
            [bash("cat ../outside/x"), read("../outside/x")],
            [bash("rm ../outside/x"), write("../outside/w")],
        ),
        (
            bash("rm ../outside/x"),
            "Always allow reading in ",
            [read("../outside/y"), bash("cat ../outside/y")],
            [bash("rm ../outside/y"), write("../outside/w"), bash("python3 ../outside/y")],
        ),
        (
            ("mcp__wiki__titles", {"word": "cats"}),
            "Always allow every call of the tool mcp__wiki__titles, whatever its input, in this",
            [("mcp__wiki__titles", {"word": "dogs"})],
            [("mcp__wiki__run_code", {"code": "1"})],
        ),
        (
            ("WebFetch", {"url": "http://127.0.0.1:9/", "prompt": "x"}),
            "Always allow fetching every page of 127.0.0.1, in this project, for me",
            [("WebFetch", {"url": "http://127.0.0.1:9/b", "prompt": "y"})],
            [("WebFetch", {"url": "http://127.0.0.2:9/", "prompt": "x"})],
        ),
        (
            ("WebSearch", {"query": "cats"}),
            "Always allow every call of the tool WebSearch, whatever its input, in this project",
            [("WebSearch", {"query": "dogs"})],
            [bash("python3 x.py")],
        ),
    ],
)
async def test_a_button_does_what_it_says(
    first: Call, words: str, free: list[Call], asked: list[Call], machine: Machine
) -> None:
    """Else a press allows more than the button says, or does nothing."""
    held = await machine.run(first, pressing(words), *free, *asked)
    assert held == [False] * len(free) + [True] * len(asked)


async def test_what_lets_anything_run_has_no_button(machine: Machine) -> None:
    """Else one press on a harmless command lets any code run, with no request."""
    calls = [
        bash("echo 'print(1)' | sh"),
        bash("python3 <<'E'\nprint(1)\nE"),
        bash("python3 -c 'print(2 * 3)'"),
        bash("uv run x.py"),
        ("mcp__wiki__run_code", {"code": "1"}),
    ]
    labels: list[list[str]] = []

    def look(request: Any) -> None:
        name, given, context = request
        assert context.suggestions, f"the CLI suggests nothing for {given} any more"
        buttons = offered(name, given, context, context.raw["folder"])
        labels.append([button["label"] for button in buttons])

    await machine.run(calls, look)
    assert labels == [[]] * len(calls)
