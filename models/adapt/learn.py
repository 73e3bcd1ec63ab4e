"""The whole of learning a clinic's habits, in its order."""

from __future__ import annotations

from collections.abc import Callable

from threadpoolctl import threadpool_limits

from models.adapt.habits import Habits
from models.adapt.labels import explain_labels
from models.adapt.offsets import offsets
from models.adapt.read import Read
from models.adapt.start import extended, neutral
from models.adapt.usage import carried, trust_in_usage, usage_of
from models.adapt.weights import corrected
from models.decision import DECISION
from models.ranker import Ranker


def adapt(
    ranker: Ranker,
    clinic: Read,
    replay: Read,
    known: frozenset[str],
    habits: Habits | None = None,
    say: Callable[[str], None] | None = None,
) -> Ranker:
    """A new ranker that follows the clinic where its notes say something, and the old one elsewhere.

    Parameters
    ----------
    ranker : fitted on the corpus; it is not changed.
    clinic : the clinic's notes; where a person marked words, these are believed.
    replay : notes of the corpus.
    known : services the corpus has notes for; the others begin as the middle of them all.
    habits : strengths.
    say : called with a few words before each round.

    Returns
    -------
    A ranker of the same form; equal inputs give equal arrays.
    """
    habits = habits or Habits()
    say = say or (lambda _text: None)
    with threadpool_limits(limits=1):
        start = neutral(extended(ranker, clinic.data, habits.minimum), known)
        usage = usage_of(start, clinic.data, known, habits.doubt)
        own, order = clinic.used(usage)
        beside = replay.used(usage)[0]
        marked = [bool(clinic.notes[i].evidence) for i in order.tolist()]
        start = found = carried(start, usage)
        for number, heat in enumerate(habits.heats, 1):
            say(f"learning habits, {number} of {len(habits.heats)}")
            mass = explain_labels(found, own, marked, habits, heat)
            found = corrected(start, ranker, mass, own, beside, known, habits)
        if usage:
            found.decision = found.decision.copy()
            found.decision[DECISION.index("the clinic bills it so")] = trust_in_usage(found, own, habits.usage_c)
        say("learning offsets")
        found.offset = found.offset + offsets(found, own, beside, known, habits.offset_c)
    return found
