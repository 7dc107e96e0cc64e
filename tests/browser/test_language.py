"""JupyterLab in another language, with a language pack that is made from our catalogue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import BrowserContext, expect

from tests.browser.fixtures import serve
from tests.browser.lab import Notebook
from tests.typescript import FRONT_END

pytestmark = [pytest.mark.browser, pytest.mark.cli]

CATALOGUE = FRONT_END.parent / "jupyter_claude" / "locale" / "jupyter_claude.pot"
PACK = "jupyterlab_language_pack_de_DE"


def write_pack(folder: Path) -> None:
    """Write what a language pack installs, with each text of the catalogue between « and »."""
    head = {"language": "de-DE", "plural_forms": "nplurals=2; plural=(n != 1);"}
    pages: dict[str, object] = {"": {"domain": "jupyter_claude", **head}}
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="de_DE", abort_invalid=True)
    for message in catalogue:
        if not message.id:
            continue
        texts = [message.id] if isinstance(message.id, str) else message.id
        made = [f"«{text}»" for text in texts]
        message.string = tuple(made) if message.pluralizable else made[0]
        pages["\x04".join(filter(None, [message.context, texts[0]]))] = made
    messages = folder / PACK / "locale" / "de_DE" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    (folder / PACK / "__init__.py").touch()
    (messages / "jupyter_claude.json").write_text(json.dumps(pages))  # for pages
    with (messages / "jupyter_claude.mo").open("wb") as file:  # for the server
        write_mo(file, catalogue)
    info = folder / f"{PACK}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PACK}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[jupyterlab.languagepack]\nde_DE = {PACK}\n")


def test_a_language_pack_translates(
    cli: Path, context: BrowserContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else our buttons stay English in a page that is not."""
    write_pack(tmp_path / "packs")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packs"))
    (tmp_path / "server").mkdir()
    script = [{"when": "code", "replies": [[{"text": "```python\nprint()\n```"}]]}]
    with ScriptedModel(script) as model, serve(cli, model, tmp_path / "server") as server:
        server.set("@jupyterlab/translation-extension:plugin", {"locale": "de_DE"})
        with context.new_page() as page:
            notebook = Notebook(server, page, server.root / "de" / "test.ipynb")
            notebook.write(["%%claude\ncode"])
            notebook.open()
            page.get_by_role("tab", name="«Claude chat»").click()
            side = page.locator("#jupyter-claude-panel")
            expect(side.get_by_role("heading", name="«Chat with Claude»")).to_be_visible()
            side.get_by_role("button", name="«Start a new conversation»").click()
            status = page.get_by_role("button", name="«Claude: idle»")
            expect(status).to_have_attribute("title", "«Open Claude's chat»")
            notebook.run(0)
            # The views are another bundle than the plugin.
            turn = notebook.output(0).get_by_role("article", name="«Claude turn 1»")
            expect(turn.get_by_role("button", name="«Copy»")).to_be_visible()
            address = f"{server.url}lab/api/settings/jupyter-claude:commands?token={server.token}"
            properties = page.request.get(address).json()["schema"]["properties"]
            assert properties["notifications"]["title"] == "«Notifications of requests»"
            notebook.leave()
        server.end_kernels()
