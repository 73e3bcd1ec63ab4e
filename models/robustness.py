"""How well the suggestions hold when words are unknown, letters wrong or writers new; whether the cited words
carry them; and how sure a note is.

Reading order: `robustness_report`, then what it measures: `without_forms`, `character_noise`, `by_group`,
`faithfulness`, `abstention` with `models.certainty`. Everything is a function of a suggester and notes; chance comes from seeds.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.notes import LabelledNote
from corpus.tables import paused_collector
from corpus.vocabulary import Concept, load_vocabulary
from models.certainty import SUREST, Limits, certainty_of, limits_of, service_of, why_a_person
from models.contract import Answer
from models.evaluation import Guess, f1, guess_of, score, tally, truth_of
from models.leaning import leanings_of
from models.suggester import Suggester
from nlp.interventions import index_of
from nlp.phrases import phrase_key

_WORD = re.compile(r"\w+")
_FIGURES = ("micro_f1", "precision", "recall", "exact", "top3", "empty_share")
_NEUTRAL = "z"
_SMALL = 5
_NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl", "p": "ol",
    "a": "qsz", "s": "awdx", "d": "sefc", "f": "drgv", "g": "fthb", "h": "gyjn", "j": "hukm", "k": "jil", "l": "kop",
    "z": "asx", "x": "zsdc", "c": "xdfv", "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip


class Ranks(Protocol):
    """What holds the thresholds: one per service, in the order of `models.columns.SERVICES`."""

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """Least probability that is suggested."""


class Suggests(Protocol):
    """Anything that answers like `models.suggester.Suggester`."""

    @property
    def ranker(self) -> Ranks:
        """Holder of the thresholds."""

    def suggest(self, text: str, payer: str = ...) -> Answer:
        """The contract's answer to a note."""


def answers_of(suggester: Suggests, notes: Sequence[LabelledNote]) -> list[Answer]:
    """The answers to the notes, each for its own payer."""
    return [suggester.suggest(n.text, n.payer or "medicare") for n in notes]


def abstention(
    notes: Sequence[LabelledNote], answers: Sequence[Answer], limits: Limits, share: float = SUREST
) -> dict[str, Any]:
    """How right the surest notes are, and why each of the rest needs a person.

    Parameters
    ----------
    share : of the notes that are taken without one, in [0, 1].

    Returns
    -------
    ``share``, ``notes``; shares of right code sets ``all``, ``surest`` and ``rest`` (``None`` of no notes); ``least``, the
    least certainty taken; ``needs_person``, a list of ``id``, ``certainty``, ``why``, least sure first.
    """
    sure = np.array([certainty_of(a, limits) for a in answers])
    right = np.array([truth_of(n) == guess_of(a).suggested for n, a in zip(notes, answers, strict=True)], dtype=float)
    order = np.argsort(-sure, kind="stable")
    cut = int(share * len(notes) + 1e-9)
    return {
        "share": share,
        "notes": len(notes),
        "all": _mean(right),
        "surest": _mean(right[order[:cut]]),
        "rest": _mean(right[order[cut:]]),
        "least": float(sure[order[cut - 1]]) if cut else None,
        "needs_person": [
            {"id": notes[i].id, "certainty": float(sure[i]), "why": _why(answers[i], limits)}
            for i in order[cut:][::-1]
        ],
    }


def _why(answer: Answer, limits: Limits) -> str:
    """Why a person should look: what the answer itself says, else what makes it least sure."""
    review = answer["claim"].get("review")
    return (review and review["why"]) or why_a_person(answer["suggestions"], limits)


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(values.mean()) if len(values) else None


def _reduced(share: float, seed: int) -> tuple[dict[str, Concept], int]:
    """The vocabulary without a random share of its spellings, and how many are gone.

    Spellings that matching evens out to the same words count as one: they go or stay together.
    """
    vocabulary = load_vocabulary()
    keys = {form: phrase_key(form) for concept in vocabulary.values() for form in concept.surface_forms}
    known = sorted(set(keys.values()))
    drawn = np.random.default_rng(seed).choice(len(known), size=round(share * len(known)), replace=False)
    gone = {known[i] for i in drawn}

    def kept(forms: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f for f in forms if keys[f] not in gone)

    reduced = {
        name: concept.model_copy(
            update={kind: kept(getattr(concept, kind)) for kind in ("forms", "acronyms", "misspellings")}
        )
        for name, concept in vocabulary.items()
    }
    return reduced, len(gone)


