"""Texts that hold visits of several days, and dates that are no visit's."""

from __future__ import annotations

import datetime as dt

import pytest

from models.suggester import Suggester
from models.visit_days import day_stated, day_to_come, days_told

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


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("DOS 11/20/2026", True),
        ("Date of service: Nov 20, 2026", True),
        ("DOS 11/02/2026", False),
        ("DOS: 2026-11-02", False),
        ("Next visit date: 11/20/2026", False),
        ("Surgery 11/20/2025", False),
    ],
)
def test_another_day_than_the_claim_is_for(first: str, told: bool) -> None:
    assert bool(days_told(f"{first}\n{WORK}", dt.date(2026, 11, 2))) is told
    assert days_told(f"{first}\n{WORK}") == []


def test_a_date_beside_a_signature_is_no_visit() -> None:
    assert days_told(f"Date: 11/02/2026\n{WORK}\nOla Berg, PT\nDate: 11/03/2026") == []


@pytest.mark.parametrize(
    ("first", "second", "days"),
    [
        ("DAILY NOTE  11/20/2026", "DAILY NOTE  11/23/2026", "11/20, 11/23"),
        ("DAILY NOTE 10/5/2026", "DAILY NOTE 12/7/2026", "10/5, 12/7"),
        ("DAILY NOTE  11/5/2026", "DAILY NOTE  1/5/2026", "11/5, 1/5"),
        ("Visit 12/03/2026", "Visit 2/03/2026", "12/3, 2/3"),
        ("DAILY NOTE  2026-11-20", "DAILY NOTE  2026-11-23", "11/20, 11/23"),
        ("Session 11-20-2026", "Session 11-23-2026", "11/20, 11/23"),
        ("Daily Note 10.5.2026", "Daily Note 12.7.2026", "10/5, 12/7"),
        ("Visit 5 11/20/2026", "Visit 6 11/23/2026", "11/20, 11/23"),
        ("Visit 100 11/20/2026", "Visit 101 11/23/2026", "11/20, 11/23"),
        ("Visit 5 of 12 11/20/2026", "Visit 6 of 12 2026-11-23", "11/20, 11/23"),
        ("Visit 5/12: 11/20/26", "Visit 6/12: 11/23/26", "11/20, 11/23"),
        ("Visit #5 - 11/20/2026", "Visit no. 6: 2026-11-23", "11/20, 11/23"),
        ("Daily note 11/20 5/10 pain", "Daily note 11/23 4/10 pain", "11/20, 11/23"),
        ("DAILY NOTE 11/20/2026", "DAILY NOTE 2026-11-20", ""),
        ("DOS: 11/20/2026  seen in clinic, visit 5 of 12", "DAILY NOTE 11/20/2026", ""),
        ("DOS: 11/20/2026", "Visit 5/12: 11/20/26", ""),
        ("Visit 5 11/20/2026", "Visit 5 of 12", ""),
    ],
)
def test_the_number_of_a_visit_takes_no_digit_of_its_date(first: str, second: str, days: str) -> None:
    said = days_told(f"{first}\n{WORK}\n{second}\n{WORK}")
    assert [days in one for one in said] == ([True] if days else [])


def test_one_day_under_two_headings_is_held_against_the_claim() -> None:
    text = f"Date of service: 11/20/2026\nDAILY NOTE  11/20/2026\n{WORK}"
    assert "The note names 11/20" in days_told(text, dt.date(2026, 11, 21))[0]
    assert days_told(text, dt.date(2026, 11, 20)) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("11/03/25: Therex 30 min, manual 15 min. 11/05/25: Therex 23 min, manual 8 min.", "2 visits (11/3, 11/5)"),
        ("Visit 5: therex 30 min. Visit 6 (today): therex 15 min", "2 visits (Visit 5, Visit 6 (today))"),
        ("Nov 3: TE 20 min\nNov 5: TE 25 min", "2 visits (11/3, 11/5)"),
        ("3/4/25: R TKA. 4/1/25: manipulation. TE 20 min", None),
        ("11/3: SLR 3x10. 11/5: SLR 3x12", None),
        ("Visit 5: therex 30 min, manual 15 min", None),
    ],
)
def test_visits_in_a_line_each(text: str, told: str | None) -> None:
    said = days_told(text)
    assert bool(said) == (told is not None)
    assert told is None or told in said[0]


TODAY = dt.date(2026, 11, 2)


