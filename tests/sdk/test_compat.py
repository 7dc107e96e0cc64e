"""The names claude_agent_sdk and claude_code_sdk, and `python -m jupyter_claude_sdk`."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from jupyter_claude_sdk.compat import NAMES

pytestmark = pytest.mark.pure

SDK = Path(__file__).parents[2] / "sdk"
REAL = "WHO = 'the real one'\n"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a Python of its own in a scratch folder; ``lib/`` there is on its path."""
    (tmp_path / "lib").mkdir()

    def run(*arguments: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(SDK), str(tmp_path / "lib")])
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, *map(textwrap.dedent, arguments)]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            input=input,
        )

    return run


def printed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", NAMES)
def test_everything_public_is_there_and_is_the_same(run: Run, name: str) -> None:
    """Else isinstance, except and pickle fail between two names for one class."""
    code = f"""
        import pickle, importlib
        import jupyter_claude_sdk as sdk, jupyter_claude_sdk.compat
        import {name}, {name}.types, {name}.testing, {name}.client, {name}.query
        from {name} import *
        from {name} import query as function
        from {name}.query import query as by_module
        from {name}.types import AssistantMessage, PermissionMode, PermissionUpdate
        from {name}.testing import ScriptedModel
        importlib.reload({name})
        for public in sdk.__all__:
            assert getattr({name}, public) is getattr(sdk, public), public
            assert public in dir({name}), public
        assert function is by_module is sdk.query is {name}.query
        assert {name}.types.TextBlock is TextBlock is sdk.TextBlock
        assert {name}.client.ClaudeSDKClient is ClaudeSDKClient
        assert ScriptedModel is __import__("jupyter_claude_sdk.testing").testing.ScriptedModel
        block = {name}.TextBlock("x")
        assert pickle.loads(pickle.dumps(block)) == block
        assert {name}.__version__ == sdk.__version__
        assert {name}.__name__ == {name}.__spec__.name == importlib.util.find_spec("{name}").name
        assert not hasattr({name}, "__file__") and "jupyter_claude_sdk" in {name}.__doc__
        try:
            from {name} import nothing_of_that_name
        except ImportError as error:
            assert "nothing_of_that_name" in str(error)
        try:
            import {name}.nothing_of_that_name
        except ModuleNotFoundError as error:
            print(error.name)
    """
    assert printed(run("-c", code)) == f"{name}.nothing_of_that_name"


_REQUESTS = ["Initialize", "Interrupt", "McpMessage", "McpReconnect", "McpToggle", "Permission"]
_REQUESTS += ["RewindFiles", "SetPermissionMode", "StopTask", ""]
_WIRE = [f"SDKControl{kind}Request" for kind in _REQUESTS] + [
    *("SDKControlResponse", "SDKHookCallbackRequest", "ControlResponse", "ControlErrorResponse"),
    *("McpSdkServerConfigStatus", "McpClaudeAIProxyServerConfig"),
]


def test_types_of_the_wire_are_served_and_fit_it(run: Run) -> None:
    """A transport of one's own that names them would not import."""
    code = f"""
        import json, jupyter_claude_sdk.compat
        from claude_agent_sdk.types import {", ".join(_WIRE)}
        from jupyter_claude_sdk._wire.protocol import Protocol

        def fits(line, kind):
            assert kind.__required_keys__ <= line.keys() <= kind.__annotations__.keys(), line

        protocol = Protocol()
        _, data = protocol.request("mcp_toggle", serverName="calc", enabled=False)
        request = json.loads(data)
        fits(request, SDKControlRequest)
        fits(request["request"], SDKControlMcpToggleRequest)
        for data, kind in (
            (protocol.answer("1", {{"behavior": "allow"}}), ControlResponse),
            (protocol.refuse("1", "no"), ControlErrorResponse),
        ):
            fits(json.loads(data), SDKControlResponse)
            fits(json.loads(data)["response"], kind)
        print("fits")
    """
    assert printed(run("-c", code)) == "fits"


def test_nothing_is_served_unasked(run: Run) -> None:
    """Else importing the SDK would make other programs believe the real one is installed."""
    code = """
        import jupyter_claude_sdk
        try:
            import claude_agent_sdk
        except ModuleNotFoundError as error:
            print(error)
    """
    assert printed(run("-c", code)) == "No module named 'claude_agent_sdk'"


def test_a_real_package_wins(run: Run, tmp_path: Path) -> None:
    """Else a user who installed the real SDK would run another one without knowing."""
    real = tmp_path / "lib" / "claude_agent_sdk"
    real.mkdir()
    (real / "__init__.py").write_text(REAL)
    code = """
        import jupyter_claude_sdk.compat, claude_agent_sdk, claude_code_sdk
        print(claude_agent_sdk.WHO, claude_code_sdk.query.__module__)
        try:
            import claude_agent_sdk.types
        except ModuleNotFoundError as error:
            print(error.name)
    """
    lines = printed(run("-c", code)).splitlines()
    assert lines == ["the real one jupyter_claude_sdk", "claude_agent_sdk.types"]


def test_a_real_package_that_another_finder_knows_wins(run: Run) -> None:
    """Else an editable install of the real SDK, whose finder came later, would be passed over."""
    code = """
        import sys, jupyter_claude_sdk.compat
        from importlib.machinery import ModuleSpec
        class Editable:
            def find_spec(self, name, path=None, target=None):
                return ModuleSpec(name, self) if name == "claude_agent_sdk" else None
            def create_module(self, spec): return None
            def exec_module(self, module): module.WHO = "editable"
        sys.meta_path.append(Editable())
        import claude_agent_sdk
        print(claude_agent_sdk.WHO)
    """
    assert printed(run("-c", code)) == "editable"


