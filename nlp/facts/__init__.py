"""Stated facts of a note: phrases that decide which code a service becomes, and the numbers and levels beside them.

Reading order: `find_facts` (all phrases in one pass, in ``find``), ``senses`` (whether a phrase means its fact, or is denied);
then what is read beside them, each by itself: ``counts`` (numbers beside a noun), ``levels`` (complexity claimed),
``encounters`` (which time, how long in use), ``muscles``, ``areas`` (wounds debrided), ``regions`` (of the body), ``days`` (remote monitoring). What they
share is in ``scan``.
"""

from __future__ import annotations

from nlp.facts.areas import debrided_area
from nlp.facts.counts import listed_items, stated_count
from nlp.facts.days import data_days, monitoring_days
from nlp.facts.encounters import encounter_cues
from nlp.facts.find import find_facts, is_taken_back
from nlp.facts.levels import LEVELS, Claim, claimed_levels
from nlp.facts.muscles import count_muscles
from nlp.facts.scan import within

__all__ = [
    "LEVELS",
    "Claim",
    "claimed_levels",
    "count_muscles",
    "data_days",
    "debrided_area",
    "encounter_cues",
    "find_facts",
    "is_taken_back",
    "listed_items",
    "monitoring_days",
    "stated_count",
    "within",
]
