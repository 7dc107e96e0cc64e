"""`Claude`: the public interface of a kernel's session. `Parts` do the work."""

from __future__ import annotations

import asyncio
import os
import pkgutil
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, Union, overload

from ._display import show_with
from ._lazy_parts import LazyParts
from ._turns.errors import TurnInterrupted

if TYPE_CHECKING:
    from jupyter_claude_sdk import Batch, ClaudeSDKClient

    from ._answers.streaming import ItemStream
    from ._answers.wanted import Wanted
    from ._conversations.transcripts import Conversation, Conversations
    from ._core.history import History
    from ._cost.table import CostTable
    from ._parts import Parts
    from ._rewind.plan import RewindPlan
    from ._settings import Settings
    from ._turns.code_cells import CodeCells
    from ._turns.events import TurnChange
    from ._turns.items import TurnEvent
    from ._turns.turn import Turn
    from ._user_tools.tools import UserTools


Function = TypeVar("Function", bound=Callable[..., Any])
V = TypeVar("V")
#: What ``attach=`` takes: a path, a picture's bytes, a figure, an image, a data frame, or any other
#: variable.
Attachment = Union[str, os.PathLike[str], bytes, object]


def _wanted(schema: Any, retries: int) -> Wanted | None:
    """Return the value that a prompt asks for; None without `schema`."""
    if schema is None:
        return None
    from jupyter_claude_sdk.lowlevel import AnswerForm

    from ._answers.wanted import Wanted

    return Wanted(AnswerForm(schema), retries)


