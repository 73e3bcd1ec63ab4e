"""How right the suggestions are, measured on labelled notes.

Reading order: `Guess` (what any suggester said of a note), `tally` (counts per note), `score` (figures of their sums),
`intervals` and `advantage` (bootstrap over notes), `calibration`, `coverage`, `worst_mistakes`.

97014 and G0283 are one concept with two payer faces and count as one code. "Lenient" forgives listed
alternates and the tier within PT or OT evaluations. Every figure is a function of sums over notes, so that a resample
of the notes is a weighting of the rows of one table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.notes import LabelledNote
from corpus.services import load_services, service_of_code
from models.contract import Answer, EvidenceItem, SuggestionItem

Floats = NDArray[np.float64]
_SAME = {"G0283": "97014"}
_WORD = re.compile(r"\w+")
_FREQUENT = 3
BINS = 10
RESAMPLES = 1000


def concept_of(code: str) -> str:
    """The code under which payer twins are counted."""
    return _SAME.get(code, code)


@cache
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


def truth_of(note: LabelledNote) -> frozenset[str]:
    """The codes a careful coder gave, payer twins as one."""
    return frozenset(concept_of(c) for c in note.codes)


def f1(tp: float, fp: float, fn: float) -> tuple[float, float, float]:
    """Precision, recall and F1; an empty denominator counts as 1."""
    precision = tp / (tp + fp) if tp + fp else 1.0
    recall = tp / (tp + fn) if tp + fn else 1.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


COUNTS = (
    "exact",
    "lenient_exact",
    "lenient_hit",
    "lenient_wrong",
    "lenient_missed",
    "top",
    "labels",
    "empty",
    "empty_kept",
    "traps",
    "traps_kept",
    "words_hit",
    "words_wrong",
    "words_missed",
    "quoted",
    "minutes",
    "minutes_right",
    "minutes_unstated",
    "minutes_invented",
)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of a run, one row per note.

    Attributes
    ----------
    codes : every code labelled or suggested, in order.
    hit, wrong, missed : (notes, codes), each 0 or 1.
    counts : (notes, len(COUNTS)); ``minutes_unstated`` are rightly suggested codes the note states no minutes for.
    listed, believed, true : (notes, BINS): codes of the ranking by probability, their probabilities added up,
        and how many of them are labelled.
    cites, times, weighs : whether the suggester gave any words, minutes or probabilities at all.
    """

    codes: tuple[str, ...]
    hit: Floats
    wrong: Floats
    missed: Floats
    counts: Floats
    listed: Floats
    believed: Floats
    true: Floats
    cites: bool
    times: bool
    weighs: bool

    def __len__(self) -> int:
        return len(self.counts)


def tally(notes: Sequence[LabelledNote], guesses: Sequence[Guess]) -> Tally:
    """Count per note what was right, wrong and missed.

    Raises
    ------
    ValueError
        When there is not one guess per note.
    """
    codes = sorted({c for n, g in zip(notes, guesses, strict=True) for c in truth_of(n) | g.suggested})
    column = {code: i for i, code in enumerate(codes)}
    per_code = np.zeros((3, len(notes), len(codes)))
    counts = np.zeros((len(notes), len(COUNTS)))
    bins = np.zeros((3, len(notes), BINS))
    for row, (note, guess) in enumerate(zip(notes, guesses, strict=True)):
        truth = truth_of(note)
        said = guess.suggested
        for kind, some in enumerate((truth & said, said - truth, truth - said)):
            per_code[kind, row, [column[c] for c in some]] = 1
        found = _sets(note, guess) | _words(note, guess) | _minutes(note, guess) | _traps(note, guess)
        counts[row] = [found[name] for name in COUNTS]
        for code, probability in guess.probability.items():
            at = min(BINS - 1, int(probability * BINS))
            bins[:, row, at] += (1, probability, code in truth)
    return Tally(
        tuple(codes),
        hit=per_code[0],
        wrong=per_code[1],
        missed=per_code[2],
        counts=counts,
        listed=bins[0],
        believed=bins[1],
        true=bins[2],
        cites=any(spans for g in guesses for spans in g.spans.values()),
        times=any(m is not None for g in guesses for m in g.minutes.values()),
        weighs=any(g.probability for g in guesses),
    )


