"""Says in words what a folder's settings would do. The trust question lists it."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._names import to_show
from .files import FoundFile, TooMuch, digest_of, find_files

_HELPERS = (
    *("apiKeyHelper", "awsAuthRefresh", "awsCredentialExport", "gcpAuthRefresh"),
    *("otelHeadersHelper", "proxyAuthHelper"),
)
_SECRETS = ("env", "headers")  # their values may be keys
_KINDS = {
    ".claude/commands": "command",
    ".claude/agents": "agent",
    ".claude/skills": "skill file",
    ".claude/workflows": "workflow",
}
#: A line of a Markdown file's header that only describes.
_WORDS = re.compile(r"(?:name|description|argument-hint|color|when_to_use|version)\s*:")
_RUNS = re.compile(r"^.*(?:!`|```!).*$", re.MULTILINE)  # a command that Claude Code runs
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Finding:
    """One thing that a folder's settings would do.

    Attributes
    ----------
    kind : str
        Its kind in words, such as "MCP server". The summary counts the kinds.
    name : str
        Its name; "" if it has none.
    file : str
        The file that contains it.
    text : str
        What it runs or sets, exactly as in the file.
    """

    kind: str
    name: str
    file: str
    text: str

    @property
    def title(self) -> str:
        """Its kind and its name."""
        return f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True)
class Found:
    """The findings for a folder.

    Attributes
    ----------
    folder : Path
        The folder's real path.
    findings : tuple of Finding
        What the settings of the folder and its parents would do.
    digest : str
        A digest of the paths and bytes of all these files.
    too_much : bool
        Whether there is more than a user would read. Then the folder cannot be trusted.
    schedules : bool
        Whether Claude Code would send prompts by itself.
    files : tuple of FoundFile
        The settings files.
    """

    folder: Path
    findings: tuple[Finding, ...]
    digest: str
    too_much: bool = False
    schedules: bool = False
    files: tuple[FoundFile, ...] = field(default=(), repr=False)

    @property
    def anything(self) -> bool:
        """Whether there is something to ask the user about."""
        return self.too_much or bool(self.findings)

    @property
    def summary(self) -> str:
        """The findings, counted by kind, such as "2 MCP servers, 1 hook"."""
        if self.too_much:
            return "too many settings to show"
        counts = Counter(finding.kind for finding in self.findings)
        return ", ".join(f"{n} {_plural(kind) if n > 1 else kind}" for kind, n in counts.items())


def look(folder: Path, own: Iterable[Path] = ()) -> Found:
    """Look for settings in a folder and its parents.

    Parameters
    ----------
    folder : Path
        The folder in which Claude Code would start.
    own : iterable of Path
        The user's own folders for Claude Code, which need no trust.
    """
    real = Path(os.path.realpath(folder))
    try:
        files = find_files(real, own)
    except TooMuch:
        return Found(real, (), "", too_much=True, schedules=True)
    findings = tuple(
        Finding(*(_clean(part) for part in (kind, name, to_show(file.path), text)))
        for file in files
        for kind, name, text in _findings(file)
    )
    schedules = any(file.location.endswith("scheduled_tasks.json") for file in files)
    return Found(real, findings, digest_of(files), schedules=schedules, files=tuple(files))


_Words = tuple[str, str, str]  # a finding's kind, name and text


def _findings(file: FoundFile) -> Iterator[_Words]:
    if file.problem:
        yield "file that cannot be read", "", file.problem
        return
    if file.location in _KINDS:
        yield from _of_text(file, _KINDS[file.location])
        return
    try:
        data = json.loads(file.data.decode("utf-8-sig"))  # do not guess the encoding
        if not isinstance(data, dict):
            raise ValueError
        if file.location == ".mcp.json":
            found = list(_of_servers(data))
        elif file.location.endswith("scheduled_tasks.json"):
            found = [("scheduled prompt", "", _json(task)) for task in _entries(data.get("tasks"))]
        else:
            found = list(_of_settings(data))
    except (ValueError, RecursionError):
        # Claude Code's own reader may accept it.
        yield "file that is not valid JSON", "", file.data.decode("utf-8", "replace")
        return
    yield from found


def _of_settings(data: dict[str, Any]) -> Iterator[_Words]:
    for key, value in data.items():
        if key == "$schema" or value in (None, {}, [], ""):
            continue
        if key == "hooks":
            yield from _of_hooks(value)
        elif key == "env" and isinstance(value, dict):
            for name in value:
                yield "environment variable", name, ""
        elif key in _HELPERS and isinstance(value, str):
            yield "helper command", key, value
        elif isinstance(value, dict) and isinstance(value.get("command"), str):
            yield "helper command", key, value["command"]
        elif key == "permissions" and isinstance(value, dict):
            for name, rules in value.items():
                yield "permission setting", name, "\n".join(_lines(rules))
        elif key == "mcpServers":
            yield from _of_servers({key: value})
        else:
            yield "setting", key, _json(value)


def _of_hooks(events: Any) -> Iterator[_Words]:
    for event, matchers in events.items() if isinstance(events, dict) else [("", events)]:
        for matcher in _entries(matchers):
            hooks = matcher.get("hooks") if isinstance(matcher, dict) else None
            if not isinstance(hooks, list):
                yield "hook", event, _json(matcher)
                continue
            pattern = matcher.get("matcher")
            name = f"{event} ({pattern})" if pattern not in (None, "", "*") else event
            for hook in hooks:
                command = hook.get("command") if isinstance(hook, dict) else None
                if isinstance(command, str) and not set(hook) - {"type", "command", "timeout"}:
                    yield "hook", name, command
                else:
                    yield "hook", name, _json(hook)


def _of_servers(data: dict[str, Any]) -> Iterator[_Words]:
    servers = data.get("mcpServers")
    if not isinstance(servers, dict):
        if data:
            yield "MCP server", "", _json(data)
        return
    for name, server in servers.items():
        if not isinstance(server, dict):
            yield "MCP server", name, _json(server)
            continue
        lines = []
        rest = dict(server)
        command, arguments = rest.get("command"), rest.get("args", [])
        if isinstance(command, str) and all(isinstance(one, str) for one in _entries(arguments)):
            lines.append(shlex.join([command, *_entries(arguments)]))
            rest.pop("command")
            rest.pop("args", None)
        if isinstance(rest.get("url"), str):
            lines.append(rest.pop("url"))
        rest.pop("type", None)
        if rest:
            lines.append(_json(rest))
        yield "MCP server", name, "\n".join(lines)


def _of_text(file: FoundFile, kind: str) -> Iterator[_Words]:
    """Yield what a command, an agent or a skill does, apart from its text for Claude."""
    text = file.data.decode("utf-8", "replace").lstrip("\ufeff")
    if file.path.suffix.lower() != ".md":
        yield kind, file.path.name, text
        return
    shown = []
    head, rest = _head_of(text)
    if not _is_words(head):
        shown.append(head.strip("\n"))
    shown += _RUNS.findall(rest)
    name = file.path.parent.name if file.path.name == "SKILL.md" else file.path.stem
    yield kind, name, "\n".join(shown)


def _head_of(text: str) -> tuple[str, str]:
    """Return the YAML header of a Markdown file, and the text after it."""
    text = text.lstrip()
    if not text.startswith("---"):
        return "", text
    end = re.compile(r"^---\s*$", re.MULTILINE).search(text, 3)
    return (text[3 : end.start()], text[end.end() :]) if end else (text, text)


def _is_words(head: str) -> bool:
    """Whether a header only describes. It is not parsed as YAML; if in doubt, the answer is no."""
    words = False
    for line in head.splitlines():
        if line[:1].strip():
            words = _WORDS.match(line) is not None
        if line.strip() and not words:
            return False
    return True


def _entries(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _lines(value: Any) -> list[str]:
    return [one if isinstance(one, str) else _json(one) for one in _entries(value)]


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(_names_only(value), ensure_ascii=False)


def _names_only(value: Any, secret: bool = False) -> Any:
    """Hide the values of environment variables and headers: they may be keys."""
    if isinstance(value, dict):
        return {
            key: "…" if secret else _names_only(one, key in _SECRETS) for key, one in value.items()
        }
    if isinstance(value, list):
        return ["…" if secret else _names_only(one) for one in value]
    return "…" if secret else value


def _plural(kind: str) -> str:
    first, that, rest = kind.partition(" that ")
    return f"{first}s{that}{rest.replace('is not', 'are not')}"


def _clean(text: str) -> str:
    """Replace lone surrogates with marks: they cannot be sent to a page."""
    return _SURROGATES.sub(lambda half: f"⟨U+{ord(half[0]):04X}⟩", text)
