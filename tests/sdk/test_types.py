"""The types that a user's type checker sees."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="the folders of a venv have other names there")
def test_every_public_type_is_complete(tmp_path: Path) -> None:
    """Otherwise a strict checker calls parts of a user's program unknown, and checks them not."""
    pyright = Path(sys.executable).with_name("pyright")
    venv.create(tmp_path / "venv", with_pip=False)
    packages = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    # Installed, as a user has it; what it needs comes from here.
    shutil.copytree(REPOSITORY / "sdk" / "jupyter_claude_sdk", packages / "jupyter_claude_sdk")
    (packages / "needed.pth").write_text("\n".join(site.getsitepackages()))
    programs = f"{tmp_path / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [str(pyright), "--verifytypes", "jupyter_claude_sdk", "--ignoreexternal", "--outputjson"],
        cwd=tmp_path,
        env={**os.environ, "PATH": programs, "VIRTUAL_ENV": str(tmp_path / "venv")},
        capture_output=True,
        text=True,
        timeout=150,
    )
    report = json.loads(done.stdout)["typeCompleteness"]
    assert report["exportedSymbolCounts"]["withKnownType"] > 200  # it was found at all
    unknown = [
        (item["name"], said["message"])
        for item in report["symbols"]
        for said in item["diagnostics"]
        if said["severity"] == "error"
    ]
    assert unknown == []
    assert report["completenessScore"] == 1
