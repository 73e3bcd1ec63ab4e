"""What was billed beside what the note supports: visit by visit, and in totals for over- and under-coding.

Reading order: `Billed` (what goes in), `Finding` and `VisitAudit` (what comes out of a visit), `audit_visit`;
`Totals` and `totalled` for the whole. Pure functions over answers of the contract; nothing here holds words of a note.
Over-coding is more billed than the note supports, under-coding less; an edit, a gap or a code that cannot be judged is
neither. Money is worked out only from a fee for each unit.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Literal

from corpus.catalogue import load_catalogue
from corpus.edits import EditTable, load_edits
from corpus.payers import Payer
from corpus.services import load_services, service_of_code
from models.claim.billed import SEPARATE, kx_unseen, misfits
from models.claim.day import listed
from models.claim.edits import edits_among
from models.claim.lines import ClaimLine, Delivered, build_claim
from models.claim.units import by_month, least_minutes
from models.contract import Answer, ClaimItem
from nlp.facts import LEVELS

Fees = Mapping[str, Decimal]
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
    amount : USD billed too much (over) or too little (under); ``None`` without fees for all codes in it.
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
    def agrees(self) -> bool:
        """Whether bill and note agree: no finding but of codes, and of KX, that are not judged."""
        return all(f.kind in ("not_judged", "kx_not_shown") for f in self.findings)


def audit_visit(
    answer: Answer,
    billed: Sequence[Billed],
    payer: Payer,
    date: dt.date | None = None,
    *,
    row: int = 0,
    name: str = "",
    table: EditTable | None = None,
    fees: Fees | None = None,
) -> VisitAudit:
    """Compare what was billed for a visit with what its note supports.

    Parameters
    ----------
    answer : of the note, for the same payer and day.
    billed : the lines; a code billed on two lines is added up.
    payer, date : decide codes, bundles, maxima and edits.
    row, name : of the visit, for the report.
    table : the edit table in use, the shipped one by default.
    fees : USD for one unit of a code.
    """
    lines = _joined(billed)
    day = _Day(lines, answer, payer, fees or {})
    compared = day.compared()
    findings = [
        *_standing(day, date),
        *compared,
        *_beyond_time(day, compared),
        *_edits(day, date, table or load_edits()),
    ]
    findings += [Finding("contradiction", "none", "", says) for says in answer["claim"]["contradictions"]]
    return VisitAudit(
        row=row,
        id=name,
        payer=payer.id,
        date=date,
        billed=tuple(lines.values()),
        supported={line["code"]: line["units"] for line in answer["claim"]["lines"] if line["units"] != 0},
        findings=tuple(findings),
        gaps=tuple(GapSeen(g["id"], g["severity"], tuple(g["codes"])) for g in answer["claim"]["gaps"]),
    )


def _joined(billed: Iterable[Billed]) -> dict[str, Billed]:
    out: dict[str, Billed] = {}
    for line in billed:
        if line.code in out:
            first = out[line.code]
            marks = tuple(dict.fromkeys((*first.modifiers, *line.modifiers)))
            line = Billed(line.code, first.units + line.units, marks)  # noqa: PLW2901
        out[line.code] = line
    return out


# --- Code by code ---


@dataclass(slots=True)
class _Day:
    """A visit's bill and claim while they are compared."""

    billed: dict[str, Billed]
    answer: Answer
    payer: Payer
    fees: Fees

    @property
    def claim(self) -> ClaimItem:
        """The note's claim."""
        return self.answer["claim"]

    def compared(self) -> list[Finding]:
        """Every billed and every supported code, each once."""
        lines = {line["code"]: line for line in self.claim["lines"]}
        units = self._nearest_units()
        out: list[Finding] = []
        alone = [b for b in self.billed.values() if b.code not in lines and _is_judged(b.code)]
        free = {c: x for c, x in lines.items() if c not in self.billed and units[c] != 0 and not x["bundled"]}
        for bill in alone:
            code = next((c for c in free if self._relation(bill.code, c)), None)
            if code is None:
                out.append(self._unsupported(bill))
            else:
                out += self._exchanged(bill, code, units[code])
                free.pop(code)
        for code, bill in self.billed.items():
            if code in lines:
                out += [*self._same_code(bill, lines[code], units[code]), *self._tier(bill, code, 1)]
        out += [self._unbilled(line, units[code]) for code, line in free.items()]
        return out

    def _nearest_units(self) -> dict[str, int | None]:
        """Of the right answers of the unit rule, the one nearest to the bill: a tie is the clinician's choice."""
        base: dict[str, int | None] = {line["code"]: line["units"] for line in self.claim["lines"]}
        answers = [base, *({**base, **other} for other in self.claim["alternatives"])]

        def far(answer: Mapping[str, int | None]) -> int:
            wanted = {c: b.units for c, b in self.billed.items()}
            return sum(abs(wanted.get(c, 0) - n) for c, n in answer.items() if n is not None)

        return min(answers, key=far)

    def _same_code(self, bill: Billed, line: ClaimLine, units: int | None) -> list[Finding]:
        code = bill.code
        if line["bundled"]:
            says = f"{code} is billed; {self.payer.name} pays nothing separately for it."
            return [Finding("bundled", "none", code, says, billed=bill.units)]
        if units is None or (line["provisional"] and units != bill.units):
            says = (
                f"{code}: {_units(bill.units)} billed, and the note does not state the minutes that would show them."
            )
            return [Finding("units_not_shown", "none", code, says, billed=bill.units)]
        if bill.units == units:
            return []
        kind: Kind = "units_over" if bill.units > units else "units_under"
        side: Side = "over" if bill.units > units else "under"
        stated = f" of {line['minutes']} minutes" if line["minutes"] is not None else ""
        return [
            Finding(
                kind=kind,
                side=side,
                code=code,
                says=f"{code}: {_units(bill.units)} billed, the note supports {units}{stated}.",
                billed=bill.units,
                supported=units,
                amount=self.worth(((code, abs(bill.units - units)),)),
            )
        ]

    def _unsupported(self, bill: Billed) -> Finding:
        item = next((s for s in self.answer["suggestions"] if s["code"] == bill.code), None)
        seen = f" (probability {item['probability']:.2f})" if item else ""
        return Finding(
            kind="billed_not_supported",
            side="over",
            code=bill.code,
            says=f"{bill.code}: {_units(bill.units)} billed, the note does not support it{seen}.",
            billed=bill.units,
            supported=0,
            amount=self.worth(((bill.code, bill.units),)),
        )

    def _unbilled(self, line: ClaimLine, units: int | None) -> Finding:
        code = line["code"]
        beside = self._billed_in_its_place(code) if units is None else ()
        if beside:
            says = f"{code}: the note supports it in a time it shares; all units of the timed codes are billed, as {listed(beside)}."
            return Finding("supported_not_billed", "none", code, says, billed=0)
        return Finding(
            kind="supported_not_billed",
            side="under",
            code=code,
            says=f"{code}: the note supports {'it' if units is None else _units(units)}, nothing is billed.",
            billed=0,
            supported=units,
            amount=None if units is None else self.worth(((code, units),)),
        )

    def _billed_in_its_place(self, code: str) -> Sequence[str]:
        """Billed codes that a code shares a stated time with, where no timed unit is left for it: whose the time is, is open."""
        catalogue, whole = load_catalogue(), self.claim["timed_units"]
        timed = [
            b for b in self.billed.values() if _is_judged(b.code) and catalogue[b.code].timed and not by_month(b.code)
        ]
        if whole is None or sum(b.units for b in timed) < whole:
            return ()
        together = {c for time in self.claim["shared_minutes"] if code in time["codes"] for c in time["codes"]}
        return [b.code for b in timed if b.code in together]

    def _exchanged(self, bill: Billed, code: str, units: int | None) -> list[Finding]:
        """A billed code that stands where another is supported: the payer's twin, another tier, a sibling or an alternate."""
        kind = self._relation(bill.code, code)
        if kind == "tier":
            return self._tier(bill, code, units)
        if kind is None:
            return []
        says = _EXCHANGED[kind].format(bill=bill.code, code=code, payer=self.payer.name)
        return [Finding(kind, "none", bill.code, says, instead=code, billed=bill.units, supported=units)]

    def _tier(self, bill: Billed, code: str, units: int | None) -> list[Finding]:
        """An evaluation beside the tier that the facts of the note give, which can be below the one its words name."""
        codes = next((c for c in _tiered() if code in c), ())
        graded = next((t for t in self.claim["tiers"] if t["code"] == code), None)
        facts = codes[LEVELS.index(graded["level"])] if graded and codes else code
        if bill.code == facts:
            return []
        over = codes.index(bill.code) > codes.index(facts)
        named = f" and is what the note calls it; the facts it states give {facts}."
        says = f"{bill.code} is billed{named if bill.code == code else f', the facts of the note give {facts}.'}"
        return [
            Finding(
                kind="tier_over" if over else "tier_under",
                side="over" if over else "under",
                code=bill.code,
                says=says,
                instead=facts,
                billed=bill.units,
                supported=units,
                amount=self._difference(replace(bill, units=1) if bill.code == code else bill, facts, units),
            )
        ]

    def _relation(self, billed: str, supported: str) -> Literal["payer_code", "other_code", "tier"] | None:
        if load_catalogue()[billed].payer_twin == supported:
            return "payer_code"
        for service in service_of_code().get(billed, ()):
            codes = load_services()[service].codes
            if supported in codes:
                return "tier" if codes in _tiered() else "other_code"
        named = [s["alternates"] for s in self.answer["suggestions"] if s["code"] == supported]
        return "other_code" if any(billed in others for others in named) else None

    # --- Money ---

    def worth(self, parts: Iterable[tuple[str, int]]) -> Decimal | None:
        """USD of units by code; ``None`` where a code has no fee."""
        total = Decimal(0)
        for code, units in parts:
            if code not in self.fees:
                return None
            total += self.fees[code] * units
        return total

    def _difference(self, bill: Billed, code: str, units: int | None) -> Decimal | None:
        first, second = self.worth(((bill.code, bill.units),)), self.worth(((code, units or 1),))
        return None if first is None or second is None else abs(first - second)


