"""The account reproduces the probability, and every part is tied to characters."""

from __future__ import annotations

import io
import json
import math
import re

import pytest
from rich.console import Console

from corpus.notes import load_notes
from models.columns import COLUMN, SERVICES
from models.explain import account
from models.features import extract
from models.suggester import Suggester
from service.render import account_json, print_account

NOTES = [n.text for n in load_notes("test")[::12]]


@pytest.mark.parametrize("text", [*NOTES, "x", "S: no show, called pt."])
def test_parts_reproduce_the_probability(suggester: Suggester, text: str) -> None:
    reading = suggester.read(text)
    features = extract(reading.note, suggester.ranker.leaning)
    for service in SERVICES:
        found = account(suggester.ranker, reading.numbers, features, service)
        assert found.probability == pytest.approx(float(reading.probabilities[COLUMN[service]]), abs=1e-9)


def _worked_out(data: dict[str, object]) -> float:
    """The probability from the printed numbers alone, by the formula of models.explain."""

    def expit(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    odds = []
    for segment in data["segments"]:  # type: ignore[attr-defined]
        z = sum(p["value"] * p["weight"] for p in segment["parts"])
        assert z == pytest.approx(segment["log_odds"], abs=1e-9)
        odds.append(math.exp(2 * z))
    joined = math.log(sum(odds)) / 2
    whole = sum(p["value"] * p["weight"] for p in data["note"])  # type: ignore[attr-defined]
    return expit(data["slope"] * joined + whole + data["offset"])  # type: ignore[operator]


def test_printed_json_reproduces_the_probability(suggester: Suggester) -> None:
    text = "O: Treadmill 8 min for endurance, effleurage to calf 10 min. P: stepping over objects"
    segments = [(s.start, s.end) for s in suggester.read(text).note.segments or ()]
    for code in ("97110", "97124", "97116", "97763"):
        for found in suggester.explain(text, code):
            data = json.loads(json.dumps(account_json(found, text, segments)))
            assert _worked_out(data) == pytest.approx(found.probability, abs=1e-9)
            assert all(0 <= s["start"] < s["end"] <= len(text) for s in data["segments"])


def _printed(suggester: Suggester, text: str, code: str, *, whole: bool) -> list[str]:
    out = io.StringIO()
    segments = [(s.start, s.end) for s in suggester.read(text).note.segments or ()]
    for found in suggester.explain(text, code):
        print_account(Console(file=out, width=100), text, segments, code, found, whole=whole)
    return out.getvalue().splitlines()


_TERM = re.compile(r"    [+-][\d.]+  [^=]+ = (-?[\d.]+) × ([+-][\d.]+)")
_NOTE = re.compile(r"  note: [+-][\d.]+  [^=]+ = (-?[\d.]+) × ([+-][\d.]+)")
_SUM = re.compile(r"  probability = expit\(([\d.-]+) × J ([+-][\d.]+) ([+-][\d.]+)\) = ([\d.]+)")


@pytest.mark.parametrize(
    "text", [*NOTES[:4], "O: Treadmill 8 min for endurance, effleurage to calf 10 min. P: stairs"]
)
@pytest.mark.parametrize("code", ["97110", "97161"])
def test_what_is_printed_in_full_reproduces_the_probability(suggester: Suggester, text: str, code: str) -> None:
    lines = _printed(suggester, text, code, whole=True)
    odds, z, whole = [], 0.0, 0.0
    for line in lines:
        if line.startswith("  characters "):
            z = 0.0
        elif term := _TERM.fullmatch(line):
            z += float(term[1]) * float(term[2])
        elif line.startswith("    log-odds "):
            odds.append(z)
        elif term := _NOTE.fullmatch(line):
            whole += float(term[1]) * float(term[2])
    (last,) = (match for line in lines if (match := _SUM.match(line)))
    assert len(odds) == len(suggester.read(text).note.segments or ())
    joined = math.log(sum(math.exp(2 * z) for z in odds)) / 2
    worked_out = 1 / (1 + math.exp(-(float(last[1]) * joined + whole + float(last[3]))))
    (found,) = suggester.explain(text, code)
    assert worked_out == pytest.approx(found.probability, abs=1e-9)
    assert float(last[4]) == pytest.approx(found.probability, abs=1e-9)


def test_the_short_account_begins_with_sentences_and_names_no_token(suggester: Suggester) -> None:
    text = "O: Treadmill 8 min for endurance, effleurage to calf 10 min. P: stairs"
    lines = _printed(suggester, text, "97110", whole=False)
    assert lines[0] == "97110 as therapeutic exercise"
    assert re.match(r"  Its probability is 0\.\d\d, at least the 0\.\d\d from which it is suggested\.", lines[1])
    assert lines[2].startswith("  The clearest words are “Treadmill 8 min for endurance” (for it: ")
    assert not [line for line in lines if "|" in line or "m:minutes" in line or "(sentence)" in line]
    (steps,) = (
        [float(m[1]) for line in lines[at:] if (m := re.match(r" {5} *([+-]\d+\.\d\d) ", line))]
        for at, line in enumerate(lines)
        if "log-odds of the code" in line
    )
    (total,) = (float(m[1]) for line in lines if (m := re.search(r"log-odds of the code ([+-][\d.]+)", line)))
    assert sum(steps) == pytest.approx(total, abs=0.01 * len(steps))
    less = _printed(suggester, text, "97161", whole=False)
    assert "less than the" in less[1]
    assert "missing: " in " ".join(less[2:5])


def test_the_words_of_the_json_account_stand_where_it_says(suggester: Suggester) -> None:
    text = "S: ok\nO: Treadmill 8 min for endurance, effleurage to calf 10 min. P: stairs"
    segments = [(s.start, s.end) for s in suggester.read(text).note.segments or ()]
    (found,) = suggester.explain(text, "97124")
    data = account_json(found, text, segments)
    words = [w for s in data["segments"] for w in (*s["words"], *s["delivery_words"])]
    placed = [w for w in words if w["start"] is not None]
    assert "treadmill" in {text[w["start"] : w["end"]].lower() for w in placed}
    assert all(text[w["start"] : w["end"]].lower() == w["name"].lower() for w in placed)
    assert len(words) > len(placed)


def test_contributions_of_the_contract_are_those_of_the_account(suggester: Suggester) -> None:
    text = "O: Treadmill 8 min for endurance, SLR 3x10"
    item = next(s for s in suggester.suggest(text)["suggestions"] if s["code"] == "97110")
    (found,) = suggester.explain(text, "97110")
    by_start = {
        s.start: part for s, part in zip(suggester.read(text).note.segments or (), found.segments, strict=True)
    }
    assert item["evidence"]
    for evidence in item["evidence"]:
        assert text[evidence["start"] : evidence["end"]] == evidence["text"]
        assert evidence["contribution"] == pytest.approx(by_start[evidence["start"]].log_odds)


def test_unknown_code_names_the_catalogue(suggester: Suggester) -> None:
    with pytest.raises(ValueError, match=r"code must be one soapcode suggests .* got '99213'"):
        suggester.explain("note", "99213")


def test_an_evaluation_is_not_carried_by_what_is_planned_or_for_home(suggester: Suggester) -> None:
    text = (
        "PT evaluation. 58 yo with R hip OA, gradual onset. Flexion 98, abduction 3+/5, FABER positive, gait antalgic. "
        "Assessment: consistent with hip OA, stable presentation. Plan: will begin joint mobilization next visit. "
        "Told him to ice at home."
    )
    (item,) = [s for s in suggester.suggest(text)["suggestions"] if s["suggested"]]
    cited = " ".join(e["text"] for e in item["evidence"])
    assert item["code"] == "97161"
    assert "PT evaluation" in cited
    assert "abduction 3+/5" in cited
    assert "joint mobilization" not in cited
    assert "ice at home" not in cited
