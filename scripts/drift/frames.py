"""Plays one scripted session on a CLI, and lists the shapes of all frames that it writes.

A shape is the frame's kind, its keys and the types of their values. The session uses plain pipes
and not our SDK: what changes here is the CLI.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.testing import ScriptedModel

PATIENCE = 180.0  # seconds for the whole session

ARGUMENTS = [
    *("--output-format=stream-json", "--input-format=stream-json", "--verbose"),
    *("--model=claude-sonnet-5-5", "--include-partial-messages", "--include-hook-events"),
    *("--permission-prompt-tool=stdio", "--setting-sources=", "--replay-user-messages"),
]
EVENTS = ["PreToolUse", "PostToolUse", "PostToolUseFailure", "UserPromptSubmit", "Stop"]
#: What we ask before the first prompt; each is a request's subtype, with its fields.
QUESTIONS: list[dict[str, Any]] = [
    {"subtype": "get_hooks_listing"},
    {"subtype": "get_context_usage"},
    {"subtype": "get_settings"},
    {"subtype": "mcp_status"},
    {"subtype": "set_permission_mode", "mode": "default"},
    {"subtype": "set_model", "model": "claude-sonnet-5-5"},
    {"subtype": "set_max_thinking_tokens", "max_thinking_tokens": 1024},
    {"subtype": "no_such_request"},
]
AGENT = {"description": "help", "prompt": "go", "subagent_type": "general-purpose"}
SCRIPT: list[dict[str, Any]] = [
    {
        "when": "at work",
        "replies": [
            [
                {"thinking": "First the folder."},
                {"text": "I look."},
                {"tool": "Bash", "input": {"command": "echo 1"}},
            ],
            [{"tool": "Bash", "input": {"command": "exit 3"}}],
            [{"tool": "Write", "input": {"file_path": "new.txt", "content": "one\n"}}],
            [{"tool": "Read", "input": {"file_path": "new.txt"}}],
            [{"tool": "Bash", "input": {"command": "touch denied"}}],
            [{"text": "Done."}],
        ],
    },
    {
        "when": "delegate",
        "replies": [
            [{"tool": "Agent", "input": {**AGENT, "run_in_background": False}}],
            [{"text": "The helper is done."}],
        ],
    },
    {"when": "refused", "replies": [[{"error": 400, "message": "no"}]]},
    {"when": "endless", "replies": [[{"text": "word"}, {"hang": True}]]},
]

#: The keys of these objects are names of models and so on, not of fields.
_MAPS = {"modelUsage", "model_usage_since_last_result", "by_type"}

Frame = dict[str, Any]


class Session:
    """A running CLI, and the frames that it has written."""

    def __init__(self, cli: Path, folder: Path, environment: dict[str, str]) -> None:
        self.frames: list[Frame] = []
        self._asked = 0
        self._process = subprocess.Popen(
            [cli, *ARGUMENTS],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._deadline = threading.Timer(PATIENCE, self._process.kill)
        self._deadline.start()

    def ask(self, request: dict[str, Any]) -> Frame:
        """Send a control request; return the answer."""
        self._asked += 1
        name = f"drift-{self._asked}"
        self._send({"type": "control_request", "request_id": name, "request": request})
        found = self.until(
            lambda frame: (
                frame["type"] == "control_response" and frame["response"]["request_id"] == name
            )
        )
        # The listing says which request an answer belongs to.
        found["response"]["asked"] = request["subtype"]
        answer: Frame = found["response"].get("response") or {}
        return answer

    def prompt(self, text: str) -> None:
        """Send a prompt."""
        message = {"role": "user", "content": text}
        self._send({"type": "user", "message": message, "parent_tool_use_id": None})

    def until(self, wanted: Callable[[Frame], bool]) -> Frame:
        """Read on, and answer what the CLI asks, until a frame is the wanted one."""
        assert self._process.stdout
        for line in self._process.stdout:
            frame: Frame = json.loads(line)
            self.frames.append(frame)
            if frame["type"] == "control_request":
                self._answer(frame)
            if wanted(frame):
                return frame
        raise SystemExit("error: the CLI ended in the middle of the scripted session")

    def until_idle(self) -> None:
        """Read on until the CLI waits for a prompt again."""
        self.until(lambda frame: frame.get("subtype") == "session_state_changed"
                   and frame["state"] == "idle")  # fmt: skip

    def close(self) -> None:
        """Let the CLI end, and read its last frames."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self.frames += [json.loads(line) for line in self._process.stdout]
        self._process.wait()

    def end(self) -> None:
        """End the CLI, whatever it does."""
        self._deadline.cancel()
        self._process.kill()
        self._process.wait()

    def _answer(self, frame: Frame) -> None:
        asked = frame["request"]
        answer: Frame = {}
        if asked["subtype"] == "can_use_tool":
            answer = {"behavior": "allow", "updatedInput": asked["input"]}
            if "denied" in str(asked["input"]):
                answer = {"behavior": "deny", "message": "no"}
        response = {"subtype": "success", "request_id": frame["request_id"], "response": answer}
        self._send({"type": "control_response", "response": response})

    def _send(self, frame: Frame) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(frame).encode() + b"\n")
        self._process.stdin.flush()


