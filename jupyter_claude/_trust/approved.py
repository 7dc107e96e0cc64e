"""Changes of a folder's settings that the user approved with "Always allow …"."""

from __future__ import annotations

import json
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Any

from jupyter_claude_sdk import PermissionUpdate

if TYPE_CHECKING:
    from .findings import Found

_PLACES = ("projectSettings", "localSettings")


def approved_entries(updates: Iterable[PermissionUpdate]) -> set[tuple[str, str]]:
    """Return the entries that Claude Code adds to a folder's settings for these updates.

    Returns
    -------
    set of tuple
        Each entry: the name of a list in the settings' ``permissions``, and the new item.
    """
    entries: set[tuple[str, str]] = set()
    for update in updates:
        if update.destination not in _PLACES:
            continue
        if update.type == "addRules" and update.behavior:
            entries |= {(update.behavior, str(rule)) for rule in update.rules or ()}
        elif update.type == "addDirectories":
            entries |= {("additionalDirectories", path) for path in update.directories or ()}
    return entries


def only_approved(before: Found, now: Found, approved: Set[tuple[str, str]]) -> bool:
    """Whether approved entries are the only change."""
    if before.folder != now.folder or before.too_much or now.too_much:
        return False
    old = {file.path: file for file in before.files}
    new = {file.path: file for file in now.files}
    changed = [path for path in old.keys() | new.keys() if old.get(path) != new.get(path)]
    for path in changed:
        file = new.get(path)
        if file is None or file.problem or not file.location.startswith(".claude/settings"):
            return False
        was = old.get(path)
        settings = _settings(file.data)
        if settings is None or (was is not None and was.problem):
            return False
        if _without(settings, approved) != _without(
            _settings(was.data if was else b"{}"), approved
        ):
            return False
    return bool(changed)


def _settings(data: bytes) -> dict[str, Any] | None:
    try:
        settings = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return settings if isinstance(settings, dict) else None


def _without(settings: dict[str, Any] | None, approved: Set[tuple[str, str]]) -> Any:
    """Return the settings without the approved entries and without lists that become empty."""
    if settings is None or not isinstance(settings.get("permissions", {}), dict):
        return settings
    permissions = {}
    for name, entries in settings.get("permissions", {}).items():
        if isinstance(entries, list):
            entries = [entry for entry in entries if not _in(approved, name, entry)]
        if entries != []:
            permissions[name] = entries
    rest = {name: value for name, value in settings.items() if name != "permissions"}
    return {**rest, "permissions": permissions} if permissions else rest


def _in(approved: Set[tuple[str, str]], name: str, entry: Any) -> bool:
    return isinstance(entry, str) and (name, entry) in approved
