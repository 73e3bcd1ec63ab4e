"""Second labels: notes labelled again by a coder who saw neither the first labels nor the author's tags.

`agreement` says how far both agree, as the corpus stands after settling; what was settled how is told in
``corpus/README.md``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.catalogue import first_of_twins, load_catalogue
from corpus.errors import CorpusError, what_failed
from corpus.notes import LabelledNote
from corpus.tables import DATA


@dataclass(frozen=True, slots=True)
class SecondLabel:
    """What the second coder saw in a note.

    Attributes
    ----------
    id : of the note.
    codes : code -> minutes stated for it, or ``None``.
    """

    id: str
    codes: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two labellings agree.

    Attributes
    ----------
    notes : notes labelled twice.
    exact : share with the same set of codes.
    f1 : micro-F1 of the second against the first.
    kappa : Cohen's kappa over all pairs of note and code, chance-corrected.
    minutes : share of agreed codes with the same minutes (or none in both).
    differing : ids whose sets differ.
    """

    notes: int
    exact: float
    f1: float
    kappa: float
    minutes: float
    differing: tuple[str, ...]


@cache
def load_second(folder: Path = DATA / "second") -> dict[str, SecondLabel]:
    """All second labels by note id.

    Raises
    ------
    CorpusError
        Naming file and line: no JSON object with id and codes, an unknown code, an id that stands twice.
    """
    out: dict[str, SecondLabel] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not raw.strip():
                continue
            try:
                row = json.loads(raw)
                found = SecondLabel(row["id"], {c["code"]: c["minutes"] for c in row["codes"]})
            except (ValueError, KeyError, TypeError) as error:
                raise CorpusError(
                    path, number, f"a line must be an object with id and codes; {what_failed(error)}"
                ) from error
            unknown = sorted(set(found.codes) - set(load_catalogue()))
            if unknown:
                raise CorpusError(path, number, f"a code must be in the catalogue, got {unknown[0]!r}")
            if found.id in out:
                raise CorpusError(path, number, f"a note must be labelled a second time once, got {found.id!r} again")
            out[found.id] = found
    return out


def agreement(notes: Sequence[LabelledNote], second: Mapping[str, SecondLabel]) -> Agreement:
    """Compare first and second labels of the notes that have both; payer twins count as one code.

    Raises
    ------
    ValueError
        When no note has both.
    """
    both = [n for n in notes if n.id in second]
    if not both:
        raise ValueError("at least one of the notes must have a second label, got none")

    codes = sorted({first_of_twins(c) for n in both for c in (*n.codes, *second[n.id].codes)})
    hits = first_only = second_only = same = same_minutes = 0
    differing = []
    for note in both:
        a = {first_of_twins(c): note.minutes.get(c) for c in note.codes}
        b = {first_of_twins(c): m for c, m in second[note.id].codes.items()}
        shared = set(a) & set(b)
        hits += len(shared)
        first_only += len(set(a) - set(b))
        second_only += len(set(b) - set(a))
        same_minutes += sum(a[c] == b[c] for c in shared)
        if set(a) == set(b):
            same += 1
        else:
            differing.append(note.id)
    pairs = len(both) * len(codes)
    observed = 1 - (first_only + second_only) / pairs
    p, q = (hits + first_only) / pairs, (hits + second_only) / pairs
    chance = p * q + (1 - p) * (1 - q)
    return Agreement(
        len(both),
        same / len(both),
        2 * hits / max(1, 2 * hits + first_only + second_only),
        (observed - chance) / (1 - chance) if chance < 1 else 1.0,
        same_minutes / max(1, hits),
        tuple(differing),
    )
