"""What the answer cites, and what two modalities in one clause become."""

from __future__ import annotations

import numpy as np
import pytest

from models.columns import COLUMN, SERVICES
from models.minutes import Allocation
from models.standing import Given, standing
from models.suggester import Suggester
from nlp.pipeline import parse

NOTE = """S: Knee easier on stairs.
O: Ther Ex: bike 8 min, SLR 3x10, mini squats 3x10 - 23 min
Manual: patellar glides gr III, STM to quads - 12 min
IFC + MHP to R knee x 15 min
Total time 50 min, timed 35
A: Tolerated well."""


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("IFC + MHP x 15 min", ["IFC", "MHP x 15 min"]),
        ("MHP 10 min and ultrasound 8 min", ["MHP 10 min", "ultrasound 8 min"]),
        ("ice and stim 15'", ["ice", "stim 15'"]),
        ("walked w/ RW", ["walked w/ RW"]),
        ("MHP and rest", ["MHP and rest"]),
    ],
)
def test_modalities_joined_in_one_clause_are_two_segments(text: str, pieces: list[str]) -> None:
    segments = parse(text).segments or []
    assert [text[s.start : s.end] for s in segments] == pieces
    assert [s.joined for s in segments] == [False, True][: len(pieces)]


def test_both_modalities_are_found_with_the_time_they_share(suggester: Suggester) -> None:
    found = {i["code"]: i for i in suggester.suggest(NOTE)["suggestions"] if i["suggested"]}
    assert {"97010", "G0283"} <= set(found)
    assert found["97010"]["minutes"] == found["G0283"]["minutes"] == 15
    assert any("other services" in c for c in found["97010"]["cautions"])


def test_session_totals_carry_no_code(suggester: Suggester) -> None:
    cited = [e["text"] for i in suggester.suggest(NOTE)["suggestions"] if i["suggested"] for e in i["evidence"]]
    assert cited
    assert not [words for words in cited if "otal" in words or "timed" in words]


@pytest.mark.parametrize(("times", "met"), [("Time in 9:00 time out 9:30", True), ("P: next visit at 9:00.", False)])
def test_clock_times_of_the_note_meet_what_the_payer_demands(suggester: Suggester, times: str, met: bool) -> None:
    text = f"O: Ther Ex: SLR 3x10, mini squats 3x10 - 23 min\n{times}"
    assert [d["met"] for d in suggester.suggest(text, "uhc")["claim"]["demands"]] == [met]
    assert [d["met"] for d in suggester.revise(text, {"97110": 20}, "uhc")["demands"]] == [met]


TOGETHER = "TE and NMR 20 min: LAQ 3x10, tandem stance. Gait training 15 min with RW for foot clearance."


def test_a_time_stated_for_two_timed_codes_counts_once(suggester: Suggester) -> None:
    told = suggester.suggest(TOGETHER)
    assert {i["code"]: i["minutes"] for i in told["suggestions"] if i["suggested"]} == {
        "97110": 20,
        "97112": 20,
        "97116": 15,
    }
    claim = told["claim"]
    assert (claim["timed_minutes"], claim["timed_units"]) == (35, 2)
    assert {line["code"]: line["units"] for line in claim["lines"]} == {"97110": None, "97112": None, "97116": 1}
    assert [sorted(g["codes"]) for g in claim["gaps"] if g["id"] == "code-minutes-shared"] == [["97110", "97112"]]
    assert not [gap for gap in claim["gaps"] if gap["id"] == "code-minutes-missing"]
    apart = suggester.suggest("TE 20 min: LAQ 3x10. Gait training 15 min with RW for foot clearance.")["claim"]
    assert (apart["timed_minutes"], apart["timed_units"], apart["shared_minutes"]) == (35, 2, [])


@pytest.mark.parametrize(
    ("chosen", "minutes", "shared"),
    [
        ({"97110": 20, "97112": 20, "97116": 15}, {"97110": None, "97112": None, "97116": 15}, 20),
        ({"97110": 12, "97112": 20, "97116": 15}, {"97110": 12, "97112": 8, "97116": 15}, None),
        ({"97110": 12, "97112": 9, "97116": 15}, {"97110": 12, "97112": 9, "97116": 15}, None),
        ({"97110": 20, "97116": 15}, {"97110": 20, "97116": 15}, None),
        ({"97110": 20, "97112": 20, "97116": 10}, {"97110": None, "97112": None, "97116": 10}, 20),
    ],
)
def test_what_a_person_says_of_a_shared_time_divides_it(
    suggester: Suggester, chosen: dict[str, int | None], minutes: dict[str, int | None], shared: int | None
) -> None:
    claim = suggester.revise(TOGETHER, chosen)
    assert {line["code"]: line["minutes"] for line in claim["lines"]} == minutes
    assert [time["minutes"] for time in claim["shared_minutes"]] == ([] if shared is None else [shared])


def test_heat_with_stimulation_fits_into_the_session_once(suggester: Suggester) -> None:
    note = "O: TherEx 20 min: LAQ 3x10 for quad strength. IFC 15 min with MHP to R knee for pain.\nTotal treatment time 35 min."
    assert suggester.suggest(note)["claim"]["contradictions"] == []
    longer = suggester.suggest(note.replace("35", "34"))["claim"]["contradictions"]
    assert any("come to 35, more than the session total of 34" in said for said in longer)


