"""Sorts of services, by how their times are told."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from corpus.catalogue import load_catalogue
from corpus.services import Sort, load_services

_TRAITS: Mapping[Sort, str] = {
    "treatment": "ex",
    "modality": "mod",
    "whole": "whole",
    "by_the_hour": "hours",
    "evaluation": "eval",
    "by_days": "days",
    "monitoring": "ex",
}
"""What the learned weights call each sort; they tell monitoring by the month no different from exercise."""


@cache
def sort_of(service: str) -> str:
    """A service's sort, as the traits name it."""
    return _TRAITS[load_services()[service].sort]


@cache
def timed_services() -> frozenset[str]:
    """Services billed by time."""
    codes = load_catalogue()
    return frozenset(s.id for s in load_services().values() if any(codes[code].timed for code in s.codes))
