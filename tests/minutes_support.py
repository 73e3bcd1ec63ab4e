"""What the tests of stated minutes share: short names of services, and the allocation of a tagged note."""

from __future__ import annotations

from corpus.notes import parse_tagged
from corpus.services import service_of_code
from models.minutes import Allocation, allocate
from nlp.note import ParsedNote
from nlp.pipeline import parse

HEAT, MASSAGE, MANUAL, EX = "hot_cold", "massage", "manual", "ther_ex"
NEURO, GAIT, ACT, CARE = "neuro_reed", "gait", "ther_act", "self_care"
STIM, SOUND, COMMUNITY = "unattended_stim", "ultrasound", "community"


def read_tagged(tagged: str) -> tuple[ParsedNote, list[frozenset[str]]]:
    text, spans = parse_tagged(tagged)
    note = parse(text)
    decided = []
    for segment in note.segments or []:
        size = sum(map(str.isalnum, text[segment.start : segment.end])) or 1
        services = set()
        for code, start, end in spans:
            inside = text[max(start, segment.start) : min(end, segment.end)]
            if code in service_of_code() and sum(map(str.isalnum, inside)) * 2 >= size:
                services.add(service_of_code()[code][0])
        decided.append(frozenset(services))
    return note, decided


def allocated(tagged: str) -> Allocation:
    return allocate(*read_tagged(tagged))
