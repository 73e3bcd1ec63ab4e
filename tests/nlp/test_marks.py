"""Services named by the writer: where a name is a heading, a total, part of a list, or just a word."""

from __future__ import annotations

import pytest

from corpus.services import service_of_code
from nlp.marks import find_marks
from nlp.pipeline import parse
from nlp.text import read_text

CASES = [
    ("Ther Ex: SLR 3x10", [("ther_ex", "head")]),
    ("TE - SLR 3x10", [("ther_ex", "head")]),
    ("97110 SLR 3x10", [("ther_ex", "head")]),
    ("Manual therapy (15 min): STM", [("manual", "head")]),
    ("MANUAL THERAPY\nSTM to UT", [("manual", "head")]),
    ("SLR 3x10 => TE 23'", [("ther_ex", "tail")]),
    ("STM to UT, MT 12 min", [("manual", "tail")]),
    ("TE 15, MT 15.", [("ther_ex", "list"), ("manual", "list")]),
    ("te 20 nmr 15 mt 10", [("ther_ex", "list"), ("neuro_reed", "list"), ("manual", "list")]),
    ("NMR 22 / att ES 8", [("neuro_reed", "list"), ("attended_stim", "list")]),
    ("NMR: foam", [("neuro_reed", "head")]),
    ("Gait training 9:40-9:55 with cane", [("gait", "tail")]),
    ("Ther ex from 10:05 to 10:20", [("ther_ex", "head")]),
    ("Ther ex 9:00 AM-9:23 AM: SLR", [("ther_ex", "head")]),
    ("9:00 am - 9:23 am ther ex: SLR", [("ther_ex", "head")]),
    ("at 9:00 am ther ex felt hard", []),
    ("Manual therapy 15: STM", [("manual", "head")]),
    ("Did TE and NMR well", [("ther_ex", "inline"), ("neuro_reed", "inline")]),
    ("US, MT + TE today", [("ultrasound", "inline"), ("manual", "inline"), ("ther_ex", "inline")]),
    ("TE and NMR: squats", [("ther_ex", "head"), ("neuro_reed", "head")]),
    ("gait, transfers", [("gait", "inline"), ("ther_act", "inline")]),
    # a name with its code, and a dotted leader
    ("NEUROMUSCULAR RE-ED 97112 ....... 10 min\n SLR", [("neuro_reed", "head"), ("neuro_reed", "head")]),
    ("Manual Therapy (97140) - 12 min\nSTM", [("manual", "head"), ("manual", "head")]),
    ("97530 Therapeutic Activities ..... 15 min\nlifts", [("ther_act", "head"), ("ther_act", "head")]),
    ("Gait training, CPT 97116", [("gait", "tail")]),
    ("SLR, TE 97110 15 min, MT 97140 10 min", [("ther_ex", "tail"), ("manual", "tail")]),
    ("Ther ex ......", [("ther_ex", "head")]),
    # glued to the amount before it
    ("side plank 4x15sTherapeutic Activities (10 min)lifts", [("ther_act", "head")]),
    (
        "x10repsManual Therapy (9 min)PA gr III L4Neuromuscular Re-ed: SLS",
        [("manual", "head"), ("neuro_reed", "head")],
    ),
    ("hold 30 secGait Training: cues", [("gait", "head")]),
    ("LAQ 3x10 sTherapeutic", []),
    ("3x10Manual resistance", []),
    ("walkedGait Training: cues", []),
    # behind their time
    ("15 min MT.", [("manual", "tail")]),
    ("20 min TE, 15 min NMR", [("ther_ex", "list"), ("neuro_reed", "list")]),
    ("Planned 30 min MT; stopped after 8 min", [("manual", "tail")]),
    ("Received 12 min of GT with RW", [("gait", "tail")]),
    ("10' TA today", [("ther_act", "tail")]),
    # near-misses: only words
    ("12 min GT bursa tender", []),
    ("10 min mt. ", []),
    ("held 3 MT pads", []),
    ("5 min MT joint mobs", []),
    ("SI joint and GT pain", []),
    ("US GT bursa", []),
    ("needs gait, transfers help", []),
    ("TE was hard and MT easy", []),
    ("gait is antalgic", []),
    ("worked on balance in standing", []),
    ("he met his mt goals", []),
    ("massage to calf", []),
    ("MT joint tender", []),
    ("us for a while", []),
    ("mt 10", []),
    ("gait 4/5 balance 3/5", []),
    ("te 20, then slept", []),
    ("seen for mt at 9:40", []),
    # names within the longer name of what is known as something else
    ("Manual cervical traction 8 min", []),
    ("had a spa massage 60 min", []),
    ("gait training 3:1 work to rest", []),
]


@pytest.mark.parametrize(("text", "marks"), CASES)
def test_marks(text: str, marks: list[tuple[str, str]]) -> None:
    assert [(m.service, m.role) for m in find_marks(read_text(text))] == marks