def _sets(note: LabelledNote, guess: Guess) -> dict[str, int]:
    tiers = _tiers()
    truth, said = truth_of(note), guess.suggested
    loose_truth = {tiers.get(c, c) for c in truth}
    loose = {tiers.get(c, c) for c in said}
    wrong = loose - loose_truth - {tiers.get(c, c) for c in map(concept_of, note.alternates)}
    top = guess.ranked[: max(3, len(truth))]
    return {
        "exact": truth == said,
        "lenient_exact": loose_truth <= loose and not wrong,
        "lenient_hit": len(loose_truth & loose),
        "lenient_wrong": len(wrong),
        "lenient_missed": len(loose_truth - loose),
        "top": sum(c in top for c in truth),
        "labels": len(truth),
        "empty": not truth,
        "empty_kept": not truth and not said,
    }


def _tokens(text: str, spans: Sequence[tuple[int, int]]) -> set[int]:
    return {m.start() for m in _WORD.finditer(text) if any(a < m.end() and m.start() < b for a, b in spans)}


def _words(note: LabelledNote, guess: Guess) -> dict[str, int]:
    """Words cited for rightly suggested codes, beside those labelled; codes without labelled words are not judged."""
    hit = wrong = missed = 0
    quoted = {e.code for e in note.evidence}
    found = [code for code in note.codes if code in quoted and concept_of(code) in guess.suggested]
    for code in found:
        right = _tokens(note.text, [(e.start, e.end) for e in note.evidence if e.code == code])
        said = _tokens(note.text, guess.spans.get(concept_of(code), []))
        hit += len(right & said)
        wrong += len(said - right)
        missed += len(right - said)
    return {"words_hit": hit, "words_wrong": wrong, "words_missed": missed, "quoted": len(found)}


def _minutes(note: LabelledNote, guess: Guess) -> dict[str, int]:
    found = [c for c in note.codes if concept_of(c) in guess.suggested]
    said = {c: guess.minutes.get(concept_of(c)) for c in found}
    return {
        "minutes": sum(c in note.minutes for c in found),
        "minutes_right": sum(c in note.minutes and said[c] == note.minutes[c] for c in found),
        "minutes_unstated": sum(c not in note.minutes for c in found),
        "minutes_invented": sum(c not in note.minutes and said[c] is not None for c in found),
    }


def _traps(note: LabelledNote, guess: Guess) -> dict[str, int]:
    """Words labelled as no service that no wrong, unforgiven suggestion cites."""
    forgiven = {concept_of(c) for c in note.alternates}
    spans = [s for c in guess.suggested - truth_of(note) - forgiven for s in guess.spans.get(c, [])]
    kept = sum(not any(a < trap.end and trap.start < b for a, b in spans) for trap in note.traps)
    return {"traps": len(note.traps), "traps_kept": kept}


def _ratio(part: Floats, whole: Floats, empty: float) -> Floats:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), empty)


def _rates(hit: Floats, wrong: Floats, missed: Floats) -> tuple[Floats, Floats, Floats]:
    """`f1` for arrays."""
    precision, recall = _ratio(hit, hit + wrong, 1.0), _ratio(hit, hit + missed, 1.0)
    return precision, recall, _ratio(2 * precision * recall, precision + recall, 0.0)


def _macro(hit: Floats, wrong: Floats, missed: Floats) -> dict[str, Floats]:
    """Means over codes with at least `_FREQUENT` labels; a code never suggested has precision 0."""
    frequent = hit + missed >= _FREQUENT
    number = frequent.sum(axis=1)
    each = {
        "macro_precision": _ratio(hit, hit + wrong, 0.0),
        "macro_recall": _rates(hit, wrong, missed)[1],
        "macro_f1": _rates(hit, wrong, missed)[2],
    }
    return {name: _ratio((values * frequent).sum(axis=1), number, 0.0) for name, values in each.items()}


