"""The walk over a note's words: which reader looks at which of them.

A number is looked at together with the word behind it; a few other words open a quantity of their own ("total 45",
"CGA", "group of 4").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from nlp.dated import dated_rows
from nlp.measures.bare import read_age, read_bare, read_glued_colon, read_list
from nlp.measures.clocks import SPOKEN_OPENER, read_chain, read_clock, read_from_hour, read_log, read_spoken
from nlp.measures.corrections import tell_corrections
from nlp.measures.doses import (
    read_another,
    read_area,
    read_assistance,
    read_distance,
    read_group,
    read_hold,
    read_load,
    read_others,
    read_reps,
    read_sets,
    read_units,
)
from nlp.measures.items import read_chained, read_lettered, read_slashed
from nlp.measures.places import (
    named_numbers,
    primed_numbers,
    promote_bracketed,
    read_columns,
    read_entries,
    read_parallel,
)
from nlp.measures.scan import Scan
from nlp.measures.times import (
    add_hours,
    add_time,
    read_dozen,
    read_hour_in_words,
    read_hours,
    read_minutes,
    read_vulgar,
)
from nlp.measures.totals import read_field, read_total
from nlp.measures.words import (
    AREA_UNIT,
    ASSISTANCE_OPENER,
    FIELD_OPENER,
    GROUP_OPENER,
    HOUR,
    HOUR_IN_WORDS,
    LENGTH_UNIT,
    LOAD_UNIT,
    MINUTE,
    MINUTES_KIND,
    SECOND,
    THESE,
    TOTAL_OPENER,
    UNIT,
    VULGAR,
)
from nlp.note import Mark, Measure
from nlp.text import NUMBER_WORDS, NoteText


def find_measures(note: NoteText, marks: list[Mark]) -> list[Measure]:
    """All stated quantities, by start.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> from nlp.marks import find_marks
    >>> note = read_text("Bike x 8 min after 6-minute walk test. TE 23, Total time 45 min")
    >>> [(m.kind, m.value) for m in find_measures(note, find_marks(note))]
    [('minutes', 8), ('other_time', 6), ('minutes', 23), ('total', 45)]
    """
    scan = Scan(note, named_numbers(note.flat, marks), primed_numbers(note.flat, marks))
    opening = _OPENING
    for index, norm in enumerate(note.norms):
        if norm[0] in "0123456789":
            _number(scan, index)
        elif norm in opening:
            for read in opening[norm]:
                read(scan, index)
    read_log(scan)
    read_chain(scan)
    tell_corrections(scan)
    read_slashed(scan)
    read_lettered(scan)
    read_chained(scan)
    promote_bracketed(scan)
    read_entries(scan)
    read_columns(scan)
    read_parallel(scan)
    dated = dated_rows(note)
    if dated.elsewhere:
        scan.found[:] = [
            replace(m, kind="other_time") if m.kind in _TIMES and dated.holds(m.start, m.end) else m
            for m in scan.found
        ]
    scan.found.sort(key=lambda m: (m.start, m.end))
    return scan.found


def _number(scan: Scan, index: int) -> None:
    """Whatever a number in digits can be."""
    start, end = scan.starts[index], scan.ends[index]
    digits = scan.norms[index]
    if start < scan.until or len(digits) > 9:
        return
    if read_list(scan, index) or read_glued_colon(scan, index) or read_age(scan, index):
        return
    following = scan.norm(index + 1)
    if (following == ":" or (len(digits) == 4 and end - start == 4)) and read_clock(scan, index):
        return
    if following in MINUTES_KIND and scan.norm(index + 2) in MINUTE and digits.isdecimal():
        add_time(scan, index, index + 2, int(digits))
        return
    if following == "of" and scan.norm(index + 2) in THESE and scan.norm(index + 3) in MINUTE and digits.isdecimal():
        add_time(scan, index, index + 3, int(digits))
        return
    if len(digits) < 5 or not digits.isdecimal():
        for read in _UNITS.get(following, ()):
            if read(scan, index):
                return
    if start < scan.set_end:
        return
    if start and scan.flat[start - 1] in "x X" and scan.norm(index - 1) == "x":
        scan.found.append(Measure(scan.starts[index - 1], end, "sets", 1.0))
    named = scan.named.get(start)
    if named is not None:
        scan.add(start, named.end, named.kind, named.value)
    elif len(digits) < 4 and digits.isdecimal() and not read_others(scan, start, end, int(digits)):
        read_bare(scan, index, index + 1, int(digits))


def _spelled(scan: Scan, index: int) -> None:
    """A number in words: minutes, people or set off like a time."""
    start = scan.starts[index]
    if start < scan.until:
        return
    value = NUMBER_WORDS[scan.norms[index]]
    if scan.flat[scan.ends[index] - 1] == "s" and value != 6:
        return
    end = index + 1
    if value >= 20 and 0 < NUMBER_WORDS.get(scan.norm(end), 0) < 10 and scan.gap(index) in ("-", " "):
        value += NUMBER_WORDS[scan.norms[end]]
        end += 1
    if not value:
        return
    if scan.norm(end) == "of" and scan.norm(end + 1) in THESE and scan.norm(end + 2) in MINUTE:
        add_time(scan, index, end + 2, value)
    elif scan.norm(end) in MINUTE or (scan.norm(end) in MINUTES_KIND and scan.norm(end + 1) in MINUTE):
        add_time(scan, index, end + (scan.norm(end) not in MINUTE), value)
    elif scan.norm(end) in HOUR:
        add_hours(scan, index, end, value)
    elif not read_others(scan, start, scan.ends[end - 1], value):
        read_bare(scan, index, end, value)


_TIMES = frozenset({"minutes", "bare", "total"})
"""Kinds that are another time under another day."""
_UNITS: dict[str, tuple[Callable[[Scan, int], bool], ...]] = {
    **dict.fromkeys(MINUTE, (read_minutes,)),
    **dict.fromkeys(HOUR, (read_hours,)),
    "'": (read_distance, read_minutes),
    "m": (read_minutes,),
    **dict.fromkeys(UNIT, (read_units,)),
    "x": (read_area, read_sets),
    "rep": (read_reps,),
    **dict.fromkeys(SECOND, (read_hold,)),
    **dict.fromkeys(LOAD_UNIT, (read_load,)),
    **dict.fromkeys(LENGTH_UNIT, (read_distance,)),
    **dict.fromkeys(AREA_UNIT, (read_area,)),
}


def _openings(
    *readers: tuple[Callable[[Scan, int], None], Iterable[str]],
) -> dict[str, tuple[Callable[[Scan, int], None], ...]]:
    """Readers by the word that calls them, in the order in which they are given."""
    out: dict[str, tuple[Callable[[Scan, int], None], ...]] = {}
    for read, words in readers:
        for word in words:
            out[word] = (*out.get(word, ()), read)
    return out


_OPENING = _openings(
    (read_spoken, SPOKEN_OPENER),
    (_spelled, [word for word, value in NUMBER_WORDS.items() if value]),
    (read_total, TOTAL_OPENER),
    (read_field, FIELD_OPENER),
    (read_assistance, ASSISTANCE_OPENER),
    (read_group, GROUP_OPENER),
    (read_another, ["with"]),
    (read_from_hour, ["from"]),
    (read_hour_in_words, HOUR_IN_WORDS),
    (read_dozen, ["dozen"]),
    (read_vulgar, VULGAR),
)
