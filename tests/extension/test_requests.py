"""What a permission request shows: all of the call's input, in every view."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jupyter_claude_sdk import ToolPermissionContext

from jupyter_claude._asking.inputs import field_of
from jupyter_claude._command import demo
from jupyter_claude._requests import describe
from jupyter_claude._text import exact, exact_line
from jupyter_claude._turns.requests import PermissionRequest
from jupyter_claude._views import request_lines
from jupyter_claude._views.protocol import request_view

pytestmark = pytest.mark.pure

HERE = Path(__file__).parents[2]


def described(
    tool: str, tool_input: dict[str, Any], folder: Path, **context: Any
) -> PermissionRequest:
    """Return the request for a call."""
    said = ToolPermissionContext.from_request({"input": tool_input, **context})
    request = describe(tool, tool_input, said, folder, 0.0)
    assert isinstance(request, PermissionRequest)
    return request


def leaves(value: Any) -> Iterator[str]:
    """Yield all names and values of an input, at any depth, as they must be seen."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif isinstance(value, str):
        yield value
    else:
        yield json.dumps(value)


def is_shown(leaf: str, text: str) -> bool:
    """Whether each line of a leaf stands in a text, as it is or as JSON has it."""
    forms = (leaf, json.dumps(leaf, ensure_ascii=False)[1:-1])
    return any(
        all(exact_line(line) in text or exact(line) in text for line in form.split("\n"))
        for form in forms
    )


#: Inputs of the tools that have a view of their own, and of some that have none.
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("Bash", {"command": "ls", "dangerouslyDisableSandbox": True, "run_in_background": False}),
    ("Bash", {"command": "ls\nrm -rf x", "timeout": 120000, "description": "Lists files"}),
    ("Bash", {"command": ["no", "text"], "description": {"not": "text"}, "extra": None}),
    ("Bash", {}),
    ("Write", {"file_path": "a\nb.txt", "content": "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "mode": "0777"}),
    ("Write", {"file_path": 3, "content": "text"}),
    ("Edit", {"file_path": "e", "old_string": "one", "new_string": "two", "replace_all": True}),
    ("Edit", {"file_path": "e", "old_string": 7, "new_string": "two", "replace_all": "yes"}),
    ("MultiEdit", {"file_path": "e", "edits": [{"old_string": "x\ny", "new_string": "z"}]}),
    ("NotebookEdit", {"notebook_path": "n.ipynb", "cell_id": "c", "new_source": "import os\nx"}),
    ("ExitPlanMode", {"plan": "# Plan\n\n1. **Do** it\n", "allowed": [{"tool": "Bash"}]}),
    ("ExitPlanMode", {"plan": "Do it", "planFilePath": "/home/me/.claude/plans/p.md"}),
    ("WebFetch", {"url": "https://e.org/?a=b", "prompt": "What does it say?"}),
    ("mcp__kernel__run_code", {"code": "a = 1\nb = 2", "why": "to see", "timeout": 2.5}),
    ("mcp__x__y", {"deep": {"er": [{"est": [1, "two\u202e", None, False]}]}, "long": "x" * 30_000}),
]

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


def check(tool: str, tool_input: dict[str, Any], folder: Path) -> None:
    request = described(tool, tool_input, folder)
    texts = [
        "\n".join(request_lines.lines_of_request(request)),
        demo._described(request_view(request)),
    ]
    for leaf in leaves(tool_input):
        if tool in ("Edit", "Write") and leaf in ("old_string", "new_string", "content"):
            continue  # what the diff shows has no name
        if leaf in ("file_path", "command", "description", "plan"):
            continue
        for text in texts:
            assert is_shown(leaf, text) or in_words(tool, leaf, tool_input, text), (tool, leaf)


def in_words(tool: str, leaf: str, tool_input: dict[str, Any], text: str) -> bool:
    """Whether a known name of an input, or its yes or no, stands in a text in words."""
    fields = [
        field_of(tool, name, value)
        for name, value in tool_input.items()
        if name == leaf or (isinstance(value, bool) and json.dumps(value) == leaf)
    ]
    return bool(fields) and all(
        f"{field['name']}: {exact(field['value'])}" in text
        or (f"{field['name']}:\n" in text and is_shown(field["value"], text))
        for field in fields
    )


def test_known_inputs_have_a_name_in_words(tmp_path: Path) -> None:
    """Else a user must know what `replace_all` means before they can approve an edit."""

    def fields(tool: str, **given: Any) -> list[tuple[str, str]]:
        return [
            (field["name"], field["value"]) for field in described(tool, given, tmp_path).fields
        ]

    edit = {"file_path": "e", "old_string": "a", "new_string": "b"}
    assert fields("Edit", **edit, replace_all=True) == [("Replaces every match", "yes")]
    assert fields("Edit", **edit, replace_all=False) == [("Replaces every match", "no")]
    assert fields("ExitPlanMode", plan="# P", planFilePath="/p/plan.md", new=1) == [
        ("Plan file", "/p/plan.md"),
        ("new", "1"),
    ]
    assert fields("Bash", command="ls", run_in_background="false") == [
        ("run_in_background", "false")  # a text, not a boolean: exactly as it is
    ]
    assert fields("mcp__a__b", replace_all=True) == [("replace_all", "true")]


@pytest.mark.parametrize(("tool", "tool_input"), CALLS)
def test_nothing_of_a_calls_input_is_missing(
    tool: str, tool_input: dict[str, Any], tmp_path: Path
) -> None:
    """Else a command runs outside of the sandbox, or in the background, and nobody has read it."""
    check(tool, tool_input, tmp_path)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    tool=st.sampled_from(["Bash", "Write", "Edit", "WebFetch", "mcp__a__b", "Unknown"]),
    rest=st.dictionaries(names, values, max_size=4),
    known=st.sampled_from([tool_input for _, tool_input in CALLS]),
)
def test_nothing_of_any_input_is_missing(
    tool: str, rest: dict[str, Any], known: dict[str, Any], tmp_path_factory: Any
) -> None:
    """Else a tool that we do not know can be told something that its request does not show."""
    folder = tmp_path_factory.getbasetemp() / "none"
    check(tool, {**known, **rest}, folder)


