"""The account reproduces the probability, and every part is tied to characters."""

from __future__ import annotations

import json
import math

import pytest

from corpus.notes import load_notes
from models.explain import account
from models.features import COLUMN, SERVICES, extract
from models.suggester import Suggester
from service.cli import account_json

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
            data = json.loads(json.dumps(account_json(found, segments)))
            assert _worked_out(data) == pytest.approx(found.probability, abs=1e-9)
            assert all(0 <= s["start"] < s["end"] <= len(text) for s in data["segments"])


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