def without_forms(suggester: Suggester, share: float = 0.2, seed: int = 0) -> tuple[Suggester, int]:
    """A suggester that reads notes without a random share of the vocabulary's spellings, and how many are gone.

    They go from the index of mentions and from the leanings of single words. What the models learned from the whole vocabulary at
    training time stays. Spellings that matching does not tell apart count as one.

    Parameters
    ----------
    suggester : stays as it is.
    share : in [0, 1].
    seed : says which.

    Raises
    ------
    ValueError
        When the share is not in [0, 1].
    """
    if not 0 <= share <= 1:
        raise ValueError(f"the share of forms to leave out must lie in [0, 1], got {share}")
    with paused_collector():
        vocabulary, gone = _reduced(share, seed)
        index = index_of(vocabulary)
    ranker = replace(suggester.ranker, leaning=leanings_of(vocabulary))
    return Suggester(ranker, suggester.version, index), gone


def character_noise(text: str, rate: float = 0.02, seed: int = 0) -> str:
    r"""A text with typing mistakes: each letter is with the given chance swapped with the next, dropped, doubled or
    replaced by a neighbour on a QWERTY keyboard. All but letters stay as they are, so the length may change.

    Parameters
    ----------
    rate : chance per letter, in [0, 1].

    Raises
    ------
    ValueError
        When the rate is not in [0, 1].

    Examples
    --------
    >>> character_noise("bike 8 min\nMT 12'", rate=0.0)
    "bike 8 min\nMT 12'"
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"the rate of noise must lie in [0, 1], got {rate}")
    chance = np.random.default_rng(seed)
    hits = chance.random(len(text)) < rate
    kinds = chance.integers(0, 4, len(text))
    picks = chance.random(len(text))
    out: list[str] = []
    at = 0
    while at < len(text):
        letter = text[at]
        at += 1
        if not hits[at - 1] or not letter.isalpha():
            out.append(letter)
            continue
        kind = kinds[at - 1]
        if kind == 0 and at < len(text) and text[at].isalpha():
            out.append(text[at] + letter)
            at += 1
        elif kind == 1:
            continue
        elif kind == 2:
            out.append(_neighbour(letter, float(picks[at - 1])))
        else:
            out.append(letter * 2)
    return "".join(out)


def _neighbour(letter: str, pick: float) -> str:
    near = _NEIGHBOURS.get(letter.lower(), letter)
    found = near[int(pick * len(near))]
    return found.upper() if letter.isupper() else found


Key = Callable[[LabelledNote], str]


def style_of(note: LabelledNote) -> str:
    """A note's style without its particulars: what stands before the first comma."""
    return note.style.partition(",")[0].strip() or "not given"


def by_group(
    notes: Sequence[LabelledNote], guesses: Sequence[Guess], key: Key, least: int = _SMALL
) -> dict[str, dict[str, float]]:
    """Micro-F1 and exact sets per group of notes, and how far its F1 lies from that of all notes.

    Parameters
    ----------
    key : the group of a note.
    least : groups of fewer notes are pooled under ``"fewer than 5 notes each"``.

    Returns
    -------
    Per group ``notes``, ``micro_f1``, ``exact`` and ``difference``; lowest F1 first.
    """
    counts = tally(notes, guesses)
    sums = np.stack([part.sum(axis=1) for part in (counts.hit, counts.wrong, counts.missed)], axis=1)
    names = [key(n) for n in notes]
    sizes = Counter(names)
    rows: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(names):
        rows[name if sizes[name] >= least else f"fewer than {least} notes each"].append(row)
    overall = f1(*sums.sum(axis=0))[2]
    out: dict[str, dict[str, float]] = {}
    for name, own in rows.items():
        micro = float(f1(*sums[own].sum(axis=0))[2])
        exact = float(counts.counts[own, 0].mean())
        out[name] = {"notes": len(own), "micro_f1": micro, "exact": exact, "difference": float(micro - overall)}
    return dict(sorted(out.items(), key=lambda item: (item[1]["micro_f1"], item[0])))


def blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    r"""The text with letters and digits of the spans replaced by a letter that says nothing; all offsets stay.

    Examples
    --------
    >>> blanked("O: bike 8 min\nMT", [(3, 13)])
    'O: zzzz z zzz\nMT'
    """
    out = list(text)
    for start, end in spans:
        out[start:end] = [_NEUTRAL if c.isalnum() else c for c in out[start:end]]
    return "".join(out)


