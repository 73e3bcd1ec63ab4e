"""Keys, scopes and limits at the routes; settings; and what the frame around every request does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from tests_support import TRAP

from models.suggester import Suggester
from service.app import create_app
from service.frame import BodyGuard
from service.http import RefusedError
from service.keys import scopes_of
from service.limits import Buckets
from service.operations import Probe
from service.reading import Readers
from service.server import checked
from service.settings import LOOPBACK_NAMES, PREFIX, Settings, SettingsError, is_loopback, load_settings, shown
from service.store.store import Store

NOTE = {"text": "O: Treadmill 8 min for endurance."}
OPEN = {
    "/",
    "/favicon.ico",
    "/healthz",
    "/readyz",
    "/v1/codes",
    "/v1/payers",
    "/model-card",
    "/model-card.json",
    "/cds-services",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(Settings(database_url=f"sqlite:///{tmp_path}/s.sqlite3", store_key=SecretStr("5a" * 32)))
    yield store
    store.close()


def _client(suggester: Suggester | None, store: Store | None, **given_: Any) -> TestClient:
    return TestClient(create_app(suggester, Settings(**given_), store), raise_server_exceptions=False)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_every_documented_address_asks_for_a_key_or_is_known_to_be_open(suggester: Suggester, store: Store) -> None:
    client = _client(suggester, store, require_key=True)
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) >= {"/v1/suggest", "/v1/feedback", "/v1/bundle", "/v1/audit", "/metrics"}
    for path, methods in paths.items():
        for method in methods:
            answer = client.request(method, path, json={} if method == "post" else None)
            assert (answer.status_code == 401) is (path not in OPEN), path
            assert ("security" in methods[method]) is (path not in OPEN), path


def test_loopback_needs_no_key_elsewhere_it_does(suggester: Suggester, store: Store) -> None:
    assert _client(suggester, store).post("/v1/suggest", json=NOTE).status_code == 200
    away = _client(suggester, store, host="10.0.0.5")
    answer = away.post("/v1/suggest", json=NOTE)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    _, token = store.create_key("a", scopes_of("suggest"))
    assert away.post("/v1/suggest", json=NOTE, headers=_bearer(token)).status_code == 200
    assert away.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host", "x-forwarded-proto", "X-Client-IP"],
)
def test_what_a_proxy_passes_on_needs_a_key_even_on_loopback(suggester: Suggester, store: Store, header: str) -> None:
    answer = _client(suggester, store).post("/v1/suggest", json=NOTE, headers={header: "203.0.113.9"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "sent",
    [
        "Bearer",
        "Bearer ",
        "Bearer sc_000000000000_" + "a" * 43,
        "Bearer sc_x",
        "Bearer \xff",
        "Basic Zm9vOmJhcg==",
        "sc_000000000000_" + "a" * 43,
    ],
)
def test_a_wrong_key_is_refused_even_on_loopback(suggester: Suggester, store: Store, sent: str) -> None:
    answer = _client(suggester, store).post(
        "/v1/suggest", json=NOTE, headers=[(b"Authorization", sent.encode("latin-1"))]
    )
    assert answer.status_code == 401
    assert "sc_0" not in answer.text


def test_a_key_with_one_wrong_character_is_refused(suggester: Suggester, store: Store) -> None:
    _, token = store.create_key("a", scopes_of("suggest"))
    client = _client(suggester, store)
    for at in (3, 17, len(token) - 1):
        wrong = token[:at] + ("0" if token[at] != "0" else "1") + token[at + 1 :]
        assert client.get("/v1/bundle", headers=_bearer(wrong)).status_code == 401
    assert client.get("/v1/bundle", headers=_bearer(token)).status_code == 200


@pytest.mark.parametrize(
    ("scope", "passes"),
    [
        ("suggest", {"suggest", "bundle"}),
        ("feedback", {"feedback"}),
        ("admin", {"metrics", "audit"}),
        ("suggest,feedback,admin", {"suggest", "bundle", "feedback", "metrics", "audit"}),
    ],
)
def test_scopes(suggester: Suggester, store: Store, scope: str, passes: set[str]) -> None:
    _, token = store.create_key("a", scopes_of(scope))
    client = _client(suggester, store, require_key=True)
    client.headers |= _bearer(token)
    decision = {"note_sha256": "0" * 64, "bundle": "b", "code": "97110", "action": "accept"}
    statuses = {
        "suggest": client.post("/v1/suggest", json=NOTE).status_code,
        "feedback": client.post("/v1/feedback", json=decision).status_code,
        "bundle": client.get("/v1/bundle").status_code,
        "metrics": client.get("/metrics").status_code,
        "audit": client.get("/v1/audit").status_code,
    }
    assert {name for name, status in statuses.items() if status < 300} == passes
    assert {status for name, status in statuses.items() if name not in passes} <= {403}


def test_the_readme_says_which_address_needs_which_scope(suggester: Suggester, store: Store) -> None:
    app = create_app(suggester, Settings(require_key=True), store)
    page = (Path(__file__).parents[2] / "service" / "README.md").read_text(encoding="utf-8")
    told = re.split(r"; |, (?=`\w+` for)", page.partition("Where keys are needed:")[2].partition("`HEAD`")[0])
    others = {"/v1/suggest", "/v1/explain", "/v1/claim"}
    tokens = {scope: store.create_key(scope, scopes_of(scope))[1] for scope in ("suggest", "feedback", "admin")}
    client = TestClient(app)
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            if path in OPEN or "{" in path:
                continue
            passes = []
            for scope, token in tokens.items():
                answer = client.request(method, path, json={} if method == "post" else None, headers=_bearer(token))
                passes += [scope] if answer.status_code != 403 else []
            (scope,) = passes
            named = next(part for part in told if f"`{scope}` for" in part)
            assert f"`{path}`" in named or (scope == "suggest" and path in others), path


def test_a_store_that_is_gone_is_documented_where_a_key_is_looked_up(suggester: Suggester, store: Store) -> None:
    app = create_app(suggester, Settings(require_key=True), store)
    operations = [operation for methods in app.openapi()["paths"].values() for operation in methods.values()]
    guarded = [operation for operation in operations if "security" in operation]
    assert guarded
    assert [operation["summary"] for operation in guarded if "503" not in operation["responses"]] == []


def test_rows_name_the_key_they_came_with(suggester: Suggester, store: Store) -> None:
    key, token = store.create_key("a", scopes_of("suggest,feedback"))
    client = _client(suggester, store)
    client.post("/v1/suggest", json=NOTE, headers=_bearer(token))
    decision = {"note_sha256": "0" * 64, "bundle": "b", "code": "97110", "action": "accept"}
    assert client.post("/v1/feedback", json=decision, headers=_bearer(token)).status_code == 204
    with store.engine.connect() as connection:
        for table in ("audit", "feedback"):
            assert connection.exec_driver_sql(f"SELECT client FROM {table}").scalars().all() == [key.id]  # noqa: S608


@pytest.mark.parametrize("names", ["", " , ", "suggest,root", "Suggest"])
def test_unknown_scopes_are_refused(names: str) -> None:
    with pytest.raises(ValueError, match="scopes must be"):
        scopes_of(names)


def test_revoking_works_at_once(suggester: Suggester, store: Store) -> None:
    key, token = store.create_key("a", scopes_of("suggest"))
    client = _client(suggester, store)
    assert client.get("/v1/bundle", headers=_bearer(token)).status_code == 200
    store.revoke_key(key.id)
    assert client.get("/v1/bundle", headers=_bearer(token)).status_code == 401


def test_a_key_that_asks_too_often_waits_and_others_do_not(suggester: Suggester, store: Store) -> None:
    _, busy = store.create_key("busy", scopes_of("suggest"), 6)
    _, calm = store.create_key("calm", scopes_of("suggest"))
    client = _client(suggester, store)
    statuses = [client.get("/v1/bundle", headers=_bearer(busy)).status_code for _ in range(12)]
    assert statuses[:10] == [200] * 10
    assert statuses[-1] == 429
    refused = client.get("/v1/bundle", headers=_bearer(busy))
    assert 1 <= int(refused.headers["retry-after"]) <= 11
    assert client.get("/v1/bundle", headers=_bearer(calm)).status_code == 200


@given(st.integers(1, 6000), st.lists(st.floats(0, 30), min_size=1, max_size=200))
def test_no_more_pass_than_the_rate_and_one_burst_allow(per_minute: int, pauses: list[float]) -> None:
    now = 0.0
    buckets = Buckets(lambda: now)
    passed = 0
    for pause in pauses:
        now += pause
        wait = buckets.take("a", per_minute)
        passed += wait == 0
        if wait:
            now += wait
            assert buckets.take("a", per_minute) == 0
            passed += 1
    assert passed <= max(10, per_minute / 6) + now * per_minute / 60 + 1e-6 * len(pauses)


def test_full_buckets_are_forgotten() -> None:
    now = 0.0
    buckets = Buckets(lambda: now, most=5)
    for number in range(50):
        now += 100
        buckets.take(str(number), 600)
    assert len(buckets._held) <= 6


@pytest.mark.parametrize(
    ("given_", "said"),
    [({"host": "0.0.0.0"}, "needs a key"), ({"host": "10.1.1.1", "require_key": False}, "only on the loopback")],  # noqa: S104
)
def test_listening_elsewhere_without_a_key_is_refused(store: Store, given_: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        checked(Settings(**given_), store)
    key, _ = store.create_key("a", scopes_of("suggest"))
    if "require_key" not in given_:
        assert checked(Settings(**given_), store).needs_key
    store.revoke_key(key.id)
    with pytest.raises(SettingsError, match=said):
        checked(Settings(**given_), store)


def test_the_key_is_looked_at_before_the_body(suggester: Suggester, store: Store) -> None:
    app = create_app(suggester, Settings(require_key=True), store)
    client = TestClient(app)
    wrong, right = (
        store.create_key("w", scopes_of("admin"))[1],
        store.create_key("r", scopes_of("suggest,feedback"))[1],
    )
    paths = [path for path, methods in app.openapi()["paths"].items() if "post" in methods and "{" not in path]
    assert len(paths) >= 4
    for path in paths:
        for body, said in ((b"{", 400), (b"[]", 422)):
            statuses = []
            for token in (None, wrong, right):
                headers = {
                    "Content-Type": "application/json",
                    **({"Authorization": f"Bearer {token}"} if token else {}),
                }
                statuses.append(client.post(path, content=body, headers=headers).status_code)
            assert statuses == [401, 403, said], path


def test_several_workers_are_refused_where_tokens_must_be_used_once(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "cds.toml"
    path.write_text('public_url = "https://c.example"\n[[clients]]\niss = "a"\njku = "https://e.example/k"\n')
    with pytest.raises(SettingsError, match="workers must be 1"):
        checked(Settings(workers=2, cds=path), store)
    assert checked(Settings(cds=path), store).cds == path
    path.write_text('origins = ["https://e.example"]\n')
    assert checked(Settings(workers=2, cds=path), store).workers == 2


def test_on_loopback_without_keys_other_host_names_are_refused(suggester: Suggester, store: Store) -> None:
    settings = checked(Settings(), store)
    assert settings.allowed_hosts == LOOPBACK_NAMES
    client = TestClient(create_app(suggester, settings, store))
    for host, status in [("localhost:8000", 200), ("127.0.0.1", 200), ("[::1]:9", 200), ("evil.example:8000", 400)]:
        assert client.get("/healthz", headers={"Host": host}).status_code == status, host


@pytest.mark.parametrize("given_", [{}, {"host": "192.0.2.1"}])
def test_named_hosts_are_taken_beside_this_machine(
    suggester: Suggester, store: Store, given_: dict[str, Any]
) -> None:
    store.create_key("a", scopes_of("suggest"))
    settings = checked(Settings(allowed_hosts="codes.clinic.example,10.0.0.5", **given_), store)
    client = TestClient(create_app(suggester, settings, store))
    asked = {
        "codes.clinic.example": 200,
        "Codes.Clinic.Example:8443": 200,
        "10.0.0.5:8000": 200,
        "127.0.0.1:8000": 200,
        "localhost": 200,
        "[::1]:8000": 200,
        "evil.example": 400,
        "codes.clinic.example.evil.example": 400,
        "10.0.0.50": 400,
        "127.0.0.1.evil.example": 400,
        "": 400,
    }
    found = {host: client.get("/readyz", headers={"Host": host}).status_code for host in asked}
    assert found == asked


@pytest.mark.parametrize(("host", "named"), [("127.0.0.2", "127.0.0.2:8000"), ("::1", "[::1]:8000")])
def test_a_loopback_address_may_be_named_as_it_is_printed(
    suggester: Suggester, store: Store, host: str, named: str
) -> None:
    client = TestClient(create_app(suggester, checked(Settings(host=host), store), store))
    statuses = [client.get("/healthz", headers={"Host": name}).status_code for name in (named, "127.0.0.3:8000")]
    assert statuses == [200, 400]


def test_an_address_with_a_slash_too_many_is_no_redirect(suggester: Suggester, store: Store) -> None:
    client = TestClient(create_app(suggester, Settings(), store), follow_redirects=False)
    for path in ("/v1/suggest/", "/cds-services/", "/v1/feedback/"):
        answer = client.post(path, json={"text": "O: gait"}, headers={"X-Forwarded-Proto": "https"})
        assert answer.status_code in (404, 405), path
        assert "location" not in answer.headers


def test_several_workers_offer_no_cds_hooks(suggester: Suggester, store: Store) -> None:
    for workers, status in ((1, 200), (2, 404)):
        client = TestClient(create_app(suggester, Settings(workers=workers), store))
        assert client.get("/cds-services").status_code == status
        assert client.get("/v1/codes").status_code == 200


@pytest.mark.parametrize("host", ["", "0", "example.com", "::", "127.0.0.1.example.com"])
def test_other_names_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


# settings


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SOAPCODE_HOME", str(tmp_path))
    return tmp_path


def test_environment_stands_before_secrets_before_the_file(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean / "soapcode.toml").write_text('port = 1111\nworkers = 3\nretain_days = 7\nallowed_hosts = ["a", "b"]\n')
    secrets = clean / "secrets"
    secrets.mkdir()
    (secrets / "soapcode_store_key").write_text("ab" * 32 + "\n")
    (secrets / "soapcode_workers").write_text("2")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(secrets))
    monkeypatch.setenv("SOAPCODE_PORT", "2222")
    settings = load_settings(stop_seconds=5)
    assert (settings.port, settings.workers, settings.retain_days, settings.stop_seconds) == (2222, 2, 7, 5)
    assert settings.allowed_hosts == ("a", "b")
    assert settings.store_key is not None
    rows = {name: (value, origin) for name, value, origin in shown(settings)}
    assert rows["port"] == ("2222", "environment")
    assert rows["store_key"] == ("********", "secrets folder")
    assert rows["retain_days"] == ("7", "soapcode.toml")
    assert rows["host"] == ("127.0.0.1", "default")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "hunter2"),
        ("PORT", "0"),
        ("STORE_KEY", "hunter2"),
        ("STORE_KEY", "hunter2" * 10),
        ("DATABASE_URL", "mysql://hunter2@x/y"),
        ("DATABASE_URL", "hunter2"),
        ("DATABASE_URL", "postgresql://u:p@hunter2@db/soap"),
        ("DATABASE_URL", "postgresql://u:p@x:hunter2@db/soap"),
        ("DATABASE_URL", "postgresql://u:p@x/hunter2?y@db/soap"),
        ("DATABASE_URL", "postgresql://u:hunter2/soap"),
        ("DATABASE_URL", "sqlite://"),
        ("LOG_LEVEL", "hunter2"),
        ("PORTT", "hunter2"),
        ("RETAIN_NOTES", "hunter2"),
    ],
)
def test_a_bad_setting_is_named_and_its_value_is_not(
    clean: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    said = str(caught.value)
    assert name.lower() in said.lower()
    assert "hunter2" not in said
    assert "hunter2" not in repr(caught.value.__cause__)


def test_a_password_with_special_signs_is_said_to_need_encoding(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOAPCODE_DATABASE_URL", "postgresql://u:p@x:hunter2@db/soap")
    with pytest.raises(SettingsError, match=r"special signs of user and password percent-encoded"):
        load_settings()
    monkeypatch.setenv("SOAPCODE_DATABASE_URL", "postgresql://u:p%40x%3Ahunter2@db/soap")
    assert "p%40x%3Ahunter2@db/soap" in load_settings().store_url


@pytest.mark.parametrize("content", ["prt = 1", "port = ", "port = 'x'", b"\xff"])
def test_a_bad_file_is_refused(clean: Path, content: str | bytes) -> None:
    (clean / "soapcode.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SettingsError):
        load_settings()


def test_every_name_the_program_or_a_readme_tells_of_may_be_set(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parent.parent.parent
    files = [
        *(path for layer in ("corpus", "nlp", "models", "service") for path in (root / layer).rglob("*.py")),
        *root.rglob("README.md"),
        root / "Dockerfile",
        root / "service/ops/soapcode.service",
    ]
    names = {name for path in files for name in re.findall(r"\bSOAPCODE_[A-Z_]*[A-Z]\b", path.read_text("utf-8"))}
    names -= {"SOAPCODE_NAME"}  # stands for any
    assert names >= {"SOAPCODE_DATA", "SOAPCODE_HOME", "SOAPCODE_SHIPPED"}
    for name in sorted(names - {PREFIX + field.upper() for field in Settings.model_fields}):
        with monkeypatch.context() as patch:
            patch.setenv(name, "")
            assert load_settings().port == 8000


def test_a_named_file_must_exist(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOAPCODE_SETTINGS", str(clean / "none.toml"))
    with pytest.raises(SettingsError, match="SOAPCODE_SETTINGS"):
        load_settings()


@pytest.mark.parametrize("name", ["SOAPCODE_SECRETS_DIR", "CREDENTIALS_DIRECTORY"])
@pytest.mark.parametrize(
    ("file", "known"),
    [
        ("soapcode_tpyo", False),
        ("SOAPCODE_STORE_KEYS", False),
        ("soapcode_home", False),
        ("soapcode_store_key", True),
        ("other_service", True),
    ],
)
def test_an_unknown_secret_is_refused(
    clean: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str, known: bool
) -> None:
    secrets = clean / "secrets"
    secrets.mkdir()
    (secrets / file).write_text("ab" * 32)
    monkeypatch.setenv(name, str(secrets))
    with contextlib.nullcontext() if known else pytest.raises(SettingsError, match=file):
        load_settings()


@pytest.mark.parametrize("name", ["SOAPCODE_SECRETS_DIR", "CREDENTIALS_DIRECTORY"])
def test_a_folder_of_secrets_must_exist(clean: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (clean / "file").touch()
    for folder in ("none", "file"):
        monkeypatch.setenv(name, str(clean / folder))
        with pytest.raises(SettingsError, match=f"{name} must name a folder that exists"):
            load_settings()
    assert not (clean / "store.key").exists()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@db/x",
        "postgresql://db/x?password=hunter2&user=me",
        "postgresql://me:hunter2@db/x?sslkey=hunter2",
        "postgresql://me:p/hunter2:@db/x",
        "postgresql://me:p%40hunter2@db/x",
        "postgresql://hunter2@db/x",
    ],
)
def test_passwords_are_masked(url: str) -> None:
    settings = Settings(database_url=url, store_key=SecretStr("ab" * 32))
    text = str(shown(settings)) + repr(settings) + str(settings)
    assert "hunter2" not in text
    assert "abab" not in text


# the frame


def test_security_headers_on_answers_and_refusals(suggester: Suggester) -> None:
    client = _client(suggester, None)
    seen = set()
    for answer in (
        client.get("/"),
        client.get("/nothing"),
        client.post("/v1/suggest", json={}),
        client.get("/healthz"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
        seen.add(answer.headers["x-request-id"])
    assert len(seen) == 4
    assert client.put("/v1/suggest").headers["allow"] == "POST"


def test_a_slow_body_is_refused() -> None:
    sent: list[Any] = []

    async def go() -> None:
        async def never() -> Any:
            await asyncio.sleep(60)

        async def send(message: Any) -> None:
            sent.append(message)

        async def app(*_: Any) -> None:
            pytest.fail("an incomplete body must not be read")

        await BodyGuard(app, 10, 0.02)({"type": "http", "method": "POST", "headers": []}, never, send)

    asyncio.run(go())
    assert sent[0]["status"] == 408
    assert b"within 0.02 seconds" in sent[1]["body"]


class _Waits:
    """A suggester that reads until it is told to stop."""

    version = "waits"

    def __init__(self) -> None:
        self.go = threading.Event()

    def suggest(self, text: str, *_: object) -> Any:
        self.go.wait(20)
        raise RuntimeError(text)


def test_a_note_that_takes_too_long_is_given_up_and_the_rest_goes_on(store: Store) -> None:
    held = _Waits()
    app = create_app(None, Settings(suggest_seconds=0.05, threads=2, waiting=0), store)
    app.state.suggester = held
    client = TestClient(app, raise_server_exceptions=False)
    for _ in range(2):
        answer = client.post("/v1/suggest", json=NOTE)
        assert answer.status_code == 503
        assert "took longer than the limit of 0.05 seconds" in answer.json()["error"]["message"]
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, "every thread" in ready.text) == (503, True)
    busy = client.post("/v1/suggest", json=NOTE)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
    held.go.set()
    for _ in range(200):
        if client.get("/readyz").status_code == 200:
            break
        time.sleep(0.02)
    assert client.get("/readyz").status_code == 200
    assert store.counts()["audit"] == 0
    text = client.get("/metrics").text
    assert 'soapcode_notes_unread_total{why="slow"} 2.0' in text
    assert 'soapcode_notes_unread_total{why="busy"} 1.0' in text


def test_the_event_loop_stays_free_while_a_note_is_read() -> None:
    async def go() -> int:
        readers, go_on = Readers(1, 0, 10), threading.Event()
        job = asyncio.create_task(readers.run(lambda: go_on.wait(10)))
        turns = 0
        while turns < 50:
            await asyncio.sleep(0)
            turns += 1
        assert not job.done()
        go_on.set()
        assert await job
        return turns

    assert asyncio.run(go()) == 50


def test_a_job_that_waits_for_a_thread_is_taken_back() -> None:
    ran: list[int] = []

    async def go() -> None:
        readers, go_on = Readers(1, 5, 0.05), threading.Event()
        first = asyncio.create_task(readers.run(lambda: go_on.wait(10)))
        await asyncio.sleep(0.01)
        with pytest.raises(RefusedError):
            await readers.run(lambda: ran.append(1))
        with pytest.raises(RefusedError):
            await first
        assert readers.stuck
        go_on.set()
        await readers.run(lambda: ran.append(2))
        assert not readers.stuck

    asyncio.run(go())
    assert ran == [2]


def test_a_job_nobody_waits_for_any_more_keeps_its_thread_busy() -> None:
    async def go() -> None:
        readers, go_on = Readers(1, 5, 10), threading.Event()
        job = asyncio.create_task(readers.run(lambda: go_on.wait(10)))
        await asyncio.sleep(0.01)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert readers.stuck
        go_on.set()
        assert await readers.run(lambda: "next") == "next"
        assert not readers.stuck

    asyncio.run(go())


def test_what_a_job_raises_reaches_the_caller() -> None:
    async def go() -> None:
        readers = Readers(1, 0, 10)
        with pytest.raises(ZeroDivisionError):
            await readers.run(lambda: 1 // 0)
        assert await readers.run(lambda: 2) == 2

    asyncio.run(go())


def test_no_answer_without_its_audit_row(suggester: Suggester, store: Store) -> None:
    client = _client(suggester, store)
    assert client.post("/v1/suggest", json=NOTE, headers={"X-Soapcode-User": "dr.marigold"}).status_code == 200
    (row,) = client.get("/v1/audit").json()["rows"]
    assert (row["codes"], row["payer"], row["bundle"]) == ("97110", "medicare", suggester.version)
    assert "marigold" not in json.dumps(row)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit")
    answer = client.post("/v1/suggest", json=NOTE)
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, "the store does not answer")


def test_readyz_tells_of_the_store(suggester: Suggester, store: Store) -> None:
    client = _client(suggester, store)
    assert client.get("/readyz").status_code == 200
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    assert "schema" in client.get("/readyz").json()["error"]["message"]


def test_readyz_waits_for_the_store_no_longer_than_its_limit(
    suggester: Suggester, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    asked: list[int] = []

    def stands_still() -> None:
        asked.append(1)
        go.wait(20)

    monkeypatch.setattr(store, "trouble", stands_still)
    app = create_app(suggester, Settings(), store)
    app.state.probe = Probe(store, 0.05)
    client = TestClient(app)
    for _ in range(3):
        answer = client.get("/readyz")
        assert (answer.status_code, "within 0.05 seconds" in answer.text) == (503, True)
    assert asked == [1], "questions do not pile up"
    go.set()
    for _ in range(200):
        if client.get("/readyz").status_code == 200:
            break
        time.sleep(0.01)
    assert client.get("/readyz").status_code == 200


def test_readyz_is_refused_when_the_store_does_not_answer(suggester: Suggester, store: Store, tmp_path: Path) -> None:
    client = _client(suggester, store)
    (tmp_path / "s.sqlite3").rename(tmp_path / "away")
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["error"]["message"]) == (503, "the store does not answer")
    assert client.post("/v1/suggest", json=NOTE).status_code == 503


def test_a_store_that_does_not_answer_is_logged_once_and_counted_each_time(
    suggester: Suggester, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = Settings(database_url=f"sqlite:///{tmp_path}/s.sqlite3", store_key=SecretStr("5a" * 32))
    app = create_app(suggester, given, Store.open(given, tmp_path))
    client = TestClient(app, raise_server_exceptions=False)
    (tmp_path / "s.sqlite3").rename(tmp_path / "away")
    caplog.set_level(logging.WARNING, "soapcode.store")
    for _ in range(3):
        assert client.post("/v1/suggest", json=NOTE).status_code == 503
    assert client.get("/readyz").status_code == 503
    (record,) = [r for r in caplog.records if r.msg == "store trouble"]
    assert re.fullmatch(r"the store does not answer \(\w+Error\)", record.__dict__["reason"])
    counted = re.findall(
        r"soapcode_store_failures_total\{error=\"(\w+)\"\} (\d)", app.state.metrics.text()[0].decode()
    )
    assert sorted(int(number) for _, number in counted) == [1, 3]


@pytest.mark.parametrize(
    ("sent", "kept"), [("page", "page"), ("widget", "widget"), ("marigold", "api"), (None, "api")]
)
def test_the_audit_says_by_what_way_was_asked(
    suggester: Suggester, store: Store, sent: str | None, kept: str
) -> None:
    headers = {"X-Soapcode-Source": sent} if sent else {}
    assert _client(suggester, store).post("/v1/suggest", json=NOTE, headers=headers).status_code == 200
    assert store.audit_rows(1)[0]["source"] == kept


def test_what_no_route_answered_is_counted_by_the_route_it_was_for(suggester: Suggester) -> None:
    app = create_app(suggester, Settings(body_kib=1))
    client = TestClient(app, raise_server_exceptions=False)
    assert client.post("/v1/suggest", json={"text": "a" * 2000}).status_code == 413
    assert client.post("/v1/claim", content=b"\xff").status_code == 400
    assert client.get("/static/app.js").status_code == 200
    assert client.get("/nothing").status_code == 404
    text = app.state.metrics.text()[0].decode()
    for method, route, status in (
        ("POST", "/v1/suggest", 413),
        ("POST", "/v1/claim", 400),
        ("GET", "/static", 200),
        ("GET", "other", 404),
    ):
        assert f'soapcode_requests_total{{method="{method}",route="{route}",status="{status}"}} 1.0' in text


def test_metrics_count_by_route_and_say_nothing_of_paths_or_notes(suggester: Suggester, store: Store) -> None:
    client = _client(suggester, store)
    client.post("/v1/suggest", json=NOTE)
    client.get("/marigold-grandmother")
    client.request("MARIGOLD", "/v1/suggest")
    text = client.get("/metrics").text
    assert 'soapcode_requests_total{method="POST",route="/v1/suggest",status="200"} 1.0' in text
    assert 'soapcode_codes_suggested_total{code="97110"} 1.0' in text
    assert f'soapcode_bundle{{version="{suggester.version}"}} 1.0' in text
    assert "arigold" not in text.lower()
    TRAP.errors.append(text)
