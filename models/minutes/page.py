"""A note with its times, and what a writer lays out with them: items under a name, rows of a table, parts of a time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence

from models.minutes.names import Names, meant_by, names_of_services
from models.minutes.numbers import part_behind, stated
from models.minutes.places import read_time
from models.minutes.several import find_lists, multiply
from models.minutes.sheet import Sheet
from models.minutes.times import TOTAL, Time
from models.minutes.uncoded import is_of_uncoded_work
from models.minutes.visits import is_of_this_visit, until_stopped
from nlp.entries import entries_of
from nlp.measures.clocks import interval_of
from nlp.measures.words import ORDINAL
from nlp.note import Measure, ParsedNote, Segment
from nlp.parallel import parallels_of
from nlp.phrases import phrase_key
from nlp.tables import rows_of


def _times_of(sheet: Sheet, measures: Sequence[Measure], names: Names) -> list[Time]:
    """The times in reading order, those behind the last segment left out."""
    out = []
    for measure in measures:
        at = sheet.segment_at(measure.start)
        inside = at >= 0 and measure.start < sheet.segments[at].end
        at += not inside
        if at == len(sheet.segments) or (inside and is_of_uncoded_work(sheet, at)):
            continue
        if is_of_this_visit(sheet, measure, at, inside=inside):
            time = read_time(sheet, measure, at, inside=inside)
            names.set_beside(time)
            out.append(time)
    multiply(sheet, out)
    out = until_stopped(sheet, out)
    names.find_rows(out)
    find_lists(sheet, out)
    return out


class Page:
    """A parsed note with its times and the names of services beside them.

    Parameters
    ----------
    note : the parsed note.
    services : the services the times are looked for.
    decided : per segment those of them it was found to support.
    billed : as in `Sheet`.
    """

    def __init__(
        self,
        note: ParsedNote,
        services: frozenset[str],
        decided: Sequence[frozenset[str]],
        billed: Collection[str] = (),
    ) -> None:
        sheet = Sheet(note, services, decided, billed)
        measures = stated(sheet) if services else []
        self.note, self.services, self._decided = note, services, decided
        self.flat, self.segments = sheet.flat, sheet.segments
        self.names = Names(sheet, measures)
        self.times = _times_of(sheet, measures, self.names)

    def itemised(self, service: str) -> Iterator[tuple[int, ...]]:
        """For each line that a service's name heads, and in which each item that is no other service's has one time, these times."""
        inside: dict[int, list[int]] = {}
        for index, time in enumerate(self.times):
            if time.inside and time.kind != "plain":
                inside.setdefault(time.at, []).append(index)
        at = 0
        while at < len(self.segments):
            head = self.segments[at]
            at += 1
            if not any(m.role == "head" and m.service == service for m in head.marks):
                continue
            first = at - 1
            while at < len(self.segments) and self._goes_on_under(at, head, inside):
                at += 1
            found = [self._item_time(k, inside.get(k, ())) for k in range(first, at)]
            items = [
                index
                for k, index in enumerate(found, first)
                if not self._is_only_the_name(k) and not self._is_anothers(k, service)
            ]
            if len(items) > 1 and None not in items:
                yield tuple(index for index in items if index is not None)

    def headed(self, service: str) -> Iterator[int]:
        """The times of a sentence that a service's name heads, each the only one of an item that names a treatment."""
        inside: dict[int, list[int]] = {}
        for index, time in enumerate(self.times):
            if time.inside:
                inside.setdefault(time.at, []).append(index)
        for at, head in enumerate(self.segments):
            if not any(m.role == "head" and m.service == service for m in head.marks):
                continue
            after = at + 1
            while after < len(self.segments) and self._stands_under(after, at):
                item = self._item_time(after, inside.get(after, ()))
                if item is not None:
                    yield item
                after += 1

    def _stands_under(self, at: int, head: int) -> bool:
        """Whether a segment is of the line of another and of the sentence of the one behind that, and names no service itself."""
        segment, first = self.segments[at], self.segments[head + 1]
        return segment.line == self.segments[head].line and segment.sentence == first.sentence and not segment.marks

    def _goes_on_under(self, at: int, head: Segment, inside: Mapping[int, Sequence[int]]) -> bool:
        """Whether a segment is an item of the line that another heads: of the same sentence as the one before it, or with a time."""
        segment = self.segments[at]
        if segment.line != head.line or any(m.role in ("head", "list") for m in segment.marks):
            return False
        before = self.segments[at - 1]
        return segment.sentence == before.sentence or before is head or at in inside

    def _is_only_the_name(self, at: int) -> bool:
        segment = self.segments[at]
        rest = self.flat[segment.start : segment.end]
        for mark in reversed(segment.marks):
            rest = rest[: max(0, mark.start - segment.start)] + rest[max(0, mark.end - segment.start) :]
        return not any(map(str.isalnum, rest))

    def _is_anothers(self, at: int, service: str) -> bool:
        """Whether a segment was found to support other services and not this one."""
        return bool(self._decided[at]) and service not in self._decided[at]

    def _item_time(self, at: int, times: Sequence[int]) -> int | None:
        """The one time of an item; ``None`` where it has none or several."""
        if len(times) != 1:
            return None
        time = self.times[times[0]]
        treated = bool(self._decided[at]) or any(m.concept.priors for m in self.segments[at].mentions)
        own = time.kind == "minutes" and time.done and "a" not in time.place and time.ends[-1:] != ":"
        return times[0] if own and treated else None

    def paired(self) -> Iterator[tuple[str, int]]:
        """Services called in a row, each with the time at its place in the row of numbers behind them: "TE/NMR = 23/12"."""
        at = {time.start: index for index, time in enumerate(self.times)}
        for parallel in parallels_of(self.note.text):
            for name, number, known in zip(parallel.names, parallel.numbers, parallel.services, strict=True):
                called = next(iter(names_of_services().find(phrase_key(self.flat[slice(*name)]))), None)
                service = meant_by(called[2] if called else known, self.services) if called or known else TOTAL
                service = service if service in self.services else meant_by(known or (TOTAL,), self.services)
                if service in self.services and number[0] in at:
                    yield service, at[number[0]]

    def entries(self) -> Iterator[tuple[str, int]]:
        """Services called in a list of names and numbers that take turns, each with the time that is its number."""
        at = {time.start: index for index, time in enumerate(self.times)}
        for entry in entries_of(self.note.text):
            service = meant_by(entry.called.services, self.services)
            if service in self.services and entry.start in at:
                yield service, at[entry.start]

    def timed_rows(self) -> Iterator[tuple[int, frozenset[str]]]:
        """Where the time of each row of a table begins, with the services its line was found to support."""
        lines: dict[int, set[str]] = {}
        for segment, services in zip(self.segments, self._decided, strict=True):
            lines.setdefault(segment.line, set()).update(services)
        for row in rows_of(self.note.text):
            if row.minutes and not row.sums:
                yield row.start, frozenset(lines.get(row.line, ()))

    def whole_of(self, part: int) -> int | None:
        """The time before one that is part of it, where that is called no service's and this one is: "75 min of which 60 gait"."""
        if not part or self.times[part].name_behind not in self.services:
            return None
        whole, time = self.times[part - 1], self.times[part]
        said = part_behind(self.flat, whole.end)
        if said is None or time.value >= whole.value or time.start != said[0]:
            return None
        named = {whole.name_before, whole.name_behind} & {
            *self.services,
            "other",
        } and whole.called_behind != time.called_behind
        treated = any(
            mention.end <= time.start and self.services.intersection(mention.concept.priors)
            for at in range(whole.at, time.at + 1)
            for mention in self.segments[at].mentions
        )
        return None if named or treated else part - 1

    def heads_stretch(self, time: Time) -> bool:
        """Whether a time is a stretch of the session that its segment tells of: "[0910 to 0935] dressing", "second quarter hour: stairs",
        "9:10 dressing -> 9:35 lunch".
        """
        if time.kind == "clock":
            if interval_of(self.flat[time.start : time.end]) is None:
                return self._is_chained(time)
            return self.flat[time.start - 1 : time.start] == "[" and self.flat[time.end : time.end + 1] == "]"
        text = self.note.text
        first, behind = bisect_left(text.starts, time.start), bisect_left(text.starts, time.end)
        ordinal = first > 0 and text.norms[first - 1] in ORDINAL
        return ordinal and behind < len(text.norms) and text.norms[behind] in (":", "was", "were", "-")

    def lead(self, time: Time) -> str:
        """What stands before a time in its sentence."""
        before = self.flat[max(0, time.start - 80) : time.start]
        return before[max(before.rfind("\n"), before.rfind(". "), -1) + 1 :]

    def _is_chained(self, time: Time) -> bool:
        """Whether another start stands in the line of one."""
        begin, end = self.flat.rfind("\n", 0, time.start), self.flat.find("\n", time.end)
        end = len(self.flat) if end < 0 else end
        return any(
            m.kind == "clock" and begin < m.start < end and m.start != time.start for m in self.note.measures or ()
        )
