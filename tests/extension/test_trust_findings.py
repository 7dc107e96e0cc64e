"""What is found in a folder, and said of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from jupyter_claude._trust.findings import Found, look

pytestmark = pytest.mark.pure


def write(path: Path, data: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(data, bytes):
        path.write_bytes(data)
    else:
        path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def said(found: Found) -> dict[str, str]:
    return {finding.title: finding.text for finding in found.findings}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "above" / "work"
    path.mkdir(parents=True)
    return path


def test_each_kind_is_named_and_shown_exactly(folder: Path) -> None:
    """Else a user trusts what the question does not say."""
    server = {"command": "sh", "args": ["-c", "a b"], "env": {"TOKEN": "secret"}}
    remote = {"type": "http", "url": "https://example.org", "headers": {"Authorization": "secret"}}
    write(folder / ".mcp.json", {"mcpServers": {"local": server, "remote": remote}})
    hook = {"type": "command", "command": "echo \u202e"}
    write(
        folder.parent / ".claude/settings.json",
        {
            "hooks": {
                "Stop": [{"hooks": [hook]}],
                "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "prompt", "prompt": "p"}]}],
            },
            "env": {"NAME": "secret"},
            "apiKeyHelper": "get key",
            "statusLine": {"type": "command", "command": "line"},
            "permissions": {"allow": ["Bash(rm *)", "Read"], "defaultMode": "acceptEdits"},
            "model": "opus",
            "sandbox": {"enabled": False},
        },
    )
    write(folder / ".claude/scheduled_tasks.json", {"tasks": [{"prompt": "do it"}]})
    skill = "---\nname: x\nallowed-tools: Bash(*)\n---\nwords\n!`run this`\n"
    write(folder / ".claude/skills/deploy/SKILL.md", skill)
    write(folder / ".claude/skills/deploy/run.sh", "echo")  # a file as any other
    write(folder / ".claude/skills/deploy/hooks/hooks.json", '{"hooks": 1}')
    write(folder / ".claude/commands/words.md", "---\ndescription: only words\n---\nwords")
    write(folder / ".claude/agents/own.md", "---\nname: own\npermissionMode: plan\n---\nwords")
    found = look(folder)
    assert said(found) == {
        "MCP server local": 'sh -c \'a b\'\n{"env": {"TOKEN": "…"}}',
        "MCP server remote": 'https://example.org\n{"headers": {"Authorization": "…"}}',
        "scheduled prompt": '{"prompt": "do it"}',
        "command words": "",
        "agent own": "name: own\npermissionMode: plan",
        "skill file deploy": "name: x\nallowed-tools: Bash(*)\n!`run this`",
        "skill file hooks.json": '{"hooks": 1}',
        "hook Stop": "echo \u202e",
        "hook PreToolUse (Bash)": '{"type": "prompt", "prompt": "p"}',
        "environment variable NAME": "",
        "helper command apiKeyHelper": "get key",
        "helper command statusLine": "line",
        "permission setting allow": "Bash(rm *)\nRead",
        "permission setting defaultMode": "acceptEdits",
        "setting model": "opus",
        "setting sandbox": '{"enabled": false}',
    }
    assert found.summary.startswith("2 MCP servers, 1 scheduled prompt, 1 command, 1 agent")
    assert "secret" not in json.dumps([asdict(finding) for finding in found.findings])


@pytest.mark.parametrize(
    "head",
    [
        *('"hooks": 1', "{hooks: 1}", "  hooks: 1", "? hooks\n: 1", "description: x\rhooks: 1"),
        *("description: x\nhooks: 1", "name: x\u2028hooks: 1", "<<: *hooks", "'hooks' : 1"),
    ],
)
def test_a_head_that_is_more_than_words_is_shown(folder: Path, head: str) -> None:
    """Else a command's own hooks hide behind another way to write YAML."""
    write(folder / ".claude/commands/x.md", f"\n---\n{head}\n---\nwords")
    assert "hooks" in said(look(folder))["command x"]
    write(folder / ".claude/commands/x.md", "---\ndescription: >\n  two\n  lines\n---\nhooks")
    assert said(look(folder)) == {"command x": ""}


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b'"text"',
        b'{"hooks": {"Stop": "\xff"}, "x": "\xff"}',
        b"// a comment\n{}",
        b"[" * 100_000,
        b'{"hooks": "odd"}',
        b'{"hooks": {"Stop": {"hooks": 3}}}',
        b'{"hooks": [1]}',
        b'{"env": ["A"]}',
        b'{"permissions": "all"}',
        b'{"x\\ud800": 1}',
        b"",
    ],
)
def test_what_is_odd_is_something_to_ask_about(folder: Path, data: bytes) -> None:
    """Else a file that we cannot read, and Claude Code can, goes by without a question."""
    write(folder / ".claude/settings.local.json", data)
    found = look(folder)
    assert found.anything
    json.dumps([asdict(finding) for finding in found.findings], ensure_ascii=False).encode()
    write(folder / ".claude/settings.local.json", "{}")
    write(folder / ".mcp.json", data)
    assert look(folder).anything


