"""The key of a turn: what was asked, and after which turn. Two equal keys are the same question."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

from .form import RecordedInputs

__all__ = ["COUNTS", "differences", "key_of", "key_of_unknown"]

#: A change of what counts is a change of this number: old recordings are then stale, not wrong.
_VERSION = 1
#: What counts, by the field of `RecordedInputs`: how a line on a difference names it.
COUNTS = {
    "prompt": "the prompt",
    "attached": "attachment",
    "model": "the model",
    "system_prompt": "the system prompt",
    "mode": "the permission mode",
    "kernel": "whether Claude may look into the kernel",
    "tools": "tool",
    "servers": "MCP server",
    "schema": "the schema of the value",
}


def key_of(asked: RecordedInputs, parent: str) -> str:
    """Return the key of a turn, 64 hexadecimal digits.

    Parameters
    ----------
    asked : RecordedInputs
        What is asked.
    parent : str
        The key of the turn before; "" for the first turn of a conversation.
    """
    return _sha({"asked": dataclasses.asdict(_canonical(asked)), "parent": parent})


def key_of_unknown(prompt: str, parent: str) -> str:
    """Return a key for a turn of which only the prompt is known, such as a resumed one."""
    return _sha({"resumed": prompt, "parent": parent})


def differences(asked: RecordedInputs, recorded: RecordedInputs) -> list[str]:
    """Return in words what differs between a question and a recorded one, such as "the prompt"."""
    asked, recorded = _canonical(asked), _canonical(recorded)
    found: list[str] = []
    for name, words in COUNTS.items():
        now, then = getattr(asked, name), getattr(recorded, name)
        if now == then:
            continue
        if isinstance(now, (dict, list)) and isinstance(then, (dict, list)) and name != "schema":
            found += [f"{words} {one}" for one in _changed(now, then)]
        else:
            found.append(words)
    return found


def _canonical(asked: RecordedInputs) -> RecordedInputs:
    """Return the inputs without what does not matter: line ends, and blanks around the prompt."""
    return dataclasses.replace(
        asked,
        prompt=_lines(asked.prompt),
        system_prompt=_lines(asked.system_prompt),
        servers=sorted(set(asked.servers)),
    )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _changed(now: Any, then: Any) -> list[str]:
    if isinstance(now, list):
        return sorted(set(now) ^ set(then))
    return [name for name in sorted({**now, **then}) if now.get(name) != then.get(name)]


def _sha(data: Any) -> str:
    text = json.dumps(
        {"version": _VERSION, **data}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
