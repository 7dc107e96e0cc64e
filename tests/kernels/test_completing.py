"""Tab after ``@`` in a ``%%claude`` cell, as a front end asks a real kernel for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.kernels.harness import RealKernel

pytestmark = pytest.mark.anyio

START = """
from pathlib import Path
from jupyter_claude._ipython.completing import MentionCompleter
from jupyter_claude._looking.hidden import Hidden
from jupyter_claude._looking.looker import Looker
from jupyter_claude._looking.mentions import Mentions
from jupyter_claude._looking.recorder import Recorder
shell = get_ipython()
recorder = Recorder(shell)
recorder.start()
looker = Looker(lambda: shell.user_ns, recorder, Hidden())
completer = MentionCompleter(shell, lambda: Mentions(looker, Path.cwd))
completer.start()
completer.start()
frame_a, frame_b = [1], 'two'
Path('frame data.csv').write_text('x')
"""


async def offered(kernel: RealKernel, code: str, cursor: int | None = None) -> dict[str, Any]:
    content = {"code": code, "cursor_pos": len(code) if cursor is None else cursor}
    request = await kernel.request("complete_request", content)
    reply: dict[str, Any] = json.loads(json.dumps(request.reply))
    assert reply["status"] == "ok", reply
    return reply


async def test_names_in_a_prompt(kernel: RealKernel) -> None:
    """Else Tab offers Python's names in the middle of a prompt, or nothing."""
    await kernel.run_ok(START)
    text = "%%claude\nplot @frame"
    reply = await offered(kernel, text)
    assert reply["matches"] == ["frame_b", "frame_a", '"frame data.csv"']
    assert (reply["cursor_start"], reply["cursor_end"]) == (len(text) - 5, len(text))
    types = reply["metadata"]["_jupyter_types_experimental"]
    assert [each["type"] for each in types] == ["variable", "variable", "file"]
    in_line = await offered(kernel, "%%claude --quiet why @frame_a", 24)
    assert in_line["matches"] == ["frame_b", "frame_a", '"frame data.csv"']
    await kernel.run_ok("1 + 1")
    numbers = await offered(kernel, "\n%%claude\nsee 😀 @In[")
    assert numbers["matches"][0].startswith("In[")
    everything = await offered(kernel, "%%claude\n@")
    assert {"frame_a", "frame_b"} <= set(everything["matches"])


async def test_other_cells_and_places(kernel: RealKernel) -> None:
    """Else Tab in the user's own code is changed by loading the extension."""
    await kernel.run_ok(START)
    for code in ("x = [1]; x @frame", "@frame", "%%time\nx @frame", "%%claude\nframe"):
        started = await offered(kernel, code)
        await kernel.run_ok("completer.stop()")
        stopped = await offered(kernel, code)
        await kernel.run_ok("completer.start()")
        assert started["matches"] == stopped["matches"], code
    assert "@frame" not in kernel.log and "Traceback" not in kernel.log
