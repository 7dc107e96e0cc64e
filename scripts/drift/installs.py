"""Finds the newest versions, and installs them below build/drift. `remove` takes all of it away."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

from jupyter_claude._command.pinned import PACKAGE as CLI_PACKAGE
from jupyter_claude._command.pinned import platform_package
from scripts import setup
from scripts.setup import BIN, BUILD, PEER, VENV_PYTHON

FOLDER = BUILD / "drift"
NAMES = Path(__file__).with_name("names.py")
#: The official package, and the version that ours was compared with.
PACKAGE, PINNED = PEER.split("==")


def newest_cli() -> str:
    """Ask the registry of npm for the newest version of Claude Code."""
    return _said(_npm(), "view", CLI_PACKAGE, "version")


def install_cli(version: str) -> Path:
    """Install a version of Claude Code; return its program."""
    setup.say(f"Claude Code {version} below build/drift")
    name = platform_package()
    if name is None:
        raise SystemExit("error: there is no Claude Code for this platform")
    folder = FOLDER / f"cli-{version}"
    folder.mkdir(parents=True)
    project = {"private": True, "dependencies": {CLI_PACKAGE: version, name: version}}
    (folder / "package.json").write_text(json.dumps(project), "utf-8")
    quiet = ("--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error")
    setup.run(_npm(), "install", "--prefix", folder, *quiet)
    package = folder / "node_modules" / name
    for program in (package / "claude", package / "claude.exe"):
        if program.is_file():
            said = _said(str(program), "--version").split()[0]
            if said != version:
                raise SystemExit(f"error: Claude Code {version} says that it is {said}")
            return program
    raise SystemExit(f"error: {name} {version} holds no program")


def install_package(version: str | None) -> tuple[str, Path]:
    """Install a version of the official package, or the newest; return its version and Python."""
    setup.say(f"{PACKAGE} {version or '(newest)'} below build/drift")
    folder = FOLDER / f"package-{version or 'newest'}"
    setup.run(VENV_PYTHON, "-m", "uv", "venv", "--quiet", "--python", VENV_PYTHON, folder)
    python = folder / BIN / "python"
    setup.install(python, "--upgrade", f"{PACKAGE}=={version}" if version else PACKAGE)
    code = f"import importlib.metadata as m; print(m.version({PACKAGE!r}))"
    return _said(str(python), "-c", code), python


def names_of(python: Path, package: str) -> dict[str, str]:
    """Return what an environment's package offers. We only look at the imported objects."""
    listing: dict[str, str] = json.loads(_said(str(python), "-I", str(NAMES), package))
    return listing


def remove() -> None:
    """Remove what was installed."""
    shutil.rmtree(FOLDER, ignore_errors=True)


def _npm() -> str:
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("error: there is no npm; install Node.js, then try again")
    return npm


def _said(*command: str) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        # The address of a registry may hold a password.
        error = re.sub(r"//[^/\s@]+@", "//", done.stderr.strip()[-500:])
        raise SystemExit(f"error: {Path(command[0]).name} failed: {error}")
    return done.stdout.strip()
