"""Comparisons of facts that single codes ask for: the day, an area, an encounter, muscles, days of data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from corpus.gaps import Computed, GapCheck
from models.gaps.items import Finding, Supported
from models.gaps.view import Comparison, View
from models.resolve import tells_encounter
from nlp.facts import count_muscles, data_days, debrided_area, monitoring_days


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


def _each(items: Iterable[Supported]) -> list[Finding]:
    """One finding for each code, resting on its words."""
    return [Finding((item.code,), item.spans) for item in items]


COMPARISONS: Mapping[Computed, Comparison] = {
    "date_missing": _date_missing,
    "area_missing": _area_missing,
    "encounter_unknown": _encounter_unknown,
    "muscles_missing": _muscles_missing,
    "days_missing": _days_missing,
}
"""The comparisons of this module by the name that ``gaps.toml`` calls them by."""
