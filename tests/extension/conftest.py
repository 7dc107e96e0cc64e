"""A session without a kernel, with the real CLI and a scripted model."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk.testing import ScriptedModel

from jupyter_claude._claude import Claude


@pytest.fixture
def anyio_backend() -> str:
    """Run the tests on asyncio, as kernels do."""
    return "asyncio"


@pytest.fixture
def session(
    cli: Path,
    scripted: Callable[[Any], ScriptedModel],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., contextlib.AbstractAsyncContextManager[Claude]]:
    """Make sessions as in a script, where no user can answer.

    ``async with session(script, **settings) as claude: …``; ``claude.model`` is the scripted model.
    """
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    @contextlib.asynccontextmanager
    async def make(script: Any, **settings: Any) -> AsyncIterator[Any]:
        model = scripted(script)
        claude: Any = Claude()
        claude.settings.env = {
            **model.env,
            "HOME": str(tmp_path),
            **settings.pop("env", {}),
        }
        claude.settings.cli_path = str(cli)
        for name, value in settings.items():
            setattr(claude.settings, name, value)
        claude.model = model
        try:
            yield claude
        finally:
            await claude.close()

    return make
