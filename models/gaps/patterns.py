"""The words of all checks made ready once: phrases in one index, regular expressions compiled."""

from __future__ import annotations

import re
from functools import cache

from corpus.gaps import load_gap_checks
from nlp.phrases import PhraseIndex


@cache
def index() -> PhraseIndex[tuple[str, bool]]:
    """The phrases of all checks: which check, and whether they raise it (else they settle it)."""
    return PhraseIndex(
        (phrase, (check.id, raises))
        for check in load_gap_checks().values()
        for raises, phrases in ((True, check.when), (False, check.words))
        for phrase in phrases
    )


@cache
def compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """A check's expressions in order; case is all one, ``^`` and ``$`` stand at line ends."""
    return tuple(re.compile(pattern, re.I | re.M) for pattern in patterns)