def test_a_box_left_empty_beside_ticked_ones_is_not_billed(suggester: Suggester) -> None:
    def found(note: str) -> set[str]:
        return {i["code"] for i in suggester.suggest(note)["suggestions"] if i["suggested"]}

    assert found("[x] Ther Ex 15 min [ ] Manual 15 min [x] NMR 10 min [ ] Gait 15 min") == {"97110", "97112"}
    assert "97140" in found("[x] Ther Ex 15 min [x] Manual 15 min [ ] NMR 10 min")


@pytest.mark.parametrize(
    ("text", "code", "suggested"),
    [
        ("Initial evaluation low complexity 30 min.\n\nHEP taught.", "98975", False),
        ("RTM: set up app and sensor, taught pt use of device 15 min.", "98975", True),
        ("RTM mgmt 98980 (98981 not met)", "98981", False),
        ("RTM mgmt 98980, 98981", "98981", True),
    ],
)
def test_remote_monitoring_needs_words_for_it(suggester: Suggester, text: str, code: str, suggested: bool) -> None:
    found = [i["code"] for i in suggester.suggest(text)["suggestions"] if i["suggested"]]
    assert (code in found) is suggested


@pytest.mark.parametrize(
    ("text", "gait"),
    [
        (
            "Prosthetic training 40 min: donned liner, standing in parallel bars, walking in bars 4 lengths with cues",
            False,
        ),
        ("Prosthetic training (30 min)\n- liner roll on x3\n- walking 10 ft x6 in bars, CGA, cues for knee", False),
        ("Prosthetic training 25 min: donning, sock ply. Gait 15 min: RW 60 ft x3, cues equal step.", True),
        ("Prosthetic training: donning, ply, 20 min. Walked in bars 6 lengths, cues equal step, 15 min.", True),
        (
            "Prosthetic training 30 min: donning. TE 10 min. Ambulated with RW 150 ft, cues for step length, 12 min.",
            True,
        ),
    ],
)
def test_walking_is_part_of_prosthetic_training_unless_it_has_a_name_or_time(
    suggester: Suggester, text: str, gait: bool
) -> None:
    found = {i["code"] for i in suggester.suggest(text)["suggestions"] if i["suggested"]}
    assert "97761" in found
    assert ("97116" in found) is gait


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Manual traction last time 5 min", set()),
        ("Manual traction 5 min", {"97140"}),
        ("Leg press 3x10, 10 lb more than last time", {"97110"}),
        ("amb status 50 ft RW CGA", set()),
        ("RTM. Set up and taught the app 10/19, billed then. 24 min management, 1 call.", {"98980"}),
    ],
)
def test_firm_cues_are_overruled_by_nothing(suggester: Suggester, text: str, codes: set[str]) -> None:
    assert {i["code"] for i in suggester.suggest(text)["suggestions"] if i["suggested"]} == codes


def test_a_service_that_yields_takes_no_rival_with_it(suggester: Suggester) -> None:
    """Massage strokes beside mobilisation of one area are an alternate (guide section 4), however much surer they are."""
    reading = suggester.read("worked the calf loose with thumb and blade, then long strokes to finish")
    massage, manual = COLUMN["massage"], COLUMN["manual"]
    reading.cited.update({massage: [0], manual: [0]})
    both = np.zeros(len(SERVICES), dtype=bool)
    both[[massage, manual]] = True
    for surer in (massage, manual):
        reading.probabilities[[massage, manual]] = 0.7
        reading.probabilities[surer] = 0.9
        given = Given(reading.note, both, reading.probabilities, reading.cited.__getitem__, {})
        assert np.flatnonzero(standing(given)).tolist() == [manual]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("O:\nNEUROMUSCULAR RE-ED 97112 ....... 10 min\n SLR 3x10\n hamstring curl machine for strength", {"97112"}),
        (
            "O:\nNeuromuscular re-ed (97112) - 10 min\n SLR 3x10\nTher ex (97110) - 15 min\n leg press 3x10",
            {"97112", "97110"},
        ),
        ("O:\n97550 husband 30 min without pt, car transfer and brace.", {"97550"}),
        (
            "O:\n97550 caregiver training 30 min, daughter, pt not there: slide board.\nPt practiced sit to stand x10 from w/c 12 min, min A.",
            {"97550", "97530"},
        ),
        ("O:\nNEUROMUSCULAR RE-ED 97112 ....... 10 min\n tandem\n\nBike 10 min, leg press 3x10", {"97112", "97110"}),
    ],
)
def test_what_stands_under_anothers_code_is_that_ones(suggester: Suggester, text: str, codes: set[str]) -> None:
    assert {i["code"] for i in suggester.suggest(text)["suggestions"] if i["suggested"]} == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Visit 45 min, all of it cognitive training.", {"97129", "97130"}),
        ("OT visit 45 min, all cognitive training: sequencing, cues 50%.", {"97129", "97130"}),
    ],
)
def test_a_visit_that_was_all_one_service(suggester: Suggester, text: str, codes: set[str]) -> None:
    assert {i["code"] for i in suggester.suggest(text)["suggestions"] if i["suggested"]} == codes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TherEx: R SLR w/ cues for strength 25 min including 5 min rest break.", "and is not in its 20."),
        (
            "TherEx: R SLR w/ cues for strength 25 min with a 5 min rest.",
            "beside its 25 and not whether that is inside",
        ),
        ("TherEx: R SLR w/ cues for strength 25 min plus 5 min rest.", None),
        ("TherEx: R SLR w/ cues for strength 25 min. Pain 5/10 at rest.", None),
    ],
)
def test_rest_beside_a_time_is_told_on_the_claims_line(suggester: Suggester, text: str, said: str | None) -> None:
    (line,) = suggester.suggest(text)["claim"]["lines"]
    told = [c for c in line["cautions"] if " rest " in c]
    assert (len(told) == 1 and said in told[0]) if said else told == []


