"""Fixtures of all tests: the real CLI, the scripted model, and kernels that use both."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from jupyter_claude_sdk import ClaudeAgentOptions
from jupyter_claude_sdk.lowlevel import find_cli
from jupyter_claude_sdk.testing import ScriptedModel

if TYPE_CHECKING:
    from tests.spans import Recorder

# A busy machine must not fail a test, and a change must not fail for what another one did: all runs
# try the same examples, without limits of time. `make test-all` tries new ones.
hypothesis.settings.register_profile(
    "same",
    deadline=None,
    derandomize=not os.environ.get("JUPYTER_CLAUDE_ENVIRONMENTS"),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("same")


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the tests away from the user's account and settings."""
    for name in list(os.environ):
        if name.startswith(("ANTHROPIC_", "CLAUDE_CODE_", "CLAUDECODE", "JUPYTER_CLAUDE_PRACTICE")):
            monkeypatch.delenv(name)
    monkeypatch.delenv("JUPYTER_CLAUDE_POLICY", raising=False)
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "claude-config"))
    monkeypatch.setenv("JUPYTER_CLAUDE_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)


@pytest.fixture(scope="session")
def cli() -> Path:
    """Return the real CLI; `make test` installs it."""
    return find_cli()


@pytest.fixture
def scripted() -> Iterator[Callable[[Any], ScriptedModel]]:
    """Start scripted models; they stop when the test ends."""
    models: list[ScriptedModel] = []

    def start(script: Any) -> ScriptedModel:
        models.append(ScriptedModel(script))
        models[-1].start()
        return models[-1]

    yield start
    for model in models:
        model.close()


@pytest.fixture
def options(
    cli: Path, scripted: Callable[[Any], ScriptedModel], tmp_path: Path
) -> Callable[..., ClaudeAgentOptions]:
    """Make SDK options for the real CLI with a scripted model, in a scratch folder."""
    folder = tmp_path / "work"
    folder.mkdir()

    def make(script: Any, **fields: Any) -> ClaudeAgentOptions:
        environment = {
            "HOME": str(tmp_path),  # not the start-up files of the user's shell
            **scripted(script).env,
            **fields.pop("env", {}),
        }
        return ClaudeAgentOptions(cli_path=cli, cwd=folder, env=environment, **fields)

    return make


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """Let this program trace, and return what it records."""
    from tests.spans import RECORDER

    # A program can set its provider only once.
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: RECORDER.provider)
    RECORDER.on = True
    yield RECORDER
    RECORDER.on = False
    RECORDER.spans.clear()


Claude = Any  # tests.kernels.harness.RealKernel: pure tests must not import jupyter_client


@pytest.fixture
def claude_kernel(
    cli: Path, scripted: Callable[[Any], ScriptedModel], tmp_path: Path
) -> Callable[..., Any]:
    """Make kernels with the extension loaded. The real CLI in them uses a scripted model.

    ``async with claude_kernel(script, version="7.3.0") as kernel: …``
    """

    @asynccontextmanager
    async def make(script: Any, version: str = "7.4.0", load: bool = True) -> AsyncIterator[Claude]:
        from tests.kernels.harness import RealKernel

        model = scripted(script)
        environment = {
            **model.env,
            "JUPYTER_CLAUDE_CLI": str(cli),
            "CLAUDE_CONFIG_DIR": str(tmp_path / "claude-config"),
            "HOME": str(tmp_path),
        }
        async with RealKernel(version, env=environment) as kernel:
            setattr(kernel, "model", model)  # noqa: B010 - for tests that check the requests
            if load:
                await kernel.run_ok("%load_ext jupyter_claude\nfrom jupyter_claude import claude")
            yield kernel

    return make
