"""The answer ``soapcode/1``: the same object from the library, the command line, HTTP and batch lines."""

from __future__ import annotations

from typing import TypedDict

SCHEMA = "soapcode/1"


class EvidenceItem(TypedDict):
    """Words and what they did to a code's score.

    ``contribution`` adds up over all segments of the note, cited or not: with S the sum,
    the probability is expit(slope * logit(1 - exp(-S)) + offset); see ``models.explain``.
    Items of ``against`` carry the support their words would have given had they counted, as a negative number.
    """

    start: int
    end: int
    text: str
    concept: str
    contribution: float
    because: str


class SuggestionItem(TypedDict):
    """One code of the ranking."""

    code: str
    name: str
    rank: int
    probability: float
    suggested: bool
    evidence: list[EvidenceItem]
    against: list[EvidenceItem]
    minutes: int | None
    units: int | None
    alternates: list[str]
    cautions: list[str]


class ClaimItem(TypedDict):
    """The claim as far as the note states it."""

    payer: str
    rule: str
    timed_minutes: int | None
    total_minutes: int | None
    lines: list[dict[str, object]]
    edits: list[dict[str, object]]
    gaps: list[dict[str, object]]


class InterventionItem(TypedDict):
    """One vocabulary phrase found in the note."""

    start: int
    end: int
    text: str
    concept: str
    status: str
    section: str
    minutes: int | None
    purpose: str | None


class Answer(TypedDict):
    """Everything soapcode says of a note."""

    schema: str
    note_sha256: str
    bundle: str
    suggestions: list[SuggestionItem]
    claim: ClaimItem
    interventions: list[InterventionItem]
