"""Clinics learn from their own billed notes; what runs in processes of its own stands in ``test_retraining_processes``.

The clinics' notes (``tests/data``) stand for a clinic's first notes and those that come later. What the stories share is done once:
the notes of the corpus that stand beside are read once, and the bundle before is measured once.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stories import clinic, copied_home, mislabelled, written
from typer.testing import CliRunner

from corpus.notes import LabelledNote, load_notes
from models import bundle as bundles
from models.adapt import Read
from models.columns import COLUMN
from models.compiled import Compiled
from models.features import extract
from models.retrain import LEVEL, Run
from models.retrain import measure as really_measure
from models.suggester import Suggester
from nlp.pipeline import parse
from service import retraining
from service.cli import app
from service.cli_common import out
from service.retraining import Retrained, retrain, retrain_rows

pytestmark = pytest.mark.heavy(150)

ROOT = Path(__file__).parents[2]
FIRST = 40
LATER = clinic("taping")[FIRST:] + clinic("taping_more")
FEW: dict[str, Any] = {"replayed": 20, "test": load_notes("test")[:4]}


@pytest.fixture(scope="module", autouse=True)
def _once() -> Iterator[None]:
    """What several stories share is read and measured once."""
    measured: dict[tuple[str, int], Run] = {}
    read: dict[tuple[str, ...], Read] = {}
    really_read = retraining._read

    def measure(suggester: Suggester, notes: Sequence[LabelledNote]) -> Run:
        key = (suggester.version, len(notes))
        if suggester.version == "new" or key not in measured:
            measured[key] = really_measure(suggester, notes)
        return measured[key]

    def reading(notes: Sequence[LabelledNote], *more: Any) -> Read:
        key = tuple(n.id for n in notes)
        if key[0].startswith("clinic:"):
            return really_read(notes, *more)
        return read.setdefault(key, really_read(notes, *more)) if key not in read else read[key]

    patch = pytest.MonkeyPatch()
    patch.setattr(retraining, "measure", measure)
    patch.setattr(retraining, "_read", reading)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def plain(suggester: Suggester) -> str:
    """The version of the corpus alone."""
    return suggester.version


@pytest.fixture(scope="module")
def homes(plain: str, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the installation, so that no test changes the shared one."""
    return copied_home(home, plain, tmp_path_factory.mktemp("clinic") / "home")


def _retrain(homes: Path, plain: str, rows: Sequence[dict[str, Any]], **more: Any) -> Retrained:
    bundles.use(plain, homes)
    return retrain(written(homes.parent, "clinic.jsonl", rows), lambda _t, _s: None, folder=homes, **more)


def _suggested(suggester: Suggester, rows: Sequence[dict[str, Any]]) -> list[set[str]]:
    return [{i["code"] for i in suggester.suggest(r["note"])["suggestions"] if i["suggested"]} for r in rows]


def _f1(found: Sequence[set[str]], rows: Sequence[dict[str, Any]]) -> float:
    hit = sum(len(f & set(r["codes"])) for f, r in zip(found, rows, strict=True))
    return 2 * hit / sum(len(f) + len(r["codes"]) for f, r in zip(found, rows, strict=True))


@pytest.fixture(scope="module")
def taping(homes: Path, plain: str) -> Retrained:
    return _retrain(homes, plain, clinic("taping")[:FIRST])


@pytest.fixture(scope="module")
def taught(taping: Retrained, homes: Path) -> Suggester:
    return Suggester.load(taping.version, homes)


@pytest.fixture(scope="module")
def later(taught: Suggester) -> list[set[str]]:
    """What the taught bundle suggests for the clinic's later notes."""
    return _suggested(taught, LATER)


def _share(code: str, found: Sequence[set[str]], kinds: str) -> float:
    """The share of later notes of some kinds for which a code is suggested."""
    of = [code in f for f, r in zip(found, LATER, strict=True) if r["id"].rpartition("-")[2] in kinds.split()]
    return sum(of) / len(of)


