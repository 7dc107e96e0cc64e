"""Test your own agents and notebooks with no network and no account.

`ScriptedModel` serves the Messages API on loopback and answers from a script that is plain data.
The real Claude Code CLI talks to it, so tools, permission requests, files, interrupts and errors
are all real; only the model's words are scripted. The script format is described in
`ScriptedModel`.

`ScriptedTransport` plays the CLI itself, in the same process: for messages and failures that the
real one seldom gives.

`run_session_store_conformance` checks a session store of your own.
"""

from __future__ import annotations

from ._conformance import run_session_store_conformance
from ._conversation import ToolResult, call_number, earlier_texts, last_prompt, tool_results
from ._model import ScriptedModel
from ._script import Reply, Script, ScriptError
from ._transport import ScriptedTransport

__all__ = [
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
