"""`RecordingModel`: passes requests on to a real model, and notes what it says."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._base.files import whole_file
from .._base.secrets import named_secrets, redacted
from .._recording.form import RecordingError
from ._conversation import calls_since, user_texts
from ._environment import led_to
from ._heard import Heard
from ._places import Places, stated_folder
from ._proxy import ProxyServer, checked_upstream
from ._recording import script_text
from ._replay import Replay, SpokenTurn, canonical, is_subagent, small_reply
from ._requests import KEPT_BYTES, KEPT_REQUESTS, InWith, RequestLog
from ._script import ReplyFunction

#: The address of Anthropic's API.
ANTHROPIC = "https://api.anthropic.com"
_PATIENCE = 2  # seconds


class RecordingModel(InWith):
    """A proxy on loopback: the real model answers, and its words become a script.

    ``ScriptedModel.record(…)`` makes it.

    Examples
    --------
    >>> with ScriptedModel.record() as model:  # doctest: +SKIP
    ...     options = ClaudeAgentOptions(env=model.env, allowed_tools=["Bash"])
    ...     async for message in query(prompt="Sum it up", options=options):
    ...         print(message)
    ...     model.save("sum.json")
    >>> recording = Recording("sum.json")  # doctest: +SKIP

    Notes
    -----
    Prompts, words, tool calls and their results are noted. So are errors of the API, streams that
    broke, and answers that the user interrupted. What Claude Code asks for itself, such as a title,
    is passed on and not noted.

    **Keys.** The CLI uses its own sign-in. Its key is passed on, and is nowhere in `requests`,
    `request_headers` or a saved script. The values of the request's secret headers, and of
    environment variables whose names are those of secrets (key, token, password, …), become
    ``[hidden]`` in each noted text. Other secrets are not known: read a script before you share it.

    **Access.** The server listens only on 127.0.0.1, refuses web pages, and answers only calls of
    its address, which has a key. The key is new at each start.
    """

    def __init__(self, upstream: str = ANTHROPIC, *, folder: str | Path | None = None) -> None:
        self._upstream = checked_upstream(upstream)
        self._folder = None if folder is None else Path(folder).absolute()
        self._server: ProxyServer | None = None
        self._log = RequestLog(KEPT_REQUESTS, KEPT_BYTES)
        self._noted = _Noted(self._log, self._folder)

    def __repr__(self) -> str:
        return f"<RecordingModel of {self._upstream.netloc}>"

    def start(self) -> RecordingModel:
        """Start the server, on a free port of 127.0.0.1. Starting twice is harmless.

        Returns
        -------
        RecordingModel
            The model itself.
        """
        if self._server is None:
            self._server = ProxyServer(self._upstream, self._noted)
        return self

    def close(self) -> None:
        """Stop the server, and end every open stream and thread. Closing twice is harmless.

        What was noted stays.
        """
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    @property
    def url(self) -> str:
        """The address for the CLI, with the server's key.

        Raises
        ------
        RuntimeError
            If the model is not running.
        """
        if self._server is None:
            raise RuntimeError(
                "The recording model is not running: use it in a with block, or call start()."
            )
        return self._server.address

    @property
    def env(self) -> dict[str, str]:
        """Environment variables that make the CLI call this model with its own sign-in.

        Give them to ``ClaudeAgentOptions(env=…)``. A settings file can set another address; then
        nothing is recorded. ``setting_sources=[]`` leaves these files out.

        Raises
        ------
        RuntimeError
            If the model is not running.
        """
        return led_to(self.url)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The bodies of the latest calls of ``/v1/messages``, oldest first, without known keys."""
        return self._log.bodies

    @property
    def request_headers(self) -> list[dict[str, str]]:
        """The headers of these calls: names in lower case, without keys and tokens."""
        return self._log.headers

    def wait_for_requests(self, count: int, timeout: float = 30.0) -> None:
        """Wait, blocking, until the model has been called `count` times.

        Parameters
        ----------
        count : int
            Calls of ``/v1/messages`` since the start.
        timeout : float, default 30.0
            Seconds to wait.

        Raises
        ------
        TimeoutError
            If there are fewer calls in that time.
        """
        self._log.wait(count, timeout)

    @property
    def script(self) -> ReplyFunction:
        """What was noted so far, as `ScriptedModel` takes it."""
        return Replay(self._noted.turns(), self._folder).reply

    def save(self, path: str | Path) -> None:
        """Write what was noted so far into a file, which `Recording` reads.

        Parameters
        ----------
        path : str or Path
            The file, such as ``session.json``. An old one is replaced.

        Raises
        ------
        RecordingError
            If nothing was noted, or the file cannot be written.
        """
        turns = self._noted.turns()
        if not turns:
            raise RecordingError(
                "Nothing was recorded: start the CLI with the model's env, and ask it something"
            )
        data = script_text(turns).encode("utf-8", "replace")
        try:
            with whole_file(Path(path), private=False) as file:
                file.write(data)
        except OSError as error:
            raise RecordingError(f"{path} cannot be written: {error.strerror}") from error


