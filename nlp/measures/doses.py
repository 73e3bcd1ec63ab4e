"""Quantities that are no time: units, sets, holds, loads, distances, areas, assistance, people."""

from __future__ import annotations

import re

from nlp.measures.scan import Scan, digits_value, word_number
from nlp.note import Measure
from nlp.text import NUMBER_WORDS

_SETS = re.compile(r"\s{0,40}x\s{0,40}\d{1,3}(?!\d|\s{0,40}(?:ft|feet|'|cm|mm|in\b|m\b|yd|min))", re.I)
_HOLD = re.compile(
    r"\s{0,40}-?\s{0,40}(?:sec(?:ond)?s?\b|s\b(?=\s{0,40}(?:hold|x|ea))|\"(?=\s{0,40}(?:hold|x|$|,)))", re.I
)
_LOAD = re.compile(r"\s{0,40}(?P<unit>lbs?\b|#|pounds?\b|kgs?\b|kilos?\b)", re.I)
_DISTANCE = re.compile(
    r"\s{0,40}(?P<unit>ft\b|feet\b|foot\b|meters?\b|metres?\b|yds?\b|yards?\b"
    r"|'(?=[ \t]{0,40}(?:x|with|w/|c\b|amb|fww?\b|rw|using|cga|sba|min ?a|mod ?a)))",
    re.I,
)
_AREA = re.compile(
    r"\s{0,40}(?:cm)?\s{0,40}x\s{0,40}(?P<b>\d{1,3}(?:\.\d+)?)\s{0,40}(?:x\s{0,40}\d+(?:\.\d+)?\s{0,40})?cm", re.I
)
_SQUARE = re.compile(r"\s{0,40}(?:sq\.?\s{0,40}cm|cm2|cm²|cm\^2|square cent\w+)", re.I)
_ASSIST = re.compile(
    r"(?P<ind>indep(?:endent(?:ly)?)?|mod(?:ified)? ?I\b|mod indep\w*)"
    r"|(?P<sup>supervis\w+|SBA|stand ?by assist|S/U|set-?up|dist(?:ant)? sup\w*)|(?P<cga>CGA|contact guard\w*|CG)\b"
    r"|(?P<min>min(?:imal|imum)?[ -]?(?:A\b|assist\w*))|(?P<mod>mod(?:erate)?[ -]?(?:A\b|assist\w*))"
    r"|(?P<max>max(?:imal|imum)?[ -]?(?:A\b|assist\w*))|(?P<dep>dep(?:endent)?\b|total[ -]?(?:A\b|assist\w*))",
    re.I,
)
_PEOPLE = r"(?:pts?|patients?|people|participants|residents|others|members|ladies|men|kids)"
_SPELLED = "|".join(sorted((w for w, v in NUMBER_WORDS.items() if 0 < v < 20), key=len, reverse=True))
_GROUP = re.compile(
    r"(?:group|class|circuit|session)\s{0,40}(?:of|w/|with|size:?|\(|=|:)?\s{0,40}\(?"
    rf"(?P<size>\d{{1,2}}|{_SPELLED})\b(?!:\d|\s{{0,40}}(?:min|'|x|sets|reps|ft|weeks|goal))(?:\s{{0,40}}{_PEOPLE})?",
    re.I,
)
_OTHERS = re.compile(
    r"\s{0,40}(?:other\s+|total\s+)?(?:pts?|patients?|participants|residents|peers|kids|children|clients|workers|members)\b"
    r"|\s{1,40}in (?:the|this|my|our|today's) (?:group|class)\b",
    re.I,
)
_REST = re.compile(r"\s{1,40}others\b", re.I)
_WITH = re.compile(r"(?:\bwith|\bw/)\s{0,40}$", re.I)
_ANOTHER = re.compile(r"with\s+(?:another|a second|one other|1 other)\s+(?:pt|patient|resident|client)\b", re.I)


def read_units(scan: Scan, index: int) -> bool:
    """Units: "2 units", "x 2 u"."""
    if len(scan.norms[index]) == 1 and scan.flat[scan.ends[index + 1] : scan.ends[index + 1] + 1] != "/":
        scan.found.append(Measure(scan.starts[index], scan.ends[index + 1], "units", float(scan.norms[index])))
        return True
    return False


def read_sets(scan: Scan, index: int) -> bool:
    """Sets: "3x10", "x 10 reps"."""
    match = _SETS.match(scan.flat, scan.ends[index])
    if match is None:
        return False
    scan.found.append(Measure(scan.starts[index], match.end(), "sets", 1.0))
    scan.set_end = match.end()
    return True


