"""Word vectors learned from the notes and the vocabulary at training time, so that unseen turns of phrase resemble seen ones.

Words that stand near the same words, or in forms of the same concepts, get similar vectors: positive pointwise mutual
information of words with neighbouring words and with concepts, reduced by a truncated singular value decomposition
(Levy & Goldberg 2014). Nothing is downloaded; a note's words are only looked up.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from corpus.vocabulary import load_vocabulary
from models.groups import Groups
from nlp.phrases import phrase_key

DIMENSIONS = 64
SCALE = 2.0
_WINDOW = 4
_LEAST = 2
_SMOOTH = 0.75


@dataclass(frozen=True, slots=True)
class Vectors:
    """Word vectors.

    Attributes
    ----------
    rows : word -> row.
    values : (words, DIMENSIONS), each of Euclidean length 1, times the word's weight.
    weights : (words,) how much a word counts in a mean: rarer ones more.
    """

    rows: dict[str, int]
    values: NDArray[np.float32]
    weights: NDArray[np.float32]

    def sums(self, documents: Sequence[Sequence[str]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weighted sums of the words' vectors per document, and the sums of the weights.

        Returns
        -------
        (documents, DIMENSIONS) and (documents, 1); zeros where no word is known.
        """
        rows = self.rows
        found = [[rows[w] for w in words if w in rows] for words in documents]
        out = np.zeros((len(found), self.values.shape[1]), dtype=np.float32)
        total = np.zeros((len(found), 1), dtype=np.float32)
        sizes = np.array([len(f) for f in found])
        filled = np.flatnonzero(sizes)
        if len(filled):
            flat = np.fromiter(itertools.chain.from_iterable(found), np.intp, int(sizes.sum()))
            starts = np.concatenate([[0], np.cumsum(sizes[filled])[:-1]])
            out[filled] = np.add.reduceat(self.values[flat], starts)
            total[filled, 0] = np.add.reduceat(self.weights[flat], starts)
        return out, total

    def means(self, words: Sequence[Sequence[str]], sentence: Groups) -> NDArray[np.float32]:
        """Mean vectors of each segment, of its sentence and of the note, side by side: (segments, 3 * DIMENSIONS)."""
        own, weight = self.sums(words)
        if not len(own):
            return np.zeros((0, 3 * self.values.shape[1]), dtype=np.float32)
        by_sentence = sentence.total(own) / np.maximum(sentence.total(weight), 1e-9)
        note = own.sum(axis=0) / max(1e-9, float(weight.sum()))
        parts = [own / np.maximum(weight, 1e-9), by_sentence, np.broadcast_to(note, own.shape)]
        return np.asarray(np.concatenate(parts, axis=1) * np.float32(SCALE))

    def of_note(self, words: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """Mean vector of a whole note: (DIMENSIONS,)."""
        total, weight = self.sums([list(itertools.chain.from_iterable(words))])
        return np.asarray(total[0] / max(1e-9, float(weight[0, 0])) * np.float32(SCALE))


@cache
def _concept_words() -> tuple[Counter[str], ...]:
    out = []
    for concept in load_vocabulary().values():
        words: Counter[str] = Counter()
        for form in concept.surface_forms:
            words.update({w for w in phrase_key(form) if not w[0].isdigit()})
        out.append(words)
    return tuple(out)


def learn_vectors(documents: Iterable[Sequence[str]], seed: int = 0) -> Vectors:
    """Learn vectors from documents (each a list of normal forms) and the vocabulary.

    Parameters
    ----------
    documents : whole notes as words.
    seed : of the randomised decomposition.
    """
    from scipy import sparse  # noqa: PLC0415 - only training needs it
    from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415

    notes = [list(d) for d in documents]
    concepts = _concept_words()
    counts = Counter(itertools.chain.from_iterable(notes))
    for words in concepts:
        counts.update(words.keys())
    rows = {w: i for i, w in enumerate(sorted(w for w, c in counts.items() if c >= _LEAST))}
    ids = np.fromiter((rows.get(w, -1) for note in notes for w in note), np.intp, sum(map(len, notes)))
    owner = np.repeat(np.arange(len(notes)), [len(n) for n in notes])
    left: list[NDArray[np.intp]] = []
    right: list[NDArray[np.intp]] = []
    amount: list[NDArray[np.float64]] = []
    for step in range(1, _WINDOW + 1):
        a, b = ids[:-step], ids[step:]
        keep = (a >= 0) & (b >= 0) & (owner[:-step] == owner[step:])
        left += [a[keep], b[keep]]
        right += [b[keep], a[keep]]
        amount += [np.full(2 * int(keep.sum()), 1.0 / step)]
    size = len(rows)
    for number, words in enumerate(concepts):
        known = [(rows[w], 1 + np.log(c)) for w, c in words.items() if w in rows]
        left.append(np.array([r for r, _ in known], dtype=np.intp))
        right.append(np.full(len(known), size + number, dtype=np.intp))
        amount.append(np.array([v for _, v in known]))
    table = sparse.coo_matrix(
        (np.concatenate(amount), (np.concatenate(left), np.concatenate(right))), shape=(size, size + len(concepts))
    ).tocsr()
    total = table.sum()
    of_row = np.asarray(table.sum(axis=1)).ravel()
    of_column = np.asarray(table.sum(axis=0)).ravel()
    table = table.tocoo()
    expected = of_row[table.row] * (of_column[table.col] / total) ** _SMOOTH
    table.data = np.maximum(np.log(table.data / expected), 0)
    u, s, _ = randomized_svd(table.tocsr(), min(DIMENSIONS, size - 1), random_state=seed)
    vectors = u * np.sqrt(s)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    weights = np.array([1.0 / np.sqrt(counts[w]) for w in rows])
    return Vectors(rows, (vectors * weights[:, None]).astype(np.float32), weights.astype(np.float32))
