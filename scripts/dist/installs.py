"""Installs the wheel on each Python of this machine, and with the oldest packages allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts import setup
from scripts.dist import archives, bounds
from scripts.dist.building import FOLDER
from scripts.dist.report import Found
from scripts.setup import BIN, VENV_PYTHON

STARTED = Path(__file__).with_name("started.py")
#: What the extras bring.
MODULES = (
    *("jupyterlab", "ipykernel", "nbformat", "pandas", "matplotlib"),
    *("distributed", "dask.dataframe", "nest_asyncio2", "boto3", "redis", "opentelemetry.trace"),
)
MINUTES = 5


@dataclass(frozen=True)
class Environment:
    """A Python, the extras to install, and whether to take the oldest packages allowed."""

    version: str
    extra: str = ""
    oldest: bool = False

    @property
    def name(self) -> str:
        """The row's name."""
        extra = f" with [{self.extra}]" if self.extra else ""
        return f"Python {self.version}{extra}{', oldest packages' if self.oldest else ''}"


#: Extras have many packages, so they are installed on the oldest and the newest Python only.
ENVIRONMENTS = (
    *map(Environment, setup.PYTHONS),
    Environment(setup.PYTHONS[0], oldest=True),
    Environment(setup.PYTHONS[0], "all", oldest=True),
    Environment(setup.PYTHONS[-1], "all"),
)


def check(environment: Environment, wheel: Path, version: str, cli: str) -> Found:
    """Install the wheel into a new environment, and start it there."""
    base = setup.find_pythons().get(environment.version)
    if base is None:
        return Found(skipped="not on this machine")
    folder = FOLDER / "environment"
    shutil.rmtree(folder, ignore_errors=True)
    uv: list[str | Path] = [VENV_PYTHON, "-m", "uv"]
    setup.run(*uv, "venv", "--quiet", "--clear", "--python", base, folder)
    python = folder / BIN / "python"
    asked = archives.metadata(archives.read(wheel), "METADATA")
    needed = bounds.requirements(asked, environment.extra, environment.version)
    wanted = f"{wheel}[{environment.extra}]" if environment.extra else str(wheel)
    if environment.oldest:
        # What the wheel asks for is not direct for uv, unless we ask for it too. The source
        # distributions of old packages may not build, and nobody installs them by choice.
        direct = [bounds.without_marker(each) for each in needed]
        setup.install(python, "--resolution", "lowest-direct", "--no-build", wanted, *direct)
    else:
        setup.install(python, wanted)
    modules = MODULES if environment.extra else ()
    commands = [[str(python), "-I", str(STARTED), version, *modules]]
    command = str(python.with_name("jupyter-claude"))
    commands += [[command, "--version"], [command, "doctor"]]
    if environment.extra and cli:
        commands.append([command, "demo", "--headless", "--practice"])
    faults = []
    if environment.oldest:
        faults += bounds.untried(needed, bounds.installed(python))
    with tempfile.TemporaryDirectory() as home:
        for each in commands:
            faults += _faults(each, home, cli)
    shutil.rmtree(folder)
    parts = ["import", "%load_ext", "doctor", "one turn" if cli else "no CLI here"]
    parts += ["demo"] if environment.extra and cli else []
    return Found(faults, ", ".join(parts))


def _faults(command: list[str], home: str, cli: str) -> list[str]:
    """Run a command as a user with an empty home would, and return its output if it failed."""
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")
    }
    variables |= {"HOME": home, "CLAUDE_CONFIG_DIR": home, "IPYTHONDIR": home, "NO_COLOR": "1"}
    variables |= {"JUPYTER_CLAUDE_PRACTICE": "1"}
    if cli:
        variables["JUPYTER_CLAUDE_CLI"] = cli
    variables.pop("PYTHONPATH", None)
    done = subprocess.run(
        command,
        cwd=home,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=MINUTES * 60,
    )
    if done.returncode == 0:
        return []
    name = " ".join([Path(command[0]).name, *(Path(part).name for part in command[1:])])
    return [f"{name} ended with {done.returncode}", *done.stdout.splitlines()[-12:]]