def record(cli: Path) -> tuple[list[Frame], Frame]:
    """Play the session; return all frames of the CLI, and its listing of hooks."""
    with tempfile.TemporaryDirectory() as name, ScriptedModel(SCRIPT) as model:
        folder = Path(name, "work")
        folder.mkdir()
        environment = {
            **_outside(),
            **model.env,
            "HOME": name,
            "CLAUDE_CONFIG_DIR": str(Path(name, "config")),
            "CLAUDE_CODE_SDK_READS_SESSION_STATE": "1",
        }
        session = Session(cli, folder, environment)
        try:
            listing = _play(session)
        finally:
            session.end()
        return session.frames, listing


def _outside() -> dict[str, str]:
    """Return this process's environment without the user's account and settings."""
    ours = ("ANTHROPIC_", "CLAUDE_CODE_", "CLAUDECODE")
    return {key: value for key, value in os.environ.items() if not key.startswith(ours)}


def _play(session: Session) -> Frame:
    hooks = {event: [{"matcher": None, "hookCallbackIds": [event]}] for event in EVENTS}
    session.ask({"subtype": "initialize", "hooks": hooks})
    listing, *_ = [session.ask(question) for question in QUESTIONS]
    for prompt in ("at work", "delegate", "/cost", "refused"):
        session.prompt(prompt)
        session.until_idle()
    session.prompt("endless")
    session.until(lambda frame: frame.get("event", {}).get("type") == "content_block_delta")
    session.ask({"subtype": "interrupt"})
    session.until(lambda frame: frame["type"] == "result")
    session.close()
    return listing


def listing(frames: Iterable[Frame]) -> dict[str, str]:
    """Return the types by path, such as ``"system/init .tools[]": "string"``."""
    found: dict[str, set[str]] = {}
    for frame in frames:
        kind = kind_of(frame)
        found.setdefault(kind, set()).add("frame")
        for path, name in _shape(frame, ""):
            found.setdefault(f"{kind} {path}", set()).add(name)
    return {path: " | ".join(sorted(names)) for path, names in sorted(found.items())}


def kind_of(frame: Frame) -> str:
    """Return what a frame is, by its type and what says more within it."""
    inner = frame.get("request") or frame.get("response") or frame.get("event") or frame
    parts = [frame.get("type"), inner.get("asked") or inner.get("subtype")]
    if "event" in frame:
        parts = ["stream_event", inner.get("type")]
    if parts[1] == "hook_callback":
        parts.append(inner["input"].get("hook_event_name"))
    return "/".join(str(part) for part in parts if part)


def _shape(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if path:
            yield path, "object"
        names = path.rpartition(".")[2] in _MAPS
        for key, inner in value.items():
            # The key of a model, a tool call or a file is not a field's name.
            named = re.fullmatch(r"[A-Za-z_]\w*", key) and not names
            yield from _shape(inner, f"{path}.{key if named else '*'}")
    elif isinstance(value, list):
        yield path, "array"
        for inner in value:
            yield from _shape(inner, f"{path}[]")
    else:
        yield path, _TYPES.get(type(value), "number")


_TYPES = {str: "string", bool: "boolean", type(None): "null"}
