"""Test your own agents and notebooks with no network and no account.

`ScriptedModel` is a Messages API on loopback that answers from a script. The real Claude Code CLI
talks to it. So tools, permission requests, files, interrupts and errors are real, and only the
model's words come from the script. `help(ScriptedModel)` describes the script.

`Recording` makes a script of a real session: of a notebook's recording, or of what
``ScriptedModel.record()`` noted.

`ScriptedTransport` simulates the CLI itself, in the same process, for messages and failures that
the real CLI rarely sends.

`run_session_store_conformance` checks a session store of your own.
"""

from __future__ import annotations

from .. import _names as _names  # the public classes get their names
from .._recording.form import RecordingError
from ._conformance import run_session_store_conformance
from ._conversation import ToolResult, call_number, earlier_texts, last_prompt, tool_results
from ._model import ScriptedModel
from ._recorder import RecordingModel
from ._recording import Recording
from ._replay import Drift
from ._script import Reply, Script, ScriptError
from ._transport import ScriptedTransport

__all__ = [
    "Drift",
    "Recording",
    "RecordingError",
    "RecordingModel",
    "Reply",
    "Script",
    "ScriptError",
    "ScriptedModel",
    "ScriptedTransport",
    "ToolResult",
    "call_number",
    "earlier_texts",
    "last_prompt",
    "run_session_store_conformance",
    "tool_results",
]
