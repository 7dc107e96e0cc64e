"""What `make drift` compares, without a CLI and without the network."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
from jupyter_claude_sdk.lowlevel import TESTED_CLI_VERSION

from scripts.drift import __main__ as drift
from scripts.drift import driven, flags, frames, hooks, installs
from scripts.drift.compare import compare, store, stored
from scripts.drift.names import listing
from scripts.drift.table import Part, details, status, table

pytestmark = pytest.mark.pure


@dataclass
class Options:
    cwd: str | None = None
    mode: Literal["plan", "default"] = "default"
    tools: list[str] = field(default_factory=list)


async def ask(prompt: str, *, options: Options | None = None) -> str:
    return prompt


def package(**names: Any) -> ModuleType:
    module = ModuleType(__name__)
    vars(module).update(names, __all__=[*names])
    return module


def test_each_kind_of_public_thing_is_in_the_listing() -> None:
    """A new field, value or parameter of the official package would be missed."""
    found = listing(package(Options=Options, ask=ask, Effort=Literal["low", "high"]))
    assert found == {
        "Effort": "literal",
        "Effort['high']": "value",
        "Effort['low']": "value",
        "Options": "dataclass",
        "Options.cwd": "str | None = None",
        "Options.mode": "Literal = 'default'",
        "Options.mode['default']": "value",
        "Options.mode['plan']": "value",
        "Options.tools": "list[str] = …",
        "ask": "function",
        "ask(options)": "keyword only, Options | None = None",
        "ask(prompt)": "str",
    }


def test_what_only_the_official_package_has_is_named() -> None:
    """Programs for the official package would fail on ours."""
    official = {"query": "function", "query(new)": "str", "cwd": "str"}
    assert drift.lacking(official, {"query": "function", "cwd": "str | Path"}) == {
        "query(new)": "str"
    }


def test_shapes_have_types_and_keys_but_no_values() -> None:
    """Each session has other ids and texts; only its form is the same."""
    seen: list[dict[str, Any]] = [
        {"type": "system", "subtype": "init", "tools": ["Bash"], "cost": 1.5},
        {"type": "system", "subtype": "init", "tools": [], "cost": None, "new": True},
        {"type": "result", "modelUsage": {"claude-x": {"tokens": 3}}},
        {"type": "stream_event", "event": {"type": "message_stop"}},
        {"type": "control_response", "response": {"asked": "initialize", "subtype": "success"}},
    ]
    found = frames.listing(seen)
    assert found["system/init"] == "frame"
    assert found["system/init .tools[]"] == "string"
    assert found["system/init .cost"] == "null | number"
    assert found["system/init .new"] == "boolean"
    assert found["result .modelUsage.*.tokens"] == "number"
    assert {"stream_event/message_stop", "control_response/initialize"} <= {*found}
    assert "Bash" not in str(found) and "claude-x" not in str(found)


HELP = """\
Usage: claude [options] [command] [prompt]

Arguments:
  prompt                Your prompt

Options:
  -c, --continue        Continue the most recent conversation in
                        the current directory
  --allowedTools, --allowed-tools <tools...>
      Comma or space-separated list
  --effort <level>      Effort level
                        (choices: "low", "high")

Commands:
  mcp                   Configure servers
