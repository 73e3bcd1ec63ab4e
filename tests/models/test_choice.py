"""The logit models agree with scikit-learn's where both can say the same, and with their own likelihood elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from models.choice import ConditionalLogit, Design, Logit, newton_logit

FREE = 1e9
ROWS, WIDTH = 400, 4


def _features(seed: int = 3) -> sparse.csr_matrix:
    """Some frequent, some rare columns."""
    random = np.random.default_rng(seed)
    shares = np.array([0.9, 0.5, 0.2, 0.1, 0.03, 0.02])
    return sparse.csr_matrix((random.random((ROWS, len(shares))) < shares).astype(np.float32))


def _labels(features: sparse.csr_matrix, width: int, seed: int = 5) -> np.ndarray:
    random = np.random.default_rng(seed)
    scores = features @ random.normal(size=(features.shape[1], width)) + random.gumbel(size=(ROWS, width))
    return np.asarray(scores.argmax(axis=1))


def test_logit_is_logistic_regression() -> None:
    features, weight = _features(), np.linspace(0.5, 2, ROWS)
    label = (_labels(features, 3) == 0).astype(np.float32)
    ours = Logit(c=2.0, bias_c=FREE, max_iter=200).fit(Design.own_only(features), label[:, None], weight)
    theirs = LogisticRegression(C=2.0, tol=1e-8, max_iter=2000).fit(features, label, sample_weight=weight)
    assert ours.own_[:, 0] == pytest.approx(theirs.coef_[0], abs=2e-3)
    assert ours.predict_proba(Design.own_only(features))[:, 0] == pytest.approx(
        theirs.predict_proba(features)[:, 1], abs=1e-3
    )


def test_without_shared_weights_the_choice_is_multinomial_regression() -> None:
    features = _features()
    label = _labels(features, WIDTH)
    ours = ConditionalLogit(c=2.0, bias_c=FREE, max_iter=200).fit(_among(features), np.eye(WIDTH)[label])
    theirs = LogisticRegression(C=2.0, tol=1e-8, max_iter=2000).fit(features, label)
    assert ours.predict_proba(_among(features)) == pytest.approx(theirs.predict_proba(features), abs=1e-3)


def _among(features: sparse.csr_matrix, shared: np.ndarray | None = None) -> Design:
    design = Design.own_only(features, alternatives=WIDTH)
    if shared is not None:
        design.shared = sparse.csr_matrix(shared.reshape(ROWS * WIDTH, -1))
    return design


def test_shared_weights_serve_an_alternative_never_chosen_in_training() -> None:
    random = np.random.default_rng(1)
    shared = random.random((ROWS, WIDTH, 1)).astype(np.float32)
    shared[:, -1] = 0
    label = shared[:, :, 0].argmax(axis=1)
    design = _among(_features(), shared)
    model = ConditionalLogit(c=10.0, max_iter=200).fit(design, np.eye(WIDTH)[label])
    assert model.shared_[0] > 3
    plain = model.predict_proba(design)[:, -1]
    shared[:, -1] = 1
    design = _among(_features(), shared)
    assert (model.predict_proba(design)[:, -1] > plain).all()


def test_a_penalty_on_dense_features_of_their_own() -> None:
    features = _features()
    label = np.eye(WIDTH)[_labels(features, WIDTH)]
    dense = np.random.default_rng(2).normal(size=(ROWS, 2)).astype(np.float32)

    def size(dense_c: float) -> float:
        design = _among(features)
        design.dense = dense
        return float(np.abs(ConditionalLogit(c=2.0, dense_c=dense_c).fit(design, label).dense_).sum())

    assert size(1e-4) < 0.2 * size(1.0)


def test_rows_and_alternatives_must_agree() -> None:
    with pytest.raises(ValueError, match=r"y must be \(rows, alternatives\) = \(400, 4\)"):
        ConditionalLogit().fit(_among(_features()), np.eye(3, dtype=np.float32)[np.zeros(ROWS, dtype=int)])


def test_newtons_method_gives_what_scikit_learn_gives_in_any_number_of_threads() -> None:
    rng = np.random.default_rng(5)
    table = rng.normal(size=(400, 6))
    labels = (table @ rng.normal(size=6) + rng.normal(size=400) > 0.3).astype(float)
    weights = rng.integers(1, 4, 400).astype(float)
    stretches = [lambda a=a: (table[a::7], labels[a::7], weights[a::7]) for a in range(7)]
    theirs = LogisticRegression(C=0.5, tol=1e-10, max_iter=1000).fit(table, labels, weights)
    found, bias = newton_logit(stretches, 0.5)
    assert found == pytest.approx(theirs.coef_[0], abs=1e-4)
    assert bias == pytest.approx(theirs.intercept_[0], abs=1e-4)
    many, same = newton_logit(stretches, 0.5, jobs=3)
    assert (many == found).all()
    assert same == bias
