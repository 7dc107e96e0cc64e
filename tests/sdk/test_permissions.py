"""Permissions: what a callback may answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    PermissionResultAllow,
    PermissionRuleValue,
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


RULES = [PermissionRuleValue("Bash"), PermissionRuleValue("Read", "/a/**")]
WIRE_RULES = [{"toolName": "Bash"}, {"toolName": "Read", "ruleContent": "/a/**"}]


@pytest.mark.pure
def test_an_update_without_a_place_counts_for_the_session() -> None:
    """The CLI would ignore it, and ask again."""
    update = PermissionUpdate("addRules", rules=RULES, behavior="allow")
    wire = {"type": "addRules", "rules": WIRE_RULES, "behavior": "allow", "destination": "session"}
    assert update.to_dict() == wire
    plain = {"type": "addRules", "rules": RULES, "behavior": "allow", "destination": None}
    snake = {
        **plain,
        "rules": [{"tool_name": "Bash"}, {"toolName": "Read", "rule_content": "/a/**"}],
    }
    for given in (plain, snake):
        answer = permission_answer({"behavior": "allow", "updated_permissions": [given]}, {})
        assert answer["updatedPermissions"] == [wire]
    newer = {"type": "addHosts", "hosts": ["a"]}
    assert PermissionUpdate.from_dict(newer).to_dict() == newer


@pytest.mark.pure
@pytest.mark.parametrize(
    ("update", "said"),
    [
        ({"type": "addRule"}, r"has the type 'addRule'; it can be \['addRules', "),
        ({"type": ""}, "has the type ''; it can be"),
        ({"type": "addRules", "behavior": "allow"}, "'addRules' needs rules"),
        ({"type": "removeRules", "rules": RULES}, "'removeRules' needs behavior"),
        ({"type": "setMode"}, "'setMode' needs mode"),
        ({"type": "addDirectories"}, "'addDirectories' needs directories"),
        ({"type": "addDirectories", "directories": "/a"}, "directories must be a list"),
        (
            {"type": "addRules", "rules": RULES, "behavior": "yes"},
            r"behavior is 'yes'; it can be \['allow', ",
        ),
        (
            {"type": "setMode", "mode": "plan", "destination": "disk"},
            r"destination is 'disk'; it can be \['userSettings', ",
        ),
        (
            {"type": "addRules", "rules": ["Bash"], "behavior": "allow"},
            r"rules must be PermissionRuleValue\('TOOL', 'CONTENT'\), not 'Bash'",
        ),
    ],
)
def test_an_update_that_the_cli_cannot_use_is_one_line(
    update: dict[str, Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The CLI would ignore every update of the answer, and nobody would know why it asks again."""
    with pytest.raises(ValueError, match=said) as caught:
        PermissionUpdate(**update).to_dict()
    assert "\n" not in str(caught.value)
    for bad in (update, PermissionUpdate(**update)):
        answer = permission_answer({"behavior": "allow", "updated_permissions": [MODE, bad]}, {})
        assert answer == {"behavior": "allow", "updatedInput": {}}
    first, second = caplog.messages
    assert first == second and first.startswith("can_use_tool allowed the call, but its updated_")


@pytest.mark.pure
@pytest.mark.parametrize("updates", ["addRules", ["addRules"], 3])
def test_updates_of_another_kind_are_left_out(
    updates: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The callback would fail, and so deny the call that it allowed."""
    for result in (
        PermissionResultAllow(updated_permissions=updates),
        {"behavior": "allow", "updatedPermissions": updates},
    ):
        assert permission_answer(result, {}) == {"behavior": "allow", "updatedInput": {}}
    assert len(caplog.messages) == 2


@pytest.mark.cli
@pytest.mark.anyio
async def test_an_update_without_a_place_is_not_asked_again(
    options: Callable[..., ClaudeAgentOptions],
) -> None:
    """The user would be asked about what was always allowed."""
    asked: list[str] = []

    async def decide(tool: str, given: dict[str, Any], context: Any) -> Any:
        asked.append(tool)
        update = PermissionUpdate("addRules", rules=RULES[:1], behavior="allow")
        return PermissionResultAllow(updated_permissions=[update])

    touch = {"tool": "Bash", "input": {"command": "touch note.txt"}}
    chosen = options([{"replies": [[touch], [touch], [{"text": "Done."}]]}], can_use_tool=decide)
    with anyio.fail_after(60):
        async for _ in query(prompt="go", options=chosen):
            pass
    assert asked == ["Bash"]


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
