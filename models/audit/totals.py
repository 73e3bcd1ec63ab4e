"""Sums over visits: over- and under-coding, units, gaps and money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from models.audit.day import Fees
from models.audit.findings import DENIED, KINDS, Finding, Kind, Side, VisitAudit, moved


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over visits.

    Attributes
    ----------
    visits, agree : read, and those where bill and note agree.
    over, under, both : visits with over-coding, with under-coding, with both (counted in each as well).
    denied : visits with a line that will be turned down as it is billed (`models.audit.findings.DENIED`); some are in `over`
        or `under` as well.
    doubtful : visits that are in none of these and do not agree: minutes not stated, times that cannot all be true.
    units_billed, units_over, units_under : units; over and under where they can be told.
    kinds : findings by kind.
    codes : code -> units over, units under.
    gaps : gap id -> visits, most first.
    with_error : visits whose note has at least one gap of severity error.
    with_warning : visits whose note has gaps, the worst of them a warning.
    amount_over, amount_under : USD, ``None`` without a fee file.
    amount_denied : USD of the lines that will be turned down, each once.
    unpriced : codes of findings that have no fee.
    """

    visits: int
    agree: int
    over: int
    under: int
    both: int
    denied: int
    doubtful: int
    units_billed: int
    units_over: int
    units_under: int
    kinds: Mapping[Kind, int]
    codes: Mapping[str, tuple[int, int]]
    gaps: Mapping[str, int]
    with_error: int
    with_warning: int
    amount_over: Decimal | None
    amount_under: Decimal | None
    amount_denied: Decimal | None
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
    named = {c for f in sides for c in (f.code, f.instead) if c} | {f.code for f in findings if f.kind in DENIED}
    codes: dict[str, tuple[int, int]] = {}
    for finding in sides:
        over, under = codes.get(finding.code, (0, 0))
        units = moved(finding)
        codes[finding.code] = (over + units, under) if finding.side == "over" else (over, under + units)
    gaps = Counter(gap for v in visits for gap in {g.id for g in v.gaps})
    kinds = Counter(f.kind for f in findings)
    return Totals(
        visits=len(visits),
        agree=sum(v.agrees for v in visits),
        over=sum(v.over for v in visits),
        under=sum(v.under for v in visits),
        both=sum(v.over and v.under for v in visits),
        denied=sum(v.denied for v in visits),
        doubtful=sum(not (v.agrees or v.over or v.under or v.denied) for v in visits),
        units_billed=sum(b.units for v in visits for b in v.billed),
        units_over=sum(moved(f) for f in sides if f.side == "over"),
        units_under=sum(moved(f) for f in sides if f.side == "under"),
        kinds={kind: kinds[kind] for kind in KINDS if kinds[kind]},
        codes=dict(sorted(codes.items(), key=lambda c: (-sum(c[1]), c[0]))),
        gaps=dict(gaps.most_common()),
        with_error=sum(_worst(v) == "error" for v in visits),
        with_warning=sum(_worst(v) == "warning" for v in visits),
        amount_over=_sum(sides, "over") if fees is not None else None,
        amount_under=_sum(sides, "under") if fees is not None else None,
        amount_denied=sum((_denied(v) for v in visits), Decimal(0)) if fees is not None else None,
        unpriced=tuple(sorted(code for code in named if code not in fees)) if fees is not None else (),
    )


def _worst(visit: VisitAudit) -> str:
    """The severity of a note's worst gap; empty where it has none."""
    found = {gap.severity for gap in visit.gaps}
    return next((severity for severity in ("error", "warning", "info") if severity in found), "")


def _denied(visit: VisitAudit) -> Decimal:
    """USD of a visit's lines that will be turned down; one that is so for two reasons counts once, with the higher amount."""
    worth: dict[str, Decimal] = {}
    for finding in visit.findings:
        if finding.kind in DENIED and finding.side == "none" and finding.amount is not None:
            worth[finding.code] = max(finding.amount, worth.get(finding.code, Decimal(0)))
    return sum(worth.values(), Decimal(0))


def _sum(findings: Iterable[Finding], side: Side) -> Decimal:
    return sum((f.amount for f in findings if f.side == side and f.amount is not None), Decimal(0))
