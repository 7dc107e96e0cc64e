"""Calls the hooks that the CLI asks for."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, get_args

from .._errors import CLIConnectionError
from .._transport.find import version_tuple
from .._types.hook_types import HookEvent, HookSpecificOutput, SyncHookJSONOutput
from .._types.hooks import HookCallback, HookContext, HookMatcher

#: Fields that the CLI reads only inside ``hookSpecificOutput``.
_SPECIFIC = frozenset(
    {"permissionDecision", "permissionDecisionReason", "updatedInput", "additionalContext"}
)

#: The first CLI that calls hooks of an event. An older one takes these hooks and never calls them.
_SINCE = {"PreSkillShellCommand": "2.1.332"}

#: The fields of an answer, and those inside its ``hookSpecificOutput``.
_FIELDS = frozenset(
    {"async", "asyncTimeout", "continue", "hookSpecificOutput"}
    | (SyncHookJSONOutput.__optional_keys__ - {"continue_"})
)
_SPECIFIC_FIELDS = frozenset(
    name for kind in get_args(HookSpecificOutput) for name in kind.__annotations__
)


class HookRegistry:
    """Gives each hook an id, by which the CLI calls it."""

    def __init__(self, hooks: Mapping[HookEvent, list[HookMatcher]] | None) -> None:
        self._callbacks: dict[str, tuple[HookCallback, HookMatcher]] = {}
        self.wire: dict[str, list[dict[str, Any]]] | None = None
        self._blocking: set[HookEvent] = set()  # events with a hook that has on_failure="block"
        if not hooks:
            return
        self.wire = {}
        for event, matchers in hooks.items():
            self.wire[event] = [self._register(matcher) for matcher in matchers]
            if any(matcher.on_failure == "block" for matcher in matchers):
                self._blocking.add(event)

    def _register(self, matcher: HookMatcher) -> dict[str, Any]:
        ids = []
        for hook in matcher.hooks:
            ids.append(f"hook_{len(self._callbacks)}")
            self._callbacks[ids[-1]] = hook, matcher
        entry: dict[str, Any] = {"matcher": matcher.matcher, "hookCallbackIds": ids}
        if matcher.timeout is not None:
            entry["timeout"] = matcher.timeout
        if matcher.on_failure is not None:
            entry["onFailure"] = matcher.on_failure
        return entry

    def check_server(self, server_info: Mapping[str, Any]) -> None:
        """Refuse a CLI that cannot block when a hook fails, if a hook wants that.

        Raises
        ------
        CLIConnectionError
            If a hook has ``on_failure="block"``, and the CLI does not say that it supports this,
            says that it did not take the hooks, or is too old to call hooks of this event.
        """
        if self._blocking and not server_info.get("hook_on_failure_supported"):
            raise CLIConnectionError(
                'A hook has on_failure="block", which this Claude Code does not support: install a '
                "newer one, or leave on_failure out"
            )
        if self._blocking and not server_info.get("hooks_applied", True):
            raise CLIConnectionError(
                'Claude Code runs without the hooks, but one of them has on_failure="block": '
                "start a new session, or remove on_failure from that hook"
            )
        version = str(server_info.get("claude_code_version", ""))
        for event in sorted(self._blocking & _SINCE.keys()):
            if () < version_tuple(version) < version_tuple(_SINCE[event]):
                raise CLIConnectionError(
                    f"Claude Code {version} never calls {event} hooks, but one of them has "
                    f'on_failure="block": install {_SINCE[event]} or newer, or remove on_failure '
                    "from that hook"
                )

    async def call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call the hook that a ``hook_callback`` request names and return its answer."""
        callback, matcher = self._callbacks[request["callback_id"]]
        given = request.get("input") or {}
        output: Any = callback(given, request.get("tool_use_id"), HookContext())
        if inspect.isawaitable(output):  # a plain function returns its output at once
            output = await output
        if output is None and matcher.on_failure == "block":
            raise TypeError(
                'A hook with on_failure="block" must return a dict, not None; return {} to let the '
                "call continue"
            )
        return _hook_answer(output, given.get("hook_event_name"))


def _hook_answer(output: Any, event: str | None) -> dict[str, Any]:
    """Turn what a hook returned into the wire's answer.

    Raises
    ------
    TypeError, ValueError
        If the CLI would ignore the output, and so do what the hook meant to stop.
    """
    if output is None:
        return {}
    if not isinstance(output, Mapping):
        raise TypeError(f"A hook must return a dict, not {type(output).__name__}")
    answer = dict(output)
    # Two of the wire's words are keywords of Python, so hooks spell them with an underscore.
    for python_name, wire_name in (("async_", "async"), ("continue_", "continue")):
        if python_name in answer:
            answer[wire_name] = answer.pop(python_name)
    specific = answer.get("hookSpecificOutput")
    _refuse_misspelt(answer, _FIELDS | _SPECIFIC)
    if isinstance(specific, Mapping):
        _refuse_misspelt(specific, _SPECIFIC_FIELDS)
    misplaced = _SPECIFIC.intersection(answer)
    if misplaced:
        raise ValueError(
            f"A hook's {', '.join(sorted(misplaced))} must be inside 'hookSpecificOutput'"
        )
    if answer.get("decision") not in (None, "block", "approve"):
        raise ValueError(
            f"A hook's decision is {answer['decision']!r}; it can be 'block' or 'approve'"
        )
    if not isinstance(answer.get("async", False), bool):
        raise TypeError(f"A hook's async_ must be True or False, not {answer['async']!r:.40}")
    if isinstance(specific, Mapping) and "hookEventName" not in specific and event is not None:
        answer["hookSpecificOutput"] = {"hookEventName": event, **specific}
    return answer


def _refuse_misspelt(answer: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse a field that is nearly one that the CLI reads. It may have newer fields than these."""
    for name in answer:
        if name in known:
            continue
        import difflib

        # `permission_decision` is such a field too.
        near = difflib.get_close_matches(_plain(name), map(_plain, known), 1, 0.8)
        if near:
            meant = next(field for field in known if _plain(field) == near[0])
            raise ValueError(f"A hook's answer has {name!r:.40}; did you mean {meant!r}?")
        if name == "behavior":
            raise ValueError(
                "A hook's answer has 'behavior', which is can_use_tool's; return "
                "{'hookSpecificOutput': {'permissionDecision': 'deny'}}"
            )


def _plain(name: str) -> str:
    return str(name).replace("_", "").lower()
