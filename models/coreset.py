"""Choosing the coreset: ``python -m models.coreset`` reads all training notes and writes ``corpus/data/coreset.csv``.

A part is drawn at random and stands for all notes that are easy. To it come the notes that rankers of half of the voices get most wrong, and
then, round by round, those that a ranker of what was chosen so far gets most wrong among the others (forward selection by loss). These stand
for themselves.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from corpus.coreset import write_coreset
from corpus.notes import LabelledNote, load_notes
from models.decision import Outputs
from models.design import Dataset
from models.fitting import fit, fit_decisions
from models.fitting.base import Settings, fit_base, outputs_of
from models.fitting.calibration import note_probabilities, truth_of
from models.numeric import Array
from models.ranker import Ranker
from models.training import example_of

SIZES = (2500, 2500, 1750, 1750)
"""Notes drawn at random, those hard for rankers of half of the voices, and those added in each round after."""
_CHUNK = 100
_SURE = 1e-6
_log = logging.getLogger(__name__)


def drawn(ids: Sequence[str], count: int) -> NDArray[np.bool_]:
    """``count`` of the notes by the hashes of their ids, so that most stay when notes come or go: (notes,)."""
    order = sorted(range(len(ids)), key=lambda i: hashlib.sha256(ids[i].encode()).digest())
    out = np.zeros(len(ids), dtype=bool)
    out[order[:count]] = True
    return out


def losses(ranker: Ranker, data: Dataset, outputs: Sequence[Outputs]) -> Array:
    """Log-loss of each example, summed over the services: (examples,)."""
    probabilities = np.clip(note_probabilities(ranker, data, outputs), _SURE, 1 - _SURE)
    truth = truth_of(data.services)
    return np.asarray(-np.where(truth > 0, np.log(probabilities), np.log(1 - probabilities)).sum(axis=1))


def hardest(loss: Array, taken: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
    """The ``count`` notes of greatest loss among those not taken, the earlier first where two are equal."""
    order = np.argsort(-np.where(taken, -1.0, loss), kind="stable")
    return order[: min(count, int((~taken).sum()))]


def weights_of(random: NDArray[np.bool_], hard: NDArray[np.bool_]) -> Array:
    """Notes each note stands for, 0 for those not chosen: hard ones themselves, random ones all others in equal parts."""
    return np.where(random, (len(random) - hard.sum()) / max(1, random.sum()), np.where(hard, 1.0, 0.0))


def chosen(ids: Sequence[str], data: Dataset, sizes: Sequence[int] = SIZES) -> Array:
    """Weights of the notes, 0 for those not chosen: (notes,).

    Parameters
    ----------
    ids : of the examples of ``data``, in order.
    sizes : how many are drawn, are then hard for rankers of half of the voices, and are added in each round after.
    """
    first, hard = drawn(ids, sizes[0]), np.zeros(len(ids), dtype=bool)
    settings = Settings()
    ranker, outputs = fit_base(data, settings, lambda _text: None)
    fit_decisions(ranker, data, outputs, settings, lambda _text: None)
    for number, count in enumerate(sizes[1:], 1):
        taken = first | hard
        if number > 1:
            ranker = fit(replace(data, weights=weights_of(first, hard)).take(taken), settings)
            outputs = outputs_of(ranker, data)
        loss = losses(ranker, data, outputs)
        _log.info("%d notes; mean loss of the others %.3f", taken.sum(), loss[~taken].mean())
        hard[hardest(loss, taken, count)] = True
    return weights_of(first, hard)


def _read(notes: Sequence[LabelledNote]) -> Dataset:
    return Dataset.of(map(example_of, notes))


def main() -> None:
    """Choose from the train notes and write ``corpus/data/coreset.csv``."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    notes = load_notes("train")
    chunks = [notes[i : i + _CHUNK] for i in range(0, len(notes), _CHUNK)]
    data = Dataset.join(Parallel(n_jobs=2, return_as="generator")(delayed(_read)(c) for c in chunks))
    ids = [note.id for note in notes]
    with threadpool_limits(limits=1):
        weights = chosen(ids, data)
    write_coreset({note: float(weight) for note, weight in zip(ids, weights, strict=True) if weight})


if __name__ == "__main__":
    main()