_PROGRESS = (
    "Re-evaluation / Progress report, visit 10\nS: Knee feels improved.\nO: Knee ROM 0-118 (was 0-100). Quad 4/5 (was 3+/5). "
    "TUG 12 s (was 18).\nA: Progressing well toward goals; STG 1-2 met, LTG ongoing.\nP: Continue 2x/wk x 4 wks per POC.\nJane Doe, PT"
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (_PROGRESS, True),
        (_PROGRESS.replace("Knee feels improved", "Fell on Tuesday, knee swollen since, can no longer kneel"), False),
    ],
)
def test_a_re_evaluation_that_reads_like_a_progress_report_is_told(
    suggester: Suggester, text: str, told: bool
) -> None:
    (item,) = [s for s in suggester.suggest(text)["suggestions"] if s["suggested"]]
    assert item["code"] == "97164"
    said = [c for c in item["cautions"] if "a routine progress report or discharge does not" in c]
    assert len(said) == told


_TWO_DEVICES = (
    "Adjusted AFO strap and checked skin, orthotic follow-up fit{}. Prosthetic follow-up: socket and liner donning practice{}. "
    "Gait training 8 min."
)


@pytest.mark.parametrize(
    ("orthotic", "prosthetic", "minutes", "units", "timed"),
    [
        (" 12 min", " 14 min", 26, 2, 34),
        (" 9:00-9:15", " 14 min", 29, 2, 37),
        (" 12 min, 1 unit", " 14 min, 1 unit", 26, 2, 34),
        ("", " 14 min", None, None, None),
    ],
)
def test_two_services_of_one_code_are_one_line_with_the_minutes_of_both(
    suggester: Suggester, orthotic: str, prosthetic: str, minutes: int | None, units: int | None, timed: int | None
) -> None:
    answer = suggester.suggest(_TWO_DEVICES.format(orthotic, prosthetic))
    items = [s for s in answer["suggestions"] if s["code"] == "97763"]
    assert [(s["suggested"], s["minutes"], s["units"]) for s in items] == [(True, minutes, units)]
    words = [e["text"] for e in items[0]["evidence"]]
    places = [(e["start"], e["end"]) for e in items[0]["evidence"]]
    assert places == sorted(set(places))
    assert any("orthotic follow-up" in w for w in words)
    assert any("Prosthetic follow-up" in w for w in words)
    assert {"97760", "97761"} <= set(items[0]["alternates"])
    line = next(x for x in answer["claim"]["lines"] if x["code"] == "97763")
    assert (line["minutes"], line["units"]) == (minutes, units)
    assert answer["claim"]["timed_minutes"] == timed
    assert not [c for c in line["cautions"] if "writes" in c or "overlap" in c]


def test_minutes_a_person_gives_for_the_code_of_two_services_replace_both(suggester: Suggester) -> None:
    claim = suggester.revise(_TWO_DEVICES.format(" 12 min", " 14 min"), {"97763": 14, "97116": 8})
    assert [(x["code"], x["minutes"], x["units"]) for x in claim["lines"]] == [("97763", 14, 1), ("97116", 8, 0)]


@pytest.mark.parametrize(
    ("minutes", "shared", "both"),
    [
        ({"orthotic": 12, "prosthetic": 14}, {}, 26),
        ({"orthotic": 15, "prosthetic": 15}, {("orthotic", "prosthetic"): 15}, 15),
        ({"orthotic": 20, "prosthetic": 15}, {("orthotic", "prosthetic"): 10}, 25),
        ({"orthotic": 15, "prosthetic": 15, "gait": 15}, {("gait", "orthotic", "prosthetic"): 15}, 15),
        ({"orthotic": 15, "prosthetic": 12, "gait": 15}, {("gait", "orthotic"): 15}, 27),
        ({"orthotic": 12}, {}, None),
    ],
)
def test_a_time_stated_for_two_services_of_one_code_counts_once(
    minutes: dict[str, int], shared: dict[tuple[str, ...], int], both: int | None
) -> None:
    assert Allocation(minutes=minutes, shared=shared).together(["prosthetic", "orthotic"]) == both
