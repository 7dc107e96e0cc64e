"""`Cluster`: a Dask cluster whose workers ask the rows of a batch."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from jupyter_claude_sdk import ClaudeAgentOptions
from jupyter_claude_sdk.lowlevel import Pool

from .travel import Asking

_NEEDS = "needs Dask: run pip install 'jupyter-claude[dask]'"


def is_dask(given: Any) -> bool:
    """Whether rows are a collection of Dask's. Imports nothing."""
    return type(given).__module__.partition(".")[0] in ("dask", "dask_expr")


def cluster_for(rows: Any, client: Any) -> Cluster | None:
    """Return the cluster that asks rows; None if this machine does.

    Parameters
    ----------
    rows : object
        The rows. Those of Dask go to the client that is in use here, if there is one.
    client : distributed.Client, optional
        The client that the user gave.

    Raises
    ------
    TypeError, ValueError
        If it is no client, or closed.
    ModuleNotFoundError
        If Dask is not installed.
    """
    if client is None and is_dask(rows):
        client = _in_use()
    return None if client is None else Cluster(_checked(client))


def rows_of(rows: Any, prompt: Any, cluster: Cluster | None) -> Any:
    """Return rows as a batch takes them.

    Raises
    ------
    TypeError
        If they are a collection of Dask's that has no rows.
    """
    if not is_dask(rows):
        return rows
    if getattr(rows, "ndim", 0) not in (1, 2) or not hasattr(rows, "divisions"):
        raise TypeError(
            f"rows must be a dataframe or series of Dask, not a {type(rows).__name__}; use its "
            "to_dataframe() or compute()"
        )
    from .dask_frame import DaskFrame

    return DaskFrame(rows, prompt, None if cluster is None else cluster.client)


class Cluster:
    """A Dask cluster whose workers ask rows.

    Parameters
    ----------
    client : distributed.Client
        Its client.
    """

    def __init__(self, client: Any) -> None:
        self.client = client

    def concurrency(self) -> int:
        """Return how many rows are asked at the same time, if the user does not say."""
        from .dask_pool import ROOM

        if self.client.asynchronous:
            info = self.client.scheduler_info()
            number = int(info.get("n_workers") or len(info["workers"]))
        else:
            number = len(self.client.nthreads())
        return ROOM * max(1, number)

    def pool(
        self,
        options: ClaudeAgentOptions,
        size: int,
        *,
        schema: Any,
        retries: int,
        tools: Sequence[str],
        folder: str | os.PathLike[str] | None,
    ) -> Pool:
        """Return a pool of the workers' processes."""
        from .dask_pool import DaskPool

        return DaskPool(self.client, Asking.of(options, schema, retries, tools, folder), size)


def _checked(client: Any) -> Any:
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise ModuleNotFoundError(f"claude.map with client= {_NEEDS}") from None
    if not isinstance(client, Client):
        raise TypeError(f"client must be a distributed.Client, not {type(client).__name__}")
    if client.status != "running":
        raise ValueError("client is closed; connect a new distributed.Client")
    return client


def _in_use() -> Any:
    distributed = sys.modules.get("distributed")  # who has a client has imported it
    if distributed is None:
        return None
    try:
        return distributed.get_client()
    except ValueError:
        return None
