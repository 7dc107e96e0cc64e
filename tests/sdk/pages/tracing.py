"""What docs/tracing.md must print."""

from __future__ import annotations

from typing import Any

SCRIPT: list[dict[str, Any]] = [
    {
        "when": "echo",
        "replies": [
            [{"tool": "Bash", "input": {"command": "echo hello"}}],
            [{"text": "I said hello."}],
        ],
    },
]

SAYS = [
    "execute_tool Bash\n",
    "chat ",
    "invoke_agent Claude Code\nanswer a customer\n",
]
