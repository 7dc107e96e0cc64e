"""A pool of real CLIs with a scripted model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from jupyter_claude_sdk import ClaudeAgentOptions
from jupyter_claude_sdk._map.pool import ClaudePool
from jupyter_claude_sdk.lowlevel import AnswerForm
from jupyter_claude_sdk.testing import ScriptedModel


@pytest.fixture
def pool(
    options: Callable[..., ClaudeAgentOptions], scripted: Callable[[Any], ScriptedModel]
) -> Callable[..., tuple[ClaudePool, ScriptedModel]]:
    """Make a pool and the model that it asks; `form` is the type of the answers."""

    def make(script: Any, form: Any = None, **fields: Any) -> tuple[ClaudePool, ScriptedModel]:
        model = scripted(script)
        chosen = options((), env={**model.env, **fields.pop("env", {})})
        wanted: AnswerForm[Any] | None = None if form is None else AnswerForm(form)
        return ClaudePool(chosen, **{"size": 1, "form": wanted, **fields}), model

    return make
