"""Days of service a text names: a text that holds two visits is not one claim (guide section 1: each visit alone)."""

from __future__ import annotations

import datetime as dt
import re

_DATE = (
    r"(?:(?P<m>\d{1,2})[/.-](?P<d>\d{1,2})(?:[/.-](?P<y>(?:20)?\d\d))?|(?P<y2>20\d\d)-(?P<m2>\d\d)-(?P<d2>\d\d)"
    r"|(?P<name>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?[ \t]+(?P<d3>\d{1,2})(?:st|nd|rd|th)?(?:,?[ \t]+(?P<y3>20\d\d))?)(?![\d/-])"
)
_DAY = re.compile(
    r"(?:(?:\b(?P<label>dos|date of service|service date|(?:visit|treatment|tx|session|encounter) date|date of (?:visit|treatment|session|encounter))"
    r"|^[ \t#*>-]{0,6}(?P<opens>date|visit|session|daily note|treatment note|progress note)(?:[ \t]+(?:no\.?[ \t]*|#)?\d{1,3}(?:(?!\d|[/.-]\d)(?:[ \t]+of[ \t]+\d{1,3})?|/\d{1,3}(?=[ \t:,(-]{1,3}\d{1,2}[/.-]\d{1,2}[/.-]\d)))?)"
    rf"[*_]{{0,2}}[ \t]*(?:[:=,(@–-]|on\b|of\b)?[*_]{{0,2}}[ \t]*{_DATE}"
    rf"|^[ \t#*>-]{{0,6}}{_DATE.replace('P<', 'P<l')}[ \t]*[:*]{{0,3}}[ \t]*$)",
    re.I | re.M,
)
_INLINE = re.compile(
    rf"(?:^|[.;\n][ \t]{{0,3}})[ \t#*>-]{{0,6}}(?:{_DATE.replace('P<', 'P<i')}|(?P<number>(?:visit|session|treatment)[ \t]*(?:no\.?|#)?[ \t]*\d{{1,3}}(?:[ \t]*\([^)\n]{{1,16}}\))?))[ \t]{{0,2}}:(?=[ \t])",
    re.I,
)
"""A date or a visit's number before its record in one line: "11/3/25: Therex 30 min"."""
_MINUTES = re.compile(r"\d[ \t]?(?:min|')", re.I)
_ANOTHERS = re.compile(
    r"\b(?:next|prior|previous|last|initial|first|past|original|surgery|referral|eval(?:uation)?|re-?eval|follow[- ]?up|return)[ \t]*$",
    re.I,
)
_TO_ANOTHER = re.compile(r"[ \t]{0,3}(?:-|–|to\b|thru\b|through\b|and\b|&|,)[ \t]{0,3}\d{1,4}[/.-]", re.I)
"""Behind a date that opens a span or a list of them."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LEAST = 25
"""Characters behind a day's heading before the next: fewer record no visit (a date beside a signature)."""


def days_told(flat: str, date: dt.date | None = None) -> list[str]:
    r"""A sentence where a text records visits of two days or more, or names another day of service than was given; else nothing.

    Parameters
    ----------
    flat : the text of the note.
    date : of service, as given with the note.

    Examples
    --------
    >>> one, two = "DOS 11/02/2026\nGait 20 min w/ SPC, cues for heel strike\n", "DOS 11/04/2026\nTherEx 20 min SLR w/ cues"
    >>> days_told(one + two)
    ['The text records visits of 2 days (11/2, 11/4); each day is a claim of its own, so give each visit alone.']
    >>> days_told(one + "Next visit date: 11/04/2026, gait on stairs and curbs")
    []
    >>> days_told(one, dt.date(2026, 11, 3))
    ['The note names 11/2 as its date of service, the claim is for 2026-11-03; one of them is wrong.']
    """
    heads = _heads(flat)
    if date is not None and any(m["label"] for m in heads):
        named = {_day(m) for m in heads}
        years = {_year(m) for m in heads} - {None, date.year}
        if len(named) == 1 and ((date.month, date.day) not in named or years):
            month, day = named.pop()
            year = f"/{years.pop()}" if len(years) == 1 else ""
            return [
                f"The note names {month}/{day}{year} as its date of service, the claim is for {date.isoformat()}; one of them is wrong."
            ]
    if len(heads) < 2:
        return _inline_days(flat)
    ends = [m.start() for m in heads[1:]] + [len(flat)]
    found = dict.fromkeys(
        _day(m) for m, end in zip(heads, ends, strict=True) if len(flat[m.end() : end].strip()) >= _LEAST
    )
    if len(found) < 2:
        return _inline_days(flat)
    days = ", ".join(f"{month}/{day}" for month, day in found)
    return [
        f"The text records visits of {len(found)} days ({days}); each day is a claim of its own, so give each visit alone."
    ]


