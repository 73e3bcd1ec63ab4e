"""Billed lines, and what an audit finds: one difference, a gap, a visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Side = Literal["over", "under", "none"]
Kind = Literal[
    "billed_not_supported",
    "supported_not_billed",
    "units_over",
    "units_under",
    "units_not_shown",
    "units_beyond_time",
    "tier_over",
    "tier_under",
    "other_code",
    "payer_code",
    "cannot_stand",
    "bundled",
    "daily_maximum",
    "edit",
    "modifier",
    "kx_not_shown",
    "contradiction",
    "not_judged",
]
KINDS: dict[Kind, str] = {
    "billed_not_supported": "billed, not supported by the note",
    "supported_not_billed": "supported by the note, not billed",
    "units_over": "more units billed than the minutes give",
    "units_under": "fewer units billed than the minutes give",
    "units_not_shown": "units billed, minutes not stated",
    "units_beyond_time": "more timed units billed than the note's time allows",
    "tier_over": "evaluation billed above its tier",
    "tier_under": "evaluation billed below its tier",
    "other_code": "another code than the note supports best",
    "payer_code": "the other payers' code for the same service",
    "cannot_stand": "code that cannot be billed on that day",
    "bundled": "billed though the payer pays nothing separately",
    "daily_maximum": "more units than CMS's daily maximum",
    "edit": "pair edit without a modifier, or that none opens",
    "modifier": "modifier that does not fit, or that is missing",
    "kx_not_shown": "KX, which no note can show",
    "contradiction": "times, totals or days of the note that cannot all be true",
    "not_judged": "billed code this project does not judge",
}


DENIED: frozenset[Kind] = frozenset({"cannot_stand", "daily_maximum", "edit", "bundled", "payer_code"})
"""Kinds of finding by which a line is turned down as it is billed, whatever the note supports; a modifier can be mended or need not matter."""


@dataclass(frozen=True, slots=True)
class Billed:
    """A billed line: units are 1 or more."""

    code: str
    units: int = 1
    modifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between bill and note.

    Attributes
    ----------
    kind, side : what it is, and whether it is over- or under-coding.
    code : the billed code, or the supported one where nothing is billed for it; empty where it is of the whole visit.
    instead : the supported code beside it, where two are compared.
    billed, supported : units; ``None`` where they cannot be told.
    amount : USD billed too much (over), too little (under), or on a line that will not be paid (`DENIED`); ``None`` without fees
        for all codes in it.
    says : one sentence for a person.
    """

    kind: Kind
    side: Side
    code: str
    says: str
    instead: str | None = None
    billed: int | None = None
    supported: int | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class GapSeen:
    """A gap of the note by its name; its sentence can quote the note and is left out."""

    id: str
    severity: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VisitAudit:
    """One visit.

    Attributes
    ----------
    row, id : where it stands in the file, and the caller's name for it.
    payer, date : it was judged by.
    billed : lines as billed.
    supported : code -> units of the note's claim, ``None`` where they cannot be told.
    findings, gaps : what is wrong, and what the note lacks.
    """

    row: int
    id: str
    payer: str
    date: dt.date | None
    billed: tuple[Billed, ...]
    supported: Mapping[str, int | None]
    findings: tuple[Finding, ...]
    gaps: tuple[GapSeen, ...]

    @property
    def over(self) -> bool:
        """Whether something is over-coded."""
        return any(f.side == "over" for f in self.findings)

    @property
    def under(self) -> bool:
        """Whether something is under-coded."""
        return any(f.side == "under" for f in self.findings)

    @property
    def denied(self) -> bool:
        """Whether a billed line will be turned down as it is billed."""
        return any(f.kind in DENIED for f in self.findings)

    @property
    def agrees(self) -> bool:
        """Whether bill and note agree: no finding but of codes, and of KX, that are not judged."""
        return all(f.kind in ("not_judged", "kx_not_shown") for f in self.findings)


def moved(finding: Finding) -> int:
    """Units over or under; another tier is one unit of another code and moves none."""
    if finding.instead is not None or finding.billed is None or finding.supported is None:
        return 0
    return abs(finding.billed - finding.supported)
