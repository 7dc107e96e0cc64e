"""Types of answers, in a module, so that their values can be pickled."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, field_validator


@dataclass
class City:
    """A city."""

    name: str
    people: int


class Even(BaseModel):
    """An even number."""

    number: int

    @field_validator("number")
    @classmethod
    def _is_even(cls, number: int) -> int:
        if number % 2:
            raise ValueError("must be even, such as 2")
        return number
