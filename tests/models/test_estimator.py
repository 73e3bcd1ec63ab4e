"""NoteRanker keeps scikit-learn's conventions and learns from note-level labels alone."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_checks

from corpus.notes import load_notes
from models.columns import COLUMN, SERVICES
from models.estimator import NoteRanker
from models.fitting.base import Settings

pytestmark = pytest.mark.heavy(20)

CHECKS = [
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_get_params_invariance",
    "check_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_valid_tag_types",
]


@pytest.mark.parametrize("name", CHECKS)
def test_scikit_learn_checks(name: str) -> None:
    """The checks that feed no numeric matrix; the estimator takes texts."""
    getattr(estimator_checks, name)("NoteRanker", NoteRanker())


@pytest.fixture(scope="module")
def fitted() -> NoteRanker:
    notes = [n for n in load_notes("train") if len(n.text) < 500][:160]
    ranker = NoteRanker(folds=2, rounds=1, jobs=1)
    return ranker.fit([n.text for n in notes], [n.codes for n in notes], [n.voice for n in notes])


def test_learns_from_codes_alone(fitted: NoteRanker) -> None:
    assert fitted.classes_.tolist() == list(SERVICES)
    probabilities = fitted.predict_proba(
        ["Therex: SLR 3x10, heel slides 3x10, quad sets", "Pt cancelled, car trouble."]
    )
    assert probabilities.shape == (2, len(SERVICES))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert int(probabilities[0].argmax()) == COLUMN["ther_ex"]
    assert probabilities[0].max() > probabilities[1].max()
    assert fitted.predict(["x"]).dtype == np.bool_


def test_refitting_gives_the_same(fitted: NoteRanker) -> None:
    notes = [n for n in load_notes("train") if len(n.text) < 500][:160]
    again = clone(fitted).fit([n.text for n in notes], [n.codes for n in notes], [n.voice for n in notes])
    assert np.array_equal(again.predict_proba(["SLR 3x10"]), fitted.predict_proba(["SLR 3x10"]))


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        (["a"], [[], []], "one entry a note"),
        (["a"], [[]], "as many notes as folds"),
        (["a"] * 4, [["99213"]] * 4, "codes of services.toml, got '99213'"),
    ],
)
def test_bad_input_is_one_sentence(texts: list[str], labels: list[list[str]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        NoteRanker().fit(texts, labels)


def test_one_voice_cannot_be_parted_into_folds() -> None:
    with pytest.raises(ValueError, match="voices must name at least 2 writers, folds never split one, got 1"):
        NoteRanker(folds=2).fit(["SLR 3x10"] * 12, [["97110"]] * 12, ["a"] * 12)


def test_its_defaults_are_those_of_fitting() -> None:
    usual = Settings()
    given = NoteRanker().get_params()
    assert {name: getattr(usual, name) for name in given if name != "rounds"} == {
        name: value for name, value in given.items() if name != "rounds"
    }


def test_unfitted_is_said() -> None:
    with pytest.raises(NotFittedError):
        NoteRanker().predict_proba(["x"])
