"""The service as a process: a bundle changed under load, logs, a graceful stop, and no note text anywhere it writes."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cds_support import document, encoded, request
from tests_support import TRAP
from typer.testing import CliRunner

from models import bundle as bundles
from models.cds import NOTE_SIGN
from models.suggester import Suggester
from service.cli import app

pytestmark = pytest.mark.heavy(150)

NOTE = "S: The marigold grandmother hums at dusk. O: Treadmill 8 min for endurance. Effleurage to calf 10 min."
SECRET_WORDS = ("marigold", "grandmother", "Effleurage to calf", "endurance")


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """A running ``soapcode serve``."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.port = port
        self.process = process

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = None if body is None else json.dumps(body).encode()
        connection.request(method, path, sent, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        content = answer.read().decode()
        connection.close()
        return answer.status, json.loads(content) if content.startswith(("{", "[")) else content

    def log(self) -> str:
        """What it wrote to standard error so far."""
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def switches(self) -> list[str]:
        """The bundles its workers took over, as far as they say."""
        whole = self.log().rpartition("\n")[0].splitlines()
        lines = [json.loads(line) for line in whole if "bundle switched" in line]
        return [line["bundle"] for line in lines if line["event"] == "bundle switched"]


@pytest.fixture
def folder(home: Path, suggester: Suggester, tmp_path: Path) -> Path:
    """A home with the trained bundle."""
    folder = tmp_path / "home"
    version = suggester.version
    shutil.copytree(home / "bundles" / version, folder / "bundles" / version)
    shutil.copy(home / "signing.key", folder)
    bundles.use(version, folder)
    return folder


def _environment(folder: Path, **settings: object) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SOAPCODE_", "PROMETHEUS_"))}
    given = {f"SOAPCODE_{name.upper()}": str(value) for name, value in settings.items()}
    return {**kept, "SOAPCODE_HOME": str(folder), **given}


@pytest.fixture
def serve(folder: Path) -> Callable[..., Any]:
    """Starts the service with settings; the caller may stop it."""

    @contextmanager
    def started(**settings: object) -> Iterator[Served]:
        port = _port()
        with (folder / "stderr").open("wb") as errors, (folder / "stdout").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "service", "serve", "--port", str(port)],
                env=_environment(folder, bundle_seconds=0.05, **settings),
                stdout=output,
                stderr=errors,
            )
        served = Served(folder, port, process)
        try:
            while True:
                assert process.poll() is None, served.log()
                try:
                    if served.ask("GET", "/readyz")[0] == 200:
                        break
                except OSError:
                    time.sleep(0.05)
            yield served
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)

    return started


class Said(NamedTuple):
    """What a command said."""

    returncode: int
    stdout: str
    stderr: str


