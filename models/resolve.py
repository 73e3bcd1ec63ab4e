"""From a service to its code: rules on stated facts, one function per rule name of ``services.toml``."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from corpus.catalogue import load_catalogue
from corpus.payers import Payer
from corpus.services import Service
from models.claim.units import area_sizes, first_and_further
from models.tier import grade
from models.wording import minutes_in_words
from nlp.facts import (
    count_muscles,
    data_days,
    debrided_area,
    encounter_cues,
    find_facts,
    monitoring_days,
    within,
)
from nlp.note import Cue, ParsedNote
from nlp.text import NUMBER_WORDS, NoteText


@dataclass(frozen=True, slots=True)
class Stated:
    """What a rule may look at.

    Attributes
    ----------
    note : the parsed note.
    spans : words that support the service.
    minutes : minutes stated for the service.
    written : codes of the service the writer wrote and did not take back, in order.
    payer, date : of the claim.
    """

    note: ParsedNote
    spans: list[tuple[int, int]]
    minutes: int | None
    written: tuple[str, ...]
    payer: Payer
    date: dt.date | None


@dataclass(frozen=True, slots=True)
class Line:
    """One code a service became, with its minutes and what a person should know."""

    code: str
    minutes: int | None = None
    alternates: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()


def _single(service: Service, stated: Stated) -> list[Line]:
    return [Line(service.codes[0], stated.minutes)]


def _payer_twin(service: Service, stated: Stated) -> list[Line]:
    return [Line(stated.payer.code_for(service.codes[0]), stated.minutes)]


def _attendance(service: Service, stated: Stated) -> list[Line]:
    """Attended stimulation, but unattended where every sentence about it says that nobody was beside it and none the contrary."""
    text = stated.note.text
    facts = find_facts(text)
    ends = [m.start() for m in _SENTENCE_END.finditer(text.flat)]
    about = {bisect_right(ends, start) for start, _ in stated.spans}
    alone = {bisect_right(ends, c.start) for c in facts if c.label == "left_alone"}
    attended = {bisect_right(ends, c.start) for c in facts if c.label == "attended"}
    if about and about <= alone and not about & attended:
        return [Line(stated.payer.unattended_stim, stated.minutes, service.codes)]
    return [Line(service.codes[0], stated.minutes)]


_Where = Literal["beside", "told", "anywhere"]

# What speaks for a first and for a later encounter, strongest first, and where it is looked for: beside the service,
# in a sentence that names the device, anywhere in the note.
_ENCOUNTER_SIGNS: tuple[tuple[tuple[str, ...], tuple[str, ...], _Where], ...] = (
    (("first_encounter",), ("later_encounter",), "beside"),
    (("made_device",), ("remade_device",), "beside"),
    (("first_encounter",), ("later_encounter",), "told"),
    (("made_device", "new_device"), ("remade_device", "adjusted_device", "worn_device"), "beside"),
    ((), ("worn_device",), "told"),
    (("first_encounter",), ("later_encounter",), "anywhere"),
)
_SENTENCE_END = re.compile(r"[.;\n]")


def _encounter(service: Service, stated: Stated) -> list[Line]:
    """First or later encounter with a device; the first where the note does not say (guide section 3)."""
    first = service.codes[0]
    later = load_catalogue()[first].later_twin or first
    lead = _encounter_lead(stated.note.text, stated.spans)
    if lead:
        chosen, other = (first, later) if lead > 0 else (later, first)
        return [Line(chosen, stated.minutes, (other,))]
    caution = f"The note does not say whether this is the first encounter; a later one is {later}."
    return [Line(first, stated.minutes, (later,), (caution,))]


def tells_encounter(note: ParsedNote, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a note says if this is the first encounter with a device, or a later one.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> [tells_encounter(parse(t), [(0, len(t))]) for t in ("First fitting of wrist splint", "Wrist splint")]
    [True, False]
    """
    return _encounter_lead(note.text, spans) != 0


def _encounter_lead(text: NoteText, spans: Sequence[tuple[int, int]]) -> int:
    """By how many things the strongest signs speak for a first (above 0) or a later encounter; 0 where none does."""
    facts = [*find_facts(text), *encounter_cues(text)]
    places = {
        "beside": [c for c in facts if within(c.start, c.end, spans)],
        "told": _told_of_device(text, facts),
        "anywhere": facts,
    }
    for for_first, for_later, where in _ENCOUNTER_SIGNS:
        lead = _things(places[where], for_first) - _things(places[where], for_later)
        if lead:
            return lead
    return 0


