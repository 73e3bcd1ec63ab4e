"""Evaluation tiers: each component, what holds the tier down, and claims beside facts."""

from __future__ import annotations

import pytest

from corpus.notes import load_notes
from corpus.services import load_services
from corpus.tiers import graded_by
from models.tier import Graded, grade
from nlp.pipeline import parse

EXAM = "ROM, MMT, balance, gait and transfers examined."
CASES = [
    # the table of facts section 4
    ("pt_eval", f"PT eval. DM2, HTN and CHF affect the plan. {EXAM} Presentation stable.", 0),
    ("pt_eval", f"PT eval. DM2 affects the plan. {EXAM} Presentation evolving.", 1),
    ("pt_eval", f"PT eval. PMH none. {EXAM} Presentation unstable.", 0),
    ("pt_eval", f"PT eval. DM2, HTN and CHF affect the plan. {EXAM} Presentation unstable.", 2),
    ("pt_eval", f"PT eval. DM2 and HTN affect the plan. {EXAM} Presentation unstable.", 1),
    # what the note does not state counts at its lowest
    ("pt_eval", f"PT eval. DM2 affects the plan. {EXAM}", 0),
    ("pt_eval", f"PT eval. DM2. {EXAM} Presentation evolving.", 0),
    ("pt_eval", "PT eval. DM2 affects the plan. ROM and MMT. Presentation evolving.", 0),
    # the diagnosis that is treated is no factor beside itself
    ("pt_eval", f"PT eval. Dx: R hip fracture. DM2 and COPD affect the plan. {EXAM} Presentation unstable.", 1),
    ("pt_eval", f"PT eval. Dx: L CVA, DM2, COPD, all affect the plan. {EXAM} Presentation evolving.", 1),
    # other senses
    ("pt_eval", f"PT eval. DM2 affects the plan. {EXAM} Vitals stable. Gait unstable. Evolving picture.", 1),
    ("pt_eval", f"PT eval. DM2 affects the plan. {EXAM} Gait unstable, no worsening.", 0),
    ("pt_eval", f"PT eval. Husband has dementia, which limits help. {EXAM} Evolving.", 0),
    ("pt_eval", f"PT eval. Mother has diabetes and RA. Patient healthy. {EXAM} Evolving. Moderate complexity.", 0),
    ("pt_eval", f"PT eval. Mother cooks. Diabetes and RA affect the plan. {EXAM} Evolving.", 1),
    (
        "pt_eval",
        f"PT eval. Sister with MS and diabetes; nothing in it that bears on the plan. {EXAM} Evolving. Moderate.",
        0,
    ),
    (
        "pt_eval",
        f"PT eval. End stage renal disease, morbid obesity and depression affect the plan. {EXAM} Unstable.",
        2,
    ),
    ("pt_eval", f"PT eval. Stable angina affects the plan of care. {EXAM} Evolving.", 1),
    ("pt_eval", f"PT eval. PMH: DM2, HTN. Transportation schedule affects plan frequency. {EXAM} Evolving.", 0),
    ("pt_eval", f"PT eval. PMH: DM2, HTN. Both affect plan frequency. {EXAM} Evolving.", 1),
    # words for bearing on the plan carry the things of their sentence, or of those beside where it names none
    ("pt_eval", f"PT eval. 60 yo s/p L CVA. Comorbidities affecting POC: CHF and diabetes. {EXAM} Unstable.", 1),
    ("pt_eval", f"PT eval. Comorbidities affecting POC: old CVA, CHF and diabetes. {EXAM} Unstable.", 2),
    ("pt_eval", f"PT eval. L hip fracture ORIF, osteoporosis. CHF and diabetes affect the plan. {EXAM} Unstable.", 1),
    ("pt_eval", f"PT eval. PMH: CHF, osteoporosis, diabetes. All three slow her. {EXAM} Unstable.", 2),
    ("pt_eval", f"PT eval\nFactors affecting the plan\nCHF\nosteoporosis\ndiabetes\n{EXAM} Unstable.", 2),
    ("pt_eval", f"PT eval. CHF affects the plan,\nas do COPD and DM2.\n{EXAM} Unstable.", 2),
    # the condition that is treated is no factor beside itself
    ("pt_eval", f"PT eval for Parkinson disease with CHF and diabetes affecting the plan. {EXAM} Unstable.", 1),
    ("pt_eval", f"PT eval. 60 yo s/p L CVA with CHF and diabetes affecting the plan. {EXAM} Unstable.", 1),
    ("pt_eval", f"PT eval. 60 yo with Parkinson disease, CHF and diabetes affecting the plan. {EXAM} Unstable.", 2),
    # words in another sense
    ("pt_eval", f"PT eval. Diabetes slowing wound healing, obesity limits her too. {EXAM} Unstable.", 1),
    ("pt_eval", f"PT eval. Diabetes, obesity and a sacral wound limit her. {EXAM} Unstable.", 2),
    ("pt_eval", "PT eval. DM2 affects the plan. Hurt it rolling her ankle. ROM, strength. Evolving.", 0),
    ("pt_eval", "PT eval. DM2 affects the plan. Rolling min A. ROM, strength. Evolving.", 1),
    # the writer's code is a claim as the word for the complexity is
    ("pt_eval", "97163 PT eval. No comorbidities. ROM. Presentation stable.", 0),
    ("pt_eval", "97162 PT eval R shoulder. ROM.", 1),
    ("pt_eval", "97162, not 97163. PT eval R shoulder. ROM.", 1),
    ("pt_eval", "97161 / 97162 / 97163 PT eval R shoulder. ROM.", 0),
    ("pt_eval", f"97163 PT eval. Comorbidities affecting POC: CHF and diabetes. {EXAM} Unstable.", 1),
    ("pt_eval", f"PT eval, high complexity. Comorbidities affecting POC: CHF and diabetes. {EXAM} Unstable.", 1),
    ("pt_eval", f"PT eval, high complexity. Factors affecting POC: CHF, BPD and diabetes. {EXAM} Unstable.", 2),
    ("pt_eval", f"97161 PT eval. DM2 affects the plan. {EXAM} Evolving.", 0),
    ("ot_eval", "97167 OT eval. Brief history. Two deficits. No modification.", 0),
    # a plan that is only named opens no heading
    (
        "pt_eval",
        "PT eval. Factors that affect POC: CKD, low vision. Examined ROM, balance, gait, transfers. Evolving.",
        1,
    ),
    (
        "pt_eval",
        "PT eval\nFactors affecting the plan: CKD, low vision.\nROM, balance, gait, transfers tested.\nEvolving.",
        1,
    ),
    ("pt_eval", "PT eval. DM2 affects healing. ROM. Evolving. POC: balance, gait and transfer training.", 0),
    # the presentation is that of now
    (
        "pt_eval",
        f"PT eval. DM affects the plan. {EXAM} Was medically unstable in ICU last month; presentation is now stable.",
        0,
    ),
    (
        "pt_eval",
        f"PT eval. DM affects the plan. {EXAM} Presentation may become unstable if BP rises; currently stable.",
        0,
    ),
    (
        "pt_eval",
        f"PT eval. DM, CHF, COPD affect the plan. {EXAM} Was stable last month; presentation is now unstable.",
        2,
    ),
    ("pt_eval", f"PT eval. DM affects the plan. {EXAM} Presentation was evolving.", 1),
    ("pt_eval", f"PT eval. DM, CHF, COPD affect the plan. {EXAM} ER last week, so I call it unstable. In flux.", 2),
    # what was aimed at, planned, denied or not examined is not counted
    (
        "pt_eval",
        "PT eval. DM2 affects the plan. ROM. Evolving. Goals: stairs, gait 500 ft. Plan: balance training.",
        0,
    ),
    ("pt_eval", "PT eval. DM2 affects the plan. ROM. Evolving. Gait, balance and sensation not tested.", 0),
    ("pt_eval", "PT eval. DM2 affects the plan. ROM. Evolving. Gait, balance and sensation tested.", 1),
    ("pt_eval", f"PT eval. Denies DM, CHF, COPD. Obesity affects the plan of care. {EXAM} Unstable.", 1),
    ("pt_eval", f"PT eval. DM, CHF and obesity affect the plan of care. Denies COPD. {EXAM} Unstable.", 2),
    ("ot_eval", "OT eval. Expanded history. Some modification. LTG: dressing, bathing, toileting mod I.", 0),
    ("ot_eval", "OT eval. Expanded history. Some modification. Min A dressing, bathing, toileting. LTG: mod I.", 1),
    # a claim stands where facts are thin, and falls to a component stated outright
    ("pt_eval", "PT eval, moderate complexity.", 1),
    ("pt_eval", f"PT eval, high complexity. DM2. {EXAM}", 2),
    ("pt_eval", f"PT eval, moderate complexity. 4 factors affect POC. {EXAM} Presentation stable.", 0),
    ("pt_eval", f"PT eval, high complexity. {EXAM} Evolving, not unstable.", 1),
    ("pt_eval", "PT eval (mod). Only two things got done: ROM and palpation. Evolving.", 0),
    ("pt_eval", f"PT eval, moderate complexity. No comorbidities affecting the plan. {EXAM} Evolving.", 0),
    ("pt_eval", f"PT eval (ordered as high complexity). {EXAM} Stable. Low complexity.", 0),
    ("pt_eval", f"PT eval. First coded by me first as: moderate. {EXAM} Stable. Low.", 0),
    ("pt_eval", "[x] PT EVALUATION\nPresentation [ ] stable [x] evolving\nDecision [ ] low [x] mod [ ] high", 1),
    ("ot_eval", "OT eval. Brief history. Two performance deficits. No modification.", 0),
    ("ot_eval", "OT eval. Expanded chart review. Deficits: dress, bathe, toilet, cook (4). Some modification.", 1),
    ("ot_eval", "OT eval. Extensive history. More than five deficits. Significant modification of tasks.", 2),
    ("ot_eval", "OT eval. Extensive history. Three performance deficits. Significant modification.", 1),
    ("ot_eval", "OT eval. Extensive history. Five performance deficits. Significant modification.", 2),
    ("ot_eval", "OT eval. Expanded history. 4 performance deficits.", 0),
    ("ot_eval", "OT eval, moderate. Expanded history. 4 performance deficits.", 1),
    ("ot_eval", "OT eval, HIGH complexity per order. Brief history. Two deficits. No modification.", 0),
    ("ot_eval", "OT eval, high complexity. Brief history. 6 performance deficits. Max modification.", 0),
    ("ot_eval", "OT eval. Moderate analytic complexity. Wet brief changed. Four deficits.", 1),
]


