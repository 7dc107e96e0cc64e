"""What users of one JupyterHub share: a browser at a shared computer, and nothing else."""

from __future__ import annotations

import pytest

from jupyter_claude._views.notebook import notebook_key


@pytest.mark.pure
def test_users_with_the_same_paths_have_different_drafts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a student finds in the panel what the one before them at this computer had written."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/jovyan/homework.ipynb")
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    keys = {notebook_key()}
    for name in ("ann", "bob"):
        monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", f"/user/{name}/")
        keys.add(notebook_key())
    assert len(keys) == 3
