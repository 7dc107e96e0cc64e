"""A release: its version, its extras, its conda recipe, and the checks of `make dist`."""

from __future__ import annotations

import io
import json
import re
import sys
import tarfile
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from jupyter_claude_sdk import __version__
from packaging.requirements import Requirement
from packaging.version import Version

from scripts import setup
from scripts.dist import archives, bounds, building, contents, installs, licences, report, traces
from scripts.dist import conda as conda_package
from scripts.dist.archives import Files
from scripts.dist.report import Check, Found
from scripts.setup import ROOT

pytestmark = pytest.mark.pure

# Python 3.10 has no tomllib; pytest brings tomli there.
tomllib = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RECIPE = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text("utf-8"))
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
#: Names that conda-forge has changed.
CONDA_NAMES = {
    "typing-extensions": "typing_extensions",
    "jupyter-client": "jupyter_client",
    "matplotlib": "matplotlib-base",
    "redis": "redis-py",
}


# ---------------------------------------------------------------- version


def test_the_version_is_the_same_everywhere() -> None:
    """Otherwise: two numbers for one release, and nobody knows which one a report is about."""
    package = json.loads((ROOT / "labextension" / "package.json").read_text("utf-8"))
    lock = json.loads((ROOT / "labextension" / "package-lock.json").read_text("utf-8"))
    newest = re.search(r"^## (\S+) \(", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest is not None
    assert {
        package["version"],
        lock["version"],
        lock["packages"][""]["version"],
        newest[1],
        RECIPE["context"]["version"],
    } == {__version__}
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "sdk/jupyter_claude_sdk/_version.py"


def test_the_changelog_has_each_version_once_newest_first() -> None:
    """Otherwise: who upgrades reads the changes of another version."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    heads = re.findall(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", text, re.MULTILINE)
    assert len(heads) == len(re.findall(r"^## ", text, re.MULTILINE)) >= 2
    versions = [Version(version) for version, _ in heads]
    assert versions == sorted(set(versions), reverse=True)
    assert [day for _, day in heads] == sorted((day for _, day in heads), reverse=True)


# ---------------------------------------------------------------- extras


def test_the_extra_all_is_all_that_users_can_turn_on() -> None:
    """Otherwise: `pip install 'jupyter-claude[all]'` leaves a feature that says it is missing."""
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.name == "jupyter-claude"
    assert everything.extras == EXTRAS.keys() - {"all", "dev"}


def test_each_extra_is_on_the_page_with_its_reason() -> None:
    """Otherwise: nobody learns what an extra is for."""
    page = (ROOT / "docs" / "reference" / "extras.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE)
    assert {name for name, reason in rows if len(reason) > 10} == EXTRAS.keys() - {"dev"}


def test_each_dependency_has_a_lower_bound_and_a_reason() -> None:
    """Otherwise: an old package is taken that never worked, or one that nobody needs."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    lines = text.split("\ndependencies = [")[1].split("\n]")[0].strip().splitlines()
    assert [line for line in lines if not re.match(r'\s*"[\w-]+>=[\d.]+[^"]*",\s+# \w', line)] == []
    for extra in EXTRAS.keys() - {"all", "dev"}:
        for each in map(Requirement, EXTRAS[extra]):
            assert bounds.lower(each), each


# ---------------------------------------------------------------- conda


def conda(requirement: Requirement) -> str:
    """Return a requirement as conda writes it, which has one list for all Pythons."""
    name = CONDA_NAMES.get(requirement.name, requirement.name)
    return f"{name} {','.join(sorted(map(str, requirement.specifier), reverse=True))}"


def test_conda_installs_what_pip_installs() -> None:
    """Otherwise: the conda package lacks a dependency, or allows one that does not work."""
    needed = [conda(Requirement(each)) for each in PROJECT["project"]["dependencies"]]
    python = f"python {PROJECT['project']['requires-python']}"
    run = [each.replace("${{ python_min }}", "3.10") for each in RECIPE["requirements"]["run"]]
    assert run == [python, *needed]
    assert RECIPE["context"]["python_min"] == "3.10"


def test_conda_takes_no_older_package_beside_ours() -> None:
    """Otherwise: a feature that an extra names fails under conda with an old package."""
    optional = {conda(Requirement(each)) for name in EXTRAS.keys() - {"all", "dev"}
                for each in EXTRAS[name]}  # fmt: skip
    assert set(RECIPE["requirements"]["run_constraints"]) == optional


def test_conda_builds_with_what_the_build_needs() -> None:
    """Otherwise: the recipe's build looks for a package that is not there, or has no command."""
    needed = {conda(Requirement(each)) for each in PROJECT["build-system"]["requires"]}
    host = RECIPE["requirements"]["host"]
    assert set(host) == {*needed, "pip", "python ${{ python_min }}.*"}
    scripts = [f"{name} = {place}" for name, place in PROJECT["project"]["scripts"].items()]
    assert RECIPE["build"]["python"]["entry_points"] == scripts
    assert RECIPE["build"]["noarch"] == "python"
    assert RECIPE["about"]["summary"] == PROJECT["project"]["description"]
    assert RECIPE["about"]["license"] == PROJECT["project"]["license"]


# ---------------------------------------------------------------- the checks of `make dist`

MAP = json.dumps({"sources": ["webpack://x/./node_modules/mdurl/index.mjs", "../src/a.ts"]})
LAB = f"jupyter_claude-1.data/{contents.LAB}"


def good() -> Files:
    """Return the files of a small wheel without fault."""
    files: Files = {}
    for name in contents.WANTED:
        files[name.replace("data/", "jupyter_claude-1.data/data/", 1) if name.startswith("data/")
              else name] = name.encode()  # fmt: skip
    files[f"{LAB}/static/widget.js.map"] = MAP.encode()
    files[f"{LAB}/static/widget.licenses.txt"] = b"mdurl 2.0.0 (MIT)\n\nMIT\n\nCopyright (c) X\n"
    info = "jupyter_claude-1.dist-info"
    files[f"{info}/METADATA"] = b"Metadata-Version: 2.4\nLicense-Expression: BSD-3-Clause\n"
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/licenses/LICENSE"] = b"Copyright (c) 2026\n"
    return files


def all_faults(files: Files) -> list[str]:
    """Return what all checks find in a wheel."""
    return [
        *contents.of_wheel(files),
        *contents.of_tag(files),
        *licences.of_wheel(files),
        *traces.of_archive(files, [Path("/srv/build/here")]),
    ]


def test_a_good_wheel_has_no_fault() -> None:
    """Otherwise: a release stops at a fault that is none."""
    assert all_faults(good()) == []


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("tests/test_a.py", b"", "in no package of ours"),
        ("jupyter_claude/tests/test_a.py", b"", "is a test"),
        ("jupyter_claude/__pycache__/a.pyc", b"", "does not belong there"),
        ("jupyter_claude/notebooks/.ipynb_checkpoints/a.ipynb", b"", "does not belong there"),
        ("jupyter_claude/static/built.sha256", b"", "of a kind"),
        ("jupyter_claude/fast.so", b"", "machine code"),
        ("jupyter_claude-1.data/scripts/run", b"", "outside JupyterLab's extension"),
        (f"{LAB}/static/copy.js", b"x" * 2000, "more than once"),
        (f"{LAB}/static/other.js.map", MAP.replace("mdurl", "left-pad").encode(), "left-pad"),
        (f"{LAB}/static/third-party-licenses.json", b'{"packages": [{"name": "three"}]}', "three"),
        (f"{LAB}/static/free.js", b"// node_modules/x", "has no source map"),
        (f"{LAB}/static/widget.licenses.txt", b"mdurl 2.0.0 (MIT)\n", "its licence's text"),
        ("jupyter_claude/a.py", b"PATH = '/srv/build/here/x'", "of this machine"),
        ("jupyter_claude/a.py", b"PATH = '/home/kim/x'", "has the path"),
        ("jupyter_claude/a.py", rb"PATH = 'C:\\Users\\kim\\x'", "has the path"),
        ("jupyter_claude-1.dist-info/WHEEL", b"Tag: cp311-cp311-linux_x86_64", "not py3-none-any"),
        ("jupyter_claude-1.dist-info/METADATA", b"", "does not say License-Expression"),
    ],
)
def test_a_bad_wheel_is_refused(name: str, content: bytes, fault: str) -> None:
    """Otherwise: the fault is in everybody's site-packages, and a release cannot be replaced."""
    files = good() | {name: content}
    if fault == "more than once":
        files[f"{LAB}/static/twice.js"] = content
    assert any(fault in each for each in all_faults(files)), all_faults(files)