def test_the_parts_stand_in_their_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else Claude's own words on its command pass for Claude Code's reason to ask."""
    request = described(
        "Bash",
        {"command": "rm x\nls", "description": "Harmless:\n" + "very " * 99, "timeout": 9},
        tmp_path,
        decision_reason="Outside of\nthe folder",
        description="Harmless: very",
    )
    assert request.says == f"Harmless: {'very ' * 37}very…"
    assert len(request.says) == 200
    assert request_lines.lines_of_request(request) == [
        *("Outside of⟨U+000A⟩the folder", "│ rm x", "│ ls", "Time limit in ms: 9"),
        f"Claude says: {request.says}",
    ]
    edit = described("Edit", {"file_path": "a\nb", "old_string": "", "new_string": "x"}, tmp_path)
    assert edit.new_file
    assert request_lines.lines_of_request(edit) == [
        *("a⟨U+000A⟩b (new file)", "│ --- /dev/null", "│ +++ a⟨U+000A⟩b", "│ 1 new line"),
        *("│ +x", "│ \\ No newline at end of file"),
    ]


def test_a_value_cannot_pass_for_another_field(tmp_path: Path) -> None:
    """Else a long value can end with what looks like the rest of the request."""
    value = "x\ndangerouslyDisableSandbox: false\nClaude says: fine"
    lines = request_lines.lines_of_request(
        described("mcp__a__b", {"note": value, "n\nb: 1": 2}, tmp_path)
    )
    assert lines[0] == "note:"
    assert all(line.startswith("│ ") for line in lines[1:4])
    assert lines[4:] == ["n⟨U+000A⟩b: 1: 2"]


def test_the_samples_of_the_front_end_are_real(tmp_path: Path) -> None:
    """Else the front end is tested with requests that no kernel makes."""
    path = HERE / "labextension" / "test" / "data" / "requests.json"
    made = [
        {
            "input": tool_input,
            "request": {**request_view(described(tool, tool_input, tmp_path)), "id": "ask"},
        }
        for tool, tool_input in CALLS
    ]
    assert json.loads(path.read_text("utf-8")) == json.loads(json.dumps(made))
