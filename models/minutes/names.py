"""What services are called beside times: the names, where a note has them, and which stand beside a time or in one row.

Reading order: `meant_by` (whose a name is), `Names` (where a note has them).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache

from corpus.code_form import CODE_FORM
from corpus.measures import load_measure_words
from corpus.services import evaluations, load_services
from models.minutes.sheet import Sheet
from models.minutes.times import TOTAL, Time
from nlp.marks import COORDINATOR
from nlp.note import Measure
from nlp.phrases import PhraseIndex, phrase_key

_WORDS = load_measure_words()
# Words of closing lists that are no one service's: "Time: eval 35, splint 30, total 65".
_CALLED: dict[str, frozenset[str]] = {
    "evaluation": _WORDS["list_evaluation"],
    "treatment": _WORDS["list_treatment"],
    TOTAL: _WORDS["list_total"],
}
_FIELD = re.compile(r"[^\w\n]*+(?:[A-Za-z]++ ?[A-Za-z]*+:[^\w\n]*+)?(?:\d{1,2}[.)][^\w\n]*+)?")
_DONE = re.compile(r"[ \t,]*(?:(?:were|was|done|performed|worked on|completed|given|taken)[ \t]+){0,2}")
_CODE = re.compile(rf"(?<!\d){CODE_FORM}(?!\d)", re.I)
_NAMING = frozenset(["min", "minute", "x", "for"])
_OF_ALL = frozenset({"total", "month", "period"})
"""Words by which a time is all of a service's, of a visit or of what is counted by the month."""
_NEAR, _NAME_LENGTH = 9, 4
"""Tokens on each side of a time in which a name is looked for, and tokens the longest names have."""


@cache
def names_of_services() -> PhraseIndex[str]:
    """What services are called: names, acronyms in any case, codes and everyday words."""
    services = load_services().values()
    entries = [(name, s.id) for s in services for name in (*s.names, *s.acronyms, s.name, *s.codes)]
    entries.extend((word, called) for called, words in _CALLED.items() for word in words)
    entries.extend((word, s.id) for s in services for word in s.called_in_lists)
    return PhraseIndex(entries)


@cache
def called_words() -> frozenset[str]:
    """The one-word names among what services are called."""
    names = [n for s in load_services().values() for n in (*s.names, *s.acronyms, *s.codes, *s.called_in_lists)]
    names.extend(word for words in _CALLED.values() for word in words)
    keys = map(phrase_key, names)
    return frozenset(key[0] for key in keys if len(key) == 1) - {"x"}


def names_in(norms: Sequence[str]) -> frozenset[str]:
    """The services that words begin with the name of; empty for none."""
    first = next(iter(names_of_services().find(norms)), None)
    return frozenset(first[2]) if first and first[0] == 0 else frozenset()


def meant_by(called: Sequence[str], services: frozenset[str]) -> str:
    """The service a name stands for; `TOTAL` for none or several, "other" for one that was not given."""
    for name in called:
        if name == TOTAL or name in services:
            return name
    if called[0] not in ("evaluation", "treatment"):
        return "other"
    examining = services.intersection(evaluations())
    meant = examining if called[0] == "evaluation" else services - examining
    return next(iter(meant)) if len(meant) == 1 else TOTAL


