"""How right the suggestions are, measured on labelled notes; and two baselines on the same notes.

97014 and G0283 are one concept with two payer faces and count as one code. "Lenient" forgives listed
alternates and the tier within PT or OT evaluations.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from corpus.notes import LabelledNote
from corpus.services import load_services
from models.contract import Answer

_SAME = {"G0283": "97014"}
_WORD = re.compile(r"\w+")


def concept_of(code: str) -> str:
    """The code under which payer twins are counted."""
    return _SAME.get(code, code)


def _tiers() -> dict[str, str]:
    return {c: s.id for s in load_services().values() if s.rule == "tier" for c in s.codes}


@dataclass(frozen=True, slots=True)
class Guess:
    """What a suggester said of one note: ranking of codes, those suggested, and, where it has them,
    words and minutes per code.
    """

    ranked: tuple[str, ...]
    suggested: frozenset[str]
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    minutes: dict[str, int | None] = field(default_factory=dict)
    probability: dict[str, float] = field(default_factory=dict)


def guess_of(answer: Answer) -> Guess:
    """The contract's answer as a `Guess`."""
    items = answer["suggestions"]
    return Guess(
        tuple(dict.fromkeys(concept_of(i["code"]) for i in items)),
        frozenset(concept_of(i["code"]) for i in items if i["suggested"]),
        {concept_of(i["code"]): [(e["start"], e["end"]) for e in i["evidence"]] for i in items},
        {concept_of(i["code"]): i["minutes"] for i in items},
        {concept_of(i["code"]): i["probability"] for i in items},
    )


def f1(tp: float, fp: float, fn: float) -> tuple[float, float, float]:
    """Precision, recall and F1; an empty denominator counts as 1."""
    precision = tp / (tp + fp) if tp + fp else 1.0
    recall = tp / (tp + fn) if tp + fn else 1.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _tokens(text: str, spans: Sequence[tuple[int, int]]) -> set[int]:
    return {m.start() for m in _WORD.finditer(text) if any(a < m.end() and m.start() < b for a, b in spans)}


def score(notes: Sequence[LabelledNote], guesses: Sequence[Guess]) -> dict[str, Any]:
    """All figures of a run.

    Returns
    -------
    ``micro_f1``, ``precision``, ``recall``, ``macro_f1`` (codes with at least 3 labels), ``lenient_f1``, ``exact``,
    ``top3``, ``empty`` and ``empty_kept`` (notes without service), ``traps`` and ``traps_kept``,
    ``evidence_f1``, ``minutes``/``minutes_right``/``minutes_invented``, ``per_code``.
    """
    tiers = _tiers()
    per: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    exact = top = top_of = empty = empty_kept = traps = traps_kept = 0
    lenient = [0, 0, 0]
    words = [0, 0, 0]
    minutes = right = invented = 0
    for note, guess in zip(notes, guesses, strict=True):
        gold = {concept_of(c) for c in note.codes}
        forgiven = {concept_of(c) for c in note.alternates}
        for code in gold | guess.suggested:
            per[code][0] += code in gold and code in guess.suggested
            per[code][1] += code not in gold
            per[code][2] += code not in guess.suggested
        exact += gold == guess.suggested
        loose_gold = {tiers.get(c, c) for c in gold}
        loose = {tiers.get(c, c) for c in guess.suggested}
        loose_forgiven = {tiers.get(c, c) for c in forgiven}
        lenient[0] += len(loose_gold & loose)
        lenient[1] += len(loose - loose_gold - loose_forgiven)
        lenient[2] += len(loose_gold - loose)
        top += sum(c in guess.ranked[: max(3, len(gold))] for c in gold)
        top_of += len(gold)
        empty += not gold
        empty_kept += not gold and not guess.suggested
        for code in note.codes:
            own = concept_of(code)
            if own not in guess.suggested:
                continue
            right_words = _tokens(note.text, [(e.start, e.end) for e in note.evidence if e.code == code])
            said = _tokens(note.text, guess.spans.get(own, []))
            words[0] += len(right_words & said)
            words[1] += len(said - right_words)
            words[2] += len(right_words - said)
            if code in note.minutes:
                minutes += 1
                right += guess.minutes.get(own) == note.minutes[code]
            elif guess.minutes.get(own) is not None:
                invented += 1
        wrong = guess.suggested - gold - forgiven
        for trap in note.traps:
            traps += 1
            traps_kept += not any(a < trap.end and trap.start < b for c in wrong for a, b in guess.spans.get(c, []))
    tp, fp, fn = (sum(v[i] for v in per.values()) for i in range(3))
    precision, recall, micro = f1(tp, fp, fn)
    frequent = [v for v in per.values() if v[0] + v[2] >= 3]
    return {
        "notes": len(notes),
        "micro_f1": micro,
        "precision": precision,
        "recall": recall,
        "macro_f1": float(np.mean([f1(*v)[2] for v in frequent])) if frequent else 0.0,
        "lenient_f1": f1(*lenient)[2],
        "exact": exact / max(1, len(notes)),
        "top3": top / max(1, top_of),
        "empty": empty,
        "empty_kept": empty_kept,
        "traps": traps,
        "traps_kept": traps_kept,
        "evidence_f1": f1(*words)[2],
        "minutes": minutes,
        "minutes_right": right,
        "minutes_invented": invented,
        "per_code": {
            c: {"f1": f1(*v)[2], "hit": v[0], "wrong": v[1], "missed": v[2]} for c, v in sorted(per.items())
        },
    }
