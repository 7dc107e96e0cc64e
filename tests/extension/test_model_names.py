"""A model's name is checked before it costs a prompt, as far as anybody can know it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_claude._claude import Claude
from jupyter_claude._engine.model_names import model_doubt, model_problem
from jupyter_claude._turns.errors import ClaudeError

pytestmark = pytest.mark.pure

LISTED: list[Any] = [
    {"value": ""},
    {"value": "opus"},
    {"value": "sonnet[1m]"},
    {"value": "custom-one"},
]
GOOD = [
    *("opus", "Haiku", "OPUS[1M]", "opusplan", "best", "default", "custom-one"),
    *("claude-sonnet-4-6", "claude-3-opus-20240229", "claude-opus-4-1@20250805"),
    *("us.anthropic.claude-sonnet-4-5-v1:0", "anthropic/some-model"),
    "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
]


@pytest.mark.parametrize("name", GOOD)
def test_every_name_that_may_be_right_passes(name: str) -> None:
    """Otherwise a model that works cannot be chosen, on Bedrock or Vertex too."""
    assert model_problem(name, LISTED, {}) == ""
    assert model_doubt(name, LISTED) == ""


def test_a_name_that_cannot_be_right_is_refused() -> None:
    """Otherwise the prompt is sent, and fails with an error of the API's."""
    assert "did you mean sonnet?" in model_problem("sonet", LISTED, {})
    assert "it knows opus, sonnet, haiku" in model_problem("nonsense", LISTED, {})
    session = Claude()
    with pytest.raises(ClaudeError, match="Claude Code does not know the model 'nonsense'"):
        session._parts.choices.check_model("nonsense")


@pytest.mark.parametrize(
    "name", ["ANTHROPIC_BASE_URL", "CLAUDE_CODE_USE_FOUNDRY", "ANTHROPIC_BEDROCK_BASE_URL"]
)
def test_a_provider_may_know_any_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a gateway's own models cannot be chosen; a slip is said to be one all the same."""
    assert model_problem("sonet", LISTED, {name: "1"}) == ""
    assert model_problem("sonet", LISTED, {name: ""}) != ""
    monkeypatch.setenv(name, "1")
    assert model_problem("my-model", LISTED, {}) == ""
    assert model_doubt("my-model", LISTED).endswith("it is sent unchanged")
    assert model_doubt("sonet", LISTED).endswith("; did you mean sonnet?")


def test_a_settings_file_may_name_a_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a gateway that a company sets in settings.json has no models of its own."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)
    session = Claude()
    for path in (tmp_path / "user/settings.json", tmp_path / ".claude/settings.local.json"):
        path.parent.mkdir()
        path.write_text('{"env": {"OTHER": "x", "CLAUDE_CODE_USE_VERTEX": ""}}')
        with pytest.raises(ClaudeError, match="does not know the model 'my-model'"):
            session._parts.choices.check_model("my-model")
        path.write_text('{"env": {"ANTHROPIC_BASE_URL": "http://gateway"}}')
        session._parts.choices.check_model("my-model")
        path.unlink()
