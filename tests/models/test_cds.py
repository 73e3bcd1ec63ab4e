"""Cards: every invariant of a response, over answers of many shapes; what excludes what; escaping."""

from __future__ import annotations

import copy
import html
import re
from typing import Any

import pytest
from cds_support import conforms
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from corpus.edits import load_edits
from corpus.payers import load_payers
from corpus.services import service_of_code
from models.cds import SUMMARY_LIMIT, Occasion, cards_of, escaped, tidy, unreadable_card
from models.contract import Answer
from models.coverage import payer_of
from models.suggester import Suggester

WHO = Occasion(
    "3f2e1c7a-8a5b-4b61-9a35-0a7f3f1a9d10",
    "Patient/p1",
    "Encounter/e1",
    "DocumentReference/d1",
    "https://x.example/card",
)
PIECES = (
    "Therapeutic exercise 23 min",
    "Manual therapy joint mobs 15 min",
    "Therapeutic activities sit to stand 12 min",
    "Ultrasound 1 MHz to shoulder 8 min",
    "IFC to low back, resting, 15 min unattended",
    "Gait training with FWW 60 ft, cues",
    "PT evaluation, low complexity",
    "PT re-evaluation",
    "Dry needling to UT 10 min",
    "Hot pack 10 min",
    "Group exercise with 3 others 30 min",
    "<b>|`[x](y)",
)


@given(
    pieces=st.lists(st.sampled_from(PIECES), max_size=8),
    payer=st.sampled_from(sorted(load_payers())),
    encounter=st.sampled_from([None, "Encounter/e1"]),
    reference=st.sampled_from([None, "DocumentReference/d1"]),
    known=st.booleans(),
    instance=st.uuids(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_response_keeps_the_rules(
    suggester: Suggester, pieces: list[str], payer: str, encounter: Any, reference: Any, known: bool, instance: Any
) -> None:
    answer = suggester.suggest("O: " + ". ".join(pieces) + ".", payer)
    before = copy.deepcopy(answer)
    cards = cards_of(answer, Occasion(str(instance), "Patient/p1", encounter, reference, None, known))
    assert answer == before, "an answer is read, not changed"
    conforms({"cards": cards})
    offered = [s["label"].split()[0] for c in cards for s in c.get("suggestions", [])]
    lines = [x["code"] for x in answer["claim"]["lines"] if x["units"] != 0 and not x["bundled"]]
    assert sorted(offered) == sorted(lines), "each line that can be billed once, and no other"
    assert bool(cards) == bool(lines)


@given(
    units=st.lists(
        st.tuples(st.sampled_from(sorted(service_of_code())), st.sampled_from([None, 0, 1, 4])),
        max_size=60,
        unique_by=lambda u: u[0],
    )
)
@settings(max_examples=60, deadline=None)
def test_any_number_of_lines_fits_a_card(units: list[tuple[str, int | None]]) -> None:
    conforms({"cards": cards_of(_answer(dict(units)), WHO)})


def _answer(units: dict[str, int | None], *edits: tuple[str, str, str], gaps: Any = ()) -> Answer:
    lines: list[dict[str, Any]] = [
        {"code": c, "name": f"Name of {c}", "units": n, "minutes": None, "bundled": False, "provisional": False}
        | {"modifiers": [], "questions": [], "cautions": [], "notes": []}
        for c, n in units.items()
    ]
    items: list[dict[str, Any]] = [
        {
            "code": c,
            "name": f"Name of {c}",
            "probability": 0.9 - i / 100,
            "suggested": True,
            "evidence": [],
            "units": n,
        }
        for i, (c, n) in enumerate(units.items())
    ]
    found = [{"column1": a, "column2": b, "indicator": i, "says": f"{a} and {b}"} for a, b, i in edits]
    claim = {
        "payer": "medicare",
        "date": None,
        "lines": lines,
        "edits": found,
        "questions": [],
        "cautions": [],
        "gaps": list(gaps),
    }
    return {"note_sha256": "0" * 64, "bundle": "b", "suggestions": items, "claim": claim}  # type: ignore[typeddict-item]


def _behaviours(answer: Answer) -> list[tuple[str, list[str]]]:
    cards = conforms({"cards": cards_of(answer, WHO)})
    return [
        (c["selectionBehavior"], [s["label"].split()[0] for s in c["suggestions"]])
        for c in cards
        if "suggestions" in c
    ]


THREE: dict[str, int | None] = {"97110": 1, "97140": 1, "97530": 1}


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([], [("any", ["97110", "97140", "97530"])]),
        ([("97530", "97140", "1")], [("any", ["97110", "97140", "97530"])]),
        ([("97530", "97140", "0")], [("any", ["97110"]), ("at-most-one", ["97140", "97530"])]),
        ([("97530", "97140", "0"), ("97110", "97140", "0")], [("any", ["97110", "97140", "97530"])]),
        (
            [("97530", "97140", "0"), ("97110", "97140", "0"), ("97110", "97530", "0")],
            [("at-most-one", ["97110", "97140", "97530"])],
        ),
        ([("97530", "20560", "0")], [("any", ["97110", "97140", "97530"])]),
    ],
)
def test_codes_that_exclude_each_other_are_a_choice_of_one(edits: Any, expected: Any) -> None:
    assert _behaviours(_answer(THREE, *edits)) == expected


CHAINS = [("97161", "97763", "97760"), ("97150", "97750", "97161"), ("97124", "97140", "97545")]


