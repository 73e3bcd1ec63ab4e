"""What the CDS Hooks tests share: requests, a FHIR server that answers over HTTP, signing keys, and the rules of a response."""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from models.cds import NAMESPACE, NOTE_SIGN

NOTE = (
    "S: <b>knee</b> better | [see](http://x.example) `ok`.\r\n"
    "O: 😀 Treadmill 8 min for endurance. Effleurage to calf 15 min. Total timed 23 min.\r\n"
    "P: stepping over objects next visit"
)
SERVICE = {
    "patient-view": "soapcode-patient-view",
    "encounter-discharge": "soapcode-encounter-discharge",
    "order-sign": "soapcode-order-sign",
    NOTE_SIGN: "soapcode-note-sign",
}


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def document(text: str | bytes = NOTE, kind: str | None = "text/plain", **more: Any) -> dict[str, Any]:
    attachment: dict[str, Any] = {"data": encoded(text)} | ({"contentType": kind} if kind else {})
    return {
        "resourceType": "DocumentReference",
        "id": "doc-1",
        "status": "current",
        "subject": {"reference": "Patient/p1"},
        "date": "2026-11-02T10:00:00Z",
        "content": [{"attachment": attachment}],
    } | more


def bundle(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in resources]} | more


COVERAGE = {
    "resourceType": "Coverage",
    "status": "active",
    "beneficiary": {"reference": "Patient/p1"},
    "payor": [{"display": "Medicare Part B"}],
}


def request(hook: str = "patient-view", **more: Any) -> dict[str, Any]:
    context: dict[str, Any] = {"userId": "Practitioner/u1", "patientId": "p1"}
    if hook == "encounter-discharge":
        context["encounterId"] = "e1"
    if hook == "order-sign":
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": []}
    if hook == NOTE_SIGN:
        context["note"] = document()
    body: dict[str, Any] = {"hook": hook, "hookInstance": str(uuid.uuid4()), "context": context}
    if hook != NOTE_SIGN:
        body["prefetch"] = {"note": bundle(document()), "coverage": bundle(COVERAGE)}
    return body | more


# ---------------------------------------------------------------- a FHIR server


@dataclass
class FhirStub:
    """A FHIR server: `answers` by path with query, as (status, content type, body, further headers)."""

    base: str = ""
    answers: dict[str, tuple[int, str, bytes, dict[str, str]]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    delay: float = 0.0

    def resource(self, path: str, resource: Any, status: int = 200) -> None:
        self.answers[path] = (status, "application/fhir+json", json.dumps(resource).encode(), {})

    def raw(self, path: str, body: bytes, kind: str, status: int = 200, **headers: str) -> None:
        self.answers[path] = (status, kind, body, headers)


@contextmanager
def serving(prefix: str = "/fhir") -> Iterator[FhirStub]:
    stub = FhirStub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix(prefix)
            stub.asked.append((path, {k.lower(): v for k, v in self.headers.items()}))
            time.sleep(stub.delay)
            status, kind, body, headers = stub.answers.get(path, (404, "text/plain", b"", {}))
            try:
                self.send_response(status)
                for name, value in ({"Content-Type": kind, "Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.base = f"http://127.0.0.1:{server.server_port}{prefix}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


# ---------------------------------------------------------------- keys


@cache
def key(name: str) -> Any:
    """A private key, made once per run: `ec`, `ec-2`, `ec-256`, `rsa`, `rsa-small`."""
    if name.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=1024 if name == "rsa-small" else 2048)
    return ec.generate_private_key(ec.SECP256R1() if name == "ec-256" else ec.SECP384R1())


def jwk(name: str, **more: Any) -> dict[str, Any]:
    public = key(name).public_key()
    made = (RSAAlgorithm if name.startswith("rsa") else ECAlgorithm).to_jwk(public, as_dict=True)
    return {**made, "kid": name, "use": "sig", **more}


ISS, PUBLIC = "https://ehr.example", "https://codes.example"
AUD = f"{PUBLIC}/cds-services/soapcode-patient-view"


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {"iss": ISS, "aud": AUD, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4())} | more
    return {name: value for name, value in made.items() if value is not ...}


def token(name: str = "ec", alg: str | None = None, headers: dict[str, Any] | None = None, **more: Any) -> str:
    alg = alg or ("RS384" if name.startswith("rsa") else "ES384")
    made = {"kid": name, "typ": "JWT"} | (headers or {})
    return jwt.encode(
        claims(**more), key(name), algorithm=alg, headers={k: v for k, v in made.items() if v is not ...}
    )


# ---------------------------------------------------------------- the rules of a response


def _no_empties(value: Any, place: str) -> None:
    assert value is not None, place
    assert value not in ("", [], {}), place
    if isinstance(value, dict):
        for name, one in value.items():
            _no_empties(one, f"{place}.{name}")
    if isinstance(value, list):
        for number, one in enumerate(value):
            _no_empties(one, f"{place}[{number}]")


def _uuid(value: str) -> str:
    assert str(uuid.UUID(value)) == value
    return value


def conforms(response: dict[str, Any]) -> list[dict[str, Any]]:
    """The cards, after every rule of CDS Hooks 2.0.1 that a response has to keep has been checked."""
    from fhir.resources.R4B.chargeitem import ChargeItem

    assert set(response) == {"cards"}, "never systemActions"
    names: list[str] = []
    for number, card in enumerate(response["cards"]):
        _no_empties(card, f"cards[{number}]")
        assert 0 < len(card["summary"]) < 140
        assert card["indicator"] in ("info", "warning", "critical")
        assert card["source"]["label"]
        names.append(_uuid(card["uuid"]))
        assert set(card.get("extension", {NAMESPACE: 1})) == {NAMESPACE}
        assert ("suggestions" in card) == ("selectionBehavior" in card)
        suggestions = card.get("suggestions", [])
        recommended = sum(s["isRecommended"] for s in suggestions)
        if suggestions:
            assert card["selectionBehavior"] in ("any", "at-most-one")
            assert card["selectionBehavior"] == "any" or (recommended <= 1 and len(suggestions) > 1)
        for reason in card.get("overrideReasons", []):
            assert set(reason) == {"code", "system", "display"}
        for suggestion in suggestions:
            names.append(_uuid(suggestion["uuid"]))
            assert suggestion["label"]
            for action in suggestion["actions"]:
                assert action["type"] == "create"
                assert action["description"]
                resource = action["resource"]
                ChargeItem.model_validate(resource)
                assert resource["status"] == "planned"
    assert len(names) == len(set(names))
    cards: list[dict[str, Any]] = response["cards"]
    return cards


def codes(cards: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """ChargeItem by code."""
    resources = [a["resource"] for c in cards for s in c.get("suggestions", []) for a in s["actions"]]
    return {r["code"]["coding"][0]["code"]: r for r in resources}
