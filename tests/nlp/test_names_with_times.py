"""A service's name and the time right behind it are one segment, however they are set apart."""

from __future__ import annotations

import pytest

from nlp.credentials import credential_runs
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
