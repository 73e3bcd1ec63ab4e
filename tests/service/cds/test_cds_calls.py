"""CDS Hooks over HTTP: discovery, cards, refusals, and who may ask from where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cds_calls import ORIGIN, PRIVATE, assert_is_outcome, cards_of, post_call
from cds_support import COVERAGE, NOTE, SERVICE, bundle, codes, conforms, document, request
from fastapi.testclient import TestClient
from pydantic import SecretStr
from tests_support import NOT_JSON

from models.cds import NAMESPACE, NOTE_SIGN, SUMMARY_LIMIT
from models.suggester import Suggester
from service.app import create_app
from service.cds.settings import CdsSettings
from service.settings import Settings
from service.store.store import Store

# ---------------------------------------------------------------- discovery


def test_discovery(client: TestClient) -> None:
    services = client.get("/cds-services").json()["services"]
    assert {s["hook"]: s["id"] for s in services} == SERVICE
    assert len({s["id"] for s in services}) == len(services), "one id per hook"
    for service in services:
        assert set(service) == {"hook", "id", "title", "description", "prefetch", "usageRequirements", "version"}
        assert all(service.values())
        expected = {
            "patient": "Patient/{{context.patientId}}",
            "note": "DocumentReference?patient={{context.patientId}}&_sort=-date&_count=1",
            "coverage": "Coverage?patient={{context.patientId}}&status=active",
        }
        if service["hook"] == NOTE_SIGN:
            expected.pop("note")
        assert service["prefetch"] == expected


# ---------------------------------------------------------------- cards


@pytest.mark.parametrize("hook", SERVICE)
def test_every_hook_gives_the_codes_of_the_note(client: TestClient, hook: str) -> None:
    cards = cards_of(client, request(hook))
    found = codes(cards)
    assert set(found) == {"97110", "97124"}
    for resource in found.values():
        assert resource["subject"] == {"reference": "Patient/p1"}
        assert resource["supportingInformation"] == [{"reference": "DocumentReference/doc-1"}]
        assert resource["code"]["coding"][0]["system"] == "http://www.ama-assn.org/go/cpt"
        assert resource["occurrenceDateTime"] == "2026-11-02"
        assert resource["quantity"]["value"] == 1
        assert ("context" in resource) == (hook == "encounter-discharge")


def test_hcpcs_codes_have_their_own_system(client: TestClient) -> None:
    note = document("O: IFC to low back, pt resting, 15 min unattended")
    found = codes(cards_of(client, request(prefetch={"note": note, "coverage": COVERAGE})))
    assert found["G0283"]["code"]["coding"][0]["system"].startswith("http://www.cms.gov/Medicare/Coding/HCPCS")


def test_a_card_has_source_reasons_scores_and_spans(client: TestClient, suggester: Suggester) -> None:
    (card, *_) = cards_of(client, request())
    assert card["source"] == {"label": "soapcode", "url": "https://codes.example/model-card"}
    assert len(card["overrideReasons"]) >= 3
    held = card["extension"][NAMESPACE]
    assert held["bundle"] == suggester.version
    assert {s["uuid"] for s in card["suggestions"]} == {entry["suggestion"] for entry in held["codes"]}
    said = [NOTE[s["start"] : s["end"]] for entry in held["codes"] for s in entry["spans"]]
    assert any("Effleurage" in words for words in said)
    assert all(0 < entry["probability"] < 1 for entry in held["codes"])


def test_note_text_is_escaped_in_detail_and_absent_from_summaries(client: TestClient) -> None:
    note = "O: Manual therapy: <img src=x onerror=alert(1)> | soft tissue mobilization `[a](http://x.example)` R calf 15 min"
    cards = cards_of(client, request(prefetch={"note": document(note)}))
    detail = cards[0]["detail"]
    assert "img src" in detail
    for raw in ("<", "|soft", "`", "](", "http://"):
        assert raw not in detail
    assert detail.count("|") % 5 == 0, "table cells only"
    assert all("img" not in card["summary"] and len(card["summary"]) <= SUMMARY_LIMIT for card in cards)


def test_gaps_are_a_card_of_their_own(client: TestClient) -> None:
    cards = cards_of(client, request())
    (gaps,) = [card for card in cards if "suggestions" not in card]
    assert gaps["indicator"] == "warning"
    assert "lacks" in gaps["summary"]


def test_the_same_instance_gives_the_same_identifiers(client: TestClient) -> None:
    body = request()
    assert post_call(client, body).json() == post_call(client, body).json()
    other = request()
    assert post_call(client, other).json()["cards"][0]["uuid"] != post_call(client, body).json()["cards"][0]["uuid"]


@pytest.mark.parametrize(
    ("coverage", "code", "said"),
    [
        ({"payor": [{"display": "Medicare Part B"}]}, "G0283", "Payer: Medicare Part B."),
        ({"type": {"coding": [{"code": "11"}]}}, "G0283", "Payer: Medicare"),
        ({"payor": [{"display": "Big Blue Cross of Ohio"}]}, "97014", "Payer: "),
        ({"payor": [{"display": "Nobody Mutual"}]}, "G0283", "Payer not known; rules of Medicare"),
        (
            {"payor": [{"display": "Aetna"}], "beneficiary": {"reference": "Patient/other"}},
            "G0283",
            "Payer not known",
        ),
        ({"payor": [{"display": "Aetna"}], "status": "cancelled"}, "G0283", "Payer not known"),
    ],
)
def test_coverage_decides_the_payer(client: TestClient, coverage: dict[str, Any], code: str, said: str) -> None:
    note = document("O: IFC to low back, pt resting, 15 min unattended")
    held = {"resourceType": "Coverage", "status": "active", **coverage}
    cards = cards_of(client, request(prefetch={"note": note, "coverage": bundle(held)}))
    assert code in codes(cards)
    assert said in cards[0]["detail"]


# ---------------------------------------------------------------- refusals


def _without(body: dict[str, Any], *path: str) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(body))
    inner = copy
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return copy


@pytest.mark.parametrize(
    "missing", [("hook",), ("hookInstance",), ("context",), ("context", "userId"), ("context", "patientId")]
)
def test_required_fields(client: TestClient, missing: tuple[str, ...]) -> None:
    body = _without(request(), *missing)
    assert_is_outcome(client.post("/cds-services/soapcode-patient-view", json=body), 400)


@pytest.mark.parametrize(
    ("hook", "name"), [("encounter-discharge", "encounterId"), ("order-sign", "draftOrders"), (NOTE_SIGN, "note")]
)
def test_required_context_of_each_hook(client: TestClient, hook: str, name: str) -> None:
    assert_is_outcome(post_call(client, _without(request(hook), "context", name)), 400)


WRONG = [
    {"hook": "order-sign"},
    {"hookInstance": "7"},
    {"hookInstance": 7},
    {"context": PRIVATE},
    {"context": {"userId": PRIVATE, "patientId": "a b"}},
    {"context": {"userId": PRIVATE, "patientId": "../../x"}},
    {"context": {"userId": "u", "patientId": ["p1"]}},
    {"prefetch": [document()]},
]


@pytest.mark.parametrize("change", WRONG)
def test_wrong_fields(client: TestClient, change: dict[str, Any]) -> None:
    assert_is_outcome(client.post("/cds-services/soapcode-patient-view", json=request() | change), 400)


def test_unknown_fields_are_tolerated_and_nulls_too(client: TestClient) -> None:
    body = request(extension={"a": 1}, unknown=[None], fhirServer=None, fhirAuthorization=None)
    body["context"] |= {"encounterId": None, "more": {}}
    assert codes(cards_of(client, body))


def test_a_patient_id_with_its_type_is_understood(client: TestClient) -> None:
    body = request("encounter-discharge")
    body["context"] |= {"patientId": "Patient/p1", "encounterId": "Encounter/e1"}
    assert codes(cards_of(client, body))["97124"]["context"] == {"reference": "Encounter/e1"}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": PRIVATE}, 400),
        ({"content": b"\xff" + PRIVATE.encode()}, 400),
        ({"content": "[" * 100_000}, 400),
        ({"json": [PRIVATE]}, 400),
        ({"content": json.dumps(PRIVATE * 10_000)}, 413),
    ],
)
def test_bodies_that_are_no_request(client: TestClient, sent: dict[str, Any], status: int) -> None:
    headers = {"Content-Type": "application/json"}
    assert_is_outcome(client.post("/cds-services/soapcode-patient-view", headers=headers, **sent), status)


@pytest.mark.parametrize("tail", ["", "/feedback"])
@pytest.mark.parametrize("kind", NOT_JSON)
def test_what_any_web_page_may_send_is_415(client: TestClient, kind: str | None, tail: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    body = json.dumps(request() | {"feedback": []})
    assert_is_outcome(client.post(f"/cds-services/soapcode-patient-view{tail}", content=body, headers=headers), 415)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_with_parameters_is_json(client: TestClient, kind: str) -> None:
    headers = {"Content-Type": kind}
    answer = client.post("/cds-services/soapcode-patient-view", content=json.dumps(request()), headers=headers)
    assert codes(conforms(answer.json()))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/x", 404), ("GET", "/x/y/z", 404), ("GET", "/soapcode-order-sign", 405), ("POST", "/x/feedback", 404)],
)
def test_other_addresses(client: TestClient, method: str, path: str, status: int) -> None:
    assert_is_outcome(client.request(method, f"/cds-services{path}", json={}), status)


def test_a_failure_says_nothing(suggester: Suggester) -> None:
    class Broken:
        def suggest(self, text: str, *_: object) -> None:
            raise RuntimeError(text)

    app = create_app(suggester, cds=CdsSettings(origins=(ORIGIN,)))
    app.state.suggester = Broken()
    with TestClient(app, raise_server_exceptions=False) as client:
        body = request(prefetch={"note": document(f"O: {PRIVATE}")})
        answer = client.post("/cds-services/soapcode-patient-view", json=body, headers={"Origin": ORIGIN})
    assert_is_outcome(answer, 500)
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_no_bundle_is_503() -> None:
    with TestClient(create_app(None)) as client:
        assert_is_outcome(client.post("/cds-services/soapcode-patient-view", json=request()), 503)


# ---------------------------------------------------------------- CORS


@pytest.mark.parametrize(
    "path", ["/cds-services", "/cds-services/soapcode-patient-view", "/cds-services/soapcode-patient-view/feedback"]
)
def test_preflight(client: TestClient, path: str) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = client.options(path, headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-methods"] == "GET, POST, OPTIONS"
    assert answer.headers["access-control-allow-headers"] == "Authorization, Content-Type, Accept"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://ehr.example.evil", "http://ehr.example", "https://ehr.example:444", "null", "*", None]
)
def test_other_origins_get_nothing(client: TestClient, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    for answer in (client.get("/cds-services", headers=headers), client.options("/cds-services", headers=headers)):
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "Origin"


def test_a_host_page_may_say_who_asks(client: TestClient) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = client.options("/v1/suggest", headers=asked)
    assert (
        answer.headers["access-control-allow-headers"]
        == "Authorization, Content-Type, Accept, X-Soapcode-User, X-Soapcode-Source"
    )


def test_cors_on_answers_and_errors(client: TestClient) -> None:
    headers = {"Origin": ORIGIN}
    for answer in (
        client.get("/cds-services", headers=headers),
        client.post("/cds-services/soapcode-patient-view", json=request(), headers=headers),
        client.post("/cds-services/soapcode-patient-view", json={}, headers=headers),
        client.post("/cds-services/none", json={}, headers=headers),
        client.post("/cds-services/none", content=b"x" * 300_000, headers=headers),
    ):
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["cache-control"] == "no-store"


def test_cors_is_for_cds_hooks_only(client: TestClient) -> None:
    assert "access-control-allow-origin" not in client.get("/healthz", headers={"Origin": ORIGIN}).headers


def test_unsigned_calls_need_a_key_where_the_interface_does_and_are_kept(
    suggester: Suggester, tmp_path: Path
) -> None:
    given = Settings(database_url=f"sqlite:///{tmp_path}/s.sqlite3", store_key=SecretStr("5a" * 32), require_key=True)
    store = Store.open(given)
    key, token = store.create_key("ehr", frozenset({"suggest", "feedback"}))
    _, other = store.create_key("other", frozenset({"feedback"}))
    path = "/cds-services/soapcode-patient-view"
    with TestClient(create_app(suggester, given, store)) as client:
        assert client.get("/cds-services").status_code == 200
        refused = client.post(path, json=request())
        assert (refused.status_code, refused.json()["resourceType"]) == (401, "OperationOutcome")
        assert client.post(path, json=request(), headers={"Authorization": f"Bearer {other}"}).status_code == 403
        client.headers["Authorization"] = f"Bearer {token}"
        cards = conforms(client.post(path, json=request()).json())
        name = next(s["uuid"] for c in cards for s in c.get("suggestions", []))
        sent = {
            "card": cards[0]["uuid"],
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": name}],
            "outcomeTimestamp": "2026-11-02T10:00:00Z",
        }
        assert client.post(f"{path}/feedback", json={"feedback": [sent]}).status_code == 200
        without = request() | {"prefetch": {"note": bundle(), "coverage": bundle(COVERAGE)}}
        assert conforms(client.post(path, json=without).json()) == [], "no note, no row, as the README says"
    (row,) = store.audit_rows()
    assert (row["source"], row["client"], row["payer"]) == ("cds", key.id, "medicare")
    assert row["user_ref"]
    assert "97110" in row["codes"]
    with store.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT source, action, client, note_ref FROM feedback").all()
    said = [("cds", action, key.id, row["note_ref"]) for action in ("accept", "dismiss")]
    assert sorted(tuple(k) for k in kept) == said, "the other code of the card was left"
    store.close()
