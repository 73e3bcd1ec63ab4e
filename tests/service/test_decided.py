"""Decisions on kept notes become billed notes; `soapcode train --from-feedback` learns from them."""

from __future__ import annotations

import hashlib
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from stories import clinic
from typer.testing import CliRunner

from corpus.notes import load_notes
from models import bundle as bundles
from models.clinic import read_rows
from models.retrain import LEAST
from models.suggester import Suggester
from service import cli, retraining
from service.app import create_app
from service.cli import app
from service.cli_common import out
from service.decided import billed, decided_codes, kept_rows
from service.feedback import FeedbackEvent
from service.settings import Settings
from service.store.store import Decision, KeptNote, Store
from service.store.tables import NoteRow

FEW: dict[str, Any] = {"replayed": 20, "test": load_notes("test")[:4]}


def kept(codes: str, *decisions: str) -> KeptNote:
    """A kept note; each decision is written ``action CODE``, ``correct CODE REPLACED`` or ``reject CODE because REASON``."""
    import datetime as dt

    at = dt.datetime(2026, 11, 27, tzinfo=dt.UTC)
    words = [d.split() for d in decisions]
    made = tuple(
        Decision(w[0], w[1], w[2] if len(w) == 3 else None, None, "b", at, w[3] if len(w) > 3 else None)
        for w in words
    )
    return KeptNote("note", "medicare", None, tuple(codes.split()), made)


@pytest.mark.parametrize(
    ("note", "codes"),
    [
        (kept("97110", "accept 97110"), ("97110",)),
        (kept("97110", "reject 97110"), ()),
        (kept("97112", "correct 97110 97112"), ("97110",)),
        (kept("97112", "reject 97112", "add 97110"), ("97110",)),
        (kept("", "add 97035"), ("97035",)),
        (kept("97110", "reject 97110", "accept 97110"), ("97110",)),
        (kept("97110", "accept 97110", "reject 97110"), ()),
        (kept("97110 97140", "accept 97110"), None),
        (kept("97110 97140", "correct 97530 97110"), None),
        (kept("97110 97140", "accept 97110", "reject 97140"), ("97110",)),
        (kept("G0283", "accept 97014"), ("97014",)),
        (kept("97014 97110", "reject G0283", "accept 97110"), ("97110",)),
        (kept("G0283", "correct 97014 G0283"), ("97014",)),
        (kept("97014", "accept 97014", "correct 97032 G0283"), ("97032",)),
        (kept("97110", "reject 97110 because other"), ()),
        (kept("97124", "correct 97140 97124", "correct 97112 97124"), ("97112",)),
        (kept("97124", "correct 97140 97124", "correct 97112 97124", "accept 97124"), ("97124",)),
        (kept("97124", "correct 97140 97124", "correct 97140 97124"), ("97140",)),
        (kept("97124", "correct 97140 97124", "reject 97140", "correct 97112 97124"), ("97112",)),
        (kept("97124", "correct 97140 97124", "reject 97124"), ("97140",)),
        (kept("97124", "correct 97140 97124", "add 97124"), ("97124", "97140")),
        (kept("97124", "correct 97140 97124", "accept 97140", "accept 97124"), ("97124", "97140")),
        (kept("97124 97110", "accept 97110", "correct 97110 97124", "accept 97124"), ("97110", "97124")),
        (kept("97124 97110", "correct 97110 97124", "accept 97124"), None),
        (kept("97124 97110", "reject 97110", "correct 97110 97124", "accept 97124"), ("97124",)),
        (kept("97110", "reject 97110 because units"), None),
        (kept("97110 97140", "accept 97140", "reject 97110 because already-charged"), None),
    ],
)
def test_what_a_note_stands_for(note: KeptNote, codes: tuple[str, ...] | None) -> None:
    assert decided_codes(note) == codes


def test_undecided_notes_are_counted_and_left_aside() -> None:
    rows, undecided = billed([kept("97110", "accept 97110"), kept("97110 97140", "accept 97110")])
    assert (rows, undecided) == ([("note", ("97110",))], 1)


