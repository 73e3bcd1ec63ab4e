"""Runs last, and once more as each test process ends: nothing that was logged or said as an error holds words of a note."""

from __future__ import annotations

import logging

from tests_support import TRAP, TextTrap

from models.suggester import Suggester


def test_the_trap_catches(suggester: Suggester) -> None:
    trap = TextTrap()
    trap.notes.add("zebra yodels under marmalade clouds")
    trap.errors.append("three of its words: zebra yodels under")
    assert trap.leaks() == 0
    trap.errors.append("warning: zebra yodels under marmalade clouds seen")
    assert trap.leaks() == 1
    suggester.suggest("zebra yodels under marmalade clouds")
    logging.getLogger("soapcode.test").debug("a harmless line")
    assert "zebra yodels under marmalade clouds" in TRAP.notes
    assert "a harmless line" in TRAP.lines


def test_no_note_text_in_any_log_line_or_error() -> None:
    assert TRAP.notes
    assert TRAP.lines
    assert TRAP.leaks() == 0
