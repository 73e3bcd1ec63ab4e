"""Stated minutes: which services a time is given to, and which times are nobody's.

Notes are written in the corpus's own tags (``{{97110|words}}``): what is tagged was found to support the code.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from minutes_support import ACT, CARE, EX, GAIT, HEAT, MANUAL, MASSAGE, NEURO, SOUND, STIM, allocated, read_tagged

from corpus.minutes import load_weights
from models.minutes import Allocation, Rest, allocate
from models.minutes.choose import all_ways, best_ways, choose, reasons, together, total_weight, traits_of
from models.minutes.traits import NAMES
from models.suggester import Suggester
from nlp.pipeline import parse

CASES = [
    # begun and stopped: the minutes done, of what was begun
    ("{{97110|NuStep started, stopped at 4 min}} for SOB", {EX: 4}),
    ("{{97035|Set up for 15 min US}}; began, terminated after 3 min for skin redness", {SOUND: 3}),
    ("{{97116|Gait trng 10 min}}, halted after 4 min because of SOB. {{97110|TE 20 min}}", {GAIT: 4, EX: 20}),
    ("{{97140|MT 10 min}}; ended at 3:15 pm. {{97110|TE 20 min}}", {MANUAL: 10, EX: 20}),
    ("{{97140|MT 12 min}}; {{97110|bike stopped after 6 min}}", {MANUAL: 12, EX: 6}),
    # a heading's time that items of several services come to is a sum, and nobody's own
    (
        "{{97140|MANUAL 20'}} -> {{97035|US L4-S1 3 MHz 8'}}, {{97140|STM MET 12'}}\n{{97110|THEREX 15 min: bridges}}",
        {MANUAL: 12, SOUND: 8, EX: 15},
    ),
    (
        "{{97140|Manual 25 min}}: {{97035|US to shoulder 1.0 w/cm2 10 min}}; {{97140|GH mobs 15 min}}",
        {MANUAL: 15, SOUND: 10},
    ),
    (
        "{{97112|NMR 10 min: foam stance}}; {{97110|TE 5 min: bike}}; {{97140|MT 5 min: STM}}",
        {NEURO: 10, EX: 5, MANUAL: 5},
    ),
    # a session that is said to have been all of one service
    (
        "{{97129|Worked on attention, planning and problem solving with cues}}.\nSession: 38 min, {{97129|all direct cognitive intervention}}",
        {"cognitive": 38},
    ),
    ("{{97116|Gait training with RW}}. {{97110|LAQ, SLR}}. Session 40 min, all goals reviewed", {}),
    # one time, one service
    ("{{97110|bike 8 min, SLR 3x10}}", {EX: 8}),
    ("{{97110|bike 8 min}}\n{{97110|squats 3x10}}\n{{97110|rower 6 min}}", {EX: 14}),
    ("{{97110|20 min hamstring strengthening}}", {EX: 20}),
    ("{{97112|I spent sixteen minutes teaching her to stand tall}}.", {NEURO: 16}),
    # a closing time alone is the total of the list before it
    ("{{97113|fwd walk 6 laps, noodle squats, belt bicycle 5', hip 3way}}. 40 min", {"aquatic": 40}),
    ("{{97110|Bean bag kicks, bike toy 3 min, bridge x10; 12 min}}", {EX: 12}),
    ("{{97110|bike 5 min, SLR, clams}}\n{{97110|band rows}}\n30 min", {EX: 30}),
    # an item of another service keeps its own time and gets no share of the closing one
    (
        "{{97010|moist heat 10 min while intake}}, then {{97124|effleurage, petrissage, 45 min}}",
        {HEAT: 10, MASSAGE: 45},
    ),
    # totals set off behind a dash, an equals sign, in brackets
    ("{{97110|press-ups, treadmill 5 min at 2 mph - 15 min}}", {EX: 15}),
    ("{{97112|silk, felt, rice 2 min each + cards [14]}}\n{{97110|putty [12]}}", {NEURO: 14, EX: 12}),
    ("{{97112|reach, roll 3 min, cards = 18 min}}", {NEURO: 18}),
    # two items with their own times are added; so are two clauses
    ("{{97110|bike 5 min, SLR 3x10, treadmill 10 min}}", {EX: 15}),
    ("{{97110|bike 6 min; quad sets, heel slides x20, 12 min}}", {EX: 18}),
    ("{{97110|Recumbent pedals, 4 min, and another 4, sats watched}}", {EX: 8}),
    # a short time is added unless a longer one holds it
    ("{{97140|fingertip frictions 10 min}}, {{97140|radial head glides gr III 3 min}}.", {MANUAL: 13}),
    (
        "{{97112|ball toss on foam 12m}}\n{{97530|box landings 16m}}\n{{97112|tape to cue the scapula 3m}}",
        {NEURO: 15, ACT: 16},
    ),
    ("{{97110|18 min: slides, pulleys 3 min, wand}}", {EX: 18}),
    # a sum is one time, a set is none
    ("{{97110|heel slides}}\n{{97530|chair rises}}\n{{97110|TE 12 + 7}} / {{97530|TA 10}}", {EX: 19, ACT: 10}),
    ("{{97110|rows, bands}}\n{{97140|glides}}\n{{97110|TE 8 + 7 + 5}}, {{97140|MT 10}}", {EX: 20, MANUAL: 10}),
    ("{{97110|bike 10 min}} + {{97140|glides 8 min}}", {EX: 10, MANUAL: 8}),
    ("{{97110|leg press 70# 3x12;side-lying abduction 3# 3x15}}. {{97140|glides 8 min}}", {MANUAL: 8}),
    ("{{97110|eccentrics, three sets of 15}}. {{97035|sound 8 min}}", {SOUND: 8}),
    # headings win over what is under them
    ("{{97110|Ther Ex 25 min: bike 5', squats, rows}}", {EX: 25}),
    ("{{97110|TE total 33: bike 8 min, SLR}}", {EX: 33}),
    ("97110, 28 min\n{{97110|stepper 5 min x 3 with 3-min rests}}\n{{97110|band row}}", {EX: 28}),
    ("Therapeutic Exercise (97110) 30 minutes\n{{97110|NuStep 12 min}}\n{{97110|Seated row 2x12}}", {EX: 30}),
    ("ADL tx 15 min: {{97535|reacher for shoes, sock aid}}", {CARE: 15}),
    ("2) Balance - {{97112|tandem, foam. 13 min.}}", {NEURO: 13}),
    ("1. {{97116|Harness walking, 24 min.}}\n   {{97116|30% unweighted, rest 3 min between bouts}}", {GAIT: 24}),
    ("{{97112|35 minutes: stripes against the sway, three minutes, three times}}", {NEURO: 35}),
    ("{{97112|[30] roll, prop, side-sit 4 min, kneel}}", {NEURO: 30}),
    # one time for several
    ("{{97014,97010|IFC with hot pack x 15 min}}", {STIM: 15, HEAT: 15}),
    ("{{97110|Bands and pulleys}}, {{97112|then the foam}}, 18 minutes for the two", {EX: 18, NEURO: 18}),
    ("{{97110|squats}}, {{97112|foam}}. About 45 mins for all of that", {EX: 45, NEURO: 45}),
    (
        "What we did (45 min for all of it):\n{{97112|reaching on the ball}}\n{{97116|walker, heel cues}}",
        {NEURO: 45, GAIT: 45},
    ),
    ("{{97014|pads on the knee, premod}}, {{97010|15 min with cold pack}}", {STIM: 15, HEAT: 15}),
    # closing lists
    ("{{97110|squats}}\n{{97140|glides}}\n{{97112|foam}}\nTE 15 / MT 10 / NMR 8", {EX: 15, MANUAL: 10, NEURO: 8}),
    ("{{97110|bike 5 min, squats}}\n{{97140|glides}}\nte 24 mt 10 34 timed", {EX: 24, MANUAL: 10}),
    ("{{97032|NMES quads, PT at the dial}}\n{{97110|quad sets}}\nNMES 12 / TE 20", {"attended_stim": 12, EX: 20}),
    (
        "{{97165|OT evaluation}}\n{{97760|splint made}}\nTime: eval 35, splint 30, total 65",
        {"ot_eval": 35, "orthotic": 30},
    ),
    (
        "{{97124|Long strokes to the back}}. {{97110|Then squats}}. "
        "Twenty minutes of massage and fifteen of exercise were given, thirty-five in total.",
        {MASSAGE: 20, EX: 15},
    ),
    # clock times: an item's range is its minutes and not added to what is said in words
    ("10:05-10:20 {{97110|bike and stretch}}\n10:20-10:30 {{97140|glides of the patella}}", {EX: 15, MANUAL: 10}),
    ("{{97110|10:05-10:20 bike and stretch, 15 min}}\n{{97140|10:20-10:30 glides}}", {EX: 15, MANUAL: 10}),
    ("{{97110|PULLEYS, BANDS 1:05-1:20}}\n{{97140|GLIDES 1:21-1:31}}", {EX: 15, MANUAL: 10}),
    (
        "0800 {{97110|bike, stretch}}\n0815 {{97140|glides}}\n0823 {{97112|foam}}\n0835 done",
        {EX: 15, MANUAL: 8, NEURO: 12},
    ),
    ("IN 0800 OUT 0845\n{{97110|bike 10 min}}\n{{97140|glides}}", {EX: 10}),
    (
        "Seen 9:40 to 10:15. {{97530|9:40-10:00 cutting and lacing}}. {{97535|10:00-10:15 coat and zip}}",
        {ACT: 20, CARE: 15},
    ),
    # numbers without a unit where the note sets them off
    ("{{97140|thumb glide of the cuboid, strokes, 15}}.\n{{97110|toe curls, 10}}.", {MANUAL: 15, EX: 10}),
    (
        "{{97116|Twenty-two minutes of walking}}.\n{{97535|Then eighteen on the bed and the night}}.",
        {GAIT: 22, CARE: 18},
    ),
    ("{{97010|moist heat neck 15, skin ok}}\n{{97110|bands 20 min}}", {HEAT: 15, EX: 20}),
    ("{{97110|heel raises 20, squats 15, bridges 12}}", {}),
    ("{{97110|SLR 3x10, 2x15, 20 reps}}", {}),
    # session totals are nobody's
    ("{{97110|bike, squats}}\n{{97140|glides}}\nTotal time 45 min", {}),
    ("{{97110|bike 15 min}}\n{{97140|glides 10 min}}\nTx time 59", {EX: 15, MANUAL: 10}),
    ("{{97110|bike 15 min}}\n{{97140|glides 10 min}}\n\n40 min.", {EX: 15, MANUAL: 10}),
    # but what the total says the session was
    ("{{97164|re-evaluation: new numbness, plan changed}}\ntotal time 35 min, all re-eval", {"pt_reeval": 35}),
    ("{{97164|re-evaluation: new numbness, plan changed}}. Next visit 35 min.", {}),
    # findings, homes and histories
    ("{{97161|PT evaluation, sits 2 minutes unsupported, reaches}}", {}),
    (
        "{{97161|PT evaluation}}. {{97161|Sitting is limited to ten minutes}}. Evaluation lasted 35 minutes.",
        {"pt_eval": 35},
    ),
    ("{{97110|bike 10 min}}. Walks 20 min with the dog at home.", {EX: 10}),
    ("S: rides 30 min at the gym\nO: {{97110|squats 3x10}}", {}),
    ("{{97116|gait 150 ft, rested 3 min, again}}", {}),
    ("{{97760|orthosis made, wear 2 hr on 1 hr off, checked 10 min later, 25 min}}", {"orthotic": 25}),
    # work programmes by the hour
    ("{{97545|Work hardening 0900-1100: UBE 12, rows, box shelf 20 min}}", {"work_hardening": 120}),
]


@pytest.mark.parametrize(("tagged", "minutes"), CASES)
def test_minutes(tagged: str, minutes: dict[str, int]) -> None:
    assert allocated(tagged).minutes == minutes


# Each class of time that was mended, with its near misses.
MENDED = [
    # one time under two names that head its line together is each one's; under one name, or one of two times, it is not
    ("Ther ex and NMR: {{97110|SLR}}, {{97112|foam stance}}, 30 min", {EX: 30, "neuro_reed": 30}),
    ("Ther ex: {{97110|SLR}}. NMR: {{97112|foam stance, 30 min}}", {"neuro_reed": 30}),
    # numbers without a unit beside a name or closing what was done; not a score, a count, a dose
    ("{{97140|SI joint mobs}} MT 12\n{{97110|bridges, clams}} TE 18", {MANUAL: 12, EX: 18}),
    ("{{97140|SI joint mobs, grade 4}}\n{{97110|bridges 12, clams 18}}", {}),
    ("te16 mt9\n{{97110|presses, rows}}\n{{97140|first rib glides}}", {EX: 16, MANUAL: 9}),
    ("T12 L5\n{{97110|presses, rows}}\n{{97140|first rib glides}}", {}),
    ("{{97014|IFC lumbar, prone}} x15\n{{97140|lumbar PAs 10 min}}", {STIM: 15, MANUAL: 10}),
    ("{{97110|SLR x15}}\n{{97140|lumbar PAs 10 min}}", {MANUAL: 10}),
    # a closing list outranks the times of items above it; a list of sets does not
    ("{{97110|bike 7 min, squats}}\n{{97140|glides}}\n97110 21\n97140 14", {EX: 21, MANUAL: 14}),
    ("{{97110|bike 7 min, squats 21}}\n{{97140|glides 14 min}}", {EX: 7, MANUAL: 14}),
    ("{{97161|PT evaluation}}\n{{97112|tandem, foam}}\nEval 35, NMR 15, total 50", {"pt_eval": 35, NEURO: 15}),
    ("{{97161|PT evaluation. Berg 35, TUG 15}}\n{{97112|tandem, foam}}", {}),
    # a total of one heading is that code's, a total of the visit nobody's
    ("Ther Ex:\n{{97110|bike 5 min}}\n{{97110|rows}}\nTotal TE 20 min", {EX: 20}),
    ("{{97110|rows, presses}}\n{{97140|glides}}\nTotal visit 20 min", {}),
    # times of items are added, in other words of the same time not
    ("{{97110|Stepper 9 min}}\n{{97110|curls}}\n{{97110|Airdyne 4 min}}", {EX: 13}),
    ("{{97110|Stepper and curls, 9 min}} (9 minutes in all)", {EX: 9}),
    # items that each have a time under a name add up; where one has none, or the name its own, the last or the name's is all of it
    ("Manual: {{97140|STM quad 6 min}}, {{97140|patellar mobs 8 min}}.", {MANUAL: 14}),
    ("Manual Therapy: {{97140|STM quad 6 min}}; {{97140|patellar mobs 8 min}}.", {MANUAL: 14}),
    ("TherEx: {{97110|bike 6 min}}. {{97110|SLR 3x10 with cues 8 min}}. R knee", {EX: 14}),
    ("TherEx: {{97110|bike 6 min}}, {{97110|SLR 3x10}}, {{97110|bridges with cues 20 min}}.", {EX: 20}),
    ("TherEx 20 min: {{97110|bike 6 min, SLR 3x10 8 min, bridges 6 min}}", {EX: 20}),
    ("TherEx: {{97110|bike 6 min}}, {{97110|SLR 8 min}}, total 20 min.", {EX: 20}),
    ("Pool: {{97113|water walking 10 min}}, {{97113|noodle kicks 15 min}}.", {"aquatic": 25}),
    ("Pool: {{97113|marching 10 min}}. {{97116|Gait training on land 15 min}}", {"aquatic": 10, GAIT: 15}),
    ("Pool: {{97113|wall push offs}}, {{97113|noodle kicks}}, 15 min.", {"aquatic": 15}),
    ("{{97113|Pool}}: {{97116|walking 10 min}}. {{97116|Gait training on land 15 min}}", {"aquatic": 10, GAIT: 15}),
    ("{{97112|NMR}}: {{97116|gait over hurdles 8 min}}, {{97112|ball toss 10 min}}", {GAIT: 8, NEURO: 10}),
    ("Manual: {{97140|calf strip 8 min}}, {{97140|ankle glides 5 min}}, {{97010|then ice}}", {MANUAL: 13}),
    (
        "Manual: {{97140|calf strip 8 min}}, {{97140|ankle glides 5 min}}, {{97010|ice 10 min}}",
        {MANUAL: 13, HEAT: 10},
    ),
    # a time is given once where nothing says that it is for both
    ("{{97110|Curls, presses}}, 14 min.\n{{97140|Glides}}, 9 min.", {EX: 14, MANUAL: 9}),
    ("{{97110|Curls, presses}}, {{97140|then glides}}, 23 minutes for both", {EX: 23, MANUAL: 23}),
    # what is another's time, or no treatment
    ("{{97597|Debridement of 14 sq cm}}. 25 min.\n{{97110|Ankle pumps, 10 min}}", {"debridement": 25, EX: 10}),
    ("S: sat 45 min in the car\nO: {{97110|press-ups}}\nP: bike 10 min next time", {}),
]


@pytest.mark.parametrize(("tagged", "minutes"), MENDED)
def test_mended(tagged: str, minutes: dict[str, int]) -> None:
    assert allocated(tagged).minutes == minutes


def test_support_settles_what_the_segments_leave_open() -> None:
    note, decided = read_tagged(
        "Loosened the hip by hand, then worked it against the band. 18 min.\n{{97140|glides 9 min}}"
    )
    nothing = [dict.fromkeys((EX, MANUAL), 0.0) for _ in decided]
    support = [here | dict.fromkeys(own, 1.0) for here, own in zip(nothing, decided, strict=True)]
    strong = [here | {EX: 0.5} if i < len(decided) - 1 else here for i, here in enumerate(support)]
    assert allocate(note, decided, support).minutes[MANUAL] == 9
    assert allocate(note, decided, strong).minutes == {EX: 18, MANUAL: 9}


def test_the_reasons_add_up() -> None:
    weights = load_weights()
    traits = traits_of(*read_tagged("{{97110|bike 8 min}}\n{{97140|glides 10 min}}"))
    given = choose(traits, weights)
    assert set(given) == {EX, MANUAL}
    for service in given:
        told = reasons(traits, given, service, weights)
        score = dict(best_ways(traits, service, weights))[given[service]]
        assert sum(r.weight for r in told) == pytest.approx(score, abs=1e-9)
        assert all(r.looks_at in NAMES.values() for r in told)


def test_every_weight_is_of_a_known_trait() -> None:
    assert {trait[0] for trait in load_weights()} <= {*NAMES, "scale"}


def test_ways_are_few() -> None:
    traits = traits_of(
        *read_tagged(" ".join(f"{{{{97110|item {i}}}}} {i} min, {{{{97140|glide}}}} {i} min," for i in range(5, 60)))
    )
    weights = load_weights()
    ways = {service: best_ways(traits, service, weights) for service in traits.services}
    alone = {k: total_weight(pair, weights) for k, pair in traits.pairs[EX].items()}
    assert len(list(all_ways(alone, traits.times))) < 60
    assert 1 <= len(list(together(ways))) <= 64


def test_shared_minutes_are_marked() -> None:
    found = allocated("{{97014,97010|IFC with hot pack x 15 min}}\n{{97110|bike 8 min}}")
    assert {frozenset(services): n for services, n in found.shared.items()} == {frozenset((STIM, HEAT)): 15}
    assert found.shares(HEAT)
    assert not found.shares(EX)


def test_spans_are_the_words_that_state_the_minutes() -> None:
    found = allocated("{{97110|bike 5 min, squats - 15 min}}")
    assert found.spans == {EX: [(21, 27)]}


TOTALS = [
    ("{{97110|bike}}\nTimed 38, total 45 min", 38, 45),
    ("{{97110|bike 15 min}}\nTimed 15/Total 20", 15, 20),
    ("IN 9:02 OUT 9:50\n{{97110|bike 10 min}}\n{{97140|glides}}", None, 48),
    ("{{97110|bike 15 min}}\n{{97140|glides 10 min}}\nThirty minutes in the building.", None, 30),
    ("{{97110|bike 15 min}}", None, None),
    ("| {{97110|TherEx}} | 9:00 | 9:15 |\n| {{97140|Manual}} | 9:15 | 9:30 |", None, None),
    ("Manual therapy 1:10 pm - 1:30 pm, 25 minutes, {{97140|glides}}", None, None),
    ("Session 9:00-9:45. {{97110|TherEx 9:00-9:20 bike}}", None, 45),
    ("{{97110|TherEx 9:00-9:20 bike}}\nSeen by psychology 12:30-1:00.", None, None),
    ("{{97110|TherEx 25 min bike}}. Patient was treated for 20 minutes.", None, 20),
    ("{{97110|TherEx 25 min bike}}. She was here for 50 min today.", None, 50),
    ("{{97110|TherEx 25 min bike}}. Client seen for 55 minutes of skilled PT.", None, 55),
    ("{{97110|TherEx 25 min bike}}. Patient was treated for 60 minutes with ice by her aunt.", None, None),
]


@pytest.mark.parametrize(("tagged", "timed", "total"), TOTALS)
def test_the_notes_own_totals(tagged: str, timed: int | None, total: int | None) -> None:
    found = allocated(tagged)
    assert (found.timed, found.total) == (timed, total)


CONTRADICTIONS: list[tuple[str, str | None]] = [
    ("{{97110|TherEx 9:00-9:20 (25 min) bike}}", "9:00-9:20 is 20 minutes, the note says 25"),
    ("{{97110|TherEx 9:00-9:20, 25 minutes, bike}}", "9:00-9:20 is 20 minutes, the note says 25"),
    ("{{97110|TherEx 9:00-9:20 = 20 min bike}}", None),
    ("9:00-9:45, {{97110|TherEx 20 min bike}}", None),
    ("{{97110|bike 25 min}}. Total treatment time: 45 min. Total time: 55 min.", "treatment time: 45 and 55"),
    ("{{97110|bike 25 min}}. Total treatment time: 45 min. In the clinic 55 min.", None),
    ("{{97110|bike 25 min}}. Total time 45 min. TOTAL TIME: 45", None),
    ("{{97110|bike 40 min}}. Total timed minutes: 40. Timed code minutes 38.", "timed minutes: 38 and 40"),
    ("{{97110|bike 40 min}}. Total timed minutes: 40. One-on-one time 30 min.", None),
    ("In 10:00 out 10:45. {{97110|bike 40 min}}. Total treatment time 60 min", "more than the 45 between its start"),
    ("In 10:00 out 11:00. {{97110|bike 40 min}}. Total treatment time 55 min", None),
    ("Session 9:00-9:45.\n{{97110|TherEx 9:20-9:50 bike}}", "lies 5 minutes outside the session"),
    ("Session 11:30-12:15.\n{{97110|TherEx 11:50-12:15 bike}}", None),
    (
        "{{97110|TherEx: bike, 12 min.}}\n{{97140|Manual: glides, 15 min.}}\n97110 23 min, 97140 15 min, timed 38.",
        "states 12 and 23 minutes for one service",
    ),
    ("{{97110|Bike 5 min. Squats.}}\n{{97140|Glides.}}\nTE 20, MT 15, timed 35.", None),
]


@pytest.mark.parametrize(("tagged", "told"), CONTRADICTIONS)
def test_times_that_cannot_all_be_true(tagged: str, told: str | None) -> None:
    said = allocated(tagged).contradictions
    assert any(told in sentence for sentence in said) if told else said == []


@pytest.mark.parametrize(
    ("tagged", "units"),
    [
        ("{{97110|TherEx (97110) 30 min = 3 units bike}}", {EX: 3}),
        ("{{97110|TherEx 30 min (2 units) bike}}", {EX: 2}),
        ("{{97110|TherEx 30 min bike}}. POC: 12 visits, 3 units each", {}),
        ("{{97110|97110 x 2: 20 min bike}}", {EX: 2}),
        ("{{97110|97110 x 3 (20 min) bike}}", {EX: 3}),
        ("{{97110|97110 (2 units) 20 min bike}}", {EX: 2}),
        ("{{97110|TE x 2 units, 20 min bike}}", {EX: 2}),
        ("{{97110|97110 20 min x2 units bike}}", {EX: 2}),
        ("{{97110|97110 x2u 20' bike}}", {EX: 2}),
        ("{{97110|TherEx bike 20 min}}.\nBilled: 97110 x2, 97140 x1", {EX: 2, MANUAL: 1}),
        ("{{97110|TE 3 x 2, 20 min bike}}", {}),
        ("{{97110|97110 x 20 min bike}}", {}),
        ("{{97110|97110 20 min bike}}\nAuthorized 97110 x 24u", {}),
        ("{{97110|97110 20 min bike}}\nNext visit 97110 x 3", {}),
        ("{{97110|97110 x1 bike 10 min}}\n{{97110|97110 x1 squats 10 min}}", {}),
        ("{{97110|97110 x1 bike 20 min}}\nBilled: 97110 x2", {}),
        ("{{97129|97129 x1 attention 15 min}}, {{97129|97130 x2 memory 30 min}}", {}),
    ],
)
def test_units_written_for_a_service(tagged: str, units: dict[str, int]) -> None:
    assert allocated(tagged).units == units


RESTS: list[tuple[str, dict[str, int], dict[str, Rest]]] = [
    ("{{97110|TE 25 min including 5 min rest}}", {EX: 20}, {EX: Rest(5, True)}),
    ("{{97110|TE 25 min incl. 5' rest}}", {EX: 20}, {EX: Rest(5, True)}),
    ("{{97110|TE 25 min, of which 5 min rest}}", {EX: 20}, {EX: Rest(5, True)}),
    ("{{97110|TE 25 min (5 min rest included)}}", {EX: 20}, {EX: Rest(5, True)}),
    ("{{97110|TE 10:00-10:25 including 5 minutes of rest}}", {EX: 20}, {EX: Rest(5, True)}),
    ("{{97116|Gait 14 minutes with a 4 minute seated rest between}}", {GAIT: 14}, {GAIT: Rest(4, False)}),
    ("{{97110|TE 25 min plus 5 min rest}}", {EX: 25}, {}),
    ("{{97110|TE 25 min, 5 min rest not included}}", {EX: 25}, {}),
    ("{{97110|TE 25 min with 5 min rest, not counted}}", {EX: 25}, {}),
    ("{{97110|TE 25 min excluding 5 min rest}}", {EX: 25}, {}),
    ("{{97110|TE 25 min, pain 5/10 at rest}}", {EX: 25}, {}),
    ("{{97110|TE 25 min with rest breaks}}", {EX: 25}, {}),
    ("{{97110|TE 25 min, 30 sec rest between}}", {EX: 25}, {}),
    ("{{97110|TE 25 min including 5 min bike}}", {EX: 25}, {}),
]


@pytest.mark.parametrize(("tagged", "minutes", "rests"), RESTS)
def test_rest_counts_only_where_the_note_does_not_put_it_inside(
    tagged: str, minutes: dict[str, int], rests: dict[str, Rest]
) -> None:
    found = allocated(tagged)
    assert (found.minutes, found.rests) == (minutes, rests)


def test_rest_inside_a_time_of_two_services_leaves_it_once() -> None:
    found = allocated("{{97110|TE}} and {{97112|NMR}} 25 min including 5 min rest: {{97110|SLR}}, {{97112|tandem}}")
    assert list(found.shared.values()) == [20]


@pytest.mark.parametrize(
    ("said", "units"),
    [
        ("Units: 3", 3),
        ("Total units billed: 3.", 3),
        ("Timed units = 2", 2),
        ("Units: 3\nUnits: 2", None),
        ("Approved units: 24 of 30", None),
        ("Units: 80 mmHg", None),
        ("3 units each", None),
    ],
)
def test_units_written_for_the_visit(said: str, units: int | None) -> None:
    assert allocated(f"{{{{97110|TherEx bike 20 min}}}}\n{said}").units_of_all == units


def test_a_total_settles_what_is_open() -> None:
    lists = "{{97140|glides 10 min}}\n{{97110|bike, rows, curls 30}}\n"
    assert allocated(lists + "timed 40").minutes == {MANUAL: 10, EX: 30}
    assert allocated(lists + "timed 45").minutes == {MANUAL: 10}


def test_nothing_decided_gives_nothing() -> None:
    assert allocated("bike 10 min, squats, 25 min") == Allocation()


@given(st.text(alphabet="0123456789 x'-:min.()[]|hrTEA\n,;of²", max_size=60), st.integers(0, 3))
def test_any_text_is_survived(text: str, every: int) -> None:
    note = parse(text)
    decided = [frozenset({EX} if every and i % every == 0 else ()) for i, _ in enumerate(note.segments or [])]
    found = allocate(note, decided)
    assert set(found.minutes) <= {EX}
    assert all(minutes > 0 for minutes in found.minutes.values())
    assert all(0 <= a < b <= len(text) for spans in found.spans.values() for a, b in spans)


@pytest.mark.parametrize(
    ("text", "supports", "minutes"),
    [
        ("Kinesiotape patella\nP: stepping over objects 10 min", [True, False], {}),
        ("Kinesiotape patella\nP: stepping over objects 10 min", [True, True], {"neuro_reed": 10}),
        ("Kinesiotape patella 5 min\nP: stepping over objects 10 min", [True, False], {"neuro_reed": 5}),
        ("Kinesiotape patella\nstepping over objects 10 min", [True, True], {"neuro_reed": 10}),
    ],
)
def test_the_time_of_work_that_was_not_done_is_nobodys(
    text: str, supports: list[bool], minutes: dict[str, int]
) -> None:
    decided = [frozenset({"neuro_reed"} if yes else ()) for yes in supports]
    assert allocate(parse(text), decided).minutes == minutes


SESSIONS = [
    ("Work hardening 9:00-12:00\nLifting circuit 60 min\nCarrying 30 min\nPushing/pulling 45 min", "97545", 120, 60),
    ("Work hardening day 6. In 8:00 out 11:30.\nLift station 40 lb, sled push, ladder climb.", "97545", 120, 90),
    ("Work hardening, 4 hours today: floor to waist lifts, carries, ladder.", "97545", 120, 120),
]


@pytest.mark.parametrize(("text", "base", "first", "rest"), SESSIONS)
def test_a_session_that_is_the_services_holds_its_parts(
    suggester: Suggester, text: str, base: str, first: int, rest: int
) -> None:
    found = {s["code"]: s["minutes"] for s in suggester.suggest(text)["suggestions"] if s["suggested"]}
    assert found == {base: first, "97546": rest}


REEVALUATIONS = [
    ("Total time 35 min all re-eval.", 35),
    ("Time for re-eval 35 min.", 35),
    ("Next visit: quad sets 35 min.", None),
]


@pytest.mark.parametrize(("said", "minutes"), REEVALUATIONS)
def test_a_time_called_the_re_evaluations_is_its_own(suggester: Suggester, said: str, minutes: int | None) -> None:
    text = f"Re-eval. New fall Sunday, knee 2+ effusion, flexion 84 (was 128). Plan of care revised, new goals written. {said}"
    found = {s["code"]: s["minutes"] for s in suggester.suggest(text)["suggestions"] if s["suggested"]}
    assert found == {"97164": minutes}


FRAME = "S: Knee pain 3/10.\nO:\n{}\nA: Tolerated well, pain 2/10 after. {}\nP: Cont 2x/wk.\nJane Doe, PT"


SESSION_TOTALS = [
    (
        "Functional performance testing (hop tests, Y balance) 30 min, report written",
        "Total treatment time 45 min.",
        30,
    ),
    ("97750 functional testing: hop tests, lift test 30 min", "Total time 45 min.", 30),
    ("Isokinetic test of the quads, 30 min of testing, report attached", "In the clinic 70 min total.", 30),
    ("Functional performance testing: hop tests, Y balance, report written", "Total treatment time 45 min.", None),
    # near misses: a total of the service's own, and one that names it
    ("Ther ex: bike 5 min, SLR, rows, 25 min total", "", 25),
    ("Ther ex: SLR 3x10, bridges", "Treatment time: 25 min (ther ex)", 25),
]


@pytest.mark.parametrize(("told", "closing", "minutes"), SESSION_TOTALS)
def test_the_sessions_total_is_no_codes_minutes(
    suggester: Suggester, told: str, closing: str, minutes: int | None
) -> None:
    answer = suggester.suggest(FRAME.format(told, closing))
    assert [i["minutes"] for i in answer["suggestions"] if i["suggested"]] == [minutes]


def test_the_sessions_total_stays_an_evaluations(suggester: Suggester) -> None:
    text = "PT re-evaluation after a fall: ROM 0-110, quad 4-/5. Plan revised.\nTotal time 35 min"
    item = next(i for i in suggester.suggest(text)["suggestions"] if i["suggested"])
    assert (item["code"], item["minutes"]) == ("97164", 35)


LONG_TIMES = [
    *((f"TherEx: quad sets, SLR 3x10 {n} min.", n) for n in (20, 60, 61, 75, 120)),
    ("Gait training with RW, cues for step length 62 min.", 62),
    # near misses: how long something else lasts
    ("TherEx: quad sets, pt sits for 70 min at work.", None),
    ("TherEx: quad sets. Pt walks 70 min at home daily", None),
]


@pytest.mark.parametrize(("text", "minutes"), LONG_TIMES)
def test_a_time_above_an_hour_is_read(suggester: Suggester, text: str, minutes: int | None) -> None:
    answer = suggester.suggest(text)
    assert [i["minutes"] for i in answer["suggestions"] if i["suggested"]] == [minutes]


HEADINGS = [
    ("Ther ex (25 min): bike 10 min, SLR 8 min, leg press 5 min", [25], "25 minutes for therapeutic exercise and 23"),
    (
        "Ther ex (25 min): bike 10 min, SLR 8 min, leg press 12 min",
        [25],
        "25 minutes for therapeutic exercise and 30",
    ),
    ("Ther ex 20 min: bike 15 min, SLR 3x10, leg press 10 min", [20], "20 minutes for therapeutic exercise and 25"),
    ("Manual therapy: 15 min\nSTM to UT 10 min\nGlides 10 min", [15], "15 minutes for manual therapy and 20"),
    # near misses: they agree, an item has no time, another service's time, a set of codes
    ("Ther ex (25 min): bike 10 min, SLR 8 min, leg press 7 min", [25], None),
    ("Ther ex (25 min): bike 10 min, SLR 3x10, leg press 5 min", [25], None),
    ("Manual therapy: 20 min\nSTM to UT 10 min\nGlides 10 min", [20], None),
    ("Ther ex 25 min: bike 10 min, SLR 15 min. Manual: STM 10 min", [25, 10], None),
    ("MANUAL 20': US 8', STM 12'", [12, 8], None),
]


@pytest.mark.parametrize(("told", "minutes", "said"), HEADINGS)
def test_a_headings_time_is_held_against_its_items(
    suggester: Suggester, told: str, minutes: list[int], said: str | None
) -> None:
    answer = suggester.suggest(FRAME.format(told, ""))
    assert [i["minutes"] for i in answer["suggestions"] if i["suggested"]] == minutes
    found = [c for c in answer["claim"]["contradictions"] if "for its items" in c]
    assert [c for c in found if said and said in c] == found
    assert bool(found) == bool(said)


INEXACT = [
    ("Ther Ex 8-10 min: SLR", "a range, 8-10 min; the lower end, 8 minutes"),
    ("Ther Ex for 8 to 10 minutes: SLR", "a range, 8 to 10 minutes; the lower end, 8 minutes"),
    ("Gait training 10 min x 2 with SPC, cues for heel strike", "“10 min x 2”; 10 minutes are counted"),
    # near misses: one number, once
    ("Gait training 10 min with SPC x 2 laps", None),
    ("Ther ex 10 min: SLR 2x10", None),
    ("Ther ex 10 min x 3 visits: SLR", None),
]


@pytest.mark.parametrize(("told", "said"), INEXACT)
def test_a_time_that_is_not_one_number_is_told(suggester: Suggester, told: str, said: str | None) -> None:
    answer = suggester.suggest(FRAME.format(told, ""))
    found = [c for line in answer["claim"]["lines"] for c in line["cautions"] if "states its time" in c]
    assert [c for c in found if said and said in c] == found
    assert bool(found) == bool(said)


@pytest.mark.parametrize(("code", "service"), [("G0283", STIM), ("97110", EX)])
def test_a_time_beside_any_code_is_what_was_billed(code: str, service: str) -> None:
    """Also beside a code with a letter: the times of the parts are not added to it."""
    note, decided = read_tagged(
        f"{{{{{code}|low back 10 min}}}}, {{{{{code}|knee 5 min}}}}.\nBilling: {code} - 14 min"
    )
    assert allocate(note, decided).minutes == {service: 14}
