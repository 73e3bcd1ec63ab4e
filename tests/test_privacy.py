"""Runs last: nothing that was logged or said as an error holds words of a note."""

from __future__ import annotations

import logging
import re

from tests_support import TRAP

from models.suggester import Suggester

_WORDS = 4
_FRAMEWORK = re.compile(r"^(Using (selector|proactor)|HTTP Request: )")


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + _WORDS]) for i in range(len(words) - _WORDS + 1)}


def test_the_trap_catches(suggester: Suggester) -> None:
    suggester.suggest("zebra yodels under marmalade clouds")
    leak = _shingles("warning: zebra yodels under marmalade clouds seen")
    assert any(leak & _shingles(note) for note in TRAP.notes)
    logging.getLogger("soapcode.test").debug("a harmless line")
    assert "a harmless line" in TRAP.lines


def test_no_note_text_in_any_log_line_or_error(suggester: Suggester) -> None:
    assert TRAP.notes
    assert TRAP.lines
    notes = {shingle for note in TRAP.notes for shingle in _shingles(note)}
    for line in {*TRAP.lines, *TRAP.errors}:
        assert not (_shingles(line) & notes), "a log line or error repeats four words of a note in a row"
