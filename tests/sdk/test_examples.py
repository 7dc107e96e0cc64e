"""Every runnable example of the five documents, unchanged, against the real CLI.

The documents are no part of this repository, so each example is taken out of them when the tests
run: from the folder that ``JUPYTER_CLAUDE_DOCUMENTS`` names, else from ``shared/reference/seeds``
beside this checkout. Where they stand is in examples/places.py, what is to be seen in
examples/scenes.py. What is executed are the document's own bytes; to the flattened documents only
the indentation is given back, which they have lost.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk.testing import ScriptedModel

from tests.sdk.examples.places import DOCUMENTS, PLACES
from tests.sdk.examples.scenes import AGAIN, NOT_RUN, SCENES, Scene

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
SOURCE = Path(
    os.environ.get("JUPYTER_CLAUDE_DOCUMENTS") or REPOSITORY.parent / "shared/reference/seeds"
)
RUNS: dict[str, tuple[str, Scene]] = {name: (name, SCENES[name]) for name in SCENES} | AGAIN

pytestmark = pytest.mark.skipif(
    not SOURCE.is_dir(),
    reason=f"the documents are not in {SOURCE}: set JUPYTER_CLAUDE_DOCUMENTS to their folder",
)


def raw(name: str) -> list[str]:
    """Return an example's lines as the document has them."""
    place = PLACES[name]
    (document,) = SOURCE.glob(DOCUMENTS[name[:2]] + "*")
    lines = document.read_bytes().decode("utf-8").split("\n")[place.first - 1 : place.last]
    lines[-1] = lines[-1][: place.end]
    lines[0] = lines[0][place.begin :]
    return lines


def example(name: str) -> str:
    """Return an example's text, ready to run."""
    lines, depths = raw(name), PLACES[name].depths or "0" * len(raw(name))
    indented = (" " * 4 * int(depth) + line for depth, line in zip(depths, lines, strict=True))
    return "\n".join(indented) + "\n"


@pytest.mark.pure
@pytest.mark.parametrize("name", PLACES)
def test_the_documents_are_the_ones_we_know(name: str) -> None:
    """Else the examples are cut out of a changed document in the wrong place."""
    digest = hashlib.sha256("\n".join(raw(name)).encode()).hexdigest()
    assert digest.startswith(PLACES[name].digest), f"{name} has changed: see examples/places.py"


@pytest.mark.pure
def test_no_example_is_left_out() -> None:
    """Else an example that does not work would go unnoticed."""
    assert set(PLACES) == set(SCENES) | set(NOT_RUN)
    assert len(SCENES) == 61
    for name in NOT_RUN:
        with pytest.raises(SyntaxError):
            compile("\n".join(map(str.strip, raw(name))), name, "exec")


# --- running them ---------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What an example did."""

    exit_code: int
    printed: str
    errors: str
    asked: str
    made: dict[str, str | None]


