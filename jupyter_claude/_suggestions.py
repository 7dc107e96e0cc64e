"""The "Always allow" buttons: they say in words what each of the CLI's suggestions allows.

The words come from measurements on the real CLI. A test presses each button and compares. A
suggestion that is not in these tables gets no button. Nor does one that would allow more than the
user has read: any input of a tool that runs code, or a command in which the CLI reads a star as a
pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_claude_sdk import PermissionRuleValue, PermissionUpdate, ToolPermissionContext

from ._names import to_system
from ._policy import rules
from ._policy.policy import Policy, load_policy
from ._turns.requests import AlwaysAllow

#: The mode "acceptEdits" runs these commands without a request, and redirections too.
FILE_COMMANDS = ("rm", "rmdir", "mv", "cp", "sed", "mkdir", "touch")

#: What a mode allows. The other modes allow less, or everything; they have no button.
_MODES = {
    "acceptEdits": f"file edits and file commands ({', '.join(FILE_COMMANDS)}, > file) in this "
    "folder and in added folders"
}
_DESTINATIONS = {
    "session": "this session",
    "localSettings": "this project, for me (.claude/settings.local.json)",
    "projectSettings": "this project, for everyone (.claude/settings.json)",
    "userSettings": "all my projects (~/.claude/settings.json)",
}

#: The CLI's own tools that may be allowed with any input.
_HARMLESS = frozenset(["WebSearch"])
#: Parts of names by which a tool, or a field of its input, seems to take code.
_CODE = re.compile(
    r"(?i)code|command|cmd|script|shell|bash|python|sql|query|exec|eval|run|program|expr|source"
    r"|terminal|statement|cell|snippet|invoke|call"
)
_MCP_TOOL = re.compile(r"mcp__\w[\w.-]*?__[\w.-]+")
_LONG = 200  # characters; a longer argument may be code

_PATH = r"(?:[\w.~/-]*/)?"
#: Programs that run their standard input, unless an argument names a file or a text.
_INTERPRETER = re.compile(
    _PATH + r"(?:\w*sh|i?python[\d.]*|pypy[\d.]*|perl|ruby|irb|node|nodejs|deno|bun|php|lua|R"
    r"|Rscript|julia|osascript|powershell)"
)
#: Programs that always run their standard input, or commands made from it.
_FED = re.compile(_PATH + r"(?:xargs|parallel|psql|mysql|sqlite3|ssh|at|batch)")
#: Programs whose arguments are another command.
_WRAPPER = re.compile(
    _PATH
    + r"(?:source|eval|exec|\.|sudo|doas|su|env|nohup|time|timeout|command|builtin|nice|ionice"
    r"|stdbuf|setsid|watch|strace|npx|uvx|pipx|bunx|find)"
)
_RUNS = frozenset(["run", "exec", "x", "dlx", "eval", "-c", "-e", "-m"])
#: With these programs, "run" starts a script of the project.
_OWN_SCRIPTS = frozenset(["npm", "yarn", "pnpm", "cargo"])


def offered(
    tool: str, tool_input: dict[str, Any], context: ToolPermissionContext, folder: Path
) -> list[AlwaysAllow]:
    """Return a request's buttons: the index and the label of each suggestion that has a button.

    Parameters
    ----------
    tool : str
        The tool.
    tool_input : dict
        The call's input.
    context : ToolPermissionContext
        The CLI's data about the call.
    folder : Path
        The session's working folder.
    """
    buttons: list[AlwaysAllow] = []
    policy = load_policy()
    for index, suggestion in enumerate(context.suggestions):
        label = suggestion_label(suggestion, tool, tool_input, folder)
        needs_more = tool == "Bash" and _asks_for_path(suggestion, tool_input, context, folder)
        if label is not None and not needs_more and _permitted(policy, suggestion):
            buttons.append({"index": index, "label": label})
    return buttons


def _permitted(policy: Policy, suggestion: PermissionUpdate) -> bool:
    """Whether the administrator's policy lets the user approve more than one call in this way."""
    if not policy.always_allow:
        return False
    if suggestion.mode and rules.refused_mode(policy, suggestion.mode):
        return False
    return not rules.refused_folders(policy, suggestion.directories or ())


def suggestion_label(
    suggestion: PermissionUpdate, tool: str, tool_input: dict[str, Any], folder: Path
) -> str | None:
    """Return the label of a suggestion's button; None if it gets no button."""
    destination = _DESTINATIONS.get(suggestion.destination or "")
    what = _allowed(suggestion, tool, tool_input, folder)
    return None if destination is None or not what else f"Always allow {what}, in {destination}"


def rules_for(tool: str, context: ToolPermissionContext) -> list[str]:
    """Return the permission rules, in the CLI's syntax, that would allow this call."""
    for suggestion in context.suggestions:
        if suggestion.type == "addRules" and suggestion.rules:
            rules = [str(rule) for rule in suggestion.rules]
            if tool == "Bash" and context.blocked_path:
                # A command that writes to a file also needs the right to edit it. In a rule, an
                # absolute path begins with two slashes.
                rules.append(f"Edit(/{context.blocked_path})")
            return rules
    return [tool]  # the CLI suggests no narrower rule


