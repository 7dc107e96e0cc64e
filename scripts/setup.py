"""Set up what `make` needs. A step runs only if its inputs changed.

Usage: python scripts/setup.py STEP…, with the steps

  venv      .venv with this project (editable) and its development tools
  packages  the front end's npm packages
  frontend  the front end, and .venv's link to it as a JupyterLab extension
  cli       the tested Claude Code CLI, in the user's data folder
  chromium  Chromium for the browser tests, through apt-get if we are root
  kernels   build/kernels/VERSION: other ipykernel versions, which PYTHONPATH puts before .venv's
  mcps      build/mcp/VERSION: mcp 1.x, in the same way
  texts     build/jupytext: jupytext, in the same way
  consoles  build/consoles: a venv with this project, qtconsole and Spyder's kernel
  vs_code   build/vs_code: the widget manager of VS Code's notebooks
  wheel     build/wheel/DIGEST: a fresh venv with the built wheel and JupyterLab
  hub       the same with JupyterHub, and its proxy (from npm) in build/hub
  pythons   build/py3NN: a venv for each other Python 3.10–3.13 of this machine
  peer      build/peer, build/chat-peer: venvs with the official SDK and with jupyter-ai, for the
            benchmarks to compare

It needs only the standard library, so any Python from 3.10 on can run it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
BIN = "Scripts" if os.name == "nt" else "bin"
VENV_PYTHON = ROOT / ".venv" / BIN / "python"

# Other ipykernel versions than .venv's, with the packages that each needs and .venv lacks.
KERNELS = {"6.31.0": ["nest-asyncio>=1.6"], "7.3.0": []}
# The other major version of mcp that the SDK supports, with the packages that only it needs.
MCPS = {"1.30.0": ["httpx-sse>=0.4", "pydantic-settings>=2.5.2", "python-dotenv>=1.0"]}
# Reads notebooks that are text. In .venv it would change the JupyterLab of the other tests.
JUPYTEXT = {"1.19.6": ["mdit-py-plugins>=0.4"]}
#: qtconsole draws with PyQt5, as Spyder does. Spyder's kernel does not take ipykernel 7.
CONSOLES = ["qtconsole==5.7.2", "PyQt5==5.15.11", "spyder-kernels==3.1.6"]
CONSOLES_PYTHON = BUILD / "consoles" / BIN / "python"
#: What PyQt5's wheel needs of Debian, also without a screen.
QT_LIBRARIES = [
    "libgl1",
    "libegl1",
    "libglib2.0-0",
    "libdbus-1-3",
    "libxkbcommon0",
    "libfontconfig1",
]
#: VS Code's widget manager, and the loader of scripts that its pages have: a file of each package,
#: with npm's digest of the package. As development packages they would bring JupyterLab again.
VS_CODE = {
    "@vscode/jupyter-ipywidgets8@1.0.9": (
        "dist/ipywidgets.js",
        "bocCThfa4JDIDd7qCFAfW3HpzHfTLYxOTpTbiDfw4DXOUjKHnr6ObkMBiIkuzYPRybh5bY4FhYLemuDuTvIbpQ==",
    ),
    "requirejs@2.3.8": (
        "require.js",
        "7/cTSLOdYkNBNJcDMWf+luFvMriVm7eYxp4BcFCsAX0wF421Vyce5SXP17c+Jd5otXKGNehIonFlyQXSowL6Mw==",
    ),
}
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
PEER = "claude-agent-sdk==0.2.189"
PEER_PYTHON = BUILD / "peer" / BIN / "python"
CHAT_PEER = ["jupyter-ai==3.2.0", "jupyterlab==4.6.6"]
CHAT_PEER_PYTHON = BUILD / "chat-peer" / BIN / "python"
HUB = ["jupyterhub==6.1.1", "jupyterhub-idle-culler==2.0.0"]
HUB_PROXY = "configurable-http-proxy@5.3.0"
HUB_PROXY_PROGRAM = BUILD / "hub" / "node_modules" / ".bin" / "configurable-http-proxy"
#: Debian's Chromium without windows: its own process works a tenth as much for the same pages.
HEADLESS = "chromium-headless-shell"
CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


def say(text: str) -> None:
    print(f"set-up: {text}", flush=True)


def run(*command: str | Path, **environment: str) -> None:
    """Run a command. If it fails, show its output and end with an error in one line."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        print(done.stdout)
        raise SystemExit(
            f"error: this failed (exit {done.returncode}): {' '.join(map(str, command))}"
        )


