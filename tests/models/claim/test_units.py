"""Unit rules: published and derived cases, and independent brute forces."""

from __future__ import annotations

import csv
import datetime as dt
import json
from itertools import product
from math import comb
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.catalogue import load_catalogue
from corpus.payers import Payer
from models.claim.day import day_units
from models.claim.lines import Claim, Delivered, build_claim
from models.claim.units import (
    MOST_ANSWERS,
    Rule,
    area_units,
    cms_units,
    first_and_further,
    midpoint_units,
    month_units,
    table_row,
    total_units,
)

DATE = dt.date(2026, 11, 2)
FIFTEEN = [
    c for c, e in load_catalogue().items() if e.unit_minutes == 15 and not e.add_on_of and c not in ("97129", "90912")
]


class Case(NamedTuple):
    name: str
    rule: str
    minutes: dict[str, int]
    right: list[dict[str, int]]


def _case(row: dict[str, str]) -> Case:
    minutes = json.loads(row["minutes_by_code_json"])
    first = {"rtm_management": "98980", **{key: key.split("+")[0] for key in minutes if "+" in key}}
    right = json.loads(row["expected_units_json"])
    return Case(
        row["case_id"],
        row["rule"],
        {first.get(key, key): value for key, value in minutes.items()},
        right if isinstance(right, list) else [right],
    )


with (Path(__file__).parent / "unit_cases.csv").open(encoding="utf-8", newline="") as _stream:
    CASES = [_case(row) for row in csv.DictReader(_stream)]


def _payer(rule: Rule) -> Payer:
    return Payer(id="p", name="P", unit_rule=rule, unattended_stim="G0283", source="test", rule_sure=True)


def _nonzero(units: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((code, number) for code, number in units.items() if number))


def _all_answers(units: dict[str, int], alternatives: list[dict[str, int]]) -> list[tuple[tuple[str, int], ...]]:
    return sorted(map(_nonzero, [units, *alternatives]))


def test_every_case_is_read() -> None:
    assert len(CASES) == 74
    assert {case.rule for case in CASES} == set(RULES)


RULES: dict[str, tuple[Rule, ...]] = {
    "cms_total_time": ("cms",),
    "ama_per_code": ("midpoint",),
    "base_plus_addon": ("cms", "midpoint"),
    "rtm_calendar_month": ("cms", "midpoint"),
    "cms_total_time_then_mue": (),
}


@pytest.mark.parametrize(
    ("case", "rule"), [pytest.param(c, rule, id=f"{c.name}-{rule}") for c in CASES for rule in RULES[c.rule]]
)
def test_case(case: Case, rule: Rule) -> None:
    """The day and the claim give exactly the right answers; families do not depend on the payer's rule."""
    answer = day_units({**case.minutes}, rule, DATE)
    right = sorted(map(_nonzero, case.right))
    assert _all_answers(answer["units"], answer["alternatives"]) == right
    claim = _claim(case.minutes, rule)
    assert _all_answers(_units(claim), claim["alternatives"]) == right
    assert claim["alternatives_total"] == len(right) - 1


def _claim(minutes: dict[str, int], rule: Rule) -> Claim:
    return build_claim([Delivered(code, value) for code, value in minutes.items()], _payer(rule), DATE)


def _units(claim: Claim) -> dict[str, int]:
    return {line["code"]: line["units"] or 0 for line in claim["lines"]}


@pytest.mark.parametrize("case", [c for c in CASES if "_over_mue" in c.right[0]], ids=lambda c: c.name)
def test_daily_maximum_case(case: Case) -> None:
    """The units of the time stand; what is beyond the maximum is flagged beside them."""
    (code,) = case.minutes
    [line] = _claim(case.minutes, "cms")["lines"]
    assert line["units"] == total_units(case.minutes[code])
    assert line["daily_max"] == case.right[0][code]
    assert line["over_daily_max"] == case.right[0]["_over_mue"]
    assert sum("Nothing was cut" in caution for caution in line["cautions"]) == 1


