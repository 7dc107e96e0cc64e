"""`Recording`: a recorded session as a script of `ScriptedModel`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .._recording.folder import SUFFIX, RecordingFolder
from .._recording.form import (
    RecordedCall,
    RecordedItem,
    RecordedText,
    RecordedTurn,
    RecordingError,
    json_text,
    read_json,
)
from ._replay import Drift, Replay, SpokenTurn
from ._script import ReplyFunction, ScriptError, check_reply

_NOTEBOOKS = (".ipynb", ".py", ".md")
_LARGEST = 50_000_000  # bytes


class Recording:
    """A recorded session. The real CLI, tools and permissions run against its words.

    Parameters
    ----------
    path : str or Path
        A recording: the folder ``NAME.claude``, the notebook beside it, or a script file that
        ``ScriptedModel.record`` saved.
    folder : str or Path, optional
        The folder that stands for the recorded session's folder: ``‹folder›`` in the recording. By
        default it is the one that Claude Code works in.

    Raises
    ------
    RecordingError
        If there is no recording, or it cannot be read. The message is one line.

    Examples
    --------
    >>> recording = Recording("report.claude")  # doctest: +SKIP
    >>> with ScriptedModel(recording.script) as model:  # doctest: +SKIP
    ...     options = ClaudeAgentOptions(env=model.env, allowed_tools=["Bash"])
    ...     async for message in query(prompt="Sum it up", options=options):
    ...         print(message)
    >>> assert recording.drift == recording.unused == []  # doctest: +SKIP

    Notes
    -----
    A request gets the reply that was recorded for its prompt, after the same prompts. So
    conversations may branch, be resumed and be asked again. For a prompt that was not recorded, the
    CLI gets an error of the API (400) that names the prompt and the nearest recorded one.

    Tools run anew, so their results may differ from the recorded ones: see `drift`. The model's
    words stay as they were recorded.
    """

    def __init__(self, path: str | Path, *, folder: str | Path | None = None) -> None:
        found = Path(path)
        if found.suffix in _NOTEBOOKS and not found.is_dir():
            found = found.with_suffix(SUFFIX)
        self._name = found.name
        if not os.path.lexists(found):
            raise RecordingError(f"{found} is not there: record a session first")
        turns = _turns_of_folder(found) if found.is_dir() else read_script(found)
        if not turns:
            raise RecordingError(f"{found.name} has no recorded turns: record a session first")
        self._replay = Replay(turns, None if folder is None else Path(folder).absolute())

    def __repr__(self) -> str:
        return f"Recording({self._name!r})"

    @property
    def script(self) -> ReplyFunction:
        """What `ScriptedModel` takes as its script."""
        return self._replay.reply

    @property
    def drift(self) -> list[Drift]:
        """The tool calls so far whose results were not the recorded ones.

        Paths of the folder and of the home folder do not count, nor do blanks at the ends. A call
        that ran several times counts as it ran last.
        """
        return self._replay.drift

    @property
    def unused(self) -> list[str]:
        """The prompts of the recorded turns that were not asked so far."""
        return self._replay.unused


# --- a notebook's recording -------------------------------------------------------------------


def _turns_of_folder(path: Path) -> list[SpokenTurn]:
    folder = RecordingFolder(path)
    found: list[SpokenTurn] = []
    for key, turn in folder.turns.items():
        before = tuple(one.asked.prompt for one in _ancestors(turn, folder.turns))
        name = f"{path.name}/{folder.file_name(key)}"
        spoken = _spoken(turn.asked.prompt, [one for one in turn.items if _parent(one) == 0])
        spoken.before, spoken.name, spoken.model = before, name, turn.model
        found.append(spoken)
        for position, call in enumerate(turn.items, 1):
            prompt = call.input.get("prompt") if isinstance(call, RecordedCall) else None
            inside = [one for one in turn.items if _parent(one) == position]
            if inside and isinstance(prompt, str):
                spoken = _spoken(prompt, inside)
                spoken.name, spoken.subagent = name, True
                found.append(spoken)
    return found


def _ancestors(turn: RecordedTurn, turns: dict[str, RecordedTurn]) -> list[RecordedTurn]:
    found: list[RecordedTurn] = []
    parent = turns.get(turn.parent)
    while parent is not None and len(found) <= len(turns):  # a tampered recording may be a circle
        found.insert(0, parent)
        parent = turns.get(parent.parent)
    return found


def _parent(item: RecordedItem) -> int:
    return item.parent if isinstance(item, (RecordedText, RecordedCall)) else -1


def _spoken(prompt: str, items: Iterable[RecordedItem]) -> SpokenTurn:
    replies: dict[int, list[dict[str, Any]]] = {}
    results: dict[int, list[str | None]] = {}
    for item in items:
        if not isinstance(item, (RecordedText, RecordedCall)) or not item.reply:
            continue  # no model wrote it
        steps = replies.setdefault(item.reply, [])
        made = results.setdefault(item.reply, [])
        if isinstance(item, RecordedCall):
            steps.append({"tool": item.name, "input": item.input})
            made.append(_result_of(item))
        elif item.text:
            steps.append({"thinking" if item.thinking else "text": item.text})
    numbers = sorted(replies)
    return SpokenTurn(
        prompt,
        replies=[replies[number] for number in numbers],
        results=[results[number] for number in numbers],
    )


def _result_of(call: RecordedCall) -> str | None:
    """Return what the model got of a call; None if that was not recorded."""
    if call.result is not None:
        return call.result
    return None if call.hidden or call.state == "stopped" else call.output


# --- a script file ----------------------------------------------------------------------------


def script_text(turns: list[SpokenTurn]) -> str:
    """Return turns as the text of a script file."""
    places: dict[tuple[bool, tuple[str, ...]], int] = {}
    for at, turn in enumerate(turns, 1):
        places[turn.subagent, (*turn.before, turn.prompt)] = at
    rules = []
    for turn in turns:
        rule: dict[str, Any] = {"prompt": turn.prompt, "replies": turn.replies}
        if turn.before:
            rule["after"] = places.get((turn.subagent, turn.before), 0)
        if any(turn.results):
            rule["results"] = turn.results
        if turn.subagent:
            rule["subagent"] = True
        rules.append(rule)
    return json_text({"script": rules})


def read_script(path: Path) -> list[SpokenTurn]:
    """Read a script file. Nothing of it is believed before it is checked.

    Raises
    ------
    RecordingError
        If it cannot be read, is damaged, or is of a later form.
    """
    name = path.name
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            raise RecordingError(f"{name} is no plain file, or is too large to read")
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise RecordingError(f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RecordingError(f"{name} is damaged: it is no UTF-8. Record again") from error
    rules = read_json(text, name, "script of ScriptedModel.record").get("script")
    if not isinstance(rules, list):
        raise RecordingError(f"{name} is no script of ScriptedModel.record")
    turns: list[SpokenTurn] = []
    for number, rule in enumerate(rules, 1):
        turns.append(_read_rule(rule, turns, f"{name}: turn {number}"))
    return turns


def _read_rule(rule: Any, turns: list[SpokenTurn], where: str) -> SpokenTurn:
    known = {"prompt", "after", "replies", "results", "subagent"}
    if not isinstance(rule, dict) or not {"prompt", "replies"} <= set(rule) <= known:
        raise RecordingError(f"{where} is damaged: it needs prompt and replies. Record again")
    after, results = rule.get("after", 0), rule.get("results", [])
    right = (
        isinstance(rule["prompt"], str)
        and isinstance(rule["replies"], list)
        and type(after) is int
        and 0 <= after <= len(turns)
        and isinstance(rule.get("subagent", False), bool)
        and isinstance(results, list)
        and all(isinstance(one, list) for one in results)
        and all(text is None or isinstance(text, str) for one in results for text in one)
    )
    if not right:
        raise RecordingError(f"{where} is damaged: a value has a wrong type. Record again")
    for at, reply in enumerate(rule["replies"], 1):
        try:
            check_reply(reply, f"{where}, reply {at}")
        except ScriptError as error:
            raise RecordingError(f"{str(error)[:200]}. Record again") from None
    before = (*turns[after - 1].before, turns[after - 1].prompt) if after else ()
    return SpokenTurn(
        rule["prompt"],
        before,
        rule["replies"],
        results,
        subagent=rule.get("subagent", False),
        name=where,
    )
