"""Check the style of the documentation: pages, README and the like, and notebooks' Markdown.

Usage: .venv/bin/python -m scripts.prose [FILE …]

The rules are few: no sentence of more than 30 words; no passive that names who acts, since that
one can be the subject; no weasel words, wordy phrases and clichés, which write-good knows; and
none of our own list. Code and names in backticks are not read.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from scripts.setup import ROOT

LONGEST = 30
#: Phrases that readers stumbled over, each with what to write.
OURS = {
    r"mend(?:s|ed|ing)?": "fix",
    r"shall": "will, or the imperative",
    r"inside of": "inside",
    r"outside of (?!these|scope|the sandbox|a sandbox)": "outside",
    r"need not": "can leave it",
    r"so as to": "to",
    r"whose is what": "say what it is about",
    r"your say": "you decide",
    r"whence|thereof|hereby|wherein|therein": "a plain word",
    r"please note(?: that)?|note that": "leave it out",
    r"of course": "leave it out",
    r"e\.g\.|i\.e\.": "for example, that is",
}
#: What write-good takes for weak or wordy, and is meant here: amounts and plain words.
MEANT = {
    *("many", "several", "few", "various", "all of", "it is", "it was", "type of", "however"),
    *("outside of", "shall", "forward", "submit", "in addition", "in a word", "previously"),
    *("exactly", "expiration", "requirement", "request", "determine", "function", "component"),
}
_PASSIVE_BY = re.compile(r"\s+(?:\w+\s+)?by (?!hand|itself|themselves|default|name|\w+ing\b)", re.I)
_SENTENCE_END = re.compile(r"(?<=[.!?;])[\"”’)]*\s+")
_WORD = re.compile(r"[\w’'-]+")
_CODE = "code"


@dataclass(frozen=True)
class Passage:
    """A paragraph, a heading or a cell of a table."""

    file: str
    line: int
    text: str


@dataclass(frozen=True)
class Remark:
    """Something to write otherwise."""

    passage: Passage
    what: str

    def __str__(self) -> str:
        return f"{self.passage.file}:{self.passage.line}: {self.what}"


def passages_of(text: str, file: str = "", above: int = 0) -> Iterator[Passage]:
    """Yield the passages of a Markdown text; `above` lines are above it in the file."""
    text = re.sub(r"\A---\n.*?\n---\n", lambda found: "\n" * found[0].count("\n"), text, flags=re.S)
    reader = MarkdownIt("commonmark").enable("table")
    for token in reader.parse(text):
        if token.type == "inline" and token.map:
            yield Passage(file, above + token.map[0] + 1, "".join(_words(token)))


def _words(token: Token) -> Iterator[str]:
    for part in token.children or ():
        if part.type == "text":
            yield part.content
        elif part.type in {"softbreak", "hardbreak"}:
            yield " "
        elif part.type == "code_inline":
            yield _CODE


def files() -> list[Path]:
    """Return the files that the rules hold for."""
    pages = [page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts]
    return sorted([*pages, *ROOT.glob("*.md"), *(ROOT / "notebooks").glob("*.ipynb")])


def read(paths: Iterable[Path]) -> Iterator[Passage]:
    """Yield the passages of some files."""
    for path in paths:
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
        if path.suffix == ".ipynb":
            for number, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"], 1):
                if cell["cell_type"] == "markdown":
                    yield from passages_of("".join(cell["source"]), f"{name}, cell {number}")
        else:
            yield from passages_of(path.read_text("utf-8"), name)


def own_remarks(passage: Passage) -> Iterator[Remark]:
    """Yield what our own rules say."""
    for sentence in _SENTENCE_END.split(passage.text):
        words = len(_WORD.findall(sentence))
        if words > LONGEST:
            yield Remark(passage, f"{words} words in one sentence: “{sentence[:60]}…”")
    for phrase, better in OURS.items():
        for found in re.finditer(rf"\b(?:{phrase})\b", passage.text, re.IGNORECASE):
            yield Remark(passage, f"“{found[0]}”: {better}")


def write_good(passages: list[Passage]) -> Iterator[Remark]:
    """Yield what write-good says, without what is meant."""
    node = shutil.which("node")
    if node is None:
        raise SystemExit("error: there is no Node; install it, as for the front end.")
    done = subprocess.run(
        [node, str(ROOT / "labextension" / "prose.mjs")],
        input=json.dumps([passage.text for passage in passages]),
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        said = done.stderr.strip()
        raise SystemExit(f"error: write-good does not run; `make check` installs it.\n{said}")
    for passage, remarks in zip(passages, json.loads(done.stdout), strict=True):
        for remark in remarks:
            end = remark["index"] + remark["offset"]
            phrase = passage.text[remark["index"] : end]
            passive = "passive" in remark["reason"]
            if passive and not _PASSIVE_BY.match(passage.text, end):
                continue
            if passive or phrase.lower() not in MEANT:
                advice = "say who does it" if passive else "write-good: wordy or weak"
                yield Remark(passage, f"“{passage.text[remark['index'] : end + 25]}…”: {advice}")


def remarks_on(passages: list[Passage]) -> list[Remark]:
    """Return all remarks on some passages."""
    return [
        *(remark for passage in passages for remark in own_remarks(passage)),
        *write_good(passages),
    ]


def main(arguments: list[str]) -> int:
    """Print the remarks; return 1 if there are any."""
    chosen = [Path(name).resolve() for name in arguments] or files()
    remarks = remarks_on(list(read(chosen)))
    for remark in sorted(remarks, key=lambda each: (each.passage.file, each.passage.line)):
        print(remark)
    return 1 if remarks else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
