"""What the answer tells beside its codes: why a likely one is not suggested, work that is no service by itself, interventions."""

from __future__ import annotations

import pytest

from corpus.services import service_of_code
from models.contract import Answer, SuggestionItem
from models.suggester import Suggester
from models.suggester.naming import named_work
from nlp.pipeline import parse

FRAME = """S: Pt reports R knee pain 3/10, walking more at home.
O:
{}
A: Tolerated well, pain 2/10 after, improved quad control. Total treatment time 45 min.
P: Cont 2x/wk.
Jane Doe, PT"""


def _item(answer: Answer, code: str) -> SuggestionItem:
    return next(item for item in answer["suggestions"] if item["code"] == code)


def _suggested(answer: Answer) -> set[str]:
    return {item["code"] for item in answer["suggestions"] if item["suggested"]}


EVALUATION = "Initial evaluation 30 min. ROM 90 strength 3/5. {} Plan 2x/wk x 6wk. Goals: return to work in 6 wk"


def test_a_performance_test_is_never_suggested_beside_an_evaluation(suggester: Suggester) -> None:
    answer = suggester.suggest(EVALUATION.format("97750 hop test 15 min."))
    assert _suggested(answer) == {"97161"}
    item = _item(answer, "97750")
    assert [c for c in item["cautions"] if "not suggested beside physical therapy evaluation" in c]
    assert item["evidence"]
    assert item["minutes"] is None


@pytest.mark.parametrize("text", ["97750 hop test 15 min, report written", "97750: isokinetic test 30 min"])
def test_a_performance_test_alone_stands(suggester: Suggester, text: str) -> None:
    assert "97750" in _suggested(suggester.suggest(FRAME.format(text)))


def test_a_person_may_still_choose_what_is_withheld(suggester: Suggester) -> None:
    claim = suggester.revise(EVALUATION.format("97750 hop test 15 min."), {"97161": 30, "97750": 15})
    assert [line["code"] for line in claim["lines"]] == ["97161", "97750"]
    assert [edit["column2"] for edit in claim["edits"]] == ["97750"]


BOXES = "[x] Therapeutic exercise 20 min\n[{}] Gait training 15 min\n[x] Manual therapy 10 min\n[ ] Ultrasound"


def test_why_a_likely_code_does_not_count_is_said(suggester: Suggester) -> None:
    item = _item(suggester.suggest(BOXES.format(" ")), "97116")
    assert not item["suggested"]
    assert item["evidence"] == []
    assert [(e["text"], e["because"]) for e in item["against"]] == [("Gait training 15 min", "box not ticked")]
    assert item["cautions"] == ["None of its words tells of work that was done at this visit."]
    ticked = _item(suggester.suggest(BOXES.format("x")), "97116")
    assert ticked["suggested"]
    assert not ticked["against"]
    assert not ticked["cautions"]


def test_words_taken_for_another_service_say_so(suggester: Suggester) -> None:
    text = "dug the tissue loose along the IT band with thumb and blade, then finished with long strokes"
    answer = suggester.suggest(text)
    assert _suggested(answer) == {"97140"}
    item = _item(answer, "97124")
    assert {e["because"] for e in item["against"]} == {"taken for manual therapy (97140), which is suggested"}
    assert any("manual therapy (97140)" in c for c in item["cautions"])


PASSED = [
    "O: STM to calf, stretching of calf",
    "O: Pt walked 200 ft with walker min A, then standing balance reach.",
    "O: Ice 10 min; e-stim 10 min",
    "AFO recheck. Trim relief ground back, strap rerouted, re-walk 4 laps to see rub, 15 min",
    "Mech traction supine 90/90 15 min. HP - doesn't like heat. TE: bridge 2x12",
]


def test_evidence_of_a_code_that_is_not_suggested_has_words_of_its_own(suggester: Suggester) -> None:
    checked = 0
    for item in (item for text in PASSED for item in suggester.suggest(text)["suggestions"]):
        services = set(service_of_code()[item["code"]])
        for part in () if item["suggested"] else item["evidence"]:
            seen = parse(part["text"])
            own = {s for m in seen.mentions or () for s in m.concept.priors} | {m.service for m in seen.marks or ()}
            assert part["contribution"] > 0 or services & own, (item["code"], part)
            checked += 1
    assert checked > 0