# --- The CMS rule against what its text says, by trying everything ---

TABLE = [(0, 7), (8, 22), (23, 37), (38, 52), (53, 67), (68, 82), (83, 97), (98, 112), (113, 127)]


@pytest.mark.parametrize(("units", "row"), list(enumerate(TABLE)))
def test_table(units: int, row: tuple[int, int]) -> None:
    for minutes in range(row[0], row[1] + 1):
        assert total_units(minutes) == units
        assert table_row(minutes) == {"least": row[0], "most": row[1], "units": units}


def _brute_force(minutes: dict[str, int]) -> set[tuple[int, ...]]:
    """Every mix of units that no one could fault: the table's total, whole blocks kept, no leftover passed over."""
    total = sum(minutes.values())
    allowed = next(u for u in range(200) if total < 15 * u + 8)
    found = set()
    for mix in product(*(range(m // 15, m // 15 + 2) for m in minutes.values())):
        if sum(mix) != allowed:
            continue
        rounded = [(m - 15 * (m // 15), u - m // 15) for m, u in zip(minutes.values(), mix, strict=True)]
        lowest_up = min((left for left, extra in rounded if extra), default=15)
        highest_down = max((left for left, extra in rounded if not extra), default=0)
        if lowest_up > 0 and lowest_up >= highest_down:
            found.add(mix)
    return found


def _agrees(minutes: dict[str, int]) -> None:
    answers = cms_units(minutes)
    mixes = [tuple(answer[code] for code in minutes) for answer in answers]
    assert len(set(mixes)) == len(mixes)
    assert set(mixes) == _brute_force(minutes)
    assert all(list(answer) == list(minutes) for answer in answers)


def test_every_mix_of_three_leftovers() -> None:
    """All 15^3 leftovers of three codes; whole blocks only shift the sum."""
    for left in product(range(15), repeat=3):
        _agrees(dict(zip(("97110", "97112", "97140"), left, strict=True)))


def test_every_pair_up_to_three_blocks() -> None:
    for a, b in product(range(48), repeat=2):
        _agrees({"97110": a, "97140": b})


MIXES = st.dictionaries(st.sampled_from(FIFTEEN), st.integers(0, 120), min_size=1, max_size=5)


@settings(max_examples=500, deadline=None)
@given(MIXES)
def test_cms_agrees_with_brute_force(minutes: dict[str, int]) -> None:
    _agrees(minutes)


@settings(max_examples=200, deadline=None)
@given(MIXES)
def test_the_day_and_the_working_tell_the_same(minutes: dict[str, int]) -> None:
    answer = day_units({**minutes}, "cms")
    working = answer["working"]
    row = working["row"]
    assert row is not None
    assert working["timed_minutes"] == sum(minutes.values())
    assert row["least"] <= working["timed_minutes"] <= row["most"]
    assert sum(answer["units"].values()) == row["units"]
    assert {block["codes"][0]: block["units"] for block in working["blocks"]} == answer["units"]
    for block in working["blocks"]:
        assert block["minutes"] == 15 * block["whole"] + block["left"]
        assert block["units"] == block["whole"] + block["extra"]
        assert f"{block['codes'][0]} {block['minutes']}" in working["sentences"][0]
    assert sum(block["extra"] for block in working["blocks"]) == working["leftover_units"]
    assert bool(working["tied"]) == bool(answer["alternatives_total"])


@settings(max_examples=200, deadline=None)
@given(MIXES, st.permutations(range(5)))
def test_order_changes_only_the_preference(minutes: dict[str, int], order: list[int]) -> None:
    codes = list(minutes)
    turned = {codes[i]: minutes[codes[i]] for i in order if i < len(codes)}
    assert _all_answers({}, cms_units(minutes)) == _all_answers({}, cms_units(turned))


@pytest.mark.parametrize(
    ("minutes", "preferred"),
    [
        ({"97112": 20, "97110": 20}, {"97112": 2, "97110": 1}),  # the one named first
        ({"97110": 20, "97112": 20}, {"97110": 2, "97112": 1}),
        ({"97110": 5, "97530": 20}, {"97110": 0, "97530": 2}),  # the one with more minutes
        ({"97110": 10, "97112": 10, "97140": 10}, {"97110": 1, "97112": 1, "97140": 0}),
    ],
)
def test_stated_preference(minutes: dict[str, int], preferred: dict[str, int]) -> None:
    assert cms_units(minutes)[0] == preferred


def test_many_ties_are_counted_and_not_all_written_out() -> None:
    answer = day_units(dict.fromkeys(FIFTEEN[:20], 8), "cms")
    assert answer["alternatives_total"] == comb(20, 11) - 1  # 160 minutes are 11 units
    assert len(answer["alternatives"]) == MOST_ANSWERS - 1


@pytest.mark.parametrize(
    ("minutes", "sentences"),
    [
        (
            {"97110": 18, "97140": 13, "97116": 10, "97035": 8},
            [
                "Timed minutes: 97110 18 + 97140 13 + 97116 10 + 97035 8 = 49.",
                "The CMS table gives 3 units for 38 to 52 minutes.",
                "Whole 15-minute blocks: 97110 1 (3 left), 97140 none (13 left), 97116 none (10 left), "
                "97035 none (8 left).",
                "2 units are still to give out.",
                "97140 and 97116 get one each: of the minutes left over, their 13 and 10 are the most.",
                "The minutes left over, 3 of 97110 and 8 of 97035, earn no unit; they stay in the note.",
            ],
        ),
        (
            {"97112": 20, "97110": 20},
            [
                "Timed minutes: 97112 20 + 97110 20 = 40.",
                "The CMS table gives 3 units for 38 to 52 minutes.",
                "Whole 15-minute blocks: 97112 1 (5 left), 97110 1 (5 left).",
                "1 unit is still to give out.",
                "97112 and 97110 tie at 5 left over for 1 unit: the choice is the clinician's; "
                "taken here: 97112 (listed first).",
                "The minutes left over, 5 of 97110, earn no unit; they stay in the note.",
            ],
        ),
        ({"97110": 7}, ["Timed minutes: 97110 7.", "The CMS table gives no unit for 0 to 7 minutes."]),
        ({"G0283": 20}, ["Untimed, one unit whatever the minutes: G0283."]),
    ],
)
def test_working_in_sentences(minutes: dict[str, int | None], sentences: list[str]) -> None:
    assert day_units(minutes, "cms")["working"]["sentences"] == sentences


# --- The midpoint rule ---


@given(st.integers(0, 600), st.sampled_from([10, 15, 20, 30, 60, 120]))
def test_midpoint_is_more_than_half(minutes: int, unit: int) -> None:
    """Counting minute by minute: a unit begins to count with the first minute past its half."""
    counted = sum(1 for minute in range(1, minutes + 1) if minute % unit == unit // 2 + 1)
    assert midpoint_units(minutes, unit) == counted


@settings(max_examples=200, deadline=None)
@given(MIXES)
def test_midpoint_codes_do_not_touch_each_other(minutes: dict[str, int]) -> None:
    together = day_units({**minutes}, "midpoint")
    assert together["alternatives"] == []
    assert together["working"]["row"] is None
    for code, value in minutes.items():
        assert together["units"][code] == day_units({code: value}, "midpoint")["units"][code]


# --- Families and units of other lengths ---


@given(st.integers(0, 300))
def test_fifteen_minute_family_is_one_sum(minutes: int) -> None:
    assert (
        sum(first_and_further(minutes, 15, 15))
        == total_units(minutes)
        == sum(day_units({"97129": minutes}, "cms")["units"].values())
    )


@pytest.mark.parametrize(
    ("minutes", "units"),
    [
        ({"97129": 15, "97130": 25}, {"97129": 1, "97130": 2}),
        ({"97130": 25, "97129": 15}, {"97129": 1, "97130": 2}),
        ({"97545": 120}, {"97545": 1}),
        ({"97545": 150}, {"97545": 1}),
        ({"97545": 151}, {"97545": 1, "97546": 1}),
        ({"97545": 120, "97546": 120}, {"97545": 1, "97546": 2}),
        ({"97545": 60}, {"97545": 0}),
        ({"97550": 15}, {"97550": 0}),
        ({"96125": 30}, {"96125": 0}),
        ({"96125": 31}, {"96125": 1}),
        ({"97545": 180, "97110": 7}, {"97545": 1, "97546": 1, "97110": 0}),
        ({"97550": 45, "97110": 8}, {"97550": 1, "97551": 1, "97110": 1}),
    ],
)
@pytest.mark.parametrize("rule", ["cms", "midpoint"])
def test_other_lengths(minutes: dict[str, int | None], units: dict[str, int], rule: Rule) -> None:
    answer = day_units(minutes, rule)
    assert answer["units"] == units
    assert answer["alternatives"] == []


@pytest.mark.parametrize("minutes", [{"97550": 16}, {"97550": 29}, {"97545": 61}, {"97545": 119}])
def test_a_first_increment_past_its_half_is_unsettled(minutes: dict[str, int | None]) -> None:
    (code,) = minutes
    answer = day_units(minutes, "cms")
    assert answer["units"] == {code: 1}
    assert answer["alternatives"] == [{code: 0}]
    assert [c for c in answer["cautions"] if "not settled" in c]


def test_long_units_stay_out_of_the_pool() -> None:
    """45 minutes of caregiver training do not lift 7 minutes of exercise over the threshold."""
    answer = day_units({"97550": 45, "97110": 7}, "cms")
    assert answer["units"]["97110"] == 0
    assert answer["working"]["timed_minutes"] == 7


@pytest.mark.parametrize(
    ("minutes", "date", "units"),
    [
        (9, DATE, (0, 0, 0)),
        (10, DATE, (0, 0, 1)),
        (10, dt.date(2025, 12, 31), (0, 0, 0)),
        (10, dt.date(2026, 1, 1), (0, 0, 1)),
        (20, dt.date(2025, 12, 31), (1, 0, 0)),
        (39, None, (1, 0, 0)),
        (59, None, (1, 1, 0)),
        (60, None, (1, 2, 0)),
    ],
)
def test_month(minutes: int, date: dt.date | None, units: tuple[int, int, int]) -> None:
    assert tuple(month_units(minutes, date).values()) == units


@pytest.mark.parametrize(
    ("area", "units"), [(0.5, (1, 0)), (20, (1, 0)), (20.1, (1, 1)), (40, (1, 1)), (40.1, (1, 2)), (100, (1, 4))]
)
def test_area(area: float, units: tuple[int, int]) -> None:
    assert tuple(area_units(area).values()) == units
    assert tuple(day_units({"97597": None, "97598": None}, "cms", area=area)["units"].values()) == units


def test_further_area_is_left_out_when_no_area_is_told() -> None:
    assert day_units({"97597": 20, "97598": None}, "cms")["units"] == {"97597": 1}


@pytest.mark.parametrize("area", [0, -3, float("nan"), float("inf")])
def test_area_must_be_one(area: float) -> None:
    with pytest.raises(ValueError, match="area must be above 0"):
        area_units(area)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        ({"97110": None}, "a timed code must have minutes, got 97110 without"),
        ({"00000": 8}, "code must be in the catalogue, got '00000'"),
        ({"97110": -1}, "minutes must be a whole number in 0..1440, got -1"),
        ({"97110": 1441}, "got 1441"),
        ({"97110": True}, "got True"),
        ({"98980": -1}, "got -1"),
    ],
)
def test_bad_minutes(minutes: dict[str, int | None], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        day_units(minutes, "cms")