def fresh(name: str, *inputs: object) -> Callable[[], None] | None:
    """Return None if a step was done with these inputs, else a function to call once it is done."""
    stamp = BUILD / "stamps" / name
    wanted = hashlib.sha256(repr(inputs).encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return None

    def done() -> None:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(wanted)

    return done


_holds_lock = False


@contextmanager
def alone() -> Iterator[None]:
    """Keep other processes of this project from setting things up meanwhile."""
    global _holds_lock
    if _holds_lock or fcntl is None:
        yield
        return
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _holds_lock = True
        try:
            yield
        finally:
            _holds_lock = False


def may_apt_install() -> bool:
    return shutil.which("apt-get") is not None and hasattr(os, "geteuid") and os.geteuid() == 0


def apt_install(*packages: str) -> bool:
    """Install Debian packages if we are root; return whether that was possible."""
    if not may_apt_install():
        return False
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", **quiet)
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, **quiet)
    return True


#: For environments that start many processes. Else each kernel and server compiles the modules that
#: it imports, and every time if PYTHONDONTWRITEBYTECODE is set, as in containers.
COMPILED = "--compile-bytecode"


def registry() -> dict[str, str]:
    """Return uv's setting for the package index that pip is set to use."""
    # uv does not read pip's configuration, which may name a mirror.
    if "UV_DEFAULT_INDEX" not in os.environ and "UV_INDEX_URL" not in os.environ:
        for key in ("global.index-url", ":env:.index-url"):
            asked = subprocess.run(
                [VENV_PYTHON, "-m", "pip", "config", "get", key], capture_output=True, text=True
            )
            if asked.returncode == 0 and asked.stdout.strip():
                return {"UV_DEFAULT_INDEX": asked.stdout.strip()}
    return {}


def install(python: Path, *arguments: str) -> None:
    """Install Python packages for `python` with uv. An editable build does not run npm."""
    uv: list[str | Path] = [VENV_PYTHON, "-m", "uv", "pip", "install", "--python", python]
    run(*uv, *arguments, SKIP_JUPYTER_BUILDER="1", **registry())


def pyproject() -> str:
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def venv() -> None:
    working = VENV_PYTHON.exists() and subprocess.run([VENV_PYTHON, "-c", ""]).returncode == 0
    done = fresh("venv", pyproject(), working or "new")
    if done is None:
        return
    if not working:
        if sys.version_info < (3, 10):  # noqa: UP036  (any Python may run this)
            raise SystemExit("error: this needs Python 3.10 or later; run `make PYTHON=…`.")
        base = Path(sys.executable)
        if sys.version_info < (3, 11):
            # The newest ipykernel, which the kernel tests need, does not support Python 3.10.
            found = find_pythons()
            newer = [found[version] for version in PYTHONS[1:] if version in found]
            base = newer[0] if newer else base
        say(f".venv for Python {version_of(base)}")
        try:
            import ensurepip  # noqa: F401  # Debian has it in a separate package
        except ImportError:
            if not apt_install("python3-venv"):
                raise SystemExit(
                    "error: no venv module; run `apt-get install python3-venv`."
                ) from None
        run(base, "-m", "venv", "--clear", ROOT / ".venv")
        run(VENV_PYTHON, "-m", "pip", "install", "--quiet", "uv")
    say("Python packages")
    install(VENV_PYTHON, COMPILED, "--editable", ".[dev]")
    done = fresh("venv", pyproject(), True)
    if done:
        done()


def packages() -> None:
    run_shown(VENV_PYTHON, "scripts/frontend.py", "--packages")


