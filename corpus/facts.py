"""Stated facts that decide which code a service becomes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pydantic import Field

from corpus.errors import CorpusError
from corpus.headings import load_headings
from corpus.notes import Trap
from corpus.tables import DATA, Record, read_tables


class Fact(Record):
    """Something a note may state.

    Attributes
    ----------
    id : the name the rules ask for.
    about : what it means, for a person.
    phrases : what states it; spellings of one thing are joined by " = ". A spelling in lower case is
        matched in any case, one with a capital only in capitals ("RA" is no "ra").
    negatable : whether "no ..." and the like before it take it back.
    inside_too : whether it is read inside a longer phrase as well.
    unless_before, unless_after : words that show another sense, when they stand up to three words
        before or two words after it in its clause.
    unless_section : section names of ``headings.toml`` under which the words do not state it.
    unless_status : what makes its clause say something else (`nlp.note.Status`): not done, only planned.
    """

    id: str
    about: str
    phrases: tuple[str, ...] = Field(min_length=1)
    negatable: bool = False
    inside_too: bool = False
    unless_before: tuple[str, ...] = ()
    unless_after: tuple[str, ...] = ()
    unless_section: tuple[str, ...] = ()
    unless_status: tuple[Trap, ...] = ()

    def spellings(self) -> Iterator[tuple[str, str]]:
        """Pairs of a thing's first spelling and each of its spellings.

        Examples
        --------
        >>> list(Fact(id="a", about="b", phrases=("low vision = blind", "gout")).spellings())
        [('low vision', 'low vision'), ('low vision', 'blind'), ('gout', 'gout')]
        """
        for phrase in self.phrases:
            names = [name.strip() for name in phrase.split(" = ")]
            for name in names:
                yield names[0], name


@cache
def load_facts(path: Path = DATA / "facts.toml") -> dict[str, Fact]:
    """Facts by id.

    Raises
    ------
    CorpusError
        When an id stands twice, a spelling stands twice under one fact or is empty, or a section is unknown.

    Examples
    --------
    >>> load_facts()["stable"].negatable
    True
    """
    facts: dict[str, Fact] = {}
    for fact, line in read_tables(path, "fact", Fact):
        if fact.id in facts:
            raise CorpusError(path, line, f"a fact must stand once, got {fact.id!r} again")
        seen: set[str] = set()
        for _, name in fact.spellings():
            if not name or name in seen:
                raise CorpusError(
                    path, line, f"a spelling must stand once under a fact and not be empty, got {name!r}"
                )
            seen.add(name)
        known = {heading.section for heading in load_headings().values()}
        stray = [name for name in fact.unless_section if name not in known]
        if stray:
            raise CorpusError(path, line, f"unless_section must name sections of headings.toml, got {stray[0]!r}")
        facts[fact.id] = fact
    return facts
