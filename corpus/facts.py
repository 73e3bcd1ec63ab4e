"""Stated facts that decide which code a service becomes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field

from corpus.errors import CorpusError
from corpus.tables import DATA, Record, read_tables


class Fact(Record):
    """Something a note may state.

    Attributes
    ----------
    id : the name the rules ask for.
    about : what it means, for a person.
    phrases : lower-case phrases that state it.
    """

    id: str
    about: str
    phrases: tuple[str, ...] = Field(min_length=1)


@cache
def load_facts(path: Path = DATA / "facts.toml") -> dict[str, Fact]:
    """Facts by id.

    Raises
    ------
    CorpusError
        When an id stands twice.
    """
    facts: dict[str, Fact] = {}
    for fact, line in read_tables(path, "fact", Fact):
        if fact.id in facts:
            raise CorpusError(path, line, f"a fact must stand once, got {fact.id!r} again")
        facts[fact.id] = fact
    return facts
