"""Checks of what every session store must do."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from .._sessions.summaries import fold_session_summary
from .._types.stores import OPTIONAL_METHODS, SessionKey, SessionStore, implements

MakeStore = Callable[[], SessionStore | Awaitable[SessionStore]]

_ID = "11111111-1111-4111-8111-111111111111"
_OTHER_ID = "22222222-2222-4222-8222-222222222222"
_KEY: SessionKey = {"project_key": "-work", "session_id": _ID}
_AGENT: SessionKey = {**_KEY, "subpath": "subagents/agent-1"}
_SECOND_AGENT: SessionKey = {**_KEY, "subpath": "subagents/agent-2"}
_OTHER: SessionKey = {"project_key": "-work", "session_id": _OTHER_ID}
_ELSEWHERE: SessionKey = {"project_key": "-elsewhere", "session_id": _ID}


async def run_session_store_conformance(
    make_store: MakeStore, *, skip_optional: frozenset[str] = frozenset()
) -> None:
    """Check that sessions can be resumed from a store, listed and deleted.

    Parameters
    ----------
    make_store : callable
        A function that returns a new, empty store, or an awaitable of one. Each check calls it.
    skip_optional : frozenset of str, default empty
        Optional methods that the store has but that are not checked.

    Raises
    ------
    AssertionError
        If the store breaks a rule. One line says which rule, what it expects and what it got.
    ValueError
        If `skip_optional` has a name that is not an optional method's.
    """
    unknown = skip_optional - set(OPTIONAL_METHODS)
    if unknown:
        names = ", ".join(OPTIONAL_METHODS)
        raise ValueError(
            f"skip_optional has {sorted(unknown)[0]!r}, which is not an optional method; "
            f"these are {names}"
        )
    for check, needed in _CHECKS:
        store = await _make(make_store)
        has = {name for name in OPTIONAL_METHODS if implements(store, name)} - skip_optional
        if set(needed) <= has:
            await check(store)


async def _make(make_store: MakeStore) -> SessionStore:
    made = make_store()
    return await made if inspect.isawaitable(made) else made


def _expect(rule: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise AssertionError(f"{rule}: expected {_short(wanted)}, got {_short(found)}")


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 300 else text[:300] + "…"


def _entry(number: int, **more: Any) -> Any:
    return {"type": "user", "uuid": f"uuid-{number}", "number": number, **more}


async def _unknown_is_none(store: SessionStore) -> None:
    _expect("load of an unknown session is None", await store.load(_KEY), None)
    await store.append(_KEY, [_entry(1)])
    _expect("load of an unknown subpath is None", await store.load(_AGENT), None)


async def _order_is_kept(store: SessionStore) -> None:
    # Neither the uuids nor the numbers are in order: a store must not sort the entries.
    lots = [[_entry(9), _entry(1)], [_entry(5)], [_entry(7), _entry(3), _entry(8)]]
    for lot in lots:
        await store.append(_KEY, lot)
    wanted = [entry for lot in lots for entry in lot]
    _expect("entries keep the order of appending", await store.load(_KEY), wanted)
    _expect("loading changes nothing", await store.load(_KEY), wanted)


async def _entries_are_whole(store: SessionStore) -> None:
    entries: list[Any] = [
        _entry(1, message={"role": "user", "content": "Grüße 🐍 \u2028 \\ \" ' \n %s -- ;"}),
        _entry(2, deep={"list": [1, 2.5, None, True, {"": []}], "null": None, "big": 2**53}),
        {"type": "no-uuid"},
        {"type": "no-uuid"},
        _entry(3, text="long " * 20_000),
    ]
    await store.append(_KEY, entries)
    _expect("entries come back as they were", await store.load(_KEY), entries)


async def _nothing_is_harmless(store: SessionStore) -> None:
    await store.append(_KEY, [_entry(1)])
    await store.append(_KEY, [])
    _expect("appending nothing changes nothing", await store.load(_KEY), [_entry(1)])


async def _keys_are_apart(store: SessionStore) -> None:
    keys = [_KEY, _AGENT, _SECOND_AGENT, _OTHER, _ELSEWHERE]
    for number, key in enumerate(keys):
        await store.append(key, [_entry(number)])
    for number, key in enumerate(keys):
        _expect(f"{key} is a transcript of its own", await store.load(key), [_entry(number)])


async def _sessions_are_listed(store: SessionStore) -> None:
    _expect("an unknown folder has no sessions", await store.list_sessions("-work"), [])
    for key in (_KEY, _AGENT, _OTHER, _ELSEWHERE):
        await store.append(key, [_entry(1)])
    listed = await store.list_sessions("-work")
    ids = sorted(entry["session_id"] for entry in listed)
    _expect("the folder's sessions are listed once, without subagents", ids, [_ID, _OTHER_ID])
    for entry in listed:
        _check_mtime("list_sessions", entry["mtime"])


async def _summaries_are_kept(store: SessionStore) -> None:
    _expect("an unknown folder has no summaries", await store.list_session_summaries("-work"), [])
    first = _entry(1, timestamp="2026-01-01T00:00:00.000Z", customTitle="one")
    second = _entry(2, timestamp="2026-01-01T00:00:01.000Z", customTitle="two")
    await store.append(_KEY, [first])
    await store.append(_KEY, [second])
    await store.append(_AGENT, [_entry(3, customTitle="of the subagent")])
    await store.append(_ELSEWHERE, [first])
    found = await store.list_session_summaries("-work")
    wanted = fold_session_summary(None, _KEY, [first, second])
    _expect(
        "a summary is what fold_session_summary makes of the session's own entries",
        [(summary["session_id"], summary["data"]) for summary in found],
        [(_ID, wanted["data"])],
    )
    _check_mtime("list_session_summaries", found[0]["mtime"])


async def _summaries_and_sessions_agree(store: SessionStore) -> None:
    await store.append(_KEY, [_entry(1)])
    await store.append(_AGENT, [_entry(2)])
    listed = {entry["session_id"]: entry["mtime"] for entry in await store.list_sessions("-work")}
    summaries = await store.list_session_summaries("-work")
    found = {summary["session_id"]: summary["mtime"] for summary in summaries}
    _expect("list_sessions and list_session_summaries have the same mtime", found, listed)


async def _summaries_go_too(store: SessionStore) -> None:
    await store.append(_KEY, [_entry(1)])
    await store.delete(_KEY)
    _expect("delete takes the summary too", await store.list_session_summaries("-work"), [])


async def _delete_takes_the_session(store: SessionStore) -> None:
    await store.delete(_KEY)  # deleting an unknown session is harmless
    for key in (_KEY, _AGENT, _OTHER, _ELSEWHERE):
        await store.append(key, [_entry(1)])
    await store.delete(_KEY)
    _expect("a deleted session is unknown", await store.load(_KEY), None)
    _expect("delete takes the session's subagents too", await store.load(_AGENT), None)
    for key in (_OTHER, _ELSEWHERE):
        _expect("delete leaves other sessions", await store.load(key), [_entry(1)])
    await store.append(_KEY, [_entry(2)])
    _expect("a deleted session can begin anew", await store.load(_KEY), [_entry(2)])


async def _delete_takes_one_subagent(store: SessionStore) -> None:
    for key in (_KEY, _AGENT, _SECOND_AGENT):
        await store.append(key, [_entry(1)])
    await store.delete(_AGENT)
    _expect("a deleted subagent is unknown", await store.load(_AGENT), None)
    for key in (_KEY, _SECOND_AGENT):
        _expect("deleting a subagent leaves the rest", await store.load(key), [_entry(1)])


async def _deleted_is_not_listed(store: SessionStore) -> None:
    for key in (_KEY, _OTHER):
        await store.append(key, [_entry(1)])
    await store.delete(_KEY)
    ids = [entry["session_id"] for entry in await store.list_sessions("-work")]
    _expect("a deleted session is not listed", ids, [_OTHER_ID])


async def _subkeys_are_listed(store: SessionStore) -> None:
    session: Any = {"project_key": "-work", "session_id": _ID}
    _expect("an unknown session has no subkeys", list(await store.list_subkeys(session)), [])
    await store.append(_KEY, [_entry(1)])
    _expect("the main transcript is not a subkey", list(await store.list_subkeys(session)), [])
    for key in (_AGENT, _SECOND_AGENT, _AGENT):
        await store.append(key, [_entry(2)])
    await store.append({**_OTHER, "subpath": "subagents/agent-3"}, [_entry(3)])
    await store.append({**_ELSEWHERE, "subpath": "subagents/agent-4"}, [_entry(4)])
    _expect(
        "list_subkeys gives the session's own subpaths, each once",
        sorted(await store.list_subkeys(session)),
        ["subagents/agent-1", "subagents/agent-2"],
    )


async def _deleted_has_no_subkeys(store: SessionStore) -> None:
    for key in (_KEY, _AGENT, _SECOND_AGENT):
        await store.append(key, [_entry(1)])
    session: Any = {"project_key": "-work", "session_id": _ID}
    await store.delete(_AGENT)
    found = list(await store.list_subkeys(session))
    _expect("a deleted subagent is not a subkey", found, ["subagents/agent-2"])
    await store.delete(_KEY)
    _expect("a deleted session has no subkeys", list(await store.list_subkeys(session)), [])


def _check_mtime(method: str, mtime: object) -> None:
    # A time in seconds would be read as 1970.
    if not isinstance(mtime, int) or isinstance(mtime, bool) or mtime < 1_000_000_000_000:
        raise AssertionError(f"{method}: mtime must be whole milliseconds since 1970, got {mtime}")


_CHECKS: tuple[tuple[Callable[[SessionStore], Awaitable[None]], tuple[str, ...]], ...] = (
    (_unknown_is_none, ()),
    (_order_is_kept, ()),
    (_entries_are_whole, ()),
    (_nothing_is_harmless, ()),
    (_keys_are_apart, ()),
    (_sessions_are_listed, ("list_sessions",)),
    (_summaries_are_kept, ("list_session_summaries",)),
    (_summaries_and_sessions_agree, ("list_sessions", "list_session_summaries")),
    (_summaries_go_too, ("delete", "list_session_summaries")),
    (_delete_takes_the_session, ("delete",)),
    (_delete_takes_one_subagent, ("delete",)),
    (_deleted_is_not_listed, ("delete", "list_sessions")),
    (_subkeys_are_listed, ("list_subkeys",)),
    (_deleted_has_no_subkeys, ("delete", "list_subkeys")),
)