@cache
def _tiered() -> tuple[tuple[str, ...], ...]:
    """Codes of each kind of evaluation that has tiers, lowest first."""
    return tuple(service.codes for service in load_services().values() if service.rule == "tier")


_EXCHANGED: dict[Literal["payer_code", "other_code"], str] = {
    "payer_code": "{bill} is billed; {payer} takes {code} for the same service.",
    "other_code": "{bill} is billed, the note supports {code} better; a person decides which stands.",
}


def _is_judged(code: str) -> bool:
    found = load_catalogue().get(code)
    return found is not None and found.role == "service"


def _units(number: int) -> str:
    return f"{number} unit{'s' if number != 1 else ''}"


# --- The bill against the note's time ---


def _beyond_time(day: _Day, compared: Sequence[Finding]) -> list[Finding]:
    """Timed units beyond the most that the note's time allows, however it was split; those found over already are not counted again.

    Which of them are too many nobody can tell, so the cheapest are taken: the least that was billed too much.
    """
    limit = _time_there_was(day, compared)
    if limit is None:
        return []
    catalogue, rule = load_catalogue(), day.claim["rule"]
    over = Counter({f.code: _moved(f) for f in compared if f.side == "over"})
    kept = {c: b.units - over[c] for c, b in day.billed.items() if _is_judged(c) and catalogue[c].timed}
    kept = {c: n for c, n in kept.items() if n > 0 and least_minutes({c: n}, rule)}
    billed = dict(kept)

    def place(code: str) -> tuple[int, Decimal]:
        left = least_minutes({**kept, code: kept[code] - 1}, rule)
        return left, day.fees.get(code, Decimal(0))

    while least_minutes(kept, rule) > limit:
        cheapest = min((c for c, n in kept.items() if n), key=place)
        kept[cheapest] -= 1
    priced = all(code in day.fees for code in billed)
    return [
        Finding(
            kind="units_beyond_time",
            side="over",
            code=code,
            says=f"{code}: {beyond} of {_units(sum(billed.values()))} of timed codes beyond what {limit} minutes allow, "
            f"which is at most {sum(kept.values())}; taken from the codes that cost least.",
            billed=billed[code],
            supported=kept[code],
            amount=day.worth(((code, beyond),)) if priced else None,
        )
        for code in billed
        if (beyond := billed[code] - kept[code])
    ]


