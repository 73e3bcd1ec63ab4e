"""Notes as they are learned from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.notes import LabelledNote
from models.design import Dataset
from models.shares import Usage
from models.training import example_of
from nlp.note import ParsedNote
from nlp.pipeline import parse


@dataclass(frozen=True, slots=True)
class Read:
    """Notes as they are learned from: each parsed once, its features as often as the usage of concepts changes."""

    notes: Sequence[LabelledNote]
    parsed: Sequence[ParsedNote]
    data: Dataset

    @classmethod
    def of(cls, notes: Iterable[LabelledNote]) -> Read:
        """Parse notes and extract their features."""
        kept = list(notes)
        parsed = [parse(note.text) for note in kept]
        return cls(kept, parsed, Dataset.of(map(example_of, kept, parsed)))

    @classmethod
    def join(cls, parts: Sequence[Read]) -> Read:
        """Several in order."""
        return cls(
            [n for part in parts for n in part.notes],
            [p for part in parts for p in part.parsed],
            Dataset.join([part.data for part in parts]),
        )

    def used(self, usage: Usage) -> tuple[Dataset, NDArray[np.intp]]:
        """The notes with concepts as a clinic uses them, and which note each example is; those it touches come last."""
        count = len(self.notes)
        touched = np.array([any(m.concept.id in usage for m in p.mentions or ()) for p in self.parsed], dtype=bool)
        if not touched.any():
            return self.data, np.arange(count)
        found = np.flatnonzero(touched)
        again = Dataset.of(example_of(self.notes[i], self.parsed[i], usage) for i in found.tolist())
        return Dataset.join([self.data.take(~touched), again]), np.concatenate([np.flatnonzero(~touched), found])
