"""Texts that hold visits of several days, and dates that are no visit's."""

from __future__ import annotations

import pytest

from models.visit_days import days_told

WORK = "TherEx 20 min SLR w/ cues R knee. Pain 5->3."


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("DOS 11/02/2026", "DOS 11/04/2026", True),
        ("DOS: 11/2/26", "DOS: 2026-11-04", True),
        ("Visit date: 11/02/2026", "Visit date: 11/04/2026", True),
        ("Date of service: Nov 2, 2026", "Date of service: Nov 4, 2026", True),
        ("11/02/2026", "11/04/2026", True),
        ("**Date:** 11/02/2026", "**Date:** 11/04/2026", True),
        ("Visit 3: 11/02/2026", "Visit 4: 11/04/2026", True),
        ("DOS 11/02/2026", "DOS 11/02/26", False),
        ("DOS 11/02/2026", "Next visit date: 11/04/2026", False),
        ("DOS 11/02/2026", "Prior DOS 10/28/2026", False),
        ("DOS 11/02/2026", "Surgery 10/20/2026", False),
        ("DOB 03/04/1950", "DOS 11/02/2026", False),
        ("DOS 11/02/2026", "MRI 10/01/2026 shows a meniscal tear", False),
    ],
)
def test_days(first: str, second: str, told: bool) -> None:
    assert bool(days_told(f"{first}\n{WORK}\n{second}\n{WORK}\nOla Berg, PT")) is told


def test_a_date_beside_a_signature_is_no_visit() -> None:
    assert days_told(f"Date: 11/02/2026\n{WORK}\nOla Berg, PT\nDate: 11/03/2026") == []
