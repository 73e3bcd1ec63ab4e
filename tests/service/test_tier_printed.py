"""The tier of an evaluation as a person reads it: what is billed and what the facts reach never contradict each other."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from models.contract import TierItem
from service.claim import print_tier

PRINTED = [
    ("97161", "low", "low", None, "tier of 97161: low"),
    ("97161", "low", "low", "moderate", "tier of 97161: low, the note says moderate"),
    ("97163", "low", "high", "high", "tier of 97163: high as the note names it; what the note states reaches low"),
    ("97163", "low", "high", None, "tier of 97163: high by its code; what the note states reaches low"),
]


@pytest.mark.parametrize(("code", "level", "billed", "claimed", "line"), PRINTED)
def test_tier(code: str, level: str, billed: str, claimed: str | None, line: str) -> None:
    out = io.StringIO()
    print_tier(
        Console(file=out, width=200), TierItem(code=code, level=level, billed=billed, claimed=claimed, components=[])
    )
    assert out.getvalue().strip() == line
