"""The CLI's notices: system messages, and subclasses for those whose fields are known.

Source: the documented Python reference of the Agent SDK, and lines observed on the CLI.
"""

from dataclasses import dataclass, field
from typing import Any, cast

from .._base.repr import ShortRepr, hidden
from .._base.wire_names import on_wire
from .message_types import (
    SystemInitData,
    TaskNotificationStatus,
    TaskUpdatedStatus,
    TaskUsage,
)
from .stores import SessionKey

__all__ = [
    "HookEventMessage",
    "MirrorErrorMessage",
    "SystemMessage",
    "TaskNotificationMessage",
    "TaskProgressMessage",
    "TaskStartedMessage",
    "TaskUpdatedMessage",
]


@dataclass(repr=False)
class SystemMessage(ShortRepr):
    """A notice from the CLI: ``init``, ``status``, ``api_retry`` and others.

    Some subtypes have a subclass.

    Attributes
    ----------
    subtype : str
        The kind of notice.
    data : dict
        The CLI's line.
    """

    subtype: str
    data: dict[str, Any]

    @property
    def init(self) -> SystemInitData | None:
        """``data`` with its types, if this is the ``init`` notice that begins each turn."""
        return cast(SystemInitData, self.data) if self.subtype == "init" else None


class _TypedSystemMessage(SystemMessage):
    """A notice whose fields repeat ``data``. The ``repr`` shows only the fields."""

    _shown = hidden("subtype", "data")


@dataclass(repr=False)
class TaskStartedMessage(_TypedSystemMessage):
    """A background task began: a subagent, a command, a monitor.

    Attributes
    ----------
    subtype, data
        As in `SystemMessage`.
    task_id : str
        The task's id, for `ClaudeSDKClient.stop_task`.
    description : str
        What the task does, in words.
    uuid, session_id : str
        The notice's id and the session.
    tool_use_id : str, optional
        The tool call that started it.
    task_type : str, optional
        The kind of task, such as ``"local_agent"`` or ``"local_bash"``.
    run_id : str, optional
        The id of this run of the task.
    subagent_type : str, optional
        The subagent's kind.
    is_backgrounded : bool, optional
        Whether the turn continues without waiting for it.
    spawn_depth : int, optional
        1 for a subagent, 2 for a subagent's subagent.
    prompt : str, optional
        The subagent's prompt.
    """

    task_id: str
    description: str
    uuid: str
    session_id: str
    tool_use_id: str | None = None
    task_type: str | None = None
    run_id: str | None = None
    subagent_type: str | None = None
    is_backgrounded: bool | None = None
    spawn_depth: int | None = None
    prompt: str | None = None


@dataclass(repr=False)
class TaskProgressMessage(_TypedSystemMessage):
    """A background task reports its progress.

    Attributes
    ----------
    subtype, data
        As in `SystemMessage`.
    task_id, description, uuid, session_id, tool_use_id
        As in `TaskStartedMessage`.
    usage : TaskUsage
        What the task has used so far.
    last_tool_name : str, optional
        The tool that the task used last.
    run_id, subagent_type : str, optional
        As in `TaskStartedMessage`.
    """

    task_id: str
    description: str
    usage: TaskUsage
    uuid: str
    session_id: str
    tool_use_id: str | None = None
    last_tool_name: str | None = None
    run_id: str | None = None
    subagent_type: str | None = None


@dataclass(repr=False)
class TaskUpdatedMessage(_TypedSystemMessage):
    """Something about a background task changed.

    Attributes
    ----------
    subtype, data
        As in `SystemMessage`.
    task_id : str
        The task.
    patch : dict
        The changed fields with their new values.
    status : str, optional
        The new status, if that changed; see `TERMINAL_TASK_STATUSES`.
    session_id, uuid : str, optional
        The session and the notice's id.
    run_id : str, optional
        As in `TaskStartedMessage`.
    """

    task_id: str
    patch: dict[str, Any]
    status: TaskUpdatedStatus | None = None
    session_id: str | None = None
    uuid: str | None = None
    run_id: str | None = None


@dataclass(repr=False)
class TaskNotificationMessage(_TypedSystemMessage):
    """A background task ended.

    Attributes
    ----------
    subtype, data
        As in `SystemMessage`.
    task_id : str
        The task.
    status : str
        ``"completed"``, ``"failed"`` or ``"stopped"``.
    output_file : str
        The file with its output, or "".
    summary : str
        The result, in words.
    uuid, session_id : str
        The notice's id and the session.
    tool_use_id : str, optional
        The tool call that started it.
    usage : TaskUsage, optional
        What the task used.
    run_id : str, optional
        As in `TaskStartedMessage`.
    summary_is_report : bool, optional
        Whether `summary` is the subagent's own report.
    """

    task_id: str
    status: TaskNotificationStatus
    output_file: str
    summary: str
    uuid: str
    session_id: str
    tool_use_id: str | None = None
    usage: TaskUsage | None = None
    run_id: str | None = None
    summary_is_report: bool | None = None


@dataclass(repr=False)
class HookEventMessage(_TypedSystemMessage):
    """A hook from a settings file is running or has run (``include_hook_events``).

    Attributes
    ----------
    subtype : str
        ``"hook_started"``, ``"hook_progress"`` or ``"hook_response"``.
    data : dict
        The CLI's line.
    hook_event_name : str
        The event, such as ``"PreToolUse"``.
    session_id, uuid : str, optional
        The session and the notice's id.
    hook_id, hook_name : str, optional
        The hook's id, the same in all its notices, and its name, such as ``"PreToolUse:Bash"``.
    outcome : str, optional
        In a response: ``"success"``, or the kind of failure.
    exit_code : int, optional
        In a response: the command's exit code.
    output, stdout, stderr : str, optional
        What the command wrote: all of it, and each stream.
    """

    hook_event_name: str = field(default="", metadata=on_wire("hook_event"))
    session_id: str | None = None
    uuid: str | None = None
    hook_id: str | None = None
    hook_name: str | None = None
    outcome: str | None = None
    exit_code: int | None = None
    output: str | None = None
    stdout: str | None = None
    stderr: str | None = None

    _shown = hidden("data", "hook_id", "stdout", "stderr")


@dataclass(repr=False)
class MirrorErrorMessage(_TypedSystemMessage):
    """A session store did not take a copy of the transcript. The session itself continues.

    Attributes
    ----------
    subtype, data
        As in `SystemMessage`.
    key : SessionKey, optional
        The transcript that is incomplete in the store.
    error : str
        The store's error.
    """

    key: SessionKey | None = None
    error: str = ""
