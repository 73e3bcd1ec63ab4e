"""What was billed beside what the note supports: visit by visit, and in totals for over- and under-coding.

Reading order: ``findings`` (`Billed`, what goes in; `Finding` and `VisitAudit`, what comes out of a visit), ``visit`` (`audit_visit`,
the steps in their order), ``day`` (bill and claim while they are compared); then the steps: ``scrubbing`` (the bill by itself),
``comparison`` (code by code) with ``exchanged`` (a code billed for another), ``timed`` (units against the note's time). ``totals``
(`Totals` and `totalled`) has the whole.

Pure functions over answers of the contract; nothing here holds words of a note. Over-coding is more billed than the note
supports, under-coding less; an edit, a gap or a code that cannot be judged is neither. Money is worked out only from a fee
for each unit.
"""

from __future__ import annotations

from models.audit.findings import DENIED, KINDS, Billed, Finding, GapSeen, VisitAudit
from models.audit.totals import Totals, totalled
from models.audit.visit import audit_visit

__all__ = ["DENIED", "KINDS", "Billed", "Finding", "GapSeen", "Totals", "VisitAudit", "audit_visit", "totalled"]