def _things(facts: Sequence[Cue], wanted: Sequence[str]) -> int:
    """How many different things are stated under the wanted facts."""
    return len({(c.label, c.rule) for c in facts if c.label in wanted})


def _told_of_device(note: NoteText, facts: Sequence[Cue]) -> list[Cue]:
    """The facts in sentences that name an orthosis or prosthesis."""
    ends = [m.start() for m in _SENTENCE_END.finditer(note.flat)]
    devices = {bisect_right(ends, c.start) for c in facts if c.label == "device_word"}
    return [c for c in facts if bisect_right(ends, c.start) in devices]


def _tier(service: Service, stated: Stated) -> list[Line]:
    graded = grade(stated.note, service.id, stated.spans)
    others = sorted(
        (i for i in range(len(service.codes)) if abs(i - graded.tier) == 1 or i == graded.claimed),
        key=lambda i: (i != graded.claimed, i),
    )
    alternates = tuple(service.codes[i] for i in others if i != graded.tier)
    return [Line(service.codes[graded.tier], stated.minutes, alternates, graded.cautions)]


def _muscle_count(service: Service, stated: Stated) -> list[Line]:
    """Dry needling of few muscles or of many (facts section 4)."""
    few, many = service.codes
    least = load_catalogue()[many].least_muscles or 0
    muscles = count_muscles(stated.note.text, stated.spans)
    if muscles == 0:
        caution = f"The muscles needled are not named; {_in_words(least)} or more are {many}."
        return [Line(few, stated.minutes, (many,), (caution,))]
    return [Line(many if muscles >= least else few, stated.minutes)]


def _in_words(count: int) -> str:
    return next((word for word, value in NUMBER_WORDS.items() if value == count), str(count))


def _base_and_add_on(service: Service, stated: Stated) -> list[Line]:
    base, add_on = service.codes
    if stated.minutes is None:
        return [Line(base)]
    first, further = (_unit_minutes(code) for code in service.codes)
    if first_and_further(stated.minutes, first, further)[1]:
        return [Line(base, first), Line(add_on, stated.minutes - first)]
    return [Line(base, stated.minutes)]


def _unit_minutes(code: str) -> int:
    """Minutes in one unit of a code of which the loader made sure that it is timed."""
    return load_catalogue()[code].unit_minutes or 0


def _area(service: Service, stated: Stated) -> list[Line]:
    """The first stretch of debrided wound is the base code, what is beyond the add-on (guide section 3)."""
    base, add_on = service.codes
    first, further = area_sizes()
    area = debrided_area(stated.note.text, stated.spans)
    if area is None:
        caution = f"No wound area is stated; the first {first} sq cm are {base}, each further {further} are {add_on}."
        return [Line(base, stated.minutes, (), (caution,))]
    if area[0] > first:
        return [Line(base, stated.minutes), Line(add_on)]
    return [Line(base, stated.minutes)]


_DEVICES = ("movement_device", "respiratory_device", "cognitive_device")


def _device_kind(cues: Sequence[Cue]) -> int | None:
    """Which body system the words name most often: an index of `_DEVICES`."""
    counts = [sum(c.label == name for c in cues) for name in _DEVICES]
    return max(range(len(counts)), key=lambda i: (counts[i], i > 0)) if any(counts) else None


def _device_days(service: Service, stated: Stated) -> list[Line]:
    """Supply codes by what is monitored and by days of data, where a code for few of them is known on the day of service.

    Stretches that state days or devices of their own stand for supplies of their own: two devices, or a
    log of several periods (guide section 1: the union of the visits). Of the two codes of one device the writer's own wins.
    """
    text = stated.note.text
    facts = find_facts(text)
    near = [c for c in facts if within(c.start, c.end, stated.spans)]
    usual = next((k for k in (_device_kind(near), _device_kind(facts)) if k is not None), 0)
    kinds = _kinds_of(text, facts, stated.spans)
    days = [data_days(text, span) for span in stated.spans]
    supplies: list[tuple[int, int | None]] = [
        (usual if k is None else k, d) for k, each in zip(kinds, days, strict=True) for d in each
    ]
    if not supplies:
        total = monitoring_days(text, stated.spans)
        named = sorted({k for k in kinds if k is not None}) if total is None else []
        supplies = [(k, None) for k in named] or [(usual, total)]
    lines = {line.code: line for line in (_supply(service, k, d, stated.date) for k, d in supplies)}
    return [line for code, line in lines.items() if not _other_was_written(service, code, lines, stated.written)]


