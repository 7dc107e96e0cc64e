"""Files that a prompt names by ``@``: Claude Code reads them at once, and asks nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

# As text may have them; `labextension/plugin/commands/prompts.ts` puts ⟨@⟩ for the @ of each.
READ = [
    "see @{} now",
    "@{}",
    "    @{}()",
    "# @{}",
    "x\t@{}",
    "a\u00a0@{}",
    "a\u2028@{}",
    "a @{}#L1",
]
LEFT = ["(@{})", "a,@{}", "`@{}`", "x @ {}", "x @= {}", "a@{}"]


async def test_what_a_cell_says_names_no_file(
    session: Callable[..., AbstractAsyncContextManager[Any]], tmp_path: Path
) -> None:
    """Else a notebook of a stranger's sends a user's keys to the model at one click."""

    def lines(forms: list[str], name: str, at: str = "@") -> str:
        made = []
        for number, form in enumerate(forms):
            path = tmp_path / f"{name}{number}"
            path.write_text(f"secret-{name}{number}-end\n")
            made.append(form.replace("@", at).format(path))
        return "\n".join(made)

    texts = [lines(READ, "read"), lines(LEFT, "left"), lines(READ, "kept", "⟨@⟩")]
    prompt = "Explain:\n\n```text\n" + "\n".join(texts) + "\n```"
    async with session([{"replies": [[{"text": "ok"}]]}]) as claude:
        await claude.ask(prompt)
        sent = json.dumps(claude.model.requests, default=str)
    # The first: what is to be kept from it, Claude Code does. The others: it would do no more.
    read = [number for number in range(len(READ)) if f"secret-read{number}-end" in sent]
    assert read, "Claude Code reads no files: nothing is to be kept from it"
    assert "secret-left" not in sent, (
        "Claude Code takes more for a file's name than prompts.ts does"
    )
    assert "secret-kept" not in sent


#: Forms in which a prompt may name a file, with {} for its name.
FORMS = [
    *READ,
    *LEFT,
    '@"{}"',
    '("@{}")',
    "@{}.",
    "@{}, and",
    "@{}?!",
    "@{})",
    "@{}'s",
    "**@{}**",
    "@{}**",
    "@{}`",
    "@{}:3",
    "@{}#L1-2",
    "@./{}",
    "\\@{}",
    "@@{}",
    "- @{}",
    "> @{}",
    "@{}é",
    "@{} @",
    "```\n@{}\n```",
    "@{}/",
    "[x](@{})",
    "@{};",
    "@{}…",
    "é@{}",
    "\ufeff@{}",
]


async def test_we_find_the_files_that_claude_code_reads(
    session: Callable[..., AbstractAsyncContextManager[Any]], tmp_path: Path
) -> None:
    """Else a file goes to the model, and no chip shows it; or a chip shows one that did not go."""
    from types import SimpleNamespace

    from jupyter_claude._looking.hidden import Hidden
    from jupyter_claude._looking.looker import Looker
    from jupyter_claude._looking.mentions import Mentions
    from jupyter_claude._looking.recorder import Recorder

    lines = []
    for number, form in enumerate(FORMS):
        (tmp_path / "work" / f"file{number}.txt").write_text(f"secret-{number}-end\n")
        lines.append(form.format(f"file{number}.txt"))
    (tmp_path / "work" / "sp ace.txt").write_text("secret-space-end\n")
    lines.append('@"sp ace.txt" @sp\\ ace.txt')
    prompt = "\n".join(lines)
    async with session([{"replies": [[{"text": "ok"}]]}]) as claude:
        await claude.ask(prompt)
        sent = json.dumps(claude.model.requests, default=str)
    numbers = range(len(FORMS))
    read = {form for form, n in zip(FORMS, numbers, strict=True) if f"secret-{n}-end" in sent}
    looker = Looker(dict, Recorder(SimpleNamespace()), Hidden())
    paths = {each.name for each in Mentions(looker, lambda: tmp_path / "work").find(prompt)}
    names = {name.partition("#")[0].removeprefix("./").rstrip("/") for name in paths}
    found = {form for form, n in zip(FORMS, numbers, strict=True) if f"file{n}.txt" in names}
    assert found == read
    assert ("sp ace.txt" in names) == ("secret-space-end" in sent)
