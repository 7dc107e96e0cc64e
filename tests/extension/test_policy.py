"""The administrator's files: what they say, and what happens if nobody can obey them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_claude._policy import policy as policies
from jupyter_claude._policy.policy import Policy, load_policy

pytestmark = pytest.mark.pure


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the three places of files, all in a folder of the test's, all empty."""
    paths = [tmp_path / name for name in ("machine.toml", "prefix.toml", "named.toml")]
    monkeypatch.delenv("JUPYTER_CLAUDE_POLICY", raising=False)
    monkeypatch.setattr(policies, "policy_files", lambda: paths)
    return paths


def test_no_file_limits_nothing(places: list[Path]) -> None:
    """Else who has no administrator meets limits that nobody set."""
    assert load_policy() == Policy()


def test_each_key_is_read(places: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a line that the administrator wrote has no effect."""
    monkeypatch.setenv("JUPYTERHUB_USER", "../ada")
    home = Path.home()
    places[0].write_text(
        'kernel = "ask"\npermission_modes = ["default", "plan"]\nmodels = ["sonnet", "claude-*"]\n'
        'budget_usd_per_day = 5\nalways_allow = false\nfolders = ["~", "/srv/shared"]\n'
        'cli_path = "/opt/claude"\nkeep_alive_minutes = 240\n'
        'spend_log = "/var/log/{user}.jsonl"\nspend_metrics = "/var/lib/jupyter.prom"\n'
    )
    assert load_policy() == Policy(
        kernel="ask",
        permission_modes=("default", "plan"),
        models=("sonnet", "claude-*"),
        budget_usd_per_day=5.0,
        always_allow=False,
        folders=(home.resolve(), Path("/srv/shared").resolve()),
        cli_path=Path("/opt/claude"),
        keep_alive_minutes=240.0,
        spend_log=(Path("/var/log/%2E.%2Fada.jsonl"),),
        spend_metrics=(Path("/var/lib/jupyter.prom"),),
        files=(places[0],),
    )


def test_the_stricter_of_two_files_counts(places: list[Path], tmp_path: Path) -> None:
    """Else a file that a spawner adds takes away what the machine's administrator limits."""
    places[0].write_text(
        'kernel = "look"\npermission_modes = ["plan", "default"]\n'
        'models = ["sonnet", "claude-haiku-*", "opus"]\nbudget_usd_per_day = 5\n'
        f'always_allow = false\nfolders = ["{tmp_path}/a", "{tmp_path}/b/c"]\n'
        'keep_alive_minutes = 10\nspend_log = "/var/a"\n'
    )
    places[2].write_text(
        'kernel = "ask"\npermission_modes = ["acceptEdits", "default"]\n'
        'models = ["claude-*", "sonnet"]\nbudget_usd_per_day = 7\nalways_allow = true\n'
        f'folders = ["{tmp_path}/a/inner", "{tmp_path}/b"]\nkeep_alive_minutes = 5\n'
        'spend_log = "/var/b"\n'
    )
    found = load_policy()
    assert found.faults == ()
    assert (found.kernel, found.permission_modes, found.always_allow) == (
        "ask",
        ("default",),
        False,
    )
    assert found.models == ("sonnet", "claude-haiku-*")
    assert found.folders == (tmp_path / "b/c", tmp_path / "a/inner")
    assert (found.budget_usd_per_day, found.keep_alive_minutes) == (5, 5)
    assert found.spend_log == (Path("/var/a"), Path("/var/b"))


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("kernal = 'ask'", "kernal", "there is no such key"),
        ("kernel = 'Ask'", "kernel", "must be one of off, ask, look"),
        ("permission_modes = 'plan'", "permission_modes", "must be a list"),
        ("permission_modes = ['acceptEdit']", "permission_modes", "must be one of default"),
        ("models = []", "models", "with at least one"),
        ("budget_usd_per_day = '5'", "budget_usd_per_day", "must be a number"),
        ("budget_usd_per_day = nan", "budget_usd_per_day", "must be a number from 0 on"),
        ("budget_usd_per_day = true", "budget_usd_per_day", "must be a number"),
        ("always_allow = 0", "always_allow", "must be true or false"),
        ("folders = ['work']", "folders", "must be an absolute path"),
        ("kernel = ", "", "is no TOML"),
    ],
)
def test_a_wrong_file_closes(places: list[Path], text: str, key: str, said: str) -> None:
    """Else a typo of the administrator silently allows what was to be forbidden."""
    places[1].write_text(text)
    (fault,) = load_policy().faults
    assert (fault.file, fault.key) == (places[1], key)
    assert said in fault.text
    assert "\n" not in fault.line
    assert str(places[1]) in fault.line and "ask the administrator" in fault.line


def test_files_that_cannot_be_read_close(
    places: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a wrong path in the spawner's settings, or a wrong mode, means no limits."""
    places[0].mkdir()  # no file, whoever runs the tests
    monkeypatch.setenv("JUPYTER_CLAUDE_POLICY", str(places[2]))
    assert [(f.file, f.text.partition(":")[0]) for f in load_policy().faults] == [
        (places[0], "cannot be read"),
        (places[2], "JUPYTER_CLAUDE_POLICY names it, but it is missing"),
    ]


def test_a_relative_path_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else `%cd` to another folder brings another policy, or none."""
    (tmp_path / "policy.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_CLAUDE_POLICY", "policy.toml")
    assert "must name an absolute path" in load_policy().faults[-1].text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("cli_path = '/opt/a'", "cli_path = '/opt/b'"),
        ("models = ['opus']", "models = ['sonnet']"),
        ("folders = ['/srv/a']", "folders = ['/srv/ab']"),
    ],
)
def test_files_that_contradict_each_other_close(
    places: list[Path], first: str, second: str
) -> None:
    """Else one of two administrators is not obeyed, and neither knows."""
    places[0].write_text(first)
    places[1].write_text(second)
    (fault,) = load_policy().faults
    assert fault.file == places[1] and "the policy" in fault.text
