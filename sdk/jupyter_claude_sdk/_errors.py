"""The tree of errors.

::

    ClaudeSDKError
    ├── CLIConnectionError          not connected, or the connection failed or ended
    │   ├── CLINotFoundError        there is no Claude Code CLI
    │   └── CLIVersionError         the CLI is too old
    ├── ProcessError                the CLI's process ended with an error
    │   └── ResultError             … after a turn that failed; it says why
    ├── StructuredOutputError       a turn succeeded without the data of ``output_format``
    ├── CLIJSONDecodeError          a line of the CLI's output is not JSON
    └── ControlRequestError         the CLI refused a request, or did not answer it

Each message is one line that says what is wrong and what to do. It has the end of what the CLI
wrote to stderr, if it wrote anything; a `ProcessError` has more of it in ``stderr``.

Source: the documented Python reference of the Agent SDK; `CLIVersionError`,
`ControlRequestError`, `ResultError` and `StructuredOutputError` go beyond it.
"""

from __future__ import annotations

import copyreg
from typing import Any

__all__ = [
    "CLIConnectionError",
    "CLIJSONDecodeError",
    "CLINotFoundError",
    "CLIVersionError",
    "ClaudeSDKError",
    "ControlRequestError",
    "ProcessError",
    "ResultError",
    "StructuredOutputError",
]


class ClaudeSDKError(Exception):
    """Base of every error that this SDK raises."""

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)


class CLIConnectionError(ClaudeSDKError):
    """The client is not connected, or its connection to the CLI failed or ended."""


class CLINotFoundError(CLIConnectionError):
    """The Claude Code CLI was not found.

    Parameters
    ----------
    message : str, default "Claude Code not found"
        One line that says what to do.
    cli_path : str, optional
        The path that a user gave; the message ends with it.
    """

    def __init__(self, message: str = "Claude Code not found", cli_path: str | None = None) -> None:
        self.cli_path = cli_path
        super().__init__(f"{message}: {cli_path}" if cli_path else message)


class CLIVersionError(CLIConnectionError):
    """The CLI is too old for this SDK."""


class ProcessError(ClaudeSDKError):
    """The CLI's process ended with an error.

    Parameters
    ----------
    message : str
        What happened.
    exit_code : int, optional
        The process's exit code; negative if a signal ended it.
    stderr : str, optional
        The end of what it wrote to stderr.
    """

    def __init__(
        self, message: str, exit_code: int | None = None, stderr: str | None = None
    ) -> None:
        self.exit_code = exit_code
        self.stderr = stderr
        text = message
        if exit_code is not None:
            text += f" (exit code {exit_code})"
        super().__init__(text + stderr_suffix(stderr))


class ResultError(ProcessError):
    """The CLI's process ended with an error after a turn that failed.

    So you can tell it from a crash. The attributes are those of the failed result.

    Parameters
    ----------
    message : str
        What happened.
    data : dict, optional
        The failed result's line. The attributes ``subtype``, ``errors``, ``result``,
        ``api_error_status``, ``terminal_reason`` and ``session_id`` come from it.
    exit_code : int, optional
        The process's exit code.
    stderr : str, optional
        The end of what it wrote to stderr.
    """

    def __init__(
        self,
        message: str,
        data: dict[str, Any] | None = None,
        exit_code: int | None = None,
        stderr: str | None = None,
    ) -> None:
        self.data: dict[str, Any] = data or {}
        self.subtype: str | None = self.data.get("subtype")
        self.errors: list[str] = _texts(self.data.get("errors"))
        self.result: str | None = self.data.get("result")
        self.api_error_status: int | None = self.data.get("api_error_status")
        self.terminal_reason: str | None = self.data.get("terminal_reason")
        self.session_id: str | None = self.data.get("session_id")
        super().__init__(message, exit_code, stderr)

    @classmethod
    def _after(cls, data: dict[str, Any], cause: ProcessError) -> ResultError:
        """Make the error of the failed result's line and of the process's error."""
        why = "; ".join(_texts(data.get("errors"))) or data.get("result") or data.get("subtype")
        message = f"The CLI ended after a turn that failed ({_one_line(str(why), 200)})"
        if "/login" in str(why):  # a command of Claude Code, which a program does not have
            message += "; run `jupyter-claude login` in a terminal, or set ANTHROPIC_API_KEY"
        return cls(message, data, cause.exit_code, cause.stderr)


class StructuredOutputError(ClaudeSDKError):
    """A turn succeeded, but has not the data that the option ``output_format`` asks for.

    Either the model answered in text again and again, or the CLI cannot use the schema, and so
    never asked the model for the data.

    Parameters
    ----------
    message : str
        What happened.
    data : dict, optional
        The result's line. The attributes ``result``, the model's text, and ``session_id`` come from
        it.
    """

    def __init__(self, message: str, data: dict[str, Any] | None = None) -> None:
        self.data: dict[str, Any] = data or {}
        self.result: str | None = self.data.get("result")
        self.session_id: str | None = self.data.get("session_id")
        super().__init__(message)

    @classmethod
    def _of(cls, data: dict[str, Any]) -> StructuredOutputError:
        """Make the error of the result's line."""
        text = _one_line(str(data.get("result") or ""), 200)
        return cls(
            f"Claude answered in text and gave no data for output_format ({text}); ask again. If "
            "that happens each time, the schema may have a keyword that the CLI does not know",
            data,
        )


class CLIJSONDecodeError(ClaudeSDKError):
    """A line of the CLI's output is not JSON.

    Parameters
    ----------
    line : str
        The line.
    original_error : Exception
        The decoder's error.
    """

    def __init__(self, line: str, original_error: Exception) -> None:
        self.line = line
        self.original_error = original_error
        super().__init__(
            f"A line from the CLI is not JSON ({original_error}): {line[:100]}"
            + ("…" if len(line) > 100 else "")
        )


class ControlRequestError(ClaudeSDKError):
    """The CLI refused a control request, or did not answer it in time.

    Parameters
    ----------
    subtype : str
        The request's name, for example ``"set_model"``.
    message : str
        The CLI's reason; also in ``reason``.
    code : str, optional
        The CLI's error code, if it gave one.
    """

    def __init__(self, subtype: str, message: str, code: str | None = None) -> None:
        self.subtype = subtype
        self.reason = message
        self.code = code
        super().__init__(f"{subtype}: {message}")


def reduced(error: BaseException) -> tuple[Any, ...]:
    """Return `error` in the form that pickle and copy need, for any arguments of ``__init__``.

    By default pickle calls the class with only the message. That fails for these classes, and a
    process pool would lose the error.
    """
    return copyreg.__newobj__, (type(error), *error.args), error.__dict__  # type: ignore[attr-defined]


def stderr_suffix(stderr: str | None, limit: int = 400) -> str:
    """Return the end of what the CLI wrote to stderr, as a suffix for an error; "" if nothing."""
    line = " | ".join(part.strip() for part in (stderr or "").splitlines() if part.strip())
    if not line:
        return ""
    return "; it said: " + (line if len(line) <= limit else "…" + line[-limit:])


def _texts(errors: Any) -> list[str]:
    """Return the texts of a result's ``errors``, whatever their form."""
    several = errors if isinstance(errors, (list, tuple)) else [errors]
    texts = [error.strip() for error in several if isinstance(error, str)]
    return [text for text in texts if text]


def _one_line(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
