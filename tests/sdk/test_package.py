"""What the package offers and what importing it costs."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import jupyter_claude_sdk
import jupyter_claude_sdk.testing
import pytest
from jupyter_claude_sdk import ToolPermissionContext

pytestmark = pytest.mark.pure

#: Every public name; type checkers know them from the package's imports.
PUBLIC: list[str] = getattr(jupyter_claude_sdk, "__all__")  # noqa: B009

DOCUMENTED = """
query ClaudeSDKClient ClaudeAgentOptions Message UserMessage AssistantMessage SystemMessage
ResultMessage StreamEvent ContentBlock TextBlock ThinkingBlock ToolUseBlock ToolResultBlock
ClaudeSDKError CLIConnectionError CLINotFoundError ProcessError CLIJSONDecodeError
AgentDefinition PermissionMode SettingSource SystemPromptPreset OutputFormat SdkPluginConfig
McpServerConfig HookEvent HookMatcher HookContext HookCallback CanUseTool PermissionResult
PermissionResultAllow PermissionResultDeny PermissionUpdate ToolPermissionContext Transport
tool create_sdk_mcp_server SdkMcpTool McpSdkServerConfig ToolAnnotations
list_sessions get_session_info get_session_messages list_subagents get_subagent_messages
SDKSessionInfo SessionMessage rename_session tag_session delete_session fork_session
ForkSessionResult project_key_for_directory
"""


#: What programs for the official package import besides.
BEYOND = """
SessionKey SessionStore SessionStoreEntry SessionStoreFlushMode SessionStoreListEntry
SessionSummaryEntry SessionListSubkeysKey InMemorySessionStore fold_session_summary
MirrorErrorMessage project_key_for_directory import_session_to_store list_sessions_from_store
get_session_info_from_store get_session_messages_from_store list_subagents_from_store
get_subagent_messages_from_store rename_session_via_store tag_session_via_store
delete_session_via_store fork_session_via_store
list_sessions get_session_info get_session_messages list_subagents get_subagent_messages
SDKSessionInfo SessionMessage rename_session tag_session delete_session fork_session
ForkSessionResult
McpServerStatus McpServerStatusConfig McpServerConnectionStatus McpServerInfo McpStatusResponse
McpToolAnnotations McpToolInfo McpServerConfig
SystemInitData SystemInitMcpServer SystemInitPlugin SystemInitPluginError FastModeState
FastModeDisabledReason
CanUseToolShadowedWarning
HookInput HookEventMessage BaseHookInput PreToolUseHookInput PostToolUseHookInput
PostToolUseFailureHookInput PostToolUseFailureHookSpecificOutput UserPromptSubmitHookInput
StopHookInput SubagentStopHookInput PreCompactHookInput NotificationHookInput
SubagentStartHookInput PermissionRequestHookInput NotificationHookSpecificOutput
SubagentStartHookSpecificOutput PermissionRequestHookSpecificOutput
PreToolUseHookSpecificOutput PostToolUseHookSpecificOutput UserPromptSubmitHookSpecificOutput
SessionStartHookSpecificOutput HookEffort BackgroundTaskSummary SessionCronSummary
UserPromptExpansionHookSpecificOutput PostToolBatchHookSpecificOutput StopHookSpecificOutput
SubagentStopHookSpecificOutput PermissionDeniedHookSpecificOutput
PreModelSwitchHookSpecificOutput PostModelSwitchHookSpecificOutput
ElicitationHookSpecificOutput ElicitationResultHookSpecificOutput CwdChangedHookSpecificOutput
FileChangedHookSpecificOutput WorktreeCreateHookSpecificOutput
MessageDisplayHookSpecificOutput HookJSONOutput
TaskStartedMessage TaskProgressMessage TaskUpdatedMessage TaskNotificationMessage
TaskNotificationStatus TaskUpdatedStatus TERMINAL_TASK_STATUSES TaskUsage
TaskNotificationOriginSubkind TaskBudget
ModelUsage DeferredToolUse ContextUsageCategory ContextUsageResponse ResultError
RateLimitEvent RateLimitInfo RateLimitStatus RateLimitType
ConversationResetMessage MessageOrigin MessageOriginKind
EffortLevel ThinkingConfig ThinkingConfigAdaptive ThinkingConfigEnabled ThinkingConfigDisabled
SdkBeta ServerToolName ServerToolUseBlock ServerToolResultBlock
SandboxSettings SandboxNetworkConfig SandboxIgnoreViolations
"""


def test_each_name_of_the_official_package_is_there() -> None:
    """`from claude_agent_sdk import …` would fail at the program's first line."""
    names = BEYOND.split()
    assert [name for name in names if name not in PUBLIC] == []
    assert [name for name in names if getattr(jupyter_claude_sdk, name) is None] == []


