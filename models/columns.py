"""The services and the kinds of note as columns of arrays."""

from __future__ import annotations

from corpus.services import evaluations, load_services

SERVICES: tuple[str, ...] = tuple(load_services())
COLUMN: dict[str, int] = {service: i for i, service in enumerate(SERVICES)}
EVALUATIONS: tuple[str, ...] = evaluations()
NOTE_KINDS: tuple[str, ...] = ("any", *EVALUATIONS)
