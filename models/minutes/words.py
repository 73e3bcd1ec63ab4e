"""Steps by what words beside a time say that it is of: the last items, all that was told before it, a code, one day.

Each step takes what the services were given so far and returns what it gives anew.
"""

from __future__ import annotations

import re

from corpus.catalogue import load_catalogue
from corpus.code_form import CODE_FORM
from corpus.services import load_services, service_of_code
from models.minutes.times import TOTAL, Time
from models.minutes.traits import Given, Traits
from nlp.note import Segment
from nlp.text import NUMBER_WORDS

_OF_ENCOUNTER = frozenset({"minutes", "timed", "total", "clock"})
_SEEN = re.compile(
    r"\b(?:seen|treated|attended|worked with)(?: (?:today|here|for|from|one[- ]on[- ]one|1:1|face[- ]to[- ]face|by me|a total of|about|approximately|direct|in (?:the )?(?:clinic|home|school|gym))){0,4}[ \t]*$",
    re.I,
)
"""Before the time of the encounter."""
_OF = re.compile(r"\s+(?:worth\s+)?of\s", re.I)
_LAST_ITEMS = re.compile(
    r"\b(?:(?:last|these|those|previous|all) (?P<n>[2-9]|two|three|four|five|six)(?: (?:items?|exercises?|ex|activities|tasks|lines|drills|things|of (?:these|those|them)))?"
    r"|both (?:of (?:these|those|them)|items|exercises|activities|tasks))"
    r"(?: (?:together|combined|total|in total|took|were|was|for|x))*[ \t:=,–-]{1,4}(?:about |approx\.? )?[(\[]?$",
    re.I,
)
"""Before a time: how many of the items told before it it is of."""
_TOLD_BEFORE = re.compile(
    r"(?:\ball (?:of )?(?:that|this|these|those|the above)|\b(?:these|those|the above|that|this))(?: (?:all|together|took|lasted|was|were|ran|for|about|approx\.?|in|total|came to)){0,4}[ \t:=,(–-]{1,3}$",
    re.I,
)
"""Before a time: it is of what was told before it."""
_TOLD_BEHIND = re.compile(
    r"[ \t]{0,3}(?:for|on|in) (?:all of )?(?:these|those|(?:all )?(?:of )?(?:that|this)|the above)\b[ \t]*(?:[.,;)\n]|$)",
    re.I,
)
"""Behind a time: the same."""
_CORRECTION = re.compile(r"\b(?:correction|corrected|amended|amendment|revised)\b", re.I)
_OF_SESSION = re.compile(
    r"\btotal (?:time|min(?:ute)?s?)\b|\b(?:session|visit|encounter|treatment|tx|appointment|on site|in (?:the )?(?:clinic|building))\b",
    re.I,
)
"""In the words of a total or before it: it is the session's."""
_QUARTER, _BOUT = 15, 2
_OWN = frozenset({"minutes", "bracket", "worded", "clock"})
_CODED = frozenset({"minutes", "bare", "plain", "bracket", "worded"})
_CODE_BEHIND = re.compile(
    rf"[ \t]{{0,3}}(?:=|→|-{{1,2}}>|:)[ \t]{{0,3}}(?:CPT[ \t]{{1,3}})?(?P<code>{CODE_FORM})(?!\d)", re.I
)
_CODE_BEFORE = re.compile(
    rf"(?<!\d)(?P<code>{CODE_FORM})[ \t]{{0,3}}[:=(–→-]{{0,2}}[ \t]{{0,3}}(?:(?:first|initial|next|additional|add'?l|another|for)[ \t]{{1,3}}){{0,2}}$",
    re.I,
)


