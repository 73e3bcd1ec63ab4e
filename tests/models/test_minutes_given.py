"""Minutes a person gave are told as the person's, and what the note lacks it still lacks."""

from __future__ import annotations

import pytest

from models.contract import ClaimItem
from models.suggester import Suggester

UNTIMED = (
    "11/02/2026 O: Gait training on level with FWW, cues for heel strike. Therex quad sets, SLR for strength. "
    "Total treatment 40 min."
)
TIMED = "11/02/2026 O: Gait training on level with FWW 15 min, cues for heel strike. Therex quad sets, SLR 10 min."
TOGETHER = (
    "TE and NMR 20 min: LAQ 3x10, tandem stance on foam for balance. Gait training 15 min with RW for foot clearance."
)


def _gaps(claim: ClaimItem) -> list[tuple[str, str]]:
    time = ("timed-", "code-minutes-", "codes-")
    return [(gap["id"], gap["says"]) for gap in claim["gaps"] if gap["id"].startswith(time)]


def _from(claim: ClaimItem) -> dict[str, tuple[int | None, str | None]]:
    return {line["code"]: (line["minutes"], line["minutes_from"]) for line in claim["lines"]}


def _said(claim: ClaimItem, code: str) -> list[str]:
    words = ("a person", "A person")
    return [
        c for line in claim["lines"] if line["code"] == code for c in line["cautions"] if any(w in c for w in words)
    ]


GIVEN = [
    (UNTIMED, {"97116": 20, "97110": 20}, {"97116": (20, "given"), "97110": (20, "given")}),
    (UNTIMED, {"97116": 20, "97110": None}, {"97116": (20, "given"), "97110": (None, None)}),
    (TIMED, {"97116": 40, "97110": 12}, {"97116": (40, "given"), "97110": (12, "given")}),
    (TIMED, {"97116": 15, "97110": 12}, {"97116": (15, "stated"), "97110": (12, "given")}),
    (TIMED, {"97116": None, "97110": 10}, {"97116": (None, None), "97110": (10, "stated")}),
    (
        TOGETHER,
        {"97112": 20, "97110": 12, "97116": 15},
        {"97112": (8, "derived"), "97110": (12, "given"), "97116": (15, "stated")},
    ),
]


@pytest.mark.parametrize(("text", "codes", "lines"), GIVEN)
def test_minutes_given_fill_no_gap_and_are_told_apart(
    suggester: Suggester,
    text: str,
    codes: dict[str, int | None],
    lines: dict[str, tuple[int | None, str | None]],
) -> None:
    before = suggester.suggest(text)["claim"]
    claim = suggester.revise(text, codes)
    assert _from(claim) == lines
    assert _gaps(claim) == _gaps(before)
    assert _gaps(claim)
    assert all(
        text[words["start"] : words["end"]] == words["text"] for gap in claim["gaps"] for words in gap["rests_on"]
    )


def test_the_line_says_what_the_note_has_instead(suggester: Suggester) -> None:
    claim = suggester.revise(UNTIMED, {"97116": 20, "97110": 20})
    assert _said(claim, "97116") == ["A person gave its 20 minutes; the note does not state them."]
    claim = suggester.revise(TIMED, {"97116": 40, "97110": None})
    assert _said(claim, "97116") == ["A person gave its 40 minutes; the note states 15."]
    assert _said(claim, "97110") == ["The note states 10; a person set these minutes aside."]
    claim = suggester.revise(TOGETHER, {"97110": 12, "97112": 20, "97116": 15})
    assert _said(claim, "97110") == [
        "A person gave its 12 minutes; the note states 20 for it and other work together."
    ]
    assert _said(claim, "97112") == [
        "Its 8 minutes are what a person's answer leaves of time; the note states 20 for it and other work together."
    ]
    assert not _said(claim, "97116")


def test_the_payer_who_wants_each_codes_minutes_stated_does_not_have_them(suggester: Suggester) -> None:
    (demand,) = suggester.revise(UNTIMED, {"97116": 20, "97110": 20}, "anthem")["demands"]
    assert (demand["demand"], demand["met"]) == ("per_code", False)
