"""Under which id a browser keeps a notebook's drafts."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from jupyter_claude._views import notebook
from jupyter_claude._views.notebook import notebook_key

pytestmark = pytest.mark.pure


def test_users_with_the_same_paths_have_different_drafts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a student finds in the panel what the one before them at this computer had written."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/jovyan/homework.ipynb")
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    keys = {notebook_key(None)}
    for name in ("ann", "bob"):
        monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", f"/user/{name}/")
        keys.add(notebook_key(None))
    assert len(keys) == 3


def test_a_later_kernel_has_the_drafts_in_vs_code_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a restart of the kernel throws away what the user had written."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    shells = [SimpleNamespace(user_ns={"__vsc_ipynb_file__": f"/{name}.ipynb"}) for name in "ab"]
    keys = [notebook_key(shell) for shell in shells]
    assert keys[0] != keys[1]
    monkeypatch.setattr(notebook, "KERNEL", "the next one")
    assert [notebook_key(shell) for shell in shells] == keys
