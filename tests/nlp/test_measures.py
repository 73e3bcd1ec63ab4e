"""Measures: what is treatment time, what is not, and the other quantities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.marks import find_marks
from nlp.measures import find_measures
from nlp.text import read_text


def _found(text: str, *kinds: str) -> list[tuple[str, float]]:
    note = read_text(text)
    return [(m.kind, m.value) for m in find_measures(note, find_marks(note)) if m.kind in kinds]


TIMES = [
    # a number between spaces behind the name that opens its line
    ("GAIT 22 min  parallel bars\nBALANCE 15    step taps 4 in", [("minutes", 22), ("minutes", 15)]),
    ("Balance 15   reps each side\nGait 20   x3 laps\nBalance 45   out of 56", []),
    # numbers added to the one behind a name; not those of which a unit behind the last is said
    ("ex 12 + 10 (wand, then bands)", [("minutes", 12), ("minutes", 10)]),
    (
        "TE 12+10, MT 8 + 7. NMR 9",
        [(kind, value) for kind, value in zip(["minutes"] * 5, (12, 10, 8, 7, 9), strict=True)],
    ),
    ("TE 12+10 min", [("minutes", 12), ("minutes", 10)]),
    ("Isokinetic test 60 + 180 deg/s both legs, 30 min", [("minutes", 30)]),
    # a prime beside a longer way in feet is minutes
    ("gait x 15' w/ RW CGA 120 ft", [("minutes", 15)]),
    ("gait x 15' w/ RW CGA", []),
    ("Amb 20' x2 RW 40 ft", []),
    # interruptions, and words that are only near them
    ("clams 3x15, water + phone between sets ~8'", [("pause", 8)]),
    ("Treadmill 12 min, sat + gatorade 7 min, then lunges 15 min", [("minutes", 12), ("pause", 7), ("minutes", 15)]),
    ("stairs 10 min, 5 min restroom break, rows 6 min", [("minutes", 10), ("pause", 5), ("minutes", 6)]),
    ("Waited approx 6 min for daughter. Epley, waited 10 min between", [("pause", 6), ("pause", 10)]),
    (
        "Bathroom transfers 8 min, water walking 10 min. Phone call 12 min",
        [("minutes", 8), ("minutes", 10), ("minutes", 12)],
    ),
    ("planks 30 min, a five minute phone call I'm not counting", [("minutes", 30), ("withdrawn", 5)]),
    ("20 min of bridges and laser not billed", [("minutes", 20)]),
    ("Bike x 8 min", [("minutes", 8)]),
    ("Bike 8'", [("minutes", 8)]),
    ("bike 10m, squats", [("minutes", 10)]),
    ("for fifteen minutes of balance work", [("minutes", 15)]),
    ("twenty-five minutes", [("minutes", 25)]),
    ("half an hour of gait work", [("minutes", 30)]),
    ("97110: 15, 97140: 12", [("minutes", 15), ("minutes", 12)]),
    ("TA 16 GT 14 Tot 30 min", [("minutes", 16), ("minutes", 14), ("total", 30)]),
    ("TE (23) and MT (12)", [("minutes", 23), ("minutes", 12)]),
    ("NuStep [10]; SLR [5]", [("minutes", 10), ("minutes", 5)]),
    ("Code | What | Min\n97112 | foam | 23", [("minutes", 23)]),
    ("Total treatment time: 45 min, timed minutes 38", [("total", 45), ("timed", 38)]),
    ("60 min session", [("total", 60)]),
    # spellings, words between, other units
    ("15 minuts of bike, then 10 mintues of rows", [("minutes", 15), ("minutes", 10)]),
    ("Bike x8 min", [("minutes", 8)]),
    ("TE -15 min", [("minutes", 15)]),
    ("10-15 min of balance", [("minutes", 10)]),
    ("15 to 20 minutes of STM", [("minutes", 15)]),
    ("level 5 - 10 min, 3x10-15 min", [("minutes", 10), ("minutes", 15)]),
    ("from 10 to 15 min", [("minutes", 15)]),
    ("three hours and ten minutes", [("minutes", 190)]),
    ("bike at home 6 easy minutes", [("minutes", 6)]),
    ("a quarter of an hour of rows, an hour and a half of work", [("minutes", 15), ("minutes", 90)]),
    ("1 hr 15 min of hardening", [("minutes", 75)]),
    ("a dozen minutes of reaching", [("minutes", 12)]),
    ("and another 4, sats watched", [("minutes", 4)]),
    ("4 x 5 min", [("minutes", 5)]),
    ("walked in the hall for 38 minutes", [("minutes", 38)]),
    ("the last 10 min we did stairs", [("minutes", 10)]),
    ("traction, 6 of 15 min done", [("minutes", 6)]),
    ("bike 8 out of 10 minutes", [("minutes", 8)]),
    ("TE 20 min of 45 min planned", [("minutes", 20), ("other_time", 45)]),
    ("Visit 3 of 12 today. 15 min of rows", [("minutes", 15)]),
    ("Gait training ..... 15\nTransfers .....8", [("minutes", 15), ("minutes", 8)]),
    ("Tx same session: 15 min, shirt over the cast", [("minutes", 15)]),
    ("hot pack for pain 15 min", [("minutes", 15)]),
    ("bike stopped after 6 min", [("minutes", 6)]),
    ("97533 x23, 97530 x15, 97535 x8", [("minutes", 23), ("minutes", 15), ("minutes", 8)]),
    ("Dressing | Assist: min A | Time: 15", [("minutes", 15)]),
    ("Dressing | Min 45 | gloves", [("minutes", 45)]),
    # columns set with spaces: what was done counts, what was planned does not
    (
        "Service      Sched   Actual\nGait          20      14   fatigue\nTA            15      26\nTOTAL         35      40",
        [("meant", 20), ("minutes", 14), ("meant", 15), ("minutes", 26), ("meant", 35), ("total", 40)],
    ),
    ("Treatment   Planned min   Given\nTE   30   0   refused", [("meant", 30)]),
    ("Service      Set   Reps\nTE            3      14", []),
    # the last column of a table set with spaces holds its times; a rule, a nought or an empty place ends nothing
    (
        "ITEM          SETS   LOAD      MIN\n-----------------------\nBike          --     L4        6\nLeg press     3x12   110/50    7\nStep-ups      3x10   held      --\nGlides        gr III --        5\n\nROM 124  12",
        [("minutes", 6), ("minutes", 7), ("minutes", 5)],
    ),
    ("Exercise   Reps   Time\nBridges    12\nBike       x      9", [("minutes", 9)]),
    (
        "Mode        CPT       Min    Description\nIndividual  97535     28     UB dressing\nConcurrent  97150     20     w/ 1 other pt",
        [("minutes", 28), ("minutes", 20)],
    ),
    ("Mode        CPT       Time    Description\nConcurrent  97150     20      w/ 1 other pt", []),
    ("treadmill, two bouts of six minutes", [("minutes", 12)]),
    ("treadmill, 2 bouts of 3 min", [("minutes", 3)]),
    ("97110:17minSeated LAQ", [("minutes", 17)]),
    ("seen 10:17 min late", []),
    ("spaced retrieval at 1, 4, 8 min", [("other_time", 8)]),
    ("TE 5, NMR 10 min", [("minutes", 5), ("minutes", 10)]),
    ("Exercise   Min   Reps\nBridges    3     12", []),
    ("NMR total 30", [("minutes", 30)]),
    ("TE time 20. MT time: 12", [("minutes", 20), ("minutes", 12)]),
    ("TE 3 times 20 reps", []),
    ("ADL 12 tot 47 timed", [("minutes", 12), ("total", 47)]),
    ("floor, rows, dome on foam catch  20'", [("minutes", 20)]),
    # a prime behind a service's name; behind a name of walking it may be feet
    ("TherEx 25' with cues", [("minutes", 25)]),
    ("Manual therapy x 15' w/ pt supine", [("minutes", 15)]),
    ("WC mgmt x 25' with cues", [("minutes", 25)]),
    ("Gait training 60' w/ RW", []),
    ("w/c mobility 50' with cues", []),
    ("TherEx: bike, then 25' with RW", []),
    ("for 12 of those minutes", [("minutes", 12)]),
    ("12 of those reps", []),
    # totals, however they are put
    ("Total timed minutes forty", [("timed", 40)]),
    ("Timed code minutes were thirty eight.", [("timed", 38)]),
    ("Total treatment time forty five", [("total", 45)]),
    ("it was forty", []),
    ("35 min timed of the fifty", [("timed", 35)]),
    ("Timed 40/Total 55", [("timed", 40), ("total", 55)]),
    ("38 timed / 40 total", [("timed", 38), ("total", 40)]),
    ("The total was forty minutes", [("total", 40)]),
    ("48 timed minutes", [("timed", 48)]),
    ("45 min in clinic", [("total", 45)]),
    ("Time in room 35", [("total", 35)]),
    ("Timed total 45", [("timed", 45)]),
    # not treatment minutes
    ("6-minute walk test 340 m", [("other_time", 6)]),
    ("6 minute walk: 340 m", [("other_time", 6)]),
    ("sits for 25 minutes before pain", [("other_time", 25)]),
    ("rested 5 min", [("other_time", 5)]),
    ("lidocaine applied 10 min beforehand, then 25 min", [("pause", 10), ("minutes", 25)]),
    ("Planned 30 min of TherEx, stopped after 12 min", [("meant", 30), ("minutes", 12)]),
    ("gait (20 min scheduled, 9 min done)", [("meant", 20), ("minutes", 9)]),
    ("TherEx goal 30 min; did 18 min", [("meant", 30), ("minutes", 18)]),
    ("18 min of the 30 min prescribed", [("minutes", 18), ("other_time", 30)]),
    ("NuStep 10 min goal 400 steps", [("minutes", 10)]),
    ("scheduled visit, bike 12 min", [("minutes", 12)]),
    # meant, and of it less was done
    ("Planned 30 min of gait; stopped after 12 min", [("meant", 30), ("minutes", 12)]),
    ("Planned MT 30 min; stopped after 8 min", [("meant", 30), ("minutes", 8)]),
    ("Set up for 15 min US; began, terminated after 3 min", [("meant", 15), ("minutes", 3)]),
    ("Goal 20 min TE; got through 7 min", [("meant", 20), ("minutes", 7)]),
    ("MT 30 min as planned; bike 8 min done", [("minutes", 30), ("minutes", 8)]),
    ("TE planned for 30 min but only tolerated 15 min", [("meant", 30), ("minutes", 15)]),
    ("30 min of TE ordered, 15 min done", [("meant", 30), ("minutes", 15)]),
    ("Attempted 20 min on NuStep, completed 8 min", [("meant", 20), ("minutes", 8)]),
    ("Goal was 15 min, made it to 9 min", [("meant", 15), ("minutes", 9)]),
    ("Set for 15 min NMES, turned off at 6 min", [("meant", 15), ("minutes", 6)]),
    ("20 min, not 30 min. " * 3, [("minutes", 20), ("withdrawn", 30)] * 3),
    ("TE 20 min including a short 5 min rest", [("minutes", 15)]),
    ("Set up with IFC 15 min, then did SLR 10 min", [("minutes", 15), ("minutes", 10)]),
    ("Goal setting 15 min. Did stairs 10 min", [("minutes", 15), ("minutes", 10)]),
    ("IFC 15 min completed, MT 10 min done", [("minutes", 15), ("minutes", 10)]),
    ("Attempted 8 min on NuStep, completed 20 min TE", [("minutes", 8), ("minutes", 20)]),
    ("pain after 10 min of walking", [("other_time", 10)]),
    ("arrived 10 min late", [("other_time", 10)]),
    ("wear 30 min on/30 off", [("other_time", 30)]),
    # taken back, or cut
    ("TE 30 min -- corrected to 20 min", [("withdrawn", 30), ("minutes", 20)]),
    ("glides for fourteen minutes no make that eleven minutes then bike", [("withdrawn", 14), ("minutes", 11)]),
    ("pulleys six minutes sorry nine minutes", [("withdrawn", 6), ("minutes", 9)]),
    ("Manual 14 min, no, wait, 11 min", [("withdrawn", 14), ("minutes", 11)]),
    ("bike for seven I mean nine minutes", [("withdrawn", 7), ("minutes", 9)]),
    ("ladder 7 minutes, make it 9", [("withdrawn", 7), ("minutes", 9)]),
    ("glides twelve minutes, sorry, that's more like fifteen", [("withdrawn", 12), ("minutes", 15)]),
    ("Bike 10 min, sorry that was 12 min", [("withdrawn", 10), ("minutes", 12)]),
    ("Bike 10 min, that was 12 min of the hour", [("minutes", 10), ("minutes", 12)]),
    ("Bike 10 min, no tell a lie it was 12 min", [("withdrawn", 10), ("minutes", 12)]),
    ("Bike 10 min. No 12 min walk", [("minutes", 10), ("minutes", 12)]),
    ("bike five minutes no pain STM nine minutes", [("minutes", 5), ("minutes", 9)]),
    ("mobs nine minutes total time forty four minutes", [("minutes", 9), ("total", 44)]),
    ("MT 15 min (should be 12 min)", [("withdrawn", 15), ("minutes", 12)]),
    ("TE was 20 min not 30 min. TE 30 min: LAQ", [("minutes", 20), ("withdrawn", 30), ("withdrawn", 30)]),
    ("TE 25 min, 10 min rest; net TE 15 min", [("withdrawn", 25), ("other_time", 10), ("minutes", 15)]),
    ("TE 25 min less 5 min bathroom break", [("minutes", 20)]),
    ("TE 25 min minus 5 min rest", [("minutes", 20)]),
    ("TE 30 min less 5 min less 3 min", [("minutes", 22)]),
    ("TE 25 min, less pain after 5 min", [("minutes", 25), ("other_time", 5)]),
    ("TE 30 min, not tired. MT 20 min", [("minutes", 30), ("minutes", 20)]),
    ("netball drills 20 min, MT 10 min", [("minutes", 20), ("minutes", 10)]),
    ("TE ~~30 min~~ 20 min", [("withdrawn", 30), ("minutes", 20)]),
    ("TE 15 min (error, should read 10 min)", [("withdrawn", 15), ("minutes", 10)]),
    (
        "TE 38 min\nAddendum: minutes were entered in error. Correct time is 23 min",
        [("withdrawn", 38), ("minutes", 23)],
    ),
    ("Bike 10 min (non-billable). NMR 15 min", [("withdrawn", 10), ("minutes", 15)]),
    ("gait 20 min including 5 min seated rest", [("minutes", 15)]),
    ("TA 25 minutes, of which 10 minutes was rest", [("minutes", 15)]),
    ("TE 30 min, including 10 min NMR", [("minutes", 30), ("minutes", 10)]),
    ("TE 20 min, rest breaks as needed", [("minutes", 20)]),
    # ranges, the lower end
    ("Therex 10-15 min. Manual 8-10 min", [("minutes", 10), ("minutes", 8)]),
    ("Manual: 8 - 10 min STM", [("minutes", 8)]),
    ("SLR x 10 - 15 min", [("minutes", 15)]),
    # other work
    (
        "Documentation time 10 min. TE 15 min. Chart review 5 min",
        [("other_time", 10), ("minutes", 15), ("other_time", 5)],
    ),
    ("Wait time 10 min. Dressing 5 min", [("other_time", 10), ("minutes", 5)]),
    ("leg press 6 min. Timed codes: 97110 25 min", [("minutes", 6), ("minutes", 25)]),
    # one-on-one minutes as a whole are a total
    ("Exercise 45 min; 1:1 with therapist 20 min", [("minutes", 45), ("timed", 20)]),
    ("1:1 time = 30 min. TE 20 min", [("timed", 30), ("minutes", 20)]),
    ("1:1 gait training 15 min", [("minutes", 15)]),
    ("Amb 60' x2 with RW", []),
    ("97110 x 2 units", []),
    ("97110 x 2", []),
    ("hold 30 sec", []),
    ("10m walk test", []),
    ("SLR 3x10", []),
    ("pain 3/10", []),
    ("71M, R knee OA", []),
    ("61 M with stroke", []),
    ("7y 2m", []),
    ("STS x2 min A", []),
    ("mod A > min A of 2", []),
    ("340 m in the hall", []),
    ("5'2\" tall", []),
    ("TENS to the knee", []),
    ("total 13 sq cm debrided", []),
    ("tolerates sitting 20 minutes", [("other_time", 20)]),
    ("able to stand 5 minutes", [("other_time", 5)]),
    ("rest between bouts 2-3 min", [("other_time", 3)]),
    ("pink mark gone in 8 minutes", [("pause", 8)]),
    ("every 30 min by timer", [("other_time", 30)]),
    ("hold 2 min each side", [("other_time", 2)]),
    ("10 min before she plays", [("other_time", 10)]),
    ("walks 20 min to work", [("other_time", 20)]),
    ("twice a day 5 min/day", [("other_time", 5)]),
    ("increase by 5 minutes", [("other_time", 5)]),
    ("sits up an hour twice a day", [("other_time", 60)]),
    # how long a state lasted or when it passed is no service's time; work of the last minutes is
    ("hot pack 10 min, nauseous but ok in 10 min", [("minutes", 10), ("pause", 10)]),
    ("itching settled within 5 min", [("pause", 5)]),
    ("yawned throughout the last ten minutes", [("pause", 10)]),
    ("tearful for the last 10 min", [("pause", 10)]),
    ("for the last 10 minutes he was tearful", [("pause", 10)]),
    ("for the last 10 minutes he did bike", [("minutes", 10)]),
    ("the last 10 minutes were balance work", [("minutes", 10)]),
    ("tired, bike for 10 min", [("minutes", 10)]),
    ("bike tolerated ok for 10 min", [("minutes", 10)]),
    # a drug or a soak left on; one that is driven in, or the bath, is treatment
    ("lidocaine gel 15 min under film", [("pause", 15)]),
    ("EMLA on 20 min under occlusion", [("pause", 20)]),
    ("debrided heel after lidocaine gel 15 min", [("pause", 15)]),
    ("after lidocaine gel debridement 20 min", [("minutes", 20)]),
    ("iontophoresis with lidocaine 15 min", [("minutes", 15)]),
    ("dressing soaked 10 min in saline", [("pause", 10)]),
    ("whirlpool soak with betadine 20 min", [("minutes", 20)]),
    # a message to someone else
    ("told teacher (2 min) about the tray", [("pause", 2)]),
    ("informed wife 3 min of the plan", [("pause", 3)]),
    ("told teacher 20 min of what to do", [("minutes", 20)]),
    ("taught wife transfers 5 min", [("minutes", 5)]),
    # hours in words and fractions
    ("one hour and a quarter of training", [("minutes", 75)]),
    ("an hour and three quarters of training", [("minutes", 105)]),
    ("an hour and a half", [("minutes", 90)]),
    ("an hour and ten minutes", [("minutes", 70)]),
    ("three quarters of an hour", [("minutes", 45)]),
    ("a quarter of an hour", [("minutes", 15)]),
    ("TE 1/4 hour", [("minutes", 15)]),
    ("TE ½ hr", [("minutes", 30)]),
    ("TE ¾ hour", [("minutes", 45)]),
    ("TE 1 1/2 hrs", [("minutes", 90)]),
    ("TE 1½ hrs", [("minutes", 90)]),
    ("two and a half hours", [("minutes", 150)]),
    ("pain 1/10, hour by hour", []),
    ("an hour and half the pain gone", [("minutes", 90)]),
    # minutes behind a colon that no hour stands before
    ("Paraffin R, 6 dips, :10", [("minutes", 10)]),
    ("Low complexity. :25", [("minutes", 25)]),
    ("10:25 gait", []),
    ("ratio 1:10", []),
    ("8:00 - :30", []),
    # a part of a time, and of a session
    ("48 of the 60 min with the prosthesis on", [("minutes", 48)]),
    ("visit 3 of 12 min", [("minutes", 12)]),
    ("most of the remaining session (23 minutes)", [("minutes", 23)]),
    ("the rest of the session was 20 min of balance", [("minutes", 20)]),
    ("Session (23 minutes)", [("total", 23)]),
    # bouts are counted, unless they are short ones within an exercise
    ("TE 2 x 15 min bouts", [("minutes", 30)]),
    ("two 15-minute bouts on the bike", [("minutes", 30)]),
    ("3 x 2 min bouts", [("other_time", 2)]),
    ("rest between 15 min bouts", [("pause", 15)]),
    # what was set is what was meant only where less of the same was done
    ("Hot pack set 20 min, bike 10 min done", [("minutes", 20), ("minutes", 10)]),
    ("Hot pack set 20 min, hot pack 10 min done", [("meant", 20), ("minutes", 10)]),
    ("planned 30 min, about 12 min done", [("meant", 30), ("minutes", 12)]),
    ("US planned 8 min, 5 min in she asked me to stop", [("meant", 8), ("minutes", 5)]),
    ("US planned 8 min, 5 min in all", [("other_time", 8), ("total", 5)]),
]


@pytest.mark.parametrize(("text", "times"), TIMES)
def test_times(text: str, times: list[tuple[str, float]]) -> None:
    assert _found(text, "minutes", "total", "timed", "other_time", "pause", "meant", "withdrawn") == times


BARE = [
    ("cuff strokes, thumb glide, 15.", [15]),
    ("wand, pulleys - 20", [20]),
    ("muscle energy, rib mobs --15", [15]),
    ("Codman, pulleys, wand [25]", [25]),
    ("Big hand 28: loops, buttons", [28]),
    ("Twenty-two on sport itself: cuts, shots", [22]),
    ("then 10 of ladder drills", [10]),
    ("- 35 warm pool, march and squat", [35]),
    ("Then eighteen on the bed", [18]),
    ("Re-eval, 25 - was on track", [25]),
    # numbers that are set off and no times
    ("knee ext, lag -32 -> -24", []),
    # a field for the time of something done
    ("Evaluation time: 45.", [45]),
    ("Re-eval time 25. Quad sets", [25]),
    ("Wear time 30.", []),
    ("Standing time: 10.", []),
    ("pain 7, 4", []),
    ("hack squat 4x6, 185", []),
    ("reps 10, 10, 8.", []),
    ("10 steps up, 8 down", []),
    ("20 of 30 points", []),
    ("range 0-90", []),
    ("F-150: step up", []),
    ("peak 180 before", []),
    ("12d post fracture", []),
    # an age behind a person's name
    ("K. Rasmussen, C5 tetraplegia, 26\n", []),
    ("J. Doe, 47, MS\n", []),
    ("Maria L., 58\n", []),
    ("Karen Rasmussen, C5 tetraplegia, 26\n", []),
    ("Lunges, rows, 20\n", [20]),
    ("Heel Raises, rows, 20\n", [20]),
    ("Ther Ex, rows and presses, 20\n", [20]),
    # numbers with one unit behind the last, and behind a rate
    ("lift 15, 25, 35 lb x 5", []),
    ("isokinetic 60 and 180 deg/s", []),
    ("LSI 83 % (60)", []),
    ("wand and pulleys - 20\n", [20]),
]


@pytest.mark.parametrize(("text", "values"), BARE)
def test_numbers_set_off_like_a_time(text: str, values: list[int]) -> None:
    assert [v for _, v in _found(text, "bare")] == values


OTHERS = [
    ("97110 x 2 units", "units", [2]),
    ("97140 (2)", "units", [2]),
    ("0931>1003 bike and stairs", "clock", [32]),
    ("9:31 -> 10:03 bike", "clock", [32]),
    ("leg press 180>220 lb", "clock", []),
    ("9:05 - 9:50 am", "clock", [45]),
    ("Time in 1310 Time out 1358", "clock", [48]),
    ("11:50-12:20", "clock", [30]),
    ("arrived 2:05, left 2:50", "clock", [45]),
    ("began 1:15 pm, finished at 1:55", "clock", [40]),
    ("TE 0900 0923", "clock", [23]),
    ("97110,10:00,10:24\n97140,10:24,10:40", "clock", [24, 16]),
    ("appts 9:00 10:00 11:00", "clock", []),
    ("appt 9:00, 10:30 next week", "clock", []),
    ("seen 2019 2020", "clock", []),
    ("hold 30 sec x3", "hold", [30]),
    ("leg press 80# 3x10", "load", [80]),
    ("10 kg kettlebell", "load", [22.05]),
    ("Amb 150 ft x2", "distance", [150]),
    ("Amb 60' x2 with RW", "distance", [60]),
    ("CGA with RW, min A for stairs", "assist", [2, 3]),
    ("group of 4 residents", "group", [4]),
    ("with 2 other patients", "group", [2]),
    ("tandem stance. 5 in the group.", "group", [5]),
    ("20 in the pool", "group", []),
    ("wound 4 x 5 cm debrided", "area", [20]),
    ("24 sq cm", "area", [24]),
    ("group home", "group", []),
    ("BP 120/80", "clock", []),
    ("2019-2021 in therapy", "clock", []),
    ("0930-0945 seated kicks", "clock", [15]),
    ("heat 10:05-10:20\nPulleys", "clock", [15]),
    ("gait ten to eleven until five past eleven", "clock", [15]),
    ("from quarter past nine until ten to ten", "clock", [35]),
    ("two thirty to three fifteen", "clock", [45]),
    ("ten to eleven reps", "clock", []),
    ("five to ten, ten to twelve", "clock", []),
    ("treadmill, 1005-1043 incl. harnessing", "clock", [38]),
    ("15, 25, 35 lb x 5", "listed", [15]),
    ("2, 3 and 5 lb", "listed", [2]),
    ("10 and 15 reps", "listed", [10]),
    ("bike 15, 20 reps SLR", "listed", []),
    ("TE 20 and 15 in the pool", "listed", []),
    ("0800 bike\n0815 glides\n0823 foam\n0835 stairs", "clock", [15, 8, 12]),
    ("0800 bike\nlunch", "clock", []),
    ("x 8 min", "sets", []),
    ("4 x 30 sec", "hold", [30]),
    ("4 x 30 sec", "sets", [1]),
    ("carry 2 x 35 lb", "load", [35]),
    ("6MWT 1,040 ft", "distance", [1040]),
    ("IFC\nx 7'\nXFM", "distance", []),
]


@pytest.mark.parametrize(("text", "kind", "values"), OTHERS)
def test_other_quantities(text: str, kind: str, values: list[float]) -> None:
    assert [v for _, v in _found(text, kind)] == pytest.approx(values)


def test_a_table_column_of_minutes() -> None:
    rows = "Ex | Sets | Min\nbike | - | 8\nsquats | 3x10 | 12"
    assert _found(rows, "minutes") == [("minutes", 8), ("minutes", 12)]


@pytest.mark.parametrize("sign", [chr(n) for n in (*range(32), *range(127, 161), 0x2028, 0x3000, 0xFEFF, 0xD800)])
@pytest.mark.parametrize("text", ["45", "O: gait training 15 min.\n45", "- 35", "then 15", "(15", "10:00-", "97110:"])
def test_a_number_may_end_the_note_behind_any_sign(text: str, sign: str) -> None:
    assert _found(text + sign, "minutes") == _found(text + "\n", "minutes")


@given(st.text(alphabet="0123456789 x'-:,.()[]|²\x1f\x1c\nminhrTEA", max_size=80))
def test_any_text_is_survived(text: str) -> None:
    note = read_text(text)
    for measure in find_measures(note, find_marks(note)):
        assert 0 <= measure.start < measure.end <= len(text)
        assert measure.value >= 0
