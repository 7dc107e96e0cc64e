"""Calls the methods that a session store may leave out."""

from __future__ import annotations

from typing import Any

from .._types.stores import SessionStore, implements

__all__ = ["call_optional"]


async def call_optional(store: SessionStore, name: str, *arguments: Any) -> Any:
    """Call a store's optional method.

    Parameters
    ----------
    store : SessionStore
        The store.
    name : str
        The method's name.
    *arguments
        What to call it with.

    Returns
    -------
    object
        What the method returned; None if the store lacks it, or says so with a
        `NotImplementedError`, as a store that wraps another one does.
    """
    if not implements(store, name):
        return None
    try:
        return await getattr(store, name)(*arguments)
    except NotImplementedError:
        return None
