"""Choosing one of several services: a logit model with weights per service and weights all services share.

scikit-learn's logistic regression learns separate weights for every class. A service that stands in fifteen
notes cannot teach it that "the vocabulary points to it" matters; all services together can. Hence the shared
weights of McFadden's conditional logit beside the usual ones:

    score[n, k] = x[n] @ w[:, k] + d[n] @ a[:, k] + context[group[n]] @ u[:, k] + s[n, k] @ v + bias[k]
    P(k | n)    = softmax over k of score[n]

Fitted by L-BFGS on the penalised likelihood, as scikit-learn fits its own, in units of equal curvature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.optimize import minimize
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from models.numeric import Array

_SURE = 0.15


@dataclass(slots=True)
class Design:
    """Inputs of `ConditionalLogit` for n rows and k alternatives.

    Attributes
    ----------
    own : (n, f) sparse features with weights per alternative.
    dense : (n, d) features with weights per alternative.
    context, group : (g, c) sparse features that the rows of a group share, and (n,) the group of each row.
    shared : (n * k, j) sparse features of each alternative of each row, rows one after another, with weights that all
        alternatives share.
    """

    own: sparse.csr_matrix
    dense: NDArray[np.float32]
    context: sparse.csr_matrix
    group: NDArray[np.intp]
    shared: sparse.csr_matrix

    @classmethod
    def own_only(
        cls, own: sparse.spmatrix, dense: NDArray[np.float32] | None = None, alternatives: int = 1
    ) -> Design:
        """A design without context and shared features, for a choice among so many alternatives."""
        size = own.shape[0]
        return cls(
            own.tocsr(),
            np.zeros((size, 0), dtype=np.float32) if dense is None else dense,
            sparse.csr_matrix((1, 0), dtype=np.float32),
            np.zeros(size, dtype=np.intp),
            sparse.csr_matrix((size * alternatives, 0), dtype=np.float32),
        )


class ConditionalLogit(BaseEstimator):  # type: ignore[misc]
    """Conditional logit with alternative-specific and shared weights.

    Parameters
    ----------
    c : inverse strength of the L2 penalty on all weights but the biases, > 0.
    dense_c, bias_c : the same for the weights of dense features and for the biases, relative to ``c``.
    max_iter : L-BFGS iterations.

    Attributes
    ----------
    own_ : (f, k), dense_ : (d, k), context_ : (c, k), shared_ : (j,), bias_ : (k,) learned weights.
    n_iter_ : iterations made.
    """

    def __init__(self, *, c: float = 10.0, dense_c: float = 1.0, bias_c: float = 1.0, max_iter: int = 50) -> None:
        self.c = c
        self.dense_c = dense_c
        self.bias_c = bias_c
        self.max_iter = max_iter

    def fit(self, X: Design, y: NDArray[np.float32], sample_weight: Array | None = None) -> ConditionalLogit:  # noqa: N803
        """Learn the weights.

        Parameters
        ----------
        X : inputs.
        y : (n, k) share of each alternative in a row; rows sum to 1.
        sample_weight : (n,) weights of the rows.
        """
        count, depth = X.own.shape[0], X.shared.shape[1]
        width = X.shared.shape[0] // max(count, 1)
        if y.shape != (count, width) or not count:
            raise ValueError(f"y must be (rows, alternatives) = {(count, width)} and not empty, got {y.shape}")
        weight = np.ones(count) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        scale = (self.c * weight).astype(np.float32)[:, None]
        target = y.astype(np.float32, copy=False)
        own, context = X.own.astype(np.float32, copy=False), X.context.astype(np.float32, copy=False)
        dense = np.ascontiguousarray(X.dense, dtype=np.float32)
        shared = X.shared.astype(np.float32, copy=False)
        own_t, context_t = own.T.tocsr(), context.T.tocsr()
        collect = sparse.csr_matrix(
            (np.ones(count, dtype=np.float32), (X.group, np.arange(count))), shape=(context.shape[0], count)
        )
        sizes = (own.shape[1], dense.shape[1], context.shape[1])
        cuts = np.cumsum([*(size * width for size in sizes), depth])

        penalties = np.repeat([1, 1 / self.dense_c, 1, 1, 1 / self.bias_c], np.diff([0, *cuts, cuts[-1] + width]))
        stretch = self._stretch(X, weight, target, penalties)

        def split(theta: Array) -> tuple[Array, Array, Array, Array, Array]:
            a, d, b, v, bias = np.split(theta, cuts)
            return a.reshape(-1, width), d.reshape(-1, width), b.reshape(-1, width), v, bias

        def loss(stretched: Array) -> tuple[float, Array]:
            theta = stretched * stretch
            a, d, b, v, bias = split(theta.astype(np.float32))
            score = (shared @ v).reshape(count, width) + bias
            score += own @ a
            score += dense @ d
            score += (context @ b)[X.group]
            lost, error = self._loss(score, target)
            value = float((scale * lost).sum(dtype=np.float64))
            error *= scale
            penalty = theta * penalties
            slopes = [
                (own_t @ error).ravel(),
                (dense.T @ error).ravel(),
                (context_t @ (collect @ error)).ravel(),
                shared.T @ error.ravel(),
                error.sum(axis=0),
            ]
            return value + 0.5 * float(theta @ penalty), (np.concatenate(slopes) + penalty) * stretch

        found = minimize(
            loss,
            np.zeros(cuts[-1] + width),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": self.max_iter, "maxcor": 5},
        )
        self.own_, self.dense_, self.context_, self.shared_, self.bias_ = split(found.x * stretch)
        self.n_iter_ = int(found.nit)
        return self

    @staticmethod
    def _loss(score: NDArray[Any], target: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Minus the log-likelihood of each score, and its slope."""
        score -= score.max(axis=1, keepdims=True)
        exponent = np.exp(score)
        total = exponent.sum(axis=1, keepdims=True)
        return target * (np.log(total) - score), exponent / total - target

    def _stretch(self, X: Design, weight: Array, target: NDArray[np.float32], penalties: Array) -> Array:  # noqa: N803
        """How far each weight moves per unit of the optimiser's own: the root of the inverse curvature there.

        Frequent features are steep and rare ones flat; evened out, L-BFGS needs a third of the iterations. The
        curvature is that of the logistic loss at the alternatives' shares, times `_SURE` because most rows become sure.
        """
        share = weight @ target / weight.sum()
        spread = _SURE * share * (1 - share)
        rows = np.bincount(X.group, weight, minlength=X.context.shape[0])
        curvature = [
            np.outer(X.own.multiply(X.own).T @ weight, spread).ravel(),
            np.outer(weight @ np.square(X.dense, dtype=np.float64), spread).ravel(),
            np.outer(X.context.multiply(X.context).T @ rows, spread).ravel(),
            _SURE * (X.shared.multiply(X.shared).T @ np.repeat(weight, len(share))) / len(share),
            weight.sum() * spread,
        ]
        return np.asarray(1 / np.sqrt(penalties + self.c * np.concatenate(curvature)))

    def decision_function(self, X: Design) -> Array:  # noqa: N803
        """Scores before the softmax: (n, k)."""
        check_is_fitted(self)
        score = (X.shared @ self.shared_).reshape(X.own.shape[0], -1) + self.bias_
        score += X.own @ self.own_ + X.dense @ self.dense_ + (X.context @ self.context_)[X.group]
        return np.asarray(score)

    def predict_proba(self, X: Design) -> Array:  # noqa: N803
        """Probability of each alternative: (n, k), rows sum to 1."""
        score = self.decision_function(X)
        score = np.exp(score - score.max(axis=1, keepdims=True))
        return np.asarray(score / score.sum(axis=1, keepdims=True))


