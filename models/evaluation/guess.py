"""What a suggester said of a note, and what a careful coder gave it, with payer twins as one code."""

from __future__ import annotations

from dataclasses import dataclass, field

from corpus.catalogue import first_of_twins
from corpus.notes import LabelledNote
from models.contract import Answer


def concept_of(code: str) -> str:
    """The code under which payer twins are counted."""
    return first_of_twins(code)


@dataclass(frozen=True, slots=True)
class Guess:
    """What a suggester said of one note.

    Parameters
    ----------
    ranked : codes, the likeliest first.
    suggested : those it suggests.
    spans : per code the words cited, (start, end) in code points, end-exclusive; empty where it cites none.
    minutes : per code the minutes given, ``None`` where it gives none.
    probability : per code, in [0, 1]; empty where it has none.
    """

    ranked: tuple[str, ...]
    suggested: frozenset[str]
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    minutes: dict[str, int | None] = field(default_factory=dict)
    probability: dict[str, float] = field(default_factory=dict)


def guess_of(answer: Answer) -> Guess:
    """The contract's answer as a `Guess`; of two payers' codes of one concept the higher-ranked speaks."""
    items = answer["suggestions"]
    first = {concept_of(i["code"]): i for i in reversed(items)}
    return Guess(
        tuple(dict.fromkeys(concept_of(i["code"]) for i in items)),
        frozenset(concept_of(i["code"]) for i in items if i["suggested"]),
        {code: [(e["start"], e["end"]) for e in i["evidence"]] for code, i in first.items()},
        {code: i["minutes"] for code, i in first.items()},
        {code: i["probability"] for code, i in first.items()},
    )


def truth_of(note: LabelledNote) -> frozenset[str]:
    """The codes a careful coder gave, payer twins as one."""
    return frozenset(concept_of(c) for c in note.codes)
