"""``%gui qt`` and other window systems, whose loop holds up a kernel's own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_claude import Claude, ClaudeError
from jupyter_claude._kernel.gui import GuiLoop

pytestmark = [pytest.mark.pure, pytest.mark.anyio]


def windows(kernel: Any) -> None:
    """Stand for Qt's loop."""


@pytest.fixture
def shell() -> Any:
    """Return the shell of a kernel after ``%gui qt``."""
    return SimpleNamespace(kernel=SimpleNamespace(eventloop=windows))


async def test_it_stands_aside_for_a_turn(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a turn hangs after `%gui qt` until the next cell is sent."""
    session = Claude()
    session._parts.host.frontend.shell = shell
    seen: list[Any] = []

    async def connect(asker: Any) -> None:
        seen.append(shell.kernel.eventloop)
        raise ClaudeError("far enough")

    monkeypatch.setattr(session._parts.connection, "connect", connect)
    with pytest.raises(ClaudeError, match="far enough"):
        await session._parts.runner.run(session._parts.begin_turn("Hello"))
    assert seen == [None]
    assert shell.kernel.eventloop is windows


def test_it_comes_back_once_nothing_waits(shell: Any) -> None:
    """Otherwise windows freeze for good, or a loop that was chosen meanwhile is lost."""
    gui, kernel = GuiLoop(), shell.kernel
    seen: list[Any] = []
    with gui.paused(shell):
        with gui.paused(shell):
            seen.append(kernel.eventloop)
        seen.append(kernel.eventloop)
    seen.append(kernel.eventloop)
    with gui.paused(shell):
        kernel.eventloop = print  # a callback has chosen another
    seen.append(kernel.eventloop)
    assert seen == [None, None, windows, print]
    with gui.paused(None), gui.paused(SimpleNamespace()):
        pass  # no kernel
