"""What speaks for times being a service's: traits, short tuples of which each has one learned weight.

The first part of a trait is its name (`NAMES` says in words what it looks at), the rest what was found. A pair of a
time and a service has traits, a set of times given to a service has some more (what it leaves out, whether its
times repeat or add up), and the services of a note together have a few (times given twice, the note's own totals).

Reading order: ``trait`` (what a trait is, and its names), ``scene`` (the times and what the note's clauses support), ``facade``
(`Traits`); then the traits: ``pairs`` (with ``around``, what stands around a time, and ``whose``, times that can be nobody's or
only some service's), ``sets``, ``together``. ``sorts`` has the sorts of services.
"""

from __future__ import annotations

from models.minutes.traits.facade import Traits
from models.minutes.traits.trait import NAMES, Given, Support, Trait

__all__ = ["NAMES", "Given", "Support", "Trait", "Traits"]
