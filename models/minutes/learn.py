"""Learn the weights of the traits from the corpus' stated minutes: ``python -m models.minutes.learn``.

A conditional logit over the ways to give a service its times: those that come to the labelled minutes are right
(no time, where none is stated), and their likelihood together is made large. Two rounds find the ways worth
comparing; then the traits of all services together are learned on top, on scores of notes that were left out.
What segments support is taken from rankers that did not see the note, as at a visit.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from corpus.minutes import write_weights
from corpus.notes import LabelledNote, load_notes, read_notes
from corpus.services import load_services
from corpus.tables import DATA
from models.columns import COLUMN, SERVICES
from models.fitting import fit
from models.minutes.choose import SCALE, all_ways, best_ways, together, total_weight, traits_of
from models.minutes.traits import Trait, Traits
from models.numeric import Array, expit
from models.ranker import Ranker
from models.suggester import Suggester, sharing
from models.training import example_of, services_of, targets_of
from nlp.note import ParsedNote
from nlp.pipeline import parse

_WITH_ADD_ON = frozenset({"base_and_add_on", "month_minutes"})
_log = logging.getLogger("soapcode.minutes")
_FOLDS = 3
_LEAST_NOTES = 4
_PENALTY = 5.0
_SMALL = 0.02
_RULES_COUNT = 6


@dataclass(frozen=True, slots=True)
class Lesson:
    """A note's times with the minutes its services have: ``None`` where none are stated."""

    voice: str
    note: str
    traits: Traits
    minutes: Mapping[str, int | None]

    def is_right(self, service: str, chosen: Sequence[int]) -> bool:
        """Whether a way to give a service its times is as labelled."""
        wanted = self.minutes[service]
        return sum(self.traits.times[i].value for i in chosen) == wanted if wanted else not chosen


def labelled_minutes(note: LabelledNote) -> dict[str, int | None]:
    """Labelled minutes per service: of a base and its add-on by time together, of other codes of one service once."""
    out: dict[str, int | None] = {}
    for service, codes in services_of(note).items():
        stated = [note.minutes[c] for c in codes if c in note.minutes]
        added = load_services()[service].rule in _WITH_ADD_ON
        out[service] = (sum(stated) if added else max(stated)) if stated else None
    return out


def support_of(logits: Array, services: Sequence[str]) -> list[dict[str, float]]:
    """Per segment how strongly it supports each service."""
    values = expit(logits[:, [COLUMN[s] for s in services]])
    return [dict(zip(services, row, strict=True)) for row in values.tolist()]


class _Rows:
    """Ways to choose, grouped, with the traits of each."""

    def __init__(self) -> None:
        self.traits: list[Sequence[Trait]] = []
        self.base: list[float] = []
        self.right: list[bool] = []
        self.group: list[int] = []
        self.owner: list[str] = []

    def add(self, group: int, owner: str, traits: Sequence[Trait], base: float, *, right: bool) -> None:
        """Add a way."""
        self.group.append(group)
        self.owner.append(owner)
        self.traits.append(traits)
        self.base.append(base)
        self.right.append(right)


def learn(lessons: Sequence[Lesson], say: Callable[[str], None] = lambda _: None) -> dict[Trait, float]:
    """All weights: of single services, then of all together."""
    weights = _learn_single(lessons, say)
    voices = sorted({lesson.voice for lesson in lessons})
    fold = {voice: i % _FOLDS for i, voice in enumerate(voices)}
    rows = _Rows()
    for number in range(_FOLDS):
        outside = _learn_single([x for x in lessons if fold[x.voice] != number], say)
        for lesson in lessons:
            if fold[lesson.voice] == number:
                _add_together(rows, lesson, outside)
    say(f"together: {len(rows.right)} ways")
    return weights | _fit(rows, scaled=True)


def _learn_single(lessons: Sequence[Lesson], say: Callable[[str], None]) -> dict[Trait, float]:
    """Weights of the traits of one service's times."""
    weights: dict[Trait, float] = {}
    for _ in range(3):
        rows = _Rows()
        group = 0
        for lesson in lessons:
            for service in lesson.minutes:
                _add_single(rows, group, lesson, service, weights)
                group += 1
        weights = _fit(rows)
        say(f"single: {len(rows.right)} ways, {len(weights)} weights")
    return weights


def _add_single(rows: _Rows, group: int, lesson: Lesson, service: str, weights: Mapping[Trait, float]) -> None:
    traits = lesson.traits
    alone = {k: total_weight(pair, weights) for k, pair in traits.pairs[service].items()}
    ways = all_ways(alone, traits.times) if weights else [(), *((k,) for k in alone)]
    for chosen in ways:
        told = [t for k in chosen for t in traits.pairs[service][k]] + traits.of_set(service, chosen)
        rows.add(group, lesson.note, told, 0.0, right=lesson.is_right(service, chosen))


