"""The coreset: training notes a bundle learns from, chosen so that little is lost against all of them.

Most of many notes say what others say. `models.coreset` chooses: some at random, which stand for all that are easy, and those that a model
without them gets wrong. A chosen note's weight is the number of training notes it stands for, so that the weights add up to about all.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from corpus.errors import CorpusError
from corpus.notes import LabelledNote
from corpus.tables import DATA

_PATH = DATA / "coreset.csv"
_COLUMNS = ["weight", "note"]
_SLACK = 0.02


@cache
def load_coreset(path: Path = _PATH) -> Mapping[str, float]:
    """Weights, at least 1, by the id of the note.

    Raises
    ------
    CorpusError
        Naming the line: a head that is not ``weight,note``, a weight that is no number of at least 1, a note that stands twice.
    """
    out: dict[str, float] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        rows = csv.reader(handle)
        if next(rows, None) != _COLUMNS:
            raise CorpusError(path, 1, f"the head must be {','.join(_COLUMNS)}")
        for number, row in enumerate(rows, 2):
            if len(row) != len(_COLUMNS):
                raise CorpusError(path, number, f"a line must be a weight and a note, got {len(row)} fields")
            weight, note = row
            if note in out:
                raise CorpusError(path, number, f"a note must stand once, got {note!r} again")
            try:
                out[note] = float(weight)
            except ValueError:
                raise CorpusError(path, number, f"a weight must be a number, got {weight!r}") from None
            if not 1 <= out[note] < float("inf"):
                raise CorpusError(path, number, f"a weight must be at least 1, got {weight!r}")
    return out


def write_coreset(weights: Mapping[str, float], path: Path = _PATH) -> None:
    """Write weights in the order of their notes."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle, lineterminator="\n")
        rows.writerow(_COLUMNS)
        rows.writerows((f"{weight:.4g}", note) for note, weight in sorted(weights.items()))


def weighed(notes: Iterable[LabelledNote], weights: Mapping[str, float]) -> list[tuple[LabelledNote, float]]:
    """The notes that have a weight, with it, in their order."""
    return [(note, weights[note.id]) for note in notes if note.id in weights]


def check_coreset(notes: Iterable[LabelledNote], weights: Mapping[str, float], path: Path = _PATH) -> str:
    """Say in a line what the weights stand for.

    Raises
    ------
    CorpusError
        When a weight is of no note among ``notes``, or the weights do not add up to about their number: notes came or went since.
    """
    ids = {note.id for note in notes}
    stray = next((note for note in weights if note not in ids), None)
    if stray is not None:
        raise CorpusError(
            path, None, f"every note must be one of the train split, got {stray!r}; choose anew: {_ANEW}"
        )
    total = sum(weights.values())
    if abs(total - len(ids)) > _SLACK * len(ids):
        raise CorpusError(
            path,
            None,
            f"the weights must add up to the {len(ids)} training notes, got {total:.0f}; choose anew: {_ANEW}",
        )
    return f"coreset: {len(weights)} training notes that stand for {len(ids)}"


_ANEW = "python -m models.coreset"