def frontend() -> None:
    run_shown(VENV_PYTHON, "scripts/frontend.py")
    # An editable install copies the files; a link always leads to the newest build.
    built = ROOT / "jupyter_claude" / "labextension"
    link = ROOT / ".venv" / "share" / "jupyter" / "labextensions" / "jupyter-claude"
    if link.is_symlink() and link.resolve() == built:
        return
    if link.is_symlink():
        link.unlink()
    shutil.rmtree(link, ignore_errors=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        link.symlink_to(built, target_is_directory=True)
    except OSError:  # Windows lets few users make links
        shutil.copytree(built, link)


def cli() -> None:
    if not os.environ.get("JUPYTER_CLAUDE_CLI"):
        run_shown(VENV_PYTHON, "-m", "jupyter_claude", "install-cli", "--if-missing")


def run_shown(*command: str | Path) -> None:
    """Run a command that prints its own report."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(done.returncode)


def chromium() -> None:
    if os.environ.get("JUPYTER_CLAUDE_CHROMIUM") or shutil.which(HEADLESS):
        return
    done = fresh("chromium", HEADLESS)
    present = any(map(shutil.which, CHROMIUM_NAMES))
    if present and (done is None or not may_apt_install()):
        return
    say("Chromium, through apt-get")
    try:
        if apt_install("fonts-dejavu-core", "fonts-noto-color-emoji"):
            offered = subprocess.run(["apt-cache", "show", HEADLESS], capture_output=True)
            if offered.returncode == 0:
                apt_install(HEADLESS)
            elif not present:
                apt_install("chromium")
        else:
            say("no Chromium: the browser tests will fail; run `apt-get install chromium` as root.")
    except SystemExit:
        if not present:
            raise
    if done is not None:
        done()


def overlay(package: str, version: str, more: list[str], folder: Path, module: str) -> None:
    """Install a version of a package, and the packages `more`, into a folder to put before .venv.

    `module` must be importable then.
    """
    done = fresh(f"{package}-{version}", version, more, module, sys.version_info[:2])
    if done is None and folder.is_dir():
        return
    say(f"{package} {version}")
    shutil.rmtree(folder, ignore_errors=True)
    install(
        VENV_PYTHON, COMPILED, "--no-deps", "--target", str(folder), f"{package}=={version}", *more
    )
    seen = subprocess.run(
        [
            VENV_PYTHON,
            "-c",
            f"import {module}, importlib.metadata as m; print(m.version('{package}'))",
        ],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    if seen.stdout.strip() != version:
        raise SystemExit(f"error: {package} {version} does not start: {seen.stderr[-500:]}")
    if done:
        done()


def kernels() -> None:
    for version, more in KERNELS.items():
        overlay("ipykernel", version, more, BUILD / "kernels" / version, "ipykernel.kernelapp")


def mcps() -> None:
    for version, more in MCPS.items():
        overlay("mcp", version, more, BUILD / "mcp" / version, "mcp.server")


def texts() -> None:
    for version, more in JUPYTEXT.items():
        overlay("jupytext", version, more, BUILD / "jupytext", "jupytext")


def vs_code() -> None:
    folder = BUILD / "vs_code"
    done = fresh("vs_code", VS_CODE)
    if done is None and folder.is_dir():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("error: the tests of VS Code need npm, which is not on PATH.")
    say("VS Code's widget manager")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for package, (name, digest) in VS_CODE.items():
        run(npm, "pack", "--silent", "--pack-destination", folder, package)
        (archive,) = folder.glob("*.tgz")
        content = archive.read_bytes()
        if base64.b64encode(hashlib.sha512(content).digest()).decode() != digest:
            raise SystemExit(f"error: {package} is not the package that we know.")
        with tarfile.open(archive) as packed:
            member = packed.extractfile(f"package/{name}")
            assert member is not None
            (folder / Path(name).name).write_bytes(member.read())
        archive.unlink()
    if done:
        done()


@alone()
def consoles() -> Path:
    """Install the consoles into an environment of their own; return its interpreter."""
    folder = CONSOLES_PYTHON.parent.parent
    done = fresh("consoles", pyproject(), CONSOLES, sys.version_info[:2])
    if done is None and CONSOLES_PYTHON.exists():
        return CONSOLES_PYTHON
    say("qtconsole and Spyder's kernel")
    run(VENV_PYTHON, "-m", "uv", "venv", "--quiet", "--clear", "--python", VENV_PYTHON, folder)
    install(CONSOLES_PYTHON, COMPILED, *CONSOLES, "--editable", ".")
    begin: list[str | Path] = [CONSOLES_PYTHON, "-c", "from qtpy import QtWidgets"]
    if subprocess.run(begin, capture_output=True).returncode and apt_install(*QT_LIBRARIES):
        run(*begin)
    if done:
        done()
    return CONSOLES_PYTHON


@alone()
def build_wheel() -> Path:
    """Build the wheel of this working tree, as a release does, and return its file."""
    folder = BUILD / "wheel" / "dist"
    run(VENV_PYTHON, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    return max(folder.glob("*.whl"), key=lambda file: file.stat().st_mtime_ns)


@alone()
def wheel(*more: str) -> Path:
    """Install the built wheel and `more` into a new environment; return its interpreter.

    There is one environment for each wheel (by its bytes) and `more`. It never changes.
    """
    built = build_wheel()
    digest = hashlib.sha256(built.read_bytes() + repr(more).encode()).hexdigest()[:12]
    folder = BUILD / "wheel" / digest
    python = folder / BIN / "python"
    complete = folder / "complete"
    if complete.is_file():
        complete.touch()
        return python
    say(" ".join(["the wheel in an environment of its own", *more]))
    an_hour_ago = time.time() - 3600  # environments that nobody used since then
    for other in (BUILD / "wheel").glob("*/complete"):
        if other.stat().st_mtime < an_hour_ago:
            shutil.rmtree(other.parent, ignore_errors=True)
    chosen = {re.split(r"\W", each)[0] for each in more}
    driven = r'"((jupyterlab|notebook|ipykernel|ipywidgets|anywidget)==.*)",'
    pins = [pin for pin, name in re.findall(driven, pyproject()) if name not in chosen]
    run(VENV_PYTHON, "-m", "uv", "venv", "--quiet", "--clear", "--python", VENV_PYTHON, folder)
    install(python, COMPILED, str(built), *pins, *more)
    complete.touch()
    return python


@alone()
def hub() -> Path:
    """Install JupyterHub beside the wheel, and its proxy; return the interpreter."""
    done = fresh("hub-proxy", HUB_PROXY)
    if done is not None or not HUB_PROXY_PROGRAM.exists():
        say(HUB_PROXY)
        folder = BUILD / "hub"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        run("npm", "install", "--no-audit", "--no-fund", "--prefix", folder, HUB_PROXY)
        if done:
            done()
    return wheel(*HUB)


def version_of(python: str | Path) -> str:
    """Return "3.N" for an interpreter; "" if it does not run, such as a pyenv shim."""
    asked = subprocess.run(
        [str(python), "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""


def find_pythons() -> dict[str, Path]:
    """Find one interpreter for each of PYTHONS: on PATH, or among pyenv's versions."""
    places: dict[str, list[Path]] = {version: [] for version in PYTHONS}
    pyenv = shutil.which("pyenv")
    root = ""
    if pyenv:
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True).stdout.strip()
    for version in PYTHONS:
        on_path = shutil.which(f"python{version}")
        if on_path:
            places[version].append(Path(on_path))
        for folder in sorted(Path(root or os.devnull).glob(f"versions/{version}.*")):
            if re.fullmatch(r"[\d.]+", folder.name):
                places[version].append(folder / "bin" / "python")
    found = {}
    for version, candidates in places.items():
        for candidate in candidates:
            if version_of(candidate) == version:
                found[version] = candidate
                break
    return found