def _cli(folder: Path, *words: str) -> Said:
    """A command run in this process with the settings of a home."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("SOAPCODE_"):
                patch.delenv(name)
        patch.setenv("SOAPCODE_HOME", str(folder))
        done = CliRunner().invoke(app, list(words))
    failed = done.exception if isinstance(done.exception, (ValueError, RuntimeError)) else None
    return Said(2 if failed else done.exit_code, done.stdout, done.stderr + str(failed or ""))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_new_bundle_and_a_rollback_under_load_drop_no_request(
    serve: Callable[..., Any], folder: Path, workers: int
) -> None:
    old = str(bundles.current(folder))
    loaded = bundles.load(old, folder)
    new = bundles.save(loaded.ranker, loaded.manifest["metrics"], folder)
    assert new != old
    answers: list[tuple[int, str, float]] = []
    failed: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        try:
            while not stop.is_set():
                began = time.monotonic()
                status, answer = served.ask("POST", "/v1/suggest", {"text": NOTE})
                answers.append((status, answer["bundle"], began))
                time.sleep(0.05)  # load, and room for the workers to load the new bundle on two cores
        except Exception as error:  # noqa: BLE001  said by the main thread
            failed.append(error)

    def until(version: str) -> None:
        """Until every worker says it took a version over; what is asked from then on is answered by it."""
        while served.switches().count(version) < workers:
            assert not failed, failed
            time.sleep(0.1)
        since = time.monotonic()
        later: list[str] = []
        while len(later) < 20:
            assert not failed, failed
            time.sleep(0.02)
            later = [said for _, said, began in list(answers) if began > since]
        assert set(later) == {version}
        assert served.ask("GET", "/v1/bundle")[1]["version"] == version

    with serve(workers=workers) as served:
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        while len(answers) < 20:
            assert not failed, failed
            time.sleep(0.02)
        assert _cli(folder, "bundle", "use", new).returncode == 0
        until(new)
        rolled = _cli(folder, "bundle", "rollback")
        assert rolled.stdout.startswith(f"bundle {old} is in use again")
        until(old)
        stop.set()
        for thread in threads:
            thread.join()
        assert failed == []
        assert {status for status, _, _ in answers} == {200}
        assert {version for _, version, _ in answers} == {old, new}
        state = served.ask("GET", "/v1/bundle")[1]
        assert state["versions"] == [old, new]
        assert state["refused"] is None
        assert state["figures"]["test"]["micro_f1"] == loaded.manifest["metrics"]["test"]["micro_f1"]
        text = served.ask("GET", "/metrics")[1]
        said = re.search(r'soapcode_requests_total\{method="POST",route="/v1/suggest",status="200"\} (\d+)', text)
        assert said is not None
        assert int(said[1]) == len(answers)


def test_a_bundle_that_must_not_be_used_changes_nothing(serve: Callable[..., Any], folder: Path) -> None:
    old = str(bundles.current(folder))
    loaded = bundles.load(old, folder)
    new = bundles.save(loaded.ranker, {}, folder)
    (folder / "bundles" / new / "ranker.joblib").write_bytes(b"something else")
    with serve() as served:
        refused = _cli(folder, "bundle", "use", new)
        assert refused.returncode == 2
        assert "is not the file its manifest was made for" in refused.stderr
        bundles.use(new, folder)
        while (state := served.ask("GET", "/v1/bundle")[1])["refused"] is None:
            time.sleep(0.02)
        assert state["version"] == old
        assert state["refused"]["version"] == new
        assert served.ask("POST", "/v1/suggest", {"text": NOTE})[1]["bundle"] == old
        assert served.ask("GET", "/readyz")[0] == 200
        assert served.log().count("bundle refused") == 1
        bundles.use(old, folder)
        while served.ask("GET", "/v1/bundle")[1]["refused"] is not None:
            time.sleep(0.02)


@pytest.mark.parametrize("retain", ["false", "true"])
def test_nothing_written_holds_words_of_a_note(serve: Callable[..., Any], folder: Path, retain: str) -> None:
    """All main ways in with one marked note, then logs, metrics, audit rows and the store's files, also while it runs."""
    sha = hashlib.sha256(NOTE.encode()).hexdigest()
    decision = {"note_sha256": sha, "bundle": "b", "code": "97110", "action": "reject", "reason": NOTE}
    cds = "/cds-services/soapcode-note-sign"
    signed = request(NOTE_SIGN)
    signed["context"]["note"] = document(NOTE)

    def stored() -> bytes:
        return b"".join(p.read_bytes() for p in sorted(folder.glob("store.sqlite3*")))

    with serve(log_level="debug", retain_notes=retain) as served:
        assert served.ask("POST", "/v1/suggest", {"text": NOTE}, **{"X-Soapcode-User": "marigold"})[0] == 200
        assert served.ask("POST", "/v1/suggest", {"text": NOTE, "payer": NOTE})[0] == 422
        assert served.ask("POST", "/v1/suggest?text=marigold", {NOTE: NOTE})[0] == 422
        assert served.ask("POST", "/v1/explain", {"text": NOTE, "code": "97124"})[0] == 200
        assert served.ask("POST", "/v1/explain", {"text": NOTE, "code": NOTE})[0] == 422
        for form in ("json", "csv", "fhir", "superbill"):
            claim = {"text": NOTE, "codes": [{"code": "97124", "minutes": 10}], "format": form}
            assert served.ask("POST", "/v1/claim", claim)[0] == 200
        assert served.ask("POST", "/v1/claim", {"text": NOTE, "codes": [{"code": NOTE}]})[0] == 422
        assert served.ask("GET", "/marigold/grandmother?q=endurance")[0] == 404
        assert served.ask("POST", "/v1/feedback", decision)[0] == 204
        assert served.ask("POST", "/v1/feedback", {**decision, "action": NOTE})[0] == 422
        status, answer = served.ask("POST", cds, signed)
        assert (status, bool(answer["cards"])) == (200, True)
        overridden = {
            "card": answer["cards"][0]["uuid"],
            "outcome": "overridden",
            "overrideReason": {"reason": {"code": NOTE}, "userComment": NOTE},
            "outcomeTimestamp": "2026-11-02T10:00:00Z",
        }
        assert served.ask("POST", f"{cds}/feedback", {"feedback": [overridden]})[0] == 200
        assert served.ask("POST", cds, {**signed, "hook": NOTE})[0] == 400
        with socket.create_connection(("127.0.0.1", served.port)) as raw:
            raw.sendall(b"marigold grandmother\r\n\r\n")
            raw.recv(1000)
        metrics = served.ask("GET", "/metrics")[1]
        audit = json.dumps(served.ask("GET", "/v1/audit")[1])
        log = served.log()
        assert (folder / "store.sqlite3-wal").stat().st_size, "what was written last stands in the -wal"
        running = stored()
    lines = [json.loads(line) for line in served.log().splitlines()]
    assert {"answered"} <= {line["event"] for line in lines}
    routes = {"/v1/suggest", "/v1/explain", "/v1/claim", "/v1/feedback", "other"}
    assert routes <= {line.get("route") for line in lines}
    assert {row["source"] for row in json.loads(audit)["rows"]} >= {"api", "cds"}
    assert b"97124" in running
    assert b"97124" in stored()
    output = (folder / "stdout").read_text(encoding="utf-8")
    for words in (*SECRET_WORDS, encoded(NOTE), sha):
        for said in (metrics, audit, log, served.log(), output):
            assert words not in said
        for held in (running, stored()):
            assert words.encode() not in held
    TRAP.errors += [metrics, audit, log]


