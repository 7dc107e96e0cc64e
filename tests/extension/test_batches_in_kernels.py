"""`claude.map` in real kernels: its bar, the stop button, and what a kernel's death leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_claude_sdk.testing import call_number, last_prompt

from tests.extension.front_end import one_line, shown
from tests.kernels.harness import Comm, RealKernel

pytestmark = [pytest.mark.cli, pytest.mark.anyio]

#: The cell that a user runs again after a crash.
CELL = """\
from typing import Literal
words = ["apple", "pear", "slow plum", "fig", "slow kiwi", "stone"]
batch = claude.map(
    words, "Label: {{text}}", schema=Literal["fruit"], retries=0, concurrency=2, cache={cache!r}
)
rows = await batch
print([row.value for row in rows])"""


class Fruits:
    """A model that labels fruits, and hangs at slow ones until it is told not to."""

    def __init__(self) -> None:
        self.hangs = True
        self.slow = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __call__(self, body: Mapping[str, Any]) -> Any:
        prompt = last_prompt(body)
        if call_number(body):
            return [{"text": "Done."}]
        if "slow kiwi" in prompt and self.hangs:
            self._loop.call_soon_threadsafe(self.slow.set)
        if "slow" in prompt and self.hangs:
            return [{"hang": True}]
        value = "rock" if "stone" in prompt else "fruit"
        return [{"tool": "StructuredOutput", "input": {"value": value}}]


def asked(kernel: Any) -> list[str]:
    """Return the words that the model was asked for."""
    found = [last_prompt(body) for body in kernel.model.requests if not call_number(body)]
    return [prompt.removeprefix("Label: ") for prompt in found if prompt.startswith("Label")]


async def states(kernel: RealKernel) -> tuple[Comm, Callable[[], dict[str, Any]]]:
    """Return the view of the batch that runs, and what tells its last state."""
    view = await kernel.widget(lambda comm: comm.state.get("kind") == "batch")
    view.send_custom({"type": "batch", "do": "hello"})

    def last() -> dict[str, Any]:
        found = [one["state"] for one in view.custom if one.get("type") == "batch"]
        return found[-1] if found else {}

    return view, last


@pytest.mark.parametrize("version", [pytest.param("6.31.0", marks=pytest.mark.endurance), "7.4.0"])
async def test_it_is_stopped_and_killed_and_goes_on(
    version: str, claude_kernel: Any, tmp_path: Path
) -> None:
    """Stop and crashes would lose rows that were paid for, or leave processes that go on."""
    code = CELL.format(cache=str(tmp_path / "labels.jsonl"))
    model = Fruits()
    async with claude_kernel(model, version) as kernel:
        cell = kernel.execute(code)
        await asyncio.wait_for(model.slow.wait(), 60)
        view, last = await states(kernel)
        await view.until(lambda _: last().get("settled") == 3)
        assert last()["total"] == 6 and last()["running"] and last()["cost_usd"] > 0
        await kernel.interrupt()
        await cell.done()
        line = "BatchError: Stopped: 3 of 6 rows are done and kept; await claude.batch for the rest"
        assert one_line(cell, "BatchError") == line
        await kernel.children_gone()
        assert "3 of 6 rows answered" in shown(cell)
        assert "widget" not in str(cell.shown[0])

        # The button of the bar does the same. The same rows are not asked again.
        model.slow.clear()
        cell = kernel.execute("await claude.batch")
        await asyncio.wait_for(model.slow.wait(), 60)
        button, _ = await states(kernel)
        button.send_custom({"type": "batch", "do": "stop"})
        await cell.done()
        assert one_line(cell, "BatchError").startswith("BatchError: Stopped: 3 of 6")
        await kernel.children_gone()
        once = ["apple", "fig", "pear"]
        assert sorted(word for word in asked(kernel) if "slow" not in word) == once

        model.slow.clear()
        cell = kernel.execute(code)
        await asyncio.wait_for(model.slow.wait(), 60)
        children = kernel.children()
        assert children
        kernel.kill()
        _, alive = await asyncio.to_thread(psutil.wait_procs, children, 5)
        assert alive == []

    model.hangs = False
    async with claude_kernel(model, version) as kernel:
        cell = await kernel.run_ok(code)
        assert sorted(asked(kernel)) == ["slow kiwi", "slow plum", "stone"]
        assert cell.stdout == "['fruit', 'fruit', 'fruit', 'fruit', 'fruit', None]\n"
        failed = await kernel.run_ok("batch.failed")
        assert failed.result is not None
        assert "Failures to look into" in failed.result["text/html"]
        assert "stone" in failed.result["text/plain"]
        cost = await kernel.run_ok("%claude cost")
        assert "batches (claude.map)" in shown(cost)
        nobody = await kernel.run_ok("await claude.map(['fig'], 'Label: {x}')", allow_stdin=False)
        assert not [one for one in nobody.outputs if "widget" in str(one)]
