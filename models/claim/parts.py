"""Timed minutes that are counted as one: a code's, or a first code's with its add-on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from corpus.catalogue import load_catalogue
from models.claim.units import UNIT, add_ons, checked_minutes, first_and_further, midpoint_units


@dataclass(frozen=True, slots=True)
class Part:
    """Timed minutes that are counted as one: a code, or a first code with its add-on.

    Attributes
    ----------
    codes : the code, or first and add-on code.
    sizes : minutes in one unit of each.
    minutes : of all together.
    """

    codes: tuple[str, ...]
    sizes: tuple[int, ...]
    minutes: int

    @property
    def name(self) -> str:
        """The codes for a sentence; an add-on only where the minutes pass the first increment."""
        return self.codes[0] if self.minutes <= self.sizes[0] else " with ".join(self.codes)

    @property
    def pooled(self) -> bool:
        """Whether the CMS sum takes it in: units of 15 minutes."""
        return set(self.sizes) == {UNIT}

    def spread(self, units: int) -> dict[str, int]:
        """Units of the part as units of its codes: a first code is billed once."""
        if len(self.codes) == 1:
            return {self.codes[0]: units}
        return {self.codes[0]: min(1, units), self.codes[1]: max(0, units - 1)}

    def alone(self) -> dict[str, int]:
        """Units of the part by its own midpoints."""
        if len(self.codes) == 1:
            return {self.codes[0]: midpoint_units(self.minutes, self.sizes[0])}
        return dict(zip(self.codes, first_and_further(self.minutes, *self.sizes), strict=True))

    @property
    def unsettled(self) -> bool:
        """Whether the first code rests on its midpoint alone though its increment is longer than a unit."""
        return len(self.codes) == 2 and self.sizes[0] > UNIT and self.sizes[0] > self.minutes > self.sizes[0] / 2


def parts_of(minutes: Mapping[str, int]) -> list[Part]:
    """The day's timed codes as parts, in the order given."""
    catalogue = load_catalogue()
    base_of = {add_on: base for base, add_on in add_ons().items()}
    pooled: dict[str, int] = {}
    for code, value in minutes.items():
        base = base_of.get(code, code)
        pooled[base] = pooled.get(base, 0) + checked_minutes(value)
    parts: list[Part] = []
    for base, value in pooled.items():
        codes = (base, add_ons()[base]) if base in add_ons() else (base,)
        parts.append(Part(codes, tuple(catalogue[c].unit_minutes or UNIT for c in codes), value))
    return parts
