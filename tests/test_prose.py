"""The rules for the documentation's words, and its links to files."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import links
from scripts.prose import passages_of, remarks_on


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("word " * 31, ["31 words in one sentence"]),
        ("The call is denied by a rule.", ["say who does it"]),
        ("It is very quick.", ["write-good"]),
        ("What would mend it?", ["fix"]),
        ("| a | b |\n|---|---|\n| of course | c |", ["leave it out"]),
        ("It is `very` quick by `word " + "word " * 40 + "`.", []),
        ("```\nobviously very " + "word " * 40 + "\n```", []),
        ("The call is denied. It is made by hand.", []),
    ],
)
def test_a_page_is_read_by_the_rules(text: str, found: list[str]) -> None:
    """Else long-winded pages pass `make check`, or code in them does not."""
    remarks = [remark.what for remark in remarks_on(list(passages_of(text)))]
    assert len(remarks) == len(found)
    for remark, words in zip(remarks, found, strict=True):
        assert words in remark


@pytest.mark.pure
def test_a_remark_says_where(tmp_path: Path) -> None:
    """Else nobody finds the sentence that `make check` names."""
    text = "---\na: b\n---\n\n# Title\n\nShort.\n\nIt is very long.\n"
    (remark,) = remarks_on(list(passages_of(text, "page.md")))
    assert str(remark).startswith("page.md:9: ")


@pytest.mark.pure
def test_a_link_to_no_file_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Else a reader on GitHub follows a link into nothing."""
    page = tmp_path / "page.md"
    page.write_text("[a](page.md#x) [b](gone.md) [c](https://example.org) [d](#x) ![e](no.png)")
    monkeypatch.setattr(links, "ROOT", tmp_path)
    monkeypatch.setattr(links, "pages", lambda: [page])
    assert links.broken() == ["page.md: gone.md", "page.md: no.png"]
    assert links.outside() == ["https://example.org"]
