"""Audits: each kind of finding with its near-miss, totals that add up, money only from fees."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.payers import load_payers, payer_named
from corpus.services import service_of_code
from models.audit import KINDS, Billed, GapSeen, VisitAudit, audit_visit, totalled
from models.claim.lines import Delivered, SharedTime, build_claim
from models.contract import SCHEMA, Answer, ClaimItem, SuggestionItem, TierItem

DAY = dt.date(2026, 11, 2)
FEES = {"97110": Decimal("30"), "97140": Decimal("28.50"), "97161": Decimal("90"), "97162": Decimal("100")}


def _answer(
    supported: Mapping[str, int | None],
    payer: str,
    alternates: Mapping[str, list[str]] | None = None,
    levels: Mapping[str, str] | None = None,
    **totals: Any,
) -> Answer:
    """An answer whose note supports these codes and minutes, the evaluations with facts of these levels."""
    tiers = [
        TierItem(code=code, level=level, billed="", claimed=None, components=[])
        for code, level in (levels or {}).items()
    ]
    claim = build_claim([Delivered(c, m) for c, m in supported.items()], payer_named(payer), DAY, "PT", **totals)
    items = [
        SuggestionItem(
            code=code,
            name=code,
            rank=rank,
            probability=0.9,
            suggested=True,
            evidence=[],
            against=[],
            minutes=minutes,
            units=None,
            alternates=(alternates or {}).get(code, []),
            cautions=[],
        )
        for rank, (code, minutes) in enumerate(supported.items(), 1)
    ]
    return Answer(
        schema=SCHEMA,
        note_sha256="0",
        bundle="b",
        suggestions=items,
        claim=ClaimItem(**claim, tiers=tiers, gaps=[], review=None),
        interventions=[],
    )


def _audit(
    supported: Mapping[str, int | None], *billed: Billed, payer: str = "medicare", fees: Any = None, **more: Any
) -> VisitAudit:
    answer = _answer(supported, payer, **more)
    return audit_visit(answer, billed, payer_named(payer), DAY, row=1, name="v", fees=fees)


def _found(visit: VisitAudit) -> list[tuple[str, str, str]]:
    return [(f.kind, f.side, f.code) for f in visit.findings]


EX: dict[str, int | None] = {"97110": 24}
CASES: list[tuple[dict[str, int | None], tuple[Billed, ...], list[tuple[str, str, str]]]] = [
    (EX, (Billed("97110", 2),), []),
    (EX, (Billed("97110", 3),), [("units_over", "over", "97110")]),
    (EX, (Billed("97110", 1),), [("units_under", "under", "97110")]),
    (EX, (Billed("97110", 1), Billed("97110", 1)), []),
    (EX, (), [("supported_not_billed", "under", "97110")]),
    ({}, (Billed("97110", 2),), [("billed_not_supported", "over", "97110")]),
    ({"97110": None}, (Billed("97110", 2),), [("units_not_shown", "none", "97110")]),
    ({"97110": 5}, (Billed("97110", 1),), [("units_over", "over", "97110")]),
    ({"97110": 20, "97112": 20}, (Billed("97110", 2), Billed("97112", 1)), []),
    ({"97110": 20, "97112": 20}, (Billed("97110", 1), Billed("97112", 2)), []),
    (
        {"97110": 20, "97112": 20},
        (Billed("97110", 2), Billed("97112", 2)),
        [("units_over", "over", "97112")],
    ),
    ({"97161": 30}, (Billed("97163"),), [("tier_over", "over", "97163")]),
    ({"97163": 30}, (Billed("97162"),), [("tier_under", "under", "97162")]),
    ({"97162": 30}, (Billed("97162"),), []),
    ({"97760": 15}, (Billed("97763"),), [("other_code", "none", "97763")]),
    ({"G0283": 15}, (Billed("97014"),), [("payer_code", "none", "97014")]),
    ({"97014": 15}, (Billed("G0283"),), []),
    ({"97010": 10}, (), []),
    ({"97010": 10}, (Billed("97010"),), [("bundled", "none", "97010")]),
    ({}, (Billed("99213"),), [("not_judged", "none", "99213")]),
    ({}, (Billed("97762"),), [("cannot_stand", "none", "97762")]),
    (
        {"97140": 15, "97124": 15},
        (Billed("97140"), Billed("97124")),
        [("edit", "none", "97124")],
    ),
    (
        {"97140": 15, "97124": 15},
        (Billed("97140"), Billed("97124", 1, ("59",))),
        [("edit", "none", "97124")],
    ),
    ({"97012": 15, "97140": 15}, (Billed("97012"), Billed("97140")), [("edit", "none", "97140")]),
    ({"97012": 15, "97140": 15}, (Billed("97012"), Billed("97140", 1, ("GP", "59"))), []),
    ({"97012": 15, "97140": 15}, (Billed("97012", 1, ("XS",)), Billed("97140", 1, ("GP",))), []),
    ({"97530": 15, "97116": 15}, (Billed("97530"), Billed("97116")), []),
    ({"97035": 50}, (Billed("97035", 3),), [("daily_maximum", "none", "97035")]),
]


@pytest.mark.parametrize(("supported", "billed", "found"), CASES)
def test_findings(
    supported: dict[str, int | None], billed: tuple[Billed, ...], found: list[tuple[str, str, str]]
) -> None:
    assert _found(_audit(supported, *billed)) == found


def test_an_alternate_is_no_overcoding() -> None:
    visit = _audit(EX, Billed("97530", 2), alternates={"97110": ["97530"]})
    assert _found(visit) == [("other_code", "none", "97530")]
    assert not visit.over
    assert not visit.under
    assert not visit.agrees


@pytest.mark.parametrize(
    ("totals", "found"),
    [
        ({"session_total": 20}, [("contradiction", "none", "")]),
        ({"timed_total": 30, "session_total": 20}, [("contradiction", "none", "")] * 3),
        ({"contradictions": ["Two days."]}, [("contradiction", "none", "")]),
        ({"timed_total": 24, "session_total": 30}, []),
    ],
)
def test_what_the_note_states_of_time_and_cannot_all_be_true(
    totals: dict[str, Any], found: list[tuple[str, str, str]]
) -> None:
    visit = _audit(EX, Billed("97110", 2), **totals)
    assert _found(visit) == found
    assert visit.agrees is not bool(found)
    sums = totalled([visit], FEES)
    assert (sums.over, sums.under, sums.codes, sums.unpriced) == (0, 0, {}, ())


@pytest.mark.parametrize(
    ("supported", "level", "billed", "found", "amount"),
    [
        ("97163", "low", "97163", ("tier_over", "97163", "97161"), "30"),  # the note calls it high, its facts do not
        ("97163", "low", "97162", ("tier_over", "97162", "97161"), "10"),
        ("97163", "low", "97161", None, None),
        ("97163", "moderate", "97161", ("tier_under", "97161", "97162"), "10"),
        ("97162", "moderate", "97162", None, None),
        ("97162", "moderate", "97163", ("tier_over", "97163", "97162"), "20"),
        ("97167", "moderate", "97167", ("tier_over", "97167", "97166"), None),
    ],
)
def test_an_evaluation_is_held_to_the_facts_of_the_note(
    supported: str, level: str, billed: str, found: tuple[str, str, str] | None, amount: str | None
) -> None:
    fees = {**FEES, "97163": Decimal("120")}
    visit = _audit({supported: 40}, Billed(billed), levels={supported: level}, fees=fees)
    assert [(f.kind, f.code, f.instead) for f in visit.findings] == ([found] if found else [])
    assert [f.amount for f in visit.findings] == ([None if amount is None else Decimal(amount)] if found else [])


def test_a_second_unit_of_an_evaluation_above_its_tier_is_counted_once() -> None:
    visit = _audit({"97162": 40}, Billed("97162", 2), levels={"97162": "low"}, fees=FEES)
    assert {f.kind: f.amount for f in visit.findings} == {
        "daily_maximum": Decimal("100"),
        "units_over": Decimal("100"),
        "tier_over": Decimal("10"),
    }
    totals = totalled([visit], FEES)
    assert (totals.amount_over, totals.amount_denied) == (Decimal("110"), Decimal("100"))


UNSPLIT: dict[str, int | None] = {"97110": None, "97140": None}


@pytest.mark.parametrize(
    ("supported", "bill", "payer", "totals", "over", "amount"),
    [
        (UNSPLIT, {"97110": 4, "97140": 4}, "medicare", {"session_total": 40}, {"97140": 4, "97110": 1}, "144"),
        (UNSPLIT, {"97110": 2, "97140": 1}, "medicare", {"session_total": 40}, {}, "0"),
        (
            UNSPLIT,
            {"97110": 2, "97140": 2},
            "medicare",
            {"session_total": 60, "timed_total": 52},
            {"97140": 1},
            "28.50",
        ),
        (UNSPLIT, {"97110": 2, "97140": 2}, "medicare", {"session_total": 60, "timed_total": 53}, {}, "0"),
        (UNSPLIT, {"97110": 4, "97140": 4}, "medicare", {}, {}, "0"),  # no total: nothing to hold it against
        (UNSPLIT, {"97110": 2, "97140": 2}, "anthem", {"session_total": 46}, {}, "0"),  # 23 and 23
        (UNSPLIT, {"97110": 2, "97140": 2}, "anthem", {"session_total": 45}, {"97140": 1}, "28.50"),
        # What is over already is not counted again.
        (UNSPLIT, {"97110": 2, "97140": 1, "97112": 3}, "medicare", {"session_total": 40}, {"97112": 3}, "0"),
        # A total below the minutes that are stated is a contradiction, no measure.
        ({"97110": 30, "97140": None}, {"97110": 2}, "medicare", {"session_total": 15}, {}, "0"),
        ({"97110": 30, "97140": 23}, {"97110": 2, "97140": 2}, "medicare", {"session_total": 15}, {}, "0"),
        ({"97140": 30, "97014": 15}, {"97140": 2, "G0283": 1}, "medicare", {"session_total": 30}, {}, "0"),
        ({"98980": None}, {"98980": 1}, "medicare", {"session_total": 5}, {}, "0"),  # a month's minutes
    ],
)
def test_timed_units_beyond_the_time_there_was(
    supported: dict[str, int | None],
    bill: dict[str, int],
    payer: str,
    totals: dict[str, int],
    over: dict[str, int],
    amount: str,
) -> None:
    bills = [Billed(code, units) for code, units in bill.items()]
    visit = _audit(supported, *bills, payer=payer, fees=FEES, **totals)
    sums = totalled([visit], FEES)
    assert {c: n for c, (n, _) in sums.codes.items() if n} == over
    assert sums.amount_over == Decimal(amount)


@pytest.mark.parametrize(
    ("bill", "totals", "over"),
    [
        ({"97110": 1, "97112": 1, "97140": 1}, {}, 1),  # 35 minutes allow 2
        ({"97110": 1, "97140": 1}, {}, 0),
        (
            {"97110": 2, "97112": 1, "97140": 1, "97530": 1},
            {"session_total": 20},
            3,
        ),  # less than the 35 that are stated
    ],
)
def test_a_time_stated_once_for_several_codes_is_time_there_was(
    bill: dict[str, int], totals: dict[str, Any], over: int
) -> None:
    supported: dict[str, int | None] = {"97110": 20, "97112": 20, "97140": 15}
    if "97530" in bill:
        supported["97530"] = None
    shared = [SharedTime(("97110", "97112"), 20)]
    visit = _audit(supported, *(Billed(c, n) for c, n in bill.items()), shared_times=shared, **totals)
    beyond = [f for f in visit.findings if f.kind == "units_beyond_time"]
    assert sum((f.billed or 0) - (f.supported or 0) for f in beyond) == over


@pytest.mark.parametrize(
    ("bill", "under"),
    [
        ({"97110": 1, "97140": 1}, False),  # 35 minutes give 2, and both are billed
        ({"97112": 1, "97140": 1}, False),
        ({"97110": 1}, True),
        ({"97140": 2}, True),  # nothing of the shared time
    ],
)
def test_a_code_is_not_under_coded_where_its_shared_time_is_billed_as_another(
    bill: dict[str, int], under: bool
) -> None:
    supported: dict[str, int | None] = {"97110": 20, "97112": 20, "97140": 15}
    shared = [SharedTime(("97110", "97112"), 20)]
    visit = _audit(supported, *(Billed(c, n) for c, n in bill.items()), shared_times=shared)
    assert visit.under is under


def test_another_code_is_held_to_the_time_too() -> None:
    visit = _audit(EX, Billed("97530", 4), alternates={"97110": ["97530"]})
    assert _found(visit) == [("other_code", "none", "97530"), ("units_beyond_time", "over", "97530")]
    group = _audit({"97150": 30, "97140": 10}, Billed("97110", 2), Billed("97140"), alternates={"97150": ["97110"]})
    assert _found(group) == [("other_code", "none", "97110")]


def test_units_beyond_time_are_priced_only_where_every_code_is() -> None:
    bills = (Billed("97110", 2), Billed("97112", 2))
    visit = _audit({"97110": None, "97112": None}, *bills, fees=FEES, session_total=30)
    assert {f.amount for f in visit.findings} == {None}
    assert totalled([visit], FEES).units_over == 2


def test_modifiers_are_looked_at_and_no_side_is_taken() -> None:
    visit = _audit(EX, Billed("97110", 2, ("GO", "59")))
    assert _found(visit) == [("modifier", "none", "97110")] * 2
    kx = _audit(EX, Billed("97110", 2, ("GP", "KX")))
    assert _found(kx) == [("kx_not_shown", "none", "97110")]
    assert kx.agrees


def test_a_code_the_project_does_not_judge_leaves_a_visit_in_agreement() -> None:
    assert _audit(EX, Billed("97110", 2), Billed("99213")).agrees


def test_provisional_units_are_not_held_against_the_bill() -> None:
    visit = _audit({"97110": None, "97140": 15}, Billed("97110", 2), Billed("97140", 2))
    assert {f.kind for f in visit.findings} == {"units_not_shown"}


def test_edits_mean_nothing_to_a_payer_that_has_none() -> None:
    both = (Billed("97140"), Billed("97124"))
    assert _found(_audit({"97140": 15, "97124": 15}, *both, payer="cash")) == []


@pytest.mark.parametrize(
    ("supported", "billed", "amount"),
    [
        (EX, (Billed("97110", 3),), "30"),
        ({}, (Billed("97110", 3),), "90"),
        ({"97140": 15}, (), "28.50"),
        ({"97161": 30}, (Billed("97162"),), "10"),
        ({}, (Billed("97530", 3),), None),
        ({"97140": None}, (), None),
    ],
)
def test_money_is_the_fee_of_what_differs(
    supported: dict[str, int | None], billed: tuple[Billed, ...], amount: str | None
) -> None:
    (finding,) = _audit(supported, *billed, fees=FEES).findings
    assert finding.amount == (None if amount is None else Decimal(amount))
    (unpriced,) = _audit(supported, *billed).findings
    assert unpriced.amount is None


def test_totals() -> None:
    visits = [
        _audit(EX, Billed("97110", 3), fees=FEES),
        _audit({"97140": 15}, Billed("97530", 2), fees=FEES),
        _audit(EX, Billed("97110", 2), fees=FEES),
        _audit({"97161": 30}, Billed("97162"), fees=FEES),
    ]
    totals = totalled(visits, FEES)
    assert (totals.visits, totals.agree, totals.over, totals.under, totals.both) == (4, 1, 3, 1, 1)
    assert (totals.units_billed, totals.units_over, totals.units_under) == (8, 3, 1)
    assert totals.codes == {"97530": (2, 0), "97110": (1, 0), "97140": (0, 1), "97162": (0, 0)}
    assert (totals.amount_over, totals.amount_under) == (Decimal("40"), Decimal("28.50"))
    assert totals.unpriced == ("97530",)
    assert list(totals.kinds) == [k for k in KINDS if k in totals.kinds]
    bare = totalled(visits)
    assert (bare.amount_over, bare.amount_under, bare.unpriced) == (None, None, ())


@pytest.mark.parametrize(
    ("supported", "bill", "denied", "doubtful", "amount"),
    [
        ({"97140": 15, "97124": 15}, {"97140": 1, "97124": 1}, 1, 0, "19"),  # a pair that no modifier opens: column 2
        ({"97035": 45}, {"97035": 3}, 1, 0, "12"),  # one beyond the daily maximum
        ({"97110": 30}, {"97110": 2, "97001": 1}, 1, 0, "80"),  # deleted
        ({"97110": 30, "97010": 10}, {"97110": 2, "97010": 1}, 1, 0, "5"),  # bundled
        ({"97110": None}, {"97110": 2}, 0, 1, "0"),  # minutes not stated
        ({"97110": 30}, {"97110": 2}, 0, 0, "0"),
        ({"97110": 30}, {"97110": 3}, 0, 0, "0"),  # over-coding only
        ({"97035": 30}, {"97035": 2}, 0, 0, "0"),  # at the daily maximum
    ],
)
def test_lines_that_will_be_turned_down_have_a_total_of_their_own(
    supported: dict[str, int | None], bill: dict[str, int], denied: int, doubtful: int, amount: str
) -> None:
    fees = {"97140": 28, "97124": 19, "97035": 12, "97110": 30, "97001": 80, "97010": 5}
    prices = {code: Decimal(fee) for code, fee in fees.items()}
    visit = _audit(supported, *(Billed(c, n) for c, n in bill.items()), fees=prices)
    totals = totalled([visit], prices)
    assert (totals.denied, totals.doubtful, totals.amount_denied) == (denied, doubtful, Decimal(amount))
    assert totalled([visit]).amount_denied is None


def test_a_line_turned_down_twice_is_worth_its_fee_once() -> None:
    prices = {"97035": Decimal(12), "97140": Decimal(28), "97124": Decimal(19), "97018": Decimal(7)}
    bills = [Billed("97140"), Billed("97124", 9)]
    visit = _audit({"97140": 15, "97124": 135}, *bills, fees=prices)
    assert {f.kind for f in visit.findings if f.code == "97124"} >= {"edit", "daily_maximum"}
    assert totalled([visit], prices).amount_denied == Decimal(9 * 19)


def test_notes_are_counted_by_their_worst_gap() -> None:
    def seen(*severities: str) -> VisitAudit:
        gaps = tuple(GapSeen(f"gap-{i}", severity, ()) for i, severity in enumerate(severities))
        return replace(_audit(EX, Billed("97110", 2)), gaps=gaps)

    totals = totalled([seen("error", "warning"), seen("warning", "info"), seen("info"), seen()])
    assert (totals.with_error, totals.with_warning) == (1, 1)


CODES = st.sampled_from([*sorted(service_of_code()), "97010", "99213", "97762"])
BILLS = st.lists(st.builds(Billed, CODES, st.integers(1, 9)), max_size=5)
NOTES = st.dictionaries(
    st.sampled_from(sorted(service_of_code())), st.one_of(st.none(), st.integers(0, 90)), max_size=5
)


@settings(max_examples=150, deadline=None)
@given(NOTES, BILLS, st.sampled_from(sorted(load_payers())))
def test_every_code_is_accounted_for(supported: dict[str, int | None], billed: list[Billed], payer: str) -> None:
    """A billed code agrees or has a finding, a supported one is billed, bundled, without a unit or has a finding."""
    visit = _audit(supported, *billed, payer=payer)
    named = {f.code for f in visit.findings} | {f.instead for f in visit.findings}
    lines = _answer(supported, payer)["claim"]["lines"]
    units = {line["code"]: line["units"] for line in lines}
    for code in {b.code for b in billed} - named:
        assert sum(b.units for b in billed if b.code == code) == units[code] or _has_alternatives(supported, payer)
    for line in lines:
        settled = line["bundled"] or line["units"] == 0 or line["code"] in {b.code for b in billed} | named
        assert settled or _has_alternatives(supported, payer)
    totals = totalled([visit])
    assert totals.units_over == sum(over for over, _ in totals.codes.values())
    assert totals.units_under == sum(under for _, under in totals.codes.values())
    assert (totals.agree or totals.over or totals.under or totals.denied or totals.doubtful) == 1


def _has_alternatives(supported: dict[str, int | None], payer: str) -> bool:
    return bool(_answer(supported, payer)["claim"]["alternatives"])


@settings(max_examples=60, deadline=None)
@given(NOTES, st.sampled_from(sorted(load_payers())))
def test_a_bill_of_exactly_the_claim_has_neither_over_nor_under(supported: dict[str, int | None], payer: str) -> None:
    lines = _answer(supported, payer)["claim"]["lines"]
    bill = [Billed(line["code"], line["units"]) for line in lines if line["units"] and not line["bundled"]]
    visit = _audit(supported, *bill, payer=payer)
    over_under = [f for f in visit.findings if f.side != "none" and f.supported is not None]
    assert over_under == []
