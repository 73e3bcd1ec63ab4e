"""The coreset: bad files are refused, naming the line; it stands for all training notes and for none of the other splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.coreset import check_coreset, load_coreset, weighed, write_coreset
from corpus.errors import CorpusError
from corpus.notes import LabelledNote, load_notes

BAD = [
    ("", 1, "head"),
    ("note,weight\n", 1, "head"),
    ("weight,note\nx,ab-001\n", 2, "number"),
    ("weight,note\n0.5,ab-001\n", 2, "at least 1"),
    ("weight,note\nnan,ab-001\n", 2, "at least 1"),
    ("weight,note\ninf,ab-001\n", 2, "at least 1"),
    ("weight,note\n1,ab-001\n2,ab-001\n", 3, "once"),
    ("weight,note\n1\n", 2, "1 fields"),
    ("weight,note\n1,ab-001,x\n", 2, "3 fields"),
]


@pytest.mark.parametrize(("source", "line", "said"), BAD)
def test_bad_files(tmp_path: Path, source: str, line: int, said: str) -> None:
    path = tmp_path / "coreset.csv"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"^coreset\.csv:{line}: .*{said}"):
        load_coreset(path)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "coreset.csv"
    write_coreset({"b-002": 3.25, "a-001": 1.0}, path)
    assert list(load_coreset(path).items()) == [("a-001", 1.0), ("b-002", 3.25)]


NOTES = [LabelledNote(f"t-{i}", "t", "clinic", "plain", "x", ()) for i in range(100)]
SUMS = [
    ({"t-1": 50.0, "t-7": 50.0}, None),
    ({"t-1": 50.0, "t-7": 51.9}, None),
    ({"t-1": 50.0, "t-7": 52.1}, "add up to the 100 training notes, got 102"),
    ({"t-1": 50.0, "t-7": 47.9}, "add up to the 100 training notes, got 98"),
    ({"t-1": 50.0, "t-100": 50.0}, "one of the train split, got 't-100'"),
]


@pytest.mark.parametrize(("weights", "wrong"), SUMS)
def test_weights_must_stand_for_the_training_notes(weights: dict[str, float], wrong: str | None) -> None:
    if wrong is None:
        assert check_coreset(NOTES, weights) == "coreset: 2 training notes that stand for 100"
        return
    with pytest.raises(CorpusError, match=wrong):
        check_coreset(NOTES, weights)


def test_only_chosen_notes_are_weighed_in_their_order() -> None:
    assert [(note.id, weight) for note, weight in weighed(NOTES, {"t-7": 2.0, "t-3": 1.0})] == [
        ("t-3", 1.0),
        ("t-7", 2.0),
    ]


def test_the_shipped_coreset_is_of_training_notes_of_every_voice() -> None:
    train = load_notes("train")
    found = weighed(train, load_coreset())
    assert len(found) == len(load_coreset()) < len(train)
    assert {note.voice for note, _ in found} == {note.voice for note in train}
    assert {code for note, _ in found for code in note.codes} == {code for note in train for code in note.codes}
