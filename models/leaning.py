"""Which service a single word leans to, as far as the vocabulary tells.

The vocabulary names whole phrases. A writer's own phrase often shares words with them ("scrunches the towel"
is no form, "towel scrunch" is one): a word's leaning is the mean of the priors of all concepts that have the word in
a form, shrunk towards none.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from corpus.services import load_services
from corpus.tables import paused_collector
from corpus.vocabulary import Concept, load_vocabulary
from nlp.phrases import phrase_key

_SHRINK = 0.5
_LEAST = 0.1


@dataclass(frozen=True, slots=True)
class Leaning:
    """Leanings of words and of pairs of words.

    Attributes
    ----------
    rows : word, or ``"first second"`` -> row.
    values : (rows, services), each in [0, 1].
    """

    rows: dict[str, int]
    values: NDArray[np.float32]

    def of(self, words: Sequence[str], pairs: Sequence[str]) -> list[int]:
        """Rows of the words and pairs that have a leaning, in order."""
        rows = self.rows
        return [rows[w] for w in words if w in rows] + [rows[p] for p in pairs if p in rows]


@cache
def leanings() -> Leaning:
    """Leanings as the corpus's vocabulary gives them; takes a second, so a bundle keeps them."""
    return leanings_of(load_vocabulary())


def leanings_of(vocabulary: Mapping[str, Concept]) -> Leaning:
    """Leanings as a vocabulary gives them."""
    column = {service: i for i, service in enumerate(load_services())}
    rows: dict[str, int] = {}
    concepts: list[NDArray[np.float32]] = []
    pairs: set[tuple[int, int]] = set()
    with paused_collector():
        for number, concept in enumerate(vocabulary.values()):
            prior = np.zeros(len(column), dtype=np.float32)
            for service, share in concept.priors.items():
                prior[column[service]] = share
            concepts.append(prior)
            for form in concept.surface_forms:
                key = phrase_key(form)
                for word in (*key, *map(" ".join, itertools.pairwise(key))):
                    if not word[0].isdigit():
                        pairs.add((rows.setdefault(word, len(rows)), number))
    found = np.array(sorted(pairs), dtype=np.intp).reshape(-1, 2)
    total = np.zeros((len(rows), len(column)), dtype=np.float32)
    np.add.at(total, found[:, 0], np.array(concepts)[found[:, 1]])
    count = np.bincount(found[:, 0], minlength=len(rows))
    values = total / (count[:, None] + np.float32(_SHRINK))
    kept = np.flatnonzero(values.max(axis=1) >= _LEAST)
    names = list(rows)
    return Leaning({names[row]: i for i, row in enumerate(kept)}, np.round(values[kept], 3).astype(np.float32))
