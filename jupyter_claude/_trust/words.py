"""The text of ``%claude trust``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._names import to_show
from .._text import exact, exact_line
from .findings import Found

if TYPE_CHECKING:
    from .gate import Gate


def describe(found: Found, gate: Gate, sources: Sequence[str]) -> str:
    """Return the settings found for a folder, and whether Claude Code uses them.

    Parameters
    ----------
    found : Found
        The findings.
    gate : Gate
        Knows the user's answers.
    sources : sequence of str
        The trait ``setting_sources``.
    """
    lines = [f"Folder:  {exact_line(to_show(found.folder))}"]
    if not found.anything:
        return "\n".join([*lines, "Found:   no settings that need trust"])
    lines.append(f"Found:   {found.summary}")
    lines += list_of(found)
    return "\n".join([*lines, f"State:   {_state(found, gate, sources)}"])


def list_of(found: Found) -> list[str]:
    """Return the findings as lines, file by file, with hidden characters as marks."""
    lines = []
    file = ""
    for finding in found.findings:
        if finding.file != file:
            file = finding.file
            lines.append(f"  {exact_line(file)}")
        lines.append(f"    {exact_line(finding.title)}")
        lines += [f"      {line}" for line in exact(finding.text).split("\n") if line]
    return lines


def _state(found: Found, gate: Gate, sources: Sequence[str]) -> str:
    since = gate.trusted_since(found)
    if not {"project", "local"} & set(sources):
        return "left out: ClaudeMagics.setting_sources names neither project nor local"
    if gate.is_left_out(found):
        return "left out in this session; to use them: %claude trust yes"
    if since is not None:
        return f"trusted since {since[:16].replace('T', ' ')}; to leave them out: %claude trust no"
    if found.too_much:
        return "left out: there are too many settings to read, so you cannot trust the folder"
    return "not decided; the next prompt asks you, or leaves them out if nobody can be asked"