def test_a_real_package_installed_later_is_used_from_a_reload_on(run: Run) -> None:
    """Else `pip install` in a running kernel would mix its classes with ours."""
    code = """
        import importlib, pathlib, jupyter_claude_sdk.compat
        import claude_agent_sdk, claude_agent_sdk.types
        real = pathlib.Path("lib/claude_agent_sdk")
        real.mkdir()
        real.joinpath("__init__.py").write_text("from .types import WHO")
        real.joinpath("types.py").write_text("WHO = 'the real one'")
        importlib.invalidate_caches()
        importlib.reload(claude_agent_sdk)
        print(claude_agent_sdk.WHO, claude_agent_sdk.__file__ is not None)
    """
    assert printed(run("-c", code)) == "the real one True"


@pytest.mark.parametrize("content", [None, "__pycache__/old.pyc", "_bundled/claude"])
def test_what_an_uninstall_left_is_no_package(
    run: Run, tmp_path: Path, content: str | None
) -> None:
    """Else an empty folder of that name hides the alias: `cannot import name 'query'`."""
    folder = tmp_path / "lib" / "claude_agent_sdk"
    folder.mkdir()
    if content:
        (folder / content).parent.mkdir()
        (folder / content).touch()
    code = "import jupyter_claude_sdk.compat; from claude_agent_sdk import query; print('served')"
    assert printed(run("-c", code)) == "served"


def test_unregistering_leaves_no_trace(run: Run) -> None:
    """Else %unload_ext leaves a name that later imports believe in."""
    code = """
        import sys
        before = list(sys.meta_path)
        from jupyter_claude_sdk import compat
        import claude_agent_sdk.types, claude_code_sdk
        compat.register()
        compat.unregister(), compat.unregister()
        assert sys.meta_path == before and not compat.registered()
        assert not [name for name in sys.modules if name.startswith(compat.NAMES)]
        try:
            import claude_agent_sdk
        except ModuleNotFoundError:
            compat.register()
        import claude_agent_sdk
        print(claude_agent_sdk.__name__)
    """
    assert printed(run("-c", code)) == "claude_agent_sdk"


# --- python -m jupyter_claude_sdk -----------------------------------------------------------------

WHOLE = """
import sys, __main__
from claude_agent_sdk import query
print(__name__, sys.argv, __main__.query is query, __spec__ is None, __package__)
"""


def test_a_script_runs_as_with_python(run: Run, tmp_path: Path) -> None:
    """Else a script would see our arguments, or could not import what lies beside it."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "beside.py").write_text("here = 'beside'")
    (folder / "script.py").write_text(WHOLE + "import beside; print(beside.here, __file__)")
    lines = printed(run("-m", "jupyter_claude_sdk", "folder/script.py", "a", "-h")).splitlines()
    assert lines[0] == "__main__ ['folder/script.py', 'a', '-h'] True True None"
    assert lines[1] == f"beside {folder / 'script.py'}"


def test_a_module_a_folder_code_and_standard_input_run_too(run: Run, tmp_path: Path) -> None:
    """Else what `python` takes would have to be wrapped into a script."""
    for folder in ("package", "plain"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__main__.py").write_text(WHOLE)
    (tmp_path / "package" / "__init__.py").touch()
    here = ("-m", "jupyter_claude_sdk")
    module = printed(run(*here, "-m", "package", "a"))
    assert module == f"__main__ ['{tmp_path}/package/__main__.py', 'a'] True False package"
    assert printed(run(*here, "plain", "a")) == "__main__ ['plain', 'a'] True False"
    assert printed(run(*here, "-c", WHOLE, "a")) == "__main__ ['-c', 'a'] True True None"
    assert printed(run(*here, "-", "a", input=WHOLE)) == "__main__ ['-', 'a'] True True None"


def test_errors_and_exit_codes_are_the_scripts_own(run: Run, tmp_path: Path) -> None:
    """Else CI believes a failed script, or its author reads our frames."""
    here = ("-m", "jupyter_claude_sdk")
    assert run(*here, "-c", "raise SystemExit(7)").returncode == 7
    (tmp_path / "script.py").write_text("def f():\n    1 / 0\nf()\n")
    assert run(*here, "script.py").stderr == run("script.py").stderr
    (tmp_path / "script.py").write_text("x = (\n")
    assert "SyntaxError" in run(*here, "script.py").stderr
    assert "Traceback" not in run(*here, "script.py").stderr
    interrupted = run(*here, "-c", "raise KeyboardInterrupt")
    assert interrupted.returncode == run("-c", "raise KeyboardInterrupt").returncode != 0


def test_what_cannot_be_run_is_one_line(run: Run) -> None:
    """Else a mistyped name ends in a traceback of ours."""
    here = ("-m", "jupyter_claude_sdk")
    for arguments in (["nothing.py"], ["-m", "nothing"], ["-m", "claude_agent_sdk"], ["-c"]):
        done = run(*here, *arguments)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1, done.stderr
    assert run(*here).returncode == 2
    assert "usage:" in printed(run(*here, "--help"))
    assert printed(run(*here, "--version")).startswith("jupyter_claude_sdk ")
