"""The unit rules under their earlier name; they live in `models.claim.units`."""

from __future__ import annotations

from models.claim.units import cms_units, midpoint_units, total_units

__all__ = ["cms_units", "midpoint_units", "total_units"]