class _Noted:
    """The turns that were noted so far. The server's threads write them."""

    def __init__(self, log: RequestLog, folder: Path | None) -> None:
        self._log = log
        self._folder = folder
        self._lock = threading.Condition()
        self._open = 0  # requests that may still be answered
        self._turns: dict[tuple[bool, tuple[str, ...]], SpokenTurn] = {}
        self._failures: dict[tuple[int, int], list[dict[str, Any]]] = {}

    def turns(self) -> list[SpokenTurn]:
        """Return the turns that have a reply."""
        with self._lock:
            # A session that has just ended may have left an answer, which a thread still notes.
            self._lock.wait_for(lambda: not self._open, _PATIENCE)
            return [
                SpokenTurn(
                    turn.prompt,
                    self._answered_before(turn),
                    [list(reply) for reply in turn.replies],
                    [list(results) for results in turn.results],
                    subagent=turn.subagent,
                )
                for turn in self._turns.values()
                if turn.replies
            ]

    def _answered_before(self, turn: SpokenTurn) -> tuple[str, ...]:
        """Return the prompts before a turn that got a reply: only these are in the script."""
        return tuple(
            prompt
            for at, prompt in enumerate(turn.before, 1)
            if (one := self._turns.get((turn.subagent, turn.before[:at]))) and one.replies
        )

    def asked(
        self, body: dict[str, Any], size: int, headers: Mapping[str, str], hidden: set[str]
    ) -> _Exchange | None:
        """Note a request; return what takes its answer, None if it is not to be noted."""
        hidden = hidden | named_secrets(os.environ)
        folder = self._folder or stated_folder(body) or Path.cwd()
        body = _scrubbed(body, hidden)
        self._log.add(body, size, headers)
        places = Places(folder)
        texts = [(start, canonical(text, places)) for start, text in user_texts(body)]
        if not texts or small_reply(body, texts[-1][1]) is not None:
            return None
        start, prompt = texts[-1]
        subagent = is_subagent(body)
        calls = calls_since(body, start)
        with self._lock:
            known = {turn.prompt for turn in self._turns.values()}
            before = tuple(text for _, text in texts[:-1] if text in known)
            turn = self._turns.setdefault(
                (subagent, (*before, prompt)), SpokenTurn(prompt, before, subagent=subagent)
            )
            if len(calls) > len(turn.replies):
                return None  # the turn began before the recording
            if calls and any(calls[-1]):
                del turn.results[len(calls) - 1 :]
                turn.results += [[] for _ in range(len(calls) - 1 - len(turn.results))]
                turn.results.append([_text(result, places) for _, result in calls[-1]])
            self._open += 1
        return _Exchange(self, turn, len(calls), places, hidden)

    def ended(self) -> None:
        """Note that a request is over."""
        with self._lock:
            self._open -= 1
            self._lock.notify_all()

    def answered(self, turn: SpokenTurn, number: int, steps: list[dict[str, Any]]) -> None:
        """Note a whole reply."""
        with self._lock:
            failures = self._failures.pop((id(turn), number), [])
            del turn.replies[number:], turn.results[number:]
            again = [{**failures[-1], "times": len(failures)}] if failures else []
            turn.replies.append(again + steps)

    def failed(
        self, turn: SpokenTurn, number: int, steps: list[dict[str, Any]], end: dict[str, Any]
    ) -> None:
        """Note a reply that broke. If the CLI asks again, the next answer takes its place."""
        with self._lock:
            if "hang" not in end:  # who left did not see it fail
                self._failures.setdefault((id(turn), number), []).append(end)
            del turn.replies[number:], turn.results[number:]
            turn.replies.append([*steps, end])


class _Exchange:
    """Notes what comes of one request."""

    def __init__(
        self, noted: _Noted, turn: SpokenTurn, number: int, places: Places, hidden: set[str]
    ) -> None:
        self._noted, self._turn, self._number = noted, turn, number
        self._places, self._hidden = places, hidden

    def answered(self, heard: Heard, *, left: bool) -> None:
        steps = self._clean(heard.steps())
        if heard.whole:
            self._noted.answered(self._turn, self._number, steps)
        elif heard.failed is not None:
            self._noted.failed(self._turn, self._number, steps, self._clean(heard.failed))
        else:
            end = {"hang": True} if left else {"drop": True}
            self._noted.failed(self._turn, self._number, steps, end)

    def ended(self) -> None:
        self._noted.ended()

    def _clean(self, value: Any) -> Any:
        return self._places.hidden(_scrubbed(value, self._hidden))


def _text(result: str | None, places: Places) -> str | None:
    return None if result is None else canonical(result, places)


def _scrubbed(value: Any, hidden: set[str]) -> Any:
    if isinstance(value, str):
        return redacted(value, hidden)
    if isinstance(value, dict):
        return {key: _scrubbed(one, hidden) for key, one in value.items()}
    if isinstance(value, list):
        return [_scrubbed(one, hidden) for one in value]
    return value
