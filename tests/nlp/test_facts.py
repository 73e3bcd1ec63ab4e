"""Stated facts: each kind beside its near-misses."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.facts import load_facts
from corpus.tables import DATA
from nlp.facts import (
    LEVELS,
    claimed_levels,
    count_muscles,
    data_days,
    debrided_area,
    encounter_cues,
    find_facts,
    monitoring_days,
    stated_count,
)
from nlp.text import read_text

FACTS = [
    ("stable", "Presentation stable.", 1),
    ("stable", "Vitals stable throughout.", 0),
    ("stable", "BP stable, alert", 0),
    ("stable", "Left in stable condition", 0),
    ("stable", "Not stable yet", 0),
    ("stable", "Stood on a stable surface", 0),
    ("unstable", "Medically unstable and unpredictable", 2),
    ("unstable", "Gait unstable on turns", 0),
    ("unstable", "Hence not unstable.", 0),
    ("unstable", "Standing on unstable surfaces", 0),
    ("evolving", "The picture is changing", 1),
    ("evolving", "Worked on changing positions in bed", 0),
    ("changing", "Symptoms worsening, spreading to the foot", 2),
    ("changing", "No worsening, no spreading", 0),
    ("changing", "Progressive resistance exercise", 0),
    ("factor", "DM2, HTN and COPD", 3),
    ("factor", "diabetes with A1c 8, on insulin", 1),
    ("factor", "No diabetes, hypertension or asthma", 0),
    ("factor", "No falls. Diabetes.", 1),
    ("factor", "Denies any problem besides cataract", 1),
    ("factor", "Lives with husband (CHF)", 0),
    ("factor", "sats 95 % RA", 0),
    ("factor", "RA of both hands", 1),
    ("factor", "Ms. Ito walked", 0),
    ("factor", "balance pad", 0),
    ("no_factor", "PMH: otherwise healthy", 1),
    ("factor_word", "No comorbidities", 0),
    ("brief_profile", "Brief history", 1),
    ("brief_profile", "Brief changed after incontinence", 0),
    ("expanded_profile", "Reviewed beyond the brief: two charts", 1),
    ("element", "ROM, MMT and gait", 3),
    ("first_encounter", "Initial contact with the heel", 0),
    ("later_encounter", "AFO recheck", 1),
    ("made_device", "Fabricated a resting pan", 1),
    ("made_device", "Not fabricated today", 0),
    ("remade_device", "re-heated and remolded", 2),
]


@pytest.mark.parametrize(("label", "text", "things"), FACTS)
def test_facts(label: str, text: str, things: int) -> None:
    assert len({c.rule for c in find_facts(read_text(text)) if c.label == label}) == things


def test_facts_cite_their_words() -> None:
    text = "PMH: type 2 diabetes. Presentation evolving"
    found = {c.label: text[c.start : c.end] for c in find_facts(read_text(text))}
    assert found["factor"] == "type 2 diabetes"
    assert found["evolving"] == "evolving"


def test_unticked_boxes_state_nothing() -> None:
    note = read_text("PMH: [x] DM [ ] HTN [ ] CA\nPresentation ( ) stable (X) evolving ( ) unstable\n☐ stroke ☑ gout")
    assert [c.rule for c in find_facts(note) if c.label == "factor"] == ["fact:diabetes", "fact:gout"]
    assert [c.label for c in find_facts(note) if c.label in ("stable", "evolving", "unstable")] == ["evolving"]


CLAIMS = [
    ("PT EVAL - HIGH\nfell", "high"),
    ("PT eval (mod) - acute LBP", "moderate"),
    ("OT evaluation, medium, 50 min", "moderate"),
    ("OT eval low. Plumber, 60", "low"),
    ("OT high eval; 7 deficits", "high"),
    ("Decision making was of low complexity", "low"),
    ("Clinical decision making: moderate", "moderate"),
    ("Decision making was complex.", "high"),
    ("Moderate analytic complexity", "moderate"),
    ("low-level reasoning", "low"),
    ("Complexity: [ ] low [x] mod [ ] high", "moderate"),
    ("Complexity: ( ) L ( ) M (X) H", "high"),
    ("two elements only. Low.", "low"),
    ("PT eval (ordered as high complexity)", None),
    ("referral says high complexity eval requested", None),
    ("OT evaluation - HIGH complexity per order", None),
    ("PT eval: low back pain, moderate", None),
    ("PT eval. Transfers mod A, moderate assist", None),
    ("PT eval. Pain moderate, BP high", None),
    ("Not high complexity", None),
    ("PT evaluation, L knee", None),
    ("Participation all limited, clinical decisions pending", None),
]


@pytest.mark.parametrize(("text", "level"), CLAIMS)
def test_claimed_levels(text: str, level: str | None) -> None:
    note = read_text(text)
    found = [LEVELS[c.level] for c in claimed_levels(note, find_facts(note))]
    assert set(found) == ({level} if level else set())


COUNTS = [
    ("Four performance deficits: arm, attention", 4),
    ("Deficits: dressing, bathing, toileting (3)", 3),
    ("Deficits affecting occupation, four: fine motor", 4),
    ("Deficits: attention, memory, mood: eight in total.", 8),
    ("More than five performance deficits", 6),
    ("Perf deficits >5: reach, grasp", 6),
    ("Deficits: [ ] 1-3 [X] 3-5 [ ] 5+", 4),
    ("Deficits: [ ] 1-3 [ ] 3-5 [X] 5+", 6),
    ("grip (34/30 lb) - 4 deficits", 4),
    ("Deficits: grip 14 lb, jars", None),
    ("Deficits: grip, jars (SLUMS 17)", None),
]


@pytest.mark.parametrize(("text", "count"), COUNTS)
def test_stated_count(text: str, count: int | None) -> None:
    note = read_text(text)
    found = stated_count(note, [c for c in find_facts(note) if c.label == "deficit_word"])
    assert (found and found[0]) == count


TURNS = [
    ("Third visit with these braces", ["later_encounter"]),
    ("Fourth appointment with it", ["later_encounter"]),
    ("Session 1 with the socket", ["first_encounter"]),
    ("first time on her leg", ["first_encounter"]),
    ("not the first visit", []),
    ("second visit next week", []),
    ("30 second fit", []),
    ("1 h every second day", []),
    ("AFO fitted 3/12", ["worn_device"]),
    ("made of 1/8 perforated", []),
    ("6 weeks with the prosthesis", ["worn_device"]),
    ("wears it now for seven hours", ["worn_device"]),
    ("wear 1 hour twice a day", []),
]


@pytest.mark.parametrize(("text", "labels"), TURNS)
def test_encounter_cues(text: str, labels: list[str]) -> None:
    assert [c.label for c in encounter_cues(read_text(text))] == labels


MUSCLES = [
    ("infra, teres min, post delt, lat, 6 pins", 4),
    ("R UT and upper trapezius, 2 needles", 1),
    ("calf, hamstring, glute and back, four muscles", 4),
    ("ECRB, 30 mm, 3 insertions", 1),
    ("needles left ten minutes", 0),
]


@pytest.mark.parametrize(("text", "count"), MUSCLES)
def test_count_muscles(text: str, count: int) -> None:
    assert count_muscles(read_text(text), [(0, len(text))]) == count


AREAS = [
    ("over thirty square centimeters", 30),
    ("26 square cm of slough", 26),
    ("35 cm2 total debrided", 35),
    ("total area twelve square centimetres", 12),
    ("3.2 x 2.5 cm = 8 sq cm", 8),
    ("6 x 5 cm area", 30),
    ("R 14 cm2 and L 11 cm2, total 25 cm2", 25),
    ("W1 3 sq cm, W2 1 sq cm", 4),
    ("tunnel 3 cm at 2 o'clock", None),
    ("area debrided was 12 sq cm", 12),
    ("slough removed from 14 sq cm", 14),
    ("ulcer 5 x 6 cm, decreased from 6 x 7 cm", 30),
    ("pre 4 x 4 cm, post-debridement 4 x 5 cm", 16),
    ("wound 2 x 2 cm, 5 x 9 cm electrodes", 4),
    ("last week 5 x 6 cm", None),
    # a share of the wound
    ("Sacral wound 10 x 8 cm, approximately half of the wound bed debrided of slough", 40),
    ("Debridement with curette, 25% of the 12 x 10 cm wound surface", 30),
    ("Debrided 50% of the heel ulcer bed, 6 x 4 cm", 12),
    ("Heel ulcer 6 x 4 cm, 50% debrided", 12),
    ("Debrided three quarters of the wound, 4 x 4 cm", 12),
    ("Sharp debridement of 25% of the 120 sq cm wound", 30),
    ("Debrided 30 sq cm, half of the wound", 30),
    ("Sharp debridement of heel ulcer 6 x 4 cm, 50% slough, 50% granulation", 24),
    ("Debrided heel ulcer 6 x 4 cm. Half of the dressing was wet", 24),
    # a size is no area debrided
    ("Sharp debridement of heel ulcer. Wound measures 6 x 5 cm", None),
    ("Debridement done. Size: 6 x 5 cm", None),
    ("Debrided heel ulcer, measures 6 x 5 cm", 30),
    ("Wound measures 6 x 5 cm, entire surface debrided", 30),
    ("Debrided. Wound measures 30 sq cm", 30),
]


@pytest.mark.parametrize(("text", "area"), AREAS)
def test_debrided_area(text: str, area: float | None) -> None:
    found = debrided_area(read_text(text), [])
    assert (found and found[0]) == area


def test_debrided_area_prefers_the_supporting_words() -> None:
    text = "Wound 8 x 6 cm. Debrided 12 sq cm."
    found = debrided_area(read_text(text), [(16, len(text))])
    assert found
    assert found[0] == 12
    assert [text[a:b] for a, b in found[1]] == ["12 sq cm"]


DAYS = [
    ("data on 21 of 30 days; visit 12 days ago", 21),
    ("8 of the 30 days", 8),
    ("12 days of range and pain for the thirty that end today", 12),
    ("30 day count: 5/2-5/31 -> 21 days with motion data", 21),
    ("9 days of data in the 30 day window 1/30 to 2/28", 9),
    ("Six days of data are on file", 6),
    ("18 d reported", 18),
    ("23/30 received", 23),
    ("seen 9/30, days with data: 17", 17),
    ("sleep log on eleven nights", 11),
    ("seen 3 days ago", None),
]


@pytest.mark.parametrize(("text", "days"), DAYS)
def test_monitoring_days(text: str, days: int | None) -> None:
    assert monitoring_days(read_text(text)) == days


def test_data_days_of_a_stretch() -> None:
    text = "The 30 days of May: sensor, 25 days. Seen 3 days ago."
    assert data_days(read_text(text), (0, len(text))) == [25]
    assert data_days(read_text(text), (0, 18)) == []


def test_a_spelling_stands_once(tmp_path: Path) -> None:
    path = tmp_path / "facts.toml"
    path.write_text('[[fact]]\nid = "a"\nabout = "b"\nphrases = ["c = d", "d"]\n')
    with pytest.raises(CorpusError, match=r"^facts\.toml:1: a spelling must stand once"):
        load_facts(path)


def test_a_muscle_spelling_stands_for_one_muscle() -> None:
    owner: dict[str, str] = {}
    for line in (DATA / "muscles.txt").read_text(encoding="utf-8").splitlines():
        names = [name.strip() for name in line.split("=") if line.strip() and not line.startswith("#")]
        for name in names:
            assert owner.setdefault(name, names[0]) == names[0], name
    assert len(owner) > len(set(owner.values())) > 1
