"""The "Always allow" buttons: what each of the CLI's suggestions really allows, in words.

The words come from what was measured on the real CLI, and a test presses each button and compares.
What is not in these tables gets no button, and neither does what would allow more than its user has
read: any input of a tool that runs code, or a command in which the CLI takes a star for a pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_claude_sdk import PermissionRuleValue, PermissionUpdate, ToolPermissionContext

from ._names import to_system
from ._turns.requests import AlwaysAllow

#: The file commands that run unasked in the mode "acceptEdits"; a redirection does so too.
FILE_COMMANDS = ("rm", "rmdir", "mv", "cp", "sed", "mkdir", "touch")

#: What a mode allows. The other modes allow less, or everything, and have no button.
_MODES = {
    "acceptEdits": f"file edits and file commands ({', '.join(FILE_COMMANDS)}, > file) in this "
    "folder and in added folders"
}
_PLACES = {
    "session": "this session",
    "localSettings": "this project, for me (.claude/settings.local.json)",
    "projectSettings": "this project, for everyone (.claude/settings.json)",
    "userSettings": "all my projects (~/.claude/settings.json)",
}

#: Tools of the CLI's own that may be allowed whatever their input.
_HARMLESS = frozenset(["WebSearch"])
#: Parts of names that say that a tool, or a field of its input, takes code.
_CODE = re.compile(
    r"(?i)code|command|cmd|script|shell|bash|python|sql|query|exec|eval|run|program|expr|source"
    r"|terminal|statement|cell|snippet|invoke|call"
)
_MCP_TOOL = re.compile(r"mcp__\w[\w.-]*?__[\w.-]+")
_LONG = 200  # characters from which on an argument may be code

_PATH = r"(?:[\w.~/-]*/)?"
#: Programs that run what comes on their standard input, unless a file or a text comes first.
_INTERPRETER = re.compile(
    _PATH + r"(?:\w*sh|i?python[\d.]*|pypy[\d.]*|perl|ruby|irb|node|nodejs|deno|bun|php|lua|R"
    r"|Rscript|julia|osascript|powershell)"
)
#: Those that run it, or what comes of it, in any case.
_FED = re.compile(_PATH + r"(?:xargs|parallel|psql|mysql|sqlite3|ssh|at|batch)")
#: Programs whose further words are a command of their own.
_WRAPPER = re.compile(
    _PATH
    + r"(?:source|eval|exec|\.|sudo|doas|su|env|nohup|time|timeout|command|builtin|nice|ionice"
    r"|stdbuf|setsid|watch|strace|npx|uvx|pipx|bunx|find)"
)
_RUNS = frozenset(["run", "exec", "x", "dlx", "eval", "-c", "-e", "-m"])
#: Of these, "run" starts what the project itself names.
_OWN_SCRIPTS = frozenset(["npm", "yarn", "pnpm", "cargo"])


def offered(
    tool: str, tool_input: dict[str, Any], context: ToolPermissionContext, folder: Path
) -> list[AlwaysAllow]:
    """Return the buttons of a request: the index of each suggestion that has one, and its label.

    Parameters
    ----------
    tool : str
        The tool.
    tool_input : dict
        The call's input.
    context : ToolPermissionContext
        What the CLI says about the call.
    folder : Path
        The session's working folder.
    """
    buttons: list[AlwaysAllow] = []
    for index, suggestion in enumerate(context.suggestions):
        label = suggestion_label(suggestion, tool, tool_input, folder)
        needs_more = tool == "Bash" and _asks_for_path(suggestion, tool_input, context, folder)
        if label is not None and not needs_more:
            buttons.append({"index": index, "label": label})
    return buttons


def suggestion_label(
    suggestion: PermissionUpdate, tool: str, tool_input: dict[str, Any], folder: Path
) -> str | None:
    """Return the words of the button for a suggestion, or None if it gets no button."""
    place = _PLACES.get(suggestion.destination or "")
    what = _allowed(suggestion, tool, tool_input, folder)
    return None if place is None or not what else f"Always allow {what}, in {place}"


def rules_for(tool: str, context: ToolPermissionContext) -> list[str]:
    """Return the permission rules, in the CLI's syntax, that would allow a call."""
    for suggestion in context.suggestions:
        if suggestion.type == "addRules" and suggestion.rules:
            rules = [str(rule) for rule in suggestion.rules]
            if tool == "Bash" and context.blocked_path:
                # A command that writes to a file needs the right to that as well; an absolute path
                # in a rule begins with two slashes.
                rules.append(f"Edit(/{context.blocked_path})")
            return rules
    return [tool]  # without a suggestion of the CLI's, no narrower rule allows it


# --- inside ---------------------------------------------------------------------------------------


def _allowed(
    suggestion: PermissionUpdate, tool: str, tool_input: dict[str, Any], folder: Path
) -> str | None:
    if suggestion.type == "setMode" and suggestion.destination == "session":
        return _MODES.get(suggestion.mode or "")
    if suggestion.type == "addDirectories" and suggestion.directories:
        # What lies in the folder may be read anyway.
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
    """Whether a server's tool seems to take no code, by its name and by all that it is given."""
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
    """Return what a rule for commands allows; None if that is more than the user has read."""
    begins = content.endswith(" *") and content != command.strip()
    shown = content[:-2] if begins else content
    # The CLI takes a star for anything, also one that was meant for the shell or for Python.
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
    """Whether a command runs what comes on its standard input, such as `sh` or `python3 -`."""
    if any(_FED.fullmatch(word) for word in words):
        return True
    if _WRAPPER.fullmatch(words[0]):
        return any(_INTERPRETER.fullmatch(word) for word in words[1:])
    if not _INTERPRETER.fullmatch(words[0]):
        return False
    return all(word.startswith("-") and word not in ("-c", "-e", "-m") for word in words[1:])


def _runs_any(words: list[str]) -> bool:
    """Whether all commands that begin so are commands of any kind, such as those of `uv run`."""
    if _INTERPRETER.fullmatch(words[0]) or _WRAPPER.fullmatch(words[0]):
        return True
    return words[0] not in _OWN_SCRIPTS and any(word in _RUNS for word in words[1:])


def _is_fed(shown: str, command: str) -> bool:
    """Whether a command gets its input from a part of the request that the rule leaves out."""
    pipe = re.search(r"(?<!\|)\|(?!\|)", command)
    return "<" in command or (pipe is not None and shown in command[pipe.end() :])


def _asks_for_path(
    suggestion: PermissionUpdate,
    tool_input: dict[str, Any],
    context: ToolPermissionContext,
    folder: Path,
) -> bool:
    """Whether the CLI would ask again for the path, so that a rule for the command does nothing."""
    names_command = any(rule.tool_name == "Bash" for rule in suggestion.rules or ())
    if not names_command or not context.blocked_path:
        return False
    return ">" in str(tool_input.get("command")) or not _is_inside(context.blocked_path, folder)


def _is_inside(path: str, folder: Path) -> bool:
    return (folder / to_system(path)).resolve().is_relative_to(folder.resolve())
