"""Why a service that reaches its threshold is not suggested: what a person is told, and whose its words are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.beside import load_never_beside
from corpus.services import Service, load_services
from models.columns import COLUMN, EVALUATIONS, SERVICES
from models.standing import Mask
from models.suggester.reading import EXAMINING
from nlp.note import ParsedNote, Segment
from nlp.undone import is_firm, is_plainly_undone


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why a service is not suggested.

    Attributes
    ----------
    says : a sentence for a person.
    because : why its words do not count, to stand beside each; empty where they count and something else decides.
    """

    says: str
    because: str = ""


def without_never_beside(suggested: Mask) -> Mask:
    """The suggested services less those that never stand beside another of them (``beside.toml``): (services,)."""
    out = suggested.copy()
    for name, rule in load_never_beside().items():
        if any(suggested[COLUMN[other]] for other in rule.never):
            out[COLUMN[name]] = False
    return out


def counts(note: ParsedNote, segment: Segment, service: str) -> bool:
    """Whether what a segment tells of counts for a service: it was done, or, for an evaluation, found, asked or past."""
    if service in EVALUATIONS:
        return segment.status in EXAMINING
    return (
        segment.status == "performed"
        and segment.ticked is not False
        and not (is_firm(note, segment) or is_plainly_undone(note, segment))
    )


def why_withheld(
    note: ParsedNote, reached: Mask, suggested: Mask, cited: Mapping[int, Sequence[int]]
) -> dict[int, Withheld]:
    """Of each service that reached its threshold and is not suggested, why; by column.

    Parameters
    ----------
    note : the parsed note.
    reached, suggested : (services,), before and after what stands behind the ranker.
    cited : column -> the segments that carry the service.
    """
    segments = note.segments or []
    out: dict[int, Withheld] = {}
    for column in np.flatnonzero(reached & ~suggested).tolist():
        service = load_services()[SERVICES[column]]
        own = [segments[i] for i in cited.get(column, ())]
        out[column] = _why(note, service, own, suggested)
    return out


def _why(note: ParsedNote, service: Service, own: Sequence[Segment], suggested: Mask) -> Withheld:
    rule = load_never_beside().get(service.id)
    other = next((o for o in rule.never if suggested[COLUMN[o]]), None) if rule else None
    if rule and other:
        return Withheld(rule.says.format(other=load_services()[other].name))
    if own and not any(counts(note, segment, service.id) for segment in own):
        return Withheld("None of its words tells of work that was done at this visit.")
    taker = next((load_services()[o] for o in _takers(service) if suggested[COLUMN[o]]), None)
    if taker:
        told = f"taken for {taker.name} ({taker.codes[0]}), which is suggested"
        return Withheld(f"Its words are {told}; they are not counted for both.", told)
    if service.needs:
        return Withheld("Words that the service needs beside its own are not in the note.")
    return Withheld("Its words were found to tell of no work under this code.")


def _takers(service: Service) -> list[str]:
    """The services that a service's words can be taken for, those it gives way to first."""
    others = load_services().values()
    return [
        *service.yields_to,
        *service.part_of,
        *service.named_within,
        *service.never_with,
        *service.coded_within,
        *service.rivals,
        *(o.id for o in others if service.id in o.rivals or service.id in o.replaces),
    ]
