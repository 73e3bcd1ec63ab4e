"""Signed CDS Hooks requests: real ES384 and RS384 keys, pinned and published, and every way in which a token fails."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cds_support import AUD, ISS, PUBLIC, FhirStub, bundle, claims, document, jwk, key, request, serving, token
from fastapi.testclient import TestClient
from pydantic import SecretStr, ValidationError
from tests_support import TRAP

from models.suggester import Suggester
from service.app import create_app
from service.cds.settings import CdsClient, CdsSettings, is_safe_address
from service.cds.trust import MemorySeen, Trust, UntrustedError
from service.settings import Settings
from service.store.store import Store

PINNED = "https://pinned.example"


@pytest.fixture(scope="module")
def keys() -> Iterator[FhirStub]:
    with serving("") as made:
        made.resource(
            "/jwks.json", {"keys": [jwk("ec"), jwk("rsa"), jwk("ec-256"), jwk("rsa-small"), jwk("ec-2", use="enc")]}
        )
        yield made


@pytest.fixture(scope="module")
def settings(keys: FhirStub) -> CdsSettings:
    published = CdsClient(iss=ISS, jku=f"{keys.base}/jwks.json", fhir_servers=(f"{keys.base}/fhir",))
    pinned = CdsClient(iss=PINNED, keys=(jwk("ec-2"), jwk("rsa")), hooks=("patient-view",), payer="commercial")
    return CdsSettings(public_url=PUBLIC, clients=(published, pinned))


@pytest.fixture(scope="module")
def client(suggester: Suggester, settings: CdsSettings) -> Iterator[TestClient]:
    with TestClient(create_app(suggester, cds=settings), raise_server_exceptions=False) as client:
        yield client


def _call(client: TestClient, header: str | None, path: str = "soapcode-patient-view", **more: Any) -> Any:
    headers = {"Authorization": header} if header is not None else {}
    return client.post(f"/cds-services/{path}", json=request(**more), headers=headers)


GOOD: dict[str, Callable[[], str]] = {
    "ES384": lambda: token("ec"),
    "RS384": lambda: token("rsa"),
    "aud in a list": lambda: token(aud=["https://other.example", AUD]),
    "jku named rightly": lambda: token(headers={"jku": "KEYS/jwks.json"}),
    "pinned ES384": lambda: token("ec-2", iss=PINNED),
    "pinned RS384": lambda: token("rsa", iss=PINNED),
    "clock a little ahead": lambda: token(iat=int(time.time()) + 20, exp=int(time.time()) + 200),
    "expired within the leeway": lambda: token(iat=int(time.time()) - 200, exp=int(time.time()) - 5),
    "with tenant and more claims": lambda: token(tenant="t", sub="x"),
}


@pytest.mark.parametrize("case", GOOD)
def test_good_tokens(client: TestClient, keys: FhirStub, case: str) -> None:
    made = token(headers={"jku": f"{keys.base}/jwks.json"}) if case == "jku named rightly" else GOOD[case]()
    answer = _call(client, f"Bearer {made}")
    assert answer.status_code == 200
    assert answer.json()["cards"]


def _forged(alg: str, secret: bytes | str = "") -> str:
    return jwt.encode(claims(), secret, algorithm=alg, headers={"kid": "ec"})


def _public_as_secret() -> str:
    """A MAC over the published key: the classic confusion of algorithms."""
    import hmac
    from hashlib import sha256

    def part(value: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    signed = part({"alg": "HS256", "kid": "rsa"}) + b"." + part(claims())
    mac = hmac.new(json.dumps(jwk("rsa")).encode(), signed, sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def _tampered() -> str:
    head, _, sign = token().split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims()).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{sign}"


BAD: dict[str, Callable[[], str | None]] = {
    "absent": lambda: None,
    "empty": lambda: "",
    "no bearer": lambda: f"Basic {token()}",
    "bearer alone": lambda: "Bearer ",
    "rubbish": lambda: "Bearer a.b.c",
    "too long": lambda: "Bearer " + "a" * 10_000,
    "wrong aud": lambda: f"Bearer {token(aud='https://other.example')}",
    "aud of another service": lambda: f"Bearer {token(aud=AUD.replace('patient-view', 'order-sign'))}",
    "aud of the host alone": lambda: f"Bearer {token(aud=PUBLIC)}",
    "aud in an empty list": lambda: f"Bearer {token(aud=[])}",
    "expired": lambda: f"Bearer {token(iat=int(time.time()) - 400, exp=int(time.time()) - 100)}",
    "issued in the future": lambda: f"Bearer {token(iat=int(time.time()) + 200, exp=int(time.time()) + 400)}",
    "not yet valid": lambda: f"Bearer {token(nbf=int(time.time()) + 200)}",
    "lives too long": lambda: f"Bearer {token(exp=int(time.time()) + 7200)}",
    "ends before it begins": lambda: f"Bearer {token(iat=int(time.time()) + 20, exp=int(time.time()) + 10)}",
    "unknown iss": lambda: f"Bearer {token(iss='https://unknown.example')}",
    "iss of another client": lambda: f"Bearer {token('ec', iss=PINNED)}",
    "iss no string": lambda: f"Bearer {token(iss=...)}",
    "foreign jku": lambda: f"Bearer {token(headers={'jku': 'https://evil.example/jwks.json'})}",
    "jku with pinned keys": lambda: (
        f"Bearer {token('ec-2', iss=PINNED, headers={'jku': 'https://evil.example/jwks.json'})}"
    ),
    "bad kid": lambda: f"Bearer {token(headers={'kid': 'nobody'})}",
    "no kid": lambda: f"Bearer {token(headers={'kid': ...})}",
    "wrong key": lambda: f"Bearer {jwt.encode(claims(), key('ec-2'), 'ES384', headers={'kid': 'ec'})}",
    "key for encryption": lambda: f"Bearer {token('ec-2')}",
    "weak curve": lambda: f"Bearer {token('ec-256', alg='ES256')}",
    "weak rsa": lambda: f"Bearer {token('rsa-small')}",
    "RS256": lambda: f"Bearer {token('rsa', alg='RS256')}",
    "PS384": lambda: f"Bearer {token('rsa', alg='PS384')}",
    "none": lambda: f"Bearer {_forged('none')}",
    "HS256": lambda: f"Bearer {_forged('HS256', b'x' * 32)}",
    "HS256 with the public key": lambda: f"Bearer {_public_as_secret()}",
    "tampered": lambda: f"Bearer {_tampered()}",
    "embedded key": lambda: (
        f"Bearer {jwt.encode(claims(), key('ec-2'), 'ES384', headers={'kid': 'x', 'jwk': jwk('ec-2')})}"
    ),
    "crit": lambda: f"Bearer {token(headers={'crit': ['b64'], 'b64': True})}",
    "empty jti": lambda: f"Bearer {token(jti='')}",
    "jti no string": lambda: f"Bearer {token(jti=['a'])}",
}


def _without(name: str) -> Callable[[], str]:
    left_out: dict[str, Any] = {name: ...}
    return lambda: f"Bearer {token(**left_out)}"


BAD.update({f"without {name}": _without(name) for name in ("iss", "aud", "exp", "iat", "jti")})


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("case", BAD)
def test_bad_tokens_are_401_and_nothing_is_said(client: TestClient, keys: FhirStub, case: str) -> None:
    answer = _call(client, BAD[case]())
    TRAP.errors.append(answer.text)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json() == _call(client, None).json(), "the same words, whatever the reason"
    assert all(path == "/jwks.json" for path, _ in keys.asked)


def test_a_token_is_good_once(client: TestClient) -> None:
    made = f"Bearer {token()}"
    assert _call(client, made).status_code == 200
    assert _call(client, made).status_code == 401


def test_a_token_is_good_once_over_a_restart_too(suggester: Suggester, settings: CdsSettings, tmp_path: Path) -> None:
    made = f"Bearer {token()}"
    given = Settings(database_url=f"sqlite:///{tmp_path}/s.sqlite3", store_key=SecretStr("5a" * 32))
    for status in (200, 401):
        store = Store.open(given)
        with TestClient(create_app(suggester, given, store, cds=settings)) as client:
            assert _call(client, made).status_code == status
        store.close()


def test_the_same_jti_of_two_clients_is_two(client: TestClient) -> None:
    for name, iss in (("ec", ISS), ("ec-2", PINNED)):
        assert _call(client, f"Bearer {token(name, iss=iss, jti='one-for-both')}").status_code == 200


def test_a_refused_token_does_not_use_up_its_jti(client: TestClient) -> None:
    assert _call(client, f"Bearer {token(jti='later', aud='https://x.example')}").status_code == 401
    assert _call(client, f"Bearer {token(jti='later')}").status_code == 200


def test_discovery_and_preflight_ask_for_no_token(client: TestClient) -> None:
    assert client.get("/cds-services").status_code == 200
    assert client.options("/cds-services/soapcode-patient-view").status_code == 204


@pytest.mark.parametrize("tail", ["", "/feedback"])
def test_feedback_is_signed_for_itself_or_its_service(client: TestClient, tail: str) -> None:
    path = "/cds-services/soapcode-patient-view/feedback"
    assert client.post(path, json={"feedback": []}).status_code == 401
    signed = {"Authorization": f"Bearer {token(aud=AUD + tail)}"}
    assert client.post(path, json={"feedback": []}, headers=signed).status_code == 200


def test_a_client_has_its_own_hooks_payer_and_servers(client: TestClient, keys: FhirStub) -> None:
    order = f"Bearer {token('ec-2', iss=PINNED, aud=AUD.replace('patient-view', 'order-sign'))}"
    assert _call(client, order, "soapcode-order-sign", hook="order-sign").status_code == 404
    note = document("O: IFC to low back, pt resting, 15 min unattended")
    cards = _call(client, f"Bearer {token('ec-2', iss=PINNED)}", prefetch={"note": note}).json()["cards"]
    assert "97014" in cards[0]["summary"]
    keys.resource("/fhir/DocumentReference?patient=p1&_sort=-date&_count=1", bundle(document()))
    more: dict[str, Any] = {"fhirServer": f"{keys.base}/fhir", "prefetch": {"coverage": None}}
    assert _call(client, f"Bearer {token('ec-2', iss=PINNED)}", **more).status_code == 412
    assert _call(client, f"Bearer {token()}", **more).status_code == 200
    keys.asked.clear()


REFUSED = {
    "absent": "there is no bearer token",
    "rubbish": "it is no token of the form wanted",
    "wrong aud": "aud is not this address",
    "expired": "it is expired",
    "issued in the future": "it is not valid yet: the clocks differ",
    "lives too long": "jti is empty, or the token lives longer than token_seconds",
    "unknown iss": "iss is no client of the settings",
    "foreign jku": "jku is not that of the settings",
    "bad kid": "kid is not among the client's keys",
    "wrong key": "the signature is not that of the key",
    "weak rsa": "the key is not of P-384, or RSA of 2048 bits or more",
    "HS256": "alg is not ES384 or RS384, or crit is used",
    "without jti": "iss, aud, exp, iat or jti is missing",
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("case", REFUSED)
def test_the_log_says_why_a_call_was_refused(client: TestClient, caplog: pytest.LogCaptureFixture, case: str) -> None:
    caplog.set_level(logging.INFO, "soapcode.cds")
    _call(client, BAD[case]())
    assert [record.__dict__["reason"] for record in caplog.records if hasattr(record, "reason")] == [REFUSED[case]]


def test_the_log_says_that_a_token_was_used_before(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "soapcode.cds")
    made = f"Bearer {token()}"
    for _ in range(2):
        _call(client, made)
    assert [r.__dict__["reason"] for r in caplog.records if hasattr(r, "reason")] == ["it was used before"]


def test_tokens_are_never_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    good, bad = token(), token(aud="https://x.example")
    for made in (good, bad, good):
        _call(client, f"Bearer {made}")
    assert all(part not in caplog.text for made in (good, bad) for part in made.split(".")[1:])


def test_published_keys_are_kept_and_looked_up_anew_for_a_new_kid(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("") as published:
        published.resource("/jwks", {"keys": [jwk("ec")]})
        made = CdsSettings(public_url=PUBLIC, clients=(CdsClient(iss=ISS, jku=f"{published.base}/jwks"),))
        trust = Trust(made)
        for _ in range(3):
            trust.client_of(f"Bearer {token()}", [AUD])
        assert len(published.asked) == 1
        published.resource("/jwks", {"keys": [jwk("rsa")]})
        for _ in range(3):
            with pytest.raises(UntrustedError):
                trust.client_of(f"Bearer {token('rsa')}", [AUD])
        assert len(published.asked) == 1, "not asked again at once"
        monkeypatch.setattr("service.cds.trust._RETRY_SECONDS", 0.0)
        assert trust.client_of(f"Bearer {token('rsa')}", [AUD]).iss == ISS
        with pytest.raises(UntrustedError):
            trust.client_of(f"Bearer {token('ec')}", [AUD])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds a trust counts by; the test moves them on."""
    now = [1000.0]
    monkeypatch.setattr("service.cds.trust.time", SimpleNamespace(monotonic=lambda: now[0], time=time.time))
    return now


