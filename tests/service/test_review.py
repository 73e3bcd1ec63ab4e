"""Accounts and revised claims over HTTP, the account in words, and feedback."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests_support import TRAP, notes_read

from models.decision import DECISION
from models.pooling import NOTE
from models.suggester import Suggester
from models.telling import TERMS, told
from service.app import create_app

TEXT = "S: 😀 ok\r\nO: Treadmill 15 min for endurance. Effleurage to calf 15 min. Total timed minutes 30. Total time 35 min."
PRIVATE = "Quux-Harrigan told us about her purple accordion"


@pytest.fixture(scope="module")
def client(suggester: Suggester) -> Iterator[TestClient]:
    with TestClient(create_app(suggester), raise_server_exceptions=False) as client:
        yield client


def test_every_term_has_words() -> None:
    assert set(TERMS) == {"bias", *DECISION, *NOTE}


PIECES = (
    "Treadmill 15 min for endurance",
    "Effleurage to calf 15 min",
    "HEP reviewed",
    "Ultrasound 8 min",
    "Declined gait",
    "",
)


@given(st.lists(st.sampled_from(PIECES), max_size=6), st.sampled_from(["97110", "97124", "97035", "97161", "97116"]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_account_in_words_adds_up(suggester: Suggester, pieces: list[str], code: str) -> None:
    text = "O: " + ". ".join(pieces)
    spans = [(s.start, s.end) for s in suggester.read(text).note.segments or []]
    for account in suggester.explain(text, code):
        made = told(account, text, spans)
        whole = math.fsum(step["amount"] for step in made["steps"])
        assert math.isclose(1 / (1 + math.exp(-whole)), made["probability"], abs_tol=1e-9)
        for segment in made["segments"]:
            assert math.isclose(math.fsum(t["amount"] for t in segment["terms"]), segment["log_odds"], abs_tol=1e-9)
            assert text[segment["start"] : segment["end"]] == segment["text"]


def test_explain_over_http_with_utf16_offsets(client: TestClient) -> None:
    body = {"text": TEXT, "code": "97124", "offsets": "utf16"}
    (account,) = client.post("/v1/explain", json=body).json()["accounts"]
    units = TEXT.encode("utf-16-le")
    assert account["segments"]
    for segment in account["segments"]:
        assert units[segment["start"] * 2 : segment["end"] * 2].decode("utf-16-le") == segment["text"]


def test_explain_reads_the_note_once(client: TestClient) -> None:
    with notes_read() as read:
        assert client.post("/v1/explain", json={"text": TEXT, "code": "97161"}).status_code == 200
    assert read == [TEXT]


def test_explain_says_which_bundle_the_sum_is_of(client: TestClient, suggester: Suggester) -> None:
    assert client.post("/v1/explain", json={"text": TEXT, "code": "97124"}).json()["bundle"] == suggester.version


def _claim(client: TestClient, codes: dict[str, int | None], **more: Any) -> Any:
    chosen = [{"code": code, "minutes": minutes} for code, minutes in codes.items()]
    return client.post("/v1/claim", json={"text": TEXT, "codes": chosen, **more})


def test_the_suggested_codes_give_the_suggested_claim(client: TestClient, suggester: Suggester) -> None:
    answer = suggester.suggest(TEXT)
    codes = {line["code"]: line["minutes"] for line in answer["claim"]["lines"]}
    wanted = json.loads(json.dumps(answer["claim"]))
    assert _claim(client, codes).json() == wanted | {"review": None}


@pytest.mark.parametrize(
    ("codes", "units"),
    [
        ({"97110": 15}, {"97110": 1}),
        ({"97110": 30, "97124": 15}, {"97110": 2, "97124": 1}),
        ({"97110": 15, "97035": 8}, {"97110": 1, "97035": 1}),
        ({"97110": 15, "97035": None}, {"97110": 1, "97035": 1}),  # 15 of the stated total are left for it
        ({"97110": 30, "97035": None}, {"97110": 2, "97035": None}),
        ({"97161": None}, {"97161": 1}),
        ({}, {}),
    ],
)
def test_a_revised_claim_has_the_units_of_its_codes(client: TestClient, codes: Any, units: Any) -> None:
    claim = _claim(client, codes).json()
    assert {line["code"]: line["units"] for line in claim["lines"]} == units


@pytest.mark.parametrize(("minutes", "whole"), [((10, 13), 23), ((10, None), None), ((None, 10), None)])
def test_minutes_of_a_code_that_stands_twice_add_up(
    client: TestClient, minutes: tuple[int | None, int | None], whole: int | None
) -> None:
    chosen = [{"code": "97110", "minutes": n} for n in minutes]
    made = client.post("/v1/claim", json={"text": "Rested.", "codes": chosen}).json()
    assert [line["minutes"] for line in made["lines"]] == [whole]


def test_an_added_evaluation_is_graded(client: TestClient) -> None:
    (tier,) = _claim(client, {"97161": None}).json()["tiers"]
    assert tier["code"] == "97161"


def test_files(client: TestClient) -> None:
    from fhir.resources.R4B.bundle import Bundle

    rows = list(csv.DictReader(io.StringIO(_claim(client, {"97110": 15}, format="csv").text)))
    assert [row["code"] for row in rows] == ["97110"]
    fhir = _claim(client, {"97110": 15}, format="fhir")
    assert fhir.headers["content-type"] == "application/fhir+json"
    Bundle.model_validate(fhir.json())
    page = _claim(client, {"97110": 15}, format="superbill", date="2026-11-02")
    assert "2026-11-02" in page.text
    for answer in (fhir, page):
        assert "Treadmill" not in answer.text


SENT = {"note_sha256": "0" * 64, "bundle": "b", "code": "97110", "action": "accept"}
REFUSED = [
    ("/v1/explain", {"text": PRIVATE, "code": "97999"}, 422, "code must be one soapcode suggests"),
    ("/v1/explain", {"text": PRIVATE}, 422, "'code' is missing"),
    ("/v1/explain", {"text": PRIVATE, "code": PRIVATE}, 422, "'code' must be five digits or capital letters"),
    ("/v1/explain", {"text": PRIVATE, "code": "97110", "more": 1}, 422, "only code, offsets, text may be sent"),
    ("/v1/claim", {"text": PRIVATE, "codes": [{"code": "99999"}]}, 422, "code must be one of the catalogue"),
    ("/v1/claim", {"text": PRIVATE, "codes": [], "payer": "nobody"}, 422, "payer must be one of"),
    ("/v1/claim", {"text": PRIVATE, "codes": [], "payer": "ZEBRAQUOKKA"}, 422, "payer must be one of"),
    ("/v1/explain", {"text": PRIVATE, "code": "ZEBRA"}, 422, "code must be one soapcode suggests"),
    ("/v1/claim", {"text": PRIVATE, "codes": [{"code": "ZEBRA"}]}, 422, "code must be one of the catalogue"),
    ("/v1/feedback", {**SENT, "code": "ZEBRA"}, 422, "code and replaced must be of the catalogue"),
    ("/v1/feedback", {**SENT, "action": "correct", "replaced": "ZEBRA"}, 422, "must be of the catalogue"),
    ("/v1/feedback", {**SENT, "replaced": "97112"}, 422, "'replaced' must be sent with 'correct' only"),
    ("/v1/feedback", {**SENT, "action": "correct", "replaced": "97110"}, 422, "must be another code"),
    ("/v1/claim", {"text": "", "codes": []}, 422, "'text' must not be empty"),
    ("/v1/feedback", {"code": PRIVATE}, 422, "is missing"),
    (
        "/v1/feedback",
        {"note_sha256": "0" * 64, "bundle": "b", "code": "97110", "action": PRIVATE},
        422,
        "'action' must be 'accept', 'reject'",
    ),
]


@pytest.mark.parametrize(("path", "body", "status", "said"), REFUSED)
def test_refusals(client: TestClient, path: str, body: Any, status: int, said: str) -> None:
    answer = client.post(path, json=body)
    TRAP.errors.append(answer.text)
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]
    assert "accordion" not in answer.text


CODE, MINUTES = "'code' of an entry of 'codes'", "'minutes' of an entry of 'codes'"
WHOLE = "must be a whole number from"


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/v1/claim", {"codes": [{"code": "97110", "minutes": 0}, {"code": "97124", "minutes": 1440}]}, None),
        ("/v1/claim", {"codes": [{"code": "97110", "minutes": -1}]}, f"{MINUTES} {WHOLE} 0 to 1440"),
        ("/v1/claim", {"codes": [{"code": "97124"}, {"code": "97110", "minutes": 1441}]}, f"{MINUTES} {WHOLE} 0 to 1440"),
        ("/v1/claim", {"codes": [{"code": "97110", "minutes": 8.5}]}, f"{MINUTES} {WHOLE} 0 to 1440"),
        ("/v1/claim", {"codes": [{"code": "97110", "minutes": PRIVATE}]}, f"{MINUTES} {WHOLE} 0 to 1440"),
        ("/v1/claim", {"codes": [{"code": "97110", PRIVATE: 1}]}, "an entry of 'codes' may hold only code, minutes"),
        ("/v1/claim", {"codes": ["97110"]}, "an entry of 'codes' must be a JSON object"),
        ("/v1/claim", {"codes": [{}]}, f"{CODE} is missing"),
        ("/v1/claim", {"codes": [{"code": "g0283"}]}, f"{CODE} must be five digits or capital letters"),
        ("/v1/claim", {"codes": [{"code": 97110}]}, f"{CODE} must be a string"),
        ("/v1/claim", {"codes": "97110"}, "'codes' must be a list of at most 60 objects"),
        ("/v1/claim", {"codes": [{"code": "97110"}] * 61}, "'codes' must be a list of at most 60 objects"),
        ("/v1/claim", {"codes": [{"code": "97110"}] * 60}, None),
        ("/v1/claim", {"codes": [], "format": "pdf"}, "'format' must be 'json', 'csv', 'fhir' or 'superbill'"),
        ("/v1/claim", {"codes": [], "date": "2026-11-02T10:00:00"}, "'date' must be a date like 2026-11-02"),
        ("/v1/claim", {"codes": [], "date": "2026-13-02"}, "'date' must be a date like 2026-11-02"),
        ("/v1/claim", {"codes": [], "date": "2026-11-02"}, None),
        ("/v1/feedback", SENT | {"units": 999, "modifiers": ["GP", "59", "KX", "CQ"]}, None),
        ("/v1/feedback", SENT | {"units": 1000}, f"'units' {WHOLE} 0 to 999"),
        ("/v1/feedback", SENT | {"units": -1}, f"'units' {WHOLE} 0 to 999"),
        ("/v1/feedback", SENT | {"modifiers": ["GP", "gp"]}, "'modifiers' must be a list of at most 4, each of two"),
        ("/v1/feedback", SENT | {"modifiers": ["GP"] * 5}, "'modifiers' must be a list of at most 4, each of two"),
        ("/v1/feedback", SENT | {"note_sha256": "0" * 63}, "'note_sha256' must be the 64 hex digits an answer gives"),
        ("/v1/feedback", SENT | {"bundle": "b" * 41}, "'bundle' must be the version an answer gives"),
        ("/v1/feedback", SENT | {"reason": "r" * 201}, "'reason' must have at most 200 characters"),
        ("/v1/feedback", SENT | {"reason": "r" * 200}, None),
        ("/v1/feedback", SENT | {"decision": "1234567"}, "'decision' must be 8 to 64 letters, digits or hyphens"),
        ("/v1/feedback", SENT | {"decision": "1" * 65}, "'decision' must be 8 to 64 letters, digits or hyphens"),
        ("/v1/feedback", SENT | {"decision": "1" * 64}, None),
        ("/v1/feedback", SENT | {"action": "correct", "replaced": "9711"}, "'replaced' must be five digits or capital"),
    ],
)  # fmt: skip
def test_a_refusal_names_place_and_what_must_hold(client: TestClient, path: str, body: Any, said: str | None) -> None:
    sent = body if path == "/v1/feedback" else {"text": "Rested.", **body}
    answer = client.post(path, json=sent)
    if said is None:
        assert answer.status_code in (200, 204)
        return
    TRAP.errors.append(answer.text)
    assert (answer.status_code, "accordion" in answer.text) == (422, False)
    assert answer.json()["error"]["message"].startswith(said)


def test_not_ready() -> None:
    with TestClient(create_app(None)) as bare:
        assert bare.post("/v1/explain", json={"text": "x", "code": "97110"}).status_code == 503
        assert bare.post("/v1/claim", json={"text": "x", "codes": []}).status_code == 503


def test_feedback_is_kept_once(suggester: Suggester) -> None:
    app = create_app(suggester)
    body = {
        "note_sha256": "0" * 64,
        "bundle": "b",
        "code": "97110",
        "action": "accept",
        "units": 2,
        "modifiers": ["GP"],
        "source": "widget",
        "decision": "0123456789abcdef",
    }
    with TestClient(app) as client:
        for _ in range(2):
            answer = client.post("/v1/feedback", json=body)
            assert (answer.status_code, answer.content) == (204, b"")
    (event,) = app.state.feedback.sink.events
    assert (event.code, event.action, event.units, event.modifiers, event.source) == (
        "97110",
        "accept",
        2,
        ("GP",),
        "widget",
    )


@pytest.mark.parametrize("named", [True, False])
def test_a_decision_taken_back_and_made_again_is_kept(suggester: Suggester, named: bool) -> None:
    app = create_app(suggester)
    body = {"note_sha256": "0" * 64, "bundle": "b", "code": "97110", "source": "page"}
    with TestClient(app) as client:
        for number, action in enumerate(("accept", "reject", "accept")):
            decision = {"decision": f"decision-{number}"} if named else {}
            assert client.post("/v1/feedback", json={**body, "action": action, **decision}).status_code == 204
    assert [event.action for event in app.state.feedback.sink.events] == ["accept", "reject", "accept"]
