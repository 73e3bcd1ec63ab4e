"""Treatments that have no code here: a therapist who gave one is told so, and nothing is suggested for it (guide, section 4)."""

from __future__ import annotations

from models.shares import Usage
from models.suggester.reading import Reading

_TOLD = -4.6
"""Log-odds of delivery from which such a treatment counts as given: below it such words are mostly of wishes, offers and others' work."""


def uncoded_cautions(reading: Reading, usage: Usage) -> list[str]:
    """What to say of the treatments given at this visit that no service here is, each once.

    Parameters
    ----------
    reading : the note as the ranker saw it.
    usage : how a clinic bills concepts; what it bills is not without a code.
    """
    out: dict[str, None] = {}
    for segment, delivery in zip(reading.note.segments or (), reading.outputs.delivery.tolist(), strict=True):
        if segment.status == "performed" and delivery > _TOLD:
            for mention in segment.mentions:
                concept = mention.concept
                if concept.uncoded and concept.caution is not None and concept.id not in usage:
                    out[concept.caution] = None
    return list(out)