@contextmanager
def _publishing() -> Iterator[tuple[FhirStub, Trust]]:
    with serving("") as published:
        made = CdsSettings(public_url=PUBLIC, clients=(CdsClient(iss=ISS, jku=f"{published.base}/jwks"),))
        yield published, Trust(made)


def test_known_keys_go_on_counting_when_their_address_fails(clock: list[float]) -> None:
    with _publishing() as (published, trust):
        published.resource("/jwks", {"keys": [jwk("ec")]})
        trust.client_of(f"Bearer {token()}", [AUD])
        published.raw("/jwks", b"", "text/plain", 503)
        for moved in (40.0, 5.0, 4000.0, 5.0):
            clock[0] += moved
            with pytest.raises(UntrustedError):
                trust.client_of(f"Bearer {token('rsa')}", [AUD])
            assert trust.client_of(f"Bearer {token()}", [AUD]).iss == ISS
        assert len(published.asked) == 3, "at the beginning, and once for each time that was long enough ago"
        published.resource("/jwks", {"keys": [jwk("rsa")]})
        clock[0] += 40.0
        assert trust.client_of(f"Bearer {token('rsa')}", [AUD]).iss == ISS
        with pytest.raises(UntrustedError):
            trust.client_of(f"Bearer {token()}", [AUD])


