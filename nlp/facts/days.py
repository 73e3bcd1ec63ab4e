"""Days of data that a note of remote monitoring states."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlp.facts.scan import CLAUSE_END, NUMBER, area_words, around, number_of, within
from nlp.text import NoteText, Span

_MONTH_DAYS = r"(?:30|thirty|29|31|28)"
_OF_THIRTY = re.compile(
    rf"\b(?P<num>{NUMBER})\s*(?:(?:unique |distinct |separate |data |calendar |recorded )*days?\s*)?"
    rf"(?:\b(?:of|out of|in)\s+(?:the\s+)?(?:last\s+|past\s+|prior\s+|previous\s+)?{_MONTH_DAYS}\b(?!\s*(?:min|sec|ft|rep|/))"
    rf"|/\s*{_MONTH_DAYS}\s*(?:days?|d)\b|(?<=1[3-9])/30\b|(?<=2\d)/30\b)"
    rf"|\bdays?\b(?:\s+(?:of|with|w/)?\s*\w+){{0,2}}?\s*[:=]\s*(?P<behind>\d{{1,2}})\b(?!\s*/\s*\d)",
    re.I,
)
_DATA_WORD = r"(?:data|reading|transmi|record|log|sync|sent|monitor|report|entr|captur|upload|app\b|came in|in the (?:30|thirty)|supply|of use|usage|diary)"
_DAYS = re.compile(
    rf"\b(?P<num>{NUMBER})\s*(?P<kind>(?:(?:of|full|unique|distinct|separate|calendar|different|data|total|transmission|monitoring|reporting|logged|recorded|usable|valid|cbt|msk|app|resp|respiratory|use)\s+)*)(?:da?ys?\b|nights?\b|d\b(?=\s*(?:of\b|reported|logged|recorded|received|data|with data)))",
    re.I,
)
_OTHER_DAYS = re.compile(
    r"\s*(?:ago|post|after|later|before|old\b|per week|a week|/\s*w|out\b|window|since|early|off\b|count\b|per month)",
    re.I,
)
_WHOLE_MONTH = 3


def monitoring_days(note: NoteText, spans: Sequence[Span] = ()) -> int | None:
    """Days of data in a remote-monitoring note (1 to 31); ``None`` when not stated.

    Words that support the service go before the rest of the note; "N of 30 days" before days beside
    words for data, and those before any other count of days. How many a code needs is no count, and one of another
    period none beside one of this.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> monitoring_days(read_text("App opened 12 days ago; readings on 21 of 30 days. July was full, 27 days."))
    21
    >>> monitoring_days(read_text("Prior period 8 of 30 days; data on 19 of 30 days (16 of 30 days needed)"))
    19
    """
    usable = note.once("days", _days)
    best = min([c for c in usable if within(c[1], c[1], spans)] or usable, default=None)
    return best[2] if best else None


def data_days(note: NoteText, span: Span) -> list[int]:
    """Days of data that a stretch states: every "N of 30 days", else the first count, beside words for data if any.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> for words in ("May 21 of 30 days, June 9 of 30 days", "sensor, 25 days", "seen 3 days ago"):
    ...     print(data_days(read_text(words), (0, len(words))))
    [21, 9]
    [25]
    []
    """
    inside = sorted(c for c in note.once("days", _days) if within(c[1], c[1], [span]) and c[0] < _WHOLE_MONTH)
    sure = [days for doubt, _, days in inside if doubt == 0]
    return sure or [days for _, _, days in inside[:1]]


def _days(note: NoteText) -> list[tuple[int, int, int]]:
    """Counts of days: how doubtful they are (0 to 3), where they stand, how many."""
    found = [
        (0, match.start(), number_of(match["num"] or match["behind"])) for match in _OF_THIRTY.finditer(note.flat)
    ]
    for match in _DAYS.finditer(note.flat):
        if _OTHER_DAYS.match(note.flat, match.end()):
            continue
        start = max(0, match.start() - 64)
        clause = re.split(r"[.;\n]", note.flat[start : match.start()])[-1]
        clause += re.split(r"[.;\n]", note.flat[match.end() : match.end() + 48])[0]
        near = bool(match["kind"].strip()) or re.search(_DATA_WORD, clause, re.I) is not None
        value = number_of(match["num"])
        found.append((_WHOLE_MONTH if value >= 28 else 1 if near else 2, match.start(), value))
    found = [c for c in found if 1 <= c[2] <= 31 and not _is_called(note.flat, c[1], "days_needed")]
    return [c for c in found if not _is_called(note.flat, c[1], "another_period")] or found


def _is_called(flat: str, at: int, label: str) -> bool:
    """Whether words of a kind stand in the clause of a count."""
    return area_words(label).search(flat, *around(flat, (at, at), CLAUSE_END)) is not None
