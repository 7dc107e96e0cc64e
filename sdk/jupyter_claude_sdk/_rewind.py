"""Going back: files to how they were before a prompt, the conversation to before it was asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ._errors import ControlRequestError
from ._session import Session

#: What the CLI says, and what to do about it.
_WHY_NOT = {
    "not enabled": "Files are not recorded in this session: connect with "
    "ClaudeAgentOptions(enable_file_checkpointing=True) before the prompt",
    "No file checkpoint": "There is no file checkpoint of the prompt {prompt}: give the uuid of a "
    "prompt of this session, which is one of the last 100",
}


@dataclass(frozen=True)
class RewindFilesResult:
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


async def rewind_files(session: Session, prompt: str, *, dry_run: bool) -> RewindFilesResult:
    """Restore files; see `ClaudeSDKClient.rewind_files`.

    The CLI names the files only when asked what it would do, so it is asked that first.
    """
    plan = await _ask(session, prompt, dry_run=True)
    if plan.get("canRewind") is not True:
        reason = _reason(str(plan.get("error") or "The CLI gave no reason"), prompt)
        if dry_run:
            return RewindFilesResult(False, reason=reason)
        raise ControlRequestError("rewind_files", reason)
    done: dict[str, Any] = {} if dry_run else await _ask(session, prompt)
    if not dry_run and done.get("canRewind") is not True:
        raise ControlRequestError("rewind_files", _reason(str(done.get("error")), prompt))
    folder = session.options.cwd or os.getcwd()
    return RewindFilesResult(
        True,
        tuple(os.path.join(folder, name) for name in plan.get("filesChanged") or ()),
        plan.get("insertions") or 0,
        plan.get("deletions") or 0,
        done.get("skippedLinks") or 0,
    )


async def _ask(session: Session, prompt: str, **fields: Any) -> dict[str, Any]:
    """Ask the CLI; what it refuses a dry run as a success, it refuses the real run as an error."""
    try:
        return await session.request("rewind_files", user_message_id=prompt, **fields)
    except ControlRequestError as error:
        if "did not answer within" in error.reason:
            raise
        return {"canRewind": False, "error": error.reason}


def _reason(said: str, prompt: str) -> str:
    for part, remedy in _WHY_NOT.items():
        if part in said:
            return remedy.format(prompt=prompt)
    return said.rstrip(".")
