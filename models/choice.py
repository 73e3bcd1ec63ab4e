"""Choosing one of several services: a logit model with weights per service and weights all services share.

scikit-learn's logistic regression learns separate weights for every class. A service that stands in fifteen
notes cannot teach it that "the vocabulary points to it" matters; all services together can. Hence the shared
weights of McFadden's conditional logit beside the usual ones:

    score[n, k] = x[n] @ w[:, k] + d[n] @ a[:, k] + context[group[n]] @ u[:, k] + s[n, k] @ v + bias[k]
    P(k | n)    = softmax over k of score[n]

Fitted by L-BFGS on the penalised likelihood, as scikit-learn fits its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

Array = NDArray[np.float64]


@dataclass(slots=True)
class Design:
    """Inputs of `ConditionalLogit` for n rows and k alternatives.

    Attributes
    ----------
    own : (n, f) sparse features with weights per alternative.
    dense : (n, d) features with weights per alternative.
    context, group : (g, c) sparse features that the rows of a group share, and (n,) the group of each row.
    shared : (n, k, j) features of each alternative, with weights that all alternatives share.
    """

    own: sparse.csr_matrix
    dense: NDArray[np.float32]
    context: sparse.csr_matrix
    group: NDArray[np.intp]
    shared: NDArray[np.float32]


class ConditionalLogit(BaseEstimator):  # type: ignore[misc]
    """Conditional logit with alternative-specific and shared weights.

    Parameters
    ----------
    c : inverse strength of the L2 penalty on all weights but the biases, > 0.
    bias_c : the same for the biases, relative to ``c``.
    max_iter : L-BFGS iterations.

    Attributes
    ----------
    own_ : (f, k), dense_ : (d, k), context_ : (c, k), shared_ : (j,), bias_ : (k,) learned weights.
    n_iter_ : iterations made.
    """

    def __init__(self, *, c: float = 10.0, bias_c: float = 1.0, max_iter: int = 80) -> None:
        self.c = c
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
        count, width, depth = X.shared.shape
        if y.shape != (count, width) or not count:
            raise ValueError(f"y must be (rows, alternatives) = {(count, width)} and not empty, got {y.shape}")
        weight = np.ones(count) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        scale = (self.c * weight).astype(np.float32)[:, None]
        target = y.astype(np.float32)
        own, context = X.own.astype(np.float32), X.context.astype(np.float32)
        dense = np.ascontiguousarray(X.dense, dtype=np.float32)
        flat = np.ascontiguousarray(X.shared.reshape(count * width, depth), dtype=np.float32)
        own_t, context_t = own.T.tocsr(), context.T.tocsr()
        collect = sparse.csr_matrix(
            (np.ones(count, dtype=np.float32), (X.group, np.arange(count))), shape=(context.shape[0], count)
        )
        sizes = (own.shape[1], dense.shape[1], context.shape[1])
        cuts = np.cumsum([*(size * width for size in sizes), depth])

        def split(theta: Array) -> tuple[Array, Array, Array, Array, Array]:
            a, d, b, v, bias = np.split(theta, cuts)
            return a.reshape(-1, width), d.reshape(-1, width), b.reshape(-1, width), v, bias

        def loss(theta: Array) -> tuple[float, Array]:
            a, d, b, v, bias = split(theta.astype(np.float32))
            score = (flat @ v).reshape(count, width) + bias
            score += own @ a
            score += dense @ d
            score += (context @ b)[X.group]
            score -= score.max(axis=1, keepdims=True)
            exponent = np.exp(score)
            total = exponent.sum(axis=1, keepdims=True)
            error = scale * (exponent / total - target)
            value = -float((scale * target * (score - np.log(total))).sum(dtype=np.float64))
            penalty = theta.copy()
            penalty[cuts[-1] :] /= self.bias_c
            slopes = [
                (own_t @ error).ravel(),
                (dense.T @ error).ravel(),
                (context_t @ (collect @ error)).ravel(),
                error.reshape(-1) @ flat,
                error.sum(axis=0),
            ]
            return value + 0.5 * float(theta @ penalty), np.concatenate(slopes) + penalty

        found = minimize(
            loss,
            np.zeros(cuts[-1] + width),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": self.max_iter, "maxcor": 5},
        )
        self.own_, self.dense_, self.context_, self.shared_, self.bias_ = split(found.x)
        self.n_iter_ = int(found.nit)
        return self

    def decision_function(self, X: Design) -> Array:  # noqa: N803
        """Scores before the softmax: (n, k)."""
        check_is_fitted(self)
        score = X.shared.astype(np.float64) @ self.shared_ + self.bias_
        score += X.own @ self.own_ + X.dense @ self.dense_ + (X.context @ self.context_)[X.group]
        return np.asarray(score)

    def predict_proba(self, X: Design) -> Array:  # noqa: N803
        """Probability of each alternative: (n, k), rows sum to 1."""
        score = self.decision_function(X)
        score = np.exp(score - score.max(axis=1, keepdims=True))
        return np.asarray(score / score.sum(axis=1, keepdims=True))