def _other_was_written(service: Service, code: str, found: Collection[str], written: Sequence[str]) -> bool:
    """Whether the writer names, of the two codes of one device's supply, only the other one, and the facts give it too."""
    at = service.codes.index(code)
    other = service.codes[(at + len(_DEVICES)) % len(service.codes)]
    return code not in written and other in written and other in found


def _kinds_of(note: NoteText, facts: Sequence[Cue], spans: Sequence[tuple[int, int]]) -> list[int | None]:
    """What each stretch monitors: by its own words, else by those before it in its line, up to the stretch before."""
    out = []
    for start, end in spans:
        line = note.flat.rfind("\n", 0, start) + 1
        since = max([line, *(b for _, b in spans if b <= start)])
        own = [c for c in facts if start <= c.start and c.end <= end]
        led = [c for c in facts if since <= c.start and c.end <= start]
        kind = _device_kind(own)
        out.append(_device_kind(led) if kind is None else kind)
    return out


def _supply(service: Service, kind: int, days: int | None, date: dt.date | None) -> Line:
    """The code of one supply on a day."""
    full, part = service.codes[kind], service.codes[kind + len(_DEVICES)]
    most, few = load_catalogue()[full], load_catalogue()[part]
    split = few.has_begun(date)
    if days is None:
        caution = f"The days of data are not stated; the code asks for at least {most.least_days} of 30."
        return Line(full, None, (part,) if split else (), (caution,))
    if days >= (most.least_days or 0):
        return Line(full)
    if split and days >= (few.least_days or 0):
        return Line(part)
    return Line(full, None, (), (f"{days} days of data are fewer than the code asks for.",))


def _month_minutes(service: Service, stated: Stated) -> list[Line]:
    """Management by minutes of the month: below those of the first code the short one, once it is known, and what is beyond it and one
    further increment (facts section 1).
    """
    first, further, short = service.codes
    catalogue = load_catalogue()
    least, step, few = (catalogue[code].unit_minutes or 0 for code in service.codes)
    begins, minutes = catalogue[short].begins, stated.minutes
    known = stated.date is None or begins is None or stated.date >= begins
    if minutes is None:
        return [Line(first, None, (short,) if known else (), ("The month's minutes are not stated.",))]
    if minutes >= least + step:
        return [Line(first, least), Line(further, minutes - least)]
    if minutes >= least:
        return [Line(first, minutes)]
    lacks = f"{minutes_in_words(minutes)} of the month {'is' if minutes == 1 else 'are'} fewer than the {{}} the code asks for."
    if known:
        return [Line(short, minutes, (first,), (lacks.format(few),) if minutes < few else ())]
    return [Line(first, minutes, (), (lacks.format(least),))]


RULES: dict[str, Callable[[Service, Stated], list[Line]]] = {
    "single": _single,
    "payer_twin": _payer_twin,
    "attendance": _attendance,
    "encounter": _encounter,
    "tier": _tier,
    "muscle_count": _muscle_count,
    "base_and_add_on": _base_and_add_on,
    "area": _area,
    "device_days": _device_days,
    "month_minutes": _month_minutes,
}


# Rules whose code the writer's own does not change: one code only, the payer's choice, or amounts.
_UNMOVED = frozenset({"single", "payer_twin", "base_and_add_on", "area", "tier"})
_WITH_ADD_ON = frozenset({"base_and_add_on", "month_minutes"})


def resolve(service: Service, stated: Stated) -> list[Line]:
    """The code or codes a service becomes; a code the writer wrote goes first.

    Guide section 2: the writer's own code is the strongest signal. The payer twin is an
    exception: the payer decides it; so is a tier, which `models.tier.grade` reads with what is stated below it. A base and an add-on code both written stand where no minutes are
    stated to tell, or just those of the base's increment.
    """
    lines = RULES[service.rule](service, stated)
    written = [c for c in stated.written if c in service.codes]
    if service.rule in _WITH_ADD_ON and set(service.codes[:2]) <= set(written):
        base, add_on = service.codes[:2]
        only_first = service.rule == "base_and_add_on" and stated.minutes == _unit_minutes(base)
        if stated.minutes is None or only_first:
            return [Line(base, stated.minutes), Line(add_on)]
    if service.rule in _UNMOVED or len(written) != 1 or len(lines) != 1 or written[0] == lines[0].code:
        return lines
    return [_as_written(written[0], lines[0])]


def _as_written(code: str, line: Line) -> Line:
    others = tuple(c for c in dict.fromkeys((line.code, *line.alternates)) if c != code)
    caution = f"The note names {code}, but the facts it states give {line.code}."
    return Line(code, line.minutes, others, (caution, *line.cautions))