class Folders:
    """Folders such as /home/user/project, which some examples take for granted."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._made: list[Path] = []

    def make(self, names: tuple[str, ...]) -> str:
        """Make them; return why not, or nothing."""
        for name in names:
            folder = Path(name)
            if folder.exists():
                return f"{name} exists, and an example would write there"
            topmost = folder
            while not topmost.parent.exists():
                topmost = topmost.parent
            try:
                folder.mkdir(parents=True)
            except OSError as error:
                return f"the example's {name} cannot be made: {error.strerror}"
            self._made.append(topmost)
        return ""

    def remove(self) -> None:
        while self._made:
            shutil.rmtree(self._made.pop())


FOLDERS = Folders()


def cells_of(name: str, scene: Scene) -> list[dict[str, Any]]:
    """Return the cells that an example is run as."""
    cells = [{"file": "before", "line": 1, "code": scene.before}]
    if scene.follows:
        cells.append({"file": scene.follows, "line": 1, "code": example(scene.follows)})
    text = example(name)
    if scene.apart:
        lines, begin = text.splitlines(keepends=True), 1
        for statement in ast.parse(text).body:
            end = statement.end_lineno or begin
            cells.append({"file": name, "line": begin, "code": "".join(lines[begin - 1 : end])})
            begin = end + 1
    else:
        cells.append({"file": name, "line": 1, "code": text})
    return [*cells, {"file": "after", "line": 1, "code": scene.after}]


def kept_environment() -> dict[str, str]:
    """Return this process's environment without what decides about an account or a CLI.

    Call it in pytest's thread: tests change the environment, and a read in another thread fails.
    """
    apart = ("ANTHROPIC_", "CLAUDE", "JUPYTER_CLAUDE")
    return {name: value for name, value in os.environ.items() if not name.startswith(apart)}


@dataclass(frozen=True)
class Setting:
    """What all examples run with: the CLI, and the environment to start from."""

    cli: Path
    environment: dict[str, str]

    def of(self, model: ScriptedModel, home: Path, scene: Scene) -> dict[str, str]:
        """Return the environment of one example."""
        return {
            **self.environment,
            **model.env,
            "JUPYTER_CLAUDE_CLI": str(self.cli),
            "HOME": str(home),
            "PATH": os.pathsep.join([str(home / "work" / "bin"), self.environment.get("PATH", "")]),
            "PYTHONPATH": str(REPOSITORY / "sdk"),
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUNBUFFERED": "1",
            "IS_SANDBOX": "1",  # else the CLI lets root not bypass permissions (S4-11)
            **scene.env,
        }


def run(run_name: str, setting: Setting, home: Path) -> Outcome | str:
    """Run an example; return what it did, or why it cannot be run here."""
    name, scene = RUNS[run_name]
    if not scene.folders:
        return play(name, scene, setting, home)
    with FOLDERS.lock:
        try:
            return FOLDERS.make(scene.folders) or play(name, scene, setting, home)
        finally:
            FOLDERS.remove()


def lay_out(scene: Scene, home: Path) -> Path:
    """Make the folder of an example, with its files, and return it."""
    folder = home / "work"
    folder.mkdir(parents=True)
    for path, content in scene.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        if target.parent.name == "bin":
            target.chmod(0o755)
    return folder


def look_at(scene: Scene, folder: Path) -> dict[str, str | None]:
    """Return what is there of what an example is to make."""
    found = {path: folder / path for path in scene.made}
    return {
        path: (target.read_text() if target.is_file() else "") if target.exists() else None
        for path, target in found.items()
    }


def play(name: str, scene: Scene, setting: Setting, home: Path) -> Outcome:
    folder = lay_out(scene, home)
    if scene.cells:
        (home / "cells.json").write_text(json.dumps(cells_of(name, scene)))
        command = [str(HERE / "cells.py"), str(home / "cells.json")]
    else:
        (home / "example.py").write_bytes(example(name).encode())
        command = ["-m", "jupyter_claude_sdk", str(home / "example.py")]
    with ScriptedModel(scene.model) as model:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=setting.of(model, home, scene),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        try:
            printed = until(process, scene.stopped_at) if scene.stopped_at else ""
            more, errors = process.communicate(scene.typed, timeout=90)
        finally:
            process.kill()
        asked = json.dumps(model.requests, ensure_ascii=False)
    return Outcome(process.returncode, printed + more, errors, asked, look_at(scene, folder))


def until(process: subprocess.Popen[str], text: str) -> str:
    """Read what is printed until `text` comes, then press Ctrl+C."""
    printed = ""
    assert process.stdout is not None
    for line in process.stdout:
        printed += line
        if text in line:
            process.send_signal(signal.SIGINT)
            break
    return printed


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, cli: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Outcome | str]]]:
    """Run the selected examples, four at a time: many of them wait, as users do."""
    wanted: list[str] = [
        str(item.callspec.params["run_name"])
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.originalname == test_an_example_runs_unchanged.__name__
    ]
    setting = Setting(cli, kept_environment())
    with ThreadPoolExecutor(4) as pool:
        yield {
            name: pool.submit(run, name, setting, tmp_path_factory.mktemp("example") / "home")
            for name in wanted
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.cli
@pytest.mark.parametrize("run_name", RUNS)
def test_an_example_runs_unchanged(
    run_name: str, outcomes: dict[str, Future[Outcome | str]]
) -> None:
    """Else a program written after the documents does not work with this SDK."""
    scene = RUNS[run_name][1]
    outcome = outcomes[run_name].result()
    if isinstance(outcome, str):
        pytest.skip(outcome)
    everything = f"{outcome.printed}\n{outcome.errors}"
    assert outcome.exit_code == (-signal.SIGINT if scene.stopped_at else scene.exit_code), (
        everything
    )
    check(scene, outcome)


def check(scene: Scene, outcome: Outcome) -> None:
    """Compare what an example did with what is to be seen."""
    everything = f"{outcome.printed}\n{outcome.errors}"
    place = 0
    for text in scene.says:
        place = everything.find(text, place) + 1
        assert place, f"{text!r} is not in (the rest of) what was printed:\n{everything}"
    for text in scene.silent_on:
        assert text not in everything
    for text in scene.asks:
        assert text in outcome.asked, f"{text!r} was not asked:\n{outcome.asked[-5000:]}"
    for text in scene.never_asks:
        assert text not in outcome.asked
    for path, content in scene.made.items():
        there = outcome.made[path]
        assert (there is None) == (content is None), f"{path}: {there!r}\n{everything}"
        assert (content or "") in (there or "")
