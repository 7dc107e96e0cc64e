"""Finds the recorded reply to a request, and compares what tools did with the recording."""

from __future__ import annotations

import difflib
import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._base.text import one_line
from ._conversation import calls_since, interrupted_since, system_texts, user_texts
from ._places import Places, stated_folder
from ._script import Reply, ScriptError

#: What stands in a recording for a secret. It fits any text.
_HIDDEN = re.compile(r"\[hidden\]|‹withheld›")
_COMPACTED = "This session is being continued from a previous conversation"
_SUMMARY = "summary of the conversation"
_PAGE = "Web page content:"
_TAGS = re.compile(r"</?tool_use_error>")  # the CLI marks its own errors so


@dataclass(frozen=True)
class Drift:
    """A tool call whose result was another one than in the recording.

    Attributes
    ----------
    prompt : str
        The prompt of the turn.
    call : int
        The number of the call in the turn, from 1.
    tool : str
        The tool.
    recorded : str
        The recorded result. ``‹folder›`` is the folder that the session worked in, and ``‹home›``
        the home folder.
    got : str
        The result in this run.
    """

    prompt: str
    call: int
    tool: str
    recorded: str
    got: str

    def __str__(self) -> str:
        return (
            f"{self.tool} (call {self.call} of {_quoted(self.prompt)}) gave {_quoted(self.got)}, "
            f"not {_quoted(self.recorded)}"
        )


@dataclass
class SpokenTurn:
    """What the model said in a turn.

    Attributes
    ----------
    prompt : str
        The prompt, with marks in place of paths.
    before : tuple of str
        The prompts before it in its conversation, oldest first.
    replies : list of list of dict
        The replies, as steps of a script.
    results : list of list of str or None
        What came of the calls of each reply; None if it is not known.
    subagent : bool
        Whether a subagent was asked.
    model : str
        The model; "" if it is not known.
    name : str
        The name of its file; "" if it has none.
    """

    prompt: str
    before: tuple[str, ...] = ()
    replies: list[list[dict[str, Any]]] = field(default_factory=list)
    results: list[list[str | None]] = field(default_factory=list)
    subagent: bool = False
    model: str = ""
    name: str = ""


@dataclass(frozen=True)
class _Place:
    """Where a request stands: the turn, and how many of its replies were given."""

    turn: SpokenTurn
    start: int
    number: int


