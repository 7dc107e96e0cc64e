"""The wheel: what `pip install jupyter-claude` brings."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from jupyter_claude_sdk import __version__

from scripts import setup
from scripts.dist import contents, licences, traces

#: Import names that are not their distribution's.
DISTRIBUTIONS = {
    "typing_extensions": "typing-extensions",
    "markdown_it": "markdown-it-py",
    "jsonschema_specifications": "jsonschema-specifications",
}
#: Imported only by what says that it is missing, such as the demo, or only under trio.
OPTIONAL = {
    *("nbformat", "nbclient", "jupyter_client", "jupyter_core", "pandas", "polars", "PIL", "trio"),
    *("dask", "distributed", "nest_asyncio2", "boto3", "botocore", "redis"),  # extras
    "opentelemetry",
}
#: What stands in the code of the front end and is only a name, or text for a console.
NAMES = ("http://www.w3.org/", "https://github.com/highlightjs/", "http://${")

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = f"jupyter_claude-{__version__}.data/data/share/jupyter/labextensions/jupyter-claude"


@pytest.fixture(scope="module")
def wheel() -> Path:
    """Build the wheel as a release would."""
    return setup.build_wheel()


@pytest.fixture(scope="module")
def files(wheel: Path) -> Mapping[str, bytes]:
    """Return what is in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def maps(files: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Return what each script of JupyterLab's extension is made of, as its source map says."""
    start = f"{EXTENSION}/static/"
    return {
        name.removeprefix(start).removesuffix(".map"): set(json.loads(content)["sources"])
        for name, content in files.items()
        if name.startswith(start) and name.endswith(".js.map")
    }


def test_the_checks_of_a_release_find_nothing(files: Mapping[str, bytes]) -> None:
    """Otherwise: users lack widgets, tour, types or licences, or get tests, tools and our paths."""
    inside = dict(files)
    folders = [ROOT, Path.home() / ".cache"]
    assert contents.of_wheel(inside) + contents.of_tag(inside) == []
    assert licences.of_wheel(inside) == []
    assert traces.of_archive(inside, folders) == []
    # Each script is in a source map, so that we know what it bundles.
    assert licences.bundled(inside) >= {"markdown-it", "dompurify", "@codemirror/merge"}


def test_the_views_are_there_once(maps: Mapping[str, set[str]]) -> None:
    """Otherwise each page downloads them twice, and two versions of them can meet."""
    views = maps["widget.js"]
    assert any(source.endswith("src/views/turn.ts") for source in views)
    plugin = set[str]().union(*(made for name, made in maps.items() if name != "widget.js"))
    assert any(source.endswith("plugin/index.ts") for source in plugin)
    drawing = re.compile(r"/src/(views|panel|history)/(?!protocol|actions)")
    assert not [source for source in plugin if drawing.search(source)]
    assert not packages(views) & packages(plugin)


def packages(sources: set[str]) -> set[str]:
    """Return the npm packages among the sources."""
    found = (re.search(r"/node_modules/((?:@[^/]+/)?[^/]+)/", source) for source in sources)
    return {each[1] for each in found if each}


def test_each_script_has_its_source_map(files: Mapping[str, bytes]) -> None:
    """Otherwise: an error in the page names a column of a minified line."""
    for name in files:
        if re.search(r"/static/[^/]+\.js$", name) and name.startswith(EXTENSION):
            assert f"{name}.map" in files or name.endswith("/style.js")  # the builder's, empty


def test_nothing_comes_from_elsewhere(files: Mapping[str, bytes]) -> None:
    """Otherwise: the notebook depends on somebody else's server, who learns of its users."""
    for name, content in files.items():
        if name.endswith(".js"):
            text = content.decode()
            urls = set(re.findall(r"\b(?:https?|wss?)://[^\s\"'`)\\]*", text))
            assert not [url for url in urls if not url.startswith(NAMES)], name
            assert "@import" not in text and "@font-face" not in text, name
            assert all(
                url.startswith(("data:", "#")) for url in re.findall(r"url\([\"']?([^)]*)\)", text)
            ), name


def test_a_source_distribution_needs_no_node(tmp_path: Path) -> None:
    """Otherwise: `pip install` fails where a wheel is not wanted and there is no npm."""
    build = ["-m", "hatchling", "build", "--directory", str(tmp_path), "--target"]
    setup.run(sys.executable, *build, "sdist")
    (packed,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(packed) as source:
        source.extractall(tmp_path, filter="data")
    (unpacked,) = (path for path in tmp_path.iterdir() if path.is_dir())
    for name in ("node_modules", "lib"):
        assert not (unpacked / "labextension" / name).exists()
    empty = tmp_path / "empty"
    empty.mkdir()

    def run(target: str) -> None:
        built = subprocess.run(
            [sys.executable, *build, target],
            cwd=unpacked,
            env={**os.environ, "PATH": str(empty)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert built.returncode == 0, built.stdout + built.stderr

    run("wheel")
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert f"{EXTENSION}/static/widget.js" in archive.namelist()
    # A developer of the Python part alone needs none either.
    (unpacked / "jupyter_claude" / "static" / "built.sha256").unlink()
    run("wheel:editable")


def test_pip_install_target(wheel: Path, tmp_path: Path) -> None:
    """Otherwise: on clusters, where this is how packages are added, no widget is drawn."""
    target = tmp_path / "target"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    setup.run(*pip, "--target", str(target), str(wheel))
    asked = "from jupyter_claude._views.library import views_file as f; print(f().resolve())"
    found = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.returncode == 0, found.stderr
    assert Path(found.stdout.strip()).is_relative_to(target.resolve())


def test_uninstalling_leaves_nothing(wheel: Path, tmp_path: Path) -> None:
    """Otherwise: JupyterLab goes on to load an extension whose package has gone."""
    folder = tmp_path / "venv"
    uv: list[str | Path] = [sys.executable, "-m", "uv"]
    setup.run(*uv, "venv", "--quiet", "--python", sys.executable, folder)
    here: list[str | Path] = ["--quiet", "--python", folder]
    before = {*folder.rglob("*"), folder / ".lock"}  # uv's own
    setup.run(*uv, "pip", "install", *here, "--no-deps", "--no-index", wheel)
    assert (folder / "share/jupyter/labextensions/jupyter-claude/static/widget.js").is_file()
    setup.run(*uv, "pip", "uninstall", *here, "jupyter-claude")
    left = {path for path in set(folder.rglob("*")) - before if path.is_file()}
    assert not left


def test_what_is_imported_is_declared() -> None:
    """Otherwise `pip install jupyter-claude` into a new environment fails on the first import."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("\ndependencies = [")[1].split("\n]")[0]
    declared = set(re.findall(r'^  "([\w-]+)', block, re.MULTILINE))
    imported = set()
    for package in (ROOT / "jupyter_claude", ROOT / "sdk" / "jupyter_claude_sdk"):
        for path in package.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    imported |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                    imported.add(node.module.split(".")[0])
    ours = {"jupyter_claude", "jupyter_claude_sdk"}
    others = imported - set(sys.stdlib_module_names) - ours - OPTIONAL
    assert {DISTRIBUTIONS.get(name, name.lower()) for name in others} <= declared
