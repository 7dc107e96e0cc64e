"""A stand-in for the CLI that answers each prompt at once, and goes back at once."""

import json
import sys
from typing import Any

RESULT = {
    "type": "result",
    "subtype": "success",
    "duration_ms": 1,
    "duration_api_ms": 1,
    "is_error": False,
    "num_turns": 1,
    "session_id": "s",
    "usage": {},
    "result": "An answer of some words.",
}


def send(data: Any) -> None:
    sys.stdout.buffer.write(json.dumps(data).encode() + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    if "-v" in sys.argv or "--version" in sys.argv:
        print("2.1.332 (Claude Code)")
        return
    cost = 0.0
    for line in sys.stdin:
        frame = json.loads(line)
        if frame["type"] == "user":
            cost += 0.001
            send({**RESULT, "total_cost_usd": cost})
        elif frame["type"] == "control_request":
            response = {"claude_code_version": "2.1.332", "commands": [], "rewound": True}
            body = {"subtype": "success", "request_id": frame["request_id"], "response": response}
            send({"type": "control_response", "response": body})


if __name__ == "__main__":
    main()
