"""What the model answers to docs/sdk.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_claude_sdk.testing import tool_results


def results(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"text": " / ".join(result.text for result in tool_results(body))}]


def tools(*calls: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"tool": name, "input": given} for name, given in calls]


SCRIPT: list[dict[str, Any]] = [
    {"when": "Ben Nevis", "replies": [[{"text": "1345 m."}]]},
    {"when": "feet", "when_earlier": "1345 m.", "replies": [[{"text": "4413 ft."}]]},
    {"when": "colour is teal", "replies": [[{"text": "Noted."}]]},
    {"when": "Which colour", "when_earlier": "teal", "replies": [[{"text": "Teal it is."}]]},
    {"when": "tree", "replies": [[{"text": "The alder."}]]},
    {"when": "stands out", "when_earlier": "19 degrees", "replies": [[{"text": "Tuesday."}]]},
    {"when": "Stop counting", "replies": [[{"text": "I am here."}]]},
    {"when": "Count without", "replies": [[{"text": "one, two, "}, {"hang": True}]]},
    {
        "when": "Read it all",
        "replies": [
            [*tools(("Read", {"file_path": "all.txt"})), {"usage": {"input_tokens": 1_000_000}}],
            [{"text": "I have read it."}],
        ],
    },
    {
        "when": "note.txt",
        "replies": [
            tools(
                ("Write", {"file_path": "note.txt", "content": "x"}),
                ("Write", {"file_path": "note.sh", "content": "x"}),
            ),
            results,
        ],
    },
    {
        "when": "both",
        "replies": [
            tools(("Bash", {"command": "echo open"}), ("Bash", {"command": "echo secret"})),
            results,
        ],
    },
    {"when": "Double 21", "replies": [tools(("mcp__sums__double", {"number": 21})), results]},
    {
        "when": "Let the reader",
        "replies": [
            tools(
                (
                    "Agent",
                    {
                        "description": "read",
                        "prompt": "What do you read?",
                        "subagent_type": "reader",
                        "run_in_background": False,
                    },
                )
            ),
            results,
        ],
    },
    {"when": "What do you read", "replies": [[{"text": "I read closely."}]]},
    {
        "when": "as data",
        "replies": [tools(("StructuredOutput", {"height": 1345})), [{"text": "There."}]],
    },
    {"when": "far away", "replies": [[{"text": "Only a pipe away."}]]},
]

SAYS = (
    "1345 m. 1 call of the model",
    "4413 ft.",
    "Noted.",
    "Teal it is.",
    "The alder. ResultMessage",
    "Tuesday.",
    "I am here.",
    "error_max_budget_usd",
    "Only text files, please.",
    "checked",
    "hook: echo open",
    "hook: echo secret",
    "Not that one.",
    "It is 42",
    "I read closely.",
    "{'height': 1345}",
    "Only a pipe away.",
    "True",
    "not found:",
    "not connected:",
    "did you mean 'PreToolUse'?",
)
ASKS = ("You read closely.",)
