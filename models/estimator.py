"""The ranker as a scikit-learn estimator: notes and their codes in, probabilities out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from corpus.notes import LabelledNote
from corpus.services import service_of_code
from models.columns import SERVICES
from models.features import extract
from models.fitting import fit
from models.fitting.base import Settings
from models.training import assign, example_of
from nlp.pipeline import parse

_USUAL = Settings()


class NoteRanker(BaseEstimator):  # type: ignore[misc]
    """Multi-label ranker of services, learned from note-level labels.

    Which segment of a note supports which of its codes is not given; it is guessed from vocabulary and
    headings and then re-assigned by the fitted model (multiple-instance learning).

    Parameters
    ----------
    content_c, delivery_c, whole_c, decision_c : inverse strengths of the L2 penalties, > 0; those of
        `models.fitting.base.Settings` by default, as ``folds`` and ``jobs`` are.
    folds : folds of the inner cross-fitting, by ``voices`` of `fit`, at least 2.
    rounds : re-assignments after the first fit, >= 0.
    jobs : threads that fit side by side.

    Attributes
    ----------
    classes_ : (n_services,) service ids, the columns of `predict_proba`.
    ranker_ : the fitted `models.ranker.Ranker`.
    n_notes_ : notes seen by `fit`.
    """

    def __init__(
        self,
        *,
        content_c: float = _USUAL.content_c,
        delivery_c: float = _USUAL.delivery_c,
        whole_c: float = _USUAL.whole_c,
        decision_c: float = _USUAL.decision_c,
        folds: int = _USUAL.folds,
        rounds: int = 1,
        jobs: int = _USUAL.jobs,
    ) -> None:
        self.content_c = content_c
        self.delivery_c = delivery_c
        self.whole_c = whole_c
        self.decision_c = decision_c
        self.folds = folds
        self.rounds = rounds
        self.jobs = jobs

    def fit(self, X: Sequence[str], y: Sequence[Collection[str]], voices: Sequence[str] | None = None) -> NoteRanker:  # noqa: N803
        """Learn from notes and the codes billed for them.

        Parameters
        ----------
        X : (n_notes,) texts.
        y : (n_notes,) codes of each note; an empty collection for none.
        voices : (n_notes,) who wrote each; folds never split a voice. Without it notes are dealt out in turn.

        Raises
        ------
        ValueError
            When lengths differ, there are fewer notes than folds or only one voice, or a code is no service's.
        """
        if self.folds < 2:
            raise ValueError(f"folds must be at least 2, got {self.folds}")
        if not len(X) == len(y) == len(voices if voices is not None else X):
            raise ValueError(f"X, y and voices must have one entry a note, got {len(X)} and {len(y)}")
        if len(X) < self.folds:
            raise ValueError(f"X must hold at least as many notes as folds ({self.folds}), got {len(X)}")
        if voices is not None and len(set(voices)) < 2:
            raise ValueError(f"voices must name at least 2 writers, folds never split one, got {len(set(voices))}")
        unknown = sorted({code for codes in y for code in codes} - set(service_of_code()))
        if unknown:
            raise ValueError(f"y must hold codes of services.toml, got {unknown[0]!r}")
        settings = Settings(
            content_c=self.content_c,
            delivery_c=self.delivery_c,
            whole_c=self.whole_c,
            decision_c=self.decision_c,
            folds=self.folds,
            jobs=self.jobs,
        )
        examples = [
            example_of(
                LabelledNote(
                    id=str(index),
                    voice=voices[index] if voices is not None else str(index % self.folds),
                    setting="",
                    style="",
                    text=text,
                    codes=tuple(codes),
                )
            )
            for index, (text, codes) in enumerate(zip(X, y, strict=True))
        ]
        ranker = fit(examples, settings)
        for _ in range(self.rounds):
            ranker = fit([assign(ranker, example) for example in examples], settings)
        self.ranker_ = ranker
        self.classes_ = np.array(SERVICES)
        self.n_notes_ = len(X)
        return self

    def predict_proba(self, X: Sequence[str]) -> NDArray[np.float64]:  # noqa: N803
        """Probability of each service in each note: (n_notes, n_services), each in [0, 1], rows do not sum to 1."""
        check_is_fitted(self)
        rows = [self.ranker_.predict(extract(parse(text))) for text in X]
        return np.array(rows).reshape(len(rows), len(SERVICES))

    def predict(self, X: Sequence[str]) -> NDArray[np.bool_]:  # noqa: N803
        """Whether each service is suggested for each note: (n_notes, n_services); none where the note records no service."""
        check_is_fitted(self)
        rows = []
        for text in X:
            features = extract(parse(text))
            outputs = self.ranker_.outputs(features)
            probabilities = self.ranker_.probabilities(self.ranker_.segment_logits(features, outputs), outputs)
            rows.append(self.ranker_.suggested(probabilities, outputs))
        return np.array(rows).reshape(len(rows), len(SERVICES))

    def __sklearn_tags__(self) -> Any:
        """Texts in, several labels out."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.no_validation = True
        return tags