def _figures(run: Tally, weights: Floats) -> dict[str, Floats]:
    """Figures of weighted notes: weights (resamples, notes) to one value per resample."""
    size = weights.sum(axis=1)
    per = [weights @ part for part in (run.hit, run.wrong, run.missed)]
    n = dict(zip(COUNTS, (weights @ run.counts).T, strict=True))
    precision, recall, micro = _rates(*(part.sum(axis=1) for part in per))
    lenient = _rates(n["lenient_hit"], n["lenient_wrong"], n["lenient_missed"])
    words = _rates(n["words_hit"], n["words_wrong"], n["words_missed"])
    listed, believed, true = (weights @ part for part in (run.listed, run.believed, run.true))
    return {
        "micro_f1": micro,
        "precision": precision,
        "recall": recall,
        **_macro(*per),
        "lenient_precision": lenient[0],
        "lenient_recall": lenient[1],
        "lenient_f1": lenient[2],
        "exact": _ratio(n["exact"], size, 0.0),
        "lenient_exact": _ratio(n["lenient_exact"], size, 0.0),
        "top3": _ratio(n["top"], n["labels"], 0.0),
        "evidence_precision": words[0],
        "evidence_recall": words[1],
        "evidence_f1": words[2],
        "empty_share": _ratio(n["empty_kept"], n["empty"], 1.0),
        "traps_share": _ratio(n["traps_kept"], n["traps"], 1.0),
        "minutes_share": _ratio(n["minutes_right"], n["minutes"], 1.0),
        "minutes_invented_share": _ratio(n["minutes_invented"], n["minutes_unstated"], 0.0),
        "ece": _ratio(np.abs(believed - true).sum(axis=1), listed.sum(axis=1), 0.0),
    }


_TOTALS = (
    "empty",
    "empty_kept",
    "traps",
    "traps_kept",
    "quoted",
    "minutes",
    "minutes_right",
    "minutes_unstated",
    "minutes_invented",
)


def figures_of(run: Tally) -> dict[str, Any]:
    """All figures of a tally; see `score`."""
    sums = dict(zip(COUNTS, run.counts.sum(axis=0), strict=True))
    found = _figures(run, np.ones((1, len(run))))
    per_code = {}
    for code, *parts in zip(run.codes, *(part.sum(axis=0) for part in (run.hit, run.wrong, run.missed)), strict=True):
        hit, wrong, missed = map(int, parts)
        rates = dict(zip(("precision", "recall", "f1"), f1(hit, wrong, missed), strict=True))
        per_code[code] = {**rates, "hit": hit, "wrong": wrong, "missed": missed}
    return {
        "notes": len(run),
        "labels": int(sums["labels"]),
        "suggested": int(run.hit.sum() + run.wrong.sum()),
        "hit": int(run.hit.sum()),
        **{name: float(values[0]) for name, values in found.items()},
        **{name: int(sums[name]) for name in _TOTALS},
        "per_code": per_code,
    }


def score(notes: Sequence[LabelledNote], guesses: Sequence[Guess]) -> dict[str, Any]:
    """All figures of a run.

    Shares lie in [0, 1]; an empty denominator counts as 1.

    Returns
    -------
    ``micro_f1``, ``precision``, ``recall``; ``macro_*`` (means over codes with at least 3 labels; a code never
    suggested has precision 0 there); ``lenient_*``; ``exact`` and ``lenient_exact`` (notes whose set is right);
    ``top3`` (labels among the first three, or as many as the note has); ``empty`` and ``empty_kept`` (notes without
    service); ``traps`` and ``traps_kept``; ``evidence_*`` (words of the ``quoted`` rightly suggested codes whose words are labelled); ``minutes``,
    ``minutes_right`` (equal to the stated ones), ``minutes_unstated``, ``minutes_invented`` (given where the note
    states none); ``ece`` (see `calibration`); ``per_code``.
    """
    return figures_of(tally(notes, guesses))


def resamples(notes: int, count: int = RESAMPLES, seed: int = 0) -> Floats:
    """How often each note is drawn in each bootstrap resample: (count, notes), rows add up to ``notes``."""
    if not notes:
        return np.zeros((count, 0))
    drawn = np.random.default_rng(seed).multinomial(notes, np.full(notes, 1 / notes), size=count)
    return np.asarray(drawn, dtype=np.float64)


