"""``soapcode train --notes``: a clinic's notes in, a measured bundle out, a switch only where nothing got worse.

Every stage writes nothing but whole things in one rename: whenever the process dies, the bundle in use is the old one or, after the
last step, the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from corpus.notes import LabelledNote, load_notes
from models import bundle as bundles
from models.adapt import Habits, adapt, learned_services
from models.clinic import ClinicNote, ClinicNotes, read_clinic
from models.design import Dataset
from models.retrain import Figures, measure, measure_held, part, worse
from models.suggester import Suggester
from models.training import example_of
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
    old, new : figures of both.
    refused : why the new one is not used.
    """

    notes: ClinicNotes
    learned: int
    held: int
    version: str | None
    before: str
    old: Figures
    new: Figures
    refused: list[str]


def retrain(
    path: Path,
    advance: Advance,
    *,
    seed: int = 0,
    folder: Path | None = None,
    habits: Habits | None = None,
    replayed: int = REPLAYED,
    test: Sequence[LabelledNote] | None = None,
) -> Retrained:
    """Learn from a clinic's notes on top of the corpus's bundle; equal file, seed and corpus give an equal ranker.

    Parameters
    ----------
    path : billed notes, see `models.clinic`.
    advance : told what is being done and the share done so far.
    seed : which notes are held back, and which of the corpus stand beside the others.
    folder : where bundles live.
    habits : strengths of the correction.
    replayed : notes of the corpus that stand beside the clinic's.
    test : notes to measure with, the test split where not given.

    Raises
    ------
    models.clinic.ClinicError
        When the file cannot be read.
    ValueError
        When too few notes are left to learn from.
    """
    advance("reading the file", 0.0)
    notes = read_clinic(path)
    parts = part(notes.notes, seed)
    base, current = _base(advance, folder)
    bundles.sweep(folder)
    ranker = adapt(
        base.ranker,
        _dataset([n.note for n in parts.learned], advance, "reading the clinic's notes", 0.1, 0.3),
        [bool(n.note.evidence) for n in parts.learned],
        _dataset(_beside(seed, replayed), advance, "reading notes of the corpus", 0.3, 0.5),
        learned_services(load_notes("train")),
        habits,
        lambda text: advance(text, 0.6),
    )
    advance("measuring before and after", 0.75)
    test = load_notes("test") if test is None else test
    held = parts.held
    old = _figures(Suggester(current.ranker, current.version), test, held)
    new = _figures(Suggester(ranker, "new"), test, held)
    refused = worse(old, new)
    version = None
    if not refused:
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
        }
        figures = {"test": new.test, "held": new.held, "before": {"test": old.test, "held": old.held}}
        version = bundles.save(ranker, figures, folder, base.manifest["settings"], account)
        advance("switching", 0.99)
        bundles.use(version, folder)
    advance("done", 1.0)
    return Retrained(notes, len(parts.learned), len(held), version, current.version, old, new, refused)


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


def _dataset(notes: Sequence[LabelledNote], advance: Advance, text: str, begin: float, end: float) -> Dataset:
    read: list[Dataset] = []
    for at in range(0, len(notes), _WIDTH):
        advance(text, begin + (end - begin) * at / len(notes))
        read.append(Dataset.of(map(example_of, notes[at : at + _WIDTH])))
    return Dataset.join(read)


def _figures(suggester: Suggester, test: Sequence[LabelledNote], held: Sequence[ClinicNote]) -> Figures:
    return Figures(measure(suggester, test), measure_held(suggester, held))
