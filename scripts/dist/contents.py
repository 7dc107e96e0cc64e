"""What must be in the archives of a release, and what must not."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from pathlib import PurePosixPath

from scripts.dist.archives import Files, metadata

#: Where JupyterLab finds the extension, below the wheel's `.data` folder.
LAB = "data/share/jupyter/labextensions/jupyter-claude"
#: A wheel has these, below its packages and its `.data` folder.
WANTED = (
    "jupyter_claude/py.typed",
    "jupyter_claude/static/loader.js",
    "jupyter_claude/notebooks/quickstart.ipynb",
    "jupyter_claude/notebooks/analysis.ipynb",
    "jupyter_claude/notebooks/batch.ipynb",
    "jupyter_claude/notebooks/replayed.ipynb",
    "jupyter_claude/notebooks/replayed.claude/recording.json",
    "jupyter_claude_sdk/py.typed",
    "jupyter_claude_sdk/testing/__init__.py",
    f"{LAB}/package.json",
    f"{LAB}/install.json",
    f"{LAB}/static/widget.js",
    f"{LAB}/static/widget.licenses.txt",
    f"{LAB}/schemas/jupyter-claude/commands.json",
)
#: A source distribution has these as well: it builds the wheel without npm, and translators and
#: testers begin with it.
WANTED_SOURCE = (
    "pyproject.toml",
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "PKG-INFO",
    "jupyter_claude/__init__.py",
    "jupyter_claude/labextension/static/widget.js",
    "jupyter_claude/locale/jupyter_claude.pot",
    "jupyter_claude/static/built.sha256",
    "jupyter_claude/static/loader.js",
    "labextension/package-lock.json",
    "notebooks/replayed.claude/recording.json",
    "scripts/frontend.py",
    "sdk/jupyter_claude_sdk/_version.py",
    "tests/conftest.py",
)
PACKAGES = {"jupyter_claude", "jupyter_claude_sdk"}
KINDS = {".py", ".js", ".ipynb", ".typed"}
#: What tools leave behind.
LEFT = re.compile(
    r"(^|/)(__pycache__|node_modules|\.ipynb_checkpoints|\.pytest_cache|\.mypy_cache|\.ruff_cache"
    r"|\.hypothesis|\.venv|\.git|\.DS_Store|test-results)(/|$)|\.(pyc|pyo|tsbuildinfo|swp|orig~)$"
)


def of_wheel(files: Files) -> list[str]:
    """Return the faults of a wheel's contents."""
    inner = [re.sub(r"^[^/]+\.data/", "", name) for name in files]
    faults = [f"{name} is missing" for name in WANTED if name not in inner]
    faults += [f"{name} does not belong there" for name in inner if LEFT.search(name)]
    for name in files:
        top, _, rest = name.partition("/")
        if top.endswith(".data"):
            if not rest.startswith(f"{LAB}/"):
                faults.append(f"{name} is outside JupyterLab's extension")
        elif top.endswith(".dist-info"):
            continue
        elif top not in PACKAGES:
            faults.append(f"{name} is in no package of ours")
        elif "tests" in PurePosixPath(name).parts:
            faults.append(f"{name} is a test")
        elif _kind(name) not in KINDS and ".claude/" not in name:
            faults.append(f"{name} is of a kind that no wheel of ours has")
    return faults + _twice(files)


def of_source(files: Files) -> list[str]:
    """Return the faults of a source distribution's contents."""
    inner = [name.partition("/")[2] for name in files]
    faults = [f"{name} is missing" for name in WANTED_SOURCE if name not in inner]
    faults += [f"{name} does not belong there" for name in inner if LEFT.search(name)]
    if len({name.partition("/")[0] for name in files}) != 1:
        faults.append("there is more than one top folder")
    return faults + [
        f"{name} is build output" for name in inner if name.startswith("labextension/lib/")
    ]


def of_tag(files: Files) -> list[str]:
    """Return the faults of a wheel's tags: it must run on every Python and platform."""
    lines = metadata(files, "WHEEL").splitlines()
    tags = [line.removeprefix("Tag: ") for line in lines if line.startswith("Tag: ")]
    faults = [] if tags == ["py3-none-any"] else [f"the tags are {tags}, not py3-none-any"]
    if "Root-Is-Purelib: true" not in lines:
        faults.append("the wheel does not say that it is pure")
    native = (".so", ".pyd", ".dll", ".dylib", ".exe", ".node")
    return faults + [f"{name} is machine code" for name in files if name.endswith(native)]


def _kind(name: str) -> str:
    path = PurePosixPath(name)
    return path.suffix or path.name


def _twice(files: Files) -> list[str]:
    """Return what is in a wheel twice. Small files may be equal by chance."""
    digests = Counter(sha256(content).hexdigest() for content in files.values())
    return [
        f"{name} is there more than once"
        for name, content in files.items()
        if len(content) > 1000 and digests[sha256(content).hexdigest()] > 1
    ]