@pytest.mark.parametrize(("one", "between", "other"), CHAINS)
def test_codes_that_a_third_excludes_may_both_be_taken(one: str, between: str, other: str) -> None:
    rows = load_edits().among((one, between, other), None)
    never = [(row.column1, row.column2) for row in rows if row.modifier_indicator == "0"]
    assert {frozenset(pair) for pair in never} == {frozenset((one, between)), frozenset((between, other))}, "a chain"
    answer = _answer({one: 1, other: 1, between: 1}, *((a, b, "0") for a, b in never))
    (card,) = conforms({"cards": cards_of(answer, WHO)})
    assert card["selectionBehavior"] == "any"
    assert card["summary"].startswith("Not all of these can be billed: ")
    assert all(f"{a} and {b}" in card["detail"] for a, b in never)
    assert [s["isRecommended"] for s in card["suggestions"]] == [True, True, False]


def test_lines_without_a_unit_or_bundled_are_said_and_not_offered() -> None:
    answer = _answer({"97110": 2, "97140": 0, "97010": 1})
    answer["claim"]["lines"][2]["bundled"] = True
    (card,) = conforms({"cards": cards_of(answer, WHO)})
    assert [s["label"] for s in card["suggestions"]] == ["97110 Name of 97110, 2 units"]
    assert "97140 Name of 97140: documented, earns no unit." in card["detail"]
    assert "97010 Name of 97010: bundled" in card["detail"]


def _gap(severity: str, *codes: str) -> dict[str, Any]:
    return {
        "id": f"{severity}-{codes}",
        "severity": severity,
        "codes": list(codes),
        "says": "The note lacks it.",
        "source": "a source",
    }


@pytest.mark.parametrize(
    ("units", "gaps", "recommended"),
    [
        ({"97110": 1}, [], [True]),
        ({"97110": None}, [], [False]),
        ({"97110": 1, "97140": 1}, [_gap("error", "97110")], [False, True]),
        ({"97110": 1, "97140": 1}, [_gap("error", "97110", "97140")], [True, True]),
        ({"97110": 1}, [_gap("warning", "97110")], [True]),
    ],
)
def test_what_is_recommended(units: Any, gaps: Any, recommended: list[bool]) -> None:
    (card, *_) = conforms({"cards": cards_of(_answer(units, gaps=gaps), WHO)})
    assert [s["isRecommended"] for s in card["suggestions"]] == recommended


@pytest.mark.parametrize(
    ("gaps", "indicator"),
    [
        ([], None),
        ([_gap("info", "97110")], None),
        ([_gap("warning", "97110")], "info"),
        ([_gap("error", "97110"), _gap("warning", "97110")], "warning"),
    ],
)
def test_the_card_of_gaps(gaps: Any, indicator: str | None) -> None:
    cards = conforms({"cards": cards_of(_answer({"97110": 1}, gaps=gaps), WHO)})
    assert [c["indicator"] for c in cards[1:]] == ([indicator] if indicator else [])


def test_gaps_alone_are_no_card() -> None:
    assert cards_of(_answer({}, gaps=[_gap("error", "97110")]), WHO) == []


@given(st.text(max_size=200))
@example("<script>|`[a](b)](c)")
@example("www.evil.example http://evil.example x@evil.example")
@example("- a\n+ b\n1. c\n2) d\n# e\n> f")
def test_escaped_text_is_inert_and_says_the_same(text: str) -> None:
    shown = escaped(text)
    assert not re.search(r"[<>|`\[\]\n\r*_~\\]|://|@|(?i:\bwww\.)", shown)
    assert re.fullmatch(r"(?:[^&]|&#\d+;)*", shown)
    visible = html.unescape(shown)
    kept = re.sub(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+", " ", text)
    assert visible == " ".join(kept.split())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=20,
)


@given(JSON)
def test_tidy_leaves_no_empties(value: Any) -> None:
    def clean(one: Any, top: bool = False) -> bool:
        if not top and (one is None or one in ("", [], {})):
            return False
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        return all(map(clean, inner))

    assert clean(tidy(value), top=True)
    assert tidy(tidy(value)) == tidy(value)


@given(st.text(max_size=300))
def test_a_card_of_what_cannot_be_read_keeps_the_rules(kind: str) -> None:
    card = unreadable_card(WHO, kind)
    conforms({"cards": [card]})
    assert len(card["summary"]) <= SUMMARY_LIMIT


@pytest.mark.parametrize(
    ("coverages", "payer"),
    [
        ([], None),
        ([{}], None),
        ([{"payor": [{"display": "Medicare Part B"}]}], "medicare"),
        ([{"payor": [{"display": "MEDICARE"}]}], "medicare"),
        ([{"payor": [{"display": "Medicaid of Ohio"}]}], None),
        ([{"payor": [{"display": "UnitedHealthcare Medicare Advantage"}]}], "uhc"),
        ([{"payor": [{"display": "Anthem Blue Cross"}]}], "anthem"),
        ([{"payor": [{"display": "Panathema Benefits"}]}], None),
        ([{"class": [{"name": "TRICARE Prime"}]}], "tricare"),
        ([{"type": {"coding": [{"code": "WCBPOL"}]}}], "workers_comp"),
        ([{"type": {"coding": [{"code": "pay"}]}}], "cash"),
        ([{"type": {"text": "self pay"}}], "cash"),
        ([{"type": [7], "payor": "x", "class": None}], None),
        (
            [{"order": 2, "payor": [{"display": "Aetna"}]}, {"order": 1, "payor": [{"display": "Medicare"}]}],
            "medicare",
        ),
        ([{"payor": [{"display": "Nobody Mutual"}]}, {"payor": [{"display": "Aetna"}]}], "commercial"),
        ([{"status": "entered-in-error", "payor": [{"display": "Medicare"}]}], None),
    ],
)
def test_payer_of_a_coverage(coverages: Any, payer: str | None) -> None:
    assert payer_of(coverages) == payer
