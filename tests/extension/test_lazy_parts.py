"""What loading leaves for the first use of a session."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_claude import ClaudeError
from jupyter_claude._claude import Claude

pytestmark = pytest.mark.pure

_FIRST_USE = """
import sys
import jupyter_claude._ipython.extension
before = set(sys.modules)
assert "jupyter_claude._parts" not in before
for name in set(jupyter_claude.__all__) - {"rows"}:  # which is for workers, and uses no session
    getattr(jupyter_claude, name)
jupyter_claude.claude.client
import jupyter_claude._ipython.outputs
new = set(sys.modules) - before
assert "jupyter_claude._parts" in new
print(*[name for name in new if name.partition(".")[0] not in sys.argv[1:]])
"""


def test_loading_imports_what_the_first_use_needs_of_others() -> None:
    """A file difflib.py in the user's folder would run as the standard library's module."""
    ours = ("jupyter_claude", "jupyter_claude_sdk")
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_USE, *ours], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_the_first_use_in_several_threads_makes_one_session() -> None:
    """Each thread of a first `df.apply` would start a Claude Code of its own."""
    for _ in range(20):
        claude = Claude()
        with ThreadPoolExecutor(8) as pool:
            clients = list(pool.map(lambda _, claude=claude: claude.client, range(8)))
        assert {id(client) for client in clients} == {id(claude.client)}


def test_a_mode_is_refused_before_the_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user would believe that a mode is on, and the first prompt would fail."""
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.delenv("IS_SANDBOX", raising=False)
    claude = Claude()
    with pytest.raises(ClaudeError, match="does not let root"):
        claude.settings.permission_mode = "bypassPermissions"
    assert claude.settings.permission_mode == "default"
