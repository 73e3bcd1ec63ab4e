"""A session's tally below another part of the note ends that part."""

from __future__ import annotations

import pytest

from nlp.pipeline import parse

BELOW = [
    ("P: cont poc\n\nNMR 30   Gait 15   Tx time 45", ["NMR 30", "Gait 15   Tx time 45"]),
    (
        "POC: 2x4 wks. TE, MT prn\n\nPT EVAL LOW   30 min   1\nTHER EX       12 min   1",
        ["PT EVAL LOW   30 min   1", "THER EX       12 min   1"],
    ),
    ("HEP: SLR 3x10\nBike 10 min\nUS 8 min to pes anserine", ["Bike 10 min", "US 8 min to pes anserine"]),
    (
        "Dx: ACLR wk 9\n97110 Ther ex .... 25 min\n97140 Manual .... 10 min",
        ["97110 Ther ex =    25 min", "97140 Manual =    10 min"],
    ),
    # another day, a plan in lines of its own, one row without the session's time
    ("P: 2x/wk\nTE 15 min next visit\nMT 15 min", []),
    ("P: 2x/wk\nTE 15 min daily at home\nMT 15 min", []),
    ("Plan:\nTE 15 min\nMT 15 min\nTotal 30", []),
    ("P: cont poc\nGait training 15 min", []),
    ("Goals: walk 300 ft\nGait 150 ft in 4 wks\nTUG 14 s", []),
]


@pytest.mark.parametrize(("text", "done"), BELOW)
def test_a_tally_is_of_this_visit(text: str, done: list[str]) -> None:
    note = parse(text)
    found = [
        s
        for s in note.segments or ()
        if (s.marks or any(m.concept.priors for m in s.mentions)) and s.status == "performed"
    ]
    assert [note.text.flat[s.start : s.end] for s in found] == done


@pytest.mark.parametrize("heading", ["CHARGE CAPTURE", "Billing summary:", "Time breakdown:", "Codes billed:"])
def test_headings_of_billing_end_a_plan(heading: str) -> None:
    note = parse(f"PLAN\nCont 2x/wk. Resume SLS\n{heading}\nTherapeutic exercise  min: 24  units: 2")
    last = (note.segments or [])[-1]
    assert (last.status, (note.sections or [])[last.section].name) == ("performed", "billing")


def test_two_reasons_to_end_a_part_make_one_end() -> None:
    note = parse("subj: no giving way\nTherEx 25 min\nNMR 15 min\nTotal 40")
    assert all(s.start < s.end for s in note.sections or ())
