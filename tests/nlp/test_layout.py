"""Sections, headings, pieces: one table each, with near-misses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.layout import split_pieces
from nlp.pipeline import parse
from nlp.sections import find_sections
from nlp.text import read_text

SECTIONS = [
    ("S: sore\nO: bike\nA: ok\nP: cont", ["subjective", "objective", "assessment", "plan"]),
    ("S:sore ankle.O:Bike 8 min.A:good.P:cont", ["subjective", "objective", "assessment", "plan"]),
    ("SUBJECTIVE: sore OBJECTIVE: bike PLAN: next", ["subjective", "objective", "plan"]),
    ("Subjective - sore\nTreatment - bike\nPlan - add", ["subjective", "intervention", "plan"]),
    ("S) sore\nO) bike", ["subjective", "objective"]),
    ("PLAN\nadd bike", ["plan"]),
    ("* HEP: bridges\n* Goals: walk", ["home_program", "goals"]),
    ("Past Medical History: HTN. Medications: none", ["history", "medication"]),
    ("Once warmed up: bike", [""]),
    ("Tx        bike 8 min\nNext      stairs\nHEP       bridges, clams", ["intervention", "plan", "home_program"]),
    ("Home\tbridges daily\nPlan\tadd stairs", ["home_program", "plan"]),
    # a service named with words behind it reaches to the line that opens with another's name; alone on its line, on to the end
    ("O:\nTher ex: SLR 3x10\nGait training 10 min\nP: cont", ["objective", "", "objective", "plan"]),
    ("O:\nTher ex: SLR 3x10\nSAQ 3x10\nther ex bike\nP: cont", ["objective", "", "plan"]),
    ("O:\nTher ex:\nSLR 3x10\nGait training 10 min\nP: cont", ["objective", "", "plan"]),
    ("Ther ex: SLR 3x10\nGait training 10 min\nP: cont", ["", "plan"]),
    # near-misses: no heading
    ("Next      stairs", []),
    ("Plan      stairs\nbike 8 min", []),
    ("Tx        sets   load\nNext      3      10", []),
    ("10:20 SWD to low back", []),
    ("we plan on more bike work", []),
    ("ratio 3:1 for rest", []),
    ("felt a: b", []),
    ("O2 sat 94%", []),
    ("Plan was discussed with him", []),
]


@pytest.mark.parametrize(("text", "names"), SECTIONS)
def test_sections(text: str, names: list[str]) -> None:
    assert [s.name for s in find_sections(read_text(text))] == names


ITEMS = [
    ("O:\nNuStep: 10 min\nK-tape: patella", ["objective"], ["NuStep: 10 min", "K-tape: patella"]),
    ("HEP: bridges\nNuStep: 10 min", ["home_program", ""], ["bridges", "NuStep: 10 min"]),
    ("PLAN\nNuStep: 10 min", ["plan"], ["NuStep: 10 min"]),
    ("Evaluation: 45 minutes", [], ["Evaluation: 45 minutes"]),
    ("Treadmill:\n8 min", [""], ["Treadmill", "8 min"]),
    # near-misses: headings
    ("Once warmed up: bike", [""], ["bike"]),
    ("R knee: bike 8 min", [""], ["bike 8 min"]),
    ("Ther Ex: bike 8 min", [""], ["Ther Ex", "bike 8 min"]),
    ("S: bike was hard", ["subjective"], ["bike was hard"]),
]


@pytest.mark.parametrize(("text", "sections", "segments"), ITEMS)
def test_a_treatment_before_a_colon_is_an_item(text: str, sections: list[str], segments: list[str]) -> None:
    note = parse(text)
    assert [s.name for s in note.sections or ()] == sections
    assert [text[s.start : s.end] for s in note.segments or ()] == segments


ENDED = [
    ("S: sore. Ther ex 20 min: SLR", ["subjective", ""], "SLR"),
    (
        "S: sore. Barriers to POC: none. Manual therapy 15 min to R knee",
        ["subjective", ""],
        "Manual therapy 15 min to R knee",
    ),
    ("Treated per POC:\n97110 38 min\n97140 15 min", [""], "97140 15 min"),
    ("Dx: R TKA. Gait training x 15 min with SPC", ["diagnosis", ""], "Gait training x 15 min with SPC"),
    ("Precautions: WBAT. TherEx (20 min): SLR 10 each side", ["precaution", ""], "SLR 10 each side"),
    ("PMH: DM. NMR 12' tandem stance", ["history", ""], "NMR 12' tandem stance"),
    ("Visit 4 of 12. POC: 2x/wk x 6 wk. Gait training 10 min w/ SPC", ["plan", ""], "Gait training 10 min w/ SPC"),
    ("HEP: reviewed. TherEx 20 min: SLR", ["home_program", ""], "SLR"),
    ("Last visit: TherEx 40 min. Today TherEx 20 min SLR", ["history", ""], "Today TherEx 20 min SLR"),
    ("S: sore. Today we did gait training for 15 min", ["subjective", ""], "Today we did gait training for 15 min"),
    ("Compliance with POC: good. NMR 10 min tandem", [""], "NMR 10 min tandem"),
    # near-misses: it goes on
    ("P: cont 2x/wk. TherEx 20 min: SLR", ["plan"], None),
    ("Plan: as before. Manual therapy 15 min, gait training 10 min", ["plan"], None),
    ("TherEx 20 min: SLR. POC: 2x/wk. Gait training 10 min: SPC", ["", "plan"], None),
    ("Eval 40 min. POC: 2x/wk x 6 wk. TherEx 20 min, gait training 10 min", ["plan"], None),
    ("Visit 4. POC: 2x/wk. Gait training 10 min per visit", ["plan"], None),
    ("HEP: SLR 3x10. TherEx 20 min daily", ["home_program"], None),
    ("HEP: bridges. TherEx 20 min", ["home_program"], None),
    ("Last visit: TherEx 40 min. Manual therapy 10 min", ["history"], None),
    ("S: sore. Gait training 15 min last time helped", ["subjective"], None),
    ("S: sore. Today walked better", ["subjective"], None),
    ("S: sore. Gait: antalgic", ["subjective"], None),
    ("S: did well with gait training 15 min", ["subjective"], None),
    ("Changes to POC: add manual therapy. Gait training 10 min", ["plan"], None),
    ("Tolerated well POC: continue", ["plan"], None),
]


@pytest.mark.parametrize(("text", "sections", "last"), ENDED)
def test_a_treatment_with_its_minutes_ends_what_is_no_plan(text: str, sections: list[str], last: str | None) -> None:
    note = parse(text)
    assert [s.name for s in note.sections or ()] == sections
    if last is not None:
        done = [text[s.start : s.end] for s in note.segments or () if s.status == "performed"]
        assert done[-1] == last


SERVICE_NAMES = [
    ("Manual Therapy: STM 6 min, mobs 8 min", [""]),
    ("O: Manual Therapy: STM 6 min", ["objective"]),
    ("S: sore. Manual Therapy: STM 6 min", ["subjective", ""]),
    ("P: add one. Manual Therapy: STM 6 min", ["plan"]),
    ("Neuromuscular Re-Education: tandem 6 min", [""]),
    ("Therapeutic Activities: STS 6 min", [""]),
    # near-misses: headings behind other words
    ("Therapy: bike", ["intervention"]),
    ("Patient Education: posture", ["education"]),
    ("felt ok Plan: bike", ["plan"]),
]


@pytest.mark.parametrize(("text", "names"), SERVICE_NAMES)
def test_the_last_word_of_a_services_name_is_no_heading(text: str, names: list[str]) -> None:
    assert [s.name for s in parse(text).sections or ()] == names


PIECES = [
    ("SLR 3x10, LAQ 3# 3x10", ["SLR 3x10", "LAQ 3# 3x10"]),
    ("walked 1,000 ft today", ["walked 1,000 ft today"]),
    ("STM to UT (prone, pillow) then bike", ["STM to UT (prone, pillow)", "then bike"]),
    ("[x] STM R UT  [ ] MFR  [x] bike", ["STM R UT", "MFR", "bike"]),
    ("97110 | bike | 15", ["97110", "bike", "15"]),
    ("1. bike 8 min\n2. SLR", ["bike 8 min", "SLR"]),
    ("- bike - 8 min", ["bike", "8 min"]),
    ("Dr. Jones called. Bike 8 min.", ["Dr. Jones called", "Bike 8 min"]),
    ("sat EOB w/ rail.STS x5", ["sat EOB w/ rail", "STS x5"]),
    ("transfer to BSC.Amb 45 ft", ["transfer to BSC", "Amb 45 ft"]),
    ("SLR 3x10.Then bike 8'.Ice", ["SLR 3x10", "Then bike 8'", "Ice"]),
    ("seen by PT.DPT, S/P M54.Z dx", ["seen by PT.DPT", "S/P M54.Z dx"]),
    ("1.Bridges 2.Squats", ["Bridges 2.Squats"]),
    ("We then walked, and he then stood", ["We then walked", "and he then stood"]),
    ("Testing 9:05 - 12:20, bike - 8 min", ["Testing 9:05 - 12:20", "bike", "8 min"]),
    ("2.5 lb ankle wt. knee ext 3x10", ["2.5 lb ankle wt. knee ext 3x10"]),
    ("pt fell asleep. no joint work", ["pt fell asleep", "no joint work"]),
    ("bike 10 min. quad sets 3x10", ["bike 10 min", "quad sets 3x10"]),
    ("US 8 min. to R shoulder", ["US 8 min. to R shoulder"]),
    ("balance class 30 min. 1:1 gait not done", ["balance class 30 min", "1:1 gait not done"]),
    ("TE 15 min. 1 unit", ["TE 15 min. 1 unit"]),
    ("did well, 10 min. glides", ["did well", "10 min. glides"]),
    ("rows 15 / stairs 10 min + steps", ["rows 15", "stairs 10 min", "steps"]),
    ("BP 120 / 80, min / mod A", ["BP 120 / 80", "min / mod A"]),
    ("warm up / blade work R hams / felt good", ["warm up", "blade work R hams", "felt good"]),
    ("step over / back on the line", ["step over / back on the line"]),
]


@pytest.mark.parametrize(("text", "pieces"), PIECES)
def test_pieces(text: str, pieces: list[str]) -> None:
    assert [text[p.start : p.end] for p in split_pieces(read_text(text), [])] == pieces


def test_checkbox_state() -> None:
    pieces = split_pieces(read_text("[x] STM [ ] US [X] bike ☑ ice ☐ heat"), [])
    assert [p.ticked for p in pieces] == [True, False, True, True, False]


@given(st.text(alphabet="ab1 ,.;:-()|[x]\n\r\t•", max_size=120))
def test_pieces_are_ordered_and_disjoint(text: str) -> None:
    reach = 0
    for piece in split_pieces(read_text(text), []):
        assert reach <= piece.start < piece.end <= len(text)
        reach = piece.end


TURNS = [
    ("contrast 12 min US 6 min AROM wrist 15 min", ["contrast 12 min", "US 6 min", "AROM wrist 15 min"]),
    ("TE 23' PROM + GH mobs 8' CP 10'", ["TE 23'", "PROM + GH mobs 8'", "CP 10'"]),
    ("12 min bike 8 min leg press", ["12 min bike", "8 min leg press"]),
    (
        "cued, 15 min then treadmill w/ harness 10 min for gait",
        ["cued", "15 min", "then treadmill w/ harness 10 min for gait"],
    ),
    ("US 8 min to R knee STM 10 min", ["US 8 min to R knee STM 10 min"]),
    # near-misses: one item with two times, times of two sentences, a list that was not done
    ("bike 5 min on 5 min off", ["bike 5 min on 5 min off"]),
    ("NormaTec 10 min. Boots 20 min", ["NormaTec 10 min", "Boots 20 min"]),
    ("did not tolerate UBE 4 min or pulleys 3 min", ["did not tolerate UBE 4 min or pulleys 3 min"]),
]


@pytest.mark.parametrize(("text", "segments"), TURNS)
def test_names_and_times_that_take_turns(text: str, segments: list[str]) -> None:
    assert [text[s.start : s.end] for s in parse(text).segments or ()] == segments


COORDINATED = [
    ("balance training and stair training w/ rail", ["balance training", "stair training w/ rail"]),
    ("ther ex and neuro re-ed", ["ther ex", "neuro re-ed"]),
    ("Did TE, NMR and MT", ["Did TE", "NMR", "MT"]),
    ("TE/NMR 30 min", ["TE", "NMR 30 min"]),
    ("massage 10 min for spasm and hip mobs 10 min", ["massage 10 min for spasm", "hip mobs 10 min"]),
    ("heel slides plus transfer training", ["heel slides", "transfer training"]),
    # near-misses: one service, an aim, a part of the body, a means
    ("squats and lunges", ["squats and lunges"]),
    ("strengthening for transfers and gait training", ["strengthening for transfers and gait training"]),
    ("squats for strength and balance", ["squats for strength and balance"]),
    ("STM to calf and quad", ["STM to calf and quad"]),
    ("gait training w/ RW and cues", ["gait training w/ RW and cues"]),
]


@pytest.mark.parametrize(("text", "segments"), COORDINATED)
def test_treatments_of_two_services_are_two_segments(text: str, segments: list[str]) -> None:
    found = parse(text).segments or ()
    assert [text[s.start : s.end] for s in found] == segments


def test_a_name_does_not_reach_back_over_an_item_with_its_own_time() -> None:
    assert [s.strong for s in parse("TE 23' GH mobs 8' CP 10'").segments or ()] == [("ther_ex",), (), ("hot_cold",)]


ON_AND_ON = (
    "so he came in sore from the move and we ran the bands for the shoulder blades and stretched the chest wall {} and that was about all "
    "the time we had because the van was waiting at the door and he wanted a coffee first so I let him go and wrote this down in the hall"
)
"""A sentence without a stop; what is said in the middle is what each case is about."""
RUN_ON = [
    ("and glided the head of the humerus back", ["and glided the head of the humerus back"], []),
    ("and on to the big mat for kneeling work", ["and on to the big mat for kneeling work"], []),
    ("he wants the ball toss back", ["he wants the ball toss back"], []),
    ("no ice this time", ["no ice this time"], []),
    ("and never got to the bike", ["and never got to the bike"], []),
    ("then quad sets over the roll", ["then quad sets over the roll"], []),
    # near-misses: two things of one kind, a clause that hangs on what stands before it
    ("and the wand and the red tube", [], ["and the wand and the red tube"]),
    ("in the bars where he walked with two hands", [], ["where he walked with two hands"]),
    ("because I told her she could rest", [], ["I told her she could rest"]),
    ("and back and down till it let go", [], ["and back and down till it let go"]),
]


@pytest.mark.parametrize(("words", "cut", "kept"), RUN_ON)
def test_a_sentence_that_goes_on_and_on_is_cut_before_what_came_next(
    words: str, cut: list[str], kept: list[str]
) -> None:
    text = ON_AND_ON.format(words)
    segments = [text[s.start : s.end] for s in parse(text).segments or []]
    assert all(one in segments for one in cut), segments
    assert all(any(one in segment for segment in segments) for one in kept), segments


def test_what_came_next_is_another_sentence_where_one_goes_on_and_on() -> None:
    segments = parse(ON_AND_ON.format("and never got to the bike")).segments or []
    assert len({s.sentence for s in segments}) >= 5
    assert (
        len(
            {
                s.sentence
                for s in parse("We ran the bands and stretched the chest and never got to the bike").segments or []
            }
        )
        == 1
    )


UNMARKED = [
    (
        "IASTM along the outer thigh heel slides and bridges over the roll for as long as he could stand it today",
        [
            "IASTM along the outer thigh",
            "heel slides and bridges over the roll for as long as he could stand it today",
        ],
    ),
    ("ultrasound to the tendon heel slides", ["ultrasound to the tendon heel slides"]),
    (
        "soft tissue mobilization of the calf to get him ready for heel raises on the edge of the low step in the hall by the gym",
        [
            "soft tissue mobilization of the calf to get him ready for heel raises on the edge of the low step in the hall by the gym"
        ],
    ),
]


@pytest.mark.parametrize(("text", "segments"), UNMARKED)
def test_a_long_clause_without_a_mark_is_cut_between_services(text: str, segments: list[str]) -> None:
    assert [text[s.start : s.end] for s in parse(text).segments or []] == segments
