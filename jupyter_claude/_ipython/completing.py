"""`MentionCompleter`: Tab after ``@`` in a ``%%claude`` cell offers what the prompt can name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .cells import is_prompt

if TYPE_CHECKING:
    from .._looking.mentions import Mentions


class MentionCompleter:
    """A matcher of IPython's completer, which kernels and terminals both ask.

    Parameters
    ----------
    shell : InteractiveShell
        The shell.
    mentions : callable
        Returns what knows the names; None if Claude may not look into this kernel.
    """

    # What IPython's second interface of matchers reads.
    matcher_api_version = 2
    matcher_priority = 1_000.0  # before Jedi, which would read the prompt as Python
    matcher_identifier = "jupyter_claude.mentions"

    def __init__(self, shell: Any, mentions: Callable[[], Mentions | None]) -> None:
        self._shell = shell
        self._mentions = mentions
        self.__qualname__ = self.matcher_identifier  # IPython's name for a function

    def start(self) -> None:
        """Begin to complete."""
        matchers = self._shell.Completer.custom_matchers
        if self not in matchers:
            matchers.append(self)

    def stop(self) -> None:
        """Stop."""
        matchers = self._shell.Completer.custom_matchers
        if self in matchers:
            matchers.remove(self)

    def __call__(self, context: Any) -> dict[str, Any]:
        """Return the completions at the cursor, in IPython's form."""
        text = context.full_text
        if "@" not in text or not is_prompt(text):
            return {"completions": []}
        from .._looking.completion import complete  # lazy: loading need not wait for it

        lines = text.split("\n")[: context.cursor_line]
        cursor = sum(len(line) + 1 for line in lines) + context.cursor_position
        mentions = self._mentions()
        found = complete(mentions, text, cursor) if mentions is not None else []
        if not found:
            return {"completions": []}
        from IPython.core.completer import SimpleCompletion

        return {
            "completions": [SimpleCompletion(text=one.text[1:], type=one.kind) for one in found],
            "matched_fragment": text[found[0].start + 1 : cursor],  # what comes after the @
            "ordered": True,
            "suppress": True,
        }