def read_reps(scan: Scan, index: int) -> bool:
    """Repetitions: "10 reps"."""
    scan.found.append(Measure(scan.starts[index], scan.ends[index + 1], "sets", 1.0))
    return True


def read_hold(scan: Scan, index: int) -> bool:
    """Seconds: "30 sec"."""
    match = _HOLD.match(scan.flat, scan.ends[index])
    if match:
        scan.found.append(Measure(scan.starts[index], match.end(), "hold", digits_value(scan.norms[index])))
    return match is not None


def read_load(scan: Scan, index: int) -> bool:
    """A load: "80#", "10 kg"."""
    match = _LOAD.match(scan.flat, scan.ends[index])
    if match:
        pounds = 2.205 if match["unit"].lower().startswith("k") else 1
        value = digits_value(scan.norms[index]) * pounds
        scan.found.append(Measure(scan.starts[index], match.end(), "load", value))
    return match is not None


def read_distance(scan: Scan, index: int) -> bool:
    """A distance: "150 ft", "20 meters"."""
    match = _DISTANCE.match(scan.flat, scan.ends[index])
    if match is None or (match["unit"] == "'" and (scan.starts[index] in scan.primed or is_beside_feet(scan, index))):
        return False
    unit = match["unit"].lower()
    feet = 3.281 if unit.startswith("m") else 3 if unit.startswith("y") else 1
    scan.add(scan.starts[index], match.end(), "distance", digits_value(scan.norms[index]) * feet)
    return True


def is_beside_feet(scan: Scan, index: int) -> bool:
    """Whether a number with a prime stands beside a longer way in feet in its line, so that it is minutes: "gait x 15' w/ RW 120 ft"."""
    value, start = digits_value(scan.norms[index]), scan.starts[index]
    if value > _MOST_BESIDE_FEET or _COUNTED_BEFORE.search(scan.flat, max(0, start - 8), start):
        return False
    before, behind = max(0, start - _BESIDE), start + _BESIDE
    begin, end = scan.flat.rfind("\n", before, start) + 1 or before, scan.flat.find("\n", start, behind)
    ways = _FEET.finditer(scan.flat, begin, end if end >= 0 else behind)
    return any(int(way["feet"]) >= _LONGER * value for way in ways)


_FEET = re.compile(r"(?<![\d.])(?P<feet>\d{2,4})[ \t]?(?:ft|feet)\b", re.I)
_COUNTED_BEFORE = re.compile(r"\d[ \t]{0,2}x[ \t]{0,2}$", re.I)
_BESIDE = 120
_MOST_BESIDE_FEET = 45
_LONGER = 3
"""Times a way in feet must be longer: a writer who says both "20'" and "30 ft" may mean feet by both."""


def read_area(scan: Scan, index: int) -> bool:
    """An area: "4 x 5 cm", "24 sq cm"."""
    end = scan.ends[index]
    by = _AREA.match(scan.flat, end)
    square = None if by else _SQUARE.match(scan.flat, end)
    match = by or square
    if match is None:
        return False
    value = digits_value(scan.norms[index]) * (float(by["b"]) if by else 1)
    scan.found.append(Measure(scan.starts[index], match.end(), "area", value))
    scan.until = max(scan.until, match.end())
    return True


def read_assistance(scan: Scan, index: int) -> None:
    """A level of assistance: "CGA", "min A", "independent"."""
    match = _ASSIST.match(scan.flat, scan.starts[index])
    if match:
        level = ("ind", "sup", "cga", "min", "mod", "max", "dep").index(match.lastgroup or "ind")
        scan.found.append(Measure(scan.starts[index], match.end(), "assist", level))


def read_group(scan: Scan, index: int) -> None:
    """People treated together: "group of 4"."""
    match = _GROUP.match(scan.flat, scan.starts[index])
    size = word_number(match["size"]) if match else 0
    if match and 2 <= size <= 30:
        scan.add(scan.starts[index], match.end(), "group", size)


def read_another(scan: Scan, index: int) -> None:
    """One more person: "with another patient"."""
    match = _ANOTHER.match(scan.flat, scan.starts[index])
    if match:
        scan.add(scan.starts[index], match.end(), "group", 2)


def read_others(scan: Scan, start: int, end: int, size: int) -> bool:
    """More people behind a number: "2 other patients", "5 in the group", "with 4 others"."""
    behind = _OTHERS.match(scan.flat, end) if 2 <= size <= 30 else None
    if behind is None and 2 <= size <= 30 and _WITH.search(scan.flat, max(0, start - 44), start):
        behind = _REST.match(scan.flat, end)
    if behind:
        scan.add(start, behind.end(), "group", size)
    return behind is not None
