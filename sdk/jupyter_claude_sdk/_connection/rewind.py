"""Going back to before a prompt: restores files, and cuts the conversation.

Source: requests and answers observed on the CLI.
"""

import os
from dataclasses import dataclass, replace
from typing import Any, Literal

import anyio

from .._base.repr import ShortRepr
from .._errors import ControlRequestError
from .._options import ClaudeAgentOptions
from .log import ConversationLog
from .owner import Connection

__all__ = ["RewindConversationResult", "RewindFilesResult"]

#: A part of the CLI's error, and our error that says what to do.
_WHY_NOT = {
    "not enabled": "Claude Code keeps no file checkpoints in this session: connect with "
    "ClaudeAgentOptions(enable_file_checkpointing=True) before the prompt",
    "No file checkpoint": "There is no file checkpoint of the prompt {prompt}: give the uuid of a "
    "prompt of this session, which is one of the last 100",
}

_NO_PROMPT = (
    "There is no prompt {prompt} in the conversation: give the uuid of one of its prompts, "
    "such as ClientTurn.uuid"
)
_TURN_RUNNING = "A turn is running: wait for its result, or interrupt it first"
_NOT_CUT = {
    "stale_target": _NO_PROMPT,
    "target_not_found": _NO_PROMPT,
    "turn_running": _TURN_RUNNING,
    "unseen_later_turn": "Another client sent a later prompt, which would be lost; "
    "go back with that client",
}


@dataclass(frozen=True, repr=False)
class RewindFilesResult(ShortRepr):
    """What `ClaudeSDKClient.rewind_files` changed, or in a dry run would change.

    Attributes
    ----------
    can_rewind : bool
        False only in a dry run; ``reason`` then says why.
    files : tuple of str
        The absolute paths of the files that are restored, created or deleted.
    insertions, deletions : int
        How many lines are added and removed in all.
    skipped_links : int
        How many files were left alone because a link leads to them; 0 in a dry run.
    reason : str or None
        In a dry run: why the files cannot be restored.
    """

    can_rewind: bool
    files: tuple[str, ...] = ()
    insertions: int = 0
    deletions: int = 0
    skipped_links: int = 0
    reason: str | None = None


async def rewind_files(connection: Connection, prompt: str, *, dry_run: bool) -> RewindFilesResult:
    """Restore files; see `ClaudeSDKClient.rewind_files`.

    The CLI names the files only in a dry run, so a dry run always comes first.
    """
    plan = await _ask(connection, prompt, dry_run=True)
    if plan.get("canRewind") is not True:
        reason = _reason(str(plan.get("error") or "The CLI gave no reason"), prompt)
        if dry_run:
            return RewindFilesResult(False, reason=reason)
        raise ControlRequestError("rewind_files", reason)
    done: dict[str, Any] = {} if dry_run else await _ask(connection, prompt)
    if not dry_run and done.get("canRewind") is not True:
        raise ControlRequestError("rewind_files", _reason(str(done.get("error")), prompt))
    folder = connection.options.cwd or os.getcwd()
    return RewindFilesResult(
        True,
        tuple(os.path.join(folder, name) for name in plan.get("filesChanged") or ()),
        plan.get("insertions") or 0,
        plan.get("deletions") or 0,
        done.get("skippedLinks") or 0,
    )


async def _ask(connection: Connection, prompt: str, **fields: Any) -> dict[str, Any]:
    """Ask the CLI. It refuses a dry run with a success, and a real run with an error."""
    try:
        return await connection.request("rewind_files", user_message_id=prompt, **fields)
    except ControlRequestError as error:
        if "did not answer within" in error.reason:
            raise
        return {"canRewind": False, "error": error.reason}


def _reason(said: str, prompt: str) -> str:
    for part, remedy in _WHY_NOT.items():
        if part in said:
            return remedy.format(prompt=prompt)
    return said.rstrip(".")


# --- the conversation -------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class RewindConversationResult(ShortRepr):
    """How `ClaudeSDKClient.rewind_conversation` went back.

    Attributes
    ----------
    how : {"live", "fork"}
        "live": in the running CLI. "fork": in a new CLI, which has a fork of the session with an id
        of its own. Then the old session stays as it was, and its background tasks have ended.
    session_id : str or None
        The session that continues; None for a new session, until its first prompt.
    prefill : str
        The text of the prompt that was taken back, to ask it again.
    """

    how: Literal["live", "fork"]
    session_id: str | None
    prefill: str


async def settle(connection: Connection) -> None:
    """Wait a moment for a turn that is ending, after its result or an interrupt.

    Raises
    ------
    ControlRequestError
        If a turn still runs.
    """
    with anyio.move_on_after(1):
        # Polled: no event says that the CLI's state has changed.
        while connection.busy and not connection.answering:  # noqa: ASYNC110
            await anyio.sleep(0.01)
    if connection.busy:
        raise refusal(_TURN_RUNNING)


async def rewind_live(
    connection: Connection, log: ConversationLog, prompt: str
) -> RewindConversationResult | None:
    """Cut the conversation in the running CLI; return None if that CLI cannot do it."""
    fields: dict[str, Any] = {"target_message_uuid": prompt}
    last = log.last_prompt()
    if last is not None:
        fields["last_seen_user_message_uuid"] = last
    try:
        answer = await connection.request("rewind_conversation", **fields)
    except ControlRequestError as error:
        if error.reason.startswith("Unsupported control request subtype"):
            return None
        raise
    if answer.get("rewound") is not True:
        why = str(answer.get("reason") or answer.get("error") or "The CLI did not say why not")
        raise refusal(_NOT_CUT.get(why, why).format(prompt=prompt))
    known = log.prompts.get(prompt)
    text = answer.get("prefillText")
    log.cut(prompt)
    if not isinstance(text, str):
        text = known.text if known else ""
    return RewindConversationResult("live", log.session_id, text)


def before_prompt(
    options: ClaudeAgentOptions, log: ConversationLog, prompt: str
) -> tuple[ClaudeAgentOptions, str]:
    """Return options that resume a fork of the session before a prompt, and the prompt's text."""
    known = log.prompts.get(prompt)
    if known is None:
        raise refusal(_NOT_CUT["target_not_found"].format(prompt=prompt))
    forked = known.before is not None
    return (
        replace(
            options,
            resume=(log.session_id or options.resume) if forked else None,
            resume_session_at=known.before,
            fork_session=forked,
            continue_conversation=False,
            session_id=None,
        ),
        known.text,
    )


def refusal(why: str) -> ControlRequestError:
    """Make the error for a conversation that cannot go back."""
    return ControlRequestError("rewind_conversation", why)
