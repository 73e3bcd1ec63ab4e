"""CDS Hooks 2.0.1: discovery, calls, notes by prefetch and by fetch, feedback, errors, CORS."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cds_support import (
    COVERAGE,
    NOTE,
    SERVICE,
    FhirStub,
    bundle,
    codes,
    conforms,
    document,
    encoded,
    request,
    serving,
)
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select
from tests_support import NOT_JSON, TRAP

from models.cds import NAMESPACE, NOTE_SIGN, SUMMARY_LIMIT
from models.suggester import Suggester
from service.app import create_app
from service.cds.note import date_of, latest, text_of
from service.cds.settings import CdsSettings
from service.decided import decided_codes
from service.settings import Settings
from service.store.store import Store
from service.store.tables import FeedbackRow

ORIGIN = "https://ehr.example"
PRIVATE = "Quux-Harrigan told us about her purple accordion"


@pytest.fixture(scope="module")
def stub() -> Iterator[FhirStub]:
    with serving() as made:
        yield made


@pytest.fixture(scope="module")
def client(suggester: Suggester, stub: FhirStub) -> Iterator[TestClient]:
    settings = CdsSettings(
        public_url="https://codes.example", origins=(ORIGIN,), fhir_servers=(stub.base,), fetch_seconds=0.6
    )
    with TestClient(create_app(suggester, cds=settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(autouse=True)
def _fresh(stub: FhirStub) -> None:
    stub.answers.clear()
    stub.asked.clear()
    stub.delay = 0.0


def _post(client: TestClient, body: dict[str, Any]) -> Any:
    return client.post(f"/cds-services/{SERVICE[body['hook']]}", json=body)


def _cards(client: TestClient, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = _post(client, body)
    assert answer.status_code == 200, answer.text
    return conforms(answer.json())


def _is_outcome(answer: Any, status: int) -> None:
    TRAP.errors.append(answer.text)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/fhir+json")
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome"
    from fhir.resources.R4B.operationoutcome import OperationOutcome

    OperationOutcome.model_validate(body)
    assert "accordion" not in answer.text


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
    cards = _cards(client, request(hook))
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
    found = codes(_cards(client, request(prefetch={"note": note, "coverage": COVERAGE})))
    assert found["G0283"]["code"]["coding"][0]["system"].startswith("http://www.cms.gov/Medicare/Coding/HCPCS")


def test_a_card_has_source_reasons_scores_and_spans(client: TestClient, suggester: Suggester) -> None:
    (card, *_) = _cards(client, request())
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
    cards = _cards(client, request(prefetch={"note": document(note)}))
    detail = cards[0]["detail"]
    assert "img src" in detail
    for raw in ("<", "|soft", "`", "](", "http://"):
        assert raw not in detail
    assert detail.count("|") % 5 == 0, "table cells only"
    assert all("img" not in card["summary"] and len(card["summary"]) <= SUMMARY_LIMIT for card in cards)


def test_gaps_are_a_card_of_their_own(client: TestClient) -> None:
    cards = _cards(client, request())
    (gaps,) = [card for card in cards if "suggestions" not in card]
    assert gaps["indicator"] == "warning"
    assert "lacks" in gaps["summary"]


def test_the_same_instance_gives_the_same_identifiers(client: TestClient) -> None:
    body = request()
    assert _post(client, body).json() == _post(client, body).json()
    other = request()
    assert _post(client, other).json()["cards"][0]["uuid"] != _post(client, body).json()["cards"][0]["uuid"]


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
    cards = _cards(client, request(prefetch={"note": note, "coverage": bundle(held)}))
    assert code in codes(cards)
    assert said in cards[0]["detail"]


# ---------------------------------------------------------------- what prefetch may hold

NOTHING = [
    "null",
    "empty bundle",
    "no entries",
    "blank note",
    "no attachment",
    "entered in error",
    "nothing billable",
]


@pytest.mark.parametrize("case", NOTHING)
def test_nothing_to_say_is_200_without_cards(client: TestClient, case: str) -> None:
    value: Any = {
        "null": None,
        "empty bundle": bundle(),
        "no entries": {"resourceType": "Bundle", "type": "searchset", "total": 0},
        "blank note": document("  \n"),
        "no attachment": document(content=[]),
        "entered in error": bundle(document(status="entered-in-error")),
        "nothing billable": document("Pt called to cancel, car trouble. Rescheduled for Friday."),
    }[case]
    answer = _post(client, request(prefetch={"note": value, "coverage": None}))
    assert (answer.status_code, answer.json()) == (200, {"cards": []})


@pytest.mark.parametrize(
    "prefetch",
    [
        {},
        {"coverage": None},
        {"note": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}},
        {"note": "x"},
        {"note": []},
        {"note": {"resourceType": "Patient", "id": "p1"}},
        {"note": document(subject={"reference": "Patient/someone-else"})},
        {"note": document(), "patient": {"resourceType": "Patient", "id": "someone-else"}},
        {"note": bundle(link=[{"relation": "next", "url": "https://elsewhere.example/fhir?page=2"}])},
        {"note": document(content=[{"attachment": {"contentType": "text/plain", "url": "Binary/1"}}])},
    ],
)
def test_the_note_missing_and_not_fetchable_is_412(client: TestClient, prefetch: dict[str, Any]) -> None:
    _is_outcome(_post(client, request(prefetch=prefetch)), 412)


@pytest.mark.parametrize(
    "note",
    [
        document(),
        bundle(document()),
        bundle({"resourceType": "OperationOutcome", "issue": []}, document()),
        bundle(document("Pt called to cancel.", date="2026-10-01T00:00:00Z", id="old"), document()),
        bundle(document("Pt called to cancel.", status="superseded", date="2027-01-01"), document()),
        bundle(document(), link=[{"relation": "next", "url": "https://x.example"}]),
        document(subject={"reference": "Patient/p1/_history/3"}),
        document(subject={"identifier": {"value": "7"}}),
        document(nonsense={"unknown": [1, None]}, status=7),
        document(
            content=[
                {"attachment": {"contentType": "application/pdf", "data": encoded("%PDF")}},
                *document()["content"],
            ]
        ),
    ],
)
def test_shapes_in_which_a_note_comes(client: TestClient, note: dict[str, Any]) -> None:
    assert set(codes(_cards(client, request(prefetch={"note": note})))) == {"97110", "97124"}


LATIN = "O: Effleurage to calf 15 min, 30° flexion".encode("iso-8859-1")
READ = [
    (NOTE, "text/plain"),
    (NOTE, "text/plain; charset=utf-8"),
    (NOTE, None),
    (LATIN, "text/plain;charset=iso-8859-1"),
    (LATIN, "text/plain"),
    (LATIN, "text/plain; charset=no-such-charset"),
    ("O: Effleurage to calf 15 min".encode("utf-16"), "text/plain; charset=utf-16"),
    (
        "<html><style>p{}</style><p>O:</p><p>Effleurage to <b>calf</b> 15&nbsp;min</p><script>Ultrasound 8 min</script>",
        "text/html",
    ),
    ("<div xmlns='http://www.w3.org/1999/xhtml'><p>O: Effleurage to calf 15 min</p></div>", "application/xhtml+xml"),
    (b"O: Effleurage to calf 15 min", "text/plain; charset=punycode"),
    ("<html><head><title>x</title><body><p>O: Effleurage to calf 15 min</p></body></html>", "text/html"),
    ("O: <![ROM]> Effleurage to calf 15 min", "text/html"),
    ("O: Effleurage to calf 15 min <!x[", "text/html"),
]


@pytest.mark.parametrize(("data", "kind"), READ)
def test_content_types_that_are_read(client: TestClient, data: str | bytes, kind: str | None) -> None:
    found = codes(_cards(client, request(prefetch={"note": document(data, kind)})))
    assert "97124" in found
    assert "97035" not in found


FORMAT, READING = "The latest note is in a format soapcode does not read", "The latest note cannot be read"
UNREAD = [
    (
        b"%PDF-1.7 ...",
        "application/pdf",
        FORMAT,
        "The document is application/pdf. soapcode reads plain text and HTML.",
    ),
    ("{\\rtf1 x}", "application/rtf", FORMAT, "application/rtf"),
    ("x", "<b>evil|</b>", FORMAT, "&#60;b&#62;evil&#124;"),
    (b"%PDF-1.7 ...", None, FORMAT, "of a kind that is not named. soapcode reads plain text and HTML."),
    ("{\\rtf1 Effleurage to calf 15 min}", "text/plain", READING, "does not hold the text it says it does"),
    (b"%PDF-1.7 ...", "text/html", READING, "The document is text/html. It does not hold the text it says it does"),
    (b"\x00\x01\x02", "text/plain", READING, "control characters"),
    ("<!-- O: Effleurage to calf 15 min", "text/html", READING, "opened and never closed"),
    ("O: x <script>Effleurage to calf 15 min", "text/html", READING, "opened and never closed"),
]


@pytest.mark.parametrize(("data", "kind", "summary", "said"), UNREAD)
def test_what_cannot_be_read_is_said_on_a_card(
    client: TestClient, data: str | bytes, kind: str | None, summary: str, said: str
) -> None:
    (card,) = _cards(client, request(prefetch={"note": document(data, kind)}))
    assert card["summary"] == summary
    assert said in card["detail"]
    assert ("reads plain text" in card["detail"]) is (summary == FORMAT), (
        "what is read is not said of a note of that kind"
    )
    assert "suggestions" not in card


@pytest.mark.parametrize("data", ["###", "*** not base64 ***", "TzogTWFzc2FnZQ=", 7, ["TzogTWFzc2FnZQ=="]])
def test_data_that_is_not_base64_is_said_on_a_card(client: TestClient, data: Any) -> None:
    note = document("O: x")
    note["content"][0]["attachment"]["data"] = data
    (card,) = _cards(client, request(prefetch={"note": note}))
    assert card["summary"] == READING
    assert card["detail"].endswith("Its data is not base64.")


def test_a_note_over_the_limit_of_a_body_is_refused(client: TestClient) -> None:
    note = document(b"O: Effleurage to calf 15 min. " * 10_000, "text/plain")
    _is_outcome(_post(client, request(prefetch={"note": note})), 413)


def test_a_note_is_decoded_by_the_readers_and_not_on_the_event_loop(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def noted(body: bytes, stated: str) -> str:
        threads.append(threading.current_thread().name)
        return text_of(body, stated)

    monkeypatch.setattr("service.cds.call.text_of", noted)
    assert codes(_cards(client, request(NOTE_SIGN)))
    assert [name.rpartition("-")[0] for name in threads] == ["soapcode-reader"]


OWN = "https://ehr.example/fhir"


@pytest.mark.parametrize(
    ("subject", "server", "status"),
    [
        ({"reference": f"{OWN}/Patient/p1"}, OWN, 200),
        ({"reference": f"{OWN}/Patient/p1/_history/3"}, f"{OWN}/", 200),
        ([{"reference": "Patient/p1"}], None, 200),
        ({"reference": "Patient/p1", "type": "Patient", "display": "x"}, None, 200),
        ({"display": "x"}, None, 200),
        (None, None, 200),
        ({"reference": f"{OWN}/Patient/p1"}, None, 412),
        ({"reference": "https://other.example/fhir/Patient/p1"}, OWN, 412),
        ({"reference": f"{OWN}/Group/p1"}, OWN, 412),
        ({"reference": "Group/p1"}, None, 412),
        ({"reference": "Device/p1"}, None, 412),
        ({"reference": "Practitioner/p1"}, None, 412),
        ({"reference": "Patient/p1", "type": "Device"}, None, 412),
        ({"reference": "Patient/p1/x/Patient/p1"}, None, 412),
        ({"reference": ["Patient/p1"]}, None, 412),
        ([{"reference": "Patient/p2"}], None, 412),
        ([{"reference": "Patient/p1"}, {"reference": "Patient/p2"}], None, 412),
        ("Patient/p2", None, 412),
    ],
)
@pytest.mark.parametrize("hook", ["patient-view", NOTE_SIGN])
def test_only_a_note_of_this_patient_is_read(
    client: TestClient, hook: str, subject: Any, server: str | None, status: int
) -> None:
    note = document(subject=subject)
    sent = request(hook, prefetch={} if hook == NOTE_SIGN else {"note": note}, fhirServer=server)
    if hook == NOTE_SIGN:
        sent["context"]["note"] = note
    assert _post(client, sent).status_code == status


GAIT = "O: Gait training 15 min on level with FWW, cues for heel strike."
EVENING = "2026-11-03T01:30:00Z"


@pytest.mark.parametrize(
    ("text", "more", "day"),
    [
        (f"DOS 11/02/2026. {GAIT}", {"date": EVENING}, "2026-11-02"),
        (f"DOS 11/02/2026. {GAIT}", {"date": None}, "2026-11-02"),
        (f"DOS 11/2. {GAIT}", {"date": EVENING}, None),
        (f"DOS 11/3. {GAIT}", {"date": EVENING}, "2026-11-03"),
        (GAIT, {"date": "2026-11-03"}, "2026-11-03"),
        (GAIT, {"date": None}, None),
        (GAIT, {"date": EVENING, "context": {"period": {"start": "2026-11-02"}}}, "2026-11-02"),
        (f"DOS 11/02/2026. {GAIT}", {"context": {"period": {"start": "2026-11-02"}}}, "2026-11-02"),
    ],
)
def test_the_day_is_the_periods_then_the_notes_own_then_the_documents(
    client: TestClient, text: str, more: dict[str, Any], day: str | None
) -> None:
    cards = _cards(client, request(prefetch={"note": document(text, **more), "coverage": bundle(COVERAGE)}))
    assert codes(cards)["97116"].get("occurrenceDateTime") == day
    assert "one of them is wrong" not in json.dumps(cards)


def test_a_period_against_the_notes_own_date_is_asked_about(client: TestClient) -> None:
    note = document(f"DOS 11/02/2026. {GAIT}", context={"period": {"start": "2026-11-04"}})
    cards = _cards(client, request(prefetch={"note": note, "coverage": bundle(COVERAGE)}))
    assert codes(cards)["97116"]["occurrenceDateTime"] == "2026-11-04"
    assert "one of them is wrong" in json.dumps(cards)


def test_the_readmes_call_and_the_one_of_the_interface_are_answered(client: TestClient) -> None:
    page = (Path(__file__).parents[2] / "service" / "README.md").read_text(encoding="utf-8")
    calls = re.findall(r"127\.0\.0\.1:8000(/\S+).*?-d '(.*?)'\n", page, re.S)
    assert [path for path, _ in calls] == ["/v1/suggest", "/cds-services/soapcode-patient-view"]
    plain, cds = (client.post(path, json=json.loads(body)).json() for path, body in calls)
    assert plain["suggestions"][0]["code"] == "97124"
    assert cds["cards"][0]["summary"] == "The note supports 1 code: 97124 × 1"
    paths = client.get("/openapi.json").json()["paths"]
    operation = paths["/cds-services/{service}"]["post"]["requestBody"]["content"]["application/json"]
    assert operation["example"] == json.loads(calls[1][1])
    extension = cds["cards"][0]["extension"][NAMESPACE]
    told = page[page.index("The extension `org.soapcode`") :].partition("\n\n")[0]
    gaps = next(card["extension"][NAMESPACE] for card in cds["cards"] if "gaps" in card["extension"][NAMESPACE])
    assert all(
        f"`{name}`" in told for name in (*extension, *extension["codes"][0], *gaps, *gaps["gaps"][0], "start", "end")
    )


ANOTHERS: list[dict[str, Any]] = [
    {"note": document(subject={"reference": f"{OWN}/Patient/p1"})},
    {"note": document(subject={"reference": "Patient/p2"})},
    {"note": document(), "patient": {"resourceType": "Patient", "id": "p2"}},
]


@pytest.mark.parametrize("prefetch", ANOTHERS)
def test_a_note_that_was_sent_for_another_patient_is_said_to_be_that(
    client: TestClient, prefetch: dict[str, Any]
) -> None:
    answer = _post(client, request(prefetch=prefetch))
    said = answer.json()["issue"][0]["details"]["text"]
    assert "of another patient than the request" in said
    assert "fhirServer" in said
    assert [name for name in answer.headers if "issue" in name] == []
    missing = _post(client, request(prefetch={})).json()["issue"][0]["details"]["text"]
    assert missing == "The note was not sent with the request and cannot be fetched."


@pytest.mark.parametrize(
    ("first", "second", "newer"),
    [
        ("2026-11-27T23:30:00-05:00", "2026-11-28T01:00:00Z", 0),
        ("2026-11-28T01:00:00+05:00", "2026-11-27T23:30:00Z", 1),
        ("2026-11-28T01:00:00.5Z", "2026-11-28T01:00:00Z", 0),
        ("2026-11-28", "2026-11-27T23:30:00Z", 0),
        ("2026-11", "2026-11-28", 1),
        ("2027", "2026-11-28T00:00:00Z", 0),
        ("soon", "2026-11-28", 1),
        (None, "0001-01-01T00:00:00+14:00", 0),
        ("2026-11-28", "2026-11-28", 0),
    ],
)
def test_the_newest_is_so_by_the_moment(first: str | None, second: str, newer: int) -> None:
    documents = (document(date=first), document(date=second))
    assert latest(documents) is documents[newer]


@pytest.mark.parametrize(
    ("start", "zone", "day"),
    [
        ("2026-11-02", None, 2),
        ("2026-11-02T20:30:00-05:00", None, 2),
        ("2026-11-02T20:30:00-05:00", "America/Los_Angeles", 2),
        ("2026-11-03T01:30:00Z", None, 2),
        ("2026-11-03T01:30:00+00:00", None, 2),
        ("2026-11-03T03:59:59Z", None, 2),
        ("2026-11-03T04:00:00Z", None, None),
        ("2026-11-03T01:30:00Z", "America/New_York", 2),
        ("2026-11-03T01:30:00Z", "Pacific/Guam", 3),
        ("2026-11-03T09:59:59Z", None, None),
        ("2026-11-03T10:00:00Z", None, 3),
        ("2026-11-03T23:59:59Z", None, 3),
        ("2026-11-03T23:59:59.5Z", "America/New_York", 3),
        ("soon", None, 9),
    ],
)
def test_the_day_of_service_is_the_clinics(start: str, zone: str | None, day: int | None) -> None:
    note = document(context={"period": {"start": start}}, date="2026-11-09")
    found = date_of(note, CdsSettings(zone=zone).time_zone)
    assert found == (dt.date(2026, 11, day) if day else None)


def test_an_unknown_zone_is_refused() -> None:
    for name in ("Middle/Earth", "", "../etc/passwd"):
        with pytest.raises(ValueError, match="must be a time zone such as America/Chicago"):
            CdsSettings(zone=name)


@pytest.mark.parametrize(
    ("zone", "start", "day"),
    [
        (None, "2026-11-03T01:30:00Z", "2026-11-02"),
        (None, "2026-11-03T05:30:00Z", None),
        ("America/Chicago", "2026-11-03T05:30:00Z", "2026-11-02"),
    ],
)
def test_an_evenings_visit_is_not_billed_on_the_next_day(
    suggester: Suggester, zone: str | None, start: str, day: str | None
) -> None:
    note = document(context={"period": {"start": start}})
    with TestClient(create_app(suggester, cds=CdsSettings(zone=zone))) as client:
        found = codes(_cards(client, request("patient-view", prefetch={"note": note})))
    assert found
    assert {resource.get("occurrenceDateTime") for resource in found.values()} == {day}


@pytest.mark.parametrize("status", [{"status": "entered-in-error"}, {"docStatus": "entered-in-error"}])
@pytest.mark.parametrize("hook", ["patient-view", NOTE_SIGN])
def test_what_was_entered_in_error_has_no_cards(client: TestClient, hook: str, status: dict[str, str]) -> None:
    note = document(**status)
    sent = request(hook, prefetch={} if hook == NOTE_SIGN else {"note": note})
    if hook == NOTE_SIGN:
        sent["context"]["note"] = note
    assert _cards(client, sent) == []


# ---------------------------------------------------------------- notes that are fetched

SEARCH = "/DocumentReference?patient=p1&_sort=-date&_count=1"


def _fetching(stub: FhirStub, **more: Any) -> dict[str, Any]:
    lent = {
        "access_token": "lent-token-1",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "user/*.read",
        "subject": "x",
    }
    return request(fhirServer=stub.base, fhirAuthorization=lent, prefetch={}) | more


def test_a_note_not_prefetched_is_fetched_with_the_lent_token(client: TestClient, stub: FhirStub) -> None:
    stub.resource(SEARCH, bundle(document()))
    stub.resource("/Coverage?patient=p1&status=active", bundle(COVERAGE))
    cards = _cards(client, _fetching(stub))
    assert set(codes(cards)) == {"97110", "97124"}
    assert "Payer: Medicare Part B." in cards[0]["detail"]
    assert [path for path, _ in stub.asked] == [SEARCH, "/Coverage?patient=p1&status=active"]
    assert all(headers["authorization"] == "Bearer lent-token-1" for _, headers in stub.asked)


def test_an_error_in_place_of_the_note_is_fetched_too(client: TestClient, stub: FhirStub) -> None:
    stub.resource(SEARCH, bundle(document()))
    assert codes(_cards(client, _fetching(stub, prefetch={"note": {"resourceType": "OperationOutcome"}})))


def test_null_is_an_answer_and_nothing_is_fetched(client: TestClient, stub: FhirStub) -> None:
    body = _fetching(stub, prefetch={"note": None, "coverage": None})
    assert _post(client, body).json() == {"cards": []}
    assert stub.asked == []


def test_pages_are_followed_until_one_holds_a_note(client: TestClient, stub: FhirStub) -> None:
    first = bundle(link=[{"relation": "next", "url": f"{stub.base}?page=2"}])
    stub.resource(SEARCH, first)
    stub.resource("?page=2", bundle(document()))
    assert codes(_cards(client, _fetching(stub)))
    stub.asked.clear()
    assert codes(_cards(client, _fetching(stub, prefetch={"note": first, "coverage": None})))
    assert [path for path, _ in stub.asked] == ["?page=2"]


def test_pages_without_end_are_given_up(client: TestClient, stub: FhirStub) -> None:
    stub.resource(SEARCH, bundle(link=[{"relation": "next", "url": f"{stub.base}{SEARCH}"}]))
    _is_outcome(_post(client, _fetching(stub, prefetch={"coverage": None})), 412)
    assert len(stub.asked) == 5


@pytest.mark.parametrize("url", ["Binary/b1", "{base}/Binary/b1"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_an_attachment_behind_an_address_is_fetched(
    client: TestClient, stub: FhirStub, url: str, wrapped: bool
) -> None:
    if wrapped:
        stub.resource("/Binary/b1", {"resourceType": "Binary", "contentType": "text/plain", "data": encoded(NOTE)})
    else:
        stub.raw("/Binary/b1", NOTE.encode(), "text/plain; charset=utf-8")
    note = document(content=[{"attachment": {"contentType": "text/plain", "url": url.format(base=stub.base)}}])
    assert codes(_cards(client, _fetching(stub, prefetch={"note": note, "coverage": None})))
    assert stub.asked[0][1]["authorization"] == "Bearer lent-token-1"


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/Binary/b1",
        "//elsewhere.example/Binary/b1",
        "../admin",
        "/other/Binary/b1",
        "%2e%2e/admin",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://user@127.0.0.1/fhir/Binary/1",
        "http://[::bad",
    ],
)
def test_no_address_outside_the_fhir_server_is_read(client: TestClient, stub: FhirStub, url: str) -> None:
    note = document(content=[{"attachment": {"contentType": "text/plain", "url": url}}])
    _is_outcome(_post(client, _fetching(stub, prefetch={"note": note, "coverage": None})), 412)
    assert stub.asked == []


@pytest.mark.parametrize(
    "case", ["404", "500", "redirect", "not json", "a list", "an error", "slow", "too large", "deep"]
)
def test_a_server_that_does_not_give_the_note_is_412(client: TestClient, stub: FhirStub, case: str) -> None:
    good = json.dumps(bundle(document())).encode()
    if case == "redirect":
        stub.raw(SEARCH, b"", "text/plain", 302, Location=f"{stub.base}/moved")
        stub.resource("/moved", bundle(document()))
    elif case == "slow":
        stub.delay = 1.0
        stub.raw(SEARCH, good, "application/fhir+json")
    else:
        status, body = {
            "404": (404, b"{}"),
            "500": (500, good),
            "not json": (200, b"<html>"),
            "a list": (200, b"[]"),
            "an error": (200, b'{"resourceType": "OperationOutcome"}'),
            "too large": (200, good + b" " * (5 * 1024 * 1024)),
            "deep": (200, b"[" * 100_000),
        }[case]
        stub.raw(SEARCH, body, "application/fhir+json", status)
    _is_outcome(_post(client, _fetching(stub, prefetch={"coverage": None})), 412)
    assert len(stub.asked) == 1


@pytest.mark.parametrize("server", ["http://127.0.0.1:9/fhir", "{base}x", "{root}", None, 7, "file:///etc"])
def test_only_servers_of_the_settings_are_read(client: TestClient, stub: FhirStub, server: Any) -> None:
    if isinstance(server, str):
        server = server.format(base=stub.base, root=stub.base.removesuffix("/fhir"))
    _is_outcome(_post(client, _fetching(stub, fhirServer=server)), 412)
    assert stub.asked == []


@pytest.mark.parametrize(
    "lent", [None, {}, {"access_token": 7}, {"access_token": "a\r\nX-Evil: 1"}, "x", {"access_token": "é"}]
)
def test_a_token_that_is_none_is_not_sent(client: TestClient, stub: FhirStub, lent: Any) -> None:
    stub.resource(SEARCH, bundle(document()))
    assert codes(_cards(client, _fetching(stub, fhirAuthorization=lent)))
    assert all("authorization" not in headers and "x-evil" not in headers for _, headers in stub.asked)


def test_an_unreachable_coverage_leaves_the_payer_assumed(client: TestClient, stub: FhirStub) -> None:
    cards = _cards(client, _fetching(stub, prefetch={"note": document()}))
    assert "Payer not known" in cards[0]["detail"]


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
    _is_outcome(client.post("/cds-services/soapcode-patient-view", json=body), 400)


@pytest.mark.parametrize(
    ("hook", "name"), [("encounter-discharge", "encounterId"), ("order-sign", "draftOrders"), (NOTE_SIGN, "note")]
)
def test_required_context_of_each_hook(client: TestClient, hook: str, name: str) -> None:
    _is_outcome(_post(client, _without(request(hook), "context", name)), 400)


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
    _is_outcome(client.post("/cds-services/soapcode-patient-view", json=request() | change), 400)


def test_unknown_fields_are_tolerated_and_nulls_too(client: TestClient) -> None:
    body = request(extension={"a": 1}, unknown=[None], fhirServer=None, fhirAuthorization=None)
    body["context"] |= {"encounterId": None, "more": {}}
    assert codes(_cards(client, body))


def test_a_patient_id_with_its_type_is_understood(client: TestClient) -> None:
    body = request("encounter-discharge")
    body["context"] |= {"patientId": "Patient/p1", "encounterId": "Encounter/e1"}
    assert codes(_cards(client, body))["97124"]["context"] == {"reference": "Encounter/e1"}


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
    _is_outcome(client.post("/cds-services/soapcode-patient-view", headers=headers, **sent), status)


@pytest.mark.parametrize("tail", ["", "/feedback"])
@pytest.mark.parametrize("kind", NOT_JSON)
def test_what_any_web_page_may_send_is_415(client: TestClient, kind: str | None, tail: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    body = json.dumps(request() | {"feedback": []})
    _is_outcome(client.post(f"/cds-services/soapcode-patient-view{tail}", content=body, headers=headers), 415)


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
    _is_outcome(client.request(method, f"/cds-services{path}", json={}), status)


def test_a_failure_says_nothing(suggester: Suggester) -> None:
    class Broken:
        def suggest(self, text: str, *_: object) -> None:
            raise RuntimeError(text)

    app = create_app(suggester, cds=CdsSettings(origins=(ORIGIN,)))
    app.state.suggester = Broken()
    with TestClient(app, raise_server_exceptions=False) as client:
        body = request(prefetch={"note": document(f"O: {PRIVATE}")})
        answer = client.post("/cds-services/soapcode-patient-view", json=body, headers={"Origin": ORIGIN})
    _is_outcome(answer, 500)
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_no_bundle_is_503() -> None:
    with TestClient(create_app(None)) as client:
        _is_outcome(client.post("/cds-services/soapcode-patient-view", json=request()), 503)


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


# ---------------------------------------------------------------- feedback


def _said(client: TestClient, *entries: dict[str, Any]) -> Any:
    return client.post("/cds-services/soapcode-patient-view/feedback", json={"feedback": list(entries)})


STAMP = "2026-11-02T10:00:00Z"


def test_feedback_is_kept_once_with_the_code_it_is_about(suggester: Suggester) -> None:
    app = create_app(suggester)
    with TestClient(app) as client:
        cards = conforms(client.post("/cds-services/soapcode-patient-view", json=request()).json())
        (card, gaps) = cards
        taken = [{"id": s["uuid"]} for s in card["suggestions"]]
        accepted = {
            "card": card["uuid"],
            "outcome": "accepted",
            "acceptedSuggestions": taken,
            "outcomeTimestamp": STAMP,
        }
        reason = {"reason": {"code": "other", "system": "x"}, "userComment": PRIVATE}
        overridden = {
            "card": gaps["uuid"],
            "outcome": "overridden",
            "overrideReason": reason,
            "outcomeTimestamp": STAMP,
        }
        for _ in range(2):
            answer = _said(client, accepted, overridden)
            assert (answer.status_code, answer.content) == (200, b"")
        events = app.state.feedback.sink.events
    assert sorted((e.action, e.code) for e in events) == [("accept", "97110"), ("accept", "97124"), ("reject", "")]
    assert all(len(e.note_sha256) == 64 and e.bundle == suggester.version for e in events)
    assert events[-1].reason == "other"


def test_an_acceptance_made_again_after_an_override_is_kept(suggester: Suggester) -> None:
    app = create_app(suggester)
    card = {"card": str(uuid.uuid4())}
    accepted: dict[str, Any] = {**card, "outcome": "accepted", "acceptedSuggestions": [{"id": str(uuid.uuid4())}]}
    overridden: dict[str, Any] = {**card, "outcome": "overridden", "overrideReason": {"reason": "bare-code"}}
    with TestClient(app) as client:
        for minute, entry in enumerate((accepted, overridden, accepted)):
            assert _said(client, {**entry, "outcomeTimestamp": f"2026-11-02T10:0{minute}:00Z"}).status_code == 200
    assert [event.action for event in app.state.feedback.sink.events] == ["accept", "reject", "accept"]


@pytest.fixture
def keeping(suggester: Suggester, tmp_path: Path) -> Iterator[tuple[TestClient, Store]]:
    """A service that keeps notes, and its store."""
    given = Settings(
        database_url=f"sqlite:///{tmp_path}/s.sqlite3", store_key=SecretStr("5a" * 32), retain_notes=True
    )
    store = Store.open(given)
    with TestClient(create_app(suggester, given, store)) as client:
        yield client, store
    store.close()


def _outcome(card: dict[str, Any], *taken: str, **more: Any) -> dict[str, Any]:
    """An outcome of a card: the codes taken, or that it was overridden."""
    names = {entry["code"]: entry["suggestion"] for entry in card["extension"][NAMESPACE]["codes"]}
    accepted = {"acceptedSuggestions": [{"id": names[code]} for code in taken]} if taken else {}
    return {
        "card": card["uuid"],
        "outcome": "accepted" if taken else "overridden",
        "outcomeTimestamp": STAMP,
        **accepted,
        **more,
    }


def _rows(store: Store) -> list[tuple[str, str]]:
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT action, code FROM feedback ORDER BY at, id").all()
    return [(row[0], row[1]) for row in rows]


def test_only_codes_that_were_offered_wait_for_a_decision(keeping: tuple[TestClient, Store]) -> None:
    client, store = keeping
    note = document("O: Therapeutic exercise 20 min. Effleurage to calf 2 min. Total timed 22 min.")
    (card, *_) = _cards(client, request(prefetch={"note": note, "coverage": COVERAGE}))
    assert set(codes([card])) == {"97110"}
    assert set(store.audit_rows()[0]["codes"].split(",")) == {"97110", "97124"}, "one earns no unit"
    assert _said(client, _outcome(card, "97110")).status_code == 200
    (kept,) = store.kept_notes()
    assert (kept.codes, decided_codes(kept)) == (("97110",), ("97110",))


def test_an_override_speaks_of_every_code_of_its_card(keeping: tuple[TestClient, Store]) -> None:
    client, store = keeping
    (card, *_) = _cards(client, request())
    for _ in range(2):
        _said(client, _outcome(card, overrideReason={"reason": {"code": "not-performed"}}))
    assert sorted(_rows(store)) == [("reject", "97110"), ("reject", "97124")]
    (kept,) = store.kept_notes()
    assert {d.reason for d in kept.decisions} == {"not-performed"}
    assert decided_codes(kept) == ()


def test_what_an_accepted_card_leaves_is_dismissed_until_it_is_accepted_too(
    keeping: tuple[TestClient, Store],
) -> None:
    client, store = keeping
    (card, *_) = _cards(client, request())
    _said(client, _outcome(card, "97110"))
    assert sorted(_rows(store)) == [("accept", "97110"), ("dismiss", "97124")]
    (kept,) = store.kept_notes()
    assert decided_codes(kept) == ("97110",)
    for code in ("97124", "97110"):
        _said(client, _outcome(card, code))
    (kept,) = store.kept_notes()
    assert set(decided_codes(kept) or ()) == {"97110", "97124"}


def test_a_note_asked_for_two_payers_is_decided_on_once(keeping: tuple[TestClient, Store]) -> None:
    client, store = keeping
    note = document("O: IFC to low back, pt resting, 15 min unattended")
    asked = {
        name: {"payor": [{"display": name}], "resourceType": "Coverage"} for name in ("Medicare Part B", "Aetna")
    }
    cards = [_cards(client, request(prefetch={"note": note, "coverage": held})) for held in asked.values()]
    assert [set(codes(found)) for found in cards] == [{"G0283"}, {"97014"}]
    _said(client, _outcome(cards[1][0], "97014"))
    (kept,) = store.kept_notes()
    assert (kept.codes, decided_codes(kept)) == (("G0283",), ("97014",))


@pytest.mark.parametrize("stamp", ["2099-01-01T00:00:00Z", "1970-01-01T00:00:00+14:00"])
def test_the_age_of_a_decision_goes_by_the_services_clock(keeping: tuple[TestClient, Store], stamp: str) -> None:
    client, store = keeping
    (card, *_) = _cards(client, request())
    before = dt.datetime.now(dt.UTC)
    _said(client, _outcome(card, outcomeTimestamp=stamp, overrideReason={"userComment": PRIVATE}))
    with store.engine.connect() as connection:
        rows = connection.execute(select(FeedbackRow.at, FeedbackRow.sealed)).all()
    assert rows
    assert all(before <= at <= dt.datetime.now(dt.UTC) and sealed for at, sealed in rows)
    assert store.purge(30)["words"] == 0
    assert store.purge(0)["words"] == len(rows)


def test_the_clients_time_orders_the_outcomes_of_one_request(keeping: tuple[TestClient, Store]) -> None:
    client, store = keeping
    (card, *_) = _cards(client, request())
    later = _outcome(card, "97110", "97124", outcomeTimestamp="2026-11-02T10:00:00-05:00")
    _said(client, later, _outcome(card, outcomeTimestamp="2026-11-02T14:00:00Z"))
    (kept,) = store.kept_notes()
    assert set(decided_codes(kept) or ()) == {"97110", "97124"}


def test_feedback_on_cards_long_forgotten_is_taken(client: TestClient) -> None:
    entry = {
        "card": str(uuid.uuid4()),
        "outcome": "overridden",
        "outcomeTimestamp": STAMP,
        "overrideReason": {"reason": "bare-code"},
    }
    assert _said(client, entry).status_code == 200


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"card": "c", "outcome": "maybe", "outcomeTimestamp": STAMP},
        {"card": "c", "outcome": "accepted", "outcomeTimestamp": STAMP, "acceptedSuggestions": []},
        {"card": "c", "outcome": "accepted", "outcomeTimestamp": STAMP, "acceptedSuggestions": [{"x": PRIVATE}]},
        {"card": "c", "outcome": "accepted", "outcomeTimestamp": STAMP, "acceptedSuggestions": "x"},
        {"card": "c", "outcome": "overridden", "outcomeTimestamp": PRIVATE},
        {"card": "c", "outcome": "overridden", "outcomeTimestamp": "0001-01-01T00:00:00+14:00"},
        {"card": "c", "outcome": "overridden", "outcomeTimestamp": "9999-12-31T23:59:59-14:00"},
        {"card": "c" * 200, "outcome": "overridden", "outcomeTimestamp": STAMP},
        {"card": 7, "outcome": "overridden", "outcomeTimestamp": STAMP},
    ],
)
def test_feedback_that_is_none(client: TestClient, entry: dict[str, Any]) -> None:
    _is_outcome(_said(client, entry), 400)


@pytest.mark.parametrize("body", [{}, {"feedback": {}}, {"feedback": [7]}, []])
def test_feedback_bodies_that_are_none(client: TestClient, body: Any) -> None:
    _is_outcome(client.post("/cds-services/soapcode-patient-view/feedback", json=body), 400)


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
