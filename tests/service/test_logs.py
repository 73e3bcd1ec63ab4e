"""Log lines are JSON of known fields; whatever an exception or another library says stays out. And the README's commands run."""

from __future__ import annotations

import json
import logging
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from models import bundle as bundles
from models.home import BundleError
from models.suggester import Suggester
from service.app import create_app
from service.cds.settings import CdsSettings
from service.cli import app
from service.logs import FIELDS, JsonLines
from service.settings import Settings

NOTE = "the marigold grandmother hums"
README = (Path(__file__).parent.parent.parent / "service" / "README.md").read_text(encoding="utf-8")


def _line(
    name: str, message: str, *args: object, error: BaseException | None = None, **extra: object
) -> dict[str, Any]:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.makeLogRecord({"name": name, "msg": message, "args": args, "exc_info": info, **extra})
    text = JsonLines().format(record)
    assert "\n" not in text
    return dict(json.loads(text))


def _caught() -> BaseException:
    try:
        try:
            raise KeyError(NOTE)
        except KeyError as cause:
            raise RuntimeError(NOTE) from cause
    except RuntimeError as error:
        return error


def test_own_events_carry_their_fields_and_no_others() -> None:
    line = _line("soapcode.request", "answered", route="/v1/suggest", status=200, note=NOTE)
    assert line["event"] == "answered"
    assert (line["route"], line["status"]) == ("/v1/suggest", 200)
    assert set(line) <= {"time", "level", "logger", "event", *FIELDS}


def test_an_exception_is_said_by_class_and_place() -> None:
    line = _line("soapcode.request", "failed", error=_caught())
    assert line["error"] == "RuntimeError"
    assert line["frames"]
    assert all(re.fullmatch(r"test_logs\.py:\d+", frame) for frame in line["frames"])
    assert "marigold" not in json.dumps(line)


@pytest.mark.parametrize("name", ["uvicorn.error", "asyncio", "sqlalchemy.engine", "alembic.x", "other"])
def test_what_other_libraries_say_is_not_repeated(name: str) -> None:
    line = _line(name, f"{NOTE} %s", NOTE, error=_caught())
    assert "marigold" not in json.dumps(line)
    assert line["logger"] == name


def test_an_event_with_a_note_as_argument_does_not_say_it() -> None:
    assert "marigold" not in json.dumps(_line("soapcode.x", "read %s", NOTE))


def test_the_readme_lists_every_address() -> None:
    for path in create_app(None, Settings()).openapi()["paths"]:
        assert re.search(rf"`[^`]*{re.escape(path)}[?`]", README), path


def test_the_readmes_cds_settings_hold(tmp_path: Path) -> None:
    block = README.partition("```toml\n")[2].partition("```")[0]
    path = tmp_path / "cds.toml"
    path.write_text(block, encoding="utf-8")
    made = CdsSettings.from_file(path)
    assert made.clients[0].iss in made.origins


def _commands() -> list[str]:
    block = README.partition("```sh\n")[2].partition("```")[0]
    return [line.partition("#")[0].strip() for line in block.splitlines() if line.strip()]


def test_the_readmes_commands_run(suggester: Suggester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = bundles.load(suggester.version)
    monkeypatch.setenv("SOAPCODE_HOME", str(tmp_path))
    for _ in range(2):
        bundles.use(bundles.save(loaded.ranker, loaded.manifest["metrics"], tmp_path), tmp_path)
    commands = _commands()
    assert len(commands) >= 8
    for command in commands:
        words = shlex.split(command)
        assert words[0] == "soapcode"
        done = CliRunner().invoke(app, words[1:])
        assert done.exit_code == 0, (command, done.output)
        assert done.output.strip()


def test_rolling_back_from_the_oldest_bundle_is_refused(
    suggester: Suggester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = bundles.load(suggester.version)
    monkeypatch.setenv("SOAPCODE_HOME", str(tmp_path))
    only = bundles.save(loaded.ranker, {}, tmp_path)
    bundles.use(only, tmp_path)
    refused = CliRunner().invoke(app, ["bundle", "rollback"])
    assert isinstance(refused.exception, BundleError)
    assert bundles.current(tmp_path) == only
    assert isinstance(CliRunner().invoke(app, ["bundle", "use", "../x"]).exception, BundleError)
