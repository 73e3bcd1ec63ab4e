"""FHIR: valid against the R4B models of ``fhir.resources``, and no line lost or made up."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.payers import load_payers, payer_named
from corpus.services import service_of_code
from models.claim.lines import Claim, Delivered, build_claim
from models.fhir import CPT, HCPCS, claim_bundle

WHEN = dt.datetime(2026, 11, 2, 9, 30, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 2)


def _claim(minutes: Mapping[str, int | None]) -> Claim:
    return build_claim([Delivered(c, m) for c, m in minutes.items()], payer_named("medicare"), DAY, "PT")


def _bundle(claim: Claim, **given_: Any) -> dict[str, Any]:
    return claim_bundle(claim, payer_named(claim["payer"]), "n1", WHEN, **given_)


def _of(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


MIXED = {"97110": 24, "97140": 23, "G0283": 15, "97010": 10, "97112": None}


def test_items_are_what_can_be_billed() -> None:
    (claim,) = _of(_bundle(_claim(MIXED)), "Claim")
    shown = [(i["productOrService"]["coding"][0]["code"], i["quantity"]["value"]) for i in claim["item"]]
    assert shown == [("97110", 2), ("97140", 1), ("G0283", 1)]
    assert [i["sequence"] for i in claim["item"]] == [1, 2, 3]
    assert {i["modifier"][0]["coding"][0]["code"] for i in claim["item"]} == {"GP"}
    assert {i["servicedDate"] for i in claim["item"]} == {"2026-11-02"}
    assert (claim["status"], claim["use"]) == ("draft", "claim")


def test_every_line_is_a_charge_with_its_status() -> None:
    charges = _of(_bundle(_claim(MIXED)), "ChargeItem")
    shown = {c["code"]["coding"][0]["code"]: c["status"] for c in charges}
    assert shown == {
        "97110": "billable",
        "97140": "billable",
        "G0283": "billable",
        "97010": "not-billable",
        "97112": "unknown",
    }
    assert next(c for c in charges if c["status"] == "unknown").get("quantity") is None


@pytest.mark.parametrize(("code", "system"), [("97110", CPT), ("G0283", HCPCS)])
def test_code_systems(code: str, system: str) -> None:
    (charge,) = _of(_bundle(_claim({code: 15})), "ChargeItem")
    assert charge["code"]["coding"][0]["system"] == system
    assert "display" not in charge["code"]["coding"][0]


def test_what_is_not_known_is_marked_and_what_is_given_stands() -> None:
    claim = _claim({"97110": 15})
    (bare,) = _of(_bundle(claim), "Claim")
    assert bare["patient"]["extension"][0]["valueCode"] == "unknown"
    (full,) = _of(_bundle(claim, patient="Patient/7", provider="Practitioner/2", coverage="Coverage/3"), "Claim")
    assert full["patient"] == {"reference": "Patient/7"}
    assert full["insurance"][0]["coverage"]["reference"] == "Coverage/3"


def test_the_same_claim_has_the_same_names_and_no_two_share_one() -> None:
    first, second = _bundle(_claim(MIXED)), _bundle(_claim(MIXED))
    assert first == second
    urls = [e["fullUrl"] for e in first["entry"]]
    assert len(set(urls)) == len(urls)


CODES = sorted(service_of_code())
DAYS = st.dictionaries(st.sampled_from(CODES), st.one_of(st.none(), st.integers(0, 240)), max_size=8)


@settings(max_examples=40, deadline=None)
@given(DAYS, st.sampled_from(sorted(load_payers())), st.booleans())
def test_any_claim_is_valid_r4b(day: dict[str, int | None], payer: str, dated: bool) -> None:
    models = pytest.importorskip("fhir.resources.R4B.bundle", reason="needs fhir.resources")
    profile = payer_named(payer)
    claim = build_claim([Delivered(c, m) for c, m in day.items()], profile, DAY if dated else None, "PT")
    bundle = claim_bundle(claim, profile, "n1", WHEN)
    read = models.Bundle.model_validate_json(json.dumps(bundle))
    kinds = [entry.resource.get_resource_type() for entry in read.entry]
    assert kinds == ["Claim", *["ChargeItem"] * len(claim["lines"])]


def test_the_validator_would_catch_a_bad_claim() -> None:
    models = pytest.importorskip("fhir.resources.R4B.bundle", reason="needs fhir.resources")
    bundle = _bundle(_claim({"97110": 15}))
    del bundle["entry"][0]["resource"]["insurance"]
    with pytest.raises(ValueError, match="insurance"):
        models.Bundle.model_validate_json(json.dumps(bundle))
