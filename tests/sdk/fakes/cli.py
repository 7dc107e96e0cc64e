"""A stand-in for the CLI: does what FAKE says, in the order of the words there.

say:TEXT to stderr, exit:CODE, version:V answer initialize so, silent never answer, close close
stdout and live, nostdin close stdin and live, child leave a child that holds stdout, big:BYTES
answer a prompt with one line of that length, ignore ignore TERM and the end of input, stay ignore
only the latter, result answer prompts, argv put the arguments into the answer to initialize,
flood:N answer a prompt with that many messages and end its turn when interrupted, bad send lines
that are no JSON or no UTF-8 before the result, mute answer no control request but initialize,
last:BYTES answer a prompt with such a line and exit in the same breath, shut close stdout in a turn
and live, leave:BYTES write so much and exit, length answer with the prompt's length.
"""

import io
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
    elif name == "leave":
        os.write(1, b"x" * int(value))
        sys.exit(0)
version = dict(steps).get("version", "2.1.332")
prompt = ""  # the one that runs


def say(text: str) -> None:
    content = [{"type": "text", "text": text}]
    send({"type": "assistant", "message": {"model": "m", "content": content}})


def end_turn() -> None:
    send({"type": "result", "subtype": "success", "user_message_uuids": [prompt]})


if "silent" in names:
    time.sleep(60)
for line in sys.stdin:
    frame = json.loads(line)
    if frame["type"] == "control_request":
        if "mute" in names and frame["request"]["subtype"] != "initialize":
            continue
        response: dict[str, Any] = {"claude_code_version": version}
        if "argv" in names:
            response["argv"] = sys.argv[1:]
            response["env"] = dict(os.environ)
        if "nostdin" in names:
            os.close(0)
        body = {"subtype": "success", "request_id": frame["request_id"], "response": response}
        send({"type": "control_response", "response": body})
        if frame["request"]["subtype"] == "interrupt" and prompt:
            end_turn()
            prompt = ""
        if "close" in names:
            os.close(1)
            time.sleep(60)
        if "nostdin" in names:
            time.sleep(60)
        continue
    if frame["type"] != "user":
        continue
    prompt = frame["uuid"]
    if "die" in names:
        os._exit(int(dict(steps)["die"]))
    elif "shut" in names:
        os.close(1)
        time.sleep(60)
    elif "flood" in names:
        for number in range(int(dict(steps)["flood"])):
            say(str(number))
        continue
    elif "last" in names:
        say("x" * int(dict(steps)["last"]))
        end_turn()
        os._exit(0)
    elif "big" in names:
        say("x" * int(dict(steps)["big"]))
    elif "length" in names:
        say(str(len(frame["message"]["content"])))
    elif "bad" in names:
        for data in (b"Debugger attached.", b'{"type":', b"\xff\xfe\x00", b"[1]", b"", b"\xe2"):
            sys.stdout.buffer.write(data + b"\n")
        sys.stdout.flush()
        assert isinstance(sys.stdout, io.TextIOWrapper)
        sys.stdout.reconfigure(errors="surrogateescape", encoding="utf-8")
        content = [{"type": "text", "text": "a\udcffb"}]
        frame = {"type": "assistant", "message": {"model": "m", "content": content}}
        print(json.dumps(frame, ensure_ascii=False), flush=True)
    end_turn()
    prompt = ""
if "ignore" in names or "stay" in names:
    time.sleep(60)
