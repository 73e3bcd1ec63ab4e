"""The services and the kinds of note as columns of arrays."""

from __future__ import annotations

import numpy as np

from corpus.services import evaluations, load_services

SERVICES: tuple[str, ...] = tuple(load_services())
COLUMN: dict[str, int] = {service: i for i, service in enumerate(SERVICES)}
EVALUATIONS: tuple[str, ...] = evaluations()
NOTE_KINDS: tuple[str, ...] = ("any", *EVALUATIONS)
EVALUATION_COLUMNS: dict[str, int] = {kind: COLUMN[kind] for kind in EVALUATIONS}
TREATMENTS = np.setdiff1d(np.arange(len(SERVICES)), list(EVALUATION_COLUMNS.values()))
"""Columns of the services that are no evaluation."""