def test_what_is_exported_is_decided() -> None:
    """A documented name that is missing breaks documented code; a stray one becomes a promise."""
    for module in (jupyter_claude_sdk, jupyter_claude_sdk.testing):
        names = module.__all__
        assert len(names) == len(set(names))  # ruff keeps them sorted
        public = {
            name
            for name, value in vars(module).items()
            if not name.startswith("_") and type(value) is not type(sys) and name != "annotations"
        }
        lazy = set(getattr(module, "_HOMES", ()))  # there from their first use on
        assert public - lazy == set(names) - {"__version__"} - lazy
        assert all(hasattr(module, name) for name in names)
        assert set(names) <= set(dir(module))  # what Tab offers
    assert set(DOCUMENTED.split()) <= set(PUBLIC)


def test_each_lazy_name_is_said_by_its_module() -> None:
    """A function that is added to the sessions could not be imported from the package."""
    for path, names in vars(jupyter_claude_sdk)["_LAZY"].items():
        module = importlib.import_module(path, jupyter_claude_sdk.__name__)
        assert module.__all__ == names


def kinds() -> Iterator[Any]:
    """Yield the public classes and functions."""
    for name in PUBLIC:
        value = getattr(jupyter_claude_sdk, name)
        if not get_args(value) and (inspect.isclass(value) or inspect.isfunction(value)):
            yield value


def test_each_class_and_function_bears_the_package_s_name() -> None:
    """Users would see `jupyter_claude_sdk._client.ClaudeSDKClient`, and pickles would name it."""
    assert repr(jupyter_claude_sdk.ClaudeSDKClient) == (
        "<class 'jupyter_claude_sdk.ClaudeSDKClient'>"
    )
    own = [kind for kind in kinds() if kind.__module__ != "builtins"]  # dict[str, Any] is dict
    assert [kind for kind in own if kind.__module__ != "jupyter_claude_sdk"] == []
    assert [kind for kind in own if pickle.loads(pickle.dumps(kind)) is not kind] == []
    assert len(own) > 150


def test_types_of_fields_can_be_read() -> None:
    """Pydantic and other readers of annotations look them up in the module that a class names."""
    names = [kind.__name__ for kind in kinds() if inspect.isclass(kind)]
    names.remove("SdkMcpTool")  # its ToolAnnotations would load mcp
    hints = {name: get_type_hints(getattr(jupyter_claude_sdk, name)) for name in names}
    assert hints["TextBlock"]["text"] is str
    assert hints["ClaudeAgentOptions"]["cwd"] == (str | Path | None)


def not_documented(name: str) -> list[str]:
    """Return what the name's docstring leaves out: parameters, fields, or all of it."""
    value = getattr(jupyter_claude_sdk, name)
    if get_args(value) or not (inspect.isclass(value) or inspect.isfunction(value)):
        return []  # an alias of types; its comment is in the reference
    text = inspect.getdoc(value) or ""
    if not text or text.startswith("dict() ->"):
        return ["the docstring"]
    if dataclasses.is_dataclass(value):
        parts = [field.name for field in dataclasses.fields(value)]
    else:
        parts = list(inspect.signature(value).parameters) if inspect.isfunction(value) else []
    return [part for part in parts if not re.search(rf"\b{part}\b", text)]


def test_each_name_is_documented_with_what_it_takes() -> None:
    """A user would have to read the source."""
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "sdk.md"
    listed = set(re.findall(r":: (\w+)$", page.read_text("utf-8"), re.MULTILINE))
    names = set(PUBLIC) - {"__version__"}
    assert names - listed == set()
    assert {name: missing for name in names if (missing := not_documented(name))} == {}


