"""What a note lacks for its suggested codes to stand: the checks of ``gaps.toml`` on a parsed note and its claim.

Reading order: ``items`` (`Supported`, what goes in, and `Gap`, what comes out), ``find`` (`find_gaps`), ``view`` (the note as
the checks see it), ``words`` (checks that words decide). Then the comparisons, of one subject each: ``times`` (minutes, totals,
start and stop), ``facts`` (what single codes ask for), ``tiers`` (an evaluation's). Under them ``clauses`` (words that are denied
or put off) and ``patterns`` (the checks' words made ready).

One pass over the note's words finds the phrases of all checks; regular expressions run only where phrases leave a
check open. Nothing here invents a fact: a check says which words it rests on, or what was looked for and not found.
"""

from __future__ import annotations

from models.gaps.find import find_gaps
from models.gaps.items import Gap, RestsOn, Supported
from models.gaps.tiers import billed_tier
from models.gaps.times import states_clock_times

__all__ = ["Gap", "RestsOn", "Supported", "billed_tier", "find_gaps", "states_clock_times"]