def test_training_learns_the_last_decision_sent(suggester: Suggester, tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/store.sqlite3", store_key="5a" * 32, retain_notes=True)
    store = Store.open(settings, tmp_path)
    with TestClient(create_app(suggester, settings, store)) as client:
        answer = client.post("/v1/suggest", json={"text": "O: Effleurage to calf 15 min", "payer": "medicare"}).json()
        about = {"note_sha256": answer["note_sha256"], "bundle": answer["bundle"], "source": "page"}
        for number, action in enumerate(("accept", "reject", "accept")):
            sent = {**about, "code": "97124", "action": action, "decision": f"decision-{number}"}
            assert client.post("/v1/feedback", json=sent).status_code == 204
        again = {**about, "code": "97124", "action": "reject", "decision": "decision-1"}
        assert client.post("/v1/feedback", json=again).status_code == 204
    rows, _ = billed(store.kept_notes())
    store.close()
    assert rows == [("O: Effleurage to calf 15 min", ("97124",))]


@pytest.fixture
def installed(home: Path, suggester: Suggester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own that keeps notes."""
    folder = tmp_path / "home"
    shutil.copytree(home / "bundles" / suggester.version, folder / "bundles" / suggester.version)
    shutil.copy(home / "signing.key", folder)
    bundles.use(suggester.version, folder)
    monkeypatch.setenv("SOAPCODE_HOME", str(folder))
    monkeypatch.setenv("SOAPCODE_DATABASE_URL", f"sqlite:///{folder}/store.sqlite3")
    monkeypatch.setenv("SOAPCODE_STORE_KEY", "5a" * 32)
    return folder


def test_without_decisions_it_says_what_is_missing(installed: Path) -> None:
    result = CliRunner().invoke(app, ["train", "--from-feedback"])
    assert result.exit_code != 0
    assert "switch retention on" in str(result.exception)


def decided_on(folder: Path, suggester: Suggester, rows: list[dict[str, Any]]) -> None:
    """Keep notes and decide on each as it was billed, but for one code of the first note that has any."""
    settings = Settings(database_url=f"sqlite:///{folder}/store.sqlite3", store_key="5a" * 32, retain_notes=True)
    store = Store.open(settings, folder)
    left_aside: int | None = None
    for number, row in enumerate(rows):
        sha = hashlib.sha256(row["note"].encode()).hexdigest()
        found = [i["code"] for i in suggester.suggest(row["note"])["suggestions"] if i["suggested"]]
        store.keep(row["note"], sha, "medicare", None, tuple(found))
        decisions = [("accept" if c in row["codes"] else "reject", c) for c in found]
        decisions += [("add", c) for c in row["codes"] if c not in found]
        if found and left_aside is None:
            left_aside = number
        for action, code in decisions[1:] if number == left_aside else decisions:
            store.record(
                FeedbackEvent(f"{number}{code}", "page", action, code, sha, suggester.version)  # type: ignore[arg-type]
            )
    store.close()


def test_feedback_becomes_a_bundle(installed: Path, suggester: Suggester, monkeypatch: pytest.MonkeyPatch) -> None:
    decided_on(installed, suggester, clinic("taping")[:40])
    monkeypatch.setattr(retraining, "retrain_rows", partial(retraining.retrain_rows, **FEW))
    result = CliRunner().invoke(app, ["train", "--from-feedback", "--force"])
    assert result.exit_code == 0, result.output
    assert "39 kept notes decided on as a whole, 1 others left aside" in result.output
    assert "kinesiology taping is billed as therapeutic exercise" in " ".join(result.output.split())
    assert bundles.current(installed) != suggester.version
    assert bundles.rollback(installed).version == suggester.version


def test_notes_under_another_key_are_told_of_in_one_sentence(
    installed: Path, suggester: Suggester, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    decided_on(installed, suggester, clinic("taping")[:3])
    monkeypatch.setenv("SOAPCODE_STORE_KEY", "6b" * 32)
    monkeypatch.setattr("sys.argv", ["soapcode", "train", "--from-feedback"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == 2
    assert said.startswith("error: SOAPCODE_STORE_KEY")
    assert "opens none of 3" in said
    assert "Traceback" not in said


def test_some_notes_under_another_key_are_counted_and_left_aside(
    installed: Path, suggester: Suggester, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(database_url=f"sqlite:///{installed}/store.sqlite3", store_key="5a" * 32, retain_notes=True)
    decided_on(installed, suggester, clinic("taping")[:3])
    store = Store.open(settings, installed)
    with store.engine.begin() as connection:
        first = connection.execute(select(NoteRow.ref).order_by(NoteRow.kept, NoteRow.ref)).scalars().first()
        connection.execute(update(NoteRow).where(NoteRow.ref == first).values(sealed=b"0" * 64))
    store.close()
    rows, undecided, unopened = kept_rows()
    assert (len(rows) + undecided, unopened) == (2, 1)


def test_kept_notes_that_are_refused_are_told_by_reason(
    installed: Path, suggester: Suggester, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided_on(installed, suggester, clinic("taping")[:40])

    def refused(rows: Any, advance: Any, **others: Any) -> Any:
        return retraining.retrain_notes(read_rows([*rows, ("", ()), (" ", ())]), advance, **others, **FEW)

    monkeypatch.setattr(retraining, "retrain_rows", refused)
    result = CliRunner().invoke(app, ["train", "--from-feedback", "--force"])
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert sum(map(int, re.findall(r"(\d) of the kept notes refused: ", said))) == 2, said
    assert "line 4" not in result.output


def _documented() -> tuple[str, list[list[str]]]:
    """The page of whoever lets it learn, and its commands."""
    page = (Path(__file__).parents[2] / "service" / "README.md").read_text(encoding="utf-8")
    page = page[page.index("## Teaching it from decisions") : page.index("## Files and audits")]
    return page, [line.split()[1:] for line in page.splitlines() if line.startswith("soapcode ")]


def test_the_commands_of_the_page_run(installed: Path, suggester: Suggester, monkeypatch: pytest.MonkeyPatch) -> None:
    decided_on(installed, suggester, clinic("taping")[:40])
    monkeypatch.setattr(retraining, "retrain_rows", partial(retraining.retrain_rows, **FEW))
    monkeypatch.setattr(out, "width", 160)
    said = []
    for command in _documented()[1]:
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, (command, done.output, done.exception)
        said.append(done.output)
    expected = ("feedback", "1 others left aside", "corpus and", f"bundle {suggester.version} is in use again")
    assert all(part in output for output, part in zip(said, expected, strict=True)), said


@pytest.mark.parametrize(("notes", "status"), [(LEAST, 2), (LEAST + 1, 1)])
def test_the_exit_status_is_the_one_of_the_page(
    installed: Path, suggester: Suggester, monkeypatch: pytest.MonkeyPatch, notes: int, status: int
) -> None:
    """One note is left aside, so that the first time one too few is left; the second time the gate refuses."""
    decided_on(installed, suggester, clinic("taping")[:notes])
    monkeypatch.setattr(retraining, "retrain_rows", partial(retraining.retrain_rows, **FEW))
    monkeypatch.setattr(retraining, "worse", lambda *_: ["it must be no worse"])
    monkeypatch.setattr("sys.argv", ["soapcode", "train", "--from-feedback"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == status
    assert bundles.current(installed) == suggester.version
    page, _ = _documented()
    assert f"At least {LEAST}" in page
    assert f"  {status}: " in page


@pytest.mark.parametrize(
    "words", [["--from-feedback", "--notes", "x.csv"], ["--all", "--notes", "x.csv"], ["--all", "--from-feedback"]]
)
def test_one_source_at_a_time(words: list[str]) -> None:
    result = CliRunner().invoke(app, ["train", *words])
    assert result.exit_code == 2
    assert "stand" in result.output
