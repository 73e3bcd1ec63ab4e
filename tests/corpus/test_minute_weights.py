"""Weights of stated times: bad files are refused, naming the line; what is written is read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.minutes import load_weights, write_weights
from corpus.notes import read_notes
from corpus.tables import DATA
from models.bundle import corpus_hash

BAD = [
    ("", 1, "head"),
    ("trait,weight\n", 1, "head"),
    ("weight,trait\nx,own,only\n", 2, "number"),
    ("weight,trait\n0.5,own,only\n0.6,own,only\n", 3, "once"),
    ("weight,trait\n0.5\n", 2, "once"),
]


@pytest.mark.parametrize(("source", "line", "said"), BAD)
def test_bad_weights(tmp_path: Path, source: str, line: int, said: str) -> None:
    path = tmp_path / "minutes.csv"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"^minutes\.csv:{line}: .*{said}"):
        load_weights(path)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    weights: dict[tuple[str, ...], float] = {("own", "only", ","): 0.5, ("own", "only", '"'): -1.25}
    write_weights(weights, tmp_path / "minutes.csv")
    assert dict(load_weights(tmp_path / "minutes.csv")) == weights


def test_rules_say_minutes_and_what_has_none() -> None:
    rules = read_notes(DATA / "minutes.notes")
    assert any(rule.minutes for rule in rules)
    assert any(not rule.minutes for rule in rules)


def test_a_change_of_weights_leaves_a_bundle_fit(tmp_path: Path) -> None:
    (tmp_path / "facts.toml").write_text("x", encoding="utf-8")
    before = corpus_hash(tmp_path)
    (tmp_path / "minutes.csv").write_text("weight,trait\n", encoding="utf-8")
    assert corpus_hash(tmp_path) == before
