"""``soapcode train --notes``: a clinic's notes in, a measured bundle out, a switch only where nothing got worse.

Every stage writes nothing but whole things in one rename: whenever the process dies, the bundle in use is the old one or, after the
last step, the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from corpus.notes import LabelledNote, load_notes
from corpus.services import load_services
from corpus.vocabulary import load_vocabulary
from models import bundle as bundles
from models.adapt import Habits, Read, adapt, learned_services
from models.clinic import BadRow, ClinicNote, ClinicNotes, read_clinic, read_rows
from models.columns import SERVICES
from models.ranker import Ranker
from models.retrain import Change, Figures, Run, change, meant, measure, measure_held, part, too_few, worse
from models.suggester import Suggester
from service.run import Advance, train_bundle

REPLAYED = 540
_WIDTH = 50


@dataclass(frozen=True, slots=True)
class Retrained:
    """What came of it.

    Attributes
    ----------
    notes : the rows as they were read.
    learned, held : how many notes were learned from and held back.
    version : the new bundle; ``None`` when it was worse and is not kept.
    before : version in use before.
    corpus : figures of the corpus's own bundle on the test split.
    old, new : figures of the bundle in use before and of the new one.
    habits : concepts of the vocabulary that this clinic bills otherwise, by name -> (service, its share in [0, 1]).
    elsewhere : the test split with the new bundle against the corpus's own, without what the habits are meant to change.
    meant : notes of the test split in which the habits are meant to change something.
    refused : why the new one is not used, or would not be without ``force``.
    """

    notes: ClinicNotes
    learned: int
    held: int
    version: str | None
    before: str
    corpus: Run
    old: Figures
    new: Figures
    habits: dict[str, tuple[str, float]]
    elsewhere: Change
    meant: int
    refused: list[str]


def retrain(path: Path, advance: Advance, **more: Any) -> Retrained:
    """`retrain_notes` on the rows of a file (`models.clinic.read_clinic`).

    Raises
    ------
    models.clinic.ClinicError
        When the file cannot be read.
    ValueError
        When too few notes are left to learn from.
    """
    advance("reading the file", 0.0)
    return retrain_notes(read_clinic(path), advance, **more)


def retrain_rows(rows: Iterable[tuple[str, Sequence[str]]], advance: Advance, **more: Any) -> Retrained:
    """`retrain_notes` on pairs of a note's text and its billed codes, from wherever they come (corrections kept by a service).

    An empty sequence of codes says that nothing was billable. Each pair is checked like a row of a file; a bad one is listed in
    ``notes.bad`` under its 1-based place, the others are learned from.

    Raises
    ------
    ValueError
        When too few notes are left to learn from.
    """
    return retrain_notes(read_rows(rows), advance, **more)


def _refusals(bad: Sequence[BadRow]) -> str:
    """What became of the rows that were refused: every reason, with how many and the first."""
    found: dict[str, list[int]] = {}
    for row in bad:
        found.setdefault(row.reason, []).append(row.line)
    return "".join(f"; rows refused {len(lines)}, first line {lines[0]}: {why}" for why, lines in found.items())


def retrain_notes(
    notes: ClinicNotes,
    advance: Advance,
    *,
    seed: int = 0,
    force: bool = False,
    folder: Path | None = None,
    habits: Habits | None = None,
    replayed: int = REPLAYED,
    test: Sequence[LabelledNote] | None = None,
) -> Retrained:
    """Learn from billed notes on top of the corpus's bundle; equal notes, seed and corpus give an equal ranker.

    Parameters
    ----------
    notes : billed notes, see `models.clinic`.
    advance : told what is being done and the share done so far.
    seed : which notes are held back, and which of the corpus stand beside the others.
    force : use the new bundle also where it is worse; the reasons are written into its manifest.
    folder : where bundles live.
    habits : strengths of the correction.
    replayed : notes of the corpus that stand beside the clinic's.
    test : notes to measure with, the test split where not given.

    Raises
    ------
    ValueError
        When too few notes are left to learn from.
    """
    try:
        parts = part(notes.notes, seed)
    except ValueError as error:
        raise ValueError(f"{error}{_refusals(notes.bad)}") from error
    base, current = _base(advance, folder)
    bundles.sweep(folder)
    ranker = adapt(
        base.ranker,
        _read([n.note for n in parts.learned], advance, "reading the clinic's notes", 0.1, 0.3),
        _read(_beside(seed, replayed), advance, "reading notes of the corpus", 0.3, 0.5),
        learned_services(load_notes("train")),
        habits,
        lambda text: advance(text, 0.6),
    )
    advance("measuring before and after", 0.75)
    test = load_notes("test") if test is None else test
    held = parts.held
    old = _figures(Suggester(current.ranker, current.version), test, held)
    same = base.version == current.version
    corpus = old.test if same else measure(Suggester(base.ranker, base.version), test)
    new = _figures(Suggester(ranker, "new"), test, held)
    aside = meant(ranker.usage, test)
    refused = [*too_few(held), *worse(corpus, old, new, aside)]
    version = None
    if force or not refused:
        advance("writing the bundle", 0.95)
        account = {
            "file": notes.sha256,
            "rows": notes.rows,
            "learned": len(parts.learned),
            "held": len(held),
            "bad": len(notes.bad),
            "seed": seed,
            "base": base.version,
            "before": current.version,
            "habits": asdict(habits or Habits()),
            **({"forced": refused} if refused else {}),
        }
        before = {"test": old.test.figures, "held": old.held.figures}
        figures = {"test": new.test.figures, "held": new.held.figures, "before": before}
        version = bundles.save(ranker, figures, folder, base.manifest["settings"], account)
        advance("switching", 0.99)
        bundles.use(version, folder)
    advance("done", 1.0)
    return Retrained(
        notes,
        len(parts.learned),
        len(held),
        version,
        current.version,
        corpus,
        old,
        new,
        _named(ranker),
        change(corpus.tally, new.test.tally, aside=aside),
        sum(map(bool, aside)),
        refused,
    )


def _named(ranker: Ranker) -> dict[str, tuple[str, float]]:
    """What the ranker says a clinic bills otherwise than the vocabulary, in plain words."""
    vocabulary, services = load_vocabulary(), load_services()
    first = {vocabulary[concept].name: int(shares.argmax()) for concept, shares in ranker.usage.items()}
    sure = {vocabulary[concept].name: float(shares.max()) for concept, shares in ranker.usage.items()}
    return {name: (services[SERVICES[column]].name, sure[name]) for name, column in first.items()}


def _base(advance: Advance, folder: Path | None) -> tuple[bundles.Bundle, bundles.Bundle]:
    """The newest bundle of the corpus alone that fits, trained now where there is none, and the one in use."""
    fit = [m for m in bundles.versions(folder) if bundles.is_current(m)]
    plain = [m["version"] for m in fit if "retraining" not in m]
    version = plain[-1] if plain else train_bundle(lambda text, share: advance(text, 0.1 * share), folder)
    base = bundles.load(version, folder)
    now = bundles.current(folder)
    if now == version or now not in {m["version"] for m in fit}:
        return base, base
    return base, bundles.load(now, folder)


def _beside(seed: int, count: int) -> list[LabelledNote]:
    """Notes of the corpus, as the seed draws them."""
    return sorted(load_notes("train"), key=lambda n: sha256(f"{seed}:{n.id}".encode()).digest())[:count]


def _read(notes: Sequence[LabelledNote], advance: Advance, text: str, begin: float, end: float) -> Read:
    found: list[Read] = []
    for at in range(0, len(notes), _WIDTH):
        advance(text, begin + (end - begin) * at / len(notes))
        found.append(Read.of(notes[at : at + _WIDTH]))
    return Read.join(found)


def _figures(suggester: Suggester, test: Sequence[LabelledNote], held: Sequence[ClinicNote]) -> Figures:
    return Figures(measure(suggester, test), measure_held(suggester, held))
