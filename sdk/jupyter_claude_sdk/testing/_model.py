"""A scripted Messages API on loopback."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._environment import led_to
from ._recorder import ANTHROPIC, RecordingModel
from ._requests import KEPT_BYTES, KEPT_REQUESTS, InWith, RequestLog
from ._script import Found, Script, check_script, find_reply
from ._server import Server

#: Variables with a sign-in. The model has a key of its own.
_SIGN_INS = (
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_CUSTOM_HEADERS",
    "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR",
    "CLAUDE_CODE_OAUTH_REFRESH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR",
)


class ScriptedModel(InWith):
    """A Messages API on loopback that answers the real CLI from a script.

    Everything but the model's words is real: tools run, Claude Code asks for permission, files
    change, errors are retried, a turn can be interrupted. It needs no account and no network.

    Parameters
    ----------
    script : list of dict, or callable, default ()
        What the model says; see Notes. Without a script the model repeats each prompt.
    keep_requests : int, default 1000
        How many requests `requests` and `request_headers` have at most. The oldest are dropped.
    keep_bytes : int, default 256 MiB
        How many bytes their bodies may have together. The latest request is always kept.

    Raises
    ------
    ScriptError
        If the script is invalid. One line says which rule, reply and step, and why.
    ValueError
        If `keep_requests` or `keep_bytes` is less than 1.

    Examples
    --------
    >>> script = [
    ...     {
    ...         "when": "list the files",
    ...         "replies": [
    ...             [{"text": "I'll look."}, {"tool": "Bash", "input": {"command": "ls"}}],
    ...             [{"text": "There is nothing here."}],
    ...         ],
    ...     },
    ... ]
    >>> with ScriptedModel(script) as model:  # doctest: +SKIP
    ...     options = ClaudeAgentOptions(env=model.env, allowed_tools=["Bash"])
    ...     async for message in query(prompt="Please list the files", options=options):
    ...         print(message)

    ``with``, ``async with`` and `start` / `close` do the same. The model runs in its own threads.
    So it works with any event loop, and also while a notebook cell blocks the kernel.

    Notes
    -----
    **A script** is a list of rules. The first rule that fits a prompt answers it. If no rule fits,
    the model repeats the prompt ("You said: …").

    ==============  ================================================================================
    rule key        meaning
    ==============  ================================================================================
    when            A text in the prompt, or ``{"regex": PATTERN}``. Without it: any prompt.
    when_earlier    The same for earlier texts of the conversation, by user or model.
    replies         A list of replies, or a function (see below). Reply 1 answers the prompt. If it
                    calls a tool, reply 2 answers the tool's result, and so on. If a reply is cut
                    off, the next one continues it. After the last reply the model says "(end of
                    script)".
    ==============  ================================================================================

    The prompt is the last text that the user wrote, without the ``<system-reminder>`` notes that
    the CLI adds. If a Stop hook keeps Claude at work, its reason is the next prompt. The model
    finds the next reply from each request alone. So resumed, forked and rewound conversations work,
    and a rule answers its prompt each time.

    **A reply** is a list of steps:

    ===========================  ===================================================================
    step                         meaning
    ===========================  ===================================================================
    ``{"text": "…"}``            Says something. ``"chunk"``: characters in each delta (24);
                                 ``"every"``: seconds between deltas (0).
    ``{"thinking": "…"}``        Thinks. Takes ``chunk`` and ``every`` too.
    ``{"tool": NAME,``           Calls a tool. Several calls in a reply are parallel. ``"id"``: the
    ``"input": {…}}``            tool_use_id (default: a new one). Takes ``chunk``, ``every`` too.
    ``{"delay": SECONDS}``       Waits before the next step.
    ``{"error": STATUS}``        Fails with that HTTP status (after text: an error in the stream).
                                 ``"message"``: the error's text. ``"times"``: how often to fail
                                 before the next step (default: always). ``"retry_after"``: seconds
                                 in the header. ``"headers"``: more headers. The CLI retries 429 and
                                 5xx itself, up to CLAUDE_CODE_MAX_RETRIES times.
    ``{"hang": True}``           Keeps the stream open and silent, until the client disconnects or
                                 the model is closed.
    ``{"drop": True}``           Closes the connection. Takes ``times`` too.
    ``{"stop_reason": "…"}``     Sets the stop reason, such as ``"max_tokens"`` or ``"refusal"``.
    ``{"usage": {…}}``           Sets the usage of this call: ``input_tokens``,
                                 ``cache_read_input_tokens``, ``cache_creation_input_tokens``,
                                 ``output_tokens``. By default the numbers are plausible.
    ===========================  ===================================================================

    **A function** can replace the whole script, the replies of a rule, or one reply. It gets the
    body of the request (a dict, as the API documents it) and returns a reply, or None to repeat the
    prompt. `last_prompt`, `call_number`, `tool_results` and `earlier_texts` read the body. The
    function runs in a thread of the model.

    The CLI also sends small requests outside the conversation, for example for a title of the
    session. The model answers them like all others, by their prompt.

    **Access.** The server listens only on 127.0.0.1, and answers only calls that have its key. The
    key is new at each start; `env` has it as ``ANTHROPIC_API_KEY``. To simulate a subscription,
    give it to the CLI as ``CLAUDE_CODE_OAUTH_TOKEN``. The server refuses web pages and calls by
    another host name.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        keep_requests: int = KEPT_REQUESTS,
        keep_bytes: int = KEPT_BYTES,
    ) -> None:
        check_script(script)
        self._script = script
        self._server: Server | None = None
        self._log = RequestLog(keep_requests, keep_bytes)
        self._lock = threading.Lock()
        self._failures: Counter[tuple[object, ...]] = Counter()

    @staticmethod
    def record(upstream: str = ANTHROPIC, *, folder: str | Path | None = None) -> RecordingModel:
        """Return a model that passes requests on to a real one, and notes what it says.

        Parameters
        ----------
        upstream : str, default "https://api.anthropic.com"
            The address of the real API.
        folder : str or Path, optional
            The folder that the session works in. By default Claude Code tells it.

        Returns
        -------
        RecordingModel
            The model. It is not started yet.

        Raises
        ------
        ValueError
            If `upstream` is no address of a server, or has a user or a password.
        """
        return RecordingModel(upstream, folder=folder)

    def start(self) -> ScriptedModel:
        """Start the server, on a free port of 127.0.0.1. Starting twice is harmless.

        Returns
        -------
        ScriptedModel
            The model itself.
        """
        if self._server is None:
            self._server = Server(self)
        return self

    def close(self) -> None:
        """Stop the server, and end every open stream and thread. Closing twice is harmless."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    @property
    def script(self) -> Script:
        """The script. You may replace it while the model runs."""
        return self._script

    @script.setter
    def script(self, script: Script) -> None:
        check_script(script)
        self._script = script

    @property
    def url(self) -> str:
        """The address, such as ``http://127.0.0.1:40123``.

        Raises
        ------
        RuntimeError
            If the model is not running.
        """
        return self._running().url

    def _running(self) -> Server:
        if self._server is None:
            raise RuntimeError(
                "The scripted model is not running: use it in a with block, or call start()."
            )
        return self._server

    @property
    def env(self) -> dict[str, str]:
        """Environment variables that make the CLI call only this model.

        Give them to ``ClaudeAgentOptions(env=…)``. They have the model's key, hide a sign-in in the
        environment from the CLI, and keep the calls away from a proxy. No settings file, of the
        user or of the folder, can set another address, key, header or helper for the API. But a
        settings file can run programs, such as a hook or an MCP server. ``setting_sources=[]``
        leaves these files out.

        Raises
        ------
        RuntimeError
            If the model is not running.
        """
        server = self._running()
        return {
            **led_to(server.url),
            **dict.fromkeys(_SIGN_INS, ""),
            "ANTHROPIC_API_KEY": server.key,
            # Else the settings of a folder, or of the user, could set another address and key.
            "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1",
        }

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The bodies of the latest calls of ``/v1/messages``, oldest first."""
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

    # The server calls these (`_server.Model`) from its threads.

    def _record(self, body: dict[str, Any], size: int, headers: Mapping[str, str]) -> None:
        self._log.add(body, size, headers)

    def _find(self, body: Mapping[str, Any]) -> Found:
        return find_reply(self._script, body)

    def _fails(self, key: tuple[object, ...], times: int | None) -> bool:
        """Return whether a step that fails `times` times (None: always) fails now."""
        if times is None:
            return True
        with self._lock:
            if self._failures[key] < times:
                self._failures[key] += 1
                return True
            # The step succeeds. If the conversation is repeated, the same call fails again.
            del self._failures[key]
            return False