class Logit(ConditionalLogit):
    """Logistic regression on the same inputs: one alternative (k = 1), chosen or not; ``y`` is (n, 1) in [0, 1]."""

    @staticmethod
    def _loss(score: NDArray[Any], target: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        chosen = 1 / (1 + np.exp(-np.clip(score, -80, 80)))
        return np.logaddexp(0, score) - target * score, chosen - target

    def predict_proba(self, X: Design) -> Array:  # noqa: N803
        """Probability of being chosen: (n, 1)."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.decision_function(X), -500, 500))))


Rows = tuple[Array, NDArray[Any], Array]
"""(n, f) inputs, (n,) labels in [0, 1], (n,) weights."""


def newton_logit(
    stretches: Sequence[Callable[[], Rows]], c: float, steps: int = 30, jobs: int = 1
) -> tuple[Array, float]:
    """Logistic regression of few weights on rows that come in stretches, so that they need not stand in memory at once.

    Parameters
    ----------
    stretches : at least one; each gives its rows anew each time it is called.
    c : inverse strength of the L2 penalty on all weights but the bias, > 0, as in scikit-learn.
    steps : of Newton's method at most; it squares its error at each, so that a handful do.
    jobs : threads; NumPy releases the GIL meanwhile, and sums are taken in order, so that their number changes nothing.

    Returns
    -------
    (f,) weights and the bias.

    Examples
    --------
    >>> rows = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1]), np.ones(4)
    >>> weights, bias = newton_logit([lambda: rows], c=1.0)
    >>> weights.round(2).tolist(), round(bias, 2)
    ([0.96], -1.44)
    """
    theta = np.zeros(stretches[0]()[0].shape[1] + 1)
    penalty = np.append(np.ones(len(theta) - 1), 0.0)

    def part(stretch: Callable[[], Rows]) -> tuple[Array, Array]:
        table, labels, weights = stretch()
        rows = np.append(table, np.ones((len(table), 1)), axis=1)
        chosen = 1 / (1 + np.exp(-np.clip(rows @ theta, -80, 80)))
        curved = rows * (c * weights * chosen * (1 - chosen))[:, None]
        return rows.T @ (c * weights * (chosen - labels)), rows.T @ curved

    with ThreadPoolExecutor(jobs) as pool:
        for _ in range(steps):
            slope, hessian = penalty * theta, np.diag(penalty)
            for sloped, curved in pool.map(part, stretches):
                slope += sloped
                hessian += curved
            step = linalg.solve(hessian, slope, assume_a="pos")
            theta = theta - step * min(1.0, _LONGEST / float(np.abs(step).max(initial=1e-12)))
            if float(slope @ step) < _ARRIVED:
                break
    return theta[:-1], float(theta[-1])


_LONGEST = 4.0
"""A step of Newton's method moves no weight further: far from the end it may leap over it."""
_ARRIVED = 1e-7
"""Twice the gain the next step would bring."""
