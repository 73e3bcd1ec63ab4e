"""Stated quantities: minutes, totals, clock times, units, doses, distance, assistance, group size.

Reading order: `find_measures` (all kinds), `_minutes` (treatment minutes and the times that are
none), then one small function per kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from spacy.language import Language
from spacy.tokens import Doc

from nlp.marks import marks_of
from nlp.note import Mark, Measure, ParsedNote
from nlp.store import parsed, write_spans
from nlp.text import NUMBER_WORDS, NoteText

_UNITS_WORD = "|".join(sorted((w for w, v in NUMBER_WORDS.items() if 0 < v < 10), key=len, reverse=True))
_TENS = "|".join(sorted((w for w, v in NUMBER_WORDS.items() if v >= 20), key=len, reverse=True))
_SPELLED = rf"(?:(?:{_TENS})(?:[- ](?:{_UNITS_WORD}))?|{'|'.join(sorted((w for w, v in NUMBER_WORDS.items() if 0 < v < 20), key=len, reverse=True))})"
_MIN = r"(?:min(?:ute)?s?(?![a-z])\.?)"
_MINUTES = re.compile(
    rf"(?<![\w.:/#$])(?:(?P<num>\d{{1,3}})(?P<half>\.5)?|(?P<word>\b{_SPELLED}))\s*(?:-|\s)?\s*"
    rf"(?:(?P<unit>{_MIN})|(?P<prime>'(?!['\w]|\s*\d+\s*\"))|(?P<m>(?<=\d)m(?![a-z/%]|\s*(?:walk|run|sprint|dash|shuttle|wt\b|w/s))))",
    re.I,
)
_HOURS = re.compile(
    rf"(?<![\w.:/])(?:(?P<num>\d{{1,2}}(?:\.\d+)?|{_SPELLED})\s*-?\s*(?:hours?|hrs?\b|hr\b)|(?P<half>half an hour|half hour)|(?P<one>an hour))"
    rf"(?:\s*(?:and)?\s*(?P<min>\d{{1,2}})\s*{_MIN})?",
    re.I,
)
_NOT_TREATMENT_BEFORE = re.compile(
    r"(?:after|within|for up to|up to|every|last(?:ed|s|ing)?|tolerat\w* (?:sitting|standing|walking)(?: for| x)?|(?:sit|stand|walk|drive|sleep)s?(?: for| x| only)?"
    r"|(?:able to|can) \w+(?: for| x)?|rest(?:ed|ing)?(?: break)?(?: for| x| of)?|arrived|late|wait(?:ed|ing)?(?: for)?|pain (?:after|at|with|for)|wear\w*(?: schedule)?(?: for| x)?"
    r"|on/|hold(?: for| x)?|held(?: for| x)?|goal|increase to|> ?|< ?|once|latency|took|until|break(?: x| of)?|recovery|over|within the|commute|per)\s*(?:about |approx\.? |~|another |an additional |only |the )?$",
    re.I,
)
_NOT_TREATMENT_AFTER = re.compile(
    r"\s*(?:-\s*)?(?:walk test|step test|walk\b(?=\s*(?:test|:|=|\d))|sit test|rest\b|rests?\b|break|late\b|early\b|hold|holds\b|per day|a day|/day|/d\b|daily|x/day|at home|a night|every|"
    r"x ?\d+/(?:day|d|wk)|of (?:sitting|standing|walking|driving) (?:before|tolerance|causes|increases)|before (?:pain|onset|needing|symptoms)|drive|commute|from (?:home|here)|on/|on,? \d+|ago|warm(?:/|,| to)|cool\b|hot(?:/|,)|cold(?:/|,)"
    r"|away|to (?:fall|settle|calm)|walk(?:s|ing)? to|post\b|apart|after (?:tx|treatment|exercise)|recovery|bouts?\b|intervals?\b|increments|left\b)",
    re.I,
)
_EXTENT_ALL = re.compile(
    r"\b(?:total(?:ing)?|in all|altogether|all of (?:that|this|the above|it)|combined|for (?:all|the lot)|everything)\b",
    re.I,
)
_TOTAL = re.compile(
    r"(?P<timed>\b(?:total\s+)?(?:timed(?:[ -]code)?|direct|one[- ]on[- ]one|1:1|billable|face[- ]to[- ]face|tct|skilled)(?:\s+(?:code|tx|treatment|therapy))?(?:\s+(?:time|min(?:ute)?s?))?)"
    r"|(?P<total>\b(?:tot(?:al)?|ttl|ttt|tt|tx time|treatment time|session(?: time| length)?|visit(?: time| length)?|duration|time)\b(?:\s+(?:treatment|tx|session|visit|therapy|appt))*(?:\s+(?:time|min(?:ute)?s?))?)",
    re.I,
)
_NUMBER_AFTER = re.compile(
    r"\s*(?:[:=~-]|is|was|of|x)*\s*(?P<num>\d{1,3})(?![\d.:/%]|\s*(?:x|reps?|ft|feet|lb|sec|visits?|/10|units?|u\b|wks?|weeks))",
    re.I,
)
_TOTAL_AFTER = re.compile(
    r"\s*(?:min(?:ute)?s?\.?\s*)?(?:total|tot\b|session|visit|in total|appt|treatment session|tx session)", re.I
)
_CLOCK = re.compile(
    r"(?<![\d:.])(?P<h1>[01]?\d|2[0-3]):?(?P<m1>[0-5]\d)\s*(?P<a1>[ap]\.?m?\.?)?\s*(?:-|to|until|til|→|/|,?\s*(?:time\s*)?(?:out|stop|end(?:ed)?)\s*(?:time)?:?)\s*(?P<h2>[01]?\d|2[0-3]):?(?P<m2>[0-5]\d)(?![\d/])\s*(?P<a2>[ap]\.?m?\.?)?",
    re.I,
)
_UNITS = re.compile(r"(?:x\s*)?(?P<num>\d)\s*(?:units?\b|u\b(?!/))", re.I)
_CODE_UNITS = re.compile(r"\s*(?:[a-z ]{0,24})?\(?\s*x\s*(?P<num>[1-8])\b(?!\s*(?:\d|min|'|/))", re.I)
_SETS = re.compile(
    r"(?<![\d.])\d{1,2}\s*x\s*\d{1,3}(?!\s*(?:ft|feet|'|cm|mm|in\b|m\b|yd))|\bx\s*\d{1,3}\s*(?:reps?|ea|each|b/l)?\b|\d{1,3}\s*reps?\b",
    re.I,
)
_HOLD = re.compile(
    r"(?P<num>\d{1,3})\s*(?:-\s*)?(?:sec(?:ond)?s?\b|s\b(?=\s*(?:hold|x|ea))|\"(?=\s*(?:hold|x|$|,)))", re.I
)
_LOAD = re.compile(r"(?P<num>\d{1,3}(?:\.\d)?)\s*(?P<unit>lbs?\b|#|pounds?\b|kgs?\b|kilos?\b)", re.I)
_DISTANCE = re.compile(
    r"(?P<num>\d{1,4})\s*(?P<unit>ft\b|feet\b|foot\b|meters?\b|metres?\b|yds?\b|yards?\b|'(?=\s*(?:x|with|w/|c\b|amb|fw|rw|using|cga|sba|min ?a|mod ?a)))",
    re.I,
)
_ASSIST = re.compile(
    r"\b(?P<ind>indep(?:endent(?:ly)?)?|mod(?:ified)? ?I\b|mod indep\w*)|\b(?P<sup>supervis\w+|SBA|stand ?by assist|S/U|set-?up|dist(?:ant)? sup\w*)|\b(?P<cga>CGA|contact guard\w*|CG)\b"
    r"|\b(?P<min>min(?:imal|imum)?[ -]?(?:A\b|assist\w*))|\b(?P<mod>mod(?:erate)?[ -]?(?:A\b|assist\w*))|\b(?P<max>max(?:imal|imum)?[ -]?(?:A\b|assist\w*))|\b(?P<dep>dep(?:endent)?\b|total[ -]?(?:A\b|assist\w*))",
    re.I,
)
_GROUP = re.compile(
    rf"\b(?:group|class|circuit|session)\s*(?:of|w/|with|size:?|\(|=|:)?\s*\(?(?P<a>\d{{1,2}}|{_SPELLED})\b(?!\s*(?:min|'|x|sets|reps|ft|weeks|goal))(?:\s*(?:pts?|patients?|people|participants|residents|others|members|ladies|men|kids))?"
    rf"|\b(?P<b>\d{{1,2}}|{_SPELLED})\s*(?:other\s+|total\s+)?(?:pts?|patients?|participants|residents|peers|kids|children|clients|workers|members)\b"
    r"|\bwith\s+(?P<c>another|a second|one other|1 other)\s+(?:pt|patient|resident|client)\b",
    re.I,
)
_AREA = re.compile(
    r"(?P<a>\d{1,3}(?:\.\d+)?)\s*(?:cm)?\s*x\s*(?P<b>\d{1,3}(?:\.\d+)?)\s*(?:x\s*\d+(?:\.\d+)?\s*)?cm|(?P<c>\d{1,3}(?:\.\d+)?)\s*(?:sq\.?\s*cm|cm2|cm²|cm\^2|square cent\w+)",
    re.I,
)
_AMBULATION = re.compile(
    r"\b(?:amb\w*|walk\w*|gait|hallway|hall|w/?c|prop\w*|fww|rw|2ww|4ww|rollator|carr\w+|lunge|sled|laps?|tandem|side ?step\w*|march\w*|braid\w*|//)\b",
    re.I,
)
_BRACKETED = re.compile(r"(?P<open>[\[({])\s*(?P<num>\d{1,2})\s*[\])}](?=\s*(?:[.,;\n]|$))")
_TRAILING = re.compile(r"(?:\s{2,}|\s[-=>]+\s*|\t)(?P<num>\d{1,2})\s*$")

_EXCLUSIVE = frozenset({"units", "distance"})


def word_number(word: str) -> int:
    """The value of a number in digits or words.

    Examples
    --------
    >>> word_number("twenty-five"), word_number("18")
    (25, 18)
    """
    if word.isdigit():
        return int(word)
    return sum(NUMBER_WORDS[part] for part in re.split(r"[- ]", word.lower()) if part)


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
    flat = note.flat
    found = [*_totals(flat), *_clock(flat)]
    taken = [(m.start, m.end) for m in found]

    def free(start: int, end: int) -> bool:
        return all(end <= a or b <= start for a, b in taken)

    for source in (_minutes(flat), _marked(flat, marks), _bracketed(flat), _trailing(note, marks), _column(note)):
        for measure in source:
            if free(measure.start, measure.end):
                found.append(measure)
                taken.append((measure.start, measure.end))
    found.extend(m for m in _plain(flat) if m.kind not in _EXCLUSIVE or free(m.start, m.end))
    found.sort(key=lambda m: (m.start, m.end))
    return found


def _totals(flat: str) -> Iterator[Measure]:
    for match in _TOTAL.finditer(flat):
        kind = "timed" if match["timed"] else "total"
        after = _NUMBER_AFTER.match(flat, match.end())
        if after is None:
            continue
        line = flat.rfind("\n", 0, match.start()) + 1
        before = flat[line : match.start()].rstrip()
        name = match[0].lower()
        if name == "time" and "total" not in before[-12:].lower():
            continue
        if name in ("visit", "session") and not re.match(r"\s*(?:x\s*)?\d{2,3}\s*(?:'|min)", flat[match.end() :]):
            continue
        if kind == "timed" and not re.search(r"time|min|timed|tct|1:1", name):
            continue
        value = int(after["num"])
        if value < 5 or (
            kind == "total" and re.search(r"\b(?:te|ex|mt|ta|gait|nmr|manual|ther\w*)\W*$", before, re.I)
        ):
            continue
        yield Measure(match.start(), after.end(), kind, value)


def _clock(flat: str) -> Iterator[Measure]:
    for match in _CLOCK.finditer(flat):
        raw = match[0]
        has_colon = raw.count(":") >= 1
        if not has_colon and not (
            len(match["h1"]) == 2 and re.search(r"\b(?:in|time|start|from)\b[^\n]{0,8}$", flat[: match.start()], re.I)
        ):
            continue
        begin = int(match["h1"]) * 60 + int(match["m1"])
        end = int(match["h2"]) * 60 + int(match["m2"])
        length = (end - begin) % (12 * 60)
        if 0 < length <= 480:
            yield Measure(match.start(), match.end(), "clock", length)


def _minutes(flat: str) -> Iterator[Measure]:
    for match in _MINUTES.finditer(flat):
        start, end = match.span()
        if match["num"]:
            start = match.start("num")
            value = int(match["num"])
        else:
            start = match.start("word")
            value = word_number(match["word"])
        if match["prime"]:
            line = flat.rfind("\n", 0, start) + 1
            clause = flat[max(line, start - 40) : start]
            follow = flat[end : end + 14]
            if (
                (value >= 20 and _AMBULATION.search(clause))
                or (re.match(r"\s*x\s*\d", follow) and value >= 10)
                or (re.search(r"\bx\s*$", clause) and re.search(r"\d\s*x\s*$", clause) and value >= 15)
            ):
                yield Measure(start, end, "distance", value)
                continue
        if value == 0 or value > 480:
            continue
        before = flat[max(0, start - 48) : start]
        before = before[before.rfind("\n") + 1 :]
        other = _NOT_TREATMENT_BEFORE.search(before) or _NOT_TREATMENT_AFTER.match(flat, end)
        if other is None and _TOTAL_AFTER.match(flat, end) and not re.search(r"[a-z]{3,}[^.;\n]*$", before, re.I):
            yield Measure(start, end, "total", value)
            continue
        if other is None and re.match(r"\s*(?:session|visit|appt)\b", flat[end : end + 10], re.I):
            yield Measure(start, end, "total", value)
            continue
        yield Measure(start, end, "other_time" if other else "minutes", value)
    for match in _HOURS.finditer(flat):
        if match["num"]:
            hours = float(match["num"]) if match["num"][0].isdigit() else float(word_number(match["num"]))
        else:
            hours = 0.5 if match["half"] else 1.0
        value = round(hours * 60) + (int(match["min"]) if match["min"] else 0)
        before = flat[max(0, match.start() - 48) : match.start()]
        other = _NOT_TREATMENT_BEFORE.search(before) or _NOT_TREATMENT_AFTER.match(flat, match.end())
        if 30 <= value <= 480:
            yield Measure(match.start(), match.end(), "other_time" if other else "minutes", value)


def _marked(flat: str, marks: list[Mark]) -> Iterator[Measure]:
    """Bare numbers beside a service name: "TA 16", "97110: 15", "NMR (12)"; "97110 x 2" are units."""
    for mark in marks:
        units = _CODE_UNITS.match(flat, mark.end)
        if units:
            yield Measure(units.start("num"), units.end("num"), "units", int(units["num"]))
            continue
        match = re.compile(
            r"\s*(?:[:=(\[@~-]|x\b|for\b|total\b|tot\b|time\b|\s)*(?P<num>\d{1,3})(?P<u>\s*(?:units?|u)\b)?(?=\s*(?:[)\],;|.\n]|$|m\b|\s[A-Z/&(-]|\s+\d{5}|\s+(?:and|then)\b))(?!\.\d|\s*x\s*\d)"
        ).match(flat, mark.end)
        if match is None:
            continue
        value = int(match["num"])
        if match["u"] or (mark.code and value <= 4):
            yield Measure(match.start("num"), match.end(), "units", value)
        elif 5 <= value <= 240:
            yield Measure(match.start("num"), match.end("num"), "minutes", value)


def _bracketed(flat: str) -> Iterator[Measure]:
    """Numbers in brackets at the ends of items, where the note does so at least twice."""
    found = [m for m in _BRACKETED.finditer(flat) if 3 <= int(m["num"]) <= 90]
    for kind in "[({":
        same = [m for m in found if m["open"] == kind]
        if len(same) >= 2:
            for match in same:
                yield Measure(match.start(), match.end(), "minutes", int(match["num"]))


def _trailing(note: NoteText, marks: list[Mark]) -> Iterator[Measure]:
    """A bare number set off at the end of a line that begins with a service name."""
    for line in note.lines:
        if any(m.role == "head" and line.start <= m.start <= line.start + 12 for m in marks):
            match = _TRAILING.search(note.flat[line.start : line.end])
            if match and 3 <= int(match["num"]) <= 120:
                at = line.start + match.start("num")
                yield Measure(at, line.start + match.end("num"), "minutes", int(match["num"]))


def _column(note: NoteText) -> Iterator[Measure]:
    """Numbers in a table column headed min, minutes or time."""
    column: int | None = None
    for line in note.lines:
        row = note.flat[line.start : line.end]
        if row.count("|") < 1:
            column = None
            continue
        cells: list[tuple[int, str]] = []
        at = 0
        for cell in row.split("|"):
            cells.append((at, cell))
            at += len(cell) + 1
        heads = [
            i
            for i, (_, cell) in enumerate(cells)
            if re.fullmatch(r"\s*(?:tx )?(?:min(?:ute)?s?|time|dur(?:ation)?)\.?(?:\s*\(min\))?\s*", cell, re.I)
        ]
        if heads:
            column = heads[-1]
            continue
        if column is not None and column < len(cells):
            offset, cell = cells[column]
            match = re.fullmatch(r"\s*(\d{1,3})\s*(?:min\.?|m|')?\s*", cell)
            if match and int(match[1]):
                begin = line.start + offset + match.start(1)
                yield Measure(begin, begin + len(match[1]), "minutes", int(match[1]))


def _plain(flat: str) -> Iterator[Measure]:
    """Kinds that are never confused with treatment minutes."""
    lower = flat.lower()
    for kind, pattern, triggers, value_of in _PLAIN:
        if any(trigger in lower for trigger in triggers):
            for match in pattern.finditer(flat):
                value = value_of(match)
                if value is not None:
                    yield Measure(match.start(), match.end(), kind, value)


def _first_number(match: re.Match[str]) -> float:
    return float(match["num"])


def _pounds(match: re.Match[str]) -> float:
    return float(match["num"]) * (2.205 if match["unit"].lower().startswith("k") else 1)


def _feet(match: re.Match[str]) -> float:
    unit = match["unit"].lower()
    return float(match["num"]) * (3.281 if unit.startswith("m") else 3 if unit.startswith("y") else 1)


def _assistance(match: re.Match[str]) -> float:
    return ("ind", "sup", "cga", "min", "mod", "max", "dep").index(match.lastgroup or "ind")


def _people(match: re.Match[str]) -> float | None:
    people = match["a"] or match["b"]
    size = word_number(people) if people else 2
    return size if match["c"] or 2 <= size <= 30 else None


def _square_cm(match: re.Match[str]) -> float:
    return float(match["c"]) if match["c"] else float(match["a"]) * float(match["b"])


_PLAIN: tuple[tuple[str, re.Pattern[str], tuple[str, ...], Callable[[re.Match[str]], float | None]], ...] = (
    ("units", _UNITS, ("u",), _first_number),
    ("sets", _SETS, ("x", "rep"), lambda _match: 1.0),
    ("hold", _HOLD, ("sec", "s ", '"'), _first_number),
    ("load", _LOAD, ("lb", "#", "pound", "kg", "kilo"), _pounds),
    ("distance", _DISTANCE, ("ft", "f", "met", "y", "'"), _feet),
    (
        "assist",
        _ASSIST,
        ("ind", "sup", "sba", "stand", "s/u", "set", "dist", "cg", "contact", "min", "mod", "max", "dep", "total"),
        _assistance,
    ),
    (
        "group",
        _GROUP,
        (
            "group",
            "class",
            "circuit",
            "session",
            "pt",
            "patient",
            "resident",
            "client",
            "people",
            "kids",
            "peers",
            "children",
            "workers",
            "members",
            "participants",
        ),
        _people,
    ),
    ("area", _AREA, ("cm",), _square_cm),
)


def measures_of(note: ParsedNote) -> list[Measure]:
    """Measures, found now if they were not."""
    if note.measures is None:
        note.measures = find_measures(note.text, marks_of(note))
    return note.measures


class Measures:
    """spaCy component ``soapcode_measures``: writes ``doc.spans[spans_key]``, label = kind, id = value.

    Parameters
    ----------
    nlp, name : as spaCy gives them.
    spans_key : where the spans go.
    """

    def __init__(self, nlp: Language, name: str, *, spans_key: str = "soapcode_measures") -> None:
        self.name = name
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        found = measures_of(parsed(doc))
        return write_spans(doc, self.spans_key, ((m.start, m.end, m.kind, f"{m.value:g}") for m in found))


@Language.factory("soapcode_measures", default_config={"spans_key": "soapcode_measures"}, assigns=["doc.spans"])
def create_measures(nlp: Language, name: str, spans_key: str) -> Measures:
    """Make the component."""
    return Measures(nlp, name, spans_key=spans_key)