@pytest.mark.parametrize(("service", "text", "tier"), CASES)
def test_tier(service: str, text: str, tier: int) -> None:
    graded = grade(parse(text), service)
    assert graded.tier == tier, graded


def test_components_cite_words_and_say_what_holds_the_tier() -> None:
    text = f"PT eval. DM2 and HTN affect the plan. {EXAM} Presentation stable. Moderate complexity."
    graded = grade(parse(text), "pt_eval")
    parts = {c.name: c for c in graded.components}
    assert list(parts) == ["history", "elements examined", "presentation", "decision making"]
    assert parts["history"].found == ("diabetes", "hypertension")
    assert [text[a:b] for a, b in parts["history"].spans] == ["DM2", "HTN"]
    assert parts["presentation"].outright
    assert not parts["history"].outright
    assert [c.name for c in graded.holding] == ["presentation"]
    assert graded.claimed == 1


CAUTIONS = [
    (f"PT eval. DM2 affects the plan. {EXAM}", "says nothing of presentation"),
    (f"PT eval. DM2 and HTN. {EXAM} Evolving.", "lists conditions without saying that they bear on the plan"),
    (f"PT eval, moderate complexity. DM2 affects the plan. {EXAM} Stable.", "what it states of presentation is low"),
    ("PT eval, moderate complexity. DM2 affects the plan. ROM. Evolving.", "of elements examined reaches only low"),
    (f"PT eval, low complexity. DM2 affects the plan. {EXAM} Evolving.", "the stated facts reach moderate"),
    ("97163 PT eval. No comorbidities. ROM. Stable.", "names 97163, but what it states of history is low"),
    ("PT eval, high complexity.", "says nothing of history, which then counts as low"),
]


