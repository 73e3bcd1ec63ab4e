"""The lines of a claim: units, minutes, modifiers, twins, bundles and cautions of what was delivered.

Reading order: ``shapes`` (`Delivered`, what goes in, and `Claim`, what comes out), ``build`` (`build_claim`, the steps in their
order); then the steps: ``taken`` (which codes can stand), ``overlaps`` (starts and ends that cannot all be true),
`models.claim.timing` (minutes that are stated, follow, or can only be proposed), ``counted`` (units), ``line`` (one line),
``whole`` (what is said of the claim as a whole, or of lines beside one another).
Nothing here reads a note, adds 59, X, CQ, CO or KX, or cuts units: those are questions and flags for a person.
"""

from __future__ import annotations

from models.claim.lines.build import build_claim
from models.claim.lines.shapes import Claim, ClaimLine, Delivered, is_billable
from models.claim.timing import SharedTime, propose_split

__all__ = ["Claim", "ClaimLine", "Delivered", "SharedTime", "build_claim", "is_billable", "propose_split"]
