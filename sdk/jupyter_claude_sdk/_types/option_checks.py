"""Checks the values of options before anything starts. Each error is one line.

Without these checks the CLI would end at a misspelt mode, or ignore it. A string instead of a list
would count letter by letter. A hook of a misspelt event would never be called. An error does not
show values that may be secret (``env``, ``mcp_servers``, ``settings``, ``extra_args``).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from os import PathLike
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from .hook_types import HookEvent
from .hooks import HookMatcher
from .mcp import SdkMcpTool
from .option_types import ThinkingDisplay

_THINKING = ("adaptive", "enabled", "disabled")
PATH = (str, PathLike)
#: The field that a server of each type must have.
_SERVER_NEEDS = {"stdio": "command", "sse": "url", "http": "url"}


def check_agent_servers(servers: Any) -> None:
    if servers is None:
        return
    how = "AgentDefinition.mcpServers must be a list of names of servers, or of {name: …}"
    if not isinstance(servers, (list, tuple)):
        raise TypeError(f"{how}, not {type(servers).__name__}")
    for server in servers:
        if isinstance(server, str):
            continue
        if not isinstance(server, Mapping):
            raise TypeError(f"{how}, not of {type(server).__name__}")
        for config in (server, *server.values()):
            if isinstance(config, Mapping) and config.get("type") == "sdk":
                raise ValueError(
                    "AgentDefinition.mcpServers cannot have a server that runs in this program: "
                    "put the server into the options' mcp_servers, and its name here"
                )


def check_budget(budget: Any) -> None:
    if budget is None:
        return
    if isinstance(budget, bool) or not isinstance(budget, (int, float)):
        raise TypeError(f"max_budget_usd must be a number, not {describe(budget)}")
    if not math.isfinite(budget) or budget <= 0:
        raise ValueError(f"max_budget_usd is {budget!r}; it must be an amount greater than 0")


def check_skills(skills: Any) -> None:
    """Refuse a skill's name that would change the permission rule that it becomes."""
    if skills is None or skills == "all":
        return
    how = "write 'all' or a list of names"
    if isinstance(skills, (str, tuple)):
        raise ValueError(f"skills is {skills!r:.60}; {how}")
    expect_strings("skills", skills)
    for name in skills:
        wrong = _wrong_in_skill(name)
        if wrong is not None:
            raise ValueError(f"skills has the name {name!a:.60}, which {wrong}; {how}")


def _wrong_in_skill(name: str) -> str | None:
    if not name or name != name.strip():
        return "is empty or has spaces around it"
    for character in name:
        if character in ",()\ufeff" or _is_control(character) or "\ud800" <= character <= "\udfff":
            return f"has the character {character!a}, and a permission rule takes no such name"
    if name.startswith("/"):
        return "begins with a slash"
    if name.endswith("*"):
        return "ends with an asterisk, so its rule would allow other skills too"
    if name.endswith("\\") or "\\\\" in name:
        return "has two backslashes in a row or one at its end"
    return None


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f"


def check_rules(name: str, rules: Any) -> None:
    """Refuse a rule that takes up the ones after it, or falls apart, in the CLI's argument.

    The argument has all rules in a row. The CLI cuts it at each comma or space that stands outside
    brackets, and any ``)`` ends a bracket.
    """
    for rule in rules:
        inside = opened = False
        for character in rule:
            if character == "(":
                inside = opened = True
            elif character == ")":
                if not opened:
                    break  # the second part of a rule that was cut
                inside = False
            elif character in ", " and not inside:
                opened = False
        else:
            if not inside:
                continue
        raise ValueError(
            f"{name} has {rule!r:.60}, whose brackets Claude Code would read in another way; close "
            'each bracket, or put the rule into settings, under "permissions"'
        )


def check_prompt(prompt: Any) -> None:
    if prompt is None or isinstance(prompt, str):
        return
    if not isinstance(prompt, Mapping):
        raise TypeError(
            f"system_prompt must be a string or a dict with a 'type', not {describe(prompt)}"
        )
    expect_preset("system_prompt", prompt, ("preset", "custom", "file"))
    if prompt["type"] == "preset":
        return
    needed, types = ("path", PATH) if prompt["type"] == "file" else ("prompt", (str,))
    if not isinstance(prompt.get(needed), types):
        raise ValueError(f"system_prompt of the type {prompt['type']!r} needs a {needed!r}")


