"""Treatments that no service here is (guide, section 4: cupping, laser, shockwave, layered bandages): their minutes are no code's, and the
claim says so.
"""

from __future__ import annotations

import pytest

from corpus.vocabulary import load_vocabulary
from models.minutes import allocate
from models.suggester import Suggester
from nlp.pipeline import parse

DRAINAGE = frozenset(["manual"])


@pytest.mark.parametrize(
    ("text", "billed", "minutes"),
    [
        ("MLD to R arm 30 min. Cupping to upper trap 5 min.", (), 30),
        ("MLD to R arm 30 min. Short stretch bandaging applied hand to axilla, 15 min.", (), 30),
        ("MLD to R arm 30 min. Class IV laser over the scar 6 min.", (), 30),
        # what stands before it without a time of its own shares the time
        ("MLD and multilayer bandaging 45 min.", (), 45),
        ("MLD to R arm, then multilayer bandaging, 45 min", (), 45),
        # the writer's own name for it wins
        ("Manual therapy: cupping to upper trap 5 min", (), 5),
        # and so does how the clinic bills it
        ("Cupping to upper trap 5 min.", ("cupping",), 5),
        ("Cupping to upper trap 5 min.", (), None),
        # the same words about something else
        ("STM 10 min, cupping done last week by LMT 20 min", (), 10),
    ],
)
def test_the_time_of_work_without_a_code_is_nobodys(text: str, billed: tuple[str, ...], minutes: int | None) -> None:
    note = parse(text)
    decided = [DRAINAGE if s.status == "performed" else frozenset() for s in note.segments or ()]
    assert allocate(note, decided, billed=billed).minutes.get("manual") == minutes


def told(suggester: Suggester, text: str) -> list[str]:
    """First words of the claim's cautions on work without a code."""
    known = {c.caution: c.id for c in load_vocabulary().values() if c.uncoded}
    return [known[c] for c in suggester.suggest(text)["claim"]["cautions"] if c in known]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("O: Bandaging, 4 layers short stretch compression bandaging R leg, 30 min.", set()),
        ("O: MLD 20 min to R leg. Short stretch compression bandaging, 4 layers, 20 min.", {"97140"}),
        ("O: Vasopneumatic compression to R leg, medium pressure, 15 min.", {"97016"}),
    ],
)
def test_work_without_a_code_is_no_other_service(suggester: Suggester, text: str, codes: set[str]) -> None:
    assert {s["code"] for s in suggester.suggest(text)["suggestions"] if s["suggested"]} == codes


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("O: MFR to calf 10 min. Class IV laser 6 min. Ther ex: squats, lunges 15 min.", ["laser"]),
        ("O: Ther ex: squats, lunges 15 min.\nShockwave to heel 2000 pulses.", ["shockwave"]),
        ("O: Ther ex: squats, lunges 15 min.\nPt asks about laser.", []),
        ("O: Ther ex: squats, lunges 15 min.\nP: shockwave next visit.", []),
        ("O: Ther ex: squats, lunges 15 min.\nLaser pointer on headband, relocation to the dot.", []),
        ("O: Ther ex: squats, lunges 15 min.", []),
    ],
)
def test_work_without_a_code_is_told_of(suggester: Suggester, text: str, names: list[str]) -> None:
    assert told(suggester, text) == names
    chosen = suggester.revise(text, {"97110": 15})
    known = {c.caution: c.id for c in load_vocabulary().values() if c.uncoded}
    assert [known[c] for c in chosen["cautions"] if c in known] == names


def test_what_a_suggestion_says_is_not_said_twice(suggester: Suggester) -> None:
    answer = suggester.suggest("O: MLD and multilayer bandaging to R arm 45 min. Girth 31 cm, down 1 cm.")
    carried = [c for item in answer["suggestions"] if item["suggested"] for c in item["cautions"]]
    assert any("29581" in c for c in carried)
    assert not [c for c in answer["claim"]["cautions"] if "29581" in c]
