"""The files operators start from: a container without root whose bundle is trained in the build, and a systemd unit."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from models.suggester import Suggester
from service.app import create_app
from service.keys import scopes_of
from service.server import checked
from service.settings import Settings
from service.store.store import Store

ROOT = Path(__file__).parent.parent.parent
UNIT = ROOT / "service" / "ops" / "soapcode.service"


def _steps() -> list[tuple[str, str]]:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    whole = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ").splitlines()
    steps = [line.partition(" ") for line in whole if line]
    return [(name, rest) for name, _, rest in steps]


def test_the_container_runs_without_root_and_trains_in_the_build() -> None:
    steps = _steps()
    stages = [i for i, (name, _) in enumerate(steps) if name == "FROM"]
    build, final = steps[: stages[1]], steps[stages[1] :]
    assert any("soapcode train" in rest for name, rest in build if name == "RUN")
    assert any("--require-hashes" in rest for name, rest in build if name == "RUN")
    users = [rest for name, rest in final if name == "USER"]
    assert users == ["10001:10001"]
    (trains,) = (rest for name, rest in build if name == "RUN" and "soapcode train" in rest)
    assert "rm -r /tmp/made" in trains, "the key of the build goes in the layer that made it"
    assert [name for name, _ in final].index("USER") < [name for name, _ in final].index("ENTRYPOINT")


def test_the_container_copies_what_the_ignore_file_lets_through() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        source for name, rest in _steps() if name == "COPY" and "--from" not in rest for source in rest.split()[:-1]
    }
    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)


def _pins(lock: str) -> dict[str, tuple[str, ...]]:
    """Name, version and condition of each line of a lock -> its hashes."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\w)", text)
    return {e.partition(" \\")[0].strip(): tuple(re.findall(r"--hash=(\S+)", e)) for e in entries}


def test_a_hashed_lock_adds_postgresql_and_changes_nothing_else() -> None:
    plain, postgres, test = _pins("run"), _pins("postgres"), _pins("test")
    assert {name: postgres[name] for name in plain} == plain
    more = {name: hashes for name, hashes in postgres.items() if name not in plain}
    assert {re.split(r"[= ]", name)[0] for name in more} >= {"psycopg", "psycopg-binary"}
    assert all(more.values())
    assert more.items() <= test.items()
    assert "--extra postgres" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_container_can_be_built_with_postgresql() -> None:
    steps = _steps()
    assert ("ARG", "LOCK=run") in steps
    (installs,) = (rest for name, rest in steps if name == "RUN" and "--require-hashes" in rest)
    assert "requirements/${LOCK}.txt" in installs
    assert steps.index(("ARG", "LOCK=run")) > next(i for i, (name, _) in enumerate(steps) if name == "FROM")


def test_the_containers_probe_passes_whatever_host_names_are_set(suggester: Suggester, tmp_path: Path) -> None:
    (probe,) = (rest for name, rest in _steps() if name == "HEALTHCHECK")
    (code,) = re.findall(r'"-c", "(.*)"', probe)
    address = re.findall(
        r"http://([^/]+)(/\w+)", code.replace("' + os.environ.get('SOAPCODE_PORT', '8000') + '", "8000")
    )
    settings = Settings(
        host="192.0.2.1",
        allowed_hosts=("codes.clinic.example",),
        database_url=f"sqlite:///{tmp_path}/store.sqlite3",
        store_key=SecretStr("5a" * 32),
    )
    store = Store.open(settings)
    store.create_key("desk", scopes_of("suggest"))
    client = TestClient(create_app(suggester, checked(settings, store), store))
    (answer,) = (client.get(path, headers={"Host": host}) for host, path in address)
    store.close()
    assert answer.json()["status"] == "ready"


def test_the_containers_probe_asks_the_port_of_the_settings() -> None:
    (probe,) = (rest for name, rest in _steps() if name == "HEALTHCHECK")
    (code,) = re.findall(r'"-c", "(.*)"', probe)
    asked: list[str] = []

    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ready)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        environment = os.environ | {"SOAPCODE_PORT": str(server.server_port)}
        subprocess.run([sys.executable, "-c", code], check=True, timeout=20, env=environment)
    finally:
        server.shutdown()
        server.server_close()
    assert asked == ["/readyz"]


def test_the_readme_installs_what_the_unit_starts() -> None:
    page = (ROOT / "service" / "README.md").read_text(encoding="utf-8")
    unit = UNIT.read_text(encoding="utf-8")
    (started,) = re.findall(r"^ExecStart=(\S+)/bin/soapcode", unit, re.M)
    commands = (
        page[page.index("is a confined systemd unit") :].partition("```sh\n")[2].partition("```")[0].splitlines()
    )
    assert commands[0] == f"python3 -m venv {started}"
    copied = dict(line.split()[1:] for line in commands if line.startswith("cp "))
    assert all((ROOT / source).is_file() for source in copied)
    assert f"Documentation=file://{copied['service/README.md']}" in unit
    assert copied[str(UNIT.relative_to(ROOT))] == "/etc/systemd/system/"
    build = [rest for name, rest in _steps() if name == "RUN" and "pip install" in rest]
    assert [
        line.replace("requirements/run.txt", "requirements/${LOCK}.txt") for line in commands if "pip" in line
    ] == build


def test_files_name_settings_that_exist() -> None:
    known = {f"SOAPCODE_{name.upper()}" for name in Settings.model_fields} | {
        "SOAPCODE_HOME",
        "SOAPCODE_SHIPPED",
        "SOAPCODE_NAME",
    }
    for path in (ROOT / "Dockerfile", UNIT):
        named = set(re.findall(r"SOAPCODE_[A-Z_]+", path.read_text(encoding="utf-8")))
        assert named
        assert named <= known


def test_the_unit_is_confined_and_waits_longer_than_the_service() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(UNIT)
    service = unit["Service"]
    assert service["DynamicUser"] == service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert int(service["MemoryMax"].removesuffix("G")) >= 5, "training takes 3.6 GiB"
    assert int(service["TimeoutStopSec"]) > Settings.model_fields["stop_seconds"].default


def test_the_command_of_the_unit_runs_where_the_unit_does() -> None:
    text = UNIT.read_text(encoding="utf-8")
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(UNIT)
    command = "".join(re.findall(r"#\s+(systemd-run.*?)\\\n#\s+(.*)", text)[0])
    given = dict(one.split("=", 1) for one in re.findall(r"-p (\S+)", command))
    service = unit["Service"]
    assert given.pop("User") == UNIT.stem, "the name of a dynamic user is the unit's"
    assert {name: service[name] for name in given} == given
    assert {"DynamicUser", "StateDirectory", "EnvironmentFile", "Environment", "UMask"} <= set(given)
    assert service["ExecStart"].partition(" ")[0] in command


def test_systemd_reads_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / UNIT.name
    copy.write_text(
        UNIT.read_text(encoding="utf-8").replace("/opt/soapcode/bin/soapcode", shutil.which("true") or "")
    )
    found = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    assert UNIT.name not in found.stderr
    assert found.returncode == 0
