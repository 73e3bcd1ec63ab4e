"""Feedback on CDS Hooks cards: which code it is about, what is kept, and what is none."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cds_calls import PRIVATE, assert_is_outcome, cards_of
from cds_support import COVERAGE, codes, conforms, document, request
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select

from models.cds import NAMESPACE
from models.suggester import Suggester
from service.app import create_app
from service.decided import decided_codes
from service.settings import Settings
from service.store.store import Store
from service.store.tables import FeedbackRow


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
    (card, *_) = cards_of(client, request(prefetch={"note": note, "coverage": COVERAGE}))
    assert set(codes([card])) == {"97110"}
    assert set(store.audit_rows()[0]["codes"].split(",")) == {"97110", "97124"}, "one earns no unit"
    assert _said(client, _outcome(card, "97110")).status_code == 200
    (kept,) = store.kept_notes()
    assert (kept.codes, decided_codes(kept)) == (("97110",), ("97110",))


def test_an_override_speaks_of_every_code_of_its_card(keeping: tuple[TestClient, Store]) -> None:
    client, store = keeping
    (card, *_) = cards_of(client, request())
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
    (card, *_) = cards_of(client, request())
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
    cards = [cards_of(client, request(prefetch={"note": note, "coverage": held})) for held in asked.values()]
    assert [set(codes(found)) for found in cards] == [{"G0283"}, {"97014"}]
    _said(client, _outcome(cards[1][0], "97014"))
    (kept,) = store.kept_notes()
    assert (kept.codes, decided_codes(kept)) == (("G0283",), ("97014",))


@pytest.mark.parametrize("stamp", ["2099-01-01T00:00:00Z", "1970-01-01T00:00:00+14:00"])
def test_the_age_of_a_decision_goes_by_the_services_clock(keeping: tuple[TestClient, Store], stamp: str) -> None:
    client, store = keeping
    (card, *_) = cards_of(client, request())
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
    (card, *_) = cards_of(client, request())
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
    assert_is_outcome(_said(client, entry), 400)


@pytest.mark.parametrize("body", [{}, {"feedback": {}}, {"feedback": [7]}, []])
def test_feedback_bodies_that_are_none(client: TestClient, body: Any) -> None:
    assert_is_outcome(client.post("/cds-services/soapcode-patient-view/feedback", json=body), 400)
