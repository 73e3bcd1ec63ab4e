"""Who writes and who treats: every cue with what looks like it and is not."""

from __future__ import annotations

import pytest

from nlp.staff import assistant_of, discipline_of
from nlp.text import read_text

TREATED = [
    ("Bike 8 min. J. Ortiz, PTA", "PTA"),
    ("Bike 8 min\nJ. Ortiz, PTA\n", "PTA"),
    ("Bike 8 min\nJo Ortiz PTA 11/2/26", "PTA"),
    ("Bike 8 min\njo ortiz pta", "PTA"),
    ("bike 8 min. tolerated well. jo ortiz, pta", "PTA"),
    ("Bike 8 min\nJ. Ortiz, LPTA", "PTA"),
    ("Bike 8 min\nJ. Ortiz, P.T.A.", "PTA"),
    ("Bike 8 min\nMary Ann O'Brien-Smith, BS, PTA, CLT Lic# 4471", "PTA"),
    ("BIKE 8 MIN, TOLERATED WELL, NO PAIN\nJ. ORTIZ, PTA", "PTA"),
    ("Signed: J. Ortiz, PTA\nBike 8 min", "PTA"),
    ("Electronically signed by Jo Ortiz, PTA 11/02/2026 14:10", "PTA"),
    ("Provider: J. Ortiz, PTA\nBike 8 min", "PTA"),
    ("Therapist: PTA\nBike 8 min", "PTA"),
    ("Treating clinician - Jo Ortiz, PTA\nBike 8 min", "PTA"),
    ("PTA: J. Ortiz\nBike 8 min", "PTA"),
    ("Patient treated by PTA, bike 8 min", "PTA"),
    ("Bike 8 min with PTA, no pain", "PTA"),
    ("Pt seen by the PTA for bike 8 min", "PTA"),
    ("Gait training w/ PTA 15 min", "PTA"),
    ("Exercises progressed by J. Ortiz, PTA today", "PTA"),
    ("Treated by a physical therapist assistant under general supervision", "PTA"),
    ("Bike 8 min. Physical therapist assistant: Jo Ortiz", "PTA"),
    ("This PTA provided cues for gait, 12 min", "PTA"),
    ("I, J. Ortiz, PTA, gave manual cues. Bike 8 min", "PTA"),
    ("PTA instructed pt in SLR 2x10", "PTA"),
    ("J. Ortiz, PTA / Maria Lopez, PT", "PTA"),
    ("J. Ortiz, PTA, supervised by Maria Lopez, PT", "PTA"),
    ("K. Doe, SPTA / J. Ortiz, PTA", "PTA"),
    ("Discussed plan with patient. J. Ortiz, PTA", "PTA"),
    ("Bike 8 min. No pain. JO PTA", "PTA"),
    ("Bike 8 min\nJ.O. PTA / M.L. PT", "PTA"),
    ("PTA daily note\nBike 8 min", "PTA"),
    ("PTA visit 4: bike 8 min", "PTA"),
    ("Stimulated quad 12 min, PTA at side", "PTA"),
    ("Bike 8 min. PTA", "PTA"),
    ("0830 COTA: dressing 15 min", "COTA"),
    ("Dressing 15 min. Ann Kim, COTA", "COTA"),
    ("Dressing 15 min\nAnn Kim, COTA/L", "COTA"),
    ("Dressing 15 min\nAnn Kim, C.O.T.A.", "COTA"),
    ("Dressing 15 min\nAnn Kim, OTA", "COTA"),
    ("Dressing 15 min\nann kim cota/l", "COTA"),
    ("Dressing with COTA 15 min", "COTA"),
    ("Clinician: Ann Kim, OTA/L\nDressing 15 min", "COTA"),
    ("COTA provided tactile cues for dressing", "COTA"),
    ("Treated by occupational therapy assistant", "COTA"),
]

