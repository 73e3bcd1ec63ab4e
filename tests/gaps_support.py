"""What the tests of documentation checks share: the gaps of a note whose services are tagged."""

from __future__ import annotations

import re
from typing import Any

from corpus.payers import payer_named
from corpus.services import load_services, service_of_code
from corpus.tiers import graded_by
from models.claim.lines import Delivered, SharedTime, build_claim
from models.gaps import Gap, Supported, find_gaps
from models.minutes import allocate
from models.resolve import Stated, resolve
from models.tier import grade
from nlp.pipeline import parse
from nlp.staff import assistant_of

TAG = re.compile(r"\{\{(\w+)\|(.*?)\}\}", re.S)


def untag(tagged: str) -> tuple[str, dict[str, list[tuple[int, int]]]]:
    """The note, and per service the words that were tagged as its evidence."""
    text, spans, at = "", dict[str, list[tuple[int, int]]](), 0
    for match in TAG.finditer(tagged):
        text += tagged[at : match.start()]
        spans.setdefault(match[1], []).append((len(text), len(text) + len(match[2])))
        text += match[2]
        at = match.end()
    return text + tagged[at:], spans


def gaps_of(tagged: str, payer: str = "medicare", **options: Any) -> list[Gap]:
    """The gaps of a note whose services are tagged: everything as `Suggester.suggest` does it, but the ranking."""
    text, spans = untag(tagged)
    note = parse(text)
    decided = [
        frozenset(s for s, own in spans.items() if any(a < g.end and g.start < b for a, b in own))
        for g in note.segments or ()
    ]
    minutes = allocate(note, decided)
    profile = payer_named(payer)
    items, delivered = [], []
    for service, own in spans.items():
        graded = grade(note, service, own) if service in graded_by() else None
        stated = Stated(note, own, minutes.minutes.get(service), (), profile, None)
        for line in resolve(load_services()[service], stated):
            items.append(Supported(line.code, tuple(own), graded))
            delivered.append(Delivered(line.code, line.minutes, len(own)))
    shared = [
        SharedTime(tuple(x.code for x in delivered if set(service_of_code()[x.code]) & set(services)), n)
        for services, n in minutes.shared.items()
    ]
    claim = build_claim(
        delivered, profile, timed_total=minutes.timed, session_total=minutes.total, shared_times=shared
    )
    options.setdefault("assistant", assistant_of(note.text))
    return find_gaps(note, items, claim, profile, timed_total=minutes.timed, **options)


EX = "{{ther_ex|SLR 3x10 for quad strength 15 min}}"
EVAL = "PT eval. {{pt_eval|Fell 3 weeks ago, PLOF independent. ROM 0-95, MMT 4-/5, TUG 14 s.}} "
UHC_ONLY = "start-stop-missing"


def ids_of_gaps(tagged: str, payer: str = "medicare", **options: Any) -> set[str]:
    return {gap["id"] for gap in gaps_of(tagged, payer, **options)}