def check_output_format(wanted: Any) -> None:
    if wanted is None:
        return
    schema = wanted.get("schema") if isinstance(wanted, Mapping) else wanted
    given, form = describe(schema), "…"
    if isinstance(schema, type) and hasattr(schema, "model_json_schema"):  # a model of pydantic
        given, form = f"the class {schema.__name__}", f"{schema.__name__}.model_json_schema()"
    how = f"; write {{'type': 'json_schema', 'schema': {form}}}"
    if not isinstance(wanted, Mapping):
        raise TypeError(f"output_format must be a dict with a 'type', not {given}{how}")
    if wanted.get("type") != "json_schema":
        raise ValueError(f"output_format has the type {wanted.get('type')!r}{how}")
    if not isinstance(schema, Mapping):
        raise ValueError(f"output_format needs a JSON Schema under 'schema', not {given}{how}")


def check_thinking(thinking: Any) -> None:
    if thinking is None:
        return
    expect_preset("thinking", thinking, _THINKING)
    if thinking["type"] == "enabled":
        if thinking.get("budget_tokens") is None:
            raise ValueError(
                "thinking is enabled without a budget; write "
                "{'type': 'enabled', 'budget_tokens': 10000}, or {'type': 'adaptive'}"
            )
        expect_whole("thinking['budget_tokens']", thinking["budget_tokens"], 0)
    expect_choice("thinking['display']", thinking.get("display"), get_args(ThinkingDisplay))


def check_servers(servers: Any) -> None:
    if isinstance(servers, PATH):
        check_json("mcp_servers", servers)
        return
    how = "write {'NAME': server}"
    if not isinstance(servers, Mapping):
        raise TypeError(
            f"mcp_servers must be a dict or a path, not {type(servers).__name__}; {how}"
        )
    for key, server in servers.items():
        what = f"mcp_servers[{key!r}]"
        tools = server if isinstance(server, list) else [server]
        if tools and all(isinstance(one, SdkMcpTool) for one in tools):
            are = "is a tool" if tools is not server else "is a list of tools"
            raise TypeError(f"{what} {are}; make a server: create_sdk_mcp_server(…, tools=[…])")
        if not isinstance(server, Mapping):
            if key in ("type", "command"):
                raise TypeError(f"mcp_servers has servers by name; {how}, not the server itself")
            raise TypeError(
                f"{what} must be a dict such as {{'command': …}} or {{'type': 'http', 'url': …}}, "
                f"not {type(server).__name__}"
            )
        kind = server.get("type", "stdio")
        expect_choice(f"{what}['type']", kind, (*_SERVER_NEEDS, "sdk"))
        needed = _SERVER_NEEDS.get(kind)
        if needed is not None and not isinstance(server.get(needed), str):
            raise ValueError(f"{what} is of the type {kind!r} and needs a {needed!r}")


def is_json(text: str) -> bool:
    """Return whether the value of an option, a path or JSON, is JSON."""
    return text.lstrip().startswith("{")


def check_json(name: str, text: Any) -> None:
    """Refuse broken JSON: the CLI would take it for a file's name, and repeat all of it."""
    if isinstance(text, str) and is_json(text):
        try:
            json.loads(text)
        except ValueError as error:
            raise ValueError(f"{name} is neither a path nor JSON: {error}") from None


def check_plugins(plugins: Any) -> None:
    how = "plugins must be a list of {'type': 'local', 'path': …}"
    if not isinstance(plugins, (list, tuple)):
        raise TypeError(f"{how}, not {describe(plugins)}")
    for plugin in plugins:
        if not isinstance(plugin, Mapping):
            raise TypeError(f"{how}, not of {describe(plugin)}")
        if plugin.get("type") != "local" or not isinstance(plugin.get("path"), PATH):
            raise ValueError(f"{how}, not of {describe(plugin)}")


def check_hooks(hooks: Any) -> None:
    if hooks is None:
        return
    expect("hooks", hooks, Mapping, "a dict of lists by event")
    events = get_args(HookEvent)
    for event, matchers in hooks.items():
        if event not in events:
            _refuse_misspelt_event(event, events)
        if not isinstance(matchers, (list, tuple)) or not all(
            isinstance(matcher, HookMatcher) for matcher in matchers
        ):
            raise TypeError(
                f"hooks[{event!r}] must be a list of HookMatcher; write [HookMatcher(hooks=[…])]"
            )