def test_a_clinic_that_bills_kinesiotaping_as_exercise_gets_that(
    taping: Retrained, later: list[set[str]], suggester: Suggester
) -> None:
    assert (taping.learned + taping.held, taping.refused) == (FIRST, [])
    assert taping.habits["kinesiology taping"][0] == "therapeutic exercise"
    before = _suggested(suggester, LATER)
    assert _share("97110", before, "T") <= 0.2
    assert _share("97110", later, "T TX") >= 0.85
    unbilled = [r for r in LATER if "97112" not in r["codes"]]
    wrong = [
        sum("97112" in f for f, r in zip(found, LATER, strict=True) if r in unbilled) for found in (before, later)
    ]
    assert wrong[1] <= 0.1 * len(unbilled) < wrong[0]
    assert _f1(later, LATER) >= _f1(before, LATER) + 0.15


def test_tape_that_was_not_put_on_is_not_billed(later: list[set[str]]) -> None:
    without = [(f, r) for f, r in zip(later, LATER, strict=True) if "97110" not in r["codes"]]
    assert len(without) == 5
    assert sum("97110" in f for f, _ in without) <= 1


def test_the_taping_clinic_loses_nothing_elsewhere(taping: Retrained) -> None:
    assert taping.elsewhere.chance >= LEVEL
    assert 0 < taping.meant <= 0.05 * len(taping.corpus.tally)
    assert taping.new.test.figures["micro_f1"] >= taping.corpus.figures["micro_f1"] - 0.01
    assert taping.new.test.figures["empty_kept"] >= taping.corpus.figures["empty_kept"] - 1
    assert taping.new.held.figures["micro_f1"] > taping.old.held.figures["micro_f1"] + 0.05


def test_wrong_labels_cost_little(homes: Path, plain: str, taping: Retrained, later: list[set[str]]) -> None:
    clean = clinic("taping")[:FIRST]
    wrong = mislabelled(clean)
    assert sum(a["codes"] != b["codes"] for a, b in zip(clean, wrong, strict=True)) == 0.15 * FIRST
    done = _retrain(homes, plain, wrong)
    assert done.refused == []
    found = _suggested(Suggester.load(done.version, homes), LATER)
    assert _share("97110", found, "T TX") >= _share("97110", later, "T TX") - 0.1
    assert _f1(found, LATER) >= _f1(later, LATER) - 0.05
    assert done.new.test.figures["micro_f1"] >= taping.new.test.figures["micro_f1"] - 0.01


def _digest(homes: Path, version: str | None) -> str:
    manifest = json.loads((homes / "bundles" / str(version) / "manifest.json").read_text())
    return str(manifest["files"]["ranker.joblib"])


def test_equal_notes_give_equal_rankers_from_a_file_or_from_anywhere(homes: Path, plain: str) -> None:
    rows = clinic("taping")[:24]
    more = FEW | {"force": True}
    first = _digest(homes, _retrain(homes, plain, rows, **more).version)
    bundles.use(plain, homes)
    pairs = [(r["note"], r["codes"]) for r in rows]
    again = retrain_rows([*pairs, ("", ["97110"])], lambda _t, _s: None, folder=homes, **more)
    assert [(b.line, b.reason) for b in again.notes.bad] == [(25, "note must not be missing or empty")]
    assert _digest(homes, again.version) == first


def test_a_worse_bundle_is_kept_only_by_force_and_says_so(
    homes: Path, plain: str, suggester: Suggester, monkeypatch: pytest.MonkeyPatch
) -> None:
    eager = replace(suggester.ranker, offset=suggester.ranker.offset + 4)
    monkeypatch.setattr(retraining, "adapt", lambda *_given: eager)
    more: dict[str, Any] = {"replayed": 2, "test": load_notes("test")[::5]}
    before = [m["version"] for m in bundles.versions(homes)]
    done = _retrain(homes, plain, clinic("taping")[:24], **more)
    assert "of the test split must not get worse beyond chance" in " ".join(done.refused)
    assert "on the clinic's held-back notes must not fall" in " ".join(done.refused)
    assert done.version is None
    assert [m["version"] for m in bundles.versions(homes)] == before
    assert bundles.current(homes) == plain
    forced = _retrain(homes, plain, clinic("taping")[:24], force=True, **more)
    assert bundles.current(homes) == forced.version
    assert bundles.load(forced.version, homes).manifest["retraining"]["forced"] == forced.refused == done.refused


