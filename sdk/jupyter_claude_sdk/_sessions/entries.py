"""Pure functions over the entries of a transcript, for files and stores.

A transcript is a list of JSON objects, oldest first; the CLI's files have one a line. Messages name
their parent, so a transcript is a tree, and rewinding leaves branches in it. The conversation is
the chain from the last entry back to the root, not the order of the lines.

Source: the documented sessions of the Agent SDK, and transcripts that CLI 2.1.329 wrote.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

from .._base.repr import ShortRepr
from .timestamps import milliseconds

__all__ = ["ForkSessionResult", "SDKSessionInfo", "SessionMessage", "project_key_for_directory"]

Entry = dict[str, Any]

_LONGEST_KEY = 200
_LONGEST_PROMPT = 200

#: The beginning of the names of subagents' transcripts; the subagent's id follows.
AGENT = "agent-"

#: The types of entries that name their parent. All others are notes beside the conversation.
LINKED = frozenset({"user", "assistant", "system", "attachment", "progress"})
_MESSAGES = frozenset({"user", "assistant"})

# Texts that the CLI writes in the user's name. They do not say what a session is about.
NOT_A_PROMPT = re.compile(
    r"<(local-command-|session-start-hook|ide_|task-notification|system-reminder|notebook-data|answer-form|tick)"
    r"|\[Request interrupted by user|\[SYSTEM NOTIFICATION"
)
_SHELL = re.compile(r"\s*<bash-input>(.*?)</bash-input>", re.DOTALL)


def between(text: str, tag: str) -> str | None:
    """Return the text inside the first ``<tag>…</tag>``; None if there is none."""
    # Without a pattern, which would look for the end again from each beginning.
    _, begun, rest = text.partition(f"<{tag}>")
    inside, ended, _ = rest.partition(f"</{tag}>")
    return inside if begun and ended else None


@dataclass(repr=False)
class SDKSessionInfo(ShortRepr):
    """The information about one session in a list of sessions.

    Attributes
    ----------
    session_id : str
        The session's uuid, for ``ClaudeAgentOptions(resume=…)``.
    summary : str
        A line to show: the title, else the last prompt, else the first.
    last_modified : int
        The time of the last change, in milliseconds since 1970.
    file_size : int, optional
        The size of the transcript in bytes.
    custom_title : str, optional
        The title that a user gave, or that the CLI made up.
    first_prompt : str, optional
        The first prompt in one line, cut after 200 characters.
    git_branch : str, optional
        The git branch at the end of the session.
    cwd : str, optional
        The folder that the session began in. If the transcript names none, the folder whose
        sessions you asked for.
    tag : str, optional
        The tag.
    created_at : int, optional
        The time of the first entry, in milliseconds since 1970.
    """

    session_id: str
    summary: str
    last_modified: int
    file_size: int | None = None
    custom_title: str | None = None
    first_prompt: str | None = None
    git_branch: str | None = None
    cwd: str | None = None
    tag: str | None = None
    created_at: int | None = None


@dataclass(repr=False)
class SessionMessage(ShortRepr):
    """One message of a stored conversation.

    Attributes
    ----------
    type : {"user", "assistant"}
        Who wrote it.
    uuid : str
        Its id, for ``fork_session(up_to_message_id=…)``.
    session_id : str
        The session that the entry names.
    message : dict
        The message in the Messages API's form: ``role``, ``content``, and more.
    parent_tool_use_id : str, optional
        In a subagent's messages: the call that started the subagent.
    parent_agent_id : str, optional
        In a subagent's messages: the subagent that started it, if one did.
    """

    type: Literal["user", "assistant"]
    uuid: str
    session_id: str
    message: Any
    parent_tool_use_id: str | None = None
    parent_agent_id: str | None = None


@dataclass
class ForkSessionResult:
    """The result of `fork_session`.

    Attributes
    ----------
    session_id : str
        The new session's uuid, for ``ClaudeAgentOptions(resume=…)``.
    """

    session_id: str


# --- names ------------------------------------------------------------------------------------


def project_key(folder: str) -> str:
    """Return the name of the folder with the sessions that ran in `folder`.

    Parameters
    ----------
    folder : str
        An absolute path without symbolic links.

    Returns
    -------
    str
        The path, with a dash for each character but ASCII letters and digits. After 200 characters
        it is cut, and a hash of the path follows.

    Notes
    -----
    The CLI counts UTF-16 units: 😀 is two dashes.
    """
    data = folder.encode("utf-16-le", "surrogatepass")
    units = [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]
    key = "".join(chr(unit) if unit < 128 and chr(unit).isalnum() else "-" for unit in units)
    if len(key) <= _LONGEST_KEY:
        return key
    number = 0
    for unit in units:
        number = (number * 31 + unit) & 0xFFFFFFFF
    return f"{key[:_LONGEST_KEY]}-{_base36(min(number, 0x100000000 - number))}"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def project_key_for_directory(directory: str | Path | None = None) -> str:
    """Return the name of the CLI's folder with the sessions that ran in a folder.

    Parameters
    ----------
    directory : str or Path, optional
        The folder; None is the current one. Symbolic links are followed.

    Returns
    -------
    str
        The name; the folder is in ``projects`` of the CLI's configuration folder.
    """
    return project_key(str(Path(directory or ".").resolve()))


def is_uuid(text: object) -> bool:
    """Return whether `text` is a uuid in its usual form. Only then may it become a file's name."""
    if not isinstance(text, str) or len(text) != 36:
        return False
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


