"""Which notes a bundle of the corpus learns from, and what each weighs."""

from __future__ import annotations

import pytest

from corpus.coreset import load_coreset
from corpus.notes import note_files, read_notes
from service import run


@pytest.mark.parametrize("every", [False, True])
def test_the_coreset_with_its_weights_or_every_note(monkeypatch: pytest.MonkeyPatch, every: bool) -> None:
    files = note_files("train")[:2]
    notes = [note for path in files for note in read_notes(path)]
    chosen = [note for note in notes if every or note.id in load_coreset()]
    assert 0 < len(chosen) <= len(notes)
    assert every or len(chosen) < len(notes)
    monkeypatch.setattr(run, "note_files", lambda split: files if split == "train" else [])
    told: list[float] = []
    data = run._training_data(lambda _text, share: told.append(share), 1, every)
    assert data.voices == [note.voice for note in chosen]
    assert data.weights.tolist() == [1.0 if every else load_coreset()[note.id] for note in chosen]
    assert all(0 <= share < 0.2 for share in told)
    assert told
