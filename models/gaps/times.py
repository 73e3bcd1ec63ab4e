"""Comparisons of time: totals, minutes of the timed codes, starts and stops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from corpus.gaps import Computed, GapCheck, load_gap_checks
from corpus.services import load_services
from models.claim.lines import ClaimLine
from models.claim.units import by_month
from models.gaps.items import Finding, Supported
from models.gaps.patterns import compiled
from models.gaps.view import Comparison, View
from nlp.note import ParsedNote
from nlp.text import Span


def states_clock_times(note: ParsedNote) -> bool:
    r"""Whether the note says when the session began and ended: a start and a stop, on one line or apart.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> [states_clock_times(parse(t)) for t in ("Time in 9:00\nTime out 9:45", "Gait 15 min. Next visit at 9:00.")]
    [True, False]
    """
    check = next(c for c in load_gap_checks().values() if c.computed == "start_stop_missing")
    if any(m.kind in check.measures for m in note.measures or ()):
        return True
    return any(pattern.search(note.text.flat) for pattern in compiled(check.patterns))


def _total_missing(check: GapCheck, items: Sequence[Supported], view: View) -> list[Finding]:
    """Codes billed by the visit, where the note gives no length of the session."""
    by_visit = [item.code for item in items if not by_month(item.code) and not _monitors(item)]
    if not by_visit or view.claim["total_minutes"] is not None or view.settles(check, view.whole):
        return []
    return [Finding(tuple(by_visit))]


def _monitors(item: Supported) -> bool:
    return any(load_services()[s].is_monitoring for s in item.services)


def _timed_missing(_check: GapCheck, _items: Sequence[Supported], view: View) -> list[Finding]:
    """Timed codes without minutes, where no total of the timed codes is stated either."""
    missing = _codes(_without_minutes(view))
    return [Finding(missing, _spans_of(missing, view))] if missing and view.timed_total is None else []


def _timed_unstated(_check: GapCheck, _items: Sequence[Supported], view: View) -> list[Finding]:
    """Minutes stated for each of several timed codes, but not their total."""
    stated = _stated_sum(view)
    at_once = view.claim["shared_minutes"]
    if view.timed_total is not None or stated is None or at_once or len(view.timed) < 2:
        return []
    return [Finding(_codes(view.timed), view.measured("minutes", "clock"), _numbers(stated=stated))]


def _minutes_missing(_check: GapCheck, _items: Sequence[Supported], view: View) -> list[Finding]:
    """Each timed code without minutes."""
    return [Finding((x["code"],), _spans_of([x["code"]], view)) for x in _without_minutes(view)]


def _month_minutes_missing(_check: GapCheck, items: Sequence[Supported], view: View) -> list[Finding]:
    """Each code billed by the month without minutes."""
    silent = {x["code"] for x in view.claim["lines"] if by_month(x["code"]) and x["minutes"] is None}
    return [Finding((item.code,), item.spans) for item in items if item.code in silent]


def _minutes_shared(_check: GapCheck, _items: Sequence[Supported], view: View) -> list[Finding]:
    """Each time that is stated once for several codes."""
    return [
        Finding(tuple(time["codes"]), _spans_of(time["codes"], view), _numbers(shared=time["minutes"]))
        for time in view.claim["shared_minutes"]
    ]


def _timed_exceeds_total(_check: GapCheck, _items: Sequence[Supported], view: View) -> list[Finding]:
    """A total of the timed codes above that of the session."""
    timed, total = view.timed_total, view.claim["total_minutes"]
    if timed is None or total is None or timed <= total:
        return []
    return [Finding(_codes(view.timed), view.measured("timed", "total"), _numbers(timed=timed, total=total))]


def _codes_against_timed(_check: GapCheck, _items: Sequence[Supported], view: View) -> list[Finding]:
    """Minutes of the timed codes that do not add up to their stated total."""
    stated, timed = _stated_sum(view), view.timed_total
    if stated is None or timed is None or stated == timed:
        return []
    return [Finding(_codes(view.timed), view.measured("timed"), _numbers(stated=stated, timed=timed))]


def _codes_exceed_total(_check: GapCheck, _items: Sequence[Supported], view: View) -> list[Finding]:
    """Stated minutes of the timed codes above the session's total, stated or between its start and end."""
    total = view.claim["total_minutes"]
    known = _stated_sum(view)
    if known is None:
        known = sum(x["minutes"] or 0 for x in view.timed if x["minutes_from"] == "stated")
        known += sum(time["minutes"] for time in view.claim["shared_minutes"])
    if total is None or known <= total:
        return []
    codes = _codes(view.timed)
    words = view.measured("total") or view.measured("clock") or _spans_of(codes, view)
    return [Finding(codes, words, _numbers(stated=known, total=total))]


def _start_stop_missing(_check: GapCheck, items: Sequence[Supported], view: View) -> list[Finding]:
    """No start and stop, where the payer asks for them."""
    asked = any(d["demand"] in ("session_start_stop", "per_code_start_stop") for d in view.claim["demands"])
    if not asked or states_clock_times(view.note):
        return []
    return [Finding(tuple(item.code for item in items), (), (("payer", view.payer.name),))]


def _without_minutes(view: View) -> list[ClaimLine]:
    """Lines of timed codes that somebody gave and no minutes are known of, not even together with others."""
    at_once = {code for time in view.claim["shared_minutes"] for code in time["codes"]}
    return [x for x in view.timed if x["minutes"] is None and not x["added"] and x["code"] not in at_once]


def _stated_sum(view: View) -> int | None:
    """The sum of the timed codes' stated minutes, where all are stated; a time that codes share counts once."""
    lines = view.timed
    return view.claim["timed_minutes"] if lines and all(x["minutes_from"] != "derived" for x in lines) else None


def _codes(lines: Iterable[ClaimLine]) -> tuple[str, ...]:
    return tuple(line["code"] for line in lines)


def _spans_of(codes: Iterable[str], view: View) -> tuple[Span, ...]:
    wanted = set(codes)
    return tuple(span for item in view.items if item.code in wanted for span in item.spans)


def _numbers(**values: int) -> tuple[tuple[str, str], ...]:
    """Numbers as what a check's sentence fills in."""
    return tuple((name, str(value)) for name, value in values.items())


COMPARISONS: Mapping[Computed, Comparison] = {
    "total_missing": _total_missing,
    "timed_missing": _timed_missing,
    "timed_unstated": _timed_unstated,
    "minutes_missing": _minutes_missing,
    "minutes_shared": _minutes_shared,
    "timed_exceeds_total": _timed_exceeds_total,
    "codes_against_timed": _codes_against_timed,
    "codes_exceed_total": _codes_exceed_total,
    "start_stop_missing": _start_stop_missing,
    "month_minutes_missing": _month_minutes_missing,
}
"""The comparisons of this module by the name that ``gaps.toml`` calls them by."""
