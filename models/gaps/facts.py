"""Comparisons of facts that single codes ask for: the day, an area, an encounter, muscles, days of data, the last progress report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from corpus.gaps import Computed, GapCheck
from models.gaps.items import Finding, Supported
from models.gaps.patterns import compiled
from models.gaps.view import Comparison, View
from models.resolve import tells_encounter
from nlp.facts import count_muscles, data_days, debrided_area, monitoring_days
from nlp.text import Span


def _date_missing(check: GapCheck, items: Sequence[Supported], view: View) -> list[Finding]:
    """No day of service, neither given with the note nor in it."""
    if view.date is not None or view.settles(check, view.whole):
        return []
    return [Finding(tuple(item.code for item in items))]


def _area_missing(check: GapCheck, items: Sequence[Supported], view: View) -> list[Finding]:
    """No area of the wound debrided; told of the first code only, since one area decides the units of all."""
    if view.settles(check, view.whole):
        return []
    return _each(item for item in items[:1] if debrided_area(view.note.text, item.spans) is None)


def _encounter_unknown(_check: GapCheck, items: Sequence[Supported], view: View) -> list[Finding]:
    """Codes of which the note does not tell whether this is the first encounter."""
    return _each(item for item in items if not tells_encounter(view.note, item.spans))


def _muscles_missing(_check: GapCheck, items: Sequence[Supported], view: View) -> list[Finding]:
    """Codes billed by the number of muscles, where no muscle is named."""
    return _each(item for item in items if count_muscles(view.note.text, item.spans) == 0)


def _days_missing(_check: GapCheck, items: Sequence[Supported], view: View) -> list[Finding]:
    """Codes of remote monitoring without the days on which data came in."""
    text = view.note.text
    return _each(
        item
        for item in items
        if not any(data_days(text, span) for span in item.spans) and monitoring_days(text, item.spans) is None
    )


_REPORT_EVERY = 10
"""Treatment days within which a progress report is due (billing facts, section 5)."""


def _report_overdue(check: GapCheck, items: Sequence[Supported], view: View) -> list[Finding]:
    """The visit's number is too far from that of the last progress report, or the visits since are counted; by the note's own words.

    The check's ``when_patterns`` name what a number is: ``now`` this visit's, ``last`` that of the last report, ``since`` the count.
    """
    if not any(stem in view.lowered for stem in check.stems):
        return []
    told: dict[str, list[tuple[int, Span]]] = {"now": [], "last": [], "since": []}
    for pattern in compiled(check.when_patterns):
        for match in pattern.finditer(view.note.text.flat):
            name, number = next((n, v) for n, v in match.groupdict().items() if v)
            told[name].append((int(number), match.span()))
    inside = [span for _, span in told["last"]]
    now = [number for number, (a, b) in told["now"] if not any(c <= a and b <= d for c, d in inside)]
    last = max(told["last"], default=None)
    passed = max(told["since"], default=None)
    if passed is None and last is not None and now:
        passed = now[0] - last[0], last[1]
    if passed is None or passed[0] < _REPORT_EVERY or view.settles(check, view.whole):
        return []
    return [Finding(tuple(item.code for item in items), (passed[1],), (("stated", str(passed[0])),))]


def _each(items: Iterable[Supported]) -> list[Finding]:
    """One finding for each code, resting on its words."""
    return [Finding((item.code,), item.spans) for item in items]


COMPARISONS: Mapping[Computed, Comparison] = {
    "date_missing": _date_missing,
    "area_missing": _area_missing,
    "encounter_unknown": _encounter_unknown,
    "muscles_missing": _muscles_missing,
    "days_missing": _days_missing,
    "report_overdue": _report_overdue,
}
"""The comparisons of this module by the name that ``gaps.toml`` calls them by."""
