"""Typed answers from the real CLI. Fails if a value is lost, guessed or paid for twice."""

from __future__ import annotations

import asyncio
import copy
import itertools
import pickle
from typing import Any

import pytest

from jupyter_claude import AnswerInvalid, ClaudeError
from tests.extension.answers.shapes import City, Even

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

GIVE = "mcp__answer__give"
ROME, MILAN = {"name": "Rome", "people": 3}, {"name": "Milan", "people": 1}
CITIES = [City("Rome", 3), City("Milan", 1)]


def give(value: Any) -> list[dict[str, Any]]:
    return [{"tool": GIVE, "input": {"value": value}}]


def say(text: str) -> list[dict[str, Any]]:
    return [{"text": text}]


def told(request: Any) -> str:
    """Return the last thing that the model got."""
    return str(request["messages"][-3:])


async def test_a_value_costs_one_request(session: Any) -> None:
    script = [{"when": "cities", "replies": [give([ROME, MILAN]), say("never asked")]}]
    async with session(script) as claude:
        turn = await claude.ask("Large cities", schema=list[City])
        assert turn.value == CITIES
        assert turn.state == "done"
        assert len(claude.model.requests) == 1
        assert '"name": "Rome"' in str(turn)
        assert list(turn.to_dataframe().dtypes.astype(str)) == ["string", "int64"]
        assert pickle.loads(pickle.dumps(turn)).value == CITIES
        plain = await claude.ask("Hello")
        assert (plain.value, str(plain)) == (None, "You said: Hello")
        with pytest.raises(TypeError, match="to_dataframe needs a value that is a list"):
            plain.to_dataframe()


async def test_a_wrong_value_goes_back_with_its_faults(session: Any) -> None:
    script = [
        {"when": "number", "replies": [give({"number": 3}), give({"number": 4})]},
    ]
    async with session(script) as claude:
        turn = await claude.ask("An even number", schema=Even)
        assert turn.value == Even(number=4)
        assert [(call.state, call.note) for call in turn.tools] == [
            ("failed", "1st try: not Even"),
            ("done", "2nd try"),
        ]
        assert "value.number: Value error, must be even, such as 2" in told(
            claude.model.requests[-1]
        )
        assert turn.model_calls == 2
        assert turn.cost_usd > 0


async def test_after_all_tries_the_answer_is_kept_in_the_error(session: Any) -> None:
    script = [{"when": "cities", "replies": [give("none")] * 5}]
    async with session(script) as claude:
        with pytest.raises(AnswerInvalid) as caught:
            await claude.ask("Large cities", schema=list[City], retries=1)
        error = caught.value
        assert error.raw == "none"
        assert error.errors == ["value: Input should be a valid array"]
        assert error.turn is claude.history[-1]
        assert (error.turn.state, error.turn.value) == ("failed", None)
        assert len(claude.model.requests) == 2
        assert error.turn.cost_usd > 0
        assert "\n" not in str(error)
        copied = pickle.loads(pickle.dumps(error))
        assert (copied.raw, copied.errors) == (error.raw, error.errors)
        assert (await claude.ask("Hello")).text == "You said: Hello"


async def test_prose_is_asked_once_more(session: Any) -> None:
    script = [
        {"when": "reads a value, not text", "replies": [give([ROME])]},
        {"when": "cities", "replies": [say("Rome")]},
    ]
    async with session(script) as claude:
        turn = await claude.ask("Large cities", schema=list[City])
        assert turn.value == CITIES[:1]
        assert len(claude.model.requests) == 2


async def test_prose_twice_is_an_error_with_the_text(session: Any) -> None:
    script = [
        {"when": "reads a value, not text", "replies": [say("Really, Rome")]},
        {"when": "cities", "replies": [say("Rome")]},
    ]
    async with session(script) as claude:
        with pytest.raises(
            AnswerInvalid, match=r"answered in text, and gave no list\[City\]"
        ) as got:
            await claude.ask("Large cities", schema=list[City])
        assert got.value.raw == "Rome\n\nReally, Rome"
        assert len(claude.model.requests) == 2


