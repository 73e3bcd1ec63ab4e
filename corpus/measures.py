"""Classes of words that decide what a number of a note is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field

from corpus.errors import CorpusError, InOwnFile
from corpus.tables import DATA, Record, read_tables

ClassName = Literal[
    "minute", "hour", "unit", "second", "load_unit", "length_unit", "area_unit",
    "total_opener", "place", "field_opener", "assistance_opener", "group_opener", "hour_in_words",
    "vulgar", "minutes_kind", "these", "assistance_behind",
    "filler", "stop", "other_time_before", "interruption", "pausing", "posture", "ability", "rest", "limiting", "complaint",
    "state", "lasting", "ending", "numbing", "soaking", "solution", "driven", "worked", "telling", "told_one", "easing", "stopped", "meant", "intended", "done_of_it",
    "holding",
    "bout", "other_time_behind", "other_time_pair_behind", "other_time_pair_before", "event", "tested", "period", "per", "settling", "away",
    "remaining", "totalling", "linking", "total_before_field", "timed_before_field", "field_before",
    "no_time_behind", "no_time_before", "score", "setting_off", "joining", "leading", "counted", "article",
    "list_evaluation", "list_treatment", "list_total", "other_quantity", "alone_beside", "opening",
    "line_head", "which", "person", "given", "over_ground", "rated", "owned", "besides", "whole", "adding", "ordinal", "ranging",
]  # fmt: skip
_OF_PAIRS = frozenset({"other_time_pair_behind", "other_time_pair_before"})


class WordClass(Record):
    """Words that mean the same beside a number.

    Attributes
    ----------
    name : the class.
    about : what its words mean, for a person.
    words : normal forms, or signs; a line break for the end of a line.
    """

    name: ClassName
    about: str
    words: tuple[str, ...] = Field(min_length=1)


@cache
def load_measure_words(path: Path = DATA / "measures.toml") -> Mapping[ClassName, frozenset[str]]:
    """Words by class; an installation's own file adds words to the classes.

    Raises
    ------
    CorpusError
        When a class is missing or stands twice in a file, or one of its words is not lower case, stands twice or
        is not one word (two in a class of pairs).

    Examples
    --------
    >>> sorted(load_measure_words()["hour"])
    ['h', 'hour', 'hr', 'hrs']
    """
    found: dict[ClassName, frozenset[str]] = {}
    added: set[ClassName] = set()
    for entry, line in read_tables(path, "class", WordClass):
        own = isinstance(line, InOwnFile)
        if entry.name in (added if own else found):
            raise CorpusError(path, line, f"a class must stand once in a file, got {entry.name!r} again")
        words = set(found.get(entry.name, ()))
        for word in entry.words:
            if not _is_fit(word, 2 if entry.name in _OF_PAIRS else 1):
                wanted = "two words" if entry.name in _OF_PAIRS else "one word"
                raise CorpusError(path, line, f"{entry.name}: an entry must be {wanted} in lower case, got {word!r}")
            if word in words:
                raise CorpusError(path, line, f"{entry.name}: a word must stand once, got {word!r} again")
            words.add(word)
        found[entry.name] = frozenset(words)
        if own:
            added.add(entry.name)
    for name in get_args(ClassName):
        if name not in found:
            raise CorpusError(path, None, f"every class must stand here, {name!r} is missing")
    return found


def _is_fit(word: str, size: int) -> bool:
    parts = word.split(" ")
    return len(parts) == size and word == word.lower() and all(p == "\n" or p.split() == [p] for p in parts)