def test_kept_notes_are_sealed_in_the_file(serve: Callable[..., Any], folder: Path) -> None:
    with serve(retain_notes="true") as served:
        status, answer = served.ask("POST", "/v1/suggest", {"text": NOTE})
        assert status == 200
        info = json.loads(_cli(folder, "store", "info", "--json").stdout)
        assert (info["notes"], info["retain_notes"]) == (1, False)
    stored = b"".join(p.read_bytes() for p in folder.glob("store.sqlite3*"))
    assert answer["note_sha256"].encode() not in stored
    for words in SECRET_WORDS:
        assert words.encode() not in stored
    assert "purged: 1 notes" in _cli(folder, "store", "purge", "--older-than", "0").stdout
    assert json.loads(_cli(folder, "store", "info", "--json").stdout)["notes"] == 0


def test_a_stop_waits_for_the_answer_under_way(serve: Callable[..., Any]) -> None:
    long = "O: Treadmill 8 min for endurance, gait training 12 min with cues. " * 1500
    got: list[tuple[int, Any]] = []
    with serve(suggest_seconds=60, stop_seconds=60) as served:  # a busy machine is not what is tested
        thread = threading.Thread(target=lambda: got.append(served.ask("POST", "/v1/suggest", {"text": long})))
        thread.start()
        while "soapcode_requests_under_way 2.0" not in served.ask("GET", "/metrics")[1]:
            time.sleep(0.01)
            assert not got, "the note was read too fast to test a stop"
        assert not got
        served.process.send_signal(signal.SIGTERM)
        thread.join(timeout=60)
        served.process.wait(timeout=60)
        assert [status for status, _ in got] == [200]
        with pytest.raises(OSError, match="refused"):
            served.ask("GET", "/healthz")


def test_the_log_says_when_it_started_and_stopped(serve: Callable[..., Any], suggester: Suggester) -> None:
    with serve() as served:
        status, body = served.ask("HEAD", "/healthz")
        assert (status, body) == (200, "")
        served.process.send_signal(signal.SIGTERM)
        served.process.wait(timeout=60)
        lines = [json.loads(line) for line in served.log().splitlines()]
    events = [line["event"] for line in lines]
    assert (events[0], events[-1], events.count("started"), events.count("stopped")) == ("started", "stopped", 1, 1)
    assert (lines[0]["address"], lines[0]["bundle"]) == (f"127.0.0.1:{served.port}", suggester.version)
    asked = [(line["method"], line["route"]) for line in lines if line["event"] == "answered"]
    assert ("HEAD", "/healthz") in asked


def test_keys_of_the_command_line_open_the_running_service(serve: Callable[..., Any], folder: Path) -> None:
    with serve(require_key="true") as served:
        assert served.ask("POST", "/v1/suggest", {"text": NOTE})[0] == 401
        made = _cli(folder, "keys", "create", "front desk")
        token = made.stdout.strip()
        assert "only time" in made.stderr
        listed = _cli(folder, "keys", "list").stdout
        assert "front desk" in listed
        assert token.split("_", 2)[2] not in listed
        bearer = {"Authorization": f"Bearer {token}"}
        assert served.ask("POST", "/v1/suggest", {"text": NOTE}, **bearer)[0] == 200
        assert served.ask("GET", "/metrics", **bearer)[0] == 403
        assert _cli(folder, "keys", "revoke", "front desk").returncode == 0
        assert served.ask("POST", "/v1/suggest", {"text": NOTE}, **bearer)[0] == 401
        assert token not in served.log()
    assert token.split("_", 2)[2].encode() not in b"".join(p.read_bytes() for p in folder.glob("store.sqlite3*"))


def test_serve_elsewhere_without_a_key_is_refused_in_one_sentence(folder: Path) -> None:
    words = [sys.executable, "-m", "service", "serve", "--host", "0.0.0.0"]  # noqa: S104
    refused = subprocess.run(words, env=_environment(folder), capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "soapcode keys create" in refused.stderr.replace("\n", " ")
    assert "Traceback" not in refused.stderr


def test_config_shows_settings_and_masks_secrets(folder: Path) -> None:
    given = _environment(folder, store_key="ab" * 32, database_url="postgresql://me:hunter2@db/x", port=8123)
    shown = subprocess.run(
        [sys.executable, "-m", "service", "config"], env=given, capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"port +8123 +\(environment\)", shown)
    assert "********" in shown
    assert "postgresql://***@db/x" in shown
    assert "hunter2" not in shown
    assert "abab" not in shown
