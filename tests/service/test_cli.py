"""The command line as people type it; in a process of its own where that matters."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import typer
from tests_support import TRAP, command_line, notes_read

from models.suggester import Suggester
from service import cli_batch
from service.files import unread

pytestmark = pytest.mark.heavy(120)

NOTE = "O: Treadmill 8 min for endurance. Effleurage to calf 10 min.\nP: stepping over objects next visit"


@pytest.fixture(scope="module")
def env(suggester: Suggester, home: Path) -> dict[str, str]:
    return {**os.environ, "SOAPCODE_HOME": str(home), "COLUMNS": "140", "NO_COLOR": "1"}


def _run(env: dict[str, str], *words: str, stdin: str | bytes = "") -> subprocess.CompletedProcess[str]:
    return command_line(*words, env=env, stdin=stdin)


def _process(env: dict[str, str], *words: str, stdin: str | bytes = "") -> subprocess.CompletedProcess[str]:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [sys.executable, "-m", "service", *words], input=data, capture_output=True, env=env, check=False
    )
    out = subprocess.CompletedProcess(words, done.returncode, done.stdout.decode(), done.stderr.decode())
    TRAP.errors.append(out.stderr)
    return out


def test_an_answer_does_not_hang_on_the_hashes_of_a_process(env: dict[str, str], suggester: Suggester) -> None:
    note = f"{NOTE}\nO: tandem stance 10 min and gait training 12 min with RW. IFC 15 min with MHP for pain."
    answers = {
        _process({**env, "PYTHONHASHSEED": seed}, "suggest", "-", "--json", stdin=note).stdout for seed in "123"
    }
    assert len(answers) == 1
    assert json.loads(answers.pop()) == json.loads(json.dumps(suggester.suggest(note))), "nor is it another one here"


def test_suggest_for_a_person(env: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text(NOTE)
    done = _run(env, "suggest", str(path))
    assert done.returncode == 0
    assert "97110" in done.stdout
    assert "97124" in done.stdout
    assert "Effleurage to calf 10 min" in done.stdout
    assert "10 min" in done.stdout


def test_suggest_json_is_the_contract(env: dict[str, str], suggester: Suggester) -> None:
    done = _run(env, "suggest", "-", "--json", "--payer", "cash", stdin=NOTE)
    assert json.loads(done.stdout) == json.loads(json.dumps(suggester.suggest(NOTE, "cash")))


def test_the_width_is_that_of_the_surroundings_and_no_line_is_padded(env: dict[str, str]) -> None:
    for columns in ("60", "90"):
        lines = _process({**env, "COLUMNS": columns}, "suggest", "-", stdin=NOTE).stdout.splitlines()
        assert max(map(len, lines)) <= int(columns)
        assert "" in lines


def test_a_threshold_that_no_code_reaches_is_no_empty_note(env: dict[str, str]) -> None:
    said = _run(env, "suggest", "-", "--threshold", "0.99999", stdin=NOTE).stdout
    assert "No code reaches the threshold asked for, 0.99999." in said
    assert "No billable service" not in said


def test_threshold(env: dict[str, str]) -> None:
    every = json.loads(_run(env, "suggest", "-", "--json", "--threshold", "0", stdin=NOTE).stdout)
    none = json.loads(_run(env, "suggest", "-", "--json", "--threshold", "1", stdin=NOTE).stdout)
    assert every["suggestions"]
    assert all(s["suggested"] for s in every["suggestions"])
    assert not any(s["suggested"] for s in none["suggestions"])


MISTAKES = [
    (("suggest", "missing.txt"), "", "missing.txt cannot be read"),
    (("suggest", "-"), "", "must hold a note, it is empty"),
    (("suggest", "-"), b"\xff\xfa", "must be UTF-8 text; byte 0 is not"),
    (("suggest", "-"), " \n".encode("utf-16"), "must hold a note, it is empty"),
    (("suggest", ""), "", "NOTE must be a text file, or - for standard input, got an empty name"),
    (("suggest", "-"), b"Bike 6 min.\n" * 22_000, "must hold the note of one visit, at most 256 KiB, got more"),
    (("claim", "-", "--json", "--csv"), NOTE, "--json and --csv must not stand together"),
    (("suggest", "-", "--payer", "acme"), NOTE, "payer must be one of medicare"),
    (("suggest", "-", "--threshold", "2"), NOTE, "threshold must lie in [0, 1]"),
    (("suggest", "-", "--date", "soon"), NOTE, "--date must be a date like"),
    (("explain", "-", "99213"), NOTE, "code must be one soapcode suggests"),
    (("codes", "00000"), "", "code must be one of the catalogue"),
    (("evaluate", "missing.jsonl"), "", "missing.jsonl cannot be read"),
    (("batch", "missing.jsonl", "-o", "out.jsonl"), "", "missing.jsonl cannot be read"),
]


@pytest.mark.parametrize(("words", "stdin", "said"), MISTAKES)
def test_mistakes_are_one_sentence(
    env: dict[str, str], tmp_path: Path, words: tuple[str, ...], stdin: str, said: str
) -> None:
    done = command_line(*words, env=env, stdin=stdin, cwd=tmp_path)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())


def test_a_mistake_leaves_no_traceback(env: dict[str, str]) -> None:
    done = _process(env, "suggest", "-", "--payer", "acme", stdin=NOTE)
    assert done.returncode == 2
    assert "payer must be one of medicare" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_help_imports_neither_spacy_nor_sklearn() -> None:
    asked = "import sys, service.cli; sys.exit(any(name in sys.modules for name in ('spacy', 'sklearn', 'joblib')))"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


def test_batch_keeps_order_and_good_lines(env: dict[str, str], tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows: list[str] = [
        json.dumps({"id": "a", "text": NOTE}),
        "{broken",
        json.dumps({"id": "b", "text": 5}),
        json.dumps({"id": "c", "text": "O: Ultrasound 1 MHz 8 min to shoulder", "payer": "acme"}),
        json.dumps(
            {"id": "d", "text": "O: IFC 15 min resting unattended", "payer": "commercial", "date": "2026-11-02"}
        ),
        json.dumps(["list"]),
    ]
    source.write_text("\n".join(rows) + "\n")
    done = _run(env, "batch", str(source), "-o", str(target))
    assert done.returncode == 1
    out = [json.loads(line) for line in target.read_text().splitlines()]
    assert [o["id"] for o in out] == ["a", None, "b", "c", "d", None]
    assert ["error" in o for o in out] == [False, True, True, True, False, True]
    assert [o["error"]["line"] for o in out if "error" in o] == [2, 3, 4, 6]
    assert {s["code"] for s in out[0]["suggestions"] if s["suggested"]} == {"97110", "97124"}
    source.write_text(rows[0] + "\n")
    assert _run(env, "batch", str(source), "-o", str(target)).returncode == 0


class _Failing:
    """A suggester that fails on one note with words of it in the message."""

    def suggest(self, text: str, *_given: object, **_named: object) -> dict[str, Any]:
        if "zebra" in text:
            raise self.error(text)
        return {"suggestions": []}

    def __init__(self, error: type[Exception]) -> None:
        self.error = error


@pytest.mark.parametrize("error", [IndexError, KeyError, ValueError, RecursionError, MemoryError])
def test_a_note_that_fails_costs_its_own_line_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    monkeypatch.setattr(cli_batch, "load_suggester", lambda: _Failing(error))
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [{"id": name, "text": text} for name, text in (("a", NOTE), ("b", "O: zebra gait 5 min"), ("c", NOTE))]
    deep = "[" * 200_000
    source.write_text("\n".join([*(json.dumps(row) for row in rows), deep, ""]))
    with pytest.raises(typer.Exit):
        cli_batch.batch(source, target)
    out = [json.loads(line) for line in target.read_text().splitlines()]
    assert [(o["id"], "error" in o) for o in out] == [("a", False), ("b", True), ("c", False), (None, True)]
    assert out[1]["error"] == {"message": unread(error()), "line": 2}
    assert "zebra" not in target.read_text()


def test_explain_prints_the_whole_sum(env: dict[str, str]) -> None:
    done = _run(env, "explain", "-", "97116", "--all", stdin=NOTE)
    assert done.returncode == 0
    assert "probability = expit(" in done.stdout
    assert "over all segments = " in done.stdout
    short = _run(env, "explain", "-", "97116", stdin=NOTE).stdout
    assert "The clearest words are “" in short
    assert "--all" in short


def test_codes(env: dict[str, str]) -> None:
    assert "97116" in _run(env, "codes").stdout
    one = _run(env, "codes", "g0283").stdout
    assert "payer twin: 97014" in one


def test_help_has_examples(env: dict[str, str]) -> None:
    assert "Example" in _run(env, "--help").stdout
    for command in ("suggest", "batch", "explain", "train", "evaluate", "codes", "serve"):
        assert "Example: soapcode " + command in " ".join(_run(env, command, "--help").stdout.split())


def test_evaluate_beats_both_baselines_on_unseen_notes(env: dict[str, str]) -> None:
    figures = json.loads(_run(env, "evaluate", "test", "--json").stdout)
    ours = figures.pop("soapcode")
    assert set(figures) == {"vocabulary priors", "TF-IDF + LR"}
    for theirs in figures.values():
        for figure, margin in (("micro_f1", 0.03), ("exact", 0.05), ("top3", 0.01)):
            assert ours[figure] > theirs[figure] + margin, figure


def test_evaluate_a_file(env: dict[str, str], tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(
        json.dumps(
            {
                "id": "1",
                "text": NOTE,
                "codes": [{"code": "97110", "evidence": ["Treadmill 8 min"]}, {"code": "97124"}],
            }
        )
        + "\n"
    )
    figures = json.loads(_run(env, "evaluate", str(gold), "--no-baselines", "--json").stdout)
    assert set(figures) == {"soapcode"}
    assert figures["soapcode"]["micro_f1"] == 1.0


def test_corpus_check(env: dict[str, str]) -> None:
    done = _run(env, "corpus", "check")
    assert done.returncode == 0
    assert "vocabulary:" in done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_serve_answers_and_stops_on_ctrl_c(env: dict[str, str]) -> None:
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "serve", "--port", str(port)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
                    assert json.load(answer)["status"] == "ready"
                break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail("the service must answer within 20 s")
        second = _process(env, "serve", "--port", str(port))
        assert second.returncode == 2
        assert f"port {port} on 127.0.0.1 cannot be used" in " ".join(second.stderr.split())
        assert len(second.stderr.strip().splitlines()) <= 2
    finally:
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=20)
    assert process.returncode in (0, 130)
    assert f"http://127.0.0.1:{port}" in out.decode()
    assert b"Traceback" not in errors


WRONG = [
    ("suggest missing.txt", "missing.txt cannot be read"),
    ("suggest note.txt --date 13/1/26", "--date must be a date"),
    ("suggest note.txt --payer acme", "payer must be one of"),
    ("suggest note.txt --threshold 2", "threshold must lie in [0, 1]"),
    ("claim missing.txt", "missing.txt cannot be read"),
    ("claim note.txt --date 13/1/26", "--date must be a date"),
    ("claim note.txt --payer acme", "payer must be one of"),
    ("claim note.txt --discipline MD", "discipline must be one of"),
    ("claim note.txt --assistant RN", "assistant must be one of"),
    ("explain missing.txt 97116", "missing.txt cannot be read"),
    ("explain note.txt 99999", "code must be one soapcode suggests"),
    ("batch missing.jsonl -o out.jsonl", "missing.jsonl cannot be read"),
    ("batch notes.jsonl -o out.jsonl --payer acme", "payer must be one of"),
    ("evaluate missing.jsonl", "missing.jsonl cannot be read"),
    ("evaluate test --peers missing.json", "missing.json cannot be read"),
    ("label missing.jsonl", "missing.jsonl cannot be read"),
    ("label notes.jsonl --from word", "the form must be one of"),
    ("label notes.jsonl --to word --propose", "the form must be one of"),
    ("audit missing.csv", "missing.csv cannot be read"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_what_is_wrong_is_said_before_a_bundle_is_loaded_or_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, said: str
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("models.bundle.load", lambda *_given, **_named: asked.append("load"))
    monkeypatch.setattr("service.run.ready", lambda *_given, **_named: asked.append("train"))
    (tmp_path / "note.txt").write_text(NOTE)
    (tmp_path / "notes.jsonl").write_text(json.dumps({"id": "1", "text": NOTE}) + "\n")
    env = {**os.environ, "SOAPCODE_HOME": str(tmp_path / "home"), "COLUMNS": "300", "NO_COLOR": "1"}
    done = command_line(*words.split(), env=env, cwd=tmp_path)
    assert (done.returncode, asked) == (2, []), done.stderr
    assert said in done.stderr
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("form", [(), ("--all",), ("--json",)])
def test_explain_reads_its_note_once(env: dict[str, str], form: tuple[str, ...]) -> None:
    evaluation = "PT evaluation, moderate complexity, 40 min. Two comorbidities."
    with notes_read() as read:
        done = _run(env, "explain", "-", "97162", *form, stdin=evaluation)
    assert done.returncode == 0
    assert read.count(evaluation) == 1
    assert form == ("--json",) or "tier of 97162" in done.stdout


TIMED = "PHYSICAL THERAPY DAILY NOTE\nTher Ex: SLR, quad sets, heel slides 3x10, 24 min\nManual: patellar glides grade III 23 min\nTotal timed 47 min"


def test_claim_lines_with_working(env: dict[str, str]) -> None:
    done = _run(env, "claim", "-", "--payer", "medicare", "--date", "2026-11-02", "--json", stdin=TIMED)
    claim = json.loads(done.stdout)["claim"]
    assert {line["code"]: (line["units"], line["minutes"]) for line in claim["lines"]} == {
        "97110": (2, 24),
        "97140": (1, 23),
    }
    assert all(line["modifiers"] == ["GP"] for line in claim["lines"])
    assert (claim["timed_minutes"], claim["rule"], claim["date"]) == (47, "cms", "2026-11-02")
    shown = _run(env, "claim", "-", stdin=TIMED).stdout
    assert all(sentence in " ".join(shown.split()) for sentence in claim["working"]["sentences"][:1])
    rows = _run(env, "claim", "-", "--csv", stdin=TIMED).stdout.splitlines()
    assert rows[0].startswith("code,units,minutes,modifiers")
    assert "97110,2,24,GP,no" in " ".join(rows)


def test_a_place_that_takes_no_answers_is_said_in_a_line(env: dict[str, str], tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"id": "1", "text": NOTE}) + "\n", encoding="utf-8-sig")
    target = tmp_path / "taken"
    (target / "below").mkdir(parents=True)
    done = _run(env, "batch", str(source), "-o", str(target))
    assert done.returncode == 2
    assert "taken" in done.stderr
    assert "cannot be used: Is a directory" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    good = tmp_path / "out.jsonl"
    assert _run(env, "batch", str(source), "-o", str(good)).returncode == 0
    assert "error" not in json.loads(good.read_text())


def test_claim_of_nothing(env: dict[str, str]) -> None:
    done = _run(env, "claim", "-", stdin="Pt cancelled, car trouble.")
    assert done.returncode == 0
    assert "No billable service found" in done.stdout


def test_a_dead_pair_is_explained(env: dict[str, str]) -> None:
    said = " ".join(_run(env, "codes", "97530", "97116").stdout.split())
    assert "97530" in said
    assert "2019" in said


def test_a_deleted_code_of_a_pair_is_said(env: dict[str, str]) -> None:
    said = " ".join(_run(env, "codes", "97762", "97110").stdout.split())
    assert said.startswith("97762 ended on 31 December 2017 and cannot be billed; see 97763. ")
    assert "cannot be billed" not in _run(env, "codes", "97762", "97110", "--date", "2016-05-02").stdout
    assert "97763 begins on 1 January 2018" in _run(env, "codes", "97763", "97110", "--date", "2016-05-02").stdout
    assert "cannot be billed" not in _run(env, "codes", "97530", "97116").stdout


@pytest.mark.parametrize("module", ["service", "service.cli"])
def test_the_module_is_the_program(env: dict[str, str], module: str) -> None:
    words = [sys.executable, "-m", module, "codes", "97116"]
    done = subprocess.run(words, capture_output=True, env=env, check=False, text=True)
    assert (done.returncode, "Gait training" in done.stdout) == (0, True)


def test_a_note_of_two_bytes_a_letter_is_read(env: dict[str, str]) -> None:
    done = _run(env, "suggest", "-", "--json", stdin=NOTE.encode("utf-16"))
    assert {s["code"] for s in json.loads(done.stdout)["suggestions"] if s["suggested"]} == {"97110", "97124"}
