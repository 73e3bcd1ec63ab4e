"""Noise touches letters only, forms are left out of a copy, and the measures are right on suggesters simple enough to check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from corpus.notes import Evidence, LabelledNote, load_notes
from models.certainty import certainty, decisions_of, limits_of, why_a_person
from models.columns import COLUMN, SERVICES
from models.contract import Answer, ClaimItem, EvidenceItem, Review, SuggestionItem
from models.evaluation import Guess
from models.robustness import (
    abstention,
    answers_of,
    blanked,
    by_group,
    character_noise,
    faithfulness,
    robustness_report,
    style_of,
    without_forms,
)
from models.suggester import Suggester
from nlp.interventions import find_mentions
from nlp.text import read_text


class Keywords:
    """Suggests a code with a fixed probability whenever its word stands in the note."""

    def __init__(self, words: Mapping[str, tuple[str, float]], threshold: float = 0.5) -> None:
        self.words = words
        self.asked: list[tuple[str, str]] = []
        thresholds: NDArray[np.float64] = np.full(len(SERVICES), threshold)
        self.ranker = SimpleNamespace(thresholds=thresholds)

    def suggest(self, text: str, payer: str = "medicare") -> Answer:
        self.asked.append((text, payer))
        items = [
            _item(code, p, p >= self.ranker.thresholds[0], [m.span() for m in re.finditer(word, text) if m[0]])
            for word, (code, p) in self.words.items()
            if word in text
        ]
        return Answer(
            schema="soapcode/1", note_sha256="", bundle="b", suggestions=items, interventions=[],
            claim=cast(ClaimItem, {}),
        )  # fmt: skip


def _item(code: str, probability: float, suggested: bool, spans: list[tuple[int, int]]) -> SuggestionItem:
    evidence = [EvidenceItem(start=a, end=b, text="", concept="", contribution=1.0, because="") for a, b in spans]
    return SuggestionItem(
        code=code, name=f"name of {code}", rank=1, probability=probability, suggested=suggested, evidence=evidence,
        against=[], minutes=None, units=None, alternates=[], cautions=[],
    )  # fmt: skip


def _note(
    text: str, *codes: str, name: str = "1", voice: str = "v", style: str = "s", payer: str | None = None
) -> LabelledNote:
    return LabelledNote(name, voice, "clinic", style, text, codes, (), (), payer=payer)


texts = st.text(st.sampled_from("abcXYZé ßñ019.,'-\n\r\t×"), max_size=80)
rates = st.sampled_from([0.0, 0.02, 0.5, 1.0])


@settings(deadline=None)
@given(texts, rates, st.integers(0, 9))
def test_noise_changes_letters_only(text: str, rate: float, seed: int) -> None:
    noisy = character_noise(text, rate, seed)
    assert [c for c in noisy if not c.isalpha()] == [c for c in text if not c.isalpha()]
    assert noisy == character_noise(text, rate, seed)
    if rate == 0:
        assert noisy == text


def test_noise_hits_about_as_many_letters_as_asked() -> None:
    text = "treadmill " * 2000
    words = zip(text.split(), character_noise(text, 0.02).split(), strict=True)
    hit = sum(a != b for a, b in words) / 2000
    assert hit == pytest.approx(1 - 0.98**9, abs=0.04)
    kinds = {len(w) - 9 for w in character_noise(text, 0.02).split()}
    assert {-1, 0, 1} <= kinds
    assert character_noise(text, 0.02, 1) != character_noise(text, 0.02, 2)


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_noise_rate_is_checked(rate: float) -> None:
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\], got"):
        character_noise("a", rate)


BLANKED = [
    ("bike 8 min", [(0, 4)], "zzzz 8 min"),
    ("3x10\nSLR", [(0, 8)], "zzzz\nzzz"),
    ("[x] e-stim", [(4, 10)], "[x] z-zzzz"),
    ("bike", [], "bike"),
    ("a\r\nb", [(0, 4)], "z\r\nz"),
]


@pytest.mark.parametrize(("text", "spans", "wanted"), BLANKED)
def test_blanked_keeps_offsets_and_breaks(text: str, spans: list[tuple[int, int]], wanted: str) -> None:
    assert blanked(text, spans) == wanted


def _concepts(suggester: Suggester, text: str) -> list[str]:
    return [m.concept.id for m in suggester.read(text).note.mentions or ()]


def test_all_forms_or_none_can_be_left_out(suggester: Suggester) -> None:
    text = "Effleurage to UT, then treadmill 8 min"
    before = _concepts(suggester, text)
    assert before == [m.concept.id for m in find_mentions(read_text(text))]
    assert before
    blind, gone = without_forms(suggester, 1.0)
    assert gone > 1000
    assert _concepts(blind, text) == []
    assert blind.suggest(text)["interventions"] == []
    assert _concepts(suggester, text) == before, "the one it is made of stays as it is"
    whole, gone = without_forms(suggester, 0.0)
    assert gone == 0
    assert whole.suggest(text) == suggester.suggest(text)
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        without_forms(suggester, 1.5)


def test_a_fifth_of_the_forms_is_missing_and_the_seed_says_which(suggester: Suggester) -> None:
    joined = "\n".join(n.text for n in load_notes("test")[:60])
    all_of_them = _concepts(suggester, joined)
    found = []
    for seed in (1, 1, 2):
        poorer, gone = without_forms(suggester, 0.2, seed)
        found.append(_concepts(poorer, joined))
        assert gone > 1000
    assert found[0] == found[1] != found[2]
    assert 0.5 * len(all_of_them) < len(found[0]) < len(all_of_them)


def test_leanings_go_with_the_forms(suggester: Suggester) -> None:
    ranker = suggester.ranker
    poorer, _ = without_forms(suggester, 0.5, 3)
    assert len(poorer.ranker.leaning.rows) < len(ranker.leaning.rows)
    assert poorer.ranker.thresholds is ranker.thresholds
    assert poorer.version == suggester.version
    assert suggester.ranker is ranker


CERTAIN = [
    ({"bike": ("97110", 0.5)}, 0.5),
    ({"bike": ("97110", 1.0)}, 1.0),
    ({"bike": ("97110", 0.0)}, 1.0),
    ({"bike": ("97110", 0.75)}, 0.75),
    ({"bike": ("97110", 0.25)}, 0.75),
    ({"bike": ("97110", 0.75), "gait": ("97116", 0.75)}, 0.75**2),
    ({"bike": ("97161", 0.75), "gait": ("97162", 0.75)}, 0.75),
    ({}, 1.0),
]


@pytest.mark.parametrize(("words", "wanted"), CERTAIN)
def test_certainty_is_the_product_over_services(words: dict[str, tuple[str, float]], wanted: float) -> None:
    fake = Keywords(words)
    assert certainty(fake.suggest("bike gait")["suggestions"], limits_of(fake.ranker.thresholds)) == pytest.approx(
        wanted
    )


def test_nothing_suggested_is_as_sure_as_that_nothing_was_done() -> None:
    fake = Keywords({"bike": ("97110", 0.4)})
    limits = limits_of(fake.ranker.thresholds)
    items = fake.suggest("bike")["suggestions"]
    assert [certainty(items, limits, records) for records in (0.0, 0.25, 0.49)] == pytest.approx([0.6, 0.45, 0.306])
    assert certainty([], limits, 0.4) == pytest.approx(0.6)
    assert "stands at 40%" in why_a_person([], limits, 0.4)
    assert certainty(Keywords({"bike": ("97110", 0.9)}).suggest("bike")["suggestions"], limits, 0.5) == pytest.approx(
        0.9
    )


def test_a_code_of_two_services_takes_the_threshold_that_fits() -> None:
    fake = Keywords({"sock": ("97763", 0.6)})
    fake.ranker.thresholds[COLUMN["orthotic"]] = 0.7
    assert [
        d.service for d in decisions_of(fake.suggest("sock")["suggestions"], limits_of(fake.ranker.thresholds))
    ] == ["prosthetic"]


def test_the_sentence_names_the_codes_nearest_to_their_thresholds() -> None:
    fake = Keywords({"bike": ("97110", 0.99), "gait": ("97116", 0.52), "knead": ("97124", 0.45)})
    said = why_a_person(fake.suggest("bike gait knead")["suggestions"], limits_of(fake.ranker.thresholds))
    assert "97116 (name of 97116) at 52%, suggested from 50% on" in said
    assert "97124" in said
    assert "97110" not in said
    alone = why_a_person(fake.suggest("bike")["suggestions"], limits_of(fake.ranker.thresholds))
    assert "97110" in alone
    assert why_a_person(fake.suggest("")["suggestions"], limits_of(fake.ranker.thresholds)).startswith("Nothing")


def test_abstention_takes_the_surest() -> None:
    fake = Keywords({"bike": ("97110", 0.95), "gait": ("97116", 0.55)})
    notes = [
        _note("gait", "97110", name="g"),
        *(_note("bike", "97110", name=str(i)) for i in range(3)),
        _note("x gait", name="h"),
    ]
    found = abstention(notes, answers_of(fake, notes), limits_of(fake.ranker.thresholds))
    assert (found["surest"], found["rest"], found["all"]) == (1.0, 0.0, 0.6)
    assert [n["id"] for n in found["needs_person"]] == ["h", "g"]
    assert all("97116" in n["why"] for n in found["needs_person"])
    none = abstention([], [], limits_of(fake.ranker.thresholds))
    assert (none["surest"], none["rest"], none["least"]) == (None, None, None)


def test_a_note_is_listed_with_the_reason_its_answer_gives() -> None:
    fake = Keywords({"bike": ("97110", 0.95), "gait": ("97116", 0.55)})
    notes = [_note("gait", "97110", name="g"), _note("x gait", name="h")]
    answers = answers_of(fake, notes)
    answers[0]["claim"]["review"] = Review(needed=True, certainty=0.1, sure_from=0.5, why="Its own reason.")
    answers[1]["claim"]["review"] = Review(needed=False, certainty=0.9, sure_from=0.5, why=None)
    found = abstention(notes, answers, limits_of(fake.ranker.thresholds), share=0.0)
    assert [n["why"] for n in found["needs_person"] if n["id"] == "g"] == ["Its own reason."]
    assert all("97116" in n["why"] for n in found["needs_person"] if n["id"] == "h")


def test_faithful_words_and_unfaithful_ones() -> None:
    notes = [_note("bike and many other words stand here today", "97110", payer="cash")]
    fake = Keywords({"bike": ("97110", 0.9)})
    found = faithfulness(fake, notes, answers_of(fake, notes))
    assert found == {"cases": 1, "cited": 1.0, "random_cases": 1, "random": 0.0, "cited_of_random_cases": 1.0}
    assert {payer for _, payer in fake.asked} == {"cash"}
    stubborn = Keywords({"": ("97110", 0.9)})
    answer = stubborn.suggest(notes[0].text)
    answer["suggestions"][0]["evidence"] = fake.suggest(notes[0].text)["suggestions"][0]["evidence"]
    assert faithfulness(stubborn, notes, [answer])["cited"] == 0.0


NO_CASES = [
    ("bike", {"bike": ("97110", 0.4)}, 0, 0),
    ("bike", {"bike": ("97110", 0.9)}, 1, 0),
    ("bike now", {"bike": ("97110", 0.9)}, 1, 1),
    ("bike", {"": ("97110", 0.9)}, 0, 0),
]


@pytest.mark.parametrize(("text", "words", "cases", "random"), NO_CASES)
def test_what_is_a_case(text: str, words: dict[str, tuple[str, float]], cases: int, random: int) -> None:
    fake = Keywords(words)
    found = faithfulness(fake, [_note(text)], [fake.suggest(text)])
    assert (found["cases"], found["random_cases"]) == (cases, random)


def test_another_code_of_the_service_still_holds_it_up() -> None:
    fake = Keywords({"eval": ("97161", 0.9), "zzzz": ("97162", 0.9)})
    notes = [_note("eval today", "97161")]
    assert faithfulness(fake, notes, answers_of(fake, notes))["cited"] == 0.0


def test_groups_differ_from_the_whole_and_small_ones_are_pooled() -> None:
    right, wrong = Guess(("97110",), frozenset({"97110"})), Guess((), frozenset())
    notes = [_note("x", "97110", voice=v) for v in "aaaaabbbbbcd"]
    found = by_group(notes, [right] * 5 + [wrong] * 5 + [right, wrong], lambda n: n.voice)
    assert list(found) == ["b", "fewer than 5 notes each", "a"]
    assert {name: g["notes"] for name, g in found.items()} == {"b": 5, "fewer than 5 notes each": 2, "a": 5}
    assert found["a"]["micro_f1"] == 1
    assert found["a"]["difference"] == pytest.approx(1 - 2 * 6 / (2 * 6 + 6))


STYLES = [("terse, one line", "terse"), ("SOAP", "SOAP"), ("", "not given"), (", odd", "not given")]


@pytest.mark.parametrize(("style", "wanted"), STYLES)
def test_style_without_particulars(style: str, wanted: str) -> None:
    assert style_of(_note("x", style=style)) == wanted


def _said(answer: Answer) -> list[tuple[str, float]]:
    return [(item["code"], item["probability"]) for item in answer["suggestions"]]


def test_the_real_suggester_on_thirty_notes(suggester: Suggester) -> None:
    notes = load_notes("test")[:30]
    ranker = suggester.ranker
    found = robustness_report(suggester, notes, seed=4)
    assert suggester.ranker is ranker
    assert found == robustness_report(suggester, notes, 4, answers_of(suggester, notes))
    assert found["faithfulness"]["cases"] > 20
    assert found["faithfulness"]["cited"] > found["faithfulness"]["random"] + 0.3
    assert len(found["abstention"]["needs_person"]) == 12
    assert sum(g["notes"] for g in found["voices"].values()) == 30
    for harder in ("without_forms", "character_noise"):
        assert 0 < found[harder]["micro_f1"] <= 1
    clean = answers_of(suggester, notes)
    poorer = answers_of(without_forms(suggester, 0.2, 4)[0], notes)
    noisy = answers_of(suggester, [replace(n, text=character_noise(n.text, 0.02, 4)) for n in notes])
    for other in (poorer, noisy):
        assert [_said(a) for a in other] != [_said(a) for a in clean]
    assert [_said(a) for a in answers_of(suggester, notes)] == [_said(a) for a in clean]


def test_spans_of_labels_are_untouched_by_measuring(suggester: Suggester) -> None:
    note = LabelledNote("1", "v", "s", "s", "O: treadmill 8 min", ("97110",), (Evidence("97110", 3, 18),))
    answers = answers_of(suggester, [note])
    assert faithfulness(suggester, [note], answers)["cases"] == sum(i["suggested"] for i in answers[0]["suggestions"])
