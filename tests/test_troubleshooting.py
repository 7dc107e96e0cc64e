"""The page on troubles has an entry for each message, and a message for each entry."""

from __future__ import annotations

import re

import pytest

from tests.our_messages import MAKERS, ROOT, Message, all_messages, fits, made_in

PAGE = ROOT / "docs/troubleshooting.md"
pytestmark = pytest.mark.pure


def entries() -> list[str]:
    """Return the messages on the page: lines of bold code."""
    return re.findall(r"^\*\*`(.+)`\*\*\\?$", PAGE.read_text("utf-8"), re.MULTILINE)


def test_each_message_has_an_entry() -> None:
    """Else a user who searches the page for a message finds nothing."""
    known = entries()
    missing = [
        f"{message.place}: {message.text}"
        for message in all_messages()
        if not any(fits(entry, _searchable(message)) for entry in known)
    ]
    assert not missing, "add to docs/troubleshooting.md:\n" + "\n".join(missing)


def test_each_entry_has_a_message() -> None:
    """Else the page explains what nobody sees any more."""
    messages = all_messages()
    left = [
        entry
        for entry in entries()
        if not any(fits(entry, _searchable(message)) for message in messages)
    ]
    assert left == []


def test_an_entry_has_words_of_its_own() -> None:
    """Else an entry such as "…: …" stands for messages that it does not explain."""
    vague = [entry for entry in entries() if len(re.findall(r"[^\W\d_]{2,}", entry)) < 2]
    assert vague == []


def test_no_entry_stands_twice() -> None:
    """Else two places explain one message, and one of them becomes wrong."""
    known = entries()
    assert sorted(known) == sorted(set(known))


def test_messages_are_found_where_they_are_made() -> None:
    """Else a new message passes without an entry."""
    source = """
WHY = "for a good reason"
def _words(count): return "one file is open" if count == 1 else f"{count} files are open"
class Thing:
    def act(self, turn, one):
        what = "could not be read" if one else "could not be written"
        if one:
            raise ClaudeError(f"The file {one} {what} ({WHY})")
        turn.notice("id", "It did not work " + self.name, "warning")
        print(f"error: {_words(2)}", file=sys.stderr)
        yield Problem(NAME, "The {} is not there".format(one), "look for it")
        raise ValueError("Of a programmer's arguments we say nothing here")
"""
    assert sorted(message.text for message in made_in({"a.py": source})) == [
        "It did not work …",
        "The file … could not be read (for a good reason)",
        "The file … could not be written (for a good reason)",
        "The … is not there",
        "error: one file is open",
        "error: … files are open",
    ]


def test_every_error_that_users_see_is_looked_for() -> None:
    """Else the messages of a new kind of error need no entry."""
    import jupyter_claude

    kinds = [getattr(jupyter_claude, name) for name in jupyter_claude.__all__]
    errors = {one.__name__ for one in kinds if isinstance(one, type) and issubclass(one, Exception)}
    assert errors <= set(MAKERS)


def _searchable(message: Message) -> str:
    return message.text.replace("`", "")  # a page shows code in a message without its marks
