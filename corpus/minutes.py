"""Learned weights of what speaks for a stated time being a service's."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from corpus.errors import CorpusError
from corpus.tables import DATA

_COLUMNS = ["weight", "trait"]


@cache
def load_weights(path: Path = DATA / "minutes.csv") -> Mapping[tuple[str, ...], float]:
    """Weights by trait: its name and what was found (see `models.minutes.traits`).

    Raises
    ------
    CorpusError
        Naming the line: a head that is not ``weight,trait``, a weight that is no number, a trait that stands twice.
    """
    out: dict[tuple[str, ...], float] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        rows = csv.reader(handle)
        if next(rows, None) != _COLUMNS:
            raise CorpusError(path, 1, f"the head must be {','.join(_COLUMNS)}")
        for number, (weight, *trait) in enumerate(rows, 2):
            key = tuple(trait)
            if not key or key in out:
                raise CorpusError(path, number, f"a trait must stand once, got {','.join(trait)!r} again")
            try:
                out[key] = float(weight)
            except ValueError:
                raise CorpusError(path, number, f"a weight must be a number, got {weight!r}") from None
    return out


def write_weights(weights: Mapping[tuple[str, ...], float], path: Path = DATA / "minutes.csv") -> None:
    """Write weights in the order of their traits."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle, lineterminator="\n")
        rows.writerow(_COLUMNS)
        rows.writerows((f"{weight:.3f}", *trait) for trait, weight in sorted(weights.items()))