def _refuse_misspelt_event(event: Any, events: Sequence[str]) -> None:
    """Refuse an event that is nearly a known one. Others may be those of a newer CLI."""
    if not isinstance(event, str) or not event:
        raise ValueError(f"hooks has no event {event!r}; it can be {_either(events)}")
    import difflib

    plain = {known.lower(): known for known in events}
    near = difflib.get_close_matches(event.replace("_", "").lower(), plain, 1, 0.8)
    if near:
        raise ValueError(f"hooks has no event {event!r}; did you mean {plain[near[0]]!r}?")


def unknown_events(hooks: Any) -> list[str]:
    """Return the events that this package does not know."""
    return [event for event in hooks or () if event not in get_args(HookEvent)]


def check_store(store: Any) -> None:
    if store is None:
        return
    if isinstance(store, type):
        raise TypeError(f"session_store must be a store, not a class; write {store.__name__}(…)")
    for method in ("append", "load"):
        if not callable(getattr(store, method, None)):
            raise TypeError(
                f"session_store must be a SessionStore: {type(store).__name__} has no {method}()"
            )


# --- by the annotations of fields -------------------------------------------------------------

#: Marks a field that may have newer values than this package knows: any string will do.
MORE_TO_COME = {"more_to_come": True}


def at_least(number: int) -> dict[str, int]:
    """Return metadata with the least value of a field. Without it the least value is 0."""
    return {"least": number}


def check_kinds(instance: Any, prefix: str = "") -> None:
    """Refuse values that do not have the simple type of their field.

    Simple types are strings, whole numbers, booleans, choices, and lists of these. Other fields
    have checks of their own.
    """
    kind: Any = type(instance)
    for name, check in _checks_of(kind):
        check(prefix + name, getattr(instance, name))


@cache
def _checks_of(kind: type[Any]) -> list[tuple[str, Callable[[str, Any], None]]]:
    found = []
    for item in fields(kind):
        check = _check_of(item.type, item.metadata)
        if check is not None:
            found.append((item.name, check))
    return found


def _check_of(kind: Any, more: Mapping[str, Any]) -> Callable[[str, Any], None] | None:
    if get_origin(kind) in (Union, UnionType) and NoneType in get_args(kind):
        others = [other for other in get_args(kind) if other is not NoneType]
        inner = _check_of(others[0], more) if len(others) == 1 else None
        return inner and (lambda name, value: None if value is None else inner(name, value))
    if kind is bool:
        return lambda name, value: expect(name, value, bool, "True or False")
    if kind is str:
        return lambda name, value: expect(name, value, str, "a string")
    if kind is int:
        return lambda name, value: expect_whole(name, value, more.get("least", 0))
    if get_origin(kind) is Literal:
        return lambda name, value: expect_choice(name, value, get_args(kind))
    if get_origin(kind) is list:
        (of,) = get_args(kind)
        if of is str or (get_origin(of) is Literal and "more_to_come" in more):
            return expect_strings
        if get_origin(of) is Literal:
            return lambda name, value: _expect_choices(name, value, get_args(of))
    return None


def _expect_choices(name: str, values: Any, choices: tuple[str, ...]) -> None:
    expect_strings(name, values)
    for value in values:
        expect_choice(name, value, choices)


# --- kinds of values --------------------------------------------------------------------------


def expect(name: str, value: Any, types: Any, what: str) -> None:
    if value is not None and not isinstance(value, types):
        raise TypeError(f"{name} must be {what}, not {describe(value)}")


def expect_whole(name: str, value: Any, least: int, *, needed: bool = False) -> None:
    if value is None and not needed:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, not {describe(value)}")
    if value < least:
        raise ValueError(f"{name} is {value}; it must be {least} or more")


def expect_strings(name: str, value: Any) -> None:
    if isinstance(value, str):
        raise TypeError(f"{name} must be a list of strings; write [{value!r}]")
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"{name} must be a list of strings, not {describe(value)}")


def expect_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        raise ValueError(f"{name} is {value!r}; it can be {_either(choices)}")


def expect_preset(name: str, value: Any, kinds: tuple[str, ...]) -> None:
    expect(name, value, Mapping, "a dict with a 'type'")
    if value.get("type") not in kinds:
        raise ValueError(f"{name} has the type {value.get('type')!r}; it can be {_either(kinds)}")
    if value["type"] == "preset":
        expect_choice(f"{name}['preset']", value.get("preset", ""), ("claude_code",))


def _either(choices: Sequence[str]) -> str:
    return ", ".join(map(repr, choices))


def describe(value: Any) -> str:
    return "None" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"
