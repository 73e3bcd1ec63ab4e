"""Stated minutes: which services a time is given to, and which times are nobody's.

Notes are written in the corpus's own tags (``{{97110|words}}``): what is tagged was found to support the code.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.minutes import load_weights
from corpus.notes import parse_tagged
from corpus.services import service_of_code
from models.minutes import Allocation, Rest, allocate
from models.minutes.choose import all_ways, best_ways, choose, reasons, together, total_weight, traits_of
from models.minutes.traits import NAMES
from models.suggester import Suggester
from nlp.note import ParsedNote
from nlp.pipeline import parse

HEAT, MASSAGE, MANUAL, EX = "hot_cold", "massage", "manual", "ther_ex"
NEURO, GAIT, ACT, CARE = "neuro_reed", "gait", "ther_act", "self_care"
STIM, SOUND, COMMUNITY = "unattended_stim", "ultrasound", "community"


def _read(tagged: str) -> tuple[ParsedNote, list[frozenset[str]]]:
    text, spans = parse_tagged(tagged)
    note = parse(text)
    decided = []
    for segment in note.segments or []:
        size = sum(map(str.isalnum, text[segment.start : segment.end])) or 1
        services = set()
        for code, start, end in spans:
            inside = text[max(start, segment.start) : min(end, segment.end)]
            if code in service_of_code() and sum(map(str.isalnum, inside)) * 2 >= size:
                services.add(service_of_code()[code][0])
        decided.append(frozenset(services))
    return note, decided


def _allocate(tagged: str) -> Allocation:
    return allocate(*_read(tagged))


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
    assert _allocate(tagged).minutes == minutes


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
    assert _allocate(tagged).minutes == minutes


def test_support_settles_what_the_segments_leave_open() -> None:
    note, decided = _read(
        "Loosened the hip by hand, then worked it against the band. 18 min.\n{{97140|glides 9 min}}"
    )
    nothing = [dict.fromkeys((EX, MANUAL), 0.0) for _ in decided]
    support = [here | dict.fromkeys(own, 1.0) for here, own in zip(nothing, decided, strict=True)]
    strong = [here | {EX: 0.5} if i < len(decided) - 1 else here for i, here in enumerate(support)]
    assert allocate(note, decided, support).minutes[MANUAL] == 9
    assert allocate(note, decided, strong).minutes == {EX: 18, MANUAL: 9}


def test_the_reasons_add_up() -> None:
    weights = load_weights()
    traits = traits_of(*_read("{{97110|bike 8 min}}\n{{97140|glides 10 min}}"))
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
        *_read(" ".join(f"{{{{97110|item {i}}}}} {i} min, {{{{97140|glide}}}} {i} min," for i in range(5, 60)))
    )
    weights = load_weights()
    ways = {service: best_ways(traits, service, weights) for service in traits.services}
    alone = {k: total_weight(pair, weights) for k, pair in traits.pairs[EX].items()}
    assert len(list(all_ways(alone, traits.times))) < 60
    assert 1 <= len(list(together(ways))) <= 64


def test_shared_minutes_are_marked() -> None:
    found = _allocate("{{97014,97010|IFC with hot pack x 15 min}}\n{{97110|bike 8 min}}")
    assert {frozenset(services): n for services, n in found.shared.items()} == {frozenset((STIM, HEAT)): 15}
    assert found.shares(HEAT)
    assert not found.shares(EX)


def test_spans_are_the_words_that_state_the_minutes() -> None:
    found = _allocate("{{97110|bike 5 min, squats - 15 min}}")
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
    found = _allocate(tagged)
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
    said = _allocate(tagged).contradictions
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
    assert _allocate(tagged).units == units


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
    found = _allocate(tagged)
    assert (found.minutes, found.rests) == (minutes, rests)


def test_rest_inside_a_time_of_two_services_leaves_it_once() -> None:
    found = _allocate("{{97110|TE}} and {{97112|NMR}} 25 min including 5 min rest: {{97110|SLR}}, {{97112|tandem}}")
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
    assert _allocate(f"{{{{97110|TherEx bike 20 min}}}}\n{said}").units_of_all == units


def test_a_total_settles_what_is_open() -> None:
    lists = "{{97140|glides 10 min}}\n{{97110|bike, rows, curls 30}}\n"
    assert _allocate(lists + "timed 40").minutes == {MANUAL: 10, EX: 30}
    assert _allocate(lists + "timed 45").minutes == {MANUAL: 10}


def test_nothing_decided_gives_nothing() -> None:
    assert _allocate("bike 10 min, squats, 25 min") == Allocation()


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


ROWS = [
    ("{{97110|TherEx}}/{{97112|NMR}} x 25 min: {{97110|SLR}}, {{97112|foam stance}}", {EX: 25, NEURO: 25}, [25]),
    (
        "{{97110|Ther ex}} and {{97112|neuro re-ed}} for 25 min. {{97140|Manual therapy 15 min}}",
        {EX: 25, NEURO: 25, MANUAL: 15},
        [25],
    ),
    ("{{97110|97110}}, {{97530|97530}} - 38 min", {EX: 38, ACT: 38}, [38]),
    (
        "{{97110|Therapeutic exercise}} + {{97530|therapeutic activity}} (28 minutes): {{97110|leg press}}",
        {EX: 28, ACT: 28},
        [28],
    ),
    ("{{97116|Gait training}} and {{97112|balance retraining}} took 30 min", {GAIT: 30, NEURO: 30}, [30]),
    # each has its own
    (
        "{{97116|Gait training}} and {{97112|neuro re-ed}} 15 min each: {{97116|treadmill}}, {{97112|foam}}",
        {GAIT: 15, NEURO: 15},
        [],
    ),
    # a name with a time of its own is in no row of the next time
    ("{{97110|TE 15 min}}, {{97140|MT 10 min}}", {EX: 15, MANUAL: 10}, []),
    ("{{97110|TE}} 15, {{97112|NMR}} and {{97140|MT 20 min}}", {EX: 15, NEURO: 20, MANUAL: 20}, [20]),
]


@pytest.mark.parametrize(("tagged", "minutes", "shared"), ROWS)
def test_a_time_beside_a_row_of_names_is_that_of_all(tagged: str, minutes: dict[str, int], shared: list[int]) -> None:
    found = _allocate(tagged)
    assert found.minutes == minutes
    assert list(found.shared.values()) == shared


ONCE = [
    # a total with its parts, in the line and in the lines below
    ("{{97112|Neuro re-ed (20 minutes): 5 min static, 10 min dynamic, 5 min on foam}}", {NEURO: 20}),
    ("{{97140|Manual Therapy: 15 min}}\n  {{97140|STM 10 min}}\n  {{97140|Mobs 5 min}}", {MANUAL: 15}),
    ("{{97110|Bike 10 min, leg press 10 min.}} {{97110|Total therex time 20 min}}", {EX: 20}),
    ("{{97110|TE 15 min}}, {{97110|TE 10 min}}, {{97110|TE 5 min}}", {EX: 30}),
    # the same again beside its code
    ("{{97140|Manual therapy 15 min to c-spine}}.\n{{97140|Charges: 97140 15 min}}", {MANUAL: 15}),
    ("{{97110|Bike 10 min, leg press 5 min}}.\n{{97110|97110 - 15 min}}", {EX: 15}),
    # corrected
    ("{{97116|Gait training 30 min}}. {{97116|Correction: gait training 15 min}}.", {GAIT: 15}),
    # another day's, another time's
    ("{{97110|TE 20 min: SLR}}, 5 min rest, {{97110|TE 10 min: LAQ}}", {EX: 30}),
    # one within another
    ("{{97116|Unable to complete 10 min of gait training, stopped at 6 min}}", {GAIT: 6}),
    ("{{97110|Ther ex 10 min.}} {{97116|Attempted stairs, stopped after 4 min}}", {EX: 10, GAIT: 4}),
    ("{{98980|management 43 min this month incl. video call 12 min}}", {"rtm_management": 43}),
    ("{{98980|RTM management 31 min (incl. 9 min live call)}}", {"rtm_management": 31}),
    ("{{97129|Attention training. TIME: 97129 15 min; 97130 30 min}}  TOTAL 45", {"cognitive": 45}),
    (
        "{{97110|Therapeutic Exercise Minutes:24finger ladder x10}}\n{{97140|Manual Therapy Minutes: 15}}",
        {EX: 24, "manual": 15},
    ),
    (
        "[X] 97530 {{97530|There Act _28_ min}}\n[X] 97535 {{97535|ADL __17__ min}}\n[ ] Neuro ____ min",
        {"ther_act": 28, "self_care": 17},
    ),
    (
        "{{98980|Management time this month: 26 min, with review of the dashboard, video call 12 min and call 5 min}}",
        {"rtm_management": 26},
    ),
    ("{{98980|management: 26 min, 40 min not reached, no add'l 20 min}}", {"rtm_management": 26}),
    ("{{97110|Therex 30 min}}, including {{97112|10 min NMR on foam}}", {EX: 20, NEURO: 10}),
    # the session's is no code's
    ("Total treatment time: 45 min. {{97116|Gait training with RW}}.", {}),
    ("{{97124|60 min session of massage: effleurage}}", {MASSAGE: 60}),
]


@pytest.mark.parametrize(("tagged", "minutes"), ONCE)
def test_a_minute_counts_once(tagged: str, minutes: dict[str, int]) -> None:
    assert _allocate(tagged).minutes == minutes


OF_A_WHOLE = [
    ("{{97537|75 min of which 60 community re-entry}}, rest driving.", {COMMUNITY: 60}, 75),
    ("Pt seen 75 min, {{97537|of which 60 community reintegration (bus route)}}.", {COMMUNITY: 60}, 75),
    (
        "{{97537|Saw her 90 minutes, of which about 70 min was community reintegration}}, travel the rest.",
        {COMMUNITY: 70},
        90,
    ),
    ("{{97116|45 min total, 30 of that gait training on stairs}}, rest was charting.", {GAIT: 30}, 45),
    ("{{97124|60 min; 50 of those massage: effleurage}}, intake the rest", {MASSAGE: 50}, 60),
    ("45 min, {{97116|30 of it gait}}, {{97112|15 balance}}.", {GAIT: 30, NEURO: 15}, 45),
    (
        "50 min, {{97110|of which 35 were therapeutic exercise}}, {{97140|15 manual therapy}}",
        {EX: 35, MANUAL: 15},
        50,
    ),
    # the whole is called the service's, or the part is no service's
    ("{{97116|Gait training 30 min, of which 10 on stairs}}.", {GAIT: 30}, None),
    ("{{97116|Gait training 30 min, 10 of it gait training on stairs}}.", {GAIT: 30}, None),
    ("{{97110|Bridges and clams 25 min, 10 of it exercise on the bike}}.", {EX: 25}, None),
    ("{{98980|43 min this month of which 12 video call}}", {"rtm_management": 43}, None),
    # a count
    ("{{97110|30 min, 20 of which reps with band}}", {EX: 30}, None),
    ("{{97110|30 min, of which 12 reps ther ex with band}}", {EX: 30}, None),
]


@pytest.mark.parametrize(("tagged", "minutes", "total"), OF_A_WHOLE)
def test_a_part_called_a_services_is_all_it_has_of_a_time(
    tagged: str, minutes: dict[str, int], total: int | None
) -> None:
    found = _allocate(tagged)
    assert found.minutes == minutes
    assert found.total == total


OF_WHAT = [
    (
        "{{97140|Soft tissue mobilization with kneading}}, {{97140,97110|and after that fifteen minutes of exercise}}",
        {EX: 15},
    ),
    ("{{97140|Frictions}}, {{97140,97035|then eight minutes worth of ultrasound}}", {SOUND: 8}),
    ("{{97140|Glides of the knee}}, {{97140,97116|following that ten minutes of gait training}}", {GAIT: 10}),
    # said of both, or both told behind it
    ("{{97110|Squats}}, {{97140|mobs}}. {{97110,97140|20 min of exercise and manual in all}}", {EX: 20, MANUAL: 20}),
    (
        "{{97110,97530|30 minutes of therapeutic exercise}}: {{97110|squats}}, {{97530|lifting from floor}}",
        {EX: 30, ACT: 30},
    ),
]


@pytest.mark.parametrize(("tagged", "minutes"), OF_WHAT)
def test_a_time_of_a_named_service_is_not_that_of_the_one_told_before(tagged: str, minutes: dict[str, int]) -> None:
    assert _allocate(tagged).minutes == minutes


COLUMNS = [
    (
        "{{97110|Hip 4-way cable   15# x 12 ea   TE 10}}\n{{97110|Leg press  90#, 3x10  TE 8}}\n{{97110|TM warm up  2.2 mph, flat  TE 6}}",
        {EX: 24},
    ),
    (
        "{{97110|Bike level 3   TE 8 min}}\n{{97140|STM UT R   MT 12 min}}\n{{97110|Rows 3x10   TE 10 min}}\n{{97110|Chin tucks   TE 5 min}}",
        {EX: 23, MANUAL: 12},
    ),
    ("{{97112|SLS foam 3x30   NMR 7}}\n{{97112|Cone taps   NMR 6}}\n{{97112|Ladder fwd/lat   NMR 5}}", {NEURO: 18}),
    # their sum below them
    ("{{97110|Bike level 3   TE 8}}\n{{97110|Rows   TE 10}}\nCharges: {{97110|TE 18}}", {EX: 18}),
    # a heading's time over its parts
    ("{{97140|97140 - Manual therapy: 15 min}}\n  {{97140|STM 10 min}}\n  {{97140|Mobs 5 min}}", {MANUAL: 15}),
    ("{{97140|2. Manual therapy (97140) 15 min}}\n  {{97140|STM 10 min}}\n  {{97140|Mobs 5 min}}", {MANUAL: 15}),
]


@pytest.mark.parametrize(("tagged", "minutes"), COLUMNS)
def test_names_and_times_at_the_ends_of_lines_are_added(tagged: str, minutes: dict[str, int]) -> None:
    assert _allocate(tagged).minutes == minutes


TOGETHER = [
    (
        "{{97140|Manual}} and {{97110|exercise}} together, 25 min. {{97140|STM to lumbar paraspinals}}. {{97110|Bridges}}.",
        {MANUAL: 25, EX: 25},
        [25],
    ),
    ("{{97140|Manual therapy}}, {{97110|exercise together}} 25 min. {{97110|Bridges}}.", {MANUAL: 25, EX: 25}, [25]),
    (
        "{{97140|STM to QL}}. {{97110|Bridges}}. {{97112|Foam 10 min}}. MT and TE were done together, 25 min.",
        {MANUAL: 25, EX: 25, NEURO: 10},
        [25],
    ),
    ("{{97110,97140|TE/MT combined 25 min}}: {{97110|bridges}}, {{97140|STM}}.", {MANUAL: 25, EX: 25}, [25]),
    # each has its own besides, or it is no row
    (
        "{{97140|STM 10 min}}. {{97110|Bridges 15 min}}. Manual and exercise together 25 min.",
        {MANUAL: 10, EX: 15},
        [],
    ),
    ("{{97140|STM to QL 10 min}}. {{97110|Bridges}}. Exercise together with wife 15 min.", {MANUAL: 10}, []),
]


@pytest.mark.parametrize(("tagged", "minutes", "shared"), TOGETHER)
def test_a_time_of_a_row_done_together_is_that_of_all(
    tagged: str, minutes: dict[str, int], shared: list[int]
) -> None:
    found = _allocate(tagged)
    assert found.minutes == minutes
    assert list(found.shared.values()) == shared


ANOTHERS = [
    ("PTA visit 3/2 did {{97116|20 min gait}} per communication note.\n{{97116|Gait training with RW}}", {}),
    ("Per PTA note 3/2: 15 min ther ex completed.\n{{97110|Bridges, SLR}}", {}),
    ("Reviewed PTA communication note: 15 min ther ex. {{97110|Bridges, SLR 12 min}}", {EX: 12}),
    ("Comm note from PTA 3/2 - 20' gait.\n{{97116|Gait training with RW 12 min}}", {GAIT: 12}),
    ("On 3/2 the covering therapist gave {{97140|15 min of manual therapy}}. {{97140|STM to the neck}}", {}),
    # this visit's
    ("Discussed with PTA 3/2. {{97110|Therapeutic exercise 20 min: bridges}}", {EX: 20}),
    ("PTA visit 3/2: {{97116|Gait training with RW 20 min}}", {GAIT: 20}),
    ("Per PTA note gait unsteady, today {{97116|gait training with RW 20 min}}", {GAIT: 20}),
    ("{{97116|Gait training with PTA 15 min}}", {GAIT: 15}),
]


@pytest.mark.parametrize(("tagged", "minutes"), ANOTHERS)
def test_a_time_told_of_anothers_visit_is_nobodys(tagged: str, minutes: dict[str, int]) -> None:
    assert _allocate(tagged).minutes == minutes


LAST_ITEMS = [
    # the time someone was seen for is that of the only service
    (
        "{{97129|Cognitive intervention}}. Seen forty-five minutes one to one. {{97129|Pill sorting}}",
        {"cognitive": 45},
    ),
    ("{{97129|Cognitive intervention}}. Seen 45 min. {{97129|Pill sorting 20 min}}", {"cognitive": 20}),
    ("{{97140|STM neck}}. Seen 45 min face to face. {{97110|Rows}}", {}),
    ("{{97110|Rows}}. Seen by MD last week, 45 min wait", {}),
    # codes of one service each beside a time: these are all of it
    (
        "{{98980|RTM: app data 12 min, call 9 min}}, {{98980|first 20 = 98980}}, {{98980|add'l 22 = 98981}}",
        {"rtm_management": 42},
    ),
    ("{{98980|RTM: app data 12 min, call 9 min, 21 min in all}}, {{98980|98980}}", {"rtm_management": 21}),
    ("{{97129|Pill sorting}}. {{97129|97129 - 15 min}}, {{97129|97130 - 30 min}}", {"cognitive": 45}),
    # all that was told before it, back to the last time
    (
        "{{97116|Gait 10 min}}. {{97110|SLR and quad sets}}. {{97110|All that took 25 min}}. {{97112|Ended with balance on foam}}.",
        {GAIT: 10, EX: 25},
    ),
    ("{{97110|SLR and quad sets, these 25 min}}. {{97112|Ended with balance on foam}}.", {EX: 25}),
    ("{{97110|SLR and quad sets, 25 min for these}}. {{97112|Balance on foam}}.", {EX: 25}),
    ("{{97112|This 25 min: tandem stance and foam}}. {{97110|SLR, quad sets}}.", {NEURO: 25}),
    (
        "{{95992|Epley R x2}}\n{{97112|Tandem stance on foam}}\n{{97112|Gaze stabilization x1}}\n{{97112|Cone taps (last 3: 24 min)}}",
        {NEURO: 24},
    ),
    (
        "{{95992|Epley R x2}}\n{{97110|Bridges 3x10}}\n{{97530|Sit to stand from low chair (last two items 20 min)}}",
        {EX: 20, ACT: 20},
    ),
    (
        "{{97140|STM to upper traps}}. {{97110|Rows 3x10}}, {{97530|box lifts}}, both of these 15 min.",
        {EX: 15, ACT: 15},
    ),
    ("{{97140|STM to upper traps}}\n{{97110|Rows 3x10}}\n{{97530|box lifts}}\nlast two: 15 min", {EX: 15, ACT: 15}),
    ("{{97140|STM to upper traps}}\n{{97110|Rows 3x10}}\n{{97110|Chin tucks}}\n(these two 15 min)", {EX: 15}),
    ("{{97140|STM}}\n{{97110|Rows 3x10}}\n{{97112|SLS}}\n(all three 35 min)", {MANUAL: 35, EX: 35, NEURO: 35}),
    # other things counted, or none
    ("{{97140|STM to upper traps 10 min}}. {{97110|Rows 3x10, last 2 sets, 15 min}}", {MANUAL: 10, EX: 15}),
    ("{{97110|Rows}} last 3 visits: 15 min. {{97140|STM 10 min}}", {MANUAL: 10}),
    ("{{97140|STM to upper traps}}. {{97110|Rows 3x10}}, {{97530|box lifts}} for the last 15 min.", {}),
]


@pytest.mark.parametrize(("tagged", "minutes"), LAST_ITEMS)
def test_a_time_of_the_last_items_is_not_that_of_those_before(tagged: str, minutes: dict[str, int]) -> None:
    assert _allocate(tagged).minutes == minutes


PAIRED = [
    ("{{97110|clams, bridges}}\n{{97140|hip glides}}\nTE/MT = 17/11", {EX: 17, MANUAL: 11}),
    (
        "MT, TE, TA: 9, 21, 14\n{{97140|hip glides}}\n{{97110|clams}}\n{{97530|box lifts}}",
        {MANUAL: 9, EX: 21, ACT: 14},
    ),
    (
        "{{97110|rower 5 min, clams}}\n{{97140|hip glides}}\n{{97010|ice}}\nTE/MT/CP 18/9/10",
        {EX: 18, MANUAL: 9, HEAT: 10},
    ),
    ("97112/97116 - 13/24 min\n{{97112|foam reach}}\n{{97116|cane, heel cues}}", {NEURO: 13, GAIT: 24}),
    ("{{97110|clams}}\n{{97140|hip glides}}\nte + mt -> 18 + 9", {EX: 18, MANUAL: 9}),
    # a number of a name that is no service's is nobody's
    ("{{97110|clams}}\n{{97140|hip glides}}\nTE/US/MT = 18/6/9", {EX: 18, MANUAL: 9}),
    # one time for both; a service not done
    ("{{97110|clams}}\n{{97112|foam reach}}\nTE/NMR 26", {EX: 26, NEURO: 26}),
    ("{{97110|clams}}\n{{97140|hip glides}}\nTE/US/MT = 23/0/12", {EX: 23, MANUAL: 12}),
    # sums of one service
    ("{{97110|clams}}\n{{97140|hip glides}}\nTE 12 + 7, MT 10", {EX: 19, MANUAL: 10}),
]


@pytest.mark.parametrize(("tagged", "minutes"), PAIRED)
def test_numbers_behind_as_many_names_are_theirs_in_order(tagged: str, minutes: dict[str, int]) -> None:
    assert _allocate(tagged).minutes == minutes


STRETCHES = [
    # stretches of the session, each told of behind its time
    (
        "{{97535|[0905 to 0930] wash and dress at the sink}}, {{97535|sock aid}}. Then {{97530|[0930 to 0945] chair rises}}.",
        {CARE: 25, ACT: 15},
    ),
    (
        "{{97110|1st quarter hour: rower, clams}}\n{{97110|2nd quarter hour: step-ups, leg press}}\n{{97140|3rd quarter hour: hip glides}}",
        {EX: 30, MANUAL: 15},
    ),
    (
        "first 15 was {{97110|rower and clams}}, {{97112|second quarter hour: foam reach}}, {{97140|third quarter hour: hip glides}}",
        {EX: 15, NEURO: 15, MANUAL: 15},
    ),
    # one stretch alone is no division of the session
    ("{{97110|rower, clams}}. Last 5 was goodbye. {{97140|hip glides 9 min}}", {MANUAL: 9}),
    # group by the clock, then one patient
    (
        "{{97150|group from 9 to 930 today}}, {{97150|band rows and ball kicks}}. {{97116|Then cane on the ramp}}. {{97116|14 min for that}}",
        {"group": 30, GAIT: 14},
    ),
]


@pytest.mark.parametrize(("tagged", "minutes"), STRETCHES)
def test_a_stretch_of_the_session_is_of_what_it_tells_of(tagged: str, minutes: dict[str, int]) -> None:
    assert _allocate(tagged).minutes == minutes


EACH = [
    ("{{97110|Recumbent bike and rower 6 min each}}. {{97140|hip glides 9 min}}", {EX: 12, MANUAL: 9}),
    ("{{97110|Heel raises, squats, SLR 4 min each}}; {{97140|hip glides 9 min}}", {EX: 12, MANUAL: 9}),
    ("{{97110|UBE 3' fwd 3' back}}\n{{97110|band rows 3x10 12'}}\n{{97140|hip glides 8'}}", {EX: 18, MANUAL: 8}),
    (
        "{{97110|bike and rower 5 min each}}\n{{97110|clams, bridges 12 min}}\n{{97140|hip glides 8 min}}",
        {EX: 22, MANUAL: 8},
    ),
    ("{{97112|Foam reach 4x3 min + 5 min}}. {{97110|Clams 9 min}}", {NEURO: 17, EX: 9}),
    # of each of two services, of one treatment, of each side
    ("{{97116|Gait training}} and {{97112|foam balance}}, 15 min each", {GAIT: 15, NEURO: 15}),
    ("{{97110|Rower 6 min each}}. {{97140|hip glides 9 min}}", {EX: 6, MANUAL: 9}),
    ("{{97110|Rower and bike 6 min each leg}}. {{97140|hip glides 9 min}}", {EX: 6, MANUAL: 9}),
]


@pytest.mark.parametrize(("tagged", "minutes"), EACH)
def test_a_time_of_each_of_several_treatments_is_added(tagged: str, minutes: dict[str, int]) -> None:
    assert _allocate(tagged).minutes == minutes


OF_ROWS = [
    (
        "| Task | Dose | Time |\n| {{97110|rower}} | easy | 7:00 |\n| {{97110|clams}} | 3x10 | 14:00 |\n| {{97112|foam reach}} | 3x | 9:00 |",
        {EX: 21, NEURO: 9},
    ),
    (
        "| Task | Time |\n| {{97110|rower}} | 10:05 |\n| {{97140|hip glides}} | 10:20 |\n| {{97112|foam reach}} | 10:40 |",
        {},
    ),
    (
        "Exercise portion 25 min. {{97110|Rower, clams}}. {{97140|Hip glides took 10}}. {{97016|Cold sleeve for the last 12 of our 47 minutes}}.",
        {EX: 25, MANUAL: 10, "vasopneumatic": 12},
    ),
    (
        "45-min tx. 55% of it {{97116|treadmill in the harness, heel cues (25 min)}}, 45% {{97112|tall kneel on the disc (20 min)}}.",
        {GAIT: 25, NEURO: 20},
    ),
]


@pytest.mark.parametrize(("tagged", "minutes"), OF_ROWS)
def test_rows_and_parts_keep_their_own_times(tagged: str, minutes: dict[str, int]) -> None:
    assert _allocate(tagged).minutes == minutes


COMPACT = [
    # names and numbers in rows of any sign, before and behind, in a grid
    (
        "TA > NMR > GT :: 22 > 13 > 7\n{{97530|floor lifts}} | {{97112|foam}} | {{97116|ramp}}",
        {ACT: 22, NEURO: 13, GAIT: 7},
    ),
    ("14/9/21 US/MT/TE\n{{97035|3 MHz}}; {{97140|glides}}; {{97110|rows}}", {SOUND: 14, MANUAL: 9, EX: 21}),
    (
        "97535   97530   97110   tot\n21      16      13      50\n{{97535|sock aid}}; {{97530|box lifts}}; {{97110|putty}}",
        {CARE: 21, ACT: 16, EX: 13},
    ),
    ("\tlast\ttoday\nTE\t17\t22\nMT\t14\t-\nGT\t-\t11\n{{97110|squats}}; {{97116|ramp}}", {EX: 22, GAIT: 11}),
    # a name and its number in turn, whatever stands behind it
    ("{{97140|MT 14 like Tuesday}}, {{97110|TE 23 like Tuesday}}", {MANUAL: 14, EX: 23}),
    ("9MT 21TE 0NMR 10CP\n{{97140|glides}}; {{97110|squats}}; {{97010|cold pack}}", {MANUAL: 9, EX: 21, HEAT: 10}),
    ("97535x21 / 97530x14\n{{97535|sock aid}}; {{97530|box lifts}}", {CARE: 21, ACT: 14}),
    ("{{97110|exs 16}}, {{97014|IFC same}}, {{97010|MHP under it same}}", {EX: 16, STIM: 16, HEAT: 16}),
    ("all 32': 12 US, rest MT\n{{97035|3 MHz}}; {{97140|glides}}", {SOUND: 12, MANUAL: 20}),
    # a time for each, starts in a chain, items that arrows lead through
    ("{{97116|treadmill}} & {{97530|floor transfers}}, 14 mn apiece", {GAIT: 14, ACT: 14}),
    (
        "9:03 {{97110|rower, bands}} -> 9:19 {{97112|BOSU}} -> 9:31 {{97140|STM calf}} -> 9:44 out",
        {EX: 16, NEURO: 12, MANUAL: 13},
    ),
    ("{{97035|US 8}} → {{97110|bridges, LTR 11}} → {{97140|L/S mobs 9}}", {SOUND: 8, EX: 11, MANUAL: 9}),
    # one time of a row is that of all of it; numbers that are none
    (
        "{{97110|Ther ex}} and {{97112|neuro re-ed}} for 25 min. {{97140|Manual therapy 15 min}}",
        {EX: 25, NEURO: 25, MANUAL: 15},
    ),
    ("{{97116|gait 50 ft}}, {{97110|squats 12 reps}}", {}),
    ("{{97110|SLR 20, clams 20, bridges 15}}", {}),
    ("TE:NMR:GT 2u:1u:1u\n{{97110|squats}}: {{97112|foam}}: {{97116|ramp}}", {}),
]


@pytest.mark.parametrize(("tagged", "minutes"), COMPACT)
def test_compact_lists(tagged: str, minutes: dict[str, int]) -> None:
    assert _allocate(tagged).minutes == minutes


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
    note, decided = _read(f"{{{{{code}|low back 10 min}}}}, {{{{{code}|knee 5 min}}}}.\nBilling: {code} - 14 min")
    assert allocate(note, decided).minutes == {service: 14}
