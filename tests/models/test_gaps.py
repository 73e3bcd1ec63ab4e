"""What is told with the documentation checks: clock times, tiers, payers, order, offsets."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from gaps_support import EVAL, EX, UHC_ONLY, gaps_of, ids_of_gaps, untag
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.gaps import load_gap_checks
from corpus.payers import load_payers, payer_named
from corpus.services import load_services
from models.claim.lines import Delivered, SharedTime, build_claim
from models.gaps import Gap, Supported, find_gaps, states_clock_times
from models.offsets import to_utf16
from models.suggester import Suggester
from models.tier import grade
from nlp.pipeline import parse


def test_start_and_stop_are_asked_where_the_payer_asks() -> None:
    assert UHC_ONLY in ids_of_gaps(EX, "uhc")
    assert UHC_ONLY not in ids_of_gaps(f"10:05-10:50. {EX}", "uhc")
    assert UHC_ONLY not in ids_of_gaps(EX, "medicare")


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Time in 9:00 time out 9:30", True),
        ("Seen 9:00-9:45", True),
        ("Start 9:00\nStop 9:30", True),
        ("Start: 9:00 | End: 9:45", True),
        ("In: 1300\nOut: 1345", True),
        ("Time in: 9:00 am\nTime out: 9:45 am", True),
        ("Clock in 9:00\nClock out 9:45", True),
        ("Session began at 9:00 and ended at 9:45.", True),
        ("Treatment started at 9 am, finished at 9:45 am", True),
        ("Start time: 0900\nTE 20 min, MT 20 min\nS: fine\nEnd time: 0945", True),
        (f"Time In 10:15\n{'S: doing well. ' * 50}\nTime Out 11:00", True),
        ("Time in 9:00", False),
        ("Gait 15 min. Next visit at 9:00.", False),
        ("Took meds at 9:00 and 9:30", False),
        ("Pain started at 9:00 last night and stopped at 11:30.", False),
        ("Start 20 min bike\nStop at 30", False),
        ("Start date 9/10. End date 10/12", False),
        ("Time in therapy 45 min; time out of bed 3 h", False),
        ("In 2024 started PT, ended 2025", False),
        ("Started 1000 mg daily, stopped 1200 mg", False),
    ],
)
def test_clock_times(text: str, stated: bool) -> None:
    assert states_clock_times(parse(text)) is stated
    assert (UHC_ONLY in ids_of_gaps(f"{EX}\n{text}", "uhc")) is not stated


def _only(tagged: str, name: str) -> Gap:
    (gap,) = [g for g in gaps_of(tagged) if g["id"] == name]
    return gap


def test_a_tier_conflict_names_what_holds_it_down_and_what_is_stated() -> None:
    gap = _only(
        "{{pt_eval|PT EVALUATION (high complexity). R ankle sprain. ROM and strength tested.}}",
        "evaluation-tier-conflict",
    )
    assert gap["severity"] == "warning"
    assert gap["codes"] == ["97163"]
    assert "high" in gap["says"]
    assert "97161" in gap["says"]
    assert "history not stated" in gap["says"]
    assert "elements examined low (range of motion, strength)" in gap["says"]
    assert "presentation not stated" in gap["says"]


HELD = [
    (
        "PT eval. {{pt_eval|DM2, HTN and CHF affect the plan. ROM, MMT, balance, gait. Presentation stable.}}",
        "evaluation-tier-held-down",
        "97161 is held at this tier by presentation (low); moderate, if that is what was found, takes an evolving presentation.",
    ),
    (
        "PT eval. {{pt_eval|DM2 affects the plan. ROM, MMT, balance. Unstable.}}",
        "evaluation-tier-held-down",
        "97162 is held at this tier by history (moderate) and elements examined (moderate); high, if that is what was found, takes "
        "3 or more factors or comorbidities said to affect the plan and 4 or more body structures, functions, activity limits or "
        "participation limits examined.",
    ),
    (
        "PT eval. {{pt_eval|PMH: DM2, HTN. ROM, MMT, balance. Evolving.}}",
        "evaluation-tier-held-down",
        "97161 is held at this tier by history (low; the note lists conditions without saying that they bear on the plan); moderate, "
        "if that is what was found, takes 1 or 2 factors or comorbidities said to affect the plan.",
    ),
    (
        "{{pt_eval|PT eval, moderate complexity. DM2. ROM, MMT, balance. Presentation evolving.}}",
        "evaluation-tier-not-shown",
        "The note calls the evaluation moderate and does not show it: history low (diabetes; the note lists conditions without saying "
        "that they bear on the plan). The claim keeps the tier that the note names; what is written carries 97161 only, for a component "
        "not shown counts at its lowest. If more was found, its words are missing: moderate takes 1 or 2 factors or comorbidities said "
        "to affect the plan.",
    ),
    (
        "{{ot_eval|OT eval. Expanded history. 4 performance deficits. No modification.}}",
        "evaluation-tier-held-down",
        "97165 is held at this tier by modification of tasks (low); moderate, if that is what was found, takes minimal to moderate "
        "modification of tasks or assistance.",
    ),
]


@pytest.mark.parametrize(("tagged", "name", "said"), HELD)
def test_what_would_count_for_the_next_tier_is_said(tagged: str, name: str, said: str) -> None:
    assert _only(tagged, name)["says"] == said


def test_a_conflict_says_where_the_claim_keeps_what_the_note_names() -> None:
    kept = _only("{{pt_eval|PT eval, moderate complexity. ROM.}} History brief.", "evaluation-tier-conflict")
    assert kept["says"].endswith("; the claim keeps 97162, which the note names.")
    lowered = _only(
        "{{pt_eval|PT eval, high complexity. No comorbidities. ROM. Stable.}}", "evaluation-tier-conflict"
    )
    assert "keeps" not in lowered["says"]


def test_a_code_above_its_facts_is_a_conflict_too() -> None:
    text = "97163 PT eval. No comorbidities. ROM, MMT, gait. Presentation stable."
    note = parse(text)
    items = [Supported("97163", ((0, len(text)),), grade(note, "pt_eval"))]
    profile = payer_named("medicare")
    found = find_gaps(note, items, build_claim([Delivered("97163", None)], profile), profile)
    (gap,) = [g for g in found if g["id"] == "evaluation-tier-conflict"]
    assert "97161: history low (no comorbidity) and presentation low (presentation stable)" in gap["says"]


def test_what_a_code_has_beside_a_shared_time_counts_against_the_session() -> None:
    note = parse("SLR 10 min. SLR and balance 20 min. Total time 25 min.")
    items = [Supported("97110", ((0, 10),)), Supported("97112", ((12, 34),))]
    delivered = [Delivered("97110", 30), Delivered("97112", 20)]
    medicare = payer_named("medicare")
    shared = [SharedTime(("97110", "97112"), 20)]
    claim = build_claim(delivered, medicare, session_total=25, shared_times=shared)
    assert any("come to 30, more than the session total of 25" in said for said in claim["contradictions"])
    (gap,) = (g for g in find_gaps(note, items, claim, medicare) if g["id"] == "codes-exceed-total")
    assert "30" in gap["says"]


def test_a_date_given_with_the_note_counts() -> None:
    assert "date-missing" not in ids_of_gaps(EX, date=dt.date(2026, 11, 2))


def test_medicare_rules_weigh_less_elsewhere() -> None:
    def weight(payer: str) -> str:
        return next(g["severity"] for g in gaps_of(EX, payer) if g["id"] == "total-minutes-missing")

    assert (weight("medicare"), weight("cash")) == ("error", "warning")


def test_medicare_asks_for_no_minutes_of_each_code() -> None:
    text = (
        "{{ther_ex|SLR 3x10}}\n{{manual|Patellar mobs gr III}}\nTotal timed minutes 38. Total treatment time 45 min."
    )
    assert {g["severity"] for g in gaps_of(text) if g["id"] == "code-minutes-missing"} == {"info"}
    assert {g["severity"] for g in gaps_of(text, "anthem") if g["id"] == "code-minutes-missing"} == {"warning"}
    bare = gaps_of(text.partition("Total")[0])
    assert {g["severity"] for g in bare if g["id"] == "timed-minutes-missing"} == {"error"}


def test_errors_come_first_and_nothing_suggested_asks_nothing() -> None:
    order = [gap["severity"] for gap in gaps_of(EVAL)]
    assert order == sorted(order, key=("error", "warning", "info").index)
    assert gaps_of("Cancelled, no transport.") == []


@pytest.mark.parametrize("check", load_gap_checks().values(), ids=lambda c: c.id)
def test_no_sentence_asks_for_what_did_not_happen(check: Any) -> None:
    """Sentences say what the note does not say; none tells anyone to add, write or document a thing."""
    said = check.says.lower()
    assert not re.search(r"\b(add(?!-on)|write|document|include|insert|must state|should state|please)\b", said)
    if check.absent:
        assert re.search(r"\b(if|no|not|nothing|only|where)\b", said)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.sampled_from(sorted(load_services())), st.sampled_from(sorted(load_payers())))
def test_any_text_gives_gaps_that_cite_it(text: str, service: str, payer: str) -> None:
    tagged = "{{" + service + "|" + text.replace("{", "").replace("}", "") + "}}"
    plain = untag(tagged)[0]
    for gap in gaps_of(tagged, payer):
        assert "{" not in gap["says"] or "{" in plain
        assert all(plain[w["start"] : w["end"]] == w["text"] for w in gap["rests_on"])


def test_the_answer_carries_gaps_and_tiers(suggester: Suggester) -> None:
    text = (
        "PT EVALUATION 30 min. DM2 affects the plan of care. ROM knee 0-95, MMT quad 3/5, balance and gait tested. "
        "Presentation stable. Moderate complexity. PLOF independent."
    )
    claim = suggester.suggest(text)["claim"]
    assert "goals-missing" in {gap["id"] for gap in claim["gaps"]}
    (tier,) = claim["tiers"]
    assert (tier["level"], tier["claimed"]) == ("low", "moderate")
    parts = {part["name"]: part for part in tier["components"]}
    assert (parts["presentation"]["level"], parts["presentation"]["holds"]) == ("low", True)
    assert not parts["history"]["holds"]
    assert [w["text"] for w in parts["presentation"]["rests_on"]] == ["Presentation stable"]


def test_offsets_of_gaps_and_tiers_are_converted_too(suggester: Suggester) -> None:
    text = "\U0001f600 PT EVALUATION 30 min. DM2 affects the plan. ROM 0-95, MMT 3/5, balance. Presentation stable.\nGait: ambulated 100 ft"
    answer = suggester.suggest(text)
    to_utf16(text, answer)
    units = text.encode("utf-16-le")
    cited = [w for gap in answer["claim"]["gaps"] for w in gap["rests_on"]]
    cited += [w for tier in answer["claim"]["tiers"] for part in tier["components"] for w in part["rests_on"]]
    assert cited
    for words in cited:
        assert units[2 * words["start"] : 2 * words["end"]].decode("utf-16-le") == words["text"]