class Replay:
    """Answers requests with recorded replies.

    Parameters
    ----------
    turns : sequence of SpokenTurn
        The recorded turns.
    folder : Path or None
        The folder that the session works in. If it is None, requests tell it.
    """

    def __init__(self, turns: Sequence[SpokenTurn], folder: Path | None) -> None:
        self._turns = list(turns)
        self._numbers = {id(turn): number for number, turn in enumerate(self._turns)}
        self._folder = folder
        self._lock = threading.Lock()
        self._asked: set[int] = set()  # numbers of turns
        self._compared: dict[tuple[int, int, int], Drift | None] = {}

    @property
    def drift(self) -> list[Drift]:
        """The calls whose results differ, in the recording's order."""
        with self._lock:
            return [one for _, one in sorted(self._compared.items(), key=_first) if one]

    @property
    def unused(self) -> list[str]:
        """The prompts of the turns that were not asked."""
        with self._lock:
            return [
                turn.prompt
                for number, turn in enumerate(self._turns)
                if not turn.subagent and number not in self._asked
            ]

    def reply(self, body: Mapping[str, Any]) -> Reply:
        """Return the recorded reply to a request.

        Raises
        ------
        ScriptError
            If there is none. The CLI shows the text as an error of the API.
        """
        places = Places(self._folder or stated_folder(body) or Path.cwd())
        texts = [(start, canonical(text, places)) for start, text in user_texts(body)]
        place = self._place(body, texts, places)
        if place is None:
            prompt = texts[-1][1] if texts else ""
            small = small_reply(body, prompt)
            if small is not None:
                return small
            raise ScriptError(self._missing(prompt, self._known(texts[:-1], places)))
        with self._lock:
            self._asked.add(self._numbers[id(place.turn)])
        self._compare(body, place, places)
        replies = place.turn.replies
        if place.number >= len(replies):
            raise ScriptError(
                f"The recorded turn {_quoted(place.turn.prompt)} has {len(replies)} "
                f"repl{'y' if len(replies) == 1 else 'ies'}, and Claude Code asks for one more. "
                "Record it again"
            )
        shown: Reply = places.shown(replies[place.number])
        return shown

    def _place(
        self, body: Mapping[str, Any], texts: list[tuple[int, str]], places: Places
    ) -> _Place | None:
        known = self._known(texts, places)
        if not known:
            return None
        start, prompt = known[-1]
        turn = self._fitting(body, prompt, [one for _, one in known[:-1]], texts, places)
        if turn is None:
            return None
        number = len(calls_since(body, start))
        if known[-1] == texts[-1] or _same(prompt, texts[-1][1]):
            return _Place(turn, start, number)
        # The text is the CLI's own, such as what a hook said. It belongs to the same turn.
        goes_on = number < len(turn.replies) and not interrupted_since(body, start)
        return _Place(turn, start, number) if goes_on and number else None

    def _known(self, texts: list[tuple[int, str]], places: Places) -> list[tuple[int, str]]:
        """Return those texts that are recorded prompts, as they were recorded."""
        prompts = {canonical(places.shown(turn.prompt), places): turn for turn in self._turns}
        found = []
        for start, text in texts:
            if text in prompts:
                found.append((start, text))
            else:
                like = [one for one in prompts if _HIDDEN.search(one) and _same(one, text)]
                found += [(start, one) for one in like[:1]]
        return found

    def _fitting(
        self,
        body: Mapping[str, Any],
        prompt: str,
        before: list[str],
        texts: list[tuple[int, str]],
        places: Places,
    ) -> SpokenTurn | None:
        # After a compaction the first prompts of the conversation are not in the request.
        compacted = bool(texts) and any(text.startswith(_COMPACTED) for _, text in texts)
        subagent = is_subagent(body)
        found = []
        for turn in self._turns:
            earlier = [canonical(places.shown(one), places) for one in turn.before]
            if compacted:
                earlier = earlier[len(earlier) - len(before) :] if before else []
            if canonical(places.shown(turn.prompt), places) == prompt and earlier == before:
                found.append(turn)
        found.sort(key=lambda turn: (turn.subagent != subagent, turn.model != body.get("model")))
        return found[0] if found else None

    def _compare(self, body: Mapping[str, Any], place: _Place, places: Places) -> None:
        """Compare the results of the latest answer's calls with the recorded ones."""
        number, turn = place.number - 1, place.turn
        if not 0 <= number < len(turn.results):
            return
        first = sum(len(results) for results in turn.results[:number])
        calls = calls_since(body, place.start)[number]
        with self._lock:
            pairs = zip(calls, turn.results[number], strict=False)
            for at, ((tool, got), recorded) in enumerate(pairs):
                if got is None or recorded is None:
                    continue
                then, now = _result(recorded, places), _result(got, places)
                drift = Drift(turn.prompt, first + at + 1, tool, then, now)
                key = (self._numbers[id(turn)], number, at)
                self._compared[key] = None if _same(then, now) else drift

    def _missing(self, prompt: str, known: list[tuple[int, str]]) -> str:
        if not self._turns:
            return f"The prompt {_quoted(prompt)} is not recorded: the recording is empty"
        same = [turn for turn in self._turns if _same(turn.prompt, prompt)]
        if same:
            first = same[0].before
            wanted = f"after {_quoted(first[-1])}" if first else "first"
            now = f"after {_quoted(known[-1][1])}" if known else "first"
            if wanted == now:
                wanted = "after other prompts"
            return (
                f"The prompt {_quoted(prompt)} was recorded {wanted}, and is asked {now}"
                f"{_in(same[0])}. Ask in the recorded order, or record again"
            )
        nearest = max(self._turns, key=lambda turn: _likeness(turn.prompt, prompt))
        return (
            f"The prompt {_quoted(prompt)} is not recorded. The nearest recorded one is "
            f"{_quoted(nearest.prompt)}{_in(nearest)}. Record again"
        )


def is_subagent(body: Mapping[str, Any]) -> bool:
    """Return whether a subagent asks."""
    return any("cc_is_subagent=true" in text for text in system_texts(body))


def canonical(text: str, places: Places) -> str:
    """Return a prompt without what does not matter: line ends, blanks around it, paths."""
    hidden: str = places.hidden(text.replace("\r\n", "\n").replace("\r", "\n").strip())
    return hidden


def _same(recorded: str, asked: str) -> bool:
    """Return whether a text is a recorded one. A hidden secret stands for any text."""
    first, *parts = _HIDDEN.split(recorded)
    if not parts:
        return recorded == asked
    at, *between, last = len(first), *parts
    for part in between:
        at = asked.find(part, at + 1)
        if at < 0:
            return False
        at += len(part)
    return asked.startswith(first) and asked.endswith(last) and at < len(asked) - len(last)


def _result(text: str, places: Places) -> str:
    return canonical(_TAGS.sub("", places.shown(text)), places)


def small_reply(body: Mapping[str, Any], prompt: str) -> Reply | None:
    """Return something harmless for what the CLI asks for itself; None for a prompt."""
    if _SUMMARY in prompt and "<summary>" in prompt:
        return [{"text": "<summary>\nThe conversation so far was replayed.\n</summary>"}]
    if body.get("tools"):
        return None
    settings = body.get("output_config")
    form = settings.get("format") if isinstance(settings, Mapping) else None
    if isinstance(form, Mapping):
        schema = form.get("schema")
        names = schema.get("properties") if isinstance(schema, Mapping) else None
        title = isinstance(names, Mapping) and list(names) == ["title"]
        return [{"text": json.dumps({"title": "Replayed session"})}] if title else None
    if prompt.startswith(_PAGE) or body.get("max_tokens") == 1:
        return [{"text": "This was not recorded."}]
    return None


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one[:2000], other[:2000]).ratio()


def _in(turn: SpokenTurn) -> str:
    return f" ({turn.name})" if turn.name else ""


def _quoted(text: str) -> str:
    line = one_line(text)
    return f"“{line if len(line) <= 80 else line[:79] + '…'}”"


def _first(pair: tuple[tuple[int, int, int], Drift | None]) -> tuple[int, int, int]:
    return pair[0]
