"""What is told of pairs outside the CMS table."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from pydantic import Field

from corpus.edits.table import CODE
from corpus.errors import CorpusError
from corpus.tables import DATA, Record, read_tables


class PairHistory(Record):
    """What is told of a pair outside the CMS table: why sources still quote an edit that is gone, or never was.

    Attributes
    ----------
    pairs : the pairs meant; the order of the codes does not matter.
    says : sentences for a person.
    source : where that is from.
    """

    pairs: tuple[tuple[str, str], ...] = Field(min_length=1)
    says: str = Field(min_length=10)
    source: str = Field(min_length=3)


@cache
def load_pair_histories(path: Path = DATA / "ncci_history.toml") -> dict[frozenset[str], tuple[PairHistory, ...]]:
    """What is told of pairs outside the CMS table, by pair.

    Examples
    --------
    >>> frozenset(("97116", "97530")) in load_pair_histories()
    True
    """
    found: dict[frozenset[str], tuple[PairHistory, ...]] = {}
    for history, line in read_tables(path, "history", PairHistory):
        for pair in history.pairs:
            if not all(re.match(CODE, code) for code in pair) or pair[0] == pair[1]:
                raise CorpusError(path, line, f"pairs must hold two different codes, got {list(pair)}")
            found[frozenset(pair)] = (*found.get(frozenset(pair), ()), history)
    return found