@pytest.mark.parametrize(
    ("date", "told"),
    [
        (dt.date(2031, 1, 5), True),
        (dt.date(2026, 11, 4), True),
        (dt.date(2026, 11, 3), False),  # begun elsewhere
        (dt.date(2026, 11, 2), False),
        (dt.date(2026, 10, 2), False),
        (None, False),
    ],
)
def test_a_day_to_come_is_told(date: dt.date | None, told: bool) -> None:
    assert bool(day_to_come(date, TODAY)) is told


def test_a_claim_for_a_day_to_come_is_contradicted(suggester: Suggester) -> None:
    late = dt.date.today() + dt.timedelta(40)
    text = "TherEx 15 min: SLR w/ cues for strength"
    assert any("still to come" in said for said in suggester.suggest(text, date=late)["claim"]["contradictions"])
    now = suggester.suggest(text, date=dt.date.today())["claim"]["contradictions"]
    assert not any("still to come" in said for said in now)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        (f"Date of service: 05/14/2018\n{WORK}", dt.date(2018, 5, 14)),
        (f"DOS 11/2/26\n{WORK}", dt.date(2026, 11, 2)),
        (f"DOS: 2026-11-02\n{WORK}\nDate of service: Nov 2, 2026", dt.date(2026, 11, 2)),
        (f"DAILY NOTE 11/02/2026\n{WORK}", dt.date(2026, 11, 2)),
        (f"Date: 11/02/2026\n{WORK}\nOla Berg, PT\nDate: 11/02/2026", dt.date(2026, 11, 2)),
        (f"DOS 11/02/2026\n{WORK}\nOla Berg, PT\nDate: 11/03/2026", dt.date(2026, 11, 2)),
        (f"DOS 11/02/2026\n{WORK}\nNext visit date: 11/04/2026", dt.date(2026, 11, 2)),
        (f"DOS 11/02\n{WORK}", None),
        (f"Visit 9/24\n{WORK}", None),
        (f"DOB 03/04/1950\n{WORK}", None),
        (f"DOS 11/02/2026\n{WORK}\nDOS 11/04/2026\n{WORK}", None),
        (f"DOS 11/02/2026 - 11/20/2026\n{WORK}", None),
        (f"DOS 11/02/2026, 11/04/2026\n{WORK}", None),
        (f"{WORK}\nOla Berg, PT\nDate: 11/02/2026", None),
        (f"Surgery 10/20/2026\n{WORK}", None),
        (f"10/20/2026\n{WORK}", None),
        (f"DOS 13/02/2026\n{WORK}", None),
    ],
)
def test_the_day_a_note_states(text: str, date: dt.date | None) -> None:
    assert day_stated(text, TODAY)[0] == date


def test_the_day_taken_is_told_and_so_is_an_odd_one() -> None:
    assert day_stated(f"DOS 11/02/2026\n{WORK}", TODAY)[1] == [
        "The date of service is the one the note states, 2026-11-02; none was given with it."
    ]
    assert "more than a year back" in day_stated(f"DOS 05/14/2018\n{WORK}", TODAY)[1][0]
    assert "2/30/2026 as its date of service, which is no day" in day_stated(f"DOS 02/30/2026\n{WORK}", TODAY)[1][0]


def test_another_year_than_the_claim_is_for() -> None:
    assert "names 11/2/2025" in days_told(f"DOS 11/02/2025\n{WORK}", dt.date(2026, 11, 2))[0]
    assert days_told(f"DOS 11/02/26\n{WORK}", dt.date(2026, 11, 2)) == []


def test_a_claim_is_for_the_day_the_note_states_where_none_is_given(suggester: Suggester) -> None:
    text = (
        "Date of service: 05/14/2018\nGait training with SPC 15 min, cues for heel strike. "
        "Therapeutic activities: lifting 10 lb box 15 min."
    )
    for claim in (suggester.suggest(text)["claim"], suggester.revise(text, {"97116": 15, "97530": 15})):
        assert claim["date"] == "2018-05-14"
        assert [(e["column1"], e["column2"]) for e in claim["edits"]] == [("97530", "97116")]
        assert any("the note states, 2018-05-14" in said for said in claim["cautions"])
    given = suggester.suggest(text, date=dt.date(2026, 11, 2))["claim"]
    assert (given["date"], given["edits"]) == ("2026-11-02", [])
    assert not any("the note states" in said for said in given["cautions"])
    late = suggester.suggest(text.replace("2018", "2031"))["claim"]
    assert any("2031-05-14, is still to come" in said for said in late["contradictions"])


def test_a_date_that_is_none_is_refused_in_a_sentence(suggester: Suggester) -> None:
    with pytest.raises(ValueError, match=r"date must be a datetime\.date or None, got a str"):
        suggester.suggest(WORK, date="2026-11-02")  # type: ignore[arg-type]