def _add_together(rows: _Rows, lesson: Lesson, weights: Mapping[Trait, float]) -> None:
    traits = lesson.traits
    if not traits.times:
        return
    group = rows.group[-1] + 1 if rows.group else 0
    ways = {s: best_ways(traits, s, weights) for s in lesson.minutes}
    found = [(given, score, sum(lesson.is_right(s, c) for s, c in given.items())) for given, score in together(ways)]
    most = max(right for _, _, right in found)
    for given, score, right in found:
        rows.add(group, lesson.note, traits.of_all(given), score, right=right == most)


def _fit(rows: _Rows, *, scaled: bool = False) -> dict[Trait, float]:
    """Weights that make the right ways of each group likely, small ones left out."""
    known = _known(rows)
    columns = {trait: i for i, trait in enumerate(known)}
    matrix = _matrix(rows, columns)
    base = np.asarray(rows.base)
    right = np.asarray(rows.right)
    start = np.flatnonzero(np.diff(rows.group, prepend=-1))
    group = np.repeat(np.arange(len(start)), np.diff(start, append=len(right)))
    prior = np.zeros(len(known) + 1)
    prior[-1] = 1.0

    def loss(w: Array) -> tuple[float, Array]:
        score = matrix @ w[:-1] + base * w[-1]
        odds = np.exp(score - np.maximum.reduceat(score, start)[group])
        whole = np.add.reduceat(odds, start)
        good = np.add.reduceat(odds * right, start)
        use = good > 0
        away = w - prior
        value = float(np.sum(np.log(whole[use]) - np.log(good[use]))) + _PENALTY / 2 * float(away @ away)
        slope = np.where(use[group], odds / whole[group] - odds * right / np.where(use, good, 1.0)[group], 0.0)
        return value, np.append(matrix.T @ slope, base @ slope if scaled else 0.0) + _PENALTY * away

    found = minimize(loss, prior.copy(), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    out = {trait: float(found[i]) for trait, i in columns.items() if abs(found[i]) >= _SMALL}
    return out | {SCALE: float(found[-1])} if scaled else out


def _known(rows: _Rows) -> list[Trait]:
    """Traits seen in several notes."""
    seen: dict[Trait, set[str]] = defaultdict(set)
    for traits, owner in zip(rows.traits, rows.owner, strict=True):
        for trait in traits:
            if len(seen[trait]) < _LEAST_NOTES:
                seen[trait].add(owner)
    return sorted(trait for trait, notes in seen.items() if len(notes) >= _LEAST_NOTES)


def _matrix(rows: _Rows, columns: Mapping[Trait, int]) -> sparse.csr_matrix:
    found = [[columns[t] for t in traits if t in columns] for traits in rows.traits]
    ends = np.cumsum([0, *map(len, found)])
    flat = np.fromiter((i for row in found for i in row), dtype=np.int64, count=int(ends[-1]))
    return sparse.csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(found), len(columns)))


def lessons_from(notes: Iterable[LabelledNote], ranker: Ranker) -> list[Lesson]:
    """Notes as a ranker reads them, their own codes being the suggested ones."""
    suggester = Suggester(ranker, "")
    out = []
    for note in notes:
        if note.codes:
            reading = suggester.read(note.text)
            wanted = np.isin(SERVICES, list(services_of(note)))
            out.append(lesson_read(note, reading.note, suggester.decided(reading, wanted), reading.logits))
    return out


def lesson_read(note: LabelledNote, parsed: ParsedNote, decided: Sequence[frozenset[str]], logits: Array) -> Lesson:
    """A note whose codes are known, with what its segments were found to support."""
    minutes = labelled_minutes(note)
    support = support_of(logits, sorted(minutes))
    return Lesson(note.voice, note.id, traits_of(parsed, sharing(parsed, decided), support), minutes)


def lesson_tagged(note: LabelledNote, name: str | None = None) -> Lesson:
    """A note with what its own tags say that its segments support."""
    parsed = parse(note.text)
    decided = [frozenset(SERVICES[c] for c in np.flatnonzero(row)) for row in targets_of(parsed, note)]
    traits = traits_of(parsed, sharing(parsed, decided))
    minutes = {s: m for s, m in labelled_minutes(note).items() if s in traits.services}
    return Lesson(note.voice, name or note.id, traits, minutes)


def rules() -> list[Lesson]:
    """The short stretches of ``corpus/data/minutes.notes``, each as often as `_RULES_COUNT` notes."""
    notes = read_notes(DATA / "minutes.notes")
    return [lesson_tagged(note, f"{note.id} {i}") for note in notes for i in range(_RULES_COUNT)]


def main() -> None:
    """Learn from the train notes and write ``corpus/data/minutes.csv``."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    notes = load_notes("train")
    count = Counter(n.voice for n in notes)
    half = {voice: i % 2 for i, (voice, _) in enumerate(count.most_common())}
    lessons = rules()
    for fold in (0, 1):
        _log.info("ranker %d of 2", fold + 1)
        ranker = fit([example_of(n) for n in notes if half[n.voice] != fold])
        lessons.extend(lessons_from([n for n in notes if half[n.voice] == fold], ranker))
    lessons.extend(lesson_tagged(n) for n in notes if n.codes)
    write_weights(learn(lessons, _log.info))


if __name__ == "__main__":
    main()