# --- reading ----------------------------------------------------------------------------------


def linked_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Leave out, unparsed, the lines that cannot belong to a conversation: most of the bytes."""
    return (line for line in lines if b'"parentUuid"' in line or b'"leafUuid"' in line)


def line_of(entry: Entry) -> bytes:
    """Return an entry as a line of the file."""
    # Without spaces, as the CLI writes it. ASCII, because a text may have half a surrogate pair.
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def is_sidechain(entry: Mapping[str, object]) -> bool:
    """Return whether an entry belongs to a subagent."""
    return entry.get("isSidechain") is True


def parse_entries(lines: Iterable[bytes]) -> Iterator[Entry]:
    """Yield the entries of a transcript's lines; skip lines that are not JSON objects.

    A line may be half written: a CLI may have been killed, or may be writing at this moment.
    """
    from orjson import JSONDecodeError, loads

    for line in lines:
        try:
            entry = loads(line)
        except JSONDecodeError:
            try:  # the CLI writes lone surrogates and NaN, which orjson refuses
                entry = json.loads(line)
            except ValueError:
                continue
        if isinstance(entry, dict):
            yield entry


def info_entries(lines: Iterable[bytes]) -> Iterator[Entry]:
    """Yield the entries that `session_info` needs, from a transcript's lines.

    Most lines are messages after the first prompt. Of these only the last is parsed.
    """
    prompt_known = False  # whether the first prompt, its time and its folder are known
    later: list[bytes] = []  # messages after the first prompt; the last one's git branch counts
    for line in lines:
        if prompt_known and line.startswith(b'{"parentUuid"'):
            later.append(line)
            continue
        for entry in parse_entries([line]):
            yield entry
            prompt_known = prompt_known or bool(
                _prompt(entry)[0] and entry.get("cwd") and milliseconds(entry.get("timestamp"))
            )
            if _branch(entry):
                later.clear()
    for entry in parse_entries(reversed(later)):
        if _branch(entry):
            yield entry
            break


def session_info(
    session_id: str,
    entries: Iterable[Entry],
    *,
    last_modified: int,
    file_size: int | None = None,
) -> SDKSessionInfo | None:
    """Return the information that a list has about a session.

    Parameters
    ----------
    session_id : str
        The session.
    entries : iterable of dict
        Its entries. The first and the last ones are enough.
    last_modified : int
        The time of the last change, in milliseconds since 1970.
    file_size : int, optional
        The size in bytes.

    Returns
    -------
    SDKSessionInfo or None
        None for a subagent's transcript, and for one without messages.
    """
    facts: dict[str, Any] = {}
    prompt: str | None = None
    command: str | None = None
    for number, entry in enumerate(entries):
        if number == 0 and entry.get("isSidechain") is True:
            return None
        kind = _kind(entry)
        if kind in _WITH_FOLDER:
            cwd = entry.get("cwd")
            if isinstance(cwd, str) and cwd:
                facts.setdefault("cwd", cwd)
            facts["branch"] = _branch(entry) or facts.get("branch")
        if facts.get("created") is None:
            facts["created"] = milliseconds(entry.get("timestamp"))
        if kind in _NOTES:
            value = entry.get(_NOTES[kind])
            if isinstance(value, str):
                facts[kind] = value.strip()
        elif prompt is None:
            prompt, called = _prompt(entry)
            command = command or called
    prompt = prompt or command
    title = facts.get("custom-title") or facts.get("ai-title") or None
    summary = title or _one_line(facts.get("last-prompt", "")) or facts.get("summary") or prompt
    if not summary:
        return None
    return SDKSessionInfo(
        session_id=session_id,
        summary=summary,
        last_modified=last_modified,
        file_size=file_size,
        custom_title=title,
        first_prompt=prompt,
        git_branch=facts.get("branch"),
        cwd=facts.get("cwd"),
        tag=facts.get("tag") or None,
        created_at=facts.get("created"),
    )


#: Notes, and the field with their text. The last note of each type counts.
_NOTES = {
    "custom-title": "customTitle",
    "ai-title": "aiTitle",
    "tag": "tag",
    "last-prompt": "lastPrompt",
    "summary": "summary",
}


#: The types of entries that have the session's folder and git branch.
_WITH_FOLDER = frozenset({"user", "assistant", "system", "attachment"})


def _branch(entry: Entry) -> str | None:
    branch = entry.get("gitBranch")
    return branch if isinstance(branch, str) and branch and _kind(entry) in _WITH_FOLDER else None


def _prompt(entry: Entry) -> tuple[str | None, str | None]:
    """Return the prompt in an entry, and a command before it, each in one line."""
    command: str | None = None
    if _kind(entry) == "user" and not _is_note(entry):
        for text in texts_of(entry):
            called, shell = between(text, "command-name"), _SHELL.match(text)
            if called is not None:
                command = command or called.strip()
            elif shell:
                command = command or f"! {shell[1].strip()}"
            elif text.strip() and not NOT_A_PROMPT.match(text.lstrip()):
                return _one_line(text), command
    return None, command


def _kind(entry: Entry) -> str:
    kind = entry.get("type")
    return kind if isinstance(kind, str) else ""


def _is_note(entry: Entry) -> bool:
    return any(entry.get(name) is True for name in ("isMeta", "isCompactSummary", "isSidechain"))


def _content(entry: Entry) -> Any:
    message = entry.get("message")
    return message.get("content") if isinstance(message, dict) else None


def _blocks(entry: Entry, kind: str) -> list[Entry]:
    content = _content(entry)
    blocks = content if isinstance(content, list) else []
    return [block for block in blocks if isinstance(block, dict) and block.get("type") == kind]


def texts_of(entry: Entry) -> list[str]:
    content = _content(entry)
    if isinstance(content, str):
        return [content]
    return [text for block in _blocks(entry, "text") if isinstance(text := block.get("text"), str)]


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_PROMPT else line[:_LONGEST_PROMPT].rstrip() + "…"


def string(values: Mapping[str, Any], name: str) -> str | None:
    """Return a value if it is a string; else None."""
    value = values.get(name)
    return value if isinstance(value, str) else None


# --- the conversation -------------------------------------------------------------------------


def conversation(
    entries: Iterable[Entry],
    *,
    subagent: bool = False,
    parent_tool_use_id: str | None = None,
    parent_agent_id: str | None = None,
) -> list[SessionMessage]:
    """Return the messages that a resumed session would continue from, oldest first.

    Parameters
    ----------
    entries : iterable of dict
        A whole transcript.
    subagent : bool, default False
        Whether it is a subagent's.
    parent_tool_use_id, parent_agent_id : str, optional
        Values for these fields of each message.

    Returns
    -------
    list of SessionMessage
        The messages, without those that were rewound or compacted, and without the CLI's notes.
    """
    return [
        SessionMessage(
            type=entry["type"],
            uuid=entry["uuid"],
            session_id=str(entry.get("sessionId", "")),
            message=entry.get("message"),
            parent_tool_use_id=parent_tool_use_id,
            parent_agent_id=parent_agent_id,
        )
        for entry in conversation_entries(entries, subagent=subagent)
        if entry["type"] in _MESSAGES and entry.get("isMeta") is not True
    ]


def conversation_entries(entries: Iterable[Entry], *, subagent: bool = False) -> list[Entry]:
    """Return the entries that a resumed session would continue from, oldest first."""
    linked: dict[str, Entry] = {}
    leaf: str | None = None
    for entry in entries:
        uuid = entry.get("uuid")
        if _kind(entry) == "last-prompt":  # the only entry that the CLI writes when it rewinds
            if _in(entry.get("leafUuid"), linked):
                leaf = entry["leafUuid"]
            elif entry.get("leafUuid", "") is None and entry.get("rewound") is True:
                leaf = None  # rewound to before the first prompt
        elif (
            _kind(entry) in LINKED
            and isinstance(uuid, str)
            and (subagent or entry.get("isSidechain") is not True)
        ):
            linked[uuid] = entry
            leaf = uuid
    chain = _back_from(leaf, linked)
    return _with_parallel_calls(_with_preserved(chain, linked), linked)


def _back_from(leaf: str | None, linked: dict[str, Entry]) -> list[Entry]:
    """Return the entries from the root to a leaf, as the CLI finds them."""
    before = dict(zip(list(linked)[1:], linked, strict=False))
    chain: dict[str, Entry] = {}
    uuid = leaf
    while uuid is not None and uuid not in chain:  # a damaged transcript may have a circle
        chain[uuid] = linked[uuid]
        parent = linked[uuid].get("parentUuid")
        # If the parent's line is lost, the CLI continues with the entry before.
        uuid = parent if parent is None or _in(parent, linked) else before.get(uuid)
    return list(reversed(chain.values()))


def _in(uuid: Any, linked: dict[str, Entry]) -> bool:
    return isinstance(uuid, str) and uuid in linked


def _with_preserved(chain: list[Entry], linked: dict[str, Entry]) -> list[Entry]:
    """Add the messages that compaction kept word for word; in the tree they are before it."""
    root = chain[0] if chain else {}
    metadata = root.get("compactMetadata")
    kept = metadata.get("preservedMessages") if isinstance(metadata, dict) else None
    if not isinstance(kept, dict) or not isinstance(kept.get("uuids"), list):
        return chain
    here = {entry["uuid"] for entry in chain}
    uuids = [uuid for uuid in kept["uuids"] if _in(uuid, linked)]
    found = [linked[uuid] for uuid in uuids if uuid not in here]
    anchor = kept.get("anchorUuid")
    at = next((at for at, entry in enumerate(chain, 1) if entry["uuid"] == anchor), 1)
    return [*chain[:at], *found, *chain[at:]]


def _with_parallel_calls(chain: list[Entry], linked: dict[str, Entry]) -> list[Entry]:
    """Add the results of parallel tool calls. A chain has only one of them.

    Each block of an assistant message is an entry, and each result is a child of its call. The
    conversation continues from the last result. When the CLI resumes, it sends the others before
    it.
    """
    here = {entry["uuid"] for entry in chain}
    answered = {uuid for entry in chain for uuid in _answers(entry)}
    calls: dict[str, list[Entry]] = {}
    results: dict[str, list[Entry]] = {}
    for entry in linked.values():
        if entry["uuid"] in here:
            continue
        message_id, parent = _message_id(entry), entry.get("parentUuid")
        if message_id is not None:
            calls.setdefault(message_id, []).append(entry)
        elif isinstance(parent, str) and _answers(entry) and not answered & set(_answers(entry)):
            results.setdefault(parent, []).append(entry)
    if not results:
        return chain
    whole: list[Entry] = []
    group: list[Entry] = []  # the entries of one assistant message so far
    for number, entry in enumerate(chain):
        whole.append(entry)
        message_id = _message_id(entry)
        if message_id is None:
            continue
        if group and _message_id(group[0]) != message_id:
            group = []
        group.append(entry)
        following = chain[number + 1] if number + 1 < len(chain) else None
        if following is None or _answers(following):
            more = [call for call in calls.get(message_id, []) if call["uuid"] in results]
            whole += more
            for call in [*group, *more]:
                whole += results.pop(call["uuid"], [])
    return whole


def _answers(entry: Entry) -> list[str]:
    """Return the ids of the calls whose results a user entry has."""
    if entry["type"] != "user":
        return []
    ids = [block.get("tool_use_id") for block in _blocks(entry, "tool_result")]
    return [tool_use_id for tool_use_id in ids if isinstance(tool_use_id, str)]


def _message_id(entry: Entry) -> str | None:
    message = entry.get("message")
    if entry["type"] != "assistant" or not isinstance(message, dict):
        return None
    message_id = message.get("id")
    return message_id if isinstance(message_id, str) else None


# --- changing ---------------------------------------------------------------------------------


def title_entry(session_id: str, title: str) -> Entry:
    """Return the entry that gives a session its title.

    Raises
    ------
    ValueError
        If the title is empty.
    """
    title = title.strip()
    if not title:
        raise ValueError("title must not be empty: give the session a name")
    return {"type": "custom-title", "customTitle": title, "sessionId": session_id}


def tag_entry(session_id: str, tag: str | None) -> Entry:
    """Return the entry that tags a session; None removes the tag.

    Raises
    ------
    ValueError
        If the tag has no visible character.
    """
    if tag is not None:
        # With invisible characters two different tags would look alike.
        tag = "".join(sign for sign in tag if unicodedata.category(sign)[0] != "C").strip()
        if not tag:
            raise ValueError("tag must not be empty: use None to remove the tag")
    return {"type": "tag", "tag": tag or "", "sessionId": session_id}


def stamped(entry: Entry) -> Entry:
    """Return a note with a new uuid and the present time. The CLI ignores both.

    By the uuid a store recognizes a repeated append.
    """
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**entry, "uuid": str(uuid4()), "timestamp": now}


#: Fields of an entry that name other entries.
_REFERENCES = ("parentUuid", "logicalParentUuid", "sourceToolAssistantUUID", "leafUuid")
#: What the CLI notes when it replaces results that are too long.
_REPLACEMENT = "content-replacement"
#: Fields that say where the original belongs. A fork is of no team, and makes plans of its own.
_NOT_COPIED = frozenset({"teamName", "agentName", "slug"})


def fork_entries(
    entries: Iterable[Entry],
    new_session_id: str,
    *,
    up_to_message_id: str | None = None,
    title: str | None = None,
) -> list[Entry]:
    """Return the transcript of a fork: a new session that begins with another one's conversation.

    Parameters
    ----------
    entries : iterable of dict
        The whole transcript to fork.
    new_session_id : str
        The uuid of the new session.
    up_to_message_id : str, optional
        The last message to copy; None copies all.
    title : str, optional
        The new title; None is the old title, or the first prompt, with "(fork)" after it.

    Returns
    -------
    list of dict
        Copies with new uuids. ``forkedFrom`` of each names the original.

    Raises
    ------
    ValueError
        If there is no such message, or no message at all.
    """
    source = list(entries)
    copied = [
        entry
        for entry in source
        if entry.get("isSidechain") is not True
        and (
            (_kind(entry) in LINKED and isinstance(entry.get("uuid"), str))
            or _kind(entry) == "last-prompt"  # the conversation's end
        )
    ]
    if up_to_message_id is not None:
        ends = [at for at, entry in enumerate(copied, 1) if entry.get("uuid") == up_to_message_id]
        if not ends:
            raise ValueError(
                f"There is no message {up_to_message_id} in the session; take a uuid "
                "from get_session_messages()"
            )
        copied = copied[: ends[-1]]
    if not any(entry["type"] in _MESSAGES for entry in copied):
        raise ValueError("The session has no messages, so there is nothing to fork")
    names = {entry["uuid"]: str(uuid4()) for entry in copied if "uuid" in entry}
    fork = [_copy(entry, names, new_session_id) for entry in copied]
    # These may come after the message that they are about, so the last message does not cut them.
    fork += [
        stamped({**entry, "sessionId": new_session_id})
        for entry in source
        if _kind(entry) == _REPLACEMENT and entry.get("isSidechain") is not True
    ]
    if title is None or not title.strip():
        info = session_info("", source, last_modified=0)
        title = f"{(info and (info.custom_title or info.first_prompt)) or 'Session'} (fork)"
    return [*fork, title_entry(new_session_id, title)]


def _copy(entry: Entry, names: dict[str, str], session_id: str) -> Entry:
    new = {name: value for name, value in entry.items() if name not in _NOT_COPIED}
    new["sessionId"] = session_id
    for name in _REFERENCES:
        if isinstance(entry.get(name), str):
            new[name] = names.get(entry[name])
    if isinstance(entry.get("compactMetadata"), dict):
        new["compactMetadata"] = _renamed(entry["compactMetadata"], names)
    if "uuid" in entry:
        new["uuid"] = names[entry["uuid"]]
        new["forkedFrom"] = {"sessionId": entry.get("sessionId"), "messageUuid": entry["uuid"]}
    return new


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value
