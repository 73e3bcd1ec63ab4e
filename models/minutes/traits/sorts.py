"""Sorts of services, by how their times are told."""

from __future__ import annotations

from functools import cache

from corpus.catalogue import load_catalogue
from corpus.services import load_services
from models.minutes.names import EVALUATIONS

_BY_DAYS = frozenset({"rtm_device"})
_BY_THE_HOUR = frozenset({"performance_test", "work_hardening", "community"})
_WHOLE = frozenset({"group", "aquatic", "caregiver_training"})
_MODALITIES = frozenset(
    [
        "hot_cold",
        "ultrasound",
        "unattended_stim",
        "attended_stim",
        "mech_traction",
        "vasopneumatic",
        "paraffin",
        "whirlpool",
        "diathermy",
        "infrared",
        "ionto",
        "contrast_bath",
        "massage",
    ]
)


@cache
def sort_of(service: str) -> str:
    """Evaluation, device billed by days, programme by the hour, modality, a programme that is one whole, or exercise and the rest."""
    if service in EVALUATIONS:
        return "eval"
    if service in _BY_DAYS:
        return "days"
    if service in _BY_THE_HOUR:
        return "hours"
    return "mod" if service in _MODALITIES else "whole" if service in _WHOLE else "ex"


@cache
def timed_services() -> frozenset[str]:
    """Services billed by time."""
    codes = load_catalogue()
    return frozenset(s.id for s in load_services().values() if any(codes[code].timed for code in s.codes))