def test_each_method_is_documented_with_what_it_takes_and_returns() -> None:
    """A user would have to read the source."""
    silent = []
    for name in PUBLIC:
        kind = getattr(jupyter_claude_sdk, name)
        if not inspect.isclass(kind) or issubclass(kind, dict):
            continue
        for method, function in inspect.getmembers(kind, inspect.isfunction):
            if method.startswith("_") or not function.__module__.startswith("jupyter_claude_sdk"):
                continue
            # What a store or transport inherits is described where it is defined first.
            owners = [getattr(base, method, None) for base in kind.__mro__]
            text = "\n".join(inspect.getdoc(owner) or "" for owner in owners if owner)
            signature = inspect.signature(function)
            wanted = [part for part in signature.parameters if part != "self"]
            said = [
                part for part in wanted if re.search(rf"^{part}\b|`{part}`|, {part} :", text, re.M)
            ]
            returns = signature.return_annotation not in ("None", inspect.Signature.empty)
            if said != wanted or (returns and not re.search(r"Returns?\b|Yields|Whether", text)):
                silent.append((name, method, sorted({*wanted} - {*said})))
    assert silent == []


def test_importing_takes_neither_jupyter_nor_mcp() -> None:
    """The SDK is for scripts and servers too, and must start quickly."""
    code = (
        "import sys, jupyter_claude_sdk; print(*sys.modules); "
        "import jupyter_claude_sdk.testing, jupyter_claude_sdk.lowlevel; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert not set(done.stdout.splitlines()[0].split()) & {"http.server", "sqlite3", "httpx"}
    assert "jupyter_claude_sdk._sessions.transcript" not in done.stdout.split()
    assert "jupyter_claude_sdk._sessions.entries" not in done.stdout.splitlines()[0].split()
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"IPython", "ipywidgets", "jupyter_claude", "mcp", "pydantic", "trio"}


_FIRST_USE = """
import sys, jupyter_claude_sdk
before = set(sys.modules)
assert "jupyter_claude_sdk._client" not in before
jupyter_claude_sdk.query
import jupyter_claude_sdk.lowlevel
new = set(sys.modules) - before
assert "jupyter_claude_sdk._client" in new
print(*[name for name in new if name.partition(".")[0] != "jupyter_claude_sdk"])
"""


def test_the_first_use_imports_no_module_of_others() -> None:
    """A file tempfile.py in the folder where the user is by then would run in place of Python's."""
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_USE], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_the_tier_below_shows_the_same_classes() -> None:
    """A program that imports only `lowlevel` would see private modules in a `repr`."""
    code = "from jupyter_claude_sdk.lowlevel import ClaudeSDKClient; print(ClaudeSDKClient)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "<class 'jupyter_claude_sdk.ClaudeSDKClient'>\n"


def test_it_runs_with_its_declared_dependencies_alone() -> None:
    """A package that only the tests bring (sniffio, trio) would be missing on a user's machine."""
    code = """
import sys
sys.modules["sniffio"] = sys.modules["trio"] = None
import anyio
from jupyter_claude_sdk import query
from jupyter_claude_sdk.testing import ScriptedTransport
async def main():
    print(len([message async for message in query(prompt="x", transport=ScriptedTransport())]))
anyio.run(main)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_permission_suggestions_go_back_as_they_came() -> None:
    """Else "always allow" grants something other than what the button said."""
    suggestions = [
        {
            "type": "addRules",
            "rules": [{"toolName": "Bash", "ruleContent": "ls:*"}, {"toolName": "Read"}],
            "behavior": "allow",
            "destination": "session",
            "new": 1,
        },
        {"type": "setMode", "mode": "acceptEdits", "destination": "session"},
        {"type": "addDirectories", "directories": ["/a"], "destination": "session"},
    ]
    context = ToolPermissionContext.from_request(
        {"tool_use_id": "t", "permission_suggestions": suggestions}
    )
    assert [item.to_dict() for item in context.suggestions] == suggestions
    assert context.suggestions[0].rules is not None
    assert [str(rule) for rule in context.suggestions[0].rules] == ["Bash(ls:*)", "Read"]