@pytest.mark.skipif(os.name != "posix", reason="pipes and links")
def test_what_cannot_be_read_neither_hangs_nor_goes_by(folder: Path) -> None:
    """Else a pipe holds the kernel up for ever, or a link hides what it leads to."""
    os.mkfifo(folder / ".mcp.json")
    (folder / ".claude").mkdir()
    (folder / ".claude/settings.json").symlink_to("nowhere")
    (folder / ".claude/settings.local.json").mkdir()
    (folder / ".claude/skills").symlink_to(folder / ".claude")  # round in a circle
    assert look(folder).too_much
    (folder / ".claude/skills").unlink()
    found = look(folder)
    assert [finding.kind for finding in found.findings] == ["file that cannot be read"] * 3
    assert found.summary == "3 files that cannot be read"


@pytest.mark.parametrize("what", ["long", "many"])
def test_more_than_can_be_read_cannot_be_trusted(folder: Path, what: str) -> None:
    """Else the one bad line stands where nobody looks any more."""
    if what == "long":
        write(folder / ".claude/settings.json", {"x": "y" * 300_000})
    else:
        for number in range(1001):
            write(folder / f".claude/commands/{number}.md", "x")
    found = look(folder)
    assert found.too_much
    assert found.anything
    assert "too many settings" in found.summary


def test_the_digest_is_of_bytes_and_places(folder: Path) -> None:
    """Else a changed file counts as the one that was trusted."""
    file = write(folder / ".mcp.json", {"mcpServers": {"a": {"command": "a"}}})
    digests = [look(folder).digest]
    write(file, file.read_text() + "\n")
    digests.append(look(folder).digest)
    file.rename(folder.parent / ".mcp.json")
    digests.append(look(folder).digest)
    write(folder / ".claude/skills/x/helper.md", "1")
    digests.append(look(folder).digest)
    write(folder / ".claude/skills/x/helper.md", "2")
    digests.append(look(folder).digest)
    assert len(set(digests)) == 5


def test_the_users_own_folder_is_not_somebody_elses(folder: Path) -> None:
    """Else a kernel in the home folder asks about the user's own settings."""
    own = folder / ".claude"
    write(own / "settings.json", {"hooks": {"Stop": []}, "model": "opus"})
    write(own / "skills/mine/SKILL.md", "words")
    assert look(folder).anything
    assert not look(folder, [own]).anything
    write(folder / ".mcp.json", {"mcpServers": {"a": {"command": "a"}}})
    assert look(folder, [own]).anything


def test_a_main_checkout_gives_its_settings_to_worktrees(tmp_path: Path) -> None:
    """Else a hook comes in from beside the folder."""

    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=n", "-c", "user.email=e", *words], cwd=main, check=True
        )

    main = tmp_path / "main"
    main.mkdir()
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "x")
    git("worktree", "add", "-q", str(tmp_path / "tree"))
    assert not look(tmp_path / "tree").anything
    write(main / ".claude/settings.local.json", {"apiKeyHelper": "x"})
    assert said(look(tmp_path / "tree")) == {"helper command apiKeyHelper": "x"}
    skill = main / ".claude/skills/s/SKILL.md"
    skill.parent.mkdir(parents=True)
    skill.write_text("---\nname: s\n---\n!`id`\n")
    (main / ".claude/agents").mkdir()
    (main / ".claude/agents/a.md").write_text("---\nname: a\nhooks: {}\n---\n")
    assert said(look(tmp_path / "tree")) == {
        "helper command apiKeyHelper": "x",
        "skill file s": "!`id`",
        "agent a": "name: a\nhooks: {}",
    }


def test_looking_is_quick(folder: Path) -> None:
    """Else each prompt waits for it: the files are looked at before each one."""
    calls = 0

    def count(event: str, arguments: Any) -> None:
        nonlocal calls
        calls += active and event in ("open", "os.scandir")

    active = True
    sys.addaudithook(count)
    try:
        look(folder)
    finally:
        active = False
    assert calls <= 2 * (len(folder.parents) + 1)
