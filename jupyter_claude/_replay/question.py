"""What a prompt asks, as a recording's key counts it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.lowlevel import RecordedInputs

from .._answers.wanted import Wanted
from .._settings import Settings
from .._turns.attached import attached_of
from .._user_tools.tools import UserTools

#: The settings that the CLI, or a button in a turn, can change by themselves.
DRIFTING = ("permission_mode", "kernel", "model")
#: The address of an object, which is another one in each kernel.
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")


def question_of(
    prompt: str,
    message: str | dict[str, Any],
    settings: Settings,
    counted: Mapping[str, str],
    tools: UserTools,
    wanted: Wanted | None,
    model: str | None,
    placed: Callable[[str], str],
) -> RecordedInputs:
    """Return what a prompt asks.

    Parameters
    ----------
    prompt : str
        The prompt, as the user typed it.
    message : str or dict
        The prompt with what is attached, as Claude Code gets it.
    settings : Settings
        The settings.
    counted : mapping
        The settings of `DRIFTING`, as they count.
    tools : UserTools
        The user's own tools.
    wanted : Wanted or None
        The value that is asked for.
    model : str or None
        The model for this turn only.
    placed : callable
        Puts marks in place of this machine's folders: a copy elsewhere has the same key.
    """
    asked_model = counted["model"] if model is None else model
    return RecordedInputs(
        prompt=placed(prompt),
        attached=_attached(message, placed),
        model="" if asked_model == "default" else asked_model,
        system_prompt=placed(_system_prompt(settings)),
        mode=counted["permission_mode"],
        kernel=counted["kernel"],
        tools=tools.schemas(),
        servers=sorted(map(str, settings.mcp_servers)),
        schema=None if wanted is None else wanted.form.schema,
    )


def _attached(message: str | dict[str, Any], placed: Callable[[str], str]) -> dict[str, str]:
    """Return the hash of each attachment, by its name: of its text block and those after it."""
    if isinstance(message, str):
        return {}
    found: dict[str, list[str]] = {}
    name = ""
    for block in message["message"]["content"][:-1]:  # the prompt is the last one
        text = block.get("text", "") if block.get("type") == "text" else ""
        if text and (chips := attached_of([text])):
            name = first = chips[0].name
            number = 2
            while name in found:
                name, number = f"{first} ({number})", number + 1
        given = _ADDRESS.sub("0x…", placed(text)) if text else json.dumps(block, sort_keys=True)
        found.setdefault(name, []).append(given)
    return {name: sha256(json.dumps(all_).encode()).hexdigest() for name, all_ in found.items()}


def _system_prompt(settings: Settings) -> str:
    parts = [settings.system_prompt]
    if settings.system_prompt_file:
        try:
            path = Path(settings.system_prompt_file).expanduser()
            parts.insert(0, path.read_text("utf-8", errors="replace"))
        except OSError:
            parts.insert(0, "")  # a start of Claude Code says what is wrong with it
    return "\n\n".join(part for part in parts if part)