async def test_schemas_change_neither_process_nor_tools(session: Any) -> None:
    """Else each schema costs a start, and the whole prompt once more."""
    script = [
        {"when": "cities", "replies": [give([ROME])]},
        {"when": "count", "replies": [give({"output": "7"})]},
    ]
    async with session(script) as claude:
        await claude.ask("Hello")
        process = claude.client.pid
        assert (await claude.ask("Large cities", schema=list[City])).value == CITIES[:1]
        assert (await claude.ask("count", schema=int)).value == 7
        await claude.ask("Hello")
        assert claude.client.pid == process
        requests = claude.model.requests
        for part in ("tools", "system"):
            assert all(request[part] == requests[0][part] for request in requests)
        for before, after in itertools.pairwise(requests):
            # The prompt's cache keeps what is at the beginning of both.
            begins = [_bare(one) for one in before["messages"]]
            assert [_bare(one) for one in after["messages"]][: len(begins)] == begins


def _bare(message: Any) -> Any:
    """Return a message without the marks of the cache, which move."""
    message = copy.deepcopy(message)
    if isinstance(message["content"], str):
        message["content"] = [{"type": "text", "text": message["content"]}]
    for block in message["content"]:
        block.pop("cache_control", None)
    return message


async def test_a_value_after_tools(session: Any) -> None:
    script = [
        {
            "when": "cities",
            "replies": [[{"tool": "Bash", "input": {"command": "echo Rome"}}], give([ROME])],
        }
    ]
    async with session(script, allowed_tools=["Bash(echo:*)"]) as claude:
        turn = await claude.ask("Large cities", schema=list[City])
        assert turn.value == CITIES[:1]
        assert [call.name for call in turn.tools] == ["Bash", GIVE]


async def test_the_conversation_is_named_by_the_prompt(session: Any) -> None:
    """Else the list of conversations shows our words, and a resumed turn has them as its prompt."""
    script = [{"when": "cities", "replies": [give([ROME])]}]
    async with session(script) as claude:
        await claude.ask("Large cities", schema=list[City])
        (found,) = claude.conversations()
        assert found.first_prompt == "Large cities"
        await claude.new()
        await claude.resume(found)
        assert [turn.prompt for turn in claude.history] == ["Large cities"]


async def test_items_come_as_they_are_complete(session: Any) -> None:
    wrong = {"name": "Bari", "people": "many"}
    script = [{"when": "cities", "replies": [give([ROME, wrong]), give([ROME, MILAN])]}]
    async with session(script) as claude:
        cities = [city async for city in claude.stream("Large cities", schema=list[City])]
        assert cities == CITIES
        assert claude.history[-1].value == CITIES


async def test_a_wrong_type_is_told_before_anything_is_sent(session: Any) -> None:
    async with session([]) as claude:
        with pytest.raises(TypeError, match="has no JSON form"):
            await claude.ask("x", schema=type("Odd", (), {}))
        with pytest.raises(ValueError, match="retries must be a whole number"):
            await claude.ask("x", schema=int, retries=-1)
        with pytest.raises(TypeError, match="gives one item after the other: use schema=list"):
            async for _ in claude.stream("x", schema=City):
                pass
        assert (len(claude.model.requests), len(claude.history)) == (0, 0)


async def test_a_value_that_nobody_asked_for_is_no_value(session: Any) -> None:
    script = [{"when": "cities", "replies": [give([ROME]), say("Rome")]}]
    async with session(script) as claude:
        turn = await claude.ask("Large cities")
        assert (turn.value, turn.text) == (None, "Rome")
        assert turn.tools[0].state == "failed"


async def test_an_interrupted_turn_is_interrupted(session: Any) -> None:
    script = [{"when": "cities", "replies": [[{"hang": True}]]}]
    async with session(script) as claude:
        asking = asyncio.ensure_future(claude.ask("Large cities", schema=list[City]))
        await asyncio.to_thread(claude.model.wait_for_requests, 1)
        await claude.interrupt()
        with pytest.raises(ClaudeError) as caught:
            await asking
        assert not isinstance(caught.value, AnswerInvalid)
