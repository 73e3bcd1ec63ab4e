"""A service's name and the time right behind it are one segment, however they are set apart."""

from __future__ import annotations

import pytest

from nlp.credentials import credential_runs
from nlp.facts import debrided_area
from nlp.pipeline import parse
from nlp.text import read_text


def pieces(text: str) -> list[str]:
    note = parse(text)
    return [note.text.flat[s.start : s.end] for s in note.segments or ()]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("TE: 25 min\nMT: 15 min", ["TE: 25 min", "MT: 15 min"]),
        ("TE: 15 min bike. MT: 15 min STM", ["TE: 15 min bike", "MT: 15 min STM"]),
        ("Ther ex 25 min\nManual 10 min", ["Ther ex 25 min", "Manual 10 min"]),
        ("NMR 20 (VOR x1) GT 10 (turns)", ["NMR 20 (VOR x1)", "GT 10 (turns)"]),
        # no time: the heading stands alone
        ("MT: STM 10 min", ["MT", "STM 10 min"]),
        ("TE: 3x10 SLR", ["TE", "3x10 SLR"]),
        ("S: 25 min late", ["25 min late"]),
    ],
)
def test_pieces(text: str, found: list[str]) -> None:
    assert pieces(text) == found


@pytest.mark.parametrize(
    ("text", "services"),
    [
        ("Ther ex 25 min bike, SLR. MT 10 min STM.", [("ther_ex",), (), ("manual",)]),
        # behind a list without words of its own, the name is that of the list
        ("STM, PA glides, MT 12'", [("manual",), ("manual",), ("manual",)]),
    ],
)
def test_a_name_that_opens_a_sentence_does_not_reach_back(text: str, services: list[tuple[str, ...]]) -> None:
    assert [s.strong for s in parse(text).segments or ()] == services


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("Ann Lee, PT, DPT, OCS, CSCS", ["PT, DPT, OCS, CSCS"]),
        ("Jo Ray, MS, OTR/L, CHT", ["MS, OTR/L, CHT"]),
        ("J Ray PT", []),
        ("Ray, PT/L", []),
        ("Continue PT, OT. SCS to R piriformis.", []),
    ],
)
def test_letters_behind_a_name(text: str, runs: list[str]) -> None:
    note = read_text(text)
    assert [note.text[note.starts[a] : note.ends[b - 1]] for a, b in credential_runs(note)] == runs


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Total time 1h05.", 65),
        ("Total time 2h15.", 135),
        ("Total time: 1 hr 5 min.", 65),
        # not two digits of minutes
        ("Total time 1h 3x10.", 60),
        ("Total time 1h75.", 60),
    ],
)
def test_hours_with_their_minutes_behind_the_letter(text: str, value: int) -> None:
    assert [m.value for m in parse(text).measures or () if m.kind == "total"] == [value]


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("Debrided heel wound 35 mm x 20 mm", 7.0),
        ("Debrided heel wound 35 x 20 mm", 7.0),
        ("Debrided heel wound 3.5 x 2 cm", 7.0),
        ("Debrided heel wound 3.5 cm x 2 cm x 4 mm deep", 7.0),
        ("Debrided heel wound 20 mm deep", None),
    ],
)
def test_a_wound_in_millimetres(text: str, area: float | None) -> None:
    found = debrided_area(read_text(text), [(0, len(text))])
    assert (found[0] if found else None) == area
