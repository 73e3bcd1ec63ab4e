"""Weights added to a model's blocks, and their fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from models.blocks import Block
from models.design import Counted
from models.numeric import Array, expit, log_softmax

_FREE = 300.0  # how much more easily concepts and new words move than words the ranker knows,
_BIAS_EASE = 0.02  # and how much less easily biases do


class Correction:
    """Weights added to a model's blocks, for the features that stand in the clinic's segments.

    Parameters
    ----------
    table : (rows, features) the features' numbers.
    columns : (features,) where each stands in the blocks, laid side by side.
    sizes : features of each block, by name, in their order.
    ease : (features, outputs) how easily each weight moves.
    """

    def __init__(
        self, table: sparse.csr_matrix, columns: NDArray[np.intp], sizes: dict[str, int], ease: Array
    ) -> None:
        self.table = table
        self.columns = columns
        self.sizes = sizes
        self.weights = np.zeros(ease.shape)
        self.bias = np.zeros(ease.shape[1])
        self.ease = ease

    @classmethod
    def of(
        cls,
        blocks: Mapping[str, Block],
        order: Iterable[str],
        counted: Mapping[str, Counted],
        own: int,
        minimum: int,
        old: Mapping[str, Block],
        ease: Array,
    ) -> Correction:
        """The features that stand in at least ``minimum`` of the ``own`` first rows, over all rows.

        Concepts, and features that ``old`` blocks do not know, move `_FREE` times as easily; ``ease`` is that of each output.
        """
        every = sparse.hstack([counted[name].matrix(blocks[name]) for name in order]).tocsr()
        columns = np.flatnonzero(np.bincount(every[:own].indices, minlength=every.shape[1]) >= minimum)
        table = every[:, columns].tocsr().astype(np.float64)
        free = [f[:2] == "c:" or f not in old[name].names for name in order for f in blocks[name].names]
        own_ease = np.where(np.array(free, dtype=bool)[columns], _FREE, 1.0)[:, None] * ease
        return cls(table, columns, {name: len(blocks[name]) for name in order}, own_ease)

    def fit_choice(
        self,
        base: Array,
        wanted: Array,
        strength: Array,
        more: Array,
        among: NDArray[np.bool_],
        c: float,
        iterations: int,
    ) -> None:
        """Penalised conditional logit on top of log-probabilities ``base``; rows of ``wanted`` are evened to sum to 1.

        Rows count ``strength``; what they say of the choice between the services ``among`` counts ``more`` besides.
        """
        rows = np.flatnonzero((strength > 1e-3) & wanted.any(axis=1))
        target = wanted[rows] / wanted[rows].sum(axis=1, keepdims=True)
        offset, weight, inner = base[rows], strength[rows][:, None], more[rows][:, None]
        within = target[:, among]
        total = within.sum(axis=1, keepdims=True)

        def loss(score: Array) -> tuple[float, Array]:
            log = log_softmax(offset + score)
            value, slope = -float((weight * target * log).sum()), weight * (np.exp(log) - target)
            log = log_softmax((offset + score)[:, among])
            slope[:, among] += inner * (total * np.exp(log) - within)
            return value - float((inner * within * log).sum()), slope

        self._solve(rows, loss, c, iterations)

    def fit_binary(self, base: Array, wanted: Array, strength: Array, c: float, iterations: int) -> None:
        """Penalised logistic regression on top of log-odds ``base`` towards probabilities ``wanted``."""
        offset, target, weight = base[:, None], wanted[:, None], strength[:, None]

        def loss(score: Array) -> tuple[float, Array]:
            z = offset + score
            return float((weight * (np.logaddexp(0, z) - target * z)).sum()), weight * (expit(z) - target)

        self._solve(np.arange(len(base)), loss, c, iterations)

    def _solve(
        self, rows: NDArray[np.intp], loss: Callable[[Array], tuple[float, Array]], c: float, iterations: int
    ) -> None:
        if not len(rows):
            return
        table = self.table[rows]
        turned = table.T.tocsr()
        shape, size = self.weights.shape, self.weights.size
        ease = np.concatenate([self.ease.ravel(), np.full(len(self.bias), _BIAS_EASE)])

        def whole(theta: Array) -> tuple[float, Array]:
            value, slope = loss(table @ theta[:size].reshape(shape) + theta[size:])
            slopes = np.concatenate([(turned @ slope).ravel(), slope.sum(axis=0)])
            return value + 0.5 / c * float(theta @ (theta / ease)), slopes + theta / (c * ease)

        begin = np.concatenate([self.weights.ravel(), self.bias])
        found = minimize(whole, begin, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 5}).x
        self.weights, self.bias = found[:size].reshape(shape), found[size:]

    def added(self, weights: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """The blocks' weights with the correction."""
        out = {}
        start = 0
        for name, size in self.sizes.items():
            mine = (self.columns >= start) & (self.columns < start + size)
            table = weights[name].copy()
            table[self.columns[mine] - start] += self.weights[mine].astype(np.float32)
            out[name] = table
            start += size
        return out
