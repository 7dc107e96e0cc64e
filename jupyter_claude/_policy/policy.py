"""`Policy`: what the administrator's files allow.

Each file that exists counts. Where two speak of the same thing, the stricter one counts. Files are
read anew at each use, so that a change takes effect with the next prompt.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._text import one_line
from . import values
from .user import user_name

__all__ = ["KERNEL_MODES", "PERMISSION_MODES", "Fault", "Policy", "load_policy", "policy_files"]

#: The kernel modes, the strictest first.
KERNEL_MODES = ("off", "ask", "look")
#: The permission modes that Claude Code has.
PERMISSION_MODES = ("default", "acceptEdits", "plan", "dontAsk", "auto", "bypassPermissions")


@dataclass(frozen=True)
class Fault:
    """Something in a file that nobody can obey.

    Attributes
    ----------
    file : Path
        The file.
    key : str
        The key in it; "" if it is about the whole file.
    text : str
        What is wrong.
    """

    file: Path
    key: str
    text: str

    @property
    def line(self) -> str:
        """What is wrong and who must fix it, in one line."""
        key = f", {self.key}" if self.key else ""
        return one_line(
            f"The administrator's policy is not usable ({self.file}{key}: {self.text}), so no "
            "prompt is sent; ask the administrator to fix this file"
        )


@dataclass(frozen=True)
class Policy:
    """What is allowed. `None` means that no file says anything about it.

    Attributes
    ----------
    kernel : str or None
        The most permissive kernel mode: off, ask or look.
    permission_modes : tuple of str or None
        The permission modes.
    models : tuple of str or None
        Names of models, or patterns with ``*``.
    budget_usd_per_day : float or None
        What this user may spend on one day, in all kernels together.
    always_allow : bool
        Whether "Always allow" is offered.
    folders : tuple of Path or None
        The folders in which, and below which, Claude may work.
    cli_path : Path or None
        The Claude Code that is started.
    keep_alive_minutes : float or None
        How long a waiting request or a long turn keeps a server from being culled.
    spend_log, spend_metrics : tuple of Path
        The files that each turn's cost is written to.
    files : tuple of Path
        The files that were read.
    faults : tuple of Fault
        What is wrong in them. If there are any, no prompt may be sent.
    """

    kernel: str | None = None
    permission_modes: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    budget_usd_per_day: float | None = None
    always_allow: bool = True
    folders: tuple[Path, ...] | None = None
    cli_path: Path | None = None
    keep_alive_minutes: float | None = None
    spend_log: tuple[Path, ...] = ()
    spend_metrics: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    faults: tuple[Fault, ...] = ()


def policy_files() -> list[Path]:
    """Return the paths at which a policy may be, whether or not a file is there."""
    if sys.platform == "win32":
        machine = Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData"))
    else:
        machine = Path("/etc")
    found = [machine, Path(sys.prefix) / "etc"]
    paths = [folder / "jupyter-claude" / "policy.toml" for folder in found]
    named = os.environ.get("JUPYTER_CLAUDE_POLICY")
    return list(dict.fromkeys([*paths, *([Path(named)] if named else [])]))


def load_policy() -> Policy:
    """Read the administrator's files.

    Returns
    -------
    Policy
        It never raises: what is wrong is in ``faults``.
    """
    named = os.environ.get("JUPYTER_CLAUDE_POLICY")
    read: list[tuple[Path, dict[str, Any]]] = []
    files: list[Path] = []
    faults: list[Fault] = []
    for path in policy_files():
        if not path.is_absolute():  # another file after each change of the folder
            files.append(path)
            faults.append(Fault(path, "", "JUPYTER_CLAUDE_POLICY must name an absolute path"))
            continue
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            if named and path == Path(named):
                files.append(path)
                faults.append(Fault(path, "", "JUPYTER_CLAUDE_POLICY names it, but it is missing"))
            continue
        except OSError as error:
            files.append(path)
            faults.append(Fault(path, "", f"cannot be read: {error.strerror}"))
            continue
        files.append(path)
        try:
            read.append((path, _parsed(data)))
        except ValueError as error:  # of the encoding or of TOML
            faults.append(Fault(path, "", f"is no TOML: {error}"))
    merged: dict[str, Any] = {}
    for path, keys in read:
        for key, value in keys.items():
            try:
                _merge(merged, key, value)
            except ValueError as error:
                faults.append(Fault(path, key, str(error)))
    return Policy(**merged, files=tuple(files), faults=tuple(faults))


def _parsed(data: bytes) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib  # lazy, as most machines have no policy
    else:
        import tomli as tomllib

    keys: dict[str, Any] = tomllib.loads(data.decode())
    return keys


def _merge(merged: dict[str, Any], key: str, value: object) -> None:
    """Take a key of a file.

    Raises
    ------
    ValueError
        If it is unknown, or its value is wrong.
    """
    if key not in _KEYS:
        raise ValueError("there is no such key")
    check, stricter = _KEYS[key]
    checked = check(value)
    merged[key] = stricter(merged[key], checked) if key in merged else checked


# --- the values, and the stricter of two --------------------------------------------------------


def _kernel(value: object) -> str:
    return values.one_of(value, KERNEL_MODES)


def _modes(value: object) -> tuple[str, ...]:
    return tuple(values.one_of(each, PERMISSION_MODES) for each in values.texts(value))


def _folders(value: object) -> tuple[Path, ...]:
    return tuple(values.folder(each) for each in values.texts(value))


def _spend_file(value: object) -> tuple[Path, ...]:
    return (values.path(values.text(value).replace("{user}", values.file_name(user_name()))),)


def _least_permissive(first: str, second: str) -> str:
    return min(first, second, key=KERNEL_MODES.index)


def _both_modes(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return _not_empty(mode for mode in first if mode in second)


def _both_models(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    # A pattern that another one matches as a text allows nothing that the other one forbids.
    return _not_empty(
        dict.fromkeys(
            [name for name in first if values.matches(name, second)]
            + [name for name in second if values.matches(name, first)]
        )
    )


def _both_folders(first: tuple[Path, ...], second: tuple[Path, ...]) -> tuple[Path, ...]:
    return _not_empty(
        dict.fromkeys(
            [path for path in first if any(path.is_relative_to(other) for other in second)]
            + [path for path in second if any(path.is_relative_to(other) for other in first)]
        )
    )


def _same(first: Path, second: Path) -> Path:
    if first != second:
        raise ValueError(f"another file of the policy says {str(first)!r}")
    return first


def _all_files(first: tuple[Path, ...], second: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys([*first, *second]))


def _not_empty(allowed: Iterable[Any]) -> tuple[Any, ...]:
    found = tuple(allowed)
    if not found:
        raise ValueError("it allows nothing that the other file of the policy allows")
    return found


_KEYS: dict[str, tuple[Callable[[object], Any], Callable[[Any, Any], Any]]] = {
    "kernel": (_kernel, _least_permissive),
    "permission_modes": (_modes, _both_modes),
    "models": (values.texts, _both_models),
    "budget_usd_per_day": (values.amount, min),
    "always_allow": (values.flag, min),
    "folders": (_folders, _both_folders),
    "cli_path": (values.expanded, _same),
    "keep_alive_minutes": (values.amount, min),
    "spend_log": (_spend_file, _all_files),
    "spend_metrics": (_spend_file, _all_files),
}
