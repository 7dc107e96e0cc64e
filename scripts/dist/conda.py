"""Builds and tests the conda package where no channel of conda can be reached.

A channel in a folder stands in for conda-forge. Its `python` is this machine's Python, with all
packages from PyPI inside; its other packages are empty, and have only a name and a version.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from scripts import setup
from scripts.dist import bounds, tools
from scripts.dist.building import FOLDER
from scripts.dist.report import Found
from scripts.setup import ROOT

RECIPE = ROOT / "conda" / "recipe.yaml"
BUILD = Path(__file__).with_name("conda_build.py")
PLACE = FOLDER / "conda"
LEFT_OUT = shutil.ignore_patterns("test", "__pycache__", "site-packages", "share", "config-*")


def check(packed: Path, metadata: str) -> Found:
    """Let rattler-build build the recipe from a source distribution, and run its tests."""
    version = setup.PYTHONS[0]  # the recipe's python_min
    base = setup.find_pythons().get(version)
    if base is None:
        return Found(skipped=f"no Python {version} on this machine")
    prefix = _prefix(base)
    if prefix in (Path("/usr"), Path("/usr/local")):
        return Found(skipped=f"Python {version} is not in a folder of its own")
    shutil.rmtree(PLACE, ignore_errors=True)
    tree = PLACE / "python"
    shutil.copytree(prefix, tree, symlinks=True, ignore=LEFT_OUT)
    site = tree / "lib" / f"python{version}" / "site-packages"
    needed = map(bounds.without_marker, bounds.requirements(metadata, python=version))
    build = ["pip", "hatchling>=1.27", "hatch-jupyter-builder>=0.9"]
    setup.install(base, "--target", str(site), *build, *needed)
    versions = {
        canonicalize_name(each.name): each.version for each in distributions(path=[str(site)])
    }
    (PLACE / "versions.json").write_text(json.dumps(versions), "utf-8")
    for source, folder in ((RECIPE, "recipe"), (packed, "dist")):
        (PLACE / folder).mkdir()
        shutil.copy(source, PLACE / folder)
    return Found(
        tools.run([tools.CONDA, tools.CHANNEL], "python", str(BUILD), str(PLACE)),
        "built and tested with stand-ins for its channels",
    )


def _prefix(python: Path) -> Path:
    code = "import sys; print(sys.base_prefix)"
    asked = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return Path(asked.stdout.strip())
