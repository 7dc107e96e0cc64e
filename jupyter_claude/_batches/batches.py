"""`Batches`: makes the batches of a session, and knows them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from weakref import WeakSet

from jupyter_claude_sdk import ClaudeAgentOptions
from jupyter_claude_sdk.lowlevel import AnswerForm, ClaudePool, Pool, check_retries, map_over

from .._core.conversation import Conversation
from .._core.host import Host
from .._cost.budget import Budget
from .._cost.ledger import Ledger
from .._engine.options import check_options
from .._kernel.gui import GuiLoop
from .._kernel.keep_alive import KeepAlive
from .._kernel.stop_button import StopButton
from .._paths import current_folder
from .._process.permitted import permitted_model, permitted_rows
from .._process.workspace import Workspace
from .._turns.errors import BudgetExceeded, ClaudeError, show_as_one_line
from .account import Accounts
from .batch import SessionBatch, is_ours
from .cluster import cluster_for, rows_of
from .pool import SessionPool
from .travel import check_tools


class Batches:
    """Makes the batches of a session.

    A batch has processes of its own. They get the session's sign-in, variables, CLI and model, but
    neither its conversation nor any settings file.

    Parameters
    ----------
    host : Host
        The settings, and the front end, which shows batches.
    workspace : Workspace
        Knows the variables, and has the practice model.
    conversation : Conversation
        Tells the views that the session's costs changed.
    ledger, budget : Ledger, Budget
        The session's costs and their limit.
    stop_button, gui_loop : StopButton, GuiLoop
        Those of the session.
    keep_alive : KeepAlive
        Keeps the kernel alive while a batch runs.
    check : callable
        Raises an error if this process or task cannot use the session.

    Attributes
    ----------
    last : SessionBatch or None
        The last batch that was made.
    """

    def __init__(
        self,
        host: Host,
        workspace: Workspace,
        conversation: Conversation,
        ledger: Ledger,
        budget: Budget,
        stop_button: StopButton,
        gui_loop: GuiLoop,
        keep_alive: KeepAlive,
        check: Callable[[], None],
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._conversation = conversation
        self._accounts = Accounts(ledger, budget)
        self._budget = budget
        self._stop_button = stop_button
        self._gui_loop = gui_loop
        self._keep_alive = keep_alive
        self._check = check
        self.last: SessionBatch[Any] | None = None
        self._all: WeakSet[SessionBatch[Any]] = WeakSet()

    def map(
        self,
        rows: Any,
        prompt: Any,
        *,
        schema: Any = None,
        model: str | None = None,
        system_prompt: str | None = None,
        retries: int = 2,
        cache: str | os.PathLike[str] | None = None,
        tools: Sequence[str] = (),
        folder: str | os.PathLike[str] | None = None,
        concurrency: int | None = None,
        client: Any = None,
        **given: Any,
    ) -> SessionBatch[Any]:
        """Make a batch; see `Claude.map`."""
        try:
            self.check()
            check_retries(retries)
            form = None if schema is None else AnswerForm[Any](schema)
            chosen = permitted_model(model or self._host.settings.model or None)
            account = self._accounts.open(chosen)
            place = None if folder is None else _here(folder)
            cluster = cluster_for(rows, client)
            if cluster is not None:
                check_tools(tools)
                concurrency = cluster.concurrency() if concurrency is None else concurrency

            def asking(options: ClaudeAgentOptions, size: int) -> Pool:
                options = permitted_rows(
                    dataclasses.replace(options, model=chosen, system_prompt=system_prompt),
                    tools,
                    place,
                )
                if cluster is not None:
                    return cluster.pool(
                        options, size, schema=schema, retries=retries, tools=tools, folder=folder
                    )
                return ClaudePool(
                    options,
                    size=size,
                    form=form,
                    retries=retries,
                    tools=list(tools),
                    folder=place,
                )

            def make_pool(size: int) -> Pool:
                return SessionPool(
                    lambda options: asking(options, size),
                    self.options,
                    account,
                    self._conversation.state_changed,
                    elsewhere=cluster is not None,
                )

            plain = dataclasses.replace(
                self._plain_options(), model=chosen, system_prompt=system_prompt
            )
            permitted_rows(plain, tools, place)  # each start checks it again
            batch = map_over(
                make_pool,
                rows_of(rows, prompt, cluster),
                prompt,
                concurrency=concurrency,
                schema=schema,
                form=form,
                options=plain,
                cache=None if cache is None else _here(cache),
                tools=tools,
                kind=lambda *a, **k: SessionBatch(self, account, *a, **k),
                left=account.left,
                **given,
            )
        except ClaudeError as error:
            raise show_as_one_line(error) from None
        except (TypeError, ValueError, ModuleNotFoundError) as error:
            raise (show_as_one_line(error) if is_ours(error) else error) from None
        assert isinstance(batch, SessionBatch)
        self.last = batch
        self._all.add(batch)
        return batch

    def check(self) -> None:
        """Raise an error if this process or task cannot use the session."""
        self._host.attach()
        self._check()

    def options(self) -> ClaudeAgentOptions:
        """Return the options of the processes, as the session's settings are now.

        Raises
        ------
        ClaudeError
            If the session cannot be used here, or an option has no place there.
        """
        self.check()
        if spent := self._budget.spending.spent_up():
            raise BudgetExceeded(spent)
        self._workspace.renew_practice()
        options = self._plain_options()
        options.env = self._workspace.environment()
        return options

    def _plain_options(self) -> ClaudeAgentOptions:
        """Return the options without the variables, which choose no answer."""
        settings = self._host.settings
        check_options(settings.options)
        try:
            return ClaudeAgentOptions(
                cli_path=settings.cli_path or None,
                max_thinking_tokens=settings.max_thinking_tokens,
                mcp_servers=dict(settings.mcp_servers),  # a row gets those that `tools` names
                **settings.options,
            )
        except (TypeError, ValueError) as error:
            raise ClaudeError(f"The settings of this session: {error}") from None

    def close(self) -> None:
        """Stop the batches that run."""
        for batch in list(self._all):
            if batch.progress.state in ("running", "waiting"):
                batch.press_stop()

    # --- where they are awaited ---------------------------------------------------------------

    def show(self, batch: SessionBatch[Any]) -> Callable[[], None]:
        """Show a batch that starts; return what ends that."""
        self._keep_alive.begin(batch)
        end_view = self._host.frontend.show_batch(batch)

        def end() -> None:
            self._keep_alive.end(batch)
            end_view()

        return end

    def is_last(self, batch: SessionBatch[Any]) -> bool:
        """Whether a batch is the last one."""
        return batch is self.last

    def stoppable(self, stop: Callable[[int], None]) -> AbstractContextManager[None]:
        """Call a function at each press of the stop button, as long as the block lasts."""
        shell = self._host.frontend.shell
        if shell is None:
            return contextlib.nullcontext()  # a script handles Ctrl-C itself
        return self._stoppable(shell, stop)

    @contextlib.contextmanager
    def _stoppable(self, shell: Any, stop: Callable[[int], None]) -> Iterator[None]:
        with self._stop_button.pressed(stop), self._gui_loop.paused(shell):
            yield


def _here(path: str | os.PathLike[str]) -> Path:
    """Return a path as the kernel's folder completes it."""
    return current_folder() / Path(path).expanduser()
