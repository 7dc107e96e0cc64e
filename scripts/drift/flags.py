"""Lists the options and commands that ``claude --help`` names."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_ENTRY = re.compile(r"^ {2}(\S(?:.*?\S)?)(?: {2,}|$)")
_CHOICES = re.compile(r"\(choices: (.*?)\)")


def help_text(cli: Path) -> str:
    """Return what the CLI prints for ``--help``."""
    done = subprocess.run(
        [cli, "--help"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    return done.stdout


def listing(text: str) -> dict[str, str]:
    """Return the entries of a help text, with the choices of each.

    Descriptions are left out: their wording changes often, and no program depends on it.
    """
    found: dict[str, str] = {}
    section = entry = ""
    texts: dict[str, str] = {}
    for line in text.splitlines():
        heading = re.match(r"^(\w+):$", line)
        named = _ENTRY.match(line)
        if heading:
            section, entry = heading[1].lower(), ""
        elif section and named:
            entry = f"{section}: {named[1]}"
            texts[entry] = line[named.end() :]
        elif entry:
            texts[entry] += f" {line.strip()}"
    for entry, said in texts.items():
        choices = _CHOICES.search(said)
        found[entry] = choices[1] if choices else "named"
    return found
