"""Named features as numbers: blocks of features, each with its own vocabulary and length.

A document (a segment or a note) has a list of feature names per block. In a block each name counts with its
inverse document frequency, and the document's row has Euclidean length ``factor``, in blocks of context less where
there is little. Training builds sparse matrices from the same entries that suggesting sums up, so the two cannot drift
apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.delivery_signs import Signature, speaks_itself
from models.features import FRAGMENT, NoteFeatures
from models.numeric import Array

Docs = Sequence[Sequence[str]]

CONTENT_BLOCKS: dict[str, float] = {"own": 0.7, "sentence": 0.6, "heading": 0.16}
NOTE_BLOCK = ("note", 0.5)
DELIVERY_BLOCKS: dict[str, float] = {
    "signs": 0.7,
    "words": 0.8,
    "words in section": 0.35,
    "heading": 0.25,
    "before": 0.6,
    "after": 0.6,
}
WHOLE_BLOCK = ("whole", 1.0)
WITHOUT_IDF = frozenset({*CONTENT_BLOCKS, "signs"})
"""Blocks in which a rare name weighs no more than a frequent one."""
PADDING = 0.5
"""Of the blocks in `PADDED`: what is added to a row's squared length, as a share of the mean one."""
PADDED = frozenset({"sentence", "before", "after", NOTE_BLOCK[0], WHOLE_BLOCK[0]})
"""Blocks of context, where little said counts for little: else one short neighbour would speak as loudly as a whole line."""

SIDES = frozenset({"before", "after"})
"""Blocks of the delivery model that hold what the neighbours say."""
EDGE = "edge"
"""Name in a block of `SIDES` where the note begins or ends."""
SAME_SENTENCE, SAME_LINE, ELSEWHERE, FURTHER = "s", "l", "x", "2"
"""What stands before a neighbour's sign: where the neighbour is; and `FURTHER` of the one behind it."""
EDGE_WORDS = 6
"""Words of a neighbour in the same sentence that count, those nearest."""
FURTHER_SIGNS = 4
"""Signs that count of the neighbour's neighbour, its first."""
_QUIET = 0.3


def heard(signatures: Sequence[Signature]) -> NDArray[np.float32]:
    """How loudly each segment's neighbours speak of whether it was delivered: (segments,) factors of the rows of `SIDES`.

    One treatment told among what was declined, planned and done elsewhere is still done.
    """
    return np.array([_QUIET if speaks_itself(s) else 1.0 for s in signatures], dtype=np.float32)


@dataclass(slots=True)
class Entries:
    """Features of documents as numbers: ``rows`` and ``values`` of document i are those from ``starts[i]`` to ``starts[i + 1]``."""

    rows: NDArray[np.intp]
    values: NDArray[np.float32]
    starts: NDArray[np.intp]

    def sums(self, weights: NDArray[np.float32]) -> Array:
        """Weighted sums per document: (documents, outputs)."""
        out = np.zeros((len(self.starts) - 1, weights.shape[1]))
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            out[filled] = np.add.reduceat(weights[self.rows] * self.values[:, None], self.starts[filled], axis=0)
        return out


@dataclass(slots=True)
class Block:
    """One block of named features.

    Attributes
    ----------
    names : feature -> row.
    scale : (features,) inverse document frequencies, or ones where rare names weigh no more than frequent ones.
    factor : Euclidean length of a document's row, were its padding none.
    padding : added to the squared scaled length before dividing by its root.
    """

    names: dict[str, int]
    scale: NDArray[np.float32]
    factor: float
    padding: float = 0.0

    @classmethod
    def of(
        cls, name: str, features: Sequence[str], counts: NDArray[np.intp], documents: int, filled: int, factor: float
    ) -> Block:
        """The block called ``name`` of features that stand in ``counts`` of ``documents``, of which ``filled`` are not empty.

        A row of mean squared length has the length ``factor`` in a padded block too.
        """
        scale = np.log((1 + documents) / (1 + counts.astype(np.float64))) + 1
        if name in WITHOUT_IDF:
            scale[:] = 1
        rows = {n: row for row, n in enumerate(features)}
        if name not in PADDED:
            return cls(rows, scale.astype(np.float32), factor)
        mean = float(counts @ scale**2) / max(filled, 1)
        return cls(rows, scale.astype(np.float32), factor * (1 + PADDING) ** 0.5, PADDING * mean)

    def __len__(self) -> int:
        return len(self.names)

    def entries(self, documents: Docs) -> Entries:
        """The known features of each document, scaled to length ``factor``."""
        names = self.names
        found = [[names[n] for n in document if n in names] for document in documents]
        starts = np.zeros(len(found) + 1, dtype=np.intp)
        np.cumsum([len(f) for f in found], out=starts[1:])
        rows = np.fromiter(itertools.chain.from_iterable(found), np.intp, int(starts[-1]))
        values = self.scale[rows]
        filled = np.flatnonzero(np.diff(starts))
        if len(filled):
            length = np.sqrt(np.add.reduceat(values * values, starts[filled]) + np.float32(self.padding))
            values = values * np.repeat(np.float32(self.factor) / length, np.diff(starts)[filled])
        return Entries(rows, values, starts)


