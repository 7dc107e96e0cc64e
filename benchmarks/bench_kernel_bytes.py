"""What the kernel's tools add to each request to the model, and whether it stays the same."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.lowlevel import find_cli
from jupyter_claude_sdk.testing import ScriptedModel

from tests.kernels.harness import RealKernel

from ._figures import Figure

PARTS = ("tools", "system")
RUN = {"code": "count = 1\ncount", "why": "To count"}
SCRIPT: list[dict[str, Any]] = [
    {
        "when": "run",
        "replies": [
            [{"tool": "mcp__kernel__variables", "input": {}}],
            [{"tool": "mcp__kernel__run_code", "input": RUN}],
            [{"text": "Done."}],
        ],
    },
]
LOAD = """\
%load_ext jupyter_claude
from jupyter_claude import claude
claude.settings.allowed_tools = ["mcp__kernel__variables", "mcp__kernel__run_code"]"""
CELLS = ("%%claude\nhello", "table = [1, 2]", "%%claude\nrun", "%%claude\nwhat is in @table?")
LIMIT = 1_000  # tokens


def figures() -> Iterator[Figure]:
    without, with_tools = asyncio.run(requests())
    floor = {part: text(without[0][part]) for part in PARTS}
    full = {part: text(with_tools[0][part]) for part in PARTS}
    for part in PARTS:
        bare = len(floor[part].encode())
        yield Figure(f"{part} of a request, kernel=off", bare, "bytes")
        yield Figure(f"  the kernel adds to its {part}", len(full[part].encode()) - bare, "bytes")
    before, after = (sum(map(len, parts.values())) for parts in (floor, full))
    yield Figure("the kernel adds, characters / 4", (after - before) / 4, "tokens", LIMIT)
    yield Figure("  of both parts with kernel=off", 100 * (after - before) / before, "%")
    different = {text([body[part] for part in PARTS]) for body in with_tools}
    name = f"changes of both in {len(with_tools)} requests, 3 turns"
    yield Figure(name, len(different) - 1, "", 0)


async def requests() -> tuple[list[Any], list[Any]]:
    """Return the requests to the model without the tools, and with them, of one kernel."""
    with tempfile.TemporaryDirectory() as scratch, ScriptedModel(SCRIPT).start() as model:
        environment = {
            **model.env,
            "JUPYTER_CLAUDE_CLI": str(find_cli()),
            "CLAUDE_CONFIG_DIR": str(Path(scratch) / "config"),
            "HOME": scratch,
        }
        async with RealKernel(env=environment) as kernel:
            await kernel.run_ok(LOAD)
            await kernel.run_ok("%claude kernel off")
            await kernel.run_ok(CELLS[0])
            count = len(model.requests)
            await kernel.run_ok("%claude kernel ask")
            await kernel.run_ok("%claude new")
            for cell in CELLS:
                await kernel.run_ok(cell)
            return model.requests[:count], model.requests[count:]


def text(part: Any) -> str:
    """Return a part of a request as it is sent."""
    return json.dumps(part, ensure_ascii=False, separators=(",", ":"))
