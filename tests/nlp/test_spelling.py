"""Slips of the fingers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import CorpusError
from corpus.spelling import load_ordinary, load_slips, load_spelling
from nlp.forms import singular
from nlp.pipeline import parse
from nlp.spelling import speller
from nlp.text import normal_form, read_form

SLIPS = [
    # a letter left out, added, exchanged; two that changed places
    ("tredmill", "treadmill"),
    ("treaddmill", "treadmill"),
    ("treadmell", "treadmill"),
    ("teradmill", "treadmill"),
    ("Balence", "balance"),
    ("SHOUDERS", "shoulder"),
    # known of two and more letters
    ("excersise", "exercise"),
    ("kneeding", "kneading"),
    # words of their own
    ("staining", "staining"),
    ("suitability", "suitability"),
    ("message", "message"),
    ("neighbour", "neighbour"),
    # the beginning of a longer word
    ("transf", "transf"),
    ("interp", "interp"),
    # too short, with a digit, another first letter
    ("bick", "bick"),
    ("exercis3", "exercis3"),
    ("mreadmill", "mreadmill"),
]


@pytest.mark.parametrize(("word", "read"), SLIPS)
def test_a_word_is_read_as_the_one_meant(word: str, read: str) -> None:
    assert read_form(word) == read


@given(st.sampled_from(sorted(load_spelling().words)))
def test_what_is_known_is_left_as_it_is(word: str) -> None:
    assert read_form(word) == normal_form(word)


@given(st.text(max_size=12))
def test_mending_again_changes_nothing(word: str) -> None:
    once = speller()(singular(word.lower()))
    assert speller()(once) == once


def test_what_follows_reads_the_word_meant() -> None:
    note = parse("Objectve: Tredmill 10 min. Masage was declned.\nAssesment: better")
    assert [s.name for s in note.sections or ()] == ["objective", "assessment"]
    assert [(m.concept.id, s.status) for s in note.segments or () for m in s.mentions][:2] == [
        ("treadmill", "performed"),
        ("massage-generic", "declined"),
    ]


WRONG = [
    ("Two\n", "a line must hold one word in small letters, got 'Two'", load_ordinary),
    ("two\ntwo\n", "a word must stand once, got 'two' again", load_ordinary),
    ("two\n", "a line must hold a slip and the word meant, in small letters, got 'two'", load_slips),
    ("tow two\ntow too\n", "a slip must stand once, got 'tow' again", load_slips),
]


@pytest.mark.parametrize(("text", "said", "load"), WRONG)
def test_a_wrong_line_is_named(text: str, said: str, load: object, tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("# words\n" + text)
    with pytest.raises(CorpusError, match=f"words.txt:[23]: {said}"):
        load(path)  # type: ignore[operator]
