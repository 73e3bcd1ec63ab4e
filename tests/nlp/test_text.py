"""Normalisation never moves a character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text import flatten, normal_form, read_text


@given(st.text())
def test_flattening_keeps_length(text: str) -> None:
    assert len(flatten(text)) == len(text)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_tokens_stand_where_they_say(text: str) -> None:
    note = read_text(text)
    assert note.text == text
    reach = 0
    for start, end, norm in zip(note.starts, note.ends, note.norms, strict=True):
        assert reach <= start < end <= len(text)
        assert normal_form(note.flat[start:end]) == norm
        reach = end


@given(st.text(alphabet="ab \r\n\t:.", max_size=60))
def test_lines_cover_all_but_breaks(text: str) -> None:
    note = read_text(text)
    kept = "".join(text[line.start : line.end] for line in note.lines)
    assert kept == text.replace("\r", "").replace("\n", "")


@pytest.mark.parametrize(
    ("text", "norms"),
    [
        ("3×10 SLR’s", ["3", "x", "10", "slr"]),
        ("Sit‑to‑stand", ["sit", "to", "stand"]),
        ("hip abd/add", ["hip", "abd", "add"]),
        ("a - b", ["a", "-", "b"]),
        ("15min @2.5mph", ["15", "min", "@", "2.5", "mph"]),
        ("x 8’ / rest", ["x", "8", "'", "/", "rest"]),
        ("1,000 ft", ["1,000", "ft"]),
    ],
)
def test_tokens(text: str, norms: list[str]) -> None:
    assert read_text(text).norms == norms


@pytest.mark.parametrize(
    ("word", "norm"),
    [("exercises", "exercise"), ("bridges", "bridge"), ("lunges", "lunge"), ("stretches", "stretch"), ("bodies", "body"),
     ("pelvis", "pelvis"), ("gross", "gross"), ("bus", "bus"), ("gas", "gas"), ("patient's", "patient")],
)  # fmt: skip
def test_simple_plurals(word: str, norm: str) -> None:
    assert normal_form(word) == norm


@pytest.mark.parametrize(
    ("text", "shouting"),
    [("TREADMILL X 10 MIN, SLR 3X10, BRIDGES", True), ("Treadmill x 10 min", False), ("US", False)],
)
def test_shouting(text: str, shouting: bool) -> None:
    assert read_text(text).shouting is shouting


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (r"S: sore\nO: bike 8 min", "S: sore \nO: bike 8 min"),
        (r"S: sore\r\nO: bike", "S: sore   \nO: bike"),
        ("see C:\\new\nO: bike", "see C:\\new\nO: bike"),
        (r"S: sore\tO: bike", r"S: sore\tO: bike"),
    ],
)
def test_escaped_line_ends_end_lines_where_there_are_no_others(text: str, wanted: str) -> None:
    assert read_text(text).flat == wanted
