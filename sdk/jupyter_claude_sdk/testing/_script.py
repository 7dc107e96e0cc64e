"""The script of a `ScriptedModel`: checks it, and finds the reply to a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ._conversation import call_number, earlier_texts, last_prompt

Reply: TypeAlias = Sequence[Mapping[str, Any]]
"""One answer of the model: a list of steps."""

ReplyFunction: TypeAlias = Callable[[Mapping[str, Any]], Reply | None]

Script: TypeAlias = Sequence[Mapping[str, Any]] | ReplyFunction
"""A list of rules, or a function that gets a request's body and returns a reply or None."""

_RULE_KEYS = ("when", "when_earlier", "replies")

# The key that says what a step does, and the keys that may be beside it.
_STEP_KEYS: dict[str, tuple[str, ...]] = {
    "text": ("chunk", "every"),
    "thinking": ("chunk", "every"),
    "tool": ("input", "id", "chunk", "every"),
    "delay": (),
    "error": ("message", "times", "retry_after", "headers"),
    "hang": (),
    "drop": ("times",),
    "stop_reason": (),
    "usage": (),
}

_NUMBER = (int, float)
_VALUE_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "thinking": (str,),
    "tool": (str,),
    "input": (Mapping,),
    "id": (str,),
    "chunk": (int,),
    "every": _NUMBER,
    "delay": _NUMBER,
    "error": (int,),
    "message": (str,),
    "times": (int,),
    "retry_after": _NUMBER,
    "headers": (Mapping,),
    "hang": (bool,),
    "drop": (bool,),
    "stop_reason": (str,),
    "usage": (Mapping,),
}


class ScriptError(ValueError):
    """A script is invalid. The message says where and why."""


@dataclass(frozen=True)
class Found:
    """A reply, and a key for this call of the model, to count its failures."""

    steps: Reply
    key: tuple[object, ...]


def check_script(script: Script) -> None:
    """Check a whole script.

    Parameters
    ----------
    script : Script
        The script of a `ScriptedModel`.

    Raises
    ------
    ScriptError
        If the script is invalid. One line says which rule, reply and step is wrong, and why.
    """
    if callable(script):
        return
    if isinstance(script, (str, Mapping)) or not isinstance(script, Sequence):
        raise ScriptError("script: expected a list of rules or a function")
    for number, rule in enumerate(script, 1):
        where = f"script rule {number}"
        if not isinstance(rule, Mapping):
            raise ScriptError(f"{where}: expected a dict with 'when' and 'replies'")
        _check_keys(rule, _RULE_KEYS, where)
        if "replies" not in rule:
            raise ScriptError(f"{where}: 'replies' is missing")
        for key in ("when", "when_earlier"):
            if key in rule:
                _check_pattern(rule[key], f"{where}: {key!r}")
        replies = rule["replies"]
        if callable(replies):
            continue
        if isinstance(replies, (str, Mapping)) or not isinstance(replies, Sequence):
            raise ScriptError(f"{where}: 'replies' must be a list of replies or a function")
        for index, reply in enumerate(replies, 1):
            if not callable(reply):
                check_reply(reply, f"{where}, reply {index}")


def check_reply(reply: object, where: str) -> None:
    """Check one reply; raise a `ScriptError` whose message begins with `where`."""
    if isinstance(reply, (str, Mapping)) or not isinstance(reply, Sequence):
        raise ScriptError(f"{where}: expected a list of steps, got {type(reply).__name__}")
    for number, step in enumerate(reply, 1):
        _check_step(step, f"{where}, step {number}")


def _check_step(step: object, where: str) -> None:
    if not isinstance(step, Mapping):
        raise ScriptError(f"{where}: expected a dict such as {{'text': 'Hello'}}")
    kinds = [key for key in _STEP_KEYS if key in step]
    if len(kinds) != 1:
        _check_keys(step, (*_STEP_KEYS, *_VALUE_TYPES), where)
        problem = f"has {' and '.join(map(repr, kinds))}" if kinds else f"{dict(step)!r}"
        raise ScriptError(f"{where}: {problem}; give one of {', '.join(_STEP_KEYS)}")
    _check_keys(step, (kinds[0], *_STEP_KEYS[kinds[0]]), where)
    for key, value in step.items():
        types = _VALUE_TYPES[key]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            names = " or ".join(kind.__name__ for kind in types)
            raise ScriptError(f"{where}: {key!r} must be {names}, got {type(value).__name__}")
        if isinstance(value, _NUMBER) and (value < 0 or (key == "chunk" and value == 0)):
            raise ScriptError(f"{where}: {key!r} is {value!r}, which is too small")
    if step.get("error", 400) < 400 or step.get("error", 400) > 599:
        raise ScriptError(f"{where}: 'error' is an HTTP status from 400 to 599")


def _check_keys(given: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in given:
        if key not in known:
            names = ", ".join(dict.fromkeys(known))
            raise ScriptError(f"{where}: unknown key {key!r} (known: {names})")


def _check_pattern(pattern: object, where: str) -> None:
    if isinstance(pattern, str):
        return
    if not isinstance(pattern, Mapping) or list(pattern) != ["regex"]:
        raise ScriptError(f"{where} must be a text or {{'regex': …}}")
    try:
        re.compile(pattern["regex"])
    except (re.error, TypeError) as error:
        raise ScriptError(f"{where}: bad regex: {error}") from None


def find_reply(script: Script, body: Mapping[str, Any]) -> Found:
    """Find the reply to a request.

    Parameters
    ----------
    script : Script
        A checked script.
    body : Mapping
        The body of the request.

    Returns
    -------
    Found
        The steps to play. If no rule fits, they repeat the prompt. After the last reply of a rule
        they say ``(end of script)``.

    Raises
    ------
    ScriptError
        If a function of the script returned something that is not a reply.
    """
    prompt, number = last_prompt(body), call_number(body)
    key = (len(body.get("messages") or ()), prompt, number)
    if callable(script):
        return Found(_checked(script(body), "the script's function", prompt), key)
    for index, rule in enumerate(script):
        if not _matches(rule.get("when"), [prompt]):
            continue
        if "when_earlier" in rule and not _matches(rule["when_earlier"], earlier_texts(body)):
            continue
        where = f"script rule {index + 1}"
        replies: Sequence[Reply | ReplyFunction] | ReplyFunction = rule["replies"]
        if not isinstance(replies, Sequence):
            return Found(_checked(replies(body), f"{where}: its function", prompt), (index, *key))
        if number >= len(replies):
            return Found([{"text": "(end of script)"}], (index, *key))
        reply = replies[number]
        if not isinstance(reply, Sequence):
            reply = _checked(reply(body), f"{where}, reply {number + 1}: its function", prompt)
        return Found(reply, (index, *key))
    return Found(_echo(prompt), key)


def _checked(reply: Reply | None, where: str, prompt: str) -> Reply:
    if reply is None:
        return _echo(prompt)
    check_reply(reply, where)
    return reply


def _echo(prompt: str) -> Reply:
    return [{"text": f"You said: {prompt}" if prompt else "You said nothing."}]


def _matches(pattern: Any, texts: Sequence[str]) -> bool:
    if pattern is None:
        return True
    if isinstance(pattern, str):
        return any(pattern in text for text in texts)
    return any(re.search(pattern["regex"], text) for text in texts)