@pytest.mark.parametrize(("text", "said"), CAUTIONS)
def test_cautions(text: str, said: str) -> None:
    graded = grade(parse(text), "pt_eval")
    assert len(graded.cautions) == 1
    assert said in graded.cautions[0]
    assert graded.cautions[0].endswith(".")


def test_nothing_to_caution() -> None:
    text = f"PT eval. DM2 affects the plan. {EXAM} Evolving. Moderate complexity."
    assert grade(parse(text), "pt_eval").cautions == ()


def test_supporting_words_go_before_the_rest() -> None:
    text = "Goals: routine kept stable course. Assessment: evolving."
    start = text.index("Assessment")
    graded = grade(parse(text), "pt_eval", [(start, len(text))])
    assert [c.tier for c in graded.components if c.name == "presentation"] == [1]


@pytest.mark.parametrize("service", graded_by())
def test_an_empty_note_is_low(service: str) -> None:
    graded = grade(parse(""), service)
    assert graded.tier == 0
    assert not any(c.stated for c in graded.components)


BAR = 0.9


def _graded(split: str) -> list[tuple[str, str, Graded]]:
    """Code given, code by the facts, and the grading of every evaluation of a split, graded on its labelled words."""
    out = []
    for service in graded_by():
        codes = load_services()[service].codes
        for note in load_notes(split):
            for code in set(note.codes) & set(codes):
                spans = [(e.start, e.end) for e in note.evidence if e.code == code]
                graded = grade(parse(note.text), service, spans)
                out.append((code, codes[graded.tier], graded))
    return out