ALTERNATES = [("medicare", "G0283"), ("uhc", "G0283"), ("commercial", "97014"), ("cash", "97014")]


@pytest.mark.parametrize(("payer", "code"), ALTERNATES)
@pytest.mark.parametrize(
    ("text", "of"), [("O: Hot pack with IFC to L spine 15 min", "97010"), ("NMES to R quad 10 min", "97032")]
)
def test_alternates_are_the_payers_codes(suggester: Suggester, payer: str, code: str, text: str, of: str) -> None:
    item = _item(suggester.suggest(text, payer), of)
    assert code in item["alternates"]
    assert not {"G0283", "97014"} - {code} & set(item["alternates"])


ANSWERED = [
    ("O: Sharp debridement of L heel wound with scissors, 12 sq cm", "97597", "square centimetres", False),
    ("O: Sharp debridement of L heel wound with scissors", "97597", "square centimetres", True),
    ("O: Vasopneumatic compression to L knee 15 min, girth 40->39 cm", "97016", "girth", False),
    ("O: Vasopneumatic compression to L knee 15 min", "97016", "girth", True),
    (
        "O: Vasopneumatic compression to L knee 15 min, cold only, compression off, girth 40 cm",
        "97016",
        "girth",
        True,
    ),
    (
        "O: First prosthesis fitting of R transtibial leg, donning and doffing 30 min",
        "97761",
        "should say which",
        False,
    ),
    (
        "O: Prosthetic training: donning, weight shift 30 min, visit 6 after fitting",
        "97763",
        "should say which",
        False,
    ),
    ("O: Prosthetic training: donning, weight shift 30 min", "97761", "should say which", True),
]


@pytest.mark.parametrize(("text", "code", "words", "asked"), ANSWERED)
def test_a_caution_is_not_shown_where_the_note_answers_it(
    suggester: Suggester, text: str, code: str, words: str, asked: bool
) -> None:
    assert any(words in caution for caution in _item(suggester.suggest(text), code)["cautions"]) == asked


def test_nothing_is_said_of_minutes_that_were_not_looked_for(suggester: Suggester) -> None:
    texts = [
        f"RTM month of May: data review, {call}. {time}"
        for call in ("video call w/ pt", "message to pt, no call")
        for time in ("Time 22 minutes this month", "No time told")
    ]
    passed = [i for text in texts for i in suggester.suggest(text)["suggestions"] if not i["suggested"]]
    assert passed
    assert not [c for item in passed for c in item["cautions"] if "minutes are not stated" in c]


@pytest.mark.parametrize(
    ("text", "purposes"),
    [
        ("O: Gait training with RW 10 min.", [None]),
        ("O: Balance training on foam 10 min", [None, None]),
        ("O: Treadmill 8 min for endurance.", ["for endurance"]),
        ("O: Treadmill 10 min to improve gait symmetry", ["to improve gait"]),
    ],
)
def test_a_treatments_own_name_states_no_purpose(suggester: Suggester, text: str, purposes: list[str | None]) -> None:
    answer = suggester.suggest(text)
    assert [one["purpose"] for one in answer["interventions"]][: len(purposes)] == purposes
    told = " ".join(e["because"] for item in answer["suggestions"] for e in item["evidence"])
    assert ("purpose" in told) == any(purposes)


NAMED = [
    ("O: Reviewed HEP, handout given.", ("97110",)),
    ("O: Home exercise program handout issued.", ("97110",)),
    ("O: Educated patient on posture.", ("97535",)),
    ("O: Following manual therapy pt tolerated exercise well.", ("97140", "97110")),
    # near misses: nothing given, another section, another thing
    ("S: Compliant with HEP.", ()),
    ("S: Reviewed HEP handout at home last night.", ()),
    ("P: review HEP next visit.", ()),
    ("O: Educated patient on wound care.", ()),
    ("O: Moderate disease with a clear drop after exercise.", ()),
]


