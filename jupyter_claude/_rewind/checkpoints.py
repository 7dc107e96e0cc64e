"""`Checkpoints`: previews, does and undoes a rewind, and lists the branches.

A rewind restores the files from the CLI's checkpoints. It does not let the CLI do that: the CLI
would overwrite the user's own changes, has no undo, and may stop half-way.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

from .._conversations.switcher import ConversationSwitcher
from .._core.conversation import Conversation
from .._core.history import Branch
from .._cost.ledger import Ledger
from .._engine.connection import Connection
from .._kernel_tools.variables import Variables
from .._process.client import SharedClient
from .._process.workspace import Workspace
from .._text import one_line
from .._turns.errors import ClaudeError, RewindRefused, show_as_one_line
from .._turns.events import OutputAppended, TextAppended
from .._turns.turn import Turn
from .branches import RUNNING, Branches, new_id
from .cells import Cells, CellStep
from .claude_writes import FileFingerprints
from .file_states import NOTHING, State, Step, look, put, put_back, remove_folders, save
from .plan import RewindPlan
from .planner import Change, FilePlan, file_change, include_paths, plan_files
from .store import RewindStore, now

T = TypeVar("T")


class Checkpoints:
    """The checkpoints of a conversation.

    Parameters
    ----------
    conversation : Conversation
        The conversation.
    workspace : Workspace
        Where Claude works.
    client : SharedClient
        The process.
    connection : Connection
        Starts and ends the process.
    switcher : ConversationSwitcher
        Reads the conversation again.
    ledger : Ledger
        Knows the cost of a copy.
    order : asyncio.Lock
        The lock that the running turn holds.
    variables : Variables
        What Claude's code did to the user's variables.
    cells : Cells
        Restores the cells of the open notebook.
    ask_context : callable
        Asks Claude Code how full the context is.
    """

    def __init__(
        self,
        conversation: Conversation,
        workspace: Workspace,
        client: SharedClient,
        connection: Connection,
        switcher: ConversationSwitcher,
        ledger: Ledger,
        order: asyncio.Lock,
        variables: Variables,
        cells: Cells,
        ask_context: Callable[[], None] = lambda: None,
    ) -> None:
        self._conversation = conversation
        self._workspace = workspace
        self._client = client
        self._connection = connection
        self._order = order
        self._variables = variables
        self._cells = cells
        self._ask_context = ask_context
        self._fingerprints = FileFingerprints()
        self._fingerprints_of: str | None = (
            None  # the conversation to which the fingerprints belong
        )
        self._watched: set[str] = set()  # ids of its turns that this kernel ran
        self._branches = Branches(conversation, workspace, client, connection, switcher, ledger)

    # --- noting what Claude writes ------------------------------------------------------------

    def watch(self, turn: Turn) -> None:
        """Note the files that a turn changes."""
        self._load_fingerprints()
        self._watched.add(turn.id)
        self._fingerprints.watch(turn, str(self._workspace.cwd))
        # Store after each call, not only at the turn's end: the kernel may die in between.
        turn.listen(
            lambda change: (
                None
                if isinstance(change, (TextAppended, OutputAppended))
                else self._store_fingerprints()
            )
        )

    def _load_fingerprints(self) -> None:
        """Load the fingerprints of the present conversation, if it is another one than before."""
        session_id = self._conversation.session_id
        if session_id == self._fingerprints_of:
            return
        before, self._fingerprints_of = self._fingerprints_of, session_id
        if session_id is None:
            # A new conversation begins.
            self._fingerprints.known.clear()
            self._fingerprints.changed.clear()
            self._watched.clear()
            return
        known = RewindStore(session_id).read("marks.json")
        if not isinstance(known, dict):
            # Notes from before the conversation had an id belong to it. A copy begins with the
            # original's files.
            turns = self._conversation.turns
            copied = any(turn.ended and turn.id in self._watched for turn in turns)
            self._branches.copied = before if copied else None
            known = self._fingerprints.known if before is None or copied else {}
            self._fingerprints.changed = set(known)
        elif before is None:
            known = self._fingerprints.add_to(known)
        else:
            self._fingerprints.changed.clear()  # these were the earlier conversation's
        self._fingerprints.known = known

    def _store_fingerprints(self) -> None:
        if not self._fingerprints.changed:
            return
        self._load_fingerprints()
        if self._fingerprints.changed and self._fingerprints_of is not None:
            # An error here must not fail the turn: a file without a fingerprint may have changed.
            with contextlib.suppress(OSError):
                store = RewindStore(self._fingerprints_of)
                self._fingerprints.known = store.change("marks.json", self._fingerprints.add_to)
                self._fingerprints.changed.clear()

    # --- rewinding ----------------------------------------------------------------------------

    async def rewind(
        self,
        turn: Turn | int | str,
        *,
        files: bool = True,
        conversation: bool = True,
        dry_run: bool = False,
        include: Iterable[str | os.PathLike[str]] | None = None,
        then: Callable[[], None] = lambda: None,
    ) -> RewindPlan:
        """Go back to before a turn; see `Claude.rewind`.

        `then` is called right after the rewind, before anything else can happen.
        """
        found = self._turn(turn)
        if dry_run:
            plan, _, _ = await self._plan(found, files, conversation, include)
            if self._busy:
                plan.can_rewind, plan.reason = False, self._busy
            return plan

        async def act() -> RewindPlan:
            async with self._alone(undo=True):
                plan, changes, steps = await self._plan(found, files, conversation, include)
                if not plan.can_rewind:
                    raise show_as_one_line(RewindRefused(plan.reason))
                since = list(self._conversation.turns[found.number - 1 :])
                changes = [change for change in changes if change.shown.chosen]
                await self._act(plan, changes, [step for step in steps if step.shown.chosen])
                plan.variables = self._variables.give_back(since) if files else []
            then()
            return plan

        return await _to_its_end(act())

    async def _plan(
        self,
        turn: Turn,
        files: bool,
        conversation: bool,
        include: Iterable[str | os.PathLike[str]] | None,
    ) -> tuple[RewindPlan, list[Change], list[CellStep]]:
        self._load_fingerprints()
        folder = os.path.realpath(self._workspace.cwd)
        since = list(self._conversation.turns[turn.number - 1 :])
        plan = RewindPlan(turn, folder=folder)
        chosen = include_paths(include, folder)
        found = FilePlan()
        steps: list[CellStep] = []
        lost: list[str] = []
        if files:
            steps, lost = await self._cells.plan({turn.id for turn in since}, folder, chosen)
            checkpoints = await self._branches.read(since)
            found = await asyncio.to_thread(
                plan_files, since, checkpoints, self._fingerprints, folder, chosen, self._watched
            )
        plan.files = [change.shown for change in found.changes]
        plan.files += [step.shown for step in steps]
        unknown = chosen - {file.path for file in plan.files}
        if unknown and not found.reason:
            name = one_line(os.path.relpath(min(unknown), folder))
            raise show_as_one_line(
                RewindRefused(f"include names {name}, but this rewind does not change that file")
            )
        plan.irreversible = found.irreversible + lost
        if files:
            plan.variables, stay = self._variables.plan(since)
            plan.irreversible += stay
        plan.turns_dropped = since if conversation else []
        if not (files or conversation):
            found.reason = "Nothing to rewind: choose files, conversation or both"
        if not turn.prompt and conversation and not found.reason:
            found.reason = (
                f"Claude began turn {turn.number} by itself, after the turn before it. "
                "Rewind to that turn instead"
            )
        if conversation and not found.reason and self._branches.is_new_copy():
            found.reason = (
                "This copy has no turn of its own yet. Fork from an earlier turn instead, "
                "or use rewind(…, conversation=False)"
            )
        plan.can_rewind, plan.reason = not found.reason, found.reason
        plan.can_undo = await asyncio.to_thread(self._last_rewind) is not None
        return plan, found.changes, steps

    async def _act(self, plan: RewindPlan, changes: list[Change], steps: list[CellStep]) -> None:
        assert plan.turn is not None
        if not changes and not steps and not plan.turns_dropped:
            plan.done = True
            return
        store = self._branches.store
        if store is None:  # no prompt has reached Claude Code, so only the list of turns changes
            conversation = self._conversation
            conversation.keep(conversation.writers[: plan.turn.number - 1])
            plan.done = True
            return
        record: dict[str, Any] = {
            "when": now(),
            "turn": plan.turn.id,
            "number": plan.turn.number,
            "branch": new_id() if plan.turns_dropped else None,
            "undone": False,
        }
        async with self._replacing(store, changes, record) as (saved, made):
            record["made"] = made
            await asyncio.to_thread(store.write_record, saved, record)
            if plan.turns_dropped:
                await self._branches.cut(plan.turns_dropped, record["branch"])
        done, problems = await self._cells.act(steps)
        plan.irreversible += problems
        if done:
            record["cells"] = [step.back() for step in done]
            await asyncio.to_thread(store.write_record, saved, record)
        for change in changes:
            self._fingerprints.note(change.shown.path, change.then.fingerprint)
        self._store_fingerprints()
        plan.done, plan.can_undo, plan.saved = True, True, str(saved)

    @contextlib.asynccontextmanager
    async def _replacing(
        self, store: RewindStore, changes: list[Change], record: dict[str, Any]
    ) -> AsyncIterator[tuple[Path, list[str]]]:
        """Change all files or none: if this or the block fails, restore them.

        Yield the folder with the files' old state, and the folders that were created.
        """
        saved, before = await asyncio.to_thread(self._save, store, changes, record)
        steps = [Step(change.shown.path, change.then) for change in changes]
        try:
            made = await asyncio.to_thread(put, steps, before)
            try:
                yield saved, made
            except BaseException:
                await asyncio.to_thread(_back, before, steps, made)
                raise
        except BaseException as error:
            await self._give_up(error, store, saved, before, steps)
            raise

    def _save(
        self, store: RewindStore, changes: list[Change], record: dict[str, Any]
    ) -> tuple[Path, list[Step]]:
        """Save the present state of files; return the folder, and the steps to restore it."""
        folder: Path | None = None
        try:
            folder = store.new()
            before = [
                Step(change.shown.path, save(change.shown.path, folder, str(number)))
                for number, change in enumerate(changes)
            ]
            for step, change in zip(before, changes, strict=True):
                if step.state.fingerprint != change.now.fingerprint:
                    raise OSError(f"{step.path} changed just now; try again")
            record["files"] = [
                {
                    "path": step.path,
                    "before": step.state.to_json(),
                    "after": change.then.fingerprint,
                    "mark": self._fingerprints.known.get(step.path),
                }
                for step, change in zip(before, changes, strict=True)
            ]
            store.write_record(folder, record)
        except OSError as error:
            if folder is not None:
                store.remove(folder)
            raise show_as_one_line(_failed(error)) from None
        return folder, before

    async def _give_up(
        self,
        error: BaseException,
        store: RewindStore,
        saved: Path,
        before: list[Step],
        after: list[Step],
    ) -> None:
        """After a failure, delete the saved files, unless a path is not restored. Raise why."""
        lost, newer = await asyncio.to_thread(_not_back, before, after)
        if lost or newer:
            if not lost:  # an undo would overwrite the user's newer files
                record = {**store.read(f"{saved.name}/record.json"), "undone": True}
                await asyncio.to_thread(store.write_record, saved, record)
            said = [f"not restored: {_names(lost)}"] if lost else []
            said += [f"changed meanwhile, so left as they are: {_names(newer)}"] if newer else []
            why = f"{one_line(str(error))}; {'; '.join(said)}. Their old state is in {saved}"
            raise show_as_one_line(RewindRefused(why)) from None
        await asyncio.to_thread(store.remove, saved)
        if isinstance(error, OSError):
            raise show_as_one_line(_failed(error)) from None

    # --- undoing ------------------------------------------------------------------------------

    async def undo_rewind(self, *, dry_run: bool = False) -> RewindPlan:
        """Undo the last rewind; see `Claude.undo_rewind`."""
        self._load_fingerprints()
        if dry_run:
            plan, _, _, _ = await self._plan_undo()
            if self._busy:
                plan.can_rewind, plan.reason = False, self._busy
            return plan

        async def act() -> RewindPlan:
            async with self._alone():
                plan, folder, changes, steps = await self._plan_undo()
                if not plan.can_rewind or folder is None:
                    raise show_as_one_line(RewindRefused(plan.reason))
                await self._act_undo(plan, folder, changes, steps)
                plan.variables = self._variables.undo()
            return plan

        return await _to_its_end(act())

    async def _plan_undo(
        self,
    ) -> tuple[RewindPlan, Path | None, list[Change], list[CellStep]]:
        plan = RewindPlan(None, undo=True, folder=os.path.realpath(self._workspace.cwd))
        last = await asyncio.to_thread(self._last_rewind)
        if last is None:
            plan.can_rewind = False
            plan.reason = "There is no rewind to undo in this conversation"
            return plan, None, [], []
        folder, record = last
        plan.turn = self._conversation.turn(record["turn"])
        number = record.get("number")  # its position then
        plan._number = number if isinstance(number, int) else 0
        try:
            changes = await asyncio.to_thread(_undo_changes, folder, record)
        except OSError as error:
            plan.can_rewind, plan.reason = False, str(_failed(error))
            return plan, folder, [], []
        steps, lost = await self._cells.plan_undo(record.get("cells") or [], plan.folder)
        plan.files = [*(change.shown for change in changes), *(step.shown for step in steps)]
        plan.can_undo = True
        branch = self._branches.find(record["branch"])
        if branch is not None:
            stay = set(branch["turns"])
            plan.turns_dropped = [turn for turn in self._conversation.turns if turn.id not in stay]
            plan.turns_back = len(stay.difference(turn.id for turn in self._conversation.turns))
        later = _changed_later(plan)
        if later:
            plan.irreversible.append(
                f"Changed after the rewind; the undo saves, then overwrites them: {later}"
            )
        plan.irreversible += lost
        return plan, folder, changes, steps

    async def _act_undo(
        self, plan: RewindPlan, folder: Path, changes: list[Change], steps: list[CellStep]
    ) -> None:
        store = self._branches.store
        assert store is not None
        record = store.read(f"{folder.name}/record.json")
        keep: dict[str, Any] = {**record, "when": now(), "branch": None, "undone": True}
        async with self._replacing(store, changes, keep) as (saved, _):
            branch = self._branches.find(record["branch"])
            if branch is not None:
                await self._branches.go_to(branch)
        _, problems = await self._cells.act([step for step in steps if step.shown.chosen])
        await asyncio.to_thread(store.remove, folder)  # all its files are restored
        remove_folders(record.get("made") or [])
        for file in record["files"]:
            if file["mark"] is None:
                self._fingerprints.forget(file["path"])
            else:
                self._fingerprints.note(file["path"], file["mark"])
        self._store_fingerprints()
        if any(change.shown.changed_by_you for change in changes):
            plan.saved = str(saved)
            later = f"Changed after the rewind: {_changed_later(plan)}; saved in {saved}"
            plan.irreversible[0] = later
        else:
            await asyncio.to_thread(store.remove, saved)  # a rewind can make them again
        plan.irreversible += problems
        plan.done = True
        plan.can_undo = await asyncio.to_thread(self._last_rewind) is not None
        if plan.turn is not None and plan.turns_back:
            self._conversation.tell_undone(plan.turn.prompt)

    def _last_rewind(self) -> tuple[Path, dict[str, Any]] | None:
        store = self._branches.store
        for folder, record in reversed(store.records() if store is not None else []):
            if not record.get("undone"):
                return folder, record
        return None

    # --- branches -----------------------------------------------------------------------------

    def branches(self) -> list[Branch]:
        """The versions that rewinds left, the newest last."""
        return [
            Branch(branch["id"], branch["when"], branch["dropped"], branch["prompt"])
            for branch in self._branches.all()
        ]

    async def go_to(self, branch: str) -> None:
        """Continue with a branch; see `History.go_to`."""

        async def act() -> None:
            async with self._alone():
                found = self._branches.find(branch)
                if found is None:
                    why = f"There is no branch {branch!r:.60}; claude.history.branches lists all"
                    raise show_as_one_line(RewindRefused(why))
                here = {turn.id for turn in self._conversation.turns}
                try:
                    await self._branches.go_to(found)
                except OSError as error:
                    raise show_as_one_line(_failed(error)) from None
            back = [turn for turn in self._conversation.turns if turn.id not in here]
            if back:
                self._conversation.tell_undone(back[0].prompt)

        await _to_its_end(act())

    async def bring_back(self, turn: str) -> None:
        """Continue with the newest branch that has a turn.

        Raises
        ------
        RewindRefused
            If there is none, or a turn is running.
        """
        for branch in reversed(await asyncio.to_thread(self._branches.all)):
            if turn in branch["turns"]:
                await self.go_to(branch["id"])
                return
        raise show_as_one_line(RewindRefused("This turn can no longer be brought back"))

    # --- helpers ------------------------------------------------------------------------------

    @property
    def in_background(self) -> Turn | None:
        """A turn whose subagents still work in the background, or None."""
        return self._conversation.in_background if self._client.connected else None

    @property
    def _busy(self) -> str:
        """Why a rewind is not possible now; "" if it is."""
        if not self._conversation.at_rest:
            return RUNNING
        turn = self.in_background
        if turn is not None:  # it might overwrite the restored files later
            return (
                f"A subagent of turn {turn.number} still works in the background. "
                "Wait until it ends, or stop it with %claude stop"
            )
        return ""

    @contextlib.asynccontextmanager
    async def _alone(self, *, undo: bool = False) -> AsyncIterator[None]:
        """Run the block while no turn runs, and let no turn begin meanwhile.

        `undo` says whether `undo_rewind` will undo what the block does.
        """
        order = self._order
        if self._busy:
            raise show_as_one_line(RewindRefused(self._busy))
        if order.locked():
            why = "The conversation is being changed right now. Try again in a moment"
            raise show_as_one_line(RewindRefused(why))
        async with order:
            try:
                await self._connection.arrive()
            except ClaudeError as error:
                raise show_as_one_line(error) from None
            before = self._conversation.writers
            yield
        self._conversation.mark_taken_back(before, undo=undo)
        if self._conversation.context is None:  # for a turn of an earlier kernel it is not known
            self._ask_context()

    def _turn(self, turn: Turn | int | str) -> Turn:
        history = self._conversation
        if (known := history.find(turn)) is not None:
            return known
        if isinstance(turn, int):
            why = f"There is no turn {turn}; number of turns in the conversation: {len(history)}"
        else:
            why = "The turn is not in the conversation; claude.history.branches may have it"
        raise show_as_one_line(RewindRefused(why))


async def _to_its_end(act: Coroutine[Any, Any, T]) -> T:
    """Await a coroutine that must not stop half-way, also if the cell is interrupted."""
    task = asyncio.ensure_future(act)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _changed_later(plan: RewindPlan) -> str:
    """Return the names of the files that the user changed after the rewind."""
    later = [file for file in plan.files if file.changed_by_you and not file.label]
    return _names([file.name(plan.folder) for file in later])


def _undo_changes(folder: Path, record: dict[str, Any]) -> list[Change]:
    changes = []
    for file in record["files"]:
        path = file["path"]
        then = State.from_json(file["before"], folder)
        if then.kind == "file" and (then.copy is None or not then.copy.is_file()):
            raise OSError(f"the saved copy of {path} is gone")
        present = look(path)
        if present.fingerprint != then.fingerprint:
            later = present.fingerprint != file["after"]
            changes.append(Change(file_change(path, present, then, later), present, then))
    return changes


def _back(before: list[Step], after: list[Step], made: list[str]) -> None:
    put_back(before, after)
    remove_folders(made)


def _not_back(before: list[Step], after: list[Step]) -> tuple[list[str], list[str]]:
    """Return the paths that are not restored, and those that the user changed meanwhile."""
    lost, newer = [], []
    for old, new in zip(before, after, strict=True):
        try:
            fingerprint = look(old.path).fingerprint
        except OSError:
            fingerprint = new.state.fingerprint  # unknown: count it as not restored
        if (
            fingerprint in (new.state.fingerprint, NOTHING.fingerprint)
            and fingerprint != old.state.fingerprint
        ):
            lost.append(old.path)
        elif fingerprint != old.state.fingerprint:
            newer.append(old.path)
    return lost, newer


def _names(paths: list[str]) -> str:
    return ", ".join(one_line(path) for path in paths[:5]) + (" …" if len(paths) > 5 else "")


def _failed(error: OSError) -> RewindRefused:
    where = f" ({error.filename})" if error.filename and error.strerror else ""
    return RewindRefused(f"{error.strerror or error}{where}; nothing has changed")