def day_stated(flat: str, today: dt.date | None = None) -> tuple[dt.date | None, list[str]]:
    r"""The date of service that a text states itself, and a sentence that says so.

    It is taken where exactly one stands, with its year, behind a label ("DOS", "Date of service", "Visit date") or, where no label
    does, in a heading of the record ("Date: 11/02/2026", "DAILY NOTE 11/02/2026"). Of a label's date that is in no calendar
    the sentence says that it is not taken; one that is over a year old is taken, and the sentence says its age.

    Parameters
    ----------
    flat : the text of the note.
    today : the day now; that of the clock where absent.

    Examples
    --------
    >>> date, said = day_stated("Date of service: 11/02/2026\nGait 20 min w/ SPC", dt.date(2026, 11, 3))
    >>> date.isoformat(), said
    ('2026-11-02', ['The date of service is the one the note states, 2026-11-02; none was given with it.'])
    >>> day_stated("DOS 11/02/2026 to 11/20/2026\nGait 20 min w/ SPC")
    (None, [])
    """
    heads = _heads(flat)
    found = [m for m in heads if m["label"]] or [
        m for m in heads if m["opens"] and _year(m) and len(flat[m.end() :].strip()) >= _LEAST
    ]
    days = {(_year(m), *_day(m)) for m in found}
    if len(days) != 1 or any(_TO_ANOTHER.match(flat, m.end()) for m in found) or days_told(flat):
        return None, []
    year, month, day = days.pop()
    if year is None:
        return None, []
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return None, [
            f"The note states {month}/{day}/{year} as its date of service, which is no day of the calendar; give the right one."
        ]
    said = f"The date of service is the one the note states, {date.isoformat()}; none was given with it."
    old = date < (today or dt.date.today()) - dt.timedelta(366)
    return date, [f"{said[:-1]}, and it lies more than a year back, so see whether it is right." if old else said]


def day_to_come(date: dt.date | None, today: dt.date | None = None) -> list[str]:
    """A sentence where a date of service is still to come (billing facts section 5: no future date); else nothing.

    Parameters
    ----------
    date : of service.
    today : the day now; that of the clock where absent. A day more passes, since it has begun elsewhere.

    Examples
    --------
    >>> day_to_come(dt.date(2026, 11, 4), dt.date(2026, 11, 2))
    ['The date of service, 2026-11-04, is still to come; nothing can be billed for it yet.']
    >>> day_to_come(dt.date(2026, 11, 3), dt.date(2026, 11, 2))
    []
    """
    if date is None or date <= (today or dt.date.today()) + dt.timedelta(1):
        return []
    return [f"The date of service, {date.isoformat()}, is still to come; nothing can be billed for it yet."]


def _heads(flat: str) -> list[re.Match[str]]:
    """Where a text names a day of service: by a label, as a heading, or alone in its line."""
    return [m for m in _DAY.finditer(flat) if not _ANOTHERS.search(flat, max(0, m.start() - 20), m.start())]


def _inline_days(flat: str) -> list[str]:
    """The same where each visit, with minutes, stands in a line behind its date or number."""
    heads = list(_INLINE.finditer(flat))
    if len(heads) < 2:
        return []
    ends = [m.start() for m in heads[1:]] + [len(flat)]
    found = dict.fromkeys(
        m["number"] or "/".join(map(str, _day(m)))
        for m, end in zip(heads, ends, strict=True)
        if _MINUTES.search(flat, m.end(), end)
    )
    if len(found) < 2:
        return []
    return [
        f"The text records {len(found)} visits ({', '.join(found)}); each is a claim of its own, so give each visit alone."
    ]


def _day(match: re.Match[str]) -> tuple[int, int]:
    """Month and day of a date in any of its forms."""
    told = _told(match)
    if "name" in told:
        return _MONTHS.index(told["name"][:3].lower()) + 1, int(told["d3"])
    return int(told.get("m") or told["m2"]), int(told.get("d") or told["d2"])


def _year(match: re.Match[str]) -> int | None:
    """The year of a date in any of its forms, where it has one."""
    told = _told(match)
    year = told.get("y") or told.get("y2") or told.get("y3")
    return None if year is None else int(year) % 100 + 2000


def _told(match: re.Match[str]) -> dict[str, str]:
    """The parts of a date by the names of `_DATE`."""
    return {
        key[1:] if key[0] in "li" and key != "label" else key: value
        for key, value in match.groupdict().items()
        if value
    }
