"""The limiter and the budget, without a loop: what they let start."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_claude_sdk._map.budget import Purse
from jupyter_claude_sdk._map.limiter import Pace

pytestmark = pytest.mark.pure


def pace(most: int = 8, patience: float = 600.0) -> Pace:
    return Pace(most, patience=patience, jitter=lambda: 1.0)


def test_several_429_of_one_overload_slow_down_once() -> None:
    """Eight rows that meet one overload would leave one row in flight, for minutes."""
    one = pace()
    tickets = [one.start() for _ in range(8)]
    for ticket in tickets:
        one.busy(ticket, 100.0, None)
    assert (one.limit, one.running, one.until) == (4, 0, 102.0)
    assert not one.may_start(101.9) and one.may_start(102.0)
    ticket = one.start()
    one.busy(ticket, 103.0, None)
    assert (one.limit, one.until) == (2, 107.0)


def test_it_waits_as_long_as_the_api_says() -> None:
    """Rows would come back too early, and be refused again."""
    one = pace()
    first, second = one.start(), one.start()
    one.busy(first, 0.0, 30.0)
    assert one.until == pytest.approx(33.0)
    one.busy(second, 1.0, 60.0)
    assert one.until == pytest.approx(67.0)
    assert one.limit == 4


def test_it_speeds_up_again() -> None:
    """After one overload a batch would stay slow."""
    one = pace(4)
    one.busy(one.start(), 0.0, None)
    assert one.slowed
    for _ in range(20):
        one.answered(one.start(), 5.0)
    assert one.limit == 4 and not one.slowed


def test_it_gives_up_only_if_nothing_succeeds() -> None:
    """A slow API would end the batch, or a dead one would not."""
    one = pace(patience=10.0)
    one.busy(one.start(), 0.0, None)
    assert not one.gave_up(9.9) and one.gave_up(10.0)
    one.answered(one.start(), 9.9)
    assert not one.gave_up(100.0)
    slow = one.start()
    one.busy(one.start(), 200.0, 3600.0)
    assert not one.gave_up(300.0)  # one in flight may still succeed
    one.answered(slow, 300.0)
    assert one.gave_up(300.0)  # but nobody waits for an hour


@given(
    most=st.integers(1, 9),
    steps=st.lists(st.tuples(st.sampled_from("sabl"), st.floats(0, 30), st.booleans())),
)
def test_never_more_in_flight_than_allowed(most: int, steps: list[tuple[str, float, bool]]) -> None:
    """More rows than processes would be in flight, or none ever again."""
    one, tickets, now = pace(most), [], 0.0
    for step, seconds, told in steps:
        now += seconds
        if step == "s":
            if one.may_start(now):
                tickets.append(one.start())
                assert one.running <= int(one.limit) <= most
        elif tickets:
            ticket = tickets.pop(0)
            if step == "a":
                one.answered(ticket, now)
            elif step == "b":
                one.busy(ticket, now, seconds if told else None)
            else:
                one.left()
        assert one.running == len(tickets)
        assert 1 <= one.limit <= most
    assert tickets or one.may_start(now + 1000)


@given(
    limit=st.floats(0, 5),
    steps=st.lists(st.tuples(st.booleans(), st.floats(0, 1)), max_size=60),
)
def test_the_budget_is_never_passed_by_more_than_a_surprise(
    limit: float, steps: list[tuple[bool, float]]
) -> None:
    """Rows in flight would pass the budget together."""
    purse, flying, highest = Purse(limit), 0, 0.0
    for starts, cost in steps:
        if starts and purse.may_start() == "yes":
            known = purse.highest
            assert purse.spent + (flying + 1) * (known or 0) <= limit + 1e-6
            assert known is not None or flying == 0
            purse.start()
            flying += 1
        elif flying:
            purse.end(min(cost, highest) if highest else cost)  # no row costs more than known
            highest = highest or cost
            flying -= 1
        assert purse.spent <= limit + 1e-6 or purse.spent == highest  # by the first row alone
    if not flying:
        assert purse.may_start() != "wait"


def test_the_line_says_what_is_spent() -> None:
    """A user could not tell how much more is needed."""
    purse = Purse(0.05)
    purse.start()
    purse.end(0.03)
    assert purse.may_start() == "no"
    assert purse.line() == (
        "budget: $0.0300 of $0.05 are spent, and a row can cost $0.0300; this row has no answer"
    )


def test_a_row_that_failed_for_nothing_tells_no_cost() -> None:
    """After one failure all rows would start at once, with an unknown cost."""
    purse = Purse(1.0)
    purse.start()
    assert purse.may_start() == "wait"
    purse.end(None)
    purse.start()
    assert purse.may_start() == "wait"


def test_a_row_that_cost_nothing_tells_no_cost() -> None:
    """After a free row all others would start at once, and pass the budget together."""
    purse = Purse(1.0)
    purse.start()
    purse.end(0.0)
    purse.start()
    assert purse.may_start() == "wait"
