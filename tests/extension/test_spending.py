"""What users spend: the budget of a day over all kernels, and the files that the policy names."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from jupyter_claude_sdk.lowlevel import Busy, Outcome, Refused
from prometheus_client.parser import text_string_to_metric_families

from jupyter_claude import BudgetExceeded
from jupyter_claude._batches.counted import Counted
from jupyter_claude._batches.travel import Asking
from jupyter_claude._command.doctor import Diagnosis, report
from jupyter_claude._cost.budget import Budget
from jupyter_claude._cost.ledger import Ledger, Spent
from jupyter_claude._policy.metrics import COUNTERS, added, labels
from jupyter_claude._policy.policy import load_policy
from jupyter_claude._policy.shared_files import append_line
from jupyter_claude._policy.spending import Spending
from jupyter_claude._policy.words import limits, of_the_day

pytestmark = pytest.mark.pure


class Clock:
    """A local time that the test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 22, 30).astimezone()

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the policy's file, with a budget; the user's data is in a folder of the test's."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTERHUB_USER", 'ada "l"')
    path = tmp_path / "policy.toml"
    path.write_text("budget_usd_per_day = 1.0\n")
    monkeypatch.setenv("JUPYTER_CLAUDE_POLICY", str(path))
    return path


def test_the_kernels_of_a_user_share_the_budget_of_a_day(policy: Path) -> None:
    """Else each kernel has the whole budget again, or nobody can work tomorrow."""
    clock = Clock()
    first, second = Spending(now=clock), Spending(now=clock)
    first.running(0.3)
    second.running(0.2)
    first.running(0.4)  # it counts what is new
    assert first.today() == second.today() == pytest.approx(0.6)
    first.ended("a", {"m": Spent(cost_usd=0.5)}, "s")
    budget = Budget(second)
    budget.refuse(0.0)
    assert budget.left(0.0) == pytest.approx(0.3)
    assert budget.limits("b") and budget.passed("b", 0.2, 0.0) is None
    second.running(0.6)
    assert "you have spent $1.10 today in all your kernels" in str(budget.passed("b", 0.6, 0.0))
    for each in (budget, Budget(first)):
        with pytest.raises(BudgetExceeded) as caught:
            each.refuse(0.0)
        assert "The administrator's policy gives each user $1.00 a day" in str(caught.value)
        assert "again from 2026-03-02 00:00 on (in 1 h 30 min)" in str(caught.value)
    clock.time += timedelta(hours=2)
    Budget(first).refuse(0.0)
    assert first.today() == 0


def test_a_budget_of_nothing_promises_no_tomorrow(policy: Path) -> None:
    """Else users wait for a midnight that changes nothing."""
    policy.write_text("budget_usd_per_day = 0\n")
    said = Spending(now=Clock()).spent_up()
    assert said.endswith("so the prompt was not sent")


def test_a_turn_over_midnight_counts_on_each_day(policy: Path) -> None:
    """Else a turn counts twice, or not at all."""
    clock = Clock()
    spending = Spending(now=clock)
    spending.running(0.7)
    clock.time += timedelta(hours=2)
    spending.ended("a", {"m": Spent(cost_usd=0.9)}, "s")
    assert spending.today() == pytest.approx(0.2)


def test_what_a_crash_leaves_counts(policy: Path, tmp_path: Path) -> None:
    """Else a killed kernel gives the money back, or its half line breaks all later ones."""
    first = Spending()
    first.running(0.25)
    (path,) = (tmp_path / "data").rglob("*.jsonl")
    with path.open("a") as file:
        file.write('{"time": "2026')
    second = Spending()
    second.running(0.5)
    second.ended("b", {"m": Spent(cost_usd=0.5)}, "s")
    assert first.today() == second.today() == Spending().today() == pytest.approx(0.75)
    assert path.stat().st_mode & 0o077 == 0


def test_an_unreadable_file_of_today_sends_no_prompt(policy: Path, tmp_path: Path) -> None:
    """Else a user whose file cannot be read has the whole budget in each kernel, silently."""
    spending = Spending()
    assert spending.today() == 0  # nothing is there to read
    spending.running(0.25)
    (file,) = (tmp_path / "data").rglob("*.jsonl")
    file.unlink()
    file.mkdir()  # not even root reads it
    budget = Budget(spending)
    with pytest.raises(BudgetExceeded) as caught:
        budget.refuse(0.0)
    assert str(caught.value) == (
        f"{file}, the file of today's spend, cannot be read (Is a directory), and the "
        "administrator's policy gives each user $1.00 a day, so the prompt was not sent; make it "
        "readable for your user, or ask the administrator to"
    )
    stopped = str(budget.passed("a", 0.1, 0.0))
    assert stopped.startswith(f"Stopped: {file}, ") and "not sent" not in stopped
    assert budget.left(0.0) == 0
    row = dict(limits(load_policy(), spending.today))["budget a day"]
    assert row == "an unknown amount of $1.00 spent today, in all kernels"
    assert str(file) in of_the_day(1.0, spending.today)
    told = repr(Diagnosis(report()))
    assert f"{file}, the file of today's spend, cannot be read (Is a directory)" in told
    assert "make it readable for your user" in told and told.count(str(file)) == 1
    policy.write_text('models = ["haiku"]\n')  # no budget: nothing depends on the file
    budget.refuse(0.0)
    assert "the file of today's spend" in dict(limits(load_policy(), spending.today))["spent today"]