@pytest.mark.parametrize(("text", "codes"), NAMED)
def test_work_that_is_named_and_no_service_by_itself(text: str, codes: tuple[str, ...]) -> None:
    assert [naming.codes for naming in named_work(parse(text))] == ([codes] if codes else [])


@pytest.mark.parametrize("text", [text for text, codes in NAMED if codes])
def test_where_nothing_is_suggested_the_claim_says_what_was_named(suggester: Suggester, text: str) -> None:
    answer = suggester.suggest(text)
    assert not _suggested(answer)
    said = [c for c in answer["claim"]["cautions"] if "The note names" in c]
    assert said
    assert all("documented" in c and "write" not in c for c in said)
    named = {code for seen in answer["interventions"] for code in seen["alternates"]}
    assert [code for code in named if code in said[0]]


def test_beside_a_suggested_code_the_name_is_told_with_the_intervention_only(suggester: Suggester) -> None:
    answer = suggester.suggest(FRAME.format("Ther ex: SLR 3x10, bike 10 min. Educated patient on posture."))
    assert "97110" in _suggested(answer)
    assert not [c for c in answer["claim"]["cautions"] if "The note names" in c]
    alternates = {seen["text"]: seen["alternates"] for seen in answer["interventions"]}
    assert (alternates["Educated patient"], alternates["SLR"]) == (["97535"], [])


def _seen(answer: Answer) -> list[tuple[str, str, str, str]]:
    return [(i["text"], i["concept"], i["status"], i["section"]) for i in answer["interventions"]]


def test_a_service_called_by_its_name_is_an_intervention(suggester: Suggester) -> None:
    seen = _seen(suggester.suggest("MT 10 min. TA 10 min."))
    assert seen == [("MT", "manual therapy", "performed", ""), ("TA", "therapeutic activities", "performed", "")]
    answer = suggester.suggest("NMR: foam 10 min")
    assert _seen(answer)[0] == ("NMR", "neuromuscular re-education", "performed", "")
    # where the vocabulary knows the words they are told once
    assert [t for t, *_ in _seen(suggester.suggest("Gait training 10 min with RW"))].count("Gait training") == 1


def test_a_finding_keeps_what_the_note_says_of_it(suggester: Suggester) -> None:
    text = "S: Had massage in the past. Would benefit from gait training.\nO: TE: SLR 3x10 20 min. Tolerated well."
    status = {t: s for t, _, s, _ in _seen(suggester.suggest(text))}
    assert status["Had massage"] == "history"
    assert status["Would benefit from gait training"] == "planned"
    assert status["Tolerated well"] == "finding"


def test_what_counts_for_a_suggested_code_was_done(suggester: Suggester) -> None:
    told = "The hallway hurdle course was used to work on heel-first landing and clearing the L toe, cues for step length, 12 min"
    answer = suggester.suggest(FRAME.format(told))
    evidence = {e["text"].partition(" ")[0]: e["because"] for e in _item(answer, "97116")["evidence"]}
    assert evidence["The"] == "counted, though it reads as an earlier visit or history"
    assert {t: s for t, _, s, _ in _seen(answer)}["hurdle course"] == "performed"
    apart = suggester.suggest(FRAME.format("Used the hurdle course last visit. Manual: STM to quads 12 min"))
    assert {t: s for t, _, s, _ in _seen(apart)}["hurdle course"] == "history"


def test_a_heading_of_a_service_is_in_the_section_it_stands_in(suggester: Suggester) -> None:
    text = "S: better\nO:\nTher Ex: SLR 20 min\nManual: STM 10 min\nGait training 10 min\nA: good\nP: cont"
    section = {t: letter for t, _, _, letter in _seen(suggester.suggest(text))}
    assert {t: section[t] for t in ("Ther Ex", "SLR", "Manual", "STM", "Gait training")} == dict.fromkeys(
        ("Ther Ex", "SLR", "Manual", "STM", "Gait training"), "O"
    )
    alone = {t: letter for t, _, _, letter in _seen(suggester.suggest("Ther Ex: SLR 20 min"))}
    assert set(alone.values()) == {""}
