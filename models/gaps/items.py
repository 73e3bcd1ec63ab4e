"""What the checks take and give: suggested codes in, findings inside, gaps out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from corpus.gaps import Severity
from corpus.services import service_of_code
from models.tier import Graded
from nlp.text import Span


@dataclass(frozen=True, slots=True)
class Supported:
    """A suggested code as the checks take it.

    Parameters
    ----------
    code : of the catalogue.
    spans : the words it rests on, (start, end) in code points of the text as received, end-exclusive.
    graded : the grades of an evaluation; ``None`` for any other code.
    """

    code: str
    spans: tuple[Span, ...] = ()
    graded: Graded | None = None

    @property
    def services(self) -> tuple[str, ...]:
        """What the code can stand for."""
        return service_of_code().get(self.code, ())


class RestsOn(TypedDict):
    """Words of the note; `start` and `end` are code points of the text as received, end-exclusive."""

    start: int
    end: int
    text: str


class Gap(TypedDict):
    """One thing the note lacks, or says that does not fit.

    `severity` is ``error`` (the line does not stand by the rule), ``warning`` (a reviewer will ask) or ``info``.
    `codes` are those it concerns. `rests_on` are the words it rests on: those that raised it, or those of the codes
    beside which something is missing; `absent` is what was looked for and not found, `None` where words raised it.
    `rule`, `source`, `dated` and `grade` say who demands it, where that is written, of when, and how good the source is.
    """

    id: str
    severity: Severity
    codes: list[str]
    says: str
    rests_on: list[RestsOn]
    absent: str | None
    rule: str
    source: str
    dated: str
    grade: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A check raised.

    Parameters
    ----------
    codes : those it is raised for, in the order of the suggestions.
    spans : words it rests on, in any order; they may repeat and hold one another.
    values : name and text of what its sentence fills in, besides ``codes`` and ``words``.
    """

    codes: tuple[str, ...]
    spans: tuple[Span, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
