"""Whose a total is, what is no time, and what a group's minutes replace (guide, sections 3 and 5)."""

from __future__ import annotations

import pytest

from corpus.notes import parse_tagged
from corpus.services import service_of_code
from models.minutes import allocate
from models.suggester import Suggester
from nlp.pipeline import parse


def _minutes(tagged: str) -> dict[str, int]:
    text, spans = parse_tagged(tagged)
    note = parse(text)
    decided = [
        frozenset(service_of_code()[code][0] for code, start, end in spans if start < s.end and s.start < end)
        for s in note.segments or ()
    ]
    return allocate(note, decided).minutes


@pytest.mark.parametrize(
    ("tagged", "minutes"),
    [
        ("{{97116|Gait training 30 min w/ RW, cues for step length}}. {{97116|Total 45 min}}.", {"gait": 30}),
        ("{{97140|MT 50 min STM R hip}}. {{97140|Total time 70 min}}.", {"manual": 50}),
        ("{{97035|Ultrasound 1 MHz 8 min R shoulder}}. {{97035|Total 30 min}}.", {"ultrasound": 8}),
        # the total is called the service's, stands under its heading, or is all there is
        ("{{97116|Gait 10 min in bars, then hall}}. {{97116|Total gait time 25 min}}.", {"gait": 25}),
        ("{{97110|Ther ex: bike 8 min, SLR 3x10; total 25 min}}", {"ther_ex": 25}),
    ],
)
def test_a_total_behind_a_services_own_time_is_the_sessions(tagged: str, minutes: dict[str, int]) -> None:
    assert _minutes(tagged) == minutes


@pytest.mark.parametrize(
    ("tagged", "minutes"),
    [
        ("{{97530|Transfers x15 CGA}}", {}),
        ("{{97530|Bed mobility x5 SBA, transfers x10 SBA}}", {}),
        ("{{97530|Sit<>stand transfers x8 min A from w/c}}", {}),
        ("{{97018|Paraffin 10 dips R hand}}", {}),
        ("{{97018|Paraffin 8 dips, wrapped 10 min}}", {"paraffin": 10}),
        ("{{97530|Transfers x15 min, CGA}}", {"ther_act": 15}),
        ("{{97530|Transfers 8 min}}. A: tolerated.", {"ther_act": 8}),
    ],
)
def test_repetitions_and_layers_are_no_minutes(tagged: str, minutes: dict[str, int]) -> None:
    assert _minutes(tagged) == minutes


@pytest.mark.parametrize(
    ("tagged", "minutes"),
    [
        ("{{97161|PT evaluation: ROM, MMT}}.\nGoals: {{97161|sitting 45 min without pain}}", {}),
        ("{{97161|PT evaluation: ROM, MMT 40 min}}.\nGoals: {{97161|sitting 45 min without pain}}", {"pt_eval": 40}),
        ("{{97161|ROM, MMT}}.\nPlan: {{97161|PT evaluation 40 min today}}, 2x/wk", {"pt_eval": 40}),
    ],
)
def test_a_time_in_a_goal_is_not_the_evaluations(tagged: str, minutes: dict[str, int]) -> None:
    assert _minutes(tagged) == minutes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Group balance training 30 min with 3 other patients, cues.", {"97150"}),
        ("TE 20 min individually: squats, SLR. Balance group 30 min with 3 others.", {"97110", "97150"}),
        ("Neuro re-ed 15 min 1:1 tandem on foam. Group exercise 30 min with 4 other patients.", {"97112", "97150"}),
        ("Group of 4, seated exercise 40 min", {"97150"}),
        ("O: Balance exercises performed concurrently with a second patient, 20 min.", {"97150"}),
        ("Neuro re-ed 15 min tandem on foam.", {"97112"}),
    ],
)
def test_a_group_replaces_what_was_done_in_it(suggester: Suggester, text: str, codes: set[str]) -> None:
    assert {s["code"] for s in suggester.suggest(text)["suggestions"] if s["suggested"]} == codes


@pytest.mark.parametrize("letters", ["PT, DPT, OCS, CSCS", "MSPT, OCS", "PT, OCS, FAAOMPT", "PT"])
def test_letters_behind_a_name_are_no_group(suggester: Suggester, letters: str) -> None:
    text = f"TherEx 15 min: R SLR 3x10 w/ cues for quad strength. Pain 5/10 to 3/10.\nAnn Lee, {letters}"
    assert {s["code"] for s in suggester.suggest(text)["suggestions"] if s["suggested"]} == {"97110"}