@pytest.mark.parametrize(("split", "least"), [("validation", 100), ("test", 25)])
def test_the_tier_is_right_where_facts_are_stated(split: str, least: int) -> None:
    """The bar: 90 % of the evaluations with stated facts.

    Measured on 2026-11-27: of those that state anything that is graded, 145 of 148 validation and 33 of 35 test evaluations; of those
    that state every component or name the tier, 111 of 114 and 28 of 28.
    """
    every = _graded(split)
    some = [e for e in every if any(c.stated for c in e[2].components)]
    whole = [e for e in some if e[2].claimed is not None or all(c.stated for c in e[2].components[:-1])]
    assert len(whole) >= least
    assert len({code for code, _, _ in whole}) >= 4
    for kept in (some, whole):
        wrong = [(code, found) for code, found, _ in kept if code != found]
        assert 1 - len(wrong) / len(kept) >= BAR, wrong


ALL_HIGH = "PT evaluation. DM2, CHF and obesity affect the plan. ROM, MMT, balance, gait. Presentation unstable. {}"
TIERS_CLAIMED = [
    # the decision making is graded apart from what the whole evaluation is called
    ("Decision making moderate using standardized instrument. Evaluation complexity: HIGH (97163).", 1, 1, 2),
    ("Evaluation complexity: HIGH. Clinical decision making was of moderate complexity.", 1, 1, 2),
    ("Decision making high. Evaluation complexity: HIGH.", 2, 2, 2),
    ("High complexity evaluation.", 2, 2, 2),
    ("Moderate complexity clinical decision making.", 1, 1, 1),
]


@pytest.mark.parametrize(("said", "tier", "decision", "claimed"), TIERS_CLAIMED)
def test_the_stated_decision_making_is_not_overwritten_by_the_claimed_tier(
    said: str, tier: int, decision: int, claimed: int
) -> None:
    graded = grade(parse(ALL_HIGH.format(said)), "pt_eval")
    assert (graded.tier, graded.components[-1].tier, graded.claimed) == (tier, decision, claimed)
    assert any("decision making is moderate" in c for c in graded.cautions) == (claimed > decision)


SHORT = [
    (
        "PT evaluation moderate complexity 97162. R knee OA. ROM 0-100, strength 4/5.",
        ["lists conditions without saying", "nothing of presentation", "elements examined reaches only low"],
    ),
    (
        "PT evaluation 97163. DM2 and obesity affect the plan. ROM, MMT, balance, gait. Presentation evolving.",
        ["presentation is moderate", "history reaches only moderate"],
    ),
    ("PT evaluation 97162. DM2 affects the plan. ROM, MMT, balance. Presentation evolving. Moderate complexity.", []),
]


@pytest.mark.parametrize(("text", "said"), SHORT)
def test_a_caution_names_every_component_that_falls_short(text: str, said: list[str]) -> None:
    cautions = grade(parse(text), "pt_eval").cautions
    assert len(cautions) == bool(said)
    assert [words for words in said if words in cautions[0]] == said
