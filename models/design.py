"""Examples as matrices: features are named and counted once, however many models are fitted on them.

A `Block` (`models.blocks`) gives the numbers of one document; `Counted.matrix` gives the same numbers of many.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.blocks import (
    CONTENT_BLOCKS,
    DELIVERY_BLOCKS,
    SIDES,
    Block,
    Docs,
    content_docs,
    delivery_docs,
    heard,
    note_doc,
)
from models.columns import SERVICES
from models.features import NoteFeatures
from models.groups import Groups
from models.relations import Places
from models.vectors import SCALE, Vectors


@dataclass(slots=True)
class Example:
    """A note for learning: its features and what its segments support.

    Attributes
    ----------
    targets : (segments, services) 0/1.
    services : services the note as a whole supports.
    voice : who wrote it.
    weight : number of notes it stands for where probabilities are calibrated (`corpus.coreset`).
    """

    features: NoteFeatures
    targets: NDArray[np.float32]
    services: frozenset[str]
    voice: str
    weight: float = 1.0


@dataclass(slots=True)
class Counted:
    """Which named features stand in which documents, and how often.

    Attributes
    ----------
    names : feature -> column.
    table : (documents, features) counts.
    aloud : (documents,) factors of the documents' rows in `matrix`; ``None`` for ones.
    """

    names: dict[str, int]
    table: sparse.csr_matrix
    aloud: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, documents: Docs) -> Counted:
        """Count the features of documents."""
        names: dict[str, int] = {}
        columns = [names.setdefault(n, len(names)) for document in documents for n in document]
        starts = np.cumsum([0, *map(len, documents)])
        table = sparse.csr_matrix(
            (np.ones(len(columns), dtype=np.float32), np.array(columns, dtype=np.int32), starts),
            shape=(len(documents), len(names)),
        )
        table.sum_duplicates()
        return cls(names, table)

    def rows(self, kept: NDArray[np.bool_]) -> Counted:
        """Some of the documents."""
        return Counted(self.names, self.table[kept], None if self.aloud is None else self.aloud[kept])

    def learn(self, name: str, factor: float, minimum: int) -> Block:
        """The block called ``name`` of the features that stand in at least ``minimum`` documents."""
        counts = np.bincount(self.table.indices, minlength=len(self.names))
        kept = sorted(n for n, column in self.names.items() if counts[column] >= minimum)
        found = counts[[self.names[n] for n in kept]] if kept else np.zeros(0, dtype=np.intp)
        filled = np.count_nonzero(np.diff(self.table.indptr))
        return Block.of(name, kept, found, self.table.shape[0], int(filled), factor)

    def matrix(self, block: Block) -> sparse.csr_matrix:
        """The block's numbers of every document: (documents, features of the block)."""
        place = np.full(len(self.names) + 1, -1, dtype=np.int64)
        for name, row in block.names.items():
            place[self.names.get(name, -1)] = row
        place[-1] = -1
        table = self.table
        rows = place[table.indices]
        kept = rows >= 0
        owner = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))[kept]
        rows, values = rows[kept], table.data[kept]
        scaled = block.scale[rows]
        length = np.sqrt(np.bincount(owner, values * scaled * scaled, minlength=table.shape[0]) + block.padding)
        factor = block.factor / np.maximum(length, 1e-12)
        if self.aloud is not None:
            factor *= self.aloud
        values = values * scaled * factor[owner].astype(np.float32)
        starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=table.shape[0]))])
        return sparse.csr_matrix((values.astype(np.float32), rows, starts), shape=(table.shape[0], len(block)))


class _Arrays(list[NDArray[Any]]):
    """Arrays to be concatenated."""


@dataclass(slots=True)
class _Joined:
    """Documents of several counts, to be put below one another."""

    names: dict[str, int] = field(default_factory=dict)
    tables: list[sparse.csr_matrix] = field(default_factory=list)
    aloud: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, part: Counted) -> None:
        names, table = self.names, part.table
        column = np.array([names.setdefault(n, len(names)) for n in part.names], dtype=np.int32)
        indices = column[table.indices] if len(column) else table.indices
        self.tables.append(sparse.csr_matrix((table.data, indices, table.indptr), (table.shape[0], len(names))))
        if part.aloud is not None:
            self.aloud.append(part.aloud)

    def done(self) -> Counted:
        """The joined counts; what was added is let go of."""
        for table in self.tables:
            table.resize(table.shape[0], len(self.names))
        joined = sparse.vstack(self.tables, format="csr")
        self.tables.clear()
        return Counted(self.names, joined, np.concatenate(self.aloud) if self.aloud else None)


