"""What a rewind and its undoing leave on screen: cells, model picker, context, text field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_claude._turns.turn import TAKEN_BACK
from jupyter_claude._views.saved import MIME
from tests.kernels.harness import RealKernel

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

# A page that looks is what makes the session ask for the context.
WATCH = """
from jupyter_claude._core.events import RewindUndone
told = []
def hear(change):
    if isinstance(change, RewindUndone):
        told.append(change.prompt)
stop = claude._parts.conversation.listen(hear)
def known():
    state = claude._parts.state()
    return [len(state.models), state.context and state.context["tokens"], told]
"""


async def test_what_is_on_screen_follows_a_rewind(claude_kernel: Any) -> None:
    """Otherwise cells look as if they counted, and the panel forgets the models and the context."""
    async with claude_kernel([]) as kernel:
        await kernel.run_ok(WATCH)
        await kernel.run_ok("%%claude first")
        await kernel.run_ok(CONTEXT)
        first = await known(kernel)
        cell = await kernel.run_ok("%%claude --as second\nsecond")
        await kernel.run_ok(CONTEXT)
        (display,) = (output["transient"]["display_id"] for output in displays(cell))
        last = await known(kernel)
        assert first[0] > 2
        assert None is not first[1] != last[1]

        await kernel.run_ok("await claude.rewind(2)")
        for text in texts(kernel, display):
            assert TAKEN_BACK in text
        assert kernel.displays[display][MIME]["left"] == TAKEN_BACK
        assert await known(kernel) == first

        await kernel.run_ok("await claude.undo_rewind()")
        for text in texts(kernel, display):
            assert TAKEN_BACK not in text
        assert "left" not in kernel.displays[display][MIME]
        assert await known(kernel) == [*last[:2], ["second"]]


# The session asks by itself once a turn has ended, and tells when it knows.
CONTEXT = """
import asyncio
while claude.history[-1].id not in claude._parts.conversation._contexts:
    changed = asyncio.Event()
    stop = claude._parts.conversation.listen(lambda change: changed.set())
    claude._parts.observer.ask_context()
    await changed.wait()
    stop()
"""


async def known(kernel: RealKernel) -> list[Any]:
    """Return how many models can be chosen, how full the context is, and what was told."""
    cell = await kernel.run_ok("import json; print(json.dumps(known()))")
    return list(json.loads(cell.stdout))


def displays(cell: Any) -> list[dict[str, Any]]:
    """Return the contents of the messages that showed something under a name."""
    return [
        message["content"]
        for message in cell._of_type("display_data")
        if message["content"].get("transient", {}).get("display_id")
    ]


def texts(kernel: RealKernel, display: str) -> list[str]:
    """Return the forms of an output for people."""
    bundle = kernel.displays[display]
    return [bundle[f"text/{kind}"] for kind in ("html", "markdown", "plain")]