def pieces(word: str) -> tuple[str, ...]:
    """Beginnings and ending of a longer word.

    Examples
    --------
    >>> pieces("effleurage"), pieces("leg")
    (('^effl', '^effleu', 'urage$'), ())
    """
    return (f"^{word[:4]}", f"^{word[:6]}", f"{word[-5:]}$") if len(word) > 4 else ()


def content_docs(features: NoteFeatures) -> dict[str, list[list[str]]]:
    """Documents of the content model, one per segment and block of `CONTENT_BLOCKS`."""
    own: list[list[str]] = []
    lent: list[list[str]] = []
    for words, near, extras in zip(features.words, features.pairs, features.extras, strict=True):
        lent.append(words + [e for e in extras if e[0] == "c"])
        own.append(words + near + extras + [p for w in words for p in pieces(w)])
    sentence: list[list[str]] = []
    numbers = features.places.sentence.numbers.tolist()
    first = 0
    for index, number in enumerate(numbers):
        if index and numbers[index - 1] != number:
            first = index
        end = index + 1
        while end < len(numbers) and numbers[end] == number:
            end += 1
        sentence.append(
            [name for other in range(first, end) if other != index for name in lent[other]] if end - first > 1 else []
        )
    heading = [[*words, "=" + " ".join(words)] if words else [] for words in features.headings]
    return {"own": own, "sentence": sentence, "heading": heading}


def note_doc(features: NoteFeatures) -> list[str]:
    """The words and concepts of the whole note, each once."""
    return sorted({*itertools.chain.from_iterable(features.words), *itertools.chain.from_iterable(features.extras)})


def delivery_docs(features: NoteFeatures) -> dict[str, list[list[str]]]:
    """Documents of the delivery model, one per segment and block of `DELIVERY_BLOCKS`."""
    words: list[list[str]] = []
    placed: list[list[str]] = []
    plain: list[list[str]] = []
    signs = features.signs
    for own, pairs, extras, section, found in zip(
        features.words, features.pairs, features.extras, features.sections, signs, strict=True
    ):
        row = own + pairs + [e for e in extras if e[0] == "c"]
        if own:
            row.append(f"first:{own[0]}")
            row.append(f"last:{own[-1]}")
        words.append(row)
        placed.append([f"{w}|{section}" for w in own])
        plain.append([f for f in found if "|" not in f])
    heading = [[*h, "=" + " ".join(h)] if h else [] for h in features.headings]
    sentence, line = features.places.sentence.numbers.tolist(), features.places.line.numbers.tolist()
    count = len(words)
    sides: tuple[list[list[str]], list[list[str]]] = ([], [])
    for index in range(count):
        for side, step in zip(sides, (-1, 1), strict=True):
            other = index + step
            if not 0 <= other < count:
                side.append([EDGE] if count > FRAGMENT else [])
                continue
            near = SAME_LINE if line[other] == line[index] else ELSEWHERE
            where = SAME_SENTENCE if sentence[other] == sentence[index] else near
            row = [f"{where}{f}" for f in plain[other]]
            if where == SAME_SENTENCE:
                said = features.words[other]
                row.extend(said[-EDGE_WORDS:] if step < 0 else said[:EDGE_WORDS])
            further = other + step
            if 0 <= further < count:
                row.extend([FURTHER + f for f in plain[further][:FURTHER_SIGNS]])
            side.append(row)
    return {
        "signs": signs,
        "words": words,
        "words in section": placed,
        "heading": heading,
        "before": sides[0],
        "after": sides[1],
    }
