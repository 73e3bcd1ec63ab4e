"""The compiled ranker says what the plain one says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.notes import load_notes
from models.compiled import Compiled
from models.features import extract
from models.ranker import Ranker
from models.suggester import Suggester
from nlp.pipeline import parse

PIECES = (
    "O:", "Therex", "SLR 3x10", "zzyqx", "bike 8 min", "effleurage", "P: next visit", "[x]", "[ ]", "|", "\n", "\n\n", ",", ".",
    "97110", "TE 15'", "declined", "Moist heat", "Unheardofword:", "12", "gait training w/ RW", "\t", "🙂", "GAIT", "HEP",
)  # fmt: skip


@pytest.fixture(scope="module")
def compiled(suggester: Suggester) -> Compiled:
    return Compiled(suggester.ranker)


def _agree(ranker: Ranker, compiled: Compiled, text: str) -> None:
    note = parse(text)
    features, found = extract(note, ranker.leaning), compiled.read(note)
    plain = ranker.outputs(features)
    assert np.allclose(features.relations, found.relations, atol=1e-5)
    for name in ("content", "delivery", "whole"):
        assert np.allclose(getattr(plain, name), getattr(found.outputs, name), atol=1e-3), name
    assert np.allclose(ranker.segment_logits(features, plain), ranker.decide(found, found.outputs), atol=1e-3)


@pytest.mark.parametrize("text", [*(n.text for n in load_notes("test")[::4]), "", " ", "x", "\n\n", "5", "O:"])
def test_notes(suggester: Suggester, compiled: Compiled, text: str) -> None:
    _agree(suggester.ranker, compiled, text)


@settings(deadline=None, max_examples=60)
@given(words=st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_text(suggester: Suggester, compiled: Compiled, words: list[str]) -> None:
    _agree(suggester.ranker, compiled, " ".join(words))