@pytest.mark.parametrize("name", contents.WANTED)
def test_a_wheel_that_lacks_a_file_is_refused(name: str) -> None:
    """Otherwise: users lack widgets, the tour, types or licences."""
    files = {path: content for path, content in good().items() if not path.endswith(name)}
    assert any(name in each and "missing" in each for each in contents.of_wheel(files))


def test_a_source_distribution_is_complete_and_clean() -> None:
    """Otherwise: it does not build without npm, or brings what tools left behind."""
    files: Files = {f"jupyter_claude-1/{name}": b"" for name in contents.WANTED_SOURCE}
    assert contents.of_source(files) == []
    more = files | {"jupyter_claude-1/labextension/lib/a.js": b"", "other/a": b""}
    del more["jupyter_claude-1/jupyter_claude/static/loader.js"]
    more["jupyter_claude-1/labextension/node_modules/a/index.js"] = b""
    assert len(contents.of_source(more)) == 4


def test_archives_are_read(tmp_path: Path) -> None:
    """Otherwise: the checks look at nothing, and find nothing."""
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.writestr("a-1.dist-info/METADATA", "Name: a")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as source:
        member = tarfile.TarInfo("a-1/a.py")
        member.size = 3
        source.addfile(member, io.BytesIO(b"a=1"))
    files = archives.read(tmp_path / "a.whl")
    assert archives.metadata(files, "METADATA") == "Name: a"
    assert archives.read(tmp_path / "a.tar.gz") == {"a-1/a.py": b"a=1"}


