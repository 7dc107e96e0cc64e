"""Rewinding: preview, act, undo, and the branches of the conversation.

What comes back is what the CLI's own checkpoints hold. We put it back ourselves, since the CLI
would also overwrite what the user changed, cannot undo, and may stop half-way.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_claude_sdk import ClaudeSDKError
from jupyter_claude_sdk._rewind import rewind_live, settle
from jupyter_claude_sdk._sessions import find_transcript

from . import _file_history as file_history
from ._errors import RewindRefused, one_line, show_as_one_line
from ._going_on import go_on_from, note_end
from ._history import Branch
from ._marks import Marks
from ._planning import (
    Change,
    FilePlan,
    file_change,
    include_paths,
    plan_files,
)
from ._restore import State, Step, look, put, remove_folders, save
from ._rewind_plan import RewindPlan
from ._rewind_store import RewindStore, now

if TYPE_CHECKING:
    from ._session import KernelSession
    from ._turns import Turn

T = TypeVar("T")

_RUNNING = "A turn is running: wait for its end, or stop it with await claude.interrupt()"
_PATIENCE = 2.0  # seconds that the CLI has to write its transcript


class Checkpoints:
    """The checkpoints of a session's conversation.

    Parameters
    ----------
    session : KernelSession
        Whose client, history and folder they go with.
    """

    def __init__(self, session: KernelSession) -> None:
        self._session = session
        self._marks = Marks()
        self._marks_of: str | None = None  # the conversation that the marks belong to
        self._watched: set[str] = set()  # its turns that were asked here
        self._copied: str | None = None  # what the present one is a copy of
        self._origin: RewindStore | None = None  # goes on with the session that begins next

    # --- what the session tells ---------------------------------------------------------------

    def watch(self, turn: Turn) -> None:
        """Take note of what a turn changes."""
        self._load_marks()
        self._watched.add(turn.id)
        self._marks.watch(turn, str(self._session.cwd))
        turn.listen(lambda operation: self._store_marks() if operation[0] == "end" else None)

    def _load_marks(self) -> None:
        """See that the marks are those of the present conversation."""
        session_id = self._session.session_id
        if session_id == self._marks_of:
            return
        before, self._marks_of = self._marks_of, session_id
        if session_id is None:
            if self._origin is None:  # a new conversation begins
                self._marks.known.clear()
                self._watched.clear()
            return
        if self._origin is not None:
            self._origin.share_with(session_id)
            self._origin = None
        known = RewindStore(session_id).read("marks.json")
        if not isinstance(known, dict):
            # What was noted before the conversation had an id belongs to it; a copy of one begins
            # with the same files.
            copied = any(turn.id in self._watched for turn in self._session.history)
            self._copied = before if copied else None
            known = self._marks.known if before is None or copied else {}
            self._marks.changed = bool(known)
        elif before is None:
            known = {**known, **self._marks.known}
        if known is not self._marks.known:
            self._marks.known = known

    def _store_marks(self) -> None:
        self._load_marks()
        if self._marks.changed and self._marks_of is not None:
            # Not worth a turn's failure: without marks a file counts as perhaps changed.
            with contextlib.suppress(OSError):
                RewindStore(self._marks_of).write("marks.json", self._marks.known)
                self._marks.changed = False

    # --- rewinding ----------------------------------------------------------------------------

    async def rewind(
        self,
        turn: Turn | int | str,
        *,
        files: bool = True,
        conversation: bool = True,
        dry_run: bool = False,
        include: Iterable[str | os.PathLike[str]] | None = None,
    ) -> RewindPlan:
        """Go back to before a turn; see `KernelSession.rewind`."""
        found = self._turn(turn)
        if dry_run:
            plan, _ = await self._plan(found, files, conversation, include)
            if self._busy:
                plan.can_rewind, plan.reason = False, _RUNNING
            return plan

        async def act() -> RewindPlan:
            async with self._alone():
                plan, changes = await self._plan(found, files, conversation, include)
                if not plan.can_rewind:
                    raise show_as_one_line(RewindRefused(plan.reason))
                await self._act(plan, [change for change in changes if change.shown.chosen])
            return plan

        return await _to_its_end(act())

    async def _plan(
        self,
        turn: Turn,
        files: bool,
        conversation: bool,
        include: Iterable[str | os.PathLike[str]] | None,
    ) -> tuple[RewindPlan, list[Change]]:
        session = self._session
        self._load_marks()
        folder = os.path.realpath(session.cwd)
        since = list(session.history)[turn.number - 1 :]
        plan = RewindPlan(turn, folder=folder)
        chosen = include_paths(include, folder)
        found = FilePlan()
        if files:
            checkpoints = await self._read(since)
            found = await asyncio.to_thread(
                plan_files, since, checkpoints, self._marks, folder, chosen
            )
        unknown = chosen - {change.shown.path for change in found.changes}
        if unknown and not found.reason:
            name = one_line(os.path.relpath(min(unknown), folder))
            raise show_as_one_line(
                RewindRefused(f"include names {name}, which this rewind does not change")
            )
        plan.files = [change.shown for change in found.changes]
        plan.irreversible = found.irreversible
        plan.turns_dropped = since if conversation else []
        if not (files or conversation):
            found.reason = "There is nothing to rewind without files and without conversation"
        if not turn.prompt and conversation and not found.reason:
            found.reason = (
                f"Turn {turn.number} was not asked for, it belongs to the one before; "
                "rewind to that one"
            )
        if conversation and not found.reason and self._is_new_copy():
            found.reason = (
                "This copy has no turn of its own yet: fork from an earlier turn instead, "
                "or rewind(…, conversation=False)"
            )
        plan.can_rewind, plan.reason = not found.reason, found.reason
        plan.can_undo = await asyncio.to_thread(self._last_rewind) is not None
        return plan, found.changes

    async def _act(self, plan: RewindPlan, changes: list[Change]) -> None:
        session = self._session
        assert plan.turn is not None
        if not changes and not plan.turns_dropped:
            plan.done = True
            return
        store = self._store()
        if store is None:  # no prompt has reached Claude Code: there is only the list of turns
            self._replace(list(session.history)[: plan.turn.number - 1])
            plan.done = True
            return
        record: dict[str, Any] = {
            "when": now(),
            "turn": plan.turn.id,
            "number": plan.turn.number,
            "branch": None,
            "undone": False,
        }
        saved, before = await asyncio.to_thread(self._save, store, changes, record)
        try:
            steps = [Step(change.shown.path, change.then) for change in changes]
            made = await asyncio.to_thread(put, steps, before)
            try:
                record["made"] = made
                if plan.turns_dropped:
                    record["branch"] = await self._cut(plan.turns_dropped)
                await asyncio.to_thread(store.write_record, saved, record)
            except BaseException:
                await asyncio.to_thread(_put_back, before, made)
                raise
        except BaseException as error:
            await asyncio.to_thread(store.remove, saved)
            if isinstance(error, OSError):
                raise show_as_one_line(_failed(error)) from None
            raise
        for change in changes:
            self._marks.note(change.shown.path, change.then.mark)
        self._store_marks()
        plan.done, plan.can_undo, plan.saved = True, True, str(saved)

    def _save(
        self, store: RewindStore, changes: list[Change], record: dict[str, Any]
    ) -> tuple[Path, list[Step]]:
        """Keep the present state of files; return where, and the steps that bring it back."""
        folder: Path | None = None
        try:
            folder = store.new()
            before = [
                Step(change.shown.path, save(change.shown.path, folder, str(number)))
                for number, change in enumerate(changes)
            ]
            for step, change in zip(before, changes, strict=True):
                if step.state.mark != change.now.mark:
                    raise OSError(f"{step.path} changed at this moment; try again")
            record["files"] = [
                {
                    "path": step.path,
                    "before": step.state.to_json(),
                    "after": change.then.mark,
                    "mark": self._marks.known.get(step.path),
                }
                for step, change in zip(before, changes, strict=True)
            ]
            store.write_record(folder, record)
        except OSError as error:
            if folder is not None:
                store.remove(folder)
            raise show_as_one_line(_failed(error)) from None
        return folder, before

    # --- undoing ------------------------------------------------------------------------------

    async def undo_rewind(self, *, dry_run: bool = False) -> RewindPlan:
        """Undo the last rewind; see `KernelSession.undo_rewind`."""
        self._load_marks()
        if dry_run:
            plan, _, _ = await self._plan_undo()
            if self._busy:
                plan.can_rewind, plan.reason = False, _RUNNING
            return plan

        async def act() -> RewindPlan:
            async with self._alone():
                plan, folder, changes = await self._plan_undo()
                if not plan.can_rewind or folder is None:
                    raise show_as_one_line(RewindRefused(plan.reason))
                await self._act_undo(plan, folder, changes)
            return plan

        return await _to_its_end(act())

    async def _plan_undo(self) -> tuple[RewindPlan, Path | None, list[Change]]:
        plan = RewindPlan(None, undo=True, folder=os.path.realpath(self._session.cwd))
        last = await asyncio.to_thread(self._last_rewind)
        if last is None:
            plan.can_rewind = False
            plan.reason = "There is no rewind to undo in this conversation"
            return plan, None, []
        folder, record = last
        plan.turn = self._session.turn_of(record["turn"])
        try:
            changes = await asyncio.to_thread(_undo_changes, folder, record)
        except OSError as error:
            plan.can_rewind, plan.reason = False, str(_failed(error))
            return plan, folder, []
        plan.files = [change.shown for change in changes]
        plan.can_undo = True
        branch = self._branch(record["branch"])
        if branch is not None:
            stay = set(branch["turns"])
            plan.turns_dropped = [turn for turn in self._session.history if turn.id not in stay]
        later = [file for file in plan.files if file.changed_by_you]
        if later:
            names = ", ".join(one_line(file.name(plan.folder)) for file in later[:5])
            plan.irreversible.append(
                f"Changed since the rewind, and saved before it is overwritten: {names}"
                + (" …" if len(later) > 5 else "")
            )
        return plan, folder, changes

    async def _act_undo(self, plan: RewindPlan, folder: Path, changes: list[Change]) -> None:
        store = self._store()
        assert store is not None
        record = store.read(f"{folder.name}/record.json")
        keep: dict[str, Any] = {**record, "when": now(), "branch": None, "undone": True}
        saved, before = await asyncio.to_thread(self._save, store, changes, keep)
        try:
            steps = [Step(change.shown.path, change.then) for change in changes]
            made = await asyncio.to_thread(put, steps, before)
            try:
                if self._branch(record["branch"]) is not None:
                    await self._go_to(record["branch"])
                written = {**record, "undone": True}
                await asyncio.to_thread(store.write_record, folder, written)
            except BaseException:
                await asyncio.to_thread(_put_back, before, made)
                raise
        except BaseException as error:
            await asyncio.to_thread(store.remove, saved)
            if isinstance(error, OSError):
                raise show_as_one_line(_failed(error)) from None
            raise
        remove_folders(record.get("made") or [])
        for file in record["files"]:
            if file["mark"] is None:
                self._marks.forget(file["path"])
            else:
                self._marks.note(file["path"], file["mark"])
        self._store_marks()
        if any(change.shown.changed_by_you for change in changes):
            plan.saved = str(saved)
        else:
            await asyncio.to_thread(store.remove, saved)  # what the rewind made, it makes again
        plan.done = True
        plan.can_undo = await asyncio.to_thread(self._last_rewind) is not None

    def _last_rewind(self) -> tuple[Path, dict[str, Any]] | None:
        store = self._store()
        for folder, record in reversed(store.records() if store is not None else []):
            if not record.get("undone"):
                return folder, record
        return None

    # --- branches -----------------------------------------------------------------------------

    def branches(self) -> list[Branch]:
        """What the conversation had been before it was rewound, the newest last."""
        return [
            Branch(branch["id"], branch["when"], branch["dropped"], branch["prompt"])
            for branch in self._branches()
        ]

    async def go_to(self, branch: str) -> None:
        """Go on with a branch; see `History.go_to`."""

        async def act() -> None:
            async with self._alone():
                if self._branch(branch) is None:
                    why = f"There is no branch {branch!r:.60}: claude.history.branches lists them"
                    raise show_as_one_line(RewindRefused(why))
                try:
                    await self._go_to(branch)
                except OSError as error:
                    raise show_as_one_line(_failed(error)) from None

        await _to_its_end(act())

    def _branches(self) -> list[dict[str, Any]]:
        store = self._store()
        known = store.read("branches.json") if store is not None else None
        return known if isinstance(known, list) else []

    def _branch(self, id: str | None) -> dict[str, Any] | None:
        return next((branch for branch in self._branches() if branch["id"] == id), None)

    async def _leave(self, dropped: list[Turn], instead: str | None = None) -> dict[str, Any]:
        """Keep the conversation as it is as a branch; one that is gone to is none any more."""
        session, store = self._session, self._store()
        assert store is not None
        checkpoints = await self._read(dropped)
        branch = {
            "id": uuid.uuid4().hex[:8],
            "session": session.session_id,
            "when": now(),
            "leaf": _leaf(dropped, checkpoints),
            "dropped": len(dropped),
            "prompt": one_line(dropped[0].prompt)[:200] if dropped else "",
            "turns": [turn.id for turn in session.history],
        }
        others = [other for other in self._branches() if other["id"] != instead]
        await asyncio.to_thread(
            store.write, "branches.json", [*others, branch] if dropped else others
        )
        return branch

    async def _cut(self, dropped: list[Turn]) -> str:
        """Take turns off the end of the conversation; return the branch that has them."""
        session, client = self._session, self._session.client
        branch = await self._leave(dropped)
        checkpoints = await self._read(dropped)
        assert checkpoints is not None
        first = next((turn.id for turn in dropped if turn.id in checkpoints.parents), None)
        if first is not None:
            leaf = checkpoints.parents[first]
            live = client._session if client.connected else None
            cut = False
            if live is not None and not checkpoints.compacted_after(leaf):
                with contextlib.suppress(ClaudeSDKError):
                    await settle(live)
                    await asyncio.to_thread(client._trail.load, live)
                    cut = await rewind_live(live, client._trail, first) is not None
            if cut:
                # At once: Claude Code itself notes it only when it ends in good order.
                await asyncio.to_thread(note_end, self._transcript(session.session_id), leaf, first)
            else:  # it does not know how, or the prompt is of another process
                await self._start_from(session.session_id, leaf, first)
        kept = list(session.history)
        self._replace(kept[: len(kept) - len(dropped)])
        return str(branch["id"])

    async def _start_from(self, session_id: str | None, leaf: str | None, cut: str | None) -> None:
        """Have the next prompt start Claude Code at a message."""
        session, store = self._session, self._store()
        await session.connection.disconnect()
        going_on = await asyncio.to_thread(go_on_from, self._transcript(session_id), leaf, cut)
        if going_on is None:
            self._origin = store
        elif store is not None:
            store.share_with(going_on)
        session.session_id = going_on

    def _is_new_copy(self) -> bool:
        """Whether it is a copy in which nothing was asked, so that it has no transcript yet."""
        session_id = self._session.session_id
        return (
            self._copied is not None
            and session_id is not None
            and find_transcript(session_id, None, self._environment) is None
        )

    def _transcript(self, session_id: str | None) -> Path:
        found = find_transcript(session_id, None, self._environment) if session_id else None
        if found is None:
            raise FileNotFoundError("the conversation's transcript is gone")
        return found

    async def _go_to(self, id: str) -> None:
        session = self._session
        branch = self._branch(id)
        assert branch is not None
        stay = set(branch["turns"])
        dropped = [turn for turn in session.history if turn.id not in stay]
        await self._leave(dropped, instead=id)
        await self._start_from(branch["session"], branch["leaf"], None)
        turns = [session.turn_of(name) for name in branch["turns"]]
        if None not in turns:
            self._replace([turn for turn in turns if turn is not None])
        else:
            session.switching.reload()

    def _replace(self, turns: list[Turn]) -> None:
        self._session.history.replace(turns)
        self._session.changed()

    # --- inside -------------------------------------------------------------------------------

    @property
    def _busy(self) -> bool:
        return self._session.running is not None or self._session.queued > 0

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Do something while no turn runs, and let none begin meanwhile."""
        order = self._session.order
        if self._busy or order.locked():
            raise show_as_one_line(RewindRefused(_RUNNING))
        async with order:
            if self._session.connection.planned is not None:
                await self._session.connect()
            yield
        # Also where only files went back: what can be undone has changed.
        self._session.tell("history")

    def _turn(self, turn: Turn | int | str) -> Turn:
        history = self._session.history
        for known in history:
            if known is turn or turn in (known.id, known.number):
                return known
        if isinstance(turn, int):
            why = f"There is no turn {turn}: the conversation has {len(history)}, from 1"
        else:
            why = "The turn is not in the conversation; it may be on one of claude.history.branches"
        raise show_as_one_line(RewindRefused(why))

    def _store(self) -> RewindStore | None:
        session_id = self._session.session_id
        return self._origin if session_id is None else RewindStore(session_id)

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self._session.connection.environment()}

    async def _read(self, turns: list[Turn]) -> file_history.Checkpoints | None:
        """Read the transcript, once it has what these turns wrote; None if there is none."""
        session_id = self._session.session_id
        if session_id is None:
            return None
        environment, cwd = self._environment, self._session.cwd
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            found = await asyncio.to_thread(file_history.read, session_id, environment, cwd)
            if found is None and self._copied is not None:  # a copy is written with its first turn
                found = await asyncio.to_thread(file_history.read, self._copied, environment, cwd)
            last = _last_message(turns)
            if found is None or last is None or last in found.parents:
                return found
            if asyncio.get_running_loop().time() > deadline or not self._session.client.connected:
                return found
            await asyncio.sleep(0.05)  # the CLI writes a moment after it answers


