"""Which segments of a labelled note a service is learned from."""

from __future__ import annotations

import pytest

from corpus.notes import Evidence, LabelledNote, parse_tagged
from models.columns import COLUMN
from models.training import example_of, services_of, targets_of
from nlp.pipeline import parse

CASES = [
    # tagged words, and the service's own name beside them where it was done
    ("TE 20, MT 10\n{{97110|leg press 3x10}}, {{97140|patellar glides}}", "ther_ex", ["TE 20", "leg press 3x10"]),
    (
        "{{97110|leg press 3x10}}, knee feels good TE 20 min",
        "ther_ex",
        ["leg press 3x10", "knee feels good TE 20 min"],
    ),
    # no name of what the note does not support, of what was not done, or that only heads what it covers
    ("TE 20, MT 10\n{{97110|leg press 3x10}}", "manual", []),
    ("{{97110|leg press 3x10}}\nNext: TE 20, MT 10", "ther_ex", ["leg press 3x10"]),
    ("Ther Ex:\n{{97110|leg press 3x10}}", "ther_ex", ["leg press 3x10"]),
]


@pytest.mark.parametrize(("source", "service", "supporting"), CASES)
def test_what_supports_a_service(source: str, service: str, supporting: list[str]) -> None:
    text, spans = parse_tagged(source)
    evidence = tuple(Evidence(code, start, end) for code, start, end in spans)
    codes = tuple(dict.fromkeys(item.code for item in evidence))
    parsed = parse(text)
    targets = targets_of(parsed, LabelledNote("t-1", "t", "clinic", "plain", text, codes, evidence))
    chosen = [s for s, row in zip(parsed.segments or (), targets, strict=True) if row[COLUMN[service]]]
    assert [text[s.start : s.end] for s in chosen] == supporting


SHARED = [
    # billed codes alone: the note's own words tell
    ("AFO follow-up: brace strap adjusted, orthotic wear schedule reviewed 15 min", ("97763",), "orthotic"),
    ("Prosthetic follow-up: socket and liner, 2 ply added, 14 min", ("97763",), "prosthetic"),
    ("Socket recheck. Used to wear an AFO on the other side; liner and pylon fine.", ("97763",), "prosthetic"),
    # whole words only: "done" is no donning, "applied" no ply, "strapline" no strap
    ("Brace check done, applied padding", ("97763",), "orthotic"),
    ("Strapline on the shirt; liner turned", ("97763",), "prosthetic"),
    # another code of the note tells before the words do
    ("AFO strap adjusted; new prosthesis: socket fit, liner, ply", ("97760", "97763"), "orthotic"),
    ("Splint recheck and prosthesis fitting", ("97761", "97763"), "prosthetic"),
    # codes of other services tell nothing; nor do words that name neither, or both alike
    ("Brace strap moved. Gait with cane.", ("97116", "97763"), "orthotic"),
    ("Rechecked and adjusted", ("97763",), "prosthetic"),
    ("Splint and socket seen", ("97763",), "prosthetic"),
    # tagged words tell first
    ("{{97763|Brace strap moved}}. Prosthesis, socket and liner not worn today.", ("97763",), "orthotic"),
    ("{{97761|Prosthesis fitted}}; {{97763|splint strap moved}}", ("97761", "97763"), "orthotic"),
    ("{{97763|Moved and rechecked}} the splint strap", ("97763",), "orthotic"),
]


@pytest.mark.parametrize(("source", "codes", "service"), SHARED)
def test_whose_a_shared_code_is(source: str, codes: tuple[str, ...], service: str) -> None:
    text, spans = parse_tagged(source)
    evidence = tuple(Evidence(code, start, end) for code, start, end in spans)
    found = services_of(LabelledNote("t-1", "t", "clinic", "plain", text, codes, evidence))
    assert [name for name, its in found.items() if "97763" in its] == [service]


def test_a_shared_code_with_words_is_learned_from_billed_codes_alone() -> None:
    text = "AFO follow-up: brace strap adjusted 15 min"
    example = example_of(LabelledNote("t-1", "t", "clinic", "plain", text, ("97763",)))
    assert example.services == {"orthotic"}
    assert example.targets[:, COLUMN["orthotic"]].any()
    assert not example.targets[:, COLUMN["prosthetic"]].any()
