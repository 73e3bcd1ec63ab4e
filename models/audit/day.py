"""What the steps of an audit share: bill and claim of a visit, and the worth of codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from corpus.catalogue import load_catalogue
from corpus.payers import Payer
from models.audit.findings import Billed
from models.contract import Answer, ClaimItem

Fees = Mapping[str, Decimal]


@dataclass(slots=True)
class Day:
    """A visit's bill and claim while they are compared."""

    billed: dict[str, Billed]
    answer: Answer
    payer: Payer
    fees: Fees

    @property
    def claim(self) -> ClaimItem:
        """The note's claim."""
        return self.answer["claim"]

    def worth(self, parts: Iterable[tuple[str, int]]) -> Decimal | None:
        """USD of units by code; ``None`` where a code has no fee."""
        total = Decimal(0)
        for code, units in parts:
            if code not in self.fees:
                return None
            total += self.fees[code] * units
        return total

    def difference(self, bill: Billed, code: str, units: int | None) -> Decimal | None:
        """USD between a billed line and units of another code; ``None`` where a code has no fee."""
        first, second = self.worth(((bill.code, bill.units),)), self.worth(((code, units or 1),))
        return None if first is None or second is None else abs(first - second)


def is_judged(code: str) -> bool:
    """Whether this project judges if a note supports a code."""
    found = load_catalogue().get(code)
    return found is not None and found.role == "service"