def test_an_address_that_never_gave_keys_is_asked_again_soon(clock: list[float]) -> None:
    with _publishing() as (published, trust):
        published.raw("/jwks", b"", "text/plain", 503)
        for _ in range(3):
            with pytest.raises(UntrustedError):
                trust.client_of(f"Bearer {token()}", [AUD])
        assert len(published.asked) == 1, "not at once"
        published.resource("/jwks", {"keys": [jwk("ec")]})
        clock[0] += 2.0
        assert trust.client_of(f"Bearer {token()}", [AUD]).iss == ISS


def test_a_known_key_does_not_wait_for_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with _publishing() as (published, trust):
        published.resource("/jwks", {"keys": [jwk("ec")]})
        trust.client_of(f"Bearer {token()}", [AUD])
        monkeypatch.setattr(trust._published[f"{published.base}/jwks"], "_lock", None)
        assert trust.client_of(f"Bearer {token()}", [AUD]).iss == ISS, "the lock of the look-up is not taken"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"keys": 7}', b'{"keys": ["x"]}', b"[" * 100_000, b'{"keys": []}' + b" " * 300_000]
)
def test_key_addresses_that_give_no_keys(body: bytes) -> None:
    with serving("") as published:
        published.raw("/jwks", body, "application/json")
        made = CdsSettings(public_url=PUBLIC, clients=(CdsClient(iss=ISS, jku=f"{published.base}/jwks"),))
        with pytest.raises(UntrustedError):
            Trust(made).client_of(f"Bearer {token()}", [AUD])


