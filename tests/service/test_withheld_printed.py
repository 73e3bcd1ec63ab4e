"""The terminal says why a likely code is not suggested."""

from __future__ import annotations

import io

from rich.console import Console

from models.suggester import Suggester
from service.render import print_answer

BOXES = "[x] Therapeutic exercise 20 min\n[ ] Gait training 15 min\n[x] Manual therapy 10 min\n[ ] Ultrasound"


def test_why_a_weaker_code_does_not_count_is_printed(suggester: Suggester) -> None:
    out = io.StringIO()
    print_answer(Console(file=out, width=200), BOXES, suggester.suggest(BOXES))
    weaker = out.getvalue().partition("Weaker, not suggested:")[2]
    assert "97116" in weaker
    assert "- Gait training 15 min   box not ticked" in weaker
    assert "! None of its words tells of work" in weaker