def _time_there_was(day: _Day, compared: Sequence[Finding]) -> int | None:
    """The most minutes of timed codes: those of the codes where all are known, a time they share once, else the note's smallest
    total; ``None`` if neither.
    """
    catalogue, claim = load_catalogue(), day.claim
    timed = [line for line in claim["lines"] if catalogue[line["code"]].timed and not by_month(line["code"])]
    stated = sum(line["minutes"] or 0 for line in timed) + sum(time["minutes"] for time in claim["shared_minutes"])
    untimed_too = any(f.instead and not catalogue[f.instead].timed and catalogue[f.code].timed for f in compared)
    if timed and claim["timed_minutes"] is not None and not untimed_too:
        return claim["timed_minutes"]
    totals = [n for n in (claim["timed_total"], claim["total_minutes"]) if n is not None]
    return max(min(totals), stated) if totals else None


# --- The bill by itself ---


def _standing(day: _Day, date: dt.date | None) -> list[Finding]:
    """Codes that cannot stand or are not judged, and units beyond the daily maximum."""
    out = []
    catalogue = load_catalogue()
    for bill in day.billed.values():
        code = catalogue.get(bill.code)
        if code is None or code.role in ("alternate", "reference"):
            says = f"{bill.code} is billed; this project does not judge whether a note supports it."
            out.append(Finding("not_judged", "none", bill.code, says, billed=bill.units))
            continue
        for why in build_claim([Delivered(bill.code)], day.payer, date)["left_out"]:
            says = why["why"].replace(" and is never billed", "")
            out.append(Finding("cannot_stand", "none", bill.code, says, billed=bill.units))
        most = code.daily_max if day.payer.daily_maxima != "none" else None
        if most and bill.units > most:
            says = f"{bill.code}: {_units(bill.units)} billed, CMS's daily maximum is {most}."
            out.append(Finding("daily_maximum", "none", bill.code, says, billed=bill.units, supported=most))
    return out


