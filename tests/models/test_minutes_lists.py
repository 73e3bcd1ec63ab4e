"""Minutes stated in rows, lists and parts: whose each time is, and which are of several services at once."""

from __future__ import annotations

import pytest
from minutes_support import ACT, CARE, COMMUNITY, EX, GAIT, HEAT, MANUAL, MASSAGE, NEURO, SOUND, STIM, allocated

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
    found = allocated(tagged)
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
    assert allocated(tagged).minutes == minutes


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
    found = allocated(tagged)
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
    assert allocated(tagged).minutes == minutes


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
    assert allocated(tagged).minutes == minutes


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
    found = allocated(tagged)
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
    assert allocated(tagged).minutes == minutes


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
    assert allocated(tagged).minutes == minutes


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
    assert allocated(tagged).minutes == minutes


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
    assert allocated(tagged).minutes == minutes


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
    assert allocated(tagged).minutes == minutes


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
    assert allocated(tagged).minutes == minutes


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
    assert allocated(tagged).minutes == minutes
