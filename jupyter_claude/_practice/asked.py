"""`Asked`: a request to the model, as the scripts read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.testing import call_number, earlier_texts, last_prompt

#: How a result begins, or what it contains, if the user did not allow the call.
_DENIED = re.compile(
    r"(?i)^\s*(the )?user (denied|said no|declined|does ?n.t want)|^denied: nobody can be asked"
    r"|^\s*the user wants you to keep planning"
    r"|did not answer|user does ?n.t want to (proceed|take this action)"
)
_REASON = re.compile(
    r"(?s)tells you what to do instead: (.+)|the user said:?\s+(.+)"
    r"|keep planning\..*? They say: (.+)"
)
_TAGS = re.compile(r"</?tool_use_error>")  # the CLI marks its own errors so
_FOLDER = re.compile(r"[Ww]orking directory: ([^\n]+)")


@dataclass(frozen=True)
class Call:
    """A call of a tool, with its result.

    Attributes
    ----------
    name : str
        The tool.
    given : Mapping
        The input.
    text : str
        The result.
    is_error : bool
        Whether it failed or was denied.
    pictures : tuple of str
        The data of pictures in the result, in base64.
    """

    name: str
    given: Mapping[str, Any]
    text: str
    is_error: bool
    pictures: tuple[str, ...] = ()

    @property
    def denied(self) -> bool:
        """Whether the user, or a rule, did not allow it."""
        return self.is_error and _DENIED.search(self.text) is not None

    @property
    def reason(self) -> str:
        """What the user wrote to be done instead; "" for nothing."""
        found = _REASON.search(self.text) if self.denied else None
        return " ".join((found[found.lastindex or 0]).split()) if found else ""


class Asked:
    """A request, and how far the answer to its prompt has come.

    Parameters
    ----------
    body : Mapping
        The request's body.
    folder : Path, optional
        The working folder. Each request usually names it too.
    """

    def __init__(self, body: Mapping[str, Any], folder: Path | None = None) -> None:
        self._body = body
        self._folder = folder
        self.prompt = last_prompt(body)
        self.number = call_number(body)

    @property
    def tools(self) -> dict[str, Mapping[str, Any]]:
        """The tools that the model may call, with the forms of their inputs."""
        tools = self._body.get("tools")
        return {
            str(tool.get("name")): tool.get("input_schema") or {}
            for tool in (tools if isinstance(tools, list) else ())
            if isinstance(tool, Mapping)
        }

    @property
    def begins(self) -> bool:
        """Whether the conversation begins with this request."""
        return not any(message.get("role") == "assistant" for message in self._messages())

    @property
    def first_prompt(self) -> str:
        """What the user wrote first in the conversation."""
        users = (message for message in self._messages() if message.get("role") == "user")
        texts = [text for text in _texts(next(users, {})) if "<system-reminder>" not in text]
        return texts[-1] if texts else self.prompt

    @property
    def calls(self) -> list[Call]:
        """The calls since the prompt, in order. A call without a result is not among them."""
        results = {}
        made = []
        for block in _blocks(self._since_prompt()):
            if block.get("type") == "tool_use":
                made.append(block)
            elif block.get("type") == "tool_result":
                results[block.get("tool_use_id")] = block
        return [
            Call(
                str(block.get("name")),
                block.get("input") or {},
                _TAGS.sub("", "\n".join(_texts(results[block["id"]]))),
                bool(results[block["id"]].get("is_error")),
                tuple(_pictures(results[block["id"]])),
            )
            for block in made
            if block.get("id") in results
        ]

    @property
    def last(self) -> Call | None:
        """The last call, if there is one."""
        calls = self.calls
        return calls[-1] if calls else None

    @property
    def failed(self) -> bool:
        """Whether the last call was denied or failed."""
        last = self.last
        return last is None or last.is_error

    @property
    def newest(self) -> str:
        """The text of the newest message, also that of the CLI itself."""
        messages = [m for m in self._messages() if m.get("role") == "user"]
        return "\n".join(_texts(messages[-1])) if messages else ""

    @property
    def has_new_results(self) -> bool:
        """Whether the newest message has results of calls."""
        messages = self._messages()
        return bool(messages) and any(
            block.get("type") == "tool_result" for block in _blocks(messages[-1:])
        )

    @property
    def earlier(self) -> list[str]:
        """What was said before the prompt."""
        return earlier_texts(self._body)

    @property
    def cwd(self) -> Path:
        """The working folder."""
        said = _FOLDER.search("\n".join(self._notes()))
        return Path(said[1].strip()) if said else self._folder or Path.cwd()

    def called(self, tool: str) -> Call | None:
        """Return the last call of a tool since the prompt, if there is one."""
        found = [one for one in self.calls if one.name == tool]
        return found[-1] if found else None

    def newest_match(self, pattern: str) -> re.Match[str] | None:
        """Return the newest place in what the user sent, or tools returned, that fits a pattern."""
        found = list(re.finditer(pattern, self.newest_text(pattern)))
        return found[-1] if found else None

    def newest_text(self, pattern: str) -> str:
        """Return the newest text of this kind that a pattern is in; "" without one."""
        users = [m for m in self._messages() if m.get("role") == "user"]
        texts = (text for message in reversed(users) for text in reversed([*_everything(message)]))
        return next((text for text in texts if re.search(pattern, text)), "")

    def noted(self, pattern: str) -> re.Match[str] | None:
        """Return the newest place in the CLI's own notes that fits a pattern."""
        found = list(re.finditer(pattern, "\n".join(self._notes())))
        return found[-1] if found else None

    @property
    def transcript(self) -> str:
        """All texts of the conversation in order, also results and the CLI's notes."""
        return "\n".join(text for message in self._messages() for text in _everything(message))

    def attached_pictures(self) -> list[str]:
        """Return the data of the pictures that came with the prompt, in base64."""
        messages = self._messages()
        since = len(self._since_prompt())
        prompts = messages[: len(messages) - since]
        return list(_pictures(prompts[-1])) if prompts else []

    def words(self) -> set[str]:
        """Return the names in what the user sent, and in what tools returned."""
        return set(re.findall(r"[A-Za-z_]\w{2,}", self.transcript))

    def after_notice(self) -> Asked.Notice | None:
        """Return the newest notice of a task's end, if this request answers to it."""
        since = self._since_prompt()
        places = [
            place
            for place, message in enumerate(since)
            if message.get("role") == "user"
            and "<task-notification>" in "\n".join(_texts(message))
            and not any(block.get("type") == "tool_result" for block in _blocks([message]))
        ]
        if not places:
            return None
        after = since[places[-1] + 1 :]
        results = [block for block in _blocks(after) if block.get("type") == "tool_result"]
        text = "\n".join(_texts(since[places[-1]]))
        read = "\n".join(_texts(results[-1])) if results else None
        return Asked.Notice(text, read, bool(results and results[-1].get("is_error")))

    @dataclass(frozen=True)
    class Notice:
        """A notice of the CLI, and the result of the call that followed it."""

        text: str
        read: str | None
        is_error: bool

    def _messages(self) -> list[Mapping[str, Any]]:
        messages = self._body.get("messages")
        return [m for m in messages if isinstance(m, Mapping)] if isinstance(messages, list) else []

    def _since_prompt(self) -> list[Mapping[str, Any]]:
        """Return the messages after the prompt."""
        messages, left = self._messages(), self.number
        for place in range(len(messages) - 1, -1, -1):
            if left == 0:
                return messages[place + 1 :]
            left -= messages[place].get("role") == "assistant"
        return messages

    def _notes(self) -> list[str]:
        """Return the CLI's own texts for the model: the system prompt and its notes."""
        system = self._body.get("system")
        found = list(_texts({"content": system}))
        for message in self._messages():
            if message.get("role") == "system":
                found += _texts(message)
            elif message.get("role") == "user":
                found += [text for text in _texts(message) if "<system-reminder>" in text]
        return found


def _blocks(messages: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for message in messages:
        content = message.get("content")
        if isinstance(content, list):
            yield from (block for block in content if isinstance(block, Mapping))


def _texts(block: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a message, or of a tool's result."""
    content = block.get("content")
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, Mapping) and part.get("type") == "text":
                yield str(part.get("text", ""))


def _everything(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a message, and of the results in it."""
    yield from _texts(message)
    for block in _blocks([message]):
        if block.get("type") == "tool_result":
            yield from _texts(block)


def _pictures(block: Mapping[str, Any]) -> Iterator[str]:
    content = block.get("content")
    for part in content if isinstance(content, list) else ():
        if isinstance(part, Mapping) and part.get("type") == "image":
            source = part.get("source")
            if isinstance(source, Mapping) and source.get("data"):
                yield str(source["data"])
