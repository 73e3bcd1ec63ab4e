"""Second labels and near-duplicates."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.check import near_duplicates
from corpus.errors import CorpusError
from corpus.notes import SPLITS, LabelledNote, load_notes
from corpus.second import SecondLabel, agreement, load_second

TEXT = "Bike 8 min level 3, then SLR 3x10 and heel slides 3x10 with a strap, knee flexion now 104 degrees"


def _note(identifier: str, voice: str, text: str = TEXT, **changes: object) -> LabelledNote:
    base: dict[str, object] = {
        "id": identifier, "voice": voice, "setting": "s", "style": "s", "text": text, "codes": ("97110",),
        "minutes": {"97110": 8},
    }  # fmt: skip
    return LabelledNote(**{**base, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TEXT, True),
        (TEXT.upper() + ". Felt fine, no pain after, will come again on Monday for more", True),
        ("Treadmill 8 min, heel slides 3x10 and quad sets, knee flexion 90 degrees with a towel under it", False),
        ("Cancelled", False),
    ],
)
def test_near_duplicates(text: str, found: bool) -> None:
    assert list(near_duplicates([_note("a", "x"), _note("b", "y", text)])) == ([("a", "b")] if found else [])


def test_a_voice_may_resemble_itself() -> None:
    assert not list(near_duplicates([_note("a", "x"), _note("b", "x")]))


def test_agreement_by_hand() -> None:
    notes = [_note("a", "x"), _note("b", "x", codes=("97014",), minutes={}), _note("c", "x"), _note("d", "x")]
    second = {
        "a": SecondLabel("a", {"97110": 8}),
        "b": SecondLabel("b", {"G0283": None}),
        "c": SecondLabel("c", {"97110": 9, "97112": None}),
    }
    found = agreement(notes, second)
    assert (found.notes, found.differing) == (3, ("c",))
    assert found.exact == pytest.approx(2 / 3)
    assert found.f1 == pytest.approx(6 / 7)
    assert found.minutes == pytest.approx(2 / 3)
    # nine pairs, one differs; 3 and 4 of them named: chance = 3/9 * 4/9 + 6/9 * 5/9
    assert found.kappa == pytest.approx((8 / 9 - 42 / 81) / (1 - 42 / 81))


def test_no_note_in_common() -> None:
    with pytest.raises(ValueError, match="must have a second label"):
        agreement([_note("a", "x")], {})


def test_a_quarter_is_labelled_twice() -> None:
    notes = [n for split in SPLITS for n in load_notes(split)]
    second = load_second()
    assert len(second) >= len(notes) / 4 * 0.98
    assert set(second) <= {n.id for n in notes}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "must be an object with id and codes"),
        ('{"id": "a"}', "must be an object with id and codes"),
        ('{"id": "a", "codes": [{"code": "99999", "minutes": null}]}', "got '99999'"),
        ('{"id": "a", "codes": []}\n{"id": "a", "codes": []}', "got 'a' again"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "x.jsonl").write_text(line)
    with pytest.raises(CorpusError, match=said):
        load_second(tmp_path)
