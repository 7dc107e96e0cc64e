"""The settings of a session, and the options with which Claude Code starts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import AgentDefinition, HookMatcher

from jupyter_claude._engine.options import check_options
from jupyter_claude._turns.errors import ClaudeError

SERVER = Path(__file__).parent.parent / "sdk" / "fakes" / "mcp_stdio.py"


@pytest.mark.pure
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cwd", "use claude.settings.cwd"),
        ("resume", "use await claude.resume"),
        ("can_use_tool", "use the buttons of the requests"),
        ("session_store", "use claude.settings.session_store"),
        ("user", "which the notebook needs"),
        ("fallbackmodel", "did you mean fallback_model?"),
        ("zzz", "there are "),
    ],
)
def test_an_option_that_does_not_belong_there_is_refused(name: str, words: str) -> None:
    """Else it is ignored, or it takes from the session what the session needs."""
    with pytest.raises(ClaudeError) as raised:
        check_options({name: None})
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.anyio
async def test_the_settings_reach_claude_code(session: Any, tmp_path: Path) -> None:
    """Else a user who needs an option must leave the notebook for the SDK."""
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("You are a lighthouse keeper.")
    heard: list[str] = []

    async def hear(event: Any, call: str | None, context: Any) -> dict[str, Any]:
        heard.append(event["prompt"])
        return {}

    async with session([{"replies": [[{"text": "Yes."}]]}]) as claude:
        settings = claude.settings
        settings.system_prompt_file = str(prompt)
        settings.system_prompt = "Speak of the sea."
        settings.agents = {"sailor": AgentDefinition("Sails", "You sail.")}
        settings.hooks = {"UserPromptSubmit": [HookMatcher(hooks=[hear])]}
        settings.add_dirs = [str(tmp_path)]
        settings.options = {"tools": ["Agent", "Read"]}
        await claude.ask("Hello")
        body = claude.model.requests[-1]
        system = "\n".join(part["text"] for part in body["system"])
        assert "lighthouse keeper" in system
        assert "Speak of the sea." in system
        assert "Bash" not in [tool["name"] for tool in body["tools"]]
        assert "sailor" in str(body)
        assert heard == ["Hello"]
        assert str(tmp_path) in str(body)


@pytest.mark.anyio
async def test_a_server_is_there_with_the_next_prompt(session: Any) -> None:
    """Else a server that is set in the middle of a conversation never comes, or never goes."""
    async with session([{"replies": [[{"text": "Yes."}]]}]) as claude:
        await claude.ask("One")
        command = {"command": sys.executable, "args": [str(SERVER)]}
        claude.settings.mcp_servers = {"outer": command}
        await claude.ask("Two")
        status = await claude.client.get_mcp_status()
        assert [server["name"] for server in status["mcpServers"]] == ["outer", "answer"]
        claude.settings.mcp_servers = {}
        await claude.ask("Three")
        status = await claude.client.get_mcp_status()
        assert [server["name"] for server in status["mcpServers"]] == ["answer"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("system_prompt_file", "missing.txt", "system_prompt_file: there is no file 'missing.txt'"),
        ("mcp_servers", {"x": 1}, "mcp_servers['x'] must be a dict"),
        ("agents", {"x": "y"}, "agents"),
        ("options", {"effort": "huge"}, "effort"),
    ],
)
async def test_a_mistake_is_one_line(session: Any, name: str, value: Any, words: str) -> None:
    """Else the user gets a traceback of ours, or the CLI ends without a reason."""
    async with session([]) as claude:
        if name == "options":  # checked when it is set, but not in a configuration file
            claude.settings.options.update(value)
        else:
            setattr(claude.settings, name, value)
        with pytest.raises(ClaudeError) as raised:
            await claude.ask("Hello")
        assert words in str(raised.value)
        assert "\n" not in str(raised.value)