class Claude:
    """This kernel's conversation with Claude. It starts nothing until its first use.

    Attributes
    ----------
    history : History
        The conversation's turns, oldest first, and its branches.
    cost_usd : float
        The session's cost in US dollars.
    session_id : str or None
        The conversation's id, for `resume`.
    settings : Settings
        The settings that ``%config ClaudeMagics`` shows.
    """

    #: Called before a turn if no front end is known yet. The package sets it.
    _attachers: ClassVar[list[Callable[[LazyParts], None]]] = []

    def __init__(self) -> None:
        self._lazy = LazyParts(self._attach)

    @property
    def _parts(self) -> Parts:
        return self._lazy.parts

    def _attach(self, session: LazyParts) -> None:
        for attach in self._attachers:
            attach(session)

    def __repr__(self) -> str:
        from ._turns.items import dollars

        return (
            f"<claude: {'connected' if self.client.connected else 'not connected'}, "
            f"{len(self.history)} turns, {dollars(self.cost_usd)}>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # In another process, such as dask's, a pickle becomes the session of that process.
        return pkgutil.resolve_name, ("jupyter_claude:claude",)

    # --- asking -------------------------------------------------------------------------------

    @overload
    async def ask(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
        attach: Attachment | Sequence[Attachment] = (),
        schema: type[V],
        retries: int = 2,
    ) -> Turn[V]: ...

    @overload
    async def ask(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
        attach: Attachment | Sequence[Attachment] = (),
        schema: Any = None,
        retries: int = 2,
    ) -> Turn[Any]: ...

    async def ask(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
        attach: Attachment | Sequence[Attachment] = (),
        schema: Any = None,
        retries: int = 2,
    ) -> Turn[Any]:
        """Send a prompt, and wait for the answer. Several prompts run one after the other.

        Parameters
        ----------
        prompt : str
            The prompt.
        model : str, optional
            The model for this turn only.
        max_turns : int, optional
            The most model calls for this turn.
        budget_usd : float, optional
            The limit of this turn's cost, in US dollars. Once the turn has cost more, Claude is
            stopped before the next model call.
        attach : Attachment or sequence of Attachment, optional
            What Claude gets with the prompt: the path of a picture, a PDF or a text file, a figure,
            an image, a data frame, or any other variable, of which Claude sees what it would see
            by looking. What you hide with `hide` stays hidden.
        schema : type or dict, optional
            The answer's type, for ``turn.value``: a dataclass, a ``TypedDict``, a ``NamedTuple``, a
            pydantic model, an ``Enum``, a ``Literal``, a union, a list or dict of these, a date, a
            ``Decimal``, a ``UUID`` and others; or a JSON Schema.
        retries : int, default 2
            How often Claude may correct an answer that does not have this type.

        Returns
        -------
        Turn
            ``str(turn)`` is the answer, and ``turn.value`` the value.

        Raises
        ------
        AnswerInvalid
            If no answer has the type, also after all retries. ``error.raw`` has the last answer.
        ClaudeError
            If the turn ends with another error. ``error.turn`` has the text so far. Also if
            something cannot be attached; then nothing is sent.
        TypeError
            If `schema` has no JSON form. Nothing was sent then.
        ClaudeSDKError
            If there is no CLI, or it does not start.

        Examples
        --------
        >>> turn = await claude.ask("What is in this folder?")
        >>> print(turn, turn.cost_usd)

        >>> turn = await claude.ask("The three largest cities of Italy", schema=list[City])
        >>> turn.value[0].name

        >>> await claude.ask("Does the plot fit the data?", attach=[df, fig, "notes.md"])
        """
        wanted = _wanted(schema, retries)
        attached = self._parts.attachable.pieces(attach)
        while True:
            writer = self._parts.begin_turn(prompt, attached)
            turn = writer.turn
            writer.await_it()
            self._parts.host.frontend.show_requests(turn, self._parts.approvals)
            try:
                await self._parts.runner.run(
                    writer,
                    model=model,
                    max_turns=max_turns,
                    budget_usd=budget_usd,
                    wanted=wanted,
                )
            except TurnInterrupted:
                if not turn.instead:
                    raise
                if turn.instead != prompt:  # the conversation has what was attached
                    attached = []
                prompt, model = turn.instead, None  # the session now uses the other model
            else:
                return turn

    @overload
    def stream(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
        attach: Attachment | Sequence[Attachment] = (),
        schema: None = None,
        retries: int = 2,
    ) -> AsyncGenerator[TurnEvent]: ...

    @overload
    def stream(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
        attach: Attachment | Sequence[Attachment] = (),
        schema: type[list[V]],
        retries: int = 2,
    ) -> AsyncGenerator[V]: ...

    async def stream(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
        attach: Attachment | Sequence[Attachment] = (),
        schema: Any = None,
        retries: int = 2,
    ) -> AsyncGenerator[Any]:
        """Send a prompt, and iterate over the answer as it comes. Leaving the loop stops the turn.

        The parameters and errors are those of `ask`. A `schema` must be a list. Each item then
        comes as soon as it is complete, and a later try does not change it.

        Yields
        ------
        TurnEvent
            ``str(event)`` is the new text. With `schema` the items of the list.

        Examples
        --------
        >>> async for event in claude.stream("Tell me a story"):
        ...     print(event, end="")

        >>> async for city in claude.stream("Large cities of Italy", schema=list[City]):
        ...     print(city.name)
        """
        from ._turns.events import InputAppended
        from ._turns.items import GIVE
        from ._turns.turn import EventMaker

        wanted = _wanted(schema, retries)
        items: ItemStream[Any] | None = None
        if wanted is not None:
            from ._answers.streaming import ItemStream

            items = ItemStream(schema)
        writer = self._parts.begin_turn(prompt, self._parts.attachable.pieces(attach))
        turn = writer.turn
        self._parts.host.frontend.show_requests(turn, self._parts.approvals)
        events: asyncio.Queue[Any] = asyncio.Queue()
        over = object()

        def take_items(change: TurnChange) -> None:
            assert items is not None
            if isinstance(change, InputAppended) and change.call.name == GIVE:
                for item in items.feed(change.call.id, change.text):
                    events.put_nowait(item)

        stop_listening = turn.listen(EventMaker(events.put_nowait) if items is None else take_items)
        running = asyncio.ensure_future(
            self._parts.runner.run(
                writer, model=model, max_turns=max_turns, budget_usd=budget_usd, wanted=wanted
            )
        )
        running.add_done_callback(lambda _: events.put_nowait(over))
        try:
            while (event := await events.get()) is not over:
                yield event
            await running
            if items is not None:
                for item in items.rest(turn.value):
                    yield item
        finally:
            stop_listening()
            if not running.done():
                running.cancel()
                await asyncio.wait([running])

    @overload
    def ask_sync(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
        attach: Attachment | Sequence[Attachment] = (),
        schema: type[V],
        retries: int = 2,
    ) -> Turn[V]: ...

    @overload
    def ask_sync(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
        attach: Attachment | Sequence[Attachment] = (),
        schema: Any = None,
        retries: int = 2,
    ) -> Turn[Any]: ...

    def ask_sync(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
        attach: Attachment | Sequence[Attachment] = (),
        schema: Any = None,
        retries: int = 2,
    ) -> Turn[Any]:
        """Send a prompt from synchronous code, such as a script or a function for ``df.apply``.

        Where ``await`` works, use ``await claude.ask(…)``: it does not block the kernel.

        The parameters, the result and the errors are those of `ask`.
        """
        from ._kernel.sync import run

        self._parts.check_use()
        return run(
            lambda: self.ask(
                prompt,
                model=model,
                max_turns=max_turns,
                budget_usd=budget_usd,
                attach=attach,
                schema=schema,
                retries=retries,
            ),
            self._parts.host.frontend.shell,
            self._parts.client.loop,
        )

    @property
    def client(self) -> ClaudeSDKClient:
        """The session's `ClaudeSDKClient`. It connects by itself when you send a prompt with it."""
        return self._parts.client

    async def interrupt(self) -> None:
        """Stop the running turn. The next prompt continues the conversation."""
        self._parts.check_use()
        running = self._parts.conversation.running
        if running is not None:
            await self._parts.runner.stop(running)

    async def close(self) -> None:
        """End the Claude Code process. The next prompt starts it again, in this conversation.

        Batches that run are stopped.
        """
        await self._parts.close()

    # --- many rows ----------------------------------------------------------------------------

    @overload
    def map(
        self,
        rows: Any,
        prompt: str | Callable[[Any], str],
        *,
        schema: None = None,
        model: str | None = None,
        system_prompt: str | None = None,
        concurrency: int | None = None,
        budget_usd: float | None = None,
        retries: int = 2,
        cache: str | os.PathLike[str] | None = None,
        tools: Sequence[str] = (),
        folder: str | os.PathLike[str] | None = None,
        on_error: Literal["keep", "raise"] = "keep",
        patience: float = 600.0,
        client: Any = None,
    ) -> Batch[str]: ...

    @overload
    def map(
        self,
        rows: Any,
        prompt: str | Callable[[Any], str],
        *,
        schema: type[V],
        model: str | None = None,
        system_prompt: str | None = None,
        concurrency: int | None = None,
        budget_usd: float | None = None,
        retries: int = 2,
        cache: str | os.PathLike[str] | None = None,
        tools: Sequence[str] = (),
        folder: str | os.PathLike[str] | None = None,
        on_error: Literal["keep", "raise"] = "keep",
        patience: float = 600.0,
        client: Any = None,
    ) -> Batch[V]: ...

    @overload
    def map(
        self,
        rows: Any,
        prompt: str | Callable[[Any], str],
        *,
        schema: Any,
        model: str | None = None,
        system_prompt: str | None = None,
        concurrency: int | None = None,
        budget_usd: float | None = None,
        retries: int = 2,
        cache: str | os.PathLike[str] | None = None,
        tools: Sequence[str] = (),
        folder: str | os.PathLike[str] | None = None,
        on_error: Literal["keep", "raise"] = "keep",
        patience: float = 600.0,
        client: Any = None,
    ) -> Batch[Any]: ...

    def map(
        self,
        rows: Any,
        prompt: str | Callable[[Any], str],
        *,
        schema: Any = None,
        model: str | None = None,
        system_prompt: str | None = None,
        concurrency: int | None = None,
        budget_usd: float | None = None,
        retries: int = 2,
        cache: str | os.PathLike[str] | None = None,
        tools: Sequence[str] = (),
        folder: str | os.PathLike[str] | None = None,
        on_error: Literal["keep", "raise"] = "keep",
        patience: float = 600.0,
        client: Any = None,
    ) -> Batch[Any]:
        """Ask Claude each row, in a conversation of its own, by some processes that are kept.

        The rows do not see this session's conversation, and it does not see them. They get the
        session's sign-in, CLI and model, but no settings file, and no tool that `tools` does not
        name. Nothing starts before the batch is awaited, iterated or estimated. Equal prompts are
        asked once. When the API is overloaded (429, 529), all rows wait and then go more slowly;
        no row is lost.

        Parameters
        ----------
        rows : iterable, or DataFrame or Series of pandas, polars or Dask
            The rows: texts or other single values, mappings, dataclasses, named tuples or pydantic
            objects. Those of Dask are asked on the workers of the client that is in use.
        prompt : str or callable
            A template such as ``"Classify: {text}"``; or a function that makes a row's prompt of
            the row. Only names of fields stand in the braces, and ``{{`` and ``}}`` are braces.
        schema : type or dict, optional
            What an answer is, as for `ask`. By default a text.
        model : str, optional
            The model; by default that of the session.
        system_prompt : str, optional
            The system prompt of each row. That of the session is not used.
        concurrency : int, optional
            How many rows are asked at the same time. By default up to 4, as cores and memory
            allow.
        budget_usd : float, optional
            What the batch may spend. No row starts that could pass it. Rows also count against
            the session's budget, and none starts that could pass that.
        retries : int, default 2
            How often a wrong answer goes back to Claude with its faults.
        cache : path-like, optional
            A file that keeps each finished row, such as ``"labels.jsonl"``. With the same file the
            same cell asks only rows that have no answer there, also after the kernel died.
        tools : sequence of str, default ()
            Permission rules for Claude Code's tools, such as ``"Read(./**)"``. Each row works in a
            folder of its own, and nobody is asked. A row's text may try to misuse them.
        folder : path-like, optional
            Where the folders of the rows are made, if there are `tools`.
        on_error : str, default "keep"
            ``"keep"`` notes the error of a row and goes on. ``"raise"`` stops at the first one.
        patience : float, default 600
            The seconds after which to give up, if the API has no room and no row succeeds.
        client : distributed.Client, optional
            A client of a Dask cluster, whose workers ask the rows. Each has its own CLI and
            sign-in. Needs ``jupyter-claude[dask]``.

        Returns
        -------
        Batch
            Await it for the result: for a frame a frame with the same index, for one of Dask with
            the same partitions, else a `Rows`. The
            stop button stops it; rows that are done stay.

        Raises
        ------
        TypeError, ValueError
            If an argument is invalid, or the rows have not the template's fields.
        ClaudeError
            If the session cannot be used here.

        Examples
        --------
        >>> batch = claude.map(reviews, "Classify: {text}", schema=Label, cache="labels.jsonl")
        >>> await batch.estimate()
        >>> labels = await batch
        >>> batch.failed
        >>> labels = await batch.retry()
        """
        return self._parts.batches.map(
            rows,
            prompt,
            schema=schema,
            model=model,
            system_prompt=system_prompt,
            concurrency=concurrency,
            budget_usd=budget_usd,
            retries=retries,
            cache=cache,
            tools=tools,
            folder=folder,
            on_error=on_error,
            patience=patience,
            client=client,
        )

    @property
    def batch(self) -> Batch[Any] | None:
        """The last batch of `map`, also if a cell has not kept it; None before the first."""
        return self._parts.batches.last

    # --- the kernel ---------------------------------------------------------------------------

    def hide(self, *names: str) -> None:
        """Withhold variables from Claude's looks at the kernel, by name.

        What is hidden stays hidden under other names, inside containers, and in an ``@`` mention.
        Claude's code can still use it, if you approve the code.

        Parameters
        ----------
        *names : str
            Names, or patterns such as "customer_*".

        Raises
        ------
        TypeError
            If a name is not a text.

        Examples
        --------
        >>> claude.hide("salaries", "patient_*")
        """
        self._parts.kernel_tools.hidden.hide(*names)

    @overload
    def tool(self, function: Function) -> Function: ...

    @overload
    def tool(self, *, name: str) -> Callable[[Function], Function]: ...

    def tool(self, function: Any = None, *, name: str | None = None) -> Any:
        """Make a tool for Claude of a function. Use it as a decorator.

        The function runs in the kernel, and each call asks you. It can be plain or async. Claude
        has the tool with the next prompt. If you define the function again, it replaces the tool.

        Parameters
        ----------
        function : callable
            Its type annotations say what the input is; its docstring tells Claude what it does.
        name : str, optional
            The tool's name. Default: the function's name.

        Returns
        -------
        callable
            The function, unchanged.

        Raises
        ------
        TypeError
            If the function cannot be a tool. The message says why.

        Examples
        --------
        >>> @claude.tool
        ... def price_of(item: str, day: date | None = None) -> float:
        ...     "Look up the price of an item, today or on another day."
        ...     return prices[item]
        """

        def add(function: Any) -> Any:
            self._parts.kernel_tools.users.add(function, name)
            return function

        return add if function is None else add(function)

    @property
    def tools(self) -> UserTools:
        """The tools that you made with `tool`; ``claude.tools.remove(name)`` takes one away."""
        return self._parts.kernel_tools.users

    # --- conversations ------------------------------------------------------------------------

    @property
    def history(self) -> History:
        """The conversation's turns, oldest first, and its branches."""
        return self._parts.history

    @property
    def session_id(self) -> str | None:
        """The conversation's id, for `resume`."""
        return self._parts.conversation.session_id

    async def new(self) -> None:
        """Start a new conversation once the running turns have ended.

        The history is then empty. The session's cost stays, and `resume` brings the old
        conversation back.
        """
        await self._parts.new()

    async def resume(self, session_id: str | Conversation | None = None) -> None:
        """Continue an earlier conversation of this folder. The history then has its turns.

        Parameters
        ----------
        session_id : str or Conversation, optional
            An id (see ``claude.session_id``), the beginning of one id, or an item of
            `conversations`. Default: this notebook's last conversation. A whole id may also be
            that of a conversation in ``claude.settings.session_store``.

        Raises
        ------
        ClaudeError
            If there is no such conversation. The present one stays.
        """
        await self._parts.go_to(lambda: self._parts.switcher.point(session_id))

    async def fork(self, turn: Turn | int | str | None = None) -> None:
        """Continue in a copy of the conversation, as it was after a turn.

        The original conversation and the files do not change.

        Parameters
        ----------
        turn : Turn, int or str, optional
            The copy's last turn, its number or its id. Default: the newest turn.

        Raises
        ------
        ClaudeError
            If there is no such turn. The present conversation stays.
        """
        await self._parts.go_to(lambda: self._parts.switcher.fork(turn))

    async def rename(self, title: str) -> None:
        """Give the conversation a title. Lists of conversations show it.

        Parameters
        ----------
        title : str
            One line.

        Raises
        ------
        ClaudeError
            If the conversation is empty.
        """
        self._parts.switcher.rename(title)

    def conversations(self) -> Conversations:
        """Return this folder's conversations, the newest first, for `resume`."""
        return self._parts.switcher.list()

    async def rewind(
        self,
        turn: Turn | int | str,
        *,
        files: bool = True,
        conversation: bool = True,
        dry_run: bool = False,
        include: Iterable[str | os.PathLike[str]] | None = None,
    ) -> RewindPlan:
        """Go back to the state before a turn.

        Parameters
        ----------
        turn : Turn, int or str
            The turn, its number or its id.
        files, conversation : bool
            Whether to rewind the files, and the conversation.
        dry_run : bool
            Whether to show only what would change.
        include : iterable of str or path, optional
            Files to rewind although you changed them, or may have.

        Returns
        -------
        RewindPlan
            What would change, or has changed.

        Raises
        ------
        RewindRefused
            If it is not possible, such as while a turn runs. Nothing has changed.

        Examples
        --------
        >>> await claude.rewind(2, dry_run=True)
        >>> await claude.rewind(claude.history[-1], include=["notes.md"])
        """
        self._parts.check_use()
        return await self._parts.checkpoints.rewind(
            turn, files=files, conversation=conversation, dry_run=dry_run, include=include
        )

    async def undo_rewind(self, *, dry_run: bool = False) -> RewindPlan:
        """Undo the last rewind: restore its files, and its conversation if it was rewound.

        Files that you changed after the rewind are saved first; ``plan.saved`` says where.

        Parameters
        ----------
        dry_run : bool
            Whether to show only what would change.

        Returns
        -------
        RewindPlan
            What would change, or has changed.

        Raises
        ------
        RewindRefused
            If there is no rewind to undo, or a turn is running. Nothing has changed.
        """
        self._parts.check_use()
        return await self._parts.checkpoints.undo_rewind(dry_run=dry_run)

    # --- record and replay ----------------------------------------------------------------------

    def replay(
        self,
        path: str | os.PathLike[str] | None = None,
        mode: Literal["off", "auto", "only", "record"] | None = None,
    ) -> None:
        """Answer prompts from a recording, or record them, in this session.

        A notebook's own recording is found by itself; see ``%claude replay``. This is for scripts,
        and for notebooks that a program runs without a name.

        Parameters
        ----------
        path : str or path, optional
            The notebook, the script (``__file__``) or the recording: ``"a.py"`` and ``"a.claude"``
            both mean the folder ``a.claude``. Default: what is found.
        mode : {"off", "auto", "only", "record"}, optional
            Default: what the variable ``JUPYTER_CLAUDE_REPLAY`` says, else ``"auto"``.
            ``"auto"`` replays recorded answers; where somebody can be asked, it asks and records
            new prompts. ``"only"`` never asks. ``"record"`` asks and records everything anew.

        Raises
        ------
        ValueError
            If there is no such mode.

        Examples
        --------
        >>> claude.replay(__file__, mode="record")
        """
        from ._replay.mode import HOW_TO_CHANGE, MODES, Choice, variable_mode

        if mode is not None and mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r:.60}")
        source = self._parts.replay.source
        if path is None:
            source.look_again()
        else:
            source.use(Path(path).expanduser())
        if mode is not None:
            source.set_mode(Choice(mode, f'claude.replay(mode="{mode}")', how=HOW_TO_CHANGE))
        elif variable_mode():
            self._parts.host.settings.replay = "default"
        else:
            source.set_mode(Choice("auto", "claude.replay()"))

    # --- settings -----------------------------------------------------------------------------

    async def set_model(self, name: str | None) -> None:
        """Choose the model. If Claude Code runs, this takes effect at once, also within a turn.

        Parameters
        ----------
        name : str or None
            Such as "opus". None, "" and "default" leave the choice to Claude Code.

        Raises
        ------
        ClaudeError
            If no model can have this name.
        """
        await self._parts.choices.set_model(name)

    async def set_mode(self, name: str) -> None:
        """Choose the permission mode. If Claude Code runs and can switch, it switches at once.

        Parameters
        ----------
        name : str
            Such as "plan"; ``%claude mode`` lists all. Also "bypassPermissions" takes effect
            without a question.

        Raises
        ------
        ClaudeError
            If there is no such mode, or Claude Code would refuse it here.
        """
        await self._parts.choices.set_mode(name)

    @property
    def settings(self) -> Settings:
        """The settings that ``%config ClaudeMagics`` shows."""
        return self._lazy.host.settings

    @property
    def cwd(self) -> Path:
        """The folder in which Claude works."""
        return self._parts.workspace.cwd

    # --- cost ---------------------------------------------------------------------------------

    @property
    def cost_usd(self) -> float:
        """The session's cost in US dollars, with rewound and resumed turns, and with batches."""
        return self._parts.ledger.cost_usd

    @property
    def cost(self) -> CostTable:
        """The session's costs, as a table by turn and by model, with a row for batches."""
        from ._engine.costs import cost_table

        parts = self._parts
        return cost_table(parts.ledger, parts.conversation, parts.client)

    @property
    def budget_usd(self) -> float | None:
        """The limit of the session's cost, batches included, in US dollars; None is no limit."""
        return self._parts.budget.session

    @budget_usd.setter
    def budget_usd(self, amount: float | None) -> None:
        from ._cost.budget import checked

        self._parts.budget.session = None if amount is None else checked(amount)
        self._parts.conversation.state_changed()

    # --- the panel ----------------------------------------------------------------------------

    def panel(self) -> Any:
        """Return the chat panel as a widget.

        Where nobody can be asked, as in Voilà, the widget says instead why there is no panel: each
        visitor could approve what Claude does. ``%config ClaudeMagics.widgets = "on"`` shows the
        panel all the same.
        """
        from ._views.panel import panel

        return panel(self._parts)


def _turn_bundle(turn: Turn) -> dict[str, Any]:
    from ._views.static import bundle

    return bundle(turn)


def _plan_html(plan: RewindPlan) -> str:
    from ._views.plan import html

    return html(plan)


def _cells_bundle(cells: CodeCells) -> dict[str, Any]:
    from ._views.code_cells import bundle

    return bundle(cells)


show_with("Turn", _turn_bundle)
show_with("CodeCells", _cells_bundle)
show_with("RewindPlan", _plan_html)
