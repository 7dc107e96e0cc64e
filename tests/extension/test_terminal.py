"""A terminal IPython: questions on the terminal, Ctrl-C, the answer and its cost."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk.testing import ScriptedModel

from tests.kernels.harness import REPOSITORY

pexpect = pytest.importorskip("pexpect")
pytestmark = [pytest.mark.cli]

RUN = "mcp__kernel__run_code"
CODE = "total = sum(items)\nprint('added up')\ntotal"
SCRIPT: list[dict[str, Any]] = [
    {
        "when": "make",
        "replies": [
            [{"text": "First **bold** words."}, {"tool": "Bash", "input": {"command": "mkdir a"}}],
            [{"tool": "Bash", "input": {"command": "rmdir a"}}],
            [{"text": "The end."}],
        ],
    },
    {
        "when": "choose",
        "replies": [
            [
                {
                    "tool": "AskUserQuestion",
                    "input": {
                        "questions": [
                            {
                                "question": f"{drink}?",
                                "header": drink,
                                "options": [
                                    {"label": "Yes please", "description": "with milk"},
                                    {"label": "No", "description": "never"},
                                ],
                                "multiSelect": False,
                            }
                            for drink in ("Tea", "Coffee")
                        ]
                    },
                }
            ],
            [{"text": "Noted."}],
        ],
    },
    {"when": "hang", "replies": [[{"text": "so far\n\n"}, {"hang": True}]]},
    {
        "when": "count",
        "replies": [
            [{"tool": RUN, "input": {"code": CODE, "why": "To add them up"}}],
            [{"tool": RUN, "input": {"code": "more = total + 1\nmore", "why": "One more"}}],
            [{"text": "Counted."}],
        ],
    },
    {
        "when": "loop",
        "replies": [
            [{"tool": RUN, "input": {"code": "print('begun')\nwhile True: pass", "why": "Why"}}],
            [{"text": "The loop is over."}],
        ],
    },
]


@pytest.fixture
def terminal(cli: Path, scripted: Callable[[Any], ScriptedModel], tmp_path: Path) -> Iterator[Any]:
    """Start IPython in a pseudo-terminal with the extension loaded."""
    model = scripted(SCRIPT)
    environment = {
        **os.environ,
        **model.env,
        "JUPYTER_CLAUDE_CLI": str(cli),
        "CLAUDE_CONFIG_DIR": str(tmp_path / "config"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "sdk")]),
        "TERM": "dumb",
        "COLUMNS": "200",
    }
    child = pexpect.spawn(
        sys.executable,
        ["-m", "IPython", "--simple-prompt", "--colors=NoColor", "--ext=jupyter_claude"],
        env=environment,
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=120,
        dimensions=(50, 200),
        echo=False,
    )
    child.model = model
    child.expect(r"In \[1\]:")
    yield child
    child.close(force=True)


def ask(child: Any, prompt: str) -> None:
    """Type a cell; blank lines end it."""
    child.sendline("%%claude")
    child.expect(r"\.\.\.:")
    child.sendline(prompt)
    child.expect(r"\.\.\.:")
    child.sendline("")
    child.sendline("")


def test_a_strangers_folder(terminal: Any, tmp_path: Path) -> None:
    """Else IPython in a downloaded folder runs its commands, or cannot say yes."""
    server = {"command": "touch", "args": [str(tmp_path / "made")]}
    (tmp_path / ".mcp.json").write_text(json.dumps({"mcpServers": {"odd\u202e": server}}))
    ask(terminal, "plain")
    terminal.expect("Permission request: Trust this folder")
    terminal.expect(r"MCP server odd⟨U\+202E⟩")
    terminal.expect(f"touch {tmp_path}/made")
    terminal.expect(r"Trust this folder\? y/n")
    terminal.sendline("n")
    terminal.expect("left out")
    terminal.expect("You said: plain")
    terminal.expect(r"In \[2\]:")
    assert not (tmp_path / "made").exists()
    terminal.sendline("%claude trust yes")
    terminal.expect("State: +trusted since")
    ask(terminal, "more")
    terminal.expect("You said: more")
    terminal.expect(r"In \[4\]:")
    assert (tmp_path / "made").exists()


def test_a_session_on_a_terminal(terminal: Any) -> None:
    """Else who works in a terminal could not approve, answer, stop, or see what it costs."""
    ask(terminal, "make it")
    terminal.expect("First bold words")
    terminal.expect("mkdir a")
    terminal.expect(r"Allow Bash\? y/n/a \(always\)")
    terminal.sendline("what")
    terminal.expect("Please answer")
    terminal.expect(r"Allow Bash\?")
    terminal.sendline("y")
    terminal.expect("Run mkdir a — done")
    terminal.expect(r"Allow Bash\? y/n")
    terminal.sendline("n")
    terminal.expect("Run rmdir a — denied")
    terminal.expect("The end.")
    terminal.expect(r"\$0\.\d{4} · .* in .* out")
    terminal.expect(r"In \[2\]:")

    ask(terminal, "make it again")
    terminal.expect(r"Allow Bash\?")
    terminal.sendline("a")
    terminal.expect(r"Run mkdir a — (done|failed)")
    terminal.expect(r"Allow Bash\?")
    terminal.sendline("a")
    terminal.expect("Run rmdir a — done")
    terminal.expect(r"In \[3\]:")

    # Each question has its own answer; what was typed before it was seen is none.
    ask(terminal, "choose")
    terminal.expect("Tea")
    terminal.expect("Number or your own words: ")
    terminal.send("1\n2\n")
    terminal.expect("Coffee")
    terminal.expect("Number or your own words: ")
    terminal.sendline(" something else")
    terminal.expect("Noted.")
    terminal.expect(r"In \[4\]:")
    said = str(terminal.model.requests[-1]["messages"][-2:])
    assert "Yes please" in said
    assert "something else" in said

    ask(terminal, "hang")
    terminal.expect("so far")
    terminal.sendintr()
    terminal.expect("TurnInterrupted: Stopped. Send another message to continue")
    terminal.expect(r"In \[5\]:")
    assert "Traceback" not in terminal.before

    ask(terminal, "and now")
    terminal.expect("You said: and now")
    terminal.expect(r"In \[6\]:")
    terminal.sendline("%claude panel")
    terminal.expect("without one, write %%claude cells")
    terminal.expect(r"In \[7\]:")
    terminal.sendline("%claude history")
    terminal.expect_exact("To go back to before a turn: %claude rewind NUMBER")
    terminal.expect(r"In \[8\]:")
    terminal.sendline("from jupyter_claude import claude; (await claude.ask('plain')).text")
    terminal.expect("You said: plain")
    terminal.sendline("%unload_ext jupyter_claude")
    terminal.sendline("exit")
    terminal.expect(pexpect.EOF)


def test_what_was_typed_before_a_request_answers_nothing(terminal: Any) -> None:
    """Else a user who types ahead approves a command that they have not seen."""
    ask(terminal, "make it")
    terminal.sendline("y")  # long before the request is there
    terminal.expect("Permission request: Bash")
    terminal.send("y\ny")  # the request is there, and cannot have been read
    terminal.expect(r"Allow Bash\? y/n")
    terminal.sendline("n")
    terminal.expect("Run mkdir a — denied")
    terminal.expect(r"Allow Bash\? y/n")
    terminal.sendline("n")
    terminal.expect(r"In \[2\]:")


def told(model: ScriptedModel) -> str:
    """Return the newest tool result that the model got."""
    content = [message["content"] for message in model.requests[-1]["messages"]]
    found = [block for blocks in content if isinstance(blocks, list) for block in blocks]
    return json.dumps([block for block in found if block["type"] == "tool_result"][-1])


def test_claudes_code_on_a_terminal(terminal: Any) -> None:
    """Else who works in a terminal approves code unread, cannot change it, or loses its output."""
    terminal.timeout = 30
    terminal.sendline("items = [1, 2, 3]")
    terminal.expect(r"In \[2\]:")
    ask(terminal, "count")
    terminal.expect(f"Permission request: {RUN}\r\nRun code in the kernel\\?\r\n")
    terminal.expect_exact("│ total = sum(items)\r\n│ print('added up')\r\n│ total\r\n")
    terminal.expect_exact("Binds: total (new)\r\nReads: items\r\n")
    terminal.expect_exact("Shell, files, network: none seen. These lines may be incomplete.\r\n")
    terminal.expect_exact("Claude says: To add them up\r\n")
    terminal.expect_exact("  a1: Approve for this turn\r\n")
    terminal.expect_exact(f"Allow {RUN}? y/n/a (as listed)/e (edit) ")
    terminal.sendline("y")
    terminal.expect_exact("added up\r\n6\r\n")
    terminal.expect("│ more = total")
    terminal.expect_exact("e (edit) ")
    assert "added up" in told(terminal.model)
    terminal.sendline("n use numpy")
    terminal.expect("Counted.")
    terminal.expect(r"In \[3\]:")
    assert "what to do instead: use numpy" in told(terminal.model)
    terminal.sendline("total, 'more' in dir(), 42 in Out")
    terminal.expect_exact("(6, False, False)")

    # The user pastes several lines in place of the code.
    ask(terminal, "count again")
    terminal.expect_exact("e (edit) ")
    terminal.sendline("e")
    terminal.expect_exact("A line with a single dot ends it.")
    terminal.expect_exact("... ")
    terminal.send("total = 1\nfor item in items:\n    total *= item + 1\n\ntotal\n.\n")
    terminal.expect_exact("24\r\n")
    terminal.expect_exact("You edited the code")
    terminal.expect_exact("e (edit) ")
    assert "The user edited your code" in told(terminal.model)
    terminal.sendline("n")
    terminal.expect("Counted.")

    ask(terminal, "count for the whole turn")
    terminal.expect_exact("e (edit) ")
    terminal.sendline("a")
    terminal.expect_exact("added up\r\n6\r\n")
    terminal.expect_exact("7\r\n")
    terminal.expect("Counted.")
    terminal.expect(r"In \[6\]:")

    ask(terminal, "loop")
    terminal.expect_exact("e (edit) ")
    terminal.sendline("y")
    terminal.expect_exact("begun\r\n")
    terminal.sendintr()
    terminal.expect("The loop is over.")
    terminal.expect(r"In \[7\]:")
    assert "The user stopped this code" in told(terminal.model)
    terminal.sendline("total")
    terminal.expect_exact("6")