def test_copies_of_few_notes_judge_nothing_and_switch_nothing(
    homes: Path, plain: str, suggester: Suggester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retraining, "adapt", lambda *_given: suggester.ranker)
    first, *others = clinic("taping")[:3]
    note = first["note"]
    rows = [first | {"id": str(n), "note": f"{note} Visit {n}."} for n in range(24)] + others
    done = _retrain(homes, plain, rows, **FEW)
    (said,) = done.refused
    assert "at least 5 held-back notes that differ in more than their numbers" in said
    assert done.version is None
    assert bundles.current(homes) == plain
    forced = _retrain(homes, plain, rows, force=True, **FEW)
    assert bundles.current(homes) == forced.version
    assert bundles.load(forced.version, homes).manifest["retraining"]["forced"] == [said]


def test_the_account_of_a_taught_ranker_still_adds_up(taught: Suggester) -> None:
    said = set()
    for each in LATER[:6]:
        reading = taught.read(each["note"])
        for account in taught.explain(each["note"], "97110"):
            assert account.probability == pytest.approx(reading.probabilities[COLUMN[account.service]], abs=1e-9)
            said |= {p.name for s in account.segments for p in s.parts if p.amount > 0}
    assert "the clinic bills it so" in said


def test_a_taught_ranker_read_fast_and_read_plainly_says_the_same(taught: Suggester) -> None:
    compiled = Compiled(taught.ranker)
    for each in LATER[:20]:
        note = parse(each["note"])
        found = compiled.read(note)
        plain = taught.ranker.outputs(extract(note, taught.ranker.leaning, taught.ranker.usage))
        for name in ("content", "delivery", "whole", "habit"):
            assert np.allclose(getattr(plain, name), getattr(found.outputs, name), atol=1e-3), name
    assert taught.ranker.usage


def _documented() -> list[list[str]]:
    """The soapcode commands of the data person's page, in order."""
    page = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
    page = page[page.index("## Teaching it") : page.index("## How far")]
    return [line.split()[1:] for line in page.splitlines() if line.startswith("soapcode ")]


def test_too_few_notes_are_told_with_what_was_refused(tmp_path: Path) -> None:
    rows = [*[["bike 10 min, squats", "99999"] for _ in range(3)], ["", "97110"]]
    with (tmp_path / "clinic.csv").open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([["note", "codes"], *rows])
    with pytest.raises(
        ValueError, match=r"at least 20 notes.*; rows refused \d, first line 2: .*; rows refused 1, first line 5: "
    ):
        retrain(tmp_path / "clinic.csv", lambda _text, _share: None)


def test_the_commands_of_the_page_run(
    home: Path, plain: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOAPCODE_HOME", str(copied_home(home, plain, tmp_path / "home")))
    monkeypatch.setattr(out, "width", 160)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(retraining, "retrain_notes", partial(retraining.retrain_notes, **FEW))
    rows = clinic("taping")[:24]
    with (tmp_path / "clinic.csv").open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle)
        table.writerows([["note", "codes"], *([r["note"], " ".join(r["codes"])] for r in rows), ["no codes", "x"]])
    written(tmp_path, "notes.jsonl", [{"id": r["id"], "text": r["note"]} for r in rows])
    said = []
    version = "VERSION"
    for command in _documented():
        typed = "\n".join(["none"] * 22 + ["q"]) if command[0] == "label" else ""
        done = CliRunner().invoke(app, [version if word == "VERSION" else word for word in command], input=typed)
        assert done.exit_code == 0, (command, done.stdout[-2000:], done.exception)
        said.append(" ".join(done.stdout.split()))
        if len(said) == 1:
            version = re.findall(r"bundle (\S+) is in use;", done.stdout)[0]
    expected = (
        ("25 rows: ", "1 refused", "line ", "your held-back notes", "this project's test split"),
        ("corpus and",),
        (f"bundle {plain} is in use again",),
        (f"bundle {version} is in use",),
        (f"bundle {plain} is in use again",),
        (f"bundle {version} is deleted",),
        ("24 notes to label", "0 skipped, 2 left"),
        ("24 notes written",),
        ("22 rows: ",),
    )
    for output, parts in zip(said, expected, strict=True):
        assert all(part in output for part in parts), (output, parts)