def test_files_that_differ_between_two_builds_are_named() -> None:
    """Otherwise: who looks for the cause of a build that differs has two megabytes to read."""
    assert building.differences({"a": b"1", "b": b"1"}, {"a": b"2", "c": b"1"}) == [
        "a differs",
        "b differs",
        "c differs",
    ]


def test_lower_bounds_that_nobody_can_install_are_named() -> None:
    """Otherwise: pyproject.toml promises a version that was never tried."""
    asked = "Requires-Dist: a>=1.2\nRequires-Dist: b>=2\nRequires-Dist: c\n"
    asked += "Requires-Dist: d>=1; extra == 'x'\n"
    wanted = bounds.requirements(asked)
    assert [each.name for each in wanted] == ["a", "b", "c"]
    assert [each.name for each in bounds.requirements(asked, "x")] == ["a", "b", "c", "d"]
    marked = "Requires-Dist: e>=1; python_version < '3.11'\n"
    assert len(bounds.requirements(marked, python="3.10")) == 1
    assert bounds.requirements(marked, python="3.11") == []
    found = bounds.untried(wanted, {"a": "1.2.4", "b": "3.0", "c": "1"})
    assert found == ["b>=2 is never installed; the oldest is 3.0", "c has no lower bound"]
    assert bounds.without_marker(Requirement("a[y,x]>=1; python_version > '3'")) == "a[x,y]>=1"


def test_a_python_that_is_not_there_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise: nobody can make a release who lacks one of four Pythons, or it looks tested."""
    monkeypatch.setattr(setup, "find_pythons", dict)
    environment = installs.Environment("3.12")
    ran = report.run(environment.name, lambda: installs.check(environment, Path("a.whl"), "1", ""))
    assert (ran.result, report.status([ran])) == ("not on this machine", 0)


def test_a_python_of_the_system_is_not_copied(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Otherwise: the check of the conda package copies all of /usr."""
    monkeypatch.setattr(setup, "find_pythons", lambda: {setup.PYTHONS[0]: Path("python3.10")})
    monkeypatch.setattr(conda_package, "_prefix", lambda python: Path("/usr"))
    monkeypatch.setattr(conda_package, "PLACE", tmp_path)
    assert conda_package.check(Path("a.tar.gz"), "").skipped
    assert not [*tmp_path.iterdir()]


def test_one_fault_fails_the_release() -> None:
    """Otherwise: the table says FAULT, and the upload goes on."""

    def breaks() -> Found:
        raise SystemExit("no network")

    checks: list[Any] = [Check("a"), report.run("b", breaks)]
    assert report.status(checks) == 1
    assert report.status(checks[:1]) == 0
    assert "no network" in report.details(checks)
    assert re.search(r"^b .*FAULT: 1$", report.table(checks), re.MULTILINE)