NOT_TREATED = [
    "PTA was not present",
    "No PTA involved",
    "Treated by PT without PTA",
    "Not seen by PTA today",
    "S/p PTA of L SFA",
    "S/p L SFA PTA 10/2",
    "Occlusion treated by PTA and stent",
    "L popliteal stenosis, treated with PTA 9/12",
    "PTA performed on L SFA",
    "Pain PTA 6/10",
    "Pain PTA",
    "PTA: lived alone",
    "PTA: Independent with walker",
    "PTA: Lived Alone, drove",
    "lived alone pta",
    "Home meds PTA",
    "Amb c cane PTA",
    "Independent Ambulation PTA",
    "PTA pt ambulated with a cane",
    "Patient is a retired PTA",
    "Patient is a PTA",
    "Pt works as a COTA at a SNF",
    "Occupation: COTA",
    "Works as an OTA, lifts patients",
    "Former PTA, now a teacher",
    "Lives with daughter, a PTA",
    "Daughter, PTA, was present",
    "supervised PTA student",
    "PTA student present",
    "Treated by PTA student",
    "Jo Ortiz, SPTA",
    "Jo Ortiz, student PTA",
    "Enrolled in a PTA program",
    "PTA to see next visit",
    "Will be treated by PTA next visit",
    "Plan: continue with PTA 2x/wk",
    "Next session with J. Ortiz, PTA",
    "Seen by PTA last visit",
    "Previously treated by COTA at SNF",
    "discussed with PTA",
    "Reviewed plan of care with J. Ortiz, PTA",
    "POC d/w J. Ortiz, PTA",
    "Spoke with COTA",
    "Handoff to PTA",
    "cc: J. Ortiz, PTA",
    "Referred by J. Ortiz, PTA",
    "Co-treat with COTA",
    "PTA goals met",
    "Supervisory visit with PTA",
    "Phone call w/ PTA",
    "Amb RW PTA",
    "PTA visit next week",
    "PTA level: independent",
    "COTA: continue dressing next visit",
    "Attended PTA meeting at school",
    "PAD, treated with PTA",
    "J. Ortiz, PTA / A. Kim, COTA",
    "Bike 8 min",
]


@pytest.mark.parametrize(("text", "assistant"), TREATED)
def test_an_assistant_treated(text: str, assistant: str) -> None:
    assert assistant_of(read_text(text)) == assistant


@pytest.mark.parametrize("text", NOT_TREATED)
@pytest.mark.parametrize("around", ["{}", "Bike 8 min. {}.\nMaria Lopez, PT", "S: {}\nO: Bike 8 min"])
def test_no_assistant_treated(text: str, around: str) -> None:
    assert assistant_of(read_text(around.format(text))) is None


DISCIPLINES = [
    ("Bike 8 min\nMaria Lopez, PT", "PT"),
    ("Bike 8 min. Maria Lopez, PT, DPT", "PT"),
    ("Bike 8 min. M. Lopez, DPT, OCS", "PT"),
    ("Bike 8 min\nmaria lopez, pt", "PT"),
    ("Therapist: Maria Lopez PT\nBike 8 min", "PT"),
    ("Electronically signed by Maria Lopez, PT on 11/2/2026", "PT"),
    ("BIKE 8 MIN, TOLERATED WELL, NO PAIN\nMARIA LOPEZ, PT", "PT"),
    ("Bike 8 min. Joe Kim, SPT", "PT"),
    ("Dressing 15 min\nAnn Kim, OT", "OT"),
    ("Dressing 15 min\nAnn Kim, MS, OTR/L, CHT", "OT"),
    ("Dressing 15 min. A. Kim, OTR", "OT"),
    ("Naming 15 min\nEve Roe, MA, CCC-SLP", "SLP"),
    ("PT daily note. Bike 8 min", "PT"),
    ("Bike 8 min. J. Ortiz, PTA", "PT"),
    ("Dressing 15 min. A. Kim, COTA/L", "OT"),
    ("Pt is a COTA. Bike 8 min\nMaria Lopez, PT", "PT"),
    ("Reviewed with Ann Kim, OT. Bike 8 min.\nMaria Lopez, PT", "PT"),
    ("Co-treat with Ann Kim, OT. Bike 8 min.\nMaria Lopez, PT", "PT"),
    ("Patient works as a COTA. Bike 8 min", None),
    ("Patient is a DPT student. Bike 8 min", None),
    ("Referred by Ann Kim, OTR/L. Bike 8 min", None),
    ("Patient, a retired OTR, rode the bike", None),
    ("Orders: Skilled Nursing, PT", None),
    ("Home Health Services, OT", None),
    ("Pt tolerated Gait Training, pt happy", None),
    ("Bike 8 min. Maria Lopez, pt of Dr. Roe, feels well", None),
    ("Rode the bike with PT", None),
    ("Bike 8 min, pt", None),
    ("Bike 8 min. seems stronger overall pt", None),
    ("PT 2x/wk, OT 1x/wk", None),
    ("Maria Lopez, PT / Ann Kim, OT", None),
]


@pytest.mark.parametrize(("text", "discipline"), DISCIPLINES)
def test_discipline(text: str, discipline: str | None) -> None:
    assert discipline_of(read_text(text)) == discipline
