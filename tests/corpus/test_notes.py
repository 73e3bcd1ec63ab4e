"""The labelled-note format is strict, and what it holds survives the way to JSONL and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.notes import SPLITS, TRAPS, load_notes, read_gold, read_notes, to_gold

HEAD = "@note a-1\n@setting ortho\n@style short\n"
GOOD = HEAD + "@minutes 97110=8\n@text\nO: {{97110|bike 8 min}}. {{planned|next: steps}}\n@end\n"

BAD = [
    (HEAD + "@text\n{{97110|bike\n@end\n", 5, "closed"),
    (HEAD + "@text\nbike}}\n@end\n", 5, "closes none"),
    (HEAD + "@text\n{{97110|}}\n@end\n", 5, "hold words"),
    (HEAD + "@text\n{{soon|bike}}\n@end\n", 5, "one of"),
    (HEAD + "@text\n{{planned,97110|bike}}\n@end\n", 5, "alone"),
    (HEAD + "@text\n{{bike}}\n@end\n", 5, "closes none"),
    (HEAD + "@text\nbike\n", 4, "@end"),
    (HEAD + "@colour red\n@text\nbike\n@end\n", 4, "@colour"),
    ("@note a-1\n@text\nbike\n@end\n", 1, "@setting"),
    (HEAD + "@minutes 97110=8\n@text\nbike\n@end\n", 1, "with evidence"),
    (HEAD + "@minutes 97110=many\n@text\n{{97110|bike}}\n@end\n", 1, "@minutes"),
    (HEAD + "@alternates 97110\n@text\n{{97110|bike}}\n@end\n", 1, "no label"),
    (HEAD + "@payer acme\n@text\nbike\n@end\n", 1, "payer"),
    (HEAD + "@total soon\n@text\nbike\n@end\n", 1, "whole minutes"),
    (HEAD + "@text\n{{99213|bike}}\n@end\n", 1, "services.toml"),
    (GOOD + GOOD, 8, "once"),
    ("stray\n" + GOOD, 1, "outside a text"),
    (HEAD, 1, "@text"),
    (HEAD + "@text\n \n@end\n", 5, "empty"),
    (HEAD + "@text\n{{97110|bike 8 min}}\n@minutes 97110=8\n@end\n", 6, "before @text"),
]


@pytest.mark.parametrize(("source", "line", "said"), BAD)
def test_bad_notes(tmp_path: Path, source: str, line: int, said: str) -> None:
    path = tmp_path / "a.notes"
    path.write_text(source)
    with pytest.raises(CorpusError) as caught:
        read_notes(path)
    assert caught.value.line == line
    assert said in str(caught.value)


def test_good_note(tmp_path: Path) -> None:
    path = tmp_path / "a.notes"
    path.write_text("# voice: a\n" + GOOD)
    (note,) = read_notes(path)
    assert note.text == "O: bike 8 min. next: steps"
    assert note.codes == ("97110",)
    assert [note.text[e.start : e.end] for e in note.evidence] == ["bike 8 min"]
    assert [(t.why, note.text[t.start : t.end]) for t in note.traps] == [("planned", "next: steps")]
    assert note.minutes == {"97110": 8}
    assert note.voice == "a"


def test_jsonl_round_trip(tmp_path: Path) -> None:
    notes = load_notes("test")[:40]
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in to_gold(notes)))
    for first, second in zip(notes, read_gold(path), strict=True):
        assert (first.id, first.text, set(first.codes), first.minutes) == (
            second.id, second.text, set(second.codes), second.minutes,
        )  # fmt: skip
        assert {(e.code, e.start, e.end) for e in first.evidence} <= {
            (e.code, e.start, e.end) for e in second.evidence
        }


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"id": "2"}', "'codes' is missing"),
        ('{"id": "2", "codes": [], "note": "x"}', "'text' is missing"),
        ('{"id": "2", "codes": [], "text": "x"', "it is no JSON: Expecting ',' delimiter at column 37"),
        ('{"id": "2", "codes": 97110, "text": "x"}', "a value is not of its kind"),
        ('["2"]', "a value is not of its kind"),
    ],
)
def test_bad_gold_names_its_line_and_what_is_wrong(line: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"id": "1", "text": "x", "codes": []}\n' + line + "\n")
    with pytest.raises(CorpusError) as raised:
        read_gold(path)
    assert str(raised.value).endswith(f"gold.jsonl:2: a line must be an object with id, text and codes; {why}")


def test_gold_may_name_codes_alone(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"id": "1", "text": "x", "codes": ["97110", {"code": "97116", "minutes": 8}]}\n')
    (note,) = read_gold(path)
    assert (note.codes, note.minutes, note.evidence) == (("97110", "97116"), {"97116": 8}, ())


def test_no_voice_in_two_splits_and_enough_notes() -> None:
    voices = [{n.voice for n in load_notes(split)} for split in SPLITS]
    assert not voices[0] & voices[1] | voices[0] & voices[2] | voices[1] & voices[2]
    notes = [n for split in SPLITS for n in load_notes(split)]
    assert len(notes) >= 300
    assert len({n.setting for n in notes}) >= 12
    assert {t.why for n in notes for t in n.traps} <= set(TRAPS)
    with pytest.raises(ValueError, match="split must be one of"):
        load_notes("dev")
