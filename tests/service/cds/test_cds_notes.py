"""The note of a CDS Hooks call: what prefetch may hold, what is fetched and from where, and the day it is of."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from cds_calls import assert_is_outcome, cards_of, post_call
from cds_support import COVERAGE, NOTE, FhirStub, bundle, codes, document, encoded, request
from fastapi.testclient import TestClient

from models.cds import NAMESPACE, NOTE_SIGN
from models.suggester import Suggester
from service.app import create_app
from service.cds.note import date_of, latest, text_of
from service.cds.settings import CdsSettings

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
    answer = post_call(client, request(prefetch={"note": value, "coverage": None}))
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
    assert_is_outcome(post_call(client, request(prefetch=prefetch)), 412)


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
    assert set(codes(cards_of(client, request(prefetch={"note": note})))) == {"97110", "97124"}


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
    found = codes(cards_of(client, request(prefetch={"note": document(data, kind)})))
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
    (card,) = cards_of(client, request(prefetch={"note": document(data, kind)}))
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
    (card,) = cards_of(client, request(prefetch={"note": note}))
    assert card["summary"] == READING
    assert card["detail"].endswith("Its data is not base64.")


def test_a_note_over_the_limit_of_a_body_is_refused(client: TestClient) -> None:
    note = document(b"O: Effleurage to calf 15 min. " * 10_000, "text/plain")
    assert_is_outcome(post_call(client, request(prefetch={"note": note})), 413)


def test_a_note_is_decoded_by_the_readers_and_not_on_the_event_loop(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def noted(body: bytes, stated: str) -> str:
        threads.append(threading.current_thread().name)
        return text_of(body, stated)

    monkeypatch.setattr("service.cds.call.text_of", noted)
    assert codes(cards_of(client, request(NOTE_SIGN)))
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
    assert post_call(client, sent).status_code == status


GAIT = "O: Gait training 15 min on level with FWW, cues for heel strike."
EVENING = "2026-11-03T01:30:00Z"


@pytest.mark.parametrize(
    ("text", "more", "day"),
    [
        (f"DOS 11/02/2026. {GAIT}", {"date": EVENING}, "2026-11-02"),
        (f"DOS 11/02/2026. {GAIT}", {"date": None}, "2026-11-02"),
        (f"DOS 11/2. {GAIT}", {"date": EVENING}, "2026-11-02"),
        (f"DOS 11/3. {GAIT}", {"date": EVENING}, None),
        (GAIT, {"date": "2026-11-03"}, "2026-11-03"),
        (GAIT, {"date": None}, None),
        (GAIT, {"date": EVENING, "context": {"period": {"start": "2026-11-02"}}}, "2026-11-02"),
        (f"DOS 11/02/2026. {GAIT}", {"context": {"period": {"start": "2026-11-02"}}}, "2026-11-02"),
    ],
)
def test_the_day_is_the_periods_then_the_notes_own_then_the_documents(
    client: TestClient, text: str, more: dict[str, Any], day: str | None
) -> None:
    cards = cards_of(client, request(prefetch={"note": document(text, **more), "coverage": bundle(COVERAGE)}))
    assert codes(cards)["97116"].get("occurrenceDateTime") == day
    assert "one of them is wrong" not in json.dumps(cards)


def test_a_period_against_the_notes_own_date_is_asked_about(client: TestClient) -> None:
    note = document(f"DOS 11/02/2026. {GAIT}", context={"period": {"start": "2026-11-04"}})
    cards = cards_of(client, request(prefetch={"note": note, "coverage": bundle(COVERAGE)}))
    assert codes(cards)["97116"]["occurrenceDateTime"] == "2026-11-04"
    assert "one of them is wrong" in json.dumps(cards)


def test_the_readmes_call_and_the_one_of_the_interface_are_answered(client: TestClient) -> None:
    page = (Path(__file__).parents[3] / "service" / "README.md").read_text(encoding="utf-8")
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
    answer = post_call(client, request(prefetch=prefetch))
    said = answer.json()["issue"][0]["details"]["text"]
    assert "of another patient than the request" in said
    assert "fhirServer" in said
    assert [name for name in answer.headers if "issue" in name] == []
    missing = post_call(client, request(prefetch={})).json()["issue"][0]["details"]["text"]
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
        found = codes(cards_of(client, request("patient-view", prefetch={"note": note})))
    assert found
    assert {resource.get("occurrenceDateTime") for resource in found.values()} == {day}


@pytest.mark.parametrize("status", [{"status": "entered-in-error"}, {"docStatus": "entered-in-error"}])
@pytest.mark.parametrize("hook", ["patient-view", NOTE_SIGN])
def test_what_was_entered_in_error_has_no_cards(client: TestClient, hook: str, status: dict[str, str]) -> None:
    note = document(**status)
    sent = request(hook, prefetch={} if hook == NOTE_SIGN else {"note": note})
    if hook == NOTE_SIGN:
        sent["context"]["note"] = note
    assert cards_of(client, sent) == []


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
    cards = cards_of(client, _fetching(stub))
    assert set(codes(cards)) == {"97110", "97124"}
    assert "Payer: Medicare Part B." in cards[0]["detail"]
    assert [path for path, _ in stub.asked] == [SEARCH, "/Coverage?patient=p1&status=active"]
    assert all(headers["authorization"] == "Bearer lent-token-1" for _, headers in stub.asked)


def test_an_error_in_place_of_the_note_is_fetched_too(client: TestClient, stub: FhirStub) -> None:
    stub.resource(SEARCH, bundle(document()))
    assert codes(cards_of(client, _fetching(stub, prefetch={"note": {"resourceType": "OperationOutcome"}})))


def test_null_is_an_answer_and_nothing_is_fetched(client: TestClient, stub: FhirStub) -> None:
    body = _fetching(stub, prefetch={"note": None, "coverage": None})
    assert post_call(client, body).json() == {"cards": []}
    assert stub.asked == []


def test_pages_are_followed_until_one_holds_a_note(client: TestClient, stub: FhirStub) -> None:
    first = bundle(link=[{"relation": "next", "url": f"{stub.base}?page=2"}])
    stub.resource(SEARCH, first)
    stub.resource("?page=2", bundle(document()))
    assert codes(cards_of(client, _fetching(stub)))
    stub.asked.clear()
    assert codes(cards_of(client, _fetching(stub, prefetch={"note": first, "coverage": None})))
    assert [path for path, _ in stub.asked] == ["?page=2"]


def test_pages_without_end_are_given_up(client: TestClient, stub: FhirStub) -> None:
    stub.resource(SEARCH, bundle(link=[{"relation": "next", "url": f"{stub.base}{SEARCH}"}]))
    assert_is_outcome(post_call(client, _fetching(stub, prefetch={"coverage": None})), 412)
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
    assert codes(cards_of(client, _fetching(stub, prefetch={"note": note, "coverage": None})))
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
    assert_is_outcome(post_call(client, _fetching(stub, prefetch={"note": note, "coverage": None})), 412)
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
    assert_is_outcome(post_call(client, _fetching(stub, prefetch={"coverage": None})), 412)
    assert len(stub.asked) == 1


@pytest.mark.parametrize("server", ["http://127.0.0.1:9/fhir", "{base}x", "{root}", None, 7, "file:///etc"])
def test_only_servers_of_the_settings_are_read(client: TestClient, stub: FhirStub, server: Any) -> None:
    if isinstance(server, str):
        server = server.format(base=stub.base, root=stub.base.removesuffix("/fhir"))
    assert_is_outcome(post_call(client, _fetching(stub, fhirServer=server)), 412)
    assert stub.asked == []


@pytest.mark.parametrize(
    "lent", [None, {}, {"access_token": 7}, {"access_token": "a\r\nX-Evil: 1"}, "x", {"access_token": "é"}]
)
def test_a_token_that_is_none_is_not_sent(client: TestClient, stub: FhirStub, lent: Any) -> None:
    stub.resource(SEARCH, bundle(document()))
    assert codes(cards_of(client, _fetching(stub, fhirAuthorization=lent)))
    assert all("authorization" not in headers and "x-evil" not in headers for _, headers in stub.asked)


def test_an_unreachable_coverage_leaves_the_payer_assumed(client: TestClient, stub: FhirStub) -> None:
    cards = cards_of(client, _fetching(stub, prefetch={"note": document()}))
    assert "Payer not known" in cards[0]["detail"]