def _interval(values: Floats, level: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def intervals(
    run: Tally, count: int = RESAMPLES, seed: int = 0, level: float = 0.95
) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    """Percentile bootstrap intervals over notes (Efron & Tibshirani 1993, ch. 13).

    Notes of one writer resemble one another, so for a new writer the truth can lie outside.

    Returns
    -------
    Low and high end per figure of `score` that is a share, and per code of its F1 over the resamples it occurs in.
    """
    weights = resamples(len(run), count, seed)
    overall = {name: _interval(values, level) for name, values in _figures(run, weights).items()}
    parts = [weights @ part for part in (run.hit, run.wrong, run.missed)]
    occurs = np.add.reduce(parts) > 0
    values = _rates(*parts)[2]
    per_code = {
        code: _interval(values[occurs[:, i], i], level) for i, code in enumerate(run.codes) if occurs[:, i].any()
    }
    return overall, per_code


def advantage(
    run: Tally, other: Tally, figure: str, count: int = RESAMPLES, seed: int = 0, level: float = 0.95
) -> tuple[float, float, float]:
    """How far a run is ahead of another on the same notes: the difference of a figure, with its paired interval.

    Raises
    ------
    ValueError
        When the runs are not of equally many notes.
    """
    if len(run) != len(other):
        raise ValueError(f"both runs must be of the same notes, got {len(run)} and {len(other)} notes")
    weights = np.vstack([np.ones((1, len(run))), resamples(len(run), count, seed)])
    found = _figures(run, weights)[figure] - _figures(other, weights)[figure]
    return float(found[0]), *_interval(found[1:], level)


def sign_test(more: int, fewer: int) -> float:
    """How likely at least ``more`` of ``more + fewer`` come out so when each is as likely either way, in [0, 1].

    One-sided and exact (Dixon & Mood 1946).

    Examples
    --------
    >>> sign_test(5, 0), sign_test(0, 5), sign_test(0, 0)
    (0.03125, 1.0, 1.0)
    """
    count = more + fewer
    return float(sum(math.comb(count, k) for k in range(more, count + 1)) / 2**count)


def calibration(run: Tally) -> list[dict[str, float]]:
    """The reliability curve: ranked codes in ten bins of equal width by probability.

    Codes below the ranking's least probability are in no bin: the many codes a note plainly does not support would make
    any model look calibrated. The expected calibration error ``ece`` of `score` is the bins' mean distance
    between ``said`` and ``right``, weighted by ``codes`` (Naeini et al. 2015).

    Returns
    -------
    Per bin ``low``, ``high``, ``codes`` and, where it has any, the mean probability ``said`` and the share
    labelled ``right``.
    """
    out = []
    sums = (part.sum(axis=0) for part in (run.listed, run.believed, run.true))
    for at, (listed, believed, true) in enumerate(zip(*sums, strict=True)):
        found = {"low": at / BINS, "high": (at + 1) / BINS, "codes": float(listed)}
        if listed:
            found |= {"said": float(believed / listed), "right": float(true / listed)}
        out.append(found)
    return out


def coverage(run: Tally, certainty: Sequence[float], steps: int = 20) -> list[dict[str, float]]:
    """Precision against coverage: only the surest notes are taken, from few to all.

    Parameters
    ----------
    certainty : per note, higher is surer; ties keep the notes' order.
    steps : points of the curve.

    Returns
    -------
    Per point the share of notes ``coverage``, their number ``notes``, and among them ``precision``, ``recall`` and ``exact``.

    Raises
    ------
    ValueError
        When there is not one certainty per note.
    """
    if len(certainty) != len(run):
        raise ValueError(f"there must be one certainty per note, got {len(certainty)} for {len(run)} notes")
    order = np.argsort(-np.asarray(certainty, dtype=np.float64), kind="stable")
    taken = sorted({round(len(run) * step / steps) for step in range(1, steps + 1)} - {0})
    out = []
    for number in taken:
        weights = np.zeros((1, len(run)))
        weights[0, order[:number]] = 1
        found = _figures(run, weights)
        shown = {name: float(found[name][0]) for name in ("precision", "recall", "exact")}
        out.append({"coverage": number / len(run), "notes": float(number), **shown})
    return out


Words = Sequence[EvidenceItem]
Lookup = Callable[[str, str], tuple[float, Words]]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong decision on one note.

    Attributes
    ----------
    note : the note's id.
    code : the code wrongly suggested, or missed.
    kind : ``"wrong"`` (suggested, not labelled), ``"missed"`` (labelled, not suggested), or ``"other code"`` (the right
        service, but another of its codes).
    instead : of the last kind, the code the coder gave.
    confidence : how sure the model was of it, in [0, 1].
    cited : words weighed for ``code``, with contribution and reason, strongest first.
    labelled : code points of the words the coder tagged for the missed code.
    remarks : what else the labels say of it, in plain words.
    """

    note: str
    code: str
    kind: str
    confidence: float
    instead: str | None = None
    cited: tuple[EvidenceItem, ...] = ()
    labelled: tuple[tuple[int, int], ...] = ()
    remarks: tuple[str, ...] = ()


def worst_mistakes(
    notes: Sequence[LabelledNote], answers: Sequence[Answer], most: int = 20, lookup: Lookup | None = None
) -> list[Mistake]:
    """The wrong decisions the model was surest of, surest first; ties by note and code.

    A wrong suggestion weighs its probability, a missed code what is left of 1. Where the service was found and a rule
    picked its code, that rule is as sure as the service was.

    Parameters
    ----------
    lookup : (text, code) to probability and nearest words of a code that is missing from the ranking; without it
        such a code counts as having probability 0.
    """
    found = [m for n, a in zip(notes, answers, strict=True) for m in _mistakes(n, a, lookup)]
    return sorted(found, key=lambda m: (-m.confidence, m.note, m.code))[:most]


def _same_service(code: str, other: str) -> bool:
    services = service_of_code()
    return bool(set(services.get(code, ())) & set(services.get(other, ())))


def _mistakes(note: LabelledNote, answer: Answer, lookup: Lookup | None) -> Iterable[Mistake]:
    items = {concept_of(i["code"]): i for i in reversed(answer["suggestions"])}
    truth = truth_of(note)
    suggested = sorted(code for code, item in items.items() if item["suggested"])
    missed = sorted(truth - set(suggested))
    for code in suggested:
        if code in truth:
            continue
        instead = next((m for m in missed if _same_service(code, m)), None)
        if instead is not None:
            missed.remove(instead)
        yield _wrong(note, code, items[code], instead)
    for code in missed:
        sibling = next((items[s] for s in suggested if _same_service(code, s)), None)
        yield _missed(note, code, answer, items.get(code), sibling, lookup)


def _wrong(note: LabelledNote, code: str, item: SuggestionItem, instead: str | None) -> Mistake:
    return Mistake(
        note.id,
        code,
        "wrong" if instead is None else "other code",
        item["probability"],
        instead,
        _strongest(item["evidence"]),
        _labelled(note, instead) if instead is not None else (),
        tuple(_remarks_on_wrong(note, code, item["evidence"], instead)),
    )


def _missed(
    note: LabelledNote,
    code: str,
    answer: Answer,
    item: SuggestionItem | None,
    sibling: SuggestionItem | None,
    lookup: Lookup | None,
) -> Mistake:
    if sibling is not None:
        confidence, words = sibling["probability"], sibling["evidence"]
    elif item is not None:
        confidence, words = 1 - item["probability"], item["evidence"]
    else:
        probability, nearest = lookup(note.text, code) if lookup is not None else (0.0, ())
        confidence, words = 1 - probability, list(nearest)
    remarks = tuple(_remarks_on_missed(note, code, answer, sibling))
    return Mistake(note.id, code, "missed", confidence, None, _strongest(words), _labelled(note, code), remarks)


def _strongest(words: Words) -> tuple[EvidenceItem, ...]:
    return tuple(sorted(words, key=lambda e: -e["contribution"]))


def _labelled(note: LabelledNote, code: str) -> tuple[tuple[int, int], ...]:
    return tuple((e.start, e.end) for e in note.evidence if concept_of(e.code) == code)


def _touches(words: Words, spans: Iterable[tuple[int, int]]) -> bool:
    return any(e["start"] < end and start < e["end"] for start, end in spans for e in words)


def _remarks_on_wrong(note: LabelledNote, code: str, cited: Words, instead: str | None) -> Iterable[str]:
    if code in map(concept_of, note.alternates):
        yield "the coder lists it as acceptable"
    reasons = sorted({t.why for t in note.traps if _touches(cited, [(t.start, t.end)])})
    if reasons:
        yield f"the coder marked words among these as no service of this visit ({', '.join(reasons)})"
    codes = sorted({e.code for e in note.evidence if e.code != instead and _touches(cited, [(e.start, e.end)])})
    if codes:
        yield f"the coder gave words among these to {', '.join(codes)}"


def _remarks_on_missed(
    note: LabelledNote, code: str, answer: Answer, sibling: SuggestionItem | None
) -> Iterable[str]:
    labelled = _labelled(note, code)
    if sibling is not None:
        yield f"the service was found, but a rule picked only {sibling['code']}"
        return
    chosen = [i["code"] for i in answer["suggestions"] if i["suggested"] and _touches(i["evidence"], labelled)]
    if chosen:
        yield f"the coder's words were given to {', '.join(chosen)}"
    item = next((i for i in answer["suggestions"] if concept_of(i["code"]) == code), None)
    if item is None:
        yield "it is not in the ranking at all"
        return
    reasons = [a["because"] for a in item["against"] if _touches([a], labelled)]
    if reasons:
        yield f"the coder's words were held to be no service of this visit ({reasons[0]})"