def pure_venv(version: str) -> Path:
    return BUILD / f"py{version.replace('.', '')}"


def pythons() -> None:
    own = version_of(VENV_PYTHON)
    for version, python in find_pythons().items():
        if version == own:
            continue
        folder = pure_venv(version)
        done = fresh(f"python-{version}", pyproject(), str(python))
        if done is None and folder.is_dir():
            continue
        say(f"Python {version}")
        run(VENV_PYTHON, "-m", "uv", "venv", "--quiet", "--clear", "--python", python, folder)
        install(folder / BIN / "python", "--editable", ".[dev]")
        if done:
            done()


def peer() -> None:
    for python, packages in ((PEER_PYTHON, [PEER]), (CHAT_PEER_PYTHON, CHAT_PEER)):
        folder = python.parent.parent
        done = fresh(folder.name, packages, sys.version_info[:2])
        if done is None and python.exists():
            continue
        say(packages[0])
        run(VENV_PYTHON, "-m", "uv", "venv", "--quiet", "--clear", "--python", VENV_PYTHON, folder)
        install(python, COMPILED, *packages)
        if done:
            done()


STEPS: dict[str, Callable[[], object]] = {
    step.__name__: step
    for step in (
        *(venv, packages, frontend, cli, chromium, kernels, mcps, texts, vs_code),
        *(consoles, wheel, hub, pythons, peer),
    )
}


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in STEPS]
    if unknown or not names:
        raise SystemExit(__doc__)
    with alone():
        for name in names:
            STEPS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
