"""Going back: files to how they were before a prompt, the conversation to before it was asked.

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

#: What the CLI says, and what to do about it.
_WHY_NOT = {
    "not enabled": "Files are not recorded in this session: connect with "
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
    "unseen_later_turn": "There was a later prompt that this client did not send; it would be lost",
}


@dataclass(frozen=True, repr=False)
class RewindFilesResult(ShortRepr):
    """What `ClaudeSDKClient.rewind_files` changed, or in a dry run would change.

    Attributes
    ----------
    can_rewind : bool
        False only in a dry run; ``reason`` then says why.
    files : tuple of str
        The absolute paths of the files that change back, are made anew or are deleted.
    insertions, deletions : int
        The lines that going back adds and takes away, in all.
    skipped_links : int
        Files that were left alone because they are reached by a link; 0 in a dry run.
    reason : str or None
        Why there is nothing to go back to.
    """

    can_rewind: bool
    files: tuple[str, ...] = ()
    insertions: int = 0
    deletions: int = 0
    skipped_links: int = 0
    reason: str | None = None


async def rewind_files(connection: Connection, prompt: str, *, dry_run: bool) -> RewindFilesResult:
    """Restore files; see `ClaudeSDKClient.rewind_files`.

    The CLI names the files only when asked what it would do, so it is asked that first.
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
    """Ask the CLI; what it refuses a dry run as a success, it refuses the real run as an error."""
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
        In the running CLI, or in a new one with a fork of the session. The fork has an id of its
        own, the old session stays as it was, and background tasks have ended.
    session_id : str or None
        The session that goes on; None until its first prompt where that is a new one.
    prefill : str
        The text of the prompt that was taken back, to be asked anew.
    """

    how: Literal["live", "fork"]
    session_id: str | None
    prefill: str


async def settle(connection: Connection) -> None:
    """Wait for the end of a turn that ends: after a result or an interrupt that takes a moment.

    Raises
    ------
    ControlRequestError
        If one does.
    """
    with anyio.move_on_after(1):
        # Polled: the CLI's state comes with no event of its own.
        while connection.busy and not connection.answering:  # noqa: ASYNC110
            await anyio.sleep(0.01)
    if connection.busy:
        raise refusal(_TURN_RUNNING)


async def rewind_live(
    connection: Connection, log: ConversationLog, prompt: str
) -> RewindConversationResult | None:
    """Cut the conversation in the running CLI; None if that CLI cannot."""
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
    """Return options that resume a fork of the session as it was before a prompt, and its text."""
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
    """Make the error of a conversation that cannot go back."""
    return ControlRequestError("rewind_conversation", why)
