"""The answer for a person: the words are marked in their lines, each line once, cut between words."""

from __future__ import annotations

import io
from typing import Any, cast

import pytest
from rich.console import Console

from models.contract import Answer, EvidenceItem, SuggestionItem, bare_item
from service.render import line_around, print_answer


def _item(text: str, *quotes: str) -> SuggestionItem:
    evidence = [
        EvidenceItem(
            start=text.index(q), end=text.index(q) + len(q), text=q, concept="", contribution=2.0, because="performed"
        )
        for q in quotes
    ]
    return {**bare_item("97110", "Therapeutic exercise"), "evidence": evidence, "rank": 1}


def _printed(text: str, *quotes: str, terminal: bool = False) -> list[str]:
    claim: dict[str, Any] = {
        "payer": "cash",
        "rule": "cms",
        "review": None,
        "timed_minutes": None,
        "total_minutes": None,
        "date": "2026-11-02",
    }
    answer = cast(
        Answer, {"suggestions": [_item(text, *quotes)], "interventions": [], "claim": claim, "bundle": "b1"}
    )
    out = io.StringIO()
    print_answer(
        Console(file=out, width=300, force_terminal=terminal, color_system="standard" if terminal else None),
        text,
        answer,
    )
    return out.getvalue().splitlines()


def test_words_are_marked_where_no_style_is_shown() -> None:
    text = "O: Treadmill 10 min for endurance. 😀 MT: STM 12 min"
    lines = _printed(text, "MT: STM 12 min")
    assert lines[1].startswith("  + O: Treadmill 10 min for endurance. 😀 «MT: STM 12 min»   performed")
    assert "«" not in "".join(_printed(text, "MT: STM 12 min", terminal=True))
    assert lines[-1] == "payer cash, unit rule cms, date of service 2026-11-02; bundle b1"


def test_a_line_is_shown_once_with_all_its_words() -> None:
    text = (
        "Bike 6 min, "
        + "then rested a while and talked of the weekend, " * 2
        + "SLR 3x10, squats x10 and "
        + "words " * 30
    )
    lines = [line for line in _printed(text, "SLR 3x10", "Bike 6 min", "squats x10") if line.startswith("  + ")]
    assert len(lines) == 1
    assert all(f"«{quote}»" in lines[0] for quote in ("SLR 3x10", "Bike 6 min", "squats x10"))
    assert lines[0].count("SLR") == 1


@pytest.mark.parametrize("length", range(55, 75))
def test_lines_are_cut_between_words(length: int) -> None:
    text = ("abcdefg " * 20)[:length] + " Bike 6 min " + "hijklmn " * 20
    line, start, end = line_around(text, length + 1, length + 11)
    assert line[start:end] == "Bike 6 min"
    assert all(word in text.split() for word in line.split())
    shown = next(line for line in _printed(text, "Bike 6 min") if line.startswith("  + "))
    assert " …   performed" in shown
    assert shown.startswith("  + … ") == (not text.startswith(line))


def test_a_word_longer_than_the_window_is_not_shown_in_part() -> None:
    text = "x" * 200 + "bike" + "y" * 200
    assert line_around(text, 200, 204)[0] == "bike"


def test_no_line_ends_in_blanks() -> None:
    assert not [line for line in _printed("Bike 6 min", "Bike 6 min") if line != line.rstrip()]