def test_a_home_that_is_no_folder_holds_nothing_back(
    policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody can send a prompt where containers set the home to a file."""
    (tmp_path / "none").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "none"))
    spending = Spending()
    spending.running(0.25)
    assert spending.spent_up() == "" and spending.today() == 0.25
    assert "today's spend" in str(spending.problems)


def test_the_ledger_tells_it_all(policy: Path) -> None:
    """Else the day's budget misses batches, what runs, or what a dead process had spent."""
    spending = Spending()
    ledger = Ledger(keep=False, spending=spending)
    ledger.note({"m": {"costUSD": 0.1}})
    assert spending.today() == pytest.approx(0.1)
    ledger.lose("a", "s")
    assert spending.today() == pytest.approx(0.1)
    ledger.start("s", {"m": {"costUSD": 0.15}})  # it had counted more than it reported
    assert spending.today() == pytest.approx(0.15)
    ledger.add_batch("m", Spent(cost_usd=0.2))
    assert spending.today() == pytest.approx(0.35)
    ledger.start("other", {"m": {"costUSD": 9.0}})  # spent elsewhere, and earlier
    assert spending.today() == pytest.approx(0.35)


@pytest.mark.anyio
async def test_rows_on_a_worker_count_there(
    policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else `jupyter_claude.rows` spends what no kernel may spend any more."""
    policy.write_text(f'budget_usd_per_day = 1.0\nspend_log = "{tmp_path}/log"')
    answers: list[Outcome | Busy] = [
        Outcome("a", "a", None, "", (), 0.7, 1, 3, 4, 0.1, None),
        Busy("The API has no room", 529, cost_usd=0.4),
    ]

    class Pool:
        async def ask(self, prompt: str) -> Outcome:
            answer = answers.pop(0)
            if isinstance(answer, Busy):
                raise answer
            return answer

    monkeypatch.setattr(Asking, "pool", lambda self, size: Pool())
    pool = Counted(Asking({"model": "haiku"}), 1)
    assert (await pool.ask("one")).value == "a"
    with pytest.raises(Busy):
        await pool.ask("two")
    with pytest.raises(Refused, match="possible again from"):
        await pool.ask("three")
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(line["kind"], line["model"], line["usd"]) for line in lines] == [
        ("map", "haiku", 0.7),
        ("map", "haiku", 0.4),
    ]


def test_without_a_policy_nothing_is_written(
    policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else everybody's costs lie in a file that nobody asked for."""
    practice = Spending(lambda: True)
    practice.running(5.0)
    practice.ended("a", {"m": Spent(cost_usd=5.0)}, "s")
    assert practice.limit is None and practice.spent_up() == ""
    monkeypatch.delenv("JUPYTER_CLAUDE_POLICY")
    Spending().ended("a", {"m": Spent(cost_usd=5.0)}, "s")
    assert not (tmp_path / "data").exists()


def test_each_turn_is_a_line_of_the_log(policy: Path, tmp_path: Path) -> None:
    """Else the bill cannot be divided."""
    policy.write_text(f'spend_log = "{tmp_path}/{{user}}.jsonl"')
    spending = Spending(now=Clock())
    spending.ended("a", {"m": Spent(1, 2, 3, 4, 0.5), "n": Spent(output=1, cost_usd=0.1)}, "s-1")
    spending.ended("", {"m": Spent(5, output=6, cost_usd=0.2)}, "", "map")
    lines = (tmp_path / "ada %22l%22.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "time": Clock().time.isoformat(timespec="seconds"),
            "user": 'ada "l"',
            "kind": "turn",
            "session_id": "s-1",
            "model": "m",
            "input_tokens": 1,
            "cache_creation_input_tokens": 2,
            "cache_read_input_tokens": 3,
            "output_tokens": 5,
            "usd": 0.6,
            "usd_by_model": {"m": 0.5, "n": 0.1},
        },
        {
            "time": Clock().time.isoformat(timespec="seconds"),
            "user": 'ada "l"',
            "kind": "map",
            "session_id": "",
            "model": "m",
            "input_tokens": 5,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 6,
            "usd": 0.2,
        },
    ]


def test_the_counters_go_on(policy: Path, tmp_path: Path) -> None:
    """Else each restart of a kernel looks like money that came back."""
    policy.write_text(f'spend_metrics = "{tmp_path}/claude.prom"')
    Spending().ended("a", {"m": Spent(1, 2, 3, 4, 0.5)}, "s")
    again = Spending()
    again.ended("b", {"m": Spent(1, 2, 3, 4, 0.25)}, "s")
    again.ended("b", {"m": Spent(cost_usd=0.25)}, "s")  # its background task: the same turn
    text = (tmp_path / "claude.prom").read_text()
    user = r'user="ada \"l\""'
    assert f'jupyter_claude_turns_total{{{user},kind="turn"}} 2\n' in text
    assert f'jupyter_claude_cost_usd_total{{{user},kind="turn",model="m"}} 1\n' in text
    assert f'{{{user},kind="turn",model="m",type="cache_read_input"}} 6\n' in text
    assert [path.name for path in tmp_path.glob("*.prom")] == ["claude.prom"]
    assert not list(tmp_path.glob(".*.tmp"))
    check_exposition(text)


def check_exposition(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read a text as node_exporter's collector does, and return the samples."""
    families = list(text_string_to_metric_families(text))
    assert [(family.name, family.type) for family in families] == [
        (name.removesuffix("_total"), "counter") for name in COUNTERS
    ]
    samples = [sample for family in families for sample in family.samples]
    assert all(sample.timestamp is None for sample in samples)  # the collector takes none
    found = {(one.name, tuple(sorted(one.labels.items()))): one.value for one in samples}
    assert len(found) == len(samples) and text.endswith("\n")
    return found


def test_any_name_stays_a_label() -> None:
    """Else one user with a strange name makes the collector drop everybody's counters."""
    for name in ('a"b', "a\\", "a\nb", 'a"} 1', "ä\u2028b", ""):
        key = "jupyter_claude_turns_total", labels(user=name, kind="turn")
        text = added(added("", {key: 1.0}), {key: 1e9})
        samples = check_exposition(text)
        assert samples == {
            ("jupyter_claude_turns_total", (("kind", "turn"), ("user", name))): 1e9 + 1
        }


def test_files_that_cannot_be_written_lose_no_turn(policy: Path, tmp_path: Path) -> None:
    """Else the administrator's full disk stops everybody's work, or the lines are lost for good."""
    place = tmp_path / "log"
    policy.write_text(f'spend_log = "{place}/log.jsonl"\nspend_metrics = "{place}/c.prom"')
    spending = Spending()
    for turn in ("a", "b"):
        spending.ended(turn, {"m": Spent(cost_usd=0.5)}, "s")
    assert [
        f"{place}/{name}" in line
        for name, line in zip(("log", "c"), spending.problems.values(), strict=True)
    ]
    assert all("No such file" in line and "\n" not in line for line in spending.problems.values())
    place.mkdir()
    spending.ended("c", {"m": Spent(cost_usd=0.5)}, "s")
    assert not spending.problems
    assert len((place / "log.jsonl").read_text().splitlines()) == 3
    assert 'kind="turn"} 3\n' in (place / "c.prom").read_text()
    (place / "log.jsonl").unlink()
    (place / "log.jsonl").symlink_to(tmp_path / "mine")  # another user's trap
    spending.ended("d", {"m": Spent(cost_usd=0.5)}, "s")
    assert len(spending.problems) == 1 and not (tmp_path / "mine").exists()


WRITER = """
import sys
from jupyter_claude._cost.ledger import Spent
from jupyter_claude._policy.spending import Spending
spending = Spending()
print("ready", flush=True)
sys.stdin.readline()
for number in range(40):
    spending.ended(f"{sys.argv[1]}-{number}", {"m": Spent(1, output=2, cost_usd=0.01)}, sys.argv[1])
print(list(spending.problems.values()))
"""


def test_kernels_that_write_at_the_same_time_lose_nothing(policy: Path, tmp_path: Path) -> None:
    """Else a hub with many users at work counts less than they spend."""
    policy.write_text(
        f'budget_usd_per_day = 9\nspend_log = "{tmp_path}/log"\nspend_metrics = "{tmp_path}/c.prom"'
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two", "three")
    ]
    for writer in writers:
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
    for writer in writers:  # all at once
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        assert writer.communicate()[0] == "[]\n"
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert sorted(line["session_id"] for line in lines) == sorted(["one", "two", "three"] * 40)
    assert Spending().today() == pytest.approx(1.2)
    text = (tmp_path / "c.prom").read_text()
    assert 'kind="turn"} 120\n' in text and 'model="m",type="output"} 240\n' in text
    check_exposition(text)


def test_a_log_that_users_may_not_read(tmp_path: Path) -> None:
    """Else an administrator must let each user read what the others spend."""
    log = tmp_path / "log"
    log.touch(0o200)
    log.chmod(0o200)
    append_line(log, "one")
    append_line(log, "two")
    log.chmod(0o600)
    assert log.read_text() == "one\ntwo\n"