def of_the_encounter(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """The only service of a note, where no time was given it, with the one time someone was seen for: "Seen 62 min face to face"."""
    seen = [
        index
        for index, time in enumerate(traits.times)
        if time.kind in _OF_ENCOUNTER and time.done and _SEEN.search(traits.page.lead(time))
    ]
    only = len(traits.services) == 1 and not any(given.values())
    return {traits.services[0]: (seen[0],)} if only and len(seen) == 1 else {}


def of_its_own_work(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services of units of a quarter of an hour that were given a total of the session told apart from their work, with the times of
    that work instead (guide, section 5): "Functional testing 30 min ... Total time 45 min" is 30.

    Evaluations and programmes of hours or of a month may be the whole session, and keep its total.
    """
    times, segments, names = traits.times, traits.page.segments, traits.page.names
    out = {}
    for service, chosen in given.items():
        code = load_catalogue()[load_services()[service].codes[0]]
        totals = [
            i
            for i in chosen
            if times[i].kind == TOTAL
            and service not in (times[i].name_before, times[i].name_behind)
            and not names.is_total_of(times[i], service)
        ]
        if not totals or not code.timed or code.unit_minutes != _QUARTER:
            continue
        told = {
            segments[at].sentence
            for at, here in enumerate(traits.decided)
            if service in here and _names(segments[at], service)
        }
        of_session = {
            i
            for i in totals
            if segments[times[i].at].sentence not in told
            and _OF_SESSION.search(traits.page.lead(times[i]) + traits.page.flat[times[i].start : times[i].end])
        }
        if not of_session:
            continue
        taken = {i for other, theirs in given.items() if other != service for i in theirs}
        own = {
            i
            for i, t in enumerate(times)
            if t.kind in _OWN and t.inside and t.done and service in traits.decided[t.at]
        } - taken
        out[service] = tuple(sorted({*chosen, *own} - of_session))
    return out


def of_its_clause(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services that were given no time, with the only minutes that stand in clauses of theirs alone and are nobody's.

    However long: few notes of the corpus state more than an hour, so that their weights speak against it. A minute or two is a bout.
    """
    times, segments = traits.times, traits.page.segments
    taken = {i for chosen in given.values() for i in chosen}
    out: dict[str, tuple[int, ...]] = {}
    for service in [service for service, chosen in given.items() if not chosen]:
        own = [
            i
            for i, t in enumerate(times)
            if t.kind == "minutes"
            and t.value > _BOUT
            and t.inside
            and t.done
            and traits.decided[t.at] == {service}
            and _names(segments[t.at], service)
        ]
        if len(own) == 1 and not taken.intersection(own):
            out[service] = (own[0],)
    return out


def _names(segment: Segment, service: str) -> bool:
    """Whether a clause names a service, or a treatment that can be it."""
    return any(m.service == service for m in segment.marks) or any(
        service in m.concept.priors for m in segment.mentions
    )


def stopped(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services that were given no time, with the time after which they were stopped: "US begun; terminated after 3 min"."""
    out: dict[str, tuple[int, ...]] = {}
    for index, time in enumerate(traits.times):
        owners = traits.decided[time.at] if time.until_stopped else frozenset()
        if len(owners) == 1 and not given.get(*owners) and not any(index in chosen for chosen in given.values()):
            out.update(dict.fromkeys(owners, (index,)))
    return out


def of_each(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services without a time, told in one sentence with others before a time that is said of each, with that time:
    "treadmill & floor transfers, 15 min apiece".
    """
    out: dict[str, tuple[int, ...]] = {}
    last = -1
    for index, time in enumerate(traits.times):
        users = {service for service, chosen in given.items() if index in chosen}
        if time.each and time.inside and time.done and users:
            sentence = traits.page.segments[time.at].sentence
            told = [at for at in range(last + 1, time.at + 1) if traits.page.segments[at].sentence == sentence]
            here = {service for at in told for service in traits.decided[at]}
            out |= {service: (index,) for service in here & set(given) if not given[service]}
        last = time.at
    return out


def of_what_it_names(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services told before a time that is said to be "of" another, without it: "kneading, and after that fifteen minutes of exercise"."""
    out: dict[str, tuple[int, ...]] = {}
    for index, time in enumerate(traits.times):
        users = {service for service, chosen in given.items() if index in chosen}
        if len(users) < 2 or time.name_behind not in users or not _OF.match(traits.page.flat, time.end):
            continue
        for service in users - {time.name_behind} - time.row:
            if any(service in here for here in traits.decided[: time.at]):
                out[service] = tuple(i for i in out.get(service, given[service]) if i != index)
    return out


def of_last_items(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """A time said of the last so many items, taken from services told before these and given to those of the items without
    one: "Epley / foam stance / cone taps (last two: 24 min)".
    """
    out = dict(given)
    for index, time in enumerate(traits.times):
        said = _LAST_ITEMS.search(traits.page.flat, max(0, time.start - 60), time.start)
        if said is None or time.kind not in ("minutes", "bare", TOTAL) or time.each:
            continue
        count = 2 if said["n"] is None else NUMBER_WORDS.get(said["n"].lower()) or int(said["n"])
        first = time.at if time.inside else time.at - 1
        segments = traits.page.segments
        told = [
            at
            for at in range(first, -1, -1)
            if traits.decided[at] or any(mention.concept.priors for mention in segments[at].mentions)
        ]
        lines = sorted({segments[at].line for at in told}, reverse=True)[:count]
        items = {service for at in told[:count] for service in traits.decided[at]}
        near = items | {service for at in told if segments[at].line in lines for service in traits.decided[at]}
        for service, chosen in given.items():
            if index in chosen and service not in near:
                out[service] = tuple(i for i in chosen if i != index)
            elif not chosen and service in items:
                out[service] = (index,)
    return out


def of_what_was_told(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """A time said of all that was told before it, taken from services told only behind it: "rows, glides. All that took 25 min. Then foam".

    What was told before it reaches back to the last time.
    """
    out = dict(given)
    times = traits.times
    for index, time in enumerate(times):
        flat = traits.page.flat
        if not (_TOLD_BEFORE.search(flat, max(0, time.start - 40), time.start) or _TOLD_BEHIND.match(flat, time.end)):
            continue
        last = max((t.at for t in times[:index] if t.kind in ("minutes", "clock") and t.at < time.at), default=-1)
        told = {service for here in traits.decided[last + 1 : time.at + time.inside] for service in here}
        users = {service for service, chosen in out.items() if index in chosen}
        if users & told:
            for service in users - told:
                out[service] = tuple(i for i in out[service] if i != index)
    return out


def of_one_day(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Times that are added, less those of another day and those of rests, where some are of this visit's work."""
    out = {}
    for service, chosen in given.items():
        done = tuple(i for i in chosen if traits.times[i].done and traits.times[i].behind != "rest")
        if done and len(chosen) > 1:
            out[service] = done
    return out


def as_billed(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Of times that are added, those that correct the others, else the one said to be the service's total, else those written
    beside its code in sentences of their own: "Bike 10 min, leg press 5 min. Billing: 97110 - 15 min".
    """
    return {service: _billed(traits, chosen, service) for service, chosen in given.items()}


def _billed(traits: Traits, chosen: tuple[int, ...], service: str) -> tuple[int, ...]:
    """The times of a service that stand for all it was given."""
    page, times = traits.page, traits.times
    right = [i for i in chosen if _CORRECTION.search(page.lead(times[i]))]
    if len(chosen) > 1 and right:
        return tuple(right)
    totals = {time.value for time in times if page.names.is_total_of(time, service)} if len(chosen) > 1 else set()
    whole = [i for i in chosen if times[i].value in totals]
    if whole:
        return (whole[-1],)
    coded = [i for i in chosen if times[i].ends[-1:] in ("L", "S", "G") and page.names.is_coded(times[i])]
    said = {page.segments[times[i].at].sentence for i in coded}
    if coded and not any(page.segments[times[i].at].sentence in said for i in chosen if i not in coded):
        return tuple(coded)
    return chosen


def by_code(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services of which the writer sets several codes each beside a time, with these: "first 20 = 98980, add'l 22 = 98981"."""
    out: dict[str, tuple[int, ...]] = {}
    services = service_of_code()
    found: dict[str, dict[str, int]] = {}
    for index, time in enumerate(traits.times):
        code = _code_beside(traits.page.flat, time) if time.kind in _CODED else None
        if code in services and services[code][0] in given:
            found.setdefault(services[code][0], {}).setdefault(code, index)
    for service, of_code in found.items():
        if len(of_code) > 1:
            out[service] = tuple(sorted(of_code.values()))
    return out


def _code_beside(flat: str, time: Time) -> str | None:
    """The billing code that a sign or nothing parts from a time, before or behind it."""
    found = _CODE_BEHIND.match(flat, time.end) or _CODE_BEFORE.search(flat, max(0, time.start - 40), time.start)
    return found["code"].upper() if found else None
