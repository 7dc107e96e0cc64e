"""Permissions: what a callback may answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    PermissionResultAllow,
    PermissionUpdate,
    query,
)
from jupyter_claude_sdk._connection.permissions import permission_answer

MODE = PermissionUpdate(type="setMode", mode="acceptEdits", destination="session")
WIRE = {"type": "setMode", "mode": "acceptEdits", "destination": "session"}


@pytest.mark.pure
@pytest.mark.parametrize(
    ("result", "sent"),
    [
        ({"behavior": "allow"}, {"behavior": "allow", "updatedInput": {"a": 1}}),
        (
            {"behavior": "allow", "updated_input": {"b": 2}, "updated_permissions": [MODE]},
            {"behavior": "allow", "updatedInput": {"b": 2}, "updatedPermissions": [WIRE]},
        ),
        (
            {"behavior": "allow", "updatedInput": None, "updatedPermissions": [WIRE]},
            {"behavior": "allow", "updatedInput": {"a": 1}, "updatedPermissions": [WIRE]},
        ),
        (
            PermissionResultAllow(updated_permissions=[MODE, WIRE]),  # type: ignore[list-item]
            {"behavior": "allow", "updatedInput": {"a": 1}, "updatedPermissions": [WIRE, WIRE]},
        ),
        ({"behavior": "deny"}, {"behavior": "deny", "message": ""}),
    ],
)
def test_dicts_and_classes_do_alike(result: Any, sent: dict[str, Any]) -> None:
    """A word of the other form would be passed over: the tool would get its first input."""
    assert permission_answer(result, {"a": 1}) == sent


@pytest.mark.pure
@pytest.mark.parametrize("result", [None, True, "allow", {"behavior": "yes"}, {}])
def test_what_is_no_answer_is_one_line(result: Any) -> None:
    """The CLI would get something that it cannot read."""
    with pytest.raises(TypeError, match="can_use_tool must return PermissionResultAllow, ") as said:
        permission_answer(result, {})
    assert "\n" not in str(said.value)


@pytest.mark.cli
@pytest.mark.anyio
async def test_a_plain_function_may_decide(
    options: Callable[..., ClaudeAgentOptions],
) -> None:
    """Each tool would fail with a word about "await", which Claude sees and the user does not."""
    asked: list[str] = []

    def decide(tool: str, given: dict[str, Any], context: Any) -> Any:
        asked.append(tool)
        return {"behavior": "allow", "updated_input": {**given, "content": "checked"}}

    write = {"tool": "Write", "input": {"file_path": "note.txt", "content": "first"}}
    script = [{"replies": [[write], [{"text": "Done."}]]}]
    chosen = options(script, can_use_tool=decide)
    with anyio.fail_after(60):
        async for _ in query(prompt="go", options=chosen):
            pass
    assert asked == ["Write"]
    assert chosen.cwd is not None
    assert (await anyio.Path(chosen.cwd, "note.txt").read_text()) == "checked"
