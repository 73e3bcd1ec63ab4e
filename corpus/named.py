"""Work that a note can name without its being a service by itself, and the codes it would be one of."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from corpus.catalogue import load_catalogue
from corpus.errors import CorpusError
from corpus.tables import DATA, Record, check_patterns, read_tables


class Named(Record):
    """One kind of such work.

    Attributes
    ----------
    id : its name.
    codes : what it would be; with ``named_in`` none, as the words name the services themselves.
    patterns : regular expressions, any of which finds it in one clause.
    named_in : a regular expression for phrases of response and context, in which a service's own name means no more than that.
    statuses : what its clause may tell of (`nlp.note.Status`).
    says : a sentence for a person; ``{words}`` and ``{codes}`` are filled in.
    source, dated : where that is written, and of when it is.
    """

    id: str = Field(pattern=r"^[a-z][a-z-]*$")
    codes: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    named_in: str = ""
    statuses: tuple[Literal["performed", "home", "finding"], ...] = Field(min_length=1)
    says: str = Field(min_length=20, pattern=r"\.$")
    source: str = Field(min_length=3)
    dated: str = Field(pattern=r"\d{4}")

    @model_validator(mode="after")
    def _finds_something(self) -> Self:
        if bool(self.patterns and self.codes) == bool(self.named_in):
            raise ValueError("it must have patterns with codes, or named_in, and not both")
        check_patterns((*self.patterns, self.named_in))
        return self


@cache
def load_named(path: Path = DATA / "named.toml") -> dict[str, Named]:
    """All kinds by id, in file order.

    Raises
    ------
    CorpusError
        Naming file and line: a repeated id, a code that is not in the catalogue, a pattern that is none.

    Examples
    --------
    >>> load_named()["home-exercises"].codes
    ('97110',)
    """
    out: dict[str, Named] = {}
    for named, line in read_tables(path, "named", Named):
        stray = next((c for c in named.codes if c not in load_catalogue()), None)
        if stray is not None:
            raise CorpusError(path, line, f"codes must be in the catalogue, got {stray!r}")
        if named.id in out:
            raise CorpusError(path, line, f"an id must stand once, got {named.id!r} again")
        out[named.id] = named
    return out