LISTS = [
    ("ice tens therapeutic ultrasound", ["ice", "tens", "therapeutic ultrasound"]),
    ("heat estim massage", ["heat", "estim", "massage"]),
    ("US MFR TherEx", ["US", "MFR", "TherEx"]),
    ("ice massage to heel", ["ice massage to heel"]),
    ("ultrasound gel massage", ["ultrasound gel massage"]),
    ("heat estim massage helped", ["heat estim massage helped"]),
    ("TE 20 NMR 15 MT 10", ["TE 20", "NMR 15", "MT 10"]),
    ("20 min TE 15 min NMR 10 min MT", ["20 min TE", "15 min NMR", "10 min MT"]),
    ("TE x 15 min NMR x 15 min", ["TE x 15 min", "NMR x 15 min"]),
    ("te 20/nmr 15", ["te 20", "nmr 15"]),
    ("TE(15) MT(10). Total 25", ["TE(15)", "MT(10)", "Total 25"]),
    ("STM and glides MT 12'", ["STM and glides MT 12'"]),
    ("bike 8 min and quad sets 3x10 & SLR 3x10", ["bike 8 min", "quad sets 3x10", "SLR 3x10"]),
    (
        "treadmill 8 min then seated dressing training 15 min",
        ["treadmill 8 min", "then seated dressing training 15 min"],
    ),
    ("walked 150 ft and 2 turns", ["walked 150 ft and 2 turns"]),
    ("SLR 3x10 and 2 lb", ["SLR 3x10 and 2 lb"]),
    ("rest 5 min and SLR", ["rest 5 min and SLR"]),
    ("MHP x10 min and IFC", ["MHP x10 min", "IFC"]),
    ("TE/NMR/MT = 21/12/9", ["TE", "NMR", "MT =", "21/12/9"]),
    ("TE > MT > GT :: 18 > 14 > 9", ["TE", "MT", "GT", "18 > 14 > 9"]),
    ("[x]97110 _18_  [x]97112 _9_", ["97110 _18", "97112 _9"]),
    ("22' 97530 · 11' 97116", ["22' 97530", "11' 97116"]),
    ("9MT 22TE 11GT", ["9MT", "22TE", "11GT"]),
    ("Eval 9:00-9:40. Gait training 9:40-9:55", ["Eval 9:00-9:40", "Gait training 9:40-9:55"]),
]


@pytest.mark.parametrize(("text", "segments"), LISTS)
def test_a_list_of_names_and_amounts_is_cut_into_items(text: str, segments: list[str]) -> None:
    assert [text[s.start : s.end] for s in parse(text).segments or []] == segments


REACH = [
    ("Ther Ex: SLR 3x10, LAQ 3x10\nManual: STM", {"LAQ 3x10": ("ther_ex",), "STM": ("manual",)}),
    ("Ther Ex:\nSLR 3x10\nLAQ 3x10\n\nfelt good", {"LAQ 3x10": ("ther_ex",), "felt good": ()}),
    ("SLR 3x10, LAQ 3x10 TE 23'\nSTM MT 12'", {"SLR 3x10": ("ther_ex",), "STM MT 12'": ("manual",)}),
    ("SLR 3x10\nLAQ 3x10\n=> TE 23'", {"SLR 3x10": ("ther_ex",)}),
    (
        "Group: 4 patients chair ex 20 min. TE 1:1: SLR 3x10",
        {"TE 1:1": ("ther_ex",), "SLR 3x10": ("ther_ex",)},
    ),
    ("Exercise 40 min. TE: SLR 3x10", {"SLR 3x10": ("ther_ex",)}),
    ("S: TE was hard\nO: SLR 3x10", {"SLR 3x10": ()}),
]


@pytest.mark.parametrize(("text", "reach"), REACH)
def test_reach(text: str, reach: dict[str, tuple[str, ...]]) -> None:
    got = {text[s.start : s.end]: s.strong for s in parse(text).segments or ()}
    assert {words: got[words] for words in reach} == reach


@pytest.mark.parametrize(
    "run",
    [
        " ",
        "\t",
        "TE ",
        "TE   ",
        "12 min ",
        "bike 8 min and ",
        "<b>",
        "US 8 min:  ",
        "9:00 - 9:30 ",
        "x ",
        "( ",
        "-",
        "gait training, ",
    ],
)
def test_long_runs_are_read(run: str) -> None:
    """Patterns that backtrack over white space took minutes on such a text; it must at least come to an end."""
    text = "TE" + run * (3000 // len(run)) + " 5"
    note = parse(text)
    assert all(0 <= s.start < s.end <= len(text) for s in note.segments or ())


FORMS = [
    ("APs x20", ["ankle-pumps"]),
    ("QSs x10, SLRs x10", ["quad-sets", "slr"]),
    ("qss x10", []),
    ("AP gr III 3 min", ["joint-mobilization-grade"]),
    ("AP x30 supine", ["ankle-pumps"]),
    ("lats 30# 3x10", ["lat-pulldown"]),
    ("lat epi wk 10", []),
]


@pytest.mark.parametrize(("text", "concepts"), FORMS)
def test_short_forms_and_their_look_alikes(text: str, concepts: list[str]) -> None:
    note = parse(text)
    assert [m.concept.id for s in note.segments or [] for m in s.mentions if m.concept.priors] == concepts


LETTERED = [
    ("G0541 30 min: lifts with the daughter", [("caregiver_training", "head", "G0541")]),
    ("Taught lifts to the daughter G0541-GP", [("caregiver_training", "tail", "G0541")]),
    (
        "Caregiver training (G0541): lifts",
        [("caregiver_training", "head", None), ("caregiver_training", "head", "G0541")],
    ),
    ("G0541..30, 97110..15", [("caregiver_training", "list", "G0541"), ("ther_ex", "list", "97110")]),
    # no code of the catalogue, none by itself, and a code of the catalogue that is no service's
    ("G9999 30 min", []),
    ("BG0541 30 min, G05411", []),
    ("G0281 15 min", []),
]


@pytest.mark.parametrize(("text", "expected"), LETTERED)
def test_any_code_of_the_catalogue_is_read(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: list[tuple[str, str, str | None]]
) -> None:
    """A code with a letter becomes a service by data alone."""
    services = {**service_of_code(), "G0541": ("caregiver_training",)}
    for module in ("nlp.marks", "nlp.names"):
        monkeypatch.setattr(f"{module}.service_of_code", lambda: services)
    assert [(m.service, m.role, m.code) for m in find_marks(read_text(text))] == expected
