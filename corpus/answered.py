"""Cautions of the vocabulary that a note can answer."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from corpus.errors import CorpusError
from corpus.tables import DATA, Record, check_patterns, read_tables
from corpus.vocabulary import load_vocabulary


class Answered(Record):
    """What answers the caution of some concepts.

    Attributes
    ----------
    concepts : of the vocabulary, each with a caution.
    by : ``area`` a stated area of the wound, ``encounter`` a first or a later encounter that is told, ``words`` `patterns`.
    patterns : regular expressions, any of which answers it.
    unless : regular expressions, none of which may stand in the note.
    """

    concepts: tuple[str, ...] = Field(min_length=1)
    by: Literal["area", "encounter", "words"]
    patterns: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if (self.by == "words") != bool(self.patterns):
            raise ValueError("patterns must be given for words, and for words only")
        check_patterns((*self.patterns, *self.unless))
        return self


@cache
def load_answered(path: Path = DATA / "answered.toml") -> dict[str, Answered]:
    """What answers a concept's caution, by concept.

    Raises
    ------
    CorpusError
        Naming file and line: a concept that is not in the vocabulary, has no caution, or stands twice.

    Examples
    --------
    >>> load_answered()["sharp-debridement"].by
    'area'
    """
    out: dict[str, Answered] = {}
    for rule, line in read_tables(path, "answered", Answered):
        for concept in rule.concepts:
            known = load_vocabulary().get(concept)
            if known is None or known.caution is None:
                raise CorpusError(
                    path, line, f"concepts must be of the vocabulary and have a caution, got {concept!r}"
                )
            if concept in out:
                raise CorpusError(path, line, f"a concept must stand once, got {concept!r} again")
            out[concept] = rule
    return out