class Names:
    """The names of services near the times of a note, in reading order.

    Parameters
    ----------
    sheet : the note.
    measures : what may be times; names further from these are not looked for.
    """

    def __init__(self, sheet: Sheet, measures: Sequence[Measure]) -> None:
        self._sheet, self._services = sheet, sheet.services
        self._text, self._flat = sheet.note.text, sheet.flat
        # of each name its first word, the one behind its last, and the service, `TOTAL` or "other" it stands for
        self._first: list[int] = []
        self._end: list[int] = []
        self._called: list[str] = []
        self._meant = {m.start for m in sheet.note.measures or () if m.kind == "meant"}
        self._find(measures)

    def _find(self, measures: Sequence[Measure]) -> None:
        """Find the services called by name near some times."""
        text, names = self._text, names_of_services()
        done = 0
        for measure in measures:
            first = max(done, bisect_left(text.starts, measure.start) - _NEAR)
            last = min(len(text.norms), bisect_left(text.starts, measure.end) + _NEAR)
            for begin, end, called in names.find(text.norms[first:last]):
                if first + begin >= done:
                    self._first.append(first + begin)
                    self._end.append(first + end)
                    self._called.append(meant_by(called, self._services))
                    done = first + end
            done = max(done, last - _NAME_LENGTH)

    def set_beside(self, time: Time) -> None:
        """Find the services called by name right before and right behind a time."""
        text = self._text
        first, last = bisect_left(text.starts, time.start), bisect_left(text.starts, time.end)
        index = bisect_right(self._end, first) - 1
        if index >= 0 and first - self._end[index] <= 5:
            gap = [text.norms[k] for k in range(self._end[index], first) if text.starts[k] not in self._meant]
            if not any(g.isdecimal() or g in "\n;." for g in gap):
                time.called_before, time.name_before = index, self._called[index]
                time.near_before = min(2, sum(g.isalpha() and g not in _NAMING for g in gap))
        if not time.name_before and time.inside:
            time.name_before = self._sheet.treated(time.start)
        words = self._flat[time.start : time.end].rstrip()
        if words.endswith(".") and self._flat[time.start + len(words) :][:3].strip()[:1].isupper():
            return
        index = bisect_left(self._first, last)
        if index < len(self._first) and self._first[index] - last <= 4:
            if self._opens_a_name(index):
                index += 1
            gap = text.norms[last : self._first[index]]
            if not any(g in "\n,;.+|" or g.isdecimal() for g in gap):
                time.called_behind, time.name_behind = index, self._called[index]
                time.near_behind = min(2, len(gap))

    def _opens_a_name(self, index: int) -> bool:
        """Whether "all", "total" and the like belong to the name of a service right behind: "35 min, all re-eval"."""
        return (
            self._called[index] == TOTAL
            and index + 1 < len(self._first)
            and self._first[index + 1] == self._end[index]
            and self._called[index + 1] in self._services
        )

    def heads_line(self, time: Time) -> bool:
        """Whether the name called before a time opens its line, or other names and a field's do; so does one that is not called."""
        at, starts = time.called_before, self._text.starts
        if at < 0:
            return True
        begin = self._flat.rfind("\n", 0, starts[self._first[at]]) + 1
        while at and starts[self._first[at - 1]] >= begin and not any(map(str.isalnum, self._between(at - 1))):
            at -= 1
        return _FIELD.fullmatch(self._flat, begin, starts[self._first[at]]) is not None

    def is_coded(self, time: Time) -> bool:
        """Whether a time stands right behind a billing code: "97110 - 15 min"."""
        at = time.called_before
        if at < 0 or time.near_before:
            return False
        text = self._text
        near = text.starts[max(0, self._first[at] - 2)], text.ends[self._end[at] - 1]
        return _CODE.search(self._flat, *near) is not None

    def is_total_of(self, time: Time, service: str) -> bool:
        """Whether a time is called the total of a service: "therex total 20 min", "total manual 15 min", "management time this month: 26 min"."""
        at = time.called_before
        if at > 0 and time.name_before == TOTAL and self._end[at - 1] == self._first[at]:
            return self._called[at - 1] == service
        if at < 0 or time.name_before != service:
            return False
        text = self._text
        first = max(0, self._first[at] - 1)
        before = text.norms[first : bisect_left(text.starts, time.start)]
        word, *more = [*text.norms[bisect_left(text.starts, time.end) :][:3], ""]
        behind = [] if any(map(str.isdecimal, more)) else [word]  # "30 min TOTAL 45": the total is the next
        return not _OF_ALL.isdisjoint(before + behind)

    def find_rows(self, times: Sequence[Time]) -> None:
        """Mark times that stand behind, or before, a row of names of which none has a time of its own."""
        for k, time in enumerate(times):
            if self._is_together(time.called_before):
                last = time.called_before - 1
                first = self._row_begins(last)
                if last > first:
                    time.row = self._services.intersection(self._called[first : last + 1])
                    time.tied = True
                continue
            if (own := time.called_before) >= 0:
                first, last = self._row_begins(own), own
                owned = k > 0 and first <= times[k - 1].called_behind <= last
            elif (own := time.called_behind) >= 0:
                first, last = own, self._row_ends(own)
                owned = k + 1 < len(times) and first <= times[k + 1].called_before <= last
            else:
                continue
            if last > first and not owned:
                time.row = self._services.intersection(self._called[first : last + 1]) - {self._called[own]}
                time.tied = any(self._between(index).strip() != "," for index in range(first, last))

    def _is_together(self, index: int) -> bool:
        """Whether a name is the word "together" behind a row of names: "manual and exercise done together, 25 min"."""
        if index <= 0 or self._text.norms[self._first[index]] != "together":
            return False
        return _DONE.fullmatch(self._between(index - 1)) is not None

    def _row_begins(self, index: int) -> int:
        """The first of the names that stand in one row with a name and before it."""
        while index > 0 and self._coordinates(index - 1):
            index -= 1
        return max(index, 0)

    def _row_ends(self, index: int) -> int:
        """The last of the names that stand in one row with a name and behind it."""
        while index + 1 < len(self._called) and self._coordinates(index):
            index += 1
        return index

    def _coordinates(self, index: int) -> bool:
        """Whether nothing but a coordinator stands between a name and the next."""
        return COORDINATOR.fullmatch(self._between(index)) is not None

    def _between(self, index: int) -> str:
        """What stands between a name and the next."""
        text = self._text
        return self._flat[text.ends[self._end[index] - 1] : text.starts[self._first[index + 1]]]
