"""Which segments of a clinic's note a billed code stands for."""

from __future__ import annotations

import numpy as np
import pytest

from corpus.services import service_of_code
from models.adapt.labels import _explained
from models.columns import COLUMN, NOTE_KINDS, SERVICES
from models.decision import Outputs

EXERCISE, MANUAL, GAIT = (COLUMN[service_of_code()[code][0]] for code in ("97110", "97140", "97116"))


@pytest.mark.parametrize("marked", [False, True])
def test_a_free_segment_stands_for_one_service_in_all_also_beside_marked_words(marked: bool) -> None:
    """A segment whose words are as much one billed service as another, and one that a person gave two codes."""
    support = np.zeros((2, len(SERVICES)))
    support[0, [EXERCISE, MANUAL]] = 0.9
    content = np.full((2, len(SERVICES)), -20.0)
    content[:, [EXERCISE, MANUAL]] = np.log(0.5)
    output = Outputs(content, np.full(2, 4.0), np.zeros(len(NOTE_KINDS)))
    fixed = np.zeros(support.shape)
    if marked:
        fixed[1, [MANUAL, GAIT]] = 1
    named = np.ones(support.shape)
    mass = _explained(support, output, [EXERCISE, MANUAL, GAIT], named, fixed, 0.1, 0.5)
    assert mass[0, [EXERCISE, MANUAL]] == pytest.approx(0.5)
    if marked:
        assert (mass[1] == fixed[1]).all()
    assert mass[0].sum() <= 1 + 1e-9
