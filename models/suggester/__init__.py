"""A note in, the answer of the contract out.

Reading order: `Suggester` (``facade``), ``reading`` (a note as the ranker saw it, and which segments carry a service), ``ranking``
(services as ranked items), ``withheld`` (why one that reached its threshold is not suggested),
``passed`` (what is named with a time and not suggested), ``quotes`` (the words an item or
intervention shows), ``naming`` (work that is named and no service by itself), ``claiming`` (from the suggested items to the claim).
"""

from __future__ import annotations

from models.columns import COLUMN
from models.suggester.facade import Suggester
from models.suggester.reading import Reading, sharing

__all__ = ["COLUMN", "Reading", "Suggester", "sharing"]
