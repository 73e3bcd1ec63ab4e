"""How right the suggestions are, measured on labelled notes.

Reading order: ``guess`` (`Guess`, what any suggester said of a note), ``counts`` (`tally`, counts per note), ``figures`` (`score`,
figures of their sums), ``resampled`` (`intervals` and `advantage`, bootstrap over notes; `sign_test`), ``curves`` (`calibration`,
`coverage`), ``mistakes`` (`worst_mistakes`).

97014 and G0283 are one concept with two payer faces and count as one code. "Lenient" forgives listed
alternates and the tier within PT or OT evaluations. Every figure is a function of sums over notes, so that a resample
of the notes is a weighting of the rows of one table.
"""

from __future__ import annotations

from models.evaluation.counts import Tally, tally
from models.evaluation.curves import calibration, coverage
from models.evaluation.figures import f1, figures_of, score
from models.evaluation.guess import Guess, concept_of, guess_of, truth_of
from models.evaluation.mistakes import Lookup, Mistake, worst_mistakes
from models.evaluation.resampled import advantage, intervals, resamples, sign_test

__all__ = [
    "Guess",
    "Lookup",
    "Mistake",
    "Tally",
    "advantage",
    "calibration",
    "concept_of",
    "coverage",
    "f1",
    "figures_of",
    "guess_of",
    "intervals",
    "resamples",
    "score",
    "sign_test",
    "tally",
    "truth_of",
    "worst_mistakes",
]
