"""The ranker that learning begins with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.blocks import Block
from models.columns import COLUMN, SERVICES
from models.design import Counted, Dataset
from models.ranker import Ranker


def neutral(ranker: Ranker, known: frozenset[str]) -> Ranker:
    """The ranker with services it has never seen put in the middle of those it has; it learned only that they are rare."""
    new = [COLUMN[s] for s in SERVICES if s not in known]
    old = [COLUMN[s] for s in SERVICES if s in known]
    if not new or not old:
        return ranker
    changed = {}
    for name in ("content_bias", "decision_bias", "offset", "thresholds"):
        values = getattr(ranker, name).copy()
        values[new] = np.median(values[old])
        changed[name] = values
    weights = {name: table.copy() for name, table in ranker.content_weights.items()}
    vectors, note = ranker.vector_weights.copy(), ranker.note_weights.copy()
    for table in (*weights.values(), vectors, note):
        table[:, new] = 0
    return replace(ranker, content_weights=weights, vector_weights=vectors, note_weights=note, **changed)


def extended(ranker: Ranker, clinic: Dataset, minimum: int) -> Ranker:
    """The ranker with rows of zeros for words of the clinic that it does not know."""
    content, delivery = dict(ranker.content), dict(ranker.delivery)
    content_weights, delivery_weights = dict(ranker.content_weights), dict(ranker.delivery_weights)
    for blocks, weights, counted in (
        (content, content_weights, clinic.content),
        (delivery, delivery_weights, clinic.delivery),
    ):
        for name in blocks:
            blocks[name], weights[name] = _longer(blocks[name], weights[name], counted[name], minimum)
    whole, whole_weights = _longer(ranker.whole, ranker.whole_weights, clinic.whole, minimum)
    return replace(
        ranker,
        content=content,
        content_weights=content_weights,
        delivery=delivery,
        delivery_weights=delivery_weights,
        whole=whole,
        whole_weights=whole_weights,
        offset=ranker.offset.copy(),
    )


def _longer(
    block: Block, weights: NDArray[np.float32], counted: Counted, minimum: int
) -> tuple[Block, NDArray[np.float32]]:
    """A block and its weights with features that stand in at least ``minimum`` segments or notes, scaled as the rarest known."""
    counts = np.bincount(counted.table.indices, minlength=len(counted.names))
    new = sorted(n for n, column in counted.names.items() if counts[column] >= minimum and n not in block.names)
    names = block.names | {n: len(block.names) + i for i, n in enumerate(new)}
    rare = np.float32(block.scale.max() if len(block.scale) else 1.0)
    scale = np.concatenate([block.scale, np.full(len(new), rare, dtype=np.float32)])
    rows = np.concatenate([weights, np.zeros((len(new), weights.shape[1]), dtype=np.float32)])
    return Block(names, scale, block.factor, block.padding), rows
