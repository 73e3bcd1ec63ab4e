"""What services are called, and where a note calls one so: codes, names, acronyms, treatments that point to one service."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache

from corpus.code_form import CODE_FORM
from corpus.services import load_services, service_of_code
from nlp.interventions import find_mentions
from nlp.phrases import PhraseIndex, phrase_key
from nlp.text import NoteText

CODE = re.compile(
    rf"(?<![\w.])(?P<code>{CODE_FORM})(?:-?(?:G[NOP]|C[OQ]|KX|X[EPSU])(?!\w)|-59(?!\w)){{0,6}}(?:(?!\w)|(?=x[ \t]?\d))"
)
"""A code, also with modifiers behind it, or with its minutes glued to it by an x."""
_SHORT_CODE = re.compile(r"(?<![\w.:=/-])\d{3}(?==[1-9]\d?(?!\d))")
_SERIES = "97"
"""What codes of therapy begin with."""
_NAMING = frozenset({"program", "exercise", "technique", "modality", "task", "adl"})
_CLEAR, _FAINT = 0.6, 0.3


@dataclass(frozen=True, slots=True)
class Called:
    """A place where a note calls a service.

    Attributes
    ----------
    start, end : code points.
    services : what it may stand for, the likeliest first.
    named : whether it is a name or a code, not a treatment that points to a service.
    sure : whether it is no word of the language too: a code, an acronym in capitals, a modality or a technique.
    treatment : the kind of a treatment; empty for a name.
    """

    start: int
    end: int
    services: tuple[str, ...]
    named: bool
    sure: bool
    treatment: str = ""


@cache
def names() -> PhraseIndex[tuple[str, bool]]:
    """Names and acronyms of services, each with its service and whether it is an acronym."""
    entries: list[tuple[str, tuple[str, bool]]] = []
    for service in load_services().values():
        entries.extend((name, (service.id, False)) for name in service.names)
        entries.extend((name, (service.id, True)) for name in service.acronyms)
    return PhraseIndex(entries)


def is_name(words: str) -> bool:
    """Whether words are what a service or its code is called, in capitals or not.

    Examples
    --------
    >>> is_name("te"), is_name("97110"), is_name("Manual therapy"), is_name("manual therapy today")
    (True, True, True, False)
    """
    return bool(services_called(words))


@lru_cache(maxsize=4096)
def services_called(words: str) -> tuple[str, ...]:
    """The services that words are the name or the code of.

    Examples
    --------
    >>> services_called("te"), services_called("97140"), services_called("lunch")
    (('ther_ex',), ('manual',), ())
    """
    code = CODE.fullmatch(words)
    if code and code["code"] in service_of_code():
        return service_of_code()[code["code"]]
    key = phrase_key(words)
    for first, end, found in names().find(key):
        if (first, end) == (0, len(key)):
            return tuple(dict.fromkeys(service for service, _ in found))
    return ()


def called_in(note: NoteText) -> tuple[Called, ...]:
    """Where a note calls services, in order, none overlapping another; found once.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> [c.services for c in called_in(read_text("TE 20, IFC 15, lunch 30"))]
    [('ther_ex',), ('unattended_stim',)]
    """
    return note.once("services called", _find)


def _find(note: NoteText) -> tuple[Called, ...]:
    services = service_of_code()
    found = [
        Called(*match.span(), services[match["code"]], named=True, sure=True)
        for match in CODE.finditer(note.flat)
        if match["code"] in services
    ]
    found.extend(_short_codes(note))
    for first, end, payloads in names().find(note.norms, note.pairs):
        start, stop = note.starts[first], note.ends[end - 1]
        capitals = note.flat[start:stop].isupper() and not note.shouting
        if any(capitals or note.shouting or not acronym for _, acronym in payloads):
            who = tuple(dict.fromkeys(service for service, _ in payloads))
            sure = any(acronym for _, acronym in payloads) or end - first > 1
            found.append(Called(start, stop, who, named=True, sure=sure))
    found.sort(key=lambda called: called.start)
    return tuple(sorted([*found, *_treatments(note, found)], key=lambda called: called.start))


def _short_codes(note: NoteText) -> list[Called]:
    """Codes of which only the last three digits are written, each set equal to a number, several in a note: "124=25 140=10"."""
    services = service_of_code()
    found = [m for m in _SHORT_CODE.finditer(note.flat) if _SERIES + m[0] in services]
    if len({m[0] for m in found}) < 2:
        return []
    return [Called(*m.span(), services[_SERIES + m[0]], named=True, sure=True) for m in found]


def _treatments(note: NoteText, taken: list[Called]) -> list[Called]:
    """Treatments that point clearly to one service and stand where no name does."""
    starts = [called.start for called in taken]
    out = []
    for mention in note.once("mentions", find_mentions):
        priors = mention.concept.priors
        at = bisect_left(starts, mention.end)
        apart = at == 0 or taken[at - 1].end <= mention.start
        if mention.concept.kind in _NAMING and apart and max(priors.values(), default=0) >= _CLEAR:
            likely = sorted((s for s in priors if priors[s] >= _FAINT), key=lambda s: (-priors[s], s))
            sure = mention.concept.kind in ("modality", "technique")
            found = Called(
                mention.start, mention.end, tuple(likely), named=False, sure=sure, treatment=mention.concept.kind
            )
            out.append(found)
    return out