_ROWS = 5_000
_APART = 100_000
"""Between the numbers of one example and the next; more than any has lines."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An example as the decision model looks at it.

    Attributes
    ----------
    kept : (segments, services, len(RELATIONS)) relations as they were stored (`packed`).
    places : where the segments stand.
    """

    kept: NDArray[np.uint8]
    places: Places

    @property
    def relations(self) -> NDArray[np.float32]:
        """The relations, to be reckoned with."""
        return unpacked(self.kept)


_LEVELS = 255


def packed(relations: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Relations, which lie in [0, 1], in a quarter of the memory and to the nearest 255th."""
    levels: NDArray[np.uint8] = np.rint(relations * _LEVELS).astype(np.uint8)
    return levels


def unpacked(relations: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What `packed` was given, to the nearest 255th."""
    values: NDArray[np.float32] = np.multiply(relations, np.float32(1 / _LEVELS), dtype=np.float32)
    return values


Stretch = tuple[slice, Seen, Groups]
"""Some examples one after another: which, how the decision looks at their segments, which example each segment is of."""


@dataclass(slots=True)
class Dataset:
    """Examples for learning, all their segments below one another.

    Attributes
    ----------
    content, delivery : block -> features of each segment; ``words`` the words of each segment.
    note, whole : features of each example.
    documents : words of each example, in order.
    relations : (segments, services, len(RELATIONS)), `packed`.
    places : (segments, 3) running numbers of sentence, line and block within the example.
    targets : (segments, services).
    sizes : (examples,) segments of each; ``services``, ``voices``, ``weights`` as in `Example`.
    """

    content: dict[str, Counted]
    delivery: dict[str, Counted]
    words: Counted
    note: Counted
    whole: Counted
    documents: list[list[str]]
    relations: NDArray[np.uint8]
    places: NDArray[np.int32]
    targets: NDArray[np.float32]
    sizes: NDArray[np.intp]
    services: list[frozenset[str]]
    voices: list[str]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, examples: Iterable[Example]) -> Dataset:
        """The matrices of examples."""
        content: dict[str, list[list[str]]] = {name: [] for name in CONTENT_BLOCKS}
        delivery: dict[str, list[list[str]]] = {name: [] for name in DELIVERY_BLOCKS}
        kept = list(examples)
        for example in kept:
            for name, documents in content_docs(example.features).items():
                content[name].extend(documents)
            for name, documents in delivery_docs(example.features).items():
                delivery[name].extend(documents)
        features = [e.features for e in kept]
        relations = [packed(f.relations) for f in features]
        places = [
            np.stack([f.places.sentence.numbers, f.places.line.numbers, f.places.block.numbers], axis=1)
            for f in features
        ]
        nothing = np.zeros((0, len(SERVICES)), dtype=np.float32)
        aloud = heard([signature for f in features for signature in f.signatures])
        return cls(
            {name: Counted.of(documents) for name, documents in content.items()},
            {
                name: replace(Counted.of(documents), aloud=aloud if name in SIDES else None)
                for name, documents in delivery.items()
            },
            Counted.of([words for f in features for words in f.words]),
            Counted.of([note_doc(f) for f in features]),
            Counted.of([f.whole for f in features]),
            [list(itertools.chain.from_iterable(e.features.words)) for e in kept],
            np.concatenate(relations) if kept else np.zeros((0, 0, 0), dtype=np.uint8),
            np.concatenate(places) if kept else np.zeros((0, 3), dtype=np.int32),
            np.concatenate([e.targets for e in kept]) if kept else nothing,
            np.array([len(e.targets) for e in kept], dtype=np.intp),
            [e.services for e in kept],
            [e.voice for e in kept],
            np.array([e.weight for e in kept], dtype=np.float64),
        )

    @classmethod
    def join(cls, parts: Iterable[Dataset]) -> Dataset:
        """The examples of several datasets, at least one, in order.

        Each part is let go of before the next is asked for: what a part says by name stands in memory once.
        """
        joined: dict[str, Any] = {}
        same: dict[str, str] = {}
        for part in parts:
            for place in fields(cls):
                value = getattr(part, place.name)
                if place.name == "documents":
                    value = [[same.setdefault(word, word) for word in document] for document in value]
                if isinstance(value, dict):
                    into = joined.setdefault(place.name, {name: _Joined() for name in value})
                    for name, counted in value.items():
                        into[name].add(counted)
                elif isinstance(value, Counted):
                    joined.setdefault(place.name, _Joined()).add(value)
                elif isinstance(value, list):
                    joined.setdefault(place.name, []).extend(value)
                else:
                    joined.setdefault(place.name, _Arrays()).append(value)
        for name, found in joined.items():
            if isinstance(found, dict):
                joined[name] = {block: counted.done() for block, counted in found.items()}
            elif isinstance(found, _Joined):
                joined[name] = found.done()
            elif isinstance(found, _Arrays):
                joined[name] = np.concatenate(found)
                found.clear()
        return cls(**joined)

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def owner(self) -> NDArray[np.intp]:
        """The example of each segment."""
        return np.repeat(np.arange(len(self)), self.sizes)

    def take(self, kept: NDArray[np.bool_]) -> Dataset:
        """Some of the examples."""
        inside = kept[self.owner]
        values: dict[str, Any] = {}
        for place in fields(self):
            value = getattr(self, place.name)
            if isinstance(value, dict):
                values[place.name] = {name: counted.rows(inside) for name, counted in value.items()}
            elif place.name in ("note", "whole"):
                values[place.name] = value.rows(kept)
            elif isinstance(value, Counted):
                values[place.name] = value.rows(inside)
            elif isinstance(value, list):
                values[place.name] = [v for v, k in zip(value, kept, strict=True) if k]
            else:
                values[place.name] = value[inside if place.name in ("relations", "places", "targets") else kept]
        return replace(self, **values)

    def concepts(self) -> Iterator[list[str]]:
        """The ids of each segment's concepts, as often as they stand in it."""
        own = self.content["own"]
        names = {column: name[2:] for name, column in own.names.items() if name[:2] == "c:"}
        table = own.table
        for start, end in itertools.pairwise(table.indptr.tolist()):
            found = zip(table.indices[start:end].tolist(), table.data[start:end].tolist(), strict=True)
            yield [names[column] for column, count in found if column in names for _ in range(int(count))]

    def sparse_relations(self, kept: NDArray[np.bool_]) -> sparse.csr_matrix:
        """The relations of some segments, six of seven of which are zero: (kept segments * services, len(RELATIONS))."""
        rows = np.flatnonzero(kept)
        chunks = (unpacked(self.relations[rows[at : at + _ROWS]]) for at in range(0, len(rows) or 1, _ROWS))
        depth = self.relations.shape[2]
        return sparse.vstack([sparse.csr_matrix(part.reshape(-1, depth)) for part in chunks], format="csr")

    def vectors(self, vectors: Vectors, kept: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """Mean word vectors of each (kept) segment, of its sentence and of its example: (segments, 3 * dimensions)."""
        sums, weight = self._sums(vectors)
        wanted = slice(None) if kept is None else kept
        owner = self.owner
        sentence = Groups(owner * _APART + self.places[:, 0])
        note = Groups(owner)
        parts = [
            sums[wanted] / np.maximum(weight[wanted], 1e-9),
            sentence.total(sums)[wanted] / np.maximum(sentence.total(weight)[wanted], 1e-9),
            note.total(sums)[wanted] / np.maximum(note.total(weight)[wanted], 1e-9),
        ]
        return np.asarray(np.concatenate(parts, axis=1) * np.float32(SCALE), dtype=np.float32)

    def note_vectors(self, vectors: Vectors) -> NDArray[np.float32]:
        """Mean word vector of each example: (examples, dimensions)."""
        sums, weight = self._sums(vectors)
        out = np.zeros((len(self), sums.shape[1]))
        total = np.zeros((len(self), 1))
        np.add.at(out, self.owner, sums)
        np.add.at(total, self.owner, weight)
        return np.asarray(out / np.maximum(total, 1e-9) * SCALE, dtype=np.float32)

    def _sums(self, vectors: Vectors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rows = np.array([vectors.rows.get(n, -1) for n in self.words.names], dtype=np.intp)
        values = np.where((rows >= 0)[:, None], vectors.values[rows], 0)
        weights = np.where(rows >= 0, vectors.weights[rows], 0)[:, None]
        return np.asarray(self.words.table @ values), np.asarray(self.words.table @ weights)

    def stretches(self) -> Iterator[Stretch]:
        """The examples in stretches of some thousand segments."""
        ends, owner = np.cumsum(self.sizes), self.owner
        first = start = 0
        while first < len(self):
            last = max(first + 1, int(np.searchsorted(ends, start + _ROWS, side="right")))
            end = int(ends[last - 1])
            own = owner[start:end]
            numbers = self.places[start:end] + own[:, None] * _APART
            places = Places(Groups(numbers[:, 0]), Groups(numbers[:, 1]), Groups(numbers[:, 2]))
            yield slice(first, last), Seen(self.relations[start:end], places), Groups(own)
            first, start = last, end

    def each(self) -> Iterator[Seen]:
        """Relations and places of each example, as the decision model looks at them."""
        ends = np.cumsum(self.sizes)
        for end, size in zip(ends.tolist(), self.sizes.tolist(), strict=True):
            part = self.places[end - size : end]
            places = Places(Groups(part[:, 0]), Groups(part[:, 1]), Groups(part[:, 2]))
            yield Seen(self.relations[end - size : end], places)
