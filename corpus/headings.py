"""Headings of notes and the sections they open."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from corpus.errors import CorpusError
from corpus.tables import DATA, Record, read_tables

SectionName = Literal[
    "subjective",
    "history",
    "medication",
    "objective",
    "exam",
    "intervention",
    "response",
    "assessment",
    "diagnosis",
    "goals",
    "plan",
    "home_program",
    "education",
    "equipment",
    "not_done",
    "precaution",
    "medical",
    "billing",
    "communication",
]


class Heading(Record):
    """A kind of section and the names writers give it.

    Attributes
    ----------
    section : what stands under it.
    letter : the SOAP letter shown to people; empty when it belongs to none.
    names : lower-case spellings.
    closed_by : which treatment with its minutes, at the head of a sentence later in the heading's line, ends it: ``any``;
        ``first``, where no treatment stands before it in the note; or ``none``.
    open_names : those of the names that ``closed_by`` does not hold for.
    brief_names : those of the open names that tell something short first: where their first sentence names no treatment, a later one
        that opens with a treatment and its minutes, or with "today", ends them ("Last visit: sore. Bike 6 min").
    """

    section: SectionName
    letter: Literal["S", "O", "A", "P", ""]
    names: tuple[str, ...] = Field(min_length=1)
    closed_by: Literal["any", "first", "none"] = "none"
    open_names: tuple[str, ...] = ()
    brief_names: tuple[str, ...] = ()


@cache
def load_headings(path: Path = DATA / "headings.toml") -> dict[str, Heading]:
    """Headings by section name.

    Raises
    ------
    CorpusError
        When a spelling is not lower case or stands under two sections, an open name is none of the names, or a brief name
        none of the open names.

    Examples
    --------
    >>> load_headings()["plan"].letter
    'P'
    """
    headings: dict[str, Heading] = {}
    owner: dict[str, str] = {}
    for heading, line in read_tables(path, "heading", Heading):
        if heading.section in headings:
            raise CorpusError(path, line, f"a section must stand once, got {heading.section!r} again")
        headings[heading.section] = heading
        for name in heading.names:
            if name != name.lower():
                raise CorpusError(path, line, f"a heading's spelling must be lower case, got {name!r}")
            if owner.setdefault(name, heading.section) != heading.section:
                raise CorpusError(path, line, f"{name!r} must stand under one section, got {owner[name]!r} too")
        for name in heading.open_names:
            if name not in heading.names:
                raise CorpusError(path, line, f"an open name must be one of the names, got {name!r}")
        for name in heading.brief_names:
            if name not in heading.open_names:
                raise CorpusError(path, line, f"a brief name must be one of the open names, got {name!r}")
    return headings
