"""Evaluation tier: each component graded from stated facts; the lowest decides (guide section 3).

What each component is graded by is in ``tiers.toml`` (`corpus.tiers`), from guide section 3 and ``facts.md`` section 4.

Reading order: ``graded`` (`Component` and `Graded`, what comes out), ``grading`` (`grade`), ``bearing`` (which conditions count),
``wording`` (its cautions).
"""

from __future__ import annotations

from models.tier.graded import Component, Graded
from models.tier.grading import grade

__all__ = ["Component", "Graded", "grade"]
