"""What the ranker is measured against: the vocabulary alone, and plain text classification."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import MultiLabelBinarizer
from threadpoolctl import threadpool_limits

from corpus.notes import LabelledNote
from corpus.services import load_services
from models.evaluation import Guess, concept_of
from nlp.interventions import find_mentions
from nlp.text import read_text


def prior_baseline() -> Callable[[LabelledNote], Guess]:
    """Baseline (a): every vocabulary phrase speaks for its likeliest code; no status, no context."""
    services = load_services()

    def guess(note: LabelledNote) -> Guess:
        weight: dict[str, float] = {}
        for mention in find_mentions(read_text(note.text)):
            for service, share in mention.concept.priors.items():
                code = concept_of(services[service].codes[0])
                weight[code] = 1 - (1 - weight.get(code, 0.0)) * (1 - share)
        ranked = tuple(sorted(weight, key=lambda c: -weight[c]))
        return Guess(ranked, frozenset(c for c in ranked if weight[c] >= 0.5))

    return guess


def tfidf_baseline(train: Sequence[LabelledNote], seed: int = 0) -> Callable[[LabelledNote], Guess]:
    """Baseline (b): TF-IDF of words and pairs with one-vs-rest logistic regression on the raw text."""
    binarizer = MultiLabelBinarizer()
    labels = binarizer.fit_transform([[concept_of(c) for c in n.codes] for n in train])
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    inputs = vectorizer.fit_transform([n.text for n in train])
    model = OneVsRestClassifier(LogisticRegression(C=30.0, max_iter=300, class_weight="balanced", random_state=seed))
    with threadpool_limits(limits=1):  # the sums are short: threads of the BLAS would mostly wait for each other
        model.fit(inputs, labels)

    def guess(note: LabelledNote) -> Guess:
        row = model.predict_proba(vectorizer.transform([note.text]))[0]
        order = np.argsort(-row)
        ranked = tuple(str(binarizer.classes_[i]) for i in order if row[i] >= 0.01)
        return Guess(ranked, frozenset(str(binarizer.classes_[i]) for i in order if row[i] >= 0.5))

    return guess
