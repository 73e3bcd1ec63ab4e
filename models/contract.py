"""The answer ``soapcode/1``: the same object from the library, the command line, HTTP and batch lines."""

from __future__ import annotations

from typing import TypedDict

from models.claim.lines import Claim
from models.gaps import Gap, RestsOn

SCHEMA = "soapcode/1"


class EvidenceItem(TypedDict):
    """Words and what they did to a code's score.

    ``contribution`` is the log-odds that these words alone give the code; ``models.explain`` says how the
    log-odds of all segments join to the probability. Items of ``against`` look like the service and were found not to be it.
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


def bare_item(code: str, name: str, minutes: int | None = None, units: int | None = None) -> SuggestionItem:
    """A code that nothing in the note supports, as one that a person or another line asks for."""
    return SuggestionItem(
        code=code,
        name=name,
        rank=0,
        probability=0.0,
        suggested=True,
        evidence=[],
        against=[],
        minutes=minutes,
        units=units,
        alternates=[],
        cautions=[],
    )


class TierPart(TypedDict):
    """One graded component of an evaluation.

    `level` is low, moderate or high, low where the note is silent (`stated` false); `outright` whether the note gives
    the level or number itself; `holds` whether it keeps the tier from being higher; `found` what it rests on.
    """

    name: str
    level: str
    stated: bool
    outright: bool
    holds: bool
    found: list[str]
    rests_on: list[RestsOn]
    doubt: str | None


class TierItem(TypedDict):
    """The tier of a suggested evaluation: `level` by the facts, `claimed` by the note's own words for it, `billed` that of the code.

    `billed` is above `level` where the note's own word stands and its facts are too thin to carry it; a gap says so then.
    """

    code: str
    level: str
    billed: str
    claimed: str | None
    components: list[TierPart]


class Review(TypedDict):
    """Whether a person should look at an answer before it is used: ``needed`` when its ``certainty`` lies below ``sure_from``, or
    when codes reach their thresholds in a note that reads like one without a service.

    Both are in [0, 1] and order answers; they are no probabilities (`models.certainty`). ``why`` is a sentence, ``None`` where no
    look is needed.
    """

    needed: bool
    certainty: float
    sure_from: float
    why: str | None


class ClaimItem(Claim):
    """The claim as far as the note carries it (`models.claim.lines.Claim`), evaluation tiers, what the note lacks, and whether a
    person should look at what is suggested; ``None`` where a person has chosen the codes or the threshold.
    """

    tiers: list[TierItem]
    gaps: list[Gap]
    review: Review | None


class InterventionItem(TypedDict):
    """One vocabulary phrase found in the note, or the name or code of a service.

    ``status`` is performed, planned, declined, home, history, negated, other, or finding or diagnostic of what is no treatment.
    ``alternates`` are codes that it would be one of and by itself is not, such as a reviewed home programme.
    """

    start: int
    end: int
    text: str
    concept: str
    status: str
    section: str
    minutes: int | None
    purpose: str | None
    alternates: list[str]


class Answer(TypedDict):
    """Everything soapcode says of a note."""

    schema: str
    note_sha256: str
    bundle: str
    suggestions: list[SuggestionItem]
    claim: ClaimItem
    interventions: list[InterventionItem]
