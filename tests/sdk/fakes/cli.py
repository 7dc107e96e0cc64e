"""A stand-in for the CLI: does what FAKE says, in the order of the words there.

say:TEXT to stderr, exit:CODE, version:V answer initialize so, silent never answer, close close
stdout and live, nostdin close stdin and live, child leave a child that holds stdout, big:BYTES
answer a prompt with one line of that length, ignore ignore TERM and the end of input, result
answer prompts, argv put the arguments into the answer to initialize.
"""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

steps = [word.partition(":")[::2] for word in os.environ.get("FAKE", "result").split(",")]
names = [name for name, _ in steps]


def send(data: Any) -> None:
    sys.stdout.write(json.dumps(data) + "\n")
    sys.stdout.flush()


if "ignore" in names:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "child" in names:
    subprocess.Popen(["sleep", "20"])
for name, value in steps:
    if name == "say":
        sys.stderr.write(value + "\n")
        sys.stderr.flush()
    elif name == "exit":
        sys.exit(int(value))
version = dict(steps).get("version", "2.1.329")
if "silent" in names:
    time.sleep(60)
for line in sys.stdin:
    frame = json.loads(line)
    if frame["type"] == "control_request":
        response: dict[str, Any] = {"claude_code_version": version}
        if "argv" in names:
            response["argv"] = sys.argv[1:]
            response["env"] = dict(os.environ)
        if "nostdin" in names:
            os.close(0)
        body = {"subtype": "success", "request_id": frame["request_id"], "response": response}
        send({"type": "control_response", "response": body})
        if "close" in names:
            os.close(1)
            time.sleep(60)
        if "nostdin" in names:
            time.sleep(60)
    elif "die" in names:
        os._exit(int(dict(steps)["die"]))
    elif "big" in names:
        text = "x" * int(dict(steps)["big"])
        content = [{"type": "text", "text": text}]
        send({"type": "assistant", "message": {"model": "m", "content": content}})
        send({"type": "result", "subtype": "success", "user_message_uuids": [frame["uuid"]]})
    else:
        send({"type": "result", "subtype": "success", "user_message_uuids": [frame["uuid"]]})
if "ignore" in names:
    time.sleep(60)
