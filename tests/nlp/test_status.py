"""Status: each kind of cue beside its near-miss. Cases are tagged notes in the corpus format: the words
in a tag must get that status, words in [[double brackets]] must be performed."""

from __future__ import annotations

import re

import pytest

from corpus.errors import CorpusError
from corpus.notes import TRAPS, parse_tagged
from nlp.pipeline import parse

CASES = [
    "O: [[Bike 8 min]]. P: {{planned|elliptical next visit}}",
    "O: [[SLR 3x10]]. {{planned|Next: tandem stance}}",
    "[[In begin I put hot pack on neck, 15 minute]]. [[To begin the session bike 8 min]]. {{planned|Begin stairs Thursday}}",
    "Service   Planned   Done\n[[Gait      20   14]]\n{{negated|NMR       15   0     ran out of time}}",
    "O: [[SLR 3x10]]\nPlan: {{planned|gait training}}, {{planned|stairs}}",
    "[[Bike 8 min]]. {{planned|Scar mobilisation}}, {{planned|joint mobs when MD lifts restriction 11/8}}",
    "[[STM 8 min]], {{planned|joint mobs when MD lifts restriction}}",
    "{{planned|Joint mobs once cleared by surgeon}}. {{planned|Putty when allowed}}. {{planned|US once the cast is off}}",
    "{{planned|PROM ER when protocol allows}}. {{planned|Strengthening once precautions are lifted}}",
    "[[Joint mobs 10 min now that surgeon has cleared him]]. [[Gait 10 min, cane allowed]]",
    "{{history|Dry needled by PT at last duty station}}. [[Bike 8 min]]",
    "[[Bike 8 min]]. {{history|Massage by the last therapist}}. {{history|Traction at prior clinic in Ohio}}",
    "[[Dry needling to UT, more relaxed at last rep]]. [[SLR 3x10, last set at 5 lb]]",
    "{{home|In between she stopped to ice the ankle herself with the bag she brought from home}}. [[Cold pack 10 min after]]",
    "{{home|He put on the heat pack he brought from home}}. [[Ice pack applied by PT]]. [[Gait in the shoes he brought 8 min]]",
    "[[I carried out an occupational therapy re-evaluation today (30 min) since he has not progressed with dressing]]",
    "[[PT re-evaluation today because she is not improving]]. {{planned|OT re-evaluation next visit}}. {{negated|No re-evaluation}}",
    "[[Gait training with RW]], [[unable to complete, stopped at 6 min]]. [[Bike 8 min]]",
    "[[Could not tolerate full treadmill gait training]], [[stopped after 5 min]]",
    "[[Planned 15 min ultrasound]]; [[stopped after 8 min]]",
    "[[Re-assessed him in OT today: grip R 20 kg]]. [[In OT I re-evaluated her today]]",
    "{{other|Re-evaluated by OT}}. {{other|Dressing practised in OT}}. {{planned|Re-eval next visit}}",
    "Visit 45 min, {{negated|none of it cognitive training}}. [[TE 30 min]]",
    "Visit 45 min, [[all of it cognitive training]]",
    "[[Planned 30 min MT; did 8 min]]",
    "{{planned|Planned 30 min MT next visit}}. [[Bike 8 min]]",
    "[[Planned US; shut off after 3 min for skin]]. [[Stairs ordered, gave out after 2 min]]",
    "{{planned|Planned MT}}, {{declined|not begun}}. [[TE 20 min]]",
    "[[Bike 5 min]]. {{declined|Unable to complete gait training}}. [[Tandem stance stopped after 4 min]]",
    "{{declined|Unable to begin gait training d/t BP}}",
    "{{declined|Gait training held before it began}}. [[SLR 3x10 before starting]]",
    "{{declined|Stairs not tolerated}}",
    "{{declined|Declined stairs}}; [[bike stopped after 6 min]]",
    "O: Will {{planned|add treadmill}}. [[Leg press 3x10]]",
    "O: {{declined|Declined stairs}}. [[Sit to stand x5]]",
    "O: {{declined|Treadmill held d/t knee pain}}. [[LAQ 3x10]]",
    "O: {{declined|Ultrasound deferred}}, [[SLR 3x10]]",
    "O: Pt {{declined|declined NuStep 8 min}}, {{declined|SLR 3x10}}, {{declined|quad sets}}. [[STM 10 min]]",
    "O: {{declined|Pt refused bike}}, {{declined|heel slides 3x10}}, [[did ankle pumps 2x10]]",
    "O: [[Squats holding the counter 2x10]]. [[Bird dog held 10 sec]]. [[Wall sit hold 3x30 sec]]",
    "O: [[Hip add squeeze 2x10]]. [[Walking without the cane 100 ft]]",
    "[ ] {{negated|massage}} [x] [[STM R UT]]",
    "S: {{home|uses TENS at home}}. O: [[IFC 15 min]]",
    "S: Had {{history|massage last week}}. O: [[bridges 3x10]]",
    "PMH: {{history|lumbar fusion with traction 2012}}\nO: [[bike 5 min]]",
    "O: {{negated|no ultrasound}}, [[quad sets 3x10]]",
    "Equipment: {{home|rolling walker, cane}}\nTx: [[gait training 100 ft]]",
    "HEP: {{home|bridges 2x10}}\nTx: [[clamshells 3x10]]",
    "Not done: {{declined|step-ups}}\nTx: [[clamshells 3x10]]",
    "[[Prone rows 3x10]]\n{{home|HEP on the fridge: pulleys 2 min}}, {{home|table slides x10}}, {{home|wand press}}",
    "[[Prone rows 3x10]]\n{{home|HEP cut down to: quad sets}}, {{home|heel slides x20}}",
    "[[Prone rows 3x10]]\nUsual home list: {{home|moist heat 15 min}}, {{home|chin tucks x10}}",
    "[[Glides gr III 12 min]]\n\nHEP (unchanged, has copy):\n 1. {{home|pendulums 2 min}}\n 2. {{home|wall walks x10}}",
    "[[Done        bike 8 min]]\n{{home|At home     prone lying}}, {{home|hip ext x15}}, {{home|bridging x10}}",
    "{{home|Reviewed HEP}}, [[bike 10 min]], [[bridges 3x10]]",
    "[[Performed HEP today: bridges 3x10]], [[clams 2x15]]",
    "Told to keep the elbow in. [[Rows 3x10]], [[ER 2x10]]",
    "[[TE]]/{{negated|US}}/[[MT =]] 21/0/14",
    "[[TE]], [[MT: 15]], [[10 min]]",
    "[[TE 21]], {{negated|MT 0}}, [[NMR 14]]",
    "[[97110 Ther Ex min: 21]]   {{negated|97112 NMR min: 0}}   [[97530 TA min: 9]]",
    "{{negated|97116 x0}}, [[97110 x2]]",
    "[[TE 21]], [[balance 0/5]]",
    "Goals: {{planned|walk 500 ft with cane}}\nTx: [[gait training 100 ft]]",
    "O: [[Patient received ultrasound 8 min]]. {{history|Has received ultrasound}} for 3 wks before",
    "O: [[Pt completed tandem stance 3x30 sec]]. {{history|Had completed 6 visits of massage}}",
    "O: [[Instructed pt in quad sets for strength 3x10]]. {{planned|Quad sets are set for next visit}}",
    "O: [[Knee ext to 4/5 strength, SLR 3x10]]. [[Heel slides to 95 deg, limited by swelling]]",
    "HEP: {{home|SLR 3x10}}\n[[Treadmill: 10 min]]\nPLAN\n{{planned|Treadmill: 12 min}}",
    "Goal: {{planned|walk 500 ft}}\n[[NuStep: 10 min]]\n[[STM: R UT]]",
    "Planned for next session:\n{{planned|bike 8 min}}\n{{planned|SLR 3x10}}\n\nTx: [[heel slides 3x10]]",
    "Home program reviewed verbally:\n{{home|SLR 3x10}}",
    "Pt declined all treatment today: {{declined|bike 8 min}}",
    "Previous session 3/2: {{history|bike 8 min, US 8 min}}",
    "Performed last visit:\n{{history|bike 8 min}}",
    "Treatment completed today:\n[[bike 8 min]]",
    "Previous session (Mon)\n{{history|rolling 10 min}}\n{{history|seated marching 2x10}}\nToday\n[[supine to sit x5]]",
    "Pt declined\n{{declined|LB dressing 15 min}}\n\n[[grooming 10 min]]",
    "Left on the fridge, will teach next time:\n{{planned|dowel press 2x10}}\n{{planned|marching 2 min}}",
    "PTA to do Fri\n{{planned|pulleys 5 min}}\nWe did\n[[wand flexion 2x10]]",
    "[[Bike 8 min]]. {{planned|Mirror therapy 10 min next}}.",
    "[[Bike 8 min]]\n{{planned|Stairs next}}\n[[Ice 10 min]]",
    "[[Bike 8 min next to the window]], [[next SLR 3x10]]. {{planned|Tape later}}",
    "[[Bike 8 min]]; {{home|ice 15 min tonight if sore}}; {{planned|US Friday}}",
    "Next Mon: {{planned|mech traction 15 min}}\n[[moist heat neck 10 min]]",
    "Slept better last night\n[[bike 8 min]]",
    "No new pain\n[[bike 8 min]]",
    "O: [[bike 8 min]]\nAddendum: [[gait training 5 min with cane]]",
    "O: {{declined|Ultrasound and stretching declined}}. [[Squats and stair training]]",
    "O: {{declined|Declined ultrasound and stretching}}",
    "O: [[bike 8 min]] and {{declined|ultrasound declined}}",
    "O: {{declined|ultrasound deferred}} and [[bike 8 min]]",
    "S: Had {{history|whirlpool and massage last week}}",
    "{{declined|VOR x1 put off}}. [[Tandem stance put on the left foot]]",
    "{{declined|estim not available}}. {{declined|US unit broken}}. [[Sit to stand broken into 2 sets]]",
    "{{declined|game ready machine in use}}. [[Gait training with walker in use]]",
    "{{declined|treadmill out of order}}, [[stepped out of the bars]]",
    "{{declined|Ultrasound - N/A today}}\n[[Gait 100 ft]] - no pain",
    "{{declined|US - not done}}, [[bike 8 min]]",
    "{{declined|MHP - none today}}, [[IFC 15 min]]",
    "[[Gait step-to progress to step-through]]. {{planned|To progress to stairs}}",
    "{{history|Last visit manual therapy 15 min}}",
    "[[Last visit today: manual therapy 15 min]]",
    "[[Performed full HEP w/ correction 23 min]]. {{home|HEP w/ bands 3x10}}",
    "{{declined|Could not get to balance training}}. [[Squats 3x10]]",
    "Met w/ husband re: discharge. [[There ex: bridges 3x10]]",
    "[[97550 husband 30 min, car transfer and brace]]",
    "Caregiver training 20 min: [[wife practiced slide board]]",
    "{{home|Husband helps with heel slides x10}}. [[97140 glides 10 min]]",
    "[[97140 glides 10 min]]. {{home|Massage by husband}}",
    "Code | Item | Start | Min\n97110 | [[ther ex]] | 9:00 | 15\n97035 | {{negated|ultrasound}} | -- | 0\n97530 | {{negated|ther act}} | |",
    "Item | Sets | Min\n[[squats]] | 3x10 | 15\n[[heel raises]] | 3x10 |",
    "Code | Item | Start | Min\n97110 | [[ther ex]] | |\n97530 | [[ther act]] | |",
    "{{history|Manual traction last time 5 min}}. [[Leg press 3x10, 5 lb more than last time]]. [[Bike (added last visit) 8 min]]",
    "{{finding|amb status 50 ft RW CGA}}. [[Gait training 50 ft RW CGA]]",
    "CLOF {{finding|transfers min A}}. [[Transfers min A x5]]",
    "[[MT 10 min]]. {{planned|Strengthening begins visit 4}}. [[Started visit 4 of 12 with bike 8 min]]",
    "[[MT 10 min]]\nRehab phase starts visit 6: {{planned|wall angels 2x10}}\nPhase 2 (wk 6+): {{planned|lunges}}\nPhase 2: [[squats]]",
    "{{history|Set up and taught the app 10/19}}, {{history|billed then}}. [[22 min of calls this month]]",
    "[[Set up & education 3/2]], [[app pairing]]. [[Set up on the bike, then billed units]]",
    "P: [[Did controlled opening exercise]], [[isometric jaw holds]]. {{planned|Gait training}}. {{planned|Stairs performed next visit}}",
    "P: {{planned|Stairs}}; [[performed heel raises 3x10]]. \nGoals: {{planned|performed stairs with rail}}",
    "{{planned|From visit 6 on SLS}}. [[Reviewed squats from visit 2 3x10]]",
    "Item | Notes\n[[ther ex]] | 15\n[[ther act]] |",
    "{{negated|ADL / 0 / bath bench practice}}\n[[Ther ex / 25 / rows]], [[presses]]",
    "{{negated|Ther act | - | box lifts}}\n[[Ther ex]] | [[25]] | [[rows]]",
    "[[FALL GROUP  Tues  2:00-2:45  leader PT]]\n[[4 participants: chair stands]]",
    "{{planned|Balance group next Thurs 10:00-10:45}}. [[TE rows 20 min]]",
    "[[TE rows 20 min]]. {{planned|Traction Thurs}}",
    "| [[TE]] | [[25]] | [[rows]] |\n| {{negated|TA}} | {{negated|0}} | {{negated|box lifts}} |",
    "[[Ther act]] | - | [[box lifts]]\n[[Ther ex]] | [[3x10]] | [[rows]]",
    "[[Ther ex 25 min]]\n{{declined|Ultrasound to bursa 8 min}}\nAddendum: {{declined|ultrasound was documented in error}}",
    "[[97110 25 min]]. {{declined|97140 15 min STM}}\nCorrection: {{declined|manual therapy entered in error}}",
    "[[TE 20 min]]. Weight charted in error last visit. [[MT 10 min]]",
    "{{declined|Joint mobilization held}}. {{declined|Cold pack held}}. [[Bridges 3x10, held 5 sec]]",
    "[[TE 20 min]]. {{planned|Education on benefits of dry needling}}; {{planned|may trial traction}}",
    "{{negated|NMR: 0 min}}\n[[TE: 25 min rows]]",
    "[[NMR]]: [[0 UE support, tandem 30 sec x3]]\n[[MT]]: [[0 pain after STM 10 min]]",
    # the patient's own machine stands right behind "home"; "home" is much else
    "{{home|Home contrast baths 3/1 x 10}}. [[Home safety training 10 min]]",
    "{{home|Home E-stim}}, [[ultrasound 8 min]]",
    "{{home|Pt self-performs bridges}}, {{home|clams}}. [[Squats 3x10]]",
    "{{home|Stationary bike 10 min unsupervised}}. [[Bike 6 min]]",
    "{{declined|Hold traction until MD clears}}. {{declined|Held traction (dizzy)}}. [[Bike 10 min]]",
    "[[Held contract relax 10 s x3]]. [[Bridge held 10 sec x5]]. [[Held the rail, 10 steps]]",
    "{{home|Keep running to 30 mins every other day}}. [[Running drills 10 min]]",
    "[[Taught workstation set up and posture at home computer 15 min]]. {{home|Taught to use TENS at home}}",
    "{{home|He was instructed in walking 15 minutes twice a day}}. [[Trained husband 30 min on transfers]]",
    # cue words within a treatment's own name; the cue alone still counts
    "[[march skips 3x20 ft]]. {{declined|Skip: cupping}}",
    "[[Practiced HEP 10 min]]. [[HEP review 8 min]]. {{home|HEP reviewed}}",
    # lines below what was told in a heading's own line, a service's name with its minutes first
    "Complaint: neck stiff\n[[Massage x 50 min, prone]]",
    "Hx: {{history|had massage}}\n[[Manual therapy 12 min: STM]]",
    "EXAM: {{finding|flexion 98}}\n\nTODAY'S VISIT: [[Manual therapy 8 minutes]]",
    "EXAM:,{{finding|flexion 98}}.,TREATMENT, after rest with pulse at 92:,[[Manual therapy 8 minutes]]",
]
_PERFORMED = re.compile(r"\[\[(.*?)\]\]")


@pytest.mark.parametrize("case", CASES)
def test_status(case: str) -> None:
    text, spans = parse_tagged(_PERFORMED.sub(lambda m: "{{00000|" + m[1] + "}}", case))
    note = parse(text)
    assert spans
    for label, start, end in spans:
        want = label if label in TRAPS else "performed"
        got = {s.status for s in note.segments or () if start <= (s.start + s.end) // 2 < end}
        assert got == {want}, text[start:end]


def test_every_status_names_what_decided_it() -> None:
    found = [s for s in parse("P: treadmill next visit. [ ] massage. Declined stairs").segments or () if s.mentions]
    assert len(found) == 3
    for segment in found:
        assert segment.status != "performed"
        assert segment.status_cue is not None
        assert segment.status_cue.rule.partition(":")[0] in ("status", "section", "box")


@pytest.mark.parametrize(
    "broken", ["{{planned|bike", "bike}}", "{{perhaps|bike}}", "{{planned|}}", "{{planned,97110|x}}", "{{bike}}"]
)
def test_a_broken_tag_fails(broken: str) -> None:
    with pytest.raises(CorpusError):
        parse_tagged(broken)
