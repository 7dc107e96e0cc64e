"""`Transcripts`: lists, finds and renames a folder's conversations."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jupyter_claude_sdk.lowlevel import Transcript, is_uuid, project_key

from .._cost.ledger import kept, together
from .._names import to_show
from .._tables import Column, Report, Table
from .._text import plain_line
from .._turns.errors import ClaudeError
from .._turns.items import dollars
from .replay import prompts_of

#: How many conversations a list has.
LISTED = 20
_SHOWN = 60  # characters of a prompt or title


@dataclass(frozen=True)
class Conversation:
    """A conversation that can be resumed.

    Attributes
    ----------
    id : str
        The id for ``claude.resume``.
    first_prompt : str
        Its first prompt, on one line.
    time : datetime
        The time of the last message.
    turns : int
        How many prompts it has.
    cost_usd : float or None
        Its cost in notebooks; None if no notebook used it.
    title : str
        The user's title for it, or "".
    copy : bool
        Whether it is a fork that still has the name of its original.
    """

    id: str
    first_prompt: str
    time: datetime
    turns: int
    cost_usd: float | None
    title: str
    copy: bool = False

    @property
    def name(self) -> str:
        """Its title, or its first prompt, as plain words."""
        text = plain_line(self.title or self.first_prompt, _SHOWN)
        return f"{text} (copy)" if self.copy else text


_NONE = "No conversations in this folder yet"
_COLUMNS = (
    Column("", "number"),
    Column("conversation", "name"),
    Column("last", "text"),
    Column("turns", "number"),
    Column("cost", "number"),
    Column("to continue it, type", "code"),
)


class Conversations(list[Conversation]):
    """Conversations, the newest first. ``%claude resume`` takes their numbers.

    Attributes
    ----------
    present : str or None
        The id of the open conversation.
    of_notebook : frozenset of str
        The ids of the notebook's conversations.
    """

    present: str | None = None
    of_notebook: frozenset[str] = frozenset()

    def _rows(self) -> list[tuple[str, ...] | str]:
        """Return this notebook's conversations, then the others. They keep their numbers."""
        rows = [
            (
                one,
                (
                    str(number),
                    one.name + (" — this one" if one.id == self.present else ""),
                    one.time.strftime("%Y-%m-%d %H:%M"),
                    str(one.turns),
                    "" if one.cost_usd is None else dollars(one.cost_usd),
                    f"%claude resume {one.id[:8]}",
                ),
            )
            for number, one in enumerate(self, 1)
        ]
        here = {*self.of_notebook, self.present}
        own = [row for one, row in rows if one.id in here]
        others = [row for one, row in rows if one.id not in here]
        shown: list[tuple[str, ...] | str] = []
        if own:
            shown += ["This notebook's", *own]
        if others:
            shown += ["Others in this folder" if own else "In this folder", *others]
        return shown

    def _report(self) -> Report:
        return Report(Table("Conversations", _COLUMNS, self._rows()) if self else _NONE)

    def __repr__(self) -> str:
        return repr(self._report())

    def _repr_html_(self) -> str:
        return self._report()._repr_html_()


class Transcripts:
    """The folder in which the CLI keeps the transcripts of one working folder.

    Parameters
    ----------
    folder : Path
        Where Claude works.
    environment : mapping
        The variables that the CLI gets in addition to this process's own.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        home = environment.get("CLAUDE_CONFIG_DIR") or os.environ.get("CLAUDE_CONFIG_DIR")
        projects = (Path(home) if home else Path.home() / ".claude") / "projects"
        try:
            folder = folder.resolve()
        except OSError:  # it no longer exists
            pass
        self._folder = projects / project_key(to_show(folder))

    def path(self, session_id: str) -> Path | None:
        """Return the path of a conversation's transcript; None if there is none."""
        path = self._folder / f"{session_id}.jsonl"
        return path if is_uuid(session_id) and path.is_file() else None

    @property
    def folder(self) -> Path:
        """The folder with the transcripts."""
        return self._folder

    def paths(self) -> Sequence[Path]:
        """Return the transcripts' paths, the last changed first."""
        paths = []
        for path in self._folder.glob("*.jsonl"):
            with contextlib.suppress(OSError):  # deleted at this moment
                if is_uuid(path.stem):
                    paths.append((path.stat().st_mtime, path))
        return [path for _, path in sorted(paths, reverse=True)]

    def list(self, limit: int | None = LISTED) -> Conversations:
        """Return the conversations, the newest first."""
        found = Conversations()
        for path in self.paths():
            if limit is not None and len(found) >= limit:
                break
            one = conversation_of(path)
            if one is not None:
                found.append(one)
        return found

    def find(self, what: str) -> Conversation:
        """Return the conversation with a number of the list, an id or the beginning of one.

        Raises
        ------
        ClaudeError
            If there is none, or more than one.
        """
        if what.isdecimal() and 1 <= int(what) <= LISTED:
            found = list(self.list(int(what)))[int(what) - 1 :]
        else:
            names = (path for path in self._folder.glob("*.jsonl") if is_uuid(path.stem))
            starting = [path for path in names if path.stem.startswith(what.lower())]
            found = [one for path in starting if (one := conversation_of(path)) is not None]
        if len(found) == 1:
            return found[0]
        which = "No conversation" if not found else "More than one conversation"
        raise ClaudeError(
            f"{which} in this folder begins with {what!r:.60}, and none has this number; "
            "claude.conversations() lists them"
        )

    def title(self, session_id: str) -> str:
        """Return a conversation's title; "" if it has none."""
        path = self.path(session_id)
        info = Transcript(path).info() if path is not None else None
        return (info.custom_title or "") if info is not None else ""

    def rename(self, session_id: str, title: str) -> None:
        """Give a conversation a title. It keeps its date.

        Raises
        ------
        ClaudeError
            If it has no transcript.
        """
        path = self.path(session_id)
        if path is None:
            raise ClaudeError(
                "This conversation is empty and can have no title; send a prompt first"
            )
        before = path.stat()
        Transcript(path).rename(title)
        with contextlib.suppress(OSError):  # on some network drives only the owner may do this
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def conversation_of(path: Path) -> Conversation | None:
    """Return the conversation of a transcript; None if it is empty or cannot be read."""
    info = Transcript(path).info()
    if info is None:
        return None
    try:
        prompts = prompts_of(path)
        if (
            not prompts and not Transcript(path).is_taken_back()
        ):  # that can be undone, and continued
            return None
    except OSError:  # deleted just now
        return None
    entries, origin = kept(path.stem)
    original = path.with_name(f"{origin}.jsonl") if is_uuid(origin) else None
    before = Transcript(original).info() if original is not None and original.is_file() else None
    return Conversation(
        path.stem,
        info.first_prompt or "",
        datetime.fromtimestamp(info.last_modified / 1000).astimezone(),
        len(prompts),
        together(entry.spent for entry in entries).cost_usd if entries else None,
        info.custom_title or "",
        before is not None
        and (before.custom_title, before.first_prompt) == (info.custom_title, info.first_prompt),
    )