"""


def test_options_and_commands_are_read_from_the_help() -> None:
    """An option that is gone would make each start fail."""
    assert flags.listing(HELP) == {
        "arguments: prompt": "named",
        "options: -c, --continue": "named",
        "options: --allowedTools, --allowed-tools <tools...>": "named",
        "options: --effort <level>": '"low", "high"',
        "commands: mcp": "named",
    }


def test_the_hooks_listing_has_each_event() -> None:
    """A guard on a new event could not be written."""
    catalogue = [
        {"name": "Stop", "summary": "…", "supportsMatcher": False},
        {"name": "PreToolUse", "summary": "…", "supportsMatcher": True},
    ]
    assert hooks.listing({"eventCatalog": catalogue}) == {
        "Stop": "without matcher",
        "PreToolUse": "with matcher",
    }


REPORT = """<testsuites><testsuite>
<testcase classname="tests.a" name="test_passes"/>
<testcase classname="tests.a" name="test_skipped"><skipped/></testcase>
<testcase classname="tests.a" name="test_fails"><failure>no</failure></testcase>
<testcase classname="tests.a" name="test_breaks"><error>no</error></testcase>
</testsuite></testsuites>"""


def test_failed_tests_are_named() -> None:
    """The job would say that something fails, and not what."""
    assert driven.results(REPORT) == (
        3,
        ["failed     tests.a::test_breaks", "failed     tests.a::test_fails"],
    )


def test_a_drift_is_named_and_is_exit_1() -> None:
    """The weekly job would stay green while the CLI moves away."""
    changes = compare(
        {"kept": "a", "old": "b", "type": "string"}, {"kept": "a", "new": "c", "type": "number"}
    )
    parts = [Part("frames", "1", "2", changes, "3 paths"), Part("hooks", "1", "2")]
    said = details(parts)
    for line in ("new        new: c", "gone       old: b", "different  type: string → number"):
        assert line in said
    rows = table(parts).splitlines()
    assert len(rows) == 4 and rows[2].endswith("DRIFT: 3") and rows[3].endswith("same")
    assert status(parts) == 1


def test_no_drift_is_exit_0() -> None:
    """The weekly job would cry wolf at each release."""
    parts = [Part("hooks", "1", "2", compare({"Stop": "event"}, {"Stop": "event"}))]
    assert (details(parts), status(parts)) == ("", 0)


def test_the_whole_run_compares_what_it_installs_and_removes_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second run would meet the leftovers of the first; each CLI takes 400 MB."""
    known = {name: stored(name)[1] for name in drift.ROWS}
    monkeypatch.setattr(installs, "FOLDER", tmp_path / "drift")

    def install_cli(version: str) -> Path:
        installs.FOLDER.mkdir()
        return installs.FOLDER

    official = {name: known[name] for name in ("official", "lacking")}
    of_cli = {name: dict(known[name]) for name in ("help", "frames", "hooks")}
    failed: list[str] = []
    monkeypatch.setattr(installs, "newest_cli", lambda: "9.9.9")
    monkeypatch.setattr(installs, "install_cli", install_cli)
    monkeypatch.setattr(drift, "of_package", lambda version: ("8.8.8", official))
    monkeypatch.setattr(drift, "of_cli", lambda program: of_cli)
    monkeypatch.setattr(driven, "run", lambda cli, folder: (7, failed))

    assert drift.main([]) == 0
    assert "DRIFT" not in capsys.readouterr().out
    of_cli["hooks"]["BeforeLunch"] = "with matcher"
    failed.append("failed     tests.a::test_fails")
    assert drift.main([]) == 1
    said = capsys.readouterr().out
    assert "new        BeforeLunch: with matcher" in said and failed[0] in said
    assert said.count("DRIFT: 1") == 2 and said.rstrip().endswith("DRIFT: 1")
    assert not installs.FOLDER.exists()


def test_listings_are_stored_sorted_and_read_back(tmp_path: Path) -> None:
    """Git would show all lines as changed."""
    store("hooks", "1.2", {"b": "2", "a": "1"}, tmp_path)
    assert stored("hooks", tmp_path) == ("1.2", {"a": "1", "b": "2"})
    text = (tmp_path / "hooks.json").read_text("utf-8")
    assert text.index('"a"') < text.index('"b"') and text.endswith("}\n")


def test_the_stored_listings_are_of_the_pinned_versions() -> None:
    """The comparison would be with something else than what we test and install."""
    versions = {name: stored(name)[0] for name in drift.ROWS}
    pins = dict.fromkeys(("official", "lacking"), installs.PINNED)
    pins |= dict.fromkeys(("help", "frames", "hooks"), TESTED_CLI_VERSION)
    assert versions == pins


def test_an_installer_that_fails_is_one_line_without_passwords(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The log of a weekly job is often public."""
    error = "no answer from https://me:secret@registry.example/x"
    failing = subprocess.CompletedProcess([], 1, "", error)
    monkeypatch.setattr(installs, "_npm", lambda: "npm")
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **more: failing)
    with pytest.raises(SystemExit, match=r"npm failed: no answer from https?://registry") as caught:
        installs.newest_cli()
    assert "secret" not in str(caught.value)
