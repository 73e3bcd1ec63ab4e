"""Modifiers: the plan's is stated, the assistant's asked, KX never claimed."""

from __future__ import annotations

import datetime as dt

import pytest

from corpus.catalogue import load_catalogue
from corpus.payers import load_payers, load_thresholds, payer_named
from models.claim.modifiers import (
    Assistant,
    Discipline,
    assistant_named,
    assistant_question,
    discipline_named,
    kx_question,
    line_modifiers,
    plan_question,
)


@pytest.mark.parametrize(
    ("code", "payer", "discipline", "assistant", "modifiers"),
    [
        ("97110", "medicare", "PT", None, ["GP"]),
        ("97110", "medicare", "OT", None, ["GO"]),
        ("97129", "medicare", "SLP", None, ["GN"]),
        ("97110", "medicare", None, "PTA", ["GP"]),
        ("97110", "medicare", None, "COTA", ["GO"]),
        ("97110", "medicare", None, None, []),
        ("20560", "medicare", "PT", None, ["GP"]),  # sometimes therapy, under a plan
        ("97010", "medicare", "PT", None, []),  # not a therapy code of the list
        ("97110", "cash", "PT", "PTA", []),
        ("97110", "commercial", "PT", None, []),
    ],
)
def test_plan(
    code: str, payer: str, discipline: Discipline | None, assistant: Assistant | None, modifiers: list[str]
) -> None:
    found = line_modifiers(load_catalogue()[code], payer_named(payer), discipline, assistant)
    assert found["modifiers"] == modifiers


def test_nothing_but_the_plan_is_ever_stated() -> None:
    for payer in load_payers().values():
        for code in load_catalogue().values():
            for discipline in ("PT", "OT", "SLP"):
                found = line_modifiers(code, payer, discipline_named(discipline), "PTA")
                assert set(found["modifiers"]) <= {"GP", "GO", "GN"}


@pytest.mark.parametrize(
    ("code", "payer", "assistant", "asked"),
    [
        ("97110", "medicare", "PTA", "that unit carries CQ beside GP"),
        ("97110", "medicare", "COTA", "that unit carries CO beside GO"),
        ("97110", "uhc", "PTA", "that unit carries CQ beside GP"),
        ("G0283", "medicare", "PTA", "more than a tenth, of a unit of G0283"),
        ("97110", "cash", "PTA", None),
        ("97010", "medicare", "PTA", None),
        ("97110", "medicare", None, None),
    ],
)
def test_assistant(code: str, payer: str, assistant: Assistant | None, asked: str | None) -> None:
    questions = line_modifiers(load_catalogue()[code], payer_named(payer), None, assistant)["questions"]
    assert len(questions) == (asked is not None)
    assert all(asked is not None and asked in question for question in questions)


@pytest.mark.parametrize("code", ["97161", "97162", "97163", "97164", "97165", "97166", "97167", "97168"])
def test_no_assistant_evaluates(code: str) -> None:
    found = line_modifiers(load_catalogue()[code], payer_named("medicare"), None, "PTA")
    assert found["questions"] == []
    assert any("is the therapist's own" in caution for caution in found["cautions"])


@pytest.mark.parametrize(
    ("code", "discipline", "said"), [("97165", "PT", True), ("97161", "PT", False), ("97161", "OT", True)]
)
def test_a_code_of_another_discipline(code: str, discipline: Discipline, said: bool) -> None:
    cautions = line_modifiers(load_catalogue()[code], payer_named("medicare"), discipline)["cautions"]
    assert any(f"the plan here is {discipline}" in caution for caution in cautions) == said


@pytest.mark.parametrize(
    ("payer", "plan", "said"),
    [
        ("medicare", None, "GP (PT), GO (OT), GN (SLP)"),
        ("medicare", "PT", None),
        ("commercial", "PT", "Does this payer want GP on"),
        ("commercial", None, "GP, GO or GN"),
        ("cash", None, None),
    ],
)
def test_plan_question(payer: str, plan: Discipline | None, said: str | None) -> None:
    question = plan_question(payer_named(payer), plan)
    assert (question is None) == (said is None)
    assert said is None or said in (question or "")


@pytest.mark.parametrize(
    ("payer", "asks", "unsure"), [("medicare", True, False), ("commercial", True, True), ("cash", False, False)]
)
def test_assistant_question(payer: str, asks: bool, unsure: bool) -> None:
    question = assistant_question(payer_named(payer), "PTA")
    assert (question is not None) == asks
    assert ("do not tell" in (question or "")) == unsure
    assert assistant_question(payer_named(payer), None) is None


@pytest.mark.parametrize(
    ("date", "said"),
    [
        (dt.date(2026, 1, 1), "2,480 USD in 2026,"),
        (dt.date(2025, 12, 31), "2,410 USD in 2025,"),
        (dt.date(2021, 5, 1), "2,110 USD in 2021,"),
        (dt.date(2027, 1, 1), "2,480 USD in 2026 (no amount is on file for 2027)"),
        (None, "2,480 USD in 2026,"),
    ],
)
def test_kx(date: dt.date | None, said: str) -> None:
    assert said in (kx_question(payer_named("medicare"), date) or "")


def test_kx_is_asked_only_where_there_is_a_threshold() -> None:
    assert [p.id for p in load_payers().values() if kx_question(p, None)] == ["medicare"]
    assert {t.year: t.amount for t in load_thresholds().values()} == {
        2021: 2110,
        2022: 2150,
        2023: 2230,
        2024: 2330,
        2025: 2410,
        2026: 2480,
    }


@pytest.mark.parametrize(("given", "found"), [("pt", "PT"), ("OT", "OT"), (None, None)])
def test_discipline_named(given: str | None, found: str | None) -> None:
    assert discipline_named(given) == found


@pytest.mark.parametrize(("given", "found"), [("pta", "PTA"), ("OTA", "COTA"), ("cota", "COTA"), (None, None)])
def test_assistant_named(given: str | None, found: str | None) -> None:
    assert assistant_named(given) == found


def test_unknown_names() -> None:
    with pytest.raises(ValueError, match="discipline must be one of PT, OT, SLP, got 'DC'"):
        discipline_named("DC")
    with pytest.raises(ValueError, match="assistant must be one of PTA, COTA, got 'aide'"):
        assistant_named("aide")
