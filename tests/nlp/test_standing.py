"""Facts of this visit beside what is only aimed at, planned, done at home, denied or not examined."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.facts import load_facts
from nlp.pipeline import parse
from nlp.standing import standing_facts

ELEMENTS = [
    # aims and plans
    ("ROM 0-95. Goals: independent stairs, gait 500 ft. Plan: gait training, balance training", 1),
    ("ROM 0-95.\nGOALS\n1. Pt will amb 500 ft\n2. Pt will climb stairs", 1),
    ("ROM 0-95.\nGoals:\nStairs: independent\nGait: 500 ft with RW", 1),
    ("ROM 0-95.\nGoals:\nSensation: light touch intact\nROM: 0-120\n\nGait: antalgic", 2),
    ("ROM 0-95. LTG: berg 45/56, TUG < 12 s", 1),
    ("ROM 0-95. Pt will amb 500 ft with RW in 4 wks", 1),
    ("ROM 0-95. Wants to return to gardening and stairs", 1),
    ("ROM 0-95. Plan: gait training to address impaired balance", 1),
    ("ROM 0-95, MMT 4/5, gait antalgic. Plan: 2x/wk", 3),
    ("Gait antalgic, balance fair. Goals met", 2),
    # told not to be examined
    ("Gait, balance and sensation not tested", 0),
    ("ROM 0-95, MMT 4/5. Gait, balance and sensation not tested", 2),
    ("ROM 0-95, MMT 4/5, balance not tested", 2),
    ("ROM WNL and balance not tested", 1),
    ("ROM: 0-95\nGait: NT\nBalance: deferred\nSensation - not assessed today", 1),
    ("Gait NT, balance NT. MMT 4/5", 1),
    ("Not tested: gait, balance, sensation", 0),
    ("Not tested: gait. ROM 0-95, MMT 4/5", 2),
    ("Deferred gait and balance testing due to NWB. ROM 0-95", 1),
    ("Unable to test gait, balance or sensation due to NWB", 0),
    ("Could not assess sensation, ROM 0-95", 1),
    ("Will assess balance next visit. ROM 0-95", 1),
    ("ROM, MMT, balance and gait tested", 4),
    ("No edema, sensation intact", 2),
    ("Gait not antalgic, balance not impaired", 2),
    # at home
    ("ROM 0-95. HEP: heel raises, walking daily", 1),
    ("ROM 0-95, walks at home with cane", 1),
    ("Amb 40 ft CGA, stairs with rail", 2),
]


@pytest.mark.parametrize(("text", "things"), ELEMENTS)
def test_elements(text: str, things: int) -> None:
    found = {c.rule for c in standing_facts(parse(text)) if c.label == "element"}
    assert len(found) == things, found


FACTORS = [
    ("Denies DM, CHF, COPD. Obesity affects the plan of care", 1),
    ("Denies DM, CHF, COPD", 0),
    ("Denies falls, she has osteoporosis", 1),
    ("Denies DM and has CHF", 1),
    ("Denies chest pain, dizziness, stroke", 0),
    ("PMH negative for stroke, seizures, cancer", 0),
    ("No history of DM, CAD, or stroke", 0),
    ("No DM, CHF, COPD", 0),
    ("DM2, no CAD, HTN", 2),
    ("No falls. DM2, HTN", 2),
    ("DM: no. CHF: denies. HTN: yes", 1),
    ("CHF - none, DM2", 1),
    ("Denies pain but DM2, HTN", 2),
    ("DM2. Goals: fewer falls in 3 months", 1),
]


@pytest.mark.parametrize(("text", "things"), FACTORS)
def test_factors(text: str, things: int) -> None:
    found = {c.rule for c in standing_facts(parse(text)) if c.label == "factor"}
    assert len(found) == things, found


DEFICITS = [
    ("LTG: dressing, bathing, toileting mod I. Plan: ADL training, feeding, grooming", 0),
    ("Pt will dress upper body and bathe. STG: shower transfer CGA", 0),
    ("Goals:\nDressing: mod I\nBathing: SBA", 0),
    ("Deficits: dressing, bathing, toileting. Goals: cooking", 3),
    ("Needs min A with dressing and bathing at home", 2),
    ("HEP: grip, pinch", 0),
]


@pytest.mark.parametrize(("text", "things"), DEFICITS)
def test_deficits(text: str, things: int) -> None:
    found = {c.rule for c in standing_facts(parse(text)) if c.label == "deficit"}
    assert len(found) == things, found


def test_a_section_must_be_known(tmp_path: Path) -> None:
    path = tmp_path / "facts.toml"
    path.write_text('[[fact]]\nid = "a"\nabout = "b"\nphrases = ["c"]\nunless_section = ["goal"]\n')
    with pytest.raises(CorpusError, match=r"^facts\.toml:1: unless_section must name sections of headings\.toml"):
        load_facts(path)
