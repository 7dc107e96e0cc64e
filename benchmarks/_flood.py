"""A fake CLI that answers a prompt with a file, as fast as the pipe takes it.

FLOOD names the file. If the file does not end with a result, an interrupt ends the turn. START, if
set, names a file to which this program writes its arguments, environment and initialize request.
"""

import json
import os
import shutil
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
    "total_cost_usd": 0.0,
    "usage": {},
    "result": "",
}


def send(data: Any) -> None:
    sys.stdout.buffer.write(json.dumps(data).encode() + b"\n")
    sys.stdout.buffer.flush()


def write_start(path: str, request: Any) -> None:
    own = {name: value for name, value in os.environ.items() if name.startswith("CLAUDE")}
    with open(path, "w") as file:
        json.dump({"arguments": sys.argv[1:], "environment": own, "initialize": request}, file)


def main() -> None:
    if "-v" in sys.argv or "--version" in sys.argv:
        print("2.1.332 (Claude Code)")
        return
    for line in sys.stdin:
        frame = json.loads(line)
        if frame["type"] == "user":
            with open(os.environ["FLOOD"], "rb") as flood:
                shutil.copyfileobj(flood, sys.stdout.buffer, 1 << 20)
            sys.stdout.buffer.flush()
        elif frame["type"] == "control_request":
            if "START" in os.environ:
                write_start(os.environ["START"], frame["request"])
            response = {"claude_code_version": "2.1.332", "commands": []}
            body = {"subtype": "success", "request_id": frame["request_id"], "response": response}
            send({"type": "control_response", "response": body})
            if frame["request"]["subtype"] == "interrupt":
                send(RESULT)


if __name__ == "__main__":
    main()