# --- helpers --------------------------------------------------------------------------------------


def _allowed(
    suggestion: PermissionUpdate, tool: str, tool_input: dict[str, Any], folder: Path
) -> str | None:
    if suggestion.type == "setMode" and suggestion.destination == "session":
        return _MODES.get(suggestion.mode or "")
    if suggestion.type == "addDirectories" and suggestion.directories:
        # Claude may read inside the session's folder anyway.
        new = [path for path in suggestion.directories if not _is_inside(path, folder)]
        if not new or new != suggestion.directories:
            return None
        return f"reading in {', '.join(new)}, and file edits there where those are allowed"
    if suggestion.type == "addRules" and suggestion.behavior == "allow" and suggestion.rules:
        words = [_rule_words(rule, tool, tool_input) for rule in suggestion.rules]
        return None if None in words else "; ".join(filter(None, words))
    return None


def _rule_words(rule: PermissionRuleValue, tool: str, tool_input: dict[str, Any]) -> str | None:
    name, content = rule.tool_name, rule.rule_content
    if name == "Bash" and tool == "Bash":
        return _command_words(content or "", str(tool_input.get("command") or ""))
    if name == "Read" and content and re.fullmatch(r"//[^*?\[\]{}]*/\*\*", content):
        return f"reading every file in {content[1:-3] or '/'}"
    if name == "WebFetch" and content and re.fullmatch(r"domain:[\w.:-]+", content):
        return f"fetching every page of {content[len('domain:') :]}"
    if content is None and name == tool and (name in _HARMLESS or _is_plain(tool, tool_input)):
        return f"every call of the tool {name}, whatever its input"
    return None


def _is_plain(tool: str, tool_input: dict[str, Any]) -> bool:
    """Whether an MCP tool seems to take no code, by its name and its input."""
    if not _MCP_TOOL.fullmatch(tool) or _CODE.search(tool):
        return False
    return not any(
        _CODE.search(text) if is_name else "\n" in text or len(text) > _LONG
        for is_name, text in _texts(tool_input)
    )


def _texts(value: Any) -> Iterator[tuple[bool, str]]:
    """Yield all names (True) and texts (False) in an input, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield True, str(name)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield False, value


def _command_words(content: str, command: str) -> str | None:
    """Return in words what a command rule allows; None if it is more than the user has read."""
    begins = content.endswith(" *") and content != command.strip()
    shown = content[:-2] if begins else content
    # The CLI reads every star as a pattern, also a star for the shell or for Python.
    if not shown or "*" in shown or content.endswith(":*") or shown not in command:
        return None
    words = shown.split()
    while words and re.fullmatch(r"\w+=\S*", words[0]):
        words = words[1:]
    if not words or _runs_what_it_gets(words) or (begins and _runs_any(words)):
        return None
    if shown != command.strip() and _is_fed(shown, command):
        return None
    return f"every command “{shown} …”" if begins else f"the command “{shown}”"


def _runs_what_it_gets(words: list[str]) -> bool:
    """Whether a command runs its standard input, such as `sh` or `python3 -`."""
    if any(_FED.fullmatch(word) for word in words):
        return True
    if _WRAPPER.fullmatch(words[0]):
        return any(_INTERPRETER.fullmatch(word) for word in words[1:])
    if not _INTERPRETER.fullmatch(words[0]):
        return False
    return all(word.startswith("-") and word not in ("-c", "-e", "-m") for word in words[1:])


def _runs_any(words: list[str]) -> bool:
    """Whether a command with this beginning may run any other command, such as `uv run`."""
    if _INTERPRETER.fullmatch(words[0]) or _WRAPPER.fullmatch(words[0]):
        return True
    return words[0] not in _OWN_SCRIPTS and any(word in _RUNS for word in words[1:])


def _is_fed(shown: str, command: str) -> bool:
    """Whether a command gets its input from a part of the request that the rule does not have."""
    pipe = re.search(r"(?<!\|)\|(?!\|)", command)
    return "<" in command or (pipe is not None and shown in command[pipe.end() :])


def _asks_for_path(
    suggestion: PermissionUpdate,
    tool_input: dict[str, Any],
    context: ToolPermissionContext,
    folder: Path,
) -> bool:
    """Whether the CLI would ask again because of the path: then a command rule does nothing."""
    names_command = any(rule.tool_name == "Bash" for rule in suggestion.rules or ())
    if not names_command or not context.blocked_path:
        return False
    return ">" in str(tool_input.get("command")) or not _is_inside(context.blocked_path, folder)


def _is_inside(path: str, folder: Path) -> bool:
    return (folder / to_system(path)).resolve().is_relative_to(folder.resolve())