async def _to_its_end(act: Coroutine[Any, Any, T]) -> T:
    """Await what must not stop half-way: a cell that is interrupted waits for its end first."""
    task = asyncio.ensure_future(act)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _last_message(turns: list[Turn]) -> str | None:
    """Return the uuid of the last message of the main thread."""
    for turn in reversed(turns):
        for message in reversed(turn.messages):
            uuid = getattr(message, "uuid", None)
            if (
                uuid
                and type(message).__name__ in ("AssistantMessage", "UserMessage")
                and getattr(message, "parent_tool_use_id", None) is None
            ):
                return str(uuid)
    return None


def _leaf(turns: list[Turn], checkpoints: file_history.Checkpoints | None) -> str | None:
    """Return where the conversation ends: as the transcript says, unless that lags behind."""
    last = _last_message(turns)
    if checkpoints is None or (last is not None and last not in checkpoints.parents):
        return last
    return checkpoints.leaf


def _undo_changes(folder: Path, record: dict[str, Any]) -> list[Change]:
    changes = []
    for file in record["files"]:
        path = file["path"]
        then = State.from_json(file["before"], folder)
        if then.kind == "file" and (then.copy is None or not then.copy.is_file()):
            raise OSError(f"the saved copy of {path} is gone")
        present = look(path)
        if present.mark != then.mark:
            later = present.mark != file["after"]
            changes.append(Change(file_change(path, present, then, later), present, then))
    return changes


def _put_back(before: list[Step], made: list[str]) -> None:
    with contextlib.suppress(OSError):
        put(before, [])
    remove_folders(made)


def _failed(error: OSError) -> RewindRefused:
    where = f" ({error.filename})" if error.filename and error.strerror else ""
    return RewindRefused(f"{error.strerror or error}{where}: nothing was changed")
