"""Tables of what each name adds to a block, and the sums of their rows over the segments of a note."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from thinc.backends import NumpyOps

from models.blocks import Block
from nlp.note import Segment

_OPS = NumpyOps(use_blis=False)
Table = NDArray[np.float32]


class Adds:
    """What single features add to a block: scaled weights, and the squared scale behind them."""

    def __init__(self, block: Block, weights: Table) -> None:
        self.names = block.names
        self.factor, self.padding = block.factor, np.float32(max(block.padding, 1e-12))
        self.values = np.concatenate([weights * block.scale[:, None], block.scale[:, None] ** 2], axis=1).astype(
            np.float32
        )
        self.width = self.values.shape[1]

    def of(self, names: Iterable[str]) -> Table:
        """Sum over features, each as often as it stands: (width,)."""
        rows = [self.names[n] for n in names if n in self.names]
        return np.asarray(self.values[rows].sum(axis=0)) if rows else np.zeros(self.width, dtype=np.float32)

    def table(self, place: Mapping[str, int], prefix: str = "") -> Table:
        """What the features called ``prefix`` and a name add, at each name's ``place``; zeros for others: (names, width)."""
        out = np.zeros((len(place), self.width), dtype=np.float32)
        at, known = found_in(self.names, place, prefix)
        out[at] = self.values[known]
        return out

    def score(self, sums: Table) -> Table:
        """Sums with the squares in the last column as the block's scores: (..., width - 1)."""
        length = np.sqrt(np.maximum(sums[..., -1:], 0) + self.padding)
        return np.asarray(sums[..., :-1] * (np.float32(self.factor) / length))


class Tokens:
    """The tokens of all segments in a row; every segment has at least one.

    Attributes
    ----------
    index : place of each among the note's tokens; ``ids`` its word's number; ``owner`` its segment.
    pairs : row of the pair it makes with the one before it in its segment.
    sizes, starts, ends : per segment how many, where they start and end.
    """

    __slots__ = ("ends", "ids", "index", "lengths", "owner", "pairs", "sizes", "starts")

    def __init__(self, segments: Sequence[Segment], ids: NDArray[np.int64], pairs: NDArray[np.intp]) -> None:
        spans = np.array([s.tokens for s in segments], dtype=np.intp)
        first = spans[:, 0]
        self.sizes = spans[:, 1] - first
        self.lengths = self.sizes.astype(np.int32)
        self.ends = self.sizes.cumsum()
        self.starts = self.ends - self.sizes
        self.owner = np.repeat(np.arange(len(segments)), self.sizes)
        self.index = np.arange(len(self.owner)) + np.repeat(first - self.starts, self.sizes)
        self.ids = ids[self.index]
        self.pairs = pairs[self.index]
        self.pairs[self.starts] = -1

    def sums(self, rows: Table) -> Table:
        """Sums per segment of one row per token."""
        return np.asarray(_OPS.reduce_sum(rows, self.lengths))

    def most(self, rows: Table) -> Table:
        """Largest values per segment of one row per token."""
        return np.asarray(_OPS.reduce_max(rows, self.lengths)[0])


def by_segment(table: Table, rows: Sequence[Sequence[int]], *, most: bool = False) -> Table:
    """Table rows added up (or the largest values) per segment; zeros where a segment has none."""
    out = np.zeros((len(rows), table.shape[1]), dtype=np.float32)
    filled = [i for i, own in enumerate(rows) if own]
    if filled:
        flat = table[list(itertools.chain.from_iterable(rows))]
        lengths = np.array([len(rows[i]) for i in filled], dtype=np.int32)
        out[filled] = _OPS.reduce_max(flat, lengths)[0] if most else _OPS.reduce_sum(flat, lengths)
    return out


def found_in(
    rows: Mapping[str, int], place: Mapping[str, int], prefix: str = ""
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of the names that have a row under ``prefix`` and the name, and those rows.

    It goes through the rows, not through the names: a word stands in few blocks.
    """
    names: Iterable[str] = rows
    known = np.fromiter(rows.values(), np.intp, len(rows))
    if prefix:
        size = len(prefix)
        begins = np.fromiter((n.startswith(prefix) for n in rows), np.bool_, len(rows))
        names, known = [n[size:] for n in rows if n.startswith(prefix)], known[begins]
    at = np.fromiter(map(place.get, names, itertools.repeat(-1)), np.intp, len(known))
    some = np.flatnonzero(at >= 0)
    return at[some], known[some]


def words_in(names: Iterable[str]) -> list[str]:
    """The words that names of features are made of: "first:bike", "leg press"."""
    words = set(" ".join(names).split(" "))
    return sorted({w.removeprefix("first:").removeprefix("last:") for w in words} - {""})


def in_order(keys: list[int], values: Table) -> tuple[NDArray[np.int64], Table]:
    """Keys in order with an end mark behind them, and their rows with one of zeros behind."""
    order = np.argsort(np.array(keys, dtype=np.int64))
    end = np.array([np.iinfo(np.int64).max])
    return np.concatenate([np.array(keys, dtype=np.int64)[order], end]), np.concatenate(
        [values[order], np.zeros((1, values.shape[1]), dtype=np.float32)]
    )