def _edits(day: _Day, date: dt.date | None, table: EditTable) -> list[Finding]:
    """Pair edits among what was billed, one that a modifier opens only where no line carries one; and modifiers that do not fit."""
    out = []
    edits = edits_among(list(day.billed), day.payer, date, table)
    for edit in edits:
        marks = {*day.billed[edit["column1"]].modifiers, *day.billed[edit["column2"]].modifiers}
        if edit["indicator"] == "1" and marks & set(SEPARATE):
            continue
        out.append(Finding("edit", "none", edit["column2"], edit["says"], instead=edit["column1"]))
    marked = {code: bill.modifiers for code, bill in day.billed.items()}
    claim = day.claim
    wrong = misfits(marked, day.payer, edits, table, claim["discipline"], claim["assistant"])
    out += [Finding("modifier", "none", code, says) for code, says in wrong]
    return out + [Finding("kx_not_shown", "none", code, says) for code, says in kx_unseen(marked, day.payer)]


# --- Totals ---


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over visits.

    Attributes
    ----------
    visits, agree : read, and those where bill and note agree.
    over, under, both : visits with over-coding, with under-coding, with both (counted in each as well).
    units_billed, units_over, units_under : units; over and under where they can be told.
    kinds : findings by kind.
    codes : code -> units over, units under.
    gaps : gap id -> visits, most first.
    with_error : visits whose note has at least one gap of severity error.
    amount_over, amount_under : USD, ``None`` without a fee file.
    unpriced : codes of findings that have no fee.
    """

    visits: int
    agree: int
    over: int
    under: int
    both: int
    units_billed: int
    units_over: int
    units_under: int
    kinds: Mapping[Kind, int]
    codes: Mapping[str, tuple[int, int]]
    gaps: Mapping[str, int]
    with_error: int
    amount_over: Decimal | None
    amount_under: Decimal | None
    unpriced: tuple[str, ...]


def totalled(visits: Sequence[VisitAudit], fees: Fees | None = None) -> Totals:
    """The sums over visits.

    Parameters
    ----------
    visits : audited.
    fees : as the visits were audited with; ``None`` without a fee file.
    """
    findings = [f for v in visits for f in v.findings]
    sides = [f for f in findings if f.side != "none"]
    codes: dict[str, tuple[int, int]] = {}
    for finding in sides:
        over, under = codes.get(finding.code, (0, 0))
        moved = _moved(finding)
        codes[finding.code] = (over + moved, under) if finding.side == "over" else (over, under + moved)
    gaps = Counter(gap for v in visits for gap in {g.id for g in v.gaps})
    kinds = Counter(f.kind for f in findings)
    return Totals(
        visits=len(visits),
        agree=sum(v.agrees for v in visits),
        over=sum(v.over for v in visits),
        under=sum(v.under for v in visits),
        both=sum(v.over and v.under for v in visits),
        units_billed=sum(b.units for v in visits for b in v.billed),
        units_over=sum(_moved(f) for f in sides if f.side == "over"),
        units_under=sum(_moved(f) for f in sides if f.side == "under"),
        kinds={kind: kinds[kind] for kind in KINDS if kinds[kind]},
        codes=dict(sorted(codes.items(), key=lambda c: (-sum(c[1]), c[0]))),
        gaps=dict(gaps.most_common()),
        with_error=sum(any(g.severity == "error" for g in v.gaps) for v in visits),
        amount_over=_sum(sides, "over") if fees is not None else None,
        amount_under=_sum(sides, "under") if fees is not None else None,
        unpriced=tuple(sorted({c for f in sides for c in (f.code, f.instead) if c and c not in fees}))
        if fees is not None
        else (),
    )


def _moved(finding: Finding) -> int:
    """Units over or under; another tier is one unit of another code and moves none."""
    if finding.instead is not None or finding.billed is None or finding.supported is None:
        return 0
    return abs(finding.billed - finding.supported)


def _sum(findings: Iterable[Finding], side: Side) -> Decimal:
    return sum((f.amount for f in findings if f.side == side and f.amount is not None), Decimal(0))