def test_two_keys_with_one_kid_are_none() -> None:
    made = CdsSettings(public_url=PUBLIC, clients=(CdsClient(iss=ISS, keys=(jwk("ec"), jwk("ec-2", kid="ec"))),))
    with pytest.raises(UntrustedError):
        Trust(made).client_of(f"Bearer {token()}", [AUD])


def test_a_full_memory_takes_nothing_new_and_forgets_what_is_over() -> None:
    seen, later = MemorySeen(most=2), time.time() + 3600
    assert seen.first("a", later)
    assert seen.first("b", 1.0)
    assert seen.first("c", later)
    assert not seen.first("d", later)
    assert not seen.first("a", later)


# ---------------------------------------------------------------- settings

EC = {"kty": "EC", "kid": "a", "crv": "P-384", "x": "x", "y": "y"}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"public_url": "http://codes.example"}, "https"),
    ({"public_url": "https://u:p@codes.example"}, "https"),
    ({"origins": ("https://ehr.example/",)}, "origin"),
    ({"origins": ("*",)}, "origin"),
    ({"payer": "nobody"}, "one of"),
    ({"fhir_servers": ("ftp://x",)}, "https"),
    ({"clients": ({"iss": "a", "keys": (EC,)},)}, "public_url"),
    ({"public_url": PUBLIC, "clients": ({"iss": "a"},)}, "exactly one"),
    ({"public_url": PUBLIC, "clients": ({"iss": "a", "jku": "https://a.example", "keys": (EC,)},)}, "exactly one"),
    (
        {"public_url": PUBLIC, "clients": ({"iss": "a", "keys": ({"kty": "oct", "kid": "a", "k": "secret"},)},)},
        "public EC or RSA",
    ),
    ({"public_url": PUBLIC, "clients": ({"iss": "a", "keys": ({**EC, "d": "x"},)},)}, "public EC or RSA"),
    ({"public_url": PUBLIC, "clients": ({"iss": "a", "keys": (EC,)}, {"iss": "a", "keys": (EC,)})}, "once"),
    ({"unknown": 1}, "not permitted"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_settings_that_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        CdsSettings.model_validate(given)


def test_settings_from_a_file(tmp_path: Any) -> None:
    path = tmp_path / "cds.toml"
    path.write_text(f'public_url = "{PUBLIC}/"\n[[clients]]\niss = "{ISS}"\njku = "https://ehr.example/jwks.json"\n')
    made = CdsSettings.from_file(path)
    assert made.public_url == PUBLIC
    path.write_text('public_url = "http://secret.example"')
    with pytest.raises(ValueError, match=r"cds\.toml: public_url") as caught:
        CdsSettings.from_file(path)
    assert "secret.example" not in str(caught.value)
    path.write_text("= nonsense")
    with pytest.raises(ValueError, match=r"must be a TOML file in UTF-8; it is no TOML \(at line 1"):
        CdsSettings.from_file(path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "http://[::1",
        "https://a.example?x",
        "https://a.example#x",
        "javascript:1",
        "http://localhost.evil",
    ],
)
def test_addresses_that_are_not_safe(url: str) -> None:
    assert not is_safe_address(url)


@pytest.mark.parametrize(
    "url", ["https://a.example/x", "http://127.0.0.1:9/x", "http://[::1]:9", "http://localhost:1"]
)
def test_addresses_that_are_safe(url: str) -> None:
    assert is_safe_address(url)
