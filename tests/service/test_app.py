"""The HTTP service: answers, refusals, and that a refusal never says the note back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests_support import NOT_JSON, TRAP

from corpus.limits import LONGEST_NOTE
from models.suggester import Suggester
from service.app import STATIC, create_app
from service.settings import Settings

NOTE = "S: knee better.\r\nO: 😀 Treadmill 8 min for endurance. Effleurage to calf 10 min.\r\nP: stepping over objects next visit"
PRIVATE = "Quux-Harrigan told us about her purple accordion"


@pytest.fixture(scope="module")
def client(suggester: Suggester) -> Iterator[TestClient]:
    with TestClient(create_app(suggester), raise_server_exceptions=False) as client:
        yield client


def test_suggest_gives_the_librarys_answer(client: TestClient, suggester: Suggester) -> None:
    answer = client.post("/v1/suggest", json={"text": NOTE})
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(suggester.suggest(NOTE)))
    codes = {s["code"] for s in answer.json()["suggestions"] if s["suggested"]}
    assert codes == {"97110", "97124"}


def test_offsets_in_utf16_select_the_same_words(client: TestClient) -> None:
    answer = client.post("/v1/suggest", json={"text": NOTE, "offsets": "utf16"}).json()
    units = NOTE.encode("utf-16-le")
    seen = 0
    for item in answer["suggestions"]:
        for span in [*item["evidence"], *item["against"]]:
            assert units[span["start"] * 2 : span["end"] * 2].decode("utf-16-le") == span["text"]
            seen += 1
    for span in answer["interventions"]:
        assert units[span["start"] * 2 : span["end"] * 2].decode("utf-16-le") == span["text"]
    assert seen >= 2


def test_payer_and_date(client: TestClient) -> None:
    body = {"text": "O: IFC to low back, pt resting, 15 min unattended", "payer": "commercial", "date": "2026-11-02"}
    answer = client.post("/v1/suggest", json=body).json()
    assert answer["claim"]["payer"] == "commercial"
    assert answer["claim"]["rule"] == "midpoint"
    assert any(s["code"] == "97014" and s["suggested"] for s in answer["suggestions"])


def test_nothing_billable_is_an_answer(client: TestClient) -> None:
    answer = client.post("/v1/suggest", json={"text": "Pt called to cancel, car trouble. Rescheduled for Friday."})
    assert answer.status_code == 200
    assert not [s for s in answer.json()["suggestions"] if s["suggested"]]


REFUSALS = [
    ({"json": {"text": ""}}, 422, "'text' must not be empty"),
    ({"json": {"text": "  \n"}}, 422, "'text' must not be empty"),
    ({"json": {}}, 422, "'text' is missing"),
    ({"json": {"text": 7}}, 422, "'text' must be a string"),
    ({"json": {"text": [PRIVATE]}}, 422, "'text' must be a string"),
    ({"json": [PRIVATE]}, 422, "the body must be a JSON object"),
    ({"json": {"text": PRIVATE, "payer": PRIVATE}}, 422, "'payer' must be one of medicare, commercial"),
    ({"json": {"text": PRIVATE, "date": PRIVATE}}, 422, "'date' must be a date like 2026-11-02"),
    ({"json": {"text": PRIVATE, "date": "2026-11-02T10:00:00"}}, 422, "'date' must be a date like 2026-11-02"),
    ({"json": {"text": PRIVATE, "offsets": PRIVATE}}, 422, "'offsets' must be 'codepoints' or 'utf16'"),
    ({"json": {"text": PRIVATE, PRIVATE: 1}}, 422, "only date, offsets, payer, text may be sent"),
    ({"content": PRIVATE.encode()}, 400, "the body must be JSON"),
    ({"content": PRIVATE.encode() + b"\xff\xfe"}, 400, "the body must be UTF-8"),
    ({"content": b'{"text": "' + b"a" * LONGEST_NOTE + b'"}'}, 413, "the body must be at most 256 KiB"),
]


@pytest.mark.parametrize(("sent", "status", "said"), REFUSALS)
def test_refusals(client: TestClient, sent: dict[str, Any], status: int, said: str) -> None:
    headers = {"content-type": "application/json"}
    answer = client.post("/v1/suggest", headers=headers, json=sent.get("json"), content=sent.get("content"))
    TRAP.errors.append(answer.text)
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]
    assert "accordion" not in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_every_address_that_takes_a_body_takes_json_only(suggester: Suggester) -> None:
    app = create_app(suggester, Settings())
    taking = {
        (method, path): operation
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
        if method not in ("get", "head", "options")
    }
    assert len(taking) >= 6
    with TestClient(app) as client:
        for (method, path), operation in taking.items():
            assert "415" in operation["responses"], path
            assert set(operation["requestBody"]["content"]) == {"application/json"}, path
            for kind in NOT_JSON:
                headers = {} if kind is None else {"Content-Type": kind}
                address = path.replace("{service}", "soapcode-patient-view")
                answer = client.request(method, address, content=b'{"text": "O: bike 8 min"}', headers=headers)
                assert answer.status_code == 415, (path, kind)
                assert "must be application/json" in answer.text


def test_a_body_just_under_the_limit_is_read(client: TestClient) -> None:
    filler = "rest. " * ((LONGEST_NOTE - 200) // 60)
    assert client.post("/v1/suggest", json={"text": filler}).status_code == 200


def test_lone_surrogate_is_refused(client: TestClient) -> None:
    answer = client.post(
        "/v1/suggest",
        content=b'{"text": "bike 8 min \\ud800 SLR 3x10"}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == "'text' must be whole characters, without half of a surrogate pair"


def test_codes(client: TestClient) -> None:
    codes = {c["code"]: c for c in client.get("/v1/codes").json()["codes"]}
    assert codes["97110"]["unit_minutes"] == 15
    assert codes["97014"]["payer_twin"] == "G0283"


def test_health_and_readiness(client: TestClient, suggester: Suggester) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready", "bundle": suggester.version}
    with TestClient(create_app(None)) as bare:
        assert bare.get("/healthz").status_code == 200
        assert bare.get("/readyz").status_code == 503
        assert bare.post("/v1/suggest", json={"text": "x"}).status_code == 503


def test_a_failure_says_nothing_of_the_note(suggester: Suggester, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(suggester)

    class Broken:
        def suggest(self, text: str, *_: object) -> None:
            raise RuntimeError(text)

    app.state.suggester = Broken()
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/v1/suggest", json={"text": PRIVATE})
    TRAP.errors.append(answer.text)
    assert answer.status_code == 500
    assert "accordion" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/", "/healthz", "/readyz", "/v1/codes", "/v1/payers", "/model-card", "/openapi.json", "/static/app.js",
     "/widget/demo.html", "/favicon.ico", "/cds-services", "/metrics", "/nothing", "/v1/suggest"],
)  # fmt: skip
def test_head_is_get_without_a_body(client: TestClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    varying = {"x-request-id", "date", "content-length"} if path == "/metrics" else {"x-request-id", "date"}
    assert head.status_code == got.status_code
    assert head.content == b""
    assert {k: v for k, v in head.headers.items() if k not in varying} == {
        k: v for k, v in got.headers.items() if k not in varying
    }


@pytest.mark.parametrize(("length", "status"), [(200, 200), (201, 422)])
def test_the_users_name_has_a_length(client: TestClient, length: int, status: int) -> None:
    answer = client.post("/v1/suggest", json={"text": "Rested."}, headers={"X-Soapcode-User": "u" * length})
    assert answer.status_code == status
    assert status == 200 or answer.json()["error"]["message"] == "'X-Soapcode-User' must have at most 200 characters"


@pytest.mark.parametrize(
    ("last", "refused"), [("0", True), ("1", False), ("1000", False), ("1001", True), ("x", True)]
)
def test_how_many_audit_rows_has_bounds(client: TestClient, last: str, refused: bool) -> None:
    answer = client.get("/v1/audit", params={"last": last})
    said = "'last' must be a whole number from 1 to 1000" if refused else "no store is in use"
    assert answer.json()["error"]["message"] == said


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/v1/suggest", 405)])
def test_other_addresses(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}


def test_openapi_has_real_examples(client: TestClient, suggester: Suggester) -> None:
    api = client.get("/openapi.json").json()
    operation = api["paths"]["/v1/suggest"]["post"]
    shown = operation["responses"]["200"]["content"]["application/json"]["example"]
    request = api["components"]["schemas"]["SuggestRequest"]["examples"][0]
    fresh = json.loads(json.dumps(suggester.suggest(request["text"], request["payer"])))
    assert set(shown) == set(fresh)
    assert [s["code"] for s in shown["suggestions"] if s["suggested"]] == [
        s["code"] for s in fresh["suggestions"] if s["suggested"]
    ]
    assert set(operation["responses"]) == {"200", "400", "401", "403", "408", "413", "415", "422", "429", "503"}


def test_page_needs_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    files = [f"/static/{file.name}" for file in STATIC.iterdir()]
    assert {"/static/app.js", "/static/review.js", "/static/style.css"} <= set(files)
    for path in ("/", *files):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"] == page.headers["content-security-policy"]
        body = answer.text
        assert "http://" not in body.replace("http://www.w3.org", "")
        assert "https://" not in body


def test_the_page_takes_files_as_long_as_a_note_may_be() -> None:
    page = (STATIC / "box.js").read_text(encoding="utf-8")
    assert f"const FILE_LIMIT = {LONGEST_NOTE // 1024} * 1024;" in page
    assert Settings().body_kib * 1024 == LONGEST_NOTE
