"""The lower bounds of the packages that we need."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from email import message_from_string
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from scripts.setup import VENV_PYTHON


def requirements(metadata: str, extra: str = "", python: str = "3.13") -> list[Requirement]:
    """Return what a wheel's METADATA asks for on a Python, with or without an extra."""
    given = message_from_string(metadata).get_all("Requires-Dist") or []
    found = [Requirement(text) for text in given]
    here = {"extra": extra, "python_version": python, "python_full_version": f"{python}.0"}
    return [each for each in found if not each.marker or each.marker.evaluate(here)]


def lower(requirement: Requirement) -> str:
    """Return the oldest version that a requirement allows, or ""."""
    found = [each.version for each in requirement.specifier if each.operator in (">=", "~=", "==")]
    return found[0] if found else ""


def without_marker(requirement: Requirement) -> str:
    """Return a requirement that counts everywhere."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"


def untried(wanted: list[Requirement], installed: Mapping[str, str]) -> list[str]:
    """Return the lower bounds that are older than what an oldest installation has."""
    faults = []
    for each in wanted:
        bound, found = lower(each), installed.get(canonicalize_name(each.name), "")
        if not bound:
            faults.append(f"{each.name} has no lower bound")
        elif not found:
            faults.append(f"{each.name} is not installed")
        else:
            # 2.2.2 can be the oldest of 2.2 that installs.
            parts = len(Version(bound).release)
            if Version(found).release[:parts] != Version(bound).release:
                faults.append(f"{each.name}>={bound} is never installed; the oldest is {found}")
    return faults


def installed(python: Path) -> dict[str, str]:
    """Return the packages of an environment, with their versions."""
    uv = [str(VENV_PYTHON), "-m", "uv", "pip", "list", "--quiet", "--format", "json"]
    said = subprocess.run([*uv, "--python", str(python)], capture_output=True, text=True)
    return {canonicalize_name(each["name"]): each["version"] for each in json.loads(said.stdout)}