def _words(text: str, spans: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Words that the spans touch, and all others."""
    inside: list[tuple[int, int]] = []
    outside: list[tuple[int, int]] = []
    for word in _WORD.finditer(text):
        touched = any(a < word.end() and word.start() < b for a, b in spans)
        (inside if touched else outside).append(word.span())
    return inside, outside


def faithfulness(
    suggester: Suggests, notes: Sequence[LabelledNote], answers: Sequence[Answer], seed: int = 0
) -> dict[str, Any]:
    """Whether the cited words carry the suggestions: in what share of cases a suggested service falls below its threshold
    when they are blanked, and when as many random other words of the note are.

    Every suggested service is a case, right or not. Where a note has fewer other words than were cited, all of them go;
    cases without any other word count in the first share only.

    Returns
    -------
    ``cases``, ``cited`` (share that falls without the cited words, ``None`` without cases), ``random_cases``, ``random``,
    and ``cited_of_random_cases``: the first share over the cases that also have random words, for a fair comparison.
    """
    limits = limits_of(suggester.ranker.thresholds)
    chance = np.random.default_rng(seed)
    cited: list[bool] = []
    paired: list[tuple[bool, bool]] = []
    for note, answer in zip(notes, answers, strict=True):
        for item in answer["suggestions"]:
            spans = [(e["start"], e["end"]) for e in item["evidence"]]
            inside, outside = _words(note.text, spans)
            if not item["suggested"] or not inside or item["code"] not in limits:
                continue
            service = service_of(item, limits[item["code"]])[0]
            payer = note.payer or "medicare"
            falls = _falls(suggester.suggest(blanked(note.text, spans), payer), service, limits)
            cited.append(falls)
            if outside:
                drawn = chance.choice(len(outside), size=min(len(inside), len(outside)), replace=False)
                other = suggester.suggest(blanked(note.text, [outside[i] for i in drawn]), payer)
                paired.append((falls, _falls(other, service, limits)))
    pairs = np.array(paired, dtype=float).reshape(-1, 2)
    return {
        "cases": len(cited),
        "cited": _mean(np.array(cited, dtype=float)),
        "random_cases": len(pairs),
        "random": _mean(pairs[:, 1]),
        "cited_of_random_cases": _mean(pairs[:, 0]),
    }


def _falls(answer: Answer, service: str, limits: Limits) -> bool:
    """Whether no code of a service reaches the service's threshold any more."""
    return not any(
        item["probability"] >= threshold
        for item in answer["suggestions"]
        for name, threshold in limits.get(item["code"], ())
        if name == service
    )


_SHARE = 0.2
_RATE = 0.02


def _run(suggester: Suggests, notes: Sequence[LabelledNote]) -> dict[str, float]:
    found = score(notes, [guess_of(a) for a in answers_of(suggester, notes)])
    return {name: found[name] for name in _FIGURES}


def robustness_report(
    suggester: Suggests, notes: Sequence[LabelledNote], seed: int = 0, answers: Sequence[Answer] | None = None
) -> dict[str, Any]:
    """Everything this module measures, on labelled notes.

    Parameters
    ----------
    seed : of the forms left out, the typing mistakes and the random words.
    answers : to the notes as they are, where they were asked for already.

    Returns
    -------
    ``clean`` figures; ``without_forms`` and ``character_noise``: the same figures with what was done; ``voices`` and ``styles``
    (`by_group`); `faithfulness`; `abstention`.
    """
    answers = answers if answers is not None else answers_of(suggester, notes)
    guesses = [guess_of(a) for a in answers]
    clean = score(notes, guesses)
    noisy = [replace(n, text=character_noise(n.text, _RATE, seed + i)) for i, n in enumerate(notes)]
    poorer, gone = without_forms(suggester, _SHARE, seed) if isinstance(suggester, Suggester) else (suggester, 0)
    return {
        "seed": seed,
        "clean": {name: clean[name] for name in _FIGURES},
        "without_forms": {"share": _SHARE, "forms": gone, **_run(poorer, notes)},
        "character_noise": {"rate": _RATE, **_run(suggester, noisy)},
        "voices": by_group(notes, guesses, lambda n: n.voice),
        "styles": by_group(notes, guesses, style_of),
        "faithfulness": faithfulness(suggester, notes, answers, seed),
        "abstention": abstention(notes, answers, limits_of(suggester.ranker.thresholds)),
    }
